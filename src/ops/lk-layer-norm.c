/* lk-layer-norm.c: y = (x - mean) · rstd · gamma + beta, over the last axis.
 *
 * x, y [..,C]; gamma, beta [C], frozen. Saved for backward: mean and rstd of each row. With g = dy · gamma and h = (x - mean)·rstd:
 *   dx = rstd · (g - mean (g) - h · mean (g·h))                       [Ba et al. 2016, eq. 4, differentiated]
 */
#define G_LOG_DOMAIN "likeness-ops"

#include "config.h"

#include "cpu/lk-cpu.h"
#include "graph/lk-op.h"
#include "ops/lk-ops.h"
#include "ops/lk-ops-private.h"

enum { X, GAMMA, SAVED_MEAN, SAVED_RSTD, DY };   /* inputs of the backward op */
enum { Y, MEAN, RSTD };

static const LkOpClass layer_norm_class, layer_norm_backward_class;

/* ---- shape --------------------------------------------------------------------------------------------------- */

LkTensor *
lk_layer_norm (LkGraph  *graph,
               LkTensor *x,
               LkTensor *gamma,
               LkTensor *beta,
               float     eps)
{
  LkLayerNorm norm = { .rows = lk_tensor_get_n_rows (x), .c = lk_tensor_get_n_columns (x), .eps = eps };
  LkOp *op = lk_graph_add_op (graph, &layer_norm_class, &norm, sizeof norm);
  LkTensor *y;

  g_assert (lk_tensor_get_n_elements (gamma) == norm.c && lk_tensor_get_n_elements (beta) == norm.c);

  lk_op_add_input (op, x);
  lk_op_add_input (op, gamma);
  lk_op_add_input (op, beta);
  y = lk_op_add_output (op, LK_DTYPE_F32, x->n_dims, x->dims);
  lk_op_add_output (op, LK_DTYPE_F32, 1, (gsize[]) { norm.rows });
  lk_op_add_output (op, LK_DTYPE_F32, 1, (gsize[]) { norm.rows });
  return y;
}

/* ---- backward ------------------------------------------------------------------------------------------------ */

static void
layer_norm_backward (LkGraph *graph,
                     LkOp    *op)
{
  LkTensor *x = op->inputs[0];
  LkOp *backward = lk_graph_add_op (graph, &layer_norm_backward_class, op->parameters, sizeof (LkLayerNorm));

  lk_op_add_input (backward, x);
  lk_op_add_input (backward, op->inputs[1]);
  lk_op_add_input (backward, op->outputs[MEAN]);
  lk_op_add_input (backward, op->outputs[RSTD]);
  lk_op_add_input (backward, lk_tensor_get_gradient (op->outputs[Y]));
  lk_graph_add_gradient (graph, x, lk_op_add_output (backward, LK_DTYPE_F32, x->n_dims, x->dims));
}

/* ---- CPU ----------------------------------------------------------------------------------------------------- */

static void
layer_norm_run_cpu (const LkOp *op,
                    LkPool     *pool)
{
  const LkLayerNorm *norm = (const LkLayerNorm *) op->parameters;

  lk_cpu_layer_norm (pool, &(LkCpuLayerNorm) {
    .rows = norm->rows, .c = norm->c, .eps = norm->eps,
    .x = lk_tensor_get_data (op->inputs[0]),
    .gamma = lk_tensor_get_data (op->inputs[1]),
    .beta = lk_tensor_get_data (op->inputs[2]),
    .y = lk_tensor_get_data (op->outputs[Y]),
    .mean = lk_tensor_get_data (op->outputs[MEAN]),
    .rstd = lk_tensor_get_data (op->outputs[RSTD]),
  });
}

static void
layer_norm_backward_run_cpu (const LkOp *op,
                             LkPool     *pool)
{
  const LkLayerNorm *norm = (const LkLayerNorm *) op->parameters;

  lk_cpu_layer_norm_backward (pool, &(LkCpuLayerNorm) {
    .rows = norm->rows, .c = norm->c, .eps = norm->eps,
    .x = lk_tensor_get_data (op->inputs[X]),
    .gamma = lk_tensor_get_data (op->inputs[GAMMA]),
    .mean = lk_tensor_get_data (op->inputs[SAVED_MEAN]),
    .rstd = lk_tensor_get_data (op->inputs[SAVED_RSTD]),
    .dy = lk_tensor_get_data (op->inputs[DY]),
    .dx = lk_tensor_get_data (op->outputs[0]),
  });
}

/* ---- Vulkan -------------------------------------------------------------------------------------------------- */

static gboolean
layer_norm_record (const LkOp      *op,
                   LkGpuRecording  *recording,
                   GError         **error)
{
  const LkLayerNorm *norm = (const LkLayerNorm *) op->parameters;

  return lk_record (recording, "layer_norm", 0,
                    (LkGpuBinding[]) { LK_READ (op->inputs[0]), LK_READ (op->inputs[1]), LK_READ (op->inputs[2]),
                                       LK_WRITE (op->outputs[Y]), LK_WRITE (op->outputs[MEAN]), LK_WRITE (op->outputs[RSTD]) }, 6,
                    norm, sizeof *norm, norm->rows, error);
}

static gboolean
layer_norm_backward_record (const LkOp      *op,
                            LkGpuRecording  *recording,
                            GError         **error)
{
  const LkLayerNorm *norm = (const LkLayerNorm *) op->parameters;
  guint parameters[] = { norm->rows, norm->c };

  return lk_record (recording, "layer_norm_backward", 0,
                    (LkGpuBinding[]) { LK_READ (op->inputs[X]), LK_READ (op->inputs[GAMMA]), LK_READ (op->inputs[SAVED_MEAN]),
                                       LK_READ (op->inputs[SAVED_RSTD]), LK_READ (op->inputs[DY]), LK_WRITE (op->outputs[0]) }, 6,
                    parameters, sizeof parameters, norm->rows, error);
}

static const LkOpClass layer_norm_class = {
  .name = "layer_norm",
  .backward = layer_norm_backward,
  .run_cpu = layer_norm_run_cpu,
  .record = layer_norm_record,
};

static const LkOpClass layer_norm_backward_class = {
  .name = "layer_norm_backward",
  .run_cpu = layer_norm_backward_run_cpu,
  .record = layer_norm_backward_record,
};
