/* lk-plot-draw.c: axes, curves and the read-out. */
#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <adwaita.h>
#include <glib/gi18n.h>
#include <math.h>

#include "app/widgets/lk-drawn-text.h"
#include "app/widgets/lk-plot-private.h"

#define MARGIN 8
#define DENSE 2                 /* points a pixel from which a curve is drawn as bars */
#define TICK_GAP 56             /* pixels that two labels of an axis are apart, at least */

static float
to_x (const LkPlotFrame *frame,
      double             x)
{
  return frame->area.origin.x + (float) ((x - frame->view.from) / (frame->view.to - frame->view.from)) * frame->area.size.width;
}

static float
to_y (const LkPlotFrame *frame,
      double             y)
{
  return frame->area.origin.y + frame->area.size.height
         - (float) ((y - frame->heights.from) / (frame->heights.to - frame->heights.from)) * frame->area.size.height;
}

static PangoLayout *
make_label (LkPlot     *self,
            const char *text)
{
  return lk_drawn_text_new (GTK_WIDGET (self), text, 0.8);
}

static void
draw_line (GtkSnapshot   *snapshot,
           float          x1,
           float          y1,
           float          x2,
           float          y2,
           const GdkRGBA *colour)
{
  gtk_snapshot_append_color (snapshot, colour, &GRAPHENE_RECT_INIT (MIN (x1, x2), MIN (y1, y2), MAX (fabsf (x2 - x1), 1), MAX (fabsf (y2 - y1), 1)));
}

/* The label of a y tick, whose place is on the drawn scale. */
static char *
format_tick (LkPlot *self,
             double  tick)
{
  return lk_plot_format_value (self->log_scale ? pow (10, tick) : fabs (tick) < 1e-12 ? 0 : tick);
}

static double
y_step (LkPlot            *self,
        const LkPlotRange *heights,
        double             height)
{
  double step = lk_plot_nice_step (*heights, height / (TICK_GAP * 0.7));

  return self->log_scale && heights->to - heights->from > 2 ? MAX (1, round (step)) : step;
}

LkPlotFrame
lk_plot_make_frame (LkPlot *self,
                    float   width,
                    float   height)
{
  LkPlotFrame frame = { .view = lk_plot_get_view (self), .heights = lk_plot_get_heights (self) };
  double step = y_step (self, &frame.heights, height);
  g_autoptr (PangoLayout) sample = make_label (self, "0");
  int widest = 0, label_width, label_height;

  pango_layout_get_pixel_size (sample, NULL, &label_height);
  for (double tick = ceil (frame.heights.from / step) * step; tick <= frame.heights.to; tick += step)
    {
      g_autofree char *text = format_tick (self, tick);
      g_autoptr (PangoLayout) label = make_label (self, text);

      pango_layout_get_pixel_size (label, &label_width, NULL);
      widest = MAX (widest, label_width);
    }

  frame.area = GRAPHENE_RECT_INIT (widest + MARGIN, MARGIN, MAX (1, width - widest - 2 * MARGIN), MAX (1, height - label_height - 2 * MARGIN));
  return frame;
}

static void
draw_axes (LkPlot            *self,
           GtkSnapshot       *snapshot,
           const LkPlotFrame *frame,
           const GdkRGBA     *colour)
{
  const graphene_rect_t *area = &frame->area;
  GdkRGBA grid = *colour, words = *colour;
  double step = y_step (self, &frame->heights, area->size.height);
  float bottom = area->origin.y + area->size.height, right = area->origin.x + area->size.width;

  grid.alpha *= 0.12f;
  words.alpha *= 0.7f;

  for (double tick = ceil (frame->heights.from / step) * step; tick <= frame->heights.to; tick += step)
    {
      g_autofree char *text = format_tick (self, tick);
      g_autoptr (PangoLayout) label = make_label (self, text);
      float y = roundf (to_y (frame, tick));
      int width, height;

      pango_layout_get_pixel_size (label, &width, &height);
      draw_line (snapshot, area->origin.x, y, right, y, &grid);
      lk_drawn_text_append (snapshot, label, area->origin.x - MARGIN / 2.f - width, y - height / 2.f, &words);
    }

  step = MAX (1, lk_plot_nice_step (frame->view, area->size.width / (TICK_GAP * 1.4)));
  for (double tick = ceil (frame->view.from / step) * step; tick <= frame->view.to; tick += step)
    {
      g_autofree char *text = g_strdup_printf ("%.0f", tick);
      g_autoptr (PangoLayout) label = make_label (self, text);
      float x = to_x (frame, tick);
      int width;

      pango_layout_get_pixel_size (label, &width, NULL);
      lk_drawn_text_append (snapshot, label, CLAMP (x - width / 2.f, area->origin.x, right - width), bottom + MARGIN / 2.f, &words);
    }

  draw_line (snapshot, area->origin.x, bottom, right, bottom, &grid);
}

/* Many points a pixel: one upright bar for each column of pixels, from the lowest to the highest of the points in it and to where the column
 * before ended. A renderer fills a thousand bars in no time, and takes long over a line that goes up and down as often. */
static void
draw_dense (LkPlot            *self,
            GtkSnapshot       *snapshot,
            const LkPlotFrame *frame,
            const LkPlotCurve *curve,
            float              width,
            const GdkRGBA     *colour)
{
  gsize at = lk_series_find (curve->series, frame->view.from), n = lk_series_get_n_points (curve->series);
  int columns = MAX (1, (int) frame->area.size.width);
  float before = NAN;

  for (int column = 0; column < columns && at < n; column++)
    {
      gsize end = lk_series_find (curve->series, frame->view.from + (frame->view.to - frame->view.from) * (column + 1) / columns);
      float top, bottom;
      LkPoint last;
      LkSpan span;

      if (end <= at)
        continue;
      last = lk_series_get_point (curve->series, end - 1);
      span = lk_series_get_span (curve->series, at, end);
      at = end;
      if (span.n == 0 || !lk_plot_is_drawable (self, span.highest))
        {
          before = NAN;
          continue;
        }
      top = to_y (frame, lk_plot_scale_y (self, span.highest));
      bottom = lk_plot_is_drawable (self, span.lowest) ? to_y (frame, lk_plot_scale_y (self, span.lowest)) : frame->area.origin.y + frame->area.size.height;
      if (isfinite (before))
        {
          top = MIN (top, before);
          bottom = MAX (bottom, before);
        }
      gtk_snapshot_append_color (snapshot, colour, &GRAPHENE_RECT_INIT (frame->area.origin.x + column, top - width / 2, 1, bottom - top + width));
      before = lk_plot_is_drawable (self, last.y) ? to_y (frame, lk_plot_scale_y (self, last.y)) : NAN;
    }
}

/* One column of pixels after the other: from the lowest to the highest of the points in it, joined to the column before. However
 * many points there are, a curve is at most four line ends a pixel. */
static void
draw_curve (LkPlot            *self,
            GtkSnapshot       *snapshot,
            const LkPlotFrame *frame,
            const LkPlotCurve *curve,
            const GdkRGBA     *colour)
{
  g_autoptr (GskPathBuilder) builder = gsk_path_builder_new ();
  g_autoptr (GskPath) path = NULL;
  g_autoptr (GskStroke) stroke = gsk_stroke_new (curve->style == LK_PLOT_FAINT ? 1 : 1.6f);
  gsize at = lk_series_find (curve->series, frame->view.from), n = lk_series_get_n_points (curve->series);
  int columns = MAX (1, (int) frame->area.size.width);
  gboolean is_down = FALSE;

  if (lk_series_find (curve->series, frame->view.to) - at > DENSE * (gsize) columns)
    {
      gtk_snapshot_push_clip (snapshot, &frame->area);
      draw_dense (self, snapshot, frame, curve, curve->style == LK_PLOT_FAINT ? 1 : 1.6f, colour);
      gtk_snapshot_pop (snapshot);
      return;
    }

  at -= at > 0;
  for (int column = 0; column <= columns && at < n; column++)
    {
      double x = frame->view.from + (frame->view.to - frame->view.from) * (column + 1) / columns;
      gsize end = column == columns ? MIN (at + 1, n) : lk_series_find (curve->series, x);
      LkPoint first, last;
      LkSpan span;

      if (end <= at)
        continue;

      first = lk_series_get_point (curve->series, at);
      last = lk_series_get_point (curve->series, end - 1);
      span = lk_series_get_span (curve->series, at, end);
      if (span.n == 0 || !lk_plot_is_drawable (self, span.lowest) || !lk_plot_is_drawable (self, first.y) || !lk_plot_is_drawable (self, last.y))
        {
          is_down = FALSE;
          at = end;
          continue;
        }

      if (is_down)
        gsk_path_builder_line_to (builder, to_x (frame, first.x), to_y (frame, lk_plot_scale_y (self, first.y)));
      else
        gsk_path_builder_move_to (builder, to_x (frame, first.x), to_y (frame, lk_plot_scale_y (self, first.y)));
      if (end - at > 2)
        {
          gsk_path_builder_line_to (builder, to_x (frame, first.x), to_y (frame, lk_plot_scale_y (self, span.lowest)));
          gsk_path_builder_line_to (builder, to_x (frame, last.x), to_y (frame, lk_plot_scale_y (self, span.highest)));
        }
      if (end - at > 1)
        gsk_path_builder_line_to (builder, to_x (frame, last.x), to_y (frame, lk_plot_scale_y (self, last.y)));
      is_down = TRUE;
      at = end;
    }

  if (curve->style == LK_PLOT_SECOND)
    gsk_stroke_set_dash (stroke, (float[]) { 5, 3 }, 2);
  else if (curve->style == LK_PLOT_THIRD)
    gsk_stroke_set_dash (stroke, (float[]) { 1.5f, 2.5f }, 2);
  gsk_stroke_set_line_join (stroke, GSK_LINE_JOIN_ROUND);

  path = gsk_path_builder_to_path (builder);
  gtk_snapshot_push_clip (snapshot, &frame->area);
  gtk_snapshot_append_stroke (snapshot, path, stroke, colour);
  gtk_snapshot_pop (snapshot);
}

/* The main curve's point nearest to the cursor; FALSE where there is none. */
gboolean
lk_plot_find_read_out (LkPlot  *self,
                       LkPoint *point)
{
  const LkPlotCurve *curve = lk_plot_find_main (self);
  gsize at;

  if (!self->has_cursor || curve == NULL)
    return FALSE;

  at = lk_series_find (curve->series, self->cursor);
  if (at == lk_series_get_n_points (curve->series))
    at--;
  *point = lk_series_get_point (curve->series, at);
  if (at > 0)
    {
      LkPoint before = lk_series_get_point (curve->series, at - 1);

      if (self->cursor - before.x < point->x - self->cursor)
        *point = before;
    }
  return TRUE;
}

char *
lk_plot_describe_read_out (LkPlot  *self,
                           LkPoint  point)
{
  g_autofree char *value = lk_plot_format_with_unit (point.y, lk_series_get_unit (lk_plot_find_main (self)->series));

  return g_strdup_printf (_("Step %.0f: %s"), point.x, value);
}

static void
draw_read_out (LkPlot            *self,
               GtkSnapshot       *snapshot,
               const LkPlotFrame *frame,
               const GdkRGBA     *colour)
{
  const graphene_rect_t *area = &frame->area;
  GdkRGBA line = *colour, box = *colour, words;
  g_autofree char *text = NULL;
  g_autoptr (PangoLayout) label = NULL;
  GskRoundedRect rounded;
  LkPoint point;
  int width, height;
  float x, left;

  if (!lk_plot_find_read_out (self, &point) || point.x < frame->view.from || point.x > frame->view.to)
    return;

  text = lk_plot_describe_read_out (self, point);
  label = make_label (self, text);
  pango_layout_get_pixel_size (label, &width, &height);
  x = to_x (frame, point.x);
  left = CLAMP (x + MARGIN, area->origin.x, MAX (area->origin.x, area->origin.x + area->size.width - width - 2 * MARGIN));
  if (left < x && x + MARGIN + width > area->origin.x + area->size.width)
    left = MAX (area->origin.x, x - width - 2.5f * MARGIN);

  line.alpha *= 0.5f;
  draw_line (snapshot, roundf (x), area->origin.y, roundf (x), area->origin.y + area->size.height, &line);

  gsk_rounded_rect_init_from_rect (&rounded, &GRAPHENE_RECT_INIT (left, area->origin.y, width + MARGIN, height + MARGIN / 2.f), 4);
  gtk_snapshot_push_rounded_clip (snapshot, &rounded);
  gtk_snapshot_append_color (snapshot, &box, &rounded.bounds);
  gtk_snapshot_pop (snapshot);

  /* The words stand on the foreground's colour: the lighter or darker end, whichever is the other one. */
  words = 0.299f * box.red + 0.587f * box.green + 0.114f * box.blue > 0.5f ? (GdkRGBA) { 0, 0, 0, 1 } : (GdkRGBA) { 1, 1, 1, 1 };
  lk_drawn_text_append (snapshot, label, left + MARGIN / 2.f, area->origin.y + MARGIN / 4.f, &words);
}

void
lk_plot_draw (LkPlot      *self,
              GtkSnapshot *snapshot)
{
  static const LkPlotStyle order[] = { LK_PLOT_COMPARED, LK_PLOT_FAINT, LK_PLOT_THIRD, LK_PLOT_SECOND, LK_PLOT_MAIN };
  GtkWidget *widget = GTK_WIDGET (self);
  LkPlotFrame frame = lk_plot_make_frame (self, gtk_widget_get_width (widget), gtk_widget_get_height (widget));
  AdwStyleManager *manager = adw_style_manager_get_for_display (gtk_widget_get_display (widget));
  g_autoptr (GdkRGBA) accent = adw_style_manager_get_accent_color_rgba (manager);
  GdkRGBA foreground, standalone;

  gtk_widget_get_color (widget, &foreground);
  adw_rgba_to_standalone (accent, adw_style_manager_get_dark (manager), &standalone);

  draw_axes (self, snapshot, &frame, &foreground);

  for (guint i = 0; i < G_N_ELEMENTS (order); i++)
    for (guint j = 0; j < self->curves->len; j++)
      {
        const LkPlotCurve *curve = &g_array_index (self->curves, LkPlotCurve, j);
        GdkRGBA colour = curve->style == LK_PLOT_MAIN || curve->style == LK_PLOT_FAINT ? standalone : foreground;

        if (curve->style != order[i])
          continue;
        if (curve->style == LK_PLOT_FAINT || curve->style == LK_PLOT_COMPARED)
          colour.alpha *= 0.35f;
        draw_curve (self, snapshot, &frame, curve, &colour);
      }

  draw_read_out (self, snapshot, &frame, &foreground);
}
