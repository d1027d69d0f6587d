// shift_columns.comp: y[row,c] = x[row,c + first], or 0 where x has no such column: a slice, and its gradient. See src/ops/lk-concat.c.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/types.glsl"
#include "common/elements.glsl"

layout (push_constant) uniform Parameters
{
  uint n_elements, x_columns, y_columns;
  int first;
};

layout (std430, binding = 0) readonly buffer X { float x[]; };
layout (std430, binding = 1) writeonly buffer Y { float y[]; };

void
main ()
{
  for (uint j = 0; j < PER_THREAD; j++)
    {
      const uint i = element_index (j);
      const int column = int (i % y_columns) + first;

      if (i < n_elements)
        y[i] = column >= 0 && column < int (x_columns) ? x[i / y_columns * x_columns + uint (column)] : 0.0;
    }
}
