#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <math.h>

#include "app/widgets/lk-plot-private.h"

#define LEAST_WIDTH 160
#define LEAST_HEIGHT 90
#define DESCRIBE_EVERY G_USEC_PER_SEC

G_DEFINE_FINAL_TYPE (LkPlot, lk_plot, GTK_TYPE_WIDGET)

static void
update_description (LkPlot *self)
{
  g_autofree char *words = lk_plot_describe (self);

  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, words, -1);
}

static void
lk_plot_snapshot (GtkWidget   *widget,
                  GtkSnapshot *snapshot)
{
  lk_plot_draw (LK_PLOT (widget), snapshot);
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
  *natural = *minimum * 3 / 2;
}

/* ---- zoom, pan, read-out -------------------------------------------------------------------------------------- */

static double
x_at (LkPlot *self,
      double  pixel)
{
  LkPlotFrame frame = lk_plot_make_frame (self, gtk_widget_get_width (GTK_WIDGET (self)), gtk_widget_get_height (GTK_WIDGET (self)));

  return frame.view.from + (frame.view.to - frame.view.from) * (pixel - frame.area.origin.x) / frame.area.size.width;
}

static void
set_view (LkPlot *self,
          double  from,
          double  width)
{
  LkPlotRange whole = lk_plot_get_whole (self);

  width = CLAMP (width, MIN (10, whole.to - whole.from), whole.to - whole.from);
  from = CLAMP (from, whole.from, whole.to - width);
  self->is_zoomed = width < whole.to - whole.from;
  self->view = (LkPlotRange) { from, from + width };
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

/* Zooms by `factor` so that `centre` stays where it is. */
static void
zoom (LkPlot *self,
      double  centre,
      double  factor)
{
  LkPlotRange view = lk_plot_get_view (self);
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
  LkPlotRange view = lk_plot_get_view (self);

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
  self->drag_from = lk_plot_get_view (self).from;
}

static void
drag_update_cb (GtkGestureDrag *gesture,
                double          dx,
                double          dy,
                LkPlot         *self)
{
  LkPlotRange view = lk_plot_get_view (self);
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
  LkPlotRange view = lk_plot_get_view (self);

  self->zoom_width = view.to - view.from;
}

static void
pinch_cb (GtkGestureZoom *gesture,
          double          scale,
          LkPlot         *self)
{
  LkPlotRange view = lk_plot_get_view (self);
  double x, y;

  if (gtk_gesture_get_bounding_box_center (GTK_GESTURE (gesture), &x, &y))
    zoom (self, x_at (self, x), self->zoom_width / scale / (view.to - view.from));
}

static void
announce_read_out (LkPlot *self)
{
  g_autofree char *words = NULL;
  LkPoint point;

  if (!lk_plot_find_read_out (self, &point))
    return;

  words = lk_plot_describe_read_out (self, point);
  gtk_accessible_announce (GTK_ACCESSIBLE (self), words, GTK_ACCESSIBLE_ANNOUNCEMENT_PRIORITY_MEDIUM);
}

/* Moves the read-out by `n` points, and the view with it. */
static void
step_cursor (LkPlot *self,
             gint64  n)
{
  const LkPlotCurve *curve = lk_plot_find_main (self);
  LkPlotRange view = lk_plot_get_view (self);
  LkPoint point;
  gint64 at, last;

  if (curve == NULL)
    return;

  last = (gint64) lk_series_get_n_points (curve->series) - 1;
  at = lk_plot_find_read_out (self, &point) ? (gint64) lk_series_find (curve->series, point.x) + n : n > 0 ? 0 : last;
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
  const LkPlotCurve *curve = lk_plot_find_main (self);
  LkPlotRange view = lk_plot_get_view (self);
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
  LkPlotCurve *curve = data;

  g_clear_signal_handler (&curve->appended, curve->series);
  g_clear_object (&curve->series);
}

static void
appended_cb (LkPlot *self)
{
  gint64 now = g_get_monotonic_time ();

  gtk_widget_queue_draw (GTK_WIDGET (self));
  if (now - self->described > DESCRIBE_EVERY)
    {
      self->described = now;
      update_description (self);
    }
}

void
lk_plot_add_series (LkPlot      *self,
                    LkSeries    *series,
                    LkPlotStyle  style)
{
  LkPlotCurve curve = { g_object_ref (series), style, 0 };

  g_return_if_fail (LK_IS_PLOT (self));

  curve.appended = g_signal_connect_object (series, "appended", G_CALLBACK (appended_cb), self, G_CONNECT_SWAPPED);
  g_array_append_val (self->curves, curve);
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

  self->curves = g_array_new (FALSE, TRUE, sizeof (LkPlotCurve));
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
