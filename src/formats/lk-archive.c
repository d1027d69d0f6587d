/* lk-archive.c: archives by libarchive. Nothing touches the disk but what the caller writes. */
#define G_LOG_DOMAIN "likeness-formats"

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <sys/stat.h>

#include <archive.h>
#include <archive_entry.h>
#include <glib/gstdio.h>

#include "base/lk-file.h"
#include "formats/lk-archive.h"

#define PIECE (1 << 18)              /* bytes unpacked at a time */
#define FREE_BYTES (16ull << 20)     /* unpacked bytes before the ratio counts: small archives may be packed very well */
#define ENTRY_TIME 315532800         /* 1980-01-01, where zip's calendar begins */

G_DEFINE_QUARK (lk-archive-error-quark, lk_archive_error)

typedef struct archive ReadArchive;
typedef struct archive_entry Entry;

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ReadArchive, archive_read_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Entry, archive_entry_free)

/* ---- names ------------------------------------------------------------------------------------------------------ */

/* libarchive converts names to the locale's character set and back, and loses letters where that is not UTF-8. So this thread's is,
 * while libarchive handles names. */
typedef struct
{
  locale_t utf8;
  locale_t before;
} Utf8;

static void
utf8_begin (Utf8 *names)
{
  locale_t copy = duplocale (uselocale ((locale_t) 0));

  names->utf8 = newlocale (LC_CTYPE_MASK, "C.UTF-8", copy);
  if (names->utf8 == (locale_t) 0)
    freelocale (copy);
  else
    names->before = uselocale (names->utf8);
}

static void
utf8_end (Utf8 *names)
{
  if (names->utf8 == (locale_t) 0)
    return;

  uselocale (names->before);
  freelocale (names->utf8);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Utf8, utf8_end)

/* ---- reading ---------------------------------------------------------------------------------------------------- */

typedef struct
{
  struct archive  *archive;
  const char      *name;            /* of messages */
  guint64          file_bytes;
  guint64          total;           /* unpacked so far */
  guint            n_entries;
  LkArchiveLimits  limits;
} Reader;

static gboolean
set_unsafe (Reader      *reader,
            const char  *entry,
            const char  *what,
            GError     **error)
{
  g_set_error (error, LK_ARCHIVE_ERROR, LK_ARCHIVE_ERROR_UNSAFE,
               "“%s” is refused: its entry “%s” %s. Unpack it by hand if you trust it.", reader->name, entry, what);
  return FALSE;
}

static gboolean
set_too_large (Reader      *reader,
               const char  *what,
               GError     **error)
{
  g_set_error (error, LK_ARCHIVE_ERROR, LK_ARCHIVE_ERROR_TOO_LARGE,
               "“%s” is refused: %s. Unpack it by hand if you trust it.", reader->name, what);
  return FALSE;
}

static gboolean
set_corrupt (Reader  *reader,
             GError **error)
{
  const char *detail = archive_error_string (reader->archive);

  g_set_error (error, LK_ARCHIVE_ERROR, LK_ARCHIVE_ERROR_CORRUPT,
               "“%s” is damaged or cut short (%s). Copy or download it again.", reader->name, detail != NULL ? detail : "no details");
  return FALSE;
}

/* The entry's name, made plain: "./a//b" is "a/b", backslashes of old Windows tools are slashes. NULL with error for a name that
 * leads out of the folder. Empty for the folder itself. */
static char *
plain_name (Reader  *reader,
            Entry   *entry,
            GError **error)
{
  const char *utf8 = archive_entry_pathname_utf8 (entry);
  const char *raw = utf8 != NULL ? utf8 : archive_entry_pathname (entry);
  g_autofree char *valid = g_utf8_make_valid (raw != NULL ? raw : "", -1);
  g_autoptr (GString) out = g_string_new (NULL);
  g_auto (GStrv) parts = NULL;

  g_strdelimit (valid, "\\", '/');
  if (valid[0] == '/' || (g_ascii_isalpha (valid[0]) && valid[1] == ':'))
    {
      set_unsafe (reader, valid, "has an absolute path", error);
      return NULL;
    }

  parts = g_strsplit (valid, "/", -1);
  for (char **part = parts; *part != NULL; part++)
    {
      if (g_str_equal (*part, ".."))
        {
          set_unsafe (reader, valid, "leads out of its folder", error);
          return NULL;
        }
      if (**part != '\0' && !g_str_equal (*part, "."))
        g_string_append_printf (out, "%s%s", out->len > 0 ? "/" : "", *part);
    }

  return g_string_free (g_steal_pointer (&out), FALSE);
}

static gboolean
check_ratio (Reader  *reader,
             GError **error)
{
  if (reader->total > reader->limits.max_total_bytes)
    return set_too_large (reader, "unpacked it would take more space than is allowed", error);
  if (reader->total > FREE_BYTES && reader->total - FREE_BYTES > reader->file_bytes * reader->limits.max_ratio)
    return set_too_large (reader, "it grows out of all proportion when it is unpacked", error);
  return TRUE;
}

/* All bytes of the entry at hand. The size that it claims is not believed. */
static GBytes *
read_entry (Reader      *reader,
            const char  *name,
            GError     **error)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();
  g_autofree char *piece = g_malloc (PIECE);
  la_ssize_t n;

  while ((n = archive_read_data (reader->archive, piece, PIECE)) != 0)
    {
      if (n == ARCHIVE_RETRY)
        continue;
      if (n < 0)
        {
          set_corrupt (reader, error);
          return NULL;
        }
      if (out->len + (guint64) n > reader->limits.max_entry_bytes)
        {
          g_autofree char *what = g_strdup_printf ("its entry “%s” is larger than is allowed", name);

          set_too_large (reader, what, error);
          return NULL;
        }
      reader->total += n;
      if (!check_ratio (reader, error))
        return NULL;
      g_byte_array_append (out, (const guint8 *) piece, n);
    }

  return g_byte_array_free_to_bytes (g_steal_pointer (&out));
}

static gboolean
take_entry (Reader         *reader,
            Entry          *entry,
            LkArchiveFunc   func,
            gpointer        data,
            GError        **error)
{
  g_autofree char *name = plain_name (reader, entry, error);
  g_autoptr (GBytes) bytes = NULL;

  if (name == NULL)
    return FALSE;
  if (++reader->n_entries > reader->limits.max_entries)
    return set_too_large (reader, "it has more entries than are allowed", error);

  if (archive_entry_symlink (entry) != NULL || archive_entry_hardlink (entry) != NULL)
    return set_unsafe (reader, name, "is a link", error);
  if (archive_entry_filetype (entry) == AE_IFDIR)
    return TRUE;
  if (archive_entry_filetype (entry) != AE_IFREG)
    return set_unsafe (reader, name, "is neither a file nor a folder", error);
  if (archive_entry_is_encrypted (entry))
    {
      g_set_error (error, LK_ARCHIVE_ERROR, LK_ARCHIVE_ERROR_ENCRYPTED,
                   "“%s” is protected by a password. Unpack it by hand.", reader->name);
      return FALSE;
    }
  if (name[0] == '\0')
    return set_unsafe (reader, "", "has no name", error);

  bytes = read_entry (reader, name, error);
  return bytes != NULL && func (name, bytes, data, error);
}

static LkArchiveLimits
with_defaults (const LkArchiveLimits *limits)
{
  LkArchiveLimits all = limits != NULL ? *limits : (LkArchiveLimits) { 0 };

  if (all.max_entries == 0)
    all.max_entries = 10000;
  if (all.max_entry_bytes == 0)
    all.max_entry_bytes = 256ull << 20;
  if (all.max_total_bytes == 0)
    all.max_total_bytes = 8ull << 30;
  if (all.max_ratio == 0)
    all.max_ratio = 200;

  /* A GByteArray counts with 32 bits. */
  all.max_entry_bytes = MIN (all.max_entry_bytes, G_MAXINT32);
  return all;
}

gboolean
lk_archive_read (const char             *path,
                 const LkArchiveLimits  *limits,
                 LkArchiveFunc           func,
                 gpointer                data,
                 GError                **error)
{
  g_autoptr (ReadArchive) archive = archive_read_new ();
  g_autofree char *name = g_filename_display_name (path);
  g_autofd int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  Reader reader = { .archive = archive, .name = name, .limits = with_defaults (limits) };
  g_auto (Utf8) names;
  struct stat status;
  int result;

  utf8_begin (&names);

  if (fd < 0 || fstat (fd, &status) != 0)
    {
      lk_file_set_error (error, errno, "read", path);
      return FALSE;
    }
  if (!S_ISREG (status.st_mode))
    {
      lk_file_set_error (error, S_ISDIR (status.st_mode) ? EISDIR : ENODEV, "read", path);
      return FALSE;
    }
  reader.file_bytes = status.st_size;

  archive_read_support_format_zip (archive);
  archive_read_support_format_tar (archive);
  archive_read_support_filter_gzip (archive);
  archive_read_support_filter_bzip2 (archive);
  archive_read_support_filter_xz (archive);
  archive_read_support_filter_zstd (archive);

  if (archive_read_open_fd (archive, fd, PIECE) != ARCHIVE_OK)
    {
      g_set_error (error, LK_ARCHIVE_ERROR, LK_ARCHIVE_ERROR_NOT_AN_ARCHIVE, "“%s” is not a zip or tar archive.", name);
      return FALSE;
    }

  for (;;)
    {
      struct archive_entry *entry;

      result = archive_read_next_header (archive, &entry);
      if (result == ARCHIVE_EOF)
        break;
      if (result == ARCHIVE_RETRY)
        continue;
      if (result != ARCHIVE_OK && result != ARCHIVE_WARN)
        {
          if (reader.n_entries > 0)
            return set_corrupt (&reader, error);
          g_set_error (error, LK_ARCHIVE_ERROR, LK_ARCHIVE_ERROR_NOT_AN_ARCHIVE,
                       "“%s” is not a zip or tar archive, or it is damaged.", name);
          return FALSE;
        }
      if (!take_entry (&reader, entry, func, data, error))
        return FALSE;
    }

  return TRUE;
}

/* ---- writing ---------------------------------------------------------------------------------------------------- */

struct _LkZipWriter
{
  char           *path;         /* owned */
  LkFileWriter   *file;         /* owned */
  struct archive *archive;      /* owned */
  GError         *write_error;  /* owned; what went wrong below libarchive */
};

static la_ssize_t
on_write (struct archive *archive,
          void           *data,
          const void     *buffer,
          size_t          length)
{
  LkZipWriter *writer = data;

  if (writer->write_error != NULL || !lk_file_writer_write (writer->file, buffer, length, &writer->write_error))
    return -1;
  return length;
}

static gboolean
set_write_error (LkZipWriter  *writer,
                 GError      **error)
{
  if (writer->write_error != NULL)
    g_propagate_error (error, g_steal_pointer (&writer->write_error));
  else
    g_set_error (error, LK_ARCHIVE_ERROR, LK_ARCHIVE_ERROR_CORRUPT,
                 "“%s” could not be written: %s.", writer->path, archive_error_string (writer->archive));
  return FALSE;
}

LkZipWriter *
lk_zip_writer_new (const char  *path,
                   GError     **error)
{
  g_autoptr (LkZipWriter) writer = g_new0 (LkZipWriter, 1);
  g_auto (Utf8) names;

  utf8_begin (&names);
  writer->path = g_filename_display_name (path);
  writer->file = lk_file_writer_new (path, error);
  if (writer->file == NULL)
    return NULL;

  writer->archive = archive_write_new ();
  archive_write_set_format_zip (writer->archive);
  archive_write_set_options (writer->archive, "zip:hdrcharset=UTF-8");
  archive_write_set_bytes_per_block (writer->archive, PIECE);
  archive_write_set_bytes_in_last_block (writer->archive, 1);
  if (archive_write_open2 (writer->archive, writer, NULL, on_write, NULL, NULL) != ARCHIVE_OK)
    {
      set_write_error (writer, error);
      return NULL;
    }

  return g_steal_pointer (&writer);
}

static gboolean
begin_entry (LkZipWriter  *writer,
             const char   *name,
             gint64        size,
             gboolean      compress,
             GError      **error)
{
  g_autoptr (Entry) entry = archive_entry_new ();
  g_auto (Utf8) names;
  int result;

  utf8_begin (&names);
  result = compress ? archive_write_zip_set_compression_deflate (writer->archive)
                    : archive_write_zip_set_compression_store (writer->archive);
  archive_entry_set_pathname_utf8 (entry, name);
  archive_entry_set_size (entry, size);
  archive_entry_set_filetype (entry, AE_IFREG);
  archive_entry_set_perm (entry, 0644);
  archive_entry_set_mtime (entry, ENTRY_TIME, 0);

  if (result != ARCHIVE_OK || archive_write_header (writer->archive, entry) != ARCHIVE_OK)
    return set_write_error (writer, error);
  return TRUE;
}

gboolean
lk_zip_writer_add_bytes (LkZipWriter   *writer,
                         const char    *name,
                         gconstpointer  data,
                         gsize          length,
                         gboolean       compress,
                         GError       **error)
{
  const guint8 *bytes = data;

  if (!begin_entry (writer, name, length, compress, error))
    return FALSE;

  while (length > 0)
    {
      la_ssize_t n = archive_write_data (writer->archive, bytes, length);

      if (n <= 0)
        return set_write_error (writer, error);
      bytes += n;
      length -= n;
    }

  return TRUE;
}

gboolean
lk_zip_writer_add_file (LkZipWriter  *writer,
                        const char   *name,
                        const char   *path,
                        gboolean      compress,
                        GError      **error)
{
  g_autoptr (GBytes) bytes = lk_file_map (path, error);
  gconstpointer data;
  gsize length;

  if (bytes == NULL)
    return FALSE;

  data = g_bytes_get_data (bytes, &length);
  return lk_zip_writer_add_bytes (writer, name, data, length, compress, error);
}

gboolean
lk_zip_writer_commit (LkZipWriter  *writer,
                      GError      **error)
{
  if (archive_write_close (writer->archive) != ARCHIVE_OK)
    return set_write_error (writer, error);
  return lk_file_writer_commit (writer->file, error);
}

void
lk_zip_writer_free (LkZipWriter *writer)
{
  if (writer->archive != NULL)
    archive_write_free (writer->archive);
  g_clear_pointer (&writer->file, lk_file_writer_free);
  g_clear_error (&writer->write_error);
  g_free (writer->path);
  g_free (writer);
}
