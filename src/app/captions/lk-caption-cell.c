#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>

#include "app/captions/lk-caption-cell.h"
#include "app/gallery/lk-thumbnail.h"

struct _LkCaptionCell
{
  AdwBin       parent_instance;

  LkWorkspace *workspace;       /* owned */
  LkImage     *image;           /* owned */

  GtkImage    *icon;
  LkThumbnail *thumbnail;
};

G_DEFINE_FINAL_TYPE (LkCaptionCell, lk_caption_cell, ADW_TYPE_BIN)

const char *
lk_caption_state_describe (LkWorkspace *workspace,
                           LkImage     *image,
                           LkSeverity  *severity)
{
  g_autoptr (GPtrArray) findings = lk_checks_check_image (lk_workspace_get_checks (workspace), image, NULL);

  *severity = LK_SEVERITY_NONE;
  for (guint i = 0; i < findings->len; i++)
    if (lk_finding_get_check (findings->pdata[i])->is_caption)
      *severity = MAX (*severity, lk_finding_get_severity (findings->pdata[i]));
  if (*lk_image_get_caption (image) == '\0')
    return _("No caption");
  switch (*severity)
    {
    case LK_SEVERITY_ERROR:
      return _("Caption with an error");
    case LK_SEVERITY_WARNING:
      return _("Caption with a warning");
    default:
      return _("Caption");
    }
}

static void
update (LkCaptionCell *self)
{
  LkSeverity severity;
  const char *words = lk_caption_state_describe (self->workspace, self->image, &severity);
  const char *icon = "lk-keep-symbolic", *class = "success";
  g_autofree char *tip = g_strdup_printf ("%s\n%s", lk_image_get_name (self->image), words);

  if (*lk_image_get_caption (self->image) == '\0')
    {
      icon = "lk-undecided-symbolic";
      class = "dimmed";
    }
  else if (severity >= LK_SEVERITY_WARNING)
    {
      icon = severity == LK_SEVERITY_ERROR ? "dialog-error-symbolic" : "dialog-warning-symbolic";
      class = severity == LK_SEVERITY_ERROR ? "error" : "warning";
    }
  gtk_image_set_from_icon_name (self->icon, icon);
  gtk_widget_set_css_classes (GTK_WIDGET (self->icon), (const char *[]) { "thumbnail-badge", class, NULL });
  gtk_widget_set_tooltip_text (GTK_WIDGET (self), tip);
}

static void
notify_cb (LkCaptionCell *self,
           GParamSpec    *pspec)
{
  if (g_str_equal (pspec->name, "caption") || g_str_equal (pspec->name, "severity"))
    update (self);
}

void
lk_caption_cell_set_image (LkCaptionCell *self,
                           LkImage       *image)
{
  g_return_if_fail (LK_IS_CAPTION_CELL (self));

  if (self->image != NULL)
    g_signal_handlers_disconnect_by_func (self->image, notify_cb, self);
  g_set_object (&self->image, image);
  lk_thumbnail_set_image (self->thumbnail, image);
  if (image == NULL)
    return;
  g_signal_connect_object (image, "notify", G_CALLBACK (notify_cb), self, G_CONNECT_SWAPPED);
  update (self);
}

static void
lk_caption_cell_dispose (GObject *object)
{
  LkCaptionCell *self = LK_CAPTION_CELL (object);

  gtk_widget_dispose_template (GTK_WIDGET (self), LK_TYPE_CAPTION_CELL);
  g_clear_object (&self->image);
  g_clear_object (&self->workspace);

  G_OBJECT_CLASS (lk_caption_cell_parent_class)->dispose (object);
}

static void
lk_caption_cell_class_init (LkCaptionCellClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = lk_caption_cell_dispose;

  g_type_ensure (LK_TYPE_THUMBNAIL);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/likeness/Likeness/lk-caption-cell.ui");
  gtk_widget_class_bind_template_child (widget_class, LkCaptionCell, icon);
  gtk_widget_class_bind_template_child (widget_class, LkCaptionCell, thumbnail);
}

static void
lk_caption_cell_init (LkCaptionCell *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

LkCaptionCell *
lk_caption_cell_new (LkWorkspace *workspace)
{
  LkCaptionCell *self = g_object_new (LK_TYPE_CAPTION_CELL, NULL);

  self->workspace = g_object_ref (workspace);
  lk_thumbnail_set_workspace (self->thumbnail, workspace);
  return self;
}
