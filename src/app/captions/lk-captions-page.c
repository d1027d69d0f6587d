#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>

#include "app/captions/lk-auto-captions-dialog.h"
#include "app/captions/lk-caption-cell.h"
#include "app/captions/lk-caption-editor.h"
#include "app/captions/lk-caption-finding.h"
#include "app/captions/lk-captions-page.h"
#include "app/captions/lk-captions-pane.h"
#include "app/captions/lk-change-captions-dialog.h"
#include "app/captions/lk-quick-tags-dialog.h"
#include "app/captions/lk-tag-source.h"
#include "app/widgets/lk-picture-view.h"
#include "project/lk-caption-filter.h"

/* Over this many, filtering happens in slices between frames; below, at once. */
#define SLICE_OVER 1000

struct _LkCaptionsPage
{
  AdwBin              parent_instance;

  LkWorkspace        *workspace;        /* owned */
  LkTagSource        *source;           /* owned */
  GSettings          *settings;         /* owned */
  LkCaptionsPane     *pane;             /* owned */
  GBinding           *shown;            /* owned; of the pane's button, to where the pane is */
  LkCaptionFilter    *filter;           /* owned; what the strip shows */
  GHashTable         *only;             /* owned; pictures of a finding, or NULL: all */
  GtkFilter          *strip_filter;     /* owned, as the next two */
  GtkFilterListModel *filtered;
  GtkMultiSelection  *selection;
  LkImage            *image;            /* owned; what the editor shows */
  guint               position;         /* of it in the strip */
  gboolean            is_moving;
  guint               ahead_source;

  AdwBin             *below;
  AdwBin             *side;
  AdwBanner          *only_banner;
  AdwBottomSheet     *sheet;
  AdwBreakpointBin   *breakpoint_bin;
  AdwOverlaySplitView *split;
  AdwWindowTitle     *title;
  GtkBox             *body;
  GtkLabel           *filter_error;
  GtkLabel           *summary;
  GtkListView        *strip;
  GtkSearchBar       *search_bar;
  GtkSearchEntry     *search_entry;
  GtkStack           *stack;
  GtkToggleButton    *pane_button;
  LkCaptionEditor    *editor;
  LkPictureView      *view;
};

G_DEFINE_FINAL_TYPE (LkCaptionsPage, lk_captions_page, ADW_TYPE_BIN)

static GListModel *
get_model (LkCaptionsPage *self)
{
  return G_LIST_MODEL (self->selection);
}

/* ---- status ------------------------------------------------------------------------------------------------------- */

static void
update (LkCaptionsPage *self)
{
  LkProject *project = lk_workspace_get_project (self->workspace);
  GtkWidget *widget = GTK_WIDGET (self);
  guint n_images = lk_project_get_n_images (project);
  guint n_shown = g_list_model_get_n_items (get_model (self));
  g_autoptr (GtkBitset) selected = gtk_selection_model_get_selection (GTK_SELECTION_MODEL (self->selection));
  guint n_selected = gtk_bitset_get_size (selected);
  gboolean is_writable = !lk_project_is_read_only (project);
  g_autoptr (GString) text = g_string_new (NULL);
  guint n_captions = 0;

  for (guint i = 0; i < n_images; i++)
    n_captions += *lk_image_get_caption (lk_project_get_image (project, i)) != '\0';
  g_string_append_printf (text, ngettext ("%u of %u picture has a caption", "%u of %u pictures have a caption", n_images),
                          n_captions, n_images);
  if (n_shown < n_images)
    {
      g_string_append (text, " · ");
      g_string_append_printf (text, ngettext ("%u shown", "%u shown", n_shown), n_shown);
    }
  if (n_selected > 1)
    {
      g_string_append (text, " · ");
      g_string_append_printf (text, ngettext ("%u selected", "%u selected", n_selected), n_selected);
    }
  gtk_label_set_label (self->summary, text->str);
  gtk_stack_set_visible_child_name (self->stack, n_images == 0 ? "empty" : n_shown == 0 ? "no-results" : "editor");

  gtk_widget_action_set_enabled (widget, "captions.automatic", is_writable && n_images > 0);
  gtk_widget_action_set_enabled (widget, "captions.change", is_writable && n_images > 0);
  gtk_widget_action_set_enabled (widget, "captions.quick-tag", is_writable && n_shown > 0);
  gtk_widget_action_set_enabled (widget, "captions.next", n_shown > 0 && self->position + 1 < n_shown);
  gtk_widget_action_set_enabled (widget, "captions.previous", n_shown > 0 && self->position > 0);
}

/* ---- which picture ------------------------------------------------------------------------------------------------ */

static gboolean
decode_ahead_cb (gpointer user_data)
{
  LkCaptionsPage *self = user_data;

  self->ahead_source = 0;
  lk_textures_prepare (lk_workspace_get_textures (self->workspace), get_model (self), self->position);
  return G_SOURCE_REMOVE;
}

/* Shows the picture at a position of the strip in the editor. */
static void
show_position (LkCaptionsPage *self,
               guint           position)
{
  g_autoptr (LkImage) image = g_list_model_get_item (get_model (self), position);
  g_autofree char *place = NULL;

  self->position = image != NULL ? position : 0;
  if (image != NULL)
    place = g_strdup_printf (_("%u of %u"), position + 1, g_list_model_get_n_items (get_model (self)));
  adw_window_title_set_title (self->title, image != NULL ? lk_image_get_stem (image) : _("Captions"));
  adw_window_title_set_subtitle (self->title, place != NULL ? place : "");
  if (!g_set_object (&self->image, image))
    return;
  lk_caption_editor_set_image (self->editor, image);
  lk_picture_view_set_image (self->view, lk_workspace_get_textures (self->workspace), image);
  if (self->ahead_source == 0)
    self->ahead_source = g_idle_add (decode_ahead_cb, self);
}

static void
selection_changed_cb (LkCaptionsPage *self)
{
  g_autoptr (GtkBitset) selected = gtk_selection_model_get_selection (GTK_SELECTION_MODEL (self->selection));

  if (self->is_moving)
    return;
  /* The editor stays with its picture while that is one of the selected. */
  if (!gtk_bitset_is_empty (selected) && !gtk_bitset_contains (selected, self->position))
    show_position (self, gtk_bitset_get_minimum (selected));
  update (self);
}

/* To a picture, and to no other: the focus stays where it is. */
static void
move_to (LkCaptionsPage *self,
         guint           position)
{
  self->is_moving = TRUE;
  gtk_selection_model_select_item (GTK_SELECTION_MODEL (self->selection), position, TRUE);
  self->is_moving = FALSE;
  show_position (self, position);
  gtk_list_view_scroll_to (self->strip, position, GTK_LIST_SCROLL_NONE, NULL);
  update (self);
}

/* The strip shows others: the picture stays, where it is still there. */
static void
model_changed_cb (LkCaptionsPage *self)
{
  guint n = g_list_model_get_n_items (get_model (self));

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (LkImage) image = g_list_model_get_item (get_model (self), i);

      if (image != self->image)
        continue;
      show_position (self, i);
      update (self);
      return;
    }
  if (n > 0)
    move_to (self, 0);
  else
    show_position (self, 0);
  update (self);
}

static void
next_action (GtkWidget  *widget,
             const char *action_name,
             GVariant   *parameter)
{
  LkCaptionsPage *self = LK_CAPTIONS_PAGE (widget);

  if (self->position + 1 < g_list_model_get_n_items (get_model (self)))
    move_to (self, self->position + 1);
}

static void
previous_action (GtkWidget  *widget,
                 const char *action_name,
                 GVariant   *parameter)
{
  LkCaptionsPage *self = LK_CAPTIONS_PAGE (widget);

  if (self->position > 0)
    move_to (self, self->position - 1);
}

/* The next picture, round the end, whose caption needs work. */
static void
next_unfinished_action (GtkWidget  *widget,
                        const char *action_name,
                        GVariant   *parameter)
{
  LkCaptionsPage *self = LK_CAPTIONS_PAGE (widget);
  guint n = g_list_model_get_n_items (get_model (self));

  for (guint i = 1; i <= n; i++)
    {
      guint position = (self->position + i) % n;
      g_autoptr (LkImage) image = g_list_model_get_item (get_model (self), position);
      LkSeverity severity;

      lk_caption_state_describe (self->workspace, image, &severity);
      if (severity < LK_SEVERITY_WARNING && *lk_image_get_caption (image) != '\0')
        continue;
      move_to (self, position);
      return;
    }
  lk_workspace_say (self->workspace, _("Every caption is written, and none has a warning"));
}

/* ---- filter ------------------------------------------------------------------------------------------------------- */

static guint
count_tokens (const char *caption,
              gpointer    data)
{
  return lk_checks_count_tokens (data, caption);
}

static gboolean
is_shown (gpointer item,
          gpointer user_data)
{
  LkCaptionsPage *self = user_data;
  LkImage *image = item;
  g_autofree char *path = NULL;
  LkFilterSubject subject = { .count_tokens = count_tokens, .data = lk_workspace_get_checks (self->workspace) };

  if (self->only != NULL && !g_hash_table_contains (self->only, image))
    return FALSE;
  if (self->filter == NULL)
    return TRUE;
  path = lk_image_dup_path (image);
  subject.caption = lk_image_get_caption (image);
  subject.path = path;
  subject.stars = lk_image_get_rating (image);
  subject.width = lk_image_get_width (image);
  subject.height = lk_image_get_height (image);
  return lk_caption_filter_matches (self->filter, &subject);
}

static void
refilter (LkCaptionsPage *self)
{
  lk_caption_editor_save (self->editor);
  gtk_filter_list_model_set_incremental (self->filtered,
                                         lk_project_get_n_images (lk_workspace_get_project (self->workspace)) > SLICE_OVER);
  gtk_filter_changed (self->strip_filter, GTK_FILTER_CHANGE_DIFFERENT);
  model_changed_cb (self);
}

/* While a filter has a mistake the former one holds. */
static void
search_changed_cb (LkCaptionsPage *self)
{
  const char *text = gtk_editable_get_text (GTK_EDITABLE (self->search_entry));
  g_autoptr (GError) error = NULL;
  LkCaptionFilter *filter = *text != '\0' ? lk_caption_filter_new (text, &error) : NULL;

  gtk_label_set_label (self->filter_error, error != NULL ? error->message : "");
  gtk_widget_set_visible (GTK_WIDGET (self->filter_error), error != NULL);
  if (error != NULL)
    gtk_widget_add_css_class (GTK_WIDGET (self->search_entry), "error");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (self->search_entry), "error");
  gtk_accessible_update_state (GTK_ACCESSIBLE (self->search_entry), GTK_ACCESSIBLE_STATE_INVALID,
                               error != NULL ? GTK_ACCESSIBLE_INVALID_TRUE : GTK_ACCESSIBLE_INVALID_FALSE, -1);
  if (error != NULL)
    return;
  g_clear_pointer (&self->filter, lk_caption_filter_free);
  self->filter = filter;
  refilter (self);
}

static void
set_only (LkCaptionsPage *self,
          GPtrArray      *images)
{
  g_clear_pointer (&self->only, g_hash_table_unref);
  if (images != NULL)
    {
      self->only = g_hash_table_new_full (NULL, NULL, g_object_unref, NULL);
      for (guint i = 0; i < images->len; i++)
        g_hash_table_add (self->only, g_object_ref (images->pdata[i]));
    }
  adw_banner_set_revealed (self->only_banner, images != NULL);
  refilter (self);
}

static void
show_all_cb (LkCaptionsPage *self)
{
  set_only (self, NULL);
}

static void
set_filter (LkCaptionsPage *self,
            const char     *text)
{
  if (self->only != NULL)
    set_only (self, NULL);
  gtk_search_bar_set_search_mode (self->search_bar, *text != '\0');
  gtk_editable_set_text (GTK_EDITABLE (self->search_entry), text);
}

static void
filter_action (GtkWidget  *widget,
               const char *action_name,
               GVariant   *parameter)
{
  LkCaptionsPage *self = LK_CAPTIONS_PAGE (widget);

  gtk_search_bar_set_search_mode (self->search_bar, TRUE);
  gtk_widget_grab_focus (GTK_WIDGET (self->search_entry));
}

static void
clear_filter_action (GtkWidget  *widget,
                     const char *action_name,
                     GVariant   *parameter)
{
  set_filter (LK_CAPTIONS_PAGE (widget), "");
}

/* ---- many at once ------------------------------------------------------------------------------------------------- */

static GPtrArray *
dup_selected (LkCaptionsPage *self)
{
  GPtrArray *images = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GtkBitset) selected = gtk_selection_model_get_selection (GTK_SELECTION_MODEL (self->selection));

  for (guint i = 0; i < gtk_bitset_get_size (selected); i++)
    g_ptr_array_add (images, g_list_model_get_item (get_model (self), gtk_bitset_get_nth (selected, i)));
  return images;
}

static GPtrArray *
dup_all (GListModel *model)
{
  GPtrArray *images = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < g_list_model_get_n_items (model); i++)
    g_ptr_array_add (images, g_list_model_get_item (model, i));
  return images;
}

static void
present_change_dialog (LkCaptionsPage *self,
                       const char     *tag)
{
  g_autoptr (GPtrArray) selected = dup_selected (self);
  g_autoptr (GPtrArray) filtered = dup_all (get_model (self));
  LkChangeCaptionsDialog *dialog;

  if (!lk_caption_editor_save (self->editor))
    return;
  dialog = lk_change_captions_dialog_new (self->workspace, selected, filtered);
  if (tag != NULL)
    lk_change_captions_dialog_set_rename (dialog, tag);
  adw_dialog_present (ADW_DIALOG (dialog), GTK_WIDGET (self));
}

static void
change_action (GtkWidget  *widget,
               const char *action_name,
               GVariant   *parameter)
{
  present_change_dialog (LK_CAPTIONS_PAGE (widget), NULL);
}

static void
automatic_action (GtkWidget  *widget,
                  const char *action_name,
                  GVariant   *parameter)
{
  LkCaptionsPage *self = LK_CAPTIONS_PAGE (widget);
  g_autoptr (GPtrArray) selected = dup_selected (self);
  g_autoptr (GPtrArray) filtered = dup_all (get_model (self));
  LkAutoCaptionsDialog *dialog;

  if (!lk_caption_editor_save (self->editor))
    return;
  dialog = lk_auto_captions_dialog_new (self->workspace, lk_tag_source_get_table (self->source), selected, filtered);
  adw_dialog_present (ADW_DIALOG (dialog), widget);
}

static void
change_tag_cb (LkCaptionsPage *self,
               const char     *tag)
{
  present_change_dialog (self, tag);
}

static void
quick_tags_action (GtkWidget  *widget,
                   const char *action_name,
                   GVariant   *parameter)
{
  adw_dialog_present (ADW_DIALOG (lk_quick_tags_dialog_new ()), widget);
}

static void
quick_tag_action (GtkWidget  *widget,
                  const char *action_name,
                  GVariant   *parameter)
{
  lk_caption_editor_toggle_quick_tag (LK_CAPTIONS_PAGE (widget)->editor, g_variant_get_uint32 (parameter) - 1);
}

static void
select_all_action (GtkWidget  *widget,
                   const char *action_name,
                   GVariant   *parameter)
{
  gtk_selection_model_select_all (GTK_SELECTION_MODEL (LK_CAPTIONS_PAGE (widget)->selection));
}

/* ---- fixes -------------------------------------------------------------------------------------------------------- */

static void
fix_cb (LkCaptionsPage *self,
        LkFinding      *finding)
{
  LkEdit *edit;

  if (!lk_caption_editor_save (self->editor))
    return;
  edit = lk_edit_new (lk_workspace_get_project (self->workspace), lk_finding_get_check (finding)->fix_label);
  if (lk_checks_fix (lk_workspace_get_checks (self->workspace), finding, NULL, edit))
    lk_workspace_apply_undoable (self->workspace, edit, LK_STEP_FIX, 1);
  else
    lk_edit_free (edit);
}

/* One step for all of them. A fix may make others needless: each is tried on the captions as they are by then. */
static void
fix_all_cb (LkCaptionsPage *self)
{
  GListModel *findings = lk_workspace_get_findings (self->workspace);
  LkChecks *checks = lk_workspace_get_checks (self->workspace);
  LkEdit *edit;
  guint n_fixed = 0;

  if (!lk_caption_editor_save (self->editor))
    return;
  edit = lk_edit_new (lk_workspace_get_project (self->workspace), _("Fix All Captions"));
  for (guint i = 0; i < g_list_model_get_n_items (findings); i++)
    {
      g_autoptr (LkFinding) finding = g_list_model_get_item (findings, i);

      if (lk_finding_get_check (finding)->is_caption && lk_finding_is_fixable (finding))
        n_fixed += lk_checks_fix (checks, finding, NULL, edit);
    }
  lk_workspace_apply_undoable (self->workspace, edit, LK_STEP_FIX, n_fixed);
}

/* ---- layout ------------------------------------------------------------------------------------------------------- */

static void
toggle_pane_action (GtkWidget  *widget,
                    const char *action_name,
                    GVariant   *parameter)
{
  LkCaptionsPage *self = LK_CAPTIONS_PAGE (widget);

  gtk_toggle_button_set_active (self->pane_button, !gtk_toggle_button_get_active (self->pane_button));
}

/* Wide: the pane stands beside the editor, and whether it does is remembered. Narrow: it is a sheet that starts closed, and the picture
 * stands above its caption. */
static void
layout_changed_cb (LkCaptionsPage *self)
{
  gboolean is_narrow = adw_breakpoint_bin_get_current_breakpoint (self->breakpoint_bin) != NULL;

  if (self->shown != NULL)
    g_binding_unbind (self->shown);
  g_clear_object (&self->shown);
  g_settings_unbind (self->pane_button, "active");
  adw_bin_set_child (self->side, NULL);
  adw_bin_set_child (self->below, NULL);
  if (is_narrow)
    {
      adw_bin_set_child (self->below, GTK_WIDGET (self->pane));
      adw_overlay_split_view_set_show_sidebar (self->split, FALSE);
      gtk_toggle_button_set_active (self->pane_button, FALSE);
      self->shown = g_object_ref (g_object_bind_property (self->pane_button, "active", self->sheet, "open",
                                                          G_BINDING_SYNC_CREATE | G_BINDING_BIDIRECTIONAL));
    }
  else
    {
      adw_bottom_sheet_set_open (self->sheet, FALSE);
      adw_bin_set_child (self->side, GTK_WIDGET (self->pane));
      g_settings_bind (self->settings, "show-captions-pane", self->pane_button, "active", G_SETTINGS_BIND_DEFAULT);
      self->shown = g_object_ref (g_object_bind_property (self->pane_button, "active", self->split, "show-sidebar",
                                                          G_BINDING_SYNC_CREATE | G_BINDING_BIDIRECTIONAL));
    }
}

/* ---- strip -------------------------------------------------------------------------------------------------------- */

static void
setup_cb (LkCaptionsPage *self,
          GtkListItem    *item)
{
  gtk_list_item_set_child (item, GTK_WIDGET (lk_caption_cell_new (self->workspace)));
}

static void
bind_cb (LkCaptionsPage *self,
         GtkListItem    *item)
{
  LkImage *image = gtk_list_item_get_item (item);
  LkSeverity severity;

  lk_caption_cell_set_image (LK_CAPTION_CELL (gtk_list_item_get_child (item)), image);
  gtk_list_item_set_accessible_label (item, lk_image_get_stem (image));
  gtk_list_item_set_accessible_description (item, lk_caption_state_describe (self->workspace, image, &severity));
}

static void
unbind_cb (LkCaptionsPage *self,
           GtkListItem    *item)
{
  lk_caption_cell_set_image (LK_CAPTION_CELL (gtk_list_item_get_child (item)), NULL);
}

static void
strip_activated_cb (LkCaptionsPage *self,
                    guint           position)
{
  move_to (self, position);
  gtk_widget_grab_focus (GTK_WIDGET (self->editor));
}

/* ---- widget ------------------------------------------------------------------------------------------------------- */

static void
lk_captions_page_unmap (GtkWidget *widget)
{
  LkCaptionsPage *self = LK_CAPTIONS_PAGE (widget);

  lk_caption_editor_save (self->editor);
  GTK_WIDGET_CLASS (lk_captions_page_parent_class)->unmap (widget);
}

static void
lk_captions_page_dispose (GObject *object)
{
  LkCaptionsPage *self = LK_CAPTIONS_PAGE (object);

  g_clear_handle_id (&self->ahead_source, g_source_remove);
  if (self->pane_button != NULL)
    g_settings_unbind (self->pane_button, "active");
  if (self->shown != NULL)
    g_binding_unbind (self->shown);
  g_clear_object (&self->shown);
  if (self->selection != NULL)
    g_signal_handlers_disconnect_by_data (self->selection, self);
  if (self->editor != NULL)
    lk_caption_editor_set_image (self->editor, NULL);
  if (self->strip != NULL)
    gtk_list_view_set_model (self->strip, NULL);
  adw_bin_set_child (ADW_BIN (self), NULL);
  gtk_widget_dispose_template (GTK_WIDGET (self), LK_TYPE_CAPTIONS_PAGE);
  g_clear_object (&self->pane);
  g_clear_object (&self->selection);
  g_clear_object (&self->filtered);
  g_clear_object (&self->strip_filter);
  g_clear_pointer (&self->filter, lk_caption_filter_free);
  g_clear_pointer (&self->only, g_hash_table_unref);
  g_clear_object (&self->image);
  g_clear_object (&self->source);
  g_clear_object (&self->settings);
  g_clear_object (&self->workspace);

  G_OBJECT_CLASS (lk_captions_page_parent_class)->dispose (object);
}

static void
lk_captions_page_class_init (LkCaptionsPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = lk_captions_page_dispose;
  widget_class->unmap = lk_captions_page_unmap;

  g_type_ensure (LK_TYPE_CAPTION_EDITOR);
  g_type_ensure (LK_TYPE_PICTURE_VIEW);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/likeness/Likeness/lk-captions-page.ui");
  gtk_widget_class_bind_template_child (widget_class, LkCaptionsPage, below);
  gtk_widget_class_bind_template_child (widget_class, LkCaptionsPage, body);
  gtk_widget_class_bind_template_child (widget_class, LkCaptionsPage, breakpoint_bin);
  gtk_widget_class_bind_template_child (widget_class, LkCaptionsPage, editor);
  gtk_widget_class_bind_template_child (widget_class, LkCaptionsPage, filter_error);
  gtk_widget_class_bind_template_child (widget_class, LkCaptionsPage, only_banner);
  gtk_widget_class_bind_template_child (widget_class, LkCaptionsPage, pane_button);
  gtk_widget_class_bind_template_child (widget_class, LkCaptionsPage, search_bar);
  gtk_widget_class_bind_template_child (widget_class, LkCaptionsPage, search_entry);
  gtk_widget_class_bind_template_child (widget_class, LkCaptionsPage, sheet);
  gtk_widget_class_bind_template_child (widget_class, LkCaptionsPage, side);
  gtk_widget_class_bind_template_child (widget_class, LkCaptionsPage, split);
  gtk_widget_class_bind_template_child (widget_class, LkCaptionsPage, stack);
  gtk_widget_class_bind_template_child (widget_class, LkCaptionsPage, strip);
  gtk_widget_class_bind_template_child (widget_class, LkCaptionsPage, summary);
  gtk_widget_class_bind_template_child (widget_class, LkCaptionsPage, title);
  gtk_widget_class_bind_template_child (widget_class, LkCaptionsPage, view);
  gtk_widget_class_bind_template_callback (widget_class, bind_cb);
  gtk_widget_class_bind_template_callback (widget_class, layout_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, search_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, setup_cb);
  gtk_widget_class_bind_template_callback (widget_class, show_all_cb);
  gtk_widget_class_bind_template_callback (widget_class, strip_activated_cb);
  gtk_widget_class_bind_template_callback (widget_class, unbind_cb);

  gtk_widget_class_install_action (widget_class, "captions.next", NULL, next_action);
  gtk_widget_class_install_action (widget_class, "captions.previous", NULL, previous_action);
  gtk_widget_class_install_action (widget_class, "captions.next-unfinished", NULL, next_unfinished_action);
  gtk_widget_class_install_action (widget_class, "captions.filter", NULL, filter_action);
  gtk_widget_class_install_action (widget_class, "captions.clear-filter", NULL, clear_filter_action);
  gtk_widget_class_install_action (widget_class, "captions.automatic", NULL, automatic_action);
  gtk_widget_class_install_action (widget_class, "captions.change", NULL, change_action);
  gtk_widget_class_install_action (widget_class, "captions.quick-tags", NULL, quick_tags_action);
  gtk_widget_class_install_action (widget_class, "captions.quick-tag", "u", quick_tag_action);
  gtk_widget_class_install_action (widget_class, "captions.select-all", NULL, select_all_action);
  gtk_widget_class_install_action (widget_class, "captions.toggle-pane", NULL, toggle_pane_action);

  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_f, GDK_CONTROL_MASK, "captions.filter", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_h, GDK_CONTROL_MASK, "captions.change", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_j, GDK_CONTROL_MASK, "captions.next-unfinished", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Return, GDK_ALT_MASK, "captions.toggle-pane", NULL);
}

static void
add_shortcut (GtkEventController *controller,
              guint               key,
              GdkModifierType     modifiers,
              const char         *action,
              GVariant           *argument)
{
  GtkShortcut *shortcut = gtk_shortcut_new (gtk_keyval_trigger_new (key, modifiers), gtk_named_action_new (action));

  if (argument != NULL)
    gtk_shortcut_set_arguments (shortcut, argument);
  gtk_shortcut_controller_add_shortcut (GTK_SHORTCUT_CONTROLLER (controller), shortcut);
}

/* Before the text gets them: it knows these keys, too. */
static void
add_keys (LkCaptionsPage *self)
{
  static const GdkModifierType modifiers[] = { GDK_CONTROL_MASK, GDK_ALT_MASK };
  GtkEventController *controller = gtk_shortcut_controller_new ();

  gtk_event_controller_set_propagation_phase (controller, GTK_PHASE_CAPTURE);
  for (guint i = 0; i < G_N_ELEMENTS (modifiers); i++)
    {
      add_shortcut (controller, GDK_KEY_Down, modifiers[i], "captions.next", NULL);
      add_shortcut (controller, GDK_KEY_Up, modifiers[i], "captions.previous", NULL);
    }
  for (guint i = 1; i <= 9; i++)
    {
      add_shortcut (controller, GDK_KEY_0 + i, GDK_CONTROL_MASK, "captions.quick-tag", g_variant_new_uint32 (i));
      add_shortcut (controller, GDK_KEY_KP_0 + i, GDK_CONTROL_MASK, "captions.quick-tag", g_variant_new_uint32 (i));
    }
  gtk_widget_add_controller (GTK_WIDGET (self), controller);
}

static void
lk_captions_page_init (LkCaptionsPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));

  self->settings = g_settings_new (APP_ID);
  gtk_search_bar_connect_entry (self->search_bar, GTK_EDITABLE (self->search_entry));
  add_keys (self);
}

LkCaptionsPage *
lk_captions_page_new (LkWorkspace *workspace)
{
  LkCaptionsPage *self = g_object_new (LK_TYPE_CAPTIONS_PAGE, NULL);
  GListModel *images = lk_project_get_images (lk_workspace_get_project (workspace));

  self->workspace = g_object_ref (workspace);
  self->source = lk_tag_source_new (workspace);
  lk_caption_editor_set_workspace (self->editor, workspace, self->source);

  self->pane = g_object_ref_sink (lk_captions_pane_new (workspace, self->source));
  g_signal_connect_object (self->pane, "filter", G_CALLBACK (set_filter), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->pane, "show-images", G_CALLBACK (set_only), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->pane, "fix", G_CALLBACK (fix_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->pane, "fix-all", G_CALLBACK (fix_all_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->pane, "change-tag", G_CALLBACK (change_tag_cb), self, G_CONNECT_SWAPPED);
  layout_changed_cb (self);

  self->strip_filter = GTK_FILTER (gtk_custom_filter_new (is_shown, self, NULL));
  self->filtered = gtk_filter_list_model_new (g_object_ref (images), g_object_ref (self->strip_filter));
  self->selection = gtk_multi_selection_new (G_LIST_MODEL (g_object_ref (self->filtered)));
  gtk_list_view_set_model (self->strip, GTK_SELECTION_MODEL (self->selection));
  g_signal_connect_object (self->selection, "selection-changed", G_CALLBACK (selection_changed_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->selection, "items-changed", G_CALLBACK (model_changed_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (workspace, "changed", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  model_changed_cb (self);

  return self;
}
