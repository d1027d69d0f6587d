#define G_LOG_DOMAIN "likeness-imaging"

#include "config.h"

#include "imaging/lk-measure.h"

#include <math.h>
#include <string.h>

#include "imaging/lk-resize.h"

static inline double
luma (const guint8 *pixel)
{
  return .299 * pixel[0] + .587 * pixel[1] + .114 * pixel[2];
}

/* Luma of every pixel, row by row, owned by the caller. */
static float *
make_luma (const LkPicture *picture)
{
  float *grey = g_new (float, (gsize) picture->width * picture->height);

  for (guint y = 0; y < picture->height; y++)
    for (guint x = 0; x < picture->width; x++)
      grey[(gsize) y * picture->width + x] = luma (lk_picture_row (picture, y) + (gsize) x * picture->channels);
  return grey;
}

/* ---- sharpness -------------------------------------------------------------------------------------------------- */

#define SHARPNESS_SIDE 1024
#define N_TILES 8
#define LEAST_TILE 32

/* Contrast of an ordinary picture, as the deviation of its luma. The Laplacian grows with contrast and its variance with the square: a dim
 * picture is not blurred for that. */
#define ORDINARY_CONTRAST (.2 * 255.)
#define MOST_AMPLIFICATION 8.

static double
laplacian_variance (const float *grey,
                    guint        width,
                    guint        left,
                    guint        top,
                    guint        right,
                    guint        bottom)
{
  double sum = 0., squares = 0.;
  gsize n = (gsize) (right - left) * (bottom - top);

  for (guint y = top; y < bottom; y++)
    for (guint x = left; x < right; x++)
      {
        const float *p = grey + (gsize) y * width + x;
        double value = p[-1] + p[1] + p[-(gssize) width] + p[width] - 4. * p[0];

        sum += value;
        squares += value * value;
      }
  return n > 0 ? squares / n - (sum / n) * (sum / n) : 0.;
}

/* How much the variances of a picture of little contrast are raised. */
static double
amplification (const float *grey,
               gsize        n)
{
  double sum = 0., squares = 0., variance;

  for (gsize i = 0; i < n; i++)
    {
      sum += grey[i];
      squares += grey[i] * grey[i];
    }
  variance = squares / n - (sum / n) * (sum / n);
  return CLAMP (ORDINARY_CONTRAST * ORDINARY_CONTRAST / MAX (variance, 1e-3), 1., MOST_AMPLIFICATION);
}

static gint
compare_doubles (gconstpointer a,
                 gconstpointer b)
{
  double first = *(const double *) a, second = *(const double *) b;

  return first < second ? -1 : first > second;
}

double
lk_measure_sharpness (const LkPicture *picture)
{
  g_autoptr (LkPicture) scaled = lk_resize_within (picture, SHARPNESS_SIDE);
  g_autofree float *grey = make_luma (scaled);
  double variances[N_TILES * N_TILES];
  guint columns, rows, n = 0;

  if (scaled->width < 3 || scaled->height < 3)
    return 0.;

  columns = CLAMP (scaled->width / LEAST_TILE, 1, N_TILES);
  rows = CLAMP (scaled->height / LEAST_TILE, 1, N_TILES);
  for (guint row = 0; row < rows; row++)
    for (guint column = 0; column < columns; column++)
      variances[n++] = laplacian_variance (grey, scaled->width,
                                           MAX (column * scaled->width / columns, 1),
                                           MAX (row * scaled->height / rows, 1),
                                           MIN ((column + 1) * scaled->width / columns, scaled->width - 1),
                                           MIN ((row + 1) * scaled->height / rows, scaled->height - 1));

  qsort (variances, n, sizeof *variances, compare_doubles);
  return variances[(guint) (.9 * (n - 1) + .5)] * amplification (grey, (gsize) scaled->width * scaled->height);
}

/* ---- exposure --------------------------------------------------------------------------------------------------- */

void
lk_measure_exposure (const LkPicture *picture,
                     LkExposure      *exposure)
{
  guint64 histogram[256] = { 0 };
  guint64 n = (guint64) picture->width * picture->height, seen = 0;
  double sum = 0., squares = 0.;
  gboolean has_bright = FALSE, has_dark = FALSE;

  for (guint y = 0; y < picture->height; y++)
    for (guint x = 0; x < picture->width; x++)
      histogram[(guint) (luma (lk_picture_row (picture, y) + (gsize) x * picture->channels) + .5)]++;

  *exposure = (LkExposure) { .clipped_black = (histogram[0] + histogram[1]) / (double) n,
                             .clipped_white = (histogram[254] + histogram[255]) / (double) n };
  for (guint value = 0; value < 256; value++)
    {
      sum += value * (double) histogram[value];
      squares += (double) value * value * histogram[value];
      seen += histogram[value];
      if (!has_bright && seen * 20 >= n)
        {
          exposure->bright = value / 255.;
          has_bright = TRUE;
        }
      if (!has_dark && seen * 100 >= n * 99)
        {
          exposure->dark = value / 255.;
          has_dark = TRUE;
        }
    }
  exposure->mean = sum / n / 255.;
  exposure->deviation = sqrt (MAX (squares / n - (sum / n) * (sum / n), 0.)) / 255.;
}

/* ---- perceptual hashes ------------------------------------------------------------------------------------------ */

guint64
lk_hash_gradient (const LkPicture *picture)
{
  g_autoptr (LkPicture) small = lk_resize_area (picture, 9, 8);
  guint64 hash = 0;

  for (guint y = 0; y < 8; y++)
    for (guint x = 0; x < 8; x++)
      {
        const guint8 *pixel = lk_picture_row (small, y) + x * small->channels;

        hash = hash << 1 | (luma (pixel + small->channels) > luma (pixel));
      }
  return hash;
}

#define DCT_SIDE 32
#define DCT_KEPT 8

guint64
lk_hash_frequency (const LkPicture *picture)
{
  g_autoptr (LkPicture) small = lk_resize_area (picture, DCT_SIDE, DCT_SIDE);
  g_autofree float *grey = make_luma (small);
  double rows[DCT_SIDE][DCT_KEPT], low[DCT_KEPT * DCT_KEPT], sorted[DCT_KEPT * DCT_KEPT], median;
  guint64 hash = 0;

  for (guint y = 0; y < DCT_SIDE; y++)
    for (guint u = 0; u < DCT_KEPT; u++)
      {
        rows[y][u] = 0.;
        for (guint x = 0; x < DCT_SIDE; x++)
          rows[y][u] += grey[y * DCT_SIDE + x] * cos (G_PI * u * (2 * x + 1) / (2. * DCT_SIDE));
      }
  for (guint v = 0; v < DCT_KEPT; v++)
    for (guint u = 0; u < DCT_KEPT; u++)
      {
        low[v * DCT_KEPT + u] = 0.;
        for (guint y = 0; y < DCT_SIDE; y++)
          low[v * DCT_KEPT + u] += rows[y][u] * cos (G_PI * v * (2 * y + 1) / (2. * DCT_SIDE));
      }

  memcpy (sorted, low, sizeof low);
  qsort (sorted, G_N_ELEMENTS (sorted), sizeof *sorted, compare_doubles);
  median = (sorted[31] + sorted[32]) / 2.;
  for (guint i = 0; i < G_N_ELEMENTS (low); i++)
    hash = hash << 1 | (low[i] > median);
  return hash;
}

guint
lk_hash_distance (guint64 a,
                  guint64 b)
{
  return __builtin_popcountll (a ^ b);
}

/* ---- JPEG quality ----------------------------------------------------------------------------------------------- */

/* ITU T.81, tables K.1 (luminance) and K.2 (chrominance), in zigzag order as a file has them. */
static const guint8 standard_tables[2][64] = {
  { 16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40, 26, 24, 22, 22, 24, 49, 35, 37, 29, 40, 58, 51, 61, 60, 57, 51,
    56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87, 95, 98, 103, 104, 103, 62, 77, 113, 121, 112, 100, 120, 92, 101, 103, 99 },
  { 17, 18, 18, 24, 21, 24, 47, 26, 26, 47, 99, 66, 56, 66, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99 },
};

static guint
best_quality (guint16  tables[2][64],
              gboolean has_table[2])
{
  guint best = 0;
  double least = G_MAXDOUBLE;

  for (guint quality = 1; quality <= 100; quality++)
    {
      guint scale = quality < 50 ? 5000 / quality : 200 - quality * 2;   /* the Independent JPEG Group's rule */
      double error = 0.;

      for (guint t = 0; t < 2; t++)
        for (guint i = 0; has_table[t] && i < 64; i++)
          {
            double wanted = CLAMP ((standard_tables[t][i] * scale + 50) / 100, 1, 255);

            error += (tables[t][i] - wanted) * (tables[t][i] - wanted);
          }
      if (error < least)
        {
          least = error;
          best = quality;
        }
    }
  return best;
}

guint
lk_measure_jpeg_quality (gconstpointer data,
                         gsize         length)
{
  const guint8 *bytes = data;
  guint16 tables[2][64];
  gboolean has_table[2] = { FALSE, FALSE };
  gsize at = 2;

  if (length < 4 || bytes[0] != 0xff || bytes[1] != 0xd8)
    return 0;

  /* Segments up to the start of scan; DQT is 0xdb and holds one or more tables. */
  while (at + 4 <= length && bytes[at] == 0xff && bytes[at + 1] != 0xda)
    {
      gsize size = bytes[at + 2] << 8 | bytes[at + 3];
      gsize end = at + 2 + size;

      if (bytes[at + 1] == 0xff)
        {
          at++;   /* fill bytes are allowed before a marker */
          continue;
        }
      if (size < 2 || end > length)
        break;
      if (bytes[at + 1] == 0xdb)
        for (gsize p = at + 4; p < end;)
          {
            guint is_wide = bytes[p] >> 4 != 0, id = bytes[p] & 15;

            p++;
            if (p + 64 * (1 + is_wide) > end)
              break;
            for (guint i = 0; id < 2 && i < 64; i++)
              tables[id][i] = is_wide ? bytes[p + 2 * i] << 8 | bytes[p + 2 * i + 1] : bytes[p + i];
            if (id < 2)
              has_table[id] = TRUE;
            p += 64 * (1 + is_wide);
          }
      at = end;
    }

  return has_table[0] ? best_quality (tables, has_table) : 0;
}
