#define G_LOG_DOMAIN "likeness-project"

#include "config.h"

#include "project/lk-caption-checks.h"

#include <math.h>
#include <string.h>

/* A caption of fewer words says hardly anything. */
#define LEAST_WORDS 4
/* From this many captions on, what all have is no accident. */
#define LEAST_CAPTIONS_TO_FUSE 5
#define NEARLY_EVERY .95
#define MAX_FEATURES 64

typedef struct
{
  LkTag *tag;               /* of the lexicon */
  guint  concepts[8];       /* what it names */
  guint  n_concepts;
} Feature;

struct _LkRules
{
  LkLexicon    *lexicon;
  LkVocabulary *vocabulary;
  char         *trigger, *class_word;   /* owned */
  char        **features;               /* owned */
  LkTag        *trigger_tag, *class_tag;  /* NULL: none */
  Feature       parts[MAX_FEATURES];
  guint         n_parts;
  guint         version;                /* grows with every change */
};

struct _LkVerdict
{
  guint    version, round;          /* that it was reached in */
  guint64  said, otherwise, against;  /* fixed features, as bits: in their words, in other words, contradicted */
  gint     trigger;                 /* index of the trigger's first word, or -1 */
  guint    n_own_words;             /* but for fillers, trigger, class word and fixed features */
  GArray  *hits;                    /* owned, or NULL; ranges in the tag */
};

/* ---- rules --------------------------------------------------------------------------------------------------------- */

LkRules *
lk_rules_new (LkLexicon    *lexicon,
              LkVocabulary *vocabulary)
{
  LkRules *self = g_new0 (LkRules, 1);

  self->lexicon = lexicon;
  self->vocabulary = vocabulary;
  self->features = g_new0 (char *, 1);
  self->trigger = g_strdup ("");
  self->class_word = g_strdup ("");
  self->version = 1;
  return self;
}

void
lk_rules_free (LkRules *self)
{
  g_strfreev (self->features);
  g_free (self->trigger);
  g_free (self->class_word);
  g_free (self);
}

static guint
concept_of (LkRules *self,
            guint    phrase)
{
  return lk_vocabulary_get_phrase (self->vocabulary, phrase)->concept;
}

static void
mark_words (LkTag    *tag,
            gboolean  is_reference)
{
  for (guint i = 0; tag != NULL && i < tag->n_words; i++)
    tag->words[i].word->is_reference = is_reference;
}

static void
mark_all (LkRules  *self,
          gboolean  is_reference)
{
  mark_words (self->trigger_tag, is_reference);
  mark_words (self->class_tag, is_reference);
  for (guint i = 0; i < self->n_parts; i++)
    mark_words (self->parts[i].tag, is_reference);
}

static LkTag *
tag_of (LkRules    *self,
        const char *text)
{
  LkTag *tag = lk_lexicon_get_tag (self->lexicon, text, strlen (text));

  return tag->n_words > 0 ? tag : NULL;
}

gboolean
lk_rules_update (LkRules   *self,
                 LkProject *project)
{
  g_auto (GStrv) features = lk_project_dup_features (project);
  gboolean has_changed = g_set_str (&self->trigger, lk_project_get_trigger (project));

  has_changed |= g_set_str (&self->class_word, lk_project_get_class_word (project));
  if (!g_strv_equal ((const char * const *) features, (const char * const *) self->features))
    {
      g_strfreev (self->features);
      self->features = g_steal_pointer (&features);
      has_changed = TRUE;
    }
  if (!has_changed)
    return FALSE;

  mark_all (self, FALSE);
  self->version++;
  self->trigger_tag = tag_of (self, self->trigger);
  self->class_tag = tag_of (self, self->class_word);
  self->n_parts = 0;
  for (guint i = 0; self->features[i] != NULL && self->n_parts < MAX_FEATURES; i++)
    {
      Feature part = { .tag = tag_of (self, self->features[i]) };

      if (part.tag == NULL)
        continue;
      for (guint k = 0; k < part.tag->n_names && part.n_concepts < G_N_ELEMENTS (part.concepts); k++)
        part.concepts[part.n_concepts++] = concept_of (self, part.tag->names[k].phrase);
      self->parts[self->n_parts++] = part;
    }
  mark_all (self, TRUE);
  return TRUE;
}

void
lk_rules_keep (LkRules *self)
{
  if (self->trigger_tag != NULL)
    lk_lexicon_keep (self->lexicon, self->trigger_tag);
  if (self->class_tag != NULL)
    lk_lexicon_keep (self->lexicon, self->class_tag);
  for (guint i = 0; i < self->n_parts; i++)
    lk_lexicon_keep (self->lexicon, self->parts[i].tag);
}

const char *
lk_rules_get_trigger (LkRules *self)
{
  return self->trigger_tag != NULL ? self->trigger : "";
}

const char *
lk_rules_get_class_word (LkRules *self)
{
  return self->class_word;
}

guint
lk_rules_get_n_features (LkRules *self)
{
  return self->n_parts;
}

const char *
lk_rules_get_feature (LkRules *self,
                      guint    index)
{
  return self->parts[index].tag->text;
}

/* ---- one tag ------------------------------------------------------------------------------------------------------- */

void
lk_verdict_free (LkVerdict *verdict)
{
  g_clear_pointer (&verdict->hits, g_array_unref);
  g_free (verdict);
}

static void
add_hit (LkVerdict    *verdict,
         LkCheckIndex  check,
         guint         start,
         guint         end,
         const char   *word,
         const char   *instead)
{
  if (verdict->hits == NULL)
    verdict->hits = lk_hits_new ();
  lk_hits_add (verdict->hits, check, start, end, word, instead);
}

/* All words of the feature that say something are in the tag: "haircut, a bob" for "bob haircut". */
static gboolean
has_all_words (const LkTag *tag,
               const LkTag *feature)
{
  for (guint i = 0; i < feature->n_words; i++)
    if (!feature->words[i].word->is_filler && !lk_tag_has_word (tag, feature->words[i].word))
      return FALSE;
  return TRUE;
}

static gboolean
has_concept (const Feature *part,
             guint          concept)
{
  for (guint i = 0; i < part->n_concepts; i++)
    if (part->concepts[i] == concept)
      return TRUE;
  return FALSE;
}

/* The feature that names the thing, or that something else contradicts: index, or -1. */
static gint
find_same (LkRules *self,
           guint    concept)
{
  for (guint i = 0; i < self->n_parts; i++)
    if (has_concept (&self->parts[i], concept))
      return i;
  return -1;
}

static gint
find_contradicted (LkRules *self,
                   guint    concept)
{
  guint64 exclusive = lk_vocabulary_get_concept (self->vocabulary, concept)->exclusive;

  for (guint i = 0; exclusive != 0 && i < self->n_parts; i++)
    for (guint k = 0; k < self->parts[i].n_concepts; k++)
      if ((lk_vocabulary_get_concept (self->vocabulary, self->parts[i].concepts[k])->exclusive & exclusive) != 0)
        return i;
  return -1;
}

/* What is marked of a name, as a word: its words in lower case; of an adjective that stands apart, the whole phrase. */
static char *
word_of (LkRules       *self,
         const LkTag   *tag,
         const LkNamed *named)
{
  GString *words;

  if (named->is_apart)
    return g_strdup (lk_vocabulary_get_phrase (self->vocabulary, named->phrase)->text);
  words = g_string_new (NULL);
  for (guint i = 0; i < tag->n_words; i++)
    if (tag->words[i].start >= named->start && tag->words[i].end <= named->end)
      g_string_append_printf (words, "%s%s", words->len > 0 ? " " : "", tag->words[i].word->text);
  return g_string_free (words, FALSE);
}

/* Where the last `n_words` words of a name begin: without "light" before "brown hair". */
static guint
start_of (const LkTag   *tag,
          const LkNamed *named,
          guint          n_words)
{
  for (guint i = n_words - 1; i < tag->n_words; i++)
    if (tag->words[i].end == named->end)
      return tag->words[i + 1 - n_words].start;
  return named->start;
}

static void
judge_name (LkRules       *self,
            LkVerdict     *verdict,
            const LkTag   *tag,
            const LkNamed *named)
{
  const LkPhrase *phrase = lk_vocabulary_get_phrase (self->vocabulary, named->phrase);
  const LkConcept *thing = lk_vocabulary_get_concept (self->vocabulary, phrase->concept);
  const LkPhrase *usual;
  gint same = find_same (self, phrase->concept), contradicted = same < 0 ? find_contradicted (self, phrase->concept) : -1;
  g_autofree char *word = NULL;

  if (same >= 0)
    {
      if ((verdict->said & G_GUINT64_CONSTANT (1) << same) != 0)
        return;
      verdict->otherwise |= G_GUINT64_CONSTANT (1) << same;
      /* "brown wavy hair" says "brown hair" well enough. */
      if (named->is_apart)
        return;
      word = word_of (self, tag, named);
      if (!g_str_equal (word, self->parts[same].tag->folded))
        add_hit (verdict, LK_CHECK_TWO_WORDS, named->start, named->end, word, self->parts[same].tag->text);
    }
  else if (contradicted >= 0)
    {
      word = word_of (self, tag, named);
      verdict->against |= G_GUINT64_CONSTANT (1) << contradicted;
      add_hit (verdict, LK_CHECK_FEATURE_CONTRADICTED, named->start, named->end, word, self->parts[contradicted].tag->text);
    }
  else if (!thing->has_forms && !named->is_apart)
    {
      usual = lk_lexicon_get_usual (self->lexicon, phrase->concept);
      if (usual != NULL && usual != phrase)
        add_hit (verdict, LK_CHECK_TWO_WORDS, start_of (tag, named, phrase->n_words), named->end, phrase->text, usual->text);
    }
}

/* "gren eyes" where "green eyes" is fixed: all words but one, and that nearly. Returns its index, or -1. */
static gint
find_nearly (const LkTag *tag,
             const LkTag *feature,
             guint       *at)
{
  gint found = -1;

  if (tag->n_words != feature->n_words || tag->n_words < 2)
    return -1;
  for (guint i = 0; i < tag->n_words; i++)
    {
      const LkWord *word = tag->words[i].word, *right = feature->words[i].word;

      if (word == right)
        continue;
      if (found >= 0 || word->is_listed || word->is_reference || lk_words_distance (word->text, right->text) != 1)
        return -1;
      found = i;
    }
  *at = MAX (found, 0);
  return found;
}

static void
judge_spelling (LkRules   *self,
                LkVerdict *verdict,
                LkTag     *tag)
{
  const LkTag *run = lk_lexicon_find_run (self->lexicon, tag);
  gint near = -1;
  guint at = 0;

  for (guint i = 0; i < self->n_parts; i++)
    if (lk_tags_run_alike (tag, self->parts[i].tag))
      {
        verdict->otherwise |= G_GUINT64_CONSTANT (1) << i;
        run = self->parts[i].tag;
      }
  if (run != NULL)
    {
      add_hit (verdict, LK_CHECK_TYPO, tag->words[0].start, tag->words[tag->n_words - 1].end, tag->folded, run->text);
      return;
    }

  for (guint i = 0; i < self->n_parts && near < 0; i++)
    if (find_nearly (tag, self->parts[i].tag, &at) >= 0)
      near = i;
  if (near >= 0)
    {
      verdict->otherwise |= G_GUINT64_CONSTANT (1) << near;
      add_hit (verdict, LK_CHECK_TYPO, tag->words[at].start, tag->words[at].end, tag->words[at].word->text,
               self->parts[near].tag->words[at].word->text);
    }
  for (guint i = 0; i < tag->n_words; i++)
    {
      const LkWord *right = near >= 0 && i == at ? NULL : lk_lexicon_find_slip (self->lexicon, tag->words[i].word);

      if (right != NULL)
        add_hit (verdict, LK_CHECK_TYPO, tag->words[i].start, tag->words[i].end, tag->words[i].word->text, right->text);
    }
}

static gboolean
is_own_word (LkWord *word)
{
  return !word->is_reference && !word->is_filler;
}

static LkVerdict *
judge (LkRules *self,
       LkTag   *tag)
{
  LkVerdict *verdict = tag->verdict;

  if (verdict != NULL && verdict->version == self->version && verdict->round == lk_lexicon_get_round (self->lexicon))
    return verdict;
  g_clear_pointer (&tag->verdict, lk_verdict_free);
  verdict = tag->verdict = g_new0 (LkVerdict, 1);
  verdict->version = self->version;
  verdict->round = lk_lexicon_get_round (self->lexicon);

  verdict->trigger = self->trigger_tag != NULL ? lk_tag_find_row (tag, self->trigger_tag) : -1;
  for (guint i = 0; i < tag->n_words; i++)
    verdict->n_own_words += is_own_word (tag->words[i].word);
  for (guint i = 0; i < self->n_parts; i++)
    if (lk_tag_find_row (tag, self->parts[i].tag) >= 0 || has_all_words (tag, self->parts[i].tag))
      verdict->said |= G_GUINT64_CONSTANT (1) << i;
  for (guint i = 0; i < tag->n_names; i++)
    judge_name (self, verdict, tag, &tag->names[i]);
  judge_spelling (self, verdict, tag);
  return verdict;
}

gboolean
lk_rules_tag_has_feature (LkRules *self,
                          LkTag   *tag,
                          guint    index)
{
  LkVerdict *verdict = judge (self, tag);

  return ((verdict->said | verdict->otherwise | verdict->against) & G_GUINT64_CONSTANT (1) << index) != 0;
}

gboolean
lk_rules_find_trigger (LkRules *self,
                       LkTag   *tag,
                       guint   *start,
                       guint   *end)
{
  LkVerdict *verdict = judge (self, tag);

  if (verdict->trigger < 0)
    return FALSE;
  *start = tag->words[verdict->trigger].start;
  *end = tag->words[verdict->trigger + self->trigger_tag->n_words - 1].end;
  return TRUE;
}

gboolean
lk_rules_find_misspelt_trigger (LkRules *self,
                                LkTag   *tag,
                                guint   *start,
                                guint   *end)
{
  if (self->trigger_tag == NULL || self->trigger_tag->n_words != 1)
    return FALSE;
  for (guint i = 0; i < tag->n_words; i++)
    if (lk_lexicon_find_slip (self->lexicon, tag->words[i].word) == self->trigger_tag->words[0].word)
      {
        *start = tag->words[i].start;
        *end = tag->words[i].end;
        return TRUE;
      }
  return FALSE;
}

/* ---- one caption --------------------------------------------------------------------------------------------------- */

static void
check_trigger (LkRules *self,
               GArray  *spans,
               GArray  *hits)
{
  guint start, end;

  if (self->trigger_tag == NULL)
    return;
  for (guint i = 0; i < spans->len; i++)
    {
      const LkSpan *span = &g_array_index (spans, LkSpan, i);
      LkVerdict *verdict = judge (self, span->tag);

      if (verdict->trigger < 0)
        continue;
      lk_rules_find_trigger (self, span->tag, &start, &end);
      if (i > 0 || verdict->trigger > 0)
        lk_hits_add (hits, LK_CHECK_TRIGGER_NOT_FIRST, span->start + start, span->start + end, self->trigger, NULL);
      return;
    }
  lk_hits_add (hits, LK_CHECK_TRIGGER_MISSING, 0, 0, self->trigger, NULL);
}

static void
check_tags (LkRules *self,
            GArray  *spans,
            GArray  *hits)
{
  guint64 found = 0;
  guint n_words = 0, n_own_words = 0;

  for (guint i = 0; i < spans->len; i++)
    {
      const LkSpan *span = &g_array_index (spans, LkSpan, i);
      LkVerdict *verdict = judge (self, span->tag);

      found |= verdict->said | verdict->otherwise | verdict->against;
      n_words += span->tag->n_words;
      n_own_words += verdict->n_own_words;
      for (guint k = 0; verdict->hits != NULL && k < verdict->hits->len; k++)
        {
          const LkHit *hit = &g_array_index (verdict->hits, LkHit, k);

          lk_hits_add (hits, hit->check, span->start + hit->start, span->start + hit->end, hit->word, hit->instead);
        }
      for (guint k = 0; k < i; k++)
        {
          const LkSpan *other = &g_array_index (spans, LkSpan, k);

          if (other->tag->first == span->tag->first && other->line == span->line)
            {
              lk_hits_add (hits, LK_CHECK_TAG_TWICE, span->start, span->end, span->tag->folded, NULL);
              break;
            }
        }
    }

  for (guint i = 0; i < self->n_parts; i++)
    if ((found & G_GUINT64_CONSTANT (1) << i) == 0)
      lk_hits_add (hits, LK_CHECK_FEATURE_MISSING, 0, 0, self->parts[i].tag->text, NULL);
  if (n_own_words == 0 || n_words < LEAST_WORDS)
    lk_hits_add (hits, LK_CHECK_CAPTION_SHORT, 0, 0, NULL, NULL);
}

gboolean
lk_caption_find_cut (LkTokenizer *tokenizer,
                     const char  *caption,
                     guint       *start,
                     guint       *end)
{
  guint most = LK_TOKENIZER_CHUNK_TOKENS;

  for (const char *line = caption; *line != '\0';)
    {
      gsize length = strcspn (line, "\r\n");
      g_autoptr (GArray) tokens = lk_tokenizer_encode (tokenizer, line, length);

      if (tokens->len > most)
        {
          most = tokens->len;
          *start = line - caption + g_array_index (tokens, LkToken, LK_TOKENIZER_CHUNK_TOKENS).start;
          *end = line - caption + length;
        }
      line += length;
      line += *line != '\0';
    }
  return most > LK_TOKENIZER_CHUNK_TOKENS;
}

void
lk_rules_check (LkRules    *self,
                GArray     *spans,
                guint       n_tokens,
                GArray     *hits)
{
  if (spans->len == 0)
    {
      lk_hits_add (hits, LK_CHECK_CAPTION_NONE, 0, 0, NULL, NULL);
      return;
    }
  check_trigger (self, spans, hits);
  check_tags (self, spans, hits);
  if (n_tokens > LK_TOKENIZER_CHUNK_TOKENS)
    lk_hits_add (hits, LK_CHECK_CAPTION_LONG, 0, 0, NULL, NULL);
}

/* ---- all captions -------------------------------------------------------------------------------------------------- */

typedef struct
{
  LkRules *rules;
  guint    least;           /* captions */
  GArray  *found;           /* LkFused */
} Fusing;

static gboolean
is_of_medium (const LkConcept *thing)
{
  return g_str_equal (thing->thing, "medium");
}

static gboolean
names (LkRules     *self,
       const LkTag *tag,
       guint        concept)
{
  for (guint i = 0; i < tag->n_names; i++)
    if (concept_of (self, tag->names[i].phrase) == concept)
      return TRUE;
  return FALSE;
}

/* A tag that says something of its own: neither of the character nor of the medium. */
static void
look_for_fused_tag (LkTag    *tag,
                    gpointer  data)
{
  Fusing *fusing = data;
  LkVerdict *verdict;

  if (tag->n_captions < fusing->least)
    return;
  verdict = judge (fusing->rules, tag);
  if (verdict->n_own_words == 0 || verdict->trigger >= 0 || (verdict->said | verdict->otherwise | verdict->against) != 0)
    return;
  for (guint i = 0; i < tag->n_names; i++)
    if (is_of_medium (lk_vocabulary_get_concept (fusing->rules->vocabulary, concept_of (fusing->rules, tag->names[i].phrase))))
      return;
  g_array_append_val (fusing->found, ((LkFused) { tag, 0, tag->folded }));
}

static gint
compare_fused (gconstpointer a,
               gconstpointer b)
{
  return strcmp (((const LkFused *) a)->words, ((const LkFused *) b)->words);
}

/* Whether a tag was found that names the thing already: "red jacket" for "jacket". */
static gboolean
is_found (LkRules *self,
          GArray  *found,
          guint    concept)
{
  for (guint i = 0; i < found->len; i++)
    {
      const LkFused *fused = &g_array_index (found, LkFused, i);

      if (fused->tag != NULL && names (self, fused->tag, concept))
        return TRUE;
    }
  return FALSE;
}

GArray *
lk_rules_find_fused (LkRules *self)
{
  guint n_captions = lk_lexicon_get_n_captions (self->lexicon), last = G_MAXUINT;
  Fusing fusing = { self, ceil (n_captions * NEARLY_EVERY), g_array_new (FALSE, FALSE, sizeof (LkFused)) };

  if (n_captions < LEAST_CAPTIONS_TO_FUSE)
    return fusing.found;
  lk_lexicon_foreach (self->lexicon, look_for_fused_tag, &fusing);
  g_array_sort (fusing.found, compare_fused);

  for (guint i = 0; i < lk_vocabulary_get_n_phrases (self->vocabulary); i++)
    {
      guint concept = concept_of (self, i);

      if (concept == last)
        continue;
      last = concept;
      if (lk_lexicon_count_concept (self->lexicon, concept) >= fusing.least && find_same (self, concept) < 0 &&
          find_contradicted (self, concept) < 0 && !is_of_medium (lk_vocabulary_get_concept (self->vocabulary, concept)) &&
          !is_found (self, fusing.found, concept))
        g_array_append_val (fusing.found, ((LkFused) { NULL, concept, lk_lexicon_get_usual (self->lexicon, concept)->text }));
    }
  return fusing.found;
}

gboolean
lk_rules_has_fused (LkRules       *self,
                    GArray        *spans,
                    const LkFused *fused)
{
  for (guint i = 0; i < spans->len; i++)
    {
      const LkTag *tag = g_array_index (spans, LkSpan, i).tag;

      if (fused->tag != NULL ? tag->first == fused->tag : names (self, tag, fused->concept))
        return TRUE;
    }
  return FALSE;
}
