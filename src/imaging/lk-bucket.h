/* Training sizes. Square: one size for all. Buckets: kohya's sizes of about one area, and the one whose shape is nearest. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  guint width, height;
} LkBucket;

/* kohya's settings: the area is resolution², sides are multiples of `step` between `min_side` and `max_side`. */
typedef struct
{
  guint    resolution;
  guint    min_side;         /* 256 */
  guint    max_side;         /* 1024 */
  guint    step;             /* 64 */
  gboolean no_upscale;       /* only shrink; sizes follow each picture */
} LkBucketRule;

/* The rule with the sides that suit a resolution: half of it, twice of it, steps of 64 (32 under 256). */
LkBucketRule lk_bucket_rule_for  (guint               resolution);
/* All sizes of a rule, sorted as kohya sorts them: array of LkBucket, owned by the caller. Equal to sd-scripts'
 * make_bucket_resolutions (). */
GArray      *lk_bucket_list      (const LkBucketRule *rule);
/* The size for a picture of width x height; `resized` (may be NULL) receives the size it is scaled to before the middle is cut out.
 * Equal to sd-scripts' BucketManager.select_bucket (). */
LkBucket     lk_bucket_select    (const LkBucketRule *rule,
                                  GArray             *buckets,
                                  guint               width,
                                  guint               height,
                                  LkBucket           *resized);

G_END_DECLS
