/* lk-finding.c: LkFinding, and the hits that findings are made of. */
#define G_LOG_DOMAIN "likeness-project"

#include "config.h"

#include "project/lk-checks-private.h"

struct _LkFinding
{
  GObject       parent_instance;

  LkCheckIndex  index;
  char         *sentence;           /* owned */
  char         *word, *instead;     /* owned, or NULL */
  GPtrArray    *images;             /* owned */
};

G_DEFINE_FINAL_TYPE (LkFinding, lk_finding, G_TYPE_OBJECT)

static void
lk_finding_finalize (GObject *object)
{
  LkFinding *self = LK_FINDING (object);

  g_free (self->sentence);
  g_free (self->word);
  g_free (self->instead);
  g_ptr_array_unref (self->images);

  G_OBJECT_CLASS (lk_finding_parent_class)->finalize (object);
}

static void
lk_finding_class_init (LkFindingClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = lk_finding_finalize;
}

static void
lk_finding_init (LkFinding *self)
{
}

LkFinding *
lk_finding_new (LkCheckIndex  check,
                const char   *word,
                const char   *instead,
                guint         n,
                GPtrArray    *images)
{
  LkFinding *self = g_object_new (LK_TYPE_FINDING, NULL);

  self->index = check;
  self->sentence = lk_check_describe (check, word, instead, n);
  self->word = g_strdup (word);
  self->instead = g_strdup (instead);
  self->images = images;
  return self;
}

LkCheckIndex
lk_finding_get_index (LkFinding *self)
{
  return self->index;
}

const LkCheck *
lk_finding_get_check (LkFinding *self)
{
  return lk_check_get (self->index);
}

const char *
lk_finding_get_id (LkFinding *self)
{
  return lk_check_get (self->index)->id;
}

LkSeverity
lk_finding_get_severity (LkFinding *self)
{
  return lk_check_get (self->index)->severity;
}

const char *
lk_finding_get_sentence (LkFinding *self)
{
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

/* ---- hits ---------------------------------------------------------------------------------------------------------- */

static void
clear_hit (gpointer data)
{
  LkHit *hit = data;

  g_clear_pointer (&hit->word, g_ref_string_release);
  g_clear_pointer (&hit->instead, g_ref_string_release);
}

GArray *
lk_hits_new (void)
{
  GArray *hits = g_array_new (FALSE, FALSE, sizeof (LkHit));

  g_array_set_clear_func (hits, clear_hit);
  return hits;
}

void
lk_hits_add (GArray       *hits,
             LkCheckIndex  check,
             guint         start,
             guint         end,
             const char   *word,
             const char   *instead)
{
  LkHit hit = { check, start, end, word != NULL ? g_ref_string_new (word) : NULL, instead != NULL ? g_ref_string_new (instead) : NULL };

  g_array_append_val (hits, hit);
}
