/* The pictures that a run draws on its way: for each of its prompts one with the base model alone, and one with the LoRA every
 * sample_every_n_steps and when asked. All of a prompt have the same seed, so that only the LoRA differs.
 *
 *   samples/base-00.png               without the LoRA
 *   samples/step00000200-00.png       with it, after 200 steps; -01: the second prompt
 */
#pragma once

#include "generate/lk-recipe.h"
#include "train/lk-run.h"

G_BEGIN_DECLS

#define LK_SAMPLE_STRENGTH 0.8

/* The prompts of a run, at least one: those of its settings, else trigger and class word. Owned by the caller. */
char    **lk_samples_dup_prompts (LkRun       *run);
/* What prompt `index` is drawn with, at the size of the run's first picture. Owned by the caller. */
LkRecipe *lk_samples_new_recipe  (LkRun       *run,
                                  LkDataSet   *data_set,
                                  guint        index);
/* Where it goes; `step` 0: the base model's. Owned by the caller. */
char     *lk_samples_dup_path    (LkRun       *run,
                                  guint        step,
                                  guint        index);
/* The reverse, from a path or a name; FALSE: no sample. */
gboolean  lk_samples_parse_path  (const char  *path,
                                  guint       *step,
                                  guint       *index);

G_END_DECLS
