/* Learning-rate schedules, as diffusers' get_scheduler () computes them and sd-scripts use them. */
#pragma once

#include "train/lk-settings.h"

G_BEGIN_DECLS

/* What the learning rate is multiplied with in step `step` (the first is 0) of a run. */
double lk_lr_get_factor (const LkTrainSettings *settings,
                         guint                  step);

G_END_DECLS
