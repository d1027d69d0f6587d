#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <string.h>

#include "app/captions/lk-caption-finding.h"
#include "app/captions/lk-captions-pane.h"
#include "project/lk-caption-filter.h"

/* ---- a row of the table ------------------------------------------------------------------------------------------- */

#define LK_TYPE_TAG_ITEM (lk_tag_item_get_type ())
G_DECLARE_FINAL_TYPE (LkTagItem, lk_tag_item, LK, TAG_ITEM, GObject)

struct _LkTagItem
{
  GObject         parent_instance;

  LkTagTable     *table;      /* owned; holds the row */
  const LkTagRow *row;
};

G_DEFINE_FINAL_TYPE (LkTagItem, lk_tag_item, G_TYPE_OBJECT)

static void
lk_tag_item_finalize (GObject *object)
{
  lk_tag_table_unref (LK_TAG_ITEM (object)->table);

  G_OBJECT_CLASS (lk_tag_item_parent_class)->finalize (object);
}

static void
lk_tag_item_class_init (LkTagItemClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = lk_tag_item_finalize;
}

static void
lk_tag_item_init (LkTagItem *self)
{
}

static guint
get_n_missing (LkTagItem *item)
{
  return lk_tag_table_get_n_captions (item->table) - item->row->n;
}

/* ---- the pane ----------------------------------------------------------------------------------------------------- */

struct _LkCaptionsPane
{
  AdwBin              parent_instance;

  LkWorkspace        *workspace;      /* owned */
  LkTagSource        *source;         /* owned */
  GListStore         *items;          /* owned; LkTagItem */
  GtkSingleSelection *selection;      /* owned */
  GtkFilter          *search;         /* owned */
  char               *searched;       /* owned; folded */
  gboolean            is_updating;

  AdwViewStack       *stack;
  GtkBox             *tag_buttons;
  GtkColumnView      *table;
  GtkColumnViewColumn *tag_column, *count_column, *missing_column, *trigger_column;
  GtkLabel           *no_findings;
  GtkListView        *findings;
  GtkButton          *fix_all_button;
};

G_DEFINE_FINAL_TYPE (LkCaptionsPane, lk_captions_pane, ADW_TYPE_BIN)

enum
{
  FILTER,
  SHOW_IMAGES,
  FIX,
  FIX_ALL,
  CHANGE_TAG,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

/* ---- tags --------------------------------------------------------------------------------------------------------- */

static LkTagItem *
get_selected (LkCaptionsPane *self)
{
  return gtk_single_selection_get_selected_item (self->selection);
}

static void
update_tags (LkCaptionsPane *self)
{
  LkTagTable *table = lk_tag_source_get_table (self->source);
  LkTagItem *selected = get_selected (self);
  g_autofree char *tag = selected != NULL ? g_strdup (selected->row->folded) : NULL;
  g_autoptr (GPtrArray) items = g_ptr_array_new_with_free_func (g_object_unref);
  GListModel *model = G_LIST_MODEL (self->selection);

  if (table == NULL)
    return;
  for (guint i = 0; i < lk_tag_table_get_n (table); i++)
    {
      LkTagItem *item = g_object_new (LK_TYPE_TAG_ITEM, NULL);

      item->table = lk_tag_table_ref (table);
      item->row = lk_tag_table_get (table, i);
      g_ptr_array_add (items, item);
    }
  self->is_updating = TRUE;
  g_list_store_splice (self->items, 0, g_list_model_get_n_items (G_LIST_MODEL (self->items)), items->pdata, items->len);
  gtk_single_selection_set_selected (self->selection, GTK_INVALID_LIST_POSITION);
  for (guint i = 0; tag != NULL && i < g_list_model_get_n_items (model); i++)
    {
      g_autoptr (LkTagItem) item = g_list_model_get_item (model, i);

      if (g_str_equal (item->row->folded, tag))
        {
          gtk_single_selection_set_selected (self->selection, i);
          break;
        }
    }
  self->is_updating = FALSE;
  gtk_widget_set_visible (GTK_WIDGET (self->tag_buttons), get_selected (self) != NULL);
}

static void
selected_cb (LkCaptionsPane *self)
{
  LkTagItem *item = get_selected (self);
  g_autofree char *filter = NULL;

  if (self->is_updating)
    return;
  gtk_widget_set_visible (GTK_WIDGET (self->tag_buttons), item != NULL);
  if (item == NULL)
    return;
  filter = lk_caption_filter_quote_tag (item->row->tag);
  g_signal_emit (self, signals[FILTER], 0, filter);
}

static void
show_missing_cb (LkCaptionsPane *self)
{
  LkTagItem *item = get_selected (self);
  g_autofree char *tag = item != NULL ? lk_caption_filter_quote_tag (item->row->tag) : NULL;
  g_autofree char *filter = g_strconcat ("NOT ", tag, NULL);

  if (item != NULL)
    g_signal_emit (self, signals[FILTER], 0, filter);
}

static void
change_tag_cb (LkCaptionsPane *self)
{
  LkTagItem *item = get_selected (self);

  if (item != NULL)
    g_signal_emit (self, signals[CHANGE_TAG], 0, item->row->tag);
}

static void
show_all_cb (LkCaptionsPane *self)
{
  gtk_single_selection_set_selected (self->selection, GTK_INVALID_LIST_POSITION);
  g_signal_emit (self, signals[FILTER], 0, "");
}

static gboolean
is_searched (gpointer item,
             gpointer user_data)
{
  LkCaptionsPane *self = user_data;

  return self->searched == NULL || strstr (LK_TAG_ITEM (item)->row->folded, self->searched) != NULL;
}

static void
search_changed_cb (LkCaptionsPane *self,
                   GtkSearchEntry *entry)
{
  const char *text = gtk_editable_get_text (GTK_EDITABLE (entry));

  g_clear_pointer (&self->searched, g_free);
  if (*text != '\0')
    self->searched = g_utf8_strdown (text, -1);
  gtk_filter_changed (self->search, GTK_FILTER_CHANGE_DIFFERENT);
}

static void
setup_tag_cb (LkCaptionsPane *self,
              GtkListItem    *item)
{
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
  gtk_list_item_set_child (item, label);
}

static void
setup_number_cb (LkCaptionsPane *self,
                 GtkListItem    *item)
{
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_xalign (GTK_LABEL (label), 1);
  gtk_widget_add_css_class (label, "numeric");
  gtk_list_item_set_child (item, label);
}

static void
set_number (GtkListItem *item,
            guint        number)
{
  g_autofree char *text = g_strdup_printf ("%u", number);

  gtk_label_set_label (GTK_LABEL (gtk_list_item_get_child (item)), text);
}

static void
bind_tag_cb (LkCaptionsPane *self,
             GtkListItem    *item)
{
  const LkTagRow *row = LK_TAG_ITEM (gtk_list_item_get_item (item))->row;

  gtk_label_set_label (GTK_LABEL (gtk_list_item_get_child (item)), row->tag);
  gtk_widget_set_tooltip_text (gtk_list_item_get_child (item), row->tag);
}

static void
bind_count_cb (LkCaptionsPane *self,
               GtkListItem    *item)
{
  set_number (item, LK_TAG_ITEM (gtk_list_item_get_item (item))->row->n);
}

static void
bind_missing_cb (LkCaptionsPane *self,
                 GtkListItem    *item)
{
  set_number (item, get_n_missing (gtk_list_item_get_item (item)));
}

static void
bind_trigger_cb (LkCaptionsPane *self,
                 GtkListItem    *item)
{
  set_number (item, LK_TAG_ITEM (gtk_list_item_get_item (item))->row->n_with_trigger);
}

static gint
compare_tag (gconstpointer a,
             gconstpointer b,
             gpointer      data)
{
  return strcmp (((const LkTagItem *) a)->row->folded, ((const LkTagItem *) b)->row->folded);
}

static gint
compare_count (gconstpointer a,
               gconstpointer b,
               gpointer      data)
{
  return (gint) ((const LkTagItem *) a)->row->n - (gint) ((const LkTagItem *) b)->row->n;
}

static gint
compare_missing (gconstpointer a,
                 gconstpointer b,
                 gpointer      data)
{
  return (gint) get_n_missing ((LkTagItem *) a) - (gint) get_n_missing ((LkTagItem *) b);
}

static gint
compare_trigger (gconstpointer a,
                 gconstpointer b,
                 gpointer      data)
{
  return (gint) ((const LkTagItem *) a)->row->n_with_trigger - (gint) ((const LkTagItem *) b)->row->n_with_trigger;
}

static void
set_sorter (GtkColumnViewColumn *column,
            GCompareDataFunc     compare)
{
  g_autoptr (GtkCustomSorter) sorter = gtk_custom_sorter_new (compare, NULL, NULL);

  gtk_column_view_column_set_sorter (column, GTK_SORTER (sorter));
}

/* ---- findings ----------------------------------------------------------------------------------------------------- */

static gboolean
is_of_captions (gpointer item,
                gpointer user_data)
{
  return lk_finding_get_check (item)->is_caption;
}

static void
findings_changed_cb (LkCaptionsPane *self)
{
  GListModel *model = G_LIST_MODEL (gtk_list_view_get_model (self->findings));
  gboolean is_fixable = FALSE, is_writable = !lk_project_is_read_only (lk_workspace_get_project (self->workspace));
  guint n = g_list_model_get_n_items (model);

  for (guint i = 0; i < n && !is_fixable; i++)
    {
      g_autoptr (LkFinding) finding = g_list_model_get_item (model, i);

      is_fixable = lk_finding_is_fixable (finding);
    }
  gtk_widget_set_sensitive (GTK_WIDGET (self->fix_all_button), is_fixable && is_writable);
  gtk_widget_set_visible (GTK_WIDGET (self->no_findings), n == 0);
}

static void
fix_cb (LkCaptionsPane   *self,
        LkCaptionFinding *row)
{
  g_autoptr (LkFinding) finding = g_object_ref (lk_caption_finding_get_finding (row));

  g_signal_emit (self, signals[FIX], 0, finding);
}

static void
show_pictures_cb (LkCaptionsPane   *self,
                  LkCaptionFinding *row)
{
  g_signal_emit (self, signals[SHOW_IMAGES], 0, lk_finding_get_images (lk_caption_finding_get_finding (row)));
}

static void
fix_all_cb (LkCaptionsPane *self)
{
  g_signal_emit (self, signals[FIX_ALL], 0);
}

static void
setup_finding_cb (LkCaptionsPane *self,
                  GtkListItem    *item)
{
  LkCaptionFinding *row = lk_caption_finding_new (TRUE);

  g_signal_connect_object (row, "fix", G_CALLBACK (fix_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (row, "show-pictures", G_CALLBACK (show_pictures_cb), self, G_CONNECT_SWAPPED);
  lk_caption_finding_set_editable (row, !lk_project_is_read_only (lk_workspace_get_project (self->workspace)));
  gtk_list_item_set_child (item, GTK_WIDGET (row));
  gtk_list_item_set_activatable (item, FALSE);
  gtk_list_item_set_focusable (item, FALSE);
}

static void
bind_finding_cb (LkCaptionsPane *self,
                 GtkListItem    *item)
{
  LkFinding *finding = gtk_list_item_get_item (item);

  lk_caption_finding_set_finding (LK_CAPTION_FINDING (gtk_list_item_get_child (item)), finding);
  gtk_list_item_set_accessible_label (item, lk_finding_get_sentence (finding));
}

static void
unbind_finding_cb (LkCaptionsPane *self,
                   GtkListItem    *item)
{
  lk_caption_finding_set_finding (LK_CAPTION_FINDING (gtk_list_item_get_child (item)), NULL);
}

/* ---- widget ------------------------------------------------------------------------------------------------------- */

static void
lk_captions_pane_dispose (GObject *object)
{
  LkCaptionsPane *self = LK_CAPTIONS_PANE (object);

  if (self->findings != NULL)
    gtk_list_view_set_model (self->findings, NULL);
  if (self->table != NULL)
    gtk_column_view_set_model (self->table, NULL);
  gtk_widget_dispose_template (GTK_WIDGET (self), LK_TYPE_CAPTIONS_PANE);
  g_clear_object (&self->selection);
  g_clear_object (&self->items);
  g_clear_object (&self->search);
  g_clear_object (&self->source);
  g_clear_object (&self->workspace);
  g_clear_pointer (&self->searched, g_free);

  G_OBJECT_CLASS (lk_captions_pane_parent_class)->dispose (object);
}

static void
lk_captions_pane_class_init (LkCaptionsPaneClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  GType type = G_TYPE_FROM_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = lk_captions_pane_dispose;

  signals[FILTER] = g_signal_new ("filter", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
  signals[SHOW_IMAGES] = g_signal_new ("show-images", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_PTR_ARRAY);
  signals[FIX] = g_signal_new ("fix", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, LK_TYPE_FINDING);
  signals[FIX_ALL] = g_signal_new ("fix-all", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[CHANGE_TAG] = g_signal_new ("change-tag", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);

  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/likeness/Likeness/lk-captions-pane.ui");
  gtk_widget_class_bind_template_child (widget_class, LkCaptionsPane, count_column);
  gtk_widget_class_bind_template_child (widget_class, LkCaptionsPane, findings);
  gtk_widget_class_bind_template_child (widget_class, LkCaptionsPane, fix_all_button);
  gtk_widget_class_bind_template_child (widget_class, LkCaptionsPane, missing_column);
  gtk_widget_class_bind_template_child (widget_class, LkCaptionsPane, no_findings);
  gtk_widget_class_bind_template_child (widget_class, LkCaptionsPane, stack);
  gtk_widget_class_bind_template_child (widget_class, LkCaptionsPane, table);
  gtk_widget_class_bind_template_child (widget_class, LkCaptionsPane, tag_buttons);
  gtk_widget_class_bind_template_child (widget_class, LkCaptionsPane, tag_column);
  gtk_widget_class_bind_template_child (widget_class, LkCaptionsPane, trigger_column);
  gtk_widget_class_bind_template_callback (widget_class, bind_count_cb);
  gtk_widget_class_bind_template_callback (widget_class, bind_finding_cb);
  gtk_widget_class_bind_template_callback (widget_class, bind_missing_cb);
  gtk_widget_class_bind_template_callback (widget_class, bind_tag_cb);
  gtk_widget_class_bind_template_callback (widget_class, bind_trigger_cb);
  gtk_widget_class_bind_template_callback (widget_class, change_tag_cb);
  gtk_widget_class_bind_template_callback (widget_class, fix_all_cb);
  gtk_widget_class_bind_template_callback (widget_class, search_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, setup_finding_cb);
  gtk_widget_class_bind_template_callback (widget_class, setup_number_cb);
  gtk_widget_class_bind_template_callback (widget_class, setup_tag_cb);
  gtk_widget_class_bind_template_callback (widget_class, show_all_cb);
  gtk_widget_class_bind_template_callback (widget_class, show_missing_cb);
  gtk_widget_class_bind_template_callback (widget_class, unbind_finding_cb);
}

static void
lk_captions_pane_init (LkCaptionsPane *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->items = g_list_store_new (LK_TYPE_TAG_ITEM);
}

LkCaptionsPane *
lk_captions_pane_new (LkWorkspace *workspace,
                      LkTagSource *source)
{
  LkCaptionsPane *self = g_object_new (LK_TYPE_CAPTIONS_PANE, NULL);
  GtkFilterListModel *filtered, *of_captions;
  GtkSortListModel *sorted;
  g_autoptr (GtkNoSelection) none = NULL;

  self->workspace = g_object_ref (workspace);
  self->source = g_object_ref (source);

  set_sorter (self->tag_column, compare_tag);
  set_sorter (self->count_column, compare_count);
  set_sorter (self->missing_column, compare_missing);
  set_sorter (self->trigger_column, compare_trigger);
  self->search = GTK_FILTER (gtk_custom_filter_new (is_searched, self, NULL));
  filtered = gtk_filter_list_model_new (G_LIST_MODEL (g_object_ref (self->items)), g_object_ref (self->search));
  sorted = gtk_sort_list_model_new (G_LIST_MODEL (filtered), g_object_ref (gtk_column_view_get_sorter (self->table)));
  self->selection = gtk_single_selection_new (G_LIST_MODEL (sorted));
  gtk_single_selection_set_autoselect (self->selection, FALSE);
  gtk_single_selection_set_can_unselect (self->selection, TRUE);
  gtk_single_selection_set_selected (self->selection, GTK_INVALID_LIST_POSITION);
  gtk_column_view_set_model (self->table, GTK_SELECTION_MODEL (self->selection));
  g_signal_connect_object (self->selection, "notify::selected-item", G_CALLBACK (selected_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (source, "changed", G_CALLBACK (update_tags), self, G_CONNECT_SWAPPED);

  of_captions = gtk_filter_list_model_new (g_object_ref (lk_workspace_get_findings (workspace)),
                                           GTK_FILTER (gtk_custom_filter_new (is_of_captions, NULL, NULL)));
  none = gtk_no_selection_new (G_LIST_MODEL (of_captions));
  gtk_list_view_set_model (self->findings, GTK_SELECTION_MODEL (none));
  g_signal_connect_object (none, "items-changed", G_CALLBACK (findings_changed_cb), self, G_CONNECT_SWAPPED);
  update_tags (self);
  findings_changed_cb (self);
  return self;
}
