// activation_backward.comp: dx = dy · f'(x). dx may be dy. See src/ops/lk-activation.c.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/types.glsl"
#include "common/elements.glsl"
#include "common/activation.glsl"

layout (constant_id = 0) const uint KIND = SILU;

layout (push_constant) uniform Parameters
{
  uint n_elements;
};

layout (std430, binding = 0) readonly buffer Dy { float dy[]; };
layout (std430, binding = 1) readonly buffer X { float x[]; };
layout (std430, binding = 2) writeonly buffer Dx { float dx[]; };

void
main ()
{
  for (uint j = 0; j < PER_THREAD; j++)
    {
      const uint i = element_index (j);

      if (i < n_elements)
        dx[i] = dy[i] * activate_derivative (KIND, x[i]);
    }
}
