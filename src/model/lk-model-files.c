#define G_LOG_DOMAIN "likeness-model"

#include "config.h"

#include "model/lk-model-files.h"

#include <glib/gi18n.h>

#include "model/lk-checkpoint.h"

char *
lk_model_files_require (LkSafetensors  *file,
                        const char     *name,
                        const char     *what,
                        GError        **error)
{
  g_autofree char *folder = g_path_get_dirname (lk_safetensors_get_path (file)), *display = g_filename_display_name (folder);
  g_autofree char *path = g_build_filename (folder, name, NULL);

  if (g_file_test (path, G_FILE_TEST_IS_REGULAR))
    return g_steal_pointer (&path);
  g_set_error (error, LK_CHECKPOINT_ERROR, LK_CHECKPOINT_ERROR_INCOMPLETE,
               _("“%s” has no %s, %s. Download it from where the model is from, and put it beside the model."), display, name, what);
  return NULL;
}

LkSafetensors *
lk_model_files_open (const char  *path,
                     cJSON      **config,
                     GError     **error)
{
  gboolean is_folder = g_file_test (path, G_FILE_TEST_IS_DIR);
  g_autofree char *weights = is_folder ? g_build_filename (path, "model.safetensors", NULL) : g_strdup (path);
  g_autofree char *config_path = NULL, *display = g_filename_display_name (path);
  g_autoptr (LkSafetensors) file = NULL;

  if (is_folder && !g_file_test (weights, G_FILE_TEST_IS_REGULAR))
    {
      g_set_error (error, LK_CHECKPOINT_ERROR, LK_CHECKPOINT_ERROR_INCOMPLETE,
                   _("“%s” has no model.safetensors, the weights. Download it from where the model is from, and put it there."), display);
      return NULL;
    }
  file = lk_safetensors_open (weights, error);
  if (file == NULL)
    return NULL;
  if (lk_checkpoint_identify (file) == LK_FILE_KIND_LORA)
    {
      g_set_error (error, LK_CHECKPOINT_ERROR, LK_CHECKPOINT_ERROR_NOT_A_MODEL,
                   _("“%s” holds a LoRA, not a model that describes pictures. Choose a WD v3 tagger or BLIP."), display);
      return NULL;
    }
  config_path = lk_model_files_require (file, "config.json", _("its configuration"), error);
  if (config_path == NULL)
    return NULL;
  *config = lk_json_read (config_path, error);
  return *config != NULL ? g_steal_pointer (&file) : NULL;
}
