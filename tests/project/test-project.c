/* The project on disk: what is written, what comes back, and what is taken back. */
#include "config.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lk-test-project.h"

/* What a picture holds does not matter to most tests: it is not looked at before it is measured. */
static void
write_fake (const char *folder,
            const char *name)
{
  g_autofree char *path = g_build_filename ("images", name, NULL);

  lk_test_write (folder, path, name, -1);
}

static void
set_caption (LkProject  *project,
             const char *stem,
             const char *caption)
{
  g_autoptr (LkEdit) edit = lk_edit_new (project, "Type");
  g_autoptr (GError) error = NULL;

  lk_edit_set_caption (edit, lk_project_find_by_stem (project, stem), caption);
  lk_project_apply (project, edit, &error);
  g_assert_no_error (error);
}

static void
undo_all (LkProject *project)
{
  g_autoptr (GError) error = NULL;

  while (lk_project_get_n_undo (project) > 0)
    {
      lk_project_undo (project, NULL, &error);
      g_assert_no_error (error);
    }
  lk_project_flush (project, &error);
  g_assert_no_error (error);
}

static void
redo_all (LkProject *project)
{
  g_autoptr (GError) error = NULL;

  while (lk_project_get_n_redo (project) > 0)
    {
      lk_project_redo (project, NULL, &error);
      g_assert_no_error (error);
    }
  lk_project_flush (project, &error);
  g_assert_no_error (error);
}

/* ---- other processes ----------------------------------------------------------------------------------------------- */

/* What a process of its own does: main () runs it for "--child NAME FOLDER" and exits with what it returns. A fork alone would not do:
 * the threads of GLib's pools do not come along. */
typedef int (*ChildFunc) (const char *folder);

static pid_t
start_child (const char *name,
             const char *folder,
             int        *out)
{
  const char *arguments[] = { "/proc/self/exe", "--child", name, folder, NULL };
  g_autoptr (GError) error = NULL;
  GPid pid;

  g_spawn_async_with_pipes (NULL, (char **) arguments, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid, NULL, out, NULL, &error);
  g_assert_no_error (error);
  return pid;
}

static void
run_child (const char *name,
           const char *folder)
{
  int status;

  waitpid (start_child (name, folder, NULL), &status, 0);
  g_assert_true (WIFEXITED (status));
  g_assert_cmpint (WEXITSTATUS (status), ==, 0);
}

/* ---- opening ------------------------------------------------------------------------------------------------------- */

static void
test_create_open (void)
{
  LK_TEST_FOLDER (folder);
  LkProject *project = lk_test_create (folder);
  g_auto (GStrv) features = NULL;

  g_assert_cmpstr (lk_project_get_trigger (project), ==, "ohwx");
  lk_test_close (project);
  g_assert_false (lk_test_exists (folder, "project.lock"));
  g_assert_false (lk_test_exists (folder, "project.db-wal"));

  project = lk_test_open (folder);
  g_assert_cmpstr (lk_project_get_name (project), ==, "Mira");
  g_assert_cmpstr (lk_project_get_class_word (project), ==, "woman");
  g_assert_cmpstr (lk_project_get_base_model (project), ==, "starter");
  g_assert_cmpuint (lk_project_get_resolution (project), ==, 192);
  features = lk_project_dup_features (project);
  g_assert_cmpuint (g_strv_length (features), ==, 3);
  g_assert_cmpstr (features[1], ==, "green eyes");
  lk_test_close (project);
}

static void
test_no_project (void)
{
  LK_TEST_FOLDER (folder);
  g_autofree char *gone = g_build_filename (folder, "gone", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_null (lk_project_open (folder, LK_PROJECT_OPEN, &error));
  g_assert_error (error, LK_PROJECT_ERROR, LK_PROJECT_ERROR_NOT_A_PROJECT);
  g_clear_error (&error);
  g_assert_null (lk_project_open (gone, LK_PROJECT_OPEN, &error));
  g_assert_error (error, LK_PROJECT_ERROR, LK_PROJECT_ERROR_NOT_A_PROJECT);
  g_clear_error (&error);

  lk_test_write (folder, "thesis.odt", "words", -1);
  g_assert_null (lk_project_create (folder, &(LkProjectInfo) { .name = "x" }, &error));
  g_assert_error (error, LK_PROJECT_ERROR, LK_PROJECT_ERROR_EXISTS);
}

static void
test_damaged (void)
{
  LK_TEST_FOLDER (folder);
  g_autoptr (GError) error = NULL;

  lk_test_close (lk_test_create (folder));
  lk_test_write (folder, "project.db", "This is a letter, not a database, and it is long enough to be taken for one by its size alone, "
                                       "so that the header has to be looked at.", -1);
  g_assert_null (lk_project_open (folder, LK_PROJECT_OPEN, &error));
  g_assert_error (error, LK_PROJECT_ERROR, LK_PROJECT_ERROR_DAMAGED);
  g_clear_error (&error);
  g_assert_null (lk_project_open (folder, LK_PROJECT_LOOK, &error));
  g_assert_error (error, LK_PROJECT_ERROR, LK_PROJECT_ERROR_DAMAGED);
  g_clear_error (&error);

  /* Without it, everything in files is there. */
  lk_test_write (folder, "images/a.png", "a", -1);
  lk_test_write (folder, "images/a.txt", "ohwx woman", -1);
  {
    g_autofree char *path = g_build_filename (folder, "project.db", NULL);

    g_assert_cmpint (g_remove (path), ==, 0);
  }
  lk_test_close (lk_test_open (folder));

  lk_test_write (folder, "project.json", "{ \"schema\": 1,", -1);
  g_assert_null (lk_project_open (folder, LK_PROJECT_OPEN, &error));
  g_assert_error (error, LK_JSON_ERROR, LK_JSON_ERROR_SYNTAX);
  g_clear_error (&error);
  lk_test_write (folder, "project.json", "{ \"schema\": 7 }", -1);
  g_assert_null (lk_project_open (folder, LK_PROJECT_OPEN, &error));
  g_assert_error (error, LK_PROJECT_ERROR, LK_PROJECT_ERROR_TOO_NEW);
}

static int
open_second_window (const char *folder)
{
  g_autofree char *pid = g_strdup_printf ("%d", (int) getppid ());
  g_autoptr (GError) error = NULL;

  if (lk_project_open (folder, LK_PROJECT_OPEN, &error) != NULL || !g_error_matches (error, LK_PROJECT_ERROR, LK_PROJECT_ERROR_IN_USE))
    return 1;
  return strstr (error->message, pid) != NULL ? 0 : 2;
}

static void
test_two_windows (void)
{
  LK_TEST_FOLDER (folder);
  LkProject *project = lk_test_create (folder);
  LkProject *looking;
  g_autoptr (GError) error = NULL;

  g_assert_null (lk_project_open (folder, LK_PROJECT_OPEN, &error));
  g_assert_error (error, LK_PROJECT_ERROR, LK_PROJECT_ERROR_IN_USE);
  g_clear_error (&error);

  /* A file that a crash left behind holds nobody out; a living process does, by its number. */
  run_child ("second-window", folder);

  looking = lk_project_open (folder, LK_PROJECT_LOOK, &error);
  g_assert_no_error (error);
  g_assert_true (lk_project_is_read_only (looking));
  g_object_unref (looking);
  lk_test_close (project);

  lk_test_write (folder, "project.lock", "4711 elsewhere", -1);
  lk_test_close (lk_test_open (folder));
}

/* ---- captions ------------------------------------------------------------------------------------------------------ */

static void
test_caption_bytes (void)
{
  static const struct
  {
    const char *stem, *bytes;
    gssize      length;
    const char *shown;
  } cases[] = {
    { "plain", "ohwx woman, smiling\n", -1, "ohwx woman, smiling\n" },
    { "lines", "a |||b, c\r\n\n {x|y} ;;; \\(hat\\)  ", -1, "a |||b, c\r\n\n {x|y} ;;; \\(hat\\)  " },
    { "latin", "caf\xe9, gr\xfcn", -1, "café, grün" },
    { "bom", "\xef\xbb\xbfohwx", -1, "ohwx" },
    { "wide", "\xff\xfeo\0h\0", 6, "oh" },
    { "nul", "oh\0wx, this is longer than one could take for two-byte text", 58, NULL },
    { "empty", "", 0, "" },
  };
  LK_TEST_FOLDER (folder);
  g_autofree char *huge = g_strnfill (100000, 'x');
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  LkProject *project;

  lk_test_close (lk_test_create (folder));
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *picture = g_strconcat (cases[i].stem, ".png", NULL);
      g_autofree char *text = g_strconcat ("images/", cases[i].stem, ".txt", NULL);

      write_fake (folder, picture);
      lk_test_write (folder, text, cases[i].bytes, cases[i].length);
    }
  write_fake (folder, "huge.png");
  lk_test_write (folder, "images/huge.txt", huge, -1);
  write_fake (folder, "none.png");
  write_fake (folder, "old.png");
  lk_test_write (folder, "images/old.caption", "from a .caption file", -1);
  before = lk_test_tree (folder);

  project = lk_test_open (folder);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      LkImage *image = lk_project_find_by_stem (project, cases[i].stem);

      if (cases[i].shown != NULL)
        g_assert_cmpstr (lk_image_get_caption (image), ==, cases[i].shown);
      g_assert_cmpint (lk_image_get_caption_trouble (image) != NULL, ==, cases[i].shown == NULL);
    }
  g_assert_cmpuint (strlen (lk_image_get_caption (lk_project_find_by_stem (project, "huge"))), ==, 100000);
  g_assert_false (lk_image_has_caption (lk_project_find_by_stem (project, "none")));
  g_assert_cmpstr (lk_image_get_caption (lk_project_find_by_stem (project, "old")), ==, "from a .caption file");

  /* Setting what is shown changes no byte; setting something else and undoing it gives every byte back. */
  for (guint i = 0; i < lk_project_get_n_images (project); i++)
    {
      LkImage *image = lk_project_get_image (project, i);
      g_autofree char *same = g_strdup (lk_image_get_caption (image));

      if (lk_image_has_caption (image))
        set_caption (project, lk_image_get_stem (image), same);
    }
  g_assert_cmpuint (lk_project_get_n_undo (project), ==, 0);
  for (guint i = 0; i < lk_project_get_n_images (project); i++)
    set_caption (project, lk_image_get_stem (lk_project_get_image (project, i)), "ohwx woman, new");
  lk_project_flush (project, NULL);
  {
    g_autofree char *written = lk_test_read (folder, "images/latin.txt", NULL);
    g_autofree char *old = lk_test_read (folder, "images/old.txt", NULL);

    g_assert_cmpstr (written, ==, "ohwx woman, new");
    g_assert_cmpstr (old, ==, "ohwx woman, new");
  }
  undo_all (project);
  after = lk_test_tree (folder);
  g_assert_cmpstr (after, ==, before);
  g_assert_cmpstr (lk_image_get_caption (lk_project_find_by_stem (project, "old")), ==, "from a .caption file");
  lk_test_close (project);
}

/* A hundred acts of every kind, undone and redone, with restarts in between. */
static void
act (LkProject *project,
     GRand     *rand)
{
  g_autoptr (LkEdit) edit = lk_edit_new (project, "Do something");
  g_autoptr (GError) error = NULL;
  guint n = lk_project_get_n_images (project);
  LkImage *image = n > 0 ? lk_project_get_image (project, g_rand_int_range (rand, 0, n)) : NULL;
  g_autofree char *words = g_strdup_printf ("ohwx woman, %d", g_rand_int_range (rand, 0, 1000));

  switch (image != NULL ? g_rand_int_range (rand, 0, 11) : 9)
    {
    case 0: lk_edit_set_caption (edit, image, g_rand_boolean (rand) ? words : NULL); break;
    case 1: lk_edit_set_crop (edit, image, &(LkCrop) { g_rand_int_range (rand, 0, 9), 1, 10, 10, g_rand_int_range (rand, 0, 4), TRUE, FALSE, .1 }); break;
    case 2: lk_edit_set_rating (edit, image, g_rand_int_range (rand, 0, 6)); break;
    case 3: lk_edit_set_state (edit, image, g_rand_int_range (rand, 0, 3)); break;
    case 4: lk_edit_set_shot (edit, image, g_rand_int_range (rand, 0, LK_N_SHOTS)); break;
    case 5: lk_edit_set_notes (edit, image, words); break;
    case 6: lk_edit_set_label (edit, image, g_rand_boolean (rand) ? "filtered" : "covered", g_rand_boolean (rand)); break;
    case 7: lk_edit_set_repeats (edit, image, g_rand_int_range (rand, 1, 20)); break;
    case 8: lk_edit_remove (edit, image); break;
    case 9: lk_edit_set_trigger (edit, g_rand_boolean (rand) ? "ohwx" : "zkxj", TRUE); break;
    case 10:
      for (guint i = 0; i < n; i++)
        lk_edit_set_caption (edit, lk_project_get_image (project, i), words);
      break;
    default: g_assert_not_reached ();
    }
  lk_project_apply (project, edit, &error);
  g_assert_no_error (error);
}

static char *
describe (LkProject *project)
{
  GString *text = g_string_new (lk_project_get_trigger (project));

  for (guint i = 0; i < lk_project_get_n_images (project); i++)
    {
      LkImage *image = lk_project_get_image (project, i);
      g_autofree char *labels = g_strjoinv ("+", (char **) lk_image_get_labels (image));
      LkCrop crop;

      lk_image_get_crop (image, &crop);
      g_string_append_printf (text, "\n%s|%s|%d,%d,%d,%d,%u,%d,%g|%u|%s|%s|%u|%s|%s", lk_image_get_name (image), lk_image_get_caption (image),
                              crop.x, crop.y, crop.width, crop.height, crop.quarter_turns, crop.flip_horizontal, crop.angle,
                              lk_image_get_rating (image), lk_state_get_id (lk_image_get_state (image)),
                              lk_shot_get_id (lk_image_get_shot (image)), lk_image_get_repeats (image), lk_image_get_notes (image), labels);
    }
  return g_string_free (text, FALSE);
}

static void
test_undo_everything (void)
{
  LK_TEST_FOLDER (folder);
  g_autoptr (GRand) rand = g_rand_new_with_seed (7);
  g_autofree char *tree_before = NULL;
  g_autofree char *before = NULL;
  LkProject *project;

  lk_test_close (lk_test_create (folder));
  for (guint i = 0; i < 12; i++)
    {
      g_autofree char *picture = g_strdup_printf ("p%02u.png", i);
      g_autofree char *text = g_strdup_printf ("images/p%02u.txt", i);

      write_fake (folder, picture);
      if (i % 3 != 0)
        lk_test_write (folder, text, i % 2 ? "ohwx woman, caf\xe9\r\n" : "ohwx woman,\n\nohwx", -1);
    }
  tree_before = lk_test_tree (folder);
  project = lk_test_open (folder);
  before = describe (project);

  for (guint round = 0; round < 3; round++)
    {
      g_autofree char *tree_done = NULL;
      g_autofree char *done = NULL;
      g_autofree char *undone = NULL;
      g_autofree char *redone = NULL;
      g_autofree char *tree_undone = NULL;
      g_autofree char *tree_redone = NULL;

      for (guint i = 0; i < 60; i++)
        act (project, rand);
      lk_project_flush (project, NULL);
      done = describe (project);
      tree_done = lk_test_tree (folder);
      lk_test_close (project);

      project = lk_test_open (folder);
      undo_all (project);
      undone = describe (project);
      tree_undone = lk_test_tree (folder);
      g_assert_cmpstr (undone, ==, before);
      g_assert_cmpstr (tree_undone, ==, tree_before);
      lk_test_close (project);

      project = lk_test_open (folder);
      redo_all (project);
      redone = describe (project);
      tree_redone = lk_test_tree (folder);
      g_assert_cmpstr (redone, ==, done);
      g_assert_cmpstr (tree_redone, ==, tree_done);
      undo_all (project);
    }
  lk_test_close (project);
}

static void
test_trigger_is_one_step (void)
{
  LK_TEST_FOLDER (folder);
  LkProject *project = lk_test_create (folder);
  g_autoptr (LkEdit) edit = NULL;
  g_autoptr (GPtrArray) images = NULL;
  g_autoptr (GError) error = NULL;

  write_fake (folder, "a.png");
  write_fake (folder, "b.png");
  lk_test_write (folder, "images/a.txt", "ohwx woman, ohwxy, (ohwx:1.1)", -1);
  lk_test_write (folder, "images/b.txt", "no such word", -1);
  lk_project_rescan (project, NULL, &error);
  g_assert_no_error (error);

  edit = lk_edit_new (project, "Change the trigger word");
  lk_edit_set_trigger (edit, "zkxj", TRUE);
  lk_project_apply (project, edit, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (lk_image_get_caption (lk_project_find_by_stem (project, "a")), ==, "zkxj woman, ohwxy, (zkxj:1.1)");
  g_assert_cmpstr (lk_image_get_caption (lk_project_find_by_stem (project, "b")), ==, "no such word");
  g_assert_cmpstr (lk_project_get_undo_title (project), ==, "Change the trigger word");
  g_assert_cmpuint (lk_project_get_n_undo (project), ==, 1);
  lk_project_undo (project, &images, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (images->len, ==, 1);
  g_assert_cmpstr (lk_project_get_trigger (project), ==, "ohwx");
  g_assert_cmpstr (lk_image_get_caption (lk_project_find_by_stem (project, "a")), ==, "ohwx woman, ohwxy, (ohwx:1.1)");
  lk_test_close (project);
}

static void
test_typing_merges (void)
{
  LK_TEST_FOLDER (folder);
  LkProject *project = lk_test_create (folder);
  g_autoptr (GError) error = NULL;
  const char *typed[] = { "o", "oh", "ohw", "ohwx" };

  write_fake (folder, "a.png");
  lk_project_rescan (project, NULL, &error);
  for (guint i = 0; i < G_N_ELEMENTS (typed); i++)
    {
      g_autoptr (LkEdit) edit = lk_edit_new (project, "Type");

      lk_edit_set_merge_key (edit, "typing:1");
      lk_edit_set_caption (edit, lk_project_get_image (project, 0), typed[i]);
      lk_project_apply (project, edit, &error);
      g_assert_no_error (error);
    }
  g_assert_cmpuint (lk_project_get_n_undo (project), ==, 1);
  set_caption (project, "a", "ohwx woman");
  g_assert_cmpuint (lk_project_get_n_undo (project), ==, 2);
  undo_all (project);
  g_assert_false (lk_image_has_caption (lk_project_get_image (project, 0)));
  g_assert_false (lk_test_exists (folder, "images/a.txt"));

  /* Something new forgets what was undone. */
  set_caption (project, "a", "else");
  g_assert_cmpuint (lk_project_get_n_redo (project), ==, 0);
  lk_test_close (project);
}

static void
test_changed_outside (void)
{
  LK_TEST_FOLDER (folder);
  LkProject *project = lk_test_create (folder);
  g_autoptr (GError) error = NULL;
  LkRescan outside;
  g_autofree char *text = NULL;

  write_fake (folder, "a.png");
  write_fake (folder, "b.png");
  lk_project_rescan (project, &outside, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (outside.images_added, ==, 2);
  set_caption (project, "a", "mine");
  lk_project_flush (project, NULL);

  lk_test_write (folder, "images/a.txt", "theirs, typed elsewhere", -1);
  lk_test_write (folder, "images/b.txt", "theirs too", -1);
  lk_project_rescan (project, &outside, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (outside.captions_changed, ==, 2);
  g_assert_cmpstr (lk_image_get_caption (lk_project_find_by_stem (project, "a")), ==, "theirs, typed elsewhere");
  lk_project_rescan (project, &outside, &error);
  g_assert_cmpuint (outside.captions_changed, ==, 0);

  /* Undoing it gives the former text back, to the file as well. */
  lk_project_undo (project, NULL, &error);
  g_assert_no_error (error);
  lk_project_flush (project, NULL);
  text = lk_test_read (folder, "images/a.txt", NULL);
  g_assert_cmpstr (text, ==, "mine");
  g_assert_false (lk_test_exists (folder, "images/b.txt"));

  /* Typed outside and not noticed: an edit of ours keeps it as a step of its own. */
  lk_test_write (folder, "images/a.txt", "third hand", -1);
  set_caption (project, "a", "mine again");
  lk_project_undo (project, NULL, &error);
  g_assert_cmpstr (lk_image_get_caption (lk_project_find_by_stem (project, "a")), ==, "third hand");
  lk_project_undo (project, NULL, &error);
  g_assert_cmpstr (lk_image_get_caption (lk_project_find_by_stem (project, "a")), ==, "mine");

  /* Files that go and come back. */
  {
    g_autofree char *path = g_build_filename (folder, "images", "b.png", NULL);

    g_remove (path);
  }
  lk_project_rescan (project, &outside, &error);
  g_assert_cmpuint (outside.images_missing, ==, 1);
  g_assert_cmpuint (lk_project_get_n_images (project), ==, 1);
  write_fake (folder, "b.png");
  lk_project_rescan (project, &outside, &error);
  g_assert_cmpuint (outside.images_added, ==, 1);
  g_assert_cmpuint (lk_project_get_n_images (project), ==, 2);
  lk_test_close (project);

  /* Settings too, while it was closed. */
  lk_test_write (folder, "project.json", "{ \"schema\": 1, \"trigger\": \"sks\", \"mine\": [1, 2] }", -1);
  project = lk_test_open (folder);
  g_assert_cmpstr (lk_project_get_trigger (project), ==, "sks");
  lk_project_undo (project, NULL, &error);
  g_assert_cmpstr (lk_project_get_trigger (project), ==, "ohwx");
  lk_project_redo (project, NULL, &error);
  {
    /* What this program does not know, it keeps. */
    g_autoptr (LkEdit) edit = lk_edit_new (project, "Name it");
    g_autofree char *json = NULL;

    lk_edit_set_name (edit, "Mira");
    lk_project_apply (project, edit, &error);
    lk_project_flush (project, NULL);
    json = lk_test_read (folder, "project.json", NULL);
    g_assert_nonnull (strstr (json, "\"mine\""));
    g_assert_nonnull (strstr (json, "Mira"));
  }
  lk_test_close (project);
}

static void
count_changed (LkProject *project,
               guint     *n)
{
  (*n)++;
}

static void
on_rescanned (GObject      *source,
              GAsyncResult *result,
              gpointer      data)
{
  g_autoptr (GError) error = NULL;
  LkRescan *found = data;

  g_assert_true (lk_project_rescan_finish (LK_PROJECT (source), result, found, &error));
  g_assert_no_error (error);
  found->images_changed += 100;   /* it was here */
}

static void
test_rescan_on_a_thread (void)
{
  LK_TEST_FOLDER (folder);
  LkProject *project = lk_test_create (folder);
  LkRescan found = { 0 };
  guint n_changed = 0;

  g_signal_connect (project, "changed", G_CALLBACK (count_changed), &n_changed);
  write_fake (folder, "a.png");
  write_fake (folder, "b.png");
  lk_project_rescan_async (project, NULL, on_rescanned, &found);
  while (found.images_changed == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (found.images_added, ==, 2);
  g_assert_cmpuint (n_changed, ==, 1);

  /* Ours, written between looking and finishing, is nothing new. */
  found = (LkRescan) { 0 };
  lk_project_rescan_async (project, NULL, on_rescanned, &found);
  g_usleep (50000);
  set_caption (project, "a", "ours");
  g_assert_cmpuint (n_changed, ==, 2);
  while (found.images_changed == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (found.captions_changed + found.images_added + found.images_missing, ==, 0);
  g_assert_cmpuint (n_changed, ==, 2);
  g_assert_cmpstr (lk_image_get_caption (lk_project_find_by_stem (project, "a")), ==, "ours");
  lk_test_close (project);
}

static void
test_twins (void)
{
  LK_TEST_FOLDER (folder);
  LkProject *project = lk_test_create (folder);
  g_autoptr (LkEdit) edit = NULL;
  g_autoptr (GError) error = NULL;

  write_fake (folder, "a.jpg");
  write_fake (folder, "a.png");
  lk_test_write (folder, "images/a.txt", "shared", -1);
  lk_project_rescan (project, NULL, &error);
  g_assert_cmpuint (lk_project_get_n_images (project), ==, 2);

  edit = lk_edit_new (project, "Remove");
  lk_edit_remove (edit, lk_project_get_image (project, 0));
  lk_project_apply (project, edit, &error);
  g_assert_no_error (error);
  lk_project_flush (project, NULL);
  g_assert_true (lk_test_exists (folder, "images/a.txt"));
  g_assert_cmpstr (lk_image_get_caption (lk_project_get_image (project, 0)), ==, "shared");
  undo_all (project);
  set_caption (project, "a", "both");
  g_assert_cmpstr (lk_image_get_caption (lk_project_get_image (project, 0)), ==, "both");
  g_assert_cmpstr (lk_image_get_caption (lk_project_get_image (project, 1)), ==, "both");
  lk_test_close (project);
}

/* ---- crashes ------------------------------------------------------------------------------------------------------- */

#define EVERY_CAPTION G_MAXUINT32
#define ABOUT_TO_UNDO (G_MAXUINT32 - 1)

/* Types, and says through a pipe what was acknowledged, until it is killed. */
static int
type_for_ever (const char *folder)
{
  g_autoptr (LkProject) project = lk_project_open (folder, LK_PROJECT_OPEN, NULL);
  const int out = STDOUT_FILENO;

  if (project == NULL)
    return 1;
  for (guint i = 0;; i++)
    {
      LkEdit *edit = lk_edit_new (project, "Type");
      guint n = lk_project_get_n_images (project);
      guint32 said[2] = { i % n, i };

      if (i % 7 == 6)
        {
          said[0] = ABOUT_TO_UNDO;
          if (write (out, said, sizeof said) != sizeof said || !lk_project_undo (project, NULL, NULL) || !lk_project_redo (project, NULL, NULL))
            _exit (2);
          said[1]--;   /* done again: what the act before said holds */
          said[0] = EVERY_CAPTION;
        }
      else if (i % 7 == 5)
        {
          /* Every caption at once: more than are written at once. */
          for (guint k = 0; k < n; k++)
            {
              g_autofree char *text = g_strdup_printf ("batch %u of %u", i, k);

              lk_edit_set_caption (edit, lk_project_get_image (project, k), text);
            }
          if (!lk_project_apply (project, edit, NULL))
            _exit (3);
          said[0] = EVERY_CAPTION;
        }
      else
        {
          g_autofree char *text = g_strdup_printf ("typed %u", i);

          lk_edit_set_caption (edit, lk_project_get_image (project, i % n), text);
          lk_edit_set_rating (edit, lk_project_get_image (project, i % n), i % 6);
          if (!lk_project_apply (project, edit, NULL))
            _exit (4);
        }
      lk_edit_free (edit);
      if (write (out, said, sizeof said) != sizeof said)
        _exit (5);
      if (i % 50 == 49)
        lk_project_flush (project, NULL);
    }
}

static void
test_kill (void)
{
  LK_TEST_FOLDER (folder);
  g_autoptr (GRand) rand = g_rand_new_with_seed (3);
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  guint n_rounds = g_test_thorough () ? 200 : 20, n_acknowledged = 0;
  LkProject *project;

  lk_test_close (lk_test_create (folder));
  for (guint i = 0; i < 40; i++)
    {
      g_autofree char *picture = g_strdup_printf ("p%02u.png", i);

      write_fake (folder, picture);
    }
  before = lk_test_tree (folder);

  for (guint round = 0; round < n_rounds; round++)
    {
      guint32 captions[40] = { 0 }, said[2];
      gboolean is_batch[40] = { FALSE };
      guint n_said = 0;
      gboolean is_undoing = FALSE;
      int out, status;
      pid_t child;

      child = start_child ("type", folder, &out);
      /* Killed while it opens now and then, else some time after the first act. */
      if (round % 8 == 7)
        g_usleep (g_rand_int_range (rand, 0, 30000));
      else if (read (out, said, sizeof said) == sizeof said)
        g_usleep (g_rand_int_range (rand, 0, 100000));
      kill (child, SIGKILL);
      waitpid (child, &status, 0);
      g_assert_true (WIFSIGNALED (status));
      while (read (out, said, sizeof said) == sizeof said)
        {
          is_undoing = said[0] == ABOUT_TO_UNDO;
          for (guint k = 0; k < 40; k++)
            if (said[0] == k || said[0] == EVERY_CAPTION)
              {
                captions[k] = said[1];
                is_batch[k] = said[0] == EVERY_CAPTION;
              }
          n_said++;
        }
      close (out);
      n_acknowledged += n_said;

      /* What was acknowledged is there, in the project and in its own file; one act more may be. */
      project = lk_test_open (folder);
      g_assert_cmpuint (lk_project_get_n_images (project), ==, 40);
      for (guint k = 0; n_said > 0 && k < 40; k++)
        {
          LkImage *image = lk_project_get_image (project, k);
          g_autofree char *name = g_strdup_printf ("images/p%02u.txt", k);
          g_autofree char *file = lk_test_read (folder, name, NULL);
          g_autofree char *expected = is_batch[k] ? g_strdup_printf ("batch %u of %u", captions[k], k) : g_strdup_printf ("typed %u", captions[k]);
          guint got = 0, of;

          g_assert_cmpstr (file != NULL ? file : "", ==, lk_image_get_caption (image));
          if (file != NULL && sscanf (file, "batch %u of %u", &got, &of) < 1)
            sscanf (file, "typed %u", &got);
          if (!is_undoing && captions[k] != 0 && got <= captions[k])
            g_assert_cmpstr (lk_image_get_caption (image), ==, expected);
        }
      lk_test_close (project);
    }
  g_test_message ("%u rounds, %u acknowledged acts", n_rounds, n_acknowledged);
  g_assert_cmpuint (n_acknowledged, >, n_rounds);

  project = lk_test_open (folder);
  undo_all (project);
  after = lk_test_tree (folder);
  g_assert_cmpstr (after, ==, before);
  lk_test_close (project);
}

/* ---- no room, no permission ---------------------------------------------------------------------------------------- */

/* No file may grow over 4 kB: to the database and its log that is a full disk. */
static int
type_without_room (const char *folder)
{
  LkProject *project = lk_project_open (folder, LK_PROJECT_OPEN, NULL);
  g_autofree char *text = g_strnfill (100000, 'x');
  LkEdit *edit = lk_edit_new (project, "Type");
  g_autoptr (GError) error = NULL;

  signal (SIGXFSZ, SIG_IGN);
  setrlimit (RLIMIT_FSIZE, &(struct rlimit) { 4096, 4096 });
  lk_edit_set_caption (edit, lk_project_get_image (project, 0), text);
  if (lk_project_apply (project, edit, &error))
    return 2;
  if (!g_error_matches (error, LK_PROJECT_ERROR, LK_PROJECT_ERROR_NO_SPACE))
    return 3;
  return g_strcmp0 (lk_image_get_caption (lk_project_get_image (project, 0)), "before") == 0 ? 0 : 4;
}

static void
test_no_room (void)
{
  LK_TEST_FOLDER (folder);
  LkProject *project;

  lk_test_close (lk_test_create (folder));
  write_fake (folder, "a.png");
  lk_test_write (folder, "images/a.txt", "before", -1);
  lk_test_close (lk_test_open (folder));
  run_child ("no-room", folder);
  project = lk_test_open (folder);
  g_assert_cmpstr (lk_image_get_caption (lk_project_get_image (project, 0)), ==, "before");
  lk_test_close (project);
}

/* The database takes it, the file cannot be written: said, kept, and written when there is room. */
static void
test_file_in_the_way (void)
{
  LK_TEST_FOLDER (folder);
  LkProject *project = lk_test_create (folder);
  g_autofree char *blocked = g_build_filename (folder, "images", "a.txt", NULL);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;

  write_fake (folder, "a.png");
  g_mkdir (blocked, 0777);
  lk_project_rescan (project, NULL, &error);
  g_assert_no_error (error);
  set_caption (project, "a", "kept");
  g_assert_false (lk_project_flush (project, &error));
  g_assert_nonnull (error);
  g_clear_error (&error);
  g_assert_nonnull (lk_project_get_trouble (project));
  g_assert_cmpstr (lk_image_get_caption (lk_project_get_image (project, 0)), ==, "kept");

  g_object_unref (project);
  project = lk_test_open (folder);
  g_assert_nonnull (lk_project_get_trouble (project));
  g_rmdir (blocked);
  lk_project_flush (project, &error);
  g_assert_no_error (error);
  g_assert_null (lk_project_get_trouble (project));
  text = lk_test_read (folder, "images/a.txt", NULL);
  g_assert_cmpstr (text, ==, "kept");
  lk_test_close (project);
}

static int
look_without_permission (const char *folder)
{
  LkProject *project;
  LkEdit *edit;
  g_autoptr (GError) error = NULL;

  if (setgid (65534) != 0 || setuid (65534) != 0)
    return 1;
  project = lk_project_open (folder, LK_PROJECT_OPEN, &error);
  if (project == NULL || !lk_project_is_read_only (project) || lk_project_get_read_only_reason (project) == NULL)
    return 2;
  if (g_strcmp0 (lk_image_get_caption (lk_project_get_image (project, 0)), "from outside") != 0)
    return 3;
  edit = lk_edit_new (project, "Type");
  lk_edit_set_caption (edit, lk_project_get_image (project, 0), "not allowed");
  if (lk_project_apply (project, edit, &error) || !g_error_matches (error, LK_PROJECT_ERROR, LK_PROJECT_ERROR_READ_ONLY))
    return 4;
  g_clear_error (&error);
  return lk_project_undo (project, NULL, &error) ? 5 : 0;
}

static void
test_read_only (void)
{
  LK_TEST_FOLDER (folder);
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  LkProject *project;

  if (getuid () != 0)
    {
      g_test_skip ("only root can become somebody who may not write");
      return;
    }
  lk_test_close (lk_test_create (folder));
  write_fake (folder, "a.png");
  lk_test_write (folder, "images/a.txt", "before", -1);
  project = lk_test_open (folder);
  set_caption (project, "a", "after");
  lk_test_close (project);
  lk_test_write (folder, "images/a.txt", "from outside", -1);
  g_chmod (folder, 0755);
  before = lk_test_tree (folder);

  run_child ("look", folder);
  after = lk_test_tree (folder);
  g_assert_cmpstr (after, ==, before);
  g_assert_false (lk_test_exists (folder, "project.db-shm"));
}

/* ---- many ---------------------------------------------------------------------------------------------------------- */

static void
test_ten_thousand (void)
{
  LK_TEST_FOLDER (folder);
  LkProject *project;
  g_autoptr (LkEdit) edit = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  const guint n = g_test_thorough () || g_test_perf () ? 10000 : 500;

  lk_test_close (lk_test_create (folder));
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *picture = g_strdup_printf ("p%05u.png", i);
      g_autofree char *text = g_strdup_printf ("images/p%05u.txt", i);

      write_fake (folder, picture);
      lk_test_write (folder, text, "ohwx woman, brunette, green eyes, light skin, smiling, wearing a white blouse, in a park", -1);
    }
  before = lk_test_tree (folder);

  g_test_timer_start ();
  project = lk_test_open (folder);
  g_test_message ("open %u for the first time: %.0f ms", n, g_test_timer_elapsed () * 1000.);
  lk_test_close (project);
  g_test_timer_start ();
  project = lk_test_open (folder);
  g_test_message ("open %u again: %.0f ms", n, g_test_timer_elapsed () * 1000.);
  g_test_timer_start ();
  lk_project_rescan (project, NULL, &error);
  g_test_message ("rescan: %.0f ms", g_test_timer_elapsed () * 1000.);

  g_test_timer_start ();
  edit = lk_edit_new (project, "Replace “brunette”");
  for (guint i = 0; i < n; i++)
    {
      LkImage *image = lk_project_get_image (project, i);

      lk_edit_set_caption (edit, image, "ohwx woman, brown hair, green eyes, light skin, smiling, wearing a white blouse, in a park");
    }
  lk_project_apply (project, edit, &error);
  g_assert_no_error (error);
  g_test_message ("change %u captions: %.0f ms until saved", n, g_test_timer_elapsed () * 1000.);
  lk_project_flush (project, &error);
  g_assert_no_error (error);
  g_test_message ("and in their files: %.0f ms", g_test_timer_elapsed () * 1000.);
  g_test_timer_start ();
  lk_project_undo (project, NULL, &error);
  g_assert_no_error (error);
  g_test_message ("undo: %.0f ms", g_test_timer_elapsed () * 1000.);
  lk_project_flush (project, &error);
  after = lk_test_tree (folder);
  g_assert_cmpstr (after, ==, before);
  lk_test_close (project);
}

int
main (int    argc,
      char **argv)
{
  static const struct { const char *name; ChildFunc func; } children[] = {
    { "second-window", open_second_window },
    { "type", type_for_ever },
    { "no-room", type_without_room },
    { "look", look_without_permission },
  };

  for (guint i = 0; argc == 4 && g_str_equal (argv[1], "--child") && i < G_N_ELEMENTS (children); i++)
    if (g_str_equal (argv[2], children[i].name))
      _exit (children[i].func (argv[3]));   /* what it left open, it left on purpose */

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/project/create-open", test_create_open);
  g_test_add_func ("/project/no-project", test_no_project);
  g_test_add_func ("/project/damaged", test_damaged);
  g_test_add_func ("/project/two-windows", test_two_windows);
  g_test_add_func ("/project/caption-bytes", test_caption_bytes);
  g_test_add_func ("/project/undo-everything", test_undo_everything);
  g_test_add_func ("/project/trigger-is-one-step", test_trigger_is_one_step);
  g_test_add_func ("/project/typing-merges", test_typing_merges);
  g_test_add_func ("/project/changed-outside", test_changed_outside);
  g_test_add_func ("/project/rescan-on-a-thread", test_rescan_on_a_thread);
  g_test_add_func ("/project/twins", test_twins);
  g_test_add_func ("/project/kill", test_kill);
  g_test_add_func ("/project/no-room", test_no_room);
  g_test_add_func ("/project/file-in-the-way", test_file_in_the_way);
  g_test_add_func ("/project/read-only", test_read_only);
  g_test_add_func ("/project/ten-thousand", test_ten_thousand);
  return g_test_run ();
}
