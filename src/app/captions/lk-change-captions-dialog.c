#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>

#include "app/captions/lk-caption-preview.h"
#include "app/captions/lk-caption-scopes.h"
#include "app/captions/lk-change-captions-dialog.h"
#include "project/lk-caption-change.h"

/* The preview follows typing after this much quiet. */
#define PREVIEW_AFTER_MS 200

/* ---- the dialog --------------------------------------------------------------------------------------------------- */

struct _LkChangeCaptionsDialog
{
  AdwDialog        parent_instance;

  LkWorkspace     *workspace;       /* owned */
  LkCaptionScopes  scopes;
  LkCaptionChange *change;          /* owned; that was previewed, or NULL */
  GPtrArray       *changed;         /* owned; what it would do, or NULL */
  GCancellable    *cancellable;     /* owned; of the preview under way */
  guint            preview_source;
  gboolean         is_applying;

  AdwComboRow     *kind_row, *order_row, *place_row, *scope_row;
  AdwEntryRow     *instead_row, *text_row;
  AdwSwitchRow    *case_row, *regex_row, *words_row;
  GtkButton       *apply_button;
  GtkLabel        *state;
  LkCaptionPreview *preview;
};

G_DEFINE_FINAL_TYPE (LkChangeCaptionsDialog, lk_change_captions_dialog, ADW_TYPE_DIALOG)

/* In the order of the row's list. */
static const LkCaptionChangeKind kinds[] = {
  LK_CAPTION_REPLACE, LK_CAPTION_ADD, LK_CAPTION_REMOVE, LK_CAPTION_RENAME, LK_CAPTION_MOVE, LK_CAPTION_SORT, LK_CAPTION_DEDUPE,
  LK_CAPTION_PREFIX, LK_CAPTION_SUFFIX,
};

static LkCaptionChangeKind
get_kind (LkChangeCaptionsDialog *self)
{
  return kinds[MIN (adw_combo_row_get_selected (self->kind_row), G_N_ELEMENTS (kinds) - 1)];
}

static GPtrArray *
get_images (LkChangeCaptionsDialog *self)
{
  return lk_caption_scopes_get (&self->scopes, self->scope_row);
}

static void
update_state (LkChangeCaptionsDialog *self,
              const GError           *error)
{
  guint n = self->changed != NULL ? self->changed->len : 0;
  g_autofree char *button = n > 0 ? g_strdup_printf (ngettext ("_Change %u Caption", "_Change %u Captions", n), n) : g_strdup (_("_Change"));

  gtk_button_set_label (self->apply_button, button);
  gtk_widget_set_sensitive (GTK_WIDGET (self->apply_button), n > 0 && !self->is_applying);
  gtk_widget_set_visible (GTK_WIDGET (self->preview), n > 0);
  gtk_widget_set_visible (GTK_WIDGET (self->state), n == 0);
  gtk_label_set_label (self->state, error != NULL ? error->message : self->changed != NULL ? _("No caption would be another.") : "");
}

/* ---- preview ------------------------------------------------------------------------------------------------------ */

static void
take_changes (LkChangeCaptionsDialog *self,
              GPtrArray              *changed)
{
  g_clear_pointer (&self->changed, g_ptr_array_unref);
  self->changed = changed;
  lk_caption_preview_set_changes (self->preview, changed);
}

static void
previewed_cb (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  g_autoptr (LkChangeCaptionsDialog) self = user_data;
  g_autoptr (GError) error = NULL;
  GPtrArray *changed = lk_caption_change_preview_finish (result, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) || self->workspace == NULL)
    {
      g_clear_pointer (&changed, g_ptr_array_unref);
      return;
    }
  take_changes (self, changed);
  update_state (self, error);
}

static gboolean
preview_cb (gpointer user_data)
{
  LkChangeCaptionsDialog *self = user_data;
  LkCaptionRule rule = {
    .kind = get_kind (self),
    .text = gtk_editable_get_text (GTK_EDITABLE (self->text_row)),
    .instead = gtk_editable_get_text (GTK_EDITABLE (self->instead_row)),
    .place = adw_combo_row_get_selected (self->place_row),
    .order = adw_combo_row_get_selected (self->order_row),
    .replace = (adw_switch_row_get_active (self->regex_row) ? LK_REPLACE_REGEX : 0) |
               (adw_switch_row_get_active (self->case_row) ? LK_REPLACE_MATCH_CASE : 0) |
               (adw_switch_row_get_active (self->words_row) ? LK_REPLACE_WHOLE_WORDS : 0),
  };
  g_autoptr (GError) error = NULL;

  self->preview_source = 0;
  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_clear_pointer (&self->change, lk_caption_change_unref);
  self->change = lk_caption_change_new (lk_workspace_get_project (self->workspace), &rule, &error);
  if (self->change == NULL)
    {
      take_changes (self, NULL);
      update_state (self, error);
      return G_SOURCE_REMOVE;
    }
  self->cancellable = g_cancellable_new ();
  lk_caption_change_preview_async (self->change, get_images (self), self->cancellable, previewed_cb, g_object_ref (self));
  return G_SOURCE_REMOVE;
}

/* Until the new preview is there, nothing can be applied: what is shown is what is done. */
static void
queue_preview (LkChangeCaptionsDialog *self)
{
  if (self->workspace == NULL)
    return;
  gtk_widget_set_sensitive (GTK_WIDGET (self->apply_button), FALSE);
  g_clear_handle_id (&self->preview_source, g_source_remove);
  self->preview_source = g_timeout_add (PREVIEW_AFTER_MS, preview_cb, self);
}

static void
kind_changed_cb (LkChangeCaptionsDialog *self)
{
  LkCaptionChangeKind kind = get_kind (self);
  gboolean is_given = kind == LK_CAPTION_SORT && adw_combo_row_get_selected (self->order_row) == LK_TAG_ORDER_GIVEN;
  const char *title = _("Tags, Parted by Commas");

  if (kind == LK_CAPTION_REPLACE)
    title = _("Find");
  else if (kind == LK_CAPTION_RENAME)
    title = _("Tag");
  else if (kind == LK_CAPTION_PREFIX || kind == LK_CAPTION_SUFFIX)
    title = _("Text");
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->text_row), title);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->instead_row), kind == LK_CAPTION_RENAME ? _("New Name") : _("Replace With"));
  gtk_widget_set_visible (GTK_WIDGET (self->text_row), (kind != LK_CAPTION_SORT || is_given) && kind != LK_CAPTION_DEDUPE);
  gtk_widget_set_visible (GTK_WIDGET (self->instead_row), kind == LK_CAPTION_REPLACE || kind == LK_CAPTION_RENAME);
  gtk_widget_set_visible (GTK_WIDGET (self->place_row), kind == LK_CAPTION_ADD || kind == LK_CAPTION_MOVE);
  gtk_widget_set_visible (GTK_WIDGET (self->order_row), kind == LK_CAPTION_SORT);
  gtk_widget_set_visible (GTK_WIDGET (self->regex_row), kind == LK_CAPTION_REPLACE);
  gtk_widget_set_visible (GTK_WIDGET (self->case_row), kind == LK_CAPTION_REPLACE);
  gtk_widget_set_visible (GTK_WIDGET (self->words_row), kind == LK_CAPTION_REPLACE);
  queue_preview (self);
}

/* ---- applying ----------------------------------------------------------------------------------------------------- */

static void
applied_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autoptr (LkChangeCaptionsDialog) self = user_data;
  g_autoptr (GError) error = NULL;
  gint n = lk_caption_change_apply_finish (result, &error);

  self->is_applying = FALSE;
  if (self->workspace == NULL)
    return;
  if (n < 0)
    {
      update_state (self, error);
      gtk_widget_set_visible (GTK_WIDGET (self->state), TRUE);
      return;
    }
  if (n > 0)
    g_signal_emit_by_name (self->workspace, "stepped", LK_STEP_CAPTIONS, n);
  adw_dialog_close (ADW_DIALOG (self));
}

static void
apply_cb (LkChangeCaptionsDialog *self)
{
  GtkStringObject *kind = adw_combo_row_get_selected_item (self->kind_row);

  if (self->change == NULL || self->changed == NULL || self->changed->len == 0 || self->is_applying)
    return;
  self->is_applying = TRUE;
  gtk_widget_set_sensitive (GTK_WIDGET (self->apply_button), FALSE);
  lk_caption_change_apply_async (self->change, lk_workspace_get_project (self->workspace), self->changed,
                                 gtk_string_object_get_string (kind), applied_cb, g_object_ref (self));
}

void
lk_change_captions_dialog_set_rename (LkChangeCaptionsDialog *self,
                                      const char             *tag)
{
  g_return_if_fail (LK_IS_CHANGE_CAPTIONS_DIALOG (self));

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (kinds[i] == LK_CAPTION_RENAME)
      adw_combo_row_set_selected (self->kind_row, i);
  adw_combo_row_set_selected (self->scope_row, LK_SCOPE_ALL);
  gtk_editable_set_text (GTK_EDITABLE (self->text_row), tag);
  gtk_editable_set_text (GTK_EDITABLE (self->instead_row), tag);
}

/* ---- widget ------------------------------------------------------------------------------------------------------- */

static void
lk_change_captions_dialog_dispose (GObject *object)
{
  LkChangeCaptionsDialog *self = LK_CHANGE_CAPTIONS_DIALOG (object);

  g_clear_handle_id (&self->preview_source, g_source_remove);
  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->workspace);
  gtk_widget_dispose_template (GTK_WIDGET (self), LK_TYPE_CHANGE_CAPTIONS_DIALOG);
  g_clear_pointer (&self->change, lk_caption_change_unref);
  g_clear_pointer (&self->changed, g_ptr_array_unref);
  lk_caption_scopes_clear (&self->scopes);

  G_OBJECT_CLASS (lk_change_captions_dialog_parent_class)->dispose (object);
}

static void
lk_change_captions_dialog_class_init (LkChangeCaptionsDialogClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = lk_change_captions_dialog_dispose;

  g_type_ensure (LK_TYPE_CAPTION_PREVIEW);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/likeness/Likeness/lk-change-captions-dialog.ui");
  gtk_widget_class_bind_template_child (widget_class, LkChangeCaptionsDialog, apply_button);
  gtk_widget_class_bind_template_child (widget_class, LkChangeCaptionsDialog, case_row);
  gtk_widget_class_bind_template_child (widget_class, LkChangeCaptionsDialog, instead_row);
  gtk_widget_class_bind_template_child (widget_class, LkChangeCaptionsDialog, kind_row);
  gtk_widget_class_bind_template_child (widget_class, LkChangeCaptionsDialog, order_row);
  gtk_widget_class_bind_template_child (widget_class, LkChangeCaptionsDialog, place_row);
  gtk_widget_class_bind_template_child (widget_class, LkChangeCaptionsDialog, preview);
  gtk_widget_class_bind_template_child (widget_class, LkChangeCaptionsDialog, regex_row);
  gtk_widget_class_bind_template_child (widget_class, LkChangeCaptionsDialog, scope_row);
  gtk_widget_class_bind_template_child (widget_class, LkChangeCaptionsDialog, state);
  gtk_widget_class_bind_template_child (widget_class, LkChangeCaptionsDialog, text_row);
  gtk_widget_class_bind_template_child (widget_class, LkChangeCaptionsDialog, words_row);
  gtk_widget_class_bind_template_callback (widget_class, apply_cb);
  gtk_widget_class_bind_template_callback (widget_class, kind_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, queue_preview);
}

static void
lk_change_captions_dialog_init (LkChangeCaptionsDialog *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

LkChangeCaptionsDialog *
lk_change_captions_dialog_new (LkWorkspace *workspace,
                               GPtrArray   *selected,
                               GPtrArray   *filtered)
{
  LkChangeCaptionsDialog *self = g_object_new (LK_TYPE_CHANGE_CAPTIONS_DIALOG, NULL);

  lk_caption_scopes_init (&self->scopes, self->scope_row, lk_workspace_get_project (workspace), selected, filtered);
  self->workspace = g_object_ref (workspace);
  kind_changed_cb (self);
  return self;
}
