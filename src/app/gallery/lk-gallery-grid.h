/* LkGalleryGrid: the pictures of a project as a grid of thumbnails: filtered, sorted, selected.
 *
 * What keys, menus and drops do with them are actions of the page around it ("gallery.…"). Signals: "activated" (position) on Enter
 * and double click, "selection-changed", "shown-changed" when other pictures are shown.
 */
#pragma once

#include <adwaita.h>

#include "app/gallery/lk-gallery-filter.h"
#include "app/window/lk-workspace.h"

G_BEGIN_DECLS

#define LK_TYPE_GALLERY_GRID (lk_gallery_grid_get_type ())
G_DECLARE_FINAL_TYPE (LkGalleryGrid, lk_gallery_grid, LK, GALLERY_GRID, AdwBin)

void               lk_gallery_grid_set_workspace (LkGalleryGrid *self,
                                                  LkWorkspace   *workspace);
/* What is shown, in its order, and selected: LkImages. */
GtkSelectionModel *lk_gallery_grid_get_model     (LkGalleryGrid *self);
LkGalleryFilter   *lk_gallery_grid_get_filter    (LkGalleryGrid *self);
guint              lk_gallery_grid_get_n_selected (LkGalleryGrid *self);
/* LkImages in the order shown; owned by the caller. */
GPtrArray         *lk_gallery_grid_dup_selected  (LkGalleryGrid *self);
/* Selects these and no others, turning off a filter that hides them, and shows the first. */
void               lk_gallery_grid_select        (LkGalleryGrid *self,
                                                  GPtrArray     *images);
/* Moves the focus to a position, and selects it. */
void               lk_gallery_grid_show_position (LkGalleryGrid *self,
                                                  guint          position);

G_END_DECLS
