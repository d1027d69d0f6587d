/* Merging: several LoRAs with their strengths as one file that gives the same pictures.
 *
 * Exact: every module's matrices are put side by side, so that the rank is the sum of the ranks and up · down is the weighted sum,
 * whatever the alphas were. Written as F32 it differs from the stack by rounding alone.
 *
 * To a rank: of that sum only the largest singular values stay, which is the nearest that a file of this rank can come. What stays is told
 * as energy: the squares of the values that stay, as a part of all.
 */
#pragma once

#include "formats/lk-safetensors.h"

G_BEGIN_DECLS

#define LK_MERGE_ERROR (lk_merge_error_quark ())
GQuark lk_merge_error_quark (void);

typedef enum
{
  LK_MERGE_ERROR_NOT_A_LORA,
  LK_MERGE_ERROR_MISMATCH,      /* made for different base models */
  LK_MERGE_ERROR_UNSUPPORTED,   /* a file holds more than plain LoRA modules */
} LkMergeError;

typedef struct
{
  const char *path;
  double      unet_strength;
  double      text_strength;
} LkMergeInput;

/* What was made. */
typedef struct
{
  guint n_modules;
  guint least_rank, most_rank;
  double energy;                /* what stayed of all modules together, 0 to 1; 1: exact */
  GArray *modules;              /* of LkMergeModule, owned; NULL where the merge was exact */
} LkMergeResult;

/* One module of a merge to a rank. */
typedef struct
{
  char  *name;                  /* owned */
  guint  full_rank, rank;       /* side by side, and written */
  double energy;                /* 1: nothing was lost */
} LkMergeModule;

void     lk_merge_result_clear (LkMergeResult *result);

/* `type`: LK_SAFE_F16 or LK_SAFE_F32. `result` may be NULL. */
gboolean lk_merge_exact (const LkMergeInput *inputs,
                         guint               n_inputs,
                         LkSafeType          type,
                         const char         *path,
                         LkMergeResult      *result,
                         GError            **error);
/* Every module cut to `rank` at most. `result` may be NULL; clear it. */
gboolean lk_merge_to_rank (const LkMergeInput *inputs,
                           guint               n_inputs,
                           guint               rank,
                           LkSafeType          type,
                           const char         *path,
                           LkMergeResult      *result,
                           GError            **error);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (LkMergeResult, lk_merge_result_clear)

G_END_DECLS
