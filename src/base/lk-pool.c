/* lk-pool.c: worker threads that wait a moment before they sleep.
 *
 * A training step of a small model is a few hundred kernels of some 50 µs, so a hand-over must cost about one. The job is
 * opened with one store. Workers that are awake see it at once; those asleep are woken, but nobody waits for them: a worker
 * enters a job only while it is open, and the caller waits only for those that entered. On a busy machine, where a worker
 * may get its core milliseconds late, the caller has then done the work itself.
 *
 * `gate` holds all of that: the number of the job (high bits), whether it is open, and how many workers are inside (low bits).
 */
#define G_LOG_DOMAIN "likeness-base"

#include "config.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/lk-pool.h"

#define GATE_INSIDE G_GUINT64_CONSTANT (0xffff)   /* at most this many workers */
#define GATE_OPEN   G_GUINT64_CONSTANT (0x10000)
#define GATE_JOB    G_GUINT64_CONSTANT (0x20000)  /* one more job */

/* Between two kernels of a step the caller needs some microseconds; between two steps or two runs it may need seconds. */
#define SPIN_MICROSECONDS 50

#define SCRATCH_ALIGNMENT 64

typedef struct
{
  LkPool  *pool;                /* not owned */
  guint    index;
  GThread *thread;              /* owned; NULL for the caller's own place, 0 */
  gpointer scratch;             /* owned */
  gsize    scratch_size;
} LkPoolWorker;

struct _LkPool
{
  guint         n_threads;
  gboolean      spins;          /* there is a core for each thread */
  LkPoolWorker *workers;        /* owned, n_threads */
  gpointer      shared;         /* owned */
  gsize         shared_size;

  LkPoolFunc    func;           /* the job; written only while the gate is shut and empty */
  gpointer      data;
  gsize         n_items;
  gboolean      is_running;

  _Atomic gsize   next_item;
  _Atomic guint64 gate;
  _Atomic guint   n_asleep;     /* workers that wait on `opened` */
  _Atomic gboolean caller_asleep;
  _Atomic gboolean is_closing;

  GMutex mutex;                 /* guards nothing but the two sleeps */
  GCond  opened;
  GCond  emptied;
};

static inline void
relax (void)
{
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause ();
#elif defined(__aarch64__)
  __asm__ volatile ("yield");
#endif
}

static void
run_items (LkPool *pool,
           guint   worker)
{
  gsize item;

  while ((item = atomic_fetch_add_explicit (&pool->next_item, 1, memory_order_relaxed)) < pool->n_items)
    pool->func (pool->data, item, worker);
}

/* ---- workers ------------------------------------------------------------------------------------------------- */

static inline gboolean
has_new_job (LkPool *pool,
             guint64 last_job)
{
  guint64 gate = atomic_load (&pool->gate);

  return (gate & GATE_OPEN) != 0 && gate / GATE_JOB != last_job;
}

/* Returns when there is a job that the worker has not seen, or the pool closes. */
static void
wait_for_job (LkPool *pool,
              guint64 last_job)
{
  if (pool->spins)
    {
      gint64 end = g_get_monotonic_time () + SPIN_MICROSECONDS;

      do
        for (guint i = 0; i < 16; i++)
          {
            if (has_new_job (pool, last_job) || atomic_load (&pool->is_closing))
              return;
            relax ();
          }
      while (g_get_monotonic_time () < end);
    }

  g_mutex_lock (&pool->mutex);
  /* First count oneself as asleep, then look again: lk_pool_run () opens the gate first, then looks who is asleep. */
  atomic_fetch_add (&pool->n_asleep, 1);
  while (!has_new_job (pool, last_job) && !atomic_load (&pool->is_closing))
    g_cond_wait (&pool->opened, &pool->mutex);
  atomic_fetch_sub (&pool->n_asleep, 1);
  g_mutex_unlock (&pool->mutex);
}

/* Enters the open job, if it still is. */
static gboolean
enter (LkPool  *pool,
       guint64 *job)
{
  guint64 gate = atomic_load (&pool->gate);

  while ((gate & GATE_OPEN) != 0 && gate / GATE_JOB != *job)
    if (atomic_compare_exchange_weak (&pool->gate, &gate, gate + 1))
      {
        *job = gate / GATE_JOB;
        return TRUE;
      }
  return FALSE;
}

static void
leave (LkPool *pool)
{
  guint64 gate = atomic_fetch_sub (&pool->gate, 1) - 1;

  if ((gate & GATE_INSIDE) == 0 && atomic_load (&pool->caller_asleep))
    {
      g_mutex_lock (&pool->mutex);
      g_cond_signal (&pool->emptied);
      g_mutex_unlock (&pool->mutex);
    }
}

static gpointer
worker_main (gpointer user_data)
{
  LkPoolWorker *worker = user_data;
  LkPool *pool = worker->pool;
  guint64 job = 0;

  while (!atomic_load (&pool->is_closing))
    {
      wait_for_job (pool, job);
      if (enter (pool, &job))
        {
          run_items (pool, worker->index);
          leave (pool);
        }
    }
  return NULL;
}

/* ---- the caller ---------------------------------------------------------------------------------------------- */

static void
wait_until_empty (LkPool *pool)
{
  if (pool->spins)
    {
      gint64 end = g_get_monotonic_time () + SPIN_MICROSECONDS;

      do
        for (guint i = 0; i < 16; i++)
          {
            if ((atomic_load (&pool->gate) & GATE_INSIDE) == 0)
              return;
            relax ();
          }
      while (g_get_monotonic_time () < end);
    }

  g_mutex_lock (&pool->mutex);
  atomic_store (&pool->caller_asleep, TRUE);
  while ((atomic_load (&pool->gate) & GATE_INSIDE) != 0)
    g_cond_wait (&pool->emptied, &pool->mutex);
  atomic_store (&pool->caller_asleep, FALSE);
  g_mutex_unlock (&pool->mutex);
}

void
lk_pool_run (LkPool    *pool,
             gsize      n_items,
             LkPoolFunc func,
             gpointer   data)
{
  g_assert (!pool->is_running);
  pool->is_running = TRUE;

  if (pool->n_threads == 1 || n_items <= 1)
    {
      for (gsize item = 0; item < n_items; item++)
        func (data, item, 0);
    }
  else
    {
      pool->func = func;
      pool->data = data;
      pool->n_items = n_items;
      atomic_store_explicit (&pool->next_item, 0, memory_order_relaxed);
      atomic_fetch_add (&pool->gate, GATE_JOB + GATE_OPEN);

      if (atomic_load (&pool->n_asleep) > 0)
        {
          g_mutex_lock (&pool->mutex);
          g_cond_broadcast (&pool->opened);
          g_mutex_unlock (&pool->mutex);
        }

      run_items (pool, 0);

      if ((atomic_fetch_sub (&pool->gate, GATE_OPEN) & GATE_INSIDE) != 0)
        wait_until_empty (pool);
    }

  pool->is_running = FALSE;
}

/* ---- making and ending --------------------------------------------------------------------------------------- */

static guint
count_cores (void)
{
  cpu_set_t set;

  if (sched_getaffinity (0, sizeof set, &set) == 0)
    return MAX (1, CPU_COUNT (&set));
  return MAX (1, g_get_num_processors ());
}

LkPool *
lk_pool_new (guint n_threads)
{
  LkPool *pool = g_new0 (LkPool, 1);
  guint n_cores = count_cores ();

  pool->n_threads = CLAMP (n_threads == 0 ? n_cores : n_threads, 1, 1024);
  pool->spins = pool->n_threads <= n_cores;
  g_mutex_init (&pool->mutex);
  g_cond_init (&pool->opened);
  g_cond_init (&pool->emptied);

  pool->workers = g_new0 (LkPoolWorker, pool->n_threads);
  for (guint i = 0; i < pool->n_threads; i++)
    {
      pool->workers[i].pool = pool;
      pool->workers[i].index = i;
      if (i > 0)
        pool->workers[i].thread = g_thread_new ("likeness-pool", worker_main, &pool->workers[i]);
    }
  return pool;
}

void
lk_pool_free (LkPool *pool)
{
  if (pool == NULL)
    return;
  g_assert (!pool->is_running);

  atomic_store (&pool->is_closing, TRUE);
  g_mutex_lock (&pool->mutex);
  g_cond_broadcast (&pool->opened);
  g_mutex_unlock (&pool->mutex);

  for (guint i = 0; i < pool->n_threads; i++)
    {
      if (pool->workers[i].thread != NULL)
        g_thread_join (pool->workers[i].thread);
      free (pool->workers[i].scratch);
    }
  free (pool->shared);
  g_free (pool->workers);
  g_mutex_clear (&pool->mutex);
  g_cond_clear (&pool->opened);
  g_cond_clear (&pool->emptied);
  g_free (pool);
}

guint
lk_pool_get_n_threads (LkPool *pool)
{
  return pool->n_threads;
}

/* ---- scratch ------------------------------------------------------------------------------------------------- */

static gpointer
grow (gpointer *memory,
      gsize    *size,
      gsize     bytes)
{
  if (bytes > *size)
    {
      gsize rounded = (bytes + bytes / 4 + SCRATCH_ALIGNMENT - 1) / SCRATCH_ALIGNMENT * SCRATCH_ALIGNMENT;

      free (*memory);
      *memory = aligned_alloc (SCRATCH_ALIGNMENT, rounded);
      if (*memory == NULL)
        g_error ("No memory for %" G_GSIZE_FORMAT " bytes of scratch.", rounded);
      *size = rounded;
    }
  return *memory;
}

gpointer
lk_pool_get_scratch (LkPool *pool,
                     guint   worker,
                     gsize   bytes)
{
  g_assert (worker < pool->n_threads);
  return grow (&pool->workers[worker].scratch, &pool->workers[worker].scratch_size, bytes);
}

gpointer
lk_pool_get_shared_scratch (LkPool *pool,
                            gsize   bytes)
{
  g_assert (!pool->is_running);
  return grow (&pool->shared, &pool->shared_size, bytes);
}
