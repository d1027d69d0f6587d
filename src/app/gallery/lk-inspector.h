/* LkInspector: the pane beside the grid: the shot plan, what the checks found, and the selected pictures.
 *
 * Signals: "select" (GPtrArray of LkImages) when a row's pictures are to be shown, "fix" (LkFinding) when its button was pressed.
 */
#pragma once

#include <adwaita.h>

#include "app/window/lk-workspace.h"

G_BEGIN_DECLS

#define LK_TYPE_INSPECTOR (lk_inspector_get_type ())
G_DECLARE_FINAL_TYPE (LkInspector, lk_inspector, LK, INSPECTOR, AdwBin)

LkInspector *lk_inspector_new        (LkWorkspace *workspace) G_GNUC_WARN_UNUSED_RESULT;
/* The selected pictures. */
void         lk_inspector_set_images (LkInspector *self,
                                      GPtrArray   *images);

G_END_DECLS
