#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include "app/window/lk-recent.h"

static void
change (GSettings  *settings,
        const char *first,
        const char *without)
{
  g_auto (GStrv) old = g_settings_get_strv (settings, "recent-projects");
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) uris = NULL;
  guint n = 0;

  if (first != NULL)
    {
      g_strv_builder_add (builder, first);
      n++;
    }
  for (guint i = 0; old[i] != NULL && n < LK_RECENT_MAX; i++)
    {
      if (g_strcmp0 (old[i], first) == 0 || g_strcmp0 (old[i], without) == 0)
        continue;
      g_strv_builder_add (builder, old[i]);
      n++;
    }

  uris = g_strv_builder_end (builder);
  g_settings_set_strv (settings, "recent-projects", (const char * const *) uris);
}

GFile *
lk_recent_get_last (GSettings *settings)
{
  g_auto (GStrv) uris = NULL;
  g_autoptr (GFile) folder = NULL;
  g_autoptr (GFile) file = NULL;

  g_return_val_if_fail (G_IS_SETTINGS (settings), NULL);

  uris = g_settings_get_strv (settings, "recent-projects");
  if (uris[0] == NULL)
    return NULL;

  folder = g_file_new_for_uri (uris[0]);
  file = g_file_get_child (folder, "project.json");
  return g_file_query_exists (file, NULL) ? g_steal_pointer (&folder) : NULL;
}

void
lk_recent_add (GSettings *settings,
               GFile     *folder)
{
  g_autofree char *uri = NULL;

  g_return_if_fail (G_IS_SETTINGS (settings));
  g_return_if_fail (G_IS_FILE (folder));

  uri = g_file_get_uri (folder);
  change (settings, uri, NULL);
}

void
lk_recent_remove (GSettings *settings,
                  GFile     *folder)
{
  g_autofree char *uri = NULL;

  g_return_if_fail (G_IS_SETTINGS (settings));
  g_return_if_fail (G_IS_FILE (folder));

  uri = g_file_get_uri (folder);
  change (settings, NULL, uri);
}
