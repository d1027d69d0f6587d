// attention_shared.comp: y = softmax (scale · q·kᵀ) · v with its log-sum-exp, by an online softmax [Milakov and Gimelshein 2018]: each row keeps
// the greatest score so far, and what was added up under a smaller one is scaled down. See common/attention_shared.glsl.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "common/types.glsl"
#include "common/math.glsl"
#include "common/attention_shared.glsl"

layout (std430, binding = 4) writeonly buffer Y { float y[]; };
layout (std430, binding = 4) writeonly buffer Y4 { vec4 y4[]; };
layout (std430, binding = 5) writeonly buffer Lse { float lse[]; };

shared vec4 row_parts[BLOCK * 4];      // [row][quarter of the block]: partial maxima, then sums
shared vec2 row_state[BLOCK];          // the greatest score and the sum of exp (score - greatest)
shared float row_rescale[BLOCK];       // what the sums so far are worth under the new greatest score

float
get_score (uint column, uint row)
{
  return scores[column * 16 + row / 4][row % 4];
}

// Turns 64 by 64 scores into weights and carries the rows' state on. Four threads a row, 16 columns each.
void
weigh_scores ()
{
  const uint row = gl_LocalInvocationID.x / 4, quarter = gl_LocalInvocationID.x % 4;
  float greatest = NOTHING, sum = 0;

  for (uint j = 0; j < 16; j++)
    greatest = max (greatest, get_score (quarter * 16 + j, row));
  row_parts[row * 4 + quarter].x = greatest;
  barrier ();

  const vec2 state = row_state[row];

  for (uint j = 0; j < 4; j++)
    greatest = max (greatest, row_parts[row * 4 + j].x);
  greatest = max (greatest, state.x);
  for (uint j = 0; j < 16; j++)
    {
      const uint column = quarter * 16 + j;
      const float score = get_score (column, row);
      const float weight = score > NOTHING ? exact_exp (score - greatest) : 0;

      scores[column * 16 + row / 4][row % 4] = weight;
      sum += weight;
    }
  row_parts[row * 4 + quarter].y = sum;
  barrier ();

  if (quarter == 0)
    {
      const float rescale = exact_exp (state.x - greatest);

      sum = state.y * rescale;
      for (uint j = 0; j < 4; j++)
        sum += row_parts[row * 4 + j].y;
      row_state[row] = vec2 (greatest, sum);
      row_rescale[row] = rescale;
    }
  barrier ();
}

void
main ()
{
  const uint thread = gl_LocalInvocationID.x, tx = thread % 16, ty = thread / 16;
  const uint n_blocks = (t + BLOCK - 1) / BLOCK;
  const uint head = group_index () / n_blocks, first = group_index () % n_blocks * BLOCK;

  if (head >= b * h)
    return;

  clear_sums ();
  if (thread < BLOCK)
    row_state[thread] = vec2 (NOTHING, 0);

  for (uint key = 0; key < s && (!IS_CAUSAL || key < first + BLOCK); key += BLOCK)
    {
      vec4 products[4];

      multiply_rows (OF_Q, first, OF_K, key, head, products);
      [[unroll]] for (uint i = 0; i < 4; i++)
        [[unroll]] for (uint j = 0; j < 4; j++)
          products[i][j] = is_seen (first + 4 * ty + i, key + 4 * tx + j) ? products[i][j] * scale : NOTHING;
      store_scores (products);
      barrier ();
      weigh_scores ();
      [[unroll]] for (uint i = 0; i < 4; i++)
        [[unroll]] for (uint part = 0; part < VECTORS; part++)
          sums[i * VECTORS + part] *= row_rescale[4 * ty + i];
      add_weighted_rows (OF_V, head, key, 0);
      barrier ();
    }

  [[unroll]] for (uint i = 0; i < 4; i++)
    {
      const uint row = first + 4 * ty + i;
      const uint start = locate_row (t, head, row);

      if (row < t)
        {
          const vec2 state = row_state[4 * ty + i];

          [[unroll]] for (uint part = 0; part < VECTORS; part++)
            {
              const uint x = part * 64 + 4 * tx;
              const vec4 value = sums[i * VECTORS + part] / state.y;

              if (ALIGNED && x < D)
                y4[(start + x) / 4] = value;
              if (!ALIGNED)
                for (uint j = 0; j < 4; j++)
                  if (x + j < D)
                    y[start + x + j] = value[j];
            }
          if (tx == 0)
            lse[head * t + row] = state.x + exact_log (state.y);
        }
    }
}
