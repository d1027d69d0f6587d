// upsample_backward.comp: dx is the sum of the up to four pixels that copied it, in reading order. See src/ops/lk-upsample.c.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/types.glsl"
#include "common/elements.glsl"

layout (push_constant) uniform Parameters
{
  uint n_elements, x_height, x_width, y_height, y_width, columns;    // n_elements: of dx
};

layout (std430, binding = 0) readonly buffer Dy { float dy[]; };
layout (std430, binding = 1) writeonly buffer Dx { float dx[]; };

void
main ()
{
  for (uint j = 0; j < PER_THREAD; j++)
    {
      const uint at = element_index (j);
      const uint c = at % columns, b = at / columns % x_width, a = at / columns / x_width % x_height, n = at / columns / x_width / x_height;
      float sum = 0.0;

      if (at >= n_elements)
        return;

      for (uint u = 2 * a; u < min (2 * a + 2, y_height); u++)
        for (uint v = 2 * b; v < min (2 * b + 2, y_width); v++)
          sum += dy[((n * y_height + u) * y_width + v) * columns + c];
      dx[at] = sum;
    }
}
