/* Numbers for tests: reproducible input, and assertions that say how far off a result is and where.
 *
 * The checks return NULL where the bound holds, else a report (owned by the caller): so that a test can show that its bound fails on
 * a fault planted on purpose. The lk_assert_ forms end the test with the report.
 *
 * nmse is the normalised mean square error: Σ (actual - expected)² / Σ expected².
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* n numbers of a normal distribution; the same for the same seed. */
void    lk_test_fill_normal (float  *to,
                             gsize   n,
                             double  mean,
                             double  deviation,
                             guint64 seed);
/* The same, as new memory: g_free () it. */
float  *lk_test_new_normal  (gsize   n,
                             double  mean,
                             double  deviation,
                             guint64 seed);
/* n random bits' worth of [0, below). */
guint64 lk_test_random      (guint64 *state,
                             guint64  below);

double  lk_test_nmse        (const float  *actual,
                             const double *expected,
                             gsize         n);
/* `n_columns` (0: a plain list) names the place of the worst element as row and column. */
char   *lk_check_nmse       (const float  *actual,
                             const double *expected,
                             gsize         n,
                             gsize         n_columns,
                             double        bound);
/* Each element within `ulps` units in the last place of `expected` rounded to float, plus `absolute`; infinities and NaN as expected. */
char   *lk_check_ulps       (const float  *actual,
                             const double *expected,
                             gsize         n,
                             double        ulps,
                             double        absolute);
/* The same bits. */
char   *lk_check_same_bits  (const float  *actual,
                             const float  *expected,
                             gsize         n,
                             gsize         n_columns);

/* Ends the test with `report` (taken), if there is one. */
void    lk_test_assert_no_report (const char *file,
                                  int         line,
                                  const char *function,
                                  const char *what,
                                  char       *report);

#define lk_assert_nmse(actual, expected, n, n_columns, bound) \
  lk_test_assert_no_report (__FILE__, __LINE__, G_STRFUNC, #actual, lk_check_nmse (actual, expected, n, n_columns, bound))
#define lk_assert_ulps(actual, expected, n, ulps, absolute) \
  lk_test_assert_no_report (__FILE__, __LINE__, G_STRFUNC, #actual, lk_check_ulps (actual, expected, n, ulps, absolute))
#define lk_assert_same_bits(actual, expected, n, n_columns) \
  lk_test_assert_no_report (__FILE__, __LINE__, G_STRFUNC, #actual, lk_check_same_bits (actual, expected, n, n_columns))
/* The check must report something: a planted fault was found. */
#define lk_assert_reports(check) \
  G_STMT_START { \
    char *lk_report = (check); \
    if (lk_report == NULL) \
      g_assertion_message (G_LOG_DOMAIN, __FILE__, __LINE__, G_STRFUNC, "not found by " #check); \
    g_free (lk_report); \
  } G_STMT_END

G_END_DECLS
