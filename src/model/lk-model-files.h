/* Models that are a folder of files: weights in model.safetensors, config.json and what else belongs to them beside it. */
#pragma once

#include "base/lk-json.h"
#include "formats/lk-safetensors.h"

G_BEGIN_DECLS

/* Opens the weights, and the configuration beside them. `path` is the folder, or the safetensors file itself. */
LkSafetensors *lk_model_files_open    (const char     *path,
                                       cJSON         **config,
                                       GError        **error);
/* The path of file `name` beside the weights, owned by the caller. Where it is missing the error says so, and what it is. */
char          *lk_model_files_require (LkSafetensors  *file,
                                       const char     *name,
                                       const char     *what,
                                       GError        **error);

G_END_DECLS
