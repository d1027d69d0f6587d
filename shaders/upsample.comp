// upsample.comp: y[n,i,j,c] = x[n,i/2,j/2,c]. See src/ops/lk-upsample.c.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/types.glsl"
#include "common/elements.glsl"

layout (push_constant) uniform Parameters
{
  uint n_elements, x_height, x_width, y_height, y_width, columns;
};

layout (std430, binding = 0) readonly buffer X { float x[]; };
layout (std430, binding = 1) writeonly buffer Y { float y[]; };

void
main ()
{
  for (uint j = 0; j < PER_THREAD; j++)
    {
      const uint at = element_index (j);
      const uint c = at % columns, b = at / columns % y_width, a = at / columns / y_width % y_height, n = at / columns / y_width / y_height;

      if (at < n_elements)
        y[at] = x[((n * x_height + a / 2) * x_width + b / 2) * columns + c];
    }
}
