/* lk-cli-bench.c: how long ops, a U-Net and a training step take on a device. It prints, it does not judge. */
#define G_LOG_DOMAIN "likeness-cli"

#include "config.h"

#include "base/lk-file.h"
#include "cli/lk-cli-bench-model.h"
#include "cli/lk-cli-commands.h"
#include "model/lk-unet.h"
#include "ops/lk-ops.h"
#include "train/lk-step.h"

#include <glib/gi18n.h>
#include <string.h>

/* A measurement runs at least this long and this often; what it prints is the median. */
#define LEAST_SECONDS 3.
#define LEAST_RUNS 3

#define RANK 16
#define ALPHA 8.
#define N_TOKENS 77
#define LEARNING_RATE 1e-4

static char *device_option;

static const GOptionEntry options[] = {
  { "device", 'd', 0, G_OPTION_ARG_STRING, &device_option, N_("auto, cpu, vulkan or vulkan:N"), "DEVICE" },
  G_OPTION_ENTRY_NULL
};

typedef struct
{
  LkCli    *cli;
  LkDevice *device;
  cJSON    *results;
  GArray   *values;      /* of one normal distribution; inputs are filled from it */
} Bench;

static void
bench_clear (Bench *bench)
{
  g_clear_pointer (&bench->device, lk_device_unref);
  g_clear_pointer (&bench->results, cJSON_Delete);
  g_clear_pointer (&bench->values, g_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Bench, bench_clear)

/* ---- measuring ------------------------------------------------------------------------------------------------ */

static int
compare_doubles (gconstpointer a,
                 gconstpointer b)
{
  double x = *(const double *) a, y = *(const double *) b;

  return (x > y) - (x < y);
}

typedef gboolean (*RunFunc) (gpointer   data,
                             GError   **error);

/* Calls `run` again and again and reports the median. `flops` of one run, or 0 where nobody counted. */
static gboolean
measure (Bench       *bench,
         const char  *name,
         RunFunc      run,
         gpointer     data,
         double       flops,
         GError     **error)
{
  g_autoptr (GArray) seconds = g_array_new (FALSE, FALSE, sizeof (double));
  double total = 0., median;
  cJSON *json;

  /* The first run warms caches, and pipelines are made in it. */
  if (!run (data, error))
    return FALSE;
  while (seconds->len < LEAST_RUNS || total < LEAST_SECONDS)
    {
      gint64 start = g_get_monotonic_time ();
      double taken;

      if (!run (data, error))
        return FALSE;
      taken = (double) (g_get_monotonic_time () - start) / G_USEC_PER_SEC;
      g_array_append_val (seconds, taken);
      total += taken;
    }
  g_array_sort (seconds, compare_doubles);
  median = g_array_index (seconds, double, seconds->len / 2);

  lk_cli_print (bench->cli, "%-46s %10.2f ms", name, median * 1e3);
  if (flops > 0.)
    lk_cli_print (bench->cli, "  %9.1f GFLOP/s", flops / median * 1e-9);
  lk_cli_print (bench->cli, "\n");

  json = cJSON_CreateObject ();
  cJSON_AddStringToObject (json, "name", name);
  cJSON_AddNumberToObject (json, "seconds", median);
  cJSON_AddNumberToObject (json, "runs", seconds->len);
  if (flops > 0.)
    cJSON_AddNumberToObject (json, "gflops", flops / median * 1e-9);
  cJSON_AddItemToArray (cJSON_GetObjectItem (bench->results, "results"), json);
  return TRUE;
}

static gboolean
run_graph (gpointer   data,
           GError   **error)
{
  return lk_graph_run (data, error);
}

static gboolean
measure_graph (Bench       *bench,
               const char  *name,
               LkGraph     *graph,
               double       flops,
               GError     **error)
{
  return measure (bench, name, run_graph, graph, flops, error);
}

/* `n` numbers of about unit size, the same at every call. */
static const float *
get_values (Bench *bench,
            gsize  n)
{
  g_autoptr (GRand) random = NULL;

  if (bench->values->len >= n)
    return (const float *) bench->values->data;
  random = g_rand_new_with_seed (1);
  g_array_set_size (bench->values, (guint) n);
  for (gsize i = 0; i < n; i++)
    g_array_index (bench->values, float, i) = (float) g_rand_double_range (random, -1.7, 1.7);
  return (const float *) bench->values->data;
}

static gboolean
write_values (Bench     *bench,
              LkGraph   *graph,
              LkTensor  *tensor,
              GError   **error)
{
  return lk_graph_write (graph, tensor, get_values (bench, lk_tensor_get_n_elements (tensor)), error);
}

static LkStorage *
new_weights (Bench   *bench,
             gsize    n,
             GError **error)
{
  g_autoptr (LkStorage) storage = lk_storage_new (bench->device, LK_DTYPE_F32, n, error);

  if (storage == NULL || !lk_storage_write (storage, 0, n, get_values (bench, n), error))
    return NULL;
  return g_steal_pointer (&storage);
}

/* ---- ops ------------------------------------------------------------------------------------------------------ */

static gboolean
bench_gemm (Bench   *bench,
            gsize    m,
            gsize    k,
            gsize    n,
            GError **error)
{
  g_autofree char *name = g_strdup_printf ("gemm %" G_GSIZE_FORMAT "x%" G_GSIZE_FORMAT "x%" G_GSIZE_FORMAT, m, k, n);
  g_autoptr (LkGraph) graph = lk_graph_new (bench->device);
  g_autoptr (LkStorage) weights = new_weights (bench, n * k, error);
  LkTensor *x;

  if (weights == NULL)
    return FALSE;
  x = lk_graph_input (graph, LK_DTYPE_F32, 2, (gsize[]) { m, k });
  lk_graph_keep (graph, lk_linear (graph, x, lk_graph_external (graph, weights, 0, 2, (gsize[]) { n, k }), NULL));
  return lk_graph_compile (graph, error) && write_values (bench, graph, x, error) &&
         measure_graph (bench, name, graph, 2. * (double) m * (double) n * (double) k, error);
}

static gboolean
bench_conv (Bench   *bench,
            gsize    side,
            gsize    channels,
            GError **error)
{
  g_autofree char *name = g_strdup_printf ("conv 3x3 %" G_GSIZE_FORMAT "x%" G_GSIZE_FORMAT "x%" G_GSIZE_FORMAT, side, side, channels);
  g_autoptr (LkGraph) graph = lk_graph_new (bench->device);
  g_autoptr (LkStorage) weights = new_weights (bench, channels * 9 * channels, error);
  LkTensor *x, *weight;

  if (weights == NULL)
    return FALSE;
  x = lk_graph_input (graph, LK_DTYPE_F32, 4, (gsize[]) { 1, side, side, channels });
  weight = lk_graph_external (graph, weights, 0, 4, (gsize[]) { channels, 3, 3, channels });
  lk_graph_keep (graph, lk_conv2d (graph, x, weight, NULL, 1, 1, 1));
  return lk_graph_compile (graph, error) && write_values (bench, graph, x, error) &&
         measure_graph (bench, name, graph, 18. * (double) (side * side) * (double) (channels * channels), error);
}

static gboolean
bench_attention (Bench   *bench,
                 gsize    length,
                 gsize    context,
                 guint    n_heads,
                 gsize    width,
                 GError **error)
{
  g_autofree char *name = g_strdup_printf ("attention %" G_GSIZE_FORMAT "x%" G_GSIZE_FORMAT ", %u heads of %" G_GSIZE_FORMAT,
                                           length, context, n_heads, width);
  g_autoptr (LkGraph) graph = lk_graph_new (bench->device);
  LkTensor *q = lk_graph_input (graph, LK_DTYPE_F32, 3, (gsize[]) { 1, length, n_heads * width });
  LkTensor *k = lk_graph_input (graph, LK_DTYPE_F32, 3, (gsize[]) { 1, context, n_heads * width });
  LkTensor *v = lk_graph_input (graph, LK_DTYPE_F32, 3, (gsize[]) { 1, context, n_heads * width });

  lk_graph_keep (graph, lk_attention (graph, q, k, v, n_heads, 0.1f, FALSE));
  return lk_graph_compile (graph, error) && write_values (bench, graph, q, error) && write_values (bench, graph, k, error) &&
         write_values (bench, graph, v, error) &&
         measure_graph (bench, name, graph, 4. * (double) (length * context) * (double) (n_heads * width), error);
}

static gboolean
bench_ops (Bench   *bench,
           GError **error)
{
  return bench_gemm (bench, 512, 512, 512, error) &&
         bench_gemm (bench, 1024, 320, 2560, error) &&
         bench_gemm (bench, 4096, 14336, 512, error) &&
         bench_conv (bench, 24, 64, error) &&
         bench_conv (bench, 32, 320, error) &&
         bench_conv (bench, 8, 1280, error) &&
         bench_attention (bench, 576, 77, 8, 16, error) &&
         bench_attention (bench, 1024, 1024, 8, 40, error);
}

/* ---- a model -------------------------------------------------------------------------------------------------- */

static gboolean
bench_forward (Bench       *bench,
               LkModel     *model,
               const char  *name,
               gsize        batch,
               gsize        side,
               GError     **error)
{
  const LkUnetArchitecture *unet = &lk_model_get_architecture (model)->unet;
  g_autoptr (LkGraph) graph = lk_graph_new (bench->device);
  g_autoptr (LkAdapterSet) set = lk_adapter_set_new (graph);
  LkTensor *latent = lk_graph_input (graph, LK_DTYPE_F32, 4, (gsize[]) { batch, side, side, unet->in_channels });
  LkTensor *features = lk_graph_input (graph, LK_DTYPE_F32, 2, (gsize[]) { batch, unet->model_channels });
  LkTensor *context = lk_graph_input (graph, LK_DTYPE_F32, 3, (gsize[]) { batch, N_TOKENS, unet->context });

  lk_graph_keep (graph, lk_unet_build (graph, model, latent, features, context, NULL, set, LK_CHECKPOINTS_NONE));
  return lk_graph_compile (graph, error) && write_values (bench, graph, latent, error) &&
         write_values (bench, graph, features, error) && write_values (bench, graph, context, error) &&
         measure_graph (bench, name, graph, 0., error);
}

/* What a training run does at every step. */
typedef struct
{
  LkStep          *step;
  LkStepOptimizer *optimizer;
  LkSample        *samples;
  float           *losses;
  guint            n_done;
} Training;

static gboolean
run_step (gpointer   data,
          GError   **error)
{
  Training *training = data;
  double loss, norm;

  training->n_done++;
  return lk_step_run (training->step, training->samples, &loss, training->losses, error) &&
         lk_step_optimizer_run (training->optimizer, training->n_done, LEARNING_RATE, &norm, error);
}

static gboolean
bench_step (Bench       *bench,
            LkModel     *model,
            const char  *name,
            guint        batch,
            guint        side,
            GError     **error)
{
  const LkUnetArchitecture *unet = &lk_model_get_architecture (model)->unet;
  const LkAdapterSettings adapter_settings = { .rank = RANK, .alpha = ALPHA, .seed = 1, .parts = LK_PART_UNET };
  g_autoptr (LkTrainSettings) settings = lk_train_settings_new ();
  g_autoptr (LkAdapter) adapter = lk_adapter_new (bench->device, lk_model_get_checkpoint (model), &adapter_settings, error);
  g_autoptr (LkStepOptimizer) optimizer = adapter != NULL ? lk_step_optimizer_new (adapter, settings, error) : NULL;
  g_autoptr (LkStep) step = optimizer != NULL ? lk_step_new (model, adapter, batch, side, side, N_TOKENS, 1, LK_CHECKPOINTS_NONE, error) : NULL;
  g_autofree LkSample *samples = g_new (LkSample, batch);
  g_autofree float *losses = g_new (float, batch);
  const float *values = get_values (bench, MAX (unet->in_channels * side * side, N_TOKENS * unet->context));
  LkConditioning text = { .n_tokens = N_TOKENS, .width = unet->context, .context = (float *) values };
  Training training = { step, optimizer, samples, losses, 0 };

  if (step == NULL)
    return FALSE;
  for (guint i = 0; i < batch; i++)
    samples[i] = (LkSample) { .latent = values, .noise = values, .text = &text, .timestep = 100 + 200 * i, .weight = 1.f };
  return measure (bench, name, run_step, &training, 0., error);
}

static gboolean
bench_model (Bench         *bench,
             LkCheckpoint  *checkpoint,
             const char    *name,
             guint          batch,
             guint          side,
             GError       **error)
{
  g_autofree char *forward = g_strdup_printf ("%s U-Net, batch %u, %ux%u", name, batch, 8 * side, 8 * side);
  g_autofree char *step = g_strdup_printf ("%s training step, batch %u, %ux%u", name, batch, 8 * side, 8 * side);
  g_autoptr (LkModel) model = lk_model_new (bench->device, checkpoint);

  return lk_model_load (model, LK_PART_UNET, NULL, NULL, NULL, error) &&
         bench_forward (bench, model, forward, batch, side, error) &&
         bench_step (bench, model, step, batch, side, error);
}

static gboolean
bench_starter (Bench   *bench,
               GError **error)
{
  g_autofree char *path = lk_data_path ("starter/starter-base.safetensors");
  g_autoptr (LkCheckpoint) checkpoint = lk_checkpoint_open (path, error);

  return checkpoint != NULL && bench_model (bench, checkpoint, "starter", 4, 24, error);
}

static gboolean
bench_sd15 (Bench   *bench,
            GError **error)
{
  g_autoptr (LkCheckpoint) checkpoint = lk_bench_checkpoint_new (error);

  return checkpoint != NULL && bench_model (bench, checkpoint, "SD 1.5", 1, 32, error);
}

/* ---- the command ---------------------------------------------------------------------------------------------- */

static const struct { const char *name; gboolean (*run) (Bench *, GError **); } parts[] = {
  { "ops", bench_ops },
  { "starter", bench_starter },
  { "sd15", bench_sd15 },
};

static gboolean
is_part (const char *word)
{
  for (gsize i = 0; i < G_N_ELEMENTS (parts); i++)
    if (strcmp (parts[i].name, word) == 0)
      return TRUE;
  return FALSE;
}

static LkCliStatus
run_bench (LkCli   *cli,
           int      n_args,
           char   **args,
           GError **error)
{
  g_auto (Bench) bench = { .cli = cli };
  const char *description;

  for (int i = 0; i < n_args; i++)
    if (!is_part (args[i]))
      {
        g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, _("“%s” is nothing to measure; ops, starter and sd15 are"), args[i]);
        return LK_CLI_BAD_USAGE;
      }

  bench.device = lk_device_open (device_option != NULL ? device_option : "auto", 0, error);
  if (bench.device == NULL)
    return LK_CLI_FAILED;
  description = lk_device_get_description (bench.device);
  bench.values = g_array_new (FALSE, FALSE, sizeof (float));
  bench.results = cJSON_CreateObject ();
  cJSON_AddStringToObject (bench.results, "device", description);
  cJSON_AddArrayToObject (bench.results, "results");

  lk_cli_print (cli, "%s\n", description);
  for (gsize i = 0; i < G_N_ELEMENTS (parts); i++)
    if ((n_args == 0 || g_strv_contains ((const char * const *) args, parts[i].name)) && !parts[i].run (&bench, error))
      return LK_CLI_FAILED;
  lk_cli_print_json (cli, g_steal_pointer (&bench.results));
  return LK_CLI_DONE;
}

const LkCliCommand lk_cli_bench = {
  .name = "bench",
  .summary = N_("Measure ops, a U-Net and a training step on a device"),
  .parameters = "[ops|starter|sd15…]",
  .description = N_("ops: products, convolutions and attention of the sizes that models have\n"
                    "starter: the starter model at 192×192, batch 4\n"
                    "sd15: a model of Stable Diffusion 1.5’s size with random weights at 256×256, batch 1; takes about 6 GB of memory"),
  .options = options,
  .min_args = 0,
  .max_args = -1,
  .run = run_bench,
};
