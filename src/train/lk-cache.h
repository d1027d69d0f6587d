/* What a run computes from pictures and captions before its first step: latents and text embeddings. Both lie in the project's cache
 * folder under names that say what they were made from, so that the next run finds them; deleting the folder costs time only.
 */
#pragma once

#include "generate/lk-conditioning.h"
#include "train/lk-data-set.h"

G_BEGIN_DECLS

/* `done` of `total` are there. */
typedef void (*LkCacheFunc) (gpointer data,
                             guint    done,
                             guint    total);

/* One picture as the autoencoder sees it, unscaled, [Z,h,w]. */
typedef struct
{
  guint  height, width;         /* h, w */
  gsize  n;
  float *mean, *logvar;         /* owned */
} LkLatent;

/* The data set's latents, in its order: array of LkLatent, owned by the caller. `base_hash` says whose autoencoder it is. The model's VAE
 * part is loaded where something is missing, and dropped again. */
GPtrArray  *lk_cache_latents (LkDataSet     *data_set,
                              LkModel       *model,
                              const char    *base_hash,
                              const char    *folder,
                              LkCacheFunc    progress,
                              gpointer       progress_data,
                              GCancellable  *cancellable,
                              GError       **error);

/* Texts as the U-Net reads them, in `n_chunks` joined chunks: a map from text to LkConditioning, owned by the caller. The model's text
 * part is loaded where something is missing, and dropped again. */
GHashTable *lk_cache_texts   (GHashTable    *texts,         /* a set of strings */
                              guint          n_chunks,
                              LkModel       *model,
                              const char    *base_hash,
                              const char    *folder,
                              LkCacheFunc    progress,
                              gpointer       progress_data,
                              GCancellable  *cancellable,
                              GError       **error);

G_END_DECLS
