#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>
#include <math.h>

#include "app/gallery/lk-crop-area.h"
#include "app/gallery/lk-crop-page.h"
#include "app/gallery/lk-crop-propose.h"
#include "app/gallery/lk-picture-facts.h"
#include "project/lk-prepare.h"

struct _LkCropPage
{
  AdwNavigationPage  parent_instance;

  LkWorkspace       *workspace;       /* owned */
  LkImage           *image;           /* owned */
  LkCrop             before;          /* what it was when the page opened */
  gboolean           is_updating;

  AdwToggleGroup    *shape_group;
  AdwWindowTitle    *title;
  GtkAdjustment     *angle;
  GtkImage          *warning;
  GtkLabel          *description;
  LkCropArea        *area;
};

G_DEFINE_FINAL_TYPE (LkCropPage, lk_crop_page, ADW_TYPE_NAVIGATION_PAGE)

static const char * const shape_names[] = { "square", "bucket", "free" };

/* ---- what training makes of it ------------------------------------------------------------------------------ */

char *
lk_crop_describe (LkProject    *project,
                  LkImage      *image,
                  const LkCrop *crop,
                  gboolean     *is_enlarged)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *scale = NULL;
  LkPreparePlan plan;

  if (is_enlarged != NULL)
    *is_enlarged = FALSE;
  if (!lk_prepare_plan (project, image, NULL, crop, &plan))
    return g_strdup (_("The picture’s size is not known yet"));

  scale = lk_describe_scale (plan.scale);
  g_string_append_printf (text, _("%d × %d px trains at %u × %u"), plan.crop.width, plan.crop.height,
                          plan.target.width, plan.target.height);
  g_string_append_printf (text, " · %s", scale);
  if (plan.lost >= 0.005)
    {
      g_string_append (text, " · ");
      g_string_append_printf (text, _("%.0f %% cut away by the shape"), 100 * plan.lost);
    }
  if (plan.subject_share >= 0)
    {
      g_string_append (text, " · ");
      g_string_append_printf (text, _("subject %.0f %% of the frame"), 100 * plan.subject_share);
    }
  if (is_enlarged != NULL)
    *is_enlarged = plan.scale > 1.05;

  return g_string_free_and_steal (g_steal_pointer (&text));
}

static void
update (LkCropPage *self)
{
  LkCrop crop;
  gboolean is_enlarged;
  g_autofree char *text = NULL;

  lk_crop_area_get_crop (self->area, &crop);
  text = lk_crop_describe (lk_workspace_get_project (self->workspace), self->image, &crop, &is_enlarged);
  gtk_label_set_label (self->description, text);
  gtk_widget_set_visible (GTK_WIDGET (self->warning), is_enlarged);

  self->is_updating = TRUE;
  gtk_adjustment_set_value (self->angle, crop.angle);
  adw_toggle_group_set_active_name (self->shape_group, shape_names[lk_crop_area_get_shape (self->area)]);
  self->is_updating = FALSE;

  gtk_widget_action_set_enabled (GTK_WIDGET (self), "crop.apply", !lk_crop_equal (&crop, &self->before));
}

/* ---- controls ----------------------------------------------------------------------------------------------- */

static void
set_shape (LkCropPage  *self,
           LkCropShape  shape)
{
  LkBucketRule rule = lk_bucket_rule_for (lk_project_get_resolution (lk_workspace_get_project (self->workspace)));

  lk_crop_area_set_shape (self->area, shape, &rule);
}

static void
shape_chosen_cb (LkCropPage *self)
{
  const char *name = adw_toggle_group_get_active_name (self->shape_group);

  if (self->is_updating || self->image == NULL || name == NULL)
    return;

  for (guint i = 0; i < G_N_ELEMENTS (shape_names); i++)
    if (g_str_equal (name, shape_names[i]))
      set_shape (self, i);
  update (self);
}

static void
angle_changed_cb (LkCropPage *self)
{
  if (self->is_updating || self->image == NULL)
    return;

  lk_crop_area_straighten (self->area, gtk_adjustment_get_value (self->angle));
  update (self);
}

static void
turn_action (GtkWidget  *widget,
             const char *action_name,
             GVariant   *parameter)
{
  LkCropPage *self = LK_CROP_PAGE (widget);

  lk_crop_area_turn (self->area, g_variant_get_int32 (parameter));
  update (self);
}

static void
mirror_action (GtkWidget  *widget,
               const char *action_name,
               GVariant   *parameter)
{
  LkCropPage *self = LK_CROP_PAGE (widget);

  lk_crop_area_mirror (self->area, g_variant_get_boolean (parameter));
  update (self);
}

/* The whole picture again, as far as the shape allows. */
static void
reset_action (GtkWidget  *widget,
              const char *action_name,
              GVariant   *parameter)
{
  LkCropPage *self = LK_CROP_PAGE (widget);

  lk_crop_area_set_crop (self->area, &(LkCrop) { 0 });
  set_shape (self, lk_crop_area_get_shape (self->area));
  update (self);
}

/* The aspect of what is there now, around what stands out. */
static void
propose_action (GtkWidget  *widget,
                const char *action_name,
                GVariant   *parameter)
{
  LkCropPage *self = LK_CROP_PAGE (widget);
  LkCrop crop, proposed;

  lk_crop_area_get_crop (self->area, &crop);
  if (lk_crop_propose (self->image, (double) crop.width / crop.height,
                       lk_project_get_resolution (lk_workspace_get_project (self->workspace)), &proposed) == LK_PROPOSAL_NONE)
    return;

  proposed.quarter_turns = crop.quarter_turns;
  proposed.flip_horizontal = crop.flip_horizontal;
  proposed.flip_vertical = crop.flip_vertical;
  lk_crop_area_set_crop (self->area, &proposed);
  update (self);
}

static void
apply_action (GtkWidget  *widget,
              const char *action_name,
              GVariant   *parameter)
{
  LkCropPage *self = LK_CROP_PAGE (widget);
  LkProject *project = lk_workspace_get_project (self->workspace);
  LkEdit *edit = lk_edit_new (project, _("Crop Picture"));
  LkCrop crop;
  guint width, height;

  lk_crop_area_get_crop (self->area, &crop);
  /* The whole frame is no rectangle: the picture stays as it is. */
  lk_crop_get_frame (&crop, lk_image_get_width (self->image), lk_image_get_height (self->image), &width, &height);
  if (crop.x == 0 && crop.y == 0 && crop.width == (int) width && crop.height == (int) height)
    crop.width = crop.height = 0;
  lk_edit_set_crop (edit, self->image, lk_crop_is_empty (&crop) ? NULL : &crop);
  if (lk_workspace_apply_undoable (self->workspace, edit, LK_STEP_CROP, 1))
    gtk_widget_activate_action (widget, "navigation.pop", NULL);
}

/* ---- page --------------------------------------------------------------------------------------------------- */

static void
lk_crop_page_shown (AdwNavigationPage *page)
{
  gtk_widget_child_focus (GTK_WIDGET (LK_CROP_PAGE (page)->area), GTK_DIR_TAB_FORWARD);
}

static void
lk_crop_page_dispose (GObject *object)
{
  LkCropPage *self = LK_CROP_PAGE (object);

  gtk_widget_dispose_template (GTK_WIDGET (self), LK_TYPE_CROP_PAGE);
  g_clear_object (&self->image);
  g_clear_object (&self->workspace);

  G_OBJECT_CLASS (lk_crop_page_parent_class)->dispose (object);
}

static void
lk_crop_page_class_init (LkCropPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = lk_crop_page_dispose;
  ADW_NAVIGATION_PAGE_CLASS (klass)->shown = lk_crop_page_shown;

  g_type_ensure (LK_TYPE_CROP_AREA);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/likeness/Likeness/lk-crop-page.ui");
  gtk_widget_class_bind_template_child (widget_class, LkCropPage, angle);
  gtk_widget_class_bind_template_child (widget_class, LkCropPage, area);
  gtk_widget_class_bind_template_child (widget_class, LkCropPage, description);
  gtk_widget_class_bind_template_child (widget_class, LkCropPage, shape_group);
  gtk_widget_class_bind_template_child (widget_class, LkCropPage, title);
  gtk_widget_class_bind_template_child (widget_class, LkCropPage, warning);
  gtk_widget_class_bind_template_callback (widget_class, angle_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, shape_chosen_cb);
  gtk_widget_class_bind_template_callback (widget_class, update);

  gtk_widget_class_install_action (widget_class, "crop.turn", "i", turn_action);
  gtk_widget_class_install_action (widget_class, "crop.mirror", "b", mirror_action);
  gtk_widget_class_install_action (widget_class, "crop.reset", NULL, reset_action);
  gtk_widget_class_install_action (widget_class, "crop.propose", NULL, propose_action);
  gtk_widget_class_install_action (widget_class, "crop.apply", NULL, apply_action);
}

static void
lk_crop_page_init (LkCropPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

/* The shape that a crop has: what was made as a square or a bucket is kept one. */
static LkCropShape
guess_shape (LkProject    *project,
             const LkCrop *crop)
{
  if (crop->width == 0)
    return lk_project_get_use_buckets (project) ? LK_CROP_SHAPE_BUCKET : LK_CROP_SHAPE_SQUARE;
  if (crop->width == crop->height)
    return LK_CROP_SHAPE_SQUARE;

  return lk_project_get_use_buckets (project) ? LK_CROP_SHAPE_BUCKET : LK_CROP_SHAPE_FREE;
}

LkCropPage *
lk_crop_page_new (LkWorkspace *workspace,
                  LkImage     *image)
{
  LkCropPage *self = g_object_new (LK_TYPE_CROP_PAGE, NULL);
  LkProject *project = lk_workspace_get_project (workspace);
  LkCrop crop;

  self->workspace = g_object_ref (workspace);
  lk_image_get_crop (image, &self->before);
  adw_window_title_set_title (self->title, _("Crop"));
  adw_window_title_set_subtitle (self->title, lk_image_get_stem (image));

  lk_crop_area_set_image (self->area, lk_workspace_get_textures (workspace), image);
  crop = self->before;
  lk_crop_area_set_crop (self->area, &crop);
  self->image = g_object_ref (image);
  set_shape (self, guess_shape (project, &crop));
  /* A crop that is there stays exactly as it is. */
  if (crop.width > 0)
    lk_crop_area_set_crop (self->area, &crop);
  update (self);

  return self;
}
