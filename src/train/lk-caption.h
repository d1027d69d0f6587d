/* The caption that a step trains with: what kohya's sd-scripts make of a picture's caption file.
 *
 * In this order: prefix and suffix; dropping the whole caption; one line of several and one of {a|b|c} with wildcards on, else the first
 * line; splitting at the separator into fixed and free parts (the first keep_tokens, or what the keep-tokens separator fences off);
 * warm-up of the parts; shuffling; dropping single parts; joining with ", "; the secondary separator.
 *
 * Chance comes from Philox alone: the same seed, picture and variant give the same caption on every machine, and a resumed run has
 * the same captions as one that was never stopped.
 */
#pragma once

#include "train/lk-settings.h"

G_BEGIN_DECLS

/* Whether chance or the step has a part in `caption`: then a run prepares several variants of it. Whole-caption dropout does not
 * count: a dropped caption is the empty one, whatever the variant. */
gboolean lk_caption_varies    (const LkTrainSettings *settings,
                               const char            *caption);
/* Variant `variant` of picture `picture`'s caption at step `step` (it matters during token warm-up only). Owned by the caller. */
char    *lk_caption_make      (const LkTrainSettings *settings,
                               const char            *caption,
                               guint                  picture,
                               guint                  variant,
                               guint                  step);
/* Whether the whole caption is left out for draw number `draw` of the run, in epoch `epoch` (the first is 1). */
gboolean lk_caption_is_dropped (const LkTrainSettings *settings,
                                guint64                draw,
                                guint                  epoch);
/* The variant that draw number `draw` of the run trains with. */
guint    lk_caption_pick      (const LkTrainSettings *settings,
                               const char            *caption,
                               guint64                draw);

G_END_DECLS
