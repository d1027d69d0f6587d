#define G_LOG_DOMAIN "likeness-train"

#include "config.h"

#include <math.h>

#include "base/lk-random.h"
#include "model/lk-noise-schedule.h"
#include "train/lk-noise.h"
#include "train/lk-streams.h"

guint
lk_noise_draw_timestep (const LkTrainSettings *settings,
                        guint64                draw)
{
  return settings->min_timestep
         + lk_random_below ((guint64) settings->seed, LK_STREAM_TIMESTEP, draw, settings->max_timestep - settings->min_timestep);
}

/* ---- coarser noise --------------------------------------------------------------------------------------------- */

/* Where place `i` of `n` lies among `from` places: between `low` and `low + 1`, `share` of the way. */
static guint
find_place (guint  i,
            guint  n,
            guint  from,
            float *share)
{
  float place = ((float) i + 0.5f) * ((float) from / (float) n) - 0.5f;
  guint low;

  if (place < 0.f)
    place = 0.f;
  low = (guint) place;
  *share = place - (float) low;
  return low;
}

void
lk_noise_add_stretched (const float *from,
                        guint        from_height,
                        guint        from_width,
                        float        weight,
                        guint        height,
                        guint        width,
                        float       *to)
{
  for (guint y = 0; y < height; y++)
    {
      float down;
      guint top = find_place (y, height, from_height, &down);
      const float *upper = from + top * (gsize) from_width, *lower = from + MIN (top + 1, from_height - 1) * (gsize) from_width;

      for (guint x = 0; x < width; x++)
        {
          float right;
          guint left = find_place (x, width, from_width, &right), next = MIN (left + 1, from_width - 1);

          to[y * (gsize) width + x] += weight * ((1.f - down) * ((1.f - right) * upper[left] + right * upper[next])
                                                 + down * ((1.f - right) * lower[left] + right * lower[next]));
        }
    }
}

/* To a deviation of 1, as torch.std () counts it: n - 1. */
static void
normalise (float *noise,
           gsize  n)
{
  double mean = 0, sum = 0;
  float factor;

  for (gsize i = 0; i < n; i++)
    mean += noise[i];
  mean /= (double) n;
  for (gsize i = 0; i < n; i++)
    sum += (noise[i] - mean) * (noise[i] - mean);
  factor = (float) (1 / sqrt (sum / (double) (n - 1)));
  for (gsize i = 0; i < n; i++)
    noise[i] *= factor;
}

static void
add_levels (const LkTrainSettings *settings,
            guint64                draw,
            guint                  channels,
            guint                  height,
            guint                  width,
            float                 *noise)
{
  const guint64 seed = (guint64) settings->seed;
  const gsize n_places = (gsize) height * width;
  g_autofree float *level = g_new (float, channels * n_places);

  for (guint i = 0; i < settings->multires_noise_iterations; i++)
    {
      /* Between twice and four times as coarse a level: always the same would leave its grid in the pictures. */
      double r = 2 + 2 * lk_random_uniform (seed, LK_STREAM_NOISE_RATIO + draw, i), coarser = pow (r, i);
      guint level_height = MAX ((guint) (height / coarser), 1), level_width = MAX ((guint) (width / coarser), 1);
      gsize n = (gsize) level_height * level_width;

      lk_random_fill_normal (seed, LK_STREAM_NOISE_LEVEL + (draw << 4) + i, 0, channels * n, level);
      for (guint c = 0; c < channels; c++)
        lk_noise_add_stretched (level + c * n, level_height, level_width, (float) pow (settings->multires_noise_discount, i), height, width,
                                noise + c * n_places);
      if (level_height == 1 || level_width == 1)
        break;
    }
  normalise (noise, channels * n_places);
}

/* ---- all of it ------------------------------------------------------------------------------------------------- */

void
lk_noise_fill (const LkTrainSettings *settings,
               guint64                draw,
               guint                  channels,
               guint                  height,
               guint                  width,
               float                 *noise)
{
  const guint64 seed = (guint64) settings->seed;
  const gsize n_places = (gsize) height * width;

  lk_random_fill_normal (seed, LK_STREAM_NOISE + draw, 0, channels * n_places, noise);
  for (guint c = 0; settings->noise_offset > 0 && c < channels; c++)
    {
      float shift = (float) settings->noise_offset * lk_random_normal (seed, LK_STREAM_NOISE_OFFSET + draw, c);

      for (gsize i = 0; i < n_places; i++)
        noise[c * n_places + i] += shift;
    }
  if (settings->multires_noise_iterations > 0)
    add_levels (settings, draw, channels, height, width, noise);
}

void
lk_noise_perturb (const LkTrainSettings *settings,
                  guint64                draw,
                  gsize                  n,
                  const float           *noise,
                  float                 *perturbed)
{
  lk_random_fill_normal ((guint64) settings->seed, LK_STREAM_PERTURBATION + draw, 0, n, perturbed);
  for (gsize i = 0; i < n; i++)
    perturbed[i] = noise[i] + (float) settings->ip_noise_gamma * perturbed[i];
}
