/* Small things with files that several of project/ do. Private to project/. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A name that a picture may have, by its extension: not hidden, no mask ("-masklabel", "-condlabel"). */
gboolean  lk_is_picture_name  (const char   *name);
/* A folder with all that is in it, or a file. What cannot be removed stays. */
void      lk_remove_tree      (const char   *path);
/* Not atomic and not synced: for places that nobody looks at yet. */
gboolean  lk_write_plain      (const char   *path,
                               GBytes       *bytes,
                               GError      **error);
gboolean  lk_copy_plain       (const char   *from,
                               const char   *to,
                               GError      **error);

G_END_DECLS
