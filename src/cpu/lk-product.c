/* lk-product.c: cuts a product into items, and an item into tiles. Three ways:
 *
 * tiles   An item is a block of C. For each block of k: A's block is copied, rows together and off the processor's favourite
 *         collisions (or used where it lies, if it is read once); then for each panel of columns of B: pack it into the first
 *         level cache, run down the rows.
 * dots    A few rows or a few columns against B by column: both operands are contiguous in k, so lanes run along k.
 * splits  A small C with a large k (a weight gradient: k is the number of tokens): items are ranges of k with a C each, which
 *         a second job adds up in order.
 */
#define G_LOG_DOMAIN "likeness-cpu"

#include "config.h"

#include "cpu/lk-product.h"

#define MAX_BLOCK_K 320
#define MAX_BLOCK_ROWS (32 * LK_MICRO_ROWS)      /* with 256 columns, less than half of a second-level cache of 1 MiB */
#define MAX_BLOCK_COLUMNS 1024
#define MIN_ITEM_WORK (512 * 1024)               /* multiplications: some 10 µs, ten times what handing over costs */
#define ITEMS_PER_THREAD 4                       /* so that threads end at about the same time */
#define ENOUGH_ITEMS 24                          /* where the shape alone decides */
#define DOT_SIZE 8                               /* rows or columns up to which lanes run along k */

#define A_PAD 16                                 /* between copied rows, so that they do not meet in one cache set */

typedef struct
{
  const LkProduct *product;
  LkPool          *pool;
  gsize            n_row_blocks, n_column_blocks;
  gsize            n_splits;
  float           *parts;       /* n_splits of [m,n], if there is more than one */
} LkProductJob;

LK_INLINE gsize
divide_up (gsize a,
           gsize b)
{
  return (a + b - 1) / b;
}

/* The first of n things in part i of n_parts, where parts are multiples of `unit` but for the last. */
LK_INLINE gsize
first_of (gsize n,
          gsize unit,
          gsize n_parts,
          gsize i)
{
  return MIN (n, divide_up (n, unit) * i / n_parts * unit);
}

/* ---- B --------------------------------------------------------------------------------------------------------- */

LK_INLINE LkVec
load_b (gconstpointer b,
        gboolean      is_f16,
        gsize         at,
        gsize         n)
{
  return is_f16 ? v_load_f16_n ((const guint16 *) b + at, n) : v_load_n ((const float *) b + at, n);
}

/* Turns n_k elements of up to LANES columns, each contiguous in memory, into rows `stride` apart. */
LK_INLINE void
pack_columns (gconstpointer b,
              gboolean      is_f16,
              gsize         b_stride,
              gsize         first_k,
              gsize         n_k,
              gsize         column,
              gsize         n_columns,
              float        *to,
              gsize         stride)
{
  for (gsize p = 0; p < n_k; p += LANES)
    {
      LkVec rows[LANES];
      gsize n = MIN (LANES, n_k - p);

#pragma GCC unroll 16
      for (gsize j = 0; j < LANES; j++)
        rows[j] = j < n_columns ? load_b (b, is_f16, (column + j) * b_stride + first_k + p, n) : v_set (0);
      v_transpose (rows);
#pragma GCC unroll 16
      for (gsize j = 0; j < LANES; j++)
        if (j < n)
          v_store (to + (p + j) * stride, rows[j]);
    }
}

LK_INLINE void
pack_rows (const LkProduct *product,
           gboolean         is_f16,
           gsize            first_k,
           gsize            n_k,
           gsize            column,
           gsize            n_columns,
           float           *to,
           gsize            stride)
{
  gsize tap = first_k / product->b_per_tap, p_in_tap = first_k % product->b_per_tap;

  for (gsize p = 0; p < n_k; p++)
    {
      gsize at = product->b_taps[tap] + p_in_tap * product->b_stride + column;

      for (gsize j = 0; j < n_columns; j += LANES)
        v_store (to + p * stride + j, load_b (product->b, is_f16, at + j, n_columns - j));
      if (++p_in_tap == product->b_per_tap)
        {
          p_in_tap = 0;
          tap++;
        }
    }
}

void
LK_KERNEL (lk_product_pack) (const LkProduct *product,
                             gsize            first_k,
                             gsize            n_k,
                             gsize            column,
                             gsize            n_columns,
                             float           *to,
                             gsize            stride)
{
  gboolean is_f16 = product->b_dtype == LK_DTYPE_F16;

  if (product->b == NULL)
    {
      product->gather (product, first_k, n_k, column, n_columns, to, stride);
      return;
    }
  if (!product->b_by_column)
    {
      if (is_f16)
        pack_rows (product, TRUE, first_k, n_k, column, n_columns, to, stride);
      else
        pack_rows (product, FALSE, first_k, n_k, column, n_columns, to, stride);
      return;
    }
  for (gsize j = 0; j < n_columns; j += LANES)
    {
      if (is_f16)
        pack_columns (product->b, TRUE, product->b_stride, first_k, n_k, column + j, MIN (LANES, n_columns - j), to + j, stride);
      else
        pack_columns (product->b, FALSE, product->b_stride, first_k, n_k, column + j, MIN (LANES, n_columns - j), to + j, stride);
    }
}

/* ---- tiles ----------------------------------------------------------------------------------------------------- */

/* Copies A's block: rows `stride` apart; or, by column, tile after tile, with the columns of a tile LANES apart. */
static void
copy_a (const LkProduct *product,
        gsize            first_row,
        gsize            n_rows,
        gsize            first_k,
        gsize            n_k,
        float           *to,
        gsize            stride)
{
  if (product->a == NULL)
    product->gather (product, first_row, n_rows, first_k, n_k, to, stride);
  else if (!product->a_by_column)
    for (gsize i = 0; i < n_rows; i++)
      v_copy (to + i * stride, product->a + (first_row + i) * product->a_stride + first_k, n_k);
  else
    for (gsize i = 0, n_tiles = lk_micro_count (n_rows); i < n_tiles; i++)
      {
        gsize row = lk_micro_first_row (n_rows, n_tiles, i), n = lk_micro_first_row (n_rows, n_tiles, i + 1) - row;
        const float *from = product->a + first_k * product->a_stride + first_row + row;

        for (gsize p = 0; p < n_k; p++, to += LANES)
          v_store (to, v_load_n (from + p * product->a_stride, n));
      }
}

static void
run_block (const LkProductJob *job,
           gsize               first_row,
           gsize               n_rows,
           gsize               first_column,
           gsize               n_columns,
           gsize               first_k,
           gsize               n_k,
           float              *part,
           guint               worker)
{
  const LkProduct *product = job->product;
  gsize n_tiles = lk_micro_count (n_rows);
  gsize n_k_blocks = MAX (1, divide_up (n_k, MAX_BLOCK_K));
  gsize block_k = divide_up (divide_up (n_k, n_k_blocks), LANES) * LANES;
  gsize copy_stride = product->a_by_column ? LANES : block_k + A_PAD;
  gsize copy_size = product->a_by_column ? n_tiles * block_k * LANES : n_rows * copy_stride;
  /* Reading A in place is best if it is read once or twice, unless its rows meet in the same cache sets. */
  gboolean copies_a = product->a == NULL || n_columns > 2 * LK_MICRO_COLUMNS || product->a_stride % 512 == 0;
  float *panel = lk_pool_get_scratch (job->pool, worker,
                                      (block_k * LK_MICRO_COLUMNS + (copies_a ? copy_size : 0)) * sizeof (float));
  float *copy = panel + block_k * LK_MICRO_COLUMNS;
  gsize starts[MAX_BLOCK_ROWS];
  LkMicro tile = { .a_by_column = product->a_by_column, .b_stride = LK_MICRO_COLUMNS, .scale = product->scale };

  if (part != NULL)
    for (gsize i = 0; i < n_rows; i++)
      starts[i] = (first_row + i) * product->n;
  else
    product->place (product, first_row, n_rows, starts);

  for (gsize block = 0; block < n_k_blocks; block++)
    {
      gsize p = MIN (n_k, block * block_k), rest = MIN (block_k, n_k - p);
      const float *a = NULL;
      gsize a_stride = 0;

      if (rest == 0)
        ;
      else if (copies_a)
        {
          copy_a (product, first_row, n_rows, first_k + p, rest, copy, copy_stride);
          a = copy;
          a_stride = copy_stride;
        }
      else
        {
          a_stride = product->a_stride;
          a = product->a_by_column ? product->a + (first_k + p) * a_stride + first_row
                                   : product->a + first_row * a_stride + first_k + p;
        }

      tile.k = rest;
      tile.a_stride = a_stride;
      for (gsize column = 0; column < n_columns; column += LK_MICRO_COLUMNS)
        {
          tile.n_columns = MIN (LK_MICRO_COLUMNS, n_columns - column);
          /* With few rows, packing would cost as much as it saves; whole vectors can be read where they lie. */
          if (rest == 0)
            tile.b = NULL;
          else if (n_tiles <= 2 && product->b != NULL && !product->b_by_column && product->b_dtype == LK_DTYPE_F32 && tile.n_columns % LANES == 0 &&
              (first_k + p) / product->b_per_tap == (first_k + p + rest - 1) / product->b_per_tap)
            {
              tile.b = (const float *) product->b + product->b_taps[(first_k + p) / product->b_per_tap] +
                       (first_k + p) % product->b_per_tap * product->b_stride + first_column + column;
              tile.b_stride = product->b_stride;
            }
          else
            {
              LK_KERNEL (lk_product_pack) (product, first_k + p, rest, first_column + column, tile.n_columns, panel, LK_MICRO_COLUMNS);
              tile.b = panel;
              tile.b_stride = LK_MICRO_COLUMNS;
            }

          tile.c = (part != NULL ? part : product->c) + first_column + column;
          if (block > 0)
            {
              tile.bias = NULL;
              tile.add = tile.c;
            }
          else if (part == NULL)
            {
              tile.bias = product->bias != NULL ? product->bias + first_column + column : NULL;
              tile.add = product->add != NULL ? product->add + first_column + column : NULL;
            }

          for (gsize i = 0; i < n_tiles; i++)
            {
              gsize row = lk_micro_first_row (n_rows, n_tiles, i);

              tile.n_rows = lk_micro_first_row (n_rows, n_tiles, i + 1) - row;
              tile.a = a + (!product->a_by_column ? row * a_stride : copies_a ? i * rest * LANES : row);
              tile.c_rows = starts + row;
              LK_KERNEL (lk_micro) (&tile);
            }
        }
    }
}

static void
run_tiles (gpointer data,
           gsize    item,
           guint    worker)
{
  const LkProductJob *job = data;
  const LkProduct *product = job->product;
  gsize split = item % job->n_splits;
  gsize column_block = item / job->n_splits % job->n_column_blocks, row_block = item / job->n_splits / job->n_column_blocks;
  gsize row = first_of (product->m, 1, job->n_row_blocks, row_block);
  gsize row_end = first_of (product->m, 1, job->n_row_blocks, row_block + 1);
  gsize column = first_of (product->n, LK_MICRO_COLUMNS, job->n_column_blocks, column_block);
  gsize column_end = first_of (product->n, LK_MICRO_COLUMNS, job->n_column_blocks, column_block + 1);
  gsize k = first_of (product->k, MAX_BLOCK_K, job->n_splits, split);
  gsize k_end = first_of (product->k, MAX_BLOCK_K, job->n_splits, split + 1);

  run_block (job, row, row_end - row, column, column_end - column, k, k_end - k,
             job->n_splits > 1 ? job->parts + split * product->m * product->n : NULL, worker);
}

/* Adds up the parts of one block of rows. */
static void
add_parts (gpointer data,
           gsize    item,
           guint    worker)
{
  const LkProductJob *job = data;
  const LkProduct *product = job->product;
  gsize n_blocks = divide_up (product->m, LK_MICRO_ROWS);
  gsize row = first_of (product->m, 1, n_blocks, item), row_end = first_of (product->m, 1, n_blocks, item + 1);
  gsize starts[LK_MICRO_ROWS];

  product->place (product, row, row_end - row, starts);
  for (gsize i = row; i < row_end; i++)
    for (gsize j = 0; j < product->n; j += LANES)
      {
        gsize n = product->n - j, at = starts[i - row] + j;
        LkVec sum = v_set (0);

        for (gsize split = 0; split < job->n_splits; split++)
          sum += v_load_n (job->parts + (split * product->m + i) * product->n + j, n);
        if (product->bias != NULL)
          sum += v_load_n (product->bias + j, n);
        if (product->add != NULL)
          sum += v_load_n (product->add + at, n);
        v_store_n (product->c + at, sum, n);
      }
}

/* ---- dots ------------------------------------------------------------------------------------------------------ */

/* 4 rows of A with 4 columns of B; where there are fewer, the last stands in for those missing. */
#define DOT_TILE 4

LK_INLINE void
dot_tile (const float   *a[DOT_TILE],
          gconstpointer  b,
          const gsize    columns[DOT_TILE],
          gboolean       is_f16,
          gsize          k,
          float          sums[DOT_TILE * DOT_TILE])
{
  LkVec sum[DOT_TILE * DOT_TILE];
  gsize p = 0;

#pragma GCC unroll 16
  for (gsize i = 0; i < DOT_TILE * DOT_TILE; i++)
    sum[i] = v_set (0);
  for (; p + LANES <= k; p += LANES)
    {
      LkVec x[DOT_TILE];

#pragma GCC unroll 4
      for (gsize i = 0; i < DOT_TILE; i++)
        x[i] = v_load (a[i] + p);
#pragma GCC unroll 4
      for (gsize j = 0; j < DOT_TILE; j++)
        {
          LkVec w = load_b (b, is_f16, columns[j] + p, LANES);

#pragma GCC unroll 4
          for (gsize i = 0; i < DOT_TILE; i++)
            sum[i * DOT_TILE + j] = v_fma (x[i], w, sum[i * DOT_TILE + j]);
        }
    }
  if (p < k)
    for (gsize j = 0; j < DOT_TILE; j++)
      {
        LkVec w = load_b (b, is_f16, columns[j] + p, k - p);

        for (gsize i = 0; i < DOT_TILE; i++)
          sum[i * DOT_TILE + j] = v_fma (v_load_n (a[i] + p, k - p), w, sum[i * DOT_TILE + j]);
      }

  /* Each sum is spread over the lanes: turned round, a plain addition of vectors finishes LANES sums at once. */
#pragma GCC unroll 4
  for (gsize i = 0; i < DOT_TILE * DOT_TILE; i += LANES)
    {
      LkVec total;

      v_transpose (sum + i);
      total = sum[i];
#pragma GCC unroll 16
      for (gsize j = 1; j < LANES; j++)
        total += sum[i + j];
      v_store (sums + i, total);
    }
}

static void
run_dots (gpointer data,
          gsize    item,
          guint    worker)
{
  const LkProductJob *job = data;
  const LkProduct *product = job->product;
  gsize column_block = item % job->n_column_blocks, row_block = item / job->n_column_blocks;
  gsize first_row = first_of (product->m, DOT_TILE, job->n_row_blocks, row_block);
  gsize row_end = first_of (product->m, DOT_TILE, job->n_row_blocks, row_block + 1);
  gsize first_column = first_of (product->n, DOT_TILE, job->n_column_blocks, column_block);
  gsize column_end = first_of (product->n, DOT_TILE, job->n_column_blocks, column_block + 1);
  gsize stride = divide_up (product->k, LANES) * LANES + A_PAD;
  float *gathered = product->a == NULL ? lk_pool_get_scratch (job->pool, worker, DOT_TILE * stride * sizeof (float)) : NULL;

  for (gsize row = first_row; row < row_end; row += DOT_TILE)
    {
      gsize n_rows = MIN (DOT_TILE, row_end - row), starts[DOT_TILE];
      const float *a[DOT_TILE];

      product->place (product, row, n_rows, starts);
      if (gathered != NULL)
        product->gather (product, row, n_rows, 0, product->k, gathered, stride);
      for (gsize i = 0; i < DOT_TILE; i++)
        a[i] = gathered != NULL ? gathered + MIN (i, n_rows - 1) * stride
                                : product->a + (row + MIN (i, n_rows - 1)) * product->a_stride;

      for (gsize column = first_column; column < column_end; column += DOT_TILE)
        {
          gsize n_columns = MIN (DOT_TILE, column_end - column), columns[DOT_TILE];
          float sums[DOT_TILE * DOT_TILE];

          for (gsize j = 0; j < DOT_TILE; j++)
            columns[j] = (column + MIN (j, n_columns - 1)) * product->b_stride;
          if (product->b_dtype == LK_DTYPE_F16)
            dot_tile (a, product->b, columns, TRUE, product->k, sums);
          else
            dot_tile (a, product->b, columns, FALSE, product->k, sums);

          for (gsize i = 0; i < n_rows; i++)
            for (gsize j = 0; j < n_columns; j++)
              {
                gsize at = starts[i] + column + j;
                float base = (product->bias != NULL ? product->bias[column + j] : 0) + (product->add != NULL ? product->add[at] : 0);

                product->c[at] = sums[i * DOT_TILE + j] * product->scale + base;
              }
        }
    }
}

/* ---- the cut ---------------------------------------------------------------------------------------------------- */

/* Into how many ranges of k, by the shape alone, because it decides the order of additions. Rows and columns do not: they are
 * cut as the threads need it. */
static gsize
count_splits (gsize m,
              gsize n,
              gsize k)
{
  gsize n_blocks = divide_up (m, 4 * LK_MICRO_ROWS) * divide_up (n, 4 * LK_MICRO_COLUMNS);

  if (n_blocks * 2 > ENOUGH_ITEMS || k < 2 * MAX_BLOCK_K)
    return 1;
  return CLAMP (m * n * k / MIN_ITEM_WORK / n_blocks, 1, MIN (divide_up (k, MAX_BLOCK_K), ENOUGH_ITEMS / n_blocks));
}

void
LK_KERNEL (lk_product_run) (LkPool          *pool,
                            const LkProduct *product)
{
  LkProductJob job = { product, pool, 1, 1, 1, NULL };
  const gsize m = product->m, n = product->n, k = product->k;
  const guint n_threads = lk_pool_get_n_threads (pool);
  gsize wanted;

  if (m == 0 || n == 0)
    return;

  wanted = n_threads == 1 ? 1 : CLAMP (m * n * k / MIN_ITEM_WORK, 1, ITEMS_PER_THREAD * n_threads);

  if (product->b_by_column && !product->a_by_column && (m <= DOT_SIZE || n <= DOT_SIZE) && k >= LANES)
    {
      if (n >= m)
        job.n_column_blocks = MIN (wanted, divide_up (n, 4 * DOT_TILE));
      else
        job.n_row_blocks = MIN (wanted, divide_up (m, 4 * DOT_TILE));
      lk_pool_run (pool, job.n_row_blocks * job.n_column_blocks, run_dots, &job);
      return;
    }

  job.n_splits = count_splits (m, n, k);
  job.n_row_blocks = divide_up (m, MAX_BLOCK_ROWS);
  job.n_column_blocks = divide_up (n, MAX_BLOCK_COLUMNS);
  /* Narrower blocks copy more of A, lower ones pack more of B, for each product; packing costs about twice as much. */
  while (job.n_row_blocks * job.n_column_blocks * job.n_splits < wanted)
    {
      gsize rows = divide_up (m, job.n_row_blocks), columns = divide_up (n, job.n_column_blocks);

      if (columns > LK_MICRO_COLUMNS && (columns * 2 > rows || rows <= LK_MICRO_ROWS))
        job.n_column_blocks++;
      else if (rows > LK_MICRO_ROWS)
        job.n_row_blocks++;
      else
        break;
    }
  job.n_column_blocks = MIN (job.n_column_blocks, divide_up (n, LK_MICRO_COLUMNS));

  if (job.n_splits > 1)
    job.parts = lk_pool_get_shared_scratch (pool, job.n_splits * m * n * sizeof (float));
  lk_pool_run (pool, job.n_row_blocks * job.n_column_blocks * job.n_splits, run_tiles, &job);
  if (job.n_splits > 1)
    lk_pool_run (pool, divide_up (m, LK_MICRO_ROWS), add_parts, &job);
}
