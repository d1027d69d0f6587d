/* lk-norm.c: the Euclidean norm of a tensor, in two passes: the sum of squares of each chunk, then of the chunks in order, so that the
 * result depends on the length alone. Not finite where an element is not.
 */
#define G_LOG_DOMAIN "likeness-ops"

#include "config.h"

#include <math.h>

#include "graph/lk-op.h"
#include "ops/lk-ops.h"
#include "ops/lk-ops-private.h"

enum { NORM, PARTIAL };

static const LkOpClass norm_class;

/* ---- shape --------------------------------------------------------------------------------------------------- */

LkTensor *
lk_norm (LkGraph  *graph,
         LkTensor *x)
{
  gsize n_chunks = (lk_tensor_get_n_elements (x) + LK_CHUNK - 1) / LK_CHUNK;
  LkOp *op = lk_graph_add_op (graph, &norm_class, NULL, 0);
  LkTensor *norm;

  lk_op_add_input (op, x);
  norm = lk_op_add_output (op, LK_DTYPE_F32, 1, (gsize[]) { 1 });
  lk_op_add_output (op, LK_DTYPE_F32, 1, &n_chunks);
  return norm;
}

/* ---- CPU ----------------------------------------------------------------------------------------------------- */

static void
square_chunk (gpointer data,
              gsize    item,
              guint    worker)
{
  const LkOp *op = data;
  const float *x = lk_tensor_get_data (op->inputs[0]);
  gsize end = MIN ((item + 1) * LK_CHUNK, lk_tensor_get_n_elements (op->inputs[0]));
  double sum[4] = { 0 };

  for (gsize i = item * LK_CHUNK; i < end; i++)
    sum[i % 4] += (double) x[i] * x[i];
  ((float *) lk_tensor_get_data (op->outputs[PARTIAL]))[item] = (float) (sum[0] + sum[1] + sum[2] + sum[3]);
}

static void
norm_run_cpu (const LkOp *op,
              LkPool     *pool)
{
  gsize n = lk_tensor_get_n_elements (op->outputs[PARTIAL]);
  const float *partial = lk_tensor_get_data (op->outputs[PARTIAL]);
  double sum = 0;

  lk_op_run_chunks (op, pool, lk_tensor_get_n_elements (op->inputs[0]), square_chunk);
  for (gsize i = 0; i < n; i++)
    sum += partial[i];
  *(float *) lk_tensor_get_data (op->outputs[NORM]) = (float) sqrt (sum);
}

/* ---- Vulkan -------------------------------------------------------------------------------------------------- */

static gboolean
norm_record (const LkOp      *op,
             LkGpuRecording  *recording,
             GError         **error)
{
  LkTensor *x = op->inputs[0], *partial = op->outputs[PARTIAL];
  guint parameters[] = { (guint) lk_tensor_get_n_elements (x), LK_CHUNK };
  guint n_chunks = (guint) lk_tensor_get_n_elements (partial);

  return lk_record (recording, "norm_partial", 0, (LkGpuBinding[]) { LK_READ (x), LK_WRITE (partial) }, 2,
                    parameters, sizeof parameters, n_chunks, error)
         && lk_record (recording, "norm", 0, (LkGpuBinding[]) { LK_READ (partial), LK_WRITE (op->outputs[NORM]) }, 2,
                       &n_chunks, sizeof n_chunks, 1, error);
}

static const LkOpClass norm_class = {
  .name = "norm",
  .run_cpu = norm_run_cpu,
  .record = norm_record,
};
