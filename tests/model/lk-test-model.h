/* Checkpoints for tests: the golden ones with changes, and the real layouts without their gigabytes. */
#pragma once

#include "model/lk-model.h"

G_BEGIN_DECLS

/* Copies tests/data/golden/CASE/NAME.safetensors, tensor by tensor: `edit` says what becomes of each. */
typedef struct
{
  char       *name;               /* owned; set to NULL to leave the tensor out */
  LkSafeType  type;
  guint       n_dims;
  gsize       dims[LK_SAFE_MAX_DIMS];
  float      *values;             /* owned; NULL: zeros, however many the dimensions ask for */
} LkTestTensor;

typedef void (*LkTestEditFunc) (LkTestTensor *tensor,
                                gpointer      data);

/* Returns the path of the copy; the caller removes and frees it. */
char          *lk_test_edit_golden      (const char     *golden_case,
                                         const char     *name,
                                         LkTestEditFunc  edit,
                                         gpointer        data);
void           lk_test_remove           (char           *path);
/* A file of the tensors that tests/data/layouts/NAME.tsv lists, all zero, in memory that is not there. */
LkSafetensors *lk_test_open_layout      (const char     *name);

LkDevice      *lk_test_open_device      (void);
LkCheckpoint  *lk_test_open_golden      (const char     *golden_case);
/* With all parts loaded. */
LkModel       *lk_test_load_golden      (const char     *golden_case,
                                         LkDevice       *device);
/* The values of a storage, F16 converted. */
float         *lk_test_read_storage     (LkStorage      *storage);
float         *lk_test_read_tensor      (LkSafetensors  *file,
                                         const char     *name);

/* The call failed with that code, and its sentence holds those words. Frees the error. */
#define lk_assert_failed_with(error, domain, code, words) \
  G_STMT_START { \
    g_assert_error (error, domain, code); \
    if (strstr ((error)->message, words) == NULL) \
      g_error ("“%s” does not say “%s”", (error)->message, words); \
    g_test_message ("%s", (error)->message); \
    g_clear_error (&(error)); \
  } G_STMT_END

G_END_DECLS
