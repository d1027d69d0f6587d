#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>

#include "app/window/lk-new-project-dialog.h"
#include "app/window/lk-project-form.h"
#include "app/window/lk-sample.h"
#include "base/lk-text.h"

struct _LkNewProjectDialog
{
  AdwDialog       parent_instance;

  GSettings      *settings;         /* owned */
  GFile          *parent;           /* owned; the folder that the project's folder is made in */

  AdwActionRow   *location_row;
  AdwToastOverlay *toasts;
  GtkButton      *create_button;
  LkProjectForm  *form;
};

G_DEFINE_FINAL_TYPE (LkNewProjectDialog, lk_new_project_dialog, ADW_TYPE_DIALOG)

enum
{
  CREATED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

/* The name as a folder's name: what a file system or another one could not take becomes "-". Owned by the caller. */
static char *
get_folder_name (LkNewProjectDialog *self)
{
  LkProjectInfo info;
  g_autofree char *name = NULL;

  lk_project_form_get (self->form, &info);
  name = lk_text_strip (info.name, -1);
  g_strdelimit (name, "/\\:*?\"<>|", '-');
  if (*name == '.')
    *name = '-';

  return g_steal_pointer (&name);
}

static void
update (LkNewProjectDialog *self)
{
  g_autofree char *name = get_folder_name (self);
  g_autoptr (GFile) folder = *name != '\0' ? g_file_get_child (self->parent, name) : g_object_ref (self->parent);
  g_autofree char *place = g_file_get_parse_name (folder);

  adw_action_row_set_subtitle (self->location_row, place);
  gtk_widget_set_sensitive (GTK_WIDGET (self->create_button), lk_project_form_is_complete (self->form));
}

/* ---- making it ---------------------------------------------------------------------------------------------- */

typedef struct
{
  GFile         *parent;      /* owned */
  char          *folder_name;
  LkProjectInfo  info;        /* its strings are owned */
} Wish;

static void
wish_free (Wish *wish)
{
  g_object_unref (wish->parent);
  g_free (wish->folder_name);
  g_free ((char *) wish->info.name);
  g_free ((char *) wish->info.trigger);
  g_free ((char *) wish->info.class_word);
  g_free ((char *) wish->info.hair);
  g_free ((char *) wish->info.eyes);
  g_free ((char *) wish->info.skin);
  g_free ((char *) wish->info.other_features);
  g_free ((char *) wish->info.base_model);
  g_free (wish);
}

static void
create_thread (GTask        *task,
               gpointer      source,
               gpointer      data,
               GCancellable *cancellable)
{
  Wish *wish = data;
  g_autoptr (GFile) folder = lk_free_folder (wish->parent, wish->folder_name);
  g_autoptr (LkProject) project = NULL;
  GError *error = NULL;

  project = lk_project_create (g_file_peek_path (folder), &wish->info, &error);
  if (project == NULL || !lk_project_close (project, &error))
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, g_steal_pointer (&folder), g_object_unref);
}

static void
created_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  LkNewProjectDialog *self = LK_NEW_PROJECT_DIALOG (source);
  g_autoptr (GError) error = NULL;
  g_autoptr (GFile) folder = g_task_propagate_pointer (G_TASK (result), &error);

  if (folder == NULL)
    {
      AdwToast *toast = adw_toast_new (error->message);

      adw_toast_set_use_markup (toast, FALSE);
      adw_toast_set_timeout (toast, 10);
      adw_toast_overlay_add_toast (self->toasts, toast);
      gtk_widget_set_sensitive (GTK_WIDGET (self), TRUE);
      return;
    }

  g_signal_emit (self, signals[CREATED], 0, folder);
  adw_dialog_force_close (ADW_DIALOG (self));
}

static void
create_cb (LkNewProjectDialog *self)
{
  g_autoptr (GTask) task = NULL;
  LkProjectInfo info;
  Wish *wish;

  if (!lk_project_form_is_complete (self->form))
    return;

  lk_project_form_get (self->form, &info);
  wish = g_new0 (Wish, 1);
  wish->parent = g_object_ref (self->parent);
  wish->folder_name = get_folder_name (self);
  wish->info = (LkProjectInfo) {
    .name = lk_text_strip (info.name, -1),
    .trigger = lk_text_strip (info.trigger, -1),
    .class_word = lk_text_strip (info.class_word, -1),
    .hair = lk_text_strip (info.hair, -1),
    .eyes = lk_text_strip (info.eyes, -1),
    .skin = lk_text_strip (info.skin, -1),
    .other_features = lk_text_strip (info.other_features, -1),
    .base_model = g_strdup (info.base_model),
  };

  gtk_widget_set_sensitive (GTK_WIDGET (self), FALSE);
  task = g_task_new (self, NULL, created_cb, NULL);
  g_task_set_source_tag (task, create_cb);
  g_task_set_task_data (task, wish, (GDestroyNotify) wish_free);
  g_task_run_in_thread (task, create_thread);
}

/* ---- place -------------------------------------------------------------------------------------------------- */

static void
parent_chosen_cb (GObject      *source,
                  GAsyncResult *result,
                  gpointer      user_data)
{
  g_autoptr (LkNewProjectDialog) self = user_data;
  g_autoptr (GFile) folder = gtk_file_dialog_select_folder_finish (GTK_FILE_DIALOG (source), result, NULL);

  if (folder != NULL && g_file_peek_path (folder) != NULL && self->location_row != NULL)
    {
      g_set_object (&self->parent, folder);
      update (self);
    }
}

static void
choose_parent_cb (LkNewProjectDialog *self)
{
  g_autoptr (GtkFileDialog) dialog = gtk_file_dialog_new ();

  gtk_file_dialog_set_title (dialog, _("Where to Put the Project"));
  gtk_file_dialog_set_accept_label (dialog, _("_Select"));
  gtk_file_dialog_set_initial_folder (dialog, self->parent);
  gtk_file_dialog_select_folder (dialog, GTK_WINDOW (gtk_widget_get_root (GTK_WIDGET (self))), NULL,
                                 parent_chosen_cb, g_object_ref (self));
}

/* ---- dialog ------------------------------------------------------------------------------------------------- */

static void
lk_new_project_dialog_dispose (GObject *object)
{
  LkNewProjectDialog *self = LK_NEW_PROJECT_DIALOG (object);

  gtk_widget_dispose_template (GTK_WIDGET (self), LK_TYPE_NEW_PROJECT_DIALOG);
  g_clear_object (&self->settings);
  g_clear_object (&self->parent);

  G_OBJECT_CLASS (lk_new_project_dialog_parent_class)->dispose (object);
}

static void
lk_new_project_dialog_class_init (LkNewProjectDialogClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = lk_new_project_dialog_dispose;

  signals[CREATED] = g_signal_new ("created", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                   G_TYPE_NONE, 1, G_TYPE_FILE);

  g_type_ensure (LK_TYPE_PROJECT_FORM);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/likeness/Likeness/lk-new-project-dialog.ui");
  gtk_widget_class_bind_template_child (widget_class, LkNewProjectDialog, location_row);
  gtk_widget_class_bind_template_child (widget_class, LkNewProjectDialog, toasts);
  gtk_widget_class_bind_template_child (widget_class, LkNewProjectDialog, create_button);
  gtk_widget_class_bind_template_child (widget_class, LkNewProjectDialog, form);
  gtk_widget_class_bind_template_callback (widget_class, create_cb);
  gtk_widget_class_bind_template_callback (widget_class, choose_parent_cb);
  gtk_widget_class_bind_template_callback (widget_class, update);
}

static void
lk_new_project_dialog_init (LkNewProjectDialog *self)
{
  LkProjectInfo info = { .class_word = "woman" };

  gtk_widget_init_template (GTK_WIDGET (self));

  self->settings = g_settings_new (APP_ID);
  self->parent = lk_projects_folder (self->settings);
  lk_project_form_set (self->form, &info);
  lk_project_form_propose (self->form);
  update (self);
}

LkNewProjectDialog *
lk_new_project_dialog_new (void)
{
  return g_object_new (LK_TYPE_NEW_PROJECT_DIALOG, NULL);
}
