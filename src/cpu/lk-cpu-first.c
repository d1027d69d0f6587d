/* lk-cpu-first.c: every kernel in its plainest form, added up in double. */
#define G_LOG_DOMAIN "likeness-cpu"

#include "config.h"

#include <math.h>
#include <string.h>

#include "cpu/lk-cpu.h"

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
