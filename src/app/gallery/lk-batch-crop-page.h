/* LkBatchCropPage: crops proposed for many pictures, as a grid to look over and change before they are applied as one step. */
#pragma once

#include <adwaita.h>

#include "app/window/lk-workspace.h"

G_BEGIN_DECLS

#define LK_TYPE_BATCH_CROP_PAGE (lk_batch_crop_page_get_type ())
G_DECLARE_FINAL_TYPE (LkBatchCropPage, lk_batch_crop_page, LK, BATCH_CROP_PAGE, AdwNavigationPage)

LkBatchCropPage *lk_batch_crop_page_new (LkWorkspace *workspace,
                                         GPtrArray   *images) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
