#define G_LOG_DOMAIN "likeness-train"

#include "config.h"

#include <math.h>

#include "train/lk-insight.h"

#define STUCK_RELATIVE 1.5      /* times the others' loss */
#define STUCK_DRAWS 8           /* in the later half, before a picture is named */
#define STUCK_GAIN 0.95         /* of what it began with: less is learning */

typedef struct
{
  guint step, item, timestep;
  float loss;
} Draw;

struct _LkInsight
{
  GArray *draws;                /* Draw, by step */
};

LkInsight *
lk_insight_new (void)
{
  LkInsight *insight = g_new0 (LkInsight, 1);

  insight->draws = g_array_new (FALSE, FALSE, sizeof (Draw));
  return insight;
}

void
lk_insight_free (LkInsight *insight)
{
  g_array_unref (insight->draws);
  g_free (insight);
}

void
lk_insight_add (LkInsight *insight,
                guint      step,
                guint      item,
                guint      timestep,
                double     loss)
{
  const Draw draw = { step, item, timestep, (float) loss };

  if (isfinite (loss))
    g_array_append_val (insight->draws, draw);
}

static guint
get_bucket (const Draw *draw)
{
  return MIN (draw->timestep * LK_INSIGHT_BUCKETS / 1000, LK_INSIGHT_BUCKETS - 1);
}

/* The later half begins behind this step. */
static guint
get_middle (LkInsight *insight)
{
  return insight->draws->len > 0 ? g_array_index (insight->draws, Draw, insight->draws->len - 1).step / 2 : 0;
}

typedef struct
{
  double sum;
  guint  n;
} Mean;

/* [half][bucket] */
static void
sum_buckets (LkInsight *insight,
             Mean       means[2][LK_INSIGHT_BUCKETS])
{
  guint middle = get_middle (insight);

  for (guint i = 0; i < insight->draws->len; i++)
    {
      const Draw *draw = &g_array_index (insight->draws, Draw, i);
      Mean *mean = &means[draw->step > middle][get_bucket (draw)];

      mean->sum += draw->loss;
      mean->n++;
    }
}

void
lk_insight_timesteps (LkInsight       *insight,
                      LkInsightBucket  buckets[LK_INSIGHT_BUCKETS])
{
  Mean means[2][LK_INSIGHT_BUCKETS] = { 0 };

  sum_buckets (insight, means);
  for (guint i = 0; i < LK_INSIGHT_BUCKETS; i++)
    buckets[i] = (LkInsightBucket) {
      .n = means[1][i].n,
      .first = means[0][i].n > 0 ? means[0][i].sum / means[0][i].n : NAN,
      .last = means[1][i].n > 0 ? means[1][i].sum / means[1][i].n : NAN,
    };
}

/* Sums of ratios, by half. */
typedef struct
{
  Mean halves[2];
} Picture;

static int
compare_pictures (gconstpointer a,
                  gconstpointer b)
{
  const LkInsightPicture *first = a, *second = b;

  if (first->relative != second->relative)
    return first->relative > second->relative ? -1 : 1;
  return first->item < second->item ? -1 : 1;
}

GArray *
lk_insight_pictures (LkInsight *insight)
{
  GArray *pictures = g_array_new (FALSE, FALSE, sizeof (LkInsightPicture));
  g_autoptr (GArray) sums = g_array_new (FALSE, TRUE, sizeof (Picture));
  Mean means[2][LK_INSIGHT_BUCKETS] = { 0 };
  guint middle = get_middle (insight);

  sum_buckets (insight, means);
  for (guint i = 0; i < insight->draws->len; i++)
    {
      const Draw *draw = &g_array_index (insight->draws, Draw, i);
      guint half = draw->step > middle;
      const Mean *mean = &means[half][get_bucket (draw)];

      if (draw->item >= sums->len)
        g_array_set_size (sums, draw->item + 1);
      if (mean->sum > 0)
        {
          Mean *own = &g_array_index (sums, Picture, draw->item).halves[half];

          own->sum += draw->loss * mean->n / mean->sum;
          own->n++;
        }
    }

  for (guint i = 0; i < sums->len; i++)
    {
      const Picture *sum = &g_array_index (sums, Picture, i);
      LkInsightPicture picture = { .item = i, .n = sum->halves[0].n + sum->halves[1].n };

      if (sum->halves[0].n == 0 || sum->halves[1].n == 0)
        continue;
      picture.first = sum->halves[0].sum / sum->halves[0].n;
      picture.relative = sum->halves[1].sum / sum->halves[1].n;
      picture.is_stuck = picture.relative > STUCK_RELATIVE && sum->halves[1].n >= STUCK_DRAWS && picture.relative > STUCK_GAIN * picture.first;
      g_array_append_val (pictures, picture);
    }
  g_array_sort (pictures, compare_pictures);
  return pictures;
}
