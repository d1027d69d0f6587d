#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>

#include "app/grids/lk-cell-viewer.h"
#include "app/training/lk-sample-picture.h"

struct _LkCellViewer
{
  AdwDialog       parent_instance;

  LkTestGrid     *grid;         /* owned */
  guint           cell, other;

  AdwWindowTitle *heading;
  GtkPicture     *picture;
  GtkPicture     *compared;
  GtkStack       *pictures;
  GtkLabel       *words;
};

G_DEFINE_FINAL_TYPE (LkCellViewer, lk_cell_viewer, ADW_TYPE_DIALOG)

static gboolean
is_flickered (LkCellViewer *self)
{
  return g_strcmp0 (gtk_stack_get_visible_child_name (self->pictures), "compared") == 0;
}

guint
lk_cell_viewer_get_cell (LkCellViewer *self)
{
  return is_flickered (self) ? self->other : self->cell;
}

/* The cell at the same place of all axes but one. */
static guint
with_place (LkGrid *grid,
            guint   cell,
            guint   axis,
            guint   place)
{
  guint stride = 1;

  for (guint a = 0; a < axis; a++)
    stride *= lk_grid_get_n_values (grid, a);
  return cell + stride * place - stride * lk_grid_get_place (grid, cell, axis);
}

static guint
find_base (LkGrid *grid,
           guint   cell)
{
  guint axis = lk_grid_find_axis (grid, LK_AXIS_STRENGTH);

  for (guint i = 0; axis < lk_grid_get_n_axes (grid) && i < lk_grid_get_n_values (grid, axis); i++)
    if (g_ascii_strtod (lk_grid_get_values (grid, axis)[i], NULL) == 0)
      return with_place (grid, cell, axis, i);
  return cell;
}

static void
load (LkCellViewer *self,
      GtkPicture   *picture,
      guint         cell)
{
  g_autofree char *path = lk_test_grid_has_cell (self->grid, cell) ? lk_test_grid_dup_path (self->grid, cell) : NULL;
  g_autofree char *words = lk_grid_describe (lk_test_grid_get_grid (self->grid), cell);

  gtk_picture_set_alternative_text (picture, words);
  if (path != NULL)
    lk_sample_picture_load (picture, path, 0);
  else
    gtk_picture_set_paintable (picture, NULL);
}

static void
update_words (LkCellViewer *self)
{
  LkGrid *grid = lk_test_grid_get_grid (self->grid);
  guint cell = lk_cell_viewer_get_cell (self);
  g_autofree char *words = lk_grid_describe (grid, cell);
  g_autoptr (LkRecipe) recipe = lk_grid_get_recipe (grid, cell, NULL);

  adw_window_title_set_subtitle (self->heading, words);
  gtk_label_set_label (self->words, !lk_test_grid_has_cell (self->grid, cell) ? _("This picture is not drawn yet.")
                                    : recipe != NULL ? recipe->prompt : "");
}

static void
show (LkCellViewer *self)
{
  gtk_stack_set_visible_child_name (self->pictures, "picture");
  load (self, self->picture, self->cell);
  load (self, self->compared, self->other);
  update_words (self);
}

static void
go_action (GtkWidget  *widget,
           const char *action_name,
           GVariant   *parameter)
{
  LkCellViewer *self = LK_CELL_VIEWER (widget);
  LkGrid *grid = lk_test_grid_get_grid (self->grid);
  guint axis = g_str_equal (action_name, "cell.left") || g_str_equal (action_name, "cell.right") ? 0 : 1;
  gboolean is_forward = g_str_equal (action_name, "cell.right") || g_str_equal (action_name, "cell.down");
  gboolean follows = self->other == find_base (grid, self->cell);
  guint place, n;

  if (axis >= lk_grid_get_n_axes (grid))
    return;
  place = lk_grid_get_place (grid, self->cell, axis);
  n = lk_grid_get_n_values (grid, axis);
  if (is_forward ? place + 1 >= n : place == 0)
    return;
  self->cell = with_place (grid, self->cell, axis, is_forward ? place + 1 : place - 1);
  if (follows)
    self->other = find_base (grid, self->cell);
  show (self);
}

static void
flicker_action (GtkWidget  *widget,
                const char *action_name,
                GVariant   *parameter)
{
  LkCellViewer *self = LK_CELL_VIEWER (widget);

  gtk_stack_set_visible_child_name (self->pictures, is_flickered (self) ? "picture" : "compared");
  update_words (self);
  if (gtk_widget_has_focus (GTK_WIDGET (self->pictures)))
    gtk_accessible_announce (GTK_ACCESSIBLE (self->pictures), adw_window_title_get_subtitle (self->heading), GTK_ACCESSIBLE_ANNOUNCEMENT_PRIORITY_MEDIUM);
}

static void
cell_drawn_cb (LkCellViewer *self,
               guint         cell)
{
  if (cell == self->cell)
    load (self, self->picture, cell);
  if (cell == self->other)
    load (self, self->compared, cell);
  update_words (self);
}

/* Other axes have other cells. */
static void
grid_changed_cb (LkCellViewer *self)
{
  LkGrid *grid = lk_test_grid_get_grid (self->grid);

  if (grid == NULL || MAX (self->cell, self->other) >= lk_grid_get_n_cells (grid))
    adw_dialog_close (ADW_DIALOG (self));
}

static void
lk_cell_viewer_dispose (GObject *object)
{
  LkCellViewer *self = LK_CELL_VIEWER (object);

  g_clear_object (&self->grid);
  gtk_widget_dispose_template (GTK_WIDGET (self), LK_TYPE_CELL_VIEWER);

  G_OBJECT_CLASS (lk_cell_viewer_parent_class)->dispose (object);
}

static void
lk_cell_viewer_class_init (LkCellViewerClass *klass)
{
  static const struct { guint key; const char *action; } keys[] = {
    { GDK_KEY_Left, "cell.left" }, { GDK_KEY_Right, "cell.right" }, { GDK_KEY_Up, "cell.up" }, { GDK_KEY_Down, "cell.down" },
    { GDK_KEY_space, "cell.flicker" },
  };
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = lk_cell_viewer_dispose;

  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/likeness/Likeness/lk-cell-viewer.ui");
  gtk_widget_class_bind_template_child (widget_class, LkCellViewer, compared);
  gtk_widget_class_bind_template_child (widget_class, LkCellViewer, heading);
  gtk_widget_class_bind_template_child (widget_class, LkCellViewer, picture);
  gtk_widget_class_bind_template_child (widget_class, LkCellViewer, pictures);
  gtk_widget_class_bind_template_child (widget_class, LkCellViewer, words);
  gtk_widget_class_install_action (widget_class, "cell.left", NULL, go_action);
  gtk_widget_class_install_action (widget_class, "cell.right", NULL, go_action);
  gtk_widget_class_install_action (widget_class, "cell.up", NULL, go_action);
  gtk_widget_class_install_action (widget_class, "cell.down", NULL, go_action);
  gtk_widget_class_install_action (widget_class, "cell.flicker", NULL, flicker_action);
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    gtk_widget_class_add_binding_action (widget_class, keys[i].key, 0, keys[i].action, NULL);
}

static void
lk_cell_viewer_init (LkCellViewer *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

LkCellViewer *
lk_cell_viewer_new (LkTestGrid *grid,
                    guint       cell,
                    guint       other)
{
  LkCellViewer *self = g_object_new (LK_TYPE_CELL_VIEWER, NULL);

  self->grid = g_object_ref (grid);
  self->cell = cell;
  self->other = other != cell ? other : find_base (lk_test_grid_get_grid (grid), cell);
  g_signal_connect_object (grid, "cell-drawn", G_CALLBACK (cell_drawn_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (grid, "changed", G_CALLBACK (grid_changed_cb), self, G_CONNECT_SWAPPED);
  show (self);
  return self;
}
