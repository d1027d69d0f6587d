#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>
#include <math.h>

#include "app/captions/lk-captions-page.h"
#include "app/gallery/lk-export-dialog.h"
#include "app/gallery/lk-gallery-page.h"
#include "app/grids/lk-grids-page.h"
#include "app/playground/lk-playground-page.h"
#include "app/training/lk-training-page.h"
#include "app/window/lk-device-button.h"
#include "app/window/lk-engine.h"
#include "app/window/lk-job-row.h"
#include "app/window/lk-page-row.h"
#include "app/window/lk-project-dialog.h"
#include "app/window/lk-project-view.h"

struct _LkProjectView
{
  AdwBreakpointBin        parent_instance;

  LkWorkspace            *workspace;      /* owned */
  GSettings              *settings;       /* owned */
  LkEngine               *engine;         /* owned */
  LkJob                  *running;        /* owned; the job that has the device, watched, or NULL */
  guint                   first_source;   /* until the first page is made and shown, each in a turn of its own */
  gboolean                has_shown;      /* a page */

  AdwBanner              *banner;
  AdwBreakpoint          *narrow;
  AdwNavigationPage      *content_page;
  AdwNavigationPage      *sidebar_page;
  AdwNavigationSplitView *split;
  GtkListBox             *jobs;
  GtkListBox             *rows;
  GtkScrolledWindow      *jobs_scroller;
  GtkStack               *pages;
  LkPageRow              *captions_row;
  LkPageRow              *gallery_row;
};

G_DEFINE_FINAL_TYPE (LkProjectView, lk_project_view, ADW_TYPE_BREAKPOINT_BIN)

/* ---- pages -------------------------------------------------------------------------------------------------- */

static LkPageRow *
find_row (LkProjectView *self,
          const char    *page)
{
  GtkListBoxRow *row;

  for (int i = 0; (row = gtk_list_box_get_row_at_index (self->rows, i)) != NULL; i++)
    if (g_strcmp0 (lk_page_row_get_page (LK_PAGE_ROW (row)), page) == 0)
      return LK_PAGE_ROW (row);

  return NULL;
}

/* A page is made when it is shown for the first time: all five at once would be felt. */
static GtkWidget *
make_page (LkProjectView *self,
           const char    *page)
{
  if (g_str_equal (page, "captions"))
    return GTK_WIDGET (lk_captions_page_new (self->workspace));
  if (g_str_equal (page, "training"))
    return GTK_WIDGET (lk_training_page_new (self->workspace));
  if (g_str_equal (page, "grids"))
    return GTK_WIDGET (lk_grids_page_new (self->workspace));
  if (g_str_equal (page, "playground"))
    return GTK_WIDGET (lk_playground_page_new (self->workspace));

  return GTK_WIDGET (lk_gallery_page_new (self->workspace));
}

static void
make_page_once (LkProjectView *self,
                const char    *page)
{
  if (gtk_stack_get_child_by_name (self->pages, page) == NULL)
    gtk_stack_add_named (self->pages, make_page (self, page), page);
}

void
lk_project_view_show_page (LkProjectView *self,
                           const char    *page)
{
  LkPageRow *row;

  g_return_if_fail (LK_IS_PROJECT_VIEW (self));

  row = find_row (self, page);
  if (row == NULL)
    return;

  make_page_once (self, page);
  self->has_shown = TRUE;
  gtk_list_box_select_row (self->rows, GTK_LIST_BOX_ROW (row));
  gtk_stack_set_visible_child_name (self->pages, page);
  adw_navigation_page_set_title (self->content_page, lk_page_row_get_label (row));
  adw_navigation_split_view_set_show_content (self->split, TRUE);
  g_settings_set_string (self->settings, "last-page", page);
}

static void
row_activated_cb (LkProjectView *self,
                  LkPageRow     *row)
{
  lk_project_view_show_page (self, lk_page_row_get_page (row));
}

/* ---- status ------------------------------------------------------------------------------------------------- */

/* The worst finding about captions, or about everything else, as the sidebar says it. */
static LkPageStatus
get_status (LkProjectView *self,
            gboolean       of_captions,
            guint         *n_findings)
{
  GListModel *findings = lk_workspace_get_findings (self->workspace);
  LkPageStatus status = LK_PAGE_STATUS_NONE;

  *n_findings = 0;
  for (guint i = 0; i < g_list_model_get_n_items (findings); i++)
    {
      g_autoptr (LkFinding) finding = g_list_model_get_item (findings, i);
      LkSeverity severity = lk_finding_get_severity (finding);

      if (lk_finding_get_check (finding)->is_caption != of_captions || severity < LK_SEVERITY_WARNING)
        continue;
      (*n_findings)++;
      if (severity == LK_SEVERITY_ERROR)
        status = LK_PAGE_STATUS_ERROR;
      else if (status == LK_PAGE_STATUS_NONE)
        status = LK_PAGE_STATUS_WARNING;
    }

  return status;
}

static void
set_row_status (LkProjectView *self,
                LkPageRow     *row,
                guint          count,
                gboolean       of_captions)
{
  g_autofree char *text = count > 0 ? g_strdup_printf ("%u", count) : NULL;
  g_autofree char *description = NULL;
  guint n_findings;
  LkPageStatus status = get_status (self, of_captions, &n_findings);

  if (n_findings > 0)
    description = g_strdup_printf (ngettext ("%u finding needs attention", "%u findings need attention", n_findings), n_findings);
  lk_page_row_set_status (row, text, status, description);
}

static void
update (LkProjectView *self)
{
  LkProject *project = lk_workspace_get_project (self->workspace);
  guint n_images = lk_project_get_n_images (project);
  guint n_captions = 0;
  const char *trouble = lk_project_get_trouble (project);

  if (trouble == NULL)
    trouble = lk_project_get_read_only_reason (project);
  for (guint i = 0; i < n_images; i++)
    n_captions += *lk_image_get_caption (lk_project_get_image (project, i)) != '\0';

  adw_navigation_page_set_title (self->sidebar_page, lk_project_get_name (project));
  set_row_status (self, self->gallery_row, n_images, FALSE);
  set_row_status (self, self->captions_row, n_captions, TRUE);

  adw_banner_set_title (self->banner, trouble != NULL ? trouble : "");
  adw_banner_set_button_label (self->banner, lk_project_get_trouble (project) != NULL ? _("Try Again") : NULL);
  adw_banner_set_revealed (self->banner, trouble != NULL);
}

/* The row of the page that the running job works for says how far it is. */
static void
update_running (LkProjectView *self)
{
  static const char * const pages[] = { "training", "grids", "playground" };
  LkProject *project = lk_workspace_get_project (self->workspace);
  gboolean is_ours = self->running != NULL && lk_job_get_project (self->running) == project;

  for (guint i = 0; i < G_N_ELEMENTS (pages); i++)
    {
      LkPageRow *row = find_row (self, pages[i]);
      gboolean is_busy = is_ours && g_strcmp0 (lk_job_get_page (self->running), pages[i]) == 0;
      g_autofree char *share = is_busy ? g_strdup_printf (_("%.0f %%"), floor (100 * lk_job_get_fraction (self->running))) : NULL;

      lk_page_row_set_status (row, share, is_busy ? LK_PAGE_STATUS_BUSY : LK_PAGE_STATUS_NONE, is_busy ? _("at work") : NULL);
    }
}

static void
jobs_changed_cb (LkProjectView *self)
{
  LkJob *running = lk_engine_get_running (self->engine);

  if (running != self->running)
    {
      if (self->running != NULL)
        g_signal_handlers_disconnect_by_func (self->running, update_running, self);
      if (g_set_object (&self->running, running) && running != NULL)
        g_signal_connect_object (running, "notify::fraction", G_CALLBACK (update_running), self, G_CONNECT_SWAPPED);
    }
  gtk_widget_set_visible (GTK_WIDGET (self->jobs_scroller), g_list_model_get_n_items (lk_engine_get_jobs (self->engine)) > 0);
  update_running (self);
}

static GtkWidget *
make_job_row (gpointer item,
              gpointer user_data)
{
  return GTK_WIDGET (lk_job_row_new (item));
}

static void
try_again_cb (LkProjectView *self)
{
  g_autoptr (GError) error = NULL;

  if (!lk_project_flush (lk_workspace_get_project (self->workspace), &error))
    lk_workspace_say (self->workspace, error->message);
}

/* ---- actions ------------------------------------------------------------------------------------------------ */

static void
show_page_action (GtkWidget  *widget,
                  const char *action_name,
                  GVariant   *parameter)
{
  lk_project_view_show_page (LK_PROJECT_VIEW (widget), g_variant_get_string (parameter, NULL));
}

/* Wide: the sidebar goes and comes. Narrow: it is a page of its own. */
static void
toggle_sidebar_action (GtkWidget  *widget,
                       const char *action_name,
                       GVariant   *parameter)
{
  LkProjectView *self = LK_PROJECT_VIEW (widget);

  if (adw_breakpoint_bin_get_current_breakpoint (ADW_BREAKPOINT_BIN (self)) != NULL)
    adw_navigation_split_view_set_show_content (self->split, !adw_navigation_split_view_get_show_content (self->split));
  else
    {
      adw_navigation_split_view_set_show_content (self->split, TRUE);
      adw_navigation_split_view_set_collapsed (self->split, !adw_navigation_split_view_get_collapsed (self->split));
    }
}

static void
test_lora_action (GtkWidget  *widget,
                  const char *action_name,
                  GVariant   *parameter)
{
  LkProjectView *self = LK_PROJECT_VIEW (widget);

  lk_project_view_show_page (self, "grids");
  lk_grids_page_test_lora (LK_GRIDS_PAGE (gtk_stack_get_child_by_name (self->pages, "grids")), g_variant_get_string (parameter, NULL));
}

static void
project_settings_action (GtkWidget  *widget,
                         const char *action_name,
                         GVariant   *parameter)
{
  adw_dialog_present (ADW_DIALOG (lk_project_dialog_new (LK_PROJECT_VIEW (widget)->workspace)), widget);
}

static void
export_action (GtkWidget  *widget,
               const char *action_name,
               GVariant   *parameter)
{
  adw_dialog_present (ADW_DIALOG (lk_export_dialog_new (LK_PROJECT_VIEW (widget)->workspace, NULL)), widget);
}

static void
show_folder_action (GtkWidget  *widget,
                    const char *action_name,
                    GVariant   *parameter)
{
  LkProjectView *self = LK_PROJECT_VIEW (widget);
  g_autoptr (GFile) folder = g_file_new_for_path (lk_project_get_folder (lk_workspace_get_project (self->workspace)));
  g_autoptr (GtkFileLauncher) launcher = gtk_file_launcher_new (folder);

  gtk_file_launcher_launch (launcher, GTK_WINDOW (gtk_widget_get_root (widget)), NULL, NULL, NULL);
}

/* ---- widget ------------------------------------------------------------------------------------------------- */

static void
lk_project_view_dispose (GObject *object)
{
  LkProjectView *self = LK_PROJECT_VIEW (object);

  g_clear_handle_id (&self->first_source, g_source_remove);
  adw_breakpoint_bin_set_child (ADW_BREAKPOINT_BIN (self), NULL);
  gtk_widget_dispose_template (GTK_WIDGET (self), LK_TYPE_PROJECT_VIEW);
  g_clear_object (&self->running);
  g_clear_object (&self->engine);
  g_clear_object (&self->settings);
  g_clear_object (&self->workspace);

  G_OBJECT_CLASS (lk_project_view_parent_class)->dispose (object);
}

static void
lk_project_view_class_init (LkProjectViewClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = lk_project_view_dispose;

  g_type_ensure (LK_TYPE_DEVICE_BUTTON);
  g_type_ensure (LK_TYPE_PAGE_ROW);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/likeness/Likeness/lk-project-view.ui");
  gtk_widget_class_bind_template_child (widget_class, LkProjectView, banner);
  gtk_widget_class_bind_template_child (widget_class, LkProjectView, captions_row);
  gtk_widget_class_bind_template_child (widget_class, LkProjectView, content_page);
  gtk_widget_class_bind_template_child (widget_class, LkProjectView, gallery_row);
  gtk_widget_class_bind_template_child (widget_class, LkProjectView, jobs);
  gtk_widget_class_bind_template_child (widget_class, LkProjectView, jobs_scroller);
  gtk_widget_class_bind_template_child (widget_class, LkProjectView, narrow);
  gtk_widget_class_bind_template_child (widget_class, LkProjectView, pages);
  gtk_widget_class_bind_template_child (widget_class, LkProjectView, rows);
  gtk_widget_class_bind_template_child (widget_class, LkProjectView, sidebar_page);
  gtk_widget_class_bind_template_child (widget_class, LkProjectView, split);
  gtk_widget_class_bind_template_callback (widget_class, row_activated_cb);
  gtk_widget_class_bind_template_callback (widget_class, try_again_cb);

  gtk_widget_class_install_action (widget_class, "project.show-page", "s", show_page_action);
  gtk_widget_class_install_action (widget_class, "project.toggle-sidebar", NULL, toggle_sidebar_action);
  gtk_widget_class_install_action (widget_class, "win.test-lora", "s", test_lora_action);
  gtk_widget_class_install_action (widget_class, "project.settings", NULL, project_settings_action);
  gtk_widget_class_install_action (widget_class, "project.export", NULL, export_action);
  gtk_widget_class_install_action (widget_class, "project.show-folder", NULL, show_folder_action);
}

static void
lk_project_view_init (LkProjectView *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));

  self->settings = g_settings_new (APP_ID);
  self->engine = lk_engine_get_default ();
}

static gboolean
show_first_page_cb (gpointer user_data)
{
  LkProjectView *self = user_data;
  g_autofree char *page = g_settings_get_string (self->settings, "last-page");
  gboolean is_empty = lk_project_get_n_images (lk_workspace_get_project (self->workspace)) == 0;

  if (is_empty)
    g_set_str (&page, "gallery");
  if (gtk_stack_get_child_by_name (self->pages, page) == NULL && gtk_stack_get_visible_child (self->pages) == NULL)
    {
      make_page_once (self, page);
      return G_SOURCE_CONTINUE;
    }

  self->first_source = 0;
  if (!self->has_shown)
    lk_project_view_show_page (self, page);
  return G_SOURCE_REMOVE;
}

LkProjectView *
lk_project_view_new (LkWorkspace *workspace)
{
  LkProjectView *self = g_object_new (LK_TYPE_PROJECT_VIEW, NULL);

  self->workspace = g_object_ref (workspace);
  g_signal_connect_object (workspace, "changed", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  update (self);
  gtk_list_box_bind_model (self->jobs, lk_engine_get_jobs (self->engine), make_job_row, NULL, NULL);
  g_signal_connect_object (lk_engine_get_jobs (self->engine), "items-changed", G_CALLBACK (jobs_changed_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->engine, "notify::running", G_CALLBACK (jobs_changed_cb), self, G_CONNECT_SWAPPED);
  jobs_changed_cb (self);
  /* The frame first, then the page, each in a turn of its own. */
  self->first_source = g_idle_add (show_first_page_cb, self);

  return self;
}
