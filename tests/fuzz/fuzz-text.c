/* Whatever the bytes are: an error, or UTF-8 without NUL. */
#include "config.h"

#include "base/lk-text.h"
#include "lk-fuzz.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         length)
{
  g_autofree char *bytes = g_memdup2 (data, length);
  g_autoptr (GError) error = NULL;
  g_autofree char *text = lk_text_decode (bytes, length, "fuzz", NULL, &error);

  g_assert_true ((text == NULL) == (error != NULL));
  if (text != NULL)
    {
      g_auto (GStrv) tags = lk_text_split_tags (text, ",");

      g_assert_true (g_utf8_validate (text, -1, NULL));
      for (char **tag = tags; *tag != NULL; tag++)
        {
          g_autofree char *stripped = lk_text_strip (*tag, -1);

          g_assert_cmpstr (stripped, ==, *tag);
          g_assert_true (g_utf8_validate (*tag, -1, NULL));
        }
    }

  return 0;
}
