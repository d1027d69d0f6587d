/* Convolution and its backward pass against double: kernels of 1 and 3, strides of 1 and 2, symmetric and one-sided padding,
 * few and many channels. */
#include "config.h"

#include <math.h>

#include "lk-test-cpu.h"

#define BOUND 1e-12

typedef struct
{
  gsize n, h, w, c, o, kernel, stride, pad_before, pad_after;
} Case;

static const Case cases[] = {
  { 1, 1, 1, 1, 1, 1, 1, 0, 0 }, { 1, 1, 1, 1, 1, 3, 1, 1, 1 }, { 2, 7, 5, 3, 7, 3, 1, 1, 1 }, { 1, 37, 3, 7, 37, 3, 1, 1, 1 },
  { 2, 5, 7, 37, 3, 3, 1, 1, 1 }, { 3, 6, 6, 4, 64, 3, 1, 1, 1 }, { 2, 6, 6, 64, 4, 3, 1, 1, 1 }, { 2, 9, 9, 8, 32, 3, 1, 1, 1 },
  { 2, 9, 9, 32, 8, 3, 1, 1, 1 }, { 1, 9, 11, 129, 65, 3, 1, 1, 1 }, { 2, 24, 24, 32, 64, 3, 1, 1, 1 },
  { 2, 8, 8, 20, 30, 3, 2, 1, 1 }, { 2, 7, 9, 20, 30, 3, 2, 1, 1 }, { 2, 8, 8, 20, 30, 3, 2, 0, 1 }, { 1, 13, 10, 3, 5, 3, 2, 0, 1 },
  { 2, 8, 8, 40, 24, 1, 1, 0, 0 }, { 1, 7, 7, 37, 129, 1, 1, 0, 0 }, { 1, 8, 8, 5, 6, 1, 2, 0, 0 }, { 1, 7, 7, 5, 6, 2, 2, 0, 0 },
  { 1, 9, 9, 5, 6, 5, 3, 2, 2 }, { 1, 5, 5, 320, 48, 3, 1, 1, 1 }, { 1, 4, 4, 16, 16, 3, 1, 2, 2 }, { 1, 30, 40, 3, 24, 7, 4, 3, 3 },
  /* Winograd's: whole tiles and cut ones, odd channels, unlike padding, more channels than a block of k holds. */
  { 2, 13, 11, 37, 40, 3, 1, 1, 1 }, { 1, 17, 16, 8, 9, 3, 1, 1, 1 }, { 3, 9, 9, 65, 33, 3, 1, 0, 0 }, { 1, 11, 14, 16, 16, 3, 1, 0, 2 },
  { 1, 9, 9, 20, 24, 3, 1, 2, 2 }, { 1, 16, 16, 700, 64, 3, 1, 1, 1 }, { 5, 8, 8, 64, 129, 3, 1, 1, 1 },
};

static LkCpuConv2d
conv_of (const Case *at)
{
  return (LkCpuConv2d) {
    .n = at->n, .h = at->h, .w = at->w, .c = at->c, .o = at->o, .kh = at->kernel, .kw = at->kernel, .stride = at->stride,
    .pad_before = at->pad_before,
    .out_h = (at->h + at->pad_before + at->pad_after - at->kernel) / at->stride + 1,
    .out_w = (at->w + at->pad_before + at->pad_after - at->kernel) / at->stride + 1,
  };
}

static char *
check_conv (LkPool     *pool,
            const Case *at,
            gboolean    is_backward,
            gboolean    is_f16,
            gboolean    with_extras,
            gboolean    has_fault)
{
  LkCpuConv2d conv = conv_of (at);
  gsize n_x = conv.n * conv.h * conv.w * conv.c, n_y = conv.n * conv.out_h * conv.out_w * conv.o;
  gsize n_in = is_backward ? n_y : n_x, n_out = is_backward ? n_x : n_y, n_weight = conv.o * conv.kh * conv.kw * conv.c;
  g_autofree float *weight = lk_test_new_normal (n_weight, 0.1, 1, 1), *in = lk_test_new_normal (n_in, 0.2, 1, 2);
  g_autofree float *bias = lk_test_new_normal (conv.o, 0, 3, 3), *out = lk_test_new_normal (n_out + 1, 0, 3, 4);
  g_autofree guint16 *weight16 = lk_test_new_f16 (n_weight, weight);
  g_autofree double *expected = g_new (double, n_out);

  conv.weight = is_f16 ? (gconstpointer) weight16 : weight;
  conv.weight_dtype = is_f16 ? LK_DTYPE_F16 : LK_DTYPE_F32;
  conv.x = in;
  conv.y = out;
  conv.bias = with_extras && !is_backward ? bias : NULL;
  conv.add = with_extras ? out : NULL;              /* in place */
  out[n_out] = 1234;

  (is_backward ? lk_reference_conv2d_backward_data : lk_reference_conv2d) (&conv, expected);
  if (has_fault)                                    /* one pixel of the input, one channel */
    in[n_in / 2] += 0.01f;
  (is_backward ? lk_cpu_conv2d_backward_data : lk_cpu_conv2d) (pool, &conv);

  if (out[n_out] != 1234)
    return g_strdup ("wrote beyond the end");
  return lk_check_nmse (out, expected, n_out, is_backward ? conv.c : conv.o, BOUND);
}

static void
test_against_double (void)
{
  g_autoptr (LkPool) pool = lk_pool_new (2);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    for (guint way = 0; way < 8; way++)
      {
        char *report = check_conv (pool, &cases[i], way & 1, way >> 1 & 1, way >> 2, FALSE);

        if (report != NULL)
          g_error ("case %u, %s, %s, %s: %s", i, way & 1 ? "backward" : "forward", way >> 1 & 1 ? "f16" : "f32",
                   way >> 2 ? "bias and add" : "alone", report);
      }
}

static void
test_faults_are_found (void)
{
  g_autoptr (LkPool) pool = lk_pool_new (2);

  for (guint i = 2; i < G_N_ELEMENTS (cases); i++)
    for (guint way = 0; way < 4; way++)
      if (cases[i].kernel >= cases[i].stride)         /* else the pixel may be one that nothing sees */
        lk_assert_reports (check_conv (pool, &cases[i], way & 1, way >> 1, FALSE, TRUE));
}

static char *
check_weight_gradient (LkPool     *pool,
                       const Case *at,
                       gboolean    with_add,
                       gboolean    has_fault)
{
  LkCpuConv2d conv = conv_of (at);
  gsize n_x = conv.n * conv.h * conv.w * conv.c, n_y = conv.n * conv.out_h * conv.out_w * conv.o;
  gsize columns = conv.kh * conv.kw * conv.c, n_weight = conv.o * columns;
  g_autofree float *x = lk_test_new_normal (n_x, 0.1, 1, 1), *dy = lk_test_new_normal (n_y, 0.2, 1, 2);
  g_autofree float *dweight = lk_test_new_normal (n_weight + 1, 0, 3, 3);
  g_autofree double *expected = g_new (double, n_weight);

  conv.x = x;
  conv.dy = dy;
  conv.y = dweight;
  conv.add = with_add ? dweight : NULL;
  dweight[n_weight] = 1234;
  lk_reference_conv2d_backward_weight (&conv, expected);
  if (has_fault)                                    /* one pixel, one channel */
    dy[n_y / 2] += 0.01f;
  lk_cpu_conv2d_backward_weight (pool, &conv);

  if (dweight[n_weight] != 1234)
    return g_strdup ("wrote beyond the end");
  return lk_check_nmse (dweight, expected, n_weight, columns, BOUND);
}

static void
test_weight_gradient (void)
{
  g_autoptr (LkPool) pool = lk_pool_new (2);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    for (guint with_add = 0; with_add < 2; with_add++)
      {
        char *report = check_weight_gradient (pool, &cases[i], with_add, FALSE);

        if (report != NULL)
          g_error ("case %u, %s: %s", i, with_add ? "added" : "alone", report);
      }
  for (guint i = 2; i < 11; i++)
    lk_assert_reports (check_weight_gradient (pool, &cases[i], FALSE, TRUE));
}

/* <dy, conv (x)> = <backward (dy), x> = <weight gradient, weight>, whatever the reference says. */
static void
test_backward_is_the_transpose (void)
{
  g_autoptr (LkPool) pool = lk_pool_new (2);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      LkCpuConv2d conv = conv_of (&cases[i]);
      gsize n_x = conv.n * conv.h * conv.w * conv.c, n_y = conv.n * conv.out_h * conv.out_w * conv.o;
      g_autofree float *weight = lk_test_new_normal (conv.o * conv.kh * conv.kw * conv.c, 0, 1, 1);
      g_autofree float *x = lk_test_new_normal (n_x, 0, 1, 2), *dy = lk_test_new_normal (n_y, 0, 1, 3);
      g_autofree float *y = g_new (float, n_y), *dx = g_new (float, n_x);
      g_autofree float *dweight = g_new (float, conv.o * conv.kh * conv.kw * conv.c);
      double forward = 0, backward = 0, of_weight = 0, size = 0;

      conv.weight = weight;
      conv.x = x;
      conv.y = y;
      lk_cpu_conv2d (pool, &conv);
      conv.x = dy;
      conv.y = dx;
      lk_cpu_conv2d_backward_data (pool, &conv);
      for (gsize j = 0; j < n_y; j++)
        {
          forward += (double) y[j] * dy[j];
          size += fabs ((double) y[j] * dy[j]);
        }
      for (gsize j = 0; j < n_x; j++)
        backward += (double) dx[j] * x[j];
      g_assert_cmpfloat (fabs (forward - backward), <=, 1e-6 * size);

      conv.x = x;
      conv.dy = dy;
      conv.y = dweight;
      lk_cpu_conv2d_backward_weight (pool, &conv);
      for (gsize j = 0; j < conv.o * conv.kh * conv.kw * conv.c; j++)
        of_weight += (double) dweight[j] * weight[j];
      g_assert_cmpfloat (fabs (forward - of_weight), <=, 1e-6 * size);
    }
}

static void
test_threads_change_nothing (void)
{
  static void (*const kernels[]) (LkPool *, const LkCpuConv2d *) =
    { lk_cpu_conv2d, lk_cpu_conv2d_backward_data, lk_cpu_conv2d_backward_weight };
  const guint n_threads[] = { 1, 2, 3, 5 };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    for (guint kernel = 0; kernel < G_N_ELEMENTS (kernels); kernel++)
      {
        LkCpuConv2d conv = conv_of (&cases[i]);
        gsize n_x = conv.n * conv.h * conv.w * conv.c, n_y = conv.n * conv.out_h * conv.out_w * conv.o;
        gsize n_weight = conv.o * conv.kh * conv.kw * conv.c, n_out = kernel == 0 ? n_y : kernel == 1 ? n_x : n_weight;
        g_autofree float *weight = lk_test_new_normal (n_weight, 0, 1, 1), *x = lk_test_new_normal (n_x, 0, 1, 2);
        g_autofree float *dy = lk_test_new_normal (n_y, 0, 1, 3), *first = g_new0 (float, n_out), *out = g_new0 (float, n_out);

        conv.weight = weight;
        conv.x = kernel == 1 ? dy : x;
        conv.dy = dy;
        for (guint j = 0; j < G_N_ELEMENTS (n_threads); j++)
          {
            g_autoptr (LkPool) pool = lk_pool_new (n_threads[j]);

            conv.y = j == 0 ? first : out;
            kernels[kernel] (pool, &conv);
            if (j > 0)
              lk_assert_same_bits (out, first, n_out, 0);
          }
      }
}

int
main (int    argc,
      char **argv)
{
  int skip = lk_test_cpu_init (&argc, &argv);

  if (skip != 0)
    return skip;
  g_test_add_func ("/conv2d/against-double", test_against_double);
  g_test_add_func ("/conv2d/faults-are-found", test_faults_are_found);
  g_test_add_func ("/conv2d/weight-gradient", test_weight_gradient);
  g_test_add_func ("/conv2d/backward-is-the-transpose", test_backward_is_the_transpose);
  g_test_add_func ("/conv2d/threads-change-nothing", test_threads_change_nothing);
  return g_test_run ();
}
