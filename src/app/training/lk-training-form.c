#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>

#include "app/training/lk-training-form.h"
#include "base/lk-text.h"
#include "train/lk-training-advice.h"

/* Groups that everyone looks at; the others fold away under More. */
#define N_OPEN_GROUPS (LK_SETTING_GROUP_OPTIMIZER + 1)
#define WAIT_MS 400             /* after the last change, before it is kept in the project */

struct _LkTrainingForm
{
  AdwBin               parent_instance;

  LkWorkspace         *workspace;     /* owned */
  LkTrainSettings     *settings;      /* owned */
  double               step_time;
  gboolean             is_filling;
  guint                save_timeout;
  GPtrArray           *rows;          /* GtkWidget of each setting, in the table's order; not owned */
  GPtrArray           *advice_rows;   /* GtkWidget, not owned */

  AdwPreferencesPage  *page;
  AdwPreferencesGroup *advice;
  GtkLabel            *length;
  GtkButton           *start;
  AdwBanner           *banner;
};

G_DEFINE_FINAL_TYPE (LkTrainingForm, lk_training_form, ADW_TYPE_BIN)

enum { START, N_SIGNALS };

static guint signals[N_SIGNALS];

static void update (LkTrainingForm *self);

/* ---- keeping --------------------------------------------------------------------------------------------------- */

static void
save (LkTrainingForm *self)
{
  LkProject *project = lk_workspace_get_project (self->workspace);
  g_autoptr (cJSON) json = lk_train_settings_to_json (self->settings);
  LkEdit *edit;

  g_clear_handle_id (&self->save_timeout, g_source_remove);
  if (lk_project_is_read_only (project))
    return;

  edit = lk_edit_new (project, _("Change training settings"));
  lk_edit_set_merge_key (edit, "training");
  lk_edit_set_training (edit, json);
  lk_workspace_apply (self->workspace, edit);
}

static gboolean
save_cb (gpointer user_data)
{
  LkTrainingForm *self = user_data;

  self->save_timeout = 0;
  save (self);
  return G_SOURCE_REMOVE;
}

/* Takes a value from a row; a refused one marks the row and changes nothing. */
static gboolean
set_value (LkTrainingForm  *self,
           const LkSetting *setting,
           const char      *value,
           GtkWidget       *row)
{
  g_autoptr (GError) error = NULL;

  if (self->is_filling)
    return TRUE;

  if (!lk_train_settings_set (self->settings, setting->key, value, &error))
    {
      gtk_widget_add_css_class (row, "error");
      if (ADW_IS_ACTION_ROW (row))
        adw_action_row_set_subtitle (ADW_ACTION_ROW (row), error->message);
      return FALSE;
    }

  gtk_widget_remove_css_class (row, "error");
  if (ADW_IS_ACTION_ROW (row))
    adw_action_row_set_subtitle (ADW_ACTION_ROW (row), lk_setting_get_subtitle (setting));
  g_clear_handle_id (&self->save_timeout, g_source_remove);
  self->save_timeout = g_timeout_add (WAIT_MS, save_cb, self);
  update (self);
  return TRUE;
}

/* ---- rows ------------------------------------------------------------------------------------------------------ */

static const LkSetting *
get_setting (GtkWidget *row)
{
  return g_object_get_data (G_OBJECT (row), "setting");
}

static void
spin_cb (AdwSpinRow     *row,
         GParamSpec     *pspec,
         LkTrainingForm *self)
{
  g_autofree char *value = g_strdup_printf ("%.0f", adw_spin_row_get_value (row));

  set_value (self, get_setting (GTK_WIDGET (row)), value, GTK_WIDGET (row));
}

static void
switch_cb (AdwSwitchRow   *row,
           GParamSpec     *pspec,
           LkTrainingForm *self)
{
  set_value (self, get_setting (GTK_WIDGET (row)), adw_switch_row_get_active (row) ? "true" : "false", GTK_WIDGET (row));
}

static void
combo_cb (AdwComboRow    *row,
          GParamSpec     *pspec,
          LkTrainingForm *self)
{
  const LkSetting *setting = get_setting (GTK_WIDGET (row));

  set_value (self, setting, setting->choices[adw_combo_row_get_selected (row)], GTK_WIDGET (row));
}

static void
entry_cb (GtkEditable    *entry,
          LkTrainingForm *self)
{
  GtkWidget *row = gtk_widget_get_ancestor (GTK_WIDGET (entry), ADW_TYPE_ACTION_ROW);

  set_value (self, get_setting (row), gtk_editable_get_text (entry), row);
}

static GtkWidget *
make_entry_row (LkTrainingForm  *self,
                const LkSetting *setting)
{
  GtkWidget *row = adw_action_row_new (), *entry = gtk_entry_new ();

  gtk_editable_set_width_chars (GTK_EDITABLE (entry), setting->kind == LK_SETTING_TEXT ? 16 : 9);
  gtk_widget_set_valign (entry, GTK_ALIGN_CENTER);
  gtk_entry_set_input_purpose (GTK_ENTRY (entry), setting->kind == LK_SETTING_TEXT ? GTK_INPUT_PURPOSE_FREE_FORM : GTK_INPUT_PURPOSE_NUMBER);
  if (setting->kind == LK_SETTING_NUMBER)
    gtk_entry_set_alignment (GTK_ENTRY (entry), 1);
  gtk_widget_add_css_class (entry, "numeric");
  gtk_accessible_update_property (GTK_ACCESSIBLE (entry), GTK_ACCESSIBLE_PROPERTY_LABEL, lk_setting_get_title (setting), -1);
  g_signal_connect (entry, "changed", G_CALLBACK (entry_cb), self);
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), entry);
  adw_action_row_set_activatable_widget (ADW_ACTION_ROW (row), entry);
  g_object_set_data (G_OBJECT (row), "entry", entry);
  return row;
}

static GtkWidget *
make_row (LkTrainingForm  *self,
          const LkSetting *setting)
{
  GtkWidget *row;

  switch (setting->kind)
    {
    case LK_SETTING_INT:
      row = adw_spin_row_new_with_range (setting->least, setting->most, 1);
      adw_spin_row_set_numeric (ADW_SPIN_ROW (row), TRUE);
      g_signal_connect (row, "notify::value", G_CALLBACK (spin_cb), self);
      break;
    case LK_SETTING_BOOLEAN:
      row = adw_switch_row_new ();
      g_signal_connect (row, "notify::active", G_CALLBACK (switch_cb), self);
      break;
    case LK_SETTING_CHOICE:
      {
        g_autoptr (GtkStringList) choices = gtk_string_list_new (setting->choices);

        row = adw_combo_row_new ();
        adw_combo_row_set_model (ADW_COMBO_ROW (row), G_LIST_MODEL (choices));
        g_signal_connect (row, "notify::selected", G_CALLBACK (combo_cb), self);
        break;
      }
    case LK_SETTING_NUMBER:
    case LK_SETTING_TEXT:
      row = make_entry_row (self, setting);
      break;
    default:
      g_assert_not_reached ();
    }

  g_object_set_data (G_OBJECT (row), "setting", (gpointer) setting);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), lk_setting_get_title (setting));
  adw_action_row_set_subtitle (ADW_ACTION_ROW (row), lk_setting_get_subtitle (setting));
  return row;
}

/* Shows the settings in the rows. */
static void
fill (LkTrainingForm *self)
{
  self->is_filling = TRUE;
  for (guint i = 0; i < self->rows->len; i++)
    {
      GtkWidget *row = g_ptr_array_index (self->rows, i);
      const LkSetting *setting = get_setting (row);
      g_autofree char *value = lk_train_settings_get (self->settings, setting->key);

      gtk_widget_remove_css_class (row, "error");
      adw_action_row_set_subtitle (ADW_ACTION_ROW (row), lk_setting_get_subtitle (setting));
      switch (setting->kind)
        {
        case LK_SETTING_INT:
          adw_spin_row_set_value (ADW_SPIN_ROW (row), g_ascii_strtod (value, NULL));
          break;
        case LK_SETTING_BOOLEAN:
          adw_switch_row_set_active (ADW_SWITCH_ROW (row), g_str_equal (value, "true"));
          break;
        case LK_SETTING_CHOICE:
          for (guint j = 0; setting->choices[j] != NULL; j++)
            if (g_str_equal (setting->choices[j], value))
              adw_combo_row_set_selected (ADW_COMBO_ROW (row), j);
          break;
        case LK_SETTING_NUMBER:
        case LK_SETTING_TEXT:
          gtk_editable_set_text (GTK_EDITABLE (g_object_get_data (G_OBJECT (row), "entry")), value);
          break;
        default:
          g_assert_not_reached ();
        }
    }
  self->is_filling = FALSE;
  update (self);
}

static void
build_rows (LkTrainingForm *self)
{
  AdwPreferencesGroup *more = ADW_PREFERENCES_GROUP (adw_preferences_group_new ());

  for (guint group = 0; group <= LK_SETTING_GROUP_ENGINE; group++)
    {
      GtkWidget *box = group < N_OPEN_GROUPS ? adw_preferences_group_new () : adw_expander_row_new ();
      guint n = 0;

      for (guint i = 0; i < lk_setting_get_n (); i++)
        {
          const LkSetting *setting = lk_setting_get (i);
          GtkWidget *row;

          if (setting->group != group)
            continue;
          row = make_row (self, setting);
          if (group < N_OPEN_GROUPS)
            adw_preferences_group_add (ADW_PREFERENCES_GROUP (box), row);
          else
            adw_expander_row_add_row (ADW_EXPANDER_ROW (box), row);
          g_ptr_array_add (self->rows, row);
          n++;
        }

      if (n == 0)
        {
          g_object_ref_sink (box);
          g_object_unref (box);
          continue;
        }
      if (group < N_OPEN_GROUPS)
        {
          adw_preferences_group_set_title (ADW_PREFERENCES_GROUP (box), lk_setting_group_get_title (group));
          adw_preferences_page_add (self->page, ADW_PREFERENCES_GROUP (box));
        }
      else
        {
          adw_preferences_row_set_title (ADW_PREFERENCES_ROW (box), lk_setting_group_get_title (group));
          adw_preferences_group_add (more, box);
        }
    }

  adw_preferences_group_set_title (more, _("More"));
  adw_preferences_page_add (self->page, more);
}

/* ---- advice ---------------------------------------------------------------------------------------------------- */

static void
fix_cb (GtkButton      *button,
        LkTrainingForm *self)
{
  LkAdviceRow *advice = g_object_get_data (G_OBJECT (button), "advice");

  if (lk_train_settings_set (self->settings, advice->fix_key, advice->fix_value, NULL))
    {
      save (self);
      fill (self);
    }
}

static GtkWidget *
make_advice_row (LkTrainingForm *self,
                 LkAdviceRow    *advice)
{
  GtkWidget *row = adw_action_row_new ();
  GtkWidget *icon = gtk_image_new_from_icon_name (advice->severity == LK_ADVICE_WARNING ? "dialog-warning-symbolic" : "dialog-information-symbolic");

  adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (row), FALSE);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), advice->sentence);
  adw_action_row_set_subtitle (ADW_ACTION_ROW (row), advice->why);
  gtk_accessible_update_property (GTK_ACCESSIBLE (icon), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  advice->severity == LK_ADVICE_WARNING ? _("Warning") : _("Hint"), -1);
  adw_action_row_add_prefix (ADW_ACTION_ROW (row), icon);

  if (advice->fix_label != NULL)
    {
      GtkWidget *button = gtk_button_new_with_label (advice->fix_label);

      gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
      g_object_set_data_full (G_OBJECT (button), "advice", advice, (GDestroyNotify) lk_advice_row_free);
      g_signal_connect (button, "clicked", G_CALLBACK (fix_cb), self);
      adw_action_row_add_suffix (ADW_ACTION_ROW (row), button);
    }
  else
    lk_advice_row_free (advice);
  return row;
}

static guint
count_pictures (LkTrainingForm *self)
{
  g_autoptr (GPtrArray) images = lk_project_dup_data_set (lk_workspace_get_project (self->workspace));

  return images->len;
}

static void
update_advice (LkTrainingForm *self,
               guint           n_pictures)
{
  LkProject *project = lk_workspace_get_project (self->workspace);
  g_autoptr (GPtrArray) advice = lk_training_advice_check (self->settings, lk_project_get_base_advice (project), n_pictures);

  for (guint i = 0; i < self->advice_rows->len; i++)
    adw_preferences_group_remove (self->advice, g_ptr_array_index (self->advice_rows, i));
  g_ptr_array_set_size (self->advice_rows, 0);

  g_ptr_array_set_free_func (advice, NULL);
  for (guint i = 0; i < advice->len; i++)
    {
      GtkWidget *row = make_advice_row (self, g_ptr_array_index (advice, i));

      adw_preferences_group_add (self->advice, row);
      g_ptr_array_add (self->advice_rows, row);
    }
  gtk_widget_set_visible (GTK_WIDGET (self->advice), self->advice_rows->len > 0);
}

/* Steps, epochs and time together. */
static void
update_length (LkTrainingForm *self,
               guint           n_pictures)
{
  const LkTrainSettings *settings = self->settings;
  guint per_step = settings->train_batch_size * settings->gradient_accumulation_steps, repeated = n_pictures * MAX (settings->num_repeats, 1);
  g_autoptr (GString) text = g_string_new (NULL);

  g_string_append_printf (text, ngettext ("%u step", "%u steps", settings->max_train_steps), settings->max_train_steps);
  if (repeated > 0)
    g_string_append_printf (text, ngettext (" · sees each of %u picture about %.0f times", " · sees each of %u pictures about %.0f times", n_pictures),
                            n_pictures, (double) settings->max_train_steps * per_step * MAX (settings->num_repeats, 1) / repeated);
  if (self->step_time > 0)
    {
      g_autofree char *time = lk_text_format_duration (self->step_time * settings->max_train_steps);

      g_string_append_printf (text, _(" · about %s, by the last run"), time);
    }
  gtk_label_set_label (self->length, text->str);
}

static void
update (LkTrainingForm *self)
{
  LkProject *project = lk_workspace_get_project (self->workspace);
  g_autoptr (GError) error = NULL;
  guint n_pictures = count_pictures (self);
  gboolean makes_sense = lk_train_settings_check (self->settings, &error);
  const char *trouble = !makes_sense ? error->message : n_pictures == 0 ? _("There are no pictures to train on. Import some in the gallery.") : NULL;

  if (lk_project_is_read_only (project))
    trouble = lk_project_get_read_only_reason (project);
  if (trouble != NULL)
    adw_banner_set_title (self->banner, trouble);
  else
    adw_banner_set_title (self->banner, _("The starter only draws cartoon people. Choose a checkpoint for photographs."));
  adw_banner_set_revealed (self->banner, trouble != NULL || lk_project_get_base_advice (project)->draws_only);
  gtk_widget_set_sensitive (GTK_WIDGET (self->start), trouble == NULL);
  update_advice (self, n_pictures);
  update_length (self, n_pictures);
}

/* ---- widget ---------------------------------------------------------------------------------------------------- */

static void
start_cb (LkTrainingForm *self)
{
  g_signal_emit (self, signals[START], 0);
}

static void
settings_cb (LkTrainingForm *self)
{
  gtk_widget_activate_action (GTK_WIDGET (self), "project.settings", NULL);
}

const LkTrainSettings *
lk_training_form_get_settings (LkTrainingForm *self)
{
  g_return_val_if_fail (LK_IS_TRAINING_FORM (self), NULL);

  return self->settings;
}

void
lk_training_form_set_settings (LkTrainingForm        *self,
                               const LkTrainSettings *settings)
{
  g_return_if_fail (LK_IS_TRAINING_FORM (self));

  g_clear_pointer (&self->settings, lk_train_settings_free);
  self->settings = lk_train_settings_copy (settings);
  save (self);
  fill (self);
}

void
lk_training_form_set_step_time (LkTrainingForm *self,
                                double          seconds)
{
  g_return_if_fail (LK_IS_TRAINING_FORM (self));

  if (self->step_time == seconds)
    return;
  self->step_time = seconds;
  update_length (self, count_pictures (self));
}

/* The project's settings: what the user kept, else the base model's. */
static void
read_project (LkTrainingForm *self)
{
  LkProject *project = lk_workspace_get_project (self->workspace);
  LkTrainSettings *settings = lk_training_advice_settings (lk_project_get_base_advice (project));
  const cJSON *kept = lk_project_get_training (project);

  if (kept != NULL)
    {
      g_autoptr (GError) error = NULL;

      if (!lk_train_settings_apply_json (settings, kept, &error))
        lk_workspace_say (self->workspace, error->message);
    }
  g_clear_pointer (&self->settings, lk_train_settings_free);
  self->settings = settings;
}

static void
project_changed_cb (LkTrainingForm *self)
{
  if (self->save_timeout != 0)
    {
      update (self);
      return;
    }
  read_project (self);
  fill (self);
}

static void
lk_training_form_dispose (GObject *object)
{
  LkTrainingForm *self = LK_TRAINING_FORM (object);

  if (self->save_timeout != 0)
    save (self);
  gtk_widget_dispose_template (GTK_WIDGET (self), LK_TYPE_TRAINING_FORM);
  g_clear_object (&self->workspace);

  G_OBJECT_CLASS (lk_training_form_parent_class)->dispose (object);
}

static void
lk_training_form_finalize (GObject *object)
{
  LkTrainingForm *self = LK_TRAINING_FORM (object);

  g_clear_pointer (&self->settings, lk_train_settings_free);
  g_ptr_array_unref (self->rows);
  g_ptr_array_unref (self->advice_rows);

  G_OBJECT_CLASS (lk_training_form_parent_class)->finalize (object);
}

static void
lk_training_form_class_init (LkTrainingFormClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = lk_training_form_dispose;
  G_OBJECT_CLASS (klass)->finalize = lk_training_form_finalize;

  signals[START] = g_signal_new ("start", LK_TYPE_TRAINING_FORM, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);

  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/likeness/Likeness/lk-training-form.ui");
  gtk_widget_class_bind_template_child (widget_class, LkTrainingForm, advice);
  gtk_widget_class_bind_template_child (widget_class, LkTrainingForm, banner);
  gtk_widget_class_bind_template_child (widget_class, LkTrainingForm, length);
  gtk_widget_class_bind_template_child (widget_class, LkTrainingForm, page);
  gtk_widget_class_bind_template_child (widget_class, LkTrainingForm, start);
  gtk_widget_class_bind_template_callback (widget_class, settings_cb);
  gtk_widget_class_bind_template_callback (widget_class, start_cb);
}

static void
lk_training_form_init (LkTrainingForm *self)
{
  self->rows = g_ptr_array_new ();
  self->advice_rows = g_ptr_array_new ();
  gtk_widget_init_template (GTK_WIDGET (self));
}

LkTrainingForm *
lk_training_form_new (LkWorkspace *workspace)
{
  LkTrainingForm *self = g_object_new (LK_TYPE_TRAINING_FORM, NULL);

  self->workspace = g_object_ref (workspace);
  read_project (self);
  build_rows (self);
  fill (self);
  g_signal_connect_object (workspace, "changed", G_CALLBACK (project_changed_cb), self, G_CONNECT_SWAPPED);
  return self;
}
