/* A caption as tags and back; the table of all tags; the tags that are offered while one is typed. */
#include "config.h"

#include <string.h>

#include "lk-test-project.h"
#include "project/lk-tag-index.h"
#include "project/lk-tag-table.h"
#include "project/lk-tags.h"

static void
assert_tags (const char *caption,
             const char *expected)
{
  g_autoptr (LkTags) tags = lk_tags_new (caption);
  g_autofree char *back = lk_tags_to_caption (tags);
  g_autoptr (GString) joined = g_string_new (NULL);

  for (guint i = 0; i < lk_tags_get_n (tags); i++)
    g_string_append_printf (joined, "%s%u:%s", i > 0 ? "/" : "", lk_tags_get_section (tags, i), lk_tags_get (tags, i));
  g_assert_cmpstr (joined->str, ==, expected);
  g_assert_cmpstr (back, ==, caption);
}

static void
test_round_trip (void)
{
  assert_tags ("", "");
  assert_tags (" \n, ,\n", "");
  assert_tags ("a", "0:a");
  assert_tags ("  a b ,c,, d ,\n", "0:a b/0:c/0:d");
  assert_tags ("a, b\r\nc\r\n", "0:a/0:b/1:c");
  assert_tags ("ohwx ||| a, b ||| c", "0:ohwx/1:a/1:b/2:c");
  assert_tags ("a;;;b,c", "0:a/1:b/1:c");
  assert_tags ("{red, long|blue} dress, b", "0:{red, long|blue} dress/0:b");
  assert_tags ("{a|{b, c}}, {{d, e}}", "0:{a|{b, c}}/0:{{d/0:e}}");
  assert_tags ("{not closed, b\nc}", "0:{not closed/0:b/1:c}");
  assert_tags ("mira \\(cosplay\\), \\{a, b}", "0:mira \\(cosplay\\)/0:\\{a/0:b}");
  assert_tags ("a || b; c", "0:a || b; c");
  assert_tags ("\u00a0a\u3000,\u00e4\u00f6 \U0001f600", "0:a/0:\u00e4\u00f6 \U0001f600");
}

typedef void (*Edit) (LkTags *tags);

static void
assert_edit (const char *caption,
             Edit        edit,
             const char *expected)
{
  g_autoptr (LkTags) tags = lk_tags_new (caption);
  g_autofree char *result = NULL;

  edit (tags);
  result = lk_tags_to_caption (tags);
  g_assert_cmpstr (result, ==, expected);
}

static void remove_0 (LkTags *tags) { lk_tags_remove (tags, 0); }
static void remove_1 (LkTags *tags) { lk_tags_remove (tags, 1); }
static void remove_2 (LkTags *tags) { lk_tags_remove (tags, 2); }

static void
test_remove (void)
{
  assert_edit ("a", remove_0, "");
  assert_edit ("a, b ,c", remove_0, "b ,c");
  assert_edit ("a, b ,c", remove_1, "a, c");
  assert_edit ("a, b ,c\n", remove_2, "a, b\n");
  assert_edit ("a, b,", remove_1, "a,");
  assert_edit ("a ||| b ||| c", remove_1, "a |||  ||| c");
  assert_edit ("a\nb\nc", remove_1, "a\nc");
  assert_edit ("a\nb\n", remove_1, "a\n");
  assert_edit ("a\nb", remove_0, "b");
  assert_edit ("a, b\nc", remove_1, "a\nc");
}

static void before_0 (LkTags *tags) { lk_tags_insert_before (tags, 0, "x"); }
static void before_1 (LkTags *tags) { lk_tags_insert_before (tags, 1, " x , y,"); }
static void after_0 (LkTags *tags) { lk_tags_insert_after (tags, 0, "x"); }
static void append_0 (LkTags *tags) { lk_tags_append (tags, 0, "x"); }
static void append_nothing (LkTags *tags) { lk_tags_append (tags, 0, " , "); }

static void
test_insert (void)
{
  assert_edit ("", before_0, "x");
  assert_edit ("\n", before_0, "x\n");
  assert_edit (" a,b", before_0, " x,a,b");
  assert_edit ("a, b", before_1, "a, x, y, b");
  assert_edit ("a ||| b", before_1, "a ||| x, y, b");
  assert_edit ("a ||| b", after_0, "a, x ||| b");
  assert_edit ("a,b\nc", after_0, "a,x,b\nc");
  assert_edit ("", append_0, "x");
  assert_edit ("a, b\nc\n", append_0, "a, b, x\nc\n");
  assert_edit ("A woman stands.", append_0, "A woman stands, x.");
  assert_edit ("wait...", append_0, "wait..., x");
  assert_edit ("a, b", append_nothing, "a, b");
}

static void move_0_2 (LkTags *tags) { lk_tags_move (tags, 0, 2); }
static void move_2_0 (LkTags *tags) { lk_tags_move (tags, 2, 0); }
static void set_1 (LkTags *tags) { lk_tags_set (tags, 1, " new tag, "); }
static void set_none (LkTags *tags) { lk_tags_set (tags, 1, " "); }
static void dedupe (LkTags *tags) { lk_tags_dedupe (tags); }
static gint compare_down (gconstpointer a, gconstpointer b, gpointer data) { return strcmp (b, a); }
static void sort_down (LkTags *tags) { lk_tags_sort (tags, compare_down, NULL); }

static void
test_rearrange (void)
{
  assert_edit ("a,  b, c\n", move_0_2, "b,  c, a\n");
  assert_edit ("a,  b, c\n", move_2_0, "c,  a, b\n");
  assert_edit ("a ||| b, c", move_2_0, "c, a ||| b");
  assert_edit ("a, b ||| c", move_0_2, "b ||| c, a");
  assert_edit ("a, b, c", set_1, "a, new tag, c");
  assert_edit ("a, b, c", set_none, "a, c");
  assert_edit ("a, b_c, A, b c,d", dedupe, "a, b_c, d");
  assert_edit ("a, b\na, a", dedupe, "a, b\na");
  assert_edit ("a, b ||| c, d\ne, f", sort_down, "b, a ||| d, c\nf, e");
}

/* Whatever is done, nothing is read or written outside: random captions and edits. */
static void
test_random (void)
{
  static const char * const pieces[] = { "a", "b b", ",", ", ", "\n", "\r\n", "|||", ";;;", "{", "}", "|", "\\", "(", " ", "\u00e4", "." };
  g_autoptr (GRand) rand = g_rand_new_with_seed (5);

  for (guint i = 0; i < 20000; i++)
    {
      g_autoptr (GString) caption = g_string_new (NULL);
      g_autoptr (LkTags) tags = NULL;
      g_autofree char *back = NULL, *edited = NULL;
      guint n = g_rand_int_range (rand, 0, 12);

      for (guint k = 0; k < n; k++)
        g_string_append (caption, pieces[g_rand_int_range (rand, 0, G_N_ELEMENTS (pieces))]);
      tags = lk_tags_new (caption->str);
      back = lk_tags_to_caption (tags);
      g_assert_cmpstr (back, ==, caption->str);
      for (guint k = 0; k < 5 && lk_tags_get_n (tags) > 0; k++)
        {
          guint index = g_rand_int_range (rand, 0, lk_tags_get_n (tags)), other = g_rand_int_range (rand, 0, lk_tags_get_n (tags));

          switch (g_rand_int_range (rand, 0, 5))
            {
            case 0: lk_tags_remove (tags, index); break;
            case 1: lk_tags_insert_before (tags, index, "x, y"); break;
            case 2: lk_tags_append (tags, index, "z"); break;
            case 3: lk_tags_move (tags, index, other); break;
            default: lk_tags_dedupe (tags); break;
            }
        }
      edited = lk_tags_to_caption (tags);
      g_assert_true (g_utf8_validate (edited, -1, NULL));
    }
}

/* ---- table ----------------------------------------------------------------------------------------------------------- */

static void
test_table (void)
{
  static const char * const captions[] = {
    "ohwx woman, brown hair, smile", "brown_hair, ohwx woman", "Brown Hair, brown hair", "", "ohwxy, smile",
  };
  g_autoptr (LkTagTable) table = lk_tag_table_new (captions, G_N_ELEMENTS (captions), "ohwx");
  const LkTagRow *row = lk_tag_table_get (table, 0);

  g_assert_cmpuint (lk_tag_table_get_n (table), ==, 4);
  g_assert_cmpuint (lk_tag_table_get_n_captions (table), ==, 5);
  g_assert_cmpstr (row->folded, ==, "brown hair");
  g_assert_cmpuint (row->n, ==, 3);
  g_assert_cmpuint (row->n_with_trigger, ==, 2);
  g_assert_cmpuint (row->captions->len, ==, 3);
  g_assert_cmpuint (g_array_index (row->captions, guint, 2), ==, 2);
  row = lk_tag_table_find (table, "SMILE");
  g_assert_nonnull (row);
  g_assert_cmpuint (row->n, ==, 2);
  g_assert_cmpuint (row->n_with_trigger, ==, 1);
  g_assert_null (lk_tag_table_find (table, "hair"));
}

/* ---- offers ---------------------------------------------------------------------------------------------------------- */

static void
assert_offers (LkTagIndex *index,
               const char *typed,
               guint       max,
               const char *expected)
{
  g_autoptr (GArray) offers = lk_tag_index_find (index, typed, max);
  g_autoptr (GString) joined = g_string_new (NULL);

  for (guint i = 0; i < offers->len; i++)
    {
      LkTagOffer *offer = &g_array_index (offers, LkTagOffer, i);

      g_string_append_printf (joined, "%s%s%s%s", i > 0 ? "/" : "", offer->tag, offer->alias != NULL ? "=" : "", offer->alias != NULL ? offer->alias : "");
    }
  g_assert_cmpstr (joined->str, ==, expected);
}

static void
test_offers (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;
  g_autoptr (LkTagIndex) index = NULL;
  LK_TEST_FOLDER (folder);

  lk_test_write (folder, "tags.csv", "long_hair,0,400,\"longhair,very_long\"\n1girl,0,900,\r\n^_^,0,5,\nlong_sleeves,0,500,\"a \"\"b\"\"\"\n"
                 "brown_hair,0,300,\nlonging,0,1\n", -1);
  path = g_build_filename (folder, "tags.csv", NULL);
  index = lk_tag_index_load (path, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (lk_tag_index_get_n (index), ==, 6);
  assert_offers (index, "long", 10, "long sleeves/long hair/longing");
  assert_offers (index, "LONG_H", 10, "long hair");
  assert_offers (index, "longh", 10, "long hair=longhair");
  assert_offers (index, "hair", 10, "long hair/brown hair");
  assert_offers (index, "long", 2, "long sleeves/long hair");
  assert_offers (index, "^_", 2, "^_^");
  assert_offers (index, "a \"b", 2, "long sleeves=a \"b\"");
  assert_offers (index, "", 10, "");
  assert_offers (index, "xyz", 10, "");

  lk_test_write (folder, "tags.csv", "just words\nand more\n", -1);
  g_assert_null (lk_tag_index_load (path, &error));
  g_assert_error (error, LK_TAG_INDEX_ERROR, LK_TAG_INDEX_ERROR_NO_TAGS);
}

/* As large as the lists of boorus; says how long it takes. */
static void
test_many_offers (void)
{
  g_autoptr (LkTagIndex) index = lk_tag_index_new ();
  g_autoptr (GArray) offers = NULL;
  gint64 start = g_get_monotonic_time (), worst = 0;

  for (guint i = 0; i < 200000; i++)
    {
      g_autofree char *tag = g_strdup_printf ("%c%u word%u", 'a' + i % 7, i, i % 1000);

      lk_tag_index_add (index, tag, NULL, i);
    }
  lk_tag_index_build (index);
  g_test_message ("200 000 tags built in %.0f ms", (g_get_monotonic_time () - start) / 1e3);
  for (const char *typed = "a\0b1\0c12\0word\0word9\0"; *typed != '\0'; typed += strlen (typed) + 1)
    {
      start = g_get_monotonic_time ();
      g_clear_pointer (&offers, g_array_unref);
      offers = lk_tag_index_find (index, typed, 10);
      worst = MAX (worst, g_get_monotonic_time () - start);
      g_assert_cmpuint (offers->len, ==, 10);
    }
  g_test_message ("worst search: %.2f ms", worst / 1e3);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/tags/round-trip", test_round_trip);
  g_test_add_func ("/tags/remove", test_remove);
  g_test_add_func ("/tags/insert", test_insert);
  g_test_add_func ("/tags/rearrange", test_rearrange);
  g_test_add_func ("/tags/random", test_random);
  g_test_add_func ("/tag-table/counts", test_table);
  g_test_add_func ("/tag-index/offers", test_offers);
  g_test_add_func ("/tag-index/many", test_many_offers);

  return g_test_run ();
}
