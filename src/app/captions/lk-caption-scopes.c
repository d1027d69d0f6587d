#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>

#include "app/captions/lk-caption-scopes.h"

void
lk_caption_scopes_init (LkCaptionScopes *scopes,
                        AdwComboRow     *row,
                        LkProject       *project,
                        GPtrArray       *selected,
                        GPtrArray       *filtered)
{
  g_autoptr (GtkStringList) names = gtk_string_list_new (NULL);
  g_autofree char *of_selected = g_strdup_printf (_("Selected (%u)"), selected->len);
  g_autofree char *of_filtered = g_strdup_printf (_("Shown (%u)"), filtered->len);
  g_autofree char *of_all = g_strdup_printf (_("All (%u)"), lk_project_get_n_images (project));

  scopes->images[LK_SCOPE_SELECTED] = g_ptr_array_ref (selected);
  scopes->images[LK_SCOPE_FILTERED] = g_ptr_array_ref (filtered);
  scopes->images[LK_SCOPE_ALL] = g_ptr_array_new_with_free_func (g_object_unref);
  for (guint i = 0; i < lk_project_get_n_images (project); i++)
    g_ptr_array_add (scopes->images[LK_SCOPE_ALL], g_object_ref (lk_project_get_image (project, i)));
  gtk_string_list_append (names, of_selected);
  gtk_string_list_append (names, of_filtered);
  gtk_string_list_append (names, of_all);
  adw_combo_row_set_model (row, G_LIST_MODEL (names));
  adw_combo_row_set_selected (row, selected->len > 1 ? LK_SCOPE_SELECTED : LK_SCOPE_FILTERED);
}

void
lk_caption_scopes_clear (LkCaptionScopes *scopes)
{
  for (guint i = 0; i <= LK_SCOPE_ALL; i++)
    g_clear_pointer (&scopes->images[i], g_ptr_array_unref);
}

GPtrArray *
lk_caption_scopes_get (LkCaptionScopes *scopes,
                       AdwComboRow     *row)
{
  return scopes->images[MIN (adw_combo_row_get_selected (row), LK_SCOPE_ALL)];
}
