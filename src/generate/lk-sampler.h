/* Samplers: the ways from noise to a latent, as ComfyUI walks them. Plain mathematics over arrays: what a model thinks lies
 * under the noise comes from a callback.
 */
#pragma once

#include "generate/lk-scheduler.h"

G_BEGIN_DECLS

typedef enum
{
  LK_SAMPLER_EULER,
  LK_SAMPLER_EULER_ANCESTRAL,
  LK_SAMPLER_HEUN,
  LK_SAMPLER_DPMPP_2M,
  LK_SAMPLER_DPMPP_SDE,
  LK_SAMPLER_DDIM,
  LK_SAMPLER_UNIPC,
  LK_SAMPLER_LCM,
  LK_N_SAMPLERS,
} LkSampler;

/* Writes what the model believes to lie under the noise of level `sigma` in `x`; both have the walk's n numbers. */
typedef gboolean (*LkDenoiseFunc)     (gpointer      data,
                                       const float  *x,
                                       float         sigma,
                                       float        *denoised,
                                       GError      **error);
/* Step `step` of `n_steps` is done. `x` is the latent so far, `denoised` what it seems to become. */
typedef void     (*LkSampleStepFunc)  (gpointer      data,
                                       guint         step,
                                       guint         n_steps,
                                       const float  *x,
                                       const float  *denoised);

/* ComfyUI's names ("euler", "dpmpp_2m", …), and what AUTOMATIC1111 calls them ("Euler a"); both static. */
const char  *lk_sampler_get_name      (LkSampler           sampler);
const char  *lk_sampler_get_title     (LkSampler           sampler);
gboolean     lk_sampler_from_name     (const char         *name,
                                       LkSampler          *sampler,
                                       GError            **error);
/* Whether it draws noise on its way. */
gboolean     lk_sampler_is_stochastic (LkSampler           sampler);
/* From which seed the sampler draws in a picture of seed `seed`: ComfyUI's on a CPU. */
guint64      lk_sampler_get_noise_seed (LkSampler          sampler,
                                        guint64            seed);

/* The levels that a picture of `n_steps` walks. `n_sigmas` counts the last one: 0, for UniPC 0.001. Owned by the caller. */
float       *lk_sampler_get_sigmas    (LkSampler           sampler,
                                       LkScheduler         scheduler,
                                       const LkSigmaTable *table,
                                       guint               n_steps,
                                       guint              *n_sigmas,
                                       GError            **error);
/* Scales standard normal noise in place to the start of the walk. */
void         lk_sampler_scale_noise   (const LkSigmaTable *table,
                                       float               sigma,
                                       float              *noise,
                                       gsize               n);

/* Walks `x`, `n` numbers, from sigmas[0] to the last sigma, in place. Stochastic samplers draw from PyTorch's CPU generator,
 * seeded with `seed`, DPM++ SDE from a Brownian path of that seed. `step` may be NULL. Fails only where `denoise` does. */
gboolean     lk_sampler_run           (LkSampler           sampler,
                                       const float        *sigmas,
                                       guint               n_sigmas,
                                       float              *x,
                                       gsize               n,
                                       guint64             seed,
                                       LkDenoiseFunc       denoise,
                                       gpointer            denoise_data,
                                       LkSampleStepFunc    step,
                                       gpointer            step_data,
                                       GError            **error);

G_END_DECLS
