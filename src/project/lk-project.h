/* LkProject: a project's folder, open.
 *
 * The folder is what design §2 says: images/ with a caption file beside each picture, project.db, project.json. Whoever opens it holds
 * it: a second window or process gets LK_PROJECT_ERROR_IN_USE, unless it only looks. A folder that cannot be written is opened for
 * looking, and says so (lk_project_get_read_only_reason ()).
 *
 * Everything changes by an LkEdit: lk_project_apply () makes it one step of the journal, durable when the call returns (one synced
 * transaction; files follow at once, and after kill -9 the next open completes them), and shows it in the images and properties.
 * Undo and redo work without limit and across restarts.
 *
 * The object and its images belong to the thread that uses it (in the window, the main thread). The long works run on worker threads
 * and touch only what they were given; their results are applied on the owner's thread.
 */
#pragma once

#include "base/lk-json.h"
#include "project/lk-advice.h"
#include "project/lk-image.h"

G_BEGIN_DECLS

#define LK_PROJECT_ERROR (lk_project_error_quark ())
GQuark lk_project_error_quark (void);

typedef enum
{
  LK_PROJECT_ERROR_NOT_A_PROJECT,
  LK_PROJECT_ERROR_EXISTS,          /* a new one, where something is */
  LK_PROJECT_ERROR_TOO_NEW,         /* made by a newer Likeness */
  LK_PROJECT_ERROR_DAMAGED,
  LK_PROJECT_ERROR_IN_USE,
  LK_PROJECT_ERROR_READ_ONLY,
  LK_PROJECT_ERROR_NO_SPACE,
  LK_PROJECT_ERROR_FAILED,
} LkProjectError;

/* Signal "changed": pictures, captions, decisions, scores or settings are others now; once for each edit, undo, redo, import, rescan or batch of
 * measured pictures, after all properties have notified. */
#define LK_TYPE_PROJECT (lk_project_get_type ())
G_DECLARE_FINAL_TYPE (LkProject, lk_project, LK, PROJECT, GObject)

typedef enum
{
  LK_PROJECT_OPEN     = 0,
  LK_PROJECT_LOOK     = 1 << 0,     /* changes nothing and takes no lock: another process may hold it */
} LkProjectOpenFlags;

/* What makes up a project besides its pictures. Strings may be NULL. */
typedef struct
{
  const char *name;                 /* NULL: the folder's name */
  const char *trigger;              /* "ohwx" */
  const char *class_word;           /* "woman" */
  const char *hair, *eyes, *skin;   /* fixed features as captions say them: "brown hair, bob haircut"; "green eyes" */
  const char *other_features;       /* comma separated */
  const char *base_model;           /* "starter" or a checkpoint's path */
} LkProjectInfo;

/* Makes the folder (or uses an empty one) and opens it. */
LkProject   *lk_project_create           (const char           *folder,
                                          const LkProjectInfo  *info,
                                          GError              **error);
/* Pictures that others put into images/ join the list; captions that changed outside win, their former text being an undo step; what a
 * crash left unfinished is finished. */
LkProject   *lk_project_open             (const char           *folder,
                                          LkProjectOpenFlags    flags,
                                          GError              **error);
void         lk_project_open_async       (const char           *folder,
                                          LkProjectOpenFlags    flags,
                                          GCancellable         *cancellable,
                                          GAsyncReadyCallback   callback,
                                          gpointer              user_data);
LkProject   *lk_project_open_finish      (GAsyncResult         *result,
                                          GError              **error);
/* Waits for files still to be written and lets go of the folder. Dropping the last reference does the same, without the error. */
gboolean     lk_project_close            (LkProject            *self,
                                          GError              **error);
gboolean     lk_project_is_project       (const char           *folder);   /* has a project.json, or images/ with a project.db */

/* ---- what it is ("name", "trigger", … are properties that notify) ---------------------------------------------- */

const char  *lk_project_get_folder       (LkProject *self);
char        *lk_project_dup_path         (LkProject *self, const char *name);   /* "runs" -> FOLDER/runs */
gboolean     lk_project_is_read_only     (LkProject *self);
const char  *lk_project_get_read_only_reason (LkProject *self);                 /* a sentence, or NULL */
const char  *lk_project_get_name         (LkProject *self);
const char  *lk_project_get_trigger      (LkProject *self);      /* "" where there is none, as below */
const char  *lk_project_get_class_word   (LkProject *self);
const char  *lk_project_get_hair         (LkProject *self);
const char  *lk_project_get_eyes         (LkProject *self);
const char  *lk_project_get_skin         (LkProject *self);
const char  *lk_project_get_other_features (LkProject *self);
/* All fixed features, in the order hair, eyes, skin, other; split at commas. Owned by the caller. */
char       **lk_project_dup_features     (LkProject *self);
const char  *lk_project_get_base_model   (LkProject *self);      /* "starter", or a path */
/* The advice for that base model; never NULL. */
const LkBaseAdvice *lk_project_get_base_advice (LkProject *self);
/* Square crops (FALSE) or buckets. */
gboolean     lk_project_get_use_buckets  (LkProject *self);
/* Side of the square or of the bucket's area: the base model's, unless the user set one (0 in the edit: the base model's again). */
guint        lk_project_get_resolution   (LkProject *self);
/* The training page's settings: an object that this floor does not look into; may be NULL. Owned by the project. */
const cJSON *lk_project_get_training     (LkProject *self);

/* ---- pictures ------------------------------------------------------------------------------------------------- */

/* LkImages in the order they came; owned by the project. Rejected ones are in it, removed ones are not. */
GListModel  *lk_project_get_images       (LkProject *self);
guint        lk_project_get_n_images     (LkProject *self);
LkImage     *lk_project_get_image        (LkProject *self, guint position);      /* owned by the project */
LkImage     *lk_project_find_by_id       (LkProject *self, gint64 id);           /* NULL: not in the list */
LkImage     *lk_project_find_by_stem     (LkProject *self, const char *stem);
LkImage     *lk_project_find_by_hash     (LkProject *self, const char *hash);
/* The file of a content hash, removed pictures in trash/ included: what a run's snapshot needs. Owned by the caller, or NULL. */
char        *lk_project_dup_path_of_hash (LkProject *self, const char *hash);
/* Counted pictures, sorted by stem: the data set. Array of LkImage references, owned by the caller. */
GPtrArray   *lk_project_dup_data_set     (LkProject *self);

/* ---- undo ----------------------------------------------------------------------------------------------------- */

/* What the next undo or redo would do, for people ("Import 30 pictures"); NULL: nothing. Properties "undo-title", "redo-title". */
const char  *lk_project_get_undo_title   (LkProject *self);
const char  *lk_project_get_redo_title   (LkProject *self);
guint        lk_project_get_n_undo       (LkProject *self);
guint        lk_project_get_n_redo       (LkProject *self);
/* `images` (may be NULL) receives the pictures that changed: array of LkImage references, owned by the caller. With nothing to undo
 * nothing happens. */
gboolean     lk_project_undo             (LkProject *self, GPtrArray **images, GError **error);
gboolean     lk_project_redo             (LkProject *self, GPtrArray **images, GError **error);

/* The same without stopping the caller's thread for long. The array of pictures is owned by the caller. */
void         lk_project_undo_async       (LkProject *self, GAsyncReadyCallback callback, gpointer user_data);
void         lk_project_redo_async       (LkProject *self, GAsyncReadyCallback callback, gpointer user_data);
GPtrArray   *lk_project_undo_finish      (LkProject *self, GAsyncResult *result, GError **error);
GPtrArray   *lk_project_redo_finish      (LkProject *self, GAsyncResult *result, GError **error);

/* ---- changes from outside -------------------------------------------------------------------------------------- */

typedef struct
{
  guint captions_changed;           /* one undo step for all of them */
  guint images_added;
  guint images_missing;             /* files that are gone: they leave the list until they are back */
  guint images_changed;
} LkRescan;

/* Looks at every file's time and size (10 000: some 50 ms), reads what differs. `result` may be NULL. */
gboolean     lk_project_rescan           (LkProject            *self,
                                          LkRescan             *result,
                                          GError              **error);

/* The same, the looking on a thread. Changes of our own come back as nothing. */
void         lk_project_rescan_async     (LkProject            *self,
                                          GCancellable         *cancellable,
                                          GAsyncReadyCallback   callback,
                                          gpointer              user_data);
gboolean     lk_project_rescan_finish    (LkProject            *self,
                                          GAsyncResult         *result,
                                          LkRescan             *found,
                                          GError              **error);

/* ---- saving --------------------------------------------------------------------------------------------------- */

/* Waits until every acknowledged change is in its own file. */
gboolean     lk_project_flush            (LkProject            *self,
                                          GError              **error);
/* Property "trouble": a sentence while files cannot be written (the disk is full): what was acknowledged is safe in project.db
 * and is written when there is room; NULL: all is well. lk_project_flush () tries again. */
const char  *lk_project_get_trouble      (LkProject            *self);

/* ---- looking at pictures ---------------------------------------------------------------------------------------- */

/* Emitted on the owner's thread. `text` says what is being looked at. */
typedef void (*LkProgressFunc) (guint done, guint total, const char *text, gpointer data);

/* Hash, size and scores of every picture that has none yet (`images` NULL), or of these (array of LkImage). Several threads. Scores
 * are stored as they come and are not undo steps. The synchronous one calls `progress` on the calling thread. */
gboolean     lk_project_measure          (LkProject            *self,
                                          GPtrArray            *images,
                                          LkProgressFunc        progress,
                                          gpointer              progress_data,
                                          GCancellable         *cancellable,
                                          GError              **error);
void         lk_project_measure_async    (LkProject            *self,
                                          GPtrArray            *images,
                                          LkProgressFunc        progress,
                                          gpointer              progress_data,
                                          GCancellable         *cancellable,
                                          GAsyncReadyCallback   callback,
                                          gpointer              user_data);
gboolean     lk_project_measure_finish   (LkProject            *self,
                                          GAsyncResult         *result,
                                          GError              **error);
/* Stores what a face finder found (it lives on a floor above). */
gboolean     lk_project_set_faces        (LkProject            *self,
                                          LkImage              *image,
                                          const LkFace         *faces,
                                          guint                 n_faces,
                                          GError              **error);

G_END_DECLS
