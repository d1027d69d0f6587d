/* The checks: each is found where it is, not where it is not, and its fix heals it. */
#include "config.h"

#include <string.h>

#include "lk-test-project.h"
#include "project/lk-checks.h"
#include "project/lk-image-private.h"
#include "project/lk-import.h"

/* A project of pictures that are never looked at, one for each caption. */
static LkProject *
make_project (const char         *folder,
              const char * const *captions)
{
  lk_test_close (lk_test_create (folder));
  for (guint i = 0; captions[i] != NULL; i++)
    {
      g_autofree char *picture = g_strdup_printf ("images/p%02u.png", i);
      g_autofree char *text = g_strdup_printf ("images/p%02u.txt", i);

      lk_test_write (folder, picture, picture, -1);
      if (*captions[i] != '\0')
        lk_test_write (folder, text, captions[i], -1);
    }
  return lk_test_open (folder);
}

static LkFinding *
find (GListModel *findings,
      const char *id,
      const char *word)
{
  for (guint i = 0; i < g_list_model_get_n_items (findings); i++)
    {
      g_autoptr (LkFinding) finding = g_list_model_get_item (findings, i);

      if (g_str_equal (lk_finding_get_id (finding), id) && (word == NULL || g_strcmp0 (lk_finding_get_word (finding), word) == 0))
        return finding;   /* the list keeps it */
    }
  return NULL;
}

static guint
count_images (GListModel *findings,
              const char *id,
              const char *word)
{
  LkFinding *finding = find (findings, id, word);

  return finding != NULL ? lk_finding_get_images (finding)->len : 0;
}

#define GOOD "ohwx woman, brown hair, green eyes, light skin, "

static void
test_good_captions (void)
{
  static const char *captions[] = {
    GOOD "smiling, wearing a white blouse, in a park, close-up portrait", GOOD "sad, wearing a red dress, in a library, upper body shot\n",
    "OHWX woman, brown curly hair, green eyes, light skin, laughing, in a (studio:1.2)", GOOD "wearing a scarf,\n\nin the snow ||| full body shot",
    "ohwx woman with brown hair and green eyes, light skin, at the seaside", NULL
  };
  LK_TEST_FOLDER (folder);
  LkProject *project = make_project (folder, captions);
  g_autoptr (LkChecks) checks = lk_checks_new (project);
  g_autoptr (GListModel) findings = lk_checks_update (checks);

  for (guint i = 0; i < g_list_model_get_n_items (findings); i++)
    {
      g_autoptr (LkFinding) finding = g_list_model_get_item (findings, i);

      if (lk_finding_get_check (finding)->is_caption)
        {
          g_test_message ("%s: %s", lk_finding_get_id (finding), lk_finding_get_sentence (finding));
          g_test_fail ();
        }
    }
  lk_test_close (project);
}

static void
test_each_caption_check (void)
{
  static const char *captions[] = {
    /* 0 */ GOOD "smiling, wearing a hat, in a park",
    /* 1 */ "",
    /* 2 */ "  \n ",
    /* 3 */ "brown hair, green eyes, light skin, smiling, in a garden",
    /* 4 */ "brown hair, ohwx woman, green eyes, light skin, sad, in a park",
    /* 5 */ "ohwx woman, brown hair, blue eyes, light skin, angry, in a library",
    /* 6 */ "ohwx woman, brunette, green eyes, light skin, laughing, in a studio",
    /* 7 */ "ohwx woman",
    /* 8 */ GOOD "smiling, wearing a hat, in a park",
    /* 9 */ GOOD "wearing a hat, wearing a hat and a scarf and a jacket and a skirt and long boots and a belt and a necklace and a watch and a ring and "
            "an earring and gloves and a bag and a coat and a vest and a tie and a pin and a brooch and a veil and a mask and a crown and a cape and a shawl",
    /* 10 */ "ohwx woman, brown hair, green eyes, smiling, looking up at the sky",
    /* 11 */ "photo of a ohwx woman with brown hair, green eyes, light skin, in a park",
    NULL
  };
  LK_TEST_FOLDER (folder);
  LkProject *project = make_project (folder, captions);
  g_autoptr (LkChecks) checks = lk_checks_new (project);
  g_autoptr (GListModel) findings = lk_checks_update (checks);

  g_assert_cmpuint (count_images (findings, "no-caption", NULL), ==, 2);
  g_assert_cmpuint (count_images (findings, "trigger-missing", NULL), ==, 1);
  g_assert_cmpuint (count_images (findings, "trigger-not-first", NULL), ==, 2);
  g_assert_cmpuint (count_images (findings, "feature-contradicted", "blue eyes"), ==, 1);
  g_assert_cmpstr (lk_finding_get_instead (find (findings, "feature-contradicted", NULL)), ==, "green eyes");
  g_assert_cmpuint (count_images (findings, "feature-missing", "green eyes"), ==, 1);   /* the bare trigger; blue eyes contradict */
  g_assert_cmpuint (count_images (findings, "feature-missing", "light skin"), ==, 2);
  g_assert_cmpuint (count_images (findings, "feature-missing", "brown hair"), ==, 1);   /* a brunette has it */
  g_assert_cmpuint (count_images (findings, "two-words", "brunette"), ==, 1);
  g_assert_cmpstr (lk_finding_get_instead (find (findings, "two-words", "brunette")), ==, "brown hair");
  g_assert_cmpuint (count_images (findings, "caption-short", NULL), ==, 1);
  g_assert_cmpuint (count_images (findings, "caption-duplicate", NULL), ==, 2);
  g_assert_cmpuint (count_images (findings, "caption-long", NULL), ==, 1);
  g_assert_null (find (findings, "variable-everywhere", NULL));
  g_assert_cmpint (lk_image_get_severity (lk_project_get_image (project, 1)), ==, LK_SEVERITY_ERROR);
  g_assert_cmpint (lk_image_get_severity (lk_project_get_image (project, 0)), ==, LK_SEVERITY_WARNING);
  g_test_message ("%s", lk_finding_get_sentence (find (findings, "feature-contradicted", NULL)));
  lk_test_close (project);
}

static void
test_over_all_captions (void)
{
  LK_TEST_FOLDER (folder);
  g_autoptr (GPtrArray) captions = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (LkChecks) checks = NULL;
  g_autoptr (GListModel) findings = NULL;
  LkProject *project;

  for (guint i = 0; i < 20; i++)
    g_ptr_array_add (captions, g_strdup_printf (GOOD "%s, pose %u, %s, %s", i == 0 ? "wering a red jacket" : "wearing a red jacket", i,
                                                i == 7 ? "softly lit from a side" : "softly lit from aside", i % 2 ? "smiling" : "in a park, sad"));
  g_ptr_array_add (captions, NULL);
  project = make_project (folder, (const char * const *) captions->pdata);
  checks = lk_checks_new (project);
  findings = lk_checks_update (checks);

  g_assert_cmpuint (count_images (findings, "variable-everywhere", "wearing a red jacket"), ==, 19);
  g_assert_cmpuint (count_images (findings, "variable-everywhere", "softly lit from aside"), ==, 19);
  g_assert_null (find (findings, "variable-everywhere", "green eyes"));
  g_assert_null (find (findings, "variable-everywhere", "ohwx woman"));
  /* The vocabulary knows the jacket, so only the unknown tag is taken for a slip; numbers are none. */
  g_assert_cmpuint (count_images (findings, "tag-typo", NULL), <=, 1);
  g_assert_null (find (findings, "tag-typo", "pose 1"));
  lk_test_close (project);
}

static void
test_sentences_fuse_too (void)
{
  static const char *captions[] = {
    "ohwx woman with brown hair, green eyes and light skin stands in a park in a long coat",
    "ohwx woman, brown hair, green eyes, light skin, sits on a bench in a park",
    "ohwx woman runs through a park, brown hair, green eyes, light skin", "ohwx woman with brown hair and green eyes, light skin, reading in a park at noon",
    "ohwx woman, brown hair, green eyes, light skin, walking a dog in a park", NULL
  };
  LK_TEST_FOLDER (folder);
  LkProject *project = make_project (folder, captions);
  g_autoptr (LkChecks) checks = lk_checks_new (project);
  g_autoptr (GListModel) findings = lk_checks_update (checks);

  g_assert_cmpuint (count_images (findings, "variable-everywhere", "park"), ==, 5);
  lk_test_close (project);
}

/* ---- fixes --------------------------------------------------------------------------------------------------------- */

static void
test_fixes (void)
{
  static const struct { const char *id, *word, *before, *after; } cases[] = {
    { "trigger-missing", NULL, "smiling, in a park at noon, x", "ohwx woman, smiling, in a park at noon, x" },
    { "trigger-missing", NULL, "woman, smiling, in a park", "ohwx woman, smiling, in a park" },
    { "trigger-missing", NULL, " a woman in a park,\nsmiling", " ohwx, a woman in a park,\nsmiling" },
    { "trigger-not-first", NULL, "smiling, ohwx woman, in a park", "ohwx woman, smiling, in a park" },
    { "trigger-not-first", NULL, "smiling,in a park,ohwx woman", "ohwx woman, smiling,in a park" },
    { "trigger-not-first", NULL, "photo of ohwx woman sitting there, in a park", "ohwx woman, photo of ohwx woman sitting there, in a park" },
    { "trigger-not-first", NULL, "woman ohwx, in a park, smiling", "ohwx woman, in a park, smiling" },
    { "feature-missing", "green eyes", "ohwx woman, brown hair, light skin, smiling\n", "ohwx woman, brown hair, green eyes, light skin, smiling\n" },
    { "feature-missing", "brown hair", "ohwx woman,green eyes, light skin, smiling", "ohwx woman, brown hair,green eyes, light skin, smiling" },
    { "feature-missing", "light skin", "in a park at noon, smiling", "light skin, in a park at noon, smiling" },
    { "feature-contradicted", "blue eyes", GOOD "Blue-Eyes, x", GOOD "x" },
    { "feature-contradicted", "blue eyes", "ohwx woman, brown hair, Blue  eyes, blue eyes, x", "ohwx woman, brown hair, green eyes, x" },
    { "two-words", "brunette", "ohwx woman, Brunette, green eyes, brunettes, light skin", "ohwx woman, brown hair, green eyes, brunettes, light skin" },
    { "no-caption", NULL, "", "ohwx woman, brown hair, green eyes, light skin" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      LK_TEST_FOLDER (folder);
      const char *captions[] = { cases[i].before, NULL };
      LkProject *project = make_project (folder, captions);
      LkImage *image = lk_project_get_image (project, 0);
      g_autoptr (LkChecks) checks = lk_checks_new (project);
      g_autoptr (GListModel) findings = lk_checks_update (checks);
      LkFinding *finding = find (findings, cases[i].id, cases[i].word);
      g_autoptr (LkEdit) edit = lk_edit_new (project, "Fix");
      g_autoptr (GError) error = NULL;

      g_test_message ("%s in “%s”", cases[i].id, cases[i].before);
      g_assert_nonnull (finding);
      g_assert_true (lk_checks_fix (checks, finding, NULL, edit));
      lk_project_apply (project, edit, &error);
      g_assert_no_error (error);
      g_assert_cmpstr (lk_image_get_caption (image), ==, cases[i].after);
      lk_test_close (project);
    }
}

/* Every fix for every picture, until nothing is left that a fix can heal; then undone. */
static void
test_fix_everything (void)
{
  static const char *captions[] = {
    "smiling, in a park at noon, by a tree", "brown hair, ohwx woman, blue eyes, fair skin, sad, in a library",
    "brunette, green eyes, woman in the snow", "", "ohwx woman, x",
    "ohwx woman, brown hair, green eyes, light skin, laughing, on a bench", NULL
  };
  LK_TEST_FOLDER (folder);
  LkProject *project = make_project (folder, captions);
  g_autoptr (LkChecks) checks = lk_checks_new (project);
  g_autoptr (GError) error = NULL;
  guint n_fixed, n_rounds = 0;

  do
    {
      g_autoptr (GListModel) findings = lk_checks_update (checks);
      g_autoptr (LkEdit) edit = lk_edit_new (project, "Fix all");

      n_fixed = 0;
      for (guint i = 0; i < g_list_model_get_n_items (findings); i++)
        {
          g_autoptr (LkFinding) finding = g_list_model_get_item (findings, i);
          LkFix fix = lk_finding_get_check (finding)->fix;

          if (lk_finding_get_check (finding)->is_caption && fix != LK_FIX_WRITE_CAPTION && lk_checks_fix (checks, finding, NULL, edit))
            n_fixed++;
        }
      lk_project_apply (project, edit, &error);
      g_assert_no_error (error);
      g_assert_cmpuint (++n_rounds, <, 6);
    }
  while (n_fixed > 0);

  for (guint i = 0; i < lk_project_get_n_images (project); i++)
    {
      LkImage *image = lk_project_get_image (project, i);
      g_autoptr (GPtrArray) left = lk_checks_check_image (checks, image, NULL);

      g_test_message ("%s", lk_image_get_caption (image));
      g_assert_null (strstr (lk_image_get_caption (image), "eyes, green eyes"));
      for (guint k = 0; k < left->len; k++)
        {
          const LkCheck *check = lk_finding_get_check (left->pdata[k]);

          g_assert_true (!check->is_caption || check->fix == LK_FIX_NONE || check->fix == LK_FIX_WRITE_CAPTION);
        }
    }
  lk_test_close (project);
}

static void
test_live (void)
{
  static const char *captions[] = { GOOD "smiling, in a park", NULL };
  LK_TEST_FOLDER (folder);
  LkProject *project = make_project (folder, captions);
  LkImage *image = lk_project_get_image (project, 0);
  g_autoptr (LkChecks) checks = lk_checks_new (project);
  g_autoptr (GListModel) findings = lk_checks_update (checks);
  const char *typed = "smiling, ohwx woman, Blue eyes, brown hair, light skin";
  g_autoptr (GPtrArray) live = lk_checks_check_image (checks, image, typed);
  g_autoptr (GArray) marks = lk_checks_mark_caption (checks, image, typed);
  g_autofree char *marked = NULL;
  guint n_errors = 0;

  for (guint i = 0; i < live->len; i++)
    n_errors += lk_finding_get_severity (live->pdata[i]) == LK_SEVERITY_ERROR;
  g_assert_cmpuint (n_errors, ==, 1);
  g_assert_cmpuint (marks->len, ==, 2);
  marked = g_strndup (typed + g_array_index (marks, LkMark, 1).start, g_array_index (marks, LkMark, 1).end - g_array_index (marks, LkMark, 1).start);
  g_assert_cmpstr (marked, ==, "Blue eyes");
  g_assert_cmpuint (lk_checks_count_tokens (checks, "a photo of a cat"), ==, 5);
  lk_test_close (project);
}

/* ---- pictures ------------------------------------------------------------------------------------------------------ */

static void
set_scores (LkImage       *image,
            guint          width,
            guint          height,
            LkScores       scores)
{
  scores.is_measured = TRUE;
  lk_image_set_file (image, image->stamp, width, height, "hash", NULL);
  lk_image_set_scores (image, &scores);
}

static void
test_pictures (void)
{
  const char *captions[21];
  LK_TEST_FOLDER (folder);
  LkScores good = { .sharpness = 900., .exposure = { .5, .2, .9, .1, 0., 0. }, .gradient_hash = 0, .frequency_hash = 0 };
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  g_autoptr (LkChecks) checks = NULL;
  g_autoptr (GListModel) findings = NULL;
  g_autoptr (GListModel) without = NULL;
  g_autoptr (LkEdit) edit = NULL;
  LkProject *project;
  LkScores scores;

  for (guint i = 0; i < 20; i++)
    captions[i] = GOOD "close-up portrait, smiling, in a park";
  captions[20] = NULL;
  project = make_project (folder, captions);
  for (guint i = 0; i < 19; i++)   /* the last one is not looked at */
    {
      scores = good;
      scores.gradient_hash = (guint64) g_rand_int (rand) << 32 | g_rand_int (rand);
      scores.frequency_hash = (guint64) g_rand_int (rand) << 32 | g_rand_int (rand);
      if (i == 1)
        scores.sharpness = 20.;
      if (i == 2)
        scores.exposure.dark = .2;
      if (i == 3)
        scores.exposure.bright = .97;
      if (i == 4)
        scores.jpeg_quality = 30;
      if (i == 5)
        scores.has_foreign_profile = TRUE;
      if (i == 6 || i == 7 || i == 8)
        {
          scores.gradient_hash = i == 7 ? 3 : i == 8 ? 0xf : 0;        /* 6 and 7 differ by 2 bits, 7 and 8 by 2 */
          scores.frequency_hash = i == 8 ? 7 : 0;
        }
      if (i == 9)
        {
          scores.subject = (LkBox) { 100, 100, 40, 40 };
          scores.subject_confidence = .9;
        }
      set_scores (lk_project_get_image (project, i), i == 10 ? 100 : 512, i == 10 ? 100 : 512, scores);
    }
  lk_project_set_faces (project, lk_project_get_image (project, 11),
                        (LkFace[]) { { .box = { 0, 0, 100, 100 }, .score = .9 }, { .box = { 200, 0, 90, 90 }, .score = .8 } }, 2, NULL);
  lk_project_set_faces (project, lk_project_get_image (project, 12), NULL, 0, NULL);
  edit = lk_edit_new (project, "Answer");
  lk_edit_set_label (edit, lk_project_get_image (project, 13), "covered", TRUE);
  lk_project_apply (project, edit, NULL);

  checks = lk_checks_new (project);
  findings = lk_checks_update (checks);
  g_assert_cmpuint (count_images (findings, "blurred", NULL), ==, 1);
  g_assert_cmpuint (count_images (findings, "too-dark", NULL), ==, 1);
  g_assert_cmpuint (count_images (findings, "too-bright", NULL), ==, 1);
  g_assert_cmpuint (count_images (findings, "jpeg-quality", NULL), ==, 1);
  g_assert_cmpuint (count_images (findings, "foreign-profile", NULL), ==, 1);
  g_assert_cmpuint (count_images (findings, "near-duplicate", NULL), ==, 3);
  g_assert_cmpuint (count_images (findings, "subject-small", NULL), ==, 1);
  g_assert_cmpuint (count_images (findings, "low-resolution", NULL), ==, 1);
  g_assert_cmpuint (count_images (findings, "other-people", NULL), ==, 1);
  g_assert_cmpuint (count_images (findings, "covered", NULL), ==, 1);
  g_assert_cmpuint (count_images (findings, "not-measured", NULL), ==, 1);
  /* Not measured is never bad. */
  g_assert_cmpint (lk_image_get_severity (lk_project_get_image (project, 19)), <=, LK_SEVERITY_WARNING);
  g_assert_nonnull (find (findings, "shot-missing", "Profile"));
  g_assert_null (find (findings, "shot-missing", "Front portrait"));
  g_assert_nonnull (find (findings, "one-light", NULL));
  g_assert_nonnull (find (findings, "one-expression", NULL));
  g_assert_null (find (findings, "few-images", NULL));

  /* Rejected, it counts nowhere. */
  lk_edit_free (edit);
  edit = lk_edit_new (project, "Reject");
  for (guint i = 1; i < 9; i++)
    lk_edit_set_state (edit, lk_project_get_image (project, i), LK_STATE_REJECT);
  lk_project_apply (project, edit, NULL);
  without = lk_checks_update (checks);
  g_assert_null (find (without, "blurred", NULL));
  g_assert_null (find (without, "near-duplicate", NULL));
  g_assert_nonnull (find (without, "few-images", NULL));
  g_assert_cmpint (lk_image_get_severity (lk_project_get_image (project, 1)), ==, LK_SEVERITY_NONE);
  lk_test_close (project);
}

static void
test_shots (void)
{
  static const struct { const char *caption; LkShot shot; } cases[] = {
    { "full body shot, three-quarter view", LK_SHOT_FULL_BODY },
    { "Full-Body portrait in profile", LK_SHOT_FULL_BODY },
    { "upper body shot, profile view", LK_SHOT_PROFILE },
    { "side profile of ohwx", LK_SHOT_PROFILE },
    { "close-up portrait, three quarter view", LK_SHOT_THREE_QUARTER },
    { "a 3/4 view", LK_SHOT_THREE_QUARTER },
    { "half body, front view", LK_SHOT_HALF_BODY },
    { "waist-up portrait", LK_SHOT_HALF_BODY },
    { "close-up portrait", LK_SHOT_FRONT },
    { "a_portrait", LK_SHOT_FRONT },
    { "profiles are nice, portraits too", LK_SHOT_NOT_SET },
    { "", LK_SHOT_NOT_SET },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_test_message ("%s", cases[i].caption);
      g_assert_cmpint (lk_shot_from_caption (cases[i].caption), ==, cases[i].shot);
    }
}

/* The sample project: the plan is met, and only the starter's hint is left. */
static void
test_sample (void)
{
  LK_TEST_FOLDER (folder);
  g_autofree char *images = g_test_build_filename (G_TEST_DIST, "..", "..", "data", "starter", "sample", "images", NULL);
  const char *paths[] = { images, NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (LkProject) project = lk_project_create (folder, &(LkProjectInfo) { .name = "Mira", .trigger = "ohwx", .class_word = "woman",
                                                     .hair = "brown hair, bob haircut", .eyes = "green eyes", .skin = "light skin" }, &error);
  g_autoptr (LkImportReport) report = lk_project_import (project, paths, NULL, NULL, NULL, &error);
  g_autoptr (LkChecks) checks = lk_checks_new (project);
  g_autoptr (GListModel) findings = lk_checks_update (checks);
  LkCoverage coverage;

  g_assert_no_error (error);
  for (guint i = 0; i < g_list_model_get_n_items (findings); i++)
    {
      g_autoptr (LkFinding) finding = g_list_model_get_item (findings, i);

      g_test_message ("%s: %s", lk_finding_get_id (finding), lk_finding_get_sentence (finding));
    }
  g_assert_cmpuint (g_list_model_get_n_items (findings), ==, 1);
  g_assert_nonnull (find (findings, "starter-base", NULL));
  lk_checks_get_coverage (checks, &coverage);
  g_assert_cmpuint (coverage.counts[LK_SHOT_FRONT], ==, 7);
  g_assert_cmpuint (coverage.counts[LK_SHOT_PROFILE], ==, 3);
  g_assert_cmpuint (coverage.n_expressions, ==, 6);
}

/* In slices the same is found as at once; a change meanwhile begins anew. */
static void
test_slices (void)
{
  LK_TEST_FOLDER (folder);
  g_autoptr (GPtrArray) captions = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (LkChecks) checks = NULL;
  g_autoptr (GListModel) before = NULL;
  g_autoptr (GListModel) at_once = NULL;
  g_autoptr (GListModel) sliced = NULL;
  g_autoptr (LkEdit) edit = NULL;
  LkScores scores = { .sharpness = 900., .exposure = { .5, .2, .9, .1, 0., 0. } };
  LkProject *project;
  guint n_slices = 0;

  for (guint i = 0; i < 300; i++)
    g_ptr_array_add (captions, g_strdup_printf (GOOD "thing %u, %s", i % 100, i % 3 ? "in a park" : "brunette"));
  g_ptr_array_add (captions, NULL);
  project = make_project (folder, (const char * const *) captions->pdata);
  for (guint i = 0; i < 300; i++)
    {
      scores.gradient_hash = scores.frequency_hash = i * 0x9e3779b97f4a7c15u;
      set_scores (lk_project_get_image (project, i), 512, 512, scores);
    }
  checks = lk_checks_new (project);
  before = lk_checks_update (checks);
  while (!lk_checks_step (checks, 0, &sliced))
    {
      if (++n_slices == 12)
        {
          edit = lk_edit_new (project, "Write");
          lk_edit_set_caption (edit, lk_project_get_image (project, 1), "");
          lk_project_apply (project, edit, NULL);
        }
    }
  g_test_message ("%u slices", n_slices);
  g_assert_cmpuint (n_slices, >, 20);
  g_assert_cmpuint (count_images (before, "no-caption", NULL), ==, 0);
  g_assert_cmpuint (count_images (sliced, "no-caption", NULL), ==, 1);
  g_assert_cmpuint (count_images (sliced, "two-words", "brunette"), ==, 100);
  at_once = lk_checks_update (checks);
  g_assert_cmpuint (g_list_model_get_n_items (sliced), ==, g_list_model_get_n_items (at_once));
  for (guint i = 0; i < g_list_model_get_n_items (sliced); i++)
    {
      g_autoptr (LkFinding) a = g_list_model_get_item (sliced, i);
      g_autoptr (LkFinding) b = g_list_model_get_item (at_once, i);

      g_assert_cmpstr (lk_finding_get_sentence (a), ==, lk_finding_get_sentence (b));
    }
  lk_test_close (project);
}

static void
test_fast (void)
{
  static const char *expressions[] = { "smiling", "sad", "laughing", "angry", "surprised" };
  static const char *places[] = { "in a park", "on a beach", "in a library", "in the snow", "in a studio" };
  LK_TEST_FOLDER (folder);
  g_autoptr (GPtrArray) captions = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GListModel) first = NULL;
  g_autoptr (GListModel) again = NULL;
  g_autoptr (LkChecks) checks = NULL;
  const guint n = g_test_perf () ? 10000 : 1000;
  LkProject *project;
  double seconds;

  for (guint i = 0; i < n; i++)
    g_ptr_array_add (captions, g_strdup_printf (GOOD "%s, wearing a blouse, thing %u, %s, close-up portrait", expressions[i % 5], i % 700, places[i / 5 % 5]));
  g_ptr_array_add (captions, NULL);
  project = make_project (folder, (const char * const *) captions->pdata);
  checks = lk_checks_new (project);
  g_test_timer_start ();
  first = lk_checks_update (checks);
  g_test_message ("%u captions, the first time: %.0f ms", n, g_test_timer_elapsed () * 1000.);
  g_test_timer_start ();
  again = lk_checks_update (checks);
  seconds = g_test_timer_elapsed ();
  g_test_minimized_result (seconds * 1000., "%u captions again: %.0f ms", n, seconds * 1000.);
  lk_test_close (project);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/checks/good-captions", test_good_captions);
  g_test_add_func ("/checks/each-caption-check", test_each_caption_check);
  g_test_add_func ("/checks/over-all-captions", test_over_all_captions);
  g_test_add_func ("/checks/sentences-fuse-too", test_sentences_fuse_too);
  g_test_add_func ("/checks/fixes", test_fixes);
  g_test_add_func ("/checks/fix-everything", test_fix_everything);
  g_test_add_func ("/checks/live", test_live);
  g_test_add_func ("/checks/pictures", test_pictures);
  g_test_add_func ("/checks/shots", test_shots);
  g_test_add_func ("/checks/sample", test_sample);
  g_test_add_func ("/checks/slices", test_slices);
  g_test_add_func ("/checks/fast", test_fast);
  return g_test_run ();
}
