#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>

#include "app/training/lk-run-record.h"

#define WAIT_MS 500             /* after the last key, before notes are written */

struct _LkRunRecord
{
  AdwBin           parent_instance;

  LkWorkspace     *workspace;   /* owned */
  LkTrainingRun   *run;         /* owned; NULL for none */
  gboolean         is_filling;
  guint            timeout;     /* notes wait to be written */

  GtkTextBuffer   *buffer;
  GtkTextView     *notes;
  GtkLabel        *settings;
  AdwExpanderRow  *settings_row;
};

G_DEFINE_FINAL_TYPE (LkRunRecord, lk_run_record, ADW_TYPE_BIN)

/* ---- notes ----------------------------------------------------------------------------------------------------- */

static void
save (LkRunRecord *self)
{
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;

  if (self->timeout == 0)
    return;
  g_clear_handle_id (&self->timeout, g_source_remove);
  g_object_get (self->buffer, "text", &text, NULL);
  if (!lk_run_write_notes (lk_training_run_get_run (self->run), text, &error))
    lk_workspace_say (self->workspace, error->message);
}

static gboolean
save_cb (gpointer user_data)
{
  save (user_data);
  return G_SOURCE_REMOVE;
}

static void
edited_cb (LkRunRecord *self)
{
  if (self->is_filling || self->run == NULL)
    return;
  g_clear_handle_id (&self->timeout, g_source_remove);
  self->timeout = g_timeout_add (WAIT_MS, save_cb, self);
}

/* ---- settings -------------------------------------------------------------------------------------------------- */

static void
append_settings (GString               *text,
                 const LkTrainSettings *settings,
                 const LkTrainSettings *defaults,
                 gboolean               changed)
{
  for (guint i = 0; i < lk_setting_get_n (); i++)
    {
      const LkSetting *setting = lk_setting_get (i);
      g_autofree char *value = lk_train_settings_get (settings, setting->key), *usual = lk_train_settings_get (defaults, setting->key);

      if (g_str_equal (value, usual) == changed || (!changed && *value == '\0'))
        continue;
      /* Translators: a setting and its value, like “Rank: 32”. */
      g_string_append_printf (text, _("%s: %s"), lk_setting_get_title (setting), value);
      g_string_append_c (text, '\n');
    }
}

static void
expanded_cb (LkRunRecord *self)
{
  const LkTrainSettings *settings;
  g_autoptr (LkTrainSettings) defaults = NULL;
  g_autoptr (GString) text = NULL;
  const LkRunInfo *info;

  if (self->run == NULL || !adw_expander_row_get_expanded (self->settings_row))
    return;

  settings = lk_run_get_settings (lk_training_run_get_run (self->run));
  info = lk_run_get_info (lk_training_run_get_run (self->run));
  defaults = lk_train_settings_new ();
  text = g_string_new (NULL);
  g_string_append_printf (text, _("Base model: %s"), info->base);
  g_string_append_c (text, '\n');
  append_settings (text, settings, defaults, TRUE);
  g_string_append_c (text, '\n');
  append_settings (text, settings, defaults, FALSE);
  gtk_label_set_label (self->settings, g_strchomp (text->str));
}

/* ---- widget ---------------------------------------------------------------------------------------------------- */

void
lk_run_record_set_run (LkRunRecord   *self,
                       LkTrainingRun *run)
{
  g_autofree char *notes = NULL;

  g_return_if_fail (LK_IS_RUN_RECORD (self));

  if (run == self->run)
    return;
  save (self);
  g_set_object (&self->run, run);
  notes = run != NULL ? lk_run_read_notes (lk_training_run_get_run (run)) : g_strdup ("");
  self->is_filling = TRUE;
  gtk_text_buffer_begin_irreversible_action (self->buffer);
  gtk_text_buffer_set_text (self->buffer, notes, -1);
  gtk_text_buffer_end_irreversible_action (self->buffer);
  self->is_filling = FALSE;
  expanded_cb (self);
}

void
lk_run_record_set_workspace (LkRunRecord *self,
                             LkWorkspace *workspace)
{
  g_return_if_fail (LK_IS_RUN_RECORD (self));

  g_set_object (&self->workspace, workspace);
  gtk_text_view_set_editable (self->notes, !lk_project_is_read_only (lk_workspace_get_project (workspace)));
}

static void
lk_run_record_dispose (GObject *object)
{
  LkRunRecord *self = LK_RUN_RECORD (object);

  if (self->run != NULL)
    save (self);
  gtk_widget_dispose_template (GTK_WIDGET (self), LK_TYPE_RUN_RECORD);
  g_clear_object (&self->run);
  g_clear_object (&self->workspace);

  G_OBJECT_CLASS (lk_run_record_parent_class)->dispose (object);
}

static void
lk_run_record_class_init (LkRunRecordClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = lk_run_record_dispose;

  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/likeness/Likeness/lk-run-record.ui");
  gtk_widget_class_bind_template_child (widget_class, LkRunRecord, buffer);
  gtk_widget_class_bind_template_child (widget_class, LkRunRecord, notes);
  gtk_widget_class_bind_template_child (widget_class, LkRunRecord, settings);
  gtk_widget_class_bind_template_child (widget_class, LkRunRecord, settings_row);
  gtk_widget_class_bind_template_callback (widget_class, edited_cb);
  gtk_widget_class_bind_template_callback (widget_class, expanded_cb);
}

static void
lk_run_record_init (LkRunRecord *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}
