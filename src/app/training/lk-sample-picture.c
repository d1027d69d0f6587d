#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include "app/training/lk-sample-picture.h"
#include "app/widgets/lk-texture.h"
#include "imaging/lk-resize.h"

typedef struct
{
  char *path;                   /* owned */
  int   side;
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
  g_autoptr (LkPicture) small = picture != NULL && order->side > 0 ? lk_resize_within (picture, order->side) : NULL;

  if (picture == NULL)
    g_task_return_error (task, g_steal_pointer (&error));
  else
    g_task_return_pointer (task, lk_texture_from_picture (small != NULL ? small : picture), g_object_unref);
}

static void
loaded_cb (GObject      *object,
           GAsyncResult *result,
           gpointer      user_data)
{
  const Order *order = g_task_get_task_data (G_TASK (result));
  g_autoptr (GdkTexture) texture = g_task_propagate_pointer (G_TASK (result), NULL);

  /* Another one may have been asked for meanwhile. */
  if (texture != NULL && g_strcmp0 (g_object_get_data (object, "sample-path"), order->path) == 0)
    gtk_picture_set_paintable (GTK_PICTURE (object), GDK_PAINTABLE (texture));
}

void
lk_sample_picture_load (GtkPicture *picture,
                        const char *path,
                        int         side)
{
  g_autoptr (GTask) task = g_task_new (picture, NULL, loaded_cb, NULL);
  Order *order = g_new0 (Order, 1);

  order->path = g_strdup (path);
  order->side = side;
  g_object_set_data_full (G_OBJECT (picture), "sample-path", g_strdup (path), g_free);
  g_task_set_task_data (task, order, (GDestroyNotify) order_free);
  g_task_run_in_thread (task, load_thread);
}
