/* lk-bpe.c: CLIP's vocabulary, and byte-pair merging with a heap: a word of any length takes n log n steps. */
#define G_LOG_DOMAIN "likeness-formats"

#include "config.h"

#include <string.h>

#include "base/lk-file.h"
#include "formats/lk-bpe.h"
#include "formats/lk-tokenizer.h"

#define N_MERGES (LK_BPE_N_IDS - 512 - 2)
#define N_SLOTS (1 << 17)            /* of the table of merges: more than twice as many as merges */
#define NO_PAIR G_MAXUINT32
#define MAX_VOCABULARY (16u << 20)   /* bytes, packed or not; the real one has 3 MB */
#define NONE G_MAXUINT32

struct _LkBpe
{
  guint16       byte_ids[256];       /* byte -> id; + 256 at the end of a word */

  guint32       pairs[N_SLOTS];      /* left id << 16 | right id, or NO_PAIR */
  guint16       merged[N_SLOTS];     /* what the pair becomes */

  guint8        lengths[LK_BPE_N_IDS];
  const char   *pieces[LK_BPE_N_IDS];
  GStringChunk *strings;             /* owned; the pieces */
};

/* ---- loading ---------------------------------------------------------------------------------------------------- */

static gboolean
set_bad (const char  *path,
         GError     **error)
{
  g_autofree char *name = g_filename_display_name (path);

  g_set_error (error, LK_TOKENIZER_ERROR, LK_TOKENIZER_ERROR_BAD_VOCABULARY,
               "“%s” is not CLIP's vocabulary (bpe_simple_vocab_16e6.txt), or it is damaged. Install Likeness again.", name);
  return FALSE;
}

/* The file's text, unpacked where it is packed. */
static char *
read_text (const char  *path,
           GError     **error)
{
  gsize length;
  g_autofree char *bytes = lk_file_read (path, MAX_VOCABULARY, &length, error);
  g_autoptr (GInputStream) memory = NULL;
  g_autoptr (GInputStream) unpacked = NULL;
  g_autoptr (GConverter) converter = NULL;
  g_autofree char *text = NULL;

  if (bytes == NULL || length < 2 || memcmp (bytes, "\x1f\x8b", 2) != 0)
    return g_steal_pointer (&bytes);

  memory = g_memory_input_stream_new_from_data (bytes, length, NULL);
  converter = G_CONVERTER (g_zlib_decompressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP));
  unpacked = g_converter_input_stream_new (memory, converter);
  text = g_malloc (MAX_VOCABULARY + 1);
  if (!g_input_stream_read_all (unpacked, text, MAX_VOCABULARY, &length, NULL, NULL))
    {
      set_bad (path, error);
      return NULL;
    }

  text[length] = '\0';
  return g_steal_pointer (&text);
}

/* Bytes that print stand for themselves; the others, in their order, for the characters from 256 on. The former come first. */
static gboolean
is_printing (guint byte)
{
  return (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
}

static guint
slot_of_pair (const LkBpe *bpe,
              guint32      pair)
{
  guint slot = (pair * 2654435761u) >> 15;

  while (bpe->pairs[slot] != pair && bpe->pairs[slot] != NO_PAIR)
    slot = (slot + 1) % N_SLOTS;
  return slot;
}

/* The id of the merged pair, or 0, which no merge has. */
static guint
find_merge (const LkBpe *bpe,
            guint        left,
            guint        right)
{
  guint slot = slot_of_pair (bpe, left << 16 | right);

  return bpe->pairs[slot] == NO_PAIR ? 0 : bpe->merged[slot];
}

/* A token as people read it. */
static const char *
make_piece (LkBpe        *bpe,
            const guint8 *bytes,
            gsize         length,
            gboolean      ends_word)
{
  g_autoptr (GString) piece = g_string_new (NULL);

  if (g_utf8_validate_len ((const char *) bytes, length, NULL))
    g_string_append_len (piece, (const char *) bytes, length);
  else
    for (gsize i = 0; i < length; i++)
      g_string_append_printf (piece, "<%02x>", bytes[i]);

  if (ends_word)
    g_string_append (piece, "</w>");
  return g_string_chunk_insert (bpe->strings, piece->str);
}

/* Ids 0 to 511. `ids`: token, as the file spells it -> id + 1; `starts`, `bytes`: which bytes each token stands for. */
static void
add_single_bytes (LkBpe      *bpe,
                  GHashTable *ids,
                  GByteArray *bytes,
                  guint      *starts)
{
  guint id = 0, next_symbol = 256;

  for (int printing = 1; printing >= 0; printing--)
    for (guint byte = 0; byte < 256; byte++)
      {
        gunichar c;

        if (is_printing (byte) != printing)
          continue;

        c = printing ? byte : next_symbol++;
        bpe->byte_ids[byte] = id;
        for (guint end = 0; end <= 1; end++)
          {
            g_autofree char *symbol = g_ucs4_to_utf8 (&c, 1, NULL, NULL, NULL);
            guint8 value = byte;

            starts[id + 256 * end] = bytes->len;
            g_byte_array_append (bytes, &value, 1);
            bpe->lengths[id + 256 * end] = 1;
            bpe->pieces[id + 256 * end] = make_piece (bpe, &value, 1, end);
            g_hash_table_insert (ids, g_strconcat (symbol, end ? "</w>" : "", NULL), GUINT_TO_POINTER (id + 256 * end + 1));
          }
        id++;
      }
}

/* One line: "left right". */
static gboolean
add_merge (LkBpe      *bpe,
           char       *line,
           guint       id,
           GHashTable *ids,
           GByteArray *bytes,
           guint      *starts)
{
  char *space = strchr (line, ' ');
  guint left, right, slot, length;

  if (space == NULL)
    return FALSE;

  *space = '\0';
  left = GPOINTER_TO_UINT (g_hash_table_lookup (ids, line));
  right = GPOINTER_TO_UINT (g_hash_table_lookup (ids, space + 1));
  if (left == 0 || right == 0)
    return FALSE;

  left--;
  right--;
  length = bpe->lengths[left] + bpe->lengths[right];
  slot = slot_of_pair (bpe, left << 16 | right);
  if (length > G_MAXUINT8 || bpe->pairs[slot] != NO_PAIR)
    return FALSE;

  bpe->pairs[slot] = left << 16 | right;
  bpe->merged[slot] = id;

  /* Room first: appending a part of the array to itself must not move it. */
  starts[id] = bytes->len;
  g_byte_array_set_size (bytes, bytes->len + length);
  memcpy (bytes->data + starts[id], bytes->data + starts[left], bpe->lengths[left]);
  memcpy (bytes->data + starts[id] + bpe->lengths[left], bytes->data + starts[right], bpe->lengths[right]);
  bpe->lengths[id] = length;
  bpe->pieces[id] = make_piece (bpe, bytes->data + starts[id], length, g_str_has_suffix (space + 1, "</w>"));
  g_hash_table_insert (ids, g_strconcat (line, space + 1, NULL), GUINT_TO_POINTER (id + 1));
  return TRUE;
}

LkBpe *
lk_bpe_load (const char  *path,
             GError     **error)
{
  g_autofree char *text = read_text (path, error);
  g_autoptr (LkBpe) bpe = NULL;
  g_autoptr (GHashTable) ids = NULL;
  g_autoptr (GByteArray) bytes = NULL;
  g_autofree guint *starts = NULL;
  char *line;

  if (text == NULL)
    return NULL;

  bpe = g_new0 (LkBpe, 1);
  bpe->strings = g_string_chunk_new (1 << 16);
  memset (bpe->pairs, 0xff, sizeof bpe->pairs);
  ids = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  bytes = g_byte_array_new ();
  starts = g_new (guint, LK_BPE_N_IDS);
  add_single_bytes (bpe, ids, bytes, starts);

  /* The first line is a comment; the file goes on beyond the merges that CLIP uses. */
  line = strchr (text, '\n');
  for (guint i = 0; i < N_MERGES; i++)
    {
      char *end = line != NULL ? strchr (line + 1, '\n') : NULL;

      if (end == NULL)
        {
          set_bad (path, error);
          return NULL;
        }
      *end = '\0';
      if (!add_merge (bpe, line + 1, 512 + i, ids, bytes, starts))
        {
          set_bad (path, error);
          return NULL;
        }
      line = end;
    }

  bpe->pieces[LK_BPE_N_IDS - 2] = "<|startoftext|>";
  bpe->pieces[LK_BPE_N_IDS - 1] = "<|endoftext|>";
  return g_steal_pointer (&bpe);
}

void
lk_bpe_free (LkBpe *bpe)
{
  g_string_chunk_free (bpe->strings);
  g_free (bpe);
}

gsize
lk_bpe_get_token_length (const LkBpe *bpe,
                         guint        id)
{
  return bpe->lengths[id];
}

const char *
lk_bpe_get_piece (const LkBpe *bpe,
                  guint        id)
{
  return bpe->pieces[id];
}

/* ---- merging ---------------------------------------------------------------------------------------------------- */

/* A pair that could be merged: by rank, then from left to right. It is stale when one of its tokens has changed since. */
typedef struct
{
  guint64 order;      /* id of the merge << 32 | place of the left token */
  guint32 pair;
} Candidate;

typedef struct
{
  const LkBpe *bpe;
  guint16     *ids;       /* token at each place; a merged token stands at its left place */
  guint32     *next;      /* place of the token behind, or NONE */
  guint32     *previous;
  Candidate   *heap;
  gsize        n_heap;
} Merger;

static void
push_pair (Merger  *merger,
           guint32  left,
           guint32  right)
{
  guint id = find_merge (merger->bpe, merger->ids[left], merger->ids[right]);
  Candidate candidate = { (guint64) id << 32 | left, (guint32) merger->ids[left] << 16 | merger->ids[right] };
  gsize i = merger->n_heap;

  if (id == 0)
    return;

  for (merger->n_heap++; i > 0 && merger->heap[(i - 1) / 2].order > candidate.order; i = (i - 1) / 2)
    merger->heap[i] = merger->heap[(i - 1) / 2];
  merger->heap[i] = candidate;
}

static Candidate
pop_pair (Merger *merger)
{
  Candidate first = merger->heap[0];
  Candidate last = merger->heap[--merger->n_heap];
  gsize i = 0, child;

  for (; (child = 2 * i + 1) < merger->n_heap; i = child)
    {
      if (child + 1 < merger->n_heap && merger->heap[child + 1].order < merger->heap[child].order)
        child++;
      if (merger->heap[child].order >= last.order)
        break;
      merger->heap[i] = merger->heap[child];
    }
  merger->heap[i] = last;
  return first;
}

gsize
lk_bpe_encode (const LkBpe  *bpe,
               const guint8 *word,
               gsize         n,
               guint16      *ids)
{
  g_autofree guint32 *next = g_new (guint32, n);
  g_autofree guint32 *previous = g_new (guint32, n);
  g_autofree Candidate *heap = g_new (Candidate, 3 * n);   /* n - 1 pairs at first, and two new ones a merge */
  Merger merger = { bpe, ids, next, previous, heap, 0 };
  gsize n_ids = 0;

  for (gsize i = 0; i < n; i++)
    {
      ids[i] = bpe->byte_ids[word[i]] + (i + 1 == n ? 256 : 0);
      next[i] = i + 1 < n ? i + 1 : NONE;
      previous[i] = i > 0 ? i - 1 : NONE;
    }
  for (gsize i = 0; i + 1 < n; i++)
    push_pair (&merger, i, i + 1);

  while (merger.n_heap > 0)
    {
      Candidate best = pop_pair (&merger);
      guint32 left = (guint32) best.order, right = next[left];

      /* A token that was merged into its left neighbour has nothing behind it. */
      if (right == NONE || best.pair != ((guint32) ids[left] << 16 | ids[right]))
        continue;

      ids[left] = best.order >> 32;
      next[left] = next[right];
      if (next[right] != NONE)
        previous[next[right]] = left;
      next[right] = NONE;

      if (previous[left] != NONE)
        push_pair (&merger, previous[left], left);
      if (next[left] != NONE)
        push_pair (&merger, left, next[left]);
    }

  for (guint32 i = 0; n > 0 && i != NONE; i = next[i])
    ids[n_ids++] = ids[i];
  return n_ids;
}
