/* lk-adamw.c: one step of AdamW, in place, as torch.optim.AdamW computes it [Loshchilov and Hutter 2019, algorithm 2]:
 *
 *   g = gradient · min (1, max_norm / (norm + 1e-6))         (max_norm 0: g = gradient)   torch.nn.utils.clip_grad_norm_
 *   p = p · (1 - lr·weight_decay)
 *   m = m + (g - m)·(1 - beta1)       v = beta2·v + (1 - beta2)·g²
 *   p = p - lr / (1 - beta1^t) · m / (√v / √(1 - beta2^t) + eps)
 * then gradient = 0. Where the norm is not finite, only the gradient is zeroed.
 */
#define G_LOG_DOMAIN "likeness-ops"

#include "config.h"

#include <math.h>

#include "graph/lk-op.h"
#include "ops/lk-ops.h"
#include "ops/lk-ops-private.h"

enum { PARAMETER, GRADIENT, MOMENT1, MOMENT2, NORM, SETTINGS };
enum { LEARNING_RATE, BETA1, BETA2, EPS, WEIGHT_DECAY, CORRECTION1, CORRECTION2, MAX_NORM };

static const LkOpClass adamw_class;

/* ---- shape --------------------------------------------------------------------------------------------------- */

void
lk_adamw (LkGraph  *graph,
          LkTensor *parameter,
          LkTensor *gradient,
          LkTensor *moment1,
          LkTensor *moment2,
          LkTensor *norm,
          LkTensor *settings)
{
  LkTensor *tensors[] = { parameter, gradient, moment1, moment2 };
  LkOp *op = lk_graph_add_op (graph, &adamw_class, NULL, 0);

  g_assert (lk_tensor_get_n_elements (settings) == 8);

  for (guint i = 0; i < G_N_ELEMENTS (tensors); i++)
    {
      g_assert (tensors[i]->role == LK_TENSOR_EXTERNAL);
      g_assert (lk_tensor_get_n_elements (tensors[i]) == lk_tensor_get_n_elements (parameter));
      lk_op_add_input (op, tensors[i]);
      lk_op_add_output_tensor (op, tensors[i]);
    }
  lk_op_add_input (op, norm);
  lk_op_add_input (op, settings);
}

/* ---- CPU ----------------------------------------------------------------------------------------------------- */

static void
adamw_chunk (gpointer data,
             gsize    item,
             guint    worker)
{
  const LkOp *op = data;
  const float *settings = lk_tensor_get_data (op->inputs[SETTINGS]);
  float norm = *(const float *) lk_tensor_get_data (op->inputs[NORM]);
  float *p = lk_tensor_get_data (op->inputs[PARAMETER]), *gradient = lk_tensor_get_data (op->inputs[GRADIENT]);
  float *m = lk_tensor_get_data (op->inputs[MOMENT1]), *v = lk_tensor_get_data (op->inputs[MOMENT2]);
  gsize end = MIN ((item + 1) * LK_CHUNK, lk_tensor_get_n_elements (op->inputs[PARAMETER]));
  float clip = settings[MAX_NORM] > 0.f ? MIN (1.f, settings[MAX_NORM] / (norm + 1e-6f)) : 1.f;
  float keep = 1.f - settings[LEARNING_RATE] * settings[WEIGHT_DECAY];
  float step = settings[LEARNING_RATE] / settings[CORRECTION1], root = sqrtf (settings[CORRECTION2]);
  float rest1 = 1.f - settings[BETA1], rest2 = 1.f - settings[BETA2], beta2 = settings[BETA2], eps = settings[EPS];

  if (!isfinite (norm))
    {
      for (gsize i = item * LK_CHUNK; i < end; i++)
        gradient[i] = 0.f;
      return;
    }

  for (gsize i = item * LK_CHUNK; i < end; i++)
    {
      float g = gradient[i] * clip;

      m[i] = m[i] + (g - m[i]) * rest1;
      v[i] = beta2 * v[i] + rest2 * g * g;
      p[i] = p[i] * keep - step * m[i] / (sqrtf (v[i]) / root + eps);
      gradient[i] = 0.f;
    }
}

static void
adamw_run_cpu (const LkOp *op,
               LkPool     *pool)
{
  lk_op_run_chunks (op, pool, lk_tensor_get_n_elements (op->inputs[PARAMETER]), adamw_chunk);
}

/* ---- Vulkan -------------------------------------------------------------------------------------------------- */

static gboolean
adamw_record (const LkOp      *op,
              LkGpuRecording  *recording,
              GError         **error)
{
  guint n = (guint) lk_tensor_get_n_elements (op->inputs[PARAMETER]);

  return lk_record (recording, "adamw", 0,
                    (LkGpuBinding[]) { LK_READ_WRITE (op->inputs[PARAMETER]), LK_READ_WRITE (op->inputs[GRADIENT]),
                                       LK_READ_WRITE (op->inputs[MOMENT1]), LK_READ_WRITE (op->inputs[MOMENT2]),
                                       LK_READ (op->inputs[NORM]), LK_READ (op->inputs[SETTINGS]) }, 6,
                    &n, sizeof n, lk_n_groups (n, LK_ELEMENTS_PER_GROUP), error);
}

static const LkOpClass adamw_class = {
  .name = "adamw",
  .run_cpu = adamw_run_cpu,
  .record = adamw_record,
};
