/* lk-network.c: weights by the names of their file. See the header. */
#define G_LOG_DOMAIN "likeness-model"

#include "config.h"

#include "model/lk-network.h"

#include <glib/gi18n.h>
#include <string.h>

#include "model/lk-checkpoint.h"
#include "ops/lk-ops.h"

/* Numbers that are read, converted and sent at a time; even, so that pieces of F16 start at multiples of four bytes. */
#define PIECE ((gsize) 1 << 20)

/* One weight: its memory and its shape, columns 0 for a vector. */
typedef struct
{
  LkStorage *storage;       /* owned */
  gsize      rows, columns;
} Weight;

struct _LkNetwork
{
  LkDevice      *device;        /* owned, as all that follows */
  LkSafetensors *file;
  char          *file_name;     /* for messages */
  GCancellable  *cancellable;   /* or NULL */
  GHashTable    *weights;       /* name to Weight */
  GError        *error;         /* the first one */
};

static void
weight_free (gpointer data)
{
  Weight *weight = data;

  lk_storage_unref (weight->storage);
  g_free (weight);
}

LkNetwork *
lk_network_new (LkDevice      *device,
                LkSafetensors *file,
                GCancellable  *cancellable)
{
  LkNetwork *self = g_new0 (LkNetwork, 1);

  self->device = lk_device_ref (device);
  self->file = lk_safetensors_ref (file);
  self->file_name = g_filename_display_basename (lk_safetensors_get_path (file));
  self->cancellable = cancellable != NULL ? g_object_ref (cancellable) : NULL;
  self->weights = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, weight_free);
  return self;
}

void
lk_network_free (LkNetwork *self)
{
  g_hash_table_unref (self->weights);
  lk_safetensors_unref (self->file);
  lk_device_unref (self->device);
  g_clear_object (&self->cancellable);
  g_clear_error (&self->error);
  g_free (self->file_name);
  g_free (self);
}

LkDevice *
lk_network_get_device (LkNetwork *self)
{
  return self->device;
}

gboolean
lk_network_check (LkNetwork  *self,
                  GError    **error)
{
  if (self->error == NULL)
    return TRUE;
  g_propagate_error (error, g_error_copy (self->error));
  return FALSE;
}

void
lk_network_fail (LkNetwork  *self,
                 int         code,
                 const char *format,
                 ...)
{
  va_list arguments;

  if (self->error != NULL)
    return;
  va_start (arguments, format);
  self->error = g_error_new_valist (LK_CHECKPOINT_ERROR, code, format, arguments);
  va_end (arguments);
}

/* ---- loading -------------------------------------------------------------------------------------------------- */

static const LkSafeTensor *
require (LkNetwork  *self,
         const char *name)
{
  const LkSafeTensor *tensor = self->error == NULL ? lk_safetensors_find (self->file, name) : NULL;

  if (tensor == NULL)
    lk_network_fail (self, LK_CHECKPOINT_ERROR_INCOMPLETE, _("“%s” is incomplete: the tensor “%s” is missing. Download the file again."),
                     self->file_name, name);
  return tensor;
}

gsize
lk_network_get_dim (LkNetwork  *self,
                    guint       dim,
                    const char *name)
{
  const LkSafeTensor *tensor = require (self, name);

  /* No network's width comes near 2^24; larger ones would overflow the arithmetic that follows. */
  return tensor == NULL || dim >= tensor->n_dims || tensor->dims[dim] >= 1 << 24 ? 0 : tensor->dims[dim];
}

guint
lk_network_count (LkNetwork  *self,
                  const char *prefix)
{
  guint count = 0;

  for (guint i = 0; i < lk_safetensors_get_n_tensors (self->file); i++)
    {
      const char *name = lk_safetensors_get_tensor (self->file, i)->name;

      if (g_str_has_prefix (name, prefix) && g_ascii_isdigit (name[strlen (prefix)]))
        count = MAX (count, 1 + (guint) MIN (g_ascii_strtoull (name + strlen (prefix), NULL, 10), 10000));
    }
  return count;
}

static void
fail_shape (LkNetwork          *self,
            const LkSafeTensor *tensor,
            gsize               rows,
            gsize               columns)
{
  g_autoptr (GString) found = g_string_new (NULL);

  for (guint i = 0; i < tensor->n_dims; i++)
    g_string_append_printf (found, "%s%zu", i == 0 ? "" : ", ", tensor->dims[i]);
  if (columns == 0)
    lk_network_fail (self, LK_CHECKPOINT_ERROR_MISSHAPEN,
                     _("“%s” cannot be used: its tensor “%s” has the shape [%s] where the rest of the model needs [%zu]."),
                     self->file_name, tensor->name, found->str, rows);
  else
    lk_network_fail (self, LK_CHECKPOINT_ERROR_MISSHAPEN,
                     _("“%s” cannot be used: its tensor “%s” has the shape [%s] where the rest of the model needs [%zu, %zu]."),
                     self->file_name, tensor->name, found->str, rows, columns);
}

static gboolean
is_readable (LkNetwork          *self,
             const LkSafeTensor *tensor)
{
  if (tensor->type >= LK_SAFE_F64 && tensor->type <= LK_SAFE_BF16)
    return TRUE;
  lk_network_fail (self, LK_CHECKPOINT_ERROR_UNSUPPORTED,
                   _("“%s” cannot be used: its tensor “%s” is stored as %s. Choose a file with FP16, BF16 or FP32 weights."),
                   self->file_name, tensor->name, tensor->type_name);
  return FALSE;
}

float *
lk_network_read (LkNetwork  *self,
                 const char *name,
                 gsize       n)
{
  const LkSafeTensor *tensor = require (self, name);
  g_autofree float *values = NULL;

  if (tensor == NULL || !is_readable (self, tensor))
    return NULL;
  if (tensor->n_elements != n)
    {
      fail_shape (self, tensor, n, 0);
      return NULL;
    }
  values = g_new (float, n + 1);
  return lk_safetensors_read_f32 (self->file, tensor, 0, n, values, &self->error) ? g_steal_pointer (&values) : NULL;
}

static void
insert (LkNetwork  *self,
        const char *name,
        LkStorage  *storage,
        gsize       rows,
        gsize       columns)
{
  Weight *weight = g_new (Weight, 1);

  *weight = (Weight) { storage, rows, columns };
  g_hash_table_insert (self->weights, g_strdup (name), weight);
}

/* The tensor in memory as `dtype`; `n_overflows` receives how many numbers F16 could not hold: then it is of no use. */
static LkStorage *
load_as (LkNetwork          *self,
         const LkSafeTensor *tensor,
         LkDtype             dtype,
         gsize              *n_overflows)
{
  g_autoptr (LkStorage) storage = lk_storage_new (self->device, dtype, tensor->n_elements, &self->error);
  g_autofree gpointer piece = g_malloc_n (MIN (PIECE, tensor->n_elements), lk_dtype_get_size (dtype));

  *n_overflows = 0;
  for (gsize first = 0; storage != NULL && first < tensor->n_elements && *n_overflows == 0; first += PIECE)
    {
      gsize n = MIN (PIECE, tensor->n_elements - first);
      gboolean ok = dtype == LK_DTYPE_F32 ? lk_safetensors_read_f32 (self->file, tensor, first, n, piece, &self->error)
                                          : lk_safetensors_read_f16 (self->file, tensor, first, n, piece, n_overflows, &self->error);

      if (!ok || (*n_overflows == 0 && !lk_storage_write (storage, first, n, piece, &self->error)))
        return NULL;
    }
  return g_steal_pointer (&storage);
}

void
lk_network_load (LkNetwork  *self,
                 gsize       rows,
                 gsize       columns,
                 const char *name)
{
  const LkSafeTensor *tensor = require (self, name);
  LkDtype dtype = LK_DTYPE_F32;
  LkStorage *storage;
  gsize n_overflows;

  if (tensor == NULL || !is_readable (self, tensor) || g_cancellable_set_error_if_cancelled (self->cancellable, &self->error))
    return;
  if (rows == 0 || tensor->n_elements != rows * MAX (columns, 1) || tensor->n_dims < (columns == 0 ? 1 : 2) || tensor->dims[0] != rows)
    {
      fail_shape (self, tensor, rows, columns);
      return;
    }
  /* Devices copy four bytes at least: an odd count of F16 does not come out even. */
  if (columns > 0 && (tensor->type == LK_SAFE_F16 || tensor->type == LK_SAFE_BF16) && tensor->n_elements % 2 == 0)
    dtype = LK_DTYPE_F16;
  storage = load_as (self, tensor, dtype, &n_overflows);
  if (storage != NULL && n_overflows > 0)
    {
      lk_storage_unref (storage);
      storage = load_as (self, tensor, LK_DTYPE_F32, &n_overflows);
    }
  lk_safetensors_release (self->file, tensor);
  if (storage != NULL)
    insert (self, name, storage, rows, columns);
}

void
lk_network_load_linear (LkNetwork  *self,
                        gsize       out,
                        gsize       in,
                        const char *name)
{
  g_autofree char *weight = g_strconcat (name, ".weight", NULL), *bias = g_strconcat (name, ".bias", NULL);

  lk_network_load (self, out, in, weight);
  lk_network_load (self, out, 0, bias);
}

void
lk_network_load_norm (LkNetwork  *self,
                      gsize       n,
                      const char *name)
{
  g_autofree char *weight = g_strconcat (name, ".weight", NULL), *bias = g_strconcat (name, ".bias", NULL);

  lk_network_load (self, n, 0, weight);
  lk_network_load (self, n, 0, bias);
}

void
lk_network_add (LkNetwork   *self,
                gsize        rows,
                gsize        columns,
                const float *values,
                const char  *name)
{
  g_autoptr (LkStorage) storage = self->error == NULL ? lk_storage_new (self->device, LK_DTYPE_F32, rows * columns, &self->error) : NULL;

  if (storage != NULL && lk_storage_write (storage, 0, rows * columns, values, &self->error))
    insert (self, name, g_steal_pointer (&storage), rows, columns);
}

/* ---- building ------------------------------------------------------------------------------------------------- */

LkTensor *
lk_network_weight (LkNetwork  *self,
                   LkGraph    *graph,
                   const char *name)
{
  const Weight *weight = g_hash_table_lookup (self->weights, name);

  if (weight == NULL)
    g_error ("The weight “%s” is asked for, but was not loaded", name);
  return lk_graph_external (graph, weight->storage, 0, weight->columns == 0 ? 1 : 2, (gsize[]) { weight->rows, weight->columns });
}

static LkTensor *
get_part (LkNetwork  *self,
          LkGraph    *graph,
          const char *layer,
          const char *part)
{
  g_autofree char *name = g_strconcat (layer, part, NULL);

  return lk_network_weight (self, graph, name);
}

LkTensor *
lk_network_linear (LkNetwork  *self,
                   LkGraph    *graph,
                   LkTensor   *x,
                   const char *format,
                   ...)
{
  g_autofree char *name = NULL;
  va_list arguments;

  va_start (arguments, format);
  name = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  return lk_linear (graph, x, get_part (self, graph, name, ".weight"), get_part (self, graph, name, ".bias"));
}

LkTensor *
lk_network_norm (LkNetwork  *self,
                 LkGraph    *graph,
                 LkTensor   *x,
                 float       eps,
                 const char *format,
                 ...)
{
  g_autofree char *name = NULL;
  va_list arguments;

  va_start (arguments, format);
  name = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  return lk_layer_norm (graph, x, get_part (self, graph, name, ".weight"), get_part (self, graph, name, ".bias"), eps);
}
