/* LkTrainingRun: one training run as the window sees it: what its folder holds, and, while it works, what its trainer tells.
 *
 * Belongs to the main thread. The trainer works on a thread of its own and writes everything by itself: this object only listens and
 * passes commands on. It lives on while it works, whatever becomes of its window. "changed" is emitted when the state, the progress or the lists changed, at most once a bunch of events.
 */
#pragma once

#include "app/training/lk-run-curves.h"
#include "app/training/lk-run-facts.h"
#include "app/window/lk-engine.h"
#include "project/lk-project.h"
#include "train/lk-trainer.h"

G_BEGIN_DECLS

typedef enum
{
  LK_TRAINING_IDLE,           /* never began, or was stopped: can go on */
  LK_TRAINING_WAITING,        /* for the device */
  LK_TRAINING_PREPARING,
  LK_TRAINING_RUNNING,
  LK_TRAINING_PAUSING,        /* asked to, and not there yet */
  LK_TRAINING_PAUSED,
  LK_TRAINING_STOPPING,
  LK_TRAINING_FINISHED,
} LkTrainingState;

#define LK_TYPE_TRAINING_RUN (lk_training_run_get_type ())
G_DECLARE_FINAL_TYPE (LkTrainingRun, lk_training_run, LK, TRAINING_RUN, GObject)

/* The object of a run's folder: the one that is at work already, whoever looks, else a new one. Reads the run's metrics on a thread; "changed"
 * says when they are there. */
LkTrainingRun  *lk_training_run_new             (LkRun           *run);
/* Those that have a job now, of all projects: LkTrainingRuns. The list object is the process's and stays. */
GListModel     *lk_training_run_get_active      (void);

LkRun          *lk_training_run_get_run         (LkTrainingRun   *self);
const char     *lk_training_run_get_name        (LkTrainingRun   *self);
LkTrainingState lk_training_run_get_state       (LkTrainingRun   *self);
gboolean        lk_training_run_is_active       (LkTrainingRun   *self);    /* has a job, running, waiting or paused */
/* "Training", "Paused", … for people. */
const char     *lk_training_run_get_state_title (LkTrainingRun   *self);
/* "Step 412 of 800 · 3 min left"; what is prepared; why it failed. */
const char     *lk_training_run_get_text        (LkTrainingRun   *self);
gboolean        lk_training_run_has_failed      (LkTrainingRun   *self);
double          lk_training_run_get_fraction    (LkTrainingRun   *self);
guint           lk_training_run_get_step        (LkTrainingRun   *self);
guint           lk_training_run_get_n_steps     (LkTrainingRun   *self);
/* Seconds of a step, the median of the last ones; 0 where none was measured. */
double          lk_training_run_get_step_time   (LkTrainingRun   *self);

LkRunCurves    *lk_training_run_get_curves      (LkTrainingRun   *self);
/* What can be said of the run so far; NULL until its folder was read. Belongs to the run until the next "changed". */
const LkRunFacts *lk_training_run_get_facts     (LkTrainingRun   *self);
/* The program ended while the run was at work; it can go on. */
gboolean        lk_training_run_was_interrupted (LkTrainingRun   *self);
/* Something that the trainer had to say, the last one; NULL: nothing. */
const char     *lk_training_run_get_note        (LkTrainingRun   *self);
/* What computes it, or did: "CPU · AVX2 · 2 threads"; NULL: not known. */
const char     *lk_training_run_get_device      (LkTrainingRun   *self);
/* GtkStringObjects: paths of samples (lk-samples.h) in order, and of LoRAs, the newest last. */
GListModel     *lk_training_run_get_samples     (LkTrainingRun   *self);
GListModel     *lk_training_run_get_loras       (LkTrainingRun   *self);

/* A LoRA was written; one that is in the list already stays there once. */
void            lk_training_run_add_lora        (LkTrainingRun   *self,
                                                 const char      *path);

/* What the trainer told, in order; the events stay the caller's. */
void            lk_training_run_take_events     (LkTrainingRun        *self,
                                                 const LkTrainerEvent *events,
                                                 guint                 n_events);

/* Puts the run into the engine's queue; it goes on from its state. Data set and pictures are looked up in `project`. */
gboolean        lk_training_run_start           (LkTrainingRun   *self,
                                                 LkEngine        *engine,
                                                 LkProject       *project,
                                                 GError         **error);
void            lk_training_run_pause           (LkTrainingRun   *self);
void            lk_training_run_resume          (LkTrainingRun   *self);
void            lk_training_run_stop            (LkTrainingRun   *self);
void            lk_training_run_save            (LkTrainingRun   *self);
/* Draws the run's sample prompts with the LoRA as it is. */
void            lk_training_run_sample          (LkTrainingRun   *self);

G_END_DECLS
