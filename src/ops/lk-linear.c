/* lk-linear.c: matrix products: C = s · op(A)·op(B) + bias + add.
 *
 * One op kind serves the forward pass and both gradients. With C = s·A·Bᵀ (NT, how a layer applies its weight):
 *   dA = s · dC·B   (NN)        dB = s · dCᵀ·A   (TN)
 * and with C = s·A·B (NN): dA = s · dC·Bᵀ (NT), dB = s · Aᵀ·dC (TN). `add` gets dC; a bias is frozen.
 * s is a number, times a tensor [1] where one is given: the strength of a LoRA changes without a new graph.
 */
#define G_LOG_DOMAIN "likeness-ops"

#include "config.h"

#include "cpu/lk-cpu.h"
#include "graph/lk-op.h"
#include "ops/lk-ops.h"
#include "ops/lk-ops-private.h"

enum { A, B, BIAS, ADD, SCALE };    /* inputs */
enum { C, SCRATCH };                /* outputs */

static const LkOpClass gemm_class;

/* ---- shape --------------------------------------------------------------------------------------------------- */

static LkOp *
add_gemm (LkGraph  *graph,
          LkTensor *a,
          gboolean  trans_a,
          LkTensor *b,
          gboolean  trans_b,
          LkTensor *bias,
          LkTensor *add,
          LkTensor *scale)
{
  gsize rows = lk_tensor_get_n_rows (a), columns = lk_tensor_get_n_columns (a);
  gsize b_rows = lk_tensor_get_n_rows (b), b_columns = lk_tensor_get_n_columns (b);
  LkGemm gemm = {
    .m = trans_a ? columns : rows,
    .n = trans_b ? b_rows : b_columns,
    .k = trans_a ? rows : columns,
    .trans_a = trans_a,
    .trans_b = trans_b,
  };
  LkOp *op = lk_graph_add_op (graph, &gemm_class, &gemm, sizeof gemm);

  g_assert (gemm.k == (trans_b ? b_columns : b_rows));
  g_assert (bias == NULL || lk_tensor_get_n_elements (bias) == gemm.n);
  g_assert (add == NULL || lk_tensor_get_n_elements (add) == gemm.m * gemm.n);

  lk_op_add_input (op, a);
  lk_op_add_input (op, b);
  lk_op_add_input (op, bias);
  lk_op_add_input (op, add);
  lk_op_add_input (op, scale);
  return op;
}

static void
add_scratch (LkGraph *graph,
             LkOp    *op)
{
  const LkGemm *gemm = (const LkGemm *) op->parameters;

  lk_product_add_scratch (graph, op, gemm->m, gemm->n, gemm->k);
}

/* The output has x's dimensions, the last one replaced. */
static LkTensor *
add_output_like (LkGraph  *graph,
                 LkOp     *op,
                 LkTensor *x)
{
  gsize dims[LK_MAX_DIMS];
  LkTensor *c;

  for (guint i = 0; i < x->n_dims; i++)
    dims[i] = x->dims[i];
  dims[x->n_dims - 1] = ((const LkGemm *) op->parameters)->n;
  c = lk_op_add_output (op, LK_DTYPE_F32, x->n_dims, dims);
  add_scratch (graph, op);
  return c;
}

LkTensor *
lk_linear (LkGraph  *graph,
           LkTensor *x,
           LkTensor *weight,
           LkTensor *bias)
{
  return add_output_like (graph, add_gemm (graph, x, FALSE, weight, TRUE, bias, NULL, NULL), x);
}

LkTensor *
lk_linear_add (LkGraph  *graph,
               LkTensor *base,
               LkTensor *x,
               LkTensor *weight,
               LkTensor *scale)
{
  return add_output_like (graph, add_gemm (graph, x, FALSE, weight, TRUE, NULL, base, scale), x);
}

/* ---- backward ------------------------------------------------------------------------------------------------ */

/* target's gradient += s · op(a)·op(b), where the product itself does the adding. */
static void
add_product (LkGraph  *graph,
             LkTensor *target,
             LkTensor *a,
             gboolean  trans_a,
             LkTensor *b,
             gboolean  trans_b,
             LkTensor *scale)
{
  LkOp *op = add_gemm (graph, a, trans_a, b, trans_b, NULL, lk_graph_begin_gradient (graph, target), scale);

  lk_op_add_gradient_output (op, target);
  add_scratch (graph, op);
}

static void
gemm_backward (LkGraph *graph,
               LkOp    *op)
{
  const LkGemm *gemm = (const LkGemm *) op->parameters;
  LkTensor *a = op->inputs[A], *b = op->inputs[B], *scale = op->inputs[SCALE];
  LkTensor *dc = lk_tensor_get_gradient (op->outputs[0]);

  g_assert (!gemm->trans_a);

  if (a->needs_gradient)
    add_product (graph, a, dc, FALSE, b, !gemm->trans_b, scale);
  if (b->needs_gradient && gemm->trans_b)
    add_product (graph, b, dc, TRUE, a, FALSE, scale);
  else if (b->needs_gradient)
    add_product (graph, b, a, TRUE, dc, FALSE, scale);
  lk_graph_add_gradient (graph, op->inputs[ADD], dc);
}

/* ---- CPU ----------------------------------------------------------------------------------------------------- */

static void
gemm_run_cpu (const LkOp *op,
              LkPool     *pool)
{
  const LkGemm *gemm = (const LkGemm *) op->parameters;

  lk_cpu_gemm (pool, &(LkCpuGemm) {
    .m = gemm->m, .n = gemm->n, .k = gemm->k,
    .trans_a = gemm->trans_a, .trans_b = gemm->trans_b,
    .scale = op->inputs[SCALE] != NULL ? *(const float *) lk_tensor_get_data (op->inputs[SCALE]) : 1.f,
    .a = lk_tensor_get_data (op->inputs[A]),
    .lda = lk_tensor_get_n_columns (op->inputs[A]),
    .b = lk_tensor_get_data (op->inputs[B]),
    .b_dtype = op->inputs[B]->dtype,
    .ldb = lk_tensor_get_n_columns (op->inputs[B]),
    .bias = op->inputs[BIAS] != NULL ? lk_tensor_get_data (op->inputs[BIAS]) : NULL,
    .add = op->inputs[ADD] != NULL ? lk_tensor_get_data (op->inputs[ADD]) : NULL,
    .c = lk_tensor_get_data (op->outputs[0]),
    .ldc = gemm->n,
  });
}

/* ---- Vulkan -------------------------------------------------------------------------------------------------- */

static gboolean
gemm_record (const LkOp      *op,
             LkGpuRecording  *recording,
             GError         **error)
{
  const LkGemm *gemm = (const LkGemm *) op->parameters;

  return lk_product_record (&(LkProduct) {
    .m = gemm->m, .n = gemm->n, .k = gemm->k,
    .trans_a = gemm->trans_a, .trans_b = gemm->trans_b,
    .lda = lk_tensor_get_n_columns (op->inputs[A]),
    .ldb = lk_tensor_get_n_columns (op->inputs[B]),
    .a = op->inputs[A], .b = op->inputs[B], .bias = op->inputs[BIAS], .add = op->inputs[ADD], .scale = op->inputs[SCALE],
    .c = op->outputs[C],
    .scratch = op->n_outputs > SCRATCH ? op->outputs[SCRATCH] : NULL,
  }, recording, error);
}

static const LkOpClass gemm_class = {
  .name = "gemm",
  .backward = gemm_backward,
  .run_cpu = gemm_run_cpu,
  .record = gemm_record,
  .in_place_input = ADD + 1,
};
