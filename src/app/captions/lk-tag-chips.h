/* LkTagChips: a caption as chips, one for each tag, with an entry to add more.
 *
 * The same words as the text: what stands between the tags is kept. Left and Right go from chip to chip. Signal "edited" (title): a person
 * changed the caption; the title says what was done, for undo.
 */
#pragma once

#include <adwaita.h>

#include "app/captions/lk-tag-source.h"
#include "project/lk-checks.h"

G_BEGIN_DECLS

#define LK_TYPE_TAG_CHIPS (lk_tag_chips_get_type ())
G_DECLARE_FINAL_TYPE (LkTagChips, lk_tag_chips, LK, TAG_CHIPS, AdwBin)

void      lk_tag_chips_set_source   (LkTagChips  *self,
                                     LkTagSource *source);
void      lk_tag_chips_set_text     (LkTagChips  *self,
                                     const char  *text);
char     *lk_tag_chips_dup_text     (LkTagChips  *self);         /* owned by the caller */
/* What is wrong, as ranges of the text. Array of LkMark. */
void      lk_tag_chips_set_marks    (LkTagChips  *self,
                                     GArray      *marks);
void      lk_tag_chips_set_editable (LkTagChips  *self,
                                     gboolean     is_editable);

G_END_DECLS
