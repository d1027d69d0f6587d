#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>

#include "app/gallery/lk-batch-crop-page.h"
#include "app/gallery/lk-compare-page.h"
#include "app/gallery/lk-crop-page.h"
#include "app/gallery/lk-decide.h"
#include "app/gallery/lk-export-dialog.h"
#include "app/gallery/lk-filter-popover.h"
#include "app/gallery/lk-gallery-grid.h"
#include "app/gallery/lk-gallery-page.h"
#include "app/gallery/lk-import.h"
#include "app/gallery/lk-inspector.h"
#include "app/gallery/lk-viewer-page.h"
#include "app/window/lk-work-row.h"

struct _LkGalleryPage
{
  AdwBin              parent_instance;

  LkWorkspace        *workspace;        /* owned */
  GSettings          *settings;         /* owned */
  GBinding           *shown;            /* owned; of the inspector's button, to where the inspector is */
  LkInspector        *inspector;        /* owned; made after the page, in a turn of its own */
  guint               inspector_source;

  AdwBin             *below;
  AdwBin             *bottom_end;
  AdwBin             *header_end;
  AdwBin             *side;
  AdwBottomSheet     *sheet;
  AdwBreakpointBin   *breakpoint_bin;
  AdwNavigationView  *navigation;
  AdwOverlaySplitView *split;
  GtkLabel           *status;
  GtkListBox         *works;
  GtkMenuButton      *filter_button;
  GtkRevealer        *drop_revealer;
  GtkBox             *tools;
  GtkSearchBar       *search_bar;
  GtkSearchEntry     *search_entry;
  GtkToggleButton    *inspector_button;
  LkGalleryGrid      *grid;
};

G_DEFINE_FINAL_TYPE (LkGalleryPage, lk_gallery_page, ADW_TYPE_BIN)

/* ---- status ------------------------------------------------------------------------------------------------- */

static const char * const selection_actions[] = {
  "gallery.view", "gallery.export-selected", "gallery.open-file",
};

static const char * const selection_edits[] = {
  "gallery.keep", "gallery.reject", "gallery.clear", "gallery.rate", "gallery.set-shot", "gallery.remove", "gallery.uncrop",
  "gallery.crop",
};

static void
update_actions (LkGalleryPage *self)
{
  GtkWidget *widget = GTK_WIDGET (self);
  LkProject *project = lk_workspace_get_project (self->workspace);
  gboolean is_writable = !lk_project_is_read_only (project);
  guint n_selected = lk_gallery_grid_get_n_selected (self->grid);

  for (gsize i = 0; i < G_N_ELEMENTS (selection_actions); i++)
    gtk_widget_action_set_enabled (widget, selection_actions[i], n_selected > 0);
  for (gsize i = 0; i < G_N_ELEMENTS (selection_edits); i++)
    gtk_widget_action_set_enabled (widget, selection_edits[i], n_selected > 0 && is_writable);
  gtk_widget_action_set_enabled (widget, "gallery.compare", n_selected >= 2);
  gtk_widget_action_set_enabled (widget, "gallery.batch-crop", is_writable && lk_project_get_n_images (project) > 0);
  gtk_widget_action_set_enabled (widget, "gallery.import-files", is_writable);
  gtk_widget_action_set_enabled (widget, "gallery.import-folder", is_writable);
  gtk_widget_action_set_enabled (widget, "gallery.paste", is_writable);
}

/* "24 pictures · 2 need attention · 1024 × 1024", with what is selected or filtered. */
static void
update_status (LkGalleryPage *self)
{
  LkProject *project = lk_workspace_get_project (self->workspace);
  guint n_images = lk_project_get_n_images (project);
  guint n_shown = g_list_model_get_n_items (G_LIST_MODEL (lk_gallery_grid_get_model (self->grid)));
  guint n_selected = lk_gallery_grid_get_n_selected (self->grid);
  guint n_attention = 0;
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < n_images; i++)
    n_attention += lk_image_get_severity (lk_project_get_image (project, i)) >= LK_SEVERITY_WARNING;

  if (n_shown < n_images)
    g_string_append_printf (text, ngettext ("%u of %u picture", "%u of %u pictures", n_images), n_shown, n_images);
  else
    g_string_append_printf (text, ngettext ("%u picture", "%u pictures", n_images), n_images);
  if (n_selected > 1)
    {
      g_string_append (text, " · ");
      g_string_append_printf (text, ngettext ("%u selected", "%u selected", n_selected), n_selected);
    }
  if (n_attention > 0)
    {
      g_string_append (text, " · ");
      g_string_append_printf (text, ngettext ("%u needs attention", "%u need attention", n_attention), n_attention);
    }
  if (!lk_project_get_use_buckets (project))
    g_string_append_printf (text, " · %u × %u px", lk_project_get_resolution (project), lk_project_get_resolution (project));

  gtk_label_set_label (self->status, text->str);
}

static void
update (LkGalleryPage *self)
{
  update_actions (self);
  update_status (self);
}

static void
selection_changed_cb (LkGalleryPage *self)
{
  g_autoptr (GPtrArray) images = lk_gallery_grid_dup_selected (self->grid);

  if (self->inspector != NULL)
    lk_inspector_set_images (self->inspector, images);
  update (self);
}

static void
update_filter_button (LkGalleryPage *self)
{
  if (lk_gallery_filter_is_active (lk_gallery_grid_get_filter (self->grid)))
    gtk_widget_add_css_class (GTK_WIDGET (self->filter_button), "accent");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (self->filter_button), "accent");
}

static void
update_works (LkGalleryPage *self)
{
  gtk_widget_set_visible (GTK_WIDGET (self->works), g_list_model_get_n_items (lk_workspace_get_works (self->workspace)) > 0);
}

static GtkWidget *
make_work_row (gpointer item,
               gpointer user_data)
{
  return GTK_WIDGET (lk_work_row_new (item));
}

/* ---- decisions ---------------------------------------------------------------------------------------------- */

static void
keep_action (GtkWidget  *widget,
             const char *action_name,
             GVariant   *parameter)
{
  LkGalleryPage *self = LK_GALLERY_PAGE (widget);
  g_autoptr (GPtrArray) images = lk_gallery_grid_dup_selected (self->grid);

  lk_decide_state (self->workspace, images, LK_STATE_KEEP);
}

static void
reject_action (GtkWidget  *widget,
               const char *action_name,
               GVariant   *parameter)
{
  LkGalleryPage *self = LK_GALLERY_PAGE (widget);
  g_autoptr (GPtrArray) images = lk_gallery_grid_dup_selected (self->grid);

  lk_decide_state (self->workspace, images, LK_STATE_REJECT);
}

static void
clear_action (GtkWidget  *widget,
              const char *action_name,
              GVariant   *parameter)
{
  LkGalleryPage *self = LK_GALLERY_PAGE (widget);
  g_autoptr (GPtrArray) images = lk_gallery_grid_dup_selected (self->grid);

  lk_decide_clear (self->workspace, images);
}

static void
rate_action (GtkWidget  *widget,
             const char *action_name,
             GVariant   *parameter)
{
  LkGalleryPage *self = LK_GALLERY_PAGE (widget);
  g_autoptr (GPtrArray) images = lk_gallery_grid_dup_selected (self->grid);

  lk_decide_rating (self->workspace, images, g_variant_get_uint32 (parameter));
}

static void
set_shot_action (GtkWidget  *widget,
                 const char *action_name,
                 GVariant   *parameter)
{
  LkGalleryPage *self = LK_GALLERY_PAGE (widget);
  g_autoptr (GPtrArray) images = lk_gallery_grid_dup_selected (self->grid);

  lk_decide_shot (self->workspace, images, lk_shot_from_id (g_variant_get_string (parameter, NULL)));
}

static void
remove_action (GtkWidget  *widget,
               const char *action_name,
               GVariant   *parameter)
{
  LkGalleryPage *self = LK_GALLERY_PAGE (widget);
  g_autoptr (GPtrArray) images = lk_gallery_grid_dup_selected (self->grid);

  lk_decide_remove (self->workspace, images);
}

static void
uncrop_action (GtkWidget  *widget,
               const char *action_name,
               GVariant   *parameter)
{
  LkGalleryPage *self = LK_GALLERY_PAGE (widget);
  g_autoptr (GPtrArray) images = lk_gallery_grid_dup_selected (self->grid);

  lk_decide_uncrop (self->workspace, images);
}

/* ---- looking ------------------------------------------------------------------------------------------------ */

static void
viewer_moved_cb (LkGalleryPage *self,
                 guint          position)
{
  lk_gallery_grid_show_position (self->grid, position);
}

static void
view (LkGalleryPage *self,
      guint          position)
{
  LkViewerPage *page = lk_viewer_page_new (self->workspace, G_LIST_MODEL (lk_gallery_grid_get_model (self->grid)), position);

  g_signal_connect_object (page, "moved", G_CALLBACK (viewer_moved_cb), self, G_CONNECT_SWAPPED);
  adw_navigation_view_push (self->navigation, ADW_NAVIGATION_PAGE (page));
}

static void
activated_cb (LkGalleryPage *self,
              guint          position)
{
  view (self, position);
}

static void
view_action (GtkWidget  *widget,
             const char *action_name,
             GVariant   *parameter)
{
  LkGalleryPage *self = LK_GALLERY_PAGE (widget);
  g_autoptr (GtkBitset) selected = gtk_selection_model_get_selection (lk_gallery_grid_get_model (self->grid));

  if (!gtk_bitset_is_empty (selected))
    view (self, gtk_bitset_get_minimum (selected));
}

static void
compare (LkGalleryPage *self,
         GPtrArray     *images)
{
  if (images->len >= 2)
    adw_navigation_view_push (self->navigation, ADW_NAVIGATION_PAGE (lk_compare_page_new (self->workspace, images)));
}

static void
compare_action (GtkWidget  *widget,
                const char *action_name,
                GVariant   *parameter)
{
  LkGalleryPage *self = LK_GALLERY_PAGE (widget);
  g_autoptr (GPtrArray) images = lk_gallery_grid_dup_selected (self->grid);

  compare (self, images);
}

/* Crops one picture by hand; several as proposals. */
static void
crop (LkGalleryPage *self,
      GPtrArray     *images)
{
  AdwNavigationPage *page;

  if (images->len == 0)
    return;

  if (images->len == 1)
    page = ADW_NAVIGATION_PAGE (lk_crop_page_new (self->workspace, g_ptr_array_index (images, 0)));
  else
    page = ADW_NAVIGATION_PAGE (lk_batch_crop_page_new (self->workspace, images));
  adw_navigation_view_push (self->navigation, page);
}

static void
crop_action (GtkWidget  *widget,
             const char *action_name,
             GVariant   *parameter)
{
  LkGalleryPage *self = LK_GALLERY_PAGE (widget);
  g_autoptr (GPtrArray) images = lk_gallery_grid_dup_selected (self->grid);

  crop (self, images);
}

/* The selected pictures, or with fewer than two all that are shown. */
static void
batch_crop_action (GtkWidget  *widget,
                   const char *action_name,
                   GVariant   *parameter)
{
  LkGalleryPage *self = LK_GALLERY_PAGE (widget);
  g_autoptr (GPtrArray) images = lk_gallery_grid_dup_selected (self->grid);
  GListModel *shown = G_LIST_MODEL (lk_gallery_grid_get_model (self->grid));

  if (images->len < 2)
    {
      g_ptr_array_set_size (images, 0);
      for (guint i = 0; i < g_list_model_get_n_items (shown); i++)
        {
          g_autoptr (LkImage) image = g_list_model_get_item (shown, i);

          if (lk_image_is_counted (image))
            g_ptr_array_add (images, g_steal_pointer (&image));
        }
    }
  if (images->len > 0)
    adw_navigation_view_push (self->navigation, ADW_NAVIGATION_PAGE (lk_batch_crop_page_new (self->workspace, images)));
}

static void
open_file_action (GtkWidget  *widget,
                  const char *action_name,
                  GVariant   *parameter)
{
  LkGalleryPage *self = LK_GALLERY_PAGE (widget);
  g_autoptr (GPtrArray) images = lk_gallery_grid_dup_selected (self->grid);
  g_autofree char *path = NULL;
  g_autoptr (GFile) file = NULL;
  g_autoptr (GtkFileLauncher) launcher = NULL;

  if (images->len == 0)
    return;

  path = lk_image_dup_path (g_ptr_array_index (images, 0));
  file = g_file_new_for_path (path);
  launcher = gtk_file_launcher_new (file);
  gtk_file_launcher_launch (launcher, GTK_WINDOW (gtk_widget_get_root (widget)), NULL, NULL, NULL);
}

/* ---- findings ----------------------------------------------------------------------------------------------- */

static void
select_cb (LkGalleryPage *self,
           GPtrArray     *images)
{
  lk_gallery_grid_select (self->grid, images);
}

/* What the checks can fix by themselves they fix; the rest opens the place where a person does. */
static void
fix_cb (LkGalleryPage *self,
        LkFinding     *finding)
{
  const LkCheck *check = lk_finding_get_check (finding);
  GPtrArray *images = lk_finding_get_images (finding);
  g_autoptr (LkEdit) edit = lk_edit_new (lk_workspace_get_project (self->workspace), check->fix_label);

  if (lk_checks_fix (lk_workspace_get_checks (self->workspace), finding, NULL, edit))
    {
      lk_workspace_apply_undoable (self->workspace, g_steal_pointer (&edit), LK_STEP_FIX, 1);
      return;
    }

  if (images->len > 0)
    lk_gallery_grid_select (self->grid, images);
  switch (check->fix)
    {
    case LK_FIX_IMPORT:
      gtk_widget_activate_action (GTK_WIDGET (self), "gallery.import-files", NULL);
      break;

    case LK_FIX_CROP:
      crop (self, images);
      break;

    case LK_FIX_COMPARE:
      compare (self, images);
      break;

    case LK_FIX_CHOOSE_BASE:
      gtk_widget_activate_action (GTK_WIDGET (self), "project.settings", NULL);
      break;

    case LK_FIX_SET_SHOT:
      if (images->len > 0)
        gtk_widget_activate_action (GTK_WIDGET (self), "gallery.show-inspector", NULL);
      break;

    case LK_FIX_MEASURE:
      lk_workspace_measure (self->workspace);
      break;

    default:
      break;
    }
}

/* ---- import and export -------------------------------------------------------------------------------------- */

static void
import_files_action (GtkWidget  *widget,
                     const char *action_name,
                     GVariant   *parameter)
{
  lk_import_choose_files (LK_GALLERY_PAGE (widget)->workspace, widget);
}

static void
import_folder_action (GtkWidget  *widget,
                      const char *action_name,
                      GVariant   *parameter)
{
  lk_import_choose_folder (LK_GALLERY_PAGE (widget)->workspace, widget);
}

static void
paste_action (GtkWidget  *widget,
              const char *action_name,
              GVariant   *parameter)
{
  lk_import_clipboard (LK_GALLERY_PAGE (widget)->workspace, gtk_widget_get_clipboard (widget));
}

static gboolean
drop_cb (LkGalleryPage *self,
         const GValue  *value)
{
  return lk_import_value (self->workspace, value);
}

static GdkDragAction
drop_enter_cb (LkGalleryPage *self,
               double         x,
               double         y,
               GtkDropTarget *target)
{
  GdkDrop *drop = gtk_drop_target_get_current_drop (target);

  /* Our own pictures are here already. */
  if (lk_project_is_read_only (lk_workspace_get_project (self->workspace)) || (drop != NULL && gdk_drop_get_drag (drop) != NULL))
    return 0;

  gtk_revealer_set_reveal_child (self->drop_revealer, TRUE);
  return GDK_ACTION_COPY;
}

static void
drop_leave_cb (LkGalleryPage *self)
{
  gtk_revealer_set_reveal_child (self->drop_revealer, FALSE);
}

static void
export_selected_action (GtkWidget  *widget,
                        const char *action_name,
                        GVariant   *parameter)
{
  LkGalleryPage *self = LK_GALLERY_PAGE (widget);
  g_autoptr (GPtrArray) images = lk_gallery_grid_dup_selected (self->grid);

  adw_dialog_present (ADW_DIALOG (lk_export_dialog_new (self->workspace, images)), widget);
}

/* ---- search and layout -------------------------------------------------------------------------------------- */

static void
search_changed_cb (LkGalleryPage *self)
{
  g_object_set (lk_gallery_grid_get_filter (self->grid), "search", gtk_editable_get_text (GTK_EDITABLE (self->search_entry)), NULL);
}

static void
search_action (GtkWidget  *widget,
               const char *action_name,
               GVariant   *parameter)
{
  LkGalleryPage *self = LK_GALLERY_PAGE (widget);

  adw_navigation_view_pop_to_tag (self->navigation, "grid");
  gtk_search_bar_set_search_mode (self->search_bar, TRUE);
  gtk_widget_grab_focus (GTK_WIDGET (self->search_entry));
}

static void
clear_filter_action (GtkWidget  *widget,
                     const char *action_name,
                     GVariant   *parameter)
{
  LkGalleryPage *self = LK_GALLERY_PAGE (widget);

  gtk_search_bar_set_search_mode (self->search_bar, FALSE);
  lk_gallery_filter_clear (lk_gallery_grid_get_filter (self->grid));
}

static void
show_inspector_action (GtkWidget  *widget,
                       const char *action_name,
                       GVariant   *parameter)
{
  gtk_toggle_button_set_active (LK_GALLERY_PAGE (widget)->inspector_button, TRUE);
}

static void
toggle_inspector_action (GtkWidget  *widget,
                         const char *action_name,
                         GVariant   *parameter)
{
  LkGalleryPage *self = LK_GALLERY_PAGE (widget);

  gtk_toggle_button_set_active (self->inspector_button, !gtk_toggle_button_get_active (self->inspector_button));
}

/* Wide: the inspector stands beside the grid, and whether it does is remembered. Narrow: it is a sheet that starts closed, and the
 * buttons for which the header bar has no room stand at the foot. */
static void
layout_changed_cb (LkGalleryPage *self)
{
  gboolean is_narrow = adw_breakpoint_bin_get_current_breakpoint (self->breakpoint_bin) != NULL;
  g_autoptr (GtkBox) tools = g_object_ref (self->tools);

  if (self->shown != NULL)
    g_binding_unbind (self->shown);
  g_clear_object (&self->shown);
  g_settings_unbind (self->inspector_button, "active");
  adw_bin_set_child (self->side, NULL);
  adw_bin_set_child (self->below, NULL);
  adw_bin_set_child (self->header_end, NULL);
  adw_bin_set_child (self->bottom_end, NULL);
  adw_bin_set_child (is_narrow ? self->bottom_end : self->header_end, GTK_WIDGET (tools));

  if (is_narrow)
    {
      adw_bin_set_child (self->below, GTK_WIDGET (self->inspector));
      adw_overlay_split_view_set_show_sidebar (self->split, FALSE);
      gtk_toggle_button_set_active (self->inspector_button, FALSE);
      self->shown = g_object_ref (g_object_bind_property (self->inspector_button, "active", self->sheet, "open",
                                                          G_BINDING_SYNC_CREATE | G_BINDING_BIDIRECTIONAL));
    }
  else
    {
      adw_bottom_sheet_set_open (self->sheet, FALSE);
      adw_bin_set_child (self->side, GTK_WIDGET (self->inspector));
      g_settings_bind (self->settings, "show-inspector", self->inspector_button, "active", G_SETTINGS_BIND_DEFAULT);
      self->shown = g_object_ref (g_object_bind_property (self->inspector_button, "active", self->split, "show-sidebar",
                                                          G_BINDING_SYNC_CREATE | G_BINDING_BIDIRECTIONAL));
    }
}

/* Made in one turn, put into its place in the next. */
static gboolean
make_inspector_cb (gpointer user_data)
{
  LkGalleryPage *self = user_data;

  if (self->inspector == NULL)
    {
      self->inspector = g_object_ref_sink (lk_inspector_new (self->workspace));
      return G_SOURCE_CONTINUE;
    }

  self->inspector_source = 0;
  g_signal_connect_object (self->inspector, "select", G_CALLBACK (select_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->inspector, "fix", G_CALLBACK (fix_cb), self, G_CONNECT_SWAPPED);
  layout_changed_cb (self);
  selection_changed_cb (self);
  return G_SOURCE_REMOVE;
}

/* Made when it is opened for the first time. */
static void
make_filter_popover_cb (GtkMenuButton *button,
                        gpointer       user_data)
{
  LkGalleryPage *self = user_data;
  LkFilterPopover *popover;

  if (gtk_menu_button_get_popover (button) != NULL)
    return;

  popover = g_object_new (LK_TYPE_FILTER_POPOVER, NULL);
  lk_filter_popover_set_filter (popover, self->workspace, lk_gallery_grid_get_filter (self->grid));
  gtk_menu_button_set_popover (button, GTK_WIDGET (popover));
}

/* ---- widget ------------------------------------------------------------------------------------------------- */

static void
lk_gallery_page_dispose (GObject *object)
{
  LkGalleryPage *self = LK_GALLERY_PAGE (object);

  if (self->inspector_button != NULL)
    g_settings_unbind (self->inspector_button, "active");
  if (self->works != NULL)
    gtk_list_box_bind_model (self->works, NULL, NULL, NULL, NULL);
  if (self->shown != NULL)
    g_binding_unbind (self->shown);
  g_clear_object (&self->shown);
  g_clear_handle_id (&self->inspector_source, g_source_remove);
  if (self->filter_button != NULL)
    gtk_menu_button_set_create_popup_func (self->filter_button, NULL, NULL, NULL);
  adw_bin_set_child (ADW_BIN (self), NULL);
  g_clear_object (&self->inspector);
  gtk_widget_dispose_template (GTK_WIDGET (self), LK_TYPE_GALLERY_PAGE);
  g_clear_object (&self->settings);
  g_clear_object (&self->workspace);

  G_OBJECT_CLASS (lk_gallery_page_parent_class)->dispose (object);
}

static void
lk_gallery_page_class_init (LkGalleryPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = lk_gallery_page_dispose;

  g_type_ensure (GDK_TYPE_FILE_LIST);
  g_type_ensure (GDK_TYPE_TEXTURE);
  g_type_ensure (LK_TYPE_GALLERY_GRID);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/likeness/Likeness/lk-gallery-page.ui");
  gtk_widget_class_bind_template_child (widget_class, LkGalleryPage, below);
  gtk_widget_class_bind_template_child (widget_class, LkGalleryPage, bottom_end);
  gtk_widget_class_bind_template_child (widget_class, LkGalleryPage, breakpoint_bin);
  gtk_widget_class_bind_template_child (widget_class, LkGalleryPage, drop_revealer);
  gtk_widget_class_bind_template_child (widget_class, LkGalleryPage, filter_button);
  gtk_widget_class_bind_template_child (widget_class, LkGalleryPage, grid);
  gtk_widget_class_bind_template_child (widget_class, LkGalleryPage, header_end);
  gtk_widget_class_bind_template_child (widget_class, LkGalleryPage, inspector_button);
  gtk_widget_class_bind_template_child (widget_class, LkGalleryPage, navigation);
  gtk_widget_class_bind_template_child (widget_class, LkGalleryPage, search_bar);
  gtk_widget_class_bind_template_child (widget_class, LkGalleryPage, search_entry);
  gtk_widget_class_bind_template_child (widget_class, LkGalleryPage, sheet);
  gtk_widget_class_bind_template_child (widget_class, LkGalleryPage, side);
  gtk_widget_class_bind_template_child (widget_class, LkGalleryPage, split);
  gtk_widget_class_bind_template_child (widget_class, LkGalleryPage, status);
  gtk_widget_class_bind_template_child (widget_class, LkGalleryPage, tools);
  gtk_widget_class_bind_template_child (widget_class, LkGalleryPage, works);
  gtk_widget_class_bind_template_callback (widget_class, activated_cb);
  gtk_widget_class_bind_template_callback (widget_class, drop_cb);
  gtk_widget_class_bind_template_callback (widget_class, drop_enter_cb);
  gtk_widget_class_bind_template_callback (widget_class, drop_leave_cb);
  gtk_widget_class_bind_template_callback (widget_class, layout_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, search_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, selection_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, update_status);

  gtk_widget_class_install_action (widget_class, "gallery.import-files", NULL, import_files_action);
  gtk_widget_class_install_action (widget_class, "gallery.import-folder", NULL, import_folder_action);
  gtk_widget_class_install_action (widget_class, "gallery.paste", NULL, paste_action);
  gtk_widget_class_install_action (widget_class, "gallery.view", NULL, view_action);
  gtk_widget_class_install_action (widget_class, "gallery.compare", NULL, compare_action);
  gtk_widget_class_install_action (widget_class, "gallery.crop", NULL, crop_action);
  gtk_widget_class_install_action (widget_class, "gallery.batch-crop", NULL, batch_crop_action);
  gtk_widget_class_install_action (widget_class, "gallery.uncrop", NULL, uncrop_action);
  gtk_widget_class_install_action (widget_class, "gallery.keep", NULL, keep_action);
  gtk_widget_class_install_action (widget_class, "gallery.reject", NULL, reject_action);
  gtk_widget_class_install_action (widget_class, "gallery.clear", NULL, clear_action);
  gtk_widget_class_install_action (widget_class, "gallery.rate", "u", rate_action);
  gtk_widget_class_install_action (widget_class, "gallery.set-shot", "s", set_shot_action);
  gtk_widget_class_install_action (widget_class, "gallery.remove", NULL, remove_action);
  gtk_widget_class_install_action (widget_class, "gallery.export-selected", NULL, export_selected_action);
  gtk_widget_class_install_action (widget_class, "gallery.open-file", NULL, open_file_action);
  gtk_widget_class_install_action (widget_class, "gallery.search", NULL, search_action);
  gtk_widget_class_install_action (widget_class, "gallery.clear-filter", NULL, clear_filter_action);
  gtk_widget_class_install_action (widget_class, "gallery.show-inspector", NULL, show_inspector_action);
  gtk_widget_class_install_action (widget_class, "gallery.toggle-inspector", NULL, toggle_inspector_action);

  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_i, GDK_CONTROL_MASK, "gallery.import-files", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_v, GDK_CONTROL_MASK, "gallery.paste", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_f, GDK_CONTROL_MASK, "gallery.search", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Return, GDK_ALT_MASK, "gallery.toggle-inspector", NULL);
}

static void
lk_gallery_page_init (LkGalleryPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));

  self->settings = g_settings_new (APP_ID);
  gtk_search_bar_connect_entry (self->search_bar, GTK_EDITABLE (self->search_entry));
  layout_changed_cb (self);
}

LkGalleryPage *
lk_gallery_page_new (LkWorkspace *workspace)
{
  LkGalleryPage *self = g_object_new (LK_TYPE_GALLERY_PAGE, NULL);

  self->workspace = g_object_ref (workspace);
  lk_gallery_grid_set_workspace (self->grid, workspace);
  gtk_menu_button_set_create_popup_func (self->filter_button, make_filter_popover_cb, self, NULL);
  self->inspector_source = g_idle_add (make_inspector_cb, self);
  gtk_list_box_bind_model (self->works, lk_workspace_get_works (workspace), make_work_row, NULL, NULL);

  g_signal_connect_object (lk_gallery_grid_get_filter (self->grid), "notify::is-active",
                           G_CALLBACK (update_filter_button), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (lk_workspace_get_works (workspace), "items-changed", G_CALLBACK (update_works), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (workspace, "changed", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  update (self);

  return self;
}
