/* The ops that no gradient flows through: embedding, mix, norm, AdamW. */
#include "config.h"

#include <math.h>
#include <string.h>

#include "cpu/lk-cpu.h"
#include "lk-test-isa.h"
#include "lk-test-op.h"

static LkDevice *device;

static float
noise (gsize i)
{
  return (float) ((i * 2654435761u % 1000003) / 500001.5 - 1.0);
}

static void
test_embedding (void)
{
  enum { VOCABULARY = 11, COLUMNS = 7, BATCH = 2, LENGTH = 5, PLACES = 9 };
  g_autoptr (LkGraph) graph = lk_graph_new (device);
  g_autoptr (LkStorage) table = lk_storage_new (device, LK_DTYPE_F16, VOCABULARY * COLUMNS, NULL);
  g_autoptr (LkStorage) positions = lk_storage_new (device, LK_DTYPE_F32, PLACES * COLUMNS, NULL);
  float table_values[VOCABULARY * COLUMNS], position_values[PLACES * COLUMNS], actual[BATCH * LENGTH * COLUMNS];
  guint16 half[VOCABULARY * COLUMNS];
  gint32 tokens[BATCH * LENGTH] = { 0, 10, 3, 3, 7, 1, 2, 9, 10, 0 };
  LkTensor *ids, *y;

  for (gsize i = 0; i < G_N_ELEMENTS (table_values); i++)
    table_values[i] = noise (i);
  for (gsize i = 0; i < G_N_ELEMENTS (position_values); i++)
    position_values[i] = noise (i + 1000);
  lk_cpu_f32_to_f16 (G_N_ELEMENTS (half), table_values, half);
  lk_cpu_f16_to_f32 (G_N_ELEMENTS (half), half, table_values);
  g_assert_true (lk_storage_write (table, 0, G_N_ELEMENTS (half), half, NULL));
  g_assert_true (lk_storage_write (positions, 0, G_N_ELEMENTS (position_values), position_values, NULL));

  ids = lk_graph_input (graph, LK_DTYPE_I32, 2, (gsize[]) { BATCH, LENGTH });
  y = lk_graph_keep (graph, lk_embedding (graph, ids,
                                          lk_graph_external (graph, table, 0, 2, (gsize[]) { VOCABULARY, COLUMNS }),
                                          lk_graph_external (graph, positions, 0, 2, (gsize[]) { PLACES, COLUMNS })));
  g_assert_true (lk_graph_compile (graph, NULL));
  g_assert_true (lk_graph_write (graph, ids, tokens, NULL));
  g_assert_true (lk_graph_run (graph, NULL));
  g_assert_true (lk_graph_read (graph, y, actual, NULL));

  for (gsize i = 0; i < BATCH * LENGTH; i++)
    for (gsize c = 0; c < COLUMNS; c++)
      g_assert_cmpfloat (actual[i * COLUMNS + c], ==, table_values[tokens[i] * COLUMNS + (int) c] + position_values[i % LENGTH * COLUMNS + c]);
}

static void
test_mix (void)
{
  enum { SAMPLES = 3, LENGTH = 37 };
  g_autoptr (LkGraph) graph = lk_graph_new (device);
  LkTensor *x = lk_graph_input (graph, LK_DTYPE_F32, 2, (gsize[]) { SAMPLES, LENGTH });
  LkTensor *y = lk_graph_input (graph, LK_DTYPE_F32, 2, (gsize[]) { SAMPLES, LENGTH });
  LkTensor *a = lk_graph_input (graph, LK_DTYPE_F32, 1, (gsize[]) { SAMPLES }), *b = lk_graph_input (graph, LK_DTYPE_F32, 1, (gsize[]) { SAMPLES });
  LkTensor *z = lk_graph_keep (graph, lk_mix (graph, x, y, a, b));
  float values_x[SAMPLES * LENGTH], values_y[SAMPLES * LENGTH], actual[SAMPLES * LENGTH];
  float values_a[SAMPLES] = { 0.5f, -1.25f, 0.f }, values_b[SAMPLES] = { 0.1f, 2.f, 1.f };
  double expected[SAMPLES * LENGTH];

  for (gsize i = 0; i < SAMPLES * LENGTH; i++)
    {
      values_x[i] = noise (i);
      values_y[i] = noise (i + 500);
      expected[i] = (double) values_a[i / LENGTH] * values_x[i] + (double) values_b[i / LENGTH] * values_y[i];
    }
  g_assert_true (lk_graph_compile (graph, NULL));
  g_assert_true (lk_graph_write (graph, x, values_x, NULL) && lk_graph_write (graph, y, values_y, NULL));
  g_assert_true (lk_graph_write (graph, a, values_a, NULL) && lk_graph_write (graph, b, values_b, NULL));
  g_assert_true (lk_graph_run (graph, NULL));
  g_assert_true (lk_graph_read (graph, z, actual, NULL));
  g_assert_cmpfloat (lk_test_nmse (actual, expected, SAMPLES * LENGTH), <, 1e-13);
}

static void
test_norm (gconstpointer data)
{
  gsize n = GPOINTER_TO_SIZE (data);
  g_autoptr (LkGraph) graph = lk_graph_new (device);
  LkTensor *x = lk_graph_input (graph, LK_DTYPE_F32, 1, &n), *norm = lk_graph_keep (graph, lk_norm (graph, x));
  g_autofree float *values = g_new (float, n);
  double expected = 0;
  float actual;

  for (gsize i = 0; i < n; i++)
    {
      values[i] = noise (i);
      expected += (double) values[i] * values[i];
    }
  g_assert_true (lk_graph_compile (graph, NULL));
  g_assert_true (lk_graph_write (graph, x, values, NULL));
  g_assert_true (lk_graph_run (graph, NULL));
  g_assert_true (lk_graph_read (graph, norm, &actual, NULL));
  g_assert_cmpfloat_with_epsilon (actual / sqrt (expected), 1.0, 1e-6);

  values[n / 2] = NAN;
  g_assert_true (lk_graph_write (graph, x, values, NULL));
  g_assert_true (lk_graph_run (graph, NULL));
  g_assert_true (lk_graph_read (graph, norm, &actual, NULL));
  g_assert_true (isnan (actual));
}

typedef struct
{
  LkStorage *storages[4];       /* parameter, gradient, moments */
  LkGraph   *graph;
  LkTensor  *settings;
} Optimizer;

enum { N_PARAMETERS = 1000 };

static Optimizer
make_optimizer (void)
{
  Optimizer optimizer;
  LkTensor *tensors[4];

  optimizer.graph = lk_graph_new (device);
  for (guint i = 0; i < 4; i++)
    {
      optimizer.storages[i] = lk_storage_new (device, LK_DTYPE_F32, N_PARAMETERS, NULL);
      tensors[i] = lk_graph_external (optimizer.graph, optimizer.storages[i], 0, 1, (gsize[]) { N_PARAMETERS });
    }
  optimizer.settings = lk_graph_input (optimizer.graph, LK_DTYPE_F32, 1, (gsize[]) { 8 });
  lk_adamw (optimizer.graph, tensors[0], tensors[1], tensors[2], tensors[3], lk_norm (optimizer.graph, tensors[1]), optimizer.settings);
  g_assert_true (lk_graph_compile (optimizer.graph, NULL));
  return optimizer;
}

static void
clear_optimizer (Optimizer *optimizer)
{
  for (guint i = 0; i < 4; i++)
    lk_storage_unref (optimizer->storages[i]);
  lk_graph_free (optimizer->graph);
}

/* Six steps against the formula of torch.optim.AdamW in fp64, with clipping at work. */
static void
test_adamw (void)
{
  Optimizer optimizer = make_optimizer ();
  double p[N_PARAMETERS], m[N_PARAMETERS] = { 0 }, v[N_PARAMETERS] = { 0 }, lr = 0.01, beta1 = 0.9, beta2 = 0.999, eps = 1e-8, decay = 0.1;
  float single[N_PARAMETERS], gradient[N_PARAMETERS];

  for (gsize i = 0; i < N_PARAMETERS; i++)
    p[i] = single[i] = noise (i);
  g_assert_true (lk_storage_write (optimizer.storages[0], 0, N_PARAMETERS, single, NULL));

  for (int step = 1; step <= 6; step++)
    {
      double norm = 0, clip, max_norm = step % 2 ? 1.0 : 0.0;
      float settings[8] = { (float) lr, (float) beta1, (float) beta2, (float) eps, (float) decay,
                            (float) (1 - pow (beta1, step)), (float) (1 - pow (beta2, step)), (float) max_norm };

      for (gsize i = 0; i < N_PARAMETERS; i++)
        {
          gradient[i] = noise (i + (gsize) step * 7777) * (float) step;
          norm += (double) gradient[i] * gradient[i];
        }
      clip = max_norm > 0 ? MIN (1.0, max_norm / (sqrt (norm) + 1e-6)) : 1.0;
      for (gsize i = 0; i < N_PARAMETERS; i++)
        {
          double g = gradient[i] * clip;

          p[i] *= 1 - lr * decay;
          m[i] = beta1 * m[i] + (1 - beta1) * g;
          v[i] = beta2 * v[i] + (1 - beta2) * g * g;
          p[i] -= lr / (1 - pow (beta1, step)) * m[i] / (sqrt (v[i]) / sqrt (1 - pow (beta2, step)) + eps);
        }

      g_assert_true (lk_storage_write (optimizer.storages[1], 0, N_PARAMETERS, gradient, NULL));
      g_assert_true (lk_graph_write (optimizer.graph, optimizer.settings, settings, NULL));
      g_assert_true (lk_graph_run (optimizer.graph, NULL));
    }

  g_assert_true (lk_storage_read (optimizer.storages[0], 0, N_PARAMETERS, single, NULL));
  g_assert_cmpfloat (lk_test_nmse (single, p, N_PARAMETERS), <, 1e-12);
  g_assert_true (lk_storage_read (optimizer.storages[1], 0, N_PARAMETERS, gradient, NULL));
  for (gsize i = 0; i < N_PARAMETERS; i++)
    g_assert_cmpfloat (gradient[i], ==, 0.f);
  clear_optimizer (&optimizer);
}

static void
test_adamw_ignores_nan (void)
{
  Optimizer optimizer = make_optimizer ();
  float settings[8] = { 0.01f, 0.9f, 0.999f, 1e-8f, 0.1f, 0.1f, 0.001f, 1.f }, before[N_PARAMETERS], after[N_PARAMETERS], gradient[N_PARAMETERS];

  for (gsize i = 0; i < N_PARAMETERS; i++)
    {
      before[i] = noise (i);
      gradient[i] = i == 17 ? NAN : 1.f;
    }
  g_assert_true (lk_storage_write (optimizer.storages[0], 0, N_PARAMETERS, before, NULL));
  g_assert_true (lk_storage_write (optimizer.storages[1], 0, N_PARAMETERS, gradient, NULL));
  g_assert_true (lk_graph_write (optimizer.graph, optimizer.settings, settings, NULL));
  g_assert_true (lk_graph_run (optimizer.graph, NULL));
  g_assert_true (lk_storage_read (optimizer.storages[0], 0, N_PARAMETERS, after, NULL));
  g_assert_cmpmem (before, sizeof before, after, sizeof after);
  g_assert_true (lk_storage_read (optimizer.storages[1], 0, N_PARAMETERS, gradient, NULL));
  g_assert_cmpfloat (gradient[17], ==, 0.f);
  clear_optimizer (&optimizer);
}

int
main (int   argc,
      char *argv[])
{
  const char *name = g_getenv ("LIKENESS_TEST_DEVICE");
  g_autoptr (GError) error = NULL;
  int status;

  if (lk_test_lacks_isa ())
    return 77;
  g_test_init (&argc, &argv, NULL);

  device = lk_device_open (name != NULL ? name : "cpu", 0, &error);
  g_assert_no_error (error);

  g_test_add_func ("/ops-plain/embedding", test_embedding);
  g_test_add_func ("/ops-plain/mix", test_mix);
  g_test_add_data_func ("/ops-plain/norm/one", GSIZE_TO_POINTER (1), test_norm);
  g_test_add_data_func ("/ops-plain/norm/ragged", GSIZE_TO_POINTER (129), test_norm);
  g_test_add_data_func ("/ops-plain/norm/many-chunks", GSIZE_TO_POINTER (100003), test_norm);
  g_test_add_func ("/ops-plain/adamw", test_adamw);
  g_test_add_func ("/ops-plain/adamw-ignores-nan", test_adamw_ignores_nan);

  status = g_test_run ();
  lk_device_unref (device);
  return status;
}
