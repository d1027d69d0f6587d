/* Other programs' folders: found from wherever the user points, and nothing in them is overwritten. */
#include "config.h"

#include <glib/gstdio.h>

#include "remote/lk-lora-folder.h"

typedef struct
{
  char *folder;
} Fixture;

static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  fixture->folder = g_dir_make_tmp ("likeness-folder-XXXXXX", NULL);
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  g_autofree char *command = g_strdup_printf ("rm -rf '%s'", fixture->folder);

  g_assert_true (g_spawn_command_line_sync (command, NULL, NULL, NULL, NULL));
  g_free (fixture->folder);
}

static void
test_found_from_above_and_within (Fixture       *fixture,
                                  gconstpointer  data)
{
  g_autofree char *models = g_build_filename (fixture->folder, "models", NULL), *loras = g_build_filename (models, "loras", NULL);
  const char *starts[] = { fixture->folder, models, loras };
  g_autoptr (GError) error = NULL;

  g_assert_null (lk_lora_folder_find (LK_LORA_PROGRAM_COMFYUI, fixture->folder, &error));
  g_assert_error (error, LK_LORA_FOLDER_ERROR, LK_LORA_FOLDER_ERROR_NOT_THERE);
  g_assert_nonnull (strstr (error->message, "models/loras"));

  g_mkdir_with_parents (loras, 0755);
  for (guint i = 0; i < G_N_ELEMENTS (starts); i++)
    {
      g_autofree char *found = lk_lora_folder_find (LK_LORA_PROGRAM_COMFYUI, starts[i], NULL);

      g_assert_cmpstr (found, ==, loras);
    }
  g_assert_null (lk_lora_folder_find (LK_LORA_PROGRAM_AUTOMATIC1111, fixture->folder, NULL));
}

static void
test_nothing_is_overwritten (Fixture       *fixture,
                             gconstpointer  data)
{
  g_autofree char *source = g_build_filename (fixture->folder, "mira.v2.safetensors", NULL), *target = g_build_filename (fixture->folder, "loras", NULL);
  g_autofree char *first = NULL, *again = NULL, *second = NULL, *text = NULL;

  g_mkdir_with_parents (target, 0755);
  g_assert_true (g_file_set_contents (source, "one", -1, NULL));
  first = lk_lora_folder_copy (source, target, NULL);
  g_assert_true (g_str_has_suffix (first, "/loras/mira.v2.safetensors"));
  again = lk_lora_folder_copy (source, target, NULL);
  g_assert_cmpstr (again, ==, first);

  g_assert_true (g_file_set_contents (source, "two", -1, NULL));
  second = lk_lora_folder_copy (source, target, NULL);
  g_assert_true (g_str_has_suffix (second, "/loras/mira.v2-2.safetensors"));
  g_assert_true (g_file_get_contents (first, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, "one");
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/lora-folder/found-from-above-and-within", Fixture, NULL, set_up, test_found_from_above_and_within, tear_down);
  g_test_add ("/lora-folder/nothing-is-overwritten", Fixture, NULL, set_up, test_nothing_is_overwritten, tear_down);
  return g_test_run ();
}
