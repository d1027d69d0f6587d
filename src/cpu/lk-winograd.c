/* lk-winograd.c: Y = Aᵀ ((G g Gᵀ) ∘ (Bᵀ d B)) A for each tile of 2x2 result pixels, summed over channels between ∘ and A.
 *
 *        1    0    0            1  0 -1  0
 *   G =  1/2  1/2  1/2    Bᵀ =  0  1  1  0    Aᵀ =  1  1  1  0
 *        1/2 -1/2  1/2          0 -1  1  0          0  1 -1 -1
 *        0    0    1            0  1  0 -1
 *
 * The ∘ of all tiles, channels and filters is 16 products of matrices, one for each of the 4x4 positions: [tiles, channels] by
 * [channels, filters]. Filters are taken in slabs whose turned weights stay in the last-level cache: first a job turns the weights of a
 * slab, then one takes blocks of tiles through it. All lanes run along channels or filters.
 */
#define G_LOG_DOMAIN "likeness-cpu"

#include "config.h"

#include "cpu/lk-winograd.h"

#define N_POSITIONS 16
#define MAX_SLAB_SIZE (8 * 1024 * 1024)          /* bytes */
#define MAX_BLOCK_TILES (4 * LK_MICRO_ROWS)
#define MAX_BLOCK_K 320
#define WEIGHT_ROWS 32                           /* channels that an item turns the weights of */
#define ITEMS_PER_THREAD 4

typedef struct
{
  const LkProduct *product;
  const LkWindow  *window;
  LkPool          *pool;
  gsize            tile_rows, tile_columns, n_tiles;     /* of a picture; of all */
  gsize            n_blocks;                             /* of tiles */
  gsize            first_column, n_columns, n_panels;    /* the slab */
  float           *weights;                              /* [panel, position, channel, LK_MICRO_COLUMNS] */
} LkWinogradJob;

/* ---- weights ------------------------------------------------------------------------------------------------------ */

static void
turn_weights_item (gpointer data,
                   gsize    item,
                   guint    worker)
{
  const LkWinogradJob *job = data;
  const gsize c = job->window->c, n_row_blocks = (c + WEIGHT_ROWS - 1) / WEIGHT_ROWS;
  const gsize panel = item / n_row_blocks, first = item % n_row_blocks * WEIGHT_ROWS, n = MIN (WEIGHT_ROWS, c - first);
  const gsize column = panel * LK_MICRO_COLUMNS, n_columns = MIN (LK_MICRO_COLUMNS, job->n_columns - column);
  float *to = job->weights + (panel * N_POSITIONS * c + first) * LK_MICRO_COLUMNS;
  float *taps = lk_pool_get_scratch (job->pool, worker, 9 * WEIGHT_ROWS * LK_MICRO_COLUMNS * sizeof (float));

  for (gsize tap = 0; tap < 9; tap++)
    LK_KERNEL (lk_product_pack) (job->product, tap * c + first, n, job->first_column + column, n_columns,
                                 taps + tap * WEIGHT_ROWS * LK_MICRO_COLUMNS, LK_MICRO_COLUMNS);

  for (gsize row = 0; row < n; row++)
    for (gsize j = 0; j < n_columns; j += LANES)
      {
        LkVec half[4][3];                                 /* G g */

#pragma GCC unroll 3
        for (int x = 0; x < 3; x++)
          {
            const float *from = taps + x * WEIGHT_ROWS * LK_MICRO_COLUMNS + row * LK_MICRO_COLUMNS + j;
            LkVec g0 = v_load (from), g1 = v_load (from + 3 * WEIGHT_ROWS * LK_MICRO_COLUMNS);
            LkVec g2 = v_load (from + 6 * WEIGHT_ROWS * LK_MICRO_COLUMNS), outer = (g0 + g2) * 0.5f, inner = g1 * 0.5f;

            half[0][x] = g0;
            half[1][x] = outer + inner;
            half[2][x] = outer - inner;
            half[3][x] = g2;
          }
#pragma GCC unroll 4
        for (int y = 0; y < 4; y++)
          {
            LkVec outer = (half[y][0] + half[y][2]) * 0.5f, inner = half[y][1] * 0.5f;
            float *at = to + row * LK_MICRO_COLUMNS + j;

            v_store (at + (y * 4 + 0) * c * LK_MICRO_COLUMNS, half[y][0]);
            v_store (at + (y * 4 + 1) * c * LK_MICRO_COLUMNS, outer + inner);
            v_store (at + (y * 4 + 2) * c * LK_MICRO_COLUMNS, outer - inner);
            v_store (at + (y * 4 + 3) * c * LK_MICRO_COLUMNS, half[y][2]);
          }
      }
}

/* ---- tiles -------------------------------------------------------------------------------------------------------- */

typedef struct
{
  gsize image, y, x;            /* of its first result pixel */
} LkTile;

LK_INLINE LkTile
tile_at (const LkWinogradJob *job,
         gsize                tile)
{
  const gsize in_picture = tile % (job->tile_rows * job->tile_columns);

  return (LkTile) { tile / (job->tile_rows * job->tile_columns), in_picture / job->tile_columns * 2, in_picture % job->tile_columns * 2 };
}

/* Bᵀ d B of all channels of a tile: position after position, `position_stride` apart. `zeros`: as many as there are channels. */
static void
turn_input (const LkWinogradJob *job,
            LkTile               tile,
            const float         *zeros,
            float               *to,
            gsize                position_stride)
{
  const LkWindow *window = job->window;
  const float *d[4][4];

  for (gssize i = 0; i < 4; i++)
    for (gssize j = 0; j < 4; j++)
      {
        gssize y = (gssize) tile.y + window->first_y + i, x = (gssize) tile.x + window->first_x + j;
        gboolean is_inside = y >= 0 && y < (gssize) window->h && x >= 0 && x < (gssize) window->w;

        d[i][j] = is_inside ? window->input + ((tile.image * window->h + y) * window->w + x) * window->c : zeros;
      }

  for (gsize c = 0; c < window->c; c += LANES)
    {
      const gsize n = window->c - c;
      LkVec half[4][4];                                   /* Bᵀ d */

#pragma GCC unroll 4
      for (int j = 0; j < 4; j++)
        {
          LkVec d0 = v_load_n (d[0][j] + c, n), d1 = v_load_n (d[1][j] + c, n), d2 = v_load_n (d[2][j] + c, n), d3 = v_load_n (d[3][j] + c, n);

          half[0][j] = d0 - d2;
          half[1][j] = d1 + d2;
          half[2][j] = d2 - d1;
          half[3][j] = d1 - d3;
        }
#pragma GCC unroll 4
      for (int i = 0; i < 4; i++)
        {
          v_store (to + (i * 4 + 0) * position_stride + c, half[i][0] - half[i][2]);
          v_store (to + (i * 4 + 1) * position_stride + c, half[i][1] + half[i][2]);
          v_store (to + (i * 4 + 2) * position_stride + c, half[i][2] - half[i][1]);
          v_store (to + (i * 4 + 3) * position_stride + c, half[i][1] - half[i][3]);
        }
    }
}

/* Aᵀ m A, bias and add, to the pixels of a tile. */
static void
turn_output (const LkWinogradJob *job,
             LkTile               tile,
             const float         *from,
             gsize                position_stride,
             gsize                column,
             gsize                n_columns)
{
  const LkWindow *window = job->window;
  const LkProduct *product = job->product;
  const gsize first = ((tile.image * window->rows + tile.y) * window->columns + tile.x) * product->n + column;

  for (gsize j = 0; j < n_columns; j += LANES)
    {
      const gsize n = n_columns - j;
      LkVec half[2][4], bias = product->bias != NULL ? v_load_n (product->bias + column + j, n) : v_set (0);   /* Aᵀ m */

#pragma GCC unroll 4
      for (int x = 0; x < 4; x++)
        {
          LkVec m0 = v_load (from + x * position_stride + j), m1 = v_load (from + (4 + x) * position_stride + j);
          LkVec m2 = v_load (from + (8 + x) * position_stride + j), m3 = v_load (from + (12 + x) * position_stride + j);

          half[0][x] = m0 + m1 + m2;
          half[1][x] = m1 - m2 - m3;
        }
#pragma GCC unroll 2
      for (gsize y = 0; y < 2; y++)
#pragma GCC unroll 2
        for (gsize x = 0; x < 2; x++)
          if (tile.y + y < window->rows && tile.x + x < window->columns)
            {
              const gsize at = first + (y * window->columns + x) * product->n + j;
              LkVec base = product->add != NULL ? (LkVec) (bias + v_load_n (product->add + at, n)) : bias;
              LkVec sum = x == 0 ? half[y][0] + half[y][1] + half[y][2] : half[y][1] - half[y][2] - half[y][3];

              v_store_n (product->c + at, sum + base, n);
            }
    }
}

static void
tiles_item (gpointer data,
            gsize    item,
            guint    worker)
{
  const LkWinogradJob *job = data;
  const gsize c = job->window->c, first = job->n_tiles * item / job->n_blocks, n_tiles = job->n_tiles * (item + 1) / job->n_blocks - first;
  const gsize stride = (c + 15) / 16 * 16 + 16, n_micro_tiles = lk_micro_count (n_tiles), n_k_blocks = (c + MAX_BLOCK_K - 1) / MAX_BLOCK_K;
  float *zeros = lk_pool_get_scratch (job->pool, worker, ((N_POSITIONS * n_tiles + 1) * stride + N_POSITIONS * n_tiles * LK_MICRO_COLUMNS) * sizeof (float));
  float *input = zeros + stride, *output = input + N_POSITIONS * n_tiles * stride;
  gsize starts[LK_MICRO_ROWS];

  for (gsize i = 0; i < LK_MICRO_ROWS; i++)
    starts[i] = i * LK_MICRO_COLUMNS;
  v_clear (zeros, stride);
  for (gsize i = 0; i < n_tiles; i++)
    turn_input (job, tile_at (job, first + i), zeros, input + i * stride, n_tiles * stride);

  for (gsize panel = 0; panel < job->n_panels; panel++)
    {
      const gsize column = panel * LK_MICRO_COLUMNS, n_columns = MIN (LK_MICRO_COLUMNS, job->n_columns - column);

      for (gsize position = 0; position < N_POSITIONS; position++)
        for (gsize block = 0; block < n_k_blocks; block++)
          {
            const gsize k = c * block / n_k_blocks, k_end = c * (block + 1) / n_k_blocks;
            LkMicro tile = {
              .n_columns = n_columns <= LANES ? LANES : LK_MICRO_COLUMNS, .k = k_end - k, .a_stride = stride,
              .b = job->weights + ((panel * N_POSITIONS + position) * c + k) * LK_MICRO_COLUMNS, .b_stride = LK_MICRO_COLUMNS,
              .scale = 1, .c_rows = starts,
            };

            for (gsize i = 0; i < n_micro_tiles; i++)
              {
                gsize row = lk_micro_first_row (n_tiles, n_micro_tiles, i);

                tile.n_rows = lk_micro_first_row (n_tiles, n_micro_tiles, i + 1) - row;
                tile.a = input + (position * n_tiles + row) * stride + k;
                tile.c = output + (position * n_tiles + row) * LK_MICRO_COLUMNS;
                tile.add = block > 0 ? tile.c : NULL;
                LK_KERNEL (lk_micro) (&tile);
              }
          }

      for (gsize i = 0; i < n_tiles; i++)
        turn_output (job, tile_at (job, first + i), output + i * LK_MICRO_COLUMNS, n_tiles * LK_MICRO_COLUMNS, job->first_column + column, n_columns);
    }
}

void
LK_KERNEL (lk_winograd_run) (LkPool          *pool,
                             const LkProduct *product,
                             const LkWindow  *window)
{
  const gsize panel_size = N_POSITIONS * window->c * LK_MICRO_COLUMNS * sizeof (float);
  const gsize n_panels = (product->n + LK_MICRO_COLUMNS - 1) / LK_MICRO_COLUMNS, slab_panels = MIN (n_panels, MAX (1, MAX_SLAB_SIZE / panel_size));
  LkWinogradJob job = { .product = product, .window = window, .pool = pool };
  gsize n_wanted;

  job.tile_rows = (window->rows + 1) / 2;
  job.tile_columns = (window->columns + 1) / 2;
  job.n_tiles = product->m / (window->rows * window->columns) * job.tile_rows * job.tile_columns;
  n_wanted = ITEMS_PER_THREAD * lk_pool_get_n_threads (pool);
  job.n_blocks = MAX ((job.n_tiles + MAX_BLOCK_TILES - 1) / MAX_BLOCK_TILES, MIN (n_wanted, (job.n_tiles + LK_MICRO_ROWS - 1) / LK_MICRO_ROWS));
  job.weights = lk_pool_get_shared_scratch (pool, slab_panels * panel_size);

  for (gsize panel = 0; panel < n_panels; panel += slab_panels)
    {
      job.first_column = panel * LK_MICRO_COLUMNS;
      job.n_columns = MIN (product->n - job.first_column, slab_panels * LK_MICRO_COLUMNS);
      job.n_panels = MIN (n_panels - panel, slab_panels);
      lk_pool_run (pool, job.n_panels * ((window->c + WEIGHT_ROWS - 1) / WEIGHT_ROWS), turn_weights_item, &job);
      lk_pool_run (pool, job.n_blocks, tiles_item, &job);
    }
}
