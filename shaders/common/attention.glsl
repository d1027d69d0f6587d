// What the kernels of attention share. See src/ops/lk-attention.c for the formulas.
//
// A workgroup of 256 threads owns 64 queries (or keys) of one head of one sample and walks over all keys (or queries) in blocks of 64.
// Thread (tx,ty) of its 16 by 16 has the 4 by 4 block of scores at (4ty, 4tx), and in products with a block's rows, rows 4ty to 4ty + 3
// and every 16th vector of 4 channels. Nothing is larger than 64 by 64, nothing is added atomically.

layout (constant_id = 0) const uint D = 64;                 // channels of a head
layout (constant_id = 1) const bool IS_CAUSAL = false;
layout (constant_id = 2) const bool ALIGNED = true;         // D is a multiple of 4

layout (push_constant) uniform Parameters
{
  uint b, t, s, h;
  float scale;
};

const uint BLOCK = 64, STEP = 16;
const uint VECTORS = (D + 63) / 64;                         // of 4 channels, for each row that a thread has
const float NOTHING = -1e30;                                // a score that stands for no key; exp () of it is 0

layout (local_size_x = 256) in;

// Tensors that rows of a head are read from.
layout (std430, binding = 0) readonly buffer Q { float q[]; };
layout (std430, binding = 0) readonly buffer Q4 { vec4 q4[]; };
layout (std430, binding = 1) readonly buffer K { float k[]; };
layout (std430, binding = 1) readonly buffer K4 { vec4 k4[]; };
layout (std430, binding = 2) readonly buffer V { float v[]; };
layout (std430, binding = 2) readonly buffer V4 { vec4 v4[]; };
#ifdef BACKWARD
layout (std430, binding = 3) readonly buffer Dy { float dy[]; };
layout (std430, binding = 3) readonly buffer Dy4 { vec4 dy4[]; };
#endif

const uint OF_Q = 0, OF_K = 1, OF_V = 2, OF_DY = 3;

shared vec4 stage_left[STEP * BLOCK / 4];                   // [channel][row]
shared vec4 stage_right[STEP * BLOCK / 4];
shared vec4 scores[BLOCK * BLOCK / 4];                      // [column][row]

uint
get_length (uint which)
{
  return which == OF_Q || which == OF_DY ? t : s;
}

// Channels x to x + 3 of row `row` of head `head` (counted over all samples); zero past the end of either.
vec4
read_row (uint which, uint head, uint row, uint x)
{
  const uint at = ((head / h * get_length (which) + row) * h + head % h) * D + x;
  vec4 value = vec4 (0);

  if (row >= get_length (which) || x >= D)
    return value;
  if (ALIGNED)
    {
      if (which == OF_Q)
        return q4[at / 4];
      if (which == OF_K)
        return k4[at / 4];
      if (which == OF_V)
        return v4[at / 4];
#ifdef BACKWARD
      return dy4[at / 4];
#endif
    }
  for (uint j = 0; j < min (4, D - x); j++)
    {
      if (which == OF_Q)
        value[j] = q[at + j];
      else if (which == OF_K)
        value[j] = k[at + j];
      else if (which == OF_V)
        value[j] = v[at + j];
#ifdef BACKWARD
      else
        value[j] = dy[at + j];
#endif
    }
  return value;
}

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

// Whether query and key see each other.
bool
is_seen (uint query, uint key)
{
  return query < t && key < s && (!IS_CAUSAL || key <= query);
}
