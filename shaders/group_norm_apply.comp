// group_norm_apply.comp: y = (x - mean) · rstd · gamma + beta, then SiLU where asked for. See src/ops/lk-group-norm.c.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/types.glsl"
#include "common/elements.glsl"
#include "common/activation.glsl"

layout (constant_id = 0) const bool WITH_SILU = false;

#include "common/group_norm.glsl"

layout (std430, binding = 0) readonly buffer X { float x[]; };
layout (std430, binding = 1) readonly buffer Gamma { float gamma[]; };
layout (std430, binding = 2) readonly buffer Beta { float beta[]; };
layout (std430, binding = 3) readonly buffer Mean { float saved_mean[]; };
layout (std430, binding = 4) readonly buffer Rstd { float saved_rstd[]; };
layout (std430, binding = 5) writeonly buffer Y { float y[]; };

void
main ()
{
  const uint width = columns / n_groups;

  for (uint j = 0; j < PER_THREAD; j++)
    {
      const uint i = element_index (j);
      const uint c = i % columns, n = i / columns / places, group = c / width;

      if (n < n_samples)
        {
          const float base = x[n * places * columns + group * width];
          const float h = (x[i] - base - saved_mean[n * n_groups + group]) * saved_rstd[n * n_groups + group];
          const float z = h * gamma[c] + beta[c];

          y[i] = WITH_SILU ? activate (SILU, z) : z;
        }
    }
}
