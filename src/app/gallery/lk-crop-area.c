#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>

#include "app/gallery/lk-crop-area.h"
#include "app/gallery/lk-crop-box.h"
#include "app/gallery/lk-crop-handle.h"

#define N_HANDLES 9
#define LOST_OPACITY 0.3
#define LINE_OPACITY 0.6

/* The inside first: it lies under the others and gets the focus first. */
static const LkEdges handle_edges[N_HANDLES] = {
  LK_EDGE_NONE,
  LK_EDGE_LEFT | LK_EDGE_TOP, LK_EDGE_TOP, LK_EDGE_RIGHT | LK_EDGE_TOP, LK_EDGE_RIGHT,
  LK_EDGE_RIGHT | LK_EDGE_BOTTOM, LK_EDGE_BOTTOM, LK_EDGE_LEFT | LK_EDGE_BOTTOM, LK_EDGE_LEFT,
};

struct _LkCropArea
{
  GtkWidget         parent_instance;

  LkTextures       *textures;           /* owned */
  LkImage          *image;              /* owned */
  GdkTexture       *texture;            /* owned */
  LkTextureRequest *request;            /* belongs to the service */
  guint             pixels;             /* what was asked for */

  LkCrop            crop;               /* with a rectangle, while there is an image */
  LkCropShape       shape;
  LkBucketRule      rule;
  GArray           *buckets;            /* owned; of the rule */
  gboolean          compact;

  LkBox             before;             /* the rectangle when a drag began */
  LkCropHandle     *dragged;            /* one of the handles, during a drag */
  LkCropHandle     *handles[N_HANDLES]; /* children */
};

G_DEFINE_FINAL_TYPE (LkCropArea, lk_crop_area, GTK_TYPE_WIDGET)

enum
{
  CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

/* ---- geometry ----------------------------------------------------------------------------------------------- */

static void
get_frame (LkCropArea *self,
           guint      *width,
           guint      *height)
{
  lk_crop_get_frame (&self->crop, lk_image_get_width (self->image), lk_image_get_height (self->image), width, height);
}

/* Where the rectangle may lie: what straightening leaves inside the picture. */
static LkBox
get_bounds (LkCropArea *self)
{
  guint width, height;

  get_frame (self, &width, &height);
  return lk_crop_inside (self->crop.angle, width, height, 0);
}

static LkBox
get_box (LkCropArea *self)
{
  return (LkBox) { self->crop.x, self->crop.y, self->crop.width, self->crop.height };
}

static int
get_margin (LkCropArea *self)
{
  return self->compact ? 6 : 18;
}

/* Logical pixels per picture pixel; 0: nothing to show. */
static double
get_scale (LkCropArea *self)
{
  double room_x = gtk_widget_get_width (GTK_WIDGET (self)) - 2 * get_margin (self);
  double room_y = gtk_widget_get_height (GTK_WIDGET (self)) - 2 * get_margin (self);
  guint width, height;

  if (self->image == NULL || lk_image_get_width (self->image) == 0 || room_x <= 0 || room_y <= 0)
    return 0;

  get_frame (self, &width, &height);
  return MIN (room_x / width, room_y / height);
}

/* The frame in the widget. */
static graphene_rect_t
get_place (LkCropArea *self)
{
  double scale = get_scale (self);
  guint width, height;

  get_frame (self, &width, &height);
  return GRAPHENE_RECT_INIT ((gtk_widget_get_width (GTK_WIDGET (self)) - width * scale) / 2,
                             (gtk_widget_get_height (GTK_WIDGET (self)) - height * scale) / 2,
                             width * scale, height * scale);
}

static graphene_rect_t
get_box_place (LkCropArea *self)
{
  graphene_rect_t place = get_place (self);
  double scale = get_scale (self);

  return GRAPHENE_RECT_INIT (place.origin.x + self->crop.x * scale, place.origin.y + self->crop.y * scale,
                             self->crop.width * scale, self->crop.height * scale);
}

/* ---- the rectangle ------------------------------------------------------------------------------------------ */

static double
get_aspect (LkCropArea *self,
            LkBox       box)
{
  LkBucket bucket;

  switch (self->shape)
    {
    case LK_CROP_SHAPE_SQUARE:
      return 1;

    case LK_CROP_SHAPE_BUCKET:
      bucket = lk_bucket_select (&self->rule, self->buckets, box.width, box.height, NULL);
      return (double) bucket.width / bucket.height;

    case LK_CROP_SHAPE_FREE:
    default:
      return 0;
    }
}

static void
update_handles (LkCropArea *self)
{
  guint width, height;

  if (self->image == NULL)
    return;

  get_frame (self, &width, &height);
  for (guint i = 0; i < N_HANDLES; i++)
    lk_crop_handle_set_value (self->handles[i], get_box (self), width, height);
  gtk_widget_queue_allocate (GTK_WIDGET (self));
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static void
set_box (LkCropArea *self,
         LkBox       box)
{
  self->crop.x = box.x;
  self->crop.y = box.y;
  self->crop.width = box.width;
  self->crop.height = box.height;
  update_handles (self);
}

static void
change_box (LkCropArea *self,
            LkBox       box)
{
  set_box (self, box);
  g_signal_emit (self, signals[CHANGED], 0);
}

static LkBox
drag (LkCropArea *self,
      LkBox       from,
      LkEdges     edges,
      double      dx,
      double      dy)
{
  LkBox bounds = get_bounds (self);
  LkBox free_box = lk_crop_box_drag (from, edges, dx, dy, self->shape == LK_CROP_SHAPE_SQUARE ? 1 : 0, bounds);

  /* A bucket is chosen by the shape the hand makes, then kept exactly. */
  if (self->shape != LK_CROP_SHAPE_BUCKET || edges == LK_EDGE_NONE)
    return free_box;

  return lk_crop_box_drag (from, edges, dx, dy, get_aspect (self, free_box), bounds);
}

/* Into the bounds and the shape, whatever happened to the frame. */
static LkBox
settle (LkCropArea *self,
        LkBox       box)
{
  LkBox bounds = get_bounds (self);
  double aspect;

  box.width = MIN (box.width, bounds.width);
  box.height = MIN (box.height, bounds.height);
  box.x = CLAMP (box.x, bounds.x, bounds.x + bounds.width - box.width);
  box.y = CLAMP (box.y, bounds.y, bounds.y + bounds.height - box.height);
  aspect = get_aspect (self, box);

  return aspect > 0 ? lk_crop_box_shape (box, aspect, bounds) : box;
}

void
lk_crop_area_set_crop (LkCropArea   *self,
                       const LkCrop *crop)
{
  LkBox bounds;

  g_return_if_fail (LK_IS_CROP_AREA (self));
  g_return_if_fail (self->image != NULL);

  self->crop = *crop;
  bounds = get_bounds (self);
  if (crop->width == 0)
    set_box (self, bounds);
  else
    set_box (self, (LkBox) {
      .width = MIN (crop->width, bounds.width),
      .height = MIN (crop->height, bounds.height),
      .x = CLAMP (crop->x, bounds.x, bounds.x + bounds.width - MIN (crop->width, bounds.width)),
      .y = CLAMP (crop->y, bounds.y, bounds.y + bounds.height - MIN (crop->height, bounds.height)),
    });
}

void
lk_crop_area_get_crop (LkCropArea *self,
                       LkCrop     *crop)
{
  g_return_if_fail (LK_IS_CROP_AREA (self));

  *crop = self->crop;
}

LkCropShape
lk_crop_area_get_shape (LkCropArea *self)
{
  g_return_val_if_fail (LK_IS_CROP_AREA (self), LK_CROP_SHAPE_FREE);

  return self->shape;
}

void
lk_crop_area_set_shape (LkCropArea         *self,
                        LkCropShape         shape,
                        const LkBucketRule *rule)
{
  g_return_if_fail (LK_IS_CROP_AREA (self));

  self->shape = shape;
  self->rule = *rule;
  g_clear_pointer (&self->buckets, g_array_unref);
  self->buckets = lk_bucket_list (rule);
  if (self->image != NULL)
    change_box (self, settle (self, get_box (self)));
}

void
lk_crop_area_turn (LkCropArea *self,
                   int         quarter_turns)
{
  guint width, height;
  LkBox kept;

  g_return_if_fail (LK_IS_CROP_AREA (self));
  g_return_if_fail (self->image != NULL);

  width = lk_image_get_width (self->image);
  height = lk_image_get_height (self->image);
  kept = lk_crop_unmap_box (&self->crop, width, height, get_box (self));
  self->crop.quarter_turns = (self->crop.quarter_turns + quarter_turns + 4) % 4;
  change_box (self, settle (self, lk_crop_map_box (&self->crop, width, height, kept)));
}

void
lk_crop_area_mirror (LkCropArea *self,
                     gboolean    horizontally)
{
  guint width, height;
  LkBox kept;

  g_return_if_fail (LK_IS_CROP_AREA (self));
  g_return_if_fail (self->image != NULL);

  width = lk_image_get_width (self->image);
  height = lk_image_get_height (self->image);
  kept = lk_crop_unmap_box (&self->crop, width, height, get_box (self));
  if (horizontally)
    self->crop.flip_horizontal = !self->crop.flip_horizontal;
  else
    self->crop.flip_vertical = !self->crop.flip_vertical;
  change_box (self, settle (self, lk_crop_map_box (&self->crop, width, height, kept)));
}

void
lk_crop_area_straighten (LkCropArea *self,
                         double      angle)
{
  g_return_if_fail (LK_IS_CROP_AREA (self));
  g_return_if_fail (self->image != NULL);

  self->crop.angle = angle;
  change_box (self, settle (self, get_box (self)));
}

/* ---- hand and keys ------------------------------------------------------------------------------------------ */

static void
handle_moved_cb (LkCropArea   *self,
                 int           dx,
                 int           dy,
                 LkCropHandle *handle)
{
  if (self->image != NULL)
    change_box (self, drag (self, get_box (self), lk_crop_handle_get_edges (handle), dx, dy));
}

static void
drag_begin_cb (LkCropArea     *self,
               double          x,
               double          y,
               GtkGestureDrag *gesture)
{
  GtkWidget *picked = gtk_widget_pick (GTK_WIDGET (self), x, y, GTK_PICK_DEFAULT);

  if (!LK_IS_CROP_HANDLE (picked))
    {
      gtk_gesture_set_state (GTK_GESTURE (gesture), GTK_EVENT_SEQUENCE_DENIED);
      return;
    }

  gtk_gesture_set_state (GTK_GESTURE (gesture), GTK_EVENT_SEQUENCE_CLAIMED);
  gtk_widget_grab_focus (picked);
  self->dragged = LK_CROP_HANDLE (picked);
  self->before = get_box (self);
}

static void
drag_update_cb (LkCropArea *self,
                double      dx,
                double      dy)
{
  double scale = get_scale (self);

  if (self->dragged != NULL && scale > 0)
    change_box (self, drag (self, self->before, lk_crop_handle_get_edges (self->dragged), dx / scale, dy / scale));
}

static void
drag_end_cb (LkCropArea *self)
{
  self->dragged = NULL;
}

/* ---- the picture -------------------------------------------------------------------------------------------- */

static void
made_cb (GdkTexture *texture,
         gpointer    data)
{
  LkCropArea *self = data;

  self->request = NULL;
  if (texture != NULL)
    g_set_object (&self->texture, texture);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static void
drop_texture (LkCropArea *self)
{
  if (self->request != NULL)
    lk_textures_cancel (self->textures, self->request);
  self->request = NULL;
  self->pixels = 0;
  g_clear_object (&self->texture);
}

static void
want_texture (LkCropArea *self)
{
  guint pixels = self->compact ? 640 : LK_TEXTURE_PREVIEW;

  if (self->pixels == pixels)
    return;

  drop_texture (self);
  self->pixels = pixels;
  self->texture = lk_textures_peek (self->textures, self->image, LK_TEXTURE_WHOLE, pixels);
  if (self->texture == NULL)
    self->request = lk_textures_request (self->textures, self->image, LK_TEXTURE_WHOLE, pixels, made_cb, self);
}

void
lk_crop_area_set_image (LkCropArea *self,
                        LkTextures *textures,
                        LkImage    *image)
{
  g_return_if_fail (LK_IS_CROP_AREA (self));
  g_return_if_fail (image == NULL || LK_IS_TEXTURES (textures));

  drop_texture (self);
  g_set_object (&self->textures, textures);
  g_set_object (&self->image, image);
  self->dragged = NULL;
  if (image != NULL)
    lk_crop_area_set_crop (self, &(LkCrop) { 0 });
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

void
lk_crop_area_set_compact (LkCropArea *self,
                          gboolean    compact)
{
  g_return_if_fail (LK_IS_CROP_AREA (self));

  self->compact = compact;
  for (guint i = 0; i < N_HANDLES; i++)
    {
      LkEdges edges = handle_edges[i];
      gboolean is_edge = edges == LK_EDGE_LEFT || edges == LK_EDGE_RIGHT || edges == LK_EDGE_TOP || edges == LK_EDGE_BOTTOM;

      gtk_widget_set_visible (GTK_WIDGET (self->handles[i]), !compact || !is_edge);
    }
  if (compact)
    gtk_widget_add_css_class (GTK_WIDGET (self), "compact");
}

/* ---- widget ------------------------------------------------------------------------------------------------- */

static void
lk_crop_area_measure (GtkWidget      *widget,
                      GtkOrientation  orientation,
                      int             for_size,
                      int            *minimum,
                      int            *natural,
                      int            *minimum_baseline,
                      int            *natural_baseline)
{
  *minimum = 120;
  *natural = 240;
  *minimum_baseline = *natural_baseline = -1;
}

static void
lk_crop_area_size_allocate (GtkWidget *widget,
                            int        width,
                            int        height,
                            int        baseline)
{
  LkCropArea *self = LK_CROP_AREA (widget);
  graphene_rect_t box;

  if (get_scale (self) <= 0)
    {
      for (guint i = 0; i < N_HANDLES; i++)
        gtk_widget_size_allocate (GTK_WIDGET (self->handles[i]), &(GtkAllocation) { 0, 0, 24, 24 }, -1);
      return;
    }

  box = get_box_place (self);
  for (guint i = 0; i < N_HANDLES; i++)
    {
      LkEdges edges = handle_edges[i];
      GtkRequisition size;
      GtkAllocation place;

      gtk_widget_get_preferred_size (GTK_WIDGET (self->handles[i]), &size, NULL);
      place.width = edges == LK_EDGE_NONE ? MAX ((int) box.size.width, 1) : size.width;
      place.height = edges == LK_EDGE_NONE ? MAX ((int) box.size.height, 1) : size.height;
      place.x = box.origin.x + (edges & LK_EDGE_LEFT ? 0 : edges & LK_EDGE_RIGHT ? box.size.width : box.size.width / 2) - place.width / 2;
      place.y = box.origin.y + (edges & LK_EDGE_TOP ? 0 : edges & LK_EDGE_BOTTOM ? box.size.height : box.size.height / 2) - place.height / 2;
      gtk_widget_size_allocate (GTK_WIDGET (self->handles[i]), &place, -1);
    }
}

/* The turned, mirrored and straightened picture, clipped to its frame: lk-crop.h's order. */
static void
append_picture (LkCropArea  *self,
                GtkSnapshot *snapshot)
{
  graphene_rect_t place = get_place (self);
  double scale = get_scale (self);
  double width = lk_image_get_width (self->image) * scale;
  double height = lk_image_get_height (self->image) * scale;

  gtk_snapshot_push_clip (snapshot, &place);
  gtk_snapshot_save (snapshot);
  gtk_snapshot_translate (snapshot, &GRAPHENE_POINT_INIT (place.origin.x + place.size.width / 2, place.origin.y + place.size.height / 2));
  gtk_snapshot_rotate (snapshot, self->crop.angle);
  gtk_snapshot_scale (snapshot, self->crop.flip_horizontal ? -1 : 1, self->crop.flip_vertical ? -1 : 1);
  gtk_snapshot_rotate (snapshot, 90.f * self->crop.quarter_turns);
  gtk_snapshot_append_scaled_texture (snapshot, self->texture, GSK_SCALING_FILTER_TRILINEAR,
                                      &GRAPHENE_RECT_INIT (-width / 2, -height / 2, width, height));
  gtk_snapshot_restore (snapshot);
  gtk_snapshot_pop (snapshot);
}

static void
append_lines (LkCropArea      *self,
              GtkSnapshot     *snapshot,
              graphene_rect_t  box)
{
  GskRoundedRect outline;
  GdkRGBA color;

  gtk_widget_get_color (GTK_WIDGET (self), &color);
  gsk_rounded_rect_init_from_rect (&outline, &box, 0);
  gtk_snapshot_append_border (snapshot, &outline, (float[4]) { 1, 1, 1, 1 }, (GdkRGBA[4]) { color, color, color, color });

  if (self->compact)
    return;

  color.alpha *= LINE_OPACITY;
  for (guint i = 1; i <= 2; i++)
    {
      gtk_snapshot_append_color (snapshot, &color,
                                 &GRAPHENE_RECT_INIT (box.origin.x + i * box.size.width / 3, box.origin.y, 1, box.size.height));
      gtk_snapshot_append_color (snapshot, &color,
                                 &GRAPHENE_RECT_INIT (box.origin.x, box.origin.y + i * box.size.height / 3, box.size.width, 1));
    }
}

static void
lk_crop_area_snapshot (GtkWidget   *widget,
                       GtkSnapshot *snapshot)
{
  LkCropArea *self = LK_CROP_AREA (widget);
  graphene_rect_t box;

  if (get_scale (self) <= 0)
    return;

  want_texture (self);
  box = get_box_place (self);
  if (self->texture != NULL)
    {
      gtk_snapshot_push_opacity (snapshot, LOST_OPACITY);
      append_picture (self, snapshot);
      gtk_snapshot_pop (snapshot);
      gtk_snapshot_push_clip (snapshot, &box);
      append_picture (self, snapshot);
      gtk_snapshot_pop (snapshot);
    }
  append_lines (self, snapshot, box);
  for (guint i = 0; i < N_HANDLES; i++)
    gtk_widget_snapshot_child (widget, GTK_WIDGET (self->handles[i]), snapshot);
}

static void
lk_crop_area_dispose (GObject *object)
{
  LkCropArea *self = LK_CROP_AREA (object);
  GtkWidget *handle;

  drop_texture (self);
  while ((handle = gtk_widget_get_first_child (GTK_WIDGET (self))) != NULL)
    gtk_widget_unparent (handle);
  g_clear_object (&self->image);
  g_clear_object (&self->textures);
  g_clear_pointer (&self->buckets, g_array_unref);

  G_OBJECT_CLASS (lk_crop_area_parent_class)->dispose (object);
}

static void
lk_crop_area_class_init (LkCropAreaClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = lk_crop_area_dispose;
  widget_class->measure = lk_crop_area_measure;
  widget_class->size_allocate = lk_crop_area_size_allocate;
  widget_class->snapshot = lk_crop_area_snapshot;

  signals[CHANGED] = g_signal_new ("changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);

  gtk_widget_class_set_css_name (widget_class, "croparea");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_GROUP);
}

static void
lk_crop_area_init (LkCropArea *self)
{
  GtkGesture *gesture = gtk_gesture_drag_new ();

  self->shape = LK_CROP_SHAPE_FREE;
  gtk_widget_set_overflow (GTK_WIDGET (self), GTK_OVERFLOW_HIDDEN);
  /* A picture is not mirrored with the language. */
  gtk_widget_set_direction (GTK_WIDGET (self), GTK_TEXT_DIR_LTR);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Crop"), -1);

  g_signal_connect_swapped (gesture, "drag-begin", G_CALLBACK (drag_begin_cb), self);
  g_signal_connect_swapped (gesture, "drag-update", G_CALLBACK (drag_update_cb), self);
  g_signal_connect_swapped (gesture, "drag-end", G_CALLBACK (drag_end_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (gesture));

  for (guint i = 0; i < N_HANDLES; i++)
    {
      self->handles[i] = lk_crop_handle_new (handle_edges[i]);
      g_signal_connect_object (self->handles[i], "moved", G_CALLBACK (handle_moved_cb), self, G_CONNECT_SWAPPED);
      gtk_widget_set_parent (GTK_WIDGET (self->handles[i]), GTK_WIDGET (self));
    }
}

LkCropArea *
lk_crop_area_new (void)
{
  return g_object_new (LK_TYPE_CROP_AREA, NULL);
}
