#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>

#include "app/training/lk-queue-list.h"
#include "app/window/lk-engine.h"

struct _LkQueueList
{
  AdwBin        parent_instance;

  LkEngine     *engine;         /* owned */
  GSignalGroup *signals;        /* owned: of the engine's jobs */

  GtkListBox   *rows;
};

G_DEFINE_FINAL_TYPE (LkQueueList, lk_queue_list, ADW_TYPE_BIN)

static void
cancel_cb (GtkButton *button,
           LkJob     *job)
{
  lk_job_cancel (job);
}

static GtkWidget *
make_row (LkJob *job)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6), *label = gtk_label_new (lk_job_get_title (job));
  GtkWidget *cancel = gtk_button_new_from_icon_name ("window-close-symbolic"), *row = gtk_list_box_row_new ();
  g_autofree char *words = g_strdup_printf (_("Take “%s” out of the queue"), lk_job_get_title (job));

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_MIDDLE);
  gtk_widget_set_hexpand (label, TRUE);
  gtk_widget_set_margin_start (box, 9);
  gtk_widget_add_css_class (label, "caption");
  gtk_widget_add_css_class (cancel, "flat");
  gtk_widget_set_tooltip_text (cancel, words);
  g_signal_connect_data (cancel, "clicked", G_CALLBACK (cancel_cb), g_object_ref (job), (GClosureNotify) g_object_unref, 0);
  gtk_box_append (GTK_BOX (box), label);
  gtk_box_append (GTK_BOX (box), cancel);
  gtk_list_box_row_set_child (GTK_LIST_BOX_ROW (row), box);
  gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (row), FALSE);
  return row;
}

/* The first job has the device, or will have it in a moment. */
static void
update (LkQueueList *self)
{
  GListModel *jobs = lk_engine_get_jobs (self->engine);
  guint n = 0;

  gtk_list_box_remove_all (self->rows);
  for (guint i = 1; i < g_list_model_get_n_items (jobs); i++)
    {
      g_autoptr (LkJob) job = g_list_model_get_item (jobs, i);

      if (lk_job_get_state (job) != LK_JOB_WAITING)
        continue;
      gtk_list_box_append (self->rows, make_row (job));
      n++;
    }
  gtk_widget_set_visible (GTK_WIDGET (self), n > 0);
}

static void
lk_queue_list_dispose (GObject *object)
{
  LkQueueList *self = LK_QUEUE_LIST (object);

  if (self->signals != NULL)
    g_signal_group_set_target (self->signals, NULL);
  g_clear_object (&self->signals);
  gtk_widget_dispose_template (GTK_WIDGET (self), LK_TYPE_QUEUE_LIST);
  g_clear_object (&self->engine);

  G_OBJECT_CLASS (lk_queue_list_parent_class)->dispose (object);
}

static void
lk_queue_list_class_init (LkQueueListClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = lk_queue_list_dispose;

  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/likeness/Likeness/lk-queue-list.ui");
  gtk_widget_class_bind_template_child (widget_class, LkQueueList, rows);
}

static void
lk_queue_list_init (LkQueueList *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->engine = lk_engine_get_default ();
  self->signals = g_signal_group_new (G_TYPE_LIST_MODEL);
  g_signal_group_connect_swapped (self->signals, "items-changed", G_CALLBACK (update), self);
  g_signal_group_set_target (self->signals, lk_engine_get_jobs (self->engine));
  update (self);
}
