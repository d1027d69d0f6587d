/* lk-model.c: loading weights onto a device. See the header. */
#define G_LOG_DOMAIN "likeness-model"

#include "config.h"

#include "model/lk-model.h"

#include "model/lk-layout.h"

/* Numbers that are read, converted and sent at a time. */
#define PIECE ((gsize) 1 << 20)

struct _LkModel
{
  gatomicrefcount ref_count;
  LkDevice       *device;         /* owned */
  LkCheckpoint   *checkpoint;     /* owned */
  LkModelParts    loaded;
  GHashTable     *storages;       /* LkWeight to owned LkStorage */
  LkArena        *arena;          /* owned */
};

LkModel *
lk_model_new (LkDevice     *device,
              LkCheckpoint *checkpoint)
{
  LkModel *model = g_new0 (LkModel, 1);

  g_atomic_ref_count_init (&model->ref_count);
  model->device = lk_device_ref (device);
  model->checkpoint = lk_checkpoint_ref (checkpoint);
  model->arena = lk_arena_new (device);
  model->storages = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) lk_storage_unref);
  return model;
}

LkModel *
lk_model_ref (LkModel *model)
{
  g_atomic_ref_count_inc (&model->ref_count);
  return model;
}

void
lk_model_unref (LkModel *model)
{
  if (!g_atomic_ref_count_dec (&model->ref_count))
    return;
  g_hash_table_unref (model->storages);
  lk_arena_unref (model->arena);
  lk_checkpoint_unref (model->checkpoint);
  lk_device_unref (model->device);
  g_free (model);
}

LkDevice *
lk_model_get_device (LkModel *model)
{
  return model->device;
}

LkArena *
lk_model_get_arena (LkModel *model)
{
  return model->arena;
}

LkCheckpoint *
lk_model_get_checkpoint (LkModel *model)
{
  return model->checkpoint;
}

const LkArchitecture *
lk_model_get_architecture (LkModel *model)
{
  return lk_checkpoint_get_architecture (model->checkpoint);
}

LkModelParts
lk_model_get_loaded (LkModel *model)
{
  return model->loaded;
}

/* ---- loading ------------------------------------------------------------------------------------------------- */

static gsize
get_n_elements (const LkWeight *weight)
{
  gsize n = 1;

  for (guint i = 0; i < weight->n_dims; i++)
    n *= weight->dims[i];
  return n;
}

static LkDtype
get_dtype (const LkWeight *weight)
{
  LkSafeType type = weight->source->type;

  /* Devices copy four bytes at least: an odd count of F16 does not come out even. */
  if (weight->kind == LK_WEIGHT_VECTOR || type == LK_SAFE_F32 || type == LK_SAFE_F64 || get_n_elements (weight) % 2 != 0)
    return LK_DTYPE_F32;
  return LK_DTYPE_F16;
}

/* Numbers of the source, as `dtype`. */
static gboolean
read_source (LkCheckpoint   *checkpoint,
             const LkWeight *weight,
             LkDtype         dtype,
             gsize           first,
             gsize           n,
             gpointer        out,
             gsize          *n_overflows,
             GError        **error)
{
  LkSafetensors *file = lk_checkpoint_get_file (checkpoint);

  *n_overflows = 0;
  if (dtype == LK_DTYPE_F32)
    return lk_safetensors_read_f32 (file, weight->source, weight->first + first, n, out, error);
  return lk_safetensors_read_f16 (file, weight->source, weight->first + first, n, out, n_overflows, error);
}

/* Rows of the device's layout that make up a piece: an even number, so that pieces of F16 start at multiples of four bytes. */
static gsize
get_piece_rows (const LkWeight *weight)
{
  gsize n_rows = weight->dims[0], n_columns = get_n_elements (weight) / n_rows;

  if (weight->kind == LK_WEIGHT_TRANSPOSED)
    return n_rows;
  return MIN (n_rows, MAX (2, PIECE / n_columns / 2 * 2));
}

/* Loads a weight as `dtype`; `n_overflows` receives how many numbers F16 could not hold, and then `storage` is of no use. */
static LkStorage *
load_as (LkModel        *model,
         const LkWeight *weight,
         LkDtype         dtype,
         gsize          *n_overflows,
         GError        **error)
{
  gsize size = lk_dtype_get_size (dtype), n_elements = get_n_elements (weight);
  gsize n_rows = weight->dims[0], n_columns = n_elements / n_rows, piece_rows = get_piece_rows (weight);
  g_autoptr (LkStorage) storage = lk_storage_new (model->device, dtype, n_elements, error);
  g_autofree guint8 *buffer = g_malloc_n (piece_rows * n_columns, size);
  g_autofree guint8 *turned = weight->kind >= LK_WEIGHT_TRANSPOSED ? g_malloc_n (piece_rows * n_columns, size) : NULL;

  if (storage == NULL)
    return NULL;

  for (gsize row = 0; row < n_rows; row += piece_rows)
    {
      gsize rows = MIN (piece_rows, n_rows - row), n = rows * n_columns;

      if (!read_source (model->checkpoint, weight, dtype, row * n_columns, n, buffer, n_overflows, error))
        return NULL;
      if (*n_overflows > 0)
        break;

      if (weight->kind == LK_WEIGHT_TRANSPOSED)
        lk_layout_transpose (buffer, turned, n_columns, rows, size);
      else if (weight->kind == LK_WEIGHT_KERNEL)
        for (gsize i = 0; i < rows; i++)
          lk_layout_transpose (buffer + i * n_columns * size, turned + i * n_columns * size,
                               weight->dims[3], weight->dims[1] * weight->dims[2], size);

      if (!lk_storage_write (storage, row * n_columns, n, turned != NULL ? turned : buffer, error))
        return NULL;
    }

  return g_steal_pointer (&storage);
}

static gboolean
load_weight (LkModel        *model,
             const LkWeight *weight,
             GError        **error)
{
  gsize n_overflows = 0;
  g_autoptr (LkStorage) storage = lk_device_is_sketch (model->device) ? lk_storage_new (model->device, get_dtype (weight), get_n_elements (weight), error)
                                                                      : load_as (model, weight, get_dtype (weight), &n_overflows, error);

  if (storage != NULL && n_overflows > 0)
    {
      g_clear_pointer (&storage, lk_storage_unref);
      storage = load_as (model, weight, LK_DTYPE_F32, &n_overflows, error);
    }
  lk_safetensors_release (lk_checkpoint_get_file (model->checkpoint), weight->source);
  if (storage == NULL)
    return FALSE;

  g_hash_table_insert (model->storages, (gpointer) weight, g_steal_pointer (&storage));
  return TRUE;
}

gboolean
lk_model_load (LkModel              *model,
               LkModelParts          parts,
               LkModelProgressFunc   progress,
               gpointer              progress_data,
               GCancellable         *cancellable,
               GError              **error)
{
  LkModelParts missing = parts & ~model->loaded;
  double total = (double) lk_model_get_bytes (model->checkpoint, missing), done = 0;

  for (guint i = 0; missing != 0 && i < lk_checkpoint_get_n_weights (model->checkpoint); i++)
    {
      const LkWeight *weight = lk_checkpoint_get_weight (model->checkpoint, i);

      if ((weight->part & missing) == 0)
        continue;
      if (g_cancellable_set_error_if_cancelled (cancellable, error) || !load_weight (model, weight, error))
        {
          lk_model_unload (model, missing);
          return FALSE;
        }

      done += (double) (get_n_elements (weight) * lk_dtype_get_size (get_dtype (weight)));
      if (progress != NULL)
        progress (progress_data, done / total);
    }

  if (missing != 0)
    lk_safetensors_release_all (lk_checkpoint_get_file (model->checkpoint));
  model->loaded |= parts;
  return TRUE;
}

static gboolean
is_of_parts (gpointer key,
             gpointer value,
             gpointer data)
{
  return (((const LkWeight *) key)->part & *(const LkModelParts *) data) != 0;
}

void
lk_model_unload (LkModel      *model,
                 LkModelParts  parts)
{
  g_hash_table_foreach_remove (model->storages, is_of_parts, &parts);
  model->loaded &= ~parts;
}

gsize
lk_model_get_bytes (LkCheckpoint *checkpoint,
                    LkModelParts  parts)
{
  gsize bytes = 0;

  for (guint i = 0; i < lk_checkpoint_get_n_weights (checkpoint); i++)
    {
      const LkWeight *weight = lk_checkpoint_get_weight (checkpoint, i);

      if ((weight->part & parts) != 0)
        bytes += get_n_elements (weight) * lk_dtype_get_size (get_dtype (weight));
    }
  return bytes;
}

/* ---- in a graph ---------------------------------------------------------------------------------------------- */

gboolean
lk_model_has_weight (LkModel      *model,
                     LkModelParts  part,
                     const char   *name)
{
  return lk_checkpoint_find_weight (model->checkpoint, part, name) != NULL;
}

LkStorage *
lk_model_get_storage (LkModel      *model,
                      LkModelParts  part,
                      const char   *name)
{
  const LkWeight *weight = lk_checkpoint_find_weight (model->checkpoint, part, name);

  return weight != NULL ? g_hash_table_lookup (model->storages, weight) : NULL;
}

LkTensor *
lk_model_weight (LkModel      *model,
                 LkGraph      *graph,
                 LkModelParts  part,
                 const char   *name)
{
  const LkWeight *weight = lk_checkpoint_find_weight (model->checkpoint, part, name);
  LkStorage *storage = lk_model_get_storage (model, part, name);

  if (storage == NULL)
    g_error ("The weight “%s” is asked for, but %s", name, weight == NULL ? "the model has none of that name" : "not loaded");

  return lk_graph_external (graph, storage, 0, weight->n_dims, weight->dims);
}
