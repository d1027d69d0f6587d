/* LkGraph: a static list of ops over tensors, built once for a model, batch and resolution, then planned, recorded and replayed.
 *
 * Build: lk_graph_new (), tensors and ops (ops/lk-ops.h), for training lk_graph_backward (); then lk_graph_compile ().
 * Use: lk_graph_write () the inputs, lk_graph_run (), lk_graph_read () the outputs. Everything that a step changes lies in input
 * tensors, nothing in the recording.
 *
 * Tensors are row-major with channels last: pictures [N,H,W,C], sequences [B,T,C], vectors [N,C]. As a matrix a tensor has
 * n_columns (its last dimension) and n_rows (all others together). Graph and tensors belong to the graph and die with it.
 */
#pragma once

#include "graph/lk-device.h"

G_BEGIN_DECLS

#define LK_MAX_DIMS 4

typedef struct _LkGraph LkGraph;
typedef struct _LkArena LkArena;
typedef struct _LkTensor LkTensor;
typedef struct _LkOp LkOp;

typedef enum
{
  LK_TENSOR_ACTIVATION,   /* lies in the arena from its op to its last reader */
  LK_TENSOR_INPUT,        /* written by the host; lies outside the arena, keeps its value between runs */
  LK_TENSOR_EXTERNAL,     /* a range of an LkStorage: a weight, a parameter, a gradient, an optimizer's state */
} LkTensorRole;

/* What a plan takes, in bytes. */
typedef struct
{
  gsize activations;      /* the arena */
  gsize inputs;
  gsize external;         /* storages that the graph refers to, each counted once */
  guint n_ops;
  guint n_blocks;
} LkGraphPlan;

LkGraph    *lk_graph_new              (LkDevice        *device);
void        lk_graph_free             (LkGraph         *graph);
LkDevice   *lk_graph_get_device       (LkGraph         *graph);

/* A tensor that the host writes. Trailing dimensions beyond n_dims are absent, not 1. */
LkTensor   *lk_graph_input            (LkGraph         *graph,
                                       LkDtype          dtype,
                                       guint            n_dims,
                                       const gsize     *dims);
/* A range of `storage` that starts at element `first`. The graph holds a reference. */
LkTensor   *lk_graph_external         (LkGraph         *graph,
                                       LkStorage       *storage,
                                       gsize            first,
                                       guint            n_dims,
                                       const gsize     *dims);
/* An external tensor that is trained: its gradient is added to the range of `gradient` that starts at the same `first`. */
LkTensor   *lk_graph_parameter        (LkGraph         *graph,
                                       LkStorage       *storage,
                                       LkStorage       *gradient,
                                       gsize            first,
                                       guint            n_dims,
                                       const gsize     *dims);
/* Keeps `tensor` until the end of the run, so that lk_graph_read () finds it. Returns it. */
LkTensor   *lk_graph_keep             (LkGraph         *graph,
                                       LkTensor        *tensor);

/* a + b, of one shape. The one op that the graph brings itself: gradients are added up with it. */
LkTensor   *lk_add                    (LkGraph         *graph,
                                       LkTensor        *a,
                                       LkTensor        *b);

/* Gradient checkpointing: what lies between begin and end is not kept for the backward walk but computed again there. */
void        lk_graph_begin_checkpoint (LkGraph         *graph);
void        lk_graph_end_checkpoint   (LkGraph         *graph);

/* Appends the ops that compute the gradient of every parameter that `result` depends on. `gradient`, of the shape of `result`, is
 * where the walk starts; NULL stands for one, when `result` is a loss, [1]. */
void        lk_graph_backward         (LkGraph         *graph,
                                       LkTensor        *result,
                                       LkTensor        *gradient);

/* Arithmetic only: liveness and offsets. Idempotent; lk_graph_compile () calls it. */
void        lk_graph_plan             (LkGraph         *graph,
                                       LkGraphPlan     *plan);

/* Memory for the activations of graphs that take turns. What a run leaves there, the next run of another graph overwrites: kept tensors are
 * read before that. Reserve for every graph before the first one is compiled: then all of them together take no more than the largest. */
LkArena    *lk_arena_new              (LkDevice        *device);
LkArena    *lk_arena_ref              (LkArena         *arena);
void        lk_arena_unref            (LkArena         *arena);
/* Has the arena's blocks as large as `graph` needs them, when they are allocated. Plans the graph. */
void        lk_arena_reserve          (LkArena         *arena,
                                       LkGraph         *graph);
/* Before compiling. */
void        lk_graph_set_arena        (LkGraph         *graph,
                                       LkArena         *arena);

/* Plans, allocates, records. */
gboolean    lk_graph_compile          (LkGraph         *graph,
                                       GError         **error);
gboolean    lk_graph_run              (LkGraph         *graph,
                                       GError         **error);

/* Host copies of a whole tensor, in its own dtype. Inputs can be written and read; other tensors read when kept. */
gboolean    lk_graph_write            (LkGraph         *graph,
                                       LkTensor        *tensor,
                                       gconstpointer    data,
                                       GError         **error);
gboolean    lk_graph_read             (LkGraph         *graph,
                                       LkTensor        *tensor,
                                       gpointer         data,
                                       GError         **error);

/* Calls `func` for each op (on Vulkan: each dispatch) of the last run with its name and the seconds it took, for benchmarks. */
typedef void (*LkGraphTimingFunc) (const char *name,
                                   double      seconds,
                                   gpointer    user_data);
void        lk_graph_foreach_timing   (LkGraph         *graph,
                                       LkGraphTimingFunc func,
                                       gpointer         user_data);

/* The list, one op a line, for people. */
char       *lk_graph_dump             (LkGraph         *graph);

gsize       lk_tensor_get_n_elements  (const LkTensor  *tensor);
gsize       lk_tensor_get_n_columns   (const LkTensor  *tensor);
gsize       lk_tensor_get_n_rows      (const LkTensor  *tensor);
guint       lk_tensor_get_n_dims      (const LkTensor  *tensor);
gsize       lk_tensor_get_dim         (const LkTensor  *tensor,
                                       guint            dim);
LkDtype     lk_tensor_get_dtype       (const LkTensor  *tensor);
gboolean    lk_tensor_needs_gradient  (const LkTensor  *tensor);
/* The gradient that lk_graph_backward () built for `tensor`, or NULL. */
LkTensor   *lk_tensor_get_gradient    (const LkTensor  *tensor);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkGraph, lk_graph_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkArena, lk_arena_unref)

G_END_DECLS
