/* LkBpe: CLIP's vocabulary of byte pairs, and the merging of a word's bytes into tokens. Used by lk-tokenizer.h only.
 *
 * Ids 0 to 255 are the single bytes (in an order of their own), 256 to 511 the same at the end of a word, then one id for each
 * merge in the order of the file, then BOS and EOS. A merge's id therefore is its rank: the lowest one is merged first.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define LK_BPE_N_IDS 49408

typedef struct _LkBpe LkBpe;

/* Loads bpe_simple_vocab_16e6.txt, plain or gzip. Errors: LK_FILE_ERROR, LK_TOKENIZER_ERROR. */
LkBpe      *lk_bpe_load             (const char    *path,
                                     GError       **error);
void        lk_bpe_free             (LkBpe         *bpe);

/* Merges the bytes of one word; writes at most `n` ids and returns how many. */
gsize       lk_bpe_encode           (const LkBpe   *bpe,
                                     const guint8  *word,
                                     gsize          n,
                                     guint16       *ids);
/* Bytes that a token stands for. */
gsize       lk_bpe_get_token_length (const LkBpe   *bpe,
                                     guint          id);
/* A token as text, "cat</w>" where it ends a word. */
const char *lk_bpe_get_piece        (const LkBpe   *bpe,
                                     guint          id);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkBpe, lk_bpe_free)

G_END_DECLS
