#define G_LOG_DOMAIN "likeness-train"

#include "config.h"

#include <glib/gi18n.h>

#include "generate/lk-coder.h"
#include "generate/lk-conditioning.h"
#include "train/lk-memory-plan.h"
#include "train/lk-step.h"
#include "train/lk-trainer.h"
#include "train/lk-training.h"

/* ---- sizes ------------------------------------------------------------------------------------------------------ */

static void
add_size (GArray   *sizes,
          LkBucket  size)
{
  for (guint i = 0; i < sizes->len; i++)
    {
      const LkBucket *other = &g_array_index (sizes, LkBucket, i);

      if (other->width == size.width && other->height == size.height)
        return;
    }
  g_array_append_val (sizes, size);
}

static LkMemoryShapes *
shapes_new_empty (void)
{
  LkMemoryShapes *shapes = g_new (LkMemoryShapes, 1);

  shapes->encoded = g_array_new (FALSE, FALSE, sizeof (LkBucket));
  shapes->trained = g_array_new (FALSE, FALSE, sizeof (LkBucket));
  shapes->measured = g_array_new (FALSE, FALSE, sizeof (LkBucket));
  return shapes;
}

LkMemoryShapes *
lk_memory_shapes_new (LkDataSet             *data_set,
                      const LkTrainSettings *settings,
                      gboolean               has_replay)
{
  LkMemoryShapes *shapes = shapes_new_empty ();

  for (guint i = 0; i < lk_data_set_get_n (data_set); i++)
    {
      const LkDataItem *item = lk_data_set_get (data_set, i);

      add_size (shapes->encoded, item->size);
      if (item->repeats > 0)
        add_size (shapes->trained, item->size);
    }
  for (guint held_out = 0; settings->validate_every_n_steps > 0 && !has_replay && held_out < 2; held_out++)
    {
      g_autoptr (GArray) items = lk_validation_choose (data_set, held_out);

      for (guint i = 0; i < items->len; i++)
        add_size (shapes->measured, lk_data_set_get (data_set, g_array_index (items, guint, i))->size);
    }
  return shapes;
}

LkMemoryShapes *
lk_memory_shapes_new_size (LkBucket               size,
                           const LkTrainSettings *settings)
{
  LkMemoryShapes *shapes = shapes_new_empty ();

  add_size (shapes->encoded, size);
  add_size (shapes->trained, size);
  if (settings->validate_every_n_steps > 0)
    add_size (shapes->measured, size);
  return shapes;
}

LkMemoryShapes *
lk_memory_shapes_new_for_project (LkProject             *project,
                                  const LkTrainSettings *settings)
{
  g_autoptr (GPtrArray) images = lk_project_dup_data_set (project);
  guint side = settings->resolution > 0 ? settings->resolution : lk_project_get_resolution (project);
  g_autoptr (LkDataSet) data_set = NULL;
  gboolean is_known = images->len > 0;

  for (guint i = 0; i < images->len; i++)
    is_known &= lk_image_get_hash (images->pdata[i]) != NULL;
  data_set = is_known ? lk_data_set_new_from_project (project, settings, NULL) : NULL;
  return data_set != NULL ? lk_memory_shapes_new (data_set, settings, FALSE) : lk_memory_shapes_new_size ((LkBucket) { side, side }, settings);
}

void
lk_memory_shapes_free (LkMemoryShapes *shapes)
{
  g_array_unref (shapes->encoded);
  g_array_unref (shapes->trained);
  g_array_unref (shapes->measured);
  g_free (shapes);
}

static guint
get_n_tokens (const LkTrainSettings *settings)
{
  return settings->max_token_length / 75 * LK_TOKENIZER_CHUNK_TOKENS + LK_TOKENIZER_CHUNK - LK_TOKENIZER_CHUNK_TOKENS;
}

void
lk_memory_shapes_reserve (const LkMemoryShapes  *shapes,
                          LkModel               *model,
                          LkAdapter             *adapter,
                          const LkTrainSettings *settings)
{
  guint factor = lk_architecture_get_latent_factor (lk_model_get_architecture (model));

  for (guint i = 0; i < shapes->measured->len + shapes->trained->len; i++)
    {
      gboolean is_measured = i < shapes->measured->len;
      const LkBucket *size = is_measured ? &g_array_index (shapes->measured, LkBucket, i)
                                         : &g_array_index (shapes->trained, LkBucket, i - shapes->measured->len);

      lk_step_reserve (model, adapter, is_measured ? 1 : settings->train_batch_size, size->height / factor, size->width / factor,
                       get_n_tokens (settings), is_measured ? 0 : settings->gradient_accumulation_steps,
                       is_measured ? LK_CHECKPOINTS_NONE : lk_step_get_checkpoints (settings));
    }
}

/* ---- the plan --------------------------------------------------------------------------------------------------- */

/* A run's memory, part by part, in the order in which lk_training_new () and the first steps take it: places depend on that. */
typedef struct
{
  const LkMemoryAsk *ask;
  LkDevice          *sketch;
  LkModel           *model;         /* owned, as is all below */
  LkAdapter         *adapter;
  LkStepOptimizer   *optimizer;
  GPtrArray         *steps;         /* LkStep */
} Walk;

/* What has been asked for since `before`, which becomes the present state. */
static guint64
count (Walk    *walk,
       guint64 *before)
{
  guint64 now = lk_device_get_memory_asked (walk->sketch), bytes = now - *before;

  *before = now;
  return bytes;
}

static gboolean
encode_pictures (Walk          *walk,
                 LkMemoryPlan  *plan,
                 GError       **error)
{
  g_autoptr (GPtrArray) coders = g_ptr_array_new_with_free_func ((GDestroyNotify) lk_coder_free);

  if (!lk_model_load (walk->model, LK_PART_VAE, NULL, NULL, NULL, error))
    return FALSE;
  for (guint i = 0; i < walk->ask->shapes->encoded->len; i++)
    {
      const LkBucket *size = &g_array_index (walk->ask->shapes->encoded, LkBucket, i);
      LkCoder *coder = lk_coder_new_encoder (walk->model, size->width, size->height, error);

      if (coder == NULL)
        return FALSE;
      g_ptr_array_add (coders, coder);
    }

  plan->latents = lk_device_get_memory_taken (walk->sketch);
  g_ptr_array_set_size (coders, 0);
  lk_model_unload (walk->model, LK_PART_VAE);
  return TRUE;
}

static gboolean
encode_texts (Walk          *walk,
              LkMemoryPlan  *plan,
              GError       **error)
{
  g_autoptr (LkConditioner) conditioner = NULL;

  if (!lk_model_load (walk->model, LK_PART_TEXT, NULL, NULL, NULL, error))
    return FALSE;
  conditioner = lk_conditioner_new (walk->model, NULL, NULL, NULL, 0, error);
  if (conditioner == NULL || !lk_conditioner_make_ready (conditioner, walk->ask->settings->max_token_length / 75, error))
    return FALSE;

  plan->texts = lk_device_get_memory_taken (walk->sketch);
  g_clear_pointer (&conditioner, lk_conditioner_free);
  lk_model_unload (walk->model, LK_PART_TEXT);
  return TRUE;
}

/* A step for each of `sizes`; `batch` 0: one that goes forward alone, with one picture. */
static gboolean
add_steps (Walk    *walk,
           GArray  *sizes,
           guint    batch,
           GError **error)
{
  const LkTrainSettings *settings = walk->ask->settings;
  guint factor = lk_architecture_get_latent_factor (lk_model_get_architecture (walk->model));
  guint n_tokens = get_n_tokens (settings);

  for (guint i = 0; i < sizes->len; i++)
    {
      const LkBucket *size = &g_array_index (sizes, LkBucket, i);
      guint height = size->height / factor, width = size->width / factor;
      LkStep *step = batch > 0 ? lk_step_new (walk->model, walk->adapter, batch, height, width, n_tokens, settings->gradient_accumulation_steps,
                                              lk_step_get_checkpoints (settings), error)
                               : lk_step_new_forward (walk->model, walk->adapter, 1, height, width, n_tokens, error);

      if (step == NULL)
        return FALSE;
      g_ptr_array_add (walk->steps, step);
    }
  return TRUE;
}

static gboolean
walk_through (Walk          *walk,
              LkMemoryPlan  *plan,
              GError       **error)
{
  const LkTrainSettings *settings = walk->ask->settings;
  guint64 asked = lk_device_get_memory_asked (walk->sketch);

  plan->at_rest = lk_device_get_memory_taken (walk->sketch);
  if (!encode_pictures (walk, plan, error))
    return FALSE;

  walk->adapter = lk_training_make_adapter (walk->sketch, walk->ask->checkpoint, settings, walk->ask->init_lora, NULL, error);
  if (walk->adapter == NULL)
    return FALSE;
  plan->adapter = count (walk, &asked);
  walk->optimizer = lk_step_optimizer_new (walk->adapter, settings, error);
  if (walk->optimizer == NULL)
    return FALSE;
  plan->optimizer = count (walk, &asked);

  if (!encode_texts (walk, plan, error) || !lk_model_load (walk->model, LK_PART_UNET, NULL, NULL, NULL, error))
    return FALSE;
  plan->weights = count (walk, &asked);
  lk_memory_shapes_reserve (walk->ask->shapes, walk->model, walk->adapter, settings);
  if (!add_steps (walk, walk->ask->shapes->measured, 0, error)
      || !add_steps (walk, walk->ask->shapes->trained, settings->train_batch_size, error))
    return FALSE;
  plan->activations = count (walk, &asked);

  plan->training = lk_device_get_memory_taken (walk->sketch);
  plan->workspace = plan->training - plan->weights - plan->activations - plan->adapter - plan->optimizer;
  plan->peak = MAX (plan->training, MAX (plan->latents, plan->texts));
  return TRUE;
}

gboolean
lk_memory_plan_make (LkDevice           *sketch,
                     const LkMemoryAsk  *ask,
                     LkMemoryPlan       *plan,
                     GError            **error)
{
  Walk walk = { .ask = ask, .sketch = sketch, .model = lk_model_new (sketch, ask->checkpoint) };
  gboolean is_done;

  g_return_val_if_fail (lk_device_is_sketch (sketch), FALSE);

  *plan = (LkMemoryPlan) { 0 };
  walk.steps = g_ptr_array_new_with_free_func ((GDestroyNotify) lk_step_free);
  is_done = walk_through (&walk, plan, error);
  g_ptr_array_unref (walk.steps);
  g_clear_pointer (&walk.optimizer, lk_step_optimizer_free);
  g_clear_pointer (&walk.adapter, lk_adapter_unref);
  lk_model_unref (walk.model);
  return is_done;
}

gboolean
lk_memory_plan_fits (const LkMemoryPlan *plan,
                     guint64             memory_free)
{
  return plan->peak <= memory_free + plan->at_rest;
}

/* ---- what would fit --------------------------------------------------------------------------------------------- */

void
lk_memory_remedy_free (LkMemoryRemedy *remedy)
{
  for (guint i = 0; i < G_N_ELEMENTS (remedy->values); i++)
    g_free (remedy->values[i]);
  g_free (remedy->label);
  g_free (remedy->words);
  g_free (remedy);
}

/* Sizes of the same shapes, `resolution` instead of `from`; sides stay multiples of 64. */
static GArray *
scale (GArray *sizes,
       guint   resolution,
       guint   from)
{
  GArray *scaled = g_array_new (FALSE, FALSE, sizeof (LkBucket));

  for (guint i = 0; i < sizes->len; i++)
    {
      LkBucket size = g_array_index (sizes, LkBucket, i);

      size.width = MAX (64, (size.width * resolution / from + 32) / 64 * 64);
      size.height = MAX (64, (size.height * resolution / from + 32) / 64 * 64);
      add_size (scaled, size);
    }
  return scaled;
}

static void
set_value (LkMemoryRemedy  *remedy,
           LkTrainSettings *settings,
           const char      *key,
           char            *value)
{
  guint n = 0;

  while (remedy->keys[n] != NULL)
    n++;
  remedy->keys[n] = key;
  remedy->values[n] = value;
  lk_train_settings_set (settings, key, value, NULL);
}

/* Checkpoints (NONE: as it is), batch 1, and a resolution (0: as it is) together; NULL where that does not fit. */
static LkMemoryRemedy *
try (LkDevice          *sketch,
     const LkMemoryAsk *ask,
     guint64            memory_free,
     LkCheckpoints      checkpoints,
     gboolean           single,
     guint              resolution,
     guint              from)
{
  g_autoptr (LkTrainSettings) settings = lk_train_settings_copy (ask->settings);
  LkMemoryShapes scaled = { NULL };
  LkMemoryAsk changed = *ask;
  LkMemoryRemedy *remedy = g_new0 (LkMemoryRemedy, 1);
  gboolean fits;

  if (checkpoints != LK_CHECKPOINTS_NONE)
    {
      gboolean is_part = checkpoints == LK_CHECKPOINTS_FEED_FORWARD;

      set_value (remedy, settings, "gradient_checkpointing", g_strdup ("true"));
      set_value (remedy, settings, "checkpointed_parts", g_strdup (is_part ? "feed_forward" : "blocks"));
      remedy->label = g_strdup (is_part ? _("Checkpoint Feed-Forward Parts") : _("Turn Checkpointing On"));
      remedy->words = g_strdup (is_part ? _("checkpointing of the feed-forward parts") : _("gradient checkpointing"));
    }
  if (single)
    {
      set_value (remedy, settings, "train_batch_size", g_strdup ("1"));
      g_free (remedy->label);
      remedy->label = g_strdup (checkpoints != LK_CHECKPOINTS_NONE ? _("Checkpointing and Batch Size 1") : _("Batch Size 1"));
      g_free (remedy->words);
      remedy->words = g_strdup (checkpoints != LK_CHECKPOINTS_NONE ? _("gradient checkpointing and batch size 1") : _("batch size 1"));
    }
  if (resolution > 0)
    {
      g_autofree char *words = g_steal_pointer (&remedy->words);

      set_value (remedy, settings, "resolution", g_strdup_printf ("%u", resolution));
      g_free (remedy->label);
      remedy->label = g_strdup_printf (_("Resolution %u"), resolution);
      remedy->words = words ? g_strdup_printf (_("%s at resolution %u"), words, resolution) : g_strdup_printf (_("resolution %u"), resolution);
      scaled.encoded = scale (ask->shapes->encoded, resolution, from);
      scaled.trained = scale (ask->shapes->trained, resolution, from);
      scaled.measured = scale (ask->shapes->measured, resolution, from);
      changed.shapes = &scaled;
    }
  changed.settings = settings;

  fits = lk_memory_plan_make (sketch, &changed, &remedy->plan, NULL) && lk_memory_plan_fits (&remedy->plan, memory_free);
  g_clear_pointer (&scaled.encoded, g_array_unref);
  g_clear_pointer (&scaled.trained, g_array_unref);
  g_clear_pointer (&scaled.measured, g_array_unref);
  if (!fits)
    g_clear_pointer (&remedy, lk_memory_remedy_free);
  return remedy;
}

GPtrArray *
lk_memory_plan_find_remedies (LkDevice          *sketch,
                              const LkMemoryAsk *ask,
                              guint64            memory_free)
{
  static const guint resolutions[] = { 1024, 896, 768, 640, 512, 448, 384, 320, 256, 192, 128 };
  GPtrArray *remedies = g_ptr_array_new_with_free_func ((GDestroyNotify) lk_memory_remedy_free);
  LkCheckpoints present = lk_step_get_checkpoints (ask->settings);
  LkCheckpoints blocks = present == LK_CHECKPOINTS_BLOCKS ? LK_CHECKPOINTS_NONE : LK_CHECKPOINTS_BLOCKS;
  gboolean can_single = ask->settings->train_batch_size > 1;
  guint side = 0;
  LkMemoryRemedy *remedy;

  if (present == LK_CHECKPOINTS_NONE && (remedy = try (sketch, ask, memory_free, LK_CHECKPOINTS_FEED_FORWARD, FALSE, 0, 0)) != NULL)
    g_ptr_array_add (remedies, remedy);
  else if (blocks && (remedy = try (sketch, ask, memory_free, blocks, FALSE, 0, 0)) != NULL)
    g_ptr_array_add (remedies, remedy);
  if (can_single && (remedy = try (sketch, ask, memory_free, LK_CHECKPOINTS_NONE, TRUE, 0, 0)) != NULL)
    g_ptr_array_add (remedies, remedy);
  if (remedies->len == 0 && blocks && can_single && (remedy = try (sketch, ask, memory_free, blocks, TRUE, 0, 0)) != NULL)
    g_ptr_array_add (remedies, remedy);
  if (remedies->len > 0)
    return remedies;

  /* The pictures' area stands for their resolution: a project's may differ from picture to picture. */
  for (guint i = 0; i < ask->shapes->trained->len; i++)
    {
      const LkBucket *size = &g_array_index (ask->shapes->trained, LkBucket, i);

      side = MAX (side, MIN (size->width, size->height));
    }
  for (guint i = 0; i < G_N_ELEMENTS (resolutions) && remedies->len == 0; i++)
    if (resolutions[i] < side && (remedy = try (sketch, ask, memory_free, blocks, can_single, resolutions[i], side)) != NULL)
      g_ptr_array_add (remedies, remedy);
  return remedies;
}

static char *
format_size (guint64 bytes)
{
  return g_format_size_full (bytes, G_FORMAT_SIZE_IEC_UNITS);
}

char *
lk_memory_plan_dup_refusal (const LkMemoryPlan *plan,
                            LkDevice           *sketch,
                            GPtrArray          *remedies)
{
  g_autofree char *needed = format_size (plan->peak), *left = format_size (lk_device_get_memory_free (sketch) + plan->at_rest);
  GString *words = g_string_new (NULL);

  g_string_printf (words, _("Training needs %s of memory on “%s”, and %s are free."), needed, lk_device_get_description (sketch), left);
  g_string_append_c (words, ' ');
  if (remedies->len == 0)
    g_string_append (words, _("No setting makes it fit: close other programs, or choose a smaller base model or another device."));
  for (guint i = 0; i < remedies->len; i++)
    {
      const LkMemoryRemedy *remedy = remedies->pdata[i];
      g_autofree char *size = format_size (remedy->plan.peak);

      g_string_append_printf (words, i == 0 ? _("It fits with %s (%s)") : _(", or with %s (%s)"), remedy->words, size);
      if (i + 1 == remedies->len)
        g_string_append_c (words, '.');
    }
  return g_string_free (words, FALSE);
}

gboolean
lk_memory_plan_check (LkDevice           *sketch,
                      const LkMemoryAsk  *ask,
                      GError            **error)
{
  guint64 memory_free = lk_device_get_memory_free (sketch);
  g_autoptr (GPtrArray) remedies = NULL;
  g_autofree char *words = NULL;
  LkMemoryPlan plan;

  if (!lk_memory_plan_make (sketch, ask, &plan, error))
    return FALSE;
  if (lk_memory_plan_fits (&plan, memory_free))
    return TRUE;

  remedies = lk_memory_plan_find_remedies (sketch, ask, memory_free);
  words = lk_memory_plan_dup_refusal (&plan, sketch, remedies);
  g_set_error_literal (error, LK_TRAINER_ERROR, LK_TRAINER_ERROR_NO_MEMORY, words);
  return FALSE;
}
