/* The two graphs of a training step: LkStep goes forward and backward over a batch and adds up gradients; LkStepOptimizer changes the
 * adapter by them.
 */
#pragma once

#include "generate/lk-conditioning.h"
#include "model/lk-adapter.h"
#include "model/lk-unet.h"
#include "train/lk-settings.h"

G_BEGIN_DECLS

/* One sample of a batch. Latents are [Z,h,w], on the U-Net's scale. */
typedef struct
{
  const float          *latent;
  const float          *noise;
  const float          *input_noise;        /* what the network sees of it; NULL: the same */
  const LkConditioning *text;
  guint                 timestep;
  float                 weight;             /* of its loss; 0: the place is empty */
  guint                 original_width, original_height;    /* SDXL: of the picture before it was resized, in pixels */
} LkSample;

typedef struct _LkStep LkStep;

/* What the settings want computed twice. */
LkCheckpoints    lk_step_get_checkpoints (const LkTrainSettings  *settings);

/* For batches of `batch` latents of height x width with texts of `n_tokens`; a step adds up `n_batches` of them. */
LkStep          *lk_step_new             (LkModel                *model,
                                          LkAdapter              *adapter,
                                          guint                   batch,
                                          guint                   height,
                                          guint                   width,
                                          guint                   n_tokens,
                                          guint                   n_batches,
                                          LkCheckpoints           checkpoints,
                                          GError                **error);
/* The same without the way back: lk_step_run () measures the losses and leaves the adapter alone. */
LkStep          *lk_step_new_forward     (LkModel                *model,
                                          LkAdapter              *adapter,
                                          guint                   batch,
                                          guint                   height,
                                          guint                   width,
                                          guint                   n_tokens,
                                          GError                **error);
/* Steps of a model run one at a time and share its arena (lk_model_get_arena ()): this makes room for one there. Called for every step that
 * will be, before the first is made, it keeps them from taking more than the largest. `n_batches` 0: one that only goes forward. The model's
 * U-Net must be loaded. */
void             lk_step_reserve         (LkModel                *model,
                                          LkAdapter              *adapter,
                                          guint                   batch,
                                          guint                   height,
                                          guint                   width,
                                          guint                   n_tokens,
                                          guint                   n_batches,
                                          LkCheckpoints           checkpoints);
void             lk_step_free            (LkStep                 *step);
/* Adds the batch's gradient to the adapter's. `loss` receives the weighted mean over the samples, `losses` [batch] each sample's own mean
 * square. */
gboolean         lk_step_run             (LkStep                 *step,
                                          const LkSample         *samples,
                                          double                 *loss,
                                          float                  *losses,
                                          GError                **error);

typedef struct _LkStepOptimizer LkStepOptimizer;

LkStepOptimizer *lk_step_optimizer_new   (LkAdapter              *adapter,
                                          const LkTrainSettings  *settings,
                                          GError                **error);
void             lk_step_optimizer_free  (LkStepOptimizer        *optimizer);
/* The moments, of the adapter's layout; owned by the optimizer. */
LkStorage       *lk_step_optimizer_get_moment (LkStepOptimizer   *optimizer,
                                          guint                   which);      /* 1 or 2 */
/* Step number `step` (the first is 1). The gradient is zero afterwards. `norm` receives its length before clipping; where it is not
 * finite, nothing was changed. */
gboolean         lk_step_optimizer_run   (LkStepOptimizer        *optimizer,
                                          guint                   step,
                                          double                  learning_rate,
                                          double                 *norm,
                                          GError                **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkStep, lk_step_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkStepOptimizer, lk_step_optimizer_free)

G_END_DECLS
