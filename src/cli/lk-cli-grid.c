/* lk-cli-grid.c: draws the same picture with some values varied: a LoRA's strengths, prompts, base models. */
#define G_LOG_DOMAIN "likeness-cli"

#include "config.h"

#include "base/lk-text.h"
#include "cli/lk-cli-commands.h"
#include "cli/lk-cli-recipe.h"
#include "generate/lk-grid.h"

#include <glib/gi18n.h>
#include <string.h>

#define MAX_PROMPTS_FILE (1 << 20)

static char *strengths_option, *prompts_option, *bases_option, *seeds_option, *out_option;
static char **axis_option;

static const GOptionEntry options[] = {
  LK_CLI_RECIPE_OPTIONS,
  { "prompt", 0, 0, G_OPTION_ARG_STRING, &lk_cli_recipe_options.prompt, N_("What every picture shows"), N_("TEXT") },
  { "strengths", 0, 0, G_OPTION_ARG_STRING, &strengths_option, N_("Of the first LoRA: the columns"), N_("0,0.5,…") },
  { "prompts", 0, 0, G_OPTION_ARG_FILENAME, &prompts_option, N_("Prompts, one a line: the rows"), N_("FILE") },
  { "bases", 0, 0, G_OPTION_ARG_STRING, &bases_option, N_("Base models"), N_("FILE,FILE") },
  { "seeds", 0, 0, G_OPTION_ARG_STRING, &seeds_option, N_("Seeds"), N_("N,N") },
  { "axis", 0, 0, G_OPTION_ARG_STRING_ARRAY, &axis_option, N_("Any other: lora, steps, cfg, sampler, scheduler; may be given again"), N_("KIND=VALUE,…") },
  { "out", 0, 0, G_OPTION_ARG_FILENAME, &out_option, N_("The grid’s folder"), N_("FOLDER") },
  G_OPTION_ENTRY_NULL
};

static gboolean
add_list (LkGrid      *grid,
          LkAxisKind   kind,
          const char  *list,
          GError     **error)
{
  g_auto (GStrv) values = g_strsplit (list, ",", -1);

  for (guint i = 0; values[i]; i++)
    {
      g_strstrip (values[i]);
      if (kind == LK_AXIS_BASE)
        {
          g_autofree char *base = g_steal_pointer (&values[i]);

          values[i] = lk_base_dup_path (base);
        }
    }
  return lk_grid_add_axis (grid, kind, (const char * const *) values, error);
}

/* One prompt a line; empty lines and lines that begin with # are left out. */
static gboolean
add_prompts (LkGrid  *grid,
             GError **error)
{
  g_autofree char *text = lk_text_read (prompts_option, MAX_PROMPTS_FILE, NULL, error);
  g_auto (GStrv) lines = text ? g_strsplit_set (text, "\r\n", -1) : NULL;
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) prompts = NULL;

  if (text == NULL)
    return FALSE;
  for (guint i = 0; lines[i]; i++)
    if (*g_strstrip (lines[i]) != '\0' && *lines[i] != '#')
      g_strv_builder_add (builder, lines[i]);
  prompts = g_strv_builder_end (builder);
  return lk_grid_add_axis (grid, LK_AXIS_PROMPT, (const char * const *) prompts, error);
}

static gboolean
add_other (LkGrid      *grid,
           const char  *words,
           GError     **error)
{
  const char *equals = strchr (words, '=');

  for (guint kind = 0; equals && kind < LK_N_AXES; kind++)
    if (strncmp (words, lk_axis_get_id (kind), (gsize) (equals - words)) == 0 && strlen (lk_axis_get_id (kind)) == (gsize) (equals - words))
      return add_list (grid, kind, equals + 1, error);

  g_set_error (error, LK_GRID_ERROR, LK_GRID_ERROR_BAD_AXIS, _("“%s” is no axis. Write it as cfg=4,6,8."), words);
  return FALSE;
}

static LkGrid *
make_grid (GError **error)
{
  g_autoptr (LkRecipe) recipe = lk_cli_recipe_new (error);
  g_autoptr (LkGrid) grid = recipe ? lk_grid_new (recipe) : NULL;

  if (grid == NULL
      || (strengths_option && !add_list (grid, LK_AXIS_STRENGTH, strengths_option, error))
      || (prompts_option && !add_prompts (grid, error))
      || (bases_option && !add_list (grid, LK_AXIS_BASE, bases_option, error))
      || (seeds_option && !add_list (grid, LK_AXIS_SEED, seeds_option, error)))
    return NULL;
  for (guint i = 0; axis_option && axis_option[i]; i++)
    if (!add_other (grid, axis_option[i], error))
      return NULL;
  return g_steal_pointer (&grid);
}

typedef struct
{
  LkCli *cli;
  guint  n_drawn;
} Count;

static void
on_cell (gpointer data,
         guint    cell,
         guint    drawn,
         guint    n_cells,
         gboolean was_there)
{
  Count *count = data;

  count->n_drawn += !was_there;
  lk_cli_progress (count->cli, _("Drawing the grid"), drawn, n_cells, NULL);
}

static cJSON *
describe (LkGrid      *grid,
          const Count *count,
          GError     **error)
{
  g_autoptr (cJSON) json = cJSON_CreateObject ();
  g_autofree char *sheet = g_build_filename (out_option, "sheet.png", NULL);
  cJSON *cells;

  cJSON_AddStringToObject (json, "folder", out_option);
  if (g_file_test (sheet, G_FILE_TEST_EXISTS))
    cJSON_AddStringToObject (json, "sheet", sheet);
  lk_json_add_int (json, "drawn", count->n_drawn);
  cells = cJSON_AddArrayToObject (json, "cells");
  for (guint i = 0; i < lk_grid_get_n_cells (grid); i++)
    {
      g_autofree char *name = lk_grid_get_name (grid, i, error);

      if (name == NULL)
        return NULL;
      cJSON_AddItemToArray (cells, cJSON_CreateString (name));
    }
  return g_steal_pointer (&json);
}

static LkCliStatus
run_grid (LkCli   *cli,
          int      n_args,
          char   **args,
          GError **error)
{
  g_autoptr (LkGrid) grid = NULL;
  g_autoptr (LkDevice) device = NULL;
  g_autoptr (LkGenerator) generator = NULL;
  Count count = { cli };
  cJSON *json;

  if (out_option == NULL)
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, _("--out must be given"));
      return LK_CLI_BAD_USAGE;
    }
  grid = make_grid (error);
  if (grid == NULL)
    {
      if (error && *error && (*error)->domain == LK_GRID_ERROR)
        {
          (*error)->domain = G_OPTION_ERROR;
          (*error)->code = G_OPTION_ERROR_BAD_VALUE;
        }
      return LK_CLI_FAILED;
    }
  device = lk_cli_recipe_device (error);
  if (device == NULL)
    return LK_CLI_FAILED;

  generator = lk_generator_new (device);
  if (!lk_grid_draw (grid, generator, out_option, on_cell, &count, lk_cli_get_cancellable (cli), error))
    return LK_CLI_FAILED;
  if (lk_generator_get_note (generator))
    lk_cli_note (cli, "%s", lk_generator_get_note (generator));

  json = describe (grid, &count, error);
  if (json == NULL)
    return LK_CLI_FAILED;
  lk_cli_print_json (cli, json);
  lk_cli_print (cli, ngettext ("%s: %u cell, %u drawn now, contact sheet in sheet.png\n",
                               "%s: %u cells, %u drawn now, contact sheet in sheet.png\n", lk_grid_get_n_cells (grid)),
                out_option, lk_grid_get_n_cells (grid), count.n_drawn);
  return LK_CLI_DONE;
}

const LkCliCommand lk_cli_grid = {
  .name = "grid",
  .summary = N_("Draw a grid: strengths, prompts, base models, …"),
  .description = N_("Cells are PNG files named by what made them: a grid that was stopped goes on, and a further value draws only its own cells."),
  .options = options,
  .run = run_grid,
};
