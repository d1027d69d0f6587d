// concat.comp: columns side by side. See src/ops/lk-concat.c.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/types.glsl"
#include "common/elements.glsl"

layout (push_constant) uniform Parameters
{
  uint n_elements, a_columns, b_columns;
};

layout (std430, binding = 0) readonly buffer A { float a[]; };
layout (std430, binding = 1) readonly buffer B { float b[]; };
layout (std430, binding = 2) writeonly buffer Y { float y[]; };

void
main ()
{
  for (uint j = 0; j < PER_THREAD; j++)
    {
      const uint i = element_index (j);
      const uint row = i / (a_columns + b_columns), column = i % (a_columns + b_columns);

      if (i < n_elements)
        y[i] = column < a_columns ? a[row * a_columns + column] : b[row * b_columns + column - a_columns];
    }
}
