/* LkRunCurves: a run's numbers over its steps, as series for plots. Belongs to the main thread. */
#pragma once

#include "app/widgets/lk-series.h"
#include "train/lk-run.h"
#include "train/lk-validation.h"

G_BEGIN_DECLS

typedef struct
{
  LkSeries *loss, *smoothed;            /* of the steps, and about their last thirty */
  LkSeries *trained, *held_out;         /* on fixed noise */
  LkSeries *learning_rate, *grad_norm, *seconds, *memory;
} LkRunCurves;

LkRunCurves *lk_run_curves_new            (void);
void         lk_run_curves_free           (LkRunCurves            *curves);
void         lk_run_curves_append         (LkRunCurves            *curves,
                                           const LkMetric         *metrics,
                                           guint                   n);
void         lk_run_curves_append_mark    (LkRunCurves            *curves,
                                           const LkValidationMark *mark);
/* Seconds of a step, the median of the last ones; 0 where none was measured. */
double       lk_run_curves_get_step_time  (LkRunCurves            *curves);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkRunCurves, lk_run_curves_free)

G_END_DECLS
