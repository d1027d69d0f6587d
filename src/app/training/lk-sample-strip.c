#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>

#include "app/training/lk-sample-picture.h"
#include "app/training/lk-sample-strip.h"
#include "app/training/lk-sample-viewer.h"
#include "train/lk-samples.h"

#define SIDE 128                /* of a picture */

struct _LkSampleStrip
{
  AdwBin         parent_instance;

  LkTrainingRun *run;           /* owned; NULL for none */
  GSignalGroup  *signals;       /* owned: of the run's samples */
  GArray        *steps;         /* guint: of the columns, rising */

  GtkGrid       *grid;
};

G_DEFINE_FINAL_TYPE (LkSampleStrip, lk_sample_strip, ADW_TYPE_BIN)

static void
clicked_cb (GtkButton     *button,
            LkSampleStrip *self)
{
  adw_dialog_present (ADW_DIALOG (lk_sample_viewer_new (self->run, g_object_get_data (G_OBJECT (button), "path"))), GTK_WIDGET (self));
}

static GtkWidget *
make_sample (LkSampleStrip *self,
             const char    *path,
             guint          step,
             const char    *prompt)
{
  GtkWidget *button = gtk_button_new (), *picture = gtk_picture_new (), *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 3);
  g_autofree char *title = step > 0 ? g_strdup_printf (_("Step %u"), step) : g_strdup (_("Base model"));
  g_autofree char *words = g_strdup_printf ("%s: %s", title, prompt);
  GtkWidget *label = gtk_label_new (title);

  gtk_widget_set_size_request (picture, SIDE, SIDE);
  gtk_picture_set_content_fit (GTK_PICTURE (picture), GTK_CONTENT_FIT_COVER);
  gtk_widget_add_css_class (label, "caption");
  gtk_widget_add_css_class (label, "numeric");
  gtk_box_append (GTK_BOX (box), picture);
  gtk_box_append (GTK_BOX (box), label);
  gtk_button_set_child (GTK_BUTTON (button), box);
  gtk_widget_add_css_class (button, "flat");
  gtk_widget_set_tooltip_text (button, words);
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, words, -1);
  g_object_set_data_full (G_OBJECT (button), "path", g_strdup (path), g_free);
  g_signal_connect (button, "clicked", G_CALLBACK (clicked_cb), self);
  lk_sample_picture_load (GTK_PICTURE (picture), path, SIDE);
  return button;
}

/* The column of a step; a new one is put where it belongs. */
static int
get_column (LkSampleStrip *self,
            guint          step)
{
  guint at = 0;

  while (at < self->steps->len && g_array_index (self->steps, guint, at) < step)
    at++;
  if (at == self->steps->len || g_array_index (self->steps, guint, at) != step)
    {
      g_array_insert_val (self->steps, at, step);
      gtk_grid_insert_column (self->grid, (int) at);
    }
  return (int) at;
}

static void
add_samples (LkSampleStrip *self,
             GListModel    *samples,
             guint          first,
             guint          n)
{
  g_auto (GStrv) prompts = lk_samples_dup_prompts (lk_training_run_get_run (self->run));

  for (guint i = first; i < first + n; i++)
    {
      g_autoptr (GtkStringObject) object = g_list_model_get_item (samples, i);
      const char *path = gtk_string_object_get_string (object);
      guint step, index;
      int column;

      if (!lk_samples_parse_path (path, &step, &index))
        continue;
      column = get_column (self, step);
      if (gtk_grid_get_child_at (self->grid, column, (int) index) == NULL)
        gtk_grid_attach (self->grid, make_sample (self, path, step, index < g_strv_length (prompts) ? prompts[index] : ""), column, (int) index, 1, 1);
    }
  gtk_widget_set_visible (GTK_WIDGET (self), self->steps->len > 0);
}

static void
items_changed_cb (LkSampleStrip *self,
                  guint          position,
                  guint          removed,
                  guint          added,
                  GListModel    *samples)
{
  add_samples (self, samples, position, added);
}

void
lk_sample_strip_set_run (LkSampleStrip *self,
                         LkTrainingRun *run)
{
  GListModel *samples = run != NULL ? lk_training_run_get_samples (run) : NULL;
  GtkWidget *child;

  g_return_if_fail (LK_IS_SAMPLE_STRIP (self));

  if (!g_set_object (&self->run, run))
    return;
  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self->grid))) != NULL)
    gtk_grid_remove (self->grid, child);
  g_array_set_size (self->steps, 0);
  gtk_widget_set_visible (GTK_WIDGET (self), FALSE);
  g_signal_group_set_target (self->signals, samples);
  if (samples != NULL)
    add_samples (self, samples, 0, g_list_model_get_n_items (samples));
}

static void
lk_sample_strip_dispose (GObject *object)
{
  LkSampleStrip *self = LK_SAMPLE_STRIP (object);

  if (self->signals != NULL)
    g_signal_group_set_target (self->signals, NULL);
  g_clear_object (&self->signals);
  gtk_widget_dispose_template (GTK_WIDGET (self), LK_TYPE_SAMPLE_STRIP);
  g_clear_object (&self->run);
  g_clear_pointer (&self->steps, g_array_unref);

  G_OBJECT_CLASS (lk_sample_strip_parent_class)->dispose (object);
}

static void
lk_sample_strip_class_init (LkSampleStripClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = lk_sample_strip_dispose;

  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/likeness/Likeness/lk-sample-strip.ui");
  gtk_widget_class_bind_template_child (widget_class, LkSampleStrip, grid);
}

static void
lk_sample_strip_init (LkSampleStrip *self)
{
  self->steps = g_array_new (FALSE, FALSE, sizeof (guint));
  self->signals = g_signal_group_new (G_TYPE_LIST_MODEL);
  g_signal_group_connect_swapped (self->signals, "items-changed", G_CALLBACK (items_changed_cb), self);
  gtk_widget_init_template (GTK_WIDGET (self));
}
