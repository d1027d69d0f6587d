/* What is wrong with one picture, by what was measured: thresholds are applied here, when it is asked. Private to project/. */
#pragma once

#include "project/lk-checks-private.h"

G_BEGIN_DECLS

typedef struct
{
  LkProject *project;       /* not referenced */
  guint      least_side;    /* of a crop, in pixels */
} LkPictureRule;

void   lk_picture_rule_init (LkPictureRule       *rule,
                             LkProject           *project);
/* Adds what is wrong to `hits`. What was not measured is not wrong. */
void   lk_picture_check     (const LkPictureRule *rule,
                             LkImage             *image,
                             GArray              *hits);

G_END_DECLS
