#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>

#include "app/window/lk-project-form.h"
#include "app/window/lk-trigger.h"
#include "base/lk-text.h"
#include "model/lk-checkpoint.h"

struct _LkProjectForm
{
  GtkBox         parent_instance;

  LkTokenizer   *tokenizer;        /* NULL until it is loaded: no verdict on pieces then */
  GSettings     *settings;         /* owned */
  GCancellable  *describing;       /* owned */
  char          *base_model;
  guint          n_proposed;
  gboolean       is_filling;

  AdwEntryRow   *name_row;
  AdwEntryRow   *trigger_row;
  AdwActionRow  *verdict_row;
  GtkImage      *verdict_icon;
  AdwEntryRow   *class_row;
  GtkMenuButton *class_button;
  AdwEntryRow   *hair_row;
  AdwEntryRow   *eyes_row;
  AdwEntryRow   *skin_row;
  AdwEntryRow   *other_row;
  AdwActionRow  *base_row;
  GtkButton     *starter_button;
};

G_DEFINE_FINAL_TYPE (LkProjectForm, lk_project_form, GTK_TYPE_BOX)

enum
{
  CHANGED,
  EDITED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

/* Words that many pictures are captioned with; anything else may be typed. */
static const char * const class_words[] = { N_("woman"), N_("man"), N_("girl"), N_("boy"), N_("person"), N_("character"), N_("creature") };

static const char *
get_text (AdwEntryRow *row)
{
  return gtk_editable_get_text (GTK_EDITABLE (row));
}

static void
emit_edited (LkProjectForm  *self,
             LkProjectField  field)
{
  if (!self->is_filling)
    g_signal_emit (self, signals[EDITED], 0, field);
}

/* ---- trigger ------------------------------------------------------------------------------------------------ */

static void
update_verdict (LkProjectForm *self)
{
  g_autofree char *sentence = NULL;
  LkSeverity severity = lk_trigger_judge (self->tokenizer, get_text (self->trigger_row), &sentence);
  gboolean is_good = severity == LK_SEVERITY_NONE;

  adw_action_row_set_subtitle (self->verdict_row, is_good ? _("Means nothing to the model yet: a good trigger word") : sentence);
  gtk_image_set_from_icon_name (self->verdict_icon,
                                is_good ? "lk-keep-symbolic"
                                : severity == LK_SEVERITY_ERROR ? "dialog-error-symbolic" : "dialog-warning-symbolic");
  gtk_widget_remove_css_class (GTK_WIDGET (self->verdict_icon), "success");
  gtk_widget_remove_css_class (GTK_WIDGET (self->verdict_icon), "warning");
  gtk_widget_remove_css_class (GTK_WIDGET (self->verdict_icon), "error");
  gtk_widget_add_css_class (GTK_WIDGET (self->verdict_icon),
                            is_good ? "success" : severity == LK_SEVERITY_ERROR ? "error" : "warning");
}

void
lk_project_form_propose (LkProjectForm *self)
{
  g_autofree char *word = NULL;

  g_return_if_fail (LK_IS_PROJECT_FORM (self));

  word = lk_trigger_propose (self->tokenizer, self->n_proposed++);
  gtk_editable_set_text (GTK_EDITABLE (self->trigger_row), word);
}

static void
propose_cb (LkProjectForm *self)
{
  g_autofree char *before = g_strdup (get_text (self->trigger_row));

  lk_project_form_propose (self);
  if (g_str_equal (before, get_text (self->trigger_row)))
    lk_project_form_propose (self);
  emit_edited (self, LK_PROJECT_FIELD_TRIGGER);
}

static void
load_tokenizer_thread (GTask        *task,
                       gpointer      source,
                       gpointer      data,
                       GCancellable *cancellable)
{
  GError *error = NULL;
  LkTokenizer *tokenizer = lk_tokenizer_new (NULL, &error);

  if (tokenizer == NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, tokenizer, (GDestroyNotify) lk_tokenizer_unref);
}

static void
tokenizer_loaded_cb (GObject      *source,
                     GAsyncResult *result,
                     gpointer      user_data)
{
  LkProjectForm *self = LK_PROJECT_FORM (source);
  g_autoptr (GError) error = NULL;

  self->tokenizer = g_task_propagate_pointer (G_TASK (result), &error);
  if (self->tokenizer == NULL)
    g_warning ("Trigger words are not judged: %s", error->message);
  else if (self->trigger_row != NULL)
    update_verdict (self);
}

/* ---- base model --------------------------------------------------------------------------------------------- */

static void
describe_thread (GTask        *task,
                 gpointer      source,
                 gpointer      data,
                 GCancellable *cancellable)
{
  GError *error = NULL;
  g_autoptr (LkCheckpoint) checkpoint = lk_checkpoint_open (data, &error);

  if (checkpoint == NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, lk_architecture_describe (lk_checkpoint_get_architecture (checkpoint)), g_free);
}

static void
described_cb (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  LkProjectForm *self = LK_PROJECT_FORM (source);
  g_autoptr (GError) error = NULL;
  g_autofree char *text = g_task_propagate_pointer (G_TASK (result), &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;

  adw_action_row_set_subtitle (self->base_row, text != NULL ? text : error->message);
  if (text == NULL)
    gtk_widget_add_css_class (GTK_WIDGET (self->base_row), "error");
}

static void
set_base_model (LkProjectForm *self,
                const char    *base_model)
{
  gboolean is_starter = base_model == NULL || g_str_equal (base_model, "starter");

  g_set_str (&self->base_model, is_starter ? "starter" : base_model);
  g_cancellable_cancel (self->describing);
  g_clear_object (&self->describing);
  gtk_widget_remove_css_class (GTK_WIDGET (self->base_row), "error");
  gtk_widget_set_visible (GTK_WIDGET (self->starter_button), !is_starter);

  if (is_starter)
    {
      adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->base_row), _("Starter Model"));
      adw_action_row_set_subtitle (self->base_row,
                                   _("The starter only draws cartoon people. Choose a checkpoint for photographs."));
    }
  else
    {
      g_autofree char *name = g_path_get_basename (base_model);
      g_autoptr (GTask) task = NULL;

      adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->base_row), name);
      adw_action_row_set_subtitle (self->base_row, _("Reading…"));
      self->describing = g_cancellable_new ();
      task = g_task_new (self, self->describing, described_cb, NULL);
      g_task_set_source_tag (task, set_base_model);
      g_task_set_task_data (task, g_strdup (base_model), g_free);
      g_task_run_in_thread (task, describe_thread);
    }
}

static void
use_starter_cb (LkProjectForm *self)
{
  set_base_model (self, "starter");
  emit_edited (self, LK_PROJECT_FIELD_BASE_MODEL);
}

static void
base_chosen_cb (GObject      *source,
                GAsyncResult *result,
                gpointer      user_data)
{
  g_autoptr (LkProjectForm) self = user_data;
  g_autoptr (GFile) file = gtk_file_dialog_open_finish (GTK_FILE_DIALOG (source), result, NULL);

  if (file == NULL || g_file_peek_path (file) == NULL)
    return;

  set_base_model (self, g_file_peek_path (file));
  emit_edited (self, LK_PROJECT_FIELD_BASE_MODEL);
}

static void
choose_base_cb (LkProjectForm *self)
{
  g_autoptr (GtkFileDialog) dialog = gtk_file_dialog_new ();
  g_autoptr (GtkFileFilter) filter = gtk_file_filter_new ();
  g_autoptr (GListStore) filters = g_list_store_new (GTK_TYPE_FILE_FILTER);
  g_autofree char *uri = g_settings_get_string (self->settings, "models-folder");

  gtk_file_filter_set_name (filter, _("Checkpoints (safetensors)"));
  gtk_file_filter_add_suffix (filter, "safetensors");
  g_list_store_append (filters, filter);
  gtk_file_dialog_set_filters (dialog, G_LIST_MODEL (filters));
  gtk_file_dialog_set_title (dialog, _("Choose a Base Model"));
  gtk_file_dialog_set_accept_label (dialog, _("_Select"));
  if (*uri != '\0')
    {
      g_autoptr (GFile) folder = g_file_new_for_uri (uri);

      gtk_file_dialog_set_initial_folder (dialog, folder);
    }
  gtk_file_dialog_open (dialog, GTK_WINDOW (gtk_widget_get_root (GTK_WIDGET (self))), NULL, base_chosen_cb, g_object_ref (self));
}

/* ---- fields ------------------------------------------------------------------------------------------------- */

static void
class_word_action (GtkWidget  *widget,
                   const char *action_name,
                   GVariant   *parameter)
{
  LkProjectForm *self = LK_PROJECT_FORM (widget);

  gtk_editable_set_text (GTK_EDITABLE (self->class_row), g_variant_get_string (parameter, NULL));
  emit_edited (self, LK_PROJECT_FIELD_CLASS_WORD);
}

static void
row_changed_cb (LkProjectForm *self,
                AdwEntryRow   *row)
{
  if (row == self->trigger_row)
    update_verdict (self);
  if (!self->is_filling)
    g_signal_emit (self, signals[CHANGED], 0);
}

static LkProjectField
get_field (LkProjectForm *self,
           AdwEntryRow   *row)
{
  if (row == self->name_row)
    return LK_PROJECT_FIELD_NAME;
  if (row == self->trigger_row)
    return LK_PROJECT_FIELD_TRIGGER;
  if (row == self->class_row)
    return LK_PROJECT_FIELD_CLASS_WORD;

  return LK_PROJECT_FIELD_FEATURES;
}

static void
row_activated_cb (LkProjectForm *self,
                  AdwEntryRow   *row)
{
  emit_edited (self, get_field (self, row));
}

static void
row_left_cb (LkProjectForm           *self,
             GtkEventControllerFocus *controller)
{
  GtkWidget *row = gtk_event_controller_get_widget (GTK_EVENT_CONTROLLER (controller));

  emit_edited (self, get_field (self, ADW_ENTRY_ROW (row)));
}

void
lk_project_form_get (LkProjectForm *self,
                     LkProjectInfo *info)
{
  g_return_if_fail (LK_IS_PROJECT_FORM (self));
  g_return_if_fail (info != NULL);

  *info = (LkProjectInfo) {
    .name = get_text (self->name_row),
    .trigger = get_text (self->trigger_row),
    .class_word = get_text (self->class_row),
    .hair = get_text (self->hair_row),
    .eyes = get_text (self->eyes_row),
    .skin = get_text (self->skin_row),
    .other_features = get_text (self->other_row),
    .base_model = self->base_model,
  };
}

static void
set_text (AdwEntryRow *row,
          const char  *text)
{
  /* Where the cursor is stays where it is. */
  if (g_strcmp0 (get_text (row), text != NULL ? text : "") != 0)
    gtk_editable_set_text (GTK_EDITABLE (row), text != NULL ? text : "");
}

void
lk_project_form_set (LkProjectForm       *self,
                     const LkProjectInfo *info)
{
  g_return_if_fail (LK_IS_PROJECT_FORM (self));
  g_return_if_fail (info != NULL);

  self->is_filling = TRUE;
  set_text (self->name_row, info->name);
  set_text (self->trigger_row, info->trigger);
  set_text (self->class_row, info->class_word);
  set_text (self->hair_row, info->hair);
  set_text (self->eyes_row, info->eyes);
  set_text (self->skin_row, info->skin);
  set_text (self->other_row, info->other_features);
  if (g_strcmp0 (self->base_model, info->base_model != NULL ? info->base_model : "starter") != 0)
    set_base_model (self, info->base_model);
  self->is_filling = FALSE;
}

gboolean
lk_project_form_is_complete (LkProjectForm *self)
{
  g_autofree char *name = NULL;
  g_autofree char *sentence = NULL;

  g_return_val_if_fail (LK_IS_PROJECT_FORM (self), FALSE);

  name = lk_text_strip (get_text (self->name_row), -1);
  return *name != '\0' && lk_trigger_judge (self->tokenizer, get_text (self->trigger_row), &sentence) != LK_SEVERITY_ERROR;
}

void
lk_project_form_set_editable (LkProjectForm *self,
                              gboolean       editable)
{
  g_return_if_fail (LK_IS_PROJECT_FORM (self));

  gtk_widget_set_sensitive (GTK_WIDGET (self), editable);
}

/* ---- widget ------------------------------------------------------------------------------------------------- */

static void
lk_project_form_dispose (GObject *object)
{
  LkProjectForm *self = LK_PROJECT_FORM (object);

  g_cancellable_cancel (self->describing);
  g_clear_object (&self->describing);
  gtk_widget_dispose_template (GTK_WIDGET (self), LK_TYPE_PROJECT_FORM);
  g_clear_object (&self->settings);

  G_OBJECT_CLASS (lk_project_form_parent_class)->dispose (object);
}

static void
lk_project_form_finalize (GObject *object)
{
  LkProjectForm *self = LK_PROJECT_FORM (object);

  g_clear_pointer (&self->tokenizer, lk_tokenizer_unref);
  g_free (self->base_model);

  G_OBJECT_CLASS (lk_project_form_parent_class)->finalize (object);
}

static void
lk_project_form_class_init (LkProjectFormClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = lk_project_form_dispose;
  object_class->finalize = lk_project_form_finalize;

  signals[CHANGED] = g_signal_new ("changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[EDITED] = g_signal_new ("edited", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                  G_TYPE_NONE, 1, G_TYPE_UINT);

  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/likeness/Likeness/lk-project-form.ui");
  gtk_widget_class_bind_template_child (widget_class, LkProjectForm, name_row);
  gtk_widget_class_bind_template_child (widget_class, LkProjectForm, trigger_row);
  gtk_widget_class_bind_template_child (widget_class, LkProjectForm, verdict_row);
  gtk_widget_class_bind_template_child (widget_class, LkProjectForm, verdict_icon);
  gtk_widget_class_bind_template_child (widget_class, LkProjectForm, class_row);
  gtk_widget_class_bind_template_child (widget_class, LkProjectForm, class_button);
  gtk_widget_class_bind_template_child (widget_class, LkProjectForm, hair_row);
  gtk_widget_class_bind_template_child (widget_class, LkProjectForm, eyes_row);
  gtk_widget_class_bind_template_child (widget_class, LkProjectForm, skin_row);
  gtk_widget_class_bind_template_child (widget_class, LkProjectForm, other_row);
  gtk_widget_class_bind_template_child (widget_class, LkProjectForm, base_row);
  gtk_widget_class_bind_template_child (widget_class, LkProjectForm, starter_button);
  gtk_widget_class_bind_template_callback (widget_class, row_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, row_activated_cb);
  gtk_widget_class_bind_template_callback (widget_class, row_left_cb);
  gtk_widget_class_bind_template_callback (widget_class, propose_cb);
  gtk_widget_class_bind_template_callback (widget_class, use_starter_cb);
  gtk_widget_class_bind_template_callback (widget_class, choose_base_cb);

  gtk_widget_class_install_action (widget_class, "form.class-word", "s", class_word_action);
}

static void
lk_project_form_init (LkProjectForm *self)
{
  g_autoptr (GMenu) menu = g_menu_new ();
  g_autoptr (GTask) task = NULL;

  gtk_widget_init_template (GTK_WIDGET (self));

  self->settings = g_settings_new (APP_ID);
  task = g_task_new (self, NULL, tokenizer_loaded_cb, NULL);
  g_task_set_source_tag (task, lk_project_form_init);
  g_task_run_in_thread (task, load_tokenizer_thread);

  for (gsize i = 0; i < G_N_ELEMENTS (class_words); i++)
    {
      g_autoptr (GMenuItem) item = g_menu_item_new (_(class_words[i]), NULL);

      /* The model reads English, whatever the language of the window. */
      g_menu_item_set_action_and_target (item, "form.class-word", "s", class_words[i]);
      g_menu_append_item (menu, item);
    }
  gtk_menu_button_set_menu_model (self->class_button, G_MENU_MODEL (menu));

  set_base_model (self, "starter");
  update_verdict (self);
}
