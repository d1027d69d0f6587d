/* LkMemoryRow: what a run would take of its device's memory: parts, what is free, and where it does not fit, what would make it fit, each with
 * a button. It plans on a thread; the last ask counts.
 *
 * Emits "planned" when it shows an answer, and "fix" with the LkMemoryRemedy, borrowed, that the user chose.
 */
#pragma once

#include <adwaita.h>

#include "train/lk-memory-plan.h"

G_BEGIN_DECLS

#define LK_TYPE_MEMORY_ROW (lk_memory_row_get_type ())
G_DECLARE_FINAL_TYPE (LkMemoryRow, lk_memory_row, LK, MEMORY_ROW, AdwPreferencesRow)

/* For the checkpoint at `base` on the device `spec`. Takes `shapes`. */
void        lk_memory_row_ask         (LkMemoryRow           *self,
                                       const char            *base,
                                       const char            *spec,
                                       const LkTrainSettings *settings,
                                       LkMemoryShapes        *shapes);
/* Why the run cannot start: the sentence that says what would fit; NULL: it can, or that is not known. */
const char *lk_memory_row_get_refusal (LkMemoryRow           *self);

G_END_DECLS
