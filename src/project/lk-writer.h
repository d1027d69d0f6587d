/* LkWriter: carries what was committed to project.db over to files, in order, and tells when it is safe there. Private to project/.
 *
 * A few operations are done at once, many on a worker thread; syncing always happens there. Every operation may be done twice: after
 * a crash the next open does again what was pending.
 */
#pragma once

#include <sys/stat.h>

#include "project/lk-image-private.h"

G_BEGIN_DECLS

typedef enum
{
  LK_FILE_OP_WRITE,      /* `bytes` to `path` */
  LK_FILE_OP_DELETE,     /* `path` */
  LK_FILE_OP_OUT,        /* the picture `path` (in images/) and its caption files to trash/IMAGE/ */
  LK_FILE_OP_IN,         /* everything in `source`, or in trash/IMAGE/, to images/ */
} LkFileOpKind;

typedef struct
{
  gint64        pending;      /* its row; 0: none */
  LkFileOpKind  kind;
  gint64        image;        /* 0: none */
  char         *path;         /* owned; relative to the project's folder */
  GBytes       *bytes;        /* owned, or NULL */
  char         *source;       /* owned, relative, or NULL */
  gboolean      keeps_text;   /* OUT: another picture has the same stem */

  /* Afterwards: */
  LkStamp       stamp;        /* WRITE: of the new file */
  GError       *error;        /* owned, or NULL */
} LkFileOp;

LkFileOp *lk_file_op_new     (LkFileOpKind  kind,
                              gint64        image,
                              const char   *path);
void      lk_file_op_free    (LkFileOp     *op);

typedef struct _LkWriter LkWriter;

/* Called on the owner's thread: `ops` were done and synced, or failed (op->error). They are freed afterwards unless stolen. */
typedef void (*LkWriterDoneFunc) (GPtrArray *ops, gpointer data);

LkWriter *lk_writer_new      (const char       *folder,
                              LkWriterDoneFunc  done,
                              gpointer          data);
void      lk_writer_free     (LkWriter         *self);      /* flushes */
/* Array of LkFileOp, taken over. */
void      lk_writer_submit   (LkWriter         *self,
                              GPtrArray        *ops);
/* Whether files may be behind what was submitted: then their stamps tell nothing. */
gboolean  lk_writer_is_behind (LkWriter        *self);
/* Waits for everything and calls `done` for it. */
void      lk_writer_flush    (LkWriter         *self);

/* Does one operation, without syncing: for the recovery at open. */
gboolean  lk_file_op_perform (LkFileOp         *op,
                              const char       *folder);
/* The stamp of a file; zeros where there is none. */
LkStamp   lk_stamp_of        (const char       *path);
LkStamp   lk_stamp_from      (const struct stat *status);

G_END_DECLS
