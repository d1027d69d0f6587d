/* Where the person is, without a model: for drawings, where no face finder helps, and for photographs without a face.
 *
 * Three maps at a small size: edges, colour that is skin-like or saturated, and colour that differs from what runs along the
 * border of the picture. The subject is the box that holds most of their sum densely. It is a proposal for the user to look at.
 */
#pragma once

#include "imaging/lk-crop.h"

G_BEGIN_DECLS

/* The map: one value from 0 to 255 a pixel, the longer side at most 128; `width` and `height` receive its size. Owned by the caller. */
guint8  *lk_saliency_map     (const LkPicture *picture,
                              guint           *width,
                              guint           *height);
/* The subject's box in pixels of the picture; `share` (may be NULL) receives its share of the picture's area, `confidence` (may be
 * NULL) from 0 (nothing stands out) to 1. A box of width 0: nothing stands out at all. */
LkBox    lk_subject_find     (const LkPicture *picture,
                              double          *share,
                              double          *confidence);
/* A crop of `aspect` (width/height) in a frame of width x height that shows the subject's box with a margin, the box about `fill`
 * (0.4 to 0.6 is the advice) of the crop's area where the frame allows; never smaller than `least` pixels on its shorter side if
 * the frame has them. */
LkBox    lk_subject_frame    (LkBox            subject,
                              double           aspect,
                              double           fill,
                              guint            least,
                              guint            width,
                              guint            height);

G_END_DECLS
