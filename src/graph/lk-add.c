/* lk-add.c: y = a + b, element by element.
 *
 * Backward: both inputs get dy.
 */
#define G_LOG_DOMAIN "likeness-graph"

#include "config.h"

#include "graph/lk-op.h"

#define CHUNK 16384

LkTensor *
lk_add (LkGraph  *graph,
        LkTensor *a,
        LkTensor *b)
{
  LkOp *op = lk_graph_add_op (graph, &lk_add_class, NULL, 0);

  g_assert (lk_tensor_get_n_elements (a) == lk_tensor_get_n_elements (b));

  lk_op_add_input (op, a);
  lk_op_add_input (op, b);
  return lk_op_add_output (op, LK_DTYPE_F32, a->n_dims, a->dims);
}

static void
add_backward (LkGraph *graph,
              LkOp    *op)
{
  LkTensor *dy = lk_tensor_get_gradient (op->outputs[0]);

  lk_graph_add_gradient (graph, op->inputs[0], dy);
  lk_graph_add_gradient (graph, op->inputs[1], dy);
}

static void
add_chunk (gpointer data,
           gsize    item,
           guint    worker)
{
  const LkOp *op = data;
  const float *a = lk_tensor_get_data (op->inputs[0]), *b = lk_tensor_get_data (op->inputs[1]);
  float *y = lk_tensor_get_data (op->outputs[0]);
  gsize end = MIN ((item + 1) * CHUNK, lk_tensor_get_n_elements (op->outputs[0]));

  for (gsize i = item * CHUNK; i < end; i++)
    y[i] = a[i] + b[i];
}

static void
add_run_cpu (const LkOp *op,
             LkPool     *pool)
{
  lk_pool_run (pool, (lk_tensor_get_n_elements (op->outputs[0]) + CHUNK - 1) / CHUNK, add_chunk, (gpointer) op);
}

/* ---- Vulkan -------------------------------------------------------------------------------------------------- */

static gboolean
add_record (const LkOp      *op,
            LkGpuRecording  *recording,
            GError         **error)
{
  guint n = (guint) lk_tensor_get_n_elements (op->outputs[0]);

  return lk_record (recording, "add", 0,
                    (LkGpuBinding[]) { LK_READ (op->inputs[0]), LK_READ (op->inputs[1]), LK_WRITE (op->outputs[0]) }, 3,
                    &n, sizeof n, lk_n_groups (n, LK_ELEMENTS_PER_GROUP), error);
}

const LkOpClass lk_add_class = {
  .name = "add",
  .backward = add_backward,
  .run_cpu = add_run_cpu,
  .record = add_record,
  .in_place_input = 1,
};
