// group_norm_backward_partial.comp: the sums of g and of g·h over one chunk of places of one group. See src/ops/lk-group-norm.c.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/types.glsl"
#include "common/reduce.glsl"
#include "common/activation.glsl"
#include "common/group_norm_backward.glsl"

layout (std430, binding = 6) writeonly buffer Partial { vec2 partial[]; };    // [n,group,chunk]

void
main ()
{
  const uint at = group_index ();
  const uint number = at % n_chunks, group = at / n_chunks % n_groups, n = at / n_chunks / n_groups;
  const uint width = columns / n_groups;
  const uint origin = n * places * columns;
  const uint first = number * chunk * width, end = min ((number + 1) * chunk, places) * width;
  vec2 sum = vec2 (0.0);

  if (n >= n_samples)
    return;

  for (uint i = first + gl_LocalInvocationID.x; i < end; i += THREADS)
    {
      const uint c = group * width + i % width;
      const vec2 gh = find_g_and_h (origin + i / width * columns + c, c, n);

      sum += vec2 (gh.x, gh.x * gh.y);
    }
  sum.x = reduce_sum (sum.x);
  sum.y = reduce_sum (sum.y);

  if (gl_LocalInvocationID.x == 0)
    partial[at] = sum;
}
