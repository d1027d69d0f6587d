// geglu_backward.comp: dvalue = dy · gelu (gate), dgate = dy · value · gelu' (gate). See src/ops/lk-geglu.c.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/types.glsl"
#include "common/elements.glsl"
#include "common/activation.glsl"

layout (push_constant) uniform Parameters
{
  uint n_elements, columns;     // of dy
};

layout (std430, binding = 0) readonly buffer X { float x[]; };
layout (std430, binding = 1) readonly buffer Dy { float dy[]; };
layout (std430, binding = 2) writeonly buffer Dx { float dx[]; };

void
main ()
{
  for (uint j = 0; j < PER_THREAD; j++)
    {
      const uint i = element_index (j);
      const uint at = i / columns * 2 * columns + i % columns;

      if (i < n_elements)
        {
          const float value = x[at], gate = x[at + columns];

          dx[at] = dy[i] * gelu (gate);
          dx[at + columns] = dy[i] * value * gelu_derivative (gate);
        }
    }
}
