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
enum { Y, MEAN, RSTD, PARTIAL };                       /* outputs, forward */
enum { DX, BACKWARD_PARTIAL };                         /* outputs, backward; partial sums are scratch of Vulkan's kernels */

/* Elements that one workgroup of Vulkan's kernels adds up. */
#define CHUNK 8192

static const LkOpClass group_norm_class, group_norm_backward_class;

/* Places that a workgroup covers, and how many workgroups a group needs. */
static guint
places_per_chunk (const LkGroupNorm *norm)
{
  return CHUNK / (norm->c / norm->n_groups) + 1;
}

static guint
count_chunks (const LkGroupNorm *norm)
{
  return (norm->places + places_per_chunk (norm) - 1) / places_per_chunk (norm);
}

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
  lk_op_add_output (op, LK_DTYPE_F32, 4, (gsize[]) { norm.n, n_groups, count_chunks (&norm), 2 });
  return y;
}

/* ---- backward ------------------------------------------------------------------------------------------------ */

static void
group_norm_backward (LkGraph *graph,
                     LkOp    *op)
{
  const LkGroupNorm *norm = (const LkGroupNorm *) op->parameters;
  LkTensor *x = op->inputs[X];
  LkOp *backward = lk_graph_add_op (graph, &group_norm_backward_class, norm, sizeof *norm);

  for (guint i = X; i <= BETA; i++)
    lk_op_add_input (backward, op->inputs[i]);
  lk_op_add_input (backward, op->outputs[MEAN]);
  lk_op_add_input (backward, op->outputs[RSTD]);
  lk_op_add_input (backward, lk_tensor_get_gradient (op->outputs[Y]));
  lk_op_add_output (backward, LK_DTYPE_F32, x->n_dims, x->dims);
  lk_op_add_output (backward, LK_DTYPE_F32, 4, (gsize[]) { norm->n, norm->n_groups, count_chunks (norm), 2 });
  lk_graph_add_gradient (graph, x, backward->outputs[DX]);
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
  norm.dx = lk_tensor_get_data (op->outputs[DX]);
  lk_cpu_group_norm_backward (pool, &norm);
}

/* ---- Vulkan -------------------------------------------------------------------------------------------------- */

/* As common/group_norm.glsl lays it out. Vulkan's mean is relative to the first element of its group. */
typedef struct
{
  guint n, places, c, n_groups, n_chunks, chunk;
  float eps;
} Shape;

static Shape
describe_shape (const LkGroupNorm *norm)
{
  return (Shape) { norm->n, norm->places, norm->c, norm->n_groups, count_chunks (norm), places_per_chunk (norm), norm->eps };
}

static gboolean
group_norm_record (const LkOp      *op,
                   LkGpuRecording  *recording,
                   GError         **error)
{
  const LkGroupNorm *norm = (const LkGroupNorm *) op->parameters;
  Shape shape = describe_shape (norm);
  LkTensor *x = op->inputs[X], *mean = op->outputs[MEAN], *rstd = op->outputs[RSTD], *partial = op->outputs[PARTIAL];

  return lk_record (recording, "group_norm_partial", 0, (LkGpuBinding[]) { LK_READ (x), LK_WRITE (partial) }, 2,
                    &shape, sizeof shape, shape.n * shape.n_groups * shape.n_chunks, error)
         && lk_record (recording, "group_norm_statistics", 0, (LkGpuBinding[]) { LK_READ (partial), LK_WRITE (mean), LK_WRITE (rstd) }, 3,
                       &shape, sizeof shape, lk_n_groups (shape.n * shape.n_groups, 64), error)
         && lk_record (recording, "group_norm_apply", norm->with_silu,
                       (LkGpuBinding[]) { LK_READ (x), LK_READ (op->inputs[GAMMA]), LK_READ (op->inputs[BETA]), LK_READ (mean), LK_READ (rstd),
                                          LK_WRITE (op->outputs[Y]) }, 6,
                       &shape, sizeof shape, lk_n_groups (lk_tensor_get_n_elements (x), LK_ELEMENTS_PER_GROUP), error);
}

static gboolean
group_norm_backward_record (const LkOp      *op,
                            LkGpuRecording  *recording,
                            GError         **error)
{
  const LkGroupNorm *norm = (const LkGroupNorm *) op->parameters;
  Shape shape = describe_shape (norm);
  LkTensor *x = op->inputs[X], *partial = op->outputs[BACKWARD_PARTIAL];
  LkGpuBinding bindings[] = {
    LK_READ (x), LK_READ (op->inputs[GAMMA]), LK_READ (op->inputs[BETA]), LK_READ (op->inputs[SAVED_MEAN]), LK_READ (op->inputs[SAVED_RSTD]),
    LK_READ (op->inputs[DY]), LK_WRITE (partial), LK_WRITE (op->outputs[DX]),
  };

  if (!lk_record (recording, "group_norm_backward_partial", norm->with_silu, bindings, 7,
                  &shape, sizeof shape, shape.n * shape.n_groups * shape.n_chunks, error))
    return FALSE;

  bindings[6] = LK_READ (partial);
  return lk_record (recording, "group_norm_backward", norm->with_silu, bindings, 8,
                    &shape, sizeof shape, lk_n_groups (lk_tensor_get_n_elements (x), LK_ELEMENTS_PER_GROUP), error);
}

static const LkOpClass group_norm_class = {
  .name = "group_norm",
  .backward = group_norm_backward,
  .run_cpu = group_norm_run_cpu,
  .record = group_norm_record,
};

static const LkOpClass group_norm_backward_class = {
  .name = "group_norm_backward",
  .run_cpu = group_norm_backward_run_cpu,
  .record = group_norm_backward_record,
};
