/* LkRunLog: what a run's metrics.jsonl says, read piece by piece while the run goes on.
 *
 * A log belongs to one thread at a time.
 */
#pragma once

#include "train/lk-insight.h"
#include "train/lk-run.h"
#include "train/lk-validation.h"

G_BEGIN_DECLS

typedef struct
{
  GArray    *metrics;           /* LkMetric; owned, as is all else */
  GArray    *marks;             /* LkValidationMark */
  LkInsight *insight;
  cJSON     *weights;           /* the last "weights" line; NULL: none yet */
  guint64    offset;            /* bytes that were read */
} LkRunLog;

LkRunLog *lk_run_log_new    (void);
void      lk_run_log_free   (LkRunLog  *log);
/* Reads what was added since the last call; all anew where the file has become shorter: a resume cuts it. A last line that is cut waits. */
gboolean  lk_run_log_update (LkRunLog  *log,
                             LkRun     *run,
                             GError   **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkRunLog, lk_run_log_free)

G_END_DECLS
