/* LkCaptionTemplate: words that were found for a picture, made a caption: trigger, fixed features, shot type, words for all, found ones; and
 * where they go in the caption that is there. Immutable; any thread may use it.
 *
 * Nothing is said twice, and what the blacklist names is left out. Lines of a caption are captions of their own: each gets what it lacks,
 * and the rest of it stays byte for byte.
 */
#pragma once

#include "project/lk-shot.h"

G_BEGIN_DECLS

typedef enum
{
  LK_WORDS_REPLACE,         /* the caption is made anew; where nothing would be in it, the old one stays */
  LK_WORDS_BEFORE,          /* behind the trigger and the fixed features, before the rest */
  LK_WORDS_AFTER,
  LK_WORDS_ONLY_EMPTY,      /* captions that say something stay */
} LkWordsPlace;

/* Strings may be NULL. */
typedef struct
{
  const char         *trigger, *class_word;
  const char * const *features;
  const char         *words;          /* for every caption, parted by commas */
  const char         *blacklist;      /* parted by commas; "*" and "?" stand for any characters, any one */
  LkWordsPlace        place;
} LkTemplateRule;

typedef struct _LkCaptionTemplate LkCaptionTemplate;

LkCaptionTemplate *lk_caption_template_new  (const LkTemplateRule *rule);
void               lk_caption_template_free (LkCaptionTemplate    *self);
/* The caption with `found` (tags parted by commas, or a sentence; may be NULL) in it, owned by the caller; NULL: it stays. */
char              *lk_caption_template_run  (LkCaptionTemplate    *self,
                                             const char           *caption,
                                             LkShot                shot,
                                             const char           *found);

/* A tag of a tagger's list as captions have it: "saber_(fate)" is "saber \(fate\)", for parentheses weigh words where they are not
 * escaped. Faces like "^_^" keep their underscores. Owned by the caller. */
char              *lk_caption_tag_words     (const char           *tag,
                                             gboolean              keep_underscores);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkCaptionTemplate, lk_caption_template_free)

G_END_DECLS
