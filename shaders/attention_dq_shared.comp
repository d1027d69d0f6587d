// attention_dq_shared.comp: dq = scale · dS·k, where dS = P ∘ (dy·vᵀ - δ). A workgroup owns 64 queries. See common/attention_shared.glsl.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#define BACKWARD
#include "common/types.glsl"
#include "common/math.glsl"
#include "common/attention_shared.glsl"

layout (std430, binding = 4) readonly buffer Lse { float lse[]; };
layout (std430, binding = 5) readonly buffer Delta { float delta[]; };
layout (std430, binding = 6) writeonly buffer Dq { float dq[]; };

void
main ()
{
  const uint thread = gl_LocalInvocationID.x, tx = thread % 16, ty = thread / 16;
  const uint n_blocks = (t + BLOCK - 1) / BLOCK;
  const uint head = group_index () / n_blocks, first = group_index () % n_blocks * BLOCK;
  float row_lse[4], row_delta[4];

  if (head >= b * h)
    return;

  clear_sums ();
  [[unroll]] for (uint i = 0; i < 4; i++)
    {
      const uint at = head * t + min (first + 4 * ty + i, t - 1);

      row_lse[i] = lse[at];
      row_delta[i] = delta[at];
    }

  for (uint key = 0; key < s && (!IS_CAUSAL || key < first + BLOCK); key += BLOCK)
    {
      vec4 products[4], slopes[4];

      multiply_rows (OF_Q, first, OF_K, key, head, products);
      multiply_rows (OF_DY, first, OF_V, key, head, slopes);
      [[unroll]] for (uint i = 0; i < 4; i++)
        [[unroll]] for (uint j = 0; j < 4; j++)
          if (is_seen (first + 4 * ty + i, key + 4 * tx + j))
            products[i][j] = exact_exp (products[i][j] * scale - row_lse[i]) * (slopes[i][j] - row_delta[i]);
          else
            products[i][j] = 0;
      store_scores (products);
      barrier ();
      add_weighted_rows (OF_K, head, key, 0);
      barrier ();
    }

  [[unroll]] for (uint i = 0; i < 4; i++)
    {
      const uint row = first + 4 * ty + i;

      if (row < t)
        {
          [[unroll]] for (uint part = 0; part < VECTORS; part++)
            [[unroll]] for (uint j = 0; j < 4; j++)
              if (part * 64 + 4 * tx + j < D)
                dq[locate_row (t, head, row) + part * 64 + 4 * tx + j] = scale * sums[i * VECTORS + part][j];
        }
    }
}
