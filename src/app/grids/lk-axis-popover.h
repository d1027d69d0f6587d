/* LkAxisPopover: one axis of a test grid: its values, to add and to remove, and whether it is the columns, the rows, or has pages. */
#pragma once

#include <adwaita.h>

#include "app/grids/lk-test-grid.h"

G_BEGIN_DECLS

#define LK_TYPE_AXIS_POPOVER (lk_axis_popover_get_type ())
G_DECLARE_FINAL_TYPE (LkAxisPopover, lk_axis_popover, LK, AXIS_POPOVER, GtkPopover)

LkAxisPopover *lk_axis_popover_new     (LkTestGrid     *grid,
                                        guint           axis) G_GNUC_WARN_UNUSED_RESULT;
/* Shows the axis as it is now. */
void           lk_axis_popover_update  (LkAxisPopover  *self);
/* "Strength: 6 values", "Seed: 3 (2 of 4)". Owned by the caller. */
char          *lk_axis_popover_dup_title (LkGrid       *grid,
                                          guint         axis);

G_END_DECLS
