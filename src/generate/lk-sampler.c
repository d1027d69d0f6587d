/* lk-sampler.c: the steps. Every one goes from x at sigma to x at the next sigma; d = (x - denoised) / sigma is the slope of the
 * ODE dx/dsigma that all of them solve (Karras et al. 2022, algorithm 1).
 */
#define G_LOG_DOMAIN "likeness-generate"

#include "config.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

#include "base/lk-random.h"
#include "generate/lk-brownian.h"
#include "generate/lk-sampler.h"
#include "generate/lk-unipc.h"

/* A walk under way: what the steps share. */
typedef struct
{
  const float   *sigmas;
  gsize          n;
  float         *x;
  float         *denoised;          /* at the step's beginning */
  float         *last_denoised;     /* of the step before */
  float         *noise;             /* scratch, as are the next two */
  float         *x2;
  float         *denoised2;
  LkTorchRandom  random;
  LkBrownian    *brownian;          /* of DPM++ SDE */
  LkDenoiseFunc  denoise;
  gpointer       denoise_data;
} Walk;

/* Goes from sigmas[i] to sigmas[i + 1]; walk->denoised is filled. */
typedef gboolean (*StepFunc) (Walk    *walk,
                              guint    i,
                              GError **error);

static void
euler_step (Walk *walk,
            float sigma,
            float sigma_next)
{
  float dt = sigma_next - sigma;

  for (gsize k = 0; k < walk->n; k++)
    walk->x[k] += (walk->x[k] - walk->denoised[k]) / sigma * dt;
}

static gboolean
euler (Walk    *walk,
       guint    i,
       GError **error)
{
  euler_step (walk, walk->sigmas[i], walk->sigmas[i + 1]);
  return TRUE;
}

/* How far below `to` a step from `from` goes, so that fresh noise of deviation `up` lifts it to the level again. */
static void
get_ancestral_step (float  from,
                    float  to,
                    float *down,
                    float *up)
{
  *up = MIN (to, sqrtf (to * to * (from * from - to * to) / (from * from)));
  *down = sqrtf (to * to - *up * *up);
}

static gboolean
euler_ancestral (Walk    *walk,
                 guint    i,
                 GError **error)
{
  float from = walk->sigmas[i], to = walk->sigmas[i + 1], down, up;

  get_ancestral_step (from, to, &down, &up);

  if (down == 0)
    {
      memcpy (walk->x, walk->denoised, walk->n * sizeof (float));
      return TRUE;
    }

  euler_step (walk, from, down);
  lk_torch_randn (&walk->random, walk->n, walk->noise);
  for (gsize k = 0; k < walk->n; k++)
    walk->x[k] += walk->noise[k] * up;
  return TRUE;
}

/* The mean of the slopes at both ends (Karras et al. 2022, algorithm 1). */
static gboolean
heun (Walk    *walk,
      guint    i,
      GError **error)
{
  float sigma = walk->sigmas[i], next = walk->sigmas[i + 1], dt = next - sigma;

  if (next == 0)
    return euler (walk, i, error);

  for (gsize k = 0; k < walk->n; k++)
    walk->x2[k] = walk->x[k] + (walk->x[k] - walk->denoised[k]) / sigma * dt;
  if (!walk->denoise (walk->denoise_data, walk->x2, next, walk->denoised2, error))
    return FALSE;

  for (gsize k = 0; k < walk->n; k++)
    {
      float d1 = (walk->x[k] - walk->denoised[k]) / sigma;
      float d2 = (walk->x2[k] - walk->denoised2[k]) / next;

      walk->x[k] += (d1 + d2) / 2 * dt;
    }
  return TRUE;
}

/* DPM-Solver++(2M) (Lu et al. 2022, algorithm 2): exact for the linear part, and for the rest a straight line through this
 * step's and the last step's prediction. t = -log sigma. */
static gboolean
dpmpp_2m (Walk    *walk,
          guint    i,
          GError **error)
{
  const float *sigmas = walk->sigmas;
  float t = -logf (sigmas[i]), t_next = -logf (sigmas[i + 1]);
  float h = t_next - t;
  float keep = expf (-t_next) / expf (-t);
  float grow = expm1f (-h);
  float now = 1, before = 0;

  if (i > 0 && sigmas[i + 1] > 0)
    {
      float r = (t + logf (sigmas[i - 1])) / h;

      before = 1 / (2 * r);
      now = 1 + before;
    }

  for (gsize k = 0; k < walk->n; k++)
    {
      float denoised = now * walk->denoised[k] - before * walk->last_denoised[k];

      walk->x[k] = keep * walk->x[k] - grow * denoised;
    }
  return TRUE;
}

/* One stage of DPM++ SDE from x at `from` to `to` into `out`, with what lies under the noise as `denoised`. t = -log sigma, as above. */
static void
sde_stage (Walk        *walk,
           float        from,
           float        to,
           const float *denoised,
           float       *out)
{
  float t = -logf (from), t_next = -logf (to), down, up;
  float left_from = from * expf (t), left_to = to * expf (t_next);        /* shares of the picture: 1 but for rounding */
  float h, keep, grow, noise_scale;

  get_ancestral_step (expf (-t), expf (-t_next), &down, &up);
  h = -logf (down) - t;
  keep = left_to / left_from * expf (-h);
  grow = left_to * expm1f (-h);
  noise_scale = -1 / sqrtf (fabsf (to - from));       /* time runs from `to` up to `from` */

  lk_brownian_get (walk->brownian, to, from, walk->noise);
  for (gsize k = 0; k < walk->n; k++)
    out[k] = keep * walk->x[k] - grow * denoised[k] + left_to * (walk->noise[k] * noise_scale) * up;
}

/* DPM-Solver++ (SDE) with the stage at half of the step in log sigma (Lu et al. 2022; r = 1/2, eta = 1). */
static gboolean
dpmpp_sde (Walk    *walk,
           guint    i,
           GError **error)
{
  float sigma = walk->sigmas[i], next = walk->sigmas[i + 1], middle;

  if (next == 0)
    {
      memcpy (walk->x, walk->denoised, walk->n * sizeof (float));
      return TRUE;
    }

  middle = expf (-(-logf (sigma) + 0.5f * (logf (sigma) - logf (next))));
  sde_stage (walk, sigma, middle, walk->denoised, walk->x2);
  if (!walk->denoise (walk->denoise_data, walk->x2, middle, walk->denoised2, error))
    return FALSE;
  sde_stage (walk, sigma, next, walk->denoised2, walk->x);
  return TRUE;
}

/* All the way down, then fresh noise up to the next level. */
static gboolean
lcm (Walk    *walk,
     guint    i,
     GError **error)
{
  float next = walk->sigmas[i + 1];

  memcpy (walk->x, walk->denoised, walk->n * sizeof (float));
  if (next > 0)
    {
      lk_torch_randn (&walk->random, walk->n, walk->noise);
      for (gsize k = 0; k < walk->n; k++)
        walk->x[k] += next * walk->noise[k];
    }
  return TRUE;
}

/* ---- the table ----------------------------------------------------------------------------------------------- */

static const struct
{
  const char *name;
  const char *title;
  StepFunc    step;
  gboolean    is_stochastic;
} samplers[LK_N_SAMPLERS] = {
  [LK_SAMPLER_EULER]           = { "euler", "Euler", euler },
  [LK_SAMPLER_EULER_ANCESTRAL] = { "euler_ancestral", "Euler a", euler_ancestral, TRUE },
  [LK_SAMPLER_HEUN]            = { "heun", "Heun", heun },
  [LK_SAMPLER_DPMPP_2M]        = { "dpmpp_2m", "DPM++ 2M", dpmpp_2m },
  [LK_SAMPLER_DPMPP_SDE]       = { "dpmpp_sde", "DPM++ SDE", dpmpp_sde, TRUE },
  [LK_SAMPLER_DDIM]            = { "ddim", "DDIM", euler },     /* without noise DDIM is Euler in sigma */
  [LK_SAMPLER_UNIPC]           = { "uni_pc", "UniPC", NULL },     /* walks by itself */
  [LK_SAMPLER_LCM]             = { "lcm", "LCM", lcm, TRUE },
};

const char *
lk_sampler_get_name (LkSampler sampler)
{
  return samplers[sampler].name;
}

const char *
lk_sampler_get_title (LkSampler sampler)
{
  return samplers[sampler].title;
}

gboolean
lk_sampler_is_stochastic (LkSampler sampler)
{
  return samplers[sampler].is_stochastic;
}

guint64
lk_sampler_get_noise_seed (LkSampler sampler,
                           guint64   seed)
{
  return sampler == LK_SAMPLER_DPMPP_SDE ? seed : seed + 1;
}

gboolean
lk_sampler_from_name (const char  *name,
                      LkSampler   *sampler,
                      GError     **error)
{
  g_autoptr (GString) known = g_string_new (NULL);

  for (guint i = 0; i < LK_N_SAMPLERS; i++)
    {
      if (g_ascii_strcasecmp (name, samplers[i].name) == 0 || g_ascii_strcasecmp (name, samplers[i].title) == 0)
        {
          *sampler = i;
          return TRUE;
        }
      g_string_append_printf (known, "%s%s", i > 0 ? ", " : "", samplers[i].name);
    }

  g_set_error (error, LK_SAMPLER_ERROR, LK_SAMPLER_ERROR_UNKNOWN,
               _("There is no sampler “%s”. Choose one of: %s."), name, known->str);
  return FALSE;
}

/* ---- the walk ------------------------------------------------------------------------------------------------ */

float *
lk_sampler_get_sigmas (LkSampler           sampler,
                       LkScheduler         scheduler,
                       const LkSigmaTable *table,
                       guint               n_steps,
                       guint              *n_sigmas,
                       GError            **error)
{
  if (n_steps < 1 || n_steps > LK_MAX_STEPS)
    {
      g_set_error (error, LK_SAMPLER_ERROR, LK_SAMPLER_ERROR_STEPS,
                   _("A picture takes from 1 to %d steps, not %u. 20 to 30 are usual."), LK_MAX_STEPS, n_steps);
      return NULL;
    }

  if (sampler == LK_SAMPLER_UNIPC)
    {
      /* One level more, of which the last but one is left out. */
      float *sigmas = lk_scheduler_get_sigmas (scheduler, table, n_steps + 1, n_sigmas);

      (*n_sigmas)--;
      sigmas[*n_sigmas - 1] = LK_UNIPC_LAST_SIGMA;
      return sigmas;
    }

  return lk_scheduler_get_sigmas (scheduler, table, n_steps, n_sigmas);
}

/* The path that DPM++ SDE takes its noise from: over all levels but 0. */
static LkBrownian *
make_brownian (const float *sigmas,
               guint        n_sigmas,
               gsize        n,
               guint64      seed)
{
  float least = sigmas[0];

  for (guint i = 1; i < n_sigmas; i++)
    if (sigmas[i] > 0)
      least = MIN (least, sigmas[i]);
  return lk_brownian_new (least, sigmas[0], n, seed);
}

void
lk_sampler_scale_noise (const LkSigmaTable *table,
                        float               sigma,
                        float              *noise,
                        gsize               n)
{
  float scale = lk_sigma_table_is_max (table, sigma) ? sqrtf (1 + sigma * sigma) : sigma;

  for (gsize k = 0; k < n; k++)
    noise[k] *= scale;
}

gboolean
lk_sampler_run (LkSampler         sampler,
                const float      *sigmas,
                guint             n_sigmas,
                float            *x,
                gsize             n,
                guint64           seed,
                LkDenoiseFunc     denoise,
                gpointer          denoise_data,
                LkSampleStepFunc  step,
                gpointer          step_data,
                GError          **error)
{
  g_autofree float *denoised = g_new0 (float, n);
  g_autofree float *last_denoised = g_new0 (float, n);
  g_autofree float *noise = g_new (float, n);
  g_autofree float *x2 = g_new (float, n);
  g_autofree float *denoised2 = g_new (float, n);
  g_autoptr (LkBrownian) brownian = sampler == LK_SAMPLER_DPMPP_SDE ? make_brownian (sigmas, n_sigmas, n, seed) : NULL;
  Walk walk = {
    .sigmas = sigmas, .n = n, .x = x, .denoised = denoised, .last_denoised = last_denoised,
    .noise = noise, .x2 = x2, .denoised2 = denoised2, .denoise = denoise, .denoise_data = denoise_data,
    .brownian = brownian,
  };

  if (sampler == LK_SAMPLER_UNIPC)
    return lk_unipc_run (sigmas, n_sigmas, x, n, denoise, denoise_data, step, step_data, error);

  lk_torch_random_seed (&walk.random, seed);

  for (guint i = 0; i + 1 < n_sigmas; i++)
    {
      float *swap = walk.last_denoised;

      walk.last_denoised = walk.denoised;
      walk.denoised = swap;
      if (!denoise (denoise_data, x, sigmas[i], walk.denoised, error) || !samplers[sampler].step (&walk, i, error))
        return FALSE;
      if (step)
        step (step_data, i + 1, n_sigmas - 1, x, walk.denoised);
    }

  return TRUE;
}
