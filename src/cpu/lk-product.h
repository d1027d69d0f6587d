/* The blocked matrix product under GEMM and convolution: C = scale·A·B + bias + add, with A read from memory or gathered block
 * by block, B packed panel by panel (F16 becomes F32 there), C written by rows that may lie anywhere.
 *
 * k is cut into blocks of at most 256: a sum of k products is then a sum of k / 256 sums, which also keeps the rounding error
 * of a long one low. How k is cut follows from m, n and k alone.
 */
#pragma once

#include "cpu/lk-cpu.h"
#include "cpu/lk-micro.h"

typedef struct _LkProduct LkProduct;

struct _LkProduct
{
  gsize         m, n, k;
  float         scale;

  const float  *a;              /* A in memory, or NULL: then `gather` writes rows of it */
  gsize         a_stride;
  gboolean      a_by_column;    /* element (i, p) at p·a_stride + i, not i·a_stride + p */

  gconstpointer b;              /* B in memory, or NULL: then `gather` writes rows of that */
  LkDtype       b_dtype;
  gboolean      b_by_column;    /* element (p, j) at j·b_stride + p */
  gsize         b_stride;       /* else at b_taps[p / b_per_tap] + p % b_per_tap · b_stride + j */
  const gsize  *b_taps;
  gsize         b_per_tap;

  const float  *bias;
  const float  *add;
  float        *c;

  /* Columns first_column to first_column + n_columns of rows first_row to first_row + n_rows, rows `stride` apart. */
  void        (*gather) (const LkProduct *product,
                         gsize            first_row,
                         gsize            n_rows,
                         gsize            first_column,
                         gsize            n_columns,
                         float           *to,
                         gsize            stride);
  /* Where these rows begin in c and add. */
  void        (*place)  (const LkProduct *product,
                         gsize            first_row,
                         gsize            n_rows,
                         gsize           *starts);
  gconstpointer data;           /* for both */
};

void LK_KERNEL (lk_product_run) (LkPool          *pool,
                                 const LkProduct *product);
/* B's rows first_k to first_k + n_k, at most LK_MICRO_COLUMNS columns from `column` on, as floats, `stride` apart. Lanes that fill up the
 * last vector are undefined. */
void LK_KERNEL (lk_product_pack) (const LkProduct *product,
                                  gsize            first_k,
                                  gsize            n_k,
                                  gsize            column,
                                  gsize            n_columns,
                                  float           *to,
                                  gsize            stride);
