/* LkWork: something that takes time: what it is, how far it is, and how to stop it. Belongs to the main thread. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define LK_TYPE_WORK (lk_work_get_type ())
G_DECLARE_FINAL_TYPE (LkWork, lk_work, LK, WORK, GObject)

/* `title` says the work in words: "Importing Pictures". Properties "title", "text" and "fraction" notify. */
LkWork       *lk_work_new             (const char *title);
GCancellable *lk_work_get_cancellable (LkWork     *self);
const char   *lk_work_get_title       (LkWork     *self);
/* "12 of 30 · portrait.png · 8 s left", "" before the first progress. */
const char   *lk_work_get_text        (LkWork     *self);
double        lk_work_get_fraction    (LkWork     *self);

/* An LkProgressFunc whose data is the LkWork. */
void          lk_work_progress        (guint       done,
                                       guint       total,
                                       const char *text,
                                       gpointer    self);

G_END_DECLS
