/* LkTags: a caption as a list of tags, and back.
 *
 * Tags are parted by commas, line ends, "|||" and ";;;"; an alternative "{red, long|blue}" stays within its tag, and so does "\(". What
 * stands between tags (spaces, separators, empty tags) is kept as it is: a caption that is not edited comes back byte for byte, and an
 * edit changes nothing but its own place. Lines are captions of their own (training picks one), sections are what fences ("|||", ";;;")
 * and line ends part: order matters within a section only.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _LkTags LkTags;

LkTags     *lk_tags_new           (const char *caption);
void        lk_tags_free          (LkTags     *self);
char       *lk_tags_to_caption    (LkTags     *self);            /* owned by the caller */
guint       lk_tags_get_n         (LkTags     *self);
const char *lk_tags_get           (LkTags     *self,
                                   guint       index);
guint       lk_tags_get_section   (LkTags     *self,
                                   guint       index);
/* Its bytes in the caption: [start, end). */
void        lk_tags_get_range     (LkTags     *self,
                                   guint       index,
                                   guint      *start,
                                   guint      *end);
/* What stands between the caption's begin or the tag before and this one: ", ", " ||| ", "\n". */
const char *lk_tags_get_glue      (LkTags     *self,
                                   guint       index);
/* The tag with these words ("Brown_Hair" is "brown hair") at or after `from`, or -1. */
gint        lk_tags_find          (LkTags     *self,
                                   const char *words,
                                   guint       from);

/* ---- editing: a text may hold several tags, as typed; an empty one is none ---------------------------------------- */

void        lk_tags_insert_before (LkTags     *self,
                                   guint       index,            /* of a tag, or 0 where there is none */
                                   const char *text);
void        lk_tags_insert_after  (LkTags     *self,
                                   guint       index,
                                   const char *text);
/* At the end of the section that `index` is in; before the full stop of a sentence. */
void        lk_tags_append        (LkTags     *self,
                                   guint       index,
                                   const char *text);
/* With a comma beside it; a line that has no other goes, too. */
void        lk_tags_remove        (LkTags     *self,
                                   guint       index);
/* Empty: removes it. */
void        lk_tags_set           (LkTags     *self,
                                   guint       index,
                                   const char *text);
/* The tag then stands at `to`. Into another section it takes its comma along. */
void        lk_tags_move          (LkTags     *self,
                                   guint       from,
                                   guint       to);
/* Within each section; equal ones stay in their order. `compare` gets strings. */
void        lk_tags_sort          (LkTags     *self,
                                   GCompareDataFunc compare,
                                   gpointer    data);
/* Removes tags that their line has already, in the same words. TRUE: there were such. */
gboolean    lk_tags_dedupe        (LkTags     *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkTags, lk_tags_free)

G_END_DECLS
