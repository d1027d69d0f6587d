#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>

#include "app/captions/lk-caption-editor.h"
#include "app/captions/lk-caption-finding.h"
#include "app/captions/lk-caption-text.h"
#include "app/captions/lk-tag-chips.h"
#include "formats/lk-tokenizer.h"
#include "project/lk-tags.h"

/* A pause this long is the end of a word: what was typed is saved. */
#define SAVE_AFTER_MS 400
/* More findings of one caption are not listed. */
#define MAX_FINDINGS 30
/* Quick tags that have a key. */
#define N_KEYS 9

struct _LkCaptionEditor
{
  AdwBin          parent_instance;

  LkWorkspace    *workspace;      /* owned */
  GSettings      *settings;       /* owned */
  LkImage        *image;          /* owned, or NULL */
  char           *text;           /* owned; as the editor shows it */
  char           *sent;           /* owned; what is being saved, or NULL */
  guint           save_source;    /* until what was typed is saved */
  guint           check_source;
  gboolean        is_dirty;       /* the text is not saved, nor being saved */
  gboolean        was_edited;     /* since the picture is shown */
  gboolean        is_updating;

  AdwToggleGroup *view_group;
  AdwWrapBox     *quick_box;
  GtkLabel       *saved;
  GtkLabel       *tokens;
  GtkLevelBar    *token_bar;
  GtkLabel       *trouble;
  GtkListBox     *findings;
  GtkStack       *stack;
  LkCaptionText  *text_view;
  LkTagChips     *chips;
};

G_DEFINE_FINAL_TYPE (LkCaptionEditor, lk_caption_editor, ADW_TYPE_BIN)

static gboolean
is_editable (LkCaptionEditor *self)
{
  return self->image != NULL && !lk_project_is_read_only (lk_workspace_get_project (self->workspace));
}

/* ---- what is shown about the text --------------------------------------------------------------------------------- */

gboolean
lk_caption_editor_is_saved (LkCaptionEditor *self)
{
  g_return_val_if_fail (LK_IS_CAPTION_EDITOR (self), FALSE);

  return !self->is_dirty && self->sent == NULL && lk_project_get_trouble (lk_workspace_get_project (self->workspace)) == NULL;
}

static void
update_saved (LkCaptionEditor *self)
{
  const char *words = "";

  if (self->image != NULL && self->was_edited)
    words = lk_caption_editor_is_saved (self) ? _("Saved") : self->is_dirty || self->sent != NULL ? _("Saving…") : _("Not in its file yet");
  gtk_label_set_label (self->saved, words);
}

static void
update_tokens (LkCaptionEditor *self)
{
  guint n = lk_checks_count_tokens (lk_workspace_get_checks (self->workspace), self->text);
  guint n_chunks = n > 0 ? (n - 1) / LK_TOKENIZER_CHUNK_TOKENS + 1 : 1;
  g_autofree char *text = NULL;

  if (n_chunks == 1)
    text = g_strdup_printf (_("%u of %u tokens"), n, LK_TOKENIZER_CHUNK_TOKENS);
  else
    text = g_strdup_printf (_("%u tokens, %u chunks of %u"), n, n_chunks, LK_TOKENIZER_CHUNK_TOKENS);
  gtk_label_set_label (self->tokens, text);
  gtk_level_bar_set_value (self->token_bar, MIN (n, LK_TOKENIZER_CHUNK_TOKENS));
  if (n_chunks > 1)
    gtk_widget_add_css_class (GTK_WIDGET (self->tokens), "warning");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (self->tokens), "warning");
}

static void fix_cb (LkCaptionEditor *self, LkCaptionFinding *row);

static void
update_findings (LkCaptionEditor *self)
{
  g_autoptr (GPtrArray) findings = NULL;
  GtkListBoxRow *row;
  guint n = 0;

  findings = lk_checks_check_image (lk_workspace_get_checks (self->workspace), self->image, self->text);
  for (guint i = 0; i < findings->len && n < MAX_FINDINGS; i++)
    {
      LkFinding *finding = findings->pdata[i];
      LkCaptionFinding *child;

      if (!lk_finding_get_check (finding)->is_caption)
        continue;
      /* Rows are used again: the one whose button has the focus keeps it while someone types or mends. */
      row = gtk_list_box_get_row_at_index (self->findings, n++);
      if (row != NULL)
        {
          child = LK_CAPTION_FINDING (gtk_list_box_row_get_child (row));
        }
      else
        {
          child = lk_caption_finding_new (FALSE);
          g_signal_connect_object (child, "fix", G_CALLBACK (fix_cb), self, G_CONNECT_SWAPPED);
          gtk_list_box_append (self->findings, GTK_WIDGET (child));
          row = GTK_LIST_BOX_ROW (gtk_widget_get_parent (GTK_WIDGET (child)));
          gtk_list_box_row_set_activatable (row, FALSE);
          gtk_widget_set_focusable (GTK_WIDGET (row), FALSE);
        }
      lk_caption_finding_set_finding (child, finding);
      lk_caption_finding_set_editable (child, is_editable (self));
    }
  while ((row = gtk_list_box_get_row_at_index (self->findings, n)) != NULL)
    gtk_list_box_remove (self->findings, GTK_WIDGET (row));
  gtk_widget_set_visible (GTK_WIDGET (self->findings), n > 0);
}

static gboolean
has_quick_tag (LkCaptionEditor *self,
               const char      *tag)
{
  g_autoptr (LkTags) tags = lk_tags_new (self->text);

  return lk_tags_find (tags, tag, 0) >= 0;
}

static void
update_quick_tags (LkCaptionEditor *self)
{
  self->is_updating = TRUE;
  for (GtkWidget *child = gtk_widget_get_first_child (GTK_WIDGET (self->quick_box)); child != NULL; child = gtk_widget_get_next_sibling (child))
    if (GTK_IS_TOGGLE_BUTTON (child))
      {
        gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (child), has_quick_tag (self, g_object_get_data (G_OBJECT (child), "tag")));
        gtk_widget_set_sensitive (child, is_editable (self));
      }
  self->is_updating = FALSE;
}

static gboolean
shows_chips (LkCaptionEditor *self)
{
  return gtk_stack_get_visible_child (self->stack) == GTK_WIDGET (self->chips);
}

/* Everything that follows from the text. */
static void
check (LkCaptionEditor *self)
{
  g_autoptr (GArray) marks = NULL;

  if (self->image == NULL)
    return;
  marks = lk_checks_mark_caption (lk_workspace_get_checks (self->workspace), self->image, self->text);
  if (shows_chips (self))
    lk_tag_chips_set_marks (self->chips, marks);
  else
    lk_caption_text_set_marks (self->text_view, marks);
  update_findings (self);
  update_tokens (self);
  update_quick_tags (self);
  update_saved (self);
  gtk_label_set_label (self->trouble, lk_image_get_caption_trouble (self->image) != NULL ? lk_image_get_caption_trouble (self->image) : "");
  gtk_widget_set_visible (GTK_WIDGET (self->trouble), lk_image_get_caption_trouble (self->image) != NULL);
}

static gboolean
check_cb (gpointer user_data)
{
  LkCaptionEditor *self = user_data;

  self->check_source = 0;
  check (self);
  return G_SOURCE_REMOVE;
}

/* Once for a burst of keys. */
static void
queue_check (LkCaptionEditor *self)
{
  if (self->check_source == 0)
    self->check_source = g_idle_add (check_cb, self);
}

/* In the view that is shown; the other one takes it over when it is. */
static void
show_text (LkCaptionEditor *self,
           const char      *text)
{
  g_autofree char *shown = g_strdup (text);

  g_set_str (&self->text, shown);
  if (shows_chips (self))
    lk_tag_chips_set_text (self->chips, self->text);
  else
    lk_caption_text_set_text (self->text_view, self->text);
  queue_check (self);
}

/* ---- saving ------------------------------------------------------------------------------------------------------- */

/* What is typed in one caption is one step, until another kind of act or a minute comes between. */
static LkEdit *
make_typing_edit (LkCaptionEditor *self)
{
  g_autofree char *title = g_strdup_printf (_("Type in “%s”"), lk_image_get_stem (self->image));
  g_autofree char *key = g_strdup_printf ("typing:%" G_GINT64_FORMAT, lk_image_get_id (self->image));
  LkEdit *edit = lk_edit_new (lk_workspace_get_project (self->workspace), title);

  lk_edit_set_merge_key (edit, key);
  lk_edit_set_caption (edit, self->image, self->text);
  return edit;
}

gboolean
lk_caption_editor_save (LkCaptionEditor *self)
{
  g_return_val_if_fail (LK_IS_CAPTION_EDITOR (self), FALSE);

  g_clear_handle_id (&self->save_source, g_source_remove);
  if (!self->is_dirty || self->image == NULL)
    return TRUE;
  self->is_dirty = FALSE;
  self->is_dirty = !lk_workspace_apply (self->workspace, make_typing_edit (self));
  update_saved (self);
  return !self->is_dirty;
}

typedef struct
{
  LkCaptionEditor *self;      /* owned */
  LkImage         *image;     /* owned */
} Saving;

static void
saved_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  Saving *saving = user_data;
  LkCaptionEditor *self = saving->self;
  g_autoptr (GError) error = NULL;
  gboolean is_saved = lk_project_apply_finish (LK_PROJECT (source), result, &error);

  if (!is_saved && self->workspace != NULL)
    lk_workspace_say (self->workspace, error->message);
  if (saving->image == self->image)
    {
      g_clear_pointer (&self->sent, g_free);
      self->is_dirty = self->is_dirty || !is_saved;
      update_saved (self);
    }
  g_object_unref (saving->image);
  g_object_unref (saving->self);
  g_free (saving);
}

static gboolean
save_cb (gpointer user_data)
{
  LkCaptionEditor *self = user_data;
  g_autoptr (LkEdit) edit = NULL;
  Saving *saving;

  self->save_source = 0;
  if (!self->is_dirty || self->image == NULL)
    return G_SOURCE_REMOVE;

  edit = make_typing_edit (self);
  saving = g_new0 (Saving, 1);
  saving->self = g_object_ref (self);
  saving->image = g_object_ref (self->image);
  self->is_dirty = FALSE;
  g_set_str (&self->sent, self->text);
  lk_project_apply_async (lk_workspace_get_project (self->workspace), edit, saved_cb, saving);
  return G_SOURCE_REMOVE;
}

static void
text_edited_cb (LkCaptionEditor *self)
{
  g_autofree char *text = lk_caption_text_dup_text (self->text_view);

  if (self->image == NULL || !g_set_str (&self->text, text))
    return;
  self->is_dirty = TRUE;
  self->was_edited = TRUE;
  g_clear_handle_id (&self->save_source, g_source_remove);
  self->save_source = g_timeout_add (SAVE_AFTER_MS, save_cb, self);
  update_saved (self);
  queue_check (self);
}

/* One act, one step: it is saved at once. */
static gboolean
apply_text (LkCaptionEditor *self,
            const char      *text,
            const char      *title)
{
  LkEdit *edit;

  if (!is_editable (self) || !lk_caption_editor_save (self))
    return FALSE;
  edit = lk_edit_new (lk_workspace_get_project (self->workspace), title);
  lk_edit_set_caption (edit, self->image, text);
  self->was_edited = TRUE;
  if (!lk_workspace_apply (self->workspace, edit))
    {
      show_text (self, lk_image_get_caption (self->image));
      return FALSE;
    }
  show_text (self, text);
  update_saved (self);
  return TRUE;
}

static void
chips_edited_cb (LkCaptionEditor *self,
                 const char      *title)
{
  g_autofree char *text = lk_tag_chips_dup_text (self->chips);

  apply_text (self, text, title);
}

/* It changed in the project: by undo, by a fix, from outside. What is being typed wins: it is saved over it, as a step of its own. */
static void
caption_changed_cb (LkCaptionEditor *self)
{
  const char *caption = lk_image_get_caption (self->image);

  if (self->is_dirty || g_strcmp0 (caption, self->sent) == 0)
    return;
  show_text (self, caption);
}

/* ---- tags and fixes ----------------------------------------------------------------------------------------------- */

void
lk_caption_editor_toggle_tag (LkCaptionEditor *self,
                              const char      *tag)
{
  g_autoptr (LkTags) tags = NULL;
  g_autofree char *text = NULL, *title = NULL;
  gint at;

  g_return_if_fail (LK_IS_CAPTION_EDITOR (self));

  if (!is_editable (self))
    return;
  tags = lk_tags_new (self->text);
  at = lk_tags_find (tags, tag, 0);
  if (at >= 0)
    {
      title = g_strdup_printf (_("Remove Tag “%s”"), tag);
      for (; at >= 0; at = lk_tags_find (tags, tag, at))
        lk_tags_remove (tags, at);
    }
  else
    {
      title = g_strdup_printf (_("Add Tag “%s”"), tag);
      lk_tags_append (tags, lk_tags_get_n (tags) > 0 ? lk_tags_get_n (tags) - 1 : 0, tag);
    }
  text = lk_tags_to_caption (tags);
  apply_text (self, text, title);
}

static void
fix_cb (LkCaptionEditor  *self,
        LkCaptionFinding *row)
{
  g_autoptr (LkFinding) finding = g_object_ref (lk_caption_finding_get_finding (row));
  LkEdit *edit;

  if (!lk_caption_editor_save (self))
    return;
  edit = lk_edit_new (lk_workspace_get_project (self->workspace), lk_finding_get_check (finding)->fix_label);
  if (!lk_checks_fix (lk_workspace_get_checks (self->workspace), finding, self->image, edit))
    {
      lk_edit_free (edit);
      return;
    }
  self->was_edited = TRUE;
  lk_workspace_apply_undoable (self->workspace, edit, LK_STEP_FIX, 1);
  show_text (self, lk_image_get_caption (self->image));
  /* The row may be gone: whoever mends by keyboard goes on in the list, or in the text. */
  if (!gtk_widget_child_focus (GTK_WIDGET (self->findings), GTK_DIR_TAB_FORWARD))
    gtk_widget_grab_focus (GTK_WIDGET (self));
}

/* ---- quick tags --------------------------------------------------------------------------------------------------- */

static void
quick_toggled_cb (LkCaptionEditor *self,
                  GtkToggleButton *button)
{
  g_autofree char *tag = g_strdup (g_object_get_data (G_OBJECT (button), "tag"));

  if (self->is_updating)
    return;
  lk_caption_editor_toggle_tag (self, tag);
  update_quick_tags (self);
}

static void
make_quick_tags (LkCaptionEditor *self)
{
  g_auto (GStrv) tags = g_settings_get_strv (self->settings, "quick-tags");
  GtkWidget *child = gtk_widget_get_first_child (GTK_WIDGET (self->quick_box));

  while (child != NULL)
    {
      GtkWidget *next = gtk_widget_get_next_sibling (child);

      if (GTK_IS_TOGGLE_BUTTON (child))
        adw_wrap_box_remove (self->quick_box, child);
      child = next;
    }
  for (guint i = g_strv_length (tags); i-- > 0;)
    {
      GtkWidget *button = gtk_toggle_button_new ();
      GtkWidget *label = gtk_label_new (tags[i]);

      gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
      gtk_label_set_max_width_chars (GTK_LABEL (label), 24);
      gtk_button_set_child (GTK_BUTTON (button), label);
      gtk_widget_add_css_class (button, "small-button");
      if (i < N_KEYS)
        {
          /* Translators: a tag, and the key that adds or removes it. */
          g_autofree char *tip = g_strdup_printf (_("%s (Ctrl+%u)"), tags[i], i + 1);

          gtk_widget_set_tooltip_text (button, tip);
        }
      g_object_set_data_full (G_OBJECT (button), "tag", g_strdup (tags[i]), g_free);
      g_signal_connect_object (button, "toggled", G_CALLBACK (quick_toggled_cb), self, G_CONNECT_SWAPPED);
      adw_wrap_box_prepend (self->quick_box, button);
    }
  update_quick_tags (self);
}

void
lk_caption_editor_toggle_quick_tag (LkCaptionEditor *self,
                                    guint            n)
{
  g_auto (GStrv) tags = NULL;

  g_return_if_fail (LK_IS_CAPTION_EDITOR (self));

  tags = g_settings_get_strv (self->settings, "quick-tags");
  if (n < g_strv_length (tags))
    lk_caption_editor_toggle_tag (self, tags[n]);
}

/* ---- what is shown ------------------------------------------------------------------------------------------------ */

static void
update_editable (LkCaptionEditor *self)
{
  gboolean editable = is_editable (self);

  lk_caption_text_set_editable (self->text_view, editable);
  lk_tag_chips_set_editable (self->chips, editable);
}

void
lk_caption_editor_set_image (LkCaptionEditor *self,
                             LkImage         *image)
{
  g_return_if_fail (LK_IS_CAPTION_EDITOR (self));

  if (self->image == image)
    return;
  lk_caption_editor_save (self);
  if (self->image != NULL)
    g_signal_handlers_disconnect_by_func (self->image, caption_changed_cb, self);
  g_set_object (&self->image, image);
  g_clear_pointer (&self->sent, g_free);
  self->is_dirty = FALSE;
  self->was_edited = FALSE;
  update_editable (self);
  if (image == NULL)
    {
      show_text (self, "");
      return;
    }
  g_signal_connect_object (image, "notify::caption", G_CALLBACK (caption_changed_cb), self, G_CONNECT_SWAPPED);
  show_text (self, lk_image_get_caption (image));
}

static void
view_changed_cb (LkCaptionEditor *self)
{
  const char *name = adw_toggle_group_get_active_name (self->view_group);
  GtkWidget *view;

  if (name == NULL)
    return;
  view = gtk_stack_get_child_by_name (self->stack, name);
  if (view == NULL)
    return;
  gtk_stack_set_visible_child (self->stack, view);
  show_text (self, self->text);
}

void
lk_caption_editor_set_workspace (LkCaptionEditor *self,
                                 LkWorkspace     *workspace,
                                 LkTagSource     *source)
{
  g_return_if_fail (LK_IS_CAPTION_EDITOR (self));
  g_return_if_fail (self->workspace == NULL);

  self->workspace = g_object_ref (workspace);
  lk_caption_text_set_source (self->text_view, source);
  lk_tag_chips_set_source (self->chips, source);
  g_signal_connect_object (workspace, "changed", G_CALLBACK (queue_check), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (lk_workspace_get_project (workspace), "notify::trouble", G_CALLBACK (update_saved), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->settings, "changed::quick-tags", G_CALLBACK (make_quick_tags), self, G_CONNECT_SWAPPED);
  make_quick_tags (self);
  update_editable (self);
}

/* ---- widget ------------------------------------------------------------------------------------------------------- */

static gboolean
lk_caption_editor_grab_focus (GtkWidget *widget)
{
  LkCaptionEditor *self = LK_CAPTION_EDITOR (widget);

  return gtk_widget_grab_focus (shows_chips (self) ? GTK_WIDGET (self->chips) : GTK_WIDGET (self->text_view));
}

static void
lk_caption_editor_dispose (GObject *object)
{
  LkCaptionEditor *self = LK_CAPTION_EDITOR (object);

  if (self->image != NULL)
    lk_caption_editor_set_image (self, NULL);
  g_clear_handle_id (&self->save_source, g_source_remove);
  g_clear_handle_id (&self->check_source, g_source_remove);
  if (self->settings != NULL)
    g_settings_unbind (self->view_group, "active-name");
  gtk_widget_dispose_template (GTK_WIDGET (self), LK_TYPE_CAPTION_EDITOR);
  g_clear_object (&self->settings);
  g_clear_object (&self->workspace);
  g_clear_pointer (&self->text, g_free);
  g_clear_pointer (&self->sent, g_free);

  G_OBJECT_CLASS (lk_caption_editor_parent_class)->dispose (object);
}

static void
lk_caption_editor_class_init (LkCaptionEditorClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = lk_caption_editor_dispose;
  widget_class->grab_focus = lk_caption_editor_grab_focus;

  g_type_ensure (LK_TYPE_CAPTION_TEXT);
  g_type_ensure (LK_TYPE_TAG_CHIPS);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/likeness/Likeness/lk-caption-editor.ui");
  gtk_widget_class_bind_template_child (widget_class, LkCaptionEditor, chips);
  gtk_widget_class_bind_template_child (widget_class, LkCaptionEditor, findings);
  gtk_widget_class_bind_template_child (widget_class, LkCaptionEditor, quick_box);
  gtk_widget_class_bind_template_child (widget_class, LkCaptionEditor, saved);
  gtk_widget_class_bind_template_child (widget_class, LkCaptionEditor, stack);
  gtk_widget_class_bind_template_child (widget_class, LkCaptionEditor, text_view);
  gtk_widget_class_bind_template_child (widget_class, LkCaptionEditor, token_bar);
  gtk_widget_class_bind_template_child (widget_class, LkCaptionEditor, tokens);
  gtk_widget_class_bind_template_child (widget_class, LkCaptionEditor, trouble);
  gtk_widget_class_bind_template_child (widget_class, LkCaptionEditor, view_group);
  gtk_widget_class_bind_template_callback (widget_class, chips_edited_cb);
  gtk_widget_class_bind_template_callback (widget_class, text_edited_cb);
  gtk_widget_class_bind_template_callback (widget_class, view_changed_cb);
}

static void
lk_caption_editor_init (LkCaptionEditor *self)
{
  self->text = g_strdup ("");
  gtk_widget_init_template (GTK_WIDGET (self));
  self->settings = g_settings_new (APP_ID);
  g_settings_bind (self->settings, "caption-view", self->view_group, "active-name", G_SETTINGS_BIND_DEFAULT);
  view_changed_cb (self);
}
