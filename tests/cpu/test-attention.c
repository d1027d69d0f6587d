/* Attention and its backward pass against double: odd head sizes, more keys than a block, causal masks, large scores. */
#include "config.h"

#include <math.h>

#include "lk-test-cpu.h"

#define BOUND 1e-12
#define BOUND_BACKWARD 4e-12

typedef struct
{
  gsize    b, t, s, h, d;
  gboolean is_causal;
} Case;

static const Case cases[] = {
  { 1, 1, 1, 1, 1 }, { 1, 7, 7, 1, 7 }, { 2, 37, 37, 2, 37 }, { 1, 129, 129, 1, 129 }, { 1, 1, 129, 3, 8 }, { 1, 129, 1, 3, 8 },
  { 1, 37, 300, 2, 40 }, { 1, 300, 37, 2, 40 }, { 2, 144, 77, 4, 16 }, { 1, 97, 97, 2, 160 }, { 1, 200, 193, 1, 512 }, { 3, 96, 192, 8, 16 },
  { 1, 1, 1, 1, 8, TRUE }, { 2, 7, 7, 1, 7, TRUE }, { 2, 77, 77, 3, 64, TRUE }, { 1, 300, 300, 2, 20, TRUE }, { 1, 50, 300, 1, 16, TRUE },
  { 1, 300, 50, 1, 16, TRUE },
};

typedef struct
{
  LkCpuAttention attention;
  gsize          n_q, n_k, n_lse;
  float         *memory;        /* owned; all that attention points to, and a guard after each result */
  double        *y, *lse, *dq, *dk, *dv;
} Data;

static Data
new_data (const Case *at,
          double      deviation)
{
  gsize n_q = at->b * at->t * at->h * at->d, n_k = at->b * at->s * at->h * at->d, n_lse = at->b * at->h * at->t;
  Data data = { .n_q = n_q, .n_k = n_k, .n_lse = n_lse };
  float *next = data.memory = lk_test_new_normal (n_q * 4 + n_k * 4 + n_lse + 8, 0, deviation, 1);
  LkCpuAttention *a = &data.attention;

  *a = (LkCpuAttention) { .b = at->b, .t = at->t, .s = at->s, .h = at->h, .d = at->d, .scale = 1 / sqrt (at->d), .is_causal = at->is_causal };
  a->q = next;
  a->k = next += n_q;
  a->v = next += n_k;
  lk_test_fill_normal (next, n_k, 0.3, 1, 2);
  a->dy = next += n_k;
  lk_test_fill_normal (next, n_q, 0.1, 1, 3);
  a->y = next += n_q;
  a->lse = next += n_q + 1;
  a->dq = next += n_lse + 1;
  a->dk = next += n_q + 1;
  a->dv = next += n_k + 1;
  a->y[n_q] = a->lse[n_lse] = a->dq[n_q] = a->dk[n_k] = a->dv[n_k] = 1234;

  data.y = g_new (double, n_q * 2 + n_k * 2 + n_lse);
  data.lse = data.y + n_q;
  data.dq = data.lse + n_lse;
  data.dk = data.dq + n_q;
  data.dv = data.dk + n_k;
  lk_reference_attention (a, data.y, data.lse);
  lk_reference_attention_backward (a, data.dq, data.dk, data.dv);
  return data;
}

static void
free_data (Data *data)
{
  g_free (data->memory);
  g_free (data->y);
}

static void
assert_guards (const Data *data)
{
  const LkCpuAttention *a = &data->attention;

  g_assert_true (a->y[data->n_q] == 1234 && a->lse[data->n_lse] == 1234);
  g_assert_true (a->dq[data->n_q] == 1234 && a->dk[data->n_k] == 1234 && a->dv[data->n_k] == 1234);
}

static void
check (const Case *at,
       double      deviation,
       double      bound,
       double      bound_backward)
{
  g_autoptr (LkPool) pool = lk_pool_new (2);
  Data data = new_data (at, deviation);
  LkCpuAttention *a = &data.attention;
  const gsize columns = at->h * at->d;

  g_test_message ("b %zu, t %zu, s %zu, h %zu, d %zu, causal %d", at->b, at->t, at->s, at->h, at->d, at->is_causal);
  lk_cpu_attention (pool, a);
  lk_cpu_attention_backward (pool, a);
  assert_guards (&data);
  lk_assert_nmse (a->y, data.y, data.n_q, columns, bound);
  for (gsize i = 0; i < data.n_lse; i++)
    g_assert_cmpfloat_with_epsilon (a->lse[i], data.lse[i], 1e-6 * (1 + fabs (data.lse[i])));
  lk_assert_nmse (a->dv, data.dv, data.n_k, columns, bound_backward);
  if (at->s > 1)                /* with one key the probability is 1, whatever q and k are */
    {
      lk_assert_nmse (a->dq, data.dq, data.n_q, columns, bound_backward);
      lk_assert_nmse (a->dk, data.dk, data.n_k, columns, bound_backward);
    }
  else
    for (gsize i = 0; i < data.n_q; i++)
      g_assert_cmpfloat_with_epsilon (a->dq[i], 0, 1e-5);
  free_data (&data);
}

static void
test_against_double (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    check (&cases[i], 1, BOUND, BOUND_BACKWARD);
}

/* Scores of some hundreds: nearly one key a query, and exponents far apart. Rounding a score of 300 alone moves exp by 2e-5. */
static void
test_large_scores (void)
{
  check (&(Case) { 1, 129, 300, 2, 40 }, 10, 1e-9, 1e-8);
}

static void
test_faults_are_found (void)
{
  g_autoptr (LkPool) pool = lk_pool_new (2);

  for (guint i = 2; i < 16; i++)
    {
      Data data = new_data (&cases[i], 1);
      LkCpuAttention *a = &data.attention;
      const Case *at = &cases[i];
      /* One key of the first sample is off in one channel: the last, or, where that is masked for nearly all, one in the middle. */
      float *k = (float *) a->k + (at->is_causal ? MIN (at->s, at->t) / 2 : at->s - 1) * at->h * at->d;

      if (at->s == 1 || at->t == 1)
        {
          free_data (&data);
          continue;
        }
      *k += 0.05f;
      lk_cpu_attention (pool, a);
      lk_cpu_attention_backward (pool, a);
      lk_assert_reports (lk_check_nmse (a->y, data.y, data.n_q, 0, BOUND));
      lk_assert_reports (lk_check_nmse (a->dq, data.dq, data.n_q, 0, BOUND_BACKWARD));
      lk_assert_reports (lk_check_nmse (a->dk, data.dk, data.n_k, 0, BOUND_BACKWARD));
      lk_assert_reports (lk_check_nmse (a->dv, data.dv, data.n_k, 0, BOUND_BACKWARD));
      free_data (&data);
    }
}

/* Each result alone is what it is with the others. */
static void
test_results_left_out (void)
{
  g_autoptr (LkPool) pool = lk_pool_new (2);

  for (guint i = 2; i < G_N_ELEMENTS (cases); i += 5)
    for (guint wanted = 0; wanted < 8; wanted++)
      {
        Data all = new_data (&cases[i], 1), some = new_data (&cases[i], 1);
        LkCpuAttention a = some.attention;

        lk_cpu_attention (pool, &all.attention);
        lk_cpu_attention_backward (pool, &all.attention);
        lk_cpu_attention (pool, &a);
        a.dq = wanted & 1 ? a.dq : NULL;
        a.dk = wanted & 2 ? a.dk : NULL;
        a.dv = wanted & 4 ? a.dv : NULL;
        lk_cpu_attention_backward (pool, &a);
        if (wanted & 1)
          lk_assert_same_bits (a.dq, all.attention.dq, all.n_q, 0);
        if (wanted & 2)
          lk_assert_same_bits (a.dk, all.attention.dk, all.n_k, 0);
        if (wanted & 4)
          lk_assert_same_bits (a.dv, all.attention.dv, all.n_k, 0);
        a.lse = NULL;
        lk_cpu_attention (pool, &a);
        lk_assert_same_bits (a.y, all.attention.y, all.n_q, 0);
        free_data (&all);
        free_data (&some);
      }
}

/* The reference's gradients against differences of the reference's result. */
static void
test_reference_gradients (void)
{
  Data data = new_data (&(Case) { 1, 5, 6, 2, 3, TRUE }, 1);
  LkCpuAttention *a = &data.attention;
  g_autofree double *plus = g_new (double, data.n_q), *minus = g_new (double, data.n_q), *lse = g_new (double, data.n_lse);
  float *const inputs[] = { (float *) a->q, (float *) a->k, (float *) a->v };
  const double *gradients[] = { data.dq, data.dk, data.dv };
  const gsize sizes[] = { data.n_q, data.n_k, data.n_k };

  for (guint input = 0; input < 3; input++)
    for (gsize i = 0; i < sizes[input]; i++)
      {
        float before = inputs[input][i];
        double high, low, slope = 0;

        inputs[input][i] = before + 1e-2f;
        high = inputs[input][i];
        lk_reference_attention (a, plus, lse);
        inputs[input][i] = before - 1e-2f;
        low = inputs[input][i];
        lk_reference_attention (a, minus, lse);
        inputs[input][i] = before;
        for (gsize j = 0; j < data.n_q; j++)
          slope += a->dy[j] * (plus[j] - minus[j]) / (high - low);
        g_assert_cmpfloat_with_epsilon (slope, gradients[input][i], 1e-3);
      }
  free_data (&data);
}

static void
test_no_number_stays_in_its_head (void)
{
  g_autoptr (LkPool) pool = lk_pool_new (2);
  Data data = new_data (&(Case) { 2, 150, 150, 2, 16 }, 1);
  LkCpuAttention *a = &data.attention;

  ((float *) a->v)[(20 * 2 + 1) * 16 + 3] = NAN;        /* sample 0, key 20, head 1 */
  ((float *) a->q)[((150 + 140) * 2 + 0) * 16] = NAN;   /* sample 1, query 140, head 0 */
  lk_cpu_attention (pool, a);
  for (gsize i = 0; i < data.n_q; i++)
    {
      gsize sample = i / (150 * 32), query = i / 32 % 150, head = i / 16 % 2;

      g_assert_cmpint (isnan (a->y[i]) != 0, ==, (sample == 0 && head == 1 && i % 16 == 3) || (sample == 1 && head == 0 && query == 140));
    }
  free_data (&data);
}

static void
test_threads_change_nothing (void)
{
  const guint n_threads[] = { 1, 2, 3, 5 };

  for (guint i = 2; i < G_N_ELEMENTS (cases); i++)
    {
      Data first = new_data (&cases[i], 1);

      for (guint j = 0; j < G_N_ELEMENTS (n_threads); j++)
        {
          g_autoptr (LkPool) pool = lk_pool_new (n_threads[j]);
          Data data = new_data (&cases[i], 1);

          lk_cpu_attention (pool, j == 0 ? &first.attention : &data.attention);
          lk_cpu_attention_backward (pool, j == 0 ? &first.attention : &data.attention);
          if (j > 0)
            lk_assert_same_bits (data.memory, first.memory, data.n_q * 4 + data.n_k * 4 + data.n_lse + 5, 0);
          free_data (&data);
        }
      free_data (&first);
    }
}

int
main (int    argc,
      char **argv)
{
  int skip = lk_test_cpu_init (&argc, &argv);

  if (skip != 0)
    return skip;
  g_test_add_func ("/attention/against-double", test_against_double);
  g_test_add_func ("/attention/large-scores", test_large_scores);
  g_test_add_func ("/attention/faults-are-found", test_faults_are_found);
  g_test_add_func ("/attention/results-left-out", test_results_left_out);
  g_test_add_func ("/attention/reference-gradients", test_reference_gradients);
  g_test_add_func ("/attention/no-number-stays-in-its-head", test_no_number_stays_in_its_head);
  g_test_add_func ("/attention/threads-change-nothing", test_threads_change_nothing);
  return g_test_run ();
}
