/* LkTrainingPage: a new run to set up, or one of the project's runs to watch. */
#pragma once

#include <adwaita.h>

#include "app/window/lk-workspace.h"

G_BEGIN_DECLS

#define LK_TYPE_TRAINING_PAGE (lk_training_page_get_type ())
G_DECLARE_FINAL_TYPE (LkTrainingPage, lk_training_page, LK, TRAINING_PAGE, AdwBin)

LkTrainingPage *lk_training_page_new        (LkWorkspace    *workspace) G_GNUC_WARN_UNUSED_RESULT;
/* A run trains, waits or is paused. */
gboolean        lk_training_page_is_active  (LkTrainingPage *self);

G_END_DECLS
