#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <math.h>

#include "app/widgets/lk-series.h"

#define MAX_LEVELS 40

typedef struct
{
  float lowest, highest;      /* INFINITY and -INFINITY where nothing is a number */
} Extremes;

struct _LkSeries
{
  GObject  parent_instance;

  char    *name, *unit;                 /* owned */
  GArray  *points;                      /* LkPoint */
  GArray  *levels[MAX_LEVELS];          /* Extremes of 2^(i+1) points each, for whole groups only */

  double   weight;                      /* of a smoothed series */
  double   average, correction;         /* its state */
  gsize    n_read;                      /* points of the source that are in it */
};

G_DEFINE_FINAL_TYPE (LkSeries, lk_series, G_TYPE_OBJECT)

enum { APPENDED, N_SIGNALS };

static guint signals[N_SIGNALS];

static void
lk_series_finalize (GObject *object)
{
  LkSeries *self = LK_SERIES (object);

  g_free (self->name);
  g_free (self->unit);
  g_array_unref (self->points);
  for (guint i = 0; i < MAX_LEVELS; i++)
    g_clear_pointer (&self->levels[i], g_array_unref);

  G_OBJECT_CLASS (lk_series_parent_class)->finalize (object);
}

static void
lk_series_class_init (LkSeriesClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = lk_series_finalize;

  signals[APPENDED] = g_signal_new ("appended", LK_TYPE_SERIES, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
lk_series_init (LkSeries *self)
{
  self->points = g_array_new (FALSE, FALSE, sizeof (LkPoint));
}

LkSeries *
lk_series_new (const char *name,
               const char *unit)
{
  LkSeries *self = g_object_new (LK_TYPE_SERIES, NULL);

  self->name = g_strdup (name);
  self->unit = g_strdup (unit);
  return self;
}

const char *
lk_series_get_name (LkSeries *self)
{
  return self->name;
}

const char *
lk_series_get_unit (LkSeries *self)
{
  return self->unit;
}

static Extremes
merge (Extremes a,
       Extremes b)
{
  return (Extremes) { MIN (a.lowest, b.lowest), MAX (a.highest, b.highest) };
}

static Extremes
extremes_of_point (const LkPoint *point)
{
  return isfinite (point->y) ? (Extremes) { point->y, point->y } : (Extremes) { INFINITY, -INFINITY };
}

/* Brings the levels up to date with the points: amortised, one merge a point. */
static void
grow_levels (LkSeries *self)
{
  gsize n = self->points->len / 2;

  for (guint i = 0; i < MAX_LEVELS && n > 0; i++, n /= 2)
    {
      if (self->levels[i] == NULL)
        self->levels[i] = g_array_new (FALSE, FALSE, sizeof (Extremes));

      for (gsize j = self->levels[i]->len; j < n; j++)
        {
          Extremes sum;

          if (i == 0)
            sum = merge (extremes_of_point (&g_array_index (self->points, LkPoint, 2 * j)),
                         extremes_of_point (&g_array_index (self->points, LkPoint, 2 * j + 1)));
          else
            sum = merge (g_array_index (self->levels[i - 1], Extremes, 2 * j), g_array_index (self->levels[i - 1], Extremes, 2 * j + 1));
          g_array_append_val (self->levels[i], sum);
        }
    }
}

void
lk_series_append (LkSeries      *self,
                  const LkPoint *points,
                  gsize          n)
{
  g_return_if_fail (LK_IS_SERIES (self));

  if (n == 0)
    return;

  g_array_append_vals (self->points, points, (guint) n);
  grow_levels (self);
  g_signal_emit (self, signals[APPENDED], 0);
}

void
lk_series_clear (LkSeries *self)
{
  g_return_if_fail (LK_IS_SERIES (self));

  g_array_set_size (self->points, 0);
  for (guint i = 0; i < MAX_LEVELS; i++)
    g_clear_pointer (&self->levels[i], g_array_unref);
  g_signal_emit (self, signals[APPENDED], 0);
}

gsize
lk_series_get_n_points (LkSeries *self)
{
  return self->points->len;
}

LkPoint
lk_series_get_point (LkSeries *self,
                     gsize     index)
{
  g_assert (index < self->points->len);
  return g_array_index (self->points, LkPoint, index);
}

gsize
lk_series_find (LkSeries *self,
                double    x)
{
  gsize low = 0, high = self->points->len;

  while (low < high)
    {
      gsize middle = (low + high) / 2;

      if (g_array_index (self->points, LkPoint, middle).x < x)
        low = middle + 1;
      else
        high = middle;
    }
  return low;
}

LkSpan
lk_series_get_span (LkSeries *self,
                    gsize     first,
                    gsize     end)
{
  Extremes sum = { INFINITY, -INFINITY };
  gsize at = first;

  g_return_val_if_fail (end <= self->points->len, ((LkSpan) { 0 }));

  /* The largest groups that start at `at` and fit, from left to right: O(log n). */
  while (at < end)
    {
      int level = -1;

      while (level + 1 < MAX_LEVELS && at % ((gsize) 1 << (level + 2)) == 0 && at + ((gsize) 1 << (level + 2)) <= end)
        level++;
      if (level < 0)
        {
          sum = merge (sum, extremes_of_point (&g_array_index (self->points, LkPoint, at)));
          at++;
        }
      else
        {
          sum = merge (sum, g_array_index (self->levels[level], Extremes, at >> (level + 1)));
          at += (gsize) 1 << (level + 1);
        }
    }

  return (LkSpan) { sum.lowest, sum.highest, sum.lowest <= sum.highest ? end - first : 0 };
}

/* ---- smoothing ------------------------------------------------------------------------------------------------ */

static void
follow (LkSeries *source,
        LkSeries *self)
{
  g_autoptr (GArray) bunch = g_array_new (FALSE, FALSE, sizeof (LkPoint));
  gsize n = lk_series_get_n_points (source);

  if (n < self->n_read)
    {
      self->n_read = 0;
      self->average = self->correction = 0;
      lk_series_clear (self);
    }

  for (; self->n_read < n; self->n_read++)
    {
      LkPoint point = lk_series_get_point (source, self->n_read);

      if (!isfinite (point.y))
        continue;
      self->average = self->weight * self->average + (1 - self->weight) * point.y;
      self->correction = self->weight * self->correction + (1 - self->weight);
      point.y = (float) (self->average / self->correction);
      g_array_append_val (bunch, point);
    }
  lk_series_append (self, (const LkPoint *) bunch->data, bunch->len);
}

LkSeries *
lk_series_new_smoothed (LkSeries *source,
                        double    weight)
{
  LkSeries *self = lk_series_new (source->name, source->unit);

  self->weight = CLAMP (weight, 0.0, 0.9999);
  follow (source, self);
  g_signal_connect_object (source, "appended", G_CALLBACK (follow), self, 0);
  return self;
}
