// gemm_reduce.comp: C = s · Σ_z partial[z] + bias + add: the end of a product whose k was split, see common/gemm.glsl.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/types.glsl"
#include "common/elements.glsl"

layout (push_constant) uniform Parameters
{
  uint n_elements;              // of C
  uint n;                       // its columns
  uint n_splits;
  uint flags;
};

const uint HAS_BIAS = 1, HAS_ADD = 2, HAS_SCALE = 4;    // as in common/gemm.glsl

layout (std430, binding = 0) readonly buffer Partial { float partial[]; };
layout (std430, binding = 2) readonly buffer Bias { float bias[]; };
layout (std430, binding = 3) readonly buffer Add { float add[]; };
layout (std430, binding = 4) readonly buffer Scale { float scale[]; };
layout (std430, binding = 5) writeonly buffer C { float c[]; };

void
main ()
{
  for (uint j = 0; j < PER_THREAD; j++)
    {
      const uint i = element_index (j);
      float sum = 0;

      if (i >= n_elements)
        return;

      for (uint z = 0; z < n_splits; z++)
        sum += partial[z * n_elements + i];
      if ((flags & HAS_SCALE) != 0)
        sum *= scale[0];
      if ((flags & HAS_BIAS) != 0)
        sum += bias[i % n];
      if ((flags & HAS_ADD) != 0)
        sum += add[i];
      c[i] = sum;
    }
}
