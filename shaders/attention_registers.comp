// attention_registers.comp: y = softmax (scale · q·kᵀ) · v with its log-sum-exp, by an online softmax [Milakov and Gimelshein 2018]: each
// row keeps the greatest score so far, and what was added up under a smaller one is scaled down. See common/attention_registers.glsl.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "common/types.glsl"
#include "common/math.glsl"
#include "common/attention_registers.glsl"

layout (std430, binding = 4) buffer Y { float y[]; };
layout (std430, binding = 4) buffer Y4 { vec4 y4[]; };
layout (std430, binding = 5) writeonly buffer Lse { float lse[]; };

// y = y · keep + sum for channels x to x + 3 at `at`; without reading y where `keep` is 0.
void
update_y (uint at, uint x, float keep, vec4 sum)
{
  if (ALIGNED)
    {
      if (keep > 0)
        sum += y4[at / 4] * keep;
      y4[at / 4] = sum;
      return;
    }
  for (uint j = 0; j < min (4, d - x); j++)
    y[at + j] = sum[j] + (keep > 0 ? y[at + j] * keep : 0);
}

void
main ()
{
  const uint lane = gl_LocalInvocationID.x;
  const uint n_blocks = (t + BLOCK - 1) / BLOCK;
  const uint head = group_index () / n_blocks, first = group_index () % n_blocks * BLOCK;
  const uint end = IS_CAUSAL ? min (s, first + BLOCK) : s;
  float greatest[OWN], sum[OWN];

  if (head >= b * h)
    return;

  [[unroll]] for (uint o = 0; o < OWN; o++)
    {
      greatest[o] = NOTHING;
      sum[o] = 0;
    }

  for (uint key = 0; key < end; key += BLOCK)
    {
      const bool is_last = key + BLOCK >= end;
      float weights[OWN][BLOCK];
      float keep[OWN];           // what the sums so far are worth under the new greatest score

      multiply_rows (OF_Q, first, OF_K, key, head, weights);
      [[unroll]] for (uint o = 0; o < OWN; o++)
        {
          const uint query = first + o * LANES + lane;
          float now = greatest[o];

          [[unroll]] for (uint j = 0; j < BLOCK; j++)
            {
              weights[o][j] = is_seen (query, key + j) ? weights[o][j] * scale : NOTHING;
              now = max (now, weights[o][j]);
            }
          keep[o] = exact_exp (greatest[o] - now);
          greatest[o] = now;
          sum[o] *= keep[o];
          [[unroll]] for (uint j = 0; j < BLOCK; j++)
            {
              weights[o][j] = weights[o][j] > NOTHING ? exact_exp (weights[o][j] - now) : 0;
              sum[o] += weights[o][j];
            }
          // The last block leaves the quotient.
          if (is_last)
            {
              [[unroll]] for (uint j = 0; j < BLOCK; j++)
                weights[o][j] /= sum[o];
              keep[o] /= sum[o];
            }
        }

      for (uint x = 0; x < d; x += 4)
        {
          vec4 values[OWN];

          weigh_rows (weights, OF_V, key, head, x, values);
          [[unroll]] for (uint o = 0; o < OWN; o++)
            {
              const uint query = first + o * LANES + lane;

              if (query < t)
                update_y (locate_row (t, head, query) + x, x, key > 0 ? keep[o] : 0, values[o]);
            }
        }
    }

  [[unroll]] for (uint o = 0; o < OWN; o++)
    if (first + o * LANES + lane < t)
      lse[head * t + first + o * LANES + lane] = greatest[o] + exact_log (sum[o]);
}
