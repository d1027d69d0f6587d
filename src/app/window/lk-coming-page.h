/* LkComingPage: a page whose work is done from a terminal for now: what it is for, and the command that does it with this project. */
#pragma once

#include <adwaita.h>

#include "app/window/lk-workspace.h"

G_BEGIN_DECLS

#define LK_TYPE_COMING_PAGE (lk_coming_page_get_type ())
G_DECLARE_FINAL_TYPE (LkComingPage, lk_coming_page, LK, COMING_PAGE, AdwBin)

/* `command` is what follows "likeness-cli", %s standing for the project's folder; NULL: no command line. */
LkComingPage *lk_coming_page_new (LkWorkspace *workspace,
                                  const char  *icon_name,
                                  const char  *title,
                                  const char  *description,
                                  const char  *command) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
