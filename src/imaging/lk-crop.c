#define G_LOG_DOMAIN "likeness-imaging"

#include "config.h"

#include "imaging/lk-crop.h"

#include <math.h>
#include <string.h>

gboolean
lk_crop_equal (const LkCrop *a,
               const LkCrop *b)
{
  return a->x == b->x && a->y == b->y && a->width == b->width && a->height == b->height &&
         a->quarter_turns == b->quarter_turns && !a->flip_horizontal == !b->flip_horizontal &&
         !a->flip_vertical == !b->flip_vertical && a->angle == b->angle;
}

gboolean
lk_crop_is_empty (const LkCrop *crop)
{
  return lk_crop_equal (crop, &(LkCrop) { 0 });
}

void
lk_crop_get_frame (const LkCrop *crop,
                   guint         width,
                   guint         height,
                   guint        *frame_width,
                   guint        *frame_height)
{
  gboolean lies = crop->quarter_turns % 2 == 1;

  *frame_width = lies ? height : width;
  *frame_height = lies ? width : height;
}

LkBox
lk_crop_get_box (const LkCrop *crop,
                 guint         width,
                 guint         height)
{
  guint frame_width, frame_height;
  LkBox box;

  lk_crop_get_frame (crop, width, height, &frame_width, &frame_height);
  if (crop->width <= 0 || crop->height <= 0)
    return (LkBox) { 0, 0, frame_width, frame_height };

  box.width = MIN (crop->width, (gint) frame_width);
  box.height = MIN (crop->height, (gint) frame_height);
  box.x = CLAMP (crop->x, 0, (gint) frame_width - box.width);
  box.y = CLAMP (crop->y, 0, (gint) frame_height - box.height);
  return box;
}

LkBox
lk_crop_inside (double angle,
                guint  frame_width,
                guint  frame_height,
                double aspect)
{
  double radians = fabs (angle) * G_PI / 180.;
  double s = sin (radians), c = cos (radians);
  double height, width;
  LkBox box;

  if (aspect <= 0.)
    aspect = (double) frame_width / frame_height;
  /* The corners of a w x h rectangle, turned back, must stay inside: w·c + h·s <= W and w·s + h·c <= H, with w = aspect·h. */
  height = MIN (frame_width / (aspect * c + s), frame_height / (aspect * s + c));
  width = height * aspect;

  box.width = CLAMP ((gint) floor (width + 1e-9), 1, (gint) frame_width);
  box.height = CLAMP ((gint) floor (height + 1e-9), 1, (gint) frame_height);
  box.x = ((gint) frame_width - box.width) / 2;
  box.y = ((gint) frame_height - box.height) / 2;
  return box;
}

LkBox
lk_crop_map_box (const LkCrop *crop,
                 guint         width,
                 guint         height,
                 LkBox         box)
{
  guint w = width, h = height, frame_width, frame_height;

  for (guint turn = 0; turn < crop->quarter_turns % 4; turn++)
    {
      /* Clockwise: what was at the left is on top, what was at the bottom is left. */
      box = (LkBox) { (gint) h - box.y - box.height, box.x, box.height, box.width };
      guint swap = w; w = h; h = swap;
    }
  lk_crop_get_frame (crop, width, height, &frame_width, &frame_height);
  if (crop->flip_horizontal)
    box.x = (gint) frame_width - box.x - box.width;
  if (crop->flip_vertical)
    box.y = (gint) frame_height - box.y - box.height;
  return box;
}

LkBox
lk_crop_unmap_box (const LkCrop *crop,
                   guint         width,
                   guint         height,
                   LkBox         box)
{
  guint w, h;

  lk_crop_get_frame (crop, width, height, &w, &h);
  if (crop->flip_horizontal)
    box.x = (gint) w - box.x - box.width;
  if (crop->flip_vertical)
    box.y = (gint) h - box.y - box.height;
  for (guint turn = 0; turn < crop->quarter_turns % 4; turn++)
    {
      box = (LkBox) { box.y, (gint) w - box.x - box.width, box.height, box.width };
      guint swap = w; w = h; h = swap;
    }
  return box;
}

/* The source pixel that shows at (x, y) of the turned and mirrored frame. */
static inline const guint8 *
frame_pixel (const LkCrop    *crop,
             const LkPicture *picture,
             guint            frame_width,
             guint            frame_height,
             gint             x,
             gint             y)
{
  gint u, v;

  x = CLAMP (x, 0, (gint) frame_width - 1);
  y = CLAMP (y, 0, (gint) frame_height - 1);
  if (crop->flip_horizontal)
    x = (gint) frame_width - 1 - x;
  if (crop->flip_vertical)
    y = (gint) frame_height - 1 - y;

  switch (crop->quarter_turns % 4)
    {
    case 1:
      u = y;
      v = (gint) frame_width - 1 - x;
      break;
    case 2:
      u = (gint) frame_width - 1 - x;
      v = (gint) frame_height - 1 - y;
      break;
    case 3:
      u = (gint) frame_height - 1 - y;
      v = x;
      break;
    default:
      u = x;
      v = y;
      break;
    }
  return lk_picture_row (picture, v) + (gsize) u * picture->channels;
}

/* Keys' cubic with a = -1/2, which passes straight lines through unchanged. */
static inline void
cubic_weights (double t,
               double weights[4])
{
  weights[0] = ((-.5 * t + 1.) * t - .5) * t;
  weights[1] = (1.5 * t - 2.5) * t * t + 1.;
  weights[2] = ((-1.5 * t + 2.) * t + .5) * t;
  weights[3] = (.5 * t - .5) * t * t;
}

static void
sample_straightened (const LkCrop    *crop,
                     const LkPicture *picture,
                     guint            frame_width,
                     guint            frame_height,
                     double           x,
                     double           y,
                     guint8          *out)
{
  gint left = (gint) floor (x), top = (gint) floor (y);
  double across[4], down[4], sums[4] = { 0. };

  cubic_weights (x - left, across);
  cubic_weights (y - top, down);
  for (gint v = 0; v < 4; v++)
    for (gint u = 0; u < 4; u++)
      {
        const guint8 *pixel = frame_pixel (crop, picture, frame_width, frame_height, left - 1 + u, top - 1 + v);

        for (guint c = 0; c < picture->channels; c++)
          sums[c] += across[u] * down[v] * pixel[c];
      }
  for (guint c = 0; c < picture->channels; c++)
    out[c] = (guint8) CLAMP (lrint (sums[c]), 0, 255);
}

LkPicture *
lk_crop_apply (const LkCrop    *crop,
               const LkPicture *picture)
{
  LkBox box = lk_crop_get_box (crop, picture->width, picture->height);
  LkPicture *result = lk_picture_new (box.width, box.height, picture->channels);
  double radians = crop->angle * G_PI / 180.;
  double s = sin (radians), c = cos (radians);
  guint frame_width, frame_height;

  lk_crop_get_frame (crop, picture->width, picture->height, &frame_width, &frame_height);
  for (gint y = 0; y < box.height; y++)
    for (gint x = 0; x < box.width; x++)
      {
        guint8 *out = lk_picture_row (result, y) + (gsize) x * picture->channels;

        if (crop->angle == 0.)
          {
            memcpy (out, frame_pixel (crop, picture, frame_width, frame_height, box.x + x, box.y + y), picture->channels);
          }
        else
          {
            /* The picture turns clockwise, so the place to look turns back. Pixel centres are at halves. */
            double dx = box.x + x + .5 - frame_width / 2.;
            double dy = box.y + y + .5 - frame_height / 2.;

            sample_straightened (crop, picture, frame_width, frame_height,
                                 c * dx + s * dy + frame_width / 2. - .5,
                                 -s * dx + c * dy + frame_height / 2. - .5, out);
          }
      }
  return result;
}

LkBox
lk_box_around (double aspect,
               double x,
               double y,
               guint  frame_width,
               guint  frame_height)
{
  LkBox box;

  if ((double) frame_width / frame_height > aspect)
    {
      box.height = frame_height;
      box.width = MAX (1, (gint) lrint (frame_height * aspect));
    }
  else
    {
      box.width = frame_width;
      box.height = MAX (1, (gint) lrint (frame_width / aspect));
    }
  box.width = MIN (box.width, (gint) frame_width);
  box.height = MIN (box.height, (gint) frame_height);
  box.x = CLAMP ((gint) lrint (x - box.width / 2.), 0, (gint) frame_width - box.width);
  box.y = CLAMP ((gint) lrint (y - box.height / 2.), 0, (gint) frame_height - box.height);
  return box;
}
