/* Whatever the text is: an error, or a tree that prints to text which gives the same text again. */
#include "config.h"

#include "base/lk-json.h"
#include "lk-fuzz.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         length)
{
  g_autofree char *bytes = g_memdup2 (data, length);
  g_autoptr (GError) error = NULL;
  g_autoptr (cJSON) json = lk_json_parse (length > 0 ? bytes : "", length, "fuzz", &error);

  g_assert_true ((json == NULL) == (error != NULL));
  if (json != NULL)
    {
      g_autofree char *once = lk_json_print (json, TRUE);
      g_autoptr (cJSON) back = lk_json_parse (once, -1, "printed", &error);
      g_autofree char *twice = NULL;

      g_assert_no_error (error);
      twice = lk_json_print (back, TRUE);
      g_assert_cmpstr (once, ==, twice);
    }

  return 0;
}
