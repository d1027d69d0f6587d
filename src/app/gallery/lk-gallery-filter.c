#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>

#include "app/gallery/lk-gallery-filter.h"
#include "project/lk-prepare.h"

struct _LkGalleryFilter
{
  GtkFilter   parent_instance;

  LkProject  *project;       /* owned */
  char       *search;        /* owned; as typed */
  char       *folded;        /* owned; the search, casefolded; NULL: none */
  int         shot;
  int         state;
  int         rating;
  gboolean    no_caption;
  gboolean    attention;
  LkFinding  *finding;       /* owned */
  GHashTable *of_finding;    /* owned; its pictures */
  char       *bucket;        /* owned */
};

G_DEFINE_FINAL_TYPE (LkGalleryFilter, lk_gallery_filter, GTK_TYPE_FILTER)

enum
{
  PROP_SEARCH = 1,
  PROP_SHOT,
  PROP_STATE,
  PROP_RATING,
  PROP_NO_CAPTION,
  PROP_ATTENTION,
  PROP_FINDING,
  PROP_BUCKET,
  PROP_IS_ACTIVE,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

char *
lk_gallery_bucket_name (LkProject *project,
                        LkImage   *image)
{
  LkPreparePlan plan;

  if (!lk_prepare_plan (project, image, NULL, NULL, &plan))
    return NULL;

  return g_strdup_printf ("%u × %u", plan.target.width, plan.target.height);
}

gboolean
lk_gallery_filter_is_active (LkGalleryFilter *self)
{
  g_return_val_if_fail (LK_IS_GALLERY_FILTER (self), FALSE);

  return self->shot >= 0 || self->state >= 0 || self->rating > 0 || self->no_caption || self->attention ||
         self->finding != NULL || self->bucket != NULL;
}

static gboolean
contains (const char *text,
          const char *folded)
{
  g_autofree char *haystack = g_utf8_casefold (text, -1);

  return strstr (haystack, folded) != NULL;
}

static gboolean
lk_gallery_filter_match (GtkFilter *filter,
                         gpointer   item)
{
  LkGalleryFilter *self = LK_GALLERY_FILTER (filter);
  LkImage *image = item;

  if (self->shot >= 0 && (int) lk_image_get_shot (image) != self->shot)
    return FALSE;
  if (self->state >= 0 && (int) lk_image_get_state (image) != self->state)
    return FALSE;
  if (self->rating > 0 && (int) lk_image_get_rating (image) < self->rating)
    return FALSE;
  if (self->no_caption && *lk_image_get_caption (image) != '\0')
    return FALSE;
  if (self->attention && lk_image_get_severity (image) < LK_SEVERITY_WARNING)
    return FALSE;
  if (self->of_finding != NULL && !g_hash_table_contains (self->of_finding, image))
    return FALSE;
  if (self->folded != NULL &&
      !contains (lk_image_get_stem (image), self->folded) && !contains (lk_image_get_caption (image), self->folded))
    return FALSE;
  if (self->bucket != NULL)
    {
      g_autofree char *bucket = lk_gallery_bucket_name (self->project, image);

      return g_strcmp0 (bucket, self->bucket) == 0;
    }

  return TRUE;
}

static GtkFilterMatch
lk_gallery_filter_get_strictness (GtkFilter *filter)
{
  LkGalleryFilter *self = LK_GALLERY_FILTER (filter);

  return lk_gallery_filter_is_active (self) || self->folded != NULL ? GTK_FILTER_MATCH_SOME : GTK_FILTER_MATCH_ALL;
}

void
lk_gallery_filter_update (LkGalleryFilter *self)
{
  g_return_if_fail (LK_IS_GALLERY_FILTER (self));

  if (lk_gallery_filter_get_strictness (GTK_FILTER (self)) != GTK_FILTER_MATCH_ALL)
    gtk_filter_changed (GTK_FILTER (self), GTK_FILTER_CHANGE_DIFFERENT);
}

void
lk_gallery_filter_clear (LkGalleryFilter *self)
{
  g_object_set (self,
                "search", NULL, "shot", -1, "state", -1, "rating", 0, "no-caption", FALSE, "attention", FALSE,
                "finding", NULL, "bucket", NULL,
                NULL);
}

static void
set_finding (LkGalleryFilter *self,
             LkFinding       *finding)
{
  g_clear_pointer (&self->of_finding, g_hash_table_unref);
  g_set_object (&self->finding, finding);
  if (finding != NULL)
    {
      GPtrArray *images = lk_finding_get_images (finding);

      self->of_finding = g_hash_table_new (NULL, NULL);
      for (guint i = 0; i < images->len; i++)
        g_hash_table_add (self->of_finding, g_ptr_array_index (images, i));
    }
}

static void
set_search (LkGalleryFilter *self,
            const char      *search)
{
  g_set_str (&self->search, search);
  g_clear_pointer (&self->folded, g_free);
  if (search != NULL && *search != '\0')
    self->folded = g_utf8_casefold (search, -1);
}

static void
lk_gallery_filter_get_property (GObject    *object,
                                guint       prop_id,
                                GValue     *value,
                                GParamSpec *pspec)
{
  LkGalleryFilter *self = LK_GALLERY_FILTER (object);

  switch (prop_id)
    {
    case PROP_SEARCH:
      g_value_set_string (value, self->search);
      break;

    case PROP_SHOT:
      g_value_set_int (value, self->shot);
      break;

    case PROP_STATE:
      g_value_set_int (value, self->state);
      break;

    case PROP_RATING:
      g_value_set_int (value, self->rating);
      break;

    case PROP_NO_CAPTION:
      g_value_set_boolean (value, self->no_caption);
      break;

    case PROP_ATTENTION:
      g_value_set_boolean (value, self->attention);
      break;

    case PROP_FINDING:
      g_value_set_object (value, self->finding);
      break;

    case PROP_BUCKET:
      g_value_set_string (value, self->bucket);
      break;

    case PROP_IS_ACTIVE:
      g_value_set_boolean (value, lk_gallery_filter_is_active (self));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
lk_gallery_filter_set_property (GObject      *object,
                                guint         prop_id,
                                const GValue *value,
                                GParamSpec   *pspec)
{
  LkGalleryFilter *self = LK_GALLERY_FILTER (object);

  switch (prop_id)
    {
    case PROP_SEARCH:
      set_search (self, g_value_get_string (value));
      break;

    case PROP_SHOT:
      self->shot = g_value_get_int (value);
      break;

    case PROP_STATE:
      self->state = g_value_get_int (value);
      break;

    case PROP_RATING:
      self->rating = g_value_get_int (value);
      break;

    case PROP_NO_CAPTION:
      self->no_caption = g_value_get_boolean (value);
      break;

    case PROP_ATTENTION:
      self->attention = g_value_get_boolean (value);
      break;

    case PROP_FINDING:
      set_finding (self, g_value_get_object (value));
      break;

    case PROP_BUCKET:
      g_set_str (&self->bucket, g_value_get_string (value));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
      return;
    }

  gtk_filter_changed (GTK_FILTER (self), GTK_FILTER_CHANGE_DIFFERENT);
  g_object_notify_by_pspec (object, properties[PROP_IS_ACTIVE]);
}

static void
lk_gallery_filter_dispose (GObject *object)
{
  LkGalleryFilter *self = LK_GALLERY_FILTER (object);

  g_clear_object (&self->project);
  g_clear_object (&self->finding);
  g_clear_pointer (&self->of_finding, g_hash_table_unref);

  G_OBJECT_CLASS (lk_gallery_filter_parent_class)->dispose (object);
}

static void
lk_gallery_filter_finalize (GObject *object)
{
  LkGalleryFilter *self = LK_GALLERY_FILTER (object);

  g_free (self->search);
  g_free (self->folded);
  g_free (self->bucket);

  G_OBJECT_CLASS (lk_gallery_filter_parent_class)->finalize (object);
}

static void
lk_gallery_filter_class_init (LkGalleryFilterClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkFilterClass *filter_class = GTK_FILTER_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;

  object_class->dispose = lk_gallery_filter_dispose;
  object_class->finalize = lk_gallery_filter_finalize;
  object_class->get_property = lk_gallery_filter_get_property;
  object_class->set_property = lk_gallery_filter_set_property;
  filter_class->match = lk_gallery_filter_match;
  filter_class->get_strictness = lk_gallery_filter_get_strictness;

  properties[PROP_SEARCH] = g_param_spec_string ("search", NULL, NULL, NULL, flags);
  properties[PROP_SHOT] = g_param_spec_int ("shot", NULL, NULL, -1, LK_N_SHOTS - 1, -1, flags);
  properties[PROP_STATE] = g_param_spec_int ("state", NULL, NULL, -1, LK_STATE_REJECT, -1, flags);
  properties[PROP_RATING] = g_param_spec_int ("rating", NULL, NULL, 0, 5, 0, flags);
  properties[PROP_NO_CAPTION] = g_param_spec_boolean ("no-caption", NULL, NULL, FALSE, flags);
  properties[PROP_ATTENTION] = g_param_spec_boolean ("attention", NULL, NULL, FALSE, flags);
  properties[PROP_FINDING] = g_param_spec_object ("finding", NULL, NULL, LK_TYPE_FINDING, flags);
  properties[PROP_BUCKET] = g_param_spec_string ("bucket", NULL, NULL, NULL, flags);
  properties[PROP_IS_ACTIVE] = g_param_spec_boolean ("is-active", NULL, NULL, FALSE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
lk_gallery_filter_init (LkGalleryFilter *self)
{
  self->shot = -1;
  self->state = -1;
}

LkGalleryFilter *
lk_gallery_filter_new (LkProject *project)
{
  LkGalleryFilter *self = g_object_new (LK_TYPE_GALLERY_FILTER, NULL);

  self->project = g_object_ref (project);
  return self;
}
