#define G_LOG_DOMAIN "likeness-project"

#include "config.h"

#include "project/lk-store.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/lk-file.h"
#include "project/lk-project.h"

#define SCHEMA_VERSION 1
#define LOCK_NAME "project.lock"

struct _LkStore
{
  char       *folder, *images_folder;   /* owned */
  sqlite3    *db;
  GHashTable *statements;               /* SQL -> sqlite3_stmt, owned */
  gboolean    is_relaxed;               /* commits are not synced */
  gboolean    is_read_only;
  char       *reason;                   /* owned, or NULL */
  int         lock;                     /* of project.lock; -1: none is held */
  GMutex      mutex;                    /* held during a transaction */
  GThread    *owner;                    /* who holds it; NULL: nobody */
};

static const char schema[] =
  "CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB);"
  "CREATE TABLE images (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, present INTEGER NOT NULL DEFAULT 1,"
  " size INTEGER NOT NULL DEFAULT 0, modified INTEGER NOT NULL DEFAULT 0, hash TEXT, width INTEGER NOT NULL DEFAULT 0,"
  " height INTEGER NOT NULL DEFAULT 0, trouble TEXT, source TEXT, text BLOB, text_size INTEGER NOT NULL DEFAULT 0,"
  " text_modified INTEGER NOT NULL DEFAULT 0, crop TEXT, rating INTEGER NOT NULL DEFAULT 0, state TEXT NOT NULL DEFAULT 'undecided',"
  " shot TEXT NOT NULL DEFAULT 'not-set', repeats INTEGER NOT NULL DEFAULT 1, notes TEXT NOT NULL DEFAULT '', labels TEXT NOT NULL DEFAULT '');"
  "CREATE TABLE scores (image INTEGER PRIMARY KEY, version INTEGER NOT NULL, sharpness REAL, mean REAL, deviation REAL, dark REAL, bright REAL,"
  " clipped_black REAL, clipped_white REAL, gradient_hash INTEGER, frequency_hash INTEGER, jpeg_quality INTEGER, flags INTEGER,"
  " subject_x INTEGER, subject_y INTEGER, subject_width INTEGER, subject_height INTEGER, subject_confidence REAL);"
  /* One row a face; a row with rank -1 says that the picture was looked at. */
  "CREATE TABLE faces (image INTEGER NOT NULL, rank INTEGER NOT NULL, x INTEGER, y INTEGER, width INTEGER, height INTEGER, score REAL,"
  " has_pose INTEGER, roll REAL, yaw REAL, PRIMARY KEY (image, rank)) WITHOUT ROWID;"
  "CREATE TABLE steps (id INTEGER PRIMARY KEY AUTOINCREMENT, title TEXT NOT NULL, merge_key TEXT, time INTEGER NOT NULL,"
  " undone INTEGER NOT NULL DEFAULT 0);"
  "CREATE TABLE changes (id INTEGER PRIMARY KEY AUTOINCREMENT, step INTEGER NOT NULL, kind INTEGER NOT NULL, image INTEGER NOT NULL,"
  " before BLOB, after BLOB);"
  "CREATE INDEX changes_of_step ON changes (step);"
  /* Files still to be written for what was committed: done by the next open if this process does not come to it. */
  "CREATE TABLE pending (id INTEGER PRIMARY KEY AUTOINCREMENT, kind INTEGER NOT NULL, image INTEGER NOT NULL, path TEXT NOT NULL,"
  " bytes BLOB, source TEXT, keeps_text INTEGER NOT NULL DEFAULT 0);";

/* ---- errors -------------------------------------------------------------------------------------------------------- */

static void
set_error (LkStore  *self,
           int       code,
           GError  **error)
{
  g_autofree char *name = g_filename_display_basename (self->folder);
  int system_error = self->db != NULL ? sqlite3_system_errno (self->db) : 0;

  switch (code & 0xff)
    {
    case SQLITE_FULL:
      g_set_error (error, LK_PROJECT_ERROR, LK_PROJECT_ERROR_NO_SPACE,
                   _("The disk of “%s” is full. Nothing was changed; free some space and try again."), name);
      return;
    case SQLITE_IOERR:
      if (system_error == ENOSPC || system_error == EDQUOT || system_error == EFBIG)
        g_set_error (error, LK_PROJECT_ERROR, LK_PROJECT_ERROR_NO_SPACE,
                     _("The disk of “%s” is full. Nothing was changed; free some space and try again."), name);
      else
        g_set_error (error, LK_PROJECT_ERROR, LK_PROJECT_ERROR_FAILED,
                     _("The database of “%s” could not be read or written: %s. Check the disk."), name,
                     system_error != 0 ? g_strerror (system_error) : sqlite3_errstr (code));
      return;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
      g_set_error (error, LK_PROJECT_ERROR, LK_PROJECT_ERROR_READ_ONLY,
                   _("The database of “%s” cannot be written. Check the permissions of its folder."), name);
      return;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      g_set_error (error, LK_PROJECT_ERROR, LK_PROJECT_ERROR_DAMAGED,
                   _("project.db of “%s” is damaged. Pictures and captions are not in it: move project.db away to open the project "
                     "without its crops, ratings and history."), name);
      return;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      g_set_error (error, LK_PROJECT_ERROR, LK_PROJECT_ERROR_IN_USE,
                   _("Another program holds the database of “%s”. Close it there and try again."), name);
      return;
    default:
      g_set_error (error, LK_PROJECT_ERROR, LK_PROJECT_ERROR_FAILED,
                   _("The database of “%s” failed: %s."), name, self->db != NULL ? sqlite3_errmsg (self->db) : sqlite3_errstr (code));
      return;
    }
}

/* ---- the lock ------------------------------------------------------------------------------------------------------ */

static void
set_in_use_error (LkStore  *self,
                  GError  **error)
{
  g_autofree char *name = g_filename_display_basename (self->folder);
  g_autofree char *path = g_build_filename (self->folder, LOCK_NAME, NULL);
  g_autofree char *who = NULL;
  g_autofree char *ours = g_strdup_printf ("%d %s", (int) getpid (), g_get_host_name ());

  if (!g_file_get_contents (path, &who, NULL, NULL) || *who == '\0')
    g_set_error (error, LK_PROJECT_ERROR, LK_PROJECT_ERROR_IN_USE,
                 _("“%s” is already open in another window. Close it there first."), name);
  else if (g_str_equal (who, ours))
    g_set_error (error, LK_PROJECT_ERROR, LK_PROJECT_ERROR_IN_USE,
                 _("“%s” is already open here. Use the window that shows it."), name);
  else
    g_set_error (error, LK_PROJECT_ERROR, LK_PROJECT_ERROR_IN_USE,
                 _("“%s” is already open in another program (process %s). Close it there first."), name, who);
}

/* FALSE with `error` set where another holds it, without where the folder cannot be written. */
static gboolean
take_lock (LkStore  *self,
           GError  **error)
{
  g_autofree char *path = g_build_filename (self->folder, LOCK_NAME, NULL);

  for (;;)
    {
      struct stat held, named;
      g_autofree char *who = NULL;
      int fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);

      if (fd < 0)
        {
          if (errno == EROFS || errno == EACCES || errno == EPERM)
            return FALSE;
          lk_file_set_error (error, errno, "locked", path);
          return FALSE;
        }
      if (flock (fd, LOCK_EX | LOCK_NB) != 0)
        {
          close (fd);
          set_in_use_error (self, error);
          return FALSE;
        }
      /* Whoever closes removes the file: ours may be one that has no name any more. */
      if (fstat (fd, &held) != 0 || stat (path, &named) != 0 || held.st_ino != named.st_ino)
        {
          close (fd);
          continue;
        }

      who = g_strdup_printf ("%d %s", (int) getpid (), g_get_host_name ());
      if (ftruncate (fd, 0) != 0 || pwrite (fd, who, strlen (who), 0) < 0)
        g_debug ("%s: %s", path, g_strerror (errno));   /* a full disk: the lock holds, only its text is missing */
      self->lock = fd;
      return TRUE;
    }
}

static void
release_lock (LkStore *self)
{
  g_autofree char *path = g_build_filename (self->folder, LOCK_NAME, NULL);

  if (self->lock < 0)
    return;
  g_unlink (path);
  close (self->lock);
  self->lock = -1;
}

/* ---- opening ------------------------------------------------------------------------------------------------------- */

static gboolean
execute (LkStore     *self,
         const char  *sql,
         GError     **error)
{
  int code = sqlite3_exec (self->db, sql, NULL, NULL, NULL);

  if (code == SQLITE_OK)
    return TRUE;
  set_error (self, code, error);
  return FALSE;
}

static gboolean
read_version (LkStore  *self,
              int      *version,
              GError  **error)
{
  sqlite3_stmt *statement = lk_store_prepare (self, "PRAGMA user_version");
  g_autoptr (GError) local = NULL;

  if (!lk_store_next (self, statement, &local))
    {
      if (local == NULL)
        set_error (self, SQLITE_CORRUPT, &local);
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  *version = sqlite3_column_int (statement, 0);
  sqlite3_reset (statement);
  return TRUE;
}

static gboolean
set_up_schema (LkStore  *self,
               GError  **error)
{
  g_autofree char *name = g_filename_display_basename (self->folder);
  g_autofree char *make = NULL;
  int version;

  if (!read_version (self, &version, error))
    return FALSE;
  if (version > SCHEMA_VERSION)
    {
      g_set_error (error, LK_PROJECT_ERROR, LK_PROJECT_ERROR_TOO_NEW,
                   _("“%s” was made by a newer Likeness. Update this one to open it."), name);
      return FALSE;
    }
  if (version == SCHEMA_VERSION)
    return TRUE;

  make = g_strdup_printf ("BEGIN; %s PRAGMA user_version = %d; COMMIT;", schema, SCHEMA_VERSION);
  if (!execute (self, make, error))
    {
      sqlite3_exec (self->db, "ROLLBACK", NULL, NULL, NULL);
      return FALSE;
    }
  return TRUE;
}

static gboolean
open_for_work (LkStore     *self,
               const char  *path,
               GError     **error)
{
  int code = sqlite3_open_v2 (path, &self->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);

  if (code != SQLITE_OK)
    {
      set_error (self, code, error);
      return FALSE;
    }
  sqlite3_extended_result_codes (self->db, TRUE);
  sqlite3_busy_timeout (self->db, 2000);
  return execute (self, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY;", error);
}

/* Copies the database, with what its write-ahead log holds, into a folder of its own and opens it there. */
static sqlite3 *
open_copy (const char  *path,
           char       **folder,
           int         *code)
{
  static const char *suffixes[] = { "", "-wal" };
  sqlite3 *copy = NULL;
  g_autofree char *to = NULL;

  *folder = g_dir_make_tmp ("likeness-XXXXXX", NULL);
  if (*folder == NULL)
    {
      *code = SQLITE_CANTOPEN;
      return NULL;
    }
  to = g_build_filename (*folder, "project.db", NULL);
  for (guint i = 0; i < G_N_ELEMENTS (suffixes); i++)
    {
      g_autofree char *source = g_strconcat (path, suffixes[i], NULL);
      g_autofree char *target = g_strconcat (to, suffixes[i], NULL);
      g_autoptr (GFile) from_file = g_file_new_for_path (source);
      g_autoptr (GFile) to_file = g_file_new_for_path (target);

      g_file_copy (from_file, to_file, G_FILE_COPY_OVERWRITE | G_FILE_COPY_TARGET_DEFAULT_PERMS, NULL, NULL, NULL, NULL);
    }
  *code = sqlite3_open_v2 (to, &copy, SQLITE_OPEN_READWRITE, NULL);
  return copy;
}

static void
remove_copy (const char *folder)
{
  static const char *names[] = { "project.db", "project.db-wal", "project.db-shm" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = g_build_filename (folder, names[i], NULL);

      g_unlink (path);
    }
  g_rmdir (folder);
}

/* Reads the whole database into memory. The log is there while another process works, or after a crash. */
static gboolean
open_for_looking (LkStore     *self,
                  const char  *path,
                  GError     **error)
{
  g_autofree char *log = g_strconcat (path, "-wal", NULL);
  g_autofree char *copy_folder = NULL;
  gboolean has_log = g_file_test (log, G_FILE_TEST_EXISTS);
  sqlite3 *source = NULL;
  sqlite3_backup *backup;
  int code = SQLITE_OK;

  if (sqlite3_open_v2 (":memory:", &self->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) != SQLITE_OK)
    {
      set_error (self, SQLITE_NOMEM, error);
      return FALSE;
    }
  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    return TRUE;

  if (has_log)
    {
      code = sqlite3_open_v2 (path, &source, SQLITE_OPEN_READONLY, NULL);
      if (code == SQLITE_OK)
        code = sqlite3_exec (source, "SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL);
      if (code != SQLITE_OK)
        {
          sqlite3_close (source);
          source = open_copy (path, &copy_folder, &code);
        }
    }
  else
    {
      g_autofree char *escaped = g_uri_escape_string (path, "/", TRUE);
      g_autofree char *uri = g_strdup_printf ("file:%s?mode=ro&immutable=1", escaped);

      code = sqlite3_open_v2 (uri, &source, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL);
    }

  if (code == SQLITE_OK)
    {
      sqlite3_busy_timeout (source, 2000);
      backup = sqlite3_backup_init (self->db, "main", source, "main");
      sqlite3_backup_step (backup, -1);
      code = sqlite3_backup_finish (backup);
    }
  sqlite3_close (source);
  if (copy_folder != NULL)
    remove_copy (copy_folder);
  if (code == SQLITE_OK)
    return TRUE;
  set_error (self, code, error);
  return FALSE;
}

LkStore *
lk_store_open (const char  *folder,
               gboolean     look,
               GError     **error)
{
  g_autoptr (LkStore) self = g_new0 (LkStore, 1);
  g_autofree char *path = NULL;

  self->folder = g_canonicalize_filename (folder, NULL);
  self->images_folder = g_build_filename (self->folder, "images", NULL);
  self->statements = g_hash_table_new (NULL, NULL);
  self->lock = -1;
  g_mutex_init (&self->mutex);
  path = g_build_filename (self->folder, "project.db", NULL);

  self->is_read_only = look;
  if (!look)
    {
      g_autoptr (GError) local = NULL;

      if (!take_lock (self, &local))
        {
          g_autofree char *name = g_filename_display_basename (self->folder);

          if (local != NULL)
            {
              g_propagate_error (error, g_steal_pointer (&local));
              return NULL;
            }
          self->is_read_only = TRUE;
          self->reason = g_strdup_printf (_("The folder of “%s” cannot be written. You can look at everything and change nothing."), name);
        }
    }

  if (self->is_read_only ? !open_for_looking (self, path, error) : !open_for_work (self, path, error))
    return NULL;
  if (!set_up_schema (self, error))
    return NULL;
  return g_steal_pointer (&self);
}

static void
finalize_statement (gpointer key,
                    gpointer statement,
                    gpointer data)
{
  sqlite3_finalize (statement);
}

void
lk_store_close (LkStore *self)
{
  if (self == NULL)
    return;
  g_hash_table_foreach (self->statements, finalize_statement, NULL);
  g_hash_table_unref (self->statements);
  sqlite3_close (self->db);
  release_lock (self);
  g_mutex_clear (&self->mutex);
  g_free (self->folder);
  g_free (self->images_folder);
  g_free (self->reason);
  g_free (self);
}

const char *
lk_store_get_folder (LkStore *self)
{
  return self->folder;
}

const char *
lk_store_get_images_folder (LkStore *self)
{
  return self->images_folder;
}

gboolean
lk_store_is_read_only (LkStore *self)
{
  return self->is_read_only;
}

const char *
lk_store_get_reason (LkStore *self)
{
  return self->reason;
}

void
lk_store_set_reason (LkStore    *self,
                     const char *reason)
{
  g_set_str (&self->reason, reason);
}

/* ---- statements ---------------------------------------------------------------------------------------------------- */

/* `sql` is a literal: its address is its name. */
sqlite3_stmt *
lk_store_prepare (LkStore    *self,
                  const char *sql)
{
  sqlite3_stmt *statement = g_hash_table_lookup (self->statements, sql);

  if (statement != NULL)
    {
      sqlite3_reset (statement);
      sqlite3_clear_bindings (statement);
      return statement;
    }
  if (sqlite3_prepare_v3 (self->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) != SQLITE_OK)
    return NULL;
  g_hash_table_insert (self->statements, (gpointer) sql, statement);
  return statement;
}

gboolean
lk_store_next (LkStore       *self,
               sqlite3_stmt  *statement,
               GError       **error)
{
  int code = statement != NULL ? sqlite3_step (statement) : sqlite3_extended_errcode (self->db);

  if (code == SQLITE_ROW)
    return TRUE;
  if (code != SQLITE_DONE)
    set_error (self, code, error);
  if (statement != NULL)
    sqlite3_reset (statement);
  return FALSE;
}

gboolean
lk_store_run (LkStore       *self,
              sqlite3_stmt  *statement,
              GError       **error)
{
  g_autoptr (GError) local = NULL;

  while (lk_store_next (self, statement, &local))
    ;
  if (local == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

gboolean
lk_store_begin (LkStore   *self,
                gboolean   relaxed,
                GError   **error)
{
  lk_store_lock (self);
  /* In WAL mode FULL syncs the log at every commit, NORMAL only at checkpoints. It can only be set outside a transaction. */
  if (relaxed != self->is_relaxed)
    {
      if (!execute (self, relaxed ? "PRAGMA synchronous = NORMAL" : "PRAGMA synchronous = FULL", error))
        {
          lk_store_unlock (self);
          return FALSE;
        }
      self->is_relaxed = relaxed;
    }
  if (execute (self, "BEGIN IMMEDIATE", error))
    return TRUE;
  lk_store_unlock (self);
  return FALSE;
}

gboolean
lk_store_commit (LkStore  *self,
                 GError  **error)
{
  if (execute (self, "COMMIT", error))
    {
      lk_store_unlock (self);
      return TRUE;
    }
  lk_store_rollback (self);
  return FALSE;
}

void
lk_store_rollback (LkStore *self)
{
  if (self->owner != g_thread_self ())
    return;
  if (!sqlite3_get_autocommit (self->db))
    sqlite3_exec (self->db, "ROLLBACK", NULL, NULL, NULL);
  lk_store_unlock (self);
}

void
lk_store_lock (LkStore *self)
{
  g_mutex_lock (&self->mutex);
  self->owner = g_thread_self ();
}

void
lk_store_unlock (LkStore *self)
{
  self->owner = NULL;
  g_mutex_unlock (&self->mutex);
}

/* ---- values -------------------------------------------------------------------------------------------------------- */

void
lk_store_bind_bytes (sqlite3_stmt *statement,
                     int           index,
                     GBytes       *bytes)
{
  gsize length;
  gconstpointer data;

  if (bytes == NULL)
    {
      sqlite3_bind_null (statement, index);
      return;
    }
  data = g_bytes_get_data (bytes, &length);
  sqlite3_bind_blob64 (statement, index, length > 0 ? data : "", length, SQLITE_TRANSIENT);
}

GBytes *
lk_store_dup_bytes (sqlite3_stmt *statement,
                    int           column)
{
  if (sqlite3_column_type (statement, column) == SQLITE_NULL)
    return NULL;
  return g_bytes_new (sqlite3_column_blob (statement, column), sqlite3_column_bytes (statement, column));
}

void
lk_store_bind_text (sqlite3_stmt *statement,
                    int           index,
                    const char   *text)
{
  if (text != NULL)
    sqlite3_bind_text (statement, index, text, -1, SQLITE_TRANSIENT);
  else
    sqlite3_bind_null (statement, index);
}

const char *
lk_store_get_text (sqlite3_stmt *statement,
                   int           column)
{
  return (const char *) sqlite3_column_text (statement, column);
}
