/* Loading a sample's picture for a GtkPicture, on a thread and no larger than it is shown. */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Shows the file in `picture` when it is read; at most `side` pixels wide and high (0: as it is). A file that cannot be read shows nothing. */
void lk_sample_picture_load (GtkPicture *picture,
                             const char *path,
                             int         side);

G_END_DECLS
