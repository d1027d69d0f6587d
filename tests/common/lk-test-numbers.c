#include "config.h"

#include <math.h>
#include <string.h>

#include "lk-test-numbers.h"

/* SplitMix64 (Steele, Lea and Flood 2014). */
static guint64
next (guint64 *state)
{
  guint64 z = *state += G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);

  z = (z ^ z >> 30) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * G_GUINT64_CONSTANT (0x94d049bb133111eb);
  return z ^ z >> 31;
}

guint64
lk_test_random (guint64 *state,
                guint64  below)
{
  return next (state) % below;
}

void
lk_test_fill_normal (float  *to,
                     gsize   n,
                     double  mean,
                     double  deviation,
                     guint64 seed)
{
  guint64 state = seed * 1000003 + 12345;

  for (gsize i = 0; i < n; i++)
    {
      double u = (next (&state) >> 11) * 0x1p-53, v = (next (&state) >> 11) * 0x1p-53;

      to[i] = mean + deviation * sqrt (-2 * log (1 - u)) * cos (2 * G_PI * v);
    }
}

float *
lk_test_new_normal (gsize   n,
                    double  mean,
                    double  deviation,
                    guint64 seed)
{
  float *to = g_new (float, MAX (n, 1));

  lk_test_fill_normal (to, n, mean, deviation, seed);
  return to;
}

static char *
place (gsize i,
       gsize n_columns)
{
  return n_columns > 0 ? g_strdup_printf ("row %" G_GSIZE_FORMAT ", column %" G_GSIZE_FORMAT, i / n_columns, i % n_columns)
                       : g_strdup_printf ("element %" G_GSIZE_FORMAT, i);
}

double
lk_test_nmse (const float  *actual,
              const double *expected,
              gsize         n)
{
  double error = 0, power = 0;

  for (gsize i = 0; i < n; i++)
    {
      error += (actual[i] - expected[i]) * (actual[i] - expected[i]);
      power += expected[i] * expected[i];
    }
  return error == 0 ? 0 : error / power;
}

char *
lk_check_nmse (const float  *actual,
               const double *expected,
               gsize         n,
               gsize         n_columns,
               double        bound)
{
  double nmse = lk_test_nmse (actual, expected, n);
  gsize worst = 0;
  g_autofree char *at = NULL;

  if (nmse <= bound)
    return NULL;
  for (gsize i = 0; i < n; i++)
    if (!(fabs (actual[i] - expected[i]) <= fabs (actual[worst] - expected[worst])))
      {
        worst = i;
        if (isnan (actual[i] - expected[i]))
          break;
      }
  at = place (worst, n_columns);
  return g_strdup_printf ("nmse %.3g, allowed %.3g, over %" G_GSIZE_FORMAT " elements; worst at %s: %.9g instead of %.9g",
                          nmse, bound, n, at, actual[worst], expected[worst]);
}

char *
lk_check_ulps (const float  *actual,
               const double *expected,
               gsize         n,
               double        ulps,
               double        absolute)
{
  double worst = 0;
  gsize worst_at = 0, n_bad = 0;

  for (gsize i = 0; i < n; i++)
    {
      float rounded = expected[i];
      double ulp, off;

      if (isnan (rounded) || isinf (rounded))
        off = (isnan (rounded) ? isnan (actual[i]) : actual[i] == rounded) ? 0 : INFINITY;
      else
        {
          ulp = MAX (nextafterf (fabsf (rounded), INFINITY) - (double) fabsf (rounded), 0x1p-149);
          off = isfinite (actual[i]) ? MAX (0, fabs (actual[i] - expected[i]) - absolute) / ulp : INFINITY;
        }
      if (off > ulps)
        n_bad++;
      if (off > worst)
        {
          worst = off;
          worst_at = i;
        }
    }
  if (n_bad == 0)
    return NULL;
  return g_strdup_printf ("%" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT " elements off by more than %g ulp; worst is element %" G_GSIZE_FORMAT
                          ", %.3g ulp off: %.9g instead of %.9g", n_bad, n, ulps, worst_at, worst, actual[worst_at], expected[worst_at]);
}

char *
lk_check_same_bits (const float *actual,
                    const float *expected,
                    gsize        n,
                    gsize        n_columns)
{
  for (gsize i = 0; i < n; i++)
    if (memcmp (&actual[i], &expected[i], sizeof *actual) != 0)
      {
        g_autofree char *at = place (i, n_columns);

        return g_strdup_printf ("first difference of %" G_GSIZE_FORMAT " elements at %s: %.9g instead of %.9g", n, at, actual[i], expected[i]);
      }
  return NULL;
}

void
lk_test_assert_no_report (const char *file,
                          int         line,
                          const char *function,
                          const char *what,
                          char       *report)
{
  g_autofree char *message = NULL;

  if (report == NULL)
    return;
  message = g_strdup_printf ("%s: %s", what, report);
  g_free (report);
  g_assertion_message (G_LOG_DOMAIN, file, line, function, message);
}
