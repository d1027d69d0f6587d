/* lk-plot-view.c: what of a plot is in view, and in words. */
#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>
#include <math.h>

#include "app/widgets/lk-plot-private.h"

/* ---- what is seen --------------------------------------------------------------------------------------------- */

const LkPlotCurve *
lk_plot_find_main (LkPlot *self)
{
  for (guint i = 0; i < self->curves->len; i++)
    {
      const LkPlotCurve *curve = &g_array_index (self->curves, LkPlotCurve, i);

      if (curve->style == LK_PLOT_MAIN && lk_series_get_n_points (curve->series) > 0)
        return curve;
    }
  return NULL;
}

LkPlotRange
lk_plot_get_whole (LkPlot *self)
{
  LkPlotRange range = { INFINITY, -INFINITY };

  for (guint i = 0; i < self->curves->len; i++)
    {
      LkSeries *series = g_array_index (self->curves, LkPlotCurve, i).series;
      gsize n = lk_series_get_n_points (series);

      if (n == 0)
        continue;
      range.from = MIN (range.from, lk_series_get_point (series, 0).x);
      range.to = MAX (range.to, lk_series_get_point (series, n - 1).x);
    }

  if (range.from > range.to)
    range = (LkPlotRange) { 0, 1 };
  if (range.to - range.from < 1)
    range.to = range.from + 1;
  return range;
}

LkPlotRange
lk_plot_get_view (LkPlot *self)
{
  return self->is_zoomed ? self->view : lk_plot_get_whole (self);
}

double
lk_plot_scale_y (LkPlot *self,
                 double  y)
{
  return self->log_scale ? log10 (y) : y;
}

gboolean
lk_plot_is_drawable (LkPlot *self,
                     double  y)
{
  return isfinite (y) && (!self->log_scale || y > 0);
}

/* The y of everything in view, with a little air, on the scale that is drawn. */
LkPlotRange
lk_plot_get_heights (LkPlot *self)
{
  LkPlotRange view = lk_plot_get_view (self), heights = { INFINITY, -INFINITY };

  for (guint i = 0; i < self->curves->len; i++)
    {
      LkSeries *series = g_array_index (self->curves, LkPlotCurve, i).series;
      gsize first = lk_series_find (series, view.from), end = lk_series_find (series, nextafter (view.to, INFINITY));
      LkSpan span = lk_series_get_span (series, first, end);

      if (span.n == 0)
        continue;
      if (lk_plot_is_drawable (self, span.lowest))
        heights.from = MIN (heights.from, lk_plot_scale_y (self, span.lowest));
      if (lk_plot_is_drawable (self, span.highest))
        {
          heights.to = MAX (heights.to, lk_plot_scale_y (self, span.highest));
          /* Zeros among positive values: four decades below the highest show what there is to see. */
          if (!lk_plot_is_drawable (self, span.lowest))
            heights.from = MIN (heights.from, lk_plot_scale_y (self, span.highest) - 4);
        }
    }

  if (heights.from > heights.to)
    heights = (LkPlotRange) { 0, 1 };
  if (heights.to - heights.from < 1e-12 * MAX (1, fabs (heights.to)))
    {
      double half = heights.to != 0 ? fabs (heights.to) * 0.1 : 1;

      heights = (LkPlotRange) { heights.from - half, heights.to + half };
    }
  else
    {
      double air = 0.06 * (heights.to - heights.from);

      heights = (LkPlotRange) { heights.from - air, heights.to + air };
    }
  return heights;
}

/* 1, 2 or 5 times a power of ten, so that about `n` steps fill the range. */
double
lk_plot_nice_step (LkPlotRange range,
                   double      n)
{
  double raw = (range.to - range.from) / MAX (n, 1), power = pow (10, floor (log10 (raw))), rest = raw / power;

  return power * (rest < 1.5 ? 1 : rest < 3.5 ? 2 : rest < 7.5 ? 5 : 10);
}

char *
lk_plot_format_value (double y)
{
  if (y != 0 && (fabs (y) < 1e-3 || fabs (y) >= 1e5))
    return g_strdup_printf ("%.2e", y);
  return g_strdup_printf ("%.4g", y);
}

char *
lk_plot_format_with_unit (double      y,
                          const char *unit)
{
  g_autofree char *value = lk_plot_format_value (y);

  return unit != NULL && *unit != '\0' ? g_strdup_printf ("%s %s", value, unit) : g_steal_pointer (&value);
}

/* ---- words ---------------------------------------------------------------------------------------------------- */

char *
lk_plot_describe (LkPlot *self)
{
  const LkPlotCurve *curve = lk_plot_find_main (self);
  const char *title = self->title != NULL ? self->title : "", *direction;
  g_autofree char *last = NULL, *first = NULL;
  LkPoint start, before, end;
  gsize n;

  g_return_val_if_fail (LK_IS_PLOT (self), NULL);

  if (curve == NULL)
    return g_strdup_printf (_("%s: nothing to show yet."), title);

  n = lk_series_get_n_points (curve->series);
  start = lk_series_get_point (curve->series, 0);
  before = lk_series_get_point (curve->series, n - 1 - n / 5);
  end = lk_series_get_point (curve->series, n - 1);
  first = lk_plot_format_with_unit (start.y, lk_series_get_unit (curve->series));
  last = lk_plot_format_with_unit (end.y, lk_series_get_unit (curve->series));

  if (n < 2)
    return g_strdup_printf (_("%s: %s at step %.0f."), title, last, end.x);

  if (fabs (end.y - before.y) <= 0.01 * fabs (before.y))
    direction = _("level");
  else
    direction = end.y < before.y ? _("falling") : _("rising");

  /* Translators: “Loss: 0.0873 at step 412, from 0.1841 at step 1, falling.” */
  return g_strdup_printf (_("%s: %s at step %.0f, from %s at step %.0f, %s."), title, last, end.x, first, start.x, direction);
}
