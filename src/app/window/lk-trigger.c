#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>

#include "app/window/lk-trigger.h"

/* Whole words with an id below this come up in pictures' captions all the time ("cat" is 2368); the last thousands are rare. */
#define KNOWN_WORD_BELOW 42000
/* A piece inside a made-up word that is frequent and long enough brings its own meaning along. */
#define KNOWN_PIECE_BELOW 12000
#define KNOWN_PIECE_LETTERS 4
/* More pieces than this spread what is learned over too many vectors. */
#define MANY_PIECES 3

/* "ohwx" without the mark that ends a word, if the piece is a whole word of a-z; else NULL. Owned by the caller. */
static char *
get_plain_word (LkTokenizer *tokenizer,
                gint32       id)
{
  const char *piece = lk_tokenizer_get_piece (tokenizer, id);
  gsize length;

  if (piece == NULL || !g_str_has_suffix (piece, "</w>"))
    return NULL;

  length = strlen (piece) - strlen ("</w>");
  for (gsize i = 0; i < length; i++)
    if (!g_ascii_islower (piece[i]))
      return NULL;

  return g_strndup (piece, length);
}

/* Looks like no word or name: at most one vowel in four letters. */
static gboolean
is_unpronounceable (const char *word)
{
  guint n_vowels = 0;

  for (const char *c = word; *c != '\0'; c++)
    n_vowels += strchr ("aeiouy", *c) != NULL;

  return strlen (word) == 4 && n_vowels <= 1;
}

char *
lk_trigger_propose (LkTokenizer *tokenizer,
                    guint        number)
{
  gint32 n_ids;

  if (tokenizer == NULL || number == 0)
    return g_strdup ("ohwx");

  /* From the rarest on; BOS and EOS are the last two. */
  n_ids = lk_tokenizer_get_n_ids (tokenizer);
  for (gint32 id = n_ids - 3; id >= KNOWN_WORD_BELOW; id--)
    {
      g_autofree char *word = get_plain_word (tokenizer, id);

      if (word != NULL && is_unpronounceable (word) && --number == 0)
        return g_steal_pointer (&word);
    }

  return g_strdup ("ohwx");
}

/* The first piece that means something by itself, or NULL. Owned by the caller. */
static char *
find_known_piece (LkTokenizer *tokenizer,
                  GArray      *tokens,
                  const char  *trigger)
{
  for (guint i = 0; i < tokens->len; i++)
    {
      const LkToken *token = &g_array_index (tokens, LkToken, i);
      guint length = token->end - token->start;

      if (token->id < KNOWN_PIECE_BELOW && length >= KNOWN_PIECE_LETTERS)
        return g_strndup (trigger + token->start, length);
    }

  return NULL;
}

LkSeverity
lk_trigger_judge (LkTokenizer  *tokenizer,
                  const char   *trigger,
                  char        **sentence)
{
  g_autoptr (GArray) tokens = NULL;
  g_autofree char *piece = NULL;

  g_return_val_if_fail (trigger != NULL, LK_SEVERITY_ERROR);
  g_return_val_if_fail (sentence != NULL, LK_SEVERITY_ERROR);

  *sentence = NULL;
  if (*trigger == '\0')
    {
      *sentence = g_strdup (_("A trigger word is what calls the character up in a prompt."));
      return LK_SEVERITY_ERROR;
    }
  if (strpbrk (trigger, ",;|\\(){}:<>\n\t") != NULL)
    {
      *sentence = g_strdup (_("Use letters and digits only: other characters have a meaning in prompts."));
      return LK_SEVERITY_ERROR;
    }
  if (strchr (trigger, ' ') != NULL)
    {
      *sentence = g_strdup (_("One word without spaces works best."));
      return LK_SEVERITY_WARNING;
    }
  if (tokenizer == NULL)
    return LK_SEVERITY_NONE;

  tokens = lk_tokenizer_encode (tokenizer, trigger, -1);
  if (tokens->len == 1 && g_array_index (tokens, LkToken, 0).id < KNOWN_WORD_BELOW)
    {
      *sentence = g_strdup_printf (_("“%s” is a word that the model knows: its meaning would mix with the character."), trigger);
      return LK_SEVERITY_WARNING;
    }
  piece = tokens->len > 1 ? find_known_piece (tokenizer, tokens, trigger) : NULL;
  if (piece != NULL)
    {
      *sentence = g_strdup_printf (_("It contains “%s”, which the model knows: that meaning would mix with the character."), piece);
      return LK_SEVERITY_WARNING;
    }
  if (tokens->len > MANY_PIECES)
    {
      *sentence = g_strdup_printf (ngettext ("The model reads it as %u piece. A shorter word is learned better.",
                                             "The model reads it as %u pieces. A shorter word is learned better.",
                                             tokens->len), tokens->len);
      return LK_SEVERITY_WARNING;
    }

  return LK_SEVERITY_NONE;
}
