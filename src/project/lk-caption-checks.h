/* What is wrong with one caption, by its tags: what the project says of the character, and what all captions together say.
 *
 * What a tag means for the checks is worked out once and kept with it until the project's settings or the counts change. Private to
 * project/.
 */
#pragma once

#include "project/lk-checks-private.h"
#include "project/lk-lexicon.h"

G_BEGIN_DECLS

/* What the project says of the character, in words of the lexicon. */
typedef struct _LkRules LkRules;

LkRules    *lk_rules_new            (LkLexicon    *lexicon,
                                     LkVocabulary *vocabulary);
void        lk_rules_free           (LkRules      *self);
/* Takes what the project says now; TRUE: it differs from before. */
gboolean    lk_rules_update         (LkRules      *self,
                                     LkProject    *project);
/* Keeps the rules' own tags in the lexicon, as lk_lexicon_keep () says. */
void        lk_rules_keep           (LkRules      *self);
const char *lk_rules_get_trigger    (LkRules      *self);       /* "": none */
const char *lk_rules_get_class_word (LkRules      *self);
guint       lk_rules_get_n_features (LkRules      *self);
const char *lk_rules_get_feature    (LkRules      *self,
                                     guint         index);
/* Adds what is wrong with a caption of these tags and so many tokens (0: not counted) to `hits`. */
void        lk_rules_check          (LkRules      *self,
                                     GArray       *spans,
                                     guint         n_tokens,
                                     GArray       *hits);
/* What the first 75 tokens leave of the caption's longest line; FALSE: nothing. */
gboolean    lk_caption_find_cut     (LkTokenizer  *tokenizer,
                                     const char   *caption,
                                     guint        *start,
                                     guint        *end);
/* What is in nearly every caption and belongs neither to the character nor to the medium: a tag, or what is named in different words. */
typedef struct
{
  const LkTag *tag;                 /* the first of those with the same words, or NULL */
  guint        concept;             /* where there is no tag */
  const char  *words;
} LkFused;

/* Array of LkFused, owned by the caller, good until the next lk_lexicon_publish (). */
GArray     *lk_rules_find_fused     (LkRules      *self);
gboolean    lk_rules_has_fused      (LkRules      *self,
                                     GArray       *spans,
                                     const LkFused *fused);
/* Whether the tag says the i-th feature, in these or other words or misspelt. */
gboolean    lk_rules_tag_has_feature (LkRules     *self,
                                     LkTag        *tag,
                                     guint         index);
/* Where the trigger stands in a tag, in bytes; FALSE: it does not. */
gboolean    lk_rules_find_trigger   (LkRules      *self,
                                     LkTag        *tag,
                                     guint        *start,
                                     guint        *end);
/* A word that seems to be the trigger, misspelt. */
gboolean    lk_rules_find_misspelt_trigger (LkRules *self,
                                     LkTag        *tag,
                                     guint        *start,
                                     guint        *end);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkRules, lk_rules_free)

G_END_DECLS
