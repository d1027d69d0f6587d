/* LkGalleryPage: the pictures of a project: import, look, decide, crop. The grid with its inspector, and over it the viewer, the
 * comparison and the crop view.
 *
 * Everything that a person can do with the selected pictures is an action of the page, "gallery.…".
 */
#pragma once

#include <adwaita.h>

#include "app/window/lk-workspace.h"

G_BEGIN_DECLS

#define LK_TYPE_GALLERY_PAGE (lk_gallery_page_get_type ())
G_DECLARE_FINAL_TYPE (LkGalleryPage, lk_gallery_page, LK, GALLERY_PAGE, AdwBin)

LkGalleryPage *lk_gallery_page_new (LkWorkspace *workspace) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
