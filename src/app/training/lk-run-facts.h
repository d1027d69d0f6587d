/* LkRunFacts: what can be said of a run so far: the verdict, and what single pictures, timesteps and blocks tell. Made on a thread from the run's
 * folder; nothing changes in it afterwards.
 */
#pragma once

#include "train/lk-run-log.h"
#include "train/lk-verdict.h"

G_BEGIN_DECLS

typedef struct
{
  guint            serial;              /* no two have the same */
  gboolean         is_measured;         /* the run measures itself: there is a verdict */
  gboolean         has_held_out;
  LkVerdict        verdict;
  GPtrArray       *names;               /* of the data set's pictures, by index; owned, as are the next two */
  GArray          *pictures;            /* LkInsightPicture, the worst first */
  cJSON           *weights;             /* the last "weights" line; NULL: none yet */
  LkInsightBucket  buckets[LK_INSIGHT_BUCKETS];
} LkRunFacts;

/* From a log that is up to date. Any thread. */
LkRunFacts *lk_run_facts_new   (LkRun      *run,
                                LkRunLog   *log);
void        lk_run_facts_free  (LkRunFacts *facts);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkRunFacts, lk_run_facts_free)

G_END_DECLS
