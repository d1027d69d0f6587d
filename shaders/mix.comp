// mix.comp: z[n] = a[n]·x[n] + b[n]·y[n], for each sample n. See src/ops/lk-mix.c.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/types.glsl"
#include "common/elements.glsl"

layout (push_constant) uniform Parameters
{
  uint n_elements, per_sample;
};

layout (std430, binding = 0) readonly buffer X { float x[]; };
layout (std430, binding = 1) readonly buffer Y { float y[]; };
layout (std430, binding = 2) readonly buffer A { float a[]; };
layout (std430, binding = 3) readonly buffer B { float b[]; };
layout (std430, binding = 4) writeonly buffer Z { float z[]; };

void
main ()
{
  for (uint j = 0; j < PER_THREAD; j++)
    {
      const uint i = element_index (j);

      if (i < n_elements)
        z[i] = a[i / per_sample] * x[i] + b[i / per_sample] * y[i];
    }
}
