/* lk-group-norm.c: y = (x - mean)·rstd·gamma + beta over the places and channels of a group, then SiLU if asked.
 *
 * A group is a few channels of every place, so both passes run along channels, and groups appear in the sums only: each item takes
 * some places of a sample, keeps one sum for each channel and hands over one for each group. The caller adds those up in order.
 *
 * Backward (gamma and beta are frozen), with h = (x - mean)·rstd, u = h·gamma + beta and g = dy·silu' (u)·gamma:
 *   dx = rstd·(g - mean (g) - h·mean (g·h))
 * The first pass leaves g in dx.
 */
#define G_LOG_DOMAIN "likeness-cpu"

#include "config.h"

#include <math.h>

#include "cpu/lk-kernels.h"
#include "cpu/lk-simd-math.h"

#define ITEM_SIZE 16384         /* elements */
#define MAX_PARTS 64            /* of a sample: as many sums of a group are added up by the caller */
#define CHUNK_SIZE 4096         /* elements that are read twice, from the first-level cache */
#define STRIP 4                 /* vectors of channels whose sums are in registers at a time */

typedef struct
{
  double first, second, third;  /* forward: mean, squares off it; backward: sums of g, h and g·h */
} LkGroupSums;

typedef struct
{
  const LkCpuGroupNorm *norm;
  LkPool               *pool;
  gsize                 n_parts;    /* of the places of a sample */
  LkGroupSums          *sums;       /* [n, n_parts, groups] */
  LkGroupSums          *totals;     /* [n, groups]; forward: mean, what its rounding left; backward: means of g, h, g·h */
} LkGroupNormJob;

LK_INLINE gsize
padded (gsize c)
{
  return (c + LANES - 1) / LANES * LANES;
}

LK_INLINE gsize
part_begin (const LkGroupNormJob *job,
            gsize                 part)
{
  return job->norm->places * part / job->n_parts;
}

/* One number of each group, for each channel; 0 in the padding. */
LK_INLINE void
spread (const LkCpuGroupNorm *norm,
        const float          *of_groups,
        float                *of_channels)
{
  const gsize width = norm->c / norm->n_groups;

  for (gsize group = 0; group < norm->n_groups; group++)
    for (gsize j = 0; j < width; j++)
      of_channels[group * width + j] = of_groups[group];
  for (gsize j = norm->c; j < padded (norm->c); j++)
    of_channels[j] = 0;
}

/* ---- forward ----------------------------------------------------------------------------------------------------- */

/* Adds the mean and the squares off the mean of x - origin, for some channels over `n_places`, to what `n_before` places had (Chan,
 * Golub and LeVeque 1979). `n` channels, at most n_vectors vectors of them. */
LK_INLINE void
add_moments (const int    n_vectors,
             gsize        n,
             const float *origin,
             const float *x,
             gsize        c,
             gsize        n_places,
             gsize        n_before,
             float       *means,
             float       *squares)
{
  LkVec zero[STRIP], mean[STRIP], square[STRIP];

#pragma GCC unroll 4
  for (int i = 0; i < n_vectors; i++)
    {
      zero[i] = v_load_n (origin + i * LANES, n - i * LANES);
      mean[i] = square[i] = v_set (0);
    }
  for (gsize place = 0; place < n_places; place++)
#pragma GCC unroll 4
    for (int i = 0; i < n_vectors; i++)
      mean[i] += v_load_n (x + place * c + i * LANES, n - i * LANES) - zero[i];
#pragma GCC unroll 4
  for (int i = 0; i < n_vectors; i++)
    mean[i] *= 1.f / n_places;
  for (gsize place = 0; place < n_places; place++)
#pragma GCC unroll 4
    for (int i = 0; i < n_vectors; i++)
      {
        LkVec off = (v_load_n (x + place * c + i * LANES, n - i * LANES) - zero[i]) - mean[i];

        square[i] = v_fma (off, off, square[i]);
      }

#pragma GCC unroll 4
  for (int i = 0; i < n_vectors; i++)
    {
      if (n_before > 0)
        {
          LkVec before = v_load (means + i * LANES), delta = mean[i] - before;
          float n_both = n_before + n_places;

          mean[i] = before + delta * (n_places / n_both);
          square[i] += v_load (squares + i * LANES) + delta * delta * ((float) n_before * n_places / n_both);
        }
      v_store (means + i * LANES, mean[i]);
      v_store (squares + i * LANES, square[i]);
    }
}

static void
moments_item (gpointer data,
              gsize    item,
              guint    worker)
{
  const LkGroupNormJob *job = data;
  const LkCpuGroupNorm *norm = job->norm;
  const gsize c = norm->c, width = c / norm->n_groups, sample = item / job->n_parts, part = item % job->n_parts;
  const gsize first = part_begin (job, part), end = part_begin (job, part + 1), n_places = end - first;
  const gsize chunk = MAX (1, CHUNK_SIZE / c);
  /* Where |mean| >> deviation, a float holds few digits of a mean, measured in deviations: so all is measured from the first place. */
  const float *origin = norm->x + sample * norm->places * c;
  float *means = lk_pool_get_scratch (job->pool, worker, 2 * padded (c) * sizeof (float)), *squares = means + padded (c);

  for (gsize place = first; place < end; place += chunk)
    {
      const float *x = norm->x + (sample * norm->places + place) * c;
      const gsize n = MIN (chunk, end - place), n_before = place - first;
      gsize j = 0;

      for (; j + STRIP * LANES <= c; j += STRIP * LANES)
        add_moments (STRIP, STRIP * LANES, origin + j, x + j, c, n, n_before, means + j, squares + j);
      for (; j < c; j += LANES)
        add_moments (1, c - j, origin + j, x + j, c, n, n_before, means + j, squares + j);
    }

  for (gsize group = 0; group < norm->n_groups; group++)
    {
      LkGroupSums *sums = &job->sums[item * norm->n_groups + group];
      double mean = 0, square = 0;

      for (gsize j = group * width; j < (group + 1) * width; j++)
        mean += (double) origin[j] + means[j];
      mean /= width;
      for (gsize j = group * width; j < (group + 1) * width; j++)
        {
          double off = (double) origin[j] + means[j] - mean;

          square += squares[j] + off * off * n_places;
        }
      sums->first = mean;
      sums->second = square;
    }
}

static void
apply_item (gpointer data,
            gsize    item,
            guint    worker)
{
  const LkGroupNormJob *job = data;
  const LkCpuGroupNorm *norm = job->norm;
  const gsize c = norm->c, sample = item / job->n_parts, part = item % job->n_parts, first_group = sample * norm->n_groups;
  float *means = lk_pool_get_scratch (job->pool, worker, (3 * padded (c) + norm->n_groups) * sizeof (float));
  float *shifts = means + padded (c), *factors = shifts + padded (c), *shift_of_group = factors + padded (c);

  for (gsize group = 0; group < norm->n_groups; group++)
    shift_of_group[group] = job->totals[first_group + group].second;
  spread (norm, norm->mean + first_group, means);
  spread (norm, shift_of_group, shifts);
  spread (norm, norm->rstd + first_group, factors);
  for (gsize j = 0; j < c; j++)
    factors[j] *= norm->gamma[j];

  for (gsize place = part_begin (job, part); place < part_begin (job, part + 1); place++)
    {
      const float *x = norm->x + (sample * norm->places + place) * c;
      float *y = norm->y + (sample * norm->places + place) * c;

      for (gsize j = 0; j < c; j += LANES)
        {
          LkVec u = (v_load_n (x + j, c - j) - v_load (means + j)) - v_load (shifts + j);

          u = v_fma (u, v_load (factors + j), v_load_n (norm->beta + j, c - j));
          v_store_n (y + j, norm->with_silu ? v_activate (LK_SILU, u, NULL) : u, c - j);
        }
    }
}

static void
begin_job (LkGroupNormJob       *job,
           LkPool               *pool,
           const LkCpuGroupNorm *norm)
{
  job->norm = norm;
  job->pool = pool;
  job->n_parts = CLAMP (norm->places * norm->c / ITEM_SIZE, 1, MIN (MAX_PARTS, norm->places));
  job->sums = lk_pool_get_shared_scratch (pool, norm->n * (job->n_parts + 1) * norm->n_groups * sizeof (LkGroupSums));
  job->totals = job->sums + norm->n * job->n_parts * norm->n_groups;
}

static void
group_norm_forward (LkPool               *pool,
                    const LkCpuGroupNorm *norm)
{
  const gsize width = norm->c / norm->n_groups;
  LkGroupNormJob job;

  begin_job (&job, pool, norm);
  lk_pool_run (pool, norm->n * job.n_parts, moments_item, &job);

  for (gsize i = 0; i < norm->n * norm->n_groups; i++)
    {
      const LkGroupSums *sums = &job.sums[i / norm->n_groups * job.n_parts * norm->n_groups + i % norm->n_groups];
      double mean = 0, square = 0;

      for (gsize part = 0; part < job.n_parts; part++)
        mean += sums[part * norm->n_groups].first * (part_begin (&job, part + 1) - part_begin (&job, part));
      mean /= norm->places;
      for (gsize part = 0; part < job.n_parts; part++)
        {
          double off = sums[part * norm->n_groups].first - mean;

          square += sums[part * norm->n_groups].second + off * off * (part_begin (&job, part + 1) - part_begin (&job, part)) * width;
        }
      norm->mean[i] = mean;
      norm->rstd[i] = 1 / sqrt (square / (norm->places * width) + norm->eps);
      job.totals[i].second = mean - norm->mean[i];
    }

  lk_pool_run (pool, norm->n * job.n_parts, apply_item, &job);
}

/* ---- backward ---------------------------------------------------------------------------------------------------- */

static void
gradient_item (gpointer data,
               gsize    item,
               guint    worker)
{
  const LkGroupNormJob *job = data;
  const LkCpuGroupNorm *norm = job->norm;
  const gsize c = norm->c, width = c / norm->n_groups, sample = item / job->n_parts, part = item % job->n_parts;
  const gsize first = part_begin (job, part), end = part_begin (job, part + 1);
  float *means = lk_pool_get_scratch (job->pool, worker, 5 * padded (c) * sizeof (float)), *rstds = means + padded (c);
  float *sums_g = rstds + padded (c), *sums_h = sums_g + padded (c), *sums_gh = sums_h + padded (c);

  spread (norm, norm->mean + sample * norm->n_groups, means);
  spread (norm, norm->rstd + sample * norm->n_groups, rstds);

  for (gsize j = 0; j < 3 * padded (c); j++)
    sums_g[j] = 0;
  for (gsize place = first; place < end; place++)
    for (gsize j = 0; j < c; j += LANES)
      {
        const gsize at = (sample * norm->places + place) * c + j, n = c - j;
        LkVec gamma = v_load_n (norm->gamma + j, n), slope;
        LkVec h = (v_load_n (norm->x + at, n) - v_load (means + j)) * v_load (rstds + j), g = v_load_n (norm->dy + at, n) * gamma;

        if (norm->with_silu)
          {
            v_activate (LK_SILU, v_fma (h, gamma, v_load_n (norm->beta + j, n)), &slope);
            g *= slope;
          }
        v_store (sums_g + j, v_load (sums_g + j) + g);
        v_store (sums_h + j, v_load (sums_h + j) + h);
        v_store (sums_gh + j, v_fma (g, h, v_load (sums_gh + j)));
        v_store_n (norm->dx + at, g, n);
      }

  for (gsize group = 0; group < norm->n_groups; group++)
    {
      LkGroupSums *sums = &job->sums[item * norm->n_groups + group];

      *sums = (LkGroupSums) { 0 };
      for (gsize j = group * width; j < (group + 1) * width; j++)
        {
          sums->first += sums_g[j];
          sums->second += sums_h[j];
          sums->third += sums_gh[j];
        }
    }
}

static void
centre_item (gpointer data,
             gsize    item,
             guint    worker)
{
  const LkGroupNormJob *job = data;
  const LkCpuGroupNorm *norm = job->norm;
  const gsize c = norm->c, sample = item / job->n_parts, part = item % job->n_parts, first_group = sample * norm->n_groups;
  float *means = lk_pool_get_scratch (job->pool, worker, (4 * padded (c) + 2 * norm->n_groups) * sizeof (float));
  float *rstds = means + padded (c), *constants = rstds + padded (c), *slopes = constants + padded (c);
  float *constant_of_group = slopes + padded (c), *slope_of_group = constant_of_group + norm->n_groups;

  /* g - mean (g) - (h - mean (h))·s = g - (mean (g) - mean (h)·s) - h·s, where s = mean (g·h) - mean (g)·mean (h) */
  for (gsize group = 0; group < norm->n_groups; group++)
    {
      const LkGroupSums *total = &job->totals[first_group + group];

      slope_of_group[group] = total->third - total->first * total->second;
      constant_of_group[group] = total->first - total->second * (total->third - total->first * total->second);
    }
  spread (norm, norm->mean + first_group, means);
  spread (norm, norm->rstd + first_group, rstds);
  spread (norm, constant_of_group, constants);
  spread (norm, slope_of_group, slopes);

  for (gsize place = part_begin (job, part); place < part_begin (job, part + 1); place++)
    for (gsize j = 0; j < c; j += LANES)
      {
        const gsize at = (sample * norm->places + place) * c + j;
        LkVec rstd = v_load (rstds + j), h = (v_load_n (norm->x + at, c - j) - v_load (means + j)) * rstd;

        v_store_n (norm->dx + at, (v_load_n (norm->dx + at, c - j) - v_load (constants + j) - h * v_load (slopes + j)) * rstd, c - j);
      }
}

static void
group_norm_backward (LkPool               *pool,
                     const LkCpuGroupNorm *norm)
{
  const double count = (double) norm->places * (norm->c / norm->n_groups);
  LkGroupNormJob job;

  begin_job (&job, pool, norm);
  lk_pool_run (pool, norm->n * job.n_parts, gradient_item, &job);

  for (gsize i = 0; i < norm->n * norm->n_groups; i++)
    {
      const LkGroupSums *sums = &job.sums[i / norm->n_groups * job.n_parts * norm->n_groups + i % norm->n_groups];
      LkGroupSums total = { 0 };

      for (gsize part = 0; part < job.n_parts; part++)
        {
          total.first += sums[part * norm->n_groups].first;
          total.second += sums[part * norm->n_groups].second;
          total.third += sums[part * norm->n_groups].third;
        }
      job.totals[i] = (LkGroupSums) { total.first / count, total.second / count, total.third / count };
    }

  lk_pool_run (pool, norm->n * job.n_parts, centre_item, &job);
}

const LkGroupNormKernels LK_KERNEL (lk_group_norm_kernels) = { group_norm_forward, group_norm_backward };
