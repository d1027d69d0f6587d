/* LkTagSource: what is known of tags while captions are written: the table of the project's own, and which to offer while one is typed.
 *
 * The table follows the project, counted on a thread. Offered are the project's tags and fixed features, then those of the table that
 * the preferences name ("tag-list"), which is read on a thread. Signal "changed": the table is another now.
 */
#pragma once

#include "app/window/lk-workspace.h"
#include "project/lk-tag-table.h"

G_BEGIN_DECLS

#define LK_TYPE_TAG_SOURCE (lk_tag_source_get_type ())
G_DECLARE_FINAL_TYPE (LkTagSource, lk_tag_source, LK, TAG_SOURCE, GObject)

LkTagSource *lk_tag_source_new        (LkWorkspace *workspace) G_GNUC_WARN_UNUSED_RESULT;
/* Of the counted pictures' captions; NULL before it is made for the first time. Owned by the source. */
LkTagTable  *lk_tag_source_get_table  (LkTagSource *self);
/* Up to `max` tags for what was typed, best first: array of strings, owned by the caller. */
GPtrArray   *lk_tag_source_find       (LkTagSource *self,
                                       const char  *typed,
                                       guint        max);

G_END_DECLS
