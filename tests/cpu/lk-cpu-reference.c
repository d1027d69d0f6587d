#include "config.h"

#include <math.h>
#include <string.h>

#include "lk-cpu-reference.h"

double
lk_reference_f16 (guint16 half)
{
  int exponent = half >> 10 & 31, mantissa = half & 1023;
  double value;

  if (exponent == 31)
    value = mantissa != 0 ? NAN : INFINITY;
  else
    value = exponent == 0 ? ldexp (mantissa, -24) : ldexp (1024 + mantissa, exponent - 25);
  return half >> 15 ? -value : value;
}

static double
get (gconstpointer from,
     LkDtype       dtype,
     gsize         i)
{
  return dtype == LK_DTYPE_F16 ? lk_reference_f16 (((const guint16 *) from)[i]) : ((const float *) from)[i];
}

/* ---- products -------------------------------------------------------------------------------------------------- */

void
lk_reference_gemm (const LkCpuGemm *g,
                   double          *c)
{
  g_autofree double *rows = g_new (double, g->m * g->k + 1), *columns = g_new (double, g->n * g->k + 1);

  for (gsize i = 0; i < g->m; i++)
    for (gsize p = 0; p < g->k; p++)
      rows[i * g->k + p] = g->trans_a ? g->a[p * g->lda + i] : g->a[i * g->lda + p];
  for (gsize j = 0; j < g->n; j++)
    for (gsize p = 0; p < g->k; p++)
      columns[j * g->k + p] = get (g->b, g->b_dtype, g->trans_b ? j * g->ldb + p : p * g->ldb + j);

  for (gsize i = 0; i < g->m; i++)
    for (gsize j = 0; j < g->n; j++)
      {
        double sum = 0;

        for (gsize p = 0; p < g->k; p++)
          sum += rows[i * g->k + p] * columns[j * g->k + p];
        c[i * g->ldc + j] = g->scale * sum + (g->bias != NULL ? g->bias[j] : 0) + (g->add != NULL ? g->add[i * g->ldc + j] : 0);
      }
}

/* The weight as doubles. */
static double *
new_weight (const LkCpuConv2d *v)
{
  gsize n = v->o * v->kh * v->kw * v->c;
  double *weight = g_new (double, n);

  for (gsize i = 0; i < n; i++)
    weight[i] = get (v->weight, v->weight_dtype, i);
  return weight;
}

void
lk_reference_conv2d (const LkCpuConv2d *v,
                     double            *y)
{
  const gsize k = v->kh * v->kw * v->c;
  g_autofree double *weight = new_weight (v);

  for (gsize row = 0; row < v->n * v->out_h * v->out_w; row++)
    {
      gsize image = row / (v->out_h * v->out_w), oy = row / v->out_w % v->out_h, ox = row % v->out_w;

      for (gsize o = 0; o < v->o; o++)
        {
          double sum = 0;

          for (gsize ky = 0; ky < v->kh; ky++)
            for (gsize kx = 0; kx < v->kw; kx++)
              {
                gsize iy = oy * v->stride + ky - v->pad_before, ix = ox * v->stride + kx - v->pad_before;
                const float *x = v->x + ((image * v->h + iy) * v->w + ix) * v->c;
                const double *w = weight + o * k + (ky * v->kw + kx) * v->c;

                if (iy < v->h && ix < v->w)             /* less than 0 has wrapped around */
                  for (gsize c = 0; c < v->c; c++)
                    sum += x[c] * w[c];
              }
          y[row * v->o + o] = sum + (v->bias != NULL ? v->bias[o] : 0) + (v->add != NULL ? v->add[row * v->o + o] : 0);
        }
    }
}

/* Scatters: each dy goes to all x that it came from. The kernel gathers. */
void
lk_reference_conv2d_backward_data (const LkCpuConv2d *v,
                                   double            *dx)
{
  const gsize k = v->kh * v->kw * v->c;
  g_autofree double *weight = new_weight (v);

  for (gsize i = 0; i < v->n * v->h * v->w * v->c; i++)
    dx[i] = v->add != NULL ? v->add[i] : 0;
  for (gsize row = 0; row < v->n * v->out_h * v->out_w; row++)
    {
      gsize image = row / (v->out_h * v->out_w), oy = row / v->out_w % v->out_h, ox = row % v->out_w;

      for (gsize ky = 0; ky < v->kh; ky++)
        for (gsize kx = 0; kx < v->kw; kx++)
          {
            gsize iy = oy * v->stride + ky - v->pad_before, ix = ox * v->stride + kx - v->pad_before;
            double *to = dx + ((image * v->h + iy) * v->w + ix) * v->c;

            if (iy < v->h && ix < v->w)
              for (gsize o = 0; o < v->o; o++)
                for (gsize c = 0; c < v->c; c++)
                  to[c] += v->x[row * v->o + o] * weight[o * k + (ky * v->kw + kx) * v->c + c];
          }
    }
}

void
lk_reference_conv2d_backward_weight (const LkCpuConv2d *v,
                                     double            *dweight)
{
  const gsize k = v->kh * v->kw * v->c;

  for (gsize i = 0; i < v->o * k; i++)
    dweight[i] = v->add != NULL ? v->add[i] : 0;
  for (gsize row = 0; row < v->n * v->out_h * v->out_w; row++)
    {
      gsize image = row / (v->out_h * v->out_w), oy = row / v->out_w % v->out_h, ox = row % v->out_w;

      for (gsize ky = 0; ky < v->kh; ky++)
        for (gsize kx = 0; kx < v->kw; kx++)
          {
            gsize iy = oy * v->stride + ky - v->pad_before, ix = ox * v->stride + kx - v->pad_before;

            if (iy < v->h && ix < v->w)
              for (gsize o = 0; o < v->o; o++)
                for (gsize c = 0; c < v->c; c++)
                  dweight[o * k + (ky * v->kw + kx) * v->c + c] +=
                    (double) v->dy[row * v->o + o] * v->x[((image * v->h + iy) * v->w + ix) * v->c + c];
          }
    }
}

/* ---- attention ------------------------------------------------------------------------------------------------- */

/* The probabilities of one query; returns the log of the sum. */
static double
probabilities (const LkCpuAttention *a,
               gsize                 b,
               gsize                 h,
               gsize                 t,
               double               *p)
{
  double max = -INFINITY, sum = 0;

  for (gsize s = 0; s < a->s; s++)
    {
      p[s] = 0;
      for (gsize i = 0; i < a->d; i++)
        p[s] += (double) a->q[((b * a->t + t) * a->h + h) * a->d + i] * a->k[((b * a->s + s) * a->h + h) * a->d + i];
      p[s] = a->is_causal && s > t ? -INFINITY : p[s] * a->scale;
      max = MAX (max, p[s]);
    }
  for (gsize s = 0; s < a->s; s++)
    sum += p[s] = exp (p[s] - max);
  for (gsize s = 0; s < a->s; s++)
    p[s] /= sum;
  return max + log (sum);
}

void
lk_reference_attention (const LkCpuAttention *a,
                        double               *y,
                        double               *lse)
{
  g_autofree double *p = g_new (double, a->s);

  for (gsize b = 0; b < a->b; b++)
    for (gsize h = 0; h < a->h; h++)
      for (gsize t = 0; t < a->t; t++)
        {
          lse[(b * a->h + h) * a->t + t] = probabilities (a, b, h, t, p);
          for (gsize i = 0; i < a->d; i++)
            {
              double sum = 0;

              for (gsize s = 0; s < a->s; s++)
                sum += p[s] * a->v[((b * a->s + s) * a->h + h) * a->d + i];
              y[((b * a->t + t) * a->h + h) * a->d + i] = sum;
            }
        }
}

void
lk_reference_attention_backward (const LkCpuAttention *a,
                                 double               *dq,
                                 double               *dk,
                                 double               *dv)
{
  g_autofree double *p = g_new (double, a->s), *dp = g_new (double, a->s);

  memset (dq, 0, a->b * a->t * a->h * a->d * sizeof *dq);
  memset (dk, 0, a->b * a->s * a->h * a->d * sizeof *dk);
  memset (dv, 0, a->b * a->s * a->h * a->d * sizeof *dv);
  for (gsize b = 0; b < a->b; b++)
    for (gsize h = 0; h < a->h; h++)
      for (gsize t = 0; t < a->t; t++)
        {
          gsize at = ((b * a->t + t) * a->h + h) * a->d;
          double mean = 0;

          probabilities (a, b, h, t, p);
          for (gsize s = 0; s < a->s; s++)
            {
              dp[s] = 0;
              for (gsize i = 0; i < a->d; i++)
                dp[s] += (double) a->dy[at + i] * a->v[((b * a->s + s) * a->h + h) * a->d + i];
              mean += p[s] * dp[s];
            }
          for (gsize s = 0; s < a->s; s++)
            for (gsize i = 0; i < a->d; i++)
              {
                gsize key = ((b * a->s + s) * a->h + h) * a->d + i;
                double ds = p[s] * (dp[s] - mean) * a->scale;

                dq[at + i] += ds * a->k[key];
                dk[key] += ds * a->q[at + i];
                dv[key] += p[s] * a->dy[at + i];
              }
        }
}

/* ---- norms ----------------------------------------------------------------------------------------------------- */

static double
silu (double  x,
      double *slope)
{
  return lk_reference_activation (0, x, slope);
}

void
lk_reference_group_norm (const LkCpuGroupNorm *v,
                         double               *mean,
                         double               *rstd,
                         double               *y)
{
  const gsize width = v->c / v->n_groups;

  for (gsize group = 0; group < v->n * v->n_groups; group++)
    {
      gsize first = group / v->n_groups * v->places * v->c + group % v->n_groups * width;
      double sum = 0, squares = 0, slope;

      for (gsize i = 0; i < v->places * width; i++)
        sum += v->x[first + i / width * v->c + i % width];
      mean[group] = sum / (v->places * width);
      for (gsize i = 0; i < v->places * width; i++)
        squares += pow (v->x[first + i / width * v->c + i % width] - mean[group], 2);
      rstd[group] = 1 / sqrt (squares / (v->places * width) + v->eps);
      for (gsize i = 0; i < v->places * width; i++)
        {
          gsize at = first + i / width * v->c + i % width, channel = at % v->c;
          double u = (v->x[at] - mean[group]) * rstd[group] * v->gamma[channel] + v->beta[channel];

          y[at] = v->with_silu ? silu (u, &slope) : u;
        }
    }
}

void
lk_reference_group_norm_backward (const LkCpuGroupNorm *v,
                                  double               *dx)
{
  const gsize width = v->c / v->n_groups, count = v->places * width, n_elements = v->n * v->places * v->c;
  g_autofree double *mean = g_new (double, v->n * v->n_groups), *rstd = g_new (double, v->n * v->n_groups);
  g_autofree double *y = g_new (double, n_elements), *g = g_new (double, n_elements), *hat = g_new (double, n_elements);

  lk_reference_group_norm (v, mean, rstd, y);
  for (gsize group = 0; group < v->n * v->n_groups; group++)
    {
      gsize first = group / v->n_groups * v->places * v->c + group % v->n_groups * width;
      double sum_g = 0, sum_gh = 0;

      for (gsize i = 0; i < count; i++)
        {
          gsize at = first + i / width * v->c + i % width, channel = at % v->c;
          double slope = 1;

          hat[at] = (v->x[at] - mean[group]) * rstd[group];
          if (v->with_silu)
            silu (hat[at] * v->gamma[channel] + v->beta[channel], &slope);
          g[at] = v->dy[at] * slope * v->gamma[channel];
          sum_g += g[at];
          sum_gh += g[at] * hat[at];
        }
      for (gsize i = 0; i < count; i++)
        {
          gsize at = first + i / width * v->c + i % width;

          dx[at] = rstd[group] * (g[at] - sum_g / count - hat[at] * sum_gh / count);
        }
    }
}

/* ---- element by element ---------------------------------------------------------------------------------------- */

double
lk_reference_activation (guint   kind,
                         double  x,
                         double *slope)
{
  const double root = M_2_SQRTPI * M_SQRT1_2;       /* √(2/π) */
  double a = kind == 0 ? 1 : (double) 1.702f, s = 1 / (1 + exp (-a * x)), u, du;

  switch (kind)
    {
    case 1:                                         /* x·Φ(x) */
      s = 0.5 * erfc (-x * M_SQRT1_2);
      *slope = s + x * exp (-0.5 * x * x) * 0.5 * root;
      return x * s;
    case 2:                                         /* x·(1 + tanh (u)) / 2 = x·σ(2u) */
      u = root * (x + 0.044715 * x * x * x);
      du = root * (1 + 3 * 0.044715 * x * x);
      s = 1 / (1 + exp (-2 * u));
      *slope = s + x * s / (1 + exp (2 * u)) * 2 * du;
      return x * s;
    default:                                        /* x·σ(a x) */
      *slope = s + a * x * s / (1 + exp (a * x));
      return x * s;
    }
}
