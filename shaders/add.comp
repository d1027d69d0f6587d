// add.comp: y = a + b, element by element. y may be a or b.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/types.glsl"

layout (local_size_x = 64) in;

layout (push_constant) uniform Parameters
{
  uint n_elements;
};

layout (std430, binding = 0) readonly buffer A { float a[]; };
layout (std430, binding = 1) readonly buffer B { float b[]; };
layout (std430, binding = 2) writeonly buffer Y { float y[]; };

const uint PER_THREAD = 4;

void
main ()
{
  const uint first = group_index () * gl_WorkGroupSize.x * PER_THREAD + gl_LocalInvocationID.x;

  for (uint j = 0; j < PER_THREAD; j++)
    {
      const uint i = first + j * gl_WorkGroupSize.x;

      if (i < n_elements)
        y[i] = a[i] + b[i];
    }
}
