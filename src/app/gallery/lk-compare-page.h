/* LkComparePage: two to four pictures side by side, zoomed and moved together, each to keep or reject. */
#pragma once

#include <adwaita.h>

#include "app/window/lk-workspace.h"

G_BEGIN_DECLS

#define LK_COMPARE_MAX 4

#define LK_TYPE_COMPARE_PAGE (lk_compare_page_get_type ())
G_DECLARE_FINAL_TYPE (LkComparePage, lk_compare_page, LK, COMPARE_PAGE, AdwNavigationPage)

/* Of more than LK_COMPARE_MAX LkImages the first are shown. */
LkComparePage *lk_compare_page_new (LkWorkspace *workspace,
                                    GPtrArray   *images) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
