/* lk-noise-schedule.c: the scaled linear schedule and the sines of timesteps. See the header. */
#define G_LOG_DOMAIN "likeness-model"

#include "config.h"

#include "model/lk-noise-schedule.h"

#include <math.h>

#define BETA_START 0.00085
#define BETA_END 0.012

/* Entry i of torch.linspace (start, end, LK_N_TIMESTEPS) in float32, computed as PyTorch does without vector units (with them its
 * last bit depends on the machine): from the nearer end. */
static float
linspace (float start,
          float end,
          guint i)
{
  float step = (end - start) / (LK_N_TIMESTEPS - 1);

  return i < LK_N_TIMESTEPS / 2 ? start + step * (float) i : end - step * (float) (LK_N_TIMESTEPS - 1 - i);
}

const float *
lk_noise_schedule_get_alphas_cumprod (void)
{
  static float table[LK_N_TIMESTEPS];
  static gsize is_filled;

  if (g_once_init_enter (&is_filled))
    {
      double product = 1.;      /* torch.cumprod multiplies in double and rounds each result */

      for (guint i = 0; i < LK_N_TIMESTEPS; i++)
        {
          float root = linspace ((float) sqrt (BETA_START), (float) sqrt (BETA_END), i);

          product *= 1.f - root * root;
          table[i] = (float) product;
        }
      g_once_init_leave (&is_filled, 1);
    }
  return table;
}

const double *
lk_noise_schedule_get_exact_alphas_cumprod (void)
{
  static double table[LK_N_TIMESTEPS];
  static gsize is_filled;

  if (g_once_init_enter (&is_filled))
    {
      double start = sqrt (BETA_START), end = sqrt (BETA_END), step = (end - start) / (LK_N_TIMESTEPS - 1), product = 1.;

      for (guint i = 0; i < LK_N_TIMESTEPS; i++)
        {
          double root = i < LK_N_TIMESTEPS / 2 ? start + step * i : end - step * (LK_N_TIMESTEPS - 1 - i);

          product *= 1. - root * root;
          table[i] = product;
        }
      g_once_init_leave (&is_filled, 1);
    }
  return table;
}

void
lk_timestep_features (const float *timesteps,
                      gsize        n,
                      guint        width,
                      float       *out)
{
  guint half = width / 2;

  g_assert (width % 2 == 0);

  for (guint i = 0; i < half; i++)
    {
      /* Rounded to float32 where the models' own code does: at t = 999 a last bit of the frequency is 6e-5 of a turn's radian. */
      float frequency = expf ((float) -log (10000.) * (float) i / (float) half);

      for (gsize row = 0; row < n; row++)
        {
          float angle = timesteps[row] * frequency;

          out[row * width + i] = cosf (angle);
          out[row * width + half + i] = sinf (angle);
        }
    }
}
