#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>
#include <gtk/gtk.h>
#include <math.h>

#include "app/training/lk-training-run.h"
#include "base/lk-text.h"
#include "train/lk-trainer.h"

#define SMOOTHING 0.97          /* about the last thirty steps */
#define SAMPLE_STRENGTH 0.8

struct _LkTrainingRun
{
  GObject         parent_instance;

  LkRun          *run;            /* owned reference */
  char           *name;           /* owned */
  LkTrainingState state;
  gboolean        has_failed;
  char           *text;           /* owned */
  double          fraction;
  guint           step, n_steps;

  LkSeries       *loss, *smoothed, *learning_rate, *grad_norm, *seconds;    /* owned */
  GListStore     *samples, *loras;                                          /* owned */

  LkEngine       *engine;         /* owned, as are the rest; while active */
  LkDataSet      *data_set;
  char           *cache;
  LkJob          *job;            /* while it waits for the device or has it: not while it is paused */
  LkTrainer      *trainer;        /* once the device was there */
};

G_DEFINE_FINAL_TYPE (LkTrainingRun, lk_training_run, G_TYPE_OBJECT)

enum { CHANGED, N_SIGNALS };

static guint signals[N_SIGNALS];

static void
changed (LkTrainingRun *self)
{
  if (self->job != NULL)
    lk_job_set_progress (self->job, self->fraction, self->text);
  g_signal_emit (self, signals[CHANGED], 0);
}

static void
set_state (LkTrainingRun   *self,
           LkTrainingState  state,
           const char      *text)
{
  self->state = state;
  g_set_str (&self->text, text);
}

/* ---- what the folder holds ------------------------------------------------------------------------------------ */

static void
append_metrics (LkTrainingRun  *self,
                const LkMetric *metrics,
                guint           n)
{
  g_autofree LkPoint *points = g_new (LkPoint, MAX (n, 1));
  struct { LkSeries *series; gsize offset; } all[] = {
    { self->loss, G_STRUCT_OFFSET (LkMetric, loss) },
    { self->learning_rate, G_STRUCT_OFFSET (LkMetric, learning_rate) },
    { self->grad_norm, G_STRUCT_OFFSET (LkMetric, grad_norm) },
    { self->seconds, G_STRUCT_OFFSET (LkMetric, seconds) },
  };

  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    {
      for (guint j = 0; j < n; j++)
        points[j] = (LkPoint) { metrics[j].step, (float) G_STRUCT_MEMBER (double, &metrics[j], all[i].offset) };
      lk_series_append (all[i].series, points, n);
    }
  if (n > 0)
    self->step = metrics[n - 1].step;
}

static void
add_path (GListStore *store,
          const char *path)
{
  g_autoptr (GtkStringObject) object = gtk_string_object_new (path);

  g_list_store_append (store, object);
}

static int
compare_paths (gconstpointer a,
               gconstpointer b)
{
  return g_strcmp0 (*(const char * const *) a, *(const char * const *) b);
}

/* What a thread finds out about a run. */
typedef struct
{
  GArray    *metrics;       /* LkMetric; owned, as are the others */
  GPtrArray *samples;       /* paths */
  GPtrArray *loras;         /* LkRunCheckpoint */
} Contents;

static void
contents_free (Contents *contents)
{
  g_clear_pointer (&contents->metrics, g_array_unref);
  g_clear_pointer (&contents->samples, g_ptr_array_unref);
  g_clear_pointer (&contents->loras, g_ptr_array_unref);
  g_free (contents);
}

static void
read_thread (GTask        *task,
             gpointer      source,
             gpointer      data,
             GCancellable *cancellable)
{
  LkRun *run = data;
  Contents *contents = g_new0 (Contents, 1);
  g_autofree char *folder = lk_run_dup_path (run, "samples");
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  contents->metrics = lk_run_read_metrics (run, NULL);
  contents->loras = lk_run_list_checkpoints (run);
  contents->samples = g_ptr_array_new_with_free_func (g_free);
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    if (g_str_has_suffix (name, ".png"))
      g_ptr_array_add (contents->samples, g_build_filename (folder, name, NULL));
  g_ptr_array_sort (contents->samples, compare_paths);

  g_task_return_pointer (task, contents, (GDestroyNotify) contents_free);
}

static void
describe_rest (LkTrainingRun *self)
{
  g_autofree char *text = NULL;

  self->fraction = self->n_steps > 0 ? (double) self->step / self->n_steps : 0;
  if (self->has_failed)
    return;
  if (self->state == LK_TRAINING_FINISHED)
    text = g_strdup_printf (ngettext ("%u step", "%u steps", self->step), self->step);
  else
    text = g_strdup_printf (_("Step %u of %u"), self->step, self->n_steps);
  g_set_str (&self->text, text);
}

static void
read_cb (GObject      *object,
         GAsyncResult *result,
         gpointer      user_data)
{
  LkTrainingRun *self = LK_TRAINING_RUN (object);
  Contents *contents = g_task_propagate_pointer (G_TASK (result), NULL);

  if (contents == NULL)
    return;

  if (contents->metrics != NULL && lk_series_get_n_points (self->loss) == 0)
    append_metrics (self, (const LkMetric *) contents->metrics->data, contents->metrics->len);
  for (guint i = 0; i < contents->samples->len; i++)
    add_path (self->samples, g_ptr_array_index (contents->samples, i));
  for (guint i = 0; contents->loras != NULL && i < contents->loras->len; i++)
    add_path (self->loras, ((LkRunCheckpoint *) g_ptr_array_index (contents->loras, i))->path);
  if (!lk_training_run_is_active (self))
    describe_rest (self);
  contents_free (contents);
  changed (self);
}

LkTrainingRun *
lk_training_run_new (LkRun *run)
{
  LkTrainingRun *self = g_object_new (LK_TYPE_TRAINING_RUN, NULL);
  g_autoptr (GTask) task = NULL;

  self->run = lk_run_ref (run);
  self->name = g_strdup (lk_run_get_name (run));
  self->n_steps = lk_run_get_settings (run)->max_train_steps;
  set_state (self, lk_run_get_status (run) == LK_RUN_FINISHED ? LK_TRAINING_FINISHED : LK_TRAINING_IDLE, "");
  describe_rest (self);

  task = g_task_new (self, NULL, read_cb, NULL);
  g_task_set_task_data (task, lk_run_ref (run), (GDestroyNotify) lk_run_unref);
  g_task_run_in_thread (task, read_thread);
  return self;
}

/* ---- what the trainer tells ------------------------------------------------------------------------------------ */

double
lk_training_run_get_step_time (LkTrainingRun *self)
{
  float last[31];
  gsize n = lk_series_get_n_points (self->seconds), count = MIN (n, G_N_ELEMENTS (last));

  if (count == 0)
    return 0;
  for (gsize i = 0; i < count; i++)
    {
      float value = lk_series_get_point (self->seconds, n - count + i).y;
      gsize j = i;

      for (; j > 0 && last[j - 1] > value; j--)
        last[j] = last[j - 1];
      last[j] = value;
    }
  return last[count / 2];
}

static void
describe_progress (LkTrainingRun *self)
{
  double step_time = lk_training_run_get_step_time (self);
  g_autofree char *left = step_time > 0 ? lk_text_format_duration (step_time * (self->n_steps - self->step)) : NULL;
  g_autofree char *text = NULL;

  self->fraction = self->n_steps > 0 ? (double) self->step / self->n_steps : 0;
  if (left != NULL)
    text = g_strdup_printf (_("Step %u of %u · %s left"), self->step, self->n_steps, left);
  else
    text = g_strdup_printf (_("Step %u of %u"), self->step, self->n_steps);
  g_set_str (&self->text, text);
}

static void
prepare (LkTrainingRun        *self,
         const LkTrainerEvent *event)
{
  self->fraction = event->total > 0 ? (double) event->done / event->total : 0;
  self->state = LK_TRAINING_PREPARING;
  if (event->total > 0)
    {
      g_autofree char *text = g_strdup_printf (_("%s · %u of %u"), event->text, event->done, event->total);

      g_set_str (&self->text, text);
    }
  else
    g_set_str (&self->text, event->text);
}

/* Gives the device to the next job. */
static void
leave_queue (LkTrainingRun *self)
{
  g_autoptr (LkJob) job = g_steal_pointer (&self->job);

  if (job != NULL)
    lk_job_finish (job);
}

/* The run is over, for now or for good. */
static void
end (LkTrainingRun *self,
     const char    *failure)
{
  self->has_failed = failure != NULL;
  set_state (self, lk_run_get_status (self->run) == LK_RUN_FINISHED ? LK_TRAINING_FINISHED : LK_TRAINING_IDLE, failure != NULL ? failure : "");
  describe_rest (self);
  g_clear_object (&self->trainer);
  g_clear_pointer (&self->data_set, lk_data_set_free);
  leave_queue (self);
  g_clear_object (&self->engine);
  changed (self);
}

static void
events_cb (LkTrainer            *trainer,
           const LkTrainerEvent *events,
           guint                 n_events,
           gpointer              data)
{
  LkTrainingRun *self = data;
  g_autoptr (GArray) metrics = g_array_new (FALSE, FALSE, sizeof (LkMetric));

  for (guint i = 0; i < n_events; i++)
    {
      const LkTrainerEvent *event = &events[i];

      switch (event->kind)
        {
        case LK_TRAINER_PHASE:
          prepare (self, event);
          break;
        case LK_TRAINER_STEP:
          self->n_steps = event->n_steps;
          if (self->state == LK_TRAINING_PREPARING)
            self->state = LK_TRAINING_RUNNING;
          g_array_append_val (metrics, event->metric);
          break;
        case LK_TRAINER_SAVED:
          add_path (self->loras, event->path);
          break;
        case LK_TRAINER_SAMPLED:
          add_path (self->samples, event->path);
          break;
        case LK_TRAINER_PAUSED:
          self->state = LK_TRAINING_PAUSED;
          leave_queue (self);
          break;
        case LK_TRAINER_RESUMED:
          self->state = LK_TRAINING_RUNNING;
          break;
        case LK_TRAINER_FINISHED:
          self->state = LK_TRAINING_FINISHED;
          if (event->path != NULL)
            add_path (self->loras, event->path);
          break;
        case LK_TRAINER_STOPPED:
          self->state = LK_TRAINING_IDLE;
          break;
        default:
          g_assert_not_reached ();
        }
    }

  append_metrics (self, (const LkMetric *) metrics->data, metrics->len);
  if (self->state == LK_TRAINING_FINISHED || self->state == LK_TRAINING_IDLE)
    describe_rest (self);
  else if (self->state != LK_TRAINING_PREPARING)
    describe_progress (self);
  changed (self);
}

static void
finished_cb (GObject      *object,
             GAsyncResult *result,
             gpointer      user_data)
{
  g_autoptr (LkTrainingRun) self = user_data;
  g_autoptr (GError) error = NULL;

  end (self, lk_trainer_run_finish (LK_TRAINER (object), result, &error) ? NULL : error->message);
}

/* ---- commands -------------------------------------------------------------------------------------------------- */

/* The device is ours: for the first time, or again after a pause. */
static void
job_cb (LkJob        *job,
        LkDevice     *device,
        const GError *error,
        gpointer      user_data)
{
  LkTrainingRun *self = user_data;

  if (device == NULL)
    {
      end (self, error->message);
      return;
    }

  g_signal_connect_object (lk_job_get_cancellable (job), "cancelled", G_CALLBACK (lk_training_run_stop), self, G_CONNECT_SWAPPED);
  if (self->trainer != NULL)
    {
      lk_trainer_resume (self->trainer);
      return;
    }

  set_state (self, LK_TRAINING_PREPARING, _("Loading"));
  self->trainer = lk_trainer_new (device, self->run, self->data_set, self->cache);
  lk_trainer_set_func (self->trainer, events_cb, self);
  lk_trainer_run_async (self->trainer, NULL, finished_cb, g_object_ref (self));
  changed (self);
}

static void
queue (LkTrainingRun *self)
{
  g_autofree char *title = g_strdup_printf (_("Training “%s”"), self->name);

  set_state (self, LK_TRAINING_WAITING, _("Waiting for the device"));
  self->job = lk_engine_add (self->engine, title, job_cb, g_object_ref (self), g_object_unref);
  changed (self);
}

gboolean
lk_training_run_start (LkTrainingRun  *self,
                       LkEngine       *engine,
                       LkProject      *project,
                       GError        **error)
{
  g_autofree char *path = lk_run_dup_path (self->run, "dataset.jsonl");

  g_return_val_if_fail (LK_IS_TRAINING_RUN (self), FALSE);
  g_return_val_if_fail (!lk_training_run_is_active (self), FALSE);

  self->data_set = lk_data_set_load (path, project, error);
  if (self->data_set == NULL)
    return FALSE;

  g_free (self->cache);
  self->cache = lk_project_dup_path (project, "cache");
  self->has_failed = FALSE;
  g_set_object (&self->engine, engine);
  queue (self);
  return TRUE;
}

void
lk_training_run_pause (LkTrainingRun *self)
{
  g_return_if_fail (LK_IS_TRAINING_RUN (self));

  if (self->trainer == NULL || self->state == LK_TRAINING_PAUSED)
    return;
  self->state = LK_TRAINING_PAUSING;
  lk_trainer_pause (self->trainer);
  changed (self);
}

void
lk_training_run_resume (LkTrainingRun *self)
{
  g_return_if_fail (LK_IS_TRAINING_RUN (self));

  if (self->state == LK_TRAINING_PAUSED)
    queue (self);
}

void
lk_training_run_stop (LkTrainingRun *self)
{
  g_return_if_fail (LK_IS_TRAINING_RUN (self));

  if (self->trainer != NULL)
    {
      self->state = LK_TRAINING_STOPPING;
      lk_trainer_stop (self->trainer);
      changed (self);
    }
  else if (self->job != NULL)
    end (self, NULL);
}

void
lk_training_run_save (LkTrainingRun *self)
{
  g_return_if_fail (LK_IS_TRAINING_RUN (self));

  if (self->trainer != NULL)
    lk_trainer_save (self->trainer);
}

void
lk_training_run_sample (LkTrainingRun  *self,
                        const LkRecipe *recipe)
{
  g_return_if_fail (LK_IS_TRAINING_RUN (self));

  if (self->trainer != NULL)
    lk_trainer_sample (self->trainer, recipe, SAMPLE_STRENGTH);
}

/* ---- reading --------------------------------------------------------------------------------------------------- */

LkRun *
lk_training_run_get_run (LkTrainingRun *self)
{
  return self->run;
}

const char *
lk_training_run_get_name (LkTrainingRun *self)
{
  return self->name;
}

LkTrainingState
lk_training_run_get_state (LkTrainingRun *self)
{
  return self->state;
}

gboolean
lk_training_run_is_active (LkTrainingRun *self)
{
  return self->engine != NULL;
}

const char *
lk_training_run_get_state_title (LkTrainingRun *self)
{
  if (self->has_failed)
    return _("Failed");

  switch (self->state)
    {
    case LK_TRAINING_IDLE:
      return self->step > 0 ? _("Stopped") : _("Not Started");
    case LK_TRAINING_WAITING:
      return _("Waiting");
    case LK_TRAINING_PREPARING:
      return _("Preparing");
    case LK_TRAINING_RUNNING:
      return _("Training");
    case LK_TRAINING_PAUSING:
      return _("Pausing");
    case LK_TRAINING_PAUSED:
      return _("Paused");
    case LK_TRAINING_STOPPING:
      return _("Stopping");
    case LK_TRAINING_FINISHED:
      return _("Finished");
    default:
      g_assert_not_reached ();
    }
}

const char *
lk_training_run_get_text (LkTrainingRun *self)
{
  return self->text;
}

gboolean
lk_training_run_has_failed (LkTrainingRun *self)
{
  return self->has_failed;
}

double
lk_training_run_get_fraction (LkTrainingRun *self)
{
  return self->fraction;
}

guint
lk_training_run_get_step (LkTrainingRun *self)
{
  return self->step;
}

guint
lk_training_run_get_n_steps (LkTrainingRun *self)
{
  return self->n_steps;
}

LkSeries *
lk_training_run_get_loss (LkTrainingRun *self)
{
  return self->loss;
}

LkSeries *
lk_training_run_get_smoothed_loss (LkTrainingRun *self)
{
  return self->smoothed;
}

LkSeries *
lk_training_run_get_learning_rate (LkTrainingRun *self)
{
  return self->learning_rate;
}

LkSeries *
lk_training_run_get_grad_norm (LkTrainingRun *self)
{
  return self->grad_norm;
}

LkSeries *
lk_training_run_get_seconds (LkTrainingRun *self)
{
  return self->seconds;
}

GListModel *
lk_training_run_get_samples (LkTrainingRun *self)
{
  return G_LIST_MODEL (self->samples);
}

GListModel *
lk_training_run_get_loras (LkTrainingRun *self)
{
  return G_LIST_MODEL (self->loras);
}

static void
lk_training_run_finalize (GObject *object)
{
  LkTrainingRun *self = LK_TRAINING_RUN (object);

  g_clear_pointer (&self->run, lk_run_unref);
  g_clear_pointer (&self->data_set, lk_data_set_free);
  g_clear_object (&self->engine);
  g_clear_object (&self->trainer);
  g_free (self->name);
  g_free (self->text);
  g_free (self->cache);
  g_clear_object (&self->loss);
  g_clear_object (&self->smoothed);
  g_clear_object (&self->learning_rate);
  g_clear_object (&self->grad_norm);
  g_clear_object (&self->seconds);
  g_clear_object (&self->samples);
  g_clear_object (&self->loras);

  G_OBJECT_CLASS (lk_training_run_parent_class)->finalize (object);
}

static void
lk_training_run_class_init (LkTrainingRunClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = lk_training_run_finalize;

  signals[CHANGED] = g_signal_new ("changed", LK_TYPE_TRAINING_RUN, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
lk_training_run_init (LkTrainingRun *self)
{
  self->loss = lk_series_new (_("Loss"), "");
  self->smoothed = lk_series_new_smoothed (self->loss, SMOOTHING);
  self->learning_rate = lk_series_new (_("Learning rate"), "");
  self->grad_norm = lk_series_new (_("Gradient norm"), "");
  self->seconds = lk_series_new (_("Step time"), "s");
  self->samples = g_list_store_new (GTK_TYPE_STRING_OBJECT);
  self->loras = g_list_store_new (GTK_TYPE_STRING_OBJECT);
}
