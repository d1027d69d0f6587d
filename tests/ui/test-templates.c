/* Every template of the window: it can be made, nothing holds it when it is closed, its actions are there and its icons too. */
#include "config.h"

#include "app/captions/lk-caption-cell.h"
#include "app/captions/lk-caption-finding.h"
#include "app/captions/lk-captions-page.h"
#include "app/captions/lk-auto-captions-dialog.h"
#include "app/captions/lk-caption-preview.h"
#include "app/captions/lk-change-captions-dialog.h"
#include "app/captions/lk-quick-tags-dialog.h"
#include "app/captions/lk-tag-chip.h"
#include "app/gallery/lk-batch-crop-page.h"
#include "app/gallery/lk-compare-cell.h"
#include "app/gallery/lk-compare-page.h"
#include "app/gallery/lk-coverage-row.h"
#include "app/gallery/lk-crop-cell.h"
#include "app/gallery/lk-crop-page.h"
#include "app/gallery/lk-export-dialog.h"
#include "app/gallery/lk-filter-popover.h"
#include "app/gallery/lk-finding-row.h"
#include "app/gallery/lk-gallery-grid.h"
#include "app/gallery/lk-gallery-page.h"
#include "app/gallery/lk-inspector.h"
#include "app/gallery/lk-viewer-page.h"
#include "app/grids/lk-axis-popover.h"
#include "app/grids/lk-cell-viewer.h"
#include "app/grids/lk-grids-page.h"
#include "app/grids/lk-new-grid-dialog.h"
#include "app/grids/lk-new-grid.h"
#include "app/playground/lk-playground-page.h"
#include "app/training/lk-run-row.h"
#include "app/training/lk-sample-viewer.h"
#include "app/training/lk-settings-report.h"
#include "app/training/lk-training-page.h"
#include "app/window/lk-coming-page.h"
#include "app/window/lk-job-row.h"
#include "app/window/lk-new-project-dialog.h"
#include "app/window/lk-preferences-dialog.h"
#include "app/window/lk-project-dialog.h"
#include "app/window/lk-project-form.h"
#include "app/window/lk-project-view.h"
#include "app/window/lk-welcome-page.h"
#include "app/window/lk-work-row.h"
#include "base/lk-file.h"
#include "train/lk-training-advice.h"
#include "lk-test-window.h"

#define RESOURCES "/io/github/likeness/Likeness"

static LkApplication *application;
static LkWorkspace *workspace;

/* ---- one of each -------------------------------------------------------------------------------------------- */

static LkImage *
first_image (void)
{
  return lk_project_get_image (lk_workspace_get_project (workspace), 0);
}

static GPtrArray *
some_images (guint n)
{
  GPtrArray *images = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < n; i++)
    g_ptr_array_add (images, g_object_ref (lk_project_get_image (lk_workspace_get_project (workspace), i)));
  return images;
}

static gpointer
make_batch_crop_page (void)
{
  g_autoptr (GPtrArray) images = some_images (4);

  return lk_batch_crop_page_new (workspace, images);
}

static gpointer
make_captions_page (void)
{
  return lk_captions_page_new (workspace);
}

static gpointer
make_caption_cell (void)
{
  LkCaptionCell *cell = lk_caption_cell_new (workspace);

  lk_caption_cell_set_image (cell, first_image ());
  return cell;
}

static gpointer
make_caption_finding (void)
{
  GListModel *findings = lk_workspace_get_findings (workspace);
  g_autoptr (LkFinding) finding = g_list_model_get_item (findings, 0);
  LkCaptionFinding *row = lk_caption_finding_new (TRUE);

  g_assert_nonnull (finding);
  lk_caption_finding_set_finding (row, finding);
  return row;
}

static gpointer
make_auto_captions_dialog (void)
{
  g_autoptr (GPtrArray) images = some_images (4);

  return lk_auto_captions_dialog_new (workspace, NULL, images, images);
}

static gpointer
make_caption_preview (void)
{
  return g_object_new (LK_TYPE_CAPTION_PREVIEW, NULL);
}

static gpointer
make_change_captions_dialog (void)
{
  g_autoptr (GPtrArray) images = some_images (4);

  return lk_change_captions_dialog_new (workspace, images, images);
}

static gpointer
make_quick_tags_dialog (void)
{
  return lk_quick_tags_dialog_new ();
}

static gpointer
make_tag_chip (void)
{
  return lk_tag_chip_new ("brown hair", 0, 2);
}

static gpointer
make_coming_page (void)
{
  return lk_coming_page_new (workspace, "lk-grids-symbolic", "Title", "Description", "check %s");
}

static gpointer
make_compare_page (void)
{
  g_autoptr (GPtrArray) images = some_images (4);

  return lk_compare_page_new (workspace, images);
}

static gpointer
make_coverage_row (void)
{
  LkCoverageRow *row = lk_coverage_row_new (LK_SHOT_PROFILE);

  lk_coverage_row_set_count (row, 2);
  return row;
}

static gpointer
make_crop_cell (void)
{
  g_autoptr (LkCropProposal) proposal = lk_crop_proposal_new (first_image (), LK_PROPOSAL_MIDDLE, &(LkCrop) { .width = 64, .height = 64 });
  LkCropCell *cell = lk_crop_cell_new (workspace);

  lk_crop_cell_set_proposal (cell, proposal, LK_CROP_SHAPE_SQUARE);
  return cell;
}

static gpointer
make_crop_page (void)
{
  return lk_crop_page_new (workspace, first_image ());
}

static gpointer
make_export_dialog (void)
{
  return lk_export_dialog_new (workspace, NULL);
}

static gpointer
make_filter_popover (void)
{
  LkFilterPopover *popover = g_object_new (LK_TYPE_FILTER_POPOVER, NULL);
  g_autoptr (LkGalleryFilter) filter = lk_gallery_filter_new (lk_workspace_get_project (workspace));

  lk_filter_popover_set_filter (popover, workspace, filter);
  return popover;
}

static gpointer
make_finding_row (void)
{
  GListModel *findings = lk_workspace_get_findings (workspace);
  g_autoptr (LkFinding) finding = g_list_model_get_item (findings, 0);

  g_assert_nonnull (finding);
  return lk_finding_row_new (finding);
}

static gpointer
make_gallery_page (void)
{
  return lk_gallery_page_new (workspace);
}

/* A grid of a LoRA that nobody draws. */
static LkTestGrid *
make_grid (void)
{
  LkProject *project = lk_workspace_get_project (workspace);
  g_autofree char *path = lk_data_path ("starter/other-character.safetensors");
  const char * const contexts[] = { "library", "forest", NULL };
  const LkNewGrid choice = { .lora = path, .strengths = "0, 0.8", .seeds = "1, 2", .contexts = contexts, .n_steps = 2 };
  LkGrid *grid = lk_new_grid_make (project, &choice, NULL);

  g_assert_nonnull (grid);
  return lk_test_grid_new_for_grid (project, grid);
}

static gpointer
make_axis_popover (void)
{
  g_autoptr (LkTestGrid) grid = make_grid ();

  return lk_axis_popover_new (grid, 2);
}

static gpointer
make_cell_viewer (void)
{
  g_autoptr (LkTestGrid) grid = make_grid ();

  return lk_cell_viewer_new (grid, 1, 1);
}

static gpointer
make_new_grid_dialog (void)
{
  return lk_new_grid_dialog_new (workspace);
}

static gpointer
make_grids_page (void)
{
  return lk_grids_page_new (workspace);
}

static gpointer
make_inspector (void)
{
  return lk_inspector_new (workspace);
}

static gpointer
make_new_project_dialog (void)
{
  return lk_new_project_dialog_new ();
}

static gpointer
make_playground_page (void)
{
  return lk_playground_page_new (workspace);
}

static gpointer
make_preferences_dialog (void)
{
  return lk_preferences_dialog_new ();
}

static gpointer
make_project_dialog (void)
{
  return lk_project_dialog_new (workspace);
}

static gpointer
make_project_form (void)
{
  return g_object_new (LK_TYPE_PROJECT_FORM, NULL);
}

static gpointer
make_project_view (void)
{
  return lk_project_view_new (workspace);
}

/* A run of the project that never began. */
static LkTrainingRun *
make_run (void)
{
  LkProject *project = lk_workspace_get_project (workspace);
  g_autoptr (LkTrainSettings) settings = lk_training_advice_settings_for_project (project, NULL, NULL);
  g_autoptr (LkDataSet) data_set = NULL;
  g_autoptr (LkRun) run = lk_run_create_for_project (project, NULL, settings, &data_set, NULL);

  g_assert_nonnull (run);
  return lk_training_run_new (run);
}

static gpointer
make_run_row (void)
{
  g_autoptr (LkTrainingRun) run = make_run ();

  return lk_run_row_new (run);
}

static gpointer
make_sample_viewer (void)
{
  g_autoptr (LkTrainingRun) run = make_run ();

  return lk_sample_viewer_new (run, "samples/base-00.png");
}

static gpointer
make_settings_report (void)
{
  g_autoptr (LkTrainSettings) settings = lk_train_settings_new ();
  g_autoptr (GPtrArray) rows = lk_kohya_settings_parse ("network_dim = 8\nno_such_key = 1\nxformers = true\n", "x.toml", 24, settings, NULL);

  return lk_settings_report_new (rows);
}

static gpointer
make_training_page (void)
{
  return lk_training_page_new (workspace);
}

static gpointer
make_viewer_page (void)
{
  return lk_viewer_page_new (workspace, lk_project_get_images (lk_workspace_get_project (workspace)), 0);
}

static gpointer
make_welcome_page (void)
{
  return g_object_new (LK_TYPE_WELCOME_PAGE, NULL);
}

static void
end_job_cb (LkJob        *job,
            LkDevice     *device,
            const GError *error,
            gpointer      user_data)
{
  lk_job_finish (job);
}

static gpointer
make_job_row (void)
{
  g_autoptr (LkEngine) engine = lk_engine_get_default ();
  g_autoptr (LkJob) job = lk_engine_add (engine, "Job", end_job_cb, NULL, NULL);
  gpointer row = lk_job_row_new (job);

  lk_job_cancel (job);
  return row;
}

static gpointer
make_work_row (void)
{
  g_autoptr (LkWork) work = lk_work_new ("Work");

  return lk_work_row_new (work);
}

static const struct
{
  const char *name;
  gpointer  (*make) (void);
} templates[] = {
  { "auto-captions-dialog", make_auto_captions_dialog },
  { "axis-popover", make_axis_popover },
  { "batch-crop-page", make_batch_crop_page },
  { "caption-cell", make_caption_cell },
  { "caption-finding", make_caption_finding },
  { "caption-preview", make_caption_preview },
  { "captions-page", make_captions_page },
  { "cell-viewer", make_cell_viewer },
  { "change-captions-dialog", make_change_captions_dialog },
  { "coming-page", make_coming_page },
  { "compare-page", make_compare_page },
  { "coverage-row", make_coverage_row },
  { "crop-cell", make_crop_cell },
  { "crop-page", make_crop_page },
  { "export-dialog", make_export_dialog },
  { "filter-popover", make_filter_popover },
  { "finding-row", make_finding_row },
  { "gallery-page", make_gallery_page },
  { "grids-page", make_grids_page },
  { "inspector", make_inspector },
  { "job-row", make_job_row },
  { "new-grid-dialog", make_new_grid_dialog },
  { "new-project-dialog", make_new_project_dialog },
  { "playground-page", make_playground_page },
  { "preferences-dialog", make_preferences_dialog },
  { "project-dialog", make_project_dialog },
  { "project-form", make_project_form },
  { "project-view", make_project_view },
  { "quick-tags-dialog", make_quick_tags_dialog },
  { "run-row", make_run_row },
  { "sample-viewer", make_sample_viewer },
  { "settings-report", make_settings_report },
  { "tag-chip", make_tag_chip },
  { "training-page", make_training_page },
  { "viewer-page", make_viewer_page },
  { "welcome-page", make_welcome_page },
  { "work-row", make_work_row },
};

/* Type names of the widgets that were made, those inside others too. */
static GHashTable *seen;

static void
note_types (GtkWidget *widget)
{
  g_hash_table_add (seen, g_strdup (G_OBJECT_TYPE_NAME (widget)));
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL; child = gtk_widget_get_next_sibling (child))
    note_types (child);
}

static gboolean
is_gone (gpointer data)
{
  return *(gpointer *) data == NULL;
}

static void
test_template (gconstpointer data)
{
  gpointer widget = ((gpointer (*) (void)) data) ();
  gpointer held = widget;

  g_object_ref_sink (widget);
  note_types (widget);
  /* Threads that it started come back first. */
  lk_test_run_for (50);
  note_types (widget);
  g_object_add_weak_pointer (widget, &held);
  g_object_unref (widget);
  lk_test_wait (is_gone, &held);
}

/* A template file that no test makes is a template that no test would find broken. */
static void
test_all_templates (void)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) files = g_resources_enumerate_children (RESOURCES, G_RESOURCE_LOOKUP_FLAGS_NONE, &error);
  g_autoptr (GRegex) regex = g_regex_new ("<template class=\"(\\w+)\"", 0, 0, NULL);
  LkWindow *window = lk_window_new (application);

  g_assert_no_error (error);
  note_types (GTK_WIDGET (window));
  gtk_window_destroy (GTK_WINDOW (window));

  for (guint i = 0; files[i] != NULL; i++)
    {
      g_autofree char *path = g_strconcat (RESOURCES "/", files[i], NULL);
      g_autoptr (GBytes) bytes = NULL;
      g_autoptr (GMatchInfo) match = NULL;
      g_autofree char *type = NULL;

      if (!g_str_has_suffix (files[i], ".ui"))
        continue;
      bytes = g_resources_lookup_data (path, G_RESOURCE_LOOKUP_FLAGS_NONE, &error);
      g_assert_no_error (error);
      g_assert_true (g_regex_match_full (regex, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), 0, 0, &match, NULL));
      type = g_match_info_fetch (match, 1);
      if (!g_hash_table_contains (seen, type))
        g_test_fail_printf ("%s of %s is made by no test", type, files[i]);
    }
}

/* ---- actions and icons -------------------------------------------------------------------------------------- */

static gboolean
class_has_action (GtkWidget  *widget,
                  const char *action)
{
  const char *name;
  GType owner;
  const GVariantType *type;
  const char *property;

  for (guint i = 0; gtk_widget_class_query_action (GTK_WIDGET_GET_CLASS (widget), i, &owner, &name, &type, &property); i++)
    if (g_str_equal (name, action))
      return TRUE;

  return FALSE;
}

/* Whether the action can be reached from the widget. */
static gboolean
has_action (GtkWidget  *widget,
            const char *action)
{
  if (g_str_has_prefix (action, "app.") && g_action_group_has_action (G_ACTION_GROUP (application), action + 4))
    return TRUE;

  for (; widget != NULL; widget = gtk_widget_get_parent (widget))
    if (class_has_action (widget, action) ||
        (GTK_IS_APPLICATION_WINDOW (widget) && g_str_has_prefix (action, "win.") &&
         g_action_group_has_action (G_ACTION_GROUP (widget), action + 4)))
      return TRUE;

  return FALSE;
}

static guint n_actions;

static void
check_action (GtkWidget  *widget,
              const char *action)
{
  n_actions++;
  if (!has_action (widget, action))
    g_test_fail_printf ("%s: there is no action %s", G_OBJECT_TYPE_NAME (widget), action);
}

static void
check_menu (GtkWidget  *widget,
            GMenuModel *menu)
{
  for (int i = 0; i < g_menu_model_get_n_items (menu); i++)
    {
      g_autofree char *action = NULL;
      g_autoptr (GMenuLinkIter) links = g_menu_model_iterate_item_links (menu, i);

      if (g_menu_model_get_item_attribute (menu, i, G_MENU_ATTRIBUTE_ACTION, "s", &action))
        check_action (widget, action);
      while (g_menu_link_iter_next (links))
        {
          g_autoptr (GMenuModel) linked = g_menu_link_iter_get_value (links);

          check_menu (widget, linked);
        }
    }
}

static void
check_shortcuts (GtkWidget *widget)
{
  g_autoptr (GListModel) controllers = gtk_widget_observe_controllers (widget);

  for (guint i = 0; i < g_list_model_get_n_items (controllers); i++)
    {
      g_autoptr (GtkEventController) controller = g_list_model_get_item (controllers, i);

      if (!GTK_IS_SHORTCUT_CONTROLLER (controller))
        continue;
      for (guint j = 0; j < g_list_model_get_n_items (G_LIST_MODEL (controller)); j++)
        {
          g_autoptr (GtkShortcut) shortcut = g_list_model_get_item (G_LIST_MODEL (controller), j);
          GtkShortcutAction *action = gtk_shortcut_get_action (shortcut);

          if (GTK_IS_NAMED_ACTION (action))
            check_action (widget, gtk_named_action_get_action_name (GTK_NAMED_ACTION (action)));
        }
    }
}

static void
check_icon (GtkWidget  *widget,
            const char *name)
{
  if (name != NULL && !gtk_icon_theme_has_icon (gtk_icon_theme_get_for_display (gtk_widget_get_display (widget)), name))
    g_test_fail_printf ("%s: there is no icon %s", G_OBJECT_TYPE_NAME (widget), name);
}

static void
check_widget (GtkWidget *widget)
{
  GMenuModel *menu = NULL;

  /* libadwaita's back buttons hide where there is nothing to go back to, and no action to do it. */
  if (!gtk_widget_get_visible (widget) && gtk_widget_get_ancestor (widget, ADW_TYPE_HEADER_BAR) != NULL)
    return;

  if (GTK_IS_ACTIONABLE (widget) && gtk_actionable_get_action_name (GTK_ACTIONABLE (widget)) != NULL)
    check_action (widget, gtk_actionable_get_action_name (GTK_ACTIONABLE (widget)));
  if (GTK_IS_MENU_BUTTON (widget))
    menu = gtk_menu_button_get_menu_model (GTK_MENU_BUTTON (widget));
  else if (ADW_IS_SPLIT_BUTTON (widget))
    menu = adw_split_button_get_menu_model (ADW_SPLIT_BUTTON (widget));
  else if (GTK_IS_POPOVER_MENU (widget))
    menu = gtk_popover_menu_get_menu_model (GTK_POPOVER_MENU (widget));
  if (menu != NULL)
    check_menu (widget, menu);
  if (GTK_IS_IMAGE (widget))
    check_icon (widget, gtk_image_get_icon_name (GTK_IMAGE (widget)));
  /* A window lists the shortcuts of its descendants again that work everywhere in it. */
  if (!GTK_IS_WINDOW (widget))
    check_shortcuts (widget);

  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL; child = gtk_widget_get_next_sibling (child))
    check_widget (child);
}

static void
test_actions (void)
{
  static const char * const pages[] = { "gallery", "captions", "training", "grids", "playground" };
  static const char * const views[] = { "gallery.view", "gallery.crop", "gallery.compare", "gallery.batch-crop" };
  LkWindow *window = lk_window_new (application);
  g_autoptr (LkProject) project = lk_test_sample_project ();
  GtkWidget *page;

  gtk_window_present (GTK_WINDOW (window));
  check_widget (GTK_WIDGET (window));
  lk_window_set_project (window, project);
  lk_test_run_for (500);
  page = lk_test_find (GTK_WIDGET (window), LK_TYPE_GALLERY_PAGE);
  for (gsize i = 0; i < G_N_ELEMENTS (pages); i++)
    {
      gtk_widget_activate_action (page, "project.show-page", "s", pages[i]);
      lk_test_run_for (200);
    }

  gtk_widget_activate_action (page, "project.show-page", "s", "gallery");
  for (gsize i = 0; i < G_N_ELEMENTS (views); i++)
    {
      GtkWidget *navigation = lk_test_find (page, ADW_TYPE_NAVIGATION_VIEW);
      GtkSelectionModel *model = lk_gallery_grid_get_model (LK_GALLERY_GRID (lk_test_find (page, LK_TYPE_GALLERY_GRID)));

      gtk_selection_model_unselect_all (model);
      gtk_selection_model_select_range (model, 0, g_str_equal (views[i], "gallery.compare") ? 3 : 1, TRUE);
      gtk_widget_activate_action (page, views[i], NULL);
      lk_test_run_for (200);
      g_assert_cmpstr (adw_navigation_page_get_tag (adw_navigation_view_get_visible_page (ADW_NAVIGATION_VIEW (navigation))), !=, "grid");
      check_widget (GTK_WIDGET (window));
      adw_navigation_view_pop_to_tag (ADW_NAVIGATION_VIEW (navigation), "grid");
      lk_test_run_for (400);
    }

  g_test_message ("%u actions looked up", n_actions);
  g_assert_cmpuint (n_actions, >, 100);
  lk_test_close (window);
}

/* The check above would find these. */
static void
test_missing_action (void)
{
  LkWindow *window = lk_window_new (application);

  g_assert_true (has_action (GTK_WIDGET (window), "win.new-project"));
  g_assert_true (has_action (GTK_WIDGET (window), "win.show-help-overlay"));
  g_assert_true (has_action (GTK_WIDGET (window), "app.preferences"));
  g_assert_false (has_action (GTK_WIDGET (window), "win.no-such-thing"));
  g_assert_false (has_action (GTK_WIDGET (window), "app.no-such-thing"));
  gtk_window_destroy (GTK_WINDOW (window));
}

static guint
count_cells (GtkWidget *widget)
{
  guint n = LK_IS_COMPARE_CELL (widget);

  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL; child = gtk_widget_get_next_sibling (child))
    n += count_cells (child);
  return n;
}

static gboolean
are_measured (gpointer data)
{
  GPtrArray *images = data;

  for (guint i = 0; i < images->len; i++)
    if (lk_image_get_scores (images->pdata[i]) == NULL || !lk_image_get_scores (images->pdata[i])->is_measured)
      return FALSE;
  return TRUE;
}

static double
get_rank (LkImage *image)
{
  return 1e6 * lk_image_get_width (image) * lk_image_get_height (image) + lk_image_get_scores (image)->sharpness;
}

/* The largest stands first, of as large ones the sharpest, the others beside it in turns. */
static void
test_compare_turns (void)
{
  g_autoptr (GPtrArray) images = some_images (6);
  LkImage *best = images->pdata[0];
  GtkWidget *window, *page, *first;

  lk_test_wait (are_measured, images);
  for (guint i = 1; i < images->len; i++)
    if (get_rank (images->pdata[i]) > get_rank (best))
      best = images->pdata[i];

  window = gtk_window_new ();
  page = GTK_WIDGET (lk_compare_page_new (workspace, images));
  gtk_window_set_child (GTK_WINDOW (window), page);
  gtk_window_present (GTK_WINDOW (window));
  g_assert_cmpuint (count_cells (page), ==, 4);
  first = lk_test_find (page, LK_TYPE_COMPARE_CELL);
  gtk_test_accessible_assert_property (first, GTK_ACCESSIBLE_PROPERTY_LABEL, lk_image_get_stem (best));

  gtk_widget_activate_action (page, "compare.previous", NULL);      /* there is none */
  g_assert_cmpuint (count_cells (page), ==, 4);
  g_assert_true (gtk_widget_activate_action (page, "compare.next", NULL));
  g_assert_cmpuint (count_cells (page), ==, 3);
  first = lk_test_find (page, LK_TYPE_COMPARE_CELL);
  gtk_test_accessible_assert_property (first, GTK_ACCESSIBLE_PROPERTY_LABEL, lk_image_get_stem (best));
  gtk_widget_activate_action (page, "compare.next", NULL);          /* it was the last */
  g_assert_cmpuint (count_cells (page), ==, 3);
  g_assert_true (gtk_widget_activate_action (page, "compare.previous", NULL));
  g_assert_cmpuint (count_cells (page), ==, 4);
  gtk_window_destroy (GTK_WINDOW (window));
}

static gboolean
has_findings (gpointer data)
{
  return g_list_model_get_n_items (lk_workspace_get_findings (data)) > 0;
}

int
main (int   argc,
      char *argv[])
{
  g_autoptr (LkProject) project = NULL;
  int result;

  lk_test_window_init (&argc, &argv);
  application = lk_test_application_new ();
  seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  project = lk_test_sample_project ();
  workspace = lk_workspace_new (project);
  lk_test_wait (has_findings, workspace);

  for (gsize i = 0; i < G_N_ELEMENTS (templates); i++)
    {
      g_autofree char *path = g_strconcat ("/templates/", templates[i].name, NULL);

      g_test_add_data_func (path, templates[i].make, test_template);
    }
  g_test_add_func ("/templates/all", test_all_templates);
  g_test_add_func ("/compare/turns", test_compare_turns);
  g_test_add_func ("/actions/missing", test_missing_action);
  g_test_add_func ("/actions/all", test_actions);
  result = g_test_run ();

  lk_workspace_close (workspace, NULL);
  g_object_unref (workspace);
  g_object_unref (application);
  g_hash_table_unref (seen);

  return result;
}
