/* lk-adapter-targets.c: the places of a model where a LoRA may stand, and what kohya and diffusers call them. See lk-adapter.h.
 *
 * The original program numbers the U-Net's blocks in one row, diffusers by level. With R residual blocks a level, input block i is
 * down_blocks_{(i-1)/(R+1)}, output block o is up_blocks_{o/(R+1)}. kohya writes diffusers' names for SD 1.x, the original's for SDXL.
 */
#define G_LOG_DOMAIN "likeness-model"

#include "config.h"

#include "model/lk-adapter.h"

#include <stdio.h>
#include <string.h>

struct _LkAdapterTargets
{
  gatomicrefcount ref_count;
  GArray         *targets;        /* of LkAdapterTarget */
  GStringChunk   *words;          /* their strings */
  GHashTable     *by_name;        /* name or alias to index + 1 */
};

/* ---- names --------------------------------------------------------------------------------------------------- */

/* PREFIX_words_with_underscores */
static char *
join (const char *prefix,
      const char *words)
{
  return g_strdelimit (g_strconcat (prefix, words, NULL), ".", '_');
}

/* diffusers' word for a layer of a residual block. */
static const char *
name_res_layer (const char *layer)
{
  static const struct { const char *original, *diffusers; } words[] = {
    { "in_layers.2", "conv1" }, { "out_layers.3", "conv2" }, { "emb_layers.1", "time_emb_proj" }, { "skip_connection", "conv_shortcut" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    if (strcmp (layer, words[i].original) == 0)
      return words[i].diffusers;
  g_assert_not_reached ();
}

/* "input_blocks.4.1.proj_in" to "down_blocks.1.attentions.0.proj_in". */
static char *
name_for_diffusers (const LkUnetArchitecture *unet,
                    const char               *weight)
{
  guint per_level = unet->n_res_blocks + 1, block, child;
  int n = 0;

  if (sscanf (weight, "middle_block.%u.%n", &child, &n) == 1 && n > 0)
    {
      if (child == 1)
        return g_strdup_printf ("mid_block.attentions.0.%s", weight + n);
      return g_strdup_printf ("mid_block.resnets.%u.%s", child / 2, name_res_layer (weight + n));
    }

  if (sscanf (weight, "input_blocks.%u.%u.%n", &block, &child, &n) == 2 && n > 0)
    {
      guint level = (block - 1) / per_level, index = (block - 1) % per_level;

      if (strcmp (weight + n, "op") == 0)
        return g_strdup_printf ("down_blocks.%u.downsamplers.0.conv", level);
      if (child == 1)
        return g_strdup_printf ("down_blocks.%u.attentions.%u.%s", level, index, weight + n);
      return g_strdup_printf ("down_blocks.%u.resnets.%u.%s", level, index, name_res_layer (weight + n));
    }

  if (sscanf (weight, "output_blocks.%u.%u.%n", &block, &child, &n) == 2 && n > 0)
    {
      guint level = block / per_level, index = block % per_level;

      if (strcmp (weight + n, "conv") == 0)
        return g_strdup_printf ("up_blocks.%u.upsamplers.0.conv", level);
      if (child == 1)
        return g_strdup_printf ("up_blocks.%u.attentions.%u.%s", level, index, weight + n);
      return g_strdup_printf ("up_blocks.%u.resnets.%u.%s", level, index, name_res_layer (weight + n));
    }

  g_assert_not_reached ();
}

/* ---- places -------------------------------------------------------------------------------------------------- */

static void
add_target (LkAdapterTargets *targets,
            const LkWeight   *weight,
            const char       *layer,
            const char       *name,
            const char       *alias,
            gboolean          is_default,
            gboolean          is_conv)
{
  LkAdapterTarget target = {
    .part = weight->part,
    .weight = g_string_chunk_insert (targets->words, layer),
    .name = g_string_chunk_insert (targets->words, name),
    .alias = g_string_chunk_insert (targets->words, alias),
    .is_default = is_default,
    .in = (guint) weight->dims[weight->n_dims - 1],
    .out = (guint) weight->dims[0],
    .kernel = weight->n_dims == 4 ? (guint) weight->dims[1] : 1,
    .stride = g_str_has_suffix (layer, ".op") ? 2 : 1,
    .is_conv = is_conv,
  };
  gpointer place;

  g_array_append_val (targets->targets, target);
  place = GUINT_TO_POINTER (targets->targets->len);
  g_hash_table_insert (targets->by_name, (gpointer) target.name, place);
  g_hash_table_insert (targets->by_name, (gpointer) target.alias, place);
}

/* "0.encoder.layers.3.mlp.fc1" */
static void
add_text_target (LkAdapterTargets     *targets,
                 const LkArchitecture *architecture,
                 const LkWeight       *weight,
                 const char           *layer)
{
  static const char *prefixes[] = { "lora_te1_text_model_", "lora_te2_text_model_" };
  const char *prefix = prefixes[layer[0] - '0'];
  g_autofree char *numbered = join (prefix, layer + strlen ("0."));
  g_autofree char *plain = join ("lora_te_text_model_", layer + strlen ("0."));

  if (!g_str_has_prefix (layer + strlen ("0."), "encoder.layers."))
    return;

  if (architecture->family == LK_FAMILY_SD1)
    add_target (targets, weight, layer, plain, numbered, TRUE, FALSE);
  else
    add_target (targets, weight, layer, numbered, numbered, TRUE, FALSE);
}

static void
add_unet_target (LkAdapterTargets     *targets,
                 const LkArchitecture *architecture,
                 const LkWeight       *weight,
                 const char           *layer)
{
  gboolean is_projection = g_str_has_suffix (layer, ".proj_in") || g_str_has_suffix (layer, ".proj_out");
  gboolean is_default = is_projection || strstr (layer, ".transformer_blocks.") != NULL;
  gboolean is_conv = weight->n_dims == 4 || g_str_has_suffix (layer, ".skip_connection") ||
                     (is_projection && !architecture->unet.has_linear_projections);
  g_autofree char *original = NULL, *places = NULL, *diffusers = NULL;

  /* kohya leaves the first and last convolution and the embeddings alone. */
  if (strcmp (layer, "input_blocks.0.0") == 0 ||
      !(g_str_has_prefix (layer, "input_blocks.") || g_str_has_prefix (layer, "middle_block.") || g_str_has_prefix (layer, "output_blocks.")))
    return;

  original = join ("lora_unet_", layer);
  places = name_for_diffusers (&architecture->unet, layer);
  diffusers = join ("lora_unet_", places);
  if (architecture->family == LK_FAMILY_SDXL)
    add_target (targets, weight, layer, original, diffusers, is_default, is_conv);
  else
    add_target (targets, weight, layer, diffusers, original, is_default, is_conv);
}

LkAdapterTargets *
lk_adapter_targets_new (LkCheckpoint *checkpoint)
{
  const LkArchitecture *architecture = lk_checkpoint_get_architecture (checkpoint);
  LkAdapterTargets *targets = g_new0 (LkAdapterTargets, 1);

  g_atomic_ref_count_init (&targets->ref_count);
  targets->targets = g_array_new (FALSE, FALSE, sizeof (LkAdapterTarget));
  targets->words = g_string_chunk_new (4096);
  targets->by_name = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < lk_checkpoint_get_n_weights (checkpoint); i++)
    {
      const LkWeight *weight = lk_checkpoint_get_weight (checkpoint, i);
      g_autofree char *layer = NULL;

      if (weight->kind == LK_WEIGHT_VECTOR || !g_str_has_suffix (weight->name, ".weight"))
        continue;
      layer = g_strndup (weight->name, strlen (weight->name) - strlen (".weight"));
      if (weight->part == LK_PART_TEXT)
        add_text_target (targets, architecture, weight, layer);
      else if (weight->part == LK_PART_UNET)
        add_unet_target (targets, architecture, weight, layer);
    }
  return targets;
}

LkAdapterTargets *
lk_adapter_targets_ref (LkAdapterTargets *targets)
{
  g_atomic_ref_count_inc (&targets->ref_count);
  return targets;
}

void
lk_adapter_targets_unref (LkAdapterTargets *targets)
{
  if (!g_atomic_ref_count_dec (&targets->ref_count))
    return;
  g_hash_table_unref (targets->by_name);
  g_string_chunk_free (targets->words);
  g_array_unref (targets->targets);
  g_free (targets);
}

guint
lk_adapter_targets_get_n (LkAdapterTargets *targets)
{
  return targets->targets->len;
}

const LkAdapterTarget *
lk_adapter_targets_get (LkAdapterTargets *targets,
                        guint             index)
{
  g_assert (index < targets->targets->len);
  return &g_array_index (targets->targets, LkAdapterTarget, index);
}

const LkAdapterTarget *
lk_adapter_targets_find (LkAdapterTargets *targets,
                         const char       *name)
{
  guint place = GPOINTER_TO_UINT (g_hash_table_lookup (targets->by_name, name));

  return place != 0 ? lk_adapter_targets_get (targets, place - 1) : NULL;
}
