/* Matrix products against double: every layout, number type, epilogue and path, ragged sizes first. */
#include "config.h"

#include <string.h>

#include "lk-test-cpu.h"

#define BOUND 1e-12

typedef struct
{
  gsize m, n, k;
} Size;

static const Size sizes[] = {
  { 1, 1, 1 }, { 7, 7, 7 }, { 37, 37, 37 }, { 129, 129, 129 },
  { 1, 129, 37 }, { 129, 1, 37 }, { 37, 129, 1 }, { 1, 37, 300 }, { 2, 129, 129 }, { 9, 37, 129 }, { 37, 9, 129 }, { 129, 4, 700 },
  { 15, 17, 19 }, { 14, 32, 256 }, { 28, 64, 257 }, { 77, 96, 80 }, { 100, 16, 128 }, { 100, 128, 16 }, { 3, 200, 520 }, { 61, 33, 515 },
  { 16, 64, 2304 }, { 64, 16, 2304 }, { 4, 320, 4100 }, { 33, 33, 5000 }, { 700, 48, 40 }, { 48, 1100, 40 }, { 5, 5, 0 },
  { 450, 530, 70 },
};

/* Runs one product with strides wider than needed, guards around C, and the given epilogue; returns the report of `check`. */
static char *
check_gemm (LkPool  *pool,
            Size     size,
            gboolean trans_a,
            gboolean trans_b,
            gboolean is_f16,
            gboolean with_bias,
            guint    add_kind,          /* 0: none, 1: its own memory, 2: C itself */
            float    scale,
            guint    fault)             /* 0: none, 1: one element is wrong, 2: the last column of k is left out */
{
  gsize a_rows = trans_a ? size.k : size.m, a_columns = trans_a ? size.m : size.k;
  gsize b_rows = trans_b ? size.n : size.k, b_columns = trans_b ? size.k : size.n;
  gsize lda = a_columns + 3, ldb = b_columns + 5, ldc = size.n + 2;
  g_autofree float *a = lk_test_new_normal (a_rows * lda, 0.3, 1, 1), *b = lk_test_new_normal (b_rows * ldb, 0.2, 1, 2);
  g_autofree guint16 *b16 = NULL;
  g_autofree float *bias = lk_test_new_normal (size.n, 0, 3, 3), *c = lk_test_new_normal (size.m * ldc, 0, 3, 4);
  g_autofree float *add = lk_test_new_normal (size.m * ldc, 0, 3, 4), *dense = g_new (float, size.m * size.n);
  g_autofree double *expected = g_new (double, size.m * ldc), *dense_expected = g_new (double, size.m * size.n);
  LkCpuGemm gemm = {
    .m = size.m, .n = size.n, .k = size.k, .trans_a = trans_a, .trans_b = trans_b, .scale = scale,
    .a = a, .lda = lda, .b = b, .ldb = ldb, .bias = with_bias ? bias : NULL,
    .add = add_kind == 0 ? NULL : add_kind == 1 ? add : c, .c = c, .ldc = ldc,
  };

  /* What lies between rows must not be read as a number. */
  for (gsize i = 0; i < a_rows; i++)
    for (gsize j = a_columns; j < lda; j++)
      a[i * lda + j] = G_MAXFLOAT;
  for (gsize i = 0; i < b_rows; i++)
    for (gsize j = b_columns; j < ldb; j++)
      b[i * ldb + j] = 60000;
  if (is_f16)
    {
      gemm.b = b16 = lk_test_new_f16 (b_rows * ldb, b);
      gemm.b_dtype = LK_DTYPE_F16;
    }

  lk_reference_gemm (&gemm, expected);
  if (fault == 2)
    gemm.k--;
  lk_cpu_gemm (pool, &gemm);
  if (fault == 1)
    c[size.m / 2 * ldc + size.n / 2] *= 1.001f;

  for (gsize i = 0; i < size.m; i++)
    {
      memcpy (dense + i * size.n, c + i * ldc, size.n * sizeof *dense);
      memcpy (dense_expected + i * size.n, expected + i * ldc, size.n * sizeof *dense_expected);
      /* `add` holds what C held before. */
      for (gsize j = size.n; j < ldc; j++)
        if (c[i * ldc + j] != add[i * ldc + j])
          return g_strdup_printf ("row %" G_GSIZE_FORMAT ": wrote beyond column %" G_GSIZE_FORMAT, i, size.n);
    }
  return lk_check_nmse (dense, dense_expected, size.m * size.n, size.n, BOUND);
}

static void
test_all_layouts (void)
{
  g_autoptr (LkPool) pool = lk_pool_new (2);

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    for (guint layout = 0; layout < 4; layout++)
      for (guint is_f16 = 0; is_f16 < 2; is_f16++)
        /* The large ones once: it is the reference that takes the time. */
        for (guint epilogue = sizes[i].m * sizes[i].n * sizes[i].k > 2000000 ? 3 : 0; epilogue < 4; epilogue++)
          {
            char *report = check_gemm (pool, sizes[i], layout & 1, layout >> 1, is_f16, epilogue & 1, epilogue == 3 ? 2 : epilogue >> 1,
                                       epilogue == 0 ? 1 : 0.37f, 0);

            if (report != NULL)
              g_error ("m %zu, n %zu, k %zu, layout %u, f16 %u, epilogue %u: %s", sizes[i].m, sizes[i].n, sizes[i].k, layout, is_f16,
                       epilogue, report);
          }
}

static void
test_faults_are_found (void)
{
  g_autoptr (LkPool) pool = lk_pool_new (2);
  const Size some[] = { { 37, 37, 37 }, { 4, 129, 700 }, { 16, 64, 2304 }, { 129, 129, 129 } };

  for (guint i = 0; i < G_N_ELEMENTS (some); i++)
    for (guint fault = 1; fault <= 2; fault++)
      {
        lk_assert_reports (check_gemm (pool, some[i], FALSE, TRUE, TRUE, TRUE, 1, 1, fault));
        lk_assert_reports (check_gemm (pool, some[i], TRUE, FALSE, FALSE, FALSE, 0, 1, fault));
      }
}

/* The order of additions follows from the shape: any number of threads gives the same bits. */
static void
test_threads_change_nothing (void)
{
  const guint n_threads[] = { 1, 2, 3, 5 };
  const Size some[] = { { 129, 129, 129 }, { 16, 64, 2304 }, { 3, 200, 520 }, { 450, 600, 300 }, { 33, 33, 5000 } };

  for (guint i = 0; i < G_N_ELEMENTS (some); i++)
    for (guint layout = 0; layout < 4; layout++)
      {
        gsize m = some[i].m, n = some[i].n, k = some[i].k;
        g_autofree float *a = lk_test_new_normal (m * k, 0, 1, 1), *b = lk_test_new_normal (n * k, 0, 1, 2);
        g_autofree float *first = g_new0 (float, m * n), *c = g_new0 (float, m * n);

        for (guint j = 0; j < G_N_ELEMENTS (n_threads); j++)
          {
            g_autoptr (LkPool) pool = lk_pool_new (n_threads[j]);
            LkCpuGemm gemm = {
              .m = m, .n = n, .k = k, .trans_a = layout & 1, .trans_b = layout >> 1, .scale = 1,
              .a = a, .lda = layout & 1 ? m : k, .b = b, .ldb = layout >> 1 ? k : n, .c = j == 0 ? first : c, .ldc = n,
            };

            lk_cpu_gemm (pool, &gemm);
            if (j > 0)
              lk_assert_same_bits (c, first, m * n, n);
          }
      }
}

/* A long sum of numbers of one sign is where adding up in float goes wrong first. */
static void
test_long_sums_keep_their_digits (void)
{
  g_autoptr (LkPool) pool = lk_pool_new (2);
  const gsize m = 20, n = 40, k = 11520;

  for (guint layout = 0; layout < 4; layout++)
    {
      g_autofree float *a = lk_test_new_normal (m * k, 2, 0.5, 1), *b = lk_test_new_normal (n * k, 2, 0.5, 2), *c = g_new (float, m * n);
      g_autofree double *expected = g_new (double, m * n);
      LkCpuGemm gemm = {
        .m = m, .n = n, .k = k, .trans_a = layout & 1, .trans_b = layout >> 1, .scale = 1,
        .a = a, .lda = layout & 1 ? m : k, .b = b, .ldb = layout >> 1 ? k : n, .c = c, .ldc = n,
      };

      lk_reference_gemm (&gemm, expected);
      lk_cpu_gemm (pool, &gemm);
      lk_assert_nmse (c, expected, m * n, n, BOUND);
    }
}

int
main (int    argc,
      char **argv)
{
  int skip = lk_test_cpu_init (&argc, &argv);

  if (skip != 0)
    return skip;
  g_test_add_func ("/gemm/all-layouts", test_all_layouts);
  g_test_add_func ("/gemm/faults-are-found", test_faults_are_found);
  g_test_add_func ("/gemm/threads-change-nothing", test_threads_change_nothing);
  g_test_add_func ("/gemm/long-sums-keep-their-digits", test_long_sums_keep_their_digits);
  return g_test_run ();
}
