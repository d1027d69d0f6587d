#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <math.h>

#include "app/training/lk-setting-row.h"

#define LINES_HEIGHT 72         /* of a field of several lines */

/* What a row knows; lives as long as that. */
typedef struct
{
  const LkSetting  *setting;
  LkSettingRowFunc  func;
  gpointer          data;
  GtkWidget        *input;      /* where the value is; the row itself, or in it */
  GtkLabel         *subtitle;   /* rows that are no action rows */
} Facts;

static Facts *
get_facts (GtkWidget *row)
{
  return g_object_get_data (G_OBJECT (row), "setting-facts");
}

const LkSetting *
lk_setting_row_get_setting (GtkWidget *row)
{
  return get_facts (row)->setting;
}

static void
tell (GtkWidget  *row,
      const char *value)
{
  Facts *facts = get_facts (row);

  facts->func (row, facts->setting, value, facts->data);
}

/* ---- kinds ----------------------------------------------------------------------------------------------------- */

static void
spin_cb (GtkSpinButton *spin,
         GtkWidget     *row)
{
  g_autofree char *value = g_strdup_printf ("%.0f", gtk_spin_button_get_value (spin));

  tell (row, value);
}

static void
switch_cb (AdwSwitchRow *row)
{
  tell (GTK_WIDGET (row), adw_switch_row_get_active (row) ? "true" : "false");
}

static void
combo_cb (AdwComboRow *row)
{
  tell (GTK_WIDGET (row), get_facts (GTK_WIDGET (row))->setting->choices[adw_combo_row_get_selected (row)]);
}

static void
entry_cb (GtkEditable *entry,
          GtkWidget   *row)
{
  tell (row, gtk_editable_get_text (entry));
}

static void
lines_cb (GtkTextBuffer *buffer,
          GtkWidget     *row)
{
  g_autofree char *text = NULL;

  g_object_get (buffer, "text", &text, NULL);
  tell (row, text);
}

GtkWidget *
lk_spin_row_new (const char  *title,
                 double       least,
                 double       most,
                 guint        digits,
                 GtkWidget  **spin)
{
  GtkWidget *row = adw_action_row_new ();

  *spin = gtk_spin_button_new_with_range (least, most, 1);
  gtk_spin_button_set_digits (GTK_SPIN_BUTTON (*spin), digits);
  gtk_spin_button_set_numeric (GTK_SPIN_BUTTON (*spin), TRUE);
  /* As wide as what is usual, not as the longest that is allowed. */
  gtk_editable_set_width_chars (GTK_EDITABLE (*spin), 6);
  gtk_widget_set_valign (*spin, GTK_ALIGN_CENTER);
  gtk_accessible_update_property (GTK_ACCESSIBLE (*spin), GTK_ACCESSIBLE_PROPERTY_LABEL, title, -1);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title);
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), *spin);
  adw_action_row_set_activatable_widget (ADW_ACTION_ROW (row), *spin);
  return row;
}

static GtkWidget *
make_entry_row (const LkSetting *setting,
                Facts           *facts)
{
  GtkWidget *row = adw_action_row_new (), *entry = gtk_entry_new ();

  gtk_editable_set_width_chars (GTK_EDITABLE (entry), setting->kind == LK_SETTING_TEXT ? 16 : 9);
  gtk_widget_set_valign (entry, GTK_ALIGN_CENTER);
  gtk_entry_set_input_purpose (GTK_ENTRY (entry), setting->kind == LK_SETTING_TEXT ? GTK_INPUT_PURPOSE_FREE_FORM : GTK_INPUT_PURPOSE_NUMBER);
  if (setting->kind == LK_SETTING_NUMBER)
    gtk_entry_set_alignment (GTK_ENTRY (entry), 1);
  gtk_widget_add_css_class (entry, "numeric");
  gtk_accessible_update_property (GTK_ACCESSIBLE (entry), GTK_ACCESSIBLE_PROPERTY_LABEL, lk_setting_get_title (setting), -1);
  g_signal_connect (entry, "changed", G_CALLBACK (entry_cb), row);
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), entry);
  adw_action_row_set_activatable_widget (ADW_ACTION_ROW (row), entry);
  facts->input = entry;
  return row;
}

static GtkWidget *
make_lines_row (const LkSetting *setting,
                Facts           *facts)
{
  GtkWidget *row = adw_preferences_row_new (), *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 3), *view = gtk_text_view_new ();
  GtkWidget *title = gtk_label_new (lk_setting_get_title (setting)), *subtitle = gtk_label_new (NULL);

  gtk_label_set_xalign (GTK_LABEL (title), 0);
  gtk_label_set_xalign (GTK_LABEL (subtitle), 0);
  gtk_label_set_wrap (GTK_LABEL (subtitle), TRUE);
  gtk_widget_add_css_class (subtitle, "caption");
  gtk_widget_add_css_class (subtitle, "dimmed");
  gtk_text_view_set_wrap_mode (GTK_TEXT_VIEW (view), GTK_WRAP_WORD_CHAR);
  gtk_text_view_set_accepts_tab (GTK_TEXT_VIEW (view), FALSE);
  gtk_widget_set_size_request (view, -1, LINES_HEIGHT);
  gtk_widget_add_css_class (view, "inline");
  gtk_accessible_update_property (GTK_ACCESSIBLE (view), GTK_ACCESSIBLE_PROPERTY_LABEL, lk_setting_get_title (setting), -1);
  g_signal_connect (gtk_text_view_get_buffer (GTK_TEXT_VIEW (view)), "changed", G_CALLBACK (lines_cb), row);
  gtk_widget_set_margin_start (box, 12);
  gtk_widget_set_margin_end (box, 12);
  gtk_widget_set_margin_top (box, 9);
  gtk_widget_set_margin_bottom (box, 9);
  gtk_box_append (GTK_BOX (box), title);
  gtk_box_append (GTK_BOX (box), subtitle);
  gtk_box_append (GTK_BOX (box), view);
  gtk_list_box_row_set_child (GTK_LIST_BOX_ROW (row), box);
  gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (row), FALSE);
  gtk_widget_set_focusable (row, FALSE);
  facts->input = view;
  facts->subtitle = GTK_LABEL (subtitle);
  return row;
}

static GtkWidget *
make_row (const LkSetting *setting,
          Facts           *facts)
{
  switch (setting->kind)
    {
    case LK_SETTING_INT:
      {
        GtkWidget *row = lk_spin_row_new (lk_setting_get_title (setting), setting->least, setting->most, 0, &facts->input);

        g_signal_connect (facts->input, "value-changed", G_CALLBACK (spin_cb), row);
        return row;
      }
    case LK_SETTING_BOOLEAN:
      {
        GtkWidget *row = adw_switch_row_new ();

        g_signal_connect (row, "notify::active", G_CALLBACK (switch_cb), NULL);
        return row;
      }
    case LK_SETTING_CHOICE:
      {
        GtkWidget *row = adw_combo_row_new ();
        g_autoptr (GtkStringList) choices = gtk_string_list_new (setting->choices);

        adw_combo_row_set_model (ADW_COMBO_ROW (row), G_LIST_MODEL (choices));
        g_signal_connect (row, "notify::selected", G_CALLBACK (combo_cb), NULL);
        return row;
      }
    case LK_SETTING_TEXT:
      if (g_str_equal (setting->key, "sample_prompts"))
        return make_lines_row (setting, facts);
      return make_entry_row (setting, facts);
    case LK_SETTING_NUMBER:
      return make_entry_row (setting, facts);
    default:
      g_assert_not_reached ();
    }
}

/* While it is built a row tells nothing. */
static void
ignore (GtkWidget       *row,
        const LkSetting *setting,
        const char      *value,
        gpointer         data)
{
}

GtkWidget *
lk_setting_row_new (const LkSetting  *setting,
                    LkSettingRowFunc  func,
                    gpointer          data)
{
  Facts *facts = g_new0 (Facts, 1);
  GtkWidget *row;

  facts->setting = setting;
  facts->func = ignore;
  facts->data = data;
  row = make_row (setting, facts);
  g_object_set_data_full (G_OBJECT (row), "setting-facts", facts, g_free);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), lk_setting_get_title (setting));
  lk_setting_row_set_error (row, NULL);
  facts->func = func;
  return row;
}

/* ---- value ----------------------------------------------------------------------------------------------------- */

void
lk_setting_row_set_value (GtkWidget  *row,
                          const char *value)
{
  Facts *facts = get_facts (row);
  const LkSetting *setting = facts->setting;

  lk_setting_row_set_error (row, NULL);
  switch (setting->kind)
    {
    case LK_SETTING_INT:
      gtk_spin_button_set_value (GTK_SPIN_BUTTON (facts->input), g_ascii_strtod (value, NULL));
      break;
    case LK_SETTING_BOOLEAN:
      adw_switch_row_set_active (ADW_SWITCH_ROW (row), g_str_equal (value, "true"));
      break;
    case LK_SETTING_CHOICE:
      for (guint i = 0; setting->choices[i] != NULL; i++)
        if (g_str_equal (setting->choices[i], value))
          adw_combo_row_set_selected (ADW_COMBO_ROW (row), i);
      break;
    case LK_SETTING_NUMBER:
    case LK_SETTING_TEXT:
      if (GTK_IS_TEXT_VIEW (facts->input))
        gtk_text_buffer_set_text (gtk_text_view_get_buffer (GTK_TEXT_VIEW (facts->input)), value, -1);
      else
        gtk_editable_set_text (GTK_EDITABLE (facts->input), value);
      break;
    default:
      g_assert_not_reached ();
    }
}

void
lk_setting_row_set_error (GtkWidget  *row,
                          const char *message)
{
  Facts *facts = get_facts (row);
  const char *text = message != NULL ? message : lk_setting_get_subtitle (facts->setting);

  if (message != NULL)
    gtk_widget_add_css_class (row, "error");
  else
    gtk_widget_remove_css_class (row, "error");
  if (facts->subtitle != NULL)
    gtk_label_set_label (facts->subtitle, text);
  else
    adw_action_row_set_subtitle (ADW_ACTION_ROW (row), text);
}
