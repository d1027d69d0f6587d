#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>

#include "app/gallery/lk-finding-row.h"

struct _LkFindingRow
{
  AdwActionRow  parent_instance;

  LkFinding    *finding;       /* owned */

  GtkButton    *button;
  GtkImage     *icon;
};

G_DEFINE_FINAL_TYPE (LkFindingRow, lk_finding_row, ADW_TYPE_ACTION_ROW)

enum
{
  FIX,
  SHOW,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

LkFinding *
lk_finding_row_get_finding (LkFindingRow *self)
{
  g_return_val_if_fail (LK_IS_FINDING_ROW (self), NULL);

  return self->finding;
}

static void
fix_cb (LkFindingRow *self)
{
  g_signal_emit (self, signals[FIX], 0);
}

static void
lk_finding_row_activate (AdwActionRow *row)
{
  g_signal_emit (row, signals[SHOW], 0);
}

static void
lk_finding_row_dispose (GObject *object)
{
  LkFindingRow *self = LK_FINDING_ROW (object);

  gtk_widget_dispose_template (GTK_WIDGET (self), LK_TYPE_FINDING_ROW);
  g_clear_object (&self->finding);

  G_OBJECT_CLASS (lk_finding_row_parent_class)->dispose (object);
}

static void
lk_finding_row_class_init (LkFindingRowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = lk_finding_row_dispose;
  ADW_ACTION_ROW_CLASS (klass)->activate = lk_finding_row_activate;

  signals[FIX] = g_signal_new ("fix", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[SHOW] = g_signal_new ("show-pictures", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);

  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/likeness/Likeness/lk-finding-row.ui");
  gtk_widget_class_bind_template_child (widget_class, LkFindingRow, button);
  gtk_widget_class_bind_template_child (widget_class, LkFindingRow, icon);
  gtk_widget_class_bind_template_callback (widget_class, fix_cb);
}

static void
lk_finding_row_init (LkFindingRow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

LkFindingRow *
lk_finding_row_new (LkFinding *finding)
{
  static const char * const icons[] = { NULL, "lk-hint-symbolic", "dialog-warning-symbolic", "dialog-error-symbolic" };
  static const char * const classes[] = { NULL, "dimmed", "warning", "error" };
  const char *words[] = { NULL, _("Hint"), _("Warning"), _("Error") };
  LkFindingRow *self = g_object_new (LK_TYPE_FINDING_ROW, NULL);
  const LkCheck *check = lk_finding_get_check (finding);
  LkSeverity severity = lk_finding_get_severity (finding);

  self->finding = g_object_ref (finding);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self), lk_finding_get_sentence (finding));
  gtk_widget_set_tooltip_text (GTK_WIDGET (self), check->why);
  gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (self), lk_finding_get_images (finding)->len > 0);

  gtk_image_set_from_icon_name (self->icon, icons[severity]);
  if (classes[severity] != NULL)
    gtk_widget_add_css_class (GTK_WIDGET (self->icon), classes[severity]);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->icon), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  words[severity] != NULL ? words[severity] : "", -1);

  gtk_widget_set_visible (GTK_WIDGET (self->button), check->fix_label != NULL);
  if (check->fix_label != NULL)
    gtk_button_set_label (self->button, check->fix_label);

  return self;
}
