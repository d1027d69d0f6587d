#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>

#include "app/window/lk-application.h"
#include "app/window/lk-preferences-dialog.h"
#include "app/window/lk-recent.h"
#include "lk-resources.h"
#include "app/window/lk-window.h"

struct _LkApplication
{
  AdwApplication parent_instance;
};

G_DEFINE_FINAL_TYPE (LkApplication, lk_application, ADW_TYPE_APPLICATION)

/* The window that a dialog of the application stands on. */
static GtkWidget *
get_active_window (LkApplication *self)
{
  return GTK_WIDGET (gtk_application_get_active_window (GTK_APPLICATION (self)));
}

static LkWindow *
find_window (LkApplication *self,
             GFile         *folder)
{
  for (GList *l = gtk_application_get_windows (GTK_APPLICATION (self)); l; l = l->next)
    {
      GFile *shown = LK_IS_WINDOW (l->data) ? lk_window_get_folder (l->data) : NULL;

      if (shown != NULL && g_file_equal (shown, folder))
        return l->data;
    }

  return NULL;
}

void
lk_application_open_project (LkApplication *self,
                             GtkWindow     *window,
                             GFile         *folder)
{
  LkWindow *target;

  g_return_if_fail (LK_IS_APPLICATION (self));
  g_return_if_fail (G_IS_FILE (folder));

  target = find_window (self, folder);
  if (target == NULL)
    {
      if (LK_IS_WINDOW (window) && lk_window_get_folder (LK_WINDOW (window)) == NULL)
        target = LK_WINDOW (window);
      else
        target = lk_window_new (self);
      lk_window_open (target, folder);
    }

  gtk_window_present (GTK_WINDOW (target));
}

/* ---- actions ------------------------------------------------------------------------------------------------ */

static void
new_window_cb (GSimpleAction *action,
               GVariant      *parameter,
               gpointer       user_data)
{
  gtk_window_present (GTK_WINDOW (lk_window_new (user_data)));
}

static void
open_recent_cb (GSimpleAction *action,
                GVariant      *parameter,
                gpointer       user_data)
{
  g_autoptr (GFile) folder = g_file_new_for_uri (g_variant_get_string (parameter, NULL));

  lk_application_open_project (user_data, GTK_WINDOW (get_active_window (user_data)), folder);
}

static void
preferences_cb (GSimpleAction *action,
                GVariant      *parameter,
                gpointer       user_data)
{
  adw_dialog_present (ADW_DIALOG (lk_preferences_dialog_new ()), get_active_window (user_data));
}

static void
about_cb (GSimpleAction *action,
          GVariant      *parameter,
          gpointer       user_data)
{
  AdwDialog *dialog = adw_about_dialog_new ();
  AdwAboutDialog *about = ADW_ABOUT_DIALOG (dialog);

  adw_about_dialog_set_application_name (about, _("Likeness"));
  adw_about_dialog_set_application_icon (about, APP_ID);
  adw_about_dialog_set_version (about, PACKAGE_VERSION);
  adw_about_dialog_set_developer_name (about, _("The Likeness developers"));
  adw_about_dialog_set_comments (about, _("From a folder of pictures to a LoRA that keeps a character’s likeness: curate, caption, train, test and stack."));
  adw_about_dialog_set_license_type (about, GTK_LICENSE_GPL_3_0);
  /* Translators: the names of who translated, one a line. */
  adw_about_dialog_set_translator_credits (about, _("translator-credits"));
  adw_about_dialog_add_legal_section (about, _("CLIP vocabulary"), _("© OpenAI"), GTK_LICENSE_MIT_X11, NULL);
  adw_about_dialog_add_legal_section (about, _("Face finder and landmarks"), _("© Vincent Mühler"), GTK_LICENSE_MIT_X11, NULL);

  adw_dialog_present (dialog, get_active_window (user_data));
}

static void
quit_cb (GSimpleAction *action,
         GVariant      *parameter,
         gpointer       user_data)
{
  g_autoptr (GList) windows = g_list_copy (gtk_application_get_windows (user_data));

  /* Each window closes as if by hand, so that it can keep its state and speak up. */
  for (GList *l = windows; l; l = l->next)
    gtk_window_close (l->data);
}

static const GActionEntry actions[] = {
  { "new-window", new_window_cb },
  { "open-recent", open_recent_cb, "s" },
  { "preferences", preferences_cb },
  { "about", about_cb },
  { "quit", quit_cb },
};

static const struct { const char *action; const char *accels[4]; } accels[] = {
  { "app.new-window", { "<Control><Shift>n" } },
  { "app.preferences", { "<Control>comma" } },
  { "app.quit", { "<Control>q" } },
  { "win.new-project", { "<Control>n" } },
  { "win.open-project", { "<Control>o" } },
  { "win.show-help-overlay", { "<Control>question" } },
  { "win.toggle-fullscreen", { "F11" } },
  { "window.close", { "<Control>w" } },
};

/* ---- application -------------------------------------------------------------------------------------------- */

static void
lk_application_startup (GApplication *application)
{
  G_APPLICATION_CLASS (lk_application_parent_class)->startup (application);

  for (gsize i = 0; i < G_N_ELEMENTS (accels); i++)
    gtk_application_set_accels_for_action (GTK_APPLICATION (application), accels[i].action, accels[i].accels);

  gtk_window_set_default_icon_name (APP_ID);
}

static void
lk_application_activate (GApplication *application)
{
  LkApplication *self = LK_APPLICATION (application);
  GtkWidget *active = get_active_window (self);
  g_autoptr (GSettings) settings = NULL;
  g_autoptr (GFile) last = NULL;

  if (active != NULL)
    {
      gtk_window_present (GTK_WINDOW (active));
      return;
    }

  settings = g_settings_new (APP_ID);
  if (g_settings_get_boolean (settings, "reopen-project"))
    last = lk_recent_get_last (settings);

  if (last != NULL)
    lk_application_open_project (self, NULL, last);
  else
    gtk_window_present (GTK_WINDOW (lk_window_new (self)));
}

/* A project comes as its folder, or as the project.json in it. */
static void
lk_application_open (GApplication  *application,
                     GFile        **files,
                     int            n_files,
                     const char    *hint)
{
  for (int i = 0; i < n_files; i++)
    {
      g_autoptr (GFile) folder = NULL;

      if (g_file_query_file_type (files[i], G_FILE_QUERY_INFO_NONE, NULL) == G_FILE_TYPE_DIRECTORY)
        folder = g_object_ref (files[i]);
      else
        folder = g_file_get_parent (files[i]);

      if (folder != NULL)
        lk_application_open_project (LK_APPLICATION (application), GTK_WINDOW (get_active_window (LK_APPLICATION (application))), folder);
    }
}

static void
lk_application_class_init (LkApplicationClass *klass)
{
  GApplicationClass *application_class = G_APPLICATION_CLASS (klass);

  application_class->startup = lk_application_startup;
  application_class->activate = lk_application_activate;
  application_class->open = lk_application_open;
}

static void
lk_application_init (LkApplication *self)
{
  g_application_set_version (G_APPLICATION (self), PACKAGE_VERSION);
  g_action_map_add_action_entries (G_ACTION_MAP (self), actions, G_N_ELEMENTS (actions), self);
}

LkApplication *
lk_application_new (void)
{
  g_resources_register (lk_get_resource ());

  return g_object_new (LK_TYPE_APPLICATION,
                       "application-id", APP_ID,
                       "flags", G_APPLICATION_HANDLES_OPEN,
                       "resource-base-path", "/io/github/likeness/Likeness",
                       NULL);
}
