/* lk-safetensors-read.c: elements of a tensor, converted. Loops are plain, so that the compiler can vectorise them; data may be
 * unaligned, so that every element is copied out by memcpy, which costs nothing. */
#define G_LOG_DOMAIN "likeness-formats"

#include "config.h"

/* A checkpoint has thousands of millions of elements: worth the larger code of loops that are vectorised, which GCC refuses where it must
 * keep the order of floating-point exceptions. Nobody looks at those; results do not change. */
#ifndef __clang__
#pragma GCC optimize ("O3", "no-trapping-math")
#endif

#include <float.h>
#include <math.h>
#include <string.h>

#include "formats/lk-safetensors.h"

#define BLOCK 1024   /* elements converted at a time on the way to F16 */

static inline float
float_from_bits (guint32 bits)
{
  float value;

  memcpy (&value, &bits, sizeof value);
  return value;
}

static inline guint32
bits_from_float (float value)
{
  guint32 bits;

  memcpy (&bits, &value, sizeof bits);
  return bits;
}

/* ---- F16 ------------------------------------------------------------------------------------------------------- */

/* Without a branch: the exponent is moved by integer addition and corrected by a multiplication, which also handles infinity and
 * NaN; numbers below 2^-14 get their digits from a subtraction (M. Dukhan's FP16 library does it so). */
static inline float
f16_to_f32 (guint16 bits)
{
  guint32 sign = (guint32) (bits & 0x8000) << 16;
  guint32 rest = (guint32) bits << 17;
  float normal = float_from_bits ((rest >> 4) + (0xe0u << 23)) * 0x1p-112f;
  float subnormal = float_from_bits ((rest >> 17) | (126u << 23)) - 0.5f;

  return float_from_bits (sign | bits_from_float (rest < (1u << 27) ? subnormal : normal));
}

/* Adding a power of two that is 2^13 units above the number's last place makes the addition itself round to nearest even. */
static inline guint16
f32_to_f16 (float value)
{
  guint32 bits = bits_from_float (value);
  guint32 twice = bits << 1;
  guint32 bias = MAX (twice & 0xff000000u, 0x71000000u);
  float base = (fabsf (value) * 0x1p112f) * 0x1p-110f;   /* too large a number becomes infinite */
  guint32 rounded = bits_from_float (float_from_bits ((bias >> 1) + 0x07800000u) + base);
  guint32 result = ((rounded >> 13) & 0x7c00u) + (rounded & 0x0fffu);

  return (bits >> 16 & 0x8000u) | (twice > 0xff000000u ? 0x7e00u : result);
}

float
lk_safe_f16_to_f32 (guint16 bits)
{
  return f16_to_f32 (bits);
}

guint16
lk_safe_f32_to_f16 (float value)
{
  return f32_to_f16 (value);
}

/* To float, rounded to odd: what is rounded once more, to fewer digits, then comes out as if it had been rounded once. */
static inline float
f64_to_f32_odd (double value)
{
  float near = (float) value;
  guint32 bits = bits_from_float (near);

  if (isnan (value) || (double) near == value || (bits & 1) != 0)
    return near;
  return float_from_bits (fabs ((double) near) > fabs (value) ? bits - 1 : bits + 1);
}

/* ---- the other types ------------------------------------------------------------------------------------------- */

/* "FN": no infinities, one NaN, largest number 448. */
static inline float
e4m3_to_f32 (guint8 bits)
{
  guint32 sign = (guint32) (bits & 0x80) << 24;
  guint32 exponent = bits >> 3 & 15, mantissa = bits & 7;
  guint32 result;

  if ((bits & 0x7f) == 0x7f)
    result = 0x7fc00000u;
  else if (exponent == 0)
    result = bits_from_float (mantissa * 0x1p-9f);
  else
    result = (exponent + 120) << 23 | mantissa << 20;

  return float_from_bits (sign | result);
}

static inline float
bf16_to_f32 (guint16 bits)
{
  return float_from_bits ((guint32) bits << 16);
}

static inline float
e5m2_to_f32 (guint8 bits)
{
  return f16_to_f32 ((guint16) (bits << 8));
}

#define CONVERT(type, expression)                       \
  for (gsize i = 0; i < n; i++)                         \
    {                                                   \
      type x;                                           \
      memcpy (&x, from + i * sizeof (type), sizeof x);  \
      out[i] = (expression);                            \
    }                                                   \
  break

/* Every known type to F32. F64 is rounded to odd where `to_odd`. */
static void
convert (LkSafeType     type,
         const guint8  *from,
         gsize          n,
         gboolean       to_odd,
         float         *out)
{
  switch (type)
    {
    case LK_SAFE_F64:     CONVERT (double, to_odd ? f64_to_f32_odd (x) : (float) x);
    case LK_SAFE_F32:     memcpy (out, from, n * sizeof (float)); break;
    case LK_SAFE_F16:     CONVERT (guint16, f16_to_f32 (x));
    case LK_SAFE_BF16:    CONVERT (guint16, bf16_to_f32 (x));
    case LK_SAFE_F8_E4M3: CONVERT (guint8, e4m3_to_f32 (x));
    case LK_SAFE_F8_E5M2: CONVERT (guint8, e5m2_to_f32 (x));
    case LK_SAFE_I64:     CONVERT (gint64, (float) x);
    case LK_SAFE_I32:     CONVERT (gint32, (float) x);
    case LK_SAFE_I16:     CONVERT (gint16, (float) x);
    case LK_SAFE_I8:      CONVERT (gint8, (float) x);
    case LK_SAFE_U8:      CONVERT (guint8, (float) x);
    case LK_SAFE_BOOL:    CONVERT (guint8, x != 0 ? 1.f : 0.f);
    case LK_SAFE_UNKNOWN: g_assert_not_reached ();
    }
}

/* ---- reading --------------------------------------------------------------------------------------------------- */

/* Where the range starts; NULL with error for a type nobody knows. */
static const guint8 *
find_range (LkSafetensors       *file,
            const LkSafeTensor  *tensor,
            gsize                first,
            gsize                n,
            GError             **error)
{
  g_return_val_if_fail (first <= tensor->n_elements && n <= tensor->n_elements - first, NULL);

  if (tensor->type == LK_SAFE_UNKNOWN)
    {
      g_autofree char *name = g_filename_display_name (lk_safetensors_get_path (file));

      g_set_error (error, LK_SAFETENSORS_ERROR, LK_SAFETENSORS_ERROR_TYPE,
                   "“%s” cannot be used: tensor “%s” has the type %s, which Likeness does not know. "
                   "Choose an F16, BF16 or F32 version of it.",
                   name, tensor->name, tensor->type_name);
      return NULL;
    }

  return (const guint8 *) tensor->data + first * lk_safe_type_get_size (tensor->type);
}

gboolean
lk_safetensors_read_f32 (LkSafetensors       *file,
                         const LkSafeTensor  *tensor,
                         gsize                first,
                         gsize                n,
                         float               *out,
                         GError             **error)
{
  const guint8 *from = find_range (file, tensor, first, n, error);

  if (from == NULL)
    return FALSE;

  if (n > 0)
    convert (tensor->type, from, n, FALSE, out);
  return TRUE;
}

gboolean
lk_safetensors_read_f16 (LkSafetensors       *file,
                         const LkSafeTensor  *tensor,
                         gsize                first,
                         gsize                n,
                         guint16             *out,
                         gsize               *n_overflows,
                         GError             **error)
{
  const guint8 *from = find_range (file, tensor, first, n, error);
  gsize size = lk_safe_type_get_size (tensor->type);
  gsize n_over = 0;
  float block[BLOCK];

  if (from == NULL)
    return FALSE;

  if (n > 0 && tensor->type == LK_SAFE_F16)
    memcpy (out, from, n * sizeof (guint16));
  else
    for (gsize done = 0; done < n; done += BLOCK)
      {
        gsize m = MIN (n - done, BLOCK);

        convert (tensor->type, from + done * size, m, TRUE, block);
        for (gsize i = 0; i < m; i++)
          out[done + i] = f32_to_f16 (block[i]);
        for (gsize i = 0; i < m; i++)
          n_over += fabsf (block[i]) >= 65520.f && fabsf (block[i]) <= FLT_MAX;   /* what rounds to infinity */
      }

  if (n_overflows != NULL)
    *n_overflows = n_over;
  return TRUE;
}

gboolean
lk_safetensors_read_i32 (LkSafetensors       *file,
                         const LkSafeTensor  *tensor,
                         gsize                first,
                         gsize                n,
                         gint32              *out,
                         GError             **error)
{
  const guint8 *from = find_range (file, tensor, first, n, error);
  const char *problem = NULL;

  if (from == NULL)
    return FALSE;

  switch (tensor->type)
    {
    case LK_SAFE_I64:
      for (gsize i = 0; i < n; i++)
        {
          gint64 x;

          memcpy (&x, from + i * sizeof x, sizeof x);
          if (x < G_MININT32 || x > G_MAXINT32)
            problem = "holds numbers that are too large";
          out[i] = (gint32) x;
        }
      break;
    case LK_SAFE_I32:
      if (n > 0)
        memcpy (out, from, n * sizeof (gint32));
      break;
    case LK_SAFE_I16:     CONVERT (gint16, x);
    case LK_SAFE_I8:      CONVERT (gint8, x);
    case LK_SAFE_U8:      CONVERT (guint8, x);
    case LK_SAFE_BOOL:    CONVERT (guint8, x != 0);
    default:
      problem = "does not hold whole numbers";
    }

  if (problem != NULL)
    {
      g_autofree char *name = g_filename_display_name (lk_safetensors_get_path (file));

      g_set_error (error, LK_SAFETENSORS_ERROR, LK_SAFETENSORS_ERROR_TYPE,
                   "“%s” cannot be used: tensor “%s” %s.", name, tensor->name, problem);
      return FALSE;
    }

  return TRUE;
}
