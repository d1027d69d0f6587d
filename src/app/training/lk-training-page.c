#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>

#include "app/training/lk-run-view.h"
#include "app/training/lk-training-form.h"
#include "app/training/lk-training-page.h"
#include "base/lk-file.h"

struct _LkTrainingPage
{
  AdwBin          parent_instance;

  LkWorkspace    *workspace;      /* owned */
  GListStore     *runs;           /* owned: LkTrainingRun, newest first */
  LkTrainingForm *form;           /* in the stack */
  LkRunView      *view;           /* in the stack */
  LkTrainingRun  *shown;          /* in `runs`; NULL: the form */

  GtkDropDown    *chooser;
  GtkMenuButton  *menu_button;
  GMenu          *compare_menu;
  GtkStack       *stack;
  gboolean        is_choosing;
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

/* The chooser's first row is the form, the others are the runs. */
static void
fill_chooser (LkTrainingPage *self)
{
  g_autoptr (GtkStringList) names = gtk_string_list_new (NULL);
  guint n = g_list_model_get_n_items (G_LIST_MODEL (self->runs));

  self->is_choosing = TRUE;
  gtk_string_list_append (names, _("New Run"));
  for (guint i = 0; i < n; i++)
    gtk_string_list_append (names, lk_training_run_get_name (get_run (self, i)));
  gtk_drop_down_set_model (self->chooser, G_LIST_MODEL (names));
  gtk_drop_down_set_selected (self->chooser, self->shown != NULL ? find_run (self, lk_training_run_get_name (self->shown)) + 1 : 0);
  gtk_widget_set_visible (GTK_WIDGET (self->chooser), n > 0);
  self->is_choosing = FALSE;
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
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "training.fork", self->shown != NULL && is_writable);
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
  fill_chooser (self);
  fill_compare_menu (self);
  update_actions (self);
}

static void
chosen_cb (LkTrainingPage *self)
{
  guint selected = gtk_drop_down_get_selected (self->chooser);

  if (self->is_choosing || selected == GTK_INVALID_LIST_POSITION)
    return;
  show (self, selected == 0 ? NULL : get_run (self, selected - 1));
}

/* A run is at work, or was just added or removed. */
static void
run_changed_cb (LkTrainingPage *self)
{
  double step_time = 0;

  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (self->runs)) && step_time == 0; i++)
    step_time = lk_training_run_get_step_time (get_run (self, i));
  lk_training_form_set_step_time (self->form, step_time);
  update_actions (self);
}

static LkTrainingRun *
insert_run (LkTrainingPage *self,
            guint           position,
            LkRun          *run)
{
  g_autoptr (LkTrainingRun) item = lk_training_run_new (run);

  g_signal_connect_object (item, "changed", G_CALLBACK (run_changed_cb), self, G_CONNECT_SWAPPED);
  g_list_store_insert (self->runs, position, item);
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

  if (get_run (self, position) == self->shown)
    show (self, NULL);
  g_list_store_remove (self->runs, position);
  show (self, self->shown);
  lk_workspace_say (self->workspace, _("The run was moved to the project's trash folder."));
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
  g_autoptr (GFile) from = g_file_new_for_path (lk_run_get_folder (lk_training_run_get_run (self->shown)));
  g_autoptr (GFile) to = g_file_new_for_path (target);

  g_mkdir_with_parents (trash, 0755);
  g_file_move_async (from, to, G_FILE_COPY_NOFOLLOW_SYMLINKS, G_PRIORITY_DEFAULT, NULL, NULL, NULL, trashed_cb, g_object_ref (self));
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

  for (guint i = 0; runs != NULL && i < runs->len; i++)
    insert_run (self, g_list_model_get_n_items (G_LIST_MODEL (self->runs)), g_ptr_array_index (runs, i));
  if (self->chooser != NULL)
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

  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/likeness/Likeness/lk-training-page.ui");
  gtk_widget_class_bind_template_child (widget_class, LkTrainingPage, chooser);
  gtk_widget_class_bind_template_child (widget_class, LkTrainingPage, compare_menu);
  gtk_widget_class_bind_template_child (widget_class, LkTrainingPage, menu_button);
  gtk_widget_class_bind_template_child (widget_class, LkTrainingPage, stack);
  gtk_widget_class_bind_template_callback (widget_class, chosen_cb);

  gtk_widget_class_install_action (widget_class, "training.fork", NULL, fork_action);
  gtk_widget_class_install_action (widget_class, "training.trash", NULL, trash_action);
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
  show (self, NULL);

  g_task_set_task_data (task, lk_project_dup_path (lk_workspace_get_project (workspace), "runs"), g_free);
  g_task_run_in_thread (task, list_thread);
  return self;
}
