/* screenshots FOLDER [NAME [run]]: draws every page of the window as PNG files: light, dark, narrow, with large text, right to left.
 *
 * To look at, not to compare. NAME: only the modes whose name begins so. `run`: only the training page, while a run is at work and after it.
 */
#include "config.h"

#include <glib/gstdio.h>

#include "app/captions/lk-auto-captions-dialog.h"
#include "app/captions/lk-captions-page.h"
#include "app/gallery/lk-gallery-grid.h"
#include "app/gallery/lk-gallery-page.h"
#include "app/grids/lk-cell-viewer.h"
#include "app/grids/lk-grids-page.h"
#include "app/playground/lk-playground-page.h"
#include "app/training/lk-run-view.h"
#include "app/training/lk-sample-strip.h"
#include "app/training/lk-training-form.h"
#include "app/training/lk-training-page.h"
#include "app/window/lk-preferences-dialog.h"
#include "base/lk-file.h"
#include "train/lk-training-advice.h"
#include "lk-test-window.h"

typedef struct
{
  const char       *name;
  int               width, height;
  AdwColorScheme    scheme;
  GtkTextDirection  direction;
  double            text_scale;
} Mode;

/* Without a compositor GTK draws a border of 5 pixels around a window: 370 leaves 360. */
static const Mode modes[] = {
  { "light", 1180, 760, ADW_COLOR_SCHEME_FORCE_LIGHT, GTK_TEXT_DIR_LTR, 1 },
  { "dark", 1180, 760, ADW_COLOR_SCHEME_FORCE_DARK, GTK_TEXT_DIR_LTR, 1 },
  { "narrow", 370, 650, ADW_COLOR_SCHEME_FORCE_LIGHT, GTK_TEXT_DIR_LTR, 1 },
  { "large-text", 1180, 900, ADW_COLOR_SCHEME_FORCE_LIGHT, GTK_TEXT_DIR_LTR, 2 },
  { "rtl", 1180, 760, ADW_COLOR_SCHEME_FORCE_LIGHT, GTK_TEXT_DIR_RTL, 1 },
};

static void
shoot (LkWindow   *window,
       const char *folder,
       const char *mode,
       const char *page)
{
  GtkWidget *widget = GTK_WIDGET (window);
  g_autofree char *name = g_strdup_printf ("%s-%s.png", mode, page);
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autoptr (GdkPaintable) paintable = gtk_widget_paintable_new (widget);
  g_autoptr (GtkSnapshot) snapshot = gtk_snapshot_new ();
  g_autoptr (GskRenderNode) node = NULL;
  g_autoptr (GdkTexture) texture = NULL;

  lk_test_run_for (1200);
  gdk_paintable_snapshot (paintable, snapshot, gtk_widget_get_width (widget), gtk_widget_get_height (widget));
  node = gtk_snapshot_free_to_node (g_steal_pointer (&snapshot));
  texture = gsk_renderer_render_texture (gtk_native_get_renderer (GTK_NATIVE (widget)), node, NULL);
  gdk_texture_save_to_png (texture, path);
  g_print ("%s\n", path);
}

static gboolean
has_grid (gpointer window)
{
  return lk_test_find (window, LK_TYPE_GALLERY_GRID) != NULL;
}

static void
activate (LkWindow   *window,
          const char *action,
          GVariant   *parameter)
{
  GtkWidget *grid;

  lk_test_wait (has_grid, window);     /* a project's first page is made in a turn of its own */
  grid = lk_test_find (GTK_WIDGET (window), LK_TYPE_GALLERY_GRID);
  g_assert_true (gtk_widget_activate_action_variant (grid, action, parameter));
}

static void
go_back (LkWindow *window)
{
  GtkWidget *page = lk_test_find (GTK_WIDGET (window), LK_TYPE_GALLERY_PAGE);
  GtkWidget *navigation = lk_test_find (page, ADW_TYPE_NAVIGATION_VIEW);

  while (adw_navigation_view_pop (ADW_NAVIGATION_VIEW (navigation)))
    lk_test_run_for (400);
}

static void
select_first (LkWindow *window,
              guint     n)
{
  LkGalleryGrid *grid = LK_GALLERY_GRID (lk_test_find (GTK_WIDGET (window), LK_TYPE_GALLERY_GRID));
  GtkSelectionModel *model = lk_gallery_grid_get_model (grid);

  gtk_selection_model_unselect_all (model);
  gtk_selection_model_select_range (model, 0, n, TRUE);
}

static void
close_dialog (LkWindow *window)
{
  AdwDialog *dialog = adw_application_window_get_visible_dialog (ADW_APPLICATION_WINDOW (window));

  if (dialog != NULL)
    adw_dialog_force_close (dialog);
  lk_test_run_for (500);
}

/* Decisions, so that badges and stars can be seen. */
static void
decorate (LkProject *project)
{
  LkEdit *edit = lk_edit_new (project, "Decide");
  g_autoptr (GError) error = NULL;

  lk_edit_set_state (edit, lk_project_get_image (project, 0), LK_STATE_KEEP);
  lk_edit_set_state (edit, lk_project_get_image (project, 1), LK_STATE_REJECT);
  lk_edit_set_rating (edit, lk_project_get_image (project, 2), 4);
  lk_edit_set_crop (edit, lk_project_get_image (project, 3), &(LkCrop) { .x = 84, .y = 240, .width = 420, .height = 420 });
  lk_project_apply (project, edit, &error);
  g_assert_no_error (error);
  lk_edit_free (edit);
}

static gboolean
has_result (gpointer stack)
{
  return g_str_equal (gtk_stack_get_visible_child_name (stack), "result");
}

/* The choices of a draft and of a tagger, and what would change. */
static void
shoot_automatic (LkWindow   *window,
                 const char *folder,
                 const char *mode)
{
  GtkWidget *dialog = GTK_WIDGET (adw_application_window_get_visible_dialog (ADW_APPLICATION_WINDOW (window)));
  GType type = LK_TYPE_AUTO_CAPTIONS_DIALOG;

  shoot (window, folder, mode, "automatic-draft");
  adw_combo_row_set_selected (ADW_COMBO_ROW (gtk_widget_get_template_child (dialog, type, "way_row")), 1);
  shoot (window, folder, mode, "automatic-tagger");
  adw_combo_row_set_selected (ADW_COMBO_ROW (gtk_widget_get_template_child (dialog, type, "way_row")), 0);
  adw_combo_row_set_selected (ADW_COMBO_ROW (gtk_widget_get_template_child (dialog, type, "place_row")), 1);
  g_signal_emit_by_name (gtk_widget_get_template_child (dialog, type, "action_button"), "clicked");
  lk_test_wait (has_result, gtk_widget_get_template_child (dialog, type, "stack"));
  shoot (window, folder, mode, "automatic-result");
}

static gboolean
is_ready (gpointer page)
{
  return lk_playground_page_is_ready (page);
}

static GtkWidget *
find_draw (GtkWidget *widget)
{
  if (GTK_IS_BUTTON (widget) && g_strcmp0 (gtk_button_get_label (GTK_BUTTON (widget)), "Draw") == 0)
    return widget;
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL; child = gtk_widget_get_next_sibling (child))
    {
      GtkWidget *found = find_draw (child);

      if (found != NULL)
        return found;
    }
  return NULL;
}

static gboolean
is_visible (gpointer widget)
{
  return gtk_widget_get_visible (widget);
}

/* Two LoRAs that are too much together, and what they draw. */
static void
shoot_playground (LkWindow   *window,
                  const char *folder,
                  const char *mode)
{
  static const char * const names[] = { "starter/clothing-uniform.safetensors", "starter/style-dusk.safetensors" };
  LkPlaygroundPage *page = LK_PLAYGROUND_PAGE (lk_test_find (GTK_WIDGET (window), LK_TYPE_PLAYGROUND_PAGE));
  GtkWidget *draw = find_draw (GTK_WIDGET (page));

  activate (window, "project.show-page", g_variant_new_string ("playground"));
  lk_test_wait (is_ready, page);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = lk_data_path (names[i]);

      lk_playground_page_add (page, path);
      lk_stack_entry_set_unet (lk_stack_get (lk_playground_page_get_stack (page), i), 100);
    }
  adw_switch_row_set_active (ADW_SWITCH_ROW (lk_test_find (GTK_WIDGET (page), ADW_TYPE_SWITCH_ROW)), TRUE);
  g_signal_emit_by_name (draw, "clicked");
  lk_test_wait (is_visible, draw);
  shoot (window, folder, mode, "playground-drawn");
}

static gboolean
has_drawn_some (gpointer grid)
{
  return lk_test_grid_get_n_drawn (grid) >= 8;
}

static gboolean
has_paused (gpointer grid)
{
  return lk_test_grid_get_job (grid) == NULL;
}

/* What New Grid asks, and a LoRA's grid that was paused, with real pictures. */
static void
shoot_grids (LkWindow   *window,
             const char *folder,
             const char *mode)
{
  GtkWidget *page = lk_test_find (GTK_WIDGET (window), LK_TYPE_GRIDS_PAGE);
  g_autofree char *path = lk_data_path ("starter/other-character.safetensors");
  g_autoptr (GSettings) preferences = g_settings_new (APP_ID);
  LkTestGrid *grid;

  g_settings_set_string (preferences, "device", "cpu");
  gtk_widget_activate_action (page, "grids.new", NULL);
  shoot (window, folder, mode, "new-grid");
  close_dialog (window);
  activate (window, "win.test-lora", g_variant_new_string (path));
  grid = lk_grids_page_get_grid (LK_GRIDS_PAGE (page));
  lk_test_wait (has_drawn_some, grid);
  shoot (window, folder, mode, "grid-drawing");
  gtk_widget_activate_action (page, "grids.pause", NULL);
  lk_test_wait (has_paused, grid);
  shoot (window, folder, mode, "grid");
  adw_dialog_present (ADW_DIALOG (lk_cell_viewer_new (grid, lk_grid_get_cell (lk_test_grid_get_grid (grid), 3, 0), 0)), page);
  shoot (window, folder, mode, "grid-cell");
  close_dialog (window);
}

static void
shoot_mode (LkApplication *application,
            const Mode    *mode,
            const char    *folder)
{
  LkWindow *window;
  g_autoptr (LkProject) project = NULL;
  const char *pages[] = { "captions", "training", "grids", "playground" };

  gtk_widget_set_default_direction (mode->direction);
  adw_style_manager_set_color_scheme (adw_style_manager_get_default (), mode->scheme);
  g_object_set (gtk_settings_get_default (), "gtk-xft-dpi", (int) (96 * 1024 * mode->text_scale), NULL);

  window = lk_window_new (application);
  gtk_window_set_default_size (GTK_WINDOW (window), mode->width, mode->height);
  gtk_window_present (GTK_WINDOW (window));
  shoot (window, folder, mode->name, "welcome");
  gtk_widget_activate_action (GTK_WIDGET (window), "win.new-project", NULL);
  shoot (window, folder, mode->name, "new-project");
  close_dialog (window);
  adw_dialog_present (ADW_DIALOG (lk_preferences_dialog_new ()), GTK_WIDGET (window));
  shoot (window, folder, mode->name, "preferences");
  close_dialog (window);

  project = lk_test_sample_project ();
  decorate (project);
  lk_window_set_project (window, project);
  shoot (window, folder, mode->name, "gallery");
  select_first (window, 1);
  shoot (window, folder, mode->name, "gallery-selected");
  activate (window, "gallery.toggle-inspector", NULL);
  shoot (window, folder, mode->name, "gallery-toggled");
  activate (window, "gallery.toggle-inspector", NULL);
  activate (window, "gallery.view", NULL);
  shoot (window, folder, mode->name, "viewer");
  go_back (window);
  activate (window, "gallery.crop", NULL);
  shoot (window, folder, mode->name, "crop");
  go_back (window);
  select_first (window, 6);
  activate (window, "gallery.compare", NULL);
  shoot (window, folder, mode->name, "compare");
  go_back (window);
  select_first (window, 24);
  activate (window, "gallery.batch-crop", NULL);
  shoot (window, folder, mode->name, "batch-crop");
  go_back (window);
  activate (window, "project.settings", NULL);
  shoot (window, folder, mode->name, "project-settings");
  close_dialog (window);
  activate (window, "project.export", NULL);
  shoot (window, folder, mode->name, "export");
  close_dialog (window);
  for (guint i = 0; i < G_N_ELEMENTS (pages); i++)
    {
      activate (window, "project.show-page", g_variant_new_string (pages[i]));
      shoot (window, folder, mode->name, pages[i]);
      if (i > 0)
        continue;
      gtk_widget_activate_action (lk_test_find (GTK_WIDGET (window), LK_TYPE_CAPTIONS_PAGE), "captions.automatic", NULL);
      shoot_automatic (window, folder, mode->name);
      close_dialog (window);
    }
  shoot_grids (window, folder, mode->name);
  shoot_playground (window, folder, mode->name);
  if (mode->width < 860)
    {
      activate (window, "project.toggle-sidebar", NULL);
      shoot (window, folder, mode->name, "sidebar");
    }
  lk_test_close (window);
}

/* ---- a run ----------------------------------------------------------------------------------------------------- */

static gboolean
has_sample (gpointer page)
{
  g_autoptr (LkTrainingRun) run = g_list_model_get_item (lk_training_run_get_active (), 0);

  return run == NULL || g_list_model_get_n_items (lk_training_run_get_samples (run)) > 1;
}

static gboolean
is_done (gpointer page)
{
  return !lk_training_page_is_active (page);
}

/* The page from top to end, a window's height each. */
static void
shoot_down (LkWindow   *window,
            GtkWidget  *view,
            const char *folder,
            const char *mode,
            const char *page)
{
  GtkAdjustment *adjustment = gtk_scrolled_window_get_vadjustment (GTK_SCROLLED_WINDOW (lk_test_find (view, GTK_TYPE_SCROLLED_WINDOW)));
  double height = gtk_adjustment_get_page_size (adjustment);

  for (guint i = 0; i < 9; i++)
    {
      g_autofree char *name = g_strdup_printf ("%s-%u", page, i);

      gtk_adjustment_set_value (adjustment, i * height);
      shoot (window, folder, mode, name);
      if ((i + 1) * height >= gtk_adjustment_get_upper (adjustment))
        break;
    }
  gtk_adjustment_set_value (adjustment, 0);
}

static void
shoot_run (LkApplication *application,
           const Mode    *mode,
           const char    *folder)
{
  static const char * const changes[][2] = {
    { "max_train_steps", "90" }, { "validate_every_n_steps", "6" }, { "validation_split", "0.1" }, { "sample_every_n_steps", "30" },
    { "save_every_n_steps", "30" }, { "lr_warmup_steps", "0" }, { "sample_prompts", "ohwx woman\nohwx woman on a beach" },
  };
  g_autoptr (LkProject) project = lk_test_sample_project ();
  g_autoptr (LkTrainSettings) settings = lk_training_advice_settings_for_project (project, NULL, NULL);
  LkWindow *window;
  GtkWidget *page, *form, *view;

  gtk_widget_set_default_direction (mode->direction);
  adw_style_manager_set_color_scheme (adw_style_manager_get_default (), mode->scheme);
  g_object_set (gtk_settings_get_default (), "gtk-xft-dpi", (int) (96 * 1024 * mode->text_scale), NULL);
  window = lk_window_new (application);
  gtk_window_set_default_size (GTK_WINDOW (window), mode->width, mode->height);
  gtk_window_present (GTK_WINDOW (window));
  lk_window_set_project (window, project);
  lk_test_run_for (500);
  activate (window, "project.show-page", g_variant_new_string ("training"));
  lk_test_run_for (500);

  page = lk_test_find (GTK_WIDGET (window), LK_TYPE_TRAINING_PAGE);
  form = lk_test_find (page, LK_TYPE_TRAINING_FORM);
  view = lk_test_find (page, LK_TYPE_RUN_VIEW);
  for (guint i = 0; i < G_N_ELEMENTS (changes); i++)
    g_assert_true (lk_train_settings_set (settings, changes[i][0], changes[i][1], NULL));
  lk_training_form_set_settings (LK_TRAINING_FORM (form), settings);
  shoot_down (window, form, folder, mode->name, "form");
  {
    g_autoptr (LkTrainSettings) vast = lk_train_settings_copy (settings);

    lk_train_settings_set (vast, "resolution", "2048", NULL);
    lk_train_settings_set (vast, "train_batch_size", "64", NULL);
    lk_training_form_set_settings (LK_TRAINING_FORM (form), vast);
    lk_test_run_for (1500);
    shoot (window, folder, mode->name, "no-room");
    lk_training_form_set_settings (LK_TRAINING_FORM (form), settings);
  }
  g_signal_emit_by_name (form, "start");
  lk_test_wait (has_sample, page);
  lk_test_run_for (1500);
  shoot_down (window, view, folder, mode->name, "run");
  lk_test_wait (is_done, page);
  shoot_down (window, view, folder, mode->name, "done");
  gtk_widget_activate (lk_test_find (lk_test_find (view, LK_TYPE_SAMPLE_STRIP), GTK_TYPE_BUTTON));
  shoot (window, folder, mode->name, "sample");
  close_dialog (window);
  lk_test_close (window);
}

int
main (int   argc,
      char *argv[])
{
  g_autoptr (LkApplication) application = NULL;

  lk_test_window_init (&argc, &argv);
  if (argc < 2)
    {
      g_printerr ("screenshots FOLDER [NAME]\n");
      return 2;
    }

  g_mkdir_with_parents (argv[1], 0755);
  application = lk_test_application_new ();
  for (gsize i = 0; i < G_N_ELEMENTS (modes); i++)
    if (argc < 3 || g_str_has_prefix (modes[i].name, argv[2]))
      (argc > 3 ? shoot_run : shoot_mode) (application, &modes[i], argv[1]);

  return 0;
}
