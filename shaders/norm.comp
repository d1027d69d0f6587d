// norm.comp: the root of the sum of the chunks; one workgroup. See src/ops/lk-norm.c.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/types.glsl"
#include "common/reduce.glsl"

layout (push_constant) uniform Parameters
{
  uint n_chunks;
};

layout (std430, binding = 0) readonly buffer Partial { float partial[]; };
layout (std430, binding = 1) writeonly buffer Norm { float norm[]; };

void
main ()
{
  float sum = 0.0;

  for (uint i = gl_LocalInvocationID.x; i < n_chunks; i += THREADS)
    sum += partial[i];
  sum = reduce_sum (sum);

  if (gl_LocalInvocationID.x == 0)
    norm[0] = sqrt (sum);
}
