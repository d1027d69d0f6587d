#define G_LOG_DOMAIN "likeness-train"

#include "config.h"

#include <math.h>

#include "train/lk-lr.h"

/* Steps of warm-up: a number below 1 is a share of all steps, as sd-scripts take it. */
static guint
warmup_steps (const LkTrainSettings *settings)
{
  double warmup = settings->lr_warmup_steps;

  return warmup < 1 ? (guint) (warmup * settings->max_train_steps) : (guint) warmup;
}

double
lk_lr_get_factor (const LkTrainSettings *settings,
                  guint                  step)
{
  guint warmup = warmup_steps (settings);
  guint total = settings->max_train_steps;
  double progress;

  if (settings->lr_scheduler == LK_LR_CONSTANT)
    return 1;
  if (step < warmup)
    return (double) step / MAX (1, warmup);
  if (settings->lr_scheduler == LK_LR_CONSTANT_WITH_WARMUP)
    return 1;

  progress = ((double) step - warmup) / MAX (1, (double) total - warmup);
  switch (settings->lr_scheduler)
    {
    case LK_LR_LINEAR:
      return MAX (0, 1 - progress);

    case LK_LR_COSINE:
      return MAX (0, 0.5 * (1 + cos (G_PI * progress)));

    case LK_LR_COSINE_WITH_RESTARTS:
      if (progress >= 1)
        return 0;
      return MAX (0, 0.5 * (1 + cos (G_PI * fmod (settings->lr_scheduler_num_cycles * progress, 1))));

    case LK_LR_POLYNOMIAL:
      {
        const double end = 1e-7;      /* diffusers' lr_end, a learning rate */
        double rate = settings->learning_rate;

        if (step > total)
          return end / rate;
        return ((rate - end) * pow (1 - progress, settings->lr_scheduler_power) + end) / rate;
      }

    case LK_LR_CONSTANT:
    case LK_LR_CONSTANT_WITH_WARMUP:
    default:
      g_assert_not_reached ();
    }
}
