/* Training settings from kohya's files and to them, with the dialogs that it takes. */
#pragma once

#include "app/training/lk-training-form.h"

G_BEGIN_DECLS

/* Asks for a file and fills the form from it; a report says what was taken and what was not. */
void lk_settings_files_import (LkTrainingForm        *form,
                               LkWorkspace           *workspace);
/* Asks for a name and writes: sd-scripts' TOML, or kohya_ss' JSON where the name ends so. */
void lk_settings_files_export (GtkWidget             *widget,
                               LkWorkspace           *workspace,
                               const LkTrainSettings *settings,
                               const char            *base);

G_END_DECLS
