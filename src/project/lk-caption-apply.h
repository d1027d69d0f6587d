/* One step of undo that changes many captions, collected in slices of the main loop. */
#pragma once

#include "project/lk-project.h"

G_BEGIN_DECLS

/* What `item` changes: its picture (borrowed), and the caption for it, owned by the caller, as that is by now; NULL: it stays. FALSE with an
 * error: nothing is changed at all. */
typedef gboolean (*LkCaptionFunc) (gpointer    data,
                                   gpointer    item,
                                   LkProject  *project,
                                   LkImage   **image,
                                   char      **after,
                                   GError    **error);

/* Returns how many captions changed, or -1 with an error and nothing changed. `data` is freed by `data_free` at the end. */
void lk_caption_apply_async  (LkProject           *project,
                              GPtrArray           *items,
                              const char          *title,
                              LkCaptionFunc        func,
                              gpointer             data,
                              GDestroyNotify       data_free,
                              GAsyncReadyCallback  callback,
                              gpointer             user_data);
gint lk_caption_apply_finish (GAsyncResult        *result,
                              GError             **error);

G_END_DECLS
