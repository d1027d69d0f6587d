/* LkStars: a rating of 0 to 5 stars as five buttons. The star that is set already takes the rating back. */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define LK_TYPE_STARS (lk_stars_get_type ())
G_DECLARE_FINAL_TYPE (LkStars, lk_stars, LK, STARS, GtkWidget)

/* Shows a rating; the signal "rated" (guint) is emitted only when a person clicks. */
void lk_stars_set_rating (LkStars *self,
                          guint    rating);

G_END_DECLS
