#define G_LOG_DOMAIN "likeness-generate"

#include "config.h"

#include <glib/gstdio.h>

#include "base/lk-file.h"
#include "base/lk-json.h"
#include "base/lk-sha256.h"
#include "formats/lk-safetensors.h"
#include "generate/lk-file-hash.h"

static char *
cache_path (void)
{
  return g_build_filename (g_get_user_cache_dir (), "likeness", "hashes.json", NULL);
}

/* "KIND SIZE TIME PATH", or NULL where there is no such file. */
static char *
cache_key (const char *path,
           const char *kind)
{
  g_autofree char *absolute = g_canonicalize_filename (path, NULL);
  g_autofree char *name = g_filename_display_name (absolute);
  GStatBuf about;

  if (g_stat (path, &about) != 0)
    return NULL;
  return g_strdup_printf ("%s %" G_GINT64_FORMAT " %" G_GINT64_FORMAT ".%09ld %s", kind,
                          (gint64) about.st_size, (gint64) about.st_mtim.tv_sec, about.st_mtim.tv_nsec, name);
}

static cJSON *
read_cache (void)
{
  g_autofree char *path = cache_path ();
  cJSON *cache = lk_json_read (path, NULL);

  return cJSON_IsObject (cache) ? cache : (cJSON_Delete (cache), cJSON_CreateObject ());
}

/* A cache that cannot be written costs time, nothing else. */
static void
remember (const char *key,
          const char *hash)
{
  g_autofree char *path = cache_path ();
  g_autofree char *folder = g_path_get_dirname (path);
  g_autoptr (cJSON) cache = read_cache ();
  g_autoptr (GError) error = NULL;

  cJSON_DeleteItemFromObjectCaseSensitive (cache, key);
  cJSON_AddStringToObject (cache, key, hash);
  if (!lk_file_make_folder (folder, &error) || !lk_json_write (cache, path, &error))
    g_debug ("No hash is remembered: %s", error->message);
}

static char *
hash_file (const char  *path,
           gboolean     is_lora,
           GError     **error)
{
  g_autofree char *key = cache_key (path, is_lora ? "data" : "file");
  g_autoptr (cJSON) cache = read_cache ();
  const char *known = key ? lk_json_get_string (cache, key, NULL) : NULL;
  char *hash;

  if (known)
    return g_strdup (known);

  hash = is_lora ? lk_safetensors_model_hash (path, error) : lk_sha256_file (path, 0, error);
  if (hash && key)
    remember (key, hash);
  return hash;
}

char *
lk_file_hash_checkpoint (const char  *path,
                         GError     **error)
{
  return hash_file (path, FALSE, error);
}

char *
lk_file_hash_lora (const char  *path,
                   GError     **error)
{
  return hash_file (path, TRUE, error);
}
