/* Proposed crops: around the face where one was found, else around what stands out. For a person to look at, not a verdict. */
#pragma once

#include "project/lk-project.h"

G_BEGIN_DECLS

typedef enum
{
  LK_PROPOSAL_NONE,         /* the picture's size is not known */
  LK_PROPOSAL_MIDDLE,       /* nothing was found: the middle */
  LK_PROPOSAL_SUBJECT,
  LK_PROPOSAL_FACE,
} LkProposal;

/* A crop of `aspect` (width/height), with turns and mirroring of the image's own crop; never smaller than `least` pixels on its
 * shorter side if the picture has them. */
LkProposal lk_crop_propose (LkImage *image,
                            double   aspect,
                            guint    least,
                            LkCrop  *crop);

G_END_DECLS
