// group_norm_backward.comp: dx = rstd · (g - mean (g) - h · mean (g·h)). See src/ops/lk-group-norm.c.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/types.glsl"
#include "common/elements.glsl"
#include "common/activation.glsl"
#include "common/group_norm_backward.glsl"

layout (std430, binding = 6) readonly buffer Partial { vec2 partial[]; };    // [n,group,chunk]
layout (std430, binding = 7) writeonly buffer Dx { float dx[]; };

void
main ()
{
  const uint width = columns / n_groups;

  for (uint j = 0; j < PER_THREAD; j++)
    {
      const uint i = element_index (j);
      const uint c = i % columns, n = i / columns / places, group = n * n_groups + c / width;

      if (n < n_samples)
        {
          const vec2 gh = find_g_and_h (i, c, n);
          vec2 mean = vec2 (0.0);

          for (uint k = 0; k < n_chunks; k++)
            mean += partial[group * n_chunks + k];
          mean /= float (places * width);
          dx[i] = saved_rstd[group] * (gh.x - mean.x - gh.y * mean.y);
        }
    }
}
