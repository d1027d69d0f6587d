/* What the loss of a sample counts for. */
#pragma once

#include "train/lk-settings.h"

G_BEGIN_DECLS

/* The weight of a timestep, as sd-scripts computes it: min-SNR (Hang et al. 2023) where min_snr_gamma is above 0, times that of debiased
 * estimation (Yu et al. 2023) where it is on; else 1. */
float lk_loss_get_weight (const LkTrainSettings *settings,
                          guint                  timestep,
                          gboolean               is_v_prediction);

G_END_DECLS
