#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>
#include <gtk/gtk.h>

#include "app/training/lk-run-guard.h"

/* Held as long as any run is at work. */
static guint cookie;
static gboolean is_held;

/* A paused run has its state on disk: it keeps nothing awake. */
static gboolean
is_at_work (LkTrainingRun *run)
{
  LkTrainingState state = lk_training_run_get_state (run);

  return lk_training_run_is_active (run) && state != LK_TRAINING_PAUSED;
}

static gboolean
is_any_at_work (void)
{
  GListModel *active = lk_training_run_get_active ();

  for (guint i = 0; i < g_list_model_get_n_items (active); i++)
    {
      g_autoptr (LkTrainingRun) run = g_list_model_get_item (active, i);

      if (is_at_work (run))
        return TRUE;
    }
  return FALSE;
}

void
lk_run_guard_update (LkTrainingRun *run)
{
  GApplication *application = g_application_get_default ();
  gboolean is_wanted = is_any_at_work ();

  if (!GTK_IS_APPLICATION (application) || is_wanted == is_held)
    return;

  is_held = is_wanted;
  if (is_wanted)
    {
      g_application_hold (application);
      /* Whoever listens to that is on the bus. */
      if (g_application_get_dbus_connection (application) != NULL)
        cookie = gtk_application_inhibit (GTK_APPLICATION (application), gtk_application_get_active_window (GTK_APPLICATION (application)),
                                          GTK_APPLICATION_INHIBIT_SUSPEND, _("A LoRA is being trained"));
    }
  else
    {
      if (cookie != 0)
        gtk_application_uninhibit (GTK_APPLICATION (application), cookie);
      cookie = 0;
      g_application_release (application);
    }
}

static gboolean
is_looked_at (GtkApplication *application)
{
  for (GList *l = gtk_application_get_windows (application); l != NULL; l = l->next)
    if (gtk_window_is_active (l->data))
      return TRUE;
  return FALSE;
}

void
lk_run_guard_tell_end (LkTrainingRun *run)
{
  GApplication *application = g_application_get_default ();
  const char *name = lk_run_get_settings (lk_training_run_get_run (run))->output_name;
  g_autofree char *title = g_strdup_printf (lk_training_run_has_failed (run) ? _("Training “%s” has failed") : _("“%s” is trained"), name);
  g_autoptr (GNotification) notification = NULL;

  if (!GTK_IS_APPLICATION (application) || g_application_get_dbus_connection (application) == NULL
      || is_looked_at (GTK_APPLICATION (application)))
    return;

  notification = g_notification_new (title);
  g_notification_set_body (notification, lk_training_run_get_text (run));
  g_notification_set_category (notification, "transfer.complete");
  g_application_send_notification (application, lk_training_run_get_name (run), notification);
}
