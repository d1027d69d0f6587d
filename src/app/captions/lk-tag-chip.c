#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>

#include "app/captions/lk-tag-chip.h"

struct _LkTagChip
{
  AdwBin            parent_instance;

  char             *tag;        /* owned */
  guint             index, n;   /* which of how many */
  gboolean          is_editable;
  GtkWidget        *popover;    /* child, made when it is opened */
  GtkEntry         *entry;

  GtkButton        *remove_button;
  GtkDragSource    *drag;
  GtkImage         *icon;
  GtkLabel         *label;
};

G_DEFINE_FINAL_TYPE (LkTagChip, lk_tag_chip, ADW_TYPE_BIN)

enum
{
  CHANGE,
  REMOVE,
  MOVE,
  DROPPED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

const char *
lk_tag_chip_get_tag (LkTagChip *self)
{
  g_return_val_if_fail (LK_IS_TAG_CHIP (self), NULL);

  return self->tag;
}

guint
lk_tag_chip_get_index (LkTagChip *self)
{
  g_return_val_if_fail (LK_IS_TAG_CHIP (self), 0);

  return self->index;
}

void
lk_tag_chip_set_editable (LkTagChip *self,
                          gboolean   is_editable)
{
  g_return_if_fail (LK_IS_TAG_CHIP (self));

  self->is_editable = is_editable;
  gtk_widget_set_visible (GTK_WIDGET (self->remove_button), is_editable);
  gtk_event_controller_set_propagation_phase (GTK_EVENT_CONTROLLER (self->drag), is_editable ? GTK_PHASE_BUBBLE : GTK_PHASE_NONE);
}

void
lk_tag_chip_set_trouble (LkTagChip  *self,
                         LkSeverity  severity,
                         const char *sentences)
{
  static const char * const icons[] = { NULL, "lk-hint-symbolic", "dialog-warning-symbolic", "dialog-error-symbolic" };
  static const char * const classes[] = { NULL, "hint", "warning", "error" };

  g_return_if_fail (LK_IS_TAG_CHIP (self));

  for (guint i = LK_SEVERITY_HINT; i <= LK_SEVERITY_ERROR; i++)
    gtk_widget_remove_css_class (GTK_WIDGET (self), classes[i]);
  if (severity != LK_SEVERITY_NONE)
    gtk_widget_add_css_class (GTK_WIDGET (self), classes[severity]);
  gtk_image_set_from_icon_name (self->icon, icons[severity]);
  gtk_widget_set_visible (GTK_WIDGET (self->icon), severity != LK_SEVERITY_NONE);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self), sentences);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, sentences != NULL ? sentences : "", -1);
}

/* ---- its words ---------------------------------------------------------------------------------------------------- */

static void
entry_activated_cb (LkTagChip *self)
{
  g_autofree char *text = g_strdup (gtk_editable_get_text (GTK_EDITABLE (self->entry)));

  gtk_popover_popdown (GTK_POPOVER (self->popover));
  g_signal_emit (self, signals[CHANGE], 0, text);
}

static gboolean
edit_cb (GtkWidget *widget,
         GVariant  *args,
         gpointer   user_data)
{
  LkTagChip *self = LK_TAG_CHIP (widget);

  if (!self->is_editable)
    return GDK_EVENT_STOP;
  if (self->popover == NULL)
    {
      self->entry = GTK_ENTRY (gtk_entry_new ());
      gtk_editable_set_width_chars (GTK_EDITABLE (self->entry), 24);
      gtk_accessible_update_property (GTK_ACCESSIBLE (self->entry), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Tag"), -1);
      g_signal_connect_object (self->entry, "activate", G_CALLBACK (entry_activated_cb), self, G_CONNECT_SWAPPED);
      self->popover = gtk_popover_new ();
      gtk_popover_set_child (GTK_POPOVER (self->popover), GTK_WIDGET (self->entry));
      gtk_widget_set_parent (self->popover, widget);
    }
  gtk_editable_set_text (GTK_EDITABLE (self->entry), self->tag);
  gtk_popover_popup (GTK_POPOVER (self->popover));
  gtk_widget_grab_focus (GTK_WIDGET (self->entry));
  return GDK_EVENT_STOP;
}

static void
clicked_cb (LkTagChip *self)
{
  gtk_widget_grab_focus (GTK_WIDGET (self));
  edit_cb (GTK_WIDGET (self), NULL, NULL);
}

/* ---- moving and removing ------------------------------------------------------------------------------------------ */

static void
remove_cb (LkTagChip *self)
{
  if (self->is_editable)
    g_signal_emit (self, signals[REMOVE], 0);
}

static gboolean
remove_key_cb (GtkWidget *widget,
               GVariant  *args,
               gpointer   user_data)
{
  remove_cb (LK_TAG_CHIP (widget));
  return GDK_EVENT_STOP;
}

static gboolean
move_key_cb (GtkWidget *widget,
             GVariant  *args,
             gpointer   user_data)
{
  gboolean is_rtl = gtk_widget_get_direction (widget) == GTK_TEXT_DIR_RTL;
  int steps = g_variant_get_int32 (args);

  if (LK_TAG_CHIP (widget)->is_editable)
    g_signal_emit (widget, signals[MOVE], 0, is_rtl ? -steps : steps);
  return GDK_EVENT_STOP;
}

static GdkContentProvider *
prepare_drag_cb (LkTagChip *self)
{
  return gdk_content_provider_new_typed (LK_TYPE_TAG_CHIP, self);
}

static void
drag_begin_cb (LkTagChip     *self,
               GdkDrag       *drag,
               GtkDragSource *source)
{
  g_autoptr (GdkPaintable) paintable = gtk_widget_paintable_new (GTK_WIDGET (self));

  gtk_drag_source_set_icon (source, paintable, 0, 0);
}

static gboolean
drop_cb (LkTagChip    *self,
         const GValue *value)
{
  LkTagChip *other = g_value_get_object (value);

  if (!self->is_editable || other == self || gtk_widget_get_parent (GTK_WIDGET (other)) != gtk_widget_get_parent (GTK_WIDGET (self)))
    return FALSE;
  g_signal_emit (self, signals[DROPPED], 0, other);
  return TRUE;
}

/* ---- widget ------------------------------------------------------------------------------------------------------- */

static void
lk_tag_chip_dispose (GObject *object)
{
  LkTagChip *self = LK_TAG_CHIP (object);

  g_clear_pointer (&self->popover, gtk_widget_unparent);
  gtk_widget_dispose_template (GTK_WIDGET (self), LK_TYPE_TAG_CHIP);
  g_clear_pointer (&self->tag, g_free);

  G_OBJECT_CLASS (lk_tag_chip_parent_class)->dispose (object);
}

static void
lk_tag_chip_class_init (LkTagChipClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  static const guint move_modifiers[] = { GDK_ALT_MASK, GDK_CONTROL_MASK };

  G_OBJECT_CLASS (klass)->dispose = lk_tag_chip_dispose;

  signals[CHANGE] = g_signal_new ("change", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
  signals[REMOVE] = g_signal_new ("remove", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[MOVE] = g_signal_new ("move", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_INT);
  signals[DROPPED] = g_signal_new ("dropped", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                   G_TYPE_NONE, 1, LK_TYPE_TAG_CHIP);

  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/likeness/Likeness/lk-tag-chip.ui");
  gtk_widget_class_bind_template_child (widget_class, LkTagChip, drag);
  gtk_widget_class_bind_template_child (widget_class, LkTagChip, icon);
  gtk_widget_class_bind_template_child (widget_class, LkTagChip, label);
  gtk_widget_class_bind_template_child (widget_class, LkTagChip, remove_button);
  gtk_widget_class_bind_template_callback (widget_class, clicked_cb);
  gtk_widget_class_bind_template_callback (widget_class, drag_begin_cb);
  gtk_widget_class_bind_template_callback (widget_class, drop_cb);
  gtk_widget_class_bind_template_callback (widget_class, prepare_drag_cb);
  gtk_widget_class_bind_template_callback (widget_class, remove_cb);

  gtk_widget_class_add_binding (widget_class, GDK_KEY_Return, 0, edit_cb, NULL);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_KP_Enter, 0, edit_cb, NULL);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_F2, 0, edit_cb, NULL);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_Delete, 0, remove_key_cb, NULL);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_KP_Delete, 0, remove_key_cb, NULL);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_BackSpace, 0, remove_key_cb, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (move_modifiers); i++)
    {
      gtk_widget_class_add_binding (widget_class, GDK_KEY_Left, move_modifiers[i], move_key_cb, "i", -1);
      gtk_widget_class_add_binding (widget_class, GDK_KEY_Right, move_modifiers[i], move_key_cb, "i", 1);
      gtk_widget_class_add_binding (widget_class, GDK_KEY_Home, move_modifiers[i], move_key_cb, "i", -100000);
      gtk_widget_class_add_binding (widget_class, GDK_KEY_End, move_modifiers[i], move_key_cb, "i", 100000);
    }

  gtk_widget_class_set_css_name (widget_class, "tagchip");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_BUTTON);
}

static void
lk_tag_chip_init (LkTagChip *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->is_editable = TRUE;
}

LkTagChip *
lk_tag_chip_new (const char *tag,
                 guint       index,
                 guint       n)
{
  LkTagChip *self = g_object_new (LK_TYPE_TAG_CHIP, NULL);
  /* Translators: a tag of a caption, which one it is, of how many. */
  g_autofree char *name = g_strdup_printf (_("%s, tag %u of %u"), tag, index + 1, n);
  g_autofree char *remove = g_strdup_printf (_("Remove “%s”"), tag);

  self->tag = g_strdup (tag);
  self->index = index;
  self->n = n;
  gtk_label_set_label (self->label, tag);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->remove_button), remove);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
  return self;
}
