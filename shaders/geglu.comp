// geglu.comp: y = value · gelu (gate), x [rows,2C] holding the value, then the gate. See src/ops/lk-geglu.c.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/types.glsl"
#include "common/elements.glsl"
#include "common/activation.glsl"

layout (push_constant) uniform Parameters
{
  uint n_elements, columns;     // of y
};

layout (std430, binding = 0) readonly buffer X { float x[]; };
layout (std430, binding = 1) writeonly buffer Y { float y[]; };

void
main ()
{
  for (uint j = 0; j < PER_THREAD; j++)
    {
      const uint i = element_index (j);
      const uint at = i / columns * 2 * columns + i % columns;

      if (i < n_elements)
        y[i] = x[at] * gelu (x[at + columns]);
    }
}
