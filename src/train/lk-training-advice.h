/* What suits training: where the settings begin for each base model, and what to know about settings that were changed. Data, not
 * code: one table each.
 */
#pragma once

#include "project/lk-project.h"
#include "train/lk-settings.h"

G_BEGIN_DECLS

/* Settings of a base model's row ("starter", "sd15", "sdxl") over the defaults. Owned by the caller. */
LkTrainSettings *lk_training_advice_settings (const LkBaseAdvice *base);

/* What a run of the project begins with: its base model's settings (`base` NULL: the project's own model), its name, and what was set on its
 * training page. Owned by the caller. */
LkTrainSettings *lk_training_advice_settings_for_project (LkProject           *project,
                                                          const LkBaseAdvice  *base,
                                                          GError             **error);

/* A beginning that suits one purpose: a base model's usual settings, and what differs. All static. */
typedef struct
{
  const char *id;               /* "sdxl-low-memory" */
  const char *base;             /* the row of base models that it is for: "sdxl" */
  const char *name;             /* translated by lk_training_preset_get_name () and _why () */
  const char *why;
} LkTrainingPreset;

/* Those for a base model: array of LkTrainingPreset, borrowed; the usual settings first. The array is owned by the caller. */
GPtrArray       *lk_training_presets_for       (const LkBaseAdvice     *base);
const char      *lk_training_preset_get_name   (const LkTrainingPreset *preset);
const char      *lk_training_preset_get_why    (const LkTrainingPreset *preset);
/* Owned by the caller. */
LkTrainSettings *lk_training_preset_settings   (const LkTrainingPreset *preset);

typedef enum
{
  LK_ADVICE_HINT,
  LK_ADVICE_WARNING,
} LkAdviceSeverity;

/* One thing to know, with the fix that the window offers as a button. */
typedef struct
{
  const char       *id;           /* "rate-high" */
  LkAdviceSeverity  severity;
  const char       *sentence;     /* translated, as are the next two */
  const char       *why;
  const char       *fix_label;    /* "Set 1e-4"; NULL: no button */
  const char       *fix_key;      /* the setting that the fix sets, and to what */
  char             *fix_value;    /* owned */
} LkAdviceRow;

void       lk_advice_row_free        (LkAdviceRow           *row);
/* What to know about these settings with `n_pictures` on this base: array of LkAdviceRow, worst first, owned by the caller. */
GPtrArray *lk_training_advice_check  (const LkTrainSettings *settings,
                                      const LkBaseAdvice    *base,
                                      guint                  n_pictures);

G_END_DECLS
