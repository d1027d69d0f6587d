#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>

#include "app/training/lk-run-view.h"
#include "app/widgets/lk-plot.h"

#define SAMPLE_SIZE 128         /* pixels of a picture in the strip */

struct _LkRunView
{
  AdwBin             parent_instance;

  LkWorkspace       *workspace;     /* owned */
  LkTrainingRun     *run;           /* owned; NULL for none */
  GSignalGroup      *signals;       /* owned: of the run */
  GPtrArray         *lora_rows;     /* GtkWidget, not owned */

  LkPlot            *loss;
  LkPlot            *learning_rate;
  LkPlot            *grad_norm;
  LkPlot            *seconds;
  GtkToggleButton   *log_scale;
  AdwPreferencesGroup *loras;
  GtkButton         *pause;
  GtkProgressBar    *progress;
  GtkButton         *resume;
  GtkButton         *save;
  GtkBox            *samples;
  GtkWidget         *samples_group;
  GtkLabel          *state;
  GtkButton         *stop;
  GtkLabel          *text;
};

G_DEFINE_FINAL_TYPE (LkRunView, lk_run_view, ADW_TYPE_BIN)

/* ---- samples --------------------------------------------------------------------------------------------------- */

static void
load_thread (GTask        *task,
             gpointer      source,
             gpointer      path,
             GCancellable *cancellable)
{
  GError *error = NULL;
  GdkTexture *texture = gdk_texture_new_from_filename (path, &error);

  if (texture == NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, texture, g_object_unref);
}

static void
loaded_cb (GObject      *object,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_autoptr (GdkTexture) texture = g_task_propagate_pointer (G_TASK (result), NULL);

  if (texture != NULL)
    gtk_picture_set_paintable (GTK_PICTURE (object), GDK_PAINTABLE (texture));
}

static void
open_sample_cb (GtkButton *button,
                gpointer   user_data)
{
  g_autoptr (GFile) file = g_file_new_for_path (g_object_get_data (G_OBJECT (button), "path"));
  g_autoptr (GtkFileLauncher) launcher = gtk_file_launcher_new (file);

  gtk_file_launcher_launch (launcher, GTK_WINDOW (gtk_widget_get_root (GTK_WIDGET (button))), NULL, NULL, NULL);
}

static GtkWidget *
make_sample (const char *path)
{
  GtkWidget *button = gtk_button_new (), *picture = gtk_picture_new ();
  g_autofree char *name = g_path_get_basename (path);
  g_autofree char *words = g_strdup_printf (_("Sample %s"), name);
  g_autoptr (GTask) task = g_task_new (picture, NULL, loaded_cb, NULL);

  gtk_widget_set_size_request (picture, SAMPLE_SIZE, SAMPLE_SIZE);
  gtk_picture_set_content_fit (GTK_PICTURE (picture), GTK_CONTENT_FIT_COVER);
  gtk_button_set_child (GTK_BUTTON (button), picture);
  gtk_widget_add_css_class (button, "flat");
  gtk_widget_set_tooltip_text (button, name);
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, words, -1);
  g_object_set_data_full (G_OBJECT (button), "path", g_strdup (path), g_free);
  g_signal_connect (button, "clicked", G_CALLBACK (open_sample_cb), NULL);

  g_task_set_task_data (task, g_strdup (path), g_free);
  g_task_run_in_thread (task, load_thread);
  return button;
}

static void
update_samples (LkRunView *self)
{
  GListModel *samples = self->run != NULL ? lk_training_run_get_samples (self->run) : NULL;
  guint n = samples != NULL ? g_list_model_get_n_items (samples) : 0, shown = 0;
  GtkWidget *child;

  for (child = gtk_widget_get_first_child (GTK_WIDGET (self->samples)); child != NULL; child = gtk_widget_get_next_sibling (child))
    shown++;
  for (guint i = shown; i < n; i++)
    {
      g_autoptr (GtkStringObject) path = g_list_model_get_item (samples, i);

      gtk_box_append (self->samples, make_sample (gtk_string_object_get_string (path)));
    }
  gtk_widget_set_visible (self->samples_group, n > 0);
}

/* ---- LoRAs ----------------------------------------------------------------------------------------------------- */

static void
show_cb (GtkButton *button,
         LkRunView *self)
{
  g_autoptr (GFile) file = g_file_new_for_path (g_object_get_data (G_OBJECT (button), "path"));
  g_autoptr (GtkFileLauncher) launcher = gtk_file_launcher_new (file);

  gtk_file_launcher_open_containing_folder (launcher, GTK_WINDOW (gtk_widget_get_root (GTK_WIDGET (self))), NULL, NULL, NULL);
}

static void
copied_cb (GObject      *object,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_autoptr (LkRunView) self = user_data;
  g_autoptr (GError) error = NULL;

  if (g_file_copy_finish (G_FILE (object), result, &error))
    lk_workspace_say (self->workspace, _("The LoRA was saved."));
  else
    lk_workspace_say (self->workspace, error->message);
}

static void
chosen_cb (GObject      *object,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_autoptr (LkRunView) self = user_data;
  g_autoptr (GFile) target = gtk_file_dialog_save_finish (GTK_FILE_DIALOG (object), result, NULL);
  g_autoptr (GFile) source = NULL;

  if (target == NULL)
    return;
  source = g_file_new_for_path (g_object_get_data (object, "path"));
  g_file_copy_async (source, target, G_FILE_COPY_OVERWRITE, G_PRIORITY_DEFAULT, NULL, NULL, NULL, copied_cb, g_steal_pointer (&self));
}

static void
save_as_cb (GtkButton *button,
            LkRunView *self)
{
  const char *path = g_object_get_data (G_OBJECT (button), "path");
  g_autofree char *name = g_path_get_basename (path);
  g_autoptr (GtkFileDialog) dialog = gtk_file_dialog_new ();

  gtk_file_dialog_set_title (dialog, _("Save LoRA As"));
  gtk_file_dialog_set_initial_name (dialog, name);
  g_object_set_data_full (G_OBJECT (dialog), "path", g_strdup (path), g_free);
  gtk_file_dialog_save (dialog, GTK_WINDOW (gtk_widget_get_root (GTK_WIDGET (self))), NULL, chosen_cb, g_object_ref (self));
}

static GtkWidget *
make_row_button (LkRunView  *self,
                 const char *path,
                 const char *icon,
                 const char *words,
                 GCallback   callback)
{
  GtkWidget *button = gtk_button_new_from_icon_name (icon);

  gtk_widget_set_tooltip_text (button, words);
  gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
  gtk_widget_add_css_class (button, "flat");
  g_object_set_data_full (G_OBJECT (button), "path", g_strdup (path), g_free);
  g_signal_connect (button, "clicked", callback, self);
  return button;
}

static void
update_loras (LkRunView *self)
{
  GListModel *loras = self->run != NULL ? lk_training_run_get_loras (self->run) : NULL;
  guint n = loras != NULL ? g_list_model_get_n_items (loras) : 0;

  for (guint i = self->lora_rows->len; i < n; i++)
    {
      g_autoptr (GtkStringObject) object = g_list_model_get_item (loras, i);
      const char *path = gtk_string_object_get_string (object);
      g_autofree char *name = g_path_get_basename (path);
      GtkWidget *row = adw_action_row_new ();

      adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (row), FALSE);
      adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), name);
      adw_action_row_add_suffix (ADW_ACTION_ROW (row),
                                 make_row_button (self, path, "folder-symbolic", _("Show in Files"), G_CALLBACK (show_cb)));
      adw_action_row_add_suffix (ADW_ACTION_ROW (row),
                                 make_row_button (self, path, "document-save-as-symbolic", _("Save LoRA As…"), G_CALLBACK (save_as_cb)));
      adw_preferences_group_add (self->loras, row);
      g_ptr_array_add (self->lora_rows, row);
    }
  gtk_widget_set_visible (GTK_WIDGET (self->loras), n > 0);
}

/* ---- state ----------------------------------------------------------------------------------------------------- */

static void
update (LkRunView *self)
{
  LkTrainingState state;
  gboolean is_active, is_read_only;

  if (self->run == NULL)
    return;

  state = lk_training_run_get_state (self->run);
  is_active = lk_training_run_is_active (self->run);
  is_read_only = lk_project_is_read_only (lk_workspace_get_project (self->workspace));

  gtk_label_set_label (self->state, lk_training_run_get_state_title (self->run));
  gtk_label_set_label (self->text, lk_training_run_get_text (self->run));
  gtk_progress_bar_set_fraction (self->progress, lk_training_run_get_fraction (self->run));
  gtk_widget_set_visible (GTK_WIDGET (self->pause), is_active && state != LK_TRAINING_PAUSED);
  gtk_widget_set_sensitive (GTK_WIDGET (self->pause), state == LK_TRAINING_RUNNING || state == LK_TRAINING_PREPARING);
  gtk_widget_set_visible (GTK_WIDGET (self->resume), state == LK_TRAINING_PAUSED || state == LK_TRAINING_IDLE);
  gtk_widget_set_sensitive (GTK_WIDGET (self->resume), !is_read_only);
  gtk_widget_set_visible (GTK_WIDGET (self->stop), is_active);
  gtk_widget_set_sensitive (GTK_WIDGET (self->stop), state != LK_TRAINING_STOPPING);
  gtk_widget_set_visible (GTK_WIDGET (self->save), is_active);
  gtk_widget_set_sensitive (GTK_WIDGET (self->save), state == LK_TRAINING_RUNNING);
  update_samples (self);
  update_loras (self);
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

void
lk_run_view_set_run (LkRunView     *self,
                     LkTrainingRun *run)
{
  GtkWidget *child;

  g_return_if_fail (LK_IS_RUN_VIEW (self));

  if (!g_set_object (&self->run, run))
    return;

  lk_plot_clear (self->loss);
  lk_plot_clear (self->learning_rate);
  lk_plot_clear (self->grad_norm);
  lk_plot_clear (self->seconds);
  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self->samples))) != NULL)
    gtk_box_remove (self->samples, child);
  for (guint i = 0; i < self->lora_rows->len; i++)
    adw_preferences_group_remove (self->loras, g_ptr_array_index (self->lora_rows, i));
  g_ptr_array_set_size (self->lora_rows, 0);

  g_signal_group_set_target (self->signals, run);
  if (run == NULL)
    return;

  lk_plot_add_series (self->loss, lk_training_run_get_loss (run), LK_PLOT_FAINT);
  lk_plot_add_series (self->loss, lk_training_run_get_smoothed_loss (run), LK_PLOT_MAIN);
  lk_plot_add_series (self->learning_rate, lk_training_run_get_learning_rate (run), LK_PLOT_MAIN);
  lk_plot_add_series (self->grad_norm, lk_training_run_get_grad_norm (run), LK_PLOT_MAIN);
  lk_plot_add_series (self->seconds, lk_training_run_get_seconds (run), LK_PLOT_MAIN);
  update (self);
}

void
lk_run_view_compare (LkRunView     *self,
                     LkTrainingRun *other)
{
  LkTrainingRun *run = self->run;

  g_return_if_fail (LK_IS_RUN_VIEW (self));

  lk_plot_clear (self->loss);
  if (run != NULL)
    {
      lk_plot_add_series (self->loss, lk_training_run_get_loss (run), LK_PLOT_FAINT);
      lk_plot_add_series (self->loss, lk_training_run_get_smoothed_loss (run), LK_PLOT_MAIN);
    }
  if (other != NULL)
    lk_plot_add_series (self->loss, lk_training_run_get_smoothed_loss (other), LK_PLOT_COMPARED);
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
  g_clear_object (&self->workspace);
  g_clear_pointer (&self->lora_rows, g_ptr_array_unref);

  G_OBJECT_CLASS (lk_run_view_parent_class)->dispose (object);
}

static void
lk_run_view_class_init (LkRunViewClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = lk_run_view_dispose;

  g_type_ensure (LK_TYPE_PLOT);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/likeness/Likeness/lk-run-view.ui");
  gtk_widget_class_bind_template_child (widget_class, LkRunView, grad_norm);
  gtk_widget_class_bind_template_child (widget_class, LkRunView, learning_rate);
  gtk_widget_class_bind_template_child (widget_class, LkRunView, log_scale);
  gtk_widget_class_bind_template_child (widget_class, LkRunView, loras);
  gtk_widget_class_bind_template_child (widget_class, LkRunView, loss);
  gtk_widget_class_bind_template_child (widget_class, LkRunView, pause);
  gtk_widget_class_bind_template_child (widget_class, LkRunView, progress);
  gtk_widget_class_bind_template_child (widget_class, LkRunView, resume);
  gtk_widget_class_bind_template_child (widget_class, LkRunView, samples);
  gtk_widget_class_bind_template_child (widget_class, LkRunView, samples_group);
  gtk_widget_class_bind_template_child (widget_class, LkRunView, save);
  gtk_widget_class_bind_template_child (widget_class, LkRunView, seconds);
  gtk_widget_class_bind_template_child (widget_class, LkRunView, state);
  gtk_widget_class_bind_template_child (widget_class, LkRunView, stop);
  gtk_widget_class_bind_template_child (widget_class, LkRunView, text);
  gtk_widget_class_bind_template_callback (widget_class, log_scale_cb);
  gtk_widget_class_bind_template_callback (widget_class, pause_cb);
  gtk_widget_class_bind_template_callback (widget_class, resume_cb);
  gtk_widget_class_bind_template_callback (widget_class, save_cb);
  gtk_widget_class_bind_template_callback (widget_class, stop_cb);

  gtk_widget_class_install_action (widget_class, "run.export-plot", "s", export_action);
}

static void
lk_run_view_init (LkRunView *self)
{
  self->lora_rows = g_ptr_array_new ();
  self->signals = g_signal_group_new (LK_TYPE_TRAINING_RUN);
  g_signal_group_connect_swapped (self->signals, "changed", G_CALLBACK (update), self);

  gtk_widget_init_template (GTK_WIDGET (self));
  lk_plot_set_title (self->loss, _("Loss"));
  lk_plot_set_title (self->learning_rate, _("Learning Rate"));
  lk_plot_set_title (self->grad_norm, _("Gradient Norm"));
  lk_plot_set_title (self->seconds, _("Step Time"));
}

LkRunView *
lk_run_view_new (LkWorkspace *workspace)
{
  LkRunView *self = g_object_new (LK_TYPE_RUN_VIEW, NULL);

  self->workspace = g_object_ref (workspace);
  return self;
}
