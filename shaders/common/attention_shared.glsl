// What the kernels of attention for hardware devices share.
//
// A workgroup of 256 threads owns 64 queries (or keys) of one head of one sample and walks over all keys (or queries) in blocks of 64.
// Thread (tx,ty) of its 16 by 16 has the 4 by 4 block of scores at (4ty, 4tx), and in products with a block's rows, rows 4ty to 4ty + 3
// and every 16th vector of 4 channels. Nothing is larger than 64 by 64, nothing is added atomically.
#include "common/attention.glsl"

layout (constant_id = 2) const uint D = 64;                 // d

const uint BLOCK = 64, STEP = 16;
const uint VECTORS = (D + 63) / 64;                         // of 4 channels, for each row that a thread has

layout (local_size_x = 256) in;

shared vec4 stage_left[STEP * BLOCK / 4];                   // [channel][row]
shared vec4 stage_right[STEP * BLOCK / 4];
shared vec4 scores[BLOCK * BLOCK / 4];                      // [column][row]

// The dot products of 64 rows of one tensor with 64 of another: this thread's 4 by 4 of them, one vector a row.
void
multiply_rows (uint left, uint left_row, uint right, uint right_row, uint head, out vec4 products[4])
{
  const uint thread = gl_LocalInvocationID.x, tx = thread % 16, ty = thread / 16;
  const uint line = thread / 4, along = thread % 4;

  [[unroll]] for (uint i = 0; i < 4; i++)
    products[i] = vec4 (0);

  for (uint x = 0; x < D; x += STEP)
    {
      const vec4 l = read_row (left, head, left_row + line, x + 4 * along);
      const vec4 r = read_row (right, head, right_row + line, x + 4 * along);

      [[unroll]] for (uint j = 0; j < 4; j++)
        {
          stage_left[(4 * along + j) * 16 + line / 4][line % 4] = l[j];
          stage_right[(4 * along + j) * 16 + line / 4][line % 4] = r[j];
        }
      barrier ();
      for (uint j = 0; j < STEP; j++)
        {
          const vec4 l_part = stage_left[j * 16 + ty], r_part = stage_right[j * 16 + tx];

          [[unroll]] for (uint i = 0; i < 4; i++)
            products[i] = fma (vec4 (l_part[i]), r_part, products[i]);
        }
      barrier ();
    }
}

// Keeps this thread's 4 by 4, one vector a row, for the others.
void
store_scores (vec4 values[4])
{
  const uint tx = gl_LocalInvocationID.x % 16, ty = gl_LocalInvocationID.x / 16;

  [[unroll]] for (uint j = 0; j < 4; j++)
    scores[(4 * tx + j) * 16 + ty] = vec4 (values[0][j], values[1][j], values[2][j], values[3][j]);
}

// What this thread adds up: for each of its 4 rows VECTORS vectors; twice that where a kernel defines N_SUMS as 2.
#ifndef N_SUMS
#define N_SUMS 1
#endif

vec4 sums[N_SUMS * 4 * VECTORS];

void
clear_sums ()
{
  [[unroll]] for (uint i = 0; i < N_SUMS * 4 * VECTORS; i++)
    sums[i] = vec4 (0);
}

// Adds scores · (64 rows of `which` from `row` on) to the sums from `to` on.
void
add_weighted_rows (uint which, uint head, uint row, uint to)
{
  const uint tx = gl_LocalInvocationID.x % 16, ty = gl_LocalInvocationID.x / 16;

  for (uint j = 0; j < min (BLOCK, get_length (which) - row); j++)
    {
      const vec4 weights = scores[j * 16 + ty];

      [[unroll]] for (uint part = 0; part < VECTORS; part++)
        {
          const vec4 value = read_row (which, head, row + j, part * 64 + 4 * tx);

          [[unroll]] for (uint i = 0; i < 4; i++)
            sums[to + i * VECTORS + part] = fma (vec4 (weights[i]), value, sums[to + i * VECTORS + part]);
        }
    }
}
