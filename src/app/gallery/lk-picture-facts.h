/* LkPictureFacts: what is known and decided about the selected pictures, and the controls to decide it.
 *
 * One picture: its size, what it trains at, its scores, where it came from. Several: what can be decided for all of them.
 */
#pragma once

#include <adwaita.h>

#include "app/window/lk-workspace.h"

G_BEGIN_DECLS

#define LK_TYPE_PICTURE_FACTS (lk_picture_facts_get_type ())
G_DECLARE_FINAL_TYPE (LkPictureFacts, lk_picture_facts, LK, PICTURE_FACTS, AdwBin)

void lk_picture_facts_set_workspace (LkPictureFacts *self,
                                     LkWorkspace    *workspace);
/* LkImages; empty: none. Takes a reference. */
void lk_picture_facts_set_images    (LkPictureFacts *self,
                                     GPtrArray      *images);

/* "Enlarged 1.6×: details will be soft", "Reduced to 53 %"; owned by the caller. `scale` is output / input. */
char *lk_describe_scale             (double          scale);

G_END_DECLS
