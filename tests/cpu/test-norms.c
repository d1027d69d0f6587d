/* Group norm and layer norm, forward and backward, against double; also far from zero, where short sums lose every digit. */
#include "config.h"

#include <math.h>

#include "lk-test-cpu.h"

#define BOUND 1e-12

typedef struct
{
  gsize n, places, c, n_groups;
} Case;

static const Case group_cases[] = {
  { 1, 1, 1, 1 }, { 1, 7, 7, 7 }, { 2, 37, 37, 1 }, { 3, 129, 129, 43 }, { 2, 7, 64, 32 }, { 4, 576, 64, 32 }, { 1, 1000, 320, 32 },
  { 2, 3, 1920, 32 }, { 1, 5000, 16, 4 }, { 1, 40, 100, 10 },
};

static const gsize layer_cases[][2] = { { 1, 1 }, { 1, 7 }, { 37, 37 }, { 129, 129 }, { 300, 64 }, { 20, 1280 } };

typedef struct
{
  LkCpuGroupNorm norm;
  gsize          n_elements, n_statistics;
  float         *memory;        /* owned; all that norm points to */
  double        *expected, *expected_mean, *expected_rstd, *expected_dx;
} Data;

/* The deviation is `deviation` everywhere, the mean differs from channel to channel. */
static Data
new_data (Case     at,
          double   mean,
          double   deviation,
          gboolean with_silu)
{
  gsize n = at.n * at.places * at.c, n_statistics = at.n * at.n_groups;
  Data data = { .n_elements = n, .n_statistics = n_statistics };
  float *next = data.memory = lk_test_new_normal (n * 4 + at.c * 2 + n_statistics * 2, mean, deviation, 1);

  data.norm = (LkCpuGroupNorm) { .n = at.n, .places = at.places, .c = at.c, .n_groups = at.n_groups, .eps = 1e-5f, .with_silu = with_silu };
  data.norm.x = next;
  data.norm.y = next += n;
  data.norm.dy = next += n;
  lk_test_fill_normal (next, n, 0.5, 1, 2);
  data.norm.dx = next += n;
  data.norm.gamma = next += n;
  lk_test_fill_normal (next, at.c, 1, 0.3, 3);
  data.norm.beta = next += at.c;
  lk_test_fill_normal (next, at.c, 0, 0.5, 4);
  data.norm.mean = next += at.c;
  data.norm.rstd = next += n_statistics;

  data.expected = g_new (double, n * 2 + n_statistics * 2);
  data.expected_dx = data.expected + n;
  data.expected_mean = data.expected_dx + n;
  data.expected_rstd = data.expected_mean + n_statistics;
  lk_reference_group_norm (&data.norm, data.expected_mean, data.expected_rstd, data.expected);
  lk_reference_group_norm_backward (&data.norm, data.expected_dx);
  return data;
}

static void
free_data (Data *data)
{
  g_free (data->memory);
  g_free (data->expected);
}

/* Layer norm of rows is group norm of samples of one place and one group. */
static LkCpuLayerNorm
layer_norm_of (const Data *data)
{
  const LkCpuGroupNorm *norm = &data->norm;

  return (LkCpuLayerNorm) {
    .rows = norm->n, .c = norm->c, .eps = norm->eps, .x = norm->x, .gamma = norm->gamma, .beta = norm->beta, .mean = norm->mean,
    .rstd = norm->rstd, .y = norm->y, .dy = norm->dy, .dx = norm->dx,
  };
}

static void
run (LkPool     *pool,
     const Data *data,
     gboolean    is_layer)
{
  LkCpuLayerNorm layer = layer_norm_of (data);

  if (is_layer)
    {
      lk_cpu_layer_norm (pool, &layer);
      lk_cpu_layer_norm_backward (pool, &layer);
    }
  else
    {
      lk_cpu_group_norm (pool, &data->norm);
      lk_cpu_group_norm_backward (pool, &data->norm);
    }
}

static void
check (LkPool  *pool,
       Case     at,
       double   mean,
       double   deviation,
       gboolean with_silu,
       gboolean is_layer,
       double   bound_backward)
{
  Data data = new_data (at, mean, deviation, with_silu);

  g_test_message ("%s norm of %zu x %zu x %zu, %zu groups, mean %g, silu %d", is_layer ? "layer" : "group", at.n, at.places, at.c,
                  at.n_groups, mean, with_silu);
  run (pool, &data, is_layer);
  if (mean != 0)
    lk_assert_nmse (data.norm.mean, data.expected_mean, data.n_statistics, 0, 1e-13);
  if (at.places * at.c > at.n_groups)
    {
      lk_assert_nmse (data.norm.rstd, data.expected_rstd, data.n_statistics, 0, 1e-12);
      lk_assert_nmse (data.norm.y, data.expected, data.n_elements, at.c, BOUND);
      lk_assert_nmse (data.norm.dx, data.expected_dx, data.n_elements, at.c, bound_backward);

      data.norm.y[data.n_elements / 2] += 1e-3f;
      lk_assert_reports (lk_check_nmse (data.norm.y, data.expected, data.n_elements, at.c, BOUND));
      data.norm.dx[data.n_elements / 2] += (bound_backward > BOUND ? 0.3f : 1e-3f) * data.norm.rstd[0];
      lk_assert_reports (lk_check_nmse (data.norm.dx, data.expected_dx, data.n_elements, at.c, bound_backward));
    }
  free_data (&data);
}

static void
test_group_norm (void)
{
  g_autoptr (LkPool) pool = lk_pool_new (2);

  for (guint i = 0; i < G_N_ELEMENTS (group_cases); i++)
    for (guint with_silu = 0; with_silu < 2; with_silu++)
      check (pool, group_cases[i], 0.5, 2, with_silu, FALSE, BOUND);
}

static void
test_layer_norm (void)
{
  g_autoptr (LkPool) pool = lk_pool_new (2);

  for (guint i = 0; i < G_N_ELEMENTS (layer_cases); i++)
    check (pool, (Case) { layer_cases[i][0], 1, layer_cases[i][1], 1 }, 0.5, 2, FALSE, TRUE, BOUND);
}

/* A mean 10⁴ times the deviation: where a one-pass variance breaks. The backward pass knows the mean as a float, to 4 digits of a
 * deviation; what SiLU's slope makes of that is all that may be seen. */
static void
test_far_from_zero (void)
{
  g_autoptr (LkPool) pool = lk_pool_new (2);

  check (pool, (Case) { 2, 576, 64, 32 }, 1e4, 1, FALSE, FALSE, BOUND);
  check (pool, (Case) { 2, 576, 64, 32 }, 1e4, 1, TRUE, FALSE, 1e-6);
  check (pool, (Case) { 1, 3000, 37, 1 }, -1e4, 1, FALSE, FALSE, BOUND);
  check (pool, (Case) { 37, 1, 320, 1 }, 1e4, 1, FALSE, TRUE, BOUND);
  check (pool, (Case) { 37, 1, 129, 1 }, 1, 1e-4, FALSE, TRUE, BOUND);
}

static void
test_constant_input_gives_beta (void)
{
  g_autoptr (LkPool) pool = lk_pool_new (2);
  Data data = new_data ((Case) { 2, 50, 64, 32 }, 3.3, 0, FALSE);

  run (pool, &data, FALSE);
  for (gsize i = 0; i < data.n_elements; i++)
    g_assert_cmpfloat_with_epsilon (data.norm.y[i], data.norm.beta[i % 64], 1e-6);
  run (pool, &data, TRUE);
  for (gsize i = 0; i < data.norm.n * 64; i++)
    g_assert_cmpfloat_with_epsilon (data.norm.y[i], data.norm.beta[i % 64], 1e-6);
  free_data (&data);
}

static void
test_no_number_spreads_over_its_group (void)
{
  g_autoptr (LkPool) pool = lk_pool_new (2);
  Data data = new_data ((Case) { 2, 50, 64, 32 }, 0, 1, TRUE);

  ((float *) data.norm.x)[64 * 7 + 11] = NAN;           /* sample 0, group 5 */
  run (pool, &data, FALSE);
  for (gsize i = 0; i < data.n_elements; i++)
    {
      g_assert_cmpint (isnan (data.norm.y[i]) != 0, ==, i < 50 * 64 && i % 64 / 2 == 5);
      g_assert_cmpint (isnan (data.norm.dx[i]) != 0, ==, i < 50 * 64 && i % 64 / 2 == 5);
    }
  free_data (&data);
}

static void
test_threads_change_nothing (void)
{
  const guint n_threads[] = { 1, 2, 3, 5 };

  for (guint i = 0; i < 8; i++)
    {
      gboolean is_layer = i >= 5;
      Case at = is_layer ? (Case) { layer_cases[i - 3][0], 1, layer_cases[i - 3][1], 1 } : group_cases[i + 3];
      g_autofree float *first = NULL;

      for (guint j = 0; j < G_N_ELEMENTS (n_threads); j++)
        {
          g_autoptr (LkPool) pool = lk_pool_new (n_threads[j]);
          Data data = new_data (at, 0.5, 2, TRUE);
          gsize n_floats = data.n_elements * 4 + at.c * 2 + data.n_statistics * 2;

          run (pool, &data, is_layer);
          if (j == 0)
            first = g_memdup2 (data.memory, n_floats * sizeof (float));
          else
            lk_assert_same_bits (data.memory, first, n_floats, 0);
          free_data (&data);
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
  g_test_add_func ("/norms/group-norm", test_group_norm);
  g_test_add_func ("/norms/layer-norm", test_layer_norm);
  g_test_add_func ("/norms/far-from-zero", test_far_from_zero);
  g_test_add_func ("/norms/constant-input-gives-beta", test_constant_input_gives_beta);
  g_test_add_func ("/norms/no-number-spreads-over-its-group", test_no_number_spreads_over_its_group);
  g_test_add_func ("/norms/threads-change-nothing", test_threads_change_nothing);
  return g_test_run ();
}
