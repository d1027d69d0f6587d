#define G_LOG_DOMAIN "likeness-imaging"

#include "config.h"

#include "imaging/lk-resize.h"

#include <math.h>
#include <string.h>

/* ---- area ------------------------------------------------------------------------------------------------------- */

/* How much of source cell `source` goes into which output cell. */
typedef struct
{
  guint source, target;
  float weight;
} AreaStep;

/* OpenCV's table: whole cells weigh 1/width, the cut ones at both ends their part; slivers under 0.001 are dropped. */
static AreaStep *
make_area_steps (guint  n_source,
                 guint  n_target,
                 guint *n_steps)
{
  double scale = 1. / ((double) n_target / n_source);
  AreaStep *steps = g_new (AreaStep, (gsize) n_source + 2 * n_target);
  guint n = 0;

  for (guint target = 0; target < n_target; target++)
    {
      double start = target * scale;
      double end = start + scale;
      double cell = MIN (scale, n_source - start);
      int first = (int) ceil (start);
      int last = MIN ((int) floor (end), (int) n_source - 1);

      first = MIN (first, last);
      if (first - start > 1e-3)
        steps[n++] = (AreaStep) { first - 1, target, (float) ((first - start) / cell) };
      for (int source = first; source < last; source++)
        steps[n++] = (AreaStep) { source, target, (float) (1. / cell) };
      if (end - last > 1e-3)
        steps[n++] = (AreaStep) { last, target, (float) (MIN (MIN (end - last, 1.), cell) / cell) };
    }

  *n_steps = n;
  return steps;
}

/* Sizes that divide evenly: exact sums, rounded once. */
static void
resize_area_whole (const LkPicture *picture,
                   LkPicture       *result,
                   guint            scale_x,
                   guint            scale_y)
{
  guint channels = picture->channels;
  guint area = scale_x * scale_y;
  float inverse = 1.f / area;

  for (guint y = 0; y < result->height; y++)
    {
      guint8 *out = lk_picture_row (result, y);

      for (guint x = 0; x < result->width; x++)
        for (guint c = 0; c < channels; c++)
          {
            guint64 sum = 0;

            for (guint v = 0; v < scale_y; v++)
              {
                const guint8 *in = lk_picture_row (picture, y * scale_y + v) + (gsize) x * scale_x * channels + c;

                for (guint u = 0; u < scale_x; u++)
                  sum += in[u * channels];
              }
            /* OpenCV rounds halves up in its 2x2 case and to even in the others. */
            out[x * channels + c] = scale_x == 2 && scale_y == 2 ? (sum + 2) >> 2 : (guint8) lrintf (sum * inverse);
          }
    }
}

static void
finish_area_row (LkPicture *result,
                 guint      y,
                 float     *sums)
{
  guint8 *out = lk_picture_row (result, y);
  guint n = result->width * result->channels;

  for (guint i = 0; i < n; i++)
    out[i] = (guint8) CLAMP (lrintf (sums[i]), 0, 255);
  memset (sums, 0, n * sizeof *sums);
}

LkPicture *
lk_resize_area (const LkPicture *picture,
                guint            width,
                guint            height)
{
  guint channels = picture->channels;
  LkPicture *result = lk_picture_new (width, height, channels);
  g_autofree AreaStep *columns = NULL;
  g_autofree AreaStep *rows = NULL;
  g_autofree float *line = NULL;
  g_autofree float *sums = NULL;
  guint n_columns, n_rows;

  if (width <= picture->width && height <= picture->height && picture->width % width == 0 && picture->height % height == 0)
    {
      resize_area_whole (picture, result, picture->width / width, picture->height / height);
      return result;
    }

  columns = make_area_steps (picture->width, width, &n_columns);
  rows = make_area_steps (picture->height, height, &n_rows);
  line = g_new (float, (gsize) width * channels);
  sums = g_new0 (float, (gsize) width * channels);

  for (guint r = 0; r < n_rows; r++)
    {
      const guint8 *in = lk_picture_row (picture, rows[r].source);

      memset (line, 0, (gsize) width * channels * sizeof *line);
      for (guint k = 0; k < n_columns; k++)
        {
          const guint8 *from = in + (gsize) columns[k].source * channels;
          float *to = line + (gsize) columns[k].target * channels;

          for (guint c = 0; c < channels; c++)
            to[c] += from[c] * columns[k].weight;
        }
      for (gsize i = 0; i < (gsize) width * channels; i++)
        sums[i] += line[i] * rows[r].weight;

      if (r + 1 == n_rows || rows[r + 1].target != rows[r].target)
        finish_area_row (result, rows[r].target, sums);
    }

  return result;
}

/* ---- Lanczos and bicubic ---------------------------------------------------------------------------------------- */

#define LANCZOS_SUPPORT 3.
#define BICUBIC_SUPPORT 2.
/* Pillow sums in fixed point: 8 bits of sample, 2 of head room for the negative lobes, the rest for the weights. */
#define WEIGHT_BITS (32 - 8 - 2)

static double
sinc (double x)
{
  return x == 0. ? 1. : sin (x * G_PI) / (x * G_PI);
}

static double
lanczos (double x)
{
  return fabs (x) < LANCZOS_SUPPORT ? sinc (x) * sinc (x / LANCZOS_SUPPORT) : 0.;
}

/* Keys' cubic with a = -0.5, as Pillow has it. */
static double
bicubic (double x)
{
  x = fabs (x);
  if (x < 1.)
    return (1.5 * x - 2.5) * x * x + 1.;
  return x < BICUBIC_SUPPORT ? ((-.5 * x + 2.5) * x - 4.) * x + 2. : 0.;
}

typedef struct
{
  double (*weigh) (double x);
  double   support;
} Filter;

static const Filter lanczos_filter = { lanczos, LANCZOS_SUPPORT }, bicubic_filter = { bicubic, BICUBIC_SUPPORT };

/* For each output sample: the first source sample, how many, and their weights (`stride` to an output sample). */
typedef struct
{
  guint  *first, *count;
  gint32 *weights;
  guint   stride;
} Taps;

static void
taps_init (Taps         *taps,
           const Filter *filter,
           guint         n_source,
           guint         n_target)
{
  double scale = (double) n_source / n_target;
  double stretch = MAX (scale, 1.);
  double support = filter->support * stretch;

  taps->stride = (guint) ceil (support) * 2 + 1;
  taps->first = g_new (guint, n_target);
  taps->count = g_new (guint, n_target);
  taps->weights = g_new0 (gint32, (gsize) n_target * taps->stride);

  for (guint target = 0; target < n_target; target++)
    {
      double centre = (target + .5) * scale;
      int first = MAX ((int) (centre - support + .5), 0);
      int end = MIN ((int) (centre + support + .5), (int) n_source);
      g_autofree double *weights = g_new (double, taps->stride);
      double sum = 0.;

      for (int i = first; i < end; i++)
        sum += weights[i - first] = filter->weigh ((i - centre + .5) / stretch);

      taps->first[target] = first;
      taps->count[target] = end - first;
      for (int i = 0; i < end - first; i++)
        {
          double weight = (sum != 0. ? weights[i] / sum : weights[i]) * (1 << WEIGHT_BITS);

          taps->weights[(gsize) target * taps->stride + i] = (gint32) (weight < 0. ? weight - .5 : weight + .5);
        }
    }
}

static void
taps_clear (Taps *taps)
{
  g_free (taps->first);
  g_free (taps->count);
  g_free (taps->weights);
}

static inline guint8
round_weighted (gint32 sum)
{
  return CLAMP (sum >> WEIGHT_BITS, 0, 255);
}

static LkPicture *
filter_columns (const LkPicture *picture,
                const Filter    *filter,
                guint            width)
{
  guint channels = picture->channels;
  LkPicture *result = lk_picture_new (width, picture->height, channels);
  Taps taps;

  taps_init (&taps, filter, picture->width, width);
  for (guint y = 0; y < picture->height; y++)
    for (guint x = 0; x < width; x++)
      {
        const guint8 *in = lk_picture_row (picture, y) + (gsize) taps.first[x] * channels;
        const gint32 *weights = taps.weights + (gsize) x * taps.stride;
        gint32 sums[4] = { 1 << (WEIGHT_BITS - 1), 1 << (WEIGHT_BITS - 1), 1 << (WEIGHT_BITS - 1), 1 << (WEIGHT_BITS - 1) };

        for (guint i = 0; i < taps.count[x]; i++)
          for (guint c = 0; c < channels; c++)
            sums[c] += in[i * channels + c] * weights[i];
        for (guint c = 0; c < channels; c++)
          lk_picture_row (result, y)[x * channels + c] = round_weighted (sums[c]);
      }
  taps_clear (&taps);
  return result;
}

static LkPicture *
filter_rows (const LkPicture *picture,
             const Filter    *filter,
             guint            height)
{
  gsize n = (gsize) picture->width * picture->channels;
  LkPicture *result = lk_picture_new (picture->width, height, picture->channels);
  g_autofree gint32 *sums = g_new (gint32, n);
  Taps taps;

  taps_init (&taps, filter, picture->height, height);
  for (guint y = 0; y < height; y++)
    {
      guint8 *out = lk_picture_row (result, y);

      for (gsize i = 0; i < n; i++)
        sums[i] = 1 << (WEIGHT_BITS - 1);
      for (guint k = 0; k < taps.count[y]; k++)
        {
          const guint8 *in = lk_picture_row (picture, taps.first[y] + k);
          gint32 weight = taps.weights[(gsize) y * taps.stride + k];

          for (gsize i = 0; i < n; i++)
            sums[i] += in[i] * weight;
        }
      for (gsize i = 0; i < n; i++)
        out[i] = round_weighted (sums[i]);
    }
  taps_clear (&taps);
  return result;
}

/* Columns first, rounded to 8 bits, then rows: as Pillow does it. */
static LkPicture *
resize_by (const LkPicture *picture,
           const Filter    *filter,
           guint            width,
           guint            height)
{
  g_autoptr (LkPicture) wide = width != picture->width ? filter_columns (picture, filter, width) : NULL;
  const LkPicture *from = wide != NULL ? wide : picture;

  if (height != picture->height)
    return filter_rows (from, filter, height);
  return wide != NULL ? g_steal_pointer (&wide) : lk_picture_copy (picture);
}

LkPicture *
lk_resize_lanczos (const LkPicture *picture,
                   guint            width,
                   guint            height)
{
  return resize_by (picture, &lanczos_filter, width, height);
}

LkPicture *
lk_resize_bicubic (const LkPicture *picture,
                   guint            width,
                   guint            height)
{
  return resize_by (picture, &bicubic_filter, width, height);
}

/* ---- for training ----------------------------------------------------------------------------------------------- */

LkPicture *
lk_resize (const LkPicture *picture,
           guint            width,
           guint            height)
{
  if (width == picture->width && height == picture->height)
    return lk_picture_copy (picture);
  if (width <= picture->width && height <= picture->height)
    return lk_resize_area (picture, width, height);
  return lk_resize_lanczos (picture, width, height);
}

static LkPicture *
cut (const LkPicture *picture,
     guint            left,
     guint            top,
     guint            width,
     guint            height)
{
  LkPicture *result = lk_picture_new (width, height, picture->channels);

  for (guint y = 0; y < height; y++)
    memcpy (lk_picture_row (result, y), lk_picture_row (picture, top + y) + left * picture->channels, (gsize) width * picture->channels);
  return result;
}

/* A picture so long and thin that covering would blow it up beyond all limits: only what will show, and a bit. */
static LkPicture *
cut_what_shows (const LkPicture *picture,
                double           aspect)
{
  guint width = picture->width, height = picture->height;

  if ((double) width / height > aspect)
    width = MIN (width, (guint) (height * aspect) + 8);
  else
    height = MIN (height, (guint) (width / aspect) + 8);
  return cut (picture, (picture->width - width) / 2, (picture->height - height) / 2, width, height);
}

LkPicture *
lk_resize_cover (const LkPicture *picture,
                 guint            width,
                 guint            height)
{
  double scale = MAX ((double) width / picture->width, (double) height / picture->height);
  guint covered_width = MAX ((guint) (picture->width * scale + .5), width);
  guint covered_height = MAX ((guint) (picture->height * scale + .5), height);
  g_autoptr (LkPicture) resized = NULL;

  if (covered_width > 16 * width || covered_height > 16 * height)
    {
      g_autoptr (LkPicture) shown = cut_what_shows (picture, (double) width / height);

      if (shown->width < picture->width || shown->height < picture->height)
        return lk_resize_cover (shown, width, height);
    }

  resized = lk_resize (picture, covered_width, covered_height);
  if (covered_width == width && covered_height == height)
    return g_steal_pointer (&resized);
  return cut (resized, (covered_width - width) / 2, (covered_height - height) / 2, width, height);
}

LkPicture *
lk_resize_within (const LkPicture *picture,
                  guint            side)
{
  guint longer = MAX (picture->width, picture->height);
  double scale = (double) side / longer;

  if (longer <= side)
    return lk_picture_copy (picture);
  return lk_resize_area (picture, MAX (1, (guint) (picture->width * scale + .5)), MAX (1, (guint) (picture->height * scale + .5)));
}
