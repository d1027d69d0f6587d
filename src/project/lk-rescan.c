/* What happened in the folder behind the project's back.
 *
 * The names of images/ are read once and every file's time and size compared with what it was; only what differs is read. A caption that
 * changed outside wins: its former text becomes an undo step. Pictures that are new join, pictures that are gone leave the list.
 */
#define G_LOG_DOMAIN "likeness-project"

#include "config.h"

#include "project/lk-project-private.h"

#include <fcntl.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/lk-file.h"
#include "project/lk-files.h"

#define MOST_CAPTION_BYTES (16 << 20)

static GBytes *
read_bytes (const char *path)
{
  gsize length;
  char *data = lk_file_read (path, MOST_CAPTION_BYTES, &length, NULL);

  return data != NULL ? g_bytes_new_take (data, length) : NULL;
}

static gboolean
same_bytes (GBytes *a,
            GBytes *b)
{
  return a == b || (a != NULL && b != NULL && g_bytes_equal (a, b));
}

static gboolean
same_stamp (LkStamp a,
            LkStamp b)
{
  return a.modified == b.modified && a.size == b.size;
}

/* ---- captions ------------------------------------------------------------------------------------------------------ */

/* `stamp`: of STEM.txt now. Adds a change where its bytes are others. */
static void
look_at_caption (LkProject *self,
                 LkImage   *image,
                 LkStamp    stamp,
                 GPtrArray *changes,
                 GPtrArray *stamped)
{
  g_autofree char *path = NULL;
  g_autofree char *name = NULL;
  g_autofree char *relative = NULL;
  g_autoptr (GBytes) bytes = NULL;

  if (same_stamp (stamp, image->text_stamp))
    return;
  /* What was seen on a thread may be older than what we wrote since. */
  path = lk_image_dup_caption_path (image);
  stamp = lk_stamp_of (path);
  if (same_stamp (stamp, image->text_stamp))
    return;
  name = g_strconcat (image->stem, ".txt", NULL);
  relative = g_build_filename ("images", name, NULL);
  if (g_hash_table_contains (self->failed, relative))
    return;   /* ours is still to be written */

  bytes = stamp.modified != 0 ? read_bytes (path) : NULL;
  if (stamp.modified != 0 && bytes == NULL)
    return;   /* unreadable for now: what is known stays */

  image->text_stamp = stamp;
  g_ptr_array_add (stamped, image);
  if (!same_bytes (bytes, image->text))
    g_ptr_array_add (changes, lk_change_new (LK_CHANGE_CAPTION, image->id, image->text, bytes));
}

static void
look_at_fallback (LkImage  *image,
                  gboolean  exists)
{
  g_autofree char *name = NULL;
  g_autofree char *path = NULL;
  g_autoptr (GBytes) bytes = NULL;

  if (!exists && image->fallback == NULL)
    return;
  name = g_strconcat (image->stem, ".caption", NULL);
  path = g_build_filename (image->folder, name, NULL);
  bytes = exists ? read_bytes (path) : NULL;
  if (!same_bytes (bytes, image->fallback))
    lk_image_set_fallback (image, bytes);
}

static gboolean
store_text_stamps (LkProject  *self,
                   gpointer    data,
                   GError    **error)
{
  GPtrArray *stamped = data;

  for (guint i = 0; i < stamped->len; i++)
    if (!lk_project_store_text_stamp (self, stamped->pdata[i], error))
      return FALSE;
  return TRUE;
}

/* One step for all captions that changed. What is on disk already is not written again. */
static gboolean
record_captions (LkProject  *self,
                 GPtrArray  *changes,
                 GPtrArray  *stamped,
                 GError    **error)
{
  g_autofree char *title = g_strdup_printf (ngettext ("Change %u caption outside Likeness", "Change %u captions outside Likeness", changes->len),
                                            changes->len);
  gboolean ok;

  for (guint i = 0; i < changes->len; i++)
    {
      LkChange *change = changes->pdata[i];

      lk_image_set_text (lk_project_find_any (self, change->image), change->after);
    }
  if (self->writer == NULL)
    return TRUE;

  ok = lk_store_begin (self->store, changes->len == 0, error);
  if (ok && changes->len > 0)
    ok = lk_journal_add_step (self->store, title, NULL, changes, error);
  for (guint i = 0; ok && i < changes->len; i++)
    {
      LkChange *change = changes->pdata[i];

      ok = lk_journal_set_row (self->store, change->kind, change->image, change->after, error);
    }
  ok = ok && store_text_stamps (self, stamped, error);
  if (!ok)
    lk_store_rollback (self->store);
  ok = ok && lk_store_commit (self->store, error);
  if (changes->len > 0)
    lk_project_update_top (self);
  return ok;
}

/* ---- pictures ------------------------------------------------------------------------------------------------------ */

/* A file that is not the one that was looked at: what was known of it no longer holds. */
static gboolean
look_at_picture (LkProject  *self,
                 LkImage    *image,
                 LkStamp     stamp,
                 LkRescan   *result,
                 GError    **error)
{
  gboolean is_missing;

  if (!same_stamp (stamp, image->stamp))
    {
      g_autofree char *path = lk_image_dup_path (image);

      stamp = lk_stamp_of (path);
    }
  is_missing = stamp.modified == 0;
  if (is_missing != image->is_missing)
    {
      image->is_missing = is_missing;
      result->images_missing += is_missing;
      result->images_added += !is_missing;
    }
  if (is_missing || same_stamp (stamp, image->stamp))
    return TRUE;

  result->images_changed += image->stamp.modified != 0;
  lk_image_set_file (image, stamp, 0, 0, NULL, NULL);
  if (image->scores.is_measured)
    lk_image_set_scores (image, NULL);
  if (image->n_faces >= 0)
    lk_image_set_faces (image, NULL, -1);
  return lk_project_store_file (self, image, error) && lk_project_store_scores (self, image, error);
}

/* A picture that someone put into images/. */
static gboolean
adopt_picture (LkProject   *self,
               const char  *name,
               LkStamp      stamp,
               LkRescan    *result,
               GError     **error)
{
  g_autoptr (LkImage) image = lk_image_new (0, self->images_folder, name);
  g_autofree char *path = lk_image_dup_caption_path (image);

  image->stamp = stamp;
  image->text_stamp = lk_stamp_of (path);
  if (image->text_stamp.modified != 0)
    {
      g_autoptr (GBytes) bytes = read_bytes (path);

      lk_image_set_text (image, bytes);
      if (bytes == NULL)
        image->text_stamp = (LkStamp) { 0, 0 };
    }
  if (!lk_project_insert_row (self, image, TRUE, error))
    return FALSE;
  lk_project_add_image (self, g_steal_pointer (&image));
  result->images_added++;
  return TRUE;
}

static gint
compare_names (gconstpointer a,
               gconstpointer b)
{
  return strcmp (*(char * const *) a, *(char * const *) b);
}

/* What is in images/: names in order, so that pictures are taken up in the same order everywhere, and stamps. */
typedef struct
{
  GPtrArray  *names;      /* owned strings */
  GHashTable *stamps;     /* name -> LkStamp, owned */
} Sighting;

static void
sighting_free (gpointer data)
{
  Sighting *seen = data;

  g_hash_table_unref (seen->stamps);
  g_ptr_array_unref (seen->names);
  g_free (seen);
}

/* On any thread. */
static Sighting *
see (const char *images_folder)
{
  Sighting *seen = g_new (Sighting, 1);
  g_autoptr (GDir) dir = g_dir_open (images_folder, 0, NULL);
  const char *name;
  int folder = open (images_folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  seen->names = g_ptr_array_new_with_free_func (g_free);
  seen->stamps = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_free);
  /* No folder: no pictures. It is made with the first import. */
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    g_ptr_array_add (seen->names, g_strdup (name));
  g_ptr_array_sort (seen->names, compare_names);

  for (guint i = 0; i < seen->names->len; i++)
    {
      struct stat status;
      LkStamp stamp;

      if (fstatat (folder, seen->names->pdata[i], &status, 0) != 0 || !S_ISREG (status.st_mode))
        continue;
      stamp = lk_stamp_from (&status);
      g_hash_table_insert (seen->stamps, seen->names->pdata[i], g_memdup2 (&stamp, sizeof stamp));
    }
  if (folder >= 0)
    g_close (folder, NULL);
  return seen;
}

static gboolean
rescan_everything (LkProject  *self,
                   Sighting   *seen,
                   LkRescan   *result,
                   GPtrArray  *changes,
                   GPtrArray  *stamped,
                   GError    **error)
{
  GPtrArray *names = seen->names;
  GHashTable *stamps = seen->stamps;
  g_autoptr (GHashTable) known = g_hash_table_new (g_str_hash, g_str_equal);
  gboolean is_behind = self->writer != NULL && lk_writer_is_behind (self->writer);
  GHashTableIter iter;
  LkImage *image;

  if (!is_behind)
    {
      g_hash_table_iter_init (&iter, self->by_id);
      while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &image))
        {
          const LkStamp *stamp;

          if (!image->is_present)
            continue;
          g_hash_table_add (known, image->name);
          stamp = g_hash_table_lookup (stamps, image->name);
          if (!look_at_picture (self, image, stamp != NULL ? *stamp : (LkStamp) { 0, 0 }, result, error))
            return FALSE;
        }
      for (guint i = 0; i < names->len; i++)
        {
          const LkStamp *stamp = g_hash_table_lookup (stamps, names->pdata[i]);

          if (stamp != NULL && lk_is_picture_name (names->pdata[i]) && !g_hash_table_contains (known, names->pdata[i]) &&
              !adopt_picture (self, names->pdata[i], *stamp, result, error))
            return FALSE;
        }
      if (result->images_added + result->images_missing > 0)
        lk_project_refresh_list (self);
    }

  for (guint i = 0; i < lk_project_get_n_images (self); i++)
    {
      g_autofree char *text = NULL;
      g_autofree char *fallback = NULL;
      const LkStamp *stamp;

      image = lk_project_get_image (self, i);
      text = g_strconcat (image->stem, ".txt", NULL);
      fallback = g_strconcat (image->stem, ".caption", NULL);
      stamp = g_hash_table_lookup (stamps, text);
      if (!is_behind)
        look_at_caption (self, image, stamp != NULL ? *stamp : (LkStamp) { 0, 0 }, changes, stamped);
      look_at_fallback (image, g_hash_table_contains (stamps, fallback));
    }
  return TRUE;
}

/* project.json too may be edited by hand; one that is no JSON any more is left alone. */
static gboolean
look_at_settings (LkProject  *self,
                  GError    **error)
{
  g_autofree char *path = lk_project_dup_path (self, LK_SETTINGS_NAME);
  LkStamp stamp = lk_stamp_of (path);
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GBytes) before = NULL;
  g_autoptr (GPtrArray) changes = g_ptr_array_new_with_free_func ((GDestroyNotify) lk_change_free);
  gboolean ok;

  if (same_stamp (stamp, self->settings_stamp) || stamp.modified == 0 || g_hash_table_contains (self->failed, LK_SETTINGS_NAME) ||
      (self->writer != NULL && lk_writer_is_behind (self->writer)))
    return TRUE;
  bytes = read_bytes (path);
  if (bytes == NULL)
    return TRUE;
  self->settings_stamp = stamp;
  before = g_bytes_ref (self->settings_bytes);
  if (same_bytes (bytes, before) || !lk_project_take_settings (self, bytes, NULL) || self->writer == NULL)
    return TRUE;

  g_ptr_array_add (changes, lk_change_new (LK_CHANGE_SETTINGS, 0, before, bytes));
  ok = lk_store_begin (self->store, FALSE, error) &&
       lk_journal_add_step (self->store, _("Change the settings outside Likeness"), NULL, changes, error) &&
       lk_journal_set_row (self->store, LK_CHANGE_SETTINGS, 0, bytes, error) &&
       lk_store_commit (self->store, error);
  if (!ok)
    lk_store_rollback (self->store);
  lk_project_update_top (self);
  return ok;
}

static gboolean
look (LkProject  *self,
      Sighting   *seen,
      GPtrArray  *images,
      LkRescan   *result,
      GError    **error)
{
  g_autoptr (GPtrArray) changes = g_ptr_array_new_with_free_func ((GDestroyNotify) lk_change_free);
  g_autoptr (GPtrArray) stamped = g_ptr_array_new ();
  LkRescan ignored;

  if (result == NULL)
    result = &ignored;
  *result = (LkRescan) { 0 };
  if (!look_at_settings (self, error))
    return FALSE;

  if (seen != NULL)
    {
      gboolean ok = lk_store_begin (self->store, TRUE, error) && rescan_everything (self, seen, result, changes, stamped, error) &&
                    lk_store_commit (self->store, error);

      lk_store_rollback (self->store);
      if (!ok)
        return FALSE;
    }
  else if (self->writer == NULL || !lk_writer_is_behind (self->writer))
    {
      for (guint i = 0; i < images->len; i++)
        {
          LkImage *image = images->pdata[i];
          g_autofree char *path = lk_image_dup_caption_path (image);

          look_at_caption (self, image, lk_stamp_of (path), changes, stamped);
        }
    }

  result->captions_changed = changes->len;
  if (changes->len > 0 || stamped->len > 0)
    if (!record_captions (self, changes, stamped, error))
      return FALSE;
  if (result->captions_changed + result->images_added + result->images_missing + result->images_changed > 0)
    lk_project_emit_changed (self);
  return TRUE;
}

gboolean
lk_project_look_outside (LkProject  *self,
                         GPtrArray  *images,
                         LkRescan   *result,
                         GError    **error)
{
  return look (self, NULL, images, result, error);
}

gboolean
lk_project_rescan (LkProject  *self,
                   LkRescan   *result,
                   GError    **error)
{
  Sighting *seen = see (self->images_folder);
  gboolean ok;

  lk_project_settle (self);
  ok = look (self, seen, NULL, result, error);
  sighting_free (seen);
  return ok;
}

/* ---- on a thread --------------------------------------------------------------------------------------------------- */

typedef struct
{
  char     *images_folder;    /* owned */
  Sighting *seen;             /* owned */
} Seeing;

static void
seeing_free (gpointer data)
{
  Seeing *seeing = data;

  g_clear_pointer (&seeing->seen, sighting_free);
  g_free (seeing->images_folder);
  g_free (seeing);
}

static void
see_in_thread (GTask        *task,
               gpointer      source,
               gpointer      data,
               GCancellable *cancellable)
{
  Seeing *seeing = data;

  seeing->seen = see (seeing->images_folder);
  g_task_return_boolean (task, TRUE);
}

void
lk_project_rescan_async (LkProject           *self,
                         GCancellable        *cancellable,
                         GAsyncReadyCallback  callback,
                         gpointer             user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  Seeing *seeing = g_new0 (Seeing, 1);

  seeing->images_folder = g_strdup (self->images_folder);
  g_task_set_task_data (task, seeing, seeing_free);
  g_task_run_in_thread (task, see_in_thread);
}

gboolean
lk_project_rescan_finish (LkProject     *self,
                          GAsyncResult  *result,
                          LkRescan      *found,
                          GError       **error)
{
  Seeing *seeing = g_task_get_task_data (G_TASK (result));

  if (found != NULL)
    *found = (LkRescan) { 0 };
  if (!g_task_propagate_boolean (G_TASK (result), error))
    return FALSE;
  if (self->store == NULL)
    return TRUE;
  lk_project_settle (self);
  return look (self, seeing->seen, NULL, found, error);
}
