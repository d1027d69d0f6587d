/* LkCaptionFilter: which pictures are meant, in words: tag:smil* AND NOT (caption:"red dress" OR tokens:>75).
 *
 * The language is TagGUI's. tag: has this tag (its words, whatever their case, "_" or "-"); caption: contains; name: of the file
 * contains; path: as name:, with its folders; without a prefix: caption or path contains. "*" and "?" stand for any characters and any
 * one. tags: chars: tokens: stars: width: height: compare a number (=, ==, !=, <, >, <=, >=; a number alone is =). NOT binds before AND
 * before OR; two terms beside each other are both wanted. Quotes, "double" or 'single', take spaces and operators as they are. Letter
 * case never matters. Immutable; any thread may use it.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define LK_CAPTION_FILTER_ERROR (lk_caption_filter_error_quark ())
GQuark lk_caption_filter_error_quark (void);

typedef enum
{
  LK_CAPTION_FILTER_ERROR_SYNTAX,
} LkCaptionFilterError;

typedef struct _LkCaptionFilter LkCaptionFilter;

/* What a filter is told about a picture. */
typedef struct
{
  const char *caption, *path;       /* path: at least the file's name */
  guint       stars, width, height;
  guint     (*count_tokens) (const char *caption, gpointer data);   /* asked only where it matters; NULL: none are counted */
  gpointer    data;
} LkFilterSubject;

/* White space alone matches everything. The error says in one sentence what is wrong, with its place ("at character 5"). */
LkCaptionFilter *lk_caption_filter_new     (const char            *text,
                                            GError               **error);
void             lk_caption_filter_free    (LkCaptionFilter       *self);
gboolean         lk_caption_filter_matches (LkCaptionFilter       *self,
                                            const LkFilterSubject *subject);
/* tag:"…" with its quotes and wildcards escaped: matches that tag alone. Owned by the caller. */
char            *lk_caption_filter_quote_tag (const char          *tag);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkCaptionFilter, lk_caption_filter_free)

G_END_DECLS
