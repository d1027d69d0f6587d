#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>

#include "app/window/lk-work.h"
#include "base/lk-text.h"

/* Before this much time has passed, an estimate of what is left would jump about. */
#define ESTIMATE_AFTER_US (3 * G_USEC_PER_SEC)

struct _LkWork
{
  GObject       parent_instance;

  GCancellable *cancellable;    /* owned */
  char         *title;
  char         *text;
  double        fraction;
  gint64        started;        /* monotonic, µs */
};

G_DEFINE_FINAL_TYPE (LkWork, lk_work, G_TYPE_OBJECT)

enum
{
  PROP_TITLE = 1,
  PROP_TEXT,
  PROP_FRACTION,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

GCancellable *
lk_work_get_cancellable (LkWork *self)
{
  g_return_val_if_fail (LK_IS_WORK (self), NULL);

  return self->cancellable;
}

const char *
lk_work_get_title (LkWork *self)
{
  g_return_val_if_fail (LK_IS_WORK (self), NULL);

  return self->title;
}

const char *
lk_work_get_text (LkWork *self)
{
  g_return_val_if_fail (LK_IS_WORK (self), NULL);

  return self->text;
}

double
lk_work_get_fraction (LkWork *self)
{
  g_return_val_if_fail (LK_IS_WORK (self), 0);

  return self->fraction;
}

void
lk_work_progress (guint       done,
                  guint       total,
                  const char *text,
                  gpointer    data)
{
  LkWork *self = data;
  gint64 passed = g_get_monotonic_time () - self->started;
  g_autoptr (GString) line = g_string_new (NULL);

  if (total > 0)
    g_string_append_printf (line, _("%u of %u"), done, total);
  if (text != NULL && *text != '\0')
    g_string_append_printf (line, "%s%s", line->len > 0 ? " · " : "", text);
  if (passed > ESTIMATE_AFTER_US && done > 0 && done < total)
    {
      g_autofree char *left = lk_text_format_duration ((double) passed / G_USEC_PER_SEC * (total - done) / done);

      /* Translators: a time, like “8 s left”. */
      g_string_append (line, " · ");
      g_string_append_printf (line, _("%s left"), left);
    }

  if (g_set_str (&self->text, line->str))
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_TEXT]);
  self->fraction = total > 0 ? (double) done / total : 0;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_FRACTION]);
}

static void
lk_work_get_property (GObject    *object,
                      guint       prop_id,
                      GValue     *value,
                      GParamSpec *pspec)
{
  LkWork *self = LK_WORK (object);

  switch (prop_id)
    {
    case PROP_TITLE:
      g_value_set_string (value, self->title);
      break;

    case PROP_TEXT:
      g_value_set_string (value, self->text);
      break;

    case PROP_FRACTION:
      g_value_set_double (value, self->fraction);
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
lk_work_finalize (GObject *object)
{
  LkWork *self = LK_WORK (object);

  g_object_unref (self->cancellable);
  g_free (self->title);
  g_free (self->text);

  G_OBJECT_CLASS (lk_work_parent_class)->finalize (object);
}

static void
lk_work_class_init (LkWorkClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = lk_work_get_property;
  object_class->finalize = lk_work_finalize;

  properties[PROP_TITLE] = g_param_spec_string ("title", NULL, NULL, NULL, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  properties[PROP_TEXT] = g_param_spec_string ("text", NULL, NULL, NULL, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  properties[PROP_FRACTION] = g_param_spec_double ("fraction", NULL, NULL, 0, 1, 0, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
lk_work_init (LkWork *self)
{
  self->cancellable = g_cancellable_new ();
  self->text = g_strdup ("");
  self->started = g_get_monotonic_time ();
}

LkWork *
lk_work_new (const char *title)
{
  LkWork *self = g_object_new (LK_TYPE_WORK, NULL);

  self->title = g_strdup (title);
  return self;
}
