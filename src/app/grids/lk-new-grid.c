#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>
#include <stdlib.h>
#include <string.h>

#include "app/grids/lk-new-grid.h"
#include "generate/lk-context.h"

#define DRAWN_CFG 4             /* models for small pictures follow prompts at lower CFG */
#define DRAWN_SIDE 256

GPtrArray *
lk_new_grid_list_contexts (void)
{
  GPtrArray *ids = g_ptr_array_new_null_terminated (8, NULL, TRUE);

  for (guint i = 0; i < lk_context_get_n (); i++)
    if (lk_context_get (i)->is_first)
      g_ptr_array_add (ids, (char *) lk_context_get (i)->id);
  return ids;
}

char *
lk_new_grid_dup_name (const char *path)
{
  g_autofree char *name = g_path_get_basename (path), *stem = NULL;
  char *dot = strrchr (name, '.'), *step;

  if (dot != NULL)
    *dot = '\0';
  stem = g_filename_display_name (name);
  step = g_strrstr (stem, "-step");
  if (step == NULL || strspn (step + 5, "0123456789") == 0 || step[5 + strspn (step + 5, "0123456789")] != '\0')
    return g_steal_pointer (&stem);
  *step = '\0';
  return g_strdup_printf (_("%s, step %lu"), stem, strtoul (step + 5, NULL, 10));
}

static gboolean
add_list (LkGrid      *grid,
          LkAxisKind   kind,
          const char  *list,
          GError     **error)
{
  g_auto (GStrv) parts = g_strsplit_set (list, ",; ", -1);
  g_autoptr (GPtrArray) values = g_ptr_array_new_null_terminated (8, NULL, TRUE);

  for (guint i = 0; parts[i] != NULL; i++)
    if (*parts[i] != '\0' && !g_ptr_array_find_with_equal_func (values, parts[i], g_str_equal, NULL))
      g_ptr_array_add (values, parts[i]);
  if (values->len == 0)
    {
      g_set_error (error, LK_GRID_ERROR, LK_GRID_ERROR_BAD_AXIS, _("“%s” needs at least one value."), lk_axis_get_title (kind));
      return FALSE;
    }
  return lk_grid_add_axis (grid, kind, (const char * const *) values->pdata, error);
}

static gboolean
add_prompts (LkGrid           *grid,
             LkProject        *project,
             const LkNewGrid  *choice,
             gboolean          is_drawn,
             GError          **error)
{
  g_auto (GStrv) features = lk_project_dup_features (project);
  g_autoptr (GPtrArray) prompts = g_ptr_array_new_null_terminated (8, g_free, TRUE);
  g_autoptr (GPtrArray) labels = g_ptr_array_new ();

  for (guint i = 0; choice->contexts != NULL && choice->contexts[i] != NULL; i++)
    {
      const LkContext *context = lk_context_find (choice->contexts[i]);

      g_ptr_array_add (prompts, lk_context_dup_prompt (context, lk_project_get_trigger (project), lk_project_get_class_word (project),
                                                       (const char * const *) features, is_drawn));
      g_ptr_array_add (labels, (char *) lk_context_get_title (context));
    }
  for (guint i = 0; choice->prompts != NULL && choice->prompts[i] != NULL; i++)
    {
      g_ptr_array_add (prompts, g_strdup (choice->prompts[i]));
      g_ptr_array_add (labels, NULL);
    }
  if (prompts->len == 0)
    {
      g_set_error_literal (error, LK_GRID_ERROR, LK_GRID_ERROR_BAD_AXIS, _("Choose at least one context, or write a prompt."));
      return FALSE;
    }
  if (!lk_grid_add_axis (grid, LK_AXIS_PROMPT, (const char * const *) prompts->pdata, error))
    return FALSE;
  for (guint i = 0; i < labels->len; i++)
    if (labels->pdata[i] != NULL)
      lk_grid_set_label (grid, lk_grid_get_n_axes (grid) - 1, i, labels->pdata[i]);
  return TRUE;
}

LkGrid *
lk_new_grid_make (LkProject        *project,
                  const LkNewGrid  *choice,
                  GError          **error)
{
  g_autoptr (LkRecipe) recipe = lk_recipe_new ();
  g_autoptr (LkGrid) grid = NULL;
  g_autofree char *title = NULL;
  gboolean is_drawn = lk_project_get_base_advice (project)->resolution < DRAWN_SIDE;
  guint side = lk_project_get_resolution (project) / 8 * 8;

  if (choice->lora == NULL)
    {
      g_set_error_literal (error, LK_GRID_ERROR, LK_GRID_ERROR_BAD_AXIS, _("Choose the LoRA to test."));
      return NULL;
    }
  recipe->base = lk_base_dup_path (lk_project_get_base_model (project));
  recipe->width = recipe->height = side;
  recipe->n_steps = choice->n_steps;
  if (is_drawn)
    recipe->cfg = DRAWN_CFG;
  lk_recipe_add_lora (recipe, choice->lora, 1, 1);

  grid = lk_grid_new (recipe);
  title = lk_new_grid_dup_name (choice->lora);
  lk_grid_set_title (grid, title);
  if (!add_list (grid, LK_AXIS_STRENGTH, choice->strengths, error) || !add_prompts (grid, project, choice, is_drawn, error)
      || !add_list (grid, LK_AXIS_SEED, choice->seeds, error))
    return NULL;
  /* One seed is what all cells have, and no axis. */
  if (lk_grid_get_n_values (grid, 2) == 1)
    lk_grid_remove_value (grid, 2, 0);

  if (choice->loras != NULL && g_strv_length ((char **) choice->loras) > 1)
    {
      guint axis = lk_grid_get_n_axes (grid);

      if (!lk_grid_add_axis (grid, LK_AXIS_LORA, choice->loras, error))
        return NULL;
      for (guint i = 0; choice->loras[i] != NULL; i++)
        {
          g_autofree char *name = lk_new_grid_dup_name (choice->loras[i]);

          lk_grid_set_label (grid, axis, i, name);
          if (g_str_equal (choice->loras[i], choice->lora))
            lk_grid_set_page (grid, axis, i);
        }
    }
  return g_steal_pointer (&grid);
}
