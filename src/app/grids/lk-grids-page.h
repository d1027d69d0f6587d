/* LkGridsPage: the same prompts and seeds at several strengths, side by side. */
#pragma once

#include <adwaita.h>

#include "app/window/lk-workspace.h"

G_BEGIN_DECLS

#define LK_TYPE_GRIDS_PAGE (lk_grids_page_get_type ())
G_DECLARE_FINAL_TYPE (LkGridsPage, lk_grids_page, LK, GRIDS_PAGE, AdwBin)

LkGridsPage *lk_grids_page_new (LkWorkspace *workspace) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
