#define G_LOG_DOMAIN "likeness-project"

#include "config.h"

#include "project/lk-caption-apply.h"
#include "project/lk-edit.h"

/* Of the main loop, at a time. */
#define SLICE_US 4000

typedef struct
{
  LkProject      *project;      /* owned, as the next two */
  GPtrArray      *items;
  LkEdit         *edit;
  LkCaptionFunc   func;
  gpointer        data;
  GDestroyNotify  data_free;
  guint           next, n;      /* of them done; that change */
} Applying;

static void
applying_free (gpointer data)
{
  Applying *applying = data;

  applying->data_free (applying->data);
  g_ptr_array_unref (applying->items);
  g_clear_pointer (&applying->edit, lk_edit_free);
  g_object_unref (applying->project);
  g_free (applying);
}

static void
applied_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      data)
{
  g_autoptr (GTask) task = data;
  Applying *applying = g_task_get_task_data (task);
  GError *error = NULL;

  if (lk_project_apply_finish (LK_PROJECT (source), result, &error))
    g_task_return_int (task, applying->n);
  else
    g_task_return_error (task, error);
}

static gboolean
collect_cb (gpointer data)
{
  GTask *task = data;
  Applying *applying = g_task_get_task_data (task);
  gint64 end = g_get_monotonic_time () + SLICE_US;
  GError *error = NULL;

  for (; applying->next < applying->items->len; applying->next++)
    {
      g_autofree char *after = NULL;
      LkImage *image = NULL;

      if (g_get_monotonic_time () > end)
        return G_SOURCE_CONTINUE;
      if (!applying->func (applying->data, applying->items->pdata[applying->next], applying->project, &image, &after, &error))
        {
          g_task_return_error (task, error);
          return G_SOURCE_REMOVE;
        }
      if (after != NULL)
        {
          lk_edit_set_caption (applying->edit, image, after);
          applying->n++;
        }
    }
  lk_project_apply_async (applying->project, applying->edit, applied_cb, g_object_ref (task));
  return G_SOURCE_REMOVE;
}

void
lk_caption_apply_async (LkProject           *project,
                        GPtrArray           *items,
                        const char          *title,
                        LkCaptionFunc        func,
                        gpointer             data,
                        GDestroyNotify       data_free,
                        GAsyncReadyCallback  callback,
                        gpointer             user_data)
{
  GTask *task = g_task_new (project, NULL, callback, user_data);
  Applying *applying = g_new0 (Applying, 1);
  g_autoptr (GSource) source = g_idle_source_new ();

  applying->project = g_object_ref (project);
  applying->items = g_ptr_array_ref (items);
  applying->edit = lk_edit_new (project, title);
  applying->func = func;
  applying->data = data;
  applying->data_free = data_free;
  g_task_set_task_data (task, applying, applying_free);
  g_source_set_callback (source, collect_cb, task, g_object_unref);
  g_source_attach (source, g_task_get_context (task));
}

gint
lk_caption_apply_finish (GAsyncResult  *result,
                         GError       **error)
{
  return (gint) g_task_propagate_int (G_TASK (result), error);
}
