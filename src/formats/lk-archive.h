/* Archives that people hand over: zip and tar (gzip, xz, zstd, bzip2) read entry by entry, nothing unpacked to disk by itself;
 * and zip files written.
 *
 * What could harm is refused with a sentence: absolute paths, "..", links and devices, encrypted entries, more bytes or entries
 * than the limits, and entries that grow out of all proportion to the archive.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define LK_ARCHIVE_ERROR (lk_archive_error_quark ())
GQuark lk_archive_error_quark (void);

typedef enum
{
  LK_ARCHIVE_ERROR_NOT_AN_ARCHIVE,
  LK_ARCHIVE_ERROR_CORRUPT,
  LK_ARCHIVE_ERROR_UNSAFE,
  LK_ARCHIVE_ERROR_TOO_LARGE,
  LK_ARCHIVE_ERROR_ENCRYPTED,
} LkArchiveError;

/* 0 in a field: the default. */
typedef struct
{
  guint   max_entries;        /* 10 000 */
  guint64 max_entry_bytes;    /* 256 MB */
  guint64 max_total_bytes;    /* 8 GB */
  guint   max_ratio;          /* 200: unpacked bytes to the archive's bytes, beyond the first 16 MB */
} LkArchiveLimits;

/* One regular file: `name` is relative, UTF-8, with "/" and without "." or ".." parts. Return FALSE with error to stop. */
typedef gboolean (*LkArchiveFunc) (const char  *name,
                                   GBytes      *bytes,
                                   gpointer     data,
                                   GError     **error);

/* Calls `func` for every regular file. Folders are skipped. `limits` may be NULL. Entries before a bad one were already handed
 * over: whoever imports must be ready to undo. */
gboolean         lk_archive_read             (const char             *path,
                                              const LkArchiveLimits  *limits,
                                              LkArchiveFunc           func,
                                              gpointer                data,
                                              GError                **error);

typedef struct _LkZipWriter LkZipWriter;

/* Nothing shows under `path` before lk_zip_writer_commit (). Same entries, same bytes: times are fixed. */
LkZipWriter     *lk_zip_writer_new           (const char             *path,
                                              GError                **error);
/* `compress`: deflate; FALSE for what is compressed already. `name` as in LkArchiveFunc. */
gboolean         lk_zip_writer_add_bytes     (LkZipWriter            *writer,
                                              const char             *name,
                                              gconstpointer           data,
                                              gsize                   length,
                                              gboolean                compress,
                                              GError                **error);
gboolean         lk_zip_writer_add_file      (LkZipWriter            *writer,
                                              const char             *name,
                                              const char             *path,
                                              gboolean                compress,
                                              GError                **error);
gboolean         lk_zip_writer_commit        (LkZipWriter            *writer,
                                              GError                **error);
void             lk_zip_writer_free          (LkZipWriter            *writer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkZipWriter, lk_zip_writer_free)

G_END_DECLS
