/* lk-cpu-first.c: every kernel in its plainest form, added up in double. */
#define G_LOG_DOMAIN "likeness-cpu"

#include "config.h"

#include <math.h>
#include <string.h>

#include "cpu/lk-cpu.h"

static double
f16 (guint16 h)
{
  int exponent = h >> 10 & 31, mantissa = h & 1023;
  double value = exponent == 0 ? ldexp (mantissa, -24) : exponent == 31 ? (mantissa ? NAN : INFINITY) : ldexp (1024 + mantissa, exponent - 25);

  return h >> 15 ? -value : value;
}

static double
score (const LkCpuAttention *a,
       gsize                 b,
       gsize                 h,
       gsize                 t,
       gsize                 s)
{
  double sum = 0;

  for (gsize i = 0; i < a->d; i++)
    sum += (double) a->q[((b * a->t + t) * a->h + h) * a->d + i] * a->k[((b * a->s + s) * a->h + h) * a->d + i];
  return sum * a->scale;
}

static void
attention_head (gpointer data,
                gsize    item,
                guint    worker)
{
  const LkCpuAttention *a = data;
  gsize b = item / a->h, h = item % a->h;
  g_autofree double *p = g_new (double, a->s);

  for (gsize t = 0; t < a->t; t++)
    {
      gsize n = a->is_causal ? MIN (t + 1, a->s) : a->s;
      double max = -INFINITY, sum = 0;

      for (gsize s = 0; s < n; s++)
        max = MAX (max, p[s] = score (a, b, h, t, s));
      for (gsize s = 0; s < n; s++)
        sum += p[s] = exp (p[s] - max);
      a->lse[item * a->t + t] = max + log (sum);
      for (gsize i = 0; i < a->d; i++)
        {
          double y = 0;

          for (gsize s = 0; s < n; s++)
            y += p[s] * a->v[((b * a->s + s) * a->h + h) * a->d + i];
          a->y[((b * a->t + t) * a->h + h) * a->d + i] = y / sum;
        }
    }
}

void
lk_cpu_attention (LkPool               *pool,
                  const LkCpuAttention *attention)
{
  lk_pool_run (pool, attention->b * attention->h, attention_head, (gpointer) attention);
}

static void
attention_backward_head (gpointer data,
                         gsize    item,
                         guint    worker)
{
  const LkCpuAttention *a = data;
  gsize b = item / a->h, h = item % a->h;
  g_autofree double *dq = g_new0 (double, a->t * a->d), *dk = g_new0 (double, a->s * a->d), *dv = g_new0 (double, a->s * a->d);

  for (gsize t = 0; t < a->t; t++)
    {
      const float *y = a->y + ((b * a->t + t) * a->h + h) * a->d, *dy = a->dy + ((b * a->t + t) * a->h + h) * a->d;
      const float *q = a->q + ((b * a->t + t) * a->h + h) * a->d;
      double delta = 0;

      for (gsize i = 0; i < a->d; i++)
        delta += (double) y[i] * dy[i];
      for (gsize s = 0; s < (a->is_causal ? MIN (t + 1, a->s) : a->s); s++)
        {
          const float *k = a->k + ((b * a->s + s) * a->h + h) * a->d, *v = a->v + ((b * a->s + s) * a->h + h) * a->d;
          double p = exp (score (a, b, h, t, s) - a->lse[item * a->t + t]), dp = 0;

          for (gsize i = 0; i < a->d; i++)
            dp += (double) dy[i] * v[i];
          dp = p * (dp - delta) * a->scale;
          for (gsize i = 0; i < a->d; i++)
            {
              dv[s * a->d + i] += p * dy[i];
              dk[s * a->d + i] += dp * q[i];
              dq[t * a->d + i] += dp * k[i];
            }
        }
    }
  for (gsize t = 0; t < a->t && a->dq; t++)
    for (gsize i = 0; i < a->d; i++)
      a->dq[((b * a->t + t) * a->h + h) * a->d + i] = dq[t * a->d + i];
  for (gsize s = 0; s < a->s; s++)
    for (gsize i = 0; i < a->d; i++)
      {
        if (a->dk)
          a->dk[((b * a->s + s) * a->h + h) * a->d + i] = dk[s * a->d + i];
        if (a->dv)
          a->dv[((b * a->s + s) * a->h + h) * a->d + i] = dv[s * a->d + i];
      }
}

void
lk_cpu_attention_backward (LkPool               *pool,
                           const LkCpuAttention *attention)
{
  lk_pool_run (pool, attention->b * attention->h, attention_backward_head, (gpointer) attention);
}

/* ---- norms --------------------------------------------------------------------------------------------------- */

/* [n,places,c] in groups; layer norm is one place a row and one group. */
static void
norm_forward (gsize n, gsize places, gsize c, gsize n_groups, float eps, gboolean with_silu, const float *x,
              const float *gamma, const float *beta, float *mean_out, float *rstd_out, float *y)
{
  gsize width = c / n_groups;

  for (gsize i = 0; i < n; i++)
    for (gsize g = 0; g < n_groups; g++)
      {
        double mean = 0, var = 0, rstd;

        for (gsize p = 0; p < places; p++)
          for (gsize j = 0; j < width; j++)
            mean += x[(i * places + p) * c + g * width + j];
        mean /= places * width;
        for (gsize p = 0; p < places; p++)
          for (gsize j = 0; j < width; j++)
            var += pow (x[(i * places + p) * c + g * width + j] - mean, 2);
        rstd = 1 / sqrt (var / (places * width) + eps);
        mean_out[i * n_groups + g] = mean;
        rstd_out[i * n_groups + g] = rstd;
        for (gsize p = 0; p < places; p++)
          for (gsize j = 0; j < width; j++)
            {
              gsize at = (i * places + p) * c + g * width + j;
              double v = (x[at] - mean) * rstd * gamma[g * width + j] + beta[g * width + j];

              y[at] = with_silu ? v / (1 + exp (-v)) : v;
            }
      }
}

static void
norm_backward (gsize n, gsize places, gsize c, gsize n_groups, gboolean with_silu, const float *x, const float *gamma,
               const float *beta, const float *mean, const float *rstd, const float *dy, float *dx)
{
  gsize width = c / n_groups, count = places * width;
  g_autofree double *d = g_new (double, count), *hat = g_new (double, count);

  for (gsize i = 0; i < n; i++)
    for (gsize g = 0; g < n_groups; g++)
      {
        double m = mean[i * n_groups + g], r = rstd[i * n_groups + g], sum_d = 0, sum_dh = 0;

        for (gsize p = 0; p < places; p++)
          for (gsize j = 0; j < width; j++)
            {
              gsize at = (i * places + p) * c + g * width + j, e = p * width + j;
              double v, grad = dy[at];

              hat[e] = (x[at] - m) * r;
              if (with_silu)
                {
                  v = hat[e] * gamma[g * width + j] + beta[g * width + j];
                  grad *= (1 + v / (1 + exp (v))) / (1 + exp (-v));
                }
              d[e] = grad * gamma[g * width + j];
              sum_d += d[e];
              sum_dh += d[e] * hat[e];
            }
        for (gsize p = 0; p < places; p++)
          for (gsize j = 0; j < width; j++)
            dx[(i * places + p) * c + g * width + j] =
              r * (d[p * width + j] - sum_d / count - hat[p * width + j] * sum_dh / count);
      }
}

void
lk_cpu_group_norm (LkPool               *pool,
                   const LkCpuGroupNorm *v)
{
  norm_forward (v->n, v->places, v->c, v->n_groups, v->eps, v->with_silu, v->x, v->gamma, v->beta, v->mean, v->rstd, v->y);
}

void
lk_cpu_group_norm_backward (LkPool               *pool,
                            const LkCpuGroupNorm *v)
{
  norm_backward (v->n, v->places, v->c, v->n_groups, v->with_silu, v->x, v->gamma, v->beta, v->mean, v->rstd, v->dy, v->dx);
}

void
lk_cpu_layer_norm (LkPool               *pool,
                   const LkCpuLayerNorm *v)
{
  norm_forward (v->rows, 1, v->c, 1, v->eps, FALSE, v->x, v->gamma, v->beta, v->mean, v->rstd, v->y);
}

void
lk_cpu_layer_norm_backward (LkPool               *pool,
                            const LkCpuLayerNorm *v)
{
  norm_backward (v->rows, 1, v->c, 1, FALSE, v->x, v->gamma, v->beta, v->mean, v->rstd, v->dy, v->dx);
}

/* ---- element by element -------------------------------------------------------------------------------------- */

static double
activate (guint   kind,
          double  x,
          double *slope)
{
  double a = kind == 0 ? 1 : 1.702, s = 1 / (1 + exp (-a * x)), u, t;

  switch (kind)
    {
    case 1:
      s = 0.5 * erfc (-x * M_SQRT1_2);
      *slope = s + x * exp (-0.5 * x * x) * 0.5 * M_2_SQRTPI * M_SQRT1_2;
      return x * s;
    case 2:
      u = M_2_SQRTPI * M_SQRT1_2 * (x + 0.044715 * x * x * x);
      t = tanh (u);
      *slope = 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * M_2_SQRTPI * M_SQRT1_2 * (1 + 3 * 0.044715 * x * x);
      return 0.5 * x * (1 + t);
    default:
      *slope = s * (1 + a * x * (1 - s));
      return x * s;
    }
}

void
lk_cpu_activation (LkPool *pool, guint kind, gsize n, const float *x, float *y)
{
  double slope;

  for (gsize i = 0; i < n; i++)
    y[i] = activate (kind, x[i], &slope);
}

void
lk_cpu_activation_backward (LkPool *pool, guint kind, gsize n, const float *x, const float *dy, float *dx)
{
  double slope;

  for (gsize i = 0; i < n; i++)
    {
      activate (kind, x[i], &slope);
      dx[i] = dy[i] * slope;
    }
}

void
lk_cpu_geglu (LkPool *pool, gsize rows, gsize c, const float *x, float *y)
{
  double slope;

  for (gsize i = 0; i < rows; i++)
    for (gsize j = 0; j < c; j++)
      y[i * c + j] = x[i * 2 * c + j] * activate (1, x[i * 2 * c + c + j], &slope);
}

void
lk_cpu_geglu_backward (LkPool *pool, gsize rows, gsize c, const float *x, const float *dy, float *dx)
{
  for (gsize i = 0; i < rows; i++)
    for (gsize j = 0; j < c; j++)
      {
        double slope, gelu = activate (1, x[i * 2 * c + c + j], &slope), value = x[i * 2 * c + j];

        dx[i * 2 * c + j] = dy[i * c + j] * gelu;
        dx[i * 2 * c + c + j] = dy[i * c + j] * value * slope;
      }
}

void
lk_cpu_f16_to_f32 (gsize n, gconstpointer half, float *f32)
{
  for (gsize i = 0; i < n; i++)
    f32[i] = f16 (((const guint16 *) half)[i]);
}

void
lk_cpu_f32_to_f16 (gsize n, const float *f32, gpointer half)
{
  guint16 *out = half;

  for (gsize i = 0; i < n; i++)
    {
      guint32 bits, magnitude, sign;

      memcpy (&bits, &f32[i], 4);
      sign = bits >> 16 & 0x8000;
      magnitude = bits & 0x7fffffff;
      if (magnitude > 0x7f800000)
        out[i] = sign | 0x7e00 | (magnitude >> 13 & 0x3ff);
      else if (magnitude >= 0x477ff000)
        out[i] = sign | 0x7c00;
      else if (magnitude < 0x38800000)
        out[i] = sign | (guint16) lrint (ldexp (fabs (f32[i]), 24));
      else
        out[i] = sign | ((magnitude + 0xfff + (magnitude >> 13 & 1) - 0x38000000) >> 13);
    }
}
