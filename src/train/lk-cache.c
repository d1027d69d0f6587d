#define G_LOG_DOMAIN "likeness-train"

#include "config.h"

#include <string.h>

#include "base/lk-file.h"
#include "base/lk-sha256.h"
#include "generate/lk-coder.h"
#include "train/lk-cache.h"

/* Raised when what is stored, or how it is computed, changes. */
#define LATENTS_VERSION "latents 1"
#define TEXTS_VERSION "texts 1"

/* ---- files ----------------------------------------------------------------------------------------------------- */

/* FOLDER/KIND/HASH.safetensors for what `words` describe. Owned by the caller. */
static char *
cache_path (const char *folder,
            const char *kind,
            const char *words)
{
  g_autofree char *hash = lk_sha256_bytes (words, strlen (words));
  g_autofree char *name = g_strdup_printf ("%.40s.safetensors", hash);

  return g_build_filename (folder, kind, name, NULL);
}

/* Tensor `name` of F32 with that many dimensions, or NULL: then the file counts as missing. `dims` receives the shape. */
static float *
read_tensor (LkSafetensors *file,
             const char    *name,
             guint          n_dims,
             gsize         *dims)
{
  const LkSafeTensor *tensor = lk_safetensors_find (file, name);
  g_autofree float *values = NULL;

  if (tensor == NULL || tensor->type != LK_SAFE_F32 || tensor->n_dims != n_dims)
    return NULL;
  values = g_new (float, tensor->n_elements);
  if (!lk_safetensors_read_f32 (file, tensor, 0, tensor->n_elements, values, NULL))
    return NULL;

  memcpy (dims, tensor->dims, n_dims * sizeof *dims);
  return g_steal_pointer (&values);
}

/* ---- latents --------------------------------------------------------------------------------------------------- */

static void
latent_free (gpointer data)
{
  LkLatent *latent = data;

  g_free (latent->mean);
  g_free (latent->logvar);
  g_free (latent);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkLatent, latent_free)

static LkLatent *
load_latent (const char *path,
             guint       channels,
             guint       height,
             guint       width)
{
  g_autoptr (LkSafetensors) file = lk_safetensors_open (path, NULL);
  g_autoptr (LkLatent) latent = g_new0 (LkLatent, 1);
  gsize dims[3], logvar_dims[3];

  if (file == NULL)
    return NULL;
  latent->mean = read_tensor (file, "mean", 3, dims);
  latent->logvar = read_tensor (file, "logvar", 3, logvar_dims);
  if (latent->mean == NULL || latent->logvar == NULL || dims[0] != channels || dims[1] != height || dims[2] != width
      || memcmp (dims, logvar_dims, sizeof dims) != 0)
    return NULL;

  latent->height = height;
  latent->width = width;
  latent->n = (gsize) channels * height * width;
  return g_steal_pointer (&latent);
}

static gboolean
save_latent (const LkLatent  *latent,
             guint            channels,
             const char      *path,
             GError         **error)
{
  g_autoptr (LkSafetensorsWriter) writer = lk_safetensors_writer_new ();
  const gsize dims[] = { channels, latent->height, latent->width };

  lk_safetensors_writer_add (writer, "mean", LK_SAFE_F32, 3, dims, latent->mean);
  lk_safetensors_writer_add (writer, "logvar", LK_SAFE_F32, 3, dims, latent->logvar);
  return lk_safetensors_writer_save (writer, path, error);
}

/* The coder for that size, kept for the next picture. */
static LkCoder *
get_coder (GHashTable        *coders,
           LkModel           *model,
           const LkDataItem  *item,
           GError           **error)
{
  gpointer key = GUINT_TO_POINTER (item->size.width << 16 | item->size.height);
  LkCoder *coder = g_hash_table_lookup (coders, key);

  if (coder == NULL)
    {
      if (!lk_model_load (model, LK_PART_VAE, NULL, NULL, NULL, error))
        return NULL;
      coder = lk_coder_new_encoder (model, item->size.width, item->size.height, error);
      if (coder)
        g_hash_table_insert (coders, key, coder);
    }
  return coder;
}

static LkLatent *
make_latent (GHashTable        *coders,
             LkModel           *model,
             const LkDataItem  *item,
             const char        *path,
             GError           **error)
{
  guint factor = lk_architecture_get_latent_factor (lk_model_get_architecture (model));
  g_autoptr (LkPicture) picture = lk_data_item_prepare (item, error);
  g_autoptr (LkLatent) latent = g_new0 (LkLatent, 1);
  LkCoder *coder;

  if (picture == NULL)
    return NULL;
  coder = get_coder (coders, model, item, error);
  if (coder == NULL)
    return NULL;

  latent->height = item->size.height / factor;
  latent->width = item->size.width / factor;
  latent->n = lk_coder_get_n (coder);
  latent->mean = g_new (float, latent->n);
  latent->logvar = g_new (float, latent->n);
  if (!lk_coder_encode (coder, picture, latent->mean, latent->logvar, error)
      || !save_latent (latent, lk_model_get_architecture (model)->vae.latent_channels, path, error))
    return NULL;
  return g_steal_pointer (&latent);
}

GPtrArray *
lk_cache_latents (LkDataSet     *data_set,
                  LkModel       *model,
                  const char    *base_hash,
                  const char    *folder,
                  LkCacheFunc    progress,
                  gpointer       progress_data,
                  GCancellable  *cancellable,
                  GError       **error)
{
  g_autoptr (GPtrArray) latents = g_ptr_array_new_with_free_func (latent_free);
  g_autoptr (GHashTable) coders = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) lk_coder_free);
  const LkArchitecture *architecture = lk_model_get_architecture (model);
  guint factor = lk_architecture_get_latent_factor (architecture), n = lk_data_set_get_n (data_set);
  g_autofree char *place = g_build_filename (folder, "latents", NULL);

  if (!lk_file_make_folder (place, error))
    return NULL;
  for (guint i = 0; i < n; i++)
    {
      const LkDataItem *item = lk_data_set_get (data_set, i);
      g_autofree char *pixels = lk_data_item_describe_pixels (item);
      g_autofree char *words = g_strdup_printf (LATENTS_VERSION " %s %s", base_hash, pixels);
      g_autofree char *path = cache_path (folder, "latents", words);
      LkLatent *latent = load_latent (path, architecture->vae.latent_channels, item->size.height / factor, item->size.width / factor);

      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return NULL;
      if (latent == NULL)
        latent = make_latent (coders, model, item, path, error);
      if (latent == NULL)
        return NULL;
      g_ptr_array_add (latents, latent);
      if (progress)
        progress (progress_data, i + 1, n);
    }

  g_hash_table_remove_all (coders);
  lk_model_unload (model, LK_PART_VAE);
  return g_steal_pointer (&latents);
}

/* ---- texts ----------------------------------------------------------------------------------------------------- */

static LkConditioning *
load_text (const char *path)
{
  g_autoptr (LkSafetensors) file = lk_safetensors_open (path, NULL);
  g_autoptr (LkConditioning) text = g_new0 (LkConditioning, 1);
  gsize dims[2], pooled_dims[1] = { 0 };

  if (file == NULL)
    return NULL;
  text->context = read_tensor (file, "context", 2, dims);
  if (text->context == NULL)
    return NULL;
  text->n_tokens = (guint) dims[0];
  text->width = (guint) dims[1];
  text->pooled = read_tensor (file, "pooled", 1, pooled_dims);
  text->n_pooled = (guint) pooled_dims[0];
  return g_steal_pointer (&text);
}

static gboolean
save_text (const LkConditioning  *text,
           const char            *path,
           GError               **error)
{
  g_autoptr (LkSafetensorsWriter) writer = lk_safetensors_writer_new ();

  lk_safetensors_writer_add (writer, "context", LK_SAFE_F32, 2, (gsize[]) { text->n_tokens, text->width }, text->context);
  if (text->pooled)
    lk_safetensors_writer_add (writer, "pooled", LK_SAFE_F32, 1, (gsize[]) { text->n_pooled }, text->pooled);
  return lk_safetensors_writer_save (writer, path, error);
}

static LkConditioner *
open_conditioner (LkModel  *model,
                  GError  **error)
{
  g_autoptr (LkTokenizer) tokenizer = lk_tokenizer_new (NULL, error);

  if (tokenizer == NULL || !lk_model_load (model, LK_PART_TEXT, NULL, NULL, NULL, error))
    return NULL;
  return lk_conditioner_new (model, tokenizer, NULL, NULL, 0, error);
}

GHashTable *
lk_cache_texts (GHashTable    *texts,
                guint          n_chunks,
                LkModel       *model,
                const char    *base_hash,
                const char    *folder,
                LkCacheFunc    progress,
                gpointer       progress_data,
                GCancellable  *cancellable,
                GError       **error)
{
  g_autoptr (GHashTable) read = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) lk_conditioning_free);
  g_autoptr (LkConditioner) conditioner = NULL;
  g_autofree char *place = g_build_filename (folder, "texts", NULL);
  guint n = g_hash_table_size (texts), done = 0;
  GHashTableIter iter;
  gpointer key;

  if (!lk_file_make_folder (place, error))
    return NULL;
  g_hash_table_iter_init (&iter, texts);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      g_autofree char *words = g_strdup_printf (TEXTS_VERSION " %s %u %s", base_hash, n_chunks, (char *) key);
      g_autofree char *path = cache_path (folder, "texts", words);
      LkConditioning *text = load_text (path);

      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return NULL;
      if (text == NULL)
        {
          if (conditioner == NULL)
            conditioner = open_conditioner (model, error);
          text = conditioner ? lk_conditioner_encode (conditioner, key, n_chunks, LK_CHUNKS_JOINED, error) : NULL;
          if (text == NULL || !save_text (text, path, error))
            {
              g_clear_pointer (&text, lk_conditioning_free);
              return NULL;
            }
        }
      g_hash_table_insert (read, g_strdup (key), text);
      if (progress)
        progress (progress_data, ++done, n);
    }

  g_clear_pointer (&conditioner, lk_conditioner_free);
  lk_model_unload (model, LK_PART_TEXT);
  return g_steal_pointer (&read);
}
