/* lk-graph.c: building a graph, the backward walk, compiling and running. */
#define G_LOG_DOMAIN "likeness-graph"

#include "config.h"

#include <string.h>
#include <time.h>

#include "graph/lk-graph-private.h"

/* ---- tensors ------------------------------------------------------------------------------------------------- */

static LkTensor *
add_tensor (LkGraph      *graph,
            LkTensorRole  role,
            LkDtype       dtype,
            guint         n_dims,
            const gsize  *dims)
{
  LkTensor *tensor = g_new0 (LkTensor, 1);

  g_assert (!graph->is_planned);
  g_assert (n_dims >= 1 && n_dims <= LK_MAX_DIMS);

  tensor->graph = graph;
  tensor->id = graph->tensors->len;
  tensor->role = role;
  tensor->dtype = dtype;
  tensor->block = -1;
  tensor->n_dims = n_dims;
  for (guint i = 0; i < n_dims; i++)
    {
      g_assert (dims[i] > 0);
      tensor->dims[i] = dims[i];
    }

  g_ptr_array_add (graph->tensors, tensor);
  return tensor;
}

static void
tensor_free (LkTensor *tensor)
{
  g_clear_pointer (&tensor->storage, lk_storage_unref);
  g_free (tensor);
}

gsize
lk_tensor_get_n_elements (const LkTensor *tensor)
{
  gsize n = 1;

  for (guint i = 0; i < tensor->n_dims; i++)
    n *= tensor->dims[i];
  return n;
}

gsize
lk_tensor_get_n_columns (const LkTensor *tensor)
{
  return tensor->dims[tensor->n_dims - 1];
}

gsize
lk_tensor_get_n_rows (const LkTensor *tensor)
{
  return lk_tensor_get_n_elements (tensor) / lk_tensor_get_n_columns (tensor);
}

guint
lk_tensor_get_n_dims (const LkTensor *tensor)
{
  return tensor->n_dims;
}

gsize
lk_tensor_get_dim (const LkTensor *tensor,
                   guint           dim)
{
  g_assert (dim < tensor->n_dims);
  return tensor->dims[dim];
}

LkDtype
lk_tensor_get_dtype (const LkTensor *tensor)
{
  return tensor->dtype;
}

gboolean
lk_tensor_needs_gradient (const LkTensor *tensor)
{
  return tensor->needs_gradient;
}

LkTensor *
lk_tensor_get_gradient (const LkTensor *tensor)
{
  return tensor->gradient;
}

LkGpuBinding
lk_tensor_get_binding (const LkTensor *tensor,
                       LkGpuAccess     access)
{
  gsize size;

  if (tensor == NULL)
    return (LkGpuBinding) { .access = access };

  size = lk_dtype_get_size (tensor->dtype);
  return (LkGpuBinding) {
    .buffer = lk_storage_get_buffer (tensor->storage),
    .offset = tensor->first * size,
    .bytes = (lk_tensor_get_n_elements (tensor) * size + 3) / 4 * 4,
    .access = access,
  };
}

/* ---- building ------------------------------------------------------------------------------------------------ */

LkGraph *
lk_graph_new (LkDevice *device)
{
  LkGraph *graph = g_new0 (LkGraph, 1);

  graph->device = lk_device_ref (device);
  graph->tensors = g_ptr_array_new_with_free_func ((GDestroyNotify) tensor_free);
  graph->ops = g_ptr_array_new_with_free_func (g_free);
  graph->block_bytes = g_array_new (FALSE, TRUE, sizeof (gsize));
  graph->blocks = g_ptr_array_new_with_free_func ((GDestroyNotify) lk_storage_unref);
  return graph;
}

void
lk_graph_free (LkGraph *graph)
{
  g_clear_pointer (&graph->recording, lk_gpu_recording_free);
  g_ptr_array_unref (graph->ops);
  g_ptr_array_unref (graph->tensors);
  g_ptr_array_unref (graph->blocks);
  g_array_unref (graph->block_bytes);
  g_clear_pointer (&graph->arena, lk_arena_unref);
  lk_device_unref (graph->device);
  g_free (graph);
}

void
lk_graph_set_arena (LkGraph *graph,
                    LkArena *arena)
{
  g_assert (!graph->is_compiled && graph->arena == NULL);
  graph->arena = lk_arena_ref (arena);
}

LkDevice *
lk_graph_get_device (LkGraph *graph)
{
  return graph->device;
}

LkTensor *
lk_graph_input (LkGraph     *graph,
                LkDtype      dtype,
                guint        n_dims,
                const gsize *dims)
{
  return add_tensor (graph, LK_TENSOR_INPUT, dtype, n_dims, dims);
}

LkTensor *
lk_graph_external (LkGraph     *graph,
                   LkStorage   *storage,
                   gsize        first,
                   guint        n_dims,
                   const gsize *dims)
{
  LkTensor *tensor = add_tensor (graph, LK_TENSOR_EXTERNAL, lk_storage_get_dtype (storage), n_dims, dims);

  g_assert (lk_storage_get_device (storage) == graph->device);
  g_assert (first + lk_tensor_get_n_elements (tensor) <= lk_storage_get_n_elements (storage));

  tensor->storage = lk_storage_ref (storage);
  tensor->first = first;
  return tensor;
}

LkTensor *
lk_graph_parameter (LkGraph     *graph,
                    LkStorage   *storage,
                    LkStorage   *gradient,
                    gsize        first,
                    guint        n_dims,
                    const gsize *dims)
{
  LkTensor *tensor = lk_graph_external (graph, storage, first, n_dims, dims);

  tensor->needs_gradient = TRUE;
  tensor->is_parameter = TRUE;
  tensor->gradient = lk_graph_external (graph, gradient, first, n_dims, dims);
  return tensor;
}

LkTensor *
lk_graph_keep (LkGraph  *graph,
               LkTensor *tensor)
{
  g_assert (!graph->is_planned);
  tensor->is_kept = TRUE;
  return tensor;
}

LkOp *
lk_graph_add_op (LkGraph         *graph,
                 const LkOpClass *op_class,
                 gconstpointer    parameters,
                 gsize            parameters_size)
{
  LkOp *op = g_new0 (LkOp, 1);

  g_assert (!graph->is_planned);
  g_assert (parameters_size <= LK_OP_PARAMETERS_SIZE);

  op->class = op_class;
  op->index = graph->ops->len;
  op->checkpoint = graph->checkpoint;
  if (parameters_size > 0)
    memcpy (op->parameters, parameters, parameters_size);

  g_ptr_array_add (graph->ops, op);
  return op;
}

void
lk_op_add_input (LkOp     *op,
                 LkTensor *tensor)
{
  g_assert (op->n_inputs < LK_OP_MAX_INPUTS);
  op->inputs[op->n_inputs++] = tensor;
}

LkTensor *
lk_op_add_output (LkOp        *op,
                  LkDtype      dtype,
                  guint        n_dims,
                  const gsize *dims)
{
  LkTensor *tensor = NULL;
  LkGraph *graph = NULL;

  for (guint i = 0; i < op->n_inputs && graph == NULL; i++)
    if (op->inputs[i] != NULL)
      graph = op->inputs[i]->graph;
  g_assert (graph != NULL);

  tensor = add_tensor (graph, LK_TENSOR_ACTIVATION, dtype, n_dims, dims);
  tensor->producer = op;
  for (guint i = 0; op->class->backward != NULL && i < op->n_inputs; i++)
    tensor->needs_gradient |= op->inputs[i] != NULL && op->inputs[i]->needs_gradient;

  lk_op_add_output_tensor (op, tensor);
  return tensor;
}

void
lk_op_add_output_tensor (LkOp     *op,
                         LkTensor *tensor)
{
  g_assert (op->n_outputs < LK_OP_MAX_OUTPUTS);
  op->outputs[op->n_outputs++] = tensor;
}

void
lk_graph_begin_checkpoint (LkGraph *graph)
{
  g_assert (graph->checkpoint == 0);
  graph->checkpoint = ++graph->n_checkpoints;
}

void
lk_graph_end_checkpoint (LkGraph *graph)
{
  g_assert (graph->checkpoint != 0);
  graph->checkpoint = 0;
}

/* ---- backward ------------------------------------------------------------------------------------------------ */

LkTensor *
lk_graph_begin_gradient (LkGraph  *graph,
                         LkTensor *tensor)
{
  return tensor->gradient;
}

static void
set_gradient (LkTensor *tensor,
              LkTensor *gradient)
{
  g_assert (!tensor->is_parameter);
  g_assert (lk_tensor_get_n_elements (gradient) == lk_tensor_get_n_elements (tensor));
  tensor->gradient = gradient;
}

/* A parameter's gradient is added up in its own storage, any other one in the arena. */
void
lk_op_add_gradient_output (LkOp     *op,
                           LkTensor *tensor)
{
  if (tensor->is_parameter)
    lk_op_add_output_tensor (op, tensor->gradient);
  else
    set_gradient (tensor, lk_op_add_output (op, LK_DTYPE_F32, tensor->n_dims, tensor->dims));
}

void
lk_graph_add_gradient (LkGraph  *graph,
                       LkTensor *tensor,
                       LkTensor *gradient)
{
  LkOp *op;

  if (tensor == NULL || !tensor->needs_gradient)
    return;

  if (tensor->gradient == NULL)
    {
      set_gradient (tensor, gradient);
      return;
    }

  op = lk_graph_add_op (graph, &lk_add_class, NULL, 0);
  lk_op_add_input (op, tensor->gradient);
  lk_op_add_input (op, gradient);
  lk_op_add_gradient_output (op, tensor);
}

/* Appends a copy of the segment that ends at op `last`: the same ops on the same inputs, whose results the backward ops then read.
 * Gradients that have arrived at the old results move to the new ones. Returns the copies, in order. */
static GPtrArray *
repeat_segment (LkGraph *graph,
                guint    last)
{
  g_autoptr (GHashTable) copies = g_hash_table_new (NULL, NULL);
  GPtrArray *ops = g_ptr_array_new ();
  guint first = last, checkpoint = ((LkOp *) g_ptr_array_index (graph->ops, last))->checkpoint;

  while (first > 0 && ((LkOp *) g_ptr_array_index (graph->ops, first - 1))->checkpoint == checkpoint)
    first--;

  for (guint i = first; i <= last; i++)
    {
      LkOp *old = g_ptr_array_index (graph->ops, i);
      LkOp *op = lk_graph_add_op (graph, old->class, old->parameters, sizeof old->parameters);

      for (guint j = 0; j < old->n_inputs; j++)
        {
          LkTensor *copy = old->inputs[j] != NULL ? g_hash_table_lookup (copies, old->inputs[j]) : NULL;

          lk_op_add_input (op, copy != NULL ? copy : old->inputs[j]);
        }
      for (guint j = 0; j < old->n_outputs; j++)
        {
          LkTensor *tensor = old->outputs[j];
          LkTensor *copy = lk_op_add_output (op, tensor->dtype, tensor->n_dims, tensor->dims);

          copy->gradient = tensor->gradient;
          g_hash_table_insert (copies, tensor, copy);
        }
      g_ptr_array_add (ops, op);
    }

  return ops;
}

static void
back_through (LkGraph *graph,
              LkOp    *op)
{
  gboolean has_gradient = FALSE;

  for (guint i = 0; i < op->n_outputs; i++)
    has_gradient |= op->outputs[i]->needs_gradient && op->outputs[i]->gradient != NULL;
  if (has_gradient && op->class->backward != NULL)
    op->class->backward (graph, op);
}

void
lk_graph_backward (LkGraph  *graph,
                   LkTensor *result,
                   LkTensor *gradient)
{
  g_assert (gradient != NULL || lk_tensor_get_n_elements (result) == 1);
  g_assert (graph->checkpoint == 0);

  if (!result->needs_gradient)
    return;

  if (gradient == NULL)
    {
      if (graph->one == NULL)
        graph->one = lk_graph_input (graph, LK_DTYPE_F32, 1, (gsize[]) { 1 });
      gradient = graph->one;
    }
  set_gradient (result, gradient);

  for (guint i = graph->ops->len; i-- > 0;)
    {
      LkOp *op = g_ptr_array_index (graph->ops, i);
      g_autoptr (GPtrArray) copies = NULL;

      if (op->checkpoint == 0)
        {
          back_through (graph, op);
          continue;
        }

      copies = repeat_segment (graph, i);
      for (guint j = copies->len; j-- > 0;)
        back_through (graph, g_ptr_array_index (copies, j));
      i -= copies->len - 1;
    }
}

/* ---- compiling and running ----------------------------------------------------------------------------------- */

gsize
lk_graph_get_block_limit (LkGraph *graph)
{
  LkGpu *gpu = lk_device_get_gpu (graph->device);
  gsize limit = (gsize) 1 << 30;      /* the most that every desktop driver allocates and binds at once */

  if (gpu != NULL)
    {
      const LkGpuInfo *info = lk_gpu_get_info (gpu);

      limit = MIN (limit, MIN (info->max_binding, info->max_allocation));
    }
  return limit;
}

static gboolean
allocate (LkGraph  *graph,
          GError  **error)
{
  for (guint i = 0; i < graph->block_bytes->len; i++)
    {
      gsize bytes = g_array_index (graph->block_bytes, gsize, i);
      LkStorage *storage = graph->arena != NULL ? lk_arena_take (graph->arena, i, bytes, error)
                                                : lk_storage_new (graph->device, LK_DTYPE_F32, bytes / sizeof (float), error);

      if (storage == NULL)
        return FALSE;
      g_ptr_array_add (graph->blocks, storage);
    }

  for (guint i = 0; i < graph->tensors->len; i++)
    {
      LkTensor *tensor = g_ptr_array_index (graph->tensors, i);

      if (tensor->role == LK_TENSOR_INPUT)
        {
          tensor->storage = lk_storage_new (graph->device, tensor->dtype, lk_tensor_get_n_elements (tensor), error);
          if (tensor->storage == NULL)
            return FALSE;
        }
      else if (tensor->block >= 0)
        tensor->storage = lk_storage_ref (g_ptr_array_index (graph->blocks, tensor->block));
    }

  return graph->one == NULL || lk_graph_write (graph, graph->one, &(float) { 1.f }, error);
}

static gboolean
record (LkGraph  *graph,
        GError  **error)
{
  graph->recording = lk_gpu_recording_new (lk_device_get_gpu (graph->device));

  for (guint i = 0; i < graph->ops->len; i++)
    {
      LkOp *op = g_ptr_array_index (graph->ops, i);

      g_return_val_if_fail (op->class->record != NULL, FALSE);
      if (!op->class->record (op, graph->recording, error))
        {
          g_prefix_error (error, "%s: ", op->class->name);
          return FALSE;
        }
    }

  return lk_gpu_recording_finish (graph->recording, error);
}

/* What recording would find: a tensor that the device cannot bind in one piece. */
static gboolean
check_bindings (LkGraph  *graph,
                GError  **error)
{
  LkGpu *gpu = lk_device_get_gpu (graph->device);

  for (guint i = 0; gpu != NULL && i < graph->ops->len; i++)
    {
      const LkOp *op = g_ptr_array_index (graph->ops, i);

      for (guint j = 0; j < op->n_inputs + op->n_outputs; j++)
        {
          const LkTensor *tensor = j < op->n_inputs ? op->inputs[j] : op->outputs[j - op->n_inputs];

          if (tensor != NULL && !lk_gpu_check_binding (gpu, lk_tensor_get_n_elements (tensor) * lk_dtype_get_size (tensor->dtype), error))
            return FALSE;
        }
    }
  return TRUE;
}

gboolean
lk_graph_compile (LkGraph  *graph,
                  GError  **error)
{
  g_return_val_if_fail (!graph->is_compiled, FALSE);

  lk_graph_plan (graph, NULL);
  if (!allocate (graph, error))
    return FALSE;
  if (lk_device_is_sketch (graph->device))
    return check_bindings (graph, error);
  if (!lk_device_is_cpu (graph->device) && !record (graph, error))
    return FALSE;

  graph->is_compiled = TRUE;
  return TRUE;
}

/* Seconds; finer than g_get_monotonic_time (), since an op may take less than a microsecond. */
static double
read_clock (void)
{
  struct timespec time;

  clock_gettime (CLOCK_MONOTONIC, &time);
  return (double) time.tv_sec + 1e-9 * (double) time.tv_nsec;
}

gboolean
lk_graph_run (LkGraph  *graph,
              GError  **error)
{
  LkPool *pool = lk_device_get_pool (graph->device);
  double before, after;

  g_return_val_if_fail (graph->is_compiled, FALSE);

  if (graph->recording != NULL)
    return lk_gpu_recording_run (graph->recording, error);

  before = read_clock ();
  for (guint i = 0; i < graph->ops->len; i++)
    {
      LkOp *op = g_ptr_array_index (graph->ops, i);

      op->class->run_cpu (op, pool);
      after = read_clock ();
      op->seconds = after - before;
      before = after;
    }
  return TRUE;
}

void
lk_graph_foreach_timing (LkGraph           *graph,
                         LkGraphTimingFunc  func,
                         gpointer           user_data)
{
  if (graph->recording != NULL)
    {
      for (guint i = 0; i < lk_gpu_recording_get_n_dispatches (graph->recording); i++)
        {
          double seconds;
          const char *name = lk_gpu_recording_get_timing (graph->recording, i, &seconds);

          func (name, seconds, user_data);
        }
      return;
    }

  for (guint i = 0; i < graph->ops->len; i++)
    {
      const LkOp *op = g_ptr_array_index (graph->ops, i);

      func (op->class->name, op->seconds, user_data);
    }
}

/* A tensor of the arena starts inside a storage of F32: copies go by bytes, in words. */
gboolean
lk_graph_write (LkGraph        *graph,
                LkTensor       *tensor,
                gconstpointer   data,
                GError        **error)
{
  g_return_val_if_fail (tensor->role != LK_TENSOR_ACTIVATION, FALSE);
  g_return_val_if_fail (tensor->storage != NULL, FALSE);

  return lk_storage_write (tensor->storage, tensor->first, lk_tensor_get_n_elements (tensor), data, error);
}

gboolean
lk_graph_read (LkGraph   *graph,
               LkTensor  *tensor,
               gpointer   data,
               GError   **error)
{
  g_return_val_if_fail (tensor->role != LK_TENSOR_ACTIVATION || tensor->is_kept, FALSE);
  g_return_val_if_fail (tensor->storage != NULL, FALSE);

  return lk_storage_read (tensor->storage, tensor->first, lk_tensor_get_n_elements (tensor), data, error);
}

/* ---- dump ---------------------------------------------------------------------------------------------------- */

static void
dump_tensor (GString        *string,
             const LkTensor *tensor)
{
  static const char *roles = "tiw";

  if (tensor == NULL)
    {
      g_string_append (string, " -");
      return;
    }

  g_string_append_printf (string, " %c%u[", roles[tensor->role], tensor->id);
  for (guint i = 0; i < tensor->n_dims; i++)
    g_string_append_printf (string, "%s%" G_GSIZE_FORMAT, i > 0 ? "," : "", tensor->dims[i]);
  g_string_append_c (string, ']');
}

char *
lk_graph_dump (LkGraph *graph)
{
  GString *string = g_string_new (NULL);

  for (guint i = 0; i < graph->ops->len; i++)
    {
      LkOp *op = g_ptr_array_index (graph->ops, i);

      g_string_append_printf (string, "%5u %-24s", i, op->class->name);
      for (guint j = 0; j < op->n_inputs; j++)
        dump_tensor (string, op->inputs[j]);
      g_string_append (string, " ->");
      for (guint j = 0; j < op->n_outputs; j++)
        dump_tensor (string, op->outputs[j]);
      g_string_append_c (string, '\n');
    }

  return g_string_free (string, FALSE);
}
