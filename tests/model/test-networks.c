/* The networks in this process: that the parity bound finds planted faults, that checkpointing changes no bit, and clip skip. */
#include "config.h"

#include "lk-test-isa.h"
#include "lk-test-model.h"
#include "lk-test-parity.h"

#include "model/lk-layout.h"
#include "model/lk-noise-schedule.h"
#include "model/lk-text-encoder.h"
#include "model/lk-unet.h"
#include "model/lk-vae.h"
#include "ops/lk-ops.h"

#include <math.h>
#include <string.h>

#define BOUND 1e-9

/* ---- golden tensors ------------------------------------------------------------------------------------------ */

typedef struct
{
  LkSafetensors *in, *out;
} Golden;

static void
golden_clear (Golden *golden)
{
  lk_safetensors_unref (golden->in);
  lk_safetensors_unref (golden->out);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Golden, golden_clear)

static Golden
open_golden (const char *name)
{
  g_autofree char *in_name = g_strconcat (name, ".in", NULL), *out_name = g_strconcat (name, ".out", NULL);
  g_autofree char *in = lk_test_golden_path ("sd15-tiny", in_name), *out = lk_test_golden_path ("sd15-tiny", out_name);
  Golden golden = { lk_safetensors_open (in, NULL), lk_safetensors_open (out, NULL) };

  g_assert_true (golden.in != NULL && golden.out != NULL);
  return golden;
}

/* [B,C,H,W] as [B,H,W,C]. */
static float *
read_picture (LkSafetensors *file,
              const char    *name)
{
  const gsize *dims = lk_safetensors_find (file, name)->dims;
  gsize n = dims[1] * dims[2] * dims[3];
  g_autofree float *values = lk_test_read_tensor (file, name);
  float *turned = g_new (float, dims[0] * n);

  for (gsize i = 0; i < dims[0]; i++)
    lk_layout_transpose (values + i * n, turned + i * n, dims[1], dims[2] * dims[3], sizeof (float));
  return turned;
}

static LkTensor *
picture_input (LkGraph       *graph,
               LkSafetensors *file,
               const char    *name)
{
  const gsize *dims = lk_safetensors_find (file, name)->dims;

  return lk_graph_input (graph, LK_DTYPE_F32, 4, (gsize[]) { dims[0], dims[2], dims[3], dims[1] });
}

static void
write_tensor (LkGraph      *graph,
              LkTensor     *tensor,
              gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  lk_graph_write (graph, tensor, data, &error);
  g_assert_no_error (error);
}

static float *
read_tensor (LkGraph  *graph,
             LkTensor *tensor)
{
  g_autoptr (GError) error = NULL;
  float *values = g_new (float, lk_tensor_get_n_elements (tensor));

  lk_graph_read (graph, tensor, values, &error);
  g_assert_no_error (error);
  return values;
}

static void
run_graph (LkGraph *graph)
{
  g_autoptr (GError) error = NULL;

  lk_graph_run (graph, &error);
  g_assert_no_error (error);
}

static void
compile (LkGraph *graph)
{
  g_autoptr (GError) error = NULL;

  lk_graph_compile (graph, &error);
  g_assert_no_error (error);
}

static double
nmse (const float *found,
      const float *wanted,
      gsize        n)
{
  double difference = 0, size = 0;

  for (gsize i = 0; i < n; i++)
    {
      difference += pow ((double) found[i] - wanted[i], 2);
      size += pow (wanted[i], 2);
    }
  return difference / size;
}

/* ---- planted faults ------------------------------------------------------------------------------------------ */

/* How far sd15-tiny's U-Net is off; `swap_sines` gives it sines before cosines. */
static double
measure_unet (LkModel  *model,
              gboolean  swap_sines)
{
  g_auto (Golden) golden = open_golden ("unet");
  g_autoptr (LkGraph) graph = lk_graph_new (lk_model_get_device (model));
  g_autofree float *latent_values = read_picture (golden.in, "latent"), *context_values = lk_test_read_tensor (golden.in, "context");
  g_autofree float *timesteps = lk_test_read_tensor (golden.in, "timestep"), *wanted = read_picture (golden.out, "eps"), *found = NULL;
  float features_values[2][32];
  LkTensor *latent = picture_input (graph, golden.in, "latent"), *eps;
  LkTensor *features = lk_graph_input (graph, LK_DTYPE_F32, 2, (gsize[]) { 2, 32 });
  LkTensor *context = lk_graph_input (graph, LK_DTYPE_F32, 3, (gsize[]) { 2, 77, 64 });

  lk_timestep_features (timesteps, 2, 32, features_values[0]);
  for (guint i = 0; swap_sines && i < 2; i++)
    {
      float cosines[16];

      memcpy (cosines, features_values[i], sizeof cosines);
      memcpy (features_values[i], features_values[i] + 16, sizeof cosines);
      memcpy (features_values[i] + 16, cosines, sizeof cosines);
    }

  eps = lk_graph_keep (graph, lk_unet_build (graph, model, latent, features, context, NULL, NULL, LK_CHECKPOINTS_NONE));
  compile (graph);
  write_tensor (graph, latent, latent_values);
  write_tensor (graph, features, features_values);
  write_tensor (graph, context, context_values);
  run_graph (graph);
  found = read_tensor (graph, eps);
  return nmse (found, wanted, lk_tensor_get_n_elements (eps));
}

/* How far the decoder is off. */
static double
measure_decoder (LkModel *model)
{
  g_auto (Golden) golden = open_golden ("vae");
  g_autoptr (LkGraph) graph = lk_graph_new (lk_model_get_device (model));
  g_autofree float *z_values = read_picture (golden.in, "z"), *wanted = read_picture (golden.out, "decoded"), *found = NULL;
  LkTensor *z = picture_input (graph, golden.in, "z");
  LkTensor *picture = lk_graph_keep (graph, lk_vae_build_decoder (graph, model, z));

  compile (graph);
  write_tensor (graph, z, z_values);
  run_graph (graph);
  found = read_tensor (graph, picture);
  return nmse (found, wanted, lk_tensor_get_n_elements (picture));
}

static float *
encode (LkModel *model,
        guint    clip_skip,
        gsize   *n)
{
  g_auto (Golden) golden = open_golden ("text");
  g_autoptr (LkGraph) graph = lk_graph_new (lk_model_get_device (model));
  const LkSafeTensor *ids_tensor = lk_safetensors_find (golden.in, "tokens_1");
  g_autofree gint32 *ids = g_new (gint32, ids_tensor->n_elements);
  LkTensor *tokens = lk_graph_input (graph, LK_DTYPE_I32, 2, ids_tensor->dims);
  LkTensor *context = lk_graph_keep (graph, lk_text_encoder_build (graph, model, tokens, NULL, clip_skip, NULL, NULL));

  g_assert_true (lk_safetensors_read_i32 (golden.in, ids_tensor, 0, ids_tensor->n_elements, ids, NULL));
  compile (graph);
  write_tensor (graph, tokens, ids);
  run_graph (graph);
  *n = lk_tensor_get_n_elements (context);
  return read_tensor (graph, context);
}

static double
measure_text (LkModel *model,
              guint    clip_skip)
{
  g_auto (Golden) golden = open_golden ("text");
  gsize n;
  g_autofree float *found = encode (model, clip_skip, &n), *wanted = lk_test_read_tensor (golden.out, "context");

  return nmse (found, wanted, n);
}

/* The parity bound holds, and a network that is wrong in one number breaks it. */
static void
test_faults (void)
{
  g_autoptr (LkDevice) device = lk_test_open_device ();
  g_autoptr (LkModel) model = lk_test_load_golden ("sd15-tiny", device);
  LkArchitecture *architecture = (LkArchitecture *) lk_model_get_architecture (model);

  g_assert_cmpfloat (measure_unet (model, FALSE), <=, BOUND);
  g_assert_cmpfloat (measure_unet (model, TRUE), >, BOUND);
  architecture->unet.n_heads = 4;
  g_assert_cmpfloat (measure_unet (model, FALSE), >, BOUND);
  architecture->unet.n_heads = 8;

  g_assert_cmpfloat (measure_decoder (model), <=, BOUND);
  architecture->vae.n_groups = 16;
  g_assert_cmpfloat (measure_decoder (model), >, BOUND);
  architecture->vae.n_groups = 32;

  g_assert_cmpfloat (measure_text (model, 1), <=, BOUND);
  g_assert_cmpfloat (measure_text (model, 2), >, BOUND);
  architecture->text[0].is_open_clip = TRUE;
  g_assert_cmpfloat (measure_text (model, 1), >, BOUND);
}

/* ---- text ---------------------------------------------------------------------------------------------------- */

static void
drop_last_layer (LkTestTensor *tensor,
                 gpointer      data)
{
  if (strstr (tensor->name, "text_model.encoder.layers.2.") != NULL)
    g_clear_pointer (&tensor->name, g_free);
}

/* Clip skip 2 is the model without its last layer. */
static void
test_clip_skip (void)
{
  char *path = lk_test_edit_golden ("sd15-tiny", "base", drop_last_layer, NULL);
  g_autoptr (LkDevice) device = lk_test_open_device ();
  g_autoptr (LkModel) whole = lk_test_load_golden ("sd15-tiny", device), cut = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (LkCheckpoint) checkpoint = lk_checkpoint_open (path, &error);
  g_autofree float *skipped = NULL, *same = NULL, *plain = NULL, *last = NULL;
  gsize n;

  g_assert_no_error (error);
  cut = lk_model_new (device, checkpoint);
  lk_model_load (cut, LK_PART_TEXT, NULL, NULL, NULL, &error);
  g_assert_no_error (error);

  skipped = encode (whole, 2, &n);
  same = encode (cut, 0, &n);
  g_assert_cmpmem (skipped, n * 4, same, n * 4);
  plain = encode (whole, 0, &n);
  last = encode (whole, 1, &n);
  g_assert_cmpmem (plain, n * 4, last, n * 4);
  lk_test_remove (path);
}

static void
test_find_eos (void)
{
  const LkTextArchitecture text = { .vocabulary = 1000 };
  const gint32 ids[] = { 998, 4, 999, 999 }, without[] = { 998, 4, 7, 0 };

  g_assert_cmpuint (lk_text_find_eos (&text, ids, 4), ==, 2);
  g_assert_cmpuint (lk_text_find_eos (&text, without, 4), ==, 3);
}

/* ---- checkpointing ------------------------------------------------------------------------------------------- */

/* The gradients of one training step, and what its activations take. */
static float *
get_gradients (LkModel     *model,
               LkCheckpoints checkpoints,
               LkGraphPlan *plan)
{
  g_autofree char *in = lk_test_golden_path ("sd15-tiny", "train.in"), *lora = lk_test_golden_path ("sd15-tiny", "lora");
  g_autoptr (GError) error = NULL;
  g_autoptr (LkSafetensors) file = lk_safetensors_open (in, &error);
  g_autoptr (LkAdapter) adapter = lk_adapter_load (lk_model_get_device (model), lk_model_get_checkpoint (model), lora, TRUE, NULL, &error);
  g_autoptr (LkGraph) graph = lk_graph_new (lk_model_get_device (model));
  g_autoptr (LkAdapterSet) set = lk_adapter_set_new (graph);
  g_autofree float *latent_values = read_picture (file, "train_latent"), *noise = read_picture (file, "train_noise");
  g_autofree float *context_values = lk_test_read_tensor (file, "train_context"), *timesteps = lk_test_read_tensor (file, "train_timestep");
  float features_values[2][32], weights[] = { 1, 1 };
  LkTensor *latent = picture_input (graph, file, "train_latent"), *target = picture_input (graph, file, "train_latent");
  LkTensor *features = lk_graph_input (graph, LK_DTYPE_F32, 2, (gsize[]) { 2, 32 }), *weight = lk_graph_input (graph, LK_DTYPE_F32, 1, (gsize[]) { 2 });
  LkTensor *context = lk_graph_input (graph, LK_DTYPE_F32, 3, (gsize[]) { 2, 77, 64 }), *eps, *loss, *per_sample;

  lk_adapter_set_add (set, adapter, TRUE);
  eps = lk_unet_build (graph, model, latent, features, context, NULL, set, checkpoints);
  loss = lk_graph_keep (graph, lk_mse_loss (graph, eps, target, weight, &per_sample));
  lk_graph_backward (graph, loss, NULL);
  lk_graph_plan (graph, plan);
  compile (graph);

  lk_timestep_features (timesteps, 2, 32, features_values[0]);
  lk_adapter_set_write_strength (set, 0, 1, 1, &error);
  g_assert_no_error (error);
  write_tensor (graph, latent, latent_values);
  write_tensor (graph, target, noise);
  write_tensor (graph, weight, weights);
  write_tensor (graph, features, features_values);
  write_tensor (graph, context, context_values);
  run_graph (graph);
  return lk_test_read_storage (lk_adapter_get_gradient (adapter));
}

static void
test_checkpointing (void)
{
  g_autoptr (LkDevice) device = lk_test_open_device ();
  g_autoptr (LkModel) model = lk_test_load_golden ("sd15-tiny", device);
  g_autoptr (LkCheckpoint) checkpoint = lk_test_open_golden ("sd15-tiny");
  LkGraphPlan plain_plan, plan;
  g_autofree float *plain = get_gradients (model, LK_CHECKPOINTS_NONE, &plain_plan);
  g_autofree float *found = get_gradients (model, LK_CHECKPOINTS_BLOCKS, &plan);
  g_autoptr (LkAdapter) adapter = NULL;
  g_autofree char *lora = lk_test_golden_path ("sd15-tiny", "lora");
  double size = 0;
  gsize n;

  adapter = lk_adapter_load (device, checkpoint, lora, FALSE, NULL, NULL);
  n = lk_adapter_get_n_elements (adapter);
  for (gsize i = 0; i < n; i++)
    size += fabsf (plain[i]);
  g_assert_cmpfloat (size, >, 0);
  g_assert_cmpmem (plain, n * 4, found, n * 4);

  g_test_message ("activations %.1f MB, with checkpoints %.1f MB; %u and %u ops", plain_plan.activations / 1e6, plan.activations / 1e6,
                  plain_plan.n_ops, plan.n_ops);
  g_assert_cmpuint (plan.n_ops, >, plain_plan.n_ops);
  g_assert_cmpuint (plan.activations, <, plain_plan.activations / 2);
}

int
main (int    argc,
      char **argv)
{
  if (lk_test_lacks_isa ())
    return 0;
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/networks/faults", test_faults);
  g_test_add_func ("/networks/clip-skip", test_clip_skip);
  g_test_add_func ("/networks/find-eos", test_find_eos);
  g_test_add_func ("/networks/checkpointing", test_checkpointing);
  return g_test_run ();
}
