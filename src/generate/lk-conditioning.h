/* LkConditioner: prompts and captions as the U-Net reads them: tokens, text encoder, context; for SDXL also the pooled text.
 */
#pragma once

#include "formats/lk-tokenizer.h"
#include "model/lk-text-encoder.h"

G_BEGIN_DECLS

/* One text as the U-Net reads it. */
typedef struct
{
  guint  n_tokens;              /* T */
  guint  width;                 /* C */
  float *context;               /* [T,C], owned */
  guint  n_pooled;              /* SDXL's P; 0: none */
  float *pooled;                /* [P], owned, or NULL */
} LkConditioning;

void             lk_conditioning_free   (LkConditioning *conditioning);

#define LK_N_SIZES 6            /* SDXL: height and width of the original, of where it was cut, and as wanted; in pixels */

/* SDXL's vector of one picture, into `row`: the pooled text, then the sines of the sizes. */
void             lk_conditioning_fill_vector (const LkConditioning *conditioning,
                                         const float           sizes[LK_N_SIZES],
                                         float                *row);

/* How a text of more than 75 tokens is put together from chunks of 77. */
typedef enum
{
  LK_CHUNKS_APART,              /* every chunk with its BOS and EOS, as ComfyUI has it: T = 77 n */
  LK_CHUNKS_JOINED,             /* one BOS, the tokens, one EOS, as sd-scripts trains: T = 75 n + 2 */
} LkChunks;

typedef struct _LkConditioner LkConditioner;

/* The model's text part must be loaded. `tokenizer` NULL: it can only be made ready, not encode. `adapters` [n] with their strengths change the text encoder; those without text modules or
 * of strength 0 are left out. Everything is kept by reference. */
LkConditioner   *lk_conditioner_new     (LkModel        *model,
                                         LkTokenizer    *tokenizer,
                                         LkAdapter     **adapters,
                                         const double   *strengths,
                                         guint           n_adapters,
                                         GError        **error);
void             lk_conditioner_free    (LkConditioner  *conditioner);
/* Takes the memory that texts of `n_chunks` chunks need; lk_conditioner_encode () does so by itself. */
gboolean         lk_conditioner_make_ready (LkConditioner *conditioner,
                                         guint           n_chunks,
                                         GError        **error);
/* Encodes `text` in `n_chunks` chunks (0: as many as it needs, at most 3). Owned by the caller. */
LkConditioning  *lk_conditioner_encode  (LkConditioner  *conditioner,
                                         const char     *text,
                                         guint           n_chunks,
                                         LkChunks        chunks,
                                         GError        **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkConditioning, lk_conditioning_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkConditioner, lk_conditioner_free)

G_END_DECLS
