/* The first half of an import, on any thread: finds the pictures in files, folders and archives, looks at them, and stages copies of
 * those that can come in. It knows nothing of the project but where its folder is and which contents are there. Private to project/.
 */
#pragma once

#include "project/lk-look.h"

G_BEGIN_DECLS

/* A picture that was found. */
typedef struct
{
  LkLook   *look;           /* owned */
  char     *shown;          /* owned; where it came from, for people */
  char     *name;           /* owned; its file name: what it is to be called if that is free */
  GBytes   *caption;        /* owned, or NULL */
  guint     repeats;        /* of its kohya folder, else 1 */
  guint     index;          /* its folder in the staging folder */
  gboolean  is_staged;
  gint64    same_as;        /* a picture of the project with the same content; 0: none */
  char     *same_as_shown;  /* owned; likewise, of this import, or NULL */
} LkStaged;

typedef struct
{
  char       *folder;       /* owned; relative to the project's: trash/.incoming-… */
  char       *path;         /* owned; the same, absolute */
  GPtrArray  *found;        /* LkStaged, owned */
  gboolean    is_taken;     /* what is in the folder belongs to the project now */
  GPtrArray  *problems;     /* pairs of strings, owned: what, and why it was left out */
} LkStage;

/* `known` maps content hashes to image ids (gint64 *). NULL with error, and nothing staged, where it was cancelled or there is no room. */
LkStage *lk_stage_run   (const char           *project_folder,
                         const char * const   *paths,
                         GBytes               *bytes,      /* instead of paths: one picture, called `name` */
                         const char           *name,
                         GHashTable           *known,
                         LkProgressFunc        progress,
                         gpointer              progress_data,
                         GCancellable         *cancellable,
                         GError              **error);
/* Takes what is left of the staging folder away. */
void     lk_stage_free  (LkStage              *stage);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkStage, lk_stage_free)

G_END_DECLS
