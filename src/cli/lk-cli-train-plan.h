/* `likeness-cli train PROJECT --plan`: what the run would take of its device's memory, and whether it fits; nothing is allocated or written. */
#pragma once

#include "cli/lk-cli.h"
#include "project/lk-project.h"
#include "train/lk-settings.h"

G_BEGIN_DECLS

/* `base` and `init_lora` may be NULL; `device` as lk_device_open () takes it. LK_CLI_PROBLEMS: it does not fit. */
LkCliStatus lk_cli_train_plan (LkCli                  *cli,
                               LkProject              *project,
                               const LkTrainSettings  *settings,
                               const char             *base,
                               const char             *device,
                               const char             *init_lora,
                               gboolean                has_replay,
                               GError                **error);

G_END_DECLS
