/* LkTagIndex: tags to offer while someone types one: those whose name, an alias of it, or one of its words begins so.
 *
 * Immutable once built; any thread may use it. Asking 200 000 tags takes well under a millisecond.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define LK_TAG_INDEX_ERROR (lk_tag_index_error_quark ())
GQuark lk_tag_index_error_quark (void);

typedef enum
{
  LK_TAG_INDEX_ERROR_NO_TAGS,       /* a file that is no table of tags */
} LkTagIndexError;

typedef struct _LkTagIndex LkTagIndex;

typedef struct
{
  const char *tag;
  const char *alias;        /* that was typed instead, or NULL */
  guint       count;        /* how often it is used, as the source says */
} LkTagOffer;

LkTagIndex *lk_tag_index_new     (void);
LkTagIndex *lk_tag_index_ref     (LkTagIndex  *self);
void        lk_tag_index_unref   (LkTagIndex  *self);
/* Before lk_tag_index_build (). `alias` NULL: the tag itself. */
void        lk_tag_index_add     (LkTagIndex  *self,
                                  const char  *tag,
                                  const char  *alias,
                                  guint        count);
void        lk_tag_index_build   (LkTagIndex  *self);
/* A table "name,type,count,"alias1,alias2"" as taggers of boorus use: no header, or one that begins with "name" or "tag". "_" between
 * words are read as spaces, except in faces such as ^_^. Built. */
LkTagIndex *lk_tag_index_load    (const char  *path,
                                  GError     **error);
guint       lk_tag_index_get_n   (LkTagIndex  *self);      /* tags */
/* The most used tags that begin with what was typed, then those of which a word does; at most `max`. Array of LkTagOffer, owned by the
 * caller; its strings live as long as the index. */
GArray     *lk_tag_index_find    (LkTagIndex  *self,
                                  const char  *typed,
                                  guint        max);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkTagIndex, lk_tag_index_unref)

G_END_DECLS
