/* What the window shows of the engine's jobs, what it asks before it leaves them, and what it remembers. */
#include "config.h"

#include "app/window/lk-engine.h"
#include "app/window/lk-job-row.h"
#include "app/window/lk-page-row.h"
#include "app/window/lk-project-view.h"
#include "lk-test-window.h"

static LkApplication *application;

/* ---- a job that works until it is told to stop -------------------------------------------------------------- */

static void
cancelled_cb (LkJob *job)
{
  lk_job_finish (job);
}

static void
work_cb (LkJob        *job,
         LkDevice     *device,
         const GError *error,
         gpointer      user_data)
{
  g_assert_no_error (error);
  lk_job_set_progress (job, 0.425, "Step 17 of 40");
  g_signal_connect_object (lk_job_get_cancellable (job), "cancelled", G_CALLBACK (cancelled_cb), job, G_CONNECT_SWAPPED);
}

static LkJob *
add_job (LkProject  *project,
         const char *title)
{
  g_autoptr (LkEngine) engine = lk_engine_get_default ();
  LkJob *job = lk_engine_add (engine, title, work_cb, NULL, NULL);

  lk_job_set_place (job, project, "training");
  return job;
}

static gboolean
is_running (gpointer job)
{
  return lk_job_get_state (job) == LK_JOB_RUNNING;
}

static gboolean
is_done (gpointer job)
{
  return lk_job_get_state (job) == LK_JOB_DONE;
}

/* ---- a window with the sample --------------------------------------------------------------------------------- */

static LkWindow *
open_window (void)
{
  LkWindow *window = lk_window_new (application);
  g_autoptr (LkProject) project = lk_test_sample_project ();

  lk_window_set_project (window, project);
  gtk_window_present (GTK_WINDOW (window));
  lk_test_run_for (300);
  return window;
}

static LkProject *
get_project (LkWindow *window)
{
  return lk_workspace_get_project (lk_window_get_workspace (window));
}

static AdwDialog *
get_dialog (LkWindow *window)
{
  return adw_application_window_get_visible_dialog (ADW_APPLICATION_WINDOW (window));
}

static void
answer (LkWindow   *window,
        const char *response)
{
  AdwDialog *dialog = get_dialog (window);

  g_assert_true (ADW_IS_ALERT_DIALOG (dialog));
  g_assert_true (adw_alert_dialog_has_response (ADW_ALERT_DIALOG (dialog), response));
  g_signal_emit_by_name (dialog, "response", response);
  adw_dialog_force_close (dialog);
}

static void
gone_cb (gpointer  data,
         GObject  *window)
{
  *(gboolean *) data = TRUE;
}

static gboolean
is_true (gpointer flag)
{
  return *(gboolean *) flag;
}

/* ---- leaving -------------------------------------------------------------------------------------------------- */

static void
test_asks_before_leaving (void)
{
  LkWindow *window = open_window ();
  g_autoptr (LkJob) job = add_job (get_project (window), "Training “one”");

  lk_test_wait (is_running, job);
  gtk_window_close (GTK_WINDOW (window));
  lk_test_run_for (100);
  g_assert_nonnull (get_dialog (window));
  answer (window, "cancel");
  lk_test_run_for (100);
  g_assert_true (gtk_widget_get_visible (GTK_WIDGET (window)));
  g_assert_true (is_running (job));

  lk_job_cancel (job);
  lk_test_close (window);
}

static void
test_pause_and_quit (void)
{
  LkWindow *window = open_window ();
  g_autoptr (LkJob) job = add_job (get_project (window), "Training “one”");
  g_autoptr (LkJob) next = add_job (get_project (window), "Training “two”");
  gboolean is_gone = FALSE;

  g_object_weak_ref (G_OBJECT (window), gone_cb, &is_gone);
  lk_test_wait (is_running, job);
  gtk_window_close (GTK_WINDOW (window));
  lk_test_run_for (100);
  answer (window, "pause");
  lk_test_wait (is_true, &is_gone);
  g_assert_true (is_done (job));
  g_assert_true (is_done (next));
}

static void
test_keep_running (void)
{
  LkWindow *window = open_window ();
  g_autoptr (LkJob) job = add_job (get_project (window), "Training “one”");
  gboolean is_gone = FALSE;

  g_object_weak_ref (G_OBJECT (window), gone_cb, &is_gone);
  lk_test_wait (is_running, job);
  gtk_window_close (GTK_WINDOW (window));
  lk_test_run_for (100);
  answer (window, "keep");
  lk_test_run_for (300);
  g_assert_false (is_gone);
  g_assert_false (gtk_widget_get_visible (GTK_WIDGET (window)));
  g_assert_true (is_running (job));

  /* Started again, the program shows the same window. */
  g_application_activate (G_APPLICATION (application));
  lk_test_run_for (100);
  g_assert_true (gtk_widget_get_visible (GTK_WIDGET (window)));

  gtk_window_close (GTK_WINDOW (window));
  lk_test_run_for (100);
  answer (window, "keep");
  lk_test_run_for (100);
  lk_job_finish (job);
  lk_test_wait (is_true, &is_gone);
}

/* Another project's job is no reason to ask. */
static void
test_job_of_another (void)
{
  LkWindow *window = open_window ();
  g_autoptr (LkJob) job = add_job (NULL, "Training “elsewhere”");

  lk_test_wait (is_running, job);
  lk_test_close (window);
  g_assert_true (is_running (job));
  lk_job_cancel (job);
}

/* ---- the sidebar ---------------------------------------------------------------------------------------------- */

static gboolean
has_label (GtkWidget  *widget,
           const char *text)
{
  if (GTK_IS_LABEL (widget) && gtk_widget_get_mapped (widget) && strstr (gtk_label_get_label (GTK_LABEL (widget)), text) != NULL)
    return TRUE;
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL; child = gtk_widget_get_next_sibling (child))
    if (has_label (child, text))
      return TRUE;
  return FALSE;
}

static void
test_sidebar_shows_jobs (void)
{
  LkWindow *window = open_window ();
  g_autoptr (LkJob) job = add_job (get_project (window), "Training “one”");
  g_autoptr (LkJob) next = add_job (get_project (window), "Training “two”");

  lk_test_wait (is_running, job);
  lk_test_run_for (100);
  g_assert_true (has_label (GTK_WIDGET (window), "Training “one”"));
  g_assert_true (has_label (GTK_WIDGET (window), "Step 17 of 40"));
  g_assert_true (has_label (GTK_WIDGET (window), "42 %"));
  g_assert_true (has_label (GTK_WIDGET (window), "Training “two”"));
  g_assert_true (has_label (GTK_WIDGET (window), "Waits for the device"));

  lk_job_cancel (job);
  lk_test_wait (is_running, next);
  lk_test_run_for (100);
  g_assert_false (has_label (GTK_WIDGET (window), "Training “one”"));
  g_assert_false (has_label (GTK_WIDGET (window), "Waits for the device"));

  lk_job_cancel (next);
  lk_test_run_for (100);
  g_assert_null (lk_test_find (GTK_WIDGET (window), LK_TYPE_JOB_ROW));
  g_assert_false (has_label (GTK_WIDGET (window), "42 %"));
  lk_test_close (window);
}

static void
test_remembers_the_page (void)
{
  LkWindow *window = open_window ();
  LkProjectView *view = LK_PROJECT_VIEW (lk_test_find (GTK_WIDGET (window), LK_TYPE_PROJECT_VIEW));

  lk_project_view_show_page (view, "training");
  lk_test_close (window);

  window = open_window ();
  g_assert_true (has_label (GTK_WIDGET (window), "Start Training"));
  view = LK_PROJECT_VIEW (lk_test_find (GTK_WIDGET (window), LK_TYPE_PROJECT_VIEW));
  lk_project_view_show_page (view, "gallery");
  lk_test_close (window);
}

int
main (int   argc,
      char *argv[])
{
  g_autoptr (GSettings) settings = NULL;
  int result;

  lk_test_window_init (&argc, &argv);
  application = lk_test_application_new ();
  settings = g_settings_new (APP_ID);
  g_settings_set_string (settings, "device", "cpu");

  g_test_add_func ("/window/asks-before-leaving", test_asks_before_leaving);
  g_test_add_func ("/window/pause-and-quit", test_pause_and_quit);
  g_test_add_func ("/window/keep-running", test_keep_running);
  g_test_add_func ("/window/job-of-another", test_job_of_another);
  g_test_add_func ("/window/sidebar-shows-jobs", test_sidebar_shows_jobs);
  g_test_add_func ("/window/remembers-the-page", test_remembers_the_page);
  result = g_test_run ();
  g_object_unref (application);

  return result;
}
