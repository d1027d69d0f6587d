#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>

#include "app/window/lk-workspace.h"
#include "train/lk-find-faces.h"

/* Checks follow a change after this much quiet, files from outside after that much. */
#define CHECK_AFTER_MS 150
#define CHECK_AT_LAST_MS 2000
#define CHECK_SLICE_US 4000     /* of a turn of the main loop */
#define RESCAN_AFTER_MS 700
/* A stream of changes, as when pictures are measured, is told of at most this often. */
#define CHANGED_EVERY_MS 200

struct _LkWorkspace
{
  GObject       parent_instance;

  LkProject    *project;       /* owned */
  LkChecks     *checks;        /* owned */
  LkTextures   *textures;    /* owned */
  GListStore   *findings;      /* owned; LkFinding */
  GListStore   *works;         /* owned; LkWork */
  GFileMonitor *monitor;       /* owned; images/ */
  GCancellable *rescanning;    /* owned; while files are looked at */
  gboolean      is_measuring;
  gboolean      has_checked;
  guint         n_faceless;    /* pictures in which the last search could not look */

  guint         check_source;
  gint64        check_asked;   /* monotonic, µs: since when it waits */
  guint         measure_source;
  guint         rescan_source;
  guint         changed_source;
  gint64        changed_last;  /* monotonic, µs */
};

G_DEFINE_FINAL_TYPE (LkWorkspace, lk_workspace, G_TYPE_OBJECT)

enum
{
  CHANGED,
  CHECKED,
  MESSAGE,
  STEPPED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static gboolean measure_cb (gpointer user_data);
static void     find_faces (LkWorkspace *self);

LkProject *
lk_workspace_get_project (LkWorkspace *self)
{
  g_return_val_if_fail (LK_IS_WORKSPACE (self), NULL);

  return self->project;
}

LkChecks *
lk_workspace_get_checks (LkWorkspace *self)
{
  g_return_val_if_fail (LK_IS_WORKSPACE (self), NULL);

  return self->checks;
}

LkTextures *
lk_workspace_get_textures (LkWorkspace *self)
{
  g_return_val_if_fail (LK_IS_WORKSPACE (self), NULL);

  return self->textures;
}

GListModel *
lk_workspace_get_findings (LkWorkspace *self)
{
  g_return_val_if_fail (LK_IS_WORKSPACE (self), NULL);

  return G_LIST_MODEL (self->findings);
}

gboolean
lk_workspace_has_checked (LkWorkspace *self)
{
  g_return_val_if_fail (LK_IS_WORKSPACE (self), FALSE);

  return self->has_checked;
}

GListModel *
lk_workspace_get_works (LkWorkspace *self)
{
  g_return_val_if_fail (LK_IS_WORKSPACE (self), NULL);

  return G_LIST_MODEL (self->works);
}

void
lk_workspace_say (LkWorkspace *self,
                  const char  *text)
{
  g_return_if_fail (LK_IS_WORKSPACE (self));

  g_signal_emit (self, signals[MESSAGE], 0, text);
}

/* Says an error, except that someone cancelled. */
static void
say_error (LkWorkspace  *self,
           const GError *error)
{
  if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    lk_workspace_say (self, error->message);
}

/* ---- what changed ------------------------------------------------------------------------------------------- */

static gboolean
emit_changed_cb (gpointer user_data)
{
  LkWorkspace *self = user_data;

  self->changed_source = 0;
  self->changed_last = g_get_monotonic_time ();
  g_signal_emit (self, signals[CHANGED], 0);

  return G_SOURCE_REMOVE;
}

static void
queue_changed (LkWorkspace *self)
{
  gint64 since_ms = (g_get_monotonic_time () - self->changed_last) / 1000;

  if (self->changed_source == 0)
    self->changed_source = g_timeout_add (MAX (CHANGED_EVERY_MS - since_ms, 0), emit_changed_cb, self);
}

static gboolean
check_slice_cb (gpointer user_data)
{
  LkWorkspace *self = user_data;
  g_autoptr (GListModel) findings = NULL;
  g_autoptr (GPtrArray) items = g_ptr_array_new_with_free_func (g_object_unref);

  if (!lk_checks_step (self->checks, CHECK_SLICE_US, &findings))
    return G_SOURCE_CONTINUE;

  self->check_source = 0;
  for (guint i = 0; i < g_list_model_get_n_items (findings); i++)
    g_ptr_array_add (items, g_list_model_get_item (findings, i));
  g_list_store_splice (self->findings, 0, g_list_model_get_n_items (G_LIST_MODEL (self->findings)), items->pdata, items->len);
  self->has_checked = TRUE;
  g_signal_emit (self, signals[CHECKED], 0);
  queue_changed (self);
  lk_workspace_measure (self);

  return G_SOURCE_REMOVE;
}

static gboolean
check_cb (gpointer user_data)
{
  LkWorkspace *self = user_data;

  /* After drawing and input. */
  self->check_source = g_idle_add_full (G_PRIORITY_LOW, check_slice_cb, self, NULL);
  return G_SOURCE_REMOVE;
}

/* A stream of changes puts it off, but not forever. */
static void
queue_check (LkWorkspace *self)
{
  gint64 now = g_get_monotonic_time ();

  if (self->check_source == 0)
    self->check_asked = now;
  else if (now - self->check_asked > CHECK_AT_LAST_MS * 1000)
    return;
  g_clear_handle_id (&self->check_source, g_source_remove);
  self->check_source = g_timeout_add (CHECK_AFTER_MS, check_cb, self);
}

static void
project_changed_cb (LkWorkspace *self)
{
  queue_changed (self);
  queue_check (self);
}

/* ---- edits -------------------------------------------------------------------------------------------------- */

gboolean
lk_workspace_apply (LkWorkspace *self,
                    LkEdit      *edit)
{
  g_autoptr (GError) error = NULL;
  gboolean applied;

  g_return_val_if_fail (LK_IS_WORKSPACE (self), FALSE);

  applied = lk_project_apply (self->project, edit, &error);
  lk_edit_free (edit);
  if (!applied)
    say_error (self, error);

  return applied;
}

gboolean
lk_workspace_apply_undoable (LkWorkspace *self,
                             LkEdit      *edit,
                             LkStepKind   kind,
                             guint        n)
{
  gboolean changes = !lk_edit_is_empty (edit);

  if (!lk_workspace_apply (self, edit))
    return FALSE;
  if (changes)
    g_signal_emit (self, signals[STEPPED], 0, kind, n);

  return TRUE;
}

char *
lk_workspace_undo (LkWorkspace *self)
{
  g_autofree char *title = NULL;
  g_autoptr (GError) error = NULL;

  g_return_val_if_fail (LK_IS_WORKSPACE (self), NULL);

  title = g_strdup (lk_project_get_undo_title (self->project));
  if (title == NULL)
    return NULL;
  if (!lk_project_undo (self->project, NULL, &error))
    {
      say_error (self, error);
      return NULL;
    }

  return g_steal_pointer (&title);
}

char *
lk_workspace_redo (LkWorkspace *self)
{
  g_autofree char *title = NULL;
  g_autoptr (GError) error = NULL;

  g_return_val_if_fail (LK_IS_WORKSPACE (self), NULL);

  title = g_strdup (lk_project_get_redo_title (self->project));
  if (title == NULL)
    return NULL;
  if (!lk_project_redo (self->project, NULL, &error))
    {
      say_error (self, error);
      return NULL;
    }

  return g_steal_pointer (&title);
}

/* ---- works -------------------------------------------------------------------------------------------------- */

LkWork *
lk_workspace_begin_work (LkWorkspace *self,
                         const char  *title)
{
  g_autoptr (LkWork) work = lk_work_new (title);

  g_return_val_if_fail (LK_IS_WORKSPACE (self), NULL);

  g_list_store_append (self->works, work);
  return work;
}

void
lk_workspace_end_work (LkWorkspace *self,
                       LkWork      *work)
{
  guint position;

  g_return_if_fail (LK_IS_WORKSPACE (self));

  if (g_list_store_find (self->works, work, &position))
    g_list_store_remove (self->works, position);
}

/* What a callback of an async work needs; it keeps the workspace alive until then. */
typedef struct
{
  LkWorkspace *self;    /* owned */
  LkWork      *work;    /* owned */
} Running;

static Running *
running_new (LkWorkspace *self,
             const char  *title)
{
  Running *running = g_new0 (Running, 1);

  running->self = g_object_ref (self);
  running->work = g_object_ref (lk_workspace_begin_work (self, title));

  return running;
}

static void
running_free (Running *running)
{
  lk_workspace_end_work (running->self, running->work);
  g_object_unref (running->work);
  g_object_unref (running->self);
  g_free (running);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Running, running_free)

static void
imported_cb (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  g_autoptr (Running) running = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (LkImportReport) report = lk_project_import_finish (LK_PROJECT (source), result, &error);
  g_autofree char *text = NULL;

  if (report == NULL)
    {
      say_error (running->self, error);
      return;
    }

  text = lk_import_report_describe (report);
  lk_workspace_say (running->self, text);
}

void
lk_workspace_import (LkWorkspace        *self,
                     const char * const *paths)
{
  Running *running;

  g_return_if_fail (LK_IS_WORKSPACE (self));

  running = running_new (self, _("Importing Pictures"));
  lk_project_import_async (self->project, paths, lk_work_progress, running->work,
                           lk_work_get_cancellable (running->work), imported_cb, running);
}

void
lk_workspace_import_bytes (LkWorkspace *self,
                           GBytes      *bytes,
                           const char  *name)
{
  Running *running;

  g_return_if_fail (LK_IS_WORKSPACE (self));

  running = running_new (self, _("Importing a Picture"));
  lk_project_import_bytes_async (self->project, bytes, name, lk_work_get_cancellable (running->work), imported_cb, running);
}

static guint
count_not_searched (LkWorkspace *self)
{
  guint n = 0;

  for (guint i = 0; i < lk_project_get_n_images (self->project); i++)
    {
      LkImage *image = lk_project_get_image (self->project, i);
      gint n_faces;

      lk_image_get_faces (image, &n_faces);
      n += n_faces < 0 && lk_image_get_trouble (image) == NULL;
    }
  return n;
}

static void
found_faces_cb (GObject      *source,
                GAsyncResult *result,
                gpointer      user_data)
{
  g_autoptr (Running) running = user_data;
  g_autoptr (GError) error = NULL;

  running->self->is_measuring = FALSE;
  running->self->n_faceless = count_not_searched (running->self);
  if (!lk_project_find_faces_finish (LK_PROJECT (source), result, &error))
    say_error (running->self, error);
}

static void
find_faces (LkWorkspace *self)
{
  Running *running;

  if (count_not_searched (self) <= self->n_faceless)
    return;

  self->is_measuring = TRUE;
  running = running_new (self, _("Looking for Faces"));
  lk_project_find_faces_async (self->project, NULL, lk_work_progress, running->work,
                               lk_work_get_cancellable (running->work), found_faces_cb, running);
}

static void
measured_cb (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  g_autoptr (Running) running = user_data;
  g_autoptr (GError) error = NULL;

  running->self->is_measuring = FALSE;
  if (lk_project_measure_finish (LK_PROJECT (source), result, &error))
    find_faces (running->self);
  else
    say_error (running->self, error);
}

/* Looks at pictures that were not looked at yet: an imported one was, one that came from outside was not. Then at their faces. */
static gboolean
measure_cb (gpointer user_data)
{
  LkWorkspace *self = user_data;
  Running *running;
  gboolean is_needed = FALSE;

  self->measure_source = 0;
  if (self->is_measuring || lk_project_is_read_only (self->project))
    return G_SOURCE_REMOVE;

  for (guint i = 0; i < lk_project_get_n_images (self->project) && !is_needed; i++)
    {
      LkImage *image = lk_project_get_image (self->project, i);

      is_needed = lk_image_get_scores (image) == NULL && lk_image_get_trouble (image) == NULL;
    }
  if (!is_needed)
    {
      find_faces (self);
      return G_SOURCE_REMOVE;
    }

  self->is_measuring = TRUE;
  running = running_new (self, _("Looking at Pictures"));
  lk_project_measure_async (self->project, NULL, lk_work_progress, running->work,
                            lk_work_get_cancellable (running->work), measured_cb, running);
  return G_SOURCE_REMOVE;
}

void
lk_workspace_measure (LkWorkspace *self)
{
  g_return_if_fail (LK_IS_WORKSPACE (self));

  if (self->measure_source == 0)
    self->measure_source = g_idle_add_full (G_PRIORITY_LOW, measure_cb, self, NULL);
}

/* ---- changes from outside ----------------------------------------------------------------------------------- */

static void
rescanned_cb (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  g_autoptr (LkWorkspace) self = user_data;
  g_autoptr (GError) error = NULL;
  LkRescan found;

  g_clear_object (&self->rescanning);
  if (!lk_project_rescan_finish (LK_PROJECT (source), result, &found, &error))
    {
      say_error (self, error);
      return;
    }

  if (found.captions_changed > 0)
    {
      g_autofree char *text = g_strdup_printf (ngettext ("%u caption changed outside Likeness",
                                                         "%u captions changed outside Likeness",
                                                         found.captions_changed), found.captions_changed);
      lk_workspace_say (self, text);
    }
  if (found.images_added > 0)
    {
      g_autofree char *text = g_strdup_printf (ngettext ("%u picture appeared in the project’s folder",
                                                         "%u pictures appeared in the project’s folder",
                                                         found.images_added), found.images_added);
      lk_workspace_say (self, text);
    }
  if (found.images_missing > 0)
    {
      g_autofree char *text = g_strdup_printf (ngettext ("%u picture is missing from the project’s folder",
                                                         "%u pictures are missing from the project’s folder",
                                                         found.images_missing), found.images_missing);
      lk_workspace_say (self, text);
    }
}

static gboolean
rescan_cb (gpointer user_data)
{
  LkWorkspace *self = user_data;

  if (self->rescanning != NULL)
    return G_SOURCE_CONTINUE;     /* what changed since it began is for the next one */

  self->rescan_source = 0;
  self->rescanning = g_cancellable_new ();
  lk_project_rescan_async (self->project, self->rescanning, rescanned_cb, g_object_ref (self));
  return G_SOURCE_REMOVE;
}

static void
folder_changed_cb (LkWorkspace *self)
{
  g_clear_handle_id (&self->rescan_source, g_source_remove);
  self->rescan_source = g_timeout_add (RESCAN_AFTER_MS, rescan_cb, self);
}

/* ---- object ------------------------------------------------------------------------------------------------- */

/* After it nothing calls back into the workspace but works that end. */
static void
stop (LkWorkspace *self)
{
  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (self->works)); i++)
    {
      g_autoptr (LkWork) work = g_list_model_get_item (G_LIST_MODEL (self->works), i);

      g_cancellable_cancel (lk_work_get_cancellable (work));
    }

  g_clear_handle_id (&self->check_source, g_source_remove);
  g_clear_handle_id (&self->measure_source, g_source_remove);
  g_clear_handle_id (&self->rescan_source, g_source_remove);
  g_clear_handle_id (&self->changed_source, g_source_remove);
  g_signal_handlers_disconnect_by_data (self->project, self);
  g_cancellable_cancel (self->rescanning);
  if (self->monitor != NULL)
    g_signal_handlers_disconnect_by_data (self->monitor, self);
  g_clear_object (&self->monitor);
}

gboolean
lk_workspace_close (LkWorkspace  *self,
                    GError      **error)
{
  g_return_val_if_fail (LK_IS_WORKSPACE (self), FALSE);

  stop (self);
  return lk_project_close (self->project, error);
}

static void
lk_workspace_dispose (GObject *object)
{
  LkWorkspace *self = LK_WORKSPACE (object);

  if (self->project != NULL)
    stop (self);
  g_clear_object (&self->textures);
  g_clear_object (&self->checks);
  g_clear_object (&self->project);
  g_clear_object (&self->findings);
  g_clear_object (&self->works);

  G_OBJECT_CLASS (lk_workspace_parent_class)->dispose (object);
}

static void
lk_workspace_class_init (LkWorkspaceClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = lk_workspace_dispose;

  signals[CHANGED] = g_signal_new ("changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST,
                                   0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[CHECKED] = g_signal_new ("checked", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST,
                                   0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[MESSAGE] = g_signal_new ("message", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST,
                                   0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
  signals[STEPPED] = g_signal_new ("stepped", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST,
                                   0, NULL, NULL, NULL, G_TYPE_NONE, 2, G_TYPE_UINT, G_TYPE_UINT);
}

static void
lk_workspace_init (LkWorkspace *self)
{
  self->findings = g_list_store_new (LK_TYPE_FINDING);
  self->works = g_list_store_new (LK_TYPE_WORK);
}

LkWorkspace *
lk_workspace_new (LkProject *project)
{
  LkWorkspace *self = g_object_new (LK_TYPE_WORKSPACE, NULL);
  g_autofree char *cache = lk_project_dup_path (project, "cache/thumbnails");
  g_autofree char *folder = lk_project_dup_path (project, "images");
  g_autoptr (GFile) images_folder = g_file_new_for_path (folder);

  self->project = g_object_ref (project);
  self->checks = lk_checks_new (project);
  self->textures = lk_textures_new (cache);

  g_signal_connect_swapped (project, "changed", G_CALLBACK (project_changed_cb), self);
  g_signal_connect_swapped (project, "notify::trouble", G_CALLBACK (queue_changed), self);
  project_changed_cb (self);

  self->monitor = g_file_monitor_directory (images_folder, G_FILE_MONITOR_WATCH_MOVES, NULL, NULL);
  if (self->monitor != NULL)
    g_signal_connect_swapped (self->monitor, "changed", G_CALLBACK (folder_changed_cb), self);

  return self;
}
