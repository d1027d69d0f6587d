/* lk-upsample.c: nearest neighbour, twice as high and wide, or one row or column less: y[n,i,j,c] = x[n,i/2,j/2,c].
 *
 * Backward: dx is the sum of the four pixels that copied it, in reading order; fewer at an edge that was cut off.
 */
#define G_LOG_DOMAIN "likeness-ops"

#include "config.h"

#include <string.h>

#include "graph/lk-op.h"
#include "ops/lk-ops.h"
#include "ops/lk-ops-private.h"

static const LkOpClass upsample_class, upsample_backward_class;

/* ---- shape --------------------------------------------------------------------------------------------------- */

LkTensor *
lk_upsample (LkGraph  *graph,
             LkTensor *x,
             gsize     height,
             gsize     width)
{
  LkOp *op = lk_graph_add_op (graph, &upsample_class, NULL, 0);

  g_assert (x->n_dims == 4);
  g_assert ((height + 1) / 2 == x->dims[1] && (width + 1) / 2 == x->dims[2]);

  lk_op_add_input (op, x);
  return lk_op_add_output (op, LK_DTYPE_F32, 4, (gsize[]) { x->dims[0], height, width, x->dims[3] });
}

/* ---- backward ------------------------------------------------------------------------------------------------ */

static void
upsample_backward (LkGraph *graph,
                   LkOp    *op)
{
  LkTensor *x = op->inputs[0];
  LkOp *backward = lk_graph_add_op (graph, &upsample_backward_class, NULL, 0);

  lk_op_add_input (backward, lk_tensor_get_gradient (op->outputs[0]));
  lk_graph_add_gradient (graph, x, lk_op_add_output (backward, LK_DTYPE_F32, 4, x->dims));
}

/* ---- CPU ----------------------------------------------------------------------------------------------------- */

/* One item is one row of the larger picture. */
static void
upsample_row (gpointer data,
              gsize    row,
              guint    worker)
{
  const LkOp *op = data;
  const gsize *small = op->inputs[0]->dims, *large = op->outputs[0]->dims;
  gsize c = small[3], sample = row / large[1], i = row % large[1];
  const float *x = (const float *) lk_tensor_get_data (op->inputs[0]) + (sample * small[1] + i / 2) * small[2] * c;
  float *y = (float *) lk_tensor_get_data (op->outputs[0]) + row * large[2] * c;

  for (gsize j = 0; j < large[2]; j++)
    memcpy (y + j * c, x + j / 2 * c, c * sizeof (float));
}

static void
upsample_run_cpu (const LkOp *op,
                  LkPool     *pool)
{
  const gsize *dims = op->outputs[0]->dims;

  lk_pool_run (pool, dims[0] * dims[1], upsample_row, (gpointer) op);
}

/* One item is one row of the smaller picture. */
static void
upsample_backward_row (gpointer data,
                       gsize    row,
                       guint    worker)
{
  const LkOp *op = data;
  const gsize *small = op->outputs[0]->dims, *large = op->inputs[0]->dims;
  gsize c = small[3], sample = row / small[1], first = row % small[1] * 2;
  const float *dy = (const float *) lk_tensor_get_data (op->inputs[0]) + sample * large[1] * large[2] * c;
  float *dx = (float *) lk_tensor_get_data (op->outputs[0]) + row * small[2] * c;

  memset (dx, 0, small[2] * c * sizeof (float));
  for (gsize i = first; i < MIN (first + 2, large[1]); i++)
    for (gsize j = 0; j < large[2]; j++)
      for (gsize k = 0; k < c; k++)
        dx[j / 2 * c + k] += dy[(i * large[2] + j) * c + k];
}

static void
upsample_backward_run_cpu (const LkOp *op,
                           LkPool     *pool)
{
  const gsize *dims = op->outputs[0]->dims;

  lk_pool_run (pool, dims[0] * dims[1], upsample_backward_row, (gpointer) op);
}

/* ---- Vulkan -------------------------------------------------------------------------------------------------- */

static gboolean
record_resize (const LkOp      *op,
               const char      *shader,
               const gsize     *small,
               const gsize     *large,
               LkGpuRecording  *recording,
               GError         **error)
{
  guint n = (guint) lk_tensor_get_n_elements (op->outputs[0]);
  guint parameters[] = { n, (guint) small[1], (guint) small[2], (guint) large[1], (guint) large[2], (guint) small[3] };

  return lk_record (recording, shader, 0, (LkGpuBinding[]) { LK_READ (op->inputs[0]), LK_WRITE (op->outputs[0]) }, 2,
                    parameters, sizeof parameters, lk_n_groups (n, LK_ELEMENTS_PER_GROUP), error);
}

static gboolean
upsample_record (const LkOp      *op,
                 LkGpuRecording  *recording,
                 GError         **error)
{
  return record_resize (op, "upsample", op->inputs[0]->dims, op->outputs[0]->dims, recording, error);
}

static gboolean
upsample_backward_record (const LkOp      *op,
                          LkGpuRecording  *recording,
                          GError         **error)
{
  return record_resize (op, "upsample_backward", op->outputs[0]->dims, op->inputs[0]->dims, recording, error);
}

static const LkOpClass upsample_class = {
  .name = "upsample",
  .backward = upsample_backward,
  .run_cpu = upsample_run_cpu,
  .record = upsample_record,
};

static const LkOpClass upsample_backward_class = {
  .name = "upsample_backward",
  .run_cpu = upsample_backward_run_cpu,
  .record = upsample_backward_record,
};
