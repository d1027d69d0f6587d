/* LkWindow: one window: the welcome page, or one project. */
#pragma once

#include <adwaita.h>

#include "app/window/lk-application.h"
#include "app/window/lk-workspace.h"

G_BEGIN_DECLS

#define LK_TYPE_WINDOW (lk_window_get_type ())
G_DECLARE_FINAL_TYPE (LkWindow, lk_window, LK, WINDOW, AdwApplicationWindow)

LkWindow    *lk_window_new           (LkApplication *application) G_GNUC_WARN_UNUSED_RESULT;
/* The folder of the project that is shown or being opened, NULL on the welcome page. */
GFile       *lk_window_get_folder    (LkWindow      *self);
/* NULL while no project is open. */
LkWorkspace *lk_window_get_workspace (LkWindow      *self);
/* Opens the project in `folder` and shows it, or says why not. */
void         lk_window_open          (LkWindow      *self,
                                      GFile         *folder);
/* Shows a project that is open already. */
void         lk_window_set_project   (LkWindow      *self,
                                      LkProject     *project);

G_END_DECLS
