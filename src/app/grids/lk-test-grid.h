/* LkTestGrid: a grid of the project as the window has it: its axes, which cells are drawn, and the job that draws the others.
 *
 * It belongs to the main thread. What is read, written and drawn is so on other threads, with copies of the LkGrid. A change is shown at once and saved
 * soon; a drawing that is on goes on with it, and what is drawn stays.
 *
 * Signals:
 *   changed ()                     axes, state or what is known of the cells
 *   cell-drawn (cell)              this one is there now
 *   message (text)                 a sentence for a person: what went wrong
 */
#pragma once

#include "app/window/lk-engine.h"
#include "generate/lk-grid.h"

G_BEGIN_DECLS

#define LK_TYPE_TEST_GRID (lk_test_grid_get_type ())
G_DECLARE_FINAL_TYPE (LkTestGrid, lk_test_grid, LK, TEST_GRID, GObject)

/* One that lies in a folder. `title` is what it is called until it is read; property "title". */
LkTestGrid *lk_test_grid_new          (LkProject   *project,
                                       const char  *folder,
                                       const char  *title);
/* A new one, saved in a folder of its own. Takes the grid. */
LkTestGrid *lk_test_grid_new_for_grid (LkProject   *project,
                                       LkGrid      *grid);
/* Reads it, the first time. */
void        lk_test_grid_load         (LkTestGrid  *self);

const char *lk_test_grid_get_folder   (LkTestGrid  *self);
const char *lk_test_grid_get_title    (LkTestGrid  *self);
/* NULL before it is read, and where it cannot be. Owned by the grid; a change goes into a copy. */
LkGrid     *lk_test_grid_get_grid     (LkTestGrid  *self);
/* What keeps it from being shown or drawn, a sentence; NULL: nothing. */
const char *lk_test_grid_get_trouble  (LkTestGrid  *self);
/* Takes `grid`, a changed copy. */
void        lk_test_grid_set_grid     (LkTestGrid  *self,
                                       LkGrid      *grid);

/* Whether its picture is there, and its file: NULL where its name is not known yet. The path is owned by the caller. */
gboolean    lk_test_grid_has_cell     (LkTestGrid  *self,
                                       guint        cell);
const char *lk_test_grid_get_name     (LkTestGrid  *self,
                                       guint        cell);
char       *lk_test_grid_dup_path     (LkTestGrid  *self,
                                       guint        cell);
guint       lk_test_grid_get_n_drawn  (LkTestGrid  *self);

/* Puts the cells that are missing into the engine's queue. */
void        lk_test_grid_draw         (LkTestGrid  *self);
/* Ends the drawing; what is drawn stays, and drawing again goes on from there. */
void        lk_test_grid_pause        (LkTestGrid  *self);
/* NULL: nothing is drawn or waits. */
LkJob      *lk_test_grid_get_job      (LkTestGrid  *self);

/* The grids of a project's folder, newest first: array of LkTestGrid, owned by the caller. The first reads the disk on a thread. */
void        lk_test_grid_list_async   (LkProject           *project,
                                       GAsyncReadyCallback  callback,
                                       gpointer             data);
GPtrArray  *lk_test_grid_list_finish  (LkProject           *project,
                                       GAsyncResult        *result);

G_END_DECLS
