/* LkRunRecord: what a run was told, and what its user has to say about it. Notes are written to the run's folder as they are typed; the text view's
 * own undo takes words back.
 */
#pragma once

#include <adwaita.h>

#include "app/training/lk-training-run.h"
#include "app/window/lk-workspace.h"

G_BEGIN_DECLS

#define LK_TYPE_RUN_RECORD (lk_run_record_get_type ())
G_DECLARE_FINAL_TYPE (LkRunRecord, lk_run_record, LK, RUN_RECORD, AdwBin)

void lk_run_record_set_workspace (LkRunRecord   *self,
                                  LkWorkspace   *workspace);
/* NULL: none. Notes of the run before are written. */
void lk_run_record_set_run       (LkRunRecord   *self,
                                  LkTrainingRun *run);

G_END_DECLS
