/* lk-group-norm.c: y = (x - mean) · rstd · gamma + beta over groups of channels, then SiLU where asked for.
 *
 * x, y [N,..,C]; gamma, beta [C], frozen; mean and rstd over all places of one sample and the C/G channels of one group, saved for
 * backward, [N,G] each. With z = the norm's result, dz = dy · silu'(z) (or dy), g = dz · gamma and h = (x - mean)·rstd:
 *   dx = rstd · (g - mean (g) - h · mean (g·h))                       [Wu and He 2018, eq. 3, differentiated]
 */
#define G_LOG_DOMAIN "likeness-ops"

#include "config.h"

#include "cpu/lk-cpu.h"
#include "graph/lk-op.h"
#include "ops/lk-ops.h"
#include "ops/lk-ops-private.h"

enum { X, GAMMA, BETA, SAVED_MEAN, SAVED_RSTD, DY };   /* inputs; the last three in the backward op only */
enum { Y, MEAN, RSTD };                                /* outputs, forward */

static const LkOpClass group_norm_class, group_norm_backward_class;

/* ---- shape --------------------------------------------------------------------------------------------------- */

LkTensor *
lk_group_norm (LkGraph  *graph,
               LkTensor *x,
               LkTensor *gamma,
               LkTensor *beta,
               guint     n_groups,
               float     eps,
               gboolean  with_silu)
{
  gsize columns = lk_tensor_get_n_columns (x);
  LkGroupNorm norm = {
    .n = x->dims[0],
    .places = lk_tensor_get_n_rows (x) / x->dims[0],
    .c = columns,
    .n_groups = n_groups,
    .eps = eps,
    .with_silu = with_silu,
  };
  LkOp *op = lk_graph_add_op (graph, &group_norm_class, &norm, sizeof norm);
  LkTensor *y;

  g_assert (columns % n_groups == 0);
  g_assert (lk_tensor_get_n_elements (gamma) == columns && lk_tensor_get_n_elements (beta) == columns);

  lk_op_add_input (op, x);
  lk_op_add_input (op, gamma);
  lk_op_add_input (op, beta);
  y = lk_op_add_output (op, LK_DTYPE_F32, x->n_dims, x->dims);
  lk_op_add_output (op, LK_DTYPE_F32, 2, (gsize[]) { norm.n, n_groups });
  lk_op_add_output (op, LK_DTYPE_F32, 2, (gsize[]) { norm.n, n_groups });
  return y;
}

/* ---- backward ------------------------------------------------------------------------------------------------ */

static void
group_norm_backward (LkGraph *graph,
                     LkOp    *op)
{
  LkTensor *x = op->inputs[X];
  LkOp *backward = lk_graph_add_op (graph, &group_norm_backward_class, op->parameters, sizeof (LkGroupNorm));

  for (guint i = X; i <= BETA; i++)
    lk_op_add_input (backward, op->inputs[i]);
  lk_op_add_input (backward, op->outputs[MEAN]);
  lk_op_add_input (backward, op->outputs[RSTD]);
  lk_op_add_input (backward, lk_tensor_get_gradient (op->outputs[Y]));
  lk_graph_add_gradient (graph, x, lk_op_add_output (backward, LK_DTYPE_F32, x->n_dims, x->dims));
}

/* ---- CPU ----------------------------------------------------------------------------------------------------- */

static LkCpuGroupNorm
describe (const LkOp *op)
{
  const LkGroupNorm *norm = (const LkGroupNorm *) op->parameters;

  return (LkCpuGroupNorm) {
    .n = norm->n, .places = norm->places, .c = norm->c, .n_groups = norm->n_groups, .eps = norm->eps, .with_silu = norm->with_silu,
    .x = lk_tensor_get_data (op->inputs[X]),
    .gamma = lk_tensor_get_data (op->inputs[GAMMA]),
    .beta = lk_tensor_get_data (op->inputs[BETA]),
  };
}

static void
group_norm_run_cpu (const LkOp *op,
                    LkPool     *pool)
{
  LkCpuGroupNorm norm = describe (op);

  norm.y = lk_tensor_get_data (op->outputs[Y]);
  norm.mean = lk_tensor_get_data (op->outputs[MEAN]);
  norm.rstd = lk_tensor_get_data (op->outputs[RSTD]);
  lk_cpu_group_norm (pool, &norm);
}

static void
group_norm_backward_run_cpu (const LkOp *op,
                             LkPool     *pool)
{
  LkCpuGroupNorm norm = describe (op);

  norm.mean = lk_tensor_get_data (op->inputs[SAVED_MEAN]);
  norm.rstd = lk_tensor_get_data (op->inputs[SAVED_RSTD]);
  norm.dy = lk_tensor_get_data (op->inputs[DY]);
  norm.dx = lk_tensor_get_data (op->outputs[0]);
  lk_cpu_group_norm_backward (pool, &norm);
}

static const LkOpClass group_norm_class = {
  .name = "group_norm",
  .backward = group_norm_backward,
  .run_cpu = group_norm_run_cpu,
};

static const LkOpClass group_norm_backward_class = {
  .name = "group_norm_backward",
  .run_cpu = group_norm_backward_run_cpu,
};
