// layer_norm.comp: one workgroup a row. See src/ops/lk-layer-norm.c for the formula.
//
// Everything is computed relative to the row's first element, and so is the mean that is saved: where the mean is far larger than
// the deviation, a sum of the values themselves would lose its digits.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/types.glsl"
#include "common/reduce.glsl"

layout (push_constant) uniform Parameters
{
  uint rows, columns;
  float eps;
};

layout (std430, binding = 0) readonly buffer X { float x[]; };
layout (std430, binding = 1) readonly buffer Gamma { float gamma[]; };
layout (std430, binding = 2) readonly buffer Beta { float beta[]; };
layout (std430, binding = 3) writeonly buffer Y { float y[]; };
layout (std430, binding = 4) writeonly buffer Mean { float saved_mean[]; };
layout (std430, binding = 5) writeonly buffer Rstd { float saved_rstd[]; };

void
main ()
{
  const uint row = group_index ();
  const uint first = row * columns;
  float sum = 0.0, square = 0.0;

  if (row >= rows)
    return;

  const float base = x[first];

  for (uint i = gl_LocalInvocationID.x; i < columns; i += THREADS)
    sum += x[first + i] - base;

  const float mean = reduce_sum (sum) / float (columns);

  for (uint i = gl_LocalInvocationID.x; i < columns; i += THREADS)
    {
      const float difference = x[first + i] - base - mean;

      square += difference * difference;
    }

  const float rstd = 1.0 / sqrt (reduce_sum (square) / float (columns) + eps);

  for (uint i = gl_LocalInvocationID.x; i < columns; i += THREADS)
    y[first + i] = (x[first + i] - base - mean) * rstd * gamma[i] + beta[i];

  if (gl_LocalInvocationID.x == 0)
    {
      saved_mean[row] = mean;
      saved_rstd[row] = rstd;
    }
}
