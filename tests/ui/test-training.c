/* A run from the training page's form to its end, on the sample project, with the real engine on the CPU; what one does with its LoRAs; and a
 * program that is killed while it trains.
 */
#include "config.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <sys/wait.h>

#include "app/training/lk-lora-list.h"
#include "app/training/lk-memory-row.h"
#include "app/training/lk-run-insight.h"
#include "app/training/lk-run-row.h"
#include "app/training/lk-run-view.h"
#include "app/training/lk-sample-strip.h"
#include "app/training/lk-training-form.h"
#include "app/training/lk-training-page.h"
#include "app/widgets/lk-memory-bar.h"
#include "app/widgets/lk-plot.h"
#include "base/lk-file.h"
#include "formats/lk-safetensors.h"
#include "train/lk-run-log.h"
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

static char *program;

static void
open_page (Fixture   *fixture,
           LkProject *project)
{
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
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  g_autoptr (LkProject) project = lk_test_sample_project ();

  open_page (fixture, project);
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

/* Fills the form with settings that make a short run, "KEY=VALUE KEY=VALUE", and presses Start. */
static void
start_run (Fixture    *fixture,
           const char *words)
{
  g_autoptr (LkTrainSettings) settings = lk_train_settings_copy (lk_training_form_get_settings (get_form (fixture)));
  g_autofree char *all = g_strconcat ("lr_warmup_steps=0 sample_every_n_steps=0 train_batch_size=2 network_dim=4 network_alpha=4 ", words, NULL);
  g_auto (GStrv) pairs = g_strsplit (all, " ", -1);

  for (guint i = 0; pairs[i] != NULL; i++)
    {
      g_auto (GStrv) pair = g_strsplit (pairs[i], "=", 2);

      g_assert_true (lk_train_settings_set (settings, pair[0], pair[1], NULL));
    }
  lk_training_form_set_settings (get_form (fixture), settings);
  g_signal_emit_by_name (get_form (fixture), "start");
  g_assert_true (lk_training_page_is_active (fixture->page));
}

/* The project's only run, owned by the caller. */
static LkRun *
get_only_run (Fixture *fixture)
{
  g_autofree char *runs = lk_project_dup_path (lk_workspace_get_project (fixture->workspace), "runs");
  g_autoptr (GPtrArray) list = lk_run_list (runs);

  g_assert_cmpuint (list->len, ==, 1);
  return lk_run_ref (g_ptr_array_index (list, 0));
}

static GtkWidget *
get_view (Fixture *fixture)
{
  return lk_test_find (GTK_WIDGET (fixture->page), LK_TYPE_RUN_VIEW);
}

/* The run goes through preparing and training to its end, and its curves have a point for each step. */
static void
test_run (Fixture       *fixture,
          gconstpointer  data)
{
  g_autoptr (LkRun) run = NULL;
  g_autoptr (GArray) metrics = NULL;
  g_autofree char *words = NULL;

  start_run (fixture, "max_train_steps=" STEPS);
  lk_test_wait (is_idle, fixture->page);

  run = get_only_run (fixture);
  g_assert_cmpint (lk_run_get_status (run), ==, LK_RUN_FINISHED);
  g_assert_false (lk_run_was_interrupted (run));
  metrics = lk_run_read_metrics (run, NULL);
  g_assert_cmpuint (metrics->len, ==, 6);

  words = lk_plot_describe (LK_PLOT (lk_test_find (get_view (fixture), LK_TYPE_PLOT)));
  g_assert_nonnull (strstr (words, "step 6"));
  g_assert_nonnull (strstr (words, "step 1"));
}

/* ---- what a run leaves ----------------------------------------------------------------------------------------- */

static guint
count_children (GtkWidget *widget,
                GType      type)
{
  guint n = G_TYPE_CHECK_INSTANCE_TYPE (widget, type);

  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL; child = gtk_widget_get_next_sibling (child))
    n += count_children (child, type);
  return n;
}

static char *
read_steps (LkRun *run)
{
  g_autofree char *path = lk_run_dup_checkpoint_path (run, 0);
  g_autoptr (LkSafetensors) file = lk_safetensors_open (path, NULL);

  return file != NULL ? g_strdup (lk_safetensors_get_metadata (file, "ss_steps")) : NULL;
}

static gboolean
is_step_2 (gpointer run)
{
  g_autofree char *steps = read_steps (run);

  return g_strcmp0 (steps, "2") == 0;
}

/* Samples, measurements and checkpoints come where they are due, and a checkpoint becomes the run's LoRA without the last one being lost. */
static void
test_what_a_run_leaves (Fixture       *fixture,
                        gconstpointer  data)
{
  g_autoptr (LkRun) run = NULL;
  g_autoptr (LkRunLog) log = lk_run_log_new ();
  g_autofree char *checkpoint = NULL, *kept = NULL;
  GtkWidget *loras, *insight;

  start_run (fixture, "max_train_steps=5 save_every_n_steps=2 sample_every_n_steps=5 validate_every_n_steps=1 validation_split=0.1");
  lk_test_wait (is_idle, fixture->page);
  lk_test_run_for (300);

  run = get_only_run (fixture);
  g_assert_true (lk_run_log_update (log, run, NULL));
  g_assert_cmpuint (log->marks->len, ==, 6);
  g_assert_cmpuint (count_children (lk_test_find (get_view (fixture), LK_TYPE_SAMPLE_STRIP), GTK_TYPE_BUTTON), ==, 2);
  loras = lk_test_find (get_view (fixture), LK_TYPE_LORA_LIST);
  g_assert_cmpuint (count_children (loras, ADW_TYPE_ACTION_ROW), ==, 3);      /* of steps 2, 4 and the last */
  insight = lk_test_find (get_view (fixture), LK_TYPE_RUN_INSIGHT);
  g_assert_true (gtk_widget_get_visible (insight));

  checkpoint = lk_run_dup_checkpoint_path (run, 2);
  gtk_widget_activate_action (loras, "lora.use", "s", checkpoint);
  lk_test_wait (is_step_2, run);
  kept = lk_run_dup_checkpoint_path (run, 5);
  g_assert_true (g_file_test (kept, G_FILE_TEST_EXISTS));
}

/* Notes are in the run's folder soon after they were typed. */
static gboolean
has_notes (gpointer run)
{
  g_autofree char *notes = lk_run_read_notes (run);

  return g_str_equal (notes, "softer light next time");
}

/* Its own trash takes a run, and Undo brings it back with everything in it. */
static gboolean
is_trashed (gpointer run)
{
  return !g_file_test (lk_run_get_folder (run), G_FILE_TEST_IS_DIR);
}

static gboolean
is_there (gpointer run)
{
  return !is_trashed (run);
}

static gboolean
is_listed (gpointer page)
{
  return lk_test_find (page, LK_TYPE_RUN_ROW) != NULL;
}

static void
test_notes_and_trash (Fixture       *fixture,
                      gconstpointer  data)
{
  g_autoptr (LkRun) run = NULL;
  g_autofree char *trash = lk_project_dup_path (lk_workspace_get_project (fixture->workspace), "trash"), *trashed = NULL;
  g_autoptr (GDir) dir = NULL;
  GtkWidget *notes;

  start_run (fixture, "max_train_steps=1");
  lk_test_wait (is_idle, fixture->page);
  run = get_only_run (fixture);

  notes = lk_test_find (get_view (fixture), GTK_TYPE_TEXT_VIEW);
  gtk_text_buffer_set_text (gtk_text_view_get_buffer (GTK_TEXT_VIEW (notes)), "softer light next time", -1);
  lk_test_wait (has_notes, run);

  gtk_widget_activate_action (GTK_WIDGET (fixture->page), "training.trash", NULL);
  lk_test_wait (is_trashed, run);
  lk_test_run_for (100);
  g_assert_false (is_listed (fixture->page));
  dir = g_dir_open (trash, 0, NULL);
  trashed = g_build_filename (trash, g_dir_read_name (dir), NULL);
  gtk_widget_activate_action (GTK_WIDGET (fixture->page), "training.restore", "(ss)", trashed, lk_run_get_name (run));
  lk_test_wait (is_there, run);
  lk_test_wait (is_listed, fixture->page);
  g_assert_true (has_notes (run));
}

/* ---- a queue ---------------------------------------------------------------------------------------------------- */

/* The second run waits until the first is done; both end. */
static void
test_two_runs (Fixture       *fixture,
               gconstpointer  data)
{
  g_autoptr (LkEngine) engine = lk_engine_get_default ();
  g_autofree char *runs = lk_project_dup_path (lk_workspace_get_project (fixture->workspace), "runs");
  g_autoptr (GPtrArray) list = NULL;

  start_run (fixture, "max_train_steps=3");
  start_run (fixture, "max_train_steps=2");
  g_assert_cmpuint (g_list_model_get_n_items (lk_engine_get_jobs (engine)), ==, 2);
  lk_test_wait (is_idle, fixture->page);
  list = lk_run_list (runs);
  g_assert_cmpuint (list->len, ==, 2);
  for (guint i = 0; i < 2; i++)
    g_assert_cmpint (lk_run_get_status (g_ptr_array_index (list, i)), ==, LK_RUN_FINISHED);
}

/* ---- a program that is killed ----------------------------------------------------------------------------------- */

#define KILLED "max_train_steps=9 save_every_n_steps=2 validate_every_n_steps=3 shuffle_caption=true"

/* Trains in a program of its own, and kills that with signal 9 once five steps are done. */
static void
train_and_kill (const char *folder)
{
  const char *argv[] = { program, "--child", folder, NULL };
  g_autofree char *runs = g_build_filename (folder, "runs", NULL);
  g_autoptr (GError) error = NULL;
  guint n_lines = 0;
  GPid pid;
  int status;

  g_spawn_async (NULL, (char **) argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, &pid, &error);
  g_assert_no_error (error);
  while (n_lines < 5)
    {
      g_autoptr (GPtrArray) list = lk_run_list (runs);
      g_autoptr (GArray) metrics = list->len > 0 ? lk_run_read_metrics (g_ptr_array_index (list, 0), NULL) : NULL;

      n_lines = metrics != NULL ? metrics->len : 0;
      g_assert_cmpint (waitpid (pid, &status, WNOHANG), ==, 0);
      g_usleep (1000);
    }
  kill (pid, SIGKILL);
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
}

static int
run_child (const char *folder)
{
  g_autoptr (LkApplication) application = lk_test_application_new ();
  g_autoptr (LkProject) project = lk_project_open (folder, LK_PROJECT_OPEN, NULL);
  Fixture fixture = { NULL };

  g_assert_nonnull (project);
  open_page (&fixture, project);
  start_run (&fixture, KILLED);
  lk_test_wait (is_idle, fixture.page);
  return 0;
}

/* The page's banner, not the form's. */
static GtkWidget *
find_banner (GtkWidget *widget)
{
  GtkWidget *found = ADW_IS_BANNER (widget) && strstr (adw_banner_get_title (ADW_BANNER (widget)), "interrupted") != NULL ? widget : NULL;

  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL && found == NULL; child = gtk_widget_get_next_sibling (child))
    found = find_banner (child);
  return found;
}

static gboolean
has_banner (gpointer page)
{
  return find_banner (page) != NULL;
}

/* The next start says so, one click goes on, and the LoRA has the same bits as that of a run that nobody disturbed. */
static void
test_killed_program (Fixture       *fixture,
                     gconstpointer  data)
{
  g_autoptr (LkProject) project = lk_test_sample_project ();
  Fixture after = { NULL };
  g_autoptr (LkRun) whole = NULL, killed = NULL;
  g_autofree char *lora = NULL, *resumed_lora = NULL, *hash = NULL, *resumed_hash = NULL, *folder = g_strdup (lk_project_get_folder (project));
  GtkWidget *banner;

  start_run (fixture, KILLED);
  lk_test_wait (is_idle, fixture->page);
  whole = get_only_run (fixture);

  g_clear_object (&project);
  train_and_kill (folder);
  project = lk_project_open (folder, LK_PROJECT_OPEN, NULL);
  g_assert_nonnull (project);
  open_page (&after, project);
  lk_test_wait (has_banner, after.page);
  banner = find_banner (GTK_WIDGET (after.page));
  g_assert_true (adw_banner_get_revealed (ADW_BANNER (banner)));
  killed = get_only_run (&after);
  g_assert_true (lk_run_was_interrupted (killed));
  g_signal_emit_by_name (banner, "button-clicked");
  g_assert_true (lk_training_page_is_active (after.page));
  lk_test_wait (is_idle, after.page);
  g_assert_false (adw_banner_get_revealed (ADW_BANNER (banner)));
  g_assert_cmpint (lk_run_get_status (killed), ==, LK_RUN_FINISHED);

  lora = lk_run_dup_checkpoint_path (whole, 0);
  resumed_lora = lk_run_dup_checkpoint_path (killed, 0);
  hash = lk_safetensors_model_hash (lora, NULL);
  resumed_hash = lk_safetensors_model_hash (resumed_lora, NULL);
  g_assert_cmpstr (hash, ==, resumed_hash);
  tear_down (&after, NULL);
}

/* ---- the form --------------------------------------------------------------------------------------------------- */

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

/* ---- memory ----------------------------------------------------------------------------------------------------- */

static gboolean
is_refused (gpointer row)
{
  return lk_memory_row_get_refusal (row) != NULL;
}

static gboolean
is_accepted (gpointer row)
{
  return lk_memory_row_get_refusal (row) == NULL;
}

static gboolean
is_planned (gpointer row)
{
  return gtk_widget_get_visible (lk_test_find (row, LK_TYPE_MEMORY_BAR));
}

/* A run that cannot fit has no Start; a button makes it fit, and Start comes back. */
static void
test_no_room (Fixture       *fixture,
              gconstpointer  data)
{
  LkTrainingForm *form = get_form (fixture);
  GtkWidget *row = lk_test_find (GTK_WIDGET (form), LK_TYPE_MEMORY_ROW), *fix, *start;
  g_autoptr (LkTrainSettings) settings = lk_train_settings_copy (lk_training_form_get_settings (form));
  g_autoptr (LkDevice) sketch = lk_device_open_sketch ("cpu", NULL);

  if (lk_device_get_memory_free (sketch) > (guint64) 70 << 30)
    {
      g_test_skip ("This computer has room for everything");
      return;
    }
  start = GTK_WIDGET (gtk_widget_get_template_child (GTK_WIDGET (form), LK_TYPE_TRAINING_FORM, "start"));
  lk_test_wait (is_planned, row);
  g_assert_null (lk_memory_row_get_refusal (LK_MEMORY_ROW (row)));
  g_assert_true (gtk_widget_get_sensitive (start));

  lk_train_settings_set (settings, "resolution", "2048", NULL);
  lk_train_settings_set (settings, "train_batch_size", "64", NULL);
  lk_training_form_set_settings (form, settings);
  lk_test_wait (is_refused, row);
  g_test_message ("%s", lk_memory_row_get_refusal (LK_MEMORY_ROW (row)));
  g_assert_false (gtk_widget_get_sensitive (start));

  fix = lk_test_find (row, GTK_TYPE_BUTTON);
  g_assert_nonnull (fix);
  g_signal_emit_by_name (fix, "clicked");
  g_assert_true (lk_training_form_get_settings (form)->gradient_checkpointing || lk_training_form_get_settings (form)->train_batch_size == 1);
  lk_test_wait (is_accepted, row);
  g_assert_true (gtk_widget_get_sensitive (start));
  g_assert_null (lk_test_find (row, GTK_TYPE_BUTTON));
}

int
main (int   argc,
      char *argv[])
{
  g_autoptr (LkApplication) application = NULL;
  int status;

  program = argv[0];
  lk_test_window_init (&argc, &argv);
  if (argc == 3 && g_str_equal (argv[1], "--child"))
    return run_child (argv[2]);
  application = lk_test_application_new ();

  g_test_add ("/training/run", Fixture, NULL, set_up, test_run, tear_down);
  g_test_add ("/training/what-a-run-leaves", Fixture, NULL, set_up, test_what_a_run_leaves, tear_down);
  g_test_add ("/training/notes-and-trash", Fixture, NULL, set_up, test_notes_and_trash, tear_down);
  g_test_add ("/training/two-runs", Fixture, NULL, set_up, test_two_runs, tear_down);
  g_test_add ("/training/killed-program", Fixture, NULL, set_up, test_killed_program, tear_down);
  g_test_add ("/training/refused-value", Fixture, NULL, set_up, test_refused_value, tear_down);
  g_test_add ("/training/no-room", Fixture, NULL, set_up, test_no_room, tear_down);
  g_test_add ("/training/settings-are-kept", Fixture, NULL, set_up, test_settings_are_kept, tear_down);

  status = g_test_run ();
  return status;
}
