#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>

#include "app/captions/lk-caption-row.h"
#include "app/captions/lk-captions-page.h"

struct _LkCaptionsPage
{
  AdwBin         parent_instance;

  LkWorkspace   *workspace;        /* owned */

  AdwStatusPage *empty;
  GtkLabel      *summary;
  GtkListView   *list;
  GtkStack      *stack;
};

G_DEFINE_FINAL_TYPE (LkCaptionsPage, lk_captions_page, ADW_TYPE_BIN)

static void
update (LkCaptionsPage *self)
{
  LkProject *project = lk_workspace_get_project (self->workspace);
  GListModel *findings = lk_workspace_get_findings (self->workspace);
  guint n_images = lk_project_get_n_images (project);
  guint n_captions = 0;
  guint n_findings = 0;
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < n_images; i++)
    n_captions += *lk_image_get_caption (lk_project_get_image (project, i)) != '\0';
  for (guint i = 0; i < g_list_model_get_n_items (findings); i++)
    {
      g_autoptr (LkFinding) finding = g_list_model_get_item (findings, i);

      n_findings += lk_finding_get_check (finding)->is_caption;
    }

  g_string_append_printf (text, ngettext ("%u of %u picture has a caption", "%u of %u pictures have a caption", n_images),
                          n_captions, n_images);
  if (n_findings > 0)
    {
      g_string_append (text, " · ");
      g_string_append_printf (text, ngettext ("%u finding", "%u findings", n_findings), n_findings);
    }
  gtk_label_set_label (self->summary, text->str);
  gtk_stack_set_visible_child_name (self->stack, n_images > 0 ? "list" : "empty");
}

static void
setup_cb (LkCaptionsPage *self,
          GtkListItem    *item)
{
  gtk_list_item_set_child (item, GTK_WIDGET (lk_caption_row_new (self->workspace)));
  gtk_list_item_set_activatable (item, FALSE);
}

static void
bind_cb (LkCaptionsPage *self,
         GtkListItem    *item)
{
  LkImage *image = gtk_list_item_get_item (item);

  lk_caption_row_set_image (LK_CAPTION_ROW (gtk_list_item_get_child (item)), image);
  gtk_list_item_set_accessible_label (item, lk_image_get_stem (image));
  gtk_list_item_set_accessible_description (item, lk_image_get_caption (image));
}

static void
unbind_cb (LkCaptionsPage *self,
           GtkListItem    *item)
{
  lk_caption_row_set_image (LK_CAPTION_ROW (gtk_list_item_get_child (item)), NULL);
}

static void
lk_captions_page_dispose (GObject *object)
{
  LkCaptionsPage *self = LK_CAPTIONS_PAGE (object);

  if (self->list != NULL)
    gtk_list_view_set_model (self->list, NULL);
  gtk_widget_dispose_template (GTK_WIDGET (self), LK_TYPE_CAPTIONS_PAGE);
  g_clear_object (&self->workspace);

  G_OBJECT_CLASS (lk_captions_page_parent_class)->dispose (object);
}

static void
lk_captions_page_class_init (LkCaptionsPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = lk_captions_page_dispose;

  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/likeness/Likeness/lk-captions-page.ui");
  gtk_widget_class_bind_template_child (widget_class, LkCaptionsPage, empty);
  gtk_widget_class_bind_template_child (widget_class, LkCaptionsPage, list);
  gtk_widget_class_bind_template_child (widget_class, LkCaptionsPage, stack);
  gtk_widget_class_bind_template_child (widget_class, LkCaptionsPage, summary);
  gtk_widget_class_bind_template_callback (widget_class, setup_cb);
  gtk_widget_class_bind_template_callback (widget_class, bind_cb);
  gtk_widget_class_bind_template_callback (widget_class, unbind_cb);
}

static void
lk_captions_page_init (LkCaptionsPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

LkCaptionsPage *
lk_captions_page_new (LkWorkspace *workspace)
{
  LkCaptionsPage *self = g_object_new (LK_TYPE_CAPTIONS_PAGE, NULL);
  GListModel *images = lk_project_get_images (lk_workspace_get_project (workspace));
  g_autoptr (GtkNoSelection) selection = gtk_no_selection_new (g_object_ref (images));

  self->workspace = g_object_ref (workspace);
  gtk_list_view_set_model (self->list, GTK_SELECTION_MODEL (selection));
  g_signal_connect_object (workspace, "changed", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  update (self);

  return self;
}
