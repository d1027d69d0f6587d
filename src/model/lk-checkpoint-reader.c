/* lk-checkpoint-reader.c: finding the tensors of a part and holding them to their shapes. See lk-checkpoint-private.h. */
#define G_LOG_DOMAIN "likeness-model"

#include "config.h"

#include "model/lk-checkpoint-private.h"

#include <glib/gi18n.h>
#include <string.h>

void
lk_reader_fail (LkCheckpointReader *reader,
                LkCheckpointError   code,
                const char         *format,
                ...)
{
  va_list arguments;

  if (reader->error != NULL)
    return;
  va_start (arguments, format);
  reader->error = g_error_new_valist (LK_CHECKPOINT_ERROR, code, format, arguments);
  va_end (arguments);
}

/* "[320, 4, 3, 3]" */
static char *
format_dims (guint        n_dims,
             const gsize *dims)
{
  g_autoptr (GString) text = g_string_new ("[");

  for (guint i = 0; i < n_dims; i++)
    g_string_append_printf (text, i == 0 ? "%" G_GSIZE_FORMAT : ", %" G_GSIZE_FORMAT, dims[i]);
  g_string_append_c (text, ']');
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* ---- looking ------------------------------------------------------------------------------------------------- */

/* The tensor of the part's key `key`. A missing one is the reader's error. */
static const LkSafeTensor *
require (LkCheckpointReader *reader,
         const char         *key)
{
  g_autofree char *full = g_strconcat (reader->prefix, key, NULL);
  const LkSafeTensor *tensor;

  if (reader->error != NULL)
    return NULL;
  tensor = lk_safetensors_find (reader->file, full);
  if (tensor == NULL)
    lk_reader_fail (reader, LK_CHECKPOINT_ERROR_INCOMPLETE,
                    _("“%s” is incomplete: the tensor “%s” is missing. Download the file again, or choose another base model."),
                    reader->file_name, full);
  return tensor;
}

static const LkSafeTensor *
require_valist (LkCheckpointReader *reader,
                const char         *format,
                va_list             arguments)
{
  g_autofree char *key = g_strdup_vprintf (format, arguments);

  return require (reader, key);
}

guint
lk_reader_get_dim (LkCheckpointReader *reader,
                   guint               dim,
                   const char         *format,
                   ...)
{
  const LkSafeTensor *tensor;
  va_list arguments;

  va_start (arguments, format);
  tensor = require_valist (reader, format, arguments);
  va_end (arguments);
  /* No network's width comes near 2^24; larger ones would overflow the arithmetic that follows. */
  return tensor == NULL || dim >= tensor->n_dims || tensor->dims[dim] >= 1 << 24 ? 0 : (guint) tensor->dims[dim];
}

guint
lk_reader_get_n_dims (LkCheckpointReader *reader,
                      const char         *format,
                      ...)
{
  const LkSafeTensor *tensor;
  va_list arguments;

  va_start (arguments, format);
  tensor = require_valist (reader, format, arguments);
  va_end (arguments);
  return tensor == NULL ? 0 : tensor->n_dims;
}

gboolean
lk_reader_has (LkCheckpointReader *reader,
               const char         *format,
               ...)
{
  g_autofree char *words = NULL, *full = NULL;
  va_list arguments;

  va_start (arguments, format);
  words = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  full = g_strconcat (reader->prefix, words, NULL);

  for (guint i = 0; i < lk_safetensors_get_n_tensors (reader->file); i++)
    if (g_str_has_prefix (lk_safetensors_get_tensor (reader->file, i)->name, full))
      return TRUE;
  return FALSE;
}

guint
lk_reader_count (LkCheckpointReader *reader,
                 const char         *format,
                 ...)
{
  g_autofree char *words = NULL, *full = NULL;
  va_list arguments;
  guint count = 0;

  va_start (arguments, format);
  words = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  full = g_strconcat (reader->prefix, words, NULL);

  for (guint i = 0; i < lk_safetensors_get_n_tensors (reader->file); i++)
    {
      const char *name = lk_safetensors_get_tensor (reader->file, i)->name;

      if (g_str_has_prefix (name, full) && g_ascii_isdigit (name[strlen (full)]))
        count = MAX (count, 1 + (guint) MIN (g_ascii_strtoull (name + strlen (full), NULL, 10), 10000));
    }
  return count;
}

/* ---- expecting ----------------------------------------------------------------------------------------------- */

/* The shape that the file should have for a weight. */
static guint
get_file_dims (LkWeightKind kind,
               const gsize *dims,
               gsize        file_rows,
               gsize       *file_dims)
{
  switch (kind)
    {
    case LK_WEIGHT_VECTOR:
      file_dims[0] = file_rows;
      return 1;
    case LK_WEIGHT_MATRIX:
      file_dims[0] = file_rows;
      file_dims[1] = dims[1];
      return 2;
    case LK_WEIGHT_TRANSPOSED:
      file_dims[0] = dims[1];
      file_dims[1] = file_rows;
      return 2;
    case LK_WEIGHT_KERNEL:
    default:
      file_dims[0] = file_rows;
      file_dims[1] = dims[3];
      file_dims[2] = dims[1];
      file_dims[3] = dims[2];
      return 4;
    }
}

static gboolean
has_shape (const LkSafeTensor *tensor,
           LkWeightKind        kind,
           guint               n_dims,
           const gsize        *dims)
{
  /* A matrix may be kept as a convolution of one pixel. */
  gboolean is_point = kind == LK_WEIGHT_MATRIX && tensor->n_dims == 4 && tensor->dims[2] == 1 && tensor->dims[3] == 1;

  if (tensor->n_dims != n_dims && !is_point)
    return FALSE;
  for (guint i = 0; i < n_dims; i++)
    if (tensor->dims[i] != dims[i] || dims[i] == 0)
      return FALSE;
  return TRUE;
}

static gboolean
is_readable (LkSafeType type)
{
  return type == LK_SAFE_F64 || type == LK_SAFE_F32 || type == LK_SAFE_F16 || type == LK_SAFE_BF16 ||
         type == LK_SAFE_F8_E4M3 || type == LK_SAFE_F8_E5M2;
}

static void
add_weight (LkCheckpointReader *reader,
            const char         *name,
            const char         *key,
            LkWeightKind        kind,
            guint               n_dims,
            const gsize        *dims,
            gsize               first_row,
            gsize               file_rows)
{
  const LkSafeTensor *tensor = require (reader, key);
  gsize file_dims[4];
  guint n_file_dims;
  LkWeight *weight;

  if (tensor == NULL)
    return;

  n_file_dims = get_file_dims (kind, dims, file_rows, file_dims);
  if (!has_shape (tensor, kind, n_file_dims, file_dims))
    {
      g_autofree char *found = format_dims (tensor->n_dims, tensor->dims);
      g_autofree char *wanted = format_dims (n_file_dims, file_dims);

      lk_reader_fail (reader, LK_CHECKPOINT_ERROR_MISSHAPEN,
                      _("“%s” cannot be used: its tensor “%s” has the shape %s where the rest of the model needs %s."),
                      reader->file_name, tensor->name, found, wanted);
      return;
    }
  if (!is_readable (tensor->type))
    {
      lk_reader_fail (reader, LK_CHECKPOINT_ERROR_UNSUPPORTED,
                      _("“%s” cannot be used: its tensor “%s” is stored as %s. Choose a file with FP16, BF16 or FP32 weights."),
                      reader->file_name, tensor->name, tensor->type_name);
      return;
    }

  weight = g_new0 (LkWeight, 1);
  weight->part = reader->part;
  weight->name = g_strconcat (reader->name_prefix, name, NULL);
  weight->source = tensor;
  weight->kind = kind;
  weight->n_dims = n_dims;
  memcpy (weight->dims, dims, n_dims * sizeof *dims);
  weight->first = first_row * (n_dims > 1 ? dims[1] : 1);
  g_ptr_array_add (reader->weights, weight);
}

void
lk_reader_add (LkCheckpointReader *reader,
               const char         *name,
               const char         *key,
               LkWeightKind        kind,
               guint               rows,
               guint               columns,
               guint               first_row,
               guint               file_rows)
{
  gsize dims[] = { rows, columns };

  add_weight (reader, name, key, kind, columns == 0 ? 1 : 2, dims, first_row, file_rows == 0 ? rows : file_rows);
}

/* NAME.bias */
static void
add_bias (LkCheckpointReader *reader,
          const char         *layer,
          guint               n)
{
  g_autofree char *name = g_strconcat (layer, ".bias", NULL);

  lk_reader_add (reader, name, name, LK_WEIGHT_VECTOR, n, 0, 0, 0);
}

void
lk_reader_norm (LkCheckpointReader *reader,
                guint               n,
                const char         *format,
                ...)
{
  g_autofree char *layer = NULL, *name = NULL;
  va_list arguments;

  va_start (arguments, format);
  layer = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  name = g_strconcat (layer, ".weight", NULL);

  lk_reader_add (reader, name, name, LK_WEIGHT_VECTOR, n, 0, 0, 0);
  add_bias (reader, layer, n);
}

void
lk_reader_linear (LkCheckpointReader *reader,
                  guint               out,
                  guint               in,
                  gboolean            with_bias,
                  const char         *format,
                  ...)
{
  g_autofree char *layer = NULL, *name = NULL;
  va_list arguments;

  va_start (arguments, format);
  layer = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  name = g_strconcat (layer, ".weight", NULL);

  lk_reader_add (reader, name, name, LK_WEIGHT_MATRIX, out, in, 0, 0);
  if (with_bias)
    add_bias (reader, layer, out);
}

void
lk_reader_conv (LkCheckpointReader *reader,
                guint               out,
                guint               in,
                guint               kernel,
                const char         *format,
                ...)
{
  g_autofree char *layer = NULL, *name = NULL;
  va_list arguments;

  va_start (arguments, format);
  layer = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  name = g_strconcat (layer, ".weight", NULL);

  if (kernel == 1)
    lk_reader_add (reader, name, name, LK_WEIGHT_MATRIX, out, in, 0, 0);
  else
    add_weight (reader, name, name, LK_WEIGHT_KERNEL, 4, (gsize[]) { out, kernel, kernel, in }, 0, out);
  add_bias (reader, layer, out);
}
