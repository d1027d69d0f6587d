/* LkAdapter: a LoRA: for some linear layers and convolutions of a model two thin matrices, down and up; such a layer gives
 * W x + strength · alpha / rank · up (down (x)).
 *
 * All matrices lie in one storage, each padded to 256 numbers, so that the optimizer sees one flat array (the padding is and stays
 * zero); a trainable adapter has a gradient storage of the same layout, and is F32. LkAdapterSet is what puts adapters into a graph.
 */
#pragma once

#include "graph/lk-graph.h"
#include "model/lk-checkpoint.h"

G_BEGIN_DECLS

#define LK_ADAPTER_ERROR (lk_adapter_error_quark ())
GQuark lk_adapter_error_quark (void);

typedef enum
{
  LK_ADAPTER_ERROR_NOT_A_LORA,
  LK_ADAPTER_ERROR_UNSUPPORTED,     /* another kind of adapter: LoHa, LoKr, DoRA, … */
  LK_ADAPTER_ERROR_WRONG_MODEL,     /* made for another base model */
  LK_ADAPTER_ERROR_CORRUPT,         /* half of a pair is missing, ranks that differ, values that are not finite */
} LkAdapterError;

/* ---- places --------------------------------------------------------------------------------------------------- */

/* A layer that a LoRA may change. */
typedef struct
{
  LkModelParts    part;             /* TEXT or UNET */
  const char     *weight;           /* the layer's name for lk_checkpoint_find_weight (), without ".weight" */
  const char     *name;             /* kohya's: "lora_unet_down_blocks_0_attentions_0_proj_in" */
  const char     *alias;            /* the other program's: the U-Net's places have diffusers' names and the original's */
  gboolean        is_default;       /* kohya trains it without being asked for convolutions */
  guint           in, out, kernel;  /* kernel: 1, or 3 for a convolution of 3x3 */
  guint           stride;
  gboolean        is_conv;          /* the file has [r,in,k,k] and [out,r,1,1] */
} LkAdapterTarget;

typedef struct _LkAdapterTargets LkAdapterTargets;

/* Every place of a model, in the order in which the model uses them. */
LkAdapterTargets      *lk_adapter_targets_new      (LkCheckpoint          *checkpoint);
LkAdapterTargets      *lk_adapter_targets_ref      (LkAdapterTargets      *targets);
void                   lk_adapter_targets_unref    (LkAdapterTargets      *targets);
guint                  lk_adapter_targets_get_n    (LkAdapterTargets      *targets);
const LkAdapterTarget *lk_adapter_targets_get      (LkAdapterTargets      *targets,
                                                    guint                  index);
/* By kohya's name or the alias; NULL where the model has no such place. */
const LkAdapterTarget *lk_adapter_targets_find     (LkAdapterTargets      *targets,
                                                    const char            *name);

/* ---- adapters ------------------------------------------------------------------------------------------------- */

typedef struct _LkAdapter LkAdapter;

/* One module: a place and its matrices. `down` is [rank,in] ([rank,3,3,in] for a convolution of 3x3), `up` [out,rank]. */
typedef struct
{
  const LkAdapterTarget *target;
  guint                  rank;
  double                 alpha;
  gsize                  down, up;          /* first element in the storage */
  gsize                  n_down, n_up;      /* elements, without padding */
} LkAdapterModule;

typedef struct
{
  guint        rank;
  double       alpha;
  guint64      seed;
  LkModelParts parts;               /* UNET, or UNET and TEXT: kohya's default layers of these */
  guint        conv_rank;           /* of the U-Net's convolutions of 3x3, 0: leave them; with them go its residual blocks' other layers, */
  double       conv_alpha;          /* which have `rank` and `alpha` */
} LkAdapterSettings;

/* A new one to be trained: down uniform in ±1/√in, drawn from `seed`; up zero. alpha 0 stands for
 * the rank. */
LkAdapter             *lk_adapter_new              (LkDevice              *device,
                                                    LkCheckpoint          *checkpoint,
                                                    const LkAdapterSettings *settings,
                                                    GError               **error);
/* Reads a file: kohya's, diffusers' and PEFT's names. `trainable`: with a gradient storage, and F32. `note` (may be NULL) receives
 * a sentence about what the file holds that was left out, or NULL; owned by the caller. */
LkAdapter             *lk_adapter_load             (LkDevice              *device,
                                                    LkCheckpoint          *checkpoint,
                                                    const char            *path,
                                                    gboolean               trainable,
                                                    char                 **note,
                                                    GError               **error);
LkAdapter             *lk_adapter_ref              (LkAdapter             *adapter);
void                   lk_adapter_unref            (LkAdapter             *adapter);

/* Writes it with kohya's names as F16, F32 or BF16. `metadata`: a map of strings, or NULL; the hashes are added. CORRUPT, and no
 * file, where a number is not finite. */
gboolean               lk_adapter_save             (LkAdapter             *adapter,
                                                    const char            *path,
                                                    LkSafeType             type,
                                                    GHashTable            *metadata,
                                                    GError               **error);

guint                  lk_adapter_get_n_modules    (LkAdapter             *adapter);
const LkAdapterModule *lk_adapter_get_module       (LkAdapter             *adapter,
                                                    guint                  index);
/* Which parts have modules. */
LkModelParts           lk_adapter_get_parts        (LkAdapter             *adapter);
/* The number of trained numbers, and of elements of the flat storage. */
gsize                  lk_adapter_get_n_parameters (LkAdapter             *adapter);
gsize                  lk_adapter_get_n_elements   (LkAdapter             *adapter);
LkStorage             *lk_adapter_get_storage      (LkAdapter             *adapter);
LkStorage             *lk_adapter_get_gradient     (LkAdapter             *adapter);    /* NULL: not trainable */

/* ---- in a graph ----------------------------------------------------------------------------------------------- */

typedef struct _LkAdapterSet LkAdapterSet;

/* The adapters of one graph, which must outlive the set. Add them, build the networks with the set, compile the graph, then set strengths: they
 * lie in small inputs of the graph and can change from run to run. The sum goes in the order of adding. */
LkAdapterSet          *lk_adapter_set_new          (LkGraph               *graph);
void                   lk_adapter_set_free         (LkAdapterSet          *set);
/* Its parameters get gradients where `adapter` is trainable and `train` is TRUE. */
void                   lk_adapter_set_add          (LkAdapterSet          *set,
                                                    LkAdapter             *adapter,
                                                    gboolean               train);
guint                  lk_adapter_set_get_n        (LkAdapterSet          *set);
/* Writes the strengths of adapter `index`, counted from 0. After compiling the graph every adapter must be given one before the first run. */
gboolean               lk_adapter_set_write_strength (LkAdapterSet        *set,
                                                    guint                  index,
                                                    double                 unet_strength,
                                                    double                 text_strength,
                                                    GError               **error);
/* For the builders of networks: y, the result of layer `weight` of `part` for x, plus what the adapters add. `set` may be NULL. */
LkTensor              *lk_adapter_set_apply        (LkAdapterSet          *set,
                                                    LkModelParts           part,
                                                    const char            *weight,
                                                    LkTensor              *x,
                                                    LkTensor              *y);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkAdapterTargets, lk_adapter_targets_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkAdapter, lk_adapter_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkAdapterSet, lk_adapter_set_free)

G_END_DECLS
