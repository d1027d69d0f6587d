/* LkGridsPage: the project's test grids: the same prompts and seeds at several strengths, side by side. */
#pragma once

#include <adwaita.h>

#include "app/grids/lk-grid-canvas.h"
#include "app/window/lk-workspace.h"

G_BEGIN_DECLS

#define LK_TYPE_GRIDS_PAGE (lk_grids_page_get_type ())
G_DECLARE_FINAL_TYPE (LkGridsPage, lk_grids_page, LK, GRIDS_PAGE, AdwBin)

LkGridsPage  *lk_grids_page_new        (LkWorkspace *workspace) G_GNUC_WARN_UNUSED_RESULT;
/* Makes a grid of the usual strengths and contexts for a LoRA, shows it and puts it into the queue. */
void          lk_grids_page_test_lora  (LkGridsPage *self,
                                        const char  *path);
/* The one that is shown; NULL: there is none. */
LkTestGrid   *lk_grids_page_get_grid   (LkGridsPage *self);
LkGridCanvas *lk_grids_page_get_canvas (LkGridsPage *self);

G_END_DECLS
