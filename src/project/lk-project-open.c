/* Making, opening and reading a project. */
#define G_LOG_DOMAIN "likeness-project"

#include "config.h"

#include "project/lk-project-private.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <string.h>

#include "base/lk-file.h"
#include "project/lk-files.h"

/* Scores of an older measure are not comparable: they are measured again. */
#define SCORES_VERSION 1

#define FLAG_FOREIGN_PROFILE 1
#define FLAG_ANIMATED 2
#define FLAG_ALPHA 4

/* ---- rows ---------------------------------------------------------------------------------------------------------- */

gboolean
lk_project_insert_row (LkProject  *self,
                       LkImage    *image,
                       gboolean    is_present,
                       GError    **error)
{
  sqlite3_stmt *statement = lk_store_prepare (self->store,
    "INSERT INTO images (name, present, size, modified, hash, width, height, trouble, source, text, text_size, text_modified, repeats) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) RETURNING id");
  g_autoptr (GError) local = NULL;

  lk_store_bind_text (statement, 1, image->name);
  sqlite3_bind_int (statement, 2, is_present);
  sqlite3_bind_int64 (statement, 3, image->stamp.size);
  sqlite3_bind_int64 (statement, 4, image->stamp.modified);
  lk_store_bind_text (statement, 5, image->hash);
  sqlite3_bind_int (statement, 6, image->width);
  sqlite3_bind_int (statement, 7, image->height);
  lk_store_bind_text (statement, 8, image->trouble);
  lk_store_bind_text (statement, 9, image->source);
  lk_store_bind_bytes (statement, 10, image->text);
  sqlite3_bind_int64 (statement, 11, image->text_stamp.size);
  sqlite3_bind_int64 (statement, 12, image->text_stamp.modified);
  sqlite3_bind_int (statement, 13, image->repeats);
  if (lk_store_next (self->store, statement, &local))
    image->id = sqlite3_column_int64 (statement, 0);
  if (local == NULL)
    return lk_store_run (self->store, statement, error);
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

gboolean
lk_project_store_file (LkProject  *self,
                       LkImage    *image,
                       GError    **error)
{
  sqlite3_stmt *statement = lk_store_prepare (self->store,
    "UPDATE images SET size = ?2, modified = ?3, hash = ?4, width = ?5, height = ?6, trouble = ?7 WHERE id = ?1");

  sqlite3_bind_int64 (statement, 1, image->id);
  sqlite3_bind_int64 (statement, 2, image->stamp.size);
  sqlite3_bind_int64 (statement, 3, image->stamp.modified);
  lk_store_bind_text (statement, 4, image->hash);
  sqlite3_bind_int (statement, 5, image->width);
  sqlite3_bind_int (statement, 6, image->height);
  lk_store_bind_text (statement, 7, image->trouble);
  return lk_store_run (self->store, statement, error);
}

gboolean
lk_project_store_text_stamp (LkProject  *self,
                             LkImage    *image,
                             GError    **error)
{
  sqlite3_stmt *statement = lk_store_prepare (self->store, "UPDATE images SET text_size = ?2, text_modified = ?3 WHERE id = ?1");

  sqlite3_bind_int64 (statement, 1, image->id);
  sqlite3_bind_int64 (statement, 2, image->text_stamp.size);
  sqlite3_bind_int64 (statement, 3, image->text_stamp.modified);
  return lk_store_run (self->store, statement, error);
}

static gboolean
store_faces (LkProject  *self,
             LkImage    *image,
             GError    **error)
{
  sqlite3_stmt *statement = lk_store_prepare (self->store, "DELETE FROM faces WHERE image = ?1");

  sqlite3_bind_int64 (statement, 1, image->id);
  if (!lk_store_run (self->store, statement, error))
    return FALSE;

  /* Rank -1: the picture was looked at. */
  for (gint rank = -1; rank < image->n_faces; rank++)
    {
      const LkFace *face = &image->faces[MAX (rank, 0)];

      statement = lk_store_prepare (self->store, "INSERT INTO faces VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)");
      sqlite3_bind_int64 (statement, 1, image->id);
      sqlite3_bind_int (statement, 2, rank);
      if (rank >= 0)
        {
          sqlite3_bind_int (statement, 3, face->box.x);
          sqlite3_bind_int (statement, 4, face->box.y);
          sqlite3_bind_int (statement, 5, face->box.width);
          sqlite3_bind_int (statement, 6, face->box.height);
          sqlite3_bind_double (statement, 7, face->score);
          sqlite3_bind_int (statement, 8, face->has_pose);
          sqlite3_bind_double (statement, 9, face->roll);
          sqlite3_bind_double (statement, 10, face->yaw);
        }
      if (!lk_store_run (self->store, statement, error))
        return FALSE;
    }
  return TRUE;
}

gboolean
lk_project_store_scores (LkProject  *self,
                         LkImage    *image,
                         GError    **error)
{
  const LkScores *scores = &image->scores;
  sqlite3_stmt *statement;

  if (image->n_faces < 0)
    {
      statement = lk_store_prepare (self->store, "DELETE FROM faces WHERE image = ?1");
      sqlite3_bind_int64 (statement, 1, image->id);
      if (!lk_store_run (self->store, statement, error))
        return FALSE;
    }
  if (!scores->is_measured)
    {
      statement = lk_store_prepare (self->store, "DELETE FROM scores WHERE image = ?1");
      sqlite3_bind_int64 (statement, 1, image->id);
      return lk_store_run (self->store, statement, error);
    }

  statement = lk_store_prepare (self->store, "INSERT OR REPLACE INTO scores VALUES "
                                "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)");
  sqlite3_bind_int64 (statement, 1, image->id);
  sqlite3_bind_int (statement, 2, SCORES_VERSION);
  sqlite3_bind_double (statement, 3, scores->sharpness);
  sqlite3_bind_double (statement, 4, scores->exposure.mean);
  sqlite3_bind_double (statement, 5, scores->exposure.deviation);
  sqlite3_bind_double (statement, 6, scores->exposure.dark);
  sqlite3_bind_double (statement, 7, scores->exposure.bright);
  sqlite3_bind_double (statement, 8, scores->exposure.clipped_black);
  sqlite3_bind_double (statement, 9, scores->exposure.clipped_white);
  sqlite3_bind_int64 (statement, 10, (gint64) scores->gradient_hash);
  sqlite3_bind_int64 (statement, 11, (gint64) scores->frequency_hash);
  sqlite3_bind_int (statement, 12, scores->jpeg_quality);
  sqlite3_bind_int (statement, 13, (scores->has_foreign_profile ? FLAG_FOREIGN_PROFILE : 0) | (scores->is_animated ? FLAG_ANIMATED : 0) |
                                   (scores->has_alpha ? FLAG_ALPHA : 0));
  sqlite3_bind_int (statement, 14, scores->subject.x);
  sqlite3_bind_int (statement, 15, scores->subject.y);
  sqlite3_bind_int (statement, 16, scores->subject.width);
  sqlite3_bind_int (statement, 17, scores->subject.height);
  sqlite3_bind_double (statement, 18, scores->subject_confidence);
  return lk_store_run (self->store, statement, error);
}

gboolean
lk_project_set_faces (LkProject     *self,
                      LkImage       *image,
                      const LkFace  *faces,
                      guint          n_faces,
                      GError       **error)
{
  gboolean ok;

  if (self->store == NULL)
    return TRUE;   /* closed meanwhile */
  lk_image_set_faces (image, faces, n_faces);
  ok = lk_store_begin (self->store, TRUE, error) && store_faces (self, image, error) && lk_store_commit (self->store, error);
  lk_store_rollback (self->store);
  lk_project_emit_changed (self);
  return ok;
}

/* ---- reading ------------------------------------------------------------------------------------------------------- */

static void
read_scores (LkImage      *image,
             sqlite3_stmt *row,
             int           first)
{
  LkScores scores = { .is_measured = TRUE };
  int flags;

  if (sqlite3_column_type (row, first) == SQLITE_NULL || sqlite3_column_int (row, first) != SCORES_VERSION)
    return;
  scores.sharpness = sqlite3_column_double (row, first + 1);
  scores.exposure.mean = sqlite3_column_double (row, first + 2);
  scores.exposure.deviation = sqlite3_column_double (row, first + 3);
  scores.exposure.dark = sqlite3_column_double (row, first + 4);
  scores.exposure.bright = sqlite3_column_double (row, first + 5);
  scores.exposure.clipped_black = sqlite3_column_double (row, first + 6);
  scores.exposure.clipped_white = sqlite3_column_double (row, first + 7);
  scores.gradient_hash = sqlite3_column_int64 (row, first + 8);
  scores.frequency_hash = sqlite3_column_int64 (row, first + 9);
  scores.jpeg_quality = sqlite3_column_int (row, first + 10);
  flags = sqlite3_column_int (row, first + 11);
  scores.has_foreign_profile = (flags & FLAG_FOREIGN_PROFILE) != 0;
  scores.is_animated = (flags & FLAG_ANIMATED) != 0;
  scores.has_alpha = (flags & FLAG_ALPHA) != 0;
  scores.subject.x = sqlite3_column_int (row, first + 12);
  scores.subject.y = sqlite3_column_int (row, first + 13);
  scores.subject.width = sqlite3_column_int (row, first + 14);
  scores.subject.height = sqlite3_column_int (row, first + 15);
  scores.subject_confidence = sqlite3_column_double (row, first + 16);
  image->scores = scores;
}

static LkState
state_from_id (const char *id)
{
  for (guint state = 0; state <= LK_STATE_REJECT; state++)
    if (g_strcmp0 (lk_state_get_id (state), id) == 0)
      return state;
  return LK_STATE_UNDECIDED;
}

static LkImage *
read_image (LkProject    *self,
            sqlite3_stmt *row)
{
  LkImage *image = lk_image_new (sqlite3_column_int64 (row, 0), self->images_folder, lk_store_get_text (row, 1));
  g_autoptr (GBytes) text = lk_store_dup_bytes (row, 10);
  const char *crop = lk_store_get_text (row, 13), *labels;

  image->is_present = sqlite3_column_int (row, 2);
  image->stamp = (LkStamp) { .size = sqlite3_column_int64 (row, 3), .modified = sqlite3_column_int64 (row, 4) };
  image->hash = g_strdup (lk_store_get_text (row, 5));
  image->width = sqlite3_column_int (row, 6);
  image->height = sqlite3_column_int (row, 7);
  image->trouble = g_strdup (lk_store_get_text (row, 8));
  image->source = g_strdup (lk_store_get_text (row, 9));
  lk_image_set_text (image, text);
  image->text_stamp = (LkStamp) { .size = sqlite3_column_int64 (row, 11), .modified = sqlite3_column_int64 (row, 12) };
  if (crop != NULL)
    lk_value_get_crop (crop, &image->crop);
  image->rating = CLAMP (sqlite3_column_int (row, 14), 0, 5);
  image->state = state_from_id (lk_store_get_text (row, 15));
  image->chosen_shot = lk_shot_from_id (lk_store_get_text (row, 16));
  image->repeats = MAX (sqlite3_column_int (row, 17), 1);
  lk_image_set_notes (image, lk_store_get_text (row, 18));
  labels = lk_store_get_text (row, 19);
  if (labels != NULL && *labels != '\0')
    {
      g_strfreev (image->labels);
      image->labels = g_strsplit (labels, ",", -1);
    }
  read_scores (image, row, 20);
  return image;
}

static gboolean
read_faces (LkProject  *self,
            GError    **error)
{
  sqlite3_stmt *row = lk_store_prepare (self->store, "SELECT image, rank, x, y, width, height, score, has_pose, roll, yaw FROM faces ORDER BY image, rank");
  g_autoptr (GError) local = NULL;

  while (lk_store_next (self->store, row, &local))
    {
      LkImage *image = lk_project_find_any (self, sqlite3_column_int64 (row, 0));
      gint rank = sqlite3_column_int (row, 1);

      if (image == NULL)
        continue;
      image->n_faces = rank + 1;
      if (rank < 0)
        continue;
      image->faces = g_renew (LkFace, image->faces, rank + 1);
      image->faces[rank] = (LkFace) {
        .box = { sqlite3_column_int (row, 2), sqlite3_column_int (row, 3), sqlite3_column_int (row, 4), sqlite3_column_int (row, 5) },
        .score = sqlite3_column_double (row, 6),
        .has_pose = sqlite3_column_int (row, 7),
        .roll = sqlite3_column_double (row, 8),
        .yaw = sqlite3_column_double (row, 9),
      };
    }
  if (local == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

static gboolean
read_images (LkProject  *self,
             GError    **error)
{
  sqlite3_stmt *row = lk_store_prepare (self->store,
    "SELECT id, name, present, size, modified, hash, width, height, trouble, source, text, text_size, text_modified, crop, rating, state, shot,"
    " repeats, notes, labels, version, sharpness, mean, deviation, dark, bright, clipped_black, clipped_white, gradient_hash, frequency_hash,"
    " jpeg_quality, flags, subject_x, subject_y, subject_width, subject_height, subject_confidence"
    " FROM images LEFT JOIN scores ON image = id ORDER BY id");
  g_autoptr (GError) local = NULL;

  while (lk_store_next (self->store, row, &local))
    lk_project_add_image (self, read_image (self, row));
  if (local == NULL)
    return read_faces (self, error);
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

/* The settings as project.db has them, or NULL. */
static GBytes *
read_stored_settings (LkProject *self)
{
  sqlite3_stmt *row = lk_store_prepare (self->store, "SELECT value FROM meta WHERE key = 'settings'");
  GBytes *bytes = NULL;

  if (lk_store_next (self->store, row, NULL))
    bytes = lk_store_dup_bytes (row, 0);
  if (row != NULL)
    sqlite3_reset (row);
  return bytes;
}

/* project.json wins over project.db's copy; if it is gone, the copy is written. */
static gboolean
read_settings (LkProject  *self,
               GError    **error)
{
  g_autofree char *path = lk_project_dup_path (self, LK_SETTINGS_NAME);
  g_autoptr (GBytes) stored = read_stored_settings (self);
  g_autoptr (GBytes) bytes = NULL;
  gsize length;
  char *text = lk_file_read (path, 64 << 20, &length, NULL);

  if (stored != NULL && text != NULL)
    {
      bytes = g_bytes_new_take (text, length);
      if (!lk_project_take_settings (self, stored, error))
        return FALSE;
      if (g_bytes_equal (bytes, stored))
        self->settings_stamp = lk_stamp_of (path);
      /* Else the rescan finds what changed outside, with an undo step; a file that is no JSON is an error first. */
      else
        return lk_project_take_settings (self, bytes, error) && lk_project_take_settings (self, stored, error);
      return TRUE;
    }

  if (text != NULL)
    bytes = g_bytes_new_take (text, length);
  else if (stored != NULL)
    bytes = g_bytes_ref (stored);
  else
    bytes = g_bytes_new_static ("{\n  \"schema\": 1\n}\n", 18);
  if (!lk_project_take_settings (self, bytes, error))
    return FALSE;

  if (self->writer != NULL)
    {
      if (text == NULL && !lk_file_write (path, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), error))
        return FALSE;
      if (!lk_store_begin (self->store, FALSE, error))
        return FALSE;
      if (!lk_journal_set_row (self->store, LK_CHANGE_SETTINGS, 0, bytes, error))
        {
          lk_store_rollback (self->store);
          return FALSE;
        }
      if (!lk_store_commit (self->store, error))
        return FALSE;
    }
  self->settings_stamp = lk_stamp_of (path);
  return TRUE;
}

/* ---- after a crash ------------------------------------------------------------------------------------------------- */

/* A caption that was to be written, and holds something else than the writer's text: someone wrote it after the crash. It wins, as any
 * change from outside, and the rescan finds it. Nothing, or zeros, is what a power cut leaves. */
static gboolean
was_written_by_others (LkProject *self,
                       LkFileOp  *op)
{
  g_autofree char *path = lk_project_dup_path (self, op->path);
  LkStamp stamp = lk_stamp_of (path);
  LkImage *image = lk_project_find_any (self, op->image);
  g_autofree char *text = NULL;
  gsize length;

  if (stamp.size == 0 || image == NULL || (stamp.modified == image->text_stamp.modified && stamp.size == image->text_stamp.size))
    return FALSE;
  text = lk_file_read (path, 64 << 20, &length, NULL);
  for (gsize i = 0; text != NULL && i < length; i++)
    if (text[i] != '\0')
      return op->bytes == NULL || length != g_bytes_get_size (op->bytes) || memcmp (text, g_bytes_get_data (op->bytes, NULL), length) != 0;
  return FALSE;
}

/* Finishes what was committed and may not have reached the files. */
static gboolean
finish_pending (LkProject  *self,
                GError    **error)
{
  g_autoptr (GPtrArray) ops = lk_journal_read_pending (self->store, error);
  gboolean ok;

  if (ops == NULL)
    return FALSE;
  if (ops->len == 0)
    return TRUE;

  ok = lk_store_begin (self->store, TRUE, error);
  for (guint i = 0; ok && i < ops->len; i++)
    {
      LkFileOp *op = ops->pdata[i];
      LkImage *image = lk_project_find_any (self, op->image);
      gboolean is_caption = op->image != 0 && (op->kind == LK_FILE_OP_WRITE || op->kind == LK_FILE_OP_DELETE);

      if (is_caption && was_written_by_others (self, op))
        {
          g_debug ("%s: written by others", op->path);
        }
      else if (!lk_file_op_perform (op, self->folder))
        {
          lk_project_note_failed (self, op);
          ops->pdata[i] = NULL;
          continue;
        }
      else if (is_caption && image != NULL)
        {
          image->text_stamp = op->kind == LK_FILE_OP_WRITE ? op->stamp : (LkStamp) { 0, 0 };
          ok = lk_project_store_text_stamp (self, image, error);
        }
      ok = ok && lk_journal_remove_pending (self->store, op->pending, error);
    }
  if (ok)
    return lk_store_commit (self->store, error);
  lk_store_rollback (self->store);
  return FALSE;
}

/* Files that a killed process was still writing, and imports that were never committed. */
static void
remove_leftovers (LkProject  *self,
                  const char *folder,
                  const char *prefix)
{
  g_autofree char *path = folder != NULL ? lk_project_dup_path (self, folder) : g_strdup (self->folder);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    if (g_str_has_prefix (name, prefix))
      {
        g_autofree char *leftover = g_build_filename (path, name, NULL);

        lk_remove_tree (leftover);
      }
}

/* ---- opening ------------------------------------------------------------------------------------------------------- */

gboolean
lk_project_is_project (const char *folder)
{
  g_autofree char *settings = g_build_filename (folder, LK_SETTINGS_NAME, NULL);
  g_autofree char *images = g_build_filename (folder, "images", NULL);
  g_autofree char *database = g_build_filename (folder, "project.db", NULL);

  return g_file_test (settings, G_FILE_TEST_IS_REGULAR) ||
         (g_file_test (images, G_FILE_TEST_IS_DIR) && g_file_test (database, G_FILE_TEST_IS_REGULAR));
}

static LkProject *
open_store (const char          *folder,
            gboolean             look,
            const char          *reason,
            GError             **error)
{
  g_autoptr (LkProject) self = NULL;
  LkStore *store = lk_store_open (folder, look, error);

  if (store == NULL)
    return NULL;
  if (reason != NULL)
    lk_store_set_reason (store, reason);
  self = lk_project_new (store);
  if (!read_images (self, error))
    return NULL;
  if (self->writer != NULL)
    {
      if (!finish_pending (self, error))
        return NULL;
      remove_leftovers (self, "images", ".likeness-");
      remove_leftovers (self, NULL, ".likeness-");
      if (g_hash_table_size (self->failed) == 0)
        remove_leftovers (self, "trash", ".incoming-");
    }
  if (!read_settings (self, error))
    return NULL;
  lk_project_refresh_list (self);
  if (!lk_project_rescan (self, NULL, error))
    return NULL;
  lk_project_update_top (self);
  return g_steal_pointer (&self);
}

LkProject *
lk_project_open (const char          *folder,
                 LkProjectOpenFlags   flags,
                 GError             **error)
{
  g_autoptr (GError) local = NULL;
  LkProject *project;

  if (!lk_project_is_project (folder))
    {
      g_autofree char *name = g_filename_display_name (folder);

      if (g_file_test (folder, G_FILE_TEST_IS_DIR))
        g_set_error (error, LK_PROJECT_ERROR, LK_PROJECT_ERROR_NOT_A_PROJECT,
                     _("“%s” is no project: it has no %s. Choose the folder that a project was made in, or make a new one."), name, LK_SETTINGS_NAME);
      else
        g_set_error (error, LK_PROJECT_ERROR, LK_PROJECT_ERROR_NOT_A_PROJECT, _("There is no folder “%s”."), name);
      return NULL;
    }

  project = open_store (folder, (flags & LK_PROJECT_LOOK) != 0, NULL, &local);
  if (project == NULL && g_error_matches (local, LK_PROJECT_ERROR, LK_PROJECT_ERROR_NO_SPACE))
    {
      g_autofree char *name = g_filename_display_basename (folder);
      g_autofree char *reason = g_strdup_printf (_("The disk of “%s” is full. You can look at everything; free some space and open it again to change it."),
                                                 name);

      g_clear_error (&local);
      project = open_store (folder, TRUE, reason, &local);
    }
  if (local != NULL)
    g_propagate_error (error, g_steal_pointer (&local));
  return project;
}

typedef struct
{
  char               *folder;
  LkProjectOpenFlags  flags;
} OpenRequest;

static void
open_request_free (gpointer data)
{
  OpenRequest *request = data;

  g_free (request->folder);
  g_free (request);
}

static void
open_in_thread (GTask        *task,
                gpointer      source,
                gpointer      data,
                GCancellable *cancellable)
{
  OpenRequest *request = data;
  GError *error = NULL;
  LkProject *project = lk_project_open (request->folder, request->flags, &error);

  if (project != NULL)
    g_task_return_pointer (task, project, g_object_unref);
  else
    g_task_return_error (task, error);
}

void
lk_project_open_async (const char          *folder,
                       LkProjectOpenFlags   flags,
                       GCancellable        *cancellable,
                       GAsyncReadyCallback  callback,
                       gpointer             user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  OpenRequest *request = g_new (OpenRequest, 1);

  request->folder = g_strdup (folder);
  request->flags = flags;
  g_task_set_task_data (task, request, open_request_free);
  g_task_run_in_thread (task, open_in_thread);
}

LkProject *
lk_project_open_finish (GAsyncResult  *result,
                        GError       **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* ---- making -------------------------------------------------------------------------------------------------------- */

/* Empty, or with nothing but pictures that are to become the project's. */
static gboolean
may_become_project (const char  *folder,
                    GError     **error)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    if (!g_str_equal (name, "images"))
      {
        g_autofree char *shown = g_filename_display_name (folder);

        g_set_error (error, LK_PROJECT_ERROR, LK_PROJECT_ERROR_EXISTS,
                     lk_project_is_project (folder) ? _("“%s” is a project already. Open it, or choose another folder.") :
                                                      _("“%s” is not empty. Choose a new folder for the project."), shown);
        return FALSE;
      }
  return TRUE;
}

static void
add_text (cJSON      *object,
          const char *key,
          const char *text)
{
  cJSON_AddStringToObject (object, key, text != NULL ? text : "");
}

LkProject *
lk_project_create (const char           *folder,
                   const LkProjectInfo  *info,
                   GError              **error)
{
  g_autofree char *images = g_build_filename (folder, "images", NULL);
  g_autofree char *path = g_build_filename (folder, LK_SETTINGS_NAME, NULL);
  g_autoptr (cJSON) settings = cJSON_CreateObject ();
  cJSON *features;

  if (!may_become_project (folder, error) || !lk_file_make_folder (images, error))
    return NULL;

  lk_json_add_int (settings, "schema", 1);
  add_text (settings, "name", info->name);
  add_text (settings, "trigger", info->trigger);
  add_text (settings, "class", info->class_word);
  features = cJSON_AddObjectToObject (settings, "features");
  add_text (features, "hair", info->hair);
  add_text (features, "eyes", info->eyes);
  add_text (features, "skin", info->skin);
  add_text (features, "other", info->other_features);
  add_text (settings, "base_model", info->base_model != NULL ? info->base_model : "starter");
  cJSON_AddBoolToObject (settings, "buckets", FALSE);
  if (!lk_json_write (settings, path, error))
    return NULL;
  return open_store (folder, FALSE, NULL, error);
}
