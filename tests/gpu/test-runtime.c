/* The Vulkan runtime: devices, memory, recordings, errors. The kernel used is shaders/add.comp. */
#include "config.h"

#include <string.h>

#include <glib/gstdio.h>

#include "lk-test-gpu.h"

static const LkGpuKernel add = { .shader = "add" };

/* y = a + b over the first n elements. */
static void
record_add (LkGpuRecording *recording,
            LkGpuBuffer    *a,
            LkGpuBuffer    *b,
            LkGpuBuffer    *y,
            guint32         n)
{
  g_autoptr (GError) error = NULL;
  LkGpuBinding bindings[] = { lk_test_bind (a, LK_GPU_READ), lk_test_bind (b, LK_GPU_READ), lk_test_bind (y, LK_GPU_WRITE) };

  lk_gpu_recording_dispatch (recording, &add, bindings, 3, &n, sizeof n, (n + 255) / 256, 1, 1, &error);
  g_assert_no_error (error);
}

static void
finish_and_run (LkGpuRecording *recording,
                guint           n_runs)
{
  g_autoptr (GError) error = NULL;

  lk_gpu_recording_finish (recording, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < n_runs; i++)
    {
      lk_gpu_recording_run (recording, &error);
      g_assert_no_error (error);
    }
}

/* ---- devices -------------------------------------------------------------------------------------------------- */

static void
test_list_says_what_a_device_is (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) infos = lk_gpu_list (&error);

  g_assert_no_error (error);
  g_assert_cmpuint (infos->len, >, 0);
  for (guint i = 0; i < infos->len; i++)
    {
      const LkGpuInfo *info = &g_array_index (infos, LkGpuInfo, i);

      g_assert_cmpuint (info->index, ==, i);
      g_assert_cmpuint (strlen (info->name), >, 0);
      g_assert_cmpuint (info->memory_total, >, 0);
      g_assert_cmpuint (info->memory_budget, <=, info->memory_total);
      g_assert_cmpuint (info->max_binding, >=, 1 << 27);
      if (strstr (info->name, "llvmpipe") != NULL)
        g_assert_true (info->is_software);
    }
}

static void
test_no_device_of_that_number (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (lk_gpu_open (1000, &error));
  g_assert_error (error, LK_GPU_ERROR, LK_GPU_ERROR_NO_DEVICE);
}

static void
test_no_driver (void)
{
  if (g_test_subprocess ())
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GArray) infos = NULL;

      g_setenv ("VK_DRIVER_FILES", "/nonexistent.json", TRUE);
      infos = lk_gpu_list (&error);
      g_assert_no_error (error);
      g_assert_cmpuint (infos->len, ==, 0);
      g_assert_null (lk_gpu_open (0, &error));
      g_assert_error (error, LK_GPU_ERROR, LK_GPU_ERROR_NO_VULKAN);
      return;
    }
  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_passed ();
}

static void
test_tier_can_be_capped (void)
{
  if (g_test_subprocess ())
    {
      g_autoptr (GArray) infos = NULL;

      g_setenv ("LIKENESS_GPU_TIER", "0", TRUE);
      infos = lk_gpu_list (NULL);
      for (guint i = 0; i < infos->len; i++)
        g_assert_cmpuint (g_array_index (infos, LkGpuInfo, i).tier, ==, 0);
      return;
    }
  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_passed ();
}

/* The path of the only file in the folder that pipelines are cached in; NULL for none. */
static char *
find_cache (const char *cache)
{
  g_autofree char *folder = g_build_filename (cache, "likeness", NULL);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name = dir != NULL ? g_dir_read_name (dir) : NULL;

  return name != NULL ? g_build_filename (folder, name, NULL) : NULL;
}

static void
test_pipeline_cache_on_disk (void)
{
  if (g_test_subprocess ())
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *cache = g_dir_make_tmp ("likeness-gpu-XXXXXX", &error);
      g_autofree char *folder = g_build_filename (cache, "likeness", NULL);
      g_autofree char *path = NULL, *data = NULL;
      gsize size;

      g_setenv ("XDG_CACHE_HOME", cache, TRUE);
      lk_test_gpu_close (lk_test_gpu_open ());
      path = find_cache (cache);
      g_assert_nonnull (path);

      /* A file that something else wrote is passed over, and made good. */
      g_assert_true (g_file_set_contents (path, "not a cache of pipelines, nor anything else", -1, NULL));
      lk_test_gpu_close (lk_test_gpu_open ());
      g_assert_true (g_file_get_contents (path, &data, &size, NULL));
      g_assert_cmpuint (size, >=, 32);
      g_assert_cmpuint (*(guint32 *) data, ==, 32);

      g_remove (path);
      g_rmdir (folder);
      g_rmdir (cache);
      return;
    }
  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_passed ();
}

/* ---- memory --------------------------------------------------------------------------------------------------- */

static void
test_copies_of_odd_sizes_and_places (void)
{
  LkGpu *gpu = lk_test_gpu_open ();
  /* Less than a slot of the staging ring, a little more than one, more than all of it. */
  const gsize sizes[] = { 1, 37, (16 << 20) + 5, (48 << 20) + 3 };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (GError) error = NULL;
      gsize n = sizes[i];
      g_autofree guint8 *data = g_malloc (n);
      g_autofree guint8 *back = g_malloc0 (n);
      g_autoptr (LkGpuBuffer) buffer = lk_test_buffer_new (gpu, n + 14, NULL);
      guint8 edges[14];

      for (gsize j = 0; j < n; j++)
        data[j] = j * 2654435761u >> 13;
      lk_gpu_buffer_write (buffer, 7, n, data, &error);
      g_assert_no_error (error);
      lk_gpu_buffer_read (buffer, 7, n, back, &error);
      g_assert_no_error (error);
      g_assert_cmpmem (data, n, back, n);

      lk_gpu_buffer_read (buffer, 0, 7, edges, &error);
      lk_gpu_buffer_read (buffer, n + 7, 7, edges + 7, &error);
      g_assert_no_error (error);
      for (guint j = 0; j < 14; j++)
        g_assert_cmpuint (edges[j], ==, 0);
    }
  lk_test_gpu_close (gpu);
}

static void
test_buffers_are_zeroed_and_apart (void)
{
  LkGpu *gpu = lk_test_gpu_open ();
  LkGpuBuffer *buffers[64];
  guint8 *ones = g_malloc (100000);
  guint8 *back = g_malloc (100000);

  memset (ones, 0xff, 100000);
  /* Three rounds, so that freed ranges are taken again in another order and size. */
  for (guint round = 0; round < 3; round++)
    {
      for (guint i = 0; i < 64; i++)
        {
          gsize n = 1 + i * 1511 * (round + 1) % 100000;

          buffers[i] = lk_test_buffer_new (gpu, n, NULL);
          lk_test_buffer_get (buffers[i], back);
          for (gsize j = 0; j < n; j++)
            g_assert_cmpuint (back[j], ==, 0);
          memset (ones, i + 1, n);
          lk_gpu_buffer_write (buffers[i], 0, n, ones, NULL);
        }
      for (guint i = 0; i < 64; i++)
        {
          guint place = (i * 29 + round) % 64;
          gsize n = lk_gpu_buffer_get_size (buffers[place]);

          lk_test_buffer_get (buffers[place], back);
          for (gsize j = 0; j < n; j++)
            g_assert_cmpuint (back[j], ==, place + 1);
          lk_gpu_buffer_free (buffers[place]);
        }
    }
  g_free (ones);
  g_free (back);
  lk_test_gpu_close (gpu);
}

static void
test_no_room (void)
{
  LkGpu *gpu = lk_test_gpu_open ();
  const LkGpuInfo *info = lk_gpu_get_info (gpu);
  guint64 budget = lk_gpu_get_memory_budget (gpu);
  g_autoptr (GError) too_big = NULL;
  g_autoptr (GError) too_much = NULL;

  g_assert_null (lk_gpu_buffer_new (gpu, info->max_allocation + 1, &too_big));
  g_assert_error (too_big, LK_GPU_ERROR, LK_GPU_ERROR_NO_MEMORY);
  if (budget < info->max_allocation)
    {
      g_assert_null (lk_gpu_buffer_new (gpu, budget + (1 << 20), &too_much));
      g_assert_error (too_much, LK_GPU_ERROR, LK_GPU_ERROR_NO_MEMORY);
    }
  lk_test_gpu_close (gpu);
}

static void
test_memory_can_be_capped (void)
{
  if (g_test_subprocess ())
    {
      g_autoptr (GError) error = NULL;
      LkGpuBuffer *large, *small;
      LkGpu *gpu;

      g_setenv ("LIKENESS_GPU_MEMORY", "200", TRUE);
      gpu = lk_test_gpu_open ();
      g_assert_cmpuint (lk_gpu_get_info (gpu)->memory_total, ==, 200 << 20);
      large = lk_test_buffer_new (gpu, 100 << 20, NULL);
      g_assert_cmpuint (lk_gpu_get_memory_budget (gpu), <=, 100 << 20);
      g_assert_null (lk_gpu_buffer_new (gpu, 101 << 20, &error));
      g_assert_error (error, LK_GPU_ERROR, LK_GPU_ERROR_NO_MEMORY);

      /* What is given back can be taken again. */
      lk_gpu_buffer_free (large);
      large = lk_test_buffer_new (gpu, 101 << 20, NULL);
      small = lk_test_buffer_new (gpu, 1000, NULL);
      lk_gpu_buffer_free (small);
      lk_gpu_buffer_free (large);
      lk_test_gpu_close (gpu);
      return;
    }
  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_passed ();
}

/* ---- recordings ----------------------------------------------------------------------------------------------- */

static void
test_a_chain_runs_in_order (void)
{
  enum { N = 5000, LENGTH = 300 };
  LkGpu *gpu = lk_test_gpu_open ();
  g_autofree float *one = g_new (float, N);
  g_autofree float *result = g_new (float, N);
  LkGpuBuffer *a, *b, *step;
  LkGpuRecording *recording = lk_gpu_recording_new (gpu);

  for (guint i = 0; i < N; i++)
    one[i] = 1;
  step = lk_test_buffer_new (gpu, N * sizeof (float), one);
  a = lk_test_buffer_new (gpu, N * sizeof (float), NULL);
  b = lk_test_buffer_new (gpu, N * sizeof (float), NULL);
  for (guint i = 0; i < LENGTH; i++)
    record_add (recording, i % 2 ? b : a, step, i % 2 ? a : b, N);
  finish_and_run (recording, 4);

  /* Each dispatch reads what the one before wrote. */
  g_assert_cmpuint (lk_gpu_recording_get_n_dispatches (recording), ==, LENGTH);
  g_assert_cmpuint (lk_gpu_recording_get_n_barriers (recording), ==, LENGTH - 1);
  lk_test_buffer_get (a, result);
  for (guint i = 0; i < N; i++)
    g_assert_cmpfloat (result[i], ==, 4 * LENGTH);

  lk_gpu_recording_free (recording);
  lk_gpu_buffer_free (a);
  lk_gpu_buffer_free (b);
  lk_gpu_buffer_free (step);
  lk_test_gpu_close (gpu);
}

static void
test_independent_dispatches_do_not_wait (void)
{
  enum { N = 256, BYTES = N * sizeof (float), PARTS = 8 };
  LkGpu *gpu = lk_test_gpu_open ();
  g_autoptr (GError) error = NULL;
  LkGpuBuffer *in = lk_test_buffer_new (gpu, BYTES, NULL);
  LkGpuBuffer *out = lk_test_buffer_new (gpu, PARTS * BYTES, NULL);
  LkGpuRecording *recording = lk_gpu_recording_new (gpu);
  guint32 n = N;

  /* Eight ranges of one buffer: none touches another. */
  for (guint i = 0; i < PARTS; i++)
    {
      LkGpuBinding bindings[] = {
        lk_test_bind (in, LK_GPU_READ), lk_test_bind (in, LK_GPU_READ), { out, i * BYTES, BYTES, LK_GPU_WRITE }
      };

      lk_gpu_recording_dispatch (recording, &add, bindings, 3, &n, sizeof n, 1, 1, 1, &error);
      g_assert_no_error (error);
    }
  g_assert_cmpuint (lk_gpu_recording_get_n_barriers (recording), ==, 0);

  record_add (recording, out, in, in, N);     /* reads what was written, writes what was read */
  g_assert_cmpuint (lk_gpu_recording_get_n_barriers (recording), ==, 1);
  record_add (recording, in, in, out, N);     /* both again */
  g_assert_cmpuint (lk_gpu_recording_get_n_barriers (recording), ==, 2);
  finish_and_run (recording, 3);

  lk_gpu_recording_free (recording);
  lk_gpu_buffer_free (in);
  lk_gpu_buffer_free (out);
  lk_test_gpu_close (gpu);
}

static void
test_a_grid_past_65535_is_folded (void)
{
  /* 70,001 groups, the last with one element. */
  enum { N = 70000 * 256 + 1 };
  LkGpu *gpu = lk_test_gpu_open ();
  g_autofree float *data = g_new (float, N);
  LkGpuBuffer *x, *y;
  LkGpuRecording *recording = lk_gpu_recording_new (gpu);

  for (guint i = 0; i < N; i++)
    data[i] = i % 65536;
  x = lk_test_buffer_new (gpu, N * sizeof (float), data);
  y = lk_test_buffer_new (gpu, N * sizeof (float), NULL);
  record_add (recording, x, x, y, N);
  finish_and_run (recording, 3);    /* the first two runs cut the dispatch into small parts */
  lk_test_buffer_get (y, data);
  for (guint i = 0; i < N; i++)
    g_assert_cmpfloat (data[i], ==, 2 * (i % 65536));

  lk_gpu_recording_free (recording);
  lk_gpu_buffer_free (x);
  lk_gpu_buffer_free (y);
  lk_test_gpu_close (gpu);
}

static void
test_pieces_follow_measured_time (void)
{
  enum { N = 4 << 20, LENGTH = 100 };
  LkGpu *gpu = lk_test_gpu_open ();
  LkGpuBuffer *a = lk_test_buffer_new (gpu, N * sizeof (float), NULL);
  LkGpuBuffer *b = lk_test_buffer_new (gpu, N * sizeof (float), NULL);
  LkGpuRecording *recording = lk_gpu_recording_new (gpu);
  double total = 0;
  guint n_before, n_after;

  for (guint i = 0; i < LENGTH; i++)
    record_add (recording, a, a, b, N);
  finish_and_run (recording, 1);
  n_before = lk_gpu_recording_get_n_pieces (recording);
  lk_gpu_recording_run (recording, NULL);
  n_after = lk_gpu_recording_get_n_pieces (recording);
  for (guint i = 0; i < LENGTH; i++)
    {
      double seconds;

      g_assert_cmpstr (lk_gpu_recording_get_timing (recording, i, &seconds), ==, "add");
      g_assert_cmpfloat (seconds, >, 0);
      total += seconds;
    }

  /* Untimed: 8 parts of 2048 groups each. Timed: at most 50 ms each, and no more pieces than that takes. */
  g_assert_cmpuint (n_before, ==, LENGTH * (N / 256 / 2048) / 8);
  g_assert_cmpuint (n_after, >=, (guint) (total / 0.0501));
  g_assert_cmpuint (n_after, <=, 2 * (guint) (total / 0.050) + 1);

  lk_gpu_recording_free (recording);
  lk_gpu_buffer_free (a);
  lk_gpu_buffer_free (b);
  lk_test_gpu_close (gpu);
}

static void
test_bad_dispatches_are_errors (void)
{
  LkGpu *gpu = lk_test_gpu_open ();
  LkGpuBuffer *buffer = lk_test_buffer_new (gpu, 1024, NULL);
  LkGpuRecording *recording = lk_gpu_recording_new (gpu);
  LkGpuKernel unknown = { .shader = "no_such_kernel" };
  LkGpuBinding all = lk_test_bind (buffer, LK_GPU_READ);
  LkGpuBinding unaligned = { buffer, 4, 256, LK_GPU_READ };
  LkGpuBinding past_the_end = { buffer, 768, 260, LK_GPU_READ };
  GError *error = NULL;

  g_assert_false (lk_gpu_recording_dispatch (recording, &unknown, &all, 1, NULL, 0, 1, 1, 1, &error));
  g_assert_error (error, LK_GPU_ERROR, LK_GPU_ERROR_FAILED);
  g_clear_error (&error);
  g_assert_false (lk_gpu_recording_dispatch (recording, &add, &unaligned, 1, NULL, 0, 1, 1, 1, &error));
  g_assert_error (error, LK_GPU_ERROR, LK_GPU_ERROR_FAILED);
  g_clear_error (&error);
  g_assert_false (lk_gpu_recording_dispatch (recording, &add, &past_the_end, 1, NULL, 0, 1, 1, 1, &error));
  g_assert_error (error, LK_GPU_ERROR, LK_GPU_ERROR_FAILED);
  g_clear_error (&error);
  g_assert_false (lk_gpu_recording_dispatch (recording, &add, &all, 1, NULL, 0, 1, 1, 1u << 31, &error));
  g_assert_error (error, LK_GPU_ERROR, LK_GPU_ERROR_FAILED);
  g_clear_error (&error);
  g_assert_cmpuint (lk_gpu_recording_get_n_dispatches (recording), ==, 0);

  lk_gpu_recording_free (recording);
  lk_gpu_buffer_free (buffer);
  lk_test_gpu_close (gpu);
}

static void
test_a_lost_device_says_so (void)
{
  if (g_test_subprocess ())
    {
      LkGpu *gpu;
      LkGpuBuffer *a, *b;
      LkGpuRecording *recording;
      GError *error = NULL;
      guint n_runs = 0;
      float value = 0;

      g_setenv ("LIKENESS_GPU_LOSE_AFTER", "20", TRUE);
      gpu = lk_test_gpu_open ();
      a = lk_test_buffer_new (gpu, 1024, NULL);
      b = lk_test_buffer_new (gpu, 1024, NULL);
      recording = lk_gpu_recording_new (gpu);
      record_add (recording, a, a, b, 256);
      g_assert_true (lk_gpu_recording_finish (recording, NULL));
      while (n_runs < 20 && lk_gpu_recording_run (recording, &error))
        n_runs++;
      g_assert_error (error, LK_GPU_ERROR, LK_GPU_ERROR_LOST);
      g_assert_cmpuint (n_runs, >, 2);
      g_clear_error (&error);

      /* And from then on. */
      g_assert_false (lk_gpu_recording_run (recording, &error));
      g_assert_error (error, LK_GPU_ERROR, LK_GPU_ERROR_LOST);
      g_clear_error (&error);
      g_assert_false (lk_gpu_buffer_read (b, 0, sizeof value, &value, &error));
      g_assert_error (error, LK_GPU_ERROR, LK_GPU_ERROR_LOST);
      g_clear_error (&error);
      g_assert_null (lk_gpu_buffer_new (gpu, 1024, &error));
      g_assert_error (error, LK_GPU_ERROR, LK_GPU_ERROR_LOST);
      g_clear_error (&error);

      lk_gpu_recording_free (recording);
      lk_gpu_buffer_free (a);
      lk_gpu_buffer_free (b);
      lk_test_gpu_close (gpu);
      return;
    }
  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_passed ();
}

/* ---- validation ----------------------------------------------------------------------------------------------- */

static void
test_validation_catches_a_race (void)
{
  if (g_test_subprocess ())
    {
      LkGpu *gpu = lk_test_gpu_open ();
      LkGpuBuffer *a = lk_test_buffer_new (gpu, 1024, NULL);
      LkGpuBuffer *b = lk_test_buffer_new (gpu, 1024, NULL);
      LkGpuRecording *recording = lk_gpu_recording_new (gpu);
      LkGpuBinding lie[] = { lk_test_bind (a, LK_GPU_READ), lk_test_bind (a, LK_GPU_READ), lk_test_bind (b, LK_GPU_READ) };
      LkGpuBinding reader[] = { lk_test_bind (b, LK_GPU_READ), lk_test_bind (b, LK_GPU_READ), lk_test_bind (a, LK_GPU_READ) };
      guint32 n = 256;

      /* The first writes b and hides it: no barrier keeps the second from reading b too early. */
      g_log_set_always_fatal (G_LOG_FATAL_MASK);
      lk_gpu_recording_dispatch (recording, &add, lie, 3, &n, sizeof n, 1, 1, 1, NULL);
      lk_gpu_recording_dispatch (recording, &add, reader, 3, &n, sizeof n, 1, 1, 1, NULL);
      g_assert_cmpuint (lk_gpu_recording_get_n_barriers (recording), ==, 0);
      finish_and_run (recording, 1);
      g_assert_cmpuint (lk_gpu_get_n_validation_messages (), >, 0);
      return;
    }
  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_passed ();
  g_test_trap_assert_stderr ("*READ_AFTER_WRITE*");
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/gpu/runtime/list-says-what-a-device-is", test_list_says_what_a_device_is);
  g_test_add_func ("/gpu/runtime/no-device-of-that-number", test_no_device_of_that_number);
  g_test_add_func ("/gpu/runtime/no-driver", test_no_driver);
  g_test_add_func ("/gpu/runtime/tier-can-be-capped", test_tier_can_be_capped);
  g_test_add_func ("/gpu/runtime/pipeline-cache-on-disk", test_pipeline_cache_on_disk);
  g_test_add_func ("/gpu/runtime/copies-of-odd-sizes-and-places", test_copies_of_odd_sizes_and_places);
  g_test_add_func ("/gpu/runtime/buffers-are-zeroed-and-apart", test_buffers_are_zeroed_and_apart);
  g_test_add_func ("/gpu/runtime/no-room", test_no_room);
  g_test_add_func ("/gpu/runtime/memory-can-be-capped", test_memory_can_be_capped);
  g_test_add_func ("/gpu/runtime/a-chain-runs-in-order", test_a_chain_runs_in_order);
  g_test_add_func ("/gpu/runtime/independent-dispatches-do-not-wait", test_independent_dispatches_do_not_wait);
  g_test_add_func ("/gpu/runtime/a-grid-past-65535-is-folded", test_a_grid_past_65535_is_folded);
  g_test_add_func ("/gpu/runtime/pieces-follow-measured-time", test_pieces_follow_measured_time);
  g_test_add_func ("/gpu/runtime/bad-dispatches-are-errors", test_bad_dispatches_are_errors);
  g_test_add_func ("/gpu/runtime/a-lost-device-says-so", test_a_lost_device_says_so);
  g_test_add_func ("/gpu/runtime/validation-catches-a-race", test_validation_catches_a_race);
  return g_test_run ();
}
