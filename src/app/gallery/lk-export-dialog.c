#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>

#include "app/gallery/lk-export-dialog.h"
#include "project/lk-prepare.h"

struct _LkExportDialog
{
  AdwDialog     parent_instance;

  LkWorkspace  *workspace;        /* owned */
  GPtrArray    *images;           /* owned; NULL: the whole data set */

  AdwActionRow *pictures_row;
  AdwComboRow  *kind_row;
  AdwComboRow  *shape_row;
  AdwComboRow  *size_row;
  AdwSpinRow   *repeats_row;
};

G_DEFINE_FINAL_TYPE (LkExportDialog, lk_export_dialog, ADW_TYPE_DIALOG)

/* 0: the project's. */
static const guint sizes[] = { 0, 1024, 768, 512 };

static void
update (LkExportDialog *self)
{
  LkExportKind kind = adw_combo_row_get_selected (self->kind_row);

  gtk_widget_set_visible (GTK_WIDGET (self->repeats_row), kind == LK_EXPORT_KOHYA);
  if (self->workspace != NULL && kind == LK_EXPORT_KOHYA)
    {
      LkProject *project = lk_workspace_get_project (self->workspace);
      guint repeats = adw_spin_row_get_value (self->repeats_row);
      g_autofree char *example = g_strdup_printf (_("Folders named like “%u_%s %s”"), MAX (repeats, 1),
                                                  lk_project_get_trigger (project), lk_project_get_class_word (project));

      adw_action_row_set_subtitle (ADW_ACTION_ROW (self->kind_row), example);
    }
  else
    adw_action_row_set_subtitle (ADW_ACTION_ROW (self->kind_row),
                                 kind == LK_EXPORT_ZIP ? _("One zip file, without folders in it") : _("Pictures and captions side by side"));
}

/* ---- exporting ---------------------------------------------------------------------------------------------- */

typedef struct
{
  LkWorkspace *workspace;    /* owned */
  LkWork      *work;         /* owned */
} Running;

static void
exported_cb (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  Running *running = user_data;
  g_autoptr (GError) error = NULL;
  guint n_written = 0;

  if (lk_project_export_finish (LK_PROJECT (source), result, &n_written, &error))
    {
      g_autofree char *text = g_strdup_printf (ngettext ("%u picture exported", "%u pictures exported", n_written), n_written);

      lk_workspace_say (running->workspace, text);
    }
  else if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    lk_workspace_say (running->workspace, error->message);

  lk_workspace_end_work (running->workspace, running->work);
  g_object_unref (running->work);
  g_object_unref (running->workspace);
  g_free (running);
}

static void
export_to (LkExportDialog *self,
           GFile          *file)
{
  Running *running = g_new0 (Running, 1);
  LkExport what = {
    .kind = adw_combo_row_get_selected (self->kind_row),
    .rule = {
      .shape = adw_combo_row_get_selected (self->shape_row),
      .resolution = sizes[adw_combo_row_get_selected (self->size_row)],
    },
    .repeats = adw_spin_row_get_value (self->repeats_row),
  };

  running->workspace = g_object_ref (self->workspace);
  running->work = g_object_ref (lk_workspace_begin_work (self->workspace, _("Exporting Pictures")));
  lk_project_export_async (lk_workspace_get_project (self->workspace), self->images, g_file_peek_path (file), &what,
                           lk_work_progress, running->work, lk_work_get_cancellable (running->work), exported_cb, running);
  adw_dialog_force_close (ADW_DIALOG (self));
}

static void
folder_chosen_cb (GObject      *source,
                  GAsyncResult *result,
                  gpointer      user_data)
{
  g_autoptr (LkExportDialog) self = user_data;
  g_autoptr (GFile) folder = gtk_file_dialog_select_folder_finish (GTK_FILE_DIALOG (source), result, NULL);

  if (folder != NULL && g_file_peek_path (folder) != NULL && self->workspace != NULL)
    export_to (self, folder);
}

static void
file_chosen_cb (GObject      *source,
                GAsyncResult *result,
                gpointer      user_data)
{
  g_autoptr (LkExportDialog) self = user_data;
  g_autoptr (GFile) file = gtk_file_dialog_save_finish (GTK_FILE_DIALOG (source), result, NULL);

  if (file != NULL && g_file_peek_path (file) != NULL && self->workspace != NULL)
    export_to (self, file);
}

static void
export_cb (LkExportDialog *self)
{
  g_autoptr (GtkFileDialog) dialog = gtk_file_dialog_new ();
  GtkWindow *window = GTK_WINDOW (gtk_widget_get_root (GTK_WIDGET (self)));

  gtk_file_dialog_set_accept_label (dialog, _("_Export"));
  if (adw_combo_row_get_selected (self->kind_row) == LK_EXPORT_ZIP)
    {
      g_autofree char *name = g_strdup_printf ("%s.zip", lk_project_get_name (lk_workspace_get_project (self->workspace)));

      gtk_file_dialog_set_title (dialog, _("Export as Zip File"));
      gtk_file_dialog_set_initial_name (dialog, name);
      gtk_file_dialog_save (dialog, window, NULL, file_chosen_cb, g_object_ref (self));
    }
  else
    {
      gtk_file_dialog_set_title (dialog, _("Export into Folder"));
      gtk_file_dialog_select_folder (dialog, window, NULL, folder_chosen_cb, g_object_ref (self));
    }
}

/* ---- dialog ------------------------------------------------------------------------------------------------- */

static void
lk_export_dialog_dispose (GObject *object)
{
  LkExportDialog *self = LK_EXPORT_DIALOG (object);

  gtk_widget_dispose_template (GTK_WIDGET (self), LK_TYPE_EXPORT_DIALOG);
  g_clear_object (&self->workspace);
  g_clear_pointer (&self->images, g_ptr_array_unref);

  G_OBJECT_CLASS (lk_export_dialog_parent_class)->dispose (object);
}

static void
lk_export_dialog_class_init (LkExportDialogClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = lk_export_dialog_dispose;

  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/likeness/Likeness/lk-export-dialog.ui");
  gtk_widget_class_bind_template_child (widget_class, LkExportDialog, kind_row);
  gtk_widget_class_bind_template_child (widget_class, LkExportDialog, pictures_row);
  gtk_widget_class_bind_template_child (widget_class, LkExportDialog, repeats_row);
  gtk_widget_class_bind_template_child (widget_class, LkExportDialog, shape_row);
  gtk_widget_class_bind_template_child (widget_class, LkExportDialog, size_row);
  gtk_widget_class_bind_template_callback (widget_class, export_cb);
  gtk_widget_class_bind_template_callback (widget_class, update);
}

static void
lk_export_dialog_init (LkExportDialog *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

LkExportDialog *
lk_export_dialog_new (LkWorkspace *workspace,
                      GPtrArray   *images)
{
  LkExportDialog *self = g_object_new (LK_TYPE_EXPORT_DIALOG, NULL);
  LkProject *project = lk_workspace_get_project (workspace);
  g_autoptr (GtkStringList) names = gtk_string_list_new (NULL);
  g_autoptr (GPtrArray) data_set = images == NULL ? lk_project_dup_data_set (project) : g_ptr_array_ref (images);
  g_autofree char *count = g_strdup_printf (ngettext ("%u picture", "%u pictures", data_set->len), data_set->len);

  self->workspace = g_object_ref (workspace);
  self->images = images != NULL ? g_ptr_array_ref (images) : NULL;
  adw_action_row_set_subtitle (self->pictures_row, count);
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      guint side = i == 0 ? lk_project_get_resolution (project) : sizes[i];
      g_autofree char *name = g_strdup_printf (i == 0 ? _("%u px, as the project trains") : _("%u px"), side);

      gtk_string_list_append (names, name);
    }
  adw_combo_row_set_model (self->size_row, G_LIST_MODEL (names));
  update (self);

  return self;
}
