// What the kernels of attention for software devices share.
//
// One subgroup of 8 lanes owns 16 queries (or keys) of one head of one sample, two a lane, and walks over all keys (or queries) in
// blocks of 16. A block's rows are loaded by the lanes, two each, and shared by broadcasts: see gemm_registers.comp for why. Sums that
// are as wide as a head lie in the result itself, which each block adds to, so that one kernel does for every width.
#extension GL_KHR_shader_subgroup_ballot : require
#include "common/attention.glsl"

const uint LANES = 8, OWN = 2, BLOCK = LANES * OWN;

layout (local_size_x = LANES) in;

// products[o][j]: the dot product of own row o with row j of the block. Own rows lie LANES apart from `own_row` + lane on.
void
multiply_rows (uint own, uint own_row, uint other, uint other_row, uint head, out float products[OWN][BLOCK])
{
  const uint lane = gl_LocalInvocationID.x;

  [[unroll]] for (uint o = 0; o < OWN; o++)
    [[unroll]] for (uint j = 0; j < BLOCK; j++)
      products[o][j] = 0;

  for (uint x = 0; x < d; x += 4)
    {
      vec4 mine[OWN];

      [[unroll]] for (uint o = 0; o < OWN; o++)
        mine[o] = read_row (own, head, own_row + o * LANES + lane, x);
      [[unroll]] for (uint part = 0; part < OWN; part++)
        {
          const vec4 loaded = read_row (other, head, other_row + part * LANES + lane, x);

          [[unroll]] for (uint j = 0; j < LANES; j++)
            {
              const vec4 theirs = subgroupBroadcast (loaded, j);

              [[unroll]] for (uint o = 0; o < OWN; o++)
                [[unroll]] for (uint c = 0; c < 4; c++)
                  products[o][part * LANES + j] = fma (mine[o][c], theirs[c], products[o][part * LANES + j]);
            }
        }
    }
}

// Σ_j weights[o][j] · channels x to x + 3 of row j of the block, for each own row.
void
weigh_rows (float weights[OWN][BLOCK], uint other, uint other_row, uint head, uint x, out vec4 sums[OWN])
{
  const uint lane = gl_LocalInvocationID.x;

  [[unroll]] for (uint o = 0; o < OWN; o++)
    sums[o] = vec4 (0);
  [[unroll]] for (uint part = 0; part < OWN; part++)
    {
      const vec4 loaded = read_row (other, head, other_row + part * LANES + lane, x);

      [[unroll]] for (uint j = 0; j < LANES; j++)
        {
          const vec4 theirs = subgroupBroadcast (loaded, j);

          [[unroll]] for (uint o = 0; o < OWN; o++)
            sums[o] = fma (vec4 (weights[o][part * LANES + j]), theirs, sums[o]);
        }
    }
}
