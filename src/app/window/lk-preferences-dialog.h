/* LkPreferencesDialog: what holds for all projects. */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

#define LK_TYPE_PREFERENCES_DIALOG (lk_preferences_dialog_get_type ())
G_DECLARE_FINAL_TYPE (LkPreferencesDialog, lk_preferences_dialog, LK, PREFERENCES_DIALOG, AdwPreferencesDialog)

LkPreferencesDialog *lk_preferences_dialog_new (void) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
