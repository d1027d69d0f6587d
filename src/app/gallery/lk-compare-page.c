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
  GPtrArray         *images;                   /* owned; of owned LkImages; that with the most to keep first, if one has */
  const char        *mark;                     /* what the first one is before the others; NULL: nothing */
  guint              turn;                     /* which of the rest stand beside the first */
  guint              n_cells;
  LkCompareCell     *cells[LK_COMPARE_MAX];    /* in the grid */

  AdwBreakpointBin  *bin;
  GtkGrid           *grid;
  GtkWidget         *turns;
  AdwWindowTitle    *title;
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

/* ---- which pictures --------------------------------------------------------------------------------------------- */

/* More than LK_COMPARE_MAX are looked at in turns, each beside the first. */
static guint
get_n_turns (LkComparePage *self)
{
  return self->images->len <= LK_COMPARE_MAX ? 1 : (self->images->len - 1 + LK_COMPARE_MAX - 2) / (LK_COMPARE_MAX - 1);
}

static double
get_sharpness (LkImage *image)
{
  const LkScores *scores = lk_image_get_scores (image);

  return scores != NULL && scores->is_measured ? scores->sharpness : -1;
}

/* More pixels come first, of as many the sharper picture, where both are measured. 0: nothing says which. */
static int
compare_pictures (LkImage *a,
                  LkImage *b)
{
  guint64 n_a = (guint64) lk_image_get_width (a) * lk_image_get_height (a);
  guint64 n_b = (guint64) lk_image_get_width (b) * lk_image_get_height (b);
  double sharp_a = get_sharpness (a), sharp_b = get_sharpness (b);

  if (n_a != n_b)
    return n_a > n_b ? 2 : -2;
  if (sharp_a < 0 || sharp_b < 0 || sharp_a == sharp_b)
    return 0;
  return sharp_a > sharp_b ? 1 : -1;
}

/* Moves the picture that comes before every other to the front. */
static void
find_first (LkComparePage *self)
{
  for (guint i = 0; i < self->images->len; i++)
    {
      int least = 2;

      for (guint j = 0; j < self->images->len; j++)
        if (j != i)
          least = MIN (least, compare_pictures (self->images->pdata[i], self->images->pdata[j]));
      if (least > 0)
        {
          g_ptr_array_insert (self->images, 0, g_ptr_array_steal_index (self->images, i));
          self->mark = least == 2 ? _("Largest") : _("Sharpest");
          return;
        }
    }
}

static void
show_turn (LkComparePage *self)
{
  guint first = 1 + self->turn * (LK_COMPARE_MAX - 1);
  guint n_rest = MIN (self->images->len - first, LK_COMPARE_MAX - 1);

  for (guint i = 0; i < self->n_cells; i++)
    gtk_grid_remove (self->grid, GTK_WIDGET (self->cells[i]));
  self->n_cells = 1 + n_rest;
  for (guint i = 0; i < self->n_cells; i++)
    {
      self->cells[i] = lk_compare_cell_new (self->workspace, self->images->pdata[i == 0 ? 0 : first + i - 1]);
      lk_compare_cell_set_mark (self->cells[i], i == 0 ? self->mark : NULL);
      g_signal_connect_object (lk_compare_cell_get_view (self->cells[i]), "view-changed",
                               G_CALLBACK (view_changed_cb), self, G_CONNECT_SWAPPED);
    }
  layout_cb (self);

  gtk_widget_set_visible (self->turns, get_n_turns (self) > 1);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "compare.previous", self->turn > 0);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "compare.next", self->turn + 1 < get_n_turns (self));
  if (get_n_turns (self) > 1)
    {
      g_autofree char *words = g_strdup_printf (_("%u to %u of %u, beside the first"), first + 1, first + n_rest, self->images->len);

      adw_window_title_set_subtitle (self->title, words);
    }
}

static void
turn_action (GtkWidget  *widget,
             const char *action_name,
             GVariant   *parameter)
{
  LkComparePage *self = LK_COMPARE_PAGE (widget);

  self->turn += g_str_equal (action_name, "compare.next") ? 1 : -1;
  show_turn (self);
}

/* ---- the page --------------------------------------------------------------------------------------------------- */

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
  g_clear_pointer (&self->images, g_ptr_array_unref);
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
  gtk_widget_class_bind_template_child (widget_class, LkComparePage, title);
  gtk_widget_class_bind_template_child (widget_class, LkComparePage, turns);
  gtk_widget_class_bind_template_callback (widget_class, layout_cb);
  gtk_widget_class_install_action (widget_class, "compare.next", NULL, turn_action);
  gtk_widget_class_install_action (widget_class, "compare.previous", NULL, turn_action);
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
  self->images = g_ptr_array_copy (images, (GCopyFunc) g_object_ref, NULL);
  g_ptr_array_set_free_func (self->images, g_object_unref);
  find_first (self);
  show_turn (self);

  return self;
}
