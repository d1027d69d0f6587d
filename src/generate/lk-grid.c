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
  LkAxisKind  kind;
  GPtrArray  *values;           /* strings and a NULL; owned */
  GPtrArray  *labels;           /* strings or NULL, one a value; owned */
  guint       n;
  guint       page;             /* of the values: what is shown of an axis beyond the second */
} Axis;

struct _LkGrid
{
  LkRecipe  *recipe;            /* owned */
  char      *title;             /* owned; may be NULL */
  GArray    *axes;              /* Axis */
  GPtrArray *names;             /* owned reference; may be NULL */
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
  g_ptr_array_unref (((Axis *) data)->values);
  g_ptr_array_unref (((Axis *) data)->labels);
}

static Axis *
get_axis (LkGrid *grid,
          guint   axis)
{
  return &g_array_index (grid->axes, Axis, axis);
}

/* Other values make other cells. */
static void
changed (LkGrid *grid)
{
  g_clear_pointer (&grid->names, g_ptr_array_unref);
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

static void
init_axis (Axis       *axis,
           LkAxisKind  kind)
{
  *axis = (Axis) {
    .kind = kind,
    .values = g_ptr_array_new_null_terminated (0, g_free, TRUE),
    .labels = g_ptr_array_new_with_free_func (g_free),
  };
}

static void
insert_value (Axis       *axis,
              guint       place,
              const char *value,
              const char *label)
{
  g_ptr_array_insert (axis->values, (int) place, g_strdup (value));
  g_ptr_array_insert (axis->labels, (int) place, g_strdup (label));
  axis->n++;
}

LkGrid *
lk_grid_copy (LkGrid *grid)
{
  LkGrid *copy = lk_grid_new (grid->recipe);

  copy->title = g_strdup (grid->title);
  for (guint a = 0; a < grid->axes->len; a++)
    {
      const Axis *from = get_axis (grid, a);
      Axis axis;

      init_axis (&axis, from->kind);
      for (guint i = 0; i < from->n; i++)
        insert_value (&axis, i, from->values->pdata[i], from->labels->pdata[i]);
      axis.page = from->page;
      g_array_append_val (copy->axes, axis);
    }
  if (grid->names)
    copy->names = g_ptr_array_ref (grid->names);

  return copy;
}

void
lk_grid_free (LkGrid *grid)
{
  lk_recipe_free (grid->recipe);
  g_array_unref (grid->axes);
  g_clear_pointer (&grid->names, g_ptr_array_unref);
  g_free (grid->title);
  g_free (grid);
}

const LkRecipe *
lk_grid_get_base_recipe (LkGrid *grid)
{
  return grid->recipe;
}

const char *
lk_grid_get_title (LkGrid *grid)
{
  return grid->title;
}

void
lk_grid_set_title (LkGrid     *grid,
                   const char *title)
{
  g_set_str (&grid->title, title);
}

gboolean
lk_grid_add_axis (LkGrid              *grid,
                  LkAxisKind           kind,
                  const char * const  *values,
                  GError             **error)
{
  g_autoptr (LkRecipe) trial = lk_recipe_copy (grid->recipe);
  guint n = g_strv_length ((char **) values);
  Axis axis;

  if (n == 0 || (guint64) lk_grid_get_n_cells (grid) * n > MAX_CELLS)
    {
      g_set_error (error, LK_GRID_ERROR, LK_GRID_ERROR_BAD_AXIS,
                   _("The axis “%s” has %u values. A grid has from 1 to %d cells."), lk_axis_get_title (kind), n, MAX_CELLS);
      return FALSE;
    }
  for (guint i = 0; i < n; i++)
    if (!apply (trial, kind, values[i], error))
      return FALSE;

  init_axis (&axis, kind);
  for (guint i = 0; i < n; i++)
    insert_value (&axis, i, values[i], NULL);
  g_array_append_val (grid->axes, axis);
  changed (grid);
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
  return (const char * const *) get_axis (grid, axis)->values->pdata;
}

guint
lk_grid_get_n_values (LkGrid *grid,
                      guint   axis)
{
  return get_axis (grid, axis)->n;
}

guint
lk_grid_find_axis (LkGrid     *grid,
                   LkAxisKind  kind)
{
  guint axis = 0;

  while (axis < grid->axes->len && get_axis (grid, axis)->kind != kind)
    axis++;
  return axis;
}

static gboolean
is_number (LkAxisKind kind)
{
  return kind == LK_AXIS_STRENGTH || kind == LK_AXIS_SEED || kind == LK_AXIS_STEPS || kind == LK_AXIS_CFG;
}

/* "0.80" and "0.8" are one value. */
static gboolean
is_same_value (LkAxisKind  kind,
               const char *a,
               const char *b)
{
  return is_number (kind) ? g_ascii_strtod (a, NULL) == g_ascii_strtod (b, NULL) : g_str_equal (a, b);
}

/* Where a number belongs among numbers that rise; else the end. */
static guint
find_place (const Axis *axis,
            const char *value)
{
  double number = g_ascii_strtod (value, NULL);
  guint place = axis->n;

  if (!is_number (axis->kind))
    return axis->n;
  for (guint i = 0; i < axis->n; i++)
    {
      if (i > 0 && g_ascii_strtod (axis->values->pdata[i - 1], NULL) > g_ascii_strtod (axis->values->pdata[i], NULL))
        return axis->n;
      if (place == axis->n && g_ascii_strtod (axis->values->pdata[i], NULL) > number)
        place = i;
    }
  return place;
}

gboolean
lk_grid_add_value (LkGrid      *grid,
                   guint        axis_index,
                   const char  *value,
                   const char  *label,
                   GError     **error)
{
  g_autoptr (LkRecipe) trial = lk_recipe_copy (grid->recipe);
  Axis *axis = get_axis (grid, axis_index);

  if (!apply (trial, axis->kind, value, error))
    return FALSE;
  for (guint i = 0; i < axis->n; i++)
    if (is_same_value (axis->kind, axis->values->pdata[i], value))
      {
        g_set_error (error, LK_GRID_ERROR, LK_GRID_ERROR_BAD_AXIS, _("The axis “%s” has “%s” already."), lk_axis_get_title (axis->kind), value);
        return FALSE;
      }
  if ((guint64) lk_grid_get_n_cells (grid) / axis->n * (axis->n + 1) > MAX_CELLS)
    {
      g_set_error (error, LK_GRID_ERROR, LK_GRID_ERROR_BAD_AXIS, _("A grid has at most %d cells."), MAX_CELLS);
      return FALSE;
    }

  insert_value (axis, find_place (axis, value), value, label);
  changed (grid);
  return TRUE;
}

void
lk_grid_remove_value (LkGrid *grid,
                      guint   axis_index,
                      guint   place)
{
  Axis *axis = get_axis (grid, axis_index);

  if (axis->n == 1)
    {
      apply (grid->recipe, axis->kind, axis->values->pdata[0], NULL);     /* was applied when it was added */
      g_array_remove_index (grid->axes, axis_index);
    }
  else
    {
      g_ptr_array_remove_index (axis->values, place);
      g_ptr_array_remove_index (axis->labels, place);
      axis->n--;
      axis->page = MIN (axis->page, axis->n - 1);
    }
  changed (grid);
}

void
lk_grid_swap_axes (LkGrid *grid,
                   guint   first,
                   guint   second)
{
  Axis axis = *get_axis (grid, first);

  *get_axis (grid, first) = *get_axis (grid, second);
  *get_axis (grid, second) = axis;
  changed (grid);
}

void
lk_grid_set_label (LkGrid     *grid,
                   guint       axis,
                   guint       place,
                   const char *label)
{
  GPtrArray *labels = get_axis (grid, axis)->labels;

  g_free (labels->pdata[place]);
  labels->pdata[place] = g_strdup (label);
}

char *
lk_grid_dup_label (LkGrid   *grid,
                   guint     axis_index,
                   guint     place,
                   gboolean  is_long)
{
  const Axis *axis = get_axis (grid, axis_index);
  const char *value = axis->values->pdata[place], *label = axis->labels->pdata[place];

  if (label != NULL && *label != '\0')
    return g_strdup (label);

  switch (axis->kind)
    {
    case LK_AXIS_PROMPT:
      return g_strdup (value);
    case LK_AXIS_SAMPLER:
    case LK_AXIS_SCHEDULER:
      return g_strdup (value);
    case LK_AXIS_BASE:
    case LK_AXIS_LORA:
      {
        g_autofree char *name = g_path_get_basename (value);

        return g_filename_display_name (name);
      }
    case LK_AXIS_STRENGTH:
      /* Without the LoRA: what the others are compared with. */
      if (g_ascii_strtod (value, NULL) == 0 && grid->recipe->loras->len == 1)
        return g_strdup (_("Base Model"));
      G_GNUC_FALLTHROUGH;
    default:
      return is_long ? g_strdup_printf ("%s %s", lk_axis_get_title (axis->kind), value) : g_strdup (value);
    }
}

guint
lk_grid_get_page (LkGrid *grid,
                  guint   axis)
{
  return get_axis (grid, axis)->page;
}

void
lk_grid_set_page (LkGrid *grid,
                  guint   axis,
                  guint   place)
{
  g_return_if_fail (place < get_axis (grid, axis)->n);

  get_axis (grid, axis)->page = place;
}

guint
lk_grid_get_n_cells (LkGrid *grid)
{
  guint n = 1;

  for (guint a = 0; a < grid->axes->len; a++)
    n *= get_axis (grid, a)->n;
  return n;
}

guint
lk_grid_get_place (LkGrid *grid,
                   guint   cell,
                   guint   axis)
{
  for (guint a = 0; a < axis; a++)
    cell /= get_axis (grid, a)->n;
  return cell % get_axis (grid, axis)->n;
}

guint
lk_grid_get_n_columns (LkGrid *grid)
{
  return grid->axes->len > 0 ? get_axis (grid, 0)->n : 1;
}

guint
lk_grid_get_n_rows (LkGrid *grid)
{
  return grid->axes->len > 1 ? get_axis (grid, 1)->n : 1;
}

guint
lk_grid_get_cell (LkGrid *grid,
                  guint   column,
                  guint   row)
{
  guint cell = 0;

  for (guint a = grid->axes->len; a-- > 2;)
    cell = cell * get_axis (grid, a)->n + get_axis (grid, a)->page;
  return (cell * lk_grid_get_n_rows (grid) + row) * lk_grid_get_n_columns (grid) + column;
}

char *
lk_grid_describe (LkGrid *grid,
                  guint   cell)
{
  GString *words = g_string_new (NULL);

  for (guint a = 0; a < grid->axes->len; a++)
    {
      g_autofree char *label = lk_grid_dup_label (grid, a, lk_grid_get_place (grid, cell, a), TRUE);

      g_string_append_printf (words, "%s%s", a > 0 ? ", " : "", label);
    }
  return g_string_free (words, FALSE);
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

      if (!apply (recipe, axis->kind, axis->values->pdata[lk_grid_get_place (grid, cell, a)], error))
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

GPtrArray *
lk_grid_name_cells (LkGrid  *grid,
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

GPtrArray *
lk_grid_get_names (LkGrid *grid)
{
  return grid->names;
}

void
lk_grid_set_names (LkGrid    *grid,
                   GPtrArray *names)
{
  g_return_if_fail (names == NULL || names->len == lk_grid_get_n_cells (grid));

  g_clear_pointer (&grid->names, g_ptr_array_unref);
  grid->names = names ? g_ptr_array_ref (names) : NULL;
}

/* ---- grid.json ------------------------------------------------------------------------------------------------- */

static cJSON *
axis_to_json (const Axis *axis)
{
  cJSON *json = cJSON_CreateObject (), *labels = cJSON_CreateObject ();

  cJSON_AddStringToObject (json, "kind", kinds[axis->kind].id);
  cJSON_AddItemToObject (json, "values", cJSON_CreateStringArray ((const char * const *) axis->values->pdata, (int) axis->n));
  for (guint i = 0; i < axis->n; i++)
    if (axis->labels->pdata[i])
      cJSON_AddStringToObject (labels, axis->values->pdata[i], axis->labels->pdata[i]);
  cJSON_AddItemToObject (json, "labels", labels);
  lk_json_add_int (json, "page", axis->page);

  return json;
}

gboolean
lk_grid_save (LkGrid      *grid,
              const char  *folder,
              GError     **error)
{
  g_autoptr (cJSON) json = cJSON_CreateObject ();
  g_autofree char *path = g_build_filename (folder, "grid.json", NULL);
  cJSON *axes, *cells;

  lk_json_add_int (json, "version", VERSION);
  if (grid->title)
    cJSON_AddStringToObject (json, "title", grid->title);
  cJSON_AddItemToObject (json, "recipe", lk_recipe_to_json (grid->recipe, TRUE));
  axes = cJSON_AddArrayToObject (json, "axes");
  for (guint a = 0; a < grid->axes->len; a++)
    cJSON_AddItemToArray (axes, axis_to_json (get_axis (grid, a)));
  cells = cJSON_AddArrayToObject (json, "cells");
  for (guint i = 0; grid->names && i < grid->names->len; i++)
    cJSON_AddItemToArray (cells, cJSON_CreateString (grid->names->pdata[i]));

  return lk_file_make_folder (folder, error) && lk_json_write (json, path, error);
}

static gboolean
read_axis (LkGrid       *grid,
           const cJSON  *json,
           GError      **error)
{
  const char *id = lk_json_get_string (json, "kind", "");
  const cJSON *labels = lk_json_get_object (json, "labels"), *value;
  g_autoptr (GPtrArray) values = g_ptr_array_new_null_terminated (0, NULL, TRUE);
  guint kind = 0;
  Axis *axis;

  cJSON_ArrayForEach (value, lk_json_get_array (json, "values"))
    if (cJSON_IsString (value))
      g_ptr_array_add (values, value->valuestring);
  while (kind < LK_N_AXES && !g_str_equal (id, kinds[kind].id))
    kind++;
  if (kind == LK_N_AXES)
    {
      g_set_error (error, LK_GRID_ERROR, LK_GRID_ERROR_DAMAGED, _("A grid has no axis “%s”."), id);
      return FALSE;
    }
  if (!lk_grid_add_axis (grid, kind, (const char * const *) values->pdata, error))
    return FALSE;

  axis = get_axis (grid, grid->axes->len - 1);
  axis->page = (guint) CLAMP (lk_json_get_int (json, "page", 0), 0, (gint64) axis->n - 1);
  for (guint i = 0; labels && i < axis->n; i++)
    lk_grid_set_label (grid, grid->axes->len - 1, i, lk_json_get_string (labels, axis->values->pdata[i], NULL));
  return TRUE;
}

/* Names are ours: HASH.png. Anything else could lead out of the folder. */
static gboolean
is_cell_name (const char *name)
{
  return strlen (name) == 36 && strspn (name, "0123456789abcdef") == 32 && g_str_has_suffix (name, ".png");
}

static void
read_names (LkGrid      *grid,
            const cJSON *json)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  const cJSON *name;

  cJSON_ArrayForEach (name, json)
    if (cJSON_IsString (name) && is_cell_name (name->valuestring))
      g_ptr_array_add (names, g_strdup (name->valuestring));
  if (names->len == lk_grid_get_n_cells (grid))
    lk_grid_set_names (grid, names);
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
  lk_grid_set_title (grid, lk_json_get_string (json, "title", NULL));
  cJSON_ArrayForEach (axis, lk_json_get_array (json, "axes"))
    if (!read_axis (grid, axis, error))
      return NULL;
  read_names (grid, lk_json_get_array (json, "cells"));
  return g_steal_pointer (&grid);
}

/* ---- drawing --------------------------------------------------------------------------------------------------- */

#define BEST_STRENGTH 0.8       /* where the sweet spot usually is: what a person wants to see first */

typedef struct
{
  LkGrid *grid;
  guint   axes[LK_N_AXES * 4];  /* dearest first */
  guint   n_axes;
} Order;

/* The base model first, for contrast, then the strengths by their distance from the usual one. */
static double
get_rank (const Axis *axis,
          guint       place)
{
  double number;

  if (axis->kind != LK_AXIS_STRENGTH)
    return place;
  number = g_ascii_strtod (axis->values->pdata[place], NULL);
  return number == 0 ? -1 : ABS (number - BEST_STRENGTH);
}

/* Whether a cell is on the page that is shown. */
static gboolean
is_shown (LkGrid *grid,
          guint   cell)
{
  for (guint a = 2; a < grid->axes->len; a++)
    if (lk_grid_get_place (grid, cell, a) != get_axis (grid, a)->page)
      return FALSE;
  return TRUE;
}

static int
compare_cells (gconstpointer a,
               gconstpointer b,
               gpointer      data)
{
  const Order *order = data;
  guint first = *(const guint *) a, second = *(const guint *) b;
  gboolean first_is_shown = is_shown (order->grid, first);

  if (first_is_shown != is_shown (order->grid, second))
    return first_is_shown ? -1 : 1;
  for (guint i = 0; i < order->n_axes; i++)
    {
      const Axis *axis = get_axis (order->grid, order->axes[i]);
      double x = get_rank (axis, lk_grid_get_place (order->grid, first, order->axes[i]));
      double y = get_rank (axis, lk_grid_get_place (order->grid, second, order->axes[i]));

      if (x != y)
        return x < y ? -1 : 1;
    }
  return first < second ? -1 : first > second;
}

GArray *
lk_grid_order (LkGrid *grid)
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

gboolean
lk_grid_draw_cell (LkGrid        *grid,
                   LkGenerator   *generator,
                   guint          cell,
                   const char    *path,
                   LkDrawFunc     func,
                   gpointer       data,
                   GCancellable  *cancellable,
                   GError       **error)
{
  g_autoptr (LkRecipe) recipe = lk_grid_get_recipe (grid, cell, error);
  g_autoptr (LkPicture) picture = NULL;

  if (recipe == NULL)
    return FALSE;
  picture = lk_generator_draw (generator, recipe, func, data, cancellable, NULL, NULL, error);
  return picture && lk_recipe_save_picture (recipe, picture, path, error);
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
  g_autoptr (GPtrArray) names = lk_grid_name_cells (grid, error);
  g_autoptr (GArray) cells = NULL;
  g_autoptr (LkPicture) sheet = NULL;
  g_autofree char *sheet_path = g_build_filename (folder, "sheet.png", NULL);
  g_autoptr (GError) trouble = NULL;

  if (names == NULL)
    return FALSE;
  lk_grid_set_names (grid, names);
  if (!lk_grid_save (grid, folder, error))
    return FALSE;

  cells = lk_grid_order (grid);
  for (guint i = 0; i < cells->len; i++)
    {
      guint cell = g_array_index (cells, guint, i);
      g_autofree char *path = g_build_filename (folder, names->pdata[cell], NULL);
      gboolean was_there = g_file_test (path, G_FILE_TEST_EXISTS);

      if (!was_there && !lk_grid_draw_cell (grid, generator, cell, path, NULL, NULL, cancellable, error))
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
  g_autofree char *name = grid->names ? g_strdup (grid->names->pdata[cell]) : lk_grid_get_name (grid, cell, error);
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
  gboolean has_columns = grid->axes->len > 0, has_rows = grid->axes->len > 1;
  guint n_columns = lk_grid_get_n_columns (grid), n_rows = lk_grid_get_n_rows (grid);
  double scale = MIN (1., (double) SHEET_SIDE / MAX (grid->recipe->width, grid->recipe->height));
  guint width = MAX (1, (guint) (grid->recipe->width * scale + 0.5)), height = MAX (1, (guint) (grid->recipe->height * scale + 0.5));
  guint left = has_rows ? SHEET_ROW_LABEL + SHEET_GAP : SHEET_GAP, top = SHEET_GAP;
  LkLabelStyle style = column_style, side_style = row_style;
  g_autoptr (LkPicture) sheet = NULL;

  style.width = width;
  side_style.width = SHEET_ROW_LABEL - SHEET_GAP;
  for (guint c = 0; has_columns && c < n_columns; c++)
    {
      g_autofree char *label = lk_grid_dup_label (grid, 0, c, TRUE);
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

  for (guint c = 0; has_columns && c < n_columns; c++)
    {
      g_autofree char *label = lk_grid_dup_label (grid, 0, c, TRUE);

      lk_label_draw (sheet, label, &style, (int) (left + c * (width + SHEET_GAP)), SHEET_GAP);
    }
  for (guint r = 0; r < n_rows; r++)
    {
      guint y = top + r * (height + SHEET_GAP);
      g_autofree char *label = has_rows ? lk_grid_dup_label (grid, 1, r, TRUE) : g_strdup ("");

      lk_label_draw (sheet, label, &side_style, SHEET_GAP, (int) y);
      for (guint c = 0; c < n_columns; c++)
        {
          g_autoptr (GError) trouble = NULL;
          g_autoptr (LkPicture) picture = read_cell (grid, lk_grid_get_cell (grid, c, r), folder, &trouble);

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
