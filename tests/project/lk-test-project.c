#include "config.h"

#include "lk-test-project.h"

#include <glib/gstdio.h>
#include <string.h>

#include "base/lk-sha256.h"
#include "formats/lk-png.h"

char *
lk_test_folder_new (void)
{
  g_autoptr (GError) error = NULL;
  char *folder = g_dir_make_tmp ("likeness-test-XXXXXX", &error);

  g_assert_no_error (error);
  return folder;
}

void
lk_test_remove (const char *path)
{
  g_autoptr (GDir) dir = g_file_test (path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      lk_test_remove (child);
    }
  g_remove (path);
}

void
lk_test_folder_free (char *folder)
{
  lk_test_remove (folder);
  g_free (folder);
}

void
lk_test_write (const char *folder,
               const char *name,
               const char *data,
               gssize      length)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autofree char *parent = g_path_get_dirname (path);
  g_autoptr (GError) error = NULL;

  g_mkdir_with_parents (parent, 0777);
  g_file_set_contents (path, data, length, &error);
  g_assert_no_error (error);
}

char *
lk_test_read (const char *folder,
              const char *name,
              gsize      *length)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  char *data = NULL;

  g_file_get_contents (path, &data, length, NULL);
  return data;
}

gboolean
lk_test_exists (const char *folder,
                const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

static gint
compare_strings (gconstpointer a,
                 gconstpointer b)
{
  return strcmp (*(char * const *) a, *(char * const *) b);
}

static void
collect (GPtrArray  *lines,
         const char *folder,
         const char *relative)
{
  static const char *left_out[] = { "project.db", "project.db-wal", "project.db-shm", "project.lock", "cache", "trash", NULL };
  g_autofree char *path = g_build_filename (folder, relative, NULL);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  if (dir == NULL)
    {
      g_autofree char *hash = lk_sha256_file (path, 0, NULL);

      g_ptr_array_add (lines, g_strdup_printf ("%s %s", relative, hash));
      return;
    }
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = *relative != '\0' ? g_build_filename (relative, name, NULL) : g_strdup (name);

      if (*relative != '\0' || !g_strv_contains (left_out, name))
        collect (lines, folder, child);
    }
}

char *
lk_test_tree (const char *folder)
{
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);

  collect (lines, folder, "");
  g_ptr_array_sort (lines, compare_strings);
  g_ptr_array_add (lines, NULL);
  return g_strjoinv ("\n", (char **) lines->pdata);
}

void
lk_test_write_picture (const char *folder,
                       const char *name,
                       guint       width,
                       guint       height,
                       guint       seed)
{
  g_autoptr (LkPicture) picture = lk_picture_new (width, height, 3);
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autofree char *parent = g_path_get_dirname (path);
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
  g_autoptr (GError) error = NULL;
  gint mark_x = g_rand_int_range (rand, 0, MAX (width / 2, 1)), mark_y = g_rand_int_range (rand, 0, MAX (height / 2, 1));
  guint8 paper = g_rand_int_range (rand, 120, 250), ink = g_rand_int_range (rand, 0, 80);

  for (guint y = 0; y < height; y++)
    for (guint x = 0; x < width; x++)
      {
        gboolean inside = (gint) x >= mark_x && (gint) x < mark_x + (gint) width / 2 && (gint) y >= mark_y && (gint) y < mark_y + (gint) height / 2;
        guint8 *p = lk_picture_row (picture, y) + 3 * x;

        p[0] = inside ? ink : paper;
        p[1] = inside ? paper / 2 : paper;
        p[2] = inside && (x ^ y) & 8 ? 255 : ink;
      }
  g_mkdir_with_parents (parent, 0777);
  lk_png_write (picture, NULL, path, &error);
  g_assert_no_error (error);
}

LkProject *
lk_test_create (const char *folder)
{
  g_autoptr (GError) error = NULL;
  LkProject *project = lk_project_create (folder, &(LkProjectInfo) { .name = "Mira", .trigger = "ohwx", .class_word = "woman",
                                                                     .hair = "brown hair", .eyes = "green eyes", .skin = "light skin" }, &error);

  g_assert_no_error (error);
  return project;
}

LkProject *
lk_test_open (const char *folder)
{
  g_autoptr (GError) error = NULL;
  LkProject *project = lk_project_open (folder, LK_PROJECT_OPEN, &error);

  g_assert_no_error (error);
  return project;
}

void
lk_test_close (LkProject *project)
{
  g_autoptr (GError) error = NULL;

  lk_project_close (project, &error);
  g_assert_no_error (error);
  g_object_unref (project);
}
