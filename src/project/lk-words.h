/* Words of captions: folded for comparing, and found as whole words. Private to project/. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Lower case, "-" and "_" as spaces, runs of white space as one space. Owned by the caller. Bytes do not keep their places. */
char       *lk_words_fold   (const char *text);
/* The same, keeping every byte's place: only ASCII letters, "-" and "_" change, and other white space becomes a space. */
char       *lk_words_fold_in_place (const char *text);
/* Where `words` stands in `folded` with no letter or digit right before or after it, or NULL. */
const char *lk_words_find   (const char *folded,
                             const char *words);
/* `text` with every whole-word occurrence of `word` (compared byte by byte) replaced; owned by the caller. */
char       *lk_words_replace (const char *text,
                              const char *word,
                              const char *instead);

G_END_DECLS
