/* LkTagCompletion: the list of tags under what is being typed.
 *
 * Down and Up choose one, Tab takes it (the first, where none was chosen), Enter takes a chosen one, Escape closes; typing goes on
 * meanwhile. It belongs to a widget with text, which tells it what was typed. Signal "accepted" (tag).
 */
#pragma once

#include <gtk/gtk.h>

#include "app/captions/lk-tag-source.h"

G_BEGIN_DECLS

#define LK_TYPE_TAG_COMPLETION (lk_tag_completion_get_type ())
G_DECLARE_FINAL_TYPE (LkTagCompletion, lk_tag_completion, LK, TAG_COMPLETION, GObject)

/* `widget` gets the keys; it must call lk_tag_completion_detach () in its dispose. */
LkTagCompletion *lk_tag_completion_new        (GtkWidget          *widget) G_GNUC_WARN_UNUSED_RESULT;
void             lk_tag_completion_set_source (LkTagCompletion    *self,
                                               LkTagSource        *source);
/* Shows what fits, at `place` of the widget; hides where nothing does, or what was typed is all that there is. */
void             lk_tag_completion_update     (LkTagCompletion    *self,
                                               const char         *typed,
                                               const GdkRectangle *place);
void             lk_tag_completion_hide       (LkTagCompletion    *self);
gboolean         lk_tag_completion_is_shown   (LkTagCompletion    *self);
void             lk_tag_completion_detach     (LkTagCompletion    *self);

G_END_DECLS
