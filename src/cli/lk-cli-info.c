/* lk-cli-info.c: what a safetensors file is, what it fits, and how it was made. */
#define G_LOG_DOMAIN "likeness-cli"

#include "config.h"

#include "base/lk-json.h"
#include "base/lk-text.h"
#include "cli/lk-cli-commands.h"
#include "model/lk-checkpoint.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

/* ---- words ----------------------------------------------------------------------------------------------------- */

static const char *
get_kind (LkFileKind kind)
{
  switch (kind)
    {
    case LK_FILE_KIND_BASE:
      return _("base model");
    case LK_FILE_KIND_LORA:
      return _("LoRA");
    case LK_FILE_KIND_VAE:
      return _("autoencoder");
    case LK_FILE_KIND_TEXT_ENCODER:
      return _("text encoder");
    case LK_FILE_KIND_DIFFUSERS_PART:
      return _("part of a diffusers folder");
    case LK_FILE_KIND_EMBEDDING:
      return _("textual inversion");
    case LK_FILE_KIND_UNKNOWN:
    default:
      return _("tensors of an unknown kind");
    }
}

static void
tell (LkCli      *cli,
      cJSON      *json,
      const char *key,
      const char *label,
      const char *value)
{
  if (value == NULL)
    return;
  lk_cli_print (cli, "%-16s %s\n", label, value);
  cJSON_AddStringToObject (json, key, value);
}

/* ---- a base model ---------------------------------------------------------------------------------------------- */

static void
tell_base (LkCli         *cli,
           cJSON         *json,
           LkSafetensors *file)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LkCheckpoint) checkpoint = lk_checkpoint_new (file, &error);
  g_autofree char *words = NULL;

  if (checkpoint == NULL)
    {
      tell (cli, json, "problem", _("Problem"), error->message);
      return;
    }
  words = lk_architecture_describe (lk_checkpoint_get_architecture (checkpoint));
  tell (cli, json, "architecture", _("Architecture"), words);
}

/* ---- a LoRA ---------------------------------------------------------------------------------------------------- */

/* What the tensors say: modules, ranks, parts. */
static void
tell_modules (LkCli         *cli,
              cJSON         *json,
              LkSafetensors *file)
{
  guint n_unet = 0, n_text = 0;
  gsize least = G_MAXSIZE, most = 0;
  g_autofree char *modules = NULL, *rank = NULL;

  for (guint i = 0; i < lk_safetensors_get_n_tensors (file); i++)
    {
      const LkSafeTensor *tensor = lk_safetensors_get_tensor (file, i);

      if (!g_str_has_suffix (tensor->name, ".lora_down.weight") && !g_str_has_suffix (tensor->name, ".lora_A.weight"))
        continue;
      if (g_str_has_prefix (tensor->name, "lora_te") || strstr (tensor->name, "text_encoder"))
        n_text++;
      else
        n_unet++;
      least = MIN (least, tensor->dims[0]);
      most = MAX (most, tensor->dims[0]);
    }
  if (n_unet + n_text == 0)
    return;

  modules = g_strdup_printf (_("%u in the U-Net, %u in the text encoders"), n_unet, n_text);
  tell (cli, json, "modules", _("Modules"), modules);
  rank = least == most ? g_strdup_printf ("%" G_GSIZE_FORMAT, most) : g_strdup_printf ("%" G_GSIZE_FORMAT "–%" G_GSIZE_FORMAT, least, most);
  tell (cli, json, "rank", _("Rank"), rank);
}

static void
tell_lora (LkCli         *cli,
           cJSON         *json,
           LkSafetensors *file)
{
  static const struct
  {
    const char *key, *metadata, *label;
  } rows[] = {
    { "base", "ss_base_model_version", N_("Base") },
    { "base_name", "ss_sd_model_name", N_("Trained on") },
    { "trigger", "modelspec.trigger_phrase", N_("Trigger") },
    { "alpha", "ss_network_alpha", N_("Alpha") },
    { "steps", "ss_steps", N_("Steps") },
    { "epochs", "ss_epoch", N_("Epochs") },
    { "pictures", "ss_num_train_images", N_("Pictures") },
    { "resolution", "ss_resolution", N_("Resolution") },
    { "learning_rate", "ss_learning_rate", N_("Learning rate") },
    { "schedule", "ss_lr_scheduler", N_("Schedule") },
    { "optimizer", "ss_optimizer", N_("Optimizer") },
    { "date", "modelspec.date", N_("Date") },
    { "merged_from", "modelspec.merged_from", N_("Merged from") },
    { "hash", "sshs_model_hash", N_("Hash") },
  };

  tell_modules (cli, json, file);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      const char *value = lk_safetensors_get_metadata (file, rows[i].metadata);

      if (value && !g_str_equal (value, "None"))
        tell (cli, json, rows[i].key, _(rows[i].label), value);
    }
}

/* ---- the command ----------------------------------------------------------------------------------------------- */

static LkCliStatus
run_info (LkCli   *cli,
          int      n_args,
          char   **args,
          GError **error)
{
  g_autoptr (LkSafetensors) file = lk_safetensors_open (args[0], error);
  g_autoptr (cJSON) json = cJSON_CreateObject ();
  g_autofree char *size = NULL, *count = NULL;
  const char * const *keys;
  cJSON *metadata;
  LkFileKind kind;

  if (file == NULL)
    return LK_CLI_FAILED;

  kind = lk_checkpoint_identify (file);
  size = lk_text_format_bytes (lk_safetensors_get_size (file));
  count = g_strdup_printf ("%u", lk_safetensors_get_n_tensors (file));
  tell (cli, json, "file", _("File"), args[0]);
  tell (cli, json, "kind", _("Kind"), get_kind (kind));
  tell (cli, json, "size", _("Size"), size);
  tell (cli, json, "tensors", _("Tensors"), count);
  tell (cli, json, "title", _("Title"), lk_safetensors_get_metadata (file, "modelspec.title"));
  if (kind == LK_FILE_KIND_BASE)
    tell_base (cli, json, file);
  else if (kind == LK_FILE_KIND_LORA)
    tell_lora (cli, json, file);

  metadata = cJSON_AddObjectToObject (json, "metadata");
  keys = lk_safetensors_get_metadata_keys (file);
  for (guint i = 0; keys && keys[i]; i++)
    cJSON_AddStringToObject (metadata, keys[i], lk_safetensors_get_metadata (file, keys[i]));
  lk_cli_print_json (cli, g_steal_pointer (&json));
  return LK_CLI_DONE;
}

const LkCliCommand lk_cli_info = {
  .name = "info",
  .summary = N_("Tell what a safetensors file is, what it fits and how it was made"),
  .parameters = "FILE",
  .min_args = 1,
  .max_args = 1,
  .run = run_info,
};
