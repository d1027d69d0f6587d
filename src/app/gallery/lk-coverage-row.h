/* LkCoverageRow: a type of shot: how many pictures there are of it, against what the plan asks for. Activating it selects them. */
#pragma once

#include <gtk/gtk.h>

#include "project/lk-shot.h"

G_BEGIN_DECLS

#define LK_TYPE_COVERAGE_ROW (lk_coverage_row_get_type ())
G_DECLARE_FINAL_TYPE (LkCoverageRow, lk_coverage_row, LK, COVERAGE_ROW, GtkListBoxRow)

LkCoverageRow *lk_coverage_row_new       (LkShot         shot) G_GNUC_WARN_UNUSED_RESULT;
LkShot         lk_coverage_row_get_shot  (LkCoverageRow *self);
void           lk_coverage_row_set_count (LkCoverageRow *self,
                                          guint          count);

G_END_DECLS
