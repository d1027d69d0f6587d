/* LkExportDialog: writes pictures, cropped and resized, with their captions, for other trainers. */
#pragma once

#include <adwaita.h>

#include "app/window/lk-workspace.h"

G_BEGIN_DECLS

#define LK_TYPE_EXPORT_DIALOG (lk_export_dialog_get_type ())
G_DECLARE_FINAL_TYPE (LkExportDialog, lk_export_dialog, LK, EXPORT_DIALOG, AdwDialog)

/* `images`: LkImages, or NULL for the whole data set. */
LkExportDialog *lk_export_dialog_new (LkWorkspace *workspace,
                                      GPtrArray   *images) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
