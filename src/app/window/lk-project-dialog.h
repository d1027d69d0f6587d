/* LkProjectDialog: the settings of an open project. Each change applies at once and is a step of undo. */
#pragma once

#include <adwaita.h>

#include "app/window/lk-workspace.h"

G_BEGIN_DECLS

#define LK_TYPE_PROJECT_DIALOG (lk_project_dialog_get_type ())
G_DECLARE_FINAL_TYPE (LkProjectDialog, lk_project_dialog, LK, PROJECT_DIALOG, AdwDialog)

LkProjectDialog *lk_project_dialog_new (LkWorkspace *workspace) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
