/* The tokenizer against transformers' ids, and where tokens lie in the text. */
#include "config.h"

#include <string.h>

#include "base/lk-json.h"
#include "formats/lk-tokenizer.h"

static LkTokenizer *tokenizer;

static void
test_cases (void)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "data", "golden", "tokenizer", "cases.json", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (cJSON) cases = lk_json_read (path, &error);
  const cJSON *one;
  guint n_wrong = 0;

  g_assert_no_error (error);
  g_assert_cmpint (cJSON_GetArraySize (cases), ==, 1000);

  cJSON_ArrayForEach (one, cases)
    {
      const char *text = lk_json_get_string (one, "text", NULL);
      const cJSON *expected = lk_json_get_array (one, "ids"), *id = expected->child;
      g_autoptr (GArray) tokens = lk_tokenizer_encode (tokenizer, text, -1);
      gboolean is_equal = cJSON_GetArraySize (expected) == tokens->len + 2 && id->valueint == lk_tokenizer_get_bos (tokenizer);

      for (guint i = 0; is_equal && i < tokens->len; i++)
        {
          id = id->next;
          is_equal = id->valueint == g_array_index (tokens, LkToken, i).id;
        }
      if (!is_equal || id->next->valueint != lk_tokenizer_get_eos (tokenizer))
        {
          g_test_message ("wrong ids for “%s”", text);
          n_wrong++;
        }
    }

  g_assert_cmpuint (n_wrong, ==, 0);
}

/* The tokens' places in the text, "start-end:piece" each. */
static void
assert_places (const char *text,
               gssize      length,
               const char *expected)
{
  g_autoptr (GArray) tokens = lk_tokenizer_encode (tokenizer, text, length);
  g_autoptr (GString) places = g_string_new (NULL);

  for (guint i = 0; i < tokens->len; i++)
    {
      const LkToken *token = &g_array_index (tokens, LkToken, i);

      g_string_append_printf (places, "%s%u-%u:%s", i > 0 ? " " : "", token->start, token->end,
                              lk_tokenizer_get_piece (tokenizer, token->id));
    }
  g_assert_cmpstr (places->str, ==, expected);
}

static void
test_places (void)
{
  assert_places ("", -1, "");
  assert_places ("  Ohwx  woman,\n", -1, "2-6:ohwx</w> 8-13:woman</w> 13-14:,</w>");
  assert_places ("it's 25", -1, "0-2:it</w> 2-4:'s</w> 5-6:2</w> 6-7:5</w>");
  assert_places ("cafe\xcc\x81 x", -1, "0-6:café</w> 7-8:x</w>");          /* e and an accent are one letter */
  assert_places ("\xe6\x9d\xb1x", -1, "0-3:東 3-4:x</w>");
  assert_places ("a<|endoftext|>b", -1, "0-1:a</w> 1-14:<|endoftext|> 14-15:b</w>");
  assert_places ("\xff" "a", -1, "0-1:\xef\xbf\xbd</w> 1-2:a</w>");
  assert_places ("\xe2\x91\xa0", -1, "0-3:<e2> 0-3:<91> 0-3:<a0></w>");       /* ① has no token of its own */
  assert_places ("a b\0c", 5, "0-1:a</w> 2-3:b</w> 3-4:<00></w> 4-5:c</w>");
}

static void
test_every_place_is_in_the_text (void)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "data", "golden", "tokenizer", "cases.json", NULL);
  g_autoptr (cJSON) cases = lk_json_read (path, NULL);
  const cJSON *one;

  cJSON_ArrayForEach (one, cases)
    {
      const char *text = lk_json_get_string (one, "text", NULL);
      g_autoptr (GArray) tokens = lk_tokenizer_encode (tokenizer, text, -1);
      guint last_start = 0, last_end = 0;

      for (guint i = 0; i < tokens->len; i++)
        {
          const LkToken *token = &g_array_index (tokens, LkToken, i);

          /* Nothing but white space lies between two tokens; they follow each other, and hold whole characters. */
          g_assert_true (token->start >= last_start && token->end >= last_end && token->start < token->end);
          g_assert_true (g_utf8_validate (text + token->start, token->end - token->start, NULL));
          if (token->start > last_end)
            for (const char *c = text + last_end; c < text + token->start; c = g_utf8_next_char (c))
              g_assert_true (g_unichar_isspace (g_utf8_get_char (c)) || g_utf8_get_char (c) == 0x85 || g_utf8_get_char (c) == 0x0b);
          last_start = token->start;
          last_end = token->end;
        }
    }
}

static void
test_capitals_are_no_special_tokens (void)
{
  /* transformers: [49406, 27, 347, 40786, 4160, 91, 285, 256, 49407] */
  assert_places ("<|ENDOFTEXT|>!", -1, "0-1:< 1-2:|</w> 2-7:endof 7-11:text</w> 11-12:| 12-13:></w> 13-14:!</w>");
}

static void
test_chunks (void)
{
  g_autoptr (GString) text = g_string_new (NULL);
  gint32 ids[3 * 77];

  g_assert_cmpuint (lk_tokenizer_encode_chunks (tokenizer, "", 7, 1, ids), ==, 0);
  g_assert_true (ids[0] == 49406 && ids[1] == 49407 && ids[2] == 7 && ids[76] == 7);
  g_assert_cmpuint (lk_tokenizer_count_chunks (tokenizer, ""), ==, 1);

  for (guint i = 0; i < 75; i++)
    g_string_append (text, "cat ");
  g_assert_cmpuint (lk_tokenizer_encode_chunks (tokenizer, text->str, 0, 1, ids), ==, 0);
  g_assert_true (ids[1] == 2368 && ids[75] == 2368 && ids[76] == 49407);
  g_assert_cmpuint (lk_tokenizer_count_chunks (tokenizer, text->str), ==, 1);
  g_assert_cmpuint (lk_tokenizer_encode_chunks (tokenizer, text->str, 0, 2, ids), ==, 0);
  g_assert_true (ids[76] == 49407 && ids[77] == 49406 && ids[78] == 49407 && ids[79] == 0);

  g_string_append (text, "dog");
  g_assert_cmpuint (lk_tokenizer_count (tokenizer, text->str, -1), ==, 76);
  g_assert_cmpuint (lk_tokenizer_count_chunks (tokenizer, text->str), ==, 2);
  g_assert_cmpuint (lk_tokenizer_encode_chunks (tokenizer, text->str, 49407, 1, ids), ==, 1);
  g_assert_cmpuint (lk_tokenizer_encode_chunks (tokenizer, text->str, 0, 3, ids), ==, 0);
  g_assert_true (ids[77] == 49406 && ids[78] == 1929 && ids[79] == 49407 && ids[80] == 0 && ids[153] == 0 && ids[154] == 49406 && ids[155] == 49407);

  for (guint i = 0; i < 300; i++)
    g_string_append (text, " cat");
  g_assert_cmpuint (lk_tokenizer_count_chunks (tokenizer, text->str), ==, 3);
  g_assert_cmpuint (lk_tokenizer_encode_chunks (tokenizer, text->str, 0, 3, ids), ==, 376 - 225);
}

static void
test_long_captions (void)
{
  /* 100 kB in one word, then in many: no quadratic time. */
  g_autofree char *word = g_strnfill (100 << 10, 'x');
  g_autoptr (GString) many = g_string_new (NULL);

  g_assert_cmpuint (lk_tokenizer_count (tokenizer, word, -1), >, 1000);
  while (many->len < 100 << 10)
    g_string_append (many, "red hair, ");
  g_assert_cmpuint (lk_tokenizer_count (tokenizer, many->str, -1), ==, many->len / 10 * 3);
}

static gpointer
encode_in_thread (gpointer data)
{
  for (guint i = 0; i < 300; i++)
    {
      g_autofree char *text = g_strdup_printf ("word%u of many, %u threads", i, i % 7);
      g_autoptr (GArray) tokens = lk_tokenizer_encode (tokenizer, text, -1);

      if (tokens->len < 6)
        return GINT_TO_POINTER (FALSE);
    }
  return GINT_TO_POINTER (TRUE);
}

static void
test_threads (void)
{
  GThread *threads[4];

  for (guint i = 0; i < 4; i++)
    threads[i] = g_thread_new ("tokenizer", encode_in_thread, NULL);
  for (guint i = 0; i < 4; i++)
    g_assert_true (GPOINTER_TO_INT (g_thread_join (threads[i])));
}

static void
test_bad_vocabulary (void)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "data", "golden", "tokenizer", "cases.json", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_null (lk_tokenizer_new (path, &error));
  g_assert_error (error, LK_TOKENIZER_ERROR, LK_TOKENIZER_ERROR_BAD_VOCABULARY);
  g_assert_nonnull (strstr (error->message, "cases.json” is not CLIP's vocabulary"));
}

static void
test_pieces (void)
{
  g_assert_cmpstr (lk_tokenizer_get_piece (tokenizer, 0), ==, "!");
  g_assert_cmpstr (lk_tokenizer_get_piece (tokenizer, 256), ==, "!</w>");
  g_assert_cmpstr (lk_tokenizer_get_piece (tokenizer, 2368), ==, "cat</w>");
  g_assert_cmpstr (lk_tokenizer_get_piece (tokenizer, 49407), ==, "<|endoftext|>");
  g_assert_null (lk_tokenizer_get_piece (tokenizer, 49408));
  g_assert_null (lk_tokenizer_get_piece (tokenizer, -1));
  g_assert_cmpuint (lk_tokenizer_get_n_ids (tokenizer), ==, 49408);
}

int
main (int   argc,
      char *argv[])
{
  g_autoptr (GError) error = NULL;
  int result;

  g_test_init (&argc, &argv, NULL);
  tokenizer = lk_tokenizer_new (NULL, &error);
  g_assert_no_error (error);

  g_test_add_func ("/tokenizer/cases", test_cases);
  g_test_add_func ("/tokenizer/places", test_places);
  g_test_add_func ("/tokenizer/every-place-is-in-the-text", test_every_place_is_in_the_text);
  g_test_add_func ("/tokenizer/capitals-are-no-special-tokens", test_capitals_are_no_special_tokens);
  g_test_add_func ("/tokenizer/chunks", test_chunks);
  g_test_add_func ("/tokenizer/long-captions", test_long_captions);
  g_test_add_func ("/tokenizer/threads", test_threads);
  g_test_add_func ("/tokenizer/bad-vocabulary", test_bad_vocabulary);
  g_test_add_func ("/tokenizer/pieces", test_pieces);

  result = g_test_run ();
  lk_tokenizer_unref (tokenizer);
  return result;
}
