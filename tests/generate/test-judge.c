/* Judging: stars, rejections, notes and comparisons are kept and can be undone across restarts; rankings; what pictures look like beside training
 * pictures; and the strength that is kept in a LoRA.
 */
#include "config.h"

#include <glib/gstdio.h>
#include <math.h>
#include <stdlib.h>

#include "base/lk-file.h"
#include "base/lk-random.h"
#include "formats/lk-safetensors.h"
#include "generate/lk-judge.h"
#include "generate/lk-lora-strength.h"
#include "generate/lk-rank.h"
#include "generate/lk-sights.h"

static char *folder;

static LkJudge *
open_judge (void)
{
  g_autoptr (GError) error = NULL;
  LkJudge *judge = lk_judge_open (folder, &error);

  g_assert_no_error (error);
  return judge;
}

static void
test_judgements_survive_and_undo (void)
{
  LkJudge *judge = open_judge ();
  g_autoptr (GArray) pairs = NULL;
  LkJudgement judgement;

  g_assert_false (lk_judge_can_undo (judge));
  g_assert_true (lk_judge_set_stars (judge, "a.png", 4, NULL));
  g_assert_true (lk_judge_set_stars (judge, "a.png", 4, NULL));     /* no step */
  g_assert_true (lk_judge_set_rejected (judge, "a.png", TRUE, NULL));
  g_assert_true (lk_judge_set_note (judge, "b.png", "the hair \"is\" wrong\n", NULL));
  g_assert_true (lk_judge_add_pair (judge, "a.png", "b.png", FALSE, NULL));
  lk_judge_free (judge);

  judge = open_judge ();
  lk_judge_get (judge, "a.png", &judgement);
  g_assert_cmpuint (judgement.stars, ==, 4);
  g_assert_true (judgement.is_rejected);
  lk_judge_get (judge, "b.png", &judgement);
  g_assert_cmpstr (judgement.note, ==, "the hair \"is\" wrong\n");
  pairs = lk_judge_list_pairs (judge);
  g_assert_cmpuint (pairs->len, ==, 1);
  g_assert_cmpstr (g_array_index (pairs, LkJudgePair, 0).winner, ==, "a.png");

  for (guint i = 0; i < 3; i++)
    g_assert_true (lk_judge_undo (judge, NULL));
  lk_judge_free (judge);
  judge = open_judge ();
  lk_judge_get (judge, "a.png", &judgement);
  g_assert_cmpuint (judgement.stars, ==, 4);
  g_assert_false (judgement.is_rejected);
  g_assert_true (lk_judge_can_redo (judge));
  g_assert_true (lk_judge_undo (judge, NULL));
  g_assert_false (lk_judge_can_undo (judge));
  for (guint i = 0; i < 4; i++)
    g_assert_true (lk_judge_redo (judge, NULL));
  g_assert_false (lk_judge_can_redo (judge));
  g_assert_true (lk_judge_undo (judge, NULL));
  g_assert_true (lk_judge_set_stars (judge, "c.png", 1, NULL));     /* what was undone is gone */
  g_assert_false (lk_judge_can_redo (judge));
  lk_judge_free (judge);
}

static void
test_damaged_judgements_are_told (void)
{
  static const char * const damaged[] = {
    "{", "{}", "{\"version\":1,\"position\":2,\"steps\":[]}", "{\"version\":1,\"position\":1,\"steps\":[{\"kind\":\"stars\",\"cell\":\"a\",\"value\":9}]}",
    "{\"version\":1,\"position\":1,\"steps\":[{\"kind\":\"pair\",\"cell\":\"a\"}]}", "{\"version\":2,\"position\":0,\"steps\":[]}",
  };
  g_autofree char *path = g_build_filename (folder, "judge.json", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (damaged); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_true (lk_file_write (path, damaged[i], -1, NULL));
      g_assert_null (lk_judge_open (folder, &error));
      g_assert_nonnull (error);
    }
  g_remove (path);
}

static void
test_rank_follows_wins (void)
{
  /* A beats B twice, B beats C twice, A and C once each: A > B > C. */
  static const double wins[] = { 0, 2, 1, 0, 0, 2, 1, 0, 0 }, even[] = { 0, 1.5, 1.5, 0 }, none[] = { 0, 0, 0, 0 };
  double strengths[3], equal[2];

  lk_rank_fit (wins, 3, strengths);
  g_assert_cmpfloat (strengths[0], >, strengths[1]);
  g_assert_cmpfloat (strengths[1], >, strengths[2]);
  lk_rank_fit (even, 2, equal);
  g_assert_cmpfloat_with_epsilon (equal[0], equal[1], 1e-6);
  lk_rank_fit (none, 2, equal);
  g_assert_cmpfloat_with_epsilon (equal[0], 1, 1e-6);
}

/* The likelihood has its top where the fit says: by a small step to each side. */
static void
test_rank_is_the_most_likely (void)
{
  static const double wins[] = { 0, 5, 3, 2, 0, 6, 4, 1, 0 };
  double best[3];
  static const int steps[] = { 0, -1, 1 };
  double top = -INFINITY;

  lk_rank_fit (wins, 3, best);
  for (guint s = 0; s < G_N_ELEMENTS (steps); s++)
    for (guint moved = 0; moved < 3; moved++)
      {
        double p[3] = { best[0], best[1], best[2] }, likelihood = 0;

        p[moved] *= 1 + 0.01 * steps[s];
        for (guint i = 0; i < 3; i++)
          {
            likelihood += log (p[i] / (p[i] + 1)) + log (1 / (p[i] + 1));
            for (guint j = 0; j < 3; j++)
              if (i != j)
                likelihood += wins[i * 3 + j] * log (p[i] / (p[i] + p[j]));
          }
        if (steps[s] == 0)
          top = likelihood;
        else
          g_assert_cmpfloat (likelihood, <, top);
      }
}

static void
test_next_pair_is_the_rarest (void)
{
  static const double wins[] = { 0, 1, 1, 0, 0, 0, 0, 0, 0 };
  static const gboolean all[] = { 0, 1, 1, 1, 0, 1, 1, 1, 0 }, no_last[] = { 0, 1, 1, 1, 0, 0, 1, 0, 0 }, none[9] = { 0 };
  g_autoptr (GRand) chance = g_rand_new_with_seed (1);
  guint first, second, n_firsts = 0;

  g_assert_true (lk_rank_next_pair (wins, all, 3, chance, &first, &second));
  g_assert_cmpuint (first, ==, 1);
  g_assert_cmpuint (second, ==, 2);
  for (guint i = 0; i < 100; i++)
    {
      g_assert_true (lk_rank_next_pair (wins, no_last, 3, chance, &first, &second));
      n_firsts += second == 1;
    }
  g_assert_cmpuint (n_firsts, >, 25);
  g_assert_cmpuint (n_firsts, <, 75);
  g_assert_false (lk_rank_next_pair (wins, none, 3, chance, &first, &second));
}

/* ---- sights ---------------------------------------------------------------------------------------------------- */

/* A picture of a seed: blotches of colour. `share` mixes another seed's in. */
static LkPicture *
paint (guint  seed,
       guint  other,
       double share)
{
  LkPicture *picture = lk_picture_new (64, 64, 3);

  for (guint y = 0; y < 64; y++)
    for (guint x = 0; x < 64; x++)
      for (guint c = 0; c < 3; c++)
        {
          double phase = (x / 16 * 7 + y / 16 * 13 + c * 5), a = sin (phase * (seed + 1.3)), b = sin (phase * (other + 1.3));

          lk_picture_row (picture, y)[3 * x + c] = (guint8) (127 + 100 * ((1 - share) * a + share * b));
        }
  return picture;
}

static void
measure (LkSights        *sights,
         const LkPicture *picture,
         LkCellMeasure   *result)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (lk_sights_measure (sights, picture, TRUE, result, &error));
}

static void
test_copies_and_likeness (void)
{
  g_autoptr (LkSights) sights = lk_sights_new (NULL);
  g_autoptr (LkPicture) copy = paint (3, 4, 0.05), new = paint (40, 0, 0);
  LkCellMeasure result;

  for (guint i = 0; i < 6; i++)
    {
      g_autoptr (LkPicture) picture = paint (i, 0, 0);

      g_assert_true (lk_sights_add (sights, picture, TRUE, NULL));
    }
  measure (sights, copy, &result);
  g_assert_cmpint (result.nearest, ==, 3);
  g_assert_true (result.is_copy);
  g_assert_true (isnan (result.likeness));      /* no embedder: none rather than a false one */
  measure (sights, new, &result);
  g_assert_false (result.is_copy);
}

static void
test_sameness_is_told (void)
{
  g_autoptr (LkSights) sights = lk_sights_new (NULL);
  LkCellMeasure base[5], free[5], stuck[5];
  const LkCellMeasure *of_base[5], *of_free[5], *of_stuck[5];

  for (guint i = 0; i < 5; i++)
    {
      g_autoptr (LkPicture) a = paint (10 + i, 0, 0), b = paint (20 + i, 0, 0), c = paint (20 + i, 50, 0.75);

      measure (sights, a, &base[i]);
      measure (sights, b, &free[i]);
      measure (sights, c, &stuck[i]);
      of_base[i] = &base[i];
      of_free[i] = &free[i];
      of_stuck[i] = &stuck[i];
    }
  g_assert_cmpuint (lk_sights_find_overfit (of_free, 5, of_base, 5), ==, LK_OVERFIT_NONE);
  g_assert_cmpuint (lk_sights_find_overfit (of_stuck, 5, of_base, 5), ==, LK_OVERFIT_SAME_POSE | LK_OVERFIT_BACKGROUND);
  g_assert_cmpuint (lk_sights_find_overfit (of_stuck, 5, of_base, 0), ==, LK_OVERFIT_NONE);       /* nothing to compare with */
}

/* The sample's own pictures are like her, the other character's are not, and none is taken for a copy of another. */
static void
test_sample (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LkDevice) device = lk_device_open ("cpu", 0, &error);
  g_autoptr (LkSights) sights = NULL;
  g_autofree char *images = lk_data_path ("starter/sample/images");
  static const char * const names[] = { "half-blouse", "half-dress", "half-hoodie", "half-jacket", "portrait-smile", "portrait-sad" };
  g_autoptr (LkPicture) hers = NULL, others = NULL;
  g_autofree char *her_path = g_build_filename (images, "portrait-laugh.png", NULL);
  g_autofree char *other_path = g_build_filename (g_getenv ("LIKENESS_TEST_PICTURES"), "portrait-smile.png", NULL);
  LkCellMeasure her, other;

  g_assert_no_error (error);
  sights = lk_sights_new (lk_embedder_new_drawn (device, &error));
  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = g_strdup_printf ("%s/%s.png", images, names[i]);
      g_autoptr (LkPicture) picture = lk_picture_read (path, LK_PICTURE_ON_WHITE, NULL, &error);

      g_assert_no_error (error);
      g_assert_true (lk_sights_add (sights, picture, TRUE, &error));
    }
  hers = lk_picture_read (her_path, LK_PICTURE_ON_WHITE, NULL, &error);
  g_assert_no_error (error);
  others = lk_picture_read (other_path, LK_PICTURE_ON_WHITE, NULL, &error);
  g_assert_no_error (error);
  measure (sights, hers, &her);
  measure (sights, others, &other);
  g_assert_cmpfloat (her.likeness, >, 0.6);
  g_assert_cmpfloat (other.likeness, <, 0.3);
  g_assert_false (her.is_copy);
}

/* ---- the strength that a LoRA keeps ---------------------------------------------------------------------------- */

static void
test_strength_is_kept_in_the_file (void)
{
  g_autofree char *source = lk_data_path ("starter/style-dusk.safetensors"), *path = g_build_filename (folder, "kept.safetensors", NULL);
  g_autofree char *before = lk_safetensors_model_hash (source, NULL), *after = NULL;
  g_autoptr (LkSafetensors) old = NULL, new = NULL, none = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (lk_file_copy (source, path, NULL));
  g_assert_cmpfloat (lk_lora_strength_get (path, NULL), ==, 0);
  g_assert_true (lk_lora_strength_set (path, 0.8, &error));
  g_assert_no_error (error);
  g_assert_cmpfloat (lk_lora_strength_get (path, NULL), ==, 0.8);
  after = lk_safetensors_model_hash (path, NULL);
  g_assert_cmpstr (before, ==, after);

  old = lk_safetensors_open (source, NULL);
  new = lk_safetensors_open (path, NULL);
  g_assert_cmpuint (lk_safetensors_get_n_tensors (old), ==, lk_safetensors_get_n_tensors (new));
  g_assert_cmpstr (lk_safetensors_get_metadata (new, "modelspec.usage_hint"), ==, "Best at strength 0.8");
  for (guint i = 0; lk_safetensors_get_metadata_keys (old)[i]; i++)
    {
      const char *key = lk_safetensors_get_metadata_keys (old)[i];

      g_assert_cmpstr (lk_safetensors_get_metadata (old, key), ==, lk_safetensors_get_metadata (new, key));
    }

  g_assert_true (lk_lora_strength_set (path, 0, NULL));
  none = lk_safetensors_open (path, NULL);
  g_assert_null (lk_safetensors_get_metadata (none, "likeness.strength"));
  g_assert_null (lk_safetensors_get_metadata (none, "modelspec.usage_hint"));
  g_assert_false (lk_lora_strength_set ("/nowhere/lora.safetensors", 1, &error));
  g_assert_nonnull (error);
}

int
main (int   argc,
      char *argv[])
{
  g_autofree char *removal = NULL;
  int status;

  g_test_init (&argc, &argv, NULL);
  folder = g_dir_make_tmp ("likeness-judge-XXXXXX", NULL);

  g_test_add_func ("/judge/survives-and-undoes", test_judgements_survive_and_undo);
  g_test_add_func ("/judge/damaged", test_damaged_judgements_are_told);
  g_test_add_func ("/rank/follows-wins", test_rank_follows_wins);
  g_test_add_func ("/rank/most-likely", test_rank_is_the_most_likely);
  g_test_add_func ("/rank/next-pair", test_next_pair_is_the_rarest);
  g_test_add_func ("/sights/copies", test_copies_and_likeness);
  g_test_add_func ("/sights/sameness", test_sameness_is_told);
  g_test_add_func ("/sights/sample", test_sample);
  g_test_add_func ("/strength/kept", test_strength_is_kept_in_the_file);
  status = g_test_run ();

  removal = g_strdup_printf ("rm -r '%s'", folder);
  if (system (removal) != 0)
    g_printerr ("%s is left.\n", folder);
  return status;
}
