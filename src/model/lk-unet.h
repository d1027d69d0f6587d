/* The U-Net of a model in a graph: what it thinks is noise in a latent. */
#pragma once

#include "model/lk-adapter.h"
#include "model/lk-model.h"

G_BEGIN_DECLS

/* Appends the U-Net. latent [B,h,w,Z]; features [B,model_channels], the sines of the timesteps (lk_timestep_features ()); context
 * [B,T,C]; vector [B,A] for SDXL, else NULL. Returns eps [B,h,w,Z] (or v, for a model of v-prediction).
 * `checkpoints` says what the backward walk computes again. */
/* What is computed a second time on the way back, instead of being kept: nothing, the feed-forward halves of the transformer blocks (which keep
 * the most and cost little), or every residual and transformer block. Results are the same to the bit. */
typedef enum
{
  LK_CHECKPOINTS_NONE,
  LK_CHECKPOINTS_FEED_FORWARD,
  LK_CHECKPOINTS_BLOCKS,
} LkCheckpoints;

LkTensor *lk_unet_build (LkGraph      *graph,
                         LkModel      *model,
                         LkTensor     *latent,
                         LkTensor     *features,
                         LkTensor     *context,
                         LkTensor     *vector,
                         LkAdapterSet *adapters,
                         LkCheckpoints checkpoints);

G_END_DECLS
