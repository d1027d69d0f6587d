#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>
#include <string.h>

#include "app/captions/lk-tag-chip.h"
#include "app/captions/lk-tag-chips.h"
#include "app/captions/lk-tag-completion.h"
#include "project/lk-tags.h"

struct _LkTagChips
{
  AdwBin           parent_instance;

  char            *text;          /* owned */
  GPtrArray       *chips;         /* unowned; LkTagChip, in the order of the tags */
  LkTagCompletion *completion;    /* owned */
  gboolean         is_editable;

  AdwWrapBox      *box;
  GtkText         *entry;
};

G_DEFINE_FINAL_TYPE (LkTagChips, lk_tag_chips, ADW_TYPE_BIN)

enum
{
  EDITED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static void rebuild (LkTagChips *self);

void
lk_tag_chips_set_source (LkTagChips  *self,
                         LkTagSource *source)
{
  g_return_if_fail (LK_IS_TAG_CHIPS (self));

  lk_tag_completion_set_source (self->completion, source);
}

char *
lk_tag_chips_dup_text (LkTagChips *self)
{
  g_return_val_if_fail (LK_IS_TAG_CHIPS (self), NULL);

  return g_strdup (self->text);
}

/* ---- edits -------------------------------------------------------------------------------------------------------- */

/* Shows the tags as they are now and tells what was done. Both taken over; the focus goes to the chip at `focus`, -1: to the entry. */
static void
finish_edit (LkTagChips *self,
             LkTags     *tags,
             int         focus,
             char       *title)
{
  g_autofree char *owned = title;
  g_autofree char *text = lk_tags_to_caption (tags);

  lk_tags_free (tags);
  if (g_str_equal (text, self->text))
    return;
  g_free (self->text);
  self->text = g_steal_pointer (&text);
  rebuild (self);
  if (focus >= 0 && self->chips->len > 0)
    gtk_widget_grab_focus (self->chips->pdata[MIN ((guint) focus, self->chips->len - 1)]);
  else
    gtk_widget_grab_focus (GTK_WIDGET (self->entry));
  g_signal_emit (self, signals[EDITED], 0, owned);
}

static void
change_cb (LkTagChips *self,
           const char *text,
           LkTagChip  *chip)
{
  LkTags *tags = lk_tags_new (self->text);
  guint index = lk_tag_chip_get_index (chip);
  g_autofree char *old = g_strdup (lk_tag_chip_get_tag (chip));

  lk_tags_set (tags, index, text);
  finish_edit (self, tags, index, g_strdup_printf (_("Change Tag “%s”"), old));
}

static void
remove_cb (LkTagChips *self,
           LkTagChip  *chip)
{
  LkTags *tags = lk_tags_new (self->text);
  guint index = lk_tag_chip_get_index (chip);
  g_autofree char *old = g_strdup (lk_tag_chip_get_tag (chip));

  lk_tags_remove (tags, index);
  finish_edit (self, tags, lk_tags_get_n (tags) > 0 ? (int) index : -1, g_strdup_printf (_("Remove Tag “%s”"), old));
}

static void
move_to (LkTagChips *self,
         LkTagChip  *chip,
         guint       to)
{
  LkTags *tags = lk_tags_new (self->text);

  lk_tags_move (tags, lk_tag_chip_get_index (chip), to);
  finish_edit (self, tags, to, g_strdup_printf (_("Move Tag “%s”"), lk_tag_chip_get_tag (chip)));
}

static void
move_cb (LkTagChips *self,
         int         steps,
         LkTagChip  *chip)
{
  move_to (self, chip, CLAMP ((int) lk_tag_chip_get_index (chip) + steps, 0, (int) self->chips->len - 1));
}

static void
dropped_cb (LkTagChips *self,
            LkTagChip  *dropped,
            LkTagChip  *on)
{
  move_to (self, dropped, lk_tag_chip_get_index (on));
}

static void
add (LkTagChips *self,
     const char *text)
{
  LkTags *tags;
  guint n;

  if (*text == '\0' || !self->is_editable)
    return;
  tags = lk_tags_new (self->text);
  n = lk_tags_get_n (tags);
  lk_tags_append (tags, n > 0 ? n - 1 : 0, text);
  finish_edit (self, tags, -1, g_strdup_printf (_("Add Tag “%s”"), text));
}

static void
entry_activated_cb (LkTagChips *self)
{
  g_autofree char *text = g_strstrip (g_strdup (gtk_editable_get_text (GTK_EDITABLE (self->entry))));

  gtk_editable_set_text (GTK_EDITABLE (self->entry), "");
  add (self, text);
}

/* A comma ends a tag, as it does in the text. */
static void
entry_changed_cb (LkTagChips *self)
{
  const char *text = gtk_editable_get_text (GTK_EDITABLE (self->entry));
  graphene_rect_t bounds;
  GdkRectangle place = { 0 };

  if (g_str_has_suffix (text, ",") && strlen (text) > 1)
    {
      entry_activated_cb (self);
      return;
    }
  if (!gtk_widget_compute_bounds (GTK_WIDGET (self->entry), GTK_WIDGET (self->entry), &bounds))
    return;
  place.width = 1;
  place.height = bounds.size.height;
  lk_tag_completion_update (self->completion, text, &place);
}

static void
accepted_cb (LkTagChips *self,
             const char *tag)
{
  gtk_editable_set_text (GTK_EDITABLE (self->entry), "");
  add (self, tag);
}

/* ---- keys --------------------------------------------------------------------------------------------------------- */

static gboolean
step (LkTagChips *self,
      int         direction)
{
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));
  GtkWidget *focus = root != NULL ? gtk_root_get_focus (root) : NULL;
  int index = self->chips->len;

  if (gtk_widget_get_direction (GTK_WIDGET (self)) == GTK_TEXT_DIR_RTL)
    direction = -direction;
  if (focus != NULL && LK_IS_TAG_CHIP (focus))
    index = lk_tag_chip_get_index (LK_TAG_CHIP (focus));
  else if (focus != GTK_WIDGET (self->entry) || *gtk_editable_get_text (GTK_EDITABLE (self->entry)) != '\0')
    return GDK_EVENT_PROPAGATE;
  index += direction;
  if (index < 0 || index > (int) self->chips->len)
    return GDK_EVENT_STOP;
  gtk_widget_grab_focus (index < (int) self->chips->len ? self->chips->pdata[index] : GTK_WIDGET (self->entry));
  return GDK_EVENT_STOP;
}

static gboolean
key_pressed_cb (LkTagChips      *self,
                guint            keyval,
                guint            keycode,
                GdkModifierType  state)
{
  if ((state & (GDK_CONTROL_MASK | GDK_ALT_MASK | GDK_SHIFT_MASK)) != 0)
    return GDK_EVENT_PROPAGATE;
  if (keyval == GDK_KEY_Left || keyval == GDK_KEY_Right)
    return step (self, keyval == GDK_KEY_Left ? -1 : 1);
  /* From an empty entry backspace goes to the last tag; once more removes that. */
  if (keyval == GDK_KEY_BackSpace && gtk_widget_has_focus (GTK_WIDGET (self->entry)) &&
      *gtk_editable_get_text (GTK_EDITABLE (self->entry)) == '\0')
    return step (self, gtk_widget_get_direction (GTK_WIDGET (self)) == GTK_TEXT_DIR_RTL ? 1 : -1);
  return GDK_EVENT_PROPAGATE;
}

/* ---- chips -------------------------------------------------------------------------------------------------------- */

/* What parts sections is shown, for order matters within them. */
static void
add_fence (LkTagChips *self,
           const char *glue)
{
  g_autofree char *text = g_strstrip (g_strdup (glue));
  gboolean is_line = strpbrk (glue, "\r\n") != NULL;
  GtkWidget *label;

  if (!is_line && strstr (text, "|||") == NULL && strstr (text, ";;;") == NULL)
    return;
  label = gtk_label_new (is_line ? "↵" : text);
  gtk_widget_add_css_class (label, "dimmed");
  if (is_line)
    gtk_widget_set_tooltip_text (label, _("Next line"));
  adw_wrap_box_append (self->box, label);
}

static void
rebuild (LkTagChips *self)
{
  g_autoptr (LkTags) tags = lk_tags_new (self->text);
  guint n = lk_tags_get_n (tags);
  GtkWidget *entry = gtk_widget_get_last_child (GTK_WIDGET (self->box));
  GtkWidget *child;

  g_object_ref (entry);
  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self->box))) != entry)
    adw_wrap_box_remove (self->box, child);
  g_ptr_array_set_size (self->chips, 0);
  for (guint i = 0; i < n; i++)
    {
      LkTagChip *chip = lk_tag_chip_new (lk_tags_get (tags, i), i, n);

      g_signal_connect_object (chip, "change", G_CALLBACK (change_cb), self, G_CONNECT_SWAPPED);
      g_signal_connect_object (chip, "remove", G_CALLBACK (remove_cb), self, G_CONNECT_SWAPPED);
      g_signal_connect_object (chip, "move", G_CALLBACK (move_cb), self, G_CONNECT_SWAPPED);
      g_signal_connect_object (chip, "dropped", G_CALLBACK (dropped_cb), self, G_CONNECT_SWAPPED);
      lk_tag_chip_set_editable (chip, self->is_editable);
      if (i > 0)
        add_fence (self, lk_tags_get_glue (tags, i));
      adw_wrap_box_append (self->box, GTK_WIDGET (chip));
      g_ptr_array_add (self->chips, chip);
    }
  adw_wrap_box_reorder_child_after (self->box, entry, n > 0 ? gtk_widget_get_last_child (GTK_WIDGET (self->box)) : NULL);
  g_object_unref (entry);
}

void
lk_tag_chips_set_text (LkTagChips *self,
                       const char *text)
{
  g_return_if_fail (LK_IS_TAG_CHIPS (self));

  if (g_set_str (&self->text, text))
    rebuild (self);
}

void
lk_tag_chips_set_marks (LkTagChips *self,
                        GArray     *marks)
{
  g_autoptr (LkTags) tags = NULL;

  g_return_if_fail (LK_IS_TAG_CHIPS (self));

  tags = lk_tags_new (self->text);
  for (guint i = 0; i < self->chips->len; i++)
    {
      g_autoptr (GString) sentences = g_string_new (NULL);
      LkSeverity severity = LK_SEVERITY_NONE;
      guint start, end;

      lk_tags_get_range (tags, i, &start, &end);
      for (guint k = 0; k < marks->len; k++)
        {
          const LkMark *mark = &g_array_index (marks, LkMark, k);

          if (mark->start >= end || mark->end <= start)
            continue;
          severity = MAX (severity, mark->check->severity);
          if (strstr (sentences->str, mark->check->title) == NULL)
            g_string_append_printf (sentences, "%s%s", sentences->len > 0 ? "\n" : "", mark->check->title);
        }
      lk_tag_chip_set_trouble (self->chips->pdata[i], severity, severity != LK_SEVERITY_NONE ? sentences->str : NULL);
    }
}

void
lk_tag_chips_set_editable (LkTagChips *self,
                           gboolean    is_editable)
{
  g_return_if_fail (LK_IS_TAG_CHIPS (self));

  self->is_editable = is_editable;
  gtk_widget_set_sensitive (GTK_WIDGET (self->entry), is_editable);
  for (guint i = 0; i < self->chips->len; i++)
    lk_tag_chip_set_editable (self->chips->pdata[i], is_editable);
}

/* ---- widget ------------------------------------------------------------------------------------------------------- */

static gboolean
lk_tag_chips_grab_focus (GtkWidget *widget)
{
  return gtk_widget_grab_focus (GTK_WIDGET (LK_TAG_CHIPS (widget)->entry));
}

static void
lk_tag_chips_dispose (GObject *object)
{
  LkTagChips *self = LK_TAG_CHIPS (object);

  if (self->completion != NULL)
    lk_tag_completion_detach (self->completion);
  g_clear_object (&self->completion);
  adw_bin_set_child (ADW_BIN (self), NULL);
  gtk_widget_dispose_template (GTK_WIDGET (self), LK_TYPE_TAG_CHIPS);
  g_clear_pointer (&self->chips, g_ptr_array_unref);
  g_clear_pointer (&self->text, g_free);

  G_OBJECT_CLASS (lk_tag_chips_parent_class)->dispose (object);
}

static void
lk_tag_chips_class_init (LkTagChipsClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = lk_tag_chips_dispose;
  widget_class->grab_focus = lk_tag_chips_grab_focus;

  signals[EDITED] = g_signal_new ("edited", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                  G_TYPE_NONE, 1, G_TYPE_STRING);

  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/likeness/Likeness/lk-tag-chips.ui");
  gtk_widget_class_bind_template_child (widget_class, LkTagChips, box);
  gtk_widget_class_bind_template_child (widget_class, LkTagChips, entry);
  gtk_widget_class_bind_template_callback (widget_class, entry_activated_cb);
  gtk_widget_class_bind_template_callback (widget_class, entry_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, key_pressed_cb);
}

static void
lk_tag_chips_init (LkTagChips *self)
{
  self->text = g_strdup ("");
  self->chips = g_ptr_array_new ();
  self->is_editable = TRUE;
  gtk_widget_init_template (GTK_WIDGET (self));
  self->completion = lk_tag_completion_new (GTK_WIDGET (self->entry));
  g_signal_connect_object (self->completion, "accepted", G_CALLBACK (accepted_cb), self, G_CONNECT_SWAPPED);
}
