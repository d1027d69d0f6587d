#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <math.h>

#include "app/gallery/lk-crop-box.h"

static LkBox
round_box (double x,
           double y,
           double width,
           double height,
           LkBox  bounds)
{
  LkBox box;

  box.width = CLAMP ((int) round (width), 1, bounds.width);
  box.height = CLAMP ((int) round (height), 1, bounds.height);
  box.x = CLAMP ((int) round (x), bounds.x, bounds.x + bounds.width - box.width);
  box.y = CLAMP ((int) round (y), bounds.y, bounds.y + bounds.height - box.height);

  return box;
}

/* How far a side may grow from its anchor: to the bounds, or symmetrically about its middle. */
static double
get_room (double   start,
          double   length,
          gboolean first_moves,
          gboolean last_moves,
          double   bounds_start,
          double   bounds_length)
{
  double end = bounds_start + bounds_length;

  if (first_moves)
    return start + length - bounds_start;
  if (last_moves)
    return end - start;

  return 2 * MIN (start + length / 2 - bounds_start, end - (start + length / 2));
}

/* Where a side of the new length starts, its anchor being kept. */
static double
get_start (double   start,
           double   length,
           double   new_length,
           gboolean first_moves,
           gboolean last_moves)
{
  if (first_moves)
    return start + length - new_length;
  if (last_moves)
    return start;

  return start + (length - new_length) / 2;
}

LkBox
lk_crop_box_drag (LkBox   box,
                  LkEdges edges,
                  double  dx,
                  double  dy,
                  double  aspect,
                  LkBox   bounds)
{
  gboolean left = edges & LK_EDGE_LEFT;
  gboolean right = edges & LK_EDGE_RIGHT;
  gboolean top = edges & LK_EDGE_TOP;
  gboolean bottom = edges & LK_EDGE_BOTTOM;
  double width = box.width + (right ? dx : left ? -dx : 0);
  double height = box.height + (bottom ? dy : top ? -dy : 0);
  double room_x, room_y;

  if (edges == LK_EDGE_NONE)
    return round_box (box.x + dx, box.y + dy, box.width, box.height, bounds);

  if (aspect > 0)
    {
      /* A corner follows whichever side the hand moved farther; a single edge leads the other. */
      double by_height = height * aspect;

      if ((!left && !right) || ((top || bottom) && fabs (by_height - box.width) > fabs (width - box.width)))
        width = by_height;
    }

  room_x = get_room (box.x, box.width, left, right, bounds.x, bounds.width);
  room_y = get_room (box.y, box.height, top, bottom, bounds.y, bounds.height);
  if (aspect > 0)
    {
      double least = MAX (LK_CROP_BOX_LEAST, LK_CROP_BOX_LEAST * aspect);
      double most = MIN (room_x, room_y * aspect);

      width = CLAMP (width, MIN (least, most), most);
      height = width / aspect;
    }
  else
    {
      width = CLAMP (width, MIN (LK_CROP_BOX_LEAST, room_x), room_x);
      height = CLAMP (height, MIN (LK_CROP_BOX_LEAST, room_y), room_y);
    }

  return round_box (get_start (box.x, box.width, width, left, right),
                    get_start (box.y, box.height, height, top, bottom),
                    width, height, bounds);
}

LkBox
lk_crop_box_shape (LkBox  box,
                   double aspect,
                   LkBox  bounds)
{
  double area = (double) box.width * box.height;
  double width = sqrt (area * aspect);
  double height;

  width = MIN (width, MIN (bounds.width, bounds.height * aspect));
  height = width / aspect;

  return round_box (box.x + (box.width - width) / 2.0, box.y + (box.height - height) / 2.0, width, height, bounds);
}
