/* LkGrid: pictures of one recipe with some of its values varied: strengths × prompts × base models × ….
 *
 * A grid is a folder: grid.json, one PNG a cell, named by the hash of its recipe, and a contact sheet. A cell that is there is
 * not drawn again: a grid that was stopped goes on, and a value more draws only its own cells.
 */
#pragma once

#include "generate/lk-generator.h"

G_BEGIN_DECLS

#define LK_GRID_ERROR (lk_grid_error_quark ())
GQuark lk_grid_error_quark (void);

typedef enum
{
  LK_GRID_ERROR_BAD_AXIS,
  LK_GRID_ERROR_DAMAGED,        /* grid.json is not what we write */
  LK_GRID_ERROR_TOO_LARGE,      /* for one sheet */
} LkGridError;

/* What an axis varies. STRENGTH and LORA are the first LoRA's. */
typedef enum
{
  LK_AXIS_STRENGTH,
  LK_AXIS_PROMPT,
  LK_AXIS_BASE,
  LK_AXIS_LORA,
  LK_AXIS_SEED,
  LK_AXIS_STEPS,
  LK_AXIS_CFG,
  LK_AXIS_SAMPLER,
  LK_AXIS_SCHEDULER,
  LK_N_AXES,
} LkAxisKind;

const char *lk_axis_get_id      (LkAxisKind       kind);     /* "strength", … */
const char *lk_axis_get_title   (LkAxisKind       kind);     /* for people, translated */

typedef struct _LkGrid LkGrid;

/* `recipe` is copied. */
LkGrid     *lk_grid_new         (const LkRecipe  *recipe);
void        lk_grid_free        (LkGrid          *grid);
/* Reads FOLDER/grid.json. */
LkGrid     *lk_grid_open        (const char      *folder,
                                 GError         **error);

/* Values as text, as the command line has them. The first axis is the columns, the second the rows, more are pages. */
gboolean    lk_grid_add_axis    (LkGrid              *grid,
                                 LkAxisKind           kind,
                                 const char * const  *values,
                                 GError             **error);
guint       lk_grid_get_n_axes  (LkGrid          *grid);
LkAxisKind  lk_grid_get_axis    (LkGrid          *grid,
                                 guint            axis);
const char * const *lk_grid_get_values (LkGrid   *grid,
                                 guint            axis);
guint       lk_grid_get_n_cells (LkGrid          *grid);
/* Cell `cell`, the first axis running fastest. Owned by the caller. */
LkRecipe   *lk_grid_get_recipe  (LkGrid          *grid,
                                 guint            cell,
                                 GError         **error);
/* HASH.png. Owned by the caller. */
char       *lk_grid_get_name    (LkGrid          *grid,
                                 guint            cell,
                                 GError         **error);

/* Cell `cell` of the grid is there, `drawn` of `n_cells` are. `was_there`: it had been drawn before. */
typedef void (*LkGridFunc) (gpointer data,
                            guint    cell,
                            guint    drawn,
                            guint    n_cells,
                            gboolean was_there);

/* Draws the missing cells into `folder`, writes grid.json first and the contact sheet last (none where it would be too large). */
gboolean    lk_grid_draw        (LkGrid          *grid,
                                 LkGenerator     *generator,
                                 const char      *folder,
                                 LkGridFunc       progress,
                                 gpointer         progress_data,
                                 GCancellable    *cancellable,
                                 GError         **error);
/* The first two axes with their labels; cells that are missing stay empty. */
LkPicture  *lk_grid_make_sheet  (LkGrid          *grid,
                                 const char      *folder,
                                 GError         **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkGrid, lk_grid_free)

G_END_DECLS
