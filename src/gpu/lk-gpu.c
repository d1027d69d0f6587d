/* lk-gpu.c: the Vulkan instance of the process, the list of its devices, and opening one. */
#define G_LOG_DOMAIN "likeness-gpu"

#include "config.h"

#include <string.h>

#include "lk-gpu-private.h"

G_DEFINE_QUARK (lk-gpu-error-quark, lk_gpu_error)

static GMutex instance_mutex;
static VkInstance instance;
static int n_validation_messages;

/* ---- instance ------------------------------------------------------------------------------------------------- */

static VKAPI_ATTR VkBool32 VKAPI_CALL
on_validation_message (VkDebugUtilsMessageSeverityFlagBitsEXT      severity,
                       VkDebugUtilsMessageTypeFlagsEXT             types,
                       const VkDebugUtilsMessengerCallbackDataEXT *message,
                       void                                       *user_data)
{
  g_atomic_int_inc (&n_validation_messages);
  g_warning ("Vulkan validation: %s", message->pMessage);
  return VK_FALSE;
}

guint
lk_gpu_get_n_validation_messages (void)
{
  return g_atomic_int_get (&n_validation_messages);
}

static gboolean
wants_validation (void)
{
  const char *value = g_getenv ("LIKENESS_VULKAN_VALIDATION");

  return value != NULL && *value != '\0' && strcmp (value, "0") != 0;
}

static const VkDebugUtilsMessengerCreateInfoEXT messenger_info = {
  .sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT,
  .messageSeverity = VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT | VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT,
  .messageType = VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT,
  .pfnUserCallback = on_validation_message,
};

/* The instance, made when it is first asked for and kept. VK_NULL_HANDLE without an error: there is no driver here. */
static VkInstance
get_instance (GError **error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&instance_mutex);
  const char *layer = "VK_LAYER_KHRONOS_validation";
  const char *extensions[] = { VK_EXT_DEBUG_UTILS_EXTENSION_NAME, VK_EXT_LAYER_SETTINGS_EXTENSION_NAME };
  VkBool32 yes = VK_TRUE;
  VkLayerSettingEXT settings[] = {
    { layer, "validate_sync", VK_LAYER_SETTING_TYPE_BOOL32_EXT, 1, &yes },
    /* Without it storage buffers are left out, and we use nothing else. */
    { layer, "syncval_shader_accesses_heuristic", VK_LAYER_SETTING_TYPE_BOOL32_EXT, 1, &yes },
  };
  VkLayerSettingsCreateInfoEXT validation = {
    .sType = VK_STRUCTURE_TYPE_LAYER_SETTINGS_CREATE_INFO_EXT,
    .pNext = &messenger_info,
    .settingCount = G_N_ELEMENTS (settings),
    .pSettings = settings,
  };
  VkApplicationInfo application = {
    .sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
    .pApplicationName = "Likeness",
    .apiVersion = VK_API_VERSION_1_3,   /* the newest we know; a device may be older */
  };
  VkInstanceCreateInfo info = { .sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO, .pApplicationInfo = &application };
  guint32 loader_version;
  VkResult result;

  if (instance != VK_NULL_HANDLE)
    return instance;

  vkEnumerateInstanceVersion (&loader_version);
  if (loader_version < VK_API_VERSION_1_1)
    {
      g_set_error_literal (error, LK_GPU_ERROR, LK_GPU_ERROR_TOO_OLD,
                           "The Vulkan loader of this system knows Vulkan 1.0 only; Likeness needs 1.2.");
      return VK_NULL_HANDLE;
    }

  if (wants_validation ())
    {
      info.pNext = &validation;
      info.enabledLayerCount = 1;
      info.ppEnabledLayerNames = &layer;
      info.enabledExtensionCount = G_N_ELEMENTS (extensions);
      info.ppEnabledExtensionNames = extensions;
    }

  result = vkCreateInstance (&info, NULL, &instance);
  if (result == VK_ERROR_LAYER_NOT_PRESENT)
    g_set_error_literal (error, LK_GPU_ERROR, LK_GPU_ERROR_FAILED,
                         "LIKENESS_VULKAN_VALIDATION is set, but the Khronos validation layer is not installed.");
  else if (result == VK_ERROR_INCOMPATIBLE_DRIVER)
    g_debug ("No Vulkan driver");
  else if (result != VK_SUCCESS)
    g_set_error (error, LK_GPU_ERROR, LK_GPU_ERROR_FAILED, "Vulkan could not be started (error %d).", result);
  if (result != VK_SUCCESS)
    {
      instance = VK_NULL_HANDLE;
      return VK_NULL_HANDLE;
    }

  if (wants_validation ())
    {
      PFN_vkCreateDebugUtilsMessengerEXT create_messenger =
        (PFN_vkCreateDebugUtilsMessengerEXT) vkGetInstanceProcAddr (instance, "vkCreateDebugUtilsMessengerEXT");
      VkDebugUtilsMessengerEXT messenger;   /* lives as long as the instance */

      create_messenger (instance, &messenger_info, NULL, &messenger);
    }

  return instance;
}

/* The physical devices, in the loader's order: an array of VkPhysicalDevice. */
static GArray *
list_physical_devices (GError **error)
{
  g_autoptr (GArray) devices = g_array_new (FALSE, FALSE, sizeof (VkPhysicalDevice));
  g_autoptr (GError) local_error = NULL;
  VkInstance vulkan = get_instance (&local_error);
  guint32 n = 0;
  VkResult result;

  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }
  if (vulkan == VK_NULL_HANDLE)
    return g_steal_pointer (&devices);

  result = vkEnumeratePhysicalDevices (vulkan, &n, NULL);
  if (result == VK_SUCCESS && n > 0)
    {
      g_array_set_size (devices, n);
      result = vkEnumeratePhysicalDevices (vulkan, &n, (VkPhysicalDevice *) devices->data);
      g_array_set_size (devices, n);
    }
  /* A loader without a working driver says so here rather than at the instance. */
  if (result != VK_SUCCESS && result != VK_INCOMPLETE && result != VK_ERROR_INITIALIZATION_FAILED)
    {
      g_set_error (error, LK_GPU_ERROR, LK_GPU_ERROR_FAILED, "Vulkan could not list its devices (error %d).", result);
      return NULL;
    }
  return g_steal_pointer (&devices);
}

/* The number that an environment variable holds, or `otherwise`. */
static guint64
get_number (const char *variable,
            guint64     otherwise)
{
  const char *value = g_getenv (variable);
  guint64 number;

  return value != NULL && g_ascii_string_to_unsigned (value, 10, 0, G_MAXUINT64, &number, NULL) ? number : otherwise;
}

static guint64
get_memory_cap (void)
{
  guint64 mib = get_number ("LIKENESS_GPU_MEMORY", G_MAXUINT64);

  return mib < G_MAXUINT64 >> 20 ? mib << 20 : G_MAXUINT64;
}

/* ---- what a device is ----------------------------------------------------------------------------------------- */

static gboolean
has_extension (VkPhysicalDevice physical,
               const char      *name)
{
  g_autofree VkExtensionProperties *extensions = NULL;
  guint32 n = 0;

  vkEnumerateDeviceExtensionProperties (physical, NULL, &n, NULL);
  extensions = g_new (VkExtensionProperties, n);
  vkEnumerateDeviceExtensionProperties (physical, NULL, &n, extensions);
  for (guint32 i = 0; i < n; i++)
    if (strcmp (extensions[i].extensionName, name) == 0)
      return TRUE;
  return FALSE;
}

/* Whether its matrix units multiply fp16 into fp32 for one subgroup: what T2 kernels use. */
static gboolean
has_fp16_matrices (VkPhysicalDevice physical)
{
  VkPhysicalDeviceCooperativeMatrixFeaturesKHR matrix = {
    .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_COOPERATIVE_MATRIX_FEATURES_KHR,
  };
  VkPhysicalDeviceFeatures2 features = { .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2, .pNext = &matrix };
  PFN_vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR get_properties =
    (PFN_vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR)
    vkGetInstanceProcAddr (instance, "vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR");
  g_autofree VkCooperativeMatrixPropertiesKHR *properties = NULL;
  guint32 n = 0;

  if (get_properties == NULL || !has_extension (physical, VK_KHR_COOPERATIVE_MATRIX_EXTENSION_NAME))
    return FALSE;
  vkGetPhysicalDeviceFeatures2 (physical, &features);
  if (!matrix.cooperativeMatrix)
    return FALSE;

  get_properties (physical, &n, NULL);
  properties = g_new0 (VkCooperativeMatrixPropertiesKHR, n);
  for (guint32 i = 0; i < n; i++)
    properties[i].sType = VK_STRUCTURE_TYPE_COOPERATIVE_MATRIX_PROPERTIES_KHR;
  get_properties (physical, &n, properties);
  for (guint32 i = 0; i < n; i++)
    if (properties[i].AType == VK_COMPONENT_TYPE_FLOAT16_KHR && properties[i].BType == VK_COMPONENT_TYPE_FLOAT16_KHR &&
        properties[i].CType == VK_COMPONENT_TYPE_FLOAT32_KHR && properties[i].ResultType == VK_COMPONENT_TYPE_FLOAT32_KHR &&
        properties[i].scope == VK_SCOPE_SUBGROUP_KHR)
      return TRUE;
  return FALSE;
}

static guint32
find_device_heap (const VkPhysicalDeviceMemoryProperties *memory)
{
  guint32 best = 0;

  for (guint32 i = 1; i < memory->memoryHeapCount; i++)
    {
      gboolean is_local = memory->memoryHeaps[i].flags & VK_MEMORY_HEAP_DEVICE_LOCAL_BIT;
      gboolean best_is_local = memory->memoryHeaps[best].flags & VK_MEMORY_HEAP_DEVICE_LOCAL_BIT;

      if (is_local > best_is_local || (is_local == best_is_local && memory->memoryHeaps[i].size > memory->memoryHeaps[best].size))
        best = i;
    }
  return best;
}

static guint64
get_memory_budget (VkPhysicalDevice physical,
                   gboolean         has_budget)
{
  VkPhysicalDeviceMemoryBudgetPropertiesEXT budget = {
    .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_BUDGET_PROPERTIES_EXT,
  };
  VkPhysicalDeviceMemoryProperties2 memory = {
    .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_PROPERTIES_2,
    .pNext = has_budget ? &budget : NULL,
  };
  guint32 heap;

  vkGetPhysicalDeviceMemoryProperties2 (physical, &memory);
  heap = find_device_heap (&memory.memoryProperties);
  if (!has_budget)
    return memory.memoryProperties.memoryHeaps[heap].size;
  return budget.heapBudget[heap] - MIN (budget.heapBudget[heap], budget.heapUsage[heap]);
}

/* gemm_registers.comp wants subgroups of 8 with broadcasts, and pays on software devices. */
static gboolean
has_register_tiles (const LkGpuInfo                          *info,
                    const VkPhysicalDeviceSubgroupProperties *subgroup)
{
  const char *forced = g_getenv ("LIKENESS_GPU_TILES");

  if (subgroup->subgroupSize != 8 || !(subgroup->supportedOperations & VK_SUBGROUP_FEATURE_BALLOT_BIT) ||
      g_strcmp0 (forced, "shared") == 0)
    return FALSE;
  return info->is_software || g_strcmp0 (forced, "registers") == 0;
}

static void
fill_info (LkGpuInfo        *info,
           guint             index,
           VkPhysicalDevice  physical)
{
  VkPhysicalDeviceSubgroupProperties subgroup = { .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_PROPERTIES };
  VkPhysicalDeviceMaintenance3Properties maintenance3 = {
    .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_3_PROPERTIES,
    .pNext = &subgroup,
  };
  VkPhysicalDeviceDriverProperties driver = {
    .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES,
    .pNext = &maintenance3,
  };
  VkPhysicalDeviceProperties2 properties = { .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, .pNext = &driver };
  VkPhysicalDeviceShaderFloat16Int8Features float16 = {
    .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_FLOAT16_INT8_FEATURES,
  };
  VkPhysicalDeviceFeatures2 features = { .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2, .pNext = &float16 };
  VkPhysicalDeviceMemoryProperties memory;
  VkSubgroupFeatureFlags wanted = VK_SUBGROUP_FEATURE_BASIC_BIT | VK_SUBGROUP_FEATURE_ARITHMETIC_BIT | VK_SUBGROUP_FEATURE_SHUFFLE_BIT;
  guint64 cap = get_memory_cap ();
  guint32 heap;

  /* A device of Vulkan 1.0 or 1.1 leaves what it does not know at zero. */
  vkGetPhysicalDeviceProperties2 (physical, &properties);
  vkGetPhysicalDeviceFeatures2 (physical, &features);
  vkGetPhysicalDeviceMemoryProperties (physical, &memory);
  heap = find_device_heap (&memory);

  *info = (LkGpuInfo) {
    .index = index,
    .vendor_id = properties.properties.vendorID,
    .device_id = properties.properties.deviceID,
    .driver_version = properties.properties.driverVersion,
    .api_version = properties.properties.apiVersion,
    .is_software = properties.properties.deviceType == VK_PHYSICAL_DEVICE_TYPE_CPU,
    .is_integrated = properties.properties.deviceType == VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU,
    .has_fp16 = float16.shaderFloat16,
    .subgroup_size = subgroup.subgroupSize,
    .memory_total = MIN (memory.memoryHeaps[heap].size, cap),
    .memory_budget = MIN (get_memory_budget (physical, has_extension (physical, VK_EXT_MEMORY_BUDGET_EXTENSION_NAME)), cap),
    .max_binding = properties.properties.limits.maxStorageBufferRange,
    .max_allocation = MIN (maintenance3.maxMemoryAllocationSize, MIN (memory.memoryHeaps[heap].size, cap)),
    .max_shared_memory = properties.properties.limits.maxComputeSharedMemorySize,
    .max_invocations = properties.properties.limits.maxComputeWorkGroupInvocations,
  };
  g_strlcpy (info->name, properties.properties.deviceName, sizeof info->name);
  g_snprintf (info->driver, sizeof info->driver, "%s %s", driver.driverName, driver.driverInfo);

  if (float16.shaderFloat16 && (subgroup.supportedOperations & wanted) == wanted &&
      (info->api_version >= VK_API_VERSION_1_3 || has_extension (physical, VK_EXT_SUBGROUP_SIZE_CONTROL_EXTENSION_NAME)))
    info->tier = has_fp16_matrices (physical) ? 2 : 1;
  info->has_register_tiles = has_register_tiles (info, &subgroup);
  info->tier = MIN (info->tier, get_number ("LIKENESS_GPU_TIER", 2));
}

GArray *
lk_gpu_list (GError **error)
{
  g_autoptr (GArray) devices = list_physical_devices (error);
  g_autoptr (GArray) infos = g_array_new (FALSE, TRUE, sizeof (LkGpuInfo));

  if (devices == NULL)
    return NULL;
  g_array_set_size (infos, devices->len);
  for (guint i = 0; i < devices->len; i++)
    fill_info (&g_array_index (infos, LkGpuInfo, i), i, g_array_index (devices, VkPhysicalDevice, i));
  return g_steal_pointer (&infos);
}

/* ---- opening -------------------------------------------------------------------------------------------------- */

/* What T0 asks of a device, beyond what every Vulkan 1.2 device has. */
static gboolean
check_device (LkGpu   *gpu,
              GError **error)
{
  const char *lack = NULL;

  if (gpu->info.api_version < VK_API_VERSION_1_2)
    lack = "Vulkan 1.2";
  else if (gpu->limits.maxPerStageDescriptorStorageBuffers < LK_GPU_MAX_BINDINGS ||
           gpu->limits.maxDescriptorSetStorageBuffers < LK_GPU_MAX_BINDINGS)
    lack = "8 storage buffers in a shader";
  else if (gpu->limits.maxComputeWorkGroupInvocations < 256 || gpu->limits.maxComputeWorkGroupSize[0] < 256)
    lack = "workgroups of 256 threads";
  else if (gpu->limits.maxComputeSharedMemorySize < 32768)
    lack = "32 KiB of shared memory";
  if (lack == NULL)
    return TRUE;

  g_set_error (error, LK_GPU_ERROR, LK_GPU_ERROR_TOO_OLD, "“%s” lacks %s, which Likeness needs. A newer driver may bring it.",
               gpu->info.name, lack);
  return FALSE;
}

/* A family that computes but does not draw leaves the desktop's queue alone. G_MAXUINT32: none computes. */
static guint32
find_queue_family (VkPhysicalDevice  physical,
                   guint32          *timestamp_bits)
{
  g_autofree VkQueueFamilyProperties *families = NULL;
  guint32 n = 0;
  guint32 best = G_MAXUINT32;

  vkGetPhysicalDeviceQueueFamilyProperties (physical, &n, NULL);
  families = g_new (VkQueueFamilyProperties, n);
  vkGetPhysicalDeviceQueueFamilyProperties (physical, &n, families);
  for (guint32 i = n; i-- > 0;)
    if (families[i].queueFlags & VK_QUEUE_COMPUTE_BIT)
      if (best == G_MAXUINT32 || !(families[i].queueFlags & VK_QUEUE_GRAPHICS_BIT) || families[best].queueFlags & VK_QUEUE_GRAPHICS_BIT)
        best = i;
  if (best != G_MAXUINT32)
    *timestamp_bits = families[best].timestampValidBits;
  return best;
}

static gboolean
create_device (LkGpu   *gpu,
               GError **error)
{
  float priority = 0.f;
  VkDeviceQueueGlobalPriorityCreateInfoKHR low = {
    .sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_GLOBAL_PRIORITY_CREATE_INFO_KHR,
    .globalPriority = VK_QUEUE_GLOBAL_PRIORITY_LOW_KHR,
  };
  VkDeviceQueueCreateInfo queue = {
    .sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
    .queueFamilyIndex = gpu->queue_family,
    .queueCount = 1,
    .pQueuePriorities = &priority,
  };
  VkPhysicalDeviceVulkan12Features features = {
    .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES,
    .timelineSemaphore = VK_TRUE,
  };
  const char *extensions[2];
  VkDeviceCreateInfo info = {
    .sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
    .pNext = &features,
    .queueCreateInfoCount = 1,
    .pQueueCreateInfos = &queue,
    .ppEnabledExtensionNames = extensions,
  };
  VkResult result;

  if (gpu->has_memory_budget)
    extensions[info.enabledExtensionCount++] = VK_EXT_MEMORY_BUDGET_EXTENSION_NAME;
  if (has_extension (gpu->physical, VK_KHR_GLOBAL_PRIORITY_EXTENSION_NAME))
    {
      extensions[info.enabledExtensionCount++] = VK_KHR_GLOBAL_PRIORITY_EXTENSION_NAME;
      queue.pNext = &low;
    }

  result = vkCreateDevice (gpu->physical, &info, NULL, &gpu->device);
  if (result != VK_SUCCESS && queue.pNext != NULL)
    {
      /* Some drivers let only the privileged choose a priority, even a low one. */
      queue.pNext = NULL;
      result = vkCreateDevice (gpu->physical, &info, NULL, &gpu->device);
    }
  if (result != VK_SUCCESS)
    return lk_gpu_fail (gpu, result, "be opened", error);

  vkGetDeviceQueue (gpu->device, gpu->queue_family, 0, &gpu->queue);
  return TRUE;
}

static gboolean
create_timeline (LkGpu   *gpu,
                 GError **error)
{
  VkSemaphoreTypeCreateInfo type = {
    .sType = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO,
    .semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE,
  };
  VkSemaphoreCreateInfo info = { .sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO, .pNext = &type };
  VkCommandPoolCreateInfo pool = {
    .sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
    .flags = VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT,
    .queueFamilyIndex = gpu->queue_family,
  };
  VkResult result = vkCreateSemaphore (gpu->device, &info, NULL, &gpu->timeline);

  if (result == VK_SUCCESS)
    result = vkCreateCommandPool (gpu->device, &pool, NULL, &gpu->command_pool);
  return result == VK_SUCCESS || lk_gpu_fail (gpu, result, "make a queue", error);
}

LkGpu *
lk_gpu_open (guint    index,
             GError **error)
{
  g_autoptr (GArray) devices = list_physical_devices (error);
  g_autoptr (LkGpu) gpu = NULL;
  VkPhysicalDeviceProperties properties;
  guint32 timestamp_bits = 0;

  if (devices == NULL)
    return NULL;
  if (devices->len == 0)
    {
      g_set_error_literal (error, LK_GPU_ERROR, LK_GPU_ERROR_NO_VULKAN,
                           "This system has no Vulkan device. Install the Vulkan driver of its graphics card, or use the CPU.");
      return NULL;
    }
  if (index >= devices->len)
    {
      g_set_error (error, LK_GPU_ERROR, LK_GPU_ERROR_NO_DEVICE,
                   "There is no Vulkan device %u: this system's are numbered 0 to %u.", index, devices->len - 1);
      return NULL;
    }

  gpu = g_new0 (LkGpu, 1);
  gpu->physical = g_array_index (devices, VkPhysicalDevice, index);
  fill_info (&gpu->info, index, gpu->physical);
  vkGetPhysicalDeviceProperties (gpu->physical, &properties);
  gpu->limits = properties.limits;
  vkGetPhysicalDeviceMemoryProperties (gpu->physical, &gpu->memory_properties);
  gpu->device_heap = find_device_heap (&gpu->memory_properties);
  gpu->has_memory_budget = has_extension (gpu->physical, VK_EXT_MEMORY_BUDGET_EXTENSION_NAME);
  gpu->memory_cap = get_memory_cap ();
  gpu->n_submissions_left = get_number ("LIKENESS_GPU_LOSE_AFTER", G_MAXUINT64);
  if (!check_device (gpu, error))
    return NULL;

  gpu->queue_family = find_queue_family (gpu->physical, &timestamp_bits);
  if (gpu->queue_family == G_MAXUINT32)
    {
      g_set_error (error, LK_GPU_ERROR, LK_GPU_ERROR_TOO_OLD, "“%s” lacks compute shaders, which Likeness needs.", gpu->info.name);
      return NULL;
    }
  gpu->timestamp_period = timestamp_bits > 0 ? gpu->limits.timestampPeriod : 0;
  gpu->timestamp_mask = timestamp_bits < 64 ? (G_GUINT64_CONSTANT (1) << timestamp_bits) - 1 : G_MAXUINT64;

  if (!create_device (gpu, error) || !create_timeline (gpu, error) ||
      !lk_gpu_memory_init (gpu, error) || !lk_gpu_pipelines_init (gpu, error))
    return NULL;
  return g_steal_pointer (&gpu);
}

LkGpu *
lk_gpu_new_sketch (const LkGpuInfo *info)
{
  LkGpu *gpu = g_new0 (LkGpu, 1);

  gpu->info = *info;
  gpu->is_sketch = TRUE;
  gpu->memory_cap = G_MAXUINT64;
  lk_gpu_memory_init (gpu, NULL);
  return gpu;
}

void
lk_gpu_free (LkGpu *gpu)
{
  if (gpu == NULL)
    return;
  if (gpu->is_sketch)
    lk_gpu_memory_clear (gpu);
  if (gpu->device != VK_NULL_HANDLE)
    {
      vkDeviceWaitIdle (gpu->device);
      lk_gpu_pipelines_clear (gpu);
      lk_gpu_memory_clear (gpu);
      vkDestroyCommandPool (gpu->device, gpu->command_pool, NULL);
      vkDestroySemaphore (gpu->device, gpu->timeline, NULL);
      vkDestroyDevice (gpu->device, NULL);
    }
  g_free (gpu);
}

const LkGpuInfo *
lk_gpu_get_info (LkGpu *gpu)
{
  return &gpu->info;
}

guint64
lk_gpu_get_memory_taken (LkGpu *gpu)
{
  return gpu->memory_taken;
}

gsize
lk_gpu_get_staging_size (void)
{
  return LK_GPU_N_SLOTS * LK_GPU_SLOT_SIZE;
}

guint64
lk_gpu_get_memory_budget (LkGpu *gpu)
{
  if (gpu->is_sketch)
    return G_MAXUINT64;
  return MIN (get_memory_budget (gpu->physical, gpu->has_memory_budget), gpu->memory_cap - MIN (gpu->memory_cap, gpu->memory_taken));
}

/* ---- submitting ----------------------------------------------------------------------------------------------- */

gboolean
lk_gpu_fail (LkGpu       *gpu,
             VkResult     result,
             const char  *what,
             GError     **error)
{
  if (result == VK_ERROR_DEVICE_LOST)
    {
      gpu->is_lost = TRUE;
      g_set_error (error, LK_GPU_ERROR, LK_GPU_ERROR_LOST,
                   "The driver of “%s” reset the device. What was on it is gone: start again from the last saved state.",
                   gpu->info.name);
    }
  else if (result == VK_ERROR_OUT_OF_DEVICE_MEMORY || result == VK_ERROR_OUT_OF_HOST_MEMORY || result == VK_ERROR_OUT_OF_POOL_MEMORY)
    g_set_error (error, LK_GPU_ERROR, LK_GPU_ERROR_NO_MEMORY, "“%s” has not enough memory to %s.", gpu->info.name, what);
  else
    g_set_error (error, LK_GPU_ERROR, LK_GPU_ERROR_FAILED, "“%s” could not %s (Vulkan error %d).", gpu->info.name, what, result);
  return FALSE;
}

gboolean
lk_gpu_submit (LkGpu            *gpu,
               VkCommandBuffer   commands,
               guint64          *value,
               GError          **error)
{
  guint64 next = gpu->timeline_value + 1;
  VkTimelineSemaphoreSubmitInfo timeline = {
    .sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO,
    .signalSemaphoreValueCount = 1,
    .pSignalSemaphoreValues = &next,
  };
  VkSubmitInfo info = {
    .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
    .pNext = &timeline,
    .commandBufferCount = 1,
    .pCommandBuffers = &commands,
    .signalSemaphoreCount = 1,
    .pSignalSemaphores = &gpu->timeline,
  };
  VkResult result;

  if (gpu->n_submissions_left-- == 0)
    {
      vkQueueWaitIdle (gpu->queue);
      gpu->is_lost = TRUE;
    }
  result = gpu->is_lost ? VK_ERROR_DEVICE_LOST : vkQueueSubmit (gpu->queue, 1, &info, VK_NULL_HANDLE);
  if (result != VK_SUCCESS)
    return lk_gpu_fail (gpu, result, "take more work", error);
  gpu->timeline_value = next;
  *value = next;
  return TRUE;
}

gboolean
lk_gpu_wait (LkGpu    *gpu,
             guint64   value,
             GError  **error)
{
  VkSemaphoreWaitInfo info = {
    .sType = VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO,
    .semaphoreCount = 1,
    .pSemaphores = &gpu->timeline,
    .pValues = &value,
  };
  VkResult result = gpu->is_lost ? VK_ERROR_DEVICE_LOST : vkWaitSemaphores (gpu->device, &info, G_MAXUINT64);

  return result == VK_SUCCESS || lk_gpu_fail (gpu, result, "finish its work", error);
}
