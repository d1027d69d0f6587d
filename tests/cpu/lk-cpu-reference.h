/* Every kernel in its plainest form, in double, one thread: what the fast ones are tested against. Results are dense but for
 * GEMM's, which is laid out as its C. `add` and inputs are read from the same structs; outputs of the struct are not touched. */
#pragma once

#include "cpu/lk-cpu.h"

double lk_reference_f16                  (guint16 half);
void   lk_reference_gemm                 (const LkCpuGemm      *gemm,
                                          double               *c);
void   lk_reference_conv2d               (const LkCpuConv2d    *conv,
                                          double               *y);
void   lk_reference_conv2d_backward_data (const LkCpuConv2d    *conv,
                                          double               *dx);
void   lk_reference_conv2d_backward_weight (const LkCpuConv2d  *conv,
                                          double               *dweight);
void   lk_reference_attention            (const LkCpuAttention *attention,
                                          double               *y,
                                          double               *lse);
/* From q, k, v and dy alone. */
void   lk_reference_attention_backward   (const LkCpuAttention *attention,
                                          double               *dq,
                                          double               *dk,
                                          double               *dv);
/* mean, rstd [n,groups]; layer norm is group norm of one place and one group. */
void   lk_reference_group_norm           (const LkCpuGroupNorm *norm,
                                          double               *mean,
                                          double               *rstd,
                                          double               *y);
void   lk_reference_group_norm_backward  (const LkCpuGroupNorm *norm,
                                          double               *dx);
/* The function of LkActivation's kind, and its derivative. */
double lk_reference_activation           (guint                 kind,
                                          double                x,
                                          double               *slope);
