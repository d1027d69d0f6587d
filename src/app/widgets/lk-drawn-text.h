/* Small words that a widget draws by itself: beside an axis, beside a bar. Digits are equally wide. */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* `scale` of the widget's own font size. Owned by the caller. */
PangoLayout *lk_drawn_text_new    (GtkWidget     *widget,
                                   const char    *text,
                                   double         scale);
/* With its top left corner at x, y. */
void         lk_drawn_text_append (GtkSnapshot   *snapshot,
                                   PangoLayout   *layout,
                                   float          x,
                                   float          y,
                                   const GdkRGBA *colour);

G_END_DECLS
