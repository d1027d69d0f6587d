#define G_LOG_DOMAIN "likeness-train"

#include "config.h"

#include <math.h>

#include "model/lk-noise-schedule.h"
#include "train/lk-loss.h"

#define MOST_SNR 1000     /* that debiased estimation goes by: the first timesteps would weigh next to nothing */

float
lk_loss_get_weight (const LkTrainSettings *settings,
                    guint                  timestep,
                    gboolean               is_v_prediction)
{
  double left = lk_noise_schedule_get_alphas_cumprod ()[timestep];
  double snr = left / (1 - left), gamma = settings->min_snr_gamma, weight = 1;

  if (gamma > 0)
    weight *= MIN (snr, gamma) / (is_v_prediction ? snr + 1 : snr);
  if (settings->debiased_estimation_loss)
    weight *= is_v_prediction ? 1 / (MIN (snr, MOST_SNR) + 1) : 1 / sqrt (MIN (snr, MOST_SNR));
  return (float) weight;
}
