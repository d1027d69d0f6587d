/* LkDevice: where a graph runs: the CPU's own kernels, or one Vulkan device.
 *
 * A device is opened once and shared; one thread uses it at a time. LkStorage is memory on it that outlives a graph: weights,
 * the adapter, the optimizer's state.
 */
#pragma once

#include "base/lk-dtype.h"
#include "base/lk-pool.h"
#include "gpu/lk-gpu.h"

G_BEGIN_DECLS

#define LK_DEVICE_ERROR (lk_device_error_quark ())
GQuark lk_device_error_quark (void);

typedef enum
{
  LK_DEVICE_ERROR_BAD_SPEC,     /* the words given name no device */
  LK_DEVICE_ERROR_NONE,         /* there is no such device on this machine */
  LK_DEVICE_ERROR_NO_MEMORY,
  LK_DEVICE_ERROR_LOST,
} LkDeviceError;

typedef enum
{
  LK_PRECISION_FP32,
  LK_PRECISION_FP16,
} LkPrecision;

typedef struct _LkDevice LkDevice;
typedef struct _LkStorage LkStorage;

/* Opens `spec`: "auto", "cpu", "vulkan" or "vulkan:N" (design §3: "vulkan" takes the first hardware device, else a software
 * one, and fails without any; "auto" takes a hardware device, else the CPU). `n_threads` is for the CPU, 0 for all cores. */
LkDevice   *lk_device_open            (const char  *spec,
                                       guint        n_threads,
                                       GError     **error);
/* A sketch of the device that `spec` names, opened or not: memory on it is counted and placed as on the device itself, but there is none, and
 * weights that are loaded, graphs that are compiled and values that are written take and keep nothing. It is what plans are made on. */
LkDevice   *lk_device_open_sketch     (const char  *spec,
                                       GError     **error);
LkDevice   *lk_device_new_sketch      (LkDevice    *device);
gboolean    lk_device_is_sketch       (LkDevice    *device);
LkDevice   *lk_device_ref             (LkDevice    *device);
void        lk_device_unref           (LkDevice    *device);

gboolean    lk_device_is_cpu          (LkDevice    *device);
/* One line for people: "CPU · AVX-512 · 2 threads" or "NVIDIA H100 · Vulkan T1". */
const char *lk_device_get_description (LkDevice    *device);
/* Bytes that are taken of its memory now: on Vulkan what this program took, on the CPU the process's resident memory. 0: not known. */
guint64     lk_device_get_memory_used (LkDevice    *device);
/* Bytes of all storages on it, each as large as it was asked for (in steps of 64). */
guint64     lk_device_get_memory_asked (LkDevice   *device);
/* Bytes that it has taken for them: on Vulkan its blocks, which small storages share, on the CPU the same as asked. */
guint64     lk_device_get_memory_taken (LkDevice   *device);
/* Bytes that could still be taken, now: the Vulkan device's budget, on the CPU what the system can give without swapping. A sketch tells
 * what the device had when the sketch was made. */
guint64     lk_device_get_memory_free (LkDevice    *device);
LkPool     *lk_device_get_pool        (LkDevice    *device);   /* the CPU's; NULL on Vulkan */
LkGpu      *lk_device_get_gpu         (LkDevice    *device);   /* Vulkan's; NULL on the CPU */

/* Memory of `n_elements`, zeroed. NULL with LK_DEVICE_ERROR_NO_MEMORY when the device has no room. */
LkStorage  *lk_storage_new            (LkDevice    *device,
                                       LkDtype      dtype,
                                       gsize        n_elements,
                                       GError     **error);
LkStorage  *lk_storage_ref            (LkStorage   *storage);
void        lk_storage_unref          (LkStorage   *storage);
LkDevice   *lk_storage_get_device     (LkStorage   *storage);
LkDtype     lk_storage_get_dtype      (LkStorage   *storage);
gsize       lk_storage_get_n_elements (LkStorage   *storage);

/* Copies `n_elements` from or to the host, in the storage's own dtype. Waits until done. */
gboolean    lk_storage_write          (LkStorage   *storage,
                                       gsize        first,
                                       gsize        n_elements,
                                       gconstpointer data,
                                       GError     **error);
gboolean    lk_storage_read           (LkStorage   *storage,
                                       gsize        first,
                                       gsize        n_elements,
                                       gpointer     data,
                                       GError     **error);
/* The memory itself, on the CPU; NULL on Vulkan. */
gpointer    lk_storage_get_data       (LkStorage   *storage);
LkGpuBuffer *lk_storage_get_buffer    (LkStorage   *storage);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkDevice, lk_device_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkStorage, lk_storage_unref)

G_END_DECLS
