/* LkNewGridDialog: what a test grid varies: LoRA, strengths, contexts, seeds, checkpoints. The signal "made" (LkTestGrid) is emitted when a person says Draw. */
#pragma once

#include <adwaita.h>

#include "app/grids/lk-test-grid.h"
#include "app/window/lk-workspace.h"

G_BEGIN_DECLS

#define LK_TYPE_NEW_GRID_DIALOG (lk_new_grid_dialog_get_type ())
G_DECLARE_FINAL_TYPE (LkNewGridDialog, lk_new_grid_dialog, LK, NEW_GRID_DIALOG, AdwDialog)

LkNewGridDialog *lk_new_grid_dialog_new (LkWorkspace *workspace) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
