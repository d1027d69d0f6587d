/* A run from the training page's form to its end, on the sample project, with the real engine on the CPU. */
#include "config.h"

#include "app/training/lk-run-view.h"
#include "app/training/lk-training-form.h"
#include "app/training/lk-training-page.h"
#include "app/widgets/lk-plot.h"
#include "lk-test-window.h"

#define STEPS "6"

typedef struct
{
  LkWorkspace    *workspace;
  LkTrainingPage *page;
  GtkWindow      *window;
} Fixture;

static void
message_cb (LkWorkspace *workspace,
            const char  *text)
{
  g_test_message ("the window says: %s", text);
}

static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  g_autoptr (LkProject) project = lk_test_sample_project ();
  g_autoptr (GSettings) preferences = g_settings_new (APP_ID);

  g_settings_set_string (preferences, "device", "cpu");
  fixture->workspace = lk_workspace_new (project);
  g_signal_connect (fixture->workspace, "message", G_CALLBACK (message_cb), NULL);
  fixture->page = lk_training_page_new (fixture->workspace);
  fixture->window = g_object_ref (GTK_WINDOW (gtk_window_new ()));
  gtk_window_set_default_size (fixture->window, 900, 700);
  gtk_window_set_child (fixture->window, GTK_WIDGET (fixture->page));
  gtk_window_present (fixture->window);
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  gtk_window_destroy (fixture->window);
  g_assert_finalize_object (fixture->window);
  lk_workspace_close (fixture->workspace, NULL);
  g_object_unref (fixture->workspace);
}

static LkTrainingForm *
get_form (Fixture *fixture)
{
  return LK_TRAINING_FORM (lk_test_find (GTK_WIDGET (fixture->page), LK_TYPE_TRAINING_FORM));
}

static gboolean
is_idle (gpointer data)
{
  return !lk_training_page_is_active (data);
}

/* The run goes through preparing and training to its end, and its curves have a point for each step. */
static void
test_run (Fixture       *fixture,
          gconstpointer  data)
{
  g_autoptr (LkTrainSettings) settings = lk_train_settings_copy (lk_training_form_get_settings (get_form (fixture)));
  g_autofree char *runs = lk_project_dup_path (lk_workspace_get_project (fixture->workspace), "runs");
  g_autoptr (GPtrArray) list = NULL;
  g_autoptr (GArray) metrics = NULL;
  g_autofree char *words = NULL;
  GtkWidget *view;

  g_assert_true (lk_train_settings_set (settings, "max_train_steps", STEPS, NULL));
  g_assert_true (lk_train_settings_set (settings, "lr_warmup_steps", "0", NULL));
  lk_training_form_set_settings (get_form (fixture), settings);
  g_signal_emit_by_name (get_form (fixture), "start");
  g_assert_true (lk_training_page_is_active (fixture->page));
  lk_test_wait (is_idle, fixture->page);

  list = lk_run_list (runs);
  g_assert_cmpuint (list->len, ==, 1);
  g_assert_cmpint (lk_run_get_status (g_ptr_array_index (list, 0)), ==, LK_RUN_FINISHED);
  metrics = lk_run_read_metrics (g_ptr_array_index (list, 0), NULL);
  g_assert_cmpuint (metrics->len, ==, 6);

  view = lk_test_find (GTK_WIDGET (fixture->page), LK_TYPE_RUN_VIEW);
  words = lk_plot_describe (LK_PLOT (lk_test_find (view, LK_TYPE_PLOT)));
  g_assert_nonnull (strstr (words, "step 6"));
  g_assert_nonnull (strstr (words, "step 1"));
}

/* A value that makes no sense marks its row and does not reach the settings. */
static void
test_refused_value (Fixture       *fixture,
                    gconstpointer  data)
{
  g_autoptr (LkTrainSettings) settings = lk_train_settings_copy (lk_training_form_get_settings (get_form (fixture)));

  g_assert_false (lk_train_settings_set (settings, "learning_rate", "fast", NULL));
  g_assert_cmpfloat (settings->learning_rate, ==, lk_training_form_get_settings (get_form (fixture))->learning_rate);
}

/* What the form keeps is in the project, as one step that can be undone. */
static void
test_settings_are_kept (Fixture       *fixture,
                        gconstpointer  data)
{
  LkProject *project = lk_workspace_get_project (fixture->workspace);
  g_autoptr (LkTrainSettings) settings = lk_train_settings_copy (lk_training_form_get_settings (get_form (fixture)));
  guint n_undo = lk_project_get_n_undo (project);

  g_assert_true (lk_train_settings_set (settings, "network_dim", "24", NULL));
  lk_training_form_set_settings (get_form (fixture), settings);
  g_assert_cmpuint (lk_project_get_n_undo (project), ==, n_undo + 1);
  g_assert_nonnull (lk_project_get_training (project));
  g_free (lk_workspace_undo (fixture->workspace));
  lk_test_run_for (300);
  g_assert_cmpuint (lk_training_form_get_settings (get_form (fixture))->network_dim, !=, 24);
}

int
main (int   argc,
      char *argv[])
{
  g_autoptr (LkApplication) application = NULL;
  int status;

  lk_test_window_init (&argc, &argv);
  application = lk_test_application_new ();

  g_test_add ("/training/run", Fixture, NULL, set_up, test_run, tear_down);
  g_test_add ("/training/refused-value", Fixture, NULL, set_up, test_refused_value, tear_down);
  g_test_add ("/training/settings-are-kept", Fixture, NULL, set_up, test_settings_are_kept, tear_down);

  status = g_test_run ();
  return status;
}
