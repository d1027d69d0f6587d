/* The noise levels that a sampler walks down: ComfyUI's schedulers over a model's table of discrete levels.
 *
 * A level is a sigma: a latent x0 with noise of that deviation added to it. The table has one for each of the model's timesteps,
 * rising. Numbers are float32 at the places where ComfyUI keeps them so.
 */
#pragma once

#include <gio/gio.h>

#include "model/lk-noise-schedule.h"

G_BEGIN_DECLS

#define LK_SAMPLER_ERROR (lk_sampler_error_quark ())
GQuark lk_sampler_error_quark (void);

typedef enum
{
  LK_SAMPLER_ERROR_UNKNOWN,     /* no sampler or scheduler of that name */
  LK_SAMPLER_ERROR_STEPS,       /* a number of steps that cannot be walked */
} LkSamplerError;

typedef struct
{
  float sigmas[LK_N_TIMESTEPS];
  float log_sigmas[LK_N_TIMESTEPS];
} LkSigmaTable;

typedef enum
{
  LK_SCHEDULER_NORMAL,
  LK_SCHEDULER_KARRAS,
  LK_SCHEDULER_EXPONENTIAL,
  LK_SCHEDULER_SGM_UNIFORM,
  LK_SCHEDULER_SIMPLE,
  LK_SCHEDULER_DDIM_UNIFORM,
  LK_N_SCHEDULERS,
} LkScheduler;

/* Most steps that a picture may take. */
#define LK_MAX_STEPS 1000

/* From the running products of 1 - beta, one for each timestep. */
void         lk_sigma_table_init           (LkSigmaTable       *table,
                                            const double       *alphas_cumprod);
/* The timestep whose level is nearest to `sigma`, by logarithm. */
guint        lk_sigma_table_get_timestep   (const LkSigmaTable *table,
                                            float               sigma);
/* The level of a timestep that may lie between two, by logarithm. */
float        lk_sigma_table_get_sigma      (const LkSigmaTable *table,
                                            float               timestep);
/* Whether `sigma` is the table's end: such a start is pure noise, scaled by sqrt (1 + sigma²) as in training, not by sigma. */
gboolean     lk_sigma_table_is_max         (const LkSigmaTable *table,
                                            float               sigma);

/* ComfyUI's names ("normal", "karras", …), and what AUTOMATIC1111 calls it ("Karras"); both static. */
const char  *lk_scheduler_get_name         (LkScheduler         scheduler);
const char  *lk_scheduler_get_title        (LkScheduler         scheduler);
gboolean     lk_scheduler_from_name        (const char         *name,
                                            LkScheduler        *scheduler,
                                            GError            **error);

/* Falling levels for `n_steps` steps, the last one 0: `n_sigmas` of them (usually n_steps + 1), owned by the caller. */
float       *lk_scheduler_get_sigmas       (LkScheduler         scheduler,
                                            const LkSigmaTable *table,
                                            guint               n_steps,
                                            guint              *n_sigmas);

G_END_DECLS
