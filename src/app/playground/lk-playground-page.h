/* LkPlaygroundPage: a stack of LoRAs with a slider each, and the picture they draw together.
 *
 * The stack and what is drawn are kept in the project's stacks/Playground.json, the pictures beside it in stacks/Playground/.
 */
#pragma once

#include <adwaita.h>

#include "app/window/lk-workspace.h"
#include "generate/lk-stack.h"

G_BEGIN_DECLS

#define LK_TYPE_PLAYGROUND_PAGE (lk_playground_page_get_type ())
G_DECLARE_FINAL_TYPE (LkPlaygroundPage, lk_playground_page, LK, PLAYGROUND_PAGE, AdwBin)

LkPlaygroundPage *lk_playground_page_new       (LkWorkspace      *workspace) G_GNUC_WARN_UNUSED_RESULT;
/* Owned by the page. Empty and not to be changed until it was read. */
LkStack          *lk_playground_page_get_stack (LkPlaygroundPage *self);
/* FALSE while the file of the stack is still being read. */
gboolean          lk_playground_page_is_ready  (LkPlaygroundPage *self);
void              lk_playground_page_add       (LkPlaygroundPage *self,
                                                const char       *path);

G_END_DECLS
