/* LkOrder: which pictures each batch of a run takes.
 *
 * An epoch takes every picture as often as its repeats say. Pictures of one size share a batch: each size is shuffled and cut into
 * batches (the last may be short), then the batches are shuffled. Chance depends on the seed and the epoch alone, so that any batch of a
 * run can be had without walking there.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _LkOrder LkOrder;

/* `sizes` [n] says which pictures may share a batch (equal numbers do); `repeats` [n]. Both are copied. */
LkOrder       *lk_order_new           (const guint *sizes,
                                       const guint *repeats,
                                       guint        n,
                                       guint        batch_size,
                                       guint64      seed);
void           lk_order_free          (LkOrder     *order);
/* Batches of an epoch. */
guint          lk_order_get_n_batches (LkOrder     *order);
/* The pictures of batch `batch` of the run, counted from 0 over all epochs: `n_items` of them, owned by the order until the next
 * call. `epoch` (the first is 1) may be NULL. */
const guint32 *lk_order_get_batch     (LkOrder     *order,
                                       guint64      batch,
                                       guint       *n_items,
                                       guint       *epoch);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkOrder, lk_order_free)

G_END_DECLS
