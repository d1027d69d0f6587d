#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>

#include "app/gallery/lk-import.h"

static void
import_files (LkWorkspace *workspace,
              GSList      *files)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) paths = NULL;

  for (GSList *l = files; l; l = l->next)
    if (g_file_peek_path (l->data) != NULL)
      g_strv_builder_add (builder, g_file_peek_path (l->data));

  paths = g_strv_builder_end (builder);
  if (paths[0] != NULL)
    lk_workspace_import (workspace, (const char * const *) paths);
  else
    lk_workspace_say (workspace, _("Only files of this computer can be imported"));
}

/* ---- dialogs ------------------------------------------------------------------------------------------------ */

static void
files_chosen_cb (GObject      *source,
                 GAsyncResult *result,
                 gpointer      user_data)
{
  g_autoptr (LkWorkspace) workspace = user_data;
  g_autoptr (GListModel) files = gtk_file_dialog_open_multiple_finish (GTK_FILE_DIALOG (source), result, NULL);
  GSList *list = NULL;

  if (files == NULL)
    return;

  for (guint i = g_list_model_get_n_items (files); i > 0; i--)
    list = g_slist_prepend (list, g_list_model_get_item (files, i - 1));
  import_files (workspace, list);
  g_slist_free_full (list, g_object_unref);
}

void
lk_import_choose_files (LkWorkspace *workspace,
                        GtkWidget   *parent)
{
  static const char * const archives[] = { "application/zip", "application/x-tar", "application/x-compressed-tar", "application/x-7z-compressed" };
  g_autoptr (GtkFileDialog) dialog = gtk_file_dialog_new ();
  g_autoptr (GtkFileFilter) filter = gtk_file_filter_new ();
  g_autoptr (GtkFileFilter) all = gtk_file_filter_new ();
  g_autoptr (GListStore) filters = g_list_store_new (GTK_TYPE_FILE_FILTER);

  g_return_if_fail (LK_IS_WORKSPACE (workspace));

  gtk_file_filter_set_name (filter, _("Pictures and Archives"));
  gtk_file_filter_add_mime_type (filter, "image/*");
  for (gsize i = 0; i < G_N_ELEMENTS (archives); i++)
    gtk_file_filter_add_mime_type (filter, archives[i]);
  gtk_file_filter_set_name (all, _("All Files"));
  gtk_file_filter_add_pattern (all, "*");
  g_list_store_append (filters, filter);
  g_list_store_append (filters, all);
  gtk_file_dialog_set_filters (dialog, G_LIST_MODEL (filters));
  gtk_file_dialog_set_title (dialog, _("Import Pictures"));
  gtk_file_dialog_set_accept_label (dialog, _("_Import"));
  gtk_file_dialog_open_multiple (dialog, GTK_WINDOW (gtk_widget_get_root (parent)), NULL, files_chosen_cb, g_object_ref (workspace));
}

static void
folders_chosen_cb (GObject      *source,
                   GAsyncResult *result,
                   gpointer      user_data)
{
  g_autoptr (LkWorkspace) workspace = user_data;
  g_autoptr (GFile) folder = gtk_file_dialog_select_folder_finish (GTK_FILE_DIALOG (source), result, NULL);
  g_autoptr (GSList) list = NULL;

  if (folder == NULL)
    return;

  list = g_slist_prepend (NULL, folder);
  import_files (workspace, list);
}

void
lk_import_choose_folder (LkWorkspace *workspace,
                         GtkWidget   *parent)
{
  g_autoptr (GtkFileDialog) dialog = gtk_file_dialog_new ();

  g_return_if_fail (LK_IS_WORKSPACE (workspace));

  gtk_file_dialog_set_title (dialog, _("Import a Folder of Pictures"));
  gtk_file_dialog_set_accept_label (dialog, _("_Import"));
  gtk_file_dialog_select_folder (dialog, GTK_WINDOW (gtk_widget_get_root (parent)), NULL, folders_chosen_cb, g_object_ref (workspace));
}

/* ---- textures ----------------------------------------------------------------------------------------------- */

/* Compressing a large picture takes longer than a frame. */
static void
compress_thread (GTask        *task,
                 gpointer      source,
                 gpointer      data,
                 GCancellable *cancellable)
{
  g_task_return_pointer (task, gdk_texture_save_to_png_bytes (data), (GDestroyNotify) g_bytes_unref);
}

static void
compressed_cb (GObject      *source,
               GAsyncResult *result,
               gpointer      user_data)
{
  g_autoptr (GBytes) bytes = g_task_propagate_pointer (G_TASK (result), NULL);
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  g_autofree char *name = g_date_time_format (now, "pasted %Y-%m-%d %H-%M-%S.png");

  lk_workspace_import_bytes (LK_WORKSPACE (source), bytes, name);
}

static void
import_texture (LkWorkspace *workspace,
                GdkTexture  *texture)
{
  g_autoptr (GTask) task = g_task_new (workspace, NULL, compressed_cb, NULL);

  g_task_set_source_tag (task, import_texture);
  g_task_set_task_data (task, g_object_ref (texture), g_object_unref);
  g_task_run_in_thread (task, compress_thread);
}

gboolean
lk_import_value (LkWorkspace  *workspace,
                 const GValue *value)
{
  g_return_val_if_fail (LK_IS_WORKSPACE (workspace), FALSE);

  if (G_VALUE_HOLDS (value, GDK_TYPE_FILE_LIST))
    {
      g_autoptr (GSList) files = gdk_file_list_get_files (g_value_get_boxed (value));

      import_files (workspace, files);
      return TRUE;
    }
  if (G_VALUE_HOLDS (value, GDK_TYPE_TEXTURE))
    {
      import_texture (workspace, g_value_get_object (value));
      return TRUE;
    }

  return FALSE;
}

/* ---- clipboard ---------------------------------------------------------------------------------------------- */

static void
clipboard_read_cb (GObject      *source,
                   GAsyncResult *result,
                   gpointer      user_data)
{
  g_autoptr (LkWorkspace) workspace = user_data;
  g_autoptr (GError) error = NULL;
  const GValue *value = gdk_clipboard_read_value_finish (GDK_CLIPBOARD (source), result, &error);

  if (value == NULL)
    lk_workspace_say (workspace, error->message);
  else
    lk_import_value (workspace, value);
}

void
lk_import_clipboard (LkWorkspace  *workspace,
                     GdkClipboard *clipboard)
{
  GdkContentFormats *formats = gdk_clipboard_get_formats (clipboard);
  GType type = G_TYPE_INVALID;
  g_autoptr (GdkContentFormats) readable = NULL;

  g_return_if_fail (LK_IS_WORKSPACE (workspace));

  /* A file manager offers both; the files keep their names and captions. */
  readable = gdk_content_formats_union_deserialize_gtypes (gdk_content_formats_ref (formats));
  if (gdk_content_formats_contain_gtype (readable, GDK_TYPE_FILE_LIST))
    type = GDK_TYPE_FILE_LIST;
  else if (gdk_content_formats_contain_gtype (readable, GDK_TYPE_TEXTURE))
    type = GDK_TYPE_TEXTURE;

  if (type == G_TYPE_INVALID)
    lk_workspace_say (workspace, _("There is no picture in the clipboard"));
  else
    gdk_clipboard_read_value_async (clipboard, type, G_PRIORITY_DEFAULT, NULL, clipboard_read_cb, g_object_ref (workspace));
}
