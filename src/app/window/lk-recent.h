/* Recent projects, newest first, kept in the settings. A folder that is gone stays in the list until it is removed: it may be on a
 * disk that comes back.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define LK_RECENT_MAX 12

/* The project that was open last and is there now, or NULL. Owned by the caller. */
GFile *lk_recent_get_last (GSettings *settings);
void   lk_recent_add      (GSettings *settings,
                           GFile     *folder);
void   lk_recent_remove   (GSettings *settings,
                           GFile     *folder);

G_END_DECLS
