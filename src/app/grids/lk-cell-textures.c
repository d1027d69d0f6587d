#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include "app/grids/lk-cell-textures.h"
#include "app/widgets/lk-texture.h"
#include "imaging/lk-resize.h"

#define MAX_BYTES (256u << 20)
#define MAX_RUNNING 2           /* the device's threads want the processor, too */

/* Few sizes, so that zooming rarely reads a file again. */
static const guint sizes[] = { 96, 192, 384, 768, G_MAXUINT };

typedef struct
{
  char       *path;             /* owned; the key */
  GdkTexture *texture;          /* owned; NULL: none yet */
  guint       pixels;           /* what it was made for */
  guint       wanted;           /* larger: is asked for */
  gboolean    is_running, has_failed;
  gsize       bytes;
  GList       used;             /* in the queue of use, the newest first */
  GList       waiting;          /* in the queue of requests; data NULL: is not in it */
} Entry;

struct _LkCellTextures
{
  GObject      parent_instance;

  GHashTable  *entries;         /* owned: path -> Entry */
  GQueue       used, waiting;
  gsize        bytes;
  guint        n_running;
  guint        ready_source;
};

G_DEFINE_FINAL_TYPE (LkCellTextures, lk_cell_textures, G_TYPE_OBJECT)

enum { READY, N_SIGNALS };

static guint signals[N_SIGNALS];

static void dispatch (LkCellTextures *self);

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  g_clear_object (&entry->texture);
  g_free (entry->path);
  g_free (entry);
}

/* ---- thread ---------------------------------------------------------------------------------------------------- */

typedef struct
{
  char  *path;                  /* owned */
  guint  pixels;
} Order;

static void
order_free (Order *order)
{
  g_free (order->path);
  g_free (order);
}

static void
load_thread (GTask        *task,
             gpointer      source,
             gpointer      data,
             GCancellable *cancellable)
{
  const Order *order = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (LkPicture) picture = lk_picture_read (order->path, LK_PICTURE_ON_WHITE, NULL, &error);
  g_autoptr (LkPicture) small = NULL;

  if (picture == NULL)
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  if (MAX (picture->width, picture->height) > order->pixels)
    small = lk_resize_within (picture, order->pixels);
  g_task_return_pointer (task, lk_texture_from_picture (small != NULL ? small : picture), g_object_unref);
}

/* ---- memory ---------------------------------------------------------------------------------------------------- */

static gboolean
ready_cb (gpointer user_data)
{
  LkCellTextures *self = user_data;

  self->ready_source = 0;
  g_signal_emit (self, signals[READY], 0);
  return G_SOURCE_REMOVE;
}

static void
loaded_cb (GObject      *object,
           GAsyncResult *result,
           gpointer      user_data)
{
  LkCellTextures *self = LK_CELL_TEXTURES (object);
  const Order *order = g_task_get_task_data (G_TASK (result));
  g_autoptr (GdkTexture) texture = g_task_propagate_pointer (G_TASK (result), NULL);
  Entry *entry = g_hash_table_lookup (self->entries, order->path);

  self->n_running--;
  if (entry != NULL)
    {
      entry->is_running = FALSE;
      entry->has_failed = texture == NULL;
      if (texture != NULL)
        {
          self->bytes -= entry->bytes;
          g_set_object (&entry->texture, texture);
          entry->pixels = order->pixels;
          entry->bytes = (gsize) gdk_texture_get_width (texture) * gdk_texture_get_height (texture) * 4;
          self->bytes += entry->bytes;
        }
      for (GList *last = self->used.tail, *next; last != NULL && last->data != entry && self->bytes > MAX_BYTES; last = next)
        {
          Entry *oldest = last->data;

          next = last->prev;
          if (oldest->is_running || oldest->waiting.data != NULL)
            continue;
          self->bytes -= oldest->bytes;
          g_queue_unlink (&self->used, &oldest->used);
          g_hash_table_remove (self->entries, oldest->path);
        }
    }
  if (self->ready_source == 0)
    self->ready_source = g_idle_add_full (GDK_PRIORITY_REDRAW - 1, ready_cb, self, NULL);
  dispatch (self);
}

/* Only as many as there are threads leave the queue, so that the order can still change. */
static void
dispatch (LkCellTextures *self)
{
  while (self->n_running < MAX_RUNNING && self->waiting.head != NULL)
    {
      GList *first = self->waiting.head;
      Entry *entry = first->data;
      g_autoptr (GTask) task = g_task_new (self, NULL, loaded_cb, NULL);
      Order *order = g_new0 (Order, 1);

      g_queue_unlink (&self->waiting, first);
      first->data = NULL;
      entry->is_running = TRUE;
      self->n_running++;
      order->path = g_strdup (entry->path);
      order->pixels = entry->wanted;
      g_task_set_task_data (task, order, (GDestroyNotify) order_free);
      g_task_run_in_thread (task, load_thread);
    }
}

static guint
round_pixels (guint pixels)
{
  guint i = 0;

  while (sizes[i] < pixels)
    i++;
  return sizes[i];
}

GdkTexture *
lk_cell_textures_get (LkCellTextures *self,
                      const char     *path,
                      guint           pixels,
                      gboolean       *failed)
{
  Entry *entry;

  g_return_val_if_fail (LK_IS_CELL_TEXTURES (self), NULL);

  entry = g_hash_table_lookup (self->entries, path);
  if (entry == NULL)
    {
      entry = g_new0 (Entry, 1);
      entry->path = g_strdup (path);
      entry->used.data = entry;
      g_hash_table_insert (self->entries, entry->path, entry);
    }
  else
    g_queue_unlink (&self->used, &entry->used);
  g_queue_push_head_link (&self->used, &entry->used);

  entry->wanted = round_pixels (pixels);
  if (!entry->has_failed && !entry->is_running && entry->wanted > entry->pixels && entry->waiting.data == NULL)
    {
      entry->waiting.data = entry;
      g_queue_push_head_link (&self->waiting, &entry->waiting);
      dispatch (self);
    }
  if (failed != NULL)
    *failed = entry->has_failed;
  return entry->texture;
}

void
lk_cell_textures_forget_waiting (LkCellTextures *self)
{
  GList *first;

  g_return_if_fail (LK_IS_CELL_TEXTURES (self));

  while ((first = self->waiting.head) != NULL)
    {
      g_queue_unlink (&self->waiting, first);
      first->data = NULL;
    }
}

gsize
lk_cell_textures_get_bytes (LkCellTextures *self)
{
  return self->bytes;
}

/* ---- object ---------------------------------------------------------------------------------------------------- */

static void
lk_cell_textures_finalize (GObject *object)
{
  LkCellTextures *self = LK_CELL_TEXTURES (object);

  g_clear_handle_id (&self->ready_source, g_source_remove);
  g_hash_table_unref (self->entries);

  G_OBJECT_CLASS (lk_cell_textures_parent_class)->finalize (object);
}

static void
lk_cell_textures_class_init (LkCellTexturesClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = lk_cell_textures_finalize;

  signals[READY] = g_signal_new ("ready", LK_TYPE_CELL_TEXTURES, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
lk_cell_textures_init (LkCellTextures *self)
{
  self->entries = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, entry_free);
}

LkCellTextures *
lk_cell_textures_new (void)
{
  return g_object_new (LK_TYPE_CELL_TEXTURES, NULL);
}
