/* LkDataSet: the pictures of a run as they were when it began: file, hash, crop, size for training, caption, repeats. A run
 * keeps it as dataset.jsonl, and a resume goes by that, whatever happened to the project meanwhile.
 */
#pragma once

#include "project/lk-prepare.h"
#include "train/lk-settings.h"

G_BEGIN_DECLS

#define LK_DATA_SET_ERROR (lk_data_set_error_quark ())
GQuark lk_data_set_error_quark (void);

typedef enum
{
  LK_DATA_SET_ERROR_EMPTY,
  LK_DATA_SET_ERROR_UNREADABLE,
  LK_DATA_SET_ERROR_CHANGED,        /* a picture is gone or another one since the run began */
} LkDataSetError;

typedef struct
{
  char    *name;                /* file name in images/; owned, as are the next three */
  char    *path;                /* where it is now */
  char    *hash;                /* SHA-256 of the file */
  char    *caption;
  LkCrop   crop;                /* as the user left it */
  LkBucket original;            /* what is cut out of it, before resizing */
  LkBucket size;                /* for training */
  guint    repeats;             /* 0: held out; the run measures itself by the picture and never trains on it */
} LkDataItem;

typedef struct
{
  GPtrArray *items;             /* LkDataItem, sorted by name */
} LkDataSet;

/* The project's data set: counted pictures, sorted. Pictures that were not measured are looked at now. */
LkDataSet  *lk_data_set_new_from_project (LkProject              *project,
                                          const LkTrainSettings  *settings,
                                          GError                **error);
void        lk_data_set_free             (LkDataSet              *data_set);

/* One JSON object a line. */
gboolean    lk_data_set_save             (LkDataSet              *data_set,
                                          const char             *path,
                                          GError                **error);
/* Reads it back and finds each picture by its hash in the project's folder, trash included. */
LkDataSet  *lk_data_set_load             (const char             *path,
                                          LkProject              *project,
                                          GError                **error);

guint             lk_data_set_get_n      (LkDataSet              *data_set);
const LkDataItem *lk_data_set_get        (LkDataSet              *data_set,
                                          guint                   index);
/* Holds pictures out: `share` of them (at least one where it is above 0 and there are two), chosen by `seed`. */
void        lk_data_set_hold_out     (LkDataSet              *data_set,
                                      double                  share,
                                      guint64                 seed);
/* Pictures of an epoch, repeats counted. */
guint       lk_data_set_count_repeated   (LkDataSet              *data_set);
/* The pixels that the run trains on. */
LkPicture  *lk_data_item_prepare         (const LkDataItem       *item,
                                          GError                **error);
/* Words that are the same where these pixels are the same. Owned by the caller. */
char       *lk_data_item_describe_pixels (const LkDataItem       *item);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkDataSet, lk_data_set_free)

G_END_DECLS
