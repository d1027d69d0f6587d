#define G_LOG_DOMAIN "likeness-generate"

#include "config.h"

#include <math.h>
#include <string.h>

#include "generate/lk-denoiser.h"

struct _LkDenoiser
{
  LkModel      *model;          /* owned reference */
  GPtrArray    *adapters;       /* LkAdapter references */
  LkGraph      *graph;          /* owned */
  LkAdapterSet *set;            /* owned */
  LkTensor     *latent, *features, *context, *vector, *eps;
  LkSigmaTable  table;

  guint         n;              /* batch: 1, or 2 with the unconditional text second */
  guint         channels, height, width;        /* Z, h, w */
  guint         n_tokens;
  double        cfg;
  float        *batch;          /* [n,h,w,Z], scratch, owned */
  float        *row;            /* features of the timestep, [n,model_channels], scratch, owned */
};

static gsize
count (const LkDenoiser *denoiser)
{
  return (gsize) denoiser->channels * denoiser->height * denoiser->width;
}

/* ---- the graph ------------------------------------------------------------------------------------------------- */

static gboolean
build (LkDenoiser  *denoiser,
       GError     **error)
{
  const LkUnetArchitecture *unet = &lk_model_get_architecture (denoiser->model)->unet;
  LkGraph *graph = lk_graph_new (lk_model_get_device (denoiser->model));
  const gsize n = denoiser->n;

  denoiser->graph = graph;
  denoiser->set = lk_adapter_set_new (graph);
  for (guint i = 0; i < denoiser->adapters->len; i++)
    lk_adapter_set_add (denoiser->set, denoiser->adapters->pdata[i], FALSE);

  denoiser->latent = lk_graph_input (graph, LK_DTYPE_F32, 4, (gsize[]) { n, denoiser->height, denoiser->width, denoiser->channels });
  denoiser->features = lk_graph_input (graph, LK_DTYPE_F32, 2, (gsize[]) { n, unet->model_channels });
  denoiser->context = lk_graph_input (graph, LK_DTYPE_F32, 3, (gsize[]) { n, denoiser->n_tokens, unet->context });
  if (unet->vector > 0)
    denoiser->vector = lk_graph_input (graph, LK_DTYPE_F32, 2, (gsize[]) { n, unet->vector });
  denoiser->eps = lk_unet_build (graph, denoiser->model, denoiser->latent, denoiser->features, denoiser->context, denoiser->vector,
                                 denoiser->set, LK_CHECKPOINTS_NONE);
  lk_graph_keep (graph, denoiser->eps);

  return lk_graph_compile (graph, error);
}

LkDenoiser *
lk_denoiser_new (LkModel    *model,
                 LkAdapter **adapters,
                 guint       n_adapters,
                 guint       height,
                 guint       width,
                 guint       n_tokens,
                 gboolean    with_uncond,
                 GError    **error)
{
  const LkArchitecture *architecture = lk_model_get_architecture (model);
  g_autoptr (LkDenoiser) denoiser = g_new0 (LkDenoiser, 1);

  denoiser->model = lk_model_ref (model);
  denoiser->adapters = g_ptr_array_new_with_free_func ((GDestroyNotify) lk_adapter_unref);
  for (guint i = 0; i < n_adapters; i++)
    g_ptr_array_add (denoiser->adapters, lk_adapter_ref (adapters[i]));
  denoiser->n = with_uncond ? 2 : 1;
  denoiser->channels = architecture->unet.in_channels;
  denoiser->height = height;
  denoiser->width = width;
  denoiser->n_tokens = n_tokens;
  denoiser->batch = g_new (float, denoiser->n * count (denoiser));
  denoiser->row = g_new (float, denoiser->n * architecture->unet.model_channels);
  lk_sigma_table_init (&denoiser->table, lk_noise_schedule_get_exact_alphas_cumprod ());

  if (!build (denoiser, error))
    return NULL;
  return g_steal_pointer (&denoiser);
}

void
lk_denoiser_free (LkDenoiser *denoiser)
{
  g_clear_pointer (&denoiser->set, lk_adapter_set_free);
  g_clear_pointer (&denoiser->graph, lk_graph_free);
  g_ptr_array_unref (denoiser->adapters);
  lk_model_unref (denoiser->model);
  g_free (denoiser->batch);
  g_free (denoiser->row);
  g_free (denoiser);
}

const LkSigmaTable *
lk_denoiser_get_sigma_table (LkDenoiser *denoiser)
{
  return &denoiser->table;
}

/* ---- what changes from picture to picture ---------------------------------------------------------------------- */

gboolean
lk_denoiser_set_strength (LkDenoiser  *denoiser,
                          guint        adapter,
                          double       strength,
                          GError     **error)
{
  return lk_adapter_set_write_strength (denoiser->set, adapter, strength, 0, error);
}

gboolean
lk_denoiser_set_conditioning (LkDenoiser            *denoiser,
                              const LkConditioning  *cond,
                              const LkConditioning  *uncond,
                              double                 cfg,
                              GError               **error)
{
  const LkConditioning *texts[2] = { cond, uncond };
  gsize n_context = (gsize) denoiser->n_tokens * cond->width;
  g_autofree float *context = g_new (float, denoiser->n * n_context);
  g_autofree float *vector = NULL;
  guint n_vector = denoiser->vector ? lk_tensor_get_n_columns (denoiser->vector) : 0;
  guint factor = lk_architecture_get_latent_factor (lk_model_get_architecture (denoiser->model));
  const float height = denoiser->height * factor, width = denoiser->width * factor;
  const float sizes[LK_N_SIZES] = { height, width, 0, 0, height, width };

  g_assert ((uncond != NULL) == (denoiser->n == 2));
  if (denoiser->vector)
    vector = g_new (float, denoiser->n * (gsize) n_vector);

  for (guint i = 0; i < denoiser->n; i++)
    {
      gsize n_text = (gsize) texts[i]->n_tokens * texts[i]->width;

      g_assert (n_context % n_text == 0);
      for (gsize first = 0; first < n_context; first += n_text)
        memcpy (context + i * n_context + first, texts[i]->context, n_text * sizeof (float));
      if (vector)
        lk_conditioning_fill_vector (texts[i], sizes, vector + i * (gsize) n_vector);
    }
  denoiser->cfg = cfg;

  return lk_graph_write (denoiser->graph, denoiser->context, context, error)
         && (vector == NULL || lk_graph_write (denoiser->graph, denoiser->vector, vector, error));
}

/* ---- denoising ------------------------------------------------------------------------------------------------- */

gboolean
lk_denoiser_denoise (gpointer      data,
                     const float  *x,
                     float         sigma,
                     float        *denoised,
                     GError      **error)
{
  LkDenoiser *denoiser = data;
  const LkUnetArchitecture *unet = &lk_model_get_architecture (denoiser->model)->unet;
  const gsize n_places = (gsize) denoiser->height * denoiser->width, n = count (denoiser);
  const float timestep = lk_sigma_table_get_timestep (&denoiser->table, sigma);
  const float scale = sqrtf (sigma * sigma + 1);
  const float cfg = denoiser->cfg;

  for (gsize c = 0; c < denoiser->channels; c++)
    for (gsize p = 0; p < n_places; p++)
      denoiser->batch[p * denoiser->channels + c] = x[c * n_places + p] / scale;
  lk_timestep_features (&timestep, 1, unet->model_channels, denoiser->row);
  if (denoiser->n == 2)
    {
      memcpy (denoiser->batch + n, denoiser->batch, n * sizeof (float));
      memcpy (denoiser->row + unet->model_channels, denoiser->row, unet->model_channels * sizeof (float));
    }

  if (!lk_graph_write (denoiser->graph, denoiser->latent, denoiser->batch, error)
      || !lk_graph_write (denoiser->graph, denoiser->features, denoiser->row, error)
      || !lk_graph_run (denoiser->graph, error)
      || !lk_graph_read (denoiser->graph, denoiser->eps, denoiser->batch, error))
    return FALSE;

  for (gsize c = 0; c < denoiser->channels; c++)
    for (gsize p = 0; p < n_places; p++)
      {
        gsize k = c * n_places + p;
        float cond = x[k] - denoiser->batch[p * denoiser->channels + c] * sigma;

        if (denoiser->n == 2)
          {
            float uncond = x[k] - denoiser->batch[n + p * denoiser->channels + c] * sigma;

            denoised[k] = uncond + (cond - uncond) * cfg;
          }
        else
          {
            denoised[k] = cond;
          }
      }
  return TRUE;
}
