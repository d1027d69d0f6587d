#define G_LOG_DOMAIN "likeness-formats"

#include "config.h"

#include <string.h>

#include "base/lk-file.h"
#include "base/lk-json.h"
#include "formats/lk-safetensors-metadata.h"
#include "formats/lk-safetensors.h"

/* The file's own text, so that the entries of the tensors stay as they are. It was checked when the file was opened. */
static char *
make_header (GBytes                *bytes,
             const char            *path,
             const LkSafeMetadata  *entries,
             guint                  n,
             gsize                 *data_start,
             GError               **error)
{
  const char *start = g_bytes_get_data (bytes, NULL);
  guint64 length;
  g_autoptr (cJSON) json = NULL;
  cJSON *metadata;

  memcpy (&length, start, sizeof length);
  length = GUINT64_FROM_LE (length);
  *data_start = sizeof length + length;
  json = lk_json_parse (start + sizeof length, (gssize) length, path, error);
  if (json == NULL)
    return NULL;

  metadata = cJSON_GetObjectItemCaseSensitive (json, "__metadata__");
  if (metadata == NULL)
    {
      metadata = cJSON_CreateObject ();
      cJSON_AddItemToObject (json, "__metadata__", metadata);
    }
  for (guint i = 0; i < n; i++)
    {
      cJSON_DeleteItemFromObjectCaseSensitive (metadata, entries[i].key);
      if (entries[i].value != NULL)
        cJSON_AddStringToObject (metadata, entries[i].key, entries[i].value);
    }

  return lk_json_print (json, FALSE);
}

gboolean
lk_safetensors_set_metadata (const char            *path,
                             const LkSafeMetadata  *entries,
                             guint                  n,
                             GError               **error)
{
  g_autoptr (LkSafetensors) file = lk_safetensors_open (path, error);
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (LkFileWriter) writer = NULL;
  g_autofree char *header = NULL;
  gboolean is_same = TRUE;
  gsize data_start, size;
  const char *data;
  guint64 length, padded;

  if (file == NULL)
    return FALSE;
  for (guint i = 0; i < n; i++)
    is_same = is_same && g_strcmp0 (lk_safetensors_get_metadata (file, entries[i].key), entries[i].value) == 0;
  if (is_same)
    return TRUE;

  bytes = lk_file_map (path, error);
  header = bytes ? make_header (bytes, path, entries, n, &data_start, error) : NULL;
  writer = header ? lk_file_writer_new (path, error) : NULL;
  if (writer == NULL)
    return FALSE;

  /* Spaces up to a multiple of 8, as the safetensors library has it. */
  data = g_bytes_get_data (bytes, &size);
  padded = (strlen (header) + 7) / 8 * 8;
  length = GUINT64_TO_LE (padded);
  return lk_file_writer_write (writer, &length, sizeof length, error)
         && lk_file_writer_write (writer, header, strlen (header), error)
         && lk_file_writer_write (writer, "        ", padded - strlen (header), error)
         && lk_file_writer_write (writer, data + data_start, size - data_start, error)
         && lk_file_writer_commit (writer, error);
}
