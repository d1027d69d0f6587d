/* LkViewerPage: one picture of a list, large, with its neighbours decoded ahead.
 *
 * It follows the list: a picture that leaves it (removed, filtered out) gives way to the next. The signal "moved" (position) is
 * emitted when another picture is shown.
 */
#pragma once

#include <adwaita.h>

#include "app/window/lk-workspace.h"

G_BEGIN_DECLS

#define LK_TYPE_VIEWER_PAGE (lk_viewer_page_get_type ())
G_DECLARE_FINAL_TYPE (LkViewerPage, lk_viewer_page, LK, VIEWER_PAGE, AdwNavigationPage)

/* `images` lists LkImages. */
LkViewerPage *lk_viewer_page_new          (LkWorkspace  *workspace,
                                           GListModel   *images,
                                           guint         position) G_GNUC_WARN_UNUSED_RESULT;
/* Moves by `steps` pictures and stops at the ends. */
void          lk_viewer_page_move         (LkViewerPage *self,
                                           int           steps);
guint         lk_viewer_page_get_position (LkViewerPage *self);
/* Whether the picture is there, at a size that fills the window: for tests. */
gboolean      lk_viewer_page_is_loaded    (LkViewerPage *self);

G_END_DECLS
