/* LkCommit: one step on its way: rows and pending files in one transaction, then the images, then the files. Private to project/.
 *
 * What touches objects happens on the owner's thread, the transaction there or, for many changes, on a thread of its own. One commit
 * is under way at a time: whoever needs the project settled waits for it (lk_project_settle ()).
 */
#pragma once

#include "project/lk-project-private.h"

G_BEGIN_DECLS

typedef struct _LkCommit LkCommit;

/* Within the transaction, before the step: maybe on another thread. */
typedef gboolean (*LkCommitPrepareFunc) (LkCommit *commit, gpointer data, GError **error);
/* On the owner's thread, once it is durable and before the changes are shown. */
typedef void     (*LkCommitShowFunc)    (LkCommit *commit, gpointer data);

struct _LkCommit
{
  LkProject           *project;       /* owned */
  char                *title, *merge_key;   /* owned; of a new step */
  gint64               step;          /* one that is undone or done again; 0: a new one */
  gboolean             forward;
  GPtrArray           *changes;       /* LkChange, owned */
  GPtrArray           *ops;           /* LkFileOp, owned; in the order of the changes */

  LkCommitPrepareFunc  prepare;       /* may be NULL, as show */
  LkCommitShowFunc     show;
  gpointer             data;          /* owned through free_data */
  GDestroyNotify       free_data;

  GThread             *thread;        /* joined when done */
  GTask               *task;          /* owned; of an asynchronous one */
  GError              *error;         /* owned; of the transaction */
};

/* For a new step. `changes` is taken over. */
LkCommit *lk_commit_new        (LkProject            *project,
                                const char           *title,
                                const char           *merge_key,
                                GPtrArray            *changes);
/* Takes the commit over. */
gboolean  lk_commit_run        (LkCommit             *commit,
                                GError              **error);
/* The task, taken over too, returns the images that changed (GPtrArray of LkImage). */
void      lk_commit_run_async  (LkCommit             *commit,
                                GTask                *task);

G_END_DECLS
