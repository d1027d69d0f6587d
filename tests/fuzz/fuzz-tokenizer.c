/* Whatever the text is: tokens of the vocabulary that lie in it, one behind the other, and the same ones again. */
#include "config.h"

#include <string.h>

#include "formats/lk-tokenizer.h"
#include "lk-fuzz.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         length)
{
  static LkTokenizer *tokenizer;
  g_autofree char *text = g_memdup2 (data, length);
  g_autoptr (GArray) tokens = NULL, again = NULL;
  guint last = 0;

  if (tokenizer == NULL)
    tokenizer = lk_tokenizer_new (NULL, NULL);
  g_assert_nonnull (tokenizer);

  tokens = lk_tokenizer_encode (tokenizer, text, length);
  for (guint i = 0; i < tokens->len; i++)
    {
      const LkToken *token = &g_array_index (tokens, LkToken, i);

      g_assert_true (token->id >= 0 && token->id < (gint32) lk_tokenizer_get_n_ids (tokenizer));
      g_assert_true (token->start >= last && token->start < token->end && token->end <= length);
      g_assert_nonnull (lk_tokenizer_get_piece (tokenizer, token->id));
      last = token->start;
    }

  again = lk_tokenizer_encode (tokenizer, text, length);
  g_assert_cmpmem (tokens->data, tokens->len * sizeof (LkToken), again->data, again->len * sizeof (LkToken));
  return 0;
}
