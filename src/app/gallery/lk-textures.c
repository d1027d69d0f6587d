#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <gdk-pixbuf/gdk-pixbuf.h>
#include <stdlib.h>

#include "app/gallery/lk-textures.h"
#include "app/widgets/lk-texture.h"
#include "imaging/lk-resize.h"

#define AHEAD 2                 /* neighbours on each side that are made ready */
#define MAX_BYTES (384u << 20)
/* Larger ones are not kept on disk. */
#define MAX_CACHED_PIXELS 640
#define JPEG_QUALITY "88"
/* Results handed out in one main-loop turn: each costs a redraw of a cell. */
#define RESULTS_A_TURN 12

/* What crosses to a worker and back. The worker owns it meanwhile. */
typedef struct
{
  gatomicrefcount  ref_count;
  GAsyncQueue     *done;         /* owned; Jobs */
  LkTextures    *service;      /* main thread only; NULL after the service is gone */
  int              is_scheduled; /* atomic */
} Channel;

typedef struct
{
  char       *key;
  char       *path;
  char       *cache_path;        /* NULL: not kept on disk */
  LkCrop      crop;
  guint       pixels;
  gboolean    is_running;
  gboolean    was_made;          /* decoded, not read from the cache */
  GdkTexture *texture;           /* the result */
  GPtrArray  *requests;          /* main thread only; owned */
  GList       link;              /* in the waiting queue */
  Channel    *channel;           /* owned */
} Job;

struct _LkTextureRequest
{
  Job             *job;
  LkTextureFunc  func;
  gpointer         data;
};

typedef struct
{
  char       *key;
  GdkTexture *texture;
  gsize       bytes;
  GList       link;              /* in the LRU queue */
} Entry;

struct _LkTextures
{
  GObject      parent_instance;

  char        *folder;
  GHashTable  *entries;          /* key -> Entry */
  GQueue       lru;              /* Entries, the newest first */
  gsize        bytes;

  GHashTable  *jobs;             /* key -> Job, waiting or running */
  GQueue       waiting;          /* Jobs, the newest first */
  guint        n_running;
  guint        n_made;

  GThreadPool *pool;
  Channel     *channel;
};

G_DEFINE_FINAL_TYPE (LkTextures, lk_textures, G_TYPE_OBJECT)

static Channel *
channel_ref (Channel *channel)
{
  g_atomic_ref_count_inc (&channel->ref_count);
  return channel;
}

static void
channel_unref (Channel *channel)
{
  if (!g_atomic_ref_count_dec (&channel->ref_count))
    return;
  g_async_queue_unref (channel->done);
  g_free (channel);
}

static void
job_free (Job *job)
{
  g_free (job->key);
  g_free (job->path);
  g_free (job->cache_path);
  g_clear_object (&job->texture);
  g_ptr_array_unref (job->requests);
  channel_unref (job->channel);
  g_free (job);
}

static void
entry_free (Entry *entry)
{
  g_free (entry->key);
  g_object_unref (entry->texture);
  g_free (entry);
}

/* ---- worker ------------------------------------------------------------------------------------------------- */

static LkPicture
borrow_pixbuf (GdkPixbuf *pixbuf)
{
  return (LkPicture) {
    .width = gdk_pixbuf_get_width (pixbuf),
    .height = gdk_pixbuf_get_height (pixbuf),
    .channels = gdk_pixbuf_get_n_channels (pixbuf),
    .stride = gdk_pixbuf_get_rowstride (pixbuf),
    .data = gdk_pixbuf_get_pixels (pixbuf),
  };
}

static GdkTexture *
read_cached (const char *path)
{
  g_autoptr (GdkPixbuf) pixbuf = gdk_pixbuf_new_from_file (path, NULL);
  LkPicture picture;

  if (pixbuf == NULL)
    return NULL;

  picture = borrow_pixbuf (pixbuf);
  return lk_texture_from_picture (&picture);
}

/* A camera's JPEG is decoded at a fraction of its size, which is several times faster. NULL: take the ordinary way. */
static LkPicture *
read_scaled_jpeg (const char *path,
                  guint       pixels)
{
  LkPictureInfo info = { 0 };
  g_autoptr (GdkPixbuf) pixbuf = NULL;
  g_autoptr (GdkPixbuf) upright = NULL;
  LkPicture picture;

  if (!lk_picture_probe (path, &info, NULL) || !g_str_equal (info.format, "jpeg") ||
      MAX (info.width, info.height) / 4 < pixels)
    return NULL;

  pixbuf = gdk_pixbuf_new_from_file_at_size (path, 2 * pixels, 2 * pixels, NULL);
  if (pixbuf == NULL)
    return NULL;

  upright = gdk_pixbuf_apply_embedded_orientation (pixbuf);
  picture = borrow_pixbuf (upright);
  return lk_resize_within (&picture, pixels);
}

static LkPicture *
make_picture (const Job *job)
{
  g_autoptr (LkPicture) picture = NULL;

  if (lk_crop_is_empty (&job->crop))
    {
      picture = read_scaled_jpeg (job->path, job->pixels);
      if (picture != NULL)
        return g_steal_pointer (&picture);
    }

  picture = lk_picture_read (job->path, LK_PICTURE_ON_WHITE, NULL, NULL);
  if (picture == NULL)
    return NULL;
  if (!lk_crop_is_empty (&job->crop))
    {
      LkPicture *cropped = lk_crop_apply (&job->crop, picture);

      lk_picture_free (picture);
      picture = cropped;
    }

  if (MAX (picture->width, picture->height) <= job->pixels)
    return g_steal_pointer (&picture);

  return lk_resize_within (picture, job->pixels);
}

/* A thumbnail that is not kept, on a full or read-only disk, is made again next time: no error. */
static void
write_cached (const LkPicture *picture,
              const char      *path)
{
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *data = NULL;
  gsize length;
  g_autoptr (GdkPixbuf) pixbuf = gdk_pixbuf_new_from_data (picture->data, GDK_COLORSPACE_RGB, FALSE, 8,
                                                           picture->width, picture->height, picture->stride, NULL, NULL);

  if (g_mkdir_with_parents (folder, 0700) == 0 &&
      gdk_pixbuf_save_to_buffer (pixbuf, &data, &length, "jpeg", NULL, "quality", JPEG_QUALITY, NULL))
    g_file_set_contents_full (path, data, length, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL);
}

static gboolean deliver_cb (gpointer user_data);

static void
run_job (gpointer data,
         gpointer user_data)
{
  Job *job = data;
  Channel *channel = channel_ref (job->channel);

  if (job->cache_path != NULL)
    job->texture = read_cached (job->cache_path);
  if (job->texture == NULL)
    {
      g_autoptr (LkPicture) picture = make_picture (job);

      if (picture != NULL)
        job->texture = lk_texture_from_picture (picture);
      if (picture != NULL && job->cache_path != NULL)
        write_cached (picture, job->cache_path);
      job->was_made = TRUE;
    }

  g_async_queue_push (channel->done, job);
  if (g_atomic_int_compare_and_exchange (&channel->is_scheduled, 0, 1))
    g_idle_add_full (GDK_PRIORITY_REDRAW + 10, deliver_cb, channel_ref (channel), (GDestroyNotify) channel_unref);
  channel_unref (channel);
}

/* ---- memory ------------------------------------------------------------------------------------------------- */

/* Few sizes, so that moving a slider or resizing a window rarely decodes again. */
static guint
round_pixels (guint pixels)
{
  static const guint sizes[] = { 256, MAX_CACHED_PIXELS, LK_TEXTURE_PREVIEW };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    if (pixels <= sizes[i])
      return sizes[i];

  return LK_TEXTURE_FULL;
}

static void
get_crop (LkImage       *image,
          LkTextureKind  kind,
          LkCrop        *crop)
{
  if (kind == LK_TEXTURE_CROPPED)
    lk_image_get_crop (image, crop);
  else
    *crop = (LkCrop) { 0 };
}

static char *
make_key (LkImage       *image,
          LkTextureKind  kind,
          guint          pixels)
{
  LkCrop crop;

  get_crop (image, kind, &crop);
  return g_strdup_printf ("%s %" G_GINT64_FORMAT " %" G_GUINT64_FORMAT " %d,%d,%d,%d,%u,%d,%d,%.3f %u",
                          lk_image_get_name (image), lk_image_get_modified (image), lk_image_get_file_size (image),
                          crop.x, crop.y, crop.width, crop.height, crop.quarter_turns,
                          crop.flip_horizontal, crop.flip_vertical, crop.angle, round_pixels (pixels));
}

static void
remember (LkTextures *self,
          const char   *key,
          GdkTexture   *texture)
{
  Entry *entry = g_new0 (Entry, 1);

  entry->key = g_strdup (key);
  entry->texture = g_object_ref (texture);
  entry->bytes = (gsize) gdk_texture_get_width (texture) * gdk_texture_get_height (texture) * 4;
  entry->link.data = entry;

  self->bytes += entry->bytes;
  g_queue_push_head_link (&self->lru, &entry->link);
  g_hash_table_replace (self->entries, entry->key, entry);

  while (self->bytes > MAX_BYTES)
    {
      Entry *oldest = g_queue_peek_tail (&self->lru);

      g_queue_unlink (&self->lru, &oldest->link);
      self->bytes -= oldest->bytes;
      g_hash_table_remove (self->entries, oldest->key);
    }
}

GdkTexture *
lk_textures_peek (LkTextures    *self,
                  LkImage       *image,
                  LkTextureKind  kind,
                  guint          pixels)
{
  g_autofree char *key = NULL;
  Entry *entry;

  g_return_val_if_fail (LK_IS_TEXTURES (self), NULL);

  key = make_key (image, kind, pixels);
  entry = g_hash_table_lookup (self->entries, key);
  if (entry == NULL)
    return NULL;

  g_queue_unlink (&self->lru, &entry->link);
  g_queue_push_head_link (&self->lru, &entry->link);
  return g_object_ref (entry->texture);
}

/* ---- requests ----------------------------------------------------------------------------------------------- */

/* Only as many jobs as there are threads leave the queue, so that the order can still change. */
static void
dispatch (LkTextures *self)
{
  guint n_threads = g_thread_pool_get_max_threads (self->pool);

  while (self->n_running < n_threads && self->waiting.length > 0)
    {
      Job *job = self->waiting.head->data;

      g_queue_unlink (&self->waiting, &job->link);
      job->is_running = TRUE;
      self->n_running++;
      g_thread_pool_push (self->pool, job, NULL);
    }
}

static gboolean
deliver_cb (gpointer user_data)
{
  Channel *channel = user_data;

  /* Cleared first: what comes from now on schedules anew. */
  g_atomic_int_set (&channel->is_scheduled, 0);

  for (guint i = 0; i < RESULTS_A_TURN; i++)
    {
      Job *job = g_async_queue_try_pop (channel->done);
      LkTextures *self = channel->service;
      g_autoptr (GPtrArray) requests = NULL;

      if (job == NULL)
        return G_SOURCE_REMOVE;
      if (self == NULL)
        {
          job_free (job);
          continue;
        }

      self->n_running--;
      if (job->was_made)
        self->n_made++;
      if (job->texture != NULL)
        remember (self, job->key, job->texture);
      dispatch (self);

      requests = g_steal_pointer (&job->requests);
      job->requests = g_ptr_array_new ();
      g_hash_table_steal (self->jobs, job->key);
      for (guint j = 0; j < requests->len; j++)
        {
          LkTextureRequest *request = g_ptr_array_index (requests, j);

          if (request->func != NULL)
            request->func (job->texture, request->data);
        }
      job_free (job);
    }

  if (g_async_queue_length (channel->done) > 0 &&
      g_atomic_int_compare_and_exchange (&channel->is_scheduled, 0, 1))
    return G_SOURCE_CONTINUE;

  return G_SOURCE_REMOVE;
}

LkTextureRequest *
lk_textures_request (LkTextures    *self,
                     LkImage       *image,
                     LkTextureKind  kind,
                     guint          pixels,
                     LkTextureFunc  func,
                     gpointer       data)
{
  g_autofree char *key = NULL;
  LkTextureRequest *request;
  Job *job;

  g_return_val_if_fail (LK_IS_TEXTURES (self), NULL);
  g_return_val_if_fail (LK_IS_IMAGE (image), NULL);

  key = make_key (image, kind, pixels);
  job = g_hash_table_lookup (self->jobs, key);
  if (job == NULL)
    {
      job = g_new0 (Job, 1);
      job->path = lk_image_dup_path (image);
      get_crop (image, kind, &job->crop);
      job->pixels = round_pixels (pixels);
      job->requests = g_ptr_array_new_with_free_func (g_free);
      job->link.data = job;
      job->channel = channel_ref (self->channel);
      if (job->pixels <= MAX_CACHED_PIXELS)
        {
          g_autofree char *sum = g_compute_checksum_for_string (G_CHECKSUM_SHA1, key, -1);
          g_autofree char *name = g_strconcat (sum, ".jpg", NULL);

          job->cache_path = g_build_filename (self->folder, name, NULL);
        }
      job->key = g_steal_pointer (&key);
      g_hash_table_insert (self->jobs, job->key, job);
      g_queue_push_head_link (&self->waiting, &job->link);
    }
  else if (!job->is_running)
    {
      g_queue_unlink (&self->waiting, &job->link);
      g_queue_push_head_link (&self->waiting, &job->link);
    }

  request = g_new0 (LkTextureRequest, 1);
  request->job = job;
  request->func = func;
  request->data = data;
  g_ptr_array_add (job->requests, request);
  dispatch (self);

  return request;
}

void
lk_textures_prepare (LkTextures *self,
                     GListModel *images,
                     guint       position)
{
  g_return_if_fail (LK_IS_TEXTURES (self));

  /* The nearest last: the newest request is decoded first. */
  for (int distance = AHEAD; distance > 0; distance--)
    for (int direction = -1; direction <= 1; direction += 2)
      {
        gint64 place = (gint64) position + direction * distance;
        g_autoptr (LkImage) image = place >= 0 ? g_list_model_get_item (images, place) : NULL;
        g_autoptr (GdkTexture) texture = NULL;

        if (image == NULL)
          continue;
        texture = lk_textures_peek (self, image, LK_TEXTURE_CROPPED, LK_TEXTURE_PREVIEW);
        if (texture == NULL)
          lk_textures_request (self, image, LK_TEXTURE_CROPPED, LK_TEXTURE_PREVIEW, NULL, NULL);
      }
}

void
lk_textures_cancel (LkTextures       *self,
                    LkTextureRequest *request)
{
  Job *job = request->job;

  g_return_if_fail (LK_IS_TEXTURES (self));

  if (job->is_running)
    {
      /* The texture is nearly there and will be wanted again. */
      request->func = NULL;
      return;
    }

  g_ptr_array_remove_fast (job->requests, request);
  if (job->requests->len == 0)
    {
      g_queue_unlink (&self->waiting, &job->link);
      g_hash_table_remove (self->jobs, job->key);
    }
}

gsize
lk_textures_get_bytes (LkTextures *self)
{
  g_return_val_if_fail (LK_IS_TEXTURES (self), 0);

  return self->bytes;
}

guint
lk_textures_get_n_made (LkTextures *self)
{
  g_return_val_if_fail (LK_IS_TEXTURES (self), 0);

  return self->n_made;
}

/* ---- object ------------------------------------------------------------------------------------------------- */

static void
lk_textures_finalize (GObject *object)
{
  LkTextures *self = LK_TEXTURES (object);
  GHashTableIter iter;
  gpointer job;

  /* Jobs that run come back to the channel, which then frees them. */
  self->channel->service = NULL;
  g_hash_table_iter_init (&iter, self->jobs);
  while (g_hash_table_iter_next (&iter, NULL, &job))
    if (((Job *) job)->is_running)
      g_hash_table_iter_steal (&iter);
  g_hash_table_unref (self->jobs);
  g_thread_pool_free (self->pool, FALSE, FALSE);
  channel_unref (self->channel);
  g_hash_table_unref (self->entries);
  g_free (self->folder);

  G_OBJECT_CLASS (lk_textures_parent_class)->finalize (object);
}

static void
lk_textures_class_init (LkTexturesClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = lk_textures_finalize;
}

static void
lk_textures_init (LkTextures *self)
{
  self->entries = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) entry_free);
  self->jobs = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) job_free);
  g_queue_init (&self->lru);
  g_queue_init (&self->waiting);
  self->pool = g_thread_pool_new (run_job, NULL, MAX (1, g_get_num_processors () / 2), FALSE, NULL);

  self->channel = g_new0 (Channel, 1);
  g_atomic_ref_count_init (&self->channel->ref_count);
  self->channel->done = g_async_queue_new_full ((GDestroyNotify) job_free);
  self->channel->service = self;
}

LkTextures *
lk_textures_new (const char *folder)
{
  LkTextures *self = g_object_new (LK_TYPE_TEXTURES, NULL);

  self->folder = g_strdup (folder);
  return self;
}
