#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>

#include "app/gallery/lk-batch-crop-page.h"
#include "app/gallery/lk-crop-cell.h"
#include "app/gallery/lk-export-dialog.h"

struct _LkBatchCropPage
{
  AdwNavigationPage  parent_instance;

  LkWorkspace       *workspace;       /* owned */
  GPtrArray         *images;          /* owned; LkImages */
  GListStore        *proposals;       /* owned; LkCropProposals */
  LkCropShape        shape;

  AdwToggleGroup    *shape_group;
  GtkButton         *apply_button;
  GtkGridView       *grid;
  GtkLabel          *summary;
};

G_DEFINE_FINAL_TYPE (LkBatchCropPage, lk_batch_crop_page, ADW_TYPE_NAVIGATION_PAGE)

static void
update (LkBatchCropPage *self)
{
  guint n_taken = 0, n_found = 0, n_proposals = g_list_model_get_n_items (G_LIST_MODEL (self->proposals));
  g_autofree char *label = NULL;
  g_autofree char *summary = NULL;

  for (guint i = 0; i < n_proposals; i++)
    {
      g_autoptr (LkCropProposal) proposal = g_list_model_get_item (G_LIST_MODEL (self->proposals), i);

      n_taken += lk_crop_proposal_get_taken (proposal);
      n_found += lk_crop_proposal_get_kind (proposal) > LK_PROPOSAL_MIDDLE;
    }

  label = g_strdup_printf (ngettext ("Crop %u _Picture", "Crop %u _Pictures", n_taken), n_taken);
  gtk_button_set_label (self->apply_button, label);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "batch-crop.apply", n_taken > 0);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "batch-crop.apply-and-export", n_taken > 0);

  summary = g_strdup_printf (ngettext ("Subject found in %u of %u picture; the others are cropped about the middle.",
                                       "Subject found in %u of %u pictures; the others are cropped about the middle.",
                                       n_proposals), n_found, n_proposals);
  gtk_label_set_label (self->summary, summary);
}

/* ---- proposals ---------------------------------------------------------------------------------------------- */

/* Width/height for an image: 1, or that of the training size nearest to its own shape. */
static double
get_aspect (LkBatchCropPage    *self,
            LkImage            *image,
            const LkBucketRule *rule,
            GArray             *buckets)
{
  LkBucket bucket;

  if (self->shape == LK_CROP_SHAPE_SQUARE)
    return 1;

  bucket = lk_bucket_select (rule, buckets, lk_image_get_width (image), lk_image_get_height (image), NULL);
  return (double) bucket.width / bucket.height;
}

static void
propose (LkBatchCropPage *self)
{
  guint resolution = lk_project_get_resolution (lk_workspace_get_project (self->workspace));
  LkBucketRule rule = lk_bucket_rule_for (resolution);
  g_autoptr (GArray) buckets = lk_bucket_list (&rule);
  g_autoptr (GPtrArray) items = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < self->images->len; i++)
    {
      LkImage *image = g_ptr_array_index (self->images, i);
      LkProposal kind;
      LkCropProposal *proposal;
      LkCrop crop;

      if (lk_image_get_width (image) == 0)
        continue;
      kind = lk_crop_propose (image, get_aspect (self, image, &rule, buckets), resolution, &crop);
      proposal = lk_crop_proposal_new (image, kind, &crop);
      g_signal_connect_object (proposal, "notify::taken", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
      g_ptr_array_add (items, proposal);
    }

  g_list_store_splice (self->proposals, 0, g_list_model_get_n_items (G_LIST_MODEL (self->proposals)), items->pdata, items->len);
  update (self);
}

static void
shape_chosen_cb (LkBatchCropPage *self)
{
  const char *name = adw_toggle_group_get_active_name (self->shape_group);
  LkCropShape shape = g_strcmp0 (name, "bucket") == 0 ? LK_CROP_SHAPE_BUCKET : LK_CROP_SHAPE_SQUARE;

  if (self->workspace == NULL || shape == self->shape)
    return;

  self->shape = shape;
  propose (self);
}

/* ---- applying ----------------------------------------------------------------------------------------------- */

static gboolean
apply (LkBatchCropPage *self)
{
  LkProject *project = lk_workspace_get_project (self->workspace);
  g_autofree char *title = NULL;
  LkEdit *edit;
  guint n_taken = 0;

  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (self->proposals)); i++)
    {
      g_autoptr (LkCropProposal) proposal = g_list_model_get_item (G_LIST_MODEL (self->proposals), i);

      n_taken += lk_crop_proposal_get_taken (proposal);
    }

  title = g_strdup_printf (ngettext ("Crop %u Picture", "Crop %u Pictures", n_taken), n_taken);
  edit = lk_edit_new (project, title);
  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (self->proposals)); i++)
    {
      g_autoptr (LkCropProposal) proposal = g_list_model_get_item (G_LIST_MODEL (self->proposals), i);

      if (lk_crop_proposal_get_taken (proposal))
        lk_edit_set_crop (edit, lk_crop_proposal_get_image (proposal), lk_crop_proposal_get_crop (proposal));
    }

  return lk_workspace_apply_undoable (self->workspace, edit, LK_STEP_CROP, n_taken);
}

static void
apply_action (GtkWidget  *widget,
              const char *action_name,
              GVariant   *parameter)
{
  if (apply (LK_BATCH_CROP_PAGE (widget)))
    gtk_widget_activate_action (widget, "navigation.pop", NULL);
}

static void
apply_and_export_action (GtkWidget  *widget,
                         const char *action_name,
                         GVariant   *parameter)
{
  LkBatchCropPage *self = LK_BATCH_CROP_PAGE (widget);
  g_autoptr (LkWorkspace) workspace = g_object_ref (self->workspace);
  g_autoptr (GPtrArray) images = g_ptr_array_ref (self->images);
  GtkWidget *root = GTK_WIDGET (gtk_widget_get_root (widget));

  if (!apply (self))
    return;

  gtk_widget_activate_action (widget, "navigation.pop", NULL);
  adw_dialog_present (ADW_DIALOG (lk_export_dialog_new (workspace, images)), root);
}

/* ---- cells -------------------------------------------------------------------------------------------------- */

static void
setup_cb (LkBatchCropPage *self,
          GtkListItem     *item)
{
  gtk_list_item_set_child (item, GTK_WIDGET (lk_crop_cell_new (self->workspace)));
  /* Tab goes to the handles and the check button, not to the cell around them. */
  gtk_list_item_set_focusable (item, FALSE);
  gtk_list_item_set_activatable (item, FALSE);
}

static void
bind_cb (LkBatchCropPage *self,
         GtkListItem     *item)
{
  LkCropProposal *proposal = gtk_list_item_get_item (item);

  lk_crop_cell_set_proposal (LK_CROP_CELL (gtk_list_item_get_child (item)), proposal, self->shape);
  gtk_list_item_set_accessible_label (item, lk_image_get_stem (lk_crop_proposal_get_image (proposal)));
}

static void
unbind_cb (LkBatchCropPage *self,
           GtkListItem     *item)
{
  lk_crop_cell_set_proposal (LK_CROP_CELL (gtk_list_item_get_child (item)), NULL, self->shape);
}

/* ---- page --------------------------------------------------------------------------------------------------- */

static void
lk_batch_crop_page_dispose (GObject *object)
{
  LkBatchCropPage *self = LK_BATCH_CROP_PAGE (object);

  if (self->grid != NULL)
    gtk_grid_view_set_model (self->grid, NULL);
  gtk_widget_dispose_template (GTK_WIDGET (self), LK_TYPE_BATCH_CROP_PAGE);
  g_clear_object (&self->proposals);
  g_clear_pointer (&self->images, g_ptr_array_unref);
  g_clear_object (&self->workspace);

  G_OBJECT_CLASS (lk_batch_crop_page_parent_class)->dispose (object);
}

static void
lk_batch_crop_page_class_init (LkBatchCropPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = lk_batch_crop_page_dispose;

  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/likeness/Likeness/lk-batch-crop-page.ui");
  gtk_widget_class_bind_template_child (widget_class, LkBatchCropPage, apply_button);
  gtk_widget_class_bind_template_child (widget_class, LkBatchCropPage, grid);
  gtk_widget_class_bind_template_child (widget_class, LkBatchCropPage, shape_group);
  gtk_widget_class_bind_template_child (widget_class, LkBatchCropPage, summary);
  gtk_widget_class_bind_template_callback (widget_class, bind_cb);
  gtk_widget_class_bind_template_callback (widget_class, setup_cb);
  gtk_widget_class_bind_template_callback (widget_class, shape_chosen_cb);
  gtk_widget_class_bind_template_callback (widget_class, unbind_cb);
  gtk_widget_class_install_action (widget_class, "batch-crop.apply", NULL, apply_action);
  gtk_widget_class_install_action (widget_class, "batch-crop.apply-and-export", NULL, apply_and_export_action);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Return, GDK_CONTROL_MASK, "batch-crop.apply", NULL);
}

static void
lk_batch_crop_page_init (LkBatchCropPage *self)
{
  self->proposals = g_list_store_new (LK_TYPE_CROP_PROPOSAL);
  gtk_widget_init_template (GTK_WIDGET (self));
}

LkBatchCropPage *
lk_batch_crop_page_new (LkWorkspace *workspace,
                        GPtrArray   *images)
{
  LkBatchCropPage *self = g_object_new (LK_TYPE_BATCH_CROP_PAGE, NULL);
  g_autoptr (GtkNoSelection) model = gtk_no_selection_new (G_LIST_MODEL (g_object_ref (self->proposals)));

  self->images = g_ptr_array_ref (images);
  self->shape = lk_project_get_use_buckets (lk_workspace_get_project (workspace)) ? LK_CROP_SHAPE_BUCKET : LK_CROP_SHAPE_SQUARE;
  adw_toggle_group_set_active_name (self->shape_group, self->shape == LK_CROP_SHAPE_BUCKET ? "bucket" : "square");
  self->workspace = g_object_ref (workspace);
  propose (self);
  gtk_grid_view_set_model (self->grid, GTK_SELECTION_MODEL (model));

  return self;
}
