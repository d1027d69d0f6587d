/* Many captions changed at once, and find and replace. */
#include "config.h"

#include <string.h>
#include <time.h>

#include "lk-test-project.h"
#include "project/lk-caption-change.h"

typedef struct
{
  LkTestFolder *folder;
  LkProject    *project;
} Fixture;

/* Trigger "ohwx", class "woman", features "brown hair" and "green eyes"; three pictures with captions. */
static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  const LkProjectInfo info = { .trigger = "ohwx", .class_word = "woman", .hair = "brown hair", .eyes = "green eyes" };
  g_autoptr (GError) error = NULL;

  fixture->folder = lk_test_folder_new ();
  fixture->project = lk_project_create (fixture->folder, &info, &error);
  g_assert_no_error (error);
  lk_test_write_picture (fixture->folder, "images/1.png", 16, 16, 1);
  lk_test_write_picture (fixture->folder, "images/2.png", 16, 16, 2);
  lk_test_write_picture (fixture->folder, "images/3.png", 16, 16, 3);
  lk_test_write (fixture->folder, "images/1.txt", "smile, ohwx woman, brown hair\n", -1);
  lk_test_write (fixture->folder, "images/2.txt", "\xff\xfes\0m\0i\0l\0e\0,\0 \0h\0a\0t\0", 18 + 4);
  lk_test_write (fixture->folder, "images/3.txt", "nothing of it  ", -1);
  lk_project_rescan (fixture->project, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (lk_project_get_n_images (fixture->project), ==, 3);
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  lk_test_close (fixture->project);
  lk_test_folder_free (fixture->folder);
}

static void
assert_change (Fixture             *fixture,
               const LkCaptionRule *rule,
               const char          *caption,
               const char          *expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LkCaptionChange) change = lk_caption_change_new (fixture->project, rule, &error);
  g_autofree char *result = NULL;

  g_assert_no_error (error);
  result = lk_caption_change_run (change, caption, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (result, ==, expected);
}

static void
test_add (Fixture       *fixture,
          gconstpointer  data)
{
  const LkCaptionRule last = { .kind = LK_CAPTION_ADD, .text = "hat, smile", .place = LK_PLACE_LAST };
  const LkCaptionRule first = { .kind = LK_CAPTION_ADD, .text = "hat", .place = LK_PLACE_FIRST };
  const LkCaptionRule kept = { .kind = LK_CAPTION_ADD, .text = "hat", .place = LK_PLACE_AFTER_KEPT };

  assert_change (fixture, &last, "a, Smile", "a, Smile, hat");
  assert_change (fixture, &last, "Hat, smile", NULL);
  assert_change (fixture, &last, "", "hat, smile");
  assert_change (fixture, &last, "a\n\nb, hat\n", "a, hat, smile\n\nb, hat, smile\n");
  assert_change (fixture, &last, "She smiles at us.", "She smiles at us, hat, smile.");
  assert_change (fixture, &first, "a|||b", "hat, a|||b");
  assert_change (fixture, &kept, "ohwx woman, brown hair, b", "ohwx woman, brown hair, hat, b");
  assert_change (fixture, &kept, "a, b", "hat, a, b");
  assert_change (fixture, &kept, "a, Green_Eyes", "a, Green_Eyes, hat");
}

static void
test_remove_and_rename (Fixture       *fixture,
                        gconstpointer  data)
{
  const LkCaptionRule remove = { .kind = LK_CAPTION_REMOVE, .text = "smil*, hat" };
  const LkCaptionRule rename = { .kind = LK_CAPTION_RENAME, .text = "brunette", .instead = "brown hair" };

  assert_change (fixture, &remove, "smile, a, Smiling, hat", "a");
  assert_change (fixture, &remove, "a smile, b", NULL);
  assert_change (fixture, &remove, "a\nhat\nb", "a\nb");
  assert_change (fixture, &remove, "hat", "");
  assert_change (fixture, &rename, "a,brunette,b", "a,brown hair,b");
  assert_change (fixture, &rename, "brown hair, Brunette, brunette", "brown hair");
  assert_change (fixture, &rename, "brunette, a, brown_hair", "a, brown_hair");
  assert_change (fixture, &rename, "a brunette", NULL);
}

static void
test_order (Fixture       *fixture,
            gconstpointer  data)
{
  const LkCaptionRule move = { .kind = LK_CAPTION_MOVE, .text = "hat, b", .place = LK_PLACE_FIRST };
  const LkCaptionRule kept = { .kind = LK_CAPTION_SORT, .order = LK_TAG_ORDER_KEPT_FIRST };
  const LkCaptionRule alphabet = { .kind = LK_CAPTION_SORT, .order = LK_TAG_ORDER_ALPHABETICAL };
  const LkCaptionRule frequency = { .kind = LK_CAPTION_SORT, .order = LK_TAG_ORDER_FREQUENCY };
  const LkCaptionRule given = { .kind = LK_CAPTION_SORT, .order = LK_TAG_ORDER_GIVEN, .text = "z, a" };
  const LkCaptionRule dedupe = { .kind = LK_CAPTION_DEDUPE };

  assert_change (fixture, &move, "a, B, c, Hat", "Hat, B, a, c");
  assert_change (fixture, &move, "hat, b, c", NULL);
  assert_change (fixture, &kept, "b, green eyes, a, ohwx woman, brown hair", "ohwx woman, brown hair, green eyes, b, a");
  assert_change (fixture, &alphabet, "b, Green Eyes, a, ohwx", "ohwx, Green Eyes, a, b");
  assert_change (fixture, &frequency, "zebra, hat, smile, ohwx woman", "ohwx woman, smile, hat, zebra");
  assert_change (fixture, &given, "b, a, ohwx, z, c", "ohwx, z, a, b, c");
  assert_change (fixture, &dedupe, "a, b, A", "a, b");
  assert_change (fixture, &dedupe, "a, b\na", NULL);
}

static void
test_text (Fixture       *fixture,
           gconstpointer  data)
{
  const LkCaptionRule prefix = { .kind = LK_CAPTION_PREFIX, .text = "photo of " };
  const LkCaptionRule suffix = { .kind = LK_CAPTION_SUFFIX, .text = ", film grain" };
  const LkCaptionRule replace = { .kind = LK_CAPTION_REPLACE, .text = "(\\w+) hair", .instead = "hair of \\1", .replace = LK_REPLACE_REGEX };

  assert_change (fixture, &prefix, " a\n\n b \n", " photo of a\n\n photo of b \n");
  assert_change (fixture, &prefix, "", "photo of");
  assert_change (fixture, &suffix, "a\r\nb\r\n", "a, film grain\r\nb, film grain\r\n");
  assert_change (fixture, &replace, "brown hair,\nred hair", "hair of brown,\nhair of red");
}

static void
assert_refused (Fixture             *fixture,
                const LkCaptionRule *rule)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (lk_caption_change_new (fixture->project, rule, &error));
  g_assert_true (error != NULL && error->domain == LK_REPLACE_ERROR && error->message[0] != '\0');
}

static void
test_refusals (Fixture       *fixture,
               gconstpointer  data)
{
  assert_refused (fixture, &(LkCaptionRule) { .kind = LK_CAPTION_ADD, .text = " , " });
  assert_refused (fixture, &(LkCaptionRule) { .kind = LK_CAPTION_RENAME, .text = "a, b", .instead = "c" });
  assert_refused (fixture, &(LkCaptionRule) { .kind = LK_CAPTION_RENAME, .text = "a", .instead = " " });
  assert_refused (fixture, &(LkCaptionRule) { .kind = LK_CAPTION_PREFIX });
  assert_refused (fixture, &(LkCaptionRule) { .kind = LK_CAPTION_REPLACE, .text = "" });
  assert_refused (fixture, &(LkCaptionRule) { .kind = LK_CAPTION_SORT, .order = LK_TAG_ORDER_GIVEN });
}

/* ---- replace --------------------------------------------------------------------------------------------------------- */

static void
assert_replace (const char     *find,
                const char     *instead,
                LkReplaceFlags  flags,
                const char     *text,
                const char     *expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LkReplace) replace = lk_replace_new (find, instead, flags, &error);
  g_autofree char *result = NULL;

  g_assert_no_error (error);
  result = lk_replace_run (replace, text, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (result, ==, expected);
}

static void
test_replace (void)
{
  assert_replace ("cat", "dog", LK_REPLACE_PLAIN, "Cat, concatenate", "dog, condogenate");
  assert_replace ("cat", "dog", LK_REPLACE_MATCH_CASE, "Cat", NULL);
  assert_replace ("cat", "dog", LK_REPLACE_WHOLE_WORDS, "cat_1, concatenate, (Cat)", "dog_1, concatenate, (dog)");
  assert_replace ("\u00e4", "ae", LK_REPLACE_WHOLE_WORDS, "\u00c4 \u00e4h", "ae \u00e4h");
  assert_replace ("a.c", "\\1$", LK_REPLACE_PLAIN, "abc a.c", "abc \\1$");
  assert_replace ("^(\\w+), ", "\\1 / ", LK_REPLACE_REGEX, "a, b\nc, d", "a / b\nc / d");
  assert_replace ("a|b", "x", LK_REPLACE_REGEX | LK_REPLACE_WHOLE_WORDS, "a ab b", "x ab x");
  assert_replace ("x*", "-", LK_REPLACE_REGEX, "\u00e4x", "-\u00e4--");
  assert_replace ("\\s+$", "", LK_REPLACE_REGEX, "a  ", "a");
}

static void
test_bad_patterns (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LkReplace) replace = NULL;
  gint64 start = g_get_monotonic_time ();

  g_assert_null (lk_replace_new ("(", "", LK_REPLACE_REGEX, &error));
  g_assert_error (error, LK_REPLACE_ERROR, LK_REPLACE_ERROR_PATTERN);
  g_clear_error (&error);
  g_assert_null (lk_replace_new ("a)|(b", "", LK_REPLACE_REGEX | LK_REPLACE_WHOLE_WORDS, &error));
  g_assert_error (error, LK_REPLACE_ERROR, LK_REPLACE_ERROR_PATTERN);
  g_clear_error (&error);
  g_assert_null (lk_replace_new ("a", "\\", LK_REPLACE_REGEX, &error));
  g_assert_error (error, LK_REPLACE_ERROR, LK_REPLACE_ERROR_REPLACEMENT);
  g_clear_error (&error);

  /* It would take longer than anyone lives. */
  replace = lk_replace_new ("(a+)+$", "", LK_REPLACE_REGEX, &error);
  g_assert_no_error (error);
  g_assert_null (lk_replace_run (replace, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", &error));
  g_assert_error (error, LK_REPLACE_ERROR, LK_REPLACE_ERROR_TOO_HARD);
  g_assert_cmpint (g_get_monotonic_time () - start, <, 5 * G_USEC_PER_SEC);
}

/* ---- a project ------------------------------------------------------------------------------------------------------- */

static void
take_result (GObject      *source,
             GAsyncResult *result,
             gpointer      data)
{
  *(GAsyncResult **) data = g_object_ref (result);
}

static GAsyncResult *
wait_for (GAsyncResult **result)
{
  while (*result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return *result;
}

static GPtrArray *
preview (LkProject       *project,
         LkCaptionChange *change)
{
  g_autoptr (GPtrArray) images = g_ptr_array_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  GPtrArray *changed;

  for (guint i = 0; i < lk_project_get_n_images (project); i++)
    g_ptr_array_add (images, lk_project_get_image (project, i));
  lk_caption_change_preview_async (change, images, NULL, take_result, &result);
  changed = lk_caption_change_preview_finish (wait_for (&result), &error);
  g_assert_no_error (error);
  return changed;
}

static gint
apply (LkProject       *project,
       LkCaptionChange *change,
       GPtrArray       *changed)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  gint n;

  lk_caption_change_apply_async (change, project, changed, "Change", take_result, &result);
  n = lk_caption_change_apply_finish (wait_for (&result), &error);
  g_assert_no_error (error);
  return n;
}

/* One step changes all; what stays is not written, and after one undo every byte is as before. */
static void
test_apply (Fixture       *fixture,
            gconstpointer  data)
{
  const LkCaptionRule rule = { .kind = LK_CAPTION_RENAME, .text = "smile", .instead = "grin" };
  g_autofree char *before = lk_test_tree (fixture->folder), *after = NULL, *text = NULL;
  g_autoptr (LkCaptionChange) change = lk_caption_change_new (fixture->project, &rule, NULL);
  g_autoptr (GPtrArray) changed = preview (fixture->project, change);
  guint n_undo = lk_project_get_n_undo (fixture->project);

  g_assert_cmpuint (changed->len, ==, 2);
  g_assert_cmpstr (((LkChangedCaption *) changed->pdata[1])->after, ==, "grin, hat");
  g_assert_cmpint (apply (fixture->project, change, changed), ==, 2);
  g_assert_true (lk_project_flush (fixture->project, NULL));
  g_assert_cmpuint (lk_project_get_n_undo (fixture->project), ==, n_undo + 1);
  text = lk_test_read (fixture->folder, "images/1.txt", NULL);
  g_assert_cmpstr (text, ==, "grin, ohwx woman, brown hair\n");
  g_assert_true (lk_project_undo (fixture->project, NULL, NULL));
  g_assert_true (lk_project_flush (fixture->project, NULL));
  after = lk_test_tree (fixture->folder);
  g_assert_cmpstr (after, ==, before);
}

/* What was typed after the preview is changed as it is. */
static void
test_typed_meanwhile (Fixture       *fixture,
                      gconstpointer  data)
{
  const LkCaptionRule rule = { .kind = LK_CAPTION_RENAME, .text = "smile", .instead = "grin" };
  g_autoptr (LkCaptionChange) change = lk_caption_change_new (fixture->project, &rule, NULL);
  g_autoptr (GPtrArray) changed = preview (fixture->project, change);
  g_autoptr (LkEdit) edit = lk_edit_new (fixture->project, "Type");

  lk_edit_set_caption (edit, lk_project_get_image (fixture->project, 0), "other words, smile");
  lk_edit_set_caption (edit, lk_project_get_image (fixture->project, 1), "other words");
  g_assert_true (lk_project_apply (fixture->project, edit, NULL));
  g_assert_cmpint (apply (fixture->project, change, changed), ==, 1);
  g_assert_cmpstr (lk_image_get_caption (lk_project_get_image (fixture->project, 0)), ==, "other words, grin");
  g_assert_cmpstr (lk_image_get_caption (lk_project_get_image (fixture->project, 1)), ==, "other words");
}

static double
cpu_ms (void)
{
  struct timespec now;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

/* 10 000 captions: every one is changed, in one step; says what it costs the main thread. */
static void
test_many (Fixture       *fixture,
           gconstpointer  data)
{
  const guint n = g_test_slow () || g_test_perf () ? 10000 : 1000;
  const LkCaptionRule rule = { .kind = LK_CAPTION_ADD, .text = "film grain", .place = LK_PLACE_LAST };
  g_autoptr (LkCaptionChange) change = NULL;
  g_autoptr (GPtrArray) changed = NULL;
  double start;

  for (guint i = 0; i < n; i++)
    {
      g_autofree char *picture = g_strdup_printf ("images/p%05u.png", i), *name = g_strdup_printf ("images/p%05u.txt", i);
      g_autofree char *text = g_strdup_printf ("ohwx woman, brown hair, green eyes, picture %u, red dress, smile, outdoors, park", i);

      lk_test_write (fixture->folder, picture, "no picture", -1);
      lk_test_write (fixture->folder, name, text, -1);
    }
  g_assert_true (lk_project_rescan (fixture->project, NULL, NULL));
  change = lk_caption_change_new (fixture->project, &rule, NULL);
  start = cpu_ms ();
  changed = preview (fixture->project, change);
  g_test_message ("%u captions: preview costs the main thread %.0f ms", n, cpu_ms () - start);
  g_assert_cmpuint (changed->len, ==, n + 3);
  start = cpu_ms ();
  g_assert_cmpint (apply (fixture->project, change, changed), ==, n + 3);
  g_test_message ("%u captions: applying costs the main thread %.0f ms", n, cpu_ms () - start);
  g_assert_true (g_str_has_suffix (lk_image_get_caption (lk_project_get_image (fixture->project, n)), ", film grain"));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add ("/caption-change/add", Fixture, NULL, set_up, test_add, tear_down);
  g_test_add ("/caption-change/remove-and-rename", Fixture, NULL, set_up, test_remove_and_rename, tear_down);
  g_test_add ("/caption-change/order", Fixture, NULL, set_up, test_order, tear_down);
  g_test_add ("/caption-change/text", Fixture, NULL, set_up, test_text, tear_down);
  g_test_add ("/caption-change/refusals", Fixture, NULL, set_up, test_refusals, tear_down);
  g_test_add_func ("/replace/replace", test_replace);
  g_test_add_func ("/replace/bad-patterns", test_bad_patterns);
  g_test_add ("/caption-change/apply", Fixture, NULL, set_up, test_apply, tear_down);
  g_test_add ("/caption-change/typed-meanwhile", Fixture, NULL, set_up, test_typed_meanwhile, tear_down);
  g_test_add ("/caption-change/many", Fixture, NULL, set_up, test_many, tear_down);

  return g_test_run ();
}
