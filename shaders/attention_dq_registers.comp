// attention_dq_registers.comp: dq = scale · dS·k, where dS = P ∘ (dy·vᵀ - δ). See common/attention_registers.glsl.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#define BACKWARD
#include "common/types.glsl"
#include "common/math.glsl"
#include "common/attention_registers.glsl"

layout (std430, binding = 4) readonly buffer Lse { float lse[]; };
layout (std430, binding = 5) readonly buffer Delta { float delta[]; };
layout (std430, binding = 6) buffer Dq { float dq[]; };
layout (std430, binding = 6) buffer Dq4 { vec4 dq4[]; };

void
add_to_dq (uint at, uint x, bool is_first, vec4 sum)
{
  if (ALIGNED)
    {
      if (!is_first)
        sum += dq4[at / 4];
      dq4[at / 4] = sum;
      return;
    }
  for (uint j = 0; j < min (4, d - x); j++)
    dq[at + j] = sum[j] + (is_first ? 0 : dq[at + j]);
}

void
main ()
{
  const uint lane = gl_LocalInvocationID.x;
  const uint n_blocks = (t + BLOCK - 1) / BLOCK;
  const uint head = group_index () / n_blocks, first = group_index () % n_blocks * BLOCK;

  if (head >= b * h)
    return;

  for (uint key = 0; key < s && (!IS_CAUSAL || key < first + BLOCK); key += BLOCK)
    {
      float products[OWN][BLOCK], slopes[OWN][BLOCK];

      multiply_rows (OF_Q, first, OF_K, key, head, products);
      multiply_rows (OF_DY, first, OF_V, key, head, slopes);
      [[unroll]] for (uint o = 0; o < OWN; o++)
        {
          const uint query = first + o * LANES + lane;
          const uint at = head * t + min (query, t - 1);
          const float row_lse = lse[at], row_delta = delta[at];

          [[unroll]] for (uint j = 0; j < BLOCK; j++)
            slopes[o][j] = is_seen (query, key + j) ? scale * exact_exp (products[o][j] * scale - row_lse) * (slopes[o][j] - row_delta) : 0;
        }

      for (uint x = 0; x < d; x += 4)
        {
          vec4 sums[OWN];

          weigh_rows (slopes, OF_K, key, head, x, sums);
          [[unroll]] for (uint o = 0; o < OWN; o++)
            {
              const uint query = first + o * LANES + lane;

              if (query < t)
                add_to_dq (locate_row (t, head, query) + x, x, key == 0, sums[o]);
            }
        }
    }
}
