/* What the trainer sees: each counted picture turned, cropped and resized; and the same as a folder or zip for other trainers. */
#pragma once

#include "imaging/lk-bucket.h"
#include "project/lk-project.h"

G_BEGIN_DECLS

typedef enum
{
  LK_SHAPE_PROJECT,           /* as the project says */
  LK_SHAPE_SQUARE,
  LK_SHAPE_BUCKETS,
} LkShape;

/* Zeros mean: as the project says. */
typedef struct
{
  LkShape shape;
  guint   resolution;
} LkPrepareRule;

/* What becomes of one picture; also what the crop view shows. */
typedef struct
{
  LkBox    crop;              /* in the turned frame; with no crop of the user's, what the target's shape cuts out of the middle */
  LkBucket target;            /* size for training */
  double   scale;             /* target / crop: over 1 it is enlarged */
  double   lost;              /* share of the user's crop (or of the frame) that the target's shape cuts away */
  double   subject_share;     /* of the subject's box in the crop; below 0: not measured */
} LkPreparePlan;

/* FALSE: the picture's size is not known yet. `crop` NULL: the image's own. */
gboolean   lk_prepare_plan          (LkProject            *project,
                                     LkImage              *image,
                                     const LkPrepareRule  *rule,
                                     const LkCrop         *crop,
                                     LkPreparePlan        *plan);

/* The exact RGB pixels of the picture for training, 3 channels. With `rule` NULL: as the project says. */
LkPicture *lk_project_prepare_image (LkProject            *project,
                                     LkImage              *image,
                                     const LkPrepareRule  *rule,
                                     GError              **error);
/* The same without a project, on any thread: `picture` from lk_picture_read (), `crop`, and the size that a plan gave. */
LkPicture *lk_prepare_pixels        (const LkPicture      *picture,
                                     const LkCrop         *crop,
                                     LkBucket              target);

typedef enum
{
  LK_EXPORT_FOLDER,           /* NAME.png and NAME.txt side by side */
  LK_EXPORT_KOHYA,            /* in a folder REPEATS_TRIGGER CLASS; one for each number of repeats */
  LK_EXPORT_ZIP,              /* flat, in one zip file */
} LkExportKind;

typedef struct
{
  LkExportKind  kind;
  LkPrepareRule rule;
  guint         repeats;      /* KOHYA: 0: each picture's own */
  gboolean      replace;      /* overwrite files that are in the way; else one is an error before anything is written */
} LkExport;

/* Writes PNGs and captions (UTF-8) of the whole data set (`images` NULL) or of these. `to`: a folder, made if need be, or the zip's path.
 * Cancelled or failed, what was written is taken away. `n_written` may be NULL. */
gboolean   lk_project_export        (LkProject            *project,
                                     GPtrArray            *images,
                                     const char           *to,
                                     const LkExport       *what,
                                     guint                *n_written,
                                     LkProgressFunc        progress,
                                     gpointer              progress_data,
                                     GCancellable         *cancellable,
                                     GError              **error);
void       lk_project_export_async  (LkProject            *project,
                                     GPtrArray            *images,
                                     const char           *to,
                                     const LkExport       *what,
                                     LkProgressFunc        progress,
                                     gpointer              progress_data,
                                     GCancellable         *cancellable,
                                     GAsyncReadyCallback   callback,
                                     gpointer              user_data);
gboolean   lk_project_export_finish (LkProject            *project,
                                     GAsyncResult         *result,
                                     guint                *n_written,
                                     GError              **error);

G_END_DECLS
