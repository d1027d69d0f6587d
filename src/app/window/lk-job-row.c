#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>

#include "app/window/lk-job-row.h"

struct _LkJobRow
{
  GtkListBoxRow   parent_instance;

  LkJob          *job;         /* owned */

  GtkButton      *cancel;
  GtkLabel       *text;
  GtkLabel       *title;
  GtkProgressBar *progress;
};

G_DEFINE_FINAL_TYPE (LkJobRow, lk_job_row, GTK_TYPE_LIST_BOX_ROW)

static void
cancel_cb (LkJobRow *self)
{
  gtk_widget_set_sensitive (GTK_WIDGET (self->cancel), FALSE);
  lk_job_cancel (self->job);
}

static void
update (LkJobRow *self)
{
  gboolean is_running = lk_job_get_state (self->job) == LK_JOB_RUNNING;
  const char *text = lk_job_get_text (self->job);

  gtk_label_set_label (self->text, is_running || *text != '\0' ? text : _("Waits for the device"));
  gtk_progress_bar_set_fraction (self->progress, lk_job_get_fraction (self->job));
  gtk_widget_set_visible (GTK_WIDGET (self->progress), is_running);
}

static void
lk_job_row_dispose (GObject *object)
{
  LkJobRow *self = LK_JOB_ROW (object);

  gtk_widget_dispose_template (GTK_WIDGET (self), LK_TYPE_JOB_ROW);
  g_clear_object (&self->job);

  G_OBJECT_CLASS (lk_job_row_parent_class)->dispose (object);
}

static void
lk_job_row_class_init (LkJobRowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = lk_job_row_dispose;

  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/likeness/Likeness/lk-job-row.ui");
  gtk_widget_class_bind_template_child (widget_class, LkJobRow, cancel);
  gtk_widget_class_bind_template_child (widget_class, LkJobRow, progress);
  gtk_widget_class_bind_template_child (widget_class, LkJobRow, text);
  gtk_widget_class_bind_template_child (widget_class, LkJobRow, title);
  gtk_widget_class_bind_template_callback (widget_class, cancel_cb);
}

static void
lk_job_row_init (LkJobRow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

LkJobRow *
lk_job_row_new (LkJob *job)
{
  LkJobRow *self = g_object_new (LK_TYPE_JOB_ROW, NULL);
  const char *title = lk_job_get_title (job);

  self->job = g_object_ref (job);
  gtk_label_set_label (self->title, title);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->title), title);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->progress), GTK_ACCESSIBLE_PROPERTY_LABEL, title, -1);
  g_signal_connect_object (job, "notify", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  update (self);

  return self;
}
