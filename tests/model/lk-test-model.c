/* lk-test-model.c: see the header. */
#include "config.h"

#include "lk-test-model.h"

#include "lk-test-parity.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/mman.h>

/* ---- changed copies ------------------------------------------------------------------------------------------ */

static gboolean
is_float (LkSafeType type)
{
  return type == LK_SAFE_F32 || type == LK_SAFE_F16 || type == LK_SAFE_BF16 || type == LK_SAFE_F64;
}

static guint16
to_bf16 (float value)
{
  guint32 bits;

  memcpy (&bits, &value, sizeof bits);
  return (guint16) ((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

/* The tensor's bytes. */
static gpointer
encode (const LkTestTensor *tensor,
        gsize               n)
{
  guint8 *bytes = g_malloc0 (n * 8 + 8);

  for (gsize i = 0; tensor->values != NULL && i < n; i++)
    switch (tensor->type)
      {
      case LK_SAFE_F32:
        ((float *) bytes)[i] = tensor->values[i];
        break;
      case LK_SAFE_F64:
        ((double *) bytes)[i] = tensor->values[i];
        break;
      case LK_SAFE_F16:
        ((guint16 *) bytes)[i] = lk_safe_f32_to_f16 (tensor->values[i]);
        break;
      case LK_SAFE_BF16:
        ((guint16 *) bytes)[i] = to_bf16 (tensor->values[i]);
        break;
      case LK_SAFE_I64:
        ((gint64 *) bytes)[i] = (gint64) tensor->values[i];
        break;
      default:
        break;
      }
  return bytes;
}

static void
add_edited (LkSafetensorsWriter *writer,
            GPtrArray           *arrays,
            LkTestTensor        *tensor)
{
  gsize n = 1;
  gpointer bytes;

  if (tensor->name == NULL)
    return;
  for (guint i = 0; i < tensor->n_dims; i++)
    n *= tensor->dims[i];
  bytes = encode (tensor, n);
  g_ptr_array_add (arrays, bytes);
  lk_safetensors_writer_add (writer, tensor->name, tensor->type, tensor->n_dims, tensor->dims, bytes);
}

char *
lk_test_edit_golden (const char     *golden_case,
                     const char     *name,
                     LkTestEditFunc  edit,
                     gpointer        data)
{
  g_autofree char *from = lk_test_golden_path (golden_case, name), *folder = g_dir_make_tmp ("likeness-model-XXXXXX", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (LkSafetensors) file = lk_safetensors_open (from, &error);
  g_autoptr (LkSafetensorsWriter) writer = lk_safetensors_writer_new ();
  g_autoptr (GPtrArray) arrays = g_ptr_array_new_with_free_func (g_free);
  char *path = g_build_filename (folder, "edited.safetensors", NULL);

  g_assert_no_error (error);
  for (const char * const *key = lk_safetensors_get_metadata_keys (file); *key != NULL; key++)
    lk_safetensors_writer_set_metadata (writer, *key, lk_safetensors_get_metadata (file, *key));
  for (guint i = 0; i < lk_safetensors_get_n_tensors (file); i++)
    {
      const LkSafeTensor *source = lk_safetensors_get_tensor (file, i);
      LkTestTensor tensor = { .name = g_strdup (source->name), .type = source->type, .n_dims = source->n_dims };

      memcpy (tensor.dims, source->dims, sizeof tensor.dims);
      if (is_float (source->type))
        tensor.values = lk_test_read_tensor (file, source->name);
      edit (&tensor, data);
      add_edited (writer, arrays, &tensor);
      g_free (tensor.name);
      g_free (tensor.values);
    }
  lk_safetensors_writer_save (writer, path, &error);
  g_assert_no_error (error);
  return path;
}

void
lk_test_remove (char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);

  g_remove (path);
  g_rmdir (folder);
  g_free (path);
}

/* ---- layouts ------------------------------------------------------------------------------------------------- */

typedef struct
{
  gpointer memory;
  gsize    size;
} Mapping;

static void
unmap (Mapping *mapping)
{
  munmap (mapping->memory, mapping->size);
  g_free (mapping);
}

LkSafetensors *
lk_test_open_layout (const char *name)
{
  g_autofree char *file_name = g_strconcat (name, ".tsv", NULL), *path = g_test_build_filename (G_TEST_DIST, "data", "layouts", file_name, NULL);
  g_autofree char *text = NULL;
  g_autoptr (GString) header = g_string_new ("{");
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) lines = NULL;
  Mapping *mapping = g_new0 (Mapping, 1);
  LkSafetensors *file;
  guint64 offset = 0, length;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  lines = g_strsplit (g_strchomp (text), "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_auto (GStrv) words = g_strsplit (lines[i], "\t", 2), dims = g_strsplit (words[1], ",", -1);
      guint64 n = 1;

      for (guint j = 0; dims[j] != NULL; j++)
        n *= g_ascii_strtoull (dims[j], NULL, 10);
      /* One byte a number: less to pretend. */
      g_string_append_printf (header, "%s\"%s\":{\"dtype\":\"F8_E4M3\",\"shape\":[%s],\"data_offsets\":[%" G_GUINT64_FORMAT ",%" G_GUINT64_FORMAT "]}",
                              i == 0 ? "" : ",", words[0], words[1], offset, offset + n);
      offset += n;
    }
  g_string_append_c (header, '}');

  length = header->len;
  mapping->size = 8 + length + offset;
  mapping->memory = mmap (NULL, mapping->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  g_assert_true (mapping->memory != MAP_FAILED);
  memcpy (mapping->memory, &length, 8);
  memcpy ((char *) mapping->memory + 8, header->str, length);
  bytes = g_bytes_new_with_free_func (mapping->memory, mapping->size, (GDestroyNotify) unmap, mapping);

  file = lk_safetensors_open_bytes (bytes, name, &error);
  g_assert_no_error (error);
  return file;
}

/* ---- opening ------------------------------------------------------------------------------------------------- */

LkDevice *
lk_test_open_device (void)
{
  g_autoptr (GError) error = NULL;
  const char *spec = g_getenv ("LIKENESS_TEST_DEVICE");
  LkDevice *device = lk_device_open (spec != NULL ? spec : "cpu", 0, &error);

  g_assert_no_error (error);
  return device;
}

LkCheckpoint *
lk_test_open_golden (const char *golden_case)
{
  g_autofree char *path = lk_test_golden_path (golden_case, "base");
  g_autoptr (GError) error = NULL;
  LkCheckpoint *checkpoint = lk_checkpoint_open (path, &error);

  g_assert_no_error (error);
  return checkpoint;
}

LkModel *
lk_test_load_golden (const char *golden_case,
                     LkDevice   *device)
{
  g_autoptr (LkCheckpoint) checkpoint = lk_test_open_golden (golden_case);
  LkModel *model = lk_model_new (device, checkpoint);
  g_autoptr (GError) error = NULL;

  lk_model_load (model, LK_PART_ALL, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  return model;
}

float *
lk_test_read_storage (LkStorage *storage)
{
  gsize n = lk_storage_get_n_elements (storage);
  g_autofree guint16 *halves = NULL;
  g_autoptr (GError) error = NULL;
  float *values = g_new (float, n);

  if (lk_storage_get_dtype (storage) == LK_DTYPE_F32)
    lk_storage_read (storage, 0, n, values, &error);
  else
    {
      halves = g_new (guint16, n);
      lk_storage_read (storage, 0, n, halves, &error);
      for (gsize i = 0; i < n; i++)
        values[i] = lk_safe_f16_to_f32 (halves[i]);
    }
  g_assert_no_error (error);
  return values;
}

float *
lk_test_read_tensor (LkSafetensors *file,
                     const char    *name)
{
  g_autoptr (GError) error = NULL;
  const LkSafeTensor *tensor = lk_safetensors_require (file, name, &error);
  float *values;

  g_assert_no_error (error);
  values = g_new (float, tensor->n_elements + 1);
  lk_safetensors_read_f32 (file, tensor, 0, tensor->n_elements, values, &error);
  g_assert_no_error (error);
  return values;
}
