/* LkCropArea: a whole picture, turned and straightened, with the rectangle that is kept: to move and to drag by its handles.
 *
 * What is lost is faint. The signal "changed" is emitted while a person changes the rectangle. A compact area, for many pictures at
 * once, shows only its corners, smaller.
 */
#pragma once

#include <gtk/gtk.h>

#include "app/gallery/lk-textures.h"
#include "imaging/lk-bucket.h"

G_BEGIN_DECLS

typedef enum
{
  LK_CROP_SHAPE_SQUARE,
  LK_CROP_SHAPE_BUCKET,     /* the nearest of the training sizes */
  LK_CROP_SHAPE_FREE,
} LkCropShape;

#define LK_TYPE_CROP_AREA (lk_crop_area_get_type ())
G_DECLARE_FINAL_TYPE (LkCropArea, lk_crop_area, LK, CROP_AREA, GtkWidget)

LkCropArea *lk_crop_area_new            (void) G_GNUC_WARN_UNUSED_RESULT;
/* Shows a picture whose size is known, uncropped. NULL: none. */
void        lk_crop_area_set_image      (LkCropArea   *self,
                                         LkTextures   *textures,
                                         LkImage      *image);
void        lk_crop_area_set_compact    (LkCropArea   *self,
                                         gboolean      compact);
/* Emits nothing. The rectangle is moved inside what straightening leaves; none is the whole of it. */
void        lk_crop_area_set_crop       (LkCropArea   *self,
                                         const LkCrop *crop);
void        lk_crop_area_get_crop       (LkCropArea   *self,
                                         LkCrop       *crop);
/* Keeps this shape from now on, changing the rectangle to it. `rule` gives the training sizes. Emits "changed". */
void        lk_crop_area_set_shape      (LkCropArea   *self,
                                         LkCropShape   shape,
                                         const LkBucketRule *rule);
LkCropShape lk_crop_area_get_shape      (LkCropArea   *self);
/* These keep what the rectangle shows, as far as it can be kept. They emit "changed". */
void        lk_crop_area_turn           (LkCropArea   *self,
                                         int           quarter_turns);
void        lk_crop_area_mirror         (LkCropArea   *self,
                                         gboolean      horizontally);
void        lk_crop_area_straighten     (LkCropArea   *self,
                                         double        angle);

G_END_DECLS
