#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <math.h>
#include <string.h>

#include "app/training/lk-run-facts.h"
#include "base/lk-file.h"

#define MAX_DATA_SET (256 << 20)

/* Names only: the pictures themselves may be gone. */
static GPtrArray *
read_names (LkRun *run)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *path = lk_run_dup_path (run, "dataset.jsonl"), *text = lk_file_read (path, MAX_DATA_SET, NULL, NULL);
  const char *line = text, *end;

  for (; line != NULL && (end = strchr (line, '\n')) != NULL; line = end + 1)
    {
      g_autoptr (cJSON) json = lk_json_parse (line, end - line, path, NULL);

      g_ptr_array_add (names, g_strdup (lk_json_get_string (json, "name", "")));
    }
  return names;
}

LkRunFacts *
lk_run_facts_new (LkRun    *run,
                  LkRunLog *log)
{
  static int serial;      /* atomic */
  LkRunFacts *facts = g_new0 (LkRunFacts, 1);

  facts->serial = (guint) g_atomic_int_add (&serial, 1) + 1;
  facts->is_measured = log->marks->len > 0;
  facts->has_held_out = log->marks->len > 0 && isfinite (g_array_index (log->marks, LkValidationMark, log->marks->len - 1).held_out);
  facts->verdict = lk_verdict_find ((const LkValidationMark *) (gpointer) log->marks->data, log->marks->len,
                                    lk_run_get_settings (run)->max_train_steps);
  facts->names = read_names (run);
  facts->pictures = lk_insight_pictures (log->insight);
  for (guint i = facts->pictures->len; i-- > 0;)
    if (g_array_index (facts->pictures, LkInsightPicture, i).item >= facts->names->len)
      g_array_remove_index (facts->pictures, i);
  facts->weights = log->weights != NULL ? cJSON_Duplicate (log->weights, TRUE) : NULL;
  lk_insight_timesteps (log->insight, facts->buckets);
  return facts;
}

void
lk_run_facts_free (LkRunFacts *facts)
{
  g_ptr_array_unref (facts->names);
  g_array_unref (facts->pictures);
  g_clear_pointer (&facts->weights, cJSON_Delete);
  g_free (facts);
}
