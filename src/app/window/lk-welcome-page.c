#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>

#include "app/window/lk-recent.h"
#include "app/window/lk-welcome-page.h"

struct _LkWelcomePage
{
  AdwBin               parent_instance;

  GSettings           *settings;       /* owned */
  GPtrArray           *rows;           /* owned array of the rows in the group */

  AdwPreferencesGroup *recent_group;
};

G_DEFINE_FINAL_TYPE (LkWelcomePage, lk_welcome_page, ADW_TYPE_BIN)

static void
remove_cb (LkWelcomePage *self,
           GtkButton     *button)
{
  g_autoptr (GFile) folder = g_file_new_for_uri (g_object_get_data (G_OBJECT (button), "uri"));

  lk_recent_remove (self->settings, folder);
}

/* "~/Documents/Likeness", as people write it. */
static char *
describe_place (GFile *folder)
{
  g_autoptr (GFile) parent = g_file_get_parent (folder);
  g_autofree char *path = parent != NULL ? g_file_get_path (parent) : NULL;
  const char *home = g_get_home_dir ();

  if (path == NULL)
    return g_file_get_uri (folder);
  if (g_str_has_prefix (path, home) && (path[strlen (home)] == '/' || path[strlen (home)] == '\0'))
    return g_strconcat ("~", path + strlen (home), NULL);

  return g_steal_pointer (&path);
}

static GtkWidget *
make_row (LkWelcomePage *self,
          const char    *uri)
{
  g_autoptr (GFile) folder = g_file_new_for_uri (uri);
  g_autofree char *name = g_file_get_basename (folder);
  g_autofree char *place = describe_place (folder);
  g_autofree char *label = g_strdup_printf (_("Remove “%s” from the List"), name);
  GtkWidget *row = adw_action_row_new ();
  GtkWidget *button = gtk_button_new_from_icon_name ("window-close-symbolic");

  adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (row), FALSE);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), name);
  adw_action_row_set_subtitle (ADW_ACTION_ROW (row), place);
  adw_action_row_set_subtitle_lines (ADW_ACTION_ROW (row), 1);
  gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (row), TRUE);
  gtk_actionable_set_action_name (GTK_ACTIONABLE (row), "app.open-recent");
  gtk_actionable_set_action_target (GTK_ACTIONABLE (row), "s", uri);

  gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
  gtk_widget_add_css_class (button, "flat");
  gtk_widget_add_css_class (button, "circular");
  gtk_widget_set_tooltip_text (button, _("Remove from the List"));
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
  g_object_set_data_full (G_OBJECT (button), "uri", g_strdup (uri), g_free);
  g_signal_connect_object (button, "clicked", G_CALLBACK (remove_cb), self, G_CONNECT_SWAPPED);
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), button);

  return row;
}

static void
update_recent (LkWelcomePage *self)
{
  g_auto (GStrv) uris = g_settings_get_strv (self->settings, "recent-projects");

  for (guint i = 0; i < self->rows->len; i++)
    adw_preferences_group_remove (self->recent_group, g_ptr_array_index (self->rows, i));
  g_ptr_array_set_size (self->rows, 0);

  for (guint i = 0; uris[i] != NULL; i++)
    {
      GtkWidget *row = make_row (self, uris[i]);

      adw_preferences_group_add (self->recent_group, row);
      g_ptr_array_add (self->rows, row);
    }
  gtk_widget_set_visible (GTK_WIDGET (self->recent_group), self->rows->len > 0);
}

static void
lk_welcome_page_dispose (GObject *object)
{
  LkWelcomePage *self = LK_WELCOME_PAGE (object);

  gtk_widget_dispose_template (GTK_WIDGET (self), LK_TYPE_WELCOME_PAGE);
  g_clear_object (&self->settings);
  g_clear_pointer (&self->rows, g_ptr_array_unref);

  G_OBJECT_CLASS (lk_welcome_page_parent_class)->dispose (object);
}

static void
lk_welcome_page_class_init (LkWelcomePageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = lk_welcome_page_dispose;

  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/likeness/Likeness/lk-welcome-page.ui");
  gtk_widget_class_bind_template_child (widget_class, LkWelcomePage, recent_group);
}

static void
lk_welcome_page_init (LkWelcomePage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));

  self->rows = g_ptr_array_new ();
  self->settings = g_settings_new (APP_ID);
  g_signal_connect_object (self->settings, "changed::recent-projects", G_CALLBACK (update_recent), self, G_CONNECT_SWAPPED);
  update_recent (self);
}
