/* lk-gpu-memory.c: device memory, and copies to and from it.
 *
 * Small buffers share blocks of 64 MiB (a model has thousands of weights, and a driver may allow 4096 allocations); large ones have
 * a block of their own. Copies go through a ring of two slots, so that the host fills one while the device empties the other.
 */
#define G_LOG_DOMAIN "likeness-gpu"

#include "config.h"

#include <string.h>

#include "lk-gpu-private.h"

#define BLOCK_SIZE ((gsize) 64 << 20)
#define LARGE_SIZE ((gsize) 16 << 20)

/* ---- blocks --------------------------------------------------------------------------------------------------- */

/* The memory type among `allowed` that has all `required` flags, most of the `preferred` ones and fewest others. */
static gboolean
find_memory_type (LkGpu                 *gpu,
                  guint32                allowed,
                  VkMemoryPropertyFlags  required,
                  VkMemoryPropertyFlags  preferred,
                  guint32               *type)
{
  int best_score = -1000;

  for (guint32 i = 0; i < gpu->memory_properties.memoryTypeCount; i++)
    {
      VkMemoryPropertyFlags flags = gpu->memory_properties.memoryTypes[i].propertyFlags;
      int score;

      if (!(allowed & (1u << i)) || (flags & required) != required)
        continue;
      score = 8 * __builtin_popcount (flags & preferred) - __builtin_popcount (flags & ~(required | preferred));
      if (required & VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT && gpu->memory_properties.memoryTypes[i].heapIndex != gpu->device_heap)
        score -= 100;
      if (score > best_score)
        {
          best_score = score;
          *type = i;
        }
    }
  return best_score > -1000;
}

/* A buffer with memory of its own. */
static VkResult
allocate (LkGpu                 *gpu,
          gsize                  size,
          VkBufferUsageFlags     usage,
          VkMemoryPropertyFlags  required,
          VkMemoryPropertyFlags  preferred,
          VkBuffer              *buffer,
          VkDeviceMemory        *memory)
{
  VkBufferCreateInfo buffer_info = { .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO, .size = size, .usage = usage };
  VkMemoryAllocateInfo info = { .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO };
  VkMemoryRequirements needs;
  VkResult result = vkCreateBuffer (gpu->device, &buffer_info, NULL, buffer);

  *memory = VK_NULL_HANDLE;
  if (result != VK_SUCCESS)
    {
      *buffer = VK_NULL_HANDLE;
      return result;
    }

  vkGetBufferMemoryRequirements (gpu->device, *buffer, &needs);
  info.allocationSize = needs.size;
  if (!find_memory_type (gpu, needs.memoryTypeBits, required, preferred, &info.memoryTypeIndex))
    result = VK_ERROR_OUT_OF_DEVICE_MEMORY;
  else
    result = vkAllocateMemory (gpu->device, &info, NULL, memory);
  if (result == VK_SUCCESS)
    result = vkBindBufferMemory (gpu->device, *buffer, *memory, 0);
  if (result != VK_SUCCESS)
    {
      vkDestroyBuffer (gpu->device, *buffer, NULL);
      vkFreeMemory (gpu->device, *memory, NULL);
      *buffer = VK_NULL_HANDLE;
      *memory = VK_NULL_HANDLE;
    }
  return result;
}

static LkGpuBlock *
block_new (LkGpu   *gpu,
           gsize    size,
           GError **error)
{
  LkGpuBlock *block = g_new0 (LkGpuBlock, 1);
  LkGpuRange all = { 0, size };
  VkResult result = VK_ERROR_OUT_OF_DEVICE_MEMORY;

  /* Past its budget a driver may move memory to the host, where every step takes many times as long. */
  if (gpu->is_sketch)
    result = VK_SUCCESS;
  else if ((!gpu->has_memory_budget && gpu->memory_cap == G_MAXUINT64) || size <= lk_gpu_get_memory_budget (gpu))
    result = allocate (gpu, size,
                       VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT,
                       VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT, 0, &block->buffer, &block->memory);
  if (result != VK_SUCCESS)
    {
      g_autofree char *asked = g_format_size_full (size, G_FORMAT_SIZE_IEC_UNITS);
      g_autofree char *left = g_format_size_full (lk_gpu_get_memory_budget (gpu), G_FORMAT_SIZE_IEC_UNITS);

      g_free (block);
      if (result == VK_ERROR_DEVICE_LOST)
        lk_gpu_fail (gpu, result, "find memory", error);
      else
        g_set_error (error, LK_GPU_ERROR, LK_GPU_ERROR_NO_MEMORY, "“%s” has no room for %s more: %s are left.",
                     gpu->info.name, asked, left);
      return NULL;
    }

  gpu->memory_taken += size;
  block->size = size;
  block->free_ranges = g_array_new (FALSE, FALSE, sizeof (LkGpuRange));
  g_array_append_val (block->free_ranges, all);
  g_ptr_array_add (gpu->blocks, block);
  return block;
}

static void
block_free (LkGpu      *gpu,
            LkGpuBlock *block)
{
  if (!gpu->is_sketch)
    {
      vkDestroyBuffer (gpu->device, block->buffer, NULL);
      vkFreeMemory (gpu->device, block->memory, NULL);
    }
  gpu->memory_taken -= block->size;
  g_array_unref (block->free_ranges);
  g_free (block);
}

/* First fit. */
static gboolean
block_take (LkGpuBlock *block,
            gsize       size,
            gsize      *offset)
{
  for (guint i = 0; i < block->free_ranges->len; i++)
    {
      LkGpuRange *range = &g_array_index (block->free_ranges, LkGpuRange, i);

      if (range->size < size)
        continue;
      *offset = range->offset;
      range->offset += size;
      range->size -= size;
      if (range->size == 0)
        g_array_remove_index (block->free_ranges, i);
      return TRUE;
    }
  return FALSE;
}

/* Gives a range back and joins it with its free neighbours. TRUE: the whole block is free. */
static gboolean
block_give (LkGpuBlock *block,
            gsize       offset,
            gsize       size)
{
  LkGpuRange given = { offset, size };
  guint i = 0;

  while (i < block->free_ranges->len && g_array_index (block->free_ranges, LkGpuRange, i).offset < offset)
    i++;
  g_array_insert_val (block->free_ranges, i, given);
  for (guint j = MIN (i + 1, block->free_ranges->len - 1); j > 0 && j >= i; j--)
    {
      LkGpuRange *before = &g_array_index (block->free_ranges, LkGpuRange, j - 1);
      LkGpuRange *range = &g_array_index (block->free_ranges, LkGpuRange, j);

      if (before->offset + before->size == range->offset)
        {
          before->size += range->size;
          g_array_remove_index (block->free_ranges, j);
        }
    }
  return g_array_index (block->free_ranges, LkGpuRange, 0).size == block->size;
}

/* ---- copies --------------------------------------------------------------------------------------------------- */

static gboolean
slot_init (LkGpu      *gpu,
           LkGpuSlot  *slot,
           GError    **error)
{
  VkCommandBufferAllocateInfo info = {
    .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
    .commandPool = gpu->command_pool,
    .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
    .commandBufferCount = 1,
  };
  VkResult result = allocate (gpu, LK_GPU_SLOT_SIZE, VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT,
                              VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT,
                              VK_MEMORY_PROPERTY_HOST_CACHED_BIT, &slot->buffer, &slot->memory);

  if (result == VK_SUCCESS)
    result = vkMapMemory (gpu->device, slot->memory, 0, VK_WHOLE_SIZE, 0, (void **) &slot->data);
  if (result == VK_SUCCESS)
    result = vkAllocateCommandBuffers (gpu->device, &info, &slot->commands);
  return result == VK_SUCCESS || lk_gpu_fail (gpu, result, "set its copying up", error);
}

static void
slot_clear (LkGpu     *gpu,
            LkGpuSlot *slot)
{
  vkDestroyBuffer (gpu->device, slot->buffer, NULL);
  vkFreeMemory (gpu->device, slot->memory, NULL);
}

static void
record_full_barrier (VkCommandBuffer commands)
{
  VkMemoryBarrier barrier = {
    .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
    .srcAccessMask = VK_ACCESS_MEMORY_WRITE_BIT,
    .dstAccessMask = VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT,
  };

  vkCmdPipelineBarrier (commands, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT | VK_PIPELINE_STAGE_HOST_BIT,
                        VK_PIPELINE_STAGE_ALL_COMMANDS_BIT | VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &barrier, 0, NULL, 0, NULL);
}

typedef enum
{
  COPY_TO_DEVICE,
  COPY_TO_HOST,
  COPY_ZEROS,
} CopyKind;

/* Starts one copy between the slot's own memory and `bytes` of the buffer. The slot is idle before. */
static gboolean
slot_start (LkGpu        *gpu,
            LkGpuSlot    *slot,
            CopyKind      kind,
            LkGpuBuffer  *buffer,
            gsize         offset,
            gsize         bytes,
            GError      **error)
{
  VkCommandBufferBeginInfo begin = {
    .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
    .flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT,
  };
  gsize place = buffer->offset + offset;
  VkResult result = vkBeginCommandBuffer (slot->commands, &begin);

  if (result != VK_SUCCESS)
    return lk_gpu_fail (gpu, result, "copy", error);
  record_full_barrier (slot->commands);
  if (kind == COPY_TO_DEVICE)
    vkCmdCopyBuffer (slot->commands, slot->buffer, buffer->block->buffer, 1, &(VkBufferCopy) { 0, place, bytes });
  else if (kind == COPY_TO_HOST)
    vkCmdCopyBuffer (slot->commands, buffer->block->buffer, slot->buffer, 1, &(VkBufferCopy) { place, 0, bytes });
  else
    vkCmdFillBuffer (slot->commands, buffer->block->buffer, place, bytes, 0);
  record_full_barrier (slot->commands);
  result = vkEndCommandBuffer (slot->commands);
  if (result != VK_SUCCESS)
    return lk_gpu_fail (gpu, result, "copy", error);
  return lk_gpu_submit (gpu, slot->commands, &slot->busy_until, error);
}

gboolean
lk_gpu_buffer_write (LkGpuBuffer    *buffer,
                     gsize           offset,
                     gsize           bytes,
                     gconstpointer   data,
                     GError        **error)
{
  LkGpu *gpu = buffer->gpu;
  const guint8 *from = data;

  g_return_val_if_fail (offset + bytes <= buffer->size, FALSE);

  for (guint i = 0; bytes > 0; i = (i + 1) % LK_GPU_N_SLOTS)
    {
      LkGpuSlot *slot = &gpu->slots[i];
      gsize n = MIN (bytes, LK_GPU_SLOT_SIZE);

      if (!lk_gpu_wait (gpu, slot->busy_until, error))
        return FALSE;
      memcpy (slot->data, from, n);
      if (!slot_start (gpu, slot, COPY_TO_DEVICE, buffer, offset, n, error))
        return FALSE;
      from += n;
      offset += n;
      bytes -= n;
    }
  return lk_gpu_wait (gpu, gpu->timeline_value, error);
}

gboolean
lk_gpu_buffer_read (LkGpuBuffer  *buffer,
                    gsize         offset,
                    gsize         bytes,
                    gpointer      data,
                    GError      **error)
{
  LkGpu *gpu = buffer->gpu;
  guint8 *to = data;
  gsize started = 0;

  g_return_val_if_fail (offset + bytes <= buffer->size, FALSE);

  /* The device fills one slot while the host empties the other. */
  for (gsize done = 0; done < bytes; done += LK_GPU_SLOT_SIZE)
    {
      LkGpuSlot *slot = &gpu->slots[done / LK_GPU_SLOT_SIZE % LK_GPU_N_SLOTS];

      for (; started < bytes && started < done + LK_GPU_N_SLOTS * LK_GPU_SLOT_SIZE; started += LK_GPU_SLOT_SIZE)
        if (!slot_start (gpu, &gpu->slots[started / LK_GPU_SLOT_SIZE % LK_GPU_N_SLOTS], COPY_TO_HOST, buffer, offset + started,
                         MIN (bytes - started, LK_GPU_SLOT_SIZE), error))
          return FALSE;
      if (!lk_gpu_wait (gpu, slot->busy_until, error))
        return FALSE;
      memcpy (to + done, slot->data, MIN (bytes - done, LK_GPU_SLOT_SIZE));
    }
  return TRUE;
}

/* ---- buffers -------------------------------------------------------------------------------------------------- */

LkGpuBuffer *
lk_gpu_buffer_new (LkGpu   *gpu,
                   gsize    bytes,
                   GError **error)
{
  gsize reserved = MAX (bytes + LK_GPU_ALIGNMENT - 1, LK_GPU_ALIGNMENT) / LK_GPU_ALIGNMENT * LK_GPU_ALIGNMENT;
  LkGpuBlock *block = NULL;
  LkGpuBuffer *buffer;
  gsize offset = 0;

  if (reserved < bytes || reserved > gpu->info.max_allocation)
    {
      g_autofree char *asked = g_format_size_full (bytes, G_FORMAT_SIZE_IEC_UNITS);
      g_autofree char *most = g_format_size_full (gpu->info.max_allocation, G_FORMAT_SIZE_IEC_UNITS);

      g_set_error (error, LK_GPU_ERROR, LK_GPU_ERROR_NO_MEMORY, "“%s” gives at most %s in one piece; %s were asked for.",
                   gpu->info.name, most, asked);
      return NULL;
    }

  if (reserved < LARGE_SIZE)
    for (guint i = 0; i < gpu->blocks->len && block == NULL; i++)
      if (block_take (gpu->blocks->pdata[i], reserved, &offset))
        block = gpu->blocks->pdata[i];
  if (block == NULL)
    {
      block = block_new (gpu, reserved < LARGE_SIZE ? MIN (BLOCK_SIZE, gpu->info.max_allocation) : reserved, error);
      if (block == NULL)
        return NULL;
      block_take (block, reserved, &offset);
    }

  buffer = g_new (LkGpuBuffer, 1);
  *buffer = (LkGpuBuffer) { .gpu = gpu, .block = block, .offset = offset, .size = bytes, .reserved = reserved };
  if (!gpu->is_sketch && (!slot_start (gpu, &gpu->slots[0], COPY_ZEROS, buffer, 0, reserved, error) ||
                          !lk_gpu_wait (gpu, gpu->slots[0].busy_until, error)))
    {
      lk_gpu_buffer_free (buffer);
      return NULL;
    }
  return buffer;
}

void
lk_gpu_buffer_free (LkGpuBuffer *buffer)
{
  LkGpu *gpu;

  if (buffer == NULL)
    return;
  gpu = buffer->gpu;
  if (block_give (buffer->block, buffer->offset, buffer->reserved))
    {
      g_ptr_array_remove (gpu->blocks, buffer->block);
      block_free (gpu, buffer->block);
    }
  g_free (buffer);
}

gsize
lk_gpu_buffer_get_size (LkGpuBuffer *buffer)
{
  return buffer->size;
}

/* ---- setting up ----------------------------------------------------------------------------------------------- */

gboolean
lk_gpu_memory_init (LkGpu   *gpu,
                    GError **error)
{
  gpu->blocks = g_ptr_array_new ();
  for (guint i = 0; i < LK_GPU_N_SLOTS && !gpu->is_sketch; i++)
    if (!slot_init (gpu, &gpu->slots[i], error))
      return FALSE;
  gpu->dummy = lk_gpu_buffer_new (gpu, LK_GPU_ALIGNMENT, error);
  return gpu->dummy != NULL;
}

void
lk_gpu_memory_clear (LkGpu *gpu)
{
  if (gpu->blocks == NULL)
    return;
  lk_gpu_buffer_free (gpu->dummy);
  if (gpu->blocks->len > 0)
    g_critical ("A Vulkan device is freed before its buffers");
  g_ptr_array_unref (gpu->blocks);
  for (guint i = 0; i < LK_GPU_N_SLOTS && !gpu->is_sketch; i++)
    slot_clear (gpu, &gpu->slots[i]);
}
