/* The text encoders of a model in a graph: CLIP, a causal transformer over 77 tokens. */
#pragma once

#include "model/lk-adapter.h"
#include "model/lk-model.h"

G_BEGIN_DECLS

/* Appends the encoders. tokens_1 [B,T] I32, T at most 77: BOS, the prompt, EOS, padding; tokens_2 the same for SDXL's second
 * encoder, else NULL. Returns the context [B,T,C].
 *
 * SD 1.x: the final norm of the last layer's states, or with clip_skip n > 1 of those n - 1 layers before; 0 and 1 are the same.
 * SDXL: the states before the last layer of both encoders, side by side, without norm; clip_skip plays no part.
 * `pooled` (NULL for SD 1.x) receives [B,T,P]: the projected last state of every place; the pooled vector of a prompt is the row of
 * its first EOS, see lk_text_find_eos (). */
LkTensor *lk_text_encoder_build (LkGraph       *graph,
                                 LkModel       *model,
                                 LkTensor      *tokens_1,
                                 LkTensor      *tokens_2,
                                 guint          clip_skip,
                                 LkAdapterSet  *adapters,
                                 LkTensor     **pooled);

/* The place of the first EOS in `n` ids; n - 1 where there is none. */
guint     lk_text_find_eos      (const LkTextArchitecture *text,
                                 const gint32  *ids,
                                 guint          n);

G_END_DECLS
