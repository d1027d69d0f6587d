#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include "app/widgets/lk-range-bar.h"

#define HEIGHT 8
#define MARK_WIDTH 2
/* How much room there is behind the range, so that "more than enough" can be seen. */
#define BEYOND 2

struct _LkRangeBar
{
  GtkWidget parent_instance;

  guint     count;
  guint     least;
  guint     most;
};

G_DEFINE_FINAL_TYPE (LkRangeBar, lk_range_bar, GTK_TYPE_WIDGET)

void
lk_range_bar_set (LkRangeBar *self,
                  guint       count,
                  guint       least,
                  guint       most)
{
  g_return_if_fail (LK_IS_RANGE_BAR (self));

  self->count = count;
  self->least = least;
  self->most = most;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static void
lk_range_bar_measure (GtkWidget      *widget,
                      GtkOrientation  orientation,
                      int             for_size,
                      int            *minimum,
                      int            *natural,
                      int            *minimum_baseline,
                      int            *natural_baseline)
{
  *minimum = orientation == GTK_ORIENTATION_HORIZONTAL ? 60 : HEIGHT;
  *natural = orientation == GTK_ORIENTATION_HORIZONTAL ? 120 : HEIGHT;
  *minimum_baseline = *natural_baseline = -1;
}

static void
append_bar (GtkSnapshot     *snapshot,
            const GdkRGBA   *color,
            graphene_rect_t  place)
{
  GskRoundedRect shape;

  gsk_rounded_rect_init_from_rect (&shape, &place, place.size.height / 2);
  gtk_snapshot_push_rounded_clip (snapshot, &shape);
  gtk_snapshot_append_color (snapshot, color, &place);
  gtk_snapshot_pop (snapshot);
}

static void
lk_range_bar_snapshot (GtkWidget   *widget,
                       GtkSnapshot *snapshot)
{
  LkRangeBar *self = LK_RANGE_BAR (widget);
  float width = gtk_widget_get_width (widget);
  float height = gtk_widget_get_height (widget);
  float unit = width / MAX (self->most + BEYOND, MAX (self->count, 1));
  gboolean is_rtl = gtk_widget_get_direction (widget) == GTK_TEXT_DIR_RTL;
  guint marks[] = { self->least, self->most };
  GdkRGBA color, faint;

  /* The style gives the colour of what is there; the rest is a shade of it. */
  gtk_widget_get_color (widget, &color);
  faint = color;
  faint.alpha *= 0.2;

  if (is_rtl)
    {
      gtk_snapshot_translate (snapshot, &GRAPHENE_POINT_INIT (width, 0));
      gtk_snapshot_scale (snapshot, -1, 1);
    }

  append_bar (snapshot, &faint, GRAPHENE_RECT_INIT (0, 0, width, height));
  if (self->count > 0)
    append_bar (snapshot, &color, GRAPHENE_RECT_INIT (0, 0, MAX (self->count * unit, height), height));

  for (guint i = 0; i < G_N_ELEMENTS (marks); i++)
    {
      GdkRGBA mark = color;

      if (marks[i] == 0)
        continue;
      /* On the bar a mark is a gap, beside it a line. */
      mark.alpha *= 0.5;
      gtk_snapshot_append_color (snapshot, &mark,
                                 &GRAPHENE_RECT_INIT (CLAMP (marks[i] * unit - MARK_WIDTH / 2.f, 0, width - MARK_WIDTH), -2,
                                                      MARK_WIDTH, height + 4));
    }
}

static void
lk_range_bar_class_init (LkRangeBarClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  widget_class->measure = lk_range_bar_measure;
  widget_class->snapshot = lk_range_bar_snapshot;
  gtk_widget_class_set_css_name (widget_class, "rangebar");
  /* The row around it says the numbers. */
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_PRESENTATION);
}

static void
lk_range_bar_init (LkRangeBar *self)
{
}
