/* Captions mended: the text of a caption with one fault less. Private to project/. */
#pragma once

#include "project/lk-caption-checks.h"

G_BEGIN_DECLS

/* The caption without the hit's fault, all else byte for byte as it was; owned by the caller. `spans` are the caption's. NULL: a person
 * has to do this. */
char *lk_caption_mend  (LkRules     *rules,
                        const char  *caption,
                        GArray      *spans,
                        const LkHit *hit);
/* Trigger and class word, fixed features, shot type; "" where nothing is known. Owned by the caller. */
char *lk_caption_draft (LkRules     *rules,
                        LkShot       shot);

G_END_DECLS
