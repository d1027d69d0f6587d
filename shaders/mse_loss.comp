// mse_loss.comp: the mean over the samples of weight[n] · means[n]; one thread. See src/ops/lk-mse-loss.c.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/types.glsl"

layout (local_size_x = 1) in;

layout (push_constant) uniform Parameters
{
  uint n_samples;
};

layout (std430, binding = 0) readonly buffer Means { float means[]; };
layout (std430, binding = 1) readonly buffer Weight { float weight[]; };
layout (std430, binding = 2) writeonly buffer Loss { float loss[]; };

void
main ()
{
  float sum = 0.0;

  for (uint n = 0; n < n_samples; n++)
    sum += weight[n] * means[n];
  loss[0] = sum / float (n_samples);
}
