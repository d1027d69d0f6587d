/* LkCropCell: a proposed crop in the grid of many: the picture with its rectangle, what training makes of it, and whether it is taken. */
#pragma once

#include <adwaita.h>

#include "app/gallery/lk-crop-area.h"
#include "app/gallery/lk-crop-proposal.h"
#include "app/window/lk-workspace.h"

G_BEGIN_DECLS

#define LK_TYPE_CROP_CELL (lk_crop_cell_get_type ())
G_DECLARE_FINAL_TYPE (LkCropCell, lk_crop_cell, LK, CROP_CELL, AdwBin)

LkCropCell *lk_crop_cell_new          (LkWorkspace    *workspace) G_GNUC_WARN_UNUSED_RESULT;
/* NULL: none, while the cell waits for another. */
void        lk_crop_cell_set_proposal (LkCropCell     *self,
                                       LkCropProposal *proposal,
                                       LkCropShape     shape);

G_END_DECLS
