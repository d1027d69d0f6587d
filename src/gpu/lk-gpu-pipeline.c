/* lk-gpu-pipeline.c: kernels turned into pipelines, each made once, and the cache on disk that makes the next start fast. */
#define G_LOG_DOMAIN "likeness-gpu"

#include "config.h"

#include <string.h>

#include "lk-gpu-private.h"

/* ---- the cache on disk ---------------------------------------------------------------------------------------- */

/* One file for each driver build and device: the driver's own id of what its cache holds. */
static char *
get_cache_path (const VkPhysicalDeviceProperties *properties)
{
  g_autoptr (GString) name = g_string_new ("pipelines-");

  for (guint i = 0; i < VK_UUID_SIZE; i++)
    g_string_append_printf (name, "%02x", properties->pipelineCacheUUID[i]);
  g_string_append (name, ".bin");
  return g_build_filename (g_get_user_cache_dir (), "likeness", name->str, NULL);
}

/* Whether `data` begins as a cache of this very device and driver must. */
static gboolean
is_cache (const VkPhysicalDeviceProperties *properties,
          const char                       *data,
          gsize                             size)
{
  VkPipelineCacheHeaderVersionOne header;

  if (size < sizeof header)
    return FALSE;
  memcpy (&header, data, sizeof header);
  return header.headerSize == sizeof header && header.headerVersion == VK_PIPELINE_CACHE_HEADER_VERSION_ONE &&
         header.vendorID == properties->vendorID && header.deviceID == properties->deviceID &&
         memcmp (header.pipelineCacheUUID, properties->pipelineCacheUUID, VK_UUID_SIZE) == 0;
}

static VkResult
load_cache (LkGpu *gpu)
{
  g_autofree char *data = NULL;
  gsize size = 0;
  VkPhysicalDeviceProperties properties;
  VkPipelineCacheCreateInfo info = { .sType = VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO };

  vkGetPhysicalDeviceProperties (gpu->physical, &properties);
  gpu->pipeline_cache_path = get_cache_path (&properties);
  if (g_file_get_contents (gpu->pipeline_cache_path, &data, &size, NULL) && is_cache (&properties, data, size))
    {
      info.initialDataSize = size;
      info.pInitialData = data;
    }
  gpu->pipeline_cache_size = info.initialDataSize;
  return vkCreatePipelineCache (gpu->device, &info, NULL, &gpu->pipeline_cache);
}

/* A cache that cannot be kept costs time at the next start, and nothing else. */
static void
save_cache (LkGpu *gpu)
{
  g_autofree char *folder = g_path_get_dirname (gpu->pipeline_cache_path);
  g_autofree guint8 *data = NULL;
  gsize size = 0;

  if (gpu->is_lost || vkGetPipelineCacheData (gpu->device, gpu->pipeline_cache, &size, NULL) != VK_SUCCESS ||
      size == gpu->pipeline_cache_size)
    return;
  data = g_malloc (size);
  if (vkGetPipelineCacheData (gpu->device, gpu->pipeline_cache, &size, data) == VK_SUCCESS && g_mkdir_with_parents (folder, 0700) == 0)
    g_file_set_contents (gpu->pipeline_cache_path, (const char *) data, size, NULL);
}

/* ---- pipelines ------------------------------------------------------------------------------------------------ */

static char *
describe_kernel (const LkGpuKernel *kernel)
{
  GString *words = g_string_new (kernel->shader);

  for (guint i = 0; i < kernel->n_constants; i++)
    g_string_append_printf (words, " %u", kernel->constants[i]);
  return g_string_free (words, FALSE);
}

static VkResult
create_pipeline (LkGpu             *gpu,
                 const LkGpuShader *shader,
                 const LkGpuKernel *kernel,
                 VkPipeline        *pipeline)
{
  VkSpecializationMapEntry entries[LK_GPU_MAX_SPECIALIZATION];
  VkSpecializationInfo specialization = {
    .mapEntryCount = kernel->n_constants,
    .pMapEntries = entries,
    .dataSize = kernel->n_constants * sizeof (guint32),
    .pData = kernel->constants,
  };
  VkShaderModuleCreateInfo module_info = {
    .sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
    .codeSize = shader->size,
    .pCode = shader->words,
  };
  VkComputePipelineCreateInfo info = {
    .sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
    .flags = VK_PIPELINE_CREATE_DISPATCH_BASE_BIT,   /* a long dispatch may be cut */
    .stage = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
      .stage = VK_SHADER_STAGE_COMPUTE_BIT,
      .pName = "main",
      .pSpecializationInfo = &specialization,
    },
    .layout = gpu->pipeline_layout,
  };
  VkResult result;

  for (guint i = 0; i < kernel->n_constants; i++)
    entries[i] = (VkSpecializationMapEntry) { i, i * sizeof (guint32), sizeof (guint32) };
  result = vkCreateShaderModule (gpu->device, &module_info, NULL, &info.stage.module);
  if (result != VK_SUCCESS)
    return result;
  result = vkCreateComputePipelines (gpu->device, gpu->pipeline_cache, 1, &info, NULL, pipeline);
  vkDestroyShaderModule (gpu->device, info.stage.module, NULL);
  return result;
}

VkPipeline
lk_gpu_get_pipeline (LkGpu              *gpu,
                     const LkGpuKernel  *kernel,
                     GError            **error)
{
  g_autofree char *words = NULL;
  const LkGpuShader *shader;
  VkPipeline pipeline;
  VkResult result;

  g_return_val_if_fail (kernel->n_constants <= LK_GPU_MAX_SPECIALIZATION, VK_NULL_HANDLE);

  words = describe_kernel (kernel);
  pipeline = g_hash_table_lookup (gpu->pipelines, words);
  if (pipeline != VK_NULL_HANDLE)
    return pipeline;

  shader = lk_gpu_find_shader (kernel->shader);
  if (shader == NULL)
    {
      g_set_error (error, LK_GPU_ERROR, LK_GPU_ERROR_FAILED, "There is no shader “%s”.", kernel->shader);
      return VK_NULL_HANDLE;
    }
  result = create_pipeline (gpu, shader, kernel, &pipeline);
  if (result != VK_SUCCESS)
    {
      g_autofree char *what = g_strdup_printf ("compile the kernel “%s”", words);

      lk_gpu_fail (gpu, result, what, error);
      return VK_NULL_HANDLE;
    }
  g_hash_table_insert (gpu->pipelines, g_steal_pointer (&words), pipeline);
  return pipeline;
}

/* ---- setting up ----------------------------------------------------------------------------------------------- */

gboolean
lk_gpu_pipelines_init (LkGpu   *gpu,
                       GError **error)
{
  VkDescriptorSetLayoutBinding bindings[LK_GPU_MAX_BINDINGS];
  VkDescriptorSetLayoutCreateInfo set = {
    .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
    .bindingCount = LK_GPU_MAX_BINDINGS,
    .pBindings = bindings,
  };
  VkPushConstantRange push_constants = { VK_SHADER_STAGE_COMPUTE_BIT, 0, LK_GPU_MAX_PUSH_CONSTANTS };
  VkPipelineLayoutCreateInfo layout = {
    .sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
    .setLayoutCount = 1,
    .pSetLayouts = &gpu->set_layout,
    .pushConstantRangeCount = 1,
    .pPushConstantRanges = &push_constants,
  };
  VkResult result;

  for (guint i = 0; i < LK_GPU_MAX_BINDINGS; i++)
    bindings[i] = (VkDescriptorSetLayoutBinding) {
      .binding = i,
      .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
      .descriptorCount = 1,
      .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT,
    };

  gpu->pipelines = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  result = vkCreateDescriptorSetLayout (gpu->device, &set, NULL, &gpu->set_layout);
  if (result == VK_SUCCESS)
    result = vkCreatePipelineLayout (gpu->device, &layout, NULL, &gpu->pipeline_layout);
  if (result == VK_SUCCESS)
    result = load_cache (gpu);
  return result == VK_SUCCESS || lk_gpu_fail (gpu, result, "set its kernels up", error);
}

void
lk_gpu_pipelines_clear (LkGpu *gpu)
{
  GHashTableIter iter;
  gpointer pipeline;

  if (gpu->pipelines == NULL)
    return;
  g_hash_table_iter_init (&iter, gpu->pipelines);
  while (g_hash_table_iter_next (&iter, NULL, &pipeline))
    vkDestroyPipeline (gpu->device, pipeline, NULL);
  g_hash_table_unref (gpu->pipelines);

  if (gpu->pipeline_cache != VK_NULL_HANDLE)
    save_cache (gpu);
  vkDestroyPipelineCache (gpu->device, gpu->pipeline_cache, NULL);
  vkDestroyPipelineLayout (gpu->device, gpu->pipeline_layout, NULL);
  vkDestroyDescriptorSetLayout (gpu->device, gpu->set_layout, NULL);
  g_free (gpu->pipeline_cache_path);
}
