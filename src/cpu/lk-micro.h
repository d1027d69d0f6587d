/* The innermost product: a tile of C in registers, C = scale·A·B + bias + add.
 *
 * A tile is up to LK_MICRO_ROWS rows and LK_MICRO_COLUMNS columns. A is read element by element, by rows (each contiguous in k, `a_stride`
 * apart) or by columns (element (i, p) at p·a_stride + i); B as whole vectors, row p at p·b_stride, so B rows must be readable up to
 * the next multiple of LANES. C and `add` are touched within `n_columns` only. */
#pragma once

#include "cpu/lk-simd.h"

#if defined(__AVX512F__)
#define LK_MICRO_ROWS 14        /* 28 of 32 registers hold sums */
#elif defined(__AVX2__)
#define LK_MICRO_ROWS 6         /* 12 of 16 */
#else
#define LK_MICRO_ROWS 4         /* 8 of 16 */
#endif
#define LK_MICRO_COLUMNS (2 * LANES)

typedef struct
{
  gsize        n_rows, n_columns, k;
  gboolean     a_by_column;
  const float *a;
  gsize        a_stride;
  const float *b;
  gsize        b_stride;
  float        scale;
  const float *bias;            /* n_columns, or NULL */
  const float *add;             /* laid out as c, or NULL; may be c */
  float       *c;
  const gsize *c_rows;          /* where each row of c begins */
} LkMicro;

void LK_KERNEL (lk_micro) (const LkMicro *tile);

/* The number of tiles that n_rows are cut into, and the first row of one: tiles of a block differ by one row at most. */
LK_INLINE gsize
lk_micro_count (gsize n_rows)
{
  return (n_rows + LK_MICRO_ROWS - 1) / LK_MICRO_ROWS;
}

LK_INLINE gsize
lk_micro_first_row (gsize n_rows,
                    gsize n_tiles,
                    gsize tile)
{
  return n_rows * tile / n_tiles;
}
