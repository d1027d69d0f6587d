/* lk-plot-export.c: a plot as a file. */
#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <adwaita.h>
#include <math.h>

#include "app/widgets/lk-plot-private.h"

char *
lk_plot_to_csv (LkPlot *self)
{
  GString *csv = g_string_new ("step");
  g_autofree gsize *at = g_new0 (gsize, self->curves->len + 1);

  for (guint i = 0; i < self->curves->len; i++)
    g_string_append_printf (csv, ",%s", lk_series_get_name (g_array_index (self->curves, LkPlotCurve, i).series));
  g_string_append_c (csv, '\n');

  for (;;)
    {
      double x = INFINITY;
      char number[G_ASCII_DTOSTR_BUF_SIZE];

      for (guint i = 0; i < self->curves->len; i++)
        {
          LkSeries *series = g_array_index (self->curves, LkPlotCurve, i).series;

          if (at[i] < lk_series_get_n_points (series))
            x = MIN (x, lk_series_get_point (series, at[i]).x);
        }
      if (!isfinite (x))
        return g_string_free (csv, FALSE);

      g_string_append (csv, g_ascii_dtostr (number, sizeof number, x));
      for (guint i = 0; i < self->curves->len; i++)
        {
          LkSeries *series = g_array_index (self->curves, LkPlotCurve, i).series;

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
  lk_plot_draw (self, snapshot);
  node = gtk_snapshot_free_to_node (g_steal_pointer (&snapshot));
  texture = gsk_renderer_render_texture (gtk_native_get_renderer (gtk_widget_get_native (widget)), node, &bounds);
  return gdk_texture_save_to_png_bytes (texture);
}
