/* The stack's rule of 1.80, in exact hundredths. */
#include "config.h"

#include "generate/lk-stack.h"

static LkStackEntry *
add (LkStack     *stack,
     const char  *path,
     LkStackKind  kind,
     int          hundredths)
{
  g_autoptr (LkStackEntry) entry = lk_stack_entry_new (path, kind, hundredths);

  lk_stack_add (stack, entry);
  return entry;       /* the stack's */
}

/* How many pieces of advice; the first one must hold `word` (NULL: there is none). */
static void
assert_advice (LkStack    *stack,
               guint       n,
               const char *word)
{
  g_autoptr (GPtrArray) advice = lk_stack_get_advice (stack);

  g_assert_cmpuint (advice->len, ==, n);
  if (word)
    g_assert_nonnull (strstr (advice->pdata[0], word));
}

static void
test_180_is_silent_and_181_warns (void)
{
  g_autoptr (LkStack) stack = lk_stack_new ();
  LkStackEntry *last;

  add (stack, "her.safetensors", LK_STACK_CHARACTER, 80);
  add (stack, "ink.safetensors", LK_STACK_STYLE, 60);
  last = add (stack, "coat.safetensors", LK_STACK_CLOTHING, 40);
  g_assert_cmpint (lk_stack_get_total (stack), ==, 180);
  assert_advice (stack, 0, NULL);

  lk_stack_entry_set_unet (last, 41);
  g_assert_cmpint (lk_stack_get_total (stack), ==, 181);
  assert_advice (stack, 1, "1.81");

  lk_stack_entry_set_on (last, FALSE);
  g_assert_cmpint (lk_stack_get_total (stack), ==, 140);
  assert_advice (stack, 0, NULL);
}

static void
test_the_larger_of_both_strengths_counts_whatever_its_sign (void)
{
  g_autoptr (LkStack) stack = lk_stack_new ();
  LkStackEntry *entry = add (stack, "a", LK_STACK_OTHER, 30);

  lk_stack_entry_set_linked (entry, FALSE);
  lk_stack_entry_set_text (entry, -70);
  g_assert_cmpint (lk_stack_get_total (stack), ==, 70);
  lk_stack_entry_set_unet (entry, -75);
  g_assert_cmpint (lk_stack_get_total (stack), ==, 75);
  g_assert_cmpint (lk_stack_entry_get_text (entry), ==, -70);
  lk_stack_entry_set_linked (entry, TRUE);
  g_assert_cmpint (lk_stack_entry_get_text (entry), ==, -75);
}

static void
test_the_character_should_be_the_strongest (void)
{
  g_autoptr (LkStack) stack = lk_stack_new ();
  LkStackEntry *her = add (stack, "her", LK_STACK_CHARACTER, 60);

  add (stack, "ink", LK_STACK_STYLE, 60);
  assert_advice (stack, 0, NULL);
  lk_stack_entry_set_unet (her, 59);
  assert_advice (stack, 1, "ink");
}

static void
test_more_than_three (void)
{
  g_autoptr (LkStack) stack = lk_stack_new ();

  for (guint i = 0; i < 3; i++)
    add (stack, "x", LK_STACK_OTHER, 10);
  assert_advice (stack, 0, NULL);
  add (stack, "zero", LK_STACK_OTHER, 0);
  assert_advice (stack, 0, NULL);
  add (stack, "x", LK_STACK_OTHER, 10);
  assert_advice (stack, 1, "4");
}

static void
test_balance_rounds_down (void)
{
  g_autoptr (LkStack) stack = lk_stack_new ();
  LkStackEntry *a = add (stack, "a", LK_STACK_OTHER, 100);
  LkStackEntry *b = add (stack, "b", LK_STACK_OTHER, 67);
  LkStackEntry *off = add (stack, "c", LK_STACK_OTHER, 90);
  LkStackEntry *negative = add (stack, "d", LK_STACK_OTHER, -50);

  lk_stack_entry_set_on (off, FALSE);
  g_assert_cmpint (lk_stack_get_total (stack), ==, 217);
  g_assert_true (lk_stack_balance (stack));
  g_assert_cmpint (lk_stack_entry_get_unet (a), ==, 82);            /* 82.9 */
  g_assert_cmpint (lk_stack_entry_get_unet (b), ==, 55);            /* 55.6 */
  g_assert_cmpint (lk_stack_entry_get_text (b), ==, 55);
  g_assert_cmpint (lk_stack_entry_get_unet (negative), ==, -41);    /* -41.5 */
  g_assert_cmpint (lk_stack_entry_get_unet (off), ==, 90);
  g_assert_cmpint (lk_stack_get_total (stack), <=, 180);
  g_assert_false (lk_stack_balance (stack));
}

static void
on_total (LkStack    *stack,
          GParamSpec *spec,
          guint      *n)
{
  (*n)++;
}

static void
test_the_total_notifies_once_for_each_change (void)
{
  g_autoptr (LkStack) stack = lk_stack_new ();
  LkStackEntry *entry;
  guint n = 0;

  g_signal_connect (stack, "notify::total", G_CALLBACK (on_total), &n);
  entry = add (stack, "a", LK_STACK_OTHER, 50);
  g_assert_cmpuint (n, ==, 1);
  lk_stack_entry_set_unet (entry, 60);
  g_assert_cmpuint (n, ==, 2);
  lk_stack_entry_set_kind (entry, LK_STACK_POSE);
  g_assert_cmpuint (n, ==, 2);
  lk_stack_remove (stack, 0);
  g_assert_cmpuint (n, ==, 3);
}

static void
test_order_and_json (void)
{
  g_autoptr (LkStack) stack = lk_stack_new (), read = NULL;
  g_autoptr (cJSON) json = NULL;
  LkStackEntry *b;

  add (stack, "folder/a.b.safetensors", LK_STACK_CHARACTER, 80);
  b = add (stack, "b.safetensors", LK_STACK_STYLE, 50);
  lk_stack_entry_set_linked (b, FALSE);
  lk_stack_entry_set_text (b, 25);
  lk_stack_entry_set_on (b, FALSE);
  lk_stack_move (stack, 1, 0);

  json = lk_stack_to_json (stack);
  read = lk_stack_from_json (json, NULL);
  g_assert_cmpuint (lk_stack_get_n (read), ==, 2);
  g_assert_cmpstr (lk_stack_entry_get_name (lk_stack_get (read, 0)), ==, "b");
  g_assert_cmpint (lk_stack_entry_get_unet (lk_stack_get (read, 0)), ==, 50);
  g_assert_cmpint (lk_stack_entry_get_text (lk_stack_get (read, 0)), ==, 25);
  g_assert_false (lk_stack_entry_get_on (lk_stack_get (read, 0)));
  g_assert_cmpstr (lk_stack_entry_get_name (lk_stack_get (read, 1)), ==, "a.b");
  g_assert_cmpint (lk_stack_entry_get_kind (lk_stack_get (read, 1)), ==, LK_STACK_CHARACTER);
  g_assert_cmpint (lk_stack_get_total (read), ==, 80);
}

static void
test_presets_stay_within_the_limit (void)
{
  for (guint i = 0; i < lk_stack_preset_get_n (); i++)
    {
      const LkStackPreset *preset = lk_stack_preset_get (i);

      g_assert_cmpint (preset->character + preset->second, <=, LK_STACK_LIMIT);
      g_assert_cmpint (preset->character, >, preset->second);
      g_assert_nonnull (lk_stack_preset_get_title (preset));
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/stack/180-is-silent-and-181-warns", test_180_is_silent_and_181_warns);
  g_test_add_func ("/stack/the-larger-of-both-strengths-counts-whatever-its-sign",
                   test_the_larger_of_both_strengths_counts_whatever_its_sign);
  g_test_add_func ("/stack/the-character-should-be-the-strongest", test_the_character_should_be_the_strongest);
  g_test_add_func ("/stack/more-than-three", test_more_than_three);
  g_test_add_func ("/stack/balance-rounds-down", test_balance_rounds_down);
  g_test_add_func ("/stack/the-total-notifies-once-for-each-change", test_the_total_notifies_once_for_each_change);
  g_test_add_func ("/stack/order-and-json", test_order_and_json);
  g_test_add_func ("/stack/presets-stay-within-the-limit", test_presets_stay_within_the_limit);

  return g_test_run ();
}
