// layer_norm_backward.comp: one workgroup a row. See src/ops/lk-layer-norm.c for the formula; the mean is relative to the row's first element.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/types.glsl"
#include "common/reduce.glsl"

layout (push_constant) uniform Parameters
{
  uint rows, columns;
};

layout (std430, binding = 0) readonly buffer X { float x[]; };
layout (std430, binding = 1) readonly buffer Gamma { float gamma[]; };
layout (std430, binding = 2) readonly buffer Mean { float saved_mean[]; };
layout (std430, binding = 3) readonly buffer Rstd { float saved_rstd[]; };
layout (std430, binding = 4) readonly buffer Dy { float dy[]; };
layout (std430, binding = 5) writeonly buffer Dx { float dx[]; };

void
main ()
{
  const uint row = group_index ();
  const uint first = row * columns;
  float sum_g = 0.0, sum_gh = 0.0;

  if (row >= rows)
    return;

  const float base = x[first], mean = saved_mean[row], rstd = saved_rstd[row];

  for (uint i = gl_LocalInvocationID.x; i < columns; i += THREADS)
    {
      const float g = dy[first + i] * gamma[i];

      sum_g += g;
      sum_gh += g * (x[first + i] - base - mean) * rstd;
    }

  const float mean_g = reduce_sum (sum_g) / float (columns);
  const float mean_gh = reduce_sum (sum_gh) / float (columns);

  for (uint i = gl_LocalInvocationID.x; i < columns; i += THREADS)
    {
      const float h = (x[first + i] - base - mean) * rstd;

      dx[first + i] = rstd * (dy[first + i] * gamma[i] - mean_g - h * mean_gh);
    }
}
