#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>
#include <string.h>

#include "app/playground/lk-playground-page.h"
#include "app/playground/lk-stack-row.h"
#include "app/training/lk-sample-picture.h"
#include "app/widgets/lk-memory-bar.h"
#include "app/window/lk-engine.h"
#include "base/lk-file.h"
#include "generate/lk-generator.h"
#include "generate/lk-merge.h"
#include "train/lk-run.h"

#define SAVE_AFTER 300          /* ms after the last change; also what makes one step of undo */
#define STRIP_SIDE 96
#define MOST_IN_STRIP 100
#define STARTER_CFG 4           /* models for small pictures follow prompts at lower CFG */
#define STARTER_SIDE 256

struct _LkPlaygroundPage
{
  AdwBin             parent_instance;

  LkWorkspace       *workspace;     /* owned */
  LkStack           *stack;         /* owned */
  char              *path;          /* owned: of the stack's file */
  char              *folder;        /* owned: of the pictures */
  char              *kept;          /* owned: the text of the file as it was last written or read */
  GPtrArray         *undo, *redo;   /* owned texts of the file */
  guint              save_source;
  gboolean           is_ready;
  gboolean           is_filling;    /* what changes now is not a person's doing */
  gboolean           was_over;      /* the limit */
  LkJob             *job;           /* owned; NULL: nothing is drawn or waits */
  GMenu             *add_menu;      /* owned */

  GtkMenuButton     *add_button, *presets_button;
  AdwBanner         *banner;
  LkMemoryBar       *bar;
  GtkButton         *cancel, *draw;
  AdwSwitchRow      *compare;
  AdwEntryRow       *prompt, *negative;
  AdwSpinRow        *seed, *steps, *width, *height;
  GtkProgressBar    *progress;
  GtkListBox        *rows;
  AdwOverlaySplitView *split;
  GtkStack          *stack_view;
  GtkBox            *strip;
  GtkPicture        *picture, *without;
  GtkLabel          *total, *words;
};

G_DEFINE_FINAL_TYPE (LkPlaygroundPage, lk_playground_page, ADW_TYPE_BIN)

static LkProject *
get_project (LkPlaygroundPage *self)
{
  return lk_workspace_get_project (self->workspace);
}

/* ---- the file -------------------------------------------------------------------------------------------------- */

/* Writes of one process follow each other, whichever page they come from. */
static GMutex write_lock;

static char *
dup_text (LkPlaygroundPage *self)
{
  g_autoptr (cJSON) json = lk_stack_to_json (self->stack);
  cJSON *drawing = cJSON_AddObjectToObject (json, "drawing");

  cJSON_AddStringToObject (drawing, "prompt", gtk_editable_get_text (GTK_EDITABLE (self->prompt)));
  cJSON_AddStringToObject (drawing, "negative", gtk_editable_get_text (GTK_EDITABLE (self->negative)));
  lk_json_add_int (drawing, "seed", (gint64) adw_spin_row_get_value (self->seed));
  lk_json_add_int (drawing, "steps", (gint64) adw_spin_row_get_value (self->steps));
  lk_json_add_int (drawing, "width", (gint64) adw_spin_row_get_value (self->width));
  lk_json_add_int (drawing, "height", (gint64) adw_spin_row_get_value (self->height));
  return lk_json_print (json, TRUE);
}

static gboolean
write_text (const char  *path,
            const char  *text,
            GError     **error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&write_lock);
  g_autofree char *folder = g_path_get_dirname (path);

  return lk_file_make_folder (folder, error) && lk_file_write (path, text, -1, error);
}

static void
write_thread (GTask        *task,
              gpointer      source,
              gpointer      data,
              GCancellable *cancellable)
{
  const char * const *order = data;
  GError *error = NULL;

  if (write_text (order[0], order[1], &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
written_cb (GObject      *object,
            GAsyncResult *result,
            gpointer      user_data)
{
  LkPlaygroundPage *self = LK_PLAYGROUND_PAGE (object);
  g_autoptr (GError) error = NULL;

  if (!g_task_propagate_boolean (G_TASK (result), &error) && self->workspace != NULL)
    lk_workspace_say (self->workspace, error->message);
}

static void
keep (LkPlaygroundPage *self,
      char             *text)
{
  g_autoptr (GTask) task = NULL;
  const char *order[] = { self->path, text, NULL };

  g_free (self->kept);
  self->kept = text;
  if (lk_project_is_read_only (get_project (self)))
    return;
  task = g_task_new (self, NULL, written_cb, NULL);
  g_task_set_task_data (task, g_strdupv ((char **) order), (GDestroyNotify) g_strfreev);
  g_task_run_in_thread (task, write_thread);
}

static void
update_undo (LkPlaygroundPage *self)
{
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "playground.undo", self->undo->len > 0 || self->save_source != 0);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "playground.redo", self->redo->len > 0);
}

/* A pause after changes: one step of undo, and the file. */
static gboolean
settle_cb (gpointer user_data)
{
  LkPlaygroundPage *self = user_data;
  g_autofree char *text = dup_text (self);

  self->save_source = 0;
  if (g_strcmp0 (text, self->kept) != 0)
    {
      g_ptr_array_add (self->undo, g_strdup (self->kept));
      g_ptr_array_set_size (self->redo, 0);
      keep (self, g_steal_pointer (&text));
    }
  update_undo (self);
  return G_SOURCE_REMOVE;
}

static void
settle (LkPlaygroundPage *self)
{
  if (self->save_source != 0)
    {
      g_source_remove (self->save_source);
      settle_cb (self);
    }
}

static void
changed_cb (LkPlaygroundPage *self)
{
  if (!self->is_ready || self->is_filling)
    return;
  g_clear_handle_id (&self->save_source, g_source_remove);
  self->save_source = g_timeout_add (SAVE_AFTER, settle_cb, self);
  update_undo (self);
}

/* Shows what a file says. */
static gboolean
fill (LkPlaygroundPage  *self,
      const char        *text,
      GError           **error)
{
  g_autoptr (cJSON) json = lk_json_parse (text, -1, "Playground.json", error);
  g_autoptr (LkStack) stack = json != NULL ? lk_stack_from_json (json, error) : NULL;
  const cJSON *drawing = json != NULL ? lk_json_get_object (json, "drawing") : NULL;

  if (stack == NULL)
    return FALSE;
  self->is_filling = TRUE;
  while (lk_stack_get_n (self->stack) > 0)
    lk_stack_remove (self->stack, lk_stack_get_n (self->stack) - 1);
  for (guint i = 0; i < lk_stack_get_n (stack); i++)
    lk_stack_add (self->stack, lk_stack_get (stack, i));
  if (drawing != NULL)
    {
      gtk_editable_set_text (GTK_EDITABLE (self->prompt), lk_json_get_string (drawing, "prompt", ""));
      gtk_editable_set_text (GTK_EDITABLE (self->negative), lk_json_get_string (drawing, "negative", ""));
      adw_spin_row_set_value (self->seed, (double) lk_json_get_int (drawing, "seed", 0));
      adw_spin_row_set_value (self->steps, (double) lk_json_get_int (drawing, "steps", 20));
      adw_spin_row_set_value (self->width, (double) lk_json_get_int (drawing, "width", 512));
      adw_spin_row_set_value (self->height, (double) lk_json_get_int (drawing, "height", 512));
    }
  self->is_filling = FALSE;
  return TRUE;
}

static void
step (LkPlaygroundPage *self,
      GPtrArray        *from,
      GPtrArray        *to)
{
  g_autofree char *text = NULL;

  settle (self);
  if (from->len == 0)
    return;
  text = g_ptr_array_steal_index (from, from->len - 1);
  g_ptr_array_add (to, g_strdup (self->kept));
  if (fill (self, text, NULL))
    keep (self, g_steal_pointer (&text));
  update_undo (self);
}

static void
undo_action (GtkWidget  *widget,
             const char *action_name,
             GVariant   *parameter)
{
  LkPlaygroundPage *self = LK_PLAYGROUND_PAGE (widget);

  step (self, self->undo, self->redo);
}

static void
redo_action (GtkWidget  *widget,
             const char *action_name,
             GVariant   *parameter)
{
  LkPlaygroundPage *self = LK_PLAYGROUND_PAGE (widget);

  step (self, self->redo, self->undo);
}

static gboolean
undo_key_cb (GtkWidget *widget,
             GVariant  *args,
             gpointer   user_data)
{
  GtkWidget *focus = gtk_root_get_focus (gtk_widget_get_root (widget));

  /* In a text field Ctrl+Z is about its words. */
  if (GTK_IS_EDITABLE (focus))
    return GDK_EVENT_PROPAGATE;
  (g_variant_get_boolean (args) ? redo_action : undo_action) (widget, NULL, NULL);
  return GDK_EVENT_STOP;
}

/* ---- history --------------------------------------------------------------------------------------------------- */

static char *
dup_without_path (const char *path)
{
  g_autofree char *stem = g_strndup (path, strlen (path) - strlen (".png"));

  return g_strconcat (stem, "-without.png", NULL);
}

static void
show_picture (LkPlaygroundPage *self,
              const char       *path)
{
  g_autofree char *without = dup_without_path (path), *name = g_path_get_basename (path);
  gboolean has_without = g_file_test (without, G_FILE_TEST_EXISTS);

  lk_sample_picture_load (self->picture, path, 0);
  if (has_without)
    lk_sample_picture_load (self->without, without, 0);
  gtk_widget_set_visible (GTK_WIDGET (self->without), has_without);
  gtk_label_set_label (self->words, has_without ? _("Without the LoRAs, and with them") : name);
  gtk_stack_set_visible_child_name (self->stack_view, "pictures");
}

static void
strip_clicked_cb (GtkButton        *button,
                  LkPlaygroundPage *self)
{
  show_picture (self, g_object_get_data (G_OBJECT (button), "path"));
}

/* The newest stands first. */
static void
add_to_strip (LkPlaygroundPage *self,
              const char       *path)
{
  GtkWidget *button = gtk_button_new (), *picture = gtk_picture_new ();
  g_autofree char *name = g_path_get_basename (path);

  gtk_widget_set_size_request (picture, STRIP_SIDE, STRIP_SIDE);
  gtk_picture_set_content_fit (GTK_PICTURE (picture), GTK_CONTENT_FIT_COVER);
  gtk_button_set_child (GTK_BUTTON (button), picture);
  gtk_widget_add_css_class (button, "flat");
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
  g_object_set_data_full (G_OBJECT (button), "path", g_strdup (path), g_free);
  g_signal_connect (button, "clicked", G_CALLBACK (strip_clicked_cb), self);
  lk_sample_picture_load (GTK_PICTURE (picture), path, STRIP_SIDE);
  gtk_box_prepend (self->strip, button);
}

/* ---- reading --------------------------------------------------------------------------------------------------- */

/* What a thread finds: the text of the stack (NULL: none) and the pictures, sorted. */
typedef struct
{
  char      *path, *folder;     /* owned */
  char      *text;              /* owned */
  GPtrArray *pictures;          /* owned, as are its paths */
} Found;

static void
found_free (Found *found)
{
  g_free (found->path);
  g_free (found->folder);
  g_free (found->text);
  g_ptr_array_unref (found->pictures);
  g_free (found);
}

static int
compare_paths (gconstpointer a,
               gconstpointer b)
{
  return strcmp (*(const char * const *) a, *(const char * const *) b);
}

static void
read_thread (GTask        *task,
             gpointer      source,
             gpointer      data,
             GCancellable *cancellable)
{
  Found *found = data;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&write_lock);
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) dir = g_dir_open (found->folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    if (g_str_has_suffix (name, ".png") && !g_str_has_suffix (name, "-without.png"))
      g_ptr_array_add (found->pictures, g_build_filename (found->folder, name, NULL));
  g_ptr_array_sort (found->pictures, compare_paths);

  found->text = lk_file_read (found->path, 1 << 20, NULL, &error);
  if (found->text == NULL && !g_error_matches (error, LK_FILE_ERROR, LK_FILE_ERROR_NOT_FOUND))
    g_task_return_error (task, g_steal_pointer (&error));
  else
    g_task_return_boolean (task, TRUE);
}

static void
read_cb (GObject      *object,
         GAsyncResult *result,
         gpointer      user_data)
{
  LkPlaygroundPage *self = LK_PLAYGROUND_PAGE (object);
  const Found *found = g_task_get_task_data (G_TASK (result));
  g_autoptr (GError) error = NULL;
  gboolean is_read = g_task_propagate_boolean (G_TASK (result), &error);

  if (self->workspace == NULL)
    return;
  if (!is_read || (found->text != NULL && !fill (self, found->text, &error)))
    lk_workspace_say (self->workspace, error->message);
  for (guint i = found->pictures->len > MOST_IN_STRIP ? found->pictures->len - MOST_IN_STRIP : 0; i < found->pictures->len; i++)
    add_to_strip (self, found->pictures->pdata[i]);
  if (found->pictures->len > 0)
    show_picture (self, found->pictures->pdata[found->pictures->len - 1]);
  self->kept = dup_text (self);
  self->is_ready = TRUE;
  gtk_widget_set_sensitive (GTK_WIDGET (self->split), TRUE);
}

/* ---- the stack ------------------------------------------------------------------------------------------------- */

static void
update_total (LkPlaygroundPage *self)
{
  guint64 parts[LK_MEMORY_BAR_MAX_PARTS] = { 0 };
  int total = lk_stack_get_total (self->stack);
  gboolean is_over = total > LK_STACK_LIMIT;
  g_autoptr (GPtrArray) advice = lk_stack_get_advice (self->stack);
  g_autoptr (GString) words = g_string_new (NULL);
  g_autofree char *warning = g_strdup_printf (_("The total strength is %d.%02d, more than 1.80: pictures may come out distorted."),
                                              total / 100, total % 100);

  for (guint i = 0; i < lk_stack_get_n (self->stack); i++)
    {
      LkStackEntry *entry = lk_stack_get (self->stack, i);

      if (lk_stack_entry_get_on (entry))
        parts[MIN (i, LK_MEMORY_BAR_MAX_PARTS - 1)] += (guint64) MAX (ABS (lk_stack_entry_get_unet (entry)),
                                                                       ABS (lk_stack_entry_get_text (entry)));
    }
  g_string_printf (words, _("%d.%02d of 1.80 total strength"), total / 100, total % 100);
  lk_memory_bar_set (self->bar, parts, LK_STACK_LIMIT, words->str);
  for (guint i = is_over ? 1 : 0; i < advice->len; i++)     /* the first is the banner's */
    g_string_append_printf (words, "\n%s", (char *) advice->pdata[i]);
  gtk_label_set_label (self->total, words->str);
  adw_banner_set_title (self->banner, warning);
  adw_banner_set_revealed (self->banner, is_over);
  if (is_over && !self->was_over)
    gtk_accessible_announce (GTK_ACCESSIBLE (self), warning, GTK_ACCESSIBLE_ANNOUNCEMENT_PRIORITY_MEDIUM);
  self->was_over = is_over;
}

static void
entry_changed_cb (LkPlaygroundPage *self)
{
  update_total (self);
  changed_cb (self);
}

static void
items_changed_cb (LkPlaygroundPage *self,
                  guint             position,
                  guint             removed,
                  guint             added)
{
  for (guint i = position; i < position + added; i++)
    {
      LkStackEntry *entry = lk_stack_get (self->stack, i);

      g_signal_handlers_disconnect_by_func (entry, entry_changed_cb, self);
      g_signal_connect_object (entry, "notify", G_CALLBACK (entry_changed_cb), self, G_CONNECT_SWAPPED);
    }
  entry_changed_cb (self);
}

static void
move_cb (LkStackRow       *row,
         int               from,
         int               to,
         LkPlaygroundPage *self)
{
  GtkListBoxRow *moved;

  if (from == to || to < 0 || to >= (int) lk_stack_get_n (self->stack))
    return;
  lk_stack_move (self->stack, (guint) from, (guint) to);
  moved = gtk_list_box_get_row_at_index (self->rows, to);
  if (moved != NULL)
    gtk_widget_grab_focus (GTK_WIDGET (moved));
}

static void
remove_cb (LkStackRow       *row,
           int               position,
           LkPlaygroundPage *self)
{
  lk_stack_remove (self->stack, (guint) position);
}

static GtkWidget *
make_row (gpointer item,
          gpointer user_data)
{
  LkPlaygroundPage *self = user_data;
  LkStackRow *row = lk_stack_row_new (item);

  g_signal_connect_object (row, "move", G_CALLBACK (move_cb), self, 0);
  g_signal_connect_object (row, "remove", G_CALLBACK (remove_cb), self, 0);
  lk_stack_row_look (row, lk_project_get_base_model (get_project (self)));
  return GTK_WIDGET (row);
}

static void
look_again_cb (LkPlaygroundPage *self)
{
  GtkListBoxRow *row;

  for (int i = 0; (row = gtk_list_box_get_row_at_index (self->rows, i)) != NULL; i++)
    if (LK_IS_STACK_ROW (row))
      lk_stack_row_look (LK_STACK_ROW (row), lk_project_get_base_model (get_project (self)));
}

static void
balance_cb (LkPlaygroundPage *self)
{
  lk_stack_balance (self->stack);
}

LkStack *
lk_playground_page_get_stack (LkPlaygroundPage *self)
{
  return self->stack;
}

gboolean
lk_playground_page_is_ready (LkPlaygroundPage *self)
{
  return self->is_ready;
}

void
lk_playground_page_add (LkPlaygroundPage *self,
                        const char       *path)
{
  g_autoptr (LkStackEntry) entry = NULL;

  g_return_if_fail (LK_IS_PLAYGROUND_PAGE (self));

  /* Two at 0.7 are a good start. */
  entry = lk_stack_entry_new (path, LK_STACK_OTHER, 70);
  lk_stack_add (self->stack, entry);
}

static void
add_action (GtkWidget  *widget,
            const char *action_name,
            GVariant   *parameter)
{
  lk_playground_page_add (LK_PLAYGROUND_PAGE (widget), g_variant_get_string (parameter, NULL));
}

static void
files_chosen_cb (GObject      *object,
                 GAsyncResult *result,
                 gpointer      user_data)
{
  g_autoptr (LkPlaygroundPage) self = user_data;
  g_autoptr (GListModel) files = gtk_file_dialog_open_multiple_finish (GTK_FILE_DIALOG (object), result, NULL);

  for (guint i = 0; files != NULL && i < g_list_model_get_n_items (files); i++)
    {
      g_autoptr (GFile) file = g_list_model_get_item (files, i);

      if (g_file_peek_path (file) != NULL)
        lk_playground_page_add (self, g_file_peek_path (file));
    }
}

static void
add_file_action (GtkWidget  *widget,
                 const char *action_name,
                 GVariant   *parameter)
{
  g_autoptr (GtkFileDialog) dialog = gtk_file_dialog_new ();
  g_autoptr (GtkFileFilter) filter = gtk_file_filter_new ();

  gtk_file_filter_set_name (filter, _("LoRAs"));
  gtk_file_filter_add_suffix (filter, "safetensors");
  gtk_file_dialog_set_default_filter (dialog, filter);
  gtk_file_dialog_set_title (dialog, _("Add LoRA"));
  gtk_file_dialog_open_multiple (dialog, GTK_WINDOW (gtk_widget_get_root (widget)), NULL, files_chosen_cb, g_object_ref (widget));
}

/* The preset's strengths for the first LoRAs of its two kinds. */
static void
preset_action (GtkWidget  *widget,
               const char *action_name,
               GVariant   *parameter)
{
  LkPlaygroundPage *self = LK_PLAYGROUND_PAGE (widget);
  const LkStackPreset *preset = lk_stack_preset_get (g_variant_get_uint32 (parameter));
  const LkStackKind kinds[] = { LK_STACK_CHARACTER, preset->kind };
  const int strengths[] = { preset->character, preset->second };
  LkStackEntry *entries[2] = { NULL };

  for (guint k = 0; k < 2; k++)
    {
      for (guint i = 0; i < lk_stack_get_n (self->stack) && entries[k] == NULL; i++)
        if (lk_stack_entry_get_kind (lk_stack_get (self->stack, i)) == kinds[k])
          entries[k] = lk_stack_get (self->stack, i);
      if (entries[k] == NULL)
        {
          g_autofree char *text = g_strdup_printf (_("No LoRA here is of the kind “%s”. Add one, or choose the kind in its row."),
                                                   lk_stack_kind_get_title (kinds[k]));

          lk_workspace_say (self->workspace, text);
          return;
        }
    }
  for (guint k = 0; k < 2; k++)
    {
      lk_stack_entry_set_on (entries[k], TRUE);
      lk_stack_entry_set_linked (entries[k], TRUE);
      lk_stack_entry_set_unet (entries[k], strengths[k]);
    }
}

/* ---- LoRAs of runs --------------------------------------------------------------------------------------------- */

static void
list_thread (GTask        *task,
             gpointer      source,
             gpointer      data,
             GCancellable *cancellable)
{
  g_autoptr (GPtrArray) runs = lk_run_list (data);
  GPtrArray *paths = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < runs->len; i++)
    {
      g_autoptr (GPtrArray) checkpoints = lk_run_list_checkpoints (runs->pdata[i]);

      for (guint k = 0; k < checkpoints->len; k++)
        if (((LkRunCheckpoint *) checkpoints->pdata[k])->is_final)
          g_ptr_array_add (paths, g_strdup (((LkRunCheckpoint *) checkpoints->pdata[k])->path));
    }
  g_task_return_pointer (task, paths, (GDestroyNotify) g_ptr_array_unref);
}

static void
listed_cb (GObject      *object,
           GAsyncResult *result,
           gpointer      user_data)
{
  LkPlaygroundPage *self = LK_PLAYGROUND_PAGE (object);
  g_autoptr (GPtrArray) paths = g_task_propagate_pointer (G_TASK (result), NULL);
  g_autoptr (GMenu) runs = g_menu_new (), files = g_menu_new ();

  if (self->workspace == NULL || paths == NULL)
    return;
  for (guint i = 0; i < paths->len; i++)
    {
      g_autofree char *folder = g_path_get_dirname (paths->pdata[i]), *run = g_path_get_dirname (folder), *name = g_path_get_basename (run);
      g_autoptr (GMenuItem) item = g_menu_item_new (name, NULL);

      g_menu_item_set_action_and_target (item, "playground.add", "s", (char *) paths->pdata[i]);
      g_menu_append_item (runs, item);
    }
  g_menu_append (files, _("From a File…"), "playground.add-file");
  g_menu_remove_all (self->add_menu);
  if (paths->len > 0)
    g_menu_append_section (self->add_menu, _("Finished Runs"), G_MENU_MODEL (runs));
  g_menu_append_section (self->add_menu, NULL, G_MENU_MODEL (files));
}

static void
list_runs (LkPlaygroundPage *self)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, listed_cb, NULL);

  g_task_set_task_data (task, lk_project_dup_path (get_project (self), "runs"), g_free);
  g_task_run_in_thread (task, list_thread);
}

/* ---- drawing --------------------------------------------------------------------------------------------------- */

static LkRecipe *
make_recipe (LkPlaygroundPage *self)
{
  LkRecipe *recipe = lk_recipe_new ();

  recipe->base = lk_base_dup_path (lk_project_get_base_model (get_project (self)));
  lk_recipe_set_text (&recipe->prompt, gtk_editable_get_text (GTK_EDITABLE (self->prompt)));
  lk_recipe_set_text (&recipe->negative, gtk_editable_get_text (GTK_EDITABLE (self->negative)));
  recipe->seed = (guint64) adw_spin_row_get_value (self->seed);
  recipe->n_steps = (guint) adw_spin_row_get_value (self->steps);
  recipe->width = (guint) adw_spin_row_get_value (self->width) / 8 * 8;
  recipe->height = (guint) adw_spin_row_get_value (self->height) / 8 * 8;
  if (lk_project_get_base_advice (get_project (self))->resolution < STARTER_SIDE)
    recipe->cfg = STARTER_CFG;
  for (guint i = 0; i < lk_stack_get_n (self->stack); i++)
    {
      LkStackEntry *entry = lk_stack_get (self->stack, i);

      if (lk_stack_entry_get_on (entry))
        lk_recipe_add_lora (recipe, lk_stack_entry_get_path (entry), lk_stack_entry_get_unet (entry) / 100.,
                            lk_stack_entry_get_text (entry) / 100.);
    }
  return recipe;
}

/* One press of Draw. The thread has it while the job runs. */
typedef struct
{
  LkPlaygroundPage *page;       /* owned until the job is done */
  LkJob            *job;        /* owned by the page */
  LkDevice         *device;     /* owned */
  LkRecipe         *recipe;     /* owned */
  char             *path;       /* owned */
  gboolean          compare;
  guint             picture;    /* which of the two is drawn */
} Drawing;

static void
drawing_free (gpointer data)
{
  Drawing *drawing = data;

  g_clear_pointer (&drawing->device, lk_device_unref);
  lk_recipe_free (drawing->recipe);
  g_free (drawing->path);
  g_clear_object (&drawing->page);
  g_free (drawing);
}

typedef struct
{
  LkJob  *job;                  /* owned */
  double  fraction;
} Step;

static gboolean
step_cb (gpointer data)
{
  Step *now = data;

  if (lk_job_get_state (now->job) == LK_JOB_RUNNING)
    lk_job_set_progress (now->job, now->fraction, _("Drawing"));
  g_object_unref (now->job);
  g_free (now);
  return G_SOURCE_REMOVE;
}

static void
on_progress (gpointer    data,
             LkDrawStage stage,
             guint       n,
             guint       n_steps)
{
  const Drawing *drawing = data;
  Step *now;

  if (stage != LK_DRAW_STEPS || n_steps == 0)
    return;
  now = g_new (Step, 1);
  now->job = g_object_ref (drawing->job);
  now->fraction = (drawing->picture + n / (double) n_steps) / (drawing->compare ? 2 : 1);
  g_idle_add (step_cb, now);
}

static gboolean
draw_to (Drawing         *drawing,
         LkGenerator     *generator,
         const LkRecipe  *recipe,
         const char      *path,
         GCancellable    *cancellable,
         GError         **error)
{
  gsize n;
  g_autofree float *latent = NULL;
  g_autoptr (LkPicture) picture = lk_generator_draw (generator, recipe, on_progress, drawing, cancellable, &latent, &n, error);

  return picture != NULL && lk_recipe_save_picture (recipe, picture, path, error);
}

static void
draw_thread (GTask        *task,
             gpointer      source,
             gpointer      data,
             GCancellable *cancellable)
{
  Drawing *drawing = data;
  g_autoptr (LkGenerator) generator = lk_generator_new (drawing->device);
  g_autoptr (LkRecipe) bare = lk_recipe_copy (drawing->recipe);
  g_autofree char *folder = g_path_get_dirname (drawing->path), *without = dup_without_path (drawing->path);
  GError *error = NULL;
  gboolean is_drawn = lk_recipe_check (drawing->recipe, &error) && lk_file_make_folder (folder, &error);

  g_ptr_array_set_size (bare->loras, 0);
  if (is_drawn && drawing->compare)
    is_drawn = draw_to (drawing, generator, bare, without, cancellable, &error);
  drawing->picture = drawing->compare ? 1 : 0;
  is_drawn = is_drawn && draw_to (drawing, generator, drawing->recipe, drawing->path, cancellable, &error);

  if (is_drawn)
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
update_job (LkPlaygroundPage *self)
{
  gboolean is_busy = self->job != NULL;

  gtk_widget_set_visible (GTK_WIDGET (self->progress), is_busy);
  gtk_widget_set_visible (GTK_WIDGET (self->cancel), is_busy);
  gtk_widget_set_visible (GTK_WIDGET (self->draw), !is_busy);
  gtk_progress_bar_set_fraction (self->progress, is_busy ? lk_job_get_fraction (self->job) : 0);
}

static void
job_state_cb (LkPlaygroundPage *self)
{
  if (self->job != NULL && lk_job_get_state (self->job) == LK_JOB_DONE)
    {
      g_signal_handlers_disconnect_by_data (self->job, self);
      g_clear_object (&self->job);
      update_job (self);
    }
}

static void
drawn_cb (GObject      *object,
          GAsyncResult *result,
          gpointer      user_data)
{
  Drawing *drawing = g_task_get_task_data (G_TASK (result));
  g_autoptr (LkPlaygroundPage) self = g_steal_pointer (&drawing->page);
  g_autoptr (GError) error = NULL;
  gboolean is_drawn = g_task_propagate_boolean (G_TASK (result), &error);

  if (self->workspace != NULL && is_drawn)
    {
      add_to_strip (self, drawing->path);
      show_picture (self, drawing->path);
    }
  else if (self->workspace != NULL && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    lk_workspace_say (self->workspace, error->message);
  lk_job_finish (LK_JOB (object));
}

static void
job_cb (LkJob        *job,
        LkDevice     *device,
        const GError *error,
        gpointer      user_data)
{
  Drawing *drawing = user_data;
  g_autoptr (GTask) task = NULL;
  Drawing *own;

  if (device == NULL)
    {
      if (drawing->page->workspace != NULL)
        lk_workspace_say (drawing->page->workspace, error->message);
      lk_job_finish (job);
      return;
    }
  own = g_new0 (Drawing, 1);
  *own = (Drawing) { .page = g_steal_pointer (&drawing->page), .job = job, .device = lk_device_ref (device),
                     .recipe = g_steal_pointer (&drawing->recipe), .path = g_steal_pointer (&drawing->path), .compare = drawing->compare };
  drawing->recipe = lk_recipe_new ();
  task = g_task_new (job, lk_job_get_cancellable (job), drawn_cb, NULL);
  g_task_set_task_data (task, own, drawing_free);
  g_task_run_in_thread (task, draw_thread);
}

static void
draw_cb (LkPlaygroundPage *self)
{
  g_autoptr (LkEngine) engine = lk_engine_get_default ();
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  g_autofree char *name = NULL;
  Drawing *drawing;

  if (self->job != NULL || !self->is_ready)
    return;
  if (lk_project_is_read_only (get_project (self)))
    {
      lk_workspace_say (self->workspace, lk_project_get_read_only_reason (get_project (self)));
      return;
    }
  settle (self);
  name = g_date_time_format (now, "%Y%m%d-%H%M%S-%f.png");
  drawing = g_new0 (Drawing, 1);
  drawing->page = g_object_ref (self);
  drawing->recipe = make_recipe (self);
  drawing->path = g_build_filename (self->folder, name, NULL);
  drawing->compare = adw_switch_row_get_active (self->compare) && drawing->recipe->loras->len > 0;
  self->job = lk_engine_add (engine, _("Drawing a Picture"), job_cb, drawing, drawing_free);
  lk_job_set_place (self->job, get_project (self), "playground");
  g_signal_connect_object (self->job, "notify::fraction", G_CALLBACK (update_job), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->job, "notify::state", G_CALLBACK (job_state_cb), self, G_CONNECT_SWAPPED);
  update_job (self);
}

static void
cancel_cb (LkPlaygroundPage *self)
{
  if (self->job != NULL)
    lk_job_cancel (self->job);
}

/* ---- out ------------------------------------------------------------------------------------------------------- */

static void
text_thread (GTask        *task,
             gpointer      source,
             gpointer      data,
             GCancellable *cancellable)
{
  GError *error = NULL;
  char *text = lk_recipe_to_parameters (data, &error);

  if (text != NULL)
    g_task_return_pointer (task, text, g_free);
  else
    g_task_return_error (task, error);
}

static void
copy_text (LkPlaygroundPage *self,
           const char       *text)
{
  gdk_clipboard_set_text (gtk_widget_get_clipboard (GTK_WIDGET (self)), text);
  lk_workspace_say (self->workspace, _("Copied to the clipboard"));
}

static void
text_cb (GObject      *object,
         GAsyncResult *result,
         gpointer      user_data)
{
  LkPlaygroundPage *self = LK_PLAYGROUND_PAGE (object);
  g_autoptr (GError) error = NULL;
  g_autofree char *text = g_task_propagate_pointer (G_TASK (result), &error);

  if (self->workspace == NULL)
    return;
  if (text != NULL)
    copy_text (self, text);
  else
    lk_workspace_say (self->workspace, error->message);
}

static void
copy_automatic1111_action (GtkWidget  *widget,
                           const char *action_name,
                           GVariant   *parameter)
{
  g_autoptr (GTask) task = g_task_new (widget, NULL, text_cb, NULL);

  /* On a thread: it names files by their hashes. */
  g_task_set_task_data (task, make_recipe (LK_PLAYGROUND_PAGE (widget)), (GDestroyNotify) lk_recipe_free);
  g_task_run_in_thread (task, text_thread);
}

static void
copy_comfyui_action (GtkWidget  *widget,
                     const char *action_name,
                     GVariant   *parameter)
{
  LkPlaygroundPage *self = LK_PLAYGROUND_PAGE (widget);
  g_autoptr (LkRecipe) recipe = make_recipe (self);
  g_autoptr (cJSON) graph = lk_recipe_to_comfyui (recipe);
  g_autofree char *text = lk_json_print (graph, TRUE);

  copy_text (self, text);
}

typedef struct
{
  LkRecipe *recipe;             /* owned: its LoRAs are merged */
  char     *path;               /* owned */
  LkWork   *work;               /* owned by the workspace */
} Merge;

static void
merge_free (Merge *merge)
{
  lk_recipe_free (merge->recipe);
  g_free (merge->path);
  g_free (merge);
}

static void
merge_thread (GTask        *task,
              gpointer      source,
              gpointer      data,
              GCancellable *cancellable)
{
  const Merge *merge = data;
  const guint n = merge->recipe->loras->len;
  g_autofree LkMergeInput *inputs = g_new0 (LkMergeInput, n);
  GError *error = NULL;

  for (guint i = 0; i < n; i++)
    {
      const LkRecipeLora *lora = merge->recipe->loras->pdata[i];

      inputs[i] = (LkMergeInput) { lora->path, lora->unet_strength, lora->text_strength };
    }
  if (lk_merge_exact (inputs, n, LK_SAFE_F16, merge->path, NULL, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
merged_cb (GObject      *object,
           GAsyncResult *result,
           gpointer      user_data)
{
  LkPlaygroundPage *self = LK_PLAYGROUND_PAGE (object);
  const Merge *merge = g_task_get_task_data (G_TASK (result));
  g_autoptr (GError) error = NULL;
  gboolean is_merged = g_task_propagate_boolean (G_TASK (result), &error);

  if (self->workspace == NULL)
    return;
  lk_workspace_end_work (self->workspace, merge->work);
  lk_workspace_say (self->workspace, is_merged ? _("The merged LoRA was saved.") : error->message);
}

static void
merge_chosen_cb (GObject      *object,
                 GAsyncResult *result,
                 gpointer      user_data)
{
  g_autoptr (LkPlaygroundPage) self = user_data;
  g_autoptr (GFile) file = gtk_file_dialog_save_finish (GTK_FILE_DIALOG (object), result, NULL);
  g_autoptr (GTask) task = NULL;
  Merge *merge;

  if (file == NULL || g_file_peek_path (file) == NULL || self->workspace == NULL)
    return;
  merge = g_new0 (Merge, 1);
  merge->recipe = make_recipe (self);
  merge->path = g_strdup (g_file_peek_path (file));
  merge->work = lk_workspace_begin_work (self->workspace, _("Merging LoRAs"));
  task = g_task_new (self, NULL, merged_cb, NULL);
  g_task_set_task_data (task, merge, (GDestroyNotify) merge_free);
  g_task_run_in_thread (task, merge_thread);
}

static void
merge_action (GtkWidget  *widget,
              const char *action_name,
              GVariant   *parameter)
{
  LkPlaygroundPage *self = LK_PLAYGROUND_PAGE (widget);
  g_autoptr (GtkFileDialog) dialog = NULL;

  if (lk_stack_get_total (self->stack) == 0)
    {
      lk_workspace_say (self->workspace, _("Nothing to merge: add LoRAs, and turn on those that belong together."));
      return;
    }
  dialog = gtk_file_dialog_new ();
  gtk_file_dialog_set_title (dialog, _("Merge to One LoRA"));
  gtk_file_dialog_set_initial_name (dialog, "merged.safetensors");
  gtk_file_dialog_save (dialog, GTK_WINDOW (gtk_widget_get_root (widget)), NULL, merge_chosen_cb, g_object_ref (self));
}

/* ---- widget ---------------------------------------------------------------------------------------------------- */

static void
lk_playground_page_map (GtkWidget *widget)
{
  GTK_WIDGET_CLASS (lk_playground_page_parent_class)->map (widget);
  list_runs (LK_PLAYGROUND_PAGE (widget));
}

static void
lk_playground_page_dispose (GObject *object)
{
  LkPlaygroundPage *self = LK_PLAYGROUND_PAGE (object);

  if (self->workspace != NULL && self->save_source != 0)
    {
      g_autofree char *text = dup_text (self);

      /* Waits for a write that is on, so that the last one stays. */
      g_clear_handle_id (&self->save_source, g_source_remove);
      if (!lk_project_is_read_only (get_project (self)))
        write_text (self->path, text, NULL);
    }
  if (self->job != NULL)
    g_signal_handlers_disconnect_by_data (self->job, self);
  g_clear_object (&self->job);
  g_clear_object (&self->workspace);
  gtk_widget_dispose_template (GTK_WIDGET (self), LK_TYPE_PLAYGROUND_PAGE);

  G_OBJECT_CLASS (lk_playground_page_parent_class)->dispose (object);
}

static void
lk_playground_page_finalize (GObject *object)
{
  LkPlaygroundPage *self = LK_PLAYGROUND_PAGE (object);

  g_object_unref (self->stack);
  g_object_unref (self->add_menu);
  g_ptr_array_unref (self->undo);
  g_ptr_array_unref (self->redo);
  g_free (self->path);
  g_free (self->folder);
  g_free (self->kept);

  G_OBJECT_CLASS (lk_playground_page_parent_class)->finalize (object);
}

static void
lk_playground_page_class_init (LkPlaygroundPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = lk_playground_page_dispose;
  G_OBJECT_CLASS (klass)->finalize = lk_playground_page_finalize;
  widget_class->map = lk_playground_page_map;

  g_type_ensure (LK_TYPE_MEMORY_BAR);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/likeness/Likeness/lk-playground-page.ui");
  gtk_widget_class_bind_template_child (widget_class, LkPlaygroundPage, add_button);
  gtk_widget_class_bind_template_child (widget_class, LkPlaygroundPage, banner);
  gtk_widget_class_bind_template_child (widget_class, LkPlaygroundPage, bar);
  gtk_widget_class_bind_template_child (widget_class, LkPlaygroundPage, cancel);
  gtk_widget_class_bind_template_child (widget_class, LkPlaygroundPage, compare);
  gtk_widget_class_bind_template_child (widget_class, LkPlaygroundPage, draw);
  gtk_widget_class_bind_template_child (widget_class, LkPlaygroundPage, height);
  gtk_widget_class_bind_template_child (widget_class, LkPlaygroundPage, negative);
  gtk_widget_class_bind_template_child (widget_class, LkPlaygroundPage, picture);
  gtk_widget_class_bind_template_child (widget_class, LkPlaygroundPage, presets_button);
  gtk_widget_class_bind_template_child (widget_class, LkPlaygroundPage, progress);
  gtk_widget_class_bind_template_child (widget_class, LkPlaygroundPage, prompt);
  gtk_widget_class_bind_template_child (widget_class, LkPlaygroundPage, rows);
  gtk_widget_class_bind_template_child (widget_class, LkPlaygroundPage, seed);
  gtk_widget_class_bind_template_child (widget_class, LkPlaygroundPage, split);
  gtk_widget_class_bind_template_child (widget_class, LkPlaygroundPage, stack_view);
  gtk_widget_class_bind_template_child (widget_class, LkPlaygroundPage, steps);
  gtk_widget_class_bind_template_child (widget_class, LkPlaygroundPage, strip);
  gtk_widget_class_bind_template_child (widget_class, LkPlaygroundPage, total);
  gtk_widget_class_bind_template_child (widget_class, LkPlaygroundPage, width);
  gtk_widget_class_bind_template_child (widget_class, LkPlaygroundPage, without);
  gtk_widget_class_bind_template_child (widget_class, LkPlaygroundPage, words);
  gtk_widget_class_bind_template_callback (widget_class, balance_cb);
  gtk_widget_class_bind_template_callback (widget_class, cancel_cb);
  gtk_widget_class_bind_template_callback (widget_class, changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, draw_cb);

  gtk_widget_class_install_action (widget_class, "playground.add", "s", add_action);
  gtk_widget_class_install_action (widget_class, "playground.add-file", NULL, add_file_action);
  gtk_widget_class_install_action (widget_class, "playground.preset", "u", preset_action);
  gtk_widget_class_install_action (widget_class, "playground.undo", NULL, undo_action);
  gtk_widget_class_install_action (widget_class, "playground.redo", NULL, redo_action);
  gtk_widget_class_install_action (widget_class, "playground.copy-automatic1111", NULL, copy_automatic1111_action);
  gtk_widget_class_install_action (widget_class, "playground.copy-comfyui", NULL, copy_comfyui_action);
  gtk_widget_class_install_action (widget_class, "playground.merge", NULL, merge_action);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_z, GDK_CONTROL_MASK, undo_key_cb, "b", FALSE);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_z, GDK_CONTROL_MASK | GDK_SHIFT_MASK, undo_key_cb, "b", TRUE);
}

static void
lk_playground_page_init (LkPlaygroundPage *self)
{
  g_autoptr (GMenu) presets = g_menu_new ();

  self->stack = lk_stack_new ();
  self->add_menu = g_menu_new ();
  self->undo = g_ptr_array_new_with_free_func (g_free);
  self->redo = g_ptr_array_new_with_free_func (g_free);
  gtk_widget_init_template (GTK_WIDGET (self));

  for (guint i = 0; i < lk_stack_preset_get_n (); i++)
    {
      const LkStackPreset *preset = lk_stack_preset_get (i);
      g_autofree char *title = g_strdup_printf ("%s, 0.%02d + 0.%02d", lk_stack_preset_get_title (preset), preset->character, preset->second);
      g_autoptr (GMenuItem) item = g_menu_item_new (title, NULL);

      g_menu_item_set_action_and_target (item, "playground.preset", "u", i);
      g_menu_append_item (presets, item);
    }
  gtk_menu_button_set_menu_model (self->presets_button, G_MENU_MODEL (presets));
  gtk_menu_button_set_menu_model (self->add_button, G_MENU_MODEL (self->add_menu));
  update_undo (self);
}

LkPlaygroundPage *
lk_playground_page_new (LkWorkspace *workspace)
{
  LkPlaygroundPage *self = g_object_new (LK_TYPE_PLAYGROUND_PAGE, NULL);
  LkProject *project = lk_workspace_get_project (workspace);
  g_autoptr (GTask) task = g_task_new (self, NULL, read_cb, NULL);
  g_autofree char *prompt = g_strdup_printf ("%s %s", lk_project_get_trigger (project), lk_project_get_class_word (project));
  const guint side = lk_project_get_resolution (project);
  Found *found = g_new0 (Found, 1);

  self->workspace = g_object_ref (workspace);
  self->path = lk_project_dup_path (project, "stacks/Playground.json");
  self->folder = lk_project_dup_path (project, "stacks/Playground");
  gtk_editable_set_text (GTK_EDITABLE (self->prompt), g_strstrip (prompt));
  adw_spin_row_set_value (self->width, side);
  adw_spin_row_set_value (self->height, side);
  gtk_list_box_bind_model (self->rows, G_LIST_MODEL (self->stack), make_row, self, NULL);
  g_signal_connect_object (self->stack, "items-changed", G_CALLBACK (items_changed_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (project, "notify::base-model", G_CALLBACK (look_again_cb), self, G_CONNECT_SWAPPED);
  update_total (self);

  gtk_widget_set_sensitive (GTK_WIDGET (self->split), FALSE);
  found->path = g_strdup (self->path);
  found->folder = g_strdup (self->folder);
  found->pictures = g_ptr_array_new_with_free_func (g_free);
  g_task_set_task_data (task, found, (GDestroyNotify) found_free);
  g_task_run_in_thread (task, read_thread);
  return self;
}
