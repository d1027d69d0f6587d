#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <adwaita.h>
#include <glib/gi18n.h>

#include "app/gallery/lk-compare-cell.h"
#include "app/gallery/lk-decide.h"
#include "base/lk-text.h"

struct _LkCompareCell
{
  AdwBin          parent_instance;

  LkWorkspace    *workspace;      /* owned */
  LkImage        *image;          /* owned */
  gboolean        is_updating;

  AdwToggleGroup *state_group;
  GtkLabel       *facts;
  GtkLabel       *mark;
  GtkLabel       *name;
  LkPictureView  *view;
};

G_DEFINE_FINAL_TYPE (LkCompareCell, lk_compare_cell, ADW_TYPE_BIN)

LkPictureView *
lk_compare_cell_get_view (LkCompareCell *self)
{
  g_return_val_if_fail (LK_IS_COMPARE_CELL (self), NULL);

  return self->view;
}

void
lk_compare_cell_set_mark (LkCompareCell *self,
                          const char    *mark)
{
  g_return_if_fail (LK_IS_COMPARE_CELL (self));

  gtk_widget_set_visible (GTK_WIDGET (self->mark), mark != NULL);
  gtk_label_set_label (self->mark, mark != NULL ? mark : "");
}

static void
update (LkCompareCell *self)
{
  const LkScores *scores = lk_image_get_scores (self->image);
  g_autofree char *bytes = lk_text_format_bytes (lk_image_get_file_size (self->image));
  g_autoptr (GString) facts = g_string_new (NULL);

  g_string_append_printf (facts, _("%u × %u px · %s"), lk_image_get_width (self->image), lk_image_get_height (self->image), bytes);
  if (scores != NULL && scores->is_measured)
    {
      g_string_append (facts, " · ");
      g_string_append_printf (facts, _("sharpness %.0f"), scores->sharpness);
    }
  gtk_label_set_label (self->name, lk_image_get_stem (self->image));
  gtk_label_set_label (self->facts, facts->str);

  self->is_updating = TRUE;
  adw_toggle_group_set_active_name (self->state_group, lk_state_get_id (lk_image_get_state (self->image)));
  self->is_updating = FALSE;
}

static void
state_chosen_cb (LkCompareCell *self)
{
  const char *name = adw_toggle_group_get_active_name (self->state_group);
  g_autoptr (GPtrArray) images = g_ptr_array_new_with_free_func (g_object_unref);

  if (self->is_updating || name == NULL)
    return;

  g_ptr_array_add (images, g_object_ref (self->image));
  for (LkState state = LK_STATE_UNDECIDED; state <= LK_STATE_REJECT; state++)
    if (g_str_equal (name, lk_state_get_id (state)))
      lk_decide_state (self->workspace, images, state);
}

static void
lk_compare_cell_dispose (GObject *object)
{
  LkCompareCell *self = LK_COMPARE_CELL (object);

  gtk_widget_dispose_template (GTK_WIDGET (self), LK_TYPE_COMPARE_CELL);
  g_clear_object (&self->image);
  g_clear_object (&self->workspace);

  G_OBJECT_CLASS (lk_compare_cell_parent_class)->dispose (object);
}

static void
lk_compare_cell_class_init (LkCompareCellClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = lk_compare_cell_dispose;

  g_type_ensure (LK_TYPE_PICTURE_VIEW);
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_GROUP);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/likeness/Likeness/lk-compare-cell.ui");
  gtk_widget_class_bind_template_child (widget_class, LkCompareCell, facts);
  gtk_widget_class_bind_template_child (widget_class, LkCompareCell, mark);
  gtk_widget_class_bind_template_child (widget_class, LkCompareCell, name);
  gtk_widget_class_bind_template_child (widget_class, LkCompareCell, state_group);
  gtk_widget_class_bind_template_child (widget_class, LkCompareCell, view);
  gtk_widget_class_bind_template_callback (widget_class, state_chosen_cb);
}

static void
lk_compare_cell_init (LkCompareCell *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

LkCompareCell *
lk_compare_cell_new (LkWorkspace *workspace,
                     LkImage     *image)
{
  LkCompareCell *self = g_object_new (LK_TYPE_COMPARE_CELL, NULL);

  self->workspace = g_object_ref (workspace);
  self->image = g_object_ref (image);
  lk_picture_view_set_image (self->view, lk_workspace_get_textures (workspace), image);
  gtk_widget_set_sensitive (GTK_WIDGET (self->state_group), !lk_project_is_read_only (lk_workspace_get_project (workspace)));
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, lk_image_get_stem (image), -1);
  g_signal_connect_object (image, "notify", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  update (self);

  return self;
}
