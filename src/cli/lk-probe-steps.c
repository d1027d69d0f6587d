/* lk-probe-steps.c: one step of training, and a walk from noise to a latent, on given tensors. See lk-probe.h. */
#define G_LOG_DOMAIN "likeness-cli"

#include "config.h"

#include "cli/lk-probe.h"
#include "generate/lk-denoiser.h"
#include "model/lk-layout.h"
#include "model/lk-noise-schedule.h"
#include "ops/lk-ops.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

/* ---- training ------------------------------------------------------------------------------------------------ */

/* Noises the latents and says what the U-Net is asked to find: the noise, or v. Channels play no part. */
static gboolean
mix_noise (LkProbe      *probe,
           const float  *timesteps,
           gsize         n_samples,
           gsize         n,
           const float  *latent,
           const float  *noise,
           float        *noisy,
           float        *target,
           GError      **error)
{
  const float *alphas_cumprod = lk_noise_schedule_get_alphas_cumprod ();

  for (gsize i = 0; i < n_samples; i++)
    {
      float signal, rest;

      if (!(timesteps[i] >= 0 && timesteps[i] < LK_N_TIMESTEPS))
        {
          g_set_error (error, LK_CHECKPOINT_ERROR, LK_CHECKPOINT_ERROR_MISSHAPEN, _("“train_timestep” must lie between 0 and %d."),
                       LK_N_TIMESTEPS - 1);
          return FALSE;
        }
      signal = sqrtf (alphas_cumprod[(guint) timesteps[i]]);
      rest = sqrtf (1.f - alphas_cumprod[(guint) timesteps[i]]);
      for (gsize j = i * n; j < (i + 1) * n; j++)
        {
          noisy[j] = signal * latent[j] + rest * noise[j];
          target[j] = probe->architecture->is_v_prediction ? signal * noise[j] - rest * latent[j] : noise[j];
        }
    }
  return TRUE;
}

static void
give_gradients (LkProbe     *probe,
                LkAdapter   *adapter,
                const float *gradient)
{
  for (guint i = 0; i < lk_adapter_get_n_modules (adapter); i++)
    {
      const LkAdapterModule *module = lk_adapter_get_module (adapter, i);
      const LkAdapterTarget *target = module->target;
      g_autofree char *down_name = g_strdup_printf ("grad.%s.lora_down.weight", target->name);
      g_autofree char *up_name = g_strdup_printf ("grad.%s.lora_up.weight", target->name);
      gsize points = (gsize) target->kernel * target->kernel;
      const gsize down_dims[] = { module->rank, target->in, target->kernel, target->kernel };
      const gsize up_dims[] = { target->out, module->rank, 1, 1 };
      float *down = g_new (float, module->n_down);

      for (guint j = 0; j < module->rank; j++)
        lk_layout_transpose (gradient + module->down + j * points * target->in, down + j * points * target->in,
                             points, target->in, sizeof (float));
      lk_probe_give (probe, down_name, target->is_conv ? 4 : 2, down_dims, down);
      lk_probe_give (probe, up_name, target->is_conv ? 4 : 2, up_dims, g_memdup2 (gradient + module->up, module->n_up * sizeof (float)));
    }
}

gboolean
lk_probe_training (LkProbe  *probe,
                   GError  **error)
{
  g_autoptr (LkGraph) graph = lk_graph_new (probe->device);
  g_autoptr (LkAdapterSet) set = lk_probe_new_set (probe, graph, TRUE);
  g_auto (LkProbeUnet) unet = { NULL };
  LkAdapter *adapter = g_ptr_array_index (probe->adapters, 0);
  gsize dims[] = { 0, probe->architecture->unet.in_channels, 0, 0 }, n;
  g_autofree float *latent = lk_probe_read_pictures (probe, "train_latent", dims, error);
  g_autofree float *noise = latent != NULL ? lk_probe_read_pictures (probe, "train_noise", dims, error) : NULL;
  g_autofree float *noisy = NULL, *target_values = NULL, *weights = NULL, *gradient = NULL, *loss_value = NULL;
  LkTensor *target, *weight, *loss, *per_sample;

  if (noise == NULL || !lk_probe_build_unet (probe, graph, set, "train_", dims, &unet, error))
    return FALSE;

  target = lk_probe_add_picture_input (graph, dims);
  weight = lk_graph_input (graph, LK_DTYPE_F32, 1, dims);
  loss = lk_graph_keep (graph, lk_mse_loss (graph, unet.eps, target, weight, &per_sample));
  lk_graph_backward (graph, loss, NULL);

  n = dims[1] * dims[2] * dims[3];
  noisy = g_new (float, dims[0] * n);
  target_values = g_new (float, dims[0] * n);
  weights = g_new (float, dims[0]);
  for (gsize i = 0; i < dims[0]; i++)
    weights[i] = 1.f;
  if (!mix_noise (probe, unet.timesteps, dims[0], n, latent, noise, noisy, target_values, error) ||
      !lk_graph_compile (graph, error) || !lk_probe_write_strengths (probe, set, error) || !lk_probe_write_unet (probe, graph, &unet, noisy, error) ||
      !lk_graph_write (graph, target, target_values, error) || !lk_graph_write (graph, weight, weights, error) ||
      !lk_graph_run (graph, error))
    return FALSE;

  loss_value = lk_probe_read_result (graph, loss, error);
  if (loss_value == NULL)
    return FALSE;
  lk_probe_give (probe, "loss", 1, (gsize[]) { 1 }, g_steal_pointer (&loss_value));
  gradient = g_new (float, lk_adapter_get_n_elements (adapter));
  if (!lk_storage_read (lk_adapter_get_gradient (adapter), 0, lk_adapter_get_n_elements (adapter), gradient, error))
    return FALSE;
  give_gradients (probe, adapter, gradient);
  return TRUE;
}

/* ---- sampling ------------------------------------------------------------------------------------------------ */

/* A text's context as the denoiser takes it. */
static LkConditioning *
read_conditioning (LkProbe     *probe,
                   const char  *name,
                   GError     **error)
{
  gsize dims[3] = { 1, 0, probe->architecture->unet.context };
  float *context = lk_probe_read_floats (probe, name, 3, dims, error);
  LkConditioning *conditioning;

  if (context == NULL)
    return NULL;
  conditioning = g_new0 (LkConditioning, 1);
  conditioning->context = context;
  conditioning->n_tokens = (guint) dims[1];
  conditioning->width = (guint) dims[2];
  return conditioning;
}

/* A whole number from a tensor [1]; seeds have 64 bits. */
static gboolean
read_whole (LkProbe     *probe,
            const char  *name,
            gint64      *value,
            GError     **error)
{
  const LkSafeTensor *tensor = lk_probe_require (probe, name, 1, (gsize[]) { 1 }, error);
  gint32 small;

  if (tensor == NULL)
    return FALSE;
  if (tensor->type == LK_SAFE_I64)
    {
      memcpy (value, tensor->data, sizeof *value);
      return TRUE;
    }
  if (!lk_safetensors_read_i32 (probe->in, tensor, 0, 1, &small, error))
    return FALSE;
  *value = small;
  return TRUE;
}

static LkDenoiser *
open_denoiser (LkProbe      *probe,
               const gsize  *dims,
               GError      **error)
{
  g_autoptr (LkConditioning) cond = read_conditioning (probe, "cond", error), uncond = NULL;
  g_autofree float *cfg = NULL;
  g_autoptr (LkDenoiser) denoiser = NULL;

  if (cond == NULL)
    return NULL;
  uncond = read_conditioning (probe, "uncond", error);
  cfg = uncond != NULL ? lk_probe_read_floats (probe, "cfg", 1, (gsize[]) { 1 }, error) : NULL;
  if (cfg == NULL || !lk_model_load (probe->model, LK_PART_UNET, NULL, NULL, NULL, error))
    return NULL;

  denoiser = lk_denoiser_new (probe->model, (LkAdapter **) probe->adapters->pdata, probe->adapters->len, (guint) dims[2], (guint) dims[3],
                              MAX (cond->n_tokens, uncond->n_tokens), TRUE, error);
  if (denoiser == NULL || !lk_denoiser_set_conditioning (denoiser, cond, uncond, *cfg, error))
    return NULL;
  for (guint i = 0; i < probe->adapters->len; i++)
    if (!lk_denoiser_set_strength (denoiser, i, g_array_index (probe->strengths, double, i), error))
      return NULL;
  return g_steal_pointer (&denoiser);
}

gboolean
lk_probe_sampling (LkProbe  *probe,
                   GError  **error)
{
  gsize dims[4] = { 1, probe->architecture->unet.in_channels, 0, 0 };
  g_autofree float *x = lk_probe_read_floats (probe, "noise", 4, dims, error), *sigmas = NULL;
  g_autoptr (LkDenoiser) denoiser = NULL;
  const LkSigmaTable *table;
  LkSampler sampler = LK_SAMPLER_EULER;
  LkScheduler scheduler = LK_SCHEDULER_NORMAL;
  gint64 n_steps, seed = 0;
  gsize n;
  guint n_sigmas;

  if (x == NULL || !read_whole (probe, "steps", &n_steps, error) || (lk_probe_has (probe, "seed") && !read_whole (probe, "seed", &seed, error)) ||
      (probe->sampler != NULL && !lk_sampler_from_name (probe->sampler, &sampler, error)) ||
      (probe->scheduler != NULL && !lk_scheduler_from_name (probe->scheduler, &scheduler, error)))
    return FALSE;
  denoiser = open_denoiser (probe, dims, error);
  if (denoiser == NULL)
    return FALSE;

  n = dims[1] * dims[2] * dims[3];
  table = lk_denoiser_get_sigma_table (denoiser);
  sigmas = lk_sampler_get_sigmas (sampler, scheduler, table, (guint) CLAMP (n_steps, 0, G_MAXINT32), &n_sigmas, error);
  if (sigmas == NULL)
    return FALSE;
  lk_sampler_scale_noise (table, sigmas[0], x, n);
  lk_probe_give (probe, "start", 4, dims, g_memdup2 (x, n * sizeof (float)));
  if (!lk_sampler_run (sampler, sigmas, n_sigmas, x, n, (guint64) seed, lk_denoiser_denoise, denoiser, NULL, NULL, error))
    return FALSE;
  lk_probe_give (probe, "sigmas", 1, (gsize[]) { n_sigmas }, g_steal_pointer (&sigmas));
  lk_probe_give (probe, "latent", 4, dims, g_steal_pointer (&x));
  return TRUE;
}
