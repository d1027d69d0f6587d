/* LkMemoryPlan: what a run takes of its device's memory, exactly, before anything is allocated.
 *
 * The plan goes through a run's preparation and its graphs on a sketch of the device (lk_device_open_sketch ()), with the code that the run
 * itself uses, and counts. It reads the checkpoint's header and no weight. BF16 weights are counted as F16: one that F16 cannot hold
 * becomes F32, and takes twice as much. The driver's own memory and its buffers for copies (lk_gpu_get_staging_size ()) come on top, as do the
 * CPU's scratch and the program itself.
 */
#pragma once

#include "graph/lk-device.h"
#include "model/lk-checkpoint.h"
#include "model/lk-adapter.h"
#include "model/lk-model.h"
#include "train/lk-data-set.h"

G_BEGIN_DECLS

/* The sizes of a run's pictures, each once: LkBucket. */
typedef struct
{
  GArray *encoded;              /* all; owned, as are the next two */
  GArray *trained;
  GArray *measured;             /* by the loss on fixed noise; empty where the run does not measure itself */
} LkMemoryShapes;

LkMemoryShapes *lk_memory_shapes_new        (LkDataSet             *data_set,
                                             const LkTrainSettings *settings,
                                             gboolean               has_replay);
/* For want of pictures: all of one size. */
LkMemoryShapes *lk_memory_shapes_new_size   (LkBucket               size,
                                             const LkTrainSettings *settings);
/* The project's counted pictures; while it has none, or not all were looked at, squares of its resolution. Reads no picture. */
LkMemoryShapes *lk_memory_shapes_new_for_project (LkProject        *project,
                                             const LkTrainSettings *settings);
void            lk_memory_shapes_free       (LkMemoryShapes        *shapes);

/* Makes room for the steps of all sizes, before the first one is made: see lk_step_reserve (). */
void            lk_memory_shapes_reserve    (const LkMemoryShapes  *shapes,
                                             LkModel               *model,
                                             LkAdapter             *adapter,
                                             const LkTrainSettings *settings);

/* What a plan is asked for; borrowed. */
typedef struct
{
  LkCheckpoint          *checkpoint;
  const LkTrainSettings *settings;
  const LkMemoryShapes  *shapes;
  const char            *init_lora;     /* NULL: a new LoRA */
} LkMemoryAsk;

/* Bytes. */
typedef struct
{
  guint64 weights;              /* the U-Net's */
  guint64 activations;          /* the graphs of a step, and of the measuring, which share what the largest needs */
  guint64 adapter;              /* the LoRA and its gradient */
  guint64 optimizer;
  guint64 workspace;            /* what the device's blocks are larger than what lies in them */
  guint64 training;             /* the sum of these: taken while the run goes on */
  guint64 latents;              /* taken while pictures are encoded, by the autoencoder; nothing of it is there any more later */
  guint64 texts;                /* taken while captions are encoded, LoRA and optimizer included */
  guint64 peak;                 /* the most of the three */
  guint64 at_rest;              /* what an open device takes before anything */
} LkMemoryPlan;

/* Plans on `sketch`, which is as it was afterwards. Errors: those of the device where a single tensor is too large for it. */
gboolean        lk_memory_plan_make         (LkDevice              *sketch,
                                             const LkMemoryAsk     *ask,
                                             LkMemoryPlan          *plan,
                                             GError               **error);
/* Whether it fits into `memory_free` bytes of an open device. */
gboolean        lk_memory_plan_fits         (const LkMemoryPlan    *plan,
                                             guint64                memory_free);

/* A change of settings that makes a run fit. */
typedef struct
{
  char         *label;          /* "Turn Checkpointing On"; owned, as is the next */
  char         *words;          /* "gradient checkpointing", to stand after "with" */
  const char   *keys[5];        /* settings, NULL-terminated; static */
  char         *values[5];      /* what each becomes; owned */
  LkMemoryPlan  plan;           /* with it */
} LkMemoryRemedy;

void            lk_memory_remedy_free       (LkMemoryRemedy        *remedy);
/* What would make it fit into `memory_free`, the gentlest first: an array of LkMemoryRemedy, owned by the caller; empty where nothing does. A
 * smaller resolution is planned with sizes of the same shapes. */
GPtrArray      *lk_memory_plan_find_remedies (LkDevice             *sketch,
                                             const LkMemoryAsk     *ask,
                                             guint64                memory_free);
/* "Training needs 10.8 GiB on …, and 7.1 GiB are free. …": what does not fit and what would. Owned by the caller. */
char           *lk_memory_plan_dup_refusal  (const LkMemoryPlan    *plan,
                                             LkDevice              *sketch,
                                             GPtrArray             *remedies);
/* Fails with LK_TRAINER_ERROR_NO_MEMORY and that sentence where the run does not fit into what the sketch's device has free. */
gboolean        lk_memory_plan_check        (LkDevice              *sketch,
                                             const LkMemoryAsk     *ask,
                                             GError               **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkMemoryShapes, lk_memory_shapes_free)

G_END_DECLS
