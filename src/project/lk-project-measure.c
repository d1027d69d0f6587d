/* Measuring the pictures of a project. */
#define G_LOG_DOMAIN "likeness-project"

#include "config.h"

#include "project/lk-look.h"
#include "project/lk-project-private.h"

/* So many results are stored in one transaction, and shown in one turn of the main loop. */
#define BATCH 16

static gboolean
is_measured (LkImage *image)
{
  return image->trouble != NULL || (image->scores.is_measured && image->hash != NULL && image->width != 0);
}

static GPtrArray *
make_looks (LkProject *self,
            GPtrArray *images)
{
  GPtrArray *looks = g_ptr_array_new_with_free_func ((GDestroyNotify) lk_look_free);
  guint n = images != NULL ? images->len : lk_project_get_n_images (self);

  for (guint i = 0; i < n; i++)
    {
      LkImage *image = images != NULL ? images->pdata[i] : lk_project_get_image (self, i);
      g_autofree char *path = lk_image_dup_path (image);

      if (images != NULL || !is_measured (image))
        g_ptr_array_add (looks, lk_look_new (image->id, path, image->name));
    }
  return looks;
}

/* Shows what was found and stores it. A picture that went away meanwhile is passed over. */
static gboolean
take_looks (LkProject  *self,
            GPtrArray  *looks,
            GError    **error)
{
  gboolean ok;

  if (self->store == NULL || looks->len == 0)
    return TRUE;
  lk_project_settle (self);
  ok = lk_store_begin (self->store, TRUE, error);
  for (guint i = 0; ok && i < looks->len; i++)
    {
      LkLook *look = looks->pdata[i];
      LkImage *image = lk_project_find_by_id (self, look->image);

      if (image == NULL)
        continue;
      lk_image_set_file (image, image->stamp, look->width, look->height, look->hash, look->trouble);
      lk_image_set_scores (image, look->scores.is_measured ? &look->scores : NULL);
      ok = lk_project_store_file (self, image, error) && lk_project_store_scores (self, image, error);
    }
  ok = ok && lk_store_commit (self->store, error);
  lk_store_rollback (self->store);
  lk_project_emit_changed (self);
  return ok;
}

/* ---- waiting for it ------------------------------------------------------------------------------------------------ */

typedef struct
{
  LkProject       *project;
  GPtrArray       *batch;        /* LkLook, unowned */
  guint            done, total;
  LkProgressFunc   progress;
  gpointer         progress_data;
  GError         **error;
} Measuring;

static gboolean
on_look (LkLook   *look,
         gpointer  data)
{
  Measuring *state = data;
  gboolean ok = TRUE;

  g_ptr_array_add (state->batch, look);
  if (state->batch->len >= BATCH)
    {
      ok = take_looks (state->project, state->batch, state->error);
      g_ptr_array_set_size (state->batch, 0);
    }
  state->done++;
  if (state->progress != NULL)
    state->progress (state->done, state->total, look->name, state->progress_data);
  return ok;
}

gboolean
lk_project_measure (LkProject       *self,
                    GPtrArray       *images,
                    LkProgressFunc   progress,
                    gpointer         progress_data,
                    GCancellable    *cancellable,
                    GError         **error)
{
  g_autoptr (GPtrArray) looks = make_looks (self, images);
  g_autoptr (GPtrArray) batch = g_ptr_array_new ();
  g_autoptr (GError) local = NULL;
  Measuring state = { self, batch, 0, looks->len, progress, progress_data, &local };

  lk_looks_run (looks, on_look, &state, cancellable);
  if (local == NULL)
    take_looks (self, batch, &local);
  if (local == NULL)
    return !g_cancellable_set_error_if_cancelled (cancellable, error);
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

/* ---- in the background --------------------------------------------------------------------------------------------- */

typedef struct
{
  GPtrArray   *looks;       /* owned */
  LkRelay     *relay;       /* owned */
  guint        done;
  GAsyncQueue *found;       /* LkLook, unowned: from the worker to the owner */
  GMutex       mutex;       /* guards `source` */
  GSource     *source;      /* owned; waiting to take what was found, or NULL */
} Background;

static void
background_free (gpointer data)
{
  Background *state = data;

  g_clear_pointer (&state->relay, lk_relay_free);
  g_ptr_array_unref (state->looks);
  g_async_queue_unref (state->found);
  g_mutex_clear (&state->mutex);
  g_free (state);
}

/* Takes a batch; TRUE: there is more. */
static gboolean
take_found (GTask   *task,
            GError **error)
{
  Background *state = g_task_get_task_data (task);
  g_autoptr (GPtrArray) batch = g_ptr_array_new ();
  LkLook *look;

  while (batch->len < BATCH && (look = g_async_queue_try_pop (state->found)) != NULL)
    g_ptr_array_add (batch, look);
  return take_looks (g_task_get_source_object (task), batch, error) && g_async_queue_length (state->found) > 0;
}

static gboolean
on_found (gpointer data)
{
  Background *state = g_task_get_task_data (data);

  if (take_found (data, NULL))
    return G_SOURCE_CONTINUE;
  g_mutex_lock (&state->mutex);
  g_clear_pointer (&state->source, g_source_unref);
  g_mutex_unlock (&state->mutex);
  return G_SOURCE_REMOVE;
}

static gboolean
on_background_look (LkLook   *look,
                    gpointer  data)
{
  GTask *task = data;
  Background *state = g_task_get_task_data (task);

  g_async_queue_push (state->found, look);
  g_mutex_lock (&state->mutex);
  if (state->source == NULL)
    {
      state->source = g_idle_source_new ();
      g_source_set_callback (state->source, on_found, g_object_ref (task), g_object_unref);
      g_source_attach (state->source, g_task_get_context (task));
    }
  g_mutex_unlock (&state->mutex);
  lk_relay_send (state->relay, ++state->done, state->looks->len, look->name);
  return TRUE;
}

/* The last of it, on the owner's thread. */
static gboolean
on_background_end (gpointer data)
{
  GTask *task = data;
  Background *state = g_task_get_task_data (task);
  GError *error = NULL;

  if (take_found (task, &error))
    return G_SOURCE_CONTINUE;
  g_mutex_lock (&state->mutex);
  if (state->source != NULL)
    g_source_destroy (state->source);
  g_clear_pointer (&state->source, g_source_unref);
  g_mutex_unlock (&state->mutex);
  g_clear_pointer (&state->relay, lk_relay_free);
  if (error != NULL)
    g_task_return_error (task, error);
  else if (!g_task_return_error_if_cancelled (task))
    g_task_return_boolean (task, TRUE);
  return G_SOURCE_REMOVE;
}

static gpointer
run_background (gpointer data)
{
  GTask *task = data;
  Background *state = g_task_get_task_data (task);
  g_autoptr (GSource) source = g_idle_source_new ();

  lk_looks_run (state->looks, on_background_look, task, g_task_get_cancellable (task));
  g_source_set_callback (source, on_background_end, task, g_object_unref);
  g_source_attach (source, g_task_get_context (task));
  return NULL;
}

void
lk_project_measure_async (LkProject           *self,
                          GPtrArray           *images,
                          LkProgressFunc       progress,
                          gpointer             progress_data,
                          GCancellable        *cancellable,
                          GAsyncReadyCallback  callback,
                          gpointer             user_data)
{
  GTask *task = g_task_new (self, cancellable, callback, user_data);
  Background *state = g_new0 (Background, 1);

  state->looks = make_looks (self, images);
  state->relay = lk_relay_new (progress, progress_data);
  state->found = g_async_queue_new ();
  g_mutex_init (&state->mutex);
  g_task_set_task_data (task, state, background_free);
  g_thread_unref (g_thread_new ("project-measure", run_background, task));
}

gboolean
lk_project_measure_finish (LkProject     *self,
                           GAsyncResult  *result,
                           GError       **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
