/* lk-training.c: making a run ready, and its steps. See the header. */
#define G_LOG_DOMAIN "likeness-train"

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "base/lk-file.h"
#include "base/lk-random.h"
#include "cpu/lk-cpu.h"
#include "formats/lk-event-file.h"
#include "generate/lk-file-hash.h"
#include "train/lk-cache.h"
#include "train/lk-caption.h"
#include "train/lk-loss.h"
#include "train/lk-lora-metadata.h"
#include "train/lk-lr.h"
#include "train/lk-memory-plan.h"
#include "train/lk-noise.h"
#include "train/lk-order.h"
#include "train/lk-replay.h"
#include "train/lk-run-state.h"
#include "train/lk-step.h"
#include "train/lk-streams.h"
#include "train/lk-trainer.h"
#include "train/lk-training.h"
#include "train/lk-weight-norms.h"

struct _LkTraining
{
  LkRun                 *run;           /* owned reference */
  const LkTrainSettings *settings;      /* the run's */
  LkDataSet             *data_set;      /* borrowed */
  LkDevice              *device;        /* owned reference */
  LkModel               *model;         /* owned reference */

  LkOrder               *order;         /* owned, as is all below */
  LkReplay              *replay;        /* or NULL */
  LkMemoryShapes        *shapes;
  GPtrArray             *latents;       /* LkLatent, as the autoencoder has them */
  GPtrArray             *x0;            /* float arrays: what is trained on, on the U-Net's scale */
  GHashTable            *texts;         /* text → LkConditioning */

  LkAdapter             *adapter;
  LkStepOptimizer       *optimizer;
  LkValidation          *validation;    /* NULL: this run does not measure itself */
  LkValidationMark       mark;          /* the last measurement; */
  gboolean               has_mark;      /* it is the last step's */
  GHashTable            *steps;         /* "h<<16 | w" → LkStep */
  LkRunState                state;
  char                  *note;

  int                    metrics;       /* descriptor of metrics.jsonl, or -1 */
  LkEventFile           *events;        /* the same for TensorBoard */
  guint                  epoch;         /* of the last batch */
};

/* ---- the plan of draws ----------------------------------------------------------------------------------------- */

/* One sample of the run, before any tensor: draw number `draw`, the first is 0. */
typedef struct
{
  guint64 draw;
  guint   item;
  char   *text;                 /* owned */
} Draw;

static void
clear_draw (gpointer data)
{
  g_free (((Draw *) data)->text);
}

/* The samples of batch `batch` of the run, counted from 0: at most train_batch_size. */
static GArray *
plan_batch (LkTraining *training,
            guint64     batch)
{
  const LkTrainSettings *settings = training->settings;
  GArray *draws = g_array_new (FALSE, TRUE, sizeof (Draw));
  guint n, epoch;
  const guint32 *items = lk_order_get_batch (training->order, batch, &n, &epoch);
  gboolean is_given = training->replay && lk_replay_has_items (training->replay);

  g_array_set_clear_func (draws, clear_draw);
  if (is_given)
    n = settings->train_batch_size;
  for (guint i = 0; i < n; i++)
    {
      Draw draw = { .draw = batch * settings->train_batch_size + i };
      const char *caption;

      draw.item = is_given ? lk_replay_get_item (training->replay, draw.draw) : items[i];
      caption = lk_data_set_get (training->data_set, draw.item)->caption;
      if (lk_caption_is_dropped (settings, draw.draw, epoch))
        draw.text = g_strdup ("");
      else
        draw.text = lk_caption_make (settings, caption, draw.item, lk_caption_pick (settings, caption, draw.draw),
                                     (guint) (batch / settings->gradient_accumulation_steps));
      g_array_append_val (draws, draw);
    }

  training->epoch = epoch;
  return draws;
}

static guint64
count_batches (const LkTrainSettings *settings)
{
  return (guint64) settings->max_train_steps * settings->gradient_accumulation_steps;
}

/* A replay has pictures, timesteps and noise of its own. */
static gboolean
measures_itself (LkTraining *training)
{
  return training->settings->validate_every_n_steps > 0 && training->replay == NULL;
}

/* Every text that the run will read. */
static GHashTable *
plan_texts (LkTraining *training)
{
  GHashTable *texts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  guint64 first = (guint64) training->state.step * training->settings->gradient_accumulation_steps;

  for (guint64 batch = first; batch < count_batches (training->settings); batch++)
    {
      g_autoptr (GArray) draws = plan_batch (training, batch);

      for (guint i = 0; i < draws->len; i++)
        g_hash_table_add (texts, g_strdup (g_array_index (draws, Draw, i).text));
    }
  for (guint i = 0; measures_itself (training) && i < lk_data_set_get_n (training->data_set); i++)
    g_hash_table_add (texts, lk_validation_dup_text (training->settings, training->data_set, i));

  return texts;
}

static LkOrder *
make_order (LkTraining *training)
{
  guint n = lk_data_set_get_n (training->data_set);
  g_autofree guint *sizes = g_new (guint, n), *repeats = g_new (guint, n);

  for (guint i = 0; i < n; i++)
    {
      const LkDataItem *item = lk_data_set_get (training->data_set, i);

      sizes[i] = item->size.width << 16 | item->size.height;
      repeats[i] = item->repeats;
    }
  return lk_order_new (sizes, repeats, n, training->settings->train_batch_size, (guint64) training->settings->seed);
}

/* ---- measuring ------------------------------------------------------------------------------------------------- */

static gboolean
write_metrics (LkTraining  *training,
               const cJSON *line,
               GError     **error)
{
  g_autofree char *text = lk_json_print (line, FALSE), *whole = g_strconcat (text, "\n", NULL);
  gsize length = strlen (whole);

  if (write (training->metrics, whole, length) == (gssize) length)
    return TRUE;

  {
    g_autofree char *path = lk_run_dup_path (training->run, "metrics.jsonl");

    lk_file_set_error (error, errno, "written", path);
    return FALSE;
  }
}

gboolean
lk_training_get_mark (LkTraining       *training,
                      LkValidationMark *mark)
{
  *mark = training->mark;
  return training->has_mark;
}

static gboolean
write_event (LkTraining           *training,
             guint                 step,
             const LkEventScalar  *scalars,
             guint                 n,
             GError              **error)
{
  return lk_event_file_add (training->events, step, g_get_real_time () / (double) G_USEC_PER_SEC, scalars, n, error);
}

static gboolean
write_mark_event (LkTraining  *training,
                  GError     **error)
{
  const LkEventScalar scalars[] = { { "loss/fixed_noise", (float) training->mark.trained }, { "loss/held_out", (float) training->mark.held_out } };

  return write_event (training, training->mark.step, scalars, isfinite (training->mark.held_out) ? 2 : 1, error);
}

/* The first two under sd-scripts' names. */
static gboolean
write_step_event (LkTraining      *training,
                  const LkMetric  *metric,
                  GError         **error)
{
  const LkEventScalar scalars[] = {
    { "loss/current", (float) metric->loss }, { "lr/unet", (float) metric->learning_rate }, { "grad_norm", (float) metric->grad_norm },
    { "seconds_per_step", (float) metric->seconds }, { "memory_bytes", (float) metric->memory },
  };

  return write_event (training, metric->step, scalars, G_N_ELEMENTS (scalars), error);
}

/* The weights' first look comes early, so that a module that stays zero is noticed before hours have gone by. */
#define FIRST_LOOK 10

static gboolean
is_milestone (const LkTrainSettings *settings,
              guint                  step)
{
  return step == FIRST_LOOK || step == settings->max_train_steps
         || (step > 0 && settings->save_every_n_steps > 0 && step % settings->save_every_n_steps == 0);
}

/* What is due after `training->state.step` steps: losses on fixed noise, and how far the blocks have moved. */
static gboolean
measure (LkTraining  *training,
         GError     **error)
{
  const LkTrainSettings *settings = training->settings;
  guint step = training->state.step;

  training->has_mark = FALSE;
  if (training->validation && (step % settings->validate_every_n_steps == 0 || step == settings->max_train_steps))
    {
      g_autoptr (cJSON) line = NULL;

      if (!lk_validation_run (training->validation, step, &training->mark, &line, error) || !write_metrics (training, line, error)
          || !write_mark_event (training, error))
        return FALSE;
      training->has_mark = TRUE;
    }
  if (is_milestone (settings, step))
    {
      g_autoptr (cJSON) line = lk_weight_norms_measure (training->adapter, step, error);

      if (line == NULL || !write_metrics (training, line, error))
        return FALSE;
    }
  return TRUE;
}

/* ---- making ready ---------------------------------------------------------------------------------------------- */

typedef struct
{
  LkTrainingFunc  func;
  gpointer        data;
  const char     *text;
} Progress;

static void
tell (gpointer data,
      guint    done,
      guint    total)
{
  Progress *progress = data;

  if (progress->func)
    progress->func (progress->data, progress->text, done, total);
}

static gboolean
open_base (LkTraining  *training,
           GError     **error)
{
  const LkRunInfo *info = lk_run_get_info (training->run);
  g_autofree char *hash = lk_file_hash_checkpoint (info->base, error);
  g_autoptr (LkCheckpoint) checkpoint = NULL;

  if (hash == NULL)
    return FALSE;
  if (!g_str_equal (hash, info->base_hash))
    {
      g_set_error (error, LK_TRAINER_ERROR, LK_TRAINER_ERROR_CHANGED,
                   _("“%s” is not the base model that the run began with. Put the old file back, or start a new run."), info->base);
      return FALSE;
    }

  checkpoint = lk_checkpoint_open (info->base, error);
  if (checkpoint == NULL)
    return FALSE;
  training->model = lk_model_new (training->device, checkpoint);
  return TRUE;
}

/* On the U-Net's scale: the mean, or one draw about it that is kept for the whole run. A replay has no such draw: it takes the mean. */
static GPtrArray *
make_x0 (LkTraining *training)
{
  gboolean is_mean = training->settings->latents == LK_LATENTS_MEAN || training->replay != NULL;
  float scale = lk_model_get_architecture (training->model)->latent_scale;
  GPtrArray *x0 = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < training->latents->len; i++)
    {
      const LkLatent *latent = training->latents->pdata[i];
      float *values = g_new0 (float, latent->n);

      if (!is_mean)
        lk_random_fill_normal ((guint64) training->settings->seed, LK_STREAM_LATENT + i, 0, latent->n, values);
      for (gsize k = 0; k < latent->n; k++)
        values[k] = (latent->mean[k] + expf (0.5f * latent->logvar[k]) * values[k]) * scale;
      g_ptr_array_add (x0, values);
    }

  return x0;
}

LkAdapter *
lk_training_make_adapter (LkDevice               *device,
                          LkCheckpoint           *checkpoint,
                          const LkTrainSettings  *settings,
                          const char             *init_lora,
                          char                  **note,
                          GError                **error)
{
  const LkAdapterSettings wanted = {
    .rank = settings->network_dim,
    .alpha = settings->network_alpha > 0 ? settings->network_alpha : settings->network_dim,
    .seed = (guint64) settings->seed,
    .parts = LK_PART_UNET,
  };

  if (init_lora)
    return lk_adapter_load (device, checkpoint, init_lora, TRUE, note, error);
  return lk_adapter_new (device, checkpoint, &wanted, error);
}

static gboolean
open_adapter (LkTraining  *training,
              GError     **error)
{
  const LkTrainSettings *settings = training->settings;
  const char *init = lk_run_get_info (training->run)->init_lora;

  training->adapter = lk_training_make_adapter (training->device, lk_model_get_checkpoint (training->model), settings, init, &training->note,
                                                error);
  if (training->adapter == NULL)
    return FALSE;
  if (lk_adapter_get_parts (training->adapter) & LK_PART_TEXT)
    {
      g_set_error (error, LK_TRAINER_ERROR, LK_TRAINER_ERROR_CHANGED,
                   _("“%s” also changes the text encoder, which cannot be trained on yet. Begin with a LoRA of the U-Net alone."), init);
      return FALSE;
    }

  training->optimizer = lk_step_optimizer_new (training->adapter, settings, error);
  if (training->optimizer == NULL)
    return FALSE;
  training->state.adapter = training->adapter;
  training->state.moment1 = lk_step_optimizer_get_moment (training->optimizer, 1);
  training->state.moment2 = lk_step_optimizer_get_moment (training->optimizer, 2);
  return TRUE;
}

/* What decides the bits besides the numbers: the instruction set, or the device. */
static char *
describe_engine (LkDevice *device)
{
  if (lk_device_is_cpu (device))
    return g_strdup_printf ("cpu %s %s", lk_cpu_isa_name (lk_cpu_get_isa ()), PACKAGE_VERSION);
  return g_strdup_printf ("%s %s", lk_device_get_description (device), PACKAGE_VERSION);
}

static gboolean
open_state (LkTraining  *training,
            GError     **error)
{
  g_autofree char *path = lk_run_dup_path (training->run, LK_RUN_STATE_FILE);
  g_autofree char *engine = describe_engine (training->device);

  if (g_file_test (path, G_FILE_TEST_EXISTS))
    {
      if (!lk_run_state_load (&training->state, path, error))
        return FALSE;
      if (!g_str_equal (engine, training->state.engine))
        {
          g_free (training->note);
          training->note = g_strdup_printf (_("This run was computed by “%s” so far, now by “%s”: it goes on, but rounding differs."),
                                            training->state.engine, engine);
        }
    }

  g_free (training->state.engine);
  training->state.engine = g_steal_pointer (&engine);
  return TRUE;
}

/* Where line number `step` of metrics.jsonl ends: what is behind it was computed after the state was saved, and will be again. */
static gsize
find_end (const char *text,
          guint       step)
{
  const char *line = text, *end;

  while ((end = strchr (line, '\n')) != NULL)
    {
      g_autoptr (cJSON) json = lk_json_parse (line, end - line, "metrics.jsonl", NULL);

      /* What was measured before the first step is measured again. */
      if (step == 0 || json == NULL || lk_json_get_int (json, "step", G_MAXINT64) > step)
        break;
      line = end + 1;
    }
  return line - text;
}

/* events.out.tfevents.SECONDS.likeness: TensorBoard goes by the beginning of the name. */
static gboolean
open_events (LkTraining  *training,
             GError     **error)
{
  g_autofree char *name = g_strdup_printf ("events.out.tfevents.%" G_GINT64_FORMAT ".likeness", lk_run_get_created (training->run));
  g_autofree char *path = lk_run_dup_path (training->run, name);

  training->events = lk_event_file_open (path, training->state.step > 0 ? training->state.step : -1, error);
  return training->events != NULL;
}

static gboolean
open_metrics (LkTraining  *training,
              GError     **error)
{
  g_autofree char *path = lk_run_dup_path (training->run, "metrics.jsonl");
  g_autofree char *text = g_file_test (path, G_FILE_TEST_EXISTS) ? lk_file_read (path, (gsize) 2 << 30, NULL, error) : g_strdup ("");

  if (text == NULL)
    return FALSE;
  training->metrics = open (path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (training->metrics < 0 || ftruncate (training->metrics, (off_t) find_end (text, training->state.step)) != 0)
    {
      lk_file_set_error (error, errno, "written", path);
      return FALSE;
    }
  return open_events (training, error);
}

/* What computes the run: for people, and so that nothing falls back in silence. */
static gboolean
write_record (LkTraining  *training,
              GError     **error)
{
  g_autofree char *path = lk_run_dup_path (training->run, "record.json");
  g_autoptr (cJSON) json = cJSON_CreateObject ();
  LkGpu *gpu = lk_device_get_gpu (training->device);
  g_autofree char *tier = gpu ? g_strdup_printf ("T%u", lk_gpu_get_info (gpu)->tier) : g_strdup ("cpu");

  cJSON_AddStringToObject (json, "device", lk_device_get_description (training->device));
  cJSON_AddStringToObject (json, "tier", tier);
  cJSON_AddStringToObject (json, "precision", "fp32");
  lk_json_add_int (json, "parameters", (gint64) lk_adapter_get_n_parameters (training->adapter));
  lk_json_add_int (json, "modules", lk_adapter_get_n_modules (training->adapter));
  return lk_json_write (json, path, error);
}

/* Refuses a run that its device has no room for, before it starts. */
static gboolean
check_memory (LkTraining  *training,
              GError     **error)
{
  g_autoptr (LkDevice) sketch = lk_device_new_sketch (training->device);
  const LkMemoryAsk ask = { lk_model_get_checkpoint (training->model), training->settings, training->shapes,
                            lk_run_get_info (training->run)->init_lora };

  return lk_memory_plan_check (sketch, &ask, error);
}

static gboolean
open_replay (LkTraining  *training,
             GError     **error)
{
  const char *path = lk_run_get_info (training->run)->replay;

  if (path == NULL)
    return TRUE;
  training->replay = lk_replay_open (path, count_batches (training->settings) * training->settings->train_batch_size,
                                     lk_data_set_get_n (training->data_set), error);
  return training->replay != NULL;
}

LkTraining *
lk_training_new (LkDevice        *device,
                 LkRun           *run,
                 LkDataSet       *data_set,
                 const char      *cache,
                 LkTrainingFunc   progress,
                 gpointer         progress_data,
                 GCancellable    *cancellable,
                 GError         **error)
{
  const char *hash = lk_run_get_info (run)->base_hash;
  g_autoptr (LkTraining) training = g_new0 (LkTraining, 1);
  g_autoptr (GHashTable) texts = NULL;
  Progress part = { progress, progress_data, _("Reading pictures") };

  training->run = lk_run_ref (run);
  training->settings = lk_run_get_settings (run);
  training->data_set = data_set;
  training->device = lk_device_ref (device);
  training->metrics = -1;
  training->steps = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) lk_step_free);

  if (!lk_train_settings_check (training->settings, error) || !lk_run_lock (run, error) || !open_base (training, error)
      || !open_replay (training, error))
    return NULL;
  training->shapes = lk_memory_shapes_new (data_set, training->settings, training->replay != NULL);
  if (!check_memory (training, error))
    return NULL;
  training->order = make_order (training);
  training->latents = lk_cache_latents (data_set, training->model, hash, cache, tell, &part, cancellable, error);
  if (training->latents == NULL || !open_adapter (training, error) || !open_state (training, error))
    return NULL;
  training->x0 = make_x0 (training);

  texts = plan_texts (training);
  part.text = _("Reading captions");
  training->texts = lk_cache_texts (texts, training->settings->max_token_length / 75, training->model, hash, cache, tell, &part,
                                    cancellable, error);
  if (training->texts == NULL || !open_metrics (training, error) || !write_record (training, error)
      || !lk_model_load (training->model, LK_PART_UNET, NULL, NULL, cancellable, error))
    return NULL;
  lk_memory_shapes_reserve (training->shapes, training->model, training->adapter, training->settings);
  if (measures_itself (training))
    training->validation = lk_validation_new (training->model, training->adapter, training->settings, data_set, training->latents, training->x0,
                                              training->texts);
  if (training->state.step == 0 && !measure (training, error))
    return NULL;

  return g_steal_pointer (&training);
}

void
lk_training_free (LkTraining *training)
{
  if (training->metrics >= 0)
    close (training->metrics);
  g_clear_pointer (&training->events, lk_event_file_free);
  g_clear_pointer (&training->validation, lk_validation_free);
  g_clear_pointer (&training->steps, g_hash_table_unref);
  g_clear_pointer (&training->optimizer, lk_step_optimizer_free);
  g_clear_pointer (&training->adapter, lk_adapter_unref);
  g_clear_pointer (&training->texts, g_hash_table_unref);
  g_clear_pointer (&training->x0, g_ptr_array_unref);
  g_clear_pointer (&training->latents, g_ptr_array_unref);
  g_clear_pointer (&training->replay, lk_replay_free);
  g_clear_pointer (&training->shapes, lk_memory_shapes_free);
  g_clear_pointer (&training->order, lk_order_free);
  g_clear_pointer (&training->model, lk_model_unref);
  lk_run_unlock (training->run);
  lk_run_unref (training->run);
  lk_device_unref (training->device);
  g_free (training->state.engine);
  g_free (training->note);
  g_free (training);
}

guint
lk_training_get_step (LkTraining *training)
{
  return training->state.step;
}

LkModel *
lk_training_get_model (LkTraining *training)
{
  return training->model;
}

LkAdapter *
lk_training_get_adapter (LkTraining *training)
{
  return training->adapter;
}

const char *
lk_training_get_note (LkTraining *training)
{
  return training->note;
}

/* ---- a batch --------------------------------------------------------------------------------------------------- */

static guint
draw_timestep (LkTraining *training,
               guint64     draw)
{
  guint timestep;

  if (training->replay && lk_replay_get_timestep (training->replay, draw, &timestep))
    return timestep;
  return lk_noise_draw_timestep (training->settings, draw);
}

static gboolean
draw_noise (LkTraining      *training,
            guint64          draw,
            const LkLatent  *latent,
            float           *noise,
            GError         **error)
{
  guint channels = (guint) (latent->n / ((gsize) latent->height * latent->width));
  gboolean found = FALSE;

  if (training->replay && !lk_replay_get_noise (training->replay, draw, latent->n, noise, &found, error))
    return FALSE;
  if (!found)
    lk_noise_fill (training->settings, draw, channels, latent->height, latent->width, noise);
  return TRUE;
}

static LkStep *
get_step (LkTraining      *training,
          const LkLatent  *latent,
          guint            n_tokens,
          GError         **error)
{
  gpointer key = GUINT_TO_POINTER (latent->height << 16 | latent->width);
  LkStep *step = g_hash_table_lookup (training->steps, key);

  if (step == NULL)
    {
      step = lk_step_new (training->model, training->adapter, training->settings->train_batch_size, latent->height, latent->width,
                          n_tokens, training->settings->gradient_accumulation_steps, lk_step_get_checkpoints (training->settings), error);
      if (step)
        g_hash_table_insert (training->steps, key, step);
    }
  return step;
}

/* What a step's line in metrics.jsonl says of its samples. */
typedef struct
{
  cJSON *items, *timesteps, *losses;    /* arrays */
} Samples;

/* Forward and backward over one batch. Empty places repeat the first sample and weigh nothing; the others weigh more, so that the loss is
 * the mean over the samples that there are. */
static gboolean
run_batch (LkTraining  *training,
           guint64      batch,
           double      *loss,
           Samples     *told,
           GError     **error)
{
  gboolean is_v = lk_model_get_architecture (training->model)->is_v_prediction;
  guint size = training->settings->train_batch_size;
  g_autoptr (GArray) draws = plan_batch (training, batch);
  const LkLatent *latent = training->latents->pdata[g_array_index (draws, Draw, 0).item];
  g_autofree LkSample *samples = g_new0 (LkSample, size);
  gboolean is_perturbed = training->settings->ip_noise_gamma > 0;
  g_autofree float *noise = g_new (float, size * latent->n), *losses = g_new (float, size);
  g_autofree float *perturbed = is_perturbed ? g_new (float, size * latent->n) : NULL;
  LkStep *step;

  for (guint i = 0; i < size; i++)
    {
      const Draw *draw = &g_array_index (draws, Draw, i < draws->len ? i : 0);
      const LkDataItem *item = lk_data_set_get (training->data_set, draw->item);
      const LkLatent *own = training->latents->pdata[draw->item];

      if (own->height != latent->height || own->width != latent->width)
        {
          g_set_error (error, LK_TRAINER_ERROR, LK_TRAINER_ERROR_BAD_REPLAY,
                       _("The replay puts pictures of different sizes into one batch: “%s” and “%s”."), item->name,
                       lk_data_set_get (training->data_set, g_array_index (draws, Draw, 0).item)->name);
          return FALSE;
        }
      if (!draw_noise (training, draw->draw, latent, noise + i * latent->n, error))
        return FALSE;
      samples[i].latent = training->x0->pdata[draw->item];
      samples[i].noise = noise + i * latent->n;
      if (is_perturbed)
        {
          lk_noise_perturb (training->settings, draw->draw, latent->n, samples[i].noise, perturbed + i * latent->n);
          samples[i].input_noise = perturbed + i * latent->n;
        }
      samples[i].text = g_hash_table_lookup (training->texts, draw->text);
      samples[i].timestep = draw_timestep (training, draw->draw);
      samples[i].weight = i < draws->len ? lk_loss_get_weight (training->settings, samples[i].timestep, is_v) * size / draws->len : 0;
      samples[i].original_width = item->original.width;
      samples[i].original_height = item->original.height;
    }

  step = get_step (training, latent, samples[0].text->n_tokens, error);
  if (step == NULL || !lk_step_run (step, samples, loss, losses, error))
    return FALSE;

  for (guint i = 0; i < draws->len; i++)
    {
      cJSON_AddItemToArray (told->items, lk_json_int_new (g_array_index (draws, Draw, i).item));
      cJSON_AddItemToArray (told->timesteps, lk_json_int_new (samples[i].timestep));
      cJSON_AddItemToArray (told->losses, cJSON_CreateNumber (losses[i]));
    }
  return TRUE;
}

/* ---- a step ---------------------------------------------------------------------------------------------------- */

/* Names the pictures whose loss is no number; all of the step where it is the gradient that is none. */
static void
set_not_finite (LkTraining     *training,
                guint           step,
                const Samples  *told,
                GError        **error)
{
  g_autoptr (GString) names = g_string_new (NULL);
  const cJSON *item, *loss;
  gboolean is_told = FALSE;

  cJSON_ArrayForEach (item, told->losses)
    is_told |= !isfinite (item->valuedouble);
  for (item = told->items->child, loss = told->losses->child; item != NULL; item = item->next, loss = loss->next)
    if (!is_told || !isfinite (loss->valuedouble))
      g_string_append_printf (names, "%s%s", names->len > 0 ? ", " : "",
                              lk_data_set_get (training->data_set, (guint) item->valuedouble)->name);
  g_set_error (error, LK_TRAINER_ERROR, LK_TRAINER_ERROR_NOT_FINITE,
               _("The loss of step %u is no number any more (pictures: %s). Lower the learning rate and start again, "
                 "or resume from the last state."), step, names->str);
}

gboolean
lk_training_step (LkTraining  *training,
                  LkMetric    *metric,
                  GError     **error)
{
  const LkTrainSettings *settings = training->settings;
  guint n_batches = settings->gradient_accumulation_steps, step = training->state.step;
  gint64 start = g_get_monotonic_time ();
  g_autoptr (cJSON) line = cJSON_CreateObject (), samples = cJSON_CreateObject ();
  Samples told = { cJSON_AddArrayToObject (samples, "items"), cJSON_AddArrayToObject (samples, "timesteps"),
                   cJSON_AddArrayToObject (samples, "losses") };
  double loss = 0;

  *metric = (LkMetric) { .step = step + 1, .learning_rate = settings->learning_rate * lk_lr_get_factor (settings, step) };

  for (guint b = 0; b < n_batches; b++)
    {
      double batch_loss;

      if (!run_batch (training, (guint64) step * n_batches + b, &batch_loss, &told, error))
        return FALSE;
      loss += batch_loss;
    }
  metric->loss = loss / n_batches;
  if (!lk_step_optimizer_run (training->optimizer, step + 1, metric->learning_rate, &metric->grad_norm, error))
    return FALSE;
  if (!isfinite (metric->loss) || !isfinite (metric->grad_norm))
    {
      set_not_finite (training, step + 1, &told, error);
      return FALSE;
    }
  metric->seconds = (g_get_monotonic_time () - start) / (double) G_USEC_PER_SEC;
  metric->memory = (double) lk_device_get_memory_used (training->device);

  lk_json_add_int (line, "step", metric->step);
  lk_json_add_int (line, "epoch", training->epoch);
  cJSON_AddNumberToObject (line, "loss", metric->loss);
  cJSON_AddNumberToObject (line, "lr", metric->learning_rate);
  cJSON_AddNumberToObject (line, "grad_norm", metric->grad_norm);
  cJSON_AddNumberToObject (line, "seconds", metric->seconds);
  cJSON_AddNumberToObject (line, "memory", metric->memory);
  while (samples->child)
    {
      cJSON *array = cJSON_DetachItemViaPointer (samples, samples->child);

      cJSON_AddItemToObject (line, array->string, array);
    }
  if (!write_metrics (training, line, error) || !write_step_event (training, metric, error))
    return FALSE;

  training->state.step = metric->step;
  return measure (training, error);
}

/* ---- saving ---------------------------------------------------------------------------------------------------- */

gboolean
lk_training_save_state (LkTraining  *training,
                        GError     **error)
{
  g_autofree char *path = lk_run_dup_path (training->run, LK_RUN_STATE_FILE);

  /* A state must never be ahead of the metrics that lead to it. */
  if (fsync (training->metrics) != 0)
    {
      lk_file_set_error (error, errno, "written", path);
      return FALSE;
    }
  return lk_run_state_save (&training->state, path, error);
}

/* The rank and alpha of all modules, or 0 where they differ. */
static void
get_rank (LkAdapter      *adapter,
          LkLoraProgress *progress)
{
  const LkAdapterModule *first = lk_adapter_get_module (adapter, 0);

  progress->rank = first->rank;
  progress->alpha = first->alpha;
  for (guint i = 1; i < lk_adapter_get_n_modules (adapter); i++)
    {
      const LkAdapterModule *module = lk_adapter_get_module (adapter, i);

      if (module->rank != first->rank || module->alpha != first->alpha)
        progress->rank = 0;
    }
}

gboolean
lk_training_save_lora (LkTraining  *training,
                       gboolean     is_final,
                       char       **path,
                       GError     **error)
{
  LkSafeType type = training->settings->save_precision == LK_SAVE_FP16 ? LK_SAFE_F16 : LK_SAFE_F32;
  LkLoraProgress progress = {
    .step = training->state.step,
    .epoch = MAX (training->epoch, 1),
    .n_batches = lk_order_get_n_batches (training->order),
  };
  g_autoptr (GHashTable) metadata = NULL;

  get_rank (training->adapter, &progress);
  metadata = lk_lora_metadata_new (training->run, training->data_set, lk_model_get_checkpoint (training->model), &progress);
  *path = lk_run_dup_checkpoint_path (training->run, is_final ? 0 : training->state.step);
  if (lk_adapter_save (training->adapter, *path, type, metadata, error))
    return TRUE;

  g_clear_pointer (path, g_free);
  return FALSE;
}
