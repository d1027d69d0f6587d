/* LkProjectView: an open project: the sidebar with its five pages, and the page. */
#pragma once

#include <adwaita.h>

#include "app/window/lk-workspace.h"

G_BEGIN_DECLS

#define LK_TYPE_PROJECT_VIEW (lk_project_view_get_type ())
G_DECLARE_FINAL_TYPE (LkProjectView, lk_project_view, LK, PROJECT_VIEW, AdwBreakpointBin)

LkProjectView *lk_project_view_new       (LkWorkspace   *workspace) G_GNUC_WARN_UNUSED_RESULT;
/* "gallery", "captions", "training", "grids" or "playground". */
void           lk_project_view_show_page (LkProjectView *self,
                                          const char    *page);

G_END_DECLS
