/* LkBars: a list of names with a bar and a value each, drawn in one piece: hundreds of rows cost no more than what is in view. Up and Down
 * read row after row to a screen reader; the accessible description has the first ones.
 */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define LK_TYPE_BARS (lk_bars_get_type ())
G_DECLARE_FINAL_TYPE (LkBars, lk_bars, LK, BARS, GtkWidget)

/* What the bars are of, for screen readers. */
void       lk_bars_set_title (LkBars     *self,
                              const char *title);
void       lk_bars_clear (LkBars     *self);
/* `share` 0 to 1 is the bar’s length; `value` stands behind it. `mark` (NULL: none) is a word for what is special about the row. */
void       lk_bars_add   (LkBars     *self,
                          const char *name,
                          double      share,
                          const char *value,
                          const char *mark);

G_END_DECLS
