/* The native kernels: plain C on plain memory, threaded over a pool, vectorised for the best instruction set that the processor
 * has (AVX-512, AVX2 with FMA and F16C, or plain C). They know nothing of graphs.
 *
 * Every kernel adds up in an order that depends on shapes and instruction set, never on the number of threads. Matrices are row-major
 * with a leading dimension in elements.
 */
#pragma once

#include "base/lk-dtype.h"
#include "base/lk-pool.h"

G_BEGIN_DECLS

typedef enum
{
  LK_CPU_PLAIN,
  LK_CPU_AVX2,
  LK_CPU_AVX512,
} LkCpuIsa;

/* The instruction set in use: the best the processor has, or what LIKENESS_CPU_ISA says (plain, avx2, avx512). */
LkCpuIsa    lk_cpu_get_isa   (void);
const char *lk_cpu_isa_name  (LkCpuIsa isa);

/* C [m,n] = scale · op(A)·op(B) + bias (a row, or NULL) + add (the shape of C, leading dimension ldc, or NULL; may be C itself).
 * op(A) is [m,k]: A is [m,k], or [k,m] where `trans_a`. op(B) is [k,n]: B is [k,n], or [n,k] where `trans_b`. A is F32, B F32 or F16. */
typedef struct
{
  gsize        m, n, k;
  gboolean     trans_a, trans_b;
  float        scale;
  const float *a;
  gsize        lda;
  gconstpointer b;
  LkDtype      b_dtype;
  gsize        ldb;
  const float *bias;
  const float *add;
  float       *c;
  gsize        ldc;
} LkCpuGemm;

void lk_cpu_gemm (LkPool          *pool,
                  const LkCpuGemm *gemm);

/* Convolution, channels last, as implicit GEMM, 3x3 with stride 1 by Winograd: y = conv (x) + bias + add. x [n,h,w,c], weight
 * [o,kh,kw,c] F32 or F16, y [n,out_h,out_w,o].
 * lk_cpu_conv2d_backward_data: dx [n,h,w,c] from dy [n,out_h,out_w,o] with the same weight, gathered, any stride; dx = result + add.
 * lk_cpu_conv2d_backward_weight: the weight's gradient [o,kh,kw,c] from x and dy; = result + add. */
typedef struct
{
  gsize         n, h, w, c, o, kh, kw, stride, pad_before, out_h, out_w;
  gconstpointer weight;
  LkDtype       weight_dtype;
  const float  *bias;            /* [o], or NULL; forward only */
  const float  *x;               /* forward, backward_weight: x; backward_data: dy */
  const float  *dy;              /* backward_weight only */
  const float  *add;             /* the shape of y, or NULL; may be y */
  float        *y;               /* what is computed: y, dx or the weight's gradient */
} LkCpuConv2d;

void lk_cpu_conv2d                 (LkPool            *pool,
                                    const LkCpuConv2d *conv);
void lk_cpu_conv2d_backward_data   (LkPool            *pool,
                                    const LkCpuConv2d *conv);
void lk_cpu_conv2d_backward_weight (LkPool            *pool,
                                    const LkCpuConv2d *conv);

/* Attention as ops/lk-ops.h defines it. q [b,t,h*d], k and v [b,s,h*d], y [b,t,h*d]; lse [b,h,t]: log of the sum of exp of the
 * scaled scores, kept for backward, or NULL. scale > 0. Backward recomputes the probabilities from lse. Any of dq, dk, dv may be NULL. */
typedef struct
{
  gsize        b, t, s, h, d;
  float        scale;
  gboolean     is_causal;
  const float *q, *k, *v;
  float       *y, *lse;
  const float *dy;               /* backward only, with y and lse of the forward pass */
  float       *dq, *dk, *dv;
} LkCpuAttention;

void lk_cpu_attention          (LkPool               *pool,
                                const LkCpuAttention *attention);
void lk_cpu_attention_backward (LkPool               *pool,
                                const LkCpuAttention *attention);

/* Group norm over x [n,places,c], eps inside the root; y = norm·gamma + beta, then SiLU where with_silu. mean, rstd [n,groups] are
 * written by the forward pass and read by the backward pass. gamma, beta [c]. y may be x. Backward: dx from dy; dx may be dy, not x. */
typedef struct
{
  gsize        n, places, c, n_groups;
  float        eps;
  gboolean     with_silu;
  const float *x, *gamma, *beta;
  float       *mean, *rstd;
  float       *y;                /* forward */
  const float *dy;               /* backward */
  float       *dx;
} LkCpuGroupNorm;

void lk_cpu_group_norm          (LkPool               *pool,
                                 const LkCpuGroupNorm *norm);
void lk_cpu_group_norm_backward (LkPool               *pool,
                                 const LkCpuGroupNorm *norm);

/* Layer norm over x [rows,c]; mean, rstd [rows]. y may be x, dx may be x or dy. */
typedef struct
{
  gsize        rows, c;
  float        eps;
  const float *x, *gamma, *beta;
  float       *mean, *rstd;
  float       *y;
  const float *dy;
  float       *dx;
} LkCpuLayerNorm;

void lk_cpu_layer_norm          (LkPool               *pool,
                                 const LkCpuLayerNorm *norm);
void lk_cpu_layer_norm_backward (LkPool               *pool,
                                 const LkCpuLayerNorm *norm);

/* Element by element, n elements. Kinds are LkActivation of ops/lk-ops.h in its order: SiLU, GELU (erf), GELU (tanh), quick GELU. Accurate to
 * a few ulp of the exact function. Backward: dx = dy · f'(x). Results may stand where an input stood. */
void lk_cpu_activation          (LkPool *pool, guint kind, gsize n, const float *x, float *y);
void lk_cpu_activation_backward (LkPool *pool, guint kind, gsize n, const float *x, const float *dy, float *dx);
/* x [rows,2c] -> y [rows,c]: value · gelu (gate). Backward: dx [rows,2c]. */
void lk_cpu_geglu               (LkPool *pool, gsize rows, gsize c, const float *x, float *y);
void lk_cpu_geglu_backward      (LkPool *pool, gsize rows, gsize c, const float *x, const float *dy, float *dx);

/* Number conversion, n elements; round to nearest even. */
void lk_cpu_f16_to_f32 (gsize n, gconstpointer f16, float *f32);
void lk_cpu_f32_to_f16 (gsize n, const float *f32, gpointer f16);

G_END_DECLS
