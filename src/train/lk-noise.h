/* The chance of a training sample: its timestep, its noise, and how the input is disturbed. Every number comes from the seed and the draw's
 * own number, so that a resumed run draws the same, and what a sample gets does not depend on the others of its batch.
 */
#pragma once

#include "train/lk-settings.h"

G_BEGIN_DECLS

/* From min_timestep to max_timestep - 1, all alike. */
guint    lk_noise_draw_timestep (const LkTrainSettings *settings,
                                 guint64                draw);
/* What the network shall find, [channels, height, width], in sd-scripts' order: normal numbers; a shift of each channel by noise_offset times
 * a normal number (Guttenberg 2023); coarser and coarser noise, stretched and added with a weight of multires_noise_discount^i, all of it
 * scaled back to a deviation of 1 (Whitaker 2023). sd-scripts takes that deviation, and how much coarser, once a batch; here it is once a
 * sample. */
void     lk_noise_fill          (const LkTrainSettings *settings,
                                 guint64                draw,
                                 guint                  channels,
                                 guint                  height,
                                 guint                  width,
                                 float                 *noise);
/* What the network sees of `noise`: noise + ip_noise_gamma · normal numbers (Ning et al. 2023), which it is not asked to find. */
void     lk_noise_perturb       (const LkTrainSettings *settings,
                                 guint64                draw,
                                 gsize                  n,
                                 const float           *noise,
                                 float                 *perturbed);
/* Adds weight · from to `to`, where `from` [from_height, from_width] is stretched to [height, width]: bilinear between pixel centres, as
 * torch.nn.Upsample does it. */
void     lk_noise_add_stretched (const float           *from,
                                 guint                  from_height,
                                 guint                  from_width,
                                 float                  weight,
                                 guint                  height,
                                 guint                  width,
                                 float                 *to);

G_END_DECLS
