/* LkChecksRun: goes through all captions and pictures of a project, in slices, and makes one finding of each case.
 *
 * It counts the words of all captions first, then checks each picture by what was counted. If the project changes
 * meanwhile, it begins anew. What it remembers of each picture stays from run to run, so that the next run is quicker. Private to project/.
 */
#pragma once

#include "project/lk-caption-checks.h"
#include "project/lk-data-set-checks.h"
#include "project/lk-picture-checks.h"

G_BEGIN_DECLS

/* A picture as it was seen. */
typedef struct
{
  LkImage    *image;          /* owned */
  char       *caption;        /* owned */
  GArray     *spans;          /* owned; its tags */
  guint64     sameness;       /* equal for captions of the same tags; 0: no words */
  guint       n_tokens;       /* 0: not counted yet */
  guint       run;            /* that it was seen in */
  LkSeverity  severity;       /* by this run so far */
  /* As of the last count. */
  gboolean    is_copy;        /* another picture has the same caption */
  gboolean    is_alike;       /* another picture looks nearly the same */
  gboolean    is_twin;        /* another picture shares the caption file */
} LkSeen;

typedef struct _LkChecksRun LkChecksRun;

LkChecksRun  *lk_checks_run_new         (LkProject     *project);     /* not referenced */
void          lk_checks_run_free        (LkChecksRun   *run);
/* Goes on for about `budget_us` microseconds. TRUE: done, `findings` receives them (LkFinding), worst first; owned by the caller. */
gboolean      lk_checks_run_step        (LkChecksRun   *run,
                                         gint64         budget_us,
                                         GPtrArray    **findings);
/* The next step begins anew. */
void          lk_checks_run_reset       (LkChecksRun   *run);

/* ---- for one picture, between steps ----------------------------------------------------------------------------- */

/* As it is now; looked at again if its caption changed. */
LkSeen       *lk_checks_run_see         (LkChecksRun   *run,
                                         LkImage       *image);
LkRules      *lk_checks_run_get_rules   (LkChecksRun   *run);         /* as the project says now */
LkLexicon    *lk_checks_run_get_lexicon (LkChecksRun   *run);
/* Adds what is wrong with the picture to `hits`; `caption` and its `spans`: the one that is meant, or NULL for the saved one. */
void          lk_checks_run_check       (LkChecksRun   *run,
                                         LkImage       *image,
                                         const char    *caption,
                                         GArray        *spans,
                                         GArray        *hits);
void          lk_checks_run_get_coverage (LkChecksRun  *run,
                                         LkCoverage    *coverage);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkChecksRun, lk_checks_run_free)

G_END_DECLS
