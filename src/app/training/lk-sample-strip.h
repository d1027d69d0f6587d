/* LkSampleStrip: the pictures that a run draws on its way: a row a prompt, the base model's picture first, then step after step. A click enlarges. */
#pragma once

#include <adwaita.h>

#include "app/training/lk-training-run.h"

G_BEGIN_DECLS

#define LK_TYPE_SAMPLE_STRIP (lk_sample_strip_get_type ())
G_DECLARE_FINAL_TYPE (LkSampleStrip, lk_sample_strip, LK, SAMPLE_STRIP, AdwBin)

/* NULL: none. */
void lk_sample_strip_set_run (LkSampleStrip *self,
                              LkTrainingRun *run);

G_END_DECLS
