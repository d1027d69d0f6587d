#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <adwaita.h>
#include <glib/gi18n.h>

#include "app/widgets/lk-bars.h"
#include "app/widgets/lk-drawn-text.h"

#define GAP 12
#define PADDING 3               /* above and below a row's words */
#define BAR 8                   /* height */
#define SPOKEN 12               /* rows of the description */

typedef struct
{
  char  *name, *value, *mark;   /* owned; mark may be NULL */
  double share;
} Row;

struct _LkBars
{
  GtkWidget  parent_instance;

  char      *title;             /* owned */
  GArray    *rows;              /* Row */
  int        current;           /* the row that is read; -1: none */
};

G_DEFINE_FINAL_TYPE (LkBars, lk_bars, GTK_TYPE_WIDGET)

static void
clear_row (gpointer data)
{
  Row *row = data;

  g_free (row->name);
  g_free (row->value);
  g_free (row->mark);
}

static PangoLayout *
make_layout (LkBars     *self,
             const char *text)
{
  return lk_drawn_text_new (GTK_WIDGET (self), text, 0.9);
}

static int
get_row_height (LkBars *self)
{
  g_autoptr (PangoLayout) layout = make_layout (self, "0");
  int height;

  pango_layout_get_pixel_size (layout, NULL, &height);
  return height + 2 * PADDING;
}

static char *
describe_row (const Row *row)
{
  return row->mark != NULL ? g_strdup_printf ("%s: %s, %s", row->name, row->value, row->mark) : g_strdup_printf ("%s: %s", row->name, row->value);
}

static void
update (LkBars *self)
{
  g_autoptr (GString) words = g_string_new (NULL);

  for (guint i = 0; i < MIN (self->rows->len, SPOKEN); i++)
    {
      g_autofree char *row = describe_row (&g_array_index (self->rows, Row, i));

      g_string_append_printf (words, "%s%s", i > 0 ? "; " : "", row);
    }
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, words->str, -1);
}

/* ---- drawing -------------------------------------------------------------------------------------------------- */

static void
draw_bar (GtkSnapshot   *snapshot,
          float          x,
          float          y,
          float          width,
          const GdkRGBA *colour)
{
  GskRoundedRect rounded;

  if (width <= 0)
    return;
  gsk_rounded_rect_init_from_rect (&rounded, &GRAPHENE_RECT_INIT (x, y, width, BAR), BAR / 2.f);
  gtk_snapshot_push_rounded_clip (snapshot, &rounded);
  gtk_snapshot_append_color (snapshot, colour, &rounded.bounds);
  gtk_snapshot_pop (snapshot);
}

static void
lk_bars_snapshot (GtkWidget   *widget,
                  GtkSnapshot *snapshot)
{
  LkBars *self = LK_BARS (widget);
  AdwStyleManager *manager = adw_style_manager_get_for_display (gtk_widget_get_display (widget));
  g_autoptr (GdkRGBA) accent = adw_style_manager_get_accent_color_rgba (manager);
  gboolean is_rtl = gtk_widget_get_direction (widget) == GTK_TEXT_DIR_RTL;
  int width = gtk_widget_get_width (widget), height = get_row_height (self), value_width = 0, name_width = width * 2 / 5;
  float bar_width;
  GdkRGBA colour, faint, bar;

  gtk_widget_get_color (widget, &colour);
  faint = colour;
  faint.alpha *= 0.12f;
  adw_rgba_to_standalone (accent, adw_style_manager_get_dark (manager), &bar);

  for (guint i = 0; i < self->rows->len; i++)
    {
      g_autoptr (PangoLayout) layout = make_layout (self, g_array_index (self->rows, Row, i).value);
      int own;

      pango_layout_get_pixel_size (layout, &own, NULL);
      value_width = MAX (value_width, own);
    }
  bar_width = MAX (0, width - name_width - value_width - 2 * GAP);

  for (guint i = 0; i < self->rows->len; i++)
    {
      const Row *row = &g_array_index (self->rows, Row, i);
      g_autofree char *name = row->mark != NULL ? g_strdup_printf ("⚠ %s", row->name) : g_strdup (row->name);
      g_autoptr (PangoLayout) layout = make_layout (self, name), value = make_layout (self, row->value);
      float top = i * height, x = name_width + GAP, filled = bar_width * CLAMP (row->share, 0, 1);
      int own;

      if ((int) i == self->current && gtk_widget_has_focus (widget))
        gtk_snapshot_append_color (snapshot, &faint, &GRAPHENE_RECT_INIT (0, top, width, height));
      pango_layout_set_width (layout, name_width * PANGO_SCALE);
      pango_layout_set_ellipsize (layout, PANGO_ELLIPSIZE_MIDDLE);
      lk_drawn_text_append (snapshot, layout, is_rtl ? width - name_width : 0, top + PADDING, &colour);
      draw_bar (snapshot, is_rtl ? width - x - bar_width : x, top + (height - BAR) / 2.f, bar_width, &faint);
      draw_bar (snapshot, is_rtl ? width - x - filled : x, top + (height - BAR) / 2.f, filled, &bar);
      pango_layout_get_pixel_size (value, &own, NULL);
      lk_drawn_text_append (snapshot, value, is_rtl ? 0 : width - own, top + PADDING, &colour);
    }
}

static void
lk_bars_measure (GtkWidget      *widget,
                 GtkOrientation  orientation,
                 int             for_size,
                 int            *minimum,
                 int            *natural,
                 int            *minimum_baseline,
                 int            *natural_baseline)
{
  LkBars *self = LK_BARS (widget);

  *minimum = orientation == GTK_ORIENTATION_HORIZONTAL ? 160 : (int) self->rows->len * get_row_height (self);
  *natural = orientation == GTK_ORIENTATION_HORIZONTAL ? 320 : *minimum;
}

/* ---- keyboard ------------------------------------------------------------------------------------------------- */

static gboolean
key_pressed_cb (GtkEventControllerKey *controller,
                guint                  key,
                guint                  keycode,
                GdkModifierType        state,
                LkBars                *self)
{
  int n = (int) self->rows->len, step = key == GDK_KEY_Down || key == GDK_KEY_KP_Down ? 1 : key == GDK_KEY_Up || key == GDK_KEY_KP_Up ? -1 : 0;
  g_autofree char *words = NULL;

  if (step == 0 || n == 0 || (state & (GDK_CONTROL_MASK | GDK_ALT_MASK)) || self->current + step < 0 || self->current + step >= n)
    return GDK_EVENT_PROPAGATE;

  self->current += step;
  words = describe_row (&g_array_index (self->rows, Row, self->current));
  gtk_accessible_announce (GTK_ACCESSIBLE (self), words, GTK_ACCESSIBLE_ANNOUNCEMENT_PRIORITY_MEDIUM);
  gtk_widget_queue_draw (GTK_WIDGET (self));
  return GDK_EVENT_STOP;
}

static void
focus_cb (LkBars *self)
{
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

/* ---- rows ----------------------------------------------------------------------------------------------------- */

void
lk_bars_set_title (LkBars     *self,
                   const char *title)
{
  g_return_if_fail (LK_IS_BARS (self));

  g_set_str (&self->title, title);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, title, -1);
}

void
lk_bars_clear (LkBars *self)
{
  g_return_if_fail (LK_IS_BARS (self));

  g_array_set_size (self->rows, 0);
  self->current = -1;
  update (self);
  gtk_widget_queue_resize (GTK_WIDGET (self));
}

void
lk_bars_add (LkBars     *self,
             const char *name,
             double      share,
             const char *value,
             const char *mark)
{
  const Row row = { g_strdup (name), g_strdup (value), g_strdup (mark), share };

  g_return_if_fail (LK_IS_BARS (self));

  g_array_append_val (self->rows, row);
  if (self->rows->len <= SPOKEN)
    update (self);
  gtk_widget_queue_resize (GTK_WIDGET (self));
}

static void
lk_bars_finalize (GObject *object)
{
  LkBars *self = LK_BARS (object);

  g_array_unref (self->rows);
  g_free (self->title);

  G_OBJECT_CLASS (lk_bars_parent_class)->finalize (object);
}

static void
lk_bars_class_init (LkBarsClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = lk_bars_finalize;
  widget_class->snapshot = lk_bars_snapshot;
  widget_class->measure = lk_bars_measure;
  gtk_widget_class_set_css_name (widget_class, "bars");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
lk_bars_init (LkBars *self)
{
  GtkEventController *keys = gtk_event_controller_key_new (), *focus = gtk_event_controller_focus_new ();

  self->rows = g_array_new (FALSE, FALSE, sizeof (Row));
  g_array_set_clear_func (self->rows, clear_row);
  self->current = -1;
  gtk_widget_set_focusable (GTK_WIDGET (self), TRUE);
  g_signal_connect (keys, "key-pressed", G_CALLBACK (key_pressed_cb), self);
  g_signal_connect_swapped (focus, "enter", G_CALLBACK (focus_cb), self);
  g_signal_connect_swapped (focus, "leave", G_CALLBACK (focus_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), keys);
  gtk_widget_add_controller (GTK_WIDGET (self), focus);
}
