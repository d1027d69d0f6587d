/* lk-grid.c: axes, cells, drawing what is missing, and the contact sheet. See the header. */
#define G_LOG_DOMAIN "likeness-generate"

#include "config.h"

#include <glib/gi18n.h>
#include <string.h>

#include "base/lk-file.h"
#include "formats/lk-label.h"
#include "formats/lk-png.h"
#include "generate/lk-grid.h"
#include "imaging/lk-resize.h"

G_DEFINE_QUARK (lk-grid-error-quark, lk_grid_error)

#define VERSION 1
#define MAX_CELLS 100000

typedef struct
{
  LkAxisKind   kind;
  char       **values;          /* owned */
  guint        n;
} Axis;

struct _LkGrid
{
  LkRecipe *recipe;             /* owned */
  GArray   *axes;               /* Axis */
};

/* ---- kinds ----------------------------------------------------------------------------------------------------- */

/* `cost` says how much a change of this value makes anew: a base model is read from disk, a seed is one number. */
static const struct
{
  const char *id;
  const char *title;
  guint       cost;
} kinds[LK_N_AXES] = {
  [LK_AXIS_STRENGTH]  = { "strength", N_("Strength"), 2 },
  [LK_AXIS_PROMPT]    = { "prompt", N_("Prompt"), 1 },
  [LK_AXIS_BASE]      = { "base", N_("Base Model"), 4 },
  [LK_AXIS_LORA]      = { "lora", N_("LoRA"), 3 },
  [LK_AXIS_SEED]      = { "seed", N_("Seed"), 0 },
  [LK_AXIS_STEPS]     = { "steps", N_("Steps"), 0 },
  [LK_AXIS_CFG]       = { "cfg", N_("CFG"), 0 },
  [LK_AXIS_SAMPLER]   = { "sampler", N_("Sampler"), 0 },
  [LK_AXIS_SCHEDULER] = { "scheduler", N_("Schedule"), 0 },
};

const char *
lk_axis_get_id (LkAxisKind kind)
{
  return kinds[kind].id;
}

const char *
lk_axis_get_title (LkAxisKind kind)
{
  return _(kinds[kind].title);
}

static gboolean
bad_value (LkAxisKind   kind,
           const char  *value,
           GError     **error)
{
  g_set_error (error, LK_GRID_ERROR, LK_GRID_ERROR_BAD_AXIS,
               _("“%s” is no value for the axis “%s”."), value, lk_axis_get_title (kind));
  return FALSE;
}

static gboolean
parse_number (LkAxisKind   kind,
              const char  *value,
              double       least,
              double       most,
              double      *number,
              GError     **error)
{
  char *end;

  *number = g_ascii_strtod (value, &end);
  if (*value == '\0' || *end != '\0' || !(*number >= least && *number <= most))
    return bad_value (kind, value, error);
  return TRUE;
}

static gboolean
parse_whole (LkAxisKind   kind,
             const char  *value,
             guint64      least,
             guint64      most,
             guint64     *number,
             GError     **error)
{
  return g_ascii_string_to_unsigned (value, 10, least, most, number, NULL) || bad_value (kind, value, error);
}

/* Sets the value in a recipe. */
static gboolean
apply (LkRecipe    *recipe,
       LkAxisKind   kind,
       const char  *value,
       GError     **error)
{
  LkRecipeLora *first = recipe->loras->len > 0 ? recipe->loras->pdata[0] : NULL;
  double number;
  guint64 whole;

  if ((kind == LK_AXIS_STRENGTH || kind == LK_AXIS_LORA) && first == NULL)
    {
      g_set_error (error, LK_GRID_ERROR, LK_GRID_ERROR_BAD_AXIS,
                   _("The axis “%s” needs a LoRA, and the grid has none."), lk_axis_get_title (kind));
      return FALSE;
    }

  switch (kind)
    {
    case LK_AXIS_STRENGTH:
      if (!parse_number (kind, value, -10, 10, &number, error))
        return FALSE;
      first->unet_strength = first->text_strength = number;
      return TRUE;
    case LK_AXIS_PROMPT:
      lk_recipe_set_text (&recipe->prompt, value);
      return TRUE;
    case LK_AXIS_BASE:
      lk_recipe_set_text (&recipe->base, value);
      return TRUE;
    case LK_AXIS_LORA:
      lk_recipe_set_text (&first->path, value);
      return TRUE;
    case LK_AXIS_SEED:
      return parse_whole (kind, value, 0, G_MAXINT64, &recipe->seed, error);
    case LK_AXIS_STEPS:
      if (!parse_whole (kind, value, 1, LK_MAX_STEPS, &whole, error))
        return FALSE;
      recipe->n_steps = (guint) whole;
      return TRUE;
    case LK_AXIS_CFG:
      return parse_number (kind, value, 0, 100, &recipe->cfg, error);
    case LK_AXIS_SAMPLER:
      return lk_sampler_from_name (value, &recipe->sampler, error);
    case LK_AXIS_SCHEDULER:
      return lk_scheduler_from_name (value, &recipe->scheduler, error);
    case LK_N_AXES:
    default:
      g_assert_not_reached ();
    }
}

/* ---- the grid -------------------------------------------------------------------------------------------------- */

static void
clear_axis (gpointer data)
{
  g_strfreev (((Axis *) data)->values);
}

LkGrid *
lk_grid_new (const LkRecipe *recipe)
{
  LkGrid *grid = g_new0 (LkGrid, 1);

  grid->recipe = lk_recipe_copy (recipe);
  grid->axes = g_array_new (FALSE, FALSE, sizeof (Axis));
  g_array_set_clear_func (grid->axes, clear_axis);

  return grid;
}

void
lk_grid_free (LkGrid *grid)
{
  lk_recipe_free (grid->recipe);
  g_array_unref (grid->axes);
  g_free (grid);
}

static const Axis *
get_axis (LkGrid *grid,
          guint   axis)
{
  return &g_array_index (grid->axes, Axis, axis);
}

gboolean
lk_grid_add_axis (LkGrid              *grid,
                  LkAxisKind           kind,
                  const char * const  *values,
                  GError             **error)
{
  g_autoptr (LkRecipe) trial = lk_recipe_copy (grid->recipe);
  Axis axis = { .kind = kind, .n = g_strv_length ((char **) values) };

  if (axis.n == 0 || (guint64) lk_grid_get_n_cells (grid) * axis.n > MAX_CELLS)
    {
      g_set_error (error, LK_GRID_ERROR, LK_GRID_ERROR_BAD_AXIS,
                   _("The axis “%s” has %u values. A grid has from 1 to %d cells."), lk_axis_get_title (kind), axis.n, MAX_CELLS);
      return FALSE;
    }
  for (guint i = 0; i < axis.n; i++)
    if (!apply (trial, kind, values[i], error))
      return FALSE;

  axis.values = g_strdupv ((char **) values);
  g_array_append_val (grid->axes, axis);
  return TRUE;
}

guint
lk_grid_get_n_axes (LkGrid *grid)
{
  return grid->axes->len;
}

LkAxisKind
lk_grid_get_axis (LkGrid *grid,
                  guint   axis)
{
  return get_axis (grid, axis)->kind;
}

const char * const *
lk_grid_get_values (LkGrid *grid,
                    guint   axis)
{
  return (const char * const *) get_axis (grid, axis)->values;
}

guint
lk_grid_get_n_cells (LkGrid *grid)
{
  guint n = 1;

  for (guint a = 0; a < grid->axes->len; a++)
    n *= get_axis (grid, a)->n;
  return n;
}

/* Which value of `axis` a cell has. */
static guint
get_place (LkGrid *grid,
           guint   cell,
           guint   axis)
{
  for (guint a = 0; a < axis; a++)
    cell /= get_axis (grid, a)->n;
  return cell % get_axis (grid, axis)->n;
}

LkRecipe *
lk_grid_get_recipe (LkGrid  *grid,
                    guint    cell,
                    GError **error)
{
  g_autoptr (LkRecipe) recipe = lk_recipe_copy (grid->recipe);

  for (guint a = 0; a < grid->axes->len; a++)
    {
      const Axis *axis = get_axis (grid, a);

      if (!apply (recipe, axis->kind, axis->values[get_place (grid, cell, a)], error))
        return NULL;
    }

  return g_steal_pointer (&recipe);
}

char *
lk_grid_get_name (LkGrid  *grid,
                  guint    cell,
                  GError **error)
{
  g_autoptr (LkRecipe) recipe = lk_grid_get_recipe (grid, cell, error);
  g_autofree char *hash = recipe ? lk_recipe_get_hash (recipe, error) : NULL;

  return hash ? g_strconcat (hash, ".png", NULL) : NULL;
}

/* ---- grid.json ------------------------------------------------------------------------------------------------- */

/* `names`: the cells' files. */
static gboolean
write_json (LkGrid      *grid,
            GPtrArray   *names,
            const char  *folder,
            GError     **error)
{
  g_autoptr (cJSON) json = cJSON_CreateObject ();
  g_autofree char *path = g_build_filename (folder, "grid.json", NULL);
  cJSON *axes, *cells;

  lk_json_add_int (json, "version", VERSION);
  cJSON_AddItemToObject (json, "recipe", lk_recipe_to_json (grid->recipe, TRUE));
  axes = cJSON_AddArrayToObject (json, "axes");
  for (guint a = 0; a < grid->axes->len; a++)
    {
      const Axis *axis = get_axis (grid, a);
      cJSON *item = cJSON_CreateObject ();

      cJSON_AddStringToObject (item, "kind", kinds[axis->kind].id);
      cJSON_AddItemToObject (item, "values", cJSON_CreateStringArray ((const char * const *) axis->values, (int) axis->n));
      cJSON_AddItemToArray (axes, item);
    }
  cells = cJSON_AddArrayToObject (json, "cells");
  for (guint i = 0; i < names->len; i++)
    cJSON_AddItemToArray (cells, cJSON_CreateString (names->pdata[i]));

  return lk_json_write (json, path, error);
}

static gboolean
read_axis (LkGrid       *grid,
           const cJSON  *json,
           GError      **error)
{
  const char *id = lk_json_get_string (json, "kind", "");
  g_autoptr (GStrvBuilder) values = g_strv_builder_new ();
  g_auto (GStrv) list = NULL;
  const cJSON *value;

  cJSON_ArrayForEach (value, lk_json_get_array (json, "values"))
    if (cJSON_IsString (value))
      g_strv_builder_add (values, value->valuestring);
  list = g_strv_builder_end (values);

  for (guint kind = 0; kind < LK_N_AXES; kind++)
    if (g_str_equal (id, kinds[kind].id))
      return lk_grid_add_axis (grid, kind, (const char * const *) list, error);

  g_set_error (error, LK_GRID_ERROR, LK_GRID_ERROR_DAMAGED, _("A grid has no axis “%s”."), id);
  return FALSE;
}

LkGrid *
lk_grid_open (const char  *folder,
              GError     **error)
{
  g_autofree char *path = g_build_filename (folder, "grid.json", NULL);
  g_autoptr (cJSON) json = lk_json_read (path, error);
  g_autoptr (LkRecipe) recipe = NULL;
  g_autoptr (LkGrid) grid = NULL;
  const cJSON *axis;

  if (json == NULL)
    return NULL;
  if (lk_json_get_int (json, "version", 0) != VERSION || lk_json_get_object (json, "recipe") == NULL)
    {
      g_set_error (error, LK_GRID_ERROR, LK_GRID_ERROR_DAMAGED,
                   _("“%s” does not hold a grid as this version of Likeness writes them."), path);
      return NULL;
    }
  recipe = lk_recipe_from_json (lk_json_get_object (json, "recipe"), error);
  if (recipe == NULL)
    return NULL;

  grid = lk_grid_new (recipe);
  cJSON_ArrayForEach (axis, lk_json_get_array (json, "axes"))
    if (!read_axis (grid, axis, error))
      return NULL;
  return g_steal_pointer (&grid);
}

/* ---- drawing --------------------------------------------------------------------------------------------------- */

typedef struct
{
  LkGrid *grid;
  guint   axes[LK_N_AXES * 4];  /* dearest first */
  guint   n_axes;
} Order;

static int
compare_cells (gconstpointer a,
               gconstpointer b,
               gpointer      data)
{
  const Order *order = data;
  guint first = *(const guint *) a, second = *(const guint *) b;

  for (guint i = 0; i < order->n_axes; i++)
    {
      guint x = get_place (order->grid, first, order->axes[i]), y = get_place (order->grid, second, order->axes[i]);

      if (x != y)
        return x < y ? -1 : 1;
    }
  return 0;
}

/* All cells in the order that changes dear values least often. Owned by the caller. */
static GArray *
order_cells (LkGrid *grid)
{
  guint n = lk_grid_get_n_cells (grid);
  GArray *cells = g_array_sized_new (FALSE, FALSE, sizeof (guint), n);
  Order order = { .grid = grid };

  for (int cost = 4; cost >= 0; cost--)
    for (guint a = 0; a < grid->axes->len && order.n_axes < G_N_ELEMENTS (order.axes); a++)
      if ((int) kinds[get_axis (grid, a)->kind].cost == cost)
        order.axes[order.n_axes++] = a;

  for (guint i = 0; i < n; i++)
    g_array_append_val (cells, i);
  g_array_sort_with_data (cells, compare_cells, &order);
  return cells;
}

static gboolean
draw_cell (LkGrid        *grid,
           LkGenerator   *generator,
           guint          cell,
           const char    *path,
           GCancellable  *cancellable,
           GError       **error)
{
  g_autoptr (LkRecipe) recipe = lk_grid_get_recipe (grid, cell, error);
  g_autoptr (LkPicture) picture = NULL;

  if (recipe == NULL)
    return FALSE;
  picture = lk_generator_draw (generator, recipe, NULL, NULL, cancellable, NULL, NULL, error);
  return picture && lk_recipe_save_picture (recipe, picture, path, error);
}

static GPtrArray *
name_cells (LkGrid  *grid,
            GError **error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < lk_grid_get_n_cells (grid); i++)
    {
      char *name = lk_grid_get_name (grid, i, error);

      if (name == NULL)
        return NULL;
      g_ptr_array_add (names, name);
    }
  return g_steal_pointer (&names);
}

gboolean
lk_grid_draw (LkGrid        *grid,
              LkGenerator   *generator,
              const char    *folder,
              LkGridFunc     progress,
              gpointer       progress_data,
              GCancellable  *cancellable,
              GError       **error)
{
  g_autoptr (GPtrArray) names = name_cells (grid, error);
  g_autoptr (GArray) cells = NULL;
  g_autoptr (LkPicture) sheet = NULL;
  g_autofree char *sheet_path = g_build_filename (folder, "sheet.png", NULL);
  g_autoptr (GError) trouble = NULL;

  if (names == NULL || !lk_file_make_folder (folder, error) || !write_json (grid, names, folder, error))
    return FALSE;

  cells = order_cells (grid);
  for (guint i = 0; i < cells->len; i++)
    {
      guint cell = g_array_index (cells, guint, i);
      g_autofree char *path = g_build_filename (folder, names->pdata[cell], NULL);
      gboolean was_there = g_file_test (path, G_FILE_TEST_EXISTS);

      if (!was_there && !draw_cell (grid, generator, cell, path, cancellable, error))
        return FALSE;
      if (progress)
        progress (progress_data, cell, i + 1, cells->len, was_there);
    }

  sheet = lk_grid_make_sheet (grid, folder, &trouble);
  if (sheet)
    return lk_png_write (sheet, NULL, sheet_path, error);
  if (g_error_matches (trouble, LK_GRID_ERROR, LK_GRID_ERROR_TOO_LARGE))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&trouble));
  return FALSE;
}

/* ---- the contact sheet ----------------------------------------------------------------------------------------- */

#define SHEET_SIDE 384          /* a cell's longest side on the sheet, in pixels */
#define SHEET_GAP 6
#define SHEET_LABEL 15          /* font size */
#define SHEET_ROW_LABEL 190     /* width of the labels of rows */
#define SHEET_COLOR 0x202020

static const LkLabelStyle column_style = { .size = SHEET_LABEL, .bold = TRUE, .color = SHEET_COLOR, .max_lines = 3, .align = LK_LABEL_CENTER };
static const LkLabelStyle row_style = { .size = SHEET_LABEL - 2, .color = SHEET_COLOR, .max_lines = 9, .align = LK_LABEL_START };

/* What a value is called on the sheet: files by name, texts as they are, numbers with the axis. Owned by the caller. */
static char *
make_label (const Axis *axis,
            guint       place)
{
  const char *value = axis->values[place];

  switch (axis->kind)
    {
    case LK_AXIS_PROMPT:
    case LK_AXIS_SAMPLER:
    case LK_AXIS_SCHEDULER:
      return g_strdup (value);
    case LK_AXIS_BASE:
    case LK_AXIS_LORA:
      {
        g_autofree char *name = g_path_get_basename (value);

        return g_filename_display_name (name);
      }
    default:
      return g_strdup_printf ("%s %s", lk_axis_get_title (axis->kind), value);
    }
}

static void
paste (LkPicture       *sheet,
       const LkPicture *picture,
       guint            left,
       guint            top)
{
  for (guint y = 0; y < picture->height; y++)
    memcpy (lk_picture_row (sheet, top + y) + 3 * left, lk_picture_row (picture, y), 3 * (gsize) picture->width);
}

/* The cell as it lies in the folder, not larger than the sheet wants it; NULL without error: it is not there yet. */
static LkPicture *
read_cell (LkGrid      *grid,
           guint        cell,
           const char  *folder,
           GError     **error)
{
  g_autofree char *name = lk_grid_get_name (grid, cell, error);
  g_autofree char *path = name ? g_build_filename (folder, name, NULL) : NULL;
  g_autoptr (LkPicture) picture = NULL;

  if (path == NULL || !g_file_test (path, G_FILE_TEST_EXISTS))
    return NULL;
  picture = lk_picture_read (path, LK_PICTURE_ON_WHITE, NULL, error);
  return picture ? lk_resize_within (picture, SHEET_SIDE) : NULL;
}

LkPicture *
lk_grid_make_sheet (LkGrid      *grid,
                    const char  *folder,
                    GError     **error)
{
  const Axis *columns = grid->axes->len > 0 ? get_axis (grid, 0) : NULL, *rows = grid->axes->len > 1 ? get_axis (grid, 1) : NULL;
  guint n_columns = columns ? columns->n : 1, n_rows = rows ? rows->n : 1;
  double scale = MIN (1., (double) SHEET_SIDE / MAX (grid->recipe->width, grid->recipe->height));
  guint width = MAX (1, (guint) (grid->recipe->width * scale + 0.5)), height = MAX (1, (guint) (grid->recipe->height * scale + 0.5));
  guint left = rows ? SHEET_ROW_LABEL + SHEET_GAP : SHEET_GAP, top = SHEET_GAP;
  LkLabelStyle style = column_style, side_style = row_style;
  g_autoptr (LkPicture) sheet = NULL;

  style.width = width;
  side_style.width = SHEET_ROW_LABEL - SHEET_GAP;
  for (guint c = 0; columns && c < n_columns; c++)
    {
      g_autofree char *label = make_label (columns, c);
      guint label_width, label_height;

      lk_label_measure (label, &style, &label_width, &label_height);
      top = MAX (top, label_height + 2 * SHEET_GAP);
    }

  sheet = lk_picture_new (left + n_columns * (width + SHEET_GAP), top + n_rows * (height + SHEET_GAP), 3);
  if (sheet == NULL)
    {
      g_set_error (error, LK_GRID_ERROR, LK_GRID_ERROR_TOO_LARGE, _("The grid is too large for one contact sheet. Its cells are all there."));
      return NULL;
    }
  memset (sheet->data, 0xff, sheet->stride * sheet->height);

  for (guint c = 0; columns && c < n_columns; c++)
    {
      g_autofree char *label = make_label (columns, c);

      lk_label_draw (sheet, label, &style, (int) (left + c * (width + SHEET_GAP)), SHEET_GAP);
    }
  for (guint r = 0; r < n_rows; r++)
    {
      guint y = top + r * (height + SHEET_GAP);
      g_autofree char *label = rows ? make_label (rows, r) : g_strdup ("");

      lk_label_draw (sheet, label, &side_style, SHEET_GAP, (int) y);
      for (guint c = 0; c < n_columns; c++)
        {
          g_autoptr (GError) trouble = NULL;
          g_autoptr (LkPicture) picture = read_cell (grid, r * n_columns + c, folder, &trouble);

          if (trouble)
            {
              g_propagate_error (error, g_steal_pointer (&trouble));
              return NULL;
            }
          if (picture && picture->width <= width && picture->height <= height)
            paste (sheet, picture, left + c * (width + SHEET_GAP), y);
        }
    }

  return g_steal_pointer (&sheet);
}
