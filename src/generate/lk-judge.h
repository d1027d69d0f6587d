/* LkJudge: what a person thinks of a grid's cells: stars, rejections, notes, and which of two was better; with undo.
 *
 * It is GRID/judge.json, written atomically at every change, the history included: undo works without limit and across restarts. Cells go by
 * the names of their files, so that judgements stay with their pictures when axes change. Belongs to one thread.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define LK_JUDGE_ERROR (lk_judge_error_quark ())
GQuark lk_judge_error_quark (void);

typedef enum
{
  LK_JUDGE_ERROR_DAMAGED,       /* judge.json is not what we write */
} LkJudgeError;

typedef struct
{
  guint       stars;            /* 0 (none) to 5 */
  gboolean    is_rejected;
  const char *note;             /* "" where there is none; owned by the judge until the next change */
} LkJudgement;

/* One blind comparison. The names belong to the judge. */
typedef struct
{
  const char *winner, *loser;
  gboolean    is_tie;
} LkJudgePair;

typedef struct _LkJudge LkJudge;

/* No file yet is no error. */
LkJudge    *lk_judge_open           (const char         *folder,
                                     GError            **error);
void        lk_judge_free           (LkJudge            *judge);

void        lk_judge_get            (LkJudge            *judge,
                                     const char         *name,
                                     LkJudgement        *judgement);
/* Each is one step; on an error nothing has changed. What is so already makes no step. */
gboolean    lk_judge_set_stars      (LkJudge            *judge,
                                     const char         *name,
                                     guint               stars,
                                     GError            **error);
gboolean    lk_judge_set_rejected   (LkJudge            *judge,
                                     const char         *name,
                                     gboolean            is_rejected,
                                     GError            **error);
gboolean    lk_judge_set_note       (LkJudge            *judge,
                                     const char         *name,
                                     const char         *note,
                                     GError            **error);
gboolean    lk_judge_add_pair       (LkJudge            *judge,
                                     const char         *winner,
                                     const char         *loser,
                                     gboolean            is_tie,
                                     GError            **error);
/* Array of LkJudgePair, oldest first, owned by the caller. */
GArray     *lk_judge_list_pairs     (LkJudge            *judge);

gboolean    lk_judge_can_undo       (LkJudge            *judge);
gboolean    lk_judge_can_redo       (LkJudge            *judge);
gboolean    lk_judge_undo           (LkJudge            *judge,
                                     GError            **error);
gboolean    lk_judge_redo           (LkJudge            *judge,
                                     GError            **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkJudge, lk_judge_free)

G_END_DECLS
