/* lk-conv2d.c: convolution, channels last, with zero padding and stride, as implicit GEMM.
 *
 * x [N,H,W,C], weight [O,kh,kw,C], bias [O], y [N,H',W',O]:
 *   y[n,i,j,o] = bias[o] + Σ_{u,v,c} x[n, i·s+u-p, j·s+v-p, c] · weight[o,u,v,c]
 * Backward, gathered by each pixel of x, and, where the weight is trained (the lora_down of a convolution), by each weight:
 *   dx[n,a,b,c] = Σ_{u,v,o} dy[n, (a+p-u)/s, (b+p-v)/s, o] · weight[o,u,v,c]   where both divisions leave no rest
 *   dweight[o,u,v,c] = Σ_{n,i,j} dy[n,i,j,o] · x[n, i·s+u-p, j·s+v-p, c]
 */
#define G_LOG_DOMAIN "likeness-ops"

#include "config.h"


#include "cpu/lk-cpu.h"
#include "graph/lk-op.h"
#include "ops/lk-ops.h"
#include "ops/lk-ops-private.h"

enum { X, WEIGHT, BIAS };              /* forward */
enum { DY, BACKWARD_WEIGHT, ADD };     /* backward to x */
enum { WEIGHT_X, WEIGHT_DY, WEIGHT_ADD };   /* backward to the weight */

static const LkOpClass conv2d_class, conv2d_backward_class, conv2d_weight_class;

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
  LkTensor *y;
  LkOp *op;

  g_assert (x->n_dims == 4 && weight->n_dims == 4);
  g_assert (x->dims[3] == weight->dims[3]);
  g_assert (!weight->needs_gradient || weight->is_parameter);
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
  y = lk_op_add_output (op, LK_DTYPE_F32, 4, (gsize[]) { conv.n, conv.out_h, conv.out_w, conv.o });
  lk_product_add_scratch (graph, op, (gsize) conv.n * conv.out_h * conv.out_w, conv.o, (gsize) conv.kh * conv.kw * conv.c);
  return y;
}

/* ---- backward ------------------------------------------------------------------------------------------------ */

static void
conv2d_backward (LkGraph *graph,
                 LkOp    *op)
{
  const LkConv2d *conv = (const LkConv2d *) op->parameters;
  LkTensor *x = op->inputs[X], *weight = op->inputs[WEIGHT], *dy = lk_tensor_get_gradient (op->outputs[0]);

  if (x->needs_gradient)
    {
      LkOp *backward = lk_graph_add_op (graph, &conv2d_backward_class, op->parameters, sizeof (LkConv2d));

      lk_op_add_input (backward, dy);
      lk_op_add_input (backward, weight);
      lk_op_add_input (backward, lk_graph_begin_gradient (graph, x));
      lk_op_add_gradient_output (backward, x);
      lk_product_add_scratch (graph, backward, (gsize) conv->n * conv->h * conv->w, conv->c, (gsize) conv->kh * conv->kw * conv->o);
    }
  if (weight->needs_gradient)
    {
      LkOp *backward = lk_graph_add_op (graph, &conv2d_weight_class, op->parameters, sizeof (LkConv2d));

      lk_op_add_input (backward, x);
      lk_op_add_input (backward, dy);
      lk_op_add_input (backward, lk_graph_begin_gradient (graph, weight));
      lk_op_add_gradient_output (backward, weight);
      lk_product_add_scratch (graph, backward, conv->o, (gsize) conv->kh * conv->kw * conv->c, (gsize) conv->n * conv->out_h * conv->out_w);
    }
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

static void
conv2d_weight_run_cpu (const LkOp *op,
                       LkPool     *pool)
{
  LkCpuConv2d conv = describe (op);

  conv.x = lk_tensor_get_data (op->inputs[WEIGHT_X]);
  conv.dy = lk_tensor_get_data (op->inputs[WEIGHT_DY]);
  conv.add = conv.y;
  lk_cpu_conv2d_backward_weight (pool, &conv);
}

/* ---- Vulkan -------------------------------------------------------------------------------------------------- */

static gboolean
conv2d_record (const LkOp      *op,
               LkGpuRecording  *recording,
               GError         **error)
{
  const LkConv2d *conv = (const LkConv2d *) op->parameters;
  gsize k = (gsize) conv->kh * conv->kw * conv->c;

  return lk_product_record (&(LkProduct) {
    .m = (gsize) conv->n * conv->out_h * conv->out_w, .n = conv->o, .k = k,
    .trans_b = TRUE,
    .lda = conv->c, .ldb = k,
    .conv = conv,
    .a = op->inputs[X], .b = op->inputs[WEIGHT], .bias = op->inputs[BIAS], .c = op->outputs[0],
    .scratch = op->n_outputs > 1 ? op->outputs[1] : NULL,
  }, recording, error);
}

static gboolean
conv2d_backward_record (const LkOp      *op,
                        LkGpuRecording  *recording,
                        GError         **error)
{
  const LkConv2d *conv = (const LkConv2d *) op->parameters;

  return lk_product_record (&(LkProduct) {
    .m = (gsize) conv->n * conv->h * conv->w, .n = conv->c, .k = (gsize) conv->kh * conv->kw * conv->o,
    .lda = conv->o, .ldb = (gsize) conv->kh * conv->kw * conv->c,
    .conv = conv,
    .a = op->inputs[DY], .b = op->inputs[BACKWARD_WEIGHT], .add = op->inputs[ADD], .c = op->outputs[0],
    .scratch = op->n_outputs > 1 ? op->outputs[1] : NULL,
  }, recording, error);
}

static gboolean
conv2d_weight_record (const LkOp      *op,
                      LkGpuRecording  *recording,
                      GError         **error)
{
  const LkConv2d *conv = (const LkConv2d *) op->parameters;

  return lk_product_record (&(LkProduct) {
    .m = conv->o, .n = (gsize) conv->kh * conv->kw * conv->c, .k = (gsize) conv->n * conv->out_h * conv->out_w,
    .trans_a = TRUE,
    .lda = conv->o, .ldb = conv->c,
    .conv = conv,
    .a = op->inputs[WEIGHT_DY], .b = op->inputs[WEIGHT_X], .add = op->inputs[WEIGHT_ADD], .c = op->outputs[0],
    .scratch = op->n_outputs > 1 ? op->outputs[1] : NULL,
  }, recording, error);
}

static const LkOpClass conv2d_class = {
  .name = "conv2d",
  .backward = conv2d_backward,
  .run_cpu = conv2d_run_cpu,
  .record = conv2d_record,
};

static const LkOpClass conv2d_backward_class = {
  .name = "conv2d_backward",
  .run_cpu = conv2d_backward_run_cpu,
  .record = conv2d_backward_record,
  .in_place_input = ADD + 1,
};

static const LkOpClass conv2d_weight_class = {
  .name = "conv2d_weight",
  .run_cpu = conv2d_weight_run_cpu,
  .record = conv2d_weight_record,
};
