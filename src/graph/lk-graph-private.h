/* What lk-graph.c and lk-plan.c share. */
#pragma once

#include "graph/lk-op.h"

G_BEGIN_DECLS

struct _LkGraph
{
  LkDevice       *device;           /* owned reference */
  GPtrArray      *tensors;          /* owned LkTensor, by id */
  GPtrArray      *ops;              /* owned LkOp, in order */
  guint           checkpoint;       /* the open segment, 0 for none */
  guint           n_checkpoints;
  LkTensor       *one;              /* an input that holds 1, made when first needed */

  gboolean        is_planned;
  GArray         *block_bytes;      /* gsize: the arena's blocks */
  LkArena        *arena;            /* owned reference; NULL: the graph has blocks of its own */
  GPtrArray      *blocks;           /* owned LkStorage, once compiled */
  LkGpuRecording *recording;        /* owned; Vulkan */
  gboolean        is_compiled;
};

/* Block `index` of at least `bytes`. The caller owns a reference. */
LkStorage *lk_arena_take (LkArena  *arena,
                          guint     index,
                          gsize     bytes,
                          GError  **error);

/* Bytes that one block of the arena may have. */
gsize lk_graph_get_block_limit (LkGraph *graph);

G_END_DECLS
