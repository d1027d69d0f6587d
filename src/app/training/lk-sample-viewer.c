#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>

#include "app/training/lk-sample-picture.h"
#include "app/training/lk-sample-viewer.h"
#include "train/lk-samples.h"

struct _LkSampleViewer
{
  AdwDialog           parent_instance;

  GPtrArray          *paths;      /* owned: the prompt's samples, by step; the base's is none of them */
  char               *base_path;  /* owned; NULL: there is none */
  guint               at;

  GtkPicture         *base;
  GtkWidget          *before;
  GtkLabel           *caption;
  AdwWindowTitle     *heading;
  AdwMultiLayoutView *layouts;
  GtkPicture         *sample;
};

G_DEFINE_FINAL_TYPE (LkSampleViewer, lk_sample_viewer, ADW_TYPE_DIALOG)

static void
show (LkSampleViewer *self)
{
  const char *path = self->paths->len > 0 ? g_ptr_array_index (self->paths, self->at) : self->base_path;
  g_autofree char *title = NULL;
  guint step = 0, index = 0;

  if (path == NULL)
    return;
  lk_samples_parse_path (path, &step, &index);
  title = step > 0 ? g_strdup_printf (_("Step %u"), step) : g_strdup (_("Base model"));
  adw_window_title_set_title (self->heading, title);
  adw_dialog_set_title (ADW_DIALOG (self), title);
  gtk_label_set_label (self->caption, title);
  lk_sample_picture_load (self->sample, path, 0);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "sample.previous", self->at > 0);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "sample.next", self->at + 1 < self->paths->len);
}

static void
walk_action (GtkWidget  *widget,
             const char *action_name,
             GVariant   *parameter)
{
  LkSampleViewer *self = LK_SAMPLE_VIEWER (widget);

  self->at += g_str_equal (action_name, "sample.next") ? 1 : -1;
  show (self);
}

static void
lk_sample_viewer_dispose (GObject *object)
{
  gtk_widget_dispose_template (GTK_WIDGET (object), LK_TYPE_SAMPLE_VIEWER);

  G_OBJECT_CLASS (lk_sample_viewer_parent_class)->dispose (object);
}

static void
lk_sample_viewer_finalize (GObject *object)
{
  LkSampleViewer *self = LK_SAMPLE_VIEWER (object);

  g_ptr_array_unref (self->paths);
  g_free (self->base_path);

  G_OBJECT_CLASS (lk_sample_viewer_parent_class)->finalize (object);
}

static void
lk_sample_viewer_class_init (LkSampleViewerClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = lk_sample_viewer_dispose;
  G_OBJECT_CLASS (klass)->finalize = lk_sample_viewer_finalize;

  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/likeness/Likeness/lk-sample-viewer.ui");
  gtk_widget_class_bind_template_child (widget_class, LkSampleViewer, base);
  gtk_widget_class_bind_template_child (widget_class, LkSampleViewer, before);
  gtk_widget_class_bind_template_child (widget_class, LkSampleViewer, caption);
  gtk_widget_class_bind_template_child (widget_class, LkSampleViewer, heading);
  gtk_widget_class_bind_template_child (widget_class, LkSampleViewer, layouts);
  gtk_widget_class_bind_template_child (widget_class, LkSampleViewer, sample);

  gtk_widget_class_install_action (widget_class, "sample.previous", NULL, walk_action);
  gtk_widget_class_install_action (widget_class, "sample.next", NULL, walk_action);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Left, 0, "sample.previous", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Right, 0, "sample.next", NULL);
}

static void
lk_sample_viewer_init (LkSampleViewer *self)
{
  self->paths = g_ptr_array_new_with_free_func (g_free);
  gtk_widget_init_template (GTK_WIDGET (self));
}

LkSampleViewer *
lk_sample_viewer_new (LkTrainingRun *run,
                      const char    *path)
{
  LkSampleViewer *self = g_object_new (LK_TYPE_SAMPLE_VIEWER, NULL);
  GListModel *samples = lk_training_run_get_samples (run);
  g_auto (GStrv) prompts = lk_samples_dup_prompts (lk_training_run_get_run (run));
  guint step, index, wanted = 0;

  lk_samples_parse_path (path, &step, &wanted);
  for (guint i = 0; i < g_list_model_get_n_items (samples); i++)
    {
      g_autoptr (GtkStringObject) object = g_list_model_get_item (samples, i);
      const char *other = gtk_string_object_get_string (object);

      if (!lk_samples_parse_path (other, &step, &index) || index != wanted)
        continue;
      if (step == 0)
        {
          g_set_str (&self->base_path, other);
          continue;
        }
      if (g_str_equal (other, path))
        self->at = self->paths->len;
      g_ptr_array_add (self->paths, g_strdup (other));
    }

  gtk_widget_set_visible (self->before, self->base_path != NULL && self->paths->len > 0);
  if (self->base_path != NULL)
    lk_sample_picture_load (self->base, self->base_path, 0);
  if (wanted < g_strv_length (prompts))
    adw_window_title_set_subtitle (self->heading, prompts[wanted]);
  show (self);
  return self;
}
