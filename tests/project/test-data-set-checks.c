/* The checks of pictures and of the whole set: each finds the picture that was made for it, leaves the others alone, and says nothing of
 * what was not measured. */
#include "config.h"

#include <math.h>
#include <string.h>

#include "formats/lk-png.h"
#include "imaging/lk-resize.h"
#include "lk-test-project.h"
#include "project/lk-checks.h"

#define TEXT "ohwx woman, brown hair, green eyes, light skin, "

/* ---- pictures made for a check ------------------------------------------------------------------------------------- */

static void
write_png (const char      *folder,
           const char      *stem,
           const LkPicture *picture)
{
  g_autofree char *name = g_strdup_printf ("images/%s.png", stem), *path = g_build_filename (folder, name, NULL);
  g_autoptr (GError) error = NULL;

  lk_test_write (folder, name, "", 0);      /* makes the folder */
  lk_png_write (picture, NULL, path, &error);
  g_assert_no_error (error);
}

/* Plates of many tones; no two of different `seed` are alike. `low` and `high` bound the luma. */
static LkPicture *
make_picture (guint width,
              guint height,
              guint seed,
              guint low,
              guint high)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
  LkPicture *picture = lk_picture_new (width, height, 3);
  guint8 tones[12][12];

  for (guint y = 0; y < 12; y++)
    for (guint x = 0; x < 12; x++)
      tones[y][x] = g_rand_int_range (rand, low, high + 1);
  for (guint y = 0; y < height; y++)
    for (guint x = 0; x < width; x++)
      memset (lk_picture_row (picture, y) + 3 * x, tones[y * 12 / height][x * 12 / width], 3);
  return picture;
}

/* A grey picture with one many-toned block in it. */
static LkPicture *
make_subject (guint width,
              guint height,
              guint block,
              guint seed)
{
  LkPicture *picture = make_picture (width, height, seed, 128, 128);
  g_autoptr (LkPicture) thing = make_picture (block, block, seed, 0, 255);

  for (guint y = 0; y < block; y++)
    for (guint x = 0; x < block; x++)
      {
        guint8 *p = lk_picture_row (picture, y + (height - block) / 2) + 3 * (x + (width - block) / 2);

        p[0] = lk_picture_row (thing, y)[3 * x];
        p[1] = p[0] / 3;
        p[2] = 40;
      }
  return picture;
}

static LkPicture *
blur (const LkPicture *picture)
{
  LkPicture *blurred = lk_picture_new (picture->width, picture->height, 3);
  const gint radius = 8;

  for (gint y = 0; y < (gint) picture->height; y++)
    for (gint x = 0; x < (gint) picture->width; x++)
      {
        double sum = 0., weights = 0.;

        for (gint dy = -radius; dy <= radius; dy++)
          for (gint dx = -radius; dx <= radius; dx++)
            {
              double weight = exp (-(dx * dx + dy * dy) / 18.);

              sum += weight * lk_picture_row (picture, CLAMP (y + dy, 0, (gint) picture->height - 1))[3 * CLAMP (x + dx, 0, (gint) picture->width - 1)];
              weights += weight;
            }
        memset (lk_picture_row (blurred, y) + 3 * x, (int) (sum / weights + .5), 3);
      }
  return blurred;
}

static void
write_caption (const char *folder,
               const char *stem,
               const char *rest)
{
  g_autofree char *name = g_strdup_printf ("images/%s.txt", stem), *text = g_strconcat (TEXT, rest, NULL);

  lk_test_write (folder, name, text, -1);
}

/* ---- findings ------------------------------------------------------------------------------------------------------ */

/* "id: stem stem; …" of the findings about pictures, or about the whole set. */
static char *
join (GListModel *findings,
      gboolean    whole_set)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < g_list_model_get_n_items (findings); i++)
    {
      g_autoptr (LkFinding) finding = g_list_model_get_item (findings, i);
      GPtrArray *images = lk_finding_get_images (finding);

      if (lk_finding_get_check (finding)->is_caption || lk_finding_get_check (finding)->is_whole_set != whole_set)
        continue;
      g_string_append_printf (text, "%s%s", text->len > 0 ? "; " : "", lk_finding_get_id (finding));
      for (guint k = 0; !whole_set && k < images->len; k++)
        g_string_append_printf (text, "%s %s", k == 0 ? ":" : "", lk_image_get_stem (images->pdata[k]));
    }
  return g_string_free (text, FALSE);
}

static char *
find (LkProject *project,
      gboolean   whole_set)
{
  g_autoptr (LkChecks) checks = lk_checks_new (project);
  g_autoptr (GListModel) findings = lk_checks_update (checks);

  return join (findings, whole_set);
}

static void
look (LkProject *project,
      gboolean   measure)
{
  g_autoptr (GError) error = NULL;

  lk_project_rescan (project, NULL, &error);
  g_assert_no_error (error);
  if (measure)
    lk_project_measure (project, NULL, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
}

static void
apply (LkProject *project,
       LkEdit    *edit)
{
  g_autoptr (GError) error = NULL;

  lk_project_apply (project, edit, &error);
  g_assert_no_error (error);
}

static gboolean
has (const char *found,
     const char *id)
{
  g_auto (GStrv) ids = g_strsplit (found, "; ", -1);

  return g_strv_contains ((const char * const *) ids, id);
}

/* ---- pictures ------------------------------------------------------------------------------------------------------ */

static void
test_scores (void)
{
  LK_TEST_FOLDER (folder);
  LkProject *project = lk_test_create (folder);
  g_autoptr (LkPicture) good = make_picture (400, 400, 1, 0, 255), pale = make_picture (400, 400, 2, 246, 255);
  g_autoptr (LkPicture) dark = make_picture (400, 400, 3, 0, 70), flat = make_picture (400, 400, 4, 120, 135);
  g_autoptr (LkPicture) dim = make_picture (400, 400, 5, 20, 110), small = make_picture (120, 400, 6, 0, 255);
  g_autoptr (LkPicture) large_enough = make_picture (128, 400, 7, 0, 255), sharp = make_picture (400, 400, 8, 0, 255), soft = blur (sharp);
  g_autoptr (LkChecks) checks = NULL;
  g_autoptr (GPtrArray) live = NULL;
  g_autofree char *before = NULL, *after = NULL;

  write_png (folder, "a-good", good);
  write_png (folder, "b-pale", pale);
  write_png (folder, "c-dark", dark);
  write_png (folder, "d-flat", flat);
  write_png (folder, "e-dim", dim);
  write_png (folder, "f-small", small);
  write_png (folder, "g-edge", large_enough);
  write_png (folder, "h-soft", soft);
  lk_test_write (folder, "images/i-broken.png", "no picture", -1);

  /* Not measured is not bad. */
  look (project, FALSE);
  before = find (project, FALSE);
  g_assert_cmpstr (before, ==, "");

  look (project, TRUE);
  after = find (project, FALSE);
  g_assert_cmpstr (after, ==, "unreadable: i-broken; low-resolution: f-small; blurred: h-soft; too-dark: c-dark; too-bright: b-pale; "
                              "low-contrast: d-flat");
  checks = lk_checks_new (project);
  live = lk_checks_check_image (checks, lk_project_find_by_stem (project, "h-soft"), TEXT "smiling in a park");
  g_assert_cmpuint (live->len, ==, 1);
  g_assert_cmpstr (lk_finding_get_sentence (live->pdata[0]), ==, "The picture is blurred.");
  lk_test_close (project);
}

/* Thresholds are applied when read: the same scores, another base model. */
static void
test_base_model (void)
{
  LK_TEST_FOLDER (folder);
  LkProject *project = lk_test_create (folder);
  g_autoptr (LkPicture) picture = make_picture (383, 700, 1, 0, 255), larger = make_picture (384, 700, 2, 0, 255);
  g_autoptr (LkEdit) edit = lk_edit_new (project, "Base"), resolution = lk_edit_new (project, "Resolution");
  g_autofree char *starter = NULL, *sd15 = NULL, *at_384 = NULL;

  write_png (folder, "a", picture);
  write_png (folder, "b", larger);
  look (project, TRUE);
  starter = find (project, FALSE);
  g_assert_cmpstr (starter, ==, "");
  lk_edit_set_base_model (edit, "sd15");
  apply (project, edit);
  sd15 = find (project, FALSE);
  g_assert_cmpstr (sd15, ==, "low-resolution: a");
  lk_edit_set_resolution (resolution, 384);
  apply (project, resolution);
  at_384 = find (project, FALSE);
  g_assert_cmpstr (at_384, ==, "");
  lk_test_close (project);
}

static void
test_crops (void)
{
  LK_TEST_FOLDER (folder);
  LkProject *project = lk_test_create (folder);
  g_autoptr (LkPicture) small_subject = make_subject (800, 800, 290, 1), good_subject = make_subject (800, 800, 560, 2);
  g_autoptr (LkEdit) edit = lk_edit_new (project, "Crop"), tight = lk_edit_new (project, "Crop");
  LkImage *image;
  g_autofree char *whole = NULL, *cropped = NULL, *too_tight = NULL;

  write_png (folder, "a", small_subject);
  write_png (folder, "b", good_subject);
  look (project, TRUE);
  image = lk_project_find_by_stem (project, "a");
  whole = find (project, FALSE);
  g_assert_cmpstr (whole, ==, "subject-small: a");
  lk_edit_set_crop (edit, image, &(LkCrop) { .x = 200, .y = 200, .width = 400, .height = 400 });
  apply (project, edit);
  cropped = find (project, FALSE);
  g_assert_cmpstr (cropped, ==, "");
  lk_edit_set_crop (tight, image, &(LkCrop) { .x = 340, .y = 340, .width = 120, .height = 120 });
  apply (project, tight);
  too_tight = find (project, FALSE);
  g_assert_cmpstr (too_tight, ==, "crop-small: a; subject-large: a");
  lk_test_close (project);
}

static void
test_alike (void)
{
  LK_TEST_FOLDER (folder);
  LkProject *project = lk_test_create (folder);
  g_autoptr (LkChecks) checks = NULL;
  g_autoptr (GListModel) findings = NULL;
  g_autoptr (GPtrArray) live = NULL;
  g_autoptr (LkEdit) edit = NULL;
  g_autofree char *found = NULL, *fewer = NULL;

  for (guint i = 0; i < 12; i++)
    {
      g_autofree char *stem = g_strdup_printf ("p%02u", i);
      g_autoptr (LkPicture) picture = make_picture (400, 400, i, 0, 255);

      write_png (folder, stem, picture);
    }
  for (guint i = 3; i < 12; i += 4)      /* of p03, p07 and p11 a smaller copy; of p07 a larger one, too */
    {
      g_autofree char *stem = g_strdup_printf ("q%02u", i);
      g_autoptr (LkPicture) picture = make_picture (400, 400, i, 0, 255), small = lk_resize_area (picture, 200, 200);
      g_autoptr (LkPicture) large = lk_resize_lanczos (picture, 640, 640);

      write_png (folder, stem, small);
      if (i == 7)
        write_png (folder, "r07", large);
    }
  look (project, TRUE);
  checks = lk_checks_new (project);
  findings = lk_checks_update (checks);
  found = join (findings, FALSE);
  g_assert_cmpstr (found, ==, "near-duplicate: p07 q07 r07; near-duplicate: p03 q03; near-duplicate: p11 q11");
  live = lk_checks_check_image (checks, lk_project_find_by_stem (project, "q03"), TEXT "smiling in a park");
  g_assert_cmpuint (live->len, ==, 1);
  g_assert_cmpstr (lk_finding_get_sentence (live->pdata[0]), ==, "Another picture looks nearly the same.");
  g_assert_cmpint (lk_image_get_severity (lk_project_find_by_stem (project, "q03")), >=, LK_SEVERITY_WARNING);

  /* Rejecting one of a pair settles it. */
  edit = lk_edit_new (project, "Reject");
  lk_edit_set_state (edit, lk_project_find_by_stem (project, "q03"), LK_STATE_REJECT);
  apply (project, edit);
  fewer = find (project, FALSE);
  g_assert_cmpstr (fewer, ==, "near-duplicate: p07 q07 r07; near-duplicate: p11 q11");
  lk_test_close (project);
}

static void
test_people (void)
{
  LK_TEST_FOLDER (folder);
  LkProject *project = lk_test_create (folder);
  const LkFace faces[] = { { .box = { 60, 60, 160, 160 }, .score = .98 }, { .box = { 240, 80, 120, 120 }, .score = .9 } };
  const LkFace unsure[] = { { .box = { 60, 60, 160, 160 }, .score = .98 }, { .box = { 240, 80, 120, 120 }, .score = .3 } };
  const LkFace far_away[] = { { .box = { 60, 60, 160, 160 }, .score = .98 }, { .box = { 300, 80, 40, 40 }, .score = .9 } };
  const LkFace *found[] = { faces, unsure, far_away, faces };
  g_autoptr (LkEdit) edit = NULL;
  g_autofree char *seen = NULL, *labelled = NULL;

  for (guint i = 0; i < 4; i++)
    {
      char stem[2] = { 'a' + i, '\0' };
      g_autoptr (LkPicture) picture = make_picture (400, 400, i, 0, 255);

      write_png (folder, stem, picture);
    }
  look (project, TRUE);
  for (guint i = 0; i < 4; i++)
    g_assert_true (lk_project_set_faces (project, lk_project_get_image (project, i), found[i], 2, NULL));
  edit = lk_edit_new (project, "Crop");
  lk_edit_set_crop (edit, lk_project_get_image (project, 3), &(LkCrop) { .x = 20, .y = 20, .width = 220, .height = 220 });
  lk_edit_set_label (edit, lk_project_get_image (project, 1), "filtered", TRUE);
  lk_edit_set_label (edit, lk_project_get_image (project, 2), "covered", TRUE);
  lk_edit_set_label (edit, lk_project_get_image (project, 3), "extreme-angle", TRUE);
  seen = find (project, FALSE);
  g_assert_cmpstr (seen, ==, "other-people: a d");
  apply (project, edit);
  labelled = find (project, FALSE);
  g_assert_cmpstr (labelled, ==, "other-people: a; filtered: b; covered: c; extreme-angle: d");
  lk_test_close (project);
}

static void
test_shared_stem (void)
{
  LK_TEST_FOLDER (folder);
  LkProject *project = lk_test_create (folder);
  g_autofree char *found = NULL;

  lk_test_write (folder, "images/a.png", "x", -1);
  lk_test_write (folder, "images/a.jpg", "x", -1);
  lk_test_write (folder, "images/b.png", "x", -1);
  look (project, FALSE);
  found = find (project, FALSE);
  g_assert_cmpstr (found, ==, "stem-shared: a a");
  lk_test_close (project);
}

/* Reject, and a whole list of pictures at once, in one step. */
static void
test_reject (void)
{
  LK_TEST_FOLDER (folder);
  LkProject *project = lk_test_create (folder);
  g_autoptr (LkPicture) a = make_picture (400, 400, 1, 0, 70), b = make_picture (400, 400, 2, 0, 70);
  g_autoptr (LkChecks) checks = NULL;
  g_autoptr (GListModel) findings = NULL;
  g_autoptr (LkFinding) dark = NULL;
  g_autoptr (LkEdit) one = NULL, all = NULL;

  write_png (folder, "a", a);
  write_png (folder, "b", b);
  look (project, TRUE);
  checks = lk_checks_new (project);
  findings = lk_checks_update (checks);
  for (guint i = 0; i < g_list_model_get_n_items (findings) && dark == NULL; i++)
    {
      g_autoptr (LkFinding) finding = g_list_model_get_item (findings, i);

      if (g_str_equal (lk_finding_get_id (finding), "too-dark"))
        dark = g_steal_pointer (&finding);
    }
  g_assert_cmpstr (lk_finding_get_sentence (dark), ==, "2 pictures are too dark.");
  one = lk_edit_new (project, "Reject");
  g_assert_true (lk_checks_fix (checks, dark, lk_project_get_image (project, 1), one));
  apply (project, one);
  g_assert_true (lk_image_is_counted (lk_project_get_image (project, 0)));
  g_assert_false (lk_image_is_counted (lk_project_get_image (project, 1)));
  all = lk_edit_new (project, "Reject");
  g_assert_true (lk_checks_fix (checks, dark, NULL, all));
  apply (project, all);
  g_assert_false (lk_image_is_counted (lk_project_get_image (project, 0)));
  g_assert_cmpuint (lk_project_get_n_undo (project), ==, 2);
  lk_test_close (project);
}

/* ---- the whole set ------------------------------------------------------------------------------------------------- */

static const char * const shot_words[LK_N_SHOTS] = { "a tree", "close-up portrait", "three-quarter view", "profile view", "upper body shot", "full body shot" };

/* A project with so many pictures of each shot type, rich in variety. */
static LkProject *
make_set (const char  *folder,
          const guint  counts[LK_N_SHOTS])
{
  static const char * const faces[] = { "smiling", "sad", "angry", "laughing" };
  static const char * const clothes[] = { "a red dress", "a blue sweater", "a white blouse", "a green coat" };
  LkProject *project = lk_test_create (folder);
  guint n = 0;

  for (guint shot = 0; shot < LK_N_SHOTS; shot++)
    for (guint i = 0; i < counts[shot]; i++, n++)
      {
        g_autofree char *stem = g_strdup_printf ("p%03u", n), *name = g_strdup_printf ("images/%s.png", stem);
        g_autofree char *rest = g_strdup_printf ("%s, %s, %s, number %u, %s", shot_words[shot], faces[i % 4], clothes[i % 4], n,
                                                 n % 2 == 0 ? "in a park" : "in a library");

        lk_test_write (folder, name, "x", -1);
        write_caption (folder, stem, rest);
      }
  look (project, FALSE);
  return project;
}

static void
test_number (void)
{
  static const struct
  {
    guint       n;
    const char *id;
  } cases[] = { { 0, "no-images" }, { 1, "few-images" }, { 14, "few-images" }, { 15, "below-best" }, { 19, "below-best" }, { 20, NULL },
                { 30, NULL }, { 50, NULL }, { 51, "many-images" } };
  const char *ids[] = { "no-images", "few-images", "below-best", "many-images" };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      LK_TEST_FOLDER (folder);
      LkProject *project = make_set (folder, (guint[LK_N_SHOTS]) { cases[i].n });
      g_autofree char *found = find (project, TRUE);

      for (guint k = 0; k < G_N_ELEMENTS (ids); k++)
        g_assert_cmpint (has (found, ids[k]), ==, g_strcmp0 (cases[i].id, ids[k]) == 0);
      lk_test_close (project);
    }
}

static void
test_shots (void)
{
  static const struct
  {
    guint       counts[LK_N_SHOTS];
    const char *sentences;
  } cases[] = {
    { { 0, 5, 3, 2, 3, 2 }, "" },
    { { 0, 9, 9, 9, 9, 9 }, "" },            /* more than the plan asks for is no finding */
    { { 0, 4, 3, 2, 3, 2 }, "Front portrait: 4 pictures are there, 5–7 are planned." },
    { { 0, 5, 2, 2, 3, 2 }, "Three-quarter view: 2 pictures are there, 3–5 are planned." },
    { { 0, 5, 3, 1, 3, 2 }, "Profile: 1 picture is there, 2–3 are planned." },
    { { 0, 5, 3, 2, 2, 2 }, "Half body: 2 pictures are there, 3–5 are planned." },
    { { 0, 5, 3, 2, 3, 0 }, "Full body: 0 pictures are there, 2–3 are planned." },
    { { 2, 5, 3, 1, 3, 0 }, "" },            /* the two that are not set may be it */
    { { 1, 5, 3, 2, 3, 0 }, "Full body: 0 pictures are there, 2–3 are planned." },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      LK_TEST_FOLDER (folder);
      LkProject *project = make_set (folder, cases[i].counts);
      g_autoptr (LkChecks) checks = lk_checks_new (project);
      g_autoptr (GListModel) findings = lk_checks_update (checks);
      g_autoptr (GString) found = g_string_new (NULL);
      LkCoverage coverage;

      for (guint k = 0; k < g_list_model_get_n_items (findings); k++)
        {
          g_autoptr (LkFinding) finding = g_list_model_get_item (findings, k);

          if (g_str_equal (lk_finding_get_id (finding), "shot-missing"))
            g_string_append (found, lk_finding_get_sentence (finding));
        }
      g_assert_cmpstr (found->str, ==, cases[i].sentences);
      lk_checks_get_coverage (checks, &coverage);
      for (LkShot shot = 0; shot < LK_N_SHOTS; shot++)
        {
          guint least = 0, most;

          lk_shot_get_range (shot, &least, &most);
          g_assert_cmpuint (coverage.counts[shot], ==, cases[i].counts[shot]);
          g_assert_cmpuint (coverage.missing[shot], ==, coverage.counts[shot] < least ? least - coverage.counts[shot] : 0);
        }
      lk_test_close (project);
    }
}

static void
test_variety (void)
{
  LK_TEST_FOLDER (folder);
  LkProject *project = make_set (folder, (guint[LK_N_SHOTS]) { 0, 5, 3, 2, 3, 2 });
  g_autoptr (LkChecks) checks = lk_checks_new (project);
  g_autofree char *varied = find (project, TRUE), *dull = NULL;
  g_autoptr (LkEdit) edit = lk_edit_new (project, "Dull");
  LkCoverage coverage;

  g_assert_cmpstr (varied, ==, "below-best; not-measured; starter-base");
  lk_checks_get_coverage (checks, &coverage);
  g_assert_cmpuint (coverage.n_images, ==, 15);
  g_assert_cmpuint (coverage.n_outdoors, ==, 8);
  g_assert_cmpuint (coverage.n_indoors, ==, 7);
  g_assert_cmpuint (coverage.n_expressions, ==, 4);
  g_assert_cmpuint (coverage.n_outfits, ==, 3);

  for (guint i = 0; i < lk_project_get_n_images (project); i++)
    {
      LkImage *image = lk_project_get_image (project, i);
      g_autofree char *text = g_strdup_printf (TEXT "%s, smiling, a red dress, number %u, in a library", shot_words[lk_image_get_shot (image)], i);

      lk_edit_set_caption (edit, image, text);
    }
  apply (project, edit);
  dull = find (project, TRUE);
  g_assert_cmpstr (dull, ==, "below-best; one-expression; one-outfit; one-light; not-measured; starter-base");
  lk_test_close (project);
}

static void
test_settings (void)
{
  LK_TEST_FOLDER (folder);
  LkProject *project = make_set (folder, (guint[LK_N_SHOTS]) { 3, 6, 4, 3, 4, 3 });
  g_autoptr (LkEdit) edit = lk_edit_new (project, "Base"), sdxl = lk_edit_new (project, "Base");
  g_autofree char *starter = find (project, TRUE), *gone = NULL, *other = NULL, *path = g_build_filename (folder, "gone.safetensors", NULL);

  g_assert_cmpstr (starter, ==, "shot-not-set; not-measured; starter-base");
  lk_edit_set_base_model (edit, path);
  apply (project, edit);
  gone = find (project, TRUE);
  g_assert_cmpstr (gone, ==, "base-missing; shot-not-set; not-measured");
  lk_edit_set_base_model (sdxl, "sdxl");
  apply (project, sdxl);
  other = find (project, TRUE);
  g_assert_cmpstr (other, ==, "shot-not-set; not-measured");
  lk_test_close (project);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/pictures/scores", test_scores);
  g_test_add_func ("/pictures/base-model", test_base_model);
  g_test_add_func ("/pictures/crops", test_crops);
  g_test_add_func ("/pictures/alike", test_alike);
  g_test_add_func ("/pictures/people-and-reviews", test_people);
  g_test_add_func ("/pictures/shared-stem", test_shared_stem);
  g_test_add_func ("/pictures/reject", test_reject);
  g_test_add_func ("/set/number", test_number);
  g_test_add_func ("/set/shots", test_shots);
  g_test_add_func ("/set/variety", test_variety);
  g_test_add_func ("/set/settings", test_settings);
  return g_test_run ();
}
