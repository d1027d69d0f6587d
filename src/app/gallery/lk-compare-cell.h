/* LkCompareCell: one picture of a comparison: large, with its name and size, to keep or reject. */
#pragma once

#include <adwaita.h>

#include "app/widgets/lk-picture-view.h"
#include "app/window/lk-workspace.h"

G_BEGIN_DECLS

#define LK_TYPE_COMPARE_CELL (lk_compare_cell_get_type ())
G_DECLARE_FINAL_TYPE (LkCompareCell, lk_compare_cell, LK, COMPARE_CELL, AdwBin)

LkCompareCell *lk_compare_cell_new      (LkWorkspace   *workspace,
                                         LkImage       *image) G_GNUC_WARN_UNUSED_RESULT;
LkPictureView *lk_compare_cell_get_view (LkCompareCell *self);

/* A word beside the name that says why to keep this one; NULL: none. */
void           lk_compare_cell_set_mark (LkCompareCell *self,
                                         const char    *mark);

G_END_DECLS
