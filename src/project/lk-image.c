#define G_LOG_DOMAIN "likeness-project"

#include "config.h"

#include "project/lk-image-private.h"

#include <glib/gi18n.h>
#include <string.h>

#include "base/lk-text.h"

G_DEFINE_ENUM_TYPE (LkState, lk_state,
                    G_DEFINE_ENUM_VALUE (LK_STATE_UNDECIDED, "undecided"),
                    G_DEFINE_ENUM_VALUE (LK_STATE_KEEP, "keep"),
                    G_DEFINE_ENUM_VALUE (LK_STATE_REJECT, "reject"))

G_DEFINE_ENUM_TYPE (LkSeverity, lk_severity,
                    G_DEFINE_ENUM_VALUE (LK_SEVERITY_NONE, "none"),
                    G_DEFINE_ENUM_VALUE (LK_SEVERITY_HINT, "hint"),
                    G_DEFINE_ENUM_VALUE (LK_SEVERITY_WARNING, "warning"),
                    G_DEFINE_ENUM_VALUE (LK_SEVERITY_ERROR, "error"))

enum
{
  PROP_0,
  PROP_ID,
  PROP_NAME,
  PROP_STEM,
  PROP_WIDTH,
  PROP_HEIGHT,
  PROP_FILE_SIZE,
  PROP_HASH,
  PROP_SOURCE,
  PROP_TROUBLE,
  PROP_CAPTION,
  PROP_CROP,            /* a signal only: read it with lk_image_get_crop () */
  PROP_RATING,
  PROP_STATE,
  PROP_REPEATS,
  PROP_NOTES,
  PROP_LABELS,
  PROP_CHOSEN_SHOT,
  PROP_SHOT,
  PROP_SCORES,          /* likewise: whether there are any */
  PROP_FACES,           /* how many, -1: not looked for */
  PROP_SEVERITY,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (LkImage, lk_image, G_TYPE_OBJECT)

const char *
lk_state_get_id (LkState state)
{
  static const char *ids[] = { "undecided", "keep", "reject" };

  return ids[state];
}

const char *
lk_severity_get_id (LkSeverity severity)
{
  static const char *ids[] = { "none", "hint", "warning", "error" };

  return ids[severity];
}

/* ---- object ------------------------------------------------------------------------------------------------------ */

static void
lk_image_finalize (GObject *object)
{
  LkImage *self = LK_IMAGE (object);

  g_free (self->folder);
  g_free (self->name);
  g_free (self->stem);
  g_free (self->hash);
  g_free (self->source);
  g_free (self->trouble);
  g_clear_pointer (&self->text, g_bytes_unref);
  g_clear_pointer (&self->fallback, g_bytes_unref);
  g_free (self->caption);
  g_free (self->caption_trouble);
  g_free (self->notes);
  g_strfreev (self->labels);
  g_free (self->faces);

  G_OBJECT_CLASS (lk_image_parent_class)->finalize (object);
}

static void
lk_image_get_property (GObject    *object,
                       guint       id,
                       GValue     *value,
                       GParamSpec *pspec)
{
  LkImage *self = LK_IMAGE (object);

  switch (id)
    {
    case PROP_ID: g_value_set_int64 (value, self->id); break;
    case PROP_NAME: g_value_set_string (value, self->name); break;
    case PROP_STEM: g_value_set_string (value, self->stem); break;
    case PROP_WIDTH: g_value_set_uint (value, self->width); break;
    case PROP_HEIGHT: g_value_set_uint (value, self->height); break;
    case PROP_FILE_SIZE: g_value_set_uint64 (value, self->stamp.size); break;
    case PROP_HASH: g_value_set_string (value, self->hash); break;
    case PROP_SOURCE: g_value_set_string (value, self->source); break;
    case PROP_TROUBLE: g_value_set_string (value, self->trouble); break;
    case PROP_CAPTION: g_value_set_string (value, self->caption); break;
    case PROP_CROP: g_value_set_boolean (value, lk_image_has_crop (self)); break;
    case PROP_RATING: g_value_set_uint (value, self->rating); break;
    case PROP_STATE: g_value_set_enum (value, self->state); break;
    case PROP_REPEATS: g_value_set_uint (value, self->repeats); break;
    case PROP_NOTES: g_value_set_string (value, self->notes); break;
    case PROP_LABELS: g_value_set_boxed (value, self->labels); break;
    case PROP_CHOSEN_SHOT: g_value_set_enum (value, self->chosen_shot); break;
    case PROP_SHOT: g_value_set_enum (value, lk_image_get_shot (self)); break;
    case PROP_SCORES: g_value_set_boolean (value, self->scores.is_measured); break;
    case PROP_FACES: g_value_set_int (value, self->n_faces); break;
    case PROP_SEVERITY: g_value_set_enum (value, self->severity); break;
    default: G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
lk_image_class_init (LkImageClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->finalize = lk_image_finalize;
  object_class->get_property = lk_image_get_property;

  properties[PROP_ID] = g_param_spec_int64 ("id", NULL, NULL, 0, G_MAXINT64, 0, flags);
  properties[PROP_NAME] = g_param_spec_string ("name", NULL, NULL, NULL, flags);
  properties[PROP_STEM] = g_param_spec_string ("stem", NULL, NULL, NULL, flags);
  properties[PROP_WIDTH] = g_param_spec_uint ("width", NULL, NULL, 0, G_MAXUINT, 0, flags);
  properties[PROP_HEIGHT] = g_param_spec_uint ("height", NULL, NULL, 0, G_MAXUINT, 0, flags);
  properties[PROP_FILE_SIZE] = g_param_spec_uint64 ("file-size", NULL, NULL, 0, G_MAXUINT64, 0, flags);
  properties[PROP_HASH] = g_param_spec_string ("hash", NULL, NULL, NULL, flags);
  properties[PROP_SOURCE] = g_param_spec_string ("source", NULL, NULL, NULL, flags);
  properties[PROP_TROUBLE] = g_param_spec_string ("trouble", NULL, NULL, NULL, flags);
  properties[PROP_CAPTION] = g_param_spec_string ("caption", NULL, NULL, "", flags);
  properties[PROP_CROP] = g_param_spec_boolean ("crop", NULL, NULL, FALSE, flags);
  properties[PROP_RATING] = g_param_spec_uint ("rating", NULL, NULL, 0, 5, 0, flags);
  properties[PROP_STATE] = g_param_spec_enum ("state", NULL, NULL, LK_TYPE_STATE, LK_STATE_UNDECIDED, flags);
  properties[PROP_REPEATS] = g_param_spec_uint ("repeats", NULL, NULL, 1, G_MAXUINT, 1, flags);
  properties[PROP_NOTES] = g_param_spec_string ("notes", NULL, NULL, "", flags);
  properties[PROP_LABELS] = g_param_spec_boxed ("labels", NULL, NULL, G_TYPE_STRV, flags);
  properties[PROP_CHOSEN_SHOT] = g_param_spec_enum ("chosen-shot", NULL, NULL, LK_TYPE_SHOT, LK_SHOT_NOT_SET, flags);
  properties[PROP_SHOT] = g_param_spec_enum ("shot", NULL, NULL, LK_TYPE_SHOT, LK_SHOT_NOT_SET, flags);
  properties[PROP_SCORES] = g_param_spec_boolean ("scores", NULL, NULL, FALSE, flags);
  properties[PROP_FACES] = g_param_spec_int ("faces", NULL, NULL, -1, G_MAXINT, -1, flags);
  properties[PROP_SEVERITY] = g_param_spec_enum ("severity", NULL, NULL, LK_TYPE_SEVERITY, LK_SEVERITY_NONE, flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
lk_image_init (LkImage *self)
{
  self->caption = g_strdup ("");
  self->notes = g_strdup ("");
  self->labels = g_new0 (char *, 1);
  self->repeats = 1;
  self->n_faces = -1;
  self->is_present = TRUE;
}

char *
lk_stem_of (const char *name)
{
  const char *dot = strrchr (name, '.');

  return dot != NULL && dot != name ? g_strndup (name, dot - name) : g_strdup (name);
}

LkImage *
lk_image_new (gint64      id,
              const char *images_folder,
              const char *name)
{
  LkImage *self = g_object_new (LK_TYPE_IMAGE, NULL);

  self->id = id;
  self->folder = g_strdup (images_folder);
  self->name = g_strdup (name);
  self->stem = lk_stem_of (name);
  return self;
}

static void
notify (LkImage *self,
        guint    property)
{
  g_object_notify_by_pspec (G_OBJECT (self), properties[property]);
}

/* ---- identity ----------------------------------------------------------------------------------------------------- */

gint64
lk_image_get_id (LkImage *self)
{
  return self->id;
}

const char *
lk_image_get_name (LkImage *self)
{
  return self->name;
}

const char *
lk_image_get_stem (LkImage *self)
{
  return self->stem;
}

char *
lk_image_dup_path (LkImage *self)
{
  return g_build_filename (self->folder, self->name, NULL);
}

char *
lk_image_dup_caption_path (LkImage *self)
{
  g_autofree char *name = g_strconcat (self->stem, ".txt", NULL);

  return g_build_filename (self->folder, name, NULL);
}

guint
lk_image_get_width (LkImage *self)
{
  return self->width;
}

guint
lk_image_get_height (LkImage *self)
{
  return self->height;
}

guint64
lk_image_get_file_size (LkImage *self)
{
  return self->stamp.size;
}

gint64
lk_image_get_modified (LkImage *self)
{
  return self->stamp.modified / 1000;
}

const char *
lk_image_get_hash (LkImage *self)
{
  return self->hash;
}

const char *
lk_image_get_source (LkImage *self)
{
  return self->source;
}

const char *
lk_image_get_trouble (LkImage *self)
{
  return self->trouble;
}

void
lk_image_set_file (LkImage    *self,
                   LkStamp     stamp,
                   guint       width,
                   guint       height,
                   const char *hash,
                   const char *trouble)
{
  g_object_freeze_notify (G_OBJECT (self));
  if (self->stamp.size != stamp.size)
    notify (self, PROP_FILE_SIZE);
  self->stamp = stamp;
  if (self->width != width)
    notify (self, PROP_WIDTH);
  self->width = width;
  if (self->height != height)
    notify (self, PROP_HEIGHT);
  self->height = height;
  if (g_set_str (&self->hash, hash))
    notify (self, PROP_HASH);
  if (g_set_str (&self->trouble, trouble))
    notify (self, PROP_TROUBLE);
  g_object_thaw_notify (G_OBJECT (self));
}

/* ---- caption ------------------------------------------------------------------------------------------------------ */

const char *
lk_image_get_caption (LkImage *self)
{
  return self->caption;
}

gboolean
lk_image_has_caption (LkImage *self)
{
  return self->text != NULL || self->fallback != NULL;
}

const char *
lk_image_get_caption_trouble (LkImage *self)
{
  return self->caption_trouble;
}

/* What can be shown of bytes that hold NULs or broken UTF-16: everything else of them. */
static char *
decode_what_can_be (const char *bytes,
                    gsize       length)
{
  GString *text = g_string_sized_new (length);
  char *valid;

  for (gsize i = 0; i < length; i++)
    if (bytes[i] != '\0')
      g_string_append_c (text, bytes[i]);
  valid = g_utf8_make_valid (text->str, text->len);
  g_string_free (text, TRUE);
  return valid;
}

static void
update_caption (LkImage *self)
{
  GBytes *bytes = self->text != NULL ? self->text : self->fallback;
  g_autofree char *caption = NULL;
  g_autoptr (GError) error = NULL;
  LkShot old_shot = lk_image_get_shot (self);
  gsize length = 0;
  const char *data = bytes != NULL ? g_bytes_get_data (bytes, &length) : NULL;

  if (length > 0)
    {
      caption = lk_text_decode (data, length, self->stem, NULL, &error);
      if (caption == NULL)
        caption = decode_what_can_be (data, length);
    }
  else
    {
      caption = g_strdup ("");
    }

  g_set_str (&self->caption_trouble, error != NULL ? error->message : NULL);
  self->has_caption_shot = FALSE;
  if (g_set_str (&self->caption, caption))
    notify (self, PROP_CAPTION);
  if (self->chosen_shot == LK_SHOT_NOT_SET && lk_image_get_shot (self) != old_shot)
    notify (self, PROP_SHOT);
}

void
lk_image_set_text (LkImage *self,
                   GBytes  *text)
{
  if (text != NULL)
    g_bytes_ref (text);
  g_clear_pointer (&self->text, g_bytes_unref);
  self->text = text;
  update_caption (self);
}

void
lk_image_set_fallback (LkImage *self,
                       GBytes  *fallback)
{
  if (fallback != NULL)
    g_bytes_ref (fallback);
  g_clear_pointer (&self->fallback, g_bytes_unref);
  self->fallback = fallback;
  update_caption (self);
}

/* ---- what the user decided ---------------------------------------------------------------------------------------- */

void
lk_image_get_crop (LkImage *self,
                   LkCrop  *crop)
{
  *crop = self->crop;
}

gboolean
lk_image_has_crop (LkImage *self)
{
  return !lk_crop_is_empty (&self->crop);
}

void
lk_image_set_crop (LkImage      *self,
                   const LkCrop *crop)
{
  LkCrop none = { 0 };

  if (crop == NULL)
    crop = &none;
  if (lk_crop_equal (&self->crop, crop))
    return;
  self->crop = *crop;
  notify (self, PROP_CROP);
}

guint
lk_image_get_rating (LkImage *self)
{
  return self->rating;
}

void
lk_image_set_rating (LkImage *self,
                     guint    rating)
{
  if (self->rating == rating)
    return;
  self->rating = rating;
  notify (self, PROP_RATING);
}

LkState
lk_image_get_state (LkImage *self)
{
  return self->state;
}

void
lk_image_set_state (LkImage *self,
                    LkState  state)
{
  if (self->state == state)
    return;
  self->state = state;
  notify (self, PROP_STATE);
}

gboolean
lk_image_is_counted (LkImage *self)
{
  return self->state != LK_STATE_REJECT && self->trouble == NULL;
}

guint
lk_image_get_repeats (LkImage *self)
{
  return self->repeats;
}

void
lk_image_set_repeats (LkImage *self,
                      guint    repeats)
{
  if (self->repeats == repeats)
    return;
  self->repeats = repeats;
  notify (self, PROP_REPEATS);
}

const char *
lk_image_get_notes (LkImage *self)
{
  return self->notes;
}

void
lk_image_set_notes (LkImage    *self,
                    const char *notes)
{
  if (g_set_str (&self->notes, notes != NULL ? notes : ""))
    notify (self, PROP_NOTES);
}

const char * const *
lk_image_get_labels (LkImage *self)
{
  return (const char * const *) self->labels;
}

gboolean
lk_image_has_label (LkImage    *self,
                    const char *label)
{
  return g_strv_contains ((const char * const *) self->labels, label);
}

void
lk_image_set_labels (LkImage            *self,
                     const char * const *labels)
{
  if (g_strv_equal ((const char * const *) self->labels, labels))
    return;
  g_strfreev (self->labels);
  self->labels = g_strdupv ((char **) labels);
  notify (self, PROP_LABELS);
}

LkShot
lk_image_get_chosen_shot (LkImage *self)
{
  return self->chosen_shot;
}

/* What the best face says: how far it is turned, and how much of the picture it fills. */
static LkShot
shot_from_face (LkImage *self)
{
  const LkFace *face = self->faces;
  double share;

  if (self->n_faces < 1 || self->height == 0 || face->score < LK_SURE_FACE)
    return LK_SHOT_NOT_SET;

  /* Height of the face in that of the picture: a head is an eighth of a standing person, half of a portrait. */
  share = (double) face->box.height / self->height;
  if (share < .15)
    return LK_SHOT_FULL_BODY;
  if (face->has_pose && ABS (face->yaw) >= 55.)
    return LK_SHOT_PROFILE;
  if (face->has_pose && ABS (face->yaw) >= 20.)
    return LK_SHOT_THREE_QUARTER;
  if (share < .3)
    return LK_SHOT_HALF_BODY;
  return LK_SHOT_FRONT;
}

LkShot
lk_image_get_shot (LkImage *self)
{
  if (self->chosen_shot != LK_SHOT_NOT_SET)
    return self->chosen_shot;
  if (!self->has_caption_shot)
    {
      self->caption_shot = lk_shot_from_caption (self->caption);
      self->has_caption_shot = TRUE;
    }
  return self->caption_shot != LK_SHOT_NOT_SET ? self->caption_shot : shot_from_face (self);
}

void
lk_image_set_chosen_shot (LkImage *self,
                          LkShot   shot)
{
  LkShot old = lk_image_get_shot (self);

  if (self->chosen_shot == shot)
    return;
  self->chosen_shot = shot;
  notify (self, PROP_CHOSEN_SHOT);
  if (lk_image_get_shot (self) != old)
    notify (self, PROP_SHOT);
}

/* ---- what was measured -------------------------------------------------------------------------------------------- */

const LkScores *
lk_image_get_scores (LkImage *self)
{
  return self->scores.is_measured ? &self->scores : NULL;
}

void
lk_image_set_scores (LkImage        *self,
                     const LkScores *scores)
{
  self->scores = scores != NULL ? *scores : (LkScores) { 0 };
  notify (self, PROP_SCORES);
}

const LkFace *
lk_image_get_faces (LkImage *self,
                    gint    *n_faces)
{
  *n_faces = self->n_faces;
  return self->faces;
}

void
lk_image_set_faces (LkImage      *self,
                    const LkFace *faces,
                    gint          n_faces)
{
  LkShot old = lk_image_get_shot (self);

  g_free (self->faces);
  self->faces = n_faces > 0 ? g_memdup2 (faces, n_faces * sizeof *faces) : NULL;
  self->n_faces = n_faces;
  notify (self, PROP_FACES);
  if (lk_image_get_shot (self) != old)
    notify (self, PROP_SHOT);
}

LkSeverity
lk_image_get_severity (LkImage *self)
{
  return self->severity;
}

void
lk_image_set_severity (LkImage    *self,
                       LkSeverity  severity)
{
  if (self->severity == severity)
    return;
  self->severity = severity;
  notify (self, PROP_SEVERITY);
}
