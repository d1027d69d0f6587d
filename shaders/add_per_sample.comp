// add_per_sample.comp: y[n,place,c] = x[n,place,c] + e[n,c]. y may be x. See src/ops/lk-add-per-sample.c.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/types.glsl"
#include "common/elements.glsl"

layout (push_constant) uniform Parameters
{
  uint n_elements, places, columns;
};

layout (std430, binding = 0) readonly buffer X { float x[]; };
layout (std430, binding = 1) readonly buffer Features { float e[]; };
layout (std430, binding = 2) writeonly buffer Y { float y[]; };

void
main ()
{
  for (uint j = 0; j < PER_THREAD; j++)
    {
      const uint i = element_index (j);

      if (i < n_elements)
        y[i] = x[i] + e[i / (places * columns) * columns + i % columns];
    }
}
