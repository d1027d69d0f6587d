/* LkQuickTagsDialog: the tags that have a button and a key in the caption editor, as a person types them. */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

#define LK_TYPE_QUICK_TAGS_DIALOG (lk_quick_tags_dialog_get_type ())
G_DECLARE_FINAL_TYPE (LkQuickTagsDialog, lk_quick_tags_dialog, LK, QUICK_TAGS_DIALOG, AdwDialog)

LkQuickTagsDialog *lk_quick_tags_dialog_new (void) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
