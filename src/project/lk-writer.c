#define G_LOG_DOMAIN "likeness-project"

#include "config.h"

#include "project/lk-writer.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/lk-file.h"
#include "project/lk-project.h"

/* So many are done on the caller's thread: writing a caption takes some 50 µs. */
#define MOST_AT_ONCE 16

struct _LkWriter
{
  char             *folder;      /* owned */
  LkWriterDoneFunc  done;
  gpointer          data;
  GMainContext     *context;     /* owned; the owner's */
  GSource          *source;      /* owned; waiting to deliver, or NULL */
  GThreadPool      *pool;        /* one thread: jobs stay in order */

  GMutex            mutex;       /* guards what follows */
  GCond             changed;
  guint             n_waiting;   /* jobs that were submitted and are not in `finished` */
  guint             n_unwritten; /* of these, jobs whose files are not written yet */
  GQueue            finished;    /* GPtrArrays of ops */
};

typedef struct
{
  GPtrArray *ops;
  gboolean   is_written;         /* only syncing is left */
} Job;

LkFileOp *
lk_file_op_new (LkFileOpKind  kind,
                gint64        image,
                const char   *path)
{
  LkFileOp *op = g_new0 (LkFileOp, 1);

  op->kind = kind;
  op->image = image;
  op->path = g_strdup (path);
  return op;
}

void
lk_file_op_free (LkFileOp *op)
{
  if (op == NULL)
    return;
  g_free (op->path);
  g_clear_pointer (&op->bytes, g_bytes_unref);
  g_free (op->source);
  g_clear_error (&op->error);
  g_free (op);
}

LkStamp
lk_stamp_from (const struct stat *status)
{
  gint64 modified = status->st_mtim.tv_sec * G_GINT64_CONSTANT (1000000000) + status->st_mtim.tv_nsec;

  /* Packages set every time to 0, which means "no file" here. */
  return (LkStamp) { modified != 0 ? modified : 1, status->st_size };
}

LkStamp
lk_stamp_of (const char *path)
{
  struct stat status;

  if (stat (path, &status) != 0 || !S_ISREG (status.st_mode))
    return (LkStamp) { 0, 0 };
  return lk_stamp_from (&status);
}

/* ---- single operations --------------------------------------------------------------------------------------------- */

static gboolean
write_all (int     fd,
           GBytes *bytes)
{
  gsize length;
  const char *data = g_bytes_get_data (bytes, &length);

  while (length > 0)
    {
      gssize n = write (fd, data, length);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return FALSE;
      data += n;
      length -= n;
    }
  return TRUE;
}

/* To a hidden file beside it, then renamed over it: whoever reads sees the old text or the new. Syncing comes later; until then
 * project.db holds the bytes. */
static gboolean
perform_write (LkFileOp   *op,
               const char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *temporary = g_build_filename (folder, ".likeness-XXXXXX", NULL);
  struct stat old;
  gboolean is_written;
  int problem;
  int fd = g_mkstemp_full (temporary, O_WRONLY | O_CLOEXEC, 0666);

  if (fd < 0)
    {
      lk_file_set_error (&op->error, errno, "written", path);
      return FALSE;
    }
  if (stat (path, &old) == 0 && fchmod (fd, old.st_mode & 07777) != 0)
    g_debug ("%s: %s", path, g_strerror (errno));   /* a file system without permissions */
  is_written = write_all (fd, op->bytes);
  problem = errno;
  if (close (fd) != 0 && is_written)
    {
      is_written = FALSE;
      problem = errno;
    }
  if (is_written && rename (temporary, path) != 0)
    {
      is_written = FALSE;
      problem = errno;
    }
  if (!is_written)
    {
      g_unlink (temporary);
      lk_file_set_error (&op->error, problem, "written", path);
      return FALSE;
    }
  op->stamp = lk_stamp_of (path);
  return TRUE;
}

/* Renames; where the old place is empty already, there is nothing left to do. */
static gboolean
move_file (LkFileOp   *op,
           const char *from,
           const char *to)
{
  if (renameat2 (AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0 || errno == ENOENT)
    return TRUE;
  if (errno == EINVAL && !g_file_test (to, G_FILE_TEST_EXISTS) && rename (from, to) == 0)
    return TRUE;   /* a file system that has no such flag */
  if (errno == EEXIST || (errno == EINVAL && g_file_test (to, G_FILE_TEST_EXISTS)))
    {
      g_autofree char *name = g_filename_display_name (to);

      g_set_error (&op->error, LK_PROJECT_ERROR, LK_PROJECT_ERROR_EXISTS,
                   _("“%s” is in the way. Move it elsewhere and try again."), name);
      return FALSE;
    }
  lk_file_set_error (&op->error, errno, "moved", from);
  return FALSE;
}

static gboolean
perform_out (LkFileOp   *op,
             const char *folder,
             const char *path)
{
  g_autofree char *id = g_strdup_printf ("%" G_GINT64_FORMAT, op->image);
  g_autofree char *trash = g_build_filename (folder, "trash", id, NULL);
  g_autofree char *images = g_path_get_dirname (path);
  g_autofree char *name = g_path_get_basename (path);
  g_autofree char *stem = lk_stem_of (name);
  const char *texts[] = { ".txt", ".caption" };
  g_autofree char *to = g_build_filename (trash, name, NULL);

  if (!lk_file_make_folder (trash, &op->error))
    return FALSE;
  for (guint i = 0; !op->keeps_text && i < G_N_ELEMENTS (texts); i++)
    {
      g_autofree char *text = g_strconcat (stem, texts[i], NULL);
      g_autofree char *text_from = g_build_filename (images, text, NULL);
      g_autofree char *text_to = g_build_filename (trash, text, NULL);

      if (!move_file (op, text_from, text_to))
        return FALSE;
    }
  return move_file (op, path, to);
}

static gboolean
perform_in (LkFileOp   *op,
            const char *folder,
            const char *path)
{
  g_autofree char *id = g_strdup_printf ("%" G_GINT64_FORMAT, op->image);
  g_autofree char *source = op->source != NULL ? g_build_filename (folder, op->source, NULL) : g_build_filename (folder, "trash", id, NULL);
  g_autofree char *images = g_path_get_dirname (path);
  g_autofree char *picture = g_path_get_basename (path);
  g_autofree char *trash = NULL;
  g_autoptr (GDir) dir = g_dir_open (source, 0, NULL);
  const char *name;

  if (dir == NULL)
    return TRUE;   /* done before */
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *from = g_build_filename (source, name, NULL);
      g_autofree char *to = g_build_filename (images, name, NULL);

      /* A caption that someone wrote there meanwhile wins; ours stays where it is. */
      if (!g_str_equal (name, picture) && g_file_test (to, G_FILE_TEST_EXISTS))
        continue;
      if (!move_file (op, from, to))
        return FALSE;
    }
  g_rmdir (source);
  if (op->source != NULL)
    {
      g_autofree char *parent = g_path_get_dirname (source);

      g_rmdir (parent);   /* once the last picture of an import has left it */
    }
  trash = g_build_filename (folder, "trash", NULL);
  g_rmdir (trash);        /* once it is empty */
  return TRUE;
}

gboolean
lk_file_op_perform (LkFileOp   *op,
                    const char *folder)
{
  g_autofree char *path = g_build_filename (folder, op->path, NULL);

  switch (op->kind)
    {
    case LK_FILE_OP_WRITE:
      return perform_write (op, path);
    case LK_FILE_OP_DELETE:
      if (unlink (path) == 0 || errno == ENOENT)
        return TRUE;
      lk_file_set_error (&op->error, errno, "removed", path);
      return FALSE;
    case LK_FILE_OP_OUT:
      return perform_out (op, folder, path);
    case LK_FILE_OP_IN:
      return perform_in (op, folder, path);
    default:
      g_assert_not_reached ();
    }
}

/* ---- jobs ---------------------------------------------------------------------------------------------------------- */

static void
sync_path (const char *path,
           int         flags)
{
  int fd = open (path, flags | O_CLOEXEC);

  if (fd < 0)
    return;
  if (fsync (fd) != 0)
    g_debug ("%s: %s", path, g_strerror (errno));
  close (fd);
}

/* Each file by itself where they are few; else the file system once. */
static void
sync_ops (const char *folder,
          GPtrArray  *ops)
{
  g_autofree char *images = g_build_filename (folder, "images", NULL);
  g_autofree char *trash = g_build_filename (folder, "trash", NULL);

  if (ops->len > MOST_AT_ONCE)
    {
      int fd = open (images, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

      if (fd >= 0)
        {
          syncfs (fd);
          close (fd);
        }
      return;
    }

  for (guint i = 0; i < ops->len; i++)
    {
      LkFileOp *op = ops->pdata[i];
      g_autofree char *path = g_build_filename (folder, op->path, NULL);

      if (op->kind == LK_FILE_OP_WRITE && op->error == NULL)
        sync_path (path, O_RDONLY);
    }
  sync_path (images, O_RDONLY | O_DIRECTORY);
  sync_path (trash, O_RDONLY | O_DIRECTORY);
  sync_path (folder, O_RDONLY | O_DIRECTORY);
}

static void
deliver (LkWriter *self)
{
  for (;;)
    {
      GPtrArray *ops;

      g_mutex_lock (&self->mutex);
      ops = g_queue_pop_head (&self->finished);
      g_mutex_unlock (&self->mutex);
      if (ops == NULL)
        return;
      self->done (ops, self->data);
      g_ptr_array_unref (ops);
    }
}

static gboolean
on_finished (gpointer data)
{
  LkWriter *self = data;

  g_mutex_lock (&self->mutex);
  g_clear_pointer (&self->source, g_source_unref);
  g_mutex_unlock (&self->mutex);
  deliver (self);
  return G_SOURCE_REMOVE;
}

static void
perform_all (LkWriter  *self,
             GPtrArray *ops)
{
  for (guint i = 0; i < ops->len; i++)
    lk_file_op_perform (ops->pdata[i], self->folder);
}

static void
run_job (gpointer job_data,
         gpointer data)
{
  LkWriter *self = data;
  Job *job = job_data;

  if (!job->is_written)
    {
      perform_all (self, job->ops);
      g_mutex_lock (&self->mutex);
      self->n_unwritten--;
      g_mutex_unlock (&self->mutex);
    }
  sync_ops (self->folder, job->ops);

  g_mutex_lock (&self->mutex);
  g_queue_push_tail (&self->finished, job->ops);
  self->n_waiting--;
  if (self->source == NULL)
    {
      self->source = g_idle_source_new ();
      g_source_set_callback (self->source, on_finished, self, NULL);
      g_source_attach (self->source, self->context);
    }
  g_cond_signal (&self->changed);
  g_mutex_unlock (&self->mutex);
  g_free (job);
}

LkWriter *
lk_writer_new (const char       *folder,
               LkWriterDoneFunc  done,
               gpointer          data)
{
  LkWriter *self = g_new0 (LkWriter, 1);

  self->folder = g_strdup (folder);
  self->done = done;
  self->data = data;
  self->context = g_main_context_ref_thread_default ();
  self->pool = g_thread_pool_new (run_job, self, 1, FALSE, NULL);
  g_mutex_init (&self->mutex);
  g_cond_init (&self->changed);
  g_queue_init (&self->finished);
  return self;
}

void
lk_writer_free (LkWriter *self)
{
  lk_writer_flush (self);
  g_thread_pool_free (self->pool, FALSE, TRUE);
  if (self->source != NULL)
    {
      g_source_destroy (self->source);
      g_source_unref (self->source);
    }
  g_main_context_unref (self->context);
  g_mutex_clear (&self->mutex);
  g_cond_clear (&self->changed);
  g_free (self->folder);
  g_free (self);
}

void
lk_writer_submit (LkWriter  *self,
                  GPtrArray *ops)
{
  Job *job = g_new0 (Job, 1);

  job->ops = ops;
  g_mutex_lock (&self->mutex);
  job->is_written = self->n_unwritten == 0 && ops->len <= MOST_AT_ONCE;
  self->n_waiting++;
  if (!job->is_written)
    self->n_unwritten++;
  g_mutex_unlock (&self->mutex);

  if (job->is_written)
    perform_all (self, ops);
  g_thread_pool_push (self->pool, job, NULL);
}

gboolean
lk_writer_is_behind (LkWriter *self)
{
  gboolean is_behind;

  g_mutex_lock (&self->mutex);
  is_behind = self->n_unwritten > 0;
  g_mutex_unlock (&self->mutex);
  return is_behind;
}

void
lk_writer_flush (LkWriter *self)
{
  g_mutex_lock (&self->mutex);
  while (self->n_waiting > 0)
    g_cond_wait (&self->changed, &self->mutex);
  g_mutex_unlock (&self->mutex);
  deliver (self);
}
