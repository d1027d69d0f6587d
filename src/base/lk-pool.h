/* LkPool: the worker threads of the CPU kernels.
 *
 * One pool serves one device. A kernel cuts its work into items by its shapes alone and hands them out; which thread runs an
 * item never changes a result. The calling thread works too, and a call returns when every item is done. Not reentrant.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _LkPool LkPool;

/* Runs one item. `worker` is 0 <= worker < n_threads and names the thread: index scratch memory with it, never results. */
typedef void (*LkPoolFunc) (gpointer data,
                            gsize    item,
                            guint    worker);

/* A pool of `n_threads` (0: one for each core the process may use). Owned by the caller. */
LkPool *lk_pool_new           (guint       n_threads);
void    lk_pool_free          (LkPool     *pool);
guint   lk_pool_get_n_threads (LkPool     *pool);
void    lk_pool_run           (LkPool     *pool,
                               gsize       n_items,
                               LkPoolFunc  func,
                               gpointer    data);

/* `bytes` of scratch that belong to `worker` until the next call for it, 64-byte aligned, uninitialised. */
gpointer lk_pool_get_scratch  (LkPool     *pool,
                               guint       worker,
                               gsize       bytes);
/* The same for the caller of lk_pool_run (): what the items of a job share, or what goes from one job to the next. Not from
 * inside a job. */
gpointer lk_pool_get_shared_scratch (LkPool *pool,
                                     gsize   bytes);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkPool, lk_pool_free)

G_END_DECLS
