/* LkFilterPopover: the conditions of a gallery's filter, and its order. */
#pragma once

#include <gtk/gtk.h>

#include "app/gallery/lk-gallery-filter.h"
#include "app/window/lk-workspace.h"

G_BEGIN_DECLS

#define LK_TYPE_FILTER_POPOVER (lk_filter_popover_get_type ())
G_DECLARE_FINAL_TYPE (LkFilterPopover, lk_filter_popover, LK, FILTER_POPOVER, GtkPopover)

void lk_filter_popover_set_filter (LkFilterPopover *self,
                                   LkWorkspace     *workspace,
                                   LkGalleryFilter *filter);

G_END_DECLS
