/* lk-checkpoint.c: what a file is, and a base model's weights and architecture. See the header. */
#define G_LOG_DOMAIN "likeness-model"

#include "config.h"

#include "model/lk-checkpoint-private.h"

#include <glib/gi18n.h>
#include <stdio.h>
#include <string.h>

G_DEFINE_QUARK (lk-checkpoint-error-quark, lk_checkpoint_error)

#define UNET_PREFIX "model.diffusion_model."
#define VAE_PREFIX "first_stage_model."

/* SDXL's vector: the pooled text, then six numbers (sizes and crop) with this many sines each. */
#define N_SIZES 6
#define SIZE_FEATURES 256

struct _LkCheckpoint
{
  gatomicrefcount ref_count;
  LkSafetensors  *file;           /* owned */
  LkArchitecture  architecture;
  GPtrArray      *weights;        /* owned LkWeight */
  GHashTable     *by_name;        /* weight->name to weight */
};

/* ---- what a file is ------------------------------------------------------------------------------------------ */

static gboolean
has_prefix (LkSafetensors *file,
            const char    *prefix)
{
  for (guint i = 0; i < lk_safetensors_get_n_tensors (file); i++)
    if (g_str_has_prefix (lk_safetensors_get_tensor (file, i)->name, prefix))
      return TRUE;
  return FALSE;
}

static gboolean
has_words (LkSafetensors *file,
           const char    *words)
{
  for (guint i = 0; i < lk_safetensors_get_n_tensors (file); i++)
    if (strstr (lk_safetensors_get_tensor (file, i)->name, words) != NULL)
      return TRUE;
  return FALSE;
}

/* Words that only the keys of adapters have, whoever wrote them. */
static gboolean
is_lora (LkSafetensors *file)
{
  static const char *words[] = {
    ".lora_down.", ".lora_up.", ".lora_A.", ".lora_B.", ".lora.down.", ".lora.up.", "_lora.down.", "_lora.up.",
    ".lora_linear_layer.", ".hada_w1_a", ".lokr_w", ".oft_", ".dora_scale", ".glora", ".ia3",
  };

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    if (has_words (file, words[i]))
      return TRUE;
  return has_prefix (file, "lora_unet_") || has_prefix (file, "lora_te") || has_prefix (file, "lycoris_");
}

LkFileKind
lk_checkpoint_identify (LkSafetensors *file)
{
  if (is_lora (file))
    return LK_FILE_KIND_LORA;
  if (has_prefix (file, UNET_PREFIX))
    return LK_FILE_KIND_BASE;
  if (has_prefix (file, VAE_PREFIX "decoder.") || has_prefix (file, "decoder.conv_in."))
    return LK_FILE_KIND_VAE;
  if (has_prefix (file, "down_blocks.0.") && has_prefix (file, "time_embedding."))
    return LK_FILE_KIND_DIFFUSERS_PART;
  if (has_words (file, "text_model.encoder.layers.") || has_words (file, "transformer.resblocks."))
    return LK_FILE_KIND_TEXT_ENCODER;
  if (lk_safetensors_get_n_tensors (file) <= 2 &&
      (lk_safetensors_find (file, "emb_params") != NULL || lk_safetensors_find (file, "clip_l") != NULL))
    return LK_FILE_KIND_EMBEDDING;
  return LK_FILE_KIND_UNKNOWN;
}

/* ---- refusals ------------------------------------------------------------------------------------------------ */

static gboolean
check_is_base (LkCheckpointReader *reader)
{
  const char *words = NULL;

  switch (lk_checkpoint_identify (reader->file))
    {
    case LK_FILE_KIND_BASE:
      return TRUE;
    case LK_FILE_KIND_LORA:
      words = _("“%s” holds a LoRA, not a base model. Choose a checkpoint of about 2 GB (SD 1.5) or 7 GB (SDXL).");
      break;
    case LK_FILE_KIND_VAE:
      words = _("“%s” holds an autoencoder (VAE) alone, not a base model. Choose a full checkpoint.");
      break;
    case LK_FILE_KIND_TEXT_ENCODER:
      words = _("“%s” holds a text encoder alone, not a base model. Choose a full checkpoint.");
      break;
    case LK_FILE_KIND_DIFFUSERS_PART:
      words = _("“%s” is one part of a model in diffusers’ folder format. Choose the same model as a single file (checkpoint).");
      break;
    case LK_FILE_KIND_EMBEDDING:
      words = _("“%s” holds an embedding (textual inversion), not a base model. Choose a full checkpoint.");
      break;
    case LK_FILE_KIND_UNKNOWN:
    default:
      words = _("“%s” is not a base model: it has no U-Net of Stable Diffusion. Choose an SD 1.x or SDXL checkpoint.");
      break;
    }

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  lk_reader_fail (reader, LK_CHECKPOINT_ERROR_NOT_A_MODEL, words, reader->file_name);
#pragma GCC diagnostic pop
  return FALSE;
}

/* Models that share the names but not the architecture. */
static gboolean
check_is_supported (LkCheckpointReader *reader)
{
  const char *kind = NULL;

  if (has_prefix (reader->file, "cond_stage_model.model."))
    kind = "Stable Diffusion 2";
  else if (has_prefix (reader->file, "conditioner.embedders.0.model."))
    kind = _("SDXL’s refiner");
  else if (has_prefix (reader->file, UNET_PREFIX "joint_blocks."))
    kind = "Stable Diffusion 3";
  else if (has_prefix (reader->file, UNET_PREFIX "double_blocks."))
    kind = "FLUX";

  if (kind != NULL)
    lk_reader_fail (reader, LK_CHECKPOINT_ERROR_UNSUPPORTED,
                    _("“%s” is a model of another kind (%s), which is not supported. Choose an SD 1.x or SDXL checkpoint."),
                    reader->file_name, kind);
  else if (!has_prefix (reader->file, UNET_PREFIX "input_blocks."))
    lk_reader_fail (reader, LK_CHECKPOINT_ERROR_UNSUPPORTED,
                    _("“%s” is a model of an unknown kind. Choose an SD 1.x or SDXL checkpoint."), reader->file_name);
  return reader->error == NULL;
}

/* The parts must fit together. */
static void
check_fit (LkCheckpointReader   *reader,
           const LkArchitecture *architecture)
{
  const LkUnetArchitecture *unet = &architecture->unet;
  guint latent = architecture->vae.latent_channels, context = lk_architecture_get_context_width (architecture);

  if (unet->in_channels == 2 * latent + 1)
    lk_reader_fail (reader, LK_CHECKPOINT_ERROR_UNSUPPORTED,
                    _("“%s” is an inpainting model (%u input channels), which is not supported. Choose the ordinary version of it."),
                    reader->file_name, unet->in_channels);
  else if (unet->in_channels == 2 * latent)
    lk_reader_fail (reader, LK_CHECKPOINT_ERROR_UNSUPPORTED,
                    _("“%s” is a model for editing pictures (%u input channels), which is not supported. Choose the ordinary version of it."),
                    reader->file_name, unet->in_channels);
  else if (unet->in_channels != latent || unet->out_channels != latent)
    lk_reader_fail (reader, LK_CHECKPOINT_ERROR_MISSHAPEN,
                    _("“%s” cannot be used: its U-Net takes %u channels and gives %u, its autoencoder makes %u."),
                    reader->file_name, unet->in_channels, unet->out_channels, latent);
  else if (unet->context != context)
    lk_reader_fail (reader, LK_CHECKPOINT_ERROR_MISSHAPEN,
                    _("“%s” cannot be used: its text encoders make states %u wide, its U-Net reads %u."),
                    reader->file_name, context, unet->context);
  else if (architecture->family == LK_FAMILY_SDXL && unet->vector != architecture->text[1].projection + N_SIZES * SIZE_FEATURES)
    lk_reader_fail (reader, LK_CHECKPOINT_ERROR_MISSHAPEN,
                    _("“%s” cannot be used: its U-Net reads a vector %u wide, its text encoder makes %u and the sizes %d."),
                    reader->file_name, unet->vector, architecture->text[1].projection, N_SIZES * SIZE_FEATURES);
}

/* ---- reading ------------------------------------------------------------------------------------------------- */

static void
read_text (LkCheckpointReader *reader,
           LkArchitecture     *architecture)
{
  gboolean is_sdxl = architecture->family == LK_FAMILY_SDXL;
  const char *prefix = is_sdxl ? "conditioner.embedders.0.transformer." : "cond_stage_model.transformer.";
  const char *long_prefix = is_sdxl ? "conditioner.embedders.0.transformer.text_model." : "cond_stage_model.transformer.text_model.";

  reader->part = LK_PART_TEXT;
  reader->name_prefix = "0.";
  /* Old files lack the middle word. */
  reader->prefix = has_prefix (reader->file, long_prefix) || !has_prefix (reader->file, prefix) ? long_prefix : prefix;
  architecture->n_text_encoders = 1;
  lk_checkpoint_read_text (reader, &architecture->text[0]);

  if (is_sdxl)
    {
      reader->name_prefix = "1.";
      reader->prefix = "conditioner.embedders.1.model.";
      architecture->n_text_encoders = 2;
      architecture->text[1].is_open_clip = TRUE;
      lk_checkpoint_read_text (reader, &architecture->text[1]);
    }
}

static void
read_vae (LkCheckpointReader *reader,
          LkArchitecture     *architecture)
{
  const char *groups = lk_safetensors_get_metadata (reader->file, "likeness.vae_groups");
  guint64 n_groups = 32;

  if (groups != NULL && !g_ascii_string_to_unsigned (groups, 10, 1, 1024, &n_groups, NULL))
    lk_reader_fail (reader, LK_CHECKPOINT_ERROR_MISSHAPEN, _("“%s” cannot be used: its header gives “%s” as the number of norm groups."),
                    reader->file_name, groups);
  architecture->vae.n_groups = (guint) n_groups;

  reader->part = LK_PART_VAE;
  reader->name_prefix = "";
  reader->prefix = VAE_PREFIX;
  lk_checkpoint_read_vae (reader, &architecture->vae);
}

/* What the header says beyond shapes. */
static void
read_metadata (LkSafetensors  *file,
               LkArchitecture *architecture)
{
  const char *resolution = lk_safetensors_get_metadata (file, "modelspec.resolution");
  const char *prediction = lk_safetensors_get_metadata (file, "modelspec.prediction_type");
  guint width = 0, height = 0;

  architecture->width = architecture->height = architecture->family == LK_FAMILY_SDXL ? 1024 : 512;
  if (resolution != NULL && sscanf (resolution, "%5ux%5u", &width, &height) == 2 && width >= 64 && height >= 64)
    {
      architecture->width = width;
      architecture->height = height;
    }

  /* Either what the model spec says, or the mark that such SDXL files carry among their tensors. */
  architecture->is_v_prediction = (prediction != NULL && g_str_has_prefix (prediction, "v")) ||
                                  lk_safetensors_find (file, "v_pred") != NULL;
  architecture->latent_scale = architecture->family == LK_FAMILY_SDXL ? 0.13025f : 0.18215f;
}

static void
read_all (LkCheckpointReader *reader,
          LkArchitecture     *architecture)
{
  if (!check_is_base (reader) || !check_is_supported (reader))
    return;

  architecture->family = has_prefix (reader->file, UNET_PREFIX "label_emb.") ||
                         has_prefix (reader->file, "conditioner.embedders.") ? LK_FAMILY_SDXL : LK_FAMILY_SD1;
  read_text (reader, architecture);

  reader->part = LK_PART_UNET;
  reader->name_prefix = "";
  reader->prefix = UNET_PREFIX;
  lk_checkpoint_read_unet (reader, architecture->family, &architecture->unet);

  read_vae (reader, architecture);
  check_fit (reader, architecture);
  read_metadata (reader->file, architecture);
}

static void
weight_free (LkWeight *weight)
{
  g_free (weight->name);
  g_free (weight);
}

LkCheckpoint *
lk_checkpoint_new (LkSafetensors  *file,
                   GError        **error)
{
  g_autofree char *file_name = g_path_get_basename (lk_safetensors_get_path (file));
  LkCheckpoint *checkpoint = g_new0 (LkCheckpoint, 1);
  LkCheckpointReader reader = { .file = file, .file_name = file_name };

  g_atomic_ref_count_init (&checkpoint->ref_count);
  checkpoint->file = lk_safetensors_ref (file);
  checkpoint->weights = g_ptr_array_new_with_free_func ((GDestroyNotify) weight_free);
  checkpoint->by_name = g_hash_table_new (g_str_hash, g_str_equal);

  reader.weights = checkpoint->weights;
  read_all (&reader, &checkpoint->architecture);
  if (reader.error != NULL)
    {
      g_propagate_error (error, reader.error);
      lk_checkpoint_unref (checkpoint);
      return NULL;
    }

  for (guint i = 0; i < checkpoint->weights->len; i++)
    {
      LkWeight *weight = g_ptr_array_index (checkpoint->weights, i);
      guint64 n_elements = 1;

      for (guint j = 0; j < weight->n_dims; j++)
        n_elements *= weight->dims[j];
      checkpoint->architecture.n_parameters += n_elements;
      g_hash_table_insert (checkpoint->by_name, weight->name, weight);
    }
  return checkpoint;
}

LkCheckpoint *
lk_checkpoint_open (const char  *path,
                    GError     **error)
{
  g_autoptr (LkSafetensors) file = lk_safetensors_open (path, error);

  return file != NULL ? lk_checkpoint_new (file, error) : NULL;
}

LkCheckpoint *
lk_checkpoint_ref (LkCheckpoint *checkpoint)
{
  g_atomic_ref_count_inc (&checkpoint->ref_count);
  return checkpoint;
}

void
lk_checkpoint_unref (LkCheckpoint *checkpoint)
{
  if (!g_atomic_ref_count_dec (&checkpoint->ref_count))
    return;
  g_hash_table_unref (checkpoint->by_name);
  g_ptr_array_unref (checkpoint->weights);
  lk_safetensors_unref (checkpoint->file);
  g_free (checkpoint);
}

LkSafetensors *
lk_checkpoint_get_file (LkCheckpoint *checkpoint)
{
  return checkpoint->file;
}

const LkArchitecture *
lk_checkpoint_get_architecture (LkCheckpoint *checkpoint)
{
  return &checkpoint->architecture;
}

guint
lk_checkpoint_get_n_weights (LkCheckpoint *checkpoint)
{
  return checkpoint->weights->len;
}

const LkWeight *
lk_checkpoint_get_weight (LkCheckpoint *checkpoint,
                          guint         index)
{
  g_assert (index < checkpoint->weights->len);
  return g_ptr_array_index (checkpoint->weights, index);
}

const LkWeight *
lk_checkpoint_find_weight (LkCheckpoint *checkpoint,
                           LkModelParts  part,
                           const char   *name)
{
  const LkWeight *weight = g_hash_table_lookup (checkpoint->by_name, name);

  return weight != NULL && weight->part == part ? weight : NULL;
}
