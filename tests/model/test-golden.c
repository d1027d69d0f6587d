/* likeness-cli probe against what PyTorch, diffusers and transformers computed: outputs, and the gradients of a training step. */
#include "config.h"

#include "lk-test-isa.h"
#include "lk-test-parity.h"

#include <glib/gstdio.h>

typedef struct
{
  const char *golden_case, *in, *lora, *out;    /* lora: NAME or NAME:STRENGTH, or NULL */
} Case;

static const Case cases[] = {
  { "sd15-tiny", "text", NULL, "text" },
  { "sd15-tiny", "unet", NULL, "unet" },
  { "sd15-tiny", "unet", "lora:0.8", "unet.lora-0.8" },
  { "sd15-tiny", "unet", "lora-conv:0.8", "unet.lora-conv-0.8" },
  { "sd15-tiny", "vae", NULL, "vae" },
  { "sd15-tiny", "train", "lora", "train.lora" },
  { "sd15-tiny", "train", "lora-conv", "train.lora-conv" },
  { "sdxl-tiny", "text", NULL, "text" },
  { "sdxl-tiny", "unet", NULL, "unet" },
  { "sdxl-tiny", "unet", "lora:0.8", "unet.lora-0.8" },
  { "sdxl-tiny", "unet", "lora-conv:0.8", "unet.lora-conv-0.8" },
  { "sdxl-tiny", "vae", NULL, "vae" },
  { "sdxl-tiny", "train", "lora", "train.lora" },
  { "sdxl-tiny", "train", "lora-conv", "train.lora-conv" },
  { "sd1-odd", "text", NULL, "text" },
  { "sd1-odd", "unet", NULL, "unet" },
  { "sd1-odd", "vae", NULL, "vae" },
  { "sd1-odd", "train", "lora", "train.lora" },
  { "sdxl-odd", "text", NULL, "text" },
  { "sdxl-odd", "unet", NULL, "unet" },
  { "sdxl-odd", "vae", NULL, "vae" },
  { "sdxl-odd", "train", "lora", "train.lora" },
  { "tagger-tiny", "tagger", NULL, "tagger" },
  { "blip-tiny", "blip", NULL, "blip" },
};

static const char *device;
static double output_bound, gradient_bound;

/* The checkpoint, or a folder that holds a model. */
static char *
get_base (const Case *test)
{
  g_autofree char *base = lk_test_golden_path (test->golden_case, "base");

  return g_file_test (base, G_FILE_TEST_EXISTS) ? g_steal_pointer (&base) : g_path_get_dirname (base);
}

/* Runs likeness-cli probe and returns what it wrote. */
static LkSafetensors *
probe (const Case *test)
{
  g_autofree char *folder = g_dir_make_tmp ("likeness-golden-XXXXXX", NULL);
  g_autofree char *base = get_base (test), *out = g_build_filename (folder, "out.safetensors", NULL);
  g_autofree char *in_name = g_strconcat (test->in, ".in", NULL), *in = lk_test_golden_path (test->golden_case, in_name);
  g_autofree char *lora = NULL, *lora_argument = NULL, *errors = NULL;
  g_autoptr (GError) error = NULL;
  LkSafetensors *file;
  int status;

  if (test->lora != NULL)
    {
      g_auto (GStrv) words = g_strsplit (test->lora, ":", 2);

      lora = lk_test_golden_path (test->golden_case, words[0]);
      lora_argument = words[1] != NULL ? g_strconcat (lora, ":", words[1], NULL) : g_strdup (lora);
    }

  const char *arguments[] = { g_getenv ("LIKENESS_TEST_CLI"), "probe", "--device", device, "--base", base, "--in", in, "--out", out,
                              lora != NULL ? "--lora" : NULL, lora_argument, NULL };

  g_spawn_sync (NULL, (char **) arguments, NULL, G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL, &errors, &status, &error);
  g_assert_no_error (error);
  if (!g_spawn_check_wait_status (status, &error))
    g_error ("%s: %s", error->message, errors);

  file = lk_safetensors_open (out, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (lk_safetensors_get_metadata (file, "precision"), ==, "fp32");
  g_assert_nonnull (lk_safetensors_get_metadata (file, "device"));
  g_assert_nonnull (lk_safetensors_get_metadata (file, "tier"));
  g_remove (out);
  g_rmdir (folder);
  return file;
}

static void
test_parity (gconstpointer data)
{
  const Case *test = data;
  g_autofree char *out_name = g_strconcat (test->out, ".out", NULL), *out = lk_test_golden_path (test->golden_case, out_name);
  g_autoptr (GError) error = NULL;
  g_autoptr (LkSafetensors) found = probe (test), wanted = lk_safetensors_open (out, &error);
  LkTestParity parity;

  g_assert_no_error (error);
  parity = lk_test_compare (found, wanted);
  g_test_message ("outputs %.2g, gradients %.2g (%s)", parity.output, parity.gradient, parity.worst_gradient);
  g_assert_cmpfloat (parity.output, <=, output_bound);
  g_assert_cmpfloat (parity.gradient, <=, gradient_bound);
}

int
main (int    argc,
      char **argv)
{
  if (lk_test_lacks_isa ())
    return 0;
  g_test_init (&argc, &argv, NULL);

  device = g_getenv ("LIKENESS_TEST_DEVICE");
  output_bound = g_str_has_prefix (device, "vulkan") ? 1e-8 : 1e-9;
  gradient_bound = g_str_has_prefix (device, "vulkan") ? 1e-7 : 1e-8;

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/golden/%s/%s", cases[i].golden_case, cases[i].out);

      g_test_add_data_func (path, &cases[i], test_parity);
    }
  return g_test_run ();
}
