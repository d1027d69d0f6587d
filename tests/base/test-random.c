/* Philox against its authors' known answers, and statistics of what is made from it. */
#include "config.h"

#include <math.h>
#include <string.h>

#include "base/lk-random.h"

static void
test_philox_known_answers (void)
{
  /* Random123 1.14, tests/kat_vectors, philox4x32 10. The key is our seed; the counter is block, then stream. */
  static const struct
  {
    guint64 seed, stream, block;
    guint32 expected[4];
  } cases[] = {
    { 0, 0, 0, { 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 } },
    { ~0ull, ~0ull, ~0ull, { 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd } },
    { 0x299f31d0a4093822, 0x0370734413198a2e, 0x85a308d3243f6a88, { 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1 } },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      guint32 block[4];

      lk_random_block (cases[i].seed, cases[i].stream, cases[i].block, block);
      g_assert_cmpmem (block, sizeof block, cases[i].expected, sizeof block);
    }
}

static void
test_numbers_depend_on_nothing_but_their_place (void)
{
  float all[37], part[20];

  lk_random_fill_normal (3, 9, 0, 37, all);
  lk_random_fill_normal (3, 9, 5, 20, part);
  g_assert_cmpmem (all + 5, sizeof part, part, sizeof part);
  for (guint i = 0; i < 37; i++)
    g_assert_true (all[i] == lk_random_normal (3, 9, i));

  g_assert_true (lk_random_normal (3, 9, 5) != lk_random_normal (3, 8, 5));
  g_assert_true (lk_random_normal (3, 9, 5) != lk_random_normal (2, 9, 5));
  g_assert_true (lk_random_bits (0, 0, 0) == 0x6627e8d5 && lk_random_bits (0, 0, 3) == 0x9b00dbd8);
}

static void
test_moments (void)
{
  const guint n = 400000;
  double sum = 0, square = 0, fourth = 0, product = 0, uniform = 0;
  float last = 0, least = 1, most = 0;

  for (guint i = 0; i < n; i++)
    {
      float x = lk_random_normal (11, 5, i), u = lk_random_uniform (11, 6, i);

      sum += x;
      square += x * x;
      fourth += (double) x * x * x * x;
      product += x * last;
      last = x;
      uniform += u;
      least = MIN (least, u);
      most = MAX (most, u);
    }

  /* Five standard errors: 1, √2, √96 and √(1/12), over √n. */
  g_assert_cmpfloat (fabs (sum / n), <, 5 / sqrt (n));
  g_assert_cmpfloat (fabs (square / n - 1), <, 5 * sqrt (2.0 / n));
  g_assert_cmpfloat (fabs (fourth / n - 3), <, 5 * sqrt (96.0 / n));
  g_assert_cmpfloat (fabs (product / n), <, 5 / sqrt (n));
  g_assert_cmpfloat (fabs (uniform / n - 0.5), <, 5 * sqrt (1.0 / 12 / n));
  g_assert_true (least >= 0 && least < 1e-4 && most < 1 && most > 0.9999);
}

static void
test_below (void)
{
  guint count[7] = { 0 };
  const guint n = 70000;

  for (guint i = 0; i < n; i++)
    {
      guint32 x = lk_random_below (1, 2, i, 7);

      g_assert_cmpuint (x, <, 7);
      count[x]++;
    }
  for (guint i = 0; i < 7; i++)
    g_assert_cmpfloat (fabs (count[i] - n / 7.0), <, 5 * sqrt (n * 6.0 / 49));

  g_assert_cmpuint (lk_random_below (1, 2, 3, 1), ==, 0);
  g_assert_cmpuint (lk_random_below (1, 2, 3, G_MAXUINT32), <, G_MAXUINT32);
}

static void
test_shuffle (void)
{
  guint32 items[100];
  gboolean seen[100] = { FALSE };
  guint n_at_home = 0, first[4] = { 0 };

  for (guint32 i = 0; i < 100; i++)
    items[i] = i;
  lk_random_shuffle (5, 1, items, 100);
  for (guint i = 0; i < 100; i++)
    {
      g_assert_false (seen[items[i]]);
      seen[items[i]] = TRUE;
      n_at_home += items[i] == i;
    }
  g_assert_cmpuint (n_at_home, <, 10);

  /* Every item comes first equally often. */
  for (guint i = 0; i < 4000; i++)
    {
      guint32 four[4] = { 0, 1, 2, 3 };

      lk_random_shuffle (5, i, four, 4);
      first[four[0]]++;
    }
  for (guint i = 0; i < 4; i++)
    g_assert_cmpfloat (fabs (first[i] - 1000.0), <, 5 * sqrt (4000 * 3.0 / 16));

  lk_random_shuffle (5, 1, items, 0);
  lk_random_shuffle (5, 1, items, 1);
}

static void
test_mt19937 (void)
{
  /* Number 10 000 of seed 5489, from the C++ standard ([rand.predef]). */
  LkTorchRandom random;
  guint32 bits = 0;

  lk_torch_random_seed (&random, 5489);
  for (guint i = 0; i < 10000; i++)
    bits = lk_torch_random_bits (&random);
  g_assert_cmpuint (bits, ==, 4123659995u);
}

static void
test_state_goes_on (void)
{
  LkTorchRandom random, saved;
  float a[40], b[40];

  lk_torch_random_seed (&random, 3);
  lk_torch_randn (&random, 3, a);   /* odd: one number waits */
  saved = random;
  lk_torch_randn (&random, 5, a);
  lk_torch_randn (&random, 33, a + 5);
  lk_torch_randn (&saved, 5, b);
  lk_torch_randn (&saved, 33, b + 5);
  g_assert_cmpmem (a, 38 * sizeof (float), b, 38 * sizeof (float));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/random/philox-known-answers", test_philox_known_answers);
  g_test_add_func ("/random/numbers-depend-on-nothing-but-their-place", test_numbers_depend_on_nothing_but_their_place);
  g_test_add_func ("/random/moments", test_moments);
  g_test_add_func ("/random/below", test_below);
  g_test_add_func ("/random/shuffle", test_shuffle);
  g_test_add_func ("/random/mt19937", test_mt19937);
  g_test_add_func ("/random/state-goes-on", test_state_goes_on);
  return g_test_run ();
}
