/* A draw's timestep, noise and weight: against PyTorch's documented numbers, against the formulas, and one draw against all others. */
#include "config.h"

#include <math.h>
#include <string.h>

#include "base/lk-random.h"
#include "model/lk-noise-schedule.h"
#include "train/lk-loss.h"
#include "train/lk-noise.h"
#include "train/lk-streams.h"

#define CHANNELS 4
#define HEIGHT 37
#define WIDTH 29
#define N_PLACES (HEIGHT * WIDTH)
#define N (CHANNELS * N_PLACES)
#define SEED 7

static LkTrainSettings *
make_settings (const char *key,
               const char *value)
{
  LkTrainSettings *settings = lk_train_settings_new ();
  g_autoptr (GError) error = NULL;

  settings->seed = SEED;
  if (key)
    lk_train_settings_set (settings, key, value, &error);
  g_assert_no_error (error);
  return settings;
}

static double
mean_of (const float *values,
         gsize        n)
{
  double sum = 0;

  for (gsize i = 0; i < n; i++)
    sum += values[i];
  return sum / (double) n;
}

static double
deviation_of (const float *values,
              gsize        n)
{
  double mean = mean_of (values, n), sum = 0;

  for (gsize i = 0; i < n; i++)
    sum += (values[i] - mean) * (values[i] - mean);
  return sqrt (sum / (double) (n - 1));
}

static void
test_stretching_is_that_of_torch (void)
{
  /* The example of torch.nn.Upsample (scale_factor=2, mode="bilinear"). */
  static const float from[] = { 1, 2, 3, 4 };
  static const float expected[] = { 1, 1.25f, 1.75f, 2, 1.5f, 1.75f, 2.25f, 2.5f, 2.5f, 2.75f, 3.25f, 3.5f, 3, 3.25f, 3.75f, 4 };
  /* And of one row of 3 places to 7: (i + 0.5)·3/7 - 0.5, not below 0, between the places 0, 10 and 40. */
  static const float row[] = { 0, 10, 40 };
  static const double places[] = { 0, 1 / 7., 4 / 7., 1, 10 / 7., 13 / 7., 16 / 7. };
  float to[16] = { 0 }, wide[7] = { 0 };

  lk_noise_add_stretched (from, 2, 2, 2.f, 4, 4, to);
  for (guint i = 0; i < 16; i++)
    g_assert_cmpfloat (to[i], ==, 2 * expected[i]);

  lk_noise_add_stretched (row, 1, 3, 1.f, 1, 7, wide);
  for (guint i = 0; i < 7; i++)
    g_assert_cmpfloat_with_epsilon (wide[i], places[i] < 1 ? 10 * places[i] : MIN (10 + 30 * (places[i] - 1), 40), 1e-5);
}

static void
test_plain_noise_is_the_stream_itself (void)
{
  g_autoptr (LkTrainSettings) settings = make_settings (NULL, NULL);
  g_autofree float *noise = g_new (float, N), *expected = g_new (float, N);

  lk_noise_fill (settings, 5, CHANNELS, HEIGHT, WIDTH, noise);
  lk_random_fill_normal (SEED, LK_STREAM_NOISE + 5, 0, N, expected);
  g_assert_cmpmem (noise, N * sizeof (float), expected, N * sizeof (float));
}

/* noise + offset · randn (channels, 1, 1): every place of a channel moves alike, the channels apart, by a deviation of the offset. */
static void
test_an_offset_moves_whole_channels (void)
{
  g_autoptr (LkTrainSettings) plain = make_settings (NULL, NULL), shifted = make_settings ("noise_offset", "0.1");
  g_autofree float *a = g_new (float, N), *b = g_new (float, N), *shifts = g_new (float, 500 * CHANNELS);

  for (guint draw = 0; draw < 500; draw++)
    {
      lk_noise_fill (plain, draw, CHANNELS, 8, 8, a);
      lk_noise_fill (shifted, draw, CHANNELS, 8, 8, b);
      for (guint c = 0; c < CHANNELS; c++)
        {
          shifts[draw * CHANNELS + c] = b[c * 64] - a[c * 64];
          for (guint i = 0; i < 64; i++)
            g_assert_cmpfloat_with_epsilon (b[c * 64 + i] - a[c * 64 + i], shifts[draw * CHANNELS + c], 1e-6);
        }
    }
  /* Of 2000 normal numbers: five standard errors. */
  g_assert_cmpfloat_with_epsilon (mean_of (shifts, 500 * CHANNELS), 0, 0.1 * 5 / sqrt (2000));
  g_assert_cmpfloat_with_epsilon (deviation_of (shifts, 500 * CHANNELS), 0.1, 0.1 * 5 / sqrt (4000));
  g_assert_cmpfloat (fabsf (shifts[0] - shifts[1]), >, 1e-4f);
}

/* The formula once more, in fp64 and place by place: sum of stretched levels, divided by the deviation. */
static void
test_multires_is_the_sum_of_its_levels (void)
{
  g_autoptr (LkTrainSettings) settings = make_settings ("multires_noise_iterations", "8");
  g_autofree float *noise = g_new (float, N), *level = g_new (float, N);
  g_autofree double *expected = g_new (double, N);
  const guint64 draw = 3;
  double mean = 0, square = 0;
  guint n_levels = 0;

  settings->multires_noise_discount = 0.6;
  settings->noise_offset = 0.05;
  lk_noise_fill (settings, draw, CHANNELS, HEIGHT, WIDTH, noise);
  g_assert_cmpfloat_with_epsilon (deviation_of (noise, N), 1, 1e-6);

  for (guint k = 0; k < N; k++)
    expected[k] = lk_random_normal (SEED, LK_STREAM_NOISE + draw, k) + 0.05 * lk_random_normal (SEED, LK_STREAM_NOISE_OFFSET + draw, k / N_PLACES);
  for (guint i = 0; i < 8; i++)
    {
      double r = pow (2 + 2 * lk_random_uniform (SEED, LK_STREAM_NOISE_RATIO + draw, i), i);
      int h = MAX ((int) (HEIGHT / r), 1), w = MAX ((int) (WIDTH / r), 1);

      lk_random_fill_normal (SEED, LK_STREAM_NOISE_LEVEL + (draw << 4) + i, 0, (gsize) (CHANNELS * h * w), level);
      for (int k = 0; k < N; k++)
        {
          double y = MAX ((k / WIDTH % HEIGHT + 0.5) * h / HEIGHT - 0.5, 0), x = MAX ((k % WIDTH + 0.5) * w / WIDTH - 0.5, 0), value = 0;

          /* A tent over each place of the level; what lies beyond the last one is the last one. */
          for (int v = 0; v < h; v++)
            for (int u = 0; u < w; u++)
              value += MAX (1 - fabs (MIN (y, h - 1) - v), 0) * MAX (1 - fabs (MIN (x, w - 1) - u), 0) * level[(k / N_PLACES * h + v) * w + u];
          expected[k] += pow (0.6, i) * value;
        }
      n_levels++;
      if (h == 1 || w == 1)
        break;
    }
  g_assert_cmpuint (n_levels, >, 2);
  g_assert_cmpuint (n_levels, <, 8);

  for (guint k = 0; k < N; k++)
    mean += expected[k] / N;
  for (guint k = 0; k < N; k++)
    square += (expected[k] - mean) * (expected[k] - mean) / (N - 1);
  for (guint k = 0; k < N; k++)
    g_assert_cmpfloat_with_epsilon (noise[k], expected[k] / sqrt (square), 2e-5);
}

static void
test_a_perturbed_input_is_noisier (void)
{
  g_autoptr (LkTrainSettings) settings = make_settings ("ip_noise_gamma", "0.1");
  g_autofree float *noise = g_new (float, N), *seen = g_new (float, N), *more = g_new (float, N);

  lk_noise_fill (settings, 9, CHANNELS, HEIGHT, WIDTH, noise);
  lk_noise_perturb (settings, 9, N, noise, seen);
  for (guint i = 0; i < N; i++)
    more[i] = seen[i] - noise[i];
  g_assert_cmpfloat_with_epsilon (mean_of (more, N), 0, 0.1 * 5 / sqrt (N));
  g_assert_cmpfloat_with_epsilon (deviation_of (more, N), 0.1, 0.1 * 5 / sqrt (2. * N));
  /* It has nothing to do with the noise itself. */
  for (guint i = 0; i < N; i++)
    more[i] *= noise[i];
  g_assert_cmpfloat_with_epsilon (mean_of (more, N), 0, 0.1 * 5 / sqrt (N));
}

/* All timesteps of the range and no other, about equally often. */
static void
test_timesteps_stay_in_their_range (void)
{
  g_autoptr (LkTrainSettings) settings = make_settings ("min_timestep", "200");
  guint seen[10] = { 0 };

  settings->max_timestep = 210;
  for (guint draw = 0; draw < 5000; draw++)
    {
      guint timestep = lk_noise_draw_timestep (settings, draw);

      g_assert_cmpuint (timestep, >=, 200);
      g_assert_cmpuint (timestep, <, 210);
      seen[timestep - 200]++;
    }
  for (guint i = 0; i < G_N_ELEMENTS (seen); i++)
    g_assert_cmpfloat_with_epsilon (seen[i], 500, 5 * sqrt (450));
}

/* 1/√SNR with SNR at most 1000, and 1/(SNR + 1) for v; times min-SNR where both are on. */
static void
test_weights_of_timesteps (void)
{
  const float *left = lk_noise_schedule_get_alphas_cumprod ();
  static const guint timesteps[] = { 0, 1, 10, 100, 500, 999 };
  g_autoptr (LkTrainSettings) plain = make_settings (NULL, NULL), debiased = make_settings ("debiased_estimation_loss", "true");
  g_autoptr (LkTrainSettings) both = make_settings ("debiased_estimation_loss", "true"), min_snr = make_settings ("min_snr_gamma", "5");

  both->min_snr_gamma = 5;
  for (guint i = 0; i < G_N_ELEMENTS (timesteps); i++)
    {
      guint t = timesteps[i];
      double snr = left[t] / (1. - left[t]), capped = MIN (snr, 1000), least = MIN (snr, 5);
      const struct { LkTrainSettings *settings; double eps, v; } cases[] = {
        { plain, 1, 1 }, { debiased, 1 / sqrt (capped), 1 / (capped + 1) }, { min_snr, least / snr, least / (snr + 1) },
        { both, least / snr / sqrt (capped), least / (snr + 1) / (capped + 1) },
      };

      for (guint k = 0; k < G_N_ELEMENTS (cases); k++)
        {
          g_assert_cmpfloat_with_epsilon (lk_loss_get_weight (cases[k].settings, t, FALSE) / cases[k].eps, 1, 1e-6);
          g_assert_cmpfloat_with_epsilon (lk_loss_get_weight (cases[k].settings, t, TRUE) / cases[k].v, 1, 1e-6);
        }
    }
  /* The cap does something: the first timestep has an SNR above 1000. */
  g_assert_cmpfloat (left[0] / (1. - left[0]), >, 1000);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/noise/stretching-is-that-of-torch", test_stretching_is_that_of_torch);
  g_test_add_func ("/noise/plain-noise-is-the-stream-itself", test_plain_noise_is_the_stream_itself);
  g_test_add_func ("/noise/an-offset-moves-whole-channels", test_an_offset_moves_whole_channels);
  g_test_add_func ("/noise/multires-is-the-sum-of-its-levels", test_multires_is_the_sum_of_its_levels);
  g_test_add_func ("/noise/a-perturbed-input-is-noisier", test_a_perturbed_input_is_noisier);
  g_test_add_func ("/noise/timesteps-stay-in-their-range", test_timesteps_stay_in_their_range);
  g_test_add_func ("/noise/weights-of-timesteps", test_weights_of_timesteps);
  return g_test_run ();
}
