// What the kernels of matrix products share: C [m,n] = s · op(A)·op(B) + bias + add, see src/ops/lk-linear.c.
//
// op(A) is [m,k]: A is [m,k], or [k,m] where TRANS_A. op(B) is [k,n]: B is [k,n], or [n,k] where TRANS_B. A is F32, B F32 or, with
// B_F16, F16. With splits, each multiplies over its own k_split of k and leaves a raw sum in C [split,m,n] for gemm_reduce.comp.
//
// With CONV2D the same product is a convolution, see src/ops/lk-conv2d.c, and one matrix is never built: an element of it is looked up
// where a tap (u,v) of the kernel, laid on one pixel of y or x, falls on a source picture.
//   TRANS_B   y: A's rows are y's pixels, k runs over (u,v,c); the source is x; B are the weights [O,kh,kw,C]
//   neither   dx: A's rows are x's pixels, k runs over (u,v,o); the source is dy; B are the weights, read [o][u,v,c]
//   TRANS_A   dweight: A is dy, k runs over y's pixels, B's columns are (u,v,c); the source is x

layout (constant_id = 0) const bool TRANS_A = false;
layout (constant_id = 1) const bool TRANS_B = false;
layout (constant_id = 2) const bool ALIGNED = true;     // n, leading dimensions, the source's channels and, but where TRANS_A, k are multiples of 4
layout (constant_id = 3) const uint STRIDE = 1;         // of a convolution

layout (push_constant) uniform Parameters
{
  uint m, n, k;
  uint lda, ldb;
  uint k_split;                 // a multiple of 4
  uint flags;
  uint h, w, channels;          // the source picture of a convolution, channels last,
  uint row_h, row_w;            // the picture on whose pixels the kernel is laid,
  uint kw;                      // the kernel's width,
  uint pad;                     // and the zeros before the first row and column of x
};

const uint HAS_BIAS = 1, HAS_ADD = 2, HAS_SCALE = 4;

layout (std430, binding = 0) readonly buffer A { float a[]; };
layout (std430, binding = 0) readonly buffer A4 { vec4 a4[]; };
#ifdef B_F16
layout (std430, binding = 1) readonly buffer B { uint b[]; };
layout (std430, binding = 1) readonly buffer B4 { uvec2 b4[]; };
#else
layout (std430, binding = 1) readonly buffer B { float b[]; };
layout (std430, binding = 1) readonly buffer B4 { vec4 b4[]; };
#endif
layout (std430, binding = 2) readonly buffer Bias { float bias[]; };
layout (std430, binding = 2) readonly buffer Bias4 { vec4 bias4[]; };
layout (std430, binding = 3) readonly buffer Add { float add[]; };
layout (std430, binding = 3) readonly buffer Add4 { vec4 add4[]; };
layout (std430, binding = 4) readonly buffer Scale { float scale[]; };
layout (std430, binding = 5) writeonly buffer C { float c[]; };
layout (std430, binding = 5) writeonly buffer C4 { vec4 c4[]; };

float
read_b (uint i)
{
#ifdef B_F16
  return unpackHalf2x16 (b[i / 2])[i % 2];
#else
  return b[i];
#endif
}

// Elements 4i to 4i + 3.
vec4
read_b4 (uint i)
{
#ifdef B_F16
  const uvec2 words = b4[i];

  return vec4 (unpackHalf2x16 (words.x), unpackHalf2x16 (words.y));
#else
  return b4[i];
#endif
}

// The workgroup's column, row and split, in tiles. Columns go first, so that neighbours share rows of A. In a folded grid's rest the split
// lies past the last.
uvec3
locate_tile (uint n_rows, uint n_columns)
{
  const uint columns = (n + n_columns - 1) / n_columns, rows = (m + n_rows - 1) / n_rows;
  const uint group = group_index ();

  return uvec3 (group % columns, group / columns % rows, group / (columns * rows));
}

// ---- where things are: worked out once a row, and once a step along k -------------------------------------------------------

#ifdef CONV2D

// x / y, exact below 2²⁴: many times as fast where integers divide one by one.
uint
divide (uint x, uint y)
{
  const uint q = uint (float (x) / float (y));

  return q * y > x ? q - 1 : (q + 1) * y <= x ? q + 1 : q;
}

// A pixel that the kernel is laid on.
struct Row
{
  uint picture;
  int  y, x;                    // where tap (0,0) falls on the source, times the stride for dx
};

// A tap and a channel of the source.
struct Place
{
  uint x;                       // along k
  uint tap, channel;
  int  u, v;
};

Row
locate_row (uint pixel)
{
  const uint line = divide (pixel, row_w), picture = divide (line, row_h);
  const int y = int (line - picture * row_h), x = int (pixel - line * row_w);

  if (TRANS_A || TRANS_B)
    return Row (picture, y * int (STRIDE) - int (pad), x * int (STRIDE) - int (pad));
  return Row (picture, y + int (pad), x + int (pad));
}

Place
locate_k (uint x)
{
  const uint tap = divide (x, channels), u = divide (tap, kw);

  return Place (x, tap, x - tap * channels, int (u), int (tap - u * kw));
}

// The source pixel under the tap, or -1 in the padding and between strides.
int
find_pixel (Row row, Place place)
{
  int y = row.y + place.u, x = row.x + place.v;

  if (!TRANS_A && !TRANS_B)
    {
      y = row.y - place.u;
      x = row.x - place.v;
      if (STRIDE > 1)
        {
          if (y < 0 || x < 0 || uint (y) % STRIDE != 0 || uint (x) % STRIDE != 0)
            return -1;
          y = int (uint (y) / STRIDE);
          x = int (uint (x) / STRIDE);
        }
    }
  if (y < 0 || x < 0 || y >= int (h) || x >= int (w))
    return -1;
  return int ((row.picture * h + uint (y)) * w + uint (x));
}

#else

struct Row
{
  uint i;
};

struct Place
{
  uint x;
};

Row
locate_row (uint i)
{
  return Row (i);
}

Place
locate_k (uint x)
{
  return Place (x);
}

#endif

// ---- loads: rows and columns past the end repeat the last, places past k_end are zero ----------------------------------------

// op(A) at one row, for four places along k.
vec4
load_a (Row row, Place place, uint k_end)
{
  vec4 v = vec4 (0);

#ifdef CONV2D
  if (ALIGNED)
    {
      const int pixel = find_pixel (row, place);

      if (pixel >= 0 && place.x < k_end)
        v = a4[(uint (pixel) * channels + place.channel) / 4];
      return v;
    }
  for (uint j = 0; j < 4; j++)
    if (place.x + j < k_end)
      {
        const Place next = locate_k (place.x + j);
        const int pixel = find_pixel (row, next);

        if (pixel >= 0)
          v[j] = a[uint (pixel) * channels + next.channel];
      }
#else
  if (ALIGNED)
    {
      if (place.x < k_end)
        v = a4[(row.i * lda + place.x) / 4];
      return v;
    }
  for (uint j = 0; j < 4; j++)
    if (place.x + j < k_end)
      v[j] = a[row.i * lda + place.x + j];
#endif
  return v;
}

// The same where TRANS_A: four rows from i on, at one place along k.
vec4
load_a_rows (uint i, uint x, uint k_end)
{
  vec4 v = vec4 (0);

  if (x >= k_end)
    return v;
  if (ALIGNED)
    return a4[(x * lda + min (i, m - 4)) / 4];
  for (uint j = 0; j < 4; j++)
    v[j] = a[x * lda + min (i + j, m - 1)];
  return v;
}

// op(B) where TRANS_B: column j, for four places along k.
vec4
load_b (uint j, Place place, uint k_end)
{
  vec4 v = vec4 (0);

  if (ALIGNED)
    {
      if (place.x < k_end)
        v = read_b4 ((min (j, n - 1) * ldb + place.x) / 4);
      return v;
    }
  for (uint i = 0; i < 4; i++)
    if (place.x + i < k_end)
      v[i] = read_b (min (j, n - 1) * ldb + place.x + i);
  return v;
}

// op(B) where not TRANS_B: four columns from j on, at the i-th place after `place`.
vec4
load_b_columns (uint j, Place place, uint i, uint k_end)
{
  const uint x = place.x + i;
  vec4 v = vec4 (0);
  uint start;

  if (x >= k_end)
    return v;

#ifdef CONV2D
  if (TRANS_A)
    {
      const Row row = locate_row (x);

      if (ALIGNED)
        {
          const Place tap = locate_k (min (j, n - 4));
          const int pixel = find_pixel (row, tap);

          if (pixel >= 0)
            v = read_b4 ((uint (pixel) * channels + tap.channel) / 4);
          return v;
        }
      for (uint y = 0; y < 4; y++)
        {
          const Place tap = locate_k (min (j + y, n - 1));
          const int pixel = find_pixel (row, tap);

          if (pixel >= 0)
            v[y] = read_b (uint (pixel) * channels + tap.channel);
        }
      return v;
    }

  const Place next = ALIGNED ? place : locate_k (x);

  start = (next.channel + (ALIGNED ? i : 0)) * ldb + next.tap * n;
#else
  start = x * ldb;
#endif
  if (ALIGNED)
    return read_b4 ((start + min (j, n - 4)) / 4);
  for (uint y = 0; y < 4; y++)
    v[y] = read_b (start + min (j + y, n - 1));
  return v;
}

// ---- what turns sums into C --------------------------------------------------------------------------------------------------

float
load_scale ()
{
  return (flags & HAS_SCALE) != 0 ? scale[0] : 1;
}

// For columns j to j + 3; j below n.
vec4
load_bias (uint j)
{
  vec4 v = vec4 (0);

  if ((flags & HAS_BIAS) == 0)
    return v;
  if (ALIGNED)
    return bias4[j / 4];
  for (uint x = 0; x < min (4, n - j); x++)
    v[x] = bias[j + x];
  return v;
}

vec4
load_add (uint i, uint j)
{
  vec4 v = vec4 (0);

  if (ALIGNED)
    return add4[(i * n + j) / 4];
  for (uint x = 0; x < min (4, n - j); x++)
    v[x] = add[i * n + j + x];
  return v;
}

void
store_c (uint i, uint j, uint split, vec4 v)
{
  const uint at = (split * m + i) * n + j;

  if (ALIGNED)
    c4[at / 4] = v;
  else
    for (uint x = 0; x < min (4, n - j); x++)
      c[at + x] = v[x];
}
