// attention_dkv_registers.comp: dv = Pᵀ·dy and dk = scale · dSᵀ·q, where dS = P ∘ (dy·vᵀ - δ). The lanes own keys and walk over the
// queries: the scores are those of attention_dq_registers.comp, transposed. See common/attention_registers.glsl.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#define BACKWARD
#include "common/types.glsl"
#include "common/math.glsl"
#include "common/attention_registers.glsl"

layout (std430, binding = 4) readonly buffer Lse { float lse[]; };
layout (std430, binding = 5) readonly buffer Delta { float delta[]; };
layout (std430, binding = 6) buffer Dk { float dk[]; };
layout (std430, binding = 6) buffer Dk4 { vec4 dk4[]; };
layout (std430, binding = 7) buffer Dv { float dv[]; };
layout (std430, binding = 7) buffer Dv4 { vec4 dv4[]; };

void
add_to_dk (uint at, uint x, bool is_first, vec4 sum)
{
  if (ALIGNED)
    {
      if (!is_first)
        sum += dk4[at / 4];
      dk4[at / 4] = sum;
      return;
    }
  for (uint j = 0; j < min (4, d - x); j++)
    dk[at + j] = sum[j] + (is_first ? 0 : dk[at + j]);
}

void
add_to_dv (uint at, uint x, bool is_first, vec4 sum)
{
  if (ALIGNED)
    {
      if (!is_first)
        sum += dv4[at / 4];
      dv4[at / 4] = sum;
      return;
    }
  for (uint j = 0; j < min (4, d - x); j++)
    dv[at + j] = sum[j] + (is_first ? 0 : dv[at + j]);
}

void
main ()
{
  const uint lane = gl_LocalInvocationID.x;
  const uint n_blocks = (s + BLOCK - 1) / BLOCK;
  const uint head = group_index () / n_blocks, first = group_index () % n_blocks * BLOCK;
  // A causal query sees no key after it: the blocks of queries before the first key add nothing.
  const uint start = IS_CAUSAL ? first : 0;

  if (head >= b * h)
    return;

  // Nothing may see these keys.
  for (uint x = 0; start >= t && x < d; x += 4)
    [[unroll]] for (uint o = 0; o < OWN; o++)
      {
        const uint key = first + o * LANES + lane;

        if (key < s)
          {
            add_to_dk (locate_row (s, head, key) + x, x, true, vec4 (0));
            add_to_dv (locate_row (s, head, key) + x, x, true, vec4 (0));
          }
      }

  for (uint query = start; query < t; query += BLOCK)
    {
      float products[OWN][BLOCK], slopes[OWN][BLOCK];

      multiply_rows (OF_K, first, OF_Q, query, head, products);
      multiply_rows (OF_V, first, OF_DY, query, head, slopes);
      [[unroll]] for (uint part = 0; part < OWN; part++)
        {
          const uint at = head * t + min (query + part * LANES + lane, t - 1);
          const float loaded_lse = lse[at], loaded_delta = delta[at];

          [[unroll]] for (uint j = 0; j < LANES; j++)
            {
              const float row_lse = subgroupBroadcast (loaded_lse, j), row_delta = subgroupBroadcast (loaded_delta, j);
              const uint number = part * LANES + j;

              [[unroll]] for (uint o = 0; o < OWN; o++)
                {
                  const float p = is_seen (query + number, first + o * LANES + lane) ? exact_exp (products[o][number] * scale - row_lse) : 0;

                  products[o][number] = p;
                  slopes[o][number] = scale * p * (slopes[o][number] - row_delta);
                }
            }
        }

      for (uint x = 0; x < d; x += 4)
        {
          vec4 dk_sums[OWN], dv_sums[OWN];

          weigh_rows (slopes, OF_Q, query, head, x, dk_sums);
          weigh_rows (products, OF_DY, query, head, x, dv_sums);
          [[unroll]] for (uint o = 0; o < OWN; o++)
            {
              const uint key = first + o * LANES + lane;

              if (key < s)
                {
                  add_to_dk (locate_row (s, head, key) + x, x, query == start, dk_sums[o]);
                  add_to_dv (locate_row (s, head, key) + x, x, query == start, dv_sums[o]);
                }
            }
        }
    }
}
