/* LkCaptionPreview: captions as they are, and as they would be. */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

#define LK_TYPE_CAPTION_PREVIEW (lk_caption_preview_get_type ())
G_DECLARE_FINAL_TYPE (LkCaptionPreview, lk_caption_preview, LK, CAPTION_PREVIEW, AdwBin)

/* Array of LkChangedCaption, or NULL: none. */
void lk_caption_preview_set_changes (LkCaptionPreview *self,
                                     GPtrArray        *changed);

G_END_DECLS
