/* LkGridCanvas: the shown page of a test grid: its cells with the labels of columns and rows, which stay in sight, to scroll and to zoom.
 *
 * One widget draws all of them, and only what is in sight, so that hundreds of cells scroll smoothly. A cursor goes from cell to cell by arrow keys, Home,
 * End and Page keys; Ctrl with the wheel, + and - zoom. Strengths rise from left to right in every language.
 *
 * Signals:
 *   activated (cell)               by a click on the cell with the cursor, Enter, or a double click
 *   moved ()                       the cursor is on another cell
 */
#pragma once

#include <adwaita.h>

#include "app/grids/lk-cell-textures.h"
#include "app/grids/lk-test-grid.h"

G_BEGIN_DECLS

#define LK_TYPE_GRID_CANVAS (lk_grid_canvas_get_type ())
G_DECLARE_FINAL_TYPE (LkGridCanvas, lk_grid_canvas, LK, GRID_CANVAS, GtkWidget)

#define LK_GRID_CANVAS_LEAST 48         /* the longer side of a cell */
#define LK_GRID_CANVAS_MOST 1024

/* NULL: none. */
void            lk_grid_canvas_set_grid      (LkGridCanvas   *self,
                                              LkTestGrid     *grid);
/* The cell with the cursor; of a grid that is not read, 0. */
guint           lk_grid_canvas_get_cell      (LkGridCanvas   *self);
double          lk_grid_canvas_get_side      (LkGridCanvas   *self);
/* The longer side of a cell in pixels; about the middle of what is in sight. */
void            lk_grid_canvas_set_side      (LkGridCanvas   *self,
                                              double          side);
/* As large as all columns are in sight. */
void            lk_grid_canvas_fit           (LkGridCanvas   *self);
/* How many cells in sight have their picture on the screen: for tests. */
guint           lk_grid_canvas_get_n_shown   (LkGridCanvas   *self);
LkCellTextures *lk_grid_canvas_get_textures  (LkGridCanvas   *self);

G_END_DECLS
