#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>

#include "app/gallery/lk-crop-cell.h"
#include "app/gallery/lk-crop-page.h"

struct _LkCropCell
{
  AdwBin          parent_instance;

  LkWorkspace    *workspace;      /* owned */
  LkCropProposal *proposal;       /* owned */
  GBinding       *binding;        /* of the proposal's "taken"; owned */

  GtkCheckButton *check;
  GtkLabel       *name;
  GtkLabel       *description;
  LkCropArea     *area;
};

G_DEFINE_FINAL_TYPE (LkCropCell, lk_crop_cell, ADW_TYPE_BIN)

static void
update (LkCropCell *self)
{
  gboolean is_enlarged;
  g_autofree char *text = lk_crop_describe (lk_workspace_get_project (self->workspace),
                                            lk_crop_proposal_get_image (self->proposal),
                                            lk_crop_proposal_get_crop (self->proposal), &is_enlarged);

  gtk_label_set_label (self->description, text);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->description), text);
  if (is_enlarged)
    gtk_widget_add_css_class (GTK_WIDGET (self->description), "warning");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (self->description), "warning");
}

static void
crop_changed_cb (LkCropCell *self)
{
  LkCrop crop;

  if (self->proposal == NULL)
    return;

  lk_crop_area_get_crop (self->area, &crop);
  lk_crop_proposal_set_crop (self->proposal, &crop);
  lk_crop_proposal_set_taken (self->proposal, TRUE);
  update (self);
}

void
lk_crop_cell_set_proposal (LkCropCell     *self,
                           LkCropProposal *proposal,
                           LkCropShape     shape)
{
  g_return_if_fail (LK_IS_CROP_CELL (self));

  if (self->binding != NULL)
    g_binding_unbind (self->binding);
  g_clear_object (&self->binding);
  g_clear_object (&self->proposal);
  lk_crop_area_set_image (self->area, lk_workspace_get_textures (self->workspace),
                          proposal != NULL ? lk_crop_proposal_get_image (proposal) : NULL);

  if (proposal != NULL)
    {
      LkBucketRule rule = lk_bucket_rule_for (lk_project_get_resolution (lk_workspace_get_project (self->workspace)));
      const char *stem = lk_image_get_stem (lk_crop_proposal_get_image (proposal));
      g_autofree char *label = g_strdup_printf (_("Crop %s"), stem);

      /* The shape first: the rectangle has it already. No proposal yet, so that the cell does not take the change for a person's. */
      lk_crop_area_set_shape (self->area, shape, &rule);
      lk_crop_area_set_crop (self->area, lk_crop_proposal_get_crop (proposal));
      self->proposal = g_object_ref (proposal);
      self->binding = g_object_ref (g_object_bind_property (proposal, "taken", self->check, "active",
                                                            G_BINDING_SYNC_CREATE | G_BINDING_BIDIRECTIONAL));
      gtk_label_set_label (self->name, stem);
      gtk_accessible_update_property (GTK_ACCESSIBLE (self->check), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
      update (self);
    }
}

static void
lk_crop_cell_dispose (GObject *object)
{
  LkCropCell *self = LK_CROP_CELL (object);

  if (self->binding != NULL)
    g_binding_unbind (self->binding);
  g_clear_object (&self->binding);
  g_clear_object (&self->proposal);
  gtk_widget_dispose_template (GTK_WIDGET (self), LK_TYPE_CROP_CELL);
  g_clear_object (&self->workspace);

  G_OBJECT_CLASS (lk_crop_cell_parent_class)->dispose (object);
}

static void
lk_crop_cell_class_init (LkCropCellClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = lk_crop_cell_dispose;

  g_type_ensure (LK_TYPE_CROP_AREA);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/likeness/Likeness/lk-crop-cell.ui");
  gtk_widget_class_bind_template_child (widget_class, LkCropCell, area);
  gtk_widget_class_bind_template_child (widget_class, LkCropCell, check);
  gtk_widget_class_bind_template_child (widget_class, LkCropCell, description);
  gtk_widget_class_bind_template_child (widget_class, LkCropCell, name);
  gtk_widget_class_bind_template_callback (widget_class, crop_changed_cb);
}

static void
lk_crop_cell_init (LkCropCell *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  lk_crop_area_set_compact (self->area, TRUE);
}

LkCropCell *
lk_crop_cell_new (LkWorkspace *workspace)
{
  LkCropCell *self = g_object_new (LK_TYPE_CROP_CELL, NULL);

  self->workspace = g_object_ref (workspace);
  return self;
}
