/* What the files of the checks share: the numbers of the checks, and hits: a check that found something in one place. */
#pragma once

#include "project/lk-checks.h"

G_BEGIN_DECLS

/* In the order of the table: within a severity, findings stand in this order. */
typedef enum
{
  LK_CHECK_NO_IMAGES,
  LK_CHECK_IMAGE_UNREADABLE,
  LK_CHECK_CAPTION_DAMAGED,
  LK_CHECK_CAPTION_NONE,
  LK_CHECK_TRIGGER_NONE,
  LK_CHECK_TRIGGER_MISSING,
  LK_CHECK_FEATURE_CONTRADICTED,
  LK_CHECK_BASE_MISSING,

  LK_CHECK_IMAGES_FEW,
  LK_CHECK_SHOTS_MISSING,
  LK_CHECK_NEAR_DUPLICATE,
  LK_CHECK_RESOLUTION_LOW,
  LK_CHECK_CROP_SMALL,
  LK_CHECK_BLURRED,
  LK_CHECK_TOO_DARK,
  LK_CHECK_TOO_BRIGHT,
  LK_CHECK_CONTRAST_LOW,
  LK_CHECK_OTHER_PEOPLE,
  LK_CHECK_FILTERED,
  LK_CHECK_COVERED,
  LK_CHECK_EXTREME_ANGLE,
  LK_CHECK_STEM_SHARED,
  LK_CHECK_TRIGGER_NOT_FIRST,
  LK_CHECK_FEATURE_MISSING,
  LK_CHECK_CAPTION_SHORT,
  LK_CHECK_CAPTION_DUPLICATE,
  LK_CHECK_TWO_WORDS,
  LK_CHECK_CAPTION_LONG,

  LK_CHECK_FUSES,
  LK_CHECK_TYPO,
  LK_CHECK_IMAGES_BELOW_BEST,
  LK_CHECK_IMAGES_MANY,
  LK_CHECK_SUBJECT_SMALL,
  LK_CHECK_SUBJECT_LARGE,
  LK_CHECK_COMPRESSED,
  LK_CHECK_FOREIGN_PROFILE,
  LK_CHECK_TAG_TWICE,
  LK_CHECK_EXPRESSIONS_FEW,
  LK_CHECK_OUTFITS_FEW,
  LK_CHECK_LIGHT_ONE_SIDED,
  LK_CHECK_SHOT_NOT_SET,
  LK_CHECK_NOT_MEASURED,
  LK_CHECK_BASE_DRAWS_ONLY,
  LK_N_CHECKS
} LkCheckIndex;

/* The sentence of a case, translated; owned by the caller. `n`: how many pictures or captions it is about; 1 speaks of "the picture". */
char       *lk_check_describe    (LkCheckIndex  index,
                                  const char   *word,
                                  const char   *instead,
                                  guint         n);

/* What a check found: in a caption the bytes [start, end), both 0 where it is no single place. */
typedef struct
{
  LkCheckIndex  check;
  guint         start, end;
  char         *word, *instead;     /* GRefStrings, owned; or NULL */
} LkHit;

/* An array of LkHit that owns them. */
GArray     *lk_hits_new          (void);
/* Strings are copied. */
void        lk_hits_add          (GArray       *hits,
                                  LkCheckIndex  check,
                                  guint         start,
                                  guint         end,
                                  const char   *word,
                                  const char   *instead);

/* Images are referenced. */
LkFinding  *lk_finding_new       (LkCheckIndex  check,
                                  const char   *word,
                                  const char   *instead,
                                  guint         n,
                                  GPtrArray    *images);      /* taken over */
LkCheckIndex lk_finding_get_index (LkFinding   *self);

G_END_DECLS
