/* LkGrid: pictures of one recipe with some of its values varied: strengths × prompts × base models × ….
 *
 * A grid is a folder: grid.json, one PNG a cell, named by the hash of its recipe, and a contact sheet. A cell that is there is
 * not drawn again: a grid that was stopped goes on, and a value more draws only its own cells.
 *
 * The first axis is the columns, the second the rows; of every further axis one value is shown, its page. A grid belongs to one thread;
 * another one gets a copy.
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
LkGrid     *lk_grid_copy        (LkGrid          *grid);
void        lk_grid_free        (LkGrid          *grid);
/* Reads FOLDER/grid.json. */
LkGrid     *lk_grid_open        (const char      *folder,
                                 GError         **error);
/* Writes it, atomically; the folder is made. The cells' names are in it where they are known. */
gboolean    lk_grid_save        (LkGrid          *grid,
                                 const char      *folder,
                                 GError         **error);
/* What every cell begins from. Owned by the grid. */
const LkRecipe *lk_grid_get_base_recipe (LkGrid  *grid);
/* For people; NULL: none was given. */
const char *lk_grid_get_title   (LkGrid          *grid);
void        lk_grid_set_title   (LkGrid          *grid,
                                 const char      *title);

/* Values as text, as the command line has them. */
gboolean    lk_grid_add_axis    (LkGrid              *grid,
                                 LkAxisKind           kind,
                                 const char * const  *values,
                                 GError             **error);
guint       lk_grid_get_n_axes  (LkGrid          *grid);
LkAxisKind  lk_grid_get_axis    (LkGrid          *grid,
                                 guint            axis);
const char * const *lk_grid_get_values (LkGrid   *grid,
                                 guint            axis);
guint       lk_grid_get_n_values (LkGrid         *grid,
                                 guint            axis);
/* The axis of a kind; lk_grid_get_n_axes () where there is none. */
guint       lk_grid_find_axis   (LkGrid          *grid,
                                 LkAxisKind       kind);
/* One value more, at the end; a number goes where it belongs among numbers that rise. `label` (may be NULL) is what people call it. A value that is
 * there already is LK_GRID_ERROR_BAD_AXIS. */
gboolean    lk_grid_add_value   (LkGrid          *grid,
                                 guint            axis,
                                 const char      *value,
                                 const char      *label,
                                 GError         **error);
/* The last value goes with its axis, and is what all cells have from then on. Pictures stay in the folder. */
void        lk_grid_remove_value (LkGrid         *grid,
                                 guint            axis,
                                 guint            place);
/* Puts an axis where another one is, which takes its place: 0 makes it the columns, 1 the rows. */
void        lk_grid_swap_axes   (LkGrid          *grid,
                                 guint            first,
                                 guint            second);
void        lk_grid_set_label   (LkGrid          *grid,
                                 guint            axis,
                                 guint            place,
                                 const char      *label);
/* What people call a value: its label, a file's name, "Base Model" for strength 0; `is_long` says the axis with numbers. Owned by the caller. */
char       *lk_grid_dup_label   (LkGrid          *grid,
                                 guint            axis,
                                 guint            place,
                                 gboolean         is_long);
/* The page of an axis beyond the second. */
guint       lk_grid_get_page    (LkGrid          *grid,
                                 guint            axis);
void        lk_grid_set_page    (LkGrid          *grid,
                                 guint            axis,
                                 guint            place);

guint       lk_grid_get_n_cells (LkGrid          *grid);
/* Which value of `axis` a cell has; and the cell of the shown page at a column and a row. */
guint       lk_grid_get_place   (LkGrid          *grid,
                                 guint            cell,
                                 guint            axis);
guint       lk_grid_get_cell    (LkGrid          *grid,
                                 guint            column,
                                 guint            row);
/* 1 where there is no such axis. */
guint       lk_grid_get_n_columns (LkGrid        *grid);
guint       lk_grid_get_n_rows  (LkGrid          *grid);
/* What a screen reader says of a cell: "0.8, Library". Owned by the caller. */
char       *lk_grid_describe    (LkGrid          *grid,
                                 guint            cell);
/* Cell `cell`, the first axis running fastest. Owned by the caller. */
LkRecipe   *lk_grid_get_recipe  (LkGrid          *grid,
                                 guint            cell,
                                 GError         **error);
/* HASH.png. Owned by the caller. The files that it names are read the first time. */
char       *lk_grid_get_name    (LkGrid          *grid,
                                 guint            cell,
                                 GError         **error);
/* The names of all cells, in order; owned by the caller. Reads files: not for the main thread. */
GPtrArray  *lk_grid_name_cells  (LkGrid          *grid,
                                 GError         **error);
/* The names as the grid keeps them for its file: NULL before they were set, and again after a change of its values. Owned by the grid. */
GPtrArray  *lk_grid_get_names   (LkGrid          *grid);
void        lk_grid_set_names   (LkGrid          *grid,
                                 GPtrArray       *names);

/* All cells in the order to draw them: the shown page first; what is dear to change least often; the base model's pictures, then the strengths
 * that are nearest to 0.8. Array of guint, owned by the caller. */
GArray     *lk_grid_order       (LkGrid          *grid);
/* Draws one cell into the file. `func` may be NULL. */
gboolean    lk_grid_draw_cell   (LkGrid          *grid,
                                 LkGenerator     *generator,
                                 guint            cell,
                                 const char      *path,
                                 LkDrawFunc       func,
                                 gpointer         data,
                                 GCancellable    *cancellable,
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
/* The shown page with its labels; cells that are missing stay empty. */
LkPicture  *lk_grid_make_sheet  (LkGrid          *grid,
                                 const char      *folder,
                                 GError         **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkGrid, lk_grid_free)

G_END_DECLS
