/* LkJobRow: a job of the engine in the sidebar: what it is, how far it is or that it waits, and Cancel. */
#pragma once

#include <gtk/gtk.h>

#include "app/window/lk-engine.h"

G_BEGIN_DECLS

#define LK_TYPE_JOB_ROW (lk_job_row_get_type ())
G_DECLARE_FINAL_TYPE (LkJobRow, lk_job_row, LK, JOB_ROW, GtkListBoxRow)

LkJobRow *lk_job_row_new (LkJob *job) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
