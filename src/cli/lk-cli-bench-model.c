#define G_LOG_DOMAIN "likeness-cli"

#include "config.h"

#include "cli/lk-cli-bench-model.h"

#include <string.h>

#define UNET "model.diffusion_model."
#define TEXT "cond_stage_model.transformer.text_model."
#define VAE "first_stage_model."

/* Stable Diffusion 1.5's U-Net. */
#define LATENT 4
#define CHANNELS 320
#define EMBEDDING (4 * CHANNELS)
#define CONTEXT 768
#define N_LEVELS 4
#define N_RES_BLOCKS 2

static const guint multipliers[N_LEVELS] = { 1, 2, 4, 4 };

/* The two other parts only have to be there. */
#define VOCABULARY 64
#define N_TEXT_LAYERS 2
#define VAE_WIDTH 32

/* The header of a safetensors file as it grows: tensor after tensor, F16. */
typedef struct
{
  GString *header;
  gsize    n_bytes;
} Header;

G_GNUC_PRINTF (4, 5) static void
add_tensor (Header      *header,
            guint        n_dims,
            const gsize *dims,
            const char  *format,
            ...)
{
  g_autofree char *name = NULL;
  gsize begin = header->n_bytes, n_bytes = sizeof (guint16);
  va_list arguments;

  va_start (arguments, format);
  name = g_strdup_vprintf (format, arguments);
  va_end (arguments);

  g_string_append_printf (header->header, "%s\"%s\":{\"dtype\":\"F16\",\"shape\":[", begin > 0 ? "," : "{", name);
  for (guint i = 0; i < n_dims; i++)
    {
      g_string_append_printf (header->header, "%s%" G_GSIZE_FORMAT, i > 0 ? "," : "", dims[i]);
      n_bytes *= dims[i];
    }
  header->n_bytes += n_bytes;
  g_string_append_printf (header->header, "],\"data_offsets\":[%" G_GSIZE_FORMAT ",%" G_GSIZE_FORMAT "]}", begin, header->n_bytes);
}

static void
add_norm (Header     *header,
          gsize       width,
          const char *name)
{
  add_tensor (header, 1, &width, "%s.weight", name);
  add_tensor (header, 1, &width, "%s.bias", name);
}

static void
add_linear (Header     *header,
            gsize       out,
            gsize       in,
            gboolean    has_bias,
            const char *name)
{
  add_tensor (header, 2, (gsize[]) { out, in }, "%s.weight", name);
  if (has_bias)
    add_tensor (header, 1, &out, "%s.bias", name);
}

static void
add_conv (Header     *header,
          gsize       out,
          gsize       in,
          gsize       kernel,
          const char *name)
{
  add_tensor (header, 4, (gsize[]) { out, in, kernel, kernel }, "%s.weight", name);
  add_tensor (header, 1, &out, "%s.bias", name);
}

/* "BLOCK.PART"; the next call with the same buffer overwrites it. */
static const char *
join (GString    *buffer,
      const char *block,
      const char *part)
{
  g_string_printf (buffer, "%s.%s", block, part);
  return buffer->str;
}

/* ---- U-Net --------------------------------------------------------------------------------------------------- */

static void
add_res_block (Header     *header,
               gsize       out,
               gsize       in,
               const char *block)
{
  g_autoptr (GString) name = g_string_new (NULL);

  add_norm (header, in, join (name, block, "in_layers.0"));
  add_conv (header, out, in, 3, join (name, block, "in_layers.2"));
  add_linear (header, out, EMBEDDING, TRUE, join (name, block, "emb_layers.1"));
  add_norm (header, out, join (name, block, "out_layers.0"));
  add_conv (header, out, out, 3, join (name, block, "out_layers.3"));
  if (in != out)
    add_conv (header, out, in, 1, join (name, block, "skip_connection"));
}

static void
add_attention (Header     *header,
               gsize       width,
               gsize       context,
               const char *attention)
{
  g_autoptr (GString) name = g_string_new (NULL);

  add_linear (header, width, width, FALSE, join (name, attention, "to_q"));
  add_linear (header, width, context, FALSE, join (name, attention, "to_k"));
  add_linear (header, width, context, FALSE, join (name, attention, "to_v"));
  add_linear (header, width, width, TRUE, join (name, attention, "to_out.0"));
}

static void
add_transformer (Header     *header,
                 gsize       width,
                 const char *transformer)
{
  g_autoptr (GString) name = g_string_new (NULL);
  g_autofree char *block = g_strconcat (transformer, ".transformer_blocks.0", NULL);

  add_norm (header, width, join (name, transformer, "norm"));
  add_conv (header, width, width, 1, join (name, transformer, "proj_in"));
  add_attention (header, width, width, join (name, block, "attn1"));
  add_attention (header, width, CONTEXT, join (name, block, "attn2"));
  add_linear (header, 8 * width, width, TRUE, join (name, block, "ff.net.0.proj"));
  add_linear (header, width, 4 * width, TRUE, join (name, block, "ff.net.2"));
  add_norm (header, width, join (name, block, "norm1"));
  add_norm (header, width, join (name, block, "norm2"));
  add_norm (header, width, join (name, block, "norm3"));
  add_conv (header, width, width, 1, join (name, transformer, "proj_out"));
}

/* A residual block and, on all levels but the last, a transformer after it. */
static void
add_unet_block (Header     *header,
                gsize       out,
                gsize       in,
                guint       level,
                const char *side,
                guint       index)
{
  g_autofree char *res_block = g_strdup_printf (UNET "%s.%u.0", side, index);
  g_autofree char *transformer = g_strdup_printf (UNET "%s.%u.1", side, index);

  add_res_block (header, out, in, res_block);
  if (level + 1 < N_LEVELS)
    add_transformer (header, out, transformer);
}

static void
add_unet (Header *header)
{
  gsize width = CHANNELS, skips[N_LEVELS * (N_RES_BLOCKS + 1)];
  guint n_skips = 0, index = 0;

  add_linear (header, EMBEDDING, CHANNELS, TRUE, UNET "time_embed.0");
  add_linear (header, EMBEDDING, EMBEDDING, TRUE, UNET "time_embed.2");

  add_conv (header, CHANNELS, LATENT, 3, UNET "input_blocks.0.0");
  skips[n_skips++] = width;
  for (guint level = 0; level < N_LEVELS; level++)
    {
      for (guint i = 0; i < N_RES_BLOCKS; i++)
        {
          add_unet_block (header, CHANNELS * multipliers[level], width, level, "input_blocks", ++index);
          width = CHANNELS * multipliers[level];
          skips[n_skips++] = width;
        }
      if (level + 1 < N_LEVELS)
        {
          g_autofree char *down = g_strdup_printf (UNET "input_blocks.%u.0.op", ++index);

          add_conv (header, width, width, 3, down);
          skips[n_skips++] = width;
        }
    }

  add_res_block (header, width, width, UNET "middle_block.0");
  add_transformer (header, width, UNET "middle_block.1");
  add_res_block (header, width, width, UNET "middle_block.2");

  index = 0;
  for (guint level = N_LEVELS; level-- > 0;)
    for (guint i = 0; i <= N_RES_BLOCKS; i++, index++)
      {
        add_unet_block (header, CHANNELS * multipliers[level], width + skips[--n_skips], level, "output_blocks", index);
        width = CHANNELS * multipliers[level];
        if (level > 0 && i == N_RES_BLOCKS)
          {
            g_autofree char *up = g_strdup_printf (UNET "output_blocks.%u.%u.conv", index, level + 1 < N_LEVELS ? 2 : 1);

            add_conv (header, width, width, 3, up);
          }
      }

  add_norm (header, CHANNELS, UNET "out.0");
  add_conv (header, LATENT, CHANNELS, 3, UNET "out.2");
}

/* ---- the other parts ------------------------------------------------------------------------------------------ */

static void
add_text (Header *header)
{
  static const char *projections[] = { "q_proj", "k_proj", "v_proj", "out_proj" };
  g_autoptr (GString) name = g_string_new (NULL);

  add_tensor (header, 2, (gsize[]) { VOCABULARY, CONTEXT }, TEXT "embeddings.token_embedding.weight");
  add_tensor (header, 2, (gsize[]) { 77, CONTEXT }, TEXT "embeddings.position_embedding.weight");
  for (guint i = 0; i < N_TEXT_LAYERS; i++)
    {
      g_autofree char *layer = g_strdup_printf (TEXT "encoder.layers.%u", i);
      g_autofree char *attention = g_strconcat (layer, ".self_attn", NULL);

      add_norm (header, CONTEXT, join (name, layer, "layer_norm1"));
      for (guint j = 0; j < G_N_ELEMENTS (projections); j++)
        add_linear (header, CONTEXT, CONTEXT, TRUE, join (name, attention, projections[j]));
      add_norm (header, CONTEXT, join (name, layer, "layer_norm2"));
      add_linear (header, CONTEXT, CONTEXT, TRUE, join (name, layer, "mlp.fc1"));
      add_linear (header, CONTEXT, CONTEXT, TRUE, join (name, layer, "mlp.fc2"));
    }
  add_norm (header, CONTEXT, TEXT "final_layer_norm");
}

static void
add_vae_block (Header     *header,
               const char *block)
{
  g_autoptr (GString) name = g_string_new (NULL);

  add_norm (header, VAE_WIDTH, join (name, block, "norm1"));
  add_conv (header, VAE_WIDTH, VAE_WIDTH, 3, join (name, block, "conv1"));
  add_norm (header, VAE_WIDTH, join (name, block, "norm2"));
  add_conv (header, VAE_WIDTH, VAE_WIDTH, 3, join (name, block, "conv2"));
}

/* Encoder or decoder, of `n_blocks` residual blocks a level. */
static void
add_vae_side (Header     *header,
              gsize       out,
              gsize       in,
              guint       n_blocks,
              const char *side)
{
  static const char *projections[] = { "q", "k", "v", "proj_out" };
  gboolean is_encoder = strcmp (side, VAE "encoder") == 0;
  g_autoptr (GString) name = g_string_new (NULL);

  add_conv (header, VAE_WIDTH, in, 3, join (name, side, "conv_in"));
  for (guint level = 0; level < N_LEVELS; level++)
    {
      g_autofree char *prefix = g_strdup_printf ("%s.%s.%u", side, is_encoder ? "down" : "up", level);
      /* The encoder ends with the smallest picture, the decoder begins with it: that level alone changes no size on its way. */
      gboolean has_resize = is_encoder ? level + 1 < N_LEVELS : level > 0;

      for (guint i = 0; i < n_blocks; i++)
        {
          g_autofree char *block = g_strdup_printf ("%s.block.%u", prefix, i);

          add_vae_block (header, block);
        }
      if (has_resize)
        add_conv (header, VAE_WIDTH, VAE_WIDTH, 3, join (name, prefix, is_encoder ? "downsample.conv" : "upsample.conv"));
    }
  add_vae_block (header, join (name, side, "mid.block_1"));
  add_norm (header, VAE_WIDTH, join (name, side, "mid.attn_1.norm"));
  for (guint i = 0; i < G_N_ELEMENTS (projections); i++)
    {
      g_string_printf (name, "%s.mid.attn_1.%s", side, projections[i]);
      add_conv (header, VAE_WIDTH, VAE_WIDTH, 1, name->str);
    }
  add_vae_block (header, join (name, side, "mid.block_2"));
  add_norm (header, VAE_WIDTH, join (name, side, "norm_out"));
  add_conv (header, out, VAE_WIDTH, 3, join (name, side, "conv_out"));
}

static void
add_vae (Header *header)
{
  add_vae_side (header, 2 * LATENT, 3, 1, VAE "encoder");
  add_conv (header, 2 * LATENT, 2 * LATENT, 1, VAE "quant_conv");
  add_conv (header, LATENT, LATENT, 1, VAE "post_quant_conv");
  add_vae_side (header, 3, LATENT, 2, VAE "decoder");
}

/* ---- the file ------------------------------------------------------------------------------------------------- */

/* Random halfs between 2⁻⁷ and 2⁻⁵ of either sign: small as weights are, and none so small that it would be slow. */
static void
fill_with_weights (guint16 *weights,
                   gsize    n)
{
  guint64 state = 0x9e3779b97f4a7c15;

  for (gsize i = 0; i < n; i++)
    {
      /* xorshift64 [Marsaglia 2003] */
      state ^= state << 13;
      state ^= state >> 7;
      state ^= state << 17;
      weights[i] = (guint16) ((state & 0x8000) | ((8 + (state >> 20 & 1)) << 10) | (state >> 32 & 0x3ff));
    }
}

LkCheckpoint *
lk_bench_checkpoint_new (GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (LkSafetensors) file = NULL;
  g_autoptr (GBytes) bytes = NULL;
  Header header = { text, 0 };
  guint64 length;
  guint8 *data;

  add_unet (&header);
  add_text (&header);
  add_vae (&header);
  g_string_append_c (text, '}');
  while (text->len % 8 != 0)
    g_string_append_c (text, ' ');

  length = GUINT64_TO_LE (text->len);
  data = g_malloc (sizeof length + text->len + header.n_bytes);
  memcpy (data, &length, sizeof length);
  memcpy (data + sizeof length, text->str, text->len);
  fill_with_weights ((guint16 *) (data + sizeof length + text->len), header.n_bytes / sizeof (guint16));

  bytes = g_bytes_new_take (data, sizeof length + text->len + header.n_bytes);
  file = lk_safetensors_open_bytes (bytes, "random weights", error);
  return file != NULL ? lk_checkpoint_new (file, error) : NULL;
}
