/* What each compilation of the kernels offers, a table a family; lk-cpu.c picks the compilation. See lk-cpu.h for meanings. */
#pragma once

#include "cpu/lk-cpu.h"

typedef struct
{
  void (*gemm) (LkPool          *pool,
                const LkCpuGemm *gemm);
} LkGemmKernels;

typedef struct
{
  void (*forward)         (LkPool            *pool,
                           const LkCpuConv2d *conv);
  void (*backward_data)   (LkPool            *pool,
                           const LkCpuConv2d *conv);
  void (*backward_weight) (LkPool            *pool,
                           const LkCpuConv2d *conv);
} LkConv2dKernels;

typedef struct
{
  void (*forward)  (LkPool               *pool,
                    const LkCpuAttention *attention);
  void (*backward) (LkPool               *pool,
                    const LkCpuAttention *attention);
} LkAttentionKernels;

typedef struct
{
  void (*forward)  (LkPool               *pool,
                    const LkCpuGroupNorm *norm);
  void (*backward) (LkPool               *pool,
                    const LkCpuGroupNorm *norm);
} LkGroupNormKernels;

typedef struct
{
  void (*forward)  (LkPool               *pool,
                    const LkCpuLayerNorm *norm);
  void (*backward) (LkPool               *pool,
                    const LkCpuLayerNorm *norm);
} LkLayerNormKernels;

typedef struct
{
  void (*activation)          (LkPool *pool, guint kind, gsize n, const float *x, float *y);
  void (*activation_backward) (LkPool *pool, guint kind, gsize n, const float *x, const float *dy, float *dx);
  void (*geglu)               (LkPool *pool, gsize rows, gsize c, const float *x, float *y);
  void (*geglu_backward)      (LkPool *pool, gsize rows, gsize c, const float *x, const float *dy, float *dx);
} LkElementwiseKernels;

typedef struct
{
  void (*f16_to_f32) (gsize n, gconstpointer f16, float *f32);
  void (*f32_to_f16) (gsize n, const float *f32, gpointer f16);
} LkConvertKernels;

#define LK_DECLARE_KERNELS(isa) \
  extern const LkGemmKernels lk_gemm_kernels_##isa; \
  extern const LkConv2dKernels lk_conv2d_kernels_##isa; \
  extern const LkAttentionKernels lk_attention_kernels_##isa; \
  extern const LkGroupNormKernels lk_group_norm_kernels_##isa; \
  extern const LkLayerNormKernels lk_layer_norm_kernels_##isa; \
  extern const LkElementwiseKernels lk_elementwise_kernels_##isa; \
  extern const LkConvertKernels lk_convert_kernels_##isa;

LK_DECLARE_KERNELS (plain)
LK_DECLARE_KERNELS (avx2)
LK_DECLARE_KERNELS (avx512)
