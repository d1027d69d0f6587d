/* The worker pool: every item runs once, whichever thread takes it, however the threads sleep and wake. */
#include "config.h"

#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "base/lk-pool.h"

typedef struct
{
  LkPool         *pool;
  _Atomic guint  *counts;
  _Atomic guint   n_bad;
  gboolean        is_slow;
} Job;

static void
count_item (gpointer data,
            gsize    item,
            guint    worker)
{
  Job *job = data;
  guint8 *scratch;

  if (worker >= lk_pool_get_n_threads (job->pool))
    atomic_fetch_add (&job->n_bad, 1);
  else
    {
      /* Scratch is the thread's own: nobody else writes into it while the item runs. */
      scratch = lk_pool_get_scratch (job->pool, worker, 256 + item % 64);
      if ((gsize) scratch % 64 != 0)
        atomic_fetch_add (&job->n_bad, 1);
      memset (scratch, (guint8) item, 256);
      if (job->is_slow)
        g_usleep (300);
      for (guint i = 0; i < 256; i++)
        if (scratch[i] != (guint8) item)
          {
            atomic_fetch_add (&job->n_bad, 1);
            break;
          }
    }
  atomic_fetch_add (&job->counts[item], 1);
}

static void
run_and_check (LkPool  *pool,
               gsize    n_items,
               gboolean is_slow)
{
  g_autofree _Atomic guint *counts = g_new0 (_Atomic guint, n_items + 1);
  Job job = { pool, counts, 0, is_slow };

  lk_pool_run (pool, n_items, count_item, &job);
  for (gsize i = 0; i < n_items; i++)
    g_assert_cmpuint (counts[i], ==, 1);
  g_assert_cmpuint (counts[n_items], ==, 0);
  g_assert_cmpuint (job.n_bad, ==, 0);
}

static void
test_every_item_once (void)
{
  const guint n_threads[] = { 1, 2, 3, 5, 16 };
  const gsize n_items[] = { 0, 1, 2, 3, 7, 37, 1000 };

  for (guint i = 0; i < G_N_ELEMENTS (n_threads); i++)
    {
      g_autoptr (LkPool) pool = lk_pool_new (n_threads[i]);

      g_assert_cmpuint (lk_pool_get_n_threads (pool), ==, n_threads[i]);
      for (guint repeat = 0; repeat < 20; repeat++)
        for (guint j = 0; j < G_N_ELEMENTS (n_items); j++)
          run_and_check (pool, n_items[j], FALSE);
    }
}

/* Short jobs with pauses around the time that a worker spins: each way of meeting it, awake, falling asleep, asleep. */
static void
test_sleep_and_wake (void)
{
  const guint n_threads[] = { 2, 3 };

  for (guint i = 0; i < G_N_ELEMENTS (n_threads); i++)
    {
      g_autoptr (LkPool) pool = lk_pool_new (n_threads[i]);

      for (guint repeat = 0; repeat < 400; repeat++)
        {
          run_and_check (pool, 2 + repeat % 5, repeat % 50 == 0);
          if (repeat % 4 == 0)
            g_usleep (repeat % 150);
        }
    }
}

static void
test_made_and_ended_unused (void)
{
  for (guint repeat = 0; repeat < 50; repeat++)
    {
      g_autoptr (LkPool) pool = lk_pool_new (1 + repeat % 4);

      if (repeat % 3 == 0)
        g_usleep (100);
    }
  {
    g_autoptr (LkPool) pool = lk_pool_new (0);

    g_assert_cmpuint (lk_pool_get_n_threads (pool), >=, 1);
  }
}

/* An idle pool sleeps: it must not burn a core while a person thinks. */
static void
test_idle_uses_no_time (void)
{
  g_autoptr (LkPool) pool = lk_pool_new (2);
  clock_t before, after;

  run_and_check (pool, 10, FALSE);
  g_usleep (20000);
  before = clock ();
  g_usleep (200000);
  after = clock ();
  g_assert_cmpfloat ((double) (after - before) / CLOCKS_PER_SEC, <, 0.05);
}

static void
test_shared_scratch_grows (void)
{
  g_autoptr (LkPool) pool = lk_pool_new (1);
  guint8 *scratch = lk_pool_get_shared_scratch (pool, 100);

  memset (scratch, 1, 100);
  scratch = lk_pool_get_shared_scratch (pool, 1 << 20);
  g_assert_cmpuint ((gsize) scratch % 64, ==, 0);
  memset (scratch, 2, 1 << 20);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/pool/every-item-once", test_every_item_once);
  g_test_add_func ("/pool/sleep-and-wake", test_sleep_and_wake);
  g_test_add_func ("/pool/made-and-ended-unused", test_made_and_ended_unused);
  g_test_add_func ("/pool/idle-uses-no-time", test_idle_uses_no_time);
  g_test_add_func ("/pool/shared-scratch-grows", test_shared_scratch_grows);
  return g_test_run ();
}
