#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include "app/window/lk-engine.h"

struct _LkJob
{
  GObject         parent_instance;

  LkEngine       *engine;         /* not owned; NULL once done */
  char           *title;          /* owned */
  char           *text;           /* owned */
  LkProject      *project;        /* owned, or NULL */
  const char     *page;           /* interned, or NULL */
  double          fraction;
  LkJobState      state;
  GCancellable   *cancellable;    /* owned */

  LkJobFunc       func;
  gpointer        user_data;      /* owned by destroy */
  GDestroyNotify  destroy;
};

G_DEFINE_FINAL_TYPE (LkJob, lk_job, G_TYPE_OBJECT)

struct _LkEngine
{
  GObject     parent_instance;

  GListStore *jobs;               /* owned */
  LkJob      *running;            /* in `jobs` */
  GSettings  *settings;           /* owned: which device the user wants */
  LkDevice   *device;             /* owned; NULL until a job needs it */
  char       *device_spec;        /* owned: what `device` was opened by */
  guint       idle;
};

G_DEFINE_FINAL_TYPE (LkEngine, lk_engine, G_TYPE_OBJECT)

enum { PROP_TITLE = 1, PROP_STATE, PROP_TEXT, PROP_FRACTION, N_PROPERTIES };

static GParamSpec *properties[N_PROPERTIES];

enum { PROP_RUNNING = 1, N_ENGINE_PROPERTIES };

static GParamSpec *engine_properties[N_ENGINE_PROPERTIES];

static void queue_next (LkEngine *self);

/* ---- job ------------------------------------------------------------------------------------------------------ */

static void
lk_job_get_property (GObject    *object,
                     guint       id,
                     GValue     *value,
                     GParamSpec *pspec)
{
  LkJob *self = LK_JOB (object);

  switch (id)
    {
    case PROP_TITLE:
      g_value_set_string (value, self->title);
      break;
    case PROP_STATE:
      g_value_set_uint (value, self->state);
      break;
    case PROP_TEXT:
      g_value_set_string (value, self->text);
      break;
    case PROP_FRACTION:
      g_value_set_double (value, self->fraction);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
lk_job_finalize (GObject *object)
{
  LkJob *self = LK_JOB (object);

  if (self->destroy != NULL)
    self->destroy (self->user_data);
  g_free (self->title);
  g_free (self->text);
  g_clear_object (&self->project);
  g_object_unref (self->cancellable);

  G_OBJECT_CLASS (lk_job_parent_class)->finalize (object);
}

static void
lk_job_class_init (LkJobClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = lk_job_get_property;
  object_class->finalize = lk_job_finalize;

  properties[PROP_TITLE] = g_param_spec_string ("title", NULL, NULL, NULL, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  properties[PROP_STATE] = g_param_spec_uint ("state", NULL, NULL, 0, LK_JOB_DONE, 0, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  properties[PROP_TEXT] = g_param_spec_string ("text", NULL, NULL, NULL, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  properties[PROP_FRACTION] = g_param_spec_double ("fraction", NULL, NULL, 0, 1, 0, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPERTIES, properties);
}

static void
lk_job_init (LkJob *self)
{
  self->cancellable = g_cancellable_new ();
  self->text = g_strdup ("");
}

static void
set_state (LkJob      *self,
           LkJobState  state)
{
  if (self->state == state)
    return;
  self->state = state;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATE]);
}

const char *
lk_job_get_title (LkJob *self)
{
  return self->title;
}

void
lk_job_set_place (LkJob      *self,
                  LkProject  *project,
                  const char *page)
{
  g_return_if_fail (LK_IS_JOB (self));

  g_set_object (&self->project, project);
  self->page = g_intern_string (page);
}

LkProject *
lk_job_get_project (LkJob *self)
{
  return self->project;
}

const char *
lk_job_get_page (LkJob *self)
{
  return self->page;
}

LkJobState
lk_job_get_state (LkJob *self)
{
  return self->state;
}

const char *
lk_job_get_text (LkJob *self)
{
  return self->text;
}

double
lk_job_get_fraction (LkJob *self)
{
  return self->fraction;
}

GCancellable *
lk_job_get_cancellable (LkJob *self)
{
  return self->cancellable;
}

void
lk_job_set_progress (LkJob      *self,
                     double      fraction,
                     const char *text)
{
  g_return_if_fail (LK_IS_JOB (self));

  if (self->fraction != fraction)
    {
      self->fraction = CLAMP (fraction, 0, 1);
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_FRACTION]);
    }
  if (g_set_str (&self->text, text != NULL ? text : ""))
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_TEXT]);
}

static void
remove_job (LkEngine *engine,
            LkJob    *job)
{
  guint position;

  if (g_list_store_find (engine->jobs, job, &position))
    g_list_store_remove (engine->jobs, position);
}

void
lk_job_finish (LkJob *self)
{
  g_autoptr (LkJob) alive = g_object_ref (self);
  LkEngine *engine = self->engine;

  g_return_if_fail (LK_IS_JOB (self));

  if (engine == NULL)
    return;

  self->engine = NULL;
  if (engine->running == self)
    engine->running = NULL;
  remove_job (engine, self);
  set_state (self, LK_JOB_DONE);
  g_object_notify_by_pspec (G_OBJECT (engine), engine_properties[PROP_RUNNING]);
  queue_next (engine);
}

void
lk_job_cancel (LkJob *self)
{
  g_return_if_fail (LK_IS_JOB (self));

  g_cancellable_cancel (self->cancellable);
  if (self->state == LK_JOB_WAITING)
    lk_job_finish (self);
}

/* ---- engine --------------------------------------------------------------------------------------------------- */

static void
start (LkEngine     *self,
       LkJob        *job,
       const GError *error)
{
  set_state (job, LK_JOB_RUNNING);
  g_object_notify_by_pspec (G_OBJECT (self), engine_properties[PROP_RUNNING]);
  job->func (job, error == NULL ? self->device : NULL, error, job->user_data);
}

static void
open_thread (GTask        *task,
             gpointer      source,
             gpointer      spec,
             GCancellable *cancellable)
{
  GError *error = NULL;
  LkDevice *device = lk_device_open (spec, 0, &error);

  if (device == NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, device, (GDestroyNotify) lk_device_unref);
}

static void
opened_cb (GObject      *object,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_autoptr (LkJob) job = user_data;
  LkEngine *self = LK_ENGINE (object);
  g_autoptr (GError) error = NULL;
  LkDevice *device = g_task_propagate_pointer (G_TASK (result), &error);

  if (device != NULL)
    {
      g_clear_pointer (&self->device, lk_device_unref);   /* a job that was cancelled meanwhile had asked, too */
      self->device = device;
      g_set_str (&self->device_spec, g_task_get_task_data (G_TASK (result)));
    }
  if (job->engine != NULL)
    start (self, job, error);
}

static gboolean
next_cb (gpointer user_data)
{
  LkEngine *self = user_data;
  g_autoptr (LkJob) job = g_list_model_get_item (G_LIST_MODEL (self->jobs), 0);
  g_autofree char *spec = g_settings_get_string (self->settings, "device");

  self->idle = 0;
  if (self->running != NULL || job == NULL)
    return G_SOURCE_REMOVE;

  self->running = job;
  if (self->device != NULL && g_strcmp0 (self->device_spec, spec) != 0)
    g_clear_pointer (&self->device, lk_device_unref);

  if (self->device != NULL)
    start (self, job, NULL);
  else
    {
      g_autoptr (GTask) task = g_task_new (self, NULL, opened_cb, g_object_ref (job));

      g_task_set_task_data (task, g_steal_pointer (&spec), g_free);
      g_task_run_in_thread (task, open_thread);
    }
  return G_SOURCE_REMOVE;
}

static void
queue_next (LkEngine *self)
{
  if (self->idle == 0)
    self->idle = g_idle_add (next_cb, self);
}

LkJob *
lk_engine_add (LkEngine       *self,
               const char     *title,
               LkJobFunc       func,
               gpointer        user_data,
               GDestroyNotify  destroy)
{
  LkJob *job = g_object_new (LK_TYPE_JOB, NULL);

  g_return_val_if_fail (LK_IS_ENGINE (self), NULL);

  job->engine = self;
  job->title = g_strdup (title);
  job->func = func;
  job->user_data = user_data;
  job->destroy = destroy;
  g_list_store_append (self->jobs, job);
  queue_next (self);
  return job;
}

GListModel *
lk_engine_get_jobs (LkEngine *self)
{
  g_return_val_if_fail (LK_IS_ENGINE (self), NULL);

  return G_LIST_MODEL (self->jobs);
}

LkJob *
lk_engine_get_running (LkEngine *self)
{
  g_return_val_if_fail (LK_IS_ENGINE (self), NULL);

  return self->running;
}

gboolean
lk_engine_works_for (LkEngine  *self,
                     LkProject *project)
{
  g_return_val_if_fail (LK_IS_ENGINE (self), FALSE);

  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (self->jobs)); i++)
    {
      g_autoptr (LkJob) job = g_list_model_get_item (G_LIST_MODEL (self->jobs), i);

      if (job->project == project)
        return TRUE;
    }
  return FALSE;
}

void
lk_engine_cancel_all (LkEngine  *self,
                      LkProject *project)
{
  g_autoptr (GPtrArray) jobs = g_ptr_array_new_with_free_func (g_object_unref);

  g_return_if_fail (LK_IS_ENGINE (self));

  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (self->jobs)); i++)
    g_ptr_array_add (jobs, g_list_model_get_item (G_LIST_MODEL (self->jobs), i));
  /* Those that wait first, so that none of them gets the device meanwhile. */
  for (guint i = jobs->len; i-- > 0; )
    if (((LkJob *) jobs->pdata[i])->project == project)
      lk_job_cancel (jobs->pdata[i]);
}

static void
lk_engine_finalize (GObject *object)
{
  LkEngine *self = LK_ENGINE (object);

  g_clear_handle_id (&self->idle, g_source_remove);
  g_object_unref (self->jobs);
  g_clear_pointer (&self->device, lk_device_unref);
  g_clear_object (&self->settings);
  g_free (self->device_spec);

  G_OBJECT_CLASS (lk_engine_parent_class)->finalize (object);
}

static void
lk_engine_get_property (GObject    *object,
                        guint       id,
                        GValue     *value,
                        GParamSpec *pspec)
{
  switch (id)
    {
    case PROP_RUNNING:
      g_value_set_object (value, LK_ENGINE (object)->running);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
lk_engine_class_init (LkEngineClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = lk_engine_get_property;
  object_class->finalize = lk_engine_finalize;

  engine_properties[PROP_RUNNING] = g_param_spec_object ("running", NULL, NULL, LK_TYPE_JOB, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_ENGINE_PROPERTIES, engine_properties);
}

static void
lk_engine_init (LkEngine *self)
{
  self->jobs = g_list_store_new (LK_TYPE_JOB);
  self->settings = g_settings_new (APP_ID);
}

LkEngine *
lk_engine_get_default (void)
{
  static LkEngine *engine;

  if (engine == NULL)
    engine = g_object_new (LK_TYPE_ENGINE, NULL);
  return g_object_ref (engine);
}
