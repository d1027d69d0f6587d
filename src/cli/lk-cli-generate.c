/* lk-cli-generate.c: draws one picture. */
#define G_LOG_DOMAIN "likeness-cli"

#include "config.h"

#include "cli/lk-cli-commands.h"
#include "cli/lk-cli-recipe.h"
#include "generate/lk-generator.h"

#include <glib/gi18n.h>
#include <inttypes.h>

static char *noise_option, *latent_option, *out_option;

static const GOptionEntry options[] = {
  LK_CLI_RECIPE_OPTIONS,
  { "prompt", 0, 0, G_OPTION_ARG_STRING, &lk_cli_recipe_options.prompt, N_("What the picture shows"), N_("TEXT") },
  { "noise", 0, 0, G_OPTION_ARG_FILENAME, &noise_option, N_("Start from its tensor “noise” [1,Z,h,w] instead of the seed’s"), N_("FILE") },
  { "save-latent", 0, 0, G_OPTION_ARG_FILENAME, &latent_option, N_("Also write the final latent, on the U-Net’s scale"), N_("FILE") },
  { "out", 0, 0, G_OPTION_ARG_FILENAME, &out_option, N_("Where the PNG goes"), N_("FILE") },
  G_OPTION_ENTRY_NULL
};

/* What a picture tells on its way, for every command that draws. */
static void
on_progress (gpointer    data,
             LkDrawStage stage,
             guint       step,
             guint       n_steps)
{
  if (stage == LK_DRAW_STEPS)
    lk_cli_progress (data, _("Drawing"), step, n_steps, NULL);
}

static gboolean
set_noise (LkGenerator  *generator,
           GError      **error)
{
  g_autoptr (LkSafetensors) file = lk_safetensors_open (noise_option, error);
  const LkSafeTensor *tensor = file ? lk_safetensors_require (file, "noise", error) : NULL;
  g_autofree float *noise = NULL;

  if (tensor == NULL)
    return FALSE;
  noise = g_new (float, tensor->n_elements);
  if (!lk_safetensors_read_f32 (file, tensor, 0, tensor->n_elements, noise, error))
    return FALSE;
  lk_generator_set_noise (generator, noise, tensor->n_elements);
  return TRUE;
}

static gboolean
save_latent (const LkRecipe  *recipe,
             const float     *latent,
             gsize            n,
             GError         **error)
{
  g_autoptr (LkSafetensorsWriter) writer = lk_safetensors_writer_new ();
  const gsize height = recipe->height / 8, width = recipe->width / 8;

  lk_safetensors_writer_add (writer, "latent", LK_SAFE_F32, 4, (gsize[]) { 1, n / (height * width), height, width }, latent);
  return lk_safetensors_writer_save (writer, latent_option, error);
}

static LkCliStatus
run_generate (LkCli   *cli,
              int      n_args,
              char   **args,
              GError **error)
{
  g_autoptr (LkRecipe) recipe = NULL;
  g_autoptr (LkDevice) device = NULL;
  g_autoptr (LkGenerator) generator = NULL;
  g_autoptr (LkPicture) picture = NULL;
  g_autofree float *latent = NULL;
  gint64 start = g_get_monotonic_time ();
  gsize n_latent;
  double seconds;
  cJSON *json;

  if (out_option == NULL)
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, _("--out must be given"));
      return LK_CLI_BAD_USAGE;
    }
  recipe = lk_cli_recipe_new (error);
  device = recipe ? lk_cli_recipe_device (error) : NULL;
  if (device == NULL)
    return LK_CLI_FAILED;

  generator = lk_generator_new (device);
  if (noise_option && !set_noise (generator, error))
    return LK_CLI_FAILED;
  picture = lk_generator_draw (generator, recipe, on_progress, cli, lk_cli_get_cancellable (cli), &latent, &n_latent, error);
  if (picture == NULL || !lk_recipe_save_picture (recipe, picture, out_option, error)
      || (latent_option && !save_latent (recipe, latent, n_latent, error)))
    return LK_CLI_FAILED;
  seconds = (double) (g_get_monotonic_time () - start) / G_USEC_PER_SEC;

  if (lk_generator_get_note (generator))
    lk_cli_note (cli, "%s", lk_generator_get_note (generator));
  json = lk_recipe_to_json (recipe, TRUE);
  cJSON_AddStringToObject (json, "out", out_option);
  cJSON_AddStringToObject (json, "device", lk_device_get_description (device));
  cJSON_AddNumberToObject (json, "seconds", seconds);
  lk_cli_print_json (cli, json);
  lk_cli_print (cli, _("%s: %u × %u, seed %" PRIu64 ", %.1f s on %s\n"), out_option, recipe->width, recipe->height, recipe->seed,
                seconds, lk_device_get_description (device));
  return LK_CLI_DONE;
}

const LkCliCommand lk_cli_generate = {
  .name = "generate",
  .summary = N_("Draw a picture"),
  .options = options,
  .run = run_generate,
};
