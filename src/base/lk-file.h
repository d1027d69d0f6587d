/* Files that are never half-written, and errors that say what to do.
 *
 * A write goes to a temporary file in the same folder, is synced, renamed over the old file, and the folder is synced: whoever
 * reads sees the old content or the new, also after kill -9 or a power cut. Permissions of a replaced file are kept; a symbolic
 * link is followed. Every error is in LK_FILE_ERROR and names the file. Paths are in the file system's encoding.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define LK_FILE_ERROR (lk_file_error_quark ())
GQuark lk_file_error_quark (void);

typedef enum
{
  LK_FILE_ERROR_NOT_FOUND,
  LK_FILE_ERROR_NO_PERMISSION,   /* also a file system or folder that is read-only */
  LK_FILE_ERROR_NO_SPACE,        /* disk full, over quota, or larger than the file system allows */
  LK_FILE_ERROR_TOO_LARGE,       /* more bytes than the caller's limit */
  LK_FILE_ERROR_NOT_A_FILE,      /* a folder, a pipe or a device */
  LK_FILE_ERROR_FAILED,
} LkFileError;

/* The whole file, NUL-terminated (not counted in `length`, which may be NULL). More than `max_bytes` is TOO_LARGE. */
char         *lk_file_read          (const char     *path,
                                     gsize           max_bytes,
                                     gsize          *length,
                                     GError        **error);
/* The whole file, mapped: only the pages that are looked at are read. Another program that shortens the file meanwhile ends this
 * process; use it for large files, and lk_file_read () for the rest. */
GBytes       *lk_file_map           (const char     *path,
                                     GError        **error);
/* Replaces or makes `path` atomically. `length` -1: `data` is a string. */
gboolean      lk_file_write         (const char     *path,
                                     gconstpointer   data,
                                     gssize          length,
                                     GError        **error);
/* Copies the content atomically, by reflink where the file system can. */
gboolean      lk_file_copy          (const char     *from,
                                     const char     *to,
                                     GError        **error);
/* Renames within one file system and syncs both folders. Replaces `to`. */
gboolean      lk_file_move          (const char     *from,
                                     const char     *to,
                                     GError        **error);
/* Makes the folder and its parents where they are missing. */
gboolean      lk_file_make_folder   (const char     *path,
                                     GError        **error);
/* Syncs a folder, so that names made, renamed or removed in it survive a power cut. */
gboolean      lk_file_sync_folder   (const char     *path,
                                     GError        **error);

/* Sets an error from errno: “%s” could not be VERB (“read”, “written”, …): the reason, and what to do. */
void          lk_file_set_error     (GError        **error,
                                     int             errno_value,
                                     const char     *verb,
                                     const char     *path);

/* A large file written piece by piece. Nothing shows under `path` before lk_file_writer_commit (). */
typedef struct _LkFileWriter LkFileWriter;

LkFileWriter *lk_file_writer_new    (const char     *path,
                                     GError        **error);
gboolean      lk_file_writer_write  (LkFileWriter   *writer,
                                     gconstpointer   data,
                                     gsize           length,
                                     GError        **error);
/* The descriptor of the temporary file, for code that writes by itself. */
int           lk_file_writer_get_fd (LkFileWriter   *writer);
/* Syncs and renames. After it, success or not, only lk_file_writer_free () is allowed. */
gboolean      lk_file_writer_commit (LkFileWriter   *writer,
                                     GError        **error);
/* Removes the temporary file if it was not committed. */
void          lk_file_writer_free   (LkFileWriter   *writer);

/* The path of a file that comes with Likeness, `name` relative to the data folder ("starter/…"): under LIKENESS_DATA_DIR if the
 * environment sets it, else under the installed folder. Owned by the caller. The file need not exist. */
char         *lk_data_path          (const char     *name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkFileWriter, lk_file_writer_free)

G_END_DECLS
