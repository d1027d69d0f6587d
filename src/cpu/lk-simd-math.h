/* exp and the functions of activations, LANES at a time, to a few units in the last place over the whole range; NaN stays NaN. */
#pragma once

#include "cpu/lk-simd.h"

/* a·b = product + the returned error, exactly (|a|, |b| below 2^60). */
LK_INLINE LkVec
v_product_error (LkVec a,
                 LkVec b,
                 LkVec product)
{
#if defined(__AVX512F__) || defined(__AVX2__)
  return v_fma (a, b, -product);
#else
  /* Dekker 1971: the products of halves of 12 bits are exact. */
  LkVec a_big = a * 4097, b_big = b * 4097;
  LkVec a_high = a_big - (a_big - a), b_high = b_big - (b_big - b), a_low = a - a_high, b_low = b - b_high;

  return ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low;
#endif
}

/* exp (high + low), where low is a correction: |low| far below 1. */
LK_INLINE LkVec
v_exp_parts (LkVec high,
             LkVec low)
{
  const float shift = 0x1.8p23f;        /* adding it rounds to a whole number, which stands in the low bits */
  LkVec n, r, p;

  /* e^-104 is less than half of the smallest float, e^89 more than the largest. */
  high = v_max (v_set (-104), v_min (v_set (89), high));
  n = v_fma (high, v_set (1.44269504f), v_set (shift));
#if !defined(__AVX512F__)
  LkInts exponent = (LkInts) n - (LkInts) v_set (shift);
#endif
  n -= shift;
  /* ln 2 in two parts; the first has so few digits that n times it is exact (Cody and Waite 1980). */
  r = v_fma (n, v_set (-0.693359375f), high);
  r = v_fma (n, v_set (2.12194440e-4f), r) + low;
  /* (e^r - 1 - r) / r², minimax for |r| <= ln 2 / 2: relative error of e^r 7.5e-9 */
  p = v_set (1.394112139e-3f);
  p = v_fma (p, r, v_set (8.363184037e-3f));
  p = v_fma (p, r, v_set (4.166637517e-2f));
  p = v_fma (p, r, v_set (0.1666657694f));
  p = v_fma (p, r, v_set (0.5f));
  p = v_fma (p, r * r, r) + 1;
#if defined(__AVX512F__)
  return (LkVec) _mm512_scalef_ps ((__m512) p, (__m512) n);
#else
  /* In two steps, because 2^n itself may lie outside of the range where the result does not. */
  LkInts half = exponent >> 1;

  return p * (LkVec) ((half + 127) << 23) * (LkVec) ((exponent - half + 127) << 23);
#endif
}

LK_INLINE LkVec
v_exp (LkVec x)
{
  return v_exp_parts (x, v_set (0));
}

/* 2^x for x <= 0, as softmax needs it; 0 from x = -150 down. */
LK_INLINE LkVec
v_exp2 (LkVec x)
{
  const float shift = 0x1.8p23f;
  LkVec n, r, p;

  x = v_max (v_set (-150), x);
  n = x + shift;
#if !defined(__AVX512F__)
  LkInts exponent = (LkInts) n - (LkInts) v_set (shift);
#endif
  n -= shift;
  r = x - n;
  /* (2^r - 1) / r, minimax for |r| <= 1/2: relative error of 2^r 4e-9 */
  p = v_set (1.546949973e-4f);
  p = v_fma (p, r, v_set (1.33908891e-3f));
  p = v_fma (p, r, v_set (9.618031354e-3f));
  p = v_fma (p, r, v_set (5.550357061e-2f));
  p = v_fma (p, r, v_set (0.2402265108f));
  p = v_fma (p, r, v_set (0.693147188f));
  p = v_fma (p, r, v_set (1));
#if defined(__AVX512F__)
  return (LkVec) _mm512_scalef_ps ((__m512) p, (__m512) n);
#else
  LkInts half = exponent >> 1;

  return p * (LkVec) ((half + 127) << 23) * (LkVec) ((exponent - half + 127) << 23);
#endif
}

/* σ (w) and 1 - σ (w) for w = high + low. */
LK_INLINE void
v_sigmoid_parts (LkVec  high,
                 LkVec  low,
                 LkVec *sigmoid,
                 LkVec *complement)
{
  LkInts is_negative = (LkInts) (high < 0);
  LkVec e = v_exp_parts (-v_abs (high), v_select (is_negative, low, -low));
  LkVec larger = 1 / (1 + e), smaller = e * larger;

  *sigmoid = v_select (is_negative, smaller, larger);
  *complement = v_select (is_negative, larger, smaller);
}

/* Φ (x), the integral of the normal distribution up to x, and its density φ (x). */
LK_INLINE void
v_normal (LkVec  x,
          LkVec *integral,
          LkVec *density)
{
  /* Beyond 15 both tails are 0 in float. v_min () keeps NaN. */
  LkVec y = v_min (v_set (15), v_abs (x)), square = y * y;
  LkVec e = v_exp_parts (square * -0.5f, v_product_error (y, y, square) * -0.5f);
  LkVec inverse = 1 / (y + 3), t = (y - 3) * inverse, p, tail;

  /* The tail of the distribution over e^(-y²/2), times y + 3, as a polynomial in t: minimax, relative error 1e-9 */
  p = v_set (5.44891526e-5f);
  p = v_fma (p, t, v_set (1.313303106e-4f));
  p = v_fma (p, t, v_set (-2.447301547e-4f));
  p = v_fma (p, t, v_set (-1.03257369e-3f));
  p = v_fma (p, t, v_set (1.024754044e-3f));
  p = v_fma (p, t, v_set (6.969311318e-3f));
  p = v_fma (p, t, v_set (-1.04625129e-2f));
  p = v_fma (p, t, v_set (-4.7262688e-2f));
  p = v_fma (p, t, v_set (0.2300176994f));
  p = v_fma (p, t, v_set (-0.5093319914f));
  p = v_fma (p, t, v_set (0.7290836904f));
  tail = e * (p * inverse);
  *integral = v_select ((LkInts) (x < 0), tail, 1 - tail);
  *density = e * 0.3989422804f;
}

/* ---- activations: the kinds of LkActivation (ops/lk-ops.h), in its order ------------------------------------------ */

typedef enum
{
  LK_SILU,
  LK_GELU,
  LK_GELU_TANH,
  LK_QUICK_GELU,
  LK_N_ACTIVATIONS,
} LkActivationKind;

/* f (x), and f' (x) where `slope` is not NULL. All are x times a probability. */
LK_INLINE LkVec
v_activate (LkActivationKind kind,
            LkVec            x,
            LkVec           *slope)
{
  LkVec probability, complement, density;

  if (kind == LK_GELU)
    {
      v_normal (x, &probability, &density);
      if (slope != NULL)
        *slope = v_fma (x, density, probability);
    }
  else if (kind == LK_SILU)
    {
      v_sigmoid_parts (x, v_set (0), &probability, &complement);
      if (slope != NULL)
        *slope = v_fma (x * complement, probability, probability);
    }
  else if (kind == LK_QUICK_GELU)
    {
      /* σ far below 0 is e^w: an error of w in its last place, w up to 100, would be one in the seventh bit. So w is kept in two parts. */
      const LkVec a = v_set (1.702f);
      LkVec limited = v_max (v_set (-100), v_min (v_set (100), x)), w = a * limited;

      v_sigmoid_parts (w, v_product_error (a, limited, w), &probability, &complement);
      if (slope != NULL)
        *slope = v_fma (w * complement, probability, probability);
    }
  else
    {
      /* x·(1 + tanh (u)) / 2 = x·σ (2u), 2u = x·(a + b·x²), again in two parts; a = √(8/π), b = 0.044715·a */
      const float a = 1.59576917f, a_rest = -4.53406804e-8f, b = 0.0713548139f, b_rest = 2.3988324e-9f;
      LkVec limited = v_max (v_set (-20), v_min (v_set (20), x)), square = limited * limited, term, sum, rest, w;

      rest = v_product_error (limited, limited, square) * b + square * b_rest + a_rest;
      term = square * b;
      rest += v_product_error (square, v_set (b), term);
      sum = term + a;
      rest += v_select ((LkInts) (term > a), a - (sum - term), term - (sum - a));
      w = limited * sum;
      v_sigmoid_parts (w, v_product_error (limited, sum, w) + limited * rest, &probability, &complement);
      if (slope != NULL)
        *slope = v_fma (limited * complement * (a + 3 * b * square), probability, probability);
    }
  return x * probability;
}
