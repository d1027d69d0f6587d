#define G_LOG_DOMAIN "likeness-project"

#include "config.h"

#include "project/lk-data-set-checks.h"

/* "Different" expressions and outfits: fewer than this among enough pictures are few. */
#define LEAST_VARIETY 3
/* Of so many pictures whose place is known, some should be of the other kind. */
#define LEAST_PLACED 10

void
lk_data_set_clear (LkDataSet *set)
{
  g_clear_pointer (&set->not_measured, g_ptr_array_unref);
  g_clear_pointer (&set->no_shot, g_ptr_array_unref);
}

static void
add (GPtrArray    *findings,
     LkCheckIndex  check,
     const char   *word,
     const char   *instead,
     guint         n)
{
  g_ptr_array_add (findings, lk_finding_new (check, word, instead, n, g_ptr_array_new_with_free_func (g_object_unref)));
}

/* ---- settings ------------------------------------------------------------------------------------------------------ */

static void
check_settings (LkProject *project,
                GPtrArray *findings)
{
  const char *base_model = lk_project_get_base_model (project);

  if (*lk_project_get_trigger (project) == '\0')
    add (findings, LK_CHECK_TRIGGER_NONE, NULL, NULL, 1);
  if (lk_base_advice_find (base_model) == NULL && !g_file_test (base_model, G_FILE_TEST_EXISTS))
    add (findings, LK_CHECK_BASE_MISSING, base_model, NULL, 1);
  else if (lk_project_get_base_advice (project)->draws_only)
    add (findings, LK_CHECK_BASE_DRAWS_ONLY, NULL, NULL, 1);
}

/* ---- pictures ------------------------------------------------------------------------------------------------------ */

static void
check_number (LkProject *project,
              guint      n,
              GPtrArray *findings)
{
  const LkBaseAdvice *advice = lk_project_get_base_advice (project);
  char good[16], best[16];

  g_snprintf (good, sizeof good, "%u", advice->good_images);
  g_snprintf (best, sizeof best, "%u", advice->best_images);
  if (n == 0)
    add (findings, LK_CHECK_NO_IMAGES, NULL, NULL, 0);
  else if (n < advice->least_images)
    add (findings, LK_CHECK_IMAGES_FEW, good, best, n);
  else if (n < advice->good_images)
    add (findings, LK_CHECK_IMAGES_BELOW_BEST, good, best, n);
  else if (n > advice->most_images)
    add (findings, LK_CHECK_IMAGES_MANY, good, best, n);
}

/* A shot is only missing if the pictures whose shot type is not known could not be it. */
static void
check_shots (const LkCoverage *coverage,
             GPtrArray        *findings)
{
  for (LkShot shot = LK_SHOT_FRONT; shot < LK_N_SHOTS; shot++)
    {
      guint least, most;
      char range[32];

      if (!lk_shot_get_range (shot, &least, &most) || coverage->counts[shot] + coverage->counts[LK_SHOT_NOT_SET] >= least)
        continue;
      g_snprintf (range, sizeof range, "%u–%u", least, most);
      add (findings, LK_CHECK_SHOTS_MISSING, lk_shot_get_name (shot), range, coverage->counts[shot]);
    }
}

static void
check_variety (const LkDataSet *set,
               GPtrArray       *findings)
{
  const LkCoverage *coverage = &set->coverage;

  if (set->n_front_described >= LEAST_VARIETY && coverage->n_expressions < LEAST_VARIETY)
    add (findings, LK_CHECK_EXPRESSIONS_FEW, NULL, NULL, coverage->n_expressions);
  if (set->n_half_described >= LEAST_VARIETY && coverage->n_outfits < LEAST_VARIETY)
    add (findings, LK_CHECK_OUTFITS_FEW, NULL, NULL, coverage->n_outfits);
  if (set->n_placed >= LEAST_PLACED && (coverage->n_indoors == 0 || coverage->n_outdoors == 0))
    add (findings, LK_CHECK_LIGHT_ONE_SIDED, coverage->n_outdoors == 0 ? "outdoors" : NULL, NULL, 1);
}

static void
add_list (GPtrArray    *findings,
          LkCheckIndex  check,
          GPtrArray   **images)
{
  guint n = (*images)->len;

  if (n > 0)
    g_ptr_array_add (findings, lk_finding_new (check, NULL, NULL, n, g_steal_pointer (images)));
}

void
lk_data_set_check (LkProject *project,
                   LkDataSet *set,
                   GPtrArray *findings)
{
  check_settings (project, findings);
  check_number (project, set->coverage.n_images, findings);
  if (set->coverage.n_images == 0)
    return;
  check_shots (&set->coverage, findings);
  check_variety (set, findings);
  add_list (findings, LK_CHECK_SHOT_NOT_SET, &set->no_shot);
  add_list (findings, LK_CHECK_NOT_MEASURED, &set->not_measured);
}
