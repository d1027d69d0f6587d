// gemm_registers.comp: matrix products and convolutions for software devices (common/gemm.glsl says which).
//
// One subgroup of 8 lanes computes a tile of 16 rows and 32 columns, all in registers: lane l has columns 4l to 4l + 3. Such a device
// pays for each memory access of each lane, and little for arithmetic: so lanes load 4 numbers at once, share A by broadcasts, and
// use no shared memory, whose barriers cost more than they save. (On Mesa 25's llvmpipe: 2.5 times the classic kernel.)
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#extension GL_KHR_shader_subgroup_ballot : require
#include "common/types.glsl"
#include "common/gemm.glsl"

const uint ROWS = ALIGNED ? 16 : 8, COLUMNS = 32, LANES = 8;

layout (local_size_x = LANES) in;

void
main ()
{
  const uint lane = gl_LocalInvocationID.x;
  const uvec3 tile = locate_tile (ROWS, COLUMNS);
  const uint row = tile.y * ROWS;
  const uint column = tile.x * COLUMNS + 4 * lane;
  const uint k_first = tile.z * k_split;
  const uint k_end = min (k, k_first + k_split);
  Row rows[ROWS / LANES];
  vec4 sums[ROWS];

  if (k_first >= k)
    return;

  [[unroll]] for (uint t = 0; t < ROWS / LANES; t++)
    rows[t] = locate_row (min (row + t * LANES + lane, m - 1));
  [[unroll]] for (uint i = 0; i < ROWS; i++)
    sums[i] = vec4 (0);

  for (uint x = k_first; x < k_end; x += 4)
    {
      const Place place = locate_k (x);
      vec4 loaded[ROWS / LANES];     // the 4 numbers of each row of A, shared among the lanes
      vec4 columns[4];               // B for x to x + 3

      [[unroll]] for (uint t = 0; t < ROWS / LANES; t++)
        {
          const uint number = t * LANES + lane;

          if (TRANS_A)
            loaded[t] = load_a_rows (row + number % (ROWS / 4) * 4, x + number / (ROWS / 4), k_end);
          else
            loaded[t] = load_a (rows[t], place, k_end);
        }

      if (TRANS_B)
        {
          const vec4 b0 = load_b (column, place, k_end), b1 = load_b (column + 1, place, k_end);
          const vec4 b2 = load_b (column + 2, place, k_end), b3 = load_b (column + 3, place, k_end);

          [[unroll]] for (uint j = 0; j < 4; j++)
            columns[j] = vec4 (b0[j], b1[j], b2[j], b3[j]);
        }
      else
        {
          [[unroll]] for (uint j = 0; j < 4; j++)
            columns[j] = load_b_columns (column, place, j, k_end);
        }

      if (TRANS_A)
        {
          [[unroll]] for (uint number = 0; number < ROWS; number++)
            {
              const vec4 v = subgroupBroadcast (loaded[number / LANES], number % LANES);
              const uint i = number % (ROWS / 4) * 4, j = number / (ROWS / 4);

              [[unroll]] for (uint r = 0; r < 4; r++)
                sums[i + r] = fma (vec4 (v[r]), columns[j], sums[i + r]);
            }
        }
      else
        {
          [[unroll]] for (uint i = 0; i < ROWS; i++)
            {
              const vec4 v = subgroupBroadcast (loaded[i / LANES], i % LANES);

              [[unroll]] for (uint j = 0; j < 4; j++)
                sums[i] = fma (vec4 (v[j]), columns[j], sums[i]);
            }
        }
    }

  if (column >= n)
    return;

  const float factor = load_scale ();
  const vec4 offset = load_bias (column);

  [[unroll]] for (uint i = 0; i < ROWS; i++)
    sums[i] = sums[i] * factor + offset;
  if ((flags & HAS_ADD) != 0)
    {
      [[unroll]] for (uint i = 0; i < ROWS; i++)
        sums[i] += load_add (min (row + i, m - 1), column);
    }
  [[unroll]] for (uint i = 0; i < ROWS; i++)
    if (row + i < m)
      store_c (row + i, column, tile.z, sums[i]);
}
