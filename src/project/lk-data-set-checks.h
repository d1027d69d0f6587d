/* What the data set as a whole lacks: number of pictures, the shot plan, settings. Private to project/. */
#pragma once

#include "project/lk-checks-private.h"

G_BEGIN_DECLS

typedef struct
{
  LkCoverage  coverage;
  guint       n_placed;         /* counted pictures whose captions say indoors or outdoors */
  guint       n_front_described, n_half_described;  /* whose captions name an expression, an outfit */
  GPtrArray  *not_measured;     /* LkImage, owned */
  GPtrArray  *no_shot;          /* the same */
} LkDataSet;

void lk_data_set_clear (LkDataSet *set);
/* Adds findings. */
void lk_data_set_check (LkProject *project,
                        LkDataSet *set,
                        GPtrArray *findings);

G_END_DECLS
