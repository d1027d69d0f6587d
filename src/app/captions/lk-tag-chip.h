/* LkTagChip: one tag of a caption, to move, change and remove.
 *
 * Enter, F2 or a click opens its words, Delete removes it, Alt with Left or Right moves it, and so does dragging it onto another chip; what
 * is done with it is the list's. Signals: "change" (text), "remove", "move" (steps), "dropped" (chip that was dropped on it).
 */
#pragma once

#include <adwaita.h>

#include "project/lk-image.h"

G_BEGIN_DECLS

#define LK_TYPE_TAG_CHIP (lk_tag_chip_get_type ())
G_DECLARE_FINAL_TYPE (LkTagChip, lk_tag_chip, LK, TAG_CHIP, AdwBin)

LkTagChip  *lk_tag_chip_new          (const char *tag,
                                      guint       index,
                                      guint       n) G_GNUC_WARN_UNUSED_RESULT;
const char *lk_tag_chip_get_tag      (LkTagChip  *self);
guint       lk_tag_chip_get_index    (LkTagChip  *self);
/* The worst that is wrong with it, and the sentences that say so; NULL: nothing. */
void        lk_tag_chip_set_trouble  (LkTagChip  *self,
                                      LkSeverity  severity,
                                      const char *sentences);
void        lk_tag_chip_set_editable (LkTagChip  *self,
                                      gboolean    is_editable);

G_END_DECLS
