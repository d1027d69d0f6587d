/* LkMemoryBar: parts of a memory side by side, against what there is: a bar that is full at that, or at the parts where they are more; then a
 * line marks where the memory ends. Part i has the style class "part-I", which gives its colour.
 */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define LK_MEMORY_BAR_MAX_PARTS 5

#define LK_TYPE_MEMORY_BAR (lk_memory_bar_get_type ())
G_DECLARE_FINAL_TYPE (LkMemoryBar, lk_memory_bar, LK, MEMORY_BAR, GtkWidget)

/* `parts` [LK_MEMORY_BAR_MAX_PARTS] and `most` in bytes; `words` say it all, for screen readers. */
void lk_memory_bar_set (LkMemoryBar   *self,
                        const guint64 *parts,
                        guint64        most,
                        const char    *words);

G_END_DECLS
