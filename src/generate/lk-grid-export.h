/* A grid for others: its pictures under names that people can read, or a page for a browser. Judgements may be NULL. */
#pragma once

#include "generate/lk-grid.h"
#include "generate/lk-judge.h"

G_BEGIN_DECLS

/* Copies of the pictures that are there, with all their metadata, named after their place: "03 strength 0.8, prompt Library.png". `n_written` (may be
 * NULL) receives how many. `to` is made. */
gboolean lk_grid_export_pictures (LkGrid        *grid,
                                  const char    *folder,
                                  const char    *to,
                                  guint         *n_written,
                                  GCancellable  *cancellable,
                                  GError       **error);
/* index.html and the pictures in a folder beside it, a table for each page; nothing in it is loaded from elsewhere. */
gboolean lk_grid_export_html     (LkGrid        *grid,
                                  LkJudge       *judge,
                                  const char    *folder,
                                  const char    *to,
                                  GCancellable  *cancellable,
                                  GError       **error);

G_END_DECLS
