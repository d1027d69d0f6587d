#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>

#include "app/gallery/lk-thumbnail.h"

#define CORNER 6
#define BADGE_MARGIN 4

typedef enum
{
  BADGE_STATE,
  BADGE_FINDING,
  BADGE_RATING,
  N_BADGES
} Badge;

struct _LkThumbnail
{
  GtkWidget           parent_instance;

  LkWorkspace        *workspace;       /* owned */
  LkImage            *image;           /* owned */
  GdkTexture         *texture;         /* owned */
  LkTextureRequest *request;         /* belongs to the service */
  gboolean            is_unreadable;
  gboolean            show_badges;
  int                 size;

  GtkWidget          *badges[N_BADGES];   /* children, made when needed */
};

G_DEFINE_FINAL_TYPE (LkThumbnail, lk_thumbnail, GTK_TYPE_WIDGET)

enum
{
  PROP_SIZE = 1,
  PROP_SHOW_BADGES,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

/* ---- texture ------------------------------------------------------------------------------------------------ */

static guint
get_pixels (LkThumbnail *self)
{
  return self->size * gtk_widget_get_scale_factor (GTK_WIDGET (self));
}

static void
drop_texture (LkThumbnail *self)
{
  if (self->request != NULL)
    lk_textures_cancel (lk_workspace_get_textures (self->workspace), self->request);
  self->request = NULL;
  self->is_unreadable = FALSE;
  g_clear_object (&self->texture);
}

static void
made_cb (GdkTexture *texture,
         gpointer    data)
{
  LkThumbnail *self = data;

  self->request = NULL;
  self->is_unreadable = texture == NULL;
  g_set_object (&self->texture, texture);
  /* Badges stand on the picture's corners. */
  gtk_widget_queue_allocate (GTK_WIDGET (self));
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static void
want_texture (LkThumbnail *self)
{
  LkTextures *service;

  if (self->texture != NULL || self->request != NULL || self->image == NULL || self->is_unreadable)
    return;

  service = lk_workspace_get_textures (self->workspace);
  self->texture = lk_textures_peek (service, self->image, LK_TEXTURE_CROPPED, get_pixels (self));
  if (self->texture == NULL)
    self->request = lk_textures_request (service, self->image, LK_TEXTURE_CROPPED, get_pixels (self), made_cb, self);
}

/* ---- badges ------------------------------------------------------------------------------------------------- */

static void
set_badge_icon (LkThumbnail *self,
                Badge        badge,
                const char  *icon_name,
                const char  *css_class)
{
  GtkWidget **widget = &self->badges[badge];

  if (icon_name == NULL)
    {
      if (*widget != NULL)
        gtk_widget_set_visible (*widget, FALSE);
      return;
    }

  if (*widget == NULL)
    {
      *widget = gtk_image_new ();
      gtk_widget_add_css_class (*widget, "thumbnail-badge");
      gtk_widget_set_parent (*widget, GTK_WIDGET (self));
    }
  gtk_image_set_from_icon_name (GTK_IMAGE (*widget), icon_name);
  gtk_widget_set_css_classes (*widget, (const char *[]) { "thumbnail-badge", css_class, NULL });
  gtk_widget_set_visible (*widget, TRUE);
}

static void
set_badge_text (LkThumbnail *self,
                const char  *text)
{
  GtkWidget **widget = &self->badges[BADGE_RATING];

  if (text == NULL)
    {
      if (*widget != NULL)
        gtk_widget_set_visible (*widget, FALSE);
      return;
    }

  if (*widget == NULL)
    {
      *widget = gtk_label_new (NULL);
      gtk_widget_set_css_classes (*widget, (const char *[]) { "thumbnail-badge", "rating", NULL });
      gtk_widget_set_parent (*widget, GTK_WIDGET (self));
    }
  gtk_label_set_label (GTK_LABEL (*widget), text);
  gtk_widget_set_visible (*widget, TRUE);
}

static void
update_badges (LkThumbnail *self)
{
  static const char * const stars[] = { NULL, "★", "★★", "★★★", "★★★★", "★★★★★" };
  gboolean show = self->show_badges && self->image != NULL;
  LkState state = show ? lk_image_get_state (self->image) : LK_STATE_UNDECIDED;
  LkSeverity severity = show && state != LK_STATE_REJECT ? lk_image_get_severity (self->image) : LK_SEVERITY_NONE;

  if (show && lk_image_get_trouble (self->image) != NULL)
    severity = LK_SEVERITY_ERROR;

  set_badge_icon (self, BADGE_STATE,
                  state == LK_STATE_REJECT ? "lk-reject-symbolic" : state == LK_STATE_KEEP ? "lk-keep-symbolic" : NULL,
                  state == LK_STATE_KEEP ? "success" : "rejected");
  set_badge_icon (self, BADGE_FINDING,
                  severity == LK_SEVERITY_ERROR ? "dialog-error-symbolic"
                  : severity == LK_SEVERITY_WARNING ? "dialog-warning-symbolic" : NULL,
                  severity == LK_SEVERITY_ERROR ? "error" : "warning");
  set_badge_text (self, show ? stars[MIN (lk_image_get_rating (self->image), 5)] : NULL);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static void
image_notify_cb (LkThumbnail *self,
                 GParamSpec  *pspec)
{
  if (g_str_equal (pspec->name, "crop") || g_str_equal (pspec->name, "modified") || g_str_equal (pspec->name, "trouble"))
    drop_texture (self);
  update_badges (self);
}

static gboolean
lk_thumbnail_query_tooltip (GtkWidget  *widget,
                            int         x,
                            int         y,
                            gboolean    keyboard_tip,
                            GtkTooltip *tooltip)
{
  LkThumbnail *self = LK_THUMBNAIL (widget);
  g_autoptr (GString) text = NULL;
  g_autoptr (GPtrArray) findings = NULL;

  if (self->image == NULL || !self->show_badges)
    return FALSE;

  text = g_string_new (lk_image_get_name (self->image));
  if (lk_image_get_trouble (self->image) != NULL)
    g_string_append_printf (text, "\n%s", lk_image_get_trouble (self->image));
  findings = lk_checks_check_image (lk_workspace_get_checks (self->workspace), self->image, NULL);
  for (guint i = 0; i < MIN (findings->len, 5); i++)
    g_string_append_printf (text, "\n%s", lk_finding_get_sentence (g_ptr_array_index (findings, i)));
  gtk_tooltip_set_text (tooltip, text->str);

  return TRUE;
}

/* ---- what is shown ------------------------------------------------------------------------------------------ */

void
lk_thumbnail_set_workspace (LkThumbnail *self,
                            LkWorkspace *workspace)
{
  g_return_if_fail (LK_IS_THUMBNAIL (self));
  g_return_if_fail (self->image == NULL);

  g_set_object (&self->workspace, workspace);
}

void
lk_thumbnail_set_image (LkThumbnail *self,
                        LkImage     *image)
{
  g_return_if_fail (LK_IS_THUMBNAIL (self));
  g_return_if_fail (image == NULL || self->workspace != NULL);

  if (self->image == image)
    return;

  if (self->image != NULL)
    g_signal_handlers_disconnect_by_func (self->image, image_notify_cb, self);
  drop_texture (self);
  g_set_object (&self->image, image);
  if (image != NULL)
    g_signal_connect_object (image, "notify", G_CALLBACK (image_notify_cb), self, G_CONNECT_SWAPPED);
  update_badges (self);
}

LkImage *
lk_thumbnail_get_image (LkThumbnail *self)
{
  g_return_val_if_fail (LK_IS_THUMBNAIL (self), NULL);

  return self->image;
}

void
lk_thumbnail_set_size (LkThumbnail *self,
                       int          size)
{
  g_return_if_fail (LK_IS_THUMBNAIL (self));

  if (self->size == size)
    return;

  self->size = size;
  drop_texture (self);
  gtk_widget_queue_resize (GTK_WIDGET (self));
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SIZE]);
}

void
lk_thumbnail_set_show_badges (LkThumbnail *self,
                              gboolean     show_badges)
{
  g_return_if_fail (LK_IS_THUMBNAIL (self));

  self->show_badges = show_badges;
  gtk_widget_set_has_tooltip (GTK_WIDGET (self), show_badges);
  update_badges (self);
}

gboolean
lk_thumbnail_is_loaded (LkThumbnail *self)
{
  g_return_val_if_fail (LK_IS_THUMBNAIL (self), FALSE);

  return self->texture != NULL;
}

/* ---- widget ------------------------------------------------------------------------------------------------- */

static void
lk_thumbnail_measure (GtkWidget      *widget,
                      GtkOrientation  orientation,
                      int             for_size,
                      int            *minimum,
                      int            *natural,
                      int            *minimum_baseline,
                      int            *natural_baseline)
{
  *minimum = *natural = LK_THUMBNAIL (widget)->size;
  *minimum_baseline = *natural_baseline = -1;
}

/* The picture's place: as large as fits, in the middle; all of it while there is no picture. */
static graphene_rect_t
fit (LkThumbnail *self,
     int          width,
     int          height)
{
  double scale, w, h;

  if (self->texture == NULL)
    return GRAPHENE_RECT_INIT (0, 0, width, height);

  scale = MIN ((double) width / gdk_texture_get_width (self->texture), (double) height / gdk_texture_get_height (self->texture));
  w = gdk_texture_get_width (self->texture) * scale;
  h = gdk_texture_get_height (self->texture) * scale;

  return GRAPHENE_RECT_INIT ((width - w) / 2, (height - h) / 2, w, h);
}

static void
lk_thumbnail_size_allocate (GtkWidget *widget,
                            int        width,
                            int        height,
                            int        baseline)
{
  LkThumbnail *self = LK_THUMBNAIL (widget);
  graphene_rect_t picture = fit (self, width, height);
  gboolean is_rtl = gtk_widget_get_direction (widget) == GTK_TEXT_DIR_RTL;

  for (guint i = 0; i < N_BADGES; i++)
    {
      GtkRequisition size;
      GtkAllocation place;
      gboolean at_left = (i == BADGE_FINDING) == is_rtl;

      if (self->badges[i] == NULL || !gtk_widget_should_layout (self->badges[i]))
        continue;

      gtk_widget_get_preferred_size (self->badges[i], &size, NULL);
      place.width = size.width;
      place.height = size.height;
      place.x = picture.origin.x + (at_left ? BADGE_MARGIN : picture.size.width - size.width - BADGE_MARGIN);
      place.y = picture.origin.y + (i == BADGE_RATING ? picture.size.height - size.height - BADGE_MARGIN : BADGE_MARGIN);
      gtk_widget_size_allocate (self->badges[i], &place, -1);
    }
}

static void
lk_thumbnail_snapshot (GtkWidget   *widget,
                       GtkSnapshot *snapshot)
{
  LkThumbnail *self = LK_THUMBNAIL (widget);
  int width = gtk_widget_get_width (widget);
  int height = gtk_widget_get_height (widget);
  GskRoundedRect corners;

  want_texture (self);

  if (self->texture != NULL)
    {
      graphene_rect_t place = fit (self, width, height);
      gboolean is_rejected = self->show_badges && self->image != NULL && lk_image_get_state (self->image) == LK_STATE_REJECT;

      gsk_rounded_rect_init_from_rect (&corners, &place, CORNER);
      if (is_rejected)
        gtk_snapshot_push_opacity (snapshot, 0.3);
      gtk_snapshot_push_rounded_clip (snapshot, &corners);
      gtk_snapshot_append_scaled_texture (snapshot, self->texture, GSK_SCALING_FILTER_TRILINEAR, &place);
      gtk_snapshot_pop (snapshot);
      if (is_rejected)
        gtk_snapshot_pop (snapshot);
    }
  else if (self->image != NULL)
    {
      GdkRGBA color;

      gtk_widget_get_color (widget, &color);
      color.alpha *= 0.06;
      gsk_rounded_rect_init_from_rect (&corners, &GRAPHENE_RECT_INIT (0, 0, width, height), CORNER);
      gtk_snapshot_push_rounded_clip (snapshot, &corners);
      gtk_snapshot_append_color (snapshot, &color, &GRAPHENE_RECT_INIT (0, 0, width, height));
      gtk_snapshot_pop (snapshot);
    }

  for (guint i = 0; i < N_BADGES; i++)
    if (self->badges[i] != NULL)
      gtk_widget_snapshot_child (widget, self->badges[i], snapshot);
}

static void
lk_thumbnail_unmap (GtkWidget *widget)
{
  LkThumbnail *self = LK_THUMBNAIL (widget);

  /* What nobody sees needs no decoding; a texture that is there stays. */
  if (self->request != NULL)
    drop_texture (self);

  GTK_WIDGET_CLASS (lk_thumbnail_parent_class)->unmap (widget);
}

static void
lk_thumbnail_get_property (GObject    *object,
                           guint       prop_id,
                           GValue     *value,
                           GParamSpec *pspec)
{
  LkThumbnail *self = LK_THUMBNAIL (object);

  switch (prop_id)
    {
    case PROP_SIZE:
      g_value_set_int (value, self->size);
      break;

    case PROP_SHOW_BADGES:
      g_value_set_boolean (value, self->show_badges);
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
lk_thumbnail_set_property (GObject      *object,
                           guint         prop_id,
                           const GValue *value,
                           GParamSpec   *pspec)
{
  LkThumbnail *self = LK_THUMBNAIL (object);

  switch (prop_id)
    {
    case PROP_SIZE:
      lk_thumbnail_set_size (self, g_value_get_int (value));
      break;

    case PROP_SHOW_BADGES:
      lk_thumbnail_set_show_badges (self, g_value_get_boolean (value));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
lk_thumbnail_dispose (GObject *object)
{
  LkThumbnail *self = LK_THUMBNAIL (object);

  if (self->image != NULL)
    lk_thumbnail_set_image (self, NULL);
  for (guint i = 0; i < N_BADGES; i++)
    g_clear_pointer (&self->badges[i], gtk_widget_unparent);
  g_clear_object (&self->workspace);

  G_OBJECT_CLASS (lk_thumbnail_parent_class)->dispose (object);
}

static void
lk_thumbnail_class_init (LkThumbnailClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = lk_thumbnail_dispose;
  object_class->get_property = lk_thumbnail_get_property;
  object_class->set_property = lk_thumbnail_set_property;
  widget_class->measure = lk_thumbnail_measure;
  widget_class->size_allocate = lk_thumbnail_size_allocate;
  widget_class->snapshot = lk_thumbnail_snapshot;
  widget_class->query_tooltip = lk_thumbnail_query_tooltip;
  widget_class->unmap = lk_thumbnail_unmap;

  properties[PROP_SIZE] = g_param_spec_int ("size", NULL, NULL, 16, 1024, 160,
                                            G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  properties[PROP_SHOW_BADGES] = g_param_spec_boolean ("show-badges", NULL, NULL, FALSE,
                                                       G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  gtk_widget_class_set_css_name (widget_class, "thumbnail");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_PRESENTATION);
}

static void
lk_thumbnail_init (LkThumbnail *self)
{
  self->size = 160;
}

LkThumbnail *
lk_thumbnail_new (LkWorkspace *workspace)
{
  LkThumbnail *self = g_object_new (LK_TYPE_THUMBNAIL, NULL);

  self->workspace = g_object_ref (workspace);
  return self;
}
