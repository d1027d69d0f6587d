#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <adwaita.h>
#include <glib/gi18n.h>

#include "app/gallery/lk-filter-popover.h"

struct _LkFilterPopover
{
  GtkPopover       parent_instance;

  LkWorkspace     *workspace;      /* owned */
  LkGalleryFilter *filter;         /* owned */
  GSettings       *settings;       /* owned */
  gboolean         is_updating;

  AdwComboRow     *bucket_row;
  AdwComboRow     *order_row;
  AdwComboRow     *rating_row;
  AdwComboRow     *shot_row;
  AdwComboRow     *show_row;
};

G_DEFINE_FINAL_TYPE (LkFilterPopover, lk_filter_popover, GTK_TYPE_POPOVER)

/* What one row offers; each is a state of several conditions of the filter. */
typedef enum
{
  SHOW_ALL,
  SHOW_ATTENTION,
  SHOW_NO_CAPTION,
  SHOW_KEPT,
  SHOW_UNDECIDED,
  SHOW_REJECTED,
} Show;

static const char * const orders[] = { "name", "added", "rating", "shot", "size", "problems" };

/* ---- from the filter to the rows ---------------------------------------------------------------------------- */

static guint
get_show (LkFilterPopover *self)
{
  gboolean attention, no_caption;
  int state;

  g_object_get (self->filter, "attention", &attention, "no-caption", &no_caption, "state", &state, NULL);
  if (attention)
    return SHOW_ATTENTION;
  if (no_caption)
    return SHOW_NO_CAPTION;
  if (state == LK_STATE_KEEP)
    return SHOW_KEPT;
  if (state == LK_STATE_UNDECIDED)
    return SHOW_UNDECIDED;
  if (state == LK_STATE_REJECT)
    return SHOW_REJECTED;

  return SHOW_ALL;
}

static void
update (LkFilterPopover *self)
{
  g_autofree char *order = g_settings_get_string (self->settings, "sort-order");
  int shot, rating;

  if (self->is_updating)
    return;

  self->is_updating = TRUE;
  g_object_get (self->filter, "shot", &shot, "rating", &rating, NULL);
  adw_combo_row_set_selected (self->show_row, get_show (self));
  adw_combo_row_set_selected (self->shot_row, shot + 1);
  adw_combo_row_set_selected (self->rating_row, rating);
  for (guint i = 0; i < G_N_ELEMENTS (orders); i++)
    if (g_str_equal (order, orders[i]))
      adw_combo_row_set_selected (self->order_row, i);
  self->is_updating = FALSE;
}

/* The sizes that pictures train at now, the most frequent first. One size for all needs no row. */
static void
update_buckets (LkFilterPopover *self)
{
  LkProject *project = lk_workspace_get_project (self->workspace);
  g_autoptr (GtkStringList) names = gtk_string_list_new ((const char *[]) { _("Any"), NULL });
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autofree char *chosen = NULL;
  guint selected = 0;

  g_object_get (self->filter, "bucket", &chosen, NULL);
  if (lk_project_get_use_buckets (project))
    for (guint i = 0; i < lk_project_get_n_images (project); i++)
      {
        char *name = lk_gallery_bucket_name (project, lk_project_get_image (project, i));

        if (name == NULL || !g_hash_table_add (seen, name))
          continue;
        gtk_string_list_append (names, name);
        if (g_strcmp0 (name, chosen) == 0)
          selected = g_list_model_get_n_items (G_LIST_MODEL (names)) - 1;
      }

  self->is_updating = TRUE;
  adw_combo_row_set_model (self->bucket_row, G_LIST_MODEL (names));
  adw_combo_row_set_selected (self->bucket_row, selected);
  self->is_updating = FALSE;
  gtk_widget_set_visible (GTK_WIDGET (self->bucket_row), g_hash_table_size (seen) > 1);
}

/* ---- from the rows to the filter ---------------------------------------------------------------------------- */

static void
show_selected_cb (LkFilterPopover *self)
{
  Show show = adw_combo_row_get_selected (self->show_row);

  if (self->is_updating || self->filter == NULL)
    return;

  self->is_updating = TRUE;
  g_object_set (self->filter,
                "attention", show == SHOW_ATTENTION,
                "no-caption", show == SHOW_NO_CAPTION,
                "state", show == SHOW_KEPT ? LK_STATE_KEEP
                         : show == SHOW_UNDECIDED ? LK_STATE_UNDECIDED
                         : show == SHOW_REJECTED ? LK_STATE_REJECT : -1,
                NULL);
  self->is_updating = FALSE;
}

static void
shot_selected_cb (LkFilterPopover *self)
{
  if (!self->is_updating && self->filter != NULL)
    g_object_set (self->filter, "shot", (int) adw_combo_row_get_selected (self->shot_row) - 1, NULL);
}

static void
rating_selected_cb (LkFilterPopover *self)
{
  if (!self->is_updating && self->filter != NULL)
    g_object_set (self->filter, "rating", (int) adw_combo_row_get_selected (self->rating_row), NULL);
}

static void
bucket_selected_cb (LkFilterPopover *self)
{
  guint selected = adw_combo_row_get_selected (self->bucket_row);
  GtkStringObject *name = adw_combo_row_get_selected_item (self->bucket_row);

  if (!self->is_updating && self->filter != NULL)
    g_object_set (self->filter, "bucket", selected == 0 ? NULL : gtk_string_object_get_string (name), NULL);
}

static void
order_selected_cb (LkFilterPopover *self)
{
  guint selected = adw_combo_row_get_selected (self->order_row);

  if (!self->is_updating && selected < G_N_ELEMENTS (orders))
    g_settings_set_string (self->settings, "sort-order", orders[selected]);
}

/* ---- widget ------------------------------------------------------------------------------------------------- */

void
lk_filter_popover_set_filter (LkFilterPopover *self,
                              LkWorkspace     *workspace,
                              LkGalleryFilter *filter)
{
  g_return_if_fail (LK_IS_FILTER_POPOVER (self));
  g_return_if_fail (self->filter == NULL);

  self->workspace = g_object_ref (workspace);
  self->filter = g_object_ref (filter);
  g_signal_connect_object (filter, "notify", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->settings, "changed::sort-order", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self, "show", G_CALLBACK (update_buckets), self, G_CONNECT_SWAPPED);
  update (self);
}

static void
lk_filter_popover_dispose (GObject *object)
{
  LkFilterPopover *self = LK_FILTER_POPOVER (object);

  gtk_widget_dispose_template (GTK_WIDGET (self), LK_TYPE_FILTER_POPOVER);
  g_clear_object (&self->filter);
  g_clear_object (&self->settings);
  g_clear_object (&self->workspace);

  G_OBJECT_CLASS (lk_filter_popover_parent_class)->dispose (object);
}

static void
lk_filter_popover_class_init (LkFilterPopoverClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = lk_filter_popover_dispose;

  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/likeness/Likeness/lk-filter-popover.ui");
  gtk_widget_class_bind_template_child (widget_class, LkFilterPopover, bucket_row);
  gtk_widget_class_bind_template_child (widget_class, LkFilterPopover, order_row);
  gtk_widget_class_bind_template_child (widget_class, LkFilterPopover, rating_row);
  gtk_widget_class_bind_template_child (widget_class, LkFilterPopover, shot_row);
  gtk_widget_class_bind_template_child (widget_class, LkFilterPopover, show_row);
  gtk_widget_class_bind_template_callback (widget_class, bucket_selected_cb);
  gtk_widget_class_bind_template_callback (widget_class, order_selected_cb);
  gtk_widget_class_bind_template_callback (widget_class, rating_selected_cb);
  gtk_widget_class_bind_template_callback (widget_class, shot_selected_cb);
  gtk_widget_class_bind_template_callback (widget_class, show_selected_cb);
}

static void
lk_filter_popover_init (LkFilterPopover *self)
{
  g_autoptr (GtkStringList) shots = gtk_string_list_new ((const char *[]) { _("Any"), NULL });

  self->is_updating = TRUE;
  gtk_widget_init_template (GTK_WIDGET (self));
  for (guint i = 0; i < LK_N_SHOTS; i++)
    gtk_string_list_append (shots, lk_shot_get_name (i));
  adw_combo_row_set_model (self->shot_row, G_LIST_MODEL (shots));
  self->is_updating = FALSE;

  self->settings = g_settings_new (APP_ID);
}
