/* LkEngine: who uses the device. A run, a grid, a preview are jobs; one has the device at a time, the others wait in a queue that
 * the window shows. The device is the one of the preferences, looked up when a job begins. Everything here belongs to the main thread; a
 * job does its work on threads of its own.
 *
 * LkJob: "title", "state", "text", "fraction" notify.
 */
#pragma once

#include <gio/gio.h>

#include "graph/lk-device.h"
#include "project/lk-project.h"

G_BEGIN_DECLS

typedef enum
{
  LK_JOB_WAITING,             /* in the queue */
  LK_JOB_RUNNING,             /* has the device */
  LK_JOB_DONE,
} LkJobState;

#define LK_TYPE_JOB (lk_job_get_type ())
G_DECLARE_FINAL_TYPE (LkJob, lk_job, LK, JOB, GObject)

#define LK_TYPE_ENGINE (lk_engine_get_type ())
G_DECLARE_FINAL_TYPE (LkEngine, lk_engine, LK, ENGINE, GObject)

/* The device is the job's from now on, until lk_job_finish (). `device` is NULL and `error` says why when the device could not be
 * opened; the job must finish then, too. Who pauses finishes the job and adds another one to go on. */
typedef void (*LkJobFunc) (LkJob        *job,
                           LkDevice     *device,
                           const GError *error,
                           gpointer      user_data);

/* The one of this process, which lives as long as that; the caller owns a reference. */
LkEngine     *lk_engine_get_default       (void);
/* The jobs that run and wait, in order. */
GListModel   *lk_engine_get_jobs          (LkEngine       *self);
/* The one that has the device, or NULL; property "running". */
LkJob        *lk_engine_get_running       (LkEngine       *self);
/* Whether a job of this project runs or waits. */
gboolean      lk_engine_works_for         (LkEngine       *self,
                                           LkProject      *project);
/* Cancels the project's jobs, all of them. A run saves its state and can go on another time. */
void          lk_engine_cancel_all        (LkEngine       *self,
                                           LkProject      *project);
/* Puts a job at the end of the queue; `func` is called from a main loop turn, never from here. The caller owns a reference. */
LkJob        *lk_engine_add               (LkEngine       *self,
                                           const char     *title,
                                           LkJobFunc       func,
                                           gpointer        user_data,
                                           GDestroyNotify  destroy);

const char   *lk_job_get_title            (LkJob          *self);
/* Which page of which project it works for: "training". A window that shows the project does not close unasked meanwhile. */
void          lk_job_set_place            (LkJob          *self,
                                           LkProject      *project,
                                           const char     *page);
LkProject    *lk_job_get_project          (LkJob          *self);      /* NULL: not told, as below */
const char   *lk_job_get_page             (LkJob          *self);
LkJobState    lk_job_get_state            (LkJob          *self);
const char   *lk_job_get_text             (LkJob          *self);
double        lk_job_get_fraction         (LkJob          *self);
GCancellable *lk_job_get_cancellable      (LkJob          *self);
/* How far it is, 0 to 1, and in words. */
void          lk_job_set_progress         (LkJob          *self,
                                           double          fraction,
                                           const char     *text);
/* A waiting job leaves the queue and is done; a running one is told by its cancellable, and has to finish. */
void          lk_job_cancel               (LkJob          *self);
void          lk_job_finish               (LkJob          *self);

G_END_DECLS
