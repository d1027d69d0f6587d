/* UniPC (Zhao et al. 2023): a predictor and a corrector over the last three predictions, as ComfyUI walks it (variant bh1). */
#pragma once

#include "generate/lk-sampler.h"

G_BEGIN_DECLS

/* What the walk's last level is instead of 0. */
#define LK_UNIPC_LAST_SIGMA 0.001f

/* As lk_sampler_run (); the last of `sigmas` is LK_UNIPC_LAST_SIGMA. */
gboolean lk_unipc_run (const float       *sigmas,
                       guint              n_sigmas,
                       float             *x,
                       gsize              n,
                       LkDenoiseFunc      denoise,
                       gpointer           denoise_data,
                       LkSampleStepFunc   step,
                       gpointer           step_data,
                       GError           **error);

G_END_DECLS
