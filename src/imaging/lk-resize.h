/* Resizing: area down, as OpenCV's INTER_AREA computes it, and Lanczos (a = 3) up, as Pillow's LANCZOS does, both over 3 or 4
 * channels (alpha as a channel like the others: flatten or premultiply first). 8 bits in and out; every function returns a new picture.
 */
#pragma once

#include "formats/lk-picture.h"

G_BEGIN_DECLS

/* The mean of the source pixels that each pixel covers, by fraction. For enlarging it would be nearest neighbour: use Lanczos. */
LkPicture *lk_resize_area    (const LkPicture *picture,
                              guint            width,
                              guint            height);
/* Within one unit of Pillow's Image.resize ((width, height), LANCZOS), down as well as up. */
LkPicture *lk_resize_lanczos (const LkPicture *picture,
                              guint            width,
                              guint            height);
/* Bicubic as Pillow does it (antialiased, rounded to 8 bits between the two directions): what vision models were trained on. */
LkPicture *lk_resize_bicubic (const LkPicture *picture,
                              guint            width,
                              guint            height);
/* What training uses, kohya's rule: area where neither side grows, else Lanczos; a copy where the size is right already. */
LkPicture *lk_resize         (const LkPicture *picture,
                              guint            width,
                              guint            height);
/* Resizes so that width x height is just covered (the aspect is kept, the other side rounded), then cuts the middle out, as
 * kohya does for a bucket. */
LkPicture *lk_resize_cover   (const LkPicture *picture,
                              guint            width,
                              guint            height);
/* Resizes by area so that the longer side is at most `side`; never enlarges. For thumbnails and measures. */
LkPicture *lk_resize_within  (const LkPicture *picture,
                              guint            side);

G_END_DECLS
