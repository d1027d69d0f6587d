/* LkCropProposal: a picture with a crop that was proposed for it, to be changed and taken or left. */
#pragma once

#include "app/gallery/lk-crop-propose.h"

G_BEGIN_DECLS

#define LK_TYPE_CROP_PROPOSAL (lk_crop_proposal_get_type ())
G_DECLARE_FINAL_TYPE (LkCropProposal, lk_crop_proposal, LK, CROP_PROPOSAL, GObject)

/* Taken at first, unless the picture was cropped before. */
LkCropProposal *lk_crop_proposal_new       (LkImage        *image,
                                            LkProposal      kind,
                                            const LkCrop   *crop);
LkImage        *lk_crop_proposal_get_image (LkCropProposal *self);
LkProposal      lk_crop_proposal_get_kind  (LkCropProposal *self);
const LkCrop   *lk_crop_proposal_get_crop  (LkCropProposal *self);
void            lk_crop_proposal_set_crop  (LkCropProposal *self,
                                            const LkCrop   *crop);
/* Property "taken". */
gboolean        lk_crop_proposal_get_taken (LkCropProposal *self);
void            lk_crop_proposal_set_taken (LkCropProposal *self,
                                            gboolean        taken);

G_END_DECLS
