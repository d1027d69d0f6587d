/* lk-conv2d.c: convolution, channels last, with zero padding and stride, as implicit GEMM.
 *
 * x [N,H,W,C], weight [O,kh,kw,C], bias [O], y [N,H',W',O]:
 *   y[n,i,j,o] = bias[o] + Σ_{u,v,c} x[n, i·s+u-p, j·s+v-p, c] · weight[o,u,v,c]
 * Backward (the weight is frozen, so only x gets a gradient), gathered by each pixel of x:
 *   dx[n,a,b,c] = Σ_{u,v,o} dy[n, (a+p-u)/s, (b+p-v)/s, o] · weight[o,u,v,c]   where both divisions leave no rest.
 */
#define G_LOG_DOMAIN "likeness-ops"

#include "config.h"

#include "cpu/lk-cpu.h"
#include "graph/lk-op.h"
#include "ops/lk-ops.h"
#include "ops/lk-ops-private.h"

enum { X, WEIGHT, BIAS };              /* forward */
enum { DY, BACKWARD_WEIGHT, ADD };     /* backward */

static const LkOpClass conv2d_class, conv2d_backward_class;

/* ---- shape --------------------------------------------------------------------------------------------------- */

LkTensor *
lk_conv2d (LkGraph  *graph,
           LkTensor *x,
           LkTensor *weight,
           LkTensor *bias,
           guint     stride,
           guint     pad_before,
           guint     pad_after)
{
  LkConv2d conv;
  LkOp *op;

  g_assert (x->n_dims == 4 && weight->n_dims == 4);
  g_assert (x->dims[3] == weight->dims[3]);
  g_assert (!weight->needs_gradient);
  g_assert (x->dims[1] + pad_before + pad_after >= weight->dims[1] && x->dims[2] + pad_before + pad_after >= weight->dims[2]);

  conv = (LkConv2d) {
    .n = x->dims[0], .h = x->dims[1], .w = x->dims[2], .c = x->dims[3],
    .o = weight->dims[0], .kh = weight->dims[1], .kw = weight->dims[2],
    .stride = stride, .pad_before = pad_before,
  };
  conv.out_h = (conv.h + pad_before + pad_after - conv.kh) / stride + 1;
  conv.out_w = (conv.w + pad_before + pad_after - conv.kw) / stride + 1;

  op = lk_graph_add_op (graph, &conv2d_class, &conv, sizeof conv);
  lk_op_add_input (op, x);
  lk_op_add_input (op, weight);
  lk_op_add_input (op, bias);
  return lk_op_add_output (op, LK_DTYPE_F32, 4, (gsize[]) { conv.n, conv.out_h, conv.out_w, conv.o });
}

/* ---- backward ------------------------------------------------------------------------------------------------ */

static void
conv2d_backward (LkGraph *graph,
                 LkOp    *op)
{
  LkTensor *x = op->inputs[X];
  LkOp *backward;

  if (!x->needs_gradient)
    return;

  backward = lk_graph_add_op (graph, &conv2d_backward_class, op->parameters, sizeof (LkConv2d));
  lk_op_add_input (backward, lk_tensor_get_gradient (op->outputs[0]));
  lk_op_add_input (backward, op->inputs[WEIGHT]);
  lk_op_add_input (backward, lk_graph_begin_gradient (graph, x));
  lk_op_add_gradient_output (backward, x);
}

/* ---- CPU ----------------------------------------------------------------------------------------------------- */

static LkCpuConv2d
describe (const LkOp *op)
{
  const LkConv2d *conv = (const LkConv2d *) op->parameters;

  return (LkCpuConv2d) {
    .n = conv->n, .h = conv->h, .w = conv->w, .c = conv->c, .o = conv->o, .kh = conv->kh, .kw = conv->kw,
    .stride = conv->stride, .pad_before = conv->pad_before, .out_h = conv->out_h, .out_w = conv->out_w,
    .x = lk_tensor_get_data (op->inputs[0]),
    .weight = lk_tensor_get_data (op->inputs[1]),
    .weight_dtype = op->inputs[1]->dtype,
    .y = lk_tensor_get_data (op->outputs[0]),
  };
}

static void
conv2d_run_cpu (const LkOp *op,
                LkPool     *pool)
{
  LkCpuConv2d conv = describe (op);

  conv.bias = op->inputs[BIAS] != NULL ? lk_tensor_get_data (op->inputs[BIAS]) : NULL;
  lk_cpu_conv2d (pool, &conv);
}

static void
conv2d_backward_run_cpu (const LkOp *op,
                         LkPool     *pool)
{
  LkCpuConv2d conv = describe (op);

  conv.add = op->inputs[ADD] != NULL ? lk_tensor_get_data (op->inputs[ADD]) : NULL;
  lk_cpu_conv2d_backward_data (pool, &conv);
}

static const LkOpClass conv2d_class = {
  .name = "conv2d",
  .backward = conv2d_backward,
  .run_cpu = conv2d_run_cpu,
};

static const LkOpClass conv2d_backward_class = {
  .name = "conv2d_backward",
  .run_cpu = conv2d_backward_run_cpu,
  .in_place_input = ADD + 1,
};
