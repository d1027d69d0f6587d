#define G_LOG_DOMAIN "likeness-train"

#include "config.h"

#include <string.h>

#include "base/lk-text.h"
#include "project/lk-advice.h"
#include "train/lk-samples.h"

#define STEPS 20
#define STARTER_CFG 4           /* as its own grids are drawn */
#define SEED 1

char **
lk_samples_dup_prompts (LkRun *run)
{
  const LkRunInfo *info = lk_run_get_info (run);
  g_auto (GStrv) lines = g_strsplit (lk_run_get_settings (run)->sample_prompts, "\n", -1);
  g_autoptr (GStrvBuilder) prompts = g_strv_builder_new ();
  guint n = 0;

  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_autofree char *line = lk_text_strip (lines[i], -1);

      if (*line != '\0' && *line != '#')
        {
          g_strv_builder_add (prompts, line);
          n++;
        }
    }
  if (n == 0)
    {
      g_autofree char *words = g_strdup_printf ("%s %s", info->trigger, info->class_word);

      g_strv_builder_add (prompts, g_strstrip (words));
    }
  return g_strv_builder_end (prompts);
}

LkRecipe *
lk_samples_new_recipe (LkRun     *run,
                       LkDataSet *data_set,
                       guint      index)
{
  g_auto (GStrv) prompts = lk_samples_dup_prompts (run);
  const LkDataItem *first = lk_data_set_get (data_set, 0);
  const char *base = lk_run_get_info (run)->base;
  LkRecipe *recipe = lk_recipe_new ();

  lk_recipe_set_text (&recipe->base, base);
  lk_recipe_set_text (&recipe->prompt, prompts[index]);
  recipe->width = MAX (first->size.width / 8, 8) * 8;
  recipe->height = MAX (first->size.height / 8, 8) * 8;
  recipe->n_steps = STEPS;
  recipe->seed = SEED + index;
  if (g_str_equal (lk_base_advice_for (base)->id, "starter"))
    recipe->cfg = STARTER_CFG;
  return recipe;
}

char *
lk_samples_dup_path (LkRun *run,
                     guint  step,
                     guint  index)
{
  g_autofree char *name = step > 0 ? g_strdup_printf ("step%08u-%02u.png", step, index) : g_strdup_printf ("base-%02u.png", index);

  return g_build_filename (lk_run_get_folder (run), "samples", name, NULL);
}

gboolean
lk_samples_parse_path (const char *path,
                       guint      *step,
                       guint      *index)
{
  g_autofree char *name = g_path_get_basename (path);
  gboolean is_base = g_str_has_prefix (name, "base-");
  char *rest = name + (is_base ? strlen ("base") : strlen ("step"));

  if (!g_str_has_suffix (name, ".png") || (!is_base && !g_str_has_prefix (name, "step")))
    return FALSE;
  *step = is_base ? 0 : (guint) g_ascii_strtoull (rest, &rest, 10);
  if (*rest != '-' || (!is_base && *step == 0))
    return FALSE;
  *index = (guint) g_ascii_strtoull (rest + 1, &rest, 10);
  return g_str_equal (rest, ".png");
}
