#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>

#include "app/training/lk-queue-list.h"
#include "app/training/lk-run-row.h"
#include "app/training/lk-run-view.h"
#include "app/training/lk-settings-files.h"
#include "app/training/lk-training-form.h"
#include "app/training/lk-training-page.h"
#include "base/lk-file.h"
#include "generate/lk-recipe.h"
#include "train/lk-training-advice.h"

struct _LkTrainingPage
{
  AdwBin               parent_instance;

  LkWorkspace         *workspace;     /* owned */
  GListStore          *runs;          /* owned: LkTrainingRun, newest first */
  LkTrainingForm      *form;          /* in the stack */
  LkRunView           *view;          /* in the stack */
  LkTrainingRun       *shown;         /* in `runs`; NULL: the form */

  GMenu               *compare_menu;
  GtkMenuButton       *form_button;
  AdwBanner           *interrupted;
  GtkMenuButton       *menu_button;
  GtkListBoxRow       *new_row;
  GtkListBox          *rows;          /* New Run, then one a run */
  AdwOverlaySplitView *split;
  GtkStack            *stack;
  AdwToastOverlay     *toasts;
};

G_DEFINE_FINAL_TYPE (LkTrainingPage, lk_training_page, ADW_TYPE_BIN)

/* ---- what is shown --------------------------------------------------------------------------------------------- */

static LkTrainingRun *
get_run (LkTrainingPage *self,
         guint           position)
{
  g_autoptr (LkTrainingRun) run = g_list_model_get_item (G_LIST_MODEL (self->runs), position);

  return run;     /* the list holds it */
}

static guint
find_run (LkTrainingPage *self,
          const char     *name)
{
  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (self->runs)); i++)
    if (g_strcmp0 (lk_training_run_get_name (get_run (self, i)), name) == 0)
      return i;
  return GTK_INVALID_LIST_POSITION;
}

static void
select_row (LkTrainingPage *self)
{
  guint position = self->shown != NULL ? find_run (self, lk_training_run_get_name (self->shown)) : GTK_INVALID_LIST_POSITION;

  gtk_list_box_select_row (self->rows, position != GTK_INVALID_LIST_POSITION ? gtk_list_box_get_row_at_index (self->rows, (int) position + 1)
                                                                             : self->new_row);
}

static void
fill_compare_menu (LkTrainingPage *self)
{
  g_menu_remove_all (self->compare_menu);
  g_menu_append (self->compare_menu, _("Nothing"), "training.compare('')");
  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (self->runs)); i++)
    {
      LkTrainingRun *run = get_run (self, i);
      g_autoptr (GMenuItem) item = g_menu_item_new (lk_training_run_get_name (run), NULL);

      if (run == self->shown)
        continue;
      g_menu_item_set_action_and_target (item, "training.compare", "s", lk_training_run_get_name (run));
      g_menu_append_item (self->compare_menu, item);
    }
}

static void
update_actions (LkTrainingPage *self)
{
  gboolean is_writable = !lk_project_is_read_only (lk_workspace_get_project (self->workspace));

  gtk_widget_set_visible (GTK_WIDGET (self->menu_button), self->shown != NULL);
  gtk_widget_set_visible (GTK_WIDGET (self->form_button), self->shown == NULL);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "training.import-settings", is_writable);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "training.reset-settings", is_writable);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "training.fork", self->shown != NULL && is_writable);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "training.show-folder", self->shown != NULL);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "training.trash",
                                 self->shown != NULL && is_writable && !lk_training_run_is_active (self->shown));
}

static void
show (LkTrainingPage *self,
      LkTrainingRun  *run)
{
  self->shown = run;
  lk_run_view_set_run (self->view, run);
  gtk_stack_set_visible_child (self->stack, run != NULL ? GTK_WIDGET (self->view) : GTK_WIDGET (self->form));
  select_row (self);
  fill_compare_menu (self);
  update_actions (self);
}

static void
row_activated_cb (LkTrainingPage *self,
                  GtkListBoxRow  *row)
{
  show (self, row == self->new_row ? NULL : lk_run_row_get_run (LK_RUN_ROW (row)));
  if (adw_overlay_split_view_get_collapsed (self->split))
    adw_overlay_split_view_set_show_sidebar (self->split, FALSE);
}

/* The first run that a crash has ended: NULL where there is none. */
static LkTrainingRun *
find_interrupted (LkTrainingPage *self)
{
  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (self->runs)); i++)
    if (lk_training_run_was_interrupted (get_run (self, i)))
      return get_run (self, i);
  return NULL;
}

static void
update_interrupted (LkTrainingPage *self)
{
  LkTrainingRun *run = lk_project_is_read_only (lk_workspace_get_project (self->workspace)) ? NULL : find_interrupted (self);

  if (run != NULL)
    {
      g_autofree char *title = g_strdup_printf (_("“%s” was interrupted. It can go on from step %u of %u."), lk_training_run_get_name (run),
                                                lk_run_get_step (lk_training_run_get_run (run)), lk_training_run_get_n_steps (run));

      adw_banner_set_title (self->interrupted, title);
    }
  adw_banner_set_revealed (self->interrupted, run != NULL);
}

/* A run is at work, or was just added or removed. */
static void
run_changed_cb (LkTrainingPage *self)
{
  double sample_time = 0;

  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (self->runs)) && sample_time == 0; i++)
    {
      const LkTrainSettings *settings = lk_run_get_settings (lk_training_run_get_run (get_run (self, i)));

      sample_time = lk_training_run_get_step_time (get_run (self, i)) / (settings->train_batch_size * settings->gradient_accumulation_steps);
    }
  lk_training_form_set_sample_time (self->form, sample_time);
  update_actions (self);
  if (adw_banner_get_revealed (self->interrupted))
    update_interrupted (self);
}

static LkTrainingRun *
insert_run (LkTrainingPage *self,
            guint           position,
            LkRun          *run)
{
  g_autoptr (LkTrainingRun) item = lk_training_run_new (run);

  g_signal_connect_object (item, "changed", G_CALLBACK (run_changed_cb), self, G_CONNECT_SWAPPED);
  g_list_store_insert (self->runs, position, item);
  gtk_list_box_insert (self->rows, GTK_WIDGET (lk_run_row_new (item)), (int) position + 1);
  return item;      /* the list holds it */
}

gboolean
lk_training_page_is_active (LkTrainingPage *self)
{
  g_return_val_if_fail (LK_IS_TRAINING_PAGE (self), FALSE);

  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (self->runs)); i++)
    if (lk_training_run_is_active (get_run (self, i)))
      return TRUE;
  return FALSE;
}

/* ---- acts ------------------------------------------------------------------------------------------------------ */

static void
start_cb (LkTrainingPage *self)
{
  LkProject *project = lk_workspace_get_project (self->workspace);
  g_autoptr (LkEngine) engine = lk_engine_get_default ();
  g_autoptr (LkDataSet) data_set = NULL;
  g_autoptr (LkRun) run = NULL;
  g_autoptr (GError) error = NULL;
  LkTrainingRun *item;

  run = lk_run_create_for_project (project, NULL, lk_training_form_get_settings (self->form), &data_set, &error);
  if (run == NULL)
    {
      lk_workspace_say (self->workspace, error->message);
      return;
    }

  item = insert_run (self, 0, run);
  if (!lk_training_run_start (item, engine, project, &error))
    lk_workspace_say (self->workspace, error->message);
  show (self, item);
}

static void
continue_cb (LkTrainingPage *self)
{
  LkTrainingRun *run = find_interrupted (self);
  g_autoptr (LkEngine) engine = lk_engine_get_default ();
  g_autoptr (GError) error = NULL;

  if (run == NULL)
    return;
  if (!lk_training_run_start (run, engine, lk_workspace_get_project (self->workspace), &error))
    lk_workspace_say (self->workspace, error->message);
  show (self, run);
  update_interrupted (self);
}

/* A new run like the one that is shown, of so many steps: the form is filled, and waits for Start. */
static void
retrain_cb (LkTrainingPage *self,
            guint           steps)
{
  g_autoptr (LkTrainSettings) settings = lk_train_settings_copy (lk_run_get_settings (lk_training_run_get_run (self->shown)));

  settings->max_train_steps = steps;
  lk_training_form_set_settings (self->form, settings);
  show (self, NULL);
}

static void
fork_action (GtkWidget  *widget,
             const char *action_name,
             GVariant   *parameter)
{
  LkTrainingPage *self = LK_TRAINING_PAGE (widget);

  lk_training_form_set_settings (self->form, lk_run_get_settings (lk_training_run_get_run (self->shown)));
  show (self, NULL);
}

static void
trashed_cb (GObject      *object,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autoptr (LkTrainingPage) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *name = g_file_get_basename (G_FILE (object));
  guint position = find_run (self, name);

  if (!g_file_move_finish (G_FILE (object), result, &error))
    {
      lk_workspace_say (self->workspace, error->message);
      return;
    }
  if (position == GTK_INVALID_LIST_POSITION)
    return;

  {
    AdwToast *toast = adw_toast_new (_("The run was moved to the project’s trash"));
    g_autofree char *path = g_file_get_path (g_object_get_data (G_OBJECT (object), "target"));

    adw_toast_set_button_label (toast, _("_Undo"));
    adw_toast_set_action_name (toast, "training.restore");
    adw_toast_set_action_target (toast, "(ss)", path, name);
    adw_toast_overlay_add_toast (self->toasts, toast);
  }
  if (get_run (self, position) == self->shown)
    show (self, NULL);
  g_list_store_remove (self->runs, position);
  gtk_list_box_remove (self->rows, GTK_WIDGET (gtk_list_box_get_row_at_index (self->rows, (int) position + 1)));
  show (self, self->shown);
}

static void
restored_cb (GObject      *object,
             GAsyncResult *result,
             gpointer      user_data)
{
  g_autoptr (LkTrainingPage) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *path = g_file_get_path (g_object_get_data (object, "target"));
  g_autoptr (LkRun) run = g_file_move_finish (G_FILE (object), result, &error) ? lk_run_open (path, &error) : NULL;
  guint position = 0;

  if (self->toasts == NULL)
    return;
  if (run == NULL)
    {
      lk_workspace_say (self->workspace, error->message);
      return;
    }
  while (position < g_list_model_get_n_items (G_LIST_MODEL (self->runs))
         && lk_run_get_created (lk_training_run_get_run (get_run (self, position))) > lk_run_get_created (run))
    position++;
  show (self, insert_run (self, position, run));
}

/* Moves a folder and tells `callback`, whose object is `from` with its "target". */
static void
move_folder (LkTrainingPage      *self,
             const char          *from,
             const char          *to,
             GAsyncReadyCallback  callback)
{
  g_autoptr (GFile) source = g_file_new_for_path (from), target = g_file_new_for_path (to);

  g_object_set_data_full (G_OBJECT (source), "target", g_object_ref (target), g_object_unref);
  g_file_move_async (source, target, G_FILE_COPY_NOFOLLOW_SYMLINKS, G_PRIORITY_DEFAULT, NULL, NULL, NULL, callback, g_object_ref (self));
}

static void
restore_action (GtkWidget  *widget,
                const char *action_name,
                GVariant   *parameter)
{
  LkTrainingPage *self = LK_TRAINING_PAGE (widget);
  g_autofree char *runs = lk_project_dup_path (lk_workspace_get_project (self->workspace), "runs"), *target = NULL;
  const char *trashed, *name;

  g_variant_get (parameter, "(&s&s)", &trashed, &name);
  target = g_build_filename (runs, name, NULL);
  move_folder (self, trashed, target, restored_cb);
}

/* To the project's own trash, beside removed pictures: a move within a folder, so that nothing is copied and nothing is lost. */
static void
trash_action (GtkWidget  *widget,
              const char *action_name,
              GVariant   *parameter)
{
  LkTrainingPage *self = LK_TRAINING_PAGE (widget);
  g_autofree char *trash = lk_project_dup_path (lk_workspace_get_project (self->workspace), "trash");
  g_autofree char *name = g_strdup_printf ("%s-%" G_GINT64_FORMAT, lk_training_run_get_name (self->shown), g_get_real_time ());
  g_autofree char *target = g_build_filename (trash, name, NULL);

  g_mkdir_with_parents (trash, 0755);
  move_folder (self, lk_run_get_folder (lk_training_run_get_run (self->shown)), target, trashed_cb);
}

static void
import_settings_action (GtkWidget  *widget,
                        const char *action_name,
                        GVariant   *parameter)
{
  LkTrainingPage *self = LK_TRAINING_PAGE (widget);

  lk_settings_files_import (self->form, self->workspace);
}

/* Of the run that is shown, else of the form. */
static void
export_settings_action (GtkWidget  *widget,
                        const char *action_name,
                        GVariant   *parameter)
{
  LkTrainingPage *self = LK_TRAINING_PAGE (widget);

  if (self->shown != NULL)
    {
      LkRun *run = lk_training_run_get_run (self->shown);

      lk_settings_files_export (widget, self->workspace, lk_run_get_settings (run), lk_run_get_info (run)->base);
    }
  else
    {
      g_autofree char *base = lk_base_dup_path (lk_project_get_base_model (lk_workspace_get_project (self->workspace)));

      lk_settings_files_export (widget, self->workspace, lk_training_form_get_settings (self->form), base);
    }
}

static void
reset_settings_action (GtkWidget  *widget,
                       const char *action_name,
                       GVariant   *parameter)
{
  LkTrainingPage *self = LK_TRAINING_PAGE (widget);
  g_autoptr (LkTrainSettings) settings = lk_training_advice_settings (lk_project_get_base_advice (lk_workspace_get_project (self->workspace)));

  lk_train_settings_set (settings, "output_name", lk_training_form_get_settings (self->form)->output_name, NULL);
  lk_training_form_set_settings (self->form, settings);
}

static void
show_folder_action (GtkWidget  *widget,
                    const char *action_name,
                    GVariant   *parameter)
{
  LkTrainingPage *self = LK_TRAINING_PAGE (widget);
  g_autoptr (GFile) folder = g_file_new_for_path (lk_run_get_folder (lk_training_run_get_run (self->shown)));
  g_autoptr (GtkFileLauncher) launcher = gtk_file_launcher_new (folder);

  gtk_file_launcher_launch (launcher, GTK_WINDOW (gtk_widget_get_root (widget)), NULL, NULL, NULL);
}

static void
compare_action (GtkWidget  *widget,
                const char *action_name,
                GVariant   *parameter)
{
  LkTrainingPage *self = LK_TRAINING_PAGE (widget);
  guint position = find_run (self, g_variant_get_string (parameter, NULL));

  lk_run_view_compare (self->view, position != GTK_INVALID_LIST_POSITION ? get_run (self, position) : NULL);
}

/* ---- widget ---------------------------------------------------------------------------------------------------- */

static void
list_thread (GTask        *task,
             gpointer      source,
             gpointer      folder,
             GCancellable *cancellable)
{
  g_task_return_pointer (task, lk_run_list (folder), (GDestroyNotify) g_ptr_array_unref);
}

static void
listed_cb (GObject      *object,
           GAsyncResult *result,
           gpointer      user_data)
{
  LkTrainingPage *self = LK_TRAINING_PAGE (object);
  g_autoptr (GPtrArray) runs = g_task_propagate_pointer (G_TASK (result), NULL);

  for (guint i = 0; self->stack != NULL && runs != NULL && i < runs->len; i++)
    insert_run (self, g_list_model_get_n_items (G_LIST_MODEL (self->runs)), g_ptr_array_index (runs, i));
  if (self->stack == NULL)
    return;
  update_interrupted (self);
  show (self, self->shown);
}

static void
lk_training_page_dispose (GObject *object)
{
  LkTrainingPage *self = LK_TRAINING_PAGE (object);

  gtk_widget_dispose_template (GTK_WIDGET (self), LK_TYPE_TRAINING_PAGE);
  g_clear_object (&self->workspace);

  G_OBJECT_CLASS (lk_training_page_parent_class)->dispose (object);
}

static void
lk_training_page_finalize (GObject *object)
{
  LkTrainingPage *self = LK_TRAINING_PAGE (object);

  g_object_unref (self->runs);

  G_OBJECT_CLASS (lk_training_page_parent_class)->finalize (object);
}

static void
lk_training_page_class_init (LkTrainingPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = lk_training_page_dispose;
  G_OBJECT_CLASS (klass)->finalize = lk_training_page_finalize;

  g_type_ensure (LK_TYPE_QUEUE_LIST);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/likeness/Likeness/lk-training-page.ui");
  gtk_widget_class_bind_template_child (widget_class, LkTrainingPage, compare_menu);
  gtk_widget_class_bind_template_child (widget_class, LkTrainingPage, form_button);
  gtk_widget_class_bind_template_child (widget_class, LkTrainingPage, interrupted);
  gtk_widget_class_bind_template_child (widget_class, LkTrainingPage, menu_button);
  gtk_widget_class_bind_template_child (widget_class, LkTrainingPage, new_row);
  gtk_widget_class_bind_template_child (widget_class, LkTrainingPage, rows);
  gtk_widget_class_bind_template_child (widget_class, LkTrainingPage, split);
  gtk_widget_class_bind_template_child (widget_class, LkTrainingPage, stack);
  gtk_widget_class_bind_template_child (widget_class, LkTrainingPage, toasts);
  gtk_widget_class_bind_template_callback (widget_class, continue_cb);
  gtk_widget_class_bind_template_callback (widget_class, row_activated_cb);

  gtk_widget_class_install_action (widget_class, "training.fork", NULL, fork_action);
  gtk_widget_class_install_action (widget_class, "training.trash", NULL, trash_action);
  gtk_widget_class_install_action (widget_class, "training.restore", "(ss)", restore_action);
  gtk_widget_class_install_action (widget_class, "training.import-settings", NULL, import_settings_action);
  gtk_widget_class_install_action (widget_class, "training.export-settings", NULL, export_settings_action);
  gtk_widget_class_install_action (widget_class, "training.reset-settings", NULL, reset_settings_action);
  gtk_widget_class_install_action (widget_class, "training.show-folder", NULL, show_folder_action);
  gtk_widget_class_install_action (widget_class, "training.compare", "s", compare_action);
}

static void
lk_training_page_init (LkTrainingPage *self)
{
  self->runs = g_list_store_new (LK_TYPE_TRAINING_RUN);
  gtk_widget_init_template (GTK_WIDGET (self));
}

LkTrainingPage *
lk_training_page_new (LkWorkspace *workspace)
{
  LkTrainingPage *self = g_object_new (LK_TYPE_TRAINING_PAGE, NULL);
  g_autoptr (GTask) task = g_task_new (self, NULL, listed_cb, NULL);

  self->workspace = g_object_ref (workspace);
  self->form = lk_training_form_new (workspace);
  self->view = lk_run_view_new (workspace);
  gtk_stack_add_child (self->stack, GTK_WIDGET (self->form));
  gtk_stack_add_child (self->stack, GTK_WIDGET (self->view));
  g_signal_connect_object (self->form, "start", G_CALLBACK (start_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->view, "retrain", G_CALLBACK (retrain_cb), self, G_CONNECT_SWAPPED);
  show (self, NULL);

  g_task_set_task_data (task, lk_project_dup_path (lk_workspace_get_project (workspace), "runs"), g_free);
  g_task_run_in_thread (task, list_thread);
  return self;
}
