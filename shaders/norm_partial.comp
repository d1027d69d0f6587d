// norm_partial.comp: the sum of squares of one chunk; one workgroup a chunk. See src/ops/lk-norm.c.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/types.glsl"
#include "common/reduce.glsl"

layout (push_constant) uniform Parameters
{
  uint n_elements, chunk;
};

layout (std430, binding = 0) readonly buffer X { float x[]; };
layout (std430, binding = 1) writeonly buffer Partial { float partial[]; };

void
main ()
{
  const uint number = group_index ();
  float sum = 0.0;

  if (number * chunk >= n_elements)
    return;

  for (uint i = number * chunk + gl_LocalInvocationID.x; i < min ((number + 1) * chunk, n_elements); i += THREADS)
    sum += x[i] * x[i];
  sum = reduce_sum (sum);

  if (gl_LocalInvocationID.x == 0)
    partial[number] = sum;
}
