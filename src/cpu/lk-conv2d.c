/* lk-conv2d.c: convolution as a product whose A is gathered: a row is a pixel of the result, k runs over window and channels.
 *
 * In memory the `kw` pixels of one line of a window lie side by side, so a row of A is kh runs of kw·C floats, cut off at the
 * borders of the picture. Windows of 3x3 with stride 1 are tiles for Winograd (lk-winograd.h) if there are a few.
 *
 * Backward: dx (y, x) = Σ dy ((y + pad - ky) / stride, (x + pad - kx) / stride) · W (ky, kx) over the ky, kx for which the
 * divisions come out even. Which they are depends on y and x modulo the stride only: each of the stride² classes of pixels is
 * a convolution of dy with stride 1 and a small, turned window (for stride 2 and a 3x3 kernel: 4, 2, 2 and 1 of its 9 places).
 */
#define G_LOG_DOMAIN "likeness-cpu"

#include "config.h"

#include "cpu/lk-kernels.h"
#include "cpu/lk-product.h"
#include "cpu/lk-winograd.h"

typedef struct
{
  gsize image, y, x;
} LkPixel;

LK_INLINE LkPixel
pixel_at (const LkWindow *window,
          gsize           row)
{
  return (LkPixel) { row / (window->rows * window->columns), row / window->columns % window->rows, row % window->columns };
}

LK_INLINE void
pixel_next (const LkWindow *window,
            LkPixel        *pixel)
{
  if (++pixel->x < window->columns)
    return;
  pixel->x = 0;
  if (++pixel->y < window->rows)
    return;
  pixel->y = 0;
  pixel->image++;
}

static void
place_pixels (const LkProduct *product,
              gsize            first_row,
              gsize            n_rows,
              gsize           *starts)
{
  const LkWindow *window = product->data;
  LkPixel pixel = pixel_at (window, first_row);

  for (gsize i = 0; i < n_rows; i++, pixel_next (window, &pixel))
    starts[i] = ((pixel.image * window->place_h + window->place_y + pixel.y * window->place_step) * window->place_w +
                 window->place_x + pixel.x * window->place_step) * product->n;
}

/* Floats first to first + n of a line that is `size` long and 0 beyond its ends. */
LK_INLINE void
copy_clipped (float       *to,
              const float *line,
              gssize       first,
              gssize       n,
              gssize       size)
{
  gssize begin = CLAMP (first, 0, size), end = CLAMP (first + n, 0, size);

  if (first < begin || end < first + n)
    {
      v_clear (to, n);
      if (begin >= end)
        return;
    }
  v_copy (to + (begin - first), line + begin, end - begin);
}

static void
gather_pixels (const LkProduct *product,
               gsize            first_row,
               gsize            n_rows,
               gsize            first_column,
               gsize            n_columns,
               float           *to,
               gsize            stride)
{
  const LkWindow *window = product->data;
  const gsize run = window->window_w * window->c, line_size = window->w * window->c;
  const gsize first_line = first_column / run, first_in_line = first_column % run;
  LkPixel pixel = pixel_at (window, first_row);

  for (gsize i = 0; i < n_rows; i++, pixel_next (window, &pixel), to += stride)
    {
      gssize x = ((gssize) (pixel.x * window->stride) + window->first_x) * (gssize) window->c;
      gsize wy = first_line, at = first_in_line;

      for (gsize p = 0; p < n_columns; wy++, at = 0)
        {
          gsize n = MIN (run - at, n_columns - p);
          gssize y = (gssize) (pixel.y * window->stride + wy) + window->first_y;

          if (y >= 0 && y < (gssize) window->h)
            copy_clipped (to + p, window->input + (pixel.image * window->h + y) * line_size, x + (gssize) at, n, line_size);
          else
            v_clear (to + p, n);
          p += n;
        }
    }
}

static void
run_window (LkPool          *pool,
            const LkProduct *product,
            const LkWindow  *window)
{
  if (lk_winograd_pays (product, window))
    LK_KERNEL (lk_winograd_run) (pool, product, window);
  else
    LK_KERNEL (lk_product_run) (pool, product);
}

/* Result pixels in their order, and the windows of x that they see. */
static LkWindow
forward_window (const LkCpuConv2d *conv)
{
  return (LkWindow) {
    .input = conv->x, .h = conv->h, .w = conv->w, .c = conv->c,
    .window_h = conv->kh, .window_w = conv->kw, .stride = conv->stride,
    .first_y = -(gssize) conv->pad_before, .first_x = -(gssize) conv->pad_before,
    .rows = conv->out_h, .columns = conv->out_w,
    .place_h = conv->out_h, .place_w = conv->out_w, .place_step = 1,
  };
}

static void
conv2d_forward (LkPool            *pool,
                const LkCpuConv2d *conv)
{
  LkWindow window = forward_window (conv);
  gboolean is_plain = conv->kh == 1 && conv->kw == 1 && conv->stride == 1 && conv->pad_before == 0 &&
                      conv->out_h == conv->h && conv->out_w == conv->w;
  LkProduct product = {
    .m = conv->n * conv->out_h * conv->out_w,
    .n = conv->o,
    .k = conv->kh * conv->kw * conv->c,
    .scale = 1,
    .a = is_plain ? conv->x : NULL,
    .a_stride = conv->c,
    .b = conv->weight,
    .b_dtype = conv->weight_dtype,
    .b_by_column = TRUE,
    .b_stride = conv->kh * conv->kw * conv->c,
    .bias = conv->bias,
    .add = conv->add,
    .c = conv->y,
    .gather = gather_pixels,
    .place = place_pixels,
    .data = &window,
  };

  run_window (pool, &product, &window);
}

/* One class of pixels: those with (y + pad) % stride == rest_y, and so for x. */
static void
conv2d_backward_class (LkPool            *pool,
                       const LkCpuConv2d *conv,
                       gsize              rest_y,
                       gsize              rest_x)
{
  const gsize s = conv->stride, pad = conv->pad_before;
  /* The first such pixel, and how many there are. */
  const gsize y = (rest_y + s - pad % s) % s, x = (rest_x + s - pad % s) % s;
  const gsize rows = y < conv->h ? (conv->h - y + s - 1) / s : 0, columns = x < conv->w ? (conv->w - x + s - 1) / s : 0;
  /* Kernel places rest, rest + s, ..; the last of them reads the first pixel of dy. */
  const gsize n_y = rest_y < conv->kh ? (conv->kh - rest_y + s - 1) / s : 0;
  const gsize n_x = rest_x < conv->kw ? (conv->kw - rest_x + s - 1) / s : 0;
  g_autofree gsize *taps = g_new (gsize, n_y * n_x + 1);
  LkWindow window = {
    .input = conv->x, .h = conv->out_h, .w = conv->out_w, .c = conv->o,
    .window_h = n_y, .window_w = n_x, .stride = 1,
    .first_y = (gssize) ((y + pad - rest_y) / s) - (gssize) (n_y - 1),
    .first_x = (gssize) ((x + pad - rest_x) / s) - (gssize) (n_x - 1),
    .rows = rows, .columns = columns,
    .place_h = conv->h, .place_w = conv->w, .place_y = y, .place_x = x, .place_step = s,
  };
  LkProduct product = {
    .m = conv->n * rows * columns,
    .n = conv->c,
    .k = n_y * n_x * conv->o,
    .scale = 1,
    .b = conv->weight,
    .b_dtype = conv->weight_dtype,
    .b_stride = conv->kh * conv->kw * conv->c,
    .b_taps = taps,
    .b_per_tap = conv->o,
    .add = conv->add,
    .c = conv->y,
    .gather = gather_pixels,
    .place = place_pixels,
    .data = &window,
  };

  for (gsize i = 0; i < n_y; i++)
    for (gsize j = 0; j < n_x; j++)
      taps[i * n_x + j] = ((rest_y + (n_y - 1 - i) * s) * conv->kw + rest_x + (n_x - 1 - j) * s) * conv->c;

  run_window (pool, &product, &window);
}

static void
conv2d_backward_data (LkPool            *pool,
                      const LkCpuConv2d *conv)
{
  for (gsize rest_y = 0; rest_y < conv->stride; rest_y++)
    for (gsize rest_x = 0; rest_x < conv->stride; rest_x++)
      conv2d_backward_class (pool, conv, rest_y, rest_x);
}

/* ---- the weight's gradient ---------------------------------------------------------------------------------------- */

static void
place_filters (const LkProduct *product,
               gsize            first_row,
               gsize            n_rows,
               gsize           *starts)
{
  for (gsize i = 0; i < n_rows; i++)
    starts[i] = (first_row + i) * product->n;
}

/* dW = dYᵀ·(the windows of x): k runs over pixels. */
static void
conv2d_backward_weight (LkPool            *pool,
                        const LkCpuConv2d *conv)
{
  LkWindow window = forward_window (conv);
  LkProduct product = {
    .m = conv->o,
    .n = conv->kh * conv->kw * conv->c,
    .k = conv->n * conv->out_h * conv->out_w,
    .scale = 1,
    .a = conv->dy,
    .a_stride = conv->o,
    .a_by_column = TRUE,
    .add = conv->add,
    .c = conv->y,
    .gather = gather_pixels,
    .place = place_filters,
    .data = &window,
  };

  LK_KERNEL (lk_product_run) (pool, &product);
}

const LkConv2dKernels LK_KERNEL (lk_conv2d_kernels) = { conv2d_forward, conv2d_backward_data, conv2d_backward_weight };
