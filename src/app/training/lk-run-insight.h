/* LkRunInsight: what can be said of a run, in words: the verdict with what to do, pictures that are not learned, modules that stay zero, and bars for
 * pictures, timesteps and blocks.
 *
 * Signals:
 *   retrain (steps)      the user wants a new run of that many steps
 *   use-step (step)      the user wants the checkpoint of about that step
 */
#pragma once

#include <adwaita.h>

#include "app/training/lk-training-run.h"

G_BEGIN_DECLS

#define LK_TYPE_RUN_INSIGHT (lk_run_insight_get_type ())
G_DECLARE_FINAL_TYPE (LkRunInsight, lk_run_insight, LK, RUN_INSIGHT, AdwBin)

/* Shows what `run` has to say now; cheap where nothing is new. */
void lk_run_insight_update (LkRunInsight  *self,
                            LkTrainingRun *run);

G_END_DECLS
