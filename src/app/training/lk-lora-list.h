/* LkLoraList: the LoRAs that a run has saved, the newest first, and what one does with them: test, use, save elsewhere, give to another program.
 *
 * Test activates "win.test-lora" with the LoRA's path.
 */
#pragma once

#include <adwaita.h>

#include "app/training/lk-training-run.h"
#include "app/window/lk-workspace.h"

G_BEGIN_DECLS

#define LK_TYPE_LORA_LIST (lk_lora_list_get_type ())
G_DECLARE_FINAL_TYPE (LkLoraList, lk_lora_list, LK, LORA_LIST, AdwBin)

void lk_lora_list_set_workspace (LkLoraList    *self,
                                 LkWorkspace   *workspace);
/* NULL: none. */
void lk_lora_list_set_run       (LkLoraList    *self,
                                 LkTrainingRun *run);
/* Makes the checkpoint of the last step at or before `step` the run's LoRA; without such a one the first. */
void lk_lora_list_use_step      (LkLoraList    *self,
                                 guint          step);

G_END_DECLS
