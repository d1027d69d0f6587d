/* Runs: that they learn, that a stopped, paused or killed one goes on bit for bit, and what they refuse. */
#include "config.h"

#include "lk-test-run.h"

#include <glib/gstdio.h>
#include <math.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/lk-file.h"
#include "formats/lk-safetensors.h"
#include "train/lk-run-log.h"

#define N_PICTURES 5
#define SIDE 64

static char *program, *pictures;

typedef struct
{
  char      *folder;
  LkDataSet *data_set;
} Fixture;

static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  fixture->folder = g_dir_make_tmp ("likeness-run-XXXXXX", NULL);
  fixture->data_set = lk_test_data_set_new (pictures, N_PICTURES, SIDE);
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  g_autofree char *command = g_strdup_printf ("rm -rf '%s'", fixture->folder);

  g_assert_true (g_spawn_command_line_sync (command, NULL, NULL, NULL, NULL));
  g_free (fixture->folder);
  lk_data_set_free (fixture->data_set);
}

static LkRun *
make_run (Fixture    *fixture,
          const char *words,
          const char *replay)
{
  g_autoptr (LkTrainSettings) settings = lk_test_settings_new (words);

  return lk_test_run_new (fixture->folder, settings, fixture->data_set, replay);
}

static void
train (Fixture *fixture,
       LkRun   *run)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (lk_test_run_train (run, fixture->data_set, fixture->folder, &error));
  g_assert_no_error (error);
}

/* ---- learning ---------------------------------------------------------------------------------------------------- */

/* A replay of `n` draws with the same picture, timestep and noise each time; owned by the caller. */
static char *
write_replay (Fixture *fixture,
              gsize    n,
              gint32   item,
              gint32   timestep)
{
  const gsize size = 8 * (SIDE / 8) * (SIDE / 8);
  g_autoptr (LkSafetensorsWriter) writer = lk_safetensors_writer_new ();
  g_autofree gint32 *items = g_new (gint32, n), *timesteps = g_new (gint32, n);
  g_autofree float *noise = g_new (float, n * size);
  char *path = g_build_filename (fixture->folder, "replay.safetensors", NULL);

  for (gsize i = 0; i < n; i++)
    {
      items[i] = item;
      timesteps[i] = timestep;
      for (gsize k = 0; k < size; k++)
        noise[i * size + k] = sinf (k * 12.9898f) * 1.4f;
    }
  lk_safetensors_writer_add (writer, "items", LK_SAFE_I32, 2, (gsize[]) { n, 1 }, items);
  lk_safetensors_writer_add (writer, "timesteps", LK_SAFE_I32, 2, (gsize[]) { n, 1 }, timesteps);
  lk_safetensors_writer_add (writer, "noise", LK_SAFE_F32, 5, (gsize[]) { n, 1, 8, SIDE / 8, SIDE / 8 }, noise);
  g_assert_true (lk_safetensors_writer_save (writer, path, NULL));

  return path;
}

static void
test_the_loss_of_a_fixed_draw_falls (Fixture       *fixture,
                                     gconstpointer  data)
{
  g_autofree char *replay = write_replay (fixture, 40, 2, 300);
  g_autoptr (LkRun) run = make_run (fixture, "max_train_steps=40 train_batch_size=1", replay);
  g_autoptr (GArray) metrics = NULL;
  double first, last;

  train (fixture, run);
  metrics = lk_run_read_metrics (run, NULL);
  g_assert_cmpuint (metrics->len, ==, 40);
  first = g_array_index (metrics, LkMetric, 0).loss;
  last = g_array_index (metrics, LkMetric, 39).loss;
  g_test_message ("loss %.4f at step 1, %.4f at step 40", first, last);
  g_assert_cmpfloat (last, <, 0.6 * first);
  g_assert_cmpint (lk_run_get_status (run), ==, LK_RUN_FINISHED);
}

/* Two batches of one are a batch of two. */
static void
test_accumulation_is_a_larger_batch (Fixture       *fixture,
                                     gconstpointer  data)
{
  /* Pictures are dealt differently for other batch sizes: both take picture 0 and the same chance. */
  g_autofree char *replay = write_replay (fixture, 8, 0, 500);
  g_autoptr (LkRun) whole = make_run (fixture, "max_train_steps=4 train_batch_size=2", replay);
  g_autoptr (LkRun) parts = make_run (fixture, "max_train_steps=4 train_batch_size=1 gradient_accumulation_steps=2", replay);
  g_autoptr (GArray) of_whole = NULL, of_parts = NULL;

  train (fixture, whole);
  train (fixture, parts);
  of_whole = lk_run_read_metrics (whole, NULL);
  of_parts = lk_run_read_metrics (parts, NULL);
  for (guint i = 0; i < 4; i++)
    {
      LkMetric a = g_array_index (of_whole, LkMetric, i), b = g_array_index (of_parts, LkMetric, i);

      g_assert_cmpfloat_with_epsilon (a.loss, b.loss, 1e-5 * a.loss);
      g_assert_cmpfloat_with_epsilon (a.grad_norm, b.grad_norm, 1e-4 * a.grad_norm);
    }
}

/* 5 pictures in batches of 2: the third batch of an epoch has one empty place, which must change nothing. */
static void
test_a_short_batch_is_the_mean_over_its_pictures (Fixture       *fixture,
                                                  gconstpointer  data)
{
  g_autoptr (LkRun) run = make_run (fixture, "max_train_steps=3", NULL);
  g_autofree char *metrics = NULL;
  g_auto (GStrv) lines = NULL;
  guint n_short = 0;

  train (fixture, run);
  metrics = lk_test_run_metrics (run);
  lines = g_strsplit (metrics, "\n", -1);
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (cJSON) line = lk_json_parse (lines[i], -1, "line", NULL);
      const cJSON *losses = lk_json_get_array (line, "losses"), *loss;
      double sum = 0;

      cJSON_ArrayForEach (loss, losses)
        sum += loss->valuedouble;
      n_short += cJSON_GetArraySize (losses) == 1;
      g_assert_cmpfloat_with_epsilon (lk_json_get_number (line, "loss", 0), sum / cJSON_GetArraySize (losses), 1e-6);
      g_assert_cmpint (lk_json_get_int (line, "epoch", 0), ==, 1);
    }
  g_assert_cmpuint (n_short, ==, 1);
}

static void
test_checkpointing_changes_no_bit (Fixture       *fixture,
                                   gconstpointer  data)
{
  g_autoptr (LkRun) plain = make_run (fixture, "max_train_steps=3", NULL);
  g_autoptr (LkRun) checkpointed = make_run (fixture, "max_train_steps=3 gradient_checkpointing=true", NULL);
  g_autofree char *a = NULL, *b = NULL;

  train (fixture, plain);
  train (fixture, checkpointed);
  a = lk_test_run_hash (plain);
  b = lk_test_run_hash (checkpointed);
  g_assert_cmpstr (a, ==, b);
}

/* ---- stopping and going on ----------------------------------------------------------------------------------------- */

#define LONG_RUN "max_train_steps=14 validate_every_n_steps=4 shuffle_caption=true caption_dropout_rate=0.2 lr_scheduler=cosine lr_warmup_steps=3 save_every_n_steps=3"

static void
assert_same_run (LkRun *a,
                 LkRun *b)
{
  g_autofree char *hash_a = lk_test_run_hash (a), *hash_b = lk_test_run_hash (b);
  g_autofree char *metrics_a = lk_test_run_metrics (a), *metrics_b = lk_test_run_metrics (b);

  g_assert_cmpstr (metrics_a, ==, metrics_b);
  g_assert_cmpstr (hash_a, ==, hash_b);
}

static void
stop_at_7 (LkTrainer            *trainer,
           const LkTrainerEvent *events,
           guint                 n_events,
           gpointer              data)
{
  for (guint i = 0; i < n_events; i++)
    if (events[i].kind == LK_TRAINER_STEP && events[i].step == 7)
      lk_trainer_stop (trainer);
}

static void
test_a_stopped_run_goes_on_bit_for_bit (Fixture       *fixture,
                                        gconstpointer  data)
{
  g_autoptr (LkRun) whole = make_run (fixture, LONG_RUN, NULL), stopped = make_run (fixture, LONG_RUN, NULL);
  g_autofree char *cache = g_build_filename (fixture->folder, "cache", NULL);
  g_autoptr (LkDevice) device = lk_device_open ("cpu", 0, NULL);
  g_autoptr (LkTrainer) trainer = lk_trainer_new (device, stopped, fixture->data_set, cache);
  g_autoptr (GError) error = NULL;

  train (fixture, whole);

  lk_trainer_set_func (trainer, stop_at_7, NULL);
  g_assert_true (lk_trainer_run (trainer, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (lk_run_get_step (stopped), ==, 7);
  g_assert_cmpint (lk_run_get_status (stopped), ==, LK_RUN_STOPPED);
  train (fixture, stopped);
  assert_same_run (whole, stopped);
}

#define NOISY " noise_offset=0.1 multires_noise_iterations=6 ip_noise_gamma=0.1 min_timestep=200 max_timestep=300 debiased_estimation_loss=true"

/* Each kind of noise is there, in its range, and a stopped run draws the same as one that was not. */
static void
test_other_noise_goes_on_bit_for_bit (Fixture       *fixture,
                                      gconstpointer  data)
{
  static const char * const kinds[] = { "noise_offset=0.1", "multires_noise_iterations=6", "ip_noise_gamma=0.1", "debiased_estimation_loss=true" };
  g_autoptr (LkRun) whole = make_run (fixture, LONG_RUN NOISY, NULL), stopped = make_run (fixture, LONG_RUN NOISY, NULL);
  g_autoptr (LkRun) plain = make_run (fixture, "max_train_steps=1", NULL);
  g_autofree char *cache = g_build_filename (fixture->folder, "cache", NULL), *path = lk_run_dup_path (whole, "metrics.jsonl"), *text = NULL;
  g_autofree char *plain_hash = NULL;
  g_autoptr (LkDevice) device = lk_device_open ("cpu", 0, NULL);
  g_autoptr (LkTrainer) trainer = lk_trainer_new (device, stopped, fixture->data_set, cache);
  g_auto (GStrv) lines = NULL;
  guint n_timesteps = 0;

  train (fixture, whole);
  lk_trainer_set_func (trainer, stop_at_7, NULL);
  g_assert_true (lk_trainer_run (trainer, NULL, NULL));
  train (fixture, stopped);
  assert_same_run (whole, stopped);

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL && *lines[i] != '\0'; i++)
    {
      g_autoptr (cJSON) line = lk_json_parse (lines[i], -1, "line", NULL);
      const cJSON *timestep;

      if (!cJSON_HasObjectItem (line, "lr"))
        continue;
      cJSON_ArrayForEach (timestep, cJSON_GetObjectItem (line, "timesteps"))
        {
          g_assert_cmpfloat (timestep->valuedouble, >=, 200);
          g_assert_cmpfloat (timestep->valuedouble, <, 300);
          n_timesteps++;
        }
    }
  g_assert_cmpuint (n_timesteps, >, 10);

  train (fixture, plain);
  plain_hash = lk_test_run_hash (plain);
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      g_autofree char *words = g_strdup_printf ("max_train_steps=1 %s", kinds[i]), *hash = NULL;
      g_autoptr (LkRun) run = make_run (fixture, words, NULL);

      train (fixture, run);
      hash = lk_test_run_hash (run);
      g_assert_cmpstr (hash, !=, plain_hash);
    }
}

/* The number of threads is no part of a run's bits. */
static void
test_one_thread_or_more (Fixture       *fixture,
                         gconstpointer  data)
{
  g_autoptr (LkRun) whole = make_run (fixture, "max_train_steps=3", NULL), single = make_run (fixture, "max_train_steps=3", NULL);
  g_autofree char *cache = g_build_filename (fixture->folder, "cache", NULL);
  g_autoptr (LkDevice) device = lk_device_open ("cpu", 1, NULL);
  g_autoptr (LkTrainer) trainer = lk_trainer_new (device, single, fixture->data_set, cache);

  train (fixture, whole);
  g_assert_true (lk_trainer_run (trainer, NULL, NULL));
  assert_same_run (whole, single);
}

/* Trains the run in a process of its own and kills it once metrics.jsonl has `n_lines` lines and `delay` µs have gone by. FALSE: it was
 * done before. */
static gboolean
train_and_kill (Fixture *fixture,
                LkRun   *run,
                guint    n_lines,
                gulong   delay)
{
  const char *argv[] = { program, "--child", lk_run_get_folder (run), fixture->folder, NULL };
  g_autofree char *metrics = lk_run_dup_path (run, "metrics.jsonl");
  g_autoptr (GError) error = NULL;
  GPid pid;
  int status;

  g_spawn_async (NULL, (char **) argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid, &error);
  g_assert_no_error (error);
  for (;;)
    {
      g_autofree char *text = NULL;
      guint n = 0;

      if (waitpid (pid, &status, WNOHANG) == pid)
        {
          g_assert_true (WIFEXITED (status) && WEXITSTATUS (status) == 0);
          return FALSE;
        }
      if (g_file_get_contents (metrics, &text, NULL, NULL))
        for (const char *c = text; *c; c++)
          n += *c == '\n';
      if (n >= n_lines)
        break;
      g_usleep (500);
    }
  g_usleep (delay);
  kill (pid, SIGKILL);
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  return TRUE;
}

/* Every file of the run must be whole at any moment: what is there can be read. */
static void
assert_whole (LkRun *run)
{
  g_autoptr (GPtrArray) checkpoints = lk_run_list_checkpoints (run);
  g_autofree char *state = lk_run_dup_path (run, "state/state.safetensors");

  for (guint i = 0; i < checkpoints->len; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (LkSafetensors) file = lk_safetensors_open (((LkRunCheckpoint *) checkpoints->pdata[i])->path, &error);

      g_assert_no_error (error);
      g_assert_nonnull (file);
    }
  if (g_file_test (state, G_FILE_TEST_EXISTS))
    g_assert_cmpuint (lk_run_get_step (run), >, 0);
}

static void
test_a_run_that_is_killed_while_training_goes_on_bit_for_bit (Fixture       *fixture,
                                                              gconstpointer  data)
{
  g_autoptr (LkRun) whole = make_run (fixture, LONG_RUN, NULL), killed = make_run (fixture, LONG_RUN, NULL);

  train (fixture, whole);
  g_assert_true (train_and_kill (fixture, killed, 2, 0));         /* before the first state */
  assert_whole (killed);
  g_assert_true (train_and_kill (fixture, killed, 8, 3000));
  assert_whole (killed);
  g_assert_cmpuint (lk_run_get_step (killed), <=, 9);
  train (fixture, killed);
  assert_same_run (whole, killed);
}

/* With a checkpoint and a state after every step a kill at any time falls into saving, mostly. */
static void
test_a_run_that_is_killed_while_saving_goes_on_bit_for_bit (Fixture       *fixture,
                                                            gconstpointer  data)
{
  g_autoptr (LkRun) whole = make_run (fixture, "max_train_steps=8 network_dim=64 save_every_n_steps=1", NULL);
  g_autoptr (LkRun) killed = make_run (fixture, "max_train_steps=8 network_dim=64 save_every_n_steps=1", NULL);
  guint n_kills = 0;

  train (fixture, whole);
  for (guint i = 1; i <= 7; i++)
    {
      n_kills += train_and_kill (fixture, killed, i, 1000 + 4000 * (i % 4));
      assert_whole (killed);
    }
  g_test_message ("killed %u times", n_kills);
  g_assert_cmpuint (n_kills, >=, 5);
  train (fixture, killed);
  assert_same_run (whole, killed);
}

/* ---- measuring ------------------------------------------------------------------------------------------------------ */

/* Measuring changes no bit of the LoRA, tells the pictures that are held out apart, and the kinds of lines do not mix. */
static void
test_measuring_changes_nothing (Fixture       *fixture,
                                gconstpointer  data)
{
  g_autoptr (LkRun) plain = make_run (fixture, "max_train_steps=10", NULL);
  g_autoptr (LkRun) measured = make_run (fixture, "max_train_steps=10 validate_every_n_steps=2", NULL);
  g_autofree char *a = NULL, *b = NULL;
  g_autoptr (LkRunLog) log = lk_run_log_new ();
  g_autoptr (GArray) metrics = NULL;
  g_autoptr (GError) error = NULL;
  const cJSON *blocks;

  train (fixture, plain);
  train (fixture, measured);
  a = lk_test_run_hash (plain);
  b = lk_test_run_hash (measured);
  g_assert_cmpstr (a, ==, b);

  metrics = lk_run_read_metrics (measured, NULL);
  g_assert_cmpuint (metrics->len, ==, 10);
  g_assert_true (lk_run_log_update (log, measured, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (log->metrics->len, ==, 10);
  g_assert_cmpuint (log->marks->len, ==, 6);                          /* at 0, 2, … 10 */
  for (guint i = 0; i < 6; i++)
    {
      LkValidationMark mark = g_array_index (log->marks, LkValidationMark, i);

      g_assert_cmpuint (mark.step, ==, 2 * i);
      g_assert_true (isfinite (mark.trained) && isnan (mark.held_out));
    }
  g_assert_cmpfloat (g_array_index (log->marks, LkValidationMark, 5).trained, <, g_array_index (log->marks, LkValidationMark, 0).trained);
  blocks = lk_json_get_object (log->weights, "blocks");
  g_assert_cmpint (lk_json_get_int (log->weights, "step", 0), ==, 10);
  g_assert_cmpint (cJSON_GetArraySize (blocks), >, 1);
  for (const cJSON *block = blocks->child; block != NULL; block = block->next)
    g_assert_cmpfloat (block->valuedouble, >, 0);
  g_assert_cmpint (cJSON_GetArraySize (lk_json_get_array (log->weights, "zero")), ==, 0);

  /* Reading on finds nothing new, and a cut file is read anew. */
  g_assert_true (lk_run_log_update (log, measured, &error));
  g_assert_cmpuint (log->metrics->len, ==, 10);
}

static void
test_held_out_pictures_are_never_trained_on (Fixture       *fixture,
                                             gconstpointer  data)
{
  g_autoptr (LkRun) run = NULL;
  g_autoptr (LkRunLog) log = lk_run_log_new ();
  g_autofree char *metrics = NULL;
  g_auto (GStrv) lines = NULL;
  guint held = G_MAXUINT, n_held = 0;

  lk_data_set_hold_out (fixture->data_set, 0.2, 7);
  for (guint i = 0; i < N_PICTURES; i++)
    if (lk_data_set_get (fixture->data_set, i)->repeats == 0)
      {
        held = i;
        n_held++;
      }
  g_assert_cmpuint (n_held, ==, 1);
  run = make_run (fixture, "max_train_steps=6 validate_every_n_steps=3", NULL);
  train (fixture, run);

  metrics = lk_test_run_metrics (run);
  lines = g_strsplit (metrics, "\n", -1);
  for (guint i = 0; lines[i] != NULL && *lines[i]; i++)
    {
      g_autoptr (cJSON) line = lk_json_parse (lines[i], -1, "line", NULL);
      const cJSON *item;

      cJSON_ArrayForEach (item, lk_json_get_array (line, "items"))
        g_assert_cmpfloat (item->valuedouble, !=, held);
    }
  g_assert_true (lk_run_log_update (log, run, NULL));
  g_assert_cmpuint (log->marks->len, ==, 3);
  g_assert_true (isfinite (g_array_index (log->marks, LkValidationMark, 2).held_out));
}

/* ---- on its own thread --------------------------------------------------------------------------------------------- */

typedef struct
{
  GMainLoop *loop;
  guint      n_steps, last_step, n_calls, n_paused, n_resumed, n_saved, n_sampled, n_finished;
  char      *sample;
  GThread   *thread;
} Watch;

static void
watch_events (LkTrainer            *trainer,
              const LkTrainerEvent *events,
              guint                 n_events,
              gpointer              data)
{
  Watch *watch = data;

  g_assert_true (g_thread_self () == watch->thread);
  watch->n_calls++;
  for (guint i = 0; i < n_events; i++)
    {
      g_assert_cmpuint (events[i].n_steps, ==, 12);
      switch (events[i].kind)
        {
        case LK_TRAINER_STEP:
          g_assert_cmpuint (events[i].step, ==, watch->last_step + 1);
          watch->last_step = events[i].step;
          watch->n_steps++;
          if (events[i].step == 4)
            {
              g_autoptr (LkRecipe) recipe = lk_recipe_new ();

              recipe->width = recipe->height = 64;
              recipe->n_steps = 2;
              lk_trainer_save (trainer);
              lk_trainer_sample (trainer, recipe, 0.8);
              lk_trainer_pause (trainer);
            }
          break;
        case LK_TRAINER_SAVED:
          watch->n_saved++;
          g_assert_true (g_file_test (events[i].path, G_FILE_TEST_EXISTS));
          break;
        case LK_TRAINER_SAMPLED:
          watch->n_sampled++;
          watch->sample = g_strdup (events[i].path);
          break;
        case LK_TRAINER_PAUSED:
          watch->n_paused++;
          lk_trainer_resume (trainer);
          break;
        case LK_TRAINER_RESUMED:
          watch->n_resumed++;
          break;
        case LK_TRAINER_FINISHED:
          watch->n_finished++;
          break;
        default:
          break;
        }
    }
}

static void
on_done (GObject      *object,
         GAsyncResult *result,
         gpointer      data)
{
  Watch *watch = data;
  g_autoptr (GError) error = NULL;

  g_assert_true (lk_trainer_run_finish (LK_TRAINER (object), result, &error));
  g_assert_no_error (error);
  g_main_loop_quit (watch->loop);
}

static void
test_events_and_commands (Fixture       *fixture,
                          gconstpointer  data)
{
  g_autoptr (LkRun) run = make_run (fixture, "max_train_steps=12", NULL), plain = make_run (fixture, "max_train_steps=12", NULL);
  g_autofree char *cache = g_build_filename (fixture->folder, "cache", NULL);
  g_autoptr (LkDevice) device = lk_device_open ("cpu", 0, NULL);
  g_autoptr (LkTrainer) trainer = lk_trainer_new (device, run, fixture->data_set, cache);
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (LkPicture) picture = NULL;
  Watch watch = { .loop = loop, .thread = g_thread_self () };

  lk_trainer_set_func (trainer, watch_events, &watch);
  lk_trainer_run_async (trainer, NULL, on_done, &watch);
  g_main_loop_run (loop);
  while (g_main_context_iteration (NULL, FALSE))
    ;

  g_assert_cmpuint (watch.n_steps, ==, 12);
  g_assert_cmpuint (watch.n_saved, ==, 1);
  g_assert_cmpuint (watch.n_sampled, ==, 1);
  g_assert_cmpuint (watch.n_paused, ==, 1);
  g_assert_cmpuint (watch.n_resumed, ==, 1);
  g_assert_cmpuint (watch.n_finished, ==, 1);
  picture = lk_picture_read (watch.sample, LK_PICTURE_DEFAULT, NULL, NULL);
  g_assert_nonnull (picture);
  g_assert_cmpuint (picture->width, ==, 64);
  g_free (watch.sample);

  /* Saving, drawing and pausing leave no trace in the LoRA. */
  train (fixture, plain);
  assert_same_run (run, plain);
}

static void
cancel_when_paused (LkTrainer            *trainer,
                    const LkTrainerEvent *events,
                    guint                 n_events,
                    gpointer              cancellable)
{
  for (guint i = 0; i < n_events; i++)
    if (events[i].kind == LK_TRAINER_PAUSED)
      g_cancellable_cancel (cancellable);
}

static void
test_cancelling_ends_a_paused_run (Fixture       *fixture,
                                   gconstpointer  data)
{
  g_autoptr (LkRun) run = make_run (fixture, "max_train_steps=1000", NULL);
  g_autofree char *cache = g_build_filename (fixture->folder, "cache", NULL);
  g_autoptr (LkDevice) device = lk_device_open ("cpu", 0, NULL);
  g_autoptr (LkTrainer) trainer = lk_trainer_new (device, run, fixture->data_set, cache);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  Watch watch = { .loop = loop };

  lk_trainer_set_func (trainer, cancel_when_paused, cancellable);
  lk_trainer_pause (trainer);
  lk_trainer_run_async (trainer, cancellable, on_done, &watch);
  g_main_loop_run (loop);
  g_assert_cmpint (lk_run_get_status (run), ==, LK_RUN_STOPPED);

  /* Cancelled before it began, it is as it was. */
  lk_trainer_run_async (trainer, cancellable, on_done, &watch);
  g_main_loop_run (loop);
  g_assert_cmpint (lk_run_get_status (run), ==, LK_RUN_STOPPED);
}

/* ---- the LoRA's header --------------------------------------------------------------------------------------------- */

static void
test_the_header_says_what_it_is (Fixture       *fixture,
                                 gconstpointer  data)
{
  static const char * const expected[][2] = {
    { "ss_network_module", "networks.lora" }, { "ss_network_dim", "4" }, { "ss_network_alpha", "4.0" }, { "ss_base_model_version", "sd_v1" },
    { "ss_v2", "False" }, { "ss_steps", "2" }, { "ss_max_train_steps", "2" }, { "ss_num_train_images", "5" }, { "ss_resolution", "(64, 64)" },
    { "ss_learning_rate", "0.001" }, { "ss_output_name", "her" }, { "ss_lr_scheduler", "constant" }, { "ss_num_batches_per_epoch", "3" },
    { "ss_sd_model_name", "starter-base.safetensors" }, { "ss_dataset_dirs", "{\"images\":{\"n_repeats\":1,\"img_count\":5}}" },
    { "ss_bucket_info", "{\"buckets\":{\"0\":{\"resolution\":[64,64],\"count\":5}}}" }, { "ss_noise_offset", "None" },
    { "modelspec.sai_model_spec", "1.0.1" }, { "modelspec.architecture", "stable-diffusion-v1/lora" },
    { "modelspec.trigger_phrase", "zkxj man" }, { "modelspec.resolution", "64x64" }, { "modelspec.title", "her" },
  };
  g_autoptr (LkRun) run = make_run (fixture, "max_train_steps=2 output_name=her", NULL);
  g_autofree char *path = lk_run_dup_checkpoint_path (run, 0), *hash = NULL;
  g_autoptr (LkSafetensors) file = NULL;
  g_autoptr (cJSON) frequency = NULL;

  train (fixture, run);
  file = lk_safetensors_open (path, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    g_assert_cmpstr (lk_safetensors_get_metadata (file, expected[i][0]), ==, expected[i][1]);

  hash = lk_safetensors_model_hash (path, NULL);
  g_assert_cmpstr (lk_safetensors_get_metadata (file, "sshs_model_hash"), ==, hash);
  frequency = lk_json_parse (lk_safetensors_get_metadata (file, "ss_tag_frequency"), -1, "tags", NULL);
  g_assert_cmpint (lk_json_get_int (lk_json_get_object (frequency, "images"), "zkxj man", 0), ==, N_PICTURES);
}

/* ---- what is refused ------------------------------------------------------------------------------------------------ */

static void
test_replays_that_do_not_fit (Fixture       *fixture,
                              gconstpointer  data)
{
  static const struct { gsize n; gint32 item, timestep; } bad[] = { { 3, 0, 0 }, { 4, N_PICTURES, 0 }, { 4, -1, 0 }, { 4, 0, 1000 } };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autofree char *replay = write_replay (fixture, bad[i].n, bad[i].item, bad[i].timestep);
      g_autoptr (LkRun) run = make_run (fixture, "max_train_steps=2 train_batch_size=2", replay);
      g_autoptr (GError) error = NULL;

      g_assert_false (lk_test_run_train (run, fixture->data_set, fixture->folder, &error));
      g_assert_error (error, LK_TRAINER_ERROR, LK_TRAINER_ERROR_BAD_REPLAY);
    }
}

static void
test_two_trainers_on_one_run (Fixture       *fixture,
                              gconstpointer  data)
{
  g_autoptr (LkRun) run = make_run (fixture, "max_train_steps=2", NULL), same = lk_run_open (lk_run_get_folder (run), NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (lk_run_lock (run, NULL));
  g_assert_false (lk_test_run_train (same, fixture->data_set, fixture->folder, &error));
  g_assert_error (error, LK_RUN_ERROR, LK_RUN_ERROR_IN_USE);
  g_clear_error (&error);
  lk_run_unlock (run);
  g_assert_true (lk_test_run_train (same, fixture->data_set, fixture->folder, &error));
}

static void
test_a_learning_rate_that_breaks_the_run (Fixture       *fixture,
                                          gconstpointer  data)
{
  g_autoptr (LkTrainSettings) settings = lk_test_settings_new ("max_train_steps=20");
  g_autoptr (LkRun) wild = NULL;
  g_autoptr (GError) error = NULL;

  settings->learning_rate = 1e30;       /* far beyond what the table allows */
  wild = lk_test_run_new (fixture->folder, settings, fixture->data_set, NULL);
  g_assert_false (lk_test_run_train (wild, fixture->data_set, fixture->folder, &error));
  g_assert_error (error, LK_TRAINER_ERROR, LK_TRAINER_ERROR_NOT_FINITE);
  g_assert_nonnull (strstr (error->message, ".png"));
}

static void
test_a_picture_that_became_another (Fixture       *fixture,
                                    gconstpointer  data)
{
  LkDataItem *item = fixture->data_set->items->pdata[0];
  g_autofree char *copy = g_build_filename (fixture->folder, "picture.png", NULL);
  g_autoptr (LkRun) run = make_run (fixture, "max_train_steps=2", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (lk_file_copy (((LkDataItem *) fixture->data_set->items->pdata[1])->path, copy, NULL));
  g_free (item->path);
  item->path = g_strdup (copy);
  g_assert_false (lk_test_run_train (run, fixture->data_set, fixture->folder, &error));
  g_assert_error (error, LK_DATA_SET_ERROR, LK_DATA_SET_ERROR_CHANGED);
}

static void
test_damaged_cache_files_are_made_again (Fixture       *fixture,
                                         gconstpointer  data)
{
  g_autoptr (LkRun) first = make_run (fixture, "max_train_steps=2", NULL), second = make_run (fixture, "max_train_steps=2", NULL);
  static const char * const kinds[] = { "latents", "texts" };

  train (fixture, first);
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      g_autofree char *folder = g_build_filename (fixture->folder, "cache", kinds[i], NULL);
      g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
      g_autofree char *path = NULL;

      g_assert_nonnull (dir);
      path = g_build_filename (folder, g_dir_read_name (dir), NULL);
      g_assert_true (g_file_set_contents (path, "not a safetensors file", -1, NULL));
    }
  train (fixture, second);
  assert_same_run (first, second);
}

/* ---- main ----------------------------------------------------------------------------------------------------------- */

/* What a process that will be killed does. */
static int
run_child (const char *run_folder,
           const char *folder)
{
  g_autoptr (LkDataSet) data_set = lk_test_data_set_new (pictures, N_PICTURES, SIDE);
  g_autoptr (LkRun) run = lk_run_open (run_folder, NULL);
  g_autoptr (GError) error = NULL;

  if (run && lk_test_run_train (run, data_set, folder, &error))
    return 0;
  g_printerr ("%s\n", error ? error->message : "no run");
  return 1;
}

#define ADD(name, function) g_test_add ("/trainer/" name, Fixture, NULL, set_up, function, tear_down)

int
main (int    argc,
      char **argv)
{
  program = argv[0];
  pictures = g_strdup (g_getenv ("LIKENESS_TEST_PICTURES"));
  if (argc == 4 && g_str_equal (argv[1], "--child"))
    return run_child (argv[2], argv[3]);

  g_test_init (&argc, &argv, NULL);

  ADD ("measuring-changes-nothing", test_measuring_changes_nothing);
  ADD ("held-out-pictures-are-never-trained-on", test_held_out_pictures_are_never_trained_on);
  ADD ("the-loss-of-a-fixed-draw-falls", test_the_loss_of_a_fixed_draw_falls);
  ADD ("accumulation-is-a-larger-batch", test_accumulation_is_a_larger_batch);
  ADD ("a-short-batch-is-the-mean-over-its-pictures", test_a_short_batch_is_the_mean_over_its_pictures);
  ADD ("checkpointing-changes-no-bit", test_checkpointing_changes_no_bit);
  ADD ("a-stopped-run-goes-on-bit-for-bit", test_a_stopped_run_goes_on_bit_for_bit);
  ADD ("other-noise-goes-on-bit-for-bit", test_other_noise_goes_on_bit_for_bit);
  ADD ("one-thread-or-more", test_one_thread_or_more);
  ADD ("a-run-that-is-killed-while-training-goes-on-bit-for-bit", test_a_run_that_is_killed_while_training_goes_on_bit_for_bit);
  ADD ("a-run-that-is-killed-while-saving-goes-on-bit-for-bit", test_a_run_that_is_killed_while_saving_goes_on_bit_for_bit);
  ADD ("events-and-commands", test_events_and_commands);
  ADD ("cancelling-ends-a-paused-run", test_cancelling_ends_a_paused_run);
  ADD ("the-header-says-what-it-is", test_the_header_says_what_it_is);
  ADD ("replays-that-do-not-fit", test_replays_that_do_not_fit);
  ADD ("two-trainers-on-one-run", test_two_trainers_on_one_run);
  ADD ("a-learning-rate-that-breaks-the-run", test_a_learning_rate_that_breaks_the_run);
  ADD ("a-picture-that-became-another", test_a_picture_that_became_another);
  ADD ("damaged-cache-files-are-made-again", test_damaged_cache_files_are_made_again);

  return g_test_run ();
}
