#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>

#include "app/gallery/lk-compare-cell.h"
#include "app/gallery/lk-compare-page.h"

#define ZOOM_STEP 1.25

struct _LkComparePage
{
  AdwNavigationPage  parent_instance;

  LkWorkspace       *workspace;                /* owned */
  guint              n_cells;
  LkCompareCell     *cells[LK_COMPARE_MAX];    /* in the grid */

  AdwBreakpointBin  *bin;
  GtkGrid           *grid;
};

G_DEFINE_FINAL_TYPE (LkComparePage, lk_compare_page, ADW_TYPE_NAVIGATION_PAGE)

/* All views follow the one that a person moved. */
static void
view_changed_cb (LkComparePage *self,
                 LkPictureView *moved)
{
  LkView view;

  lk_picture_view_get_view (moved, &view);
  for (guint i = 0; i < self->n_cells; i++)
    if (lk_compare_cell_get_view (self->cells[i]) != moved)
      lk_picture_view_set_view (lk_compare_cell_get_view (self->cells[i]), &view);
}

/* Wide: beside each other, four as two by two. Narrow: below each other. */
static void
layout_cb (LkComparePage *self)
{
  gboolean is_narrow = adw_breakpoint_bin_get_current_breakpoint (self->bin) != NULL;
  guint n_columns = is_narrow ? 1 : self->n_cells == 4 ? 2 : self->n_cells;

  for (guint i = 0; i < self->n_cells; i++)
    {
      g_object_ref (self->cells[i]);
      if (gtk_widget_get_parent (GTK_WIDGET (self->cells[i])) != NULL)
        gtk_grid_remove (self->grid, GTK_WIDGET (self->cells[i]));
      gtk_grid_attach (self->grid, GTK_WIDGET (self->cells[i]), i % n_columns, i / n_columns, 1, 1);
      g_object_unref (self->cells[i]);
    }
}

static void
zoom_action (GtkWidget  *widget,
             const char *action_name,
             GVariant   *parameter)
{
  LkComparePage *self = LK_COMPARE_PAGE (widget);

  lk_picture_view_zoom_by (lk_compare_cell_get_view (self->cells[0]),
                           g_variant_get_int32 (parameter) > 0 ? ZOOM_STEP : 1 / ZOOM_STEP);
}

static void
zoom_to_action (GtkWidget  *widget,
                const char *action_name,
                GVariant   *parameter)
{
  LkComparePage *self = LK_COMPARE_PAGE (widget);
  LkPictureView *view = lk_compare_cell_get_view (self->cells[0]);

  if (g_variant_get_int32 (parameter) == 0)
    lk_picture_view_fit (view);
  else
    lk_picture_view_zoom_to (view, g_variant_get_int32 (parameter));
}

static void
lk_compare_page_dispose (GObject *object)
{
  LkComparePage *self = LK_COMPARE_PAGE (object);

  gtk_widget_dispose_template (GTK_WIDGET (self), LK_TYPE_COMPARE_PAGE);
  self->n_cells = 0;
  g_clear_object (&self->workspace);

  G_OBJECT_CLASS (lk_compare_page_parent_class)->dispose (object);
}

static void
lk_compare_page_class_init (LkComparePageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = lk_compare_page_dispose;

  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/likeness/Likeness/lk-compare-page.ui");
  gtk_widget_class_bind_template_child (widget_class, LkComparePage, bin);
  gtk_widget_class_bind_template_child (widget_class, LkComparePage, grid);
  gtk_widget_class_bind_template_callback (widget_class, layout_cb);
  gtk_widget_class_install_action (widget_class, "compare.zoom", "i", zoom_action);
  gtk_widget_class_install_action (widget_class, "compare.zoom-to", "i", zoom_to_action);
}

static void
lk_compare_page_init (LkComparePage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

LkComparePage *
lk_compare_page_new (LkWorkspace *workspace,
                     GPtrArray   *images)
{
  LkComparePage *self = g_object_new (LK_TYPE_COMPARE_PAGE, NULL);

  self->workspace = g_object_ref (workspace);
  self->n_cells = MIN (images->len, LK_COMPARE_MAX);
  for (guint i = 0; i < self->n_cells; i++)
    {
      self->cells[i] = lk_compare_cell_new (workspace, g_ptr_array_index (images, i));
      g_signal_connect_object (lk_compare_cell_get_view (self->cells[i]), "view-changed",
                               G_CALLBACK (view_changed_cb), self, G_CONNECT_SWAPPED);
    }
  layout_cb (self);

  return self;
}
