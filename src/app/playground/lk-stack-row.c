#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

#include "app/playground/lk-stack-row.h"
#include "generate/lk-recipe.h"
#include "model/lk-adapter.h"

#define MOST 2.0        /* of a strength, both ways */

struct _LkStackRow
{
  GtkListBoxRow  parent_instance;

  LkStackEntry  *entry;         /* owned */
  GtkAdjustment *strengths[2];  /* of the U-Net, of the text encoder */
  GtkWidget     *text_line;
  GtkLabel      *problem;
  GtkDropDown   *kind;
};

G_DEFINE_FINAL_TYPE (LkStackRow, lk_stack_row, GTK_TYPE_LIST_BOX_ROW)

enum { MOVE, REMOVE, N_SIGNALS };

static guint signals[N_SIGNALS];

/* ---- the file -------------------------------------------------------------------------------------------------- */

typedef struct
{
  char        *path;            /* owned, as is the next */
  char        *base;
  LkStackKind  kind;            /* as the file says */
} Look;

static void
look_free (Look *look)
{
  g_free (look->path);
  g_free (look->base);
  g_free (look);
}

/* How many layers the file changes by kohya's names, and how many of them this model has in the same width. */
static void
count_places (LkSafetensors *file,
              LkCheckpoint  *checkpoint,
              guint         *n,
              guint         *n_fit)
{
  g_autoptr (LkAdapterTargets) targets = lk_adapter_targets_new (checkpoint);

  *n = *n_fit = 0;
  for (guint i = 0; i < lk_safetensors_get_n_tensors (file); i++)
    {
      const LkSafeTensor *tensor = lk_safetensors_get_tensor (file, i);
      const LkAdapterTarget *target;
      g_autofree char *name = NULL;

      if (!g_str_has_suffix (tensor->name, ".lora_down.weight"))
        continue;
      (*n)++;
      name = g_strndup (tensor->name, strlen (tensor->name) - strlen (".lora_down.weight"));
      target = lk_adapter_targets_find (targets, name);
      *n_fit += target != NULL && tensor->n_dims >= 2 && tensor->dims[1] == target->in;
    }
}

/* Whether a layer of the file goes by a name that programs give to what they add to layers; see lk-adapter.h for those that load here. */
static gboolean
has_added_layers (LkSafetensors *file)
{
  static const char * const marks[] = { "lora", "hada_", "lokr_", "dora_" };

  for (guint i = 0; i < lk_safetensors_get_n_tensors (file); i++)
    for (gsize k = 0; k < G_N_ELEMENTS (marks); k++)
      if (strstr (lk_safetensors_get_tensor (file, i)->name, marks[k]) != NULL)
        return TRUE;
  return FALSE;
}

static void
look_thread (GTask        *task,
             gpointer      source,
             gpointer      data,
             GCancellable *cancellable)
{
  Look *look = data;
  GError *error = NULL;
  g_autoptr (LkSafetensors) file = lk_safetensors_open (look->path, &error);
  g_autofree char *base = lk_base_dup_path (look->base);
  g_autoptr (LkCheckpoint) checkpoint = file != NULL ? lk_checkpoint_open (base, NULL) : NULL;
  guint n = 0, n_fit = 0;

  if (file == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  look->kind = lk_stack_kind_from_id (lk_safetensors_get_metadata (file, "likeness.kind"));
  if (checkpoint != NULL)
    count_places (file, checkpoint, &n, &n_fit);
  if (!has_added_layers (file))
    g_task_return_new_error (task, LK_ADAPTER_ERROR, LK_ADAPTER_ERROR_NOT_A_LORA,
                             _("“%s” holds no LoRA, but another kind of weights. Choose a LoRA file."), look->path);
  else if (n > 0 && n_fit * 2 < n)
    g_task_return_new_error (task, LK_ADAPTER_ERROR, LK_ADAPTER_ERROR_WRONG_MODEL,
                             _("Made for another base model: only %u of its %u layers fit the project’s. Choose a LoRA for this base model."),
                             n_fit, n);
  else
    g_task_return_boolean (task, TRUE);
}

static void
looked_cb (GObject      *object,
           GAsyncResult *result,
           gpointer      user_data)
{
  LkStackRow *self = LK_STACK_ROW (object);
  const Look *look = g_task_get_task_data (G_TASK (result));
  g_autoptr (GError) error = NULL;
  gboolean is_fine = g_task_propagate_boolean (G_TASK (result), &error);

  if (self->entry == NULL)
    return;
  gtk_label_set_label (self->problem, is_fine ? "" : error->message);
  gtk_widget_set_visible (GTK_WIDGET (self->problem), !is_fine);
  if (is_fine && lk_stack_entry_get_kind (self->entry) == LK_STACK_OTHER)
    lk_stack_entry_set_kind (self->entry, look->kind);
}

void
lk_stack_row_look (LkStackRow *self,
                   const char *base)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, looked_cb, NULL);
  Look *look = g_new0 (Look, 1);

  g_return_if_fail (LK_IS_STACK_ROW (self));

  look->path = g_strdup (lk_stack_entry_get_path (self->entry));
  look->base = g_strdup (base);
  g_task_set_task_data (task, look, (GDestroyNotify) look_free);
  g_task_run_in_thread (task, look_thread);
}

const char *
lk_stack_row_get_problem (LkStackRow *self)
{
  return gtk_label_get_label (self->problem);
}

/* ---- strengths and kind ---------------------------------------------------------------------------------------- */

static void
strength_changed_cb (GtkAdjustment *adjustment,
                     LkStackRow    *self)
{
  int hundredths = (int) lround (gtk_adjustment_get_value (adjustment) * 100);

  if (adjustment == self->strengths[0])
    lk_stack_entry_set_unet (self->entry, hundredths);
  else
    lk_stack_entry_set_text (self->entry, hundredths);
}

static void
kind_chosen_cb (LkStackRow *self)
{
  lk_stack_entry_set_kind (self->entry, gtk_drop_down_get_selected (self->kind));
}

static void
update (LkStackRow *self)
{
  int hundredths[] = { lk_stack_entry_get_unet (self->entry), lk_stack_entry_get_text (self->entry) };

  for (guint i = 0; i < 2; i++)
    if (lround (gtk_adjustment_get_value (self->strengths[i]) * 100) != hundredths[i])
      gtk_adjustment_set_value (self->strengths[i], hundredths[i] / 100.);
  gtk_widget_set_visible (self->text_line, !lk_stack_entry_get_linked (self->entry));
  gtk_drop_down_set_selected (self->kind, lk_stack_entry_get_kind (self->entry));
}

/* ---- actions --------------------------------------------------------------------------------------------------- */

static void
move_action (GtkWidget  *widget,
             const char *action_name,
             GVariant   *parameter)
{
  int from = gtk_list_box_row_get_index (GTK_LIST_BOX_ROW (widget));

  g_signal_emit (widget, signals[MOVE], 0, from, from + (g_str_equal (action_name, "stack-row.up") ? -1 : 1));
}

static void
remove_action (GtkWidget  *widget,
               const char *action_name,
               GVariant   *parameter)
{
  g_signal_emit (widget, signals[REMOVE], 0, gtk_list_box_row_get_index (GTK_LIST_BOX_ROW (widget)));
}

static void
separate_action (GtkWidget  *widget,
                 const char *action_name,
                 GVariant   *parameter)
{
  LkStackRow *self = LK_STACK_ROW (widget);

  lk_stack_entry_set_linked (self->entry, !lk_stack_entry_get_linked (self->entry));
}

static GdkContentProvider *
drag_prepare_cb (GtkDragSource *source,
                 double         x,
                 double         y,
                 LkStackRow    *self)
{
  return gdk_content_provider_new_typed (LK_TYPE_STACK_ROW, self);
}

static gboolean
drop_cb (GtkDropTarget *target,
         const GValue  *value,
         double         x,
         double         y,
         LkStackRow    *self)
{
  GtkListBoxRow *dragged = g_value_get_object (value);

  if (gtk_widget_get_parent (GTK_WIDGET (dragged)) != gtk_widget_get_parent (GTK_WIDGET (self)))
    return FALSE;
  g_signal_emit (self, signals[MOVE], 0, gtk_list_box_row_get_index (dragged), gtk_list_box_row_get_index (GTK_LIST_BOX_ROW (self)));
  return TRUE;
}

/* ---- widget ---------------------------------------------------------------------------------------------------- */

static void
lk_stack_row_dispose (GObject *object)
{
  LkStackRow *self = LK_STACK_ROW (object);

  for (guint i = 0; i < 2; i++)
    if (self->strengths[i] != NULL)
      g_signal_handlers_disconnect_by_data (self->strengths[i], self);
  g_clear_object (&self->strengths[0]);
  g_clear_object (&self->strengths[1]);
  g_clear_object (&self->entry);

  G_OBJECT_CLASS (lk_stack_row_parent_class)->dispose (object);
}

static void
lk_stack_row_class_init (LkStackRowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = lk_stack_row_dispose;
  signals[MOVE] = g_signal_new ("move", LK_TYPE_STACK_ROW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 2, G_TYPE_INT, G_TYPE_INT);
  signals[REMOVE] = g_signal_new ("remove", LK_TYPE_STACK_ROW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_INT);

  gtk_widget_class_install_action (widget_class, "stack-row.up", NULL, move_action);
  gtk_widget_class_install_action (widget_class, "stack-row.down", NULL, move_action);
  gtk_widget_class_install_action (widget_class, "stack-row.remove", NULL, remove_action);
  gtk_widget_class_install_action (widget_class, "stack-row.separate", NULL, separate_action);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Up, GDK_ALT_MASK, "stack-row.up", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Down, GDK_ALT_MASK, "stack-row.down", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Delete, 0, "stack-row.remove", NULL);
}

static void
lk_stack_row_init (LkStackRow *self)
{
}

static void
name_widget (GtkWidget  *widget,
             const char *format,
             const char *name)
{
  g_autofree char *words = NULL;

  g_assert (strstr (format, "%s") != NULL);
  {
    g_auto (GStrv) parts = g_strsplit (format, "%s", 2);

    words = g_strconcat (parts[0], name, parts[1], NULL);
  }
  gtk_accessible_update_property (GTK_ACCESSIBLE (widget), GTK_ACCESSIBLE_PROPERTY_LABEL, words, -1);
}

static GtkWidget *
make_line (LkStackRow *self,
           guint       which,
           const char *words)
{
  GtkWidget *line = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6), *scale, *spin;
  const char *name = lk_stack_entry_get_name (self->entry);

  self->strengths[which] = g_object_ref_sink (gtk_adjustment_new (0, -MOST, MOST, 0.05, 0.1, 0));
  scale = gtk_scale_new (GTK_ORIENTATION_HORIZONTAL, self->strengths[which]);
  spin = gtk_spin_button_new (self->strengths[which], 0.05, 2);
  gtk_widget_set_hexpand (scale, TRUE);
  gtk_scale_add_mark (GTK_SCALE (scale), 0, GTK_POS_BOTTOM, NULL);
  gtk_range_set_round_digits (GTK_RANGE (scale), 2);
  name_widget (scale, words, name);
  name_widget (spin, words, name);
  gtk_box_append (GTK_BOX (line), scale);
  gtk_box_append (GTK_BOX (line), spin);
  return line;
}

static GtkWidget *
make_menu_button (const char *name)
{
  g_autoptr (GMenu) menu = g_menu_new ();
  GtkWidget *button = gtk_menu_button_new ();

  g_menu_append (menu, _("Move Up"), "stack-row.up");
  g_menu_append (menu, _("Move Down"), "stack-row.down");
  g_menu_append (menu, _("Own Strength for the Text"), "stack-row.separate");
  g_menu_append (menu, _("Remove"), "stack-row.remove");
  gtk_menu_button_set_icon_name (GTK_MENU_BUTTON (button), "view-more-symbolic");
  gtk_menu_button_set_menu_model (GTK_MENU_BUTTON (button), G_MENU_MODEL (menu));
  gtk_widget_add_css_class (button, "flat");
  gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
  name_widget (button, _("More for %s"), name);
  return button;
}

LkStackRow *
lk_stack_row_new (LkStackEntry *entry)
{
  LkStackRow *self = g_object_new (LK_TYPE_STACK_ROW, "activatable", FALSE, NULL);
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 3), *line = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6), *label, *on, *kind;
  const char *titles[LK_N_STACK_KINDS + 1] = { NULL };
  const char *name = lk_stack_entry_get_name (entry);
  GtkDragSource *source = gtk_drag_source_new ();
  GtkDropTarget *target = gtk_drop_target_new (LK_TYPE_STACK_ROW, GDK_ACTION_MOVE);

  self->entry = g_object_ref (entry);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
  gtk_widget_set_margin_top (box, 9);
  gtk_widget_set_margin_bottom (box, 9);
  gtk_widget_set_margin_start (box, 9);
  gtk_widget_set_margin_end (box, 9);

  on = gtk_switch_new ();
  gtk_widget_set_valign (on, GTK_ALIGN_CENTER);
  name_widget (on, _("Use %s"), name);
  g_object_bind_property (entry, "on", on, "active", G_BINDING_SYNC_CREATE | G_BINDING_BIDIRECTIONAL);
  label = gtk_label_new (name);
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_MIDDLE);
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_widget_set_hexpand (label, TRUE);
  gtk_widget_set_tooltip_text (label, lk_stack_entry_get_path (entry));
  for (guint i = 0; i < LK_N_STACK_KINDS; i++)
    titles[i] = lk_stack_kind_get_title (i);
  kind = gtk_drop_down_new_from_strings (titles);
  self->kind = GTK_DROP_DOWN (kind);
  gtk_widget_add_css_class (kind, "flat");
  name_widget (kind, _("Kind of %s"), name);
  gtk_box_append (GTK_BOX (line), on);
  gtk_box_append (GTK_BOX (line), label);
  gtk_box_append (GTK_BOX (line), kind);
  gtk_box_append (GTK_BOX (line), make_menu_button (name));
  gtk_box_append (GTK_BOX (box), line);

  gtk_box_append (GTK_BOX (box), make_line (self, 0, _("Strength of %s")));
  self->text_line = make_line (self, 1, _("Text strength of %s"));
  gtk_box_append (GTK_BOX (box), self->text_line);
  self->problem = GTK_LABEL (gtk_label_new (""));
  gtk_label_set_wrap (self->problem, TRUE);
  gtk_label_set_wrap_mode (self->problem, PANGO_WRAP_WORD_CHAR);
  gtk_label_set_xalign (self->problem, 0);
  gtk_widget_add_css_class (GTK_WIDGET (self->problem), "error");
  gtk_widget_set_visible (GTK_WIDGET (self->problem), FALSE);
  gtk_box_append (GTK_BOX (box), GTK_WIDGET (self->problem));
  gtk_list_box_row_set_child (GTK_LIST_BOX_ROW (self), box);

  update (self);
  for (guint i = 0; i < 2; i++)
    g_signal_connect (self->strengths[i], "value-changed", G_CALLBACK (strength_changed_cb), self);
  g_signal_connect_object (kind, "notify::selected", G_CALLBACK (kind_chosen_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (entry, "notify", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  /* From the name, so that a slider keeps its own drags. */
  gtk_drag_source_set_actions (source, GDK_ACTION_MOVE);
  g_signal_connect (source, "prepare", G_CALLBACK (drag_prepare_cb), self);
  gtk_widget_add_controller (label, GTK_EVENT_CONTROLLER (source));
  g_signal_connect (target, "drop", G_CALLBACK (drop_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (target));
  return self;
}
