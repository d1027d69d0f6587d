/* What preparing and exporting share. */
#pragma once

#include "project/lk-prepare.h"

G_BEGIN_DECLS

/* With what the project says in the place of zeros. */
LkPrepareRule lk_prepare_resolve (LkProject           *project,
                                  const LkPrepareRule *rule);
/* The size for training of a crop of width x height. */
LkBucket      lk_prepare_target  (const LkPrepareRule *resolved,
                                  guint                width,
                                  guint                height);

G_END_DECLS
