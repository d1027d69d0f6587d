/* lk-file.c: reading with limits, and writing so that a file is the old one or the new one, never half of either.
 *
 * A new file has no name while it is written (O_TMPFILE), so that a killed process leaves nothing behind; file systems without
 * that (network and FUSE ones) get a hidden name in the same folder.
 */
#define G_LOG_DOMAIN "likeness-base"

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "base/lk-file.h"

#define PIECE (1 << 20)   /* bytes copied at a time */

struct _LkFileWriter
{
  char     *path;          /* owned; as the caller named it, for messages */
  char     *target;        /* owned; `path` with symbolic links followed */
  char     *folder;        /* owned */
  char     *temporary;     /* owned; NULL while the file has no name */
  int       fd;
};

G_DEFINE_QUARK (lk-file-error-quark, lk_file_error)

/* ---- errors ---------------------------------------------------------------------------------------------------- */

static LkFileError
code_from_errno (int errno_value)
{
  switch (errno_value)
    {
    case ENOENT:
    case ENOTDIR:
      return LK_FILE_ERROR_NOT_FOUND;
    case EACCES:
    case EPERM:
    case EROFS:
      return LK_FILE_ERROR_NO_PERMISSION;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return LK_FILE_ERROR_NO_SPACE;
    case EISDIR:
      return LK_FILE_ERROR_NOT_A_FILE;
    default:
      return LK_FILE_ERROR_FAILED;
    }
}

static const char *
sentence_from_errno (int errno_value)
{
  switch (errno_value)
    {
    case ENOENT:
      return "there is no such file or folder. Check the name, or whether it was moved.";
    case ENOTDIR:
      return "a part of its path is a file, not a folder.";
    case EACCES:
    case EPERM:
      return "permission denied. Change the permissions of the file or its folder, or choose another folder.";
    case EROFS:
      return "it lies on a disk or folder that is read-only. Choose another folder.";
    case ENOSPC:
      return "the disk is full. Free some space and try again.";
    case EDQUOT:
      return "your share of the disk is used up. Free some space and try again.";
    case EFBIG:
      return "it would be larger than the file system or this process may make a file.";
    case EISDIR:
      return "it is a folder, not a file.";
    case ENAMETOOLONG:
      return "the name is too long. Choose a shorter one.";
    case EMFILE:
    case ENFILE:
      return "too many files are open. Close other programs and try again.";
    case EIO:
      return "the disk reported an error. Check the disk, and your backups.";
    case EXDEV:
      return "the two places lie on different disks.";
    default:
      return NULL;
    }
}

void
lk_file_set_error (GError     **error,
                   int          errno_value,
                   const char  *verb,
                   const char  *path)
{
  g_autofree char *name = g_filename_display_name (path);
  const char *sentence = sentence_from_errno (errno_value);

  if (sentence != NULL)
    g_set_error (error, LK_FILE_ERROR, code_from_errno (errno_value),
                 "“%s” could not be %s: %s", name, verb, sentence);
  else
    g_set_error (error, LK_FILE_ERROR, code_from_errno (errno_value),
                 "“%s” could not be %s: %s.", name, verb, g_strerror (errno_value));
}

/* ---- reading --------------------------------------------------------------------------------------------------- */

/* Opens a regular file. O_NONBLOCK, so that a pipe is refused rather than waited for. */
static int
open_regular (const char   *path,
              struct stat  *status,
              GError      **error)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

  if (fd < 0)
    {
      lk_file_set_error (error, errno, "read", path);
      return -1;
    }

  if (fstat (fd, status) != 0)
    {
      lk_file_set_error (error, errno, "read", path);
      close (fd);
      return -1;
    }

  if (!S_ISREG (status->st_mode))
    {
      g_autofree char *name = g_filename_display_name (path);

      g_set_error (error, LK_FILE_ERROR, LK_FILE_ERROR_NOT_A_FILE, "“%s” could not be read: it is %s, not a file.",
                   name, S_ISDIR (status->st_mode) ? "a folder" : "a device or a pipe");
      close (fd);
      return -1;
    }

  return fd;
}

/* Bytes read, fewer than `length` only at the end of the file; -1 on failure. */
static gssize
read_fully (int    fd,
            char  *buffer,
            gsize  length)
{
  gsize done = 0;

  while (done < length)
    {
      gssize n = read (fd, buffer + done, length - done);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return -1;
      if (n == 0)
        break;
      done += n;
    }

  return done;
}

char *
lk_file_read (const char  *path,
              gsize        max_bytes,
              gsize       *length,
              GError     **error)
{
  struct stat status;
  g_autofd int fd = open_regular (path, &status, error);
  g_autofree char *buffer = NULL;
  gssize n;

  if (fd < 0)
    return NULL;

  /* One byte more than the size tells a file that grows meanwhile from one that ends. */
  gsize room = MIN ((guint64) status.st_size, (guint64) max_bytes) + 1;

  buffer = g_try_malloc (room + 1);
  if (buffer == NULL)
    {
      lk_file_set_error (error, ENOMEM, "read", path);
      return NULL;
    }

  n = read_fully (fd, buffer, room);
  while (n == (gssize) room && room <= max_bytes)
    {
      gsize more = MIN (room, max_bytes + 1 - room);
      gssize m;

      buffer = g_realloc (buffer, room + more + 1);
      m = read_fully (fd, buffer + room, more);
      n = m < 0 ? -1 : n + m;
      room += more;
    }

  if (n < 0)
    {
      lk_file_set_error (error, errno, "read", path);
      return NULL;
    }

  if ((gsize) n > max_bytes)
    {
      g_autofree char *name = g_filename_display_name (path);
      g_autofree char *most = g_format_size (max_bytes);

      g_set_error (error, LK_FILE_ERROR, LK_FILE_ERROR_TOO_LARGE,
                   "“%s” is too large: at most %s can be read here.", name, most);
      return NULL;
    }

  buffer[n] = '\0';
  if (length != NULL)
    *length = n;
  return g_steal_pointer (&buffer);
}

typedef struct
{
  gpointer start;
  gsize    length;
} Map;

static void
map_free (gpointer data)
{
  Map *map = data;

  munmap (map->start, map->length);
  g_free (map);
}

GBytes *
lk_file_map (const char  *path,
             GError     **error)
{
  struct stat status;
  g_autofd int fd = open_regular (path, &status, error);
  gpointer start;
  Map *map;

  if (fd < 0)
    return NULL;
  if (status.st_size == 0)
    return g_bytes_new (NULL, 0);

  start = mmap (NULL, status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (start == MAP_FAILED)
    {
      lk_file_set_error (error, errno, "read", path);
      return NULL;
    }

  map = g_new (Map, 1);
  map->start = start;
  map->length = status.st_size;
  return g_bytes_new_with_free_func (start, status.st_size, map_free, map);
}

/* ---- writing --------------------------------------------------------------------------------------------------- */

gboolean
lk_file_sync_folder (const char  *path,
                     GError     **error)
{
  g_autofd int fd = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  /* Some network file systems cannot sync a folder, and say so with EINVAL. */
  if (fd < 0 || (fsync (fd) != 0 && errno != EINVAL && errno != ENOTSUP))
    {
      lk_file_set_error (error, errno, "saved safely", path);
      return FALSE;
    }

  return TRUE;
}

/* A hidden name beside the target that nobody uses. */
static char *
temporary_name (LkFileWriter *writer)
{
  g_autofree char *name = g_strdup_printf (".lk-%08x%08x.tmp", g_random_int (), g_random_int ());

  return g_build_filename (writer->folder, name, NULL);
}

static int
open_temporary (LkFileWriter *writer)
{
  int fd = open (writer->folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);

  /* A nameless file gets its name through /proc. */
  if (fd >= 0 && access ("/proc/self/fd", X_OK) == 0)
    return fd;
  if (fd >= 0)
    close (fd);
  else if (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT && errno != EINVAL)
    return -1;

  do
    {
      g_free (writer->temporary);
      writer->temporary = temporary_name (writer);
      fd = open (writer->temporary, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0666);
    }
  while (fd < 0 && errno == EEXIST);

  if (fd < 0)
    g_clear_pointer (&writer->temporary, g_free);
  return fd;
}

/* Gives the new file the permissions, and as far as we may the owner, of the one it replaces. */
static gboolean
take_over_permissions (LkFileWriter *writer)
{
  struct stat status;

  if (stat (writer->target, &status) != 0)
    return errno == ENOENT;

  if (S_ISDIR (status.st_mode))
    {
      errno = EISDIR;
      return FALSE;
    }

  /* The folder's permissions alone decide about a rename, but whoever protects a file wants it kept. */
  if (faccessat (AT_FDCWD, writer->target, W_OK, AT_EACCESS) != 0)
    return FALSE;

  if (status.st_uid != geteuid () || status.st_gid != getegid ())
    if (fchown (writer->fd, status.st_uid, status.st_gid) != 0)
      g_debug ("The owner of %s changes: %s", writer->target, g_strerror (errno));

  return fchmod (writer->fd, status.st_mode & 07777) == 0 || errno == EPERM || errno == ENOTSUP;
}

LkFileWriter *
lk_file_writer_new (const char  *path,
                    GError     **error)
{
  g_autoptr (LkFileWriter) writer = g_new0 (LkFileWriter, 1);
  char *real = realpath (path, NULL);

  writer->fd = -1;
  writer->path = g_strdup (path);
  writer->target = g_strdup (real != NULL ? real : path);
  writer->folder = g_path_get_dirname (writer->target);
  free (real);

  writer->fd = open_temporary (writer);
  if (writer->fd < 0 || !take_over_permissions (writer))
    {
      lk_file_set_error (error, errno, "written", path);
      return NULL;
    }

  return g_steal_pointer (&writer);
}

gboolean
lk_file_writer_write (LkFileWriter   *writer,
                      gconstpointer   data,
                      gsize           length,
                      GError        **error)
{
  const char *bytes = data;

  while (length > 0)
    {
      gssize n = write (writer->fd, bytes, MIN (length, G_MAXINT32));

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        {
          lk_file_set_error (error, errno, "written", writer->path);
          return FALSE;
        }
      bytes += n;
      length -= n;
    }

  return TRUE;
}

int
lk_file_writer_get_fd (LkFileWriter *writer)
{
  return writer->fd;
}

/* Gives the nameless file a name: the target's own if that is free, else a temporary one. */
static gboolean
name_file (LkFileWriter *writer,
           gboolean     *in_place)
{
  g_autofree char *source = g_strdup_printf ("/proc/self/fd/%d", writer->fd);

  if (linkat (AT_FDCWD, source, AT_FDCWD, writer->target, AT_SYMLINK_FOLLOW) == 0)
    {
      *in_place = TRUE;
      return TRUE;
    }

  while (errno == EEXIST)
    {
      g_autofree char *temporary = temporary_name (writer);

      if (linkat (AT_FDCWD, source, AT_FDCWD, temporary, AT_SYMLINK_FOLLOW) == 0)
        {
          writer->temporary = g_steal_pointer (&temporary);
          return TRUE;
        }
    }

  return FALSE;
}

gboolean
lk_file_writer_commit (LkFileWriter  *writer,
                       GError       **error)
{
  gboolean in_place = FALSE;

  if (fsync (writer->fd) != 0 ||
      (writer->temporary == NULL && !name_file (writer, &in_place)) ||
      (!in_place && rename (writer->temporary, writer->target) != 0))
    {
      lk_file_set_error (error, errno, "written", writer->path);
      return FALSE;
    }

  g_clear_pointer (&writer->temporary, g_free);
  return lk_file_sync_folder (writer->folder, error);
}

void
lk_file_writer_free (LkFileWriter *writer)
{
  if (writer->fd >= 0)
    close (writer->fd);
  if (writer->temporary != NULL)
    unlink (writer->temporary);

  g_free (writer->temporary);
  g_free (writer->folder);
  g_free (writer->target);
  g_free (writer->path);
  g_free (writer);
}

gboolean
lk_file_write (const char     *path,
               gconstpointer   data,
               gssize          length,
               GError        **error)
{
  g_autoptr (LkFileWriter) writer = lk_file_writer_new (path, error);

  return writer != NULL &&
         lk_file_writer_write (writer, data, length < 0 ? strlen (data) : (gsize) length, error) &&
         lk_file_writer_commit (writer, error);
}

gboolean
lk_file_copy (const char  *from,
              const char  *to,
              GError     **error)
{
  struct stat status;
  g_autofd int fd = open_regular (from, &status, error);
  g_autoptr (LkFileWriter) writer = NULL;
  g_autofree char *piece = NULL;
  gssize n = 0;

  if (fd < 0)
    return FALSE;

  writer = lk_file_writer_new (to, error);
  if (writer == NULL)
    return FALSE;

  if (ioctl (writer->fd, FICLONE, fd) == 0)
    return lk_file_writer_commit (writer, error);

  piece = g_malloc (PIECE);
  while ((n = read_fully (fd, piece, PIECE)) > 0)
    if (!lk_file_writer_write (writer, piece, n, error))
      return FALSE;

  if (n < 0)
    {
      lk_file_set_error (error, errno, "read", from);
      return FALSE;
    }

  return lk_file_writer_commit (writer, error);
}

gboolean
lk_file_move (const char  *from,
              const char  *to,
              GError     **error)
{
  g_autofree char *from_folder = g_path_get_dirname (from);
  g_autofree char *to_folder = g_path_get_dirname (to);

  if (rename (from, to) != 0)
    {
      lk_file_set_error (error, errno, "moved", from);
      return FALSE;
    }

  return lk_file_sync_folder (to_folder, error) &&
         (g_str_equal (from_folder, to_folder) || lk_file_sync_folder (from_folder, error));
}

gboolean
lk_file_make_folder (const char  *path,
                     GError     **error)
{
  g_autofree char *parent = NULL;

  if (g_file_test (path, G_FILE_TEST_IS_DIR))
    return TRUE;

  parent = g_path_get_dirname (path);
  if (!g_str_equal (parent, path) && !lk_file_make_folder (parent, error))
    return FALSE;

  if (mkdir (path, 0777) != 0 && !(errno == EEXIST && g_file_test (path, G_FILE_TEST_IS_DIR)))
    {
      if (errno == EEXIST)
        errno = ENOTDIR;
      lk_file_set_error (error, errno, "made", path);
      return FALSE;
    }

  return lk_file_sync_folder (parent, error);
}

char *
lk_data_path (const char *name)
{
  const char *folder = g_getenv ("LIKENESS_DATA_DIR");

  return g_build_filename (folder != NULL && folder[0] != '\0' ? folder : LK_DATA_DIR, name, NULL);
}
