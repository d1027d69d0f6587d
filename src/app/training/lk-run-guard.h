/* What the desktop is told of runs: not to go to sleep while one is at work, not to end the program with its last window, and that one has ended.
 */
#pragma once

#include "app/training/lk-training-run.h"

G_BEGIN_DECLS

/* The run's state changed. */
void lk_run_guard_update   (LkTrainingRun *run);
/* A notification that the run is done or has failed, unless the window is being looked at. */
void lk_run_guard_tell_end (LkTrainingRun *run);

G_END_DECLS
