/* LkNetwork: the weights of a vision model on a device, by the names of its file: what LkModel is for base models.
 *
 * Loading says what it expects, layer by layer; the first tensor that is missing or has another shape is the network's error, and every
 * later call does nothing. Matrices are F16 where the file has F16 or BF16 that F16 can hold, else F32; vectors are F32. Building then
 * uses the weights by name.
 */
#pragma once

#include "formats/lk-safetensors.h"
#include "graph/lk-graph.h"

G_BEGIN_DECLS

typedef struct _LkNetwork LkNetwork;

LkNetwork     *lk_network_new           (LkDevice       *device,
                                         LkSafetensors  *file,
                                         GCancellable   *cancellable);
void           lk_network_free          (LkNetwork      *self);
LkDevice      *lk_network_get_device    (LkNetwork      *self);
/* FALSE with the first error of loading (LK_CHECKPOINT_ERROR, LK_DEVICE_ERROR, cancelled). */
gboolean       lk_network_check         (LkNetwork      *self,
                                         GError        **error);
/* Sets the network's error unless it has one: LK_CHECKPOINT_ERROR_`code`. */
void           lk_network_fail          (LkNetwork      *self,
                                         int             code,
                                         const char     *format,
                                         ...) G_GNUC_PRINTF (3, 4);

/* ---- loading -------------------------------------------------------------------------------------------------- */

/* Dimension `dim` of a tensor; 0 where it has fewer, or after an error. A missing tensor is an error. */
gsize          lk_network_get_dim       (LkNetwork      *self,
                                         guint           dim,
                                         const char     *name);
/* How many layers there are: one more than the largest number that follows `prefix` in any name. */
guint          lk_network_count         (LkNetwork      *self,
                                         const char     *prefix);
/* The numbers of a tensor of `n` elements, as F32; NULL after an error. Owned by the caller. */
float         *lk_network_read          (LkNetwork      *self,
                                         const char     *name,
                                         gsize           n);
/* A matrix [rows,columns] (a file may have more dimensions behind the first, such as a convolution's), or a vector (columns 0). */
void           lk_network_load          (LkNetwork      *self,
                                         gsize           rows,
                                         gsize           columns,
                                         const char     *name);
/* NAME.weight [out,in] and NAME.bias [out]. */
void           lk_network_load_linear   (LkNetwork      *self,
                                         gsize           out,
                                         gsize           in,
                                         const char     *name);
void           lk_network_load_norm     (LkNetwork      *self,
                                         gsize           n,
                                         const char     *name);
/* Numbers made from the file's, F32 [rows,columns], under a name of their own. */
void           lk_network_add           (LkNetwork      *self,
                                         gsize           rows,
                                         gsize           columns,
                                         const float    *values,
                                         const char     *name);

/* ---- building ------------------------------------------------------------------------------------------------- */

LkTensor      *lk_network_weight        (LkNetwork      *self,
                                         LkGraph        *graph,
                                         const char     *name);
LkTensor      *lk_network_linear        (LkNetwork      *self,
                                         LkGraph        *graph,
                                         LkTensor       *x,
                                         const char     *format,
                                         ...) G_GNUC_PRINTF (4, 5);
LkTensor      *lk_network_norm          (LkNetwork      *self,
                                         LkGraph        *graph,
                                         LkTensor       *x,
                                         float           eps,
                                         const char     *format,
                                         ...) G_GNUC_PRINTF (5, 6);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkNetwork, lk_network_free)

G_END_DECLS
