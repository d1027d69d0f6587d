/* LkCaptionRow: a picture of the captions list: its thumbnail, its caption, and the sentences of the checks about it. */
#pragma once

#include <adwaita.h>

#include "app/window/lk-workspace.h"

G_BEGIN_DECLS

#define LK_TYPE_CAPTION_ROW (lk_caption_row_get_type ())
G_DECLARE_FINAL_TYPE (LkCaptionRow, lk_caption_row, LK, CAPTION_ROW, AdwBin)

LkCaptionRow *lk_caption_row_new       (LkWorkspace  *workspace) G_GNUC_WARN_UNUSED_RESULT;
/* NULL: none, while the row waits for another. */
void          lk_caption_row_set_image (LkCaptionRow *self,
                                        LkImage      *image);

G_END_DECLS
