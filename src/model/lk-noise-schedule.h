/* The noise schedule that Stable Diffusion was trained with ("scaled linear", 1000 timesteps), and the sines of timesteps. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define LK_N_TIMESTEPS 1000

/* alphas_cumprod[t]: the share of the picture's variance that is left at timestep t.
 * In float32 at every stage, as diffusers and sd-scripts compute it: what training uses. */
const float  *lk_noise_schedule_get_alphas_cumprod       (void);
/* In float64 at every stage, as ComfyUI computes it: what samplers derive their sigmas from. */
const double *lk_noise_schedule_get_exact_alphas_cumprod (void);

/* Writes n rows of `width` (even) numbers for timesteps that may lie between two whole ones: the cosines of t · 10000^(-i/half),
 * i = 0 to half - 1, then the sines. SDXL's sizes use the same sines with a width of 256. */
void          lk_timestep_features                       (const float *timesteps,
                                                          gsize        n,
                                                          guint        width,
                                                          float       *out);

G_END_DECLS
