/* The checks of captions: each finds what was made for it and nothing in what is right, marks the place, and mends it. */
#include "config.h"

#include <string.h>

#include "lk-test-project.h"

#include "formats/lk-tokenizer.h"
#include "project/lk-checks.h"

/* Pictures with right captions, so that words have counts; the files hold nothing, which no caption check minds. */
static const char * const captions[] = {
  "ohwx woman, brown hair, bob haircut, green eyes, light skin, smiling, wearing a red dress, front view, in a park, close-up portrait",
  "ohwx woman, brown hair, bob haircut, green eyes, light skin, laughing, wearing a blue sweater, front view, in a library, close-up portrait",
  "ohwx woman, brown hair, bob haircut, green eyes, light skin, sad, wearing a white blouse, profile view, on a beach, close-up portrait",
  "ohwx woman, brown hair, bob haircut, green eyes, light skin, smiling, wearing a green jacket, profile view, in a park, upper body shot",
  "ohwx woman, brown hair, bob haircut, green eyes, light skin, smiling, wearing a black sweater, front view, in a kitchen, upper body shot",
  "ohwx woman, brown hair, bob haircut, green eyes, light skin, angry, wearing a red jacket, three-quarter view, in a forest, full body shot",
};

static LkProject *
create (const char *folder)
{
  g_autoptr (GError) error = NULL;
  LkProject *project = lk_project_create (folder, &(LkProjectInfo) { .name = "Mira", .trigger = "ohwx", .class_word = "woman",
                                                                     .hair = "brown hair, bob haircut", .eyes = "green eyes",
                                                                     .skin = "light skin" }, &error);

  g_assert_no_error (error);
  return project;
}

static void
write_captions (const char         *folder,
                const char * const *texts,
                guint               n)
{
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *picture = g_strdup_printf ("images/p%05u.png", i), *caption = g_strdup_printf ("images/p%05u.txt", i);

      lk_test_write (folder, picture, "x", -1);
      if (texts[i] != NULL)
        lk_test_write (folder, caption, texts[i], -1);
    }
}

/* A project with these captions, and its checks, counted. */
static LkChecks *
make_checks (const char         *folder,
             const char * const *texts,
             guint               n,
             LkProject         **project)
{
  LkChecks *checks;
  g_autoptr (GListModel) findings = NULL;
  g_autoptr (GError) error = NULL;

  *project = create (folder);
  write_captions (folder, texts, n);
  lk_project_rescan (*project, NULL, &error);
  g_assert_no_error (error);
  checks = lk_checks_new (*project);
  findings = lk_checks_update (checks);
  return checks;
}

/* "id:word>instead", what is not there left out. */
static char *
describe (LkFinding *finding)
{
  const char *word = lk_finding_get_word (finding), *instead = lk_finding_get_instead (finding);

  return g_strconcat (lk_finding_get_id (finding), word != NULL ? ":" : "", word != NULL ? word : "", instead != NULL ? ">" : "",
                      instead != NULL ? instead : "", NULL);
}

/* Findings about captions, worst first, joined by "; ". */
static char *
join (GPtrArray *findings)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < findings->len; i++)
    {
      LkFinding *finding = findings->pdata[i];
      g_autofree char *one = describe (finding);

      if (lk_finding_get_check (finding)->is_caption)
        g_string_append_printf (text, "%s%s", text->len > 0 ? "; " : "", one);
    }
  return g_string_free (text, FALSE);
}

/* Those of the project, with the number of their pictures: "id:word>instead x3". */
static char *
join_list (GListModel *findings)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < g_list_model_get_n_items (findings); i++)
    {
      g_autoptr (LkFinding) finding = g_list_model_get_item (findings, i);
      g_autofree char *one = describe (finding);

      if (lk_finding_get_check (finding)->is_caption)
        g_string_append_printf (text, "%s%s x%u", text->len > 0 ? "; " : "", one, lk_finding_get_images (finding)->len);
    }
  return g_string_free (text, FALSE);
}

/* ---- one caption --------------------------------------------------------------------------------------------------- */

#define HEAD "ohwx woman, brown hair, bob haircut, green eyes, light skin, "
#define TAIL ", front view, in a park"

static const struct
{
  const char *caption;
  const char *found;
  const char *marked;         /* the text under the marks, joined by "|" */
} cases[] = {
  /* What is right. */
  { HEAD "smiling, wearing a red dress" TAIL, "", "" },
  { "Ohwx Woman, Brown Hair, Bob-Haircut, Green_Eyes, light skin, smiling" TAIL, "", "" },
  { "ohwx woman with a bob haircut of brown hair, green eyes and light skin, laughing at the sea", "", "" },
  { HEAD "a black hair ribbon, smiling" TAIL, "", "" },
  { HEAD "boots, trousers, a sunny day" TAIL, "", "" },
  { "ohwx woman, wavy bright brown hair, bob haircut, big green eyes, light skin, smiling" TAIL, "", "" },

  { "", "no-caption", "" },
  { " ,\n, ", "no-caption", "" },
  { "ohwx woman, brown hair, bob haircut, green eyes, light skin", "caption-short", "" },
  { "ohwx woman, brown hair, bob haircut, green eyes, light skin, a photo of her", "caption-short", "" },
  { "ohwx woman, brown hair, bob haircut, green eyes, light skin, smiling", "", "" },

  { "woman, brown hair, bob haircut, green eyes, light skin, smiling" TAIL, "trigger-missing:ohwx", "" },
  { "xohwx woman, brown hair, bob haircut, green eyes, light skin, smiling" TAIL, "trigger-missing:ohwx; tag-typo:xohwx>ohwx", "xohwx" },
  { "smiling, ohwx woman, brown hair, bob haircut, green eyes, light skin" TAIL, "trigger-not-first:ohwx", "ohwx" },
  { "a photo of ohwx woman, brown hair, bob haircut, green eyes, light skin, smiling" TAIL, "trigger-not-first:ohwx", "ohwx" },
  { "(ohwx woman:1.2), brown hair, bob haircut, green eyes, light skin, smiling" TAIL, "", "" },

  { "ohwx woman, brown hair, bob haircut, light skin, smiling" TAIL, "feature-missing:green eyes", "" },
  { "ohwx woman, smiling", "feature-missing:brown hair; feature-missing:bob haircut; feature-missing:green eyes; feature-missing:light skin; caption-short", "" },
  { "ohwx woman, smiling" TAIL, "feature-missing:brown hair; feature-missing:bob haircut; feature-missing:green eyes; feature-missing:light skin", "" },

  { "ohwx woman, brown hair, bob haircut, blue eyes, light skin, smiling" TAIL, "feature-contradicted:blue eyes>green eyes", "blue eyes" },
  { "ohwx woman, brown hair, bob haircut, green eyes, blue eyes, light skin, smiling" TAIL, "feature-contradicted:blue eyes>green eyes", "blue eyes" },
  { "ohwx woman, brown hair, bob haircut, deep blue eyes, light skin, smiling" TAIL, "feature-contradicted:deep blue eyes>green eyes", "deep blue eyes" },
  { "ohwx woman, brown hair, bob haircut, blue-eyed, light skin, smiling" TAIL, "feature-contradicted:blue eyed>green eyes", "blue-eyed" },
  { "ohwx woman, blonde hair, bob haircut, green eyes, light skin, smiling" TAIL, "feature-contradicted:blonde hair>brown hair", "blonde hair" },
  { "ohwx woman, blonde, bob haircut, green eyes, light skin, smiling" TAIL, "feature-contradicted:blonde>brown hair", "blonde" },
  { "ohwx woman, black wavy hair, bob haircut, green eyes, light skin, smiling" TAIL, "feature-contradicted:black hair>brown hair", "black" },
  { "ohwx woman, brown hair, long hair, green eyes, light skin, smiling" TAIL, "feature-contradicted:long hair>bob haircut", "long hair" },
  { "ohwx woman, brown hair, bob haircut, green eyes, dark skin, smiling" TAIL, "feature-contradicted:dark skin>light skin", "dark skin" },

  { "ohwx woman, brunette, bob haircut, green eyes, light skin, smiling" TAIL, "two-words:brunette>brown hair", "brunette" },
  { "ohwx woman, brown hair, brunette, bob haircut, green eyes, light skin, smiling" TAIL, "two-words:brunette>brown hair", "brunette" },
  { "ohwx woman, brown hair, bob cut, green eyes, light skin, smiling" TAIL, "two-words:bob cut>bob haircut", "bob cut" },
  { "ohwx woman, brown hair, bob haircut, green eyes, fair skin, smiling" TAIL, "two-words:fair skin>light skin", "fair skin" },
  { HEAD "wearing a red jumper" TAIL, "two-words:jumper>sweater", "jumper" },
  { HEAD "smiling, front view, at the seaside", "two-words:seaside>beach", "seaside" },
  { HEAD "smiling, on a sofa, front view", "", "" },

  { HEAD "smilling" TAIL, "tag-typo:smilling>smiling", "smilling" },
  { HEAD "smiling, close-up potrait", "tag-typo:potrait>portrait", "potrait" },
  { HEAD "smiling, closeup portrait", "tag-typo:closeup portrait>close-up portrait", "closeup portrait" },
  { "ohwx woman, brown hari, bob haircut, green eyes, light skin, smiling" TAIL, "tag-typo:hari>hair", "hari" },
  { "ohwx woman, brown hair, bob haircut, gren eyes, light skin, smiling" TAIL, "tag-typo:gren>green", "gren" },
  { "ohwx woman, brownhair, bob haircut, green eyes, light skin, smiling" TAIL, "tag-typo:brownhair>brown hair", "brownhair" },
  { HEAD "smiling, close-up poortraiit", "tag-typo:poortraiit>portrait", "poortraiit" },
  { HEAD "smiling, waerng a scarf", "", "" },       /* two errors in a short word may be another word */
  { HEAD "smiles, woman and women, viewed from the front, green dresses", "", "" },

  { HEAD "smiling, in a park, smiling, close-up portrait", "tag-twice:smiling", "smiling" },
  { HEAD "smiling, in a park, close-up portrait\n" HEAD "smiling, on a beach, close-up portrait", "", "" },
};

static char *
marked_text (const char *caption,
             GArray     *marks)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < marks->len; i++)
    {
      const LkMark *mark = &g_array_index (marks, LkMark, i);

      g_assert_cmpuint (mark->end, <=, strlen (caption));
      g_string_append_printf (text, "%s%.*s", i > 0 ? "|" : "", (int) (mark->end - mark->start), caption + mark->start);
    }
  return g_string_free (text, FALSE);
}

static void
test_captions (void)
{
  LK_TEST_FOLDER (folder);
  LkProject *project;
  g_autoptr (LkChecks) checks = make_checks (folder, captions, G_N_ELEMENTS (captions), &project);
  LkImage *image = lk_project_get_image (project, 0);
  guint n_wrong = 0;

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GPtrArray) findings = lk_checks_check_image (checks, image, cases[i].caption);
      g_autoptr (GArray) marks = lk_checks_mark_caption (checks, image, cases[i].caption);
      g_autofree char *found = join (findings), *marked = marked_text (cases[i].caption, marks);

      if (g_str_equal (found, cases[i].found) && g_str_equal (marked, cases[i].marked))
        continue;
      n_wrong++;
      g_test_message ("“%s”: found %s, not %s; marked %s, not %s", cases[i].caption, found, cases[i].found, marked, cases[i].marked);
    }
  g_assert_cmpuint (n_wrong, ==, 0);
  lk_test_close (project);
}

static void
test_sentences (void)
{
  LK_TEST_FOLDER (folder);
  LkProject *project;
  g_autoptr (LkChecks) checks = make_checks (folder, captions, G_N_ELEMENTS (captions), &project);
  g_autoptr (GPtrArray) findings = lk_checks_check_image (checks, lk_project_get_image (project, 0),
                                                          "ohwx woman, brown hair, bob haircut, brown eyes, light skin, smiling" TAIL);

  g_assert_cmpuint (findings->len, ==, 1);
  g_assert_cmpstr (lk_finding_get_sentence (findings->pdata[0]), ==, "“brown eyes” contradicts the fixed feature “green eyes”.");
  g_assert_cmpint (lk_finding_get_severity (findings->pdata[0]), ==, LK_SEVERITY_ERROR);
  g_assert_true (lk_finding_get_images (findings->pdata[0])->pdata[0] == lk_project_get_image (project, 0));
  lk_test_close (project);
}

/* Every check has all its words, and the id is its own. */
static void
test_table (void)
{
  for (guint i = 0; i < lk_check_get_n (); i++)
    {
      const LkCheck *check = lk_check_get (i);

      g_assert_true (lk_check_find (check->id) == check);
      g_assert_cmpstr (check->title, !=, "");
      g_assert_cmpint (g_utf8_strlen (check->why, -1), >, 15);
      g_assert_cmpint (check->severity, !=, LK_SEVERITY_NONE);
      g_assert_true ((check->fix == LK_FIX_NONE) == (check->fix_label == NULL));
    }
  g_assert_null (lk_check_find ("no-such-check"));
}

/* ---- tokens -------------------------------------------------------------------------------------------------------- */

static void
test_tokens (void)
{
  LK_TEST_FOLDER (folder);
  LkProject *project;
  g_autoptr (LkChecks) checks = make_checks (folder, captions, G_N_ELEMENTS (captions), &project);
  LkImage *image = lk_project_get_image (project, 0);
  g_autoptr (GString) caption = g_string_new (HEAD "smiling" TAIL);
  g_autoptr (GArray) marks = NULL;
  g_autoptr (GPtrArray) fits = NULL;
  g_autoptr (GPtrArray) too_long = NULL;
  g_autofree char *found = NULL;

  /* Punctuation, digits, apostrophes and other scripts, against the tokenizer itself. */
  {
    g_autoptr (LkTokenizer) tokenizer = lk_tokenizer_new (NULL, NULL);
    const char *texts[] = { "", "a", "ohwx woman, (brown hair:1.2), close-up!!", "a woman's 2nd café — très chic…", "x\\(y\\), |||, {a|b}", captions[0] };

    for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
      g_assert_cmpuint (lk_checks_count_tokens (checks, texts[i]), ==, lk_tokenizer_count (tokenizer, texts[i], -1));
  }
  g_assert_cmpuint (lk_checks_count_tokens (checks, "one, two\none\n"), ==, 3);

  while (lk_checks_count_tokens (checks, caption->str) < 75)
    g_string_append (caption, " tree");
  g_assert_cmpuint (lk_checks_count_tokens (checks, caption->str), ==, 75);
  fits = lk_checks_check_image (checks, image, caption->str);
  g_assert_cmpuint (fits->len, ==, 0);

  g_string_append (caption, " house");
  too_long = lk_checks_check_image (checks, image, caption->str);
  found = join (too_long);
  g_assert_cmpstr (found, ==, "caption-long");
  marks = lk_checks_mark_caption (checks, image, caption->str);
  g_assert_cmpuint (marks->len, ==, 1);
  g_assert_cmpstr (caption->str + g_array_index (marks, LkMark, 0).start, ==, "house");
  lk_test_close (project);
}

/* ---- all captions -------------------------------------------------------------------------------------------------- */

static void
test_duplicates (void)
{
  const char *texts[] = { captions[0], captions[1], captions[2],
                          "Ohwx woman,  brown hair, bob haircut, green eyes, light skin, smiling, wearing a red dress, front view, in a park, close up portrait" };
  LK_TEST_FOLDER (folder);
  LkProject *project;
  g_autoptr (LkChecks) checks = make_checks (folder, texts, G_N_ELEMENTS (texts), &project);
  g_autoptr (GListModel) findings = lk_checks_update (checks);
  g_autoptr (GPtrArray) copy = lk_checks_check_image (checks, lk_project_get_image (project, 3), NULL);
  g_autoptr (GPtrArray) other = lk_checks_check_image (checks, lk_project_get_image (project, 2), NULL);
  g_autofree char *found = join_list (findings), *found_copy = join (copy);

  g_assert_cmpstr (found, ==, "caption-duplicate x2");
  g_assert_cmpstr (found_copy, ==, "caption-duplicate");
  g_assert_cmpuint (other->len, ==, 0);
  g_assert_cmpint (lk_image_get_severity (lk_project_get_image (project, 3)), ==, LK_SEVERITY_WARNING);
  g_assert_cmpint (lk_image_get_severity (lk_project_get_image (project, 2)), ==, LK_SEVERITY_NONE);
  lk_test_close (project);
}

/* A thing in every caption, in the same words or in others, fuses; what is fixed, or in all but one, does not. */
static void
test_fused (void)
{
  const char *texts[6], *last[] = { "in a park, a hat, red jacket", "on a beach, red jacket" };

  for (guint variant = 0; variant < 2; variant++)
    {
      LK_TEST_FOLDER (folder);
      LkProject *project;
      g_autoptr (LkChecks) checks = NULL;
      g_autoptr (GListModel) findings = NULL;
      g_autofree char *found = NULL, *whole = g_strconcat (HEAD, last[variant], NULL);

      texts[0] = HEAD "smiling, wearing a red jacket, a hat, in a park";
      texts[1] = HEAD "sad, red jacket, hat, in a library";
      texts[2] = HEAD "angry, her red jacket, a green hat, in a library";
      texts[3] = HEAD "laughing, a red jacket, a black hat, on a beach";
      texts[4] = HEAD "neutral face, the red jacket, hat, in a forest";
      texts[5] = whole;
      checks = make_checks (folder, texts, G_N_ELEMENTS (texts), &project);
      findings = lk_checks_update (checks);
      found = join_list (findings);
      g_assert_cmpstr (found, ==, variant == 0 ? "variable-everywhere:hat x6; variable-everywhere:jacket x6" : "variable-everywhere:jacket x6");
      /* No picture is worse for it. */
      g_assert_cmpint (lk_image_get_severity (lk_project_get_image (project, 0)), ==, LK_SEVERITY_NONE);
      lk_test_close (project);
    }
}

static void
test_same_tag_fuses (void)
{
  const char *texts[6];
  g_autoptr (GPtrArray) owned = g_ptr_array_new_with_free_func (g_free);
  LK_TEST_FOLDER (folder);
  LkProject *project;
  g_autoptr (LkChecks) checks = NULL;
  g_autoptr (GListModel) findings = NULL;
  g_autofree char *found = NULL;

  for (guint i = 0; i < 6; i++)
    {
      g_ptr_array_add (owned, g_strdup_printf ("%s, upside down, masterpiece", captions[i]));
      texts[i] = owned->pdata[i];
    }
  checks = make_checks (folder, texts, G_N_ELEMENTS (texts), &project);
  findings = lk_checks_update (checks);
  found = join_list (findings);
  g_assert_cmpstr (found, ==, "variable-everywhere:upside down x6");
  lk_test_close (project);
}

static void
test_cases_together (void)
{
  const char *texts[] = { captions[0], "woman, " HEAD, NULL, "woman, smiling, in a park", "woman, sad, blue eyes, in a library", "woman, blue eyes, on a beach, crying" };
  LK_TEST_FOLDER (folder);
  LkProject *project;
  g_autoptr (LkChecks) checks = NULL;
  g_autoptr (GListModel) findings = NULL;
  g_autoptr (LkEdit) edit = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *found = NULL, *fewer = NULL;

  checks = make_checks (folder, texts, G_N_ELEMENTS (texts), &project);
  findings = lk_checks_update (checks);
  found = join_list (findings);
  g_assert_cmpstr (found, ==, "no-caption x1; trigger-missing:ohwx x3; feature-contradicted:blue eyes>green eyes x2; trigger-not-first:ohwx x1; "
                              "feature-missing:bob haircut x3; feature-missing:brown hair x3; feature-missing:light skin x3; "
                              "feature-missing:green eyes x1; caption-short x1");
  g_assert_cmpint (lk_image_get_severity (lk_project_get_image (project, 0)), ==, LK_SEVERITY_NONE);
  g_assert_cmpint (lk_image_get_severity (lk_project_get_image (project, 1)), ==, LK_SEVERITY_WARNING);
  g_assert_cmpint (lk_image_get_severity (lk_project_get_image (project, 3)), ==, LK_SEVERITY_ERROR);

  /* A rejected picture counts nowhere. */
  edit = lk_edit_new (project, "Reject");
  lk_edit_set_state (edit, lk_project_get_image (project, 2), LK_STATE_REJECT);
  lk_edit_set_state (edit, lk_project_get_image (project, 4), LK_STATE_REJECT);
  lk_project_apply (project, edit, &error);
  g_assert_no_error (error);
  g_clear_object (&findings);
  findings = lk_checks_update (checks);
  fewer = join_list (findings);
  g_assert_cmpstr (fewer, ==, "trigger-missing:ohwx x2; feature-contradicted:blue eyes>green eyes x1; trigger-not-first:ohwx x1; "
                              "feature-missing:bob haircut x2; feature-missing:brown hair x2; feature-missing:light skin x2; "
                              "feature-missing:green eyes x1; caption-short x1");
  g_assert_cmpint (lk_image_get_severity (lk_project_get_image (project, 4)), ==, LK_SEVERITY_NONE);
  lk_test_close (project);
}

static void
test_no_trigger (void)
{
  LK_TEST_FOLDER (folder);
  LkProject *project = lk_project_create (folder, &(LkProjectInfo) { .name = "x" }, NULL);
  g_autoptr (LkChecks) checks = lk_checks_new (project);
  g_autoptr (GListModel) findings = lk_checks_update (checks);
  g_autoptr (LkFinding) first = g_list_model_get_item (findings, 0), second = g_list_model_get_item (findings, 1);

  g_assert_cmpstr (lk_finding_get_id (first), ==, "no-images");
  g_assert_cmpstr (lk_finding_get_id (second), ==, "trigger-empty");
  lk_test_close (project);
}

static void
test_damaged_text (void)
{
  LK_TEST_FOLDER (folder);
  LkProject *project = create (folder);
  g_autoptr (LkChecks) checks = NULL;
  g_autoptr (GPtrArray) findings = NULL;
  g_autofree char *found = NULL;

  lk_test_write (folder, "images/a.png", "x", -1);
  lk_test_write (folder, "images/a.txt", HEAD "smiling\0, in a park", sizeof HEAD "smiling\0, in a park" - 1);
  g_assert_true (lk_project_rescan (project, NULL, NULL));
  checks = lk_checks_new (project);
  findings = lk_checks_check_image (checks, lk_project_get_image (project, 0), NULL);
  found = join (findings);
  g_assert_cmpstr (found, ==, "caption-bytes");
  lk_test_close (project);
}

/* ---- fixes --------------------------------------------------------------------------------------------------------- */

static const struct
{
  const char *id, *caption, *fixed;     /* fixed NULL: a person's to do */
} fixes[] = {
  { "no-caption", "", "ohwx woman, brown hair, bob haircut, green eyes, light skin" },
  { "caption-short", "ohwx woman, brown hair, bob haircut, green eyes, light skin", NULL },
  { "trigger-missing", "woman, smiling, in a park", "ohwx woman, smiling, in a park" },
  { "trigger-missing", "smiling, in a park", "ohwx woman, smiling, in a park" },
  { "trigger-missing", "a woman smiling in a park", "ohwx, a woman smiling in a park" },
  { "trigger-missing", "  owhx woman, smiling,  in a park \n", "  ohwx woman, smiling,  in a park \n" },
  { "trigger-not-first", "smiling, ohwx woman, in a park", "ohwx woman, smiling, in a park" },
  { "trigger-not-first", "smiling, in a park, ohwx", "ohwx, smiling, in a park" },
  { "trigger-not-first", "a photo of ohwx woman, smiling", "ohwx woman, smiling" },
  { "trigger-not-first", "a close-up of ohwx woman, smiling", "ohwx woman, a close-up, smiling" },
  { "trigger-not-first", "woman ohwx, smiling in a park", "ohwx woman, smiling in a park" },
  { "trigger-not-first", "a picture of an ohwx woman who smiles in a park", "ohwx woman, a picture of an ohwx woman who smiles in a park" },
  { "feature-missing", "ohwx woman, smiling in a park", "ohwx woman, brown hair, smiling in a park" },
  { "feature-missing", "ohwx woman, brown hair, bob haircut, light skin, smiling in a park",
    "ohwx woman, brown hair, bob haircut, green eyes, light skin, smiling in a park" },
  { "feature-missing", "ohwx woman with a bob haircut, brown hair and light skin smiling in a park.",
    "ohwx woman with a bob haircut, brown hair and light skin smiling in a park, green eyes." },
  { "feature-missing", "ohwx woman ||| smiling \\(very\\) in {a park|the sea}", "ohwx woman, brown hair ||| smiling \\(very\\) in {a park|the sea}" },
  { "feature-missing", "ohwx woman, smiling in a park\r\nohwx woman, at sea", "ohwx woman, brown hair, smiling in a park\r\nohwx woman, at sea" },
  { "feature-contradicted", "ohwx woman, Blue Eyes, smiling", "ohwx woman, green eyes, smiling" },
  { "feature-contradicted", "ohwx woman, green eyes, blue eyes, smiling", "ohwx woman, green eyes, smiling" },
  { "feature-contradicted", "ohwx woman, smiling, green eyes, blue eyes", "ohwx woman, smiling, green eyes" },
  { "feature-contradicted", "ohwx woman, black wavy hair, smiling", "ohwx woman, brown wavy hair, smiling" },
  { "feature-contradicted", "ohwx woman, long wavy hair, smiling", NULL },
  { "two-words", "ohwx woman, brunette, smiling", "ohwx woman, brown hair, smiling" },
  { "two-words", "ohwx woman, brunette, brown hair, smiling", "ohwx woman, brown hair, smiling" },
  { "two-words", "ohwx woman, a jumper, another jumper", "ohwx woman, a sweater, another sweater" },
  { "tag-typo", "ohwx woman, smilling in a park", "ohwx woman, smiling in a park" },
  { "tag-twice", "ohwx woman, smiling, at sea, smiling", "ohwx woman, smiling, at sea" },
  { "tag-twice", "ohwx woman, smiling, smiling, at sea, smiling\n", "ohwx woman, smiling, at sea\n" },
};

/* Drawn pictures keep their shot types out of this: the picture used has none. */
static void
test_fixes (void)
{
  LK_TEST_FOLDER (folder);
  LkProject *project;
  g_autoptr (LkChecks) checks = make_checks (folder, captions, G_N_ELEMENTS (captions), &project);
  LkImage *image;
  guint n_wrong = 0;

  lk_test_write (folder, "images/q.png", "x", -1);
  g_assert_true (lk_project_rescan (project, NULL, NULL));
  image = lk_project_find_by_stem (project, "q");
  for (guint i = 0; i < G_N_ELEMENTS (fixes); i++)
    {
      g_autoptr (GPtrArray) findings = lk_checks_check_image (checks, image, fixes[i].caption);
      g_autoptr (LkEdit) edit = lk_edit_new (project, "Fix");
      const char *fixed = NULL;

      lk_edit_set_caption (edit, image, fixes[i].caption);
      for (guint k = 0; k < findings->len; k++)
        if (g_str_equal (lk_finding_get_id (findings->pdata[k]), fixes[i].id))
          {
            fixed = lk_checks_fix (checks, findings->pdata[k], NULL, edit) ? lk_edit_get_caption (edit, image) : "left to a person";
            break;
          }
      if (g_strcmp0 (fixed, fixes[i].fixed != NULL ? fixes[i].fixed : "left to a person") == 0)
        continue;
      n_wrong++;
      g_test_message ("%s of “%s” became “%s”, not “%s”", fixes[i].id, fixes[i].caption, fixed, fixes[i].fixed);
    }
  g_assert_cmpuint (n_wrong, ==, 0);
  lk_test_close (project);
}

/* Fix all of everything, once through the list: nothing that a machine can mend is left, and one undo each brings it back. */
static void
test_fix_all (void)
{
  const char *texts[] = { captions[0], "smiling, woman", "brunette, sad, ohwx woman in a libary", NULL, "ohwx woman, blond hair, laughing, laughing, in a park",
                          captions[1], captions[2], captions[3] };
  LK_TEST_FOLDER (folder);
  LkProject *project;
  g_autoptr (LkChecks) checks = make_checks (folder, texts, G_N_ELEMENTS (texts), &project);
  g_autoptr (GListModel) findings = NULL;
  g_autofree char *before = lk_test_tree (folder), *left = NULL, *after = NULL;
  g_autoptr (GError) error = NULL;
  guint n_steps = 0;

  findings = lk_checks_update (checks);
  for (guint i = 0; i < g_list_model_get_n_items (findings); i++)
    {
      g_autoptr (LkFinding) finding = g_list_model_get_item (findings, i);
      g_autoptr (LkEdit) edit = lk_edit_new (project, lk_finding_get_sentence (finding));

      if (!lk_finding_get_check (finding)->is_caption || !lk_checks_fix (checks, finding, NULL, edit))
        continue;
      lk_project_apply (project, edit, &error);
      g_assert_no_error (error);
      n_steps++;
    }
  g_assert_cmpuint (lk_project_get_n_undo (project), ==, n_steps);
  g_assert_cmpuint (n_steps, >, 5);
  g_assert_cmpstr (lk_image_get_caption (lk_project_get_image (project, 2)), ==,
                   "ohwx woman in a libary, brown hair, bob haircut, green eyes, light skin, sad");
  g_clear_object (&findings);
  findings = lk_checks_update (checks);
  left = join_list (findings);
  g_assert_cmpstr (left, ==, "caption-short x1");

  while (lk_project_get_n_undo (project) > 0)
    g_assert_true (lk_project_undo (project, NULL, NULL));
  g_assert_true (lk_project_flush (project, NULL));
  after = lk_test_tree (folder);
  g_assert_cmpstr (after, ==, before);
  lk_test_close (project);
}

static void
test_drafts (void)
{
  LK_TEST_FOLDER (folder);
  LkProject *project;
  const char *texts[] = { NULL };
  g_autoptr (LkChecks) checks = make_checks (folder, texts, 1, &project);
  LkImage *image = lk_project_get_image (project, 0);

  for (LkShot shot = LK_SHOT_NOT_SET; shot < LK_N_SHOTS; shot++)
    {
      g_autoptr (LkEdit) edit = lk_edit_new (project, "Shot");
      g_autofree char *draft = NULL;
      g_autoptr (GError) error = NULL;

      lk_edit_set_shot (edit, image, shot);
      lk_project_apply (project, edit, &error);
      g_assert_no_error (error);
      draft = lk_checks_draft_caption (checks, image);
      g_assert_true (g_str_has_prefix (draft, "ohwx woman, brown hair, bob haircut, green eyes, light skin"));
      g_assert_cmpint (lk_shot_from_caption (draft), ==, shot);
    }
  lk_test_close (project);
}

/* ---- slices and size ----------------------------------------------------------------------------------------------- */

/* 10 000 captions of two kinds: lists of tags from a few words each, and sentences that differ nearly all. */
static void
fill (const char *folder,
      guint       n)
{
  static const char * const faces[] = { "smiling", "laughing", "sad", "angry", "surprised", "smilling" };
  static const char * const clothes[] = { "red dress", "blue sweater", "white blouse", "green jacket", "black jumper" };
  static const char * const places[] = { "park", "library", "beach", "forest", "kitchen", "garden", "street" };

  for (guint i = 0; i < n; i++)
    {
      g_autofree char *name = g_strdup_printf ("images/p%05u.png", i), *text_name = g_strdup_printf ("images/p%05u.txt", i), *text = NULL;
      const char *face = faces[i % 17 == 0 ? 5 : i % 5], *cloth = clothes[i / 5 % 5], *place = places[i / 25 % 7];

      if (i % 2 == 0)
        text = g_strdup_printf (HEAD "%s, wearing a %s, number %u, in a %s, %s, natural lighting, with trees and houses behind her", face, cloth, i, place,
                                i % 3 == 0 ? "front view, close-up portrait" : "profile view, upper body shot");
      else
        text = g_strdup_printf ("ohwx woman with brown hair in a bob haircut, green eyes and light skin is %s in the %s at %u o'clock, and wears a %s that "
                                "someone called w%ux%u gave her for her birthday; the light falls from the left side of the picture", face, place, i, cloth, i * 7919 % 10007, i);
      lk_test_write (folder, name, "x", -1);
      lk_test_write (folder, text_name, text, -1);
    }
}

static void
test_ten_thousand (void)
{
  enum { N = 10000 };
  LK_TEST_FOLDER (folder);
  LkProject *project = create (folder);
  g_autoptr (LkChecks) checks = NULL;
  g_autoptr (GListModel) first = NULL;
  g_autofree char *once = NULL;
  gint64 started, first_ms, again_ms;
  g_autoptr (GError) error = NULL;
  double longest = 0.;
  guint n_slices = 0;

  fill (folder, N);
  lk_test_close (project);
  project = lk_test_open (folder);
  checks = lk_checks_new (project);
  lk_checks_count_tokens (checks, "");      /* the tokenizer is there */

  started = g_get_monotonic_time ();
  first = lk_checks_update (checks);
  first_ms = (g_get_monotonic_time () - started) / 1000;
  started = g_get_monotonic_time ();
  g_object_unref (lk_checks_update (checks));
  again_ms = (g_get_monotonic_time () - started) / 1000;
  once = join_list (first);
  g_assert_cmpstr (once, ==, "two-words:jumper>sweater x2000; tag-typo:smilling>smiling x589");

  while (TRUE)
    {
      GListModel *findings;
      gint64 slice = g_get_monotonic_time ();
      gboolean is_done = lk_checks_step (checks, 4000, &findings);

      longest = MAX (longest, (g_get_monotonic_time () - slice) / 1000.);
      n_slices++;
      if (is_done)
        {
          g_autofree char *in_slices = join_list (findings);

          g_assert_cmpstr (in_slices, ==, once);
          g_object_unref (findings);
          break;
        }
      g_assert_null (findings);
    }
  g_test_message ("10 000 captions: %" G_GINT64_FORMAT " ms at first, %" G_GINT64_FORMAT " ms again; %u slices, the longest %.1f ms", first_ms, again_ms,
                  n_slices, longest);
  g_assert_cmpuint (n_slices, >, 3);
  lk_test_close (project);
}

static void
on_severity (guint *n)
{
  (*n)++;
}

/* What changes between slices is in the result, and only pictures whose severity changed say so. */
static void
test_change_between_slices (void)
{
  const char *texts[64];
  LK_TEST_FOLDER (folder);
  LkProject *project;
  g_autoptr (LkChecks) checks = NULL;
  g_autoptr (LkEdit) edit = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) owned = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *found = NULL;
  GListModel *findings = NULL;
  guint n_steps = 0, n_notified = 0;

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_ptr_array_add (owned, g_strdup_printf ("%s, number %u", captions[i % G_N_ELEMENTS (captions)], i));
      texts[i] = owned->pdata[i];
    }
  checks = make_checks (folder, texts, G_N_ELEMENTS (texts), &project);
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    g_signal_connect_swapped (lk_project_get_image (project, i), "notify::severity", G_CALLBACK (on_severity), &n_notified);

  while (!lk_checks_step (checks, 0, &findings))
    {
      n_steps++;
      if (n_steps == 12)        /* the first picture was checked by now */
        {
          edit = lk_edit_new (project, "Type");
          lk_edit_set_caption (edit, lk_project_get_image (project, 0), "ohwx woman, smiling in a park");
          lk_project_apply (project, edit, &error);
          g_assert_no_error (error);
        }
    }
  g_assert_cmpuint (n_steps, >, 24);
  found = join_list (findings);
  g_assert_cmpstr (found, ==, "feature-missing:bob haircut x1; feature-missing:brown hair x1; feature-missing:green eyes x1; feature-missing:light skin x1");
  g_assert_cmpuint (n_notified, ==, 1);
  g_object_unref (findings);
  lk_test_close (project);
}

/* ---- the sample project -------------------------------------------------------------------------------------------- */

static void
test_sample (void)
{
  g_autofree char *sample = g_build_filename (g_getenv ("LIKENESS_DATA_DIR"), "starter", "sample", "images", NULL);
  g_autoptr (GDir) dir = g_dir_open (sample, 0, NULL);
  LK_TEST_FOLDER (folder);
  LkProject *project = create (folder);
  g_autoptr (LkChecks) checks = NULL;
  g_autoptr (GListModel) findings = NULL;
  g_autofree char *found = NULL;
  LkCoverage coverage;
  const char *name;

  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      gsize length;
      g_autofree char *bytes = lk_test_read (sample, name, &length), *to = g_build_filename ("images", name, NULL);

      lk_test_write (folder, to, bytes, length);
    }
  g_assert_true (lk_project_rescan (project, NULL, NULL));
  checks = lk_checks_new (project);
  findings = lk_checks_update (checks);
  found = join_list (findings);
  g_assert_cmpstr (found, ==, "");

  lk_checks_get_coverage (checks, &coverage);
  g_assert_cmpuint (coverage.n_images, ==, lk_project_get_n_images (project));
  g_assert_cmpuint (coverage.n_images, >=, 20);
  for (LkShot shot = LK_SHOT_FRONT; shot < LK_N_SHOTS; shot++)
    g_assert_cmpuint (coverage.missing[shot], ==, 0);
  lk_test_close (project);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/captions/table", test_table);
  g_test_add_func ("/captions/found-and-marked", test_captions);
  g_test_add_func ("/captions/sentences", test_sentences);
  g_test_add_func ("/captions/tokens", test_tokens);
  g_test_add_func ("/captions/duplicates", test_duplicates);
  g_test_add_func ("/captions/fused-things", test_fused);
  g_test_add_func ("/captions/fused-tags", test_same_tag_fuses);
  g_test_add_func ("/captions/cases-together", test_cases_together);
  g_test_add_func ("/captions/no-trigger", test_no_trigger);
  g_test_add_func ("/captions/damaged-text", test_damaged_text);
  g_test_add_func ("/captions/fixes", test_fixes);
  g_test_add_func ("/captions/fix-all", test_fix_all);
  g_test_add_func ("/captions/drafts", test_drafts);
  g_test_add_func ("/captions/ten-thousand", test_ten_thousand);
  g_test_add_func ("/captions/change-between-slices", test_change_between_slices);
  g_test_add_func ("/captions/sample-project", test_sample);
  return g_test_run ();
}
