/* lk-tokenizer.c: from text to words, as transformers' CLIPTokenizer cuts them, and from words to ids.
 *
 * The text becomes a list of characters in NFC and lower case, each with the bytes of the source that it stands for. Words are
 *   's 't 're 've 'm 'll 'd  |  letters  |  one digit  |  anything else that is no white space
 * and white space only separates them. <|startoftext|> and <|endoftext|> are BOS and EOS.
 */
#define G_LOG_DOMAIN "likeness-formats"

#include "config.h"

#include <string.h>

#include "base/lk-file.h"
#include "formats/lk-bpe.h"
#include "formats/lk-tokenizer.h"

#define BOS (LK_BPE_N_IDS - 2)
#define EOS (LK_BPE_N_IDS - 1)
#define CACHE_WORDS 65536     /* words remembered */
#define CACHE_LENGTH 64       /* bytes of the longest one */

struct _LkTokenizer
{
  gatomicrefcount  ref_count;
  LkBpe           *bpe;         /* owned */

  GMutex           lock;        /* of the cache */
  GHashTable      *cache;       /* owned; word -> Word */
};

typedef struct
{
  guint   n;
  guint16 ids[];
} Word;

typedef enum
{
  KIND_SPACE,
  KIND_LETTER,
  KIND_NUMBER,
  KIND_OTHER,
} Kind;

/* One character of the normalised text, and where it comes from. */
typedef struct
{
  gunichar c;
  guint    start, end;
  Kind     kind;
} Char;

G_DEFINE_QUARK (lk-tokenizer-error-quark, lk_tokenizer_error)

/* ---- loading ---------------------------------------------------------------------------------------------------- */

LkTokenizer *
lk_tokenizer_new (const char  *path,
                  GError     **error)
{
  g_autofree char *own = path == NULL ? lk_data_path ("starter/bpe_simple_vocab_16e6.txt.gz") : NULL;
  LkBpe *bpe = lk_bpe_load (path != NULL ? path : own, error);
  LkTokenizer *tokenizer;

  if (bpe == NULL)
    return NULL;

  tokenizer = g_new0 (LkTokenizer, 1);
  g_atomic_ref_count_init (&tokenizer->ref_count);
  tokenizer->bpe = bpe;
  g_mutex_init (&tokenizer->lock);
  tokenizer->cache = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return tokenizer;
}

LkTokenizer *
lk_tokenizer_ref (LkTokenizer *tokenizer)
{
  g_atomic_ref_count_inc (&tokenizer->ref_count);
  return tokenizer;
}

void
lk_tokenizer_unref (LkTokenizer *tokenizer)
{
  if (!g_atomic_ref_count_dec (&tokenizer->ref_count))
    return;

  g_hash_table_unref (tokenizer->cache);
  g_mutex_clear (&tokenizer->lock);
  lk_bpe_free (tokenizer->bpe);
  g_free (tokenizer);
}

guint
lk_tokenizer_get_n_ids (LkTokenizer *tokenizer)
{
  return LK_BPE_N_IDS;
}

gint32
lk_tokenizer_get_bos (LkTokenizer *tokenizer)
{
  return BOS;
}

gint32
lk_tokenizer_get_eos (LkTokenizer *tokenizer)
{
  return EOS;
}

const char *
lk_tokenizer_get_piece (LkTokenizer *tokenizer,
                        gint32       id)
{
  return id >= 0 && id < LK_BPE_N_IDS ? lk_bpe_get_piece (tokenizer->bpe, id) : NULL;
}

/* ---- characters ------------------------------------------------------------------------------------------------- */

static Kind
kind_of (gunichar c)
{
  /* Unicode's White_Space: what \s is to the regular expression. */
  if ((c >= 0x09 && c <= 0x0d) || c == 0x20 || c == 0x85 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) ||
      c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000)
    return KIND_SPACE;

  switch (g_unichar_type (c))
    {
    case G_UNICODE_LOWERCASE_LETTER:
    case G_UNICODE_MODIFIER_LETTER:
    case G_UNICODE_OTHER_LETTER:
    case G_UNICODE_TITLECASE_LETTER:
    case G_UNICODE_UPPERCASE_LETTER:
      return KIND_LETTER;
    case G_UNICODE_DECIMAL_NUMBER:
    case G_UNICODE_LETTER_NUMBER:
    case G_UNICODE_OTHER_NUMBER:
      return KIND_NUMBER;
    default:
      return KIND_OTHER;
    }
}

/* Unicode's lower case. GLib's knows letters only, but Roman numerals (Ⅷ) and letters in circles (Ⓐ) have one too. */
static gunichar
to_lower (gunichar c)
{
  if (c >= 0x2160 && c <= 0x216f)
    return c + 16;
  if (c >= 0x24b6 && c <= 0x24cf)
    return c + 26;
  return g_unichar_tolower (c);
}

static void
append_lower (GArray   *chars,
              gunichar  c,
              guint     start,
              guint     end)
{
  gunichar lower = to_lower (c);
  Char one = { lower, start, end, kind_of (lower) };

  g_array_append_val (chars, one);

  /* İ is the one character whose lower case is two: i and a dot above. */
  if (c == 0x130)
    {
      Char dot = { 0x307, start, end, KIND_OTHER };

      g_array_append_val (chars, dot);
    }
}

/* Whether `c` may melt with what stands before it: marks, and the vowels and final consonants of Hangul. */
static gboolean
joins (gunichar c)
{
  return c >= 0x300 && (g_unichar_ismark (c) || (c >= 0x1160 && c <= 0x11ff));
}

/* The next character of the source, U+FFFD for a byte that starts none; `*at` moves behind it. */
static gunichar
next_char (const char **at,
           const char  *end)
{
  gunichar c = **at == '\0' ? 0 : g_utf8_get_char_validated (*at, end - *at);

  if (c == (gunichar) -1 || c == (gunichar) -2)
    {
      *at += 1;
      return 0xfffd;
    }

  *at += g_unichar_to_utf8 (c, NULL);
  return c;
}

/* A base character with what joins it, normalised. Where that changes something, each new character stands for all of them. */
static void
append_cluster (GArray       *chars,
                const Char   *cluster,
                guint         n)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *normal = NULL;

  if (n == 1 && cluster[0].c < 0x300)
    {
      append_lower (chars, cluster[0].c, cluster[0].start, cluster[0].end);
      return;
    }

  for (guint i = 0; i < n; i++)
    g_string_append_unichar (text, cluster[i].c);
  normal = g_utf8_normalize (text->str, text->len, G_NORMALIZE_NFC);

  if (strcmp (normal, text->str) == 0)
    for (guint i = 0; i < n; i++)
      append_lower (chars, cluster[i].c, cluster[i].start, cluster[i].end);
  else
    for (const char *c = normal; *c != '\0'; c = g_utf8_next_char (c))
      append_lower (chars, g_utf8_get_char (c), cluster[0].start, cluster[n - 1].end);
}

/* Characters of text[from, to), in NFC and lower case. */
static void
append_chars (GArray     *chars,
              const char *text,
              gsize       from,
              gsize       to)
{
  g_autoptr (GArray) cluster = g_array_new (FALSE, FALSE, sizeof (Char));
  const char *end = text + to;

  for (const char *at = text + from; at < end;)
    {
      Char c = { .start = at - text };

      c.c = next_char (&at, end);
      c.end = at - text;

      /* NUL would end the string that is normalised: it stays alone. */
      if (cluster->len > 0 && (!joins (c.c) || g_array_index (cluster, Char, 0).c == 0))
        {
          append_cluster (chars, (Char *) cluster->data, cluster->len);
          g_array_set_size (cluster, 0);
        }
      g_array_append_val (cluster, c);
    }

  if (cluster->len > 0)
    append_cluster (chars, (Char *) cluster->data, cluster->len);
}

/* ---- words ------------------------------------------------------------------------------------------------------ */

/* Whether the characters from `at` on spell an ASCII word. */
static gboolean
spells (const Char *chars,
        gsize       at,
        gsize       n,
        const char *word)
{
  gsize i = 0;

  for (; word[i] != '\0'; i++)
    if (at + i >= n || chars[at + i].c != (guchar) word[i])
      return FALSE;
  return TRUE;
}

/* Where the word that starts at `at` ends; the character there is no white space. */
static gsize
find_word_end (const Char *chars,
               gsize       at,
               gsize       n)
{
  static const char *contractions[] = { "'s", "'t", "'re", "'ve", "'m", "'ll", "'d" };
  Kind kind = chars[at].kind;
  gsize end = at + 1;

  if (chars[at].c == '\'')
    for (guint i = 0; i < G_N_ELEMENTS (contractions); i++)
      if (spells (chars, at, n, contractions[i]))
        return at + strlen (contractions[i]);

  if (kind != KIND_NUMBER)
    while (end < n && chars[end].kind == kind)
      end++;
  return end;
}

/* The ids of a word, which are at most as many as its bytes. */
static gsize
encode_word (LkTokenizer   *tokenizer,
             const GString *word,
             guint16       *ids)
{
  gboolean is_cached = word->len <= CACHE_LENGTH && strlen (word->str) == word->len;
  gsize n = 0;

  if (is_cached)
    {
      const Word *known;

      g_mutex_lock (&tokenizer->lock);
      known = g_hash_table_lookup (tokenizer->cache, word->str);
      if (known != NULL)
        {
          n = known->n;
          memcpy (ids, known->ids, n * sizeof (guint16));
        }
      g_mutex_unlock (&tokenizer->lock);
    }

  if (n > 0)
    return n;

  n = lk_bpe_encode (tokenizer->bpe, (const guint8 *) word->str, word->len, ids);

  if (is_cached)
    {
      Word *new_word = g_malloc (sizeof (Word) + n * sizeof (guint16));

      new_word->n = n;
      memcpy (new_word->ids, ids, n * sizeof (guint16));
      g_mutex_lock (&tokenizer->lock);
      if (g_hash_table_size (tokenizer->cache) >= CACHE_WORDS)
        g_hash_table_remove_all (tokenizer->cache);
      g_hash_table_replace (tokenizer->cache, g_strdup (word->str), new_word);
      g_mutex_unlock (&tokenizer->lock);
    }

  return n;
}

/* Scratch memory of one call. */
typedef struct
{
  GArray  *tokens;      /* the result */
  GString *word;        /* UTF-8 */
  GArray  *ids;
} Scratch;

static void
append_word (LkTokenizer *tokenizer,
             Scratch     *scratch,
             const Char  *chars,
             gsize        n)
{
  const guint16 *ids;
  gsize n_ids, at_char = 0, char_end, at = 0;

  g_string_truncate (scratch->word, 0);
  for (gsize i = 0; i < n; i++)
    g_string_append_unichar (scratch->word, chars[i].c);

  g_array_set_size (scratch->ids, scratch->word->len);
  ids = (const guint16 *) scratch->ids->data;
  n_ids = encode_word (tokenizer, scratch->word, (guint16 *) scratch->ids->data);

  /* A token may begin or end inside a character: it then stands for the whole of it. */
  char_end = g_unichar_to_utf8 (chars[0].c, NULL);
  for (gsize i = 0; i < n_ids; i++)
    {
      LkToken token = { .id = ids[i] };

      while (char_end <= at)
        char_end += g_unichar_to_utf8 (chars[++at_char].c, NULL);
      token.start = chars[at_char].start;
      at += lk_bpe_get_token_length (tokenizer->bpe, ids[i]);
      while (char_end < at)
        char_end += g_unichar_to_utf8 (chars[++at_char].c, NULL);
      token.end = chars[at_char].end;
      g_array_append_val (scratch->tokens, token);
    }
}

/* Text without special tokens. */
static void
append_text (LkTokenizer *tokenizer,
             Scratch     *scratch,
             const char  *text,
             gsize        from,
             gsize        to)
{
  g_autoptr (GArray) array = g_array_sized_new (FALSE, FALSE, sizeof (Char), to - from);
  const Char *chars;
  gsize n, at = 0;

  append_chars (array, text, from, to);
  chars = (const Char *) array->data;
  n = array->len;

  while (at < n)
    {
      gsize end;

      if (chars[at].kind == KIND_SPACE)
        {
          at++;
          continue;
        }

      /* Special tokens in capitals are no special tokens, but they end where the small ones end: "|>" takes nothing that follows. */
      if (spells (chars, at, n, "<|startoftext|>") || spells (chars, at, n, "<|endoftext|>"))
        {
          gsize word_end = find_word_end (chars, at + 2, n);

          append_word (tokenizer, scratch, chars + at, 2);
          append_word (tokenizer, scratch, chars + at + 2, word_end - at - 2);
          append_word (tokenizer, scratch, chars + word_end, 2);
          at = word_end + 2;
          continue;
        }

      end = find_word_end (chars, at, n);
      append_word (tokenizer, scratch, chars + at, end - at);
      at = end;
    }
}

/* Where the next special token starts, or `to`; `*token` is set. */
static gsize
find_special (const char *text,
              gsize       from,
              gsize       to,
              LkToken    *token)
{
  static const struct
  {
    const char *text;
    gint32      id;
  } specials[] = { { "<|startoftext|>", BOS }, { "<|endoftext|>", EOS } };

  for (gsize at = from; at < to; at++)
    {
      const char *found = memchr (text + at, '<', to - at);

      if (found == NULL)
        break;
      at = found - text;
      for (guint i = 0; i < G_N_ELEMENTS (specials); i++)
        {
          gsize length = strlen (specials[i].text);

          if (to - at >= length && memcmp (found, specials[i].text, length) == 0)
            {
              *token = (LkToken) { specials[i].id, at, at + length };
              return at;
            }
        }
    }

  return to;
}

/* ---- the tokenizer ---------------------------------------------------------------------------------------------- */

GArray *
lk_tokenizer_encode (LkTokenizer *tokenizer,
                     const char  *text,
                     gssize       length)
{
  gsize end = length < 0 ? strlen (text) : (gsize) length;
  g_autoptr (GString) word = g_string_new (NULL);
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (guint16));
  Scratch scratch = { g_array_new (FALSE, FALSE, sizeof (LkToken)), word, ids };

  for (gsize at = 0; at < end;)
    {
      LkToken special;
      gsize next = find_special (text, at, end, &special);

      append_text (tokenizer, &scratch, text, at, next);
      if (next < end)
        g_array_append_val (scratch.tokens, special);
      at = next < end ? special.end : end;
    }

  return scratch.tokens;
}

guint
lk_tokenizer_count (LkTokenizer *tokenizer,
                    const char  *text,
                    gssize       length)
{
  g_autoptr (GArray) tokens = lk_tokenizer_encode (tokenizer, text, length);

  return tokens->len;
}

guint
lk_tokenizer_count_chunks (LkTokenizer *tokenizer,
                           const char  *text)
{
  guint n = lk_tokenizer_count (tokenizer, text, -1);

  return CLAMP ((n + LK_TOKENIZER_CHUNK_TOKENS - 1) / LK_TOKENIZER_CHUNK_TOKENS, 1, LK_TOKENIZER_MAX_CHUNKS);
}

guint
lk_tokenizer_encode_chunks (LkTokenizer *tokenizer,
                            const char  *text,
                            gint32       pad_id,
                            guint        n_chunks,
                            gint32      *ids)
{
  g_autoptr (GArray) tokens = lk_tokenizer_encode (tokenizer, text, -1);
  guint at = 0;

  for (guint chunk = 0; chunk < n_chunks; chunk++, ids += LK_TOKENIZER_CHUNK)
    {
      guint n = MIN (tokens->len - at, LK_TOKENIZER_CHUNK_TOKENS);

      ids[0] = BOS;
      for (guint i = 0; i < n; i++)
        ids[1 + i] = g_array_index (tokens, LkToken, at + i).id;
      ids[1 + n] = EOS;
      for (guint i = n + 2; i < LK_TOKENIZER_CHUNK; i++)
        ids[i] = pad_id;
      at += n;
    }

  return tokens->len - at;
}
