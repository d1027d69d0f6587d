/* LkCaptionsPage: the caption of each picture and what the checks find in the captions, to read. */
#pragma once

#include <adwaita.h>

#include "app/window/lk-workspace.h"

G_BEGIN_DECLS

#define LK_TYPE_CAPTIONS_PAGE (lk_captions_page_get_type ())
G_DECLARE_FINAL_TYPE (LkCaptionsPage, lk_captions_page, LK, CAPTIONS_PAGE, AdwBin)

LkCaptionsPage *lk_captions_page_new (LkWorkspace *workspace) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
