/* LkCrop: what a user does to a picture before training: quarter turns, mirroring, straightening, and a rectangle.
 *
 * Order: the upright picture is turned clockwise by `quarter_turns`, mirrored, rotated about its middle by `angle` degrees clockwise
 * (the frame stays), then the rectangle is cut, in pixels of the turned frame. A width of 0 means no rectangle yet: the whole frame.
 * All zero is "not touched". What straightening brings in from outside the picture repeats its border.
 */
#pragma once

#include "formats/lk-picture.h"

G_BEGIN_DECLS

typedef struct
{
  gint     x, y, width, height;
  guint    quarter_turns;          /* 0 to 3 */
  gboolean flip_horizontal;
  gboolean flip_vertical;
  double   angle;                  /* degrees clockwise, -45 to 45 */
} LkCrop;

/* A rectangle in pixels; width 0: none. */
typedef struct
{
  gint x, y, width, height;
} LkBox;

gboolean   lk_crop_equal       (const LkCrop    *a,
                                const LkCrop    *b);
gboolean   lk_crop_is_empty    (const LkCrop    *crop);
/* The frame after quarter turns, of a picture of width x height. */
void       lk_crop_get_frame   (const LkCrop    *crop,
                                guint            width,
                                guint            height,
                                guint           *frame_width,
                                guint           *frame_height);
/* The rectangle, or the whole frame where there is none; moved and cut so that it lies in the frame and has a pixel. */
LkBox      lk_crop_get_box     (const LkCrop    *crop,
                                guint            width,
                                guint            height);
/* The largest rectangle of the aspect (width/height; 0: the frame's own) about the frame's middle that straightening by `angle`
 * leaves inside the picture. */
LkBox      lk_crop_inside      (double           angle,
                                guint            frame_width,
                                guint            frame_height,
                                double           aspect);
/* A box of the upright picture in the turned and mirrored frame (the straightening angle is ignored), and back. */
LkBox      lk_crop_map_box     (const LkCrop    *crop,
                                guint            width,
                                guint            height,
                                LkBox            box);
LkBox      lk_crop_unmap_box   (const LkCrop    *crop,
                                guint            width,
                                guint            height,
                                LkBox            box);
/* The cut pixels, not resized: a new picture of the box's size. Straightening samples bicubically. */
LkPicture *lk_crop_apply       (const LkCrop    *crop,
                                const LkPicture *picture);

/* The largest box of `aspect` (width/height) that fits the frame, as near to having `x`, `y` in its middle as the frame allows. */
LkBox      lk_box_around       (double           aspect,
                                double           x,
                                double           y,
                                guint            frame_width,
                                guint            frame_height);

G_END_DECLS
