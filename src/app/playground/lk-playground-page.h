/* LkPlaygroundPage: a stack of LoRAs with a slider each, and the picture they draw together. */
#pragma once

#include <adwaita.h>

#include "app/window/lk-workspace.h"

G_BEGIN_DECLS

#define LK_TYPE_PLAYGROUND_PAGE (lk_playground_page_get_type ())
G_DECLARE_FINAL_TYPE (LkPlaygroundPage, lk_playground_page, LK, PLAYGROUND_PAGE, AdwBin)

LkPlaygroundPage *lk_playground_page_new (LkWorkspace *workspace) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
