/* lk-adapter.c: the matrices of a LoRA in one flat array: making and saving. See the header; loading is lk-adapter-load.c. */
#define G_LOG_DOMAIN "likeness-model"

#include "config.h"

#include "model/lk-adapter-private.h"

#include "base/lk-random.h"
#include "cpu/lk-cpu.h"
#include "model/lk-layout.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

G_DEFINE_QUARK (lk-adapter-error-quark, lk_adapter_error)

/* Numbers that each matrix is padded to: every one then starts at a multiple of 256 bytes in F32 and F16 alike, as devices bind. */
#define PADDING 256

static gsize
pad (gsize n)
{
  return (n + PADDING - 1) / PADDING * PADDING;
}

/* ---- making -------------------------------------------------------------------------------------------------- */

LkAdapter *
lk_adapter_new_empty (LkAdapterTargets *targets)
{
  LkAdapter *adapter = g_new0 (LkAdapter, 1);

  g_atomic_ref_count_init (&adapter->ref_count);
  adapter->targets = lk_adapter_targets_ref (targets);
  adapter->modules = g_array_new (FALSE, FALSE, sizeof (LkAdapterModule));
  adapter->by_weight = g_hash_table_new (g_str_hash, g_str_equal);
  return adapter;
}

void
lk_adapter_add_module (LkAdapter             *adapter,
                       const LkAdapterTarget *target,
                       guint                  rank,
                       double                 alpha)
{
  LkAdapterModule module = {
    .target = target,
    .rank = rank,
    .alpha = alpha,
    .n_down = (gsize) rank * target->kernel * target->kernel * target->in,
    .n_up = (gsize) target->out * rank,
  };

  module.down = adapter->n_elements;
  module.up = module.down + pad (module.n_down);
  adapter->n_elements = module.up + pad (module.n_up);

  g_array_append_val (adapter->modules, module);
  g_hash_table_insert (adapter->by_weight, (gpointer) target->weight, GUINT_TO_POINTER (adapter->modules->len));
}

gboolean
lk_adapter_allocate (LkAdapter  *adapter,
                     LkDevice   *device,
                     LkDtype     dtype,
                     gboolean    trainable,
                     GError    **error)
{
  adapter->storage = lk_storage_new (device, dtype, adapter->n_elements, error);
  if (adapter->storage == NULL)
    return FALSE;
  if (trainable)
    adapter->gradient = lk_storage_new (device, LK_DTYPE_F32, adapter->n_elements, error);
  return !trainable || adapter->gradient != NULL;
}

/* Uniform in ±1/√fan-in, as PyTorch's layers begin. Each module draws from a stream of its own. */
static gboolean
fill_down (LkAdapter             *adapter,
           const LkAdapterModule *module,
           guint64                seed,
           guint64                stream,
           GError               **error)
{
  const LkAdapterTarget *target = module->target;
  float bound = 1.f / sqrtf ((float) (target->in * target->kernel * target->kernel));
  g_autofree float *values = g_new (float, module->n_down);

  for (gsize i = 0; i < module->n_down; i++)
    values[i] = (2.f * lk_random_uniform (seed, stream, i) - 1.f) * bound;
  return lk_storage_write (adapter->storage, module->down, module->n_down, values, error);
}

static gboolean
is_wanted (const LkAdapterSettings *settings,
           const LkAdapterTarget   *target)
{
  return (target->part & settings->parts) != 0 && (target->is_default || settings->conv_rank > 0);
}

LkAdapter *
lk_adapter_new (LkDevice                 *device,
                LkCheckpoint             *checkpoint,
                const LkAdapterSettings  *settings,
                GError                  **error)
{
  g_autoptr (LkAdapterTargets) targets = lk_adapter_targets_new (checkpoint);
  g_autoptr (LkAdapter) adapter = lk_adapter_new_empty (targets);

  g_return_val_if_fail (settings->rank > 0, NULL);

  for (guint i = 0; i < lk_adapter_targets_get_n (targets); i++)
    {
      const LkAdapterTarget *target = lk_adapter_targets_get (targets, i);
      guint rank = target->kernel > 1 ? settings->conv_rank : settings->rank;
      double alpha = target->kernel > 1 ? settings->conv_alpha : settings->alpha;

      if (is_wanted (settings, target))
        lk_adapter_add_module (adapter, target, rank, alpha != 0. ? alpha : rank);
    }
  if (!lk_adapter_allocate (adapter, device, LK_DTYPE_F32, TRUE, error))
    return NULL;
  for (guint i = 0; !lk_device_is_sketch (device) && i < adapter->modules->len; i++)
    if (!fill_down (adapter, lk_adapter_get_module (adapter, i), settings->seed, i, error))
      return NULL;
  return g_steal_pointer (&adapter);
}

LkAdapter *
lk_adapter_ref (LkAdapter *adapter)
{
  g_atomic_ref_count_inc (&adapter->ref_count);
  return adapter;
}

void
lk_adapter_unref (LkAdapter *adapter)
{
  if (!g_atomic_ref_count_dec (&adapter->ref_count))
    return;
  g_clear_pointer (&adapter->storage, lk_storage_unref);
  g_clear_pointer (&adapter->gradient, lk_storage_unref);
  g_hash_table_unref (adapter->by_weight);
  g_array_unref (adapter->modules);
  lk_adapter_targets_unref (adapter->targets);
  g_free (adapter);
}

/* ---- asking -------------------------------------------------------------------------------------------------- */

guint
lk_adapter_get_n_modules (LkAdapter *adapter)
{
  return adapter->modules->len;
}

const LkAdapterModule *
lk_adapter_get_module (LkAdapter *adapter,
                       guint      index)
{
  g_assert (index < adapter->modules->len);
  return &g_array_index (adapter->modules, LkAdapterModule, index);
}

const LkAdapterModule *
lk_adapter_find_module (LkAdapter  *adapter,
                        const char *weight)
{
  guint place = GPOINTER_TO_UINT (g_hash_table_lookup (adapter->by_weight, weight));

  return place != 0 ? lk_adapter_get_module (adapter, place - 1) : NULL;
}

LkModelParts
lk_adapter_get_parts (LkAdapter *adapter)
{
  LkModelParts parts = 0;

  for (guint i = 0; i < adapter->modules->len; i++)
    parts |= lk_adapter_get_module (adapter, i)->target->part;
  return parts;
}

gsize
lk_adapter_get_n_parameters (LkAdapter *adapter)
{
  gsize n = 0;

  for (guint i = 0; i < adapter->modules->len; i++)
    n += lk_adapter_get_module (adapter, i)->n_down + lk_adapter_get_module (adapter, i)->n_up;
  return n;
}

gsize
lk_adapter_get_n_elements (LkAdapter *adapter)
{
  return adapter->n_elements;
}

LkStorage *
lk_adapter_get_storage (LkAdapter *adapter)
{
  return adapter->storage;
}

LkStorage *
lk_adapter_get_gradient (LkAdapter *adapter)
{
  return adapter->gradient;
}

/* ---- saving -------------------------------------------------------------------------------------------------- */

/* The flat array as F32. */
static float *
read_all (LkAdapter  *adapter,
          GError    **error)
{
  g_autofree float *values = g_new (float, adapter->n_elements);

  if (lk_storage_get_dtype (adapter->storage) == LK_DTYPE_F32)
    return lk_storage_read (adapter->storage, 0, adapter->n_elements, values, error) ? g_steal_pointer (&values) : NULL;

  g_autofree guint16 *halves = g_new (guint16, adapter->n_elements);
  if (!lk_storage_read (adapter->storage, 0, adapter->n_elements, halves, error))
    return NULL;
  lk_cpu_f16_to_f32 (adapter->n_elements, halves, values);
  return g_steal_pointer (&values);
}

/* Nearest even; the value is finite. */
static guint16
to_bf16 (float value)
{
  guint32 bits;

  memcpy (&bits, &value, sizeof bits);
  return (guint16) ((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

static void
convert (const float *from,
         gsize        n,
         LkSafeType   type,
         guint8      *to)
{
  if (type == LK_SAFE_F32)
    memcpy (to, from, n * sizeof (float));
  else if (type == LK_SAFE_F16)
    lk_cpu_f32_to_f16 (n, from, to);
  else
    for (gsize i = 0; i < n; i++)
      ((guint16 *) to)[i] = to_bf16 (from[i]);
}

static void
add_tensor (LkSafetensorsWriter *writer,
            const char          *module,
            const char          *suffix,
            LkSafeType           type,
            guint                n_dims,
            const gsize         *dims,
            gconstpointer        data)
{
  g_autofree char *name = g_strconcat (module, suffix, NULL);

  lk_safetensors_writer_add (writer, name, type, n_dims, dims, data);
}

/* Adds a module's three tensors; their bytes go to `out`. Returns the place behind them. */
static guint8 *
add_module (LkSafetensorsWriter   *writer,
            const LkAdapterModule *module,
            const float           *values,
            LkSafeType             type,
            guint8                *out)
{
  const LkAdapterTarget *target = module->target;
  gsize size = lk_safe_type_get_size (type), points = (gsize) target->kernel * target->kernel;
  const gsize down_dims[] = { module->rank, target->in, target->kernel, target->kernel };
  const gsize up_dims[] = { target->out, module->rank, 1, 1 };
  guint n_dims = target->is_conv ? 4 : 2;
  g_autofree float *down = g_new (float, module->n_down);
  float alpha = (float) module->alpha;

  for (guint i = 0; i < module->rank; i++)
    lk_layout_transpose (values + module->down + i * points * target->in, down + i * points * target->in, points, target->in, sizeof (float));

  add_tensor (writer, target->name, ".lora_down.weight", type, n_dims, down_dims, out);
  convert (down, module->n_down, type, out);
  out += module->n_down * size;
  add_tensor (writer, target->name, ".lora_up.weight", type, n_dims, up_dims, out);
  convert (values + module->up, module->n_up, type, out);
  out += module->n_up * size;
  add_tensor (writer, target->name, ".alpha", type, 0, NULL, out);
  convert (&alpha, 1, type, out);
  return out + size;
}

static void
add_metadata (gpointer key,
              gpointer value,
              gpointer writer)
{
  lk_safetensors_writer_set_metadata (writer, key, value);
}

/* Every number finite, also as `type`. */
static gboolean
check_finite (const float  *values,
              gsize         n,
              LkSafeType    type,
              GError      **error)
{
  float largest = type == LK_SAFE_F16 ? 65504.f : 3.38e38f;

  for (gsize i = 0; i < n; i++)
    if (!(fabsf (values[i]) <= largest))
      {
        g_set_error_literal (error, LK_ADAPTER_ERROR, LK_ADAPTER_ERROR_CORRUPT,
                             _("The LoRA holds numbers beyond all bounds: the training has diverged. Train again with a smaller learning rate."));
        return FALSE;
      }
  return TRUE;
}

gboolean
lk_adapter_save (LkAdapter   *adapter,
                 const char  *path,
                 LkSafeType   type,
                 GHashTable  *metadata,
                 GError     **error)
{
  g_autoptr (LkSafetensorsWriter) writer = NULL;
  g_autofree float *values = read_all (adapter, error);
  g_autofree guint8 *bytes = NULL;
  guint8 *out;

  g_return_val_if_fail (type == LK_SAFE_F16 || type == LK_SAFE_F32 || type == LK_SAFE_BF16, FALSE);

  if (values == NULL || !check_finite (values, adapter->n_elements, type, error))
    return FALSE;

  writer = lk_safetensors_writer_new ();
  bytes = out = g_malloc_n (lk_adapter_get_n_parameters (adapter) + adapter->modules->len, lk_safe_type_get_size (type));
  for (guint i = 0; i < adapter->modules->len; i++)
    out = add_module (writer, lk_adapter_get_module (adapter, i), values, type, out);
  if (metadata != NULL)
    g_hash_table_foreach (metadata, add_metadata, writer);

  return lk_safetensors_writer_add_hashes (writer, error) && lk_safetensors_writer_save (writer, path, error);
}
