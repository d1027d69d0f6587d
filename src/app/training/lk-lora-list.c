#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>
#include <string.h>

#include "app/training/lk-lora-list.h"
#include "base/lk-file.h"
#include "remote/lk-lora-folder.h"

struct _LkLoraList
{
  AdwBin         parent_instance;

  LkWorkspace   *workspace;     /* owned */
  LkTrainingRun *run;           /* owned; NULL for none */
  GSignalGroup  *signals;       /* owned: of the run's LoRAs */

  GtkListBox    *rows;
};

G_DEFINE_FINAL_TYPE (LkLoraList, lk_lora_list, ADW_TYPE_BIN)

/* The step that a checkpoint's name says; 0: it is the run's LoRA. */
static guint
get_step (const char *path)
{
  g_autofree char *name = g_path_get_basename (path);
  const char *step = g_strrstr (name, "-step");

  return step != NULL ? (guint) g_ascii_strtoull (step + strlen ("-step"), NULL, 10) : 0;
}

static GtkWindow *
get_window (LkLoraList *self)
{
  return GTK_WINDOW (gtk_widget_get_root (GTK_WIDGET (self)));
}

/* ---- use this checkpoint --------------------------------------------------------------------------------------- */

/* What a thread does with a LoRA. */
typedef struct
{
  LkRun *run;                   /* owned, as are the others; NULL: copy to `folder` */
  char  *path;
  char  *folder;
} Order;

static void
order_free (Order *order)
{
  g_clear_pointer (&order->run, lk_run_unref);
  g_free (order->path);
  g_free (order->folder);
  g_free (order);
}

static void
work_thread (GTask        *task,
             gpointer      source,
             gpointer      data,
             GCancellable *cancellable)
{
  const Order *order = data;
  GError *error = NULL;
  char *result = NULL;

  if (order->run == NULL)
    result = lk_lora_folder_copy (order->path, order->folder, &error);
  else if (lk_run_use_checkpoint (order->run, order->path, &error))
    result = lk_run_dup_checkpoint_path (order->run, 0);

  if (result != NULL)
    g_task_return_pointer (task, result, g_free);
  else
    g_task_return_error (task, error);
}

static void
worked_cb (GObject      *object,
           GAsyncResult *result,
           gpointer      user_data)
{
  LkLoraList *self = LK_LORA_LIST (object);
  const Order *order = g_task_get_task_data (G_TASK (result));
  g_autoptr (GError) error = NULL;
  g_autofree char *path = g_task_propagate_pointer (G_TASK (result), &error), *text = NULL, *name = NULL;

  if (self->workspace == NULL)
    return;
  if (path == NULL)
    {
      lk_workspace_say (self->workspace, error->message);
      return;
    }

  name = g_path_get_basename (path);
  if (order->run != NULL)
    {
      if (self->run != NULL && lk_training_run_get_run (self->run) == order->run)
        lk_training_run_add_lora (self->run, path);
      text = g_strdup_printf (_("“%s” is now the LoRA of step %u"), name, get_step (order->path));
    }
  else
    text = g_strdup_printf (_("Copied as “%s”"), name);
  lk_workspace_say (self->workspace, text);
}

static void
work (LkLoraList *self,
      LkRun      *run,
      const char *path,
      const char *folder)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, worked_cb, NULL);
  Order *order = g_new0 (Order, 1);

  order->run = run != NULL ? lk_run_ref (run) : NULL;
  order->path = g_strdup (path);
  order->folder = g_strdup (folder);
  g_task_set_task_data (task, order, (GDestroyNotify) order_free);
  g_task_run_in_thread (task, work_thread);
}

static void
use_action (GtkWidget  *widget,
            const char *action_name,
            GVariant   *parameter)
{
  LkLoraList *self = LK_LORA_LIST (widget);

  work (self, lk_training_run_get_run (self->run), g_variant_get_string (parameter, NULL), NULL);
}

void
lk_lora_list_use_step (LkLoraList *self,
                       guint       step)
{
  GListModel *loras;
  const char *best = NULL;

  g_return_if_fail (LK_IS_LORA_LIST (self));

  if (self->run == NULL)
    return;
  loras = lk_training_run_get_loras (self->run);
  for (guint i = 0; i < g_list_model_get_n_items (loras); i++)
    {
      g_autoptr (GtkStringObject) object = g_list_model_get_item (loras, i);
      const char *path = gtk_string_object_get_string (object);
      guint own = get_step (path);

      if (own > 0 && (best == NULL || (own <= step && (get_step (best) > step || own > get_step (best)))))
        best = path;      /* the list holds it */
    }
  if (best != NULL)
    work (self, lk_training_run_get_run (self->run), best, NULL);
  else
    lk_workspace_say (self->workspace, _("No checkpoint was saved on the way. Set Checkpoint Every for the next run."));
}

/* ---- save, show, give ------------------------------------------------------------------------------------------ */

static void
show_action (GtkWidget  *widget,
             const char *action_name,
             GVariant   *parameter)
{
  g_autoptr (GFile) file = g_file_new_for_path (g_variant_get_string (parameter, NULL));
  g_autoptr (GtkFileLauncher) launcher = gtk_file_launcher_new (file);

  gtk_file_launcher_open_containing_folder (launcher, get_window (LK_LORA_LIST (widget)), NULL, NULL, NULL);
}

static void
copied_cb (GObject      *object,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_autoptr (LkLoraList) self = user_data;
  g_autoptr (GError) error = NULL;
  gboolean is_copied = g_file_copy_finish (G_FILE (object), result, &error);

  if (self->workspace != NULL)
    lk_workspace_say (self->workspace, is_copied ? _("The LoRA was saved.") : error->message);
}

static void
save_chosen_cb (GObject      *object,
                GAsyncResult *result,
                gpointer      user_data)
{
  g_autoptr (LkLoraList) self = user_data;
  g_autoptr (GFile) target = gtk_file_dialog_save_finish (GTK_FILE_DIALOG (object), result, NULL);
  g_autoptr (GFile) source = NULL;

  if (target == NULL)
    return;
  source = g_file_new_for_path (g_object_get_data (object, "path"));
  g_file_copy_async (source, target, G_FILE_COPY_OVERWRITE, G_PRIORITY_DEFAULT, NULL, NULL, NULL, copied_cb, g_steal_pointer (&self));
}

static void
save_action (GtkWidget  *widget,
             const char *action_name,
             GVariant   *parameter)
{
  LkLoraList *self = LK_LORA_LIST (widget);
  const char *path = g_variant_get_string (parameter, NULL);
  g_autofree char *name = g_path_get_basename (path);
  g_autoptr (GtkFileDialog) dialog = gtk_file_dialog_new ();

  gtk_file_dialog_set_title (dialog, _("Save LoRA As"));
  gtk_file_dialog_set_initial_name (dialog, name);
  g_object_set_data_full (G_OBJECT (dialog), "path", g_strdup (path), g_free);
  gtk_file_dialog_save (dialog, get_window (self), NULL, save_chosen_cb, g_object_ref (self));
}

static const char * const folder_keys[] = {
  [LK_LORA_PROGRAM_COMFYUI] = "comfyui-folder",
  [LK_LORA_PROGRAM_AUTOMATIC1111] = "automatic1111-folder",
};

static void
folder_chosen_cb (GObject      *object,
                  GAsyncResult *result,
                  gpointer      user_data)
{
  g_autoptr (LkLoraList) self = user_data;
  g_autoptr (GFile) chosen = gtk_file_dialog_select_folder_finish (GTK_FILE_DIALOG (object), result, NULL);
  LkLoraProgram program = GPOINTER_TO_UINT (g_object_get_data (object, "program"));
  g_autoptr (GSettings) settings = g_settings_new (APP_ID);
  g_autoptr (GError) error = NULL;
  g_autofree char *folder = NULL, *uri = NULL;

  if (chosen == NULL || self->workspace == NULL)
    return;
  folder = g_file_peek_path (chosen) != NULL ? lk_lora_folder_find (program, g_file_peek_path (chosen), &error) : NULL;
  if (folder == NULL)
    {
      lk_workspace_say (self->workspace, error != NULL ? error->message : _("That folder is not on this machine."));
      return;
    }
  uri = g_file_get_uri (chosen);
  g_settings_set_string (settings, folder_keys[program], uri);
  work (self, NULL, g_object_get_data (object, "path"), folder);
}

/* To the folder that was chosen before, or else to one that is chosen now. */
static void
give_action (GtkWidget  *widget,
             const char *action_name,
             GVariant   *parameter)
{
  LkLoraList *self = LK_LORA_LIST (widget);
  LkLoraProgram program = g_str_equal (action_name, "lora.give-comfyui") ? LK_LORA_PROGRAM_COMFYUI : LK_LORA_PROGRAM_AUTOMATIC1111;
  const char *path = g_variant_get_string (parameter, NULL);
  g_autoptr (GSettings) settings = g_settings_new (APP_ID);
  g_autofree char *uri = g_settings_get_string (settings, folder_keys[program]), *title = NULL, *folder = NULL;
  g_autoptr (GFile) kept = g_file_new_for_uri (uri);
  g_autoptr (GtkFileDialog) dialog = NULL;

  folder = *uri != '\0' && g_file_peek_path (kept) != NULL ? lk_lora_folder_find (program, g_file_peek_path (kept), NULL) : NULL;
  if (folder != NULL)
    {
      work (self, NULL, path, folder);
      return;
    }

  dialog = gtk_file_dialog_new ();
  title = g_strdup_printf (_("Where Is %s?"), lk_lora_program_get_name (program));
  gtk_file_dialog_set_title (dialog, title);
  g_object_set_data_full (G_OBJECT (dialog), "path", g_strdup (path), g_free);
  g_object_set_data (G_OBJECT (dialog), "program", GUINT_TO_POINTER (program));
  gtk_file_dialog_select_folder (dialog, get_window (self), NULL, folder_chosen_cb, g_object_ref (self));
}

static void
forget_action (GtkWidget  *widget,
               const char *action_name,
               GVariant   *parameter)
{
  g_autoptr (GSettings) settings = g_settings_new (APP_ID);

  for (guint i = 0; i < G_N_ELEMENTS (folder_keys); i++)
    g_settings_reset (settings, folder_keys[i]);
}

/* ---- rows ------------------------------------------------------------------------------------------------------ */

static void
append_item (GMenu      *menu,
             const char *label,
             const char *action,
             const char *path)
{
  g_autoptr (GMenuItem) item = g_menu_item_new (label, NULL);

  g_menu_item_set_action_and_target (item, action, path != NULL ? "s" : NULL, path);
  g_menu_append_item (menu, item);
}

static GMenuModel *
make_menu (const char *path)
{
  GMenu *menu = g_menu_new ();
  g_autoptr (GMenu) use = g_menu_new (), files = g_menu_new (), programs = g_menu_new ();

  if (get_step (path) > 0)
    append_item (use, _("Use This Checkpoint"), "lora.use", path);
  append_item (files, _("Save LoRA As…"), "lora.save-as", path);
  append_item (files, _("Show in Files"), "lora.show", path);
  append_item (programs, _("Copy to ComfyUI"), "lora.give-comfyui", path);
  append_item (programs, _("Copy to AUTOMATIC1111"), "lora.give-automatic1111", path);
  append_item (programs, _("Forget Both Folders"), "lora.forget", NULL);
  g_menu_append_section (menu, NULL, G_MENU_MODEL (use));
  g_menu_append_section (menu, NULL, G_MENU_MODEL (files));
  g_menu_append_section (menu, NULL, G_MENU_MODEL (programs));
  return G_MENU_MODEL (menu);
}

static GtkWidget *
make_row (const char *path)
{
  GtkWidget *row = adw_action_row_new (), *test = gtk_button_new_with_label (_("Test")), *more = gtk_menu_button_new ();
  g_autofree char *name = g_path_get_basename (path), *title = NULL, *words = NULL;
  g_autoptr (GMenuModel) menu = make_menu (path);
  guint step = get_step (path);

  title = step > 0 ? g_strdup_printf (_("Step %u"), step) : g_strdup (_("The Run’s LoRA"));
  adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (row), FALSE);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title);
  adw_action_row_set_subtitle (ADW_ACTION_ROW (row), name);
  adw_action_row_set_subtitle_lines (ADW_ACTION_ROW (row), 1);

  words = g_strdup_printf (_("Test “%s” in a grid"), name);
  gtk_widget_set_tooltip_text (test, words);
  gtk_widget_set_valign (test, GTK_ALIGN_CENTER);
  gtk_actionable_set_action_target (GTK_ACTIONABLE (test), "s", path);
  gtk_actionable_set_action_name (GTK_ACTIONABLE (test), "win.test-lora");
  /* Nothing is offered that the window cannot do. */
  g_object_bind_property (test, "sensitive", test, "visible", G_BINDING_SYNC_CREATE);
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), test);

  g_free (words);
  words = g_strdup_printf (_("More for “%s”"), name);
  gtk_menu_button_set_icon_name (GTK_MENU_BUTTON (more), "view-more-symbolic");
  gtk_menu_button_set_menu_model (GTK_MENU_BUTTON (more), menu);
  gtk_widget_set_tooltip_text (more, words);
  gtk_widget_set_valign (more, GTK_ALIGN_CENTER);
  gtk_widget_add_css_class (more, "flat");
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), more);
  return row;
}

static void
items_changed_cb (LkLoraList *self,
                  guint       position,
                  guint       removed,
                  guint       added,
                  GListModel *loras)
{
  for (guint i = position; i < position + added; i++)
    {
      g_autoptr (GtkStringObject) object = g_list_model_get_item (loras, i);

      gtk_list_box_prepend (self->rows, make_row (gtk_string_object_get_string (object)));
    }
  gtk_widget_set_visible (GTK_WIDGET (self), g_list_model_get_n_items (loras) > 0);
}

void
lk_lora_list_set_run (LkLoraList    *self,
                      LkTrainingRun *run)
{
  GListModel *loras = run != NULL ? lk_training_run_get_loras (run) : NULL;

  g_return_if_fail (LK_IS_LORA_LIST (self));

  if (!g_set_object (&self->run, run))
    return;
  gtk_list_box_remove_all (self->rows);
  gtk_widget_set_visible (GTK_WIDGET (self), FALSE);
  g_signal_group_set_target (self->signals, loras);
  if (loras != NULL)
    items_changed_cb (self, 0, 0, g_list_model_get_n_items (loras), loras);
}

void
lk_lora_list_set_workspace (LkLoraList  *self,
                            LkWorkspace *workspace)
{
  g_return_if_fail (LK_IS_LORA_LIST (self));

  g_set_object (&self->workspace, workspace);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "lora.use", !lk_project_is_read_only (lk_workspace_get_project (workspace)));
}

/* ---- widget ---------------------------------------------------------------------------------------------------- */

static void
lk_lora_list_dispose (GObject *object)
{
  LkLoraList *self = LK_LORA_LIST (object);

  if (self->signals != NULL)
    g_signal_group_set_target (self->signals, NULL);
  g_clear_object (&self->signals);
  gtk_widget_dispose_template (GTK_WIDGET (self), LK_TYPE_LORA_LIST);
  g_clear_object (&self->run);
  g_clear_object (&self->workspace);

  G_OBJECT_CLASS (lk_lora_list_parent_class)->dispose (object);
}

static void
lk_lora_list_class_init (LkLoraListClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = lk_lora_list_dispose;

  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/likeness/Likeness/lk-lora-list.ui");
  gtk_widget_class_bind_template_child (widget_class, LkLoraList, rows);
  gtk_widget_class_install_action (widget_class, "lora.use", "s", use_action);
  gtk_widget_class_install_action (widget_class, "lora.save-as", "s", save_action);
  gtk_widget_class_install_action (widget_class, "lora.show", "s", show_action);
  gtk_widget_class_install_action (widget_class, "lora.give-comfyui", "s", give_action);
  gtk_widget_class_install_action (widget_class, "lora.give-automatic1111", "s", give_action);
  gtk_widget_class_install_action (widget_class, "lora.forget", NULL, forget_action);
}

static void
lk_lora_list_init (LkLoraList *self)
{
  self->signals = g_signal_group_new (G_TYPE_LIST_MODEL);
  g_signal_group_connect_swapped (self->signals, "items-changed", G_CALLBACK (items_changed_cb), self);
  gtk_widget_init_template (GTK_WIDGET (self));
}
