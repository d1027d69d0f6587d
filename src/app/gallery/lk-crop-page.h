/* LkCropPage: one picture to crop, turn, mirror and straighten by hand, with what training will make of it. */
#pragma once

#include <adwaita.h>

#include "app/window/lk-workspace.h"

G_BEGIN_DECLS

#define LK_TYPE_CROP_PAGE (lk_crop_page_get_type ())
G_DECLARE_FINAL_TYPE (LkCropPage, lk_crop_page, LK, CROP_PAGE, AdwNavigationPage)

LkCropPage *lk_crop_page_new           (LkWorkspace *workspace,
                                        LkImage     *image) G_GNUC_WARN_UNUSED_RESULT;

/* What training makes of a crop, in words; owned by the caller. `is_enlarged` (may be NULL): it is enlarged so far that it shows. */
char       *lk_crop_describe           (LkProject   *project,
                                        LkImage     *image,
                                        const LkCrop *crop,
                                        gboolean    *is_enlarged);

G_END_DECLS
