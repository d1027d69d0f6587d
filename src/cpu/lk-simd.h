/* Vectors of floats. The kernels are written once against these few words and compiled once for each instruction set; LANES is
 * the width. `_n` reads or writes the first n lanes only (all, if n >= LANES) and touches no memory beyond; missing lanes read as 0.
 *
 * +, -, * and / work on LkVec as they do on float. The compiler fuses nothing by itself; v_fma () is a·b + c, in one rounding
 * where the processor can.
 */
#pragma once

#include <glib.h>
#include <string.h>

#if defined(__AVX512F__) || defined(__AVX2__)
#include <immintrin.h>
#endif

#if defined(__AVX512F__)
#define LK_ISA_SUFFIX avx512
#define LANES 16
#elif defined(__AVX2__)
#define LK_ISA_SUFFIX avx2
#define LANES 8
#else
#define LK_ISA_SUFFIX plain
#define LANES 4
#endif

/* LK_KERNEL (name) is name_avx512 and so on: the same function of each compilation. */
#define LK_PASTE_(name, suffix) name##_##suffix
#define LK_PASTE(name, suffix) LK_PASTE_ (name, suffix)
#define LK_KERNEL(name) LK_PASTE (name, LK_ISA_SUFFIX)

#define LK_INLINE static inline __attribute__ ((always_inline, unused))

typedef float  LkVec  __attribute__ ((vector_size (LANES * 4), may_alias));
typedef gint32 LkInts __attribute__ ((vector_size (LANES * 4), may_alias));   /* also: all bits set where true */

typedef float  LkVecUnaligned  __attribute__ ((vector_size (LANES * 4), may_alias, aligned (4)));

LK_INLINE LkVec
v_set (float x)
{
  return x - (LkVec) { 0 };
}

LK_INLINE LkVec
v_load (const float *from)
{
  return *(const LkVecUnaligned *) from;
}

LK_INLINE void
v_store (float *to,
         LkVec  v)
{
  *(LkVecUnaligned *) to = v;
}

/* Picks yes where the mask is set. */
LK_INLINE LkVec
v_select (LkInts mask,
          LkVec  yes,
          LkVec  no)
{
  return (LkVec) ((mask & (LkInts) yes) | (~mask & (LkInts) no));
}

/* The larger; b where either is no number. */
LK_INLINE LkVec
v_max (LkVec a,
       LkVec b)
{
#if defined(__AVX512F__)
  return (LkVec) _mm512_max_ps ((__m512) a, (__m512) b);
#elif defined(__AVX2__)
  return (LkVec) _mm256_max_ps ((__m256) a, (__m256) b);
#else
  return v_select ((LkInts) (a > b), a, b);
#endif
}

LK_INLINE LkVec
v_min (LkVec a,
       LkVec b)
{
#if defined(__AVX512F__)
  return (LkVec) _mm512_min_ps ((__m512) a, (__m512) b);
#elif defined(__AVX2__)
  return (LkVec) _mm256_min_ps ((__m256) a, (__m256) b);
#else
  return v_select ((LkInts) (a < b), a, b);
#endif
}

LK_INLINE LkVec
v_abs (LkVec v)
{
  return (LkVec) ((LkInts) v & 0x7fffffff);
}

LK_INLINE LkVec
v_fma (LkVec a,
       LkVec b,
       LkVec c)
{
#if defined(__AVX512F__)
  return (LkVec) _mm512_fmadd_ps ((__m512) a, (__m512) b, (__m512) c);
#elif defined(__AVX2__)
  return (LkVec) _mm256_fmadd_ps ((__m256) a, (__m256) b, (__m256) c);
#else
  return a * b + c;
#endif
}

/* ---- the first n lanes ---------------------------------------------------------------------------------------- */

#if defined(__AVX512F__)

/* n < LANES */
LK_INLINE __mmask16
v_first (gsize n)
{
  return (__mmask16) ((1u << n) - 1);
}

LK_INLINE LkVec
v_load_n (const float *from,
          gsize        n)
{
  if (n >= LANES)
    return v_load (from);
  return (LkVec) _mm512_maskz_loadu_ps (v_first (n), from);
}

LK_INLINE void
v_store_n (float *to,
           LkVec  v,
           gsize  n)
{
  if (n >= LANES)
    {
      v_store (to, v);
      return;
    }
  _mm512_mask_storeu_ps (to, v_first (n), (__m512) v);
}

#elif defined(__AVX2__)

/* n < LANES */
LK_INLINE __m256i
v_first (gsize n)
{
  static const gint32 ones[16] = { -1, -1, -1, -1, -1, -1, -1, -1 };

  return _mm256_loadu_si256 ((const __m256i_u *) (ones + 8 - n));
}

LK_INLINE LkVec
v_load_n (const float *from,
          gsize        n)
{
  if (n >= LANES)
    return v_load (from);
  return (LkVec) _mm256_maskload_ps (from, v_first (n));
}

LK_INLINE void
v_store_n (float *to,
           LkVec  v,
           gsize  n)
{
  if (n >= LANES)
    {
      v_store (to, v);
      return;
    }
  _mm256_maskstore_ps (to, v_first (n), (__m256) v);
}

#else

LK_INLINE LkVec
v_load_n (const float *from,
          gsize        n)
{
  LkVec v = { 0 };

  if (n >= LANES)
    return v_load (from);
  for (gsize i = 0; i < LANES; i++)
    if (i < n)
      v[i] = from[i];
  return v;
}

LK_INLINE void
v_store_n (float *to,
           LkVec  v,
           gsize  n)
{
  if (n >= LANES)
    {
      v_store (to, v);
      return;
    }
  for (gsize i = 0; i < LANES; i++)
    if (i < n)
      to[i] = v[i];
}

#endif

/* v with its lanes from n on set to 0. */
LK_INLINE LkVec
v_first_lanes (LkVec v,
               gsize n)
{
  LkInts lane;

#pragma GCC unroll 16
  for (int i = 0; i < LANES; i++)
    lane[i] = i;
  return (LkVec) ((LkInts) v & (LkInts) (lane < (LkInts) { 0 } + (gint32) n));
}

/* ---- half precision -------------------------------------------------------------------------------------------- */

#if defined(__AVX512F__)

LK_INLINE LkVec
v_load_f16 (const guint16 *from)
{
  return (LkVec) _mm512_cvtph_ps (_mm256_loadu_si256 ((const __m256i_u *) from));
}

LK_INLINE void
v_store_f16 (guint16 *to,
             LkVec    v)
{
  _mm256_storeu_si256 ((__m256i_u *) to, _mm512_cvtps_ph ((__m512) v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
}

#elif defined(__AVX2__)

LK_INLINE LkVec
v_load_f16 (const guint16 *from)
{
  return (LkVec) _mm256_cvtph_ps (_mm_loadu_si128 ((const __m128i_u *) from));
}

LK_INLINE void
v_store_f16 (guint16 *to,
             LkVec    v)
{
  _mm_storeu_si128 ((__m128i_u *) to, _mm256_cvtps_ph ((__m256) v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
}

#else

LK_INLINE float
f16_to_f32 (guint16 half)
{
  guint32 sign = (guint32) (half & 0x8000) << 16, magnitude = half & 0x7fff, bits;
  float value;

  if (magnitude >= 0x7c00)                           /* infinity, or not a number (made quiet, as processors do) */
    bits = 0x7f800000 | (magnitude & 0x3ff) << 13 | (magnitude > 0x7c00 ? 0x400000 : 0);
  else if (magnitude >= 0x400)
    bits = (magnitude << 13) + ((127 - 15) << 23);
  else
    {
      value = magnitude * 0x1p-24f;
      memcpy (&bits, &value, 4);
    }
  bits |= sign;
  memcpy (&value, &bits, 4);
  return value;
}

LK_INLINE guint16
f32_to_f16 (float value)
{
  guint32 bits, sign, magnitude;
  float rounded;

  memcpy (&bits, &value, 4);
  sign = bits >> 16 & 0x8000;
  magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000)
    return sign | 0x7e00 | (magnitude >> 13 & 0x3ff);
  if (magnitude >= 0x477ff000)                       /* rounds to 2^16 or more */
    return sign | 0x7c00;
  if (magnitude >= 0x38800000)                       /* normal, from 2^-14: round the 13 lost bits to even, carry included */
    return sign | (magnitude - ((127 - 15) << 23) + 0xfff + (magnitude >> 13 & 1)) >> 13;
  memcpy (&value, &magnitude, 4);
  rounded = value + 0.5f;                            /* the last place of 0.5 is 2^-24, that of a subnormal half */
  memcpy (&bits, &rounded, 4);
  return sign | (bits - 0x3f000000);
}

LK_INLINE LkVec
v_load_f16 (const guint16 *from)
{
  LkVec v;

  for (gsize i = 0; i < LANES; i++)
    v[i] = f16_to_f32 (from[i]);
  return v;
}

LK_INLINE void
v_store_f16 (guint16 *to,
             LkVec    v)
{
  for (gsize i = 0; i < LANES; i++)
    to[i] = f32_to_f16 (v[i]);
}

#endif

#if defined(__AVX512F__)

LK_INLINE LkVec
v_load_f16_n (const guint16 *from,
              gsize          n)
{
  if (n >= LANES)
    return v_load_f16 (from);
  return (LkVec) _mm512_cvtph_ps (_mm256_maskz_loadu_epi16 (v_first (n), from));
}

LK_INLINE void
v_store_f16_n (guint16 *to,
               LkVec    v,
               gsize    n)
{
  if (n >= LANES)
    {
      v_store_f16 (to, v);
      return;
    }
  _mm256_mask_storeu_epi16 (to, v_first (n), _mm512_cvtps_ph ((__m512) v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
}

#else

LK_INLINE LkVec
v_load_f16_n (const guint16 *from,
              gsize          n)
{
  guint16 lanes[LANES] = { 0 };

  if (n >= LANES)
    return v_load_f16 (from);
  memcpy (lanes, from, n * sizeof *lanes);
  return v_load_f16 (lanes);
}

LK_INLINE void
v_store_f16_n (guint16 *to,
               LkVec    v,
               gsize    n)
{
  guint16 lanes[LANES];

  if (n >= LANES)
    {
      v_store_f16 (to, v);
      return;
    }
  v_store_f16 (lanes, v);
  memcpy (to, lanes, n * sizeof *lanes);
}

#endif

/* ---- across lanes ---------------------------------------------------------------------------------------------- */

/* Lane i of row j becomes lane j of row i. */
LK_INLINE void
v_transpose (LkVec rows[LANES])
{
#if defined(__AVX512F__)
  __m512 a[16], b[16];

#pragma GCC unroll 16
  for (int i = 0; i < 16; i += 4)
    {
      __m512 lo01 = _mm512_unpacklo_ps ((__m512) rows[i], (__m512) rows[i + 1]), hi01 = _mm512_unpackhi_ps ((__m512) rows[i], (__m512) rows[i + 1]);
      __m512 lo23 = _mm512_unpacklo_ps ((__m512) rows[i + 2], (__m512) rows[i + 3]), hi23 = _mm512_unpackhi_ps ((__m512) rows[i + 2], (__m512) rows[i + 3]);

      a[i] = _mm512_castpd_ps (_mm512_unpacklo_pd (_mm512_castps_pd (lo01), _mm512_castps_pd (lo23)));
      a[i + 1] = _mm512_castpd_ps (_mm512_unpackhi_pd (_mm512_castps_pd (lo01), _mm512_castps_pd (lo23)));
      a[i + 2] = _mm512_castpd_ps (_mm512_unpacklo_pd (_mm512_castps_pd (hi01), _mm512_castps_pd (hi23)));
      a[i + 3] = _mm512_castpd_ps (_mm512_unpackhi_pd (_mm512_castps_pd (hi01), _mm512_castps_pd (hi23)));
    }
  /* a[4g + c] holds, in quarter q, lanes 4q + c of rows 4g .. 4g + 3: now gather the quarters. */
#pragma GCC unroll 4
  for (int c = 0; c < 4; c++)
    {
      b[c] = _mm512_shuffle_f32x4 (a[c], a[4 + c], 0x44);
      b[4 + c] = _mm512_shuffle_f32x4 (a[c], a[4 + c], 0xee);
      b[8 + c] = _mm512_shuffle_f32x4 (a[8 + c], a[12 + c], 0x44);
      b[12 + c] = _mm512_shuffle_f32x4 (a[8 + c], a[12 + c], 0xee);
      rows[c] = (LkVec) _mm512_shuffle_f32x4 (b[c], b[8 + c], 0x88);
      rows[4 + c] = (LkVec) _mm512_shuffle_f32x4 (b[c], b[8 + c], 0xdd);
      rows[8 + c] = (LkVec) _mm512_shuffle_f32x4 (b[4 + c], b[12 + c], 0x88);
      rows[12 + c] = (LkVec) _mm512_shuffle_f32x4 (b[4 + c], b[12 + c], 0xdd);
    }
#elif defined(__AVX2__)
  __m256 a[8];

#pragma GCC unroll 2
  for (int i = 0; i < 8; i += 4)
    {
      __m256 lo01 = _mm256_unpacklo_ps ((__m256) rows[i], (__m256) rows[i + 1]), hi01 = _mm256_unpackhi_ps ((__m256) rows[i], (__m256) rows[i + 1]);
      __m256 lo23 = _mm256_unpacklo_ps ((__m256) rows[i + 2], (__m256) rows[i + 3]), hi23 = _mm256_unpackhi_ps ((__m256) rows[i + 2], (__m256) rows[i + 3]);

      a[i] = _mm256_castpd_ps (_mm256_unpacklo_pd (_mm256_castps_pd (lo01), _mm256_castps_pd (lo23)));
      a[i + 1] = _mm256_castpd_ps (_mm256_unpackhi_pd (_mm256_castps_pd (lo01), _mm256_castps_pd (lo23)));
      a[i + 2] = _mm256_castpd_ps (_mm256_unpacklo_pd (_mm256_castps_pd (hi01), _mm256_castps_pd (hi23)));
      a[i + 3] = _mm256_castpd_ps (_mm256_unpackhi_pd (_mm256_castps_pd (hi01), _mm256_castps_pd (hi23)));
    }
#pragma GCC unroll 4
  for (int c = 0; c < 4; c++)
    {
      rows[c] = (LkVec) _mm256_permute2f128_ps (a[c], a[4 + c], 0x20);
      rows[4 + c] = (LkVec) _mm256_permute2f128_ps (a[c], a[4 + c], 0x31);
    }
#else
  LkVec a = rows[0], b = rows[1], c = rows[2], d = rows[3];

  for (int i = 0; i < 4; i++)
    rows[i] = (LkVec) { a[i], b[i], c[i], d[i] };
#endif
}

/* Whether the mask is set in every lane. */
LK_INLINE gboolean
v_all (LkInts mask)
{
#if defined(__AVX512F__)
  return _mm512_movepi32_mask ((__m512i) mask) == 0xffff;
#elif defined(__AVX2__)
  return _mm256_movemask_ps ((__m256) mask) == 0xff;
#else
  return (mask[0] & mask[1] & mask[2] & mask[3]) != 0;
#endif
}

/* The sum of all lanes, halves first. */
LK_INLINE float
v_sum (LkVec v)
{
#if defined(__AVX512F__) || defined(__AVX2__)
#if defined(__AVX512F__)
  __m256 half = _mm256_add_ps (_mm512_castps512_ps256 ((__m512) v), _mm512_extractf32x8_ps ((__m512) v, 1));
#else
  __m256 half = (__m256) v;
#endif
  __m128 quarter = _mm_add_ps (_mm256_castps256_ps128 (half), _mm256_extractf128_ps (half, 1));

  quarter = _mm_add_ps (quarter, _mm_movehl_ps (quarter, quarter));
  return _mm_cvtss_f32 (_mm_add_ss (quarter, _mm_movehdup_ps (quarter)));
#else
  return (v[0] + v[2]) + (v[1] + v[3]);
#endif
}

/* ---- moves ----------------------------------------------------------------------------------------------------- */

LK_INLINE void
v_copy (float       *to,
        const float *from,
        gsize        n)
{
  gsize i = 0;

  for (; i + LANES <= n; i += LANES)
    v_store (to + i, v_load (from + i));
  if (i < n)
    v_store_n (to + i, v_load_n (from + i, n - i), n - i);
}

LK_INLINE void
v_clear (float *to,
         gsize  n)
{
  gsize i = 0;

  for (; i + LANES <= n; i += LANES)
    v_store (to + i, v_set (0));
  if (i < n)
    v_store_n (to + i, v_set (0), n - i);
}
