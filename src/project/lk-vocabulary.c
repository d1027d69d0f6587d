#define G_LOG_DOMAIN "likeness-project"

#include "config.h"

#include "project/lk-vocabulary.h"

#include <string.h>

#include "base/lk-file.h"
#include "project/lk-words.h"

#define MOST_WORDS 4   /* of a phrase */

struct _LkVocabulary
{
  GArray     *terms;      /* LkTerm; strings of `strings` */
  GHashTable *phrases;    /* folded phrase, "~" included -> term + 1; a set bit OWN for the term's own words */
  GStringChunk *strings;
};

#define OWN 0x40000000u

static void
add_phrase (LkVocabulary *self,
            const char   *phrase,
            guint         term,
            gboolean      is_own)
{
  char *folded = lk_words_fold (phrase);

  if (*folded == '\0' || g_hash_table_contains (self->phrases, folded))
    g_free (folded);
  else
    g_hash_table_insert (self->phrases, folded, GUINT_TO_POINTER ((term + 1) | (is_own ? OWN : 0)));
}

static void
read_line (LkVocabulary *self,
           const char   *line)
{
  g_auto (GStrv) fields = g_strsplit (line, "\t", 3);
  LkTerm term;

  if (line[0] == '#' || fields[0] == NULL || fields[1] == NULL)
    return;
  term.is_exclusive = fields[0][0] == '!';
  term.group = g_string_chunk_insert_const (self->strings, fields[0] + term.is_exclusive);
  term.words = g_string_chunk_insert_const (self->strings, fields[1]);
  g_array_append_val (self->terms, term);
  add_phrase (self, fields[1], self->terms->len - 1, TRUE);
  if (fields[2] != NULL)
    {
      g_auto (GStrv) others = g_strsplit (fields[2], "|", -1);

      for (guint i = 0; others[i] != NULL; i++)
        add_phrase (self, others[i], self->terms->len - 1, FALSE);
    }
}

LkVocabulary *
lk_vocabulary_new (void)
{
  LkVocabulary *self = g_new0 (LkVocabulary, 1);
  g_autofree char *path = lk_data_path ("vocabulary/people.tsv");
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  g_autoptr (GError) error = NULL;

  self->terms = g_array_new (FALSE, FALSE, sizeof (LkTerm));
  self->phrases = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->strings = g_string_chunk_new (4096);
  text = lk_file_read (path, 16 << 20, NULL, &error);
  if (text == NULL)
    {
      g_message ("%s", error->message);
      return self;
    }
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    read_line (self, lines[i]);
  return self;
}

void
lk_vocabulary_free (LkVocabulary *self)
{
  g_array_unref (self->terms);
  g_hash_table_unref (self->phrases);
  g_string_chunk_free (self->strings);
  g_free (self);
}

guint
lk_vocabulary_get_n (LkVocabulary *self)
{
  return self->terms->len;
}

const LkTerm *
lk_vocabulary_get_term (LkVocabulary *self,
                        guint         term)
{
  return &g_array_index (self->terms, LkTerm, term);
}

gint
lk_vocabulary_look_up (LkVocabulary *self,
                       const char   *words)
{
  g_autofree char *folded = lk_words_fold (words);

  return (gint) (GPOINTER_TO_UINT (g_hash_table_lookup (self->phrases, folded)) & ~OWN) - 1;
}

typedef struct
{
  guint start, end;
} Word;

/* Words by their places; what is no letter, digit, "/" or "'" parts them. */
static GArray *
split_words (const char *text)
{
  GArray *words = g_array_new (FALSE, FALSE, sizeof (Word));
  guint i = 0;

  while (text[i] != '\0')
    {
      Word word = { i, i };

      while (g_ascii_isalnum (text[word.end]) || (guchar) text[word.end] >= 0x80 || text[word.end] == '/' || text[word.end] == '\'')
        word.end++;
      if (word.end > word.start)
        g_array_append_val (words, word);
      i = MAX (word.end, i + 1);
    }
  return words;
}

/* The phrase that begins at word `first` and has `n` words; with `gap`, the middle one of three is anything. */
static guint
look_up_at (LkVocabulary *self,
            const char   *text,
            GArray       *words,
            guint         first,
            guint         n,
            gboolean      gap)
{
  char key[128];
  gsize length = 0;

  for (guint i = 0; i < n; i++)
    {
      Word word = g_array_index (words, Word, first + i);
      const char *from = gap && i == 1 ? "~" : text + word.start;
      gsize size = gap && i == 1 ? 1 : word.end - word.start;

      if (length + size + 2 > sizeof key)
        return 0;
      if (i > 0)
        key[length++] = ' ';
      memcpy (key + length, from, size);
      length += size;
    }
  key[length] = '\0';
  return GPOINTER_TO_UINT (g_hash_table_lookup (self->phrases, key));
}

GArray *
lk_vocabulary_find (LkVocabulary *self,
                    const char   *text)
{
  g_autofree char *folded = lk_words_fold_in_place (text);
  g_autoptr (GArray) words = split_words (folded);
  GArray *hits = g_array_new (FALSE, FALSE, sizeof (LkTermHit));

  for (guint i = 0; i < words->len;)
    {
      guint found = 0, n;

      for (n = MIN (MOST_WORDS, words->len - i); n > 0 && found == 0; n--)
        {
          found = look_up_at (self, folded, words, i, n, FALSE);
          if (found == 0 && n == 3)
            found = look_up_at (self, folded, words, i, n, TRUE);
        }
      if (found != 0)
        {
          /* The loop has counted one too far. */
          LkTermHit hit = { (found & ~OWN) - 1, g_array_index (words, Word, i).start, g_array_index (words, Word, i + n).end, (found & OWN) != 0 };

          g_array_append_val (hits, hit);
          i += n + 1;
        }
      else
        {
          i++;
        }
    }
  return hits;
}
