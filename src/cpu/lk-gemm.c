/* lk-gemm.c: LkCpuGemm as a product of matrices in memory. */
#define G_LOG_DOMAIN "likeness-cpu"

#include "config.h"

#include "cpu/lk-kernels.h"
#include "cpu/lk-product.h"

static void
place_rows (const LkProduct *product,
            gsize            first_row,
            gsize            n_rows,
            gsize           *starts)
{
  const LkCpuGemm *gemm = product->data;

  for (gsize i = 0; i < n_rows; i++)
    starts[i] = (first_row + i) * gemm->ldc;
}

static void
gemm_run (LkPool          *pool,
          const LkCpuGemm *gemm)
{
  static const gsize origin = 0;
  LkProduct product = {
    .m = gemm->m,
    .n = gemm->n,
    .k = gemm->k,
    .scale = gemm->scale,
    .a = gemm->a,
    .a_stride = gemm->lda,
    .a_by_column = gemm->trans_a,
    .b = gemm->b,
    .b_dtype = gemm->b_dtype,
    .b_by_column = gemm->trans_b,
    .b_stride = gemm->ldb,
    .b_taps = &origin,
    .b_per_tap = MAX (1, gemm->k),
    .bias = gemm->bias,
    .add = gemm->add,
    .c = gemm->c,
    .place = place_rows,
    .data = gemm,
  };

  LK_KERNEL (lk_product_run) (pool, &product);
}

const LkGemmKernels LK_KERNEL (lk_gemm_kernels) = { gemm_run };
