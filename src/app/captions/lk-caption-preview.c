#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>
#include <string.h>

#include "app/captions/lk-caption-preview.h"
#include "project/lk-caption-change.h"

/* ---- one change --------------------------------------------------------------------------------------------------- */

#define LK_TYPE_CHANGE_ITEM (lk_change_item_get_type ())
G_DECLARE_FINAL_TYPE (LkChangeItem, lk_change_item, LK, CHANGE_ITEM, GObject)

struct _LkChangeItem
{
  GObject                 parent_instance;

  GPtrArray              *all;        /* owned; holds the change */
  const LkChangedCaption *change;
};

G_DEFINE_FINAL_TYPE (LkChangeItem, lk_change_item, G_TYPE_OBJECT)

static void
lk_change_item_finalize (GObject *object)
{
  g_ptr_array_unref (LK_CHANGE_ITEM (object)->all);

  G_OBJECT_CLASS (lk_change_item_parent_class)->finalize (object);
}

static void
lk_change_item_class_init (LkChangeItemClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = lk_change_item_finalize;
}

static void
lk_change_item_init (LkChangeItem *self)
{
}

/* ---- the preview -------------------------------------------------------------------------------------------------- */

struct _LkCaptionPreview
{
  AdwBin       parent_instance;

  GListStore  *items;         /* owned; LkChangeItem */

  GtkListView *list;
};

G_DEFINE_FINAL_TYPE (LkCaptionPreview, lk_caption_preview, ADW_TYPE_BIN)

/* Where two texts differ: bytes that are the same at the start, and at the end. */
static void
find_difference (const char *before,
                 const char *after,
                 gsize      *start,
                 gsize      *end)
{
  gsize n_before = strlen (before), n_after = strlen (after), n = MIN (n_before, n_after);

  for (*start = 0; *start < n && before[*start] == after[*start];)
    (*start)++;
  while (*start > 0 && ((guchar) before[*start] & 0xc0) == 0x80)
    (*start)--;
  while (*start > 0 && ((guchar) after[*start] & 0xc0) == 0x80)
    (*start)--;
  for (*end = 0; *end < n - *start && before[n_before - 1 - *end] == after[n_after - 1 - *end];)
    (*end)++;
  while (*end > 0 && ((guchar) before[n_before - *end] & 0xc0) == 0x80)
    (*end)--;
}

static char *
mark_difference (const char *text,
                 gsize       start,
                 gsize       end,
                 const char *tag)
{
  gsize length = strlen (text);
  g_autofree char *head = g_markup_escape_text (text, start);
  g_autofree char *middle = g_markup_escape_text (text + start, length - end - start);
  g_autofree char *tail = g_markup_escape_text (text + length - end, end);

  return g_strdup_printf ("%s<%s>%s</%s>%s", head, tag, middle, tag, tail);
}

static GtkWidget *
make_label (void)
{
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (label), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_natural_wrap_mode (GTK_LABEL (label), GTK_NATURAL_WRAP_NONE);
  return label;
}

static void
setup_cb (LkCaptionPreview *self,
          GtkListItem      *item)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 3);
  GtkWidget *name = make_label (), *before = make_label (), *after = make_label ();

  gtk_label_set_ellipsize (GTK_LABEL (name), PANGO_ELLIPSIZE_MIDDLE);
  gtk_widget_add_css_class (name, "caption-heading");
  gtk_widget_add_css_class (before, "dimmed");
  gtk_widget_set_margin_top (box, 9);
  gtk_widget_set_margin_bottom (box, 9);
  gtk_widget_set_margin_start (box, 6);
  gtk_widget_set_margin_end (box, 6);
  gtk_box_append (GTK_BOX (box), name);
  gtk_box_append (GTK_BOX (box), before);
  gtk_box_append (GTK_BOX (box), after);
  gtk_list_item_set_child (item, box);
  gtk_list_item_set_activatable (item, FALSE);
}

static void
bind_cb (LkCaptionPreview *self,
         GtkListItem      *item)
{
  const LkChangedCaption *change = LK_CHANGE_ITEM (gtk_list_item_get_item (item))->change;
  GtkWidget *name = gtk_widget_get_first_child (gtk_list_item_get_child (item));
  GtkWidget *before = gtk_widget_get_next_sibling (name), *after = gtk_widget_get_next_sibling (before);
  g_autofree char *old = NULL, *new = NULL;
  gsize start, end;

  find_difference (change->before, change->after, &start, &end);
  old = mark_difference (change->before, start, end, "s");
  new = mark_difference (change->after, start, end, "b");
  gtk_label_set_label (GTK_LABEL (name), lk_image_get_stem (change->image));
  gtk_label_set_markup (GTK_LABEL (before), *change->before != '\0' ? old : _("No caption"));
  gtk_label_set_markup (GTK_LABEL (after), *change->after != '\0' ? new : _("No caption"));
  gtk_list_item_set_accessible_label (item, lk_image_get_stem (change->image));
  gtk_list_item_set_accessible_description (item, change->after);
}

/* ---- widget ------------------------------------------------------------------------------------------------------- */

void
lk_caption_preview_set_changes (LkCaptionPreview *self,
                                GPtrArray        *changed)
{
  g_autoptr (GPtrArray) items = g_ptr_array_new_with_free_func (g_object_unref);

  g_return_if_fail (LK_IS_CAPTION_PREVIEW (self));

  for (guint i = 0; changed != NULL && i < changed->len; i++)
    {
      LkChangeItem *item = g_object_new (LK_TYPE_CHANGE_ITEM, NULL);

      item->all = g_ptr_array_ref (changed);
      item->change = changed->pdata[i];
      g_ptr_array_add (items, item);
    }
  g_list_store_splice (self->items, 0, g_list_model_get_n_items (G_LIST_MODEL (self->items)), items->pdata, items->len);
}

static void
lk_caption_preview_dispose (GObject *object)
{
  LkCaptionPreview *self = LK_CAPTION_PREVIEW (object);

  if (self->list != NULL)
    gtk_list_view_set_model (self->list, NULL);
  gtk_widget_dispose_template (GTK_WIDGET (self), LK_TYPE_CAPTION_PREVIEW);
  g_clear_object (&self->items);

  G_OBJECT_CLASS (lk_caption_preview_parent_class)->dispose (object);
}

static void
lk_caption_preview_class_init (LkCaptionPreviewClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = lk_caption_preview_dispose;

  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/likeness/Likeness/lk-caption-preview.ui");
  gtk_widget_class_bind_template_child (widget_class, LkCaptionPreview, list);
  gtk_widget_class_bind_template_callback (widget_class, bind_cb);
  gtk_widget_class_bind_template_callback (widget_class, setup_cb);
}

static void
lk_caption_preview_init (LkCaptionPreview *self)
{
  g_autoptr (GtkNoSelection) none = NULL;

  gtk_widget_init_template (GTK_WIDGET (self));
  self->items = g_list_store_new (LK_TYPE_CHANGE_ITEM);
  none = gtk_no_selection_new (G_LIST_MODEL (g_object_ref (self->items)));
  gtk_list_view_set_model (self->list, GTK_SELECTION_MODEL (none));
}
