#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <adwaita.h>
#include <glib/gi18n.h>
#include <math.h>

#include "app/widgets/lk-plot.h"

#define MARGIN 8
#define TICK_GAP 56             /* pixels that two labels of an axis are apart, at least */
#define LEAST_WIDTH 160
#define LEAST_HEIGHT 90

typedef struct
{
  LkSeries    *series;          /* owned reference */
  LkPlotStyle  style;
  gulong       appended;
} Curve;

typedef struct
{
  double from, to;
} Range;

struct _LkPlot
{
  GtkWidget  parent_instance;

  char      *title;             /* owned */
  GArray    *curves;            /* Curve */
  gboolean   log_scale;

  gboolean   is_zoomed;         /* `view` holds; else everything is shown */
  Range      view;
  double     drag_from;         /* view.from when a drag began */
  double     zoom_width;        /* width of the view when a pinch began */

  gboolean   has_cursor;        /* a read-out is shown */
  double     cursor;            /* its x */
};

G_DEFINE_FINAL_TYPE (LkPlot, lk_plot, GTK_TYPE_WIDGET)

/* ---- what is seen --------------------------------------------------------------------------------------------- */

static const Curve *
find_main (LkPlot *self)
{
  for (guint i = 0; i < self->curves->len; i++)
    {
      const Curve *curve = &g_array_index (self->curves, Curve, i);

      if (curve->style == LK_PLOT_MAIN && lk_series_get_n_points (curve->series) > 0)
        return curve;
    }
  return NULL;
}

static Range
get_whole (LkPlot *self)
{
  Range range = { INFINITY, -INFINITY };

  for (guint i = 0; i < self->curves->len; i++)
    {
      LkSeries *series = g_array_index (self->curves, Curve, i).series;
      gsize n = lk_series_get_n_points (series);

      if (n == 0)
        continue;
      range.from = MIN (range.from, lk_series_get_point (series, 0).x);
      range.to = MAX (range.to, lk_series_get_point (series, n - 1).x);
    }

  if (range.from > range.to)
    range = (Range) { 0, 1 };
  if (range.to - range.from < 1)
    range.to = range.from + 1;
  return range;
}

static Range
get_view (LkPlot *self)
{
  return self->is_zoomed ? self->view : get_whole (self);
}

static double
scale_y (LkPlot *self,
         double  y)
{
  return self->log_scale ? log10 (y) : y;
}

static gboolean
is_drawable (LkPlot *self,
             double  y)
{
  return isfinite (y) && (!self->log_scale || y > 0);
}

/* The y of everything in view, with a little air, on the scale that is drawn. */
static Range
get_heights (LkPlot *self)
{
  Range view = get_view (self), heights = { INFINITY, -INFINITY };

  for (guint i = 0; i < self->curves->len; i++)
    {
      LkSeries *series = g_array_index (self->curves, Curve, i).series;
      gsize first = lk_series_find (series, view.from), end = lk_series_find (series, nextafter (view.to, INFINITY));
      LkSpan span = lk_series_get_span (series, first, end);

      if (span.n == 0)
        continue;
      if (is_drawable (self, span.lowest))
        heights.from = MIN (heights.from, scale_y (self, span.lowest));
      if (is_drawable (self, span.highest))
        {
          heights.to = MAX (heights.to, scale_y (self, span.highest));
          /* Zeros among positive values: four decades below the highest show what there is to see. */
          if (!is_drawable (self, span.lowest))
            heights.from = MIN (heights.from, scale_y (self, span.highest) - 4);
        }
    }

  if (heights.from > heights.to)
    heights = (Range) { 0, 1 };
  if (heights.to - heights.from < 1e-12 * MAX (1, fabs (heights.to)))
    {
      double half = heights.to != 0 ? fabs (heights.to) * 0.1 : 1;

      heights = (Range) { heights.from - half, heights.to + half };
    }
  else
    {
      double air = 0.06 * (heights.to - heights.from);

      heights = (Range) { heights.from - air, heights.to + air };
    }
  return heights;
}

/* 1, 2 or 5 times a power of ten, so that about `n` steps fill the range. */
static double
nice_step (Range  range,
           double n)
{
  double raw = (range.to - range.from) / MAX (n, 1), power = pow (10, floor (log10 (raw))), rest = raw / power;

  return power * (rest < 1.5 ? 1 : rest < 3.5 ? 2 : rest < 7.5 ? 5 : 10);
}

static char *
format_value (double y)
{
  if (y != 0 && (fabs (y) < 1e-3 || fabs (y) >= 1e5))
    return g_strdup_printf ("%.2e", y);
  return g_strdup_printf ("%.4g", y);
}

static char *
format_with_unit (double      y,
                  const char *unit)
{
  g_autofree char *value = format_value (y);

  return unit != NULL && *unit != '\0' ? g_strdup_printf ("%s %s", value, unit) : g_steal_pointer (&value);
}

/* ---- words ---------------------------------------------------------------------------------------------------- */

char *
lk_plot_describe (LkPlot *self)
{
  const Curve *curve = find_main (self);
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
  first = format_with_unit (start.y, lk_series_get_unit (curve->series));
  last = format_with_unit (end.y, lk_series_get_unit (curve->series));

  if (n < 2)
    return g_strdup_printf (_("%s: %s at step %.0f."), title, last, end.x);

  if (fabs (end.y - before.y) <= 0.01 * fabs (before.y))
    direction = _("level");
  else
    direction = end.y < before.y ? _("falling") : _("rising");

  /* Translators: “Loss: 0.0873 at step 412, from 0.1841 at step 1, falling.” */
  return g_strdup_printf (_("%s: %s at step %.0f, from %s at step %.0f, %s."), title, last, end.x, first, start.x, direction);
}

static void
update_description (LkPlot *self)
{
  g_autofree char *words = lk_plot_describe (self);

  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, words, -1);
}

/* ---- drawing -------------------------------------------------------------------------------------------------- */

typedef struct
{
  graphene_rect_t area;
  Range           view, heights;
} Frame;

static float
to_x (const Frame *frame,
      double       x)
{
  return frame->area.origin.x + (float) ((x - frame->view.from) / (frame->view.to - frame->view.from)) * frame->area.size.width;
}

static float
to_y (const Frame *frame,
      double       y)
{
  return frame->area.origin.y + frame->area.size.height
         - (float) ((y - frame->heights.from) / (frame->heights.to - frame->heights.from)) * frame->area.size.height;
}

static PangoLayout *
make_label (LkPlot     *self,
            const char *text)
{
  PangoLayout *layout = gtk_widget_create_pango_layout (GTK_WIDGET (self), text);
  g_autoptr (PangoAttrList) attributes = pango_attr_list_new ();

  pango_attr_list_insert (attributes, pango_attr_scale_new (0.8));
  pango_attr_list_insert (attributes, pango_attr_font_features_new ("tnum=1"));
  pango_layout_set_attributes (layout, attributes);
  return layout;
}

static void
draw_label (GtkSnapshot   *snapshot,
            PangoLayout   *layout,
            float          x,
            float          y,
            const GdkRGBA *colour)
{
  gtk_snapshot_save (snapshot);
  gtk_snapshot_translate (snapshot, &GRAPHENE_POINT_INIT (x, y));
  gtk_snapshot_append_layout (snapshot, layout, colour);
  gtk_snapshot_restore (snapshot);
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
  return format_value (self->log_scale ? pow (10, tick) : fabs (tick) < 1e-12 ? 0 : tick);
}

static double
y_step (LkPlot      *self,
        const Range *heights,
        double       height)
{
  double step = nice_step (*heights, height / (TICK_GAP * 0.7));

  return self->log_scale && heights->to - heights->from > 2 ? MAX (1, round (step)) : step;
}

static Frame
make_frame (LkPlot *self,
            float   width,
            float   height)
{
  Frame frame = { .view = get_view (self), .heights = get_heights (self) };
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
draw_axes (LkPlot        *self,
           GtkSnapshot   *snapshot,
           const Frame   *frame,
           const GdkRGBA *colour)
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
      draw_label (snapshot, label, area->origin.x - MARGIN / 2.f - width, y - height / 2.f, &words);
    }

  step = MAX (1, nice_step (frame->view, area->size.width / (TICK_GAP * 1.4)));
  for (double tick = ceil (frame->view.from / step) * step; tick <= frame->view.to; tick += step)
    {
      g_autofree char *text = g_strdup_printf ("%.0f", tick);
      g_autoptr (PangoLayout) label = make_label (self, text);
      float x = to_x (frame, tick);
      int width;

      pango_layout_get_pixel_size (label, &width, NULL);
      draw_label (snapshot, label, CLAMP (x - width / 2.f, area->origin.x, right - width), bottom + MARGIN / 2.f, &words);
    }

  draw_line (snapshot, area->origin.x, bottom, right, bottom, &grid);
}

/* One column of pixels after the other: from the lowest to the highest of the points in it, joined to the column before. However
 * many points there are, a curve is at most four line ends a pixel. */
static void
draw_curve (LkPlot        *self,
            GtkSnapshot   *snapshot,
            const Frame   *frame,
            const Curve   *curve,
            const GdkRGBA *colour)
{
  g_autoptr (GskPathBuilder) builder = gsk_path_builder_new ();
  g_autoptr (GskPath) path = NULL;
  g_autoptr (GskStroke) stroke = gsk_stroke_new (curve->style == LK_PLOT_FAINT ? 1 : 1.6f);
  gsize at = lk_series_find (curve->series, frame->view.from), n = lk_series_get_n_points (curve->series);
  int columns = MAX (1, (int) frame->area.size.width);
  gboolean is_down = FALSE;

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
      if (span.n == 0 || !is_drawable (self, span.lowest) || !is_drawable (self, first.y) || !is_drawable (self, last.y))
        {
          is_down = FALSE;
          at = end;
          continue;
        }

      if (is_down)
        gsk_path_builder_line_to (builder, to_x (frame, first.x), to_y (frame, scale_y (self, first.y)));
      else
        gsk_path_builder_move_to (builder, to_x (frame, first.x), to_y (frame, scale_y (self, first.y)));
      if (end - at > 2)
        {
          gsk_path_builder_line_to (builder, to_x (frame, first.x), to_y (frame, scale_y (self, span.lowest)));
          gsk_path_builder_line_to (builder, to_x (frame, last.x), to_y (frame, scale_y (self, span.highest)));
        }
      if (end - at > 1)
        gsk_path_builder_line_to (builder, to_x (frame, last.x), to_y (frame, scale_y (self, last.y)));
      is_down = TRUE;
      at = end;
    }

  if (curve->style == LK_PLOT_SECOND)
    gsk_stroke_set_dash (stroke, (float[]) { 5, 3 }, 2);
  gsk_stroke_set_line_join (stroke, GSK_LINE_JOIN_ROUND);

  path = gsk_path_builder_to_path (builder);
  gtk_snapshot_push_clip (snapshot, &frame->area);
  gtk_snapshot_append_stroke (snapshot, path, stroke, colour);
  gtk_snapshot_pop (snapshot);
}

/* The main curve's point nearest to the cursor; FALSE where there is none. */
static gboolean
find_read_out (LkPlot  *self,
               LkPoint *point)
{
  const Curve *curve = find_main (self);
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

static char *
describe_read_out (LkPlot  *self,
                   LkPoint  point)
{
  g_autofree char *value = format_with_unit (point.y, lk_series_get_unit (find_main (self)->series));

  return g_strdup_printf (_("Step %.0f: %s"), point.x, value);
}

static void
draw_read_out (LkPlot        *self,
               GtkSnapshot   *snapshot,
               const Frame   *frame,
               const GdkRGBA *colour)
{
  const graphene_rect_t *area = &frame->area;
  GdkRGBA line = *colour, box = *colour, words;
  g_autofree char *text = NULL;
  g_autoptr (PangoLayout) label = NULL;
  GskRoundedRect rounded;
  LkPoint point;
  int width, height;
  float x, left;

  if (!find_read_out (self, &point) || point.x < frame->view.from || point.x > frame->view.to)
    return;

  text = describe_read_out (self, point);
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
  draw_label (snapshot, label, left + MARGIN / 2.f, area->origin.y + MARGIN / 4.f, &words);
}

static void
lk_plot_snapshot (GtkWidget   *widget,
                  GtkSnapshot *snapshot)
{
  static const LkPlotStyle order[] = { LK_PLOT_COMPARED, LK_PLOT_FAINT, LK_PLOT_SECOND, LK_PLOT_MAIN };
  LkPlot *self = LK_PLOT (widget);
  Frame frame = make_frame (self, gtk_widget_get_width (widget), gtk_widget_get_height (widget));
  AdwStyleManager *manager = adw_style_manager_get_for_display (gtk_widget_get_display (widget));
  g_autoptr (GdkRGBA) accent = adw_style_manager_get_accent_color_rgba (manager);
  GdkRGBA foreground, standalone;

  gtk_widget_get_color (widget, &foreground);
  adw_rgba_to_standalone (accent, adw_style_manager_get_dark (manager), &standalone);

  draw_axes (self, snapshot, &frame, &foreground);

  for (guint i = 0; i < G_N_ELEMENTS (order); i++)
    for (guint j = 0; j < self->curves->len; j++)
      {
        const Curve *curve = &g_array_index (self->curves, Curve, j);
        GdkRGBA colour = curve->style == LK_PLOT_MAIN || curve->style == LK_PLOT_FAINT ? standalone : foreground;

        if (curve->style != order[i])
          continue;
        if (curve->style == LK_PLOT_FAINT || curve->style == LK_PLOT_COMPARED)
          colour.alpha *= 0.35f;
        draw_curve (self, snapshot, &frame, curve, &colour);
      }

  draw_read_out (self, snapshot, &frame, &foreground);
}

static void
lk_plot_measure (GtkWidget      *widget,
                 GtkOrientation  orientation,
                 int             for_size,
                 int            *minimum,
                 int            *natural,
                 int            *minimum_baseline,
                 int            *natural_baseline)
{
  *minimum = orientation == GTK_ORIENTATION_HORIZONTAL ? LEAST_WIDTH : LEAST_HEIGHT;
  *natural = 2 * *minimum;
}

/* ---- zoom, pan, read-out -------------------------------------------------------------------------------------- */

static double
x_at (LkPlot *self,
      double  pixel)
{
  Frame frame = make_frame (self, gtk_widget_get_width (GTK_WIDGET (self)), gtk_widget_get_height (GTK_WIDGET (self)));

  return frame.view.from + (frame.view.to - frame.view.from) * (pixel - frame.area.origin.x) / frame.area.size.width;
}

static void
set_view (LkPlot *self,
          double  from,
          double  width)
{
  Range whole = get_whole (self);

  width = CLAMP (width, MIN (10, whole.to - whole.from), whole.to - whole.from);
  from = CLAMP (from, whole.from, whole.to - width);
  self->is_zoomed = width < whole.to - whole.from;
  self->view = (Range) { from, from + width };
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

/* Zooms by `factor` so that `centre` stays where it is. */
static void
zoom (LkPlot *self,
      double  centre,
      double  factor)
{
  Range view = get_view (self);
  double width = view.to - view.from;

  set_view (self, centre - (centre - view.from) * factor, width * factor);
}

static void
set_cursor (LkPlot   *self,
            gboolean  has_cursor,
            double    x)
{
  self->has_cursor = has_cursor;
  self->cursor = x;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

void
lk_plot_show_all (LkPlot *self)
{
  g_return_if_fail (LK_IS_PLOT (self));

  self->is_zoomed = FALSE;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static gboolean
scroll_cb (GtkEventControllerScroll *controller,
           double                    dx,
           double                    dy,
           LkPlot                   *self)
{
  Range view = get_view (self);

  /* A plain wheel belongs to the page that the plot stands on. */
  if (fabs (dx) <= fabs (dy) && !(gtk_event_controller_get_current_event_state (GTK_EVENT_CONTROLLER (controller)) & GDK_CONTROL_MASK))
    return GDK_EVENT_PROPAGATE;

  if (fabs (dx) > fabs (dy))
    set_view (self, view.from + dx * 0.05 * (view.to - view.from), view.to - view.from);
  else
    zoom (self, self->has_cursor ? self->cursor : (view.from + view.to) / 2, pow (1.15, dy));
  return GDK_EVENT_STOP;
}

static void
motion_cb (GtkEventControllerMotion *controller,
           double                    x,
           double                    y,
           LkPlot                   *self)
{
  set_cursor (self, TRUE, x_at (self, x));
}

static void
leave_cb (GtkEventControllerMotion *controller,
          LkPlot                   *self)
{
  if (!gtk_widget_has_focus (GTK_WIDGET (self)))
    set_cursor (self, FALSE, 0);
}

static void
drag_begin_cb (GtkGestureDrag *gesture,
               double          x,
               double          y,
               LkPlot         *self)
{
  self->drag_from = get_view (self).from;
}

static void
drag_update_cb (GtkGestureDrag *gesture,
                double          dx,
                double          dy,
                LkPlot         *self)
{
  Range view = get_view (self);
  double per_pixel = (view.to - view.from) / MAX (1, gtk_widget_get_width (GTK_WIDGET (self)));

  if (self->is_zoomed)
    set_view (self, self->drag_from - dx * per_pixel, view.to - view.from);
}

static void
pressed_cb (GtkGestureClick *gesture,
            int              n_press,
            double           x,
            double           y,
            LkPlot          *self)
{
  gtk_widget_grab_focus (GTK_WIDGET (self));
  if (n_press == 2)
    lk_plot_show_all (self);
}

static void
pinch_begin_cb (GtkGesture       *gesture,
                GdkEventSequence *sequence,
                LkPlot           *self)
{
  Range view = get_view (self);

  self->zoom_width = view.to - view.from;
}

static void
pinch_cb (GtkGestureZoom *gesture,
          double          scale,
          LkPlot         *self)
{
  Range view = get_view (self);
  double x, y;

  if (gtk_gesture_get_bounding_box_center (GTK_GESTURE (gesture), &x, &y))
    zoom (self, x_at (self, x), self->zoom_width / scale / (view.to - view.from));
}

static void
announce_read_out (LkPlot *self)
{
  g_autofree char *words = NULL;
  LkPoint point;

  if (!find_read_out (self, &point))
    return;

  words = describe_read_out (self, point);
  gtk_accessible_announce (GTK_ACCESSIBLE (self), words, GTK_ACCESSIBLE_ANNOUNCEMENT_PRIORITY_MEDIUM);
}

/* Moves the read-out by `n` points, and the view with it. */
static void
step_cursor (LkPlot *self,
             gint64  n)
{
  const Curve *curve = find_main (self);
  Range view = get_view (self);
  LkPoint point;
  gint64 at, last;

  if (curve == NULL)
    return;

  last = (gint64) lk_series_get_n_points (curve->series) - 1;
  at = find_read_out (self, &point) ? (gint64) lk_series_find (curve->series, point.x) + n : n > 0 ? 0 : last;
  point = lk_series_get_point (curve->series, (gsize) CLAMP (at, 0, last));
  set_cursor (self, TRUE, point.x);
  if (point.x < view.from || point.x > view.to)
    set_view (self, point.x - (view.to - view.from) / 2, view.to - view.from);
  announce_read_out (self);
}

static gboolean
key_pressed_cb (GtkEventControllerKey *controller,
                guint                  key,
                guint                  keycode,
                GdkModifierType        state,
                LkPlot                *self)
{
  const Curve *curve = find_main (self);
  Range view = get_view (self);
  double centre = self->has_cursor ? self->cursor : (view.from + view.to) / 2;
  gint64 n = 1;

  if (state & (GDK_CONTROL_MASK | GDK_ALT_MASK) || curve == NULL)
    return GDK_EVENT_PROPAGATE;

  if (state & GDK_SHIFT_MASK)
    n = MAX (1, (gint64) (lk_series_find (curve->series, view.to) - lk_series_find (curve->series, view.from)) / 10);

  switch (key)
    {
    case GDK_KEY_Left:
    case GDK_KEY_KP_Left:
      step_cursor (self, -n);
      return GDK_EVENT_STOP;
    case GDK_KEY_Right:
    case GDK_KEY_KP_Right:
      step_cursor (self, n);
      return GDK_EVENT_STOP;
    case GDK_KEY_Home:
      step_cursor (self, -(gint64) lk_series_get_n_points (curve->series));
      return GDK_EVENT_STOP;
    case GDK_KEY_End:
      step_cursor (self, (gint64) lk_series_get_n_points (curve->series));
      return GDK_EVENT_STOP;
    case GDK_KEY_plus:
    case GDK_KEY_equal:
    case GDK_KEY_KP_Add:
      zoom (self, centre, 1 / 1.5);
      return GDK_EVENT_STOP;
    case GDK_KEY_minus:
    case GDK_KEY_KP_Subtract:
      zoom (self, centre, 1.5);
      return GDK_EVENT_STOP;
    case GDK_KEY_0:
    case GDK_KEY_KP_0:
      lk_plot_show_all (self);
      return GDK_EVENT_STOP;
    default:
      return GDK_EVENT_PROPAGATE;
    }
}

static void
focus_cb (GtkEventControllerFocus *controller,
          LkPlot                  *self)
{
  update_description (self);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

/* ---- curves --------------------------------------------------------------------------------------------------- */

static void
clear_curve (gpointer data)
{
  Curve *curve = data;

  g_clear_signal_handler (&curve->appended, curve->series);
  g_clear_object (&curve->series);
}

void
lk_plot_add_series (LkPlot      *self,
                    LkSeries    *series,
                    LkPlotStyle  style)
{
  Curve curve = { g_object_ref (series), style, 0 };

  g_return_if_fail (LK_IS_PLOT (self));

  curve.appended = g_signal_connect_object (series, "appended", G_CALLBACK (gtk_widget_queue_draw), self, G_CONNECT_SWAPPED);
  g_array_append_val (self->curves, curve);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

void
lk_plot_remove_series (LkPlot   *self,
                       LkSeries *series)
{
  g_return_if_fail (LK_IS_PLOT (self));

  for (guint i = self->curves->len; i-- > 0;)
    if (g_array_index (self->curves, Curve, i).series == series)
      g_array_remove_index (self->curves, i);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

void
lk_plot_clear (LkPlot *self)
{
  g_return_if_fail (LK_IS_PLOT (self));

  g_array_set_size (self->curves, 0);
  self->is_zoomed = self->has_cursor = FALSE;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

void
lk_plot_set_title (LkPlot     *self,
                   const char *title)
{
  g_return_if_fail (LK_IS_PLOT (self));

  g_set_str (&self->title, title);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, title, -1);
  update_description (self);
}

void
lk_plot_set_log_scale (LkPlot   *self,
                       gboolean  log_scale)
{
  g_return_if_fail (LK_IS_PLOT (self));

  self->log_scale = log_scale;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

gboolean
lk_plot_get_log_scale (LkPlot *self)
{
  g_return_val_if_fail (LK_IS_PLOT (self), FALSE);

  return self->log_scale;
}

/* ---- export --------------------------------------------------------------------------------------------------- */

char *
lk_plot_to_csv (LkPlot *self)
{
  GString *csv = g_string_new ("step");
  g_autofree gsize *at = g_new0 (gsize, self->curves->len + 1);

  for (guint i = 0; i < self->curves->len; i++)
    g_string_append_printf (csv, ",%s", lk_series_get_name (g_array_index (self->curves, Curve, i).series));
  g_string_append_c (csv, '\n');

  for (;;)
    {
      double x = INFINITY;
      char number[G_ASCII_DTOSTR_BUF_SIZE];

      for (guint i = 0; i < self->curves->len; i++)
        {
          LkSeries *series = g_array_index (self->curves, Curve, i).series;

          if (at[i] < lk_series_get_n_points (series))
            x = MIN (x, lk_series_get_point (series, at[i]).x);
        }
      if (!isfinite (x))
        return g_string_free (csv, FALSE);

      g_string_append (csv, g_ascii_dtostr (number, sizeof number, x));
      for (guint i = 0; i < self->curves->len; i++)
        {
          LkSeries *series = g_array_index (self->curves, Curve, i).series;

          g_string_append_c (csv, ',');
          if (at[i] < lk_series_get_n_points (series) && lk_series_get_point (series, at[i]).x == x)
            g_string_append (csv, g_ascii_formatd (number, sizeof number, "%.9g", lk_series_get_point (series, at[i]++).y));
        }
      g_string_append_c (csv, '\n');
    }
}

GBytes *
lk_plot_to_png (LkPlot *self)
{
  GtkWidget *widget = GTK_WIDGET (self);
  g_autoptr (GtkSnapshot) snapshot = gtk_snapshot_new ();
  g_autoptr (GskRenderNode) node = NULL;
  g_autoptr (GdkTexture) texture = NULL;
  AdwStyleManager *manager = adw_style_manager_get_for_display (gtk_widget_get_display (widget));
  graphene_rect_t bounds = GRAPHENE_RECT_INIT (0, 0, gtk_widget_get_width (widget), gtk_widget_get_height (widget));

  g_return_val_if_fail (gtk_widget_get_realized (widget), NULL);

  gtk_snapshot_append_color (snapshot, adw_style_manager_get_dark (manager) ? &(GdkRGBA) { 0.13f, 0.13f, 0.14f, 1 } : &(GdkRGBA) { 1, 1, 1, 1 }, &bounds);
  lk_plot_snapshot (widget, snapshot);
  node = gtk_snapshot_free_to_node (g_steal_pointer (&snapshot));
  texture = gsk_renderer_render_texture (gtk_native_get_renderer (gtk_widget_get_native (widget)), node, &bounds);
  return gdk_texture_save_to_png_bytes (texture);
}

/* ---- life ----------------------------------------------------------------------------------------------------- */

static void
lk_plot_dispose (GObject *object)
{
  LkPlot *self = LK_PLOT (object);

  g_array_set_size (self->curves, 0);
  G_OBJECT_CLASS (lk_plot_parent_class)->dispose (object);
}

static void
lk_plot_finalize (GObject *object)
{
  LkPlot *self = LK_PLOT (object);

  g_array_unref (self->curves);
  g_free (self->title);
  G_OBJECT_CLASS (lk_plot_parent_class)->finalize (object);
}

static void
lk_plot_class_init (LkPlotClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = lk_plot_dispose;
  object_class->finalize = lk_plot_finalize;
  widget_class->snapshot = lk_plot_snapshot;
  widget_class->measure = lk_plot_measure;

  gtk_widget_class_set_css_name (widget_class, "plot");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
add_controller (LkPlot     *self,
                gpointer    controller,
                const char *signal,
                GCallback   callback)
{
  g_signal_connect (controller, signal, callback, self);
  if (gtk_event_controller_get_widget (controller) == NULL)
    gtk_widget_add_controller (GTK_WIDGET (self), controller);
}

static void
lk_plot_init (LkPlot *self)
{
  GtkEventController *motion = gtk_event_controller_motion_new (), *focus = gtk_event_controller_focus_new ();
  GtkGesture *drag = gtk_gesture_drag_new (), *pinch = gtk_gesture_zoom_new ();

  self->curves = g_array_new (FALSE, TRUE, sizeof (Curve));
  g_array_set_clear_func (self->curves, clear_curve);

  gtk_widget_set_focusable (GTK_WIDGET (self), TRUE);
  gtk_widget_set_overflow (GTK_WIDGET (self), GTK_OVERFLOW_HIDDEN);

  add_controller (self, gtk_event_controller_scroll_new (GTK_EVENT_CONTROLLER_SCROLL_BOTH_AXES), "scroll", G_CALLBACK (scroll_cb));
  add_controller (self, motion, "motion", G_CALLBACK (motion_cb));
  add_controller (self, motion, "leave", G_CALLBACK (leave_cb));
  add_controller (self, drag, "drag-begin", G_CALLBACK (drag_begin_cb));
  add_controller (self, drag, "drag-update", G_CALLBACK (drag_update_cb));
  add_controller (self, gtk_gesture_click_new (), "pressed", G_CALLBACK (pressed_cb));
  add_controller (self, pinch, "begin", G_CALLBACK (pinch_begin_cb));
  add_controller (self, pinch, "scale-changed", G_CALLBACK (pinch_cb));
  add_controller (self, gtk_event_controller_key_new (), "key-pressed", G_CALLBACK (key_pressed_cb));
  add_controller (self, focus, "enter", G_CALLBACK (focus_cb));
  add_controller (self, focus, "leave", G_CALLBACK (focus_cb));
}

GtkWidget *
lk_plot_new (void)
{
  return g_object_new (LK_TYPE_PLOT, NULL);
}
