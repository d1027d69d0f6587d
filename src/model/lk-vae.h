/* The autoencoder of a model in a graph: pictures to latents and back. Latents here are the autoencoder's own, unscaled. */
#pragma once

#include "model/lk-model.h"

G_BEGIN_DECLS

/* image [B,H,W,3] in -1..1, sides multiples of lk_architecture_get_latent_factor (). Returns moments [B,h,w,2Z]: the means in the
 * first Z columns, the logarithms of the variances in the last, which the host clamps to -30..20. */
LkTensor *lk_vae_build_encoder (LkGraph  *graph,
                                LkModel  *model,
                                LkTensor *image);
/* z [B,h,w,Z]. Returns the picture [B,H,W,3], about -1..1, not clamped. */
LkTensor *lk_vae_build_decoder (LkGraph  *graph,
                                LkModel  *model,
                                LkTensor *z);

G_END_DECLS
