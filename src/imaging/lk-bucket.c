#define G_LOG_DOMAIN "likeness-imaging"

#include "config.h"

#include "imaging/lk-bucket.h"

#include <math.h>

LkBucketRule
lk_bucket_rule_for (guint resolution)
{
  guint step = resolution < 256 ? 32 : 64;

  /* kohya's 256 and 1024 at 512: half and twice the side. */
  return (LkBucketRule) {
    .resolution = resolution,
    .min_side = MAX (resolution / 2 / step, 1) * step,
    .max_side = resolution * 2 / step * step,
    .step = step,
  };
}

static gint
compare_buckets (gconstpointer a,
                 gconstpointer b)
{
  const LkBucket *first = a, *second = b;

  if (first->width != second->width)
    return first->width < second->width ? -1 : 1;
  return first->height < second->height ? -1 : first->height > second->height;
}

static void
add_bucket (GArray *buckets,
            guint   width,
            guint   height)
{
  LkBucket bucket = { width, height };

  for (guint i = 0; i < buckets->len; i++)
    if (compare_buckets (&g_array_index (buckets, LkBucket, i), &bucket) == 0)
      return;
  g_array_append_val (buckets, bucket);
}

GArray *
lk_bucket_list (const LkBucketRule *rule)
{
  GArray *buckets = g_array_new (FALSE, FALSE, sizeof (LkBucket));
  guint area = rule->resolution * rule->resolution;
  guint square = rule->resolution / rule->step * rule->step;

  add_bucket (buckets, square, square);
  for (guint width = rule->min_side; width <= rule->max_side; width += rule->step)
    {
      guint height = MIN (rule->max_side, area / width / rule->step * rule->step);

      if (height < rule->min_side)
        continue;
      add_bucket (buckets, width, height);
      add_bucket (buckets, height, width);
    }
  g_array_sort (buckets, compare_buckets);
  return buckets;
}

static guint
round_to_step (double value,
               guint  step)
{
  guint rounded = (guint) (value + .5);

  return rounded - rounded % step;
}

static LkBucket
select_without_upscaling (const LkBucketRule *rule,
                          guint               width,
                          guint               height,
                          LkBucket           *resized)
{
  double area = (double) rule->resolution * rule->resolution;
  double aspect = (double) width / height;

  *resized = (LkBucket) { width, height };
  if ((double) width * height > area)
    {
      double ideal_width = sqrt (area * aspect);
      guint by_width = round_to_step (ideal_width, rule->step);
      guint by_height = round_to_step (area / ideal_width, rule->step);
      guint other_height = round_to_step (by_width / aspect, rule->step);
      guint other_width = round_to_step (by_height * aspect, rule->step);

      /* Rounding the width or the height: whichever keeps the shape better. */
      if (other_height > 0 && (by_height == 0 ||
                               fabs ((double) by_width / other_height - aspect) < fabs ((double) other_width / by_height - aspect)))
        *resized = (LkBucket) { by_width, (guint) (by_width / aspect + .5) };
      else
        *resized = (LkBucket) { (guint) (by_height * aspect + .5), by_height };
    }
  return (LkBucket) { MAX (resized->width - resized->width % rule->step, MIN (rule->step, resized->width)),
                      MAX (resized->height - resized->height % rule->step, MIN (rule->step, resized->height)) };
}

LkBucket
lk_bucket_select (const LkBucketRule *rule,
                  GArray             *buckets,
                  guint               width,
                  guint               height,
                  LkBucket           *resized)
{
  double aspect = (double) width / height;
  double least_error = G_MAXDOUBLE, scale;
  LkBucket best = { 0 }, ignored;

  if (resized == NULL)
    resized = &ignored;
  if (rule->no_upscale)
    return select_without_upscaling (rule, width, height, resized);

  for (guint i = 0; i < buckets->len; i++)
    {
      const LkBucket *bucket = &g_array_index (buckets, LkBucket, i);
      double error = fabs ((double) bucket->width / bucket->height - aspect);

      if (bucket->width == width && bucket->height == height)
        {
          best = *bucket;
          break;
        }
      if (error < least_error)
        {
          least_error = error;
          best = *bucket;
        }
    }

  scale = aspect > (double) best.width / best.height ? (double) best.height / height : (double) best.width / width;
  *resized = (LkBucket) { (guint) (width * scale + .5), (guint) (height * scale + .5) };
  return best;
}
