/* Looking at pictures: decoding and measuring on several threads, knowing nothing of projects. Private to project/. */
#pragma once

#include "project/lk-image.h"
#include "project/lk-project.h"

G_BEGIN_DECLS

/* One picture that is looked at. */
typedef struct
{
  gint64    image;          /* whose it is; 0: nobody's yet */
  char     *path;           /* owned */
  char     *name;           /* owned; for messages */
  gpointer  data;           /* the caller's */

  /* Found: */
  guint     width, height;
  char     *hash;           /* owned; NULL: it could not be read */
  char     *trouble;        /* owned; why it is no picture, or NULL */
  char      format[16];
  LkScores  scores;
} LkLook;

LkLook   *lk_look_new         (gint64      image,
                               const char *path,
                               const char *name);
void      lk_look_free        (LkLook     *look);
/* On the calling thread. */
void      lk_look_at          (LkLook     *look);

/* Called on the thread that runs the looks, in any order. FALSE: stop. */
typedef gboolean (*LkLookDoneFunc) (LkLook *look, gpointer data);

/* Looks at all (array of LkLook) on as many threads as there are cores, four at most. FALSE where it was stopped or cancelled. */
gboolean  lk_looks_run        (GPtrArray      *looks,
                               LkLookDoneFunc  done,
                               gpointer        data,
                               GCancellable   *cancellable);

/* ---- progress across threads ---------------------------------------------------------------------------------- */

/* Hands progress from any thread to a function on the owner's, at most 30 times a second. */
typedef struct _LkRelay LkRelay;

LkRelay  *lk_relay_new        (LkProgressFunc  func,
                               gpointer        data);       /* on the owner's thread */
void      lk_relay_send       (LkRelay        *self,
                               guint           done,
                               guint           total,
                               const char     *text);
void      lk_relay_free       (LkRelay        *self);       /* on the owner's thread; sends what is the latest */

G_END_DECLS
