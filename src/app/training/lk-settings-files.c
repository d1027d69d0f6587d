#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>
#include <string.h>

#include "app/training/lk-settings-files.h"
#include "app/training/lk-settings-report.h"
#include "remote/lk-kohya-settings.h"

/* What a file dialog was opened for. */
typedef struct
{
  LkWorkspace *workspace;       /* owned, as are the others */
  GtkWidget   *form;            /* of an import */
  char        *toml, *json;     /* of an export */
} Order;

static void
order_free (Order *order)
{
  g_object_unref (order->workspace);
  g_clear_object (&order->form);
  g_free (order->toml);
  g_free (order->json);
  g_free (order);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Order, order_free)

/* ---- import ---------------------------------------------------------------------------------------------------- */

static void
read_cb (GObject      *object,
         GAsyncResult *result,
         gpointer      user_data)
{
  g_autoptr (Order) order = user_data;
  LkTrainingForm *form = LK_TRAINING_FORM (order->form);
  g_autoptr (LkTrainSettings) settings = lk_train_settings_copy (lk_training_form_get_settings (form));
  g_autofree char *text = NULL, *name = g_file_get_basename (G_FILE (object));
  g_autoptr (GPtrArray) images = lk_project_dup_data_set (lk_workspace_get_project (order->workspace)), rows = NULL;
  g_autoptr (GError) error = NULL;
  guint n_pictures = 0;

  for (guint i = 0; i < images->len; i++)
    n_pictures += lk_image_get_repeats (g_ptr_array_index (images, i));
  if (g_file_load_contents_finish (G_FILE (object), result, &text, NULL, NULL, &error))
    rows = lk_kohya_settings_parse (text, name, n_pictures, settings, &error);
  if (rows == NULL)
    {
      lk_workspace_say (order->workspace, error->message);
      return;
    }
  lk_training_form_set_settings (form, settings);
  if (gtk_widget_get_root (order->form) != NULL)
    adw_dialog_present (ADW_DIALOG (lk_settings_report_new (rows)), order->form);
}

static void
opened_cb (GObject      *object,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_autoptr (Order) order = user_data;
  g_autoptr (GFile) file = gtk_file_dialog_open_finish (GTK_FILE_DIALOG (object), result, NULL);

  if (file != NULL)
    g_file_load_contents_async (file, NULL, read_cb, g_steal_pointer (&order));
}

void
lk_settings_files_import (LkTrainingForm *form,
                          LkWorkspace    *workspace)
{
  g_autoptr (GtkFileDialog) dialog = gtk_file_dialog_new ();
  g_autoptr (GListStore) filters = g_list_store_new (GTK_TYPE_FILE_FILTER);
  g_autoptr (GtkFileFilter) filter = gtk_file_filter_new ();
  Order *order = g_new0 (Order, 1);

  order->workspace = g_object_ref (workspace);
  order->form = g_object_ref (GTK_WIDGET (form));
  gtk_file_filter_set_name (filter, _("kohya’s Settings"));
  gtk_file_filter_add_suffix (filter, "toml");
  gtk_file_filter_add_suffix (filter, "json");
  g_list_store_append (filters, filter);
  gtk_file_dialog_set_title (dialog, _("Import Settings"));
  gtk_file_dialog_set_filters (dialog, G_LIST_MODEL (filters));
  gtk_file_dialog_open (dialog, GTK_WINDOW (gtk_widget_get_root (GTK_WIDGET (form))), NULL, opened_cb, order);
}

/* ---- export ---------------------------------------------------------------------------------------------------- */

static void
written_cb (GObject      *object,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autoptr (Order) order = user_data;
  g_autoptr (GError) error = NULL;

  if (g_file_replace_contents_finish (G_FILE (object), result, NULL, &error))
    lk_workspace_say (order->workspace, _("The settings were saved."));
  else
    lk_workspace_say (order->workspace, error->message);
}

static void
named_cb (GObject      *object,
          GAsyncResult *result,
          gpointer      user_data)
{
  g_autoptr (Order) order = user_data;
  g_autoptr (GFile) file = gtk_file_dialog_save_finish (GTK_FILE_DIALOG (object), result, NULL);
  g_autofree char *name = file != NULL ? g_file_get_basename (file) : NULL;
  g_autoptr (GBytes) bytes = NULL;
  const char *text;

  if (file == NULL)
    return;
  text = g_str_has_suffix (name, ".json") ? order->json : order->toml;
  bytes = g_bytes_new (text, strlen (text));
  g_file_replace_contents_bytes_async (file, bytes, NULL, FALSE, G_FILE_CREATE_REPLACE_DESTINATION, NULL, written_cb, g_steal_pointer (&order));
}

void
lk_settings_files_export (GtkWidget             *widget,
                          LkWorkspace           *workspace,
                          const LkTrainSettings *settings,
                          const char            *base)
{
  g_autoptr (GtkFileDialog) dialog = gtk_file_dialog_new ();
  g_autofree char *name = g_strdup_printf ("%s.toml", settings->output_name);
  Order *order = g_new0 (Order, 1);

  order->workspace = g_object_ref (workspace);
  order->toml = lk_kohya_settings_to_toml (settings, base);
  order->json = lk_kohya_settings_to_json (settings, base);
  gtk_file_dialog_set_title (dialog, _("Save Settings for kohya (.toml or .json)"));
  gtk_file_dialog_set_initial_name (dialog, name);
  gtk_file_dialog_save (dialog, GTK_WINDOW (gtk_widget_get_root (widget)), NULL, named_cb, order);
}
