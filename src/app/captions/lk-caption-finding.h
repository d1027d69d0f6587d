/* LkCaptionFinding: what is wrong with a caption, or with many, in a sentence, with the buttons that mend it.
 *
 * Signals: "fix" (the button), "show-pictures" (the other button, only where the finding is shown for all its pictures).
 */
#pragma once

#include <adwaita.h>

#include "project/lk-checks.h"

G_BEGIN_DECLS

#define LK_TYPE_CAPTION_FINDING (lk_caption_finding_get_type ())
G_DECLARE_FINAL_TYPE (LkCaptionFinding, lk_caption_finding, LK, CAPTION_FINDING, AdwBin)

LkCaptionFinding *lk_caption_finding_new         (gboolean          for_all) G_GNUC_WARN_UNUSED_RESULT;
void              lk_caption_finding_set_finding (LkCaptionFinding *self,
                                                  LkFinding        *finding);     /* NULL: none for now */
LkFinding        *lk_caption_finding_get_finding (LkCaptionFinding *self);
void              lk_caption_finding_set_editable (LkCaptionFinding *self,
                                                  gboolean          is_editable);
/* Whether lk_checks_fix () has a fix for it that needs no person. */
gboolean          lk_finding_is_fixable          (LkFinding        *finding);

G_END_DECLS
