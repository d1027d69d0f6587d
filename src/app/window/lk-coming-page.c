#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>

#include "app/window/lk-coming-page.h"

struct _LkComingPage
{
  AdwBin         parent_instance;

  AdwStatusPage *status;
  GtkLabel      *command;
  GtkWidget     *command_box;
};

G_DEFINE_FINAL_TYPE (LkComingPage, lk_coming_page, ADW_TYPE_BIN)

static void
copy_cb (LkComingPage *self)
{
  gdk_clipboard_set_text (gtk_widget_get_clipboard (GTK_WIDGET (self)), gtk_label_get_text (self->command));
}

static void
lk_coming_page_dispose (GObject *object)
{
  gtk_widget_dispose_template (GTK_WIDGET (object), LK_TYPE_COMING_PAGE);

  G_OBJECT_CLASS (lk_coming_page_parent_class)->dispose (object);
}

static void
lk_coming_page_class_init (LkComingPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = lk_coming_page_dispose;

  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/likeness/Likeness/lk-coming-page.ui");
  gtk_widget_class_bind_template_child (widget_class, LkComingPage, status);
  gtk_widget_class_bind_template_child (widget_class, LkComingPage, command);
  gtk_widget_class_bind_template_child (widget_class, LkComingPage, command_box);
  gtk_widget_class_bind_template_callback (widget_class, copy_cb);
}

static void
lk_coming_page_init (LkComingPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

LkComingPage *
lk_coming_page_new (LkWorkspace *workspace,
                    const char  *icon_name,
                    const char  *title,
                    const char  *description,
                    const char  *command)
{
  LkComingPage *self = g_object_new (LK_TYPE_COMING_PAGE, NULL);

  adw_status_page_set_icon_name (self->status, icon_name);
  adw_status_page_set_title (self->status, title);
  adw_status_page_set_description (self->status, description);
  gtk_widget_set_visible (self->command_box, command != NULL);
  if (command != NULL)
    {
      g_autofree char *folder = g_shell_quote (lk_project_get_folder (lk_workspace_get_project (workspace)));
      g_auto (GStrv) parts = g_strsplit (command, "%s", 2);
      g_autofree char *line = g_strconcat ("likeness-cli ", parts[0], folder, parts[1], NULL);

      gtk_label_set_label (self->command, line);
    }

  return self;
}
