#define G_LOG_DOMAIN "likeness-train"

#include "config.h"

#include <math.h>
#include <string.h>

#include "model/lk-layout.h"
#include "model/lk-noise-schedule.h"
#include "model/lk-unet.h"
#include "ops/lk-ops.h"
#include "train/lk-step.h"

/* ---- forward and backward -------------------------------------------------------------------------------------- */

struct _LkStep
{
  LkModel      *model;          /* owned references */
  LkAdapter    *adapter;
  LkGraph      *graph;          /* owned */
  LkAdapterSet *set;            /* owned */
  LkTensor     *latent, *noise, *input_noise, *noisy_latent, *noisy_noise, *target_noise, *target_latent;
  LkTensor     *features, *context, *vector, *weight, *share;
  LkTensor     *loss, *losses;
  guint         batch, channels, height, width, n_tokens;
  guint         n_batches;        /* 0: forward only */
};

/* noisy = a·latent + b·input_noise goes into the network; what it should say is noise, or v = a·noise - b·latent: c·noise + d·latent. */
static void
build (LkStep   *step,
       LkCheckpoints checkpoints)
{
  const LkUnetArchitecture *unet = &lk_model_get_architecture (step->model)->unet;
  LkGraph *graph = step->graph;
  const gsize n = step->batch;
  const gsize latent_dims[] = { n, step->height, step->width, step->channels };
  LkTensor *noisy, *target, *prediction;

  step->latent = lk_graph_input (graph, LK_DTYPE_F32, 4, latent_dims);
  step->noise = lk_graph_input (graph, LK_DTYPE_F32, 4, latent_dims);
  step->input_noise = lk_graph_input (graph, LK_DTYPE_F32, 4, latent_dims);
  step->noisy_latent = lk_graph_input (graph, LK_DTYPE_F32, 1, &n);
  step->noisy_noise = lk_graph_input (graph, LK_DTYPE_F32, 1, &n);
  step->features = lk_graph_input (graph, LK_DTYPE_F32, 2, (gsize[]) { n, unet->model_channels });
  step->context = lk_graph_input (graph, LK_DTYPE_F32, 3, (gsize[]) { n, step->n_tokens, unet->context });
  if (unet->vector > 0)
    step->vector = lk_graph_input (graph, LK_DTYPE_F32, 2, (gsize[]) { n, unet->vector });
  step->weight = lk_graph_input (graph, LK_DTYPE_F32, 1, &n);

  noisy = lk_mix (graph, step->latent, step->input_noise, step->noisy_latent, step->noisy_noise);
  target = step->noise;
  if (lk_model_get_architecture (step->model)->is_v_prediction)
    {
      step->target_noise = lk_graph_input (graph, LK_DTYPE_F32, 1, &n);
      step->target_latent = lk_graph_input (graph, LK_DTYPE_F32, 1, &n);
      target = lk_mix (graph, step->noise, step->latent, step->target_noise, step->target_latent);
    }

  prediction = lk_unet_build (graph, step->model, noisy, step->features, step->context, step->vector, step->set, checkpoints);
  step->loss = lk_graph_keep (graph, lk_mse_loss (graph, prediction, target, step->weight, &step->losses));
  lk_graph_keep (graph, step->losses);
  if (step->n_batches == 0)
    return;
  step->share = lk_graph_input (graph, LK_DTYPE_F32, 1, (gsize[]) { 1 });
  lk_graph_backward (graph, step->loss, step->share);
}

LkCheckpoints
lk_step_get_checkpoints (const LkTrainSettings *settings)
{
  if (!settings->gradient_checkpointing)
    return LK_CHECKPOINTS_NONE;
  return settings->checkpointed_parts == LK_CHECKPOINTED_FEED_FORWARD ? LK_CHECKPOINTS_FEED_FORWARD : LK_CHECKPOINTS_BLOCKS;
}

/* The graph, with no memory yet. */
static LkStep *
step_new (LkModel   *model,
          LkAdapter *adapter,
          guint      batch,
          guint      height,
          guint      width,
          guint      n_tokens,
          guint      n_batches,
          LkCheckpoints checkpoints)
{
  LkStep *step = g_new0 (LkStep, 1);

  step->model = lk_model_ref (model);
  step->adapter = lk_adapter_ref (adapter);
  step->graph = lk_graph_new (lk_model_get_device (model));
  step->set = lk_adapter_set_new (step->graph);
  step->batch = batch;
  step->channels = lk_model_get_architecture (model)->unet.in_channels;
  step->height = height;
  step->width = width;
  step->n_tokens = n_tokens;
  step->n_batches = n_batches;

  lk_adapter_set_add (step->set, adapter, n_batches > 0);
  build (step, checkpoints);
  return step;
}

void
lk_step_reserve (LkModel   *model,
                 LkAdapter *adapter,
                 guint      batch,
                 guint      height,
                 guint      width,
                 guint      n_tokens,
                 guint      n_batches,
                 LkCheckpoints checkpoints)
{
  g_autoptr (LkStep) step = step_new (model, adapter, batch, height, width, n_tokens, n_batches, checkpoints);

  lk_arena_reserve (lk_model_get_arena (model), step->graph);
}

LkStep *
lk_step_new (LkModel    *model,
             LkAdapter  *adapter,
             guint       batch,
             guint       height,
             guint       width,
             guint       n_tokens,
             guint       n_batches,
             LkCheckpoints checkpoints,
             GError    **error)
{
  g_autoptr (LkStep) step = step_new (model, adapter, batch, height, width, n_tokens, n_batches, checkpoints);
  float share = n_batches > 0 ? 1.f / n_batches : 0;

  lk_graph_set_arena (step->graph, lk_model_get_arena (model));
  if (!lk_graph_compile (step->graph, error)
      || !lk_adapter_set_write_strength (step->set, 0, 1, 1, error)
      || (step->share && !lk_graph_write (step->graph, step->share, &share, error)))
    return NULL;
  return g_steal_pointer (&step);
}

LkStep *
lk_step_new_forward (LkModel    *model,
                     LkAdapter  *adapter,
                     guint       batch,
                     guint       height,
                     guint       width,
                     guint       n_tokens,
                     GError    **error)
{
  return lk_step_new (model, adapter, batch, height, width, n_tokens, 0, LK_CHECKPOINTS_NONE, error);
}

void
lk_step_free (LkStep *step)
{
  g_clear_pointer (&step->set, lk_adapter_set_free);
  g_clear_pointer (&step->graph, lk_graph_free);
  lk_adapter_unref (step->adapter);
  lk_model_unref (step->model);
  g_free (step);
}

/* The noise that each sample gets, and what the network should say. */
static gboolean
write_noise (LkStep          *step,
             const LkSample  *samples,
             GError         **error)
{
  const float *alphas_cumprod = lk_noise_schedule_get_alphas_cumprod ();
  const gsize n_places = (gsize) step->height * step->width, n = n_places * step->channels;
  g_autofree float *latent = g_new (float, step->batch * n), *noise = g_new (float, step->batch * n);
  g_autofree float *input_noise = g_new (float, step->batch * n);
  g_autofree float *a = g_new (float, 3 * step->batch);
  float *b = a + step->batch, *minus_b = b + step->batch;

  for (guint i = 0; i < step->batch; i++)
    {
      lk_layout_transpose (samples[i].latent, latent + i * n, step->channels, n_places, sizeof (float));
      lk_layout_transpose (samples[i].noise, noise + i * n, step->channels, n_places, sizeof (float));
      lk_layout_transpose (samples[i].input_noise ? samples[i].input_noise : samples[i].noise, input_noise + i * n, step->channels, n_places,
                           sizeof (float));
      a[i] = sqrtf (alphas_cumprod[samples[i].timestep]);
      b[i] = sqrtf (1 - alphas_cumprod[samples[i].timestep]);
      minus_b[i] = -b[i];
    }

  return lk_graph_write (step->graph, step->latent, latent, error)
         && lk_graph_write (step->graph, step->noise, noise, error)
         && lk_graph_write (step->graph, step->input_noise, input_noise, error)
         && lk_graph_write (step->graph, step->noisy_latent, a, error)
         && lk_graph_write (step->graph, step->noisy_noise, b, error)
         && (step->target_noise == NULL
             || (lk_graph_write (step->graph, step->target_noise, a, error)
                 && lk_graph_write (step->graph, step->target_latent, minus_b, error)));
}

static gboolean
write_vector (LkStep          *step,
              const LkSample  *samples,
              GError         **error)
{
  guint factor = lk_architecture_get_latent_factor (lk_model_get_architecture (step->model));
  guint n = step->vector ? lk_tensor_get_n_columns (step->vector) : 0;
  g_autofree float *vector = g_new (float, step->batch * (gsize) n);

  if (step->vector == NULL)
    return TRUE;
  for (guint i = 0; i < step->batch; i++)
    {
      const LkSample *sample = &samples[i];
      const float sizes[LK_N_SIZES] = { sample->original_height, sample->original_width, 0, 0, step->height * factor, step->width * factor };

      lk_conditioning_fill_vector (sample->text, sizes, vector + i * (gsize) n);
    }
  return lk_graph_write (step->graph, step->vector, vector, error);
}

static gboolean
write_conditions (LkStep          *step,
                  const LkSample  *samples,
                  GError         **error)
{
  guint n_features = lk_tensor_get_n_columns (step->features);
  gsize n_context = (gsize) step->n_tokens * lk_tensor_get_n_columns (step->context);
  g_autofree float *timesteps = g_new (float, step->batch), *weights = g_new (float, step->batch);
  g_autofree float *features = g_new (float, step->batch * (gsize) n_features);
  g_autofree float *context = g_new (float, step->batch * n_context);

  for (guint i = 0; i < step->batch; i++)
    {
      g_assert (samples[i].text->n_tokens == step->n_tokens);
      timesteps[i] = samples[i].timestep;
      weights[i] = samples[i].weight;
      memcpy (context + i * n_context, samples[i].text->context, n_context * sizeof (float));
    }
  lk_timestep_features (timesteps, step->batch, n_features, features);

  return lk_graph_write (step->graph, step->features, features, error)
         && lk_graph_write (step->graph, step->context, context, error)
         && lk_graph_write (step->graph, step->weight, weights, error)
         && write_vector (step, samples, error);
}

gboolean
lk_step_run (LkStep          *step,
             const LkSample  *samples,
             double          *loss,
             float           *losses,
             GError         **error)
{
  float value;

  if (!write_noise (step, samples, error)
      || !write_conditions (step, samples, error)
      || !lk_graph_run (step->graph, error)
      || !lk_graph_read (step->graph, step->loss, &value, error)
      || !lk_graph_read (step->graph, step->losses, losses, error))
    return FALSE;

  *loss = value;
  return TRUE;
}

/* ---- the optimizer --------------------------------------------------------------------------------------------- */

struct _LkStepOptimizer
{
  LkAdapter *adapter;           /* owned reference */
  LkStorage *moments[2];        /* owned references */
  LkGraph   *graph;             /* owned */
  LkTensor  *settings, *norm;
  double     beta1, beta2, epsilon, weight_decay, max_grad_norm;
};

LkStepOptimizer *
lk_step_optimizer_new (LkAdapter              *adapter,
                       const LkTrainSettings  *settings,
                       GError                **error)
{
  g_autoptr (LkStepOptimizer) optimizer = g_new0 (LkStepOptimizer, 1);
  LkStorage *parameters = lk_adapter_get_storage (adapter);
  LkDevice *device = lk_storage_get_device (parameters);
  gsize n = lk_adapter_get_n_elements (adapter);
  LkTensor *moments[2], *gradient;

  optimizer->adapter = lk_adapter_ref (adapter);
  optimizer->beta1 = settings->adam_beta1;
  optimizer->beta2 = settings->adam_beta2;
  optimizer->epsilon = settings->adam_epsilon;
  optimizer->weight_decay = settings->weight_decay;
  optimizer->max_grad_norm = settings->max_grad_norm;
  optimizer->graph = lk_graph_new (device);
  for (guint i = 0; i < 2; i++)
    {
      optimizer->moments[i] = lk_storage_new (device, LK_DTYPE_F32, n, error);
      if (optimizer->moments[i] == NULL)
        return NULL;
      moments[i] = lk_graph_external (optimizer->graph, optimizer->moments[i], 0, 1, &n);
    }

  gradient = lk_graph_external (optimizer->graph, lk_adapter_get_gradient (adapter), 0, 1, &n);
  optimizer->settings = lk_graph_input (optimizer->graph, LK_DTYPE_F32, 1, (gsize[]) { 8 });
  optimizer->norm = lk_graph_keep (optimizer->graph, lk_norm (optimizer->graph, gradient));
  lk_adamw (optimizer->graph, lk_graph_external (optimizer->graph, parameters, 0, 1, &n), gradient, moments[0], moments[1],
            optimizer->norm, optimizer->settings);
  if (!lk_graph_compile (optimizer->graph, error))
    return NULL;
  return g_steal_pointer (&optimizer);
}

void
lk_step_optimizer_free (LkStepOptimizer *optimizer)
{
  g_clear_pointer (&optimizer->graph, lk_graph_free);
  g_clear_pointer (&optimizer->moments[0], lk_storage_unref);
  g_clear_pointer (&optimizer->moments[1], lk_storage_unref);
  lk_adapter_unref (optimizer->adapter);
  g_free (optimizer);
}

LkStorage *
lk_step_optimizer_get_moment (LkStepOptimizer *optimizer,
                              guint            which)
{
  return optimizer->moments[which - 1];
}

gboolean
lk_step_optimizer_run (LkStepOptimizer  *optimizer,
                       guint             step,
                       double            learning_rate,
                       double           *norm,
                       GError          **error)
{
  const float settings[8] = {
    learning_rate, optimizer->beta1, optimizer->beta2, optimizer->epsilon, optimizer->weight_decay,
    1 - pow (optimizer->beta1, step), 1 - pow (optimizer->beta2, step), optimizer->max_grad_norm,
  };
  float value;

  if (!lk_graph_write (optimizer->graph, optimizer->settings, settings, error)
      || !lk_graph_run (optimizer->graph, error)
      || !lk_graph_read (optimizer->graph, optimizer->norm, &value, error))
    return FALSE;

  *norm = value;
  return TRUE;
}
