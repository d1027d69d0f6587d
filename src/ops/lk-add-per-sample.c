/* lk-add-per-sample.c: y[n,place,c] = x[n,place,c] + e[n,c]: how the timestep's features enter a residual block.
 *
 * Backward: x gets dy; e gets the sum of dy over the places of its sample, added up place after place.
 */
#define G_LOG_DOMAIN "likeness-ops"

#include "config.h"

#include <string.h>

#include "graph/lk-op.h"
#include "ops/lk-ops.h"
#include "ops/lk-ops-private.h"

static const LkOpClass add_per_sample_class, sum_places_class;

/* ---- shape --------------------------------------------------------------------------------------------------- */

LkTensor *
lk_add_per_sample (LkGraph  *graph,
                   LkTensor *x,
                   LkTensor *e)
{
  LkOp *op = lk_graph_add_op (graph, &add_per_sample_class, NULL, 0);

  g_assert (lk_tensor_get_n_columns (e) == lk_tensor_get_n_columns (x) && lk_tensor_get_n_rows (e) == x->dims[0]);

  lk_op_add_input (op, x);
  lk_op_add_input (op, e);
  return lk_op_add_output (op, LK_DTYPE_F32, x->n_dims, x->dims);
}

/* ---- backward ------------------------------------------------------------------------------------------------ */

static void
add_per_sample_backward (LkGraph *graph,
                         LkOp    *op)
{
  LkTensor *e = op->inputs[1], *dy = lk_tensor_get_gradient (op->outputs[0]);

  lk_graph_add_gradient (graph, op->inputs[0], dy);
  if (e->needs_gradient)
    {
      LkOp *sum = lk_graph_add_op (graph, &sum_places_class, NULL, 0);

      lk_op_add_input (sum, dy);
      lk_graph_add_gradient (graph, e, lk_op_add_output (sum, LK_DTYPE_F32, e->n_dims, e->dims));
    }
}

/* ---- CPU ----------------------------------------------------------------------------------------------------- */

/* One item is one sample's row of places. */
static void
add_row (gpointer data,
         gsize    row,
         guint    worker)
{
  const LkOp *op = data;
  gsize c = lk_tensor_get_n_columns (op->inputs[0]), places = lk_tensor_get_n_rows (op->inputs[0]) / op->inputs[0]->dims[0];
  gsize block = LK_CHUNK / c + 1, blocks = (places + block - 1) / block, sample = row / blocks;
  gsize first = row % blocks * block, end = MIN (first + block, places);
  const float *x = lk_tensor_get_data (op->inputs[0]), *e = (const float *) lk_tensor_get_data (op->inputs[1]) + sample * c;
  float *y = lk_tensor_get_data (op->outputs[0]);

  for (gsize place = first; place < end; place++)
    {
      gsize at = (sample * places + place) * c;

      for (gsize i = 0; i < c; i++)
        y[at + i] = x[at + i] + e[i];
    }
}

static void
add_per_sample_run_cpu (const LkOp *op,
                        LkPool     *pool)
{
  LkTensor *x = op->inputs[0];
  gsize c = lk_tensor_get_n_columns (x), places = lk_tensor_get_n_rows (x) / x->dims[0], block = LK_CHUNK / c + 1;

  lk_pool_run (pool, x->dims[0] * ((places + block - 1) / block), add_row, (gpointer) op);
}

static void
sum_sample (gpointer data,
            gsize    sample,
            guint    worker)
{
  const LkOp *op = data;
  LkTensor *de = op->outputs[0];
  gsize c = lk_tensor_get_n_columns (de), places = lk_tensor_get_n_elements (op->inputs[0]) / lk_tensor_get_n_elements (de);
  const float *dy = (const float *) lk_tensor_get_data (op->inputs[0]) + sample * places * c;
  float *sum = (float *) lk_tensor_get_data (de) + sample * c;

  memset (sum, 0, c * sizeof (float));
  for (gsize place = 0; place < places; place++)
    for (gsize i = 0; i < c; i++)
      sum[i] += dy[place * c + i];
}

static void
sum_places_run_cpu (const LkOp *op,
                    LkPool     *pool)
{
  lk_pool_run (pool, lk_tensor_get_n_rows (op->outputs[0]), sum_sample, (gpointer) op);
}

/* ---- Vulkan -------------------------------------------------------------------------------------------------- */

static gboolean
add_per_sample_record (const LkOp      *op,
                       LkGpuRecording  *recording,
                       GError         **error)
{
  LkTensor *x = op->inputs[0];
  guint n = (guint) lk_tensor_get_n_elements (x), columns = (guint) lk_tensor_get_n_columns (x);
  guint parameters[] = { n, n / columns / (guint) x->dims[0], columns };

  return lk_record (recording, "add_per_sample", 0,
                    (LkGpuBinding[]) { LK_READ (x), LK_READ (op->inputs[1]), LK_WRITE (op->outputs[0]) }, 3,
                    parameters, sizeof parameters, lk_n_groups (n, LK_ELEMENTS_PER_GROUP), error);
}

static gboolean
sum_places_record (const LkOp      *op,
                   LkGpuRecording  *recording,
                   GError         **error)
{
  LkTensor *dy = op->inputs[0], *de = op->outputs[0];
  guint n = (guint) lk_tensor_get_n_elements (de);
  guint parameters[] = { n, (guint) lk_tensor_get_n_elements (dy) / n, (guint) lk_tensor_get_n_columns (de) };

  return lk_record (recording, "sum_places", 0, (LkGpuBinding[]) { LK_READ (dy), LK_WRITE (de) }, 2,
                    parameters, sizeof parameters, lk_n_groups (n, 64), error);
}

static const LkOpClass add_per_sample_class = {
  .name = "add_per_sample",
  .backward = add_per_sample_backward,
  .run_cpu = add_per_sample_run_cpu,
  .record = add_per_sample_record,
  .in_place_input = 1,
};

static const LkOpClass sum_places_class = {
  .name = "sum_places",
  .run_cpu = sum_places_run_cpu,
  .record = sum_places_record,
};
