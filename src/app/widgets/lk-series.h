/* LkSeries: a curve of a run: points (x, y) in order of x, appended in bunches while the run goes on.
 *
 * It keeps the smallest and largest y of every 2, 4, 8, … points, so that a plot of any width reads a few thousand numbers however
 * many points there are. Not a number is a gap. "appended" is emitted once for each bunch.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define LK_TYPE_SERIES (lk_series_get_type ())
G_DECLARE_FINAL_TYPE (LkSeries, lk_series, LK, SERIES, GObject)

typedef struct
{
  double x;
  float  y;
} LkPoint;

/* What lies between two values of x. */
typedef struct
{
  float  lowest, highest;
  gsize  n;               /* points that are numbers */
} LkSpan;

/* `name` and `unit` are for people: "Loss", "Learning rate"; `unit` may be empty. */
LkSeries      *lk_series_new          (const char    *name,
                                       const char    *unit);
const char    *lk_series_get_name     (LkSeries      *self);
const char    *lk_series_get_unit     (LkSeries      *self);

/* Appends `n` points whose x do not fall. */
void           lk_series_append       (LkSeries      *self,
                                       const LkPoint *points,
                                       gsize          n);
void           lk_series_clear        (LkSeries      *self);
gsize          lk_series_get_n_points (LkSeries      *self);
LkPoint        lk_series_get_point    (LkSeries      *self,
                                       gsize          index);
/* The index of the first point with x >= `x`; n_points where there is none. */
gsize          lk_series_find         (LkSeries      *self,
                                       double         x);
/* Lowest and highest y of the points first..end. */
LkSpan         lk_series_get_span     (LkSeries      *self,
                                       gsize          first,
                                       gsize          end);

/* A series that follows `source`: its exponential moving average, y' = w·y' + (1 - w)·y, without the bias to its start
 * [Kingma and Ba 2015, §3]. It holds no reference to `source` that would keep it alive. */
LkSeries      *lk_series_new_smoothed (LkSeries      *source,
                                       double         weight);

G_END_DECLS
