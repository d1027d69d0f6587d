/* The cues, each from 0 to 1 a pixel and multiplied:
 *
 *   compact    the pixel's colour, with what resembles it, lies close together: a person's clothes, skin and hair do; trees, windows,
 *              sky and books are spread over the picture [after Perazzi et al. 2012, "element distribution"]
 *   inner      that colour touches the border little for its size [after Zhu et al. 2014, "boundary connectivity"]; standing on the
 *              lower border counts little, people do
 *   different  the colour differs from the rest of the picture
 *   edges      there is detail around it (Laplacian)
 *   skin       the colour could be skin
 *
 * The core of the subject is the box with the largest sum of saliency over the root of its area: sum/area alone would take a bright speck,
 * the sum alone the whole picture. It then grows, up and down readily (people stand), to the sides only evenly, so that the middle stays.
 */
#define G_LOG_DOMAIN "likeness-imaging"

#include "config.h"

#include "imaging/lk-subject.h"

#include <math.h>
#include <string.h>

#include "imaging/lk-resize.h"

#define MAP_SIDE 128

/* Figures that were tried on 120 drawn scenes (figures far off the middle of 16:9) and judged on 200 others. */
#define BIN_SIDE 6.               /* of a colour bin, in L*a*b* units */
#define COLOUR_SIGMA 12.          /* within which colours resemble each other */
#define SPREAD_SCALE .0083        /* variance of place, in squared map sides, that makes a colour 1/e as compact */
#define BORDER_SCALE 1.2
#define FULL_DIFFERENCE 40.
#define EDGE_WEIGHT .5
#define SKIN_WEIGHT .3
#define CORE_EXPONENT .7          /* of saliency while looking for the core */
#define GROW_EXPONENT .25         /* while growing: weak parts count nearly as much as strong ones */
#define GROW_SIDEWAYS .3          /* of the mean inside, that a strip must have */
#define GROW_UPRIGHT .08
#define GROW_STRIP .4             /* of the height that a strip upwards or downwards has */

typedef struct
{
  float l, a, b;
} Lab;

/* What is known of one bin of colours. */
typedef struct
{
  Lab    colour;
  double n, x, xx, y, yy, border;
} Bin;

static float
lab_curve (float t)
{
  return t > .008856f ? cbrtf (t) : 7.787f * t + 16.f / 116.f;
}

static void
make_lab (const LkPicture *picture,
          Lab             *lab)
{
  float linear[256];

  for (guint i = 0; i < 256; i++)
    linear[i] = i <= 10 ? i / 255.f / 12.92f : powf ((i / 255.f + .055f) / 1.055f, 2.4f);

  for (guint y = 0; y < picture->height; y++)
    for (guint x = 0; x < picture->width; x++)
      {
        const guint8 *p = lk_picture_row (picture, y) + (gsize) x * picture->channels;
        float r = linear[p[0]], g = linear[p[1]], b = linear[p[2]];
        /* sRGB to XYZ under D65 */
        float fx = lab_curve ((.4124f * r + .3576f * g + .1805f * b) / .9505f);
        float fy = lab_curve (.2126f * r + .7152f * g + .0722f * b);
        float fz = lab_curve ((.0193f * r + .1192f * g + .9505f * b) / 1.089f);

        lab[(gsize) y * picture->width + x] = (Lab) { 116.f * fy - 16.f, 500.f * (fx - fy), 200.f * (fy - fz) };
      }
}

/* How much of the border's frame a pixel is. */
static double
border_weight (guint x,
               guint y,
               guint width,
               guint height)
{
  if (y + 2 >= height)
    return .25;
  return x < 2 || y < 2 || x + 2 >= width ? 1. : 0.;
}

/* Sorts the pixels into bins of like colour; `bin_of` receives each pixel's bin. Returns the bins. */
static GArray *
make_bins (const Lab *lab,
           guint      width,
           guint      height,
           guint     *bin_of)
{
  g_autoptr (GHashTable) index = g_hash_table_new (NULL, NULL);
  GArray *bins = g_array_new (FALSE, TRUE, sizeof (Bin));
  double side = MAX (width, height);

  for (guint y = 0; y < height; y++)
    for (guint x = 0; x < width; x++)
      {
        const Lab *c = &lab[y * width + x];
        gint key = ((gint) floorf (c->l / BIN_SIDE) * 256 + (gint) floorf (c->a / BIN_SIDE) + 128) * 256 + (gint) floorf (c->b / BIN_SIDE) + 128;
        gpointer value;
        Bin *bin;
        guint i;

        if (g_hash_table_lookup_extended (index, GINT_TO_POINTER (key), NULL, &value))
          {
            i = GPOINTER_TO_UINT (value);
          }
        else
          {
            i = bins->len;
            g_array_set_size (bins, i + 1);
            g_hash_table_insert (index, GINT_TO_POINTER (key), GUINT_TO_POINTER (i));
          }

        bin = &g_array_index (bins, Bin, i);
        bin->n += 1.;
        bin->colour.l += c->l;
        bin->colour.a += c->a;
        bin->colour.b += c->b;
        bin->x += x / side;
        bin->xx += x / side * (x / side);
        bin->y += y / side;
        bin->yy += y / side * (y / side);
        bin->border += border_weight (x, y, width, height);
        bin_of[y * width + x] = i;
      }

  for (guint i = 0; i < bins->len; i++)
    {
      Bin *bin = &g_array_index (bins, Bin, i);

      bin->colour.l /= bin->n;
      bin->colour.a /= bin->n;
      bin->colour.b /= bin->n;
    }
  return bins;
}

/* The colour cues of bin `i`: compact x inner x different. */
static double
score_bin (GArray *bins,
           guint   i,
           double  n_pixels)
{
  const Bin *bin = &g_array_index (bins, Bin, i);
  Bin like = { 0 };
  double difference = 0., mean_x, mean_y, spread, border;

  for (guint j = 0; j < bins->len; j++)
    {
      const Bin *other = &g_array_index (bins, Bin, j);
      double dl = bin->colour.l - other->colour.l, da = bin->colour.a - other->colour.a, db = bin->colour.b - other->colour.b;
      double squared = dl * dl + da * da + db * db;
      double weight;

      difference += sqrt (squared) * other->n;
      if (squared > 12.25 * COLOUR_SIGMA * COLOUR_SIGMA)
        continue;   /* over 3.5 sigma: less than 0.3 % alike */
      weight = exp (-squared / (2. * COLOUR_SIGMA * COLOUR_SIGMA));
      like.n += weight * other->n;
      like.x += weight * other->x;
      like.xx += weight * other->xx;
      like.y += weight * other->y;
      like.yy += weight * other->yy;
      like.border += weight * other->border;
    }

  mean_x = like.x / like.n;
  mean_y = like.y / like.n;
  /* Across counts double: a standing figure is tall. */
  spread = like.xx / like.n - mean_x * mean_x + .5 * (like.yy / like.n - mean_y * mean_y);
  border = like.border / sqrt (like.n) / BORDER_SCALE;
  return exp (-spread / SPREAD_SCALE) * exp (-border * border / 2.) * MIN (1., difference / n_pixels / FULL_DIFFERENCE);
}

static gboolean
could_be_skin (const guint8 *p)
{
  double largest = MAX (p[0], MAX (p[1], p[2])) + 1e-3;
  double warmth = (p[0] - p[2]) / largest;

  return p[0] > p[1] && p[1] > p[2] * .9 && warmth > .12 && warmth < .7;
}

/* The mean over (2·radius+1)² neighbours, the border repeated. */
static void
blur (float *map,
      guint  width,
      guint  height,
      gint   radius)
{
  g_autofree float *across = g_new (float, (gsize) width * height);
  float n = 2 * radius + 1;

  for (gint y = 0; y < (gint) height; y++)
    for (gint x = 0; x < (gint) width; x++)
      {
        float sum = 0.f;

        for (gint u = x - radius; u <= x + radius; u++)
          sum += map[y * width + CLAMP (u, 0, (gint) width - 1)];
        across[y * width + x] = sum / n;
      }
  for (gint y = 0; y < (gint) height; y++)
    for (gint x = 0; x < (gint) width; x++)
      {
        float sum = 0.f;

        for (gint v = y - radius; v <= y + radius; v++)
          sum += across[CLAMP (v, 0, (gint) height - 1) * width + x];
        map[y * width + x] = sum / n;
      }
}

/* Detail around each pixel of a map of width x height, from the picture at twice that size; its largest value is 1. */
static float *
make_edges (const LkPicture *picture,
            guint            width,
            guint            height)
{
  g_autoptr (LkPicture) twice = lk_resize_within (picture, 2 * MAP_SIDE);
  float *map = g_new0 (float, (gsize) width * height);
  float largest = 1e-6f;

  for (gint y = 0; y < (gint) twice->height; y++)
    for (gint x = 0; x < (gint) twice->width; x++)
      {
        float value = 0.f;
        const gint steps[5][3] = { { 0, 0, 4 }, { -1, 0, -1 }, { 1, 0, -1 }, { 0, -1, -1 }, { 0, 1, -1 } };

        for (guint i = 0; i < 5; i++)
          {
            guint u = CLAMP (x + steps[i][0], 0, (gint) twice->width - 1), v = CLAMP (y + steps[i][1], 0, (gint) twice->height - 1);
            const guint8 *p = lk_picture_row (twice, v) + (gsize) u * twice->channels;

            value += steps[i][2] * (.299f * p[0] + .587f * p[1] + .114f * p[2]);
          }
        map[MIN (y * height / twice->height, height - 1) * width + MIN (x * width / twice->width, width - 1)] += MIN (fabsf (value), 60.f);
      }
  blur (map, width, height, 3);
  for (guint i = 0; i < width * height; i++)
    largest = MAX (largest, map[i]);
  for (guint i = 0; i < width * height; i++)
    map[i] /= largest;
  return map;
}

/* Saliency from 0 to 1, unscaled, owned by the caller. */
static float *
make_saliency (const LkPicture *picture,
               guint           *width,
               guint           *height)
{
  g_autoptr (LkPicture) small = lk_resize_within (picture, MAP_SIDE);
  guint w = small->width, h = small->height, n = w * h;
  g_autofree Lab *lab = g_new (Lab, n);
  g_autofree guint *bin_of = g_new (guint, n);
  g_autofree float *edges = make_edges (picture, w, h);
  g_autoptr (GArray) bins = NULL;
  g_autofree double *scores = NULL;
  float *map = g_new (float, n);

  make_lab (small, lab);
  bins = make_bins (lab, w, h, bin_of);
  scores = g_new (double, bins->len);
  for (guint i = 0; i < bins->len; i++)
    scores[i] = score_bin (bins, i, n);

  for (guint y = 0; y < h; y++)
    for (guint x = 0; x < w; x++)
      {
        guint i = y * w + x;
        gboolean skin = could_be_skin (lk_picture_row (small, y) + (gsize) x * small->channels);

        map[i] = scores[bin_of[i]] * (1. - EDGE_WEIGHT + EDGE_WEIGHT * edges[i]) * (skin ? 1. : 1. - SKIN_WEIGHT);
      }

  *width = w;
  *height = h;
  return map;
}

guint8 *
lk_saliency_map (const LkPicture *picture,
                 guint           *width,
                 guint           *height)
{
  g_autofree float *map = make_saliency (picture, width, height);
  guint n = *width * *height;
  guint8 *bytes = g_new (guint8, n);
  float largest = 0.f;

  blur (map, *width, *height, 1);
  for (guint i = 0; i < n; i++)
    largest = MAX (largest, map[i]);
  for (guint i = 0; i < n; i++)
    bytes[i] = largest > 0.f ? (guint8) lrintf (map[i] / largest * 255.f) : 0;
  return bytes;
}

/* ---- the box ---------------------------------------------------------------------------------------------------- */

/* Sums over any box in four look-ups: [height+1, width+1]. */
typedef struct
{
  double *sums;
  guint   width, height;
} Integral;

static void
integral_init (Integral    *integral,
               const float *map,
               guint        width,
               guint        height,
               float        exponent)
{
  g_autofree float *powers = g_new (float, (gsize) width * height);
  guint stride = width + 1;

  for (guint i = 0; i < width * height; i++)
    powers[i] = powf (MAX (map[i], 0.f), exponent);
  blur (powers, width, height, 1);

  *integral = (Integral) { g_new0 (double, (gsize) stride * (height + 1)), width, height };
  for (guint y = 0; y < height; y++)
    {
      double row = 0.;

      for (guint x = 0; x < width; x++)
        {
          row += powers[y * width + x];
          integral->sums[(y + 1) * stride + x + 1] = integral->sums[y * stride + x + 1] + row;
        }
    }
}

static double
integral_sum (const Integral *integral,
              gint            left,
              gint            top,
              gint            right,
              gint            bottom)
{
  guint stride = integral->width + 1;

  return integral->sums[bottom * stride + right] - integral->sums[top * stride + right] -
         integral->sums[bottom * stride + left] + integral->sums[top * stride + left];
}

static LkBox
find_core (const Integral *integral)
{
  /* Sizes as shares of the longer side across and of the height. A person is never much wider than tall. */
  static const double widths[] = { .12, .16, .2, .25, .32, .4, .5, .65, .8 };
  static const double heights[] = { .3, .4, .5, .6, .7, .8, .9, 1. };
  guint side = MAX (integral->width, integral->height);
  LkBox best = { 0 };
  double best_score = 0.;

  for (guint i = 0; i < G_N_ELEMENTS (widths); i++)
    for (guint j = 0; j < G_N_ELEMENTS (heights); j++)
      {
        gint width = MAX (1, (gint) (side * widths[i])), height = MAX (1, (gint) (integral->height * heights[j]));

        if (width > (gint) integral->width || width > height * 1.3 || height > width * 3.6)
          continue;
        for (gint y = 0; y + height <= (gint) integral->height; y++)
          for (gint x = 0; x + width <= (gint) integral->width; x++)
            {
              double score = integral_sum (integral, x, y, x + width, y + height) / sqrt ((double) width * height);

              if (score > best_score)
                {
                  best_score = score;
                  best = (LkBox) { x, y, width, height };
                }
            }
      }
  return best;
}

/* Grows the core into weaker parts, then takes off empty rows at both ends. */
static LkBox
grow (const Integral *integral,
      LkBox           core)
{
  gint x0 = core.x, x1 = core.x + core.width, y0 = core.y, y1 = core.y + core.height;
  double widest = core.width * .4, largest = 0.;
  gboolean moved = TRUE;

  for (guint round = 0; moved && round < 40; round++)
    {
      double inside = integral_sum (integral, x0, y0, x1, y1) / ((double) (x1 - x0) * (y1 - y0));
      gint strip = MAX (2, (gint) lrint ((y1 - y0) * GROW_STRIP));
      gint top = MAX (0, y0 - strip), bottom = MIN ((gint) integral->height, y1 + strip);
      gint left = MAX (0, x0 - 2), right = MIN ((gint) integral->width, x1 + 2);

      moved = FALSE;
      if (top < y0 && integral_sum (integral, x0, top, x1, y0) > GROW_UPRIGHT * inside * (x1 - x0) * (y0 - top))
        {
          y0 = top;
          moved = TRUE;
        }
      if (bottom > y1 && integral_sum (integral, x0, y1, x1, bottom) > GROW_UPRIGHT * inside * (x1 - x0) * (bottom - y1))
        {
          y1 = bottom;
          moved = TRUE;
        }
      if (left >= core.x - widest && right <= core.x + core.width + widest && right - left > x1 - x0)
        {
          double area = (double) (right - left - (x1 - x0)) * (y1 - y0);
          double sum = integral_sum (integral, left, y0, right, y1) - integral_sum (integral, x0, y0, x1, y1);

          if (sum > GROW_SIDEWAYS * inside * area)
            {
              x0 = left;
              x1 = right;
              moved = TRUE;
            }
        }
    }

  for (gint y = y0; y < y1; y++)
    largest = MAX (largest, integral_sum (integral, x0, y, x1, y + 1));
  while (y1 - y0 > 6 && integral_sum (integral, x0, y0, x1, y0 + 1) < .1 * largest)
    y0++;
  while (y1 - y0 > 6 && integral_sum (integral, x0, y1 - 1, x1, y1) < .1 * largest)
    y1--;
  return (LkBox) { x0, y0, x1 - x0, y1 - y0 };
}

LkBox
lk_subject_find (const LkPicture *picture,
                 double          *share,
                 double          *confidence)
{
  guint width, height;
  g_autofree float *map = make_saliency (picture, &width, &height);
  Integral strong, weak;
  LkBox box, result = { 0 };
  double total, scale_x = (double) picture->width / width, scale_y = (double) picture->height / height;

  integral_init (&strong, map, width, height, CORE_EXPONENT);
  integral_init (&weak, map, width, height, GROW_EXPONENT);
  box = find_core (&strong);
  total = integral_sum (&strong, 0, 0, width, height);

  if (box.width > 0 && total > 1e-3 * width * height * .01)
    {
      double area;

      box = grow (&weak, box);
      area = (double) box.width * box.height / (width * height);
      result.x = (gint) lrint (box.x * scale_x);
      result.y = (gint) lrint (box.y * scale_y);
      result.width = MIN ((gint) lrint (box.width * scale_x), (gint) picture->width - result.x);
      result.height = MIN ((gint) lrint (box.height * scale_y), (gint) picture->height - result.y);
      /* All saliency in a small box: sure. Spread evenly: the box holds no more than its area would. */
      if (confidence != NULL)
        *confidence = CLAMP ((integral_sum (&strong, box.x, box.y, box.x + box.width, box.y + box.height) / total - area) / MAX (1. - area, 1e-3), 0., 1.);
    }
  else if (confidence != NULL)
    {
      *confidence = 0.;
    }
  if (share != NULL)
    *share = (double) result.width * result.height / ((double) picture->width * picture->height);

  g_free (strong.sums);
  g_free (weak.sums);
  return result;
}

LkBox
lk_subject_frame (LkBox  subject,
                  double aspect,
                  double fill,
                  guint  least,
                  guint  width,
                  guint  height)
{
  double x = subject.x + subject.width / 2., y = subject.y + subject.height / 2.;
  LkBox largest = lk_box_around (aspect, x, y, width, height), box;
  double wanted_height;

  if (subject.width <= 0 || subject.height <= 0)
    return lk_box_around (aspect, width / 2., height / 2., width, height);

  /* Tall enough that the subject fills its share, that all of it is in, and that it is not enlarged more than need be. */
  wanted_height = sqrt ((double) subject.width * subject.height / fill / aspect);
  wanted_height = MAX (wanted_height, MAX (subject.height * 1.08, subject.width * 1.08 / aspect));
  wanted_height = MAX (wanted_height, aspect < 1. ? least / aspect : least);
  if (wanted_height >= largest.height)
    return largest;

  box.height = MAX (1, (gint) lrint (wanted_height));
  box.width = CLAMP ((gint) lrint (wanted_height * aspect), 1, (gint) width);
  box.x = CLAMP ((gint) lrint (x - box.width / 2.), 0, (gint) width - box.width);
  /* A little more air below than above would cut hair: keep the head's side. */
  box.y = CLAMP ((gint) lrint (y - box.height / 2.), 0, (gint) height - box.height);
  return box;
}
