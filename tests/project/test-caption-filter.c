/* The filter's language: what it matches, and what it says of mistakes. */
#include "config.h"

#include <string.h>

#include "project/lk-caption-filter.h"

static guint
count_words (const char *caption,
             gpointer    data)
{
  g_auto (GStrv) words = g_strsplit (caption, " ", -1);

  return g_strv_length (words);
}

/* A picture of the caption "Orange cat, on a mat, sitting \(calm\)", "images/Cat-1.jpg", 512 × 768, 4 stars. */
static gboolean
matches (const char *text)
{
  static const LkFilterSubject subject = {
    .caption = "Orange cat, on_a mat, sitting \\(calm\\), what?", .path = "images/Cat-1.jpg",
    .stars = 4, .width = 512, .height = 768, .count_tokens = count_words,
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (LkCaptionFilter) filter = lk_caption_filter_new (text, &error);

  g_assert_no_error (error);
  return lk_caption_filter_matches (filter, &subject);
}

static void
test_matching (void)
{
  static const char * const yes[] = {
    "", "  ", "tag:\"orange cat\"", "tag:'Orange_Cat'", "TAG:orange*", "tag:*cat", "tag:\"on a m?t\"", "caption:range", "caption:\"cat, on\"",
    "name:cat-?.jpg", "name:CAT", "path:images/", "mat", "jpg", "tags:4", "tags:=4", "tags:==4", "tags:!=3", "tags:>3", "tags:<=4", "chars:>40",
    "tokens:=7", "stars:>=4", "width:512", "height:>512", "NOT dog", "not not mat", "mat AND cat", "mat cat", "dog OR mat", "dog or (mat and cat)",
    "NOT(dog)", "NOT dog AND mat", "dog AND dog OR mat", "mat OR dog AND dog", "\"sitting \\\\(calm\\\\)\"", "tag:\"sitting \\(calm\\)\"",
    "tag:what\\?", "caption:\"\"", "caption:(calm\\)", "'cat' \"mat\"",
  };
  static const char * const no[] = {
    "tag:cat", "tag:orange", "tag:\"orange cat,\"", "caption:dog", "name:images", "tags:>4", "tags:3", "NOT mat", "mat AND dog", "mat dog",
    "dog OR bird", "NOT (dog OR mat)", "dog AND (mat OR cat)", "tag:what\\*", "tag:\"orange \\*\"", "stars:<4", "\"AND\"",
  };

  for (guint i = 0; i < G_N_ELEMENTS (yes); i++)
    if (!matches (yes[i]))
      g_error ("“%s” should match", yes[i]);
  for (guint i = 0; i < G_N_ELEMENTS (no); i++)
    if (matches (no[i]))
      g_error ("“%s” should not match", no[i]);
}

static void
test_quoting (void)
{
  static const char * const tags[] = { "plain", "two words", "mira \\(cosplay\\)", "a \"b\"", "what?", "*", "it's", "AND" };

  for (guint i = 0; i < G_N_ELEMENTS (tags); i++)
    {
      g_autofree char *text = lk_caption_filter_quote_tag (tags[i]);
      g_autofree char *caption = g_strconcat ("x, ", tags[i], ", y", NULL);
      g_autoptr (LkCaptionFilter) filter = lk_caption_filter_new (text, NULL);

      g_assert_nonnull (filter);
      g_assert_true (lk_caption_filter_matches (filter, &(LkFilterSubject) { .caption = caption, .path = "p" }));
      g_assert_false (lk_caption_filter_matches (filter, &(LkFilterSubject) { .caption = "x, other, whatx", .path = "p" }));
    }
}

static void
assert_mistake (const char *text,
                const char *place)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *end = g_strdup_printf ("(at character %s).", place);

  g_assert_null (lk_caption_filter_new (text, &error));
  g_assert_error (error, LK_CAPTION_FILTER_ERROR, LK_CAPTION_FILTER_ERROR_SYNTAX);
  if (!g_str_has_suffix (error->message, end))
    g_error ("“%s”: “%s” should end with “%s”", text, error->message, end);
}

static void
test_mistakes (void)
{
  g_autofree char *deep = g_strnfill (5000, '(');

  assert_mistake ("tag:\"cat", "5");
  assert_mistake ("(a OR b", "1");
  assert_mistake ("a)", "2");
  assert_mistake ("a AND", "6");
  assert_mistake ("NOT", "4");
  assert_mistake ("OR a", "1");
  assert_mistake ("a OR AND b", "6");
  assert_mistake ("()", "2");
  assert_mistake ("tag:", "5");
  assert_mistake ("\u00e4 tokens:many", "10");
  assert_mistake ("tokens:>", "8");
  assert_mistake ("tokens:>-5", "8");
  assert_mistake (deep, "65");
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/caption-filter/matching", test_matching);
  g_test_add_func ("/caption-filter/quoting", test_quoting);
  g_test_add_func ("/caption-filter/mistakes", test_mistakes);

  return g_test_run ();
}
