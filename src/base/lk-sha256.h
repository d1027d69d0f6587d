/* SHA-256 of bytes and of files, as 64 lower-case hexadecimal digits, owned by the caller. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

char *lk_sha256_bytes (gconstpointer   data,
                       gsize           length);
/* Of the file from byte `first` to its end. */
char *lk_sha256_file  (const char     *path,
                       guint64         first,
                       GError        **error);

G_END_DECLS
