/* LkAutoCaptionsDialog: captions for many pictures without typing: drafts, a tagger's tags, or BLIP's sentences; looked at before they are
 * kept.
 */
#pragma once

#include <adwaita.h>

#include "app/window/lk-workspace.h"
#include "project/lk-tag-table.h"

G_BEGIN_DECLS

#define LK_TYPE_AUTO_CAPTIONS_DIALOG (lk_auto_captions_dialog_get_type ())
G_DECLARE_FINAL_TYPE (LkAutoCaptionsDialog, lk_auto_captions_dialog, LK, AUTO_CAPTIONS_DIALOG, AdwDialog)

/* `table`: tags to tick, or NULL. `selected` and `filtered`: arrays of LkImage, which the dialog may work on instead of all. */
LkAutoCaptionsDialog *lk_auto_captions_dialog_new (LkWorkspace *workspace,
                                                   LkTagTable  *table,
                                                   GPtrArray   *selected,
                                                   GPtrArray   *filtered) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
