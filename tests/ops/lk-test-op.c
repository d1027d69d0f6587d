#include "config.h"

#include <math.h>
#include <string.h>

#include "cpu/lk-cpu.h"
#include "lk-test-op.h"

double
lk_test_nmse (const float  *actual,
              const double *expected,
              gsize         n)
{
  double error = 0, size = 0;

  for (gsize i = 0; i < n; i++)
    {
      error += (actual[i] - expected[i]) * (actual[i] - expected[i]);
      size += expected[i] * expected[i];
    }
  return isfinite (error) ? error / (size > 0 ? size : (double) n) : INFINITY;
}

static double
random_normal (GRand *random)
{
  double u = 1.0 - g_rand_double (random), v = g_rand_double (random);

  return sqrt (-2 * log (u)) * cos (2 * G_PI * v);
}

static gsize
count (const LkTestOp *test,
       guint           input)
{
  gsize n = 1;

  for (guint i = 0; i < test->inputs[input].n_dims; i++)
    n *= test->inputs[input].dims[i];
  return n;
}

/* Random values, rounded to what the device will hold. */
static void
fill (const LkTestOp *test,
      guint           input,
      GRand          *random,
      double         *values)
{
  double deviation = test->inputs[input].deviation != 0 ? test->inputs[input].deviation : 1;

  for (gsize i = 0; i < count (test, input); i++)
    {
      float value = (float) (test->inputs[input].mean + deviation * random_normal (random));

      if (test->inputs[input].is_f16)
        {
          guint16 half;

          lk_cpu_f32_to_f16 (1, &value, &half);
          lk_cpu_f16_to_f32 (1, &half, &value);
        }
      values[i] = value;
    }
}

static LkStorage *
upload (LkDevice       *device,
        const LkTestOp *test,
        guint           input,
        const double   *values)
{
  gsize n = count (test, input);
  g_autofree float *single = g_new (float, n);
  g_autofree guint16 *half = g_new (guint16, n);
  LkStorage *storage = lk_storage_new (device, test->inputs[input].is_f16 ? LK_DTYPE_F16 : LK_DTYPE_F32, n, NULL);

  for (gsize i = 0; i < n; i++)
    single[i] = (float) values[i];
  lk_cpu_f32_to_f16 (n, single, half);
  g_assert_true (lk_storage_write (storage, 0, n, test->inputs[input].is_f16 ? (gpointer) half : (gpointer) single, NULL));
  return storage;
}

/* Σ weight · output, in fp64: the scalar whose central differences are the gradients. */
static double
weigh (const LkTestOp *test,
       double        **inputs,
       const double   *weights,
       double         *output,
       gsize           n)
{
  double sum = 0;

  test->formula (test, inputs, output);
  for (gsize i = 0; i < n; i++)
    sum += weights[i] * output[i];
  return sum;
}

gboolean
lk_test_op_holds (const LkTestOp *test,
                  LkDevice       *device,
                  double          fault)
{
  g_autoptr (LkGraph) graph = lk_graph_new (device);
  g_autoptr (GRand) random = g_rand_new_with_seed (7);
  g_autoptr (GError) error = NULL;
  g_autofree double *expected = NULL, *weights = NULL;
  g_autofree float *actual = NULL, *start = NULL;
  double *values[LK_TEST_MAX_INPUTS];
  LkStorage *storages[LK_TEST_MAX_INPUTS], *gradients[LK_TEST_MAX_INPUTS] = { NULL };
  LkTensor *tensors[LK_TEST_MAX_INPUTS], *y, *dy;
  gboolean holds = TRUE;
  double nmse;
  gsize n;

  for (guint i = 0; i < test->n_inputs; i++)
    {
      values[i] = g_new (double, count (test, i));
      fill (test, i, random, values[i]);
      storages[i] = upload (device, test, i, values[i]);
      if (test->inputs[i].is_f16 || test->inputs[i].is_frozen)
        {
          tensors[i] = lk_graph_external (graph, storages[i], 0, test->inputs[i].n_dims, test->inputs[i].dims);
          continue;
        }
      gradients[i] = lk_storage_new (device, LK_DTYPE_F32, count (test, i), NULL);
      tensors[i] = lk_graph_parameter (graph, storages[i], gradients[i], 0, test->inputs[i].n_dims, test->inputs[i].dims);
    }

  y = lk_graph_keep (graph, test->build (graph, test, tensors));
  n = lk_tensor_get_n_elements (y);
  {
    gsize dims[LK_MAX_DIMS];

    for (guint i = 0; i < lk_tensor_get_n_dims (y); i++)
      dims[i] = lk_tensor_get_dim (y, i);
    dy = lk_graph_input (graph, LK_DTYPE_F32, lk_tensor_get_n_dims (y), dims);
  }
  lk_graph_backward (graph, y, dy);
  lk_graph_compile (graph, &error);
  g_assert_no_error (error);

  weights = g_new (double, n);
  start = g_new (float, n);
  expected = g_new (double, n);
  actual = g_new (float, n);
  for (gsize i = 0; i < n; i++)
    weights[i] = start[i] = (float) random_normal (random);
  start[0] *= (float) (1 + fault);
  g_assert_true (lk_graph_write (graph, dy, start, NULL));
  lk_graph_run (graph, &error);
  g_assert_no_error (error);

  lk_graph_read (graph, y, actual, &error);
  g_assert_no_error (error);
  actual[0] *= (float) (1 + fault);
  test->formula (test, values, expected);
  nmse = lk_test_nmse (actual, expected, n);
  if (!(nmse <= (test->bound > 0 ? test->bound : 1e-11)))
    {
      g_test_message ("%s: output off by %g (NMSE)", test->name, nmse);
      holds = FALSE;
    }

  for (guint i = 0; i < test->n_inputs; i++)
    {
      gsize m = count (test, i);
      g_autofree double *differences = NULL;
      g_autofree float *gradient = NULL;

      if (gradients[i] != NULL)
        {
          differences = g_new (double, m);
          gradient = g_new (float, m);
          for (gsize j = 0; j < m; j++)
            {
              double value = values[i][j], h = 1e-4, up, down;

              values[i][j] = value + h;
              up = weigh (test, values, weights, expected, n);
              values[i][j] = value - h;
              down = weigh (test, values, weights, expected, n);
              values[i][j] = value;
              differences[j] = (up - down) / (2 * h);
            }
          g_assert_true (lk_storage_read (gradients[i], 0, m, gradient, NULL));
          nmse = lk_test_nmse (gradient, differences, m);
          if (!(nmse <= (test->gradient_bound > 0 ? test->gradient_bound : 1e-10)))
            {
              g_test_message ("%s: gradient of input %u off by %g (NMSE)", test->name, i, nmse);
              holds = FALSE;
            }
        }
    }

  for (guint i = 0; i < test->n_inputs; i++)
    {
      g_free (values[i]);
      lk_storage_unref (storages[i]);
      g_clear_pointer (&gradients[i], lk_storage_unref);
    }
  return holds;
}
