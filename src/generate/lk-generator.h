/* LkGenerator: draws pictures from a base model and a stack of LoRAs.
 *
 * Parts of the model, LoRAs, graphs and encoded prompts stay loaded from one picture to the next as long as they fit the next recipe; a
 * changed strength only writes one number. One thread uses a generator at a time.
 */
#pragma once

#include "formats/lk-tokenizer.h"
#include "generate/lk-recipe.h"
#include "model/lk-adapter.h"
#include "model/lk-model.h"

G_BEGIN_DECLS

typedef enum
{
  LK_DRAW_LOADING,              /* weights */
  LK_DRAW_READING,              /* the prompt */
  LK_DRAW_STEPS,
  LK_DRAW_DECODING,
  LK_DRAW_DONE,
} LkDrawStage;

/* How far a picture is. `step` of `n_steps` count in LK_DRAW_STEPS only. */
typedef void (*LkDrawFunc) (gpointer    data,
                            LkDrawStage stage,
                            guint       step,
                            guint       n_steps);

typedef struct _LkGenerator LkGenerator;

LkGenerator *lk_generator_new              (LkDevice      *device);
/* One that draws with weights that are loaded already, for a trainer's samples; recipes' `base` is not looked at. */
LkGenerator *lk_generator_new_for_model    (LkModel       *model);
void         lk_generator_free             (LkGenerator   *generator);

/* A LoRA that is in memory, put before those of the recipe; NULL takes it away. */
void         lk_generator_set_live_adapter (LkGenerator   *generator,
                                            LkAdapter     *adapter,
                                            double         strength);
/* Noise to start from instead of the seed's, [1,Z,h,w], not scaled; copied. NULL: the seed's again. */
void         lk_generator_set_noise        (LkGenerator   *generator,
                                            const float   *noise,
                                            gsize          n);

/* Draws. `latent` (may be NULL) receives the final latent on the U-Net's scale, [1,Z,h,w], owned by the caller, and `n_latent` its
 * length. Cancelled, the error is G_IO_ERROR_CANCELLED. */
LkPicture   *lk_generator_draw             (LkGenerator    *generator,
                                            const LkRecipe *recipe,
                                            LkDrawFunc      progress,
                                            gpointer        progress_data,
                                            GCancellable   *cancellable,
                                            float         **latent,
                                            gsize          *n_latent,
                                            GError        **error);
/* Drops everything that was kept; memory is free afterwards. */
void         lk_generator_trim             (LkGenerator    *generator);
/* What the last picture's LoRA files held that could not be used, a sentence; NULL: nothing. Owned by the generator. */
const char  *lk_generator_get_note         (LkGenerator    *generator);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkGenerator, lk_generator_free)

G_END_DECLS
