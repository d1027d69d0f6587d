/* lk-mix.c: z[n] = a[n]·x[n] + b[n]·y[n], for each sample n: how noise is added to a latent. No gradient flows. */
#define G_LOG_DOMAIN "likeness-ops"

#include "config.h"

#include "graph/lk-op.h"
#include "ops/lk-ops.h"
#include "ops/lk-ops-private.h"

enum { X, Y, A, B };

static const LkOpClass mix_class;

/* ---- shape --------------------------------------------------------------------------------------------------- */

LkTensor *
lk_mix (LkGraph  *graph,
        LkTensor *x,
        LkTensor *y,
        LkTensor *a,
        LkTensor *b)
{
  LkOp *op = lk_graph_add_op (graph, &mix_class, NULL, 0);

  g_assert (lk_tensor_get_n_elements (x) == lk_tensor_get_n_elements (y));
  g_assert (lk_tensor_get_n_elements (a) == x->dims[0] && lk_tensor_get_n_elements (b) == x->dims[0]);

  lk_op_add_input (op, x);
  lk_op_add_input (op, y);
  lk_op_add_input (op, a);
  lk_op_add_input (op, b);
  return lk_op_add_output (op, LK_DTYPE_F32, x->n_dims, x->dims);
}

/* ---- CPU ----------------------------------------------------------------------------------------------------- */

static void
mix_sample (gpointer data,
            gsize    sample,
            guint    worker)
{
  const LkOp *op = data;
  gsize n = lk_tensor_get_n_elements (op->inputs[X]) / op->inputs[X]->dims[0];
  const float *x = (const float *) lk_tensor_get_data (op->inputs[X]) + sample * n;
  const float *y = (const float *) lk_tensor_get_data (op->inputs[Y]) + sample * n;
  float *z = (float *) lk_tensor_get_data (op->outputs[0]) + sample * n;
  float a = ((const float *) lk_tensor_get_data (op->inputs[A]))[sample];
  float b = ((const float *) lk_tensor_get_data (op->inputs[B]))[sample];

  for (gsize i = 0; i < n; i++)
    z[i] = a * x[i] + b * y[i];
}

static void
mix_run_cpu (const LkOp *op,
             LkPool     *pool)
{
  lk_pool_run (pool, op->inputs[X]->dims[0], mix_sample, (gpointer) op);
}

/* ---- Vulkan -------------------------------------------------------------------------------------------------- */

static gboolean
mix_record (const LkOp      *op,
            LkGpuRecording  *recording,
            GError         **error)
{
  guint n = (guint) lk_tensor_get_n_elements (op->outputs[0]);
  guint parameters[] = { n, n / (guint) op->inputs[X]->dims[0] };

  return lk_record (recording, "mix", 0,
                    (LkGpuBinding[]) { LK_READ (op->inputs[X]), LK_READ (op->inputs[Y]), LK_READ (op->inputs[A]), LK_READ (op->inputs[B]),
                                       LK_WRITE (op->outputs[0]) }, 5,
                    parameters, sizeof parameters, lk_n_groups (n, LK_ELEMENTS_PER_GROUP), error);
}

static const LkOpClass mix_class = {
  .name = "mix",
  .run_cpu = mix_run_cpu,
  .record = mix_record,
};
