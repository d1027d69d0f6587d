/* lk-mse-loss.c: loss = mean over n of weight[n] · mean ((p - t)²) of sample n.
 *
 * p, t [N,..], weight [N]; outputs loss [1] and the unweighted mean of each sample, [N]. Added up in fp64 on the CPU.
 * Backward, with m elements a sample: dp = dloss · weight[n] · 2·(p - t) / (m·N). The target gets no gradient.
 */
#define G_LOG_DOMAIN "likeness-ops"

#include "config.h"

#include "graph/lk-op.h"
#include "ops/lk-ops.h"
#include "ops/lk-ops-private.h"

enum { PREDICTION, TARGET, WEIGHT, DLOSS };
enum { LOSS, PER_SAMPLE };

static const LkOpClass mse_loss_class, mse_loss_backward_class;

/* ---- shape --------------------------------------------------------------------------------------------------- */

LkTensor *
lk_mse_loss (LkGraph   *graph,
             LkTensor  *prediction,
             LkTensor  *target,
             LkTensor  *weight,
             LkTensor **per_sample)
{
  LkOp *op = lk_graph_add_op (graph, &mse_loss_class, NULL, 0);
  LkTensor *loss, *samples;

  g_assert (lk_tensor_get_n_elements (prediction) == lk_tensor_get_n_elements (target));
  g_assert (lk_tensor_get_n_elements (weight) == prediction->dims[0]);

  lk_op_add_input (op, prediction);
  lk_op_add_input (op, target);
  lk_op_add_input (op, weight);
  loss = lk_op_add_output (op, LK_DTYPE_F32, 1, (gsize[]) { 1 });
  samples = lk_op_add_output (op, LK_DTYPE_F32, 1, prediction->dims);
  if (per_sample != NULL)
    *per_sample = samples;
  return loss;
}

/* ---- backward ------------------------------------------------------------------------------------------------ */

static void
mse_loss_backward (LkGraph *graph,
                   LkOp    *op)
{
  LkTensor *prediction = op->inputs[PREDICTION];
  LkOp *backward;

  if (lk_tensor_get_gradient (op->outputs[LOSS]) == NULL)
    return;

  backward = lk_graph_add_op (graph, &mse_loss_backward_class, NULL, 0);
  for (guint i = PREDICTION; i <= WEIGHT; i++)
    lk_op_add_input (backward, op->inputs[i]);
  lk_op_add_input (backward, lk_tensor_get_gradient (op->outputs[LOSS]));
  lk_graph_add_gradient (graph, prediction, lk_op_add_output (backward, LK_DTYPE_F32, prediction->n_dims, prediction->dims));
}

/* ---- CPU ----------------------------------------------------------------------------------------------------- */

static void
measure_sample (gpointer data,
                gsize    sample,
                guint    worker)
{
  const LkOp *op = data;
  LkTensor *prediction = op->inputs[PREDICTION];
  gsize n = lk_tensor_get_n_elements (prediction) / prediction->dims[0];
  const float *p = (const float *) lk_tensor_get_data (prediction) + sample * n;
  const float *t = (const float *) lk_tensor_get_data (op->inputs[TARGET]) + sample * n;
  double sum = 0;

  for (gsize i = 0; i < n; i++)
    sum += (double) (p[i] - t[i]) * (p[i] - t[i]);
  ((float *) lk_tensor_get_data (op->outputs[PER_SAMPLE]))[sample] = (float) (sum / n);
}

static void
mse_loss_run_cpu (const LkOp *op,
                  LkPool     *pool)
{
  gsize n = op->inputs[PREDICTION]->dims[0];
  const float *weight = lk_tensor_get_data (op->inputs[WEIGHT]), *per_sample = lk_tensor_get_data (op->outputs[PER_SAMPLE]);
  double sum = 0;

  lk_pool_run (pool, n, measure_sample, (gpointer) op);
  for (gsize i = 0; i < n; i++)
    sum += (double) weight[i] * per_sample[i];
  *(float *) lk_tensor_get_data (op->outputs[LOSS]) = (float) (sum / n);
}

static void
mse_loss_backward_sample (gpointer data,
                          gsize    sample,
                          guint    worker)
{
  const LkOp *op = data;
  LkTensor *prediction = op->inputs[PREDICTION];
  gsize samples = prediction->dims[0], n = lk_tensor_get_n_elements (prediction) / samples;
  const float *p = (const float *) lk_tensor_get_data (prediction) + sample * n;
  const float *t = (const float *) lk_tensor_get_data (op->inputs[TARGET]) + sample * n;
  float *dp = (float *) lk_tensor_get_data (op->outputs[0]) + sample * n;
  float factor = *(const float *) lk_tensor_get_data (op->inputs[DLOSS]) * ((const float *) lk_tensor_get_data (op->inputs[WEIGHT]))[sample]
                 * 2.f / ((float) n * (float) samples);

  for (gsize i = 0; i < n; i++)
    dp[i] = factor * (p[i] - t[i]);
}

static void
mse_loss_backward_run_cpu (const LkOp *op,
                           LkPool     *pool)
{
  lk_pool_run (pool, op->inputs[PREDICTION]->dims[0], mse_loss_backward_sample, (gpointer) op);
}

/* ---- Vulkan -------------------------------------------------------------------------------------------------- */

static gboolean
mse_loss_record (const LkOp      *op,
                 LkGpuRecording  *recording,
                 GError         **error)
{
  LkTensor *prediction = op->inputs[PREDICTION];
  guint n_samples = (guint) prediction->dims[0];
  guint parameters[] = { n_samples, (guint) lk_tensor_get_n_elements (prediction) / n_samples };

  return lk_record (recording, "mse_per_sample", 0,
                    (LkGpuBinding[]) { LK_READ (prediction), LK_READ (op->inputs[TARGET]), LK_WRITE (op->outputs[PER_SAMPLE]) }, 3,
                    parameters, sizeof parameters, n_samples, error)
         && lk_record (recording, "mse_loss", 0,
                       (LkGpuBinding[]) { LK_READ (op->outputs[PER_SAMPLE]), LK_READ (op->inputs[WEIGHT]), LK_WRITE (op->outputs[LOSS]) }, 3,
                       &n_samples, sizeof n_samples, 1, error);
}

static gboolean
mse_loss_backward_record (const LkOp      *op,
                          LkGpuRecording  *recording,
                          GError         **error)
{
  LkTensor *prediction = op->inputs[PREDICTION];
  guint n = (guint) lk_tensor_get_n_elements (prediction), n_samples = (guint) prediction->dims[0];
  guint parameters[] = { n_samples, n / n_samples };

  return lk_record (recording, "mse_loss_backward", 0,
                    (LkGpuBinding[]) { LK_READ (prediction), LK_READ (op->inputs[TARGET]), LK_READ (op->inputs[WEIGHT]),
                                       LK_READ (op->inputs[DLOSS]), LK_WRITE (op->outputs[0]) }, 5,
                    parameters, sizeof parameters, lk_n_groups (n, LK_ELEMENTS_PER_GROUP), error);
}

static const LkOpClass mse_loss_class = {
  .name = "mse_loss",
  .backward = mse_loss_backward,
  .run_cpu = mse_loss_run_cpu,
  .record = mse_loss_record,
};

static const LkOpClass mse_loss_backward_class = {
  .name = "mse_loss_backward",
  .run_cpu = mse_loss_backward_run_cpu,
  .record = mse_loss_backward_record,
};
