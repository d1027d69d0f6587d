/* Whole walks on a small SD 1.x against ComfyUI's: sigmas, start and final latent. */
#include "config.h"

#include "lk-test-numbers.h"
#include "generate/lk-denoiser.h"

/* The bound that is stated for outputs on a CPU. */
#define BOUND 1e-9

static char *
golden (const char *folder,
        const char *name)
{
  return g_test_build_filename (G_TEST_DIST, "..", "data", "golden", folder, name, NULL);
}

/* Tensor `name` of the file as float or (`as_double`) as double; owned by the caller. */
static gpointer
read_tensor (const char *path,
             const char *name,
             gboolean    as_double,
             gsize      *n)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LkSafetensors) file = lk_safetensors_open (path, &error);
  const LkSafeTensor *tensor;
  float *values;
  double *wide;

  g_assert_no_error (error);
  tensor = lk_safetensors_require (file, name, &error);
  g_assert_no_error (error);
  *n = tensor->n_elements;
  values = g_new (float, *n);
  g_assert_true (lk_safetensors_read_f32 (file, tensor, 0, *n, values, NULL));
  if (!as_double)
    return values;

  wide = g_new (double, *n);
  for (gsize i = 0; i < *n; i++)
    wide[i] = values[i];
  g_free (values);
  return wide;
}

static LkConditioning *
read_conditioning (const char *path,
                   const char *name)
{
  LkConditioning *conditioning = g_new0 (LkConditioning, 1);
  gsize n;

  conditioning->context = read_tensor (path, name, FALSE, &n);
  conditioning->n_tokens = 77;
  conditioning->width = n / 77;
  return conditioning;
}

static LkDenoiser *
open_denoiser (float cfg)
{
  g_autofree char *base = golden ("sd15-tiny", "base.safetensors"), *in = golden ("samplers", "in.safetensors");
  g_autoptr (GError) error = NULL;
  g_autoptr (LkDevice) device = lk_device_open ("cpu", 0, &error);
  g_autoptr (LkCheckpoint) checkpoint = lk_checkpoint_open (base, &error);
  g_autoptr (LkModel) model = NULL;
  g_autoptr (LkConditioning) cond = read_conditioning (in, "cond"), uncond = read_conditioning (in, "uncond");
  LkDenoiser *denoiser;

  g_assert_no_error (error);
  model = lk_model_new (device, checkpoint);
  g_assert_true (lk_model_load (model, LK_PART_UNET, NULL, NULL, NULL, &error));
  denoiser = lk_denoiser_new (model, NULL, 0, 16, 24, 77, TRUE, &error);
  g_assert_no_error (error);
  g_assert_true (lk_denoiser_set_conditioning (denoiser, cond, uncond, cfg, &error));

  return denoiser;
}

/* The report of what lies outside the bound, or NULL. */
static char *
walk (const char *case_name,
      float       cfg)
{
  g_auto (GStrv) names = g_strsplit (case_name, "-", 2);
  g_autofree char *file = g_strconcat (case_name, ".safetensors", NULL), *path = golden ("samplers", file);
  g_autofree char *in = golden ("samplers", "in.safetensors");
  g_autoptr (LkDenoiser) denoiser = open_denoiser (cfg);
  const LkSigmaTable *table = lk_denoiser_get_sigma_table (denoiser);
  g_autofree float *sigmas = NULL, *x = NULL, *seed = NULL, *steps = NULL;
  g_autofree double *expected_sigmas = NULL, *expected_start = NULL, *expected_latent = NULL;
  LkSampler sampler;
  LkScheduler scheduler;
  gsize n, n_expected;
  guint n_sigmas;
  char *report;

  g_assert_true (lk_sampler_from_name (names[0], &sampler, NULL));
  g_assert_true (lk_scheduler_from_name (names[1], &scheduler, NULL));
  steps = read_tensor (in, "steps", FALSE, &n);
  seed = read_tensor (in, "seed", FALSE, &n);
  x = read_tensor (in, "noise", FALSE, &n);

  sigmas = lk_sampler_get_sigmas (sampler, scheduler, table, (guint) *steps, &n_sigmas, NULL);
  expected_sigmas = read_tensor (path, "sigmas", TRUE, &n_expected);
  g_assert_cmpuint (n_sigmas, ==, n_expected);
  report = lk_check_ulps (sigmas, expected_sigmas, n_sigmas, 1, 0);
  if (report)
    return report;

  lk_sampler_scale_noise (table, sigmas[0], x, n);
  expected_start = read_tensor (path, "start", TRUE, &n_expected);
  report = lk_check_nmse (x, expected_start, n, 24, 1e-13);
  if (report)
    return report;

  g_assert_true (lk_sampler_run (sampler, sigmas, n_sigmas, x, n, (guint64) *seed, lk_denoiser_denoise, denoiser, NULL, NULL, NULL));
  expected_latent = read_tensor (path, "latent", TRUE, &n_expected);
  g_test_message ("%s: nmse %.2e", case_name, lk_test_nmse (x, expected_latent, n));
  return lk_check_nmse (x, expected_latent, n, 24, BOUND);
}

static void
test_walk (gconstpointer case_name)
{
  lk_test_assert_no_report (__FILE__, __LINE__, G_STRFUNC, case_name, walk (case_name, 5));
}

/* A CFG a thousandth off is outside the bound. */
static void
test_the_bound_sees_a_wrong_cfg (void)
{
  g_autofree char *report = walk ("euler-normal", 5.005f);

  g_assert_nonnull (report);
}

int
main (int    argc,
      char **argv)
{
  static const char * const cases[] = {
    "euler-normal", "euler-karras", "euler-exponential", "euler-sgm_uniform", "euler-simple", "dpmpp_2m-normal", "dpmpp_2m-karras",
    "euler_ancestral-normal", "heun-karras", "ddim-ddim_uniform", "lcm-sgm_uniform", "dpmpp_sde-karras", "uni_pc-normal",
  };

  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/golden-samplers/", cases[i], NULL);

      g_test_add_data_func (path, cases[i], test_walk);
    }
  g_test_add_func ("/golden-samplers/the-bound-sees-a-wrong-cfg", test_the_bound_sees_a_wrong_cfg);

  return g_test_run ();
}
