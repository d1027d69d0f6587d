/* LkCaptionCell: one picture of the film strip, with the state of its caption as a symbol and in words for a screen reader. */
#pragma once

#include <adwaita.h>

#include "app/window/lk-workspace.h"

G_BEGIN_DECLS

#define LK_TYPE_CAPTION_CELL (lk_caption_cell_get_type ())
G_DECLARE_FINAL_TYPE (LkCaptionCell, lk_caption_cell, LK, CAPTION_CELL, AdwBin)

LkCaptionCell *lk_caption_cell_new       (LkWorkspace   *workspace) G_GNUC_WARN_UNUSED_RESULT;
void           lk_caption_cell_set_image (LkCaptionCell *self,
                                          LkImage       *image);       /* NULL: none for now */
/* "No caption", "Caption with findings", "Caption": what the symbol says. */
const char    *lk_caption_state_describe (LkWorkspace   *workspace,
                                          LkImage       *image,
                                          LkSeverity    *severity);

G_END_DECLS
