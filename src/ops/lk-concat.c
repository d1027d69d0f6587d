/* lk-concat.c: columns side by side, and columns taken out.
 *
 * concat: [..,A] and [..,B] to [..,A+B]; slice: columns first..first+n of [..,C]. Each is the other's gradient: the gradient of a
 * slice is zero outside of it ("place").
 */
#define G_LOG_DOMAIN "likeness-ops"

#include "config.h"

#include <string.h>

#include "graph/lk-op.h"
#include "ops/lk-ops.h"
#include "ops/lk-ops-private.h"

static const LkOpClass concat_class, slice_class, place_class;

/* ---- shape --------------------------------------------------------------------------------------------------- */

static LkTensor *
add_output_with_columns (LkOp     *op,
                         LkTensor *x,
                         gsize     n_columns)
{
  gsize dims[LK_MAX_DIMS];

  for (guint i = 0; i < x->n_dims; i++)
    dims[i] = x->dims[i];
  dims[x->n_dims - 1] = n_columns;
  return lk_op_add_output (op, LK_DTYPE_F32, x->n_dims, dims);
}

LkTensor *
lk_concat (LkGraph  *graph,
           LkTensor *a,
           LkTensor *b)
{
  LkOp *op = lk_graph_add_op (graph, &concat_class, NULL, 0);

  g_assert (lk_tensor_get_n_rows (a) == lk_tensor_get_n_rows (b));

  lk_op_add_input (op, a);
  lk_op_add_input (op, b);
  return add_output_with_columns (op, a, lk_tensor_get_n_columns (a) + lk_tensor_get_n_columns (b));
}

LkTensor *
lk_slice (LkGraph  *graph,
          LkTensor *x,
          gsize     first,
          gsize     n)
{
  LkOp *op = lk_graph_add_op (graph, &slice_class, &first, sizeof first);

  g_assert (first + n <= lk_tensor_get_n_columns (x));

  lk_op_add_input (op, x);
  return add_output_with_columns (op, x, n);
}

/* ---- backward ------------------------------------------------------------------------------------------------ */

static void
concat_backward (LkGraph *graph,
                 LkOp    *op)
{
  LkTensor *a = op->inputs[0], *b = op->inputs[1], *dy = lk_tensor_get_gradient (op->outputs[0]);
  gsize split = lk_tensor_get_n_columns (a);

  if (a->needs_gradient)
    lk_graph_add_gradient (graph, a, lk_slice (graph, dy, 0, split));
  if (b->needs_gradient)
    lk_graph_add_gradient (graph, b, lk_slice (graph, dy, split, lk_tensor_get_n_columns (b)));
}

static void
slice_backward (LkGraph *graph,
                LkOp    *op)
{
  LkTensor *x = op->inputs[0];
  LkOp *place = lk_graph_add_op (graph, &place_class, op->parameters, sizeof (gsize));

  lk_op_add_input (place, lk_tensor_get_gradient (op->outputs[0]));
  lk_graph_add_gradient (graph, x, lk_op_add_output (place, LK_DTYPE_F32, x->n_dims, x->dims));
}

/* ---- CPU ----------------------------------------------------------------------------------------------------- */

/* Copies rows of `n` columns between matrices of other widths. */
static void
copy_columns (const float *from,
              gsize        from_columns,
              float       *to,
              gsize        to_columns,
              gsize        n,
              gsize        first_row,
              gsize        end_row)
{
  for (gsize row = first_row; row < end_row; row++)
    memcpy (to + row * to_columns, from + row * from_columns, n * sizeof (float));
}

/* The rows of an item: as many as make up a chunk of the wider matrix. */
static gsize
rows_per_item (const LkOp *op)
{
  gsize columns = MAX (lk_tensor_get_n_columns (op->inputs[0]), lk_tensor_get_n_columns (op->outputs[0]));

  return LK_CHUNK / columns + 1;
}

static void
run_rows (const LkOp *op,
          LkPool     *pool,
          LkPoolFunc  func)
{
  gsize rows = lk_tensor_get_n_rows (op->outputs[0]), block = rows_per_item (op);

  lk_pool_run (pool, (rows + block - 1) / block, func, (gpointer) op);
}

static void
concat_rows (gpointer data,
             gsize    item,
             guint    worker)
{
  const LkOp *op = data;
  LkTensor *a = op->inputs[0], *b = op->inputs[1], *y = op->outputs[0];
  gsize n_a = lk_tensor_get_n_columns (a), n_b = lk_tensor_get_n_columns (b);
  gsize first = item * rows_per_item (op), end = MIN (first + rows_per_item (op), lk_tensor_get_n_rows (y));
  float *to = lk_tensor_get_data (y);

  copy_columns (lk_tensor_get_data (a), n_a, to, n_a + n_b, n_a, first, end);
  copy_columns (lk_tensor_get_data (b), n_b, to + n_a, n_a + n_b, n_b, first, end);
}

static void
slice_rows (gpointer data,
            gsize    item,
            guint    worker)
{
  const LkOp *op = data;
  LkTensor *x = op->inputs[0], *y = op->outputs[0];
  gsize column = *(const gsize *) op->parameters, n = lk_tensor_get_n_columns (y);
  gsize first = item * rows_per_item (op), end = MIN (first + rows_per_item (op), lk_tensor_get_n_rows (y));

  copy_columns ((const float *) lk_tensor_get_data (x) + column, lk_tensor_get_n_columns (x), lk_tensor_get_data (y), n, n, first, end);
}

static void
place_rows (gpointer data,
            gsize    item,
            guint    worker)
{
  const LkOp *op = data;
  LkTensor *dy = op->inputs[0], *dx = op->outputs[0];
  gsize column = *(const gsize *) op->parameters, n = lk_tensor_get_n_columns (dy), n_columns = lk_tensor_get_n_columns (dx);
  gsize first = item * rows_per_item (op), end = MIN (first + rows_per_item (op), lk_tensor_get_n_rows (dx));
  float *to = lk_tensor_get_data (dx);

  memset (to + first * n_columns, 0, (end - first) * n_columns * sizeof (float));
  copy_columns (lk_tensor_get_data (dy), n, to + column, n_columns, n, first, end);
}

static void
concat_run_cpu (const LkOp *op,
                LkPool     *pool)
{
  run_rows (op, pool, concat_rows);
}

static void
slice_run_cpu (const LkOp *op,
               LkPool     *pool)
{
  run_rows (op, pool, slice_rows);
}

static void
place_run_cpu (const LkOp *op,
               LkPool     *pool)
{
  run_rows (op, pool, place_rows);
}

/* ---- Vulkan -------------------------------------------------------------------------------------------------- */

static gboolean
concat_record (const LkOp      *op,
               LkGpuRecording  *recording,
               GError         **error)
{
  guint n = (guint) lk_tensor_get_n_elements (op->outputs[0]);
  guint parameters[] = { n, (guint) lk_tensor_get_n_columns (op->inputs[0]), (guint) lk_tensor_get_n_columns (op->inputs[1]) };

  return lk_record (recording, "concat", 0,
                    (LkGpuBinding[]) { LK_READ (op->inputs[0]), LK_READ (op->inputs[1]), LK_WRITE (op->outputs[0]) }, 3,
                    parameters, sizeof parameters, lk_n_groups (n, LK_ELEMENTS_PER_GROUP), error);
}

/* y[row,c] = x[row,c + first], or 0. */
static gboolean
record_shift (const LkOp      *op,
              int              first,
              LkGpuRecording  *recording,
              GError         **error)
{
  guint n = (guint) lk_tensor_get_n_elements (op->outputs[0]);
  struct { guint n_elements, x_columns, y_columns; int first; } parameters = {
    n, (guint) lk_tensor_get_n_columns (op->inputs[0]), (guint) lk_tensor_get_n_columns (op->outputs[0]), first,
  };

  return lk_record (recording, "shift_columns", 0, (LkGpuBinding[]) { LK_READ (op->inputs[0]), LK_WRITE (op->outputs[0]) }, 2,
                    &parameters, sizeof parameters, lk_n_groups (n, LK_ELEMENTS_PER_GROUP), error);
}

static gboolean
slice_record (const LkOp      *op,
              LkGpuRecording  *recording,
              GError         **error)
{
  return record_shift (op, (int) *(const gsize *) op->parameters, recording, error);
}

static gboolean
place_record (const LkOp      *op,
              LkGpuRecording  *recording,
              GError         **error)
{
  return record_shift (op, -(int) *(const gsize *) op->parameters, recording, error);
}

static const LkOpClass concat_class = {
  .name = "concat",
  .backward = concat_backward,
  .run_cpu = concat_run_cpu,
  .record = concat_record,
};

static const LkOpClass slice_class = {
  .name = "slice",
  .backward = slice_backward,
  .run_cpu = slice_run_cpu,
  .record = slice_record,
};

static const LkOpClass place_class = {
  .name = "place",
  .run_cpu = place_run_cpu,
  .record = place_record,
};
