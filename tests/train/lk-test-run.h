/* Small runs for tests: a few pictures at 64 x 64 on the starter model, a second or so for some steps. */
#pragma once

#include "train/lk-trainer.h"

G_BEGIN_DECLS

/* The first `n` pictures of a folder with their captions, for training at side x side. Owned by the caller. */
LkDataSet       *lk_test_data_set_new  (const char            *folder,
                                        guint                  n,
                                        guint                  side);
/* Settings from "key=value" words on top of some that make runs short. */
LkTrainSettings *lk_test_settings_new  (const char            *words);
/* A new run of the starter in `folder`. */
LkRun           *lk_test_run_new       (const char            *folder,
                                        const LkTrainSettings *settings,
                                        LkDataSet             *data_set,
                                        const char            *replay);
/* The run to its end on the CPU, its cache in `folder`. */
gboolean         lk_test_run_train     (LkRun                 *run,
                                        LkDataSet             *data_set,
                                        const char            *folder,
                                        GError               **error);
/* Everything in metrics.jsonl but the seconds. Owned by the caller. */
char            *lk_test_run_metrics   (LkRun                 *run);
/* SHA-256 of the final LoRA's tensors. Owned by the caller. */
char            *lk_test_run_hash      (LkRun                 *run);

G_END_DECLS
