/* LkTrainer: trains a run's LoRA, from where its state stands to its last step.
 *
 * It works on a thread of its own behind lk_trainer_run_async (), or on the caller's behind lk_trainer_run (). It writes everything of
 * the run's folder by itself. What happens comes as events: on the main context of the thread that called run_async, gathered for 33 ms
 * (milestones come at once, in order with the steps before them); from lk_trainer_run () at once, on the same thread.
 *
 * A run that is stopped, paused or killed at any moment goes on from its last state and ends with the same bits as one that never was.
 */
#pragma once

#include "graph/lk-device.h"
#include "generate/lk-recipe.h"
#include "train/lk-run.h"
#include "train/lk-validation.h"

G_BEGIN_DECLS

#define LK_TRAINER_ERROR (lk_trainer_error_quark ())
GQuark lk_trainer_error_quark (void);

typedef enum
{
  LK_TRAINER_ERROR_NO_PICTURES,
  LK_TRAINER_ERROR_CHANGED,       /* the base model, a picture, or the processor is not what the run began with */
  LK_TRAINER_ERROR_NOT_FINITE,    /* the loss is no number any more */
  LK_TRAINER_ERROR_BAD_REPLAY,
  LK_TRAINER_ERROR_NO_MEMORY,     /* the device has no room for the run; the sentence says what would fit */
} LkTrainerError;

#define LK_TYPE_TRAINER (lk_trainer_get_type ())
G_DECLARE_FINAL_TYPE (LkTrainer, lk_trainer, LK, TRAINER, GObject)

typedef enum
{
  LK_TRAINER_PHASE,               /* another work began; `text` names it, `done` of `total` parts of it are done */
  LK_TRAINER_STEP,                /* `metric` */
  LK_TRAINER_MEASURED,            /* on fixed noise; `mark`. What is told of single pictures and blocks stands in metrics.jsonl now. */
  LK_TRAINER_SAVED,               /* a LoRA was written; `path` */
  LK_TRAINER_SAMPLED,             /* a picture was drawn; `path` */
  LK_TRAINER_PAUSED,
  LK_TRAINER_RESUMED,
  LK_TRAINER_FINISHED,            /* the last step is done; `path` is the LoRA */
  LK_TRAINER_STOPPED,             /* by lk_trainer_stop (); the state is saved */
  LK_TRAINER_NOTE,                /* something to know; `text` */
} LkTrainerEventKind;

typedef struct
{
  LkTrainerEventKind kind;
  guint              step;        /* steps done */
  guint              n_steps;     /* of the run */
  LkMetric           metric;
  LkValidationMark   mark;
  char              *text;        /* owned; NULL where not said */
  char              *path;        /* owned; NULL where not said */
  guint              done, total;
} LkTrainerEvent;

/* `events` are in order and belong to the trainer. */
typedef void (*LkTrainerFunc) (LkTrainer            *trainer,
                               const LkTrainerEvent *events,
                               guint                 n_events,
                               gpointer              data);

/* `device` is used by the trainer alone while it runs. `cache` is the project's cache folder. The data set is the run's. */
LkTrainer *lk_trainer_new           (LkDevice            *device,
                                     LkRun               *run,
                                     LkDataSet           *data_set,
                                     const char          *cache);
void       lk_trainer_set_func      (LkTrainer           *self,
                                     LkTrainerFunc        func,
                                     gpointer             data);
LkRun     *lk_trainer_get_run       (LkTrainer           *self);

/* Runs to the end or to a stop; both are success. Cancelling is stopping. */
gboolean   lk_trainer_run           (LkTrainer           *self,
                                     GCancellable        *cancellable,
                                     GError             **error);
void       lk_trainer_run_async     (LkTrainer           *self,
                                     GCancellable        *cancellable,
                                     GAsyncReadyCallback  callback,
                                     gpointer             user_data);
gboolean   lk_trainer_run_finish    (LkTrainer           *self,
                                     GAsyncResult        *result,
                                     GError             **error);

/* Commands, from any thread; each is obeyed between two steps. Pausing and stopping save the state first. */
void       lk_trainer_pause         (LkTrainer           *self);
void       lk_trainer_resume        (LkTrainer           *self);
void       lk_trainer_save          (LkTrainer           *self);
/* Draws `recipe` (copied; its `base` is not looked at) with the LoRA as it is, at `strength`. */
void       lk_trainer_sample        (LkTrainer           *self,
                                     const LkRecipe      *recipe,
                                     double               strength);
/* Draws the run's own samples now (see lk-samples.h). */
void       lk_trainer_sample_prompts (LkTrainer         *self);
void       lk_trainer_stop          (LkTrainer           *self);

G_END_DECLS
