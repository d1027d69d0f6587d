// attention_dkv_shared.comp: dv = Pᵀ·dy and dk = scale · dSᵀ·q, where dS = P ∘ (dy·vᵀ - δ). A workgroup owns 64 keys and walks over the
// queries: the scores are those of attention_dq_shared.comp, transposed. See common/attention_shared.glsl.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#define BACKWARD
#define N_SUMS 2                  // those of dk, then those of dv
#include "common/types.glsl"
#include "common/math.glsl"
#include "common/attention_shared.glsl"

layout (std430, binding = 4) readonly buffer Lse { float lse[]; };
layout (std430, binding = 5) readonly buffer Delta { float delta[]; };
layout (std430, binding = 6) writeonly buffer Dk { float dk[]; };
layout (std430, binding = 7) writeonly buffer Dv { float dv[]; };

void
main ()
{
  const uint thread = gl_LocalInvocationID.x, tx = thread % 16, ty = thread / 16;
  const uint n_blocks = (s + BLOCK - 1) / BLOCK;
  const uint head = group_index () / n_blocks, first = group_index () % n_blocks * BLOCK;

  if (head >= b * h)
    return;

  clear_sums ();

  // A causal query sees no key after it: the blocks of queries before the first key add nothing.
  for (uint query = IS_CAUSAL ? first : 0; query < t; query += BLOCK)
    {
      vec4 products[4], slopes[4];

      multiply_rows (OF_K, first, OF_Q, query, head, products);
      [[unroll]] for (uint i = 0; i < 4; i++)
        [[unroll]] for (uint j = 0; j < 4; j++)
          {
            const uint at = head * t + min (query + 4 * tx + j, t - 1);

            if (is_seen (query + 4 * tx + j, first + 4 * ty + i))
              products[i][j] = exact_exp (products[i][j] * scale - lse[at]);
            else
              products[i][j] = 0;
          }
      store_scores (products);
      barrier ();
      add_weighted_rows (OF_DY, head, query, 4 * VECTORS);
      barrier ();

      multiply_rows (OF_V, first, OF_DY, query, head, slopes);
      [[unroll]] for (uint i = 0; i < 4; i++)
        [[unroll]] for (uint j = 0; j < 4; j++)
          products[i][j] *= slopes[i][j] - delta[head * t + min (query + 4 * tx + j, t - 1)];
      store_scores (products);
      barrier ();
      add_weighted_rows (OF_Q, head, query, 0);
      barrier ();
    }

  [[unroll]] for (uint i = 0; i < 4; i++)
    {
      const uint row = first + 4 * ty + i;

      if (row < s)
        {
          [[unroll]] for (uint part = 0; part < VECTORS; part++)
            [[unroll]] for (uint j = 0; j < 4; j++)
              if (part * 64 + 4 * tx + j < D)
                {
                  const uint at = locate_row (s, head, row) + part * 64 + 4 * tx + j;

                  dk[at] = scale * sums[i * VECTORS + part][j];
                  dv[at] = sums[(4 + i) * VECTORS + part][j];
                }
        }
    }
}
