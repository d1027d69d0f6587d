#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>

#include "app/captions/lk-caption-row.h"
#include "app/gallery/lk-thumbnail.h"

struct _LkCaptionRow
{
  AdwBin       parent_instance;

  LkWorkspace *workspace;       /* owned */
  LkImage     *image;           /* owned */

  LkThumbnail *thumbnail;
  GtkLabel    *name;
  GtkLabel    *caption;
  GtkLabel    *findings;
};

G_DEFINE_FINAL_TYPE (LkCaptionRow, lk_caption_row, ADW_TYPE_BIN)

static void
update (LkCaptionRow *self)
{
  g_autoptr (GPtrArray) findings = NULL;
  g_autoptr (GString) sentences = g_string_new (NULL);
  const char *caption;

  if (self->image == NULL)
    return;

  caption = lk_image_get_caption (self->image);
  gtk_label_set_label (self->name, lk_image_get_stem (self->image));
  gtk_label_set_label (self->caption, *caption != '\0' ? caption : _("No caption yet"));
  if (*caption != '\0')
    gtk_widget_remove_css_class (GTK_WIDGET (self->caption), "dimmed");
  else
    gtk_widget_add_css_class (GTK_WIDGET (self->caption), "dimmed");

  findings = lk_checks_check_image (lk_workspace_get_checks (self->workspace), self->image, NULL);
  for (guint i = 0; i < findings->len; i++)
    {
      LkFinding *finding = g_ptr_array_index (findings, i);

      if (!lk_finding_get_check (finding)->is_caption || *caption == '\0')
        continue;
      if (sentences->len > 0)
        g_string_append_c (sentences, '\n');
      g_string_append (sentences, lk_finding_get_sentence (finding));
    }
  gtk_label_set_label (self->findings, sentences->str);
  gtk_widget_set_visible (GTK_WIDGET (self->findings), sentences->len > 0);
}

void
lk_caption_row_set_image (LkCaptionRow *self,
                          LkImage      *image)
{
  g_return_if_fail (LK_IS_CAPTION_ROW (self));

  if (self->image != NULL)
    g_signal_handlers_disconnect_by_func (self->image, update, self);
  if (!g_set_object (&self->image, image))
    return;

  lk_thumbnail_set_image (self->thumbnail, image);
  if (image != NULL)
    {
      g_signal_connect_object (image, "notify", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
      update (self);
    }
}

static void
lk_caption_row_dispose (GObject *object)
{
  LkCaptionRow *self = LK_CAPTION_ROW (object);

  gtk_widget_dispose_template (GTK_WIDGET (self), LK_TYPE_CAPTION_ROW);
  g_clear_object (&self->image);
  g_clear_object (&self->workspace);

  G_OBJECT_CLASS (lk_caption_row_parent_class)->dispose (object);
}

static void
lk_caption_row_class_init (LkCaptionRowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = lk_caption_row_dispose;

  g_type_ensure (LK_TYPE_THUMBNAIL);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/likeness/Likeness/lk-caption-row.ui");
  gtk_widget_class_bind_template_child (widget_class, LkCaptionRow, thumbnail);
  gtk_widget_class_bind_template_child (widget_class, LkCaptionRow, name);
  gtk_widget_class_bind_template_child (widget_class, LkCaptionRow, caption);
  gtk_widget_class_bind_template_child (widget_class, LkCaptionRow, findings);
}

static void
lk_caption_row_init (LkCaptionRow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

LkCaptionRow *
lk_caption_row_new (LkWorkspace *workspace)
{
  LkCaptionRow *self = g_object_new (LK_TYPE_CAPTION_ROW, NULL);

  self->workspace = g_object_ref (workspace);
  lk_thumbnail_set_workspace (self->thumbnail, workspace);

  return self;
}
