/* lk-cli-probe.c: runs single parts of a model on given tensors and writes what comes out, for parity tests.
 *
 * Which parts run follows from the names of the tensors in --in (see `description`); lk-probe.h says who runs them.
 */
#define G_LOG_DOMAIN "likeness-cli"

#include "config.h"

#include "cli/lk-cli-commands.h"
#include "cli/lk-probe.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

static char *base_option, *in_option, *out_option, *device_option, *precision_option, *sampler_option, *scheduler_option;
static char **lora_option;

static const GOptionEntry options[] = {
  { "base", 0, 0, G_OPTION_ARG_FILENAME, &base_option, N_("The base model"), N_("FILE") },
  { "lora", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &lora_option, N_("A LoRA, with its strength (1); may be given again"), N_("FILE[:STRENGTH]") },
  { "in", 0, 0, G_OPTION_ARG_FILENAME, &in_option, N_("The tensors to begin with"), N_("FILE") },
  { "out", 0, 0, G_OPTION_ARG_FILENAME, &out_option, N_("Where the results go"), N_("FILE") },
  { "device", 0, 0, G_OPTION_ARG_STRING, &device_option, N_("auto, cpu, vulkan or vulkan:N"), N_("DEVICE") },
  { "precision", 0, 0, G_OPTION_ARG_STRING, &precision_option, N_("How numbers are kept between steps: fp32"), N_("PRECISION") },
  { "sampler", 0, 0, G_OPTION_ARG_STRING, &sampler_option, N_("How noise becomes a latent (euler)"), N_("SAMPLER") },
  { "scheduler", 0, 0, G_OPTION_ARG_STRING, &scheduler_option, N_("Over which noise levels (normal)"), N_("SCHEDULER") },
  G_OPTION_ENTRY_NULL
};

/* "FILE:0.8" to its two parts; without a strength it is 1. */
static char *
split_strength (const char *words,
                double     *strength)
{
  const char *colon = strrchr (words, ':');
  char *end;

  *strength = 1.;
  if (colon == NULL || colon[1] == '\0')
    return g_strdup (words);
  *strength = g_ascii_strtod (colon + 1, &end);
  if (*end == '\0' && isfinite (*strength))
    return g_strndup (words, (gsize) (colon - words));
  *strength = 1.;
  return g_strdup (words);
}

static gboolean
open_adapters (LkProbe   *probe,
               LkCli     *cli,
               gboolean   trainable,
               GError   **error)
{
  for (guint i = 0; lora_option != NULL && lora_option[i] != NULL; i++)
    {
      double strength;
      g_autofree char *path = split_strength (lora_option[i], &strength), *note = NULL;
      LkAdapter *adapter = lk_adapter_load (probe->device, lk_model_get_checkpoint (probe->model), path, trainable, &note, error);

      if (adapter == NULL)
        return FALSE;
      if (note != NULL)
        lk_cli_note (cli, "%s", note);
      g_ptr_array_add (probe->adapters, adapter);
      g_array_append_val (probe->strengths, strength);
    }
  return TRUE;
}

static gboolean
check_usage (GError **error)
{
  if (base_option == NULL || in_option == NULL || out_option == NULL)
    g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, _("--base, --in and --out must all be given"));
  else if (precision_option != NULL && strcmp (precision_option, "fp32") != 0)
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, _("“%s” is no precision that this device computes in; fp32 is"), precision_option);
  else
    return TRUE;
  return FALSE;
}

static gboolean
open_all (LkProbe  *probe,
          LkCli    *cli,
          GError  **error)
{
  g_autoptr (LkCheckpoint) checkpoint = NULL;

  probe->arrays = g_ptr_array_new_with_free_func (g_free);
  probe->adapters = g_ptr_array_new_with_free_func ((GDestroyNotify) lk_adapter_unref);
  probe->strengths = g_array_new (FALSE, FALSE, sizeof (double));
  probe->results = cJSON_CreateObject ();
  probe->out = lk_safetensors_writer_new ();
  probe->sampler = sampler_option;
  probe->scheduler = scheduler_option;

  probe->in = lk_safetensors_open (in_option, error);
  if (probe->in == NULL)
    return FALSE;
  if (lk_probe_describes_pictures (probe))
    {
      probe->device = lk_device_open (device_option != NULL ? device_option : "auto", 0, error);
      return probe->device != NULL;
    }
  checkpoint = lk_checkpoint_open (base_option, error);
  if (checkpoint == NULL)
    return FALSE;
  probe->architecture = lk_checkpoint_get_architecture (checkpoint);
  probe->device = lk_device_open (device_option != NULL ? device_option : "auto", 0, error);
  if (probe->device == NULL)
    return FALSE;
  probe->model = lk_model_new (probe->device, checkpoint);
  return open_adapters (probe, cli, lk_probe_has (probe, "train_latent"), error);
}

static gboolean
compute (LkProbe  *probe,
         GError  **error)
{
  static const struct { const char *name; gboolean (*run) (LkProbe *, GError **); } parts[] = {
    { "tokens_1", lk_probe_text }, { "latent", lk_probe_unet }, { "image", lk_probe_encoder }, { "z", lk_probe_decoder }, { "train_latent", lk_probe_training },
    { "cond", lk_probe_sampling },
  };

  if (lk_probe_describes_pictures (probe))
    return lk_probe_pictures (probe, base_option, error);
  if (lk_probe_has (probe, "train_latent") && probe->adapters->len != 1)
    {
      g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, _("Gradients are those of one LoRA: give one --lora"));
      return FALSE;
    }
  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    if (lk_probe_has (probe, parts[i].name) && !parts[i].run (probe, error))
      return FALSE;

  if (probe->arrays->len == 0)
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, _("“%s” holds none of the tensors to begin with"), in_option);
      return FALSE;
    }
  return TRUE;
}

static LkCliStatus
run (LkCli   *cli,
     int      n_args,
     char   **args,
     GError **error)
{
  g_auto (LkProbe) probe = { NULL };
  LkGpu *gpu;
  g_autofree char *tier = NULL;
  cJSON *json;

  if (!check_usage (error) || !open_all (&probe, cli, error) || !compute (&probe, error))
    return LK_CLI_FAILED;

  gpu = lk_device_get_gpu (probe.device);
  tier = gpu != NULL ? g_strdup_printf ("T%u", lk_gpu_get_info (gpu)->tier) : g_strdup ("cpu");
  lk_safetensors_writer_set_metadata (probe.out, "device", lk_device_get_description (probe.device));
  lk_safetensors_writer_set_metadata (probe.out, "tier", tier);
  lk_safetensors_writer_set_metadata (probe.out, "precision", "fp32");
  if (!lk_safetensors_writer_save (probe.out, out_option, error))
    return LK_CLI_FAILED;

  json = cJSON_CreateObject ();
  cJSON_AddStringToObject (json, "device", lk_device_get_description (probe.device));
  cJSON_AddStringToObject (json, "tier", tier);
  cJSON_AddStringToObject (json, "precision", "fp32");
  cJSON_AddItemToObject (json, "tensors", g_steal_pointer (&probe.results));
  lk_cli_print_json (cli, json);
  lk_cli_print (cli, ngettext ("%u tensor written to %s, computed on %s\n", "%u tensors written to %s, computed on %s\n", probe.arrays->len),
                probe.arrays->len, out_option, lk_device_get_description (probe.device));
  return LK_CLI_DONE;
}

const LkCliCommand lk_cli_probe = {
  .name = "probe",
  .summary = N_("Run single parts of a model on given tensors"),
  .description = N_("Tensors in --in say what is computed (batch first, channels before rows and columns):\n"
                    "  tokens_1, for SDXL also tokens_2: context, for SDXL also pooled\n"
                    "  latent, timestep, context, for SDXL also vector: eps\n"
                    "  image in -1..1: latent_mean, latent_logvar\n"
                    "  z: decoded\n"
                    "  train_latent, train_noise, train_timestep, train_context, for SDXL also train_vector,\n"
                    "  and one LoRA: loss, grad.NAME for each of its matrices\n"
                    "  cond, uncond, noise, cfg, steps, seed, with --sampler and --scheduler: sigmas, start, latent\n"
                    "With a tagger’s folder as --base:\n"
                    "  pixels as the network takes them: logits, probabilities\n"
                    "With BLIP’s folder as --base:\n"
                    "  pixels: image_embeds, greedy_ids, beam3_ids (20 new tokens); also prompt_ids: prompt_logits"),
  .options = options,
  .run = run,
};
