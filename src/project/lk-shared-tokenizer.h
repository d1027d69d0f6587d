/* The tokenizer that comes with Likeness, loaded once for all, on a thread: it takes a tenth of a second. Private to project/. */
#pragma once

#include "formats/lk-tokenizer.h"

G_BEGIN_DECLS

void         lk_shared_tokenizer_start   (void);
/* FALSE: it is still being loaded, and `wait` is FALSE. `tokenizer` receives it, or NULL where there is none (a warning was logged);
 * it stays for ever. */
gboolean     lk_shared_tokenizer_get     (gboolean      wait,
                                          LkTokenizer **tokenizer);

G_END_DECLS
