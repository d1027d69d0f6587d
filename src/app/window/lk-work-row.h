/* LkWorkRow: a work that goes on: what it is, how far it is, and Cancel. */
#pragma once

#include <gtk/gtk.h>

#include "app/window/lk-work.h"

G_BEGIN_DECLS

#define LK_TYPE_WORK_ROW (lk_work_row_get_type ())
G_DECLARE_FINAL_TYPE (LkWorkRow, lk_work_row, LK, WORK_ROW, GtkListBoxRow)

LkWorkRow *lk_work_row_new (LkWork *work) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
