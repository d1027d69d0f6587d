/* lk-cli-probe.c: runs single parts of a model on given tensors and writes what comes out, for parity tests.
 *
 * Which parts run follows from the names of the tensors in --in (see `description`). Files keep channels first, the engine last:
 * pictures are turned on both ways.
 */
#define G_LOG_DOMAIN "likeness-cli"

#include "config.h"

#include "cli/lk-cli-commands.h"
#include "generate/lk-denoiser.h"
#include "model/lk-layout.h"
#include "model/lk-noise-schedule.h"
#include "model/lk-text-encoder.h"
#include "model/lk-unet.h"
#include "model/lk-vae.h"
#include "ops/lk-ops.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

static char *base_option, *in_option, *out_option, *device_option, *precision_option, *sampler_option, *scheduler_option;
static char **lora_option;

static const GOptionEntry options[] = {
  { "base", 0, 0, G_OPTION_ARG_FILENAME, &base_option, N_("The base model"), N_("FILE") },
  { "lora", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &lora_option, N_("A LoRA, with its strength (1); may be given again"), N_("FILE[:STRENGTH]") },
  { "in", 0, 0, G_OPTION_ARG_FILENAME, &in_option, N_("The tensors to begin with"), N_("FILE") },
  { "out", 0, 0, G_OPTION_ARG_FILENAME, &out_option, N_("Where the results go"), N_("FILE") },
  { "device", 0, 0, G_OPTION_ARG_STRING, &device_option, N_("auto, cpu, vulkan or vulkan:N"), N_("DEVICE") },
  { "precision", 0, 0, G_OPTION_ARG_STRING, &precision_option, N_("fp32 or fp16"), N_("PRECISION") },
  { "sampler", 0, 0, G_OPTION_ARG_STRING, &sampler_option, N_("How noise becomes a latent (euler)"), N_("SAMPLER") },
  { "scheduler", 0, 0, G_OPTION_ARG_STRING, &scheduler_option, N_("Over which noise levels (normal)"), N_("SCHEDULER") },
  G_OPTION_ENTRY_NULL
};

/* All that a run has open. */
typedef struct
{
  LkDevice            *device;
  LkModel             *model;
  const LkArchitecture *architecture;
  LkSafetensors       *in;
  GPtrArray           *adapters;        /* of LkAdapter */
  GArray              *strengths;       /* of double */
  LkSafetensorsWriter *out;
  GPtrArray           *arrays;          /* what `out` points to */
  cJSON               *results;         /* names and shapes, for --json */
} Probe;

static void
probe_clear (Probe *probe)
{
  g_clear_pointer (&probe->out, lk_safetensors_writer_free);
  g_clear_pointer (&probe->arrays, g_ptr_array_unref);
  g_clear_pointer (&probe->adapters, g_ptr_array_unref);
  g_clear_pointer (&probe->strengths, g_array_unref);
  g_clear_pointer (&probe->in, lk_safetensors_unref);
  g_clear_pointer (&probe->model, lk_model_unref);
  g_clear_pointer (&probe->device, lk_device_unref);
  g_clear_pointer (&probe->results, cJSON_Delete);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Probe, probe_clear)

/* ---- tensors in and out -------------------------------------------------------------------------------------- */

static gboolean
has (Probe      *probe,
     const char *name)
{
  return lk_safetensors_find (probe->in, name) != NULL;
}

/* The tensor of that name. Its shape must be `dims`; a 0 there is filled with what the file has. */
static const LkSafeTensor *
require (Probe       *probe,
         const char  *name,
         guint        n_dims,
         gsize       *dims,
         GError     **error)
{
  const LkSafeTensor *tensor = lk_safetensors_require (probe->in, name, error);
  gboolean fits;

  if (tensor == NULL)
    return NULL;

  fits = tensor->n_dims == n_dims;
  for (guint i = 0; fits && i < n_dims; i++)
    {
      if (dims[i] == 0)
        dims[i] = tensor->dims[i];
      fits = tensor->dims[i] == dims[i] && dims[i] > 0;
    }
  if (fits)
    return tensor;

  g_autoptr (GString) wanted = g_string_new (NULL);
  for (guint i = 0; i < n_dims; i++)
    g_string_append_printf (wanted, dims[i] == 0 ? "%sN" : "%s%" G_GSIZE_FORMAT, i == 0 ? "" : ", ", dims[i]);
  g_set_error (error, LK_CHECKPOINT_ERROR, LK_CHECKPOINT_ERROR_MISSHAPEN, _("The tensor “%s” must have the shape [%s]."), name, wanted->str);
  return NULL;
}

static float *
read_floats (Probe       *probe,
             const char  *name,
             guint        n_dims,
             gsize       *dims,
             GError     **error)
{
  const LkSafeTensor *tensor = require (probe, name, n_dims, dims, error);
  g_autofree float *values = tensor != NULL ? g_new (float, tensor->n_elements) : NULL;

  if (tensor == NULL || !lk_safetensors_read_f32 (probe->in, tensor, 0, tensor->n_elements, values, error))
    return NULL;
  return g_steal_pointer (&values);
}

/* Pictures [B,C,H,W] as [B,H,W,C]; `dims` stays the file's. */
static float *
read_pictures (Probe       *probe,
               const char  *name,
               gsize       *dims,
               GError     **error)
{
  g_autofree float *values = read_floats (probe, name, 4, dims, error);
  gsize n = dims[1] * dims[2] * dims[3];
  float *turned;

  if (values == NULL)
    return NULL;
  turned = g_new (float, dims[0] * n);
  for (gsize i = 0; i < dims[0]; i++)
    lk_layout_transpose (values + i * n, turned + i * n, dims[1], dims[2] * dims[3], sizeof (float));
  return turned;
}

/* Takes `values`. */
static void
give (Probe       *probe,
      const char  *name,
      guint        n_dims,
      const gsize *dims,
      float       *values)
{
  cJSON *shape = cJSON_AddArrayToObject (probe->results, name);

  for (guint i = 0; i < n_dims; i++)
    cJSON_AddItemToArray (shape, cJSON_CreateNumber ((double) dims[i]));
  g_ptr_array_add (probe->arrays, values);
  lk_safetensors_writer_add (probe->out, name, LK_SAFE_F32, n_dims, dims, values);
}

/* Columns `first` to `first + c` of `values` [B,h,w,columns] as [B,c,h,w]. */
static void
give_pictures (Probe       *probe,
               const char  *name,
               const float *values,
               gsize        columns,
               gsize        first,
               const gsize *dims)
{
  gsize places = dims[2] * dims[3];
  float *turned = g_new (float, dims[0] * dims[1] * places);

  for (gsize b = 0; b < dims[0]; b++)
    for (gsize c = 0; c < dims[1]; c++)
      for (gsize i = 0; i < places; i++)
        turned[(b * dims[1] + c) * places + i] = values[(b * places + i) * columns + first + c];
  give (probe, name, 4, dims, turned);
}

/* ---- graphs -------------------------------------------------------------------------------------------------- */

static LkAdapterSet *
new_set (Probe    *probe,
         LkGraph  *graph,
         gboolean  train)
{
  LkAdapterSet *set = lk_adapter_set_new (graph);

  for (guint i = 0; i < probe->adapters->len; i++)
    lk_adapter_set_add (set, g_ptr_array_index (probe->adapters, i), train);
  return set;
}

static gboolean
write_strengths (Probe         *probe,
                 LkAdapterSet  *set,
                 GError       **error)
{
  for (guint i = 0; i < probe->adapters->len; i++)
    {
      double strength = g_array_index (probe->strengths, double, i);

      if (!lk_adapter_set_write_strength (set, i, strength, strength, error))
        return FALSE;
    }
  return TRUE;
}

static LkTensor *
add_picture_input (LkGraph     *graph,
                   const gsize *file_dims)
{
  return lk_graph_input (graph, LK_DTYPE_F32, 4, (gsize[]) { file_dims[0], file_dims[2], file_dims[3], file_dims[1] });
}

static float *
read_result (LkGraph   *graph,
             LkTensor  *tensor,
             GError   **error)
{
  g_autofree float *values = g_new (float, lk_tensor_get_n_elements (tensor));

  return lk_graph_read (graph, tensor, values, error) ? g_steal_pointer (&values) : NULL;
}

/* ---- text ---------------------------------------------------------------------------------------------------- */

static gint32 *
read_tokens (Probe       *probe,
             const char  *name,
             guint        encoder,
             gsize       *dims,
             GError     **error)
{
  const LkTextArchitecture *text = &probe->architecture->text[encoder];
  const LkSafeTensor *tensor = require (probe, name, 2, dims, error);
  g_autofree gint32 *ids = tensor != NULL ? g_new (gint32, tensor->n_elements) : NULL;

  if (tensor == NULL || !lk_safetensors_read_i32 (probe->in, tensor, 0, tensor->n_elements, ids, error))
    return NULL;
  if (dims[1] > text->n_positions)
    {
      g_set_error (error, LK_CHECKPOINT_ERROR, LK_CHECKPOINT_ERROR_MISSHAPEN,
                   _("“%s” has %zu tokens; the text encoder takes %u."), name, dims[1], text->n_positions);
      return NULL;
    }
  for (gsize i = 0; i < tensor->n_elements; i++)
    if (ids[i] < 0 || (guint) ids[i] >= text->vocabulary)
      {
        g_set_error (error, LK_CHECKPOINT_ERROR, LK_CHECKPOINT_ERROR_MISSHAPEN,
                     _("“%s” has the token %d; the vocabulary has %u."), name, ids[i], text->vocabulary);
        return NULL;
      }
  return g_steal_pointer (&ids);
}

/* The pooled vectors: each prompt's row of `states` [B,T,P] where its first EOS stands. */
static void
give_pooled (Probe        *probe,
             const float  *states,
             const gint32 *ids,
             const gsize  *dims)
{
  const LkTextArchitecture *text = &probe->architecture->text[1];
  gsize n = text->projection;
  float *pooled = g_new (float, dims[0] * n);

  for (gsize i = 0; i < dims[0]; i++)
    {
      guint place = lk_text_find_eos (text, ids + i * dims[1], (guint) dims[1]);

      memcpy (pooled + i * n, states + (i * dims[1] + place) * n, n * sizeof (float));
    }
  give (probe, "pooled", 2, (gsize[]) { dims[0], n }, pooled);
}

static gboolean
probe_text (Probe   *probe,
            GError **error)
{
  gboolean has_second = probe->architecture->n_text_encoders == 2;
  g_autoptr (LkGraph) graph = lk_graph_new (probe->device);
  g_autoptr (LkAdapterSet) set = new_set (probe, graph, FALSE);
  gsize dims[2] = { 0, 0 };
  g_autofree gint32 *ids_1 = read_tokens (probe, "tokens_1", 0, dims, error), *ids_2 = NULL;
  g_autofree float *context_values = NULL, *pooled_values = NULL;
  LkTensor *tokens_1, *tokens_2 = NULL, *context, *pooled = NULL;

  if (ids_1 == NULL || !lk_model_load (probe->model, LK_PART_TEXT, NULL, NULL, NULL, error))
    return FALSE;
  if (has_second)
    {
      ids_2 = read_tokens (probe, "tokens_2", 1, dims, error);
      if (ids_2 == NULL)
        return FALSE;
      tokens_2 = lk_graph_input (graph, LK_DTYPE_I32, 2, dims);
    }
  tokens_1 = lk_graph_input (graph, LK_DTYPE_I32, 2, dims);

  context = lk_graph_keep (graph, lk_text_encoder_build (graph, probe->model, tokens_1, tokens_2, 0, set, has_second ? &pooled : NULL));
  if (has_second)
    lk_graph_keep (graph, pooled);

  if (!lk_graph_compile (graph, error) || !write_strengths (probe, set, error) ||
      !lk_graph_write (graph, tokens_1, ids_1, error) || (has_second && !lk_graph_write (graph, tokens_2, ids_2, error)) ||
      !lk_graph_run (graph, error))
    return FALSE;

  context_values = read_result (graph, context, error);
  if (context_values == NULL)
    return FALSE;
  give (probe, "context", 3, (gsize[]) { dims[0], dims[1], lk_tensor_get_n_columns (context) }, g_steal_pointer (&context_values));
  if (has_second)
    {
      pooled_values = read_result (graph, pooled, error);
      if (pooled_values == NULL)
        return FALSE;
      give_pooled (probe, pooled_values, ids_2, dims);
    }
  return TRUE;
}

/* ---- U-Net --------------------------------------------------------------------------------------------------- */

/* The U-Net with its inputs beside the latent. */
typedef struct
{
  LkTensor *latent, *features, *context, *vector, *eps;
  float    *timesteps, *context_values, *vector_values;     /* owned */
  gsize     n_samples;
} Unet;

static void
unet_clear (Unet *unet)
{
  g_free (unet->timesteps);
  g_free (unet->context_values);
  g_free (unet->vector_values);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Unet, unet_clear)

/* Reads PREFIXtimestep, PREFIXcontext and PREFIXvector and appends the U-Net for latents of `dims`. */
static gboolean
build_unet (Probe         *probe,
            LkGraph       *graph,
            LkAdapterSet  *set,
            const char    *prefix,
            const gsize   *dims,
            Unet          *unet,
            GError       **error)
{
  const LkUnetArchitecture *architecture = &probe->architecture->unet;
  g_autofree char *timestep_name = g_strconcat (prefix, "timestep", NULL), *context_name = g_strconcat (prefix, "context", NULL);
  g_autofree char *vector_name = g_strconcat (prefix, "vector", NULL);
  gsize context_dims[] = { dims[0], 0, architecture->context }, vector_dims[] = { dims[0], architecture->vector };

  unet->n_samples = dims[0];
  unet->timesteps = read_floats (probe, timestep_name, 1, (gsize[]) { dims[0] }, error);
  if (unet->timesteps == NULL)
    return FALSE;
  unet->context_values = read_floats (probe, context_name, 3, context_dims, error);
  if (unet->context_values == NULL)
    return FALSE;
  if (architecture->vector != 0)
    {
      unet->vector_values = read_floats (probe, vector_name, 2, vector_dims, error);
      if (unet->vector_values == NULL)
        return FALSE;
      unet->vector = lk_graph_input (graph, LK_DTYPE_F32, 2, vector_dims);
    }
  if (!lk_model_load (probe->model, LK_PART_UNET, NULL, NULL, NULL, error))
    return FALSE;

  unet->latent = add_picture_input (graph, dims);
  unet->features = lk_graph_input (graph, LK_DTYPE_F32, 2, (gsize[]) { dims[0], architecture->model_channels });
  unet->context = lk_graph_input (graph, LK_DTYPE_F32, 3, context_dims);
  unet->eps = lk_graph_keep (graph, lk_unet_build (graph, probe->model, unet->latent, unet->features, unet->context, unet->vector,
                                                   set, FALSE));
  return TRUE;
}

static gboolean
write_unet (Probe        *probe,
            LkGraph      *graph,
            Unet         *unet,
            const float  *latent,
            GError      **error)
{
  guint width = probe->architecture->unet.model_channels;
  g_autofree float *features = g_new (float, unet->n_samples * width);

  lk_timestep_features (unet->timesteps, unet->n_samples, width, features);
  return lk_graph_write (graph, unet->latent, latent, error) &&
         lk_graph_write (graph, unet->features, features, error) &&
         lk_graph_write (graph, unet->context, unet->context_values, error) &&
         (unet->vector == NULL || lk_graph_write (graph, unet->vector, unet->vector_values, error));
}

static gboolean
probe_unet (Probe   *probe,
            GError **error)
{
  g_autoptr (LkGraph) graph = lk_graph_new (probe->device);
  g_autoptr (LkAdapterSet) set = new_set (probe, graph, FALSE);
  g_auto (Unet) unet = { NULL };
  gsize channels = probe->architecture->unet.in_channels, dims[] = { 0, channels, 0, 0 };
  g_autofree float *latent = read_pictures (probe, "latent", dims, error);
  g_autofree float *eps = NULL;

  if (latent == NULL || !build_unet (probe, graph, set, "", dims, &unet, error) || !lk_graph_compile (graph, error) ||
      !write_strengths (probe, set, error) || !write_unet (probe, graph, &unet, latent, error) || !lk_graph_run (graph, error))
    return FALSE;
  eps = read_result (graph, unet.eps, error);
  if (eps == NULL)
    return FALSE;
  give_pictures (probe, "eps", eps, channels, 0, dims);
  return TRUE;
}

/* ---- autoencoder --------------------------------------------------------------------------------------------- */

static gboolean
probe_encoder (Probe   *probe,
               GError **error)
{
  guint factor = lk_architecture_get_latent_factor (probe->architecture), channels = probe->architecture->vae.latent_channels;
  g_autoptr (LkGraph) graph = lk_graph_new (probe->device);
  gsize dims[] = { 0, 3, 0, 0 };
  g_autofree float *image_values = read_pictures (probe, "image", dims, error), *moments_values = NULL;
  LkTensor *image, *moments;

  if (image_values == NULL || !lk_model_load (probe->model, LK_PART_VAE, NULL, NULL, NULL, error))
    return FALSE;
  if (dims[2] % factor != 0 || dims[3] % factor != 0)
    {
      g_set_error (error, LK_CHECKPOINT_ERROR, LK_CHECKPOINT_ERROR_MISSHAPEN, _("The sides of “image” must be multiples of %u."), factor);
      return FALSE;
    }

  image = add_picture_input (graph, dims);
  moments = lk_graph_keep (graph, lk_vae_build_encoder (graph, probe->model, image));
  if (!lk_graph_compile (graph, error) || !lk_graph_write (graph, image, image_values, error) || !lk_graph_run (graph, error))
    return FALSE;
  moments_values = read_result (graph, moments, error);
  if (moments_values == NULL)
    return FALSE;

  for (gsize i = 0; i < lk_tensor_get_n_rows (moments); i++)
    for (gsize j = channels; j < 2 * channels; j++)
      moments_values[i * 2 * channels + j] = CLAMP (moments_values[i * 2 * channels + j], -30.f, 20.f);
  dims[1] = channels;
  dims[2] /= factor;
  dims[3] /= factor;
  give_pictures (probe, "latent_mean", moments_values, 2 * channels, 0, dims);
  give_pictures (probe, "latent_logvar", moments_values, 2 * channels, channels, dims);
  return TRUE;
}

static gboolean
probe_decoder (Probe   *probe,
               GError **error)
{
  guint factor = lk_architecture_get_latent_factor (probe->architecture);
  g_autoptr (LkGraph) graph = lk_graph_new (probe->device);
  gsize dims[] = { 0, probe->architecture->vae.latent_channels, 0, 0 };
  g_autofree float *z_values = read_pictures (probe, "z", dims, error), *image_values = NULL;
  LkTensor *z, *image;

  if (z_values == NULL || !lk_model_load (probe->model, LK_PART_VAE, NULL, NULL, NULL, error))
    return FALSE;

  z = add_picture_input (graph, dims);
  image = lk_graph_keep (graph, lk_vae_build_decoder (graph, probe->model, z));
  if (!lk_graph_compile (graph, error) || !lk_graph_write (graph, z, z_values, error) || !lk_graph_run (graph, error))
    return FALSE;
  image_values = read_result (graph, image, error);
  if (image_values == NULL)
    return FALSE;
  give_pictures (probe, "decoded", image_values, 3, 0, (gsize[]) { dims[0], 3, dims[2] * factor, dims[3] * factor });
  return TRUE;
}

/* ---- training ------------------------------------------------------------------------------------------------ */

/* Noises the latents and says what the U-Net is asked to find: the noise, or v. Channels play no part. */
static gboolean
mix_noise (Probe        *probe,
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
give_gradients (Probe       *probe,
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
      give (probe, down_name, target->is_conv ? 4 : 2, down_dims, down);
      give (probe, up_name, target->is_conv ? 4 : 2, up_dims, g_memdup2 (gradient + module->up, module->n_up * sizeof (float)));
    }
}

static gboolean
probe_training (Probe   *probe,
                GError **error)
{
  g_autoptr (LkGraph) graph = lk_graph_new (probe->device);
  g_autoptr (LkAdapterSet) set = new_set (probe, graph, TRUE);
  g_auto (Unet) unet = { NULL };
  LkAdapter *adapter = g_ptr_array_index (probe->adapters, 0);
  gsize dims[] = { 0, probe->architecture->unet.in_channels, 0, 0 }, n;
  g_autofree float *latent = read_pictures (probe, "train_latent", dims, error);
  g_autofree float *noise = latent != NULL ? read_pictures (probe, "train_noise", dims, error) : NULL;
  g_autofree float *noisy = NULL, *target_values = NULL, *weights = NULL, *gradient = NULL, *loss_value = NULL;
  LkTensor *target, *weight, *loss, *per_sample;

  if (noise == NULL || !build_unet (probe, graph, set, "train_", dims, &unet, error))
    return FALSE;

  target = add_picture_input (graph, dims);
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
      !lk_graph_compile (graph, error) || !write_strengths (probe, set, error) || !write_unet (probe, graph, &unet, noisy, error) ||
      !lk_graph_write (graph, target, target_values, error) || !lk_graph_write (graph, weight, weights, error) ||
      !lk_graph_run (graph, error))
    return FALSE;

  loss_value = read_result (graph, loss, error);
  if (loss_value == NULL)
    return FALSE;
  give (probe, "loss", 1, (gsize[]) { 1 }, g_steal_pointer (&loss_value));
  gradient = g_new (float, lk_adapter_get_n_elements (adapter));
  if (!lk_storage_read (lk_adapter_get_gradient (adapter), 0, lk_adapter_get_n_elements (adapter), gradient, error))
    return FALSE;
  give_gradients (probe, adapter, gradient);
  return TRUE;
}

/* ---- sampling ------------------------------------------------------------------------------------------------ */

/* A text's context as the denoiser takes it. */
static LkConditioning *
read_conditioning (Probe       *probe,
                   const char  *name,
                   GError     **error)
{
  gsize dims[3] = { 1, 0, probe->architecture->unet.context };
  float *context = read_floats (probe, name, 3, dims, error);
  LkConditioning *conditioning;

  if (context == NULL)
    return NULL;
  conditioning = g_new0 (LkConditioning, 1);
  conditioning->context = context;
  conditioning->n_tokens = (guint) dims[1];
  conditioning->width = (guint) dims[2];
  return conditioning;
}

/* A whole number from a tensor [1]. */
static gboolean
read_whole (Probe       *probe,
            const char  *name,
            gint32      *value,
            GError     **error)
{
  const LkSafeTensor *tensor = require (probe, name, 1, (gsize[]) { 1 }, error);

  return tensor != NULL && lk_safetensors_read_i32 (probe->in, tensor, 0, 1, value, error);
}

static LkDenoiser *
open_denoiser (Probe        *probe,
               const gsize  *dims,
               GError      **error)
{
  g_autoptr (LkConditioning) cond = read_conditioning (probe, "cond", error), uncond = NULL;
  g_autofree float *cfg = NULL;
  g_autoptr (LkDenoiser) denoiser = NULL;

  if (cond == NULL)
    return NULL;
  uncond = read_conditioning (probe, "uncond", error);
  cfg = uncond != NULL ? read_floats (probe, "cfg", 1, (gsize[]) { 1 }, error) : NULL;
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

static gboolean
probe_sampling (Probe   *probe,
                GError **error)
{
  gsize dims[4] = { 1, probe->architecture->unet.in_channels, 0, 0 };
  g_autofree float *x = read_floats (probe, "noise", 4, dims, error), *sigmas = NULL;
  g_autoptr (LkDenoiser) denoiser = NULL;
  const LkSigmaTable *table;
  LkSampler sampler = LK_SAMPLER_EULER;
  LkScheduler scheduler = LK_SCHEDULER_NORMAL;
  gint32 n_steps, seed = 0;
  gsize n;
  guint n_sigmas;

  if (x == NULL || !read_whole (probe, "steps", &n_steps, error) || (has (probe, "seed") && !read_whole (probe, "seed", &seed, error)) ||
      (sampler_option != NULL && !lk_sampler_from_name (sampler_option, &sampler, error)) ||
      (scheduler_option != NULL && !lk_scheduler_from_name (scheduler_option, &scheduler, error)))
    return FALSE;
  denoiser = open_denoiser (probe, dims, error);
  if (denoiser == NULL)
    return FALSE;

  n = dims[1] * dims[2] * dims[3];
  table = lk_denoiser_get_sigma_table (denoiser);
  sigmas = lk_sampler_get_sigmas (sampler, scheduler, table, (guint) MAX (n_steps, 0), &n_sigmas, error);
  if (sigmas == NULL)
    return FALSE;
  lk_sampler_scale_noise (table, sigmas[0], x, n);
  give (probe, "start", 4, dims, g_memdup2 (x, n * sizeof (float)));
  if (!lk_sampler_run (sampler, sigmas, n_sigmas, x, n, (guint64) seed, lk_denoiser_denoise, denoiser, NULL, NULL, error))
    return FALSE;
  give (probe, "sigmas", 1, (gsize[]) { n_sigmas }, g_steal_pointer (&sigmas));
  give (probe, "latent", 4, dims, g_steal_pointer (&x));
  return TRUE;
}

/* ---- the command --------------------------------------------------------------------------------------------- */

/* "FILE:0.8" to its two parts; without a strength it is 1. */
static char *
split_strength (const char *words,
                double     *strength)
{
  const char *colon = strrchr (words, ':');
  char *end;

  *strength = 1.;
  if (colon == NULL || colon[1] == '\0')
    return g_strdup (words);
  *strength = g_ascii_strtod (colon + 1, &end);
  if (*end == '\0' && isfinite (*strength))
    return g_strndup (words, (gsize) (colon - words));
  *strength = 1.;
  return g_strdup (words);
}

static gboolean
open_adapters (Probe    *probe,
               LkCli    *cli,
               gboolean  trainable,
               GError  **error)
{
  for (guint i = 0; lora_option != NULL && lora_option[i] != NULL; i++)
    {
      double strength;
      g_autofree char *path = split_strength (lora_option[i], &strength), *note = NULL;
      LkAdapter *adapter = lk_adapter_load (probe->device, lk_model_get_checkpoint (probe->model), path, trainable, &note, error);

      if (adapter == NULL)
        return FALSE;
      if (note != NULL)
        lk_cli_note (cli, "%s", note);
      g_ptr_array_add (probe->adapters, adapter);
      g_array_append_val (probe->strengths, strength);
    }
  return TRUE;
}

static gboolean
check_usage (GError **error)
{
  if (base_option == NULL || in_option == NULL || out_option == NULL)
    g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, _("--base, --in and --out must all be given"));
  else if (precision_option != NULL && strcmp (precision_option, "fp32") != 0)
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, _("“%s” is no precision that this device computes in; fp32 is"), precision_option);
  else
    return TRUE;
  return FALSE;
}

static gboolean
open_all (Probe    *probe,
          LkCli    *cli,
          GError  **error)
{
  g_autoptr (LkCheckpoint) checkpoint = NULL;

  probe->arrays = g_ptr_array_new_with_free_func (g_free);
  probe->adapters = g_ptr_array_new_with_free_func ((GDestroyNotify) lk_adapter_unref);
  probe->strengths = g_array_new (FALSE, FALSE, sizeof (double));
  probe->results = cJSON_CreateObject ();
  probe->out = lk_safetensors_writer_new ();

  checkpoint = lk_checkpoint_open (base_option, error);
  if (checkpoint == NULL)
    return FALSE;
  probe->architecture = lk_checkpoint_get_architecture (checkpoint);
  probe->in = lk_safetensors_open (in_option, error);
  if (probe->in == NULL)
    return FALSE;
  probe->device = lk_device_open (device_option != NULL ? device_option : "auto", 0, error);
  if (probe->device == NULL)
    return FALSE;
  probe->model = lk_model_new (probe->device, checkpoint);
  return open_adapters (probe, cli, has (probe, "train_latent"), error);
}

static gboolean
compute (Probe   *probe,
         GError **error)
{
  static const struct { const char *name; gboolean (*run) (Probe *, GError **); } parts[] = {
    { "tokens_1", probe_text }, { "latent", probe_unet }, { "image", probe_encoder }, { "z", probe_decoder }, { "train_latent", probe_training },
    { "cond", probe_sampling },
  };

  if (has (probe, "train_latent") && probe->adapters->len != 1)
    {
      g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, _("Gradients are those of one LoRA: give one --lora"));
      return FALSE;
    }
  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    if (has (probe, parts[i].name) && !parts[i].run (probe, error))
      return FALSE;

  if (probe->arrays->len == 0)
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, _("“%s” holds none of the tensors to begin with"), in_option);
      return FALSE;
    }
  return TRUE;
}

static LkCliStatus
run (LkCli   *cli,
     int      n_args,
     char   **args,
     GError **error)
{
  g_auto (Probe) probe = { NULL };
  LkGpu *gpu;
  g_autofree char *tier = NULL;
  cJSON *json;

  if (!check_usage (error) || !open_all (&probe, cli, error) || !compute (&probe, error))
    return LK_CLI_FAILED;

  gpu = lk_device_get_gpu (probe.device);
  tier = gpu != NULL ? g_strdup_printf ("T%u", lk_gpu_get_info (gpu)->tier) : g_strdup ("cpu");
  lk_safetensors_writer_set_metadata (probe.out, "device", lk_device_get_description (probe.device));
  lk_safetensors_writer_set_metadata (probe.out, "tier", tier);
  lk_safetensors_writer_set_metadata (probe.out, "precision", "fp32");
  if (!lk_safetensors_writer_save (probe.out, out_option, error))
    return LK_CLI_FAILED;

  json = cJSON_CreateObject ();
  cJSON_AddStringToObject (json, "device", lk_device_get_description (probe.device));
  cJSON_AddStringToObject (json, "tier", tier);
  cJSON_AddStringToObject (json, "precision", "fp32");
  cJSON_AddItemToObject (json, "tensors", g_steal_pointer (&probe.results));
  lk_cli_print_json (cli, json);
  lk_cli_print (cli, ngettext ("%u tensor written to %s, computed on %s\n", "%u tensors written to %s, computed on %s\n", probe.arrays->len),
                probe.arrays->len, out_option, lk_device_get_description (probe.device));
  return LK_CLI_DONE;
}

const LkCliCommand lk_cli_probe = {
  .name = "probe",
  .summary = N_("Run single parts of a model on given tensors"),
  .description = N_("Tensors in --in say what is computed (batch first, channels before rows and columns):\n"
                    "  tokens_1, for SDXL also tokens_2: context, for SDXL also pooled\n"
                    "  latent, timestep, context, for SDXL also vector: eps\n"
                    "  image in -1..1: latent_mean, latent_logvar\n"
                    "  z: decoded\n"
                    "  train_latent, train_noise, train_timestep, train_context, for SDXL also train_vector,\n"
                    "  and one LoRA: loss, grad.NAME for each of its matrices\n"
                    "  cond, uncond, noise, cfg, steps, seed, with --sampler and --scheduler: sigmas, start, latent"),
  .options = options,
  .run = run,
};
