/* LkVocabulary: words of captions that mean one thing: "brunette" and "brown hair". It is data (data/vocabulary/synonyms.tsv); immutable
 * after loading. Private to project/.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  const char *thing;          /* "hair" */
  guint64     aspects;        /* bits */
  guint64     exclusive;      /* those of them of which only one can be true */
  gboolean    has_forms;      /* its phrases are forms of one word, not words for one thing */
  guint       first, n;       /* its phrases; the first is the usual one */
} LkConcept;

typedef struct
{
  const char *text;           /* folded: "brown hair" */
  char      **words;          /* "brown", "hair" */
  guint       n_words;
  guint       concept;        /* index */
} LkPhrase;

typedef struct _LkVocabulary LkVocabulary;

/* `path` NULL: the one that comes with Likeness. */
LkVocabulary    *lk_vocabulary_new          (const char   *path,
                                             GError      **error);
void             lk_vocabulary_free         (LkVocabulary *self);
guint            lk_vocabulary_get_n_phrases (LkVocabulary *self);
const LkPhrase  *lk_vocabulary_get_phrase   (LkVocabulary *self,
                                             guint         index);
const LkConcept *lk_vocabulary_get_concept  (LkVocabulary *self,
                                             guint         index);
/* Bit of an aspect by its thing and name, "setting outdoors"; 0: no such aspect. */
guint64          lk_vocabulary_find_aspect  (LkVocabulary *self,
                                             const char   *name);
/* The phrases that begin with `word`, longest first: array of indices, or NULL. Owned by the vocabulary. */
GArray          *lk_vocabulary_find_first   (LkVocabulary *self,
                                             const char   *word);
/* The phrases "ADJECTIVE word" that are true of a person, as indices: "brown hair" for "hair"; or NULL. */
GArray          *lk_vocabulary_find_noun    (LkVocabulary *self,
                                             const char   *word);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkVocabulary, lk_vocabulary_free)

G_END_DECLS
