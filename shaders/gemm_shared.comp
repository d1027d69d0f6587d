// gemm_shared.comp: matrix products and convolutions for hardware devices (common/gemm.glsl says which).
//
// 256 threads compute a tile of TILE by TILE; step by step along k they bring 16 columns of A and rows of B into shared memory. Thread
// (x,y) of the 16 by 16 has the 4 by 4 block at (4y, 4x) of each 64 by 64 square of the tile, so that neighbours read neighbours.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "common/types.glsl"
#include "common/gemm.glsl"

layout (constant_id = 4) const uint TILE = 128;    // 64 or 128

const uint THREADS = 256, STEP = 16;
const uint SQUARES = TILE / 64;                    // in each direction
const uint LOADS = TILE * STEP / 4 / THREADS;      // vectors that a thread brings of A, and of B

layout (local_size_x = THREADS) in;

shared vec4 tile_a[STEP * TILE / 4];               // [k][row]
shared vec4 tile_b[STEP * TILE / 4];               // [k][column]

void
main ()
{
  const uint thread = gl_LocalInvocationID.x;
  const uint tx = thread % 16, ty = thread / 16;
  const uvec3 tile = locate_tile (TILE, TILE);
  const uint row = tile.y * TILE, column = tile.x * TILE;
  const uint k_first = tile.z * k_split;
  const uint k_end = min (k, k_first + k_split);
  Row rows[LOADS];
  vec4 sums[SQUARES * 4 * SQUARES];                // [row][square]

  if (k_first >= k)
    return;

  [[unroll]] for (uint t = 0; t < LOADS; t++)
    rows[t] = locate_row (min (row + (t * THREADS + thread) / (STEP / 4), m - 1));
  [[unroll]] for (uint i = 0; i < SQUARES * 4 * SQUARES; i++)
    sums[i] = vec4 (0);

  for (uint x = k_first; x < k_end; x += STEP)
    {
      [[unroll]] for (uint t = 0; t < LOADS; t++)
        {
          // Along k: vector `along` of line `line`. Across k: vector `across` of the tile's lines, at k number `at`.
          const uint number = t * THREADS + thread;
          const uint along = number % (STEP / 4), line = number / (STEP / 4);
          const uint across = number % (TILE / 4), at = number / (TILE / 4);

          if (TRANS_A)
            tile_a[at * (TILE / 4) + across] = load_a_rows (row + 4 * across, x + at, k_end);
          else
            {
              const vec4 v = load_a (rows[t], locate_k (x + 4 * along), k_end);

              [[unroll]] for (uint j = 0; j < 4; j++)
                tile_a[(4 * along + j) * (TILE / 4) + line / 4][line % 4] = v[j];
            }

          if (TRANS_B)
            {
              const vec4 v = load_b (column + line, locate_k (x + 4 * along), k_end);

              [[unroll]] for (uint j = 0; j < 4; j++)
                tile_b[(4 * along + j) * (TILE / 4) + line / 4][line % 4] = v[j];
            }
          else
            tile_b[at * (TILE / 4) + across] = load_b_columns (column + 4 * across, locate_k (x + at), 0, k_end);
        }
      barrier ();

      for (uint at = 0; at < STEP; at++)
        {
          vec4 b_part[SQUARES];

          [[unroll]] for (uint s = 0; s < SQUARES; s++)
            b_part[s] = tile_b[at * (TILE / 4) + s * 16 + tx];
          [[unroll]] for (uint r = 0; r < SQUARES; r++)
            {
              const vec4 a_part = tile_a[at * (TILE / 4) + r * 16 + ty];

              [[unroll]] for (uint i = 0; i < 4; i++)
                {
                  [[unroll]] for (uint s = 0; s < SQUARES; s++)
                    sums[(r * 4 + i) * SQUARES + s] = fma (vec4 (a_part[i]), b_part[s], sums[(r * 4 + i) * SQUARES + s]);
                }
            }
        }
      barrier ();
    }

  const float factor = load_scale ();

  [[unroll]] for (uint s = 0; s < SQUARES; s++)
    {
      const uint j = column + s * 64 + 4 * tx;

      if (j < n)
        {
          const vec4 offset = load_bias (j);

          [[unroll]] for (uint r = 0; r < SQUARES * 4; r++)
            {
              const uint i = row + r / 4 * 64 + 4 * ty + r % 4;

              if (i < m)
                {
                  vec4 v = sums[r * SQUARES + s] * factor + offset;

                  if ((flags & HAS_ADD) != 0)
                    v += load_add (i, j);
                  store_c (i, j, tile.z, v);
                }
            }
        }
    }
}
