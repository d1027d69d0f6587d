/* LkRangeBar: how many of something there are, against how many there should be: a bar with a mark at either end of the range. */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define LK_TYPE_RANGE_BAR (lk_range_bar_get_type ())
G_DECLARE_FINAL_TYPE (LkRangeBar, lk_range_bar, LK, RANGE_BAR, GtkWidget)

/* The bar is full at `most` + 2 or at `count`. */
void lk_range_bar_set (LkRangeBar *self,
                       guint       count,
                       guint       least,
                       guint       most);

G_END_DECLS
