// activation.comp: y = f(x). y may be x. See src/ops/lk-activation.c.
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

layout (std430, binding = 0) readonly buffer X { float x[]; };
layout (std430, binding = 1) writeonly buffer Y { float y[]; };

void
main ()
{
  for (uint j = 0; j < PER_THREAD; j++)
    {
      const uint i = element_index (j);

      if (i < n_elements)
        y[i] = activate (KIND, x[i]);
    }
}
