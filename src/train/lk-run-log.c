#define G_LOG_DOMAIN "likeness-train"

#include "config.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/lk-file.h"
#include "train/lk-run-log.h"

#define MAX_METRICS ((gsize) 2 << 30)

static void
clear (LkRunLog *log)
{
  g_clear_pointer (&log->insight, lk_insight_free);
  g_clear_pointer (&log->weights, cJSON_Delete);
  g_array_set_size (log->metrics, 0);
  g_array_set_size (log->marks, 0);
  log->insight = lk_insight_new ();
  log->offset = 0;
}

LkRunLog *
lk_run_log_new (void)
{
  LkRunLog *log = g_new0 (LkRunLog, 1);

  log->metrics = g_array_new (FALSE, FALSE, sizeof (LkMetric));
  log->marks = g_array_new (FALSE, FALSE, sizeof (LkValidationMark));
  clear (log);
  return log;
}

void
lk_run_log_free (LkRunLog *log)
{
  g_array_unref (log->metrics);
  g_array_unref (log->marks);
  g_clear_pointer (&log->insight, lk_insight_free);
  g_clear_pointer (&log->weights, cJSON_Delete);
  g_free (log);
}

static void
take_step (LkRunLog    *log,
           const cJSON *json)
{
  const cJSON *item = cJSON_GetObjectItemCaseSensitive (json, "items"), *timestep = cJSON_GetObjectItemCaseSensitive (json, "timesteps");
  const cJSON *loss = cJSON_GetObjectItemCaseSensitive (json, "losses");
  LkMetric metric;

  lk_metric_init (&metric, json);
  g_array_append_val (log->metrics, metric);

  item = item ? item->child : NULL;
  timestep = timestep ? timestep->child : NULL;
  loss = loss ? loss->child : NULL;
  for (; item && timestep && loss; item = item->next, timestep = timestep->next, loss = loss->next)
    if (cJSON_IsNumber (item) && item->valuedouble >= 0 && item->valuedouble < (1 << 20) && cJSON_IsNumber (timestep) && timestep->valuedouble >= 0
        && cJSON_IsNumber (loss))
      lk_insight_add (log->insight, metric.step, (guint) item->valuedouble, (guint) timestep->valuedouble, loss->valuedouble);
}

static void
take_line (LkRunLog *log,
           cJSON    *line)
{
  g_autoptr (cJSON) json = line;
  const char *kind = lk_json_get_string (json, "kind", NULL);

  if (kind == NULL)
    take_step (log, json);
  else if (g_str_equal (kind, "validation"))
    {
      const LkValidationMark mark = { (guint) lk_json_get_int (json, "step", 0), lk_json_get_number (json, "loss", NAN),
                                      lk_json_get_number (json, "held_out", NAN) };

      g_array_append_val (log->marks, mark);
    }
  else if (g_str_equal (kind, "weights"))
    {
      g_clear_pointer (&log->weights, cJSON_Delete);
      log->weights = g_steal_pointer (&json);
    }
}

/* The file's bytes from `log->offset` on; NULL without an error: there are none. */
static char *
read_new (LkRunLog    *log,
          const char  *path,
          gsize       *length,
          GError     **error)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GFileInputStream) stream = g_file_read (file, NULL, NULL);
  g_autoptr (GFileInfo) info = stream ? g_file_input_stream_query_info (stream, G_FILE_ATTRIBUTE_STANDARD_SIZE, NULL, error) : NULL;
  g_autofree char *text = NULL;
  guint64 size = info ? (guint64) g_file_info_get_size (info) : 0;

  if (stream == NULL || info == NULL)
    return NULL;
  if (size < log->offset)
    clear (log);
  if (size - log->offset > MAX_METRICS)
    {
      lk_file_set_error (error, EFBIG, "read", path);
      return NULL;
    }
  if (size == log->offset || !g_seekable_seek (G_SEEKABLE (stream), (goffset) log->offset, G_SEEK_SET, NULL, error))
    return NULL;
  text = g_malloc (size - log->offset + 1);
  if (!g_input_stream_read_all (G_INPUT_STREAM (stream), text, size - log->offset, length, NULL, error))
    return NULL;
  text[*length] = '\0';
  return g_steal_pointer (&text);
}

gboolean
lk_run_log_update (LkRunLog  *log,
                   LkRun     *run,
                   GError   **error)
{
  g_autofree char *path = lk_run_dup_path (run, "metrics.jsonl"), *text = NULL;
  g_autoptr (GError) trouble = NULL;
  gsize length = 0;
  const char *line, *end;

  text = read_new (log, path, &length, &trouble);
  if (trouble)
    {
      g_propagate_error (error, g_steal_pointer (&trouble));
      return FALSE;
    }

  for (line = text; line && (end = memchr (line, '\n', length - (gsize) (line - text))) != NULL; line = end + 1)
    {
      cJSON *json = lk_json_parse (line, end - line, path, error);

      if (json == NULL)
        return FALSE;
      take_line (log, json);
      log->offset += (guint64) (end + 1 - line);
    }
  return TRUE;
}
