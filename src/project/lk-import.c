#define G_LOG_DOMAIN "likeness-project"

#include "config.h"

#include "project/lk-import.h"

#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <string.h>

#include "project/lk-commit.h"
#include "project/lk-import-stage.h"

static void
problem_free (gpointer data)
{
  LkImportProblem *problem = data;

  g_free (problem->source);
  g_free (problem->sentence);
  g_clear_object (&problem->same_as);
  g_free (problem);
}

void
lk_import_report_free (LkImportReport *report)
{
  g_ptr_array_unref (report->images);
  g_ptr_array_unref (report->unreadable);
  g_ptr_array_unref (report->duplicates);
  g_free (report);
}

static void
add_sentence (GString *text,
              char    *sentence)
{
  if (text->len > 0)
    g_string_append_c (text, ' ');
  g_string_append (text, sentence);
  g_free (sentence);
}

char *
lk_import_report_describe (LkImportReport *report)
{
  GString *text = g_string_new (NULL);
  guint n = report->images->len;

  if (n == 0)
    add_sentence (text, g_strdup (_("No new pictures.")));
  else if (report->n_captions > 0)
    add_sentence (text, g_strdup_printf (ngettext ("%u picture imported, %u with a caption.", "%u pictures imported, %u with captions.", n),
                                         n, report->n_captions));
  else
    add_sentence (text, g_strdup_printf (ngettext ("%u picture imported.", "%u pictures imported.", n), n));
  if (report->n_renamed > 0)
    add_sentence (text, g_strdup_printf (ngettext ("%u got a new name, because its own was taken.", "%u got new names, because theirs were taken.",
                                                   report->n_renamed), report->n_renamed));
  if (report->duplicates->len > 0)
    add_sentence (text, g_strdup_printf (ngettext ("%u was there already.", "%u were there already.", report->duplicates->len),
                                         report->duplicates->len));
  if (report->unreadable->len > 0)
    add_sentence (text, g_strdup_printf (ngettext ("%u could not be read.", "%u could not be read.", report->unreadable->len),
                                         report->unreadable->len));
  return g_string_free (text, FALSE);
}

/* ---- into the project ---------------------------------------------------------------------------------------------- */

/* Contents that the project has: hash -> id. */
static GHashTable *
collect_hashes (LkProject *self)
{
  GHashTable *known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);

  for (guint i = 0; i < lk_project_get_n_images (self); i++)
    {
      LkImage *image = lk_project_get_image (self, i);

      if (image->hash != NULL)
        g_hash_table_insert (known, g_strdup (image->hash), g_memdup2 (&image->id, sizeof image->id));
    }
  return known;
}

/* Stems of everything in images/, also of captions that belong to no picture: nothing must join them by accident. */
static GHashTable *
collect_stems (LkProject *self)
{
  GHashTable *stems = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GDir) dir = g_dir_open (self->images_folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    g_hash_table_add (stems, lk_stem_of (name));
  for (guint i = 0; i < lk_project_get_n_images (self); i++)
    g_hash_table_add (stems, g_strdup (lk_image_get_stem (lk_project_get_image (self, i))));
  return stems;
}

/* "a.png", or "a-2.png" where something is called "a". */
static char *
choose_name (GHashTable *stems,
             const char *name)
{
  g_autofree char *stem = lk_stem_of (name);
  const char *extension = name + strlen (stem);

  for (guint n = 1;; n++)
    {
      g_autofree char *candidate = n == 1 ? g_strdup (stem) : g_strdup_printf ("%s-%u", stem, n);

      if (g_hash_table_contains (stems, candidate))
        continue;
      g_hash_table_add (stems, g_strdup (candidate));
      return g_strconcat (candidate, extension, NULL);
    }
}

/* In its staging folder, under its final name. */
static gboolean
rename_staged (LkStage    *stage,
               LkStaged   *staged,
               const char *name)
{
  g_autofree char *index = g_strdup_printf ("%u", staged->index);
  g_autofree char *folder = g_build_filename (stage->path, index, NULL);
  g_autofree char *old_stem = lk_stem_of (staged->name);
  g_autofree char *new_stem = lk_stem_of (name);
  g_autofree char *from = g_build_filename (folder, staged->name, NULL);
  g_autofree char *to = g_build_filename (folder, name, NULL);
  g_autofree char *old_text = g_strconcat (folder, "/", old_stem, ".txt", NULL);
  g_autofree char *new_text = g_strconcat (folder, "/", new_stem, ".txt", NULL);

  return g_rename (from, to) == 0 && (staged->caption == NULL || g_rename (old_text, new_text) == 0);
}

static LkImage *
make_image (LkProject  *self,
            LkStage    *stage,
            LkStaged   *staged,
            const char *name)
{
  g_autofree char *index = g_strdup_printf ("%u", staged->index);
  g_autofree char *folder = g_build_filename (stage->path, index, NULL);
  g_autofree char *path = g_build_filename (folder, name, NULL);
  LkImage *image = lk_image_new (0, self->images_folder, name);

  image->is_present = FALSE;   /* until the step is shown */
  image->stamp = lk_stamp_of (path);
  image->width = staged->look->width;
  image->height = staged->look->height;
  image->hash = g_strdup (staged->look->hash);
  image->source = g_strdup (staged->shown);
  image->scores = staged->look->scores;
  image->repeats = staged->repeats;
  if (staged->caption != NULL)
    {
      g_autofree char *text = g_strconcat (folder, "/", image->stem, ".txt", NULL);

      lk_image_set_text (image, staged->caption);
      image->text_stamp = lk_stamp_of (text);
    }
  return image;
}

/* Rows first: they give the ids that changes and file operations need. */
static gboolean
insert_images (LkCommit  *commit,
               gpointer   data,
               GError   **error)
{
  GPtrArray *images = data;

  for (guint i = 0; i < images->len; i++)
    {
      LkImage *image = images->pdata[i];
      LkChange *change = commit->changes->pdata[i];
      LkFileOp *op = commit->ops->pdata[i];

      if (!lk_project_insert_row (commit->project, image, FALSE, error) || !lk_project_store_scores (commit->project, image, error))
        return FALSE;
      change->image = image->id;
      op->image = image->id;
    }
  return TRUE;
}

static void
add_images (LkCommit *commit,
            gpointer  data)
{
  GPtrArray *images = data;

  for (guint i = 0; i < images->len; i++)
    lk_project_add_image (commit->project, g_object_ref (images->pdata[i]));
}

static void
add_problem (GPtrArray  *problems,
             const char *source,
             const char *sentence,
             LkImage    *same_as)
{
  LkImportProblem *problem = g_new0 (LkImportProblem, 1);

  problem->source = g_strdup (source);
  problem->sentence = g_strdup (sentence);
  problem->same_as = same_as != NULL ? g_object_ref (same_as) : NULL;
  g_ptr_array_add (problems, problem);
}

static void
report_left_out (LkProject      *self,
                 LkImportReport *report,
                 LkStaged       *staged)
{
  LkImage *same_as = staged->same_as != 0 ? lk_project_find_any (self, staged->same_as) : NULL;
  g_autofree char *sentence = NULL;

  if (staged->look->trouble != NULL)
    {
      add_problem (report->unreadable, staged->shown, staged->look->trouble, NULL);
      return;
    }
  sentence = g_strdup_printf (_("It is the same picture as “%s”."), same_as != NULL ? same_as->name : staged->same_as_shown);
  add_problem (report->duplicates, staged->shown, sentence, same_as);
}

/* Builds the step from what is staged. NULL: nothing comes in. The report has everything, as it will be. */
static LkCommit *
make_commit (LkProject       *self,
             LkStage         *stage,
             LkImportReport **out_report)
{
  LkImportReport *report = g_new0 (LkImportReport, 1);
  g_autoptr (GHashTable) stems = collect_stems (self);
  g_autoptr (GPtrArray) changes = g_ptr_array_new_with_free_func ((GDestroyNotify) lk_change_free);
  g_autoptr (GPtrArray) ops = g_ptr_array_new_with_free_func ((GDestroyNotify) lk_file_op_free);
  g_autoptr (GBytes) present = lk_value_of_uint (1);
  g_autofree char *title = NULL;
  LkCommit *commit;

  report->images = g_ptr_array_new_with_free_func (g_object_unref);
  report->unreadable = g_ptr_array_new_with_free_func (problem_free);
  report->duplicates = g_ptr_array_new_with_free_func (problem_free);
  *out_report = report;

  for (guint i = 0; i < stage->problems->len; i += 2)
    add_problem (report->unreadable, stage->problems->pdata[i], stage->problems->pdata[i + 1], NULL);
  for (guint i = 0; i < stage->found->len; i++)
    {
      LkStaged *staged = stage->found->pdata[i];
      g_autofree char *name = NULL;
      g_autofree char *path = NULL;
      LkFileOp *op;

      if (!staged->is_staged)
        {
          report_left_out (self, report, staged);
          continue;
        }
      name = choose_name (stems, staged->name);
      if (!g_str_equal (name, staged->name))
        {
          if (!rename_staged (stage, staged, name))
            {
              add_problem (report->unreadable, staged->shown, _("It could not be copied into the project."), NULL);
              continue;
            }
          report->n_renamed++;
        }
      report->n_captions += staged->caption != NULL;
      g_ptr_array_add (report->images, make_image (self, stage, staged, name));
      g_ptr_array_add (changes, lk_change_new (LK_CHANGE_PRESENCE, 0, NULL, present));
      path = g_strconcat ("images/", name, NULL);
      op = lk_file_op_new (LK_FILE_OP_IN, 0, path);
      op->source = g_strdup_printf ("%s/%u", stage->folder, staged->index);
      g_ptr_array_add (ops, op);
    }
  if (report->images->len == 0)
    return NULL;

  title = g_strdup_printf (ngettext ("Import %u picture", "Import %u pictures", report->images->len), report->images->len);
  commit = lk_commit_new (self, title, NULL, g_steal_pointer (&changes));
  commit->ops = g_steal_pointer (&ops);
  commit->prepare = insert_images;
  commit->show = add_images;
  commit->data = g_ptr_array_ref (report->images);
  commit->free_data = (GDestroyNotify) g_ptr_array_unref;
  return commit;
}

LkImportReport *
lk_project_import (LkProject           *self,
                   const char * const  *paths,
                   LkProgressFunc       progress,
                   gpointer             progress_data,
                   GCancellable        *cancellable,
                   GError             **error)
{
  g_autoptr (GHashTable) known = NULL;
  g_autoptr (LkStage) stage = NULL;
  g_autoptr (LkImportReport) report = NULL;
  LkCommit *commit;

  if (!lk_project_check_writable (self, error))
    return NULL;
  lk_project_settle (self);
  known = collect_hashes (self);
  stage = lk_stage_run (self->folder, paths, NULL, NULL, known, progress, progress_data, cancellable, error);
  if (stage == NULL)
    return NULL;
  commit = make_commit (self, stage, &report);
  if (commit != NULL)
    {
      /* From here on the files belong to the step, whether it is committed or rolled back. */
      stage->is_taken = TRUE;
      if (!lk_commit_run (commit, error))
        {
          stage->is_taken = FALSE;
          return NULL;
        }
    }
  return g_steal_pointer (&report);
}

/* ---- in the background --------------------------------------------------------------------------------------------- */

typedef struct
{
  char           **paths;       /* owned, or NULL */
  GBytes          *bytes;       /* owned, or NULL */
  char            *name;        /* owned, or NULL */
  GHashTable      *known;       /* owned */
  char            *folder;      /* owned */
  LkRelay         *relay;       /* owned */
  LkStage         *stage;       /* owned; what the worker made */
  GError          *error;       /* owned; why not */
  LkImportReport  *report;      /* owned */
} Importing;

static void
importing_free (gpointer data)
{
  Importing *state = data;

  g_strfreev (state->paths);
  g_clear_pointer (&state->bytes, g_bytes_unref);
  g_free (state->name);
  g_hash_table_unref (state->known);
  g_free (state->folder);
  g_clear_pointer (&state->relay, lk_relay_free);
  g_clear_pointer (&state->stage, lk_stage_free);
  g_clear_error (&state->error);
  g_clear_pointer (&state->report, lk_import_report_free);
  g_free (state);
}

static void
return_report (GTask *task)
{
  Importing *state = g_task_get_task_data (task);

  g_task_return_pointer (task, g_steal_pointer (&state->report), (GDestroyNotify) lk_import_report_free);
}

static void
on_committed (GObject      *source,
              GAsyncResult *result,
              gpointer      data)
{
  g_autoptr (GTask) task = data;
  Importing *state = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (GPtrArray) images = g_task_propagate_pointer (G_TASK (result), &error);

  if (images != NULL)
    {
      return_report (task);
      return;
    }
  state->stage->is_taken = FALSE;
  g_task_return_error (task, error);
}

/* The worker is done; the rest is the owner's. Cancelling still counts. */
static gboolean
on_staged (gpointer data)
{
  GTask *task = data;
  Importing *state = g_task_get_task_data (task);
  LkProject *self = g_task_get_source_object (task);
  LkCommit *commit;

  g_clear_pointer (&state->relay, lk_relay_free);
  if (state->error != NULL)
    {
      g_task_return_error (task, g_steal_pointer (&state->error));
      return G_SOURCE_REMOVE;
    }
  if (g_task_return_error_if_cancelled (task))
    return G_SOURCE_REMOVE;
  if (self->store == NULL)
    {
      g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_CANCELLED, _("The project was closed."));
      return G_SOURCE_REMOVE;
    }

  commit = make_commit (self, state->stage, &state->report);
  if (commit == NULL)
    {
      return_report (task);
      return G_SOURCE_REMOVE;
    }
  state->stage->is_taken = TRUE;
  lk_commit_run_async (commit, g_task_new (self, NULL, on_committed, g_object_ref (task)));
  return G_SOURCE_REMOVE;
}

static void
send_progress (guint       done,
               guint       total,
               const char *text,
               gpointer    relay)
{
  lk_relay_send (relay, done, total, text);
}

static gpointer
stage_in_thread (gpointer data)
{
  GTask *task = data;
  Importing *state = g_task_get_task_data (task);
  g_autoptr (GSource) source = g_idle_source_new ();

  state->stage = lk_stage_run (state->folder, (const char * const *) state->paths, state->bytes, state->name, state->known,
                               send_progress, state->relay, g_task_get_cancellable (task), &state->error);
  g_source_set_callback (source, on_staged, task, g_object_unref);
  g_source_attach (source, g_task_get_context (task));
  return NULL;
}

static void
import_async (LkProject           *self,
              const char * const  *paths,
              GBytes              *bytes,
              const char          *name,
              LkProgressFunc       progress,
              gpointer             progress_data,
              GCancellable        *cancellable,
              GAsyncReadyCallback  callback,
              gpointer             user_data)
{
  GTask *task = g_task_new (self, cancellable, callback, user_data);
  Importing *state;
  GError *error = NULL;

  lk_project_settle (self);
  if (!lk_project_check_writable (self, &error))
    {
      g_task_return_error (task, error);
      g_object_unref (task);
      return;
    }
  state = g_new0 (Importing, 1);
  state->paths = g_strdupv ((char **) paths);
  state->bytes = bytes != NULL ? g_bytes_ref (bytes) : NULL;
  state->name = g_strdup (name);
  state->known = collect_hashes (self);
  state->folder = g_strdup (self->folder);
  state->relay = lk_relay_new (progress, progress_data);
  g_task_set_task_data (task, state, importing_free);
  g_thread_unref (g_thread_new ("project-import", stage_in_thread, task));
}

void
lk_project_import_async (LkProject           *self,
                         const char * const  *paths,
                         LkProgressFunc       progress,
                         gpointer             progress_data,
                         GCancellable        *cancellable,
                         GAsyncReadyCallback  callback,
                         gpointer             user_data)
{
  import_async (self, paths, NULL, NULL, progress, progress_data, cancellable, callback, user_data);
}

void
lk_project_import_bytes_async (LkProject           *self,
                               GBytes              *bytes,
                               const char          *name,
                               GCancellable        *cancellable,
                               GAsyncReadyCallback  callback,
                               gpointer             user_data)
{
  import_async (self, NULL, bytes, name, NULL, NULL, cancellable, callback, user_data);
}

LkImportReport *
lk_project_import_finish (LkProject     *self,
                          GAsyncResult  *result,
                          GError       **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
