/* LkComparePage: pictures side by side, up to four at once, zoomed and moved together, each to keep or reject. */
#pragma once

#include <adwaita.h>

#include "app/window/lk-workspace.h"

G_BEGIN_DECLS

#define LK_COMPARE_MAX 4

#define LK_TYPE_COMPARE_PAGE (lk_compare_page_get_type ())
G_DECLARE_FINAL_TYPE (LkComparePage, lk_compare_page, LK, COMPARE_PAGE, AdwNavigationPage)

/* images: at least two LkImages. That with the most pixels stands first, of as many the sharpest. Of more than
   LK_COMPARE_MAX the rest stands beside it in turns. */
LkComparePage *lk_compare_page_new (LkWorkspace *workspace,
                                    GPtrArray   *images) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
