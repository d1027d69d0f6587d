/* Whatever the bytes are: an error, or tensors that lie inside the file and can be read. */
#include "config.h"

#include "formats/lk-safetensors.h"
#include "lk-fuzz.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         length)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, length);
  g_autoptr (GError) error = NULL;
  g_autoptr (LkSafetensors) file = lk_safetensors_open_bytes (bytes, "fuzz", &error);

  g_assert_true ((file == NULL) == (error != NULL));
  if (file == NULL)
    return 0;

  for (guint i = 0; i < lk_safetensors_get_n_tensors (file); i++)
    {
      const LkSafeTensor *tensor = lk_safetensors_get_tensor (file, i);
      gsize n = MIN (tensor->n_elements, length);
      g_autofree float *f32 = g_new (float, n);
      g_autofree guint16 *f16 = g_new (guint16, n);
      g_autofree gint32 *i32 = g_new (gint32, n);
      gsize n_overflows;

      g_assert_true (lk_safetensors_find (file, tensor->name) == tensor);
      g_assert_cmpuint (tensor->bytes, <=, length);
      g_assert_true (lk_safetensors_read_f32 (file, tensor, tensor->n_elements - n, n, f32, NULL) == (tensor->type != LK_SAFE_UNKNOWN));
      lk_safetensors_read_f16 (file, tensor, tensor->n_elements - n, n, f16, &n_overflows, NULL);
      lk_safetensors_read_i32 (file, tensor, tensor->n_elements - n, n, i32, NULL);
      lk_safetensors_release (file, tensor);
    }
  for (const char * const *key = lk_safetensors_get_metadata_keys (file); *key != NULL; key++)
    g_assert_nonnull (lk_safetensors_get_metadata (file, *key));

  return 0;
}
