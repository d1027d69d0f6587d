#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <string.h>

#include "app/grids/lk-test-grid.h"
#include "base/lk-file.h"

struct _LkTestGrid
{
  GObject    parent_instance;

  LkProject *project;           /* owned */
  char      *folder;            /* owned */
  char      *title;             /* owned */
  char      *trouble;           /* owned; NULL: none */
  LkGrid    *grid;              /* owned; NULL: not read */
  GArray    *there;             /* owned: a gboolean for each cell */
  LkJob     *job;               /* owned; NULL: nothing is drawn or waits */
  int        serial;            /* of the last change; read by threads, too */
  gboolean   is_loading;
  gboolean   wants_draw;        /* again, when the job has ended and the change is known */
  gboolean   was_changed;       /* while a job was on: not saved yet */
};

G_DEFINE_FINAL_TYPE (LkTestGrid, lk_test_grid, G_TYPE_OBJECT)

enum { PROP_TITLE = 1, N_PROPERTIES };

static GParamSpec *properties[N_PROPERTIES];

enum { CHANGED, CELL_DRAWN, MESSAGE, N_SIGNALS };

static guint signals[N_SIGNALS];

/* ---- what is there --------------------------------------------------------------------------------------------- */

/* What crosses to a thread and back: a grid, to be read or to be named, and which of its pictures lie in the folder. */
typedef struct
{
  char     *folder;             /* owned */
  LkGrid   *grid;               /* owned; NULL: read it */
  GArray   *there;              /* owned */
  char     *trouble;            /* owned: why cells have no names */
  gboolean  saves;
  int       serial;
} Survey;

static void
survey_free (Survey *survey)
{
  g_free (survey->folder);
  g_free (survey->trouble);
  g_clear_pointer (&survey->grid, lk_grid_free);
  g_array_unref (survey->there);
  g_free (survey);
}

/* The newest change is what the file says at the end, whichever thread comes first. */
static GMutex write_lock;

static gboolean
save (LkTestGrid    *self,
      const Survey  *survey,
      GError       **error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&write_lock);

  return survey->serial != g_atomic_int_get (&self->serial) || lk_grid_save (survey->grid, survey->folder, error);
}

static void
survey_thread (GTask        *task,
               gpointer      source,
               gpointer      data,
               GCancellable *cancellable)
{
  Survey *survey = data;
  g_autoptr (GPtrArray) names = NULL;
  GError *error = NULL;

  if (survey->grid == NULL)
    survey->grid = lk_grid_open (survey->folder, &error);
  if (survey->grid == NULL || (survey->saves && !save (source, survey, &error)))
    {
      g_task_return_error (task, error);
      return;
    }

  if (lk_grid_get_names (survey->grid) == NULL)
    {
      g_autoptr (GError) reason = NULL;

      names = lk_grid_name_cells (survey->grid, &reason);
      if (names != NULL)
        lk_grid_set_names (survey->grid, names);
      else
        survey->trouble = g_strdup (reason->message);
    }
  g_array_set_size (survey->there, lk_grid_get_n_cells (survey->grid));
  for (guint i = 0; i < survey->there->len && lk_grid_get_names (survey->grid) != NULL; i++)
    {
      g_autofree char *path = g_build_filename (survey->folder, lk_grid_get_names (survey->grid)->pdata[i], NULL);

      g_array_index (survey->there, gboolean, i) = g_file_test (path, G_FILE_TEST_EXISTS);
    }
  g_task_return_boolean (task, TRUE);
}

static void
set_title (LkTestGrid *self,
           const char *title)
{
  if (title != NULL && g_set_str (&self->title, title))
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_TITLE]);
}

static void
surveyed_cb (GObject      *object,
             GAsyncResult *result,
             gpointer      user_data)
{
  LkTestGrid *self = LK_TEST_GRID (object);
  Survey *survey = g_task_get_task_data (G_TASK (result));
  g_autoptr (GError) error = NULL;

  self->is_loading = FALSE;
  if (!g_task_propagate_boolean (G_TASK (result), &error))
    {
      g_set_str (&self->trouble, error->message);
      if (self->grid != NULL)
        g_signal_emit (self, signals[MESSAGE], 0, error->message);
    }
  else if (survey->serial == self->serial)
    {
      if (self->grid == NULL)
        self->grid = g_steal_pointer (&survey->grid);
      else if (lk_grid_get_names (self->grid) == NULL)
        lk_grid_set_names (self->grid, lk_grid_get_names (survey->grid));
      /* Pictures that came meanwhile stay. */
      for (guint i = 0; i < survey->there->len && i < self->there->len; i++)
        g_array_index (survey->there, gboolean, i) |= g_array_index (self->there, gboolean, i);
      g_array_unref (self->there);
      self->there = g_array_ref (survey->there);
      g_set_str (&self->trouble, survey->trouble);
      set_title (self, lk_grid_get_title (self->grid));
      if (self->wants_draw && self->job == NULL)
        lk_test_grid_draw (self);
    }
  g_signal_emit (self, signals[CHANGED], 0);
}

static void
run_survey (LkTestGrid *self,
            gboolean    saves)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, surveyed_cb, NULL);
  Survey *survey = g_new0 (Survey, 1);

  survey->folder = g_strdup (self->folder);
  survey->grid = self->grid != NULL ? lk_grid_copy (self->grid) : NULL;
  survey->there = g_array_new (FALSE, TRUE, sizeof (gboolean));
  survey->saves = saves && !lk_project_is_read_only (self->project);
  survey->serial = self->serial;
  g_task_set_task_data (task, survey, (GDestroyNotify) survey_free);
  g_task_run_in_thread (task, survey_thread);
}

void
lk_test_grid_load (LkTestGrid *self)
{
  g_return_if_fail (LK_IS_TEST_GRID (self));

  if (self->grid != NULL || self->is_loading)
    return;
  self->is_loading = TRUE;
  run_survey (self, FALSE);
}

void
lk_test_grid_set_grid (LkTestGrid *self,
                       LkGrid     *grid)
{
  g_return_if_fail (LK_IS_TEST_GRID (self));
  g_return_if_fail (grid != NULL);

  g_clear_pointer (&self->grid, lk_grid_free);
  self->grid = grid;
  /* Where cells kept their places, what is there is known. */
  if (lk_grid_get_names (grid) == NULL || self->there->len != lk_grid_get_n_cells (grid))
    {
      g_array_set_size (self->there, 0);
      g_array_set_size (self->there, lk_grid_get_n_cells (grid));
    }
  g_atomic_int_inc (&self->serial);
  if (self->job != NULL)
    {
      /* The file is the drawing's until that has ended. */
      self->was_changed = self->wants_draw = TRUE;
      lk_job_cancel (self->job);
    }
  else
    run_survey (self, TRUE);
  g_signal_emit (self, signals[CHANGED], 0);
}

/* ---- asking ---------------------------------------------------------------------------------------------------- */

const char *
lk_test_grid_get_folder (LkTestGrid *self)
{
  return self->folder;
}

const char *
lk_test_grid_get_title (LkTestGrid *self)
{
  return self->title;
}

LkGrid *
lk_test_grid_get_grid (LkTestGrid *self)
{
  return self->grid;
}

const char *
lk_test_grid_get_trouble (LkTestGrid *self)
{
  return self->trouble;
}

gboolean
lk_test_grid_has_cell (LkTestGrid *self,
                       guint       cell)
{
  return cell < self->there->len && lk_test_grid_get_name (self, cell) != NULL && g_array_index (self->there, gboolean, cell);
}

const char *
lk_test_grid_get_name (LkTestGrid *self,
                       guint       cell)
{
  GPtrArray *names = self->grid != NULL ? lk_grid_get_names (self->grid) : NULL;

  return names != NULL && cell < names->len ? names->pdata[cell] : NULL;
}

char *
lk_test_grid_dup_path (LkTestGrid *self,
                       guint       cell)
{
  const char *name = lk_test_grid_get_name (self, cell);

  return name != NULL ? g_build_filename (self->folder, name, NULL) : NULL;
}

guint
lk_test_grid_get_n_drawn (LkTestGrid *self)
{
  guint n = 0;

  for (guint i = 0; i < self->there->len; i++)
    n += lk_test_grid_has_cell (self, i);
  return n;
}

LkJob *
lk_test_grid_get_job (LkTestGrid *self)
{
  return self->job;
}

/* ---- drawing --------------------------------------------------------------------------------------------------- */

/* What the thread has while it draws. */
typedef struct
{
  LkTestGrid *self;             /* owned; let go on the main thread */
  LkJob      *job;              /* kept by the task */
  LkDevice   *device;           /* owned */
  LkGrid     *grid;             /* owned */
  char       *folder;           /* owned */
  char       *note;             /* owned: what LoRA files held that could not be used */
  int         serial;
} Drawing;

static void
drawing_free (gpointer data)
{
  Drawing *drawing = data;

  g_clear_pointer (&drawing->device, lk_device_unref);
  g_clear_pointer (&drawing->grid, lk_grid_free);
  g_free (drawing->folder);
  g_free (drawing->note);
  g_clear_object (&drawing->self);
  g_free (drawing);
}

/* A message of the thread: the names of the cells, or one that is there. */
typedef struct
{
  LkTestGrid *self;             /* owned */
  LkJob      *job;              /* owned */
  GPtrArray  *names;            /* owned; NULL: a cell */
  guint       cell, n_drawn, n_cells;
  int         serial;
} Message;

static gboolean
message_cb (gpointer data)
{
  Message *message = data;
  LkTestGrid *self = message->self;
  gboolean is_current = message->serial == self->serial && self->grid != NULL;

  if (message->names != NULL && is_current)
    {
      lk_grid_set_names (self->grid, message->names);
      g_set_str (&self->trouble, NULL);
      g_signal_emit (self, signals[CHANGED], 0);
    }
  else if (message->names == NULL)
    {
      g_autofree char *text = g_strdup_printf (ngettext ("%u of %u picture", "%u of %u pictures", message->n_cells), message->n_drawn, message->n_cells);

      if (lk_job_get_state (message->job) == LK_JOB_RUNNING)
        lk_job_set_progress (message->job, message->n_drawn / (double) message->n_cells, text);
      if (is_current && message->cell < self->there->len && !g_array_index (self->there, gboolean, message->cell))
        {
          g_array_index (self->there, gboolean, message->cell) = TRUE;
          g_signal_emit (self, signals[CELL_DRAWN], 0, message->cell);
        }
    }
  g_clear_pointer (&message->names, g_ptr_array_unref);
  g_object_unref (message->job);
  g_object_unref (message->self);
  g_free (message);
  return G_SOURCE_REMOVE;
}

static Message *
message_new (const Drawing *drawing)
{
  Message *message = g_new0 (Message, 1);

  message->self = g_object_ref (drawing->self);
  message->job = g_object_ref (drawing->job);
  message->serial = drawing->serial;
  return message;
}

static void
on_cell (gpointer data,
         guint    cell,
         guint    drawn,
         guint    n_cells,
         gboolean was_there)
{
  Message *message = message_new (data);

  message->cell = cell;
  message->n_drawn = drawn;
  message->n_cells = n_cells;
  g_idle_add (message_cb, message);
}

static void
draw_thread (GTask        *task,
             gpointer      source,
             gpointer      data,
             GCancellable *cancellable)
{
  Drawing *drawing = data;
  g_autoptr (LkGenerator) generator = lk_generator_new (drawing->device);
  g_autoptr (GPtrArray) names = NULL;
  GError *error = NULL;
  Message *message;

  names = lk_grid_name_cells (drawing->grid, &error);
  if (names == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  message = message_new (drawing);
  message->names = g_ptr_array_ref (names);
  g_idle_add (message_cb, message);

  if (!lk_grid_draw (drawing->grid, generator, drawing->folder, on_cell, drawing, cancellable, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  drawing->note = g_strdup (lk_generator_get_note (generator));
  g_task_return_boolean (task, TRUE);
}

static void
drawn_cb (GObject      *object,
          GAsyncResult *result,
          gpointer      user_data)
{
  const Drawing *drawing = g_task_get_task_data (G_TASK (result));
  g_autoptr (GError) error = NULL;
  gboolean is_drawn = g_task_propagate_boolean (G_TASK (result), &error);

  if (!is_drawn && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_signal_emit (drawing->self, signals[MESSAGE], 0, error->message);
  else if (drawing->note != NULL)
    g_signal_emit (drawing->self, signals[MESSAGE], 0, drawing->note);
  lk_job_finish (LK_JOB (object));
}

static void
job_cb (LkJob        *job,
        LkDevice     *device,
        const GError *error,
        gpointer      user_data)
{
  Drawing *order = user_data;
  g_autoptr (GTask) task = NULL;
  Drawing *drawing;

  if (device == NULL)
    {
      g_signal_emit (order->self, signals[MESSAGE], 0, error->message);
      lk_job_finish (job);
      return;
    }
  drawing = g_new0 (Drawing, 1);
  drawing->self = g_object_ref (order->self);
  drawing->job = job;
  drawing->device = lk_device_ref (device);
  /* As it is now: it may have changed while it waited. */
  drawing->grid = lk_grid_copy (order->self->grid);
  drawing->folder = g_strdup (order->self->folder);
  drawing->serial = order->self->serial;
  task = g_task_new (job, lk_job_get_cancellable (job), drawn_cb, NULL);
  g_task_set_task_data (task, drawing, drawing_free);
  g_task_run_in_thread (task, draw_thread);
}

static void
job_changed_cb (LkTestGrid *self)
{
  if (self->job != NULL && lk_job_get_state (self->job) == LK_JOB_DONE)
    {
      g_signal_handlers_disconnect_by_data (self->job, self);
      g_clear_object (&self->job);
      if (self->was_changed)
        {
          self->was_changed = FALSE;
          run_survey (self, TRUE);
        }
    }
  g_signal_emit (self, signals[CHANGED], 0);
}

void
lk_test_grid_draw (LkTestGrid *self)
{
  g_autoptr (LkEngine) engine = lk_engine_get_default ();
  g_autofree char *title = NULL;
  Drawing *order;

  g_return_if_fail (LK_IS_TEST_GRID (self));

  self->wants_draw = self->job != NULL && self->was_changed;
  if (self->job != NULL || self->grid == NULL)
    return;
  if (lk_project_is_read_only (self->project))
    {
      g_signal_emit (self, signals[MESSAGE], 0, lk_project_get_read_only_reason (self->project));
      return;
    }
  title = g_strdup_printf (_("Drawing “%s”"), self->title);
  order = g_new0 (Drawing, 1);
  order->self = g_object_ref (self);
  self->job = lk_engine_add (engine, title, job_cb, order, drawing_free);
  lk_job_set_place (self->job, self->project, "grids");
  g_signal_connect_object (self->job, "notify::fraction", G_CALLBACK (job_changed_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->job, "notify::state", G_CALLBACK (job_changed_cb), self, G_CONNECT_SWAPPED);
  g_signal_emit (self, signals[CHANGED], 0);
}

void
lk_test_grid_pause (LkTestGrid *self)
{
  g_return_if_fail (LK_IS_TEST_GRID (self));

  self->wants_draw = FALSE;
  if (self->job != NULL)
    lk_job_cancel (self->job);
}

/* ---- the project's grids --------------------------------------------------------------------------------------- */

typedef struct
{
  char   *folder;               /* owned */
  char   *title;                /* owned */
} Found;

static void
found_free (gpointer data)
{
  Found *found = data;

  g_free (found->folder);
  g_free (found->title);
  g_free (found);
}

/* Folders begin with their date. */
static int
compare_found (gconstpointer a,
               gconstpointer b)
{
  return strcmp ((*(const Found * const *) b)->folder, (*(const Found * const *) a)->folder);
}

static void
list_thread (GTask        *task,
             gpointer      source,
             gpointer      data,
             GCancellable *cancellable)
{
  g_autoptr (GDir) dir = g_dir_open (data, 0, NULL);
  GPtrArray *all = g_ptr_array_new_with_free_func (found_free);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *folder = g_build_filename (data, name, NULL), *path = g_build_filename (folder, "grid.json", NULL);
      Found *found;

      if (!g_file_test (path, G_FILE_TEST_IS_REGULAR))
        continue;
      found = g_new0 (Found, 1);
      found->folder = g_steal_pointer (&folder);
      found->title = g_filename_display_name (name);
      g_ptr_array_add (all, found);
    }
  g_ptr_array_sort (all, compare_found);
  g_task_return_pointer (task, all, (GDestroyNotify) g_ptr_array_unref);
}

void
lk_test_grid_list_async (LkProject           *project,
                         GAsyncReadyCallback  callback,
                         gpointer             data)
{
  g_autoptr (GTask) task = g_task_new (project, NULL, callback, data);

  g_task_set_task_data (task, lk_project_dup_path (project, "grids"), g_free);
  g_task_run_in_thread (task, list_thread);
}

GPtrArray *
lk_test_grid_list_finish (LkProject    *project,
                          GAsyncResult *result)
{
  g_autoptr (GPtrArray) all = g_task_propagate_pointer (G_TASK (result), NULL);
  GPtrArray *grids = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < all->len; i++)
    {
      const Found *found = all->pdata[i];

      g_ptr_array_add (grids, lk_test_grid_new (project, found->folder, found->title));
    }
  return grids;
}

/* ---- object ---------------------------------------------------------------------------------------------------- */

static void
lk_test_grid_get_property (GObject    *object,
                           guint       id,
                           GValue     *value,
                           GParamSpec *pspec)
{
  switch (id)
    {
    case PROP_TITLE:
      g_value_set_string (value, LK_TEST_GRID (object)->title);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
lk_test_grid_finalize (GObject *object)
{
  LkTestGrid *self = LK_TEST_GRID (object);

  g_clear_object (&self->job);
  g_clear_object (&self->project);
  g_clear_pointer (&self->grid, lk_grid_free);
  g_array_unref (self->there);
  g_free (self->folder);
  g_free (self->title);
  g_free (self->trouble);

  G_OBJECT_CLASS (lk_test_grid_parent_class)->finalize (object);
}

static void
lk_test_grid_class_init (LkTestGridClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = lk_test_grid_get_property;
  object_class->finalize = lk_test_grid_finalize;

  properties[PROP_TITLE] = g_param_spec_string ("title", NULL, NULL, NULL, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPERTIES, properties);
  signals[CHANGED] = g_signal_new ("changed", LK_TYPE_TEST_GRID, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[CELL_DRAWN] = g_signal_new ("cell-drawn", LK_TYPE_TEST_GRID, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_UINT);
  signals[MESSAGE] = g_signal_new ("message", LK_TYPE_TEST_GRID, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void
lk_test_grid_init (LkTestGrid *self)
{
  self->there = g_array_new (FALSE, TRUE, sizeof (gboolean));
}

LkTestGrid *
lk_test_grid_new (LkProject  *project,
                  const char *folder,
                  const char *title)
{
  LkTestGrid *self = g_object_new (LK_TYPE_TEST_GRID, NULL);

  self->project = g_object_ref (project);
  self->folder = g_strdup (folder);
  self->title = g_strdup (title);
  return self;
}

LkTestGrid *
lk_test_grid_new_for_grid (LkProject *project,
                           LkGrid    *grid)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  g_autofree char *date = g_date_time_format (now, "%Y%m%d-%H%M%S-%f"), *name = g_strconcat ("grids/", date, NULL);
  g_autofree char *folder = lk_project_dup_path (project, name);
  LkTestGrid *self = lk_test_grid_new (project, folder, lk_grid_get_title (grid) != NULL ? lk_grid_get_title (grid) : date);

  lk_test_grid_set_grid (self, grid);
  return self;
}
