/* LkSampleViewer: one sample large, with the base model's picture beside it; Left and Right walk over the steps. */
#pragma once

#include <adwaita.h>

#include "app/training/lk-training-run.h"

G_BEGIN_DECLS

#define LK_TYPE_SAMPLE_VIEWER (lk_sample_viewer_get_type ())
G_DECLARE_FINAL_TYPE (LkSampleViewer, lk_sample_viewer, LK, SAMPLE_VIEWER, AdwDialog)

/* `path` is one of the run's samples. */
LkSampleViewer *lk_sample_viewer_new (LkTrainingRun *run,
                                      const char    *path) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
