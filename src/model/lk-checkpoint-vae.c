/* lk-checkpoint-vae.c: the tensors of the autoencoder. See lk-checkpoint-private.h. */
#define G_LOG_DOMAIN "likeness-model"

#include "config.h"

#include "model/lk-checkpoint-private.h"

#include <glib/gi18n.h>

#define IMAGE_CHANNELS 3

/* A norm of `n` channels whose groups come out even. */
static void
read_norm (LkCheckpointReader      *reader,
           const LkVaeArchitecture *vae,
           guint                    n,
           const char              *name)
{
  lk_reader_norm (reader, n, "%s", name);
  if (n % vae->n_groups != 0)
    lk_reader_fail (reader, LK_CHECKPOINT_ERROR_MISSHAPEN,
                    _("“%s” cannot be used: the %u channels of “%s%s” do not divide into %u groups."),
                    reader->file_name, n, reader->prefix, name, vae->n_groups);
}

static void
read_res_block (LkCheckpointReader      *reader,
                const LkVaeArchitecture *vae,
                guint                    out,
                guint                    in,
                const char              *name)
{
  g_autofree char *norm1 = g_strconcat (name, ".norm1", NULL), *norm2 = g_strconcat (name, ".norm2", NULL);

  read_norm (reader, vae, in, norm1);
  lk_reader_conv (reader, out, in, 3, "%s.conv1", name);
  read_norm (reader, vae, out, norm2);
  lk_reader_conv (reader, out, out, 3, "%s.conv2", name);
  if (in != out)
    lk_reader_conv (reader, out, in, 1, "%s.nin_shortcut", name);
}

static void
read_middle (LkCheckpointReader      *reader,
             const LkVaeArchitecture *vae,
             guint                    width,
             const char              *side)
{
  static const char *projections[] = { "q", "k", "v", "proj_out" };
  g_autofree char *block_1 = g_strconcat (side, ".mid.block_1", NULL), *block_2 = g_strconcat (side, ".mid.block_2", NULL);
  g_autofree char *norm = g_strconcat (side, ".mid.attn_1.norm", NULL);

  read_res_block (reader, vae, width, width, block_1);
  read_norm (reader, vae, width, norm);
  for (guint i = 0; i < G_N_ELEMENTS (projections); i++)
    lk_reader_conv (reader, width, width, 1, "%s.mid.attn_1.%s", side, projections[i]);
  read_res_block (reader, vae, width, width, block_2);
}

/* One level of either side. Returns its width. */
static guint
read_level (LkCheckpointReader      *reader,
            const LkVaeArchitecture *vae,
            guint                    in,
            const char              *name,
            guint                   *n_res_blocks)
{
  guint width = lk_reader_get_dim (reader, 0, "%s.block.0.conv1.weight", name);

  *n_res_blocks = lk_reader_count (reader, "%s.block.", name);
  if (lk_reader_has (reader, "%s.attn.", name))
    lk_reader_fail (reader, LK_CHECKPOINT_ERROR_UNSUPPORTED,
                    _("“%s” cannot be used: its autoencoder has attention in “%s%s”."), reader->file_name, reader->prefix, name);
  for (guint i = 0; i < *n_res_blocks; i++)
    {
      g_autofree char *block = g_strdup_printf ("%s.block.%u", name, i);

      read_res_block (reader, vae, width, i == 0 ? in : width, block);
    }
  return width;
}

static void
read_encoder (LkCheckpointReader *reader,
              LkVaeArchitecture  *vae)
{
  guint width = lk_reader_get_dim (reader, 0, "encoder.conv_in.weight");

  lk_reader_conv (reader, width, IMAGE_CHANNELS, 3, "encoder.conv_in");
  for (guint i = 0; i < vae->n_levels && reader->error == NULL; i++)
    {
      g_autofree char *name = g_strdup_printf ("encoder.down.%u", i);

      width = vae->encoder_widths[i] = read_level (reader, vae, width, name, &vae->encoder_res_blocks[i]);
      if (i + 1 < vae->n_levels)
        lk_reader_conv (reader, width, width, 3, "%s.downsample.conv", name);
    }
  read_middle (reader, vae, width, "encoder");
  read_norm (reader, vae, width, "encoder.norm_out");
  lk_reader_conv (reader, 2 * vae->latent_channels, width, 3, "encoder.conv_out");
  lk_reader_conv (reader, 2 * vae->latent_channels, 2 * vae->latent_channels, 1, "quant_conv");
}

static void
read_decoder (LkCheckpointReader *reader,
              LkVaeArchitecture  *vae)
{
  guint width = lk_reader_get_dim (reader, 0, "decoder.conv_in.weight");

  lk_reader_conv (reader, vae->latent_channels, vae->latent_channels, 1, "post_quant_conv");
  lk_reader_conv (reader, width, vae->latent_channels, 3, "decoder.conv_in");
  read_middle (reader, vae, width, "decoder");
  for (guint i = vae->n_levels; i-- > 0 && reader->error == NULL;)
    {
      g_autofree char *name = g_strdup_printf ("decoder.up.%u", i);

      width = vae->decoder_widths[i] = read_level (reader, vae, width, name, &vae->decoder_res_blocks[i]);
      if (i > 0)
        lk_reader_conv (reader, width, width, 3, "%s.upsample.conv", name);
    }
  read_norm (reader, vae, width, "decoder.norm_out");
  lk_reader_conv (reader, IMAGE_CHANNELS, width, 3, "decoder.conv_out");
}

void
lk_checkpoint_read_vae (LkCheckpointReader *reader,
                        LkVaeArchitecture  *vae)
{
  vae->n_levels = lk_reader_count (reader, "encoder.down.");
  vae->latent_channels = lk_reader_get_dim (reader, 0, "encoder.conv_out.weight") / 2;

  if (reader->error == NULL && (vae->n_levels == 0 || vae->n_levels > LK_MAX_VAE_LEVELS || vae->latent_channels == 0))
    lk_reader_fail (reader, LK_CHECKPOINT_ERROR_MISSHAPEN, _("“%s” cannot be used: its autoencoder has %u levels."),
                    reader->file_name, vae->n_levels);
  if (lk_reader_count (reader, "decoder.up.") > vae->n_levels)
    lk_reader_fail (reader, LK_CHECKPOINT_ERROR_MISSHAPEN,
                    _("“%s” cannot be used: the two halves of its autoencoder differ in depth."), reader->file_name);

  read_encoder (reader, vae);
  read_decoder (reader, vae);
}
