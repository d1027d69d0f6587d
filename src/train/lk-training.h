/* LkTraining: the work of a run, one call a step, on whatever thread calls: the trainer without its thread, events and commands.
 */
#pragma once

#include "graph/lk-device.h"
#include "model/lk-adapter.h"
#include "train/lk-run.h"
#include "train/lk-validation.h"

G_BEGIN_DECLS

/* A part of the preparation: `text` names it, `done` of `total` are there. */
typedef void (*LkTrainingFunc) (gpointer    data,
                                const char *text,
                                guint       done,
                                guint       total);

typedef struct _LkTraining LkTraining;

/* Makes ready: locks the run, opens the base model, computes or finds latents and text embeddings, makes or loads the adapter, and
 * goes to where the run's state stands; metrics.jsonl is cut there. */
LkTraining *lk_training_new         (LkDevice       *device,
                                     LkRun          *run,
                                     LkDataSet      *data_set,
                                     const char     *cache,
                                     LkTrainingFunc  progress,
                                     gpointer        progress_data,
                                     GCancellable   *cancellable,
                                     GError        **error);
void        lk_training_free        (LkTraining     *training);

/* The adapter that a run of these settings trains: a new one, or `init_lora` (may be NULL) read. `note` as in lk_adapter_load (). */
LkAdapter  *lk_training_make_adapter (LkDevice      *device,
                                     LkCheckpoint   *checkpoint,
                                     const LkTrainSettings *settings,
                                     const char     *init_lora,
                                     char          **note,
                                     GError        **error);
guint       lk_training_get_step    (LkTraining     *training);     /* steps done */
LkModel    *lk_training_get_model   (LkTraining     *training);
LkAdapter  *lk_training_get_adapter (LkTraining     *training);
/* Something to know about this run on this machine, a sentence; NULL: nothing. */
const char *lk_training_get_note    (LkTraining     *training);

/* One step, written to metrics.jsonl. */
gboolean    lk_training_step        (LkTraining     *training,
                                     LkMetric       *metric,
                                     GError        **error);
/* What the last step measured besides, or the preparation of a run at its start; FALSE: nothing. */
gboolean    lk_training_get_mark    (LkTraining       *training,
                                     LkValidationMark *mark);
gboolean    lk_training_save_state  (LkTraining     *training,
                                     GError        **error);
/* Writes the LoRA as it is: the run's last one, or that of this step. `path` receives where; owned by the caller. */
gboolean    lk_training_save_lora   (LkTraining     *training,
                                     gboolean        is_final,
                                     char          **path,
                                     GError        **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkTraining, lk_training_free)

G_END_DECLS
