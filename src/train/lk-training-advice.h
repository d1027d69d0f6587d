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
