/* Import: files, folders and archives copied into a project, as one step of undo.
 *
 * What comes along: captions beside the pictures (STEM.txt, else STEM.caption, else NAME.EXT.txt), byte for byte; a kohya folder's
 * repeats, and its class words as caption where a picture has none. What is already there, by content, is left out and
 * reported; a stem that is taken gets -2; a file that cannot be read is reported with a sentence and the rest comes in. Every picture
 * is decoded once, on worker threads, and its scores come with it. Masks ("-masklabel", "-condlabel") and hidden files are passed over.
 */
#pragma once

#include "project/lk-project.h"

G_BEGIN_DECLS

typedef struct _LkImportReport LkImportReport;

typedef struct
{
  char    *source;         /* for people: a path, or "photos.zip: a/b.png" */
  char    *sentence;       /* why it was left out */
  LkImage *same_as;        /* a duplicate of this picture, or NULL */
} LkImportProblem;

struct _LkImportReport
{
  GPtrArray *images;       /* LkImage: what came in */
  GPtrArray *unreadable;   /* LkImportProblem */
  GPtrArray *duplicates;   /* LkImportProblem */
  guint      n_captions;   /* captions that came along */
  guint      n_renamed;    /* stems that got a number */
};

/* "24 pictures imported, 22 with captions. 2 were there already. 1 could not be read." Owned by the caller. */
char           *lk_import_report_describe   (LkImportReport       *report);
void            lk_import_report_free       (LkImportReport       *report);

/* `paths`: files, folders and archives, NULL-terminated. On cancelling, nothing comes in. The synchronous one calls `progress` on
 * the calling thread. Error only where nothing could be imported at all (no space, read-only, no such path). */
LkImportReport *lk_project_import           (LkProject            *project,
                                             const char * const   *paths,
                                             LkProgressFunc        progress,
                                             gpointer              progress_data,
                                             GCancellable         *cancellable,
                                             GError              **error);
void            lk_project_import_async     (LkProject            *project,
                                             const char * const   *paths,
                                             LkProgressFunc        progress,
                                             gpointer              progress_data,
                                             GCancellable         *cancellable,
                                             GAsyncReadyCallback   callback,
                                             gpointer              user_data);
/* A picture from the clipboard or a browser: `bytes` of a picture file, `name` what to call it. */
void            lk_project_import_bytes_async (LkProject          *project,
                                             GBytes               *bytes,
                                             const char           *name,
                                             GCancellable         *cancellable,
                                             GAsyncReadyCallback   callback,
                                             gpointer              user_data);
LkImportReport *lk_project_import_finish    (LkProject            *project,
                                             GAsyncResult         *result,
                                             GError              **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkImportReport, lk_import_report_free)

G_END_DECLS
