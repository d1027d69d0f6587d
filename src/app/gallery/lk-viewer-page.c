#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>

#include "app/gallery/lk-crop-page.h"
#include "app/gallery/lk-decide.h"
#include "app/gallery/lk-viewer-page.h"
#include "app/widgets/lk-picture-view.h"
#include "app/widgets/lk-stars.h"

#define ZOOM_STEP 1.25

struct _LkViewerPage
{
  AdwNavigationPage  parent_instance;

  LkWorkspace       *workspace;       /* owned */
  GListModel        *images;          /* owned */
  LkImage           *image;           /* owned; what is shown */
  guint              position;
  guint              ahead_source;
  gboolean           is_updating;

  AdwToggleGroup    *state_group;
  AdwWindowTitle    *title;
  GtkButton         *next_button;
  GtkButton         *previous_button;
  GtkLabel          *zoom_label;
  LkPictureView     *view;
  LkStars           *stars;
};

G_DEFINE_FINAL_TYPE (LkViewerPage, lk_viewer_page, ADW_TYPE_NAVIGATION_PAGE)

enum
{
  MOVED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

guint
lk_viewer_page_get_position (LkViewerPage *self)
{
  g_return_val_if_fail (LK_IS_VIEWER_PAGE (self), 0);

  return self->position;
}

gboolean
lk_viewer_page_is_loaded (LkViewerPage *self)
{
  g_return_val_if_fail (LK_IS_VIEWER_PAGE (self), FALSE);

  return lk_picture_view_is_loaded (self->view);
}

/* ---- what is shown ------------------------------------------------------------------------------------------ */

static void
update_zoom (LkViewerPage *self)
{
  double scale = lk_picture_view_get_scale (self->view);
  g_autofree char *text = scale > 0 ? g_strdup_printf (_("%.0f %%"), 100 * scale) : g_strdup ("");

  gtk_label_set_label (self->zoom_label, text);
}

static void
update_decisions (LkViewerPage *self)
{
  if (self->image == NULL)
    return;

  self->is_updating = TRUE;
  adw_toggle_group_set_active_name (self->state_group, lk_state_get_id (lk_image_get_state (self->image)));
  lk_stars_set_rating (self->stars, lk_image_get_rating (self->image));
  self->is_updating = FALSE;
}

static void
update_title (LkViewerPage *self)
{
  guint n_images = g_list_model_get_n_items (self->images);
  /* Translators: the number of a picture and how many there are. */
  g_autofree char *place = g_strdup_printf (_("%u of %u"), self->position + 1, n_images);

  adw_window_title_set_title (self->title, lk_image_get_stem (self->image));
  adw_window_title_set_subtitle (self->title, place);
  adw_navigation_page_set_title (ADW_NAVIGATION_PAGE (self), lk_image_get_stem (self->image));
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "viewer.previous", self->position > 0);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "viewer.next", self->position + 1 < n_images);
}

static gboolean
decode_ahead_cb (gpointer user_data)
{
  LkViewerPage *self = user_data;

  self->ahead_source = 0;
  lk_textures_prepare (lk_workspace_get_textures (self->workspace), self->images, self->position);

  return G_SOURCE_REMOVE;
}

static void
show_position (LkViewerPage *self,
               guint         position)
{
  g_autoptr (LkImage) image = g_list_model_get_item (self->images, position);

  if (image == NULL)
    return;

  self->position = position;
  if (image != self->image)
    {
      if (self->image != NULL)
        g_signal_handlers_disconnect_by_func (self->image, update_decisions, self);
      g_set_object (&self->image, image);
      g_signal_connect_object (image, "notify", G_CALLBACK (update_decisions), self, G_CONNECT_SWAPPED);
      lk_picture_view_set_image (self->view, lk_workspace_get_textures (self->workspace), image);
      if (self->ahead_source == 0)
        self->ahead_source = g_idle_add (decode_ahead_cb, self);
      update_decisions (self);
    }
  update_title (self);
  update_zoom (self);
}

void
lk_viewer_page_move (LkViewerPage *self,
                     int           steps)
{
  gint64 n_images, position;

  g_return_if_fail (LK_IS_VIEWER_PAGE (self));

  n_images = g_list_model_get_n_items (self->images);
  position = CLAMP ((gint64) self->position + steps, 0, n_images - 1);
  if (n_images == 0 || position == self->position)
    return;

  show_position (self, position);
  g_signal_emit (self, signals[MOVED], 0, self->position);
}

/* The picture may have moved in the list, or left it. */
static void
images_changed_cb (LkViewerPage *self)
{
  guint n_images = g_list_model_get_n_items (self->images);

  if (n_images == 0)
    {
      gtk_widget_activate_action (GTK_WIDGET (self), "navigation.pop", NULL);
      return;
    }

  for (guint i = 0; i < n_images; i++)
    {
      g_autoptr (LkImage) image = g_list_model_get_item (self->images, i);

      if (image == self->image)
        {
          show_position (self, i);
          return;
        }
    }
  show_position (self, MIN (self->position, n_images - 1));
}

/* ---- actions ------------------------------------------------------------------------------------------------ */

static GPtrArray *
dup_images (LkViewerPage *self)
{
  GPtrArray *images = g_ptr_array_new_with_free_func (g_object_unref);

  if (self->image != NULL)
    g_ptr_array_add (images, g_object_ref (self->image));
  return images;
}

static void
next_action (GtkWidget  *widget,
             const char *action_name,
             GVariant   *parameter)
{
  lk_viewer_page_move (LK_VIEWER_PAGE (widget), 1);
}

static void
previous_action (GtkWidget  *widget,
                 const char *action_name,
                 GVariant   *parameter)
{
  lk_viewer_page_move (LK_VIEWER_PAGE (widget), -1);
}

/* Right is onwards, where one reads from left to right. */
static void
arrow_action (GtkWidget  *widget,
              const char *action_name,
              GVariant   *parameter)
{
  int steps = g_variant_get_int32 (parameter);

  lk_viewer_page_move (LK_VIEWER_PAGE (widget), gtk_widget_get_direction (widget) == GTK_TEXT_DIR_RTL ? -steps : steps);
}

static void
first_action (GtkWidget  *widget,
              const char *action_name,
              GVariant   *parameter)
{
  lk_viewer_page_move (LK_VIEWER_PAGE (widget), -G_MAXINT);
}

static void
last_action (GtkWidget  *widget,
             const char *action_name,
             GVariant   *parameter)
{
  lk_viewer_page_move (LK_VIEWER_PAGE (widget), G_MAXINT);
}

static void
state_action (GtkWidget  *widget,
              const char *action_name,
              GVariant   *parameter)
{
  LkViewerPage *self = LK_VIEWER_PAGE (widget);
  g_autoptr (GPtrArray) images = dup_images (self);

  lk_decide_state (self->workspace, images, g_variant_get_uint32 (parameter));
}

static void
rate_action (GtkWidget  *widget,
             const char *action_name,
             GVariant   *parameter)
{
  LkViewerPage *self = LK_VIEWER_PAGE (widget);
  g_autoptr (GPtrArray) images = dup_images (self);

  lk_decide_rating (self->workspace, images, g_variant_get_uint32 (parameter));
}

static void
clear_action (GtkWidget  *widget,
              const char *action_name,
              GVariant   *parameter)
{
  LkViewerPage *self = LK_VIEWER_PAGE (widget);
  g_autoptr (GPtrArray) images = dup_images (self);

  lk_decide_clear (self->workspace, images);
}

static void
remove_action (GtkWidget  *widget,
               const char *action_name,
               GVariant   *parameter)
{
  LkViewerPage *self = LK_VIEWER_PAGE (widget);
  g_autoptr (GPtrArray) images = dup_images (self);

  lk_decide_remove (self->workspace, images);
}

static void
crop_action (GtkWidget  *widget,
             const char *action_name,
             GVariant   *parameter)
{
  LkViewerPage *self = LK_VIEWER_PAGE (widget);
  GtkWidget *navigation = gtk_widget_get_ancestor (widget, ADW_TYPE_NAVIGATION_VIEW);

  if (navigation != NULL && self->image != NULL)
    adw_navigation_view_push (ADW_NAVIGATION_VIEW (navigation), ADW_NAVIGATION_PAGE (lk_crop_page_new (self->workspace, self->image)));
}

static void
zoom_action (GtkWidget  *widget,
             const char *action_name,
             GVariant   *parameter)
{
  lk_picture_view_zoom_by (LK_VIEWER_PAGE (widget)->view, g_variant_get_int32 (parameter) > 0 ? ZOOM_STEP : 1 / ZOOM_STEP);
}

/* 0: fit. */
static void
zoom_to_action (GtkWidget  *widget,
                const char *action_name,
                GVariant   *parameter)
{
  LkViewerPage *self = LK_VIEWER_PAGE (widget);
  int scale = g_variant_get_int32 (parameter);

  if (scale == 0)
    lk_picture_view_fit (self->view);
  else
    lk_picture_view_zoom_to (self->view, scale);
}

static void
state_chosen_cb (LkViewerPage *self)
{
  const char *name = adw_toggle_group_get_active_name (self->state_group);
  g_autoptr (GPtrArray) images = dup_images (self);

  if (self->is_updating || name == NULL)
    return;

  for (LkState state = LK_STATE_UNDECIDED; state <= LK_STATE_REJECT; state++)
    if (g_str_equal (name, lk_state_get_id (state)))
      lk_decide_state (self->workspace, images, state);
}

static void
rated_cb (LkViewerPage *self,
          guint         rating)
{
  g_autoptr (GPtrArray) images = dup_images (self);

  lk_decide_rating (self->workspace, images, rating);
}

/* The keys are the picture's. */
static void
lk_viewer_page_shown (AdwNavigationPage *page)
{
  gtk_widget_grab_focus (GTK_WIDGET (LK_VIEWER_PAGE (page)->view));
}

/* ---- widget ------------------------------------------------------------------------------------------------- */

static void
lk_viewer_page_dispose (GObject *object)
{
  LkViewerPage *self = LK_VIEWER_PAGE (object);

  g_clear_handle_id (&self->ahead_source, g_source_remove);
  gtk_widget_dispose_template (GTK_WIDGET (self), LK_TYPE_VIEWER_PAGE);
  g_clear_object (&self->image);
  g_clear_object (&self->images);
  g_clear_object (&self->workspace);

  G_OBJECT_CLASS (lk_viewer_page_parent_class)->dispose (object);
}

static void
lk_viewer_page_class_init (LkViewerPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = lk_viewer_page_dispose;
  ADW_NAVIGATION_PAGE_CLASS (klass)->shown = lk_viewer_page_shown;

  signals[MOVED] = g_signal_new ("moved", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_UINT);

  g_type_ensure (LK_TYPE_PICTURE_VIEW);
  g_type_ensure (LK_TYPE_STARS);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/likeness/Likeness/lk-viewer-page.ui");
  gtk_widget_class_bind_template_child (widget_class, LkViewerPage, next_button);
  gtk_widget_class_bind_template_child (widget_class, LkViewerPage, previous_button);
  gtk_widget_class_bind_template_child (widget_class, LkViewerPage, stars);
  gtk_widget_class_bind_template_child (widget_class, LkViewerPage, state_group);
  gtk_widget_class_bind_template_child (widget_class, LkViewerPage, title);
  gtk_widget_class_bind_template_child (widget_class, LkViewerPage, view);
  gtk_widget_class_bind_template_child (widget_class, LkViewerPage, zoom_label);
  gtk_widget_class_bind_template_callback (widget_class, rated_cb);
  gtk_widget_class_bind_template_callback (widget_class, state_chosen_cb);
  gtk_widget_class_bind_template_callback (widget_class, update_zoom);

  gtk_widget_class_install_action (widget_class, "viewer.next", NULL, next_action);
  gtk_widget_class_install_action (widget_class, "viewer.previous", NULL, previous_action);
  gtk_widget_class_install_action (widget_class, "viewer.arrow", "i", arrow_action);
  gtk_widget_class_install_action (widget_class, "viewer.first", NULL, first_action);
  gtk_widget_class_install_action (widget_class, "viewer.last", NULL, last_action);
  gtk_widget_class_install_action (widget_class, "viewer.state", "u", state_action);
  gtk_widget_class_install_action (widget_class, "viewer.rate", "u", rate_action);
  gtk_widget_class_install_action (widget_class, "viewer.clear", NULL, clear_action);
  gtk_widget_class_install_action (widget_class, "viewer.remove", NULL, remove_action);
  gtk_widget_class_install_action (widget_class, "viewer.crop", NULL, crop_action);
  gtk_widget_class_install_action (widget_class, "viewer.zoom", "i", zoom_action);
  gtk_widget_class_install_action (widget_class, "viewer.zoom-to", "i", zoom_to_action);
}

static void
lk_viewer_page_init (LkViewerPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

LkViewerPage *
lk_viewer_page_new (LkWorkspace *workspace,
                    GListModel  *images,
                    guint        position)
{
  LkViewerPage *self = g_object_new (LK_TYPE_VIEWER_PAGE, NULL);
  gboolean is_writable = !lk_project_is_read_only (lk_workspace_get_project (workspace));

  self->workspace = g_object_ref (workspace);
  self->images = g_object_ref (images);
  g_signal_connect_object (images, "items-changed", G_CALLBACK (images_changed_cb), self, G_CONNECT_SWAPPED);
  gtk_widget_set_sensitive (GTK_WIDGET (self->state_group), is_writable);
  gtk_widget_set_sensitive (GTK_WIDGET (self->stars), is_writable);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "viewer.crop", is_writable);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "viewer.remove", is_writable);
  show_position (self, position);

  return self;
}
