/* A row of the form for one setting of the engine's table: a spin button, a switch, a list of choices, an entry, or a field of several lines. */
#pragma once

#include <adwaita.h>

#include "train/lk-settings.h"

G_BEGIN_DECLS

/* The user changed the row to `value`. */
typedef void (*LkSettingRowFunc) (GtkWidget       *row,
                                  const LkSetting *setting,
                                  const char      *value,
                                  gpointer         data);

GtkWidget       *lk_setting_row_new         (const LkSetting  *setting,
                                             LkSettingRowFunc  func,
                                             gpointer          data) G_GNUC_WARN_UNUSED_RESULT;
const LkSetting *lk_setting_row_get_setting (GtkWidget        *row);
/* Shows a value, as lk_train_settings_get () gives it, and no error. Calls `func` as an edit would. */
void             lk_setting_row_set_value   (GtkWidget        *row,
                                             const char       *value);
/* Marks the row and says what is wrong; NULL: nothing is. */
void             lk_setting_row_set_error   (GtkWidget        *row,
                                             const char       *message);

/* An action row with a spin button: AdwSpinRow has no children that a screen reader would see. `spin` receives the button, in the row. */
GtkWidget       *lk_spin_row_new            (const char       *title,
                                             double            least,
                                             double            most,
                                             guint             digits,
                                             GtkWidget       **spin) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
