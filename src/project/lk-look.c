#define G_LOG_DOMAIN "likeness-project"

#include "config.h"

#include "project/lk-look.h"

#include <glib/gi18n.h>

#include "base/lk-file.h"
#include "base/lk-sha256.h"
#include "formats/lk-picture.h"
#include "imaging/lk-measure.h"
#include "imaging/lk-resize.h"
#include "imaging/lk-subject.h"

#define MOST_THREADS 4
#define MOST_BYTES (1 << 30)

/* The largest side that any measure looks at. */
#define MEASURED_SIDE 1024

LkLook *
lk_look_new (gint64      image,
             const char *path,
             const char *name)
{
  LkLook *look = g_new0 (LkLook, 1);

  look->image = image;
  look->path = g_strdup (path);
  look->name = g_strdup (name);
  return look;
}

void
lk_look_free (LkLook *look)
{
  g_free (look->path);
  g_free (look->name);
  g_free (look->hash);
  g_free (look->trouble);
  g_free (look);
}

static LkBox
scale_box (LkBox            box,
           const LkPicture *from,
           guint            width,
           guint            height)
{
  double across = (double) width / from->width, down = (double) height / from->height;
  gint x = (gint) (box.x * across + .5), y = (gint) (box.y * down + .5);

  return (LkBox) { x, y, MIN ((gint) (box.width * across + .5), (gint) width - x), MIN ((gint) (box.height * down + .5), (gint) height - y) };
}

static void
measure (LkLook              *look,
         const LkPicture     *picture,
         const LkPictureInfo *info,
         GBytes              *bytes)
{
  g_autoptr (LkPicture) small = lk_resize_within (picture, MEASURED_SIDE);
  LkScores *scores = &look->scores;

  scores->is_measured = TRUE;
  scores->sharpness = lk_measure_sharpness (small);
  lk_measure_exposure (small, &scores->exposure);
  scores->gradient_hash = lk_hash_gradient (small);
  scores->frequency_hash = lk_hash_frequency (small);
  scores->jpeg_quality = lk_measure_jpeg_quality (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  scores->has_foreign_profile = info->has_foreign_profile;
  scores->is_animated = info->is_animated;
  scores->has_alpha = info->has_alpha;
  scores->subject = scale_box (lk_subject_find (small, NULL, &scores->subject_confidence), small, picture->width, picture->height);
}

void
lk_look_at (LkLook *look)
{
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (LkPicture) picture = NULL;
  g_autoptr (GError) error = NULL;
  LkPictureInfo info = { 0 };
  gsize length;
  char *data = lk_file_read (look->path, MOST_BYTES, &length, &error);

  if (data == NULL)
    {
      look->trouble = g_strdup (error->message);
      return;
    }
  bytes = g_bytes_new_take (data, length);
  look->hash = lk_sha256_bytes (data, length);

  picture = lk_picture_read_bytes (bytes, look->name, LK_PICTURE_ON_WHITE, &info, &error);
  g_strlcpy (look->format, info.format, sizeof look->format);
  if (picture == NULL)
    {
      look->trouble = g_strdup (error->message);
      return;
    }
  look->width = picture->width;
  look->height = picture->height;
  measure (look, picture, &info, bytes);
}

/* ---- many ---------------------------------------------------------------------------------------------------------- */

typedef struct
{
  GAsyncQueue  *finished;
  GCancellable *cancellable;
} Looks;

static void
look_in_pool (gpointer look,
              gpointer data)
{
  Looks *looks = data;

  /* Cancelled: the rest comes back as it is, so that everything that was pushed is popped. */
  if (!g_cancellable_is_cancelled (looks->cancellable))
    lk_look_at (look);
  g_async_queue_push (looks->finished, look);
}

gboolean
lk_looks_run (GPtrArray      *looks,
              LkLookDoneFunc  done,
              gpointer        data,
              GCancellable   *cancellable)
{
  /* What stops is told apart from what the caller cancels: its own cancellable stays his. */
  g_autoptr (GCancellable) stop = g_cancellable_new ();
  Looks state = { g_async_queue_new (), stop };
  GThreadPool *pool = g_thread_pool_new (look_in_pool, &state, MIN (g_get_num_processors (), MOST_THREADS), FALSE, NULL);

  for (guint i = 0; i < looks->len; i++)
    g_thread_pool_push (pool, looks->pdata[i], NULL);
  for (guint i = 0; i < looks->len; i++)
    {
      LkLook *look = g_async_queue_pop (state.finished);

      if (g_cancellable_is_cancelled (cancellable))
        g_cancellable_cancel (stop);
      if (!g_cancellable_is_cancelled (stop) && !done (look, data))
        g_cancellable_cancel (stop);
    }

  g_thread_pool_free (pool, FALSE, TRUE);
  g_async_queue_unref (state.finished);
  return !g_cancellable_is_cancelled (stop) && !g_cancellable_is_cancelled (cancellable);
}

/* ---- progress ------------------------------------------------------------------------------------------------------ */

#define RELAY_INTERVAL 33   /* milliseconds */

struct _LkRelay
{
  LkProgressFunc  func;
  gpointer        data;
  GMainContext   *context;     /* owned */

  GMutex          mutex;       /* guards what follows */
  GSource        *source;      /* owned; waiting to show, or NULL */
  guint           done, total;
  char           *text;        /* owned; NULL: nothing new */
};

LkRelay *
lk_relay_new (LkProgressFunc func,
              gpointer       data)
{
  LkRelay *self = g_new0 (LkRelay, 1);

  self->func = func;
  self->data = data;
  self->context = g_main_context_ref_thread_default ();
  g_mutex_init (&self->mutex);
  return self;
}

static void
show (LkRelay *self)
{
  g_autofree char *text = NULL;
  guint done, total;

  g_mutex_lock (&self->mutex);
  text = g_steal_pointer (&self->text);
  done = self->done;
  total = self->total;
  g_mutex_unlock (&self->mutex);
  if (text != NULL)
    self->func (done, total, text, self->data);
}

static gboolean
on_timeout (gpointer data)
{
  LkRelay *self = data;

  g_mutex_lock (&self->mutex);
  g_clear_pointer (&self->source, g_source_unref);
  g_mutex_unlock (&self->mutex);
  show (self);
  return G_SOURCE_REMOVE;
}

void
lk_relay_send (LkRelay    *self,
               guint       done,
               guint       total,
               const char *text)
{
  if (self->func == NULL)
    return;
  g_mutex_lock (&self->mutex);
  self->done = done;
  self->total = total;
  g_set_str (&self->text, text);
  if (self->source == NULL)
    {
      self->source = g_timeout_source_new (RELAY_INTERVAL);
      g_source_set_callback (self->source, on_timeout, self, NULL);
      g_source_attach (self->source, self->context);
    }
  g_mutex_unlock (&self->mutex);
}

void
lk_relay_free (LkRelay *self)
{
  if (self->source != NULL)
    {
      g_source_destroy (self->source);
      g_source_unref (self->source);
    }
  show (self);
  g_main_context_unref (self->context);
  g_mutex_clear (&self->mutex);
  g_free (self->text);
  g_free (self);
}
