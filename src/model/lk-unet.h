/* The U-Net of a model in a graph: what it thinks is noise in a latent. */
#pragma once

#include "model/lk-adapter.h"
#include "model/lk-model.h"

G_BEGIN_DECLS

/* Appends the U-Net. latent [B,h,w,Z]; features [B,model_channels], the sines of the timesteps (lk_timestep_features ()); context
 * [B,T,C]; vector [B,A] for SDXL, else NULL. Returns eps [B,h,w,Z] (or v, for a model of v-prediction).
 * `with_checkpoints` puts each residual and each transformer block into a segment of its own that the backward walk computes again. */
LkTensor *lk_unet_build (LkGraph      *graph,
                         LkModel      *model,
                         LkTensor     *latent,
                         LkTensor     *features,
                         LkTensor     *context,
                         LkTensor     *vector,
                         LkAdapterSet *adapters,
                         gboolean      with_checkpoints);

G_END_DECLS
