/* What the files of this folder share: the insides of LkGpu, its buffers and its recordings. */
#pragma once

#include <vulkan/vulkan.h>

#include "gpu/lk-gpu.h"

G_BEGIN_DECLS

#define LK_GPU_N_SLOTS 2                              /* of the staging ring */
#define LK_GPU_SLOT_SIZE ((gsize) 16 << 20)
#define LK_GPU_MAX_PUSH_CONSTANTS 128                 /* what every Vulkan device offers */
#define LK_GPU_ALIGNMENT 256                          /* the largest minStorageBufferOffsetAlignment that Vulkan allows */

/* A piece of device memory under one VkBuffer, shared by small buffers. */
typedef struct
{
  VkBuffer       buffer;
  VkDeviceMemory memory;
  gsize          size;
  GArray        *free_ranges;     /* of LkGpuRange, by offset; owned */
} LkGpuBlock;

typedef struct
{
  gsize offset, size;
} LkGpuRange;

/* One half of the staging ring. */
typedef struct
{
  VkBuffer        buffer;
  VkDeviceMemory  memory;
  guint8         *data;           /* mapped as long as the device lives */
  VkCommandBuffer commands;
  guint64         busy_until;     /* timeline value that its last copy signals */
} LkGpuSlot;

struct _LkGpu
{
  LkGpuInfo        info;
  VkPhysicalDevice physical;
  VkDevice         device;
  VkQueue          queue;
  guint32          queue_family;
  gboolean         is_lost;
  gboolean         is_sketch;          /* arithmetic alone: nothing of Vulkan is there */
  gboolean         has_memory_budget;
  guint64          memory_cap;         /* bytes: the environment's; G_MAXUINT64 for none */
  guint64          memory_taken;       /* bytes of all blocks */
  guint64          n_submissions_left; /* before the environment loses the device; G_MAXUINT64 for never */

  VkPhysicalDeviceLimits           limits;
  VkPhysicalDeviceMemoryProperties memory_properties;
  guint32                          device_heap;      /* the largest device-local one */
  double                           timestamp_period; /* nanoseconds a tick; 0: no timestamps */
  guint64                          timestamp_mask;

  VkSemaphore      timeline;      /* every submission signals the next value */
  guint64          timeline_value;
  VkCommandPool    command_pool;

  GPtrArray       *blocks;        /* of LkGpuBlock; owned */
  LkGpuSlot        slots[LK_GPU_N_SLOTS];
  LkGpuBuffer     *dummy;         /* bound where a kernel's binding is unused; owned */

  VkDescriptorSetLayout set_layout;
  VkPipelineLayout pipeline_layout;
  VkPipelineCache  pipeline_cache;
  gsize            pipeline_cache_size;   /* as it lay on disk */
  char            *pipeline_cache_path;   /* owned */
  GHashTable      *pipelines;     /* kernel in words -> VkPipeline; owned */
};

struct _LkGpuBuffer
{
  LkGpu      *gpu;
  LkGpuBlock *block;
  gsize       offset;             /* in the block */
  gsize       size;               /* as asked for */
  gsize       reserved;           /* as taken */
};

/* Turns a failed `result` into an error: `what` finishes the sentence "The device could not ...". Always FALSE. */
gboolean   lk_gpu_fail               (LkGpu              *gpu,
                                      VkResult            result,
                                      const char         *what,
                                      GError            **error);
/* Submits `commands` after all earlier ones; *value is what the timeline reaches when they are done. */
gboolean   lk_gpu_submit             (LkGpu              *gpu,
                                      VkCommandBuffer     commands,
                                      guint64            *value,
                                      GError            **error);
gboolean   lk_gpu_wait               (LkGpu              *gpu,
                                      guint64             value,
                                      GError            **error);

gboolean   lk_gpu_memory_init        (LkGpu              *gpu,
                                      GError            **error);
void       lk_gpu_memory_clear       (LkGpu              *gpu);
gboolean   lk_gpu_pipelines_init     (LkGpu              *gpu,
                                      GError            **error);
void       lk_gpu_pipelines_clear    (LkGpu              *gpu);
VkPipeline lk_gpu_get_pipeline       (LkGpu              *gpu,
                                      const LkGpuKernel  *kernel,
                                      GError            **error);

/* ---- a recording, shared by lk-gpu-recording.c (what is recorded) and lk-gpu-submission.c (how it runs) ------------- */

typedef struct
{
  VkPipeline      pipeline;
  VkDescriptorSet set;
  const char     *shader;         /* of the shader table */
  guint8          push_constants[LK_GPU_MAX_PUSH_CONSTANTS];
  guint           push_constants_size;
  guint32         n_groups[3];
  gboolean        needs_barrier;  /* before it */
  guint64         time;           /* nanoseconds, the least measured; G_MAXUINT64: never measured */
} LkGpuDispatch;

/* A part of a dispatch: groups first .. first + n - 1 along `axis`, all of the other two. */
typedef struct
{
  guint   dispatch;
  guint   axis;
  guint32 first, n;
} LkGpuPart;

/* What one submission holds: parts first_part .. first_part + n_parts - 1. */
typedef struct
{
  guint           first_part, n_parts;
  VkCommandBuffer commands;
} LkGpuPiece;

struct _LkGpuRecording
{
  LkGpu      *gpu;
  GArray     *dispatches;         /* of LkGpuDispatch; owned */
  GArray     *descriptor_pools;   /* of VkDescriptorPool; owned */
  guint       n_sets_left;        /* in the last pool */
  GArray     *accesses;           /* of LkGpuBinding, absolute: what the dispatches since the last barrier touch; owned */
  guint       n_barriers;
  gboolean    is_finished;

  GArray     *parts;              /* of LkGpuPart; owned */
  GArray     *pieces;             /* of LkGpuPiece; owned */
  VkQueryPool timestamps;         /* one more than parts; only while timing */
  guint       n_runs;
};

void       lk_gpu_recording_clear_pieces (LkGpuRecording *recording);

/* The SPIR-V of shaders/NAME.comp, linked in. */
typedef struct
{
  const char    *name;
  const guint32 *words;
  gsize          size;            /* bytes */
} LkGpuShader;

/* NULL: there is none of that name. */
const LkGpuShader *lk_gpu_find_shader (const char *name);

G_END_DECLS
