/* A checkpoint of full size with random weights, for benchmarks: how long a step takes does not depend on what the weights are. */
#pragma once

#include "model/lk-checkpoint.h"

G_BEGIN_DECLS

/* A checkpoint in memory whose U-Net has every width and depth of Stable Diffusion 1.5's, F16. Its text encoder and autoencoder are as
 * small as they can be. Owned by the caller; takes 1.7 GB. */
LkCheckpoint *lk_bench_checkpoint_new (GError **error);

G_END_DECLS
