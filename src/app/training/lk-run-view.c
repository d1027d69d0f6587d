#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>

#include "app/training/lk-lora-list.h"
#include "app/training/lk-run-insight.h"
#include "app/training/lk-run-record.h"
#include "app/training/lk-run-view.h"
#include "app/training/lk-sample-strip.h"
#include "app/widgets/lk-plot.h"

struct _LkRunView
{
  AdwBin             parent_instance;

  LkWorkspace       *workspace;     /* owned */
  LkTrainingRun     *run;           /* owned; NULL for none */
  LkTrainingRun     *compared;      /* owned; NULL for none */
  GSignalGroup      *signals;       /* owned: of the run */

  GtkLabel          *device;
  LkPlot            *grad_norm;
  LkRunInsight      *insight;
  LkPlot            *learning_rate;
  GtkLabel          *legend;
  GtkToggleButton   *log_scale;
  LkLoraList        *loras;
  LkPlot            *loss;
  LkPlot            *memory;
  GtkLabel          *note;
  GtkButton         *pause;
  GtkProgressBar    *progress;
  LkRunRecord       *record;
  GtkButton         *resume;
  GtkButton         *sample;
  LkSampleStrip     *samples;
  GtkButton         *save;
  LkPlot            *seconds;
  GtkLabel          *state;
  GtkButton         *stop;
  GtkLabel          *text;
};

G_DEFINE_FINAL_TYPE (LkRunView, lk_run_view, ADW_TYPE_BIN)

enum { RETRAIN, N_SIGNALS };

static guint signals[N_SIGNALS];

/* ---- state ----------------------------------------------------------------------------------------------------- */

/* What is said in words under the loss: which line is which. */
static void
update_legend (LkRunView *self)
{
  LkRunCurves *curves = lk_training_run_get_curves (self->run);
  g_autoptr (GString) words = g_string_new (_("Faint: each step · strong: their average"));

  if (lk_series_get_n_points (curves->trained) > 0)
    g_string_append (words, _(" · dashed: on always the same noise"));
  if (lk_series_get_n_points (curves->held_out) > 0)
    g_string_append (words, _(" · dotted: pictures held out"));
  if (self->compared != NULL)
    g_string_append_printf (words, _(" · grey: “%s”"), lk_training_run_get_name (self->compared));
  if (g_strcmp0 (gtk_label_get_label (self->legend), words->str) != 0)
    gtk_label_set_label (self->legend, words->str);
}

static void
update (LkRunView *self)
{
  LkTrainingState state;
  gboolean is_active, is_read_only, can_command;
  const char *device, *note;

  if (self->run == NULL)
    return;

  state = lk_training_run_get_state (self->run);
  is_active = lk_training_run_is_active (self->run);
  is_read_only = lk_project_is_read_only (lk_workspace_get_project (self->workspace));
  can_command = state == LK_TRAINING_RUNNING || state == LK_TRAINING_PAUSED;
  device = lk_training_run_get_device (self->run);
  note = lk_training_run_get_note (self->run);

  gtk_label_set_label (self->state, lk_training_run_get_state_title (self->run));
  gtk_label_set_label (self->text, lk_training_run_get_text (self->run));
  gtk_label_set_label (self->device, device != NULL ? device : "");
  gtk_widget_set_visible (GTK_WIDGET (self->device), device != NULL);
  gtk_label_set_label (self->note, note != NULL ? note : "");
  gtk_widget_set_visible (GTK_WIDGET (self->note), note != NULL);
  gtk_progress_bar_set_fraction (self->progress, lk_training_run_get_fraction (self->run));
  gtk_widget_set_visible (GTK_WIDGET (self->pause), is_active && state != LK_TRAINING_PAUSED);
  gtk_widget_set_sensitive (GTK_WIDGET (self->pause), state == LK_TRAINING_RUNNING || state == LK_TRAINING_PREPARING);
  gtk_widget_set_visible (GTK_WIDGET (self->resume), state == LK_TRAINING_PAUSED || state == LK_TRAINING_IDLE);
  gtk_widget_set_sensitive (GTK_WIDGET (self->resume), !is_read_only);
  gtk_widget_set_visible (GTK_WIDGET (self->stop), is_active);
  gtk_widget_set_sensitive (GTK_WIDGET (self->stop), state != LK_TRAINING_STOPPING);
  gtk_widget_set_visible (GTK_WIDGET (self->save), is_active);
  gtk_widget_set_sensitive (GTK_WIDGET (self->save), can_command);
  gtk_widget_set_visible (GTK_WIDGET (self->sample), is_active);
  gtk_widget_set_sensitive (GTK_WIDGET (self->sample), can_command);
  update_legend (self);
  lk_run_insight_update (self->insight, self->run);
}

static void
pause_cb (LkRunView *self)
{
  lk_training_run_pause (self->run);
}

static void
resume_cb (LkRunView *self)
{
  g_autoptr (LkEngine) engine = lk_engine_get_default ();
  g_autoptr (GError) error = NULL;

  if (lk_training_run_get_state (self->run) == LK_TRAINING_PAUSED)
    lk_training_run_resume (self->run);
  else if (!lk_training_run_start (self->run, engine, lk_workspace_get_project (self->workspace), &error))
    lk_workspace_say (self->workspace, error->message);
}

static void
save_cb (LkRunView *self)
{
  lk_training_run_save (self->run);
}

static void
sample_cb (LkRunView *self)
{
  lk_training_run_sample (self->run);
}

static void
retrain_cb (LkRunView *self,
            guint      steps)
{
  g_signal_emit (self, signals[RETRAIN], 0, steps);
}

static void
use_step_cb (LkRunView *self,
             guint      step)
{
  lk_lora_list_use_step (self->loras, step);
}

static void
stop_cb (LkRunView *self)
{
  lk_training_run_stop (self->run);
}

static void
log_scale_cb (LkRunView *self)
{
  lk_plot_set_log_scale (self->loss, gtk_toggle_button_get_active (self->log_scale));
}

/* ---- export ---------------------------------------------------------------------------------------------------- */

static void
exported_cb (GObject      *object,
             GAsyncResult *result,
             gpointer      user_data)
{
  g_autoptr (LkRunView) self = user_data;
  g_autoptr (GError) error = NULL;

  if (g_file_replace_contents_finish (G_FILE (object), result, NULL, &error))
    lk_workspace_say (self->workspace, _("The plot was saved."));
  else
    lk_workspace_say (self->workspace, error->message);
}

static void
export_chosen_cb (GObject      *object,
                  GAsyncResult *result,
                  gpointer      user_data)
{
  g_autoptr (LkRunView) self = user_data;
  g_autoptr (GFile) file = gtk_file_dialog_save_finish (GTK_FILE_DIALOG (object), result, NULL);
  g_autofree char *name = file != NULL ? g_file_get_basename (file) : NULL;
  g_autoptr (GBytes) bytes = NULL;

  if (file == NULL)
    return;

  if (g_str_has_suffix (name, ".csv"))
    {
      char *csv = lk_plot_to_csv (self->loss);

      bytes = g_bytes_new_take (csv, strlen (csv));
    }
  else
    bytes = lk_plot_to_png (self->loss);
  g_file_replace_contents_bytes_async (file, bytes, NULL, FALSE, G_FILE_CREATE_REPLACE_DESTINATION, NULL, exported_cb, g_steal_pointer (&self));
}

static void
export_action (GtkWidget  *widget,
               const char *action_name,
               GVariant   *parameter)
{
  LkRunView *self = LK_RUN_VIEW (widget);
  g_autoptr (GtkFileDialog) dialog = gtk_file_dialog_new ();
  g_autofree char *name = g_strdup_printf ("loss.%s", g_variant_get_string (parameter, NULL));

  gtk_file_dialog_set_title (dialog, _("Save Plot"));
  gtk_file_dialog_set_initial_name (dialog, name);
  gtk_file_dialog_save (dialog, GTK_WINDOW (gtk_widget_get_root (widget)), NULL, export_chosen_cb, g_object_ref (self));
}

/* ---- widget ---------------------------------------------------------------------------------------------------- */

static void
fill_loss (LkRunView *self)
{
  LkRunCurves *curves;

  lk_plot_clear (self->loss);
  if (self->run == NULL)
    return;
  curves = lk_training_run_get_curves (self->run);
  lk_plot_add_series (self->loss, curves->loss, LK_PLOT_FAINT);
  lk_plot_add_series (self->loss, curves->smoothed, LK_PLOT_MAIN);
  lk_plot_add_series (self->loss, curves->trained, LK_PLOT_SECOND);
  lk_plot_add_series (self->loss, curves->held_out, LK_PLOT_THIRD);
  if (self->compared != NULL)
    lk_plot_add_series (self->loss, lk_training_run_get_curves (self->compared)->smoothed, LK_PLOT_COMPARED);
}

void
lk_run_view_set_run (LkRunView     *self,
                     LkTrainingRun *run)
{
  const struct { LkPlot *plot; gsize offset; } plots[] = {
    { self->learning_rate, G_STRUCT_OFFSET (LkRunCurves, learning_rate) },
    { self->grad_norm, G_STRUCT_OFFSET (LkRunCurves, grad_norm) },
    { self->seconds, G_STRUCT_OFFSET (LkRunCurves, seconds) },
    { self->memory, G_STRUCT_OFFSET (LkRunCurves, memory) },
  };

  g_return_if_fail (LK_IS_RUN_VIEW (self));

  if (!g_set_object (&self->run, run))
    return;

  g_clear_object (&self->compared);
  fill_loss (self);
  for (guint i = 0; i < G_N_ELEMENTS (plots); i++)
    {
      lk_plot_clear (plots[i].plot);
      if (run != NULL)
        lk_plot_add_series (plots[i].plot, G_STRUCT_MEMBER (LkSeries *, lk_training_run_get_curves (run), plots[i].offset), LK_PLOT_MAIN);
    }
  lk_sample_strip_set_run (self->samples, run);
  lk_lora_list_set_run (self->loras, run);
  lk_run_record_set_run (self->record, run);
  g_signal_group_set_target (self->signals, run);
  update (self);
}

void
lk_run_view_compare (LkRunView     *self,
                     LkTrainingRun *other)
{
  g_return_if_fail (LK_IS_RUN_VIEW (self));

  g_set_object (&self->compared, other);
  fill_loss (self);
  if (self->run != NULL)
    update_legend (self);
}

static void
lk_run_view_dispose (GObject *object)
{
  LkRunView *self = LK_RUN_VIEW (object);

  if (self->signals != NULL)
    g_signal_group_set_target (self->signals, NULL);
  g_clear_object (&self->signals);
  gtk_widget_dispose_template (GTK_WIDGET (self), LK_TYPE_RUN_VIEW);
  g_clear_object (&self->run);
  g_clear_object (&self->compared);
  g_clear_object (&self->workspace);

  G_OBJECT_CLASS (lk_run_view_parent_class)->dispose (object);
}

static void
lk_run_view_class_init (LkRunViewClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = lk_run_view_dispose;

  signals[RETRAIN] = g_signal_new ("retrain", LK_TYPE_RUN_VIEW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_UINT);

  g_type_ensure (LK_TYPE_LORA_LIST);
  g_type_ensure (LK_TYPE_PLOT);
  g_type_ensure (LK_TYPE_RUN_INSIGHT);
  g_type_ensure (LK_TYPE_RUN_RECORD);
  g_type_ensure (LK_TYPE_SAMPLE_STRIP);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/likeness/Likeness/lk-run-view.ui");
  gtk_widget_class_bind_template_child (widget_class, LkRunView, device);
  gtk_widget_class_bind_template_child (widget_class, LkRunView, grad_norm);
  gtk_widget_class_bind_template_child (widget_class, LkRunView, insight);
  gtk_widget_class_bind_template_child (widget_class, LkRunView, learning_rate);
  gtk_widget_class_bind_template_child (widget_class, LkRunView, legend);
  gtk_widget_class_bind_template_child (widget_class, LkRunView, log_scale);
  gtk_widget_class_bind_template_child (widget_class, LkRunView, loras);
  gtk_widget_class_bind_template_child (widget_class, LkRunView, loss);
  gtk_widget_class_bind_template_child (widget_class, LkRunView, memory);
  gtk_widget_class_bind_template_child (widget_class, LkRunView, note);
  gtk_widget_class_bind_template_child (widget_class, LkRunView, pause);
  gtk_widget_class_bind_template_child (widget_class, LkRunView, progress);
  gtk_widget_class_bind_template_child (widget_class, LkRunView, record);
  gtk_widget_class_bind_template_child (widget_class, LkRunView, resume);
  gtk_widget_class_bind_template_child (widget_class, LkRunView, sample);
  gtk_widget_class_bind_template_child (widget_class, LkRunView, samples);
  gtk_widget_class_bind_template_child (widget_class, LkRunView, save);
  gtk_widget_class_bind_template_child (widget_class, LkRunView, seconds);
  gtk_widget_class_bind_template_child (widget_class, LkRunView, state);
  gtk_widget_class_bind_template_child (widget_class, LkRunView, stop);
  gtk_widget_class_bind_template_child (widget_class, LkRunView, text);
  gtk_widget_class_bind_template_callback (widget_class, log_scale_cb);
  gtk_widget_class_bind_template_callback (widget_class, pause_cb);
  gtk_widget_class_bind_template_callback (widget_class, resume_cb);
  gtk_widget_class_bind_template_callback (widget_class, retrain_cb);
  gtk_widget_class_bind_template_callback (widget_class, sample_cb);
  gtk_widget_class_bind_template_callback (widget_class, save_cb);
  gtk_widget_class_bind_template_callback (widget_class, stop_cb);
  gtk_widget_class_bind_template_callback (widget_class, use_step_cb);

  gtk_widget_class_install_action (widget_class, "run.export-plot", "s", export_action);
}

static void
lk_run_view_init (LkRunView *self)
{
  self->signals = g_signal_group_new (LK_TYPE_TRAINING_RUN);
  g_signal_group_connect_swapped (self->signals, "changed", G_CALLBACK (update), self);

  gtk_widget_init_template (GTK_WIDGET (self));
  lk_plot_set_title (self->loss, _("Loss"));
  lk_plot_set_title (self->learning_rate, _("Learning Rate"));
  lk_plot_set_title (self->grad_norm, _("Gradient Norm"));
  lk_plot_set_title (self->seconds, _("Step Time"));
  lk_plot_set_title (self->memory, _("Memory"));
}

LkRunView *
lk_run_view_new (LkWorkspace *workspace)
{
  LkRunView *self = g_object_new (LK_TYPE_RUN_VIEW, NULL);

  self->workspace = g_object_ref (workspace);
  lk_lora_list_set_workspace (self->loras, workspace);
  lk_run_record_set_workspace (self->record, workspace);
  return self;
}
