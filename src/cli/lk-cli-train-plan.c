/* lk-cli-train-plan.c: what a run would take of its device's memory: `likeness-cli train PROJECT --plan`. */
#define G_LOG_DOMAIN "likeness-cli"

#include "config.h"

#include "cli/lk-cli-train-plan.h"
#include "generate/lk-recipe.h"
#include "train/lk-memory-plan.h"
#include "train/lk-step.h"

#include <glib/gi18n.h>

static char *
format_size (guint64 bytes)
{
  return g_format_size_full (bytes, G_FORMAT_SIZE_IEC_UNITS);
}

static void
add_plan (cJSON              *json,
          const LkMemoryPlan *plan)
{
  lk_json_add_int (json, "weights", (gint64) plan->weights);
  lk_json_add_int (json, "activations", (gint64) plan->activations);
  lk_json_add_int (json, "adapter", (gint64) plan->adapter);
  lk_json_add_int (json, "optimizer", (gint64) plan->optimizer);
  lk_json_add_int (json, "workspace", (gint64) plan->workspace);
  lk_json_add_int (json, "training", (gint64) plan->training);
  lk_json_add_int (json, "latents", (gint64) plan->latents);
  lk_json_add_int (json, "texts", (gint64) plan->texts);
  lk_json_add_int (json, "peak", (gint64) plan->peak);
  lk_json_add_int (json, "at_rest", (gint64) plan->at_rest);
}

static void
add_remedies (cJSON     *json,
              GPtrArray *remedies)
{
  cJSON *array = cJSON_AddArrayToObject (json, "remedies");

  for (guint i = 0; i < remedies->len; i++)
    {
      const LkMemoryRemedy *remedy = remedies->pdata[i];
      cJSON *item = cJSON_CreateObject (), *settings = cJSON_AddObjectToObject (item, "settings");

      for (guint j = 0; remedy->keys[j] != NULL; j++)
        cJSON_AddStringToObject (settings, remedy->keys[j], remedy->values[j]);
      add_plan (item, &remedy->plan);
      cJSON_AddItemToArray (array, item);
    }
}

static void
print_part (LkCli      *cli,
            guint64     bytes,
            const char *what)
{
  g_autofree char *size = format_size (bytes);

  lk_cli_print (cli, "%12s  %s\n", size, what);
}

static void
print_words (LkCli              *cli,
             LkDevice           *sketch,
             const LkMemoryAsk  *ask,
             const LkMemoryPlan *plan,
             GPtrArray          *remedies)
{
  const char *checkpoints[] = {
    [LK_CHECKPOINTS_NONE] = _("without gradient checkpointing"),
    [LK_CHECKPOINTS_FEED_FORWARD] = _("with checkpointing of the feed-forward parts"),
    [LK_CHECKPOINTS_BLOCKS] = _("with gradient checkpointing"),
  };
  g_autoptr (GString) sizes = g_string_new (NULL);
  g_autofree char *staging = format_size (lk_gpu_get_staging_size ()), *left = format_size (lk_device_get_memory_free (sketch) + plan->at_rest);

  for (guint i = 0; i < ask->shapes->trained->len; i++)
    {
      const LkBucket *size = &g_array_index (ask->shapes->trained, LkBucket, i);

      g_string_append_printf (sizes, "%s%u × %u", i > 0 ? ", " : "", size->width, size->height);
    }
  lk_cli_print (cli, _("What training takes of the memory of %s\n(%s, batch size %u, rank %u, %s):\n\n"), lk_device_get_description (sketch),
                sizes->str, ask->settings->train_batch_size, ask->settings->network_dim,
                checkpoints[lk_step_get_checkpoints (ask->settings)]);
  print_part (cli, plan->weights, _("weights of the base model’s U-Net"));
  print_part (cli, plan->activations, _("activations: what a step keeps on its way forward and back"));
  print_part (cli, plan->adapter, _("the LoRA and its gradient"));
  print_part (cli, plan->optimizer, _("the optimizer’s state"));
  if (plan->workspace > 0)
    print_part (cli, plan->workspace, _("workspace: the rounding of the device’s blocks"));
  print_part (cli, plan->training, _("in all, while it trains"));
  print_part (cli, plan->latents, _("before that, while pictures are encoded"));
  print_part (cli, plan->texts, _("and while captions are encoded"));
  if (lk_device_is_cpu (sketch))
    lk_cli_print (cli, _("\nThe program itself and the processor’s scratch come on top.\n"));
  else
    lk_cli_print (cli, _("\nThe driver’s own memory and its %s for copies come on top.\n"), staging);

  if (remedies == NULL)
    lk_cli_print (cli, _("It fits: %s are free.\n"), left);
  else
    {
      g_autofree char *refusal = lk_memory_plan_dup_refusal (plan, sketch, remedies);

      lk_cli_print (cli, "%s\n", refusal);
    }
}

/* The project's pictures; while it has none, squares of its resolution. */
static LkMemoryShapes *
find_shapes (LkProject              *project,
             const LkTrainSettings  *settings,
             gboolean                has_replay,
             GError                **error)
{
  g_autoptr (GError) trouble = NULL;
  g_autoptr (LkDataSet) data_set = lk_data_set_new_from_project (project, settings, &trouble);

  if (data_set != NULL)
    return lk_memory_shapes_new (data_set, settings, has_replay);
  if (g_error_matches (trouble, LK_DATA_SET_ERROR, LK_DATA_SET_ERROR_EMPTY))
    return lk_memory_shapes_new_for_project (project, settings);
  g_propagate_error (error, g_steal_pointer (&trouble));
  return NULL;
}

LkCliStatus
lk_cli_train_plan (LkCli                  *cli,
                   LkProject              *project,
                   const LkTrainSettings  *settings,
                   const char             *base,
                   const char             *device,
                   const char             *init_lora,
                   gboolean                has_replay,
                   GError                **error)
{
  g_autofree char *path = lk_base_dup_path (base != NULL ? base : lk_project_get_base_model (project));
  g_autoptr (LkDevice) sketch = lk_device_open_sketch (device, error);
  g_autoptr (LkCheckpoint) checkpoint = sketch != NULL ? lk_checkpoint_open (path, error) : NULL;
  g_autoptr (LkMemoryShapes) shapes = checkpoint != NULL ? find_shapes (project, settings, has_replay, error) : NULL;
  const LkMemoryAsk ask = { checkpoint, settings, shapes, init_lora };
  g_autoptr (GPtrArray) remedies = NULL;
  guint64 memory_free;
  LkMemoryPlan plan;
  cJSON *json;

  if (shapes == NULL || !lk_memory_plan_make (sketch, &ask, &plan, error))
    return LK_CLI_FAILED;

  memory_free = lk_device_get_memory_free (sketch);
  if (!lk_memory_plan_fits (&plan, memory_free))
    remedies = lk_memory_plan_find_remedies (sketch, &ask, memory_free);

  json = cJSON_CreateObject ();
  cJSON_AddStringToObject (json, "device", lk_device_get_description (sketch));
  add_plan (json, &plan);
  lk_json_add_int (json, "staging", lk_device_is_cpu (sketch) ? 0 : (gint64) lk_gpu_get_staging_size ());
  lk_json_add_int (json, "free", (gint64) (memory_free + plan.at_rest));
  cJSON_AddBoolToObject (json, "fits", remedies == NULL);
  if (remedies != NULL)
    add_remedies (json, remedies);
  lk_cli_print_json (cli, json);
  print_words (cli, sketch, &ask, &plan, remedies);
  return remedies == NULL ? LK_CLI_DONE : LK_CLI_PROBLEMS;
}
