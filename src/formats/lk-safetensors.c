/* lk-safetensors.c: opening a safetensors file: 8 bytes of header length, a JSON header, the data.
 *
 * The header comes from strangers. It is read by the strict little parser below, which allocates no more than the names it keeps
 * (a tree of a 100 MB header would take gigabytes), and nothing is believed before it was compared with the file.
 */
#define G_LOG_DOMAIN "likeness-formats"

#include "config.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/lk-file.h"
#include "base/lk-sha256.h"
#include "formats/lk-safetensors.h"

#define MAX_HEADER 100000000   /* bytes; the safetensors library's own limit */
#define MAX_DEPTH 32           /* of what we skip in the header */
#define DOWNLOAD_AGAIN "Download or copy it again."

struct _LkSafetensors
{
  gatomicrefcount  ref_count;

  char            *path;             /* owned */
  GBytes          *bytes;            /* owned */
  gboolean         is_mapped;        /* `bytes` are a mapped file */
  const guint8    *start;
  gsize            size;
  gsize            data_start;       /* where the data section starts */

  GStringChunk    *strings;          /* owned; names, types and metadata */
  GArray          *tensors;          /* owned; of LkSafeTensor, by offset */
  GHashTable      *by_name;          /* owned; name -> LkSafeTensor */
  GHashTable      *metadata;         /* owned; key -> value */
  const char     **metadata_keys;    /* owned; sorted */
};

G_DEFINE_QUARK (lk-safetensors-error-quark, lk_safetensors_error)

/* ---- types ----------------------------------------------------------------------------------------------------- */

static const struct
{
  const char *name;
  gsize       size;
} types[] = {
  [LK_SAFE_UNKNOWN] = { "unknown", 0 },
  [LK_SAFE_F64] = { "F64", 8 },
  [LK_SAFE_F32] = { "F32", 4 },
  [LK_SAFE_F16] = { "F16", 2 },
  [LK_SAFE_BF16] = { "BF16", 2 },
  [LK_SAFE_F8_E4M3] = { "F8_E4M3", 1 },
  [LK_SAFE_F8_E5M2] = { "F8_E5M2", 1 },
  [LK_SAFE_I64] = { "I64", 8 },
  [LK_SAFE_I32] = { "I32", 4 },
  [LK_SAFE_I16] = { "I16", 2 },
  [LK_SAFE_I8] = { "I8", 1 },
  [LK_SAFE_U8] = { "U8", 1 },
  [LK_SAFE_BOOL] = { "BOOL", 1 },
};

gsize
lk_safe_type_get_size (LkSafeType type)
{
  return types[type].size;
}

const char *
lk_safe_type_get_name (LkSafeType type)
{
  return types[type].name;
}

static LkSafeType
type_from_name (const char *name)
{
  for (guint i = 1; i < G_N_ELEMENTS (types); i++)
    if (g_str_equal (types[i].name, name))
      return i;
  return LK_SAFE_UNKNOWN;
}

/* ---- the header's JSON ----------------------------------------------------------------------------------------- */

/* Every function below returns FALSE with an error that names the file and what is wrong with it. */
typedef struct
{
  LkSafetensors *file;
  const char    *at;
  const char    *end;
  const char    *name;       /* of messages */
  GString       *string;     /* scratch */
} Parser;

static gboolean
syntax_error (Parser  *parser,
              GError **error)
{
  g_set_error (error, LK_SAFETENSORS_ERROR, LK_SAFETENSORS_ERROR_CORRUPT,
               "“%s” is damaged: its header is not valid JSON (byte %" G_GSIZE_FORMAT "). " DOWNLOAD_AGAIN,
               parser->name, (gsize) (parser->at - (const char *) parser->file->start));
  return FALSE;
}

static gboolean
corrupt (Parser      *parser,
         const char  *tensor,
         const char  *what,
         GError     **error)
{
  g_set_error (error, LK_SAFETENSORS_ERROR, LK_SAFETENSORS_ERROR_CORRUPT,
               "“%s” is damaged: tensor “%s” %s. " DOWNLOAD_AGAIN, parser->name, tensor, what);
  return FALSE;
}

static void
skip_space (Parser *parser)
{
  while (parser->at < parser->end && strchr (" \t\r\n", *parser->at) != NULL)   /* no NUL gets here: take_header () */
    parser->at++;
}

/* Whether the next thing is `c`; then it is taken. */
static gboolean
take (Parser *parser,
      char    c)
{
  skip_space (parser);
  if (parser->at == parser->end || *parser->at != c)
    return FALSE;
  parser->at++;
  return TRUE;
}

static gboolean
expect (Parser  *parser,
        char     c,
        GError **error)
{
  return take (parser, c) || syntax_error (parser, error);
}

static gboolean
take_hex (Parser   *parser,
          gunichar *unit)
{
  *unit = 0;
  for (guint i = 0; i < 4; i++, parser->at++)
    {
      if (parser->at == parser->end || !g_ascii_isxdigit (*parser->at))
        return FALSE;
      *unit = *unit << 4 | g_ascii_xdigit_value (*parser->at);
    }
  return TRUE;
}

/* What stands behind a backslash, appended to the scratch string. NUL is refused: names are C strings. */
static gboolean
take_escape (Parser *parser)
{
  static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
  const char *found;
  gunichar unit, low;
  char c;

  if (parser->at == parser->end)
    return FALSE;

  c = *parser->at++;
  if (c != 'u')
    {
      if (c == '\0' || (found = strchr (from, c)) == NULL)
        return FALSE;
      g_string_append_c (parser->string, to[found - from]);
      return TRUE;
    }

  if (!take_hex (parser, &unit) || unit == 0 || (unit >= 0xdc00 && unit < 0xe000))
    return FALSE;
  if (unit >= 0xd800 && unit < 0xdc00)
    {
      if (parser->end - parser->at < 2 || parser->at[0] != '\\' || parser->at[1] != 'u')
        return FALSE;
      parser->at += 2;
      if (!take_hex (parser, &low) || low < 0xdc00 || low >= 0xe000)
        return FALSE;
      unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
    }
  g_string_append_unichar (parser->string, unit);
  return TRUE;
}

/* A string, into the scratch string. */
static gboolean
take_text (Parser  *parser,
           GError **error)
{
  if (!expect (parser, '"', error))
    return FALSE;

  g_string_truncate (parser->string, 0);
  while (parser->at < parser->end && *parser->at != '"')
    {
      char c = *parser->at++;

      if (c != '\\')
        g_string_append_c (parser->string, c);
      if ((guchar) c < 0x20 || (c == '\\' && !take_escape (parser)))
        return syntax_error (parser, error);
    }

  return expect (parser, '"', error);
}

/* A string that lives as long as the file; NULL with error. */
static const char *
take_string (Parser  *parser,
             GError **error)
{
  if (!take_text (parser, error))
    return NULL;
  return g_string_chunk_insert_len (parser->file->strings, parser->string->str, parser->string->len);
}

/* A string and a colon. */
static const char *
take_name (Parser  *parser,
           GError **error)
{
  const char *name = take_string (parser, error);

  return name != NULL && expect (parser, ':', error) ? name : NULL;
}

/* A whole number that is not negative and fits. */
static gboolean
take_size (Parser   *parser,
           gsize    *value,
           GError  **error)
{
  gsize number = 0;

  skip_space (parser);
  if (parser->at == parser->end || !g_ascii_isdigit (*parser->at) ||
      (*parser->at == '0' && parser->at + 1 < parser->end && g_ascii_isdigit (parser->at[1])))
    return syntax_error (parser, error);

  for (; parser->at < parser->end && g_ascii_isdigit (*parser->at); parser->at++)
    if (!g_size_checked_mul (&number, number, 10) || !g_size_checked_add (&number, number, *parser->at - '0'))
      return syntax_error (parser, error);

  *value = number;
  return TRUE;
}

/* Any value, for members that we do not know. */
static gboolean
skip_value (Parser  *parser,
            guint    depth,
            GError **error)
{
  skip_space (parser);
  if (parser->at == parser->end || depth > MAX_DEPTH)
    return syntax_error (parser, error);

  if (*parser->at == '"')
    return take_text (parser, error);

  if (*parser->at == '{' || *parser->at == '[')
    {
      gboolean is_object = *parser->at++ == '{';
      char close = is_object ? '}' : ']';

      if (take (parser, close))
        return TRUE;
      do
        {
          if (is_object && !(take_text (parser, error) && expect (parser, ':', error)))
            return FALSE;
          if (!skip_value (parser, depth + 1, error))
            return FALSE;
        }
      while (take (parser, ','));
      return expect (parser, close, error);
    }

  /* Numbers, true, false, null: their exact spelling does not matter here. */
  if (!g_ascii_isalnum (*parser->at) && *parser->at != '-')
    return syntax_error (parser, error);
  while (parser->at < parser->end && (g_ascii_isalnum (*parser->at) || strchr ("+-.", *parser->at) != NULL))
    parser->at++;
  return TRUE;
}

/* [1,2,…] of tensor `name`, at most `max` numbers. */
static gboolean
take_sizes (Parser      *parser,
            const char  *name,
            gsize       *values,
            guint        max,
            guint       *n,
            GError     **error)
{
  *n = 0;
  if (!expect (parser, '[', error))
    return FALSE;
  if (take (parser, ']'))
    return TRUE;

  do
    {
      if (*n == max)
        return corrupt (parser, name, "has too many dimensions or offsets", error);
      if (!take_size (parser, &values[(*n)++], error))
        return FALSE;
    }
  while (take (parser, ','));

  return expect (parser, ']', error);
}

/* What a tensor says of itself must fit together. */
static gboolean
check_tensor (Parser        *parser,
              LkSafeTensor  *tensor,
              const gsize    offsets[2],
              GError       **error)
{
  gsize bytes;

  if (offsets[1] < offsets[0])
    return corrupt (parser, tensor->name, "ends before it begins", error);

  tensor->n_elements = 1;
  for (guint i = 0; i < tensor->n_dims; i++)
    if (!g_size_checked_mul (&tensor->n_elements, tensor->n_elements, tensor->dims[i]))
      return corrupt (parser, tensor->name, "has an impossible shape", error);

  tensor->type = type_from_name (tensor->type_name);
  tensor->offset = offsets[0];
  tensor->bytes = offsets[1] - offsets[0];
  if (tensor->type != LK_SAFE_UNKNOWN &&
      (!g_size_checked_mul (&bytes, tensor->n_elements, types[tensor->type].size) || bytes != tensor->bytes))
    return corrupt (parser, tensor->name, "has another size than its shape and type say", error);

  return TRUE;
}

/* {"dtype":…,"shape":…,"data_offsets":…} */
static gboolean
take_tensor (Parser      *parser,
             const char  *name,
             GError     **error)
{
  LkSafeTensor tensor = { .name = name };
  gsize offsets[2] = { 0, 0 };
  gboolean has_shape = FALSE;
  guint n_offsets = 0;

  if (!expect (parser, '{', error))
    return FALSE;

  do
    {
      gboolean ok;

      if (!take_text (parser, error) || !expect (parser, ':', error))
        return FALSE;

      if (g_str_equal (parser->string->str, "dtype") && tensor.type_name == NULL)
        ok = (tensor.type_name = take_string (parser, error)) != NULL;
      else if (g_str_equal (parser->string->str, "shape") && !has_shape)
        has_shape = ok = take_sizes (parser, name, tensor.dims, LK_SAFE_MAX_DIMS, &tensor.n_dims, error);
      else if (g_str_equal (parser->string->str, "data_offsets") && n_offsets == 0)
        ok = take_sizes (parser, name, offsets, 2, &n_offsets, error);
      else
        ok = skip_value (parser, 0, error);
      if (!ok)
        return FALSE;
    }
  while (take (parser, ','));

  if (!expect (parser, '}', error))
    return FALSE;
  if (tensor.type_name == NULL || !has_shape || n_offsets != 2)
    return corrupt (parser, name, "lacks its type, shape or place", error);
  if (!check_tensor (parser, &tensor, offsets, error))
    return FALSE;

  g_array_append_val (parser->file->tensors, tensor);
  return TRUE;
}

static gboolean
take_metadata (Parser  *parser,
               GError **error)
{
  skip_space (parser);
  if (parser->end - parser->at >= 4 && memcmp (parser->at, "null", 4) == 0)
    {
      parser->at += 4;
      return TRUE;
    }

  if (!expect (parser, '{', error))
    return FALSE;
  if (take (parser, '}'))
    return TRUE;

  do
    {
      const char *key = take_name (parser, error);
      const char *value = key != NULL ? take_string (parser, error) : NULL;

      if (value == NULL)
        return FALSE;
      if (!g_hash_table_insert (parser->file->metadata, (gpointer) key, (gpointer) value))
        {
          g_set_error (error, LK_SAFETENSORS_ERROR, LK_SAFETENSORS_ERROR_CORRUPT,
                       "“%s” is damaged: its header has “%s” twice. " DOWNLOAD_AGAIN, parser->name, key);
          return FALSE;
        }
    }
  while (take (parser, ','));

  return expect (parser, '}', error);
}

static gboolean
take_member (Parser    *parser,
             gboolean  *has_metadata,
             GError   **error)
{
  const char *name = take_name (parser, error);

  if (name == NULL)
    return FALSE;
  if (!g_str_equal (name, "__metadata__"))
    return take_tensor (parser, name, error);
  if (*has_metadata)
    return corrupt (parser, name, "is there twice", error);

  *has_metadata = TRUE;
  return take_metadata (parser, error);
}

static gboolean
take_header (Parser  *parser,
             GError **error)
{
  const char *start = parser->at;
  gboolean has_metadata = FALSE;

  if (!g_utf8_validate_len (start, parser->end - start, &parser->at))
    return syntax_error (parser, error);
  parser->at = start;

  if (!expect (parser, '{', error))
    return FALSE;
  if (!take (parser, '}'))
    {
      do
        if (!take_member (parser, &has_metadata, error))
          return FALSE;
      while (take (parser, ','));

      if (!expect (parser, '}', error))
        return FALSE;
    }

  skip_space (parser);
  return parser->at == parser->end || syntax_error (parser, error);
}

/* ---- the header against the file -------------------------------------------------------------------------------- */

static int
compare_offsets (gconstpointer a,
                 gconstpointer b)
{
  const LkSafeTensor *left = a, *right = b;

  if (left->offset != right->offset)
    return left->offset < right->offset ? -1 : 1;
  if (left->bytes != right->bytes)
    return left->bytes < right->bytes ? -1 : 1;
  return strcmp (left->name, right->name);
}

/* The tensors lie one behind the other and fill the data section; no two have one name. */
static gboolean
check_places (Parser  *parser,
              GError **error)
{
  LkSafetensors *file = parser->file;
  gsize available = file->size - file->data_start;
  gsize next = 0;

  g_array_sort (file->tensors, compare_offsets);

  for (guint i = 0; i < file->tensors->len; i++)
    {
      LkSafeTensor *tensor = &g_array_index (file->tensors, LkSafeTensor, i);

      if (tensor->offset < next)
        return corrupt (parser, tensor->name, "overlaps another one", error);
      if (tensor->offset > next)
        return corrupt (parser, tensor->name, "has bytes before it that belong to none", error);
      next = tensor->offset + tensor->bytes;

      tensor->data = file->start + file->data_start + tensor->offset;
      if (!g_hash_table_insert (file->by_name, (gpointer) tensor->name, tensor))
        return corrupt (parser, tensor->name, "is there twice", error);
    }

  if (next > available)
    {
      g_set_error (error, LK_SAFETENSORS_ERROR, LK_SAFETENSORS_ERROR_TRUNCATED,
                   "“%s” is cut short: it should have %" G_GSIZE_FORMAT " bytes, but has %" G_GSIZE_FORMAT ". " DOWNLOAD_AGAIN,
                   parser->name, next + file->data_start, file->size);
      return FALSE;
    }
  if (next < available)
    {
      g_set_error (error, LK_SAFETENSORS_ERROR, LK_SAFETENSORS_ERROR_CORRUPT,
                   "“%s” is damaged: %" G_GSIZE_FORMAT " bytes after its last tensor belong to none. " DOWNLOAD_AGAIN,
                   parser->name, available - next);
      return FALSE;
    }

  return TRUE;
}

/* What people mistake for a safetensors file. */
static gboolean
set_something_else (LkSafetensors  *file,
                    const char     *name,
                    GError        **error)
{
  static const struct
  {
    const char *magic;
    gsize       length;
    const char *what;
  } others[] = {
    { "PK\3\4", 4, "a PyTorch checkpoint or another zip file. Convert it to safetensors first." },
    { "\x80\2", 2, "a pickle (an old PyTorch checkpoint). Convert it to safetensors first." },
    { "version https://git-lfs", 23, "only a pointer of Git LFS, not the file itself. Fetch the file with “git lfs pull”." },
    { "<!DOCTYPE", 9, "a web page. The download probably needs a login." },
    { "<html", 5, "a web page. The download probably needs a login." },
    { "GGUF", 4, "a GGUF model. Choose the safetensors version of it." },
    { "\x89PNG", 4, "a picture." },
    { "\xff\xd8\xff", 3, "a picture." },
  };

  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    if (file->size >= others[i].length && memcmp (file->start, others[i].magic, others[i].length) == 0)
      {
        g_set_error (error, LK_SAFETENSORS_ERROR, LK_SAFETENSORS_ERROR_NOT_SAFETENSORS,
                     "“%s” is not a safetensors file but %s", name, others[i].what);
        return FALSE;
      }

  g_set_error (error, LK_SAFETENSORS_ERROR, LK_SAFETENSORS_ERROR_NOT_SAFETENSORS,
               "“%s” is not a safetensors file, or its beginning is damaged.", name);
  return FALSE;
}

static gboolean
read_header (LkSafetensors  *file,
             const char     *name,
             GError        **error)
{
  Parser parser = { .file = file, .name = name };
  guint64 length;
  gboolean ok;

  if (file->size < 8)
    {
      g_set_error (error, LK_SAFETENSORS_ERROR, LK_SAFETENSORS_ERROR_TRUNCATED,
                   file->size == 0 ? "“%s” is empty. " DOWNLOAD_AGAIN
                                   : "“%s” is cut short: not even its header is there. " DOWNLOAD_AGAIN,
                   name);
      return FALSE;
    }

  memcpy (&length, file->start, 8);
  length = GUINT64_FROM_LE (length);
  if (length > MAX_HEADER || (file->size > 8 && file->start[8] != '{'))
    return set_something_else (file, name, error);
  if (length > file->size - 8)
    {
      g_set_error (error, LK_SAFETENSORS_ERROR, LK_SAFETENSORS_ERROR_TRUNCATED,
                   "“%s” is cut short: its header alone has %" G_GUINT64_FORMAT " bytes, "
                   "the whole file %" G_GSIZE_FORMAT ". " DOWNLOAD_AGAIN,
                   name, length, file->size);
      return FALSE;
    }

  file->data_start = 8 + length;
  parser.at = (const char *) file->start + 8;
  parser.end = parser.at + length;
  parser.string = g_string_new (NULL);
  ok = take_header (&parser, error) && check_places (&parser, error);
  g_string_free (parser.string, TRUE);

  return ok;
}

/* ---- the file --------------------------------------------------------------------------------------------------- */

static int
compare_strings (const void *a,
                 const void *b)
{
  return strcmp (*(const char * const *) a, *(const char * const *) b);
}

LkSafetensors *
lk_safetensors_open_bytes (GBytes      *bytes,
                           const char  *name,
                           GError     **error)
{
  g_autoptr (LkSafetensors) file = g_new0 (LkSafetensors, 1);
  g_autofree char *display = g_filename_display_name (name);
  guint n;

  g_atomic_ref_count_init (&file->ref_count);
  file->path = g_strdup (name);
  file->bytes = g_bytes_ref (bytes);
  file->start = g_bytes_get_data (bytes, &file->size);
  file->strings = g_string_chunk_new (4096);
  file->tensors = g_array_new (FALSE, FALSE, sizeof (LkSafeTensor));
  file->by_name = g_hash_table_new (g_str_hash, g_str_equal);
  file->metadata = g_hash_table_new (g_str_hash, g_str_equal);

  if (!read_header (file, display, error))
    return NULL;

  file->metadata_keys = (const char **) g_hash_table_get_keys_as_array (file->metadata, &n);
  qsort (file->metadata_keys, n, sizeof (char *), compare_strings);
  return g_steal_pointer (&file);
}

LkSafetensors *
lk_safetensors_open (const char  *path,
                     GError     **error)
{
  g_autoptr (GBytes) bytes = lk_file_map (path, error);
  LkSafetensors *file = bytes != NULL ? lk_safetensors_open_bytes (bytes, path, error) : NULL;

  if (file != NULL)
    file->is_mapped = TRUE;
  return file;
}

LkSafetensors *
lk_safetensors_ref (LkSafetensors *file)
{
  g_atomic_ref_count_inc (&file->ref_count);
  return file;
}

void
lk_safetensors_unref (LkSafetensors *file)
{
  if (!g_atomic_ref_count_dec (&file->ref_count))
    return;

  g_free (file->metadata_keys);
  g_hash_table_unref (file->metadata);
  g_hash_table_unref (file->by_name);
  g_array_unref (file->tensors);
  g_string_chunk_free (file->strings);
  g_bytes_unref (file->bytes);
  g_free (file->path);
  g_free (file);
}

const char *
lk_safetensors_get_path (LkSafetensors *file)
{
  return file->path;
}

guint64
lk_safetensors_get_size (LkSafetensors *file)
{
  return file->size;
}

guint
lk_safetensors_get_n_tensors (LkSafetensors *file)
{
  return file->tensors->len;
}

const LkSafeTensor *
lk_safetensors_get_tensor (LkSafetensors *file,
                           guint          index)
{
  g_return_val_if_fail (index < file->tensors->len, NULL);

  return &g_array_index (file->tensors, LkSafeTensor, index);
}

const LkSafeTensor *
lk_safetensors_find (LkSafetensors *file,
                     const char    *name)
{
  return g_hash_table_lookup (file->by_name, name);
}

const LkSafeTensor *
lk_safetensors_require (LkSafetensors  *file,
                        const char     *name,
                        GError        **error)
{
  const LkSafeTensor *tensor = lk_safetensors_find (file, name);

  if (tensor == NULL)
    {
      g_autofree char *display = g_filename_display_name (file->path);

      g_set_error (error, LK_SAFETENSORS_ERROR, LK_SAFETENSORS_ERROR_MISSING,
                   "“%s” has no tensor “%s”.", display, name);
    }

  return tensor;
}

const char *
lk_safetensors_get_metadata (LkSafetensors *file,
                             const char    *key)
{
  return g_hash_table_lookup (file->metadata, key);
}

const char * const *
lk_safetensors_get_metadata_keys (LkSafetensors *file)
{
  return file->metadata_keys;
}

void
lk_safetensors_release (LkSafetensors      *file,
                        const LkSafeTensor *tensor)
{
  gsize page = sysconf (_SC_PAGESIZE);
  gsize start = (gsize) tensor->data / page * page + page;       /* the pages that no neighbour shares */
  gsize end = ((gsize) tensor->data + tensor->bytes) / page * page;

  if (file->is_mapped && start < end)
    madvise ((gpointer) start, end - start, MADV_DONTNEED);
}

void
lk_safetensors_release_all (LkSafetensors *file)
{
  if (file->is_mapped)
    madvise ((gpointer) file->start, file->size, MADV_DONTNEED);
}

char *
lk_safetensors_model_hash (const char  *path,
                           GError     **error)
{
  g_autoptr (LkSafetensors) file = lk_safetensors_open (path, error);

  return file != NULL ? lk_sha256_file (path, file->data_start, error) : NULL;
}
