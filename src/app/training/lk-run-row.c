#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>

#include "app/training/lk-run-row.h"

struct _LkRunRow
{
  GtkListBoxRow  parent_instance;

  LkTrainingRun *run;           /* owned */

  GtkImage      *icon;
  GtkLabel      *name;
  GtkLabel      *state;
};

G_DEFINE_FINAL_TYPE (LkRunRow, lk_run_row, GTK_TYPE_LIST_BOX_ROW)

static void
update (LkRunRow *self)
{
  const char *title = lk_training_run_get_state_title (self->run);
  gboolean has_failed = lk_training_run_has_failed (self->run), was_interrupted = lk_training_run_was_interrupted (self->run);
  g_autofree char *text = NULL;

  if (lk_training_run_is_active (self->run) && lk_training_run_get_fraction (self->run) > 0)
    text = g_strdup_printf (_("%s · %.0f %%"), title, 100 * lk_training_run_get_fraction (self->run));
  else
    text = g_strdup_printf (_("%s · step %u"), title, lk_training_run_get_step (self->run));
  if (g_strcmp0 (gtk_label_get_label (self->state), text) == 0)
    return;

  gtk_label_set_label (self->state, text);
  gtk_widget_set_visible (GTK_WIDGET (self->icon), has_failed || was_interrupted || lk_training_run_is_active (self->run));
  gtk_image_set_from_icon_name (self->icon, has_failed || was_interrupted ? "dialog-warning-symbolic" : "media-playback-start-symbolic");
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->icon), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  has_failed || was_interrupted ? _("Warning") : _("At work"), -1);
}

LkTrainingRun *
lk_run_row_get_run (LkRunRow *self)
{
  g_return_val_if_fail (LK_IS_RUN_ROW (self), NULL);

  return self->run;
}

static void
lk_run_row_dispose (GObject *object)
{
  LkRunRow *self = LK_RUN_ROW (object);

  gtk_widget_dispose_template (GTK_WIDGET (self), LK_TYPE_RUN_ROW);
  g_clear_object (&self->run);

  G_OBJECT_CLASS (lk_run_row_parent_class)->dispose (object);
}

static void
lk_run_row_class_init (LkRunRowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = lk_run_row_dispose;

  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/likeness/Likeness/lk-run-row.ui");
  gtk_widget_class_bind_template_child (widget_class, LkRunRow, icon);
  gtk_widget_class_bind_template_child (widget_class, LkRunRow, name);
  gtk_widget_class_bind_template_child (widget_class, LkRunRow, state);
}

static void
lk_run_row_init (LkRunRow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

LkRunRow *
lk_run_row_new (LkTrainingRun *run)
{
  LkRunRow *self = g_object_new (LK_TYPE_RUN_ROW, NULL);

  self->run = g_object_ref (run);
  gtk_label_set_label (self->name, lk_training_run_get_name (run));
  g_signal_connect_object (run, "changed", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  update (self);
  return self;
}
