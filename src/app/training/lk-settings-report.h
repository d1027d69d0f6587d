/* LkSettingsReport: what an import of kohya's settings took over, and, first, what it did not. */
#pragma once

#include <adwaita.h>

#include "remote/lk-kohya-settings.h"

G_BEGIN_DECLS

#define LK_TYPE_SETTINGS_REPORT (lk_settings_report_get_type ())
G_DECLARE_FINAL_TYPE (LkSettingsReport, lk_settings_report, LK, SETTINGS_REPORT, AdwDialog)

/* `rows` are LkKohyaRows; looked at only now. */
LkSettingsReport *lk_settings_report_new (GPtrArray *rows) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
