// attention_delta.comp: δ[b,h,t] = Σ_d dy·y, what the two backward kernels take off dy·vᵀ. See src/ops/lk-attention.c.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/types.glsl"
#include "common/elements.glsl"

layout (push_constant) uniform Parameters
{
  uint n_elements;              // b·h·t
  uint t, h, d;
};

layout (std430, binding = 0) readonly buffer Dy { float dy[]; };
layout (std430, binding = 1) readonly buffer Y { float y[]; };
layout (std430, binding = 2) writeonly buffer Delta { float delta[]; };

void
main ()
{
  for (uint part = 0; part < PER_THREAD; part++)
    {
      const uint i = element_index (part);
      const uint start = ((i / (h * t) * t + i % t) * h + i / t % h) * d;
      float sum = 0;

      if (i >= n_elements)
        return;

      for (uint j = 0; j < d; j++)
        sum += dy[start + j] * y[start + j];
      delta[i] = sum;
    }
}
