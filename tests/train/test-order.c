/* Which pictures a batch takes. */
#include "config.h"

#include <string.h>

#include "train/lk-order.h"

static const guint sizes[] = { 7, 7, 9, 7, 9, 7, 7 };
static const guint repeats[] = { 1, 2, 3, 1, 1, 1, 2 };      /* 7 draws of size 7, 4 of size 9 */
#define N_PICTURES 7
#define N_DRAWS 11
#define N_BATCHES 6                                           /* of 2: 4 and 2 */

static LkOrder *
order_of (guint64 seed)
{
  return lk_order_new (sizes, repeats, N_PICTURES, 2, seed);
}

static void
test_an_epoch_takes_every_picture_as_often_as_it_is_repeated (void)
{
  g_autoptr (LkOrder) order = order_of (5);

  g_assert_cmpuint (lk_order_get_n_batches (order), ==, N_BATCHES);
  for (guint epoch = 1; epoch <= 20; epoch++)
    {
      guint taken[N_PICTURES] = { 0 };

      for (guint b = 0; b < N_BATCHES; b++)
        {
          guint n, of_epoch;
          const guint32 *items = lk_order_get_batch (order, (epoch - 1) * N_BATCHES + b, &n, &of_epoch);

          g_assert_cmpuint (of_epoch, ==, epoch);
          g_assert_cmpuint (n, >=, 1);
          g_assert_cmpuint (n, <=, 2);
          for (guint i = 0; i < n; i++)
            {
              taken[items[i]]++;
              g_assert_cmpuint (sizes[items[i]], ==, sizes[items[0]]);
            }
        }
      g_assert_cmpmem (taken, sizeof taken, repeats, sizeof repeats);
    }
}

/* All batches of epochs 1 to 4 as one text. */
static char *
walk (LkOrder *order)
{
  GString *text = g_string_new (NULL);

  for (guint b = 0; b < 4 * N_BATCHES; b++)
    {
      guint n;
      const guint32 *items = lk_order_get_batch (order, b, &n, NULL);

      for (guint i = 0; i < n; i++)
        g_string_append_printf (text, "%u ", items[i]);
      g_string_append (text, "| ");
    }
  return g_string_free_and_steal (text);
}

static void
test_the_seed_decides (void)
{
  g_autoptr (LkOrder) order = order_of (5);
  g_autoptr (LkOrder) same = order_of (5);
  g_autoptr (LkOrder) other = order_of (6);
  g_autofree char *a = walk (order);
  g_autofree char *b = walk (same);
  g_autofree char *c = walk (other);

  g_assert_cmpstr (a, ==, b);
  g_assert_cmpstr (a, !=, c);
}

static void
test_epochs_differ (void)
{
  g_autoptr (LkOrder) order = order_of (5);
  g_autofree char *text = walk (order);
  g_auto (GStrv) batches = g_strsplit (text, "|", -1);
  guint same = 0;

  for (guint b = 0; b < N_BATCHES; b++)
    same += g_str_equal (batches[b], batches[b + N_BATCHES]);
  g_assert_cmpuint (same, <, N_BATCHES);
}

static void
test_any_batch_can_be_had_without_walking_there (void)
{
  g_autoptr (LkOrder) walked = order_of (5);
  g_autofree char *all = walk (walked);
  guint n, m;
  g_autoptr (LkOrder) fresh = order_of (5);
  g_autofree guint32 *jumped = NULL;
  const guint32 *items = lk_order_get_batch (fresh, 100, &n, NULL);

  jumped = g_memdup2 (items, n * sizeof *items);
  for (guint b = 0; b <= 100; b++)
    items = lk_order_get_batch (walked, b, &m, NULL);
  g_assert_cmpmem (jumped, n * sizeof *items, items, m * sizeof *items);
}

static void
test_every_place_is_reached_by_every_picture (void)
{
  const guint one_size[] = { 1, 1, 1, 1 }, once[] = { 1, 1, 1, 1 };
  g_autoptr (LkOrder) order = lk_order_new (one_size, once, 4, 1, 11);
  guint counts[4][4] = { { 0 } };

  for (guint b = 0; b < 4 * 2000; b++)
    {
      guint n;

      counts[b % 4][*lk_order_get_batch (order, b, &n, NULL)]++;
    }
  for (guint place = 0; place < 4; place++)
    for (guint picture = 0; picture < 4; picture++)
      {
        g_assert_cmpuint (counts[place][picture], >, 400);      /* 500 expected */
        g_assert_cmpuint (counts[place][picture], <, 600);
      }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/order/an-epoch-takes-every-picture-as-often-as-it-is-repeated",
                   test_an_epoch_takes_every_picture_as_often_as_it_is_repeated);
  g_test_add_func ("/order/the-seed-decides", test_the_seed_decides);
  g_test_add_func ("/order/epochs-differ", test_epochs_differ);
  g_test_add_func ("/order/any-batch-can-be-had-without-walking-there", test_any_batch_can_be_had_without_walking_there);
  g_test_add_func ("/order/every-place-is-reached-by-every-picture", test_every_place_is_reached_by_every_picture);

  return g_test_run ();
}
