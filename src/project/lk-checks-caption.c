/* What a caption says, tag by tag, and what is wrong with it. */
#define G_LOG_DOMAIN "likeness-project"

#include "config.h"

#include <string.h>

#include "base/lk-text.h"
#include "project/lk-checks-private.h"
#include "project/lk-words.h"

/* A caption of fewer words says nothing beside who it is. */
#define FEWEST_WORDS 4
/* From so many captions on, "in every one" and "looks like a typing error" mean something. */
#define FEWEST_CAPTIONS 5
#define EVERYWHERE .9
#define TYPO_RATIO 5
#define TYPO_LENGTH 5

/* ---- settings ------------------------------------------------------------------------------------------------------ */

void
lk_checks_clear_settings (LkChecks *self)
{
  LkCheckSettings *settings = &self->settings;

  g_free (settings->trigger);
  g_free (settings->class_word);
  g_strfreev (settings->features);
  g_strfreev (settings->folded_features);
  g_free (settings->feature_terms);
  *settings = (LkCheckSettings) { 0 };
}

void
lk_checks_read_settings (LkChecks *self)
{
  LkCheckSettings *settings = &self->settings;
  g_autofree char *trigger = lk_words_fold (lk_project_get_trigger (self->project));
  g_autofree char *class_word = lk_words_fold (lk_project_get_class_word (self->project));
  g_auto (GStrv) features = lk_project_dup_features (self->project);

  self->rule = lk_prepare_resolve (self->project, NULL);
  self->advice = lk_project_get_base_advice (self->project);
  if (settings->features != NULL && g_str_equal (trigger, settings->trigger) && g_str_equal (class_word, settings->class_word) &&
      g_strv_equal ((const char * const *) features, (const char * const *) settings->features))
    return;

  lk_checks_clear_settings (self);
  self->generation++;
  settings->trigger = g_steal_pointer (&trigger);
  settings->class_word = g_steal_pointer (&class_word);
  settings->n_features = MIN (g_strv_length (features), 32);
  settings->features = g_steal_pointer (&features);
  settings->folded_features = g_new0 (char *, settings->n_features + 1);
  settings->feature_terms = g_new (gint, settings->n_features + 1);
  for (guint i = 0; i < settings->n_features; i++)
    {
      settings->folded_features[i] = lk_words_fold (settings->features[i]);
      settings->feature_terms[i] = lk_vocabulary_look_up (self->vocabulary, settings->features[i]);
    }
}

/* ---- tags ---------------------------------------------------------------------------------------------------------- */

GArray *
lk_checks_split_tags (const char *caption)
{
  GArray *spans = g_array_new (FALSE, FALSE, sizeof (LkTagSpan));
  guint start = 0;

  for (guint i = 0;; i++)
    {
      LkTagSpan span = { start, i };

      if (caption[i] != ',' && caption[i] != '\n' && caption[i] != '\0')
        continue;
      while (span.start < span.end && g_ascii_isspace (caption[span.start]))
        span.start++;
      while (span.end > span.start && g_ascii_isspace (caption[span.end - 1]))
        span.end--;
      if (span.end > span.start)
        g_array_append_val (spans, span);
      start = i + 1;
      if (caption[i] == '\0')
        return spans;
    }
}

static guint
count_words (const char *folded)
{
  guint n = 0;

  for (const char *p = folded; *p != '\0'; p++)
    n += *p != ' ' && (p == folded || p[-1] == ' ');
  return n;
}

/* What depends on the settings. */
static void
look_again (LkChecks *self,
            LkTag    *tag)
{
  LkCheckSettings *settings = &self->settings;
  g_autofree char *rest = NULL;

  tag->generation = self->generation;
  tag->has_trigger = *settings->trigger != '\0' && lk_words_find (tag->folded, settings->trigger) != NULL;
  tag->features = 0;
  for (guint k = 0; k < settings->n_features; k++)
    {
      gboolean says = lk_words_find (tag->folded, settings->folded_features[k]) != NULL;

      for (guint i = 0; !says && settings->feature_terms[k] >= 0 && i < tag->hits->len; i++)
        says = (gint) g_array_index (tag->hits, LkTermHit, i).term == settings->feature_terms[k];
      if (says)
        tag->features |= 1u << k;
    }

  /* "ohwx woman": what is left without trigger and class word is nothing. */
  rest = *settings->trigger != '\0' ? lk_words_replace (tag->folded, settings->trigger, "") : g_strdup (tag->folded);
  if (*settings->class_word != '\0')
    {
      g_autofree char *without = lk_words_replace (rest, settings->class_word, "");

      g_set_str (&rest, without);
    }
  g_strstrip (rest);
  tag->is_class = *rest == '\0' || g_str_equal (rest, "a") || g_str_equal (rest, "photo of a") || g_str_equal (rest, "a photo of a");
}

LkTag *
lk_checks_get_tag (LkChecks   *self,
                   const char *text,
                   gsize       length)
{
  char small[256];
  g_autofree char *large = NULL;
  char *key = length < sizeof small ? small : (large = g_malloc (length + 1));
  LkTag *tag;

  memcpy (key, text, length);
  key[length] = '\0';
  tag = g_hash_table_lookup (self->tags, key);
  if (tag == NULL)
    {
      tag = g_new0 (LkTag, 1);
      tag->text = g_strdup (key);
      tag->folded = lk_words_fold (key);
      tag->hits = lk_vocabulary_find (self->vocabulary, key);
      tag->n_tokens = self->tokenizer != NULL ? lk_tokenizer_count (self->tokenizer, key, length) : 0;
      tag->n_words = count_words (tag->folded);
      tag->generation = self->generation - 1;
      g_hash_table_insert (self->tags, tag->text, tag);
    }
  if (tag->generation != self->generation)
    look_again (self, tag);
  return tag;
}

GPtrArray *
lk_checks_get_tags (LkChecks   *self,
                    const char *caption)
{
  g_autoptr (GArray) spans = lk_checks_split_tags (caption);
  GPtrArray *tags = g_ptr_array_sized_new (spans->len);

  for (guint i = 0; i < spans->len; i++)
    {
      LkTagSpan span = g_array_index (spans, LkTagSpan, i);

      g_ptr_array_add (tags, lk_checks_get_tag (self, caption + span.start, span.end - span.start));
    }
  return tags;
}

gboolean
lk_checks_is_feature_tag (LkChecks *self,
                          LkTag    *tag)
{
  for (guint k = 0; k < self->settings.n_features; k++)
    if (g_str_equal (tag->folded, self->settings.folded_features[k]))
      return TRUE;
  return FALSE;
}

gboolean
lk_checks_is_over_75 (LkChecks   *self,
                      const char *caption,
                      GPtrArray  *tags)
{
  guint n = 0;

  if (self->tokenizer == NULL || tags->len == 0)
    return FALSE;
  /* Tags apart have at least as many tokens as together, each comma at most one. */
  for (guint i = 0; i < tags->len; i++)
    n += ((LkTag *) tags->pdata[i])->n_tokens + 1;
  return n > LK_TOKENIZER_CHUNK_TOKENS && lk_tokenizer_count (self->tokenizer, caption, -1) > LK_TOKENIZER_CHUNK_TOKENS;
}

/* ---- counting over all captions ------------------------------------------------------------------------------------ */

static void
add_count (GHashTable *counts,
           const char *key,
           guint       n)
{
  guint old = GPOINTER_TO_UINT (g_hash_table_lookup (counts, key));

  if (old > 0)
    g_hash_table_replace (counts, g_strdup (key), GUINT_TO_POINTER (old + n));
  else
    g_hash_table_insert (counts, g_strdup (key), GUINT_TO_POINTER (n));
}

static char *
dup_hit (LkTag     *tag,
         LkTermHit *hit)
{
  g_autofree char *words = g_strndup (tag->text + hit->start, hit->end - hit->start);

  return lk_words_fold (words);
}

/* FALSE: more than one letter apart. */
static gboolean
is_nearly (const char *a,
           const char *b)
{
  gsize la = strlen (a), lb = strlen (b), i = 0, j = 0;

  if (la > lb + 1 || lb > la + 1)
    return FALSE;
  while (i < la && i < lb && a[i] == b[i])
    i++;
  while (j < la - i && j < lb - i && a[la - 1 - j] == b[lb - 1 - j])
    j++;
  /* One changed, missing, or added in the middle; or two neighbours swapped. */
  if (la - i - j <= 1 && lb - i - j <= 1)
    return TRUE;
  return la == lb && la - i - j == 2 && a[i] == b[i + 1] && a[i + 1] == b[i];
}

static gboolean
differs_in_a_digit_or_sign (const char *a,
                            const char *b)
{
  gsize i = 0;

  while (a[i] != '\0' && a[i] == b[i])
    i++;
  return g_ascii_isdigit (a[i]) || g_ascii_isdigit (b[i]);
}

static void
find_typos (LkChecks *self)
{
  g_autoptr (GPtrArray) frequent = g_ptr_array_new ();
  GHashTableIter iter;
  LkTag *tag;

  g_hash_table_iter_init (&iter, self->tags);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &tag))
    {
      g_clear_pointer (&tag->typo_of, g_free);
      if (tag->count >= TYPO_RATIO && tag->n_words <= 4)
        g_ptr_array_add (frequent, tag);
    }

  g_hash_table_iter_init (&iter, self->tags);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &tag))
    {
      gsize length = strlen (tag->folded);

      /* What the vocabulary knows, is meant. */
      if (tag->count == 0 || tag->count > 2 || length < TYPO_LENGTH || tag->n_words > 4 || tag->hits->len > 0)
        continue;
      for (guint i = 0; i < frequent->len && tag->typo_of == NULL; i++)
        {
          LkTag *other = frequent->pdata[i];

          if (other->count >= TYPO_RATIO * tag->count && !g_str_equal (other->folded, tag->folded) && is_nearly (tag->folded, other->folded) &&
              !differs_in_a_digit_or_sign (tag->folded, other->folded))
            tag->typo_of = g_strdup (other->text);
        }
    }
}

/* For each term the words for it that most captions use; a fixed feature's own words come before all others. */
static void
choose_words (LkChecks *self)
{
  g_autofree guint *best = g_new0 (guint, lk_vocabulary_get_n (self->vocabulary) + 1);
  GHashTableIter iter;
  const char *words;
  gpointer count;

  g_ptr_array_set_size (self->preferred, 0);
  g_ptr_array_set_size (self->preferred, lk_vocabulary_get_n (self->vocabulary));
  g_hash_table_iter_init (&iter, self->counts.words);
  while (g_hash_table_iter_next (&iter, (gpointer *) &words, &count))
    {
      g_auto (GStrv) parts = g_strsplit (words, "\t", 2);   /* "TERM\tWORDS" */
      guint term = strtoul (parts[0], NULL, 10), n = GPOINTER_TO_UINT (count);
      const char *known = self->preferred->pdata[term];

      if (n > best[term] || (n == best[term] && g_strcmp0 (parts[1], known) < 0))
        {
          best[term] = n;
          g_free (self->preferred->pdata[term]);
          self->preferred->pdata[term] = g_strdup (parts[1]);
        }
    }
  for (guint k = 0; k < self->settings.n_features; k++)
    {
      gint term = self->settings.feature_terms[k];

      if (term < 0)
        continue;
      g_free (self->preferred->pdata[term]);
      self->preferred->pdata[term] = g_strdup (self->settings.folded_features[k]);
    }
}

void
lk_checks_read_caption (LkChecks *self,
                        LkImage  *image)
{
  LkCaptionRow *row;

  if (!lk_image_is_counted (image))
    return;
  row = g_new (LkCaptionRow, 1);
  row->image = g_object_ref (image);
  row->text = g_strstrip (g_strdup (lk_image_get_caption (image)));
  row->tags = lk_checks_get_tags (self, row->text);
  g_ptr_array_add (self->rows, row);
}

void
lk_checks_begin_counting (LkChecks *self)
{
  GHashTableIter iter;
  LkTag *tag;

  g_hash_table_iter_init (&iter, self->tags);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &tag))
    tag->counting = 0;
  lk_checks_counts_clear (&self->counting);
  lk_checks_counts_init (&self->counting, lk_vocabulary_get_n (self->vocabulary));
  memset (self->seen, 0, (lk_vocabulary_get_n (self->vocabulary) + 1) * sizeof *self->seen);
}

void
lk_checks_count_row (LkChecks     *self,
                     LkCaptionRow *row)
{
  LkCheckCounts *counts = &self->counting;

  if (*row->text == '\0')
    return;
  counts->n_captions++;
  add_count (counts->captions, row->text, 1);
  for (guint t = 0; t < row->tags->len; t++)
    {
      LkTag *tag = row->tags->pdata[t];

      tag->counting++;
      for (guint h = 0; h < tag->hits->len; h++)
        {
          guint term = g_array_index (tag->hits, LkTermHit, h).term;

          /* Once a caption. */
          if (self->seen[term] != counts->n_captions)
            counts->terms[term]++;
          self->seen[term] = counts->n_captions;
        }
    }
}

void
lk_checks_end_counting (LkChecks *self)
{
  GHashTableIter iter;
  LkTag *tag;

  g_hash_table_iter_init (&iter, self->tags);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &tag))
    {
      tag->count = tag->counting;
      for (guint h = 0; tag->count > 0 && h < tag->hits->len; h++)
        {
          LkTermHit *hit = &g_array_index (tag->hits, LkTermHit, h);
          g_autofree char *words = dup_hit (tag, hit);
          g_autofree char *key = g_strdup_printf ("%u\t%s", hit->term, words);

          add_count (self->counting.words, key, tag->count);
        }
    }
  lk_checks_counts_clear (&self->counts);
  self->counts = self->counting;
  self->counting = (LkCheckCounts) { 0 };
  choose_words (self);
  find_typos (self);
}

/* ---- one caption --------------------------------------------------------------------------------------------------- */

/* Another word for one thing: only where the captions use two, or a fixed feature says it otherwise. "brown curly hair" says more than
 * "brown hair" and is no other word for it. */
static gboolean
is_second_word (LkChecks   *self,
                LkTermHit  *hit,
                const char *words)
{
  const LkTerm *term = lk_vocabulary_get_term (self->vocabulary, hit->term);
  const char *preferred = hit->term < self->preferred->len ? self->preferred->pdata[hit->term] : NULL;
  g_autofree char *own = lk_words_fold (term->words);

  if (preferred == NULL || g_str_equal (preferred, words))
    return FALSE;
  /* One contains the other: "park" and "in a park", "portrait" and "close-up portrait". */
  if (lk_words_find (preferred, words) != NULL || lk_words_find (words, preferred) != NULL)
    return FALSE;
  if (count_words (words) == 3)
    {
      /* Without its middle word it is the term's own. */
      g_autofree char *without = g_strdup_printf ("%.*s%s", (int) strcspn (words, " "), words, strrchr (words, ' '));

      if (g_str_equal (without, own))
        return FALSE;
    }
  return TRUE;
}

/* Returns the fixed features that something contradicts, as bits: these are not also missing. */
static guint
look_at_terms (LkChecks   *self,
               GPtrArray  *tags,
               LkCaseFunc  report,
               gpointer    data)
{
  LkCheckSettings *settings = &self->settings;
  guint contradicted = 0;

  for (guint t = 0; t < tags->len; t++)
    {
      LkTag *tag = tags->pdata[t];

      for (guint h = 0; h < tag->hits->len; h++)
        {
          LkTermHit *hit = &g_array_index (tag->hits, LkTermHit, h);
          const LkTerm *term = lk_vocabulary_get_term (self->vocabulary, hit->term);
          g_autofree char *words = dup_hit (tag, hit);
          gboolean contradicts = FALSE;

          for (guint k = 0; term->is_exclusive && !lk_checks_is_feature_tag (self, tag) && k < settings->n_features; k++)
            {
              gint feature = settings->feature_terms[k];

              if (feature < 0 || (guint) feature == hit->term ||
                  !g_str_equal (lk_vocabulary_get_term (self->vocabulary, feature)->group, term->group))
                continue;
              report (LK_CHECK_FEATURE_CONTRADICTED, words, settings->features[k], data);
              contradicts = TRUE;
              contradicted |= 1u << k;
            }
          if (!contradicts && is_second_word (self, hit, words))
            report (LK_CHECK_TWO_WORDS, words, self->preferred->pdata[hit->term], data);
        }
      if (tag->typo_of != NULL)
        report (LK_CHECK_TAG_TYPO, tag->text, tag->typo_of, data);
    }
  return contradicted;
}

/* `n_others`: captions of other pictures that are the same. */
static void
look_at (LkChecks   *self,
         const char *stripped,
         GPtrArray  *tags,
         guint       n_others,
         LkCaseFunc  report,
         gpointer    data)
{
  LkCheckSettings *settings = &self->settings;
  guint features = 0, n_words = 0;
  gint first_with_trigger = -1;
  gboolean only_class = TRUE;

  if (*stripped == '\0')
    {
      report (LK_CHECK_NO_CAPTION, NULL, NULL, data);
      return;
    }

  for (guint t = 0; t < tags->len; t++)
    {
      LkTag *tag = tags->pdata[t];

      features |= tag->features;
      n_words += tag->n_words;
      only_class = only_class && tag->is_class;
      if (tag->has_trigger && first_with_trigger < 0)
        first_with_trigger = t;
    }

  if (*settings->trigger != '\0')
    {
      /* It may consist of parts with commas between. */
      g_autofree char *folded = first_with_trigger < 0 || strchr (settings->trigger, ',') != NULL ? lk_words_fold (stripped) : NULL;

      if (first_with_trigger < 0 && lk_words_find (folded, settings->trigger) == NULL)
        report (LK_CHECK_TRIGGER_MISSING, lk_project_get_trigger (self->project), NULL, data);
      else if (first_with_trigger > 0 || (first_with_trigger == 0 && lk_words_find (((LkTag *) tags->pdata[0])->folded, settings->trigger) !=
                                                                     ((LkTag *) tags->pdata[0])->folded))
        report (LK_CHECK_TRIGGER_NOT_FIRST, lk_project_get_trigger (self->project), NULL, data);
    }
  features |= look_at_terms (self, tags, report, data);
  for (guint k = 0; k < settings->n_features; k++)
    if ((features >> k & 1) == 0)
      report (LK_CHECK_FEATURE_MISSING, settings->features[k], NULL, data);
  if (only_class || n_words < FEWEST_WORDS)
    report (LK_CHECK_CAPTION_SHORT, NULL, NULL, data);
  if (lk_checks_is_over_75 (self, stripped, tags))
    report (LK_CHECK_CAPTION_LONG, NULL, NULL, data);

  if (n_others > 0)
    report (LK_CHECK_CAPTION_DUPLICATE, stripped, NULL, data);
}

void
lk_checks_look_at_caption (LkChecks   *self,
                           LkImage    *image,
                           const char *caption,
                           LkCaseFunc  report,
                           gpointer    data)
{
  g_autofree char *stripped = g_strstrip (g_strdup (caption));
  g_autoptr (GPtrArray) tags = lk_checks_get_tags (self, stripped);
  gboolean is_saved = g_str_equal (caption, lk_image_get_caption (image));
  guint n_same = GPOINTER_TO_UINT (g_hash_table_lookup (self->counts.captions, stripped));

  if (is_saved && lk_image_get_caption_trouble (image) != NULL)
    report (LK_CHECK_CAPTION_BYTES, NULL, NULL, data);
  look_at (self, stripped, tags, is_saved && lk_image_is_counted (image) && n_same > 0 ? n_same - 1 : n_same, report, data);
}

void
lk_checks_look_at_row (LkChecks     *self,
                       LkCaptionRow *row,
                       LkCaseFunc    report,
                       gpointer      data)
{
  guint n_same = GPOINTER_TO_UINT (g_hash_table_lookup (self->counts.captions, row->text));

  if (lk_image_get_caption_trouble (row->image) != NULL)
    report (LK_CHECK_CAPTION_BYTES, NULL, NULL, data);
  look_at (self, row->text, row->tags, MAX (n_same, 1) - 1, report, data);
}

/* ---- for all captions at once -------------------------------------------------------------------------------------- */

/* Pictures come in order: one that is in it already is the last. */
static void
add_once (LkFinding *finding,
          LkImage   *image)
{
  GPtrArray *images = finding != NULL ? lk_finding_get_images (finding) : NULL;

  if (images != NULL && (images->len == 0 || images->pdata[images->len - 1] != image))
    lk_finding_add_image (finding, image);
}

/* What is in nearly every caption and no part of the character, tag by tag; or, in sentences, thing by thing. */
void
lk_checks_find_everywhere (LkChecks  *self,
                           GPtrArray *findings)
{
  g_autoptr (GHashTable) said = g_hash_table_new_full (NULL, NULL, NULL, NULL);
  guint least = MAX ((guint) (self->counts.n_captions * EVERYWHERE + .999), FEWEST_CAPTIONS);
  g_autoptr (GHashTable) by_tag = g_hash_table_new (NULL, NULL);
  g_autoptr (GPtrArray) by_term = g_ptr_array_new ();
  GHashTableIter iter;
  LkTag *tag;

  if (self->counts.n_captions < FEWEST_CAPTIONS)
    return;

  g_hash_table_iter_init (&iter, self->tags);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &tag))
    {
      if (tag->count < least || tag->has_trigger || tag->is_class || tag->features != 0)
        continue;
      g_hash_table_insert (by_tag, tag, lk_finding_new (LK_CHECK_VARIABLE_EVERYWHERE, tag->text, NULL));
      for (guint h = 0; h < tag->hits->len; h++)
        g_hash_table_add (said, GUINT_TO_POINTER (g_array_index (tag->hits, LkTermHit, h).term + 1));
    }
  for (guint k = 0; k < self->settings.n_features; k++)
    g_hash_table_add (said, GINT_TO_POINTER (self->settings.feature_terms[k] + 1));
  g_ptr_array_set_size (by_term, lk_vocabulary_get_n (self->vocabulary));
  for (guint term = 0; term < by_term->len; term++)
    {
      const LkTerm *about = lk_vocabulary_get_term (self->vocabulary, term);

      /* Hair, eyes and skin that are always there, are the character's. */
      if (self->counts.terms[term] >= least && !about->is_exclusive && !g_str_has_prefix (about->group, "hair") &&
          !g_hash_table_contains (said, GUINT_TO_POINTER (term + 1)))
        by_term->pdata[term] = lk_finding_new (LK_CHECK_VARIABLE_EVERYWHERE, about->words, NULL);
    }

  for (guint i = 0; i < self->rows->len; i++)
    {
      LkCaptionRow *row = self->rows->pdata[i];

      for (guint t = 0; t < row->tags->len; t++)
        {
          tag = row->tags->pdata[t];
          add_once (g_hash_table_lookup (by_tag, tag), row->image);
          for (guint h = 0; h < tag->hits->len; h++)
            add_once (by_term->pdata[g_array_index (tag->hits, LkTermHit, h).term], row->image);
        }
    }

  g_hash_table_iter_init (&iter, by_tag);
  {
    LkFinding *finding;

    while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &finding))
      g_ptr_array_add (findings, finding);
  }
  for (guint term = 0; term < by_term->len; term++)
    if (by_term->pdata[term] != NULL)
      g_ptr_array_add (findings, by_term->pdata[term]);
}
