/* lk-embedding.c: y[b,t] = table[ids[b,t]] + positions[t]. ids [B,T] I32, table [V,C] and positions [T',C] F32 or F16. No gradient flows:
 * the tables are frozen.
 */
#define G_LOG_DOMAIN "likeness-ops"

#include "config.h"

#include "cpu/lk-cpu.h"
#include "graph/lk-op.h"
#include "ops/lk-ops.h"
#include "ops/lk-ops-private.h"

enum { IDS, TABLE, POSITIONS };

static const LkOpClass embedding_class;

/* ---- shape --------------------------------------------------------------------------------------------------- */

LkTensor *
lk_embedding (LkGraph  *graph,
              LkTensor *ids,
              LkTensor *table,
              LkTensor *positions)
{
  LkOp *op = lk_graph_add_op (graph, &embedding_class, NULL, 0);

  g_assert (ids->n_dims == 2 && ids->dtype == LK_DTYPE_I32);
  g_assert (lk_tensor_get_n_columns (table) == lk_tensor_get_n_columns (positions));
  g_assert (ids->dims[1] <= lk_tensor_get_n_rows (positions));

  lk_op_add_input (op, ids);
  lk_op_add_input (op, table);
  lk_op_add_input (op, positions);
  return lk_op_add_output (op, LK_DTYPE_F32, 3, (gsize[]) { ids->dims[0], ids->dims[1], lk_tensor_get_n_columns (table) });
}

/* ---- CPU ----------------------------------------------------------------------------------------------------- */

static void
read_row (const LkTensor *matrix,
          gsize           row,
          float          *values)
{
  gsize c = lk_tensor_get_n_columns (matrix);
  const guint8 *data = lk_tensor_get_data (matrix);

  if (matrix->dtype == LK_DTYPE_F16)
    lk_cpu_f16_to_f32 (c, data + row * c * 2, values);
  else
    for (gsize i = 0; i < c; i++)
      values[i] = ((const float *) data)[row * c + i];
}

static void
embed_row (gpointer data,
           gsize    row,
           guint    worker)
{
  const LkOp *op = data;
  gsize t = op->inputs[IDS]->dims[1], c = lk_tensor_get_n_columns (op->outputs[0]);
  gint32 id = ((const gint32 *) lk_tensor_get_data (op->inputs[IDS]))[row];
  float *y = (float *) lk_tensor_get_data (op->outputs[0]) + row * c;
  g_autofree float *position = g_new (float, c);

  read_row (op->inputs[TABLE], (gsize) id, y);
  read_row (op->inputs[POSITIONS], row % t, position);
  for (gsize i = 0; i < c; i++)
    y[i] += position[i];
}

static void
embedding_run_cpu (const LkOp *op,
                   LkPool     *pool)
{
  lk_pool_run (pool, lk_tensor_get_n_rows (op->outputs[0]), embed_row, (gpointer) op);
}

/* ---- Vulkan -------------------------------------------------------------------------------------------------- */

static gboolean
embedding_record (const LkOp      *op,
                  LkGpuRecording  *recording,
                  GError         **error)
{
  LkTensor *y = op->outputs[0], *table = op->inputs[TABLE], *positions = op->inputs[POSITIONS];
  guint n = (guint) lk_tensor_get_n_elements (y);
  guint parameters[] = { n, (guint) op->inputs[IDS]->dims[1], (guint) lk_tensor_get_n_columns (y) };
  LkGpuKernel kernel = { "embedding", 2, { table->dtype == LK_DTYPE_F16, positions->dtype == LK_DTYPE_F16 } };

  return lk_gpu_recording_dispatch (recording, &kernel,
                                    (LkGpuBinding[]) { LK_READ (op->inputs[IDS]), LK_READ (table), LK_READ (positions), LK_WRITE (y) }, 4,
                                    parameters, sizeof parameters, lk_n_groups (n, LK_ELEMENTS_PER_GROUP), 1, 1, error);
}

static const LkOpClass embedding_class = {
  .name = "embedding",
  .run_cpu = embedding_run_cpu,
  .record = embedding_record,
};
