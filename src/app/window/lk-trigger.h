/* Trigger words: proposing one that means nothing to the model yet, and judging one that a person typed.
 *
 * Both rest on CLIP's vocabulary: its pieces stand in the order in which they were merged, frequent ones first.
 */
#pragma once

#include "formats/lk-tokenizer.h"
#include "project/lk-image.h"

G_BEGIN_DECLS

/* "ohwx" for number 0, then other rare words, always the same ones. `tokenizer` may be NULL: "ohwx". Owned by the caller. */
char       *lk_trigger_propose (LkTokenizer *tokenizer,
                                guint        number);
/* NONE: a good trigger. Else what is wrong with it, as a sentence in `sentence`, owned by the caller. ERROR: it cannot be used. */
LkSeverity  lk_trigger_judge   (LkTokenizer *tokenizer,
                                const char  *trigger,
                                char       **sentence);

G_END_DECLS
