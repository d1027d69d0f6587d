#define G_LOG_DOMAIN "likeness-train"

#include "config.h"

#include "train/lk-find-faces.h"

#include "formats/lk-picture.h"
#include "model/lk-face.h"

/* One picture that is looked at. */
typedef struct
{
  gint64  image;
  char   *path;         /* owned */
  char   *name;         /* owned */
  GArray *found;        /* LkFoundFace, owned; NULL: it could not be read */
} Item;

typedef struct
{
  GPtrArray      *items;          /* Item, owned */
  guint           done;
  LkProgressFunc  progress;
  gpointer        progress_data;
} Search;

static void
item_free (gpointer data)
{
  Item *item = data;

  g_free (item->path);
  g_free (item->name);
  g_clear_pointer (&item->found, g_array_unref);
  g_free (item);
}

static void
search_free (gpointer data)
{
  Search *search = data;

  g_ptr_array_unref (search->items);
  g_free (search);
}

static Search *
search_new (LkProject      *project,
            GPtrArray      *images,
            LkProgressFunc  progress,
            gpointer        progress_data)
{
  Search *search = g_new0 (Search, 1);
  guint n = images != NULL ? images->len : lk_project_get_n_images (project);

  search->items = g_ptr_array_new_with_free_func (item_free);
  search->progress = progress;
  search->progress_data = progress_data;
  for (guint i = 0; i < n; i++)
    {
      LkImage *image = images != NULL ? images->pdata[i] : lk_project_get_image (project, i);
      gint n_faces;
      Item *item;

      lk_image_get_faces (image, &n_faces);
      if (lk_image_get_trouble (image) != NULL || (images == NULL && n_faces >= 0))
        continue;
      item = g_new0 (Item, 1);
      item->image = lk_image_get_id (image);
      item->path = lk_image_dup_path (image);
      item->name = g_strdup (lk_image_get_name (image));
      g_ptr_array_add (search->items, item);
    }
  return search;
}

static void
look_at (LkFaceFinder *finder,
         LkPool       *pool,
         Item         *item)
{
  g_autoptr (LkPicture) picture = lk_picture_read (item->path, LK_PICTURE_ON_WHITE, NULL, NULL);

  if (picture != NULL)
    item->found = lk_face_finder_find (finder, pool, picture);
}

/* On the owner's thread. A picture that was removed meanwhile is passed over. */
static gboolean
take (LkProject  *project,
      Search     *search,
      Item       *item,
      GError    **error)
{
  LkImage *image = lk_project_find_by_id (project, item->image);
  g_autofree LkFace *faces = NULL;
  gboolean ok = TRUE;

  if (image != NULL && item->found != NULL)
    {
      faces = g_new0 (LkFace, item->found->len + 1);
      for (guint i = 0; i < item->found->len; i++)
        {
          const LkFoundFace *found = &g_array_index (item->found, LkFoundFace, i);

          faces[i] = (LkFace) { .box = found->box, .score = found->score, .has_pose = TRUE, .roll = found->roll, .yaw = found->yaw };
        }
      ok = lk_project_set_faces (project, image, faces, item->found->len, error);
    }
  search->done++;
  if (search->progress != NULL)
    search->progress (search->done, search->items->len, item->name, search->progress_data);
  return ok;
}

gboolean
lk_project_find_faces (LkProject       *project,
                       GPtrArray       *images,
                       LkProgressFunc   progress,
                       gpointer         progress_data,
                       GCancellable    *cancellable,
                       GError         **error)
{
  Search *search = search_new (project, images, progress, progress_data);
  g_autoptr (LkFaceFinder) finder = NULL;
  g_autoptr (LkPool) pool = NULL;
  gboolean ok = TRUE;

  if (search->items->len > 0)
    {
      finder = lk_face_finder_new (error);
      pool = lk_pool_new (0);
      ok = finder != NULL;
    }
  for (guint i = 0; ok && i < search->items->len; i++)
    {
      ok = !g_cancellable_set_error_if_cancelled (cancellable, error);
      if (!ok)
        break;
      look_at (finder, pool, search->items->pdata[i]);
      ok = take (project, search, search->items->pdata[i], error);
    }
  search_free (search);
  return ok;
}

/* ---- in the background --------------------------------------------------------------------------------------------- */

/* A picture on its way from the worker to the owner. */
typedef struct
{
  GTask *task;          /* owned */
  Item  *item;
} Delivery;

static void
delivery_free (gpointer data)
{
  Delivery *delivery = data;

  g_object_unref (delivery->task);
  g_free (delivery);
}

static gboolean
on_delivery (gpointer data)
{
  Delivery *delivery = data;
  g_autoptr (GError) error = NULL;

  /* What cannot be stored now, is found again another time. */
  if (!take (g_task_get_source_object (delivery->task), g_task_get_task_data (delivery->task), delivery->item, &error))
    g_message ("%s", error->message);
  return G_SOURCE_REMOVE;
}

static void
search_in_thread (GTask        *task,
                  gpointer      source,
                  gpointer      data,
                  GCancellable *cancellable)
{
  Search *search = data;
  g_autoptr (LkPool) pool = lk_pool_new (0);
  GError *error = NULL;
  g_autoptr (LkFaceFinder) finder = lk_face_finder_new (&error);

  if (finder == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  for (guint i = 0; i < search->items->len && !g_cancellable_is_cancelled (cancellable); i++)
    {
      Delivery *delivery = g_new (Delivery, 1);
      g_autoptr (GSource) idle = g_idle_source_new ();

      look_at (finder, pool, search->items->pdata[i]);
      delivery->task = g_object_ref (task);
      delivery->item = search->items->pdata[i];
      /* Before the task's own return, which has the default priority. */
      g_source_set_priority (idle, G_PRIORITY_DEFAULT - 1);
      g_source_set_callback (idle, on_delivery, delivery, delivery_free);
      g_source_attach (idle, g_task_get_context (task));
    }
  if (!g_task_return_error_if_cancelled (task))
    g_task_return_boolean (task, TRUE);
}

void
lk_project_find_faces_async (LkProject           *project,
                             GPtrArray           *images,
                             LkProgressFunc       progress,
                             gpointer             progress_data,
                             GCancellable        *cancellable,
                             GAsyncReadyCallback  callback,
                             gpointer             user_data)
{
  g_autoptr (GTask) task = g_task_new (project, cancellable, callback, user_data);
  Search *search = search_new (project, images, progress, progress_data);

  g_task_set_task_data (task, search, search_free);
  if (search->items->len == 0)
    g_task_return_boolean (task, TRUE);
  else
    g_task_run_in_thread (task, search_in_thread);
}

gboolean
lk_project_find_faces_finish (LkProject     *project,
                              GAsyncResult  *result,
                              GError       **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
