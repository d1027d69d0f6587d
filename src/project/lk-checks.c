/* lk-checks.c: LkChecks: what one can ask about a project's captions and pictures. lk-checks-run.c does the work. */
#define G_LOG_DOMAIN "likeness-project"

#include "config.h"

#include "project/lk-caption-fix.h"
#include "project/lk-checks-run.h"
#include "project/lk-shared-tokenizer.h"

/* More faults of one kind in one caption are not mended at once. */
#define MAX_MENDS 32

struct _LkChecks
{
  GObject      parent_instance;

  LkProject   *project;       /* owned */
  LkChecksRun *run;           /* owned */
};

G_DEFINE_FINAL_TYPE (LkChecks, lk_checks, G_TYPE_OBJECT)

static void
lk_checks_finalize (GObject *object)
{
  LkChecks *self = LK_CHECKS (object);

  lk_checks_run_free (self->run);
  g_object_unref (self->project);

  G_OBJECT_CLASS (lk_checks_parent_class)->finalize (object);
}

static void
lk_checks_class_init (LkChecksClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = lk_checks_finalize;
}

static void
lk_checks_init (LkChecks *self)
{
}

LkChecks *
lk_checks_new (LkProject *project)
{
  LkChecks *self = g_object_new (LK_TYPE_CHECKS, NULL);

  self->project = g_object_ref (project);
  self->run = lk_checks_run_new (project);
  return self;
}

/* ---- the project --------------------------------------------------------------------------------------------------- */

gboolean
lk_checks_step (LkChecks    *self,
                gint64       budget_us,
                GListModel **findings)
{
  g_autoptr (GPtrArray) found = NULL;
  GListStore *list;

  *findings = NULL;
  if (!lk_checks_run_step (self->run, budget_us, &found))
    return FALSE;
  list = g_list_store_new (LK_TYPE_FINDING);
  g_list_store_splice (list, 0, 0, found->pdata, found->len);
  *findings = G_LIST_MODEL (list);
  return TRUE;
}

GListModel *
lk_checks_update (LkChecks *self)
{
  GListModel *findings;

  lk_checks_run_reset (self->run);
  while (!lk_checks_step (self, G_MAXINT64, &findings))
    ;
  return findings;
}

void
lk_checks_get_coverage (LkChecks   *self,
                        LkCoverage *coverage)
{
  lk_checks_run_get_coverage (self->run, coverage);
}

/* ---- one picture --------------------------------------------------------------------------------------------------- */

/* What is wrong with a picture, its caption being `caption` or, if NULL, the saved one; `spans` receives the tags. */
static GArray *
check (LkChecks    *self,
       LkImage     *image,
       const char  *caption,
       GArray     **spans)
{
  GArray *hits = lk_hits_new ();
  LkSeen *seen;

  lk_checks_run_get_rules (self->run);
  seen = lk_checks_run_see (self->run, image);
  *spans = caption != NULL ? lk_lexicon_parse (lk_checks_run_get_lexicon (self->run), caption) : g_array_ref (seen->spans);
  lk_checks_run_check (self->run, image, caption, *spans, hits);
  if (caption == NULL || g_str_equal (caption, lk_image_get_caption (image)))
    if (seen->is_copy && lk_image_is_counted (image))
      lk_hits_add (hits, LK_CHECK_CAPTION_DUPLICATE, 0, 0, NULL, NULL);
  if (seen->is_alike && lk_image_is_counted (image))
    lk_hits_add (hits, LK_CHECK_NEAR_DUPLICATE, 0, 0, NULL, NULL);
  if (seen->is_twin)
    {
      g_autofree char *name = g_strconcat (lk_image_get_stem (image), ".txt", NULL);

      lk_hits_add (hits, LK_CHECK_STEM_SHARED, 0, 0, name, NULL);
    }
  return hits;
}

static gint
compare_hits (gconstpointer a,
              gconstpointer b)
{
  const LkHit *first = a, *second = b;
  gint by_severity = (gint) lk_check_get (second->check)->severity - (gint) lk_check_get (first->check)->severity;

  if (by_severity != 0)
    return by_severity;
  return first->check != second->check ? (gint) first->check - (gint) second->check : (gint) first->start - (gint) second->start;
}

GPtrArray *
lk_checks_check_image (LkChecks   *self,
                       LkImage    *image,
                       const char *caption)
{
  g_autoptr (GArray) spans = NULL;
  g_autoptr (GArray) hits = check (self, image, caption, &spans);
  GPtrArray *findings = g_ptr_array_new_full (hits->len, g_object_unref);

  g_array_sort (hits, compare_hits);
  for (guint i = 0; i < hits->len; i++)
    {
      const LkHit *hit = &g_array_index (hits, LkHit, i), *former = i > 0 ? hit - 1 : NULL;
      GPtrArray *images;

      /* A word that is wrong twice is one finding, with two marks. */
      if (former != NULL && former->check == hit->check && g_strcmp0 (former->word, hit->word) == 0 && g_strcmp0 (former->instead, hit->instead) == 0)
        continue;
      images = g_ptr_array_new_with_free_func (g_object_unref);
      g_ptr_array_add (images, g_object_ref (image));
      g_ptr_array_add (findings, lk_finding_new (hit->check, hit->word, hit->instead, 1, images));
    }
  return findings;
}

static gint
compare_marks (gconstpointer a,
               gconstpointer b)
{
  const LkMark *first = a, *second = b;

  return first->start != second->start ? (gint) first->start - (gint) second->start : (gint) first->end - (gint) second->end;
}

GArray *
lk_checks_mark_caption (LkChecks   *self,
                        LkImage    *image,
                        const char *caption)
{
  g_autoptr (GArray) spans = NULL;
  g_autoptr (GArray) hits = check (self, image, caption, &spans);
  GArray *marks = g_array_new (FALSE, FALSE, sizeof (LkMark));
  LkTokenizer *tokenizer;

  for (guint i = 0; i < hits->len; i++)
    {
      LkHit *hit = &g_array_index (hits, LkHit, i);

      if (hit->check == LK_CHECK_CAPTION_LONG && lk_shared_tokenizer_get (FALSE, &tokenizer) && tokenizer != NULL)
        lk_caption_find_cut (tokenizer, caption != NULL ? caption : lk_image_get_caption (image), &hit->start, &hit->end);
      if (hit->end > hit->start)
        g_array_append_val (marks, ((LkMark) { lk_check_get (hit->check), hit->start, hit->end }));
    }
  g_array_sort (marks, compare_marks);
  return marks;
}

char *
lk_checks_draft_caption (LkChecks *self,
                         LkImage  *image)
{
  return lk_caption_draft (lk_checks_run_get_rules (self->run), lk_image_get_shot (image));
}

guint
lk_checks_count_tokens (LkChecks   *self,
                        const char *caption)
{
  LkTokenizer *tokenizer;

  lk_shared_tokenizer_get (TRUE, &tokenizer);
  lk_lexicon_set_tokenizer (lk_checks_run_get_lexicon (self->run), tokenizer);
  return lk_lexicon_count_tokens (lk_checks_run_get_lexicon (self->run), caption);
}

/* ---- fixes --------------------------------------------------------------------------------------------------------- */

/* One fault of the finding's kind less; NULL: there is none, or a person must do it. */
static char *
mend_once (LkChecks   *self,
           LkFinding  *finding,
           const char *caption)
{
  LkRules *rules = lk_checks_run_get_rules (self->run);
  g_autoptr (GArray) spans = lk_lexicon_parse (lk_checks_run_get_lexicon (self->run), caption);
  g_autoptr (GArray) hits = lk_hits_new ();

  lk_rules_check (rules, spans, 0, hits);
  for (guint i = 0; i < hits->len; i++)
    {
      const LkHit *hit = &g_array_index (hits, LkHit, i);

      if (hit->check == lk_finding_get_index (finding) && g_strcmp0 (hit->word, lk_finding_get_word (finding)) == 0 &&
          g_strcmp0 (hit->instead, lk_finding_get_instead (finding)) == 0)
        return lk_caption_mend (rules, caption, spans, hit);
    }
  return NULL;
}

static gboolean
mend_caption (LkChecks  *self,
              LkFinding *finding,
              LkImage   *image,
              LkEdit    *edit)
{
  g_autofree char *caption = g_strdup (lk_edit_get_caption (edit, image));
  gboolean is_mended = FALSE;

  for (guint i = 0; i < MAX_MENDS; i++)
    {
      g_autofree char *mended = mend_once (self, finding, caption);

      if (mended == NULL || g_str_equal (mended, caption))
        break;
      g_free (caption);
      caption = g_steal_pointer (&mended);
      is_mended = TRUE;
    }
  if (is_mended)
    lk_edit_set_caption (edit, image, caption);
  return is_mended;
}

static gboolean
write_draft (LkChecks  *self,
             LkFinding *finding,
             LkImage   *image,
             LkEdit    *edit)
{
  g_autofree char *draft = lk_checks_draft_caption (self, image);

  /* What someone wrote is not written over. */
  if (lk_finding_get_index (finding) != LK_CHECK_CAPTION_NONE || *draft == '\0')
    return FALSE;
  lk_edit_set_caption (edit, image, draft);
  return TRUE;
}

static gboolean
fix_image (LkChecks  *self,
           LkFinding *finding,
           LkImage   *image,
           LkEdit    *edit)
{
  switch (lk_finding_get_check (finding)->fix)
    {
    case LK_FIX_ADD_TRIGGER:
    case LK_FIX_TRIGGER_FIRST:
    case LK_FIX_ADD_FEATURE:
    case LK_FIX_REPLACE_WORD:
    case LK_FIX_REMOVE_WORD:
      return mend_caption (self, finding, image, edit);
    case LK_FIX_WRITE_CAPTION:
      return write_draft (self, finding, image, edit);
    case LK_FIX_REJECT:
      lk_edit_set_state (edit, image, LK_STATE_REJECT);
      return TRUE;
    default:
      return FALSE;
    }
}

gboolean
lk_checks_fix (LkChecks  *self,
               LkFinding *finding,
               LkImage   *image,
               LkEdit    *edit)
{
  GPtrArray *images = lk_finding_get_images (finding);
  gboolean is_fixed = FALSE;

  if (image != NULL)
    return fix_image (self, finding, image, edit);
  for (guint i = 0; i < images->len; i++)
    is_fixed |= fix_image (self, finding, images->pdata[i], edit);
  return is_fixed;
}
