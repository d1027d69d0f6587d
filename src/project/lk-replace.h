/* LkReplace: find and replace in captions, plain or by a regular expression.
 *
 * A regular expression is PCRE's; "\1" and "\g<name>" in the replacement are what its groups found. However bad it is, it gives up after
 * a bounded number of steps in each caption, and says so. Immutable; any thread may use it.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define LK_REPLACE_ERROR (lk_replace_error_quark ())
GQuark lk_replace_error_quark (void);

typedef enum
{
  LK_REPLACE_ERROR_PATTERN,       /* what to find is empty or no regular expression */
  LK_REPLACE_ERROR_REPLACEMENT,   /* it refers to what is not there */
  LK_REPLACE_ERROR_TOO_HARD,      /* given up */
} LkReplaceError;

typedef enum
{
  LK_REPLACE_PLAIN       = 0,
  LK_REPLACE_REGEX       = 1 << 0,
  LK_REPLACE_MATCH_CASE  = 1 << 1,
  LK_REPLACE_WHOLE_WORDS = 1 << 2,
} LkReplaceFlags;

typedef struct _LkReplace LkReplace;

LkReplace *lk_replace_new  (const char     *find,
                            const char     *instead,
                            LkReplaceFlags  flags,
                            GError        **error);
void       lk_replace_free (LkReplace      *self);
/* The text with every match replaced, owned by the caller; NULL without error: nothing was found. */
char      *lk_replace_run  (LkReplace      *self,
                            const char     *text,
                            GError        **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkReplace, lk_replace_free)

G_END_DECLS
