// mse_per_sample.comp: the mean of (p - t)² of each sample; one workgroup a sample. See src/ops/lk-mse-loss.c.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/types.glsl"
#include "common/reduce.glsl"

layout (push_constant) uniform Parameters
{
  uint n_samples, per_sample;
};

layout (std430, binding = 0) readonly buffer Prediction { float p[]; };
layout (std430, binding = 1) readonly buffer Target { float t[]; };
layout (std430, binding = 2) writeonly buffer Means { float means[]; };

void
main ()
{
  const uint n = group_index ();
  float sum = 0.0;

  if (n >= n_samples)
    return;

  for (uint i = gl_LocalInvocationID.x; i < per_sample; i += THREADS)
    {
      const float difference = p[n * per_sample + i] - t[n * per_sample + i];

      sum += difference * difference;
    }
  sum = reduce_sum (sum);

  if (gl_LocalInvocationID.x == 0)
    means[n] = sum / float (per_sample);
}
