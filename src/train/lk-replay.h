/* LkReplay: a run's chance from a file instead of its own: which pictures, timesteps and noise each batch takes. With it a run can be
 * compared number by number with another program's.
 *
 * The file is safetensors. `items` [S,B] are places in the sorted data set, `timesteps` [S,B] from 0 to 999, `noise` [S,B,Z,h,w]; each may
 * be missing: then the run's own are used. S·B must be at least the samples of the run; with gradient accumulation a step takes its batches
 * one after another.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _LkReplay LkReplay;

/* `n_draws` samples are needed; `n_items` pictures exist. */
LkReplay *lk_replay_open         (const char  *path,
                                  guint64      n_draws,
                                  guint        n_items,
                                  GError     **error);
void      lk_replay_free         (LkReplay    *replay);
gboolean  lk_replay_has_items    (LkReplay    *replay);
guint     lk_replay_get_item     (LkReplay    *replay,
                                  guint64      draw);
/* FALSE: the file has none. */
gboolean  lk_replay_get_timestep (LkReplay    *replay,
                                  guint64      draw,
                                  guint       *timestep);
/* Fills `n` numbers, [Z,h,w]; `found` says whether the file has any. Fails where they are of another size. */
gboolean  lk_replay_get_noise    (LkReplay    *replay,
                                  guint64      draw,
                                  gsize        n,
                                  float       *noise,
                                  gboolean    *found,
                                  GError     **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkReplay, lk_replay_free)

G_END_DECLS
