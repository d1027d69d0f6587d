#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>
#include <math.h>

#include "app/training/lk-memory-row.h"
#include "app/training/lk-setting-row.h"
#include "app/training/lk-training-form.h"
#include "app/window/lk-devices.h"
#include "app/window/lk-engine.h"
#include "base/lk-text.h"
#include "generate/lk-recipe.h"
#include "train/lk-training-advice.h"

/* Groups that everyone looks at; the others fold away under More. */
#define N_OPEN_GROUPS (LK_SETTING_GROUP_OPTIMIZER + 1)
#define WAIT_MS 400             /* after the last change, before it is kept in the project */

struct _LkTrainingForm
{
  AdwBin               parent_instance;

  LkWorkspace         *workspace;     /* owned */
  LkDevices           *devices;       /* owned */
  GSettings           *preferences;   /* owned */
  LkTrainSettings     *settings;      /* owned */
  GPtrArray           *presets;       /* LkTrainingPreset, borrowed */
  double               sample_time;
  gboolean             is_filling;
  gboolean             makes_sense;   /* the settings, and there are pictures */
  guint                save_timeout;
  guint                memory_timeout;
  guint                build_source;
  guint                next_group;    /* that has no rows yet */
  GtkWidget           *more;          /* the last group, whose rows fold; not owned */
  GtkWidget           *epochs;        /* spin button, not owned; NULL until it is built */
  GPtrArray           *rows;          /* GtkWidget of each setting that has one; not owned */
  GPtrArray           *advice_rows;   /* GtkWidget, not owned */

  AdwPreferencesGroup *advice;
  AdwBanner           *banner;
  AdwActionRow        *base;
  GtkWidget           *base_icon;
  AdwActionRow        *device;
  GtkLabel            *length;
  LkMemoryRow         *memory;
  AdwEntryRow         *name;
  AdwPreferencesPage  *page;
  AdwComboRow         *preset;
  GtkButton           *start;
};

G_DEFINE_FINAL_TYPE (LkTrainingForm, lk_training_form, ADW_TYPE_BIN)

enum { START, N_SIGNALS };

static guint signals[N_SIGNALS];

static void update (LkTrainingForm *self);
static GtkWidget *make_epochs_row (LkTrainingForm *self);

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

/* Keeps what was changed, once nothing more follows. */
static void
save_soon (LkTrainingForm *self)
{
  g_clear_handle_id (&self->save_timeout, g_source_remove);
  self->save_timeout = g_timeout_add (WAIT_MS, save_cb, self);
  update (self);
}

/* ---- rows ------------------------------------------------------------------------------------------------------ */

/* Takes a value from a row; a refused one marks the row and changes nothing. */
static void
value_cb (GtkWidget       *row,
          const LkSetting *setting,
          const char      *value,
          gpointer         data)
{
  LkTrainingForm *self = data;
  g_autoptr (GError) error = NULL;

  if (self->is_filling)
    return;
  if (!lk_train_settings_set (self->settings, setting->key, value, &error))
    {
      lk_setting_row_set_error (row, error->message);
      return;
    }
  lk_setting_row_set_error (row, NULL);
  save_soon (self);
}

static void
fill_row (LkTrainingForm *self,
          GtkWidget      *row)
{
  g_autofree char *value = lk_train_settings_get (self->settings, lk_setting_row_get_setting (row)->key);

  self->is_filling = TRUE;
  lk_setting_row_set_value (row, value);
  self->is_filling = FALSE;
}

static GtkWidget *
make_row (LkTrainingForm  *self,
          const LkSetting *setting)
{
  GtkWidget *row = lk_setting_row_new (setting, value_cb, self);

  fill_row (self, row);
  g_ptr_array_add (self->rows, row);
  return row;
}

/* The name has its place at the top. */
static gboolean
is_in_group (const LkSetting *setting,
             guint            group)
{
  return setting->group == group && !g_str_equal (setting->key, "output_name");
}

static void
unfolded_cb (AdwExpanderRow *row,
             GParamSpec     *pspec,
             LkTrainingForm *self)
{
  guint group = GPOINTER_TO_UINT (g_object_get_data (G_OBJECT (row), "group"));

  g_signal_handlers_disconnect_by_func (row, unfolded_cb, self);
  for (guint i = 0; i < lk_setting_get_n (); i++)
    if (is_in_group (lk_setting_get (i), group))
      adw_expander_row_add_row (row, make_row (self, lk_setting_get (i)));
}

static guint
count_group (guint group)
{
  guint n = 0;

  for (guint i = 0; i < lk_setting_get_n (); i++)
    n += is_in_group (lk_setting_get (i), group);
  return n;
}

static void
build_group (LkTrainingForm *self,
             guint           group)
{
  if (group < N_OPEN_GROUPS)
    {
      AdwPreferencesGroup *box = ADW_PREFERENCES_GROUP (adw_preferences_group_new ());

      adw_preferences_group_set_title (box, lk_setting_group_get_title (group));
      for (guint i = 0; i < lk_setting_get_n (); i++)
        if (is_in_group (lk_setting_get (i), group))
          {
            adw_preferences_group_add (box, make_row (self, lk_setting_get (i)));
            if (g_str_equal (lk_setting_get (i)->key, "max_train_steps"))
              adw_preferences_group_add (box, make_epochs_row (self));
          }
      adw_preferences_page_add (self->page, box);
      return;
    }

  if (self->more == NULL)
    {
      self->more = adw_preferences_group_new ();
      adw_preferences_group_set_title (ADW_PREFERENCES_GROUP (self->more), _("More"));
      adw_preferences_page_add (self->page, ADW_PREFERENCES_GROUP (self->more));
    }
  {
    GtkWidget *fold = adw_expander_row_new ();

    adw_preferences_row_set_title (ADW_PREFERENCES_ROW (fold), lk_setting_group_get_title (group));
    g_object_set_data (G_OBJECT (fold), "group", GUINT_TO_POINTER (group));
    g_signal_connect (fold, "notify::expanded", G_CALLBACK (unfolded_cb), self);
    adw_preferences_group_add (ADW_PREFERENCES_GROUP (self->more), fold);
  }
}

/* A group a turn of the main loop: all at once would hold the window up. */
static gboolean
build_cb (gpointer user_data)
{
  LkTrainingForm *self = user_data;

  while (self->next_group <= LK_SETTING_GROUP_ENGINE && count_group (self->next_group) == 0)
    self->next_group++;
  if (self->next_group <= LK_SETTING_GROUP_ENGINE)
    {
      build_group (self, self->next_group++);
      return G_SOURCE_CONTINUE;
    }
  self->build_source = 0;
  update (self);
  return G_SOURCE_REMOVE;
}

/* Shows the settings in the rows. */
static void
fill (LkTrainingForm *self)
{
  for (guint i = 0; i < self->rows->len; i++)
    fill_row (self, g_ptr_array_index (self->rows, i));
  self->is_filling = TRUE;
  if (g_strcmp0 (gtk_editable_get_text (GTK_EDITABLE (self->name)), self->settings->output_name) != 0)
    gtk_editable_set_text (GTK_EDITABLE (self->name), self->settings->output_name);
  self->is_filling = FALSE;
  update (self);
}

/* ---- what ------------------------------------------------------------------------------------------------------ */

static void
name_cb (LkTrainingForm *self)
{
  g_autoptr (GError) error = NULL;

  if (self->is_filling)
    return;
  if (!lk_train_settings_set (self->settings, "output_name", gtk_editable_get_text (GTK_EDITABLE (self->name)), &error))
    {
      gtk_widget_add_css_class (GTK_WIDGET (self->name), "error");
      gtk_widget_set_tooltip_text (GTK_WIDGET (self->name), error->message);
      return;
    }
  gtk_widget_remove_css_class (GTK_WIDGET (self->name), "error");
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->name), NULL);
  save_soon (self);
}

/* The preset that the settings are, whatever their name: G_MAXUINT where they are none any more. */
static guint
find_preset (LkTrainingForm *self)
{
  g_autoptr (cJSON) own = lk_train_settings_to_json (self->settings);

  for (guint i = 0; i < self->presets->len; i++)
    {
      g_autoptr (LkTrainSettings) settings = lk_training_preset_settings (g_ptr_array_index (self->presets, i));
      g_autoptr (cJSON) json = NULL;

      lk_train_settings_set (settings, "output_name", self->settings->output_name, NULL);
      json = lk_train_settings_to_json (settings);
      if (cJSON_Compare (own, json, TRUE))
        return i;
    }
  return G_MAXUINT;
}

/* The presets of the base model, and one for what is none of them. */
static void
update_preset (LkTrainingForm *self)
{
  const LkBaseAdvice *base = lk_project_get_base_advice (lk_workspace_get_project (self->workspace));
  g_autoptr (GPtrArray) presets = lk_training_presets_for (base);
  gboolean is_same = self->presets != NULL && presets->len == self->presets->len
                     && (presets->len == 0 || g_ptr_array_index (presets, 0) == g_ptr_array_index (self->presets, 0));
  guint found;

  self->is_filling = TRUE;
  if (!is_same)
    {
      g_autoptr (GtkStringList) names = gtk_string_list_new (NULL);

      g_clear_pointer (&self->presets, g_ptr_array_unref);
      self->presets = g_steal_pointer (&presets);
      for (guint i = 0; i < self->presets->len; i++)
        gtk_string_list_append (names, lk_training_preset_get_name (g_ptr_array_index (self->presets, i)));
      gtk_string_list_append (names, _("Own Settings"));
      adw_combo_row_set_model (self->preset, G_LIST_MODEL (names));
    }
  found = find_preset (self);
  adw_combo_row_set_selected (self->preset, MIN (found, self->presets->len));
  adw_action_row_set_subtitle (ADW_ACTION_ROW (self->preset), found < self->presets->len
                               ? lk_training_preset_get_why (g_ptr_array_index (self->presets, found)) : _("Choose one to begin with its settings"));
  self->is_filling = FALSE;
}

static void
preset_cb (LkTrainingForm *self)
{
  guint selected = adw_combo_row_get_selected (self->preset);
  LkTrainSettings *settings;

  if (self->is_filling || self->presets == NULL || selected >= self->presets->len)
    return;
  settings = lk_training_preset_settings (g_ptr_array_index (self->presets, selected));
  lk_train_settings_set (settings, "output_name", self->settings->output_name, NULL);
  g_clear_pointer (&self->settings, lk_train_settings_free);
  self->settings = settings;
  save (self);
  fill (self);
}

static void
update_what (LkTrainingForm *self)
{
  LkProject *project = lk_workspace_get_project (self->workspace);
  const LkBaseAdvice *base = lk_project_get_base_advice (project);
  g_autofree char *spec = g_settings_get_string (self->preferences, "device");
  LkDeviceChoice *choice = lk_devices_resolve (self->devices, spec);
  const char *hint = lk_device_choice_get_hint (choice);
  g_autofree char *name = g_path_get_basename (lk_project_get_base_model (project));

  adw_action_row_set_subtitle (self->base, base->draws_only ? _("The starter only draws cartoon people. Choose a checkpoint for photographs.") : name);
  gtk_widget_set_visible (self->base_icon, base->draws_only);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->device), lk_device_choice_get_label (choice));
  adw_action_row_set_subtitle (self->device, hint != NULL ? hint : "");
  update_preset (self);
}

/* ---- memory ---------------------------------------------------------------------------------------------------- */

/* A run that cannot fit is not begun; while another one has the memory, how much there will be is not known. */
static const char *
get_refusal (LkTrainingForm *self)
{
  g_autoptr (LkEngine) engine = lk_engine_get_default ();

  return lk_engine_get_running (engine) == NULL ? lk_memory_row_get_refusal (self->memory) : NULL;
}

static void
planned_cb (LkTrainingForm *self)
{
  gboolean can_start = self->makes_sense && get_refusal (self) == NULL;

  gtk_widget_set_sensitive (GTK_WIDGET (self->start), can_start);
}

static gboolean
memory_cb (gpointer user_data)
{
  LkTrainingForm *self = user_data;
  LkProject *project = lk_workspace_get_project (self->workspace);
  g_autofree char *spec = g_settings_get_string (self->preferences, "device"), *base = lk_base_dup_path (lk_project_get_base_model (project));
  LkDeviceChoice *choice = lk_devices_resolve (self->devices, spec);

  self->memory_timeout = 0;
  lk_memory_row_ask (self->memory, base, lk_device_choice_get_spec (choice), self->settings,
                     lk_memory_shapes_new_for_project (project, self->settings));
  return G_SOURCE_REMOVE;
}

/* Once nothing more follows. */
static void
plan_memory_soon (LkTrainingForm *self)
{
  g_clear_handle_id (&self->memory_timeout, g_source_remove);
  self->memory_timeout = g_timeout_add (WAIT_MS, memory_cb, self);
}

static void
memory_fix_cb (LkTrainingForm *self,
               LkMemoryRemedy *remedy)
{
  for (guint i = 0; remedy->keys[i] != NULL; i++)
    lk_train_settings_set (self->settings, remedy->keys[i], remedy->values[i], NULL);
  save (self);
  fill (self);
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

/* The pictures that a run would train on, and how often an epoch would take them all together. */
static guint
count_pictures (LkTrainingForm *self,
                guint          *repeated)
{
  g_autoptr (GPtrArray) images = lk_project_dup_data_set (lk_workspace_get_project (self->workspace));
  guint n_held = self->settings->validation_split > 0 && images->len > 1 ? MAX (1, (guint) (self->settings->validation_split * images->len + 0.5)) : 0;
  guint n = 0;

  for (guint i = 0; i < images->len; i++)
    n += lk_image_get_repeats (g_ptr_array_index (images, i));
  /* Which ones are held out is chosen when the run begins: they count as the average. */
  if (images->len > 0)
    n = MAX (1, (guint) ((double) n * (images->len - n_held) / images->len + 0.5));
  *repeated = n * self->settings->num_repeats;
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

/* Steps of an epoch, its last short batch counted. */
static double
get_epoch_steps (LkTrainingForm *self,
                 guint           repeated)
{
  return MAX (ceil ((double) repeated / self->settings->train_batch_size) / self->settings->gradient_accumulation_steps, 1e-3);
}

/* Steps, epochs, repeats and time together. */
static void
update_length (LkTrainingForm *self,
               guint           repeated)
{
  const LkTrainSettings *settings = self->settings;
  g_autoptr (GString) text = g_string_new (NULL);

  g_string_append_printf (text, ngettext ("%u step", "%u steps", settings->max_train_steps), settings->max_train_steps);
  if (repeated > 0)
    {
      double epochs = settings->max_train_steps / get_epoch_steps (self, repeated);

      g_string_append_printf (text, _(" · %.1f epochs of %.0f steps"), epochs, ceil (get_epoch_steps (self, repeated)));
      if (self->epochs != NULL)
        {
          self->is_filling = TRUE;
          gtk_spin_button_set_value (GTK_SPIN_BUTTON (self->epochs), epochs);
          self->is_filling = FALSE;
        }
    }
  if (self->sample_time > 0)
    {
      g_autofree char *time = lk_text_format_duration (self->sample_time * settings->train_batch_size * settings->gradient_accumulation_steps
                                                       * settings->max_train_steps);

      g_string_append_printf (text, _(" · about %s, by the last run"), time);
    }
  gtk_label_set_label (self->length, text->str);
}

static void
epochs_cb (GtkSpinButton  *spin,
           LkTrainingForm *self)
{
  guint repeated;
  g_autofree char *steps = NULL;

  if (self->is_filling)
    return;
  count_pictures (self, &repeated);
  steps = g_strdup_printf ("%.0f", CLAMP (round (gtk_spin_button_get_value (spin) * get_epoch_steps (self, MAX (repeated, 1))), 1, 1000000));
  lk_train_settings_set (self->settings, "max_train_steps", steps, NULL);
  for (guint i = 0; i < self->rows->len; i++)
    if (g_str_equal (lk_setting_row_get_setting (g_ptr_array_index (self->rows, i))->key, "max_train_steps"))
      fill_row (self, g_ptr_array_index (self->rows, i));
  save_soon (self);
}

/* Not a setting of its own: another way to say the steps. */
static GtkWidget *
make_epochs_row (LkTrainingForm *self)
{
  GtkWidget *row = lk_spin_row_new (_("Epochs"), 0.1, 100000, 1, &self->epochs);

  adw_action_row_set_subtitle (ADW_ACTION_ROW (row), _("How often the run sees every picture: the same as the steps, said otherwise."));
  g_signal_connect (self->epochs, "value-changed", G_CALLBACK (epochs_cb), self);
  return row;
}

static void
update (LkTrainingForm *self)
{
  LkProject *project = lk_workspace_get_project (self->workspace);
  g_autofree char *spec = g_settings_get_string (self->preferences, "device");
  g_autoptr (GError) error = NULL;
  guint repeated, n_pictures = count_pictures (self, &repeated);
  gboolean makes_sense = lk_train_settings_check (self->settings, &error);
  gboolean is_cpu = g_str_equal (lk_device_choice_get_spec (lk_devices_resolve (self->devices, spec)), "cpu");
  const char *trouble = !makes_sense ? error->message : n_pictures == 0 ? _("There are no pictures to train on. Import some in the gallery.") : NULL;

  if (lk_project_is_read_only (project))
    trouble = lk_project_get_read_only_reason (project);
  adw_banner_set_title (self->banner, trouble != NULL ? trouble
                        : _("This trains on the processor: minutes for the starter, hours for SD 1.5, days for SDXL. A graphics card is much faster."));
  adw_banner_set_button_label (self->banner, trouble != NULL ? NULL : _("Choose Device"));
  adw_banner_set_revealed (self->banner, trouble != NULL || is_cpu);
  self->makes_sense = trouble == NULL;
  planned_cb (self);
  plan_memory_soon (self);
  update_what (self);
  update_advice (self, n_pictures);
  update_length (self, repeated);
}

/* ---- widget ---------------------------------------------------------------------------------------------------- */

static void
start_cb (LkTrainingForm *self)
{
  g_signal_emit (self, signals[START], 0);
}

static void
banner_cb (LkTrainingForm *self)
{
  gtk_widget_activate_action (GTK_WIDGET (self), "app.preferences", NULL);
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
lk_training_form_set_sample_time (LkTrainingForm *self,
                                  double          seconds)
{
  guint repeated;

  g_return_if_fail (LK_IS_TRAINING_FORM (self));

  if (self->sample_time == seconds)
    return;
  self->sample_time = seconds;
  count_pictures (self, &repeated);
  update_length (self, repeated);
}

/* The project's settings: what the user kept, else the base model's. */
static void
read_project (LkTrainingForm *self)
{
  LkProject *project = lk_workspace_get_project (self->workspace);
  g_autoptr (GError) error = NULL;
  LkTrainSettings *settings = lk_training_advice_settings_for_project (project, NULL, &error);

  if (settings == NULL)
    {
      lk_workspace_say (self->workspace, error->message);
      settings = lk_training_advice_settings (lk_project_get_base_advice (project));
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
  g_clear_handle_id (&self->build_source, g_source_remove);
  g_clear_handle_id (&self->memory_timeout, g_source_remove);
  gtk_widget_dispose_template (GTK_WIDGET (self), LK_TYPE_TRAINING_FORM);
  g_clear_object (&self->workspace);
  g_clear_object (&self->devices);
  g_clear_object (&self->preferences);

  G_OBJECT_CLASS (lk_training_form_parent_class)->dispose (object);
}

static void
lk_training_form_finalize (GObject *object)
{
  LkTrainingForm *self = LK_TRAINING_FORM (object);

  g_clear_pointer (&self->settings, lk_train_settings_free);
  g_clear_pointer (&self->presets, g_ptr_array_unref);
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

  g_type_ensure (LK_TYPE_MEMORY_ROW);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/likeness/Likeness/lk-training-form.ui");
  gtk_widget_class_bind_template_child (widget_class, LkTrainingForm, advice);
  gtk_widget_class_bind_template_child (widget_class, LkTrainingForm, banner);
  gtk_widget_class_bind_template_child (widget_class, LkTrainingForm, base);
  gtk_widget_class_bind_template_child (widget_class, LkTrainingForm, base_icon);
  gtk_widget_class_bind_template_child (widget_class, LkTrainingForm, device);
  gtk_widget_class_bind_template_child (widget_class, LkTrainingForm, length);
  gtk_widget_class_bind_template_child (widget_class, LkTrainingForm, memory);
  gtk_widget_class_bind_template_child (widget_class, LkTrainingForm, name);
  gtk_widget_class_bind_template_child (widget_class, LkTrainingForm, page);
  gtk_widget_class_bind_template_child (widget_class, LkTrainingForm, preset);
  gtk_widget_class_bind_template_child (widget_class, LkTrainingForm, start);
  gtk_widget_class_bind_template_callback (widget_class, banner_cb);
  gtk_widget_class_bind_template_callback (widget_class, memory_fix_cb);
  gtk_widget_class_bind_template_callback (widget_class, name_cb);
  gtk_widget_class_bind_template_callback (widget_class, planned_cb);
  gtk_widget_class_bind_template_callback (widget_class, preset_cb);
  gtk_widget_class_bind_template_callback (widget_class, start_cb);
}

static void
lk_training_form_init (LkTrainingForm *self)
{
  self->rows = g_ptr_array_new ();
  self->advice_rows = g_ptr_array_new ();
  self->devices = lk_devices_get_default ();
  self->preferences = g_settings_new (APP_ID);
  gtk_widget_init_template (GTK_WIDGET (self));
}

LkTrainingForm *
lk_training_form_new (LkWorkspace *workspace)
{
  LkTrainingForm *self = g_object_new (LK_TYPE_TRAINING_FORM, NULL);
  g_autoptr (LkEngine) engine = lk_engine_get_default ();

  self->workspace = g_object_ref (workspace);
  read_project (self);
  fill (self);
  self->build_source = g_idle_add (build_cb, self);
  g_signal_connect_object (self->preferences, "changed::device", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (lk_devices_get_model (self->devices), "items-changed", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (engine, "notify::running", G_CALLBACK (plan_memory_soon), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (workspace, "changed", G_CALLBACK (project_changed_cb), self, G_CONNECT_SWAPPED);
  return self;
}
