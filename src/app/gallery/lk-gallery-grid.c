#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>

#include "app/gallery/lk-gallery-grid.h"
#include "app/gallery/lk-gallery-sorter.h"
#include "app/gallery/lk-thumbnail.h"

/* Over this many, filtering and sorting happen in slices between frames; below, at once. */
#define SLICE_OVER 1000
#define ZOOM_STEP 32
/* Both sides together, from style.css. */
#define GRID_PADDING 12
#define CELL_PADDING 12

struct _LkGalleryGrid
{
  AdwBin              parent_instance;

  LkWorkspace        *workspace;        /* owned */
  GSettings          *settings;         /* owned */
  LkGalleryFilter    *filter;           /* owned */
  GtkFilterListModel *filtered;         /* owned */
  GtkSortListModel   *sorted;           /* owned */
  GtkMultiSelection  *selection;        /* owned */
  int                 thumbnail_size;
  guint               fill_source;      /* until the view has its model */
  guint               columns_source;

  GtkGridView        *grid;
  GtkPopover         *menu;             /* made when it is opened for the first time */
  GMenuModel         *context_menu;
  GtkStack           *stack;
};

G_DEFINE_FINAL_TYPE (LkGalleryGrid, lk_gallery_grid, ADW_TYPE_BIN)

enum
{
  PROP_THUMBNAIL_SIZE = 1,
  N_PROPS
};

enum
{
  ACTIVATED,
  SELECTION_CHANGED,
  SHOWN_CHANGED,
  N_SIGNALS
};

static GParamSpec *properties[N_PROPS];
static guint signals[N_SIGNALS];

GtkSelectionModel *
lk_gallery_grid_get_model (LkGalleryGrid *self)
{
  g_return_val_if_fail (LK_IS_GALLERY_GRID (self), NULL);

  return GTK_SELECTION_MODEL (self->selection);
}

LkGalleryFilter *
lk_gallery_grid_get_filter (LkGalleryGrid *self)
{
  g_return_val_if_fail (LK_IS_GALLERY_GRID (self), NULL);

  return self->filter;
}

/* ---- cells -------------------------------------------------------------------------------------------------- */

/* What a screen reader says of a picture besides its name. */
static char *
describe (LkImage *image)
{
  g_autoptr (GString) text = g_string_new (NULL);
  LkState state = lk_image_get_state (image);
  guint rating = lk_image_get_rating (image);

  if (lk_image_get_shot (image) != LK_SHOT_NOT_SET)
    g_string_append (text, lk_shot_get_name (lk_image_get_shot (image)));
  if (state != LK_STATE_UNDECIDED)
    g_string_append_printf (text, "%s%s", text->len > 0 ? ", " : "", state == LK_STATE_KEEP ? _("kept") : _("rejected"));
  if (rating > 0)
    {
      g_string_append (text, text->len > 0 ? ", " : "");
      g_string_append_printf (text, ngettext ("%u star", "%u stars", rating), rating);
    }
  if (lk_image_get_severity (image) >= LK_SEVERITY_WARNING && state != LK_STATE_REJECT)
    g_string_append_printf (text, "%s%s", text->len > 0 ? ", " : "", _("needs attention"));

  return g_string_free_and_steal (g_steal_pointer (&text));
}

static void
update_description (GtkListItem *item)
{
  g_autofree char *text = describe (gtk_list_item_get_item (item));

  gtk_list_item_set_accessible_description (item, text);
}

static void
setup_cb (LkGalleryGrid *self,
          GtkListItem   *item)
{
  LkThumbnail *thumbnail = lk_thumbnail_new (self->workspace);

  lk_thumbnail_set_show_badges (thumbnail, TRUE);
  g_object_bind_property (self, "thumbnail-size", thumbnail, "size", G_BINDING_SYNC_CREATE);
  gtk_list_item_set_child (item, GTK_WIDGET (thumbnail));
}

static void
bind_cb (LkGalleryGrid *self,
         GtkListItem   *item)
{
  LkImage *image = gtk_list_item_get_item (item);

  lk_thumbnail_set_image (LK_THUMBNAIL (gtk_list_item_get_child (item)), image);
  gtk_list_item_set_accessible_label (item, lk_image_get_stem (image));
  g_signal_connect_object (image, "notify", G_CALLBACK (update_description), item, G_CONNECT_SWAPPED);
  update_description (item);
}

static void
unbind_cb (LkGalleryGrid *self,
           GtkListItem   *item)
{
  g_signal_handlers_disconnect_by_func (gtk_list_item_get_item (item), update_description, item);
  lk_thumbnail_set_image (LK_THUMBNAIL (gtk_list_item_get_child (item)), NULL);
}

static void
activate_cb (LkGalleryGrid *self,
             guint          position)
{
  g_signal_emit (self, signals[ACTIVATED], 0, position);
}

/* ---- what is shown ------------------------------------------------------------------------------------------ */

static void
update_stack (LkGalleryGrid *self)
{
  GListModel *images = lk_project_get_images (lk_workspace_get_project (self->workspace));
  const char *name = "grid";

  if (g_list_model_get_n_items (images) == 0)
    name = "empty";
  else if (g_list_model_get_n_items (G_LIST_MODEL (self->selection)) == 0 &&
           gtk_filter_list_model_get_pending (self->filtered) == 0)
    name = "no-results";

  gtk_stack_set_visible_child_name (self->stack, name);
  g_signal_emit (self, signals[SHOWN_CHANGED], 0);
}

static void
update_slicing (LkGalleryGrid *self)
{
  gboolean is_large = g_list_model_get_n_items (lk_project_get_images (lk_workspace_get_project (self->workspace))) > SLICE_OVER;

  gtk_filter_list_model_set_incremental (self->filtered, is_large);
  gtk_sort_list_model_set_incremental (self->sorted, is_large);
}

static void
update_sorter (LkGalleryGrid *self)
{
  g_autofree char *order = g_settings_get_string (self->settings, "sort-order");
  g_autoptr (GtkSorter) sorter = lk_gallery_sorter_new (order);

  gtk_sort_list_model_set_sorter (self->sorted, sorter);
}

/* What the filter and the order look at may have changed. Names and ids never do. */
static void
workspace_changed_cb (LkGalleryGrid *self)
{
  g_autofree char *order = g_settings_get_string (self->settings, "sort-order");

  lk_gallery_filter_update (self->filter);
  if (!g_str_equal (order, "name") && !g_str_equal (order, "added"))
    gtk_sorter_changed (gtk_sort_list_model_get_sorter (self->sorted), GTK_SORTER_CHANGE_DIFFERENT);
}

static void
selection_changed_cb (LkGalleryGrid *self)
{
  g_signal_emit (self, signals[SELECTION_CHANGED], 0);
}

static void
fill_cb (gpointer user_data)
{
  LkGalleryGrid *self = user_data;

  self->fill_source = 0;
  gtk_grid_view_set_model (self->grid, GTK_SELECTION_MODEL (self->selection));
}

/* The view keeps 32 rows of cells, as wide as it may become: it may become no wider than it is. */
static void
update_columns_cb (gpointer user_data)
{
  LkGalleryGrid *self = user_data;
  int width = gtk_adjustment_get_page_size (gtk_scrollable_get_hadjustment (GTK_SCROLLABLE (self->grid)));

  self->columns_source = 0;
  if (width > 0)
    gtk_grid_view_set_max_columns (self->grid, MAX (1, (width - GRID_PADDING) / (self->thumbnail_size + CELL_PADDING)));
}

/* The width comes in the middle of a layout. */
static void
queue_columns (LkGalleryGrid *self)
{
  if (self->columns_source == 0)
    self->columns_source = g_idle_add_once (update_columns_cb, self);
}

void
lk_gallery_grid_set_workspace (LkGalleryGrid *self,
                               LkWorkspace   *workspace)
{
  GListModel *images;

  g_return_if_fail (LK_IS_GALLERY_GRID (self));
  g_return_if_fail (self->workspace == NULL);

  images = lk_project_get_images (lk_workspace_get_project (workspace));
  self->workspace = g_object_ref (workspace);
  self->filter = lk_gallery_filter_new (lk_workspace_get_project (workspace));
  self->filtered = gtk_filter_list_model_new (NULL, GTK_FILTER (g_object_ref (self->filter)));
  self->sorted = gtk_sort_list_model_new (G_LIST_MODEL (g_object_ref (self->filtered)), NULL);
  self->selection = gtk_multi_selection_new (G_LIST_MODEL (g_object_ref (self->sorted)));
  update_slicing (self);
  update_sorter (self);
  gtk_filter_list_model_set_model (self->filtered, images);
  /* Making the cells takes a turn of its own. */
  self->fill_source = g_idle_add_once (fill_cb, self);

  g_signal_connect_object (images, "items-changed", G_CALLBACK (update_slicing), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (images, "items-changed", G_CALLBACK (update_stack), self, G_CONNECT_SWAPPED | G_CONNECT_AFTER);
  g_signal_connect_object (self->selection, "items-changed", G_CALLBACK (update_stack), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->filtered, "notify::pending", G_CALLBACK (update_stack), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->selection, "selection-changed", G_CALLBACK (selection_changed_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->selection, "items-changed", G_CALLBACK (selection_changed_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->settings, "changed::sort-order", G_CALLBACK (update_sorter), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (workspace, "changed", G_CALLBACK (workspace_changed_cb), self, G_CONNECT_SWAPPED);
  update_stack (self);
}

/* ---- selection ---------------------------------------------------------------------------------------------- */

guint
lk_gallery_grid_get_n_selected (LkGalleryGrid *self)
{
  g_autoptr (GtkBitset) selected = NULL;

  g_return_val_if_fail (LK_IS_GALLERY_GRID (self), 0);

  selected = gtk_selection_model_get_selection (GTK_SELECTION_MODEL (self->selection));
  return gtk_bitset_get_size (selected);
}

GPtrArray *
lk_gallery_grid_dup_selected (LkGalleryGrid *self)
{
  g_autoptr (GPtrArray) images = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GtkBitset) selected = NULL;
  GtkBitsetIter iter;
  guint position;

  g_return_val_if_fail (LK_IS_GALLERY_GRID (self), NULL);

  selected = gtk_selection_model_get_selection (GTK_SELECTION_MODEL (self->selection));
  for (gboolean more = gtk_bitset_iter_init_first (&iter, selected, &position); more; more = gtk_bitset_iter_next (&iter, &position))
    g_ptr_array_add (images, g_list_model_get_item (G_LIST_MODEL (self->selection), position));

  return g_steal_pointer (&images);
}

void
lk_gallery_grid_select (LkGalleryGrid *self,
                        GPtrArray     *images)
{
  g_autoptr (GHashTable) wanted = g_hash_table_new (NULL, NULL);
  g_autoptr (GtkBitset) selected = gtk_bitset_new_empty ();
  g_autoptr (GtkBitset) all = NULL;
  guint n_items;

  g_return_if_fail (LK_IS_GALLERY_GRID (self));

  for (guint i = 0; i < images->len; i++)
    g_hash_table_add (wanted, g_ptr_array_index (images, i));

  for (guint attempt = 0; attempt < 2; attempt++)
    {
      n_items = g_list_model_get_n_items (G_LIST_MODEL (self->selection));
      gtk_bitset_remove_all (selected);
      for (guint i = 0; i < n_items; i++)
        {
          g_autoptr (LkImage) image = g_list_model_get_item (G_LIST_MODEL (self->selection), i);

          if (g_hash_table_contains (wanted, image))
            gtk_bitset_add (selected, i);
        }
      if (gtk_bitset_get_size (selected) == g_hash_table_size (wanted))
        break;
      lk_gallery_filter_clear (self->filter);
    }

  all = gtk_bitset_new_range (0, n_items);
  gtk_selection_model_set_selection (GTK_SELECTION_MODEL (self->selection), selected, all);
  if (!gtk_bitset_is_empty (selected))
    gtk_grid_view_scroll_to (self->grid, gtk_bitset_get_minimum (selected), GTK_LIST_SCROLL_FOCUS, NULL);
}

void
lk_gallery_grid_show_position (LkGalleryGrid *self,
                               guint          position)
{
  g_return_if_fail (LK_IS_GALLERY_GRID (self));

  if (position < g_list_model_get_n_items (G_LIST_MODEL (self->selection)))
    gtk_grid_view_scroll_to (self->grid, position, GTK_LIST_SCROLL_FOCUS | GTK_LIST_SCROLL_SELECT, NULL);
}

/* ---- menu and zoom ------------------------------------------------------------------------------------------ */

static void
popup_menu (LkGalleryGrid *self,
            double         x,
            double         y)
{
  graphene_point_t place;

  if (!gtk_widget_compute_point (GTK_WIDGET (self->grid), GTK_WIDGET (self), &GRAPHENE_POINT_INIT (x, y), &place))
    return;

  if (self->menu == NULL)
    {
      self->menu = GTK_POPOVER (gtk_popover_menu_new_from_model (self->context_menu));
      gtk_popover_set_has_arrow (self->menu, FALSE);
      gtk_widget_set_halign (GTK_WIDGET (self->menu), GTK_ALIGN_START);
      gtk_widget_set_parent (GTK_WIDGET (self->menu), GTK_WIDGET (self));
    }
  gtk_popover_set_pointing_to (self->menu, &(GdkRectangle) { place.x, place.y, 1, 1 });
  gtk_popover_popup (self->menu);
}

/* The cell at a place, its badges and its margin included; NULL: between the cells. */
static LkThumbnail *
pick_cell (LkGalleryGrid *self,
           double         x,
           double         y)
{
  GtkWidget *picked = gtk_widget_pick (GTK_WIDGET (self->grid), x, y, GTK_PICK_DEFAULT);
  GtkWidget *cell;

  if (picked == NULL)
    return NULL;
  cell = gtk_widget_get_ancestor (picked, LK_TYPE_THUMBNAIL);
  if (cell == NULL)
    cell = gtk_widget_get_first_child (picked);

  return LK_IS_THUMBNAIL (cell) ? LK_THUMBNAIL (cell) : NULL;
}

/* A click on a picture that is not selected selects it first, as everywhere. */
static void
menu_pressed_cb (LkGalleryGrid   *self,
                 int              n_press,
                 double           x,
                 double           y,
                 GtkGestureClick *gesture)
{
  LkThumbnail *cell = pick_cell (self, x, y);
  LkImage *image;

  if (cell == NULL)
    return;

  image = lk_thumbnail_get_image (cell);
  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (self->selection)); i++)
    {
      g_autoptr (LkImage) item = g_list_model_get_item (G_LIST_MODEL (self->selection), i);

      if (item == image && !gtk_selection_model_is_selected (GTK_SELECTION_MODEL (self->selection), i))
        gtk_selection_model_select_item (GTK_SELECTION_MODEL (self->selection), i, TRUE);
      if (item == image)
        break;
    }

  gtk_gesture_set_state (GTK_GESTURE (gesture), GTK_EVENT_SEQUENCE_CLAIMED);
  popup_menu (self, x, y);
}

static gboolean
menu_key_cb (GtkWidget *widget,
             GVariant  *args,
             gpointer   user_data)
{
  LkGalleryGrid *self = LK_GALLERY_GRID (widget);
  GtkWidget *focus = gtk_root_get_focus (gtk_widget_get_root (widget));
  graphene_rect_t bounds;

  if (focus == NULL || !gtk_widget_is_ancestor (focus, GTK_WIDGET (self->grid)) ||
      !gtk_widget_compute_bounds (focus, GTK_WIDGET (self->grid), &bounds))
    return GDK_EVENT_PROPAGATE;

  popup_menu (self, bounds.origin.x + bounds.size.width / 2, bounds.origin.y + bounds.size.height / 2);
  return GDK_EVENT_STOP;
}

static void
zoom (LkGalleryGrid *self,
      int            steps)
{
  g_settings_set_int (self->settings, "thumbnail-size", CLAMP (self->thumbnail_size + steps * ZOOM_STEP, 96, 320));
}

static gboolean
zoom_key_cb (GtkWidget *widget,
             GVariant  *args,
             gpointer   user_data)
{
  LkGalleryGrid *self = LK_GALLERY_GRID (widget);

  if (g_variant_get_int32 (args) == 0)
    g_settings_reset (self->settings, "thumbnail-size");
  else
    zoom (self, g_variant_get_int32 (args));

  return GDK_EVENT_STOP;
}

static gboolean
scroll_cb (LkGalleryGrid            *self,
           double                    dx,
           double                    dy,
           GtkEventControllerScroll *controller)
{
  GdkModifierType state = gtk_event_controller_get_current_event_state (GTK_EVENT_CONTROLLER (controller));

  if (!(state & GDK_CONTROL_MASK) || dy == 0)
    return GDK_EVENT_PROPAGATE;

  zoom (self, dy < 0 ? 1 : -1);
  return GDK_EVENT_STOP;
}

static GdkContentProvider *
drag_prepare_cb (LkGalleryGrid *self,
                 double         x,
                 double         y,
                 GtkDragSource *source)
{
  g_autoptr (GPtrArray) images = NULL;
  LkThumbnail *cell = pick_cell (self, x, y);
  GdkContentProvider *provider;
  GdkFileList *list;
  GSList *files = NULL;

  /* From an empty place a drag draws the selection's rectangle. */
  if (cell == NULL)
    return NULL;

  images = lk_gallery_grid_dup_selected (self);
  if (!g_ptr_array_find (images, lk_thumbnail_get_image (cell), NULL))
    {
      g_ptr_array_set_size (images, 0);
      g_ptr_array_add (images, g_object_ref (lk_thumbnail_get_image (cell)));
    }
  for (guint i = images->len; i > 0; i--)
    {
      g_autofree char *path = lk_image_dup_path (g_ptr_array_index (images, i - 1));

      files = g_slist_prepend (files, g_file_new_for_path (path));
    }
  list = gdk_file_list_new_from_list (files);
  g_slist_free_full (files, g_object_unref);
  provider = gdk_content_provider_new_typed (GDK_TYPE_FILE_LIST, list);
  g_boxed_free (GDK_TYPE_FILE_LIST, list);

  return provider;
}

/* ---- widget ------------------------------------------------------------------------------------------------- */

static void
lk_gallery_grid_get_property (GObject    *object,
                              guint       prop_id,
                              GValue     *value,
                              GParamSpec *pspec)
{
  switch (prop_id)
    {
    case PROP_THUMBNAIL_SIZE:
      g_value_set_int (value, LK_GALLERY_GRID (object)->thumbnail_size);
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
lk_gallery_grid_set_property (GObject      *object,
                              guint         prop_id,
                              const GValue *value,
                              GParamSpec   *pspec)
{
  switch (prop_id)
    {
    case PROP_THUMBNAIL_SIZE:
      LK_GALLERY_GRID (object)->thumbnail_size = g_value_get_int (value);
      queue_columns (LK_GALLERY_GRID (object));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
lk_gallery_grid_dispose (GObject *object)
{
  LkGalleryGrid *self = LK_GALLERY_GRID (object);

  g_clear_handle_id (&self->fill_source, g_source_remove);
  g_clear_handle_id (&self->columns_source, g_source_remove);
  if (self->grid != NULL)
    gtk_grid_view_set_model (self->grid, NULL);
  if (self->menu != NULL)
    gtk_widget_unparent (GTK_WIDGET (self->menu));
  self->menu = NULL;
  adw_bin_set_child (ADW_BIN (self), NULL);
  gtk_widget_dispose_template (GTK_WIDGET (self), LK_TYPE_GALLERY_GRID);
  g_clear_object (&self->selection);
  g_clear_object (&self->sorted);
  g_clear_object (&self->filtered);
  g_clear_object (&self->filter);
  g_clear_object (&self->settings);
  g_clear_object (&self->workspace);

  G_OBJECT_CLASS (lk_gallery_grid_parent_class)->dispose (object);
}

static void
lk_gallery_grid_class_init (LkGalleryGridClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = lk_gallery_grid_dispose;
  object_class->get_property = lk_gallery_grid_get_property;
  object_class->set_property = lk_gallery_grid_set_property;

  properties[PROP_THUMBNAIL_SIZE] = g_param_spec_int ("thumbnail-size", NULL, NULL, 96, 320, 160,
                                                      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  signals[ACTIVATED] = g_signal_new ("activated", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                     G_TYPE_NONE, 1, G_TYPE_UINT);
  signals[SELECTION_CHANGED] = g_signal_new ("selection-changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                             G_TYPE_NONE, 0);
  signals[SHOWN_CHANGED] = g_signal_new ("shown-changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                         G_TYPE_NONE, 0);

  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/likeness/Likeness/lk-gallery-grid.ui");
  gtk_widget_class_bind_template_child (widget_class, LkGalleryGrid, grid);
  gtk_widget_class_bind_template_child (widget_class, LkGalleryGrid, context_menu);
  gtk_widget_class_bind_template_child (widget_class, LkGalleryGrid, stack);
  gtk_widget_class_bind_template_callback (widget_class, activate_cb);
  gtk_widget_class_bind_template_callback (widget_class, bind_cb);
  gtk_widget_class_bind_template_callback (widget_class, drag_prepare_cb);
  gtk_widget_class_bind_template_callback (widget_class, menu_pressed_cb);
  gtk_widget_class_bind_template_callback (widget_class, scroll_cb);
  gtk_widget_class_bind_template_callback (widget_class, setup_cb);
  gtk_widget_class_bind_template_callback (widget_class, unbind_cb);

  gtk_widget_class_add_binding (widget_class, GDK_KEY_Menu, 0, menu_key_cb, NULL);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_F10, GDK_SHIFT_MASK, menu_key_cb, NULL);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_plus, GDK_CONTROL_MASK, zoom_key_cb, "i", 1);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_equal, GDK_CONTROL_MASK, zoom_key_cb, "i", 1);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_KP_Add, GDK_CONTROL_MASK, zoom_key_cb, "i", 1);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_minus, GDK_CONTROL_MASK, zoom_key_cb, "i", -1);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_KP_Subtract, GDK_CONTROL_MASK, zoom_key_cb, "i", -1);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_0, GDK_CONTROL_MASK, zoom_key_cb, "i", 0);
}

static void
lk_gallery_grid_init (LkGalleryGrid *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));

  g_signal_connect_object (gtk_scrollable_get_hadjustment (GTK_SCROLLABLE (self->grid)), "changed",
                           G_CALLBACK (queue_columns), self, G_CONNECT_SWAPPED);
  self->settings = g_settings_new (APP_ID);
  g_settings_bind (self->settings, "thumbnail-size", self, "thumbnail-size", G_SETTINGS_BIND_GET);
}
