/* LkCaptionsPane: what all captions together say: the table of tags, and the findings.
 *
 * Signals: "filter" (text of the filter to set), "show-images" (array of LkImage), "fix" (LkFinding), "change-tag" (tag).
 */
#pragma once

#include <adwaita.h>

#include "app/captions/lk-tag-source.h"

G_BEGIN_DECLS

#define LK_TYPE_CAPTIONS_PANE (lk_captions_pane_get_type ())
G_DECLARE_FINAL_TYPE (LkCaptionsPane, lk_captions_pane, LK, CAPTIONS_PANE, AdwBin)

LkCaptionsPane *lk_captions_pane_new (LkWorkspace *workspace,
                                      LkTagSource *source) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
