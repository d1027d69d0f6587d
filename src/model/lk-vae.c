/* lk-vae.c: the autoencoder. See the header. */
#define G_LOG_DOMAIN "likeness-model"

#include "config.h"

#include "model/lk-vae.h"

#include "model/lk-layers.h"

#include <math.h>

#define EPS 1e-6f

typedef struct
{
  LkLayers                 layers;
  const LkVaeArchitecture *vae;
} LkVaeBuilder;

static LkTensor *
build_res_block (const LkVaeBuilder *builder,
                 LkTensor           *x,
                 const char         *name)
{
  const LkLayers *layers = &builder->layers;
  g_autofree char *shortcut = g_strconcat (name, ".nin_shortcut.weight", NULL);
  LkTensor *h;

  h = lk_layers_group_norm (layers, x, builder->vae->n_groups, EPS, TRUE, "%s.norm1", name);
  h = lk_layers_conv (layers, h, 1, 1, 1, "%s.conv1", name);
  h = lk_layers_group_norm (layers, h, builder->vae->n_groups, EPS, TRUE, "%s.norm2", name);
  h = lk_layers_conv (layers, h, 1, 1, 1, "%s.conv2", name);
  if (lk_model_has_weight (layers->model, LK_PART_VAE, shortcut))
    x = lk_layers_linear (layers, x, "%s.nin_shortcut", name);
  return lk_add (layers->graph, x, h);
}

/* One head over all channels. */
static LkTensor *
build_attention (const LkVaeBuilder *builder,
                 LkTensor           *x,
                 const char         *name)
{
  const LkLayers *layers = &builder->layers;
  float scale = 1.f / sqrtf ((float) lk_tensor_get_n_columns (x));
  LkTensor *h = lk_layers_group_norm (layers, x, builder->vae->n_groups, EPS, FALSE, "%s.norm", name);
  LkTensor *q = lk_layers_linear (layers, h, "%s.q", name);
  LkTensor *k = lk_layers_linear (layers, h, "%s.k", name);
  LkTensor *v = lk_layers_linear (layers, h, "%s.v", name);

  h = lk_attention (layers->graph, q, k, v, 1, scale, FALSE);
  return lk_add (layers->graph, x, lk_layers_linear (layers, h, "%s.proj_out", name));
}

static LkTensor *
build_middle (const LkVaeBuilder *builder,
              LkTensor           *x,
              const char         *side)
{
  g_autofree char *block_1 = g_strconcat (side, ".mid.block_1", NULL), *block_2 = g_strconcat (side, ".mid.block_2", NULL);
  g_autofree char *attention = g_strconcat (side, ".mid.attn_1", NULL);

  x = build_res_block (builder, x, block_1);
  x = build_attention (builder, x, attention);
  return build_res_block (builder, x, block_2);
}

/* The residual blocks of one level. */
static LkTensor *
build_level (const LkVaeBuilder *builder,
             LkTensor           *x,
             guint               n_res_blocks,
             const char         *name)
{
  for (guint i = 0; i < n_res_blocks; i++)
    {
      g_autofree char *block = g_strdup_printf ("%s.block.%u", name, i);

      x = build_res_block (builder, x, block);
    }
  return x;
}

LkTensor *
lk_vae_build_encoder (LkGraph  *graph,
                      LkModel  *model,
                      LkTensor *image)
{
  const LkVaeArchitecture *vae = &lk_model_get_architecture (model)->vae;
  LkVaeBuilder builder = { .layers = { .graph = graph, .model = model, .part = LK_PART_VAE }, .vae = vae };
  const LkLayers *layers = &builder.layers;
  LkTensor *x;

  x = lk_layers_conv (layers, image, 1, 1, 1, "encoder.conv_in");
  for (guint i = 0; i < vae->n_levels; i++)
    {
      g_autofree char *name = g_strdup_printf ("encoder.down.%u", i);

      x = build_level (&builder, x, vae->encoder_res_blocks[i], name);
      /* Padded at the bottom and right only, as the original trained it. */
      if (i + 1 < vae->n_levels)
        x = lk_layers_conv (layers, x, 2, 0, 1, "%s.downsample.conv", name);
    }
  x = build_middle (&builder, x, "encoder");
  x = lk_layers_group_norm (layers, x, vae->n_groups, EPS, TRUE, "encoder.norm_out");
  x = lk_layers_conv (layers, x, 1, 1, 1, "encoder.conv_out");
  return lk_layers_linear (layers, x, "quant_conv");
}

LkTensor *
lk_vae_build_decoder (LkGraph  *graph,
                      LkModel  *model,
                      LkTensor *z)
{
  const LkVaeArchitecture *vae = &lk_model_get_architecture (model)->vae;
  LkVaeBuilder builder = { .layers = { .graph = graph, .model = model, .part = LK_PART_VAE }, .vae = vae };
  const LkLayers *layers = &builder.layers;
  LkTensor *x;

  x = lk_layers_linear (layers, z, "post_quant_conv");
  x = lk_layers_conv (layers, x, 1, 1, 1, "decoder.conv_in");
  x = build_middle (&builder, x, "decoder");
  for (guint i = vae->n_levels; i-- > 0;)
    {
      g_autofree char *name = g_strdup_printf ("decoder.up.%u", i);

      x = build_level (&builder, x, vae->decoder_res_blocks[i], name);
      if (i > 0)
        {
          x = lk_upsample (graph, x, 2 * lk_tensor_get_dim (x, 1), 2 * lk_tensor_get_dim (x, 2));
          x = lk_layers_conv (layers, x, 1, 1, 1, "%s.upsample.conv", name);
        }
    }
  x = lk_layers_group_norm (layers, x, vae->n_groups, EPS, TRUE, "decoder.norm_out");
  return lk_layers_conv (layers, x, 1, 1, 1, "decoder.conv_out");
}
