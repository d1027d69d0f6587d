/* lk-sha256.c: SHA-256, by GLib's GChecksum. */
#define G_LOG_DOMAIN "likeness-base"

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "base/lk-file.h"
#include "base/lk-sha256.h"

#define PIECE (1 << 20)   /* bytes read at a time */

char *
lk_sha256_bytes (gconstpointer data,
                 gsize         length)
{
  return g_compute_checksum_for_data (G_CHECKSUM_SHA256, data, length);
}

char *
lk_sha256_file (const char  *path,
                guint64      first,
                GError     **error)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree guint8 *piece = g_malloc (PIECE);
  g_autofd int fd = open (path, O_RDONLY | O_CLOEXEC);
  gssize n;

  if (fd < 0 || lseek (fd, first, SEEK_SET) < 0)
    {
      lk_file_set_error (error, errno, "read", path);
      return NULL;
    }

  while ((n = read (fd, piece, PIECE)) != 0)
    {
      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        {
          lk_file_set_error (error, errno, "read", path);
          return NULL;
        }
      g_checksum_update (checksum, piece, n);
    }

  return g_strdup (g_checksum_get_string (checksum));
}
