/* LkArchitecture: every width and depth of a model, as the shapes of its tensors tell them. Plain numbers, no memory of its own.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef enum
{
  LK_FAMILY_SD1,
  LK_FAMILY_SDXL,
} LkFamily;

/* A CLIP text encoder. SDXL has two. Heads have 64 channels; a narrower encoder has one. */
typedef struct
{
  guint    vocabulary;          /* BOS and EOS are its last two ids */
  guint    n_positions;         /* longest sequence: 77 */
  guint    width;
  guint    hidden;              /* of the MLP */
  guint    n_layers;
  guint    n_heads;
  guint    projection;          /* width of the pooled vector; 0: it has none */
  gboolean is_open_clip;        /* GELU instead of quick GELU, and other names in the file */
} LkTextArchitecture;

/* One block of the U-Net: a convolution, or a residual block with or without a transformer, or a change of size. */
typedef struct
{
  guint    in_channels, out_channels;   /* in_channels of an output block count the skip connection */
  guint    depth;               /* transformer blocks after the residual block; 0: no attention */
  gboolean is_resize;           /* input block: nothing but a downsampling convolution; output block: ends with an upsampling one */
} LkUnetBlock;

#define LK_MAX_UNET_BLOCKS 48

typedef struct
{
  guint       in_channels, out_channels;
  guint       model_channels;   /* width of the first level, and of the timestep's sines */
  guint       embedding;        /* width of the timestep embedding */
  guint       n_levels;
  guint       n_res_blocks;     /* a level; output levels have one more */
  guint       context;          /* width of the text's states */
  guint       n_heads;          /* SD 1.x: 8 everywhere; 0: heads of head_channels (SDXL: 64) */
  guint       head_channels;
  guint       vector;           /* width of SDXL's pooled text and sizes; 0: none */
  gboolean    has_linear_projections;   /* proj_in and proj_out are [C,C] in the file (SDXL), not [C,C,1,1] */
  guint       n_input_blocks, n_output_blocks;
  LkUnetBlock input_blocks[LK_MAX_UNET_BLOCKS];     /* the first is the convolution */
  LkUnetBlock middle_block;
  LkUnetBlock output_blocks[LK_MAX_UNET_BLOCKS];
} LkUnetArchitecture;

#define LK_MAX_VAE_LEVELS 8

typedef struct
{
  guint latent_channels;        /* Z */
  guint n_levels;               /* the picture is 2^(n_levels - 1) times as large as the latent */
  guint encoder_widths[LK_MAX_VAE_LEVELS];
  guint decoder_widths[LK_MAX_VAE_LEVELS];          /* by level too: the last is the smallest picture */
  guint encoder_res_blocks[LK_MAX_VAE_LEVELS];
  guint decoder_res_blocks[LK_MAX_VAE_LEVELS];
  guint n_groups;               /* of its norms */
} LkVaeArchitecture;

typedef struct
{
  LkFamily           family;
  guint              n_text_encoders;
  LkTextArchitecture text[2];
  LkUnetArchitecture unet;
  LkVaeArchitecture  vae;
  gboolean           is_v_prediction;   /* the U-Net predicts v instead of the noise */
  float              latent_scale;      /* the U-Net's latent = the autoencoder's x this: 0.18215, SDXL 0.13025 */
  guint              width, height;     /* pixels of the pictures it was made for */
  guint64            n_parameters;
} LkArchitecture;

/* "SD 1.x", "SDXL". Static. */
const char *lk_family_get_name                    (LkFamily              family);
/* How many pixels one latent pixel stands for: 8. */
guint       lk_architecture_get_latent_factor     (const LkArchitecture *architecture);
/* Sides of latents are multiples of this where the U-Net halves and doubles them evenly; others work too. */
guint       lk_architecture_get_latent_multiple   (const LkArchitecture *architecture);
/* Heads of an attention over `channels`. */
guint       lk_unet_architecture_get_n_heads      (const LkUnetArchitecture *unet,
                                                   guint                 channels);
/* Width of the context that the text encoders make together. */
guint       lk_architecture_get_context_width     (const LkArchitecture *architecture);
/* "SD 1.x, 13.0 M parameters, 192 × 192 pixels". Owned by the caller. */
char       *lk_architecture_describe              (const LkArchitecture *architecture);

G_END_DECLS
