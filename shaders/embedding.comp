// embedding.comp: y[b,t] = table[ids[b,t]] + positions[t]. See src/ops/lk-embedding.c.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/types.glsl"
#include "common/elements.glsl"

layout (constant_id = 0) const bool TABLE_IS_F16 = false;
layout (constant_id = 1) const bool POSITIONS_IS_F16 = false;

layout (push_constant) uniform Parameters
{
  uint n_elements, length, columns;
};

layout (std430, binding = 0) readonly buffer Ids { uint ids[]; };
layout (std430, binding = 1) readonly buffer Table { uint table[]; };
layout (std430, binding = 2) readonly buffer Positions { uint positions[]; };
layout (std430, binding = 3) writeonly buffer Y { float y[]; };

void
main ()
{
  for (uint j = 0; j < PER_THREAD; j++)
    {
      const uint i = element_index (j);
      const uint row = i / columns, column = i % columns;

      if (i < n_elements)
        {
          const uint token = ids[row] * columns + column, place = row % length * columns + column;
          const float t = TABLE_IS_F16 ? unpackHalf2x16 (table[token / 2])[token % 2] : uintBitsToFloat (table[token]);
          const float p = POSITIONS_IS_F16 ? unpackHalf2x16 (positions[place / 2])[place % 2] : uintBitsToFloat (positions[place]);

          y[i] = t + p;
        }
    }
}
