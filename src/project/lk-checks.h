/* LkChecks: what a good data set has and this one has not.
 *
 * One table holds every check: its id, severity, the plain sentence, why it matters, and the fix. Captions are checked as text, live,
 * in microseconds; pictures by their stored scores, with thresholds applied here. What was not measured is never a finding.
 *
 * An LkChecks belongs to the project's thread. It knows the project's settings at the time of each call.
 */
#pragma once

#include "project/lk-edit.h"

G_BEGIN_DECLS

typedef enum
{
  LK_FIX_NONE,
  LK_FIX_ADD_TRIGGER,
  LK_FIX_TRIGGER_FIRST,
  LK_FIX_ADD_FEATURE,
  LK_FIX_REPLACE_WORD,        /* contradiction, second word for one thing, typo: from `word` to `instead` */
  LK_FIX_REMOVE_WORD,
  LK_FIX_WRITE_CAPTION,       /* the window opens the caption; lk_checks_fix () writes the template */
  LK_FIX_IMPORT,              /* the window: more pictures */
  LK_FIX_CROP,                /* the window: crop view */
  LK_FIX_COMPARE,             /* the window: side by side, reject the worse */
  LK_FIX_REJECT,
  LK_FIX_SET_SHOT,            /* the window: choose the shot type */
  LK_FIX_CHOOSE_BASE,         /* the window: project settings */
  LK_FIX_MEASURE,             /* the window: measure what was not */
} LkFix;

typedef struct
{
  const char *id;             /* "trigger-missing": for --json and tests */
  LkSeverity  severity;
  const char *title;          /* of the group, translated: "Trigger word missing" */
  const char *why;            /* one or two sentences, translated */
  LkFix       fix;
  const char *fix_label;      /* on the button, translated; NULL: no button */
  gboolean    is_caption;     /* else about the picture or the whole set */
  gboolean    is_whole_set;   /* no picture is worse for it: it sets no image's "severity", and lk_checks_check_image () leaves it out */
} LkCheck;

guint          lk_check_get_n   (void);
const LkCheck *lk_check_get     (guint index);
const LkCheck *lk_check_find    (const char *id);

/* One finding: a check, the sentence of this case, the pictures it is about, and for captions the words. */
#define LK_TYPE_FINDING (lk_finding_get_type ())
G_DECLARE_FINAL_TYPE (LkFinding, lk_finding, LK, FINDING, GObject)

const LkCheck *lk_finding_get_check    (LkFinding *self);
const char    *lk_finding_get_id       (LkFinding *self);       /* the check's */
LkSeverity     lk_finding_get_severity (LkFinding *self);
const char    *lk_finding_get_sentence (LkFinding *self);       /* "“brown eyes” contradicts the fixed feature “green eyes”." */
/* LkImages; empty: about the whole set. */
GPtrArray     *lk_finding_get_images   (LkFinding *self);
const char    *lk_finding_get_word     (LkFinding *self);       /* what is wrong or missing, or NULL */
const char    *lk_finding_get_instead  (LkFinding *self);       /* what the fix would write, or NULL */

/* A part of a caption that a finding is about, in bytes: [start, end). For marking it in the text. */
typedef struct
{
  const LkCheck *check;
  guint          start, end;
} LkMark;

#define LK_TYPE_CHECKS (lk_checks_get_type ())
G_DECLARE_FINAL_TYPE (LkChecks, lk_checks, LK, CHECKS, GObject)

LkChecks      *lk_checks_new            (LkProject   *project);
/* Every finding of the project, worst first, one per case with its pictures together; a list of LkFinding, owned by the caller. Also sets
 * each image's "severity". 10 000 captions: under 200 ms. */
GListModel    *lk_checks_update         (LkChecks    *self);
/* The same in pieces of about `budget` microseconds, for the main loop: FALSE until all is checked, then TRUE with the findings. Begins anew
 * where the project has changed meanwhile. What was counted before holds until then. */
gboolean       lk_checks_step           (LkChecks    *self,
                                         gint64       budget,
                                         GListModel **findings);
/* The findings about one picture: its caption as `caption` (NULL: as saved), and its scores. Uses what lk_checks_update () last counted
 * over all captions (duplicates, vocabulary). Array of LkFinding, owned by the caller. */
GPtrArray     *lk_checks_check_image    (LkChecks    *self,
                                         LkImage     *image,
                                         const char  *caption);
/* The same for the text: array of LkMark, sorted, owned by the caller. */
GArray        *lk_checks_mark_caption   (LkChecks    *self,
                                         LkImage     *image,
                                         const char  *caption);
/* Puts the fix of a finding into an edit, for all its pictures, or for `image` alone. FALSE: this fix is the window's to make. */
gboolean       lk_checks_fix            (LkChecks    *self,
                                         LkFinding   *finding,
                                         LkImage     *image,
                                         LkEdit      *edit);
/* A caption from what is known: trigger and class word, fixed features, shot type. Owned by the caller. */
char          *lk_checks_draft_caption  (LkChecks    *self,
                                         LkImage     *image);
guint          lk_checks_count_tokens   (LkChecks    *self,
                                         const char  *caption);

/* ---- the shot plan -------------------------------------------------------------------------------------------- */

typedef struct
{
  guint counts[LK_N_SHOTS];     /* counted pictures of each type */
  guint missing[LK_N_SHOTS];    /* how many the plan lacks of it */
  guint n_indoors, n_outdoors;  /* by the words of the captions */
  guint n_expressions;          /* different ones among front portraits, by the words */
  guint n_outfits;              /* different ones among half-body shots */
  guint n_images;               /* counted pictures */
} LkCoverage;

void           lk_checks_get_coverage   (LkChecks    *self,
                                         LkCoverage  *coverage);

G_END_DECLS
