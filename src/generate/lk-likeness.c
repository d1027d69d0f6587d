/* lk-likeness.c: five convolutions of stride 2, each with a norm and SiLU; the mean over the picture; one linear layer. */
#define G_LOG_DOMAIN "likeness-generate"

#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/lk-file.h"
#include "formats/lk-safetensors.h"
#include "generate/lk-likeness.h"
#include "model/lk-layout.h"
#include "ops/lk-ops.h"

#define SIDE 96
#define N_LAYERS 5
#define N_GROUPS 8
#define KERNEL 3
#define PADDING 64              /* numbers that each weight is padded to: tensors begin at multiples of 256 bytes */

struct _LkLikeness
{
  LkGraph  *graph;              /* owned */
  LkTensor *input, *output;     /* [1,96,96,3], [1,3,3,C] */
  float    *weight, *bias;      /* of the linear layer [64,C], [64]; owned */
};

/* ---- loading --------------------------------------------------------------------------------------------------- */

static gsize
pad (gsize n)
{
  return (n + PADDING - 1) / PADDING * PADDING;
}

/* The tensor of that name and what it is; owned by the caller. */
static float *
read_tensor (LkSafetensors       *file,
             const char          *name,
             const LkSafeTensor **tensor,
             GError             **error)
{
  g_autofree float *values = NULL;

  *tensor = lk_safetensors_require (file, name, error);
  if (*tensor == NULL)
    return NULL;
  values = g_new (float, (*tensor)->n_elements);
  return lk_safetensors_read_f32 (file, *tensor, 0, (*tensor)->n_elements, values, error) ? g_steal_pointer (&values) : NULL;
}

static LkTensor *
upload (LkGraph      *graph,
        const float  *values,
        guint         n_dims,
        const gsize  *dims,
        GError      **error)
{
  g_autoptr (LkStorage) storage = NULL;
  gsize n = 1;

  for (guint i = 0; i < n_dims; i++)
    n *= dims[i];
  storage = lk_storage_new (lk_graph_get_device (graph), LK_DTYPE_F32, pad (n), error);
  if (storage == NULL || !lk_storage_write (storage, 0, n, values, error))
    return NULL;
  return lk_graph_external (graph, storage, 0, n_dims, dims);
}

static LkTensor *
load_vector (LkGraph        *graph,
             LkSafetensors  *file,
             const char     *name,
             GError        **error)
{
  const LkSafeTensor *tensor;
  g_autofree float *values = read_tensor (file, name, &tensor, error);

  return values ? upload (graph, values, 1, &tensor->n_elements, error) : NULL;
}

/* [O,C,3,3] in the file, [O,3,3,C] on the device. */
static LkTensor *
load_kernel (LkGraph        *graph,
             LkSafetensors  *file,
             const char     *name,
             GError        **error)
{
  const LkSafeTensor *tensor;
  g_autofree float *values = read_tensor (file, name, &tensor, error), *turned = NULL;
  gsize n_out, n_in, size;

  if (values == NULL)
    return NULL;
  n_out = tensor->dims[0];
  n_in = tensor->dims[1];
  size = n_in * KERNEL * KERNEL;
  turned = g_new (float, tensor->n_elements);
  for (gsize o = 0; o < n_out; o++)
    lk_layout_transpose (values + o * size, turned + o * size, n_in, KERNEL * KERNEL, sizeof (float));
  return upload (graph, turned, 4, (gsize[]) { n_out, KERNEL, KERNEL, n_in }, error);
}

static LkTensor *
build_layer (LkGraph        *graph,
             LkSafetensors  *file,
             guint           layer,
             LkTensor       *x,
             GError        **error)
{
  g_autofree char *kernel_name = g_strdup_printf ("conv.%u.weight", layer), *bias_name = g_strdup_printf ("conv.%u.bias", layer);
  g_autofree char *gamma_name = g_strdup_printf ("norm.%u.weight", layer), *beta_name = g_strdup_printf ("norm.%u.bias", layer);
  LkTensor *kernel = load_kernel (graph, file, kernel_name, error);
  LkTensor *bias = kernel ? load_vector (graph, file, bias_name, error) : NULL;
  LkTensor *gamma = bias ? load_vector (graph, file, gamma_name, error) : NULL;
  LkTensor *beta = gamma ? load_vector (graph, file, beta_name, error) : NULL;

  if (beta == NULL)
    return NULL;
  return lk_group_norm (graph, lk_conv2d (graph, x, kernel, bias, 2, 1, 1), gamma, beta, N_GROUPS, 1e-5f, TRUE);
}

static gboolean
build (LkLikeness     *likeness,
       LkSafetensors  *file,
       GError        **error)
{
  LkTensor *x = lk_graph_input (likeness->graph, LK_DTYPE_F32, 4, (gsize[]) { 1, SIDE, SIDE, 3 });
  const LkSafeTensor *tensor;

  likeness->input = x;
  for (guint i = 0; i < N_LAYERS; i++)
    {
      x = build_layer (likeness->graph, file, i, x, error);
      if (x == NULL)
        return FALSE;
    }
  likeness->output = lk_graph_keep (likeness->graph, x);

  likeness->weight = read_tensor (file, "linear.weight", &tensor, error);
  if (likeness->weight == NULL)
    return FALSE;
  likeness->bias = read_tensor (file, "linear.bias", &tensor, error);
  return likeness->bias && lk_graph_compile (likeness->graph, error);
}

LkLikeness *
lk_likeness_new (LkDevice    *device,
                 const char  *path,
                 GError     **error)
{
  g_autofree char *shipped = lk_data_path ("starter/drawn-likeness.safetensors");
  g_autoptr (LkSafetensors) file = lk_safetensors_open (path ? path : shipped, error);
  g_autoptr (LkLikeness) likeness = NULL;

  if (file == NULL)
    return NULL;
  likeness = g_new0 (LkLikeness, 1);
  likeness->graph = lk_graph_new (device);
  return build (likeness, file, error) ? g_steal_pointer (&likeness) : NULL;
}

void
lk_likeness_free (LkLikeness *likeness)
{
  lk_graph_free (likeness->graph);
  g_free (likeness->weight);
  g_free (likeness->bias);
  g_free (likeness);
}

/* ---- looking --------------------------------------------------------------------------------------------------- */

/* To 96 x 96 by the mean over the pixels that a place touches, as PyTorch's "area" does it, in -1..1. */
static void
shrink (const LkPicture *picture,
        float           *pixels)
{
  for (guint y = 0; y < SIDE; y++)
    for (guint x = 0; x < SIDE; x++)
      {
        guint top = y * picture->height / SIDE, bottom = ((y + 1) * picture->height + SIDE - 1) / SIDE;
        guint left = x * picture->width / SIDE, right = ((x + 1) * picture->width + SIDE - 1) / SIDE;
        double sum[3] = { 0 };

        for (guint v = top; v < bottom; v++)
          for (guint u = left; u < right; u++)
            for (guint c = 0; c < 3; c++)
              sum[c] += lk_picture_row (picture, v)[u * picture->channels + c];
        for (guint c = 0; c < 3; c++)
          *pixels++ = (float) (sum[c] / ((bottom - top) * (right - left)) / 127.5 - 1);
      }
}

static void
normalize (float *vector)
{
  double length = 0;

  for (guint i = 0; i < LK_LIKENESS_N; i++)
    length += (double) vector[i] * vector[i];
  length = MAX (sqrt (length), 1e-12);
  for (guint i = 0; i < LK_LIKENESS_N; i++)
    vector[i] = (float) (vector[i] / length);
}

gboolean
lk_likeness_embed (LkLikeness       *likeness,
                   const LkPicture  *picture,
                   float            *embedding,
                   GError          **error)
{
  gsize n_places = lk_tensor_get_n_rows (likeness->output), n = lk_tensor_get_n_columns (likeness->output);
  g_autofree float *pixels = g_new (float, SIDE * SIDE * 3), *places = g_new (float, n_places * n);
  g_autofree double *mean = g_new0 (double, n);

  shrink (picture, pixels);
  if (!lk_graph_write (likeness->graph, likeness->input, pixels, error) || !lk_graph_run (likeness->graph, error)
      || !lk_graph_read (likeness->graph, likeness->output, places, error))
    return FALSE;

  for (gsize p = 0; p < n_places; p++)
    for (gsize c = 0; c < n; c++)
      mean[c] += places[p * n + c] / (double) n_places;
  for (guint i = 0; i < LK_LIKENESS_N; i++)
    {
      double sum = likeness->bias[i];

      for (gsize c = 0; c < n; c++)
        sum += likeness->weight[i * n + c] * mean[c];
      embedding[i] = (float) sum;
    }
  normalize (embedding);
  return TRUE;
}

void
lk_likeness_mean (const float *embeddings,
                  guint        n,
                  float       *mean)
{
  memset (mean, 0, LK_LIKENESS_N * sizeof *mean);
  for (guint i = 0; i < n * LK_LIKENESS_N; i++)
    mean[i % LK_LIKENESS_N] += embeddings[i];
  normalize (mean);
}

double
lk_likeness_compare (const float *a,
                     const float *b)
{
  double sum = 0;

  for (guint i = 0; i < LK_LIKENESS_N; i++)
    sum += (double) a[i] * b[i];
  return sum;
}

/* ---- many pictures --------------------------------------------------------------------------------------------- */

/* Embeddings [n,64] of the files; owned by the caller. */
static float *
embed_files (LkLikeness          *likeness,
             const char * const  *paths,
             guint               *n,
             GError             **error)
{
  g_autofree float *embeddings = NULL;

  *n = g_strv_length ((char **) paths);
  embeddings = g_new (float, *n * LK_LIKENESS_N);
  for (guint i = 0; i < *n; i++)
    {
      g_autoptr (LkPicture) picture = lk_picture_read (paths[i], LK_PICTURE_ON_WHITE, NULL, error);

      if (picture == NULL || !lk_likeness_embed (likeness, picture, embeddings + i * LK_LIKENESS_N, error))
        return NULL;
    }
  return g_steal_pointer (&embeddings);
}

gboolean
lk_likeness_look (LkLikeness          *likeness,
                  const char * const  *paths,
                  float               *mean,
                  GError             **error)
{
  guint n;
  g_autofree float *embeddings = embed_files (likeness, paths, &n, error);

  if (embeddings == NULL)
    return FALSE;
  lk_likeness_mean (embeddings, n, mean);
  return TRUE;
}

static int
compare_numbers (gconstpointer a,
                 gconstpointer b)
{
  double first = *(const double *) a, second = *(const double *) b;

  return (first > second) - (first < second);
}

/* The value below which a share of the sorted ones lies, between two by a straight line. */
static double
quantile (const double *sorted,
          guint         n,
          double        share)
{
  double place = share * (n - 1);
  guint below = (guint) place;

  return sorted[below] + (below + 1 < n ? (place - below) * (sorted[below + 1] - sorted[below]) : 0);
}

gboolean
lk_likeness_measure (LkLikeness          *likeness,
                     const float         *mean,
                     const char * const  *paths,
                     LkLikenessFigures   *figures,
                     GError             **error)
{
  guint n;
  g_autofree float *embeddings = embed_files (likeness, paths, &n, error);
  g_autofree double *cosines = embeddings ? g_new (double, n) : NULL;

  if (embeddings == NULL)
    return FALSE;
  g_return_val_if_fail (n > 0, FALSE);
  for (guint i = 0; i < n; i++)
    cosines[i] = lk_likeness_compare (embeddings + i * LK_LIKENESS_N, mean);
  qsort (cosines, n, sizeof *cosines, compare_numbers);

  *figures = (LkLikenessFigures) { n, quantile (cosines, n, 0.25), quantile (cosines, n, 0.5), quantile (cosines, n, 0.75) };
  return TRUE;
}
