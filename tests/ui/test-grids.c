/* The page of test grids on the sample project: a LoRA is tested by one action and drawn by the starter on the CPU, a pause keeps what is drawn, a value
 * more draws only its own cells, the cursor goes by keyboard, and hundreds of cells are drawn in no time.
 */
#include "config.h"

#include <glib/gstdio.h>

#include "app/grids/lk-cell-viewer.h"
#include "app/grids/lk-grids-page.h"
#include "app/grids/lk-new-grid-dialog.h"
#include "app/grids/lk-new-grid.h"
#include "base/lk-file.h"
#include "formats/lk-png.h"
#include "lk-test-window.h"

typedef struct
{
  LkProject   *project;
  LkWorkspace *workspace;
  LkGridsPage *page;
  GtkWindow   *window;
} Fixture;

/* What the window would say in a toast. */
static void
message_cb (LkWorkspace *workspace,
            const char  *text)
{
  g_test_message ("%s", text);
}

static void
open_page (Fixture *fixture)
{
  fixture->workspace = lk_workspace_new (fixture->project);
  g_signal_connect (fixture->workspace, "message", G_CALLBACK (message_cb), NULL);
  fixture->page = lk_grids_page_new (fixture->workspace);
  fixture->window = g_object_ref (GTK_WINDOW (adw_window_new ()));
  gtk_window_set_default_size (fixture->window, 1000, 700);
  adw_window_set_content (ADW_WINDOW (fixture->window), GTK_WIDGET (fixture->page));
  gtk_window_present (fixture->window);
  lk_test_run_for (200);
}

static void
close_page (Fixture *fixture)
{
  gtk_window_destroy (fixture->window);
  g_assert_finalize_object (fixture->window);
  lk_workspace_close (fixture->workspace, NULL);
  g_clear_object (&fixture->workspace);
}

/* As after a start of the program: all comes from the disk. */
static void
open_again (Fixture *fixture)
{
  g_autofree char *folder = g_strdup (lk_project_get_folder (fixture->project));
  g_autoptr (GError) error = NULL;

  close_page (fixture);
  g_clear_object (&fixture->project);
  fixture->project = lk_project_open (folder, LK_PROJECT_OPEN, &error);
  g_assert_no_error (error);
  open_page (fixture);
}

static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  g_autoptr (GSettings) preferences = g_settings_new (APP_ID);

  g_settings_set_string (preferences, "device", "cpu");
  fixture->project = lk_test_sample_project ();
  open_page (fixture);
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  close_page (fixture);
  g_object_unref (fixture->project);
}

static gboolean
has_no_job (gpointer grid)
{
  return lk_test_grid_get_job (grid) == NULL;
}

static gboolean
has_drawn_one (gpointer grid)
{
  return lk_test_grid_get_n_drawn (grid) > 0;
}

static gboolean
has_named_cells (gpointer grid)
{
  return lk_test_grid_get_grid (grid) != NULL && lk_test_grid_get_name (grid, 0) != NULL;
}

/* A grid of few steps on the page, not drawn. */
static LkTestGrid *
add_grid (Fixture    *fixture,
          const char *strengths,
          const char *seeds)
{
  g_autofree char *path = lk_data_path ("starter/other-character.safetensors");
  const char * const contexts[] = { "library", "forest", NULL };
  const LkNewGrid choice = { .lora = path, .strengths = strengths, .seeds = seeds, .contexts = contexts, .n_steps = 2 };
  g_autoptr (GError) error = NULL;
  LkGrid *grid = lk_new_grid_make (fixture->project, &choice, &error);
  g_autoptr (LkTestGrid) made = NULL;

  g_assert_no_error (error);
  made = lk_test_grid_new_for_grid (fixture->project, grid);
  lk_test_wait (has_named_cells, made);
  open_again (fixture);
  g_assert_nonnull (lk_grids_page_get_grid (fixture->page));
  lk_test_wait (has_named_cells, lk_grids_page_get_grid (fixture->page));
  return lk_grids_page_get_grid (fixture->page);
}

static void
activate (Fixture    *fixture,
          const char *action)
{
  g_assert_true (gtk_widget_activate_action (GTK_WIDGET (fixture->page), action, NULL));
}

static void
test_an_empty_project_offers_a_new_grid (Fixture       *fixture,
                                         gconstpointer  data)
{
  GtkWidget *status = lk_test_find (GTK_WIDGET (fixture->page), ADW_TYPE_STATUS_PAGE);

  g_assert_null (lk_grids_page_get_grid (fixture->page));
  g_assert_true (gtk_widget_get_mapped (status));
  activate (fixture, "grids.new");
  lk_test_run_for (300);
  g_assert_nonnull (lk_test_find (GTK_WIDGET (fixture->window), LK_TYPE_NEW_GRID_DIALOG));
}

/* Test This LoRA: six strengths, one context of each group, one seed; trigger and features in each prompt. */
static void
test_a_lora_is_tested_by_one_action (Fixture       *fixture,
                                     gconstpointer  data)
{
  g_autofree char *path = lk_data_path ("starter/other-character.safetensors");
  g_auto (GStrv) features = lk_project_dup_features (fixture->project);
  LkTestGrid *grid;
  LkGrid *axes;

  lk_grids_page_test_lora (fixture->page, path);
  grid = lk_grids_page_get_grid (fixture->page);
  g_assert_nonnull (grid);
  g_assert_nonnull (lk_test_grid_get_job (grid));
  axes = lk_test_grid_get_grid (grid);
  g_assert_cmpuint (lk_grid_get_n_columns (axes), ==, 6);
  g_assert_cmpuint (lk_grid_get_n_rows (axes), ==, 5);
  g_assert_cmpuint (lk_grid_get_n_axes (axes), ==, 2);
  for (guint i = 0; i < 5; i++)
    {
      const char *prompt = lk_grid_get_values (axes, 1)[i];

      g_assert_true (g_str_has_prefix (prompt, lk_project_get_trigger (fixture->project)));
      for (guint k = 0; features[k] != NULL; k++)
        g_assert_nonnull (strstr (prompt, features[k]));
    }

  /* A pause keeps what is drawn, and the page shows it. */
  lk_test_wait (has_drawn_one, grid);
  activate (fixture, "grids.pause");
  lk_test_wait (has_no_job, grid);
  lk_test_run_for (500);
  g_assert_cmpuint (lk_test_grid_get_n_drawn (grid), >=, 1);
  g_assert_cmpuint (lk_test_grid_get_n_drawn (grid), <, 30);
  g_assert_cmpuint (lk_grid_canvas_get_n_shown (lk_grids_page_get_canvas (fixture->page)), ==, lk_test_grid_get_n_drawn (grid));
}

static gint64
get_time (LkTestGrid *grid,
          guint       cell)
{
  g_autofree char *path = lk_test_grid_dup_path (grid, cell);
  GStatBuf buffer;

  g_assert_cmpint (g_stat (path, &buffer), ==, 0);
  return buffer.st_mtim.tv_sec * G_USEC_PER_SEC + buffer.st_mtim.tv_nsec / 1000;
}

static void
test_a_value_more_draws_its_own_cells (Fixture       *fixture,
                                       gconstpointer  data)
{
  LkTestGrid *grid = add_grid (fixture, "0, 0.8", "1");
  g_autoptr (GError) error = NULL;
  gint64 times[4];
  LkGrid *more;

  activate (fixture, "grids.draw");
  lk_test_wait (has_no_job, grid);
  lk_test_run_for (100);
  g_assert_cmpuint (lk_test_grid_get_n_drawn (grid), ==, 4);
  for (guint i = 0; i < 4; i++)
    times[i] = get_time (grid, i);

  more = lk_grid_copy (lk_test_grid_get_grid (grid));
  g_assert_true (lk_grid_add_value (more, 0, "0.4", NULL, &error));
  g_assert_no_error (error);
  lk_test_grid_set_grid (grid, more);
  lk_test_wait (has_named_cells, grid);
  lk_test_run_for (100);
  g_assert_cmpuint (lk_test_grid_get_n_drawn (grid), ==, 4);      /* of six now */
  activate (fixture, "grids.draw");
  lk_test_wait (has_no_job, grid);
  lk_test_run_for (100);
  g_assert_cmpuint (lk_test_grid_get_n_drawn (grid), ==, 6);
  g_assert_cmpint (get_time (grid, 0), ==, times[0]);             /* strength 0, first row */
  g_assert_cmpint (get_time (grid, 2), ==, times[1]);             /* strength 0.8 has moved by one */
  g_assert_cmpint (get_time (grid, 5), ==, times[3]);

  /* The folder says the same to whoever comes next. */
  {
    g_autoptr (LkGrid) read = lk_grid_open (lk_test_grid_get_folder (grid), &error);

    g_assert_no_error (error);
    g_assert_cmpuint (lk_grid_get_n_columns (read), ==, 3);
    g_assert_cmpstr (lk_grid_get_names (read)->pdata[5], ==, lk_test_grid_get_name (grid, 5));
  }
}

/* A change while it draws: what is drawn stays, and the drawing goes on with the change. */
static void
test_a_change_while_it_draws (Fixture       *fixture,
                              gconstpointer  data)
{
  LkTestGrid *grid = add_grid (fixture, "0, 0.8", "1, 2");
  LkGrid *less;

  activate (fixture, "grids.draw");
  lk_test_wait (has_drawn_one, grid);
  less = lk_grid_copy (lk_test_grid_get_grid (grid));
  lk_grid_remove_value (less, 2, 1);
  lk_grid_remove_value (less, 2, 0);
  lk_test_grid_set_grid (grid, less);
  for (guint i = 0; i < 200 && lk_test_grid_get_n_drawn (grid) < 4; i++)
    lk_test_run_for (100);
  lk_test_wait (has_no_job, grid);
  g_assert_cmpuint (lk_grid_get_n_cells (lk_test_grid_get_grid (grid)), ==, 4);
  g_assert_cmpuint (lk_test_grid_get_n_drawn (grid), ==, 4);
}

static void
press (LkGridCanvas *canvas,
       guint         key)
{
  g_autoptr (GListModel) controllers = gtk_widget_observe_controllers (GTK_WIDGET (canvas));
  gboolean handled = FALSE;

  /* GTK's accessibility for tests cannot announce: only a canvas with the focus does. */
  gtk_root_set_focus (gtk_widget_get_root (GTK_WIDGET (canvas)), NULL);
  for (guint i = 0; i < g_list_model_get_n_items (controllers) && !handled; i++)
    {
      g_autoptr (GtkEventController) controller = g_list_model_get_item (controllers, i);

      if (GTK_IS_EVENT_CONTROLLER_KEY (controller))
        g_signal_emit_by_name (controller, "key-pressed", key, 0, 0, &handled);
    }
  g_assert_true (handled);
}

static void
test_the_cursor_goes_by_keyboard (Fixture       *fixture,
                                  gconstpointer  data)
{
  LkTestGrid *grid = add_grid (fixture, "0, 0.5, 0.8", "1");
  LkGridCanvas *canvas = lk_grids_page_get_canvas (fixture->page);
  g_autofree char *path = lk_test_grid_dup_path (grid, 4);
  g_autoptr (LkPicture) picture = lk_picture_new (192, 192, 3);
  GtkWidget *viewer;
  double side;

  press (canvas, GDK_KEY_Right);
  press (canvas, GDK_KEY_Down);
  g_assert_cmpuint (lk_grid_canvas_get_cell (canvas), ==, 4);
  press (canvas, GDK_KEY_End);
  g_assert_cmpuint (lk_grid_canvas_get_cell (canvas), ==, 5);
  press (canvas, GDK_KEY_Right);            /* no further */
  g_assert_cmpuint (lk_grid_canvas_get_cell (canvas), ==, 5);
  press (canvas, GDK_KEY_Home);
  press (canvas, GDK_KEY_Up);
  press (canvas, GDK_KEY_Up);
  g_assert_cmpuint (lk_grid_canvas_get_cell (canvas), ==, 0);
  side = lk_grid_canvas_get_side (canvas);
  press (canvas, GDK_KEY_plus);
  g_assert_cmpfloat (lk_grid_canvas_get_side (canvas), >, side);

  /* Enter shows a cell large, once it is there. */
  press (canvas, GDK_KEY_Return);
  g_assert_null (lk_test_find (GTK_WIDGET (fixture->window), LK_TYPE_CELL_VIEWER));
  memset (picture->data, 0x80, picture->stride * picture->height);
  g_assert_true (lk_png_write (picture, NULL, path, NULL));
  open_again (fixture);
  canvas = lk_grids_page_get_canvas (fixture->page);
  lk_test_wait (has_drawn_one, lk_grids_page_get_grid (fixture->page));
  press (canvas, GDK_KEY_Right);
  press (canvas, GDK_KEY_Down);
  press (canvas, GDK_KEY_Return);
  lk_test_run_for (300);
  viewer = lk_test_find (GTK_WIDGET (fixture->window), LK_TYPE_CELL_VIEWER);
  g_assert_nonnull (viewer);
  g_assert_cmpuint (lk_cell_viewer_get_cell (LK_CELL_VIEWER (viewer)), ==, 4);
  gtk_root_set_focus (gtk_widget_get_root (viewer), NULL);
  gtk_widget_activate_action (viewer, "cell.flicker", NULL);      /* the base model of the same row */
  g_assert_cmpuint (lk_cell_viewer_get_cell (LK_CELL_VIEWER (viewer)), ==, 3);
  gtk_widget_activate_action (viewer, "cell.right", NULL);
  g_assert_cmpuint (lk_cell_viewer_get_cell (LK_CELL_VIEWER (viewer)), ==, 5);
}

typedef struct
{
  LkGridCanvas *canvas;
  guint         n;
} Wanted;

static gboolean
shows_all (gpointer data)
{
  const Wanted *wanted = data;

  gtk_widget_queue_draw (GTK_WIDGET (wanted->canvas));
  return lk_grid_canvas_get_n_shown (wanted->canvas) >= wanted->n;
}

/* Four hundred pictures come from threads, all of them, and those out of sight are not drawn. */
static void
test_four_hundred_cells (Fixture       *fixture,
                         gconstpointer  data)
{
  g_autoptr (GString) strengths = g_string_new ("0"), seeds = g_string_new ("1");
  g_autoptr (LkPicture) picture = lk_picture_new (192, 192, 3);
  LkTestGrid *grid;
  LkGrid *wide;
  Wanted wanted;

  for (guint i = 1; i < 20; i++)
    g_string_append_printf (strengths, ", 0.%02u", 5 * i);
  for (guint i = 2; i <= 20; i++)
    g_string_append_printf (seeds, ", %u", i);
  grid = add_grid (fixture, strengths->str, seeds->str);
  wide = lk_grid_copy (lk_test_grid_get_grid (grid));
  lk_grid_swap_axes (wide, 1, 2);           /* seeds are the rows */
  lk_test_grid_set_grid (grid, wide);
  lk_test_wait (has_named_cells, grid);
  for (guint i = 0; i < 400; i++)
    {
      g_autofree char *path = lk_test_grid_dup_path (grid, i);

      memset (picture->data, (int) i, picture->stride * picture->height);
      g_assert_true (lk_png_write (picture, NULL, path, NULL));
    }
  open_again (fixture);
  lk_test_wait (has_drawn_one, lk_grids_page_get_grid (fixture->page));

  wanted.canvas = lk_grids_page_get_canvas (fixture->page);
  lk_grid_canvas_set_side (wanted.canvas, LK_GRID_CANVAS_LEAST);
  wanted.n = 150;                           /* what a window of this size has room for, at least */
  lk_test_wait (shows_all, &wanted);
  g_assert_cmpuint (lk_grid_canvas_get_n_shown (wanted.canvas), <=, 400);
  g_assert_cmpuint (lk_cell_textures_get_bytes (lk_grid_canvas_get_textures (wanted.canvas)), <, 400 * 192 * 192 * 4);
  lk_grid_canvas_set_side (wanted.canvas, LK_GRID_CANVAS_MOST);
  lk_test_run_for (300);                    /* the last frame was the other one */
  wanted.n = 1;
  lk_test_wait (shows_all, &wanted);
  g_assert_cmpuint (lk_grid_canvas_get_n_shown (wanted.canvas), <=, 4);
}

/* grid.json that is not ours is said, and breaks nothing. */
static void
test_a_damaged_grid_is_said (Fixture       *fixture,
                             gconstpointer  data)
{
  g_autofree char *folder = lk_project_dup_path (fixture->project, "grids/20200101 broken"), *path = g_build_filename (folder, "grid.json", NULL);

  g_assert_true (lk_file_make_folder (folder, NULL));
  g_assert_true (lk_file_write (path, "{ \"version\": 99 }", -1, NULL));
  open_again (fixture);
  lk_test_run_for (300);
  g_assert_nonnull (lk_grids_page_get_grid (fixture->page));
  g_assert_nonnull (strstr (lk_test_grid_get_trouble (lk_grids_page_get_grid (fixture->page)), "version of Likeness"));
  activate (fixture, "grids.draw");
  g_assert_null (lk_test_grid_get_job (lk_grids_page_get_grid (fixture->page)));
}

int
main (int   argc,
      char *argv[])
{
  lk_test_window_init (&argc, &argv);

  g_test_add ("/grids/an-empty-project-offers-a-new-grid", Fixture, NULL, set_up, test_an_empty_project_offers_a_new_grid, tear_down);
  g_test_add ("/grids/a-lora-is-tested-by-one-action", Fixture, NULL, set_up, test_a_lora_is_tested_by_one_action, tear_down);
  g_test_add ("/grids/a-value-more-draws-its-own-cells", Fixture, NULL, set_up, test_a_value_more_draws_its_own_cells, tear_down);
  g_test_add ("/grids/a-change-while-it-draws", Fixture, NULL, set_up, test_a_change_while_it_draws, tear_down);
  g_test_add ("/grids/the-cursor-goes-by-keyboard", Fixture, NULL, set_up, test_the_cursor_goes_by_keyboard, tear_down);
  g_test_add ("/grids/four-hundred-cells", Fixture, NULL, set_up, test_four_hundred_cells, tear_down);
  g_test_add ("/grids/a-damaged-grid-is-said", Fixture, NULL, set_up, test_a_damaged_grid_is_said, tear_down);

  return g_test_run ();
}
