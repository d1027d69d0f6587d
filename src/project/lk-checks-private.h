/* What the files of LkChecks share. */
#pragma once

#include "formats/lk-tokenizer.h"
#include "project/lk-checks.h"
#include "project/lk-prepare-private.h"
#include "project/lk-vocabulary.h"

G_BEGIN_DECLS

/* In the order of the table: worst and earliest in the work first. */
typedef enum
{
  LK_CHECK_NO_IMAGES,
  LK_CHECK_TRIGGER_EMPTY,
  LK_CHECK_BASE_MISSING,
  LK_CHECK_UNREADABLE,
  LK_CHECK_NO_CAPTION,
  LK_CHECK_CAPTION_BYTES,
  LK_CHECK_TRIGGER_MISSING,
  LK_CHECK_FEATURE_CONTRADICTED,
  LK_CHECK_FEW_IMAGES,
  LK_CHECK_TRIGGER_NOT_FIRST,
  LK_CHECK_FEATURE_MISSING,
  LK_CHECK_CAPTION_SHORT,
  LK_CHECK_CAPTION_LONG,
  LK_CHECK_CAPTION_DUPLICATE,
  LK_CHECK_TWO_WORDS,
  LK_CHECK_STEM_SHARED,
  LK_CHECK_LOW_RESOLUTION,
  LK_CHECK_BLURRED,
  LK_CHECK_TOO_DARK,
  LK_CHECK_TOO_BRIGHT,
  LK_CHECK_LOW_CONTRAST,
  LK_CHECK_NEAR_DUPLICATE,
  LK_CHECK_OTHER_PEOPLE,
  LK_CHECK_FILTERED,
  LK_CHECK_COVERED,
  LK_CHECK_EXTREME_ANGLE,
  LK_CHECK_SHOT_MISSING,
  LK_CHECK_VARIABLE_EVERYWHERE,
  LK_CHECK_TAG_TYPO,
  LK_CHECK_ONE_LIGHT,
  LK_CHECK_ONE_EXPRESSION,
  LK_CHECK_ONE_OUTFIT,
  LK_CHECK_SUBJECT_SMALL,
  LK_CHECK_JPEG,
  LK_CHECK_FOREIGN_PROFILE,
  LK_CHECK_MANY_IMAGES,
  LK_CHECK_NOT_MEASURED,
  LK_CHECK_STARTER_BASE,
  LK_N_CHECKS
} LkCheckId;

/* The sentence of a case: {word}, {instead} and {n} filled in. Owned by the caller. */
char      *lk_check_make_sentence    (LkCheckId    id,
                                      guint        n,
                                      const char  *word,
                                      const char  *instead);
/* Whether its pictures get a badge for it; else it is about the set as a whole. */
gboolean   lk_check_marks_images     (LkCheckId    id);

LkFinding *lk_finding_new            (LkCheckId    id,
                                      const char  *word,
                                      const char  *instead);
void       lk_finding_add_image      (LkFinding   *self,
                                      LkImage     *image);
/* `n` in the sentence: 0: the number of its pictures. */
void       lk_finding_set_number     (LkFinding   *self,
                                      guint        n);

/* ---- captions ------------------------------------------------------------------------------------------------- */

/* One part of a caption between commas or line ends, without the spaces around it: bytes [start, end). */
typedef struct
{
  guint start, end;
} LkTagSpan;

/* What a tag says. Looked into once, kept for ever: captions share most of theirs. */
typedef struct
{
  char    *text;            /* owned; as it stands, without spaces around */
  char    *folded;          /* owned */
  GArray  *hits;            /* LkTermHit, owned; bytes of `text` */
  guint    n_tokens;
  guint    n_words;
  guint    count;           /* captions that have it, when all were counted last */
  guint    counting;        /* the same, while they are counted */
  gboolean has_trigger;     /* under the settings of `generation` */
  guint    features;        /* bit k: says fixed feature k */
  gboolean is_class;        /* nothing but trigger and class word */
  guint    generation;
  char    *typo_of;         /* owned; the frequent tag that this is nearly, or NULL */
} LkTag;

/* The settings as the checks want them. */
typedef struct
{
  char  *trigger;           /* owned, folded */
  char  *class_word;        /* owned, folded */
  char **features;          /* owned; as they stand */
  char **folded_features;   /* owned */
  gint  *feature_terms;     /* owned; the vocabulary's, -1: none */
  guint  n_features;
} LkCheckSettings;

/* The caption of a counted picture, taken apart. */
typedef struct
{
  LkImage   *image;         /* owned */
  char      *text;          /* owned; without white space around, "" for none */
  GPtrArray *tags;          /* owned; LkTag, unowned */
} LkCaptionRow;

/* What all captions together have. */
typedef struct
{
  GHashTable *captions;     /* owned; caption without white space around -> how many are so */
  GHashTable *words;        /* owned; "TERM\tWORDS" -> count: the words that are used for a term */
  guint      *terms;        /* owned; captions that have a term, in its own words or others */
  guint       n_captions;   /* with text */
} LkCheckCounts;

void       lk_checks_counts_init     (LkCheckCounts *counts,
                                      guint          n_terms);
void       lk_checks_counts_clear    (LkCheckCounts *counts);

typedef struct _LkAlike LkAlike;

struct _LkChecks
{
  GObject          parent_instance;

  LkProject       *project;       /* owned */
  LkVocabulary    *vocabulary;    /* owned */
  LkTokenizer     *tokenizer;     /* owned; NULL: its file is not there, and nothing is said of tokens */
  LkCheckSettings  settings;
  guint            generation;    /* of the settings; changes with them */

  GHashTable      *tags;          /* text -> LkTag, owned */
  LkCheckCounts    counts;        /* of the last time that all captions were counted */
  LkCheckCounts    counting;      /* while they are */
  guint           *seen;          /* owned; by term: the last caption that had it */
  GPtrArray       *preferred;     /* by term: the words for it that most captions use (owned strings), or NULL */

  GPtrArray       *rows;          /* LkCaptionRow, owned; captions that were taken apart */
  LkPrepareRule    rule;          /* the project's */
  const LkBaseAdvice *advice;

  guint64          hash_sum;      /* of the scores that `alike` was made from */
  GPtrArray       *alike;         /* arrays of LkImage, owned: groups of near-duplicates */
  LkAlike         *comparing;     /* owned; while they are looked for, or NULL */

  /* Of an update under way: */
  guint            phase, next, next_row;
  GHashTable      *index;         /* "ID\tWORD\tINSTEAD" -> LkFinding, unowned */
  GPtrArray       *findings;      /* LkFinding, owned */
  gboolean         is_stale;      /* the project changed: begin anew */
};

GArray    *lk_checks_split_tags      (const char  *caption);          /* of LkTagSpan; empty tags left out */
LkTag     *lk_checks_get_tag         (LkChecks    *self,
                                      const char  *text,
                                      gsize        length);
/* Tags of a caption: array of LkTag, owned by the caller, unowned tags. */
GPtrArray *lk_checks_get_tags        (LkChecks    *self,
                                      const char  *caption);
void       lk_checks_read_settings   (LkChecks    *self);
void       lk_checks_clear_settings  (LkChecks    *self);
/* Takes the caption of a counted picture apart, once for all that follows. */
void       lk_checks_read_caption    (LkChecks    *self,
                                      LkImage     *image);
/* Counts tags and terms over all of them; what was counted before holds until the end. */
void       lk_checks_begin_counting  (LkChecks    *self);
void       lk_checks_count_row       (LkChecks    *self,
                                      LkCaptionRow *row);
void       lk_checks_end_counting    (LkChecks    *self);
gboolean   lk_checks_is_over_75      (LkChecks    *self,
                                      const char  *caption,
                                      GPtrArray   *tags);
/* Reports each case about one caption. */
typedef void (*LkCaseFunc) (LkCheckId id, const char *word, const char *instead, gpointer data);
void       lk_checks_look_at_caption (LkChecks    *self,
                                      LkImage     *image,
                                      const char  *caption,
                                      LkCaseFunc   report,
                                      gpointer     data);
/* The same of one that is taken apart already. */
void       lk_checks_look_at_row     (LkChecks    *self,
                                      LkCaptionRow *row,
                                      LkCaseFunc   report,
                                      gpointer     data);
/* Things that are in nearly every caption: findings are added to the array. */
void       lk_checks_find_everywhere (LkChecks    *self,
                                      GPtrArray   *findings);
/* And about one picture, by its scores. */
void       lk_checks_look_at_picture (LkChecks    *self,
                                      LkImage     *image,
                                      LkCaseFunc   report,
                                      gpointer     data);
/* Near-duplicates, compared until `end` (monotonic microseconds). TRUE: all are. */
gboolean   lk_checks_compare         (LkChecks    *self,
                                      gint64       end);
void       lk_checks_alike_free      (LkAlike     *alike);
/* Findings about the whole set are added to the array: number of pictures, trigger, base model, shared stems, near-duplicates. */
void       lk_checks_look_at_set     (LkChecks    *self,
                                      GPtrArray   *findings);
/* And what the shot plan lacks. */
void       lk_checks_look_at_plan    (LkChecks    *self,
                                      GPtrArray   *findings);

gboolean   lk_checks_is_feature_tag  (LkChecks    *self,
                                      LkTag       *tag);

G_END_DECLS
