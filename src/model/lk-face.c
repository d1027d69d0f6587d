#define G_LOG_DOMAIN "likeness-model"

#include "config.h"

#include "model/lk-face-private.h"

#include <math.h>
#include <string.h>

#include "base/lk-file.h"
#include "cpu/lk-cpu.h"
#include "formats/lk-safetensors.h"
#include "imaging/lk-resize.h"

#define FINDER_SIDE 416
#define FINDER_LARGE_SIDE 608       /* where the usual size finds nothing: for small faces */
#define MOST_PARTS 7                /* that a large picture is cut into, where that too finds nothing */
#define N_FINDER_LAYERS 6
#define N_ANCHORS 5
#define LEAST_SCORE .5
#define MOST_OVERLAP .4             /* of two boxes, as their common share; the worse one goes */
#define LANDMARK_SIDE 112
#define N_BLOCKS 4
#define N_BLOCK_LAYERS 4

/* Width and height of the anchors, in cells. */
static const double anchors[N_ANCHORS][2] = {
  { 1.603231, 2.094468 }, { 6.041143, 7.080126 }, { 2.882459, 3.518061 }, { 4.266906, 5.178857 }, { 9.041765, 10.66308 },
};

/* A plain 3x3 convolution, weight [o,3,3,c]; or depthwise [3,3,c] and pointwise [c,o]. */
typedef struct
{
  gsize  c, o;
  float *weight;                    /* owned; NULL for a separable one */
  float *depthwise, *pointwise;     /* owned */
  float *bias;                      /* owned; [o] */
} Layer;

struct _LkFaceFinder
{
  Layer  finder[N_FINDER_LAYERS];
  float *anchor_weight, *anchor_bias;   /* owned; [512,25], [25] */
  Layer  blocks[N_BLOCKS][N_BLOCK_LAYERS];
  float *point_weight, *point_bias;     /* owned; [256,136], [136] */
};

/* ---- weights ------------------------------------------------------------------------------------------------------- */

static float *
read_tensor (LkSafetensors  *file,
             const char     *layer,
             const char     *name,
             gsize           n_expected,
             GError        **error)
{
  g_autofree char *full = g_strdup_printf ("%s.%s", layer, name);
  const LkSafeTensor *tensor = lk_safetensors_require (file, full, error);
  g_autofree float *values = NULL;

  if (tensor == NULL)
    return NULL;
  if (tensor->n_elements != n_expected)
    {
      g_set_error (error, LK_SAFETENSORS_ERROR, LK_SAFETENSORS_ERROR_TYPE, "“%s” of the face finder has another shape than its network.", full);
      return NULL;
    }
  values = g_new (float, n_expected);
  return lk_safetensors_read_f32 (file, tensor, 0, n_expected, values, error) ? g_steal_pointer (&values) : NULL;
}

/* [kh,kw,c,o] as the file has it to [o,kh,kw,c] as the kernel wants it. */
static float *
turn_filters (const float *filters,
              gsize        c,
              gsize        o)
{
  float *weight = g_new (float, o * 9 * c);

  for (gsize place = 0; place < 9; place++)
    for (gsize i = 0; i < c; i++)
      for (gsize k = 0; k < o; k++)
        weight[(k * 9 + place) * c + i] = filters[(place * c + i) * o + k];
  return weight;
}

static gboolean
read_layer (Layer          *layer,
            LkSafetensors  *file,
            const char     *name,
            gsize           c,
            gsize           o,
            gboolean        is_plain,
            GError        **error)
{
  layer->c = c;
  layer->o = o;
  if (is_plain)
    {
      g_autofree float *filters = read_tensor (file, name, "filters", 9 * c * o, error);

      if (filters == NULL)
        return FALSE;
      layer->weight = turn_filters (filters, c, o);
    }
  else
    {
      layer->depthwise = read_tensor (file, name, "depthwise_filter", 9 * c, error);
      if (layer->depthwise == NULL)
        return FALSE;
      layer->pointwise = read_tensor (file, name, "pointwise_filter", c * o, error);
      if (layer->pointwise == NULL)
        return FALSE;
    }
  layer->bias = read_tensor (file, name, "bias", o, error);
  return layer->bias != NULL;
}

static LkSafetensors *
open_weights (const char  *name,
              GError     **error)
{
  g_autofree char *path = lk_data_path (name);

  return lk_safetensors_open (path, error);
}

static gboolean
read_finder (LkFaceFinder  *self,
             GError       **error)
{
  static const gsize channels[N_FINDER_LAYERS + 1] = { 3, 16, 32, 64, 128, 256, 512 };
  g_autoptr (LkSafetensors) file = open_weights ("face/face-finder.safetensors", error);

  if (file == NULL)
    return FALSE;
  for (guint i = 0; i < N_FINDER_LAYERS; i++)
    {
      g_autofree char *name = g_strdup_printf ("conv%u", i);

      if (!read_layer (&self->finder[i], file, name, channels[i], channels[i + 1], i == 0, error))
        return FALSE;
    }
  self->anchor_weight = read_tensor (file, "conv8", "filters", 512 * 25, error);
  if (self->anchor_weight == NULL)
    return FALSE;
  self->anchor_bias = read_tensor (file, "conv8", "bias", 25, error);
  return self->anchor_bias != NULL;
}

static gboolean
read_landmarks (LkFaceFinder  *self,
                GError       **error)
{
  static const gsize channels[N_BLOCKS + 1] = { 3, 32, 64, 128, 256 };
  g_autoptr (LkSafetensors) file = open_weights ("face/face-landmarks.safetensors", error);

  if (file == NULL)
    return FALSE;
  for (guint block = 0; block < N_BLOCKS; block++)
    for (guint i = 0; i < N_BLOCK_LAYERS; i++)
      {
        g_autofree char *name = g_strdup_printf ("dense%u.conv%u", block, i);

        if (!read_layer (&self->blocks[block][i], file, name, i == 0 ? channels[block] : channels[block + 1], channels[block + 1],
                         block == 0 && i == 0, error))
          return FALSE;
      }
  self->point_weight = read_tensor (file, "fc", "weights", 256 * 2 * LK_FACE_POINTS, error);
  if (self->point_weight == NULL)
    return FALSE;
  self->point_bias = read_tensor (file, "fc", "bias", 2 * LK_FACE_POINTS, error);
  return self->point_bias != NULL;
}

LkFaceFinder *
lk_face_finder_new (GError **error)
{
  g_autoptr (LkFaceFinder) self = g_new0 (LkFaceFinder, 1);

  if (!read_finder (self, error) || !read_landmarks (self, error))
    return NULL;
  return g_steal_pointer (&self);
}

static void
layer_clear (Layer *layer)
{
  g_free (layer->weight);
  g_free (layer->depthwise);
  g_free (layer->pointwise);
  g_free (layer->bias);
}

void
lk_face_finder_free (LkFaceFinder *self)
{
  for (guint i = 0; i < N_FINDER_LAYERS; i++)
    layer_clear (&self->finder[i]);
  for (guint block = 0; block < N_BLOCKS; block++)
    for (guint i = 0; i < N_BLOCK_LAYERS; i++)
      layer_clear (&self->blocks[block][i]);
  g_free (self->anchor_weight);
  g_free (self->anchor_bias);
  g_free (self->point_weight);
  g_free (self->point_bias);
  g_free (self);
}

/* ---- layers -------------------------------------------------------------------------------------------------------- */

typedef struct
{
  const float *x, *weight;
  float       *y;
  gsize        side, c, stride, out;
  gssize       pad;             /* before; the rest falls off the far edge */
} Depthwise;

static void
depthwise_row (gpointer data,
               gsize    row,
               guint    worker)
{
  const Depthwise *d = data;

  for (gsize column = 0; column < d->out; column++)
    {
      float *y = d->y + (row * d->out + column) * d->c;

      memset (y, 0, d->c * sizeof *y);
      for (gssize v = 0; v < 3; v++)
        for (gssize u = 0; u < 3; u++)
          {
            gssize at_y = (gssize) (row * d->stride) + v - d->pad, at_x = (gssize) (column * d->stride) + u - d->pad;
            const float *x, *weight = d->weight + (v * 3 + u) * d->c;

            if (at_y < 0 || at_x < 0 || at_y >= (gssize) d->side || at_x >= (gssize) d->side)
              continue;
            x = d->x + (at_y * d->side + at_x) * d->c;
            for (gsize i = 0; i < d->c; i++)
              y[i] += x[i] * weight[i];
          }
    }
}

/* x [side,side,c] to a new [out,out,o], padded as "same": what does not divide evenly is padded at the far edges. */
static float *
run_layer (const Layer *layer,
           LkPool      *pool,
           const float *x,
           gsize        side,
           gsize        stride)
{
  gsize out = (side + stride - 1) / stride;
  gsize total = (out - 1) * stride + 3 > side ? (out - 1) * stride + 3 - side : 0;
  float *y = g_new (float, out * out * layer->o);

  if (layer->weight != NULL)
    {
      lk_cpu_conv2d (pool, &(LkCpuConv2d) { .n = 1, .h = side, .w = side, .c = layer->c, .o = layer->o, .kh = 3, .kw = 3, .stride = stride,
                                            .pad_before = total / 2, .out_h = out, .out_w = out, .weight = layer->weight,
                                            .weight_dtype = LK_DTYPE_F32, .bias = layer->bias, .x = x, .y = y });
    }
  else
    {
      g_autofree float *between = g_new (float, out * out * layer->c);
      Depthwise depthwise = { x, layer->depthwise, between, side, layer->c, stride, out, total / 2 };

      lk_pool_run (pool, out, depthwise_row, &depthwise);
      lk_cpu_gemm (pool, &(LkCpuGemm) { .m = out * out, .n = layer->o, .k = layer->c, .scale = 1.f, .a = between, .lda = layer->c,
                                        .b = layer->pointwise, .b_dtype = LK_DTYPE_F32, .ldb = layer->o, .bias = layer->bias, .c = y, .ldc = layer->o });
    }
  return y;
}

static void
leak (float *x,
      gsize  n)
{
  for (gsize i = 0; i < n; i++)
    x[i] = x[i] > 0.f ? x[i] : .1f * x[i];
}

/* The largest of 2x2 neighbours; what lies over the far edges does not count. */
static float *
pool_largest (const float *x,
              gsize        side,
              gsize        c,
              gsize        stride)
{
  gsize out = (side + stride - 1) / stride;
  float *y = g_new (float, out * out * c);

  for (gsize row = 0; row < out; row++)
    for (gsize column = 0; column < out; column++)
      for (gsize i = 0; i < c; i++)
        {
          float largest = -G_MAXFLOAT;

          for (gsize v = row * stride; v < MIN (row * stride + 2, side); v++)
            for (gsize u = column * stride; u < MIN (column * stride + 2, side); u++)
              largest = MAX (largest, x[(v * side + u) * c + i]);
          y[(row * out + column) * c + i] = largest;
        }
  return y;
}

static float *
normalise (const float *rgb,
           gsize        n_pixels,
           const float  mean[3],
           float        scale)
{
  float *x = g_new (float, n_pixels * 3);

  for (gsize i = 0; i < n_pixels * 3; i++)
    x[i] = (rgb[i] - mean[i % 3]) / scale;
  return x;
}

/* ---- networks ------------------------------------------------------------------------------------------------------ */

void
lk_face_run_finder (LkFaceFinder *self,
                    LkPool       *pool,
                    const float  *rgb,
                    guint         side,
                    float        *out)
{
  static const float mean[3] = { 117.001f, 114.697f, 97.404f };
  float *x = normalise (rgb, (gsize) side * side, mean, 256.f);
  gsize now = side;

  for (guint i = 0; i < N_FINDER_LAYERS; i++)
    {
      gsize stride = i + 1 < N_FINDER_LAYERS ? 2 : 1;
      float *y = run_layer (&self->finder[i], pool, x, now, 1);

      g_free (x);
      leak (y, now * now * self->finder[i].o);
      x = pool_largest (y, now, self->finder[i].o, stride);
      g_free (y);
      now = (now + stride - 1) / stride;
    }
  lk_cpu_gemm (pool, &(LkCpuGemm) { .m = now * now, .n = 25, .k = 512, .scale = 1.f, .a = x, .lda = 512, .b = self->anchor_weight,
                                    .b_dtype = LK_DTYPE_F32, .ldb = 25, .bias = self->anchor_bias, .c = out, .ldc = 25 });
  g_free (x);
}

static float *
rectified (const float *x,
           gsize        n)
{
  float *y = g_new (float, n);

  for (gsize i = 0; i < n; i++)
    y[i] = MAX (x[i], 0.f);
  return y;
}

/* a = relu (conv0 x); b = conv1 a; c = conv2 relu (a+b); d = conv3 relu (a+b+c); relu (a+b+c+d). */
static float *
run_block (const Layer *layers,
           LkPool      *pool,
           const float *x,
           gsize       *side)
{
  g_autofree float *first = run_layer (&layers[0], pool, x, *side, 2);
  gsize out = (*side + 1) / 2, n = out * out * layers[0].o;
  g_autofree float *sum = rectified (first, n);

  for (guint i = 1; i < N_BLOCK_LAYERS; i++)
    {
      g_autofree float *in = rectified (sum, n);
      g_autofree float *y = run_layer (&layers[i], pool, in, out, 1);

      for (gsize k = 0; k < n; k++)
        sum[k] += y[k];
    }
  *side = out;
  return rectified (sum, n);
}

void
lk_face_run_landmarks (LkFaceFinder *self,
                       LkPool       *pool,
                       const float  *rgb,
                       float        *out)
{
  static const float mean[3] = { 122.782f, 117.001f, 104.298f };
  float *x = normalise (rgb, LANDMARK_SIDE * LANDMARK_SIDE, mean, 255.f);
  float averages[256] = { 0.f };
  gsize side = LANDMARK_SIDE;

  for (guint block = 0; block < N_BLOCKS; block++)
    {
      float *y = run_block (self->blocks[block], pool, x, &side);

      g_free (x);
      x = y;
    }
  for (gsize place = 0; place < side * side; place++)
    for (gsize i = 0; i < 256; i++)
      averages[i] += x[place * 256 + i] / (side * side);
  g_free (x);
  lk_cpu_gemm (pool, &(LkCpuGemm) { .m = 1, .n = 2 * LK_FACE_POINTS, .k = 256, .scale = 1.f, .a = averages, .lda = 256, .b = self->point_weight,
                                    .b_dtype = LK_DTYPE_F32, .ldb = 2 * LK_FACE_POINTS, .bias = self->point_bias, .c = out, .ldc = 2 * LK_FACE_POINTS });
}

/* ---- pictures ------------------------------------------------------------------------------------------------------ */

/* The picture in a square of `side`, its aspect kept, on black: [side,side,3]. `left`, `top`: where it begins. */
static float *
make_square (const LkPicture *picture,
             guint            side,
             gboolean         centred,
             double          *scale,
             guint           *left,
             guint           *top)
{
  guint longer = MAX (picture->width, picture->height);
  guint width = MAX (1, (guint) (picture->width * (double) side / longer + .5)), height = MAX (1, (guint) (picture->height * (double) side / longer + .5));
  g_autoptr (LkPicture) scaled = lk_resize (picture, MIN (width, side), MIN (height, side));
  float *square = g_new0 (float, (gsize) side * side * 3);

  *scale = (double) side / longer;
  *left = centred ? (side - scaled->width) / 2 : 0;
  *top = centred ? (side - scaled->height) / 2 : 0;
  for (guint y = 0; y < scaled->height; y++)
    for (guint i = 0; i < scaled->width * 3; i++)
      square[((gsize) (y + *top) * side + *left) * 3 + i] = lk_picture_row (scaled, y)[i];
  return square;
}

static double
sigmoid (double x)
{
  return 1. / (1. + exp (-x));
}

typedef struct
{
  double x, y, width, height, score;    /* in pixels of the picture */
} Candidate;

static gint
compare_candidates (gconstpointer a,
                    gconstpointer b)
{
  const Candidate *first = a, *second = b;

  return first->score > second->score ? -1 : first->score < second->score;
}

static double
overlap (const Candidate *a,
         const Candidate *b)
{
  double width = MIN (a->x + a->width, b->x + b->width) - MAX (a->x, b->x);
  double height = MIN (a->y + a->height, b->y + b->height) - MAX (a->y, b->y);
  double common = width > 0. && height > 0. ? width * height : 0.;

  return common / (a->width * a->height + b->width * b->height - common);
}

/* Adds what is found in `picture`, a part of the whole that begins at (x, y). */
static void
add_candidates (LkFaceFinder    *self,
                LkPool          *pool,
                const LkPicture *picture,
                guint            side,
                gint             x,
                gint             y,
                GArray          *candidates)
{
  guint cells = side / 32, left, top;
  double scale;
  g_autofree float *square = make_square (picture, side, FALSE, &scale, &left, &top);
  g_autofree float *out = g_new (float, (gsize) cells * cells * 25);

  lk_face_run_finder (self, pool, square, side, out);
  for (guint cell = 0; cell < cells * cells; cell++)
    for (guint k = 0; k < N_ANCHORS; k++)
      {
        const float *v = out + (cell * N_ANCHORS + k) * 5;
        double width = exp (v[2]) * anchors[k][0] * 32. / scale, height = exp (v[3]) * anchors[k][1] * 32. / scale;
        Candidate found = { x + (cell % cells + sigmoid (v[0])) * 32. / scale - width / 2.,
                            y + (cell / cells + sigmoid (v[1])) * 32. / scale - height / 2., width, height, sigmoid (v[4]) };

        if (found.score >= LEAST_SCORE)
          g_array_append_val (candidates, found);
      }
}

/* Small faces in a large picture: overlapping squares of its shorter side, each looked at as a picture of its own. */
static void
add_from_parts (LkFaceFinder    *self,
                LkPool          *pool,
                const LkPicture *picture,
                GArray          *candidates)
{
  guint part = MIN (picture->width, picture->height), longer = MAX (picture->width, picture->height);
  guint n = MIN ((2 * longer - 1) / part, MOST_PARTS);

  for (guint i = 0; i < n; i++)
    {
      gint at = n > 1 ? (gint) ((guint64) (longer - part) * i / (n - 1)) : 0;
      gint x = picture->width > picture->height ? at : 0, y = picture->width > picture->height ? 0 : at;
      g_autoptr (LkPicture) cut = lk_crop_apply (&(LkCrop) { x, y, part, part }, picture);

      add_candidates (self, pool, cut, FINDER_LARGE_SIDE, x, y, candidates);
    }
}

/* Best first, each face once. */
static void
keep_best (GArray *candidates)
{
  g_array_sort (candidates, compare_candidates);
  for (guint i = 0; i + 1 < candidates->len; i++)
    for (guint j = candidates->len - 1; j > i; j--)
      if (overlap (&g_array_index (candidates, Candidate, i), &g_array_index (candidates, Candidate, j)) > MOST_OVERLAP)
        g_array_remove_index (candidates, j);
}

static void
find_points (LkFaceFinder    *self,
             LkPool          *pool,
             const LkPicture *picture,
             LkFoundFace     *face)
{
  g_autoptr (LkPicture) cut = lk_crop_apply (&(LkCrop) { face->box.x, face->box.y, face->box.width, face->box.height }, picture);
  float out[2 * LK_FACE_POINTS];
  guint left, top;
  double scale;
  g_autofree float *square = make_square (cut, LANDMARK_SIDE, TRUE, &scale, &left, &top);

  lk_face_run_landmarks (self, pool, square, out);
  for (guint i = 0; i < LK_FACE_POINTS; i++)
    {
      face->points[i][0] = face->box.x + (out[2 * i] * LANDMARK_SIDE - left) / scale;
      face->points[i][1] = face->box.y + (out[2 * i + 1] * LANDMARK_SIDE - top) / scale;
    }
}

static void
middle_of (const LkFoundFace *face,
           guint              first,
           guint              end,
           double             middle[2])
{
  middle[0] = middle[1] = 0.;
  for (guint i = first; i < end; i++)
    {
      middle[0] += face->points[i][0] / (end - first);
      middle[1] += face->points[i][1] / (end - first);
    }
}

/* Roll from the eyes; yaw from the nose's place between the ends of the jaw, along the line of the eyes. */
static void
find_pose (LkFoundFace *face)
{
  double left[2], right[2], length, across[2], nose, jaw_left, jaw_right, place;

  middle_of (face, 36, 42, left);
  middle_of (face, 42, 48, right);
  across[0] = right[0] - left[0];
  across[1] = right[1] - left[1];
  length = hypot (across[0], across[1]);
  if (length < 1e-6)
    {
      across[0] = 1.;
      across[1] = 0.;
      length = 1.;
    }
  face->roll = atan2 (across[1], across[0]) * 180. / G_PI;

  nose = (face->points[30][0] * across[0] + face->points[30][1] * across[1]) / length;
  jaw_left = (face->points[0][0] * across[0] + face->points[0][1] * across[1]) / length;
  jaw_right = (face->points[16][0] * across[0] + face->points[16][1] * across[1]) / length;
  place = jaw_right - jaw_left > 1e-6 ? 2. * (nose - jaw_left) / (jaw_right - jaw_left) - 1. : 0.;
  face->yaw = asin (CLAMP (place, -1., 1.)) * 180. / G_PI;
}

GArray *
lk_face_finder_find (LkFaceFinder    *self,
                     LkPool          *pool,
                     const LkPicture *picture)
{
  GArray *faces = g_array_new (FALSE, TRUE, sizeof (LkFoundFace));
  g_autoptr (GArray) candidates = g_array_new (FALSE, FALSE, sizeof (Candidate));

  add_candidates (self, pool, picture, FINDER_SIDE, 0, 0, candidates);
  if (candidates->len == 0 && MAX (picture->width, picture->height) > FINDER_SIDE)
    add_candidates (self, pool, picture, FINDER_LARGE_SIDE, 0, 0, candidates);
  if (candidates->len == 0 && MAX (picture->width, picture->height) > FINDER_LARGE_SIDE)
    add_from_parts (self, pool, picture, candidates);
  keep_best (candidates);

  for (guint i = 0; i < candidates->len; i++)
    {
      const Candidate *found = &g_array_index (candidates, Candidate, i);
      gint x0 = CLAMP ((gint) lrint (found->x), 0, (gint) picture->width - 1), y0 = CLAMP ((gint) lrint (found->y), 0, (gint) picture->height - 1);
      gint x1 = CLAMP ((gint) lrint (found->x + found->width), x0 + 1, (gint) picture->width);
      gint y1 = CLAMP ((gint) lrint (found->y + found->height), y0 + 1, (gint) picture->height);
      LkFoundFace face = { .box = { x0, y0, x1 - x0, y1 - y0 }, .score = found->score };

      find_points (self, pool, picture, &face);
      find_pose (&face);
      g_array_append_val (faces, face);
    }
  return faces;
}
