/* LkTrainSettings: everything that a training run can be told, under kohya's names where kohya has the setting.
 *
 * One table describes every setting: its key, kind, range, default, group and words for people. The struct is what the engine reads; the
 * table is what files, the command line (`--set KEY=VALUE`) and the window go by. A value that makes no sense is refused with a
 * sentence that names the key and the range.
 */
#pragma once

#include "base/lk-json.h"
#include "generate/lk-stack.h"

G_BEGIN_DECLS

#define LK_SETTINGS_ERROR (lk_settings_error_quark ())
GQuark lk_settings_error_quark (void);

typedef enum
{
  LK_SETTINGS_ERROR_UNKNOWN_KEY,
  LK_SETTINGS_ERROR_BAD_VALUE,
} LkSettingsError;

typedef enum
{
  LK_LR_CONSTANT,
  LK_LR_CONSTANT_WITH_WARMUP,
  LK_LR_LINEAR,
  LK_LR_COSINE,
  LK_LR_COSINE_WITH_RESTARTS,
  LK_LR_POLYNOMIAL,
} LkLrScheduler;

typedef enum
{
  LK_OPTIMIZER_ADAMW,
} LkOptimizer;

/* What checkpointing computes twice. */
typedef enum
{
  LK_CHECKPOINTED_BLOCKS,
  LK_CHECKPOINTED_FEED_FORWARD,
} LkCheckpointedParts;

typedef enum
{
  LK_SAVE_FP16,
  LK_SAVE_FLOAT,
} LkSavePrecision;

/* Which latent stands for a picture: the autoencoder gives a mean and a deviation. */
typedef enum
{
  LK_LATENTS_SAMPLE,            /* one draw, kept for the whole run, as sd-scripts' latent cache has it */
  LK_LATENTS_MEAN,
} LkLatentChoice;

typedef struct
{
  /* what comes out */
  char           *output_name;              /* of the LoRA file, without ending; owned */
  guint           save_every_n_steps;       /* 0: only at the end */
  LkSavePrecision save_precision;
  LkStackKind     lora_kind;                /* what the LoRA is, for stacks */

  /* adapter */
  guint           network_dim;
  double          network_alpha;            /* 0: as network_dim */

  /* length */
  guint           max_train_steps;
  guint           train_batch_size;
  guint           gradient_accumulation_steps;

  /* optimizer */
  LkOptimizer     optimizer_type;
  double          learning_rate;
  LkLrScheduler   lr_scheduler;
  double          lr_warmup_steps;          /* steps, or below 1 a share of all steps */
  guint           lr_scheduler_num_cycles;
  double          lr_scheduler_power;
  double          weight_decay;
  double          adam_beta1, adam_beta2, adam_epsilon;
  double          max_grad_norm;            /* 0: gradients are not clipped */
  double          min_snr_gamma;            /* 0: every timestep weighs the same */
  gboolean        debiased_estimation_loss;

  /* noise */
  double          noise_offset;
  guint           multires_noise_iterations;    /* 0: only fine noise */
  double          multires_noise_discount;
  double          ip_noise_gamma;
  guint           min_timestep, max_timestep;   /* the second is the first one that is not drawn */

  /* pictures */
  guint           resolution;               /* 0: as the project says */
  guint           num_repeats;              /* multiplies each picture's own */
  LkLatentChoice  latents;

  /* captions */
  gboolean        shuffle_caption;
  guint           keep_tokens;
  char           *keep_tokens_separator;    /* "" none; owned, as are the next four */
  char           *caption_separator;
  char           *secondary_separator;
  char           *caption_prefix;
  char           *caption_suffix;
  gboolean        enable_wildcard;
  double          caption_dropout_rate;
  guint           caption_dropout_every_n_epochs;
  double          caption_tag_dropout_rate;
  guint           token_warmup_min;
  double          token_warmup_step;        /* steps, or below 1 a share of all steps */
  guint           max_token_length;         /* 75, 150 or 225 */
  guint           caption_variants;         /* how many forms of a caption that changes are prepared */

  /* watching */
  guint           validate_every_n_steps;   /* 0: never */
  double          validation_split;         /* share of the pictures that is held out */
  guint           sample_every_n_steps;     /* 0: only when asked */
  char           *sample_prompts;           /* one a line; "" trigger and class word; owned */

  /* the run */
  gint64          seed;
  gboolean        gradient_checkpointing;
  LkCheckpointedParts checkpointed_parts;
} LkTrainSettings;

typedef enum
{
  LK_SETTING_INT,
  LK_SETTING_NUMBER,
  LK_SETTING_BOOLEAN,
  LK_SETTING_CHOICE,
  LK_SETTING_TEXT,
} LkSettingKind;

typedef enum
{
  LK_SETTING_GROUP_LENGTH,      /* simple first */
  LK_SETTING_GROUP_ADAPTER,
  LK_SETTING_GROUP_OPTIMIZER,
  LK_SETTING_GROUP_NOISE,
  LK_SETTING_GROUP_PICTURES,
  LK_SETTING_GROUP_CAPTIONS,
  LK_SETTING_GROUP_WATCH,
  LK_SETTING_GROUP_OUTPUT,
  LK_SETTING_GROUP_ENGINE,
} LkSettingGroup;

/* One row of the table; all of it static. */
typedef struct
{
  const char         *key;
  LkSettingKind       kind;
  LkSettingGroup      group;
  double              least, most;      /* INT, NUMBER */
  const char * const *choices;          /* CHOICE: names in the order of the enum, NULL-terminated */
  const char         *value;            /* the default, as text */
  const char         *title;            /* translated by lk_setting_get_title () and _subtitle () */
  const char         *subtitle;         /* what it does and its usual range */
  gsize               offset;           /* of the field */
} LkSetting;

guint             lk_setting_get_n           (void);
const LkSetting  *lk_setting_get             (guint                   index);
const LkSetting  *lk_setting_find            (const char             *key);
const char       *lk_setting_get_title       (const LkSetting        *setting);
const char       *lk_setting_get_subtitle    (const LkSetting        *setting);
const char       *lk_setting_group_get_title (LkSettingGroup          group);

/* All defaults. */
LkTrainSettings  *lk_train_settings_new      (void);
LkTrainSettings  *lk_train_settings_copy     (const LkTrainSettings  *settings);
void              lk_train_settings_free     (LkTrainSettings        *settings);

/* Sets one value from text, as `--set KEY=VALUE` gives it. On failure nothing changed. */
gboolean          lk_train_settings_set      (LkTrainSettings        *settings,
                                              const char             *key,
                                              const char             *value,
                                              GError                **error);
/* The value as text that lk_train_settings_set () takes. Owned by the caller. */
char             *lk_train_settings_get      (const LkTrainSettings  *settings,
                                              const char             *key);
/* What single values cannot show: settings that contradict each other. */
gboolean          lk_train_settings_check    (const LkTrainSettings  *settings,
                                              GError                **error);

/* Every setting. Owned by the caller. */
cJSON            *lk_train_settings_to_json  (const LkTrainSettings  *settings);
/* Sets what `json` holds, the rest stays as it is. An unknown key is an error, so that no misspelt setting is silently lost. */
gboolean          lk_train_settings_apply_json (LkTrainSettings      *settings,
                                              const cJSON            *json,
                                              GError                **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkTrainSettings, lk_train_settings_free)

G_END_DECLS
