#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>

#include "app/grids/lk-axis-popover.h"

struct _LkAxisPopover
{
  GtkPopover      parent_instance;

  LkTestGrid     *grid;         /* owned */
  guint           axis;

  GtkButton      *add_file;
  GtkButton      *columns;
  AdwEntryRow    *entry;
  GtkListBox     *entry_list;
  GtkLabel       *error;
  GtkButton      *rows;
  GtkListBox     *values;
};

G_DEFINE_FINAL_TYPE (LkAxisPopover, lk_axis_popover, GTK_TYPE_POPOVER)

/* NULL where the axis has gone meanwhile. */
static LkGrid *
get_grid (LkAxisPopover *self)
{
  LkGrid *grid = self->grid != NULL ? lk_test_grid_get_grid (self->grid) : NULL;

  return grid != NULL && self->axis < lk_grid_get_n_axes (grid) ? grid : NULL;
}

char *
lk_axis_popover_dup_title (LkGrid *grid,
                           guint   axis)
{
  const char *title = lk_axis_get_title (lk_grid_get_axis (grid, axis));
  guint n = lk_grid_get_n_values (grid, axis);

  if (axis >= 2)
    {
      g_autofree char *label = lk_grid_dup_label (grid, axis, lk_grid_get_page (grid, axis), FALSE);

      /* Translators: an axis of a grid, the value whose page is shown, which one it is and of how many. */
      return g_strdup_printf (_("%s: %s (%u of %u)"), title, label, lk_grid_get_page (grid, axis) + 1, n);
    }
  return g_strdup_printf (ngettext ("%s: %u value", "%s: %u values", n), title, n);
}

static gboolean
is_file (LkAxisPopover *self)
{
  LkAxisKind kind = lk_grid_get_axis (get_grid (self), self->axis);

  return kind == LK_AXIS_BASE || kind == LK_AXIS_LORA;
}

static void
say (LkAxisPopover *self,
     const char    *text)
{
  gtk_label_set_label (self->error, text != NULL ? text : "");
  gtk_widget_set_visible (GTK_WIDGET (self->error), text != NULL);
}

/* ---- changes --------------------------------------------------------------------------------------------------- */

static void
add (LkAxisPopover *self,
     const char    *value)
{
  g_autoptr (LkGrid) grid = NULL;
  g_autoptr (GError) error = NULL;

  if (get_grid (self) == NULL || *value == '\0')
    return;
  grid = lk_grid_copy (get_grid (self));
  if (!lk_grid_add_value (grid, self->axis, value, NULL, &error))
    {
      say (self, error->message);
      return;
    }
  say (self, NULL);
  gtk_editable_set_text (GTK_EDITABLE (self->entry), "");
  lk_test_grid_set_grid (self->grid, g_steal_pointer (&grid));
}

static void
apply_cb (LkAxisPopover *self)
{
  g_autofree char *value = g_strstrip (g_strdup (gtk_editable_get_text (GTK_EDITABLE (self->entry))));

  add (self, value);
}

static void
remove_cb (LkAxisPopover *self,
           GtkButton     *button)
{
  guint place = GPOINTER_TO_UINT (g_object_get_data (G_OBJECT (button), "place"));
  LkGrid *copy;

  if (get_grid (self) == NULL || place >= lk_grid_get_n_values (get_grid (self), self->axis))
    return;
  copy = lk_grid_copy (get_grid (self));
  lk_grid_remove_value (copy, self->axis, place);
  lk_test_grid_set_grid (self->grid, copy);
}

/* What is removed last takes its axis along: only where another one is left to be looked at. */
static gboolean
can_remove (LkGrid *grid,
            guint   axis)
{
  return lk_grid_get_n_values (grid, axis) > 1 || lk_grid_get_n_axes (grid) > 1;
}

static void
row_activated_cb (LkAxisPopover *self,
                  GtkListBoxRow *row)
{
  LkGrid *copy;

  if (get_grid (self) == NULL || self->axis < 2)
    return;
  copy = lk_grid_copy (get_grid (self));
  lk_grid_set_page (copy, self->axis, (guint) gtk_list_box_row_get_index (row));
  lk_test_grid_set_grid (self->grid, copy);
}

static void
swap (LkAxisPopover *self,
      guint          with)
{
  LkGrid *copy;

  if (get_grid (self) == NULL || with >= lk_grid_get_n_axes (get_grid (self)))
    return;
  gtk_popover_popdown (GTK_POPOVER (self));
  copy = lk_grid_copy (get_grid (self));
  lk_grid_swap_axes (copy, self->axis, with);
  lk_test_grid_set_grid (self->grid, copy);
}

static void
columns_cb (LkAxisPopover *self)
{
  swap (self, 0);
}

static void
rows_cb (LkAxisPopover *self)
{
  swap (self, 1);
}

static void
file_chosen_cb (GObject      *object,
                GAsyncResult *result,
                gpointer      user_data)
{
  g_autoptr (LkAxisPopover) self = user_data;
  g_autoptr (GFile) file = gtk_file_dialog_open_finish (GTK_FILE_DIALOG (object), result, NULL);

  if (file != NULL && g_file_peek_path (file) != NULL)
    add (self, g_file_peek_path (file));
}

static void
add_file_cb (LkAxisPopover *self)
{
  g_autoptr (GtkFileDialog) dialog = gtk_file_dialog_new ();
  g_autoptr (GtkFileFilter) filter = gtk_file_filter_new ();

  gtk_file_filter_set_name (filter, _("Models"));
  gtk_file_filter_add_suffix (filter, "safetensors");
  gtk_file_dialog_set_default_filter (dialog, filter);
  gtk_file_dialog_open (dialog, GTK_WINDOW (gtk_widget_get_root (GTK_WIDGET (self))), NULL, file_chosen_cb, g_object_ref (self));
}

/* ---- showing --------------------------------------------------------------------------------------------------- */

static GtkWidget *
make_row (LkAxisPopover *self,
          guint          place)
{
  LkGrid *grid = get_grid (self);
  GtkWidget *row = adw_action_row_new (), *button = gtk_button_new_from_icon_name ("list-remove-symbolic");
  g_autofree char *label = lk_grid_dup_label (grid, self->axis, place, FALSE), *words = g_strdup_printf (_("Remove “%s”"), label);

  adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (row), FALSE);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), label);
  adw_action_row_set_title_lines (ADW_ACTION_ROW (row), 2);
  gtk_widget_set_tooltip_text (row, lk_grid_get_values (grid, self->axis)[place]);
  gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (row), self->axis >= 2);
  if (self->axis >= 2 && lk_grid_get_page (grid, self->axis) == place)
    {
      GtkWidget *image = gtk_image_new_from_icon_name ("object-select-symbolic");

      gtk_widget_set_tooltip_text (image, _("Shown"));
      adw_action_row_add_suffix (ADW_ACTION_ROW (row), image);
    }
  gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
  gtk_widget_set_tooltip_text (button, words);
  gtk_widget_add_css_class (button, "flat");
  gtk_widget_set_sensitive (button, can_remove (grid, self->axis));
  g_object_set_data (G_OBJECT (button), "place", GUINT_TO_POINTER (place));
  g_signal_connect_object (button, "clicked", G_CALLBACK (remove_cb), self, G_CONNECT_SWAPPED);
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), button);
  return row;
}

void
lk_axis_popover_update (LkAxisPopover *self)
{
  LkGrid *grid;

  g_return_if_fail (LK_IS_AXIS_POPOVER (self));

  grid = get_grid (self);
  if (grid == NULL)
    return;
  gtk_list_box_remove_all (self->values);
  for (guint i = 0; i < lk_grid_get_n_values (grid, self->axis); i++)
    gtk_list_box_append (self->values, make_row (self, i));
  gtk_widget_set_visible (GTK_WIDGET (self->entry_list), !is_file (self));
  gtk_widget_set_visible (GTK_WIDGET (self->add_file), is_file (self));
  gtk_widget_set_visible (GTK_WIDGET (self->columns), self->axis != 0);
  gtk_widget_set_visible (GTK_WIDGET (self->rows), self->axis != 1 && lk_grid_get_n_axes (grid) > 1);
}

/* ---- widget ---------------------------------------------------------------------------------------------------- */

static void
lk_axis_popover_dispose (GObject *object)
{
  LkAxisPopover *self = LK_AXIS_POPOVER (object);

  g_clear_object (&self->grid);
  gtk_widget_dispose_template (GTK_WIDGET (self), LK_TYPE_AXIS_POPOVER);

  G_OBJECT_CLASS (lk_axis_popover_parent_class)->dispose (object);
}

static void
lk_axis_popover_class_init (LkAxisPopoverClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = lk_axis_popover_dispose;

  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/likeness/Likeness/lk-axis-popover.ui");
  gtk_widget_class_bind_template_child (widget_class, LkAxisPopover, add_file);
  gtk_widget_class_bind_template_child (widget_class, LkAxisPopover, columns);
  gtk_widget_class_bind_template_child (widget_class, LkAxisPopover, entry);
  gtk_widget_class_bind_template_child (widget_class, LkAxisPopover, entry_list);
  gtk_widget_class_bind_template_child (widget_class, LkAxisPopover, error);
  gtk_widget_class_bind_template_child (widget_class, LkAxisPopover, rows);
  gtk_widget_class_bind_template_child (widget_class, LkAxisPopover, values);
  gtk_widget_class_bind_template_callback (widget_class, add_file_cb);
  gtk_widget_class_bind_template_callback (widget_class, apply_cb);
  gtk_widget_class_bind_template_callback (widget_class, columns_cb);
  gtk_widget_class_bind_template_callback (widget_class, row_activated_cb);
  gtk_widget_class_bind_template_callback (widget_class, rows_cb);
}

static void
lk_axis_popover_init (LkAxisPopover *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

LkAxisPopover *
lk_axis_popover_new (LkTestGrid *grid,
                     guint       axis)
{
  LkAxisPopover *self = g_object_new (LK_TYPE_AXIS_POPOVER, NULL);

  self->grid = g_object_ref (grid);
  self->axis = axis;
  lk_axis_popover_update (self);
  return self;
}
