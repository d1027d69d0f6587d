#define G_LOG_DOMAIN "likeness-project"

#include "config.h"

#include "project/lk-lexicon.h"

#include <string.h>

/* A word is frequent from this many captions on, and a typing error where the right word is this much more frequent. */
#define FREQUENT 3
#define SLIP_RATIO 3
/* Shorter words are too near to each other; two errors are only believed in long ones. */
#define LEAST_SLIP_LENGTH 4
#define LEAST_TWO_SLIPS_LENGTH 8
#define MAX_WORD 40
#define MAX_RUN 60

struct _LkLexicon
{
  LkVocabulary *vocabulary;
  LkTokenizer  *tokenizer;
  GHashTable   *words;            /* text -> LkWord, owned */
  GHashTable   *tags;             /* text -> LkTag, owned */
  GHashTable   *first_tags;       /* folded -> LkTag */
  GHashTable   *runs;             /* words without spaces -> the most frequent LkTag; keys owned */
  GHashTable   *listed;           /* words of the vocabulary */
  GPtrArray    *frequent;         /* LkWord */
  guint        *phrase_counts, *phrase_counting, *phrase_seen;
  guint        *concept_counts, *concept_counting, *concept_seen;
  guint         n_phrases;
  guint         n_captions, n_counting;
  guint         caption;          /* number of the one that is being counted */
  guint         round;
  GString      *scratch;
};

/* ---- object ----------------------------------------------------------------------------------------------------- */

static void
word_free (LkWord *word)
{
  g_free (word->text);
  g_free (word);
}

static void
tag_free (LkTag *tag)
{
  g_clear_pointer (&tag->verdict, lk_verdict_free);
  g_free (tag->words);
  g_free (tag->names);
  g_free (tag->folded);
  g_free (tag->text);
  g_free (tag);
}

LkLexicon *
lk_lexicon_new (LkVocabulary *vocabulary)
{
  LkLexicon *self = g_new0 (LkLexicon, 1);

  self->vocabulary = vocabulary;
  self->words = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) word_free);
  self->tags = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) tag_free);
  self->first_tags = g_hash_table_new (g_str_hash, g_str_equal);
  self->runs = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->listed = g_hash_table_new (g_str_hash, g_str_equal);
  self->frequent = g_ptr_array_new ();
  self->scratch = g_string_new (NULL);
  self->round = 1;

  self->n_phrases = lk_vocabulary_get_n_phrases (vocabulary);
  self->phrase_counts = g_new0 (guint, self->n_phrases);
  self->phrase_counting = g_new0 (guint, self->n_phrases);
  self->phrase_seen = g_new0 (guint, self->n_phrases);
  /* There are no more concepts than phrases. */
  self->concept_counts = g_new0 (guint, self->n_phrases);
  self->concept_counting = g_new0 (guint, self->n_phrases);
  self->concept_seen = g_new0 (guint, self->n_phrases);
  for (guint i = 0; i < self->n_phrases; i++)
    {
      const LkPhrase *phrase = lk_vocabulary_get_phrase (vocabulary, i);

      for (guint k = 0; k < phrase->n_words; k++)
        g_hash_table_add (self->listed, phrase->words[k]);
    }
  return self;
}

void
lk_lexicon_free (LkLexicon *self)
{
  g_hash_table_unref (self->runs);
  g_hash_table_unref (self->first_tags);
  g_hash_table_unref (self->tags);
  g_hash_table_unref (self->words);
  g_hash_table_unref (self->listed);
  g_ptr_array_unref (self->frequent);
  g_free (self->phrase_counts);
  g_free (self->phrase_counting);
  g_free (self->phrase_seen);
  g_free (self->concept_counts);
  g_free (self->concept_counting);
  g_free (self->concept_seen);
  g_string_free (self->scratch, TRUE);
  g_free (self);
}

/* ---- words ------------------------------------------------------------------------------------------------------ */

/* A byte that belongs to a word: letters and digits of ASCII, and all of UTF-8's others. */
static inline gboolean
is_word_byte (char byte)
{
  return g_ascii_isalnum (byte) || (guchar) byte >= 0x80;
}

/* Words that say nothing by themselves. */
static gboolean
is_filler (const char *word)
{
  static const char * const fillers[] = { "a", "an", "the", "of", "in", "on", "at", "with", "and", "or", "to", "is", "are", "her", "his", "their", "its",
                                          "by", "for", "from", "as", "it", "she", "he", "they", "photo", "picture", "image", NULL };

  return g_strv_contains (fillers, word);
}

static LkWord *
get_word (LkLexicon  *self,
          const char *text,
          gsize       length)
{
  LkWord *word;

  g_string_truncate (self->scratch, 0);
  g_string_append_len (self->scratch, text, length);
  for (gsize i = 0; i < length; i++)
    self->scratch->str[i] = g_ascii_tolower (text[i]);
  word = g_hash_table_lookup (self->words, self->scratch->str);
  if (word != NULL)
    return word;

  word = g_new0 (LkWord, 1);
  word->text = g_strndup (self->scratch->str, self->scratch->len);
  word->length = length;
  word->is_plain = TRUE;
  for (gsize i = 0; i < length; i++)
    {
      char c = word->text[i];

      if (g_ascii_islower (c))
        word->letters |= 1u << (c - 'a');
      else if (g_ascii_isdigit (c))
        word->is_plain = FALSE;
    }
  word->n_tokens = -1;
  word->is_filler = is_filler (word->text);
  word->is_listed = g_hash_table_contains (self->listed, word->text);
  word->phrases = lk_vocabulary_find_first (self->vocabulary, word->text);
  word->adjectives = lk_vocabulary_find_noun (self->vocabulary, word->text);
  g_hash_table_insert (self->words, word->text, word);
  return word;
}

static guint
count_word (LkLexicon *self,
            LkWord    *word)
{
  if (word->n_tokens < 0)
    word->n_tokens = lk_tokenizer_count (self->tokenizer, word->text, word->length);
  return word->n_tokens;
}

/* Text without white space. The tokenizer cuts it where marks and letters meet, so that words and runs of marks can be counted one by one;
 * but for "'s" and the like, and for marks that are no ASCII: there it is counted as a whole. */
static guint
count_cluster (LkLexicon  *self,
               const char *text,
               gsize       length)
{
  guint n = 0;

  for (gsize i = 0; i < length; i++)
    if (text[i] == '\'' || (guchar) text[i] >= 0x80)
      return count_word (self, get_word (self, text, length));

  for (gsize i = 0; i < length;)
    {
      gsize start = i;

      while (i < length && is_word_byte (text[i]) == is_word_byte (text[start]))
        i++;
      n += count_word (self, get_word (self, text + start, i - start));
    }
  return n;
}

guint
lk_lexicon_count_tokens (LkLexicon  *self,
                         const char *caption)
{
  guint most = 0, n = 0;

  while (self->tokenizer != NULL && *caption != '\0')
    {
      gsize length = strcspn (caption, " \t\r\n\v\f");

      n += length > 0 ? count_cluster (self, caption, length) : 0;
      most = MAX (most, n);
      caption += length;
      if (*caption == '\r' || *caption == '\n')
        n = 0;
      caption += *caption != '\0';
    }
  return most;
}

void
lk_lexicon_set_tokenizer (LkLexicon   *self,
                          LkTokenizer *tokenizer)
{
  if (self->tokenizer == tokenizer)
    return;
  self->tokenizer = tokenizer;
  self->round++;      /* there may be typing errors now */
}

/* ---- things that a tag names ------------------------------------------------------------------------------------ */

static gboolean
phrase_stands_at (LkLexicon      *self,
                  const LkPhrase *phrase,
                  const LkTag    *tag,
                  guint           at)
{
  if (at + phrase->n_words > tag->n_words)
    return FALSE;
  for (guint i = 0; i < phrase->n_words; i++)
    if (!g_str_equal (phrase->words[i], tag->words[at + i].word->text))
      return FALSE;
  return TRUE;
}

/* The longest phrase of at least `least` words that begins at a word; FALSE: none. */
static gboolean
find_phrase (LkLexicon   *self,
             const LkTag *tag,
             guint        at,
             guint        least,
             guint       *found)
{
  const GArray *phrases = tag->words[at].word->phrases;

  for (guint i = 0; phrases != NULL && i < phrases->len; i++)
    {
      guint index = g_array_index (phrases, guint, i);
      const LkPhrase *phrase = lk_vocabulary_get_phrase (self->vocabulary, index);

      if (phrase->n_words >= least && phrase_stands_at (self, phrase, tag, at))
        {
          *found = index;
          return TRUE;
        }
    }
  return FALSE;
}

static gboolean
is_shade (const LkWord *word)
{
  static const char * const shades[] = { "light", "dark", "pale", "bright", "deep", "very", NULL };

  return g_strv_contains (shades, word->text);
}

static guint
find_adjective (LkLexicon    *self,
                const LkWord *noun,
                const LkWord *word)
{
  for (guint i = 0; i < noun->adjectives->len; i++)
    {
      guint index = g_array_index (noun->adjectives, guint, i);

      if (g_str_equal (lk_vocabulary_get_phrase (self->vocabulary, index)->words[0], word->text))
        return index;
    }
  return G_MAXUINT;
}

static guint64
exclusive_of (LkLexicon *self,
              guint      phrase)
{
  return lk_vocabulary_get_concept (self->vocabulary, lk_vocabulary_get_phrase (self->vocabulary, phrase)->concept)->exclusive;
}

/* "long brown wavy hair" is long, brown and wavy. The word before the noun was found already; the nearest of an aspect counts. */
static void
find_adjectives_apart (LkLexicon *self,
                       LkTag     *tag,
                       guint      noun,
                       GArray    *names)
{
  guint64 said = 0;

  for (gint i = (gint) noun - 1; i >= 0; i--)
    {
      const LkPlace *place = &tag->words[i];
      guint index = find_adjective (self, tag->words[noun].word, place->word);

      if (index == G_MAXUINT && !is_shade (place->word))
        return;
      if (index == G_MAXUINT)
        continue;
      if (i < (gint) noun - 1 && (exclusive_of (self, index) & said) == 0)
        g_array_append_val (names, ((LkNamed) { index, place->start, place->end, TRUE }));
      said |= exclusive_of (self, index);
    }
}

static gint
compare_names (gconstpointer a,
               gconstpointer b)
{
  return (gint) ((const LkNamed *) a)->start - (gint) ((const LkNamed *) b)->start;
}

static void
find_names (LkLexicon *self,
            LkTag     *tag)
{
  g_autoptr (GArray) names = g_array_new (FALSE, FALSE, sizeof (LkNamed));

  for (guint i = 0; i < tag->n_words;)
    {
      const LkPhrase *phrase;
      LkNamed named = { 0 };
      guint end, other;

      if (tag->words[i].word->adjectives != NULL && !find_phrase (self, tag, i, 2, &other))
        find_adjectives_apart (self, tag, i, names);
      if (!find_phrase (self, tag, i, 1, &named.phrase))
        {
          i++;
          continue;
        }
      phrase = lk_vocabulary_get_phrase (self->vocabulary, named.phrase);
      end = i + phrase->n_words;
      /* "black hair ribbon" is no black hair. */
      if (phrase->n_words > 1 && find_phrase (self, tag, end - 1, 2, &other))
        {
          i = end - 1;
          continue;
        }
      if (phrase->n_words > 1 && tag->words[end - 1].word->adjectives != NULL)
        find_adjectives_apart (self, tag, end - 1, names);

      /* "light brown hair" is one name. */
      named.start = tag->words[i].start;
      named.end = tag->words[end - 1].end;
      if (phrase->n_words == 2 && exclusive_of (self, named.phrase) != 0 && i > 0 && is_shade (tag->words[i - 1].word) &&
          find_adjective (self, tag->words[end - 1].word, tag->words[i - 1].word) == G_MAXUINT)
        named.start = tag->words[i - 1].start;
      g_array_append_val (names, named);
      i = end;
    }

  g_array_sort (names, compare_names);
  tag->n_names = names->len;
  tag->names = names->len > 0 ? g_memdup2 (names->data, names->len * sizeof (LkNamed)) : NULL;
}

/* ---- tags ------------------------------------------------------------------------------------------------------- */

LkTag *
lk_lexicon_get_tag (LkLexicon  *self,
                    const char *text,
                    gsize       length)
{
  g_autoptr (GArray) words = NULL;
  g_autoptr (GString) folded = NULL;
  LkTag *tag;

  g_string_truncate (self->scratch, 0);
  g_string_append_len (self->scratch, text, length);
  tag = g_hash_table_lookup (self->tags, self->scratch->str);
  if (tag != NULL)
    return tag;

  tag = g_new0 (LkTag, 1);
  tag->text = g_strndup (text, length);
  words = g_array_new (FALSE, FALSE, sizeof (LkPlace));
  folded = g_string_sized_new (length + 1);
  for (gsize i = 0; i < length;)
    {
      gsize start = i;
      LkPlace place;

      if (!is_word_byte (text[i]))
        {
          i++;
          continue;
        }
      while (i < length && is_word_byte (text[i]))
        i++;
      place = (LkPlace) { get_word (self, text + start, i - start), start, i };
      g_array_append_val (words, place);
      if (folded->len > 0)
        g_string_append_c (folded, ' ');
      g_string_append (folded, place.word->text);
    }
  tag->n_words = words->len;
  tag->words = g_memdup2 (words->data, words->len * sizeof (LkPlace));
  tag->folded = g_string_free (g_steal_pointer (&folded), FALSE);
  find_names (self, tag);

  tag->first = g_hash_table_lookup (self->first_tags, tag->folded);
  if (tag->first == NULL)
    {
      tag->first = tag;
      g_hash_table_insert (self->first_tags, tag->folded, tag);
    }
  g_hash_table_insert (self->tags, tag->text, tag);
  return tag;
}

static inline gboolean
is_separator (char c)
{
  return c == ',' || c == '\n' || c == '\r' || c == ';' || c == '|' || c == '{' || c == '}';
}

GArray *
lk_lexicon_parse (LkLexicon  *self,
                  const char *caption)
{
  GArray *spans = g_array_new (FALSE, FALSE, sizeof (LkSpan));
  guint line = 0;

  for (const char *p = caption; *p != '\0';)
    {
      const char *end = p, *stop;
      gboolean has_words = FALSE;

      while (*end != '\0' && !is_separator (*end))
        has_words |= is_word_byte (*end++);
      stop = end;
      while (p < end && g_ascii_isspace (*p))
        p++;
      while (end > p && g_ascii_isspace (end[-1]))
        end--;
      if (has_words)
        g_array_append_val (spans, ((LkSpan) { lk_lexicon_get_tag (self, p, end - p), p - caption, end - caption, line }));
      line += *stop == '\n';
      p = *stop != '\0' ? stop + 1 : stop;
    }
  return spans;
}

gint
lk_tag_find_row (const LkTag *tag,
                 const LkTag *part)
{
  for (guint at = 0; part->n_words > 0 && at + part->n_words <= tag->n_words; at++)
    {
      guint i = 0;

      while (i < part->n_words && tag->words[at + i].word == part->words[i].word)
        i++;
      if (i == part->n_words)
        return at;
    }
  return -1;
}

gboolean
lk_tag_has_word (const LkTag  *tag,
                 const LkWord *word)
{
  for (guint i = 0; i < tag->n_words; i++)
    if (tag->words[i].word == word)
      return TRUE;
  return FALSE;
}

/* ---- counting --------------------------------------------------------------------------------------------------- */

void
lk_lexicon_begin (LkLexicon *self)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->words);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    ((LkWord *) value)->counting = 0;
  g_hash_table_iter_init (&iter, self->tags);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    ((LkTag *) value)->counting = 0;
  memset (self->phrase_counting, 0, self->n_phrases * sizeof (guint));
  memset (self->concept_counting, 0, self->n_phrases * sizeof (guint));
  self->n_counting = 0;
}

/* Counts once a caption. */
static inline void
count (guint *counting,
       guint *seen,
       guint  caption)
{
  *counting += *seen != caption;
  *seen = caption;
}

void
lk_lexicon_count (LkLexicon *self,
                  GArray    *spans)
{
  guint caption = ++self->caption;

  self->n_counting++;
  for (guint i = 0; i < spans->len; i++)
    {
      LkTag *tag = g_array_index (spans, LkSpan, i).tag;

      count (&tag->first->counting, &tag->first->seen, caption);
      for (guint k = 0; k < tag->n_words; k++)
        count (&tag->words[k].word->counting, &tag->words[k].word->seen, caption);
      for (guint k = 0; k < tag->n_names; k++)
        {
          guint phrase = tag->names[k].phrase, concept = lk_vocabulary_get_phrase (self->vocabulary, phrase)->concept;

          count (&self->phrase_counting[phrase], &self->phrase_seen[phrase], caption);
          count (&self->concept_counting[concept], &self->concept_seen[concept], caption);
        }
    }
}

void
lk_lexicon_begin_publish (LkLexicon *self)
{
  self->round++;
}

void
lk_lexicon_keep (LkLexicon *self,
                 LkTag     *tag)
{
  tag->kept = self->round;
  tag->first->kept = self->round;
}

static char *
make_run (const LkTag *tag)
{
  GString *run;

  if (strlen (tag->folded) > MAX_RUN)
    return NULL;
  run = g_string_sized_new (MAX_RUN);
  for (guint i = 0; i < tag->n_words; i++)
    g_string_append (run, tag->words[i].word->text);
  return g_string_free (run, FALSE);
}

static void
index_run (LkLexicon *self,
           LkTag     *tag)
{
  g_autofree char *run = NULL;
  LkTag *known;

  if (tag->first != tag || tag->n_captions < FREQUENT || (run = make_run (tag)) == NULL)
    return;
  known = g_hash_table_lookup (self->runs, run);
  if (known == NULL || known->n_captions < tag->n_captions)
    g_hash_table_replace (self->runs, g_steal_pointer (&run), tag);
}

void
lk_lexicon_publish (LkLexicon *self)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_remove_all (self->runs);
  g_hash_table_iter_init (&iter, self->tags);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      LkTag *tag = value;

      if (tag->kept == self->round)
        continue;
      if (tag->first == tag)
        g_hash_table_remove (self->first_tags, tag->folded);
      g_hash_table_iter_remove (&iter);
    }
  g_hash_table_iter_init (&iter, self->tags);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      LkTag *tag = value;

      tag->n_captions = tag->counting;
      for (guint i = 0; i < tag->n_words; i++)
        tag->words[i].word->kept = self->round;
      index_run (self, tag);
    }

  g_ptr_array_set_size (self->frequent, 0);
  g_hash_table_iter_init (&iter, self->words);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      LkWord *word = value;

      if (word->kept != self->round)
        {
          g_hash_table_iter_remove (&iter);
          continue;
        }
      word->n_captions = word->counting;
      if (word->is_plain && (word->is_reference || (word->n_captions >= FREQUENT && word->length >= LEAST_SLIP_LENGTH)))
        g_ptr_array_add (self->frequent, word);
    }

  memcpy (self->phrase_counts, self->phrase_counting, self->n_phrases * sizeof (guint));
  memcpy (self->concept_counts, self->concept_counting, self->n_phrases * sizeof (guint));
  self->n_captions = self->n_counting;
}

guint
lk_lexicon_get_round (LkLexicon *self)
{
  return self->round;
}

guint
lk_lexicon_get_n_captions (LkLexicon *self)
{
  return self->n_captions;
}

guint
lk_lexicon_count_phrase (LkLexicon *self,
                         guint      phrase)
{
  return self->phrase_counts[phrase];
}

guint
lk_lexicon_count_concept (LkLexicon *self,
                          guint      concept)
{
  return self->concept_counts[concept];
}

const LkPhrase *
lk_lexicon_get_usual (LkLexicon *self,
                      guint      concept)
{
  const LkConcept *thing = lk_vocabulary_get_concept (self->vocabulary, concept);
  guint best = thing->first;

  for (guint i = thing->first + 1; i < thing->first + thing->n; i++)
    if (self->phrase_counts[i] > self->phrase_counts[best])
      best = i;
  return self->phrase_counts[best] > 0 ? lk_vocabulary_get_phrase (self->vocabulary, best) : NULL;
}

void
lk_lexicon_foreach (LkLexicon *self,
                    void     (*func) (LkTag *tag, gpointer data),
                    gpointer   data)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->tags);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (((LkTag *) value)->first == value && ((LkTag *) value)->n_captions > 0)
      func (value, data);
}

/* ---- typing errors ---------------------------------------------------------------------------------------------- */

gboolean
lk_tags_run_alike (const LkTag *a,
                   const LkTag *b)
{
  const char *p = a->folded, *q = b->folded;

  if (a->first == b->first)
    return FALSE;
  while (TRUE)
    {
      p += *p == ' ';
      q += *q == ' ';
      if (*p != *q)
        return FALSE;
      if (*p == '\0')
        return TRUE;
      p++;
      q++;
    }
}

/* Optimal string alignment: Levenshtein's distance, with a swap of neighbours as one. */
guint
lk_words_distance (const char *a,
                   const char *b)
{
  guint n_a = strlen (a), n_b = strlen (b);
  guint8 rows[3][MAX_WORD + 1];

  if (n_a > MAX_WORD || n_b > MAX_WORD || MAX (n_a, n_b) - MIN (n_a, n_b) > 2)
    return 3;
  for (guint k = 0; k <= n_b; k++)
    rows[0][k] = k;
  for (guint i = 1; i <= n_a; i++)
    {
      guint8 *row = rows[i % 3];
      const guint8 *above = rows[(i + 2) % 3], *above_that = rows[(i + 1) % 3];
      guint8 least = row[0] = i;

      for (guint k = 1; k <= n_b; k++)
        {
          guint8 value = MIN (MIN (above[k], row[k - 1]) + 1, above[k - 1] + (a[i - 1] != b[k - 1]));

          if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1])
            value = MIN (value, above_that[k - 2] + 1);
          row[k] = value;
          least = MIN (least, value);
        }
      if (least > 2)
        return 3;
    }
  return MIN (rows[n_a % 3][n_b], 3);
}

/* One is the other with an ending: "boot" and "boots" are both right. */
static gboolean
is_inflection (const LkWord *a,
               const LkWord *b)
{
  static const char * const endings[] = { "s", "es", "d", "ed", "r", "er", "y", "ly", "n", "en", "al", "st", NULL };
  const LkWord *word = a->length < b->length ? a : b, *longer = word == a ? b : a;

  return g_str_has_prefix (longer->text, word->text) && g_strv_contains (endings, longer->text + word->length) &&
         !g_str_has_suffix (longer->text, "ss");
}

/* Two neighbours swapped: "hari" for "hair". */
static gboolean
is_swap (const LkWord *a,
         const LkWord *b)
{
  return a->length == b->length && a->letters == b->letters;
}

static gboolean
is_slip (LkLexicon    *self,
         LkWord       *word,
         const LkWord *right,
         guint        *distance)
{
  if (right == word || MAX (word->length, right->length) - MIN (word->length, right->length) > 2 ||
      __builtin_popcount (word->letters ^ right->letters) > 4 ||
      (!right->is_reference && word->n_captions * SLIP_RATIO > right->n_captions))
    return FALSE;
  *distance = lk_words_distance (word->text, right->text);
  if (*distance > 2 || (*distance == 2 && MIN (word->length, right->length) < LEAST_TWO_SLIPS_LENGTH) || is_inflection (word, right))
    return FALSE;
  /* What the tokenizer has as one token is a word of its own, most likely. */
  return count_word (self, word) != 1 || (*distance == 1 && is_swap (word, right));
}

const LkWord *
lk_lexicon_find_slip (LkLexicon *self,
                      LkWord    *word)
{
  guint best = 3, distance;

  if (word->slip_round == self->round)
    return word->slip;
  word->slip_round = self->round;
  word->slip = NULL;
  if (self->tokenizer == NULL || !word->is_plain || word->is_listed || word->is_reference || word->length < LEAST_SLIP_LENGTH || word->length > MAX_WORD)
    return NULL;
  for (guint i = 0; i < self->frequent->len; i++)
    {
      const LkWord *right = self->frequent->pdata[i];

      if (is_slip (self, word, right, &distance) && (distance < best || (distance == best && right->n_captions > word->slip->n_captions)))
        {
          best = distance;
          word->slip = right;
        }
    }
  return word->slip;
}

const LkTag *
lk_lexicon_find_run (LkLexicon   *self,
                     const LkTag *tag)
{
  g_autofree char *run = make_run (tag);
  const LkTag *usual = run != NULL ? g_hash_table_lookup (self->runs, run) : NULL;

  if (usual == NULL || usual == tag->first || tag->first->n_captions * SLIP_RATIO > usual->n_captions)
    return NULL;
  return usual;
}
