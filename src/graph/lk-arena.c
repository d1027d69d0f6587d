/* lk-arena.c: blocks that graphs share. See lk-graph.h. */
#define G_LOG_DOMAIN "likeness-graph"

#include "config.h"

#include "graph/lk-graph-private.h"

struct _LkArena
{
  gatomicrefcount ref_count;
  LkDevice       *device;         /* owned reference */
  GArray         *reserved;       /* gsize: bytes that each block will have at least */
  GPtrArray      *blocks;         /* owned LkStorage; NULL: not allocated yet */
};

static void
storage_free (gpointer storage)
{
  if (storage != NULL)
    lk_storage_unref (storage);
}

LkArena *
lk_arena_new (LkDevice *device)
{
  LkArena *arena = g_new0 (LkArena, 1);

  g_atomic_ref_count_init (&arena->ref_count);
  arena->device = lk_device_ref (device);
  arena->reserved = g_array_new (FALSE, TRUE, sizeof (gsize));
  arena->blocks = g_ptr_array_new_with_free_func (storage_free);
  return arena;
}

LkArena *
lk_arena_ref (LkArena *arena)
{
  g_atomic_ref_count_inc (&arena->ref_count);
  return arena;
}

void
lk_arena_unref (LkArena *arena)
{
  if (!g_atomic_ref_count_dec (&arena->ref_count))
    return;
  g_ptr_array_unref (arena->blocks);
  g_array_unref (arena->reserved);
  lk_device_unref (arena->device);
  g_free (arena);
}

static void
reserve_block (LkArena *arena,
               guint    index,
               gsize    bytes)
{
  if (index >= arena->reserved->len)
    g_array_set_size (arena->reserved, index + 1);
  g_array_index (arena->reserved, gsize, index) = MAX (g_array_index (arena->reserved, gsize, index), bytes);
}

void
lk_arena_reserve (LkArena *arena,
                  LkGraph *graph)
{
  lk_graph_plan (graph, NULL);
  for (guint i = 0; i < graph->block_bytes->len; i++)
    reserve_block (arena, i, g_array_index (graph->block_bytes, gsize, i));
}

LkStorage *
lk_arena_take (LkArena  *arena,
               guint     index,
               gsize     bytes,
               GError  **error)
{
  LkStorage *block;

  if (index >= arena->blocks->len)
    g_ptr_array_set_size (arena->blocks, (int) index + 1);
  reserve_block (arena, index, bytes);

  block = g_ptr_array_index (arena->blocks, index);
  if (block == NULL || lk_storage_get_n_elements (block) * sizeof (float) < bytes)
    {
      block = lk_storage_new (arena->device, LK_DTYPE_F32, g_array_index (arena->reserved, gsize, index) / sizeof (float), error);
      if (block == NULL)
        return NULL;
      /* Graphs that were compiled before keep the smaller one. */
      storage_free (g_ptr_array_index (arena->blocks, index));
      g_ptr_array_index (arena->blocks, index) = block;
    }
  return lk_storage_ref (block);
}
