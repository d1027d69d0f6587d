/* LkRunView: one training run: how far it is, its curves, what they say, the pictures drawn on the way, its LoRAs, its settings and notes.
 *
 * Emits "retrain" (steps) when the user wants a new run like it of that many steps.
 */
#pragma once

#include <adwaita.h>

#include "app/training/lk-training-run.h"
#include "app/window/lk-workspace.h"

G_BEGIN_DECLS

#define LK_TYPE_RUN_VIEW (lk_run_view_get_type ())
G_DECLARE_FINAL_TYPE (LkRunView, lk_run_view, LK, RUN_VIEW, AdwBin)

LkRunView *lk_run_view_new     (LkWorkspace   *workspace) G_GNUC_WARN_UNUSED_RESULT;
/* NULL: none. */
void       lk_run_view_set_run (LkRunView     *self,
                                LkTrainingRun *run);
/* Draws the loss of another run behind it; NULL: none. */
void       lk_run_view_compare (LkRunView     *self,
                                LkTrainingRun *other);

G_END_DECLS
