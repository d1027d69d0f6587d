/* LkRunState: what an exact resume needs, in one safetensors file: the trained numbers, the optimizer's moments, and how far the run is.
 * All chance of a run comes from counters (seed, step), so that the step is all there is to know about it.
 */
#pragma once

#include "model/lk-adapter.h"

G_BEGIN_DECLS

#define LK_RUN_STATE_FILE "state/state.safetensors"

typedef struct
{
  LkAdapter *adapter;           /* borrowed, as are the next two */
  LkStorage *moment1, *moment2; /* of the adapter's layout */
  guint      step;              /* steps done */
  char      *engine;            /* what computed it: a resume elsewhere has other bits; owned */
} LkRunState;

/* Writes it atomically. */
gboolean lk_run_state_save      (const LkRunState  *state,
                             const char     *path,
                             GError        **error);
/* Fills adapter, moments, step and engine. A state of another LoRA's shape is refused. */
gboolean lk_run_state_load      (LkRunState        *state,
                             const char     *path,
                             GError        **error);
/* The step alone; 0 where there is no state. */
guint    lk_run_state_read_step (const char     *path);

G_END_DECLS
