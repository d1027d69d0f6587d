#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>

#include "app/gallery/lk-crop-handle.h"

#define SIDE 16

struct _LkCropHandle
{
  GtkWidget parent_instance;

  LkEdges   edges;
};

G_DEFINE_FINAL_TYPE (LkCropHandle, lk_crop_handle, GTK_TYPE_WIDGET)

enum
{
  MOVED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static const struct
{
  LkEdges     edges;
  const char *name;
  const char *cursor;
} kinds[] = {
  { LK_EDGE_NONE, N_("Crop"), "move" },
  { LK_EDGE_LEFT | LK_EDGE_TOP, N_("Top Left Corner"), "nw-resize" },
  { LK_EDGE_TOP, N_("Top Edge"), "n-resize" },
  { LK_EDGE_RIGHT | LK_EDGE_TOP, N_("Top Right Corner"), "ne-resize" },
  { LK_EDGE_RIGHT, N_("Right Edge"), "e-resize" },
  { LK_EDGE_RIGHT | LK_EDGE_BOTTOM, N_("Bottom Right Corner"), "se-resize" },
  { LK_EDGE_BOTTOM, N_("Bottom Edge"), "s-resize" },
  { LK_EDGE_LEFT | LK_EDGE_BOTTOM, N_("Bottom Left Corner"), "sw-resize" },
  { LK_EDGE_LEFT, N_("Left Edge"), "w-resize" },
};

LkEdges
lk_crop_handle_get_edges (LkCropHandle *self)
{
  g_return_val_if_fail (LK_IS_CROP_HANDLE (self), LK_EDGE_NONE);

  return self->edges;
}

void
lk_crop_handle_set_value (LkCropHandle *self,
                          LkBox         box,
                          guint         frame_width,
                          guint         frame_height)
{
  gboolean is_vertical = (self->edges & (LK_EDGE_TOP | LK_EDGE_BOTTOM)) && !(self->edges & (LK_EDGE_LEFT | LK_EDGE_RIGHT));
  int x = self->edges & LK_EDGE_RIGHT ? box.x + box.width : box.x;
  int y = self->edges & LK_EDGE_BOTTOM ? box.y + box.height : box.y;
  g_autofree char *text = NULL;

  g_return_if_fail (LK_IS_CROP_HANDLE (self));

  if (self->edges == LK_EDGE_NONE)
    text = g_strdup_printf (_("%d × %d pixels, from %d, %d"), box.width, box.height, box.x, box.y);
  else
    text = g_strdup_printf (_("at %d, %d; %d × %d pixels"), x, y, box.width, box.height);

  gtk_accessible_update_property (GTK_ACCESSIBLE (self),
                                  GTK_ACCESSIBLE_PROPERTY_VALUE_MIN, 0.0,
                                  GTK_ACCESSIBLE_PROPERTY_VALUE_MAX, (double) (is_vertical ? frame_height : frame_width),
                                  GTK_ACCESSIBLE_PROPERTY_VALUE_NOW, (double) (is_vertical ? y : x),
                                  GTK_ACCESSIBLE_PROPERTY_VALUE_TEXT, text,
                                  -1);
}

static gboolean
move_cb (GtkWidget *widget,
         GVariant  *args,
         gpointer   user_data)
{
  int dx, dy;

  g_variant_get (args, "(ii)", &dx, &dy);
  g_signal_emit (widget, signals[MOVED], 0, dx, dy);

  return GDK_EVENT_STOP;
}

static void
lk_crop_handle_measure (GtkWidget      *widget,
                        GtkOrientation  orientation,
                        int             for_size,
                        int            *minimum,
                        int            *natural,
                        int            *minimum_baseline,
                        int            *natural_baseline)
{
  *minimum = *natural = LK_CROP_HANDLE (widget)->edges == LK_EDGE_NONE ? 0 : SIDE;
  *minimum_baseline = *natural_baseline = -1;
}

static void
add_arrow (GtkWidgetClass *widget_class,
           guint           key,
           guint           keypad_key,
           int             dx,
           int             dy)
{
  gtk_widget_class_add_binding (widget_class, key, 0, move_cb, "(ii)", dx, dy);
  gtk_widget_class_add_binding (widget_class, keypad_key, 0, move_cb, "(ii)", dx, dy);
  gtk_widget_class_add_binding (widget_class, key, GDK_SHIFT_MASK, move_cb, "(ii)", 10 * dx, 10 * dy);
  gtk_widget_class_add_binding (widget_class, keypad_key, GDK_SHIFT_MASK, move_cb, "(ii)", 10 * dx, 10 * dy);
}

static void
lk_crop_handle_class_init (LkCropHandleClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  widget_class->measure = lk_crop_handle_measure;

  signals[MOVED] = g_signal_new ("moved", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                 G_TYPE_NONE, 2, G_TYPE_INT, G_TYPE_INT);

  gtk_widget_class_set_css_name (widget_class, "crophandle");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_SLIDER);
  add_arrow (widget_class, GDK_KEY_Left, GDK_KEY_KP_Left, -1, 0);
  add_arrow (widget_class, GDK_KEY_Right, GDK_KEY_KP_Right, 1, 0);
  add_arrow (widget_class, GDK_KEY_Up, GDK_KEY_KP_Up, 0, -1);
  add_arrow (widget_class, GDK_KEY_Down, GDK_KEY_KP_Down, 0, 1);
}

static void
lk_crop_handle_init (LkCropHandle *self)
{
  gtk_widget_set_focusable (GTK_WIDGET (self), TRUE);
}

LkCropHandle *
lk_crop_handle_new (LkEdges edges)
{
  LkCropHandle *self = g_object_new (LK_TYPE_CROP_HANDLE, NULL);

  self->edges = edges;
  gtk_widget_add_css_class (GTK_WIDGET (self), edges == LK_EDGE_NONE ? "inside" : "grip");
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (kinds[i].edges == edges)
      {
        gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, _(kinds[i].name), -1);
        gtk_widget_set_cursor_from_name (GTK_WIDGET (self), kinds[i].cursor);
      }

  return self;
}
