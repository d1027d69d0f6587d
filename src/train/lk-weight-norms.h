/* How far a LoRA has moved each block of the model: the Frobenius norm of alpha / rank · up · down, over all modules of the block. */
#pragma once

#include "base/lk-json.h"
#include "model/lk-adapter.h"

G_BEGIN_DECLS

/* The line of metrics.jsonl after step `step`: {"kind": "weights", "step", "blocks": {"down_blocks_1": 0.12, …}, "zero": [names of modules that
 * change nothing]}. Owned by the caller; NULL where the device does not answer. */
cJSON *lk_weight_norms_measure    (LkAdapter   *adapter,
                                   guint        step,
                                   GError     **error);
/* The block of a module: "lora_unet_down_blocks_1_attentions_0_proj_in" is in "down_blocks_1", text encoders are a block each. Owned by the
 * caller. */
char  *lk_weight_norms_dup_block  (const char  *module);

G_END_DECLS
