/* Every op that gradients flow through, on the device that LIKENESS_TEST_DEVICE names: ragged sizes first, round ones last. */
#include "config.h"

#include <math.h>
#include <string.h>

#include "lk-test-isa.h"
#include "lk-test-op.h"

static LkDevice *device;

/* ---- products ------------------------------------------------------------------------------------------------ */

static LkTensor *
build_linear (LkGraph        *graph,
              const LkTestOp *test,
              LkTensor      **in)
{
  return lk_linear (graph, in[0], in[1], in[2]);
}

/* y[m,n] = Σ x[m,k]·w[n,k] + bias[n] */
static void
linear_formula (const LkTestOp *test,
                double        **in,
                double         *y)
{
  gsize k = test->inputs[1].dims[1], n = test->inputs[1].dims[0], m = 1;

  for (guint i = 0; i + 1 < test->inputs[0].n_dims; i++)
    m *= test->inputs[0].dims[i];
  for (gsize i = 0; i < m; i++)
    for (gsize j = 0; j < n; j++)
      {
        double sum = test->n_inputs > 2 ? in[2][j] : 0;

        for (gsize l = 0; l < k; l++)
          sum += in[0][i * k + l] * in[1][j * k + l];
        y[i * n + j] = sum;
      }
}

static LkTensor *
build_linear_no_bias (LkGraph        *graph,
                      const LkTestOp *test,
                      LkTensor      **in)
{
  return lk_linear (graph, in[0], in[1], NULL);
}

static LkTensor *
build_lora (LkGraph        *graph,
            const LkTestOp *test,
            LkTensor      **in)
{
  return lk_linear_add (graph, lk_linear (graph, in[0], in[1], NULL), in[0], in[2], in[3]);
}

/* y = x·Wᵀ + s·x·Vᵀ: x gets gradients from two products. */
static void
lora_formula (const LkTestOp *test,
              double        **in,
              double         *y)
{
  gsize m = test->inputs[0].dims[0], k = test->inputs[0].dims[1], n = test->inputs[1].dims[0];

  for (gsize i = 0; i < m; i++)
    for (gsize j = 0; j < n; j++)
      {
        double sum = 0;

        for (gsize l = 0; l < k; l++)
          sum += in[0][i * k + l] * (in[1][j * k + l] + in[3][0] * in[2][j * k + l]);
        y[i * n + j] = sum;
      }
}

static LkTensor *
build_conv (LkGraph        *graph,
            const LkTestOp *test,
            LkTensor      **in)
{
  return lk_conv2d (graph, in[0], in[1], in[2], (guint) test->numbers[0], (guint) test->numbers[1], (guint) test->numbers[2]);
}

static void
conv_formula (const LkTestOp *test,
              double        **in,
              double         *y)
{
  const gsize *d = test->inputs[0].dims, *k = test->inputs[1].dims;
  int stride = test->numbers[0], before = test->numbers[1], after = test->numbers[2];
  int h = (int) d[1], w = (int) d[2], c = (int) d[3], kh = (int) k[1], kw = (int) k[2];
  int out_h = (h + before + after - kh) / stride + 1, out_w = (w + before + after - kw) / stride + 1;

  for (gsize n = 0; n < d[0]; n++)
    for (int i = 0; i < out_h; i++)
      for (int j = 0; j < out_w; j++)
        for (gsize o = 0; o < k[0]; o++)
          {
            double sum = in[2][o];

            for (int u = 0; u < kh; u++)
              for (int v = 0; v < kw; v++)
                {
                  int a = i * stride + u - before, b = j * stride + v - before;

                  if (a < 0 || a >= h || b < 0 || b >= w)
                    continue;
                  for (int l = 0; l < c; l++)
                    sum += in[0][((n * (gsize) h + (gsize) a) * (gsize) w + (gsize) b) * (gsize) c + (gsize) l]
                           * in[1][((o * (gsize) kh + (gsize) u) * (gsize) kw + (gsize) v) * (gsize) c + (gsize) l];
                }
            *y++ = sum;
          }
}

static LkTensor *
build_attention (LkGraph        *graph,
                 const LkTestOp *test,
                 LkTensor      **in)
{
  return lk_attention (graph, in[0], in[1], in[2], (guint) test->numbers[0], (float) test->number, test->numbers[1]);
}

static void
attention_formula (const LkTestOp *test,
                   double        **in,
                   double         *y)
{
  gsize b = test->inputs[0].dims[0], t = test->inputs[0].dims[1], s = test->inputs[1].dims[1], width = test->inputs[0].dims[2];
  gsize heads = (gsize) test->numbers[0], d = width / heads;
  double scale = (float) test->number;
  g_autofree double *p = g_new (double, s);

  for (gsize n = 0; n < b; n++)
    for (gsize head = 0; head < heads; head++)
      for (gsize i = 0; i < t; i++)
        {
          const double *q = in[0] + (n * t + i) * width + head * d;
          gsize seen = test->numbers[1] ? MIN (i + 1, s) : s;
          double top = -INFINITY, sum = 0;

          for (gsize j = 0; j < seen; j++)
            {
              const double *k = in[1] + (n * s + j) * width + head * d;

              p[j] = 0;
              for (gsize l = 0; l < d; l++)
                p[j] += scale * q[l] * k[l];
              top = MAX (top, p[j]);
            }
          for (gsize j = 0; j < seen; j++)
            sum += p[j] = exp (p[j] - top);
          for (gsize l = 0; l < d; l++)
            {
              double value = 0;

              for (gsize j = 0; j < seen; j++)
                value += p[j] / sum * in[2][(n * s + j) * width + head * d + l];
              y[(n * t + i) * width + head * d + l] = value;
            }
        }
}

/* ---- norms --------------------------------------------------------------------------------------------------- */

static LkTensor *
build_group_norm (LkGraph        *graph,
                  const LkTestOp *test,
                  LkTensor      **in)
{
  return lk_group_norm (graph, in[0], in[1], in[2], (guint) test->numbers[0], 1e-5f, test->numbers[1]);
}

static void
group_norm_formula (const LkTestOp *test,
                    double        **in,
                    double         *y)
{
  gsize n = test->inputs[0].dims[0], places = test->inputs[0].dims[1], c = test->inputs[0].dims[2];
  gsize groups = (gsize) test->numbers[0], width = c / groups;

  for (gsize sample = 0; sample < n; sample++)
    for (gsize g = 0; g < groups; g++)
      {
        const double *x = in[0] + sample * places * c + g * width;
        double mean = 0, variance = 0;

        for (gsize i = 0; i < places; i++)
          for (gsize j = 0; j < width; j++)
            mean += x[i * c + j] / (double) (places * width);
        for (gsize i = 0; i < places; i++)
          for (gsize j = 0; j < width; j++)
            variance += (x[i * c + j] - mean) * (x[i * c + j] - mean) / (double) (places * width);
        for (gsize i = 0; i < places; i++)
          for (gsize j = 0; j < width; j++)
            {
              double z = (x[i * c + j] - mean) / sqrt (variance + 1e-5f) * in[1][g * width + j] + in[2][g * width + j];

              y[sample * places * c + i * c + g * width + j] = test->numbers[1] ? z / (1 + exp (-z)) : z;
            }
      }
}

static LkTensor *
build_layer_norm (LkGraph        *graph,
                  const LkTestOp *test,
                  LkTensor      **in)
{
  return lk_layer_norm (graph, in[0], in[1], in[2], 1e-5f);
}

static void
layer_norm_formula (const LkTestOp *test,
                    double        **in,
                    double         *y)
{
  gsize rows = test->inputs[0].dims[0], c = test->inputs[0].dims[1];

  for (gsize row = 0; row < rows; row++)
    {
      const double *x = in[0] + row * c;
      double mean = 0, variance = 0;

      for (gsize i = 0; i < c; i++)
        mean += x[i] / (double) c;
      for (gsize i = 0; i < c; i++)
        variance += (x[i] - mean) * (x[i] - mean) / (double) c;
      for (gsize i = 0; i < c; i++)
        y[row * c + i] = (x[i] - mean) / sqrt (variance + 1e-5f) * in[1][i] + in[2][i];
    }
}

/* ---- element by element --------------------------------------------------------------------------------------- */

static double
activate (int    kind,
          double x)
{
  switch (kind)
    {
    case LK_ACTIVATION_SILU:
      return x / (1 + exp (-x));
    case LK_ACTIVATION_GELU:
      return 0.5 * x * erfc (-x / sqrt (2));
    case LK_ACTIVATION_GELU_TANH:
      return 0.5 * x * (1 + tanh (sqrt (2 / G_PI) * (x + 0.044715 * x * x * x)));
    default:
      return x / (1 + exp (-1.702 * x));
    }
}

static LkTensor *
build_activation (LkGraph        *graph,
                  const LkTestOp *test,
                  LkTensor      **in)
{
  return lk_activation (graph, in[0], (LkActivation) test->numbers[0]);
}

static void
activation_formula (const LkTestOp *test,
                    double        **in,
                    double         *y)
{
  for (gsize i = 0; i < test->inputs[0].dims[0] * test->inputs[0].dims[1]; i++)
    y[i] = activate (test->numbers[0], in[0][i]);
}

static LkTensor *
build_geglu (LkGraph        *graph,
             const LkTestOp *test,
             LkTensor      **in)
{
  return lk_geglu (graph, in[0]);
}

static void
geglu_formula (const LkTestOp *test,
               double        **in,
               double         *y)
{
  gsize rows = test->inputs[0].dims[0], c = test->inputs[0].dims[1] / 2;

  for (gsize row = 0; row < rows; row++)
    for (gsize i = 0; i < c; i++)
      y[row * c + i] = in[0][row * 2 * c + i] * activate (LK_ACTIVATION_GELU, in[0][row * 2 * c + c + i]);
}

static LkTensor *
build_add (LkGraph        *graph,
           const LkTestOp *test,
           LkTensor      **in)
{
  return lk_add (graph, lk_add (graph, in[0], in[1]), in[0]);
}

/* y = a + b + a: one input used twice. */
static void
add_formula (const LkTestOp *test,
             double        **in,
             double         *y)
{
  for (gsize i = 0; i < test->inputs[0].dims[0] * test->inputs[0].dims[1]; i++)
    y[i] = 2 * in[0][i] + in[1][i];
}

static LkTensor *
build_add_per_sample (LkGraph        *graph,
                      const LkTestOp *test,
                      LkTensor      **in)
{
  return lk_add_per_sample (graph, in[0], in[1]);
}

static void
add_per_sample_formula (const LkTestOp *test,
                        double        **in,
                        double         *y)
{
  const gsize *d = test->inputs[0].dims;

  for (gsize n = 0; n < d[0]; n++)
    for (gsize i = 0; i < d[1]; i++)
      for (gsize c = 0; c < d[2]; c++)
        y[(n * d[1] + i) * d[2] + c] = in[0][(n * d[1] + i) * d[2] + c] + in[1][n * d[2] + c];
}

static LkTensor *
build_concat (LkGraph        *graph,
              const LkTestOp *test,
              LkTensor      **in)
{
  return lk_concat (graph, in[0], in[1]);
}

static void
concat_formula (const LkTestOp *test,
                double        **in,
                double         *y)
{
  gsize rows = test->inputs[0].dims[0], a = test->inputs[0].dims[1], b = test->inputs[1].dims[1];

  for (gsize row = 0; row < rows; row++)
    {
      memcpy (y + row * (a + b), in[0] + row * a, a * sizeof (double));
      memcpy (y + row * (a + b) + a, in[1] + row * b, b * sizeof (double));
    }
}

static LkTensor *
build_slice (LkGraph        *graph,
             const LkTestOp *test,
             LkTensor      **in)
{
  return lk_slice (graph, in[0], (gsize) test->numbers[0], (gsize) test->numbers[1]);
}

static void
slice_formula (const LkTestOp *test,
               double        **in,
               double         *y)
{
  gsize n = (gsize) test->numbers[1];

  for (gsize row = 0; row < test->inputs[0].dims[0]; row++)
    memcpy (y + row * n, in[0] + row * test->inputs[0].dims[1] + test->numbers[0], n * sizeof (double));
}

static LkTensor *
build_upsample (LkGraph        *graph,
                const LkTestOp *test,
                LkTensor      **in)
{
  return lk_upsample (graph, in[0], (gsize) test->numbers[0], (gsize) test->numbers[1]);
}

static void
upsample_formula (const LkTestOp *test,
                  double        **in,
                  double         *y)
{
  const gsize *d = test->inputs[0].dims;

  for (gsize n = 0; n < d[0]; n++)
    for (gsize i = 0; i < (gsize) test->numbers[0]; i++)
      for (gsize j = 0; j < (gsize) test->numbers[1]; j++)
        for (gsize c = 0; c < d[3]; c++)
          *y++ = in[0][((n * d[1] + i / 2) * d[2] + j / 2) * d[3] + c];
}

static LkTensor *
build_mse_loss (LkGraph        *graph,
                const LkTestOp *test,
                LkTensor      **in)
{
  return lk_mse_loss (graph, in[0], in[1], in[2], NULL);
}

static void
mse_loss_formula (const LkTestOp *test,
                  double        **in,
                  double         *y)
{
  gsize n = test->inputs[0].dims[0], m = test->inputs[0].dims[1];

  *y = 0;
  for (gsize i = 0; i < n; i++)
    for (gsize j = 0; j < m; j++)
      *y += in[2][i] * (in[0][i * m + j] - in[1][i * m + j]) * (in[0][i * m + j] - in[1][i * m + j]) / (double) (n * m);
}

/* ---- cases --------------------------------------------------------------------------------------------------- */

#define F16 .is_f16 = TRUE
#define FROZEN .is_frozen = TRUE

static const LkTestOp cases[] = {
  { "linear/one", 3, { { 2, { 1, 1 } }, { 2, { 1, 1 } }, { 1, { 1 }, FROZEN } }, { 0 }, 0, build_linear, linear_formula },
  { "linear/ragged", 3, { { 2, { 7, 37 } }, { 2, { 13, 37 } }, { 1, { 13 }, FROZEN } }, { 0 }, 0, build_linear, linear_formula },
  { "linear/three-dimensions", 3, { { 3, { 3, 5, 17 } }, { 2, { 9, 17 } }, { 1, { 9 }, FROZEN } }, { 0 }, 0, build_linear, linear_formula },
  { "linear/half-weight", 3, { { 2, { 37, 129 } }, { 2, { 31, 129 }, F16 }, { 1, { 31 }, FROZEN } }, { 0 }, 0, build_linear, linear_formula },
  { "linear/odd-half-weight", 2, { { 2, { 5, 7 } }, { 2, { 3, 7 }, F16 } }, { 0 }, 0, build_linear_no_bias, linear_formula },
  { "linear/rank", 2, { { 2, { 129, 64 } }, { 2, { 4, 64 } } }, { 0 }, 0, build_linear_no_bias, linear_formula },
  { "linear/long", 2, { { 2, { 700, 8 } }, { 2, { 4, 8 } } }, { 0 }, 0, build_linear_no_bias, linear_formula },
  { "linear/round", 2, { { 2, { 64, 64 } }, { 2, { 32, 64 }, F16 } }, { 0 }, 0, build_linear_no_bias, linear_formula },
  { "lora", 4, { { 2, { 19, 33 } }, { 2, { 21, 33 }, F16 }, { 2, { 21, 33 } }, { 1, { 1 }, FROZEN } }, { 0 }, 0, build_lora, lora_formula },
  { "conv/one-pixel", 3, { { 4, { 1, 1, 1, 3 } }, { 4, { 5, 3, 3, 3 }, F16 }, { 1, { 5 }, FROZEN } }, { 1, 1, 1 }, 0, build_conv, conv_formula },
  { "conv/ragged", 3, { { 4, { 2, 7, 5, 3 } }, { 4, { 6, 3, 3, 3 }, F16 }, { 1, { 6 }, FROZEN } }, { 1, 1, 1 }, 0, build_conv, conv_formula },
  { "conv/single-precision", 3, { { 4, { 1, 6, 7, 9 } }, { 4, { 4, 3, 3, 9 }, FROZEN }, { 1, { 4 }, FROZEN } }, { 1, 1, 1 }, 0, build_conv, conv_formula },
  { "conv/stride-two", 3, { { 4, { 2, 9, 6, 8 } }, { 4, { 7, 3, 3, 8 }, F16 }, { 1, { 7 }, FROZEN } }, { 2, 1, 1 }, 0, build_conv, conv_formula },
  { "conv/stride-two-after", 3, { { 4, { 1, 8, 10, 5 } }, { 4, { 8, 3, 3, 5 }, F16 }, { 1, { 8 }, FROZEN } }, { 2, 0, 1 }, 0, build_conv, conv_formula },
  { "conv/one-by-one", 3, { { 4, { 2, 5, 5, 16 } }, { 4, { 12, 1, 1, 16 }, F16 }, { 1, { 12 }, FROZEN } }, { 1, 0, 0 }, 0, build_conv, conv_formula },
  { "conv/wide", 3, { { 4, { 1, 5, 6, 40 } }, { 4, { 37, 3, 3, 40 }, F16 }, { 1, { 37 }, FROZEN } }, { 1, 1, 1 }, 0, build_conv, conv_formula },
  { "conv/trained", 3, { { 4, { 2, 7, 6, 5 } }, { 4, { 4, 3, 3, 5 } }, { 1, { 4 }, FROZEN } }, { 1, 1, 1 }, 0, build_conv, conv_formula },
  { "conv/trained-stride-two", 3, { { 4, { 1, 9, 6, 3 } }, { 4, { 2, 3, 3, 3 } }, { 1, { 2 }, FROZEN } }, { 2, 1, 1 }, 0, build_conv, conv_formula },
  { "attention/one", 3, { { 3, { 1, 1, 4 } }, { 3, { 1, 1, 4 } }, { 3, { 1, 1, 4 } } }, { 1, 0 }, 0.5, build_attention, attention_formula,
    .gradient_bound = 1e-9 },
  { "attention/self", 3, { { 3, { 2, 13, 24 } }, { 3, { 2, 13, 24 } }, { 3, { 2, 13, 24 } } }, { 3, 0 }, 0.35, build_attention, attention_formula },
  { "attention/cross", 3, { { 3, { 2, 19, 16 } }, { 3, { 2, 7, 16 } }, { 3, { 2, 7, 16 } } }, { 2, 0 }, 0.35, build_attention, attention_formula },
  { "attention/causal", 3, { { 3, { 1, 17, 16 } }, { 3, { 1, 17, 16 } }, { 3, { 1, 17, 16 } } }, { 2, 1 }, 0.35, build_attention, attention_formula },
  { "attention/peaked", 3, { { 3, { 1, 9, 8 }, .deviation = 6 }, { 3, { 1, 9, 8 }, .deviation = 6 }, { 3, { 1, 9, 8 } } }, { 1, 0 }, 0.35, build_attention,
    attention_formula,
    .bound = 1e-9, .gradient_bound = 1e-8 },
  { "attention/many-keys", 3, { { 3, { 1, 5, 8 } }, { 3, { 1, 150, 8 } }, { 3, { 1, 150, 8 } } }, { 2, 0 }, 0.5, build_attention, attention_formula },
  { "attention/many-queries", 3, { { 3, { 1, 150, 8 } }, { 3, { 1, 5, 8 } }, { 3, { 1, 5, 8 } } }, { 2, 0 }, 0.5, build_attention, attention_formula },
  { "attention/head-of-40", 3, { { 3, { 1, 33, 40 } }, { 3, { 1, 33, 40 } }, { 3, { 1, 33, 40 } } }, { 1, 0 }, 0.158, build_attention, attention_formula },
  { "attention/head-of-160", 3, { { 3, { 1, 11, 160 } }, { 3, { 1, 11, 160 } }, { 3, { 1, 11, 160 } } }, { 1, 0 }, 0.079, build_attention, attention_formula },
  { "attention/head-of-512", 3, { { 3, { 1, 6, 512 } }, { 3, { 1, 6, 512 } }, { 3, { 1, 6, 512 } } }, { 1, 0 }, 0.0442, build_attention, attention_formula },
  { "group-norm/one-channel-groups", 3, { { 3, { 2, 15, 8 } }, { 1, { 8 }, FROZEN }, { 1, { 8 }, FROZEN } }, { 8, 0 }, 0, build_group_norm,
    group_norm_formula },
  { "group-norm/ragged", 3, { { 3, { 3, 37, 20 } }, { 1, { 20 }, FROZEN }, { 1, { 20 }, FROZEN } }, { 4, 0 }, 0, build_group_norm, group_norm_formula },
  { "group-norm/silu", 3, { { 3, { 2, 35, 24 } }, { 1, { 24 }, FROZEN }, { 1, { 24 }, FROZEN } }, { 8, 1 }, 0, build_group_norm, group_norm_formula },
  /* The mean is 10⁴ times the deviation: where a one-pass variance breaks. The values themselves carry 2⁻²⁴·10⁴ of it. */
  { "group-norm/far-from-zero", 3, { { 3, { 1, 129, 16 }, .mean = 1e4 }, { 1, { 16 }, FROZEN }, { 1, { 16 }, FROZEN } }, { 2, 0 }, 0, build_group_norm,
    group_norm_formula,
    .bound = 1e-8, .gradient_bound = 1e-6 },
  { "group-norm/many-places", 3, { { 3, { 1, 600, 4 } }, { 1, { 4 }, FROZEN }, { 1, { 4 }, FROZEN } }, { 2, 1 }, 0, build_group_norm, group_norm_formula },
  { "layer-norm/one-row", 3, { { 2, { 1, 7 } }, { 1, { 7 }, FROZEN }, { 1, { 7 }, FROZEN } }, { 0 }, 0, build_layer_norm, layer_norm_formula },
  { "layer-norm/ragged", 3, { { 2, { 37, 129 } }, { 1, { 129 }, FROZEN }, { 1, { 129 }, FROZEN } }, { 0 }, 0, build_layer_norm, layer_norm_formula },
  { "layer-norm/far-from-zero", 3, { { 2, { 3, 320 }, .mean = 1e4 }, { 1, { 320 }, FROZEN }, { 1, { 320 }, FROZEN } }, { 0 }, 0, build_layer_norm,
    layer_norm_formula,
    .bound = 1e-8, .gradient_bound = 1e-6 },
  { "activation/silu", 1, { { 2, { 37, 29 }, .deviation = 3 } }, { LK_ACTIVATION_SILU }, 0, build_activation, activation_formula },
  { "activation/gelu", 1, { { 2, { 37, 29 }, .deviation = 3 } }, { LK_ACTIVATION_GELU }, 0, build_activation, activation_formula },
  { "activation/gelu-tanh", 1, { { 2, { 37, 29 }, .deviation = 3 } }, { LK_ACTIVATION_GELU_TANH }, 0, build_activation, activation_formula },
  { "activation/quick-gelu", 1, { { 2, { 37, 29 }, .deviation = 3 } }, { LK_ACTIVATION_QUICK_GELU }, 0, build_activation, activation_formula },
  { "geglu", 1, { { 2, { 17, 62 } } }, { 0 }, 0, build_geglu, geglu_formula },
  { "add", 2, { { 2, { 7, 37 } }, { 2, { 7, 37 } } }, { 0 }, 0, build_add, add_formula },
  { "add-per-sample", 2, { { 3, { 3, 37, 13 } }, { 2, { 3, 13 } } }, { 0 }, 0, build_add_per_sample, add_per_sample_formula },
  { "concat", 2, { { 2, { 37, 7 } }, { 2, { 37, 12 } } }, { 0 }, 0, build_concat, concat_formula },
  { "slice", 1, { { 2, { 37, 29 } } }, { 5, 13 }, 0, build_slice, slice_formula },
  { "upsample/whole", 1, { { 4, { 2, 3, 5, 7 } } }, { 6, 10 }, 0, build_upsample, upsample_formula },
  { "upsample/odd", 1, { { 4, { 2, 3, 5, 7 } } }, { 5, 9 }, 0, build_upsample, upsample_formula },
  { "mse-loss", 3, { { 2, { 3, 129 } }, { 2, { 3, 129 }, FROZEN }, { 1, { 3 }, FROZEN } }, { 0 }, 0, build_mse_loss, mse_loss_formula },
};

static void
test_case (gconstpointer data)
{
  const LkTestOp *test = data;

  if (!lk_test_op_holds (test, device, 0))
    g_test_fail ();
}

/* A fault of a tenth in the first element must break the bounds. */
static void
test_planted_fault (gconstpointer data)
{
  g_assert_false (lk_test_op_holds (data, device, 0.1));
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

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/ops/%s", cases[i].name);
      g_autofree char *fault_path = g_strdup_printf ("/ops/%s/planted-fault", cases[i].name);

      g_test_add_data_func (path, &cases[i], test_case);
      g_test_add_data_func (fault_path, &cases[i], test_planted_fault);
    }

  status = g_test_run ();
  lk_device_unref (device);
  return status;
}
