/* LkInsight: what the losses of a run's single draws say: by timestep, and by picture.
 *
 * A draw's loss depends on its timestep far more than on its picture. So a picture is judged by the ratio of each of its losses to the mean of
 * all pictures at about the same timestep: 1 is like the others, 2 is twice as hard.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define LK_INSIGHT_BUCKETS 10           /* of the 1000 timesteps */

typedef struct
{
  guint    item;                        /* index in the run's data set */
  guint    n;                           /* draws */
  double   relative;                    /* of the run's later half; 1: like the others */
  double   first;                       /* the same of its earlier half */
  gboolean is_stuck;                    /* far above the others, often seen, and no better than it began */
} LkInsightPicture;

typedef struct
{
  guint  n;                             /* draws of the run's later half */
  double first, last;                   /* mean losses of the halves; NaN where there is no draw */
} LkInsightBucket;

typedef struct _LkInsight LkInsight;

LkInsight *lk_insight_new         (void);
void       lk_insight_free        (LkInsight *insight);
/* One draw of step `step`; steps do not fall. */
void       lk_insight_add         (LkInsight *insight,
                                   guint      step,
                                   guint      item,
                                   guint      timestep,
                                   double     loss);
/* Array of LkInsightPicture, the worst first, of those that were drawn in both halves; owned by the caller. */
GArray    *lk_insight_pictures    (LkInsight *insight);
void       lk_insight_timesteps   (LkInsight       *insight,
                                   LkInsightBucket  buckets[LK_INSIGHT_BUCKETS]);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkInsight, lk_insight_free)

G_END_DECLS
