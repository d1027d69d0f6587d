#define G_LOG_DOMAIN "likeness-train"

#include "config.h"

#include "base/lk-random.h"
#include "train/lk-order.h"
#include "train/lk-streams.h"

struct _LkOrder
{
  guint       batch_size;
  guint64     seed;
  GPtrArray  *items;          /* one GArray of guint32 per size: its pictures, each repeated */
  guint       n_batches;

  /* The epoch that is laid out now. */
  guint       epoch;          /* 0: none */
  GArray     *pictures;       /* guint32, batch after batch */
  guint32    *batches;        /* shuffled numbers of the epoch's batches */
  guint      *firsts;         /* [n_batches + 1]: where batch i begins in `pictures` */
};

static void
sort_into_sizes (LkOrder     *order,
                 const guint *sizes,
                 const guint *repeats,
                 guint        n)
{
  g_autoptr (GHashTable) by_size = g_hash_table_new (NULL, NULL);

  for (guint32 i = 0; i < n; i++)
    {
      GArray *items = g_hash_table_lookup (by_size, GUINT_TO_POINTER (sizes[i]));

      if (items == NULL)
        {
          items = g_array_new (FALSE, FALSE, sizeof (guint32));
          g_hash_table_insert (by_size, GUINT_TO_POINTER (sizes[i]), items);
          g_ptr_array_add (order->items, items);
        }
      for (guint r = 0; r < repeats[i]; r++)
        g_array_append_val (items, i);
    }
}

LkOrder *
lk_order_new (const guint *sizes,
              const guint *repeats,
              guint        n,
              guint        batch_size,
              guint64      seed)
{
  LkOrder *order = g_new0 (LkOrder, 1);

  order->batch_size = batch_size;
  order->seed = seed;
  order->items = g_ptr_array_new_with_free_func ((GDestroyNotify) g_array_unref);
  sort_into_sizes (order, sizes, repeats, n);

  for (guint s = 0; s < order->items->len; s++)
    order->n_batches += (((GArray *) order->items->pdata[s])->len + batch_size - 1) / batch_size;
  order->pictures = g_array_new (FALSE, FALSE, sizeof (guint32));
  order->batches = g_new (guint32, order->n_batches);
  order->firsts = g_new (guint, order->n_batches + 1);

  return order;
}

void
lk_order_free (LkOrder *order)
{
  g_ptr_array_unref (order->items);
  g_array_unref (order->pictures);
  g_free (order->batches);
  g_free (order->firsts);
  g_free (order);
}

guint
lk_order_get_n_batches (LkOrder *order)
{
  return order->n_batches;
}

static void
lay_out_epoch (LkOrder *order,
               guint    epoch)
{
  guint64 stream = LK_STREAM_ORDER + ((guint64) epoch << 16);     /* the batches', then one for each size */
  guint batch = 0;

  g_array_set_size (order->pictures, 0);
  for (guint s = 0; s < order->items->len; s++)
    {
      GArray *items = order->items->pdata[s];
      guint first = order->pictures->len;

      g_array_append_vals (order->pictures, items->data, items->len);
      lk_random_shuffle (order->seed, stream + 1 + s, &g_array_index (order->pictures, guint32, first), items->len);
      for (guint i = 0; i < items->len; i += order->batch_size)
        order->firsts[batch++] = first + i;
    }
  order->firsts[order->n_batches] = order->pictures->len;

  for (guint i = 0; i < order->n_batches; i++)
    order->batches[i] = i;
  lk_random_shuffle (order->seed, stream, order->batches, order->n_batches);
  order->epoch = epoch;
}

const guint32 *
lk_order_get_batch (LkOrder *order,
                    guint64  batch,
                    guint   *n_items,
                    guint   *epoch)
{
  guint wanted = (guint) (batch / order->n_batches) + 1;
  guint number;

  if (order->epoch != wanted)
    lay_out_epoch (order, wanted);

  number = order->batches[batch % order->n_batches];
  *n_items = order->firsts[number + 1] - order->firsts[number];
  if (epoch)
    *epoch = wanted;
  return &g_array_index (order->pictures, guint32, order->firsts[number]);
}
