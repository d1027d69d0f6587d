/* lk-gpu-recording.c: what a recording holds, and where it needs barriers. lk-gpu-submission.c runs it. */
#define G_LOG_DOMAIN "likeness-gpu"

#include "config.h"

#include <string.h>

#include "lk-gpu-private.h"

#define SETS_OF_A_POOL 256

LkGpuRecording *
lk_gpu_recording_new (LkGpu *gpu)
{
  LkGpuRecording *recording = g_new0 (LkGpuRecording, 1);

  recording->gpu = gpu;
  recording->dispatches = g_array_new (FALSE, FALSE, sizeof (LkGpuDispatch));
  recording->descriptor_pools = g_array_new (FALSE, FALSE, sizeof (VkDescriptorPool));
  recording->accesses = g_array_new (FALSE, FALSE, sizeof (LkGpuBinding));
  recording->parts = g_array_new (FALSE, FALSE, sizeof (LkGpuPart));
  recording->pieces = g_array_new (FALSE, FALSE, sizeof (LkGpuPiece));
  return recording;
}

void
lk_gpu_recording_free (LkGpuRecording *recording)
{
  if (recording == NULL)
    return;
  lk_gpu_recording_clear_pieces (recording);
  for (guint i = 0; i < recording->descriptor_pools->len; i++)
    vkDestroyDescriptorPool (recording->gpu->device, g_array_index (recording->descriptor_pools, VkDescriptorPool, i), NULL);
  g_array_unref (recording->dispatches);
  g_array_unref (recording->descriptor_pools);
  g_array_unref (recording->accesses);
  g_array_unref (recording->parts);
  g_array_unref (recording->pieces);
  g_free (recording);
}

LkGpu *
lk_gpu_recording_get_gpu (LkGpuRecording *recording)
{
  return recording->gpu;
}

guint
lk_gpu_recording_get_n_dispatches (LkGpuRecording *recording)
{
  return recording->dispatches->len;
}

guint
lk_gpu_recording_get_n_barriers (LkGpuRecording *recording)
{
  return recording->n_barriers;
}

guint
lk_gpu_recording_get_n_pieces (LkGpuRecording *recording)
{
  return recording->pieces->len;
}

const char *
lk_gpu_recording_get_timing (LkGpuRecording *recording,
                             guint           index,
                             double         *seconds)
{
  const LkGpuDispatch *dispatch = &g_array_index (recording->dispatches, LkGpuDispatch, index);

  *seconds = dispatch->time == G_MAXUINT64 ? 0 : dispatch->time * 1e-9;
  return dispatch->shader;
}

/* ---- descriptor sets ------------------------------------------------------------------------------------------ */

static gboolean
add_pool (LkGpuRecording  *recording,
          GError         **error)
{
  VkDescriptorPoolSize size = { VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, SETS_OF_A_POOL * LK_GPU_MAX_BINDINGS };
  VkDescriptorPoolCreateInfo info = {
    .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
    .maxSets = SETS_OF_A_POOL,
    .poolSizeCount = 1,
    .pPoolSizes = &size,
  };
  VkDescriptorPool pool;
  VkResult result = vkCreateDescriptorPool (recording->gpu->device, &info, NULL, &pool);

  if (result != VK_SUCCESS)
    return lk_gpu_fail (recording->gpu, result, "record", error);
  g_array_append_val (recording->descriptor_pools, pool);
  recording->n_sets_left = SETS_OF_A_POOL;
  return TRUE;
}

static gboolean
make_set (LkGpuRecording      *recording,
          const LkGpuBinding  *bindings,
          guint                n_bindings,
          VkDescriptorSet     *set,
          GError             **error)
{
  LkGpu *gpu = recording->gpu;
  VkDescriptorBufferInfo ranges[LK_GPU_MAX_BINDINGS];
  VkWriteDescriptorSet write;
  VkDescriptorSetAllocateInfo info = {
    .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
    .descriptorSetCount = 1,
    .pSetLayouts = &gpu->set_layout,
  };
  VkResult result;

  if (recording->n_sets_left == 0 && !add_pool (recording, error))
    return FALSE;
  info.descriptorPool = g_array_index (recording->descriptor_pools, VkDescriptorPool, recording->descriptor_pools->len - 1);
  result = vkAllocateDescriptorSets (gpu->device, &info, set);
  if (result != VK_SUCCESS)
    return lk_gpu_fail (gpu, result, "record", error);
  recording->n_sets_left--;

  for (guint i = 0; i < LK_GPU_MAX_BINDINGS; i++)
    {
      const LkGpuBinding *binding = i < n_bindings ? &bindings[i] : NULL;
      LkGpuBuffer *buffer = binding != NULL && binding->buffer != NULL ? binding->buffer : gpu->dummy;

      ranges[i] = (VkDescriptorBufferInfo) {
        .buffer = buffer->block->buffer,
        .offset = buffer->offset + (buffer == gpu->dummy ? 0 : binding->offset),
        /* A shader reads fp16 in pairs: the last word may reach into the padding that each buffer has. */
        .range = buffer == gpu->dummy ? buffer->size : (binding->bytes + 3) / 4 * 4,
      };
    }
  write = (VkWriteDescriptorSet) {
    .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
    .dstSet = *set,
    .descriptorCount = LK_GPU_MAX_BINDINGS,
    .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
    .pBufferInfo = ranges,
  };
  vkUpdateDescriptorSets (gpu->device, 1, &write, 0, NULL);
  return TRUE;
}

/* ---- barriers ------------------------------------------------------------------------------------------------- */

static gboolean
overlaps (const LkGpuBinding *a,
          const LkGpuBinding *b)
{
  gsize a_start = a->buffer->offset + a->offset;
  gsize b_start = b->buffer->offset + b->offset;

  return a->buffer->block == b->buffer->block && a_start < b_start + b->bytes && b_start < a_start + a->bytes;
}

/* Whether the dispatch must wait for one since the last barrier: it reads what was written, or writes what was read or written. */
static gboolean
must_wait (LkGpuRecording     *recording,
           const LkGpuBinding *bindings,
           guint               n_bindings)
{
  for (guint i = 0; i < n_bindings; i++)
    {
      if (bindings[i].buffer == NULL)
        continue;
      for (guint j = 0; j < recording->accesses->len; j++)
        {
          const LkGpuBinding *before = &g_array_index (recording->accesses, LkGpuBinding, j);

          if (((bindings[i].access | before->access) & LK_GPU_WRITE) && overlaps (&bindings[i], before))
            return TRUE;
        }
    }
  return FALSE;
}

/* ---- dispatches ----------------------------------------------------------------------------------------------- */

gboolean
lk_gpu_check_binding (LkGpu   *gpu,
                      gsize    bytes,
                      GError **error)
{
  g_autofree char *asked = NULL, *most = NULL;

  if (bytes <= gpu->info.max_binding)
    return TRUE;
  asked = g_format_size_full (bytes, G_FORMAT_SIZE_IEC_UNITS);
  most = g_format_size_full (gpu->info.max_binding, G_FORMAT_SIZE_IEC_UNITS);
  g_set_error (error, LK_GPU_ERROR, LK_GPU_ERROR_NO_MEMORY,
               "“%s” lets a kernel see at most %s of one tensor, and one here has %s. A lower resolution may fit.",
               gpu->info.name, most, asked);
  return FALSE;
}

static gboolean
check_bindings (LkGpuRecording      *recording,
                const LkGpuKernel   *kernel,
                const LkGpuBinding  *bindings,
                guint                n_bindings,
                GError             **error)
{
  LkGpu *gpu = recording->gpu;

  for (guint i = 0; i < n_bindings; i++)
    {
      const LkGpuBinding *binding = &bindings[i];

      if (binding->buffer == NULL)
        continue;
      if (!lk_gpu_check_binding (gpu, binding->bytes, error))
        return FALSE;
      if (binding->bytes == 0 || binding->offset % LK_GPU_ALIGNMENT != 0 ||
          binding->offset + binding->bytes > binding->buffer->size)
        {
          g_set_error (error, LK_GPU_ERROR, LK_GPU_ERROR_FAILED,
                       "Binding %u of “%s”, bytes %" G_GSIZE_FORMAT " to %" G_GSIZE_FORMAT ", does not lie in its buffer of %" G_GSIZE_FORMAT
                       " at a multiple of %d.", i, kernel->shader, binding->offset, binding->offset + binding->bytes,
                       binding->buffer->size, LK_GPU_ALIGNMENT);
          return FALSE;
        }
    }
  return TRUE;
}

gboolean
lk_gpu_recording_dispatch (LkGpuRecording      *recording,
                           const LkGpuKernel   *kernel,
                           const LkGpuBinding  *bindings,
                           guint                n_bindings,
                           gconstpointer        push_constants,
                           gsize                push_constants_size,
                           guint                n_groups_x,
                           guint                n_groups_y,
                           guint                n_groups_z,
                           GError             **error)
{
  LkGpu *gpu = recording->gpu;
  LkGpuDispatch dispatch = { .n_groups = { n_groups_x, n_groups_y, n_groups_z }, .time = G_MAXUINT64 };

  g_return_val_if_fail (!recording->is_finished, FALSE);
  g_return_val_if_fail (n_bindings <= LK_GPU_MAX_BINDINGS, FALSE);
  g_return_val_if_fail (push_constants_size <= LK_GPU_MAX_PUSH_CONSTANTS && push_constants_size % 4 == 0, FALSE);

  if (n_groups_x == 0 || n_groups_y == 0 || n_groups_z == 0)
    return TRUE;
  if (n_groups_y == 1 && n_groups_z == 1 && n_groups_x > LK_GPU_FOLD)
    {
      dispatch.n_groups[0] = LK_GPU_FOLD;
      dispatch.n_groups[1] = (n_groups_x + LK_GPU_FOLD - 1) / LK_GPU_FOLD;
    }
  for (guint i = 0; i < 3; i++)
    if (dispatch.n_groups[i] > gpu->limits.maxComputeWorkGroupCount[i])
      {
        g_set_error (error, LK_GPU_ERROR, LK_GPU_ERROR_FAILED, "“%s” runs at most %u groups of the kernel “%s” in a row, not %u.",
                     gpu->info.name, gpu->limits.maxComputeWorkGroupCount[i], kernel->shader, dispatch.n_groups[i]);
        return FALSE;
      }

  if (!check_bindings (recording, kernel, bindings, n_bindings, error))
    return FALSE;
  dispatch.pipeline = lk_gpu_get_pipeline (gpu, kernel, error);
  if (dispatch.pipeline == VK_NULL_HANDLE || !make_set (recording, bindings, n_bindings, &dispatch.set, error))
    return FALSE;
  dispatch.shader = lk_gpu_find_shader (kernel->shader)->name;
  dispatch.push_constants_size = push_constants_size;
  if (push_constants_size > 0)
    memcpy (dispatch.push_constants, push_constants, push_constants_size);

  if (must_wait (recording, bindings, n_bindings))
    {
      dispatch.needs_barrier = TRUE;
      recording->n_barriers++;
      g_array_set_size (recording->accesses, 0);
    }
  for (guint i = 0; i < n_bindings; i++)
    if (bindings[i].buffer != NULL)
      g_array_append_val (recording->accesses, bindings[i]);
  g_array_append_val (recording->dispatches, dispatch);
  return TRUE;
}
