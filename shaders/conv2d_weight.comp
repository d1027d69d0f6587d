// conv2d_weight.comp: dweight[o,u,v,c] += Σ_{n,i,j} dy[n,i,j,o] · x[n, i·s+u-p, j·s+v-p, c]; one thread a weight. See src/ops/lk-conv2d.c.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/types.glsl"

layout (local_size_x = 64) in;

layout (push_constant) uniform Parameters
{
  uint n, h, w, c, o, kh, kw, stride, pad_before, out_h, out_w;
};

layout (std430, binding = 0) readonly buffer X { float x[]; };
layout (std430, binding = 1) readonly buffer Dy { float dy[]; };
layout (std430, binding = 2) buffer Dweight { float dweight[]; };

void
main ()
{
  const uint at = group_index () * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
  const uint column = at % c, v = at / c % kw, u = at / c / kw % kh, row = at / c / kw / kh;
  float sum = 0.0;

  if (row >= o)
    return;

  for (uint sample_ = 0; sample_ < n; sample_++)
    for (uint i = 0; i < out_h; i++)
      {
        const uint a = i * stride + u - pad_before;       // wraps to a large number above the first row

        if (a >= h)
          continue;

        float line = 0.0;

        for (uint j = 0; j < out_w; j++)
          {
            const uint b = j * stride + v - pad_before;

            if (b < w)
              line += dy[((sample_ * out_h + i) * out_w + j) * o + row] * x[((sample_ * h + a) * w + b) * c + column];
          }
        sum += line;
      }
  dweight[at] += sum;
}
