/* LkNewProjectDialog: asks what a new project needs, and makes it.
 *
 * The signal "created" (GFile) names the folder, in which no one holds the project open.
 */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

#define LK_TYPE_NEW_PROJECT_DIALOG (lk_new_project_dialog_get_type ())
G_DECLARE_FINAL_TYPE (LkNewProjectDialog, lk_new_project_dialog, LK, NEW_PROJECT_DIALOG, AdwDialog)

LkNewProjectDialog *lk_new_project_dialog_new (void) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
