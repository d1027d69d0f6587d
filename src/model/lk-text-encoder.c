/* lk-text-encoder.c: CLIP's text transformer. See the header.
 *
 * x = token + position; for each layer x += attention (norm (x)), causal, then x += mlp (norm (x)); at the end a norm.
 */
#define G_LOG_DOMAIN "likeness-model"

#include "config.h"

#include "model/lk-text-encoder.h"

#include "model/lk-layers.h"

#include <math.h>

static LkTensor *
build_layer (const LkLayers           *layers,
             const LkTextArchitecture *text,
             LkTensor                 *x,
             const char               *name)
{
  float scale = 1.f / sqrtf ((float) text->width / (float) text->n_heads);
  LkActivation activation = text->is_open_clip ? LK_ACTIVATION_GELU : LK_ACTIVATION_QUICK_GELU;
  LkTensor *normed, *q, *k, *v, *attention, *hidden;

  normed = lk_layers_layer_norm (layers, x, "%s.layer_norm1", name);
  q = lk_layers_linear (layers, normed, "%s.self_attn.q_proj", name);
  k = lk_layers_linear (layers, normed, "%s.self_attn.k_proj", name);
  v = lk_layers_linear (layers, normed, "%s.self_attn.v_proj", name);
  attention = lk_attention (layers->graph, q, k, v, text->n_heads, scale, TRUE);
  x = lk_add (layers->graph, x, lk_layers_linear (layers, attention, "%s.self_attn.out_proj", name));

  normed = lk_layers_layer_norm (layers, x, "%s.layer_norm2", name);
  hidden = lk_activation (layers->graph, lk_layers_linear (layers, normed, "%s.mlp.fc1", name), activation);
  return lk_add (layers->graph, x, lk_layers_linear (layers, hidden, "%s.mlp.fc2", name));
}

/* Encoder `index` up to the states before its last `n_skipped` layers. */
static LkTensor *
build_states (const LkLayers           *layers,
              const LkTextArchitecture *text,
              guint                     index,
              LkTensor                 *tokens,
              guint                     n_skipped)
{
  LkTensor *x = lk_embedding (layers->graph, tokens,
                              lk_layers_weight (layers, "%u.embeddings.token_embedding.weight", index),
                              lk_layers_weight (layers, "%u.embeddings.position_embedding.weight", index));

  for (guint i = 0; i + n_skipped < text->n_layers; i++)
    {
      g_autofree char *name = g_strdup_printf ("%u.encoder.layers.%u", index, i);

      x = build_layer (layers, text, x, name);
    }
  return x;
}

LkTensor *
lk_text_encoder_build (LkGraph       *graph,
                       LkModel       *model,
                       LkTensor      *tokens_1,
                       LkTensor      *tokens_2,
                       guint          clip_skip,
                       LkAdapterSet  *adapters,
                       LkTensor     **pooled)
{
  const LkArchitecture *architecture = lk_model_get_architecture (model);
  const LkTextArchitecture *text = architecture->text;
  LkLayers layers = { .graph = graph, .model = model, .part = LK_PART_TEXT, .adapters = adapters };
  LkTensor *x, *y;

  if (architecture->family == LK_FAMILY_SD1)
    {
      g_assert (clip_skip <= text[0].n_layers);
      x = build_states (&layers, &text[0], 0, tokens_1, MAX (clip_skip, 1) - 1);
      return lk_layers_layer_norm (&layers, x, "0.final_layer_norm");
    }

  x = build_states (&layers, &text[0], 0, tokens_1, 1);
  y = build_states (&layers, &text[1], 1, tokens_2, 1);
  if (pooled != NULL)
    {
      g_autofree char *name = g_strdup_printf ("1.encoder.layers.%u", text[1].n_layers - 1);
      LkTensor *last = lk_layers_layer_norm (&layers, build_layer (&layers, &text[1], y, name), "1.final_layer_norm");

      *pooled = lk_layers_linear (&layers, last, "1.text_projection");
    }
  return lk_concat (graph, x, y);
}

guint
lk_text_find_eos (const LkTextArchitecture *text,
                  const gint32             *ids,
                  guint                     n)
{
  for (guint i = 0; i < n; i++)
    if (ids[i] == (gint32) text->vocabulary - 1)
      return i;
  return n - 1;
}
