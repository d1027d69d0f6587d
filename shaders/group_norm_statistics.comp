// group_norm_statistics.comp: merges the chunks of a group in their order [Chan, Golub and LeVeque 1979, eq. 1.5]: one thread a group.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/types.glsl"

layout (local_size_x = 64) in;

#include "common/group_norm.glsl"

layout (std430, binding = 0) readonly buffer Partial { vec2 partial[]; };
layout (std430, binding = 1) writeonly buffer Mean { float saved_mean[]; };
layout (std430, binding = 2) writeonly buffer Rstd { float saved_rstd[]; };

void
main ()
{
  const uint at = group_index () * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
  const uint width = columns / n_groups;
  float mean = 0.0, square = 0.0, count = 0.0;

  if (at >= n_samples * n_groups)
    return;

  for (uint i = 0; i < n_chunks; i++)
    {
      const vec2 other = partial[at * n_chunks + i];
      const float other_count = float ((min ((i + 1) * chunk, places) - i * chunk) * width);
      const float difference = other.x - mean;

      mean += difference * other_count / (count + other_count);
      square += other.y + difference * difference * count * other_count / (count + other_count);
      count += other_count;
    }

  saved_mean[at] = mean;
  saved_rstd[at] = 1.0 / sqrt (square / count + eps);
}
