/* lk-checkpoint-text.c: the tensors of a CLIP text encoder, under Hugging Face's names or OpenCLIP's. See lk-checkpoint-private.h. */
#define G_LOG_DOMAIN "likeness-model"

#include "config.h"

#include "model/lk-checkpoint-private.h"

#include <glib/gi18n.h>

#define HEAD_CHANNELS 64

/* OpenCLIP's layer, under our name. */
static void
add_layer_as (LkCheckpointReader *reader,
              guint               out,
              guint               in,
              const char         *layer,
              const char         *key)
{
  g_autofree char *weight = g_strconcat (layer, ".weight", NULL), *weight_key = g_strconcat (key, ".weight", NULL);
  g_autofree char *bias = g_strconcat (layer, ".bias", NULL), *bias_key = g_strconcat (key, ".bias", NULL);

  lk_reader_add (reader, weight, weight_key, in == 0 ? LK_WEIGHT_VECTOR : LK_WEIGHT_MATRIX, out, in, 0, 0);
  lk_reader_add (reader, bias, bias_key, LK_WEIGHT_VECTOR, out, 0, 0, 0);
}

static void
read_open_clip_layer (LkCheckpointReader       *reader,
                      const LkTextArchitecture *text,
                      guint                     layer)
{
  static const char *projections[] = { "q", "k", "v" };
  static const struct { const char *name, *key; } others[] = {
    { "layer_norm1", "ln_1" }, { "self_attn.out_proj", "attn.out_proj" }, { "layer_norm2", "ln_2" },
    { "mlp.fc1", "mlp.c_fc" }, { "mlp.fc2", "mlp.c_proj" },
  };
  guint width = text->width;
  const guint shapes[][2] = { { width, 0 }, { width, width }, { width, 0 }, { text->hidden, width }, { width, text->hidden } };
  g_autofree char *weights = g_strdup_printf ("transformer.resblocks.%u.attn.in_proj_weight", layer);
  g_autofree char *biases = g_strdup_printf ("transformer.resblocks.%u.attn.in_proj_bias", layer);

  for (guint i = 0; i < G_N_ELEMENTS (projections); i++)
    {
      g_autofree char *weight = g_strdup_printf ("encoder.layers.%u.self_attn.%s_proj.weight", layer, projections[i]);
      g_autofree char *bias = g_strdup_printf ("encoder.layers.%u.self_attn.%s_proj.bias", layer, projections[i]);

      lk_reader_add (reader, weight, weights, LK_WEIGHT_MATRIX, width, width, i * width, 3 * width);
      lk_reader_add (reader, bias, biases, LK_WEIGHT_VECTOR, width, 0, i * width, 3 * width);
    }
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    {
      g_autofree char *name = g_strdup_printf ("encoder.layers.%u.%s", layer, others[i].name);
      g_autofree char *key = g_strdup_printf ("transformer.resblocks.%u.%s", layer, others[i].key);

      add_layer_as (reader, shapes[i][0], shapes[i][1], name, key);
    }
}

static void
read_open_clip (LkCheckpointReader *reader,
                LkTextArchitecture *text)
{
  text->n_layers = lk_reader_count (reader, "transformer.resblocks.");
  text->hidden = lk_reader_get_dim (reader, 0, "transformer.resblocks.0.mlp.c_fc.weight");
  text->n_positions = lk_reader_get_dim (reader, 0, "positional_embedding");

  lk_reader_add (reader, "embeddings.token_embedding.weight", "token_embedding.weight", LK_WEIGHT_MATRIX,
                 text->vocabulary, text->width, 0, 0);
  lk_reader_add (reader, "embeddings.position_embedding.weight", "positional_embedding", LK_WEIGHT_MATRIX,
                 text->n_positions, text->width, 0, 0);
  for (guint i = 0; i < text->n_layers; i++)
    read_open_clip_layer (reader, text, i);
  add_layer_as (reader, text->width, 0, "final_layer_norm", "ln_final");

  /* A matrix that states are multiplied with from the left, or (after a converter) a layer. */
  if (lk_reader_has (reader, "text_projection.weight"))
    {
      text->projection = lk_reader_get_dim (reader, 0, "text_projection.weight");
      lk_reader_linear (reader, text->projection, text->width, FALSE, "text_projection");
    }
  else
    {
      text->projection = lk_reader_get_dim (reader, 1, "text_projection");
      lk_reader_add (reader, "text_projection.weight", "text_projection", LK_WEIGHT_TRANSPOSED,
                     text->projection, text->width, 0, 0);
    }
}

static void
read_clip (LkCheckpointReader *reader,
           LkTextArchitecture *text)
{
  static const char *projections[] = { "q_proj", "k_proj", "v_proj", "out_proj" };

  text->n_layers = lk_reader_count (reader, "encoder.layers.");
  text->hidden = lk_reader_get_dim (reader, 0, "encoder.layers.0.mlp.fc1.weight");
  text->n_positions = lk_reader_get_dim (reader, 0, "embeddings.position_embedding.weight");

  lk_reader_linear (reader, text->vocabulary, text->width, FALSE, "embeddings.token_embedding");
  lk_reader_linear (reader, text->n_positions, text->width, FALSE, "embeddings.position_embedding");
  for (guint i = 0; i < text->n_layers; i++)
    {
      lk_reader_norm (reader, text->width, "encoder.layers.%u.layer_norm1", i);
      for (guint j = 0; j < G_N_ELEMENTS (projections); j++)
        lk_reader_linear (reader, text->width, text->width, TRUE, "encoder.layers.%u.self_attn.%s", i, projections[j]);
      lk_reader_norm (reader, text->width, "encoder.layers.%u.layer_norm2", i);
      lk_reader_linear (reader, text->hidden, text->width, TRUE, "encoder.layers.%u.mlp.fc1", i);
      lk_reader_linear (reader, text->width, text->hidden, TRUE, "encoder.layers.%u.mlp.fc2", i);
    }
  lk_reader_norm (reader, text->width, "final_layer_norm");
}

void
lk_checkpoint_read_text (LkCheckpointReader *reader,
                         LkTextArchitecture *text)
{
  const char *table = text->is_open_clip ? "token_embedding.weight" : "embeddings.token_embedding.weight";

  text->vocabulary = lk_reader_get_dim (reader, 0, "%s", table);
  text->width = lk_reader_get_dim (reader, 1, "%s", table);
  text->n_heads = MAX (1, text->width / HEAD_CHANNELS);

  if (reader->error == NULL && (text->width == 0 || text->width % text->n_heads != 0 || text->width / text->n_heads > HEAD_CHANNELS || text->vocabulary < 3))
    lk_reader_fail (reader, LK_CHECKPOINT_ERROR_MISSHAPEN,
                    _("“%s” cannot be used: its text encoder is %u wide, and must be a multiple of %d."),
                    reader->file_name, text->width, HEAD_CHANNELS);

  if (text->is_open_clip)
    read_open_clip (reader, text);
  else
    read_clip (reader, text);

  if (reader->error == NULL && (text->n_layers < 2 || text->n_positions == 0 || text->hidden == 0))
    lk_reader_fail (reader, LK_CHECKPOINT_ERROR_MISSHAPEN, _("“%s” cannot be used: its text encoder has fewer than two layers."),
                    reader->file_name);
}
