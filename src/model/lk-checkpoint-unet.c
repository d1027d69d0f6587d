/* lk-checkpoint-unet.c: the tensors of the U-Net, block by block in the order of its arithmetic. See lk-checkpoint-private.h. */
#define G_LOG_DOMAIN "likeness-model"

#include "config.h"

#include "model/lk-checkpoint-private.h"

#include <glib/gi18n.h>

#define NORM_GROUPS 32
#define SD1_HEADS 8
#define SDXL_HEAD_CHANNELS 64

/* ---- blocks -------------------------------------------------------------------------------------------------- */

static void
read_norm (LkCheckpointReader *reader,
           guint               n,
           const char         *block,
           const char         *layer)
{
  lk_reader_norm (reader, n, "%s.%s", block, layer);
  if (n % NORM_GROUPS != 0)
    lk_reader_fail (reader, LK_CHECKPOINT_ERROR_MISSHAPEN,
                    _("“%s” cannot be used: the %u channels of “%s%s.%s” do not divide into %d groups."),
                    reader->file_name, n, reader->prefix, block, layer, NORM_GROUPS);
}

static void
read_res_block (LkCheckpointReader       *reader,
                const LkUnetArchitecture *unet,
                guint                     out,
                guint                     in,
                const char               *block)
{
  read_norm (reader, in, block, "in_layers.0");
  lk_reader_conv (reader, out, in, 3, "%s.in_layers.2", block);
  lk_reader_linear (reader, out, unet->embedding, TRUE, "%s.emb_layers.1", block);
  read_norm (reader, out, block, "out_layers.0");
  lk_reader_conv (reader, out, out, 3, "%s.out_layers.3", block);
  if (in != out)
    lk_reader_conv (reader, out, in, 1, "%s.skip_connection", block);
}

static void
read_attention (LkCheckpointReader *reader,
                guint               channels,
                guint               context,
                const char         *block,
                const char         *attention)
{
  lk_reader_linear (reader, channels, channels, FALSE, "%s.%s.to_q", block, attention);
  lk_reader_linear (reader, channels, context, FALSE, "%s.%s.to_k", block, attention);
  lk_reader_linear (reader, channels, context, FALSE, "%s.%s.to_v", block, attention);
  lk_reader_linear (reader, channels, channels, TRUE, "%s.%s.to_out.0", block, attention);
}

static void
read_transformer_block (LkCheckpointReader       *reader,
                        const LkUnetArchitecture *unet,
                        guint                     channels,
                        const char               *block)
{
  /* Value and gate, side by side. */
  guint hidden = lk_reader_get_dim (reader, 0, "%s.ff.net.0.proj.weight", block) / 2;

  lk_reader_norm (reader, channels, "%s.norm1", block);
  read_attention (reader, channels, channels, block, "attn1");
  lk_reader_norm (reader, channels, "%s.norm2", block);
  read_attention (reader, channels, unet->context, block, "attn2");
  lk_reader_norm (reader, channels, "%s.norm3", block);
  lk_reader_linear (reader, 2 * hidden, channels, TRUE, "%s.ff.net.0.proj", block);
  lk_reader_linear (reader, channels, hidden, TRUE, "%s.ff.net.2", block);
}

/* What the first transformer says about all: the context's width and the kind of projection. */
static void
look_at_first_transformer (LkCheckpointReader *reader,
                           LkUnetArchitecture *unet,
                           const char         *block)
{
  if (unet->context != 0)
    return;
  unet->context = lk_reader_get_dim (reader, 1, "%s.transformer_blocks.0.attn2.to_k.weight", block);
  unet->has_linear_projections = lk_reader_get_n_dims (reader, "%s.proj_in.weight", block) == 2;
}

/* Returns the depth. */
static guint
read_transformer (LkCheckpointReader *reader,
                  LkUnetArchitecture *unet,
                  guint               channels,
                  const char         *block)
{
  guint depth = lk_reader_count (reader, "%s.transformer_blocks.", block);
  guint divisor = unet->n_heads != 0 ? unet->n_heads : unet->head_channels;

  if (channels % divisor != 0)
    lk_reader_fail (reader, LK_CHECKPOINT_ERROR_MISSHAPEN,
                    _("“%s” cannot be used: the %u channels of “%s%s” do not divide into heads."),
                    reader->file_name, channels, reader->prefix, block);
  look_at_first_transformer (reader, unet, block);

  read_norm (reader, channels, block, "norm");
  if (unet->has_linear_projections)
    lk_reader_linear (reader, channels, channels, TRUE, "%s.proj_in", block);
  else
    lk_reader_conv (reader, channels, channels, 1, "%s.proj_in", block);
  for (guint i = 0; i < MAX (depth, 1); i++)
    {
      g_autofree char *name = g_strdup_printf ("%s.transformer_blocks.%u", block, i);

      read_transformer_block (reader, unet, channels, name);
    }
  if (unet->has_linear_projections)
    lk_reader_linear (reader, channels, channels, TRUE, "%s.proj_out", block);
  else
    lk_reader_conv (reader, channels, channels, 1, "%s.proj_out", block);
  return depth;
}

/* A residual block "SIDE.I.0" and its transformer "SIDE.I.1", if it has one. */
static void
read_block (LkCheckpointReader *reader,
            LkUnetArchitecture *unet,
            LkUnetBlock        *block,
            const char         *side,
            guint               index)
{
  g_autofree char *res_block = g_strdup_printf ("%s.%u.0", side, index);
  g_autofree char *transformer = g_strdup_printf ("%s.%u.1", side, index);

  block->out_channels = lk_reader_get_dim (reader, 0, "%s.in_layers.2.weight", res_block);
  read_res_block (reader, unet, block->out_channels, block->in_channels, res_block);
  /* The upsampling convolution of a block without transformer stands in the same place. */
  if (lk_reader_has (reader, "%s.", transformer) && !lk_reader_has (reader, "%s.conv.", transformer))
    block->depth = read_transformer (reader, unet, block->out_channels, transformer);
}

/* ---- the three parts ----------------------------------------------------------------------------------------- */

static void
read_input_blocks (LkCheckpointReader *reader,
                   LkUnetArchitecture *unet)
{
  guint channels = unet->model_channels;

  unet->input_blocks[0] = (LkUnetBlock) { .in_channels = unet->in_channels, .out_channels = channels };
  lk_reader_conv (reader, channels, unet->in_channels, 3, "input_blocks.0.0");

  for (guint i = 1; i < unet->n_input_blocks && reader->error == NULL; i++)
    {
      LkUnetBlock *block = &unet->input_blocks[i];

      block->in_channels = channels;
      block->is_resize = i % (unet->n_res_blocks + 1) == 0;
      if (block->is_resize)
        {
          block->out_channels = channels;
          lk_reader_conv (reader, channels, channels, 3, "input_blocks.%u.0.op", i);
        }
      else
        read_block (reader, unet, block, "input_blocks", i);
      channels = block->out_channels;
    }
}

static void
read_middle_block (LkCheckpointReader *reader,
                   LkUnetArchitecture *unet)
{
  guint channels = unet->input_blocks[unet->n_input_blocks - 1].out_channels;

  unet->middle_block = (LkUnetBlock) { .in_channels = channels, .out_channels = channels };
  read_res_block (reader, unet, channels, channels, "middle_block.0");
  unet->middle_block.depth = read_transformer (reader, unet, channels, "middle_block.1");
  read_res_block (reader, unet, channels, channels, "middle_block.2");
}

static void
read_output_blocks (LkCheckpointReader *reader,
                    LkUnetArchitecture *unet)
{
  guint channels = unet->middle_block.out_channels;

  for (guint i = 0; i < unet->n_output_blocks && reader->error == NULL; i++)
    {
      LkUnetBlock *block = &unet->output_blocks[i];

      block->in_channels = channels + unet->input_blocks[unet->n_input_blocks - 1 - i].out_channels;
      block->is_resize = i % (unet->n_res_blocks + 1) == unet->n_res_blocks && i + 1 < unet->n_output_blocks;
      read_block (reader, unet, block, "output_blocks", i);
      channels = block->out_channels;
      if (block->is_resize)
        lk_reader_conv (reader, channels, channels, 3, "output_blocks.%u.%u.conv", i, block->depth > 0 ? 2 : 1);
    }
  if (channels != unet->model_channels)
    lk_reader_fail (reader, LK_CHECKPOINT_ERROR_MISSHAPEN,
                    _("“%s” cannot be used: the last block of its U-Net is %u channels wide, the first %u."),
                    reader->file_name, channels, unet->model_channels);
}

/* Levels and residual blocks a level, from the places of the downsampling convolutions. */
static void
find_levels (LkCheckpointReader *reader,
             LkUnetArchitecture *unet)
{
  unet->n_input_blocks = lk_reader_count (reader, "input_blocks.");
  unet->n_levels = 1;
  for (guint i = 1; i < unet->n_input_blocks; i++)
    if (lk_reader_has (reader, "input_blocks.%u.0.op.", i))
      {
        if (unet->n_res_blocks == 0)
          unet->n_res_blocks = i - 1;
        unet->n_levels++;
      }
  if (unet->n_levels == 1)
    unet->n_res_blocks = unet->n_input_blocks - 1;
  unet->n_output_blocks = unet->n_input_blocks;

  if (unet->n_res_blocks == 0 || unet->n_input_blocks > LK_MAX_UNET_BLOCKS)
    lk_reader_fail (reader, LK_CHECKPOINT_ERROR_MISSHAPEN, _("“%s” cannot be used: its U-Net has %u input blocks."),
                    reader->file_name, unet->n_input_blocks);
  else if (unet->n_input_blocks != unet->n_levels * (unet->n_res_blocks + 1) ||
           lk_reader_count (reader, "output_blocks.") > unet->n_output_blocks)
    lk_reader_fail (reader, LK_CHECKPOINT_ERROR_UNSUPPORTED,
                    _("“%s” cannot be used: the levels of its U-Net do not all have the same number of blocks."),
                    reader->file_name);
}

void
lk_checkpoint_read_unet (LkCheckpointReader *reader,
                         LkFamily            family,
                         LkUnetArchitecture *unet)
{
  unet->model_channels = lk_reader_get_dim (reader, 0, "input_blocks.0.0.weight");
  unet->in_channels = lk_reader_get_dim (reader, 1, "input_blocks.0.0.weight");
  unet->embedding = lk_reader_get_dim (reader, 0, "time_embed.0.weight");
  unet->out_channels = lk_reader_get_dim (reader, 0, "out.2.weight");
  if (family == LK_FAMILY_SDXL)
    {
      unet->head_channels = SDXL_HEAD_CHANNELS;
      unet->vector = lk_reader_get_dim (reader, 1, "label_emb.0.0.weight");
    }
  else
    unet->n_heads = SD1_HEADS;
  find_levels (reader, unet);
  if (reader->error != NULL)
    return;

  lk_reader_linear (reader, unet->embedding, unet->model_channels, TRUE, "time_embed.0");
  lk_reader_linear (reader, unet->embedding, unet->embedding, TRUE, "time_embed.2");
  if (unet->vector != 0)
    {
      lk_reader_linear (reader, unet->embedding, unet->vector, TRUE, "label_emb.0.0");
      lk_reader_linear (reader, unet->embedding, unet->embedding, TRUE, "label_emb.0.2");
    }
  read_input_blocks (reader, unet);
  read_middle_block (reader, unet);
  read_output_blocks (reader, unet);
  read_norm (reader, unet->model_channels, "out", "0");
  lk_reader_conv (reader, unet->out_channels, unet->model_channels, 3, "out.2");
}
