// mse_loss_backward.comp: dp = dloss · weight[n] · 2·(p - t) / (m·N). See src/ops/lk-mse-loss.c.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/types.glsl"
#include "common/elements.glsl"

layout (push_constant) uniform Parameters
{
  uint n_samples, per_sample;
};

layout (std430, binding = 0) readonly buffer Prediction { float p[]; };
layout (std430, binding = 1) readonly buffer Target { float t[]; };
layout (std430, binding = 2) readonly buffer Weight { float weight[]; };
layout (std430, binding = 3) readonly buffer Dloss { float dloss[]; };
layout (std430, binding = 4) writeonly buffer Dp { float dp[]; };

void
main ()
{
  for (uint j = 0; j < PER_THREAD; j++)
    {
      const uint i = element_index (j);

      if (i < n_samples * per_sample)
        dp[i] = dloss[0] * weight[i / per_sample] * 2.0 / (float (per_sample) * float (n_samples)) * (p[i] - t[i]);
    }
}
