#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>

#include "app/captions/lk-tag-completion.h"

#define MAX_OFFERS 8
/* Fewer letters fit too much. */
#define MIN_LETTERS 2

struct _LkTagCompletion
{
  GObject      parent_instance;

  GtkWidget   *widget;      /* unowned; NULL once detached */
  LkTagSource *source;      /* owned */
  GtkWidget   *popover;     /* child of the widget */
  GtkListBox  *list;
};

G_DEFINE_FINAL_TYPE (LkTagCompletion, lk_tag_completion, G_TYPE_OBJECT)

enum
{
  ACCEPTED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

gboolean
lk_tag_completion_is_shown (LkTagCompletion *self)
{
  g_return_val_if_fail (LK_IS_TAG_COMPLETION (self), FALSE);

  return self->popover != NULL && gtk_widget_get_visible (self->popover);
}

void
lk_tag_completion_hide (LkTagCompletion *self)
{
  g_return_if_fail (LK_IS_TAG_COMPLETION (self));

  if (self->popover != NULL)
    gtk_popover_popdown (GTK_POPOVER (self->popover));
}

static const char *
get_tag (GtkListBoxRow *row)
{
  return gtk_label_get_label (GTK_LABEL (gtk_list_box_row_get_child (row)));
}

static void
accept (LkTagCompletion *self,
        GtkListBoxRow   *row)
{
  g_autofree char *tag = g_strdup (get_tag (row));

  lk_tag_completion_hide (self);
  g_signal_emit (self, signals[ACCEPTED], 0, tag);
}

static void
choose (LkTagCompletion *self,
        int              step)
{
  GtkListBoxRow *row = gtk_list_box_get_selected_row (self->list);
  int index = row != NULL ? gtk_list_box_row_get_index (row) + step : step > 0 ? 0 : MAX_OFFERS;

  row = NULL;
  for (; index >= 0 && row == NULL; index--)
    row = gtk_list_box_get_row_at_index (self->list, index);
  if (row == NULL)
    return;
  gtk_list_box_select_row (self->list, row);
  gtk_accessible_announce (GTK_ACCESSIBLE (self->widget), get_tag (row), GTK_ACCESSIBLE_ANNOUNCEMENT_PRIORITY_MEDIUM);
}

static gboolean
key_pressed_cb (LkTagCompletion *self,
                guint            keyval,
                guint            keycode,
                GdkModifierType  state)
{
  GtkListBoxRow *row;

  if (!lk_tag_completion_is_shown (self) || (state & (GDK_CONTROL_MASK | GDK_ALT_MASK | GDK_SHIFT_MASK)) != 0)
    return GDK_EVENT_PROPAGATE;

  row = gtk_list_box_get_selected_row (self->list);
  switch (keyval)
    {
    case GDK_KEY_Down:
    case GDK_KEY_Up:
      choose (self, keyval == GDK_KEY_Down ? 1 : -1);
      return GDK_EVENT_STOP;

    case GDK_KEY_Tab:
      accept (self, row != NULL ? row : gtk_list_box_get_row_at_index (self->list, 0));
      return GDK_EVENT_STOP;

    case GDK_KEY_Return:
    case GDK_KEY_KP_Enter:
      if (row != NULL)
        accept (self, row);
      else
        lk_tag_completion_hide (self);
      return row != NULL ? GDK_EVENT_STOP : GDK_EVENT_PROPAGATE;

    case GDK_KEY_Escape:
      lk_tag_completion_hide (self);
      return GDK_EVENT_STOP;

    default:
      return GDK_EVENT_PROPAGATE;
    }
}

/* Made when there is something to offer for the first time. */
static void
make_popover (LkTagCompletion *self)
{
  self->list = GTK_LIST_BOX (gtk_list_box_new ());
  gtk_widget_set_focusable (GTK_WIDGET (self->list), FALSE);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->list), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Tags That Fit"), -1);
  g_signal_connect_object (self->list, "row-activated", G_CALLBACK (accept), self, G_CONNECT_SWAPPED);
  self->popover = gtk_popover_new ();
  gtk_popover_set_autohide (GTK_POPOVER (self->popover), FALSE);
  gtk_popover_set_has_arrow (GTK_POPOVER (self->popover), FALSE);
  gtk_popover_set_position (GTK_POPOVER (self->popover), GTK_POS_BOTTOM);
  gtk_widget_set_can_focus (self->popover, FALSE);
  gtk_widget_set_halign (self->popover, GTK_ALIGN_START);
  gtk_widget_add_css_class (self->popover, "menu");
  gtk_popover_set_child (GTK_POPOVER (self->popover), GTK_WIDGET (self->list));
  gtk_widget_set_parent (self->popover, self->widget);
}

void
lk_tag_completion_update (LkTagCompletion    *self,
                          const char         *typed,
                          const GdkRectangle *place)
{
  g_autoptr (GPtrArray) offers = NULL;

  g_return_if_fail (LK_IS_TAG_COMPLETION (self));

  if (self->source == NULL || self->widget == NULL || g_utf8_strlen (typed, -1) < MIN_LETTERS)
    {
      lk_tag_completion_hide (self);
      return;
    }
  offers = lk_tag_source_find (self->source, typed, MAX_OFFERS);
  if (offers->len == 0 || (offers->len == 1 && g_str_equal (offers->pdata[0], typed)))
    {
      lk_tag_completion_hide (self);
      return;
    }

  if (self->popover == NULL)
    make_popover (self);
  gtk_list_box_remove_all (self->list);
  for (guint i = 0; i < offers->len; i++)
    {
      GtkWidget *label = gtk_label_new (offers->pdata[i]);

      gtk_label_set_xalign (GTK_LABEL (label), 0);
      gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
      gtk_label_set_max_width_chars (GTK_LABEL (label), 40);
      gtk_list_box_append (self->list, label);
      gtk_widget_set_focusable (gtk_widget_get_parent (label), FALSE);
    }
  gtk_popover_set_pointing_to (GTK_POPOVER (self->popover), place);
  gtk_popover_popup (GTK_POPOVER (self->popover));
}

void
lk_tag_completion_set_source (LkTagCompletion *self,
                              LkTagSource     *source)
{
  g_return_if_fail (LK_IS_TAG_COMPLETION (self));

  g_set_object (&self->source, source);
}

void
lk_tag_completion_detach (LkTagCompletion *self)
{
  g_return_if_fail (LK_IS_TAG_COMPLETION (self));

  g_clear_pointer (&self->popover, gtk_widget_unparent);
  self->list = NULL;
  self->widget = NULL;
}

static void
lk_tag_completion_dispose (GObject *object)
{
  LkTagCompletion *self = LK_TAG_COMPLETION (object);

  lk_tag_completion_detach (self);
  g_clear_object (&self->source);

  G_OBJECT_CLASS (lk_tag_completion_parent_class)->dispose (object);
}

static void
lk_tag_completion_class_init (LkTagCompletionClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = lk_tag_completion_dispose;

  signals[ACCEPTED] = g_signal_new ("accepted", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                    G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void
lk_tag_completion_init (LkTagCompletion *self)
{
}

LkTagCompletion *
lk_tag_completion_new (GtkWidget *widget)
{
  LkTagCompletion *self = g_object_new (LK_TYPE_TAG_COMPLETION, NULL);
  GtkEventController *keys = gtk_event_controller_key_new ();
  GtkEventController *focus = gtk_event_controller_focus_new ();

  self->widget = widget;
  gtk_event_controller_set_propagation_phase (keys, GTK_PHASE_CAPTURE);
  g_signal_connect_object (keys, "key-pressed", G_CALLBACK (key_pressed_cb), self, G_CONNECT_SWAPPED);
  gtk_widget_add_controller (widget, keys);
  g_signal_connect_object (focus, "leave", G_CALLBACK (lk_tag_completion_hide), self, G_CONNECT_SWAPPED);
  gtk_widget_add_controller (widget, focus);
  return self;
}
