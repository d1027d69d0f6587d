/* lk-attention.c: y = softmax (scale · q·kᵀ) · v, for each of B sequences and H heads of D channels.
 *
 * q [B,T,H*D], k and v [B,S,H*D], channels last; y has q's shape. Saved for backward: lse [B,H,T], the logarithm of each row's sum
 * of exp (score), from which the probabilities P are computed again. Nothing of T x S is ever stored.
 * Backward, with P = exp (scale·q·kᵀ - lse) and δ = Σ_d dy·y of each row [Dao 2023, FlashAttention-2, algorithm 2]:
 *   dv = Pᵀ·dy      dS = P ∘ (dy·vᵀ - δ)      dq = scale · dS·k      dk = scale · dSᵀ·q
 */
#define G_LOG_DOMAIN "likeness-ops"

#include "config.h"

#include "cpu/lk-cpu.h"
#include "graph/lk-op.h"
#include "ops/lk-ops.h"
#include "ops/lk-ops-private.h"

enum { Q, K, V, SAVED_Y, SAVED_LSE, DY };   /* inputs; the saved ones and dy in the backward op only */
enum { Y, LSE };                            /* outputs, forward */
enum { DQ, DK, DV, DELTA };                 /* outputs, backward; delta is scratch of Vulkan's kernels */

static const LkOpClass attention_class, attention_backward_class;

/* ---- shape --------------------------------------------------------------------------------------------------- */

LkTensor *
lk_attention (LkGraph  *graph,
              LkTensor *q,
              LkTensor *k,
              LkTensor *v,
              guint     n_heads,
              float     scale,
              gboolean  is_causal)
{
  gsize width = lk_tensor_get_n_columns (q);
  LkAttention attention = {
    .b = q->dims[0],
    .t = lk_tensor_get_n_rows (q) / q->dims[0],
    .s = lk_tensor_get_n_rows (k) / k->dims[0],
    .h = n_heads,
    .d = width / n_heads,
    .scale = scale,
    .is_causal = is_causal,
  };
  LkOp *op = lk_graph_add_op (graph, &attention_class, &attention, sizeof attention);
  LkTensor *y;

  g_assert (width % n_heads == 0);
  g_assert (k->dims[0] == q->dims[0] && lk_tensor_get_n_columns (k) == width);
  g_assert (lk_tensor_get_n_elements (k) == lk_tensor_get_n_elements (v) && lk_tensor_get_n_columns (v) == width);

  lk_op_add_input (op, q);
  lk_op_add_input (op, k);
  lk_op_add_input (op, v);
  y = lk_op_add_output (op, LK_DTYPE_F32, q->n_dims, q->dims);
  lk_op_add_output (op, LK_DTYPE_F32, 3, (gsize[]) { attention.b, attention.h, attention.t });
  return y;
}

/* ---- backward ------------------------------------------------------------------------------------------------ */

static void
attention_backward (LkGraph *graph,
                    LkOp    *op)
{
  const LkAttention *attention = (const LkAttention *) op->parameters;
  LkOp *backward = lk_graph_add_op (graph, &attention_backward_class, attention, sizeof *attention);

  for (guint i = Q; i <= V; i++)
    lk_op_add_input (backward, op->inputs[i]);
  lk_op_add_input (backward, op->outputs[Y]);
  lk_op_add_input (backward, op->outputs[LSE]);
  lk_op_add_input (backward, lk_tensor_get_gradient (op->outputs[Y]));

  for (guint i = Q; i <= V; i++)
    lk_op_add_output (backward, LK_DTYPE_F32, op->inputs[i]->n_dims, op->inputs[i]->dims);
  lk_op_add_output (backward, LK_DTYPE_F32, 3, (gsize[]) { attention->b, attention->h, attention->t });

  for (guint i = Q; i <= V; i++)
    lk_graph_add_gradient (graph, op->inputs[i], backward->outputs[i]);
}

/* ---- CPU ----------------------------------------------------------------------------------------------------- */

static LkCpuAttention
describe (const LkOp *op)
{
  const LkAttention *attention = (const LkAttention *) op->parameters;

  return (LkCpuAttention) {
    .b = attention->b, .t = attention->t, .s = attention->s, .h = attention->h, .d = attention->d,
    .scale = attention->scale, .is_causal = attention->is_causal,
    .q = lk_tensor_get_data (op->inputs[Q]),
    .k = lk_tensor_get_data (op->inputs[K]),
    .v = lk_tensor_get_data (op->inputs[V]),
  };
}

static void
attention_run_cpu (const LkOp *op,
                   LkPool     *pool)
{
  LkCpuAttention attention = describe (op);

  attention.y = lk_tensor_get_data (op->outputs[Y]);
  attention.lse = lk_tensor_get_data (op->outputs[LSE]);
  lk_cpu_attention (pool, &attention);
}

static void
attention_backward_run_cpu (const LkOp *op,
                            LkPool     *pool)
{
  LkCpuAttention attention = describe (op);

  attention.y = lk_tensor_get_data (op->inputs[SAVED_Y]);
  attention.lse = lk_tensor_get_data (op->inputs[SAVED_LSE]);
  attention.dy = lk_tensor_get_data (op->inputs[DY]);
  attention.dq = lk_tensor_get_data (op->outputs[DQ]);
  attention.dk = lk_tensor_get_data (op->outputs[DK]);
  attention.dv = lk_tensor_get_data (op->outputs[DV]);
  lk_cpu_attention_backward (pool, &attention);
}

/* ---- Vulkan -------------------------------------------------------------------------------------------------- */

/* The kernels that walk over scores, for software devices and for hardware. */
enum { FORWARD, BACKWARD_DQ, BACKWARD_DKV };

static const char *walks[2][3] = {
  { "attention_shared", "attention_dq_shared", "attention_dkv_shared" },
  { "attention_registers", "attention_dq_registers", "attention_dkv_registers" },
};

/* Records one of them: a workgroup for each block of the `length` rows of each head. */
static gboolean
record_walk (const LkOp          *op,
             guint                walk,
             guint                length,
             const LkGpuBinding  *bindings,
             guint                n_bindings,
             LkGpuRecording      *recording,
             GError             **error)
{
  const LkAttention *attention = (const LkAttention *) op->parameters;
  gboolean has_register_tiles = lk_gpu_get_info (lk_gpu_recording_get_gpu (recording))->has_register_tiles;
  guint block = has_register_tiles ? 16 : 64;
  LkGpuKernel kernel = {
    .shader = walks[has_register_tiles][walk],
    .n_constants = has_register_tiles ? 2 : 3,
    .constants = { attention->is_causal, attention->d % 4 == 0, attention->d },
  };
  struct
  {
    guint32 b, t, s, h, d;
    float   scale;
  } parameters = { attention->b, attention->t, attention->s, attention->h, attention->d, attention->scale };

  return lk_gpu_recording_dispatch (recording, &kernel, bindings, n_bindings, &parameters, sizeof parameters,
                                    attention->b * attention->h * lk_n_groups (length, block), 1, 1, error);
}

static gboolean
attention_record (const LkOp      *op,
                  LkGpuRecording  *recording,
                  GError         **error)
{
  const LkAttention *attention = (const LkAttention *) op->parameters;
  LkGpuBinding bindings[] = {
    LK_READ (op->inputs[Q]), LK_READ (op->inputs[K]), LK_READ (op->inputs[V]), LK_READ (NULL),
    LK_WRITE (op->outputs[Y]), LK_WRITE (op->outputs[LSE]),
  };

  return record_walk (op, FORWARD, attention->t, bindings, 6, recording, error);
}

static gboolean
attention_backward_record (const LkOp      *op,
                           LkGpuRecording  *recording,
                           GError         **error)
{
  const LkAttention *attention = (const LkAttention *) op->parameters;
  LkGpuBinding bindings[] = {
    LK_READ (op->inputs[Q]), LK_READ (op->inputs[K]), LK_READ (op->inputs[V]), LK_READ (op->inputs[DY]),
    LK_READ (op->inputs[SAVED_LSE]), LK_READ (op->outputs[DELTA]), LK_WRITE (op->outputs[DQ]), LK_READ (NULL),
  };
  struct
  {
    guint32 n_elements, t, h, d;
  } delta = { attention->b * attention->h * attention->t, attention->t, attention->h, attention->d };

  if (!lk_record (recording, "attention_delta", 0,
                  (LkGpuBinding[]) { LK_READ (op->inputs[DY]), LK_READ (op->inputs[SAVED_Y]), LK_WRITE (op->outputs[DELTA]) }, 3,
                  &delta, sizeof delta, lk_n_groups (delta.n_elements, LK_ELEMENTS_PER_GROUP), error) ||
      !record_walk (op, BACKWARD_DQ, attention->t, bindings, 7, recording, error))
    return FALSE;

  bindings[6] = LK_WRITE (op->outputs[DK]);
  bindings[7] = LK_WRITE (op->outputs[DV]);
  return record_walk (op, BACKWARD_DKV, attention->s, bindings, 8, recording, error);
}

static const LkOpClass attention_class = {
  .name = "attention",
  .backward = attention_backward,
  .run_cpu = attention_run_cpu,
  .record = attention_record,
};

static const LkOpClass attention_backward_class = {
  .name = "attention_backward",
  .run_cpu = attention_backward_run_cpu,
  .record = attention_backward_record,
};
