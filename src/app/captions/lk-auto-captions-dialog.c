#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>
#include <string.h>

#include "app/captions/lk-auto-captions-dialog.h"
#include "app/captions/lk-caption-preview.h"
#include "app/captions/lk-caption-scopes.h"
#include "app/window/lk-engine.h"
#include "project/lk-caption-change.h"
#include "train/lk-auto-caption.h"

/* How often the window says how far it is. */
#define TELL_EVERY_MS 100
/* Tags to tick, at most. */
#define MOST_TICKS 18

/* What a thread works on. The main thread reads `n_done` only, until the thread is done. */
typedef struct
{
  LkAutoCaption *captions;      /* owned, as the next three */
  GPtrArray     *pictures;      /* LkAutoPicture */
  GPtrArray     *changed;       /* LkChangedCaption: those that would be others */
  LkDevice      *device;        /* the job's; NULL: none is needed */
  guint          n_unreadable;
  gint           n_done;        /* atomic */
} Run;

struct _LkAutoCaptionsDialog
{
  AdwDialog         parent_instance;

  LkWorkspace      *workspace;              /* owned */
  GSettings        *settings;               /* owned */
  LkEngine         *engine;                 /* owned */
  LkCaptionScopes   scopes;
  Run              *run;                    /* owned; under way, or done and shown; or NULL */
  LkJob            *job;                    /* owned; for the device, or NULL */
  GCancellable     *cancellable;            /* owned; of the run under way, or NULL */
  guint             tell_source;
  gboolean          is_applying, is_closed;

  AdwActionRow     *model_row;
  AdwComboRow      *place_row, *scope_row, *way_row;
  AdwEntryRow      *blacklist_row, *words_row;
  AdwPreferencesGroup *ticks_group;
  AdwSpinRow       *character_row, *general_row;
  AdwSwitchRow     *underscores_row;
  AdwWrapBox       *ticks;
  GtkButton        *action_button, *back_button;
  GtkLabel         *found, *state, *working;
  GtkProgressBar   *progress;
  GtkStack         *stack;
  LkCaptionPreview *preview;
};

G_DEFINE_FINAL_TYPE (LkAutoCaptionsDialog, lk_auto_captions_dialog, ADW_TYPE_DIALOG)

static void
changed_free (gpointer data)
{
  LkChangedCaption *changed = data;

  g_object_unref (changed->image);
  g_free (changed->before);
  g_free (changed->after);
  g_free (changed);
}

static void
run_free (gpointer data)
{
  Run *run = data;

  lk_auto_caption_unref (run->captions);
  g_ptr_array_unref (run->pictures);
  g_ptr_array_unref (run->changed);
  g_free (run);
}

/* ---- what is chosen ----------------------------------------------------------------------------------------------- */

static LkAutoWay
get_way (LkAutoCaptionsDialog *self)
{
  return MIN (adw_combo_row_get_selected (self->way_row), LK_AUTO_BLIP);
}

static const char *
get_folder_key (LkAutoCaptionsDialog *self)
{
  return get_way (self) == LK_AUTO_BLIP ? "blip-folder" : "tagger-folder";
}

/* Of the model; NULL: none is chosen yet. */
static char *
dup_folder (LkAutoCaptionsDialog *self)
{
  g_autofree char *uri = g_settings_get_string (self->settings, get_folder_key (self));
  g_autoptr (GFile) file = *uri != '\0' ? g_file_new_for_uri (uri) : NULL;

  return file != NULL ? g_file_get_path (file) : NULL;
}

static GPtrArray *
get_images (LkAutoCaptionsDialog *self)
{
  return lk_caption_scopes_get (&self->scopes, self->scope_row);
}

/* What is ticked, and what is typed. Owned by the caller. */
static char *
dup_words (LkAutoCaptionsDialog *self)
{
  GString *words = g_string_new (NULL);

  for (GtkWidget *tick = gtk_widget_get_first_child (GTK_WIDGET (self->ticks)); tick != NULL; tick = gtk_widget_get_next_sibling (tick))
    if (gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (tick)))
      g_string_append_printf (words, "%s, ", gtk_button_get_label (GTK_BUTTON (tick)));
  g_string_append (words, gtk_editable_get_text (GTK_EDITABLE (self->words_row)));
  return g_string_free (words, FALSE);
}

/* ---- stages ------------------------------------------------------------------------------------------------------- */

static gboolean
is_stage (LkAutoCaptionsDialog *self,
          const char           *name)
{
  return g_str_equal (gtk_stack_get_visible_child_name (self->stack), name);
}

static void
update (LkAutoCaptionsDialog *self)
{
  LkAutoWay way = get_way (self);
  g_autofree char *folder = way != LK_AUTO_DRAFT ? dup_folder (self) : NULL;
  g_autofree char *display = folder != NULL ? g_filename_display_name (folder) : NULL, *label = NULL;
  guint n = get_images (self)->len, n_changed = self->run != NULL ? self->run->changed->len : 0;
  gboolean is_choosing = is_stage (self, "choices"), is_working = is_stage (self, "working");

  gtk_widget_set_visible (GTK_WIDGET (self->model_row), way != LK_AUTO_DRAFT);
  gtk_widget_set_visible (GTK_WIDGET (self->general_row), way == LK_AUTO_TAGGER);
  gtk_widget_set_visible (GTK_WIDGET (self->character_row), way == LK_AUTO_TAGGER);
  gtk_widget_set_visible (GTK_WIDGET (self->underscores_row), way == LK_AUTO_TAGGER);
  gtk_widget_set_visible (GTK_WIDGET (self->blacklist_row), way != LK_AUTO_DRAFT);
  adw_action_row_set_subtitle (self->model_row, display != NULL ? display : way == LK_AUTO_BLIP
                               ? _("Folder of blip-image-captioning-base or -large: model.safetensors, config.json, vocab.txt")
                               : _("Folder of wd-vit-tagger-v3 or -large: model.safetensors, config.json, selected_tags.csv"));

  if (is_working)
    label = g_strdup (_("_Cancel"));
  else if (is_choosing)
    label = g_strdup_printf (way == LK_AUTO_DRAFT ? ngettext ("_Draft %u Caption", "_Draft %u Captions", n)
                             : ngettext ("_Describe %u Picture", "_Describe %u Pictures", n), n);
  else
    label = g_strdup_printf (ngettext ("_Change %u Caption", "_Change %u Captions", n_changed), n_changed);
  gtk_button_set_label (self->action_button, label);
  gtk_widget_set_sensitive (GTK_WIDGET (self->action_button),
                            is_working || (is_choosing ? n > 0 && (way == LK_AUTO_DRAFT || folder != NULL) : n_changed > 0 && !self->is_applying));
  if (is_working)
    gtk_widget_remove_css_class (GTK_WIDGET (self->action_button), "suggested-action");
  else
    gtk_widget_add_css_class (GTK_WIDGET (self->action_button), "suggested-action");
  gtk_widget_set_visible (GTK_WIDGET (self->back_button), is_stage (self, "result"));
  gtk_widget_set_sensitive (GTK_WIDGET (self->back_button), !self->is_applying);
}

static void
say (LkAutoCaptionsDialog *self,
     const char           *sentence)
{
  gtk_label_set_label (self->state, sentence);
  gtk_widget_set_visible (GTK_WIDGET (self->state), *sentence != '\0');
}

static void
show_stage (LkAutoCaptionsDialog *self,
            const char           *name)
{
  gtk_stack_set_visible_child_name (self->stack, name);
  update (self);
}

static void
show_choices (LkAutoCaptionsDialog *self,
              const char           *sentence)
{
  lk_caption_preview_set_changes (self->preview, NULL);
  g_clear_pointer (&self->run, run_free);
  say (self, sentence);
  show_stage (self, "choices");
}

/* ---- the run ------------------------------------------------------------------------------------------------------ */

static gboolean
tell_cb (gpointer user_data)
{
  LkAutoCaptionsDialog *self = user_data;
  guint n_done = g_atomic_int_get (&self->run->n_done), n = self->run->pictures->len;
  double fraction = n > 0 ? (double) n_done / n : 0;
  g_autofree char *text = NULL;

  if (self->job != NULL && lk_job_get_state (self->job) == LK_JOB_WAITING)
    text = g_strdup (_("Waiting for the device"));
  else if (n_done == 0)
    text = g_strdup (_("Loading the model"));
  else
    text = g_strdup_printf (_("%u of %u"), n_done, n);
  gtk_label_set_label (self->working, text);
  gtk_progress_bar_set_fraction (self->progress, fraction);
  if (self->job != NULL && lk_job_get_state (self->job) == LK_JOB_RUNNING)
    lk_job_set_progress (self->job, fraction, text);
  return G_SOURCE_CONTINUE;
}

/* Nothing works any more. */
static void
end (LkAutoCaptionsDialog *self)
{
  g_autoptr (LkJob) job = g_steal_pointer (&self->job);

  g_clear_handle_id (&self->tell_source, g_source_remove);
  g_clear_object (&self->cancellable);
  if (job != NULL && lk_job_get_state (job) != LK_JOB_DONE)
    lk_job_finish (job);
}

static void
show_result (LkAutoCaptionsDialog *self)
{
  guint n = self->run->changed->len, n_unreadable = self->run->n_unreadable;
  g_autoptr (GString) text = g_string_new (NULL);

  if (n > 0)
    g_string_append_printf (text, ngettext ("%u caption would be another.", "%u captions would be others.", n), n);
  else
    g_string_append (text, _("No caption would be another."));
  if (n_unreadable > 0)
    {
      g_string_append_c (text, ' ');
      g_string_append_printf (text, ngettext ("%u picture could not be read.", "%u pictures could not be read.", n_unreadable), n_unreadable);
    }
  gtk_label_set_label (self->found, text->str);
  gtk_widget_set_visible (GTK_WIDGET (self->preview), n > 0);
  lk_caption_preview_set_changes (self->preview, self->run->changed);
  show_stage (self, "result");
}

static void
described_cb (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  g_autoptr (LkAutoCaptionsDialog) self = user_data;
  g_autoptr (GError) error = NULL;
  gboolean is_whole = g_task_propagate_boolean (G_TASK (result), &error);

  end (self);
  if (self->is_closed)
    return;
  if (is_whole)
    show_result (self);
  else
    show_choices (self, g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) ? _("Stopped. Nothing was changed.") : error->message);
}

static gboolean
count_cb (LkAutoPicture  *picture,
          guint           done,
          guint           total,
          gpointer        data,
          GError        **error)
{
  Run *run = data;

  g_atomic_int_set (&run->n_done, done);
  run->n_unreadable += picture->trouble != NULL;
  if (picture->after != NULL)
    {
      LkChangedCaption *changed = g_new0 (LkChangedCaption, 1);

      changed->image = g_object_ref (picture->image);
      changed->before = g_strdup (picture->before);
      changed->after = g_strdup (picture->after);
      g_ptr_array_add (run->changed, changed);
    }
  return TRUE;
}

static void
describe_in_thread (GTask        *task,
                    gpointer      source,
                    gpointer      data,
                    GCancellable *cancellable)
{
  Run *run = data;
  GError *error = NULL;

  if (lk_auto_caption_run (run->captions, run->device, run->pictures, count_cb, run, cancellable, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
describe (LkAutoCaptionsDialog *self,
          LkDevice             *device)
{
  g_autoptr (GTask) task = g_task_new (NULL, self->cancellable, described_cb, g_object_ref (self));

  self->run->device = device;
  g_task_set_task_data (task, self->run, NULL);
  g_task_run_in_thread (task, describe_in_thread);
}

static void
job_cb (LkJob        *job,
        LkDevice     *device,
        const GError *error,
        gpointer      user_data)
{
  LkAutoCaptionsDialog *self = user_data;

  if (device != NULL && job == self->job)
    {
      describe (self, device);
      return;
    }
  end (self);
  if (lk_job_get_state (job) != LK_JOB_DONE)
    lk_job_finish (job);
  if (!self->is_closed && device == NULL)
    show_choices (self, error->message);
}

/* The queue's list takes a waiting job away, too. */
static void
job_changed_cb (LkAutoCaptionsDialog *self,
                GParamSpec           *pspec,
                LkJob                *job)
{
  if (job != self->job || lk_job_get_state (job) != LK_JOB_DONE)
    return;
  end (self);
  if (!self->is_closed)
    show_choices (self, _("Stopped. Nothing was changed."));
}

static void
start (LkAutoCaptionsDialog *self)
{
  static const LkWordsPlace places[] = { LK_WORDS_ONLY_EMPTY, LK_WORDS_REPLACE, LK_WORDS_BEFORE, LK_WORDS_AFTER };
  LkProject *project = lk_workspace_get_project (self->workspace);
  g_auto (GStrv) features = lk_project_dup_features (project);
  g_autofree char *words = dup_words (self), *folder = dup_folder (self);
  GPtrArray *images = get_images (self);
  const LkAutoRule rule = {
    .way = get_way (self), .model = folder,
    .general = adw_spin_row_get_value (self->general_row), .character = adw_spin_row_get_value (self->character_row),
    .keep_underscores = adw_switch_row_get_active (self->underscores_row),
    .words = {
      .trigger = lk_project_get_trigger (project), .class_word = lk_project_get_class_word (project), .features = (const char * const *) features,
      .words = words, .blacklist = get_way (self) != LK_AUTO_DRAFT ? gtk_editable_get_text (GTK_EDITABLE (self->blacklist_row)) : NULL,
      .place = places[MIN (adw_combo_row_get_selected (self->place_row), G_N_ELEMENTS (places) - 1)],
    },
  };

  self->run = g_new0 (Run, 1);
  self->run->captions = lk_auto_caption_new (&rule);
  self->run->changed = g_ptr_array_new_with_free_func (changed_free);
  self->run->pictures = g_ptr_array_new_full (images->len, lk_auto_picture_free);
  for (guint i = 0; i < images->len; i++)
    g_ptr_array_add (self->run->pictures, lk_auto_picture_new_for_image (images->pdata[i]));
  self->tell_source = g_timeout_add (TELL_EVERY_MS, tell_cb, self);
  if (lk_auto_caption_needs_device (self->run->captions))
    {
      self->job = lk_engine_add (self->engine, _("Automatic Captions"), job_cb, g_object_ref (self), g_object_unref);
      lk_job_set_place (self->job, project, "captions");
      self->cancellable = g_object_ref (lk_job_get_cancellable (self->job));
      g_signal_connect_object (self->job, "notify::state", G_CALLBACK (job_changed_cb), self, G_CONNECT_SWAPPED);
    }
  else
    {
      self->cancellable = g_cancellable_new ();
      describe (self, NULL);
    }
  tell_cb (self);
  show_stage (self, "working");
}

static void
cancel (LkAutoCaptionsDialog *self)
{
  g_autoptr (LkJob) job = self->job != NULL ? g_object_ref (self->job) : NULL;

  gtk_widget_set_sensitive (GTK_WIDGET (self->action_button), FALSE);
  if (job != NULL)
    lk_job_cancel (job);
  else
    g_cancellable_cancel (self->cancellable);
}

/* ---- applying ----------------------------------------------------------------------------------------------------- */

static void
applied_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autoptr (LkAutoCaptionsDialog) self = user_data;
  g_autoptr (GError) error = NULL;
  gint n = lk_auto_caption_apply_finish (result, &error);

  self->is_applying = FALSE;
  if (n > 0)
    g_signal_emit_by_name (self->workspace, "stepped", LK_STEP_CAPTIONS, n);
  if (self->is_closed)
    return;
  if (n >= 0)
    {
      adw_dialog_close (ADW_DIALOG (self));
      return;
    }
  gtk_label_set_label (self->found, error->message);
  update (self);
}

static void
apply (LkAutoCaptionsDialog *self)
{
  self->is_applying = TRUE;
  update (self);
  lk_auto_caption_apply_async (self->run->captions, lk_workspace_get_project (self->workspace), self->run->pictures, _("Automatic Captions"),
                               applied_cb, g_object_ref (self));
}

static void
action_cb (LkAutoCaptionsDialog *self)
{
  if (is_stage (self, "working"))
    cancel (self);
  else if (is_stage (self, "choices"))
    start (self);
  else if (!self->is_applying)
    apply (self);
}

static void
back_cb (LkAutoCaptionsDialog *self)
{
  show_choices (self, "");
}

static void
choice_changed_cb (LkAutoCaptionsDialog *self)
{
  if (self->workspace == NULL)
    return;
  say (self, "");
  update (self);
}

static void
closed_cb (LkAutoCaptionsDialog *self)
{
  self->is_closed = TRUE;
  if (is_stage (self, "working"))
    cancel (self);
}

/* ---- the model's folder ------------------------------------------------------------------------------------------- */

static void
folder_chosen_cb (GObject      *object,
                  GAsyncResult *result,
                  gpointer      user_data)
{
  g_autoptr (LkAutoCaptionsDialog) self = user_data;
  g_autoptr (GFile) chosen = gtk_file_dialog_select_folder_finish (GTK_FILE_DIALOG (object), result, NULL);
  g_autofree char *uri = chosen != NULL ? g_file_get_uri (chosen) : NULL;

  if (uri == NULL || self->is_closed)
    return;
  if (g_file_peek_path (chosen) == NULL)
    {
      say (self, _("That folder is not on this machine."));
      return;
    }
  g_settings_set_string (self->settings, get_folder_key (self), uri);
  choice_changed_cb (self);
}

static void
choose_folder_cb (LkAutoCaptionsDialog *self)
{
  g_autoptr (GtkFileDialog) dialog = gtk_file_dialog_new ();
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));

  gtk_file_dialog_set_title (dialog, get_way (self) == LK_AUTO_BLIP ? _("Folder of BLIP") : _("Folder of the Tagger"));
  gtk_file_dialog_select_folder (dialog, GTK_IS_WINDOW (root) ? GTK_WINDOW (root) : NULL, NULL, folder_chosen_cb, g_object_ref (self));
}

/* ---- widget ------------------------------------------------------------------------------------------------------- */

static void
add_tick (LkAutoCaptionsDialog *self,
          GHashTable           *known,
          const char           *tag)
{
  GtkWidget *tick;

  if (g_hash_table_size (known) >= MOST_TICKS || !g_hash_table_add (known, g_utf8_strdown (tag, -1)))
    return;
  tick = gtk_toggle_button_new_with_label (tag);
  adw_wrap_box_append (self->ticks, tick);
}

/* Quick tags, then what the captions say most; what each caption gets anyway is not asked for. */
static void
add_ticks (LkAutoCaptionsDialog *self,
           LkTagTable           *table)
{
  LkProject *project = lk_workspace_get_project (self->workspace);
  g_auto (GStrv) quick = g_settings_get_strv (self->settings, "quick-tags"), features = lk_project_dup_features (project);
  g_autoptr (GHashTable) known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  const char *trigger = lk_project_get_trigger (project);

  for (guint i = 0; quick[i] != NULL; i++)
    add_tick (self, known, quick[i]);
  for (guint i = 0; table != NULL && i < lk_tag_table_get_n (table); i++)
    {
      const LkTagRow *row = lk_tag_table_get (table, i);
      gboolean is_fixed = (*trigger != '\0' && strstr (row->tag, trigger) != NULL) || lk_shot_from_caption (row->tag) != LK_SHOT_NOT_SET;

      for (guint k = 0; features[k] != NULL && !is_fixed; k++)
        is_fixed = g_ascii_strcasecmp (features[k], row->folded) == 0;
      if (!is_fixed && row->n > 1 && g_utf8_strlen (row->tag, -1) <= 24)
        add_tick (self, known, row->tag);
    }
}

static void
lk_auto_captions_dialog_dispose (GObject *object)
{
  LkAutoCaptionsDialog *self = LK_AUTO_CAPTIONS_DIALOG (object);

  g_clear_handle_id (&self->tell_source, g_source_remove);
  gtk_widget_dispose_template (GTK_WIDGET (self), LK_TYPE_AUTO_CAPTIONS_DIALOG);
  g_clear_pointer (&self->run, run_free);
  g_clear_object (&self->job);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->workspace);
  g_clear_object (&self->settings);
  g_clear_object (&self->engine);
  lk_caption_scopes_clear (&self->scopes);

  G_OBJECT_CLASS (lk_auto_captions_dialog_parent_class)->dispose (object);
}

static void
lk_auto_captions_dialog_class_init (LkAutoCaptionsDialogClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = lk_auto_captions_dialog_dispose;

  g_type_ensure (LK_TYPE_CAPTION_PREVIEW);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/likeness/Likeness/lk-auto-captions-dialog.ui");
  gtk_widget_class_bind_template_child (widget_class, LkAutoCaptionsDialog, action_button);
  gtk_widget_class_bind_template_child (widget_class, LkAutoCaptionsDialog, back_button);
  gtk_widget_class_bind_template_child (widget_class, LkAutoCaptionsDialog, blacklist_row);
  gtk_widget_class_bind_template_child (widget_class, LkAutoCaptionsDialog, character_row);
  gtk_widget_class_bind_template_child (widget_class, LkAutoCaptionsDialog, found);
  gtk_widget_class_bind_template_child (widget_class, LkAutoCaptionsDialog, general_row);
  gtk_widget_class_bind_template_child (widget_class, LkAutoCaptionsDialog, model_row);
  gtk_widget_class_bind_template_child (widget_class, LkAutoCaptionsDialog, place_row);
  gtk_widget_class_bind_template_child (widget_class, LkAutoCaptionsDialog, preview);
  gtk_widget_class_bind_template_child (widget_class, LkAutoCaptionsDialog, progress);
  gtk_widget_class_bind_template_child (widget_class, LkAutoCaptionsDialog, scope_row);
  gtk_widget_class_bind_template_child (widget_class, LkAutoCaptionsDialog, stack);
  gtk_widget_class_bind_template_child (widget_class, LkAutoCaptionsDialog, state);
  gtk_widget_class_bind_template_child (widget_class, LkAutoCaptionsDialog, ticks);
  gtk_widget_class_bind_template_child (widget_class, LkAutoCaptionsDialog, ticks_group);
  gtk_widget_class_bind_template_child (widget_class, LkAutoCaptionsDialog, underscores_row);
  gtk_widget_class_bind_template_child (widget_class, LkAutoCaptionsDialog, way_row);
  gtk_widget_class_bind_template_child (widget_class, LkAutoCaptionsDialog, words_row);
  gtk_widget_class_bind_template_child (widget_class, LkAutoCaptionsDialog, working);
  gtk_widget_class_bind_template_callback (widget_class, action_cb);
  gtk_widget_class_bind_template_callback (widget_class, back_cb);
  gtk_widget_class_bind_template_callback (widget_class, choice_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, choose_folder_cb);
  gtk_widget_class_bind_template_callback (widget_class, closed_cb);
}

static void
lk_auto_captions_dialog_init (LkAutoCaptionsDialog *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->settings = g_settings_new (APP_ID);
  self->engine = lk_engine_get_default ();
  g_settings_bind (self->settings, "tagger-threshold", self->general_row, "value", G_SETTINGS_BIND_DEFAULT);
  g_settings_bind (self->settings, "tagger-character-threshold", self->character_row, "value", G_SETTINGS_BIND_DEFAULT);
  g_settings_bind (self->settings, "caption-blacklist", self->blacklist_row, "text", G_SETTINGS_BIND_DEFAULT);
}

LkAutoCaptionsDialog *
lk_auto_captions_dialog_new (LkWorkspace *workspace,
                             LkTagTable  *table,
                             GPtrArray   *selected,
                             GPtrArray   *filtered)
{
  LkAutoCaptionsDialog *self = g_object_new (LK_TYPE_AUTO_CAPTIONS_DIALOG, NULL);

  lk_caption_scopes_init (&self->scopes, self->scope_row, lk_workspace_get_project (workspace), selected, filtered);
  self->workspace = g_object_ref (workspace);
  add_ticks (self, table);
  update (self);
  return self;
}
