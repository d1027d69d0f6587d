/* lk-settings.c: the table of settings, and reading and writing values by it. */
#define G_LOG_DOMAIN "likeness-train"

#include "config.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

#include "train/lk-settings.h"

G_DEFINE_QUARK (lk-settings-error-quark, lk_settings_error)

/* ---- the table ------------------------------------------------------------------------------------------------- */

static const char * const lr_schedulers[] =
  { "constant", "constant_with_warmup", "linear", "cosine", "cosine_with_restarts", "polynomial", NULL };
static const char * const optimizers[] = { "AdamW", NULL };
static const char * const precisions[] = { "fp16", "float", NULL };
static const char * const lora_kinds[] = { "character", "style", "clothing", "pose", "detail", "other", NULL };    /* as LkStackKind */
static const char * const checkpointed_parts[] = { "blocks", "feed_forward", NULL };
static const char * const latent_choices[] = { "sample", "mean", NULL };

#define AT(field) G_STRUCT_OFFSET (LkTrainSettings, field)

static const LkSetting settings_table[] = {
  { "max_train_steps", LK_SETTING_INT, LK_SETTING_GROUP_LENGTH, 1, 1000000, NULL, "2000",
    N_("Steps"),
    N_("How often the LoRA is changed. Usually 1500 to 3000 for 20 to 30 pictures; the starter takes some hundred."), AT (max_train_steps) },
  { "train_batch_size", LK_SETTING_INT, LK_SETTING_GROUP_LENGTH, 1, 64, NULL, "1",
    N_("Batch size"), N_("Pictures a step looks at. Usually 1 or 2; more takes more memory."), AT (train_batch_size) },
  { "gradient_accumulation_steps", LK_SETTING_INT, LK_SETTING_GROUP_LENGTH, 1, 256, NULL, "1",
    N_("Gradient accumulation"), N_("Batches that make up one step: a larger batch without more memory."), AT (gradient_accumulation_steps) },
  { "num_repeats", LK_SETTING_INT, LK_SETTING_GROUP_LENGTH, 1, 1000, NULL, "1",
    N_("Repeats"), N_("How often an epoch takes each picture, times the picture’s own repeats."), AT (num_repeats) },

  { "network_dim", LK_SETTING_INT, LK_SETTING_GROUP_ADAPTER, 1, 512, NULL, "32",
    N_("Rank"), N_("How much the LoRA can hold. Usually 32 to 64."), AT (network_dim) },
  { "network_alpha", LK_SETTING_NUMBER, LK_SETTING_GROUP_ADAPTER, 0, 4096, NULL, "16",
    N_("Alpha"), N_("The LoRA’s weight is alpha divided by rank. Usually half of the rank; 0 stands for the rank."), AT (network_alpha) },

  { "optimizer_type", LK_SETTING_CHOICE, LK_SETTING_GROUP_OPTIMIZER, 0, 0, optimizers, "AdamW",
    N_("Optimizer"), N_("How steps are taken."), AT (optimizer_type) },
  { "learning_rate", LK_SETTING_NUMBER, LK_SETTING_GROUP_OPTIMIZER, 0, 1, NULL, "0.0001",
    N_("Learning rate"), N_("Size of a step. Usually 1e-4; 5e-5 if pictures come out distorted."), AT (learning_rate) },
  { "lr_scheduler", LK_SETTING_CHOICE, LK_SETTING_GROUP_OPTIMIZER, 0, 0, lr_schedulers, "cosine",
    N_("Learning-rate schedule"), N_("How the learning rate changes over the run. Usually cosine or constant."), AT (lr_scheduler) },
  { "lr_warmup_steps", LK_SETTING_NUMBER, LK_SETTING_GROUP_OPTIMIZER, 0, 1000000, NULL, "0",
    N_("Warm-up"),
    N_("Steps in which the learning rate rises from zero; below 1 a share of all steps. The constant schedule has none."), AT (lr_warmup_steps) },
  { "lr_scheduler_num_cycles", LK_SETTING_INT, LK_SETTING_GROUP_OPTIMIZER, 1, 100, NULL, "1",
    N_("Restarts"), N_("Waves of the schedule cosine_with_restarts."), AT (lr_scheduler_num_cycles) },
  { "lr_scheduler_power", LK_SETTING_NUMBER, LK_SETTING_GROUP_OPTIMIZER, 0, 10, NULL, "1",
    N_("Power"), N_("Exponent of the schedule polynomial; 1 is a straight line."), AT (lr_scheduler_power) },
  { "weight_decay", LK_SETTING_NUMBER, LK_SETTING_GROUP_OPTIMIZER, 0, 1, NULL, "0.01",
    N_("Weight decay"), N_("Pulls every weight towards zero. Usually 0.01."), AT (weight_decay) },
  { "adam_beta1", LK_SETTING_NUMBER, LK_SETTING_GROUP_OPTIMIZER, 0, 0.999999, NULL, "0.9",
    N_("Beta 1"), N_("Memory of the gradient’s mean. Usually 0.9."), AT (adam_beta1) },
  { "adam_beta2", LK_SETTING_NUMBER, LK_SETTING_GROUP_OPTIMIZER, 0, 0.999999, NULL, "0.999",
    N_("Beta 2"), N_("Memory of the gradient’s square. Usually 0.999."), AT (adam_beta2) },
  { "adam_epsilon", LK_SETTING_NUMBER, LK_SETTING_GROUP_OPTIMIZER, 1e-20, 1, NULL, "1e-08",
    N_("Epsilon"), N_("Keeps divisions away from zero. Usually 1e-8."), AT (adam_epsilon) },
  { "max_grad_norm", LK_SETTING_NUMBER, LK_SETTING_GROUP_OPTIMIZER, 0, 1000, NULL, "1",
    N_("Gradient clipping"), N_("Longest gradient that a step follows. Usually 1; 0 does not clip."), AT (max_grad_norm) },
  { "min_snr_gamma", LK_SETTING_NUMBER, LK_SETTING_GROUP_OPTIMIZER, 0, 100, NULL, "0",
    N_("Min-SNR gamma"), N_("Weighs timesteps with little noise less. Usually 5 where it is used; 0 weighs all alike."), AT (min_snr_gamma) },
  { "debiased_estimation_loss", LK_SETTING_BOOLEAN, LK_SETTING_GROUP_OPTIMIZER, 0, 0, NULL, "false",
    N_("Debiased estimation"), N_("Weighs timesteps with much noise more, for composition and colours. Usually off; instead of min-SNR gamma."),
    AT (debiased_estimation_loss) },

  { "noise_offset", LK_SETTING_NUMBER, LK_SETTING_GROUP_NOISE, 0, 1, NULL, "0",
    N_("Noise offset"), N_("Shifts the noise as a whole, so that very dark and very bright pictures can be learned. Usually 0.03 to 0.1; 0: none."),
    AT (noise_offset) },
  { "multires_noise_iterations", LK_SETTING_INT, LK_SETTING_GROUP_NOISE, 0, 16, NULL, "0",
    N_("Multires noise"), N_("Levels of coarser and coarser noise that are added. Usually 6 to 10 where it is used, instead of an offset; 0: none."),
    AT (multires_noise_iterations) },
  { "multires_noise_discount", LK_SETTING_NUMBER, LK_SETTING_GROUP_NOISE, 0, 1, NULL, "0.3",
    N_("Multires discount"), N_("How much less each coarser level of multires noise counts. Usually 0.1 to 0.3; up to 0.8 with many pictures."),
    AT (multires_noise_discount) },
  { "ip_noise_gamma", LK_SETTING_NUMBER, LK_SETTING_GROUP_NOISE, 0, 1, NULL, "0",
    N_("Input perturbation"), N_("Noise that the network sees and need not find, against small errors that add up. Usually 0.05 to 0.1; 0: none."),
    AT (ip_noise_gamma) },
  { "min_timestep", LK_SETTING_INT, LK_SETTING_GROUP_NOISE, 0, 999, NULL, "0",
    N_("First timestep"), N_("The least noise that is trained on. Usually 0; higher leaves fine detail as the base model draws it."), AT (min_timestep) },
  { "max_timestep", LK_SETTING_INT, LK_SETTING_GROUP_NOISE, 1, 1000, NULL, "1000",
    N_("Timesteps up to"), N_("Where the most noise ends that is trained on. Usually 1000; lower leaves composition as the base model draws it."),
    AT (max_timestep) },

  { "resolution", LK_SETTING_INT, LK_SETTING_GROUP_PICTURES, 0, 4096, NULL, "0",
    N_("Resolution"), N_("Side of the pictures that are trained on; 0: as the project says."), AT (resolution) },
  { "latents", LK_SETTING_CHOICE, LK_SETTING_GROUP_PICTURES, 0, 0, latent_choices, "sample",
    N_("Latents"), N_("What stands for a picture: one draw from the autoencoder’s distribution, or its mean."), AT (latents) },

  { "shuffle_caption", LK_SETTING_BOOLEAN, LK_SETTING_GROUP_CAPTIONS, 0, 0, NULL, "false",
    N_("Shuffle captions"), N_("Changes the order of the parts after the kept ones."), AT (shuffle_caption) },
  { "keep_tokens", LK_SETTING_INT, LK_SETTING_GROUP_CAPTIONS, 0, 255, NULL, "1",
    N_("Kept parts"), N_("Parts at the beginning that are never moved or dropped: 1 keeps the trigger word first."), AT (keep_tokens) },
  { "keep_tokens_separator", LK_SETTING_TEXT, LK_SETTING_GROUP_CAPTIONS, 0, 0, NULL, "",
    N_("Fence"), N_("Text in captions that fences kept parts off, such as “|||”."), AT (keep_tokens_separator) },
  { "caption_separator", LK_SETTING_TEXT, LK_SETTING_GROUP_CAPTIONS, 0, 0, NULL, ",",
    N_("Separator"), N_("What stands between the parts of a caption."), AT (caption_separator) },
  { "secondary_separator", LK_SETTING_TEXT, LK_SETTING_GROUP_CAPTIONS, 0, 0, NULL, "",
    N_("Second separator"), N_("Joins parts that stay together, such as “;;;”; it becomes the separator in the end."), AT (secondary_separator) },
  { "caption_prefix", LK_SETTING_TEXT, LK_SETTING_GROUP_CAPTIONS, 0, 0, NULL, "",
    N_("Prefix"), N_("Text before every caption."), AT (caption_prefix) },
  { "caption_suffix", LK_SETTING_TEXT, LK_SETTING_GROUP_CAPTIONS, 0, 0, NULL, "",
    N_("Suffix"), N_("Text after every caption."), AT (caption_suffix) },
  { "enable_wildcard", LK_SETTING_BOOLEAN, LK_SETTING_GROUP_CAPTIONS, 0, 0, NULL, "false",
    N_("Wildcards"), N_("Takes one line of several, and one of {red|blue}."), AT (enable_wildcard) },
  { "caption_dropout_rate", LK_SETTING_NUMBER, LK_SETTING_GROUP_CAPTIONS, 0, 1, NULL, "0",
    N_("Caption dropout"), N_("Share of the draws that see no caption at all. Usually 0 to 0.1."), AT (caption_dropout_rate) },
  { "caption_dropout_every_n_epochs", LK_SETTING_INT, LK_SETTING_GROUP_CAPTIONS, 0, 10000, NULL, "0",
    N_("Epochs without captions"), N_("Every so many epochs one sees no captions; 0: none does."), AT (caption_dropout_every_n_epochs) },
  { "caption_tag_dropout_rate", LK_SETTING_NUMBER, LK_SETTING_GROUP_CAPTIONS, 0, 1, NULL, "0",
    N_("Part dropout"), N_("Share of the parts after the kept ones that are left out."), AT (caption_tag_dropout_rate) },
  { "token_warmup_min", LK_SETTING_INT, LK_SETTING_GROUP_CAPTIONS, 0, 255, NULL, "1",
    N_("First parts"), N_("With how many parts the warm-up of captions begins."), AT (token_warmup_min) },
  { "token_warmup_step", LK_SETTING_NUMBER, LK_SETTING_GROUP_CAPTIONS, 0, 1000000, NULL, "0",
    N_("Caption warm-up"), N_("Steps until captions have all parts; below 1 a share of all steps; 0: at once."), AT (token_warmup_step) },
  { "max_token_length", LK_SETTING_INT, LK_SETTING_GROUP_CAPTIONS, 75, 225, NULL, "75",
    N_("Caption length"), N_("Tokens of a caption that are read: 75, 150 or 225."), AT (max_token_length) },
  { "caption_variants", LK_SETTING_INT, LK_SETTING_GROUP_CAPTIONS, 1, 1000, NULL, "20",
    N_("Caption variants"), N_("How many forms of each changing caption are prepared before the run."), AT (caption_variants) },

  { "validate_every_n_steps", LK_SETTING_INT, LK_SETTING_GROUP_WATCH, 0, 1000000, NULL, "0",
    N_("Measure every"), N_("Steps between two measurements on always the same noise, by which the run is judged. Usually 50 to 100; 0: never."),
    AT (validate_every_n_steps) },
  { "validation_split", LK_SETTING_NUMBER, LK_SETTING_GROUP_WATCH, 0, 0.5, NULL, "0",
    N_("Held-out pictures"), N_("Share of the pictures that is only measured, to notice overfitting. Usually 0.1 from 20 pictures on; 0: none."),
    AT (validation_split) },
  { "sample_every_n_steps", LK_SETTING_INT, LK_SETTING_GROUP_WATCH, 0, 1000000, NULL, "0",
    N_("Sample every"), N_("Steps between two pictures drawn with the LoRA as it is. Usually 200 to 500; 0: only when asked."),
    AT (sample_every_n_steps) },
  { "sample_prompts", LK_SETTING_TEXT, LK_SETTING_GROUP_WATCH, 0, 0, NULL, "",
    N_("Sample prompts"), N_("What samples show, one prompt a line; empty: the trigger word with its class word."), AT (sample_prompts) },

  { "output_name", LK_SETTING_TEXT, LK_SETTING_GROUP_OUTPUT, 0, 0, NULL, "lora",
    N_("Name"), N_("Of the LoRA’s file, without ending."), AT (output_name) },
  { "save_every_n_steps", LK_SETTING_INT, LK_SETTING_GROUP_OUTPUT, 0, 1000000, NULL, "0",
    N_("Checkpoint every"), N_("Steps between saved LoRAs; 0 saves the last one only."), AT (save_every_n_steps) },
  { "save_precision", LK_SETTING_CHOICE, LK_SETTING_GROUP_OUTPUT, 0, 0, precisions, "fp16",
    N_("File precision"), N_("fp16 is half as large and usual."), AT (save_precision) },

  { "lora_kind", LK_SETTING_CHOICE, LK_SETTING_GROUP_OUTPUT, 0, 0, lora_kinds, "character",
    N_("Kind"), N_("What the LoRA changes: a stack goes by it."), AT (lora_kind) },

  { "seed", LK_SETTING_INT, LK_SETTING_GROUP_ENGINE, 0, 9007199254740991., NULL, "0",
    N_("Seed"), N_("Where chance begins: the same seed gives the same LoRA."), AT (seed) },
  { "gradient_checkpointing", LK_SETTING_BOOLEAN, LK_SETTING_GROUP_ENGINE, 0, 0, NULL, "false",
    N_("Checkpointing"), N_("Computes parts of the model twice to save memory. The LoRA stays the same."), AT (gradient_checkpointing) },
  { "checkpointed_parts", LK_SETTING_CHOICE, LK_SETTING_GROUP_ENGINE, 0, 0, checkpointed_parts, "blocks",
    N_("Checkpointed parts"), N_("All blocks save the most memory and take a third more time; their feed-forward parts alone save less and take little."),
    AT (checkpointed_parts) },
};

static const char * const group_titles[] = {
  [LK_SETTING_GROUP_LENGTH]    = N_("Length"),
  [LK_SETTING_GROUP_ADAPTER]   = N_("LoRA"),
  [LK_SETTING_GROUP_OPTIMIZER] = N_("Optimizer"),
  [LK_SETTING_GROUP_NOISE]     = N_("Noise"),
  [LK_SETTING_GROUP_PICTURES]  = N_("Pictures"),
  [LK_SETTING_GROUP_CAPTIONS]  = N_("Captions"),
  [LK_SETTING_GROUP_WATCH]     = N_("Watching"),
  [LK_SETTING_GROUP_OUTPUT]    = N_("Output"),
  [LK_SETTING_GROUP_ENGINE]    = N_("Engine"),
};

guint
lk_setting_get_n (void)
{
  return G_N_ELEMENTS (settings_table);
}

const LkSetting *
lk_setting_get (guint index)
{
  return &settings_table[index];
}

const LkSetting *
lk_setting_find (const char *key)
{
  for (guint i = 0; i < G_N_ELEMENTS (settings_table); i++)
    if (g_str_equal (settings_table[i].key, key))
      return &settings_table[i];

  return NULL;
}

const char *
lk_setting_get_title (const LkSetting *setting)
{
  return _(setting->title);
}

const char *
lk_setting_get_subtitle (const LkSetting *setting)
{
  return _(setting->subtitle);
}

const char *
lk_setting_group_get_title (LkSettingGroup group)
{
  return _(group_titles[group]);
}

/* ---- fields ---------------------------------------------------------------------------------------------------- */

/* Seeds need all of a double's 53 bits; every other whole number is a guint. */
static gboolean
is_wide (const LkSetting *setting)
{
  return setting->most > G_MAXUINT32;
}

static double
read_number (const LkTrainSettings *settings,
             const LkSetting       *setting)
{
  gconstpointer field = (const guint8 *) settings + setting->offset;

  switch (setting->kind)
    {
    case LK_SETTING_INT:
      return is_wide (setting) ? (double) *(const gint64 *) field : *(const guint *) field;
    case LK_SETTING_NUMBER:
      return *(const double *) field;
    case LK_SETTING_BOOLEAN:
      return *(const gboolean *) field;
    case LK_SETTING_CHOICE:
      return *(const guint *) field;
    case LK_SETTING_TEXT:
    default:
      g_assert_not_reached ();
    }
}

static void
write_number (LkTrainSettings *settings,
              const LkSetting *setting,
              double           value)
{
  gpointer field = (guint8 *) settings + setting->offset;

  if (setting->kind == LK_SETTING_NUMBER)
    *(double *) field = value;
  else if (is_wide (setting))
    *(gint64 *) field = (gint64) value;
  else
    *(guint *) field = (guint) value;
}

static char **
text_field (const LkTrainSettings *settings,
            const LkSetting       *setting)
{
  return (char **) ((guint8 *) settings + setting->offset);
}

/* The fewest digits that read back as the same number. */
static char *
print_number (double value)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  for (int digits = 1; digits <= 17; digits++)
    {
      g_autofree char *format = g_strdup_printf ("%%.%dg", digits);

      if (g_ascii_strtod (g_ascii_formatd (text, sizeof text, format, value), NULL) == value)
        break;
    }
  return g_strdup (text);
}

/* ---- setting --------------------------------------------------------------------------------------------------- */

static gboolean
parse_boolean (const char *text,
               double     *value)
{
  static const char * const words[][2] = { { "false", "true" }, { "no", "yes" }, { "0", "1" }, { "off", "on" } };

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    for (guint k = 0; k < 2; k++)
      if (g_ascii_strcasecmp (text, words[i][k]) == 0)
        {
          *value = k;
          return TRUE;
        }

  return FALSE;
}

static gboolean
set_boolean (LkTrainSettings  *settings,
             const LkSetting  *setting,
             const char       *text,
             GError          **error)
{
  double value;

  if (!parse_boolean (text, &value))
    {
      g_set_error (error, LK_SETTINGS_ERROR, LK_SETTINGS_ERROR_BAD_VALUE,
                   _("%s is either true or false, not “%s”."), setting->key, text);
      return FALSE;
    }

  write_number (settings, setting, value);
  return TRUE;
}

static gboolean
set_choice (LkTrainSettings  *settings,
            const LkSetting  *setting,
            const char       *text,
            GError          **error)
{
  g_autofree char *known = NULL;

  for (guint i = 0; setting->choices[i] != NULL; i++)
    if (g_ascii_strcasecmp (setting->choices[i], text) == 0)
      {
        write_number (settings, setting, i);
        return TRUE;
      }

  known = g_strjoinv (", ", (char **) setting->choices);
  g_set_error (error, LK_SETTINGS_ERROR, LK_SETTINGS_ERROR_BAD_VALUE,
               _("%s cannot be “%s”. Choose one of: %s."), setting->key, text, known);
  return FALSE;
}

static gboolean
set_number (LkTrainSettings  *settings,
            const LkSetting  *setting,
            const char       *text,
            GError          **error)
{
  char *end;
  double value = g_ascii_strtod (text, &end);

  if (*text == '\0' || *end != '\0' || !isfinite (value) || value < setting->least || value > setting->most)
    {
      g_autofree char *least = print_number (setting->least);
      g_autofree char *most = print_number (setting->most);

      g_set_error (error, LK_SETTINGS_ERROR, LK_SETTINGS_ERROR_BAD_VALUE,
                   _("%s is a number from %s to %s, not “%s”."), setting->key, least, most, text);
      return FALSE;
    }
  if (setting->kind == LK_SETTING_INT && value != floor (value))
    {
      g_set_error (error, LK_SETTINGS_ERROR, LK_SETTINGS_ERROR_BAD_VALUE,
                   _("%s is a whole number, not “%s”."), setting->key, text);
      return FALSE;
    }
  if (g_str_equal (setting->key, "max_token_length") && fmod (value, 75) != 0)
    {
      g_set_error (error, LK_SETTINGS_ERROR, LK_SETTINGS_ERROR_BAD_VALUE,
                   _("%s is 75, 150 or 225, not “%s”."), setting->key, text);
      return FALSE;
    }

  write_number (settings, setting, value);
  return TRUE;
}

static gboolean
set_text (LkTrainSettings  *settings,
          const LkSetting  *setting,
          const char       *text,
          GError          **error)
{
  char **field = text_field (settings, setting);

  if (!g_utf8_validate (text, -1, NULL))
    {
      g_set_error (error, LK_SETTINGS_ERROR, LK_SETTINGS_ERROR_BAD_VALUE, _("%s must be UTF-8 text."), setting->key);
      return FALSE;
    }
  if (g_str_equal (setting->key, "output_name") && (*text == '\0' || *text == '.' || strchr (text, '/') || strlen (text) > 200))
    {
      g_set_error (error, LK_SETTINGS_ERROR, LK_SETTINGS_ERROR_BAD_VALUE,
                   _("%s becomes a file name: it cannot be empty, begin with a dot, hold a slash or be longer than 200 bytes."), setting->key);
      return FALSE;
    }
  if (g_str_equal (setting->key, "caption_separator") && *text == '\0')
    {
      g_set_error (error, LK_SETTINGS_ERROR, LK_SETTINGS_ERROR_BAD_VALUE, _("%s cannot be empty. Usually it is a comma."), setting->key);
      return FALSE;
    }

  g_free (*field);
  *field = g_strdup (text);
  return TRUE;
}

gboolean
lk_train_settings_set (LkTrainSettings  *settings,
                       const char       *key,
                       const char       *value,
                       GError          **error)
{
  const LkSetting *setting = lk_setting_find (key);

  if (setting == NULL)
    {
      g_autoptr (GString) known = g_string_new (NULL);

      for (guint i = 0; i < G_N_ELEMENTS (settings_table); i++)
        g_string_append_printf (known, "%s%s", i > 0 ? ", " : "", settings_table[i].key);
      g_set_error (error, LK_SETTINGS_ERROR, LK_SETTINGS_ERROR_UNKNOWN_KEY,
                   _("There is no setting “%s”. There are: %s."), key, known->str);
      return FALSE;
    }

  switch (setting->kind)
    {
    case LK_SETTING_BOOLEAN:
      return set_boolean (settings, setting, value, error);
    case LK_SETTING_CHOICE:
      return set_choice (settings, setting, value, error);
    case LK_SETTING_TEXT:
      return set_text (settings, setting, value, error);
    case LK_SETTING_INT:
    case LK_SETTING_NUMBER:
    default:
      return set_number (settings, setting, value, error);
    }
}

char *
lk_train_settings_get (const LkTrainSettings *settings,
                       const char            *key)
{
  const LkSetting *setting = lk_setting_find (key);

  g_assert (setting != NULL);

  switch (setting->kind)
    {
    case LK_SETTING_BOOLEAN:
      return g_strdup (read_number (settings, setting) ? "true" : "false");
    case LK_SETTING_CHOICE:
      return g_strdup (setting->choices[(guint) read_number (settings, setting)]);
    case LK_SETTING_TEXT:
      return g_strdup (*text_field (settings, setting));
    case LK_SETTING_INT:
      return g_strdup_printf ("%" G_GINT64_FORMAT, (gint64) read_number (settings, setting));
    case LK_SETTING_NUMBER:
    default:
      return print_number (read_number (settings, setting));
    }
}

gboolean
lk_train_settings_check (const LkTrainSettings  *settings,
                         GError                **error)
{
  if (settings->lr_warmup_steps >= settings->max_train_steps && settings->lr_scheduler != LK_LR_CONSTANT)
    {
      g_set_error (error, LK_SETTINGS_ERROR, LK_SETTINGS_ERROR_BAD_VALUE,
                   _("The warm-up of %g steps is as long as the whole run of %u steps. Lower lr_warmup_steps."),
                   settings->lr_warmup_steps, settings->max_train_steps);
      return FALSE;
    }
  if (settings->learning_rate == 0)
    {
      g_set_error (error, LK_SETTINGS_ERROR, LK_SETTINGS_ERROR_BAD_VALUE,
                   _("A learning_rate of 0 learns nothing. 1e-4 is usual."));
      return FALSE;
    }
  if (settings->min_timestep >= settings->max_timestep)
    {
      g_set_error (error, LK_SETTINGS_ERROR, LK_SETTINGS_ERROR_BAD_VALUE,
                   _("No timestep lies from %u up to %u. Lower min_timestep or raise max_timestep: 0 and 1000 are usual."),
                   settings->min_timestep, settings->max_timestep);
      return FALSE;
    }
  if (settings->resolution != 0 && settings->resolution % 8 != 0)
    {
      g_set_error (error, LK_SETTINGS_ERROR, LK_SETTINGS_ERROR_BAD_VALUE,
                   _("The resolution must be a multiple of 8, and %u is not. %u is."),
                   settings->resolution, MAX (settings->resolution / 8, 8) * 8);
      return FALSE;
    }

  return TRUE;
}

/* ---- making, copying, JSON -------------------------------------------------------------------------------------- */

LkTrainSettings *
lk_train_settings_new (void)
{
  LkTrainSettings *settings = g_new0 (LkTrainSettings, 1);

  for (guint i = 0; i < G_N_ELEMENTS (settings_table); i++)
    if (!lk_train_settings_set (settings, settings_table[i].key, settings_table[i].value, NULL))
      g_assert_not_reached ();

  return settings;
}

LkTrainSettings *
lk_train_settings_copy (const LkTrainSettings *settings)
{
  LkTrainSettings *copy = g_memdup2 (settings, sizeof *settings);

  for (guint i = 0; i < G_N_ELEMENTS (settings_table); i++)
    if (settings_table[i].kind == LK_SETTING_TEXT)
      *text_field (copy, &settings_table[i]) = g_strdup (*text_field (settings, &settings_table[i]));

  return copy;
}

void
lk_train_settings_free (LkTrainSettings *settings)
{
  for (guint i = 0; i < G_N_ELEMENTS (settings_table); i++)
    if (settings_table[i].kind == LK_SETTING_TEXT)
      g_free (*text_field (settings, &settings_table[i]));
  g_free (settings);
}

cJSON *
lk_train_settings_to_json (const LkTrainSettings *settings)
{
  cJSON *json = cJSON_CreateObject ();

  for (guint i = 0; i < G_N_ELEMENTS (settings_table); i++)
    {
      const LkSetting *setting = &settings_table[i];

      switch (setting->kind)
        {
        case LK_SETTING_BOOLEAN:
          cJSON_AddBoolToObject (json, setting->key, read_number (settings, setting) != 0);
          break;
        case LK_SETTING_INT:
          lk_json_add_int (json, setting->key, (gint64) read_number (settings, setting));
          break;
        case LK_SETTING_NUMBER:
          cJSON_AddNumberToObject (json, setting->key, read_number (settings, setting));
          break;
        case LK_SETTING_CHOICE:
          cJSON_AddStringToObject (json, setting->key, setting->choices[(guint) read_number (settings, setting)]);
          break;
        case LK_SETTING_TEXT:
          cJSON_AddStringToObject (json, setting->key, *text_field (settings, setting));
          break;
        }
    }

  return json;
}

gboolean
lk_train_settings_apply_json (LkTrainSettings  *settings,
                              const cJSON      *json,
                              GError          **error)
{
  for (const cJSON *member = json->child; member != NULL; member = member->next)
    {
      g_autofree char *text = NULL;

      if (cJSON_IsString (member))
        text = g_strdup (member->valuestring);
      else if (cJSON_IsBool (member))
        text = g_strdup (cJSON_IsTrue (member) ? "true" : "false");
      else
        text = lk_json_print (member, FALSE);

      if (!lk_train_settings_set (settings, member->string, text, error))
        return FALSE;
    }

  return TRUE;
}
