#define G_LOG_DOMAIN "likeness-remote"

#include "config.h"

#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <string.h>

#include "base/lk-file.h"
#include "base/lk-sha256.h"
#include "remote/lk-lora-folder.h"

G_DEFINE_QUARK (lk-lora-folder-error-quark, lk_lora_folder_error)

static const struct
{
  const char *name;
  const char *leaf;             /* of the LoRAs' folder, in "models" */
} programs[] = {
  [LK_LORA_PROGRAM_COMFYUI] = { "ComfyUI", "loras" },
  [LK_LORA_PROGRAM_AUTOMATIC1111] = { "AUTOMATIC1111", "Lora" },
};

const char *
lk_lora_program_get_name (LkLoraProgram program)
{
  return programs[program].name;
}

char *
lk_lora_folder_find (LkLoraProgram   program,
                     const char     *folder,
                     GError        **error)
{
  const char *leaf = programs[program].leaf;
  g_autofree char *inside = g_build_filename (folder, "models", leaf, NULL), *in_models = g_build_filename (folder, leaf, NULL);
  g_autofree char *name = g_path_get_basename (folder);

  if (g_file_test (inside, G_FILE_TEST_IS_DIR))
    return g_steal_pointer (&inside);
  if (g_file_test (in_models, G_FILE_TEST_IS_DIR))
    return g_steal_pointer (&in_models);
  if (g_str_equal (name, leaf) && g_file_test (folder, G_FILE_TEST_IS_DIR))
    return g_strdup (folder);
  g_set_error (error, LK_LORA_FOLDER_ERROR, LK_LORA_FOLDER_ERROR_NOT_THERE,
               _("“%s” is not the folder of %s: there is no “models/%s” in it. Choose the folder that the program itself lies in."),
               folder, programs[program].name, leaf);
  return NULL;
}

static gboolean
is_same (const char *a,
         const char *b)
{
  g_autofree char *first = lk_sha256_file (a, 0, NULL), *second = lk_sha256_file (b, 0, NULL);

  return first != NULL && g_strcmp0 (first, second) == 0;
}

char *
lk_lora_folder_copy (const char  *path,
                     const char  *folder,
                     GError     **error)
{
  g_autofree char *name = g_path_get_basename (path), *stem = NULL;
  const char *dot = strrchr (name, '.');

  stem = dot ? g_strndup (name, (gsize) (dot - name)) : g_strdup (name);
  for (guint i = 1;; i++)
    {
      g_autofree char *leaf = i == 1 ? g_strdup (name) : g_strdup_printf ("%s-%u%s", stem, i, dot ? dot : "");
      g_autofree char *target = g_build_filename (folder, leaf, NULL);

      if (g_file_test (target, G_FILE_TEST_EXISTS))
        {
          if (is_same (path, target))
            return g_steal_pointer (&target);
          continue;
        }
      return lk_file_copy (path, target, error) ? g_steal_pointer (&target) : NULL;
    }
}
