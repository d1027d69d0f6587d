/* Activations, GEGLU and number conversion: a few units in the last place over the whole range of float. */
#include "config.h"

#include <math.h>
#include <string.h>

#include "lk-test-cpu.h"

static const char *const names[] = { "silu", "gelu", "gelu tanh", "quick gelu" };

/* From the smallest float to the largest, both signs, dense where something happens; then what is no ordinary number. */
static float *
new_range (gsize *n)
{
  GArray *array = g_array_new (FALSE, FALSE, sizeof (float));

  for (int i = -60000; i <= 60000; i++)
    {
      float x = i * 0.002f + 0.0001f;

      g_array_append_val (array, x);
    }
  for (double x = 1e-45; x < 3e38; x *= 1.37)
    for (int sign = -1; sign <= 1; sign += 2)
      {
        float value = sign * x;

        g_array_append_val (array, value);
      }
  for (guint i = 0; i < 2; i++)
    {
      float value = i == 0 ? 0.f : -0.f;

      g_array_append_val (array, value);
    }
  *n = array->len;
  return (float *) g_array_free (array, FALSE);
}

static void
test_forward_over_the_whole_range (void)
{
  g_autoptr (LkPool) pool = lk_pool_new (2);
  gsize n;
  g_autofree float *x = new_range (&n), *y = g_new (float, n);
  g_autofree double *expected = g_new (double, n);

  for (guint kind = 0; kind < 4; kind++)
    {
      double slope;

      for (gsize i = 0; i < n; i++)
        expected[i] = lk_reference_activation (kind, x[i], &slope);
      lk_cpu_activation (pool, kind, n, x, y);
      g_test_message ("%s", names[kind]);
      /* e^x has fewer digits below 1e-38, down to one place of 1e-45, and is multiplied by x, some 100 there. */
      lk_assert_ulps (y, expected, n, 6, 1e-43);

      for (guint i = 0; i < 12; i++)
        y[60500] = nextafterf (y[60500], INFINITY);         /* f (1) */
      lk_assert_reports (lk_check_ulps (y, expected, n, 6, 1e-43));
    }
}

static void
test_backward_over_the_whole_range (void)
{
  g_autoptr (LkPool) pool = lk_pool_new (2);
  gsize n;
  g_autofree float *x = new_range (&n), *dy = lk_test_new_normal (n, 0, 1, 5), *dx = g_new (float, n);
  g_autofree double *expected = g_new (double, n);

  for (guint kind = 0; kind < 4; kind++)
    {
      for (gsize i = 0; i < n; i++)
        {
          lk_reference_activation (kind, x[i], &expected[i]);
          expected[i] *= dy[i];
        }
      lk_cpu_activation_backward (pool, kind, n, x, dy, dx);
      g_test_message ("%s", names[kind]);
      /* The slope crosses 0 once, where two numbers near 0.3 cancel: there, as far off as these are. */
      lk_assert_ulps (dx, expected, n, 8, 5e-7);
      lk_assert_nmse (dx, expected, n, 0, 1e-14);

      dx[n / 2] += 1e-5f;
      lk_assert_reports (lk_check_ulps (dx, expected, n, 8, 5e-7));
    }
}

/* Slopes against differences of the function itself. */
static void
test_slopes_are_those_of_the_function (void)
{
  for (guint kind = 0; kind < 4; kind++)
    for (double x = -8; x < 8; x += 0.37)
      {
        double slope, unused;

        lk_reference_activation (kind, x, &slope);
        g_assert_cmpfloat (fabs ((lk_reference_activation (kind, x + 1e-5, &unused) - lk_reference_activation (kind, x - 1e-5, &unused)) / 2e-5 - slope), <,
            1e-9);
      }
}

static void
test_no_number_stays_none (void)
{
  g_autoptr (LkPool) pool = lk_pool_new (1);
  float x[37], y[37], dy[37], dx[37];

  for (guint kind = 0; kind < 4; kind++)
    {
      for (guint i = 0; i < 37; i++)
        {
          x[i] = i % 3 == 0 ? NAN : i % 3 == 1 ? INFINITY : 1;
          dy[i] = 1;
        }
      lk_cpu_activation (pool, kind, 37, x, y);
      lk_cpu_activation_backward (pool, kind, 37, x, dy, dx);
      for (guint i = 0; i < 37; i++)
        {
          g_assert_true (i % 3 != 0 || (isnan (y[i]) && isnan (dx[i])));
          g_assert_true (i % 3 != 1 || y[i] == INFINITY);
          g_assert_true (i % 3 != 2 || (isfinite (y[i]) && isfinite (dx[i])));
        }
    }
}

static void
test_geglu (void)
{
  g_autoptr (LkPool) pool = lk_pool_new (2);
  const gsize sizes[][2] = { { 1, 1 }, { 7, 7 }, { 37, 129 }, { 129, 37 }, { 300, 64 } };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      gsize rows = sizes[i][0], c = sizes[i][1], n = rows * c;
      g_autofree float *x = lk_test_new_normal (n * 2, 0, 2, 1), *dy = lk_test_new_normal (n, 0, 1, 2);
      g_autofree float *y = g_new (float, n + 1), *dx = g_new (float, n * 2 + 1);
      g_autofree double *expected = g_new (double, n), *expected_dx = g_new (double, n * 2);

      for (gsize j = 0; j < n; j++)
        {
          gsize at = j / c * 2 * c + j % c;
          double slope, gelu = lk_reference_activation (1, x[at + c], &slope);

          expected[j] = x[at] * gelu;
          expected_dx[at] = dy[j] * gelu;
          expected_dx[at + c] = dy[j] * x[at] * slope;
        }
      y[n] = dx[n * 2] = 1234;
      lk_cpu_geglu (pool, rows, c, x, y);
      lk_cpu_geglu_backward (pool, rows, c, x, dy, dx);
      g_assert_true (y[n] == 1234 && dx[n * 2] == 1234);
      lk_assert_nmse (y, expected, n, c, 1e-13);
      lk_assert_nmse (dx, expected_dx, n * 2, 2 * c, 1e-13);
      y[n / 2] += 1e-3f;
      lk_assert_reports (lk_check_nmse (y, expected, n, c, 1e-13));
    }
}

/* All 65536 half-precision numbers become the right float and come back as they were. */
static void
test_every_half (void)
{
  g_autofree guint16 *half = g_new (guint16, 65537), *back = g_new (guint16, 65537);
  g_autofree float *f32 = g_new (float, 65537);

  for (guint offset = 0; offset < 3; offset++)              /* whole vectors, and a rest */
    {
      guint n = 65536 - offset;

      for (guint i = 0; i < n; i++)
        half[i] = i + offset;
      back[n] = 4321;
      f32[n] = 1234;
      lk_cpu_f16_to_f32 (n, half, f32);
      lk_cpu_f32_to_f16 (n, f32, back);
      g_assert_true (back[n] == 4321 && f32[n] == 1234);
      for (guint i = 0; i < n; i++)
        {
          double expected = lk_reference_f16 (half[i]);

          if (isnan (expected))
            {
              g_assert_true (isnan (f32[i]));
              g_assert_cmphex (back[i], ==, half[i] | 0x200);       /* made quiet */
            }
          else
            {
              g_assert_cmpfloat (f32[i], ==, expected);
              g_assert_cmpint (signbit (f32[i]) != 0, ==, half[i] >> 15);
              g_assert_cmphex (back[i], ==, half[i]);
            }
        }
    }
}

/* Between two halves, to the nearer; in the middle, to the even one; beyond the last, to infinity. */
static void
test_halves_round_to_nearest_even (void)
{
  for (guint i = 0; i < 0x7c00; i++)
    {
      double low = lk_reference_f16 (i), high = i == 0x7bff ? 65536 : lk_reference_f16 (i + 1), middle = (low + high) / 2;
      float from[6] = { middle, nextafterf (middle, 0), nextafterf (middle, INFINITY), -middle, -nextafterf (middle, 0), low };
      guint16 to[6];

      lk_cpu_f32_to_f16 (6, from, to);
      g_assert_cmphex (to[0], ==, i + (i & 1));
      g_assert_cmphex (to[1], ==, i);
      g_assert_cmphex (to[2], ==, i + 1);
      g_assert_cmphex (to[3], ==, (i + (i & 1)) | 0x8000);
      g_assert_cmphex (to[4], ==, i | 0x8000);
      g_assert_cmphex (to[5], ==, i);
    }
  {
    float from[5] = { 70000, -1e30f, 1e-10f, -1e-30f, 1e-40f };
    guint16 to[5];

    lk_cpu_f32_to_f16 (5, from, to);
    g_assert_cmphex (to[0], ==, 0x7c00);
    g_assert_cmphex (to[1], ==, 0xfc00);
    g_assert_cmphex (to[2], ==, 0);
    g_assert_cmphex (to[3], ==, 0x8000);
    g_assert_cmphex (to[4], ==, 0);
  }
}

int
main (int    argc,
      char **argv)
{
  int skip = lk_test_cpu_init (&argc, &argv);

  if (skip != 0)
    return skip;
  g_test_add_func ("/elementwise/forward-over-the-whole-range", test_forward_over_the_whole_range);
  g_test_add_func ("/elementwise/backward-over-the-whole-range", test_backward_over_the_whole_range);
  g_test_add_func ("/elementwise/slopes-are-those-of-the-function", test_slopes_are_those_of_the_function);
  g_test_add_func ("/elementwise/no-number-stays-none", test_no_number_stays_none);
  g_test_add_func ("/elementwise/geglu", test_geglu);
  g_test_add_func ("/convert/every-half", test_every_half);
  g_test_add_func ("/convert/halves-round-to-nearest-even", test_halves_round_to_nearest_even);
  return g_test_run ();
}
