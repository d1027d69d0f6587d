/* LkCoder: a model's autoencoder at one size and in one direction: pictures to latents, or latents to pictures.
 * Latents are [Z,h,w] as files and PyTorch have them.
 */
#pragma once

#include "formats/lk-picture.h"
#include "model/lk-vae.h"

G_BEGIN_DECLS

typedef struct _LkCoder LkCoder;

/* For pictures of width x height pixels; the model's VAE part must be loaded. */
LkCoder   *lk_coder_new_encoder (LkModel         *model,
                                 guint            width,
                                 guint            height,
                                 GError         **error);
LkCoder   *lk_coder_new_decoder (LkModel         *model,
                                 guint            width,
                                 guint            height,
                                 GError         **error);
void       lk_coder_free        (LkCoder         *coder);
/* Numbers of a latent: Z·h·w. */
gsize      lk_coder_get_n       (LkCoder         *coder);

/* Encodes an RGB picture: the mean and the logarithm of the variance (clamped to -30..20) of each number, unscaled. */
gboolean   lk_coder_encode      (LkCoder         *coder,
                                 const LkPicture *picture,
                                 float           *mean,
                                 float           *logvar,
                                 GError         **error);
/* Decodes a latent on the U-Net's scale to RGB; numbers become bytes as in ComfyUI, cut off and not rounded. */
LkPicture *lk_coder_decode      (LkCoder         *coder,
                                 const float     *latent,
                                 GError         **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkCoder, lk_coder_free)

G_END_DECLS
