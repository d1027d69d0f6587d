/* LkWorkspace: what the pages of a window share about the open project.
 *
 * It owns the project, keeps the findings of its checks up to date, runs the long works, watches the folder, and says what a person
 * should hear. It knows no widgets but the textures of thumbnails.
 *
 * Signals:
 *   changed ()                     something about pictures, settings or findings changed; in a stream of changes at most 5 times a second
 *   checked ()                     the findings and the coverage are those of the project as it is
 *   message (text)                 a sentence for a toast
 *   stepped (kind, n)              an edit of that LkStepKind was made, of n things, that deserves an Undo toast
 */
#pragma once

#include "app/gallery/lk-textures.h"
#include "app/window/lk-work.h"
#include "project/lk-checks.h"
#include "project/lk-import.h"

G_BEGIN_DECLS

/* What an Undo toast counts. */
typedef enum
{
  LK_STEP_REMOVE,        /* pictures */
  LK_STEP_CROP,          /* pictures */
  LK_STEP_FIX,           /* findings */
  LK_STEP_CAPTIONS,      /* captions changed together */
} LkStepKind;

#define LK_TYPE_WORKSPACE (lk_workspace_get_type ())
G_DECLARE_FINAL_TYPE (LkWorkspace, lk_workspace, LK, WORKSPACE, GObject)

LkWorkspace  *lk_workspace_new            (LkProject       *project);

LkProject    *lk_workspace_get_project    (LkWorkspace     *self);
LkChecks     *lk_workspace_get_checks     (LkWorkspace     *self);
LkTextures *lk_workspace_get_textures (LkWorkspace     *self);
/* LkFindings, worst first, as of the last "checked". The list object stays the same. */
GListModel   *lk_workspace_get_findings   (LkWorkspace     *self);
/* Whether all was checked at least once. */
gboolean      lk_workspace_has_checked    (LkWorkspace     *self);
/* Looks at the pictures that were not looked at yet, as happens by itself after every check; one that is on goes on. */
void          lk_workspace_measure        (LkWorkspace     *self);
/* LkWorks that go on now. */
GListModel   *lk_workspace_get_works      (LkWorkspace     *self);

/* Applies and frees `edit`. On an error nothing has changed, a message says why, and FALSE is returned. */
gboolean      lk_workspace_apply          (LkWorkspace     *self,
                                           LkEdit          *edit);
/* The same with an Undo toast. */
gboolean      lk_workspace_apply_undoable (LkWorkspace     *self,
                                           LkEdit          *edit,
                                           LkStepKind       kind,
                                           guint            n);
/* Undoes or redoes one step; the title of the step, owned by the caller, or NULL when there was none or it failed. */
char         *lk_workspace_undo           (LkWorkspace     *self);
char         *lk_workspace_redo           (LkWorkspace     *self);

/* Imports files, folders and archives, or the bytes of one picture, telling the result by a message. */
void          lk_workspace_import         (LkWorkspace     *self,
                                           const char * const *paths);
void          lk_workspace_import_bytes   (LkWorkspace     *self,
                                           GBytes          *bytes,
                                           const char      *name);
/* Adds a work until lk_workspace_end_work (). The workspace holds the reference. */
LkWork       *lk_workspace_begin_work     (LkWorkspace     *self,
                                           const char      *title);
void          lk_workspace_end_work       (LkWorkspace     *self,
                                           LkWork          *work);
void          lk_workspace_say            (LkWorkspace     *self,
                                           const char      *text);

/* Stops works and watching, and writes what is not written yet. The project stays open until the last reference is gone. */
gboolean      lk_workspace_close          (LkWorkspace     *self,
                                           GError         **error);

G_END_DECLS
