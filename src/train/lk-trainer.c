/* lk-trainer.c: the thread, its commands, its events. The work itself is LkTraining's. See the header. */
#define G_LOG_DOMAIN "likeness-train"

#include "config.h"

#include <glib/gi18n.h>
#include <string.h>

#include "generate/lk-generator.h"
#include "train/lk-samples.h"
#include "train/lk-trainer.h"
#include "train/lk-training.h"

G_DEFINE_QUARK (lk-trainer-error-quark, lk_trainer_error)

#define EVENT_INTERVAL 33                           /* ms */
#define STATE_INTERVAL (5 * 60 * G_USEC_PER_SEC)    /* µs */

/* ---- commands -------------------------------------------------------------------------------------------------- */

typedef enum
{
  COMMAND_PAUSE,
  COMMAND_RESUME,
  COMMAND_SAVE,
  COMMAND_SAMPLE,
  COMMAND_STOP,
} CommandKind;

typedef struct
{
  CommandKind  kind;
  LkRecipe    *recipe;          /* SAMPLE: owned; NULL: the run's own prompts */
  double       strength;
} Command;

static void
command_free (gpointer data)
{
  Command *command = data;

  g_clear_pointer (&command->recipe, lk_recipe_free);
  g_free (command);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Command, command_free)

/* ---- the object ------------------------------------------------------------------------------------------------ */

struct _LkTrainer
{
  GObject        parent_instance;

  LkDevice      *device;        /* owned references */
  LkRun         *run;
  LkDataSet     *data_set;      /* borrowed */
  char          *cache;         /* owned */
  LkTrainerFunc  func;
  gpointer       func_data;

  GAsyncQueue   *commands;      /* of Command */

  GMutex         mutex;         /* guards events and is_scheduled */
  GArray        *events;        /* LkTrainerEvent, not delivered yet */
  gboolean       is_scheduled;
  GMainContext  *context;       /* where events go; NULL: straight to the function */
};

G_DEFINE_FINAL_TYPE (LkTrainer, lk_trainer, G_TYPE_OBJECT)

static void
clear_event (gpointer data)
{
  LkTrainerEvent *event = data;

  g_free (event->text);
  g_free (event->path);
}

static void
lk_trainer_finalize (GObject *object)
{
  LkTrainer *self = LK_TRAINER (object);

  g_clear_pointer (&self->context, g_main_context_unref);
  g_array_unref (self->events);
  g_async_queue_unref (self->commands);
  g_mutex_clear (&self->mutex);
  lk_run_unref (self->run);
  lk_device_unref (self->device);
  g_free (self->cache);

  G_OBJECT_CLASS (lk_trainer_parent_class)->finalize (object);
}

static void
lk_trainer_class_init (LkTrainerClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = lk_trainer_finalize;
}

static void
lk_trainer_init (LkTrainer *self)
{
  g_mutex_init (&self->mutex);
  self->commands = g_async_queue_new_full (command_free);
  self->events = g_array_new (FALSE, FALSE, sizeof (LkTrainerEvent));
  g_array_set_clear_func (self->events, clear_event);
}

LkTrainer *
lk_trainer_new (LkDevice   *device,
                LkRun      *run,
                LkDataSet  *data_set,
                const char *cache)
{
  LkTrainer *self = g_object_new (LK_TYPE_TRAINER, NULL);

  self->device = lk_device_ref (device);
  self->run = lk_run_ref (run);
  self->data_set = data_set;
  self->cache = g_strdup (cache);

  return self;
}

void
lk_trainer_set_func (LkTrainer     *self,
                     LkTrainerFunc  func,
                     gpointer       data)
{
  self->func = func;
  self->func_data = data;
}

LkRun *
lk_trainer_get_run (LkTrainer *self)
{
  return self->run;
}

static void
send_command (LkTrainer   *self,
              CommandKind  kind)
{
  Command *command = g_new0 (Command, 1);

  command->kind = kind;
  g_async_queue_push (self->commands, command);
}

void
lk_trainer_pause (LkTrainer *self)
{
  send_command (self, COMMAND_PAUSE);
}

void
lk_trainer_resume (LkTrainer *self)
{
  send_command (self, COMMAND_RESUME);
}

void
lk_trainer_save (LkTrainer *self)
{
  send_command (self, COMMAND_SAVE);
}

void
lk_trainer_stop (LkTrainer *self)
{
  send_command (self, COMMAND_STOP);
}

void
lk_trainer_sample_prompts (LkTrainer *self)
{
  send_command (self, COMMAND_SAMPLE);
}

void
lk_trainer_sample (LkTrainer      *self,
                   const LkRecipe *recipe,
                   double          strength)
{
  Command *command = g_new0 (Command, 1);

  command->kind = COMMAND_SAMPLE;
  command->recipe = lk_recipe_copy (recipe);
  command->strength = strength;
  g_async_queue_push (self->commands, command);
}

/* ---- events ---------------------------------------------------------------------------------------------------- */

/* On the listener's context: everything that has gathered. */
static gboolean
deliver (gpointer data)
{
  LkTrainer *self = data;
  GArray *events;

  g_mutex_lock (&self->mutex);
  events = self->events;
  self->events = g_array_new (FALSE, FALSE, sizeof (LkTrainerEvent));
  g_array_set_clear_func (self->events, clear_event);
  self->is_scheduled = FALSE;
  g_mutex_unlock (&self->mutex);

  if (self->func && events->len > 0)
    self->func (self, (const LkTrainerEvent *) (gpointer) events->data, events->len, self->func_data);
  g_array_unref (events);
  return G_SOURCE_REMOVE;
}

static void
schedule (LkTrainer *self,
          guint      delay)
{
  g_autoptr (GSource) source = delay > 0 ? g_timeout_source_new (delay) : g_idle_source_new ();

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, deliver, g_object_ref (self), g_object_unref);
  g_source_attach (source, self->context);
}

/* Takes the event. Steps and progress wait for each other, everything else goes at once. */
static void
emit (LkTrainer      *self,
      LkTrainerEvent  event)
{
  gboolean is_milestone = event.kind != LK_TRAINER_STEP && event.kind != LK_TRAINER_PHASE;

  event.n_steps = lk_run_get_settings (self->run)->max_train_steps;
  if (self->context == NULL)
    {
      if (self->func)
        self->func (self, &event, 1, self->func_data);
      clear_event (&event);
      return;
    }

  g_mutex_lock (&self->mutex);
  g_array_append_val (self->events, event);
  if (is_milestone || !self->is_scheduled)
    schedule (self, is_milestone ? 0 : EVENT_INTERVAL);
  self->is_scheduled = TRUE;
  g_mutex_unlock (&self->mutex);
}

static void
on_preparation (gpointer    data,
                const char *text,
                guint       done,
                guint       total)
{
  emit (data, (LkTrainerEvent) { .kind = LK_TRAINER_PHASE, .text = g_strdup (text), .done = done, .total = total });
}

/* ---- the work -------------------------------------------------------------------------------------------------- */

static gboolean
save_lora (LkTrainer   *self,
           LkTraining  *training,
           gboolean     is_final,
           GError     **error)
{
  char *path;

  if (!lk_training_save_lora (training, is_final, &path, error))
    return FALSE;
  emit (self, (LkTrainerEvent) { .kind = is_final ? LK_TRAINER_FINISHED : LK_TRAINER_SAVED,
                                 .step = lk_training_get_step (training), .path = path });
  return TRUE;
}

/* ---- samples --------------------------------------------------------------------------------------------------- */

/* Draws `recipe` at `strength` (0: the base model alone) to `path`. */
static gboolean
draw (LkTrainer      *self,
      LkTraining     *training,
      LkGenerator    *generator,
      const LkRecipe *recipe,
      double          strength,
      const char     *path,
      GCancellable   *cancellable,
      GError        **error)
{
  g_autoptr (LkPicture) picture = NULL;

  lk_generator_set_live_adapter (generator, strength != 0 ? lk_training_get_adapter (training) : NULL, strength);
  picture = lk_generator_draw (generator, recipe, NULL, NULL, cancellable, NULL, NULL, error);
  if (picture == NULL || !lk_recipe_save_picture (recipe, picture, path, error))
    return FALSE;
  emit (self, (LkTrainerEvent) { .kind = LK_TRAINER_SAMPLED, .step = lk_training_get_step (training), .path = g_strdup (path) });
  return TRUE;
}

static gboolean
draw_given (LkTrainer     *self,
            LkTraining    *training,
            LkGenerator   *generator,
            const Command *command,
            GCancellable  *cancellable,
            GError       **error)
{
  g_autoptr (LkRecipe) recipe = lk_recipe_copy (command->recipe);
  g_autofree char *path = NULL;

  lk_recipe_set_text (&recipe->base, lk_run_get_info (self->run)->base);
  for (guint i = 0; path == NULL || g_file_test (path, G_FILE_TEST_EXISTS); i++)
    {
      g_free (path);
      path = lk_samples_dup_path (self->run, MAX (lk_training_get_step (training), 1), i);
    }
  return draw (self, training, generator, recipe, command->strength, path, cancellable, error);
}

/* The run's prompts: once without the LoRA, now with it. What is drawn already stays. */
static gboolean
draw_prompts (LkTrainer     *self,
              LkTraining    *training,
              LkGenerator   *generator,
              GCancellable  *cancellable,
              GError       **error)
{
  g_auto (GStrv) prompts = lk_samples_dup_prompts (self->run);
  guint step = lk_training_get_step (training);

  for (guint i = 0; prompts[i] != NULL; i++)
    {
      g_autoptr (LkRecipe) recipe = lk_samples_new_recipe (self->run, self->data_set, i);

      for (guint with_lora = 0; with_lora < (step > 0 ? 2 : 1); with_lora++)
        {
          g_autofree char *path = lk_samples_dup_path (self->run, with_lora ? step : 0, i);

          if (!g_file_test (path, G_FILE_TEST_EXISTS)
              && !draw (self, training, generator, recipe, with_lora ? LK_SAMPLE_STRENGTH : 0, path, cancellable, error))
            return FALSE;
        }
    }
  return TRUE;
}

/* What `command` says (NULL: the run's prompts). A picture that cannot be drawn is worth a note, not the run. */
static void
draw_samples (LkTrainer     *self,
              LkTraining    *training,
              const Command *command,
              GCancellable  *cancellable)
{
  LkGenerator *generator = lk_generator_new_for_model (lk_training_get_model (training));
  g_autoptr (GError) error = NULL;
  gboolean is_drawn;

  emit (self, (LkTrainerEvent) { .kind = LK_TRAINER_PHASE, .step = lk_training_get_step (training), .text = g_strdup (_("Drawing samples")) });
  is_drawn = command != NULL && command->recipe != NULL ? draw_given (self, training, generator, command, cancellable, &error)
                                                        : draw_prompts (self, training, generator, cancellable, &error);
  lk_generator_free (generator);
  lk_model_unload (lk_training_get_model (training), LK_PART_TEXT | LK_PART_VAE);
  if (!is_drawn && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    emit (self, (LkTrainerEvent) { .kind = LK_TRAINER_NOTE, .step = lk_training_get_step (training), .text = g_strdup (error->message) });
}

/* What the commands so far come to. */
typedef struct
{
  gboolean is_paused;
  gboolean is_stopped;
} Control;

static gboolean
obey (LkTrainer     *self,
      LkTraining    *training,
      const Command *command,
      Control       *control,
      GCancellable  *cancellable,
      GError       **error)
{
  guint step = lk_training_get_step (training);

  switch (command->kind)
    {
    case COMMAND_PAUSE:
      if (control->is_paused)
        return TRUE;
      control->is_paused = TRUE;
      if (!lk_training_save_state (training, error))
        return FALSE;
      lk_run_set_working (self->run, FALSE);
      emit (self, (LkTrainerEvent) { .kind = LK_TRAINER_PAUSED, .step = step });
      return TRUE;

    case COMMAND_RESUME:
      lk_run_set_working (self->run, TRUE);
      if (control->is_paused)
        emit (self, (LkTrainerEvent) { .kind = LK_TRAINER_RESUMED, .step = step });
      control->is_paused = FALSE;
      return TRUE;

    case COMMAND_SAVE:
      return save_lora (self, training, FALSE, error) && lk_training_save_state (training, error);

    case COMMAND_SAMPLE:
      draw_samples (self, training, command, cancellable);
      return TRUE;

    case COMMAND_STOP:
    default:
      control->is_stopped = TRUE;
      return TRUE;
    }
}

/* Obeys what has been said; while paused, waits for more. */
static gboolean
listen (LkTrainer     *self,
        LkTraining    *training,
        Control       *control,
        GCancellable  *cancellable,
        GError       **error)
{
  while (!control->is_stopped && !g_cancellable_is_cancelled (cancellable))
    {
      g_autoptr (Command) command = control->is_paused ? g_async_queue_pop (self->commands) : g_async_queue_try_pop (self->commands);

      if (command == NULL)
        return TRUE;
      if (!obey (self, training, command, control, cancellable, error))
        return FALSE;
    }

  control->is_stopped = TRUE;
  return TRUE;
}

/* What is due after a step besides the step itself. */
static gboolean
save_what_is_due (LkTrainer   *self,
                  LkTraining  *training,
                  gint64      *saved,
                  GError     **error)
{
  const LkTrainSettings *settings = lk_run_get_settings (self->run);
  guint step = lk_training_get_step (training);
  gboolean is_last = step >= settings->max_train_steps;
  gboolean is_checkpoint = !is_last && settings->save_every_n_steps > 0 && step % settings->save_every_n_steps == 0;

  if (is_checkpoint && !save_lora (self, training, FALSE, error))
    return FALSE;
  if (!is_checkpoint && g_get_monotonic_time () - *saved < STATE_INTERVAL)
    return TRUE;

  *saved = g_get_monotonic_time ();
  return lk_training_save_state (training, error);
}

static void
tell_mark (LkTrainer  *self,
           LkTraining *training)
{
  LkValidationMark mark;

  if (lk_training_get_mark (training, &mark))
    emit (self, (LkTrainerEvent) { .kind = LK_TRAINER_MEASURED, .step = mark.step, .mark = mark });
}

static gboolean
train (LkTrainer     *self,
       LkTraining    *training,
       GCancellable  *cancellable,
       GError       **error)
{
  const LkTrainSettings *settings = lk_run_get_settings (self->run);
  guint n_steps = settings->max_train_steps;
  gint64 saved = g_get_monotonic_time ();
  Control control = { FALSE };

  if (lk_training_get_note (training))
    emit (self, (LkTrainerEvent) { .kind = LK_TRAINER_NOTE, .text = g_strdup (lk_training_get_note (training)) });
  tell_mark (self, training);

  while (lk_training_get_step (training) < n_steps)
    {
      LkMetric metric;

      if (!listen (self, training, &control, cancellable, error))
        return FALSE;
      if (control.is_stopped)
        {
          if (!lk_training_save_state (training, error))
            return FALSE;
          emit (self, (LkTrainerEvent) { .kind = LK_TRAINER_STOPPED, .step = lk_training_get_step (training) });
          return TRUE;
        }
      if (!lk_training_step (training, &metric, error))
        return FALSE;
      emit (self, (LkTrainerEvent) { .kind = LK_TRAINER_STEP, .step = metric.step, .metric = metric });
      tell_mark (self, training);
      if (!save_what_is_due (self, training, &saved, error))
        return FALSE;
      if (settings->sample_every_n_steps > 0 && (metric.step % settings->sample_every_n_steps == 0 || metric.step == n_steps))
        draw_samples (self, training, NULL, cancellable);
    }

  return lk_training_save_state (training, error) && save_lora (self, training, TRUE, error);
}

/* Cancelling wakes a trainer that waits, paused. */
static void
on_cancelled (GCancellable *cancellable,
              LkTrainer    *self)
{
  lk_trainer_stop (self);
}

static gboolean
run_all (LkTrainer     *self,
         GCancellable  *cancellable,
         GError       **error)
{
  g_autoptr (LkTraining) training = NULL;
  g_autoptr (GError) trouble = NULL;
  gulong handler;
  gboolean is_done;

  training = lk_training_new (self->device, self->run, self->data_set, self->cache, on_preparation, self, cancellable, &trouble);
  if (g_error_matches (trouble, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      emit (self, (LkTrainerEvent) { .kind = LK_TRAINER_STOPPED, .step = lk_run_get_step (self->run) });
      return TRUE;
    }
  if (training == NULL)
    {
      g_propagate_error (error, g_steal_pointer (&trouble));
      return FALSE;
    }

  handler = cancellable ? g_cancellable_connect (cancellable, G_CALLBACK (on_cancelled), self, NULL) : 0;
  lk_run_set_working (self->run, TRUE);
  is_done = train (self, training, cancellable, error);
  lk_run_set_working (self->run, FALSE);
  g_cancellable_disconnect (cancellable, handler);
  return is_done;
}

gboolean
lk_trainer_run (LkTrainer     *self,
                GCancellable  *cancellable,
                GError       **error)
{
  g_clear_pointer (&self->context, g_main_context_unref);
  return run_all (self, cancellable, error);
}

static gpointer
work (gpointer data)
{
  g_autoptr (GTask) task = data;
  LkTrainer *self = g_task_get_source_object (task);
  GError *error = NULL;

  if (run_all (self, g_task_get_cancellable (task), &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
  return NULL;
}

void
lk_trainer_run_async (LkTrainer           *self,
                      GCancellable        *cancellable,
                      GAsyncReadyCallback  callback,
                      gpointer             user_data)
{
  GTask *task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, lk_trainer_run_async);
  /* A cancelled run has saved its state and says how that went. */
  g_task_set_check_cancellable (task, FALSE);
  g_clear_pointer (&self->context, g_main_context_unref);
  self->context = g_main_context_ref_thread_default ();
  g_thread_unref (g_thread_new ("trainer", work, task));
}

gboolean
lk_trainer_run_finish (LkTrainer     *self,
                       GAsyncResult  *result,
                       GError       **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
