#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>
#include <gtk/gtk.h>

#include "app/training/lk-run-guard.h"
#include "app/training/lk-training-run.h"
#include "base/lk-text.h"

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

  gboolean        was_interrupted;
  char           *note;           /* owned */
  char           *device;         /* owned; NULL: not known */

  LkRunCurves    *curves;         /* owned */
  GListStore     *samples, *loras;    /* owned */
  LkRunLog       *log;            /* owned; NULL while a thread reads it */
  gboolean        is_log_old;     /* something was written since the thread began */
  LkRunFacts     *facts;          /* owned */

  LkEngine       *engine;         /* owned, as are the rest; while active */
  LkProject      *project;
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
  lk_run_curves_append (self->curves, metrics, n);
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

/* A file that was written again is one, not two. */
static void
put_path (GListStore *store,
          const char *path)
{
  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (store)); i++)
    {
      g_autoptr (GtkStringObject) object = g_list_model_get_item (G_LIST_MODEL (store), i);

      if (g_str_equal (gtk_string_object_get_string (object), path))
        return;
    }
  add_path (store, path);
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
  LkRun      *run;          /* owned, as are the others */
  LkRunLog   *log;
  LkRunFacts *facts;
  GPtrArray  *samples;      /* paths; NULL: only the log was asked for */
  GPtrArray  *loras;        /* LkRunCheckpoint */
  char       *device;
  gboolean    is_whole;
} Contents;

static void
contents_free (Contents *contents)
{
  lk_run_unref (contents->run);
  g_clear_pointer (&contents->log, lk_run_log_free);
  g_clear_pointer (&contents->facts, lk_run_facts_free);
  g_clear_pointer (&contents->samples, g_ptr_array_unref);
  g_clear_pointer (&contents->loras, g_ptr_array_unref);
  g_free (contents->device);
  g_free (contents);
}

static void
read_folder (Contents *contents)
{
  g_autofree char *folder = lk_run_dup_path (contents->run, "samples"), *record_path = lk_run_dup_path (contents->run, "record.json");
  g_autoptr (cJSON) record = lk_json_read (record_path, NULL);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  contents->device = record != NULL ? g_strdup (lk_json_get_string (record, "device", NULL)) : NULL;
  contents->loras = lk_run_list_checkpoints (contents->run);
  contents->samples = g_ptr_array_new_with_free_func (g_free);
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    if (g_str_has_suffix (name, ".png"))
      g_ptr_array_add (contents->samples, g_build_filename (folder, name, NULL));
  g_ptr_array_sort (contents->samples, compare_paths);
}

static void
read_thread (GTask        *task,
             gpointer      source,
             gpointer      data,
             GCancellable *cancellable)
{
  Contents *contents = data;

  lk_run_log_update (contents->log, contents->run, NULL);
  contents->facts = lk_run_facts_new (contents->run, contents->log);
  if (contents->is_whole)
    read_folder (contents);
  g_task_return_boolean (task, TRUE);
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

static void read_log (LkTrainingRun *self, gboolean is_whole);

static void
take_folder (LkTrainingRun *self,
             Contents      *contents)
{
  GArray *metrics = contents->log->metrics, *marks = contents->log->marks;

  /* A run that began to work meanwhile tells by itself. */
  if (lk_series_get_n_points (self->curves->loss) == 0)
    {
      append_metrics (self, (const LkMetric *) (gpointer) metrics->data, metrics->len);
      for (guint i = 0; i < marks->len; i++)
        lk_run_curves_append_mark (self->curves, &g_array_index (marks, LkValidationMark, i));
    }
  for (guint i = 0; i < contents->samples->len; i++)
    add_path (self->samples, g_ptr_array_index (contents->samples, i));
  for (guint i = 0; i < contents->loras->len; i++)
    add_path (self->loras, ((LkRunCheckpoint *) g_ptr_array_index (contents->loras, i))->path);
  if (self->device == NULL)
    self->device = g_steal_pointer (&contents->device);
  if (!lk_training_run_is_active (self))
    describe_rest (self);
}

static void
read_cb (GObject      *object,
         GAsyncResult *result,
         gpointer      user_data)
{
  LkTrainingRun *self = LK_TRAINING_RUN (object);
  Contents *contents = g_task_get_task_data (G_TASK (result));

  if (contents->is_whole)
    take_folder (self, contents);
  g_clear_pointer (&self->facts, lk_run_facts_free);
  self->facts = g_steal_pointer (&contents->facts);
  self->log = g_steal_pointer (&contents->log);
  if (self->is_log_old)
    read_log (self, FALSE);
  changed (self);
}

/* Reads on a thread what the trainer wrote since the last time. */
static void
read_log (LkTrainingRun *self,
          gboolean       is_whole)
{
  g_autoptr (GTask) task = NULL;
  Contents *contents;

  self->is_log_old = self->log == NULL;
  if (self->is_log_old)
    return;

  contents = g_new0 (Contents, 1);
  contents->run = lk_run_ref (self->run);
  contents->log = g_steal_pointer (&self->log);
  contents->is_whole = is_whole;
  task = g_task_new (self, NULL, read_cb, NULL);
  g_task_set_task_data (task, contents, (GDestroyNotify) contents_free);
  g_task_run_in_thread (task, read_thread);
}

GListModel *
lk_training_run_get_active (void)
{
  static GListStore *active;

  if (active == NULL)
    active = g_list_store_new (LK_TYPE_TRAINING_RUN);
  return G_LIST_MODEL (active);
}

static LkTrainingRun *
find_active (LkRun *run)
{
  GListModel *active = lk_training_run_get_active ();

  for (guint i = 0; i < g_list_model_get_n_items (active); i++)
    {
      g_autoptr (LkTrainingRun) other = g_list_model_get_item (active, i);

      if (g_str_equal (lk_run_get_folder (other->run), lk_run_get_folder (run)))
        return g_steal_pointer (&other);
    }
  return NULL;
}

LkTrainingRun *
lk_training_run_new (LkRun *run)
{
  LkTrainingRun *self = find_active (run);

  if (self != NULL)
    return self;

  self = g_object_new (LK_TYPE_TRAINING_RUN, NULL);
  self->run = lk_run_ref (run);
  self->name = g_strdup (lk_run_get_name (run));
  self->n_steps = lk_run_get_settings (run)->max_train_steps;
  self->was_interrupted = lk_run_was_interrupted (run);
  set_state (self, lk_run_get_status (run) == LK_RUN_FINISHED ? LK_TRAINING_FINISHED : LK_TRAINING_IDLE, "");
  describe_rest (self);
  read_log (self, TRUE);
  return self;
}

/* ---- what the trainer tells ------------------------------------------------------------------------------------ */

double
lk_training_run_get_step_time (LkTrainingRun *self)
{
  return lk_run_curves_get_step_time (self->curves);
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
  if (self->state != LK_TRAINING_PAUSING && self->state != LK_TRAINING_STOPPING)
    self->state = LK_TRAINING_PREPARING;
  if (event->total > 0)
    {
      g_autofree char *text = g_strdup_printf (_("%s · %u of %u"), event->text, event->done, event->total);

      self->fraction = (double) event->done / event->total;

      g_set_str (&self->text, text);
    }
  else
    g_set_str (&self->text, event->text);
}

static void
leave_active (LkTrainingRun *self)
{
  GListStore *active = G_LIST_STORE (lk_training_run_get_active ());
  guint position;

  if (g_list_store_find (active, self, &position))
    g_list_store_remove (active, position);
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
  g_autoptr (LkTrainingRun) alive = g_object_ref (self);

  self->has_failed = failure != NULL;
  set_state (self, lk_run_get_status (self->run) == LK_RUN_FINISHED ? LK_TRAINING_FINISHED : LK_TRAINING_IDLE, failure != NULL ? failure : "");
  describe_rest (self);
  g_clear_object (&self->trainer);
  g_clear_pointer (&self->data_set, lk_data_set_free);
  leave_queue (self);
  g_clear_object (&self->engine);
  read_log (self, FALSE);
  lk_run_guard_update (self);
  leave_active (self);
  g_clear_object (&self->project);
  changed (self);
  if (self->has_failed || self->state == LK_TRAINING_FINISHED)
    lk_run_guard_tell_end (self);
}

void
lk_training_run_take_events (LkTrainingRun        *self,
                             const LkTrainerEvent *events,
                             guint                 n_events)
{
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
        case LK_TRAINER_MEASURED:
          lk_run_curves_append_mark (self->curves, &event->mark);
          read_log (self, FALSE);
          break;
        case LK_TRAINER_SAVED:
          put_path (self->loras, event->path);
          read_log (self, FALSE);
          break;
        case LK_TRAINER_NOTE:
          g_set_str (&self->note, event->text);
          break;
        case LK_TRAINER_SAMPLED:
          put_path (self->samples, event->path);
          break;
        case LK_TRAINER_PAUSED:
          self->state = LK_TRAINING_PAUSED;
          leave_queue (self);
          lk_run_guard_update (self);
          break;
        case LK_TRAINER_RESUMED:
          self->state = LK_TRAINING_RUNNING;
          break;
        case LK_TRAINER_FINISHED:
          self->state = LK_TRAINING_FINISHED;
          if (event->path != NULL)
            put_path (self->loras, event->path);
          break;
        case LK_TRAINER_STOPPED:
          self->state = LK_TRAINING_IDLE;
          break;
        default:
          g_assert_not_reached ();
        }
    }

  append_metrics (self, (const LkMetric *) (gpointer) metrics->data, metrics->len);
  if (self->state == LK_TRAINING_FINISHED || self->state == LK_TRAINING_IDLE)
    describe_rest (self);
  else if (self->state != LK_TRAINING_PREPARING)
    describe_progress (self);
  changed (self);
}

static void
events_cb (LkTrainer            *trainer,
           const LkTrainerEvent *events,
           guint                 n_events,
           gpointer              data)
{
  lk_training_run_take_events (data, events, n_events);
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
  g_set_str (&self->device, lk_device_get_description (device));
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
  self->was_interrupted = FALSE;
  if (find_active (self->run) == NULL)
    g_list_store_append (G_LIST_STORE (lk_training_run_get_active ()), self);
  lk_run_guard_update (self);
  self->job = lk_engine_add (self->engine, title, job_cb, g_object_ref (self), g_object_unref);
  lk_job_set_place (self->job, self->project, "training");
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
  g_set_object (&self->project, project);
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
lk_training_run_add_lora (LkTrainingRun *self,
                          const char    *path)
{
  g_return_if_fail (LK_IS_TRAINING_RUN (self));

  put_path (self->loras, path);
}

void
lk_training_run_sample (LkTrainingRun *self)
{
  g_return_if_fail (LK_IS_TRAINING_RUN (self));

  if (self->trainer != NULL)
    lk_trainer_sample_prompts (self->trainer);
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
      return self->was_interrupted ? _("Interrupted") : self->step > 0 ? _("Stopped") : _("Not Started");
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

LkRunCurves *
lk_training_run_get_curves (LkTrainingRun *self)
{
  return self->curves;
}

const LkRunFacts *
lk_training_run_get_facts (LkTrainingRun *self)
{
  return self->facts;
}

gboolean
lk_training_run_was_interrupted (LkTrainingRun *self)
{
  return self->was_interrupted && self->state == LK_TRAINING_IDLE;
}

const char *
lk_training_run_get_note (LkTrainingRun *self)
{
  return self->note;
}

const char *
lk_training_run_get_device (LkTrainingRun *self)
{
  return self->device;
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
  g_clear_object (&self->project);
  g_clear_object (&self->trainer);
  g_free (self->name);
  g_free (self->text);
  g_free (self->cache);
  g_free (self->note);
  g_free (self->device);
  g_clear_pointer (&self->curves, lk_run_curves_free);
  g_clear_pointer (&self->log, lk_run_log_free);
  g_clear_pointer (&self->facts, lk_run_facts_free);
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
  self->curves = lk_run_curves_new ();
  self->log = lk_run_log_new ();
  self->samples = g_list_store_new (GTK_TYPE_STRING_OBJECT);
  self->loras = g_list_store_new (GTK_TYPE_STRING_OBJECT);
}
