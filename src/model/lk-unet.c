/* lk-unet.c: the U-Net of Stable Diffusion, by the architecture's numbers. See the header.
 *
 * Down through the input blocks, whose results are kept; the middle; up through the output blocks, each of which sees the kept result
 * of its counterpart beside what came from below. Pictures and sequences are the same memory: a pixel is a token.
 */
#define G_LOG_DOMAIN "likeness-model"

#include "config.h"

#include "model/lk-unet.h"

#include "model/lk-layers.h"

#include <math.h>

#define NORM_GROUPS 32
#define RES_BLOCK_EPS 1e-5f
#define TRANSFORMER_EPS 1e-6f

typedef struct
{
  LkLayers                  layers;
  const LkUnetArchitecture *unet;
  LkTensor                 *embedding;      /* SiLU of the timestep embedding, [B,E] */
  LkTensor                 *context;
  LkCheckpoints             checkpoints;
} LkUnetBuilder;

static void
begin_segment (const LkUnetBuilder *builder,
               LkCheckpoints        kind)
{
  if (builder->checkpoints == kind)
    lk_graph_begin_checkpoint (builder->layers.graph);
}

static void
end_segment (const LkUnetBuilder *builder,
             LkCheckpoints        kind)
{
  if (builder->checkpoints == kind)
    lk_graph_end_checkpoint (builder->layers.graph);
}

/* ---- blocks -------------------------------------------------------------------------------------------------- */

/* `skip`: what came from the counterpart on the way down, or NULL. */
static LkTensor *
build_res_block (const LkUnetBuilder *builder,
                 const LkUnetBlock   *block,
                 LkTensor            *x,
                 LkTensor            *skip,
                 const char          *name)
{
  const LkLayers *layers = &builder->layers;
  LkTensor *h;

  begin_segment (builder, LK_CHECKPOINTS_BLOCKS);
  if (skip != NULL)
    x = lk_concat (layers->graph, x, skip);
  h = lk_layers_group_norm (layers, x, NORM_GROUPS, RES_BLOCK_EPS, TRUE, "%s.in_layers.0", name);
  h = lk_layers_conv (layers, h, 1, 1, 1, "%s.in_layers.2", name);
  h = lk_add_per_sample (layers->graph, h, lk_layers_linear (layers, builder->embedding, "%s.emb_layers.1", name));
  h = lk_layers_group_norm (layers, h, NORM_GROUPS, RES_BLOCK_EPS, TRUE, "%s.out_layers.0", name);
  h = lk_layers_conv (layers, h, 1, 1, 1, "%s.out_layers.3", name);
  if (block->in_channels != block->out_channels)
    x = lk_layers_linear (layers, x, "%s.skip_connection", name);
  h = lk_add (layers->graph, x, h);
  end_segment (builder, LK_CHECKPOINTS_BLOCKS);
  return h;
}

static LkTensor *
build_attention (const LkUnetBuilder *builder,
                 LkTensor            *x,
                 LkTensor            *context,
                 const char          *name)
{
  const LkLayers *layers = &builder->layers;
  guint channels = (guint) lk_tensor_get_n_columns (x), n_heads = lk_unet_architecture_get_n_heads (builder->unet, channels);
  LkTensor *q = lk_layers_linear (layers, x, "%s.to_q", name);
  LkTensor *k = lk_layers_linear (layers, context, "%s.to_k", name);
  LkTensor *v = lk_layers_linear (layers, context, "%s.to_v", name);
  LkTensor *y = lk_attention (layers->graph, q, k, v, n_heads, 1.f / sqrtf ((float) (channels / n_heads)), FALSE);

  return lk_layers_linear (layers, y, "%s.to_out.0", name);
}

static LkTensor *
build_transformer_block (const LkUnetBuilder *builder,
                         LkTensor            *x,
                         const char          *name)
{
  const LkLayers *layers = &builder->layers;
  LkGraph *graph = layers->graph;
  g_autofree char *attention_1 = g_strconcat (name, ".attn1", NULL), *attention_2 = g_strconcat (name, ".attn2", NULL);
  LkTensor *h;

  h = lk_layers_layer_norm (layers, x, "%s.norm1", name);
  x = lk_add (graph, x, build_attention (builder, h, h, attention_1));
  h = lk_layers_layer_norm (layers, x, "%s.norm2", name);
  x = lk_add (graph, x, build_attention (builder, h, builder->context, attention_2));
  begin_segment (builder, LK_CHECKPOINTS_FEED_FORWARD);
  h = lk_layers_layer_norm (layers, x, "%s.norm3", name);
  h = lk_geglu (graph, lk_layers_linear (layers, h, "%s.ff.net.0.proj", name));
  x = lk_add (graph, x, lk_layers_linear (layers, h, "%s.ff.net.2", name));
  end_segment (builder, LK_CHECKPOINTS_FEED_FORWARD);
  return x;
}

/* The first segment holds what comes before the first block, the last one what comes after the last: neither is kept then. */
static LkTensor *
build_transformer (const LkUnetBuilder *builder,
                   guint                depth,
                   LkTensor            *x,
                   const char          *name)
{
  const LkLayers *layers = &builder->layers;
  LkTensor *h;

  begin_segment (builder, LK_CHECKPOINTS_BLOCKS);
  h = lk_layers_group_norm (layers, x, NORM_GROUPS, TRANSFORMER_EPS, FALSE, "%s.norm", name);
  h = lk_layers_linear (layers, h, "%s.proj_in", name);
  for (guint i = 0; i < depth; i++)
    {
      g_autofree char *block = g_strdup_printf ("%s.transformer_blocks.%u", name, i);

      if (i > 0)
        {
          end_segment (builder, LK_CHECKPOINTS_BLOCKS);
          begin_segment (builder, LK_CHECKPOINTS_BLOCKS);
        }
      h = build_transformer_block (builder, h, block);
    }
  x = lk_add (layers->graph, x, lk_layers_linear (layers, h, "%s.proj_out", name));
  end_segment (builder, LK_CHECKPOINTS_BLOCKS);
  return x;
}

/* "SIDE.I": a residual block, then its transformer, if it has one. */
static LkTensor *
build_block (const LkUnetBuilder *builder,
             const LkUnetBlock   *block,
             LkTensor            *x,
             LkTensor            *skip,
             const char          *side,
             guint                index)
{
  g_autofree char *res_block = g_strdup_printf ("%s.%u.0", side, index);
  g_autofree char *transformer = g_strdup_printf ("%s.%u.1", side, index);

  x = build_res_block (builder, block, x, skip, res_block);
  return block->depth > 0 ? build_transformer (builder, block->depth, x, transformer) : x;
}

/* ---- the whole ----------------------------------------------------------------------------------------------- */

static LkTensor *
build_embedding (const LkLayers *layers,
                 LkTensor       *features,
                 LkTensor       *vector)
{
  LkTensor *embedding, *label;

  embedding = lk_activation (layers->graph, lk_layers_linear (layers, features, "time_embed.0"), LK_ACTIVATION_SILU);
  embedding = lk_layers_linear (layers, embedding, "time_embed.2");
  if (vector != NULL)
    {
      label = lk_activation (layers->graph, lk_layers_linear (layers, vector, "label_emb.0.0"), LK_ACTIVATION_SILU);
      embedding = lk_add (layers->graph, embedding, lk_layers_linear (layers, label, "label_emb.0.2"));
    }
  /* Every residual block begins with this SiLU. */
  return lk_activation (layers->graph, embedding, LK_ACTIVATION_SILU);
}

LkTensor *
lk_unet_build (LkGraph      *graph,
               LkModel      *model,
               LkTensor     *latent,
               LkTensor     *features,
               LkTensor     *context,
               LkTensor     *vector,
               LkAdapterSet *adapters,
               LkCheckpoints checkpoints)
{
  const LkUnetArchitecture *unet = &lk_model_get_architecture (model)->unet;
  LkUnetBuilder builder = {
    .layers = { .graph = graph, .model = model, .part = LK_PART_UNET, .adapters = adapters },
    .unet = unet, .context = context, .checkpoints = checkpoints,
  };
  const LkLayers *layers = &builder.layers;
  LkTensor *skips[LK_MAX_UNET_BLOCKS], *x;

  g_assert ((vector != NULL) == (unet->vector != 0));
  g_assert (lk_tensor_get_n_columns (context) == unet->context);

  builder.embedding = build_embedding (layers, features, vector);

  skips[0] = x = lk_layers_conv (layers, latent, 1, 1, 1, "input_blocks.0.0");
  for (guint i = 1; i < unet->n_input_blocks; i++)
    {
      if (unet->input_blocks[i].is_resize)
        x = lk_layers_conv (layers, x, 2, 1, 1, "input_blocks.%u.0.op", i);
      else
        x = build_block (&builder, &unet->input_blocks[i], x, NULL, "input_blocks", i);
      skips[i] = x;
    }

  x = build_res_block (&builder, &unet->middle_block, x, NULL, "middle_block.0");
  x = build_transformer (&builder, unet->middle_block.depth, x, "middle_block.1");
  x = build_res_block (&builder, &unet->middle_block, x, NULL, "middle_block.2");

  for (guint i = 0; i < unet->n_output_blocks; i++)
    {
      const LkUnetBlock *block = &unet->output_blocks[i];

      x = build_block (&builder, block, x, skips[unet->n_input_blocks - 1 - i], "output_blocks", i);
      if (block->is_resize)
        {
          /* As large as the picture was on the way down: with an odd side that is one less than twice. */
          const LkTensor *skip = skips[unet->n_input_blocks - 2 - i];

          x = lk_upsample (graph, x, lk_tensor_get_dim (skip, 1), lk_tensor_get_dim (skip, 2));
          x = lk_layers_conv (layers, x, 1, 1, 1, "output_blocks.%u.%u.conv", i, block->depth > 0 ? 2 : 1);
        }
    }

  x = lk_layers_group_norm (layers, x, NORM_GROUPS, RES_BLOCK_EPS, TRUE, "out.0");
  return lk_layers_conv (layers, x, 1, 1, 1, "out.2");
}
