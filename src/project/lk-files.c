#define G_LOG_DOMAIN "likeness-project"

#include "config.h"

#include "project/lk-files.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/lk-file.h"
#include "project/lk-image-private.h"

/* Whether it really is one is found out when it is looked at. */
static const char *picture_extensions[] = {
  "png", "jpg", "jpeg", "jpe", "jfif", "webp", "bmp", "gif", "tif", "tiff", "avif", "jxl", "heic", "heif", NULL
};

gboolean
lk_is_picture_name (const char *name)
{
  const char *dot = strrchr (name, '.');
  g_autofree char *extension = dot != NULL ? g_ascii_strdown (dot + 1, -1) : NULL;
  g_autofree char *stem = lk_stem_of (name);

  return name[0] != '.' && extension != NULL && g_strv_contains (picture_extensions, extension) &&
         !g_str_has_suffix (stem, "-masklabel") && !g_str_has_suffix (stem, "-condlabel");
}

void
lk_remove_tree (const char *path)
{
  g_autoptr (GDir) dir = g_file_test (path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      lk_remove_tree (child);
    }
  g_remove (path);
}

static gboolean
write_all (int         fd,
           const char *data,
           gsize       length)
{
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

gboolean
lk_write_plain (const char  *path,
                GBytes      *bytes,
                GError     **error)
{
  gsize length;
  const char *data = g_bytes_get_data (bytes, &length);
  int fd = open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

  gboolean is_written = fd >= 0 && write_all (fd, data, length);
  int problem = errno;

  if (fd >= 0 && close (fd) != 0 && is_written)
    {
      is_written = FALSE;
      problem = errno;
    }
  if (!is_written)
    lk_file_set_error (error, problem, "written", path);
  return is_written;
}

gboolean
lk_copy_plain (const char  *from,
               const char  *to,
               GError     **error)
{
  gsize length;
  char *data = lk_file_read (from, G_MAXSSIZE, &length, error);
  g_autoptr (GBytes) bytes = data != NULL ? g_bytes_new_take (data, length) : NULL;

  return bytes != NULL && lk_write_plain (to, bytes, error);
}
