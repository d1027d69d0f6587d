// What both passes of group norm's backward share: see src/ops/lk-group-norm.c.

layout (constant_id = 0) const bool WITH_SILU = false;

#include "common/group_norm.glsl"

layout (std430, binding = 0) readonly buffer X { float x[]; };
layout (std430, binding = 1) readonly buffer Gamma { float gamma[]; };
layout (std430, binding = 2) readonly buffer Beta { float beta[]; };
layout (std430, binding = 3) readonly buffer Mean { float saved_mean[]; };
layout (std430, binding = 4) readonly buffer Rstd { float saved_rstd[]; };
layout (std430, binding = 5) readonly buffer Dy { float dy[]; };

// g = dz · gamma and h of one element, where z = h · gamma + beta and dz = dy · silu' (z), or dy.
vec2
find_g_and_h (uint i,
              uint c,
              uint n)
{
  const uint width = columns / n_groups, group = c / width;
  const float base = x[n * places * columns + group * width];
  const float h = (x[i] - base - saved_mean[n * n_groups + group]) * saved_rstd[n * n_groups + group];
  const float dz = WITH_SILU ? dy[i] * activate_derivative (SILU, h * gamma[c] + beta[c]) : dy[i];

  return vec2 (dz * gamma[c], h);
}
