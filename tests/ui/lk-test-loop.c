#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "lk-test-loop.h"

static LkLoopTurn worst_cpu;
static LkLoopTurn worst_wall;
static double cpu_began;      /* ms; below 0: not in a turn */
static double wall_began;
static double waited_began;
static int    schedstat = -1;

static double
now_ms (clockid_t clock)
{
  struct timespec time;

  clock_gettime (clock, &time);
  return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

/* Time that this thread could have run and did not: a busy machine is no fault of ours. */
static double
get_waited_ms (void)
{
  char text[96];
  gssize length = schedstat >= 0 ? pread (schedstat, text, sizeof text - 1, 0) : -1;
  guint64 run, waited;

  if (length <= 0)
    return 0;
  text[length] = '\0';

  return sscanf (text, "%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT, &run, &waited) == 2 ? waited / 1e6 : 0;
}

static void
end_turn (void)
{
  LkLoopTurn turn;

  if (cpu_began < 0)
    return;

  turn.cpu_ms = now_ms (CLOCK_THREAD_CPUTIME_ID) - cpu_began;
  turn.wall_ms = now_ms (CLOCK_MONOTONIC) - wall_began - (get_waited_ms () - waited_began);
  if (turn.cpu_ms > worst_cpu.cpu_ms)
    worst_cpu = turn;
  if (turn.wall_ms > worst_wall.wall_ms)
    worst_wall = turn;
}

static int
watched_poll (GPollFD *fds,
              guint    n_fds,
              int      timeout)
{
  int result;

  end_turn ();
  result = g_poll (fds, n_fds, timeout);
  cpu_began = now_ms (CLOCK_THREAD_CPUTIME_ID);
  wall_began = now_ms (CLOCK_MONOTONIC);
  waited_began = get_waited_ms ();

  return result;
}

void
lk_test_loop_watch (void)
{
  cpu_began = -1;
  schedstat = open ("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
  g_main_context_set_poll_func (NULL, watched_poll);
}

void
lk_test_loop_take (LkLoopTurn *cpu,
                   LkLoopTurn *wall)
{
  /* The turn that led here counts; what the test itself does before the next poll does not. */
  end_turn ();
  if (cpu != NULL)
    *cpu = worst_cpu;
  if (wall != NULL)
    *wall = worst_wall;

  worst_cpu = worst_wall = (LkLoopTurn) { 0 };
  cpu_began = -1;
}

#define WORK_BYTES (4 << 20)
#define WORK_MS 15.0            /* about what a desktop takes, whose frames the limits speak of; build machines took 20 to 30 */

double
lk_test_loop_get_slowness (void)
{
  g_autofree guchar *bytes = g_malloc0 (WORK_BYTES);
  double began = now_ms (CLOCK_THREAD_CPUTIME_ID), ms;

  for (guint i = 0; i < 4; i++)
    {
      g_autofree char *sum = g_compute_checksum_for_data (G_CHECKSUM_SHA256, bytes, WORK_BYTES);

      g_assert_nonnull (sum);
    }
  ms = (now_ms (CLOCK_THREAD_CPUTIME_ID) - began) / 4;
  g_test_message ("work of a fixed size: %.1f ms", ms);

  return CLAMP (ms / WORK_MS, 1, 2);
}
