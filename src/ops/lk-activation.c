/* lk-activation.c: y = f(x), element by element, for the activations of the field.
 *
 *   SiLU x·σ(x) · GELU x·Φ(x) · GELU by tanh, 0.5·x·(1 + tanh (√(2/π)·(x + 0.044715·x³))) · quick GELU x·σ(1.702·x)
 * Backward: dx = dy · f'(x).
 */
#define G_LOG_DOMAIN "likeness-ops"

#include "config.h"

#include "cpu/lk-cpu.h"
#include "graph/lk-op.h"
#include "ops/lk-ops.h"
#include "ops/lk-ops-private.h"

static const LkOpClass activation_class, activation_backward_class;

/* ---- shape --------------------------------------------------------------------------------------------------- */

LkTensor *
lk_activation (LkGraph      *graph,
               LkTensor     *x,
               LkActivation  kind)
{
  guint parameter = kind;
  LkOp *op = lk_graph_add_op (graph, &activation_class, &parameter, sizeof parameter);

  lk_op_add_input (op, x);
  return lk_op_add_output (op, LK_DTYPE_F32, x->n_dims, x->dims);
}

/* ---- backward ------------------------------------------------------------------------------------------------ */

static void
activation_backward (LkGraph *graph,
                     LkOp    *op)
{
  LkTensor *x = op->inputs[0];
  LkOp *backward = lk_graph_add_op (graph, &activation_backward_class, op->parameters, sizeof (guint));

  lk_op_add_input (backward, lk_tensor_get_gradient (op->outputs[0]));
  lk_op_add_input (backward, x);
  lk_graph_add_gradient (graph, x, lk_op_add_output (backward, LK_DTYPE_F32, x->n_dims, x->dims));
}

/* ---- CPU ----------------------------------------------------------------------------------------------------- */

static void
activation_run_cpu (const LkOp *op,
                    LkPool     *pool)
{
  lk_cpu_activation (pool, *(const guint *) op->parameters, lk_tensor_get_n_elements (op->outputs[0]),
                     lk_tensor_get_data (op->inputs[0]), lk_tensor_get_data (op->outputs[0]));
}

static void
activation_backward_run_cpu (const LkOp *op,
                             LkPool     *pool)
{
  lk_cpu_activation_backward (pool, *(const guint *) op->parameters, lk_tensor_get_n_elements (op->outputs[0]),
                              lk_tensor_get_data (op->inputs[1]), lk_tensor_get_data (op->inputs[0]), lk_tensor_get_data (op->outputs[0]));
}

/* ---- Vulkan -------------------------------------------------------------------------------------------------- */

static gboolean
activation_record (const LkOp      *op,
                   LkGpuRecording  *recording,
                   GError         **error)
{
  guint n = (guint) lk_tensor_get_n_elements (op->outputs[0]);

  return lk_record (recording, "activation", *(const guint *) op->parameters,
                    (LkGpuBinding[]) { LK_READ (op->inputs[0]), LK_WRITE (op->outputs[0]) }, 2,
                    &n, sizeof n, lk_n_groups (n, LK_ELEMENTS_PER_GROUP), error);
}

static gboolean
activation_backward_record (const LkOp      *op,
                            LkGpuRecording  *recording,
                            GError         **error)
{
  guint n = (guint) lk_tensor_get_n_elements (op->outputs[0]);

  return lk_record (recording, "activation_backward", *(const guint *) op->parameters,
                    (LkGpuBinding[]) { LK_READ (op->inputs[0]), LK_READ (op->inputs[1]), LK_WRITE (op->outputs[0]) }, 3,
                    &n, sizeof n, lk_n_groups (n, LK_ELEMENTS_PER_GROUP), error);
}

static const LkOpClass activation_class = {
  .name = "activation",
  .backward = activation_backward,
  .run_cpu = activation_run_cpu,
  .record = activation_record,
  .in_place_input = 1,
};

static const LkOpClass activation_backward_class = {
  .name = "activation_backward",
  .run_cpu = activation_backward_run_cpu,
  .record = activation_backward_record,
  .in_place_input = 1,
};
