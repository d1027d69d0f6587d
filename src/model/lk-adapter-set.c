/* lk-adapter-set.c: adapters in a graph: y + strength · alpha / rank · up (down (x)). See lk-adapter.h.
 *
 * The factor is an input of the graph. Modules of one adapter and one part that have the same alpha / rank share it.
 */
#define G_LOG_DOMAIN "likeness-model"

#include "config.h"

#include "model/lk-adapter-private.h"

#include "ops/lk-ops.h"

typedef struct
{
  LkModelParts part;
  double       ratio;             /* alpha / rank */
  LkTensor    *factor;            /* input [1] */
} Scale;

typedef struct
{
  LkAdapter *adapter;             /* owned */
  gboolean   train;
  GArray    *scales;              /* of Scale; owned */
} Entry;

struct _LkAdapterSet
{
  LkGraph *graph;                 /* the caller's */
  GArray  *entries;               /* of Entry */
};

static void
entry_clear (Entry *entry)
{
  lk_adapter_unref (entry->adapter);
  g_array_unref (entry->scales);
}

LkAdapterSet *
lk_adapter_set_new (LkGraph *graph)
{
  LkAdapterSet *set = g_new0 (LkAdapterSet, 1);

  set->graph = graph;
  set->entries = g_array_new (FALSE, FALSE, sizeof (Entry));
  g_array_set_clear_func (set->entries, (GDestroyNotify) entry_clear);
  return set;
}

void
lk_adapter_set_free (LkAdapterSet *set)
{
  g_array_unref (set->entries);
  g_free (set);
}

void
lk_adapter_set_add (LkAdapterSet *set,
                    LkAdapter    *adapter,
                    gboolean      train)
{
  Entry entry = {
    .adapter = lk_adapter_ref (adapter),
    .train = train && adapter->gradient != NULL,
    .scales = g_array_new (FALSE, FALSE, sizeof (Scale)),
  };

  g_array_append_val (set->entries, entry);
}

guint
lk_adapter_set_get_n (LkAdapterSet *set)
{
  return set->entries->len;
}

gboolean
lk_adapter_set_write_strength (LkAdapterSet  *set,
                               guint          index,
                               double         unet_strength,
                               double         text_strength,
                               GError       **error)
{
  Entry *entry;

  g_return_val_if_fail (index < set->entries->len, FALSE);

  entry = &g_array_index (set->entries, Entry, index);
  for (guint i = 0; i < entry->scales->len; i++)
    {
      const Scale *scale = &g_array_index (entry->scales, Scale, i);
      float factor = (float) ((scale->part == LK_PART_UNET ? unet_strength : text_strength) * scale->ratio);

      if (!lk_graph_write (set->graph, scale->factor, &factor, error))
        return FALSE;
    }
  return TRUE;
}

/* ---- building ------------------------------------------------------------------------------------------------ */

static LkTensor *
get_factor (LkAdapterSet          *set,
            Entry                 *entry,
            const LkAdapterModule *module)
{
  Scale scale = { .part = module->target->part, .ratio = module->alpha / module->rank };

  for (guint i = 0; i < entry->scales->len; i++)
    {
      const Scale *other = &g_array_index (entry->scales, Scale, i);

      if (other->part == scale.part && other->ratio == scale.ratio)
        return other->factor;
    }

  scale.factor = lk_graph_input (set->graph, LK_DTYPE_F32, 1, (gsize[]) { 1 });
  g_array_append_val (entry->scales, scale);
  return scale.factor;
}

static LkTensor *
get_matrix (LkAdapterSet *set,
            const Entry  *entry,
            gsize         first,
            guint         n_dims,
            const gsize  *dims)
{
  if (entry->train)
    return lk_graph_parameter (set->graph, entry->adapter->storage, entry->adapter->gradient, first, n_dims, dims);
  return lk_graph_external (set->graph, entry->adapter->storage, first, n_dims, dims);
}

static LkTensor *
apply_module (LkAdapterSet          *set,
              Entry                 *entry,
              const LkAdapterModule *module,
              LkTensor              *x,
              LkTensor              *y)
{
  const LkAdapterTarget *target = module->target;
  LkTensor *up = get_matrix (set, entry, module->up, 2, (gsize[]) { target->out, module->rank });
  LkTensor *down, *h;

  if (target->kernel == 1)
    {
      down = get_matrix (set, entry, module->down, 2, (gsize[]) { module->rank, target->in });
      h = lk_linear (set->graph, x, down, NULL);
    }
  else
    {
      down = get_matrix (set, entry, module->down, 4, (gsize[]) { module->rank, target->kernel, target->kernel, target->in });
      h = lk_conv2d (set->graph, x, down, NULL, target->stride, 1, 1);
    }
  return lk_linear_add (set->graph, y, h, up, get_factor (set, entry, module));
}

LkTensor *
lk_adapter_set_apply (LkAdapterSet *set,
                      LkModelParts  part,
                      const char   *weight,
                      LkTensor     *x,
                      LkTensor     *y)
{
  for (guint i = 0; set != NULL && i < set->entries->len; i++)
    {
      Entry *entry = &g_array_index (set->entries, Entry, i);
      const LkAdapterModule *module = lk_adapter_find_module (entry->adapter, weight);

      if (module != NULL && module->target->part == part)
        y = apply_module (set, entry, module, x, y);
    }
  return y;
}
