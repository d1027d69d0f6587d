#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>

#include "app/training/lk-settings-report.h"

struct _LkSettingsReport
{
  AdwDialog            parent_instance;

  AdwPreferencesGroup *lost;
  GtkLabel            *taken;
  AdwExpanderRow      *taken_row;
  GtkLabel            *unneeded;
  AdwExpanderRow      *unneeded_row;
};

G_DEFINE_FINAL_TYPE (LkSettingsReport, lk_settings_report, ADW_TYPE_DIALOG)

static void
lk_settings_report_dispose (GObject *object)
{
  gtk_widget_dispose_template (GTK_WIDGET (object), LK_TYPE_SETTINGS_REPORT);

  G_OBJECT_CLASS (lk_settings_report_parent_class)->dispose (object);
}

static void
lk_settings_report_class_init (LkSettingsReportClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = lk_settings_report_dispose;

  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/likeness/Likeness/lk-settings-report.ui");
  gtk_widget_class_bind_template_child (widget_class, LkSettingsReport, lost);
  gtk_widget_class_bind_template_child (widget_class, LkSettingsReport, taken);
  gtk_widget_class_bind_template_child (widget_class, LkSettingsReport, taken_row);
  gtk_widget_class_bind_template_child (widget_class, LkSettingsReport, unneeded);
  gtk_widget_class_bind_template_child (widget_class, LkSettingsReport, unneeded_row);
}

static void
lk_settings_report_init (LkSettingsReport *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

static void
add_lost (LkSettingsReport *self,
          const LkKohyaRow *row)
{
  GtkWidget *widget = adw_action_row_new ();
  g_autofree char *title = g_strdup_printf ("%s = %s", row->key, row->value);

  adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (widget), FALSE);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (widget), title);
  adw_action_row_set_subtitle (ADW_ACTION_ROW (widget), row->why);
  adw_preferences_group_add (self->lost, widget);
  gtk_widget_set_visible (GTK_WIDGET (self->lost), TRUE);
}

static void
fill (AdwExpanderRow *row,
      GtkLabel       *label,
      const char     *title,
      const GString  *text)
{
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title);
  gtk_label_set_label (label, text->str);
  gtk_widget_set_visible (GTK_WIDGET (row), text->len > 0);
}

LkSettingsReport *
lk_settings_report_new (GPtrArray *rows)
{
  LkSettingsReport *self = g_object_new (LK_TYPE_SETTINGS_REPORT, NULL);
  g_autoptr (GString) taken = g_string_new (NULL), unneeded = g_string_new (NULL);
  g_autofree char *taken_title = NULL, *unneeded_title = NULL;
  guint n_taken = 0, n_unneeded = 0;

  for (guint i = 0; i < rows->len; i++)
    {
      const LkKohyaRow *row = g_ptr_array_index (rows, i);

      switch (row->outcome)
        {
        case LK_KOHYA_TAKEN:
          g_string_append_printf (taken, "%s%s = %s", n_taken++ > 0 ? "\n" : "", row->key, row->value);
          break;
        case LK_KOHYA_UNNEEDED:
          g_string_append_printf (unneeded, "%s%s = %s", n_unneeded++ > 0 ? "\n" : "", row->key, row->value);
          break;
        case LK_KOHYA_UNKNOWN:
        case LK_KOHYA_REFUSED:
        default:
          add_lost (self, row);
          break;
        }
    }
  taken_title = g_strdup_printf (ngettext ("%u setting taken", "%u settings taken", n_taken), n_taken);
  unneeded_title = g_strdup_printf (ngettext ("%u setting says nothing here", "%u settings say nothing here", n_unneeded), n_unneeded);
  fill (self->taken_row, self->taken, taken_title, taken);
  fill (self->unneeded_row, self->unneeded, unneeded_title, unneeded);
  return self;
}
