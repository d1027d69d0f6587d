/* lk-vision.c: a ViT. See the header.
 *
 * x = patches·Wᵀ + table; for each layer x += attention (norm (x)), then x += mlp (norm (x)); at the end a norm.
 */
#define G_LOG_DOMAIN "likeness-model"

#include "config.h"

#include "model/lk-vision.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

#include "model/lk-checkpoint.h"

#define TABLE "likeness.table"
#define MOST_SIDE 2048

/* ---- loading -------------------------------------------------------------------------------------------------- */

/* The patches' bias, the places and the class token as one table. */
static void
load_table (LkVision  *vision,
            LkNetwork *network)
{
  gsize width = vision->width, n = vision->n_tokens;
  g_autofree char *bias_name = g_strconcat (vision->patch_name, ".bias", NULL);
  g_autofree float *table = lk_network_read (network, vision->position_name, n * width);
  g_autofree float *bias = lk_network_read (network, bias_name, width), *class_token = NULL;

  if (vision->has_class)
    class_token = lk_network_read (network, vision->class_name, width);
  if (!lk_network_check (network, NULL))
    return;
  for (gsize t = 0; t < n; t++)
    for (gsize i = 0; i < width; i++)
      table[t * width + i] += t == 0 && class_token != NULL ? class_token[i] : bias[i];
  lk_network_add (network, n, width, table, TABLE);
}

static void
load_layer (LkVision  *vision,
            LkNetwork *network,
            guint      layer)
{
  const struct { const char *name; gsize out, in; } parts[] = {
    { vision->norm_1, vision->width, 0 },
    { vision->qkv, 3 * vision->width, vision->width },
    { vision->projection, vision->width, vision->width },
    { vision->norm_2, vision->width, 0 },
    { vision->fc1, vision->hidden, vision->width },
    { vision->fc2, vision->width, vision->hidden },
  };

  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    {
      g_autofree char *name = g_strdup_printf ("%s%u.%s", vision->layers, layer, parts[i].name);

      if (parts[i].in == 0)
        lk_network_load_norm (network, parts[i].out, name);
      else
        lk_network_load_linear (network, parts[i].out, parts[i].in, name);
    }
}

void
lk_vision_load (LkVision  *vision,
                LkNetwork *network)
{
  g_autofree char *weight = g_strconcat (vision->patch_name, ".weight", NULL);
  g_autofree char *fc1 = g_strdup_printf ("%s0.%s.weight", vision->layers, vision->fc1);
  gsize n_places;
  guint grid;

  vision->width = (guint) lk_network_get_dim (network, 0, weight);
  vision->patch = (guint) lk_network_get_dim (network, 2, weight);
  vision->hidden = (guint) lk_network_get_dim (network, 0, fc1);
  vision->n_layers = lk_network_count (network, vision->layers);
  vision->n_tokens = (guint) lk_network_get_dim (network, 1, vision->position_name);
  if (vision->n_heads == 0)
    vision->n_heads = vision->width / 64;
  n_places = vision->n_tokens - (vision->has_class ? 1 : 0);
  grid = (guint) (sqrt ((double) n_places) + .5);
  vision->side = grid * vision->patch;
  if (!lk_network_check (network, NULL))
    return;
  if (vision->n_tokens < 2 || (gsize) grid * grid != n_places || vision->patch == 0 || vision->side == 0 || vision->side > MOST_SIDE ||
      vision->n_heads == 0 || vision->width % vision->n_heads != 0)
    {
      lk_network_fail (network, LK_CHECKPOINT_ERROR_MISSHAPEN,
                       _("The model cannot be used: its shapes (%u tokens of %u numbers, patches of %u pixels, %u heads) do not fit together."),
                       vision->n_tokens, vision->width, vision->patch, vision->n_heads);
      return;
    }

  lk_network_load (network, vision->width, 3 * (gsize) vision->patch * vision->patch, weight);
  load_table (vision, network);
  for (guint i = 0; i < vision->n_layers; i++)
    load_layer (vision, network, i);
  lk_network_load_norm (network, vision->width, vision->norm_name);
}

/* ---- building ------------------------------------------------------------------------------------------------- */

static LkTensor *
build_layer (const LkVision *vision,
             LkNetwork      *network,
             LkGraph        *graph,
             LkTensor       *x,
             guint           layer)
{
  g_autofree char *name = g_strdup_printf ("%s%u.", vision->layers, layer);
  float scale = 1.f / sqrtf ((float) vision->width / (float) vision->n_heads);
  LkTensor *normed, *qkv, *q, *k, *v, *attention, *hidden;

  normed = lk_network_norm (network, graph, x, vision->eps, "%s%s", name, vision->norm_1);
  qkv = lk_network_linear (network, graph, normed, "%s%s", name, vision->qkv);
  q = lk_slice (graph, qkv, 0, vision->width);
  k = lk_slice (graph, qkv, vision->width, vision->width);
  v = lk_slice (graph, qkv, 2 * (gsize) vision->width, vision->width);
  attention = lk_attention (graph, q, k, v, vision->n_heads, scale, FALSE);
  x = lk_add (graph, x, lk_network_linear (network, graph, attention, "%s%s", name, vision->projection));

  normed = lk_network_norm (network, graph, x, vision->eps, "%s%s", name, vision->norm_2);
  hidden = lk_activation (graph, lk_network_linear (network, graph, normed, "%s%s", name, vision->fc1), vision->activation);
  return lk_add (graph, x, lk_network_linear (network, graph, hidden, "%s%s", name, vision->fc2));
}

LkTensor *
lk_vision_build (const LkVision  *vision,
                 LkNetwork       *network,
                 LkGraph         *graph,
                 LkTensor       **patches)
{
  g_autofree char *weight = g_strconcat (vision->patch_name, ".weight", NULL);
  LkTensor *x;

  *patches = lk_graph_input (graph, LK_DTYPE_F32, 3, (gsize[]) { 1, vision->n_tokens, 3 * (gsize) vision->patch * vision->patch });
  x = lk_linear (graph, *patches, lk_network_weight (network, graph, weight), NULL);
  x = lk_add (graph, x, lk_network_weight (network, graph, TABLE));
  for (guint i = 0; i < vision->n_layers; i++)
    x = build_layer (vision, network, graph, x, i);
  return lk_network_norm (network, graph, x, vision->eps, "%s", vision->norm_name);
}

/* ---- pictures ------------------------------------------------------------------------------------------------- */

float *
lk_vision_cut (const LkVision *vision,
               const float    *planes)
{
  gsize patch = vision->patch, side = vision->side, grid = side / patch, n = 3 * patch * patch;
  float *patches = g_new0 (float, vision->n_tokens * n), *to = patches + (vision->has_class ? n : 0);

  for (gsize row = 0; row < grid; row++)
    for (gsize column = 0; column < grid; column++)
      for (gsize c = 0; c < 3; c++)
        for (gsize y = 0; y < patch; y++, to += patch)
          memcpy (to, planes + (c * side + row * patch + y) * side + column * patch, patch * sizeof (float));
  return patches;
}

float *
lk_vision_scale (const LkVisionInput *input,
                 const LkPicture     *picture)
{
  gsize n = (gsize) picture->width * picture->height;
  float *planes = g_new (float, 3 * n);

  for (guint c = 0; c < 3; c++)
    for (guint y = 0; y < picture->height; y++)
      {
        const guint8 *row = lk_picture_row (picture, y);
        float *to = planes + c * n + (gsize) y * picture->width;

        for (guint x = 0; x < picture->width; x++)
          to[x] = ((float) row[3 * x + input->channels[c]] / 255.f - input->mean[c]) / input->deviation[c];
      }
  return planes;
}
