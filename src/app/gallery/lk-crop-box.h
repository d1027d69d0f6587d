/* The arithmetic of a crop rectangle under a hand: moving it, dragging its edges, keeping a shape. No widgets. */
#pragma once

#include "imaging/lk-crop.h"

G_BEGIN_DECLS

typedef enum
{
  LK_EDGE_NONE   = 0,         /* the whole rectangle moves */
  LK_EDGE_LEFT   = 1 << 0,
  LK_EDGE_RIGHT  = 1 << 1,
  LK_EDGE_TOP    = 1 << 2,
  LK_EDGE_BOTTOM = 1 << 3,
} LkEdges;

#define LK_CROP_BOX_LEAST 16  /* pixels a side */

/* `box` with its edges (or all of it) moved by dx, dy pixels, inside `bounds`. `aspect` is width/height, 0: free. The edges or the
 * corner opposite stay where they are; a single edge with an aspect grows the other side about its middle. */
LkBox lk_crop_box_drag  (LkBox    box,
                         LkEdges  edges,
                         double   dx,
                         double   dy,
                         double   aspect,
                         LkBox    bounds);
/* The largest box of `aspect` that fits into `bounds` and has about the area and middle of `box`. */
LkBox lk_crop_box_shape (LkBox    box,
                         double   aspect,
                         LkBox    bounds);

G_END_DECLS
