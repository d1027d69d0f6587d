#define G_LOG_DOMAIN "likeness-train"

#include "config.h"

#include <glib/gi18n.h>
#include <inttypes.h>

#include "formats/lk-safetensors.h"
#include "model/lk-noise-schedule.h"
#include "train/lk-replay.h"
#include "train/lk-trainer.h"

struct _LkReplay
{
  LkSafetensors      *file;         /* owned */
  gint32             *items;        /* owned, as is the next; NULL: not given */
  gint32             *timesteps;
  const LkSafeTensor *noise;        /* NULL: not given */
};

/* A table of whole numbers below `limit`, one a draw, into `numbers`; it stays NULL where the file has none. */
static gboolean
read_table (LkReplay    *replay,
            const char  *name,
            guint64      n_draws,
            guint        limit,
            gint32     **numbers,
            GError     **error)
{
  const LkSafeTensor *tensor = lk_safetensors_find (replay->file, name);

  if (tensor == NULL)
    return TRUE;
  if (tensor->n_dims != 2 || tensor->n_elements < n_draws)
    {
      g_set_error (error, LK_TRAINER_ERROR, LK_TRAINER_ERROR_BAD_REPLAY,
                   _("“%s” in the replay must have the shape [steps, batch] and at least %" PRIu64 " numbers."), name, n_draws);
      return FALSE;
    }

  *numbers = g_new (gint32, tensor->n_elements);
  if (!lk_safetensors_read_i32 (replay->file, tensor, 0, tensor->n_elements, *numbers, error))
    return FALSE;
  for (guint64 i = 0; i < n_draws; i++)
    if ((*numbers)[i] < 0 || (*numbers)[i] >= (gint32) limit)
      {
        g_set_error (error, LK_TRAINER_ERROR, LK_TRAINER_ERROR_BAD_REPLAY,
                     _("“%s” in the replay holds %d; it must be from 0 to %u."), name, (*numbers)[i], limit - 1);
        return FALSE;
      }
  return TRUE;
}

LkReplay *
lk_replay_open (const char  *path,
                guint64      n_draws,
                guint        n_items,
                GError     **error)
{
  g_autoptr (LkReplay) replay = g_new0 (LkReplay, 1);

  replay->file = lk_safetensors_open (path, error);
  if (replay->file == NULL || !read_table (replay, "items", n_draws, n_items, &replay->items, error)
      || !read_table (replay, "timesteps", n_draws, LK_N_TIMESTEPS, &replay->timesteps, error))
    return NULL;

  replay->noise = lk_safetensors_find (replay->file, "noise");
  if (replay->noise && (replay->noise->n_dims != 5 || replay->noise->dims[0] * replay->noise->dims[1] < n_draws))
    {
      g_set_error (error, LK_TRAINER_ERROR, LK_TRAINER_ERROR_BAD_REPLAY,
                   _("“noise” in the replay must have the shape [steps, batch, channels, rows, columns] and %" PRIu64 " samples."),
                   n_draws);
      return NULL;
    }
  return g_steal_pointer (&replay);
}

void
lk_replay_free (LkReplay *replay)
{
  g_clear_pointer (&replay->file, lk_safetensors_unref);
  g_free (replay->items);
  g_free (replay->timesteps);
  g_free (replay);
}

gboolean
lk_replay_has_items (LkReplay *replay)
{
  return replay->items != NULL;
}

guint
lk_replay_get_item (LkReplay *replay,
                    guint64   draw)
{
  return (guint) replay->items[draw];
}

gboolean
lk_replay_get_timestep (LkReplay *replay,
                        guint64   draw,
                        guint    *timestep)
{
  if (replay->timesteps == NULL)
    return FALSE;
  *timestep = (guint) replay->timesteps[draw];
  return TRUE;
}

gboolean
lk_replay_get_noise (LkReplay  *replay,
                     guint64    draw,
                     gsize      n,
                     float     *noise,
                     gboolean  *found,
                     GError   **error)
{
  const LkSafeTensor *tensor = replay->noise;

  *found = tensor != NULL;
  if (tensor == NULL)
    return TRUE;
  if (tensor->dims[2] * tensor->dims[3] * tensor->dims[4] != n)
    {
      g_set_error (error, LK_TRAINER_ERROR, LK_TRAINER_ERROR_BAD_REPLAY,
                   _("The replay’s noise has %zu numbers a sample, a latent has %zu."),
                   tensor->dims[2] * tensor->dims[3] * tensor->dims[4], n);
      return FALSE;
    }
  return lk_safetensors_read_f32 (replay->file, tensor, draw * n, n, noise, error);
}
