/* lk-plan.c: which ops are needed, how long each tensor lives, and where in the arena it lies.
 *
 * Liveness: a tensor lives from the op that writes it to the last one that reads it; a kept one to the end. Placing: the largest
 * first, each at the lowest 256-byte multiple that no tensor of overlapping life has taken (greedy by size, as in Pisarchyk and
 * Lee 2020, "Efficient memory management for deep neural net inference"), in blocks that a device can bind.
 */
#define G_LOG_DOMAIN "likeness-graph"

#include "config.h"

#include "graph/lk-graph-private.h"

#define ALIGNMENT 256

/* Tensors that share memory: an op's output takes over its input's where the op allows it. */
typedef struct
{
  guint first, last;        /* ops: written, last read */
  gsize bytes;
  guint block;
  gsize offset;
} Life;

static void
drop_dead_ops (LkGraph *graph)
{
  g_autofree gboolean *is_read = g_new0 (gboolean, graph->tensors->len);
  guint n = 0;

  for (guint i = graph->ops->len; i-- > 0;)
    {
      LkOp *op = g_ptr_array_index (graph->ops, i);
      gboolean is_needed = FALSE;

      for (guint j = 0; j < op->n_outputs; j++)
        {
          LkTensor *tensor = op->outputs[j];

          is_needed |= tensor->role != LK_TENSOR_ACTIVATION || tensor->is_kept || is_read[tensor->id];
        }

      if (!is_needed)
        {
          g_clear_pointer (&op, g_free);
          graph->ops->pdata[i] = NULL;
          continue;
        }

      for (guint j = 0; j < op->n_inputs; j++)
        if (op->inputs[j] != NULL)
          is_read[op->inputs[j]->id] = TRUE;
    }

  for (guint i = 0; i < graph->ops->len; i++)
    {
      LkOp *op = g_ptr_array_index (graph->ops, i);

      if (op == NULL)
        continue;
      op->index = n;
      graph->ops->pdata[i] = NULL;
      graph->ops->pdata[n++] = op;
    }
  g_ptr_array_set_size (graph->ops, (int) n);
}

/* `life_of` receives, for every tensor's id, the index of its life in the returned array, or -1. */
static GArray *
find_lives (LkGraph *graph,
            int     *life_of)
{
  GArray *lives = g_array_new (FALSE, TRUE, sizeof (Life));
  g_autofree guint *last_reader = g_new0 (guint, graph->tensors->len);
  g_autofree guint *n_reads = g_new0 (guint, graph->tensors->len);

  for (guint i = 0; i < graph->tensors->len; i++)
    life_of[i] = -1;

  for (guint i = 0; i < graph->ops->len; i++)
    {
      LkOp *op = g_ptr_array_index (graph->ops, i);

      for (guint j = 0; j < op->n_inputs; j++)
        if (op->inputs[j] != NULL)
          last_reader[op->inputs[j]->id] = i;
    }

  for (guint i = 0; i < graph->ops->len; i++)
    {
      LkOp *op = g_ptr_array_index (graph->ops, i);

      for (guint j = 0; j < op->n_outputs; j++)
        {
          LkTensor *tensor = op->outputs[j];
          Life life = { .first = i };

          if (tensor->role != LK_TENSOR_ACTIVATION)
            continue;

          life.last = tensor->is_kept ? graph->ops->len : MAX (i, last_reader[tensor->id]);
          life.bytes = (lk_tensor_get_n_elements (tensor) * lk_dtype_get_size (tensor->dtype) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;

          if (j == 0 && op->class->in_place_input > 0)
            {
              LkTensor *source = op->inputs[op->class->in_place_input - 1];
              guint n_same = 0;

              for (guint k = 0; source != NULL && k < op->n_inputs; k++)
                n_same += op->inputs[k] == source;
              if (source != NULL && source->role == LK_TENSOR_ACTIVATION && !source->is_kept && n_same == 1
                  && last_reader[source->id] == i && source->dtype == tensor->dtype
                  && lk_tensor_get_n_elements (source) == lk_tensor_get_n_elements (tensor))
                {
                  life_of[tensor->id] = life_of[source->id];
                  g_array_index (lives, Life, life_of[tensor->id]).last = life.last;
                  continue;
                }
            }

          life_of[tensor->id] = (int) lives->len;
          g_array_append_val (lives, life);
        }
    }

  return lives;
}

static int
compare_size (gconstpointer a,
              gconstpointer b,
              gpointer      user_data)
{
  GArray *lives = user_data;
  const Life *x = &g_array_index (lives, Life, *(const guint *) a), *y = &g_array_index (lives, Life, *(const guint *) b);

  if (x->bytes != y->bytes)
    return x->bytes > y->bytes ? -1 : 1;
  return *(const guint *) a < *(const guint *) b ? -1 : 1;
}

/* Finds the lowest place for `life` in a block whose tenants lie in `placed`, sorted by offset. */
static gsize
find_gap (GArray     *lives,
          GArray     *placed,
          const Life *life)
{
  gsize offset = 0;

  for (guint i = 0; i < placed->len; i++)
    {
      const Life *other = &g_array_index (lives, Life, g_array_index (placed, guint, i));

      if (other->last < life->first || other->first > life->last)
        continue;
      if (other->offset >= offset + life->bytes)
        break;
      offset = MAX (offset, other->offset + other->bytes);
    }

  return offset;
}

static void
insert_placed (GArray *lives,
               GArray *placed,
               guint   index)
{
  gsize offset = g_array_index (lives, Life, index).offset;
  guint low = 0, high = placed->len;

  while (low < high)
    {
      guint middle = (low + high) / 2;

      if (g_array_index (lives, Life, g_array_index (placed, guint, middle)).offset < offset)
        low = middle + 1;
      else
        high = middle;
    }
  g_array_insert_val (placed, low, index);
}

static void
place (LkGraph *graph,
       GArray  *lives)
{
  g_autoptr (GArray) order = g_array_new (FALSE, FALSE, sizeof (guint));
  g_autoptr (GPtrArray) blocks = g_ptr_array_new_with_free_func ((GDestroyNotify) g_array_unref);
  gsize block_limit = lk_graph_get_block_limit (graph);

  for (guint i = 0; i < lives->len; i++)
    g_array_append_val (order, i);
  g_array_sort_with_data (order, compare_size, lives);

  g_array_set_size (graph->block_bytes, 0);

  for (guint i = 0; i < order->len; i++)
    {
      guint index = g_array_index (order, guint, i);
      Life *life = &g_array_index (lives, Life, index);
      gsize end;

      for (life->block = 0;; life->block++)
        {
          if (life->block == blocks->len)
            {
              gsize none = 0;

              g_ptr_array_add (blocks, g_array_new (FALSE, FALSE, sizeof (guint)));
              g_array_append_val (graph->block_bytes, none);
            }
          life->offset = find_gap (lives, g_ptr_array_index (blocks, life->block), life);
          /* A tensor larger than a block gets one of its own: the device says no when it cannot bind it. */
          if (life->offset + life->bytes <= block_limit || life->offset == 0)
            break;
        }

      insert_placed (lives, g_ptr_array_index (blocks, life->block), index);
      end = life->offset + life->bytes;
      if (end > g_array_index (graph->block_bytes, gsize, life->block))
        g_array_index (graph->block_bytes, gsize, life->block) = end;
    }
}

static gsize
count_external (LkGraph *graph)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);
  gsize bytes = 0;

  for (guint i = 0; i < graph->tensors->len; i++)
    {
      LkTensor *tensor = g_ptr_array_index (graph->tensors, i);

      if (tensor->role == LK_TENSOR_EXTERNAL && g_hash_table_add (seen, tensor->storage))
        bytes += lk_storage_get_n_elements (tensor->storage) * lk_dtype_get_size (lk_storage_get_dtype (tensor->storage));
    }

  return bytes;
}

void
lk_graph_plan (LkGraph     *graph,
               LkGraphPlan *plan)
{
  if (!graph->is_planned)
    {
      g_autofree int *life_of = NULL;
      g_autoptr (GArray) lives = NULL;

      drop_dead_ops (graph);
      life_of = g_new (int, graph->tensors->len);
      lives = find_lives (graph, life_of);
      place (graph, lives);

      for (guint i = 0; i < graph->tensors->len; i++)
        {
          LkTensor *tensor = g_ptr_array_index (graph->tensors, i);

          if (life_of[i] >= 0)
            {
              const Life *life = &g_array_index (lives, Life, life_of[i]);

              tensor->block = (int) life->block;
              tensor->first = life->offset / lk_dtype_get_size (tensor->dtype);
            }
        }
      graph->is_planned = TRUE;
    }

  if (plan == NULL)
    return;

  *plan = (LkGraphPlan) { .n_ops = graph->ops->len, .n_blocks = graph->block_bytes->len, .external = count_external (graph) };
  for (guint i = 0; i < graph->block_bytes->len; i++)
    plan->activations += g_array_index (graph->block_bytes, gsize, i);
  for (guint i = 0; i < graph->tensors->len; i++)
    {
      LkTensor *tensor = g_ptr_array_index (graph->tensors, i);

      if (tensor->role == LK_TENSOR_INPUT)
        plan->inputs += lk_tensor_get_n_elements (tensor) * lk_dtype_get_size (tensor->dtype);
    }
}
