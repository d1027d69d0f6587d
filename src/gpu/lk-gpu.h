/* LkGpu: one Vulkan device: its memory, its pipelines, and recordings of dispatches that are replayed.
 *
 * This folder is the only one that includes vulkan.h. Kernels are the SPIR-V modules of shaders/, named after their file; a
 * kernel with its specialization constants is a pipeline, made once and kept. All shaders share one layout: up to 8 storage
 * buffers in set 0, at most 128 bytes of push constants. One thread uses a device at a time.
 *
 * The environment, for tests and for finding faults:
 *   LIKENESS_GPU_TIER=0|1|2              caps the tier
 *   LIKENESS_GPU_TILES=registers|shared  chooses the kernels of products, see LkGpuInfo
 *   LIKENESS_GPU_MEMORY=MIB              lets a device have no more memory than that
 *   LIKENESS_GPU_LOSE_AFTER=N            the device is lost at its submission N + 1
 *   LIKENESS_VULKAN_VALIDATION=1         see lk_gpu_get_n_validation_messages ()
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define LK_GPU_ERROR (lk_gpu_error_quark ())
GQuark lk_gpu_error_quark (void);

typedef enum
{
  LK_GPU_ERROR_NO_VULKAN,       /* no loader or no driver on this machine */
  LK_GPU_ERROR_NO_DEVICE,       /* no device of that number */
  LK_GPU_ERROR_TOO_OLD,         /* the device lacks what T0 needs; the sentence names it */
  LK_GPU_ERROR_NO_MEMORY,
  LK_GPU_ERROR_LOST,            /* the driver gave the device up: nothing on it can be read any more */
  LK_GPU_ERROR_FAILED,
} LkGpuError;

#define LK_GPU_MAX_BINDINGS 8
#define LK_GPU_MAX_SPECIALIZATION 12

typedef struct _LkGpu LkGpu;
typedef struct _LkGpuBuffer LkGpuBuffer;
typedef struct _LkGpuRecording LkGpuRecording;

/* What a device is, read without opening it. */
typedef struct
{
  guint    index;                 /* N of "vulkan:N" */
  char     name[256];
  char     driver[256];           /* driver name and version, for people */
  guint32  vendor_id, device_id, driver_version, api_version;
  gboolean is_software;           /* lavapipe and its like: listed, never the automatic choice */
  gboolean is_integrated;
  guint    tier;                  /* 0, 1 or 2: the best it offers, after the environment's LIKENESS_GPU_TIER */
  gboolean has_fp16;              /* shaderFloat16 */
  guint    subgroup_size;
  guint64  memory_total;          /* bytes of the largest device-local heap */
  guint64  memory_budget;         /* bytes this process may still take there (VK_EXT_memory_budget), else the total */
  guint64  max_binding;           /* maxStorageBufferRange */
  guint64  max_allocation;
  guint    max_shared_memory;     /* bytes of one workgroup */
  guint    max_invocations;
  gboolean has_register_tiles;    /* products run in one subgroup's registers (software), not in shared memory (hardware);
                                     LIKENESS_GPU_TILES=registers or shared forces one where the device can */
} LkGpuInfo;

/* All devices, in the loader's order: an array of LkGpuInfo, owned by the caller. Empty with no error where Vulkan has none. */
GArray         *lk_gpu_list                  (GError          **error);

LkGpu          *lk_gpu_open                  (guint             index,
                                              GError          **error);
/* A device of arithmetic alone, like the one that `info` tells of: its buffers take the same places in the same blocks, but there is no
 * memory behind them, and nothing can be recorded. For planning; it needs no driver. Its budget is without end. */
LkGpu          *lk_gpu_new_sketch            (const LkGpuInfo  *info);
void            lk_gpu_free                  (LkGpu            *gpu);
const LkGpuInfo *lk_gpu_get_info             (LkGpu            *gpu);
/* Bytes that this process may still take on the device, now. */
guint64         lk_gpu_get_memory_budget     (LkGpu            *gpu);
/* Bytes that this program has taken there. */
guint64         lk_gpu_get_memory_taken      (LkGpu            *gpu);
/* Bytes that the host lends every open device for copies; the driver's own memory comes on top of all. */
gsize           lk_gpu_get_staging_size      (void);

/* Device memory, zeroed, at most `max_allocation`. NULL with NO_MEMORY when there is no room; nothing spills silently. Free buffers
 * before their device. */
LkGpuBuffer    *lk_gpu_buffer_new            (LkGpu            *gpu,
                                              gsize             bytes,
                                              GError          **error);
void            lk_gpu_buffer_free           (LkGpuBuffer      *buffer);
gsize           lk_gpu_buffer_get_size       (LkGpuBuffer      *buffer);

/* Copies through a small staging ring; returns when done. Offsets and sizes in bytes, of any alignment. */
gboolean        lk_gpu_buffer_write          (LkGpuBuffer      *buffer,
                                              gsize             offset,
                                              gsize             bytes,
                                              gconstpointer     data,
                                              GError          **error);
gboolean        lk_gpu_buffer_read           (LkGpuBuffer      *buffer,
                                              gsize             offset,
                                              gsize             bytes,
                                              gpointer          data,
                                              GError          **error);

typedef enum
{
  LK_GPU_READ  = 1 << 0,
  LK_GPU_WRITE = 1 << 1,
} LkGpuAccess;

/* A range of a buffer as a dispatch sees it. `offset` is a multiple of 256: whoever lays out a buffer aligns so. `bytes` is at
 * most the device's `max_binding`. */
typedef struct
{
  LkGpuBuffer *buffer;            /* NULL: an unused binding, filled with a dummy */
  gsize        offset, bytes;
  LkGpuAccess  access;
} LkGpuBinding;

typedef struct
{
  const char *shader;             /* file name of shaders/NAME.comp without the ending */
  guint       n_constants;
  guint32     constants[LK_GPU_MAX_SPECIALIZATION];   /* specialization constants 0, 1, ... */
} LkGpuKernel;

/* A list of dispatches: recorded once, run many times. Barriers are placed where a dispatch touches a range that one before it
 * wrote, or writes one that was read. The buffers outlive the recording.
 *
 * A grid of n_groups_x by 1 by 1 is folded at LK_GPU_FOLD, because some devices count to 65535 only: its shader asks group_index ()
 * of common/types.glsl for its place and may see places past the end. Other grids must fit the device. */
#define LK_GPU_FOLD 32768

LkGpuRecording *lk_gpu_recording_new         (LkGpu            *gpu);
void            lk_gpu_recording_free        (LkGpuRecording   *recording);
LkGpu          *lk_gpu_recording_get_gpu     (LkGpuRecording   *recording);
gboolean        lk_gpu_recording_dispatch    (LkGpuRecording   *recording,
                                              const LkGpuKernel *kernel,
                                              const LkGpuBinding *bindings,
                                              guint             n_bindings,
                                              gconstpointer     push_constants,
                                              gsize             push_constants_size,
                                              guint             n_groups_x,
                                              guint             n_groups_y,
                                              guint             n_groups_z,
                                              GError          **error);
/* Whether a kernel may see `bytes` of one tensor: NO_MEMORY with a sentence where not. */
gboolean        lk_gpu_check_binding         (LkGpu            *gpu,
                                              gsize             bytes,
                                              GError          **error);
/* Ends the recording; after that it can run. */
gboolean        lk_gpu_recording_finish      (LkGpuRecording   *recording,
                                              GError          **error);
/* Submits the recording in pieces and waits for the end. The first two runs are timed, dispatch by dispatch; from then on a piece
 * is meant to take at most 50 ms, so that a desktop on the same device stays smooth and no watchdog bites. */
gboolean        lk_gpu_recording_run         (LkGpuRecording   *recording,
                                              GError          **error);
guint           lk_gpu_recording_get_n_dispatches (LkGpuRecording *recording);
guint           lk_gpu_recording_get_n_barriers   (LkGpuRecording *recording);
guint           lk_gpu_recording_get_n_pieces     (LkGpuRecording *recording);
/* What dispatch number `index` runs and the seconds it took, once the recording has run (0 where the device has no clock). */
const char     *lk_gpu_recording_get_timing       (LkGpuRecording *recording,
                                                   guint           index,
                                                   double         *seconds);

/* With LIKENESS_VULKAN_VALIDATION=1 every device runs under the Khronos validation layer, synchronization included, and each message
 * is a warning of the log. How many there were so far, in this process: what a test asserts to be 0. */
guint           lk_gpu_get_n_validation_messages  (void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkGpu, lk_gpu_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkGpuBuffer, lk_gpu_buffer_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkGpuRecording, lk_gpu_recording_free)

G_END_DECLS
