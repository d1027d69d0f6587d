/* LkVerdict: what can be said of a run by its measurements on fixed noise and timesteps (LkValidationMark), and by nothing else: the loss of the
 * steps themselves jumps with the timestep that chance drew.
 *
 * A curve is smoothed by the median of three, its jitter is estimated from its second differences, and a change counts only where it is
 * larger than that. Without held-out pictures nothing is said of overfitting.
 */
#pragma once

#include "train/lk-validation.h"

G_BEGIN_DECLS

typedef enum
{
  LK_VERDICT_TOO_EARLY,         /* fewer than five measurements, or a fifth of the run */
  LK_VERDICT_IMPROVING,
  LK_VERDICT_FLAT,              /* no better since `since` */
  LK_VERDICT_WORSE,             /* the pictures that it trains on get worse since `since`: too large a learning rate */
  LK_VERDICT_OVERFITTING,       /* held-out pictures get worse since `since` */
} LkVerdictKind;

typedef struct
{
  LkVerdictKind kind;
  guint         since;          /* step */
  guint         best_step;      /* of the lowest held-out loss, else of the lowest loss; the step of a measurement */
  double        gain;           /* share of the loss at the start that is gone: 0.3 is 30 %; below 0: it rose */
  guint         retrain_steps;  /* OVERFITTING: a length for another try; else 0 */
} LkVerdict;

/* `marks` are of one run, by step, which is to have `n_steps`. */
LkVerdict   lk_verdict_find          (const LkValidationMark *marks,
                                      guint                   n_marks,
                                      guint                   n_steps);
/* Sentences for people, owned by the caller. What there is to do depends on whether the run still goes on. */
char       *lk_verdict_dup_sentence  (const LkVerdict        *verdict);
char       *lk_verdict_dup_why       (const LkVerdict        *verdict,
                                      gboolean                has_held_out,
                                      gboolean                is_running);

G_END_DECLS
