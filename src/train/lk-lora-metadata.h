/* The header of a trained LoRA: kohya's ss_… entries, modelspec, and ours. Other programs tell from it what the file is and fits. */
#pragma once

#include "model/lk-checkpoint.h"
#include "train/lk-run.h"

G_BEGIN_DECLS

/* What the settings do not say. */
typedef struct
{
  guint       step;                 /* steps done */
  guint       epoch;                /* of the last batch; the first is 1 */
  guint       n_batches;            /* of an epoch */
  guint       rank;                 /* 0: the modules differ */
  double      alpha;
} LkLoraProgress;

/* A map of strings, owned by the caller. */
GHashTable *lk_lora_metadata_new (LkRun                *run,
                                  LkDataSet            *data_set,
                                  LkCheckpoint         *checkpoint,
                                  const LkLoraProgress *progress);

G_END_DECLS
