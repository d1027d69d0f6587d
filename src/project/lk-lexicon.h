/* LkLexicon: the words and tags of a project's captions, each known once: how often it is used, what things it names, what it may be a
 * typing error of. Looking at a caption again, or at one like it, costs a few look-ups. Private to project/.
 *
 * Counting goes in rounds: lk_lexicon_begin (), every caption, lk_lexicon_publish (). Until then the former counts hold.
 */
#pragma once

#include "formats/lk-tokenizer.h"
#include "project/lk-vocabulary.h"

G_BEGIN_DECLS

typedef struct _LkWord LkWord;
typedef struct _LkTag LkTag;
typedef struct _LkLexicon LkLexicon;
/* What the checks think of a tag; see lk-caption-checks.c. */
typedef struct _LkVerdict LkVerdict;

struct _LkWord
{
  char         *text;             /* owned; letters and digits, lower case */
  guint         length;           /* bytes */
  guint32       letters;          /* a bit for each that it has */
  gint          n_tokens;         /* -1: not counted yet */
  gboolean      is_plain;         /* letters only */
  gboolean      is_filler;        /* "a", "of": it says nothing by itself */
  gboolean      is_listed;        /* in the vocabulary */
  gboolean      is_reference;     /* of the trigger or a fixed feature */
  const GArray *phrases;          /* of the vocabulary, that begin with it; or NULL */
  const GArray *adjectives;       /* phrases "ADJECTIVE word"; or NULL */
  guint         n_captions;       /* that have it */
  guint         counting, seen, kept;
  const LkWord *slip;             /* what it is a typing error of, as of slip_round */
  guint         slip_round;
};

typedef struct
{
  LkWord *word;
  guint   start, end;             /* bytes of the tag's text */
} LkPlace;

typedef struct
{
  guint    phrase;                /* index in the vocabulary */
  guint    start, end;
  gboolean is_apart;              /* "brown wavy hair" for "brown hair": the range is the adjective's */
} LkNamed;

struct _LkTag
{
  char      *text;                /* owned; as it stands in captions */
  char      *folded;              /* owned; its words */
  LkTag     *first;               /* the first tag with the same words; counts are there */
  LkPlace   *words;               /* owned */
  guint      n_words;
  LkNamed   *names;               /* owned; the things that it names, in their order */
  guint      n_names;
  guint      n_captions;
  guint      counting, seen, kept;
  LkVerdict *verdict;             /* owned, or NULL */
};

/* A tag of a caption: bytes [start, end). */
typedef struct
{
  LkTag *tag;
  guint  start, end;
  guint  line;
} LkSpan;

/* `vocabulary` is the caller's and must outlive the lexicon. */
LkLexicon  *lk_lexicon_new          (LkVocabulary *vocabulary);
void        lk_lexicon_free         (LkLexicon    *self);
/* The caller's, too. Without one no tokens are counted, and nothing is a typing error: it tells words from others. */
void        lk_lexicon_set_tokenizer (LkLexicon   *self,
                                     LkTokenizer  *tokenizer);
/* A caption's tags that have words, in their order; parted by commas, lines, "|||", ";;;" and the marks of "{a|b}". Array of LkSpan,
 * owned by the caller; tags live until the next lk_lexicon_publish () that does not keep them. */
GArray     *lk_lexicon_parse        (LkLexicon    *self,
                                     const char   *caption);
/* Tokens of the line of a caption that has most: of several lines, training reads one. Remembers words; 0: no tokenizer. */
guint       lk_lexicon_count_tokens (LkLexicon    *self,
                                     const char   *caption);
/* One tag by itself, for features. */
LkTag      *lk_lexicon_get_tag      (LkLexicon    *self,
                                     const char   *text,
                                     gsize         length);

/* ---- counting --------------------------------------------------------------------------------------------------- */

void        lk_lexicon_begin        (LkLexicon    *self);
void        lk_lexicon_count        (LkLexicon    *self,
                                     GArray       *spans);
/* A tag that is in use stays in the lexicon. Between lk_lexicon_begin_publish () and lk_lexicon_publish (). */
void        lk_lexicon_begin_publish (LkLexicon   *self);
void        lk_lexicon_keep         (LkLexicon    *self,
                                     LkTag        *tag);
void        lk_lexicon_publish      (LkLexicon    *self);
/* Grows with every lk_lexicon_publish (): what was thought before may be otherwise. */
guint       lk_lexicon_get_round    (LkLexicon    *self);
guint       lk_lexicon_get_n_captions (LkLexicon  *self);           /* counted */
/* Captions with this phrase, with any word for the thing, and the phrase that most use (NULL: none uses any). */
guint       lk_lexicon_count_phrase (LkLexicon    *self,
                                     guint         phrase);
guint       lk_lexicon_count_concept (LkLexicon   *self,
                                     guint         concept);
const LkPhrase *lk_lexicon_get_usual (LkLexicon   *self,
                                     guint         concept);
/* Calls `func` for every tag in use (the first of those with the same words). */
void        lk_lexicon_foreach      (LkLexicon    *self,
                                     void        (*func) (LkTag *tag, gpointer data),
                                     gpointer      data);

/* ---- typing errors ---------------------------------------------------------------------------------------------- */

/* The frequent word, or word of a fixed feature, that `word` seems to be a typing error of; or NULL. */
const LkWord *lk_lexicon_find_slip  (LkLexicon    *self,
                                     LkWord       *word);
/* The frequent tag that has the same letters in other words: "brown hair" for "brownhair"; or NULL. */
const LkTag  *lk_lexicon_find_run   (LkLexicon    *self,
                                     const LkTag  *tag);
/* The same letters, parted into other words. */
gboolean      lk_tags_run_alike     (const LkTag  *a,
                                     const LkTag  *b);
/* Letters to change, add, leave out or swap with their neighbour; more than 2 counts as 3. */
guint         lk_words_distance     (const char   *a,
                                     const char   *b);

/* ---- words ------------------------------------------------------------------------------------------------------ */

/* Where the words of `part` stand in a row among those of `tag`: index of the first, or -1. */
gint          lk_tag_find_row       (const LkTag  *tag,
                                     const LkTag  *part);
gboolean      lk_tag_has_word       (const LkTag  *tag,
                                     const LkWord *word);

/* From lk-caption-checks.c. */
void          lk_verdict_free       (LkVerdict    *verdict);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkLexicon, lk_lexicon_free)

G_END_DECLS
