/* Import: what comes in, what is left out and why, and that it can be taken back. */
#include "config.h"

#include <glib/gstdio.h>
#include <string.h>

#include "formats/lk-archive.h"
#include "lk-test-project.h"
#include "project/lk-import.h"

static LkImportReport *
import (LkProject  *project,
        const char *folder,
        const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  const char *paths[] = { path, NULL };
  g_autoptr (GError) error = NULL;
  LkImportReport *report = lk_project_import (project, paths, NULL, NULL, NULL, &error);

  g_assert_no_error (error);
  lk_project_flush (project, &error);
  g_assert_no_error (error);
  return report;
}

static void
undo (LkProject *project)
{
  g_autoptr (GError) error = NULL;

  lk_project_undo (project, NULL, &error);
  g_assert_no_error (error);
  lk_project_flush (project, &error);
  g_assert_no_error (error);
}

static void
test_folder (void)
{
  LK_TEST_FOLDER (folder);
  LK_TEST_FOLDER (source);
  LkProject *project = lk_test_create (folder);
  g_autofree char *before = lk_test_tree (folder);
  g_autofree char *imported = NULL;
  g_autofree char *after = NULL;
  g_autofree char *bytes = NULL;
  g_autofree char *sentence = NULL;
  g_autoptr (LkImportReport) report = NULL;
  gsize length;
  LkImage *image;

  lk_test_write_picture (source, "a.png", 60, 40, 1);
  lk_test_write (source, "a.txt", "caf\xe9 \r\n", -1);
  lk_test_write_picture (source, "b.PNG", 40, 60, 2);
  lk_test_write (source, "b.caption", "from .caption", -1);
  lk_test_write_picture (source, "c.png", 50, 50, 3);
  lk_test_write (source, "c.png.txt", "from .png.txt", -1);
  lk_test_write_picture (source, "deep/a.png", 30, 30, 4);
  lk_test_write_picture (source, "again.png", 60, 40, 1);
  lk_test_write_picture (source, "a-masklabel.png", 10, 10, 5);
  lk_test_write (source, "broken.png", "\x89PNG\r\n\x1a\nno more", -1);
  lk_test_write (source, "empty.jpg", "", 0);
  lk_test_write (source, "letter.jpg", "Dear Mira,", -1);
  lk_test_write (source, "notes.odt", "not asked for", -1);

  report = import (project, source, "");
  sentence = lk_import_report_describe (report);
  g_test_message ("%s", sentence);
  g_assert_cmpuint (report->images->len, ==, 4);
  g_assert_cmpuint (report->unreadable->len, ==, 3);
  g_assert_cmpuint (report->duplicates->len, ==, 1);
  g_assert_cmpuint (report->n_captions, ==, 3);
  g_assert_cmpuint (report->n_renamed, ==, 1);
  for (guint i = 0; i < 3; i++)
    {
      LkImportProblem *problem = report->unreadable->pdata[i];

      g_test_message ("%s: %s", problem->source, problem->sentence);
      g_assert_true (g_str_has_suffix (problem->sentence, "."));
    }

  image = lk_project_find_by_stem (project, "a");
  g_assert_nonnull (image);
  g_assert_cmpstr (lk_image_get_caption (image), ==, "café \r\n");
  bytes = lk_test_read (folder, "images/a.txt", &length);
  g_assert_cmpmem (bytes, length, "caf\xe9 \r\n", 7);
  g_assert_cmpuint (lk_image_get_width (image), ==, 60);
  g_assert_nonnull (lk_image_get_scores (image));
  g_assert_cmpstr (lk_image_get_caption (lk_project_find_by_stem (project, "b")), ==, "from .caption");
  g_assert_cmpstr (lk_image_get_caption (lk_project_find_by_stem (project, "c")), ==, "from .png.txt");
  g_assert_nonnull (lk_project_find_by_stem (project, "a-2"));
  g_assert_true (lk_test_exists (folder, "images/a-2.png"));
  g_assert_false (lk_test_exists (folder, "images/a-2.txt"));

  /* Once more: everything is there already. */
  lk_import_report_free (report);
  report = import (project, source, "");
  g_assert_cmpuint (report->images->len, ==, 0);
  g_assert_cmpuint (report->duplicates->len, ==, 5);
  g_assert_cmpuint (lk_project_get_n_undo (project), ==, 1);
  g_assert_cmpstr (lk_project_get_undo_title (project), ==, "Import 4 pictures");

  imported = lk_test_tree (folder);
  undo (project);
  after = lk_test_tree (folder);
  g_assert_cmpstr (after, ==, before);
  g_assert_cmpuint (lk_project_get_n_images (project), ==, 0);
  lk_test_close (project);

  /* Redone after a restart; the trash was emptied into it. */
  project = lk_test_open (folder);
  {
    g_autoptr (GError) error = NULL;
    g_autofree char *again = NULL;

    lk_project_redo (project, NULL, &error);
    g_assert_no_error (error);
    lk_project_flush (project, NULL);
    again = lk_test_tree (folder);
    g_assert_cmpstr (again, ==, imported);
    g_assert_nonnull (lk_image_get_scores (lk_project_find_by_stem (project, "a")));
  }
  lk_test_close (project);
}

static void
test_kohya (void)
{
  LK_TEST_FOLDER (folder);
  LK_TEST_FOLDER (source);
  LkProject *project = lk_test_create (folder);
  g_autoptr (LkImportReport) report = NULL;

  lk_test_write_picture (source, "img/10_ohwx woman/a.png", 40, 40, 1);
  lk_test_write (source, "img/10_ohwx woman/a.txt", "ohwx woman, smiling", -1);
  lk_test_write_picture (source, "img/10_ohwx woman/b.png", 40, 40, 2);
  lk_test_write_picture (source, "img/2_extra/c.png", 40, 40, 3);
  lk_test_write_picture (source, "img/other/d.png", 40, 40, 4);
  report = import (project, source, "img");
  g_assert_cmpuint (report->images->len, ==, 4);
  g_assert_cmpuint (lk_image_get_repeats (lk_project_find_by_stem (project, "a")), ==, 10);
  g_assert_cmpstr (lk_image_get_caption (lk_project_find_by_stem (project, "a")), ==, "ohwx woman, smiling");
  g_assert_cmpstr (lk_image_get_caption (lk_project_find_by_stem (project, "b")), ==, "ohwx woman");
  g_assert_cmpuint (lk_image_get_repeats (lk_project_find_by_stem (project, "c")), ==, 2);
  g_assert_cmpuint (lk_image_get_repeats (lk_project_find_by_stem (project, "d")), ==, 1);
  g_assert_false (lk_image_has_caption (lk_project_find_by_stem (project, "d")));
  lk_test_close (project);
}

static void
test_zip (void)
{
  LK_TEST_FOLDER (folder);
  LK_TEST_FOLDER (source);
  LkProject *project = lk_test_create (folder);
  g_autofree char *zip = g_build_filename (source, "photos.zip", NULL);
  g_autofree char *a = g_build_filename (source, "a.png", NULL);
  g_autofree char *b = g_build_filename (source, "b.png", NULL);
  g_autoptr (LkImportReport) report = NULL;
  g_autoptr (LkZipWriter) writer = NULL;
  g_autoptr (GError) error = NULL;
  LkImportProblem *problem;

  lk_test_write_picture (source, "a.png", 40, 40, 1);
  lk_test_write_picture (source, "b.png", 40, 40, 2);
  writer = lk_zip_writer_new (zip, &error);
  lk_zip_writer_add_bytes (writer, "5_mira/a.txt", "in the zip", 10, TRUE, &error);
  lk_zip_writer_add_file (writer, "5_mira/a.png", a, FALSE, &error);
  lk_zip_writer_add_file (writer, "copy.png", a, FALSE, &error);
  lk_zip_writer_add_file (writer, "b.png", b, FALSE, &error);
  lk_zip_writer_add_bytes (writer, "__MACOSX/._b.png", "x", 1, TRUE, &error);
  lk_zip_writer_add_bytes (writer, "bad.png", "x", 1, TRUE, &error);
  lk_zip_writer_commit (writer, &error);
  g_assert_no_error (error);

  report = import (project, source, "photos.zip");
  g_assert_cmpuint (report->images->len, ==, 2);
  g_assert_cmpuint (report->duplicates->len, ==, 1);
  g_assert_cmpuint (report->unreadable->len, ==, 1);
  problem = report->unreadable->pdata[0];
  g_assert_cmpstr (problem->source, ==, "photos.zip: bad.png");
  g_assert_cmpstr (lk_image_get_caption (lk_project_find_by_stem (project, "a")), ==, "in the zip");
  g_assert_cmpuint (lk_image_get_repeats (lk_project_find_by_stem (project, "a")), ==, 5);

  /* No archive at all. */
  lk_import_report_free (report);
  lk_test_write (source, "fake.zip", "no archive", -1);
  report = import (project, source, "fake.zip");
  g_assert_cmpuint (report->unreadable->len, ==, 1);
  lk_test_close (project);
  g_assert_false (lk_test_exists (folder, "trash"));
}

/* A caption that lies around, and a picture whose name a later import wants: neither is touched. */
static void
test_names (void)
{
  LK_TEST_FOLDER (folder);
  LK_TEST_FOLDER (source);
  LkProject *project;
  g_autoptr (LkImportReport) report = NULL;
  g_autofree char *stray = NULL;

  lk_test_close (lk_test_create (folder));
  lk_test_write (folder, "images/a.txt", "stray", -1);
  project = lk_test_open (folder);
  lk_test_write_picture (source, "a.png", 40, 40, 1);
  lk_test_write (source, "a.txt", "its own", -1);
  lk_test_write_picture (source, "a", 40, 40, 2);
  lk_import_report_free (import (project, source, "a.png"));
  lk_import_report_free (import (project, source, "a"));
  stray = lk_test_read (folder, "images/a.txt", NULL);
  g_assert_cmpstr (stray, ==, "stray");
  g_assert_cmpstr (lk_image_get_caption (lk_project_find_by_stem (project, "a-2")), ==, "its own");
  g_assert_nonnull (lk_project_find_by_stem (project, "a-3"));
  g_assert_true (lk_test_exists (folder, "images/a-3.png"));
  lk_test_close (project);
}

static void
cancel_at (guint       done,
           guint       total,
           const char *text,
           gpointer    cancellable)
{
  if (done == 5)
    g_cancellable_cancel (cancellable);
}

static void
test_cancel (void)
{
  LK_TEST_FOLDER (folder);
  LK_TEST_FOLDER (source);
  LkProject *project = lk_test_create (folder);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  const char *paths[] = { source, NULL };
  g_autofree char *before = lk_test_tree (folder);
  g_autofree char *after = NULL;

  for (guint i = 0; i < 20; i++)
    {
      g_autofree char *name = g_strdup_printf ("p%02u.png", i);

      lk_test_write_picture (source, name, 40, 40, i);
    }
  g_assert_null (lk_project_import (project, paths, cancel_at, cancellable, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  after = lk_test_tree (folder);
  g_assert_cmpstr (after, ==, before);
  g_assert_cmpuint (lk_project_get_n_undo (project), ==, 0);
  lk_test_close (project);
}

typedef struct
{
  GMainLoop      *loop;
  LkImportReport *report;
  GError         *error;
  guint           n_progress, last;
  gboolean        measured;
} Waiting;

static void
on_progress (guint       done,
             guint       total,
             const char *text,
             gpointer    data)
{
  Waiting *waiting = data;

  g_assert_cmpuint (done, <=, total);
  waiting->n_progress++;
  waiting->last = done;
}

static void
on_imported (GObject      *source,
             GAsyncResult *result,
             gpointer      data)
{
  Waiting *waiting = data;

  waiting->report = lk_project_import_finish (LK_PROJECT (source), result, &waiting->error);
  g_main_loop_quit (waiting->loop);
}

static void
on_measured (GObject      *source,
             GAsyncResult *result,
             gpointer      data)
{
  Waiting *waiting = data;

  waiting->measured = lk_project_measure_finish (LK_PROJECT (source), result, &waiting->error);
  g_main_loop_quit (waiting->loop);
}

static void
test_in_the_background (void)
{
  LK_TEST_FOLDER (folder);
  LK_TEST_FOLDER (source);
  LkProject *project = lk_test_create (folder);
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  Waiting waiting = { .loop = loop };
  const char *paths[] = { source, NULL };
  g_autofree char *given = NULL;
  g_autoptr (GBytes) bytes = NULL;
  gsize length;

  for (guint i = 0; i < 20; i++)
    {
      g_autofree char *name = g_strdup_printf ("p%02u.png", i);

      lk_test_write_picture (source, name, 40, 40, i);
    }
  lk_project_import_async (project, paths, on_progress, &waiting, NULL, on_imported, &waiting);
  g_main_loop_run (loop);
  g_assert_no_error (waiting.error);
  g_assert_cmpuint (waiting.report->images->len, ==, 20);
  g_assert_cmpuint (lk_project_get_n_images (project), ==, 20);
  g_assert_cmpuint (waiting.last, ==, 20);
  g_clear_pointer (&waiting.report, lk_import_report_free);

  /* From the clipboard. */
  lk_test_write_picture (source, "clip.png", 41, 40, 99);
  given = lk_test_read (source, "clip.png", &length);
  bytes = g_bytes_new (given, length);
  lk_project_import_bytes_async (project, bytes, "Pasted picture", NULL, on_imported, &waiting);
  g_main_loop_run (loop);
  g_assert_no_error (waiting.error);
  g_assert_cmpuint (waiting.report->images->len, ==, 1);
  g_assert_cmpstr (lk_image_get_name (waiting.report->images->pdata[0]), ==, "Pasted picture.png");
  g_clear_pointer (&waiting.report, lk_import_report_free);

  /* What others put there is measured afterwards, and a broken one is found. */
  lk_project_flush (project, NULL);
  for (guint i = 0; i < 40; i++)
    {
      g_autofree char *name = g_strdup_printf ("images/q%02u.png", i);

      lk_test_write_picture (folder, name, 40, 40, 100 + i);
    }
  lk_test_write (folder, "images/broken.png", "x", 1);
  lk_project_rescan (project, NULL, NULL);
  g_assert_cmpuint (lk_project_get_n_images (project), ==, 62);
  g_assert_null (lk_image_get_scores (lk_project_find_by_stem (project, "q07")));
  lk_project_measure_async (project, NULL, on_progress, &waiting, NULL, on_measured, &waiting);
  g_main_loop_run (loop);
  g_assert_no_error (waiting.error);
  g_assert_true (waiting.measured);
  g_assert_cmpuint (waiting.last, ==, 41);
  g_assert_nonnull (lk_image_get_scores (lk_project_find_by_stem (project, "q07")));
  g_assert_nonnull (lk_image_get_trouble (lk_project_find_by_stem (project, "broken")));
  g_assert_false (lk_image_is_counted (lk_project_find_by_stem (project, "broken")));
  {
    LkScores now = *lk_image_get_scores (lk_project_find_by_stem (project, "q07"));
    const LkScores *stored;

    lk_test_close (project);
    project = lk_test_open (folder);
    stored = lk_image_get_scores (lk_project_find_by_stem (project, "q07"));
    g_assert_cmpfloat (stored->sharpness, ==, now.sharpness);
    g_assert_cmpuint (stored->frequency_hash, ==, now.frequency_hash);
    g_assert_cmpint (stored->subject.x, ==, now.subject.x);
  }
  lk_test_close (project);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/import/folder", test_folder);
  g_test_add_func ("/import/kohya", test_kohya);
  g_test_add_func ("/import/zip", test_zip);
  g_test_add_func ("/import/names", test_names);
  g_test_add_func ("/import/cancel", test_cancel);
  g_test_add_func ("/import/in-the-background", test_in_the_background);
  return g_test_run ();
}
