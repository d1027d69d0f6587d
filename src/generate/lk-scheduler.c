#define G_LOG_DOMAIN "likeness-generate"

#include "config.h"

#include <glib/gi18n.h>
#include <math.h>

#include "generate/lk-scheduler.h"

G_DEFINE_QUARK (lk-sampler-error-quark, lk_sampler_error)

/* The float nearest to the true value: PyTorch's own functions are within an ulp of it. */
static float
log_f32 (float x)
{
  return (float) log ((double) x);
}

static float
exp_f32 (float x)
{
  return (float) exp ((double) x);
}

/* ---- the table ----------------------------------------------------------------------------------------------- */

void
lk_sigma_table_init (LkSigmaTable *table,
                     const double *alphas_cumprod)
{
  for (guint t = 0; t < LK_N_TIMESTEPS; t++)
    {
      double sigma = sqrt ((1 - alphas_cumprod[t]) / alphas_cumprod[t]);

      table->sigmas[t] = (float) sigma;
      table->log_sigmas[t] = (float) log (sigma);
    }
}

guint
lk_sigma_table_get_timestep (const LkSigmaTable *table,
                             float               sigma)
{
  float log_sigma = log_f32 (sigma);
  guint best = 0;

  for (guint t = 1; t < LK_N_TIMESTEPS; t++)
    if (fabsf (log_sigma - table->log_sigmas[t]) < fabsf (log_sigma - table->log_sigmas[best]))
      best = t;

  return best;
}

float
lk_sigma_table_get_sigma (const LkSigmaTable *table,
                          float               timestep)
{
  float t = CLAMP (timestep, 0, LK_N_TIMESTEPS - 1);
  float weight = t - floorf (t);
  float low = table->log_sigmas[(guint) floorf (t)];
  float high = table->log_sigmas[(guint) ceilf (t)];

  return exp_f32 ((1 - weight) * low + weight * high);
}

static float
max_sigma (const LkSigmaTable *table)
{
  return table->sigmas[LK_N_TIMESTEPS - 1];
}

gboolean
lk_sigma_table_is_max (const LkSigmaTable *table,
                       float               sigma)
{
  double max = max_sigma (table);

  return sigma > max || fabs (max - sigma) <= 1e-5 * max;
}

/* ---- names --------------------------------------------------------------------------------------------------- */

static const struct
{
  const char *name;
  const char *title;
} schedulers[LK_N_SCHEDULERS] = {
  [LK_SCHEDULER_NORMAL]       = { "normal", "Normal" },
  [LK_SCHEDULER_KARRAS]       = { "karras", "Karras" },
  [LK_SCHEDULER_EXPONENTIAL]  = { "exponential", "Exponential" },
  [LK_SCHEDULER_SGM_UNIFORM]  = { "sgm_uniform", "SGM Uniform" },
  [LK_SCHEDULER_SIMPLE]       = { "simple", "Simple" },
  [LK_SCHEDULER_DDIM_UNIFORM] = { "ddim_uniform", "DDIM" },
};

const char *
lk_scheduler_get_name (LkScheduler scheduler)
{
  return schedulers[scheduler].name;
}

const char *
lk_scheduler_get_title (LkScheduler scheduler)
{
  return schedulers[scheduler].title;
}

gboolean
lk_scheduler_from_name (const char   *name,
                        LkScheduler  *scheduler,
                        GError      **error)
{
  g_autoptr (GString) known = g_string_new (NULL);

  for (guint i = 0; i < LK_N_SCHEDULERS; i++)
    {
      if (g_ascii_strcasecmp (name, schedulers[i].name) == 0)
        {
          *scheduler = i;
          return TRUE;
        }
      g_string_append_printf (known, "%s%s", i > 0 ? ", " : "", schedulers[i].name);
    }

  g_set_error (error, LK_SAMPLER_ERROR, LK_SAMPLER_ERROR_UNKNOWN,
               _("There is no scheduler “%s”. Choose one of: %s."), name, known->str);
  return FALSE;
}

/* ---- schedules ----------------------------------------------------------------------------------------------- */

/* Number i of n evenly spaced ones from `first` to `last`, as torch.linspace () has it: counted from the nearer end, in float32. */
static float
evenly (float first,
        float last,
        guint i,
        guint n)
{
  float step = (last - first) / MAX (n - 1, 1);

  return i < n / 2 || n == 1 ? first + step * i : last - step * (n - 1 - i);
}

/* Karras et al. 2022, eq. 5, with rho 7. */
static float
karras (const LkSigmaTable *table,
        guint               i,
        guint               n)
{
  float max = (float) pow (max_sigma (table), 1 / 7.);
  float difference = (float) (pow (table->sigmas[0], 1 / 7.) - pow (max_sigma (table), 1 / 7.));
  float root = max + evenly (0, 1, i, n) * difference;

  return (float) pow (root, 7);
}

/* The 2nd, (2 + s)th, … level of the table with s = 1000 / n: their number can differ from n. */
static float *
ddim_uniform (const LkSigmaTable *table,
              guint               n,
              guint              *n_sigmas)
{
  guint stride = MAX (LK_N_TIMESTEPS / n, 1);
  guint count = (LK_N_TIMESTEPS - 2) / stride + 1;
  float *sigmas = g_new (float, count + 1);

  for (guint i = 0; i < count; i++)
    sigmas[count - 1 - i] = table->sigmas[1 + i * stride];
  sigmas[count] = 0;

  *n_sigmas = count + 1;
  return sigmas;
}

float *
lk_scheduler_get_sigmas (LkScheduler         scheduler,
                         const LkSigmaTable *table,
                         guint               n_steps,
                         guint              *n_sigmas)
{
  const guint last = LK_N_TIMESTEPS - 1;
  float *sigmas;

  g_assert (n_steps > 0);

  if (scheduler == LK_SCHEDULER_DDIM_UNIFORM)
    return ddim_uniform (table, n_steps, n_sigmas);

  sigmas = g_new (float, n_steps + 1);
  for (guint i = 0; i < n_steps; i++)
    switch (scheduler)
      {
      case LK_SCHEDULER_NORMAL:
        sigmas[i] = lk_sigma_table_get_sigma (table, evenly (last, 0, i, n_steps));
        break;

      case LK_SCHEDULER_SGM_UNIFORM:
        sigmas[i] = lk_sigma_table_get_sigma (table, evenly (last, 0, i, n_steps + 1));
        break;

      case LK_SCHEDULER_KARRAS:
        sigmas[i] = karras (table, i, n_steps);
        break;

      case LK_SCHEDULER_EXPONENTIAL:
        sigmas[i] = exp_f32 (evenly (log_f32 (max_sigma (table)), log_f32 (table->sigmas[0]), i, n_steps));
        break;

      case LK_SCHEDULER_SIMPLE:
        sigmas[i] = table->sigmas[last - (guint) (i * ((double) LK_N_TIMESTEPS / n_steps))];
        break;

      case LK_SCHEDULER_DDIM_UNIFORM:
      case LK_N_SCHEDULERS:
        g_assert_not_reached ();
      }
  sigmas[n_steps] = 0;

  *n_sigmas = n_steps + 1;
  return sigmas;
}
