#define G_LOG_DOMAIN "likeness-train"

#include "config.h"

#include <glib/gi18n.h>
#include <string.h>

#include "train/lk-training-advice.h"

/* ---- where settings begin -------------------------------------------------------------------------------------- */

/* Settings of each base model's row that differ from the table's defaults. */
static const struct
{
  const char *base;
  const char *key;
  const char *value;
} beginnings[] = {
  /* The starter learns a character in some hundred quick steps: measured with its own tools. */
  { "starter", "max_train_steps", "800" },
  { "starter", "train_batch_size", "4" },
  { "starter", "learning_rate", "0.002" },
  { "starter", "lr_warmup_steps", "0.025" },
  { "starter", "network_dim", "16" },
  { "starter", "network_alpha", "8" },
  { "starter", "save_every_n_steps", "200" },
  { "starter", "validate_every_n_steps", "50" },
  { "starter", "sample_every_n_steps", "400" },

  { "sd15", "max_train_steps", "2000" },
  { "sd15", "train_batch_size", "2" },
  { "sd15", "save_every_n_steps", "250" },
  { "sd15", "validate_every_n_steps", "100" },
  { "sd15", "sample_every_n_steps", "500" },

  { "sdxl", "max_train_steps", "2000" },
  { "sdxl", "train_batch_size", "1" },
  { "sdxl", "save_every_n_steps", "250" },
  { "sdxl", "validate_every_n_steps", "100" },
  { "sdxl", "sample_every_n_steps", "500" },
  { "sdxl", "gradient_checkpointing", "true" },
};

LkTrainSettings *
lk_training_advice_settings (const LkBaseAdvice *base)
{
  LkTrainSettings *settings = lk_train_settings_new ();

  for (guint i = 0; i < G_N_ELEMENTS (beginnings); i++)
    if (g_str_equal (beginnings[i].base, base->id)
        && !lk_train_settings_set (settings, beginnings[i].key, beginnings[i].value, NULL))
      g_assert_not_reached ();

  return settings;
}

LkTrainSettings *
lk_training_advice_settings_for_project (LkProject           *project,
                                         const LkBaseAdvice  *base,
                                         GError             **error)
{
  g_autoptr (LkTrainSettings) settings = lk_training_advice_settings (base ? base : lk_project_get_base_advice (project));
  g_autofree char *name = g_strdelimit (g_strdup (lk_project_get_name (project)), "/.", '-');

  if ((*name && !lk_train_settings_set (settings, "output_name", name, error))
      || (lk_project_get_training (project) && !lk_train_settings_apply_json (settings, lk_project_get_training (project), error)))
    return NULL;
  return g_steal_pointer (&settings);
}

/* ---- presets --------------------------------------------------------------------------------------------------- */

static const LkTrainingPreset presets[] = {
  { "starter", "starter", N_("Starter"), N_("Learns a drawn character in some minutes, on any machine") },
  { "sd15-character", "sd15", N_("SD 1.5 Character"), N_("A person or figure from 20 to 30 pictures") },
  { "sd15-style", "sd15", N_("SD 1.5 Style"), N_("A way of drawing: more steps, captions shuffled and sometimes left out") },
  { "sdxl-character", "sdxl", N_("SDXL Character"), N_("A person or figure from 20 to 30 pictures") },
  { "sdxl-low-memory", "sdxl", N_("SDXL Low Memory"), N_("A small LoRA, one picture at a time, parts computed twice: slower, for cards with little memory") },
};

/* What they change of their base model's beginning. */
static const struct
{
  const char *preset, *key, *value;
} changes[] = {
  { "sd15-style", "lora_kind", "style" },
  { "sd15-style", "max_train_steps", "3000" },
  { "sd15-style", "network_dim", "64" },
  { "sd15-style", "network_alpha", "32" },
  { "sd15-style", "shuffle_caption", "true" },
  { "sd15-style", "caption_dropout_rate", "0.1" },

  { "sdxl-low-memory", "network_dim", "8" },
  { "sdxl-low-memory", "network_alpha", "4" },
  { "sdxl-low-memory", "train_batch_size", "1" },
  { "sdxl-low-memory", "gradient_checkpointing", "true" },
  { "sdxl-low-memory", "sample_every_n_steps", "0" },
};

GPtrArray *
lk_training_presets_for (const LkBaseAdvice *base)
{
  GPtrArray *found = g_ptr_array_new ();

  for (guint i = 0; i < G_N_ELEMENTS (presets); i++)
    if (g_str_equal (presets[i].base, base->id))
      g_ptr_array_add (found, (gpointer) &presets[i]);
  return found;
}

const char *
lk_training_preset_get_name (const LkTrainingPreset *preset)
{
  return _(preset->name);
}

const char *
lk_training_preset_get_why (const LkTrainingPreset *preset)
{
  return _(preset->why);
}

LkTrainSettings *
lk_training_preset_settings (const LkTrainingPreset *preset)
{
  LkTrainSettings *settings = lk_training_advice_settings (lk_base_advice_find (preset->base));

  for (guint i = 0; i < G_N_ELEMENTS (changes); i++)
    if (g_str_equal (changes[i].preset, preset->id) && !lk_train_settings_set (settings, changes[i].key, changes[i].value, NULL))
      g_assert_not_reached ();
  return settings;
}

/* ---- what to know about settings ------------------------------------------------------------------------------- */

/* What a rule looks at. */
typedef struct
{
  const LkTrainSettings *settings;
  const LkTrainSettings *usual;         /* of the base model */
  guint                  n_pictures;
} Case;

/* The value that would do, as text; NULL: the rule is content. Owned by the caller. */
typedef char *(*RuleFunc) (const Case *about);

static char *
number (double value)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  return g_strdup (g_ascii_formatd (text, sizeof text, "%g", value));
}

static char *
rate_is_high (const Case *about)
{
  return about->settings->learning_rate > 3 * about->usual->learning_rate ? number (about->usual->learning_rate) : NULL;
}

static char *
rate_is_low (const Case *about)
{
  return about->settings->learning_rate < about->usual->learning_rate / 10 ? number (about->usual->learning_rate) : NULL;
}

static char *
steps_are_few (const Case *about)
{
  return about->settings->max_train_steps < about->usual->max_train_steps * 3 / 8 ? number (about->usual->max_train_steps) : NULL;
}

static char *
steps_are_many (const Case *about)
{
  return about->settings->max_train_steps > about->usual->max_train_steps * 2 ? number (about->usual->max_train_steps) : NULL;
}

static char *
rank_is_high (const Case *about)
{
  return about->settings->network_dim > 128 ? number (64) : NULL;
}

static char *
alpha_is_high (const Case *about)
{
  return about->settings->network_alpha > about->settings->network_dim ? number (about->settings->network_dim / 2.) : NULL;
}

static char *
batch_is_large (const Case *about)
{
  return about->n_pictures > 0 && about->settings->train_batch_size > about->n_pictures ? number (1) : NULL;
}

static char *
clipping_is_off (const Case *about)
{
  return about->settings->max_grad_norm == 0 ? number (1) : NULL;
}

static char *
trigger_may_move (const Case *about)
{
  const LkTrainSettings *settings = about->settings;

  return (settings->shuffle_caption || settings->caption_tag_dropout_rate > 0) && settings->keep_tokens == 0
         && *settings->keep_tokens_separator == '\0' ? number (1) : NULL;
}

static char *
captions_are_dropped_often (const Case *about)
{
  return about->settings->caption_dropout_rate > 0.3 ? number (0.05) : NULL;
}

/* From twenty pictures on two can be spared. */
static char *
none_is_held_out (const Case *about)
{
  return about->n_pictures >= 20 && about->settings->validate_every_n_steps > 0 && about->settings->validation_split == 0 ? number (0.1) : NULL;
}

static const struct
{
  const char       *id;
  LkAdviceSeverity  severity;
  const char       *sentence, *why, *fix_label, *fix_key;
  RuleFunc          find;
} rules[] = {
  { "rate-high", LK_ADVICE_WARNING, N_("The learning rate is much higher than usual."),
    N_("Large steps distort pictures or end in noise."), N_("Use the Usual Rate"), "learning_rate", rate_is_high },
  { "batch-large", LK_ADVICE_WARNING, N_("The batch is larger than the data set."),
    N_("Every step would see the same pictures more than once."), N_("Use 1"), "train_batch_size", batch_is_large },
  { "trigger-moves", LK_ADVICE_WARNING, N_("The trigger word may be moved or dropped."),
    N_("Shuffling and part dropout spare only kept parts."), N_("Keep the First Part"), "keep_tokens", trigger_may_move },
  { "alpha-high", LK_ADVICE_WARNING, N_("Alpha is larger than the rank."),
    N_("The LoRA then learns faster than the learning rate says. Half of the rank is usual."), N_("Use Half of the Rank"), "network_alpha",
    alpha_is_high },
  { "clipping-off", LK_ADVICE_WARNING, N_("Gradients are not clipped."),
    N_("One odd picture can then throw the run off."), N_("Clip at 1"), "max_grad_norm", clipping_is_off },
  { "dropout-high", LK_ADVICE_WARNING, N_("Captions are dropped often."),
    N_("Without captions the character spills into every prompt."), N_("Use 0.05"), "caption_dropout_rate", captions_are_dropped_often },
  { "steps-few", LK_ADVICE_HINT, N_("There are fewer steps than usual."),
    N_("The likeness may stay weak."), N_("Use the Usual Steps"), "max_train_steps", steps_are_few },
  { "steps-many", LK_ADVICE_HINT, N_("There are more steps than usual."),
    N_("Overfitting shows as one pose and the training backgrounds everywhere."), N_("Use the Usual Steps"), "max_train_steps",
    steps_are_many },
  { "rate-low", LK_ADVICE_HINT, N_("The learning rate is much lower than usual."),
    N_("The run may end before the likeness is learned."), N_("Use the Usual Rate"), "learning_rate", rate_is_low },
  { "none-held-out", LK_ADVICE_HINT, N_("Nothing would show overfitting."),
    N_("Pictures that are only measured tell when the rest is learned by heart."), N_("Hold 10 % Out"), "validation_split", none_is_held_out },
  { "rank-high", LK_ADVICE_HINT, N_("The rank is very high."),
    N_("A character fits into rank 32 to 64; more makes large files and overfits sooner."), N_("Use 64"), "network_dim", rank_is_high },
};

void
lk_advice_row_free (LkAdviceRow *row)
{
  g_free (row->fix_value);
  g_free (row);
}

GPtrArray *
lk_training_advice_check (const LkTrainSettings *settings,
                          const LkBaseAdvice    *base,
                          guint                  n_pictures)
{
  GPtrArray *rows = g_ptr_array_new_with_free_func ((GDestroyNotify) lk_advice_row_free);
  g_autoptr (LkTrainSettings) usual = lk_training_advice_settings (base);
  const Case about = { settings, usual, n_pictures };

  for (guint i = 0; i < G_N_ELEMENTS (rules); i++)
    {
      char *value = rules[i].find (&about);
      LkAdviceRow *row;

      if (value == NULL)
        continue;
      row = g_new0 (LkAdviceRow, 1);
      row->id = rules[i].id;
      row->severity = rules[i].severity;
      row->sentence = _(rules[i].sentence);
      row->why = _(rules[i].why);
      row->fix_label = _(rules[i].fix_label);
      row->fix_key = rules[i].fix_key;
      row->fix_value = value;
      g_ptr_array_add (rows, row);
    }

  return rows;
}
