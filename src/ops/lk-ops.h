/* The ops: every kind of step that a model or a training run is made of. Each builds its output tensors in the graph; one file
 * beside this header holds an op's shape rule, backward rule, CPU kernel and Vulkan launch.
 *
 * Activations are F32, channels last. Frozen matrices, kernels and tables are
 * F32 or F16; biases, gammas and betas are F32. All products and reductions accumulate in F32. A gradient
 * flows to activations and to parameters, never to frozen weights. Optional tensors may be NULL.
 */
#pragma once

#include "graph/lk-graph.h"

G_BEGIN_DECLS

/* ---- products ------------------------------------------------------------------------------------------------ */

/* y = x·Wᵀ + bias. x [..,K], weight [N,K] (F32 or F16), bias [N] or NULL; y [..,N]. */
LkTensor *lk_linear           (LkGraph  *graph,
                               LkTensor *x,
                               LkTensor *weight,
                               LkTensor *bias);

/* y = base + scale·(x·Wᵀ): the second half of a LoRA. base [..,N]; scale is a tensor [1], or NULL for one. */
LkTensor *lk_linear_add       (LkGraph  *graph,
                               LkTensor *base,
                               LkTensor *x,
                               LkTensor *weight,
                               LkTensor *scale);

/* Convolution of x [N,H,W,C] with weight [O,kh,kw,C] and bias [O] or NULL; zero padding of `pad_before` rows and columns at the
 * top and left, `pad_after` at the bottom and right. y [N,H',W',O], H' = (H + pad_before + pad_after - kh) / stride + 1.
 * The weight may be a parameter. */
LkTensor *lk_conv2d           (LkGraph  *graph,
                               LkTensor *x,
                               LkTensor *weight,
                               LkTensor *bias,
                               guint     stride,
                               guint     pad_before,
                               guint     pad_after);

/* Attention of B sequences: q [B,..,H*D], k and v [B,..,H*D], channels last, where the middle dimensions are the sequence; y has
 * q's shape. `scale` multiplies q·k (usually 1/sqrt(D)); `is_causal` lets a query see keys up to its own place only. */
LkTensor *lk_attention        (LkGraph  *graph,
                               LkTensor *q,
                               LkTensor *k,
                               LkTensor *v,
                               guint     n_heads,
                               float     scale,
                               gboolean  is_causal);

/* ---- norms --------------------------------------------------------------------------------------------------- */

/* Group norm over [N,..,C] with gamma and beta [C], then SiLU where `with_silu`. */
LkTensor *lk_group_norm       (LkGraph  *graph,
                               LkTensor *x,
                               LkTensor *gamma,
                               LkTensor *beta,
                               guint     n_groups,
                               float     eps,
                               gboolean  with_silu);
LkTensor *lk_layer_norm       (LkGraph  *graph,
                               LkTensor *x,
                               LkTensor *gamma,
                               LkTensor *beta,
                               float     eps);

/* ---- element by element --------------------------------------------------------------------------------------- */

typedef enum
{
  LK_ACTIVATION_SILU,           /* x·σ(x) */
  LK_ACTIVATION_GELU,           /* x·Φ(x), by erf */
  LK_ACTIVATION_GELU_TANH,      /* its tanh approximation */
  LK_ACTIVATION_QUICK_GELU,     /* x·σ(1.702 x) */
} LkActivation;

LkTensor *lk_activation       (LkGraph  *graph,
                               LkTensor *x,
                               LkActivation kind);
/* x [..,2C], the value in the first C columns, the gate in the last: y = value · gelu (gate), [..,C]. */
LkTensor *lk_geglu            (LkGraph  *graph,
                               LkTensor *x);
/* x [N,..,C] + e [N,C], to every place of sample n: how the timestep enters a residual block. */
LkTensor *lk_add_per_sample   (LkGraph  *graph,
                               LkTensor *x,
                               LkTensor *e);
/* a[n]·x + b[n]·y for each sample n. x, y [N,..]; a, b [N]. How noise is added. No gradient. */
LkTensor *lk_mix              (LkGraph  *graph,
                               LkTensor *x,
                               LkTensor *y,
                               LkTensor *a,
                               LkTensor *b);

/* ---- moves --------------------------------------------------------------------------------------------------- */

/* [..,A] and [..,B] side by side: [..,A+B]. */
LkTensor *lk_concat           (LkGraph  *graph,
                               LkTensor *a,
                               LkTensor *b);
/* Columns `first` to `first + n` of x [..,C]. */
LkTensor *lk_slice            (LkGraph  *graph,
                               LkTensor *x,
                               gsize     first,
                               gsize     n);
/* Nearest neighbour. x [N,H,W,C]; height is 2H or 2H - 1, width 2W or 2W - 1: one less cuts the last row or column off. */
LkTensor *lk_upsample         (LkGraph  *graph,
                               LkTensor *x,
                               gsize     height,
                               gsize     width);
/* Rows of table [V,C] for ids [B,T] (I32, each below V), plus positions [T',C], T' >= T: y [B,T,C]. No gradient. */
LkTensor *lk_embedding        (LkGraph  *graph,
                               LkTensor *ids,
                               LkTensor *table,
                               LkTensor *positions);

/* ---- loss and optimizer -------------------------------------------------------------------------------------- */

/* Mean over the batch of weight[n] · mean ((prediction - target)²) of sample n: [1]. `per_sample` receives the unweighted mean of
 * each sample, [N]. prediction, target [N,..]; weight [N]. */
LkTensor *lk_mse_loss         (LkGraph   *graph,
                               LkTensor  *prediction,
                               LkTensor  *target,
                               LkTensor  *weight,
                               LkTensor **per_sample);

/* The Euclidean norm of x, [1], added up in a fixed order. NaN or infinite where any element is. */
LkTensor *lk_norm             (LkGraph  *graph,
                               LkTensor *x);

/* One step of AdamW (Loshchilov and Hutter 2019, as PyTorch computes it), in place on parameter, first and second moment; the
 * gradient is zeroed after it was used. All of one length. A step whose norm is not finite changes nothing but the gradient.
 * settings, F32 [8]: learning rate, beta 1, beta 2, eps, weight decay, 1 - beta1^t, 1 - beta2^t, largest norm (0: no clipping).
 * The gradient is divided by max (1, norm / largest norm), as torch.nn.utils.clip_grad_norm_ does (+ 1e-6). */
void      lk_adamw            (LkGraph  *graph,
                               LkTensor *parameter,
                               LkTensor *gradient,
                               LkTensor *moment1,
                               LkTensor *moment2,
                               LkTensor *norm,
                               LkTensor *settings);

G_END_DECLS
