/* LkRunRow: a run in the page's list: its name, and how it is. */
#pragma once

#include <gtk/gtk.h>

#include "app/training/lk-training-run.h"

G_BEGIN_DECLS

#define LK_TYPE_RUN_ROW (lk_run_row_get_type ())
G_DECLARE_FINAL_TYPE (LkRunRow, lk_run_row, LK, RUN_ROW, GtkListBoxRow)

LkRunRow      *lk_run_row_new     (LkTrainingRun *run) G_GNUC_WARN_UNUSED_RESULT;
LkTrainingRun *lk_run_row_get_run (LkRunRow      *self);

G_END_DECLS
