#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>

#include "app/grids/lk-new-grid-dialog.h"
#include "app/grids/lk-new-grid.h"
#include "generate/lk-context.h"
#include "train/lk-run.h"

struct _LkNewGridDialog
{
  AdwDialog            parent_instance;

  LkWorkspace         *workspace;   /* owned */
  GPtrArray           *loras;       /* owned Loras, as the row lists them */
  GPtrArray           *checks;      /* GtkCheckButtons of contexts, by lk_context_get () */
  LkGrid              *grid;        /* owned: as it would be; NULL: not possible */

  AdwSwitchRow        *checkpoints;
  AdwPreferencesGroup *contexts;
  GtkButton           *draw;
  AdwComboRow         *lora;
  AdwEntryRow         *own_prompt;
  AdwEntryRow         *seeds;
  AdwSpinRow          *steps;
  AdwEntryRow         *strengths;
  GtkLabel            *words;
};

G_DEFINE_FINAL_TYPE (LkNewGridDialog, lk_new_grid_dialog, ADW_TYPE_DIALOG)

enum { MADE, N_SIGNALS };

static guint signals[N_SIGNALS];

/* ---- LoRAs ----------------------------------------------------------------------------------------------------- */

typedef struct
{
  char *path;                   /* owned */
  char *title;                  /* owned */
  char *run;                    /* owned: its folder; NULL: a file */
} Lora;

static void
lora_free (gpointer data)
{
  Lora *lora = data;

  g_free (lora->path);
  g_free (lora->title);
  g_free (lora->run);
  g_free (lora);
}

static void
list_thread (GTask        *task,
             gpointer      source,
             gpointer      data,
             GCancellable *cancellable)
{
  g_autoptr (GPtrArray) runs = lk_run_list (data);
  GPtrArray *loras = g_ptr_array_new_with_free_func (lora_free);

  for (guint i = 0; i < runs->len; i++)
    {
      g_autoptr (GPtrArray) checkpoints = lk_run_list_checkpoints (runs->pdata[i]);

      for (guint k = checkpoints->len; k-- > 0; )     /* the last is what people want to see first */
        {
          const LkRunCheckpoint *checkpoint = checkpoints->pdata[k];
          g_autofree char *name = lk_new_grid_dup_name (checkpoint->path);
          Lora *lora = g_new0 (Lora, 1);

          lora->path = g_strdup (checkpoint->path);
          lora->title = g_strdup_printf ("%s · %s", name, lk_run_get_name (runs->pdata[i]));
          lora->run = g_strdup (lk_run_get_folder (runs->pdata[i]));
          g_ptr_array_add (loras, lora);
        }
    }
  g_task_return_pointer (task, loras, (GDestroyNotify) g_ptr_array_unref);
}

/* ---- the grid -------------------------------------------------------------------------------------------------- */

static const Lora *
get_lora (LkNewGridDialog *self)
{
  guint selected = adw_combo_row_get_selected (self->lora);

  return selected < self->loras->len ? self->loras->pdata[selected] : NULL;
}

/* The checkpoints of the LoRA's run, by step: the list has them from the last to the first. */
static GPtrArray *
list_checkpoints (LkNewGridDialog *self,
                  const Lora      *lora)
{
  GPtrArray *paths = g_ptr_array_new_null_terminated (8, NULL, TRUE);

  for (guint i = self->loras->len; lora != NULL && lora->run != NULL && i-- > 0; )
    if (g_strcmp0 (((const Lora *) self->loras->pdata[i])->run, lora->run) == 0)
      g_ptr_array_add (paths, ((Lora *) self->loras->pdata[i])->path);
  return paths;
}

static void
update (LkNewGridDialog *self)
{
  const Lora *lora;
  g_autoptr (GPtrArray) checkpoints = NULL, contexts = g_ptr_array_new_null_terminated (8, NULL, TRUE);
  const char *prompts[2] = { NULL };
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  LkNewGrid choice;

  /* While the template is built, signals come before what they are about. */
  if (self->workspace == NULL)
    return;
  lora = get_lora (self);
  checkpoints = list_checkpoints (self, lora);
  prompts[0] = gtk_editable_get_text (GTK_EDITABLE (self->own_prompt));
  if (*prompts[0] == '\0')
    prompts[0] = NULL;
  for (guint i = 0; i < self->checks->len; i++)
    if (gtk_check_button_get_active (self->checks->pdata[i]))
      g_ptr_array_add (contexts, (char *) lk_context_get (i)->id);
  gtk_widget_set_visible (GTK_WIDGET (self->checkpoints), checkpoints->len > 1);
  choice = (LkNewGrid) {
    .lora = lora != NULL ? lora->path : NULL,
    .loras = adw_switch_row_get_active (self->checkpoints) && checkpoints->len > 1 ? (const char * const *) checkpoints->pdata : NULL,
    .strengths = gtk_editable_get_text (GTK_EDITABLE (self->strengths)),
    .seeds = gtk_editable_get_text (GTK_EDITABLE (self->seeds)),
    .contexts = (const char * const *) contexts->pdata,
    .prompts = prompts,
    .n_steps = (guint) adw_spin_row_get_value (self->steps),
  };
  g_clear_pointer (&self->grid, lk_grid_free);
  self->grid = lk_new_grid_make (lk_workspace_get_project (self->workspace), &choice, &error);
  gtk_widget_set_sensitive (GTK_WIDGET (self->draw), self->grid != NULL);
  if (self->grid != NULL)
    {
      guint n = lk_grid_get_n_cells (self->grid);

      text = g_strdup_printf (ngettext ("%u picture", "%u pictures", n), n);
    }
  else
    text = g_strdup (error->message);
  gtk_label_set_label (self->words, text);
}

static void
draw_cb (LkNewGridDialog *self)
{
  g_autoptr (LkTestGrid) grid = NULL;

  update (self);
  if (self->grid == NULL)
    return;
  grid = lk_test_grid_new_for_grid (lk_workspace_get_project (self->workspace), g_steal_pointer (&self->grid));
  g_signal_emit (self, signals[MADE], 0, grid);
  adw_dialog_close (ADW_DIALOG (self));
}

/* ---- choosing -------------------------------------------------------------------------------------------------- */

static void
fill_loras (LkNewGridDialog *self,
            guint            selected)
{
  g_autoptr (GtkStringList) titles = gtk_string_list_new (NULL);

  for (guint i = 0; i < self->loras->len; i++)
    gtk_string_list_append (titles, ((const Lora *) self->loras->pdata[i])->title);
  adw_combo_row_set_model (self->lora, G_LIST_MODEL (titles));
  if (self->loras->len > 0)
    adw_combo_row_set_selected (self->lora, selected);
  adw_action_row_set_subtitle (ADW_ACTION_ROW (self->lora), self->loras->len > 0 ? "" : _("No run has saved one yet: choose a file"));
  update (self);
}

static void
listed_cb (GObject      *object,
           GAsyncResult *result,
           gpointer      user_data)
{
  LkNewGridDialog *self = LK_NEW_GRID_DIALOG (object);
  GPtrArray *loras = g_task_propagate_pointer (G_TASK (result), NULL);

  g_ptr_array_unref (self->loras);
  self->loras = loras;
  if (self->workspace != NULL)
    fill_loras (self, 0);
}

static void
file_chosen_cb (GObject      *object,
                GAsyncResult *result,
                gpointer      user_data)
{
  g_autoptr (LkNewGridDialog) self = user_data;
  g_autoptr (GFile) file = gtk_file_dialog_open_finish (GTK_FILE_DIALOG (object), result, NULL);
  Lora *lora;

  if (file == NULL || g_file_peek_path (file) == NULL || self->workspace == NULL)
    return;
  lora = g_new0 (Lora, 1);
  lora->path = g_strdup (g_file_peek_path (file));
  lora->title = lk_new_grid_dup_name (lora->path);
  g_ptr_array_add (self->loras, lora);
  fill_loras (self, self->loras->len - 1);
}

static void
choose_file_cb (LkNewGridDialog *self)
{
  g_autoptr (GtkFileDialog) dialog = gtk_file_dialog_new ();
  g_autoptr (GtkFileFilter) filter = gtk_file_filter_new ();

  gtk_file_filter_set_name (filter, _("LoRAs"));
  gtk_file_filter_add_suffix (filter, "safetensors");
  gtk_file_dialog_set_default_filter (dialog, filter);
  gtk_file_dialog_set_title (dialog, _("Choose LoRA"));
  gtk_file_dialog_open (dialog, GTK_WINDOW (gtk_widget_get_root (GTK_WIDGET (self))), NULL, file_chosen_cb, g_object_ref (self));
}

static void
add_contexts (LkNewGridDialog *self)
{
  for (guint group = 0; group < LK_N_CONTEXT_GROUPS; group++)
    {
      GtkWidget *expander = adw_expander_row_new ();

      adw_preferences_row_set_title (ADW_PREFERENCES_ROW (expander), lk_context_group_get_title (group));
      adw_preferences_group_add (self->contexts, expander);
      for (guint i = 0; i < lk_context_get_n (); i++)
        {
          const LkContext *context = lk_context_get (i);
          GtkWidget *row, *check;

          if (context->group != group)
            continue;
          row = adw_action_row_new ();
          check = gtk_check_button_new ();
          gtk_check_button_set_active (GTK_CHECK_BUTTON (check), context->is_first);
          gtk_widget_set_valign (check, GTK_ALIGN_CENTER);
          adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), lk_context_get_title (context));
          adw_action_row_add_prefix (ADW_ACTION_ROW (row), check);
          adw_action_row_set_activatable_widget (ADW_ACTION_ROW (row), check);
          adw_expander_row_add_row (ADW_EXPANDER_ROW (expander), row);
          g_signal_connect_object (check, "toggled", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
          self->checks->pdata[i] = check;
        }
    }
}

/* ---- widget ---------------------------------------------------------------------------------------------------- */

static void
lk_new_grid_dialog_dispose (GObject *object)
{
  LkNewGridDialog *self = LK_NEW_GRID_DIALOG (object);

  g_clear_object (&self->workspace);
  gtk_widget_dispose_template (GTK_WIDGET (self), LK_TYPE_NEW_GRID_DIALOG);

  G_OBJECT_CLASS (lk_new_grid_dialog_parent_class)->dispose (object);
}

static void
lk_new_grid_dialog_finalize (GObject *object)
{
  LkNewGridDialog *self = LK_NEW_GRID_DIALOG (object);

  g_ptr_array_unref (self->loras);
  g_ptr_array_unref (self->checks);
  g_clear_pointer (&self->grid, lk_grid_free);

  G_OBJECT_CLASS (lk_new_grid_dialog_parent_class)->finalize (object);
}

static void
lk_new_grid_dialog_class_init (LkNewGridDialogClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = lk_new_grid_dialog_dispose;
  G_OBJECT_CLASS (klass)->finalize = lk_new_grid_dialog_finalize;

  signals[MADE] = g_signal_new ("made", LK_TYPE_NEW_GRID_DIALOG, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, LK_TYPE_TEST_GRID);

  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/likeness/Likeness/lk-new-grid-dialog.ui");
  gtk_widget_class_bind_template_child (widget_class, LkNewGridDialog, checkpoints);
  gtk_widget_class_bind_template_child (widget_class, LkNewGridDialog, contexts);
  gtk_widget_class_bind_template_child (widget_class, LkNewGridDialog, draw);
  gtk_widget_class_bind_template_child (widget_class, LkNewGridDialog, lora);
  gtk_widget_class_bind_template_child (widget_class, LkNewGridDialog, own_prompt);
  gtk_widget_class_bind_template_child (widget_class, LkNewGridDialog, seeds);
  gtk_widget_class_bind_template_child (widget_class, LkNewGridDialog, steps);
  gtk_widget_class_bind_template_child (widget_class, LkNewGridDialog, strengths);
  gtk_widget_class_bind_template_child (widget_class, LkNewGridDialog, words);
  gtk_widget_class_bind_template_callback (widget_class, choose_file_cb);
  gtk_widget_class_bind_template_callback (widget_class, draw_cb);
  gtk_widget_class_bind_template_callback (widget_class, update);
}

static void
lk_new_grid_dialog_init (LkNewGridDialog *self)
{
  self->loras = g_ptr_array_new_with_free_func (lora_free);
  self->checks = g_ptr_array_new ();
  g_ptr_array_set_size (self->checks, (int) lk_context_get_n ());
  gtk_widget_init_template (GTK_WIDGET (self));
  gtk_editable_set_text (GTK_EDITABLE (self->strengths), LK_NEW_GRID_STRENGTHS);
  gtk_editable_set_text (GTK_EDITABLE (self->seeds), LK_NEW_GRID_SEEDS);
  adw_spin_row_set_value (self->steps, LK_NEW_GRID_STEPS);
  add_contexts (self);
}

LkNewGridDialog *
lk_new_grid_dialog_new (LkWorkspace *workspace)
{
  LkNewGridDialog *self = g_object_new (LK_TYPE_NEW_GRID_DIALOG, NULL);
  g_autoptr (GTask) task = g_task_new (self, NULL, listed_cb, NULL);

  self->workspace = g_object_ref (workspace);
  fill_loras (self, 0);
  g_task_set_task_data (task, lk_project_dup_path (lk_workspace_get_project (workspace), "runs"), g_free);
  g_task_run_in_thread (task, list_thread);
  return self;
}
