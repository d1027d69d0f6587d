/* LkChangeCaptionsDialog: one change of many captions, with every caption as it would be, before it is made. */
#pragma once

#include <adwaita.h>

#include "app/window/lk-workspace.h"

G_BEGIN_DECLS

#define LK_TYPE_CHANGE_CAPTIONS_DIALOG (lk_change_captions_dialog_get_type ())
G_DECLARE_FINAL_TYPE (LkChangeCaptionsDialog, lk_change_captions_dialog, LK, CHANGE_CAPTIONS_DIALOG, AdwDialog)

/* `selected` and `filtered`: arrays of LkImage, which the dialog may work on instead of all. */
LkChangeCaptionsDialog *lk_change_captions_dialog_new        (LkWorkspace            *workspace,
                                                              GPtrArray              *selected,
                                                              GPtrArray              *filtered) G_GNUC_WARN_UNUSED_RESULT;
/* Begins with renaming this tag everywhere. */
void                    lk_change_captions_dialog_set_rename (LkChangeCaptionsDialog *self,
                                                              const char             *tag);

G_END_DECLS
