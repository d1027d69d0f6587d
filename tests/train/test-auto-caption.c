/* Captions without typing: tags from numbers, the template, where words go, and whole runs with and without models. */
#include "config.h"

#include <gio/gio.h>
#include <string.h>

#include "lk-test-project.h"
#include "model/lk-checkpoint.h"
#include "train/lk-auto-caption.h"

static const char * const features[] = { "brown hair", "green eyes", NULL };

/* ---- tags -------------------------------------------------------------------------------------------------------- */

static void
test_tag_words (void)
{
  static const char * const cases[][2] = {
    { "long_hair", "long hair" }, { "^_^", "^_^" }, { ">_<", ">_<" }, { "||_||", "||_||" }, { "saber_(fate)", "saber \\(fate\\)" },
    { "(o)_(o)", "\\(o\\)_\\(o\\)" }, { "long_hair^_^", "long hair^ ^" }, { "a\\(b\\)", "a\\(b\\)" }, { "", "" },
  };
  g_autofree char *kept = lk_caption_tag_words ("long_hair_(x)", TRUE);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *words = lk_caption_tag_words (cases[i][0], FALSE);

      g_assert_cmpstr (words, ==, cases[i][1]);
    }
  g_assert_cmpstr (kept, ==, "long_hair_\\(x\\)");
}

/* Each category has its own threshold, which counts as reached; ratings never come. */
static void
test_choose (void)
{
  const char * const tags[] = { "safe", "smile", "long_hair", "saber_(fate)", "^_^", "hat" };
  const LkTagCategory categories[] = { LK_TAG_RATING, LK_TAG_GENERAL, LK_TAG_GENERAL, LK_TAG_CHARACTER, LK_TAG_GENERAL, LK_TAG_GENERAL };
  const float probabilities[] = { .99f, .5f, .9f, .75f, .25f, .24f };
  LkAutoRule rule = { .way = LK_AUTO_TAGGER, .general = .25, .character = .75 };
  g_autofree char *text = lk_auto_caption_choose (&rule, tags, categories, probabilities, 6), *without = NULL, *none = NULL;

  g_assert_cmpstr (text, ==, "saber \\(fate\\), long hair, smile, ^_^");
  rule.character = .8;
  rule.general = .5;
  without = lk_auto_caption_choose (&rule, tags, categories, probabilities, 6);
  g_assert_cmpstr (without, ==, "long hair, smile");
  rule.general = 1;
  none = lk_auto_caption_choose (&rule, tags, categories, probabilities, 6);
  g_assert_cmpstr (none, ==, "");
}

/* ---- template ---------------------------------------------------------------------------------------------------- */

static void
assert_words (const LkTemplateRule *rule,
              const char           *caption,
              LkShot                shot,
              const char           *found,
              const char           *expected)
{
  g_autoptr (LkCaptionTemplate) words = lk_caption_template_new (rule);
  g_autofree char *result = lk_caption_template_run (words, caption, shot, found);

  g_assert_cmpstr (result, ==, expected);
}

static void
test_replace (void)
{
  const LkTemplateRule whole = { .trigger = "ohwx", .class_word = "woman", .features = features, .words = "indoors, smile" };
  const LkTemplateRule plain = { .place = LK_WORDS_REPLACE };

  assert_words (&whole, "old", LK_SHOT_PROFILE, "hat, Brown_hair, smile, woman, hat",
                "ohwx woman, brown hair, green eyes, profile view, indoors, smile, hat");
  assert_words (&whole, "", LK_SHOT_NOT_SET, NULL, "ohwx woman, brown hair, green eyes, indoors, smile");
  assert_words (&whole, "ohwx woman, brown hair, green eyes, indoors, smile", LK_SHOT_NOT_SET, "", NULL);
  assert_words (&plain, "old", LK_SHOT_NOT_SET, "a woman in a room", "a woman in a room");
  /* Nothing found is no reason to lose what is there. */
  assert_words (&plain, "old", LK_SHOT_NOT_SET, "", NULL);
}

static void
test_blacklist (void)
{
  const LkTemplateRule rule = { .trigger = "ohwx", .blacklist = "1girl, *_background, saber (fate), ohwx" };

  assert_words (&rule, "", LK_SHOT_NOT_SET, "1girl, white background, saber \\(fate\\), hat", "ohwx, hat");
}

/* What is there stays as it is, each line for itself. */
static void
test_places (void)
{
  LkTemplateRule rule = { .trigger = "ohwx", .class_word = "woman", .features = features, .place = LK_WORDS_BEFORE };

  assert_words (&rule, "ohwx woman, brown hair, old  ,x", LK_SHOT_NOT_SET, "hat, old", "ohwx woman, brown hair, green eyes, hat, old  ,x");
  assert_words (&rule, "old", LK_SHOT_NOT_SET, "hat, cap", "ohwx woman, brown hair, green eyes, hat, cap, old");
  assert_words (&rule, "Woman, old", LK_SHOT_NOT_SET, NULL, "ohwx woman, brown hair, green eyes, old");
  rule.place = LK_WORDS_AFTER;
  assert_words (&rule, "a photo of ohwx woman with brown hair and green eyes.", LK_SHOT_NOT_SET, "hat",
                "a photo of ohwx woman with brown hair and green eyes, hat.");
  assert_words (&rule, "ohwx woman, brown hair, green eyes, {red|blue} \\(x\\)\n\nohwx woman, green eyes, brown hair, hat\n", LK_SHOT_NOT_SET, "hat",
                "ohwx woman, brown hair, green eyes, {red|blue} \\(x\\), hat\n\nohwx woman, green eyes, brown hair, hat\n");
  assert_words (&rule, " \n", LK_SHOT_NOT_SET, "hat", "ohwx woman, brown hair, green eyes, hat");
  rule.place = LK_WORDS_ONLY_EMPTY;
  assert_words (&rule, "old", LK_SHOT_FRONT, "hat", NULL);
  assert_words (&rule, "", LK_SHOT_NOT_SET, "hat", "ohwx woman, brown hair, green eyes, hat");
}

/* ---- runs -------------------------------------------------------------------------------------------------------- */

static char *
model_path (const char *name)
{
  return g_test_build_filename (G_TEST_DIST, "data", "golden", name, NULL);
}

static GPtrArray *
make_pictures (const char *folder,
               guint       n)
{
  GPtrArray *pictures = g_ptr_array_new_with_free_func (lk_auto_picture_free);

  for (guint i = 0; i < n; i++)
    {
      g_autofree char *name = g_strdup_printf ("%u.png", i), *path = g_build_filename (folder, name, NULL);

      lk_test_write_picture (folder, name, 30 + 11 * i, 50, i);
      g_ptr_array_add (pictures, lk_auto_picture_new (path, i == 1 ? "written" : "", LK_SHOT_NOT_SET));
    }
  return pictures;
}

static gboolean
cancel_second (LkAutoPicture  *picture,
               guint           done,
               guint           total,
               gpointer        data,
               GError        **error)
{
  g_assert_cmpuint (total, ==, 3);
  if (done == 2)
    g_cancellable_cancel (data);
  return TRUE;
}

static void
test_run_tagger (void)
{
  LK_TEST_FOLDER (folder);
  g_autofree char *model = model_path ("tagger-tiny");
  LkAutoRule rule = { .way = LK_AUTO_TAGGER, .model = model, .general = 0, .character = 2, .words = { .trigger = "ohwx", .place = LK_WORDS_ONLY_EMPTY } };
  g_autoptr (GError) error = NULL;
  g_autoptr (LkDevice) device = lk_device_open ("cpu", 0, &error);
  g_autoptr (LkAutoCaption) captions = lk_auto_caption_new (&rule);
  g_autoptr (GPtrArray) pictures = make_pictures (folder, 3);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_auto (GStrv) tags = NULL;
  LkAutoPicture *first = pictures->pdata[0], *second = pictures->pdata[1], *third = pictures->pdata[2];

  /* The third is no picture: it is told, and the rest goes on. */
  lk_test_write (folder, "2.png", "no picture", -1);
  g_assert_true (lk_auto_caption_run (captions, device, pictures, NULL, NULL, NULL, &error));
  g_assert_no_error (error);
  tags = g_strsplit (first->after, ", ", -1);
  g_assert_cmpuint (g_strv_length (tags), ==, 1 + 31);        /* trigger, and all that are general */
  g_assert_cmpstr (tags[0], ==, "ohwx");
  g_assert_true (g_strv_contains ((const char * const *) tags, "tag 34"));
  g_assert_null (second->after);
  g_assert_null (second->found);                              /* nobody looked */
  g_assert_null (third->after);
  g_assert_nonnull (third->trouble);

  g_assert_false (lk_auto_caption_run (captions, device, pictures, cancel_second, cancellable, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
test_run_blip (void)
{
  LK_TEST_FOLDER (folder);
  g_autofree char *model = model_path ("blip-tiny"), *wrong = model_path ("tagger-tiny");
  LkAutoRule rule = { .way = LK_AUTO_BLIP, .model = model, .words = { .place = LK_WORDS_REPLACE } };
  g_autoptr (GError) error = NULL;
  g_autoptr (LkDevice) device = lk_device_open ("cpu", 0, &error);
  g_autoptr (LkAutoCaption) captions = lk_auto_caption_new (&rule), misled = NULL;
  g_autoptr (GPtrArray) pictures = make_pictures (folder, 1);
  LkAutoPicture *picture = pictures->pdata[0];

  g_assert_true (lk_auto_caption_run (captions, device, pictures, NULL, NULL, NULL, &error));
  g_assert_no_error (error);
  g_assert_nonnull (picture->found);
  g_assert_cmpstr (picture->after, ==, *picture->found != '\0' ? picture->found : NULL);

  rule.model = wrong;
  misled = lk_auto_caption_new (&rule);
  g_assert_false (lk_auto_caption_run (misled, device, pictures, NULL, NULL, NULL, &error));
  g_assert_error (error, LK_CHECKPOINT_ERROR, LK_CHECKPOINT_ERROR_NOT_A_MODEL);
}

/* ---- applying ---------------------------------------------------------------------------------------------------- */

static void
applied_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      data)
{
  *(GAsyncResult **) data = g_object_ref (result);
}

/* Drafts for a project are one step; what was typed between looking and applying is kept. */
static void
test_apply (void)
{
  LK_TEST_FOLDER (folder);
  const LkProjectInfo info = { .trigger = "ohwx", .class_word = "woman" };
  g_autoptr (GError) error = NULL;
  LkProject *project = lk_project_create (folder, &info, &error);
  LkAutoRule rule = { .words = { .trigger = "ohwx", .class_word = "woman", .words = "indoors", .place = LK_WORDS_AFTER } };
  g_autoptr (LkAutoCaption) captions = lk_auto_caption_new (&rule);
  g_autoptr (GPtrArray) pictures = g_ptr_array_new_with_free_func (lk_auto_picture_free);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (LkEdit) shot = NULL, typed = NULL;
  guint n_undo;

  g_assert_no_error (error);
  lk_test_write_picture (folder, "images/1.png", 16, 16, 1);
  lk_test_write_picture (folder, "images/2.png", 16, 16, 2);
  lk_project_rescan (project, NULL, &error);
  g_assert_no_error (error);
  shot = lk_edit_new (project, "Shot");
  lk_edit_set_shot (shot, lk_project_get_image (project, 0), LK_SHOT_FULL_BODY);
  g_assert_true (lk_project_apply (project, shot, &error));
  for (guint i = 0; i < 2; i++)
    g_ptr_array_add (pictures, lk_auto_picture_new_for_image (lk_project_get_image (project, i)));
  g_assert_true (lk_auto_caption_run (captions, NULL, pictures, NULL, NULL, NULL, &error));
  typed = lk_edit_new (project, "Typed");
  lk_edit_set_caption (typed, lk_project_get_image (project, 1), "typed");
  g_assert_true (lk_project_apply (project, typed, &error));

  n_undo = lk_project_get_n_undo (project);
  lk_auto_caption_apply_async (captions, project, pictures, "Draft", applied_cb, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (lk_auto_caption_apply_finish (result, &error), ==, 2);
  g_assert_no_error (error);
  g_assert_cmpstr (lk_image_get_caption (lk_project_get_image (project, 0)), ==, "ohwx woman, full body shot, indoors");
  g_assert_cmpstr (lk_image_get_caption (lk_project_get_image (project, 1)), ==, "ohwx woman, typed, indoors");
  g_assert_cmpuint (lk_project_get_n_undo (project), ==, n_undo + 1);
  g_assert_true (lk_project_undo (project, NULL, &error));
  g_assert_cmpstr (lk_image_get_caption (lk_project_get_image (project, 0)), ==, "");
  g_assert_cmpstr (lk_image_get_caption (lk_project_get_image (project, 1)), ==, "typed");
  g_clear_object (&result);
  lk_test_close (project);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/auto-caption/tag-words", test_tag_words);
  g_test_add_func ("/auto-caption/choose", test_choose);
  g_test_add_func ("/auto-caption/replace", test_replace);
  g_test_add_func ("/auto-caption/blacklist", test_blacklist);
  g_test_add_func ("/auto-caption/places", test_places);
  g_test_add_func ("/auto-caption/run-tagger", test_run_tagger);
  g_test_add_func ("/auto-caption/run-blip", test_run_blip);
  g_test_add_func ("/auto-caption/apply", test_apply);
  return g_test_run ();
}
