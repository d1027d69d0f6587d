/* The graph itself: liveness, in-place outputs, dead ops, checkpointing, gradient accumulation, replay. */
#include "config.h"

#include <string.h>

#include "graph/lk-op.h"
#include "ops/lk-ops.h"

#define ROWS 37
#define WIDTH 24
#define DEPTH 5

static LkDevice *device;

typedef struct
{
  LkStorage *parameters, *gradients, *weight, *ones, *zeros;
  LkGraph   *graph;
  LkTensor  *x, *y, *dy;
} Net;

static void
fill (LkStorage *storage,
      guint32    seed)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (seed);
  gsize n = lk_storage_get_n_elements (storage);
  g_autofree float *values = g_new (float, n);

  for (gsize i = 0; i < n; i++)
    values[i] = (float) g_rand_double_range (random, -0.3, 0.3);
  g_assert_true (lk_storage_write (storage, 0, n, values, NULL));
}

static void
fill_with (LkStorage *storage,
           float      value)
{
  gsize n = lk_storage_get_n_elements (storage);
  g_autofree float *values = g_new (float, n);

  for (gsize i = 0; i < n; i++)
    values[i] = value;
  g_assert_true (lk_storage_write (storage, 0, n, values, NULL));
}

/* DEPTH blocks x + linear (gelu (linear (layer_norm (x)))), whose first linear layer is trained. */
static Net
build_net (gboolean with_checkpoints)
{
  Net net;
  gsize square = WIDTH * WIDTH, padded = (square + 255) / 256 * 256;

  net.parameters = lk_storage_new (device, LK_DTYPE_F32, DEPTH * padded, NULL);
  net.gradients = lk_storage_new (device, LK_DTYPE_F32, DEPTH * padded, NULL);
  net.weight = lk_storage_new (device, LK_DTYPE_F32, square, NULL);
  net.ones = lk_storage_new (device, LK_DTYPE_F32, WIDTH, NULL);
  net.zeros = lk_storage_new (device, LK_DTYPE_F32, WIDTH, NULL);
  fill (net.parameters, 1);
  fill (net.weight, 2);
  fill_with (net.ones, 1.f);

  net.graph = lk_graph_new (device);
  net.x = lk_graph_input (net.graph, LK_DTYPE_F32, 2, (gsize[]) { ROWS, WIDTH });
  net.y = net.x;
  for (guint i = 0; i < DEPTH; i++)
    {
      LkTensor *parameter, *weight, *gamma, *beta, *h;

      parameter = lk_graph_parameter (net.graph, net.parameters, net.gradients, i * padded, 2, (gsize[]) { WIDTH, WIDTH });
      weight = lk_graph_external (net.graph, net.weight, 0, 2, (gsize[]) { WIDTH, WIDTH });
      gamma = lk_graph_external (net.graph, net.ones, 0, 1, (gsize[]) { WIDTH });
      beta = lk_graph_external (net.graph, net.zeros, 0, 1, (gsize[]) { WIDTH });

      if (with_checkpoints)
        lk_graph_begin_checkpoint (net.graph);
      h = lk_linear (net.graph, lk_layer_norm (net.graph, net.y, gamma, beta, 1e-5f), parameter, NULL);
      h = lk_linear (net.graph, lk_activation (net.graph, h, LK_ACTIVATION_GELU), weight, NULL);
      net.y = lk_add (net.graph, net.y, h);
      if (with_checkpoints)
        lk_graph_end_checkpoint (net.graph);
    }
  lk_graph_keep (net.graph, net.y);
  net.dy = lk_graph_input (net.graph, LK_DTYPE_F32, 2, (gsize[]) { ROWS, WIDTH });
  return net;
}

static void
run_net (Net    *net,
         guint   n_runs,
         float  *y,
         float  *gradients)
{
  g_autofree float *values = g_new (float, ROWS * WIDTH);
  g_autoptr (GError) error = NULL;

  for (gsize i = 0; i < ROWS * WIDTH; i++)
    values[i] = (float) ((i * 7919) % 101) / 50.f - 1.f;
  g_assert_true (lk_graph_write (net->graph, net->x, values, NULL));
  g_assert_true (lk_graph_write (net->graph, net->dy, values, NULL));

  for (guint i = 0; i < n_runs; i++)
    {
      lk_graph_run (net->graph, &error);
      g_assert_no_error (error);
    }

  g_assert_true (lk_graph_read (net->graph, net->y, y, NULL));
  g_assert_true (lk_storage_read (net->gradients, 0, lk_storage_get_n_elements (net->gradients), gradients, NULL));
}

static void
clear_net (Net *net)
{
  lk_graph_free (net->graph);
  lk_storage_unref (net->parameters);
  lk_storage_unref (net->gradients);
  lk_storage_unref (net->weight);
  lk_storage_unref (net->ones);
  lk_storage_unref (net->zeros);
}

static void
test_checkpoints_change_no_bit (void)
{
  Net plain = build_net (FALSE), saving = build_net (TRUE);
  gsize n = lk_storage_get_n_elements (plain.gradients);
  g_autofree float *y1 = g_new (float, ROWS * WIDTH), *y2 = g_new (float, ROWS * WIDTH), *g1 = g_new (float, n), *g2 = g_new (float, n);
  LkGraphPlan plan1, plan2;
  g_autoptr (GError) error = NULL;

  lk_graph_backward (plain.graph, plain.y, plain.dy);
  lk_graph_backward (saving.graph, saving.y, saving.dy);
  lk_graph_plan (plain.graph, &plan1);
  lk_graph_plan (saving.graph, &plan2);
  g_assert_cmpuint (plan2.activations, <, plan1.activations);
  g_assert_cmpuint (plan2.n_ops, >, plan1.n_ops);

  lk_graph_compile (plain.graph, &error);
  g_assert_no_error (error);
  lk_graph_compile (saving.graph, &error);
  g_assert_no_error (error);
  run_net (&plain, 1, y1, g1);
  run_net (&saving, 1, y2, g2);
  g_assert_cmpmem (y1, ROWS * WIDTH * sizeof (float), y2, ROWS * WIDTH * sizeof (float));
  g_assert_cmpmem (g1, n * sizeof (float), g2, n * sizeof (float));
  g_assert_cmpfloat (g1[0], !=, 0.f);

  clear_net (&plain);
  clear_net (&saving);
}

/* Two graphs that take turns in one arena compute what they compute alone, and take no more than the larger one. */
static void
test_shared_arena (void)
{
  Net nets[2] = { build_net (TRUE), build_net (FALSE) };
  g_autoptr (LkArena) arena = lk_arena_new (device);
  gsize n = lk_storage_get_n_elements (nets[0].gradients);
  g_autofree float *y = g_new (float, ROWS * WIDTH), *gradients = g_new (float, n);
  g_autofree float *own_y = g_new (float, ROWS * WIDTH), *own_gradients = g_new (float, n);
  LkGraphPlan plans[2];
  g_autoptr (GError) error = NULL;
  guint64 asked;

  {
    Net alone = build_net (FALSE);

    lk_graph_backward (alone.graph, alone.y, alone.dy);
    lk_graph_compile (alone.graph, &error);
    g_assert_no_error (error);
    run_net (&alone, 1, own_y, own_gradients);
    clear_net (&alone);
  }

  for (guint i = 0; i < 2; i++)
    {
      lk_graph_backward (nets[i].graph, nets[i].y, nets[i].dy);
      lk_arena_reserve (arena, nets[i].graph);
      lk_graph_plan (nets[i].graph, &plans[i]);
    }
  g_assert_cmpuint (plans[0].activations, <, plans[1].activations);

  asked = lk_device_get_memory_asked (device);
  for (guint i = 0; i < 2; i++)
    {
      lk_graph_set_arena (nets[i].graph, arena);
      lk_graph_compile (nets[i].graph, &error);
      g_assert_no_error (error);
    }
  /* Each of the inputs is rounded up to 64 bytes. */
  asked = lk_device_get_memory_asked (device) - asked - plans[1].activations - plans[0].inputs - plans[1].inputs;
  g_assert_cmpuint (asked, <, 4 * 64);

  for (guint i = 0; i < 4; i++)
    {
      fill_with (nets[i % 2].gradients, 0);
      run_net (&nets[i % 2], 1, y, gradients);
      g_assert_cmpmem (y, ROWS * WIDTH * sizeof (float), own_y, ROWS * WIDTH * sizeof (float));
      g_assert_cmpmem (gradients, n * sizeof (float), own_gradients, n * sizeof (float));
    }
  clear_net (&nets[0]);
  clear_net (&nets[1]);
}

static void
test_gradients_add_up (void)
{
  Net net = build_net (FALSE), twice = build_net (FALSE);
  gsize n = lk_storage_get_n_elements (net.gradients);
  g_autofree float *y = g_new (float, ROWS * WIDTH), *once = g_new (float, n), *sum = g_new (float, n);

  lk_graph_backward (net.graph, net.y, net.dy);
  lk_graph_backward (twice.graph, twice.y, twice.dy);
  g_assert_true (lk_graph_compile (net.graph, NULL));
  g_assert_true (lk_graph_compile (twice.graph, NULL));
  run_net (&net, 1, y, once);
  run_net (&twice, 2, y, sum);
  for (gsize i = 0; i < n; i++)
    g_assert_cmpfloat_with_epsilon (sum[i], 2 * once[i], 1e-4);

  clear_net (&net);
  clear_net (&twice);
}

/* Inference keeps nothing: the arena must not grow with the depth, since a block's tensors are free for the next one. */
static void
test_inference_reuses_memory (void)
{
  Net net = build_net (FALSE);
  LkGraphPlan plan;
  gsize one = (ROWS * WIDTH * sizeof (float) + 255) / 256 * 256;

  lk_graph_plan (net.graph, &plan);
  g_assert_cmpuint (plan.activations, <=, 4 * one);
  clear_net (&net);
}

static void
test_dead_ops_are_dropped (void)
{
  g_autoptr (LkGraph) graph = lk_graph_new (device);
  LkTensor *x = lk_graph_input (graph, LK_DTYPE_F32, 2, (gsize[]) { 3, 4 });
  LkGraphPlan plan;

  lk_activation (graph, lk_activation (graph, x, LK_ACTIVATION_SILU), LK_ACTIVATION_GELU);
  lk_graph_keep (graph, lk_add (graph, x, x));
  lk_graph_plan (graph, &plan);
  g_assert_cmpuint (plan.n_ops, ==, 1);
}

/* A kept tensor must survive an op that would like its memory. */
static void
test_kept_tensor_is_not_overwritten (void)
{
  g_autoptr (LkGraph) graph = lk_graph_new (device);
  LkTensor *x = lk_graph_input (graph, LK_DTYPE_F32, 1, (gsize[]) { 5 });
  LkTensor *first = lk_graph_keep (graph, lk_add (graph, x, x)), *second = lk_graph_keep (graph, lk_add (graph, first, x));
  float values[5] = { 1, 2, 3, 4, 5 }, read[5];

  g_assert_true (lk_graph_compile (graph, NULL));
  g_assert_true (lk_graph_write (graph, x, values, NULL));
  g_assert_true (lk_graph_run (graph, NULL));
  g_assert_true (lk_graph_read (graph, first, read, NULL));
  for (guint i = 0; i < 5; i++)
    g_assert_cmpfloat (read[i], ==, 2 * values[i]);
  g_assert_true (lk_graph_read (graph, second, read, NULL));
  for (guint i = 0; i < 5; i++)
    g_assert_cmpfloat (read[i], ==, 3 * values[i]);
}

static void
test_bad_device_names (void)
{
  const char *names[] = { "", "gpu", "vulkan:", "vulkan:x", "cpu:1" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (lk_device_open (names[i], 0, &error));
      g_assert_error (error, LK_DEVICE_ERROR, LK_DEVICE_ERROR_BAD_SPEC);
    }
}

int
main (int   argc,
      char *argv[])
{
  const char *name = g_getenv ("LIKENESS_TEST_DEVICE");
  g_autoptr (GError) error = NULL;
  int status;

  g_test_init (&argc, &argv, NULL);

  device = lk_device_open (name != NULL ? name : "cpu", 0, &error);
  g_assert_no_error (error);

  g_test_add_func ("/graph/checkpoints-change-no-bit", test_checkpoints_change_no_bit);
  g_test_add_func ("/graph/shared-arena", test_shared_arena);
  g_test_add_func ("/graph/gradients-add-up", test_gradients_add_up);
  g_test_add_func ("/graph/inference-reuses-memory", test_inference_reuses_memory);
  g_test_add_func ("/graph/dead-ops-are-dropped", test_dead_ops_are_dropped);
  g_test_add_func ("/graph/kept-tensor-is-not-overwritten", test_kept_tensor_is_not_overwritten);
  g_test_add_func ("/graph/bad-device-names", test_bad_device_names);

  status = g_test_run ();
  lk_device_unref (device);
  return status;
}
