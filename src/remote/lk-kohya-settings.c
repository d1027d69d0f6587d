#define G_LOG_DOMAIN "likeness-remote"

#include "config.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

#include "base/lk-text.h"
#include "formats/lk-toml.h"
#include "remote/lk-kohya-settings.h"

G_DEFINE_QUARK (lk-kohya-error-quark, lk_kohya_error)


/* ---- the tables ------------------------------------------------------------------------------------------------ */

/* Ours that kohya's programs do not have. */
static const char * const own_keys[] = { "latents", "caption_variants", "lora_kind", "checkpointed_parts", NULL };

/* Theirs under another name. */
static const struct
{
  const char *theirs, *ours;
} names[] = {
  { "optimizer", "optimizer_type" },            /* the window's */
  { "batch_size", "train_batch_size" },         /* a data set's */
};

/* How kohya's own program is run, where its files lie, and what is always so here: nothing to take, and nothing lost. */
static const char * const unneeded[] = {
  "LoRA_type", "additional_parameters", "async_upload", "bucket_no_upscale", "bucket_reso_steps", "cache_info", "cache_latents",
  "cache_latents_to_disk", "cache_text_encoder_outputs", "cache_text_encoder_outputs_to_disk", "caption_extension", "caption_extention",
  "class_tokens", "config_file", "dataset_config", "dataset_repeats", "ddp_bucket_view", "dynamo_backend", "enable_bucket", "extra_accelerate_launch_args",
  "gpu_ids", "highvram", "image_dir", "in_json", "log_config", "log_prefix", "log_tracker_config", "log_tracker_name", "log_with", "logging_dir",
  "lowram", "main_process_port", "max_bucket_reso", "max_data_loader_n_workers", "mem_eff_attn", "metadata_author", "metadata_description",
  "metadata_license", "metadata_tags", "metadata_title", "min_bucket_reso", "mixed_precision", "model_list", "multi_gpu", "no_half_vae", "no_metadata",
  "num_cpu_threads_per_process", "num_machines", "num_processes", "output_config", "output_dir", "persistent_data_loader_workers",
  "pretrained_model_name_or_path", "reg_data_dir", "resume", "sample_sampler", "save_last_n_epochs", "save_last_n_epochs_state", "save_last_n_steps",
  "save_last_n_steps_state", "save_model_as", "save_state", "save_state_on_train_end", "save_state_to_huggingface", "sdpa", "sdxl", "sdxl_no_half_vae",
  "skip_cache_check", "train_data_dir", "train_on_input", "training_comment", "unit", "use_wandb", "vae", "vae_batch_size", "validation_seed",
  "wandb_api_key", "wandb_run_name", "weighted_captions", "xformers", NULL
};

/* ---- reading --------------------------------------------------------------------------------------------------- */

typedef struct
{
  LkTrainSettings *settings;
  guint            n_pictures;
  GPtrArray       *rows;
  gboolean         has_steps;           /* a number of steps was there */
  double           epochs, save_epochs; /* 0: not said */
  double           unet_rate;           /* 0: not said */
  double           warmup_percent;      /* below 0: not said */
  gboolean         is_offset_only;      /* the window uses one kind of noise at a time, whatever stands in the fields of the other */
  gboolean         is_multires_only;
} Reader;

static void
row_free (gpointer data)
{
  LkKohyaRow *row = data;

  g_free (row->key);
  g_free (row->value);
  g_free (row->why);
  g_free (row);
}

static void
add_row (Reader         *reader,
         LkKohyaOutcome  outcome,
         const char     *key,
         const char     *value,
         const char     *why)
{
  LkKohyaRow *row = g_new0 (LkKohyaRow, 1);

  row->outcome = outcome;
  row->key = g_strdup (key);
  row->value = g_strdup (value);
  row->why = g_strdup (why);
  g_ptr_array_add (reader->rows, row);
}

/* A value as text, as our settings take it: a list of pairs is joined with commas. Owned by the caller. */
static char *
print_value (const cJSON *value)
{
  g_autoptr (GString) joined = NULL;

  if (cJSON_IsString (value))
    return g_strdup (value->valuestring);
  if (cJSON_IsBool (value))
    return g_strdup (cJSON_IsTrue (value) ? "true" : "false");
  if (cJSON_IsNull (value))
    return g_strdup ("");
  if (!cJSON_IsArray (value))
    return lk_json_print (value, FALSE);

  joined = g_string_new (NULL);
  for (const cJSON *item = value->child; item != NULL; item = item->next)
    {
      g_autofree char *text = print_value (item);

      g_string_append_printf (joined, "%s%s", joined->len > 0 ? "," : "", text);
    }
  return g_string_free_and_steal (g_steal_pointer (&joined));
}

/* "No", as their files write it. */
static gboolean
is_off (const char *value)
{
  static const char * const words[] = { "", "false", "0", "0.0", "none", "null", "[]", "{}", NULL };

  for (guint i = 0; words[i] != NULL; i++)
    if (g_ascii_strcasecmp (value, words[i]) == 0)
      return TRUE;
  return FALSE;
}

static void
set (Reader     *reader,
     const char *key,
     const char *value,
     const char *ours,
     const char *as)
{
  g_autoptr (GError) error = NULL;

  if (lk_train_settings_set (reader->settings, ours, as, &error))
    add_row (reader, LK_KOHYA_TAKEN, key, value, NULL);
  else
    add_row (reader, LK_KOHYA_REFUSED, key, value, error->message);
}

static gboolean
read_positive (const char *text,
               double     *number)
{
  char *end;

  *number = g_ascii_strtod (text, &end);
  return *text != '\0' && *end == '\0' && isfinite (*number) && *number > 0;
}

/* "1024", "1024,1024" or "(1024, 1024)": a square's side. */
static void
take_resolution (Reader     *reader,
                 const char *key,
                 const char *value)
{
  g_autofree char *clean = g_strdelimit (g_strdup (value), "()[] ", ',');
  g_auto (GStrv) parts = g_strsplit (clean, ",", -1);
  const char *first = NULL, *second = NULL;

  for (guint i = 0; parts[i] != NULL; i++)
    if (*parts[i] != '\0')
      {
        second = first != NULL && second == NULL ? parts[i] : second;
        first = first != NULL ? first : parts[i];
      }
  if (first == NULL)
    add_row (reader, LK_KOHYA_UNNEEDED, key, value, _("It is empty."));
  else if (second != NULL && !g_str_equal (first, second))
    add_row (reader, LK_KOHYA_REFUSED, key, value, _("The resolution is one number here: set the side of the square whose area it is."));
  else
    set (reader, key, value, "resolution", first);
}

/* "weight_decay=0.1 betas=0.9,0.99", as one text or a list of them. */
static void
take_optimizer_args (Reader     *reader,
                     const char *key,
                     const cJSON *json)
{
  g_autofree char *all = print_value (json);
  g_autoptr (GPtrArray) parts = g_ptr_array_new_with_free_func (g_free);

  if (cJSON_IsArray (json))
    for (const cJSON *item = json->child; item != NULL; item = item->next)
      g_ptr_array_add (parts, print_value (item));
  else
    {
      g_auto (GStrv) words = g_strsplit_set (all, " \t", -1);

      for (guint i = 0; words[i] != NULL; i++)
        if (*words[i] != '\0')
          g_ptr_array_add (parts, g_strdup (words[i]));
    }

  for (guint i = 0; i < parts->len; i++)
    {
      const char *equals = strchr (parts->pdata[i], '=');
      g_autofree char *name = equals ? g_strndup (parts->pdata[i], (gsize) (equals - (const char *) parts->pdata[i])) : g_strdup (parts->pdata[i]);
      g_autofree char *where = g_strdup_printf ("%s: %s", key, name), *value = g_strdelimit (g_strdup (equals ? equals + 1 : ""), "()[] ", ',');

      if (g_str_equal (name, "betas"))
        {
          g_auto (GStrv) betas = g_strsplit (value, ",", -1);
          g_autoptr (GStrvBuilder) given = g_strv_builder_new ();
          g_auto (GStrv) two = NULL;

          for (guint b = 0; betas[b] != NULL; b++)
            if (*betas[b] != '\0')
              g_strv_builder_add (given, betas[b]);
          two = g_strv_builder_end (given);
          if (g_strv_length (two) != 2)
            add_row (reader, LK_KOHYA_REFUSED, where, value, _("There are two of these."));
          else
            {
              set (reader, where, two[0], "adam_beta1", two[0]);
              set (reader, where, two[1], "adam_beta2", two[1]);
            }
        }
      else if (g_str_equal (name, "eps"))
        set (reader, where, value, "adam_epsilon", value);
      else if (lk_setting_find (name) != NULL)
        set (reader, where, value, name, value);
      else
        add_row (reader, LK_KOHYA_UNKNOWN, where, value, _("The optimizers here have no such setting."));
    }
  if (parts->len == 0)
    add_row (reader, LK_KOHYA_UNNEEDED, key, all, _("It is empty."));
}

/* kohya's sample_prompts is a file's name, kohya_ss' is the text of it. */
static void
take_sample_prompts (Reader     *reader,
                     const char *key,
                     const char *value)
{
  if (*value == '\0')
    add_row (reader, LK_KOHYA_UNNEEDED, key, value, _("It is empty."));
  else if (strchr (value, '\n') == NULL && (g_str_has_suffix (value, ".txt") || g_str_has_suffix (value, ".toml") || g_str_has_suffix (value, ".json")))
    add_row (reader, LK_KOHYA_REFUSED, key, value, _("It names a file: put the prompts themselves into the settings here."));
  else
    set (reader, key, value, "sample_prompts", value);
}

/* What is not taken as it stands; FALSE: it is none of these. */
static gboolean
take_special (Reader      *reader,
              const char  *key,
              const char  *value,
              const cJSON *json)
{
  double number;

  if (g_str_equal (key, "resolution") || g_str_equal (key, "max_resolution"))
    take_resolution (reader, key, value);
  else if (g_str_equal (key, "optimizer_args"))
    take_optimizer_args (reader, key, json);
  else if (g_str_equal (key, "sample_prompts"))
    take_sample_prompts (reader, key, value);
  else if (g_str_equal (key, "unet_lr"))
    {
      if (read_positive (value, &number))
        reader->unet_rate = number;
      add_row (reader, reader->unet_rate > 0 ? LK_KOHYA_TAKEN : LK_KOHYA_UNNEEDED, key, value, reader->unet_rate > 0 ? NULL : _("It is not set."));
    }
  else if (g_str_equal (key, "lr_warmup") || g_str_equal (key, "lr_warmup_steps"))
    {
      /* The window counts in per cent of the run; sd-scripts in steps, or below 1 in shares. 0 of one leaves the other. */
      gboolean is_percent = g_str_equal (key, "lr_warmup");

      if (is_off (value))
        add_row (reader, LK_KOHYA_UNNEEDED, key, value, _("It is switched off."));
      else if (is_percent && read_positive (value, &number))
        {
          reader->warmup_percent = number;
          add_row (reader, LK_KOHYA_TAKEN, key, value, NULL);
        }
      else
        set (reader, key, value, "lr_warmup_steps", value);
    }
  else if (g_str_equal (key, "max_train_steps"))
    {
      if (is_off (value))
        add_row (reader, LK_KOHYA_UNNEEDED, key, value, _("It is not set."));
      else
        {
          set (reader, key, value, "max_train_steps", value);
          reader->has_steps = TRUE;
        }
    }
  else if (g_str_equal (key, "epoch") || g_str_equal (key, "max_train_epochs") || g_str_equal (key, "save_every_n_epochs"))
    {
      double *epochs = *key == 's' ? &reader->save_epochs : &reader->epochs;

      if (!read_positive (value, &number))
        add_row (reader, LK_KOHYA_UNNEEDED, key, value, _("It is not set."));
      else if (reader->n_pictures == 0)
        add_row (reader, LK_KOHYA_REFUSED, key, value, _("How many steps an epoch has is not known without pictures. Set the steps."));
      else
        {
          /* max_train_epochs goes before epoch, as it does there. */
          if (*epochs == 0 || *key == 'm')
            *epochs = number;
          add_row (reader, LK_KOHYA_TAKEN, key, value, NULL);
        }
    }
  else if (g_str_equal (key, "noise_offset_type"))
    {
      reader->is_offset_only = g_str_equal (value, "Original");
      reader->is_multires_only = g_str_equal (value, "Multires");
      add_row (reader, reader->is_offset_only || reader->is_multires_only ? LK_KOHYA_TAKEN : LK_KOHYA_UNKNOWN, key, value,
               reader->is_offset_only || reader->is_multires_only ? NULL : _("It is either Original or Multires."));
    }
  else if (g_str_equal (key, "network_module"))
    add_row (reader, g_str_equal (value, "networks.lora") ? LK_KOHYA_UNNEEDED : LK_KOHYA_UNKNOWN, key, value,
             g_str_equal (value, "networks.lora") ? _("It is always so here.") : _("This kind of network cannot be trained here."));
  else if (g_str_equal (key, "network_train_unet_only") && lk_setting_find (key) == NULL)
    add_row (reader, is_off (value) ? LK_KOHYA_UNKNOWN : LK_KOHYA_UNNEEDED, key, value,
             is_off (value) ? _("The text encoder is not trained here.") : _("It is always so here."));
  else
    return FALSE;
  return TRUE;
}

static void
take (Reader      *reader,
      const cJSON *json)
{
  const char *key = json->string, *ours = key;
  g_autofree char *value = print_value (json);
  const LkSetting *setting;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_str_equal (names[i].theirs, key))
      ours = names[i].ours;
  if (take_special (reader, key, value, json))
    return;

  setting = lk_setting_find (ours);
  if (setting != NULL && *value == '\0' && setting->kind != LK_SETTING_TEXT)
    add_row (reader, LK_KOHYA_UNNEEDED, key, value, _("It is empty."));
  else if (setting != NULL)
    set (reader, key, value, ours, value);
  else if (g_strv_contains (unneeded, key))
    add_row (reader, LK_KOHYA_UNNEEDED, key, value, _("It says nothing here."));
  else if (is_off (value))
    add_row (reader, LK_KOHYA_UNNEEDED, key, value, _("It is switched off."));
  else
    add_row (reader, LK_KOHYA_UNKNOWN, key, value, _("Likeness has no such setting."));
}

/* sd-scripts takes sections for decoration: keys count, whatever table they stand in. A list of tables is a data set's: the first counts. */
static void
walk (Reader      *reader,
      const cJSON *object)
{
  for (const cJSON *member = object->child; member != NULL; member = member->next)
    if (cJSON_IsObject (member))
      walk (reader, member);
    else if (cJSON_IsArray (member) && cJSON_IsObject (member->child))
      {
        walk (reader, member->child);
        if (member->child->next != NULL)
          {
            g_autofree char *n = g_strdup_printf ("%d", cJSON_GetArraySize (member));

            add_row (reader, LK_KOHYA_REFUSED, member->string, n, _("A run has one data set here: only the first was read."));
          }
      }
    else
      take (reader, member);
}

/* What could not be told before all keys were seen. */
static void
settle (Reader *reader)
{
  LkTrainSettings *settings = reader->settings;
  guint per_step = settings->train_batch_size * settings->gradient_accumulation_steps;
  double per_epoch = ceil ((double) reader->n_pictures * settings->num_repeats / per_step);

  if (reader->is_offset_only)
    settings->multires_noise_iterations = 0;
  if (reader->is_multires_only)
    settings->noise_offset = 0;
  if (reader->unet_rate > 0)
    settings->learning_rate = MIN (reader->unet_rate, 1);
  if (reader->epochs > 0 && !reader->has_steps)
    settings->max_train_steps = (guint) CLAMP (reader->epochs * per_epoch, 1, 1000000);
  if (reader->save_epochs > 0)
    settings->save_every_n_steps = (guint) CLAMP (reader->save_epochs * per_epoch, 1, 1000000);
  if (reader->warmup_percent > 0)
    settings->lr_warmup_steps = MIN (reader->warmup_percent, 99) / 100;
}

GPtrArray *
lk_kohya_settings_parse (const char       *text,
                         const char       *name,
                         guint             n_pictures,
                         LkTrainSettings  *settings,
                         GError          **error)
{
  g_autofree char *start = lk_text_strip (text, -1);
  g_autoptr (cJSON) json = *start == '{' ? lk_json_parse (text, -1, name, error) : lk_toml_parse (text, name, error);
  g_autoptr (LkTrainSettings) copy = lk_train_settings_copy (settings);
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func (row_free);
  Reader reader = { copy, n_pictures, rows, .warmup_percent = -1 };
  guint n_taken = 0;

  if (json == NULL)
    return NULL;
  walk (&reader, json);
  for (guint i = 0; i < rows->len; i++)
    n_taken += ((LkKohyaRow *) rows->pdata[i])->outcome == LK_KOHYA_TAKEN;
  if (n_taken == 0)
    {
      g_set_error (error, LK_KOHYA_ERROR, LK_KOHYA_ERROR_NOT_SETTINGS,
                   _("“%s” holds no training settings: nothing in it is known to kohya’s trainers and to Likeness."), name);
      return NULL;
    }
  settle (&reader);

  /* Texts change owners with the struct. */
  {
    LkTrainSettings kept = *settings;

    *settings = *copy;
    *copy = kept;
  }
  return g_steal_pointer (&rows);
}

/* ---- writing --------------------------------------------------------------------------------------------------- */

static gboolean
is_theirs (const LkSetting *setting)
{
  return !g_strv_contains (own_keys, setting->key);
}

/* As it stands in a file: the resolution of 0, which is the project's, is left out. */
static gboolean
is_written (const LkTrainSettings *settings,
            const LkSetting       *setting)
{
  return is_theirs (setting) && !(g_str_equal (setting->key, "resolution") && settings->resolution == 0)
         && !g_str_equal (setting->key, "sample_prompts");
}

static void
append_optimizer_args (GString               *out,
                       const LkTrainSettings *settings,
                       const char            *separator,
                       const char            *quote)
{
  const struct { const char *name; double value; } args[] = { { "weight_decay", settings->weight_decay }, { "eps", settings->adam_epsilon } };
  char first[G_ASCII_DTOSTR_BUF_SIZE], second[G_ASCII_DTOSTR_BUF_SIZE];

  for (guint i = 0; i < G_N_ELEMENTS (args); i++)
    g_string_append_printf (out, "%s%s=%s%s%s", quote, args[i].name, g_ascii_formatd (first, sizeof first, "%.9g", args[i].value), quote, separator);
  g_string_append_printf (out, "%sbetas=%s,%s%s", quote, g_ascii_formatd (first, sizeof first, "%.9g", settings->adam_beta1),
                          g_ascii_formatd (second, sizeof second, "%.9g", settings->adam_beta2), quote);
}

/* The optimizer's own go into optimizer_args there. */
static gboolean
is_optimizer_arg (const char *key)
{
  return g_str_equal (key, "weight_decay") || g_str_has_prefix (key, "adam_");
}

char *
lk_kohya_settings_to_toml (const LkTrainSettings *settings,
                           const char            *base)
{
  GString *out = g_string_new ("# sd-scripts: --config_file THIS --train_data_dir … --output_dir …\n");
  g_autofree char *name = base != NULL ? lk_toml_quote (base) : NULL;

  if (name != NULL)
    g_string_append_printf (out, "pretrained_model_name_or_path = %s\n", name);
  g_string_append (out, "network_module = \"networks.lora\"\ncaption_extension = \".txt\"\ncache_latents = true\n");
  if (lk_setting_find ("network_train_unet_only") == NULL)
    g_string_append (out, "network_train_unet_only = true\n");
  for (guint i = 0; i < lk_setting_get_n (); i++)
    {
      const LkSetting *setting = lk_setting_get (i);
      g_autofree char *value = NULL, *quoted = NULL;

      if (!is_written (settings, setting) || is_optimizer_arg (setting->key) || g_str_equal (setting->key, "num_repeats"))
        continue;
      value = lk_train_settings_get (settings, setting->key);
      if (setting->kind == LK_SETTING_TEXT && *value == '\0')
        continue;
      if (setting->kind == LK_SETTING_TEXT || setting->kind == LK_SETTING_CHOICE)
        quoted = lk_toml_quote (value);
      else if (g_str_equal (setting->key, "resolution"))
        quoted = g_strdup_printf ("\"%s,%s\"", value, value);
      else if (g_str_equal (setting->key, "min_snr_gamma") && settings->min_snr_gamma == 0)
        continue;
      /* TOML wants digits before an exponent to be followed by it or a point: 1e-08 is fine, as is 1. */
      g_string_append_printf (out, "%s = %s\n", setting->key, quoted != NULL ? quoted : value);
    }
  g_string_append (out, "optimizer_args = [");
  append_optimizer_args (out, settings, ", ", "\"");
  g_string_append (out, "]\n");
  return g_string_free_and_steal (out);
}

char *
lk_kohya_settings_to_json (const LkTrainSettings *settings,
                           const char            *base)
{
  g_autoptr (cJSON) json = lk_train_settings_to_json (settings);
  g_autoptr (GString) args = g_string_new (NULL);
  g_autofree char *resolution = g_strdup_printf ("%u,%u", settings->resolution, settings->resolution);
  cJSON *optimizer;

  for (guint i = 0; i < lk_setting_get_n (); i++)
    {
      const LkSetting *setting = lk_setting_get (i);

      if (!is_written (settings, setting) || is_optimizer_arg (setting->key) || g_str_equal (setting->key, "resolution"))
        cJSON_DeleteItemFromObjectCaseSensitive (json, setting->key);
    }
  append_optimizer_args (args, settings, " ", "");
  optimizer = cJSON_DetachItemFromObjectCaseSensitive (json, "optimizer_type");
  cJSON_AddItemToObject (json, "optimizer", optimizer);
  cJSON_AddStringToObject (json, "optimizer_args", args->str);
  cJSON_AddStringToObject (json, "LoRA_type", "Standard");
  cJSON_AddStringToObject (json, "caption_extension", ".txt");
  cJSON_AddBoolToObject (json, "cache_latents", TRUE);
  cJSON_AddNumberToObject (json, "unet_lr", settings->learning_rate);
  cJSON_AddNumberToObject (json, "text_encoder_lr", 0);
  /* Its warm-up is in whole per cent; lr_warmup_steps goes before it where it is set. */
  if (settings->lr_warmup_steps > 0 && settings->lr_warmup_steps < 1)
    {
      cJSON_DeleteItemFromObjectCaseSensitive (json, "lr_warmup_steps");
      cJSON_AddNumberToObject (json, "lr_warmup", settings->lr_warmup_steps * 100);
    }
  else
    cJSON_AddNumberToObject (json, "lr_warmup", 0);
  /* It uses one kind of noise at a time. */
  if (settings->noise_offset == 0 || settings->multires_noise_iterations == 0)
    cJSON_AddStringToObject (json, "noise_offset_type", settings->multires_noise_iterations > 0 ? "Multires" : "Original");
  if (settings->resolution > 0)
    cJSON_AddStringToObject (json, "max_resolution", resolution);
  if (base != NULL)
    cJSON_AddStringToObject (json, "pretrained_model_name_or_path", base);
  if (*settings->sample_prompts != '\0')
    cJSON_AddStringToObject (json, "sample_prompts", settings->sample_prompts);
  return lk_json_print (json, TRUE);
}
