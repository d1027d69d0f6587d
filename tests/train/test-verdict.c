/* What is said of a run, on curves whose truth is known; and what single draws tell of pictures. */
#include "config.h"

#include <math.h>

#include "base/lk-random.h"
#include "train/lk-insight.h"
#include "train/lk-verdict.h"
#include "train/lk-weight-norms.h"

#define STEPS 2000

/* Measurements every 100 steps: `trained` and `held_out` say what there is at a share of the run, with noise of a deviation. */
typedef double (*CurveFunc) (double share);

static double
falls (double share)
{
  return 0.10 + 0.05 * exp (-2 * share);
}

static double
is_level (double share)
{
  return 0.12;
}

/* Falls over the first 45 % and stays there. */
static double
flattens (double share)
{
  return 0.10 + 0.05 * MAX (0, 1 - share / 0.45);
}

/* Falls to the middle, then rises. */
static double
turns (double share)
{
  return 0.10 + 0.08 * fabs (share - 0.5);
}

static double
is_missing (double share)
{
  return NAN;
}

static LkVerdict
judge (CurveFunc trained,
       CurveFunc held_out,
       double    noise,
       guint     n,
       guint64   seed)
{
  g_autofree LkValidationMark *marks = g_new (LkValidationMark, n);
  g_autofree float *jitter = g_new (float, 2 * n + 2);

  lk_random_fill_normal (seed, 3, 0, 2 * n, jitter);
  for (guint i = 0; i < n; i++)
    {
      double share = 100. * i / STEPS;

      marks[i] = (LkValidationMark) { 100 * i, trained (share) + noise * jitter[2 * i], held_out (share) + noise * jitter[2 * i + 1] };
    }
  return lk_verdict_find (marks, n, STEPS);
}

static void
test_falling (void)
{
  LkVerdict verdict = judge (falls, is_missing, 0, 21, 0);

  g_assert_cmpint (verdict.kind, ==, LK_VERDICT_IMPROVING);
  g_assert_cmpfloat_with_epsilon (verdict.gain, 1 - falls (1) / falls (0), 1e-9);
  g_assert_cmpuint (verdict.best_step, ==, 2000);
}

static void
test_flat (void)
{
  LkVerdict verdict = judge (flattens, is_missing, 0, 21, 0);
  g_autofree char *sentence = lk_verdict_dup_sentence (&verdict);

  g_assert_cmpint (verdict.kind, ==, LK_VERDICT_FLAT);
  g_assert_cmpuint (verdict.since, >=, 800);
  g_assert_cmpuint (verdict.since, <=, 1000);
  g_assert_nonnull (strstr (sentence, "Flat since step"));
  g_assert_cmpint (judge (is_level, is_missing, 0, 21, 0).kind, ==, LK_VERDICT_FLAT);
}

static void
test_rising_validation (void)
{
  LkVerdict verdict = judge (falls, turns, 0, 21, 0);

  g_assert_cmpint (verdict.kind, ==, LK_VERDICT_OVERFITTING);
  g_assert_cmpuint (verdict.since, ==, 1000);
  g_assert_cmpuint (verdict.best_step, ==, 1000);
  g_assert_cmpuint (verdict.retrain_steps, ==, 1500);
  /* As soon as it is plain, not before. */
  g_assert_cmpint (judge (falls, turns, 0, 11, 0).kind, ==, LK_VERDICT_IMPROVING);
  g_assert_cmpint (judge (falls, turns, 0, 15, 0).kind, ==, LK_VERDICT_OVERFITTING);
}

/* The design's rule: the pictures that it trains on say nothing of overfitting. */
static void
test_no_held_out_pictures (void)
{
  LkVerdict verdict = judge (turns, is_missing, 0, 21, 0);
  g_autofree char *why = lk_verdict_dup_why (&verdict, FALSE, TRUE);

  g_assert_cmpint (verdict.kind, ==, LK_VERDICT_WORSE);
  g_assert_cmpuint (verdict.retrain_steps, ==, 0);
  g_assert_nonnull (strstr (why, "no pictures are held out"));
}

/* Over 200 runs with much jitter, level and falling curves are hardly ever called overfitting, and turning ones mostly. */
static void
test_noisy (void)
{
  guint n_false = 0, n_found = 0, n_flat = 0, n_improving = 0;

  for (guint64 seed = 1; seed <= 200; seed++)
    {
      LkVerdictKind falling = judge (falls, falls, 0.002, 21, seed).kind, level = judge (falls, is_level, 0.002, 21, seed).kind;

      n_false += falling == LK_VERDICT_OVERFITTING || level == LK_VERDICT_OVERFITTING;
      n_found += judge (falls, turns, 0.002, 21, seed).kind == LK_VERDICT_OVERFITTING;
      n_flat += judge (flattens, is_missing, 0.002, 21, seed).kind == LK_VERDICT_FLAT;
      n_improving += judge (falls, is_missing, 0.001, 21, seed).kind == LK_VERDICT_IMPROVING;
    }
  g_test_message ("of 200: %u false alarms, %u found, %u flat, %u improving", n_false, n_found, n_flat, n_improving);
  g_assert_cmpuint (n_false, <=, 10);
  g_assert_cmpuint (n_found, >=, 190);
  g_assert_cmpuint (n_flat, >=, 180);
  g_assert_cmpuint (n_improving, >=, 180);
}

static void
test_short (void)
{
  g_assert_cmpint (lk_verdict_find (NULL, 0, STEPS).kind, ==, LK_VERDICT_TOO_EARLY);
  g_assert_cmpint (judge (falls, turns, 0, 4, 0).kind, ==, LK_VERDICT_TOO_EARLY);
  g_assert_cmpint (lk_verdict_find ((LkValidationMark[]) { { 0, NAN, NAN }, { 1, NAN, NAN } }, 2, 2).kind, ==, LK_VERDICT_TOO_EARLY);
}

/* ---- draws --------------------------------------------------------------------------------------------------------- */

/* Picture 3 has twice the loss of the others throughout, picture 5 does at first: only 3 is stuck. Timesteps differ by more than that. */
static void
test_a_picture_that_never_learns (void)
{
  g_autoptr (LkInsight) insight = lk_insight_new ();
  g_autoptr (GArray) pictures = NULL;
  LkInsightBucket buckets[LK_INSIGHT_BUCKETS];
  LkInsightPicture *worst;

  for (guint step = 1; step <= 400; step++)
    {
      guint item = step % 10, timestep = lk_random_below (1, 2, step, 1000);
      double loss = 0.3 * (1000 - timestep) / 1000 + 0.01;

      loss *= item == 3 || (item == 5 && step <= 200) ? 2 : 1;
      lk_insight_add (insight, step, item, timestep, loss);
    }
  lk_insight_add (insight, 400, 9, 500, NAN);       /* is left out */

  pictures = lk_insight_pictures (insight);
  g_assert_cmpuint (pictures->len, ==, 10);
  worst = &g_array_index (pictures, LkInsightPicture, 0);
  g_assert_cmpuint (worst->item, ==, 3);
  g_assert_true (worst->is_stuck);
  g_assert_cmpuint (worst->n, ==, 40);
  g_assert_cmpfloat (worst->relative, >, 1.6);
  for (guint i = 1; i < pictures->len; i++)
    g_assert_false (g_array_index (pictures, LkInsightPicture, i).is_stuck);

  lk_insight_timesteps (insight, buckets);
  g_assert_cmpfloat (buckets[0].last, >, 3 * buckets[9].last);
}

static void
test_nothing_drawn (void)
{
  g_autoptr (LkInsight) insight = lk_insight_new ();
  g_autoptr (GArray) pictures = lk_insight_pictures (insight);
  LkInsightBucket buckets[LK_INSIGHT_BUCKETS];

  lk_insight_timesteps (insight, buckets);
  g_assert_cmpuint (pictures->len, ==, 0);
  g_assert_true (isnan (buckets[4].last));
}

static void
test_blocks (void)
{
  static const char * const cases[][2] = {
    { "lora_unet_down_blocks_1_attentions_0_proj_in", "down_blocks_1" }, { "lora_unet_mid_block_attentions_0_proj_in", "mid_block" },
    { "lora_unet_output_blocks_10_1_proj_out", "output_blocks_10" }, { "lora_unet_middle_block_1_proj_in", "mid_block" },
    { "lora_te_text_model_encoder_layers_0_mlp_fc1", "text_encoder" }, { "lora_te2_text_model_encoder_layers_0_mlp_fc1", "text_encoder_2" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *block = lk_weight_norms_dup_block (cases[i][0]);

      g_assert_cmpstr (block, ==, cases[i][1]);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/verdict/falling", test_falling);
  g_test_add_func ("/verdict/flat", test_flat);
  g_test_add_func ("/verdict/rising-validation", test_rising_validation);
  g_test_add_func ("/verdict/no-held-out-pictures", test_no_held_out_pictures);
  g_test_add_func ("/verdict/noisy", test_noisy);
  g_test_add_func ("/verdict/short", test_short);
  g_test_add_func ("/insight/picture-that-never-learns", test_a_picture_that_never_learns);
  g_test_add_func ("/insight/nothing-drawn", test_nothing_drawn);
  g_test_add_func ("/insight/blocks", test_blocks);
  return g_test_run ();
}
