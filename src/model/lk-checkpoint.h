/* LkCheckpoint: a base model in one safetensors file, as ComfyUI and AUTOMATIC1111 keep them: text encoders, U-Net and autoencoder
 * under the names of the original programs. Opening reads the header only: what the file is, and whether every tensor of that
 * architecture is there in its shape.
 */
#pragma once

#include "formats/lk-safetensors.h"
#include "model/lk-architecture.h"

G_BEGIN_DECLS

#define LK_CHECKPOINT_ERROR (lk_checkpoint_error_quark ())
GQuark lk_checkpoint_error_quark (void);

typedef enum
{
  LK_CHECKPOINT_ERROR_NOT_A_MODEL,    /* a LoRA, an autoencoder alone, a part of a diffusers folder, or nothing we know */
  LK_CHECKPOINT_ERROR_UNSUPPORTED,    /* a base model of another kind: SD 2, an inpainting model, SDXL's refiner, … */
  LK_CHECKPOINT_ERROR_INCOMPLETE,     /* a tensor is missing */
  LK_CHECKPOINT_ERROR_MISSHAPEN,      /* a tensor has a shape that does not fit the others */
} LkCheckpointError;

/* What a safetensors file holds, told by its names alone. */
typedef enum
{
  LK_FILE_KIND_UNKNOWN,
  LK_FILE_KIND_BASE,                  /* a single-file checkpoint with a U-Net */
  LK_FILE_KIND_LORA,                  /* LoRA and its relatives, whoever named them */
  LK_FILE_KIND_VAE,                   /* an autoencoder alone */
  LK_FILE_KIND_TEXT_ENCODER,          /* a text encoder alone */
  LK_FILE_KIND_DIFFUSERS_PART,        /* the U-Net of a diffusers folder */
  LK_FILE_KIND_EMBEDDING,             /* textual inversion */
} LkFileKind;

LkFileKind            lk_checkpoint_identify         (LkSafetensors  *file);

/* The parts of a model that are loaded and freed by themselves. */
typedef enum
{
  LK_PART_TEXT = 1 << 0,              /* the text encoder, of SDXL both */
  LK_PART_UNET = 1 << 1,
  LK_PART_VAE  = 1 << 2,
  LK_PART_ALL  = LK_PART_TEXT | LK_PART_UNET | LK_PART_VAE,
} LkModelParts;

typedef enum
{
  LK_WEIGHT_VECTOR,                   /* bias, gamma, beta: kept as F32 */
  LK_WEIGHT_MATRIX,                   /* [N,K]; also a table of embeddings, also a convolution of one pixel */
  LK_WEIGHT_TRANSPOSED,               /* [K,N] in the file, [N,K] on the device */
  LK_WEIGHT_KERNEL,                   /* [O,C,kh,kw] in the file, [O,kh,kw,C] on the device */
} LkWeightKind;

/* One tensor of a model: its place in the file and its shape on the device. */
typedef struct
{
  LkModelParts        part;
  char               *name;           /* owned: what the model's code calls it, see below */
  const LkSafeTensor *source;
  gsize               first;          /* element of `source` where it starts (OpenCLIP keeps q, k and v in one tensor) */
  LkWeightKind        kind;
  guint               n_dims;
  gsize               dims[4];        /* on the device */
} LkWeight;

typedef struct _LkCheckpoint LkCheckpoint;

/* Errors: LK_CHECKPOINT_ERROR, and those of lk_safetensors_open (). */
LkCheckpoint         *lk_checkpoint_open             (const char     *path,
                                                      GError        **error);
LkCheckpoint         *lk_checkpoint_new              (LkSafetensors  *file,
                                                      GError        **error);
LkCheckpoint         *lk_checkpoint_ref              (LkCheckpoint   *checkpoint);
void                  lk_checkpoint_unref            (LkCheckpoint   *checkpoint);

LkSafetensors        *lk_checkpoint_get_file         (LkCheckpoint   *checkpoint);
const LkArchitecture *lk_checkpoint_get_architecture (LkCheckpoint   *checkpoint);
/* All weights, in the order in which the model uses them.
 * Names: U-Net "input_blocks.1.0.in_layers.2.weight", as in the file; autoencoder "encoder.conv_in.weight", as in the file; text
 * encoders "0.encoder.layers.3.self_attn.q_proj.weight", "1.…", for both as Hugging Face's CLIP has them. */
guint                 lk_checkpoint_get_n_weights    (LkCheckpoint   *checkpoint);
const LkWeight       *lk_checkpoint_get_weight       (LkCheckpoint   *checkpoint,
                                                      guint           index);
/* NULL where the model has none. */
const LkWeight       *lk_checkpoint_find_weight      (LkCheckpoint   *checkpoint,
                                                      LkModelParts    part,
                                                      const char     *name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkCheckpoint, lk_checkpoint_unref)

G_END_DECLS
