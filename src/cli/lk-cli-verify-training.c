/* lk-cli-verify-training.c: a few steps of training on the starter model, from fixed noise, timesteps and texts. */
#define G_LOG_DOMAIN "likeness-cli"

#include "config.h"

#include "base/lk-file.h"
#include "cli/lk-cli-verify-ops.h"
#include "train/lk-step.h"

#include <glib/gi18n.h>

#define N_STEPS 8
#define BATCH 2
#define SIDE 24
#define N_TOKENS 77
#define RANK 8
#define LEARNING_RATE 1e-3

static void
fill (GRand *random,
      float *values,
      gsize  n)
{
  for (gsize i = 0; i < n; i++)
    values[i] = (float) g_rand_double_range (random, -1.7, 1.7);
}

/* Runs all steps; `losses` [N_STEPS]. */
static gboolean
train (LkModel      *model,
       LkAdapter    *adapter,
       float        *losses,
       LkVerifyFunc  func,
       gpointer      data,
       GError      **error)
{
  const LkUnetArchitecture *unet = &lk_model_get_architecture (model)->unet;
  gsize n = (gsize) unet->in_channels * SIDE * SIDE;
  g_autofree float *latents = g_new (float, n), *noise = g_new (float, BATCH * n), *context = g_new (float, N_TOKENS * unet->context);
  LkConditioning text = { .n_tokens = N_TOKENS, .width = unet->context, .context = context };
  g_autoptr (LkTrainSettings) settings = lk_train_settings_new ();
  g_autoptr (GRand) random = g_rand_new_with_seed (1);
  g_autoptr (LkStepOptimizer) optimizer = lk_step_optimizer_new (adapter, settings, error);
  g_autoptr (LkStep) step = optimizer == NULL ? NULL : lk_step_new (model, adapter, BATCH, SIDE, SIDE, N_TOKENS, 1, LK_CHECKPOINTS_NONE, error);

  if (step == NULL)
    return FALSE;

  fill (random, latents, n);
  fill (random, context, N_TOKENS * unet->context);
  for (guint i = 0; i < N_STEPS; i++)
    {
      LkSample samples[BATCH];
      float sample_losses[BATCH];
      double loss, norm;

      func (_("training"), i, N_STEPS, data);
      fill (random, noise, BATCH * n);
      for (guint j = 0; j < BATCH; j++)
        samples[j] = (LkSample) {
          .latent = latents, .noise = noise + j * n, .text = &text, .weight = 1.f, .timestep = (guint) g_rand_int_range (random, 0, 1000),
        };
      if (!lk_step_run (step, samples, &loss, sample_losses, error) ||
          !lk_step_optimizer_run (optimizer, i + 1, LEARNING_RATE, &norm, error))
        return FALSE;
      losses[i] = (float) loss;
    }
  func (NULL, N_STEPS, N_STEPS, data);
  return TRUE;
}

gboolean
lk_verify_training (LkDevice      *device,
                    GPtrArray     *arrays,
                    LkVerifyFunc   func,
                    gpointer       data,
                    GError       **error)
{
  const LkAdapterSettings settings = { .rank = RANK, .alpha = RANK, .seed = 1, .parts = LK_PART_UNET };
  g_autofree char *path = lk_data_path ("starter/starter-base.safetensors");
  g_autofree float *losses = g_new (float, N_STEPS);
  g_autoptr (LkCheckpoint) checkpoint = lk_checkpoint_open (path, error);
  g_autoptr (LkAdapter) adapter = NULL;
  g_autoptr (LkModel) model = NULL;
  float *lora;
  gsize n;

  if (checkpoint == NULL)
    return FALSE;
  model = lk_model_new (device, checkpoint);
  if (!lk_model_load (model, LK_PART_UNET, NULL, NULL, NULL, error))
    return FALSE;
  adapter = lk_adapter_new (device, checkpoint, &settings, error);
  if (adapter == NULL || !train (model, adapter, losses, func, data, error))
    return FALSE;

  lk_verify_add_array (arrays, g_strdup ("losses of a training run"), g_steal_pointer (&losses), N_STEPS, TRUE);

  /* A mean hides much; what the steps made of the LoRA does not. */
  n = lk_adapter_get_n_elements (adapter);
  lora = g_new (float, n);
  lk_verify_add_array (arrays, g_strdup ("LoRA of a training run"), lora, n, TRUE);
  return lk_storage_read (lk_adapter_get_storage (adapter), 0, n, lora, error);
}
