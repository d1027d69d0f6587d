/* LkThumbnail: one picture, small: its thumbnail, and what was decided and found about it.
 *
 * It asks for its thumbnail when it is drawn for the first time, so that only what is looked at is decoded. Badges: what was decided
 * (kept, rejected) at the start, the worst finding at the end, stars at the foot; they are made only for pictures that have them.
 */
#pragma once

#include <gtk/gtk.h>

#include "app/window/lk-workspace.h"

G_BEGIN_DECLS

#define LK_TYPE_THUMBNAIL (lk_thumbnail_get_type ())
G_DECLARE_FINAL_TYPE (LkThumbnail, lk_thumbnail, LK, THUMBNAIL, GtkWidget)

LkThumbnail *lk_thumbnail_new           (LkWorkspace *workspace) G_GNUC_WARN_UNUSED_RESULT;
/* What a template's child needs before it gets an image. */
void         lk_thumbnail_set_workspace (LkThumbnail *self,
                                         LkWorkspace *workspace);
/* NULL: none, while the cell waits for another. */
void         lk_thumbnail_set_image     (LkThumbnail *self,
                                         LkImage     *image);
LkImage     *lk_thumbnail_get_image     (LkThumbnail *self);
/* Side of the square in logical pixels. Property "size". */
void         lk_thumbnail_set_size      (LkThumbnail *self,
                                         int          size);
/* Whether badges and the tooltip are shown. Property "show-badges", FALSE at first. */
void         lk_thumbnail_set_show_badges (LkThumbnail *self,
                                         gboolean     show_badges);
/* Whether the thumbnail is there: for tests. */
gboolean     lk_thumbnail_is_loaded     (LkThumbnail *self);

G_END_DECLS
