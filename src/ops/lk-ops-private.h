/* What the files of src/ops share: parameters that more than one of them reads. */
#pragma once

#include "graph/lk-op.h"

G_BEGIN_DECLS

/* A matrix product of op(A) [m,k] and op(B) [k,n]. */
typedef struct
{
  gsize    m, n, k;
  gboolean trans_a, trans_b;
} LkGemm;

/* A convolution, as lk-conv2d.c defines it. */
typedef struct
{
  guint n, h, w, c, o, kh, kw, stride, pad_before, out_h, out_w;
} LkConv2d;

/* A product on Vulkan: C = s · op(A)·op(B) + bias + add, where A and B are matrices with leading dimensions lda and ldb; or, with `conv`,
 * a convolution as one: y from x and the weights (trans_b), dx from dy and the weights, or dweight from dy and x (trans_a). bias, add and
 * scale may be NULL. */
typedef struct
{
  gsize           m, n, k, lda, ldb;
  gboolean        trans_a, trans_b;
  const LkConv2d *conv;
  LkTensor       *a, *b, *bias, *add, *scale, *c;
  LkTensor       *scratch;      /* the output that lk_product_add_scratch () gave the op, NULL for none */
} LkProduct;

/* Gives `op` a further output for the parts of a product whose k is split, where the product will be. */
void     lk_product_add_scratch (LkGraph          *graph,
                                 LkOp             *op,
                                 gsize             m,
                                 gsize             n,
                                 gsize             k);
gboolean lk_product_record      (const LkProduct  *product,
                                 LkGpuRecording   *recording,
                                 GError          **error);

/* Attention, as lk-attention.c defines it. */
typedef struct
{
  guint    b, t, s, h, d;
  float    scale;
  gboolean is_causal;
} LkAttention;

/* The norms, as lk-group-norm.c and lk-layer-norm.c define them. */
typedef struct
{
  guint    n, places, c, n_groups;
  float    eps;
  gboolean with_silu;
} LkGroupNorm;

typedef struct
{
  guint rows, c;
  float eps;
} LkLayerNorm;

/* Elements that one item of an element-by-element kernel covers. */
#define LK_CHUNK 16384

/* Runs `func` over the chunks of `n` elements, with the op as its data. */
static inline void
lk_op_run_chunks (const LkOp *op,
                  LkPool     *pool,
                  gsize       n,
                  LkPoolFunc  func)
{
  lk_pool_run (pool, (n + LK_CHUNK - 1) / LK_CHUNK, func, (gpointer) op);
}

G_END_DECLS
