#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>
#include <math.h>

#include "app/widgets/lk-picture-view.h"

#define MAX_SCALE 8.0                 /* screen pixels per picture pixel */
#define WHEEL_STEP 1.2

struct _LkPictureView
{
  GtkWidget         parent_instance;

  LkTextures       *textures;         /* owned */
  LkImage          *image;            /* owned */
  GdkTexture       *texture;          /* owned; the best there is so far */
  LkTextureRequest *preview_request;  /* both belong to the service */
  LkTextureRequest *full_request;
  gboolean          has_preview;
  gboolean          has_full;
  gboolean          is_unreadable;

  LkView            view;
  double            last_scale;       /* that "view-changed" told of */
  guint             scale_source;
  double            pointer_x, pointer_y;
  LkView            before;           /* a gesture's start */
};

G_DEFINE_FINAL_TYPE (LkPictureView, lk_picture_view, GTK_TYPE_WIDGET)

enum
{
  VIEW_CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

/* ---- geometry ----------------------------------------------------------------------------------------------- */

/* The picture's size in its own pixels: what the crop keeps. FALSE: not known yet. */
static gboolean
get_picture_size (LkPictureView *self,
                  double        *width,
                  double        *height)
{
  LkCrop crop;
  LkBox box;

  if (self->image == NULL)
    return FALSE;
  if (lk_image_get_width (self->image) == 0)
    {
      if (self->texture == NULL)
        return FALSE;
      *width = gdk_texture_get_width (self->texture);
      *height = gdk_texture_get_height (self->texture);
      return TRUE;
    }

  lk_image_get_crop (self->image, &crop);
  box = lk_crop_get_box (&crop, lk_image_get_width (self->image), lk_image_get_height (self->image));
  *width = box.width;
  *height = box.height;
  return TRUE;
}

/* Logical pixels per picture pixel when it fits; small pictures are not enlarged beyond their pixels. */
static double
get_fit (LkPictureView *self)
{
  double width, height;

  if (!get_picture_size (self, &width, &height))
    return 0;

  return MIN (MIN (gtk_widget_get_width (GTK_WIDGET (self)) / width, gtk_widget_get_height (GTK_WIDGET (self)) / height), 2.0);
}

/* Where the whole picture lies in the widget. */
static gboolean
get_place (LkPictureView   *self,
           graphene_rect_t *place)
{
  double scale = get_fit (self) * self->view.zoom;
  double width, height;

  if (scale <= 0 || !get_picture_size (self, &width, &height))
    return FALSE;

  width *= scale;
  height *= scale;
  graphene_rect_init (place,
                      gtk_widget_get_width (GTK_WIDGET (self)) / 2.0 - self->view.x * width,
                      gtk_widget_get_height (GTK_WIDGET (self)) / 2.0 - self->view.y * height,
                      width, height);
  return TRUE;
}

double
lk_picture_view_get_scale (LkPictureView *self)
{
  g_return_val_if_fail (LK_IS_PICTURE_VIEW (self), 0);

  return get_fit (self) * self->view.zoom * gtk_widget_get_scale_factor (GTK_WIDGET (self));
}

/* A side that fits stays in the middle; a longer one fills the widget. */
static double
clamp_centre (double centre,
              double picture,
              double widget)
{
  double half;

  if (picture <= widget || picture <= 0)
    return 0.5;

  half = widget / picture / 2;
  return CLAMP (centre, half, 1 - half);
}

static void
clamp_view (LkPictureView *self)
{
  double fit = get_fit (self);
  double width, height;

  if (fit <= 0 || !get_picture_size (self, &width, &height))
    return;

  self->view.zoom = CLAMP (self->view.zoom, 1, MAX (MAX_SCALE / fit, 1));
  self->view.x = clamp_centre (self->view.x, width * fit * self->view.zoom, gtk_widget_get_width (GTK_WIDGET (self)));
  self->view.y = clamp_centre (self->view.y, height * fit * self->view.zoom, gtk_widget_get_height (GTK_WIDGET (self)));
}

/* ---- textures ----------------------------------------------------------------------------------------------- */

static void
preview_made_cb (GdkTexture *texture,
                 gpointer    data)
{
  LkPictureView *self = data;

  self->preview_request = NULL;
  if (texture == NULL)
    self->is_unreadable = TRUE;
  else if (!self->has_full)
    g_set_object (&self->texture, texture);
  self->has_preview = TRUE;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static void
full_made_cb (GdkTexture *texture,
              gpointer    data)
{
  LkPictureView *self = data;

  self->full_request = NULL;
  if (texture == NULL)
    return;
  g_set_object (&self->texture, texture);
  self->has_full = TRUE;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static void
cancel (LkPictureView     *self,
        LkTextureRequest **request)
{
  if (*request != NULL)
    lk_textures_cancel (self->textures, *request);
  *request = NULL;
}

static void
load (LkPictureView *self)
{
  static const guint placeholders[] = { 640, 256 };

  self->texture = lk_textures_peek (self->textures, self->image, LK_TEXTURE_CROPPED, LK_TEXTURE_PREVIEW);
  self->has_preview = self->texture != NULL;
  for (guint i = 0; i < G_N_ELEMENTS (placeholders) && self->texture == NULL; i++)
    self->texture = lk_textures_peek (self->textures, self->image, LK_TEXTURE_CROPPED, placeholders[i]);
  if (!self->has_preview)
    self->preview_request = lk_textures_request (self->textures, self->image, LK_TEXTURE_CROPPED, LK_TEXTURE_PREVIEW,
                                                 preview_made_cb, self);
}

/* Asks for every pixel when the preview has fewer than the screen shows. */
static void
want_full (LkPictureView *self)
{
  double width, height;

  if (!self->has_preview || self->has_full || self->full_request != NULL || self->texture == NULL ||
      !get_picture_size (self, &width, &height))
    return;
  if (MAX (width, height) <= LK_TEXTURE_PREVIEW || lk_picture_view_get_scale (self) * width <= gdk_texture_get_width (self->texture))
    return;

  self->full_request = lk_textures_request (self->textures, self->image, LK_TEXTURE_CROPPED, LK_TEXTURE_FULL, full_made_cb, self);
}

static void
unload (LkPictureView *self)
{
  cancel (self, &self->preview_request);
  cancel (self, &self->full_request);
  g_clear_object (&self->texture);
  self->has_preview = FALSE;
  self->has_full = FALSE;
  self->is_unreadable = FALSE;
}

static void
image_notify_cb (LkPictureView *self,
                 GParamSpec    *pspec)
{
  if (!g_str_equal (pspec->name, "crop") && !g_str_equal (pspec->name, "modified"))
    return;

  unload (self);
  load (self);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

void
lk_picture_view_set_image (LkPictureView *self,
                           LkTextures    *textures,
                           LkImage       *image)
{
  g_return_if_fail (LK_IS_PICTURE_VIEW (self));
  g_return_if_fail (image == NULL || LK_IS_TEXTURES (textures));

  if (self->image == image)
    return;

  if (self->image != NULL)
    g_signal_handlers_disconnect_by_func (self->image, image_notify_cb, self);
  unload (self);
  g_set_object (&self->textures, textures);
  g_set_object (&self->image, image);
  self->view = (LkView) { 1, 0.5, 0.5 };
  if (image != NULL)
    {
      g_signal_connect_object (image, "notify", G_CALLBACK (image_notify_cb), self, G_CONNECT_SWAPPED);
      load (self);
      gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, lk_image_get_stem (image), -1);
    }
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

gboolean
lk_picture_view_is_loaded (LkPictureView *self)
{
  g_return_val_if_fail (LK_IS_PICTURE_VIEW (self), FALSE);

  return self->has_preview && self->texture != NULL;
}

/* ---- view --------------------------------------------------------------------------------------------------- */

void
lk_picture_view_get_view (LkPictureView *self,
                          LkView        *view)
{
  g_return_if_fail (LK_IS_PICTURE_VIEW (self));

  *view = self->view;
}

void
lk_picture_view_set_view (LkPictureView *self,
                          const LkView  *view)
{
  g_return_if_fail (LK_IS_PICTURE_VIEW (self));

  self->view = *view;
  clamp_view (self);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static void
change_view (LkPictureView *self,
             LkView         view)
{
  lk_picture_view_set_view (self, &view);
  g_signal_emit (self, signals[VIEW_CHANGED], 0);
}

/* Zooms so that the point of the picture under `x`, `y` stays there. */
static void
zoom_about (LkPictureView *self,
            double         zoom,
            double         x,
            double         y)
{
  LkView view = self->view;
  graphene_rect_t place;
  double dx, dy, ratio;

  if (!get_place (self, &place))
    return;

  zoom = CLAMP (zoom, 1, MAX (MAX_SCALE / get_fit (self), 1));
  ratio = zoom / view.zoom;
  dx = (x - gtk_widget_get_width (GTK_WIDGET (self)) / 2.0) / place.size.width;
  dy = (y - gtk_widget_get_height (GTK_WIDGET (self)) / 2.0) / place.size.height;
  view.x += dx - dx / ratio;
  view.y += dy - dy / ratio;
  view.zoom = zoom;
  change_view (self, view);
}

void
lk_picture_view_zoom_by (LkPictureView *self,
                         double         factor)
{
  g_return_if_fail (LK_IS_PICTURE_VIEW (self));

  zoom_about (self, self->view.zoom * factor,
              gtk_widget_get_width (GTK_WIDGET (self)) / 2.0, gtk_widget_get_height (GTK_WIDGET (self)) / 2.0);
}

void
lk_picture_view_fit (LkPictureView *self)
{
  g_return_if_fail (LK_IS_PICTURE_VIEW (self));

  change_view (self, (LkView) { 1, 0.5, 0.5 });
}

void
lk_picture_view_zoom_to (LkPictureView *self,
                         double         scale)
{
  double now;

  g_return_if_fail (LK_IS_PICTURE_VIEW (self));

  now = lk_picture_view_get_scale (self);
  if (now > 0)
    lk_picture_view_zoom_by (self, scale / now);
}

/* ---- input -------------------------------------------------------------------------------------------------- */

static void
motion_cb (LkPictureView *self,
           double         x,
           double         y)
{
  self->pointer_x = x;
  self->pointer_y = y;
}

static void
pan_by (LkPictureView *self,
        LkView         from,
        double         dx,
        double         dy)
{
  graphene_rect_t place;

  if (!get_place (self, &place))
    return;

  from.x -= dx / place.size.width;
  from.y -= dy / place.size.height;
  change_view (self, from);
}

static gboolean
scroll_cb (LkPictureView            *self,
           double                    dx,
           double                    dy,
           GtkEventControllerScroll *controller)
{
  GdkModifierType state = gtk_event_controller_get_current_event_state (GTK_EVENT_CONTROLLER (controller));

  if (gtk_event_controller_scroll_get_unit (controller) == GDK_SCROLL_UNIT_SURFACE && !(state & GDK_CONTROL_MASK))
    pan_by (self, self->view, -dx, -dy);
  else
    zoom_about (self, self->view.zoom * pow (WHEEL_STEP, -dy), self->pointer_x, self->pointer_y);

  return GDK_EVENT_STOP;
}

static void
drag_begin_cb (LkPictureView *self)
{
  self->before = self->view;
}

static void
drag_update_cb (LkPictureView *self,
                double         dx,
                double         dy)
{
  if (self->before.zoom == self->view.zoom)
    pan_by (self, self->before, dx, dy);
}

static void
pinch_begin_cb (LkPictureView *self)
{
  self->before = self->view;
}

static void
pinch_changed_cb (LkPictureView *self,
                  double         scale,
                  GtkGesture    *gesture)
{
  double x, y;

  if (gtk_gesture_get_bounding_box_center (gesture, &x, &y))
    zoom_about (self, self->before.zoom * scale, x, y);
}

static void
pressed_cb (LkPictureView *self,
            int            n_press,
            double         x,
            double         y)
{
  if (n_press != 2)
    return;

  if (self->view.zoom > 1.001)
    lk_picture_view_fit (self);
  else
    zoom_about (self, gtk_widget_get_scale_factor (GTK_WIDGET (self)) / lk_picture_view_get_scale (self), x, y);
}

/* ---- widget ------------------------------------------------------------------------------------------------- */

static void
tell_scale_cb (gpointer user_data)
{
  LkPictureView *self = user_data;

  self->scale_source = 0;
  g_signal_emit (self, signals[VIEW_CHANGED], 0);
}

/* The scale follows the size; who shows it must not lay out during a layout. */
static void
lk_picture_view_size_allocate (GtkWidget *widget,
                               int        width,
                               int        height,
                               int        baseline)
{
  LkPictureView *self = LK_PICTURE_VIEW (widget);
  double scale;

  clamp_view (self);
  scale = lk_picture_view_get_scale (self);
  if (scale != self->last_scale && self->scale_source == 0)
    self->scale_source = g_idle_add_once (tell_scale_cb, self);
  self->last_scale = scale;
}

static void
lk_picture_view_snapshot (GtkWidget   *widget,
                          GtkSnapshot *snapshot)
{
  LkPictureView *self = LK_PICTURE_VIEW (widget);
  graphene_rect_t place;

  if (self->texture == NULL || !get_place (self, &place))
    return;

  want_full (self);
  gtk_snapshot_append_scaled_texture (snapshot, self->texture,
                                      lk_picture_view_get_scale (self) >= 2 ? GSK_SCALING_FILTER_NEAREST : GSK_SCALING_FILTER_TRILINEAR,
                                      &place);
}

static void
lk_picture_view_dispose (GObject *object)
{
  LkPictureView *self = LK_PICTURE_VIEW (object);

  g_clear_handle_id (&self->scale_source, g_source_remove);
  lk_picture_view_set_image (self, self->textures, NULL);
  g_clear_object (&self->textures);

  G_OBJECT_CLASS (lk_picture_view_parent_class)->dispose (object);
}

static void
lk_picture_view_class_init (LkPictureViewClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = lk_picture_view_dispose;
  widget_class->size_allocate = lk_picture_view_size_allocate;
  widget_class->snapshot = lk_picture_view_snapshot;

  signals[VIEW_CHANGED] = g_signal_new ("view-changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);

  gtk_widget_class_set_css_name (widget_class, "pictureview");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
lk_picture_view_init (LkPictureView *self)
{
  GtkEventController *motion = gtk_event_controller_motion_new ();
  GtkEventController *scroll = gtk_event_controller_scroll_new (GTK_EVENT_CONTROLLER_SCROLL_BOTH_AXES);
  GtkGesture *drag = gtk_gesture_drag_new ();
  GtkGesture *pinch = gtk_gesture_zoom_new ();
  GtkGesture *click = gtk_gesture_click_new ();

  self->view = (LkView) { 1, 0.5, 0.5 };
  gtk_widget_set_focusable (GTK_WIDGET (self), TRUE);
  gtk_widget_set_overflow (GTK_WIDGET (self), GTK_OVERFLOW_HIDDEN);
  gtk_widget_set_hexpand (GTK_WIDGET (self), TRUE);
  gtk_widget_set_vexpand (GTK_WIDGET (self), TRUE);

  g_signal_connect_swapped (motion, "motion", G_CALLBACK (motion_cb), self);
  g_signal_connect_swapped (scroll, "scroll", G_CALLBACK (scroll_cb), self);
  g_signal_connect_swapped (drag, "drag-begin", G_CALLBACK (drag_begin_cb), self);
  g_signal_connect_swapped (drag, "drag-update", G_CALLBACK (drag_update_cb), self);
  g_signal_connect_swapped (pinch, "begin", G_CALLBACK (pinch_begin_cb), self);
  g_signal_connect_swapped (pinch, "scale-changed", G_CALLBACK (pinch_changed_cb), self);
  g_signal_connect_swapped (click, "pressed", G_CALLBACK (pressed_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), motion);
  gtk_widget_add_controller (GTK_WIDGET (self), scroll);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (drag));
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (pinch));
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (click));
}

LkPictureView *
lk_picture_view_new (void)
{
  return g_object_new (LK_TYPE_PICTURE_VIEW, NULL);
}
