/* Convolution with a 3x3 window and stride 1 in 16 multiplications for 4 result pixels instead of 36 (Winograd 1980; Lavin and Gray
 * 2016, F(2x2, 3x3)). Its transforms only add, subtract and halve, so that in single precision little is lost. */
#pragma once

#include "cpu/lk-product.h"

/* Which pixels a convolution reads and writes. */
typedef struct
{
  /* Read: pictures of h·w pixels of c channels; the window of result pixel (y, x) begins at y·stride + first_y, .. */
  const float *input;
  gsize        h, w, c;
  gsize        window_h, window_w, stride;
  gssize       first_y, first_x;

  /* Written: rows·columns pixels of every picture, at place_y + y·place_step, .. of place_h·place_w. */
  gsize        rows, columns;
  gsize        place_h, place_w, place_y, place_x, place_step;
} LkWindow;

/* Whether the window is one for Winograd, and there are pixels enough to pay for turning the weight into another form. */
LK_INLINE gboolean
lk_winograd_pays (const LkProduct *product,
                  const LkWindow  *window)
{
  return window->window_h == 3 && window->window_w == 3 && window->stride == 1 && window->place_step == 1 &&
         window->c >= 8 && product->n >= 8 && product->m >= 64;
}

/* `product` says what B and the rest are; its A is the windows of `window`. */
void LK_KERNEL (lk_winograd_run) (LkPool          *pool,
                                  const LkProduct *product,
                                  const LkWindow  *window);
