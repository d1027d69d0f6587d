#define G_LOG_DOMAIN "likeness-project"

#include "config.h"

#include "project/lk-checks-run.h"

#include <string.h>

#include "project/lk-alike.h"
#include "project/lk-image-private.h"
#include "project/lk-project-private.h"
#include "project/lk-shared-tokenizer.h"

/* Pictures between two looks at the clock. */
#define BATCH 8
/* A project that changes all the time is shown as it was in passing. */
#define MAX_RESTARTS 3

typedef enum
{
  PHASE_START,
  PHASE_COUNT,          /* words of captions */
  PHASE_CHECK,          /* captions and pictures */
  PHASE_COMPARE,        /* hashes were gathered: who looks like whom */
  PHASE_SHOW,           /* severities */
  PHASE_FIND,           /* findings of the cases */
} Phase;

/* A case: equal hits, with their pictures. */
typedef struct
{
  LkHit       hit;            /* strings owned */
  GPtrArray  *images;         /* owned, or NULL: handed on */
} Case;

/* The whole set, while it is gathered picture by picture. */
typedef struct
{
  LkDataSet   set;
  guint64     indoors, outdoors, face, garment;     /* aspects */
  GHashTable *expressions, *outfits;                /* owned; different ones */
} Gathering;

struct _LkChecksRun
{
  LkProject     *project;
  LkVocabulary  *vocabulary;    /* owned */
  LkLexicon     *lexicon;       /* owned */
  LkRules       *rules;         /* owned */
  LkTokenizer   *tokenizer;     /* the shared one, or NULL */
  LkPictureRule  picture_rule;
  GHashTable    *seen;          /* LkImage -> LkSeen, owned */

  Phase          phase;
  guint          number;        /* of the run, from 1 on */
  guint          n_restarts;
  gboolean       is_stale;      /* the project changed: begin anew */
  GPtrArray     *images;        /* owned; all of the project, in this run */
  guint          next;          /* its next picture */
  GHashTable    *cases;         /* key -> Case, owned */
  GHashTable    *copies;        /* sameness -> Case, owned */
  GHashTable    *stems;         /* stem -> Case, owned */
  LkAlike       *alike;         /* owned */
  Gathering      gathering;     /* its contents owned */
  LkCoverage     coverage;      /* as the last run found it, */
  gboolean       has_coverage;  /* which does not hold any more once the project has changed */
};

/* ---- object -------------------------------------------------------------------------------------------------------- */

static void
seen_free (gpointer data)
{
  LkSeen *seen = data;

  g_clear_pointer (&seen->spans, g_array_unref);
  g_free (seen->caption);
  g_object_unref (seen->image);
  g_free (seen);
}

static void
case_free (gpointer data)
{
  Case *one = data;

  g_clear_pointer (&one->hit.word, g_ref_string_release);
  g_clear_pointer (&one->hit.instead, g_ref_string_release);
  g_clear_pointer (&one->images, g_ptr_array_unref);
  g_free (one);
}

static void
on_changed (LkChecksRun *run)
{
  run->is_stale = TRUE;
  run->has_coverage = FALSE;
}

LkChecksRun *
lk_checks_run_new (LkProject *project)
{
  LkChecksRun *run = g_new0 (LkChecksRun, 1);
  g_autoptr (GError) error = NULL;

  lk_shared_tokenizer_start ();
  run->project = project;
  g_signal_connect_swapped (project, "changed", G_CALLBACK (on_changed), run);
  run->vocabulary = lk_vocabulary_new (NULL, &error);
  if (run->vocabulary == NULL)
    {
      g_warning ("Words that mean the same are not known: %s", error->message);
      run->vocabulary = lk_vocabulary_new ("/dev/null", NULL);
    }
  run->lexicon = lk_lexicon_new (run->vocabulary);
  run->rules = lk_rules_new (run->lexicon, run->vocabulary);
  run->seen = g_hash_table_new_full (NULL, NULL, NULL, seen_free);
  return run;
}

void
lk_checks_run_free (LkChecksRun *run)
{
  g_signal_handlers_disconnect_by_data (run->project, run);
  lk_checks_run_reset (run);
  g_hash_table_unref (run->seen);
  lk_rules_free (run->rules);
  lk_lexicon_free (run->lexicon);
  lk_vocabulary_free (run->vocabulary);
  g_free (run);
}

/* ---- looking at a picture ------------------------------------------------------------------------------------------ */

static guint64
mix (guint64       hash,
     gconstpointer data,
     gsize         length)
{
  const guint8 *bytes = data;

  for (gsize i = 0; i < length; i++)
    hash = (hash ^ bytes[i]) * G_GUINT64_CONSTANT (0x100000001b3);      /* FNV-1a */
  return hash;
}

/* Captions that differ in case, spaces and hyphens only are the same. */
static guint64
sameness_of (GArray *spans)
{
  guint64 hash = G_GUINT64_CONSTANT (0xcbf29ce484222325);

  for (guint i = 0; i < spans->len; i++)
    {
      const char *folded = g_array_index (spans, LkSpan, i).tag->folded;

      hash = mix (hash, folded, strlen (folded) + 1);
    }
  return spans->len > 0 ? hash : 0;
}

LkSeen *
lk_checks_run_see (LkChecksRun *run,
                   LkImage     *image)
{
  LkSeen *seen = g_hash_table_lookup (run->seen, image);

  if (seen == NULL)
    {
      seen = g_new0 (LkSeen, 1);
      seen->image = g_object_ref (image);
      g_hash_table_insert (run->seen, image, seen);
    }
  if (g_set_str (&seen->caption, lk_image_get_caption (image)))
    {
      g_clear_pointer (&seen->spans, g_array_unref);
      seen->spans = lk_lexicon_parse (run->lexicon, seen->caption);
      seen->sameness = sameness_of (seen->spans);
      seen->n_tokens = 0;
      /* What was counted of it is no longer so. */
      seen->run = 0;
    }
  return seen;
}

static void
update_settings (LkChecksRun *run)
{
  lk_rules_update (run->rules, run->project);
  lk_picture_rule_init (&run->picture_rule, run->project);
}

LkRules *
lk_checks_run_get_rules (LkChecksRun *run)
{
  update_settings (run);
  return run->rules;
}

LkLexicon *
lk_checks_run_get_lexicon (LkChecksRun *run)
{
  return run->lexicon;
}

static gboolean
adopt_tokenizer (LkChecksRun *run,
                 gboolean     wait)
{
  if (run->tokenizer != NULL)
    return TRUE;
  if (!lk_shared_tokenizer_get (wait, &run->tokenizer))
    return FALSE;
  if (run->tokenizer != NULL)
    lk_lexicon_set_tokenizer (run->lexicon, run->tokenizer);
  return TRUE;
}

void
lk_checks_run_check (LkChecksRun *run,
                     LkImage     *image,
                     const char  *caption,
                     GArray      *spans,
                     GArray      *hits)
{
  LkSeen *seen = lk_checks_run_see (run, image);

  adopt_tokenizer (run, FALSE);
  if (!lk_image_is_counted (image))
    {
      if (lk_image_get_trouble (image) != NULL && lk_image_get_state (image) != LK_STATE_REJECT)
        lk_hits_add (hits, LK_CHECK_IMAGE_UNREADABLE, 0, 0, lk_image_get_trouble (image), NULL);
      return;
    }
  if (caption == NULL && lk_image_get_caption_trouble (image) != NULL)
    lk_hits_add (hits, LK_CHECK_CAPTION_DAMAGED, 0, 0, NULL, NULL);
  if (caption == NULL && seen->n_tokens == 0)
    seen->n_tokens = lk_lexicon_count_tokens (run->lexicon, seen->caption);
  lk_rules_check (run->rules, spans != NULL ? spans : seen->spans,
                  caption != NULL ? lk_lexicon_count_tokens (run->lexicon, caption) : seen->n_tokens, hits);
  lk_picture_check (&run->picture_rule, image, hits);
}

/* ---- the whole set ------------------------------------------------------------------------------------------------- */

static void
gathering_init (Gathering    *gathering,
                LkVocabulary *vocabulary)
{
  *gathering = (Gathering) {
    .set.not_measured = g_ptr_array_new_with_free_func (g_object_unref),
    .set.no_shot = g_ptr_array_new_with_free_func (g_object_unref),
    .indoors = lk_vocabulary_find_aspect (vocabulary, "setting indoors"),
    .outdoors = lk_vocabulary_find_aspect (vocabulary, "setting outdoors"),
    .face = lk_vocabulary_find_aspect (vocabulary, "expression face"),
    .garment = lk_vocabulary_find_aspect (vocabulary, "clothing garment"),
    .expressions = g_hash_table_new (NULL, NULL),
    .outfits = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL),
  };
}

static void
gathering_clear (Gathering *gathering)
{
  lk_data_set_clear (&gathering->set);
  g_clear_pointer (&gathering->expressions, g_hash_table_unref);
  g_clear_pointer (&gathering->outfits, g_hash_table_unref);
}

/* Which aspects the caption has. Expressions of front portraits and outfits of half-body pictures are remembered. */
static guint64
gather_words (LkChecksRun *run,
              Gathering   *gathering,
              LkSeen      *seen,
              LkShot       shot)
{
  guint64 aspects = 0;

  for (guint i = 0; i < seen->spans->len; i++)
    {
      const LkTag *tag = g_array_index (seen->spans, LkSpan, i).tag;

      for (guint k = 0; k < tag->n_names; k++)
        {
          guint concept = lk_vocabulary_get_phrase (run->vocabulary, tag->names[k].phrase)->concept;
          guint64 found = lk_vocabulary_get_concept (run->vocabulary, concept)->aspects;

          if ((found & gathering->face) != 0 && shot == LK_SHOT_FRONT)
            g_hash_table_add (gathering->expressions, GUINT_TO_POINTER (concept));
          /* "a red dress" and "a blue dress" are two outfits; the first garment of a caption is the one. */
          if ((found & gathering->garment) != 0 && (aspects & gathering->garment) == 0 && shot == LK_SHOT_HALF_BODY)
            g_hash_table_add (gathering->outfits, g_strdup (tag->folded));
          aspects |= found;
        }
    }
  return aspects;
}

static void
gather (LkChecksRun *run,
        Gathering   *gathering,
        LkImage     *image)
{
  LkDataSet *set = &gathering->set;
  LkShot shot;
  guint64 aspects;

  if (!lk_image_is_counted (image))
    return;
  shot = lk_image_get_shot (image);
  set->coverage.n_images++;
  set->coverage.counts[shot]++;
  if (shot == LK_SHOT_NOT_SET)
    g_ptr_array_add (set->no_shot, g_object_ref (image));
  if (lk_image_get_scores (image) == NULL)
    g_ptr_array_add (set->not_measured, g_object_ref (image));

  aspects = gather_words (run, gathering, lk_checks_run_see (run, image), shot);
  set->coverage.n_indoors += (aspects & gathering->indoors) != 0;
  set->coverage.n_outdoors += (aspects & gathering->outdoors) != 0;
  set->n_placed += (aspects & (gathering->indoors | gathering->outdoors)) != 0;
  set->n_front_described += shot == LK_SHOT_FRONT && (aspects & gathering->face) != 0;
  set->n_half_described += shot == LK_SHOT_HALF_BODY && (aspects & gathering->garment) != 0;
}

static void
gathering_end (Gathering *gathering)
{
  LkCoverage *coverage = &gathering->set.coverage;

  coverage->n_expressions = g_hash_table_size (gathering->expressions);
  coverage->n_outfits = g_hash_table_size (gathering->outfits);
  for (LkShot shot = 0; shot < LK_N_SHOTS; shot++)
    {
      guint least, most;

      if (lk_shot_get_range (shot, &least, &most) && coverage->counts[shot] < least)
        coverage->missing[shot] = least - coverage->counts[shot];
    }
}

void
lk_checks_run_get_coverage (LkChecksRun *run,
                            LkCoverage  *coverage)
{
  if (!run->has_coverage)
    {
      Gathering gathering;

      gathering_init (&gathering, run->vocabulary);
      for (guint i = 0; i < lk_project_get_n_images (run->project); i++)
        gather (run, &gathering, lk_project_get_image (run->project, i));
      gathering_end (&gathering);
      run->coverage = gathering.set.coverage;
      gathering_clear (&gathering);
    }
  *coverage = run->coverage;
}

void
lk_checks_run_reset (LkChecksRun *run)
{
  g_clear_pointer (&run->images, g_ptr_array_unref);
  g_clear_pointer (&run->cases, g_hash_table_unref);
  g_clear_pointer (&run->copies, g_hash_table_unref);
  g_clear_pointer (&run->stems, g_hash_table_unref);
  g_clear_pointer (&run->alike, lk_alike_free);
  gathering_clear (&run->gathering);
  run->phase = PHASE_START;
  run->n_restarts = 0;
}

/* ---- cases --------------------------------------------------------------------------------------------------------- */

static void
see_severity (LkChecksRun *run,
              LkImage     *image,
              LkCheckIndex check)
{
  LkSeen *seen = g_hash_table_lookup (run->seen, image);

  if (seen != NULL && !lk_check_get (check)->is_whole_set)
    seen->severity = MAX (seen->severity, lk_check_get (check)->severity);
}

static void
add_to_case (GHashTable  *cases,
             gpointer     key,          /* taken over if it is new */
             const LkHit *hit,
             LkImage     *image)
{
  Case *one = g_hash_table_lookup (cases, key);

  if (one == NULL)
    {
      one = g_new0 (Case, 1);
      one->hit.check = hit->check;
      one->hit.word = hit->word != NULL ? g_ref_string_acquire (hit->word) : NULL;
      one->hit.instead = hit->instead != NULL ? g_ref_string_acquire (hit->instead) : NULL;
      one->images = g_ptr_array_new_with_free_func (g_object_unref);
      g_hash_table_insert (cases, key, one);
    }
  else
    {
      g_free (key);
    }
  /* Twice in one caption is one picture. */
  if (one->images->len == 0 || one->images->pdata[one->images->len - 1] != image)
    g_ptr_array_add (one->images, g_object_ref (image));
}

static void
add_hits (LkChecksRun *run,
          GArray      *hits,
          LkImage     *image)
{
  for (guint i = 0; i < hits->len; i++)
    {
      const LkHit *hit = &g_array_index (hits, LkHit, i);

      add_to_case (run->cases, g_strdup_printf ("%d\n%s\n%s", hit->check, hit->word != NULL ? hit->word : "", hit->instead != NULL ? hit->instead : ""),
                   hit, image);
      see_severity (run, image, hit->check);
    }
}

/* Pictures that have something in common, one case for each `key`. */
static void
add_in_common (GHashTable   *cases,
               gpointer      key,
               LkCheckIndex  check,
               LkImage      *image)
{
  add_to_case (cases, key, &(LkHit) { .check = check }, image);
}

/* ---- phases -------------------------------------------------------------------------------------------------------- */

static void
start (LkChecksRun *run)
{
  GListModel *list = lk_project_get_images (run->project);
  guint n = g_list_model_get_n_items (list), n_restarts = run->n_restarts;

  lk_checks_run_reset (run);
  run->n_restarts = n_restarts;
  run->images = g_ptr_array_new_full (n, g_object_unref);
  for (guint i = 0; i < n; i++)
    g_ptr_array_add (run->images, g_list_model_get_item (list, i));
  run->cases = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, case_free);
  run->copies = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, case_free);
  run->stems = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, case_free);
  run->alike = lk_alike_new ();
  gathering_init (&run->gathering, run->vocabulary);
  run->number++;
  update_settings (run);
  run->is_stale = FALSE;
  lk_lexicon_begin (run->lexicon);
  run->next = 0;
  run->phase = PHASE_COUNT;
}

static void
count_picture (LkChecksRun *run,
               LkImage     *image)
{
  LkSeen *seen = lk_checks_run_see (run, image);

  seen->run = run->number;
  seen->severity = LK_SEVERITY_NONE;
  if (lk_project_find_twin (run->project, image) != NULL)
    add_in_common (run->stems, g_strdup (lk_image_get_stem (image)), LK_CHECK_STEM_SHARED, image);
  if (!lk_image_is_counted (image))
    return;
  if (seen->spans->len > 0)
    lk_lexicon_count (run->lexicon, seen->spans);
  if (seen->sameness != 0)
    add_in_common (run->copies, g_memdup2 (&seen->sameness, sizeof seen->sameness), LK_CHECK_CAPTION_DUPLICATE, image);
}

static gboolean
is_gone (gpointer key,
         gpointer value,
         gpointer data)
{
  LkChecksRun *run = data;

  return ((LkSeen *) value)->run != run->number && lk_project_find_by_id (run->project, lk_image_get_id (key)) != key;
}

static void
publish (LkChecksRun *run)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_foreach_remove (run->seen, is_gone, run);
  lk_lexicon_begin_publish (run->lexicon);
  lk_rules_keep (run->rules);
  g_hash_table_iter_init (&iter, run->seen);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      LkSeen *seen = value;

      for (guint i = 0; i < seen->spans->len; i++)
        lk_lexicon_keep (run->lexicon, g_array_index (seen->spans, LkSpan, i).tag);
      seen->is_copy = seen->is_twin = FALSE;
    }
  lk_lexicon_publish (run->lexicon);
  run->next = 0;
  run->phase = PHASE_CHECK;
}

static void
check_picture (LkChecksRun *run,
               LkImage     *image)
{
  const LkScores *scores = lk_image_is_counted (image) ? lk_image_get_scores (image) : NULL;
  g_autoptr (GArray) hits = lk_hits_new ();

  /* A flat picture has no gradients to compare. */
  if (scores != NULL && scores->exposure.deviation < .01)
    scores = NULL;
  lk_alike_add (run->alike, scores != NULL, scores != NULL ? scores->gradient_hash : 0, scores != NULL ? scores->frequency_hash : 0);
  lk_checks_run_check (run, image, NULL, NULL, hits);
  add_hits (run, hits, image);
}

/* Cases of several pictures among those that have something in common. */
static void
adopt_common (LkChecksRun *run,
              GHashTable  *common,
              gsize        flag)
{
  GHashTableIter iter;
  gpointer key, value;

  g_hash_table_iter_init (&iter, common);
  while (g_hash_table_iter_next (&iter, &key, &value))
    {
      Case *one = value;

      if (one->images->len < 2)
        continue;
      for (guint i = 0; i < one->images->len; i++)
        {
          LkSeen *seen = g_hash_table_lookup (run->seen, one->images->pdata[i]);

          if (seen != NULL)
            G_STRUCT_MEMBER (gboolean, seen, flag) = TRUE;
          see_severity (run, one->images->pdata[i], one->hit.check);
        }
      if (one->hit.check == LK_CHECK_STEM_SHARED)
        {
          g_autofree char *name = g_strconcat (lk_image_get_stem (one->images->pdata[0]), ".txt", NULL);

          one->hit.word = g_ref_string_new (name);
        }
      g_hash_table_insert (run->cases, g_strdup_printf ("%d\n%p", one->hit.check, one), one);
      g_hash_table_iter_steal (&iter);
      g_free (key);
    }
}

static void
find_alike (LkChecksRun *run)
{
  g_autoptr (GHashTable) groups = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, case_free);
  g_autofree guint *sizes = g_new0 (guint, run->images->len);

  for (guint i = 0; i < run->images->len; i++)
    sizes[lk_alike_get_group (run->alike, i)]++;
  for (guint i = 0; i < run->images->len; i++)
    {
      gint64 group = lk_alike_get_group (run->alike, i);
      LkSeen *seen = g_hash_table_lookup (run->seen, run->images->pdata[i]);

      if (seen != NULL)
        seen->is_alike = FALSE;
      if (sizes[group] < 2)
        continue;
      add_in_common (groups, g_memdup2 (&group, sizeof group), LK_CHECK_NEAR_DUPLICATE, run->images->pdata[i]);
    }
  adopt_common (run, groups, G_STRUCT_OFFSET (LkSeen, is_alike));
}

/* ---- findings ------------------------------------------------------------------------------------------------------ */

static gint
compare_findings (gconstpointer a,
                  gconstpointer b)
{
  LkFinding *first = *(LkFinding * const *) a, *second = *(LkFinding * const *) b;
  gint by_severity = (gint) lk_finding_get_severity (second) - (gint) lk_finding_get_severity (first);
  gint by_check = (gint) lk_finding_get_index (first) - (gint) lk_finding_get_index (second);
  GPtrArray *images = lk_finding_get_images (first), *others = lk_finding_get_images (second);

  if (by_severity != 0)
    return by_severity;
  if (by_check != 0)
    return by_check;
  if (images->len != others->len)
    return images->len > others->len ? -1 : 1;
  if (images->len > 0 && images->pdata[0] != others->pdata[0])
    return lk_image_get_id (images->pdata[0]) < lk_image_get_id (others->pdata[0]) ? -1 : 1;
  return g_strcmp0 (lk_finding_get_sentence (first), lk_finding_get_sentence (second));
}

static void
add_fused (LkChecksRun *run,
           GPtrArray   *findings)
{
  g_autoptr (GArray) found = lk_rules_find_fused (run->rules);

  for (guint i = 0; i < found->len; i++)
    {
      const LkFused *fused = &g_array_index (found, LkFused, i);
      GPtrArray *images = g_ptr_array_new_with_free_func (g_object_unref);
      guint n;

      for (guint k = 0; k < run->images->len; k++)
        {
          LkSeen *seen = g_hash_table_lookup (run->seen, run->images->pdata[k]);

          if (seen != NULL && lk_image_is_counted (seen->image) && lk_rules_has_fused (run->rules, seen->spans, fused))
            g_ptr_array_add (images, g_object_ref (seen->image));
        }
      n = images->len == lk_lexicon_get_n_captions (run->lexicon) ? 1 : images->len;
      g_ptr_array_add (findings, lk_finding_new (LK_CHECK_FUSES, fused->words, NULL, n, images));
    }
}

static GPtrArray *
make_findings (LkChecksRun *run)
{
  GPtrArray *findings = g_ptr_array_new_with_free_func (g_object_unref);
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, run->cases);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Case *one = value;
      guint n = one->images->len;

      g_ptr_array_add (findings, lk_finding_new (one->hit.check, one->hit.word, one->hit.instead, n, g_steal_pointer (&one->images)));
    }
  add_fused (run, findings);
  gathering_end (&run->gathering);
  run->coverage = run->gathering.set.coverage;
  run->has_coverage = TRUE;
  lk_data_set_check (run->project, &run->gathering.set, findings);
  g_ptr_array_sort (findings, compare_findings);
  return findings;
}

/* ---- steps --------------------------------------------------------------------------------------------------------- */

/* Some pictures of the phase; FALSE: it is through with all, or does not go by pictures. */
static gboolean
do_batch (LkChecksRun *run)
{
  if (run->phase != PHASE_COUNT && run->phase != PHASE_CHECK && run->phase != PHASE_SHOW)
    return FALSE;
  for (guint i = 0; i < BATCH && run->next < run->images->len; i++, run->next++)
    {
      LkImage *image = run->images->pdata[run->next];

      switch (run->phase)
        {
        case PHASE_COUNT:
          count_picture (run, image);
          break;
        case PHASE_CHECK:
          check_picture (run, image);
          break;
        case PHASE_SHOW:
          {
            LkSeen *seen = g_hash_table_lookup (run->seen, image);

            lk_image_set_severity (image, seen != NULL ? seen->severity : LK_SEVERITY_NONE);
            gather (run, &run->gathering, image);
          }
          break;
        case PHASE_START:
        case PHASE_COMPARE:
        case PHASE_FIND:
          break;
        }
    }
  return run->next < run->images->len;
}

static void
end_phase (LkChecksRun *run)
{
  run->next = 0;
  switch (run->phase)
    {
    case PHASE_START:
      start (run);
      break;
    case PHASE_COUNT:
      publish (run);
      adopt_common (run, run->copies, G_STRUCT_OFFSET (LkSeen, is_copy));
      adopt_common (run, run->stems, G_STRUCT_OFFSET (LkSeen, is_twin));
      break;
    case PHASE_CHECK:
      run->phase = PHASE_COMPARE;
      break;
    case PHASE_COMPARE:
      find_alike (run);
      run->phase = PHASE_SHOW;
      break;
    case PHASE_SHOW:
      run->phase = PHASE_FIND;
      break;
    case PHASE_FIND:
      break;
    }
}

gboolean
lk_checks_run_step (LkChecksRun  *run,
                    gint64        budget_us,
                    GPtrArray   **findings)
{
  gint64 started = g_get_monotonic_time ();

  if (run->is_stale && run->phase != PHASE_START && run->n_restarts++ < MAX_RESTARTS)
    run->phase = PHASE_START;
  if (run->phase == PHASE_START && !adopt_tokenizer (run, budget_us == G_MAXINT64))
    return FALSE;
  while (run->phase != PHASE_FIND)
    {
      if (!do_batch (run))
        end_phase (run);
      if (g_get_monotonic_time () - started >= budget_us)
        return FALSE;
    }
  *findings = make_findings (run);
  lk_checks_run_reset (run);
  return TRUE;
}
