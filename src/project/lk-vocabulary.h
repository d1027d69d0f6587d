/* LkVocabulary: words of captions, what they are about, and which say the same. Read from data/vocabulary/people.tsv. Private to
 * project/. Immutable after loading.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  const char *group;          /* "hair colour" */
  gboolean    is_exclusive;   /* two terms of this group contradict each other */
  const char *words;          /* the term itself: "brown hair" */
} LkTerm;

/* A term in a text: bytes [start, end). */
typedef struct
{
  guint    term;
  guint    start, end;
  gboolean is_own;            /* in its own words, not in others for it */
} LkTermHit;

typedef struct _LkVocabulary LkVocabulary;

/* Without the file (logged), a vocabulary without words. */
LkVocabulary *lk_vocabulary_new       (void);
void          lk_vocabulary_free      (LkVocabulary *self);
guint         lk_vocabulary_get_n     (LkVocabulary *self);
const LkTerm *lk_vocabulary_get_term  (LkVocabulary *self,
                                       guint         term);
/* All terms in a tag (a text without commas), longest match first at each place: array of LkTermHit, owned by the caller. */
GArray       *lk_vocabulary_find      (LkVocabulary *self,
                                       const char   *text);
/* The term that `words` is or is another word for; -1: none. */
gint          lk_vocabulary_look_up   (LkVocabulary *self,
                                       const char   *words);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkVocabulary, lk_vocabulary_free)

G_END_DECLS
