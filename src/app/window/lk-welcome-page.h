/* LkWelcomePage: what a window shows without a project: what Likeness does, the three ways to begin, and recent projects. */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

#define LK_TYPE_WELCOME_PAGE (lk_welcome_page_get_type ())
G_DECLARE_FINAL_TYPE (LkWelcomePage, lk_welcome_page, LK, WELCOME_PAGE, AdwBin)

G_END_DECLS
