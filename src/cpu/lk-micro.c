/* lk-micro.c: one function for each number of rows, number of vectors in a row and layout of A, from one text.
 *
 * Rows are spelled out with a macro, not a loop over an array: the sums must live in registers, whatever the compiler thinks of
 * unrolling. */
#define G_LOG_DOMAIN "likeness-cpu"

#include "config.h"

#include "cpu/lk-micro.h"

#if LK_MICRO_ROWS == 14
#define EACH_ROW(X) X (0) X (1) X (2) X (3) X (4) X (5) X (6) X (7) X (8) X (9) X (10) X (11) X (12) X (13)
#elif LK_MICRO_ROWS == 6
#define EACH_ROW(X) X (0) X (1) X (2) X (3) X (4) X (5)
#else
#define EACH_ROW(X) X (0) X (1) X (2) X (3)
#endif

/* What a row of the finished tile is added to: bias and `add`, in this order. */
LK_INLINE void
write_vector (const LkMicro *tile,
              LkVec          sum,
              gsize          row,
              gsize          column)
{
  gsize n = tile->n_columns - column, at = tile->c_rows[row] + column;
  LkVec base = v_set (0);

  if (tile->bias != NULL)
    base = v_load_n (tile->bias + column, n);
  if (tile->add != NULL)
    base += v_load_n (tile->add + at, n);
  v_store_n (tile->c + at, v_fma (sum, v_set (tile->scale), base), n);
}

LK_INLINE void
run_tile (const int      n_rows,
          const int      n_vectors,
          const int      by_column,
          const LkMicro *tile)
{
  const float *a = tile->a, *b = tile->b;
  const gsize k = tile->k, a_stride = tile->a_stride, b_stride = tile->b_stride;

#define DECLARE(i) \
  LkVec sum##i##_0 = v_set (0), sum##i##_1 = v_set (0); \
  const float *a##i = a + (i < n_rows && !by_column ? i * a_stride : 0);
  EACH_ROW (DECLARE)

  /* C comes from far away more often than not: ask for it now, need it after the loop. */
#define PREFETCH(i) \
  if (i < n_rows) \
    { \
      __builtin_prefetch (tile->c + tile->c_rows[i], 1); \
      if (n_vectors > 1 && LANES == 16) \
        __builtin_prefetch (tile->c + tile->c_rows[i] + LANES, 1); \
    }
  EACH_ROW (PREFETCH)

  for (gsize p = 0; p < k; p++)
    {
      LkVec b0 = v_load (b), b1 = n_vectors > 1 ? v_load (b + LANES) : b0;

#define MULTIPLY(i) \
      if (i < n_rows) \
        { \
          LkVec x = v_set (by_column ? a[i] : a##i[p]); \
          sum##i##_0 = v_fma (x, b0, sum##i##_0); \
          if (n_vectors > 1) \
            sum##i##_1 = v_fma (x, b1, sum##i##_1); \
        }
      EACH_ROW (MULTIPLY)

      b += b_stride;
      if (by_column)
        a += a_stride;
    }

#define WRITE(i) \
  if (i < n_rows) \
    { \
      write_vector (tile, sum##i##_0, i, 0); \
      if (n_vectors > 1) \
        write_vector (tile, sum##i##_1, i, LANES); \
    }
  EACH_ROW (WRITE)
}

#define DEFINE(i) \
  static void rows_1_##i (const LkMicro *tile) { run_tile (i + 1, 1, FALSE, tile); } \
  static void rows_2_##i (const LkMicro *tile) { run_tile (i + 1, 2, FALSE, tile); } \
  static void columns_1_##i (const LkMicro *tile) { run_tile (i + 1, 1, TRUE, tile); } \
  static void columns_2_##i (const LkMicro *tile) { run_tile (i + 1, 2, TRUE, tile); }
EACH_ROW (DEFINE)

#define NAME(i) { { rows_1_##i, rows_2_##i }, { columns_1_##i, columns_2_##i } },
static void (*const tiles[LK_MICRO_ROWS][2][2]) (const LkMicro *tile) = { EACH_ROW (NAME) };

void
LK_KERNEL (lk_micro) (const LkMicro *tile)
{
  tiles[tile->n_rows - 1][tile->a_by_column != 0][tile->n_columns > LANES] (tile);
}
