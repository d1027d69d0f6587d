/* lk-device.c: opening a device by its name, and memory on it. */
#define G_LOG_DOMAIN "likeness-graph"

#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/lk-pool.h"
#include "cpu/lk-cpu.h"
#include "graph/lk-device.h"

G_DEFINE_QUARK (lk-device-error-quark, lk_device_error)

struct _LkDevice
{
  gatomicrefcount ref_count;
  LkPool         *pool;           /* owned; the CPU's, NULL on Vulkan */
  LkGpu          *gpu;            /* owned; Vulkan's, NULL on the CPU */
  char           *description;    /* owned */
  guint64         memory_asked;   /* bytes of all storages; atomic: they may be freed on any thread */
  gboolean        is_sketch;
  guint64         sketch_free;    /* what the device had free */
};

struct _LkStorage
{
  gatomicrefcount ref_count;
  LkDevice       *device;         /* owned reference */
  LkDtype         dtype;
  gsize           n_elements;
  gpointer        data;           /* owned; CPU */
  gsize           bytes;          /* as counted */
  gsize           mapped;         /* bytes of `data` when it was mapped, 0 when it was allocated */
  LkGpuBuffer    *buffer;         /* owned; Vulkan */
};

/* ---- device -------------------------------------------------------------------------------------------------- */

static LkDevice *
open_cpu (guint n_threads)
{
  LkDevice *device = g_new0 (LkDevice, 1);
  guint n;

  g_atomic_ref_count_init (&device->ref_count);
  device->pool = lk_pool_new (n_threads);
  n = lk_pool_get_n_threads (device->pool);
  device->description = g_strdup_printf (n == 1 ? "CPU · %s · %u thread" : "CPU · %s · %u threads", lk_cpu_isa_name (lk_cpu_get_isa ()), n);
  return device;
}

static LkDevice *
open_gpu (guint    index,
          GError **error)
{
  g_autoptr (LkGpu) gpu = lk_gpu_open (index, error);
  const LkGpuInfo *info;
  LkDevice *device;

  if (gpu == NULL)
    return NULL;

  info = lk_gpu_get_info (gpu);
  device = g_new0 (LkDevice, 1);
  g_atomic_ref_count_init (&device->ref_count);
  device->description = g_strdup_printf ("%s · Vulkan T%u", info->name, info->tier);
  device->gpu = g_steal_pointer (&gpu);
  return device;
}

/* What the system can give without swapping. */
static guint64
read_available (void)
{
  g_autofree char *text = NULL;
  const char *line;
  guint64 kib = 0;

  if (g_file_get_contents ("/proc/meminfo", &text, NULL, NULL) && (line = strstr (text, "MemAvailable:")) != NULL)
    kib = g_ascii_strtoull (line + strlen ("MemAvailable:"), NULL, 10);
  return kib * 1024;
}

static LkDevice *
sketch (const LkGpuInfo *info,
        guint64          memory_free)
{
  LkDevice *device = g_new0 (LkDevice, 1);

  g_atomic_ref_count_init (&device->ref_count);
  device->is_sketch = TRUE;
  device->sketch_free = memory_free;
  if (info != NULL)
    {
      device->gpu = lk_gpu_new_sketch (info);
      device->description = g_strdup_printf ("%s · Vulkan T%u", info->name, info->tier);
    }
  else
    device->description = g_strdup_printf ("CPU · %s", lk_cpu_isa_name (lk_cpu_get_isa ()));
  return device;
}

static LkDevice *
sketch_gpu (guint    index,
            GError **error)
{
  g_autoptr (GArray) infos = lk_gpu_list (error);
  LkDevice *device;

  if (infos == NULL)
    return NULL;
  if (index >= infos->len)
    {
      g_set_error (error, LK_DEVICE_ERROR, LK_DEVICE_ERROR_NONE, "There is no Vulkan device %u; “likeness-cli devices” lists them.", index);
      return NULL;
    }
  device = sketch (&g_array_index (infos, LkGpuInfo, index), g_array_index (infos, LkGpuInfo, index).memory_budget);
  /* It is not open yet; once it is, it has that much less. */
  device->sketch_free -= MIN (device->sketch_free, lk_device_get_memory_taken (device));
  return device;
}

/* The index of the first hardware device, else of the first software one where that will do; -1 for none. */
static int
choose_gpu (gboolean software_will_do)
{
  g_autoptr (GArray) infos = lk_gpu_list (NULL);
  int software = -1;

  for (guint i = 0; infos != NULL && i < infos->len; i++)
    {
      const LkGpuInfo *info = &g_array_index (infos, LkGpuInfo, i);

      if (!info->is_software)
        return (int) info->index;
      if (software < 0)
        software = (int) info->index;
    }

  return software_will_do ? software : -1;
}

/* `index` receives the number of the Vulkan device that `spec` names, -1 for the CPU. */
static gboolean
resolve (const char  *spec,
         int         *index,
         GError     **error)
{
  *index = -1;
  if (g_str_equal (spec, "cpu"))
    return TRUE;

  if (g_str_equal (spec, "auto"))
    {
      *index = choose_gpu (FALSE);
      return TRUE;
    }

  if (g_str_equal (spec, "vulkan"))
    {
      *index = choose_gpu (TRUE);
      if (*index >= 0)
        return TRUE;
      g_set_error (error, LK_DEVICE_ERROR, LK_DEVICE_ERROR_NONE,
                   "No Vulkan device was found. Install the graphics driver of the card, or use --device cpu.");
      return FALSE;
    }

  if (g_str_has_prefix (spec, "vulkan:"))
    {
      guint64 number;

      if (g_ascii_string_to_unsigned (spec + strlen ("vulkan:"), 10, 0, 1023, &number, NULL))
        {
          *index = (int) number;
          return TRUE;
        }
    }

  g_set_error (error, LK_DEVICE_ERROR, LK_DEVICE_ERROR_BAD_SPEC,
               "“%s” names no device. Use auto, cpu, vulkan or vulkan:N; “likeness-cli devices” lists them.", spec);
  return FALSE;
}

LkDevice *
lk_device_open (const char  *spec,
                guint        n_threads,
                GError     **error)
{
  int index;

  g_return_val_if_fail (spec != NULL, NULL);

  if (!resolve (spec, &index, error))
    return NULL;
  return index < 0 ? open_cpu (n_threads) : open_gpu ((guint) index, error);
}

LkDevice *
lk_device_open_sketch (const char  *spec,
                       GError     **error)
{
  int index;

  g_return_val_if_fail (spec != NULL, NULL);

  if (!resolve (spec, &index, error))
    return NULL;
  return index < 0 ? sketch (NULL, read_available ()) : sketch_gpu ((guint) index, error);
}

LkDevice *
lk_device_new_sketch (LkDevice *device)
{
  return sketch (device->gpu != NULL ? lk_gpu_get_info (device->gpu) : NULL, lk_device_get_memory_free (device));
}

LkDevice *
lk_device_ref (LkDevice *device)
{
  g_atomic_ref_count_inc (&device->ref_count);
  return device;
}

void
lk_device_unref (LkDevice *device)
{
  if (!g_atomic_ref_count_dec (&device->ref_count))
    return;

  g_clear_pointer (&device->pool, lk_pool_free);
  g_clear_pointer (&device->gpu, lk_gpu_free);
  g_free (device->description);
  g_free (device);
}

gboolean
lk_device_is_cpu (LkDevice *device)
{
  return device->gpu == NULL;
}

gboolean
lk_device_is_sketch (LkDevice *device)
{
  return device->is_sketch;
}

const char *
lk_device_get_description (LkDevice *device)
{
  return device->description;
}

guint64
lk_device_get_memory_used (LkDevice *device)
{
  g_autofree char *text = NULL;
  guint64 total, resident;

  if (device->gpu)
    return lk_gpu_get_memory_taken (device->gpu);
  if (!g_file_get_contents ("/proc/self/statm", &text, NULL, NULL)
      || sscanf (text, "%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT, &total, &resident) != 2)
    return 0;
  return resident * (guint64) sysconf (_SC_PAGESIZE);
}

guint64
lk_device_get_memory_asked (LkDevice *device)
{
  return __atomic_load_n (&device->memory_asked, __ATOMIC_RELAXED);
}

guint64
lk_device_get_memory_taken (LkDevice *device)
{
  return device->gpu != NULL ? lk_gpu_get_memory_taken (device->gpu) : lk_device_get_memory_asked (device);
}

guint64
lk_device_get_memory_free (LkDevice *device)
{
  if (device->is_sketch)
    return device->sketch_free;
  return device->gpu != NULL ? lk_gpu_get_memory_budget (device->gpu) : read_available ();
}

LkPool *
lk_device_get_pool (LkDevice *device)
{
  return device->pool;
}

LkGpu *
lk_device_get_gpu (LkDevice *device)
{
  return device->gpu;
}

/* ---- storage ------------------------------------------------------------------------------------------------- */

/* Zeroed memory of the host. Large pieces are mapped: their pages come zeroed, and only when they are touched. */
static gboolean
allocate (LkStorage *storage,
          gsize      bytes)
{
  if (bytes >= 64 * 1024)
    {
      storage->data = mmap (NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      if (storage->data == MAP_FAILED)
        {
          storage->data = NULL;
          return FALSE;
        }
      storage->mapped = bytes;
      return TRUE;
    }

  if (posix_memalign (&storage->data, 64, bytes) != 0)
    return FALSE;
  memset (storage->data, 0, bytes);
  return TRUE;
}

LkStorage *
lk_storage_new (LkDevice  *device,
                LkDtype    dtype,
                gsize      n_elements,
                GError   **error)
{
  g_autoptr (LkStorage) storage = g_new0 (LkStorage, 1);
  /* Whole vectors may be read past the end, and Vulkan copies words. */
  gsize bytes = (MAX (n_elements, 1) * lk_dtype_get_size (dtype) + 63) / 64 * 64;

  g_atomic_ref_count_init (&storage->ref_count);
  storage->device = lk_device_ref (device);
  storage->dtype = dtype;
  storage->n_elements = n_elements;

  if (device->gpu != NULL)
    {
      storage->buffer = lk_gpu_buffer_new (device->gpu, bytes, error);
      if (storage->buffer == NULL)
        return NULL;
    }
  else if (!device->is_sketch && !allocate (storage, bytes))
    {
      g_autofree char *size = g_format_size_full (bytes, G_FORMAT_SIZE_IEC_UNITS);

      g_set_error (error, LK_DEVICE_ERROR, LK_DEVICE_ERROR_NO_MEMORY,
                   "The computer has no %s of memory left. Close other programs, or choose a smaller size or batch.", size);
      return NULL;
    }

  storage->bytes = bytes;
  __atomic_fetch_add (&device->memory_asked, bytes, __ATOMIC_RELAXED);
  return g_steal_pointer (&storage);
}

LkStorage *
lk_storage_ref (LkStorage *storage)
{
  g_atomic_ref_count_inc (&storage->ref_count);
  return storage;
}

void
lk_storage_unref (LkStorage *storage)
{
  if (!g_atomic_ref_count_dec (&storage->ref_count))
    return;

  __atomic_fetch_sub (&storage->device->memory_asked, storage->bytes, __ATOMIC_RELAXED);
  if (storage->mapped > 0)
    munmap (storage->data, storage->mapped);
  else
    free (storage->data);
  g_clear_pointer (&storage->buffer, lk_gpu_buffer_free);
  lk_device_unref (storage->device);
  g_free (storage);
}

LkDevice *
lk_storage_get_device (LkStorage *storage)
{
  return storage->device;
}

LkDtype
lk_storage_get_dtype (LkStorage *storage)
{
  return storage->dtype;
}

gsize
lk_storage_get_n_elements (LkStorage *storage)
{
  return storage->n_elements;
}

gboolean
lk_storage_write (LkStorage      *storage,
                  gsize           first,
                  gsize           n_elements,
                  gconstpointer   data,
                  GError        **error)
{
  gsize size = lk_dtype_get_size (storage->dtype);

  g_return_val_if_fail (first + n_elements <= storage->n_elements, FALSE);

  if (n_elements == 0 || storage->device->is_sketch)
    return TRUE;
  if (storage->buffer != NULL)
    return lk_gpu_buffer_write (storage->buffer, first * size, n_elements * size, data, error);

  memcpy ((guint8 *) storage->data + first * size, data, n_elements * size);
  return TRUE;
}

gboolean
lk_storage_read (LkStorage  *storage,
                 gsize       first,
                 gsize       n_elements,
                 gpointer    data,
                 GError    **error)
{
  gsize size = lk_dtype_get_size (storage->dtype);

  g_return_val_if_fail (first + n_elements <= storage->n_elements, FALSE);
  g_return_val_if_fail (!storage->device->is_sketch, FALSE);

  if (n_elements == 0)
    return TRUE;
  if (storage->buffer != NULL)
    return lk_gpu_buffer_read (storage->buffer, first * size, n_elements * size, data, error);

  memcpy (data, (guint8 *) storage->data + first * size, n_elements * size);
  return TRUE;
}

gpointer
lk_storage_get_data (LkStorage *storage)
{
  return storage->data;
}

LkGpuBuffer *
lk_storage_get_buffer (LkStorage *storage)
{
  return storage->buffer;
}
