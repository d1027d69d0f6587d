// group_norm_partial.comp: mean and sum of squared differences of one chunk of places of one group. See src/ops/lk-group-norm.c.
//
// Means are relative to the group's first element: where the mean is far larger than the deviation, nothing is lost.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/types.glsl"
#include "common/reduce.glsl"

#include "common/group_norm.glsl"

layout (std430, binding = 0) readonly buffer X { float x[]; };
layout (std430, binding = 1) writeonly buffer Partial { vec2 partial[]; };    // [n,group,chunk]

void
main ()
{
  const uint at = group_index ();
  const uint number = at % n_chunks, group = at / n_chunks % n_groups, n = at / n_chunks / n_groups;
  const uint width = columns / n_groups;
  const uint origin = n * places * columns + group * width;
  const uint first = number * chunk * width, end = min ((number + 1) * chunk, places) * width;
  float sum = 0.0, square = 0.0;

  if (n >= n_samples)
    return;

  const float base = x[origin];

  for (uint i = first + gl_LocalInvocationID.x; i < end; i += THREADS)
    sum += x[origin + i / width * columns + i % width] - base;

  const float mean = reduce_sum (sum) / float (end - first);

  for (uint i = first + gl_LocalInvocationID.x; i < end; i += THREADS)
    {
      const float difference = x[origin + i / width * columns + i % width] - base - mean;

      square += difference * difference;
    }
  square = reduce_sum (square);

  if (gl_LocalInvocationID.x == 0)
    partial[at] = vec2 (mean, square);
}
