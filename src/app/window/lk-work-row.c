#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>

#include "app/window/lk-work-row.h"

struct _LkWorkRow
{
  GtkListBoxRow   parent_instance;

  LkWork         *work;        /* owned */

  GtkButton      *cancel;
  GtkLabel       *text;
  GtkLabel       *title;
  GtkProgressBar *progress;
};

G_DEFINE_FINAL_TYPE (LkWorkRow, lk_work_row, GTK_TYPE_LIST_BOX_ROW)

static void
cancel_cb (LkWorkRow *self)
{
  gtk_widget_set_sensitive (GTK_WIDGET (self->cancel), FALSE);
  g_cancellable_cancel (lk_work_get_cancellable (self->work));
}

static void
lk_work_row_dispose (GObject *object)
{
  LkWorkRow *self = LK_WORK_ROW (object);

  gtk_widget_dispose_template (GTK_WIDGET (self), LK_TYPE_WORK_ROW);
  g_clear_object (&self->work);

  G_OBJECT_CLASS (lk_work_row_parent_class)->dispose (object);
}

static void
lk_work_row_class_init (LkWorkRowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = lk_work_row_dispose;

  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/likeness/Likeness/lk-work-row.ui");
  gtk_widget_class_bind_template_child (widget_class, LkWorkRow, cancel);
  gtk_widget_class_bind_template_child (widget_class, LkWorkRow, progress);
  gtk_widget_class_bind_template_child (widget_class, LkWorkRow, text);
  gtk_widget_class_bind_template_child (widget_class, LkWorkRow, title);
  gtk_widget_class_bind_template_callback (widget_class, cancel_cb);
}

static void
lk_work_row_init (LkWorkRow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

LkWorkRow *
lk_work_row_new (LkWork *work)
{
  LkWorkRow *self = g_object_new (LK_TYPE_WORK_ROW, NULL);

  self->work = g_object_ref (work);
  gtk_label_set_label (self->title, lk_work_get_title (work));
  g_object_bind_property (work, "text", self->text, "label", G_BINDING_SYNC_CREATE);
  g_object_bind_property (work, "fraction", self->progress, "fraction", G_BINDING_SYNC_CREATE);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->progress), GTK_ACCESSIBLE_PROPERTY_LABEL, lk_work_get_title (work), -1);

  return self;
}
