#define G_LOG_DOMAIN "likeness-project"

#include "config.h"

#include "project/lk-vocabulary.h"

#include <gio/gio.h>
#include <glib/gi18n.h>
#include <string.h>

#include "base/lk-file.h"

#define MAX_ASPECTS 64

struct _LkVocabulary
{
  char       *text;           /* owned; the file, cut into strings */
  GArray     *concepts;       /* LkConcept, owned */
  GArray     *phrases;        /* LkPhrase, owned */
  GPtrArray  *aspects;        /* their names, in the order of their bits; unowned strings */
  GHashTable *by_first;       /* word -> GArray of guint, owned */
  GHashTable *by_noun;        /* the same */
};

static void
clear_phrase (gpointer data)
{
  LkPhrase *phrase = data;

  g_strfreev (phrase->words);
}

void
lk_vocabulary_free (LkVocabulary *self)
{
  g_hash_table_unref (self->by_first);
  g_hash_table_unref (self->by_noun);
  g_ptr_array_unref (self->aspects);
  g_array_unref (self->phrases);
  g_array_unref (self->concepts);
  g_free (self->text);
  g_free (self);
}

/* ---- reading ---------------------------------------------------------------------------------------------------- */

/* The next field of a line, ended where `separator` was; `rest` moves behind it, or becomes NULL. */
static char *
next_field (char **rest,
            char   separator)
{
  char *field = *rest, *end;

  if (field == NULL)
    return NULL;
  end = strchr (field, separator);
  if (end != NULL)
    *end++ = '\0';
  *rest = end;
  return field;
}

static guint64
add_aspect (LkVocabulary *self,
            const char   *name)
{
  guint64 bit = lk_vocabulary_find_aspect (self, name);

  if (bit != 0 || self->aspects->len == MAX_ASPECTS)
    return bit;
  g_ptr_array_add (self->aspects, (char *) name);
  return G_GUINT64_CONSTANT (1) << (self->aspects->len - 1);
}

static void
read_aspects (LkVocabulary *self,
              LkConcept    *concept,
              char         *names)
{
  char *name;

  while ((name = next_field (&names, '+')) != NULL)
    {
      gsize length = strlen (name);
      char mark = length > 0 ? name[length - 1] : '\0';
      g_autofree char *full_name = NULL;
      guint64 bit;

      if (mark == '!' || mark == '~')
        name[length - 1] = '\0';
      /* An aspect belongs to its thing: the colour of hair says nothing of that of eyes. */
      full_name = g_strconcat (concept->thing, " ", name, NULL);
      bit = add_aspect (self, g_intern_string (full_name));
      concept->aspects |= bit;
      concept->exclusive |= mark == '!' ? bit : 0;
      concept->has_forms |= mark == '~';
    }
}

static gboolean
read_line (LkVocabulary *self,
           char         *line)
{
  LkConcept concept = { .thing = next_field (&line, '\t'), .first = self->phrases->len };
  char *aspects = next_field (&line, '\t'), *text;

  if (aspects == NULL || line == NULL)
    return FALSE;
  read_aspects (self, &concept, aspects);
  while ((text = next_field (&line, '|')) != NULL)
    {
      LkPhrase phrase = { .text = text, .concept = self->concepts->len };

      phrase.words = g_strsplit (text, " ", -1);
      phrase.n_words = g_strv_length (phrase.words);
      if (*text == '\0')
        {
          clear_phrase (&phrase);
          return FALSE;
        }
      g_array_append_val (self->phrases, phrase);
      concept.n++;
    }
  g_array_append_val (self->concepts, concept);
  return TRUE;
}

static void
index_under (GHashTable *table,
             const char *word,
             guint       phrase)
{
  GArray *found = g_hash_table_lookup (table, word);

  if (found == NULL)
    {
      found = g_array_new (FALSE, FALSE, sizeof (guint));
      g_hash_table_insert (table, (char *) word, found);
    }
  g_array_append_val (found, phrase);
}

static gint
compare_lengths (gconstpointer a,
                 gconstpointer b,
                 gpointer      data)
{
  LkVocabulary *self = data;
  guint first = *(const guint *) a, second = *(const guint *) b;

  return (gint) lk_vocabulary_get_phrase (self, second)->n_words - (gint) lk_vocabulary_get_phrase (self, first)->n_words;
}

static void
make_index (LkVocabulary *self)
{
  GHashTableIter iter;
  gpointer found;

  for (guint i = 0; i < self->phrases->len; i++)
    {
      const LkPhrase *phrase = lk_vocabulary_get_phrase (self, i);

      index_under (self->by_first, phrase->words[0], i);
      if (phrase->n_words == 2 && lk_vocabulary_get_concept (self, phrase->concept)->exclusive != 0)
        index_under (self->by_noun, phrase->words[1], i);
    }
  g_hash_table_iter_init (&iter, self->by_first);
  while (g_hash_table_iter_next (&iter, NULL, &found))
    g_array_sort_with_data (found, compare_lengths, self);
}

LkVocabulary *
lk_vocabulary_new (const char  *path,
                   GError     **error)
{
  g_autoptr (LkVocabulary) self = g_new0 (LkVocabulary, 1);
  g_autofree char *own_path = path == NULL ? lk_data_path ("vocabulary/synonyms.tsv") : NULL;
  guint number = 0;
  char *rest, *line;

  self->concepts = g_array_new (FALSE, FALSE, sizeof (LkConcept));
  self->phrases = g_array_new (FALSE, FALSE, sizeof (LkPhrase));
  g_array_set_clear_func (self->phrases, clear_phrase);
  self->aspects = g_ptr_array_new ();
  self->by_first = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) g_array_unref);
  self->by_noun = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) g_array_unref);

  if (path == NULL)
    path = own_path;
  if (!g_file_get_contents (path, &self->text, NULL, error))
    return NULL;
  rest = self->text;
  while ((line = next_field (&rest, '\n')) != NULL)
    {
      number++;
      if (*line != '\0' && *line != '#' && !read_line (self, line))
        {
          g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                       _("Line %u of “%s” is no row of three columns: thing, aspects and words."), number, path);
          return NULL;
        }
    }
  make_index (self);
  return g_steal_pointer (&self);
}

/* ---- asking ----------------------------------------------------------------------------------------------------- */

guint
lk_vocabulary_get_n_phrases (LkVocabulary *self)
{
  return self->phrases->len;
}

const LkPhrase *
lk_vocabulary_get_phrase (LkVocabulary *self,
                          guint         index)
{
  return &g_array_index (self->phrases, LkPhrase, index);
}

const LkConcept *
lk_vocabulary_get_concept (LkVocabulary *self,
                           guint         index)
{
  return &g_array_index (self->concepts, LkConcept, index);
}

guint64
lk_vocabulary_find_aspect (LkVocabulary *self,
                           const char   *name)
{
  for (guint i = 0; i < self->aspects->len; i++)
    if (g_str_equal (self->aspects->pdata[i], name))
      return G_GUINT64_CONSTANT (1) << i;
  return 0;
}

GArray *
lk_vocabulary_find_first (LkVocabulary *self,
                          const char   *word)
{
  return g_hash_table_lookup (self->by_first, word);
}

GArray *
lk_vocabulary_find_noun (LkVocabulary *self,
                         const char   *word)
{
  return g_hash_table_lookup (self->by_noun, word);
}
