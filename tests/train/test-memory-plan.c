/* The plan of a run's memory, byte for byte against what the same things take when they are there; and what a person is told. */
#include "config.h"

#include "lk-test-model.h"
#include "lk-test-run.h"

#include <stdlib.h>

#include "base/lk-file.h"
#include "generate/lk-coder.h"
#include "generate/lk-conditioning.h"
#include "train/lk-memory-plan.h"
#include "train/lk-step.h"
#include "train/lk-trainer.h"
#include "train/lk-training.h"

#define MIB ((guint64) 1 << 20)

static LkMemoryPlan
make_plan (LkDevice              *sketch,
           LkCheckpoint          *checkpoint,
           const LkTrainSettings *settings,
           const LkMemoryShapes  *shapes)
{
  const LkMemoryAsk ask = { checkpoint, settings, shapes, NULL };
  g_autoptr (GError) error = NULL;
  LkMemoryPlan plan;

  lk_memory_plan_make (sketch, &ask, &plan, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (plan.weights + plan.activations + plan.adapter + plan.optimizer + plan.workspace, ==, plan.training);
  g_test_message ("weights %" G_GUINT64_FORMAT ", activations %" G_GUINT64_FORMAT ", adapter %" G_GUINT64_FORMAT ", optimizer %" G_GUINT64_FORMAT
                  ", workspace %" G_GUINT64_FORMAT "; encoding %" G_GUINT64_FORMAT " and %" G_GUINT64_FORMAT,
                  plan.weights, plan.activations, plan.adapter, plan.optimizer, plan.workspace, plan.latents, plan.texts);
  return plan;
}

/* ---- against a device ------------------------------------------------------------------------------------------- */

/* Takes everything of a run on the device, and nothing by way of the plan. */
static void
compare_parts (const char *golden_case,
               const char *words,
               guint       width,
               guint       height)
{
  g_autoptr (LkDevice) device = lk_test_open_device ();
  g_autoptr (LkDevice) sketch = lk_device_new_sketch (device);
  g_autoptr (LkCheckpoint) checkpoint = lk_test_open_golden (golden_case);
  g_autoptr (LkTrainSettings) settings = lk_test_settings_new (words);
  g_autoptr (LkMemoryShapes) shapes = lk_memory_shapes_new_size ((LkBucket) { width, height }, settings);
  const LkAdapterSettings wanted = { .rank = settings->network_dim, .alpha = 1, .parts = LK_PART_UNET };
  const guint n_tokens = settings->max_token_length + 2;
  guint factor = lk_architecture_get_latent_factor (lk_checkpoint_get_architecture (checkpoint));
  g_autoptr (LkModel) model = lk_model_new (device, checkpoint);
  g_autoptr (GError) error = NULL;
  LkMemoryPlan plan = make_plan (sketch, checkpoint, settings, shapes);

  g_test_message ("%s, %s, %u × %u", golden_case, words, width, height);
  g_assert_cmpuint (lk_device_get_memory_taken (device), ==, plan.at_rest);

  lk_model_load (model, LK_PART_VAE, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  {
    g_autoptr (LkCoder) coder = lk_coder_new_encoder (model, width, height, &error);

    g_assert_no_error (error);
    g_assert_cmpuint (lk_device_get_memory_taken (device), ==, plan.latents);
  }
  lk_model_unload (model, LK_PART_VAE);

  {
    g_autoptr (LkAdapter) adapter = lk_adapter_new (device, checkpoint, &wanted, &error);
    g_autoptr (LkStepOptimizer) optimizer = lk_step_optimizer_new (adapter, settings, &error);
    g_autoptr (LkStep) measuring = NULL, step = NULL;
    LkConditioner *conditioner;

    g_assert_no_error (error);
    lk_model_load (model, LK_PART_TEXT, NULL, NULL, NULL, &error);
    g_assert_no_error (error);
    conditioner = lk_conditioner_new (model, NULL, NULL, NULL, 0, &error);
    lk_conditioner_make_ready (conditioner, settings->max_token_length / 75, &error);
    g_assert_no_error (error);
    g_assert_cmpuint (lk_device_get_memory_taken (device), ==, plan.texts);
    lk_conditioner_free (conditioner);
    lk_model_unload (model, LK_PART_TEXT);

    lk_model_load (model, LK_PART_UNET, NULL, NULL, NULL, &error);
    g_assert_no_error (error);
    lk_memory_shapes_reserve (shapes, model, adapter, settings);
    if (settings->validate_every_n_steps > 0)
      measuring = lk_step_new_forward (model, adapter, 1, height / factor, width / factor, n_tokens, &error);
    step = lk_step_new (model, adapter, settings->train_batch_size, height / factor, width / factor, n_tokens, 1,
                        lk_step_get_checkpoints (settings), &error);
    g_assert_no_error (error);
    g_assert_cmpuint (lk_device_get_memory_taken (device), ==, plan.training);
  }
  g_assert_cmpuint (plan.peak, ==, MAX (plan.training, MAX (plan.latents, plan.texts)));

  /* And the sketch is as it was. */
  g_assert_cmpuint (lk_device_get_memory_taken (sketch), ==, plan.at_rest);
}

static void
test_parts (void)
{
  static const char * const cases[] = { "sd15-tiny", "sdxl-tiny", "sd1-odd", "sdxl-odd" };
  static const char * const words[] = {
    "train_batch_size=1 validate_every_n_steps=100",
    "train_batch_size=3 gradient_checkpointing=true network_dim=16",
    "train_batch_size=2 validate_every_n_steps=0 max_token_length=150 gradient_checkpointing=true checkpointed_parts=feed_forward",
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    for (guint j = 0; j < G_N_ELEMENTS (words); j++)
      {
        compare_parts (cases[i], words[j], 64, 64);
        compare_parts (cases[i], words[j], 128, 96);
      }
}

/* ---- against a run ---------------------------------------------------------------------------------------------- */

typedef struct
{
  LkDevice *device;
  guint64   most;
} Watch;

static void
on_progress (gpointer    data,
             const char *text,
             guint       done,
             guint       total)
{
  Watch *watch = data;

  watch->most = MAX (watch->most, lk_device_get_memory_taken (watch->device));
}

static void
test_run (gconstpointer data)
{
  g_autoptr (LkTrainSettings) settings = lk_test_settings_new (data);
  g_autofree char *folder = g_dir_make_tmp ("likeness-plan-XXXXXX", NULL), *cache = g_build_filename (folder, "cache", NULL), *command = NULL;
  LkDataSet *data_set = lk_test_data_set_new (g_getenv ("LIKENESS_TEST_PICTURES"), 3, 96);
  g_autoptr (LkDevice) device = lk_test_open_device ();
  g_autoptr (LkDevice) sketch = lk_device_new_sketch (device);
  g_autofree char *base = lk_data_path ("starter/starter-base.safetensors");
  g_autoptr (LkMemoryShapes) shapes = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (LkCheckpoint) checkpoint = lk_checkpoint_open (base, &error);
  Watch watch = { device };
  LkMemoryPlan plan;

  /* Two sizes: two graphs. */
  ((LkDataItem *) data_set->items->pdata[1])->size = (LkBucket) { 128, 64 };
  g_assert_no_error (error);
  shapes = lk_memory_shapes_new (data_set, settings, FALSE);
  g_assert_cmpuint (shapes->trained->len, ==, 2);
  plan = make_plan (sketch, checkpoint, settings, shapes);

  {
    g_autoptr (LkRun) run = lk_test_run_new (folder, settings, data_set, NULL);
    g_autoptr (LkTraining) training = lk_training_new (device, run, data_set, cache, on_progress, &watch, NULL, &error);
    LkMetric metric;

    g_assert_no_error (error);
    g_assert_cmpuint (watch.most, ==, MAX (plan.latents, plan.texts));
    for (guint i = 0; i < 3; i++)
      {
        lk_training_step (training, &metric, &error);
        g_assert_no_error (error);
      }
    g_assert_cmpuint (lk_device_get_memory_taken (device), ==, plan.training);
  }
  lk_data_set_free (data_set);
  command = g_strdup_printf ("rm -rf '%s'", folder);
  g_assert_cmpint (system (command), ==, 0);
}

/* ---- no second copy --------------------------------------------------------------------------------------------- */

/* KiB of the file that the process has in memory. */
static guint64
count_resident (const char *path)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  gboolean is_file = FALSE;
  guint64 kib = 0;

  g_assert_true (g_file_get_contents ("/proc/self/smaps", &text, NULL, NULL));
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    if (g_ascii_isxdigit (lines[i][0]) && strchr (lines[i], '-') != NULL && strstr (lines[i], ": ") == NULL)
      is_file = g_str_has_suffix (lines[i], path);
    else if (is_file && g_str_has_prefix (lines[i], "Rss:"))
      kib += g_ascii_strtoull (lines[i] + strlen ("Rss:"), NULL, 10);
  return kib;
}

/* Once the weights are on the device, no page of their file is kept. */
static void
test_file_is_given_back (void)
{
  g_autofree char *base = lk_data_path ("starter/starter-base.safetensors"), *path = realpath (base, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (LkCheckpoint) checkpoint = lk_checkpoint_open (path, &error);
  g_autoptr (LkDevice) device = lk_test_open_device ();
  g_autoptr (LkModel) model = NULL;

  g_assert_no_error (error);
  g_assert_cmpuint (count_resident (path), >, 0);
  model = lk_model_new (device, checkpoint);
  lk_model_load (model, LK_PART_ALL, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (count_resident (path), ==, 0);
}

/* ---- checkpointing ---------------------------------------------------------------------------------------------- */

static void
fill (float   *values,
      gsize    n,
      guint32  seed)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (seed);

  for (gsize i = 0; i < n; i++)
    values[i] = (float) g_rand_double_range (random, -1, 1);
}

/* The gradient of a step over two pictures; `loss` receives its loss. */
static float *
run_step (const char *golden_case,
          LkCheckpoints checkpoints,
          double     *loss)
{
  g_autoptr (LkDevice) device = lk_test_open_device ();
  g_autoptr (LkModel) model = lk_test_load_golden (golden_case, device);
  const LkArchitecture *architecture = lk_model_get_architecture (model);
  const LkAdapterSettings wanted = { .rank = 4, .alpha = 4, .seed = 3, .parts = LK_PART_UNET };
  const gsize n = (gsize) architecture->unet.in_channels * 16 * 16, n_context = (gsize) 77 * architecture->unet.context;
  g_autoptr (GError) error = NULL;
  g_autoptr (LkAdapter) adapter = lk_adapter_new (device, lk_model_get_checkpoint (model), &wanted, &error);
  gsize n_elements = lk_adapter_get_n_elements (adapter);
  g_autofree float *latent = g_new (float, n), *noise = g_new (float, n), *context = g_new (float, n_context);
  g_autofree float *pooled = g_new (float, architecture->text[1].projection + 1), *parameters = g_new (float, n_elements);
  const LkConditioning text = { 77, architecture->unet.context, context, architecture->text[1].projection, pooled };
  const LkSample samples[2] = { { .latent = latent, .noise = noise, .text = &text, .timestep = 300, .weight = 1 },
                                { .latent = noise, .noise = latent, .text = &text, .timestep = 700, .weight = 1 } };
  g_autoptr (LkStep) step = NULL;
  float *gradient = g_new (float, n_elements), losses[2];

  fill (latent, n, 1);
  fill (noise, n, 2);
  fill (context, n_context, 3);
  fill (pooled, architecture->text[1].projection, 4);
  /* Up is not zero either: otherwise nothing would flow to down. */
  lk_storage_read (lk_adapter_get_storage (adapter), 0, n_elements, parameters, NULL);
  for (guint i = 0; i < lk_adapter_get_n_modules (adapter); i++)
    fill (parameters + lk_adapter_get_module (adapter, i)->up, lk_adapter_get_module (adapter, i)->n_up, 5 + i);
  lk_storage_write (lk_adapter_get_storage (adapter), 0, n_elements, parameters, NULL);

  step = lk_step_new (model, adapter, 2, 16, 16, 77, 1, checkpoints, &error);
  g_assert_no_error (error);
  lk_step_run (step, samples, loss, losses, &error);
  g_assert_no_error (error);
  lk_storage_read (lk_adapter_get_gradient (adapter), 0, n_elements, gradient, &error);
  g_assert_no_error (error);
  return gradient;
}

/* What is computed a second time comes out the same: not one bit of loss or gradient is another. */
static void
test_checkpoints_change_no_bit (void)
{
  static const char * const cases[] = { "sd15-tiny", "sdxl-tiny", "sdxl-odd" };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      double loss, saving_loss, partly_loss;
      g_autofree float *plain = run_step (cases[i], LK_CHECKPOINTS_NONE, &loss), *saving = run_step (cases[i], LK_CHECKPOINTS_BLOCKS, &saving_loss);
      g_autofree float *partly = run_step (cases[i], LK_CHECKPOINTS_FEED_FORWARD, &partly_loss);
      g_autoptr (LkCheckpoint) checkpoint = lk_test_open_golden (cases[i]);
      gsize n = 0, n_zero = 0;

      {
        g_autoptr (LkDevice) sketch = lk_device_open_sketch ("cpu", NULL);
        const LkAdapterSettings wanted = { .rank = 4, .alpha = 4, .parts = LK_PART_UNET };
        g_autoptr (LkAdapter) adapter = lk_adapter_new (sketch, checkpoint, &wanted, NULL);

        n = lk_adapter_get_n_elements (adapter);
        for (guint j = 0; j < lk_adapter_get_n_modules (adapter); j++)
          n_zero += plain[lk_adapter_get_module (adapter, j)->down] == 0.f;
      }
      g_assert_cmpuint (n_zero, ==, 0);
      g_assert_true (loss > 0 && loss == saving_loss && loss == partly_loss);
      g_assert_cmpmem (plain, n * sizeof (float), saving, n * sizeof (float));
      g_assert_cmpmem (plain, n * sizeof (float), partly, n * sizeof (float));
    }
}

/* ---- real sizes ------------------------------------------------------------------------------------------------- */

static LkMemoryPlan
plan_layout (const char *layout,
             const char *words,
             guint       side)
{
  g_autoptr (LkDevice) sketch = lk_device_open_sketch ("cpu", NULL);
  g_autoptr (LkSafetensors) file = lk_test_open_layout (layout);
  g_autoptr (LkCheckpoint) checkpoint = lk_checkpoint_new (file, NULL);
  g_autoptr (LkTrainSettings) settings = lk_test_settings_new (words);
  g_autoptr (LkMemoryShapes) shapes = lk_memory_shapes_new_size ((LkBucket) { side, side }, settings);

  g_test_message ("%s at %u: %s", layout, side, words);
  return make_plan (sketch, checkpoint, settings, shapes);
}

/* Pure arithmetic over the real shapes; nothing of it is allocated. */
static void
test_real_sizes (void)
{
  LkMemoryPlan sd15 = plan_layout ("sd15", "train_batch_size=1 network_dim=16 gradient_checkpointing=true validate_every_n_steps=0", 512);
  LkMemoryPlan kept = plan_layout ("sd15", "train_batch_size=1 network_dim=16 gradient_checkpointing=false validate_every_n_steps=0", 512);
  LkMemoryPlan partly = plan_layout ("sd15", "train_batch_size=1 network_dim=16 gradient_checkpointing=true checkpointed_parts=feed_forward "
                                     "validate_every_n_steps=0", 512);
  LkMemoryPlan measured = plan_layout ("sd15", "train_batch_size=1 network_dim=16 gradient_checkpointing=true validate_every_n_steps=100", 512);
  LkMemoryPlan sdxl = plan_layout ("sdxl", "train_batch_size=1 network_dim=16 gradient_checkpointing=true validate_every_n_steps=0", 1024);

  /* All matrices and kernels at two bytes a number, and a little for vectors. */
  g_assert_cmpuint (sd15.weights, >, 859520964 * G_GUINT64_CONSTANT (2));
  g_assert_cmpuint (sd15.weights, <, 859520964 * G_GUINT64_CONSTANT (2) + 4 * MIB);
  g_assert_cmpuint (sdxl.weights, >, 2567463684 * G_GUINT64_CONSTANT (2));
  g_assert_cmpuint (sdxl.weights, <, 2567463684 * G_GUINT64_CONSTANT (2) + 8 * MIB);
  g_assert_cmpuint (sd15.activations, <, kept.activations / 2);
  g_assert_cmpuint (partly.activations, <, kept.activations * 4 / 5);
  g_assert_cmpuint (sd15.activations, <, partly.activations);
  g_assert_cmpuint (sd15.adapter, ==, kept.adapter);
  /* What fits a card of 4 and one of 8 GiB; more would be a step back. */
  g_assert_cmpuint (sd15.training, <, 2030 * MIB);
  g_assert_cmpuint (sdxl.training, <, 6400 * MIB);
  /* Measuring takes turns with training: nothing but its inputs comes on top. */
  g_assert_cmpuint (measured.training, <, sd15.training + MIB);
}

/* ---- what does not fit ------------------------------------------------------------------------------------------ */

static void
test_remedies (void)
{
  g_autoptr (LkDevice) sketch = lk_device_open_sketch ("cpu", NULL);
  g_autoptr (LkCheckpoint) checkpoint = lk_test_open_golden ("sd15-tiny");
  g_autoptr (LkTrainSettings) settings = lk_test_settings_new ("train_batch_size=4 validate_every_n_steps=0");
  g_autoptr (LkMemoryShapes) shapes = lk_memory_shapes_new_size ((LkBucket) { 256, 256 }, settings);
  const LkMemoryAsk ask = { checkpoint, settings, shapes, NULL };
  LkMemoryPlan plan = make_plan (sketch, checkpoint, settings, shapes);
  g_autoptr (GPtrArray) gentle = lk_memory_plan_find_remedies (sketch, &ask, plan.peak - 1);
  g_autoptr (GPtrArray) none = lk_memory_plan_find_remedies (sketch, &ask, 1024);
  g_autoptr (GPtrArray) smaller = NULL;
  g_autofree char *words = lk_memory_plan_dup_refusal (&plan, sketch, gentle), *hopeless = lk_memory_plan_dup_refusal (&plan, sketch, none);
  const LkMemoryRemedy *remedy;

  g_assert_true (lk_memory_plan_fits (&plan, plan.peak));
  g_assert_false (lk_memory_plan_fits (&plan, plan.peak - 1));

  g_assert_cmpuint (gentle->len, ==, 2);
  remedy = gentle->pdata[0];
  g_assert_cmpstr (remedy->keys[0], ==, "gradient_checkpointing");
  g_assert_cmpstr (remedy->values[0], ==, "true");
  remedy = gentle->pdata[1];
  g_assert_cmpstr (remedy->keys[0], ==, "train_batch_size");
  g_assert_true (lk_memory_plan_fits (&remedy->plan, plan.peak - 1));
  g_test_message ("%s", words);
  g_assert_nonnull (strstr (words, "feed-forward"));
  g_assert_nonnull (strstr (words, "batch size 1"));

  /* Just below what checkpointing and one picture leave: only a smaller picture helps. */
  {
    g_autoptr (LkTrainSettings) least = lk_test_settings_new ("train_batch_size=1 gradient_checkpointing=true validate_every_n_steps=0");
    LkMemoryPlan least_plan = make_plan (sketch, checkpoint, least, shapes);

    smaller = lk_memory_plan_find_remedies (sketch, &ask, least_plan.peak - 1);
  }
  g_assert_cmpuint (smaller->len, ==, 1);
  remedy = smaller->pdata[0];
  g_assert_cmpstr (remedy->keys[3], ==, "resolution");
  g_test_message ("%s: %s", remedy->label, remedy->values[3]);

  g_assert_cmpuint (none->len, ==, 0);
  g_test_message ("%s", hopeless);
  g_assert_nonnull (strstr (hopeless, "smaller base model"));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/memory-plan/parts", test_parts);
  g_test_add_data_func ("/memory-plan/run", "train_batch_size=1 validate_every_n_steps=2", test_run);
  g_test_add_data_func ("/memory-plan/run-checkpointed", "train_batch_size=2 gradient_checkpointing=true network_dim=16 max_token_length=150", test_run);
  g_test_add_func ("/memory-plan/file-is-given-back", test_file_is_given_back);
  g_test_add_func ("/memory-plan/checkpoints-change-no-bit", test_checkpoints_change_no_bit);
  g_test_add_func ("/memory-plan/real-sizes", test_real_sizes);
  g_test_add_func ("/memory-plan/remedies", test_remedies);
  return g_test_run ();
}
