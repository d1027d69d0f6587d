#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include "app/widgets/lk-memory-bar.h"

#define HEIGHT 14
#define LIMIT_WIDTH 2
#define LEAST_WIDTH 2

struct _LkMemoryBar
{
  GtkWidget  parent_instance;

  guint64    parts[LK_MEMORY_BAR_MAX_PARTS];
  guint64    most;
  GtkWidget *boxes[LK_MEMORY_BAR_MAX_PARTS];    /* children, as is the next */
  GtkWidget *limit;                             /* where the memory ends */
};

G_DEFINE_FINAL_TYPE (LkMemoryBar, lk_memory_bar, GTK_TYPE_WIDGET)

static guint64
get_sum (LkMemoryBar *self)
{
  guint64 sum = 0;

  for (guint i = 0; i < LK_MEMORY_BAR_MAX_PARTS; i++)
    sum += self->parts[i];
  return sum;
}

void
lk_memory_bar_set (LkMemoryBar   *self,
                   const guint64 *parts,
                   guint64        most,
                   const char    *words)
{
  g_return_if_fail (LK_IS_MEMORY_BAR (self));

  for (guint i = 0; i < LK_MEMORY_BAR_MAX_PARTS; i++)
    self->parts[i] = parts[i];
  self->most = most;
  gtk_widget_set_visible (self->limit, get_sum (self) > most);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, words, -1);
  gtk_widget_queue_allocate (GTK_WIDGET (self));
}

static void
lk_memory_bar_measure (GtkWidget      *widget,
                       GtkOrientation  orientation,
                       int             for_size,
                       int            *minimum,
                       int            *natural,
                       int            *minimum_baseline,
                       int            *natural_baseline)
{
  LkMemoryBar *self = LK_MEMORY_BAR (widget);

  /* GTK wants children measured before they get their place. */
  for (guint i = 0; i < LK_MEMORY_BAR_MAX_PARTS; i++)
    gtk_widget_measure (self->boxes[i], orientation, -1, NULL, NULL, NULL, NULL);
  gtk_widget_measure (self->limit, orientation, -1, NULL, NULL, NULL, NULL);
  *minimum = orientation == GTK_ORIENTATION_HORIZONTAL ? 60 : HEIGHT;
  *natural = orientation == GTK_ORIENTATION_HORIZONTAL ? 240 : HEIGHT;
  *minimum_baseline = *natural_baseline = -1;
}

static void
lk_memory_bar_size_allocate (GtkWidget *widget,
                             int        width,
                             int        height,
                             int        baseline)
{
  LkMemoryBar *self = LK_MEMORY_BAR (widget);
  double unit = width / (double) MAX (MAX (get_sum (self), self->most), 1), place = 0;
  gboolean is_rtl = gtk_widget_get_direction (widget) == GTK_TEXT_DIR_RTL;
  int limit;

  for (guint i = 0; i < LK_MEMORY_BAR_MAX_PARTS; i++)
    {
      int from = (int) (place + 0.5), to = (int) (place + self->parts[i] * unit + 0.5);

      /* What is there is seen, however little it is. */
      if (self->parts[i] > 0)
        to = MAX (to, from + LEAST_WIDTH);
      gtk_widget_size_allocate (self->boxes[i], &(GtkAllocation) { is_rtl ? width - to : from, 0, to - from, height }, -1);
      place = MAX (place + self->parts[i] * unit, to);
    }

  limit = CLAMP ((int) (self->most * unit + 0.5), 0, width - LIMIT_WIDTH);
  if (gtk_widget_get_visible (self->limit))
    gtk_widget_size_allocate (self->limit, &(GtkAllocation) { is_rtl ? width - limit - LIMIT_WIDTH : limit, 0, LIMIT_WIDTH, height }, -1);
}

static void
lk_memory_bar_dispose (GObject *object)
{
  LkMemoryBar *self = LK_MEMORY_BAR (object);

  for (guint i = 0; i < LK_MEMORY_BAR_MAX_PARTS; i++)
    g_clear_pointer (&self->boxes[i], gtk_widget_unparent);
  g_clear_pointer (&self->limit, gtk_widget_unparent);

  G_OBJECT_CLASS (lk_memory_bar_parent_class)->dispose (object);
}

static void
lk_memory_bar_class_init (LkMemoryBarClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = lk_memory_bar_dispose;
  widget_class->measure = lk_memory_bar_measure;
  widget_class->size_allocate = lk_memory_bar_size_allocate;
  gtk_widget_class_set_css_name (widget_class, "memorybar");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

/* A piece of colour that says nothing by itself. */
static GtkWidget *
make_box (LkMemoryBar *self,
          const char  *style)
{
  GtkWidget *box = g_object_new (GTK_TYPE_BOX, "accessible-role", GTK_ACCESSIBLE_ROLE_PRESENTATION, NULL);

  gtk_widget_add_css_class (box, style);
  gtk_widget_set_parent (box, GTK_WIDGET (self));
  return box;
}

static void
lk_memory_bar_init (LkMemoryBar *self)
{
  for (guint i = 0; i < LK_MEMORY_BAR_MAX_PARTS; i++)
    {
      g_autofree char *style = g_strdup_printf ("part-%u", i);

      self->boxes[i] = make_box (self, style);
    }
  self->limit = make_box (self, "limit");
  gtk_widget_set_visible (self->limit, FALSE);
  gtk_widget_set_overflow (GTK_WIDGET (self), GTK_OVERFLOW_HIDDEN);
}
