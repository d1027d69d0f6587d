#define G_LOG_DOMAIN "likeness-generate"

#include "config.h"

#include <math.h>

#include "generate/lk-coder.h"

struct _LkCoder
{
  LkModel  *model;              /* owned reference */
  LkGraph  *graph;              /* owned */
  LkTensor *input, *output;
  guint     channels;           /* Z */
  guint     height, width;      /* of the picture */
  guint     n_places;           /* h·w of the latent */
};

static LkCoder *
coder_new (LkModel *model,
           guint    width,
           guint    height)
{
  const LkArchitecture *architecture = lk_model_get_architecture (model);
  guint factor = lk_architecture_get_latent_factor (architecture);
  LkCoder *coder = g_new0 (LkCoder, 1);

  coder->model = lk_model_ref (model);
  coder->graph = lk_graph_new (lk_model_get_device (model));
  coder->channels = architecture->vae.latent_channels;
  coder->height = height;
  coder->width = width;
  coder->n_places = height / factor * (width / factor);

  return coder;
}

static LkCoder *
coder_compile (LkCoder  *coder,
               GError  **error)
{
  lk_graph_keep (coder->graph, coder->output);
  if (lk_graph_compile (coder->graph, error))
    return coder;

  lk_coder_free (coder);
  return NULL;
}

LkCoder *
lk_coder_new_encoder (LkModel  *model,
                      guint     width,
                      guint     height,
                      GError  **error)
{
  LkCoder *coder = coder_new (model, width, height);

  coder->input = lk_graph_input (coder->graph, LK_DTYPE_F32, 4, (gsize[]) { 1, height, width, 3 });
  coder->output = lk_vae_build_encoder (coder->graph, model, coder->input);
  return coder_compile (coder, error);
}

LkCoder *
lk_coder_new_decoder (LkModel  *model,
                      guint     width,
                      guint     height,
                      GError  **error)
{
  guint factor = lk_architecture_get_latent_factor (lk_model_get_architecture (model));
  LkCoder *coder = coder_new (model, width, height);

  coder->input = lk_graph_input (coder->graph, LK_DTYPE_F32, 4, (gsize[]) { 1, height / factor, width / factor, coder->channels });
  coder->output = lk_vae_build_decoder (coder->graph, model, coder->input);
  return coder_compile (coder, error);
}

void
lk_coder_free (LkCoder *coder)
{
  lk_graph_free (coder->graph);
  lk_model_unref (coder->model);
  g_free (coder);
}

gsize
lk_coder_get_n (LkCoder *coder)
{
  return (gsize) coder->channels * coder->n_places;
}

gboolean
lk_coder_encode (LkCoder          *coder,
                 const LkPicture  *picture,
                 float            *mean,
                 float            *logvar,
                 GError          **error)
{
  g_autofree float *pixels = g_new (float, (gsize) coder->height * coder->width * 3);
  g_autofree float *moments = g_new (float, 2 * lk_coder_get_n (coder));
  gsize k = 0;

  g_assert (picture->width == coder->width && picture->height == coder->height && picture->channels == 3);

  /* To -1..1 as torchvision's ToTensor and Normalize do: two roundings. */
  for (guint y = 0; y < coder->height; y++)
    for (guint i = 0; i < coder->width * 3; i++)
      pixels[k++] = (lk_picture_row (picture, y)[i] / 255.f - 0.5f) / 0.5f;

  if (!lk_graph_write (coder->graph, coder->input, pixels, error)
      || !lk_graph_run (coder->graph, error)
      || !lk_graph_read (coder->graph, coder->output, moments, error))
    return FALSE;

  for (guint c = 0; c < coder->channels; c++)
    for (guint p = 0; p < coder->n_places; p++)
      {
        const float *place = moments + (gsize) p * 2 * coder->channels;

        mean[(gsize) c * coder->n_places + p] = place[c];
        logvar[(gsize) c * coder->n_places + p] = CLAMP (place[coder->channels + c], -30.f, 20.f);
      }
  return TRUE;
}

LkPicture *
lk_coder_decode (LkCoder      *coder,
                 const float  *latent,
                 GError      **error)
{
  float scale = lk_model_get_architecture (coder->model)->latent_scale;
  g_autofree float *z = g_new (float, lk_coder_get_n (coder));
  g_autofree float *pixels = g_new (float, (gsize) coder->height * coder->width * 3);
  LkPicture *picture;
  gsize k = 0;

  for (guint c = 0; c < coder->channels; c++)
    for (guint p = 0; p < coder->n_places; p++)
      z[(gsize) p * coder->channels + c] = latent[(gsize) c * coder->n_places + p] / scale;

  if (!lk_graph_write (coder->graph, coder->input, z, error)
      || !lk_graph_run (coder->graph, error)
      || !lk_graph_read (coder->graph, coder->output, pixels, error))
    return NULL;

  picture = lk_picture_new (coder->width, coder->height, 3);
  for (guint y = 0; y < coder->height; y++)
    for (guint i = 0; i < coder->width * 3; i++)
      {
        float value = (pixels[k++] + 1) / 2;

        lk_picture_row (picture, y)[i] = (guint8) (CLAMP (value, 0.f, 1.f) * 255);
      }
  return picture;
}
