/* What a person decides about pictures, wherever they are shown: each is one step of undo. `images` are LkImages. */
#pragma once

#include "app/window/lk-workspace.h"

G_BEGIN_DECLS

void lk_decide_state  (LkWorkspace *workspace,
                       GPtrArray   *images,
                       LkState      state);
/* 0 to 5 stars. */
void lk_decide_rating (LkWorkspace *workspace,
                       GPtrArray   *images,
                       guint        rating);
/* Neither kept nor rejected nor rated. */
void lk_decide_clear  (LkWorkspace *workspace,
                       GPtrArray   *images);
/* NOT_SET: as the caption says. */
void lk_decide_shot   (LkWorkspace *workspace,
                       GPtrArray   *images,
                       LkShot       shot);
/* To the project's trash, with a toast that takes it back. */
void lk_decide_remove (LkWorkspace *workspace,
                       GPtrArray   *images);
/* Without crop. */
void lk_decide_uncrop (LkWorkspace *workspace,
                       GPtrArray   *images);

G_END_DECLS
