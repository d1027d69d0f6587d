/* lk-safetensors-writer.c: writes a safetensors file byte for byte as the safetensors library does, so that hashes agree. */
#define G_LOG_DOMAIN "likeness-formats"

#include "config.h"

#include <string.h>

#include "base/lk-file.h"
#include "formats/lk-safetensors.h"

#define PIECE (1 << 20)           /* bytes asked from a callback at a time */
#define LEGACY_START 0x100000     /* the bytes of a file that the oldest hash looks at */
#define LEGACY_END 0x110000

typedef struct
{
  char           *name;       /* owned */
  LkSafeType      type;
  guint           n_dims;
  gsize           dims[LK_SAFE_MAX_DIMS];
  gsize           bytes;
  gconstpointer   memory;     /* or NULL, with the rest: */
  LkSafeFillFunc  func;
  gpointer        data;
  GDestroyNotify  destroy;
} Entry;

struct _LkSafetensorsWriter
{
  GPtrArray  *entries;        /* owned; of Entry */
  GHashTable *names;          /* owned; their names */
  GTree      *metadata;       /* owned; key -> value, sorted: the same metadata gives the same bytes */
};

/* Takes the file's bytes in order. */
typedef gboolean (*SinkFunc) (gpointer        sink,
                              gconstpointer   bytes,
                              gsize           n,
                              GError        **error);

static void
entry_free (gpointer pointer)
{
  Entry *entry = pointer;

  if (entry->destroy != NULL)
    entry->destroy (entry->data);
  g_free (entry->name);
  g_free (entry);
}

static int
compare_keys (gconstpointer a,
              gconstpointer b,
              gpointer      data)
{
  return strcmp (a, b);
}

LkSafetensorsWriter *
lk_safetensors_writer_new (void)
{
  LkSafetensorsWriter *writer = g_new0 (LkSafetensorsWriter, 1);

  writer->entries = g_ptr_array_new_with_free_func (entry_free);
  writer->names = g_hash_table_new (g_str_hash, g_str_equal);
  writer->metadata = g_tree_new_full (compare_keys, NULL, g_free, g_free);
  return writer;
}

void
lk_safetensors_writer_free (LkSafetensorsWriter *writer)
{
  g_hash_table_unref (writer->names);
  g_ptr_array_unref (writer->entries);
  g_tree_unref (writer->metadata);
  g_free (writer);
}

void
lk_safetensors_writer_set_metadata (LkSafetensorsWriter *writer,
                                    const char          *key,
                                    const char          *value)
{
  if (value != NULL)
    g_tree_replace (writer->metadata, g_strdup (key), g_strdup (value));
  else
    g_tree_remove (writer->metadata, key);
}

static Entry *
add_entry (LkSafetensorsWriter *writer,
           const char          *name,
           LkSafeType           type,
           guint                n_dims,
           const gsize         *dims)
{
  Entry *entry = g_new0 (Entry, 1);

  g_assert (type != LK_SAFE_UNKNOWN && n_dims <= LK_SAFE_MAX_DIMS);

  entry->name = g_strdup (name);
  g_assert (g_hash_table_add (writer->names, entry->name));
  entry->type = type;
  entry->n_dims = n_dims;
  entry->bytes = lk_safe_type_get_size (type);
  for (guint i = 0; i < n_dims; i++)
    {
      entry->dims[i] = dims[i];
      entry->bytes *= dims[i];
    }

  g_ptr_array_add (writer->entries, entry);
  return entry;
}

void
lk_safetensors_writer_add (LkSafetensorsWriter *writer,
                           const char          *name,
                           LkSafeType           type,
                           guint                n_dims,
                           const gsize         *dims,
                           gconstpointer        data)
{
  Entry *entry = add_entry (writer, name, type, n_dims, dims);

  entry->memory = data;
}

void
lk_safetensors_writer_add_func (LkSafetensorsWriter *writer,
                                const char          *name,
                                LkSafeType           type,
                                guint                n_dims,
                                const gsize         *dims,
                                LkSafeFillFunc       func,
                                gpointer             data,
                                GDestroyNotify       destroy)
{
  Entry *entry = add_entry (writer, name, type, n_dims, dims);

  entry->func = func;
  entry->data = data;
  entry->destroy = destroy;
}

/* ---- order and header ------------------------------------------------------------------------------------------- */

/* The library's own order of types, first ones first: by falling alignment, and arbitrary but fixed within one. */
static guint
type_rank (LkSafeType type)
{
  static const LkSafeType order[] = {
    LK_SAFE_I64, LK_SAFE_F64, LK_SAFE_F32, LK_SAFE_I32, LK_SAFE_BF16, LK_SAFE_F16, LK_SAFE_I16,
    LK_SAFE_F8_E4M3, LK_SAFE_F8_E5M2, LK_SAFE_I8, LK_SAFE_U8, LK_SAFE_BOOL,
  };
  guint rank = 0;

  while (order[rank] != type)
    rank++;
  return rank;
}

static int
compare_entries (gconstpointer a,
                 gconstpointer b)
{
  const Entry *left = *(const Entry * const *) a, *right = *(const Entry * const *) b;
  guint left_rank = type_rank (left->type), right_rank = type_rank (right->type);

  if (left_rank != right_rank)
    return left_rank < right_rank ? -1 : 1;
  return strcmp (left->name, right->name);
}

/* As serde_json writes strings. */
static void
append_string (GString    *out,
               const char *string)
{
  g_autofree char *valid = g_utf8_make_valid (string, -1);

  g_string_append_c (out, '"');
  for (const char *c = valid; *c != '\0'; c++)
    {
      static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
      const char *found = strchr (from, *c);

      if (found != NULL)
        g_string_append_printf (out, "\\%c", to[found - from]);
      else if ((guchar) *c < 0x20)
        g_string_append_printf (out, "\\u%04x", *c);
      else
        g_string_append_c (out, *c);
    }
  g_string_append_c (out, '"');
}

/* The length, the JSON, and spaces up to a multiple of 8. Sorts the entries. */
static GString *
make_header (LkSafetensorsWriter *writer,
             gboolean             only_training_metadata)
{
  GString *out = g_string_new ("12345678{");
  gboolean is_first = TRUE;
  gsize offset = 0;
  guint64 length;

  for (GTreeNode *node = g_tree_node_first (writer->metadata); node != NULL; node = g_tree_node_next (node))
    {
      if (only_training_metadata && !g_str_has_prefix (g_tree_node_key (node), "ss_"))
        continue;
      g_string_append (out, is_first ? "\"__metadata__\":{" : ",");
      append_string (out, g_tree_node_key (node));
      g_string_append_c (out, ':');
      append_string (out, g_tree_node_value (node));
      is_first = FALSE;
    }
  if (!is_first)
    g_string_append (out, writer->entries->len > 0 ? "}," : "}");

  g_ptr_array_sort (writer->entries, compare_entries);
  for (guint i = 0; i < writer->entries->len; i++)
    {
      const Entry *entry = g_ptr_array_index (writer->entries, i);

      if (i > 0)
        g_string_append_c (out, ',');
      append_string (out, entry->name);
      g_string_append_printf (out, ":{\"dtype\":\"%s\",\"shape\":[", lk_safe_type_get_name (entry->type));
      for (guint k = 0; k < entry->n_dims; k++)
        g_string_append_printf (out, "%s%" G_GSIZE_FORMAT, k > 0 ? "," : "", entry->dims[k]);
      g_string_append_printf (out, "],\"data_offsets\":[%" G_GSIZE_FORMAT ",%" G_GSIZE_FORMAT "]}", offset, offset + entry->bytes);
      offset += entry->bytes;
    }

  g_string_append_c (out, '}');
  while (out->len % 8 != 0)
    g_string_append_c (out, ' ');

  length = GUINT64_TO_LE ((guint64) out->len - 8);
  memcpy (out->str, &length, 8);
  return out;
}

/* ---- the file --------------------------------------------------------------------------------------------------- */

static gboolean
emit (LkSafetensorsWriter  *writer,
      const GString        *header,
      SinkFunc              func,
      gpointer              sink,
      GError              **error)
{
  g_autofree char *piece = g_malloc (PIECE);

  if (!func (sink, header->str, header->len, error))
    return FALSE;

  for (guint i = 0; i < writer->entries->len; i++)
    {
      const Entry *entry = g_ptr_array_index (writer->entries, i);

      if (entry->func == NULL)
        {
          if (!func (sink, entry->memory, entry->bytes, error))
            return FALSE;
          continue;
        }

      for (gsize first = 0; first < entry->bytes; first += PIECE)
        {
          gsize n = MIN (entry->bytes - first, PIECE);

          if (!entry->func (entry->data, first, n, piece, error) || !func (sink, piece, n, error))
            return FALSE;
        }
    }

  return TRUE;
}

static gboolean
write_to_file (gpointer        sink,
               gconstpointer   bytes,
               gsize           n,
               GError        **error)
{
  return lk_file_writer_write (sink, bytes, n, error);
}

gboolean
lk_safetensors_writer_save (LkSafetensorsWriter  *writer,
                            const char           *path,
                            GError              **error)
{
  g_autoptr (LkFileWriter) file = lk_file_writer_new (path, error);
  g_autoptr (GString) header = NULL;

  if (file == NULL)
    return FALSE;

  header = make_header (writer, FALSE);
  return emit (writer, header, write_to_file, file, error) && lk_file_writer_commit (file, error);
}

typedef struct
{
  GChecksum *model;       /* of everything behind the header */
  GChecksum *legacy;      /* of bytes 0x100000 to 0x10ffff */
  gsize      header;      /* bytes */
  gsize      at;
} Hashes;

/* Adds the part of a piece that lies in [first, end) of the file. */
static void
hash_range (GChecksum    *checksum,
            gsize         first,
            gsize         end,
            const guint8 *bytes,
            gsize         at,
            gsize         n)
{
  gsize from = MAX (first, at), to = MIN (end, at + n);

  if (from < to)
    g_checksum_update (checksum, bytes + (from - at), to - from);
}

static gboolean
write_to_hashes (gpointer        sink,
                 gconstpointer   bytes,
                 gsize           n,
                 GError        **error)
{
  Hashes *hashes = sink;

  hash_range (hashes->model, hashes->header, G_MAXSIZE, bytes, hashes->at, n);
  hash_range (hashes->legacy, LEGACY_START, LEGACY_END, bytes, hashes->at, n);
  hashes->at += n;
  return TRUE;
}

gboolean
lk_safetensors_writer_add_hashes (LkSafetensorsWriter  *writer,
                                  GError              **error)
{
  g_autoptr (GString) header = make_header (writer, TRUE);
  g_autoptr (GChecksum) model = g_checksum_new (G_CHECKSUM_SHA256);
  g_autoptr (GChecksum) legacy = g_checksum_new (G_CHECKSUM_SHA256);
  Hashes hashes = { model, legacy, header->len, 0 };
  g_autofree char *legacy_short = NULL;

  if (!emit (writer, header, write_to_hashes, &hashes, error))
    return FALSE;

  legacy_short = g_strndup (g_checksum_get_string (legacy), 8);
  lk_safetensors_writer_set_metadata (writer, "sshs_model_hash", g_checksum_get_string (model));
  lk_safetensors_writer_set_metadata (writer, "sshs_legacy_hash", legacy_short);
  return TRUE;
}
