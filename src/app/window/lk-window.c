#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>

#include "app/window/lk-engine.h"
#include "app/window/lk-new-project-dialog.h"
#include "app/window/lk-project-view.h"
#include "app/window/lk-recent.h"
#include "app/window/lk-sample.h"
#include "app/window/lk-welcome-page.h"
#include "app/window/lk-window.h"

struct _LkWindow
{
  AdwApplicationWindow  parent_instance;

  GSettings            *settings;       /* owned */
  GFile                *folder;         /* owned; shown or being opened */
  GCancellable         *opening;        /* owned; while a project is being opened */
  LkProject            *opened;         /* owned; opened, and shown in the next turn */
  guint                 opened_source;
  LkWorkspace          *workspace;      /* owned */
  LkProjectView        *view;           /* in the stack, while a project is open */

  LkEngine             *engine;         /* owned */
  AdwDialog            *leave_dialog;   /* while it asks */
  gboolean              is_leaving;     /* closes, as soon as the jobs of its project have ended */
  gboolean              closes_window;  /* else only the project */
  guint                 leave_source;

  AdwToast             *step_toast;     /* the toast that counts, while it is shown */
  LkStepKind            step_kind;      /* what it counts */
  guint                 step_n;         /* things, as the toast says */
  guint                 step_n_steps;   /* steps that its button undoes */

  AdwToast             *undo_toast;     /* the same for undone (or redone) steps */
  gboolean              undo_toast_is_redo;
  guint                 undo_n;

  AdwToastOverlay      *toasts;
  GtkStack             *stack;
  LkWelcomePage        *welcome;
};

G_DEFINE_FINAL_TYPE (LkWindow, lk_window, ADW_TYPE_APPLICATION_WINDOW)

GFile *
lk_window_get_folder (LkWindow *self)
{
  g_return_val_if_fail (LK_IS_WINDOW (self), NULL);

  return self->folder;
}

LkWorkspace *
lk_window_get_workspace (LkWindow *self)
{
  g_return_val_if_fail (LK_IS_WINDOW (self), NULL);

  return self->workspace;
}

/* ---- toasts ------------------------------------------------------------------------------------------------- */

/* Toasts read markup otherwise. */
static AdwToast *
toast_new (const char *text)
{
  AdwToast *toast = adw_toast_new (text);

  adw_toast_set_use_markup (toast, FALSE);
  return toast;
}

static void
message_cb (LkWindow   *self,
            const char *text)
{
  AdwToast *toast = toast_new (text);

  adw_toast_set_timeout (toast, strlen (text) > 60 ? 10 : 5);
  adw_toast_overlay_add_toast (self->toasts, toast);
}

static void
step_toast_dismissed_cb (LkWindow *self)
{
  g_clear_object (&self->step_toast);
}

static void
undo_toast_dismissed_cb (LkWindow *self)
{
  g_clear_object (&self->undo_toast);
}

static char *
describe_step (LkStepKind kind,
               guint      n)
{
  switch (kind)
    {
    case LK_STEP_REMOVE:
      return g_strdup_printf (ngettext ("%u picture removed", "%u pictures removed", n), n);

    case LK_STEP_CROP:
      return g_strdup_printf (ngettext ("%u picture cropped", "%u pictures cropped", n), n);

    case LK_STEP_FIX:
      return g_strdup_printf (ngettext ("%u finding fixed", "%u findings fixed", n), n);

    case LK_STEP_CAPTIONS:
      return g_strdup_printf (ngettext ("%u caption changed", "%u captions changed", n), n);

    default:
      g_assert_not_reached ();
    }
}

/* The same kind of edit made again counts up in the toast that is there, and its button undoes all of them. */
static void
stepped_cb (LkWindow *self,
            guint     kind,
            guint     n)
{
  g_autofree char *text = NULL;

  if (self->step_toast != NULL && self->step_kind == kind)
    {
      self->step_n += n;
      self->step_n_steps++;
    }
  else
    {
      if (self->step_toast != NULL)
        adw_toast_dismiss (self->step_toast);
      self->step_kind = kind;
      self->step_n = n;
      self->step_n_steps = 1;
    }

  text = describe_step (self->step_kind, self->step_n);

  if (self->step_toast == NULL)
    {
      self->step_toast = g_object_ref_sink (toast_new (text));
      adw_toast_set_button_label (self->step_toast, _("_Undo"));
      adw_toast_set_action_name (self->step_toast, "win.undo-steps");
      g_signal_connect_object (self->step_toast, "dismissed", G_CALLBACK (step_toast_dismissed_cb), self, G_CONNECT_SWAPPED);
    }
  adw_toast_set_action_target (self->step_toast, "u", self->step_n_steps);
  adw_toast_set_title (self->step_toast, text);
  adw_toast_overlay_add_toast (self->toasts, g_object_ref (self->step_toast));
}

/* Says what was undone or redone, counting up while it goes on. */
static void
say_undone (LkWindow   *self,
            const char *title,
            gboolean    is_redo)
{
  g_autofree char *text = NULL;

  if (self->step_toast != NULL)
    adw_toast_dismiss (self->step_toast);
  if (self->undo_toast != NULL && self->undo_toast_is_redo != is_redo)
    adw_toast_dismiss (self->undo_toast);

  self->undo_n = self->undo_toast != NULL ? self->undo_n + 1 : 1;
  if (self->undo_n == 1)
    text = g_strdup_printf (is_redo ? _("Redone: %s") : _("Undone: %s"), title);
  else if (is_redo)
    text = g_strdup_printf (ngettext ("%u step redone", "%u steps redone", self->undo_n), self->undo_n);
  else
    text = g_strdup_printf (ngettext ("%u step undone", "%u steps undone", self->undo_n), self->undo_n);

  if (self->undo_toast == NULL)
    {
      self->undo_toast = g_object_ref_sink (toast_new (text));
      self->undo_toast_is_redo = is_redo;
      adw_toast_set_button_label (self->undo_toast, is_redo ? _("_Undo") : _("_Redo"));
      adw_toast_set_action_name (self->undo_toast, is_redo ? "win.undo-steps" : "win.redo-steps");
      g_signal_connect_object (self->undo_toast, "dismissed", G_CALLBACK (undo_toast_dismissed_cb), self, G_CONNECT_SWAPPED);
    }
  adw_toast_set_action_target (self->undo_toast, "u", self->undo_n);
  adw_toast_set_title (self->undo_toast, text);
  adw_toast_overlay_add_toast (self->toasts, g_object_ref (self->undo_toast));
}

/* ---- undo --------------------------------------------------------------------------------------------------- */

/* In a text field Ctrl+Z is about its words, also when there are none left to undo. */
static gboolean
is_typing (LkWindow *self)
{
  GtkWidget *focus = gtk_window_get_focus (GTK_WINDOW (self));

  return GTK_IS_EDITABLE (focus) || GTK_IS_TEXT_VIEW (focus);
}

static void
undo_steps (LkWindow *self,
            guint     n_steps,
            gboolean  is_redo)
{
  for (guint i = 0; i < n_steps && self->workspace != NULL; i++)
    {
      g_autofree char *title = is_redo ? lk_workspace_redo (self->workspace) : lk_workspace_undo (self->workspace);

      if (title == NULL)
        return;
      say_undone (self, title, is_redo);
    }
}

static void
undo_action (GtkWidget  *widget,
             const char *action_name,
             GVariant   *parameter)
{
  undo_steps (LK_WINDOW (widget), 1, FALSE);
}

static void
redo_action (GtkWidget  *widget,
             const char *action_name,
             GVariant   *parameter)
{
  undo_steps (LK_WINDOW (widget), 1, TRUE);
}

static void
undo_steps_action (GtkWidget  *widget,
                   const char *action_name,
                   GVariant   *parameter)
{
  undo_steps (LK_WINDOW (widget), g_variant_get_uint32 (parameter), FALSE);
}

static void
redo_steps_action (GtkWidget  *widget,
                   const char *action_name,
                   GVariant   *parameter)
{
  undo_steps (LK_WINDOW (widget), g_variant_get_uint32 (parameter), TRUE);
}

static gboolean
undo_key_cb (GtkWidget *widget,
             GVariant  *args,
             gpointer   user_data)
{
  LkWindow *self = LK_WINDOW (widget);

  if (is_typing (self))
    return GDK_EVENT_PROPAGATE;

  undo_steps (self, 1, g_variant_get_boolean (args));
  return GDK_EVENT_STOP;
}

static void
update_undo_actions (LkWindow *self)
{
  LkProject *project = self->workspace != NULL ? lk_workspace_get_project (self->workspace) : NULL;
  gboolean is_writable = project != NULL && !lk_project_is_read_only (project);

  gtk_widget_action_set_enabled (GTK_WIDGET (self), "win.undo", is_writable && lk_project_get_undo_title (project) != NULL);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "win.redo", is_writable && lk_project_get_redo_title (project) != NULL);
}

/* ---- the project -------------------------------------------------------------------------------------------- */

static void
update_title (LkWindow *self)
{
  const char *name = self->workspace != NULL ? lk_project_get_name (lk_workspace_get_project (self->workspace)) : NULL;
  /* Translators: the title of a window: a project's name and the application's. */
  g_autofree char *title = name != NULL ? g_strdup_printf (_("%s – Likeness"), name) : g_strdup (_("Likeness"));

  gtk_window_set_title (GTK_WINDOW (self), title);
}

static void
close_project (LkWindow *self)
{
  g_autoptr (GError) error = NULL;

  g_cancellable_cancel (self->opening);
  g_clear_object (&self->opening);
  g_clear_handle_id (&self->opened_source, g_source_remove);
  g_clear_object (&self->opened);
  g_clear_object (&self->folder);
  gtk_stack_set_visible_child_name (self->stack, "welcome");

  if (self->view != NULL)
    {
      gtk_stack_remove (self->stack, GTK_WIDGET (self->view));
      self->view = NULL;
    }
  if (self->workspace != NULL)
    {
      g_signal_handlers_disconnect_by_data (lk_workspace_get_project (self->workspace), self);
      g_signal_handlers_disconnect_by_data (self->workspace, self);
      if (!lk_workspace_close (self->workspace, &error))
        message_cb (self, error->message);
      g_clear_object (&self->workspace);
    }

  update_title (self);
  update_undo_actions (self);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "win.close-project", FALSE);
}

/* What stands behind the pages. */
static void
adopt_project (LkWindow  *self,
               LkProject *project)
{
  g_autoptr (GFile) folder = g_file_new_for_path (lk_project_get_folder (project));
  close_project (self);
  self->folder = g_steal_pointer (&folder);

  self->workspace = lk_workspace_new (project);
  g_signal_connect_object (self->workspace, "message", G_CALLBACK (message_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->workspace, "stepped", G_CALLBACK (stepped_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (project, "notify::name", G_CALLBACK (update_title), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (project, "notify::undo-title", G_CALLBACK (update_undo_actions), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (project, "notify::redo-title", G_CALLBACK (update_undo_actions), self, G_CONNECT_SWAPPED);

}

static void
show_project (LkWindow *self)
{
  self->view = lk_project_view_new (self->workspace);
  gtk_stack_add_child (self->stack, GTK_WIDGET (self->view));
  gtk_stack_set_visible_child (self->stack, GTK_WIDGET (self->view));

  lk_recent_add (self->settings, self->folder);
  update_title (self);
  update_undo_actions (self);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "win.close-project", TRUE);
}

void
lk_window_set_project (LkWindow  *self,
                       LkProject *project)
{
  g_return_if_fail (LK_IS_WINDOW (self));
  g_return_if_fail (LK_IS_PROJECT (project));

  adopt_project (self, project);
  show_project (self);
}

/* Step after step, each in a turn of its own. */
static gboolean
show_opened_cb (gpointer user_data)
{
  LkWindow *self = user_data;

  if (self->workspace == NULL)
    {
      g_autoptr (LkProject) project = g_steal_pointer (&self->opened);

      self->opened_source = 0;     /* closing what was open before would take it away */
      adopt_project (self, project);
      self->opened_source = g_idle_add (show_opened_cb, self);
      return G_SOURCE_REMOVE;
    }

  self->opened_source = 0;
  show_project (self);
  return G_SOURCE_REMOVE;
}

static void
opened_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_autoptr (LkWindow) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (LkProject) project = lk_project_open_finish (result, &error);

  if (project == NULL && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;

  if (project != NULL)
    {
      g_clear_object (&self->opening);
      self->opened = g_steal_pointer (&project);
      self->opened_source = g_idle_add (show_opened_cb, self);
    }
  else
    {
      AdwDialog *dialog = adw_alert_dialog_new (_("Project Cannot Be Opened"), error->message);

      close_project (self);
      adw_alert_dialog_add_response (ADW_ALERT_DIALOG (dialog), "close", _("_Close"));
      adw_dialog_present (dialog, GTK_WIDGET (self));
    }
}

void
lk_window_open (LkWindow *self,
                GFile    *folder)
{
  g_autofree char *path = NULL;

  g_return_if_fail (LK_IS_WINDOW (self));
  g_return_if_fail (G_IS_FILE (folder));

  path = g_file_get_path (folder);
  if (path == NULL)
    {
      message_cb (self, _("A project must lie in a folder of this computer"));
      return;
    }

  close_project (self);
  self->folder = g_object_ref (folder);
  self->opening = g_cancellable_new ();
  gtk_stack_set_visible_child_name (self->stack, "opening");
  lk_project_open_async (path, LK_PROJECT_OPEN, self->opening, opened_cb, g_object_ref (self));
}

/* ---- actions ------------------------------------------------------------------------------------------------ */

static void
created_cb (LkWindow *self,
            GFile    *folder)
{
  GtkApplication *application = gtk_window_get_application (GTK_WINDOW (self));

  if (application != NULL)
    lk_application_open_project (LK_APPLICATION (application), GTK_WINDOW (self), folder);
}

static void
new_project_action (GtkWidget  *widget,
                    const char *action_name,
                    GVariant   *parameter)
{
  LkNewProjectDialog *dialog = lk_new_project_dialog_new ();

  g_signal_connect_object (dialog, "created", G_CALLBACK (created_cb), widget, G_CONNECT_SWAPPED);
  adw_dialog_present (ADW_DIALOG (dialog), widget);
}

static void
folder_chosen_cb (GObject      *source,
                  GAsyncResult *result,
                  gpointer      user_data)
{
  g_autoptr (LkWindow) self = user_data;
  g_autoptr (GFile) folder = gtk_file_dialog_select_folder_finish (GTK_FILE_DIALOG (source), result, NULL);
  GtkApplication *application = gtk_window_get_application (GTK_WINDOW (self));

  if (folder != NULL && application != NULL)
    lk_application_open_project (LK_APPLICATION (application), GTK_WINDOW (self), folder);
}

static void
open_project_action (GtkWidget  *widget,
                     const char *action_name,
                     GVariant   *parameter)
{
  LkWindow *self = LK_WINDOW (widget);
  g_autoptr (GtkFileDialog) dialog = gtk_file_dialog_new ();
  g_autofree char *uri = g_settings_get_string (self->settings, "projects-folder");

  gtk_file_dialog_set_title (dialog, _("Open Project"));
  gtk_file_dialog_set_accept_label (dialog, _("_Open"));
  if (*uri != '\0')
    {
      g_autoptr (GFile) folder = g_file_new_for_uri (uri);

      gtk_file_dialog_set_initial_folder (dialog, folder);
    }
  gtk_file_dialog_select_folder (dialog, GTK_WINDOW (self), NULL, folder_chosen_cb, g_object_ref (self));
}

static void
sample_copied_cb (GObject      *source,
                  GAsyncResult *result,
                  gpointer      user_data)
{
  g_autoptr (LkWindow) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GFile) folder = lk_sample_copy_finish (result, &error);
  GtkApplication *application = gtk_window_get_application (GTK_WINDOW (self));

  gtk_widget_action_set_enabled (GTK_WIDGET (self), "win.try-sample", TRUE);
  if (folder == NULL)
    message_cb (self, error->message);
  else if (application != NULL)
    lk_application_open_project (LK_APPLICATION (application), GTK_WINDOW (self), folder);
}

static void
try_sample_action (GtkWidget  *widget,
                   const char *action_name,
                   GVariant   *parameter)
{
  LkWindow *self = LK_WINDOW (widget);

  gtk_widget_action_set_enabled (widget, "win.try-sample", FALSE);
  lk_sample_copy_async (self->settings, NULL, sample_copied_cb, g_object_ref (self));
}

/* ---- leaving while a job is on ------------------------------------------------------------------------------ */

static gboolean
has_jobs (LkWindow *self)
{
  return self->workspace != NULL && lk_engine_works_for (self->engine, lk_workspace_get_project (self->workspace));
}

static gboolean
leave_cb (gpointer user_data)
{
  LkWindow *self = user_data;

  self->leave_source = 0;
  self->is_leaving = FALSE;
  if (self->closes_window)
    gtk_window_destroy (GTK_WINDOW (self));
  else
    close_project (self);

  return G_SOURCE_REMOVE;
}

/* In a turn of its own: whoever asked for it is still at work. */
static void
leave (LkWindow *self)
{
  if (self->leave_source == 0)
    self->leave_source = g_idle_add (leave_cb, self);
}

/* A window that keeps a job running out of sight, or waits for its end, goes with the last one. */
static void
jobs_changed_cb (LkWindow *self)
{
  if (self->workspace != NULL && !has_jobs (self) && (self->is_leaving || !gtk_widget_get_visible (GTK_WIDGET (self))))
    {
      self->closes_window = self->closes_window || !self->is_leaving;
      leave (self);
    }
}

static void
leave_answered_cb (LkWindow   *self,
                   const char *response)
{
  self->leave_dialog = NULL;

  if (!has_jobs (self) && !g_str_equal (response, "cancel"))
    leave (self);
  else if (g_str_equal (response, "pause"))
    {
      self->is_leaving = TRUE;
      lk_engine_cancel_all (self->engine, lk_workspace_get_project (self->workspace));
    }
  else if (g_str_equal (response, "keep"))
    gtk_widget_set_visible (GTK_WIDGET (self), FALSE);
}

static void
ask_to_leave (LkWindow *self,
              gboolean  closes_window)
{
  AdwAlertDialog *dialog;

  if (self->leave_dialog != NULL || self->is_leaving)
    return;

  dialog = ADW_ALERT_DIALOG (adw_alert_dialog_new (_("The Device Is Still at Work"), NULL));
  self->closes_window = closes_window;
  self->leave_dialog = ADW_DIALOG (dialog);
  adw_alert_dialog_set_body (dialog, closes_window
                             ? _("Likeness can go on without a window, and shows it again when you start it. A paused run saves its state and goes "
                                 "on from there another time.")
                             : _("A paused run saves its state and goes on from there another time."));
  adw_alert_dialog_add_response (dialog, "cancel", _("_Cancel"));
  adw_alert_dialog_add_response (dialog, "pause", closes_window ? _("_Pause and Quit") : _("_Pause and Close"));
  if (closes_window)
    {
      adw_alert_dialog_add_response (dialog, "keep", _("_Keep Running"));
      adw_alert_dialog_set_response_appearance (dialog, "keep", ADW_RESPONSE_SUGGESTED);
    }
  adw_alert_dialog_set_default_response (dialog, closes_window ? "keep" : "cancel");
  adw_alert_dialog_set_close_response (dialog, "cancel");
  g_signal_connect_object (dialog, "response", G_CALLBACK (leave_answered_cb), self, G_CONNECT_SWAPPED);
  adw_dialog_present (ADW_DIALOG (dialog), GTK_WIDGET (self));
}

static void
close_project_action (GtkWidget  *widget,
                      const char *action_name,
                      GVariant   *parameter)
{
  LkWindow *self = LK_WINDOW (widget);

  if (has_jobs (self))
    ask_to_leave (self, FALSE);
  else
    close_project (self);
}

static void
toggle_fullscreen_action (GtkWidget  *widget,
                          const char *action_name,
                          GVariant   *parameter)
{
  g_object_set (widget, "fullscreened", !gtk_window_is_fullscreen (GTK_WINDOW (widget)), NULL);
}

/* ---- window ------------------------------------------------------------------------------------------------- */

static gboolean
lk_window_close_request (GtkWindow *window)
{
  LkWindow *self = LK_WINDOW (window);

  if (has_jobs (self))
    {
      /* Asked again where it is out of sight, as when the application quits. */
      gtk_widget_set_visible (GTK_WIDGET (self), TRUE);
      ask_to_leave (self, TRUE);
      return GDK_EVENT_STOP;
    }

  close_project (self);
  return GTK_WINDOW_CLASS (lk_window_parent_class)->close_request (window);
}

static void
lk_window_dispose (GObject *object)
{
  LkWindow *self = LK_WINDOW (object);

  g_clear_handle_id (&self->leave_source, g_source_remove);
  if (self->stack != NULL)
    close_project (self);
  gtk_widget_dispose_template (GTK_WIDGET (self), LK_TYPE_WINDOW);
  g_clear_object (&self->step_toast);
  g_clear_object (&self->undo_toast);
  g_clear_object (&self->settings);
  g_clear_object (&self->engine);

  G_OBJECT_CLASS (lk_window_parent_class)->dispose (object);
}

static void
lk_window_class_init (LkWindowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = lk_window_dispose;
  GTK_WINDOW_CLASS (klass)->close_request = lk_window_close_request;

  g_type_ensure (LK_TYPE_WELCOME_PAGE);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/likeness/Likeness/lk-window.ui");
  gtk_widget_class_bind_template_child (widget_class, LkWindow, toasts);
  gtk_widget_class_bind_template_child (widget_class, LkWindow, stack);
  gtk_widget_class_bind_template_child (widget_class, LkWindow, welcome);

  gtk_widget_class_install_action (widget_class, "win.new-project", NULL, new_project_action);
  gtk_widget_class_install_action (widget_class, "win.open-project", NULL, open_project_action);
  gtk_widget_class_install_action (widget_class, "win.try-sample", NULL, try_sample_action);
  gtk_widget_class_install_action (widget_class, "win.close-project", NULL, close_project_action);
  gtk_widget_class_install_action (widget_class, "win.undo", NULL, undo_action);
  gtk_widget_class_install_action (widget_class, "win.redo", NULL, redo_action);
  gtk_widget_class_install_action (widget_class, "win.undo-steps", "u", undo_steps_action);
  gtk_widget_class_install_action (widget_class, "win.redo-steps", "u", redo_steps_action);
  gtk_widget_class_install_action (widget_class, "win.toggle-fullscreen", NULL, toggle_fullscreen_action);

  gtk_widget_class_add_binding (widget_class, GDK_KEY_z, GDK_CONTROL_MASK, undo_key_cb, "b", FALSE);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_z, GDK_CONTROL_MASK | GDK_SHIFT_MASK, undo_key_cb, "b", TRUE);
}

static void
lk_window_init (LkWindow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));

  self->engine = lk_engine_get_default ();
  g_signal_connect_object (lk_engine_get_jobs (self->engine), "items-changed", G_CALLBACK (jobs_changed_cb), self, G_CONNECT_SWAPPED);

  self->settings = g_settings_new (APP_ID);
  gtk_window_set_default_size (GTK_WINDOW (self),
                               g_settings_get_int (self->settings, "window-width"),
                               g_settings_get_int (self->settings, "window-height"));
  if (g_settings_get_boolean (self->settings, "window-maximized"))
    gtk_window_maximize (GTK_WINDOW (self));
  g_settings_bind (self->settings, "window-width", self, "default-width", G_SETTINGS_BIND_SET);
  g_settings_bind (self->settings, "window-height", self, "default-height", G_SETTINGS_BIND_SET);
  g_settings_bind (self->settings, "window-maximized", self, "maximized", G_SETTINGS_BIND_SET);

  update_undo_actions (self);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "win.close-project", FALSE);
}

LkWindow *
lk_window_new (LkApplication *application)
{
  return g_object_new (LK_TYPE_WINDOW, "application", application, NULL);
}
