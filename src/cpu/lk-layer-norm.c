/* lk-layer-norm.c: y = (x - mean)·rstd·gamma + beta over each row of c.
 *
 * Backward (gamma and beta are frozen), with g = dy·gamma and h = (x - mean)·rstd:
 *   dx = rstd·(g - mean (g) - h·mean (g·h))
 */
#define G_LOG_DOMAIN "likeness-cpu"

#include "config.h"

#include <math.h>

#include "cpu/lk-kernels.h"
#include "cpu/lk-simd.h"

#define ITEM_SIZE 8192          /* elements */

typedef struct
{
  const LkCpuLayerNorm *norm;
  gsize                 rows_per_item;
} LkLayerNormJob;

static void
forward_row (const LkCpuLayerNorm *norm,
             gsize                 row)
{
  const gsize c = norm->c;
  const float *x = norm->x + row * c;
  float *y = norm->y + row * c;
  LkVec sum = v_set (0), rest = v_set (0), squares = v_set (0);
  float mean, rstd, shift;

  /* Two passes, because E[x²] - E[x]² loses every digit when |mean| >> deviation. The mean itself is then known to a few digits of
   * a deviation only: the mean of what remains tells the rest. */
  for (gsize j = 0; j < c; j += LANES)
    sum += v_load_n (x + j, c - j);
  mean = v_sum (sum) / c;
  for (gsize j = 0; j < c; j += LANES)
    {
      gsize n = c - j;
      LkVec off = v_load_n (x + j, n) - mean;

      if (n < LANES)
        off = v_first_lanes (off, n);
      rest += off;
      squares = v_fma (off, off, squares);
    }
  shift = v_sum (rest) / c;
  rstd = 1 / sqrt (MAX (0, (double) v_sum (squares) / c - (double) shift * shift) + norm->eps);
  norm->mean[row] = mean + shift;
  norm->rstd[row] = rstd;

  for (gsize j = 0; j < c; j += LANES)
    {
      gsize n = c - j;
      LkVec hat = ((v_load_n (x + j, n) - mean) - shift) * rstd;

      v_store_n (y + j, v_fma (hat, v_load_n (norm->gamma + j, n), v_load_n (norm->beta + j, n)), n);
    }
}

static void
backward_row (const LkCpuLayerNorm *norm,
              gsize                 row)
{
  const gsize c = norm->c;
  const float *x = norm->x + row * c, *dy = norm->dy + row * c;
  const float mean = norm->mean[row], rstd = norm->rstd[row];
  float *dx = norm->dx + row * c;
  LkVec sum_g = v_set (0), sum_h = v_set (0), sum_gh = v_set (0);
  float mean_g, mean_h, mean_gh;

  for (gsize j = 0; j < c; j += LANES)
    {
      gsize n = c - j;
      LkVec g = v_load_n (dy + j, n) * v_load_n (norm->gamma + j, n), hat = (v_load_n (x + j, n) - mean) * rstd;

      if (n < LANES)
        hat = v_first_lanes (hat, n);
      sum_g += g;
      sum_h += hat;
      sum_gh = v_fma (g, hat, sum_gh);
    }
  /* h would have mean 0, but for the last digits of the mean that was kept. */
  mean_g = v_sum (sum_g) / c;
  mean_h = v_sum (sum_h) / c;
  mean_gh = v_sum (sum_gh) / c - mean_g * mean_h;

  for (gsize j = 0; j < c; j += LANES)
    {
      gsize n = c - j;
      LkVec g = v_load_n (dy + j, n) * v_load_n (norm->gamma + j, n), hat = (v_load_n (x + j, n) - mean) * rstd;

      v_store_n (dx + j, (g - mean_g - (hat - mean_h) * mean_gh) * rstd, n);
    }
}

static void
forward_item (gpointer data,
              gsize    item,
              guint    worker)
{
  const LkLayerNormJob *job = data;

  for (gsize row = item * job->rows_per_item; row < MIN (job->norm->rows, (item + 1) * job->rows_per_item); row++)
    forward_row (job->norm, row);
}

static void
backward_item (gpointer data,
               gsize    item,
               guint    worker)
{
  const LkLayerNormJob *job = data;

  for (gsize row = item * job->rows_per_item; row < MIN (job->norm->rows, (item + 1) * job->rows_per_item); row++)
    backward_row (job->norm, row);
}

static void
run (LkPool               *pool,
     const LkCpuLayerNorm *norm,
     LkPoolFunc            item)
{
  LkLayerNormJob job = { norm, MAX (1, ITEM_SIZE / norm->c) };

  lk_pool_run (pool, (norm->rows + job.rows_per_item - 1) / job.rows_per_item, item, &job);
}

static void
layer_norm_forward (LkPool               *pool,
                    const LkCpuLayerNorm *norm)
{
  run (pool, norm, forward_item);
}

static void
layer_norm_backward (LkPool               *pool,
                     const LkCpuLayerNorm *norm)
{
  run (pool, norm, backward_item);
}

const LkLayerNormKernels LK_KERNEL (lk_layer_norm_kernels) = { layer_norm_forward, layer_norm_backward };
