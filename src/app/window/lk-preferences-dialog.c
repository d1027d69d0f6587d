#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>

#include "app/window/lk-devices.h"
#include "app/window/lk-preferences-dialog.h"
#include "app/window/lk-sample.h"

struct _LkPreferencesDialog
{
  AdwPreferencesDialog  parent_instance;

  GSettings            *settings;        /* owned */
  LkDevices            *devices;         /* owned */
  gboolean              is_updating;     /* the row follows the setting, not the other way round */

  AdwComboRow          *device_row;
  AdwActionRow         *projects_row;
  AdwActionRow         *models_row;
  AdwActionRow         *tag_list_row;
  GtkButton            *tag_list_clear;
  AdwSwitchRow         *reopen_row;
  GtkScale             *size_scale;
};

G_DEFINE_FINAL_TYPE (LkPreferencesDialog, lk_preferences_dialog, ADW_TYPE_PREFERENCES_DIALOG)

/* ---- device ------------------------------------------------------------------------------------------------- */

static void
update_device (LkPreferencesDialog *self)
{
  GListModel *model = lk_devices_get_model (self->devices);
  g_autofree char *spec = g_settings_get_string (self->settings, "device");
  g_autoptr (LkDeviceChoice) used = lk_devices_resolve (self->devices, spec);
  const char *hint = lk_device_choice_get_hint (used);
  guint selected = 0;

  for (guint i = 0; i < g_list_model_get_n_items (model); i++)
    {
      g_autoptr (LkDeviceChoice) choice = g_list_model_get_item (model, i);

      if (g_str_equal (lk_device_choice_get_spec (choice), spec))
        selected = i;
    }

  self->is_updating = TRUE;
  adw_combo_row_set_selected (self->device_row, selected);
  self->is_updating = FALSE;
  if (selected == 0)
    {
      g_autofree char *text = g_strdup_printf (_("Uses %s"), lk_device_choice_get_label (used));

      adw_action_row_set_subtitle (ADW_ACTION_ROW (self->device_row), text);
    }
  else
    adw_action_row_set_subtitle (ADW_ACTION_ROW (self->device_row), hint != NULL ? hint : "");
}

static void
device_selected_cb (LkPreferencesDialog *self)
{
  LkDeviceChoice *choice = adw_combo_row_get_selected_item (self->device_row);

  if (!self->is_updating && choice != NULL)
    g_settings_set_string (self->settings, "device", lk_device_choice_get_spec (choice));
}

/* ---- folders ------------------------------------------------------------------------------------------------ */

static void
update_folders (LkPreferencesDialog *self)
{
  g_autoptr (GFile) projects = lk_projects_folder (self->settings);
  g_autofree char *projects_name = g_file_get_parse_name (projects);
  g_autofree char *uri = g_settings_get_string (self->settings, "models-folder");

  adw_action_row_set_subtitle (self->projects_row, projects_name);
  if (*uri != '\0')
    {
      g_autoptr (GFile) models = g_file_new_for_uri (uri);
      g_autofree char *models_name = g_file_get_parse_name (models);

      adw_action_row_set_subtitle (self->models_row, models_name);
    }
  else
    adw_action_row_set_subtitle (self->models_row, _("Not set"));
}

typedef struct
{
  LkPreferencesDialog *self;     /* owned */
  const char          *key;
} Choosing;

static void
folder_chosen_cb (GObject      *source,
                  GAsyncResult *result,
                  gpointer      user_data)
{
  Choosing *choosing = user_data;
  g_autoptr (GFile) folder = gtk_file_dialog_select_folder_finish (GTK_FILE_DIALOG (source), result, NULL);

  if (folder != NULL)
    {
      g_autofree char *uri = g_file_get_uri (folder);

      g_settings_set_string (choosing->self->settings, choosing->key, uri);
    }
  g_object_unref (choosing->self);
  g_free (choosing);
}

static void
choose_folder (LkPreferencesDialog *self,
               const char          *key,
               const char          *title,
               GFile               *initial)
{
  g_autoptr (GtkFileDialog) dialog = gtk_file_dialog_new ();
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));
  Choosing *choosing = g_new0 (Choosing, 1);

  choosing->self = g_object_ref (self);
  choosing->key = key;
  gtk_file_dialog_set_title (dialog, title);
  gtk_file_dialog_set_accept_label (dialog, _("_Select"));
  if (initial != NULL)
    gtk_file_dialog_set_initial_folder (dialog, initial);
  gtk_file_dialog_select_folder (dialog, GTK_WINDOW (root), NULL, folder_chosen_cb, choosing);
}

static void
choose_projects_cb (LkPreferencesDialog *self)
{
  g_autoptr (GFile) initial = lk_projects_folder (self->settings);

  choose_folder (self, "projects-folder", _("Folder for New Projects"), initial);
}

static void
choose_models_cb (LkPreferencesDialog *self)
{
  g_autofree char *uri = g_settings_get_string (self->settings, "models-folder");
  g_autoptr (GFile) initial = *uri != '\0' ? g_file_new_for_uri (uri) : NULL;

  choose_folder (self, "models-folder", _("Folder of Base Models"), initial);
}

/* ---- table of tags ------------------------------------------------------------------------------------------- */

static void
update_tag_list (LkPreferencesDialog *self)
{
  g_autofree char *uri = g_settings_get_string (self->settings, "tag-list");
  g_autoptr (GFile) file = *uri != '\0' ? g_file_new_for_uri (uri) : NULL;
  g_autofree char *name = file != NULL ? g_file_get_parse_name (file) : NULL;

  adw_action_row_set_subtitle (self->tag_list_row, name != NULL ? name : _("A CSV file with a name, a type and a count on each line"));
  gtk_widget_set_visible (GTK_WIDGET (self->tag_list_clear), name != NULL);
}

static void
tag_list_chosen_cb (GObject      *source,
                    GAsyncResult *result,
                    gpointer      user_data)
{
  g_autoptr (LkPreferencesDialog) self = user_data;
  g_autoptr (GFile) file = gtk_file_dialog_open_finish (GTK_FILE_DIALOG (source), result, NULL);
  g_autofree char *uri = file != NULL ? g_file_get_uri (file) : NULL;

  if (uri != NULL && self->settings != NULL)
    g_settings_set_string (self->settings, "tag-list", uri);
}

static void
choose_tag_list_cb (LkPreferencesDialog *self)
{
  g_autoptr (GtkFileDialog) dialog = gtk_file_dialog_new ();

  gtk_file_dialog_set_title (dialog, _("Table of Tags"));
  gtk_file_dialog_set_accept_label (dialog, _("_Select"));
  gtk_file_dialog_open (dialog, GTK_WINDOW (gtk_widget_get_root (GTK_WIDGET (self))), NULL, tag_list_chosen_cb, g_object_ref (self));
}

static void
clear_tag_list_cb (LkPreferencesDialog *self)
{
  g_settings_reset (self->settings, "tag-list");
}

/* ---- dialog ------------------------------------------------------------------------------------------------- */

static void
lk_preferences_dialog_dispose (GObject *object)
{
  LkPreferencesDialog *self = LK_PREFERENCES_DIALOG (object);

  gtk_widget_dispose_template (GTK_WIDGET (self), LK_TYPE_PREFERENCES_DIALOG);
  g_clear_object (&self->settings);
  g_clear_object (&self->devices);

  G_OBJECT_CLASS (lk_preferences_dialog_parent_class)->dispose (object);
}

static void
lk_preferences_dialog_class_init (LkPreferencesDialogClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = lk_preferences_dialog_dispose;

  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/likeness/Likeness/lk-preferences-dialog.ui");
  gtk_widget_class_bind_template_child (widget_class, LkPreferencesDialog, device_row);
  gtk_widget_class_bind_template_child (widget_class, LkPreferencesDialog, projects_row);
  gtk_widget_class_bind_template_child (widget_class, LkPreferencesDialog, models_row);
  gtk_widget_class_bind_template_child (widget_class, LkPreferencesDialog, reopen_row);
  gtk_widget_class_bind_template_child (widget_class, LkPreferencesDialog, size_scale);
  gtk_widget_class_bind_template_child (widget_class, LkPreferencesDialog, tag_list_clear);
  gtk_widget_class_bind_template_child (widget_class, LkPreferencesDialog, tag_list_row);
  gtk_widget_class_bind_template_callback (widget_class, choose_tag_list_cb);
  gtk_widget_class_bind_template_callback (widget_class, clear_tag_list_cb);
  gtk_widget_class_bind_template_callback (widget_class, device_selected_cb);
  gtk_widget_class_bind_template_callback (widget_class, choose_projects_cb);
  gtk_widget_class_bind_template_callback (widget_class, choose_models_cb);
}

static void
lk_preferences_dialog_init (LkPreferencesDialog *self)
{
  g_type_ensure (LK_TYPE_DEVICE_CHOICE);
  gtk_widget_init_template (GTK_WIDGET (self));

  self->settings = g_settings_new (APP_ID);
  self->devices = lk_devices_get_default ();

  self->is_updating = TRUE;
  adw_combo_row_set_model (self->device_row, lk_devices_get_model (self->devices));
  self->is_updating = FALSE;
  g_signal_connect_object (lk_devices_get_model (self->devices), "items-changed", G_CALLBACK (update_device), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->settings, "changed::device", G_CALLBACK (update_device), self, G_CONNECT_SWAPPED);
  update_device (self);

  g_signal_connect_object (self->settings, "changed::projects-folder", G_CALLBACK (update_folders), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->settings, "changed::models-folder", G_CALLBACK (update_folders), self, G_CONNECT_SWAPPED);
  update_folders (self);

  g_signal_connect_object (self->settings, "changed::tag-list", G_CALLBACK (update_tag_list), self, G_CONNECT_SWAPPED);
  update_tag_list (self);

  g_settings_bind (self->settings, "reopen-project", self->reopen_row, "active", G_SETTINGS_BIND_DEFAULT);
  g_settings_bind (self->settings, "thumbnail-size", gtk_range_get_adjustment (GTK_RANGE (self->size_scale)), "value",
                   G_SETTINGS_BIND_DEFAULT);
}

LkPreferencesDialog *
lk_preferences_dialog_new (void)
{
  return g_object_new (LK_TYPE_PREFERENCES_DIALOG, NULL);
}
