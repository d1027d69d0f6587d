#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>

#include "app/window/lk-sample.h"
#include "base/lk-file.h"

GFile *
lk_projects_folder (GSettings *settings)
{
  g_autofree char *uri = NULL;
  const char *documents;

  g_return_val_if_fail (G_IS_SETTINGS (settings), NULL);

  uri = g_settings_get_string (settings, "projects-folder");
  if (*uri != '\0')
    return g_file_new_for_uri (uri);

  documents = g_get_user_special_dir (G_USER_DIRECTORY_DOCUMENTS);
  return g_file_new_build_filename (documents != NULL ? documents : g_get_home_dir (), "Likeness", NULL);
}

GFile *
lk_free_folder (GFile      *parent,
                const char *name)
{
  g_autoptr (GFile) folder = NULL;

  g_return_val_if_fail (G_IS_FILE (parent), NULL);
  g_return_val_if_fail (name != NULL && *name != '\0', NULL);

  folder = g_file_get_child (parent, name);
  for (guint i = 2; g_file_query_exists (folder, NULL); i++)
    {
      g_autofree char *numbered = g_strdup_printf ("%s %u", name, i);

      g_object_unref (folder);
      folder = g_file_get_child (parent, numbered);
    }

  return g_steal_pointer (&folder);
}

static gboolean
copy_tree (const char    *from,
           const char    *to,
           GCancellable  *cancellable,
           GError       **error)
{
  g_autoptr (GDir) dir = g_dir_open (from, 0, error);
  const char *name;

  if (dir == NULL || !lk_file_make_folder (to, error))
    return FALSE;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *source = g_build_filename (from, name, NULL);
      g_autofree char *target = g_build_filename (to, name, NULL);
      gboolean copied;

      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      if (g_file_test (source, G_FILE_TEST_IS_DIR))
        copied = copy_tree (source, target, cancellable, error);
      else
        copied = lk_file_copy (source, target, error);
      if (!copied)
        return FALSE;
    }

  return TRUE;
}

static void
copy_thread (GTask        *task,
             gpointer      source,
             gpointer      data,
             GCancellable *cancellable)
{
  GFile *parent = data;
  g_autofree char *from = lk_data_path ("starter/sample");
  g_autoptr (GFile) folder = lk_free_folder (parent, _("Sample Project"));
  GError *error = NULL;

  if (!g_file_test (from, G_FILE_TEST_IS_DIR))
    g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                             _("The sample project is missing. Install Likeness again to get it back."));
  else if (copy_tree (from, g_file_peek_path (folder), cancellable, &error))
    g_task_return_pointer (task, g_steal_pointer (&folder), g_object_unref);
  else
    g_task_return_error (task, error);
}

void
lk_sample_copy_async (GSettings           *settings,
                      GCancellable        *cancellable,
                      GAsyncReadyCallback  callback,
                      gpointer             user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);

  g_task_set_source_tag (task, lk_sample_copy_async);
  g_task_set_task_data (task, lk_projects_folder (settings), g_object_unref);
  g_task_run_in_thread (task, copy_thread);
}

GFile *
lk_sample_copy_finish (GAsyncResult  *result,
                       GError       **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
