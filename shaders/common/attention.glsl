// What all kernels of attention share: where the numbers are. See src/ops/lk-attention.c for the formulas.

layout (constant_id = 0) const bool IS_CAUSAL = false;
layout (constant_id = 1) const bool ALIGNED = true;         // d is a multiple of 4

layout (push_constant) uniform Parameters
{
  uint b, t, s, h, d;           // samples, queries, keys, heads, channels of a head
  float scale;
};

const float NOTHING = -1e30;                                // a score that stands for no key; exp () of it is 0

// Tensors that rows of a head are read from.
layout (std430, binding = 0) readonly buffer Q { float q[]; };
layout (std430, binding = 0) readonly buffer Q4 { vec4 q4[]; };
layout (std430, binding = 1) readonly buffer K { float k[]; };
layout (std430, binding = 1) readonly buffer K4 { vec4 k4[]; };
layout (std430, binding = 2) readonly buffer V { float v[]; };
layout (std430, binding = 2) readonly buffer V4 { vec4 v4[]; };
#ifdef BACKWARD
layout (std430, binding = 3) readonly buffer Dy { float dy[]; };
layout (std430, binding = 3) readonly buffer Dy4 { vec4 dy4[]; };
#endif

const uint OF_Q = 0, OF_K = 1, OF_V = 2, OF_DY = 3;

uint
get_length (uint which)
{
  return which == OF_Q || which == OF_DY ? t : s;
}

// Where channel 0 of row `row` of head `head` (counted over all samples) lies, in a tensor of `length` rows a sample.
uint
locate_row (uint length, uint head, uint row)
{
  return ((head / h * length + row) * h + head % h) * d;
}

// Channels x to x + 3 of a row; zero past the end of either.
vec4
read_row (uint which, uint head, uint row, uint x)
{
  const uint at = locate_row (get_length (which), head, row) + x;
  vec4 value = vec4 (0);

  if (row >= get_length (which) || x >= d)
    return value;
  if (ALIGNED)
    {
      if (which == OF_Q)
        return q4[at / 4];
      if (which == OF_K)
        return k4[at / 4];
      if (which == OF_V)
        return v4[at / 4];
#ifdef BACKWARD
      return dy4[at / 4];
#endif
    }
  for (uint j = 0; j < min (4, d - x); j++)
    {
      if (which == OF_Q)
        value[j] = q[at + j];
      else if (which == OF_K)
        value[j] = k[at + j];
      else if (which == OF_V)
        value[j] = v[at + j];
#ifdef BACKWARD
      else
        value[j] = dy[at + j];
#endif
    }
  return value;
}

// Whether query and key see each other.
bool
is_seen (uint query, uint key)
{
  return query < t && key < s && (!IS_CAUSAL || key <= query);
}
