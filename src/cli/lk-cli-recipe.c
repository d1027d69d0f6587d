/* lk-cli-recipe.c: from options to a recipe. See the header. */
#define G_LOG_DOMAIN "likeness-cli"

#include "config.h"

#include "cli/lk-cli-recipe.h"
#include "model/lk-checkpoint.h"

#include <glib/gi18n.h>

#define STARTER_CFG 4
#define STARTER_SIDE 256        /* models for pictures smaller than this follow prompts at lower CFG */

LkCliRecipe lk_cli_recipe_options = { .cfg = -1 };

static gboolean
parse_size (const char  *text,
            LkRecipe    *recipe,
            GError     **error)
{
  g_auto (GStrv) sides = g_strsplit (text, "x", 2);
  guint64 width, height;

  if (g_strv_length (sides) != 2 || !g_ascii_string_to_unsigned (sides[0], 10, 1, G_MAXUINT, &width, NULL)
      || !g_ascii_string_to_unsigned (sides[1], 10, 1, G_MAXUINT, &height, NULL))
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, _("“%s” is no size. Write it as 512x768."), text);
      return FALSE;
    }

  recipe->width = (guint) width;
  recipe->height = (guint) height;
  return TRUE;
}

/* Names and values that are wrong are bad usage here. */
static gboolean
as_usage (gboolean  is_fine,
          GError  **error)
{
  if (!is_fine && error && *error
      && ((*error)->domain == LK_SAMPLER_ERROR || g_error_matches (*error, LK_RECIPE_ERROR, LK_RECIPE_ERROR_BAD_VALUE)))
    {
      (*error)->domain = G_OPTION_ERROR;
      (*error)->code = G_OPTION_ERROR_BAD_VALUE;
    }
  return is_fine;
}

static gboolean
fill (LkRecipe  *recipe,
      GError   **error)
{
  const LkCliRecipe *options = &lk_cli_recipe_options;
  g_autoptr (LkCheckpoint) checkpoint = lk_checkpoint_open (recipe->base, error);
  const LkArchitecture *architecture;

  if (checkpoint == NULL)
    return FALSE;
  architecture = lk_checkpoint_get_architecture (checkpoint);
  recipe->width = architecture->width;
  recipe->height = architecture->height;
  recipe->cfg = options->cfg >= 0 ? options->cfg : architecture->width < STARTER_SIDE ? STARTER_CFG : recipe->cfg;
  lk_recipe_set_text (&recipe->prompt, options->prompt ? options->prompt : "");
  lk_recipe_set_text (&recipe->negative, options->negative ? options->negative : "");
  recipe->seed = (guint64) options->seed;
  if (options->n_steps != 0)
    recipe->n_steps = (guint) MAX (options->n_steps, 0);

  for (guint i = 0; options->loras && options->loras[i]; i++)
    if (!lk_recipe_parse_lora (recipe, options->loras[i], error))
      return FALSE;
  return (options->size == NULL || parse_size (options->size, recipe, error))
         && (options->sampler == NULL || lk_sampler_from_name (options->sampler, &recipe->sampler, error))
         && (options->scheduler == NULL || lk_scheduler_from_name (options->scheduler, &recipe->scheduler, error))
         && lk_recipe_check (recipe, error);
}

LkRecipe *
lk_cli_recipe_new (GError **error)
{
  g_autoptr (LkRecipe) recipe = lk_recipe_new ();

  recipe->base = lk_base_dup_path (lk_cli_recipe_options.base ? lk_cli_recipe_options.base : "starter");
  if (lk_cli_recipe_options.seed < 0)
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, _("A seed is 0 or more."));
      return NULL;
    }
  return as_usage (fill (recipe, error), error) ? g_steal_pointer (&recipe) : NULL;
}

LkDevice *
lk_cli_recipe_device (GError **error)
{
  return lk_device_open (lk_cli_recipe_options.device ? lk_cli_recipe_options.device : "auto", 0, error);
}
