/* LkDenoiser: a U-Net with a stack of LoRAs, ready to say what lies under the noise: the callback that samplers walk with.
 *
 * With an unconditional text beside the prompt both go through the network as one batch of two, and the answer is
 * uncond + cfg · (cond - uncond), as ComfyUI computes it.
 */
#pragma once

#include "generate/lk-conditioning.h"
#include "generate/lk-sampler.h"
#include "model/lk-unet.h"

G_BEGIN_DECLS

typedef struct _LkDenoiser LkDenoiser;

/* The graph for latents of height x width; the model's U-Net part must be loaded. The batch is 2 where `with_uncond`, else 1; both
 * texts have `n_tokens`. `adapters` [n] are kept by reference; give strengths with lk_denoiser_set_strength () before the first walk. */
LkDenoiser *lk_denoiser_new              (LkModel              *model,
                                          LkAdapter           **adapters,
                                          guint                 n_adapters,
                                          guint                 height,
                                          guint                 width,
                                          guint                 n_tokens,
                                          gboolean              with_uncond,
                                          GError              **error);
void        lk_denoiser_free             (LkDenoiser           *denoiser);

gboolean    lk_denoiser_set_strength     (LkDenoiser           *denoiser,
                                          guint                 adapter,
                                          double                strength,
                                          GError              **error);
/* What to draw. `uncond` is NULL for a batch of 1. For SDXL the picture's size in pixels goes in too, uncropped. A text of fewer
 * tokens than the graph's is repeated, which attention does not notice. */
gboolean    lk_denoiser_set_conditioning (LkDenoiser           *denoiser,
                                          const LkConditioning *cond,
                                          const LkConditioning *uncond,
                                          double                cfg,
                                          GError              **error);
/* An LkDenoiseFunc over latents [1,Z,h,w]; `data` is the denoiser. */
gboolean    lk_denoiser_denoise          (gpointer              data,
                                          const float          *x,
                                          float                 sigma,
                                          float                *denoised,
                                          GError              **error);
/* The levels that this model knows. */
const LkSigmaTable *lk_denoiser_get_sigma_table (LkDenoiser    *denoiser);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkDenoiser, lk_denoiser_free)

G_END_DECLS
