/* lk-probe-networks.c: text encoders, U-Net and autoencoder on given tensors. See lk-probe.h. */
#define G_LOG_DOMAIN "likeness-cli"

#include "config.h"

#include "cli/lk-probe.h"
#include "model/lk-noise-schedule.h"
#include "model/lk-text-encoder.h"
#include "model/lk-unet.h"
#include "model/lk-vae.h"

#include <glib/gi18n.h>
#include <string.h>

/* ---- text ---------------------------------------------------------------------------------------------------- */

static gint32 *
read_tokens (LkProbe     *probe,
             const char  *name,
             guint        encoder,
             gsize       *dims,
             GError     **error)
{
  const LkTextArchitecture *text = &probe->architecture->text[encoder];
  const LkSafeTensor *tensor = lk_probe_require (probe, name, 2, dims, error);
  g_autofree gint32 *ids = tensor != NULL ? g_new (gint32, tensor->n_elements) : NULL;

  if (tensor == NULL || !lk_safetensors_read_i32 (probe->in, tensor, 0, tensor->n_elements, ids, error))
    return NULL;
  if (dims[1] > text->n_positions)
    {
      g_set_error (error, LK_CHECKPOINT_ERROR, LK_CHECKPOINT_ERROR_MISSHAPEN,
                   _("“%s” has %zu tokens; the text encoder takes %u."), name, dims[1], text->n_positions);
      return NULL;
    }
  for (gsize i = 0; i < tensor->n_elements; i++)
    if (ids[i] < 0 || (guint) ids[i] >= text->vocabulary)
      {
        g_set_error (error, LK_CHECKPOINT_ERROR, LK_CHECKPOINT_ERROR_MISSHAPEN,
                     _("“%s” has the token %d; the vocabulary has %u."), name, ids[i], text->vocabulary);
        return NULL;
      }
  return g_steal_pointer (&ids);
}

/* The pooled vectors: each prompt's row of `states` [B,T,P] where its first EOS stands. */
static void
give_pooled (LkProbe      *probe,
             const float  *states,
             const gint32 *ids,
             const gsize  *dims)
{
  const LkTextArchitecture *text = &probe->architecture->text[1];
  gsize n = text->projection;
  float *pooled = g_new (float, dims[0] * n);

  for (gsize i = 0; i < dims[0]; i++)
    {
      guint place = lk_text_find_eos (text, ids + i * dims[1], (guint) dims[1]);

      memcpy (pooled + i * n, states + (i * dims[1] + place) * n, n * sizeof (float));
    }
  lk_probe_give (probe, "pooled", 2, (gsize[]) { dims[0], n }, pooled);
}

gboolean
lk_probe_text (LkProbe  *probe,
               GError  **error)
{
  gboolean has_second = probe->architecture->n_text_encoders == 2;
  g_autoptr (LkGraph) graph = lk_graph_new (probe->device);
  g_autoptr (LkAdapterSet) set = lk_probe_new_set (probe, graph, FALSE);
  gsize dims[2] = { 0, 0 };
  g_autofree gint32 *ids_1 = read_tokens (probe, "tokens_1", 0, dims, error), *ids_2 = NULL;
  g_autofree float *context_values = NULL, *pooled_values = NULL;
  LkTensor *tokens_1, *tokens_2 = NULL, *context, *pooled = NULL;

  if (ids_1 == NULL || !lk_model_load (probe->model, LK_PART_TEXT, NULL, NULL, NULL, error))
    return FALSE;
  if (has_second)
    {
      ids_2 = read_tokens (probe, "tokens_2", 1, dims, error);
      if (ids_2 == NULL)
        return FALSE;
      tokens_2 = lk_graph_input (graph, LK_DTYPE_I32, 2, dims);
    }
  tokens_1 = lk_graph_input (graph, LK_DTYPE_I32, 2, dims);

  context = lk_graph_keep (graph, lk_text_encoder_build (graph, probe->model, tokens_1, tokens_2, 0, set, has_second ? &pooled : NULL));
  if (has_second)
    lk_graph_keep (graph, pooled);

  if (!lk_graph_compile (graph, error) || !lk_probe_write_strengths (probe, set, error) ||
      !lk_graph_write (graph, tokens_1, ids_1, error) || (has_second && !lk_graph_write (graph, tokens_2, ids_2, error)) ||
      !lk_graph_run (graph, error))
    return FALSE;

  context_values = lk_probe_read_result (graph, context, error);
  if (context_values == NULL)
    return FALSE;
  lk_probe_give (probe, "context", 3, (gsize[]) { dims[0], dims[1], lk_tensor_get_n_columns (context) }, g_steal_pointer (&context_values));
  if (has_second)
    {
      pooled_values = lk_probe_read_result (graph, pooled, error);
      if (pooled_values == NULL)
        return FALSE;
      give_pooled (probe, pooled_values, ids_2, dims);
    }
  return TRUE;
}

/* ---- U-Net --------------------------------------------------------------------------------------------------- */

void
lk_probe_unet_clear (LkProbeUnet *unet)
{
  g_free (unet->timesteps);
  g_free (unet->context_values);
  g_free (unet->vector_values);
}

/* Reads PREFIXtimestep, PREFIXcontext and PREFIXvector and appends the U-Net for latents of `dims`. */
gboolean
lk_probe_build_unet (LkProbe       *probe,
                     LkGraph       *graph,
                     LkAdapterSet  *set,
                     const char    *prefix,
                     const gsize   *dims,
                     LkProbeUnet   *unet,
                     GError       **error)
{
  const LkUnetArchitecture *architecture = &probe->architecture->unet;
  g_autofree char *timestep_name = g_strconcat (prefix, "timestep", NULL), *context_name = g_strconcat (prefix, "context", NULL);
  g_autofree char *vector_name = g_strconcat (prefix, "vector", NULL);
  gsize context_dims[] = { dims[0], 0, architecture->context }, vector_dims[] = { dims[0], architecture->vector };

  unet->n_samples = dims[0];
  unet->timesteps = lk_probe_read_floats (probe, timestep_name, 1, (gsize[]) { dims[0] }, error);
  if (unet->timesteps == NULL)
    return FALSE;
  unet->context_values = lk_probe_read_floats (probe, context_name, 3, context_dims, error);
  if (unet->context_values == NULL)
    return FALSE;
  if (architecture->vector != 0)
    {
      unet->vector_values = lk_probe_read_floats (probe, vector_name, 2, vector_dims, error);
      if (unet->vector_values == NULL)
        return FALSE;
      unet->vector = lk_graph_input (graph, LK_DTYPE_F32, 2, vector_dims);
    }
  if (!lk_model_load (probe->model, LK_PART_UNET, NULL, NULL, NULL, error))
    return FALSE;

  unet->latent = lk_probe_add_picture_input (graph, dims);
  unet->features = lk_graph_input (graph, LK_DTYPE_F32, 2, (gsize[]) { dims[0], architecture->model_channels });
  unet->context = lk_graph_input (graph, LK_DTYPE_F32, 3, context_dims);
  unet->eps = lk_graph_keep (graph, lk_unet_build (graph, probe->model, unet->latent, unet->features, unet->context, unet->vector,
                                                   set, LK_CHECKPOINTS_NONE));
  return TRUE;
}

gboolean
lk_probe_write_unet (LkProbe      *probe,
                     LkGraph      *graph,
                     LkProbeUnet  *unet,
                     const float  *latent,
                     GError      **error)
{
  guint width = probe->architecture->unet.model_channels;
  g_autofree float *features = g_new (float, unet->n_samples * width);

  lk_timestep_features (unet->timesteps, unet->n_samples, width, features);
  return lk_graph_write (graph, unet->latent, latent, error) &&
         lk_graph_write (graph, unet->features, features, error) &&
         lk_graph_write (graph, unet->context, unet->context_values, error) &&
         (unet->vector == NULL || lk_graph_write (graph, unet->vector, unet->vector_values, error));
}

gboolean
lk_probe_unet (LkProbe  *probe,
               GError  **error)
{
  g_autoptr (LkGraph) graph = lk_graph_new (probe->device);
  g_autoptr (LkAdapterSet) set = lk_probe_new_set (probe, graph, FALSE);
  g_auto (LkProbeUnet) unet = { NULL };
  gsize channels = probe->architecture->unet.in_channels, dims[] = { 0, channels, 0, 0 };
  g_autofree float *latent = lk_probe_read_pictures (probe, "latent", dims, error);
  g_autofree float *eps = NULL;

  if (latent == NULL || !lk_probe_build_unet (probe, graph, set, "", dims, &unet, error) || !lk_graph_compile (graph, error) ||
      !lk_probe_write_strengths (probe, set, error) || !lk_probe_write_unet (probe, graph, &unet, latent, error) || !lk_graph_run (graph, error))
    return FALSE;
  eps = lk_probe_read_result (graph, unet.eps, error);
  if (eps == NULL)
    return FALSE;
  lk_probe_give_pictures (probe, "eps", eps, channels, 0, dims);
  return TRUE;
}

/* ---- autoencoder --------------------------------------------------------------------------------------------- */

gboolean
lk_probe_encoder (LkProbe  *probe,
                  GError  **error)
{
  guint factor = lk_architecture_get_latent_factor (probe->architecture), channels = probe->architecture->vae.latent_channels;
  g_autoptr (LkGraph) graph = lk_graph_new (probe->device);
  gsize dims[] = { 0, 3, 0, 0 };
  g_autofree float *image_values = lk_probe_read_pictures (probe, "image", dims, error), *moments_values = NULL;
  LkTensor *image, *moments;

  if (image_values == NULL || !lk_model_load (probe->model, LK_PART_VAE, NULL, NULL, NULL, error))
    return FALSE;
  if (dims[2] % factor != 0 || dims[3] % factor != 0)
    {
      g_set_error (error, LK_CHECKPOINT_ERROR, LK_CHECKPOINT_ERROR_MISSHAPEN, _("The sides of “image” must be multiples of %u."), factor);
      return FALSE;
    }

  image = lk_probe_add_picture_input (graph, dims);
  moments = lk_graph_keep (graph, lk_vae_build_encoder (graph, probe->model, image));
  if (!lk_graph_compile (graph, error) || !lk_graph_write (graph, image, image_values, error) || !lk_graph_run (graph, error))
    return FALSE;
  moments_values = lk_probe_read_result (graph, moments, error);
  if (moments_values == NULL)
    return FALSE;

  for (gsize i = 0; i < lk_tensor_get_n_rows (moments); i++)
    for (gsize j = channels; j < 2 * channels; j++)
      moments_values[i * 2 * channels + j] = CLAMP (moments_values[i * 2 * channels + j], -30.f, 20.f);
  dims[1] = channels;
  dims[2] /= factor;
  dims[3] /= factor;
  lk_probe_give_pictures (probe, "latent_mean", moments_values, 2 * channels, 0, dims);
  lk_probe_give_pictures (probe, "latent_logvar", moments_values, 2 * channels, channels, dims);
  return TRUE;
}

gboolean
lk_probe_decoder (LkProbe  *probe,
                  GError  **error)
{
  guint factor = lk_architecture_get_latent_factor (probe->architecture);
  g_autoptr (LkGraph) graph = lk_graph_new (probe->device);
  gsize dims[] = { 0, probe->architecture->vae.latent_channels, 0, 0 };
  g_autofree float *z_values = lk_probe_read_pictures (probe, "z", dims, error), *image_values = NULL;
  LkTensor *z, *image;

  if (z_values == NULL || !lk_model_load (probe->model, LK_PART_VAE, NULL, NULL, NULL, error))
    return FALSE;

  z = lk_probe_add_picture_input (graph, dims);
  image = lk_graph_keep (graph, lk_vae_build_decoder (graph, probe->model, z));
  if (!lk_graph_compile (graph, error) || !lk_graph_write (graph, z, z_values, error) || !lk_graph_run (graph, error))
    return FALSE;
  image_values = lk_probe_read_result (graph, image, error);
  if (image_values == NULL)
    return FALSE;
  lk_probe_give_pictures (probe, "decoded", image_values, 3, 0, (gsize[]) { dims[0], 3, dims[2] * factor, dims[3] * factor });
  return TRUE;
}
