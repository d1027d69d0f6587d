#define G_LOG_DOMAIN "likeness-train"

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/lk-file.h"
#include "base/lk-text.h"
#include "formats/lk-safetensors.h"
#include "generate/lk-file-hash.h"
#include "generate/lk-recipe.h"
#include "train/lk-run.h"
#include "train/lk-run-state.h"

G_DEFINE_QUARK (lk-run-error-quark, lk_run_error)

#define VERSION 1
#define MAX_METRICS ((gsize) 2 << 30)
#define MAX_NOTES (1 << 20)
#define WORKING_FILE "state/working"

struct _LkRun
{
  gatomicrefcount  ref_count;
  char            *folder;      /* owned, as is all below */
  char            *name;
  LkRunInfo        info;
  LkTrainSettings *settings;
  gint64           created;
  int              lock;        /* descriptor, or -1 */
};

/* ---- making and reading ---------------------------------------------------------------------------------------- */

static LkRun *
run_new (const char *folder)
{
  LkRun *run = g_new0 (LkRun, 1);

  g_atomic_ref_count_init (&run->ref_count);
  run->folder = g_strdup (folder);
  run->name = g_path_get_basename (folder);
  run->settings = lk_train_settings_new ();
  run->lock = -1;

  return run;
}

LkRun *
lk_run_ref (LkRun *run)
{
  g_atomic_ref_count_inc (&run->ref_count);
  return run;
}

void
lk_run_unref (LkRun *run)
{
  if (!g_atomic_ref_count_dec (&run->ref_count))
    return;

  lk_run_unlock (run);
  lk_train_settings_free (run->settings);
  lk_run_info_clear (&run->info);
  g_free (run->folder);
  g_free (run->name);
  g_free (run);
}

static void
add_text (cJSON      *json,
          const char *key,
          const char *text)
{
  if (text)
    cJSON_AddStringToObject (json, key, text);
  else
    cJSON_AddNullToObject (json, key);
}

static gboolean
write_settings (LkRun   *run,
                GError **error)
{
  g_autoptr (cJSON) json = cJSON_CreateObject ();
  g_autofree char *path = lk_run_dup_path (run, "settings.json"), *base = lk_base_dup_name (run->info.base);

  lk_json_add_int (json, "version", VERSION);
  lk_json_add_int (json, "created", run->created);
  add_text (json, "base", base);
  add_text (json, "base_hash", run->info.base_hash);
  add_text (json, "trigger", run->info.trigger);
  add_text (json, "class_word", run->info.class_word);
  add_text (json, "init_lora", run->info.init_lora);
  add_text (json, "replay", run->info.replay);
  cJSON_AddItemToObject (json, "settings", lk_train_settings_to_json (run->settings));
  return lk_json_write (json, path, error);
}

static gboolean
read_settings (LkRun   *run,
               GError **error)
{
  g_autofree char *path = lk_run_dup_path (run, "settings.json");
  g_autoptr (cJSON) json = lk_json_read (path, error);
  const cJSON *settings;

  if (json == NULL)
    return FALSE;
  settings = lk_json_get_object (json, "settings");
  if (settings == NULL || lk_json_get_int (json, "version", 0) != VERSION)
    {
      g_set_error (error, LK_RUN_ERROR, LK_RUN_ERROR_DAMAGED,
                   _("“%s” does not hold the settings of a run as this version of Likeness writes them."), path);
      return FALSE;
    }

  run->created = lk_json_get_int (json, "created", 0);
  run->info.base = lk_base_dup_path (lk_json_get_string (json, "base", ""));
  run->info.base_hash = g_strdup (lk_json_get_string (json, "base_hash", ""));
  run->info.trigger = g_strdup (lk_json_get_string (json, "trigger", ""));
  run->info.class_word = g_strdup (lk_json_get_string (json, "class_word", ""));
  run->info.init_lora = g_strdup (lk_json_get_string (json, "init_lora", NULL));
  run->info.replay = g_strdup (lk_json_get_string (json, "replay", NULL));
  return lk_train_settings_apply_json (run->settings, settings, error);
}

/* RUNS/2026-08-22-NAME, or the next that is free. */
static char *
free_folder (const char *runs,
             const char *name,
             GError    **error)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  g_autofree char *date = g_date_time_format (now, "%Y-%m-%d");

  if (!lk_file_make_folder (runs, error))
    return NULL;
  for (guint i = 1;; i++)
    {
      g_autofree char *leaf = i == 1 ? g_strdup_printf ("%s-%s", date, name) : g_strdup_printf ("%s-%s-%u", date, name, i);
      g_autofree char *path = g_build_filename (runs, leaf, NULL);

      if (g_mkdir (path, 0777) == 0)
        return g_steal_pointer (&path);
      if (errno != EEXIST)
        {
          lk_file_set_error (error, errno, "written", path);
          return NULL;
        }
    }
}

LkRun *
lk_run_create (const char             *runs,
               const LkRunInfo        *info,
               const LkTrainSettings  *settings,
               LkDataSet              *data_set,
               GError                **error)
{
  static const char * const folders[] = { "checkpoints", "state", "samples" };
  g_autofree char *folder = free_folder (runs, settings->output_name, error);
  g_autofree char *data_set_path = NULL;
  g_autoptr (LkRun) run = NULL;

  if (folder == NULL)
    return NULL;
  run = run_new (folder);
  g_clear_pointer (&run->settings, lk_train_settings_free);
  run->settings = lk_train_settings_copy (settings);
  run->created = g_get_real_time () / G_USEC_PER_SEC;
  run->info.base = g_canonicalize_filename (info->base, NULL);
  run->info.base_hash = g_strdup (info->base_hash);
  run->info.trigger = g_strdup (info->trigger);
  run->info.class_word = g_strdup (info->class_word);
  run->info.init_lora = info->init_lora ? g_canonicalize_filename (info->init_lora, NULL) : NULL;
  run->info.replay = info->replay ? g_canonicalize_filename (info->replay, NULL) : NULL;

  for (guint i = 0; i < G_N_ELEMENTS (folders); i++)
    {
      g_autofree char *path = lk_run_dup_path (run, folders[i]);

      if (!lk_file_make_folder (path, error))
        return NULL;
    }
  data_set_path = lk_run_dup_path (run, "dataset.jsonl");
  if (!lk_data_set_save (data_set, data_set_path, error) || !write_settings (run, error))
    return NULL;
  return g_steal_pointer (&run);
}

gboolean
lk_run_info_init (LkRunInfo   *info,
                  LkProject   *project,
                  const char  *base,
                  GError     **error)
{
  *info = (LkRunInfo) { .base = lk_base_dup_path (base ? base : lk_project_get_base_model (project)) };
  info->base_hash = lk_file_hash_checkpoint (info->base, error);
  info->trigger = g_strdup (lk_project_get_trigger (project));
  info->class_word = g_strdup (lk_project_get_class_word (project));
  return info->base_hash != NULL;
}

void
lk_run_info_clear (LkRunInfo *info)
{
  g_free (info->base);
  g_free (info->base_hash);
  g_free (info->trigger);
  g_free (info->class_word);
  g_free (info->init_lora);
  g_free (info->replay);
  *info = (LkRunInfo) { NULL };
}

LkRun *
lk_run_create_for_project (LkProject              *project,
                           const char             *name,
                           const LkTrainSettings  *settings,
                           LkDataSet             **data_set,
                           GError                **error)
{
  g_autofree char *runs = lk_project_dup_path (project, "runs");
  g_autoptr (LkTrainSettings) own = lk_train_settings_copy (settings);
  g_autoptr (LkDataSet) found = NULL;
  g_auto (LkRunInfo) info = { NULL };
  LkRun *run;

  if ((name && !lk_train_settings_set (own, "output_name", name, error)) || !lk_train_settings_check (own, error)
      || !lk_run_info_init (&info, project, NULL, error))
    return NULL;
  found = lk_data_set_new_from_project (project, own, error);
  run = found ? lk_run_create (runs, &info, own, found, error) : NULL;
  if (run)
    *data_set = g_steal_pointer (&found);
  return run;
}

LkRun *
lk_run_open (const char  *folder,
             GError     **error)
{
  g_autoptr (LkRun) run = run_new (folder);
  g_autofree char *path = lk_run_dup_path (run, "settings.json");

  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    {
      g_set_error (error, LK_RUN_ERROR, LK_RUN_ERROR_NOT_A_RUN,
                   _("“%s” is no training run: it has no settings.json. Runs lie in the project’s folder “runs”."), folder);
      return NULL;
    }
  if (!read_settings (run, error))
    return NULL;
  return g_steal_pointer (&run);
}

const char *
lk_run_get_folder (LkRun *run)
{
  return run->folder;
}

const char *
lk_run_get_name (LkRun *run)
{
  return run->name;
}

char *
lk_run_dup_path (LkRun      *run,
                 const char *name)
{
  return g_build_filename (run->folder, name, NULL);
}

const LkRunInfo *
lk_run_get_info (LkRun *run)
{
  return &run->info;
}

const LkTrainSettings *
lk_run_get_settings (LkRun *run)
{
  return run->settings;
}

gint64
lk_run_get_created (LkRun *run)
{
  return run->created;
}

gboolean
lk_run_set_max_steps (LkRun   *run,
                      guint    max_train_steps,
                      GError **error)
{
  run->settings->max_train_steps = max_train_steps;
  return write_settings (run, error);
}

gboolean
lk_run_set_base (LkRun       *run,
                 const char  *base,
                 GError     **error)
{
  g_autofree char *hash = lk_file_hash_checkpoint (base, error);

  if (hash == NULL)
    return FALSE;
  if (!g_str_equal (hash, run->info.base_hash))
    {
      g_set_error (error, LK_RUN_ERROR, LK_RUN_ERROR_CHANGED,
                   _("“%s” is not the base model that this run began with. Choose that one, or start a new run."), base);
      return FALSE;
    }

  g_free (run->info.base);
  run->info.base = g_canonicalize_filename (base, NULL);
  return write_settings (run, error);
}

/* ---- who trains ------------------------------------------------------------------------------------------------ */

gboolean
lk_run_lock (LkRun   *run,
             GError **error)
{
  g_autofree char *path = lk_run_dup_path (run, "lock");
  int descriptor = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);

  if (descriptor < 0)
    {
      lk_file_set_error (error, errno, "written", path);
      return FALSE;
    }
  if (flock (descriptor, LOCK_EX | LOCK_NB) != 0)
    {
      close (descriptor);
      g_set_error (error, LK_RUN_ERROR, LK_RUN_ERROR_IN_USE,
                   _("The run “%s” is being trained already. Stop it there, or wait until it is done."), run->name);
      return FALSE;
    }

  run->lock = descriptor;
  return TRUE;
}

void
lk_run_unlock (LkRun *run)
{
  if (run->lock >= 0)
    close (run->lock);
  run->lock = -1;
}

void
lk_run_set_working (LkRun    *run,
                    gboolean  is_working)
{
  g_autofree char *path = lk_run_dup_path (run, WORKING_FILE);
  g_autoptr (GError) error = NULL;

  if (!is_working)
    g_unlink (path);
  else if (!lk_file_write (path, "", 0, &error))
    g_message ("%s", error->message);       /* a crash would go unnoticed, nothing else */
}

gboolean
lk_run_was_interrupted (LkRun *run)
{
  g_autofree char *path = lk_run_dup_path (run, WORKING_FILE), *lock_path = lk_run_dup_path (run, "lock");
  int lock;
  gboolean is_free;

  if (run->lock >= 0 || !g_file_test (path, G_FILE_TEST_EXISTS))
    return FALSE;
  lock = open (lock_path, O_RDWR | O_CLOEXEC);
  is_free = lock < 0 || flock (lock, LOCK_EX | LOCK_NB) == 0;
  if (lock >= 0)
    close (lock);
  return is_free;
}

/* ---- notes ----------------------------------------------------------------------------------------------------- */

char *
lk_run_read_notes (LkRun *run)
{
  g_autofree char *path = lk_run_dup_path (run, "notes.txt");
  char *notes = g_file_test (path, G_FILE_TEST_EXISTS) ? lk_text_read (path, MAX_NOTES, NULL, NULL) : NULL;

  return notes ? notes : g_strdup ("");
}

gboolean
lk_run_write_notes (LkRun       *run,
                    const char  *notes,
                    GError     **error)
{
  g_autofree char *path = lk_run_dup_path (run, "notes.txt");

  return lk_file_write (path, notes, -1, error);
}

/* ---- what became of it ----------------------------------------------------------------------------------------- */

guint
lk_run_get_step (LkRun *run)
{
  g_autofree char *path = lk_run_dup_path (run, LK_RUN_STATE_FILE);

  return lk_run_state_read_step (path);
}

LkRunStatus
lk_run_get_status (LkRun *run)
{
  g_autofree char *state = lk_run_dup_path (run, LK_RUN_STATE_FILE);
  g_autofree char *lora = lk_run_dup_checkpoint_path (run, 0);

  if (!g_file_test (state, G_FILE_TEST_EXISTS))
    return LK_RUN_NEW;
  return lk_run_get_step (run) >= run->settings->max_train_steps && g_file_test (lora, G_FILE_TEST_EXISTS) ? LK_RUN_FINISHED
                                                                                                          : LK_RUN_STOPPED;
}

void
lk_metric_init (LkMetric    *metric,
                const cJSON *line)
{
  *metric = (LkMetric) {
    .step = (guint) lk_json_get_int (line, "step", 0),
    .loss = lk_json_get_number (line, "loss", 0),
    .learning_rate = lk_json_get_number (line, "lr", 0),
    .grad_norm = lk_json_get_number (line, "grad_norm", 0),
    .seconds = lk_json_get_number (line, "seconds", 0),
    .memory = lk_json_get_number (line, "memory", 0),
  };
}

GArray *
lk_run_read_metrics (LkRun   *run,
                     GError **error)
{
  g_autofree char *path = lk_run_dup_path (run, "metrics.jsonl");
  g_autofree char *text = NULL;
  g_autoptr (GArray) metrics = g_array_new (FALSE, FALSE, sizeof (LkMetric));
  char *line, *end;

  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    return g_steal_pointer (&metrics);
  text = lk_file_read (path, MAX_METRICS, NULL, error);
  if (text == NULL)
    return NULL;

  for (line = text; (end = strchr (line, '\n')) != NULL; line = end + 1)
    {
      g_autoptr (cJSON) json = lk_json_parse (line, end - line, path, error);
      LkMetric metric;

      if (json == NULL)
        return NULL;
      if (cJSON_HasObjectItem (json, "kind"))
        continue;
      lk_metric_init (&metric, json);
      g_array_append_val (metrics, metric);
    }

  return g_steal_pointer (&metrics);
}

/* ---- checkpoints ----------------------------------------------------------------------------------------------- */

char *
lk_run_dup_checkpoint_path (LkRun *run,
                            guint  step)
{
  g_autofree char *name = step > 0 ? g_strdup_printf ("%s-step%08u.safetensors", run->settings->output_name, step)
                                   : g_strconcat (run->settings->output_name, ".safetensors", NULL);

  return g_build_filename (run->folder, "checkpoints", name, NULL);
}

static void
checkpoint_free (gpointer data)
{
  LkRunCheckpoint *checkpoint = data;

  g_free (checkpoint->path);
  g_free (checkpoint);
}

static int
compare_checkpoints (gconstpointer a,
                     gconstpointer b)
{
  const LkRunCheckpoint *first = *(LkRunCheckpoint **) a, *second = *(LkRunCheckpoint **) b;

  if (first->step != second->step)
    return first->step < second->step ? -1 : 1;
  return first->is_final - second->is_final;
}

/* The steps that a LoRA was trained, by its header; the run's where it does not say. */
static guint
read_step (LkRun      *run,
           const char *path)
{
  g_autoptr (LkSafetensors) file = lk_safetensors_open (path, NULL);
  const char *steps = file ? lk_safetensors_get_metadata (file, "ss_steps") : NULL;

  return steps ? (guint) g_ascii_strtoull (steps, NULL, 10) : run->settings->max_train_steps;
}

gboolean
lk_run_use_checkpoint (LkRun       *run,
                       const char  *path,
                       GError     **error)
{
  g_autofree char *lora = lk_run_dup_checkpoint_path (run, 0), *kept = NULL;

  if (g_file_test (lora, G_FILE_TEST_EXISTS))
    {
      kept = lk_run_dup_checkpoint_path (run, MAX (read_step (run, lora), 1));
      if (!g_file_test (kept, G_FILE_TEST_EXISTS) && !lk_file_copy (lora, kept, error))
        return FALSE;
    }
  return lk_file_copy (path, lora, error);
}

GPtrArray *
lk_run_list_checkpoints (LkRun *run)
{
  GPtrArray *list = g_ptr_array_new_with_free_func (checkpoint_free);
  g_autofree char *folder = lk_run_dup_path (run, "checkpoints");
  g_autofree char *start = g_strconcat (run->settings->output_name, "-step", NULL);
  g_autofree char *last = g_strconcat (run->settings->output_name, ".safetensors", NULL);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name (dir)) != NULL)
    {
      gboolean is_final = g_str_equal (name, last);
      LkRunCheckpoint *checkpoint;

      if (!is_final && !(g_str_has_prefix (name, start) && g_str_has_suffix (name, ".safetensors")))
        continue;
      checkpoint = g_new0 (LkRunCheckpoint, 1);
      checkpoint->path = g_build_filename (folder, name, NULL);
      checkpoint->is_final = is_final;
      checkpoint->step = is_final ? read_step (run, checkpoint->path) : (guint) g_ascii_strtoull (name + strlen (start), NULL, 10);
      g_ptr_array_add (list, checkpoint);
    }
  g_ptr_array_sort (list, compare_checkpoints);

  return list;
}

static int
compare_runs (gconstpointer a,
              gconstpointer b)
{
  const LkRun *first = *(LkRun **) a, *second = *(LkRun **) b;

  if (first->created != second->created)
    return first->created > second->created ? -1 : 1;
  return strcmp (second->name, first->name);
}

GPtrArray *
lk_run_list (const char *runs)
{
  GPtrArray *list = g_ptr_array_new_with_free_func ((GDestroyNotify) lk_run_unref);
  g_autoptr (GDir) dir = g_dir_open (runs, 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *folder = g_build_filename (runs, name, NULL);
      LkRun *run = lk_run_open (folder, NULL);

      if (run)
        g_ptr_array_add (list, run);
    }
  g_ptr_array_sort (list, compare_runs);

  return list;
}
