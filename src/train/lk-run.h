/* LkRun: one training run's folder.
 *
 *   settings.json      settings, base model, trigger word, where it began
 *   dataset.jsonl      the pictures (LkDataSet); written once
 *   metrics.jsonl      one line a step, and one for what was measured besides, appended by the trainer
 *   events.out.tfevents.*   the same numbers for TensorBoard
 *   checkpoints/       NAME-stepNNNNNNNN.safetensors and, at the end, NAME.safetensors
 *   state/             what an exact resume needs; replaced as a whole
 *   samples/           pictures drawn on the way
 *   record.json        what computed it: device, tier, precision; written by the trainer
 *   lock               held by the process that trains
 *   state/working      there while it does: what is left of a crash
 *   notes.txt          what the user wrote about it
 */
#pragma once

#include "train/lk-data-set.h"

G_BEGIN_DECLS

#define LK_RUN_ERROR (lk_run_error_quark ())
GQuark lk_run_error_quark (void);

typedef enum
{
  LK_RUN_ERROR_NOT_A_RUN,
  LK_RUN_ERROR_DAMAGED,
  LK_RUN_ERROR_CHANGED,         /* the base model is not the one that the run began with */
  LK_RUN_ERROR_IN_USE,          /* another process trains on it */
} LkRunError;

typedef enum
{
  LK_RUN_NEW,                   /* no state yet */
  LK_RUN_STOPPED,               /* paused, ended, crashed: can go on */
  LK_RUN_FINISHED,
} LkRunStatus;

/* What a run is, besides settings and pictures. All strings are owned by the struct. */
typedef struct
{
  char *base;                   /* path of the checkpoint */
  char *base_hash;              /* SHA-256 of its file */
  char *trigger;
  char *class_word;
  char *init_lora;              /* path, or NULL */
  char *replay;                 /* path, or NULL */
} LkRunInfo;

typedef struct _LkRun LkRun;

/* What a project says of a run: base model ("starter" or a path; NULL: the project's), trigger and class word. The rest is left NULL. */
gboolean               lk_run_info_init         (LkRunInfo              *info,
                                                 LkProject              *project,
                                                 const char             *base,
                                                 GError                **error);
void                   lk_run_info_clear        (LkRunInfo              *info);

/* Makes RUNS/DATE-NAME, with "-2" and so on where that is taken. Takes copies. */
LkRun                 *lk_run_create            (const char             *runs,
                                                 const LkRunInfo        *info,
                                                 const LkTrainSettings  *settings,
                                                 LkDataSet              *data_set,
                                                 GError                **error);
/* The same in the project's runs, with its base model and data set. `name` (NULL: as the settings say) is the LoRA's. `data_set` receives the
 * data set, which must outlive the training. */
LkRun                 *lk_run_create_for_project (LkProject             *project,
                                                 const char             *name,
                                                 const LkTrainSettings  *settings,
                                                 LkDataSet             **data_set,
                                                 GError                **error);
/* Reads the folder; looking at a run that trains elsewhere is fine. */
LkRun                 *lk_run_open              (const char             *folder,
                                                 GError                **error);
LkRun                 *lk_run_ref               (LkRun                  *run);
void                   lk_run_unref             (LkRun                  *run);

const char            *lk_run_get_folder        (LkRun                  *run);
const char            *lk_run_get_name          (LkRun                  *run);     /* of the folder */
char                  *lk_run_dup_path          (LkRun                  *run,
                                                 const char             *name);
const LkRunInfo       *lk_run_get_info          (LkRun                  *run);
const LkTrainSettings *lk_run_get_settings      (LkRun                  *run);
/* A new total of steps for a run that goes on (settings.json is written). */
gboolean               lk_run_set_max_steps     (LkRun                  *run,
                                                 guint                   max_train_steps,
                                                 GError                **error);
/* A checkpoint that has moved: where it is now. Another file than the run began with is LK_RUN_ERROR_CHANGED. */
gboolean               lk_run_set_base          (LkRun                  *run,
                                                 const char             *base,
                                                 GError                **error);
/* Takes the run for this process, until lk_run_unlock () or its end. */
gboolean               lk_run_lock              (LkRun                  *run,
                                                 GError                **error);
void                   lk_run_unlock            (LkRun                  *run);
/* Tells whether the run is at work: the trainer says so from its start to a pause, a stop or its end. */
void                   lk_run_set_working       (LkRun                  *run,
                                                 gboolean                is_working);
/* It was at work, and nobody is at it now: the program crashed, was killed, or the power went. */
gboolean               lk_run_was_interrupted   (LkRun                  *run);
/* Words of the user about the run, in notes.txt: "" where there are none. Owned by the caller. */
char                  *lk_run_read_notes        (LkRun                  *run);
gboolean               lk_run_write_notes       (LkRun                  *run,
                                                 const char             *notes,
                                                 GError                **error);
/* Read from disk at each call. */
LkRunStatus            lk_run_get_status        (LkRun                  *run);
guint                  lk_run_get_step          (LkRun                  *run);     /* of the state: where a resume begins */

/* The start of the run, in seconds since 1970. */
gint64                 lk_run_get_created       (LkRun                  *run);

/* One step's line of metrics.jsonl. Lines with "kind" are other things that happened: see LkRunLog. */
typedef struct
{
  guint  step;                  /* steps done: the first is 1 */
  double loss;
  double learning_rate;
  double grad_norm;
  double seconds;               /* of the step */
  double memory;                /* bytes that this process has of the device; 0: not known */
} LkMetric;

/* From a step's line: one without "kind". */
void                   lk_metric_init           (LkMetric               *metric,
                                                 const cJSON            *line);

/* Array of LkMetric, owned by the caller; empty where there are none yet. A last line that is cut is left out. */
GArray                *lk_run_read_metrics      (LkRun                  *run,
                                                 GError                **error);

typedef struct
{
  char    *path;                /* owned */
  guint    step;                /* as its header says */
  gboolean is_final;
} LkRunCheckpoint;

/* Array of LkRunCheckpoint, by step; owned by the caller. */
GPtrArray             *lk_run_list_checkpoints  (LkRun                  *run);
/* Runs of a project's runs folder, newest first: array of LkRun; folders that are no runs are left out. */
GPtrArray             *lk_run_list              (const char             *runs);
/* Makes a checkpoint the run's LoRA: NAME.safetensors becomes a copy of it. What was there stays as the checkpoint of its own step. */
gboolean               lk_run_use_checkpoint    (LkRun                  *run,
                                                 const char             *path,
                                                 GError                **error);
/* Where the step's LoRA goes; `step` 0: the final one. Owned by the caller. */
char                  *lk_run_dup_checkpoint_path (LkRun                *run,
                                                 guint                   step);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkRun, lk_run_unref)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (LkRunInfo, lk_run_info_clear)

G_END_DECLS
