/* What becomes of a caption: sd-scripts' rules, case by case. */
#include "config.h"

#include "train/lk-caption.h"

/* Settings from "key=value" pairs, NULL-terminated. */
static LkTrainSettings *
settings_of (const char *pair,
             ...)
{
  LkTrainSettings *settings = lk_train_settings_new ();
  va_list pairs;

  va_start (pairs, pair);
  for (; pair != NULL; pair = va_arg (pairs, const char *))
    {
      g_auto (GStrv) parts = g_strsplit (pair, "=", 2);
      g_autoptr (GError) error = NULL;

      lk_train_settings_set (settings, parts[0], parts[1], &error);
      g_assert_no_error (error);
    }
  va_end (pairs);

  return settings;
}

static void
assert_caption (LkTrainSettings *settings,
                const char      *caption,
                const char      *expected)
{
  g_autofree char *made = lk_caption_make (settings, caption, 3, 5, 7);

  g_assert_cmpstr (made, ==, expected);
}

/* How many of `n` variants come out as `expected`. */
static guint
count (LkTrainSettings *settings,
       const char      *caption,
       const char      *expected,
       guint            n)
{
  guint found = 0;

  for (guint v = 0; v < n; v++)
    {
      g_autofree char *made = lk_caption_make (settings, caption, 0, v, 0);

      found += g_str_equal (made, expected);
    }
  return found;
}

static void
test_nothing_asked_for (void)
{
  g_autoptr (LkTrainSettings) settings = settings_of (NULL);

  assert_caption (settings, "ohwx woman,red  hair ,, {a|b} ||| x", "ohwx woman,red  hair ,, {a|b} ||| x");
  assert_caption (settings, "  first line \r\nsecond", "first line");
  assert_caption (settings, "\nsecond", "");
  assert_caption (settings, "", "");
  g_assert_false (lk_caption_varies (settings, "a, b"));
  g_assert_cmpuint (lk_caption_pick (settings, "a, b", 17), ==, 0);
}

static void
test_prefix_and_suffix (void)
{
  g_autoptr (LkTrainSettings) settings = settings_of ("caption_prefix=a photo of", "caption_suffix=, best", NULL);

  assert_caption (settings, "ohwx", "a photo of ohwx , best");
}

static void
test_wildcards (void)
{
  g_autoptr (LkTrainSettings) settings = settings_of ("enable_wildcard=true", NULL);
  const char *caption = "a {red|blue|green} hat";

  g_assert_true (lk_caption_varies (settings, caption));
  g_assert_cmpuint (count (settings, caption, "a red hat", 3000), >, 900);
  g_assert_cmpuint (count (settings, caption, "a blue hat", 3000), >, 900);
  g_assert_cmpuint (count (settings, caption, "a green hat", 3000), >, 900);
  assert_caption (settings, "{{a|b}} {one} {} }{", "{a|b} one {} }{");
  assert_caption (settings, "{", "{");
  g_assert_false (lk_caption_varies (settings, "plain"));
}

static void
test_one_line_of_several (void)
{
  g_autoptr (LkTrainSettings) settings = settings_of ("enable_wildcard=true", "caption_prefix=P", NULL);
  const char *caption = "one\r\n\n  two  \nthree\n";

  /* sd-scripts puts the prefix before the first line only, and then chooses. */
  g_assert_cmpuint (count (settings, caption, "P one", 3000), >, 900);
  g_assert_cmpuint (count (settings, caption, "two", 3000), >, 900);
  g_assert_cmpuint (count (settings, caption, "three", 3000), >, 900);
}

static void
test_shuffle_keeps_the_first_parts (void)
{
  g_autoptr (LkTrainSettings) settings = settings_of ("shuffle_caption=true", "keep_tokens=1", NULL);
  const char *caption = "ohwx woman,a , b,c";

  g_assert_cmpuint (count (settings, caption, "ohwx woman, a, b, c", 6000), >, 800);
  g_assert_cmpuint (count (settings, caption, "ohwx woman, c, b, a", 6000), >, 800);
  g_assert_cmpuint (count (settings, caption, "ohwx woman, b, c, a", 6000), >, 800);
}

static void
test_empty_parts_stay_without_a_fence (void)
{
  g_autoptr (LkTrainSettings) settings = settings_of ("caption_tag_dropout_rate=1e-9", "keep_tokens=0", NULL);

  assert_caption (settings, ",a,,b", ", a, , b");
}

static void
test_the_fence (void)
{
  g_autoptr (LkTrainSettings) settings =
    settings_of ("shuffle_caption=true", "keep_tokens=9", "keep_tokens_separator=|||", NULL);
  const char *caption = "t, , u ||| a, b ||| end, last ||| more";

  g_assert_cmpuint (count (settings, caption, "t, u, a, b, end, last ||| more", 2000), >, 900);
  g_assert_cmpuint (count (settings, caption, "t, u, b, a, end, last ||| more", 2000), >, 900);
}

static void
test_the_fence_stays_where_nothing_moves (void)
{
  g_autoptr (LkTrainSettings) settings = settings_of ("keep_tokens_separator=|||", NULL);

  assert_caption (settings, "t ||| a, b", "t ||| a, b");
}

static void
test_second_separator (void)
{
  g_autoptr (LkTrainSettings) settings =
    settings_of ("shuffle_caption=true", "keep_tokens=1", "secondary_separator=;;;", NULL);
  const char *caption = "t, a;;;b, c";

  g_assert_cmpuint (count (settings, caption, "t, a,b, c", 2000), >, 900);
  g_assert_cmpuint (count (settings, caption, "t, c, a,b", 2000), >, 900);
}

static void
test_part_dropout_spares_the_fixed (void)
{
  g_autoptr (LkTrainSettings) settings = settings_of ("caption_tag_dropout_rate=0.25", "keep_tokens=1", NULL);

  g_assert_cmpuint (count (settings, "t, a, b", "t, a, b", 4000), >, 2100);       /* 9/16: 2250 */
  g_assert_cmpuint (count (settings, "t, a, b", "t", 4000), >, 180);              /* 1/16: 250 */
  g_assert_cmpuint (count (settings, "t, a, b", "t, b", 4000), >, 650);           /* 3/16: 750 */
}

static void
test_warm_up_of_parts (void)
{
  g_autoptr (LkTrainSettings) settings =
    settings_of ("token_warmup_step=0.1", "token_warmup_min=2", "max_train_steps=100", "keep_tokens=1", NULL);
  static const char * const expected[] = { "t, a, b", "t, a, b", "t, a, b", "t, a, b", "t, a, b, c", "t, a, b, c", "t, a, b, c",
                                           "t, a, b, c, d", "t, a, b, c, d", "t, a, b, c, d", "t, a, b, c, d, e" };

  for (guint step = 0; step < G_N_ELEMENTS (expected); step++)
    {
      g_autofree char *made = lk_caption_make (settings, "t, a, b, c, d, e", 0, 0, step);

      g_assert_cmpstr (made, ==, expected[step]);       /* 2 + floor (0.3 step) parts, all of them from step 10 on */
    }
}

static void
test_whole_captions_are_dropped_at_the_rate (void)
{
  g_autoptr (LkTrainSettings) settings = settings_of ("caption_dropout_rate=0.1", NULL);
  guint dropped = 0;

  for (guint64 draw = 0; draw < 10000; draw++)
    dropped += lk_caption_is_dropped (settings, draw, 1);
  g_assert_cmpuint (dropped, >, 880);
  g_assert_cmpuint (dropped, <, 1120);
}

static void
test_every_third_epoch_has_no_captions (void)
{
  g_autoptr (LkTrainSettings) settings = settings_of ("caption_dropout_every_n_epochs=3", NULL);

  for (guint epoch = 1; epoch < 8; epoch++)
    g_assert_cmpint (lk_caption_is_dropped (settings, epoch, epoch), ==, epoch % 3 == 0);
}

static void
test_chance_depends_on_seed_and_picture (void)
{
  g_autoptr (LkTrainSettings) settings = settings_of ("shuffle_caption=true", "seed=1", NULL);
  g_autoptr (LkTrainSettings) other = settings_of ("shuffle_caption=true", "seed=2", NULL);
  const char *caption = "a, b, c, d, e, f, g, h, i, j, k, l";
  g_autofree char *first = lk_caption_make (settings, caption, 0, 0, 0);
  g_autofree char *again = lk_caption_make (settings, caption, 0, 0, 99);
  g_autofree char *variant = lk_caption_make (settings, caption, 0, 1, 0);
  g_autofree char *picture = lk_caption_make (settings, caption, 1, 0, 0);
  g_autofree char *seed = lk_caption_make (other, caption, 0, 0, 0);

  g_assert_cmpstr (first, ==, again);
  g_assert_cmpstr (first, !=, variant);
  g_assert_cmpstr (first, !=, picture);
  g_assert_cmpstr (first, !=, seed);
}

static void
test_variants_are_all_picked (void)
{
  g_autoptr (LkTrainSettings) settings = settings_of ("shuffle_caption=true", "caption_variants=5", NULL);
  guint counts[5] = { 0 };

  for (guint64 draw = 0; draw < 5000; draw++)
    counts[lk_caption_pick (settings, "a, b", draw)]++;
  for (guint v = 0; v < 5; v++)
    g_assert_cmpuint (counts[v], >, 880);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/captions/nothing-asked-for", test_nothing_asked_for);
  g_test_add_func ("/captions/prefix-and-suffix", test_prefix_and_suffix);
  g_test_add_func ("/captions/wildcards", test_wildcards);
  g_test_add_func ("/captions/one-line-of-several", test_one_line_of_several);
  g_test_add_func ("/captions/shuffle-keeps-the-first-parts", test_shuffle_keeps_the_first_parts);
  g_test_add_func ("/captions/empty-parts-stay-without-a-fence", test_empty_parts_stay_without_a_fence);
  g_test_add_func ("/captions/the-fence", test_the_fence);
  g_test_add_func ("/captions/the-fence-stays-where-nothing-moves", test_the_fence_stays_where_nothing_moves);
  g_test_add_func ("/captions/second-separator", test_second_separator);
  g_test_add_func ("/captions/part-dropout-spares-the-fixed", test_part_dropout_spares_the_fixed);
  g_test_add_func ("/captions/warm-up-of-parts", test_warm_up_of_parts);
  g_test_add_func ("/captions/whole-captions-are-dropped-at-the-rate", test_whole_captions_are_dropped_at_the_rate);
  g_test_add_func ("/captions/every-third-epoch-has-no-captions", test_every_third_epoch_has_no_captions);
  g_test_add_func ("/captions/chance-depends-on-seed-and-picture", test_chance_depends_on_seed_and_picture);
  g_test_add_func ("/captions/variants-are-all-picked", test_variants_are_all_picked);

  return g_test_run ();
}
