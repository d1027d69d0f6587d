/* Merging: several LoRAs with their strengths as one file that gives the same pictures.
 *
 * Exact: every module's matrices are put side by side, so that the rank is the sum of the ranks and up · down is the weighted sum,
 * whatever the alphas were. Written as F32 it differs from the stack by rounding alone.
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
} LkMergeResult;

/* `type`: LK_SAFE_F16 or LK_SAFE_F32. `result` may be NULL. */
gboolean lk_merge_exact (const LkMergeInput *inputs,
                         guint               n_inputs,
                         LkSafeType          type,
                         const char         *path,
                         LkMergeResult      *result,
                         GError            **error);

G_END_DECLS
