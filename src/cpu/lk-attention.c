/* lk-attention.c: attention by blocks, with the softmax carried along (Milakov and Gimelshein 2018; Dao 2023).
 *
 * An item takes a block of queries of one head through all keys. Everything is kept turned round, a query a lane: the scores Sᵀ =
 * K·Qᵀ, their maxima and sums, and the result Oᵀ = Vᵀ·Pᵀ, so that softmax needs nothing across lanes and no width is wasted on odd head
 * sizes. Scores enter the exponential as s·c - m·c with c = scale·log2 e, fused.
 *
 * Backward, from lse (the log of the sum of exp), with D = Σ dO·O for each query:
 *   P = exp (S·scale - lse),  dV = Pᵀ·dO,  dP = dO·Vᵀ,  dS = P∘(dP - D)·scale,  dQ = dS·K,  dK = dSᵀ·Q
 * An item takes all queries of one head through its keys, so that dK and dV are its own to add to. Where there are few heads, the keys of a
 * head are cut in chunks, and what each says of dQ is added up afterwards, in order.
 */
#define G_LOG_DOMAIN "likeness-cpu"

#include "config.h"

#include <math.h>

#include "cpu/lk-kernels.h"
#include "cpu/lk-micro.h"
#include "cpu/lk-simd-math.h"

#define BLOCK_QUERIES 96
#define BLOCK_KEYS 96
#define ENOUGH_ITEMS 16
#define MASKED -1e30f           /* below any score, far from overflow when scaled */

typedef struct
{
  const LkCpuAttention *attention;
  LkPool               *pool;
  gsize                 n_blocks;     /* of queries */
  gsize                 n_chunks;     /* of keys; backward only */
  float                *parts;        /* [chunk, head of a sample, t, d]: what each chunk says of dQ, if there is more than one */
} LkAttentionJob;

LK_INLINE gsize
round_up (gsize n,
          gsize to)
{
  return (n + to - 1) / to * to;
}

/* Takes n floats off scratch memory, at a whole cache line. */
LK_INLINE float *
take (float **scratch,
      gsize   n)
{
  float *taken = *scratch;

  *scratch += round_up (n, 16);
  return taken;
}

/* ---- pieces ------------------------------------------------------------------------------------------------------ */

/* C = A·B, or C += A·B. B's rows must be readable, and C's writable, up to n_columns only. */
static void
multiply (gsize        n_rows,
          gsize        n_columns,
          gsize        k,
          gboolean     a_by_column,
          const float *a,
          gsize        a_stride,
          const float *b,
          gsize        b_stride,
          gboolean     adds,
          float       *c,
          gsize        c_stride)
{
  LkMicro tile = { .k = k, .a_by_column = a_by_column, .a_stride = a_stride, .b_stride = b_stride, .scale = 1 };
  gsize n_tiles = lk_micro_count (n_rows), starts[LK_MICRO_ROWS];

  for (gsize i = 0; i < LK_MICRO_ROWS; i++)
    starts[i] = i * c_stride;
  tile.c_rows = starts;
  for (gsize column = 0; column < n_columns; column += LK_MICRO_COLUMNS)
    {
      tile.n_columns = MIN (LK_MICRO_COLUMNS, n_columns - column);
      tile.b = b + column;
      for (gsize i = 0; i < n_tiles; i++)
        {
          gsize row = lk_micro_first_row (n_rows, n_tiles, i);

          tile.n_rows = lk_micro_first_row (n_rows, n_tiles, i + 1) - row;
          tile.a = a + (a_by_column ? row : row * a_stride);
          tile.c = c + row * c_stride + column;
          tile.add = adds ? tile.c : NULL;
          LK_KERNEL (lk_micro) (&tile);
        }
    }
}

/* Row i, column j of `from` to row j, column i of `to`, whose columns from n_rows to a whole vector become 0. */
static void
turn_in (const float *from,
         gsize        from_stride,
         gsize        n_rows,
         gsize        n_columns,
         float       *to,
         gsize        to_stride)
{
  for (gsize i = 0; i < n_rows; i += LANES)
    for (gsize j = 0; j < n_columns; j += LANES)
      {
        LkVec rows[LANES];

#pragma GCC unroll 16
        for (gsize lane = 0; lane < LANES; lane++)
          rows[lane] = i + lane < n_rows ? v_load_n (from + (i + lane) * from_stride + j, n_columns - j) : v_set (0);
        v_transpose (rows);
#pragma GCC unroll 16
        for (gsize lane = 0; lane < LANES; lane++)
          if (j + lane < n_columns)
            v_store (to + (j + lane) * to_stride + i, rows[lane]);
      }
}

/* The way back: row j, column i of `from`, times factors[i], to row i, column j of `to`. */
static void
turn_out (const float *from,
          gsize        from_stride,
          const float *factors,
          gsize        n_rows,
          gsize        n_columns,
          float       *to,
          gsize        to_stride)
{
  for (gsize i = 0; i < n_rows; i += LANES)
    {
      LkVec factor = v_load (factors + i);

      for (gsize j = 0; j < n_columns; j += LANES)
        {
          LkVec rows[LANES];

#pragma GCC unroll 16
          for (gsize lane = 0; lane < LANES; lane++)
            rows[lane] = j + lane < n_columns ? (LkVec) (v_load (from + (j + lane) * from_stride + i) * factor) : v_set (0);
          v_transpose (rows);
#pragma GCC unroll 16
          for (gsize lane = 0; lane < LANES; lane++)
            if (i + lane < n_rows)
              v_store_n (to + (i + lane) * to_stride + j, rows[lane], n_columns - j);
        }
    }
}

/* Rows of a head side by side, `to_stride` apart; what pads the last vector of a row becomes 0. */
static void
copy_rows (const float *from,
           gsize        from_stride,
           gsize        n_rows,
           gsize        n_columns,
           float       *to,
           gsize        to_stride)
{
  for (gsize i = 0; i < n_rows; i++)
    for (gsize j = 0; j < n_columns; j += LANES)
      v_store (to + i * to_stride + j, v_load_n (from + i * from_stride + j, n_columns - j));
}

/* How many of the keys first to first + n any of the queries up to `last_query` sees. */
LK_INLINE gsize
visible_keys (const LkCpuAttention *attention,
              gsize                 last_query,
              gsize                 first,
              gsize                 n)
{
  if (!attention->is_causal)
    return n;
  return last_query < first ? 0 : MIN (n, last_query - first + 1);
}

/* Masks the scores of keys that come after their query. */
static void
mask_scores (float *scores,
             gsize  width,
             gsize  first_query,
             gsize  first_key,
             gsize  n_keys)
{
  for (gsize key = 0; key < n_keys; key++)
    for (gsize i = 0; i < width && first_query + i < first_key + key; i++)
      scores[key * width + i] = MASKED;
}

/* ---- forward ----------------------------------------------------------------------------------------------------- */

/* Scores to probabilities, not yet divided by their sum; maxima (times c) and sums go on. Returns whether a maximum moved: then what
 * was summed up before must be multiplied by `factors`. */
static gboolean
softmax_block (float *scores,
               gsize  width,
               gsize  n_keys,
               float  c,
               float *maxima,
               float *sums,
               float *factors)
{
  gboolean moved = FALSE;

  for (gsize i = 0; i < width; i += LANES)
    {
      LkVec before = v_load (maxima + i), max = v_set (MASKED), sum = v_set (0), factor;

      for (gsize key = 0; key < n_keys; key++)
        max = v_max (max, v_load (scores + key * width + i));
      max = v_max (before, max * c);
      factor = v_exp2 (before - max);
      for (gsize key = 0; key < n_keys; key++)
        {
          LkVec p = v_exp2 (v_fma (v_load (scores + key * width + i), v_set (c), -max));

          v_store (scores + key * width + i, p);
          sum += p;
        }
      v_store (maxima + i, max);
      v_store (sums + i, v_fma (v_load (sums + i), factor, sum));
      v_store (factors + i, factor);
      moved |= !v_all (factor == 1);
    }
  return moved;
}

static void
forward_item (gpointer data,
              gsize    item,
              guint    worker)
{
  const LkAttentionJob *job = data;
  const LkCpuAttention *a = job->attention;
  const gsize block = item % job->n_blocks, h = item / job->n_blocks % a->h, b = item / job->n_blocks / a->h;
  const gsize stride = a->h * a->d, d = a->d, copy_stride = round_up (d, 16) + 16;
  const gsize first = a->t * block / job->n_blocks, n_queries = a->t * (block + 1) / job->n_blocks - first;
  const gsize width = round_up (n_queries, LANES);
  const float c = a->scale * (float) M_LOG2E;
  const float *keys = a->k + b * a->s * stride + h * d, *values = a->v + b * a->s * stride + h * d;
  float *scratch = lk_pool_get_scratch (job->pool, worker,
                                        (2 * d * width + BLOCK_KEYS * (width + 2 * copy_stride) + 3 * width + 128) * sizeof (float));
  float *q = take (&scratch, d * width), *o = take (&scratch, d * width), *scores = take (&scratch, BLOCK_KEYS * width);
  float *k = take (&scratch, BLOCK_KEYS * copy_stride), *v = take (&scratch, BLOCK_KEYS * copy_stride);
  float *maxima = take (&scratch, width), *sums = take (&scratch, width), *factors = take (&scratch, width);
  const gsize n_visible = visible_keys (a, first + n_queries - 1, 0, a->s), n_key_blocks = (n_visible + BLOCK_KEYS - 1) / BLOCK_KEYS;

  turn_in (a->q + (b * a->t + first) * stride + h * d, stride, n_queries, d, q, width);
  for (gsize i = 0; i < width; i++)
    {
      maxima[i] = MASKED;
      sums[i] = 0;
    }

  for (gsize key_block = 0; key_block < n_key_blocks; key_block++)
    {
      gsize first_key = n_visible * key_block / n_key_blocks, n_keys = n_visible * (key_block + 1) / n_key_blocks - first_key;

      copy_rows (keys + first_key * stride, stride, n_keys, d, k, copy_stride);
      multiply (n_keys, width, d, FALSE, k, copy_stride, q, width, FALSE, scores, width);
      if (a->is_causal)
        mask_scores (scores, width, first, first_key, n_keys);
      if (softmax_block (scores, width, n_keys, c, maxima, sums, factors) && key_block > 0)
        for (gsize j = 0; j < d; j++)
          for (gsize i = 0; i < width; i += LANES)
            v_store (o + j * width + i, v_load (o + j * width + i) * v_load (factors + i));
      copy_rows (values + first_key * stride, stride, n_keys, d, v, copy_stride);
      multiply (d, width, n_keys, TRUE, v, copy_stride, scores, width, key_block > 0, o, width);
    }

  for (gsize i = 0; i < n_queries; i++)
    {
      if (a->lse != NULL)
        a->lse[(b * a->h + h) * a->t + first + i] = maxima[i] * G_LN2 + log (sums[i]);
      factors[i] = 1 / sums[i];
    }
  turn_out (o, width, factors, n_queries, d, a->y + (b * a->t + first) * stride + h * d, stride);
}

static void
attention_forward (LkPool               *pool,
                   const LkCpuAttention *attention)
{
  LkAttentionJob job = { .attention = attention, .pool = pool, .n_blocks = (attention->t + BLOCK_QUERIES - 1) / BLOCK_QUERIES };

  lk_pool_run (pool, attention->b * attention->h * job.n_blocks, forward_item, &job);
}

/* ---- backward ---------------------------------------------------------------------------------------------------- */

/* Σ dO·O of each query */
static void
find_delta (const float *dy,
            const float *y,
            gsize        stride,
            gsize        n_queries,
            gsize        d,
            float       *delta)
{
  for (gsize i = 0; i < n_queries; i++)
    {
      LkVec sum = v_set (0);

      for (gsize j = 0; j < d; j += LANES)
        sum = v_fma (v_load_n (dy + i * stride + j, d - j), v_load_n (y + i * stride + j, d - j), sum);
      delta[i] = v_sum (sum);
    }
}

/* Scores to probabilities, and dP to dS. */
static void
softmax_gradient (float       *scores,
                  float       *dp,
                  gsize        width,
                  gsize        n_keys,
                  float        scale,
                  const float *lse,             /* times log2 e */
                  const float *delta)
{
  const float c = scale * (float) M_LOG2E;

  for (gsize i = 0; i < width; i += LANES)
    {
      LkVec l = v_load (lse + i), shift = v_load (delta + i);

      for (gsize key = 0; key < n_keys; key++)
        {
          float *s = scores + key * width + i, *g = dp + key * width + i;
          LkVec p = v_exp2 (v_fma (v_load (s), v_set (c), -l));

          v_store (s, p);
          v_store (g, p * (v_load (g) - shift) * scale);
        }
    }
}

static void
backward_item (gpointer data,
               gsize    item,
               guint    worker)
{
  const LkAttentionJob *job = data;
  const LkCpuAttention *a = job->attention;
  const gsize chunk = item % job->n_chunks, h = item / job->n_chunks % a->h, b = item / job->n_chunks / a->h;
  const gsize stride = a->h * a->d, d = a->d, copy_stride = round_up (d, 16) + 16;
  const gsize chunk_first = a->s * chunk / job->n_chunks, n_chunk_keys = a->s * (chunk + 1) / job->n_chunks - chunk_first;
  const gsize n_key_blocks = (n_chunk_keys + BLOCK_KEYS - 1) / BLOCK_KEYS;
  const gsize queries_at = b * a->t * stride + h * d, keys_at = b * a->s * stride + h * d;
  const gsize max_width = round_up (MIN (BLOCK_QUERIES, a->t), LANES);
  float *scratch = lk_pool_get_scratch (job->pool, worker,
                                        (3 * d * max_width + 2 * BLOCK_KEYS * max_width + 2 * (max_width + BLOCK_KEYS) * copy_stride +
                                         3 * max_width + 256) * sizeof (float));
  float *q_turned = take (&scratch, d * max_width), *dy_turned = take (&scratch, d * max_width), *dq = take (&scratch, d * max_width);
  float *scores = take (&scratch, BLOCK_KEYS * max_width), *dp = take (&scratch, BLOCK_KEYS * max_width);
  float *q = take (&scratch, max_width * copy_stride), *dy = take (&scratch, max_width * copy_stride);
  float *k = take (&scratch, BLOCK_KEYS * copy_stride), *v = take (&scratch, BLOCK_KEYS * copy_stride);
  float *lse = take (&scratch, max_width), *delta = take (&scratch, max_width), *ones = take (&scratch, max_width);

  for (gsize i = 0; i < max_width; i++)
    {
      lse[i] = delta[i] = 0;
      ones[i] = 1;
    }

  for (gsize block = 0; block < job->n_blocks; block++)
    {
      const gsize first = a->t * block / job->n_blocks, n_queries = a->t * (block + 1) / job->n_blocks - first;
      const gsize width = round_up (n_queries, LANES), at = queries_at + first * stride;
      gboolean has_dq = FALSE;

      turn_in (a->q + at, stride, n_queries, d, q_turned, width);
      turn_in (a->dy + at, stride, n_queries, d, dy_turned, width);
      copy_rows (a->q + at, stride, n_queries, d, q, copy_stride);
      copy_rows (a->dy + at, stride, n_queries, d, dy, copy_stride);
      find_delta (a->dy + at, a->y + at, stride, n_queries, d, delta);
      for (gsize i = 0; i < n_queries; i++)
        lse[i] = a->lse[(b * a->h + h) * a->t + first + i] * (float) M_LOG2E;

      for (gsize key_block = 0; key_block < n_key_blocks; key_block++)
        {
          const gsize first_in_chunk = n_chunk_keys * key_block / n_key_blocks, first_key = chunk_first + first_in_chunk;
          const gsize n_block_keys = n_chunk_keys * (key_block + 1) / n_key_blocks - first_in_chunk;
          const gsize n_keys = visible_keys (a, first + n_queries - 1, first_key, n_block_keys);
          const gsize rows_at = keys_at + first_key * stride;

          if (block == 0)                                   /* what the first queries do not see is 0 so far */
            for (gsize key = n_keys; key < n_block_keys; key++)
              {
                if (a->dk != NULL)
                  v_clear (a->dk + rows_at + key * stride, d);
                if (a->dv != NULL)
                  v_clear (a->dv + rows_at + key * stride, d);
              }
          if (n_keys == 0)
            continue;

          copy_rows (a->k + rows_at, stride, n_keys, d, k, copy_stride);
          copy_rows (a->v + rows_at, stride, n_keys, d, v, copy_stride);
          multiply (n_keys, width, d, FALSE, k, copy_stride, q_turned, width, FALSE, scores, width);
          multiply (n_keys, width, d, FALSE, v, copy_stride, dy_turned, width, FALSE, dp, width);
          if (a->is_causal)
            mask_scores (scores, width, first, first_key, n_keys);
          softmax_gradient (scores, dp, width, n_keys, a->scale, lse, delta);

          if (a->dv != NULL)
            multiply (n_keys, d, n_queries, FALSE, scores, width, dy, copy_stride, block > 0, a->dv + rows_at, stride);
          if (a->dk != NULL)
            multiply (n_keys, d, n_queries, FALSE, dp, width, q, copy_stride, block > 0, a->dk + rows_at, stride);
          if (a->dq != NULL)
            multiply (d, width, n_keys, TRUE, k, copy_stride, dp, width, has_dq, dq, width);
          has_dq = TRUE;
        }

      if (a->dq != NULL)
        {
          if (!has_dq)
            v_clear (dq, d * width);
          if (job->n_chunks == 1)
            turn_out (dq, width, ones, n_queries, d, a->dq + at, stride);
          else
            turn_out (dq, width, ones, n_queries, d, job->parts + ((chunk * a->b * a->h + b * a->h + h) * a->t + first) * d, d);
        }
    }
}

/* dQ of some queries of one head: the sum of what the chunks of keys say. */
static void
add_parts (gpointer data,
           gsize    item,
           guint    worker)
{
  const LkAttentionJob *job = data;
  const LkCpuAttention *a = job->attention;
  const gsize block = item % job->n_blocks, head = item / job->n_blocks, h = head % a->h, b = head / a->h;
  const gsize end = a->t * (block + 1) / job->n_blocks;

  for (gsize i = a->t * block / job->n_blocks; i < end; i++)
    for (gsize j = 0; j < a->d; j += LANES)
      {
        LkVec sum = v_set (0);

        for (gsize chunk = 0; chunk < job->n_chunks; chunk++)
          sum += v_load_n (job->parts + ((chunk * a->b * a->h + head) * a->t + i) * a->d + j, a->d - j);
        v_store_n (a->dq + ((b * a->t + i) * a->h + h) * a->d + j, sum, a->d - j);
      }
}

static void
attention_backward (LkPool               *pool,
                    const LkCpuAttention *a)
{
  LkAttentionJob job = { .attention = a, .pool = pool, .n_blocks = (a->t + BLOCK_QUERIES - 1) / BLOCK_QUERIES };
  gsize n_heads = a->b * a->h;

  job.n_chunks = CLAMP ((ENOUGH_ITEMS + n_heads - 1) / MAX (1, n_heads), 1, (a->s + BLOCK_KEYS - 1) / BLOCK_KEYS);
  if (job.n_chunks > 1 && a->dq != NULL)
    job.parts = lk_pool_get_shared_scratch (pool, job.n_chunks * n_heads * a->t * a->d * sizeof (float));
  lk_pool_run (pool, n_heads * job.n_chunks, backward_item, &job);
  if (job.n_chunks > 1 && a->dq != NULL)
    lk_pool_run (pool, n_heads * job.n_blocks, add_parts, &job);
}

const LkAttentionKernels LK_KERNEL (lk_attention_kernels) = { attention_forward, attention_backward };
