#define G_LOG_DOMAIN "likeness-project"

#include "config.h"

#include "project/lk-checks-private.h"
#include "project/lk-image-private.h"
#include "project/lk-words.h"

#include <string.h>

G_DEFINE_FINAL_TYPE (LkChecks, lk_checks, G_TYPE_OBJECT)

static void
tag_free (gpointer data)
{
  LkTag *tag = data;

  g_free (tag->text);
  g_free (tag->folded);
  g_array_unref (tag->hits);
  g_free (tag->typo_of);
  g_free (tag);
}

static void
row_free (gpointer data)
{
  LkCaptionRow *row = data;

  g_object_unref (row->image);
  g_free (row->text);
  g_ptr_array_unref (row->tags);
  g_free (row);
}

static void
lk_checks_dispose (GObject *object)
{
  LkChecks *self = LK_CHECKS (object);

  if (self->project != NULL)
    g_signal_handlers_disconnect_by_data (self->project, self);
  g_clear_object (&self->project);
  G_OBJECT_CLASS (lk_checks_parent_class)->dispose (object);
}

static void
lk_checks_finalize (GObject *object)
{
  LkChecks *self = LK_CHECKS (object);

  lk_checks_clear_settings (self);
  g_ptr_array_unref (self->rows);
  g_hash_table_unref (self->tags);
  lk_checks_counts_clear (&self->counts);
  lk_checks_counts_clear (&self->counting);
  g_ptr_array_unref (self->preferred);
  g_ptr_array_unref (self->alike);
  g_clear_pointer (&self->comparing, lk_checks_alike_free);
  g_free (self->seen);
  g_hash_table_unref (self->index);
  g_ptr_array_unref (self->findings);
  g_clear_pointer (&self->tokenizer, lk_tokenizer_unref);
  lk_vocabulary_free (self->vocabulary);

  G_OBJECT_CLASS (lk_checks_parent_class)->finalize (object);
}

static void
lk_checks_class_init (LkChecksClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = lk_checks_dispose;
  object_class->finalize = lk_checks_finalize;
}

void
lk_checks_counts_init (LkCheckCounts *counts,
                       guint          n_terms)
{
  counts->captions = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  counts->words = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  counts->terms = g_new0 (guint, n_terms + 1);
  counts->n_captions = 0;
}

void
lk_checks_counts_clear (LkCheckCounts *counts)
{
  g_clear_pointer (&counts->captions, g_hash_table_unref);
  g_clear_pointer (&counts->words, g_hash_table_unref);
  g_clear_pointer (&counts->terms, g_free);
}

static void
lk_checks_init (LkChecks *self)
{
  g_autoptr (GError) error = NULL;

  self->vocabulary = lk_vocabulary_new ();
  self->tokenizer = lk_tokenizer_new (NULL, &error);
  if (self->tokenizer == NULL)
    g_message ("%s", error->message);
  self->tags = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, tag_free);
  self->rows = g_ptr_array_new_with_free_func (row_free);
  self->preferred = g_ptr_array_new_with_free_func (g_free);
  self->alike = g_ptr_array_new_with_free_func ((GDestroyNotify) g_ptr_array_unref);
  lk_checks_counts_init (&self->counts, lk_vocabulary_get_n (self->vocabulary));
  self->seen = g_new0 (guint, lk_vocabulary_get_n (self->vocabulary) + 1);
  self->index = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->findings = g_ptr_array_new_with_free_func (g_object_unref);
}

static void
on_changed (LkProject *project,
            LkChecks  *self)
{
  self->is_stale = TRUE;
}

LkChecks *
lk_checks_new (LkProject *project)
{
  LkChecks *self = g_object_new (LK_TYPE_CHECKS, NULL);

  self->project = g_object_ref (project);
  g_signal_connect (project, "changed", G_CALLBACK (on_changed), self);
  lk_checks_read_settings (self);
  return self;
}

guint
lk_checks_count_tokens (LkChecks   *self,
                        const char *caption)
{
  return self->tokenizer != NULL ? lk_tokenizer_count (self->tokenizer, caption, -1) : 0;
}

/* ---- the whole project --------------------------------------------------------------------------------------------- */

/* Cases of one kind, with the same words, become one finding with its pictures. */
typedef struct
{
  GHashTable *index;      /* "ID\tWORD\tINSTEAD" -> LkFinding, unowned */
  GPtrArray  *findings;   /* LkFinding, owned */
  LkImage    *image;
  LkSeverity  worst;      /* of this image */
} Gathering;

/* Words that differ from picture to picture and do not part the findings. */
static gboolean
has_own_word (LkCheckId id)
{
  return id == LK_CHECK_SUBJECT_SMALL || id == LK_CHECK_JPEG || id == LK_CHECK_UNREADABLE;
}

static void
gather (LkCheckId   id,
        const char *word,
        const char *instead,
        gpointer    data)
{
  Gathering *gathering = data;
  g_autofree char *key = NULL;
  LkFinding *finding;

  if (lk_check_marks_images (id))
    gathering->worst = MAX (gathering->worst, lk_check_get (id)->severity);
  /* Groups come from lk_checks_look_at_set (), with all their pictures. */
  if (id == LK_CHECK_NEAR_DUPLICATE)
    return;

  key = has_own_word (id) ? g_strdup_printf ("%u", id) :
                            g_strdup_printf ("%u\t%s\t%s", id, word != NULL ? word : "", instead != NULL ? instead : "");
  finding = g_hash_table_lookup (gathering->index, key);
  if (finding == NULL)
    {
      finding = lk_finding_new (id, word, instead);
      g_ptr_array_add (gathering->findings, finding);
      g_hash_table_insert (gathering->index, g_steal_pointer (&key), finding);
    }
  /* The same words twice in one caption are one case. */
  {
    GPtrArray *images = lk_finding_get_images (finding);

    if (images->len == 0 || images->pdata[images->len - 1] != gathering->image)
      lk_finding_add_image (finding, gathering->image);
  }
}

static gint
compare_findings (gconstpointer a,
                  gconstpointer b)
{
  LkFinding *first = *(LkFinding * const *) a, *second = *(LkFinding * const *) b;
  guint n_first = lk_finding_get_images (first)->len, n_second = lk_finding_get_images (second)->len;

  if (lk_finding_get_severity (first) != lk_finding_get_severity (second))
    return lk_finding_get_severity (first) > lk_finding_get_severity (second) ? -1 : 1;
  if (lk_finding_get_check (first) != lk_finding_get_check (second))
    return lk_finding_get_check (first) < lk_finding_get_check (second) ? -1 : 1;
  if (n_first != n_second)
    return n_first > n_second ? -1 : 1;
  return g_strcmp0 (lk_finding_get_word (first), lk_finding_get_word (second));
}

/* The parts of an update, in their order. Each may be left and taken up again where it was. */
enum
{
  PHASE_BEGIN,
  PHASE_READ,         /* captions, taken apart */
  PHASE_COUNT,        /* over all of them */
  PHASE_COUNTED,
  PHASE_COMPARE,      /* pictures with each other */
  PHASE_SET,
  PHASE_PLAN,
  PHASE_EVERYWHERE,
  PHASE_LOOK,         /* at each picture and caption */
  PHASE_END,
};

static void
begin (LkChecks *self)
{
  lk_checks_read_settings (self);
  g_ptr_array_set_size (self->rows, 0);
  g_hash_table_remove_all (self->index);
  g_ptr_array_set_size (self->findings, 0);
  lk_checks_counts_clear (&self->counting);
  if (self->comparing != NULL)
    self->hash_sum = 0;   /* it was not finished */
  g_clear_pointer (&self->comparing, lk_checks_alike_free);
  self->is_stale = FALSE;
}

static void
look_at_image (LkChecks *self,
               LkImage  *image)
{
  Gathering gathering = { self->index, self->findings, image, LK_SEVERITY_NONE };

  if (lk_image_get_state (image) != LK_STATE_REJECT)
    {
      if (lk_image_is_counted (image))
        lk_checks_look_at_row (self, self->rows->pdata[self->next_row++], gather, &gathering);
      lk_checks_look_at_picture (self, image, gather, &gathering);
    }
  lk_image_set_severity (image, gathering.worst);
}

/* A piece of the phase. TRUE: the phase is through. */
static gboolean
run_phase (LkChecks *self,
           gint64    end)
{
  switch (self->phase)
    {
    case PHASE_BEGIN:
      begin (self);
      return TRUE;
    case PHASE_READ:
      if (self->next < lk_project_get_n_images (self->project))
        lk_checks_read_caption (self, lk_project_get_image (self->project, self->next++));
      else
        lk_checks_begin_counting (self);
      return self->next >= lk_project_get_n_images (self->project) && self->counting.captions != NULL;
    case PHASE_COUNT:
      if (self->next < self->rows->len)
        lk_checks_count_row (self, self->rows->pdata[self->next++]);
      return self->next >= self->rows->len;
    case PHASE_COUNTED:
      lk_checks_end_counting (self);
      return TRUE;
    case PHASE_COMPARE:
      return lk_checks_compare (self, end);
    case PHASE_SET:
      lk_checks_look_at_set (self, self->findings);
      return TRUE;
    case PHASE_PLAN:
      lk_checks_look_at_plan (self, self->findings);
      return TRUE;
    case PHASE_EVERYWHERE:
      lk_checks_find_everywhere (self, self->findings);
      self->next_row = 0;
      return TRUE;
    case PHASE_LOOK:
      if (self->next < lk_project_get_n_images (self->project))
        look_at_image (self, lk_project_get_image (self->project, self->next++));
      return self->next >= lk_project_get_n_images (self->project);
    default:
      g_assert_not_reached ();
    }
}

gboolean
lk_checks_step (LkChecks    *self,
                gint64       budget,
                GListModel **findings)
{
  gint64 end = budget < G_MAXINT64 ? g_get_monotonic_time () + budget : G_MAXINT64;
  GListStore *list;

  if (self->is_stale)
    self->phase = PHASE_BEGIN;
  for (guint n = 0; self->phase < PHASE_END; n++)
    {
      if (n % 32 == 31 && g_get_monotonic_time () >= end)
        return FALSE;
      if (!run_phase (self, end))
        {
          if (self->phase == PHASE_COMPARE)
            return FALSE;
          continue;
        }
      self->phase++;
      self->next = 0;
      if (self->phase < PHASE_END && g_get_monotonic_time () >= end)
        return FALSE;
    }

  g_ptr_array_sort (self->findings, compare_findings);
  list = g_list_store_new (LK_TYPE_FINDING);
  g_list_store_splice (list, 0, 0, self->findings->pdata, self->findings->len);
  *findings = G_LIST_MODEL (list);
  g_ptr_array_set_size (self->findings, 0);
  g_hash_table_remove_all (self->index);
  self->phase = PHASE_BEGIN;
  return TRUE;
}

GListModel *
lk_checks_update (LkChecks *self)
{
  GListModel *findings = NULL;

  self->phase = PHASE_BEGIN;
  while (!lk_checks_step (self, G_MAXINT64, &findings))
    ;
  return findings;
}

/* ---- one picture --------------------------------------------------------------------------------------------------- */

static void
collect (LkCheckId   id,
         const char *word,
         const char *instead,
         gpointer    data)
{
  Gathering *gathering = data;
  LkFinding *finding;

  for (guint i = 0; i < gathering->findings->len; i++)
    {
      finding = gathering->findings->pdata[i];
      if (lk_finding_get_check (finding) == lk_check_get (id) && g_strcmp0 (lk_finding_get_word (finding), word) == 0 &&
          g_strcmp0 (lk_finding_get_instead (finding), instead) == 0)
        return;
    }
  finding = lk_finding_new (id, word, instead);
  lk_finding_add_image (finding, gathering->image);
  g_ptr_array_add (gathering->findings, finding);
}

GPtrArray *
lk_checks_check_image (LkChecks   *self,
                       LkImage    *image,
                       const char *caption)
{
  Gathering gathering = { .findings = g_ptr_array_new_with_free_func (g_object_unref), .image = image };

  lk_checks_read_settings (self);
  if (lk_image_get_trouble (image) == NULL)
    lk_checks_look_at_caption (self, image, caption != NULL ? caption : lk_image_get_caption (image), collect, &gathering);
  lk_checks_look_at_picture (self, image, collect, &gathering);
  g_ptr_array_sort (gathering.findings, compare_findings);
  return gathering.findings;
}

/* ---- marks --------------------------------------------------------------------------------------------------------- */

typedef struct
{
  const char *caption;
  char       *folded;     /* owned; byte for byte */
  GArray     *marks;
} Marking;

/* Every place where the words of a case stand. */
static void
mark (LkCheckId   id,
      const char *word,
      const char *instead,
      gpointer    data)
{
  Marking *marking = data;
  g_autofree char *wanted = NULL;
  const char *at;

  if (id != LK_CHECK_FEATURE_CONTRADICTED && id != LK_CHECK_TWO_WORDS && id != LK_CHECK_TAG_TYPO && id != LK_CHECK_TRIGGER_NOT_FIRST)
    return;
  wanted = lk_words_fold (word);
  for (at = marking->folded; (at = lk_words_find (at, wanted)) != NULL; at += strlen (wanted))
    {
      LkMark found = { lk_check_get (id), at - marking->folded, at - marking->folded + strlen (wanted) };
      gboolean is_known = FALSE;

      for (guint i = 0; i < marking->marks->len; i++)
        {
          LkMark *other = &g_array_index (marking->marks, LkMark, i);

          is_known = is_known || (other->check == found.check && other->start == found.start);
        }
      if (!is_known)
        g_array_append_val (marking->marks, found);
    }
}

/* What comes after the 75th token. */
static void
mark_rest (LkChecks   *self,
           const char *caption,
           GArray     *marks)
{
  g_autoptr (GArray) tokens = self->tokenizer != NULL ? lk_tokenizer_encode (self->tokenizer, caption, -1) : NULL;

  if (tokens != NULL && tokens->len > LK_TOKENIZER_CHUNK_TOKENS)
    {
      LkMark rest = { lk_check_get (LK_CHECK_CAPTION_LONG), g_array_index (tokens, LkToken, LK_TOKENIZER_CHUNK_TOKENS).start,
                      g_array_index (tokens, LkToken, tokens->len - 1).end };

      g_array_append_val (marks, rest);
    }
}

static gint
compare_marks (gconstpointer a,
               gconstpointer b)
{
  const LkMark *first = a, *second = b;

  return first->start != second->start ? (first->start < second->start ? -1 : 1) : (first->end < second->end ? -1 : first->end > second->end);
}

GArray *
lk_checks_mark_caption (LkChecks   *self,
                        LkImage    *image,
                        const char *caption)
{
  GArray *marks = g_array_new (FALSE, FALSE, sizeof (LkMark));
  g_autofree char *folded = lk_words_fold_in_place (caption);
  Marking marking = { caption, folded, marks };

  lk_checks_read_settings (self);
  lk_checks_look_at_caption (self, image, caption, mark, &marking);
  mark_rest (self, caption, marks);
  g_array_sort (marks, compare_marks);
  return marks;
}
