// sum_places.comp: de[n,c] = the sum of dy[n,place,c] over the places, one after the other. See src/ops/lk-add-per-sample.c.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/types.glsl"

layout (local_size_x = 64) in;

layout (push_constant) uniform Parameters
{
  uint n_elements, places, columns;    // n_elements: of de
};

layout (std430, binding = 0) readonly buffer Dy { float dy[]; };
layout (std430, binding = 1) writeonly buffer De { float de[]; };

void
main ()
{
  const uint i = group_index () * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
  float sum = 0.0;

  if (i >= n_elements)
    return;

  for (uint place = 0; place < places; place++)
    sum += dy[(i / columns * places + place) * columns + i % columns];
  de[i] = sum;
}
