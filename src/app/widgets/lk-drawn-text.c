#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include "app/widgets/lk-drawn-text.h"

PangoLayout *
lk_drawn_text_new (GtkWidget  *widget,
                   const char *text,
                   double      scale)
{
  PangoLayout *layout = gtk_widget_create_pango_layout (widget, text);
  g_autoptr (PangoAttrList) attributes = pango_attr_list_new ();

  pango_attr_list_insert (attributes, pango_attr_scale_new (scale));
  pango_attr_list_insert (attributes, pango_attr_font_features_new ("tnum=1"));
  pango_layout_set_attributes (layout, attributes);
  return layout;
}

void
lk_drawn_text_append (GtkSnapshot   *snapshot,
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
