#define G_LOG_DOMAIN "likeness-project"

#include "config.h"

#include "project/lk-words.h"

#include <string.h>

char *
lk_words_fold (const char *text)
{
  g_autofree char *lower = g_utf8_strdown (text, -1);
  GString *folded = g_string_sized_new (strlen (lower));

  for (const char *p = lower; *p != '\0'; p++)
    {
      if (*p == '-' || *p == '_' || g_ascii_isspace (*p))
        {
          if (folded->len > 0 && folded->str[folded->len - 1] != ' ')
            g_string_append_c (folded, ' ');
        }
      else
        {
          g_string_append_c (folded, *p);
        }
    }
  if (folded->len > 0 && folded->str[folded->len - 1] == ' ')
    g_string_truncate (folded, folded->len - 1);
  return g_string_free (folded, FALSE);
}

char *
lk_words_fold_in_place (const char *text)
{
  char *folded = g_strdup (text);

  for (char *p = folded; *p != '\0'; p++)
    *p = *p == '-' || *p == '_' || g_ascii_isspace (*p) ? ' ' : g_ascii_tolower (*p);
  return folded;
}

/* A byte that belongs to a word: letters and digits of ASCII, and all of UTF-8's others. */
static inline gboolean
is_word_byte (char byte)
{
  return g_ascii_isalnum (byte) || (guchar) byte >= 0x80;
}

static gboolean
stands_alone (const char *text,
              const char *at,
              gsize       length)
{
  return (at == text || !is_word_byte (at[-1]) || !is_word_byte (at[0])) &&
         (!is_word_byte (at[length]) || !is_word_byte (at[length - 1]));
}

const char *
lk_words_find (const char *folded,
               const char *words)
{
  gsize length = strlen (words);

  if (length == 0)
    return NULL;
  for (const char *at = folded; (at = strstr (at, words)) != NULL; at++)
    if (stands_alone (folded, at, length))
      return at;
  return NULL;
}

char *
lk_words_replace (const char *text,
                  const char *word,
                  const char *instead)
{
  GString *result = g_string_new (NULL);
  gsize length = strlen (word);
  const char *from = text;

  for (const char *at = text; length > 0 && (at = strstr (at, word)) != NULL;)
    {
      if (!stands_alone (text, at, length))
        {
          at++;
          continue;
        }
      g_string_append_len (result, from, at - from);
      g_string_append (result, instead);
      at += length;
      from = at;
    }
  g_string_append (result, from);
  return g_string_free (result, FALSE);
}
