/* LkFindingRow: what the checks found: the sentence, why it matters, and one button that fixes it or shows its pictures.
 *
 * Activating the row selects its pictures. Both are signals: "fix" and "show-pictures".
 */
#pragma once

#include <adwaita.h>

#include "project/lk-checks.h"

G_BEGIN_DECLS

#define LK_TYPE_FINDING_ROW (lk_finding_row_get_type ())
G_DECLARE_FINAL_TYPE (LkFindingRow, lk_finding_row, LK, FINDING_ROW, AdwActionRow)

LkFindingRow *lk_finding_row_new         (LkFinding    *finding) G_GNUC_WARN_UNUSED_RESULT;
LkFinding    *lk_finding_row_get_finding (LkFindingRow *self);

G_END_DECLS
