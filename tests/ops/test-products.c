/* Products, convolutions and attention at sizes where a device cuts them up: many tiles, a split k, a folded grid, blocks of keys; on
 * the device that LIKENESS_TEST_DEVICE names, against the formulas in fp64, gradients included.
 */
#include "config.h"

#include <math.h>

#include "lk-test-numbers.h"
#include "cpu/lk-cpu.h"
#include "ops/lk-ops.h"

static LkDevice *device;

/* A tensor with its values, as the device holds them. */
typedef struct
{
  gsize      n;
  float     *values;            /* owned */
  LkStorage *storage, *gradient;/* owned; gradient NULL where frozen */
  LkTensor  *tensor;
} Operand;

static Operand
operand_new (LkGraph     *graph,
             guint        n_dims,
             const gsize *dims,
             gboolean     is_f16,
             double       deviation,
             guint64      seed)
{
  Operand operand = { .n = 1 };
  g_autofree guint16 *half = NULL;

  for (guint i = 0; i < n_dims; i++)
    operand.n *= dims[i];
  operand.values = lk_test_new_normal (operand.n, 0, deviation, seed);
  operand.storage = lk_storage_new (device, is_f16 ? LK_DTYPE_F16 : LK_DTYPE_F32, operand.n, NULL);
  if (is_f16)
    {
      half = g_new (guint16, operand.n);
      lk_cpu_f32_to_f16 (operand.n, operand.values, half);
      lk_cpu_f16_to_f32 (operand.n, half, operand.values);
      operand.tensor = lk_graph_external (graph, operand.storage, 0, n_dims, dims);
    }
  else
    {
      operand.gradient = lk_storage_new (device, LK_DTYPE_F32, operand.n, NULL);
      operand.tensor = lk_graph_parameter (graph, operand.storage, operand.gradient, 0, n_dims, dims);
    }
  g_assert_true (lk_storage_write (operand.storage, 0, operand.n, is_f16 ? (gpointer) half : operand.values, NULL));
  return operand;
}

static void
operand_clear (Operand *operand)
{
  g_free (operand->values);
  lk_storage_unref (operand->storage);
  g_clear_pointer (&operand->gradient, lk_storage_unref);
}

/* Runs the graph from y's gradient `dy` on, three times: the first two runs of a recording are cut into small parts to be timed, and no
 * cut may change a bit. Parameters' gradients add up, so they are cleared before each run. */
static float *
run (LkGraph     *graph,
     LkTensor    *y,
     LkTensor    *dy,
     const float *dy_values,
     Operand    **operands,
     guint        n_operands)
{
  g_autoptr (GError) error = NULL;
  gsize n = lk_tensor_get_n_elements (y);
  float *result = g_new (float, n);
  g_autofree float *again = g_new (float, n);

  lk_graph_keep (graph, y);
  lk_graph_backward (graph, y, dy);
  lk_graph_compile (graph, &error);
  g_assert_no_error (error);
  lk_graph_write (graph, dy, dy_values, &error);
  g_assert_no_error (error);

  for (guint i = 0; i < 3; i++)
    {
      for (guint j = 0; j < n_operands; j++)
        if (operands[j]->gradient != NULL)
          {
            g_autofree float *zeros = g_new0 (float, operands[j]->n);

            g_assert_true (lk_storage_write (operands[j]->gradient, 0, operands[j]->n, zeros, NULL));
          }
      lk_graph_run (graph, &error);
      g_assert_no_error (error);
      lk_graph_read (graph, y, i == 0 ? result : again, &error);
      g_assert_no_error (error);
      if (i > 0)
        lk_assert_same_bits (again, result, n, 0);
    }
  return result;
}

static void
assert_gradient (const Operand *operand,
                 const double  *expected,
                 gsize          n_columns,
                 double         bound)
{
  g_autofree float *gradient = g_new (float, operand->n);

  g_assert_true (lk_storage_read (operand->gradient, 0, operand->n, gradient, NULL));
  lk_assert_nmse (gradient, expected, operand->n, n_columns, bound);
}

/* ---- products ------------------------------------------------------------------------------------------------- */

typedef struct
{
  const char *name;
  gsize       m, n, k;
  gboolean    is_f16;
} LinearCase;

/* y = x·Wᵀ: dx = dy·W and dW = dyᵀ·x, so that one case runs NT, NN and, where W is F32, TN. */
static const LinearCase linear_cases[] = {
  { "one", 1, 1, 1 },
  { "ragged", 37, 129, 7 },
  { "ragged-half", 37, 129, 7, TRUE },
  { "round", 128, 192, 64 },
  { "round-half", 128, 192, 64, TRUE },
  { "split-forward", 8, 40, 1500 },
  { "split-forward-ragged-half", 7, 41, 1501, TRUE },
  { "split-to-x", 12, 1500, 40 },
  { "split-to-weight", 3000, 16, 24 },
  { "split-to-weight-ragged", 3001, 5, 7 },
  { "many-tiles", 2100, 1028, 20 },
  { "many-tiles-ragged-half", 2099, 1027, 21, TRUE },
  { "folded-grid", 600000, 4, 4, TRUE },
};

static void
test_linear (gconstpointer data)
{
  const LinearCase *c = data;
  g_autoptr (LkGraph) graph = lk_graph_new (device);
  Operand x = operand_new (graph, 2, (gsize[]) { c->m, c->k }, FALSE, 1, 1);
  Operand w = operand_new (graph, 2, (gsize[]) { c->n, c->k }, c->is_f16, 1, 2);
  g_autofree float *dy_values = lk_test_new_normal (c->m * c->n, 0, 1, 3);
  LkTensor *dy = lk_graph_input (graph, LK_DTYPE_F32, 2, (gsize[]) { c->m, c->n });
  LkTensor *y = lk_linear (graph, x.tensor, w.tensor, NULL);
  g_autofree float *actual = run (graph, y, dy, dy_values, (Operand *[]) { &x, &w }, 2);
  g_autofree double *expected = g_new0 (double, c->m * c->n);
  g_autofree double *dx = g_new0 (double, c->m * c->k);
  g_autofree double *dw = g_new0 (double, c->n * c->k);

  for (gsize i = 0; i < c->m; i++)
    for (gsize j = 0; j < c->n; j++)
      {
        double slope = dy_values[i * c->n + j], sum = 0;

        for (gsize l = 0; l < c->k; l++)
          {
            double a = x.values[i * c->k + l], b = w.values[j * c->k + l];

            sum += a * b;
            dx[i * c->k + l] += slope * b;
            dw[j * c->k + l] += slope * a;
          }
        expected[i * c->n + j] = sum;
      }

  lk_assert_nmse (actual, expected, c->m * c->n, c->n, 1e-11);
  assert_gradient (&x, dx, c->k, 1e-11);
  if (!c->is_f16)
    assert_gradient (&w, dw, c->k, 1e-11);

  /* The bound finds one element of the last row that is off by a hundredth. */
  actual[c->m * c->n - 1] *= 1.01f;
  if (c->m * c->n < 1000000)
    lk_assert_reports (lk_check_nmse (actual, expected, c->m * c->n, c->n, 1e-11));

  operand_clear (&x);
  operand_clear (&w);
}

/* ---- convolutions --------------------------------------------------------------------------------------------- */

typedef struct
{
  const char *name;
  int         n, h, w, c, o, size, stride, before, after;
  gboolean    is_f16;
} ConvCase;

static const ConvCase conv_cases[] = {
  { "ragged", 2, 13, 11, 7, 37, 3, 1, 1, 1, FALSE },
  { "picture", 1, 29, 31, 3, 16, 3, 1, 1, 1, TRUE },
  { "round", 2, 16, 16, 32, 64, 3, 1, 1, 1, TRUE },
  { "split", 1, 5, 5, 132, 132, 3, 1, 1, 1, TRUE },
  { "split-ragged", 1, 5, 4, 131, 130, 3, 1, 1, 1, TRUE },
  { "half-size", 2, 17, 20, 12, 20, 3, 2, 1, 1, TRUE },
  { "half-size-after", 1, 18, 20, 12, 20, 3, 2, 0, 1, TRUE },
  { "adapter", 2, 24, 23, 36, 8, 3, 1, 1, 1, FALSE },
  { "adapter-half-size", 1, 65, 66, 8, 4, 3, 2, 1, 1, FALSE },
  { "third-size-five-by-five", 1, 19, 16, 5, 6, 5, 3, 2, 2, FALSE },
};

static void
test_conv (gconstpointer data)
{
  const ConvCase *c = data;
  g_autoptr (LkGraph) graph = lk_graph_new (device);
  int out_h = (c->h + c->before + c->after - c->size) / c->stride + 1, out_w = (c->w + c->before + c->after - c->size) / c->stride + 1;
  gsize n_out = (gsize) c->n * out_h * out_w * c->o;
  Operand x = operand_new (graph, 4, (gsize[]) { c->n, c->h, c->w, c->c }, FALSE, 1, 1);
  Operand w = operand_new (graph, 4, (gsize[]) { c->o, c->size, c->size, c->c }, c->is_f16, 1, 2);
  g_autofree float *dy_values = lk_test_new_normal (n_out, 0, 1, 3);
  LkTensor *dy = lk_graph_input (graph, LK_DTYPE_F32, 4, (gsize[]) { c->n, out_h, out_w, c->o });
  LkTensor *y = lk_conv2d (graph, x.tensor, w.tensor, NULL, c->stride, c->before, c->after);
  g_autofree float *actual = run (graph, y, dy, dy_values, (Operand *[]) { &x, &w }, 2);
  g_autofree double *expected = g_new0 (double, n_out);
  g_autofree double *dx = g_new0 (double, x.n);
  g_autofree double *dw = g_new0 (double, w.n);
  gsize at = 0;

  for (int n = 0; n < c->n; n++)
    for (int i = 0; i < out_h; i++)
      for (int j = 0; j < out_w; j++)
        for (int o = 0; o < c->o; o++, at++)
          for (int u = 0; u < c->size; u++)
            for (int v = 0; v < c->size; v++)
              {
                int row = i * c->stride + u - c->before, column = j * c->stride + v - c->before;
                gsize pixel = (((gsize) n * c->h + row) * c->w + column) * c->c, tap = (((gsize) o * c->size + u) * c->size + v) * c->c;

                if (row < 0 || row >= c->h || column < 0 || column >= c->w)
                  continue;
                for (int l = 0; l < c->c; l++)
                  {
                    expected[at] += (double) x.values[pixel + l] * w.values[tap + l];
                    dx[pixel + l] += (double) dy_values[at] * w.values[tap + l];
                    dw[tap + l] += (double) dy_values[at] * x.values[pixel + l];
                  }
              }

  lk_assert_nmse (actual, expected, n_out, c->o, 1e-11);
  assert_gradient (&x, dx, c->c, 1e-11);
  if (!c->is_f16)
    assert_gradient (&w, dw, c->c, 1e-11);

  operand_clear (&x);
  operand_clear (&w);
}

/* ---- attention ------------------------------------------------------------------------------------------------ */

typedef struct
{
  const char *name;
  gsize       b, t, s, h, d;
  gboolean    is_causal;
} AttentionCase;

static const AttentionCase attention_cases[] = {
  { "self", 2, 130, 130, 3, 40 },
  { "cross", 2, 200, 77, 2, 64 },
  { "causal", 2, 77, 77, 2, 64, TRUE },
  { "causal-ragged", 1, 131, 131, 2, 10, TRUE },
  { "fewer-queries-than-keys", 1, 7, 129, 1, 37 },
  { "causal-with-unseen-keys", 1, 5, 100, 2, 8, TRUE },
  { "wide", 1, 65, 70, 1, 160 },
  { "widest", 1, 70, 66, 1, 512 },
};

/* One head: y and the gradients, by the formulas of src/ops/lk-attention.c. Rows are `stride` apart. */
static void
attend (const AttentionCase *c,
        const float         *q,
        const float         *k,
        const float         *v,
        const float         *dy,
        double              *y,
        double              *dq,
        double              *dk,
        double              *dv)
{
  gsize stride = c->h * c->d;
  double scale = 1 / sqrt ((double) c->d);
  g_autofree double *p = g_new (double, c->s);

  for (gsize i = 0; i < c->t; i++)
    {
      gsize end = c->is_causal ? MIN (i + 1, c->s) : c->s;
      double greatest = -INFINITY, sum = 0, delta = 0;

      for (gsize j = 0; j < end; j++)
        {
          p[j] = 0;
          for (gsize x = 0; x < c->d; x++)
            p[j] += (double) q[i * stride + x] * k[j * stride + x];
          p[j] *= scale;
          greatest = MAX (greatest, p[j]);
        }
      for (gsize j = 0; j < end; j++)
        sum += p[j] = exp (p[j] - greatest);
      for (gsize j = 0; j < end; j++)
        for (gsize x = 0; x < c->d; x++)
          y[i * stride + x] += p[j] / sum * v[j * stride + x];
      for (gsize x = 0; x < c->d; x++)
        delta += dy[i * stride + x] * y[i * stride + x];
      for (gsize j = 0; j < end; j++)
        {
          double slope = -delta;

          p[j] /= sum;
          for (gsize x = 0; x < c->d; x++)
            slope += (double) dy[i * stride + x] * v[j * stride + x];
          slope *= p[j] * scale;
          for (gsize x = 0; x < c->d; x++)
            {
              dv[j * stride + x] += p[j] * dy[i * stride + x];
              dq[i * stride + x] += slope * k[j * stride + x];
              dk[j * stride + x] += slope * q[i * stride + x];
            }
        }
    }
}

static void
test_attention (gconstpointer data)
{
  const AttentionCase *c = data;
  g_autoptr (LkGraph) graph = lk_graph_new (device);
  gsize width = c->h * c->d, n_q = c->b * c->t * width, n_k = c->b * c->s * width;
  Operand q = operand_new (graph, 3, (gsize[]) { c->b, c->t, width }, FALSE, 1.5, 1);
  Operand k = operand_new (graph, 3, (gsize[]) { c->b, c->s, width }, FALSE, 1.5, 2);
  Operand v = operand_new (graph, 3, (gsize[]) { c->b, c->s, width }, FALSE, 1, 3);
  g_autofree float *dy_values = lk_test_new_normal (n_q, 0, 1, 4);
  LkTensor *dy = lk_graph_input (graph, LK_DTYPE_F32, 3, (gsize[]) { c->b, c->t, width });
  LkTensor *y = lk_attention (graph, q.tensor, k.tensor, v.tensor, c->h, (float) (1 / sqrt ((double) c->d)), c->is_causal);
  g_autofree float *actual = run (graph, y, dy, dy_values, (Operand *[]) { &q, &k, &v }, 3);
  g_autofree double *expected = g_new0 (double, n_q);
  g_autofree double *dq = g_new0 (double, n_q);
  g_autofree double *dk = g_new0 (double, n_k);
  g_autofree double *dv = g_new0 (double, n_k);

  for (gsize n = 0; n < c->b; n++)
    for (gsize head = 0; head < c->h; head++)
      {
        gsize at_q = n * c->t * width + head * c->d, at_k = n * c->s * width + head * c->d;

        attend (c, q.values + at_q, k.values + at_k, v.values + at_k, dy_values + at_q, expected + at_q, dq + at_q, dk + at_k, dv + at_k);
      }

  lk_assert_nmse (actual, expected, n_q, width, 1e-11);
  assert_gradient (&q, dq, width, 1e-10);
  assert_gradient (&k, dk, width, 1e-10);
  assert_gradient (&v, dv, width, 1e-11);

  operand_clear (&q);
  operand_clear (&k);
  operand_clear (&v);
}

int
main (int    argc,
      char **argv)
{
  g_autoptr (GError) error = NULL;
  int result;

  g_test_init (&argc, &argv, NULL);
  device = lk_device_open (g_getenv ("LIKENESS_TEST_DEVICE"), 0, &error);
  g_assert_no_error (error);

  for (guint i = 0; i < G_N_ELEMENTS (linear_cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/products/linear/%s", linear_cases[i].name);

      g_test_add_data_func (path, &linear_cases[i], test_linear);
    }
  for (guint i = 0; i < G_N_ELEMENTS (conv_cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/products/conv/%s", conv_cases[i].name);

      g_test_add_data_func (path, &conv_cases[i], test_conv);
    }
  for (guint i = 0; i < G_N_ELEMENTS (attention_cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/products/attention/%s", attention_cases[i].name);

      g_test_add_data_func (path, &attention_cases[i], test_attention);
    }

  result = g_test_run ();
  lk_device_unref (device);
  return result;
}
