/* Holds tensors of a file to those of another: what `likeness-cli probe` computed, and what PyTorch computed. */
#pragma once

#include "formats/lk-safetensors.h"

G_BEGIN_DECLS

/* Largest errors: Σ (found - wanted)² / Σ wanted² of each tensor; of gradients ("grad.…") as tests/data/golden/README.md says. */
typedef struct
{
  double      output, gradient;
  const char *worst_gradient;     /* its name, in the wanted file */
} LkTestParity;

/* Ends the test where a tensor is missing, too many, or of another shape. */
LkTestParity lk_test_compare (LkSafetensors *found,
                              LkSafetensors *wanted);

/* tests/data/golden/CASE/NAME.safetensors. */
char        *lk_test_golden_path (const char *golden_case,
                                  const char *name);

G_END_DECLS
