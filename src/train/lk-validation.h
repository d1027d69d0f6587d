/* LkValidation: measures a run by always the same pictures, timesteps and noise, so that two measurements differ by what was learned and by
 * nothing else.
 *
 * Measured are up to LK_VALIDATION_PICTURES pictures that the run trains on, spread over the data set, and up to twice as many of those that
 * are held out (LkDataItem.repeats 0), each at the timesteps of lk_validation_timesteps with noise that depends on picture and timestep
 * alone: not on the run's seed, so that runs on one data set compare. Nothing of the run changes by it.
 */
#pragma once

#include "model/lk-adapter.h"
#include "train/lk-cache.h"

G_BEGIN_DECLS

#define LK_VALIDATION_PICTURES 6
#define LK_VALIDATION_TIMESTEPS 4

extern const guint lk_validation_timesteps[LK_VALIDATION_TIMESTEPS];

/* One measurement: mean losses. */
typedef struct
{
  guint   step;
  double  trained;              /* over the pictures that are trained on */
  double  held_out;             /* over those that are not; NaN where there are none */
} LkValidationMark;

typedef struct _LkValidation LkValidation;

/* `x0` are the data set's latents on the U-Net's scale, of the shapes of `latents` (LkLatent). All are borrowed and must outlive it, as must
 * `texts` (text → LkConditioning), which has what lk_validation_dup_text () says of every picture. */
LkValidation *lk_validation_new       (LkModel               *model,
                                       LkAdapter             *adapter,
                                       const LkTrainSettings *settings,
                                       LkDataSet             *data_set,
                                       GPtrArray             *latents,
                                       GPtrArray             *x0,
                                       GHashTable            *texts);
/* Which pictures are measured, of those that are trained on, or that are held out: guint places in the data set. Owned by the caller. */
GArray       *lk_validation_choose    (LkDataSet             *data_set,
                                       gboolean               held_out);
void          lk_validation_free      (LkValidation          *validation);
/* The text that picture `item` is measured with. Owned by the caller. */
char         *lk_validation_dup_text  (const LkTrainSettings *settings,
                                       LkDataSet             *data_set,
                                       guint                  item);
/* Measures after step `step`. `line` receives the line of metrics.jsonl, owned by the caller:
 *   {"kind": "validation", "step", "loss", "held_out", "items", "losses", "held_out_items", "held_out_losses", "timesteps", "by_timestep"} */
gboolean      lk_validation_run       (LkValidation          *validation,
                                       guint                  step,
                                       LkValidationMark      *mark,
                                       cJSON                **line,
                                       GError               **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkValidation, lk_validation_free)

G_END_DECLS
