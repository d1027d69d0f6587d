/* lk-gpu-submission.c: how a recording runs: cut into pieces, each one command buffer and one submission.
 *
 * A submission that runs too long makes a desktop stutter, and after some seconds the driver takes the device away. So the first two
 * runs go in small steps with a timestamp after each dispatch (two, because some drivers compile a kernel when it first runs), and
 * the times measured cut the recording for all later runs. A dispatch that is too long by itself is cut along its grid. Should a
 * piece take far longer than thought, the recording is cut anew. No cut changes a result.
 */
#define G_LOG_DOMAIN "likeness-gpu"

#include "config.h"

#include "lk-gpu-private.h"

#define N_TIMED_RUNS 2
#define UNTIMED_GROUPS 2048                       /* of one part, and */
#define UNTIMED_PARTS 8                           /* of one piece, while nothing is known */
#define PIECE_TIME (50 * G_GUINT64_CONSTANT (1000000))
#define LONG_TIME (250 * G_GUINT64_CONSTANT (1000000))
#define PIECE_PARTS 1024

/* ---- cutting -------------------------------------------------------------------------------------------------- */

static void
cut_dispatch (LkGpuRecording *recording,
              guint           index)
{
  const LkGpuDispatch *dispatch = &g_array_index (recording->dispatches, LkGpuDispatch, index);
  const guint32 *n_groups = dispatch->n_groups;
  LkGpuPart part = { .dispatch = index };
  guint64 n_all = (guint64) n_groups[0] * n_groups[1] * n_groups[2];
  guint64 n_parts;
  guint32 total;

  for (guint axis = 1; axis < 3; axis++)
    if (n_groups[axis] > n_groups[part.axis])
      part.axis = axis;
  total = n_groups[part.axis];

  if (dispatch->time == G_MAXUINT64)
    n_parts = (n_all + UNTIMED_GROUPS - 1) / UNTIMED_GROUPS;
  else
    n_parts = dispatch->time > 2 * PIECE_TIME ? dispatch->time / PIECE_TIME : 1;
  n_parts = CLAMP (n_parts, 1, total);

  for (guint64 i = 0; i < n_parts; i++)
    {
      part.first = total * i / n_parts;
      part.n = total * (i + 1) / n_parts - part.first;
      g_array_append_val (recording->parts, part);
    }
}

/* What a part is thought to take. */
static guint64
get_part_time (LkGpuRecording  *recording,
               const LkGpuPart *part)
{
  const LkGpuDispatch *dispatch = &g_array_index (recording->dispatches, LkGpuDispatch, part->dispatch);

  if (dispatch->time == G_MAXUINT64)
    return PIECE_TIME / UNTIMED_PARTS;
  return (double) dispatch->time * part->n / dispatch->n_groups[part->axis];
}

static void
cut (LkGpuRecording *recording)
{
  gboolean has_clock = recording->gpu->timestamp_period > 0;
  gboolean is_timed = recording->n_runs < N_TIMED_RUNS;
  guint most = !is_timed ? PIECE_PARTS : has_clock ? UNTIMED_PARTS : 1;
  guint64 time = 0;

  for (guint i = 0; i < recording->dispatches->len; i++)
    cut_dispatch (recording, i);

  for (guint i = 0; i < recording->parts->len; i++)
    {
      LkGpuPiece *last = recording->pieces->len > 0 ? &g_array_index (recording->pieces, LkGpuPiece, recording->pieces->len - 1) : NULL;
      guint64 part_time = get_part_time (recording, &g_array_index (recording->parts, LkGpuPart, i));

      if (last != NULL && last->n_parts < most && time + part_time <= PIECE_TIME)
        {
          last->n_parts++;
          time += part_time;
        }
      else
        {
          LkGpuPiece piece = { .first_part = i, .n_parts = 1 };

          g_array_append_val (recording->pieces, piece);
          time = part_time;
        }
    }
}

/* ---- command buffers ------------------------------------------------------------------------------------------ */

/* While parts are timed, piece p owns the queries from first_part + p on: one at its start, one after each part. Later it owns two. */
static guint
get_first_query (LkGpuRecording *recording,
                 guint           piece,
                 guint          *n)
{
  const LkGpuPiece *self = &g_array_index (recording->pieces, LkGpuPiece, piece);

  if (recording->n_runs < N_TIMED_RUNS)
    {
      *n = self->n_parts + 1;
      return self->first_part + piece;
    }
  *n = 2;
  return 2 * piece;
}

static void
record_part (LkGpuRecording  *recording,
             VkCommandBuffer  commands,
             guint            index)
{
  const LkGpuPart *part = &g_array_index (recording->parts, LkGpuPart, index);
  const LkGpuDispatch *dispatch = &g_array_index (recording->dispatches, LkGpuDispatch, part->dispatch);
  VkPipelineLayout layout = recording->gpu->pipeline_layout;
  guint32 first[3] = { 0, 0, 0 };
  guint32 n[3] = { dispatch->n_groups[0], dispatch->n_groups[1], dispatch->n_groups[2] };

  first[part->axis] = part->first;
  n[part->axis] = part->n;

  /* The first part waits for whatever ran before the recording. */
  if ((dispatch->needs_barrier && part->first == 0) || index == 0)
    {
      VkMemoryBarrier barrier = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
        .srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT,
        .dstAccessMask = VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT,
      };

      vkCmdPipelineBarrier (commands, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, 0, 1, &barrier,
                            0, NULL, 0, NULL);
    }
  vkCmdBindPipeline (commands, VK_PIPELINE_BIND_POINT_COMPUTE, dispatch->pipeline);
  vkCmdBindDescriptorSets (commands, VK_PIPELINE_BIND_POINT_COMPUTE, layout, 0, 1, &dispatch->set, 0, NULL);
  if (dispatch->push_constants_size > 0)
    vkCmdPushConstants (commands, layout, VK_SHADER_STAGE_COMPUTE_BIT, 0, dispatch->push_constants_size, dispatch->push_constants);
  /* The validation layer looks for races at plain dispatches only. */
  if (part->first == 0)
    vkCmdDispatch (commands, n[0], n[1], n[2]);
  else
    vkCmdDispatchBase (commands, first[0], first[1], first[2], n[0], n[1], n[2]);
}

static VkResult
record_piece (LkGpuRecording *recording,
              guint           index)
{
  LkGpuPiece *piece = &g_array_index (recording->pieces, LkGpuPiece, index);
  gboolean is_timed = recording->n_runs < N_TIMED_RUNS;
  guint n_queries;
  guint query = get_first_query (recording, index, &n_queries);
  VkCommandBufferAllocateInfo info = {
    .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
    .commandPool = recording->gpu->command_pool,
    .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
    .commandBufferCount = 1,
  };
  VkCommandBufferBeginInfo begin = { .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO };
  VkResult result = vkAllocateCommandBuffers (recording->gpu->device, &info, &piece->commands);

  if (result == VK_SUCCESS)
    result = vkBeginCommandBuffer (piece->commands, &begin);
  if (result != VK_SUCCESS)
    return result;

  if (recording->timestamps != VK_NULL_HANDLE)
    {
      vkCmdResetQueryPool (piece->commands, recording->timestamps, query, n_queries);
      vkCmdWriteTimestamp (piece->commands, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, recording->timestamps, query++);
    }
  for (guint i = 0; i < piece->n_parts; i++)
    {
      record_part (recording, piece->commands, piece->first_part + i);
      if (recording->timestamps != VK_NULL_HANDLE && (is_timed || i + 1 == piece->n_parts))
        vkCmdWriteTimestamp (piece->commands, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, recording->timestamps, query++);
    }
  return vkEndCommandBuffer (piece->commands);
}

void
lk_gpu_recording_clear_pieces (LkGpuRecording *recording)
{
  LkGpu *gpu = recording->gpu;

  for (guint i = 0; i < recording->pieces->len; i++)
    {
      LkGpuPiece *piece = &g_array_index (recording->pieces, LkGpuPiece, i);

      if (piece->commands != VK_NULL_HANDLE)
        vkFreeCommandBuffers (gpu->device, gpu->command_pool, 1, &piece->commands);
    }
  g_array_set_size (recording->pieces, 0);
  g_array_set_size (recording->parts, 0);
  vkDestroyQueryPool (gpu->device, recording->timestamps, NULL);
  recording->timestamps = VK_NULL_HANDLE;
}

/* Cuts by the times known now, and records the command buffers. */
static gboolean
prepare (LkGpuRecording  *recording,
         GError         **error)
{
  LkGpu *gpu = recording->gpu;
  VkQueryPoolCreateInfo queries = { .sType = VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO, .queryType = VK_QUERY_TYPE_TIMESTAMP };
  VkResult result = VK_SUCCESS;

  lk_gpu_recording_clear_pieces (recording);
  cut (recording);
  queries.queryCount = recording->n_runs < N_TIMED_RUNS ? recording->parts->len + recording->pieces->len : 2 * recording->pieces->len;
  if (gpu->timestamp_period > 0 && queries.queryCount > 0)
    result = vkCreateQueryPool (gpu->device, &queries, NULL, &recording->timestamps);
  for (guint i = 0; i < recording->pieces->len && result == VK_SUCCESS; i++)
    result = record_piece (recording, i);
  return result == VK_SUCCESS || lk_gpu_fail (gpu, result, "record", error);
}

gboolean
lk_gpu_recording_finish (LkGpuRecording  *recording,
                         GError         **error)
{
  g_return_val_if_fail (!recording->is_finished, FALSE);

  recording->is_finished = TRUE;
  return prepare (recording, error);
}

/* ---- timing --------------------------------------------------------------------------------------------------- */

/* Nanoseconds between the queries of a piece, n - 1 of them. */
static gboolean
read_times (LkGpuRecording  *recording,
            guint            piece,
            guint64         *times,
            GError         **error)
{
  LkGpu *gpu = recording->gpu;
  guint n;
  guint first = get_first_query (recording, piece, &n);
  g_autofree guint64 *ticks = g_new (guint64, n);
  VkResult result = vkGetQueryPoolResults (gpu->device, recording->timestamps, first, n, n * sizeof (guint64), ticks, sizeof (guint64),
                                           VK_QUERY_RESULT_64_BIT | VK_QUERY_RESULT_WAIT_BIT);

  if (result != VK_SUCCESS)
    return lk_gpu_fail (gpu, result, "read its clock", error);
  for (guint i = 0; i + 1 < n; i++)
    times[i] = ((ticks[i + 1] - ticks[i]) & gpu->timestamp_mask) * gpu->timestamp_period;
  return TRUE;
}

/* Runs piece by piece and measures each part. */
static gboolean
run_timed (LkGpuRecording  *recording,
           GError         **error)
{
  LkGpu *gpu = recording->gpu;
  g_autofree guint64 *dispatch_times = g_new0 (guint64, recording->dispatches->len);
  guint64 times[UNTIMED_PARTS];

  for (guint i = 0; i < recording->pieces->len; i++)
    {
      const LkGpuPiece *piece = &g_array_index (recording->pieces, LkGpuPiece, i);
      gint64 start = g_get_monotonic_time ();
      guint64 value;

      if (!lk_gpu_submit (gpu, piece->commands, &value, error) || !lk_gpu_wait (gpu, value, error))
        return FALSE;
      if (recording->timestamps == VK_NULL_HANDLE)
        times[0] = (g_get_monotonic_time () - start) * 1000;
      else if (!read_times (recording, i, times, error))
        return FALSE;
      for (guint j = 0; j < piece->n_parts; j++)
        dispatch_times[g_array_index (recording->parts, LkGpuPart, piece->first_part + j).dispatch] += times[j];
    }

  for (guint i = 0; i < recording->dispatches->len; i++)
    {
      LkGpuDispatch *dispatch = &g_array_index (recording->dispatches, LkGpuDispatch, i);

      dispatch->time = MIN (dispatch->time, dispatch_times[i]);
    }
  return TRUE;
}

/* Corrects the times of a piece that took far longer than thought. TRUE: some were corrected. */
static gboolean
check_times (LkGpuRecording  *recording,
             gboolean        *must_cut,
             GError         **error)
{
  for (guint i = 0; i < recording->pieces->len && recording->timestamps != VK_NULL_HANDLE; i++)
    {
      const LkGpuPiece *piece = &g_array_index (recording->pieces, LkGpuPiece, i);
      guint64 thought = 0;
      guint64 time;

      if (!read_times (recording, i, &time, error))
        return FALSE;
      if (time <= LONG_TIME)
        continue;
      for (guint j = 0; j < piece->n_parts; j++)
        thought += get_part_time (recording, &g_array_index (recording->parts, LkGpuPart, piece->first_part + j));
      for (guint j = 0; j < piece->n_parts; j++)
        {
          const LkGpuPart *part = &g_array_index (recording->parts, LkGpuPart, piece->first_part + j);
          LkGpuDispatch *dispatch = &g_array_index (recording->dispatches, LkGpuDispatch, part->dispatch);

          /* Once for a dispatch, though several of its parts may lie here; one that cannot be cut further stays. */
          if ((j > 0 && part[-1].dispatch == part->dispatch) || (piece->n_parts == 1 && part->n == 1))
            continue;
          dispatch->time = dispatch->time * ((double) time / MAX (thought, 1));
          *must_cut = TRUE;
        }
    }
  return TRUE;
}

/* ---- running -------------------------------------------------------------------------------------------------- */

gboolean
lk_gpu_recording_run (LkGpuRecording  *recording,
                      GError         **error)
{
  LkGpu *gpu = recording->gpu;
  gboolean must_cut = FALSE;
  guint64 value = gpu->timeline_value;

  g_return_val_if_fail (recording->is_finished, FALSE);

  if (recording->n_runs < N_TIMED_RUNS)
    {
      if (!run_timed (recording, error))
        return FALSE;
      recording->n_runs++;
      return recording->n_runs < N_TIMED_RUNS || prepare (recording, error);
    }

  for (guint i = 0; i < recording->pieces->len; i++)
    if (!lk_gpu_submit (gpu, g_array_index (recording->pieces, LkGpuPiece, i).commands, &value, error))
      return FALSE;
  if (!lk_gpu_wait (gpu, value, error) || !check_times (recording, &must_cut, error))
    return FALSE;
  recording->n_runs++;
  return !must_cut || prepare (recording, error);
}
