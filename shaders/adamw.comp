// adamw.comp: one step of AdamW, in place; see src/ops/lk-adamw.c for the formulas.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/types.glsl"
#include "common/elements.glsl"

layout (push_constant) uniform Parameters
{
  uint n_elements;
};

layout (std430, binding = 0) buffer Parameter { float p[]; };
layout (std430, binding = 1) buffer Gradient { float gradient[]; };
layout (std430, binding = 2) buffer Moment1 { float m[]; };
layout (std430, binding = 3) buffer Moment2 { float v[]; };
layout (std430, binding = 4) readonly buffer Norm { float norm[]; };
layout (std430, binding = 5) readonly buffer Settings
{
  float learning_rate, beta1, beta2, eps, weight_decay, correction1, correction2, max_norm;
};

// Not NaN and not infinite, by the bits: a compiler may take floats for finite and drop a comparison.
bool
is_finite (float x)
{
  return (floatBitsToUint (x) & 0x7f800000u) != 0x7f800000u;
}

void
main ()
{
  const float clip = max_norm > 0.0 ? min (1.0, max_norm / (norm[0] + 1e-6)) : 1.0;

  for (uint j = 0; j < PER_THREAD; j++)
    {
      const uint i = element_index (j);

      if (i >= n_elements)
        return;

      if (is_finite (norm[0]))
        {
          const float g = gradient[i] * clip;

          m[i] = m[i] + (g - m[i]) * (1.0 - beta1);
          v[i] = beta2 * v[i] + (1.0 - beta2) * g * g;
          p[i] = p[i] * (1.0 - learning_rate * weight_decay) - learning_rate / correction1 * m[i] / (sqrt (v[i]) / sqrt (correction2) + eps);
        }
      gradient[i] = 0.0;
    }
}
