/* lk-unipc.c: in the variance-preserving picture, where the latent is x / sqrt (1 + sigma²) and lambda = -log sigma. With m the predictions
 * of what lies under the noise and h the step in lambda, a step is
 *   x' = (s'/s) x - a' expm1 (-h) m0 - a' (-h) Σ rho_k (m_k - m0) / r_k
 * with s and a the shares of noise and picture, r_k the earlier steps in units of h, and rho from a small linear system (eq. 9 and 12).
 */
#define G_LOG_DOMAIN "likeness-generate"

#include "config.h"

#include <math.h>
#include <string.h>

#include "generate/lk-unipc.h"

#define MAX_ORDER 3

typedef struct
{
  gsize          n;
  float         *x;             /* scaled: x / sqrt (1 + sigma²) */
  float         *base;          /* scratch, as is the next: what predictor and corrector share; the latent for the network */
  float         *latent;
  float         *models[MAX_ORDER];     /* the last predictions, newest last */
  float          levels[MAX_ORDER];     /* their sigmas */
  guint          n_models;
  float         *found;         /* scratch: the corrector's own prediction */
  LkDenoiseFunc  denoise;
  gpointer       denoise_data;
} UniPC;

static double
alpha (double sigma)
{
  return 1 / sqrt (sigma * sigma + 1);
}

static gboolean
predict (UniPC   *walk,
         float    sigma,
         float   *model,
         GError **error)
{
  float scale = sqrtf (sigma * sigma + 1);

  for (gsize k = 0; k < walk->n; k++)
    walk->latent[k] = walk->x[k] * scale;
  return walk->denoise (walk->denoise_data, walk->latent, sigma, model, error);
}

/* Solves the first `n` rows and columns of R rho = b, R[i][k] = r[k]^i, by elimination; 1 <= n <= 3. */
static void
solve (const double *r,
       const double *b,
       guint         n,
       double       *rho)
{
  double rows[MAX_ORDER][MAX_ORDER + 1];

  for (guint i = 0; i < n; i++)
    {
      for (guint k = 0; k < n; k++)
        rows[i][k] = pow (r[k], i);
      rows[i][n] = b[i];
    }
  for (guint p = 0; p < n; p++)
    for (guint i = 0; i < n; i++)
      {
        double factor = rows[i][p] / rows[p][p];

        for (guint k = p; i != p && k <= n; k++)
          rows[i][k] -= factor * rows[p][k];
      }
  for (guint i = 0; i < n; i++)
    rho[i] = rows[i][n] / rows[i][i];
}

/* Adds -a'·B·rho·(m - m0)/r of one prediction to x. */
static void
add_difference (UniPC       *walk,
                const float *model,
                const float *newest,
                double       weight)
{
  float w = weight;

  for (gsize k = 0; k < walk->n; k++)
    walk->x[k] -= w * (model[k] - newest[k]);
}

/* Goes to `sigma` with `order` predictions. With `correct`, walk->found is what the network says there, and the step is taken again with it. */
static gboolean
update (UniPC    *walk,
        float     sigma,
        guint     order,
        gboolean  correct,
        GError  **error)
{
  guint newest = walk->n_models - 1;
  double from = walk->levels[newest], h = log (from) - log (sigma), hh = -h;
  double phi_1 = expm1 (hh), phi = phi_1 / hh - 1, factorial = 1;
  double r[MAX_ORDER], b[MAX_ORDER], rho_p[MAX_ORDER] = { 0.5 }, rho_c[MAX_ORDER] = { 0.5 };
  float keep = sigma * alpha (sigma) / (from * alpha (from)), fresh = alpha (sigma) * phi_1;
  double reach = alpha (sigma) * hh;

  for (guint i = 0; i + 1 < order; i++)
    r[i] = (log (from) - log (walk->levels[newest - 1 - i])) / h;
  r[order - 1] = 1;
  for (guint i = 0; i < order; i++)
    {
      b[i] = phi * factorial / hh;
      factorial *= i + 2;
      phi = phi / hh - 1 / factorial;
    }
  if (order > 2)
    solve (r, b, order - 1, rho_p);
  if (order > 1)
    solve (r, b, order, rho_c);

  for (gsize k = 0; k < walk->n; k++)
    walk->base[k] = keep * walk->x[k] - fresh * walk->models[newest][k];

  memcpy (walk->x, walk->base, walk->n * sizeof (float));
  for (guint i = 0; i + 1 < order; i++)
    add_difference (walk, walk->models[newest - 1 - i], walk->models[newest], reach * rho_p[i] / r[i]);
  if (!correct)
    return TRUE;

  if (!predict (walk, sigma, walk->found, error))
    return FALSE;
  memcpy (walk->x, walk->base, walk->n * sizeof (float));
  for (guint i = 0; i + 1 < order; i++)
    add_difference (walk, walk->models[newest - 1 - i], walk->models[newest], reach * rho_c[i] / r[i]);
  add_difference (walk, walk->found, walk->models[newest], reach * rho_c[order - 1]);
  return TRUE;
}

/* Remembers walk->found as the newest prediction; at most `most` are kept. */
static void
remember (UniPC *walk,
          float  sigma,
          guint  most)
{
  float *oldest = walk->models[0], *swap;

  if (walk->n_models == most)
    {
      memmove (walk->models, walk->models + 1, (most - 1) * sizeof *walk->models);
      memmove (walk->levels, walk->levels + 1, (most - 1) * sizeof *walk->levels);
      walk->models[most - 1] = oldest;
      walk->n_models--;
    }
  swap = walk->models[walk->n_models];
  walk->models[walk->n_models] = walk->found;
  walk->found = swap;
  walk->levels[walk->n_models++] = sigma;
}

gboolean
lk_unipc_run (const float       *sigmas,
              guint              n_sigmas,
              float             *x,
              gsize              n,
              LkDenoiseFunc      denoise,
              gpointer           denoise_data,
              LkSampleStepFunc   step,
              gpointer           step_data,
              GError           **error)
{
  g_autofree float *memory = g_new (float, (MAX_ORDER + 3) * n);
  guint n_steps = n_sigmas - 1, order = CLAMP (n_sigmas - 2, 1, MAX_ORDER);
  float scale = sqrtf (1 + sigmas[0] * sigmas[0]), last = sqrtf (1 + sigmas[n_steps] * sigmas[n_steps]);
  UniPC walk = { .n = n, .x = x, .base = memory, .latent = memory + n, .found = memory + 2 * n, .denoise = denoise, .denoise_data = denoise_data };

  for (guint i = 0; i < MAX_ORDER; i++)
    walk.models[i] = memory + (3 + i) * n;
  for (gsize k = 0; k < n; k++)
    x[k] /= scale;

  if (!predict (&walk, sigmas[0], walk.found, error))
    return FALSE;
  remember (&walk, sigmas[0], order);
  for (guint i = 1; i <= n_steps; i++)
    {
      gboolean is_last = i == n_steps;
      guint of_step = MIN (MIN (order, walk.n_models), n_steps + 1 - i);

      if (!update (&walk, sigmas[i], of_step, !is_last, error))
        return FALSE;
      if (!is_last)
        remember (&walk, sigmas[i], order);
      if (step)
        step (step_data, i, n_steps, walk.latent, walk.models[walk.n_models - 1]);
    }

  for (gsize k = 0; k < n; k++)
    x[k] *= last;
  return TRUE;
}
