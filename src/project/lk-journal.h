/* The journal: every act of the user as one step of changes, each with the value before and after. Private to project/.
 *
 * Steps lie in project.db in their order; those that were undone are marked, and go when something new is done. A value is the bytes of a
 * file (a caption, project.json) or the text of a column; NULL is "none".
 */
#pragma once

#include "project/lk-store.h"
#include "project/lk-writer.h"

G_BEGIN_DECLS

typedef enum
{
  LK_CHANGE_CAPTION = 1,    /* images/STEM.txt */
  LK_CHANGE_SETTINGS = 2,   /* project.json */
  LK_CHANGE_PRESENCE = 3,   /* "1": in the project, NULL: in the trash */
  LK_CHANGE_CROP = 4,
  LK_CHANGE_RATING = 5,
  LK_CHANGE_STATE = 6,
  LK_CHANGE_SHOT = 7,
  LK_CHANGE_REPEATS = 8,
  LK_CHANGE_NOTES = 9,
  LK_CHANGE_LABELS = 10,
} LkChangeKind;               /* stored: numbers never change */

typedef struct
{
  LkChangeKind kind;
  gint64       image;         /* 0: the project */
  GBytes      *before, *after;  /* owned, or NULL */
} LkChange;

LkChange  *lk_change_new            (LkChangeKind  kind,
                                     gint64        image,
                                     GBytes       *before,
                                     GBytes       *after);
void       lk_change_free           (LkChange     *change);

typedef struct
{
  char   *undo_title, *redo_title;  /* owned, or NULL */
  gint64  undo_step, redo_step;     /* 0: none */
  guint   n_undo, n_redo;
} LkJournalTop;

gboolean   lk_journal_read_top      (LkStore       *store,
                                     LkJournalTop  *top,
                                     GError       **error);
void       lk_journal_top_clear     (LkJournalTop  *top);
/* Changes of a step in their order: array of LkChange, owned by the caller. */
GPtrArray *lk_journal_read_changes  (LkStore       *store,
                                     gint64         step,
                                     GError       **error);

/* The following work within a transaction of the caller's. */

/* Makes a step, or adds to the last one where `merge_key` is its own and it is young. What was undone is forgotten. */
gboolean   lk_journal_add_step      (LkStore       *store,
                                     const char    *title,
                                     const char    *merge_key,
                                     GPtrArray     *changes,
                                     GError       **error);
gboolean   lk_journal_mark_step     (LkStore       *store,
                                     gint64         step,
                                     gboolean       is_undone,
                                     GError       **error);
/* Sets the row's column to `value`. Captions and settings too: project.db has a copy of what the files hold. */
gboolean   lk_journal_set_row       (LkStore       *store,
                                     LkChangeKind   kind,
                                     gint64         image,
                                     GBytes        *value,
                                     GError       **error);
/* Notes what has to be done to files: op->pending is set. */
gboolean   lk_journal_add_pending   (LkStore       *store,
                                     LkFileOp      *op,
                                     GError       **error);
gboolean   lk_journal_remove_pending (LkStore      *store,
                                     gint64         pending,
                                     GError       **error);
/* All of them, in order: array of LkFileOp, owned by the caller. */
GPtrArray *lk_journal_read_pending  (LkStore       *store,
                                     GError       **error);

G_END_DECLS
