#define G_LOG_DOMAIN "likeness-project"

#include "config.h"

#include "project/lk-commit.h"

#include <glib/gi18n.h>

static void
commit_free (LkCommit *commit)
{
  if (commit->free_data != NULL)
    commit->free_data (commit->data);
  g_free (commit->title);
  g_free (commit->merge_key);
  g_ptr_array_unref (commit->changes);
  g_clear_pointer (&commit->ops, g_ptr_array_unref);
  g_clear_object (&commit->task);
  g_clear_error (&commit->error);
  g_object_unref (commit->project);
  g_free (commit);
}

LkCommit *
lk_commit_new (LkProject  *project,
               const char *title,
               const char *merge_key,
               GPtrArray  *changes)
{
  LkCommit *commit = g_new0 (LkCommit, 1);

  commit->project = g_object_ref (project);
  commit->title = g_strdup (title);
  commit->merge_key = g_strdup (merge_key);
  commit->forward = TRUE;
  commit->changes = changes;
  return commit;
}

/* ---- the transaction ----------------------------------------------------------------------------------------------- */

/* What a change means for files, or NULL. An import makes its own. */
static LkFileOp *
make_file_op (LkProject *self,
              LkChange  *change,
              gboolean   forward)
{
  GBytes *value = forward ? change->after : change->before;
  LkImage *image = lk_project_find_any (self, change->image);
  g_autofree char *path = NULL;
  LkFileOp *op = NULL;

  if (change->kind == LK_CHANGE_SETTINGS)
    {
      op = lk_file_op_new (LK_FILE_OP_WRITE, 0, LK_SETTINGS_NAME);
      op->bytes = g_bytes_ref (value);
    }
  else if (change->kind == LK_CHANGE_CAPTION)
    {
      path = g_strconcat ("images/", image->stem, ".txt", NULL);
      op = lk_file_op_new (value != NULL ? LK_FILE_OP_WRITE : LK_FILE_OP_DELETE, image->id, path);
      op->bytes = value != NULL ? g_bytes_ref (value) : NULL;
    }
  else if (change->kind == LK_CHANGE_PRESENCE)
    {
      path = g_strconcat ("images/", image->name, NULL);
      op = lk_file_op_new (value != NULL ? LK_FILE_OP_IN : LK_FILE_OP_OUT, image->id, path);
      op->keeps_text = lk_project_find_twin (self, image) != NULL;
    }
  return op;
}

/* Undoing goes backwards. */
static LkChange *
nth_change (LkCommit *commit,
            guint     n)
{
  return commit->changes->pdata[commit->forward ? n : commit->changes->len - 1 - n];
}

static GBytes *
new_value (LkCommit *commit,
           LkChange *change)
{
  return commit->forward ? change->after : change->before;
}

static void
make_file_ops (LkCommit *commit)
{
  if (commit->ops != NULL)
    return;
  commit->ops = g_ptr_array_new_with_free_func ((GDestroyNotify) lk_file_op_free);
  for (guint i = 0; i < commit->changes->len; i++)
    {
      LkFileOp *op = make_file_op (commit->project, nth_change (commit, i), commit->forward);

      if (op != NULL)
        g_ptr_array_add (commit->ops, op);
    }
}

static gboolean
write_everything (LkCommit  *commit,
                  GError   **error)
{
  LkStore *store = commit->project->store;

  if (commit->prepare != NULL && !commit->prepare (commit, commit->data, error))
    return FALSE;
  if (commit->step != 0 ? !lk_journal_mark_step (store, commit->step, !commit->forward, error) :
                          !lk_journal_add_step (store, commit->title, commit->merge_key, commit->changes, error))
    return FALSE;
  for (guint i = 0; i < commit->changes->len; i++)
    {
      LkChange *change = nth_change (commit, i);

      if (!lk_journal_set_row (store, change->kind, change->image, new_value (commit, change), error))
        return FALSE;
    }
  for (guint i = 0; i < commit->ops->len; i++)
    if (!lk_journal_add_pending (store, commit->ops->pdata[i], error))
      return FALSE;
  return TRUE;
}

static gboolean
run_transaction (LkCommit *commit)
{
  LkStore *store = commit->project->store;

  if (!lk_store_begin (store, FALSE, &commit->error))
    return FALSE;
  if (write_everything (commit, &commit->error))
    return lk_store_commit (store, &commit->error);
  lk_store_rollback (store);
  return FALSE;
}

/* ---- showing it ---------------------------------------------------------------------------------------------------- */

static GPtrArray *
show_changes (LkCommit *commit)
{
  LkProject *self = commit->project;
  GPtrArray *images = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);
  gboolean has_presence = FALSE;

  if (commit->show != NULL)
    commit->show (commit, commit->data);
  for (guint i = 0; i < commit->changes->len; i++)
    {
      LkChange *change = nth_change (commit, i);
      LkImage *image = lk_project_find_any (self, change->image);

      lk_value_show (self, change->kind, change->image, new_value (commit, change));
      has_presence = has_presence || change->kind == LK_CHANGE_PRESENCE;
      if (image != NULL && g_hash_table_add (seen, image))
        g_ptr_array_add (images, g_object_ref (image));
    }
  if (has_presence)
    lk_project_refresh_list (self);
  lk_project_update_top (self);
  lk_project_submit (self, g_steal_pointer (&commit->ops));
  lk_project_emit_changed (self);
  return images;
}

/* Its transaction is over: shows it, or says why not. Frees the commit. */
static GPtrArray *
finish (LkCommit  *commit,
        GError   **error)
{
  GPtrArray *images = NULL;

  if (commit->error != NULL)
    g_propagate_error (error, g_steal_pointer (&commit->error));
  else
    images = show_changes (commit);
  commit_free (commit);
  return images;
}

gboolean
lk_commit_run (LkCommit  *commit,
               GError   **error)
{
  g_autoptr (GPtrArray) images = NULL;

  lk_project_settle (commit->project);
  make_file_ops (commit);
  run_transaction (commit);
  images = finish (commit, error);
  return images != NULL;
}

/* ---- on a thread --------------------------------------------------------------------------------------------------- */

static gboolean
on_idle (gpointer data)
{
  lk_project_settle (data);
  return G_SOURCE_REMOVE;
}

static gpointer
run_in_thread (gpointer data)
{
  LkCommit *commit = data;
  g_autoptr (GSource) source = g_idle_source_new ();

  run_transaction (commit);
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, on_idle, g_object_ref (commit->project), g_object_unref);
  g_source_attach (source, g_task_get_context (commit->task));
  return NULL;
}

void
lk_project_settle (LkProject *self)
{
  LkCommit *commit = g_steal_pointer (&self->commit);
  g_autoptr (GTask) task = NULL;
  GPtrArray *images;
  GError *error = NULL;

  if (commit == NULL)
    return;
  g_thread_join (commit->thread);
  task = g_object_ref (commit->task);
  images = finish (commit, &error);
  if (images != NULL)
    g_task_return_pointer (task, images, (GDestroyNotify) g_ptr_array_unref);
  else
    g_task_return_error (task, error);
}

void
lk_commit_run_async (LkCommit *commit,
                     GTask    *task)
{
  LkProject *self = commit->project;

  lk_project_settle (self);
  make_file_ops (commit);
  commit->task = task;
  self->commit = commit;
  commit->thread = g_thread_new ("project-commit", run_in_thread, commit);
}

/* ---- edits --------------------------------------------------------------------------------------------------------- */

/* What was typed outside meanwhile becomes a step of its own first: then it is not lost under ours. */
static gboolean
catch_up (LkProject  *self,
          GPtrArray  *changes,
          guint      *n_captions,
          GError    **error)
{
  g_autoptr (GPtrArray) images = g_ptr_array_new ();
  LkRescan outside;
  gboolean ok;

  for (guint i = 0; i < changes->len; i++)
    {
      LkChange *change = changes->pdata[i];
      LkImage *image = change->kind == LK_CHANGE_CAPTION ? lk_project_find_by_id (self, change->image) : NULL;

      if (image != NULL)
        g_ptr_array_add (images, image);
    }
  ok = lk_project_look_outside (self, images, &outside, error);
  *n_captions = outside.captions_changed;
  return ok;
}

/* The commit of an edit; NULL without error: there is nothing to do. */
static LkCommit *
prepare_edit (LkProject  *self,
              LkEdit     *edit,
              GError    **error)
{
  g_autoptr (GPtrArray) changes = NULL;
  guint n_outside;

  lk_project_settle (self);
  if (!lk_project_check_writable (self, error))
    return NULL;
  changes = lk_edit_steal_changes (edit);
  if (changes->len == 0 || !catch_up (self, changes, &n_outside, error))
    return NULL;
  for (guint i = 0; n_outside > 0 && i < changes->len; i++)
    {
      LkChange *change = changes->pdata[i];

      if (change->kind != LK_CHANGE_CAPTION)
        continue;
      g_clear_pointer (&change->before, g_bytes_unref);
      change->before = lk_value_of_image (lk_project_find_any (self, change->image), LK_CHANGE_CAPTION);
    }
  return lk_commit_new (self, lk_edit_get_title (edit), lk_edit_get_merge_key (edit), g_steal_pointer (&changes));
}

gboolean
lk_project_apply (LkProject  *self,
                  LkEdit     *edit,
                  GError    **error)
{
  g_autoptr (GError) local = NULL;
  LkCommit *commit = prepare_edit (self, edit, &local);

  if (commit != NULL)
    return lk_commit_run (commit, error);
  if (local == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

static void
return_nothing (GTask *task)
{
  g_task_return_pointer (task, g_ptr_array_new_with_free_func (g_object_unref), (GDestroyNotify) g_ptr_array_unref);
  g_object_unref (task);
}

void
lk_project_apply_async (LkProject           *self,
                        LkEdit              *edit,
                        GAsyncReadyCallback  callback,
                        gpointer             user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);
  GError *error = NULL;
  LkCommit *commit = prepare_edit (self, edit, &error);

  if (commit != NULL)
    {
      lk_commit_run_async (commit, task);
    }
  else if (error != NULL)
    {
      g_task_return_error (task, error);
      g_object_unref (task);
    }
  else
    {
      return_nothing (task);
    }
}

gboolean
lk_project_apply_finish (LkProject     *self,
                         GAsyncResult  *result,
                         GError       **error)
{
  g_autoptr (GPtrArray) images = g_task_propagate_pointer (G_TASK (result), error);

  return images != NULL;
}

/* ---- undo and redo ------------------------------------------------------------------------------------------------- */

/* A picture can only come back if nothing else has taken its name. */
static gboolean
check_names (LkCommit  *commit,
             GError   **error)
{
  LkProject *self = commit->project;

  for (guint i = 0; i < commit->changes->len; i++)
    {
      LkChange *change = commit->changes->pdata[i];
      LkImage *image = lk_project_find_any (self, change->image);
      g_autofree char *path = NULL;

      if (change->kind != LK_CHANGE_PRESENCE || new_value (commit, change) == NULL || image == NULL)
        continue;
      path = lk_image_dup_path (image);
      if (!lk_writer_is_behind (self->writer) && g_file_test (path, G_FILE_TEST_EXISTS))
        {
          g_set_error (error, LK_PROJECT_ERROR, LK_PROJECT_ERROR_EXISTS,
                       _("“%s” cannot come back: another file has its name. Move that elsewhere and try again."), image->name);
          return FALSE;
        }
    }
  return TRUE;
}

/* The commit that takes back the last step, or does the next one again; NULL without error: there is none. */
static LkCommit *
prepare_walk (LkProject  *self,
              gboolean    forward,
              GError    **error)
{
  g_autoptr (GPtrArray) changes = NULL;
  LkCommit *commit;
  guint n_outside;
  gint64 step;

  lk_project_settle (self);
  if (!lk_project_check_writable (self, error))
    return NULL;
  step = forward ? self->top.redo_step : self->top.undo_step;
  if (step == 0)
    return NULL;
  changes = lk_journal_read_changes (self->store, step, error);
  if (changes == NULL || !catch_up (self, changes, &n_outside, error))
    return NULL;
  /* A caption of this step was typed in outside: that is the last step now, and the one to take back; to do again is nothing. */
  if (n_outside > 0)
    return forward ? NULL : prepare_walk (self, FALSE, error);

  commit = lk_commit_new (self, NULL, NULL, g_steal_pointer (&changes));
  commit->step = step;
  commit->forward = forward;
  if (check_names (commit, error))
    return commit;
  commit_free (commit);
  return NULL;
}

static gboolean
walk (LkProject  *self,
      gboolean    forward,
      GPtrArray **images,
      GError    **error)
{
  g_autoptr (GError) local = NULL;
  LkCommit *commit = prepare_walk (self, forward, &local);
  g_autoptr (GPtrArray) changed = NULL;

  if (commit != NULL)
    {
      make_file_ops (commit);
      run_transaction (commit);
      changed = finish (commit, &local);
    }
  if (local != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  if (images != NULL)
    *images = changed != NULL ? g_steal_pointer (&changed) : g_ptr_array_new_with_free_func (g_object_unref);
  return TRUE;
}

gboolean
lk_project_undo (LkProject  *self,
                 GPtrArray **images,
                 GError    **error)
{
  return walk (self, FALSE, images, error);
}

gboolean
lk_project_redo (LkProject  *self,
                 GPtrArray **images,
                 GError    **error)
{
  return walk (self, TRUE, images, error);
}

static void
walk_async (LkProject           *self,
            gboolean             forward,
            GAsyncReadyCallback  callback,
            gpointer             user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);
  GError *error = NULL;
  LkCommit *commit = prepare_walk (self, forward, &error);

  if (commit != NULL)
    {
      lk_commit_run_async (commit, task);
    }
  else if (error != NULL)
    {
      g_task_return_error (task, error);
      g_object_unref (task);
    }
  else
    {
      return_nothing (task);
    }
}

void
lk_project_undo_async (LkProject           *self,
                       GAsyncReadyCallback  callback,
                       gpointer             user_data)
{
  walk_async (self, FALSE, callback, user_data);
}

void
lk_project_redo_async (LkProject           *self,
                       GAsyncReadyCallback  callback,
                       gpointer             user_data)
{
  walk_async (self, TRUE, callback, user_data);
}

GPtrArray *
lk_project_undo_finish (LkProject     *self,
                        GAsyncResult  *result,
                        GError       **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

GPtrArray *
lk_project_redo_finish (LkProject     *self,
                        GAsyncResult  *result,
                        GError       **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
