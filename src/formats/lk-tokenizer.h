/* LkTokenizer: CLIP's byte-pair tokenizer, equal to transformers' CLIPTokenizer.
 *
 * 49408 ids: BOS 49406, EOS 49407. Text is normalised (NFC), white space becomes one space, letters become lower case; then words are
 * cut and merged. Immutable after loading; any thread may use it.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define LK_TOKENIZER_ERROR (lk_tokenizer_error_quark ())
GQuark lk_tokenizer_error_quark (void);

typedef enum
{
  LK_TOKENIZER_ERROR_BAD_VOCABULARY,
} LkTokenizerError;

#define LK_TOKENIZER_CHUNK 77           /* ids of one chunk: BOS, 75 tokens, EOS */
#define LK_TOKENIZER_CHUNK_TOKENS 75
#define LK_TOKENIZER_MAX_CHUNKS 3       /* 225 tokens */

typedef struct _LkTokenizer LkTokenizer;

/* One token and the bytes of the given text it stands for: [start, end). */
typedef struct
{
  gint32 id;
  guint  start, end;
} LkToken;

/* Loads bpe_simple_vocab_16e6.txt, plain or gzip. `path` NULL: the one that comes with Likeness. */
LkTokenizer *lk_tokenizer_new           (const char    *path,
                                         GError       **error);
LkTokenizer *lk_tokenizer_ref           (LkTokenizer   *tokenizer);
void         lk_tokenizer_unref         (LkTokenizer   *tokenizer);
guint        lk_tokenizer_get_n_ids     (LkTokenizer   *tokenizer);
gint32       lk_tokenizer_get_bos       (LkTokenizer   *tokenizer);
gint32       lk_tokenizer_get_eos       (LkTokenizer   *tokenizer);

/* The tokens of a text, without BOS and EOS, not cut: an array of LkToken, owned by the caller. Bytes that are not UTF-8 are read
 * as U+FFFD. `length` -1: a string. */
GArray      *lk_tokenizer_encode        (LkTokenizer   *tokenizer,
                                         const char    *text,
                                         gssize         length);
/* How many tokens that would be. */
guint        lk_tokenizer_count         (LkTokenizer   *tokenizer,
                                         const char    *text,
                                         gssize         length);
/* Writes n_chunks x 77 ids: each chunk BOS, up to 75 tokens, EOS, then `pad_id` (the first text encoder of SD pads with EOS, the
 * second of SDXL with 0), as kohya cuts long captions. Returns how many tokens did not fit. */
guint        lk_tokenizer_encode_chunks (LkTokenizer   *tokenizer,
                                         const char    *text,
                                         gint32         pad_id,
                                         guint          n_chunks,
                                         gint32        *ids);
/* Chunks that hold the whole text, from 1 to LK_TOKENIZER_MAX_CHUNKS. */
guint        lk_tokenizer_count_chunks  (LkTokenizer   *tokenizer,
                                         const char    *text);
/* The text of a token, "cat</w>" for one that ends a word; bytes that are no UTF-8 by themselves as "<e4>". NULL: no such id. */
const char  *lk_tokenizer_get_piece     (LkTokenizer   *tokenizer,
                                         gint32         id);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkTokenizer, lk_tokenizer_unref)

G_END_DECLS
