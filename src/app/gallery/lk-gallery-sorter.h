/* The orders of the gallery: "name", "added", "rating", "shot", "size" and "problems"; equals go by name. */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Unknown orders are "name". */
GtkSorter *lk_gallery_sorter_new (const char *order);

G_END_DECLS
