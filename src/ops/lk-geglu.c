/* lk-geglu.c: y = value · gelu (gate), where x [..,2C] holds the value in its first C columns and the gate in its last.
 *
 * Backward: dvalue = dy · gelu (gate), dgate = dy · value · gelu' (gate).          [Shazeer 2020, eq. 6]
 */
#define G_LOG_DOMAIN "likeness-ops"

#include "config.h"

#include "cpu/lk-cpu.h"
#include "graph/lk-op.h"
#include "ops/lk-ops.h"
#include "ops/lk-ops-private.h"

static const LkOpClass geglu_class, geglu_backward_class;

/* ---- shape --------------------------------------------------------------------------------------------------- */

LkTensor *
lk_geglu (LkGraph  *graph,
          LkTensor *x)
{
  LkOp *op = lk_graph_add_op (graph, &geglu_class, NULL, 0);
  gsize dims[LK_MAX_DIMS];

  g_assert (lk_tensor_get_n_columns (x) % 2 == 0);

  for (guint i = 0; i < x->n_dims; i++)
    dims[i] = x->dims[i];
  dims[x->n_dims - 1] /= 2;

  lk_op_add_input (op, x);
  return lk_op_add_output (op, LK_DTYPE_F32, x->n_dims, dims);
}

/* ---- backward ------------------------------------------------------------------------------------------------ */

static void
geglu_backward (LkGraph *graph,
                LkOp    *op)
{
  LkTensor *x = op->inputs[0];
  LkOp *backward = lk_graph_add_op (graph, &geglu_backward_class, NULL, 0);

  lk_op_add_input (backward, x);
  lk_op_add_input (backward, lk_tensor_get_gradient (op->outputs[0]));
  lk_graph_add_gradient (graph, x, lk_op_add_output (backward, LK_DTYPE_F32, x->n_dims, x->dims));
}

/* ---- CPU ----------------------------------------------------------------------------------------------------- */

static void
geglu_run_cpu (const LkOp *op,
               LkPool     *pool)
{
  LkTensor *y = op->outputs[0];

  lk_cpu_geglu (pool, lk_tensor_get_n_rows (y), lk_tensor_get_n_columns (y), lk_tensor_get_data (op->inputs[0]), lk_tensor_get_data (y));
}

static void
geglu_backward_run_cpu (const LkOp *op,
                        LkPool     *pool)
{
  LkTensor *dy = op->inputs[1];

  lk_cpu_geglu_backward (pool, lk_tensor_get_n_rows (dy), lk_tensor_get_n_columns (dy),
                         lk_tensor_get_data (op->inputs[0]), lk_tensor_get_data (dy), lk_tensor_get_data (op->outputs[0]));
}

/* ---- Vulkan -------------------------------------------------------------------------------------------------- */

static gboolean
geglu_record (const LkOp      *op,
              LkGpuRecording  *recording,
              GError         **error)
{
  LkTensor *y = op->outputs[0];
  guint parameters[] = { (guint) lk_tensor_get_n_elements (y), (guint) lk_tensor_get_n_columns (y) };

  return lk_record (recording, "geglu", 0, (LkGpuBinding[]) { LK_READ (op->inputs[0]), LK_WRITE (y) }, 2,
                    parameters, sizeof parameters, lk_n_groups (parameters[0], LK_ELEMENTS_PER_GROUP), error);
}

static gboolean
geglu_backward_record (const LkOp      *op,
                       LkGpuRecording  *recording,
                       GError         **error)
{
  LkTensor *dy = op->inputs[1];
  guint parameters[] = { (guint) lk_tensor_get_n_elements (dy), (guint) lk_tensor_get_n_columns (dy) };

  return lk_record (recording, "geglu_backward", 0, (LkGpuBinding[]) { LK_READ (op->inputs[0]), LK_READ (dy), LK_WRITE (op->outputs[0]) }, 3,
                    parameters, sizeof parameters, lk_n_groups (parameters[0], LK_ELEMENTS_PER_GROUP), error);
}

static const LkOpClass geglu_class = {
  .name = "geglu",
  .backward = geglu_backward,
  .run_cpu = geglu_run_cpu,
  .record = geglu_record,
};

static const LkOpClass geglu_backward_class = {
  .name = "geglu_backward",
  .run_cpu = geglu_backward_run_cpu,
  .record = geglu_backward_record,
};
