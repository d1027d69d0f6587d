/* LkTagTable: every tag of a set of captions: how often, where, and how often with the trigger.
 *
 * Tags are the same when their words are ("Brown_Hair" and "brown hair"); the row shows the spelling that most captions use. A caption
 * counts once for a tag, however often it says it. Immutable; any thread may read it.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct
{
  char   *tag;              /* owned */
  char   *folded;           /* owned; its words */
  guint   n;                /* captions that have it */
  guint   n_with_trigger;   /* of those, how many have the trigger */
  GArray *captions;         /* owned; guint: which, in their order */
} LkTagRow;

typedef struct _LkTagTable LkTagTable;

/* `trigger` "": none; then n_with_trigger is 0. */
LkTagTable     *lk_tag_table_new          (const char * const *captions,
                                           guint               n_captions,
                                           const char         *trigger);
LkTagTable     *lk_tag_table_ref          (LkTagTable         *self);
void            lk_tag_table_unref        (LkTagTable         *self);
guint           lk_tag_table_get_n        (LkTagTable         *self);
/* Most frequent first, then by the alphabet. */
const LkTagRow *lk_tag_table_get          (LkTagTable         *self,
                                           guint               index);
/* By its words; NULL: no caption has it. */
const LkTagRow *lk_tag_table_find         (LkTagTable         *self,
                                           const char         *tag);
guint           lk_tag_table_get_n_captions (LkTagTable       *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkTagTable, lk_tag_table_unref)

G_END_DECLS
