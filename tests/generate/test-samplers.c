/* Schedules and samplers against numbers that PyTorch 2.13 gave for ComfyUI's formulas. */
#include "config.h"

#include <math.h>

#include "generate/lk-brownian.h"
#include "generate/lk-sampler.h"

static LkSigmaTable *
table (void)
{
  static LkSigmaTable sigmas;

  lk_sigma_table_init (&sigmas, lk_noise_schedule_get_exact_alphas_cumprod ());
  return &sigmas;
}

static void
assert_near (const float *values,
             const float *expected,
             guint        n,
             double       tolerance)
{
  for (guint i = 0; i < n; i++)
    {
      double error = fabs (values[i] - expected[i]);

      if (!(error <= tolerance * MAX (fabsf (expected[i]), 1e-3f)))
        g_error ("number %u is %.9g, not %.9g", i, values[i], expected[i]);
    }
}

static void
test_schedules_of_seven_steps (void)
{
  static const float expected[LK_N_SCHEDULERS][9] = {
    [LK_SCHEDULER_NORMAL]       = { 14.6146402, 5.94889927, 2.91830707, 1.61558032, 0.932357967, 0.493551701, 0.0291671604, 0 },
    [LK_SCHEDULER_KARRAS]       = { 14.6146431, 7.0944109, 3.16860485, 1.27410078, 0.446918577, 0.130307689, 0.0291671772, 0 },
    [LK_SCHEDULER_EXPONENTIAL]  = { 14.6146402, 5.18568039, 1.84002364, 0.652891815, 0.231664181, 0.0822008997, 0.0291671604, 0 },
    [LK_SCHEDULER_SGM_UNIFORM]  = { 14.6146402, 6.6779995, 3.52205634, 2.06064153, 1.2768321, 0.791259825, 0.439665735, 0 },
    [LK_SCHEDULER_SIMPLE]       = { 14.6146412, 6.70162964, 3.52820325, 2.06167078, 1.2762351, 0.790060937, 0.438061744, 0 },
    /* 1000 / 7 is 142, and 8 levels lie 142 apart. */
    [LK_SCHEDULER_DDIM_UNIFORM] = { 14.2651091, 6.57064962, 3.4854548, 2.04731178, 1.2720629, 0.790060937, 0.440309018, 0.0413144119, 0 },
  };

  for (guint s = 0; s < LK_N_SCHEDULERS; s++)
    {
      guint n;
      g_autofree float *sigmas = lk_scheduler_get_sigmas (s, table (), 7, &n);

      g_assert_cmpuint (n, ==, s == LK_SCHEDULER_DDIM_UNIFORM ? 9 : 8);
      assert_near (sigmas, expected[s], n, 3e-7);
      g_assert_cmpfloat (sigmas[n - 1], ==, 0);
    }
}

static void
test_one_step (void)
{
  for (guint s = 0; s < LK_N_SCHEDULERS; s++)
    {
      guint n;
      g_autofree float *sigmas = lk_scheduler_get_sigmas (s, table (), 1, &n);

      g_assert_cmpuint (n, ==, 2);
      g_assert_cmpfloat (sigmas[1], ==, 0);
      if (s != LK_SCHEDULER_DDIM_UNIFORM)
        g_assert_true (lk_sigma_table_is_max (table (), sigmas[0]));
    }
}

/* The normal schedule lands between two timesteps, often in the middle: rounding decides, and must decide as ComfyUI's does. */
static void
test_nearest_timesteps_of_the_normal_schedule (void)
{
  static const guint steps[] = { 2, 3, 5, 8, 12, 25, 30 };
  static const guint expected[][30] = {
    { 999, 0 },
    { 999, 500, 0 },
    { 999, 749, 500, 250, 0 },
    { 999, 856, 714, 571, 428, 285, 143, 0 },
    { 999, 908, 817, 727, 636, 545, 454, 363, 272, 182, 91, 0 },
    { 999, 957, 916, 874, 833, 791, 749, 708, 666, 624, 583, 541, 500, 458, 416, 375, 333, 291, 250, 208, 166, 125, 83, 42, 0 },
    { 999, 965, 930, 896, 861, 827, 792, 758, 723, 689, 655, 620, 586, 551, 517, 482, 448, 413, 379, 344, 310, 276, 241, 207, 172, 138,
      103, 69, 34, 0 },
  };

  for (guint k = 0; k < G_N_ELEMENTS (steps); k++)
    {
      guint n;
      g_autofree float *sigmas = lk_scheduler_get_sigmas (LK_SCHEDULER_NORMAL, table (), steps[k], &n);

      for (guint i = 0; i + 1 < n; i++)
        g_assert_cmpuint (lk_sigma_table_get_timestep (table (), sigmas[i]), ==, expected[k][i]);
    }
}

static void
test_levels_of_the_table_find_themselves (void)
{
  for (guint t = 0; t < LK_N_TIMESTEPS; t++)
    g_assert_cmpuint (lk_sigma_table_get_timestep (table (), table ()->sigmas[t]), ==, t);
}

/* Data that are normal about 0.5 with variance 1/16 have a denoiser that can be written down. */
static gboolean
denoise_gaussian (gpointer      data,
                  const float  *x,
                  float         sigma,
                  float        *denoised,
                  GError      **error)
{
  guint *n_calls = data;

  (*n_calls)++;
  for (guint i = 0; i < 5; i++)
    denoised[i] = (x[i] * 0.0625f + 0.5f * (sigma * sigma)) / (0.0625f + sigma * sigma);
  return TRUE;
}

static void
count_step (gpointer     data,
            guint        step,
            guint        n_steps,
            const float *x,
            const float *denoised)
{
  guint *n_done = data;

  g_assert_cmpuint (step, ==, *n_done + 1);
  g_assert_cmpuint (n_steps, ==, 7);
  *n_done = step;
}

static void
test_walks_over_gaussian_data (void)
{
  static const float expected[LK_N_SAMPLERS][5] = {
    [LK_SAMPLER_EULER]           = { 0.295617312, 0.462146878, 0.495452791, 0.595370471, 0.761900067 },
    [LK_SAMPLER_EULER_ANCESTRAL] = { 0.363462716, 0.408652335, 0.418106139, 0.373346776, 0.403589934 },
    [LK_SAMPLER_HEUN]            = { -0.0139901349, 0.404805303, 0.488564283, 0.739841759, 1.15863717 },
    [LK_SAMPLER_DPMPP_2M]        = { 0.142459258, 0.433780849, 0.492045283, 0.666838229, 0.958159804 },
    [LK_SAMPLER_DDIM]            = { 0.295617312, 0.462146878, 0.495452791, 0.595370471, 0.761900067 },
    [LK_SAMPLER_LCM]             = { 0.362638384, 0.3606821, 0.490166605, 0.34814924, 0.392728806 },
  };

  for (guint s = 0; s < LK_N_SAMPLERS; s++)
    {
      float x[5] = { -1.5f, -0.25f, 0, 0.75f, 2 };
      guint n, n_calls = 0, n_done = 0;
      g_autofree float *sigmas = lk_sampler_get_sigmas (s, LK_SCHEDULER_NORMAL, table (), 7, &n, NULL);

      if (s == LK_SAMPLER_UNIPC || s == LK_SAMPLER_DPMPP_SDE)     /* held to ComfyUI in the golden cases */
        continue;

      lk_sampler_scale_noise (table (), sigmas[0], x, 5);
      g_assert_true (lk_sampler_run (s, sigmas, n, x, 5, 41, denoise_gaussian, &n_calls, count_step, &n_done, NULL));
      assert_near (x, expected[s], 5, 5e-6);
      g_assert_cmpuint (n_done, ==, 7);
      g_assert_cmpuint (n_calls, ==, s == LK_SAMPLER_HEUN ? 13 : 7);
    }
}

/* Of such data the walk's end is known: the distance from the mean shrinks with the deviation. */
static double
distance_from_truth (LkSampler sampler,
                     guint     n_steps)
{
  float x[5] = { -1.5f, -0.25f, 0, 0.75f, 2 };
  guint n, n_calls = 0;
  g_autofree float *sigmas = lk_sampler_get_sigmas (sampler, LK_SCHEDULER_KARRAS, table (), n_steps, &n, NULL);
  double worst = 0, shrink = 0.25 / sqrt (0.0625 + (double) sigmas[0] * sigmas[0]), truth[5];

  lk_sampler_scale_noise (table (), sigmas[0], x, 5);
  for (guint i = 0; i < 5; i++)
    truth[i] = 0.5 + (x[i] - 0.5) * shrink;
  g_assert_true (lk_sampler_run (sampler, sigmas, n, x, 5, 0, denoise_gaussian, &n_calls, NULL, NULL, NULL));
  for (guint i = 0; i < 5; i++)
    worst = MAX (worst, fabs (x[i] - truth[i]));
  return worst;
}

static void
test_higher_orders_come_nearer (void)
{
  double euler = distance_from_truth (LK_SAMPLER_EULER, 20), heun = distance_from_truth (LK_SAMPLER_HEUN, 20);
  double dpmpp_2m = distance_from_truth (LK_SAMPLER_DPMPP_2M, 20), unipc = distance_from_truth (LK_SAMPLER_UNIPC, 20);

  g_test_message ("distance after 20 steps: euler %.4f, heun %.4f, dpmpp_2m %.4f, uni_pc %.4f", euler, heun, dpmpp_2m, unipc);
  g_assert_cmpfloat (heun, <, euler / 2);
  g_assert_cmpfloat (dpmpp_2m, <, euler / 2);
  g_assert_cmpfloat (unipc, <, euler / 4);
}

static void
test_every_sampler_takes_one_step_and_two (void)
{
  for (guint s = 0; s < LK_N_SAMPLERS; s++)
    for (guint n_steps = 1; n_steps <= 3; n_steps++)
      g_assert_true (isfinite (distance_from_truth (s, n_steps)));
}

/* From numpy 2: SeedSequence (entropy, spawn_key=…, pool_size=24).generate_state (4). */
static void
test_seed_sequences (void)
{
  static const struct { guint64 entropy, key[2]; guint n_key; guint32 expected[4]; } cases[] = {
    { 41, { 0 }, 0, { 660846202, 3895117306, 3549619270, 3388573378 } },
    { 41, { 5, 3 }, 2, { 44177851, 2271505431, 3149622076, 875128445 } },
    { ((guint64) 1 << 40) + 7, { ((guint64) 1 << 33) + 1, 33 }, 2, { 4248514326, 2912962377, 3600714097, 544433238 } },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      guint32 words[4];

      lk_seed_sequence (cases[i].entropy, cases[i].key, cases[i].n_key, words, 4);
      g_assert_cmpmem (words, sizeof words, cases[i].expected, sizeof cases[i].expected);
    }
}

/* The parts of a path add up, whatever is asked first. */
static void
test_a_brownian_path_is_one_path (void)
{
  g_autoptr (LkBrownian) path = lk_brownian_new (0.03, 14.6, 40, 7), same = lk_brownian_new (0.03, 14.6, 40, 7);
  float whole[40], first[40], second[40], again[40];
  double square = 0;

  lk_brownian_get (path, 1.25, 9.5, whole);
  lk_brownian_get (path, 1.25, 3.141592, first);
  lk_brownian_get (path, 3.141592, 9.5, second);
  lk_brownian_get (same, 3.141592, 9.5, again);
  g_assert_cmpmem (second, sizeof second, again, sizeof again);
  for (guint i = 0; i < 40; i++)
    {
      g_assert_cmpfloat_with_epsilon (whole[i], first[i] + second[i], 1e-5);
      square += whole[i] * whole[i] / 40;
    }
  g_assert_cmpfloat (square, >, 8.25 / 2);          /* variance is time */
  g_assert_cmpfloat (square, <, 8.25 * 2);
}

static void
test_a_start_below_the_top_is_scaled_by_sigma (void)
{
  float noise[2] = { 1, -2 };

  lk_sampler_scale_noise (table (), 3, noise, 2);
  g_assert_cmpfloat (noise[0], ==, 3);
  g_assert_cmpfloat (noise[1], ==, -6);
}

static void
test_names (void)
{
  g_autoptr (GError) error = NULL;
  LkSampler sampler;
  LkScheduler scheduler;
  guint n;

  for (guint s = 0; s < LK_N_SAMPLERS; s++)
    {
      g_assert_true (lk_sampler_from_name (lk_sampler_get_name (s), &sampler, NULL));
      g_assert_cmpint (sampler, ==, s);
    }
  for (guint s = 0; s < LK_N_SCHEDULERS; s++)
    {
      g_assert_true (lk_scheduler_from_name (lk_scheduler_get_name (s), &scheduler, NULL));
      g_assert_cmpint (scheduler, ==, s);
    }

  g_assert_false (lk_sampler_from_name ("eulr", &sampler, &error));
  g_assert_error (error, LK_SAMPLER_ERROR, LK_SAMPLER_ERROR_UNKNOWN);
  g_assert_nonnull (strstr (error->message, "eulr"));
  g_assert_nonnull (strstr (error->message, "dpmpp_2m"));
  g_clear_error (&error);

  g_assert_null (lk_sampler_get_sigmas (LK_SAMPLER_EULER, LK_SCHEDULER_NORMAL, table (), 0, &n, &error));
  g_assert_error (error, LK_SAMPLER_ERROR, LK_SAMPLER_ERROR_STEPS);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/samplers/schedules-of-seven-steps", test_schedules_of_seven_steps);
  g_test_add_func ("/samplers/one-step", test_one_step);
  g_test_add_func ("/samplers/nearest-timesteps-of-the-normal-schedule", test_nearest_timesteps_of_the_normal_schedule);
  g_test_add_func ("/samplers/levels-of-the-table-find-themselves", test_levels_of_the_table_find_themselves);
  g_test_add_func ("/samplers/walks-over-gaussian-data", test_walks_over_gaussian_data);
  g_test_add_func ("/samplers/higher-orders-come-nearer", test_higher_orders_come_nearer);
  g_test_add_func ("/samplers/every-sampler-takes-one-step-and-two", test_every_sampler_takes_one_step_and_two);
  g_test_add_func ("/samplers/seed-sequences", test_seed_sequences);
  g_test_add_func ("/samplers/a-brownian-path-is-one-path", test_a_brownian_path_is_one_path);
  g_test_add_func ("/samplers/a-start-below-the-top-is-scaled-by-sigma", test_a_start_below_the_top_is_scaled_by_sigma);
  g_test_add_func ("/samplers/names", test_names);

  return g_test_run ();
}
