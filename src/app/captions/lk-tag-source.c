#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include "app/captions/lk-tag-source.h"

#include "project/lk-tag-index.h"

/* Counting follows a change after this long. */
#define COUNT_AFTER_MS 250

/* What a thread makes of the captions. */
typedef struct
{
  char      **captions;     /* owned */
  char       *trigger;      /* owned */
  char      **features;     /* owned */
  LkTagTable *table;        /* owned */
  LkTagIndex *index;        /* owned */
} Count;

struct _LkTagSource
{
  GObject       parent_instance;

  LkWorkspace  *workspace;      /* owned */
  GSettings    *settings;       /* owned */
  GCancellable *cancellable;    /* owned; of everything under way */
  GCancellable *loading;        /* owned; of the list */
  LkTagTable   *table;          /* owned, or NULL, as the next two */
  LkTagIndex   *index;          /* of the project's tags and features */
  LkTagIndex   *list;           /* of the preferences' table */
  gboolean      is_counting, is_stale;
  guint         count_source;
};

G_DEFINE_FINAL_TYPE (LkTagSource, lk_tag_source, G_TYPE_OBJECT)

enum
{
  CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static void queue_count (LkTagSource *self);

/* ---- the project's tags ------------------------------------------------------------------------------------------- */

static void
count_free (gpointer data)
{
  Count *count = data;

  g_strfreev (count->captions);
  g_strfreev (count->features);
  g_free (count->trigger);
  g_clear_pointer (&count->table, lk_tag_table_unref);
  g_clear_pointer (&count->index, lk_tag_index_unref);
  g_free (count);
}

static void
count_in_thread (GTask        *task,
                 gpointer      source,
                 gpointer      data,
                 GCancellable *cancellable)
{
  Count *count = data;

  count->table = lk_tag_table_new ((const char * const *) count->captions, g_strv_length (count->captions), count->trigger);
  count->index = lk_tag_index_new ();
  for (guint i = 0; count->features[i] != NULL; i++)
    lk_tag_index_add (count->index, count->features[i], NULL, G_MAXUINT);
  for (guint i = 0; i < lk_tag_table_get_n (count->table); i++)
    {
      const LkTagRow *row = lk_tag_table_get (count->table, i);

      lk_tag_index_add (count->index, row->tag, NULL, row->n);
    }
  lk_tag_index_build (count->index);
  g_task_return_boolean (task, TRUE);
}

static void
counted_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  LkTagSource *self = LK_TAG_SOURCE (source);
  Count *count = g_task_get_task_data (G_TASK (result));

  self->is_counting = FALSE;
  if (!g_task_propagate_boolean (G_TASK (result), NULL))
    return;
  g_clear_pointer (&self->table, lk_tag_table_unref);
  g_clear_pointer (&self->index, lk_tag_index_unref);
  self->table = g_steal_pointer (&count->table);
  self->index = g_steal_pointer (&count->index);
  if (self->is_stale)
    queue_count (self);
  g_signal_emit (self, signals[CHANGED], 0);
}

static gboolean
count_cb (gpointer user_data)
{
  LkTagSource *self = user_data;
  LkProject *project = lk_workspace_get_project (self->workspace);
  g_autoptr (GTask) task = g_task_new (self, self->cancellable, counted_cb, NULL);
  g_autoptr (GStrvBuilder) captions = g_strv_builder_new ();
  Count *count = g_new0 (Count, 1);

  self->count_source = 0;
  self->is_counting = TRUE;
  self->is_stale = FALSE;
  for (guint i = 0; i < lk_project_get_n_images (project); i++)
    {
      LkImage *image = lk_project_get_image (project, i);

      if (lk_image_is_counted (image))
        g_strv_builder_add (captions, lk_image_get_caption (image));
    }
  count->captions = g_strv_builder_end (captions);
  count->trigger = g_strdup (lk_project_get_trigger (project));
  count->features = lk_project_dup_features (project);
  g_task_set_task_data (task, count, count_free);
  g_task_run_in_thread (task, count_in_thread);
  return G_SOURCE_REMOVE;
}

/* One count goes on at a time: what changes meanwhile is counted after it. */
static void
queue_count (LkTagSource *self)
{
  if (self->is_counting)
    {
      self->is_stale = TRUE;
      return;
    }
  /* Not put off by what follows: in a stream of changes it would never come. */
  if (self->count_source == 0)
    self->count_source = g_timeout_add (COUNT_AFTER_MS, count_cb, self);
}

LkTagTable *
lk_tag_source_get_table (LkTagSource *self)
{
  g_return_val_if_fail (LK_IS_TAG_SOURCE (self), NULL);

  return self->table;
}

/* ---- a list of tags ----------------------------------------------------------------------------------------------- */

static void
load_in_thread (GTask        *task,
                gpointer      source,
                gpointer      data,
                GCancellable *cancellable)
{
  GError *error = NULL;
  LkTagIndex *list = lk_tag_index_load (data, &error);

  if (list != NULL)
    g_task_return_pointer (task, list, (GDestroyNotify) lk_tag_index_unref);
  else
    g_task_return_error (task, error);
}

static void
loaded_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  LkTagSource *self = LK_TAG_SOURCE (source);
  g_autoptr (GError) error = NULL;
  LkTagIndex *list = g_task_propagate_pointer (G_TASK (result), &error);

  if (list != NULL)
    {
      g_clear_pointer (&self->list, lk_tag_index_unref);
      self->list = list;
    }
  else if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      lk_workspace_say (self->workspace, error->message);
    }
}

static void
load_list (LkTagSource *self)
{
  g_autofree char *uri = g_settings_get_string (self->settings, "tag-list");
  g_autoptr (GFile) file = *uri != '\0' ? g_file_new_for_uri (uri) : NULL;
  g_autofree char *path = file != NULL ? g_file_get_path (file) : NULL;
  g_autoptr (GTask) task = NULL;

  g_cancellable_cancel (self->loading);
  g_clear_object (&self->loading);
  g_clear_pointer (&self->list, lk_tag_index_unref);
  if (path == NULL)
    return;
  self->loading = g_cancellable_new ();
  task = g_task_new (self, self->loading, loaded_cb, NULL);
  g_task_set_task_data (task, g_steal_pointer (&path), g_free);
  g_task_run_in_thread (task, load_in_thread);
}

/* ---- offers ------------------------------------------------------------------------------------------------------- */

static void
add_offers (GPtrArray  *offers,
            LkTagIndex *index,
            const char *typed,
            guint       max)
{
  g_autoptr (GArray) found = index != NULL ? lk_tag_index_find (index, typed, max) : NULL;

  for (guint i = 0; found != NULL && i < found->len && offers->len < max; i++)
    {
      const char *tag = g_array_index (found, LkTagOffer, i).tag;
      gboolean is_there = FALSE;

      for (guint k = 0; k < offers->len && !is_there; k++)
        is_there = g_ascii_strcasecmp (offers->pdata[k], tag) == 0;
      if (!is_there)
        g_ptr_array_add (offers, g_strdup (tag));
    }
}

GPtrArray *
lk_tag_source_find (LkTagSource *self,
                    const char  *typed,
                    guint        max)
{
  GPtrArray *offers = g_ptr_array_new_with_free_func (g_free);

  g_return_val_if_fail (LK_IS_TAG_SOURCE (self), offers);

  add_offers (offers, self->index, typed, max);
  add_offers (offers, self->list, typed, max);
  return offers;
}

/* ---- object ------------------------------------------------------------------------------------------------------- */

static void
lk_tag_source_dispose (GObject *object)
{
  LkTagSource *self = LK_TAG_SOURCE (object);

  g_cancellable_cancel (self->cancellable);
  g_cancellable_cancel (self->loading);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->loading);
  g_clear_handle_id (&self->count_source, g_source_remove);
  g_clear_pointer (&self->table, lk_tag_table_unref);
  g_clear_pointer (&self->index, lk_tag_index_unref);
  g_clear_pointer (&self->list, lk_tag_index_unref);
  g_clear_object (&self->settings);
  g_clear_object (&self->workspace);

  G_OBJECT_CLASS (lk_tag_source_parent_class)->dispose (object);
}

static void
lk_tag_source_class_init (LkTagSourceClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = lk_tag_source_dispose;

  signals[CHANGED] = g_signal_new ("changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
lk_tag_source_init (LkTagSource *self)
{
  self->cancellable = g_cancellable_new ();
  self->settings = g_settings_new (APP_ID);
}

LkTagSource *
lk_tag_source_new (LkWorkspace *workspace)
{
  LkTagSource *self = g_object_new (LK_TYPE_TAG_SOURCE, NULL);

  self->workspace = g_object_ref (workspace);
  g_signal_connect_object (workspace, "changed", G_CALLBACK (queue_count), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->settings, "changed::tag-list", G_CALLBACK (load_list), self, G_CONNECT_SWAPPED);
  queue_count (self);
  load_list (self);
  return self;
}
