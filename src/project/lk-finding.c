/* LkFinding: one case of a check, with its sentence and its pictures. See lk-checks.h. */
#define G_LOG_DOMAIN "likeness-project"

#include "config.h"

#include "project/lk-checks-private.h"

struct _LkFinding
{
  GObject    parent_instance;

  LkCheckId  id;
  char      *word, *instead;  /* owned, or NULL */
  guint      number;          /* in the sentence; 0: of the pictures */
  GPtrArray *images;          /* owned */
  char      *sentence;        /* owned; made when asked for */
};

enum
{
  PROP_0,
  PROP_ID,
  PROP_TITLE,
  PROP_SENTENCE,
  PROP_SEVERITY,
  PROP_N_IMAGES,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (LkFinding, lk_finding, G_TYPE_OBJECT)

static void
lk_finding_finalize (GObject *object)
{
  LkFinding *self = LK_FINDING (object);

  g_free (self->word);
  g_free (self->instead);
  g_free (self->sentence);
  g_ptr_array_unref (self->images);

  G_OBJECT_CLASS (lk_finding_parent_class)->finalize (object);
}

static void
lk_finding_get_property (GObject    *object,
                         guint       id,
                         GValue     *value,
                         GParamSpec *pspec)
{
  LkFinding *self = LK_FINDING (object);

  switch (id)
    {
    case PROP_ID: g_value_set_string (value, lk_finding_get_id (self)); break;
    case PROP_TITLE: g_value_set_string (value, lk_finding_get_check (self)->title); break;
    case PROP_SENTENCE: g_value_set_string (value, lk_finding_get_sentence (self)); break;
    case PROP_SEVERITY: g_value_set_enum (value, lk_finding_get_severity (self)); break;
    case PROP_N_IMAGES: g_value_set_uint (value, self->images->len); break;
    default: G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
lk_finding_class_init (LkFindingClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->finalize = lk_finding_finalize;
  object_class->get_property = lk_finding_get_property;

  properties[PROP_ID] = g_param_spec_string ("id", NULL, NULL, NULL, flags);
  properties[PROP_TITLE] = g_param_spec_string ("title", NULL, NULL, NULL, flags);
  properties[PROP_SENTENCE] = g_param_spec_string ("sentence", NULL, NULL, NULL, flags);
  properties[PROP_SEVERITY] = g_param_spec_enum ("severity", NULL, NULL, LK_TYPE_SEVERITY, LK_SEVERITY_NONE, flags);
  properties[PROP_N_IMAGES] = g_param_spec_uint ("n-images", NULL, NULL, 0, G_MAXUINT, 0, flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
lk_finding_init (LkFinding *self)
{
  self->images = g_ptr_array_new_with_free_func (g_object_unref);
}

LkFinding *
lk_finding_new (LkCheckId   id,
                const char *word,
                const char *instead)
{
  LkFinding *self = g_object_new (LK_TYPE_FINDING, NULL);

  self->id = id;
  self->word = g_strdup (word);
  self->instead = g_strdup (instead);
  return self;
}

void
lk_finding_add_image (LkFinding *self,
                      LkImage   *image)
{
  g_ptr_array_add (self->images, g_object_ref (image));
}

void
lk_finding_set_number (LkFinding *self,
                       guint      n)
{
  self->number = n;
}

const LkCheck *
lk_finding_get_check (LkFinding *self)
{
  return lk_check_get (self->id);
}

const char *
lk_finding_get_id (LkFinding *self)
{
  return lk_check_get (self->id)->id;
}

LkSeverity
lk_finding_get_severity (LkFinding *self)
{
  return lk_check_get (self->id)->severity;
}

const char *
lk_finding_get_sentence (LkFinding *self)
{
  if (self->sentence == NULL)
    self->sentence = lk_check_make_sentence (self->id, self->number != 0 ? self->number : self->images->len, self->word, self->instead);
  return self->sentence;
}

GPtrArray *
lk_finding_get_images (LkFinding *self)
{
  return self->images;
}

const char *
lk_finding_get_word (LkFinding *self)
{
  return self->word;
}

const char *
lk_finding_get_instead (LkFinding *self)
{
  return self->instead;
}
