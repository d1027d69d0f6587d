/* LkTrainingForm: what a run is to be: the name, its length, the settings from simple to rare, what there is to know about them, and Start.
 *
 * The rows are made from the engine's own table of settings, so that the form offers all that the engine can do and nothing else. Values
 * are kept in the project, as edits that can be undone.
 */
#pragma once

#include <adwaita.h>

#include "app/window/lk-workspace.h"
#include "train/lk-settings.h"

G_BEGIN_DECLS

#define LK_TYPE_TRAINING_FORM (lk_training_form_get_type ())
G_DECLARE_FINAL_TYPE (LkTrainingForm, lk_training_form, LK, TRAINING_FORM, AdwBin)

/* Emits "start" when the user wants the run. */
LkTrainingForm        *lk_training_form_new           (LkWorkspace     *workspace) G_GNUC_WARN_UNUSED_RESULT;
const LkTrainSettings *lk_training_form_get_settings  (LkTrainingForm  *self);
/* Fills the form: a fork of an earlier run. */
void                   lk_training_form_set_settings  (LkTrainingForm        *self,
                                                       const LkTrainSettings *settings);
/* Seconds that a step takes for each of its pictures, measured; 0: not known. */
void                   lk_training_form_set_sample_time (LkTrainingForm *self,
                                                       double           seconds);

G_END_DECLS
