/* Faces of a project's pictures: found in a photograph, kept, and what follows from them. */
#include "config.h"

#include <glib/gstdio.h>

#include "project/lk-import.h"
#include "train/lk-find-faces.h"

static LkProject *
make_project (const char *folder)
{
  g_autofree char *photograph = g_test_build_filename (G_TEST_DIST, "data", "face", "astronaut.png", NULL);
  g_autofree char *drawing = g_test_build_filename (G_TEST_DIST, "data", "imaging", "wide-00.png", NULL);
  const char *paths[] = { photograph, drawing, NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (LkProject) project = lk_project_create (folder, &(LkProjectInfo) { .trigger = "ohwx", .class_word = "woman" }, &error);
  g_autoptr (LkImportReport) report = NULL;

  g_assert_no_error (error);
  report = lk_project_import (project, paths, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (report->images->len, ==, 2);
  return g_steal_pointer (&project);
}

static void
assert_found (LkProject *project)
{
  LkImage *photograph = lk_project_find_by_stem (project, "astronaut"), *drawing = lk_project_find_by_stem (project, "wide-00");
  const LkFace *faces;
  gint n;

  faces = lk_image_get_faces (photograph, &n);
  g_assert_cmpint (n, ==, 1);
  g_assert_true (faces[0].has_pose);
  g_assert_cmpfloat (faces[0].score, >, .9);
  /* No words and no choice: the face tells, here one of a fifth of the picture that looks at the camera. */
  g_assert_cmpint (lk_image_get_shot (photograph), ==, LK_SHOT_HALF_BODY);
  /* On a drawing there may be a guess; nothing follows from it. */
  lk_image_get_faces (drawing, &n);
  g_assert_cmpint (n, >=, 0);
  g_assert_cmpint (lk_image_get_shot (drawing), ==, LK_SHOT_NOT_SET);
}

static void
remove_folder (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      remove_folder (child);
    }
  g_remove (path);
}

static void
count (guint       done,
       guint       total,
       const char *text,
       gpointer    n)
{
  g_assert_cmpuint (total, ==, 2);
  (*(guint *) n)++;
}

static void
test_waiting (void)
{
  g_autofree char *folder = g_dir_make_tmp ("likeness-test-XXXXXX", NULL);
  g_autoptr (LkProject) project = make_project (folder);
  g_autoptr (GError) error = NULL;
  guint n = 0;

  lk_project_find_faces (project, NULL, count, &n, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (n, ==, 2);
  assert_found (project);
  /* Nobody is looked at twice. */
  lk_project_find_faces (project, NULL, count, &n, NULL, &error);
  g_assert_cmpuint (n, ==, 2);
  lk_project_close (project, &error);
  g_assert_no_error (error);

  g_object_unref (project);
  project = lk_project_open (folder, LK_PROJECT_OPEN, &error);
  g_assert_no_error (error);
  assert_found (project);
  lk_project_close (project, NULL);
  remove_folder (folder);
}

static void
on_found (GObject      *source,
          GAsyncResult *result,
          gpointer      loop)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (lk_project_find_faces_finish (LK_PROJECT (source), result, &error));
  g_assert_no_error (error);
  g_main_loop_quit (loop);
}

static void
test_in_the_background (void)
{
  g_autofree char *folder = g_dir_make_tmp ("likeness-test-XXXXXX", NULL);
  g_autoptr (LkProject) project = make_project (folder);
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  guint n = 0;

  lk_project_find_faces_async (project, NULL, count, &n, NULL, on_found, loop);
  g_main_loop_run (loop);
  g_assert_cmpuint (n, ==, 2);
  assert_found (project);
  lk_project_close (project, NULL);
  remove_folder (folder);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/find-faces/waiting", test_waiting);
  g_test_add_func ("/find-faces/in-the-background", test_in_the_background);
  return g_test_run ();
}
