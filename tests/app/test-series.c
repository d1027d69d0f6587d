/* The curves of a run: extremes of any span, gaps, smoothing. */
#include "config.h"

#include <math.h>

#include "app/widgets/lk-series.h"

#define N 5000

static LkSeries *
make (GRand *random,
      gsize  n,
      gsize  bunch)
{
  LkSeries *series = lk_series_new ("Loss", "");

  for (gsize done = 0; done < n;)
    {
      LkPoint points[64];
      gsize count = MIN (bunch, n - done);

      for (gsize i = 0; i < count; i++)
        points[i] = (LkPoint) { (double) (done + i), (float) g_rand_double_range (random, -1, 1) };
      lk_series_append (series, points, count);
      done += count;
    }
  return series;
}

static LkSpan
look (LkSeries *series,
      gsize     first,
      gsize     end)
{
  LkSpan span = { INFINITY, -INFINITY, 0 };

  for (gsize i = first; i < end; i++)
    {
      float y = lk_series_get_point (series, i).y;

      if (!isfinite (y))
        continue;
      span.lowest = MIN (span.lowest, y);
      span.highest = MAX (span.highest, y);
    }
  return span;
}

static void
test_spans (gconstpointer bunch)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (11);
  g_autoptr (LkSeries) series = make (random, N, GPOINTER_TO_SIZE (bunch));

  g_assert_cmpuint (lk_series_get_n_points (series), ==, N);
  for (guint i = 0; i < 3000; i++)
    {
      gsize first = (gsize) g_rand_int_range (random, 0, N), end = (gsize) g_rand_int_range (random, (gint32) first + 1, N + 1);
      LkSpan span = lk_series_get_span (series, first, end), expected = look (series, first, end);

      g_assert_cmpfloat (span.lowest, ==, expected.lowest);
      g_assert_cmpfloat (span.highest, ==, expected.highest);
    }
}

static void
test_gaps (void)
{
  g_autoptr (LkSeries) series = lk_series_new ("Loss", "");
  LkPoint points[] = { { 0, 1 }, { 1, NAN }, { 2, INFINITY }, { 3, -2 }, { 4, NAN } };
  LkSpan span;

  lk_series_append (series, points, G_N_ELEMENTS (points));
  span = lk_series_get_span (series, 0, 5);
  g_assert_cmpfloat (span.lowest, ==, -2.f);
  g_assert_cmpfloat (span.highest, ==, 1.f);
  g_assert_cmpuint (lk_series_get_span (series, 1, 3).n, ==, 0);
  g_assert_cmpuint (lk_series_get_span (series, 2, 2).n, ==, 0);
}

static void
test_find (void)
{
  g_autoptr (LkSeries) series = lk_series_new ("Loss", "");
  LkPoint points[] = { { 1, 0 }, { 3, 0 }, { 3, 0 }, { 8, 0 } };

  g_assert_cmpuint (lk_series_find (series, 5), ==, 0);
  lk_series_append (series, points, G_N_ELEMENTS (points));
  g_assert_cmpuint (lk_series_find (series, 0), ==, 0);
  g_assert_cmpuint (lk_series_find (series, 3), ==, 1);
  g_assert_cmpuint (lk_series_find (series, 4), ==, 3);
  g_assert_cmpuint (lk_series_find (series, 9), ==, 4);
}

/* The average of a constant is the constant from the first point on, whatever the weight; a gap does not move it. */
static void
test_smoothing (void)
{
  g_autoptr (LkSeries) series = lk_series_new ("Loss", "");
  g_autoptr (LkSeries) smoothed = lk_series_new_smoothed (series, 0.97);
  LkPoint points[] = { { 1, 0.5f }, { 2, NAN }, { 3, 0.5f }, { 4, 0.5f } }, jump = { 5, 1.5f };

  lk_series_append (series, points, G_N_ELEMENTS (points));
  g_assert_cmpuint (lk_series_get_n_points (smoothed), ==, 3);
  for (gsize i = 0; i < 3; i++)
    g_assert_cmpfloat_with_epsilon (lk_series_get_point (smoothed, i).y, 0.5f, 1e-6);

  lk_series_append (series, &jump, 1);
  g_assert_cmpfloat (lk_series_get_point (smoothed, 3).y, >, 0.5f);
  g_assert_cmpfloat (lk_series_get_point (smoothed, 3).y, <, 1.f);

  lk_series_clear (series);
  g_assert_cmpuint (lk_series_get_n_points (smoothed), ==, 0);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/series/spans/one-by-one", GSIZE_TO_POINTER (1), test_spans);
  g_test_add_data_func ("/series/spans/in-bunches", GSIZE_TO_POINTER (37), test_spans);
  g_test_add_func ("/series/gaps", test_gaps);
  g_test_add_func ("/series/find", test_find);
  g_test_add_func ("/series/smoothing", test_smoothing);
  return g_test_run ();
}
