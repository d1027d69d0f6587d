/* LkCaptionText: a caption as text: what is wrong is underlined, tags are offered while one is typed, spelling is checked where the
 * platform can.
 *
 * Signal "edited": a person changed the text. Undo within it goes back to when the text was set.
 */
#pragma once

#include <adwaita.h>

#include "app/captions/lk-tag-source.h"
#include "project/lk-checks.h"

G_BEGIN_DECLS

#define LK_TYPE_CAPTION_TEXT (lk_caption_text_get_type ())
G_DECLARE_FINAL_TYPE (LkCaptionText, lk_caption_text, LK, CAPTION_TEXT, AdwBin)

void         lk_caption_text_set_source   (LkCaptionText *self,
                                           LkTagSource   *source);
/* Does nothing where it is the text already: cursor and undo stay. */
void         lk_caption_text_set_text     (LkCaptionText *self,
                                           const char    *text);
char        *lk_caption_text_dup_text     (LkCaptionText *self);       /* owned by the caller */
/* Underlines [start, end) of each mark, in bytes. Array of LkMark. */
void         lk_caption_text_set_marks    (LkCaptionText *self,
                                           GArray        *marks);
void         lk_caption_text_set_editable (LkCaptionText *self,
                                           gboolean       is_editable);
GtkTextView *lk_caption_text_get_view     (LkCaptionText *self);

G_END_DECLS
