/* lk-product.c: how matrix products and convolutions run on Vulkan: which kernel, which tile, how many splits.
 *
 * Software devices run gemm_registers.comp, hardware gemm_shared.comp; both take ragged sizes, and have a faster form where everything
 * is a multiple of 4. A product with few results and a long k (an adapter's gradient, a convolution at low resolution) would leave most
 * of a device idle: its k is split, and gemm_reduce.comp adds the parts up in order. Tile and splits follow from the shape alone.
 */
#define G_LOG_DOMAIN "likeness-ops"

#include "config.h"

#include "ops/lk-ops-private.h"

enum { HAS_BIAS = 1, HAS_ADD = 2, HAS_SCALE = 4 };   /* flags of shaders/common/gemm.glsl */

#define ENOUGH_TILES 128       /* workgroups that keep a device busy */
#define LEAST_SPLIT 256        /* of k */
#define MOST_SPLITS 16

/* The k of one split, a multiple of 16, and how many there are. */
static guint
split (gsize  m,
       gsize  n,
       gsize  k,
       gsize *k_split)
{
  gsize tiles = (m + 63) / 64 * ((n + 63) / 64);
  gsize n_splits = CLAMP (2 * ENOUGH_TILES / tiles, 1, MIN (MOST_SPLITS, k / LEAST_SPLIT + 1));

  if (tiles >= ENOUGH_TILES || k < 4 * LEAST_SPLIT)
    n_splits = 1;
  *k_split = (k + 16 * n_splits - 1) / (16 * n_splits) * 16;
  return (guint) ((k + *k_split - 1) / *k_split);
}

void
lk_product_add_scratch (LkGraph *graph,
                        LkOp    *op,
                        gsize    m,
                        gsize    n,
                        gsize    k)
{
  gsize k_split;
  guint n_splits = split (m, n, k, &k_split);

  if (n_splits > 1 && !lk_device_is_cpu (lk_graph_get_device (graph)))
    lk_op_add_output (op, LK_DTYPE_F32, 3, (gsize[]) { n_splits, m, n });
}

/* The kernel and the rows and columns of its tile. */
static LkGpuKernel
choose_kernel (const LkProduct *product,
               gboolean         has_register_tiles,
               guint            n_splits,
               gsize           *rows,
               gsize           *columns)
{
  static const char *names[2][2][2] = {
    { { "gemm_shared", "gemm_shared_f16" }, { "gemm_registers", "gemm_registers_f16" } },
    { { "conv2d_shared", "conv2d_shared_f16" }, { "conv2d_registers", "conv2d_registers_f16" } },
  };
  const LkConv2d *conv = product->conv;
  gboolean is_aligned = product->n % 4 == 0 && product->lda % 4 == 0 && product->ldb % 4 == 0 && (product->trans_a || product->k % 4 == 0);
  gsize large_tiles = (product->m + 127) / 128 * ((product->n + 127) / 128) * n_splits;
  LkGpuKernel kernel = {
    .shader = names[conv != NULL][has_register_tiles][product->b->dtype == LK_DTYPE_F16],
    .n_constants = 5,
    .constants = { product->trans_a, product->trans_b, is_aligned, conv != NULL ? conv->stride : 1 },
  };

  if (has_register_tiles)
    {
      *rows = is_aligned ? 16 : 8;
      *columns = 32;
      kernel.n_constants = 4;
    }
  else
    *rows = *columns = kernel.constants[4] = large_tiles >= ENOUGH_TILES ? 128 : 64;
  return kernel;
}

gboolean
lk_product_record (const LkProduct  *product,
                   LkGpuRecording   *recording,
                   GError          **error)
{
  const LkGpuInfo *info = lk_gpu_get_info (lk_gpu_recording_get_gpu (recording));
  const LkConv2d *conv = product->conv;
  gboolean looks_up_x = product->trans_a || product->trans_b;      /* a convolution; else it looks up dy */
  guint flags = (product->bias != NULL ? HAS_BIAS : 0) | (product->add != NULL ? HAS_ADD : 0) | (product->scale != NULL ? HAS_SCALE : 0);
  gsize k_split, rows, columns, n = product->m * product->n;
  guint n_splits = split (product->m, product->n, product->k, &k_split);
  LkGpuKernel kernel = choose_kernel (product, info->has_register_tiles, n_splits, &rows, &columns);
  LkGpuBinding bindings[] = {
    LK_READ (product->a), LK_READ (product->b), LK_READ (product->bias), LK_READ (product->add), LK_READ (product->scale),
    LK_WRITE (n_splits > 1 ? product->scratch : product->c),
  };
  struct
  {
    guint32 m, n, k, lda, ldb, k_split, flags;
    guint32 h, w, channels, row_h, row_w, kw, pad;
  } parameters = {
    (guint32) product->m, (guint32) product->n, (guint32) product->k, (guint32) product->lda, (guint32) product->ldb, (guint32) k_split,
    n_splits > 1 ? 0 : flags,
  };
  struct
  {
    guint32 n_elements, n, n_splits, flags;
  } reduce = { (guint32) n, (guint32) product->n, n_splits, flags };

  if (conv != NULL)
    {
      parameters.h = looks_up_x ? conv->h : conv->out_h;
      parameters.w = looks_up_x ? conv->w : conv->out_w;
      parameters.channels = looks_up_x ? conv->c : conv->o;
      parameters.row_h = looks_up_x ? conv->out_h : conv->h;
      parameters.row_w = looks_up_x ? conv->out_w : conv->w;
      parameters.kw = conv->kw;
      parameters.pad = conv->pad_before;
    }

  if (!lk_gpu_recording_dispatch (recording, &kernel, bindings, 6, &parameters, sizeof parameters,
                                  lk_n_groups (product->m, rows) * lk_n_groups (product->n, columns) * n_splits, 1, 1, error))
    return FALSE;
  if (n_splits == 1)
    return TRUE;

  bindings[0] = LK_READ (product->scratch);
  bindings[1] = LK_READ (NULL);
  bindings[5] = LK_WRITE (product->c);
  return lk_record (recording, "gemm_reduce", 0, bindings, 6, &reduce, sizeof reduce, lk_n_groups (n, LK_ELEMENTS_PER_GROUP), error);
}
