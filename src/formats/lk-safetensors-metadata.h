/* Changing the metadata of a safetensors file without touching its weights: the header is written anew, the data is copied byte for byte, and
 * the file is replaced atomically. What knows a LoRA by its data section knows it still.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* One entry; `value` NULL removes it. */
typedef struct
{
  const char *key;
  const char *value;
} LkSafeMetadata;

/* Errors: those of lk_safetensors_open (), and LK_FILE_ERROR. Setting what is so already writes nothing. */
gboolean lk_safetensors_set_metadata (const char            *path,
                                      const LkSafeMetadata  *entries,
                                      guint                  n,
                                      GError               **error);

G_END_DECLS
