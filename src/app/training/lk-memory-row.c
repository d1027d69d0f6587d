#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>

#include "app/training/lk-memory-row.h"
#include "app/widgets/lk-memory-bar.h"

struct _LkMemoryRow
{
  AdwPreferencesRow  parent_instance;

  GCancellable      *cancellable;   /* owned; of the plan that is being made, or NULL */
  GPtrArray         *remedies;      /* LkMemoryRemedy, owned, or NULL */
  char              *refusal;       /* owned, or NULL */

  LkMemoryBar       *bar;
  GtkLabel          *summary;
  AdwWrapBox        *legend;
  GtkBox            *refused;
  GtkLabel          *reason;
  AdwWrapBox        *fixes;
};

G_DEFINE_FINAL_TYPE (LkMemoryRow, lk_memory_row, ADW_TYPE_PREFERENCES_ROW)

enum { PLANNED, FIX, N_SIGNALS };

static guint signals[N_SIGNALS];

static const char * const part_names[LK_MEMORY_BAR_MAX_PARTS] = {
  N_("Weights"), N_("Activations"), N_("LoRA"), N_("Optimizer"), N_("Workspace"),
};

/* ---- planning, on a thread -------------------------------------------------------------------------------------- */

typedef struct
{
  char            *base;          /* owned, as is all */
  char            *spec;
  LkTrainSettings *settings;
  LkMemoryShapes  *shapes;
} Ask;

typedef struct
{
  LkMemoryPlan  plan;
  guint64       memory;           /* what the run may take in all */
  char         *refusal;          /* owned, or NULL: it fits */
  GPtrArray    *remedies;         /* owned, or NULL */
} Answer;

static void
ask_free (Ask *ask)
{
  g_free (ask->base);
  g_free (ask->spec);
  lk_train_settings_free (ask->settings);
  lk_memory_shapes_free (ask->shapes);
  g_free (ask);
}

static void
answer_free (Answer *answer)
{
  g_free (answer->refusal);
  g_clear_pointer (&answer->remedies, g_ptr_array_unref);
  g_free (answer);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Answer, answer_free)

static void
plan_thread (GTask        *task,
             gpointer      source,
             gpointer      data,
             GCancellable *cancellable)
{
  const Ask *ask = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (LkDevice) sketch = lk_device_open_sketch (ask->spec, &error);
  g_autoptr (LkCheckpoint) checkpoint = sketch != NULL ? lk_checkpoint_open (ask->base, &error) : NULL;
  const LkMemoryAsk what = { checkpoint, ask->settings, ask->shapes, NULL };
  g_autoptr (Answer) answer = g_new0 (Answer, 1);
  guint64 memory_free;

  if (checkpoint == NULL || !lk_memory_plan_make (sketch, &what, &answer->plan, &error))
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }

  memory_free = lk_device_get_memory_free (sketch);
  answer->memory = memory_free + answer->plan.at_rest;
  if (!lk_memory_plan_fits (&answer->plan, memory_free))
    {
      answer->remedies = lk_memory_plan_find_remedies (sketch, &what, memory_free);
      answer->refusal = lk_memory_plan_dup_refusal (&answer->plan, sketch, answer->remedies);
    }
  g_task_return_pointer (task, g_steal_pointer (&answer), (GDestroyNotify) answer_free);
}

/* ---- showing ---------------------------------------------------------------------------------------------------- */

static char *
format_size (guint64 bytes)
{
  return g_format_size_full (bytes, G_FORMAT_SIZE_IEC_UNITS);
}

static void
empty (AdwWrapBox *box)
{
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (GTK_WIDGET (box))) != NULL)
    adw_wrap_box_remove (box, child);
}

static void
fix_cb (GtkButton   *button,
        LkMemoryRow *self)
{
  LkMemoryRemedy *remedy = g_object_get_data (G_OBJECT (button), "remedy");
  g_autoptr (GPtrArray) held = g_ptr_array_ref (self->remedies);

  g_signal_emit (self, signals[FIX], 0, remedy);
}

static void
show_refusal (LkMemoryRow *self)
{
  empty (self->fixes);
  gtk_widget_set_visible (GTK_WIDGET (self->refused), self->refusal != NULL);
  gtk_label_set_label (self->reason, self->refusal != NULL ? self->refusal : "");
  for (guint i = 0; self->remedies != NULL && i < self->remedies->len; i++)
    {
      LkMemoryRemedy *remedy = g_ptr_array_index (self->remedies, i);
      GtkWidget *button = gtk_button_new_with_label (remedy->label);

      g_object_set_data (G_OBJECT (button), "remedy", remedy);
      g_signal_connect (button, "clicked", G_CALLBACK (fix_cb), self);
      adw_wrap_box_append (self->fixes, button);
    }
}

static void
add_legend (LkMemoryRow *self,
            guint        part,
            const char  *size)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *swatch = g_object_new (GTK_TYPE_BOX, "accessible-role", GTK_ACCESSIBLE_ROLE_PRESENTATION, "valign", GTK_ALIGN_CENTER, NULL);
  g_autofree char *words = g_strdup_printf ("%s %s", _(part_names[part]), size), *style = g_strdup_printf ("part-%u", part);
  GtkWidget *label = gtk_label_new (words);

  gtk_widget_add_css_class (swatch, "memory-swatch");
  gtk_widget_add_css_class (swatch, style);
  gtk_widget_add_css_class (label, "caption");
  gtk_widget_add_css_class (label, "numeric");
  gtk_box_append (GTK_BOX (box), swatch);
  gtk_box_append (GTK_BOX (box), label);
  adw_wrap_box_append (self->legend, box);
}

static void
show_plan (LkMemoryRow  *self,
           const Answer *answer)
{
  const LkMemoryPlan *plan = &answer->plan;
  const guint64 parts[LK_MEMORY_BAR_MAX_PARTS] = { plan->weights, plan->activations, plan->adapter, plan->optimizer, plan->workspace };
  g_autofree char *taken = format_size (plan->peak), *memory = format_size (answer->memory);
  g_autofree char *text = g_strdup_printf (_("%s needed · %s free"), taken, memory);
  g_autoptr (GString) words = g_string_new (text);

  empty (self->legend);
  for (guint i = 0; i < LK_MEMORY_BAR_MAX_PARTS; i++)
    {
      g_autofree char *size = format_size (parts[i]);

      if (parts[i] == 0)
        continue;
      g_string_append_printf (words, "%s %s %s", i == 0 ? ":" : ",", _(part_names[i]), size);
      add_legend (self, i, size);
    }
  gtk_label_set_label (self->summary, text);
  lk_memory_bar_set (self->bar, parts, answer->memory, words->str);
}

static void
planned_cb (GObject      *object,
            GAsyncResult *result,
            gpointer      user_data)
{
  LkMemoryRow *self = LK_MEMORY_ROW (object);
  g_autoptr (GError) error = NULL;
  g_autoptr (Answer) answer = g_task_propagate_pointer (G_TASK (result), &error);

  /* Another one was asked for meanwhile, or nobody looks any more. */
  if (g_task_get_cancellable (G_TASK (result)) != self->cancellable)
    return;

  g_clear_object (&self->cancellable);
  g_clear_pointer (&self->remedies, g_ptr_array_unref);
  g_clear_pointer (&self->refusal, g_free);
  if (answer != NULL)
    {
      show_plan (self, answer);
      self->refusal = g_steal_pointer (&answer->refusal);
      self->remedies = g_steal_pointer (&answer->remedies);
    }
  else
    {
      empty (self->legend);
      gtk_label_set_label (self->summary, error->message);
    }
  gtk_widget_set_visible (GTK_WIDGET (self->bar), answer != NULL);
  gtk_widget_set_visible (GTK_WIDGET (self->legend), answer != NULL);
  show_refusal (self);
  g_signal_emit (self, signals[PLANNED], 0);
}

void
lk_memory_row_ask (LkMemoryRow           *self,
                   const char            *base,
                   const char            *spec,
                   const LkTrainSettings *settings,
                   LkMemoryShapes        *shapes)
{
  g_autoptr (GTask) task = NULL;
  Ask *ask = g_new (Ask, 1);

  g_return_if_fail (LK_IS_MEMORY_ROW (self));

  *ask = (Ask) { g_strdup (base), g_strdup (spec), lk_train_settings_copy (settings), shapes };
  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  self->cancellable = g_cancellable_new ();
  task = g_task_new (self, self->cancellable, planned_cb, NULL);
  g_task_set_task_data (task, ask, (GDestroyNotify) ask_free);
  g_task_run_in_thread (task, plan_thread);
}

const char *
lk_memory_row_get_refusal (LkMemoryRow *self)
{
  g_return_val_if_fail (LK_IS_MEMORY_ROW (self), NULL);

  return self->refusal;
}

/* ---- widget ----------------------------------------------------------------------------------------------------- */

static void
lk_memory_row_dispose (GObject *object)
{
  LkMemoryRow *self = LK_MEMORY_ROW (object);

  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  gtk_widget_dispose_template (GTK_WIDGET (self), LK_TYPE_MEMORY_ROW);

  G_OBJECT_CLASS (lk_memory_row_parent_class)->dispose (object);
}

static void
lk_memory_row_finalize (GObject *object)
{
  LkMemoryRow *self = LK_MEMORY_ROW (object);

  g_clear_pointer (&self->remedies, g_ptr_array_unref);
  g_free (self->refusal);

  G_OBJECT_CLASS (lk_memory_row_parent_class)->finalize (object);
}

static void
lk_memory_row_class_init (LkMemoryRowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = lk_memory_row_dispose;
  G_OBJECT_CLASS (klass)->finalize = lk_memory_row_finalize;

  signals[PLANNED] = g_signal_new ("planned", LK_TYPE_MEMORY_ROW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[FIX] = g_signal_new ("fix", LK_TYPE_MEMORY_ROW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_POINTER);

  g_type_ensure (LK_TYPE_MEMORY_BAR);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/likeness/Likeness/lk-memory-row.ui");
  gtk_widget_class_bind_template_child (widget_class, LkMemoryRow, bar);
  gtk_widget_class_bind_template_child (widget_class, LkMemoryRow, fixes);
  gtk_widget_class_bind_template_child (widget_class, LkMemoryRow, legend);
  gtk_widget_class_bind_template_child (widget_class, LkMemoryRow, reason);
  gtk_widget_class_bind_template_child (widget_class, LkMemoryRow, refused);
  gtk_widget_class_bind_template_child (widget_class, LkMemoryRow, summary);
}

static void
lk_memory_row_init (LkMemoryRow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}
