/* LkCellViewer: one cell of a test grid, large. Arrow keys go to its neighbours; Space shows the cell that it is compared with, and goes back. */
#pragma once

#include <adwaita.h>

#include "app/grids/lk-test-grid.h"

G_BEGIN_DECLS

#define LK_TYPE_CELL_VIEWER (lk_cell_viewer_get_type ())
G_DECLARE_FINAL_TYPE (LkCellViewer, lk_cell_viewer, LK, CELL_VIEWER, AdwDialog)

/* `other`: the cell that it is compared with; `cell` itself: the one of the base model in the same row, where there is one. */
LkCellViewer *lk_cell_viewer_new      (LkTestGrid   *grid,
                                       guint         cell,
                                       guint         other) G_GNUC_WARN_UNUSED_RESULT;
/* What is shown now. */
guint         lk_cell_viewer_get_cell (LkCellViewer *self);

G_END_DECLS
