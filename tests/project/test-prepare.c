/* What the trainer sees, and the data set as files. */
#include "config.h"

#include <glib/gstdio.h>
#include <string.h>

#include "formats/lk-archive.h"
#include "imaging/lk-resize.h"
#include "lk-test-project.h"
#include "project/lk-import.h"
#include "project/lk-prepare.h"

static LkProject *
make_project (const char *folder,
              const char *source)
{
  LkProject *project = lk_test_create (folder);
  const char *paths[] = { source, NULL };
  g_autoptr (LkImportReport) report = NULL;
  g_autoptr (GError) error = NULL;

  lk_test_write_picture (source, "10_ohwx woman/wide.png", 400, 250, 1);
  lk_test_write (source, "10_ohwx woman/wide.txt", "ohwx woman, caf\xe9", -1);
  lk_test_write_picture (source, "tall.png", 200, 320, 2);
  lk_test_write_picture (source, "small.png", 90, 90, 3);
  report = lk_project_import (project, paths, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (report->images->len, ==, 3);
  return project;
}

static void
assert_same (const LkPicture *a,
             const LkPicture *b)
{
  g_assert_cmpuint (a->width, ==, b->width);
  g_assert_cmpuint (a->height, ==, b->height);
  g_assert_cmpuint (a->channels, ==, b->channels);
  for (guint y = 0; y < a->height; y++)
    g_assert_cmpmem (lk_picture_row (a, y), a->width * a->channels, lk_picture_row (b, y), b->width * b->channels);
}

static void
test_plan (void)
{
  LK_TEST_FOLDER (folder);
  LK_TEST_FOLDER (source);
  LkProject *project = make_project (folder, source);
  LkImage *wide = lk_project_find_by_stem (project, "wide"), *small = lk_project_find_by_stem (project, "small");
  LkPreparePlan plan;
  LkPrepareRule buckets = { .shape = LK_SHAPE_BUCKETS, .resolution = 512 };

  /* The starter's square, from the middle. */
  g_assert_true (lk_prepare_plan (project, wide, NULL, NULL, &plan));
  g_assert_cmpuint (plan.target.width, ==, 192);
  g_assert_cmpint (plan.crop.x, ==, 75);
  g_assert_cmpint (plan.crop.width, ==, 250);
  g_assert_cmpfloat (ABS (plan.scale - 192. / 250.), <, 1e-9);
  g_assert_cmpfloat (ABS (plan.lost - 150. / 400.), <, 1e-9);
  lk_prepare_plan (project, small, NULL, NULL, &plan);
  g_assert_cmpfloat (plan.scale, >, 2.);
  g_assert_cmpfloat (plan.lost, ==, 0.);

  /* A crop that the user is just dragging; its shape is not quite the square's. */
  lk_prepare_plan (project, wide, NULL, &(LkCrop) { 10, 20, 120, 100, .quarter_turns = 1 }, &plan);
  g_assert_cmpint (plan.crop.x, ==, 20);
  g_assert_cmpint (plan.crop.y, ==, 20);
  g_assert_cmpint (plan.crop.width, ==, 100);
  g_assert_cmpfloat (plan.subject_share, >=, 0.);

  lk_prepare_plan (project, wide, &buckets, NULL, &plan);
  g_assert_cmpuint (plan.target.width, ==, 640);
  g_assert_cmpuint (plan.target.height, ==, 384);
  lk_test_close (project);
}

static void
test_pixels (void)
{
  LK_TEST_FOLDER (folder);
  LK_TEST_FOLDER (source);
  LkProject *project = make_project (folder, source);
  LkImage *wide = lk_project_find_by_stem (project, "wide"), *small = lk_project_find_by_stem (project, "small");
  g_autofree char *path = lk_image_dup_path (wide);
  g_autoptr (GError) error = NULL;
  g_autoptr (LkPicture) original = lk_picture_read (path, LK_PICTURE_DEFAULT, NULL, &error);
  LkCrop crop = { 40, 10, 200, 200, .quarter_turns = 0, .flip_horizontal = TRUE };
  g_autoptr (LkPicture) middle = lk_resize_cover (original, 192, 192);
  g_autoptr (LkPicture) cut = lk_crop_apply (&crop, original);
  g_autoptr (LkPicture) cropped = lk_resize_area (cut, 192, 192);
  g_autoptr (LkPicture) prepared = lk_project_prepare_image (project, wide, NULL, &error);
  g_autoptr (LkPicture) prepared_crop = NULL;
  g_autoptr (LkPicture) enlarged = NULL;
  g_autoptr (LkEdit) edit = lk_edit_new (project, "Crop");

  g_assert_no_error (error);
  assert_same (prepared, middle);
  lk_edit_set_crop (edit, wide, &crop);
  lk_project_apply (project, edit, &error);
  g_assert_no_error (error);
  prepared_crop = lk_project_prepare_image (project, wide, NULL, &error);
  g_assert_no_error (error);
  assert_same (prepared_crop, cropped);
  enlarged = lk_project_prepare_image (project, small, &(LkPrepareRule) { .resolution = 128 }, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (enlarged->width, ==, 128);
  lk_test_close (project);
}

static void
test_folder (void)
{
  LK_TEST_FOLDER (folder);
  LK_TEST_FOLDER (source);
  LK_TEST_FOLDER (out);
  LkProject *project = make_project (folder, source);
  g_autofree char *to = g_build_filename (out, "new", "place", NULL);
  g_autofree char *caption = NULL;
  g_autofree char *again = NULL;
  g_autofree char *before = NULL;
  g_autofree char *first = g_build_filename (to, "wide.png", NULL);
  g_autoptr (LkPicture) written = NULL;
  g_autoptr (LkPicture) expected = NULL;
  g_autoptr (LkEdit) edit = lk_edit_new (project, "Reject");
  g_autoptr (GError) error = NULL;
  guint n;

  lk_project_export (project, NULL, to, &(LkExport) { .kind = LK_EXPORT_FOLDER }, &n, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (n, ==, 3);
  caption = lk_test_read (to, "wide.txt", NULL);
  g_assert_cmpstr (caption, ==, "ohwx woman, café");
  g_assert_false (lk_test_exists (to, "tall.txt"));
  written = lk_picture_read (first, LK_PICTURE_DEFAULT, NULL, &error);
  expected = lk_project_prepare_image (project, lk_project_find_by_stem (project, "wide"), NULL, &error);
  g_assert_no_error (error);
  assert_same (written, expected);

  /* Not over what is there, unless it is allowed. */
  g_assert_false (lk_project_export (project, NULL, to, &(LkExport) { .kind = LK_EXPORT_FOLDER }, &n, NULL, NULL, NULL, &error));
  g_assert_error (error, LK_PROJECT_ERROR, LK_PROJECT_ERROR_EXISTS);
  g_clear_error (&error);
  lk_edit_set_state (edit, lk_project_find_by_stem (project, "tall"), LK_STATE_REJECT);
  lk_project_apply (project, edit, &error);
  lk_project_export (project, NULL, to, &(LkExport) { .kind = LK_EXPORT_FOLDER, .replace = TRUE }, &n, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (n, ==, 2);

  /* kohya's folders, and everything taken away again when one picture fails. */
  lk_project_export (project, NULL, out, &(LkExport) { .kind = LK_EXPORT_KOHYA }, &n, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (lk_test_exists (out, "10_ohwx woman/wide.png"));
  g_assert_true (lk_test_exists (out, "1_ohwx woman/small.png"));
  before = lk_test_tree (out);
  lk_test_write (folder, "images/wide.png", "x", 1);
  g_assert_false (lk_project_export (project, NULL, out, &(LkExport) { .kind = LK_EXPORT_KOHYA, .repeats = 3 }, &n, NULL, NULL, NULL, &error));
  g_assert_nonnull (error);
  again = lk_test_tree (out);
  g_assert_cmpstr (again, ==, before);
  lk_test_close (project);
}

static gboolean
on_entry (const char  *name,
          GBytes      *bytes,
          gpointer     names,
          GError     **error)
{
  g_string_append_printf (names, "%s ", name);
  return TRUE;
}

static void
on_exported (GObject      *source,
             GAsyncResult *result,
             gpointer      loop)
{
  g_autoptr (GError) error = NULL;
  guint n;

  g_assert_true (lk_project_export_finish (LK_PROJECT (source), result, &n, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (n, ==, 3);
  g_main_loop_quit (loop);
}

static void
on_progress (guint       done,
             guint       total,
             const char *text,
             gpointer    count)
{
  *(guint *) count = done;
}

static void
cancel (guint       done,
        guint       total,
        const char *text,
        gpointer    cancellable)
{
  g_cancellable_cancel (cancellable);
}

static void
test_zip (void)
{
  LK_TEST_FOLDER (folder);
  LK_TEST_FOLDER (source);
  LK_TEST_FOLDER (out);
  LkProject *project = make_project (folder, source);
  g_autofree char *zip = g_build_filename (out, "set.zip", NULL);
  g_autofree char *other = g_build_filename (out, "other.zip", NULL);
  g_autofree char *left = NULL;
  g_autoptr (GString) names = g_string_new (NULL);
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  guint n = 0;

  lk_project_export_async (project, NULL, zip, &(LkExport) { .kind = LK_EXPORT_ZIP }, on_progress, &n, NULL, on_exported, loop);
  g_main_loop_run (loop);
  g_assert_cmpuint (n, ==, 3);
  lk_archive_read (zip, NULL, on_entry, names, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (names->str, ==, "small.png tall.png wide.png wide.txt ");

  g_assert_false (lk_project_export (project, NULL, other, &(LkExport) { .kind = LK_EXPORT_ZIP }, NULL, cancel, cancellable, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  g_assert_false (lk_project_export (project, NULL, out, &(LkExport) { .kind = LK_EXPORT_FOLDER }, NULL, NULL, NULL, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_false (lk_test_exists (out, "other.zip"));
  g_assert_false (lk_test_exists (out, "small.png"));
  lk_test_close (project);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/prepare/plan", test_plan);
  g_test_add_func ("/prepare/pixels", test_pixels);
  g_test_add_func ("/prepare/folder", test_folder);
  g_test_add_func ("/prepare/zip", test_zip);
  return g_test_run ();
}
