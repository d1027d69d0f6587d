/* LkModel: the weights of a checkpoint on a device, part by part.
 *
 * Matrices, kernels and tables stay F16 where the file has F16, BF16 or F8 (BF16 that F16 cannot hold becomes F32, tensor by
 * tensor), and are F32 where it has F32; biases, gammas and betas are F32. Loading streams: it never holds a second copy of more
 * than one piece, and gives the file's pages back.
 */
#pragma once

#include "graph/lk-graph.h"
#include "model/lk-checkpoint.h"

G_BEGIN_DECLS

typedef struct _LkModel LkModel;

/* A model with no part loaded yet. */
LkModel              *lk_model_new              (LkDevice      *device,
                                                 LkCheckpoint  *checkpoint);
LkModel              *lk_model_ref              (LkModel       *model);
void                  lk_model_unref            (LkModel       *model);

LkDevice             *lk_model_get_device       (LkModel       *model);
/* For graphs of the model that take turns, see LkArena. */
LkArena              *lk_model_get_arena        (LkModel       *model);
LkCheckpoint         *lk_model_get_checkpoint   (LkModel       *model);
const LkArchitecture *lk_model_get_architecture (LkModel       *model);

/* How much is done of a load, from 0 to 1. */
typedef void (*LkModelProgressFunc) (gpointer data,
                                     double   fraction);

/* Loads those of `parts` that are not there yet. On failure none of them is. `progress` and `cancellable` may be NULL. */
gboolean              lk_model_load             (LkModel       *model,
                                                 LkModelParts   parts,
                                                 LkModelProgressFunc progress,
                                                 gpointer       progress_data,
                                                 GCancellable  *cancellable,
                                                 GError       **error);
/* Drops the parts. Their memory is free once the graphs that use them are. */
void                  lk_model_unload           (LkModel       *model,
                                                 LkModelParts   parts);
LkModelParts          lk_model_get_loaded       (LkModel       *model);
/* Bytes on the device that `parts` take, loaded or not, from the header alone (BF16 is counted as F16). */
gsize                 lk_model_get_bytes        (LkCheckpoint  *checkpoint,
                                                 LkModelParts   parts);

/* The memory of a weight; NULL where its part is not loaded, or the model has no such weight. */
LkStorage            *lk_model_get_storage      (LkModel       *model,
                                                 LkModelParts   part,
                                                 const char    *name);
/* For the builders of networks: the weight as a tensor of `graph`. It must exist and its part be loaded. */
LkTensor             *lk_model_weight           (LkModel       *model,
                                                 LkGraph       *graph,
                                                 LkModelParts   part,
                                                 const char    *name);
gboolean              lk_model_has_weight       (LkModel       *model,
                                                 LkModelParts   part,
                                                 const char    *name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkModel, lk_model_unref)

G_END_DECLS
